/* What speaks for the wall clock being right, and the verdict on it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct thon_clock_evidence {
        int64_t wall_s;     /* what the clock says */
        int ntp_state;      /* adjtimex(): TIME_OK ... TIME_ERROR, or -errno when it may not be asked */
        int ntp_status;     /* its STA_ flags */
        bool timesync_mark; /* /run/systemd/timesync/synchronized: timesyncd had an answer since the boot */
        bool rtc_set_clock; /* the kernel set the clock from a hardware clock at boot ... */
        int64_t rtc_s;      /* ... which says this now */
};

/* `root` is put before /run and /sys: "" but in tests. Missing evidence is evidence of nothing, never an
 * error. */
void thon_clock_evidence_read(const char *root, struct thon_clock_evidence *ret);

bool thon_clock_evidence_trusted(const struct thon_clock_evidence *evidence);

/* The date of this version's changelog entry: no right clock is before it. */
int64_t thon_clock_not_before(void);

/* The directory (below the root) in which systemd-timesyncd puts its mark, and the one above it, which exists before it. */
#define THON_TIMESYNC_DIR   "/run/systemd/timesync"
#define THON_TIMESYNC_ABOVE "/run/systemd"

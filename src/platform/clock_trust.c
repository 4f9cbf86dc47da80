/* Whether the wall clock may be believed.
 *
 * After a power cut a Pi without a battery has no idea of the time: systemd starts it at the time of the
 * last shutdown or of its own build, which looks plausible and is wrong by hours or weeks. Lights that
 * follow it would burn at noon. So a date that merely looks right is not enough; somebody must vouch for it:
 *
 *  - the kernel says that it is disciplined (chrony, ntpd, timesyncd: adjtimex without STA_UNSYNC); or
 *  - systemd-timesyncd left its mark in this boot. The kernel forgets after hours without an answer, the
 * mark stays: a line that is down for a week makes the clock wrong by seconds, which lights do not mind; or
 *  - a hardware clock set it at boot (hctosys) and still agrees with it. The agreement matters: every Pi 5
 * has an RTC, but one without a battery starts at zero after a power cut. The kernel then sets 1970, systemd
 * moves that on to its last known time, and only the comparison with the RTC, which is still in 1970, gives
 * the lie away.
 *
 * Whoever vouches, a clock before the release of this very program, or a generation after, is wrong. */
#include "clock_trust.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/file.h"

/* Seconds since 1970 of the newest entry of packaging/debian/changelog. */
#ifndef THON_RELEASED
#define THON_RELEASED 0
#endif

/* A battery RTC and a crystal drift apart by some 100 s a month at the very worst; a lost RTC is wrong by
 * years. */
#define RTC_AGREES_S (15 * 60)
#define PLAUSIBLE_S  (30LL * 365 * 86400)

int64_t thon_clock_not_before(void)
{
        return THON_RELEASED;
}

static bool plausible(int64_t s)
{
        return s >= THON_RELEASED && s - THON_RELEASED < PLAUSIBLE_S;
}

/* The number in a file of sysfs. */
static bool read_number(const char *dir, const char *name, int64_t *ret)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        char after;

        if (asprintf(&path, "%s/%s", dir, name) < 0) {
                path = NULL;
                return false;
        }
        if (thon_file_read(path, 64, &text, NULL) < 0)
                return false;
        long long n;
        if (sscanf(text, "%18lld %c", &n, &after) != 1)
                return false;
        *ret = n;
        return true;
}

/* The hardware clock that set the system clock at boot, when there is one. At most one has hctosys. */
static void read_rtc(const char *root, struct thon_clock_evidence *e)
{
        _cleanup_free_ char *class_dir = NULL;
        DIR *dir;

        if (asprintf(&class_dir, "%s/sys/class/rtc", root) < 0) {
                class_dir = NULL;
                return;
        }
        dir = opendir(class_dir);
        if (!dir)
                return;
        for (struct dirent *d; !e->rtc_set_clock && (d = readdir(dir));) {
                _cleanup_free_ char *rtc = NULL;
                int64_t hctosys, now;

                if (d->d_name[0] == '.')
                        continue;
                if (asprintf(&rtc, "%s/%s", class_dir, d->d_name) < 0) {
                        rtc = NULL;
                        break;
                }
                if (read_number(rtc, "hctosys", &hctosys) && hctosys == 1 &&
                    read_number(rtc, "since_epoch", &now)) {
                        e->rtc_set_clock = true;
                        e->rtc_s = now;
                }
        }
        closedir(dir);
}

void thon_clock_evidence_read(const char *root, struct thon_clock_evidence *ret)
{
        struct thon_clock_evidence e = {0};
        _cleanup_free_ char *mark = NULL;
        struct timex tx = {.modes = 0};
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        e.wall_s = now.tv_sec;

        /* EPERM below ProtectClock=: then the kernel is no witness, and the others decide. */
        e.ntp_state = -EPERM;
        if (*root == '\0') {
                e.ntp_state = adjtimex(&tx);
                if (e.ntp_state < 0)
                        e.ntp_state = -errno;
        }
        e.ntp_status = tx.status;

        if (asprintf(&mark, "%s" THON_TIMESYNC_DIR "/synchronized", root) < 0)
                mark = NULL;
        e.timesync_mark = mark && access(mark, F_OK) == 0;
        read_rtc(root, &e);
        *ret = e;
}

bool thon_clock_evidence_trusted(const struct thon_clock_evidence *e)
{
        if (!plausible(e->wall_s))
                return false;
        if (e->ntp_state >= 0 && e->ntp_state != TIME_ERROR && !(e->ntp_status & STA_UNSYNC))
                return true;
        if (e->timesync_mark)
                return true;
        return e->rtc_set_clock && plausible(e->rtc_s) && llabs(e->rtc_s - e->wall_s) <= RTC_AGREES_S;
}

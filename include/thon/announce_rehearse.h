/* What would be on air: announcements played against the rules by the queue that will act (thon/announce_air.h),
 * with a clock that jumps from event to event. Pure. */
#pragma once

#include "thon/announce_air.h"

struct thon_rehearse_zone {
        const char *id;
        struct thon_air_rules rules;
};
/* Sound that was on air before, for days, weeks and repeats that are partly used. */
struct thon_rehearse_was {
        size_t zone;
        const char *announcement;
        enum thon_class class;
        struct thon_wall began;
        int64_t seconds;
};
struct thon_rehearse_station { /* borrowed for the call */
        const struct thon_zone *zone;
        size_t n_zones, n_was;
        const struct thon_rehearse_zone *zones;
        const struct thon_rehearse_was *was;
};
struct thon_rehearse_item {
        const struct thon_announcement *announcement;
        uint64_t length_us; /* of its sound as known or estimated, chimes too; 0: there is none */
        uint64_t zones;     /* bits: resolved */
};
struct thon_rehearse_row {
        const struct thon_announcement *announcement;
        size_t zone;
        struct thon_wall due, began;  /* began NEVER: it would not air */
        int64_t seconds;              /* that would be heard */
        enum thon_airing_state state; /* WAITING, ON_AIR: it has not ended a week after the last day */
        enum thon_air_reason reason; /* also of one that airs, but later than due: what kept it back first */
        /* BUSY, NEIGHBOUR, INTERRUPTED: by which; of one that aired in pieces, which came between; NULL */
        const struct thon_announcement *against;
};

#define THON_REHEARSE_DAYS_MAX 92
#define THON_REHEARSE_ROWS_MAX 1000000

/* All that is due in [from, from + days * 24 h), in order of due time, then zone, then item; items in order of
 * their acceptance. What is approved already and what waits for it are alike here. 0, a negative return of visit,
 * -EINVAL (days 1..92, lengths over 6 h, bits beyond the zones), -E2BIG (more than so many rows), -ENOSPC (more
 * than the queue holds at once), -ENOMEM. */
int thon_rehearse(const struct thon_rehearse_station *station, const struct thon_rehearse_item *items,
                  size_t n_items, struct thon_wall from, int days,
                  int (*visit)(const struct thon_rehearse_row *, void *), void *userdata);

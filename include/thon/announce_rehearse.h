/* What would be on air: announcements played against the rules by the queue that will act (thon/announce_air.h), with a clock that jumps
 * from event to event. Pure. */
#pragma once

#include "thon/announce_air.h"

struct thon_rehearse_zone {
        const char *id;
        struct thon_air_rules rules;
};
struct thon_rehearse_item {
        const struct thon_announcement *announcement;
        uint64_t length_us; /* of its sound as known or estimated; chimes too */
        uint64_t zones;     /* bits: resolved */
};
struct thon_rehearse_row {
        const struct thon_announcement *announcement;
        size_t zone;
        struct thon_wall due, began; /* began NEVER: it would not air */
        int64_t seconds;             /* that would be heard */
        enum thon_airing_state state;
        enum thon_air_reason reason; /* also of one that airs, but later than due: what kept it back */
        const struct thon_announcement *against; /* BUSY, NEIGHBOUR, INTERRUPTED: by which; NULL */
};
/* Rows in order of due time, then zone. 0, -errno, or a negative return of visit. days 1..92. */
int thon_rehearse(const struct thon_zone *zone, const struct thon_rehearse_zone *zones, size_t n_zones,
                  const struct thon_rehearse_item *items, size_t n_items, struct thon_wall from, int days,
                  int (*visit)(const struct thon_rehearse_row *, void *), void *userdata);

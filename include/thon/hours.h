/* Hours of every day, in civil time: when a channel may send, when a loudspeaker must be silent. Pure. */
#pragma once

#include "thon/zone.h"

/* from == to: always. May lie over midnight. */
struct thon_hours {
        int16_t from_min, to_min;
};
/* "06:00-22:00", "always". */
const char *thon_hours_parse(const char *text, struct thon_hours *ret);
bool thon_hours_open(const struct thon_hours *hours, const struct thon_zone *zone, struct thon_wall at);
/* The first instant >= at that is open: `at` itself when it is. */
struct thon_wall thon_hours_next(const struct thon_hours *hours, const struct thon_zone *zone,
                                 struct thon_wall at);

/* When an announcement airs: once, some times in a row, or by a calendar of civil days (weekly, monthly, lunar, Tết, ranges,
 * exceptions). Pure. The days are those of lighting calendars (thon/days.h); a day here runs from midnight. */
#pragma once

#include "thon/days.h"
#include "thon/zone.h"

#define THON_AIR_TIMES_MAX 12

enum thon_air_kind { THON_AIR_ONCE, THON_AIR_COUNT, THON_AIR_CALENDAR };

struct thon_air_schedule {
        enum thon_air_kind kind;
        struct thon_wall at; /* ONCE, COUNT: the first */
        unsigned count;      /* COUNT: 1..100 */
        int64_t every_s;     /* COUNT: from start to start, >= 60 */
        size_t n_days, n_except;
        struct thon_days *days,
                *except;     /* CALENDAR; owned; a day that is in any of days and in none of except */
        int32_t from, until; /* CALENDAR: first and last civil day; INT32_MIN, INT32_MAX: open */
        size_t n_times;
        int16_t times[THON_AIR_TIMES_MAX]; /* minutes of the day, ascending */
};
void thon_air_schedule_done(struct thon_air_schedule *schedule);
/* 0 or -ENOMEM; into a zeroed struct. */
int thon_air_schedule_copy(const struct thon_air_schedule *from, struct thon_air_schedule *ret);

/* The first occurrence strictly after `after`; false when there is none within 400 days of it. A civil time that a
 * zone skips occurs at the jump; one that comes twice, the first time. */
bool thon_air_schedule_next(const struct thon_air_schedule *schedule, const struct thon_zone *zone,
                            struct thon_wall after, struct thon_wall *ret);

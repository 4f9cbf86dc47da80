/* The next time of a schedule, as a function of the instant after which it is asked: nothing is remembered, so a
 * station that was down, or whose clock was set, asks again and is right.
 *
 * A civil time is the first instant at which the zone's clock shows it or more. That instant never goes back while
 * civil times go forward, in whatever way a zone jumps: so the first of a calendar's times, in order of day and
 * minute, that lies after the instant asked is also the earliest. Two times that one jump swallows are one
 * occurrence. */
#include "thon/announce_schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S     86400
#define LOOK_DAYS 400
/* Beyond the years 0 and 9999 nothing is planned, and sums of days stay far from their ends. */
#define WALL_MIN (-INT64_C(62167219200))
#define WALL_MAX INT64_C(253402300799)

void thon_air_schedule_done(struct thon_air_schedule *schedule)
{
        for (size_t i = 0; schedule->days && i < schedule->n_days; i++)
                thon_days_done(&schedule->days[i]);
        for (size_t i = 0; schedule->except && i < schedule->n_except; i++)
                thon_days_done(&schedule->except[i]);
        free(schedule->days);
        free(schedule->except);
        *schedule = (struct thon_air_schedule){0};
}

static int copy_list(const struct thon_days *from, size_t n, struct thon_days **ret, size_t *ret_n)
{
        int r = 0;

        if (n == 0)
                return 0;
        *ret = calloc(n, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        for (; r == 0 && *ret_n < n; (*ret_n)++)
                r = thon_days_copy(&from[*ret_n], &(*ret)[*ret_n]);
        return r;
}

int thon_air_schedule_copy(const struct thon_air_schedule *from, struct thon_air_schedule *ret)
{
        struct thon_air_schedule copy = *from;
        int r;

        copy.days = copy.except = NULL;
        copy.n_days = copy.n_except = 0;
        r = copy_list(from->days, from->n_days, &copy.days, &copy.n_days);
        if (r == 0)
                r = copy_list(from->except, from->n_except, &copy.except, &copy.n_except);
        if (r < 0) {
                thon_air_schedule_done(&copy);
                return r;
        }
        *ret = copy;
        return 0;
}

static bool next_of_count(const struct thon_air_schedule *schedule, struct thon_wall after,
                          struct thon_wall *ret)
{
        int64_t count = schedule->kind == THON_AIR_ONCE ? 1 : schedule->count, k = 0;

        if (schedule->at.s < WALL_MIN || schedule->at.s > WALL_MAX || count < 1 ||
            (count > 1 && schedule->every_s < 1))
                return false;
        if (schedule->at.s <= after.s && count > 1)
                k = (after.s - schedule->at.s) / schedule->every_s + 1;
        if (k >= count || __builtin_mul_overflow(k, schedule->every_s, &k) ||
            __builtin_add_overflow(k, schedule->at.s, &k) || k <= after.s)
                return false;
        *ret = (struct thon_wall){k};
        return true;
}

static bool any_matches(const struct thon_days *days, size_t n, const struct thon_days_facts *day)
{
        for (size_t i = 0; i < n; i++)
                if (thon_days_match(&days[i], day))
                        return true;
        return false;
}

static bool next_of_calendar(const struct thon_air_schedule *schedule, const struct thon_zone *zone,
                             struct thon_wall after, struct thon_wall *ret)
{
        /* A time that lies after `after` is one that the clock has not shown until then, so it is of this day or later. */
        int64_t first = thon_zone_civil(zone, after).days, last = first + LOOK_DAYS + 1;
        bool lunar = false, tet = false;

        for (size_t i = 0; i < schedule->n_days + schedule->n_except; i++) {
                const struct thon_days *days =
                        i < schedule->n_days ? &schedule->days[i] : &schedule->except[i - schedule->n_days];

                lunar |= days->kind == THON_DAYS_LUNAR;
                tet |= days->kind == THON_DAYS_TET;
        }
        if (first < schedule->from)
                first = schedule->from;
        if (last > schedule->until)
                last = schedule->until;
        for (int64_t day = first; day <= last; day++) {
                struct thon_days_facts facts;

                thon_days_facts((int32_t)day, lunar, tet, &facts);
                if (!any_matches(schedule->days, schedule->n_days, &facts) ||
                    any_matches(schedule->except, schedule->n_except, &facts))
                        continue;
                for (size_t i = 0; i < schedule->n_times; i++) {
                        struct thon_wall at = thon_zone_instant(zone, (int32_t)day, schedule->times[i] * 60);

                        if (at.s > after.s) {
                                *ret = at;
                                return true;
                        }
                }
        }
        return false;
}

bool thon_air_schedule_next(const struct thon_air_schedule *schedule, const struct thon_zone *zone,
                            struct thon_wall after, struct thon_wall *ret)
{
        struct thon_wall at;
        bool found = false;

        if (after.s < WALL_MIN || after.s > WALL_MAX)
                return false;
        switch (schedule->kind) {
        case THON_AIR_ONCE:
        case THON_AIR_COUNT:
                found = next_of_count(schedule, after, &at);
                break;
        case THON_AIR_CALENDAR:
                found = next_of_calendar(schedule, zone, after, &at);
                break;
        }
        if (!found || at.s - after.s > (int64_t)LOOK_DAYS * DAY_S)
                return false;
        *ret = at;
        return true;
}

/* What keeps an airing back. An amplifier that is warm still lets sound begin at the order to start, a cold one
 * only after its warm-up: the rules must hold in either case, so that quiet hours are kept clear of the whole of
 * both, and midnight parts the sound the worse way.
 *
 * The civil zone of a commune has no summer time, but the tables do: hours that come twice are quiet twice. */
#include "air.h"

#define DAY_S 86400

static bool quiet_at(const struct thon_air *air, const struct air_zone *zone, struct thon_wall at)
{
        for (size_t i = 0; i < zone->rules.n_quiet; i++)
                if (thon_hours_open(&zone->rules.quiet[i], air->civil, at))
                        return true;
        return false;
}

/* Where the zone's offset changes between two instants, at most a few days apart and with one change: by halving. */
static struct thon_wall offset_edge(const struct thon_zone *civil, struct thon_wall low,
                                    struct thon_wall high)
{
        int32_t before = thon_zone_offset(civil, low);

        while (high.s - low.s > 1) {
                struct thon_wall middle = {low.s + (high.s - low.s) / 2};

                if (thon_zone_offset(civil, middle) == before)
                        low = middle;
                else
                        high = middle;
        }
        return high;
}

/* The first instant > at at which quiet hours may begin or end: each edge of each part by the offset before and
 * after, and where the offset changes. NEVER: there is none within two days, hence none at all. */
static struct thon_wall next_candidate(const struct thon_air *air, const struct air_zone *zone,
                                       struct thon_wall at)
{
        const struct thon_wall ahead = {at.s + 2 * DAY_S};
        const int32_t offsets[] = {thon_zone_offset(air->civil, at), thon_zone_offset(air->civil, ahead)};
        int64_t day = (int64_t)thon_zone_civil(air->civil, at).days;
        struct thon_wall first = THON_WALL_NEVER;

        for (size_t i = 0; i < 2 * zone->rules.n_quiet; i++) {
                const struct thon_hours *hours = &zone->rules.quiet[i / 2];
                int minute = i % 2 == 0 ? hours->from_min : hours->to_min;

                if (hours->from_min == hours->to_min)
                        continue;
                for (int k = 0; k < 2; k++)
                        for (int64_t d = day - 1; d <= day + 2; d++) {
                                int64_t instant = d * DAY_S + minute * 60 - offsets[k];

                                if (instant > at.s && instant < first.s)
                                        first.s = instant;
                        }
        }
        if (offsets[0] != offsets[1]) {
                struct thon_wall edge = offset_edge(air->civil, at, ahead);

                if (edge.s < first.s)
                        first = edge;
        }
        return first;
}

/* The first instant >= at at which the zone's hours are quiet, or are not; NEVER. */
static struct thon_wall quiet_edge(const struct thon_air *air, const struct air_zone *zone,
                                   struct thon_wall at, bool quiet)
{
        if (zone->rules.n_quiet == 0)
                return quiet ? THON_WALL_NEVER : at;
        /* Every part begins and ends once a day: two days of edges, twice for a change of offset. */
        for (unsigned i = 0; i < 8 * THON_QUIET_MAX; i++) {
                if (quiet_at(air, zone, at) == quiet)
                        return at;
                at = next_candidate(air, zone, at);
                if (at.s == THON_WALL_NEVER.s)
                        break;
        }
        return THON_WALL_NEVER;
}

static uint64_t left(int64_t limit_s, uint64_t used_us)
{
        uint64_t limit = (uint64_t)limit_s * SECOND_US;

        if (limit_s <= 0)
                return UINT64_MAX;
        return limit > used_us ? limit - used_us : 0;
}

void air_limits(const struct thon_air *air, const struct air_zone *zone, struct thon_wall at,
                struct air_limits *ret)
{
        int32_t day = thon_zone_civil(air->civil, at).days;

        *ret = (struct air_limits){
                .quiet_from = quiet_edge(air, zone, at, true),
                .midnight = thon_zone_instant(air->civil, day + 1, 0),
                .weeks = thon_date_weekday(day) == 6,
                .day = day,
        };
        ret->quiet = ret->quiet_from.s == at.s;
        for (int i = 0; i < 2; i++) {
                ret->day_us[i] = left(zone->rules.day_s, air_day_us(zone, day + i));
                ret->week_us[i] = left(zone->rules.week_s, air_week_us(zone, day + i));
        }
}

static int64_t seconds_up(uint64_t us)
{
        return (int64_t)(us / SECOND_US) + (us % SECOND_US > 0);
}

/* Whether sound of that length fits into what is left, when it begins at an instant. */
static enum thon_air_reason over_budget(const struct air_limits *limits, int64_t begins, uint64_t us)
{
        uint64_t today =
                limits->midnight.s > begins ? (uint64_t)(limits->midnight.s - begins) * SECOND_US : 0;
        uint64_t tomorrow;

        today = us < today ? us : today;
        tomorrow = us - today;
        if (today > limits->day_us[0] || tomorrow > limits->day_us[1])
                return THON_AIR_DAY;
        if (limits->weeks ? today > limits->week_us[0] || tomorrow > limits->week_us[1]
                          : us > limits->week_us[0])
                return THON_AIR_WEEK;
        return THON_AIR_NO_REASON;
}

enum thon_air_reason air_forbidden(const struct thon_air *air, const struct air_item *item,
                                   const struct air_limits *limits, struct thon_wall at)
{
        const struct air_zone *zone = &air->zones[item->a.zone];
        uint64_t us = air_rest(item);
        enum thon_air_reason reason;

        if (air_emergency(item))
                return THON_AIR_NO_REASON;
        if (limits->quiet || (limits->quiet_from.s != THON_WALL_NEVER.s &&
                              at.s + seconds_up(zone->rules.warm_us + us) > limits->quiet_from.s))
                return THON_AIR_QUIET;
        if (!item->repeated && zone->rules.repeats > 0 &&
            air_repeats(zone, item->a.announcement, limits->day) >= zone->rules.repeats)
                return THON_AIR_REPEATS;
        reason = over_budget(limits, at.s, us);
        if (reason == THON_AIR_NO_REASON)
                reason = over_budget(limits, at.s + seconds_up(zone->rules.warm_us), us);
        return reason;
}

/* Something that is heard in this zone too is on air. */
static bool neighbour_sounds(const struct thon_air *air, const struct air_zone *zone)
{
        for (size_t i = 0; i < air->n_zones; i++)
                if (zone->rules.apart >> i & 1 && &air->zones[i] != zone && air->zones[i].sounding)
                        return true;
        return false;
}

/* Another one broke, and has the zone until it was tried again. */
static bool kept_for_another(const struct air_zone *zone, const struct air_item *item,
                             struct thon_air_now now)
{
        for (size_t i = 0; i < zone->n; i++)
                if (zone->items[i] != item && zone->items[i]->phase == AIR_WAITING &&
                    zone->items[i]->cancel == THON_AIR_NO_REASON &&
                    zone->items[i]->retry_at.us > now.mono.us)
                        return true;
        return false;
}

enum thon_air_reason air_why(const struct thon_air *air, const struct air_item *item,
                             const struct air_limits *limits, struct thon_air_now now)
{
        const struct air_zone *zone = &air->zones[item->a.zone];
        enum thon_air_reason reason;

        if (!item->a.ready)
                return THON_AIR_NO_SOUND;
        if (item->retry_at.us > now.mono.us)
                return THON_AIR_FAILED;
        if (air_emergency(item))
                return zone->sounding ? THON_AIR_BUSY : THON_AIR_NO_REASON;
        if (!now.trusted)
                return THON_AIR_CLOCK;
        reason = air_forbidden(air, item, limits, now.wall);
        if (reason != THON_AIR_NO_REASON)
                return reason;
        if (zone->sounding || kept_for_another(zone, item, now))
                return THON_AIR_BUSY;
        return neighbour_sounds(air, zone) ? THON_AIR_NEIGHBOUR : THON_AIR_NO_REASON;
}

struct thon_wall air_until(const struct air_item *item, const struct air_zone *zone,
                           const struct air_limits *limits, struct thon_wall at,
                           enum thon_air_reason *ret_reason)
{
        struct thon_wall until = limits->quiet_from;
        int64_t begins = at.s + seconds_up(zone->rules.warm_us), end = begins;
        enum thon_air_reason reason = THON_AIR_NO_REASON;
        uint64_t week = limits->week_us[0];

        *ret_reason = THON_AIR_NO_REASON;
        if (air_emergency(item))
                return THON_WALL_NEVER;
        *ret_reason = until.s == THON_WALL_NEVER.s ? THON_AIR_NO_REASON : THON_AIR_QUIET;
        /* As far as the airtime of today goes, and then that of tomorrow; what is over by then is no matter. */
        for (int i = 0; i < 2; i++) {
                int64_t room = limits->midnight.s + i * DAY_S - end;
                uint64_t most = limits->day_us[i] < week ? limits->day_us[i] : week;

                if (room <= 0) {
                        week = limits->weeks ? limits->week_us[1] : week;
                        continue;
                }
                if (most != UINT64_MAX && most / SECOND_US < (uint64_t)room) {
                        reason = most == limits->day_us[i] ? THON_AIR_DAY : THON_AIR_WEEK;
                        end += (int64_t)(most / SECOND_US);
                        break;
                }
                end += room;
                week = limits->weeks ? limits->week_us[1]
                                     : week - (week == UINT64_MAX ? 0 : (uint64_t)room * SECOND_US);
        }
        if (reason != THON_AIR_NO_REASON && end < until.s) {
                until.s = end;
                *ret_reason = reason;
        }
        return until;
}

/* Sound that lies over midnight takes less of today the later it begins. */
static struct thon_wall budget_wake(const struct air_limits *limits, struct thon_wall now)
{
        const uint64_t lefts[] = {limits->day_us[0], limits->week_us[0], 0};
        struct thon_wall first = THON_WALL_NEVER;

        for (size_t i = 0; i < sizeof lefts / sizeof *lefts; i++) {
                int64_t at;

                if (lefts[i] / SECOND_US > 2 * DAY_S)
                        continue;
                at = limits->midnight.s - (int64_t)(lefts[i] / SECOND_US);
                if (at > now.s && at < first.s)
                        first.s = at;
        }
        return first;
}

struct thon_wall air_wake(const struct thon_air *air, const struct air_zone *zone,
                          const struct air_limits *limits, enum thon_air_reason reason, struct thon_wall at)
{
        switch (reason) {
        case THON_AIR_QUIET:
                return quiet_edge(air, zone, limits->quiet_from, false);
        case THON_AIR_REPEATS:
                return limits->midnight;
        case THON_AIR_DAY:
        case THON_AIR_WEEK:
                return budget_wake(limits, at);
        case THON_AIR_NO_REASON:
        case THON_AIR_LATE:
        case THON_AIR_EXPIRED:
        case THON_AIR_CLOCK:
        case THON_AIR_BUSY:
        case THON_AIR_NEIGHBOUR:
        case THON_AIR_INTERRUPTED:
        case THON_AIR_MISSED:
        case THON_AIR_CANCELLED:
        case THON_AIR_REPLACED:
        case THON_AIR_NO_ZONE:
        case THON_AIR_NO_SOUND:
        case THON_AIR_FAILED:
        case THON_AIR_UNKNOWN:
        case THON_AIR_REASONS:
                break;
        }
        return THON_WALL_NEVER;
}

/* When the queue must be asked again though nothing happens: the first instant at which one of its decisions may
 * change by time alone. What waits for an event (an end, a sound that gets ready, a clock that gets trusted) needs
 * no time: the event asks. */
#include "air.h"

struct next {
        struct thon_wall wall;
        struct thon_mono mono;
};

static void at_wall(struct next *next, struct thon_wall at)
{
        if (at.s < next->wall.s)
                next->wall = at;
}

static void at_mono(struct next *next, struct thon_mono at)
{
        if (at.us < next->mono.us)
                next->mono = at;
}

/* Bits of what keeps them back are gathered: the rules are asked once a zone, not once an airing. */
static void waiting(struct next *next, const struct thon_air *air, const struct air_item *item,
                    const struct air_limits *limits, struct thon_air_now now, unsigned *reasons)
{
        enum thon_air_reason reason;
        bool judged = now.trusted || air_emergency(item);
        bool late = now.wall.s > item->latest.s;

        if (judged)
                at_wall(next, item->a.expires);
        if (!air_due(item, now)) {
                at_wall(next, item->a.due);
                return;
        }
        if (judged && !late && item->latest.s != THON_WALL_NEVER.s)
                at_wall(next, (struct thon_wall){item->latest.s + 1});
        if (judged && late)
                at_mono(next, item->begun ? thon_mono_add(item->paused_at, AIR_RESUME_US) : now.mono);
        if (item->retry_at.us > now.mono.us)
                at_mono(next, item->retry_at);
        reason = air_why(air, item, limits, now);
        *reasons |= 1u << reason;
        if (reason == THON_AIR_NO_REASON)
                at_mono(next, now.mono);
}

static void zone_next(struct next *next, const struct thon_air *air, const struct air_zone *zone,
                      struct thon_air_now now)
{
        struct air_limits limits;
        unsigned reasons = 0;

        air_limits(air, zone, now.wall, &limits);
        if (zone->sounding && !air_emergency(zone->sounding) && zone->sounding->stop == THON_AIR_NO_REASON)
                at_wall(next, limits.quiet_from);
        for (size_t i = 0; i < zone->n; i++)
                if (zone->items[i]->phase == AIR_WAITING)
                        waiting(next, air, zone->items[i], &limits, now, &reasons);
        for (unsigned reason = 0; reason < THON_AIR_REASONS; reason++)
                if (reasons >> reason & 1)
                        at_wall(next, air_wake(air, zone, &limits, (enum thon_air_reason)reason, now.wall));
}

void thon_air_next(const struct thon_air *air, struct thon_air_now now, struct thon_wall *ret_wall,
                   struct thon_mono *ret_mono)
{
        struct next next = {THON_WALL_NEVER, air->dirty ? now.mono : THON_MONO_NEVER};

        for (size_t i = 0; i < air->n_zones && !air->dirty; i++)
                if (air->zones[i].n > 0)
                        zone_next(&next, air, &air->zones[i], now);
        *ret_wall = next.wall;
        *ret_mono = next.mono;
}

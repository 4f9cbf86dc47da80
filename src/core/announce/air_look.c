/* The queue decides: level-triggered, from what it holds and the clock alone. First what has ended or can no longer
 * begin goes; then what must not sound any longer is stopped; then emergencies start, each in its zone; then the
 * others, in one order over all zones, since a start in one may keep a neighbour back. Everything is decided anew
 * at each look: a look too many changes nothing. */
#include <stdlib.h>

#include "air.h"

struct look {
        struct thon_air *air;
        struct thon_air_now now;
        int (*visit)(const struct thon_air_action *action, void *userdata);
        void *userdata;
        struct air_limits limits[THON_ANNOUNCE_ZONES_MAX];
};

static struct thon_air_action action_of(const struct air_item *item, enum thon_air_do what)
{
        return (struct thon_air_action){
                .what = what,
                .serial = item->a.serial,
                .announcement = item->a.announcement,
                .zone = item->a.zone,
                .until = THON_WALL_NEVER,
        };
}

/* ---- what is over ------------------------------------------------------------------------------------- */

static bool drop(struct air_item *item, enum thon_air_reason reason)
{
        item->fate = THON_AIRING_DROPPED;
        item->fate_reason = reason;
        return true;
}

/* Its latest start went by. Why it did not start is judged as of that instant: what a rule forbade until then was
 * the rule's doing. */
static enum thon_air_reason missed(const struct look *look, const struct air_item *item)
{
        const struct air_zone *zone = &look->air->zones[item->a.zone];
        struct air_limits limits;
        enum thon_air_reason reason;

        if (item->broken > 0)
                return THON_AIR_FAILED;
        if (!item->a.ready)
                return THON_AIR_NO_SOUND;
        air_limits(look->air, zone, item->latest, &limits);
        reason = air_forbidden(look->air, item, &limits, item->latest);
        if (reason != THON_AIR_NO_REASON)
                return reason;
        switch (item->held) {
        case THON_AIR_CLOCK:
        case THON_AIR_BUSY:
        case THON_AIR_NEIGHBOUR:
                return item->held;
        case THON_AIR_NO_REASON:
        case THON_AIR_QUIET:
        case THON_AIR_LATE:
        case THON_AIR_EXPIRED:
        case THON_AIR_DAY:
        case THON_AIR_WEEK:
        case THON_AIR_REPEATS:
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
        return THON_AIR_LATE;
}

/* True: it waits no more, and its fate is set. */
static bool ends(const struct look *look, struct air_item *item)
{
        struct thon_air_now now = look->now;

        if (item->phase == AIR_OVER)
                return true;
        if (item->phase == AIR_SOUNDING)
                return false;
        if (item->cancel != THON_AIR_NO_REASON) {
                drop(item, item->cancel);
                if (item->cancel == THON_AIR_CANCELLED)
                        item->fate = THON_AIRING_CANCELLED;
                return true;
        }
        if (item->silent)
                return drop(item, THON_AIR_NO_SOUND);
        /* By a clock that is not to be trusted nothing is late but what must not wait for a better one. */
        if (!now.trusted && !air_emergency(item))
                return false;
        if (now.wall.s >= item->a.expires.s)
                return drop(item, item->begun ? item->paused : THON_AIR_EXPIRED);
        if (now.wall.s <= item->latest.s)
                return false;
        if (!item->begun)
                return drop(item, missed(look, item));
        return thon_mono_since(item->paused_at, now.mono) >= AIR_RESUME_US && drop(item, item->paused);
}

static int tell_end(const struct look *look, struct air_item *item)
{
        struct thon_air_action action = action_of(item, THON_AIR_END);
        int r;

        action.state = item->fate;
        action.reason = item->fate_reason;
        action.aired_us = item->aired_us;
        r = look->visit(&action, look->userdata);
        free(item);
        return r;
}

static int end_all(const struct look *look)
{
        struct thon_air *air = look->air;

        for (size_t i = 0; i < air->n_zones; i++)
                for (size_t j = 0; j < air->zones[i].n;) {
                        struct air_item *item = air->zones[i].items[j];
                        int r;

                        if (!ends(look, item)) {
                                j++;
                                continue;
                        }
                        air_forget(air, &air->zones[i], j);
                        r = tell_end(look, item);
                        if (r < 0)
                                return r;
                }
        return 0;
}

/* ---- what must stop ----------------------------------------------------------------------------------- */

/* The first emergency that would sound, were the zone free. Emergencies stand first in a row. */
static struct air_item *waiting_emergency(const struct air_zone *zone, struct thon_air_now now)
{
        struct air_item *best = NULL;

        for (size_t i = 0; i < zone->n && air_emergency(zone->items[i]); i++) {
                struct air_item *item = zone->items[i];

                if (item->phase == AIR_WAITING && item->cancel == THON_AIR_NO_REASON && item->a.ready &&
                    air_due(item, now) && item->retry_at.us <= now.mono.us &&
                    (!best || air_order(item, best) < 0))
                        best = item;
        }
        return best;
}

static enum thon_air_reason must_stop(const struct look *look, const struct air_zone *zone)
{
        const struct air_item *item = zone->sounding;

        if (item->cancel != THON_AIR_NO_REASON)
                return item->cancel;
        if (air_emergency(item))
                return THON_AIR_NO_REASON;
        if (waiting_emergency(zone, look->now))
                return THON_AIR_INTERRUPTED;
        return look->limits[item->a.zone].quiet ? THON_AIR_QUIET : THON_AIR_NO_REASON;
}

static int stop_all(const struct look *look)
{
        for (size_t i = 0; i < look->air->n_zones; i++) {
                struct air_item *item = look->air->zones[i].sounding;
                struct thon_air_action action;
                int r;

                if (!item || item->stop != THON_AIR_NO_REASON)
                        continue;
                item->stop = must_stop(look, &look->air->zones[i]);
                if (item->stop == THON_AIR_NO_REASON)
                        continue;
                action = action_of(item, THON_AIR_STOP);
                action.reason = item->stop;
                r = look->visit(&action, look->userdata);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- what starts -------------------------------------------------------------------------------------- */

static int start(const struct look *look, struct air_item *item)
{
        struct air_zone *zone = air_zone_of(look->air, item);
        struct thon_air_action action = action_of(item, THON_AIR_START);

        item->phase = AIR_SOUNDING;
        item->started = false;
        item->stop = item->held = THON_AIR_NO_REASON;
        item->retry_at = (struct thon_mono){0};
        item->ordered = item->charged_mono = look->now.mono;
        item->charged_wall = look->now.wall;
        item->charged_us = 0;
        item->until =
                air_until(item, zone, &look->limits[item->a.zone], look->now.wall, &item->until_reason);
        zone->sounding = item;
        action.from_us = item->from_us;
        action.until = item->until;
        return look->visit(&action, look->userdata);
}

static int start_emergencies(const struct look *look)
{
        for (size_t i = 0; i < look->air->n_zones; i++) {
                struct air_zone *zone = &look->air->zones[i];
                struct air_item *item = zone->sounding ? NULL : waiting_emergency(zone, look->now);
                int r = item ? start(look, item) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

static enum thon_air_reason why(const struct look *look, const struct air_item *item)
{
        return air_why(look->air, item, &look->limits[item->a.zone], look->now);
}

static struct air_item *best_of_zone(const struct look *look, const struct air_zone *zone)
{
        struct air_item *best = NULL;

        for (size_t i = 0; i < zone->n && !zone->sounding; i++) {
                struct air_item *item = zone->items[i];

                if (item->phase == AIR_WAITING && item->cancel == THON_AIR_NO_REASON &&
                    !air_emergency(item) && air_due(item, look->now) &&
                    (!best || air_order(item, best) < 0) && why(look, item) == THON_AIR_NO_REASON)
                        best = item;
        }
        return best;
}

static int start_others(const struct look *look)
{
        struct air_item *best[THON_ANNOUNCE_ZONES_MAX];
        size_t n = look->air->n_zones;

        for (size_t i = 0; i < n; i++)
                best[i] = best_of_zone(look, &look->air->zones[i]);
        for (;;) {
                size_t first = n;
                int r;

                for (size_t i = 0; i < n; i++)
                        if (best[i] && (first == n || air_order(best[i], best[first]) < 0))
                                first = i;
                if (first == n)
                        return 0;
                /* What started before it may be heard there. */
                if (why(look, best[first]) == THON_AIR_NO_REASON) {
                        r = start(look, best[first]);
                        if (r < 0)
                                return r;
                }
                best[first] = NULL;
        }
}

/* ---- what is held ------------------------------------------------------------------------------------- */

static int hold_all(const struct look *look)
{
        for (size_t i = 0; i < look->air->n_zones; i++)
                for (size_t j = 0; j < look->air->zones[i].n; j++) {
                        struct air_item *item = look->air->zones[i].items[j];
                        enum thon_air_reason reason;
                        struct thon_air_action action;
                        int r;

                        if (item->phase != AIR_WAITING || item->cancel != THON_AIR_NO_REASON)
                                continue;
                        reason = air_due(item, look->now) ? why(look, item) : THON_AIR_NO_REASON;
                        if (reason == item->held)
                                continue;
                        item->held = reason;
                        if (reason == THON_AIR_NO_REASON)
                                continue;
                        action = action_of(item, THON_AIR_HOLD);
                        action.reason = reason;
                        r = look->visit(&action, look->userdata);
                        if (r < 0)
                                return r;
                }
        return 0;
}

/* ---- the look ----------------------------------------------------------------------------------------- */

static int look_once(struct look *look)
{
        int r = end_all(look);

        if (r < 0)
                return r;
        for (size_t i = 0; i < look->air->n_zones; i++)
                if (look->air->zones[i].n > 0)
                        air_limits(look->air, &look->air->zones[i], look->now.wall, &look->limits[i]);
        r = stop_all(look);
        if (r == 0)
                r = start_emergencies(look);
        if (r == 0)
                r = start_others(look);
        return r == 0 ? hold_all(look) : r;
}

int thon_air_look(struct thon_air *air, struct thon_air_now now,
                  int (*visit)(const struct thon_air_action *action, void *userdata), void *userdata)
{
        struct look look = {.air = air, .now = now, .visit = visit, .userdata = userdata};
        int r;

        air_note(air, now);
        air->looking = true;
        air->dirty = false;
        do {
                air_take_incoming(air);
                r = look_once(&look);
        } while (r == 0 && air->n_incoming > 0);
        air_take_incoming(air);
        air->looking = false;
        air->dirty = air->dirty || r < 0;
        return r;
}

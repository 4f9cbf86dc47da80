/* What players say of an airing, and what becomes of it then: aired, interrupted and to go on, broken and to be
 * tried again, or over. A player is believed as far as that is possible: it cannot have come further than time went
 * by since it was told to start.
 *
 * One that broke is tried again after a pause that grows: a sound card that comes back after two seconds is not
 * worth a lost bulletin, and one that is gone must not be asked a hundred times a second. Meanwhile the zone is
 * kept for it, so that not the whole queue fails at it, one after the other; but an emergency goes its own way. */
#include "air.h"

#define RETRY_US     (2 * SECOND_US)
#define RETRY_MAX_US (8 * SECOND_US)

static void over(struct air_item *item, enum thon_airing_state state, enum thon_air_reason reason)
{
        item->phase = AIR_OVER;
        item->fate = state;
        item->fate_reason = reason;
}

static void cancelled(struct air_item *item)
{
        over(item, item->cancel == THON_AIR_CANCELLED ? THON_AIRING_CANCELLED : THON_AIRING_DROPPED,
             item->cancel);
}

void thon_air_started(struct thon_air *air, int64_t serial, struct thon_air_now now)
{
        struct air_item *item = air_find(air, serial);

        if (!item || item->phase != AIR_SOUNDING || item->started)
                return;
        air_note(air, now);
        item->started = item->begun = true;
        if (!air_emergency(item) && !item->repeated)
                air_count_repeat(air_zone_of(air, item), item->a.announcement,
                                 thon_zone_civil(air->civil, now.wall).days);
        item->repeated = true;
        air->dirty = true;
}

/* How far it came, by what it says and by what is possible. */
static uint64_t position_of(const struct air_item *item, enum thon_air_ended how, uint64_t position_us,
                            struct thon_air_now now)
{
        uint64_t elapsed = thon_mono_since(item->ordered, now.mono);
        uint64_t most = elapsed < air_rest(item) ? item->from_us + elapsed : item->a.length_us;

        if (!item->started)
                return item->from_us;
        /* A file may be written faster than it sounds: what was played to its end is believed. */
        if (how == THON_AIR_PLAYED)
                most = item->a.length_us;
        return position_us < item->from_us || position_us > most ? most : position_us;
}

static bool all_heard(const struct air_item *item, uint64_t position_us)
{
        return item->started && position_us + AIR_MISSING_US >= item->a.length_us;
}

/* It waits again, to go on from a position. */
static void pause_at(struct air_item *item, enum thon_air_reason why, uint64_t from_us,
                     struct thon_air_now now)
{
        item->phase = AIR_WAITING;
        item->from_us = from_us;
        item->paused = why;
        item->paused_at = now.mono;
        item->held = THON_AIR_NO_REASON;
}

static void interrupted(struct air_item *item, uint64_t position_us, struct thon_air_now now)
{
        /* It was stopped before anything was heard: as if it had not been its turn. */
        if (!item->begun) {
                pause_at(item, THON_AIR_INTERRUPTED, item->from_us, now);
                return;
        }
        switch (item->a.resume) {
        case THON_RESUME_POSITION:
                pause_at(item, THON_AIR_INTERRUPTED, position_us, now);
                return;
        case THON_RESUME_RESTART:
                pause_at(item, THON_AIR_INTERRUPTED, 0, now);
                return;
        case THON_RESUME_DROP:
                over(item, THON_AIRING_DROPPED, THON_AIR_INTERRUPTED);
                return;
        }
}

static void broken(struct air_item *item, uint64_t position_us, struct thon_air_now now)
{
        unsigned most = air_emergency(item) ? AIR_RETRIES_MAX : AIR_RETRIES;
        uint64_t pause = RETRY_US;

        if (++item->broken > most) {
                over(item, THON_AIRING_DROPPED, THON_AIR_FAILED);
                return;
        }
        /* An emergency is tried again at once, the first time. */
        if (air_emergency(item))
                pause = item->broken == 1 ? 0 : SECOND_US << (item->broken - 2);
        pause_at(item, THON_AIR_FAILED, air_emergency(item) ? 0 : position_us, now);
        item->retry_at = thon_mono_add(now.mono, pause < RETRY_MAX_US ? pause : RETRY_MAX_US);
}

static void stopped(struct air_item *item, uint64_t position_us, struct thon_air_now now)
{
        if (item->stop == THON_AIR_NO_REASON)
                broken(item, position_us, now);
        else if (all_heard(item, position_us))
                over(item, THON_AIRING_AIRED, THON_AIR_NO_REASON);
        else if (item->stop == THON_AIR_INTERRUPTED)
                interrupted(item, position_us, now);
        else
                over(item, THON_AIRING_DROPPED, item->stop);
}

/* To the end, or to where it had to be silent. */
static void played(struct air_item *item, uint64_t position_us, struct thon_air_now now)
{
        bool limit = !all_heard(item, position_us) && item->until.s != THON_WALL_NEVER.s &&
                     now.wall.s + 1 >= item->until.s;

        if (limit)
                over(item, THON_AIRING_DROPPED, item->until_reason);
        else
                over(item, THON_AIRING_AIRED, THON_AIR_NO_REASON);
}

void thon_air_ended(struct thon_air *air, int64_t serial, enum thon_air_ended how, uint64_t position_us,
                    struct thon_air_now now)
{
        struct air_item *item = air_find(air, serial);
        uint64_t position;

        if (!item || item->phase != AIR_SOUNDING)
                return;
        air_note(air, now);
        /* Played, and nothing was ever heard. */
        if (how == THON_AIR_PLAYED && !item->started)
                how = THON_AIR_BROKE;
        position = position_of(item, how, position_us, now);
        if (item->started)
                air_charge(air, item, now);
        item->aired_us += position - item->from_us;
        air_zone_of(air, item)->sounding = NULL;
        air->dirty = true;

        if (item->cancel != THON_AIR_NO_REASON) {
                cancelled(item);
                return;
        }
        switch (how) {
        case THON_AIR_PLAYED:
                played(item, position, now);
                return;
        case THON_AIR_STOPPED:
                stopped(item, position, now);
                return;
        case THON_AIR_BROKE:
                /* It was to stop, and did so in its own way. */
                if (item->stop != THON_AIR_NO_REASON)
                        stopped(item, position, now);
                else if (all_heard(item, position))
                        over(item, THON_AIRING_AIRED, THON_AIR_NO_REASON);
                else
                        broken(item, position, now);
                return;
        }
}

/* What people order: with an end, and with the clock that is there.
 *
 * An end is an instant of wall time, so that it outlives a restart and a step of the clock, and comes when
 * the people in the street expect it. The exception is a duration ordered while the clock is not trusted:
 * its end was reckoned from a wrong time, and a step of three days would end it at once or prolong it. It is
 * counted in monotonic time until the clock is trusted, and turned into a true end then. While the clock is
 * not trusted nothing ends: what a person ordered is a better guide than a clock that may stand in another
 * year. */
#include "control.h"

#include <string.h>

static int64_t seconds_left(struct thon_wall until, struct thon_wall now)
{
        int64_t left;

        return __builtin_sub_overflow(until.s, now.s, &left) ? INT64_MAX : left;
}

static struct thon_wall later(struct thon_wall now, int64_t s)
{
        int64_t at = 0;

        return __builtin_add_overflow(now.s, s, &at) ? THON_WALL_NEVER : (struct thon_wall){at};
}

int thon_circuit_override(struct thon_circuit *c, const struct thon_override *override, bool emergency,
                          struct thon_instant now)
{
        struct thon_override *slot = emergency ? &c->emergency : &c->override;
        struct thon_override o = *override;
        int64_t left;

        if (!o.active) {
                c->dirty |= slot->active;
                memset(slot, 0, sizeof(*slot));
                return THON_OVERRIDE_OK;
        }

        o.reason[sizeof(o.reason) - 1] = '\0';
        o.by[sizeof(o.by) - 1] = '\0';
        o.ends = THON_MONO_NEVER;
        if (o.for_s < 0)
                o.for_s = 0;

        left = o.until.s == INT64_MAX ? INT64_MAX : seconds_left(o.until, now.wall);
        if (o.for_s > 0 && left > o.for_s)
                left = o.for_s; /* a duration that was kept over a restart can only have become shorter */
        if (now.trusted) {
                if (left <= 0)
                        return THON_OVERRIDE_PAST;
                if (o.for_s > 0)
                        o.until = later(now.wall, left);
                o.for_s = 0;
        } else if (o.for_s > 0) {
                if (left < 0)
                        left = 0;
                o.until = later(now.wall, left);
                o.ends = thon_mono_add(now.mono, (uint64_t)left > UINT64_MAX / 1000000
                                                         ? UINT64_MAX
                                                         : (uint64_t)left * 1000000);
        }

        *slot = o;
        c->dirty = true;
        return THON_OVERRIDE_OK;
}

static void step(struct thon_circuit *c, struct thon_override *o, struct thon_instant now,
                 struct thon_circuit_actions *ret)
{
        if (!o->active || !now.trusted)
                return;

        if (o->for_s > 0) {
                uint64_t left_us = thon_mono_since(now.mono, o->ends);

                o->until = later(now.wall, (int64_t)((left_us + 999999) / 1000000));
                o->for_s = 0;
                c->dirty = true;
        }
        if (o->until.s == INT64_MAX)
                return;
        if (!thon_wall_before(now.wall, o->until)) {
                memset(o, 0, sizeof(*o));
                c->dirty = true;
                return;
        }
        circuit_again_wall(ret, o->until);
}

void circuit_override_step(struct thon_circuit *c, struct thon_instant now, struct thon_circuit_actions *ret)
{
        step(c, &c->emergency, now, ret);
        step(c, &c->override, now, ret);
}

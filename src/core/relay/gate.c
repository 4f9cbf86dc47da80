/* All limits of a channel in one answer, so that what is shown to people ("oa paused until 08:10") is what holds it. */
#include "thon/relay_limits.h"

static void shut_lane(struct thon_gate_answer *answer, int lane, enum thon_gate_why why, struct thon_wall to)
{
        answer->shut[lane] = why;
        answer->defer_to[lane] = to;
}

/* Hours and quota of each lane that waits. The number of lanes left open. */
static int look_at_lanes(const struct thon_gate_conf *conf, const struct thon_gate *gate,
                         const struct thon_zone *zone, struct thon_wall wall,
                         const bool waiting[static THON_CLASSES], struct thon_gate_answer *answer)
{
        int32_t today = thon_zone_civil(zone, wall).days;
        int open = 0;

        for (int i = 0; i < THON_CLASSES; i++) {
                bool bound = i != THON_CLASS_EMERGENCY;

                if (!waiting[i])
                        continue;
                if (thon_quota_room(&conf->quota, &gate->used, today, (enum thon_class)i, 1) == 0) {
                        struct thon_wall tomorrow = thon_zone_instant(zone, today + 1, 0);
                        shut_lane(answer, i, THON_GATE_QUOTA,
                                  bound ? thon_hours_next(&conf->hours, zone, tomorrow) : tomorrow);
                } else if (bound && !thon_hours_open(&conf->hours, zone, wall)) {
                        shut_lane(answer, i, THON_GATE_HOURS, thon_hours_next(&conf->hours, zone, wall));
                } else {
                        open++;
                }
        }
        return open;
}

static void no(struct thon_gate_answer *answer, enum thon_gate_why why, struct thon_mono look)
{
        answer->why = why;
        answer->look_mono = look;
}

void thon_gate_ask(const struct thon_gate_conf *conf, struct thon_gate *gate, const struct thon_zone *zone,
                   struct thon_wall wall, struct thon_mono mono, const bool waiting[static THON_CLASSES],
                   unsigned in_flight, unsigned want, struct thon_gate_answer *ret)
{
        struct thon_gate_answer answer = {.why = THON_GATE_IDLE, .look_mono = THON_MONO_NEVER};
        struct thon_lanes lanes = gate->lanes;
        struct thon_mono at = THON_MONO_NEVER;
        bool open[THON_CLASSES];
        int n_open, lane;
        unsigned room, n;

        n_open = look_at_lanes(conf, gate, zone, wall, waiting, &answer);
        for (int i = 0; i < THON_CLASSES; i++) {
                open[i] = waiting[i] && answer.shut[i] == THON_GATE_GO;
                if (n_open == 0 && answer.shut[i] != THON_GATE_GO)
                        answer.why = answer.shut[i];
        }
        *ret = answer;
        if (n_open == 0)
                return;
        if (gate->held)
                return no(ret, THON_GATE_HELD, THON_MONO_NEVER);
        if (mono.us < gate->paused_until.us)
                return no(ret, THON_GATE_PAUSED, gate->paused_until);
        room = thon_breaker_room(&gate->breaker, mono, in_flight, conf->parallel, &at);
        if (room == 0)
                return no(ret, gate->breaker.open ? THON_GATE_BREAKER : THON_GATE_BUSY, at);
        lane = thon_lanes_next(&lanes, open);
        n = n_open > 1 ? 1 : want < room ? want : room;
        n = thon_quota_room(&conf->quota, &gate->used, thon_zone_civil(zone, wall).days,
                            (enum thon_class)lane, n);
        n = thon_pacer_take(&gate->pacer, &conf->rate, mono, n, &at);
        if (n == 0)
                return no(ret, THON_GATE_RATE, at);
        gate->lanes = lanes;
        ret->why = THON_GATE_GO;
        ret->lane = (enum thon_class)lane;
        ret->n = n;
}

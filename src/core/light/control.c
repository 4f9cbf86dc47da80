/* The decision of one circuit.
 *
 * It is level-triggered: what the relay must be is worked out afresh from the state at every call, by one
 * list of priorities in wanted(); nothing depends on having seen an edge. What needs memory (a dwell, a
 * hysteresis, a window of the meter) keeps the monotonic instant at which it began, and tells the instant at
 * which it will be over, so that deciding only then gives the same levels as deciding all the time
 * (tests/unit/test_light_control.c proves it). */
#include "control.h"

#include <string.h>

const char *thon_light_why_slug(enum thon_light_why why)
{
        switch (why) {
        case THON_WHY_PROGRAM:
                return "program";
        case THON_WHY_PHOTOCELL:
                return "photocell";
        case THON_WHY_OVERRIDE:
                return "override";
        case THON_WHY_EMERGENCY:
                return "emergency";
        case THON_WHY_LOCKOUT:
                return "lockout";
        case THON_WHY_UNTRUSTED:
                return "untrusted-clock";
        case THON_WHY_DWELL:
                return "dwell";
        }
        return "program";
}

void thon_circuit_init(struct thon_circuit *c, const struct thon_circuit_conf *conf, int64_t *event_serial)
{
        memset(c, 0, sizeof(*c));
        c->conf = conf;
        c->event_serial = event_serial;
        c->physical = c->contact = c->remote_state = THON_UNKNOWN;
        c->door = c->manual = c->lockout = c->photocell_raw = c->mains = THON_UNKNOWN;
        c->remote_online = true; /* innocent until its last will says otherwise */
        c->remote_due = THON_MONO_NEVER;
        c->watts = -1;
        c->commanded.next = THON_WALL_NEVER;
}

static bool same_relay(const struct thon_relay_conf *a, const struct thon_relay_conf *b)
{
        if (a->kind != b->kind)
                return false;
        if (a->kind == THON_RELAY_GPIO)
                return thon_line_ref_equal(&a->gpio, &b->gpio);
        return a->driver == b->driver && strcmp(a->topic, b->topic) == 0 && a->channel == b->channel &&
               a->has_feedback == b->has_feedback && a->has_energy == b->has_energy;
}

void thon_circuit_reconfigure(struct thon_circuit *c, const struct thon_circuit_conf *conf)
{
        const struct thon_circuit_conf *old = c->conf;

        c->conf = conf;
        c->dirty = true;
        if (!thon_line_ref_equal(&old->feedback, &conf->feedback))
                c->contact = THON_UNKNOWN;
        if (!thon_line_ref_equal(&old->door, &conf->door))
                c->door = THON_UNKNOWN;
        if (!thon_line_ref_equal(&old->manual, &conf->manual))
                c->manual = THON_UNKNOWN;
        if (!thon_line_ref_equal(&old->lockout, &conf->lockout))
                c->lockout = THON_UNKNOWN;
        if (!thon_line_ref_equal(&old->mains, &conf->mains))
                c->mains = THON_UNKNOWN;
        if (!thon_line_ref_equal(&old->photocell, &conf->photocell)) {
                c->photocell_raw = THON_UNKNOWN;
                c->dark_known = c->photocell_stuck = false;
        }
        if (!same_relay(&old->relay, &conf->relay)) {
                c->decided = c->ever_switched = false;
                c->remote_state = THON_UNKNOWN;
                c->remote_online = true;
                c->remote_answered = c->remote_silent = c->remote_metered = c->remote_has_watts = false;
                c->remote_due = THON_MONO_NEVER;
                c->remote_tries = 0;
        }
        /* What was measured so far was measured against other lamps or another meter. */
        c->lit = c->warm = c->window_marked = c->watts_warm = c->energy_watched = c->off_over = false;
        c->off_kwh = 0;
        c->watts = -1;
}

void circuit_physical_update(struct thon_circuit *c, struct thon_mono now)
{
        const struct thon_circuit_conf *conf = c->conf;
        enum thon_tri physical = THON_UNKNOWN;

        if (thon_line_ref_set(&conf->feedback))
                physical = c->contact;
        else if (conf->relay.kind == THON_RELAY_MQTT && conf->relay.has_feedback)
                physical = c->remote_state;

        if (physical != c->physical) {
                c->physical = physical;
                c->physical_since = now;
                c->dirty = true;
        }
        if (!c->decided || !c->in_effect || c->manual == THON_ON)
                c->was_lit = false;
        else if (physical == THON_ON)
                c->was_lit = true;
}

static void take(struct thon_circuit *c, enum thon_tri *input, enum thon_tri level)
{
        if (*input != level) {
                *input = level;
                c->dirty = true;
        }
}

void thon_circuit_input(struct thon_circuit *c, enum thon_input input, enum thon_tri level,
                        struct thon_instant now)
{
        switch (input) {
        case THON_INPUT_FEEDBACK:
                take(c, &c->contact, level);
                circuit_physical_update(c, now.mono);
                break;
        case THON_INPUT_DOOR:
                take(c, &c->door, level);
                break;
        case THON_INPUT_MANUAL:
                take(c, &c->manual, level);
                break;
        case THON_INPUT_LOCKOUT:
                take(c, &c->lockout, level);
                break;
        case THON_INPUT_PHOTOCELL:
                circuit_photocell_input(c, level, now.mono);
                break;
        case THON_INPUT_MAINS:
                take(c, &c->mains, level);
                break;
        case THON_INPUTS:
                break;
        }
}

void thon_circuit_relay_failed(struct thon_circuit *c, bool failed, struct thon_instant now)
{
        (void)now;
        if (c->relay_failed && !failed)
                c->retell = true;
        if (c->relay_failed != failed)
                c->dirty = true;
        c->relay_failed = failed;
}

bool thon_circuit_locked(const struct thon_circuit *c)
{
        return c->lockout == THON_ON || (thon_line_ref_set(&c->conf->lockout) && c->lockout == THON_UNKNOWN);
}

/* The priorities, highest first. */
static bool wanted(const struct thon_circuit *c, bool trusted, enum thon_light_why *ret_why)
{
        bool program, joined;

        if (thon_circuit_locked(c)) {
                *ret_why = THON_WHY_LOCKOUT;
                return false;
        }
        if (c->emergency.active) {
                *ret_why = THON_WHY_EMERGENCY;
                return c->emergency.on;
        }
        if (c->override.active) {
                *ret_why = THON_WHY_OVERRIDE;
                return c->override.on;
        }

        program = c->commanded.on;
        joined = circuit_photocell_join(c, program);
        if (trusted) {
                *ret_why = joined == program ? THON_WHY_PROGRAM : THON_WHY_PHOTOCELL;
                return joined;
        }

        *ret_why = THON_WHY_UNTRUSTED;
        switch (c->conf->untrusted) {
        case THON_UNTRUSTED_PHOTOCELL:
                return c->dark_known ? c->dark : joined;
        case THON_UNTRUSTED_PLAN:
                return joined;
        case THON_UNTRUSTED_ON:
                return true;
        case THON_UNTRUSTED_OFF:
                return false;
        }
        return joined;
}

/* Whole seconds only: the rest stays before `on_counted` and is counted next time. */
static void count_light(struct thon_circuit *c, struct thon_mono now)
{
        uint64_t s;

        if (!c->decided || !c->in_effect)
                return;
        s = thon_mono_since(c->on_counted, now) / 1000000;
        c->on_seconds += s;
        c->on_counted = thon_mono_add(c->on_counted, s * 1000000);
}

static bool is_order(enum thon_light_why why)
{
        return why == THON_WHY_LOCKOUT || why == THON_WHY_EMERGENCY || why == THON_WHY_OVERRIDE;
}

static void take_effect(struct thon_circuit *c, bool on, enum thon_light_why why, struct thon_instant now)
{
        if (c->decided) {
                c->operations++;
                c->switched = now.mono;
                c->ever_switched = true;
        }
        c->decided = true;
        c->in_effect = on;
        c->in_effect_since = now.wall;
        c->on_counted = now.mono;
        c->was_lit = false;
        c->why = why;
        c->by_order = is_order(why);
}

/* The dwell protects the relay from programs and photocells that contradict each other, not from people: what they
 * order comes, and ends, when they said; but not faster than a contactor can bear from a script gone wild. */
static uint64_t dwell_us(const struct thon_circuit *c, enum thon_light_why why)
{
        uint64_t dwell = c->conf->min_dwell_s > 0 ? (uint64_t)c->conf->min_dwell_s * 1000000 : 0;

        if (why == THON_WHY_LOCKOUT || why == THON_WHY_EMERGENCY)
                return 0;
        if ((why == THON_WHY_OVERRIDE || c->by_order) && dwell > THON_ORDER_DWELL_US)
                return THON_ORDER_DWELL_US;
        return dwell;
}

static void apply(struct thon_circuit *c, bool want, enum thon_light_why why, struct thon_instant now,
                  bool hold, struct thon_circuit_actions *ret)
{
        uint64_t dwell = dwell_us(c, why);

        if (c->decided && want == c->in_effect) {
                c->why = why;
                c->by_order = is_order(why);
                return;
        }
        if (c->ever_switched && thon_mono_since(c->switched, now.mono) < dwell) {
                c->why = THON_WHY_DWELL;
                circuit_again(ret, thon_mono_add(c->switched, dwell));
                return;
        }
        if (want && hold) {
                ret->held = true;
                return;
        }
        take_effect(c, want, why, now);
        ret->set = true;
        ret->on = want;
        c->retell = false;
}

/* After the relay was away, the line may stand at any level. */
static void tell_again(struct thon_circuit *c, bool hold, struct thon_circuit_actions *ret)
{
        if (!c->retell || !c->decided)
                return;
        if (c->in_effect && hold) {
                ret->held = true;
                return;
        }
        ret->set = true;
        ret->on = c->in_effect;
        c->retell = false;
}

static bool same_cause(const struct thon_light_cause *a, const struct thon_light_cause *b)
{
        return a->calendar == b->calendar && a->program == b->program && a->rule == b->rule &&
               a->step == b->step;
}

void thon_circuit_decide_commanded(struct thon_circuit *c, const struct thon_commanded *commanded,
                                   struct thon_instant now, bool hold, struct thon_circuit_actions *ret)
{
        enum thon_light_why why, why_before = c->why;
        bool want, decided_before = c->decided;

        memset(ret, 0, sizeof(*ret));
        ret->again_wall = THON_WALL_NEVER;
        ret->again_mono = THON_MONO_NEVER;

        ret->changed = c->dirty || commanded->on != c->commanded.on ||
                       commanded->next.s != c->commanded.next.s ||
                       !same_cause(&commanded->cause, &c->commanded.cause);
        c->dirty = false;
        c->commanded = *commanded;
        circuit_again_wall(ret, commanded->next);

        /* First what time alone has changed, then the level, then what follows from the level: an MQTT relay
         * that gives up makes physical unknown, on which watts and faults depend. */
        count_light(c, now.mono);
        circuit_override_step(c, now, ret);
        circuit_photocell_step(c, now.mono, ret);

        want = wanted(c, now.trusted, &why);
        apply(c, want, why, now, hold, ret);
        tell_again(c, hold, ret);
        circuit_remote_step(c, now.mono, hold, ret);
        circuit_physical_update(c, now.mono);
        circuit_meter_step(c, now.mono, ret);
        circuit_faults_step(c, now, ret);

        if (c->dirty || c->why != why_before || c->decided != decided_before || ret->set ||
            ret->n_faults > 0)
                ret->changed = true;
        c->dirty = false;
}

bool thon_circuit_initial_commanded(struct thon_circuit *c, const struct thon_commanded *commanded,
                                    struct thon_instant now)
{
        struct thon_circuit_actions ignored = {.again_wall = THON_WALL_NEVER, .again_mono = THON_MONO_NEVER};
        enum thon_light_why why;
        bool want;

        if (c->decided)
                return c->in_effect;

        c->commanded = *commanded;
        circuit_override_step(c, now, &ignored);
        circuit_photocell_step(c, now.mono, &ignored);
        want = wanted(c, now.trusted, &why);
        take_effect(c, want, why, now);
        if (c->conf->relay.kind == THON_RELAY_MQTT)
                c->remote_due = now.mono; /* no line is requested at this level: it is still to be told */
        c->dirty = true;
        return want;
}

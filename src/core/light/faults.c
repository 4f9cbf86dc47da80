/* What is wrong with a circuit, each fault by the same rule.
 *
 * At a decision each fault is judged: wrong, disproved, or not to be told now. Wrong must last for the time
 * to raise, disproved for the time to clear; in between, and when nothing can be told, the fault stays as it
 * is. So a loose contact does not flood the officer's phone, and a welded contactor stays on the list
 * through the night in which it cannot be seen, until it is proved open. An event bears the serial of its
 * raise, which the clear repeats. */
#include "control.h"

#include <math.h>

static const struct {
        const char *slug, *severity;
} names[THON_FAULTS] = {
        [THON_FAULT_STUCK_ON] = {"stuck-on", "warning"},
        [THON_FAULT_STUCK_OFF] = {"stuck-off", "critical"},
        [THON_FAULT_DARK] = {"dark", "critical"},
        [THON_FAULT_ENERGY_OFF] = {"energy-off", "critical"},
        [THON_FAULT_LAMPS] = {"lamps", "warning"},
        [THON_FAULT_OVERLOAD] = {"overload", "critical"},
        [THON_FAULT_NO_ENERGY] = {"no-energy", "critical"},
        [THON_FAULT_DOOR] = {"door", "warning"},
        [THON_FAULT_MANUAL] = {"manual", "warning"},
        [THON_FAULT_SILENT] = {"silent", "critical"},
        [THON_FAULT_CLOCK] = {"clock", "warning"},
        [THON_FAULT_RELAY] = {"relay", "critical"},
        [THON_FAULT_PHOTOCELL] = {"photocell", "warning"},
};

/* A dead lamp is told when at least this much power is missing: of one lamp, and of the whole circuit, since
 * the mains alone moves the power of discharge lamps by several per cent. */
#define LAMPS_RAISE_OF_LAMP    0.7
#define LAMPS_RAISE_OF_CIRCUIT 0.08
#define LAMPS_CLEAR_OF_LAMP    0.4
#define LAMPS_CLEAR_OF_CIRCUIT 0.05
#define OVERLOAD_RAISE         1.3
#define OVERLOAD_CLEAR         1.2

const char *thon_fault_slug(enum thon_fault fault)
{
        return names[fault].slug;
}

const char *thon_fault_severity(enum thon_fault fault)
{
        return names[fault].severity;
}

void thon_circuit_fault_restore(struct thon_circuit *c, enum thon_fault fault, struct thon_wall since,
                                int64_t event, double value)
{
        c->faults[fault] = (struct thon_fault_state){
                .raised = true,
                .since = since,
                .event = event,
                .value = value,
        };
        c->dirty = true;
}

/* `wrong` is THON_ON when the fault is there, THON_OFF when it is disproved, THON_UNKNOWN when it cannot be
 * told. */
struct verdict {
        enum thon_tri wrong;
        double value;
        uint64_t raise_us, clear_us;
};

static void flip(struct thon_circuit *c, enum thon_fault fault, double value, struct thon_instant now,
                 struct thon_circuit_actions *ret)
{
        struct thon_fault_state *state = &c->faults[fault];
        struct thon_fault_change *change = &ret->faults[ret->n_faults++];

        change->fault = fault;
        if (state->raised) {
                change->raised = false;
                change->state = *state;
                *state = (struct thon_fault_state){0};
                return;
        }
        *state = (struct thon_fault_state){
                .raised = true,
                .since = now.wall,
                .event = ++*c->event_serial,
                .value = value,
        };
        change->raised = true;
        change->state = *state;
}

static void judge(struct thon_circuit *c, enum thon_fault fault, struct verdict v, struct thon_instant now,
                  struct thon_circuit_actions *ret)
{
        struct thon_fault_state *state = &c->faults[fault];
        struct thon_mono due;

        if (v.wrong == THON_UNKNOWN || (v.wrong == THON_ON) == state->raised) {
                state->pending = false;
                if (state->raised && v.wrong == THON_ON && fabs(v.value - state->value) > 1e-9) {
                        state->value = v.value;
                        c->dirty = true;
                }
                return;
        }
        if (!state->pending) {
                state->pending = true;
                state->pending_since = now.mono;
        }
        due = thon_mono_add(state->pending_since, state->raised ? v.clear_us : v.raise_us);
        if (now.mono.us < due.us)
                circuit_again(ret, due);
        else
                flip(c, fault, v.value, now, ret);
}

static enum thon_tri tri(bool wrong)
{
        return wrong ? THON_ON : THON_OFF;
}

/* On manual, or without a relay to tell, what is physical is not ours to judge. */
static bool answerable(const struct thon_circuit *c)
{
        return c->decided && c->manual != THON_ON && !c->relay_failed;
}

/* What could show the fault is no longer configured: it is not there. */
static struct verdict nothing_to_tell(void)
{
        return (struct verdict){THON_OFF, 0, 0, 0};
}

static bool has_feedback(const struct thon_circuit *c)
{
        return thon_line_ref_set(&c->conf->feedback) ||
               (c->conf->relay.kind == THON_RELAY_MQTT && c->conf->relay.has_feedback);
}

static uint64_t settle_us(const struct thon_circuit *c)
{
        if (thon_line_ref_set(&c->conf->feedback) && c->conf->relay.kind == THON_RELAY_GPIO)
                return THON_FEEDBACK_SETTLE_US;
        return 2 * THON_REMOTE_SETTLE_US; /* told, told again, and still contrary */
}

static struct verdict stuck_on(const struct thon_circuit *c)
{
        struct verdict v = {THON_UNKNOWN, 0, settle_us(c), THON_CLEAR_US};

        if (!has_feedback(c))
                return nothing_to_tell();
        if (answerable(c) && !c->in_effect && c->physical != THON_UNKNOWN)
                v.wrong = tri(c->physical == THON_ON);
        return v;
}

static struct verdict stuck_off(const struct thon_circuit *c)
{
        struct verdict v = {THON_UNKNOWN, 0, settle_us(c), THON_CLEAR_US};

        if (!has_feedback(c))
                return nothing_to_tell();
        if (answerable(c) && c->in_effect && c->physical != THON_UNKNOWN &&
            (c->physical == THON_ON || !c->was_lit))
                v.wrong = tri(c->physical == THON_OFF);
        return v;
}

static struct verdict dark(const struct thon_circuit *c)
{
        struct verdict v = {THON_UNKNOWN, 0, THON_DARK_US, THON_CLEAR_US};

        if (!has_feedback(c))
                return nothing_to_tell();
        if (answerable(c) && c->in_effect && c->physical != THON_UNKNOWN &&
            (c->physical == THON_ON || c->was_lit))
                v.wrong = tri(c->physical == THON_OFF);
        return v;
}

static struct verdict energy_off(const struct thon_circuit *c)
{
        struct verdict v = {THON_UNKNOWN, 0, 0, 0}; /* the meter's window is the hysteresis */

        if (!circuit_metered(c))
                return nothing_to_tell();
        if (answerable(c) && !c->in_effect && c->physical != THON_ON)
                v.wrong = tri(c->off_over);
        return v;
}

static struct verdict no_energy(const struct thon_circuit *c, struct thon_mono now,
                                struct thon_circuit_actions *ret)
{
        struct verdict v = {THON_UNKNOWN, 0, 0, 0};
        struct thon_mono due;

        if (!circuit_metered(c))
                return nothing_to_tell();
        if (!c->energy_watched)
                return v;
        due = thon_mono_add(c->energy_since, circuit_energy_limit_us(c));
        if (now.us >= due.us) {
                v.wrong = THON_ON;
                v.value = (double)(circuit_energy_limit_us(c) / 1000000);
        } else {
                circuit_again(ret, due);
                if (c->energy_seen)
                        v.wrong = THON_OFF;
        }
        return v;
}

static struct verdict lamps(const struct thon_circuit *c)
{
        struct verdict v = {THON_UNKNOWN, 0, THON_WATTS_WINDOW_US, THON_WATTS_WINDOW_US};
        double registered = circuit_registered_watts(c), missing = registered - c->watts;

        if (!circuit_metered(c))
                return nothing_to_tell();
        if (!c->lit || !c->watts_warm || c->watts < 0 || registered <= 0)
                return v;
        if (missing >= fmax(LAMPS_RAISE_OF_LAMP * c->conf->watts, LAMPS_RAISE_OF_CIRCUIT * registered)) {
                v.wrong = THON_ON;
                v.value = fmax(1, round(missing / c->conf->watts));
        } else if (missing <
                   fmax(LAMPS_CLEAR_OF_LAMP * c->conf->watts, LAMPS_CLEAR_OF_CIRCUIT * registered)) {
                v.wrong = THON_OFF;
        }
        return v;
}

static struct verdict overload(const struct thon_circuit *c)
{
        struct verdict v = {THON_UNKNOWN, 0, THON_OVERLOAD_US, THON_OVERLOAD_US};
        double registered = circuit_registered_watts(c);

        if (!circuit_metered(c))
                return nothing_to_tell();
        if (!c->lit || !c->watts_warm || c->watts < 0 || registered <= 0)
                return v;
        if (c->watts > OVERLOAD_RAISE * registered) {
                v.wrong = THON_ON;
                v.value = round(c->watts);
        } else if (c->watts < OVERLOAD_CLEAR * registered) {
                v.wrong = THON_OFF;
        }
        return v;
}

static struct verdict contact(const struct thon_line_ref *line, enum thon_tri level)
{
        if (!thon_line_ref_set(line) && level == THON_UNKNOWN)
                return nothing_to_tell();
        return (struct verdict){level, 0, 0, THON_CLEAR_US};
}

static struct verdict silent(const struct thon_circuit *c)
{
        struct verdict v = {THON_OFF, 0, 0, 0};

        if (c->conf->relay.kind != THON_RELAY_MQTT)
                return v;
        if (c->remote_silent) {
                v.wrong = THON_ON;
        } else if (!c->remote_online) {
                v.wrong = THON_ON;
                v.raise_us = THON_REMOTE_SETTLE_US; /* a reconnect takes a moment */
        } else if (c->conf->relay.has_feedback && !c->remote_answered) {
                v.wrong = THON_UNKNOWN;
        }
        return v;
}

static struct verdict clock_untrusted(bool trusted)
{
        return (struct verdict){tri(!trusted), 0, THON_CLOCK_GRACE_US, 0};
}

void circuit_faults_step(struct thon_circuit *c, struct thon_instant now, struct thon_circuit_actions *ret)
{
        judge(c, THON_FAULT_STUCK_ON, stuck_on(c), now, ret);
        judge(c, THON_FAULT_STUCK_OFF, stuck_off(c), now, ret);
        judge(c, THON_FAULT_DARK, dark(c), now, ret);
        judge(c, THON_FAULT_ENERGY_OFF, energy_off(c), now, ret);
        judge(c, THON_FAULT_LAMPS, lamps(c), now, ret);
        judge(c, THON_FAULT_OVERLOAD, overload(c), now, ret);
        judge(c, THON_FAULT_NO_ENERGY, no_energy(c, now.mono, ret), now, ret);
        judge(c, THON_FAULT_DOOR, contact(&c->conf->door, c->door), now, ret);
        judge(c, THON_FAULT_MANUAL, contact(&c->conf->manual, c->manual), now, ret);
        judge(c, THON_FAULT_SILENT, silent(c), now, ret);
        judge(c, THON_FAULT_CLOCK, clock_untrusted(now.trusted || c->conf->equipment), now, ret);
        judge(c, THON_FAULT_RELAY, (struct verdict){tri(c->relay_failed), 0, 0, 0}, now, ret);
        judge(c, THON_FAULT_PHOTOCELL, (struct verdict){tri(c->photocell_stuck), 0, 0, 0}, now, ret);
}

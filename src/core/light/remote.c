/* An MQTT relay in a far cabinet: it is told, and believed only when it answers.
 *
 * Telling is level-triggered too. A report that contradicts what is in effect (someone pressed the relay's
 * button, it rebooted into its power-on state) has it told again at once, but not more often than every
 * THON_REMOTE_SETTLE_US, so that two masters cannot drive a contactor to death. One that does not answer is
 * told once more, then it is silent: its state becomes unknown, never "off". It is told again every
 * THON_REMOTE_POKE_US, and at once when it comes online. One that has been quiet for THON_REMOTE_STALE_US is
 * asked; a plain relay cannot be asked, it has no such topic.
 *
 * `remote_due` is when to act next; `remote_tries` counts the tellings of a level that is not yet confirmed;
 * `remote_answered` means that a report came since the last telling or asking. */
#include "control.h"

#define TRIES 2

static bool answers(const struct thon_circuit *c)
{
        return c->conf->relay.has_feedback;
}

static bool confirmed(const struct thon_circuit *c)
{
        return c->remote_answered && c->decided && c->remote_state != THON_UNKNOWN &&
               (c->remote_state == THON_ON) == c->in_effect;
}

static void set_state(struct thon_circuit *c, enum thon_tri state, struct thon_mono now)
{
        c->remote_state = state;
        circuit_physical_update(c, now);
}

void thon_circuit_remote(struct thon_circuit *c, enum thon_tri state, double kwh, double watts,
                         struct thon_instant now)
{
        bool lost = c->remote_silent || !c->remote_online;

        if (c->conf->relay.kind != THON_RELAY_MQTT)
                return;

        c->dirty |= lost;
        c->remote_online = true;
        circuit_meter_report(c, kwh, watts, now.mono);
        if (!answers(c)) {
                c->remote_silent = false;
                return;
        }
        if (state == THON_UNKNOWN)
                return; /* energy alone: it lives, but whether it lights stays to be seen */

        c->remote_silent = false;
        c->remote_answered = true;
        set_state(c, state, now.mono);
        if (confirmed(c)) {
                c->remote_tries = 0;
                c->remote_due = c->conf->relay.driver == THON_DRIVER_PLAIN
                                        ? THON_MONO_NEVER
                                        : thon_mono_add(now.mono, THON_REMOTE_STALE_US);
        } else if (lost || c->remote_tries == 0) {
                c->remote_tries = 0;
                c->remote_due = thon_mono_add(c->remote_told, THON_REMOTE_SETTLE_US);
        }
}

void thon_circuit_remote_online(struct thon_circuit *c, bool online, struct thon_instant now)
{
        if (c->conf->relay.kind != THON_RELAY_MQTT)
                return;

        c->dirty |= online != c->remote_online;
        c->remote_online = online;
        c->remote_answered = false;
        c->remote_tries = 0;
        if (!answers(c))
                c->remote_silent = false;
        if (online) {
                c->remote_due = now.mono; /* it may have rebooted into any state */
        } else {
                set_state(c, THON_UNKNOWN, now.mono);
                c->remote_due = thon_mono_add(now.mono, THON_REMOTE_POKE_US);
        }
}

static void act(struct thon_circuit *c, struct thon_mono now, bool hold, struct thon_circuit_actions *ret)
{
        bool given_up = c->remote_tries >= TRIES || !c->remote_online;

        if (answers(c) && confirmed(c)) { /* quiet for long: is it still there? */
                ret->query = true;
                c->remote_answered = false;
                c->remote_due = thon_mono_add(now, THON_REMOTE_SETTLE_US);
                return;
        }
        if (hold && c->in_effect) {
                ret->held = true;
                return;
        }

        if (c->remote_tries >= TRIES && c->remote_online && !c->remote_answered && !c->remote_silent) {
                c->remote_silent = true;
                c->dirty = true;
                set_state(c, THON_UNKNOWN, now);
        }
        ret->set = true;
        ret->on = c->in_effect;
        ret->query = answers(c);
        c->remote_told = now;
        c->remote_answered = false;
        if (c->remote_tries < TRIES)
                c->remote_tries++;
        if (!answers(c))
                c->remote_due = THON_MONO_NEVER;
        else
                c->remote_due = thon_mono_add(now, given_up ? THON_REMOTE_POKE_US : THON_REMOTE_SETTLE_US);
}

void circuit_remote_step(struct thon_circuit *c, struct thon_mono now, bool hold,
                         struct thon_circuit_actions *ret)
{
        if (c->conf->relay.kind != THON_RELAY_MQTT || !c->decided)
                return;

        if (ret->set) { /* told just now, because the level changed */
                c->remote_told = now;
                c->remote_answered = false;
                c->remote_tries = 1;
                c->remote_due = answers(c) ? thon_mono_add(now, THON_REMOTE_SETTLE_US) : THON_MONO_NEVER;
        } else if (c->remote_due.us <= now.us) {
                act(c, now, hold, ret);
        }
        if (c->remote_due.us > now.us)
                circuit_again(ret, c->remote_due);
}

/* Flapping counts changes in a window of time and ends by time. Nagios and Icinga count in checks; but checks come faster
 * when something is wrong, so that the same trouble would weigh more in the minutes in which we look more often. And a
 * window of the last 20 checks forgets an access point that reboots every quarter of an hour, all day long. */
#include "flap.h"

static uint64_t us_of(int64_t s)
{
        return s > 0 ? (uint64_t)s * UINT64_C(1000000) : 0;
}

unsigned flap_recent(const struct thon_device_state *state, const struct thon_state_rules *rules,
                     struct thon_mono now)
{
        uint64_t window_us = us_of(rules->flap_window_s);
        unsigned n = 0;

        for (unsigned i = 0; i < state->n_changes; i++)
                if (thon_mono_since(state->changes[i], now) <= window_us)
                        n++;
        return n;
}

bool flap_change(struct thon_device_state *state, const struct thon_state_rules *rules,
                 struct thon_state_now now)
{
        state->changes[state->next_change] = now.mono;
        state->next_change = (state->next_change + 1) % THON_STATE_CHANGES;
        if (state->n_changes < THON_STATE_CHANGES)
                state->n_changes++;
        state->last_change = now.mono;
        if (state->flapping || !rules->flap_changes ||
            flap_recent(state, rules, now.mono) < rules->flap_changes)
                return false;
        state->flapping = true;
        state->flapping_since = now.wall;
        return true;
}

struct thon_mono flap_due(const struct thon_device_state *state, const struct thon_state_rules *rules)
{
        bool down = thon_camera_down(state->hard) && state->soft_since.us == THON_MONO_NEVER.us;

        if (!state->flapping || state->last_change.us == THON_MONO_NEVER.us)
                return THON_MONO_NEVER;
        return thon_mono_add(state->last_change,
                             us_of(down ? rules->flap_quiet_s / 2 : rules->flap_quiet_s));
}

/* What led to it is forgotten with it: one more change would else begin it anew at once. */
bool flap_tick(struct thon_device_state *state, const struct thon_state_rules *rules, struct thon_mono now)
{
        struct thon_mono due = flap_due(state, rules);

        if (due.us == THON_MONO_NEVER.us || now.us < due.us)
                return false;
        state->flapping = false;
        state->n_changes = state->next_change = 0;
        state->last_change = THON_MONO_NEVER;
        return true;
}

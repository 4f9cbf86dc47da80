/* What a device is found to be has a *standing*: well, warned or down. Within one standing verdicts are names of the same
 * thing and replace each other at once; from one standing to another a change is soft until it has held. Soft states
 * are measured by the monotonic clock alone. The wall clock only labels: a beginning is reckoned back from now, so that
 * it is right also when the clock was set in between. */
#include "flap.h"

const struct thon_state_rules thon_state_defaults = {
        .confirm_s = 90,
        .confirm_checks = 3,
        .recover_s = 30,
        .flap_changes = 6,
        .flap_window_s = 3600,
        .flap_quiet_s = 1800,
};

enum standing { UNSEEN, WELL, WARNED, DOWN };

static enum standing standing_of(enum thon_camera_verdict verdict)
{
        if (verdict == THON_CAMERA_UNKNOWN)
                return UNSEEN;
        if (verdict == THON_CAMERA_OK)
                return WELL;
        return thon_camera_down(verdict) ? DOWN : WARNED;
}

void thon_device_state_init(struct thon_device_state *state)
{
        *state = (struct thon_device_state){
                .hard = THON_CAMERA_UNKNOWN,
                .now = THON_CAMERA_UNKNOWN,
                .since_mono = THON_MONO_NEVER,
                .soft_since = THON_MONO_NEVER,
                .last_good = THON_MONO_NEVER,
                .last_look = THON_MONO_NEVER,
                .last_change = THON_MONO_NEVER,
        };
}

void thon_device_state_restore(struct thon_device_state *state, enum thon_camera_verdict hard,
                               struct thon_wall since, bool flapping, struct thon_wall flapping_since)
{
        thon_device_state_init(state);
        state->hard = hard;
        state->since = since;
        state->flapping = flapping;
        state->flapping_since = flapping_since;
}

static int64_t seconds(struct thon_mono from, struct thon_mono to)
{
        return (int64_t)(thon_mono_since(from, to) / 1000000);
}

static struct thon_wall back(struct thon_wall wall, int64_t s)
{
        return (struct thon_wall){wall.s < INT64_MIN + s ? INT64_MIN : wall.s - s};
}

static void end_soft(struct thon_device_state *state)
{
        state->soft_since = THON_MONO_NEVER;
        state->soft_since_wall = (struct thon_wall){0};
        state->soft_checks = 0;
        state->soft_counted = false;
}

static void begin_soft(struct thon_device_state *state, struct thon_state_now now)
{
        end_soft(state);
        state->soft_since = now.mono;
        state->soft_since_wall = now.wall;
}

/* How long the hard verdict has stood. The wall clock is asked only for what began before this process. */
static int64_t stood(const struct thon_device_state *state, struct thon_state_now now)
{
        if (state->since_mono.us != THON_MONO_NEVER.us)
                return seconds(state->since_mono, now.mono);
        return now.wall.s > state->since.s ? now.wall.s - state->since.s : 0;
}

static void count_change(struct thon_device_state *state, const struct thon_state_rules *rules,
                         struct thon_state_now now, struct thon_state_change *change)
{
        if (flap_change(state, rules, now))
                change->what |= THON_STATE_FLAP_BEGIN;
}

/* The soft standing holds: it is what is told from now on. */
static void harden(struct thon_device_state *state, const struct thon_state_rules *rules,
                   struct thon_state_now now, struct thon_state_change *change)
{
        enum standing from = standing_of(state->hard), to = standing_of(state->now);
        int64_t age = seconds(state->soft_since, now.mono);

        if (from != UNSEEN && !state->soft_counted)
                count_change(state, rules, now, change);
        change->lasted_s = from > WELL && to < from ? stood(state, now) - age : 0;
        if (change->lasted_s < 0)
                change->lasted_s = 0;
        if (to == WELL) {
                change->what |= THON_STATE_HARD_GOOD;
                change->began = from == UNSEEN ? back(now.wall, age) : state->since;
        } else {
                change->what |= from <= WELL ? THON_STATE_HARD_BAD : THON_STATE_RENAMED;
                change->began = back(now.wall, age);
        }
        state->hard = state->now;
        state->since = back(now.wall, age);
        state->since_mono = state->soft_since;
        end_soft(state);
}

/* Ends a soft run without its having been confirmed: a blip when it was one for the worse. */
static void break_soft(struct thon_device_state *state, const struct thon_state_rules *rules,
                       enum thon_camera_verdict was, struct thon_state_now now,
                       struct thon_state_change *change)
{
        if (state->soft_since.us == THON_MONO_NEVER.us)
                return;
        if (standing_of(was) > standing_of(state->hard) && standing_of(was) > WELL) {
                change->what |= THON_STATE_BLIP;
                change->blip = was;
                change->lasted_s = seconds(state->soft_since, now.mono);
                change->began = back(now.wall, change->lasted_s);
        }
        if (state->soft_counted)
                count_change(state, rules, now, change);
        end_soft(state);
}

/* What changed within the hour already must stand longer before it is told again; while it flaps nothing is told. */
static int64_t confirm_after(const struct thon_device_state *state, const struct thon_state_rules *rules,
                             struct thon_state_now now)
{
        unsigned before = state->flapping ? 0 : flap_recent(state, rules, now.mono);

        if (state->soft_counted && before)
                before--;
        return rules->confirm_s * (1 + (int64_t)before);
}

/* A look found another standing than the hard one. */
static void depart(struct thon_device_state *state, const struct thon_state_rules *rules, bool confirmed,
                   struct thon_state_now now, struct thon_state_change *change)
{
        enum standing hard = standing_of(state->hard), seen = standing_of(state->now);
        int64_t age;

        if (state->soft_since.us == THON_MONO_NEVER.us) {
                begin_soft(state, now);
                if (seen > hard && seen > WELL)
                        change->what |= THON_STATE_SOFT_BAD;
        }
        if (state->soft_checks < UINT32_MAX)
                state->soft_checks++;
        age = seconds(state->soft_since, now.mono);
        if (confirmed || (hard == UNSEEN && seen == WELL) ||
            (seen > hard
                     ? age >= confirm_after(state, rules, now) && state->soft_checks >= rules->confirm_checks
                     : age >= rules->recover_s)) {
                harden(state, rules, now, change);
        } else if (state->soft_checks >= 2 && !state->soft_counted && hard != UNSEEN) {
                state->soft_counted = true;
                count_change(state, rules, now, change);
        }
}

static void end_flapping(struct thon_device_state *state, const struct thon_state_rules *rules,
                         struct thon_state_now now, struct thon_state_change *change)
{
        if (flap_tick(state, rules, now.mono))
                change->what |= THON_STATE_FLAP_END;
        change->again = flap_due(state, rules);
}

/* Restored as flapping, with no change seen since: its quiet begins with the first sign of life of ours. */
static void take_up_flapping(struct thon_device_state *state, struct thon_mono now)
{
        if (state->flapping && state->last_change.us == THON_MONO_NEVER.us)
                state->last_change = now;
}

struct thon_state_change thon_device_state_look(struct thon_device_state *state,
                                                const struct thon_state_rules *rules,
                                                enum thon_camera_verdict verdict, bool confirmed,
                                                struct thon_state_now now)
{
        struct thon_state_change change = {.before = state->hard, .again = THON_MONO_NEVER};
        enum thon_camera_verdict was = state->now;
        enum standing hard = standing_of(state->hard), seen = standing_of(verdict);

        if (seen == UNSEEN)
                return thon_device_state_tick(state, rules, now);
        take_up_flapping(state, now.mono);
        state->now = verdict;
        state->last_look = now.mono;
        if (seen == WELL)
                state->last_good = now.mono;
        /* Back where it was, or over to the other side of it: what was soft is over. */
        if (seen == hard || (seen > hard) != (standing_of(was) > hard) || (hard == UNSEEN && seen == WELL))
                break_soft(state, rules, was, now, &change);
        if (seen != hard) {
                depart(state, rules, confirmed, now, &change);
        } else if (verdict != state->hard) {
                state->hard = verdict;
                change.what |= THON_STATE_RENAMED;
                change.began = state->since;
        }
        end_flapping(state, rules, now, &change);
        return change;
}

struct thon_state_change thon_device_state_tick(struct thon_device_state *state,
                                                const struct thon_state_rules *rules,
                                                struct thon_state_now now)
{
        struct thon_state_change change = {.before = state->hard, .again = THON_MONO_NEVER};

        take_up_flapping(state, now.mono);
        end_flapping(state, rules, now, &change);
        return change;
}

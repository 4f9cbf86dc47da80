/* Proof of sound: "completed", says the player, and the village has heard nothing; or it hears what nobody sent.
 * What comes back is held against what is played.
 *
 * Speech pauses. A gap of up to a second, in the programme as in what comes back, is part of it: else a talker who
 * breathes every three seconds would never be silent for four, and a hijacker who does so would never be found. A
 * longer pause of the programme is one, and is no fault of the loudspeaker. Sound ends when it was last heard, not
 * when the gap has proved too long, so that the five seconds hold. */
#include "thon/announce_proof.h"

#define GAP_US  UINT64_C(1000000)
#define LOST_US UINT64_C(10000000)
#define LOUD_DB (-50.0) /* of the programme, which is brought to one loudness before */

const char *thon_proof_text(enum thon_proof proof)
{
        switch (proof) {
        case THON_PROOF_NONE:
                return "none";
        case THON_PROOF_HEARD:
                return "heard";
        case THON_PROOF_SILENT:
                return "silent";
        case THON_PROOF_IDLE:
                return "idle";
        case THON_PROOF_STUCK:
                return "stuck";
        case THON_PROOF_LOST:
                return "lost";
        }
        return "none";
}

void thon_proof_init(struct thon_proof_state *state, bool configured, struct thon_mono now)
{
        *state = (struct thon_proof_state){
                .proof = THON_PROOF_NONE,
                .configured = configured,
                .air_since = now,
                .last_return = now,
        };
}

static struct thon_mono later(struct thon_mono a, struct thon_mono b)
{
        return a.us > b.us ? a : b;
}

/* On air: since when the programme has sounded and nothing was heard. */
static struct thon_mono silent_since(const struct thon_proof_state *s)
{
        return later(later(s->air_since, s->loud_since), s->heard_until);
}

static struct thon_mono silent_at(const struct thon_proof_state *s, const struct thon_proof_rules *rules)
{
        struct thon_mono at = thon_mono_add(silent_since(s), rules->silent_us);

        /* It pauses before that. */
        if (s->heard || (!s->loud && at.us >= thon_mono_add(s->loud_until, GAP_US).us))
                return THON_MONO_NEVER;
        return at;
}

/* Idle: when what is heard has been heard too long. */
static struct thon_mono stuck_at(const struct thon_proof_state *s, const struct thon_proof_rules *rules)
{
        struct thon_mono at = thon_mono_add(
                later(thon_mono_add(s->air_since, rules->settle_us), s->heard_since), rules->stuck_us);

        if (!s->ever || (!s->heard && at.us >= thon_mono_add(s->heard_until, GAP_US).us))
                return THON_MONO_NEVER;
        return at;
}

static enum thon_proof judge(const struct thon_proof_state *s, const struct thon_proof_rules *rules,
                             struct thon_mono now)
{
        if (!s->configured || !s->ever)
                return THON_PROOF_NONE;
        if (now.us >= thon_mono_add(s->last_return, LOST_US).us)
                return THON_PROOF_LOST;
        if (s->on_air) {
                if (s->heard)
                        return THON_PROOF_HEARD;
                if (now.us >= silent_at(s, rules).us)
                        return THON_PROOF_SILENT;
                /* Undecided, or in a pause: what was known stands. */
                if (s->proof == THON_PROOF_HEARD || s->proof == THON_PROOF_SILENT)
                        return s->proof;
                return THON_PROOF_IDLE;
        }
        if ((s->heard || thon_mono_since(s->heard_until, now) < GAP_US) && now.us >= stuck_at(s, rules).us)
                return THON_PROOF_STUCK;
        return THON_PROOF_IDLE;
}

static bool judged(struct thon_proof_state *s, const struct thon_proof_rules *rules, struct thon_mono now,
                   struct thon_mono *ret_at)
{
        enum thon_proof proof = judge(s, rules, now);
        bool changed = proof != s->proof;
        struct thon_mono candidates[3] = {THON_MONO_NEVER, THON_MONO_NEVER, THON_MONO_NEVER};
        struct thon_mono at = THON_MONO_NEVER;

        s->proof = proof;
        if (!ret_at)
                return changed;
        if (proof != THON_PROOF_NONE && proof != THON_PROOF_LOST) {
                candidates[0] = thon_mono_add(s->last_return, LOST_US);
                candidates[1] = s->on_air ? silent_at(s, rules) : stuck_at(s, rules);
                if (proof == THON_PROOF_STUCK && !s->heard)
                        candidates[2] = thon_mono_add(s->heard_until, GAP_US);
        }
        for (int i = 0; i < 3; i++)
                if (candidates[i].us > now.us && candidates[i].us < at.us)
                        at = candidates[i];
        *ret_at = at;
        return changed;
}

bool thon_proof_programme(struct thon_proof_state *state, const struct thon_proof_rules *rules, bool on_air,
                          struct thon_mono now, struct thon_mono *ret_at)
{
        if (on_air != state->on_air) {
                state->on_air = on_air;
                state->air_since = now;
                /* Until it says otherwise, a programme sounds. */
                state->loud = on_air;
                state->loud_since = now;
        }
        return judged(state, rules, now, ret_at);
}

bool thon_proof_played(struct thon_proof_state *state, const struct thon_proof_rules *rules, double db,
                       struct thon_mono now, struct thon_mono *ret_at)
{
        bool loud = db > LOUD_DB;

        if (state->on_air && loud != state->loud) {
                if (!loud)
                        state->loud_until = now;
                else if (thon_mono_since(state->loud_until, now) >= GAP_US)
                        state->loud_since = now;
                state->loud = loud;
        }
        return judged(state, rules, now, ret_at);
}

bool thon_proof_returned(struct thon_proof_state *state, const struct thon_proof_rules *rules, double db,
                         struct thon_mono now, struct thon_mono *ret_at)
{
        bool lost = state->ever && thon_mono_since(state->last_return, now) >= LOST_US;
        bool heard = db > (state->heard && !lost ? rules->level_db - rules->hysteresis : rules->level_db);
        enum thon_proof before = state->proof;

        /* Of the time in which it said nothing, nothing is known; nor is what was known before. */
        if (lost)
                state->proof = THON_PROOF_LOST;
        if (lost || !state->ever) {
                state->heard_since = state->heard_until = now;
        } else if (heard && !state->heard) {
                if (thon_mono_since(state->heard_until, now) >= GAP_US)
                        state->heard_since = now;
        } else if (!heard && state->heard)
                state->heard_until = now;
        state->heard = heard;
        state->ever = true;
        state->last_return = later(state->last_return, now);
        (void)judged(state, rules, now, ret_at);
        return state->proof != before;
}

bool thon_proof_look(struct thon_proof_state *state, const struct thon_proof_rules *rules,
                     struct thon_mono now, struct thon_mono *ret_at)
{
        return judged(state, rules, now, ret_at);
}

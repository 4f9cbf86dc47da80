/* Proof of sound: "completed", says the player, and the village has heard nothing; or it hears what nobody sent.
 * What comes back is held against what is played.
 *
 * By when it was measured, and never by when it was told: a card that writes for five seconds holds this daemon up
 * for as long, and what the player and the return said meanwhile comes all at once, in any order. Who judged by the
 * clock would find a programme that began five seconds ago and a return whose last word is of before. So nothing is
 * told silent that was not seen to be: both must have spoken of the same time. What one of them left out (a capture
 * that overran, a player that did not get the processor) is passed over up to a second; beyond that nothing is known
 * and it begins anew.
 *
 * Speech pauses. A gap of up to a second, in the programme as in what comes back, is part of it: else a talker who
 * breathes every three seconds would never be silent for four, and a hijacker who does so would never be found. A
 * longer pause of the programme is one, and is no fault of the loudspeaker. */
#include "thon/announce_proof.h"

#define GAP_US    UINT64_C(1000000)
#define JITTER_US UINT64_C(250000) /* of the times of what follows one on the other */
#define LOST_US   UINT64_C(10000000)
#define LOUD_DB   (-50.0) /* of the programme, which is brought to one loudness before */

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

static struct thon_mono later(struct thon_mono a, struct thon_mono b)
{
        return a.us > b.us ? a : b;
}

static struct thon_mono earlier(struct thon_mono a, struct thon_mono b)
{
        return a.us < b.us ? a : b;
}

static uint64_t length(struct thon_proof_span span)
{
        return thon_mono_since(span.from, span.to);
}

/* ---- what was told, in the order of its time ---- */

/* Where it follows on what is there, it begins there; what is there is not told again. */
static struct thon_proof_span joined(const struct thon_proof_track *t, struct thon_proof_span span)
{
        if (span.from.us < t->until.us || thon_mono_since(t->until, span.from) <= JITTER_US)
                span.from = t->until;
        return span;
}

static void track_begin(struct thon_proof_track *t, struct thon_mono from)
{
        t->first = t->n = 0;
        t->until = from;
}

static void track_drop(struct thon_proof_track *t)
{
        t->first = (t->first + 1) % THON_PROOF_KEPT;
        t->n--;
}

/* What finds no room pushes out the oldest, of which then nothing is known. What goes on takes no more room, however often it is
 * told: a meter on the network may say its value a thousand times a second. */
static void track_add(struct thon_proof_track *t, struct thon_proof_span span, bool sound)
{
        unsigned last = (t->first + t->n + THON_PROOF_KEPT - 1) % THON_PROOF_KEPT;

        if (t->n > 0 && t->kept[last].sound == sound && t->kept[last].span.to.us == span.from.us) {
                t->kept[last].span.to = t->until = span.to;
                return;
        }
        if (t->n == THON_PROOF_KEPT)
                track_drop(t);
        t->kept[(t->first + t->n) % THON_PROOF_KEPT].span = span;
        t->kept[(t->first + t->n) % THON_PROOF_KEPT].sound = sound;
        t->n++;
        t->until = span.to;
}

/* ---- on air ---- */

/* Of this time both are known. */
static void compare(struct thon_proof_state *s, const struct thon_proof_rules *rules,
                    struct thon_proof_span span, bool loud, bool heard)
{
        if (thon_mono_since(s->compared_until, span.from) > GAP_US)
                s->silent_us = s->pause_us = 0;
        s->compared_until = span.to;
        s->compared_us += length(span);
        if (heard) {
                s->silent_us = s->pause_us = 0;
                s->was_heard = true;
                s->proof = THON_PROOF_HEARD;
                return;
        }
        s->pause_us = loud ? 0 : s->pause_us + length(span);
        s->silent_us = s->pause_us >= GAP_US ? 0 : s->silent_us + length(span);
        /* Undecided, or in a pause: what was known stands. */
        if (s->silent_us < rules->silent_us)
                return;
        s->was_silent = true;
        s->proof = THON_PROOF_SILENT;
}

static void compare_all(struct thon_proof_state *s, const struct thon_proof_rules *rules)
{
        struct thon_proof_track *p = &s->played, *r = &s->returned;

        while (p->n > 0 && r->n > 0) {
                struct thon_proof_span played = p->kept[p->first].span, returned = r->kept[r->first].span;
                const struct thon_proof_span both = {later(played.from, returned.from),
                                                     earlier(played.to, returned.to)};

                if (both.to.us > both.from.us)
                        compare(s, rules,
                                (struct thon_proof_span){later(both.from, s->compared_until), both.to},
                                p->kept[p->first].sound, r->kept[r->first].sound);
                if (played.to.us <= returned.to.us)
                        track_drop(p);
                if (returned.to.us <= played.to.us)
                        track_drop(r);
        }
}

/* ---- idle ---- */

/* Nothing is on air, and so much is known of what came back. */
static void listen(struct thon_proof_state *s, const struct thon_proof_rules *rules,
                   struct thon_proof_span span)
{
        struct thon_mono settled = thon_mono_add(s->air_since, rules->settle_us);

        if (!s->heard) {
                if (s->proof == THON_PROOF_STUCK && thon_mono_since(s->heard_until, span.to) >= GAP_US)
                        s->proof = THON_PROOF_IDLE;
                return;
        }
        span.from = later(span.from, settled);
        if (span.to.us <= span.from.us)
                return;
        if (thon_mono_since(s->heard_until, span.from) >= GAP_US)
                s->heard_since = span.from;
        s->heard_until = span.to;
        if (thon_mono_since(s->heard_since, s->heard_until) >= rules->stuck_us)
                s->proof = THON_PROOF_STUCK;
}

/* ---- news ---- */

void thon_proof_init(struct thon_proof_state *state, bool configured, struct thon_mono now)
{
        *state = (struct thon_proof_state){
                .proof = THON_PROOF_NONE, .configured = configured, .air_since = now, .returned.until = now};
}

static bool told(const struct thon_proof_state *s, enum thon_proof before, struct thon_mono *ret_at)
{
        if (ret_at)
                *ret_at = s->proof == THON_PROOF_NONE || s->proof == THON_PROOF_LOST
                                  ? THON_MONO_NEVER
                                  : thon_mono_add(s->returned.until, LOST_US);
        return s->proof != before;
}

bool thon_proof_programme(struct thon_proof_state *state, bool on_air, struct thon_mono now,
                          struct thon_mono *ret_at)
{
        enum thon_proof before = state->proof;

        if (on_air == state->on_air)
                return told(state, before, ret_at);
        state->on_air = on_air;
        state->air_since = now;
        if (before != THON_PROOF_NONE && before != THON_PROOF_LOST)
                state->proof = THON_PROOF_IDLE;
        if (on_air) {
                track_begin(&state->played, now);
                state->compared_until = now;
                state->silent_us = state->pause_us = state->played_us = state->compared_us = 0;
                state->was_heard = state->was_silent = false;
        }
        state->returned.first = state->returned.n = 0;
        state->heard_since = state->heard_until = (struct thon_mono){0};
        return told(state, before, ret_at);
}

bool thon_proof_played(struct thon_proof_state *state, const struct thon_proof_rules *rules, double db,
                       struct thon_proof_span span, struct thon_mono *ret_at)
{
        enum thon_proof before = state->proof;

        span = joined(&state->played, span);
        if (!state->on_air || length(span) == 0)
                return told(state, before, ret_at);
        state->played_us += length(span);
        track_add(&state->played, span, db > LOUD_DB);
        compare_all(state, rules);
        return told(state, before, ret_at);
}

bool thon_proof_returned(struct thon_proof_state *state, const struct thon_proof_rules *rules, double db,
                         struct thon_proof_span span, struct thon_mono *ret_at)
{
        enum thon_proof before = state->proof;
        bool lost = state->ever && thon_mono_since(state->returned.until, span.to) >= LOST_US;

        if (!state->configured)
                return told(state, before, ret_at);
        /* Of the time in which it said nothing, nothing is known; nor is what was known before. */
        if (lost || before == THON_PROOF_LOST || !state->ever)
                state->proof = THON_PROOF_IDLE;
        span = joined(&state->returned, span);
        state->heard = db > (state->heard && !lost ? rules->level_db - rules->hysteresis : rules->level_db);
        state->ever = true;
        if (length(span) == 0) { /* what it is at this moment: it is there again */
                state->returned.until = later(state->returned.until, span.to);
                return told(state, before, ret_at);
        }
        if (state->on_air) {
                track_add(&state->returned, span, state->heard);
                compare_all(state, rules);
        } else {
                state->returned.until = span.to;
                listen(state, rules, span);
        }
        return told(state, before, ret_at);
}

bool thon_proof_look(struct thon_proof_state *state, struct thon_mono now, struct thon_mono *ret_at)
{
        enum thon_proof before = state->proof;

        if (state->ever && now.us >= thon_mono_add(state->returned.until, LOST_US).us)
                state->proof = THON_PROOF_LOST;
        return told(state, before, ret_at);
}

enum thon_proof thon_proof_of_programme(const struct thon_proof_state *state,
                                        const struct thon_proof_rules *rules)
{
        if (state->was_silent)
                return THON_PROOF_SILENT;
        if (state->configured && state->played_us >= rules->silent_us &&
            state->compared_us < state->played_us / 2)
                return THON_PROOF_LOST;
        return state->was_heard ? THON_PROOF_HEARD : THON_PROOF_NONE;
}

enum thon_proof thon_proof_worse(enum thon_proof a, enum thon_proof b)
{
        static const int badness[] = {
                [THON_PROOF_NONE] = 0, [THON_PROOF_IDLE] = 0,  [THON_PROOF_HEARD] = 1,
                [THON_PROOF_LOST] = 2, [THON_PROOF_STUCK] = 3, [THON_PROOF_SILENT] = 3};

        return badness[b] > badness[a] ? b : a;
}

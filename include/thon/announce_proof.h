/* Proof of sound: what comes back from a zone (level at the amplifier's output, its current, a contact) against
 * what is on air there. Pure. "Aired but silent" and "sound while idle" are known within 5 s of when they begin.
 *
 * Both are told with the time at which they were measured, which may be long before they are heard of; in which
 * order the two are told makes no difference. Of a time of which nothing was said nothing is claimed. */
#pragma once

#include "thon/time.h"

struct thon_proof_rules {
        double level_db;   /* dBFS: above it is sound; default -45 */
        double hysteresis; /* dB; default 3 */
        uint64_t
                silent_us; /* on air and nothing heard for so long; default 4 s; pauses of the programme itself do not count */
        uint64_t stuck_us;  /* idle and sound for so long; default 4 s, after `settle_us` of the end */
        uint64_t settle_us; /* the amplifier's tail, echoes; default 2 s */
};
enum thon_proof {
        THON_PROOF_NONE,   /* no return is configured, or it says nothing */
        THON_PROOF_HEARD,  /* on air, and heard */
        THON_PROOF_SILENT, /* on air, and not heard: a fault */
        THON_PROOF_IDLE,   /* as it should be */
        THON_PROOF_STUCK,  /* sound though nothing is on air: stuck, or hijacked: a fault */
        THON_PROOF_LOST    /* the return itself has failed: nothing has come of it for 10 s */
};
const char *thon_proof_text(enum thon_proof proof); /* slug */

/* When it was measured. */
struct thon_proof_span {
        struct thon_mono from, to;
};
#define THON_PROOF_KEPT 64 /* what waits for its counterpart: half a minute, were each half second another */
struct thon_proof_track {
        struct {
                struct thon_proof_span span;
                bool sound;
        } kept[THON_PROOF_KEPT];
        unsigned first, n;
        struct thon_mono until; /* of what was told */
};
struct thon_proof_state {
        enum thon_proof proof;
        /* the rest is its own */
        bool configured, ever, on_air, heard;
        struct thon_mono air_since; /* on or off */
        /* on air: what waits to be compared, and what that gave since it began */
        struct thon_proof_track played, returned;
        struct thon_mono compared_until;
        uint64_t silent_us, pause_us; /* of now */
        uint64_t played_us, compared_us;
        bool was_heard, was_silent;
        /* idle */
        struct thon_mono heard_since, heard_until;
};
void thon_proof_init(struct thon_proof_state *state, bool configured, struct thon_mono now);
/* Each returns true when `proof` changed; *ret_at (may be NULL) is when to call thon_proof_look() next, NEVER: not
 * without news. It is to be called after all that was said by then. */
/* On air: from when sound may come of it, which is before its first sample, until the last has been heard. */
bool thon_proof_programme(struct thon_proof_state *state, bool on_air, struct thon_mono now,
                          struct thon_mono *ret_at);
/* Level of what is played, about twice a second: -120 .. 0 dBFS. */
bool thon_proof_played(struct thon_proof_state *state, const struct thon_proof_rules *rules, double db,
                       struct thon_proof_span span, struct thon_mono *ret_at);
/* Level that came back, about twice a second too; a contact or current gives 0 (sound) or -120 (none). */
bool thon_proof_returned(struct thon_proof_state *state, const struct thon_proof_rules *rules, double db,
                         struct thon_proof_span span, struct thon_mono *ret_at);
bool thon_proof_look(struct thon_proof_state *state, struct thon_mono now, struct thon_mono *ret_at);

/* What is to be said of the programme that is on air, or was last, as a whole: SILENT when it was silent at any time;
 * LOST when less than half of it could be compared; HEARD; NONE when there is no return, or when it was too short to
 * tell. */
enum thon_proof thon_proof_of_programme(const struct thon_proof_state *state,
                                        const struct thon_proof_rules *rules);
/* Of two parts of one programme, what is to be said of the whole. */
enum thon_proof thon_proof_worse(enum thon_proof a, enum thon_proof b);

/* Proof of sound: what comes back from a zone (level at the amplifier's output, its current, a contact) against
 * what is on air there. Pure. "Aired but silent" and "sound while idle" are known within 5 s of when they begin. */
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

struct thon_proof_state {
        enum thon_proof proof;
        /* the rest is its own */
        bool configured, ever, on_air, loud, heard;
        struct thon_mono air_since; /* on or off */
        struct thon_mono loud_since, loud_until, heard_since, heard_until, last_return;
};
void thon_proof_init(struct thon_proof_state *state, bool configured, struct thon_mono now);
/* Each returns true when `proof` changed; *ret_at (may be NULL) is when to call thon_proof_look() next, NEVER: not
 * without news. */
bool thon_proof_programme(struct thon_proof_state *state, const struct thon_proof_rules *rules, bool on_air,
                          struct thon_mono now, struct thon_mono *ret_at);
/* Level of what is played, about twice a second: -120 .. 0 dBFS. */
bool thon_proof_played(struct thon_proof_state *state, const struct thon_proof_rules *rules, double db,
                       struct thon_mono now, struct thon_mono *ret_at);
/* Level that came back; a contact or current gives 0 (sound) or -120 (none). What it says holds until it says
 * something else, for 10 s: a return that speaks of changes only must say again what it said. */
bool thon_proof_returned(struct thon_proof_state *state, const struct thon_proof_rules *rules, double db,
                         struct thon_mono now, struct thon_mono *ret_at);
bool thon_proof_look(struct thon_proof_state *state, const struct thon_proof_rules *rules,
                     struct thon_mono now, struct thon_mono *ret_at);

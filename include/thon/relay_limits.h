/* The limits of a channel: rate, quota, hours, pauses, back-off, circuit breaker, and the order of lanes. Pure: every
 * "now" is an argument, every random number too. */
#pragma once

#include "thon/hours.h"
#include "thon/relay.h"
#include "thon/zone.h"

/* ---- back-off: attempt 1, 2, ... doubles `base_s` up to `cap_s`; jitter in [0, 1) takes up to half of it away, so the
 * result lies in [d/2, d] with d = min(cap, base * 2^(attempt-1)), and is at least 1. Overflow-safe. */
int64_t thon_backoff(unsigned attempt, int64_t base_s, int64_t cap_s, double jitter);

/* ---- rate: at most `count` in any `per_us`, evenly spaced (GCRA), with a burst of at most a hundredth of a second's
 * worth, so that a window of a second holds at most count (+ 1 % of it). count 0: unlimited. */
struct thon_rate {
        uint32_t count;
        uint64_t per_us;
};
/* "10/s", "20/min", "500/h", "unlimited". NULL, or what is wrong ("must be ..."). */
const char *thon_rate_parse(const char *text, struct thon_rate *ret);
struct thon_pacer {
        struct thon_mono next; /* theoretical arrival time of the next one */
};
/* How many may go now (at most `want`), taken; 0: not before *ret_at. */
unsigned thon_pacer_take(struct thon_pacer *pacer, const struct thon_rate *rate, struct thon_mono now,
                         unsigned want, struct thon_mono *ret_at);

/* ---- daily quota, by the civil day of the site. Emergencies may use all of it, others all but the reserve.
 * total < 0: none. */
struct thon_quota {
        int64_t total, reserve;
};
struct thon_quota_used { /* loaded from and kept in the store */
        int32_t day;     /* days since 1970-01-01, civil */
        int64_t used;
};
/* How many of `want` may go now; counts nothing. A new day begins at 0. */
unsigned thon_quota_room(const struct thon_quota *quota, const struct thon_quota_used *used, int32_t today,
                         enum thon_class lane, unsigned want);
void thon_quota_count(struct thon_quota_used *used, int32_t today, unsigned n);
/* The provider's own count: never gives more room than our own. */
void thon_quota_told(const struct thon_quota *quota, struct thon_quota_used *used, int32_t today,
                     int64_t left);

/* ---- circuit breaker: after `threshold` failures in a row that concern the channel (connection refused, time-out,
 * 5xx, CHANNEL), it opens; then one probe at a time after back-off (base 5 s, cap 15 min), and closed again by the
 * first answer that proves the channel alive. After it closes, the ramp: room grows from 1 and doubles with each
 * success up to `parallel`, so that a return is no stampede. */
struct thon_breaker {
        unsigned failures; /* in a row */
        unsigned opened;   /* times in a row, for the back-off */
        bool open, probing;
        struct thon_mono retry_at; /* while open */
        unsigned ramp;             /* how many may be under way at once */
};
#define THON_BREAKER_THRESHOLD 3
void thon_breaker_init(struct thon_breaker *breaker, unsigned parallel);
/* How many more may be started now, given `in_flight`; 0 with *ret_at set when waiting for a probe (else untouched). */
unsigned thon_breaker_room(const struct thon_breaker *breaker, struct thon_mono now, unsigned in_flight,
                           unsigned parallel, struct thon_mono *ret_at);
void thon_breaker_started(struct thon_breaker *breaker, unsigned n);
void thon_breaker_succeeded(struct thon_breaker *breaker, unsigned parallel);
/* Returns true when it opened just now. */
bool thon_breaker_failed(struct thon_breaker *breaker, struct thon_mono now, double jitter);
/* A probe ended without an answer about the channel (token refresh, cancelled): may be tried anew. */
void thon_breaker_inconclusive(struct thon_breaker *breaker);

/* ---- lanes: an emergency that waits is always taken next, except that of 32 slots in a row at least one goes to
 * waiting others, so that no lane ever starves; priority to normal is 4 to 1 while both wait. */
struct thon_lanes {
        uint32_t credit[THON_CLASSES];
};
/* The lane of the next slot, given which have something waiting; -1: none has. Advances the state. */
int thon_lanes_next(struct thon_lanes *lanes, const bool waiting[static THON_CLASSES]);

/* ---- interaction windows of Zalo OA: free within 48 h of the person's last interaction, paid within 7 days, barred
 * after. `last` NEVER: no history is known. */
enum thon_window { THON_WINDOW_FREE, THON_WINDOW_PAID, THON_WINDOW_SHUT, THON_WINDOW_UNKNOWN };
enum thon_window thon_interaction_window(struct thon_wall last, struct thon_wall now);

/* ---- all of it: may this channel send now? */
struct thon_gate_conf {
        struct thon_rate rate;
        struct thon_quota quota;
        struct thon_hours hours;
        unsigned parallel;
};
struct thon_gate {
        struct thon_pacer pacer;
        struct thon_quota_used used;
        struct thon_breaker breaker;
        struct thon_lanes lanes;
        struct thon_mono paused_until; /* Retry-After and the like */
        bool held;                     /* a person must act (token, CHANNEL): nothing goes until released */
};
enum thon_gate_why {
        THON_GATE_GO,
        THON_GATE_IDLE,
        THON_GATE_BUSY,
        THON_GATE_CLOCK, /* of the shell: nobody vouches for the clock by which it is to be decided */
        THON_GATE_RATE,
        THON_GATE_QUOTA,
        THON_GATE_HOURS,
        THON_GATE_PAUSED,
        THON_GATE_BREAKER,
        THON_GATE_HELD
};
struct thon_gate_answer {
        enum thon_gate_why why; /* GO: `n` of `lane` may be claimed now; the pacer was charged for them */
        enum thon_class lane;
        unsigned n;
        struct thon_mono look_mono; /* when to ask again at the latest; NEVER: when something changes */
        /* Lanes that wait, but that hours or quota (QUOTA, HOURS) shut now, whatever `why` is for the others; their rows
         * get `defer_to` as not-before. GO: open. */
        enum thon_gate_why shut[THON_CLASSES];
        struct thon_wall defer_to[THON_CLASSES];
};
/* Hours bind normal and priority; emergencies pass them. `waiting`: which lanes have something due. At most `want`, and
 * one at a time while several lanes wait, so: ask again until it is not GO. The caller counts what it claimed
 * (thon_quota_count(), thon_breaker_started()). */
void thon_gate_ask(const struct thon_gate_conf *conf, struct thon_gate *gate, const struct thon_zone *zone,
                   struct thon_wall wall, struct thon_mono mono, const bool waiting[static THON_CLASSES],
                   unsigned in_flight, unsigned want, struct thon_gate_answer *ret);

/* One watched device: from what each look finds to what holds. Pure; time is an argument.
 *
 * Soft and hard as in Nagios and Icinga, but counted in time and not in checks, since checks come faster when something is
 * wrong: a failure is *soft* until it has stood for `confirm_s` and at least `confirm_checks` looks in a row; then it is
 * *hard*. Each change within `flap_window_s` before it makes that `confirm_s` longer. What was soft only is a *blip*: for the history, for nobody's phone. Back to OK is hard once it has held for
 * `recover_s`. One bad verdict that turns into another (no network, then cable) is the same failure with another name; one
 * that turns from a warning into a failure (thon_camera_down()) must be confirmed like a failure, and begins anew; the
 * other way round must hold for `recover_s`.
 *
 * Flapping: `flap_changes` changes between well, warned and down within `flap_window_s`. A departure from what is hard
 * counts once a second look saw it (one lost packet is no change), and then so does the return: what flaps faster than it
 * can be confirmed is seen too. It is a state with a message of its own, not silence. It ends after `flap_quiet_s` without
 * a change, and while the device is down already after half of that: that is an outage, and is told. */
#pragma once

#include "thon/camera.h"

struct thon_state_rules {
        int64_t confirm_s;       /* default 90 */
        unsigned confirm_checks; /* default 3 */
        int64_t recover_s;       /* default 30 */
        unsigned flap_changes;   /* default 6 */
        int64_t flap_window_s;   /* default 3600 */
        int64_t flap_quiet_s;    /* default 1800 */
};
extern const struct thon_state_rules thon_state_defaults;

#define THON_STATE_CHANGES 16 /* the most that flap_changes may be */

struct thon_device_state {
        enum thon_camera_verdict hard; /* what is told; UNKNOWN at first */
        enum thon_camera_verdict now;  /* of the last look */
        struct thon_wall since;        /* of `hard`: when it began, not when it was confirmed */
        struct thon_mono since_mono;   /* the same; NEVER: before this process */
        struct thon_mono soft_since;   /* of `now` where it is better or worse than `hard`; NEVER */
        struct thon_wall soft_since_wall;
        unsigned soft_checks;
        bool soft_counted;                     /* this departure counted as a change */
        struct thon_mono last_good, last_look; /* NEVER: none in this process */
        bool flapping;
        struct thon_wall flapping_since;
        struct thon_mono changes[THON_STATE_CHANGES]; /* ring of the last ones */
        unsigned n_changes, next_change;
        struct thon_mono last_change; /* while flapping: that, or where flapping was taken up again; NEVER */
};
void thon_device_state_init(struct thon_device_state *state);
/* What outlives a restart: the hard verdict with its beginning, and that it flaps; all else begins anew. */
void thon_device_state_restore(struct thon_device_state *state, enum thon_camera_verdict hard,
                               struct thon_wall since, bool flapping, struct thon_wall flapping_since);

struct thon_state_now {
        struct thon_wall wall;
        struct thon_mono mono;
};
enum {
        THON_STATE_SOFT_BAD = 1 << 0,  /* a failure began: look again soon, and at its siblings */
        THON_STATE_HARD_BAD = 1 << 1,  /* it is confirmed */
        THON_STATE_HARD_GOOD = 1 << 2, /* it is over; `before` UNKNOWN: seen for the first time, and well */
        THON_STATE_BLIP = 1 << 3, /* it was over before it was confirmed: `blip` says what and how long */
        THON_STATE_RENAMED =
                1 << 4, /* another bad verdict; `since` stays, but between a warning and a failure */
        THON_STATE_FLAP_BEGIN = 1 << 5,
        THON_STATE_FLAP_END = 1 << 6,
};
struct thon_state_change {
        unsigned what; /* of the above; 0 nothing */
        enum thon_camera_verdict before, blip;
        struct thon_wall began; /* of the failure that is confirmed, over, or a blip */
        int64_t lasted_s;       /* of what is over */
        struct thon_mono
                again; /* thon_device_state_tick() then, though no check came (flapping ends); NEVER */
};
/* A look found `verdict`. `confirmed`: whoever found it has confirmed it already (pictures), it is hard at once. UNKNOWN
 * changes nothing: what could not be seen is not news. */
struct thon_state_change thon_device_state_look(struct thon_device_state *state,
                                                const struct thon_state_rules *rules,
                                                enum thon_camera_verdict verdict, bool confirmed,
                                                struct thon_state_now now);
/* Time alone went by. */
struct thon_state_change thon_device_state_tick(struct thon_device_state *state,
                                                const struct thon_state_rules *rules,
                                                struct thon_state_now now);

/* When a device is to be checked: spread over the interval by a phase of its own, at `retry_s` while soft, and backing off
 * to `interval_s` * 4 (at most 15 min) once it has been hard-silent for an hour; a hung one never delays another. Never
 * before `now`. The first look of a process comes within one interval, at its phase: a restart is no burst. */
struct thon_check_plan {
        int64_t interval_s, retry_s;
        uint64_t phase; /* any number, say a hash of the id */
};
struct thon_mono thon_check_next(const struct thon_check_plan *plan, const struct thon_device_state *state,
                                 struct thon_state_now now);

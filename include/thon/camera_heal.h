/* Guarded self-heal: whether a device may be restarted now, and how. Pure; the shell (src/camerad/heal.c) carries it out.
 *
 * ONVIF reboot where the device answers at all, then its power circuit, then a person. Never: a device on which others hang
 * (the uplink), a circuit that also feeds something that works, during a common cause, in maintenance, more than `at_once`
 * at a time, again within `cooldown_s`, more than `attempts` for one failure, while the clock of the look is older than the
 * failure, for verdicts that no restart mends (password, clock, no stream, moved, covered, sprayed, black, defocused). */
#pragma once

#include "thon/camera_state.h"
#include "thon/zone.h"

struct thon_heal_rules {
        bool enabled;
        int64_t after_s;    /* so long hard before the first attempt: default 300 */
        unsigned attempts;  /* for one failure: default 2 */
        int64_t cooldown_s; /* of one device, between any two: default 3600 */
        unsigned at_once;   /* under way in the whole commune: default 2 */
        unsigned per_day;   /* of one device, 24 h back: default 4 */
        int64_t wait_s;     /* a device gets so long to come back: default 180 */
};
extern const struct thon_heal_rules thon_heal_defaults;

enum thon_heal_how { THON_HEAL_NONE, THON_HEAL_REBOOT, THON_HEAL_POWER };
const char *thon_heal_how_slug(enum thon_heal_how how); /* "none", "onvif-reboot", "power-cycle" */

enum thon_heal_why { /* why not; the first that holds */
                     THON_HEAL_MAY,
                     THON_HEAL_DISABLED,
                     THON_HEAL_NOTHING_WRONG,
                     THON_HEAL_NO_MEANS,   /* neither ONVIF nor a power circuit */
                     THON_HEAL_NOT_MENDED, /* no restart mends this */
                     THON_HEAL_UPLINK,     /* others hang on it */
                     THON_HEAL_SHARED,     /* its circuit feeds others that work */
                     THON_HEAL_MAINTENANCE,
                     THON_HEAL_COMMON_CAUSE,
                     THON_HEAL_TOO_EARLY,
                     THON_HEAL_UNDER_WAY,
                     THON_HEAL_COOLDOWN,
                     THON_HEAL_ATTEMPTS, /* a person must look */
                     THON_HEAL_PER_DAY,
                     THON_HEAL_AT_ONCE,
};
const char *thon_heal_why_slug(enum thon_heal_why why);
/* English, one sentence, for replies and the log. */
const char *thon_heal_why_text(enum thon_heal_why why);

/* Wall times: they hold over restarts and power cuts. A clock that went back lets nothing happen early: what lies in the
 * future counts as now. */
#define THON_HEAL_TRIES 16
struct thon_heal_state {
        struct thon_wall tries[THON_HEAL_TRIES]; /* the last ones, oldest first */
        unsigned n_tries;
        unsigned attempts;        /* for the present failure */
        struct thon_wall failure; /* its beginning: another one counts anew */
        enum thon_heal_how under_way;
        struct thon_wall began;
};
struct thon_heal_about {
        const struct thon_device_state *state;
        bool onvif, circuit; /* means that it has */
        bool answers;        /* ping or TCP does: ONVIF can reach it */
        bool uplink, shared, maintenance, common;
        unsigned under_way; /* in the whole commune */
        bool by_person; /* an order: passes over TOO_EARLY, ATTEMPTS, NOT_MENDED, NOTHING_WRONG and DISABLED,
                                  * over nothing else (UPLINK and SHARED too are refused) */
        bool power_only; /* an order of a power-cycle */
};
struct thon_heal_decision {
        enum thon_heal_why why; /* MAY: do `how` */
        enum thon_heal_how how;
        struct thon_wall again; /* when it may become possible by time alone; NEVER */
};
struct thon_heal_decision thon_heal_decide(const struct thon_heal_state *heal,
                                           const struct thon_heal_rules *rules,
                                           const struct thon_heal_about *about, struct thon_wall now);
/* It is done (written down before it is done: a crash in between must not repeat it). */
void thon_heal_began(struct thon_heal_state *heal, enum thon_heal_how how, struct thon_wall failure,
                     struct thon_wall now);
/* Its power is back: the time that it gets to come back runs from here. */
void thon_heal_powered(struct thon_heal_state *heal, struct thon_wall now);
/* It could not be carried out: nothing is under way any more. It counts as an attempt, since nobody knows how far it went. */
void thon_heal_abandoned(struct thon_heal_state *heal);
enum thon_heal_result { THON_HEAL_WAITS, THON_HEAL_RECOVERED, THON_HEAL_FAILED };
/* `good`: the device is OK at a look after it began. */
enum thon_heal_result thon_heal_look(struct thon_heal_state *heal, const struct thon_heal_rules *rules,
                                     bool good, struct thon_wall now);

/* ---- the morning digest (src/core/camera/heal_words.c) ---- */
struct thon_heal_told {
        const char *name; /* of the device */
        enum thon_heal_how how;
        bool recovered;
        struct thon_wall began;
};
/* "Đêm qua: Cổng chùa tự khởi động lại lúc 02:12, đã hoạt động; ...", at most 400 bytes, cut between devices; those that a person
 * must look at come first. Owned by the caller. NULL: no memory, or `n` is 0. */
char *thon_heal_digest_text(const struct thon_heal_told *told, size_t n, const struct thon_zone *zone,
                            struct thon_wall now);
/* The first instant after `last` at which it is `minute` of the civil day. */
struct thon_wall thon_heal_digest_next(int minute, const struct thon_zone *zone, struct thon_wall last);

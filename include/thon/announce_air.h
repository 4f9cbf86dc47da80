/* What is on air in each zone, and what comes next: the queue and its rules. Pure; the shell tells it what
 * happened, asks it to look, and carries out what it says. It is what keeps a village asleep at 03:15, so the
 * player is given the same limits once more.
 *
 * Order in a zone: class, then due time, then serial. An emergency interrupts what is below it at once; a priority
 * one waits for the end of what is on air and goes before all normal ones. One zone never waits for another but
 * where they are configured to be apart. */
#pragma once

#include "thon/announce.h"
#include "thon/hours.h"

#define THON_QUIET_MAX 4
#define THON_AIR_MAX   4096 /* airings that are not ended */

struct thon_air_rules { /* of one zone */
        struct thon_hours quiet[THON_QUIET_MAX];
        size_t n_quiet;
        int64_t day_s,
                week_s; /* airtime of what is no emergency, in a civil day and a week from Monday; 0: no limit */
        unsigned repeats; /* how often a day one announcement airs here, emergencies excepted; 0: no limit */
        int64_t late_s;   /* where an announcement has none of its own */
        uint64_t apart;   /* bit i: zone i is heard here too: never both on air (emergencies excepted) */
        uint64_t warm_us; /* of the amplifier: sound begins so much after a start */
};

struct thon_air_now {
        struct thon_wall wall;
        struct thon_mono mono;
        bool trusted; /* the clock */
};

struct thon_airing {
        int64_t serial; /* > 0, in order of acceptance */
        thon_slug announcement;
        size_t zone;
        enum thon_class class;
        bool answered_for; /* an emergency with a name and a reason; without them it is treated as PRIORITY */
        struct thon_wall due, latest, expires; /* latest start; NEVER: none */
        uint64_t length_us; /* of all its sound, chimes too; of a relayed source how long it is relayed */
        enum thon_announce_resume resume;
        bool ready; /* its sound is there; else it waits for thon_air_ready() */
};

struct thon_air;
/* Rules are copied; zones are indices. `zone` (civil time) is borrowed and outlives it. n <= THON_ANNOUNCE_ZONES_MAX. */
int thon_air_new(const struct thon_zone *zone, const struct thon_air_rules *rules, size_t n,
                 struct thon_air **ret);
struct thon_air *thon_air_free(struct thon_air *air);

/* -EINVAL (zone, times, length 0 or over 6 h), -EEXIST (serial), -ENOSPC, -ENOMEM. */
int thon_air_add(struct thon_air *air, const struct thon_airing *airing);
void thon_air_ready(struct thon_air *air, int64_t serial,
                    uint64_t length_us); /* 0: there will be none: dropped, NO_SOUND */
/* It ends as CANCELLED (or DROPPED for other reasons than CANCELLED) with the next look; on air it is stopped first. */
void thon_air_cancel(struct thon_air *air, int64_t serial, enum thon_air_reason reason);
/* Sound that was on air in a zone earlier, from the store at start: counts against day, week and repeats. */
void thon_air_was(struct thon_air *air, size_t zone, const char *announcement, enum thon_class class,
                  struct thon_wall began, int64_t seconds);

/* What the player of an airing says. Unknown serials and out of order news change nothing. Not from within a look. */
void thon_air_started(struct thon_air *air, int64_t serial, struct thon_air_now now); /* first sample */
enum thon_air_ended { THON_AIR_PLAYED, THON_AIR_STOPPED, THON_AIR_BROKE };
/* `position_us`: how far it came, counted from the beginning of the announcement. BROKE: tried again where it was,
 * twice (an emergency five times, from its beginning), then FAILED. STOPPED without an order is BROKE. */
void thon_air_ended(struct thon_air *air, int64_t serial, enum thon_air_ended how, uint64_t position_us,
                    struct thon_air_now now);

enum thon_air_do {
        THON_AIR_START, /* at `from_us`; no sound of it may be heard at or after `until` (quiet hours, airtime; NEVER) */
        THON_AIR_STOP, /* with a short fade; thon_air_ended() follows */
        THON_AIR_END,  /* final: state and reason; the airing is forgotten here */
        THON_AIR_HOLD, /* what keeps one that is due from starting has changed: reason, for people */
};
struct thon_air_action {
        enum thon_air_do what;
        int64_t serial;
        const char *announcement; /* borrowed for the visit */
        size_t zone;
        uint64_t from_us;
        struct thon_wall until;
        enum thon_airing_state state; /* END */
        enum thon_air_reason reason;  /* END, HOLD, STOP */
        uint64_t aired_us;            /* END: sound that was heard of it, all pieces together */
};
/* All that is to be done now. `visit` may call thon_air_add() and nothing else; a negative return of it ends the
 * look and is returned, and what was not visited comes with the next. Starts of one announcement in several zones
 * come in one look. */
int thon_air_look(struct thon_air *air, struct thon_air_now now,
                  int (*visit)(const struct thon_air_action *action, void *userdata), void *userdata);
/* When it must be asked again though nothing happens. */
void thon_air_next(const struct thon_air *air, struct thon_air_now now, struct thon_wall *ret_wall,
                   struct thon_mono *ret_mono);

struct thon_air_view {
        const struct thon_airing *airing; /* borrowed */
        bool on_air;                      /* the zone is its: it sounds, is about to, or is to stop */
        bool interrupted;                 /* some of it was heard, and it waits to go on */
        enum thon_air_reason held;        /* NO_REASON: nothing keeps it back but its time */
};
/* In the order in which they would air; `zone` SIZE_MAX: all, zone by zone. A return other than 0 ends the walk. */
int thon_air_each(const struct thon_air *air, size_t zone,
                  int (*visit)(const struct thon_air_view *, void *), void *userdata);
/* Airtime of the civil day and week of `at` that is used, in seconds; with what is on air, as of the last call that
 * had a `now`. Counted from the orders to start, hence never too little. */
void thon_air_used(const struct thon_air *air, size_t zone, struct thon_wall at, int64_t *ret_day_s,
                   int64_t *ret_week_s);

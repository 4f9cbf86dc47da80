/* The inside of the queue (thon/announce_air.h). air.c keeps what waits, in order; air_used.c counts what was
 * heard; air_rules.c says what keeps an airing back, and until when; air_news.c takes what players say; air_look.c
 * decides; air_next.c says when to ask again. */
#pragma once

#include "thon/announce_air.h"

#define SECOND_US UINT64_C(1000000)
/* So long after it was interrupted, or broke, an airing may go on although its latest start went by. */
#define AIR_RESUME_US (15 * 60 * SECOND_US)
/* What is missing of an airing that counts as aired all the same: a fade, the last of a chime. */
#define AIR_MISSING_US  (3 * SECOND_US)
#define AIR_LENGTH_MAX  (6 * 3600 * SECOND_US)
#define AIR_RETRIES     2
#define AIR_RETRIES_MAX 5 /* of an emergency */
#define AIR_DAYS_MAX    64
#define AIR_REPEATS_MAX 512

enum air_phase { AIR_WAITING, AIR_SOUNDING, AIR_OVER };

struct air_item {
        struct thon_airing a;
        enum thon_class class;   /* as it is treated */
        struct thon_wall latest; /* its own, or the zone's */
        enum air_phase phase;    /* SOUNDING from the order to start until the player has ended */
        uint64_t from_us;        /* of this piece, or of the next */
        uint64_t aired_us;       /* of the pieces that have ended */
        bool silent;             /* there is no sound and will be none */
        bool repeated;           /* it is counted among the repeats */
        enum thon_air_reason cancel, held;

        /* this piece */
        bool started;
        struct thon_mono ordered;
        enum thon_air_reason stop; /* why it was told to stop */
        struct thon_wall until;
        enum thon_air_reason until_reason;
        struct thon_wall charged_wall; /* up to here it was counted */
        struct thon_mono charged_mono;
        uint64_t charged_us;

        /* between pieces */
        bool begun; /* some of it was heard */
        enum thon_air_reason paused;
        struct thon_mono paused_at;
        unsigned broken;
        struct thon_mono retry_at;

        enum thon_airing_state fate; /* of phase OVER */
        enum thon_air_reason fate_reason;
};

struct air_day {
        int32_t day;
        uint64_t us;
};
struct air_repeat {
        int32_t day;
        unsigned n;
        thon_slug announcement;
};

/* What the rules of a zone come to at one instant. */
struct air_limits {
        bool quiet;
        struct thon_wall quiet_from, midnight; /* the next, at or after */
        bool weeks;                            /* midnight ends a week too */
        int32_t day;
        uint64_t day_us[2], week_us[2]; /* left of today and tomorrow; UINT64_MAX: no limit */
};

struct air_zone {
        struct thon_air_rules rules;
        struct air_item **items; /* in order, also the one that sounds */
        size_t n, room;
        struct air_item *sounding; /* NULL: the zone is free */
        struct air_day
                *days; /* room from the beginning: what was heard is counted, also when memory is short */
        size_t n_days;
        struct air_repeat *repeats; /* NULL: there is no such rule */
        size_t n_repeats;
};

struct thon_air {
        const struct thon_zone *civil;
        size_t n_zones, n_items;
        struct air_zone *zones;
        struct air_item **incoming; /* added while it looks */
        size_t n_incoming;
        bool looking, dirty; /* dirty: something happened since the last whole look */
        bool seen;
        struct thon_air_now last;
};

static inline bool air_emergency(const struct air_item *item)
{
        return item->class == THON_CLASS_EMERGENCY;
}

static inline struct air_zone *air_zone_of(struct thon_air *air, const struct air_item *item)
{
        return &air->zones[item->a.zone];
}

static inline uint64_t air_rest(const struct air_item *item)
{
        return item->a.length_us > item->from_us ? item->a.length_us - item->from_us : 0;
}

/* Its time has come: what has begun is not stopped from going on by a clock that was set back. */
static inline bool air_due(const struct air_item *item, struct thon_air_now now)
{
        return item->begun || item->broken > 0 || item->a.due.s <= now.wall.s;
}

/* ---- air.c ---- */
struct air_item *air_find(const struct thon_air *air, int64_t serial);
/* Class, then what has begun, then due time, then serial: below 0 when a goes first. */
int air_order(const struct air_item *a, const struct air_item *b);
void air_take_incoming(struct thon_air *air);
void air_forget(struct thon_air *air, struct air_zone *zone, size_t index); /* out of the queue, not freed */

/* ---- air_used.c ---- */
/* Counts the sound of what is on air up to now. */
void air_charge(struct thon_air *air, struct air_item *item, struct thon_air_now now);
/* The clock was set since the last call: what sounded until then is counted by the clock as it was. */
void air_note(struct thon_air *air, struct thon_air_now now);
void air_count_repeat(struct air_zone *zone, const char *announcement, int32_t day);
unsigned air_repeats(const struct air_zone *zone, const char *announcement, int32_t day);
uint64_t air_day_us(const struct air_zone *zone, int32_t day);
uint64_t air_week_us(const struct air_zone *zone, int32_t day);

/* ---- air_rules.c ---- */
void air_limits(const struct thon_air *air, const struct air_zone *zone, struct thon_wall at,
                struct air_limits *ret);
/* What keeps one that is due from starting; NO_REASON: nothing. */
enum thon_air_reason air_why(const struct thon_air *air, const struct air_item *item,
                             const struct air_limits *limits, struct thon_air_now now);
/* Of the rules alone, without what else is on air: quiet hours, repeats, airtime. */
enum thon_air_reason air_forbidden(const struct thon_air *air, const struct air_item *item,
                                   const struct air_limits *limits, struct thon_wall at);
/* No sound of it at or after; NEVER. */
struct thon_wall air_until(const struct air_item *item, const struct air_zone *zone,
                           const struct air_limits *limits, struct thon_wall at,
                           enum thon_air_reason *ret_reason);
/* When after `at` time alone may change what air_forbidden() says. */
struct thon_wall air_wake(const struct thon_air *air, const struct air_zone *zone,
                          const struct air_limits *limits, enum thon_air_reason reason, struct thon_wall at);

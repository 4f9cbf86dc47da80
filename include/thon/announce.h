/* The words of announcements: what is to be said, to whom, when, and how each airing of it ended. Data only. Forms:
 * docs/announce-forms.md; read and written by src/store/announce_form.c. */
#pragma once

#include "thon/announce_schedule.h"
#include "thon/class.h"
#include "thon/slug.h"

#define THON_ANNOUNCE_TEXT_MAX  16384
#define THON_ANNOUNCE_ZONES_MAX 64 /* of a station */

enum thon_announce_state {
        THON_ANNOUNCE_SUBMITTED, /* waits for another person's approval */
        THON_ANNOUNCE_APPROVED,  /* will air, or airs */
        THON_ANNOUNCE_DONE,      /* each airing of it has ended */
        THON_ANNOUNCE_CANCELLED,
        THON_ANNOUNCE_REFUSED, /* nobody approved it until it expired */
        THON_ANNOUNCE_STATES
};
const char *thon_announce_state_text(enum thon_announce_state state); /* "submitted" ... */
bool thon_announce_state_parse(const char *text, enum thon_announce_state *ret);

/* What becomes of one that something louder interrupts. */
enum thon_announce_resume { THON_RESUME_POSITION, THON_RESUME_RESTART, THON_RESUME_DROP };

/* All pointers owned; NULL: not given. Exactly one of text, media and source is there. */
struct thon_announcement {
        thon_slug id;
        enum thon_class class;
        char *title;
        char *text; /* as written */
        char *reading; /* as it will be spoken, after an officer's edits; NULL: the normaliser's (of each zone's dialect) */
        char *media;      /* name of a recording below STATE_DIR/announce/media */
        char *source;     /* a section [source ...] of announced.conf: a higher station, relayed */
        int64_t source_s; /* how long it is relayed */
        size_t n_zones;
        thon_slug *zones; /* zones and groups as they were named; "all" */
        struct thon_air_schedule schedule;
        struct thon_wall expires; /* NEVER */
        int64_t late_s;           /* latest start after its time; -1: the zone's */
        enum thon_announce_resume resume;
        bool chime;         /* default yes */
        bool exercise;      /* "đây là diễn tập", before and after */
        bool lamps, notify; /* of CAP alerts: what else it does */
        char *cap;          /* "sender,identifier,sent" of the alert it comes from */
        /* who answers for it */
        enum thon_announce_state state;
        char *by, *reason;                           /* who submitted it; why (needed of emergencies) */
        char *approved_by;                           /* NULL: nobody yet */
        char *ended_by, *ended_reason;               /* of CANCELLED, REFUSED */
        struct thon_wall submitted, approved, ended; /* NEVER */
        /* Occurrences up to and with this one have airings (or have been dropped as missed); NEVER: none. */
        struct thon_wall planned;
};
void thon_announcement_done(struct thon_announcement *announcement);
/* 0 or -ENOMEM; into a zeroed struct. */
int thon_announcement_copy(const struct thon_announcement *from, struct thon_announcement *ret);

/* Why an airing did not come to its end, or is kept back. Slugs stand in the store and in topics. */
enum thon_air_reason {
        THON_AIR_NO_REASON,
        THON_AIR_QUIET, /* quiet hours until its latest start */
        THON_AIR_LATE,  /* its latest start went by */
        THON_AIR_EXPIRED,
        THON_AIR_DAY, /* the zone's airtime of the day is used */
        THON_AIR_WEEK,
        THON_AIR_REPEATS,     /* aired there often enough today */
        THON_AIR_CLOCK,       /* the clock is not to be trusted: only emergencies */
        THON_AIR_BUSY,        /* another is on air in the zone */
        THON_AIR_NEIGHBOUR,   /* another is on air where it is heard as well */
        THON_AIR_INTERRUPTED, /* something louder came, and it is not to be resumed */
        THON_AIR_MISSED,      /* the station was down at its time */
        THON_AIR_CANCELLED,
        THON_AIR_REPLACED, /* by an update */
        THON_AIR_NO_ZONE,  /* the zone is no longer configured */
        THON_AIR_NO_SOUND, /* no voice, no file: there is nothing to play */
        THON_AIR_FAILED,   /* the player could not */
        THON_AIR_UNKNOWN,  /* the station died in the midst of it: how much was heard is not known */
        THON_AIR_REASONS
};
const char *thon_air_reason_slug(enum thon_air_reason reason); /* "" for NO_REASON */
bool thon_air_reason_parse(const char *slug, enum thon_air_reason *ret);
const char *thon_air_reason_text(
        enum thon_air_reason reason); /* Vietnamese, a clause: "đang trong giờ yên tĩnh" */

/* One announcement, one time, one zone: it ends in exactly one of the last three. */
enum thon_airing_state {
        THON_AIRING_WAITING,
        THON_AIRING_ON_AIR, /* also while it is interrupted */
        THON_AIRING_AIRED,
        THON_AIRING_DROPPED,
        THON_AIRING_CANCELLED,
        THON_AIRING_STATES
};
const char *thon_airing_state_text(enum thon_airing_state state); /* "waiting", "on-air", ... */
bool thon_airing_state_parse(const char *text, enum thon_airing_state *ret);

/* Events into notices: which event is told by which route, when, together with what, and how its end is told. Pure:
 * events go in with their time, actions come out; the shell (src/relayd/routes.c) carries them out.
 *
 * An *event* stands from "raised" to "cleared". A route that matches it makes it a member of one of its *incidents*: all
 * that has one cause. An incident is told in one notice, followed by updates, reminders and escalations; when its last
 * member is cleared it becomes an *ending*, which outlives it until everybody who had been told knows of the end.
 *
 * Level-triggered: thon_router_event() only notes what is so; thon_router_look() decides, may be called at any time and
 * any number of times, and says when it must be called again. Nothing depends on having been called at an instant.
 *
 * What is kept over a restart is in the structs below; whoever keeps them asks thon_router_keep() after each look, and
 * writes notices and structs in one transaction. When that fails, or a call returns -ENOMEM, the router is freed and
 * restored from what was kept last. */
#pragma once

#include "thon/relay.h"
#include "thon/relay_limits.h"
#include "thon/relay_text.h"
#include "thon/slug.h"
#include "thon/time.h"
#include "thon/zone.h"

enum thon_severity { THON_SEVERITY_INFO, THON_SEVERITY_WARNING, THON_SEVERITY_CRITICAL };
const char *thon_severity_text(enum thon_severity severity); /* "info", "warning", "critical" */
bool thon_severity_parse(const char *text, enum thon_severity *ret);

/* "light-*" and the like: `*` is any number of characters, all else itself. */
bool thon_kind_match(const char *pattern, const char *kind);

#define THON_EVENTS_MAX       4096 /* known at once; beyond, the oldest of the least severity gives way */
#define THON_EVENT_ID_MAX     127  /* bytes: id, cause_id */
#define THON_EVENT_NAME_MAX   160  /* bytes: subject, name, area, kind; names and values of `values` */
#define THON_EVENT_TEXT_MAX   400  /* bytes */
#define THON_EVENT_VALUES_MAX 16
#define THON_INHIBITS_MAX     64
#define THON_FLAP_RAISES      6 /* more within FLAP_WINDOW_S: unstable, until quiet for FLAP_QUIET_S */
#define THON_FLAP_WINDOW_S    3600
#define THON_FLAP_QUIET_S     1800
#define THON_INCIDENT_ROOTS   16

/* ---- what was configured: [route X] and [inhibit X] of relayd.conf, read by thon/relayd_conf.h ---- */
struct thon_escalate_step {
        char **to;
        size_t n_to;
        int64_t after_s; /* since the notice was submitted */
};
struct thon_route_conf {
        thon_slug name;
        char **match; /* kinds of event, with *: "light-*" */
        size_t n_match;
        char **to;
        size_t n_to;
        enum thon_class class;
        enum thon_purpose purpose;   /* default by class */
        enum thon_severity severity; /* the least that is told; default info */
        int64_t group_wait_s;        /* default 1: what one cause brings together is told in one notice */
        int64_t group_interval_s;    /* default 5min: news of the same cause, at most so often */
        int64_t repeat_s;            /* default 0, never: told again while nobody acknowledged */
        int64_t expires_s;           /* default 24h */
        /* quiet = 21:30-05:30; from == to none. Normal class waits and is told in one digest at its end */
        struct thon_hours quiet;
        bool cleared; /* tell the end too; default yes */
        bool ack;     /* default: yes with escalate, else no */
        /* "role:officer after 10min, role:chair after 30min"; in order of time */
        struct thon_escalate_step *escalate;
        size_t n_escalate;
};
/* While an event of `source` stands, raised events of `target` with the same value are held back, and told when it ends
 * if they still stand; their "cleared" is never held back if they had been told. */
struct thon_inhibit_conf {
        thon_slug name;
        char **source, **target; /* kinds, with * */
        size_t n_source, n_target;
        char *same; /* "area", "subject", "cause_id" or a member of values; NULL: any */
};

/* ---- what is known; also what is kept ---- */
struct thon_event_value {
        char *name, *value;
};
struct thon_route_incident;
struct thon_route_member {
        int64_t incident; /* its id */
        bool told;        /* that it stands */
        bool over;        /* that it is over, in an update; named once more when all is over */
        struct thon_route_incident *at;
};
struct thon_route_event {
        char *id, *kind, *subject, *name, *area, *text; /* never NULL; area may be "" */
        char *end_text;                                 /* of "cleared"; "" */
        char *cause_id;                                 /* "" none known */
        struct thon_event_value *values;
        size_t n_values;
        enum thon_severity severity;
        struct thon_wall raised_at, cleared_at; /* NEVER: stands */
        struct thon_wall seen_at;               /* when we last heard of it */
        bool flapping;                          /* made here: its subject is unstable */
        bool given_way;                         /* cleared here: there were too many */
        struct thon_route_member *in;
        size_t n_in;
        /* not kept */
        uint64_t source, target; /* of which inhibitions: a bit each */
        bool dirty;
};

/* A notice from which all others about an incident descend (as their parent). `shared`: a digest, which tells of others
 * too and is therefore never withdrawn. */
struct thon_route_root {
        int64_t notice;
        bool shared;
};
struct thon_route_incident {
        int64_t id;
        thon_slug route;
        char *cause; /* id of the event, known or not, that all members go back to */
        enum thon_class class;
        struct thon_route_root roots[THON_INCIDENT_ROOTS];
        size_t n_roots;
        int64_t last; /* the newest notice of it alone, which the next supersedes; 0 none */
        struct thon_wall first_told, last_told; /* NEVER: not yet */
        unsigned steps;                         /* of the escalation, done */
        bool acked;
        bool quiet; /* waits for the end of the quiet time */
        /* not kept */
        const struct thon_route_conf *conf; /* NULL: its route is gone */
        struct thon_mono news;              /* to be looked at then; NEVER: nothing new */
        struct thon_route_event **members;
        size_t n_members;
        bool dirty;
};
/* An end that is to be told to those, and only those, who had been told. */
struct thon_route_ending {
        int64_t id;
        thon_slug route;
        enum thon_class class;
        struct thon_route_root roots[THON_INCIDENT_ROOTS];
        size_t n_roots;
        char *text;
        bool tell;      /* false: the route does not tell ends; what is unsent is withdrawn all the same */
        int64_t digest; /* a notice that tells of this end: its recipients know; 0 none */
        struct thon_wall since;
        /* not kept */
        struct thon_mono again;
        bool dirty;
};
/* How often something came and went. */
struct thon_route_flap {
        char *kind, *subject;
        struct thon_wall raised[THON_FLAP_RAISES + 1]; /* the last ones, oldest first */
        size_t n_raised;
        struct thon_wall changed;
        bool unstable;
        bool dirty; /* not kept */
};

/* ---- the router ---- */
struct thon_router;
/* Configuration and zone are borrowed. -E2BIG: more than THON_INHIBITS_MAX inhibitions. */
int thon_router_new(const struct thon_route_conf *routes, size_t n_routes,
                    const struct thon_inhibit_conf *inhibits, size_t n_inhibits,
                    const struct thon_zone *zone, struct thon_router **ret);
struct thon_router *thon_router_free(struct thon_router *router);

struct thon_route_now {
        struct thon_wall wall;
        struct thon_mono mono;
};

/* An event as it came; borrowed. Texts are NFC without control characters (thon_text_nfc()). */
struct thon_event_in {
        const char *id, *kind, *subject, *name, *text;
        const char *area, *cause_id; /* NULL */
        const struct thon_value_pair *values;
        size_t n_values;
        enum thon_severity severity;
        bool raised;
        struct thon_wall at;
};
/* 0; -EINVAL: something is longer than its limit, and nothing was changed; -ENOMEM. */
int thon_router_event(struct thon_router *router, const struct thon_event_in *event,
                      struct thon_route_now now);

enum thon_route_what {
        THON_ROUTE_RAISED,
        THON_ROUTE_UPDATE,
        THON_ROUTE_REPEAT,
        THON_ROUTE_ESCALATE,
        THON_ROUTE_DIGEST,
        THON_ROUTE_END, /* see thon_ending_decide() */
};
struct thon_route_action {
        enum thon_route_what what;
        const struct thon_route_conf *route; /* NULL with END only */
        enum thon_class class;
        const char *const *to; /* but END */
        size_t n_to;
        char *text;                 /* owned; with "{so}" where its number goes when `ack` */
        char *picture;              /* owned; RAISED: what its event names in values "picture"; NULL none */
        bool ack;                   /* it asks for an acknowledgement */
        int64_t parent, supersedes; /* notices; 0 none */
        struct thon_wall expires;
        int64_t *incidents, *endings; /* owned: what a DIGEST tells of; else one incident, or one ending */
        size_t n_incidents, n_endings;
};
struct thon_route_actions {
        struct thon_route_action *items; /* in the order in which they are to be carried out */
        size_t n;
        struct thon_wall next_wall; /* look again at whichever comes first; NEVER: when something changes */
        struct thon_mono next_mono;
        size_t given_way; /* told events that gave way since the last look, for lack of room */
        size_t known;     /* events */
};
int thon_router_look(struct thon_router *router, struct thon_route_now now, struct thon_route_actions *ret);
void thon_route_actions_done(struct thon_route_actions *actions);

/* The action was carried out as notice `id`; 0: it was refused for good (nobody could be told). Not for END. */
int thon_router_submitted(struct thon_router *router, const struct thon_route_action *action, int64_t id);

/* ---- endings ---- */
const struct thon_route_ending *thon_router_ending(const struct thon_router *router, int64_t id);
/* What is to be done with an ending, after its unshared notices were withdrawn as far as they were unsent: `under_way`
 * deliveries may still become sent, `told` ones were sent or may have been (unknown). Of a shared notice, deliveries that
 * still wait count as told: they will be. */
enum thon_ending_next {
        THON_ENDING_WAIT,    /* what is under way ends first: look again soon */
        THON_ENDING_TELL,    /* those who were told, but for those whom `digest` tells */
        THON_ENDING_NOTHING, /* nobody knows of it */
};
#define THON_ENDING_PATIENCE_S 300 /* then what is under way counts as told */
enum thon_ending_next thon_ending_decide(const struct thon_route_ending *ending, size_t told,
                                         size_t under_way, struct thon_wall now);
/* It is over, or waits for another two seconds. */
void thon_router_ended(struct thon_router *router, int64_t id);
void thon_router_ending_waits(struct thon_router *router, int64_t id, struct thon_route_now now);

/* Somebody acknowledged a notice of which `root` is the root. *ret_headline (owned, NULL when no incident has it): what
 * it is about. */
int thon_router_acknowledge(struct thon_router *router, int64_t root, struct thon_route_now now,
                            char **ret_headline);

/* ---- keeping ---- */
enum thon_route_record { THON_RECORD_EVENT, THON_RECORD_INCIDENT, THON_RECORD_ENDING, THON_RECORD_FLAP };
/* Each record that changed since the last call, with its key, which is unique among all; `record` NULL: it is no more, and
 * `what` says nothing. A result of `visit` other than 0 ends the walk and is returned. */
#define THON_RECORD_KEY (2 * THON_EVENT_NAME_MAX + 32)
int thon_router_keep(struct thon_router *router,
                     int (*visit)(enum thon_route_record what, const char *key, const void *record,
                                  void *userdata),
                     void *userdata);
/* Into an empty router: first incidents, then all others; each is moved from (its strings become the router's, `record`
 * is zeroed) in every case. -EINVAL: damaged, passed over. */
int thon_router_restore(struct thon_router *router, enum thon_route_record what, void *record);
/* After the last one. Members of routes that are gone and were never told are dropped; `now` is when all is news. */
int thon_router_restored(struct thon_router *router, struct thon_route_now now);
/* Frees what a record holds, not the record. */
void thon_route_event_done(struct thon_route_event *event);
void thon_route_incident_done(struct thon_route_incident *incident);
void thon_route_ending_done(struct thon_route_ending *ending);
void thon_route_flap_done(struct thon_route_flap *flap);

/* ---- words ---- */
/* "dưới 1 phút", "35 phút", "2 giờ 5 phút", "3 ngày 4 giờ". */
#define THON_SPAN_TEXT 48
const char *thon_span_text(int64_t seconds, char buf[static THON_SPAN_TEXT]);
/* "20:10", and with its day when that is not `now`'s: "20:10 ngày 21/11". */
#define THON_CLOCK_TEXT 32
const char *thon_clock_text(const struct thon_zone *zone, struct thon_wall at, struct thon_wall now,
                            char buf[static THON_CLOCK_TEXT]);
/* "role:technician", "area:thon-4" -> "kỹ thuật viên, khu vực thon-4". NULL: no memory. */
char *thon_audience_text(const char *const *to, size_t n);
/* The last "{so}" of a text becomes the number. NULL: no memory. */
char *thon_number_fill(const char *text, int64_t number);
/* What a notice is about, in one line of at most 200 characters: without its sign and its request to answer. NULL: no
 * memory. */
char *thon_notice_headline(const char *text);
/* "⚠ Đã 10 phút chưa ai nhận (đã báo: ...): ... Trả lời «ok {so}» khi đã nhận." */
char *thon_escalation_text(const char *headline, const char *const *told, size_t n_told, int64_t waited_s);
/* "✓ Anh Hùng đã nhận lúc 20:31: ..." */
char *thon_taken_text(const char *by, struct thon_wall at, const struct thon_zone *zone,
                      const char *headline);

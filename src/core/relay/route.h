/* Between the files of the router. */
#pragma once

#include "thon/relay_route.h"

struct thon_router {
        const struct thon_route_conf *routes;
        size_t n_routes;
        const struct thon_inhibit_conf *inhibits;
        size_t n_inhibits;
        const struct thon_zone *zone;

        struct thon_route_event **events; /* sorted by id */
        size_t n_events;
        struct thon_route_incident **incidents; /* sorted by id: in the order in which they came */
        size_t n_incidents;
        struct thon_route_ending **endings; /* likewise */
        size_t n_endings;
        struct thon_route_flap **flaps;
        size_t n_flaps;
        char **gone; /* keys of records that are no more and are still kept */
        size_t n_gone;
        int64_t serial; /* the last id given to an incident or ending */
        size_t given_way;
};

/* ---- growing arrays: room for one more. The pointer is the new one, or NULL and the old one stands. */
#define ROUTE_ROOM(array, n) \
        ((((n) & ((n)-1)) == 0) ? reallocarray((array), (n) ? 2 * (n) : 1, sizeof(*(array))) : (array))

/* ---- route_state.c ---- */
void route_values_free(struct thon_event_value *values, size_t n);
struct thon_route_event *route_event_find(const struct thon_router *router, const char *id);
int route_event_add(struct thon_router *router, struct thon_route_event *event); /* takes it */
void route_event_remove(struct thon_router *router, struct thon_route_event *event);
struct thon_route_incident *route_incident_find(const struct thon_router *router, const char *route,
                                                const char *cause);
struct thon_route_incident *route_incident_by_id(const struct thon_router *router, int64_t id);
int route_incident_new(struct thon_router *router, const struct thon_route_conf *conf, const char *cause,
                       struct thon_route_incident **ret);
void route_incident_remove(struct thon_router *router, struct thon_route_incident *incident);
int route_ending_new(struct thon_router *router, struct thon_route_ending *ending); /* takes it */
int route_incident_add(struct thon_router *router,
                       struct thon_route_incident *incident); /* as restored; takes it */
int route_ending_add(struct thon_router *router, struct thon_route_ending *ending);
int route_attach(struct thon_route_event *event, struct thon_route_incident *incident); /* one side only */
int route_join(struct thon_route_event *event, struct thon_route_incident *incident, bool told, bool over);
/* The incident goes when it was the last. */
void route_leave(struct thon_router *router, struct thon_route_event *event,
                 struct thon_route_incident *incident);
struct thon_route_member *route_member(const struct thon_route_event *event,
                                       const struct thon_route_incident *incident);
const struct thon_route_conf *route_conf_find(const struct thon_router *router, const char *name);
static inline bool route_stands(const struct thon_route_event *event)
{
        return event->cleared_at.s == INT64_MAX;
}
static inline bool route_was_told(const struct thon_route_incident *incident)
{
        return incident->first_told.s != INT64_MAX;
}
/* News of an incident, to be looked at when its route has waited. */
void route_news(struct thon_route_incident *incident, struct thon_route_now now);

/* ---- route_keep.c ---- */
int route_gone(struct thon_router *router, const char *key); /* a record is no more */
void route_key(enum thon_route_record what, const void *record, char buf[static THON_RECORD_KEY]);

/* ---- route_event.c ---- */
int route_raise(struct thon_router *router, struct thon_route_event *event, struct thon_route_now now);
int route_clear(struct thon_router *router, struct thon_route_event *event, const char *text,
                struct thon_wall at, struct thon_route_now now);

/* ---- route_inhibit.c ---- */
void route_inhibit_mark(const struct thon_router *router, struct thon_route_event *event);
bool route_inhibited(const struct thon_router *router, const struct thon_route_event *event);
/* A source ends: what it may have held back is news. */
void route_inhibit_release(struct thon_router *router, const struct thon_route_event *source,
                           struct thon_route_now now);

/* ---- route_flap.c ---- */
int route_flap_raised(struct thon_router *router, const struct thon_route_event *event,
                      struct thon_route_now now);
void route_flap_cleared(struct thon_router *router, const struct thon_route_event *event,
                        struct thon_route_now now);
bool route_flapping(const struct thon_router *router, const struct thon_route_event *event);
/* Ends what has been quiet. *next: when the next may end. */
int route_flap_look(struct thon_router *router, struct thon_route_now now, struct thon_wall *next);
void route_flap_remove(struct thon_router *router, struct thon_route_flap *flap);
/* Neither inhibited nor unstable: may be told. */
static inline bool route_audible(const struct thon_router *router, const struct thon_route_event *event)
{
        return !route_inhibited(router, event) && !route_flapping(router, event);
}

/* ---- route_words.c: text that grows; `failed` once memory was short ---- */
struct words {
        char *text;
        size_t n, room;
        bool failed;
};
void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *words_take(struct words *words); /* NULL when it failed */

/* ---- route_notice.c: what people read. NULL: no memory ---- */
struct route_list {
        struct thon_route_event **items;
        size_t n;
};
char *route_headline(const struct thon_router *router, const char *cause, const struct route_list *stands,
                     struct thon_wall now);
char *route_raised_text(const struct thon_router *router, const char *cause, const struct route_list *stands,
                        bool ack, struct thon_wall now);
char *route_update_text(const struct thon_router *router, const char *cause, const struct route_list *stands,
                        const struct route_list *fresh, const struct route_list *over, bool ack,
                        struct thon_wall now);
char *route_repeat_text(const struct thon_router *router, const char *cause, const struct route_list *stands,
                        bool ack, struct thon_wall now);
char *route_end_text(const struct thon_router *router, const struct route_list *over, struct thon_wall now);
char *route_digest_text(const struct thon_router *router, const struct thon_route_conf *conf,
                        const struct route_list *stands, const struct route_list *over, bool ack,
                        struct thon_wall now);

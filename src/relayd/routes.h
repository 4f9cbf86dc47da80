/* Between the files that turn events into notices. */
#pragma once

#include "relayd.h"
#include "thon/cleanup.h"
#include "thon/relay_route.h"

/* An event as it came from the broker, checked and cleaned. Strings owned. */
struct relayd_heard {
        char *kind, *id, *subject, *name, *text, *area, *cause_id;
        struct thon_value_pair values[THON_EVENT_VALUES_MAX]; /* owned, too */
        size_t n_values;
        enum thon_severity severity;
        bool raised;
        struct thon_wall at;
};
void relayd_heard_done(struct relayd_heard *heard);
struct thon_event_in relayd_heard_in(const struct relayd_heard *heard); /* borrows */

/* ---- route_read.c ---- */
/* `kind` is the topic below event/. 0; -EINVAL with an error; -ENOMEM. */
int relayd_event_read(const char *kind, const char *payload, size_t size, const struct thon_zone *zone,
                      struct thon_wall now, struct relayd_heard *ret, struct thon_json_error *error);

/* ---- route_docs.c: what the router keeps, as JSON ---- */
/* NULL: no memory. */
char *relayd_record_doc(enum thon_route_record what, const void *record);
/* Restores one row. 0; -EINVAL when it cannot be read; -ENOMEM. */
int relayd_record_restore(struct thon_router *router, enum thon_route_record what, const char *route,
                          const char *doc);

/* ---- route_tell.c: actions carried out, in the open batch ---- */
/* 0, a store error or -errno: the batch is then to be undone. */
int relayd_route_act(struct relayd *d, struct thon_router *router, const struct thon_route_action *action,
                     struct thon_route_now now);

/* ---- followup.c: to those who had been told ---- */
struct relayd_readers;
struct relayd_readers *relayd_readers_free(struct relayd_readers *readers);
THON_DEFINE_CLEANUP(struct relayd_readers *, relayd_readers_free)
/* Gathers, over several calls, whom a notice and its children have reached. `shared`: what still waits will be sent, so
 * they count as told. `*under_way` counts deliveries that are being sent just now (NULL: those count for nothing). */
int relayd_readers_add(struct relayd *d, struct relayd_readers **readers, int64_t notice, bool shared,
                       size_t *under_way);
/* Leaves out everyone for whom that notice is meant, and that chat (NULL: none). */
int relayd_readers_but(struct relayd *d, struct relayd_readers *readers, int64_t notice, const char *channel,
                       const char *address);
size_t relayd_readers_count(const struct relayd_readers *readers);
/* One notice to exactly them, over the ways that reached them. Nothing when there is nobody. */
int relayd_readers_tell(struct relayd *d, const struct relayd_readers *readers, const char *text,
                        enum thon_class class, enum thon_purpose purpose, int64_t parent, const char *source,
                        const char *by, struct thon_wall expires);

/* ---- routes.c ---- */
/* Somebody took on what the notices under that root are about. *ret_headline (owned): what still stands of it; NULL when
 * nothing does. */
int relayd_routes_taken(struct relayd *d, int64_t root, char **ret_headline);

/* ---- acknowledge.c ---- */
int relayd_acks_start(struct relayd *d); /* nothing when it has started */
void relayd_acks_stop(struct relayd *d);

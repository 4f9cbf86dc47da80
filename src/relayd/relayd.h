/* The shell of relayd: what it holds, and the calls between its files. Decisions are in src/core/relay; here they are
 * carried out, told and kept.
 *
 * Unlike lightd, relayd is nothing without its store: while the store is away nothing is accepted and nothing is sent but that
 * it is away (store_down.c). */
#pragma once

#include "channel.h"
#include "thon/clock.h"
#include "thon/loop.h"
#include "thon/mqtt.h"
#include "thon/relay_store.h"
#include "token.h"

/* What one [channel X] is at run time. Its address stays the same over reloads for as long as its name does. */
struct relayd_channel {
        struct relayd *daemon;
        const struct thon_channel_conf *conf;
        const struct relayd_kind *kind;
        struct relayd_secrets *secrets; /* NULL: none wanted */
        struct relayd_token *token;     /* NULL: this kind has none; shared */
        struct thon_gate gate;
        unsigned in_flight;
        bool retired;                   /* no longer in the configuration: nothing is begun on it */
        bool reachable;                 /* the last thing that happened was an answer, not a lost network */
        struct thon_mono failing_since; /* NEVER: works */
        char trouble[200];              /* why it is held or failing, for people; "" fine */
        struct relayd_modem *modem;     /* sms; else NULL */
        struct relayd_sends *sends;     /* pump.c */
};

/* Each file that has a state of its own keeps it to itself: made by its _start() or _new(), ended by its _stop(). */
struct relayd {
        sd_event *event;
        struct thon_clock *clock;
        char *config_dir, *state_dir;
        struct thon_site_conf site;
        struct thon_relayd_conf conf;
        struct thon_zone *zone; /* of the site */

        struct thon_mqtt *mqtt;
        struct thon_http *http;
        struct relayd_credential *credentials; /* keys.c */
        struct relayd_channel **channels;      /* in the order of the file, enabled ones only */
        size_t n_channels;

        struct thon_store *store; /* NULL while it is away: ask relayd_store() */
        int store_error;          /* of the present trouble, as thon_store_error or -errno; 0 none */
        struct relayd_batch *batch;
        struct relayd_pump *pump;
        struct relayd_keep *keep; /* recover.c */
        struct relayd_publisher *publisher;
        struct relayd_network *network;         /* offline.c */
        struct relayd_announce *announce;       /* announce.c */
        struct relayd_backups *backups;         /* backup_watch.c */
        struct relayd_routes *routes;           /* routes.c */
        struct relayd_acks *acks;               /* acknowledge.c */
        struct relayd_inbound *inbound;         /* poll.c */
        struct relayd_intake *intake;           /* intake.c */
        struct relayd_said *said;               /* report_say.c */
        struct relayd_watch *watch;             /* watch.c */
        struct relayd_store_down *store_down;   /* store_down.c */
        struct relayd_attachments *attachments; /* attachments.c */
        unsigned long webhook_told;             /* of one that is not taken */
        bool stopping;                          /* nothing new is begun */
};

static inline struct thon_wall relayd_wall(const struct relayd *d)
{
        return thon_clock_wall(d->clock);
}
static inline struct thon_mono relayd_mono(const struct relayd *d)
{
        return thon_clock_mono(d->clock);
}
/* A random number in [0, 1), for jitter. */
double relayd_jitter(void);

/* ---- submit.c ---- */
struct relayd_submission {
        const char *const *to;
        size_t n_to;
        enum thon_class class;
        bool has_purpose;
        enum thon_purpose purpose;
        const char *text;        /* or */
        const char *template_id; /* with */
        const struct thon_value_pair *values;
        size_t n_values;
        struct thon_wall not_before, expires; /* NEVER: none */
        const char *key;                      /* NULL */
        int64_t supersedes, parent;
        const char *source, *by;
        const char *picture; /* NULL; relative to the state directory */
        const json_t *ack;   /* NULL; {"within":s,"escalate":[{"to":[...],"after":s}]} */
};
struct relayd_submitted {
        int64_t id;
        bool existing;
        size_t recipients, left_out, unreachable; /* unreachable: no rung at all, of recipients */
};
/* Writes it in the open transaction, or in one of its own. 0; a thon_store_error (message: thon_store_message()), or
 * -EINVAL with `error`: a word for --json ("invalid", "too-long", "unknown-template"...) and a sentence. */
struct relayd_refusal {
        const char *slug;
        char text[THON_JSON_ERROR];
};
int relayd_submit(struct relayd *d, const struct relayd_submission *submission, struct relayd_submitted *ret,
                  struct relayd_refusal *refusal);

/* ---- pump.c ---- */
/* Something may be sent: looked at once in the next turn of the loop. */
void relayd_pump_soon(struct relayd *d);
/* The next rung of a delivery, as thon_step_fn; userdata is the daemon. */
int relayd_step(const char *ladder, int rung, struct thon_wall *due, enum thon_due *why, void *userdata);
struct relayd_channel *relayd_channel_find(struct relayd *d, const char *name);

/* ---- batch.c: the store, and one commit for what one turn of the loop brought ---- */
/* The open store, or NULL while it is away. Reading needs no batch. */
struct thon_store *relayd_store(struct relayd *d);
/* Of the present trouble, as it stands in the health; NULL: none. */
const char *relayd_store_slug(const struct relayd *d);
/* Around calls that may be refused (INVALID, NOT_FOUND, EXISTS, REFERENCED) in an open batch: what was refused is undone
 * to the mark, and the rest of the batch stands. Marks nest. Leaving returns `result`, or what went wrong meanwhile. */
int relayd_batch_mark(struct relayd *d);
int relayd_batch_unmark(struct relayd *d, int result);
/* Opens the transaction when none is open; it is committed when the loop has nothing else to do, at the latest after
 * 20 ms. -ENODEV while the store is away. */
int relayd_batch_enter(struct relayd *d);
/* Called after the commit (0), or with the error when it failed, in order; for replies and requests that must not go
 * out before. `fn` owns `userdata`. */
int relayd_batch_then(struct relayd *d, void (*fn)(struct relayd *d, int result, void *userdata),
                      void *userdata);
void relayd_batch_flush(struct relayd *d); /* now */
int relayd_batch_start(struct relayd *d);
void relayd_batch_stop(struct relayd *d); /* flushes, and closes the store */

/* ---- reply.c ---- */
/* {"ok":true,...extra} once the open batch is on the disk, or the error when it is not. Steals `extra`. A refusal needs no
 * disk: thon_mqtt_reply_error(). */
void relayd_reply_after_commit(struct relayd *d, const struct thon_mqtt_message *request, json_t *extra);

/* ---- picture.c ---- */
#define RELAYD_PICTURE_MAX (1024 * 1024) /* what Zalo takes, and more than a phone shows */
/* A JPEG below STATE_DIR/pictures, by the name that an event gave: believed only as far as that. 0; -EINVAL: no such name can
 * be, or it is no JPEG; -EFBIG, -errno. */
int relayd_picture_read(const struct relayd *d, const char *name, char **ret, size_t *ret_size);

/* ---- call.c ---- */
/* A request as HTTP; it may be freed afterwards. As thon_http_send(). */
int relayd_call(struct relayd *d, const struct relayd_request *request, thon_http_fn fn, void *userdata,
                struct thon_http_call **ret);

/* ---- publish.c ---- */
/* notify/<id>/state is told within a second, and when done removed. */
void relayd_publish_notice(struct relayd *d, int64_t id);
void relayd_publish_health(struct relayd *d); /* soon */
void relayd_health_tell(struct relayd *d);    /* health.c: now */
/* A new connection: all of it. */
void relayd_publish_all(struct relayd *d);
int relayd_publish_start(struct relayd *d);
void relayd_publish_stop(struct relayd *d); /* while the broker is still there */

/* ---- announce.c: relayd's own events, through the outbox ---- */
/* Raised or cleared once for each kind and subject while it stands; text in Vietnamese. `event/relay-KIND`, but for those of which
 * relayd only tells: "daemon-down" and "broker-down" are `event/KIND`. Without a broker it routes them itself. */
void relayd_event(struct relayd *d, const char *kind, const char *subject, bool raised, const char *severity,
                  const char *text);
int relayd_announce_start(struct relayd *d);
void relayd_announce_stop(struct relayd *d);
void relayd_events_flush(struct relayd *d); /* connected, or room again: what the broker has not taken */
void relayd_events_lost(struct relayd *d);  /* the connection is new: all of it once more */
void relayd_events_taken(struct relayd *d, int64_t serial);

/* ---- routes.c: event/# into notices ---- */
void relayd_route_message(struct relayd *d, const struct thon_mqtt_message *message);
int relayd_routes_start(struct relayd *d); /* incidents from the store; also after a reload */
void relayd_routes_stop(struct relayd *d);
void relayd_routes_look(struct relayd *d); /* time has passed, or the clock was stepped */

/* ---- poll.c, webhook.c: what comes in; inbound.h has the rest ---- */
int relayd_inbound_start(struct relayd *d);
int relayd_inbound_reload(struct relayd *d); /* after relayd_channels_swap() */
void relayd_inbound_stop(struct relayd *d);
void relayd_inbound_webhook(struct relayd *d, const char *channel, const struct thon_mqtt_message *message);

/* ---- acknowledge.c ---- */
/* By a reply or a command. 0 and the notice; NOT_FOUND. */
int relayd_acknowledge(struct relayd *d, int64_t id, const char *by, const char *channel,
                       const char *address, int64_t *ret_id, bool *ret_first);
void relayd_escalations_look(struct relayd *d);

/* ---- report_order.c; reports.h has the rest ---- */
void relayd_report_command(struct relayd *d, const struct thon_mqtt_message *message);

/* ---- watch.c: the other daemons of the site, by status/+, and the broker ---- */
int relayd_watch_start(struct relayd *d);
void relayd_watch_stop(struct relayd *d);
void relayd_watch_connected(struct relayd *d, bool connected);
void relayd_watch_message(struct relayd *d, const char *daemon, const struct thon_mqtt_message *message);
/* {"camerad":"dying"}: those in trouble, for the health. NULL: no memory. */
json_t *relayd_watch_health(const struct relayd *d);

/* ---- lives.c: how often this daemon itself died lately, for as long as the machine is up ---- */
/* The instants at which it ended otherwise than by an order, at most `max`; from now on it lives. */
size_t relayd_lives_begin(struct thon_mono now, struct thon_mono *deaths, size_t max);
void relayd_lives_end(void); /* by an order */

/* ---- offline.c ---- */
/* A channel's answer proved or disproved the network. */
void relayd_offline_seen(struct relayd *d, struct relayd_channel *channel, bool reachable);
bool relayd_offline(const struct relayd *d);

/* ---- backup_watch.c: event/relay-backup while the newest copy of the store is too old ---- */
int relayd_backups_start(struct relayd *d);
void relayd_backups_stop(struct relayd *d);

/* ---- broker.c: `d->mqtt` made anew, with every subscription ---- */
int relayd_broker_connect(struct relayd *d);

/* ---- start.c ---- */
extern const struct thon_daemon_ops relayd_ops;

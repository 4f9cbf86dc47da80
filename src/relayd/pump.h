/* Inside of sending, for channels.c, pump.c, send.c, settle.c, recover.c and offline.c only.
 *
 * A message that was claimed is a *send* until its outcome is on disk. On disk it is SENDING from before its first
 * request to its settlement: whatever is SENDING after a crash is unknown. */
#pragma once

#include <sys/queue.h>

#include "relayd.h"

enum relayd_send_state {
        RELAYD_SEND_CLAIMED, /* its claim is not committed yet */
        RELAYD_SEND_READY,   /* its next part may go */
        RELAYD_SEND_WINDOW, /* the provider is asked whether this person may be written to, or given the picture */
        RELAYD_SEND_CALL,     /* a request with its words is under way */
        RELAYD_SEND_SETTLING, /* the outcome is known, and not on disk yet */
        RELAYD_SEND_DOUBT,    /* unknown, on disk too; the provider's history is asked a little later */
        RELAYD_SEND_INQUIRY,  /* and is being asked */
};

struct relayd_send {
        TAILQ_ENTRY(relayd_send) entry;
        struct relayd_channel *channel;
        enum relayd_send_state state;
        /* the row */
        int64_t id, notification;
        enum thon_class lane;
        char *address, *template_id /* ours */;
        json_t *values;
        unsigned attempts, unknowns;
        struct thon_wall expires; /* NEVER too while nobody vouches for the clock */
        bool stale;               /* perhaps: then it has an end, and waits for the clock */
        bool more_rungs;
        /* what goes out */
        char *title, *zalo_template; /* NULL */
        struct thon_text_parts parts;
        char *picture; /* NULL: none, or not for this kind */
        size_t picture_size;
        char *attachment;     /* of it, with the provider */
        unsigned first, part; /* accepted before this claim; the next to go */
        /* the call */
        bool probe;    /* of an open breaker */
        bool may_go;   /* its window was looked at */
        bool on_call;  /* one of the channel's requests under way */
        bool counts;   /* in channel->in_flight */
        bool by_modem; /* a call that cannot be cancelled */
        unsigned inquiries;
        bool undated; /* called_at is of a clock that was set since */
        bool may_ask; /* the provider's history, if it is unknown */
        struct thon_http_call *call;
        struct relayd_request request;
        char *access_token; /* it was sent with */
        struct thon_wall called_at;
        struct thon_mono look_at; /* READY: not before; DOUBT: asked then */
        /* quota taken for it that was not used up yet, and of which day */
        unsigned reserved;
        int32_t reserved_day;
        bool spent;                  /* the part under way takes one of them, unless it is refused */
        struct thon_wall over_until; /* NEVER; else all its parts do not fit into the quota of today */
        /* the outcome */
        struct thon_settle settle;
        char message_id[THON_MESSAGE_ID], new_address[THON_ADDRESS_MAX];
        char detail[480];
        int64_t remember_s;
        bool counted; /* a try that ended without a judgement counts as one all the same */
        bool written; /* in the open batch */
};
TAILQ_HEAD(relayd_send_list, relayd_send);

struct relayd_sends {
        struct relayd_send_list list;
        unsigned calls;             /* requests under way, at most conf->parallel */
        enum thon_gate_why why;     /* why nothing more goes, for health */
        struct thon_mono look_at;   /* when that ends; NEVER: not known */
        enum thon_gate_why put_off; /* HOURS or QUOTA: why rows were put off to `put_off_to` */
        struct thon_wall put_off_to;
        struct thon_mono held_until; /* held by a provider's word: then one message tries it again */
        struct thon_mono shut_since; /* held, paused or broken without a break since; NEVER: open */
        int64_t refreshed[32];       /* messages that had a token refreshed for them, a ring */
        unsigned n_refreshed;
        unsigned losses;              /* requests that did not go out, in a row */
        struct thon_mono lost_since;  /* NEVER: not lost */
        struct thon_mono answered_at; /* {0}: never */
        bool told;                    /* that it is held */
};

struct relayd_pump {
        sd_event_source *soon;
        struct thon_alarm *alarm, *expiry;
        struct thon_wall wall, expiry_at; /* for which they are set */
        struct thon_wall orphans_at;      /* the next of what waits for channels that are gone is due */
        struct thon_mono mono;
        sd_event_source *deadline; /* stopping: what is under way is given up then */
};

/* ---- pump.c ---- */
int relayd_pump_start(struct relayd *d);
void relayd_pump_stop(struct relayd *d);
/* The alarm of the pump rings at these instants at the latest. */
void relayd_pump_look(struct relayd *d, struct thon_wall wall, struct thon_mono mono);
/* As thon_queue_claim(); nothing expires by a clock that nobody vouches for. */
int relayd_queue_claim(struct relayd *d, const char *channel, enum thon_class lane, unsigned limit,
                       int (*visit)(const struct thon_message *, void *), void *userdata, unsigned *ret_n);
/* Something with this end was queued: it is dropped in time. */
void relayd_pump_expires(struct relayd *d, struct thon_wall at);
/* SIGTERM: true when the end waits for calls under way. */
bool relayd_pump_finish(struct relayd *d);
/* Something that was under way has ended. */
void relayd_pump_ended(struct relayd *d);
struct thon_gate_conf relayd_gate_conf(const struct relayd_channel *c);
int32_t relayd_today(const struct relayd *d);

/* ---- move.c: on to the next rung without a try ---- */
/* Due emergencies of a channel that is shut; one that has no other way stays. */
void relayd_move_emergencies(struct relayd_channel *c);
/* What waits for channels that are no longer in the configuration. */
void relayd_move_orphans(struct relayd *d);

/* ---- send.c ---- */
/* From a claimed row; NULL without memory. */
struct relayd_send *relayd_send_new(struct relayd_channel *c, const struct thon_message *message);
struct relayd_send *relayd_send_free(struct relayd_send *s);
/* From now on it is words alone. */
void relayd_send_drop_picture(struct relayd_send *s);
/* Starts what may go now. */
void relayd_sends_run(struct relayd_channel *c);
/* The end of the daemon, or of the channel: every call is given up, every outcome called what it is. */
void relayd_sends_give_up(struct relayd_channel *c);
/* ---- settle.c ---- */
void relayd_send_judged(struct relayd_send *s, const struct thon_judgement *judgement);
/* Nobody saw what became of it. */
void relayd_send_interrupted(struct relayd_send *s, const char *why);
/* Unknown on disk: its provider is asked later, a few times; then it is left to people. May free it. */
void relayd_send_doubt(struct relayd_send *s);
/* Not sent for certain, for a reason that is not its own: AGAIN as it was, RUNG or EXPIRED. */
void relayd_send_end(struct relayd_send *s, enum thon_next next, struct thon_wall due, enum thon_due why,
                     const char *detail);
/* The clock was set: what was called before then is not looked for in a provider's history by its time. */
void relayd_sends_undate(struct relayd_channel *c);
/* Outcomes that the disk has not taken yet. */
void relayd_settle_again(struct relayd_channel *c);

/* ---- channels.c ---- */
int relayd_channels_start(struct relayd *d);
/* After `d->conf` was replaced, while the old one is still there: those that stay keep their gate, their token and what is
 * under way. -ENOMEM: nothing has changed. A channel that cannot be started is told of, and left out. */
int relayd_channels_swap(struct relayd *d);
void relayd_channels_stop(struct relayd *d);
/* It has a token that may be used, or needs none. */
bool relayd_token_ready(const struct relayd_channel *c);
void relayd_channel_hold(struct relayd_channel *c, const char *reason);
/* It works (again). */
void relayd_channel_alive(struct relayd_channel *c);
void relayd_channel_failing(struct relayd_channel *c, const char *why, bool opened);

/* ---- recover.c ---- */
/* What was under way when we ended last, and what the store counted of today's quotas. */
int relayd_recover(struct relayd *d);
/* The store is there (again). */
void relayd_keep_look(struct relayd *d);
/* At the next look what is SENDING in the store, and is not ours, is settled as after a restart. */
void relayd_keep_again(struct relayd *d);
int relayd_keep_start(struct relayd *d);
void relayd_keep_stop(struct relayd *d);

/* ---- offline.c ---- */
int relayd_offline_start(struct relayd *d);
void relayd_offline_stop(struct relayd *d);

/* Notices, deliveries, messages and what came in, in the store. relayd is the only writer; thonctl reads.
 *
 * Writing calls may stand in one transaction of the caller (thon_store_begin()): relayd gathers what one turn of the
 * loop brought and commits it once. Times are wall seconds. Errors as everywhere in the store, but that an outcome which a
 * call's comment names (NOT_FOUND, EXISTS, INVALID) is an answer: nothing was written, thon_store_message() says why, and
 * the transaction goes on. */
#pragma once

#include "thon/event_store.h" /* relayd's events are those of THON_EVENT_RELAY */
#include "thon/json.h"
#include "thon/relay_decide.h"
#include "thon/store.h"

enum thon_notice_state { THON_NOTICE_OPEN, THON_NOTICE_DONE, THON_NOTICE_WITHDRAWN, THON_NOTICE_SUPERSEDED };
enum thon_message_phase { /* message.state */
                          THON_MESSAGE_QUEUED,
                          THON_MESSAGE_SENDING, /* on disk before the request goes out: after a crash it is unknown */
                          THON_MESSAGE_SENT,
                          THON_MESSAGE_NOT_SENT,
                          THON_MESSAGE_UNKNOWN,
                          THON_MESSAGE_CARRIED, /* its words are in `carrier`; ends as that does */
};
/* Why a delivery ended without a channel having refused it: texts of `detail`. */
#define THON_DETAIL_EXPIRED      "quá hạn, không gửi nữa"
#define THON_DETAIL_SUPERSEDED   "đã có thông báo khác thay thế"
#define THON_DETAIL_WITHDRAWN    "thông báo đã được thu hồi"
#define THON_DETAIL_NOT_RECEIVED "đã xác nhận là chưa nhận được"
#define THON_DETAIL_UNREACHABLE  "không có kênh nào đến được"

enum thon_due {
        THON_DUE_NOW,
        THON_DUE_NOT_BEFORE,
        THON_DUE_HOURS,
        THON_DUE_QUOTA,
        THON_DUE_BACKOFF,
        THON_DUE_PROVIDER
};

/* ---- audience (reads the registry) ---- */
/* `to`: "household:ID" "person:ID" "group:ID" "role:ROLE" "area:ID" "all". Areas include all below, and are found by
 * alias and former name as everywhere; a person who lives in an area, and in no household, counts as named by it. Roles
 * also as people write them ("trưởng thôn"). "channel:NAME" and "channel:NAME/ADDRESS" are passed over. INVALID (the
 * message names the word) for a wrong word or an unknown id; a role or group without people is no error. Sorted by bytes;
 * households are spelled as the registry has them. Strings live until thon_audience_free(). */
int thon_audience_load(struct thon_store *store, const char *const *to, size_t n,
                       struct thon_audience **ret);
struct thon_audience *thon_audience_free(struct thon_audience *audience);
/* Who has this address on that channel: ids and area, "" when unknown. For people who write to us. */
struct thon_sender {
        char person[64], household[64], area[64], name[256];
        char role[64];
};
int thon_sender_find(struct thon_store *store, const char *channel, const char *address,
                     struct thon_sender *ret);

/* ---- submitting ---- */
struct thon_notice {
        int64_t id; /* out */
        enum thon_class class;
        enum thon_purpose purpose;
        const char *audience; /* JSON array */
        const char *text;
        const char *template_id, *values;     /* NULL; JSON object */
        const char *picture;                  /* NULL; relative to the state directory */
        struct thon_wall not_before, expires; /* NEVER: none */
        const char *key, *digest;             /* NULL: none */
        int64_t supersedes, parent;           /* 0: none */
        const char *source;                   /* "", "route:lamps", ... */
        const char *ack;                      /* JSON object or NULL */
        struct thon_wall escalate_at;         /* NEVER */
        const char *by;
        struct thon_wall at;
        size_t left_out;
};
struct thon_recipient_first {
        const struct thon_recipient *recipient;
        int rung; /* first usable one; -1: none, the outcome is `ended` */
        enum thon_outcome ended;
        const char *detail;   /* why, when ended */
        struct thon_wall due; /* of its message, when it makes a new one */
        enum thon_due why;
};
/* Writes the notice, its deliveries and their first messages (one a chat), and marks what it supersedes as superseded:
 * that one's queued messages are dropped, deliveries not yet sent become not_sent (THON_DETAIL_SUPERSEDED). With a key that exists:
 * 0 with *ret_existing true and notice->id of the first; EXISTS when its digest differs. NOT_FOUND: supersedes. */
int thon_notice_submit(struct thon_store *store, struct thon_notice *notice,
                       const struct thon_recipient_first *recipients, size_t n, bool *ret_existing);
/* Queued messages are dropped, deliveries not yet sent become not_sent with `detail`; what is sending ends by itself.
 * *ret_n: how many deliveries; the notice, if it was open, becomes `state`; nothing escalates any more. NOT_FOUND. */
int thon_notice_withdraw(struct thon_store *store, int64_t id, enum thon_notice_state state,
                         const char *detail, const char *by, struct thon_wall at, size_t *ret_n);

/* ---- the queue of a channel ---- */
struct thon_message {
        int64_t id, notification; /* 0: none */
        enum thon_class class;
        const char *channel, *address, *text; /* text: its own, or the notice's */
        const char *template_id, *values;     /* of the notice; NULL */
        const char *picture;                  /* of the notice; NULL */
        unsigned attempts, unknowns, part;
        struct thon_wall expires; /* NEVER */
        struct thon_wall at;      /* of its last change; of what is SENDING, when it was claimed */
        unsigned deliveries;      /* that it carries, with those of messages it is the carrier of */
        bool more_rungs;          /* some of them have another rung, usable or not */
};
/* Takes up to `limit` due messages of a lane, oldest due first: state SENDING, attempts + 1. `visit` gets each; strings
 * are borrowed. A message never leaves QUEUED for SENDING after it expired: those end here as by thon_queue_expire(). */
int thon_queue_claim(struct thon_store *store, const char *channel, enum thon_class lane,
                     struct thon_wall now, unsigned limit, int (*visit)(const struct thon_message *, void *),
                     void *userdata, unsigned *ret_n);
/* The same by a clock that may be wrong: what seems to have expired is taken too. */
int thon_queue_claim_undated(struct thon_store *store, const char *channel, enum thon_class lane,
                             struct thon_wall now, unsigned limit,
                             int (*visit)(const struct thon_message *, void *), void *userdata,
                             unsigned *ret_n);
/* The earliest due of each lane (NEVER: none queued): cheap. */
struct thon_lane_state {
        struct thon_wall due;
};
int thon_queue_look(struct thon_store *store, const char *channel,
                    struct thon_lane_state ret[static THON_CLASSES]);
/* How many are queued: for health, not for every turn. */
int thon_queue_count(struct thon_store *store, const char *channel, int64_t ret[static THON_CLASSES]);
/* The channels that have something queued, whether they are configured or not; `visit` may claim from its channel. */
int thon_queue_channels(struct thon_store *store, int (*visit)(const char *channel, void *), void *userdata);
/* Rows of a lane that are due before `to` get it as their not-before (hours, quota). */
int thon_queue_defer(struct thon_store *store, const char *channel, enum thon_class lane,
                     struct thon_wall to, enum thon_due why, size_t *ret_n);
/* After a clock step or a reload: what hours, quota, back-off or a provider put off, or a clock
 * that was ahead, is due at `now` again. */
int thon_queue_undefer(struct thon_store *store, struct thon_wall now);
/* A channel works again: emergencies that back-off holds there are due at `now`. */
int thon_queue_hurry(struct thon_store *store, const char *channel, struct thon_wall now);
/* At start: every message that was SENDING is given to `visit` (to settle as unknown). */
int thon_queue_interrupted(struct thon_store *store, int (*visit)(const struct thon_message *, void *),
                           void *userdata);
/* Queued ones whose `expires` is over end as not_sent (THON_DETAIL_EXPIRED) with their deliveries; as unknown when an
 * earlier try was unknown. A carrier lets go of what it carried and has not expired. *ret_next: the next to expire. */
int thon_queue_expire(struct thon_store *store, struct thon_wall now, size_t *ret_n,
                      struct thon_wall *ret_next);

/* ---- settling ---- */
struct thon_settle {
        int64_t message;
        enum thon_next next;  /* AGAIN (also after REFRESH), DONE, RUNG, UNKNOWN, EXPIRED */
        struct thon_wall due; /* AGAIN */
        enum thon_due why;
        bool uncount;  /* this try does not count as an attempt */
        bool repeats;  /* AGAIN: this try was unknown, and is repeated knowingly: counts in `unknowns` */
        unsigned part; /* parts accepted so far */
        const char *message_id; /* NULL: unchanged */
        bool has_code;
        int64_t code;
        const char *detail;  /* for the officer; never NULL */
        const char *address; /* NULL: unchanged (Telegram's migration) */
        struct thon_wall at;
};
/* The message gets its state; with DONE and UNKNOWN its deliveries (and those of messages it carries) get the outcome.
 * With RUNG and EXPIRED the message is NOT_SENT; EXPIRED ends its deliveries, for RUNG each is given to `step`, which
 * answers where it goes on: > rung that rung (its message is made or joined, due `*due`/`*why`), -1 the end: VISIT with a
 * household, else NOT_SENT. Messages of a notice that is withdrawn or superseded do not go on. NOT_FOUND: the message
 * ended before (only queued, sending and unknown ones are settled). */
typedef int (*thon_step_fn)(const char *ladder, int rung, struct thon_wall *due, enum thon_due *why,
                            void *userdata);
int thon_message_settle(struct thon_store *store, const struct thon_settle *settle, thon_step_fn step,
                        void *userdata);
/* The notices whose words a message carries: its own, or, of a carrier, those of all that it carries. */
int thon_message_notices(struct thon_store *store, int64_t message, int (*visit)(int64_t notice, void *),
                         void *userdata);
/* A person's word on unknown deliveries of a notice: `as` SENT, NOT_SENT (goes on to the next rung by `step`), or
 * PENDING: sent again knowingly, to all whom its message is for. `household`, `person`: only that one; both NULL: all.
 * NOT_FOUND: no such notice. INVALID: sent again though it is withdrawn, superseded or expired. */
int thon_notice_resolve(struct thon_store *store, int64_t id, const char *household, const char *person,
                        enum thon_outcome as, const char *by, struct thon_wall at, thon_step_fn step,
                        void *userdata, size_t *ret_n);
/* not_sent and visit ones from their first rung on again (`step` is asked with rung -1). NOT_FOUND; INVALID as above. */
int thon_notice_retry(struct thon_store *store, int64_t id, const char *by, struct thon_wall at,
                      thon_step_fn step, void *userdata, size_t *ret_n);
/* Receipt for a provider's message id or, for templates by phone, our tracking id ("m17" of message 17). Only ever
 * raises; an unknown message, or one held to be not sent, becomes sent by it. NOT_FOUND: none of ours. *ret_notice 0:
 * none; of a carrier the newest that it carries. */
int thon_message_receipt(struct thon_store *store, const char *channel, const char *message_id,
                         enum thon_receipt receipt, struct thon_wall at, int64_t *ret_notice);

/* ---- acknowledging and escalating ---- */
/* The newest notice, not withdrawn or superseded, that wants an acknowledgement, went to this chat and was not
 * acknowledged by it; `id` not 0: that one, if it wants one and went there. NOT_FOUND. */
int thon_notice_waiting(struct thon_store *store, const char *channel, const char *address, int64_t id,
                        int64_t *ret_id);
/* Marks the notice, its parent and its escalations acknowledged, and the delivery of that chat (channel NULL: by command).
 * *ret_first: it was not yet. Escalation ends. NOT_FOUND. */
int thon_notice_acknowledge(struct thon_store *store, int64_t id, const char *by, const char *channel,
                            const char *address, struct thon_wall at, bool *ret_first);
struct thon_escalation {
        int64_t id;
        unsigned done; /* steps */
        enum thon_class class;
        const char *ack, *text, *source;
};
int thon_escalation_due(struct thon_store *store, struct thon_wall now,
                        int (*visit)(const struct thon_escalation *, void *), void *userdata,
                        struct thon_wall *ret_next);
int thon_escalation_done(struct thon_store *store, int64_t id, unsigned done, struct thon_wall next);
/* The clock was set back: what was submitted by the time that it told before waits from `now` on, and not until that comes
 * again. */
int thon_escalation_redate(struct thon_store *store, struct thon_wall now);

/* ---- chats, quota ---- */
struct thon_chat {
        struct thon_wall interaction_at, bad_until; /* NEVER as "not known"; bad_until {0}: good */
};
int thon_chat_get(struct thon_store *store, const char *channel, const char *address, struct thon_chat *ret);
int thon_chat_interaction(struct thon_store *store, const char *channel, const char *address,
                          struct thon_wall at);
int thon_chat_bad(struct thon_store *store, const char *channel, const char *address, struct thon_wall until,
                  bool has_code, int64_t code, const char *detail);
int thon_channel_day_get(struct thon_store *store, const char *channel, int32_t day, int64_t *ret_used);
int thon_channel_day_set(struct thon_store *store, const char *channel, int32_t day, int64_t used);

/* ---- looking: notify show, list, coverage; JSON as DESIGN 6 says, times RFC 3339 in UTC ---- */
/* {"id","class","state","text",...,"counts":{...},"deliveries":[...]}; `deliveries` false leaves them out. NOT_FOUND. */
int thon_notice_show(struct thon_store *store, int64_t id, bool deliveries, json_t **ret);
int thon_notice_list(struct thon_store *store, bool open_only, int64_t limit, json_t **ret);
/* Counts as in notify/<id>/state: "pending", "sent", "not_sent", "unknown", "visit" add up to "recipients"; "left_out";
 * "delivered", "seen", "acknowledged" have at least that receipt. *ret_done: nothing is pending. NOT_FOUND. */
int thon_notice_counts(struct thon_store *store, int64_t id, json_t **ret, bool *ret_done);
/* An open notice without pending deliveries becomes done; the counts go to the audit log. */
int thon_notice_finish(struct thon_store *store, int64_t id, struct thon_wall at);
int thon_notice_open_each(struct thon_store *store, int (*visit)(int64_t id, void *), void *userdata);
/* [{"area","name","households","delivered","seen","acknowledged","sent","unknown","unreached","pending"}], a hamlet a row,
 * "" where it is not known, and the total last (area null). Each recipient counts in one column: the best that is known of
 * it, so that the columns add up to "households". NOT_FOUND. */
int thon_notice_coverage(struct thon_store *store, int64_t id, json_t **ret);
/* Households to visit: [{"area","area_name","lane","house_no","household","head_name","phone","why"}], in walking order
 * (area, lane, number as a number). Unknown ones with `unknown`. NOT_FOUND. */
int thon_notice_visits(struct thon_store *store, int64_t id, bool unknown, json_t **ret);
/* Removes notices that ended before that instant, with all that hangs on them, answered updates and used quotas; the
 * audit log stays. At most 50 notices a call, so that nobody waits long: again while *ret_n > 0. */
int thon_notice_prune(struct thon_store *store, struct thon_wall before, size_t *ret_n);

/* ---- merging after an outage ---- */
/* Chats with two or more queued messages of class NORMAL that were due before `before`: `visit` gets each chat; its
 * messages are then merged by thon_messages_merge() into one of `text`. */
struct thon_merge {
        const char *channel, *address;
        const struct thon_message *messages;
        size_t n;
};
int thon_queue_mergeable(struct thon_store *store, struct thon_wall before, size_t min,
                         int (*visit)(const struct thon_merge *, void *), void *userdata);
int thon_messages_merge(struct thon_store *store, const struct thon_merge *merge, const char *text,
                        struct thon_wall at, int64_t *ret_id);
/* A message outside of any notice: an answer to a citizen. */
int thon_message_add(struct thon_store *store, const char *channel, const char *address,
                     enum thon_class lane, const char *text, struct thon_wall expires, struct thon_wall at,
                     int64_t *ret_id);

/* ---- inbound ---- */
/* Where the next long-poll goes on; *ret (owned) NULL: from the beginning. */
int thon_poll_cursor_get(struct thon_store *store, const char *channel, char **ret);
int thon_poll_cursor_set(struct thon_store *store, const char *channel, const char *cursor);
struct thon_inbound {
        const char *channel, *update_id, *kind, *address, *sender, *doc;
        struct thon_wall at;
};
/* EXISTS: this update was stored before. It is open, and kept, until it is done. */
int thon_inbound_add(struct thon_store *store, const struct thon_inbound *inbound, int64_t *ret_id);
int thon_inbound_done(struct thon_store *store, int64_t id);

/* ---- causes that routes are telling of: one JSON object an incident, written over, read at start ---- */
int thon_incident_put(struct thon_store *store, const char *id, const char *route, const char *doc,
                      struct thon_wall at);
int thon_incident_remove(struct thon_store *store, const char *id);
/* `visit` may remove the one that it is given. */
int thon_incident_each(struct thon_store *store,
                       int (*visit)(const char *id, const char *route, const char *doc, void *),
                       void *userdata);

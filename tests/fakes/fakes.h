/* The fake providers: one program that answers as Zalo, Telegram, ntfy, Facebook and a webhook's receiver would, keeps
 * what it was given, and misbehaves when told to. See tests/fakes/README.md for how tests and the demo use it.
 *
 * One thread, one loop: nothing here is locked, and what the control API says is true between two requests. */
#pragma once

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#include "thon/cleanup.h"
#include "thon/clock.h"
#include "thon/json.h"

struct fakes;
struct request;
struct answer;

/* ---- providers ---- */
enum provider_id { ZALO_OA, ZALO_OAUTH, ZALO_ZNS, ZALO_BOT, TELEGRAM, NTFY, FACEBOOK, WEBHOOK, PROVIDERS };
#define PROVIDER_NONE PROVIDERS

struct provider {
        const char *name;   /* as in the control API: "zalo-oa"; "/zalo-oa" before a path is its alone */
        const char *label;  /* for people: "Zalo OA" */
        int64_t quota_code; /* what it says when the day's quota is used up, */
        int64_t token_code; /* when the token is not valid, */
        int64_t rate_code;  /* when there were too many requests */
        /* The endpoint's name (constant) of a path that is this provider's, else NULL. `prefixed`: the path stood behind
         * the provider's own prefix, which is cut already. */
        const char *(*route)(struct fakes *fakes, const char *path, bool prefixed);
        /* Answers, and accepts (record_accept()) what the real one would. */
        void (*judge)(struct fakes *fakes, struct request *request, struct answer *answer);
        /* The answer of an error, as this provider forms it. */
        void (*refuse)(struct request *request, struct answer *answer, int64_t code, const char *message);
        /* POST /control/providers/NAME: false with an error when a member is not known or wrong. */
        bool (*set)(struct fakes *fakes, const json_t *settings, struct thon_json_error *error);
        json_t *(*get)(struct fakes *fakes);
        /* POST /control/push: somebody writes; POST /control/receipt. What the test is to know of it, or NULL with an
         * error. */
        json_t *(*push)(struct fakes *fakes, const json_t *doc, struct thon_json_error *error);
        json_t *(*receipt)(struct fakes *fakes, const json_t *doc, struct thon_json_error *error);
        int (*start)(struct fakes *fakes); /* sets fakes->state[] of it; also after /control/reset */
        void (*stop)(struct fakes *fakes);
};
/* What somebody writes, as POST /control/push has it: {"provider","from","name","text","image","location":[lat, lon],
 * "group","event","size"}. False with an error. */
struct inbound {
        const char *from, *name, *text, *image, *group, *event; /* NULL: not given */
        bool located;
        double lat, lon;
        json_int_t size; /* of the picture */
};
bool inbound_read(const json_t *doc, struct inbound *ret, struct thon_json_error *error);
extern const struct provider zalo_oa, zalo_oauth, zalo_zns, zalo_bot, telegram, ntfy, facebook, webhook;
extern const struct provider *const providers[PROVIDERS];
enum provider_id provider_find(const char *name); /* PROVIDER_NONE */

/* ---- fault.c ---- */
enum fault_act {
        FAULT_NONE,         /* only the delay */
        FAULT_STATUS,       /* an HTTP status, perhaps with Retry-After */
        FAULT_ERROR,        /* the provider's error with a code */
        FAULT_QUOTA,        /* ... that of a used up quota */
        FAULT_TOKEN,        /* ... that of a bad token */
        FAULT_DROP,         /* judged and recorded, then the connection ends without an answer */
        FAULT_HANG,         /* judged and recorded, never answered */
        FAULT_RESET_BEFORE, /* RST when the head was there, nothing was taken */
        FAULT_RESET_AFTER,  /* judged and recorded, then RST */
        FAULT_HALF,         /* judged and recorded, half of the answer, then the end */
        FAULT_GARBAGE,      /* judged and recorded, an answer that is no JSON */
        FAULT_NOT_HTTP,     /* judged and recorded, bytes that are no HTTP */
        FAULT_HUGE,         /* judged and recorded, an answer without an end in sight */
        FAULT_DUPLICATE,    /* getUpdates: what was given before is given again */
        FAULT_ACTS
};
struct fault {
        enum fault_act act;
        unsigned status;
        int64_t code, retry_after, size; /* retry_after -1: none */
        uint64_t delay_ms;
        bool accepts; /* judged and recorded before it is done */
        char message[200];
};
const char *fault_name(enum fault_act act);
struct faults *faults_new(void);
struct faults *faults_free(struct faults *faults);
/* The first rule that applies, counted; `early` when only the head of the request is there. False: none. */
bool faults_pick(struct faults *faults, const struct request *request, bool early, struct fault *ret);
/* {"do":...}: *ret_id, or false with the error. */
bool faults_add(struct faults *faults, const json_t *doc, int64_t *ret_id, struct thon_json_error *error);
json_t *faults_list(const struct faults *faults);
bool faults_remove(struct faults *faults, int64_t id); /* id 0: all */

/* ---- record.c: what was received ---- */
struct record;
/* `path` NULL: no file. The file is appended to, one JSON object a line, and never truncated. */
int record_new(struct fakes *fakes, const char *path, bool show, struct record **ret);
struct record *record_free(struct record *record);
void record_clear(struct record *record); /* not the file */
/* A whole request was there; gives it its number. */
void record_request(struct record *record, struct request *request);
void record_verdict(struct record *record, const struct request *request, const struct answer *answer,
                    const struct fault *fault, uint64_t took_us);
/* A message was accepted. `more` (taken; may be NULL) are members that only this provider has. */
void record_accept(struct request *request, const char *address, const char *text, const char *message_id,
                   json_t *more);
/* Its answer went out whole, as far as this side can know. */
void record_answered(struct record *record, const struct request *request);
uint64_t record_messages(const struct record *record, enum provider_id provider); /* PROVIDER_NONE: all */
uint64_t record_requests(const struct record *record, enum provider_id provider);
json_t *record_list_messages(const struct record *record, uint64_t since, enum provider_id provider,
                             const char *address, uint64_t limit);
json_t *record_list_requests(const struct record *record, uint64_t since, enum provider_id provider,
                             uint64_t limit);
json_t *record_counts(const struct record *record);

/* ---- apps.c: Zalo apps, their token chains and signatures ---- */
struct apps;
struct app {
        char *app_id, *secret_key, *oa_secret_key, *oa_id;
        char *access_token, *refresh_token;
        json_t *used;     /* refresh tokens that were used: a set */
        unsigned refresh; /* how often it was refreshed */
        int64_t expires_ms, expires_in;
        bool proof;   /* wants appsecret_proof */
        int64_t code; /* what a token that is not valid gets: -216 or -220; 0 the provider's own */
};
struct apps *apps_new(void);
struct apps *apps_free(struct apps *apps);
struct app *apps_find(struct apps *apps, const char *app_id); /* NULL id: the first; NULL none */
/* The app whose token the request bears; NULL with the answer written. */
struct app *apps_authorize(struct request *request, struct answer *answer, int64_t code, int64_t proof_code);
void app_rotate(struct app *app, int64_t now_ms);
/* X-ZEvent-Signature of a body. */
void app_sign(const struct app *app, const char *body, const char *timestamp, char ret[static 80]);
/* Hex of HMAC-SHA256. */
void hmac_hex(const char *key, const void *data, size_t size, char ret[static 65]);
bool apps_set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error);
json_t *apps_get(const struct apps *apps);

/* ---- people.c: who exists, and how they are ---- */
struct people;
struct person {
        bool exists;
        bool interacted;      /* ever; by default an hour ago */
        int64_t last_ms;      /* when; of no use when never */
        int64_t error;        /* every message to them is refused with this code; 0 not */
        int64_t replies;      /* free messages in this window so far */
        char migrated_to[40]; /* Telegram: a group that became a supergroup */
        const json_t *chat;   /* what was said, newest last; NULL nothing; borrowed */
};
struct people *people_new(void);
struct people *people_free(struct people *people);
void people_find(struct fakes *fakes, enum provider_id provider, const char *address, struct person *ret);
/* They wrote, tapped or followed. */
int people_interact(struct fakes *fakes, enum provider_id provider, const char *address);
/* One free message more in their window. */
int people_count_reply(struct fakes *fakes, enum provider_id provider, const char *address);
/* A line of the chat, {"src":0|1,"text","message_id","time"}; taken. */
int people_say(struct fakes *fakes, enum provider_id provider, const char *address, json_t *line);
bool people_set(struct fakes *fakes, const json_t *doc, struct thon_json_error *error);

/* ---- updates.c: what people write, until a bot asks for it ---- */
struct updates;
struct updates *updates_new(void);
struct updates *updates_free(struct updates *updates);
/* `update` is taken; wakes whoever waits. Its number. */
int64_t updates_push(struct fakes *fakes, enum provider_id bot, json_t *update);
/* The updates from number `offset` on (Telegram; those before are forgotten), at most `limit`. NULL: nothing yet, and the
 * request sleeps for `timeout_ms`, to be judged again. */
json_t *updates_take(struct request *request, enum provider_id bot, int64_t offset, size_t limit,
                     uint64_t timeout_ms);
/* The answer with the update of that number went out (Zalo Bot, which has no offset). */
void updates_done(struct fakes *fakes, enum provider_id bot, int64_t number);
void updates_forget(struct request *request); /* it does not wait any more */
size_t updates_waiting(const struct updates *updates, enum provider_id bot);

/* ---- templates.c: approved templates of Zalo ---- */
json_t *templates_new(void);
bool templates_set(json_t *templates, const json_t *doc, struct thon_json_error *error);
/* 0, or the code by phone (-109, -131, -1122, ...), with a message. */
int64_t templates_check(const json_t *templates, const char *id, const json_t *data,
                        const char **ret_message);
bool templates_by_uid(const json_t *templates, const char *id);
/* What a person reads of it; owned. */
char *templates_text(const json_t *data);

/* ---- media.c: pictures that people sent ---- */
/* GET of "/media/SIZE/NAME": so many bytes that begin like such a file. */
void media_judge(struct answer *answer, json_int_t size, const char *name);

/* ---- limit.c: too many requests, as each provider says it ---- */
struct limits;
struct limits *limits_new(void);
struct limits *limits_free(struct limits *limits);
bool limits_set(struct limits *limits, const json_t *doc, struct thon_json_error *error);
/* False: over the limit, *ret_wait_s until it is not. */
bool limits_take(struct limits *limits, enum provider_id provider, uint64_t now_us, int64_t *ret_wait_s);

/* ---- control.c ---- */
void control_judge(struct fakes *fakes, struct request *request, struct answer *answer);

/* ---- request.c ---- */
struct answer {
        unsigned status;
        json_t *doc; /* owned; or */
        char *body;  /* owned, `size` bytes */
        size_t size;
        const char *type;    /* NULL: application/json */
        int64_t retry_after; /* -1 none */
        int64_t code;        /* the provider's, for the record */
        bool accepted;
        bool sleeps;      /* there is no answer yet: the request was put to sleep */
        char verdict[96]; /* in short, for the record */
};
struct request {
        struct fakes *fakes;
        struct MHD_Connection *connection;
        struct server *server;
        struct request *prev, *next; /* those of its server */
        const char *method;          /* while it is being answered */
        char *whole_path;
        const char *path; /* behind the provider's prefix */
        char *body;
        size_t size;
        json_t *doc; /* the body, when it is JSON or a form; NULL */
        enum provider_id provider;
        const char *endpoint; /* NULL: nobody's */
        bool control;
        uint64_t number, at_us;
        uint64_t message; /* number of the message that it brought; 0 none */
        struct fault fault;
        struct answer answer;
        enum { REQUEST_READING, REQUEST_SLEEPING, REQUEST_DELAYED, REQUEST_HUNG, REQUEST_ENDED } phase;
        bool suspended, doomed; /* doomed: ends without an answer when it wakes */
        bool timed_out;         /* it slept to the end */
        sd_event_source *timer;
        int64_t update; /* of a bot without offsets: what its answer carries */
};
const char *request_header(const struct request *request, const char *name); /* NULL */
const char *request_query(const struct request *request, const char *name);
/* A query's or form's JSON `data` argument; NULL. Owned by the caller. */
json_t *request_query_json(const struct request *request, const char *name);
/* A member of the body's object as text: strings only. */
const char *request_text(const struct request *request, const char *name);
/* Whom it is for, by the members in which providers say that; "" nobody. */
const char *request_address(const struct request *request, char buf[static 32]);
bool request_is_post(const struct request *request);
json_t *form_parse(const char *text,
                   size_t size); /* application/x-www-form-urlencoded: an object of strings */
/* A multipart form: its fields, a file as {"size","sha256","jpeg"}; NULL when it is none. */
json_t *multipart_parse(const char *type, const char *body, size_t size);
uint64_t request_argument(const struct request *request, const char *name, uint64_t def);

void answer_init(struct answer *answer);
void answer_done(struct answer *answer);
/* `doc` is taken; `verdict` in words for the record. */
void answer_json(struct answer *answer, unsigned status, json_t *doc, int64_t code, const char *verdict);
void answer_text(struct answer *answer, unsigned status, const char *type, const char *text);

size_t count_characters(const char *text); /* code points */
size_t count_utf16(const char *text);

/* ---- respond.c ---- */
enum MHD_Result request_answer(
        struct request *request); /* as its fault wants it: whole, half, garbage, huge */
enum MHD_Result request_reset(struct request *request); /* RST */
enum MHD_Result request_speak_nonsense(struct request *request);
int request_socket(struct request *request); /* -1 */

/* ---- server.c: the wire ---- */
struct server;
/* Listens on 127.0.0.1; *port 0 chooses and is filled. */
int server_new(struct fakes *fakes, uint16_t *port, struct server **ret);
struct server *server_free(struct server *server);
/* A closed door refuses connections, those it has end; the port stays ours. */
int server_door(struct server *server, bool open);
bool server_is_open(const struct server *server);
/* The request's judging is called again after so long, or when it is woken. */
int request_sleep(struct request *request, uint64_t ms);
void request_wake(struct request *request);
/* Its client is still there, as far as the kernel knows. */
bool request_alive(struct request *request);
/* Hung requests end. */
void server_release(struct server *server);
/* ... and long polls, and nothing that is under way is recorded any more. */
void server_reset(struct server *server);

/* Somebody asked the control API to be told when so much has come. */
struct waiter {
        struct request *request;
        uint64_t count;
        enum provider_id provider;
        bool requests; /* not messages */
};

struct fakes {
        sd_event *event;
        struct thon_clock *clock;
        int64_t clock_offset_ms;
        struct record *record;
        struct faults *faults;
        struct apps *apps;
        struct people *people;
        struct updates *updates;
        struct limits *limits;
        struct server *door, *control; /* control NULL: the same port */
        struct waiter waiters[64];     /* of /control/wait */
        size_t n_waiters;
        void *state[PROVIDERS]; /* each provider's own */
        uint64_t ids;           /* of messages, posts, updates */
        uint64_t seed;
        uint16_t port;
};
/* What is forgotten with /control/reset. */
int fakes_start(struct fakes *fakes);
void fakes_stop(struct fakes *fakes);
int64_t fakes_now_ms(const struct fakes *fakes); /* civil, of the settable clock */
uint64_t fakes_mono_us(void);
/* Minutes since midnight and the day, at UTC+7. */
int fakes_minute_of_day(const struct fakes *fakes, int32_t *ret_day);
/* Wakes those whom /control/wait promised it, now that something came. */
void fakes_look(struct fakes *fakes);
void fakes_forget_waiter(struct request *request);

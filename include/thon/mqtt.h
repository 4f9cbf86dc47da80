/* MQTT 5 on the loop: one connection, kept up for ever, with the last will of a daemon.
 *
 * Traps of libmosquitto in an external loop and how each is met are told in src/platform/mqtt.c. The broker may be
 * down at start and at any time: nothing here fails a daemon, and nothing blocks. Publishing while the connection is
 * down is refused with -ENOTCONN, since retained state is published anew on every connect (on_connect) and events
 * have their own outbox. What was not acknowledged when a connection ended is forgotten here, so that no old state
 * can arrive after a newer one. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/clock.h"
#include "thon/conf.h"
#include "thon/json.h"

#define THON_MQTT_PAYLOAD_MAX 65536
#define THON_MQTT_TOPIC_MAX   512

/* What may wait for the broker's acknowledgement before publishing is refused with -ENOBUFS. */
#define THON_MQTT_PENDING_MAX       4096
#define THON_MQTT_PENDING_BYTES_MAX (4 * 1024 * 1024)

struct thon_mqtt;

struct thon_mqtt_message {
        const char *topic; /* below the root: "light/duong-lang/set"; whole when outside of it. Borrowed. */
        const char *payload; /* NUL-terminated copy; valid UTF-8, at most THON_MQTT_PAYLOAD_MAX. Borrowed. */
        size_t size;
        bool retained; /* it lay at the broker before we subscribed: never a command to act on */
        const char *response_topic; /* NULL: nobody waits. Borrowed. */
        const void *correlation;
        size_t correlation_size;
};

/* Any of them may be NULL. They may publish, subscribe and reply, but not free the connection. */
struct thon_mqtt_ops {
        /* Connected (again): publish every retained state and every event of the outbox. Subscriptions were
         * renewed. */
        void (*on_connect)(void *userdata);
        /* A connection that on_connect had told of has ended. Tags that were not reported yet never will be. */
        void (*on_disconnect)(void *userdata);
        void (*on_message)(const struct thon_mqtt_message *message, void *userdata);
        /* The broker has answered what thon_mqtt_publish_tagged() sent: it has taken it (`error` 0), or refuses it
         * for good (-EACCES by its ACL, -EPERM otherwise; logged here). */
        void (*on_published)(int64_t tag, int error, void *userdata);
        /* Once after publishing was refused with -ENOBUFS: there is room again. Do as in on_connect. */
        void (*on_room)(void *userdata);
};

struct thon_mqtt_options {
        const struct thon_site_conf *site; /* broker, login, id (the root is thon/1/<id>/), tz; copied */
        const char *client_id;             /* "thon-lightd"; with a password a digest of it follows */
        const char *status_topic;          /* "status/lightd": retained, with last will; NULL: none */
        const char *node;                  /* for the status; NULL: the host name */
        unsigned keepalive_s;              /* 0: 30; a silent broker is noticed within about twice this */
        const struct thon_clock *clock;    /* for "since" of the status; NULL: null. Borrowed, outlives us */
        /* 0: each connection begins afresh. Else the broker keeps our subscriptions, and queues for them at QoS 1, while
         * we are away for so many seconds. What comes then comes as it was sent (not as retained), and maybe once more. */
        unsigned session_expiry_s;
};

/* NULL, or a constant English sentence that says why these settings of [site] and [broker] can never work. For
 * --check-config; a broker that is merely away is no problem. The host must be a numeric address or "localhost",
 * since looking a name up could block the loop. */
const char *thon_mqtt_problem(const struct thon_site_conf *site);

/* Returns 0 and connects from the loop; -EINVAL when thon_mqtt_problem() has something to say (logged) or a topic is
 * invalid; -ENOMEM. Sets SIGPIPE to be ignored when it has its default action: libmosquitto writes without
 * MSG_NOSIGNAL. */
int thon_mqtt_new(sd_event *event, const struct thon_mqtt_options *options, const struct thon_mqtt_ops *ops,
                  void *userdata, struct thon_mqtt **ret);
/* Publishes the status "offline" and gives the socket at most 200 ms to take it; calls no operation. */
struct thon_mqtt *thon_mqtt_free(struct thon_mqtt *mqtt);

/* With session_expiry_s: nothing leaves while it is held, the acknowledgements of what came above all. Who holds from the
 * message to the commit that keeps it loses none by a crash: the broker sends it again. For milliseconds; calls do not
 * nest. The release writes what waited, so that it may be held again at once, for as often as there is something to keep. */
void thon_mqtt_hold(struct thon_mqtt *mqtt, bool hold);

bool thon_mqtt_connected(const struct thon_mqtt *mqtt);
const char *thon_mqtt_root(const struct thon_mqtt *mqtt); /* "thon/1/chi-phuc/" */

/* Remembered, and renewed on every connect. A topic that begins with "/" is absolute (without the slash), else it is
 * below the root. Filters are MQTT's. 0 (also when it is subscribed already), -EINVAL, -ENOMEM; unsubscribe:
 * -ENOENT. */
int thon_mqtt_subscribe(struct thon_mqtt *mqtt, const char *filter);
/* The same at QoS 0, for retained states of others: with session_expiry_s nothing of it is queued while we are away, where it would
 * take the room of what must not be lost. */
int thon_mqtt_subscribe_states(struct thon_mqtt *mqtt, const char *filter);
int thon_mqtt_unsubscribe(struct thon_mqtt *mqtt, const char *filter);

/* QoS 1. 0: handed over, not yet acknowledged. -ENOTCONN; -ENOBUFS (the broker does not keep up; on_room follows);
 * -EMSGSIZE; -EINVAL (topic or payload is not valid); -ENOMEM. Topic as in subscribe. An empty payload with `retain`
 * removes what is retained. */
int thon_mqtt_publish(struct thon_mqtt *mqtt, const char *topic, const char *payload, bool retain);
int thon_mqtt_publish_json(struct thon_mqtt *mqtt, const char *topic, const json_t *payload, bool retain);
/* The same, not retained; on_published brings the tag (a serial of the outbox, say) when the broker has it. */
int thon_mqtt_publish_tagged(struct thon_mqtt *mqtt, const char *topic, const char *payload, int64_t tag);

/* The health object of the status topic changed: published now and on every connect. Steals the reference. */
void thon_mqtt_health(struct thon_mqtt *mqtt, json_t *health);

/* Answers a command when somebody waits: {"ok":true,...extra} or {"ok":false,"error":slug,"detail":text}. `extra` may
 * be NULL; its reference is stolen. An answer over THON_MQTT_PAYLOAD_MAX becomes the error "too-large". A response
 * topic among our own state, command and event topics is not answered: nobody may borrow our right to write there. */
void thon_mqtt_reply_ok(struct thon_mqtt *mqtt, const struct thon_mqtt_message *request, json_t *extra);
void thon_mqtt_reply_error(struct thon_mqtt *mqtt, const struct thon_mqtt_message *request,
                           const char *error, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The payload of a command as an object with these members (NULL-terminated) and no other; an empty one is {}. 0; -EINVAL with
 * `error`; -ENOMEM. */
int thon_mqtt_command(const struct thon_mqtt_message *message, const char *const *members, json_t **ret,
                      struct thon_json_error *error);
/* The answer to a command that could not be read: "no-memory" for -ENOMEM, for any other r < 0 "invalid" with `error`. */
void thon_mqtt_reply_invalid(struct thon_mqtt *mqtt, const struct thon_mqtt_message *request, int r,
                             const struct thon_json_error *error);
/* What an answer that comes later needs of a command: for thon_mqtt_reply_*(). NULL when nobody waits for one, and without
 * memory: whoever asked takes it for unknown then, and that is what it is. */
struct thon_mqtt_message *thon_mqtt_keep(const struct thon_mqtt_message *request);
struct thon_mqtt_message *thon_mqtt_unkeep(struct thon_mqtt_message *request);

/* For thonctl: one command with its answer, and a look at retained topics, blocking with a deadline. Topics as above.
 * Each call ends within its timeout (and the time the machine takes); on failure of the connection it is
 * -ENOTCONN. */
struct thon_mqtt_client;
/* 0; -EINVAL (settings), -ECONNREFUSED (nobody listens there), -EACCES (login refused), -ETIMEDOUT, or another
 * -errno; `*ret_error` is then a sentence for people, which the caller frees (NULL when there was no memory for
 * it). */
int thon_mqtt_client_open(const struct thon_site_conf *site, unsigned timeout_ms,
                          struct thon_mqtt_client **ret, char **ret_error);
struct thon_mqtt_client *thon_mqtt_client_close(struct thon_mqtt_client *client);
/* The reply document, whether it says ok or not. -EHOSTUNREACH: the broker says that nobody listens to that topic
 * (the daemon is not running); -ETIMEDOUT: nobody answered; -EACCES: the broker's ACL forbids it; -EBADMSG: the
 * answer is no JSON object. */
int thon_mqtt_client_call(struct thon_mqtt_client *client, const char *topic, const json_t *payload,
                          unsigned timeout_ms, json_t **ret);
/* From now on it is noted whether one of these states ("status/+") goes offline: what was asked of that daemon may have gone with its
 * connection. 0 or as above. */
int thon_mqtt_client_watch(struct thon_mqtt_client *client, const char *filter, unsigned timeout_ms);
bool thon_mqtt_client_saw_loss(const struct thon_mqtt_client *client); /* since the last call began */
/* After -ETIMEDOUT of a call: waits for its answer so much longer. The command is not sent again. As above. */
int thon_mqtt_client_wait(struct thon_mqtt_client *client, unsigned timeout_ms, json_t **ret);
/* All retained messages that match a filter: {"topic": document, ...}, topics below the root without it; a payload
 * that is no JSON is a string. Ends with the broker's answer to a probe, not after a fixed time; more than 64 MiB is
 * -E2BIG. */
int thon_mqtt_client_retained(struct thon_mqtt_client *client, const char *filter, unsigned timeout_ms,
                              json_t **ret);
/* Returns when the broker has it. `payload` NULL: empty. -EACCES as above. */
int thon_mqtt_client_publish(struct thon_mqtt_client *client, const char *topic, const char *payload,
                             bool retain, unsigned timeout_ms);

/* The blocking client of thonctl.
 *
 * Same session as the daemons', driven by poll() on the socket and on a timerfd that holds the deadline of
 * the call, so that nothing waits longer than it was told, whatever the broker does. Two answers of the
 * broker save waiting for time to pass: MQTT 5 acknowledges a command with "no matching subscribers" when
 * the daemon is away, and messages to one client keep their order, so that our own message comes back behind
 * the last retained one. */
#include "thon/mqtt.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>

#include "mqtt_wire.h"
#include "thon/cleanup.h"

#define KEEPALIVE_S 60
/* libmosquitto compares its keepalive in whole seconds. */
#define MISC_MS         1000
#define GATHERED_MAX    ((size_t)64 * 1024 * 1024)
#define CORRELATION_LEN 8

/* A request that the broker acknowledges. */
struct ack {
        int mid;
        bool done;
        int rc;
};

struct thon_mqtt_client {
        struct mosquitto *session;
        int timer;
        char *root;
        char *reply_topic; /* whole */
        uint64_t serial;   /* correlation of the last call, payload of the last probe */
        bool listening;    /* subscribed to reply_topic */
        bool asked;        /* the command of the last call went out */
        char *watched;     /* whole; NULL none */
        bool loss;         /* one of those watched went offline */

        bool greeted, lost;
        int refusal, lost_rc, lost_errno;
        struct ack published, subscribed;

        bool answered; /* the call with `serial`, or the probe */
        char *answer;
        size_t answer_size;

        json_t *gathered; /* while retained messages are collected */
        size_t gathered_bytes;
        int gather_error;
};

static void on_connect(struct mosquitto *session, void *userdata, int rc, int flags,
                       const mosquitto_property *props)
{
        struct thon_mqtt_client *c = userdata;

        (void)session;
        (void)flags;
        (void)props;
        c->greeted = rc == 0;
        c->refusal = rc;
}

static void on_disconnect(struct mosquitto *session, void *userdata, int rc, const mosquitto_property *props)
{
        struct thon_mqtt_client *c = userdata;

        c->lost_errno = errno;
        (void)session;
        (void)props;
        c->lost = true;
        c->lost_rc = rc;
}

static void on_publish(struct mosquitto *session, void *userdata, int mid, int rc,
                       const mosquitto_property *props)
{
        struct thon_mqtt_client *c = userdata;

        (void)session;
        (void)props;
        if (mid == c->published.mid)
                c->published = (struct ack){.mid = mid, .done = true, .rc = rc};
}

static void on_subscribe(struct mosquitto *session, void *userdata, int mid, int n, const int *granted,
                         const mosquitto_property *props)
{
        struct thon_mqtt_client *c = userdata;

        (void)session;
        (void)props;
        if (mid == c->subscribed.mid)
                c->subscribed = (struct ack){.mid = mid, .done = true, .rc = n > 0 ? granted[0] : 0};
}

/* A payload as a document: itself, a string when it is no JSON, NULL when it is no text. */
static json_t *document_of(const char *payload, size_t size)
{
        json_t *doc;

        if (thon_json_parse(payload, size, THON_MQTT_PAYLOAD_MAX, &doc, NULL) == 0)
                return doc;
        return thon_mqtt_payload_problem(payload, size) ? NULL : json_stringn(payload, size);
}

static void gather(struct thon_mqtt_client *c, const char *topic, const char *payload, size_t size)
{
        json_t *doc;

        if (size == 0 || !thon_mqtt_topic_valid(topic))
                return;
        c->gathered_bytes += size + strlen(topic);
        if (c->gathered_bytes > GATHERED_MAX) {
                c->gather_error = -E2BIG;
                return;
        }
        doc = document_of(payload, size);
        if (doc && json_object_set_new(c->gathered, thon_mqtt_below(c->root, topic), doc) < 0)
                c->gather_error = -ENOMEM;
}

static void take_answer(struct thon_mqtt_client *c, const struct mosquitto_message *received,
                        const mosquitto_property *props)
{
        _cleanup_free_ void *correlation = NULL;
        uint16_t size = 0;

        (void)mosquitto_property_read_binary(props, MQTT_PROP_CORRELATION_DATA, &correlation, &size, false);
        /* An answer to an earlier call, which came after its deadline, is none to this one. */
        if (c->answered || !correlation || size != CORRELATION_LEN ||
            memcmp(correlation, &c->serial, CORRELATION_LEN) != 0)
                return;
        c->answered = true;
        c->answer_size = received->payloadlen > 0 ? (size_t)received->payloadlen : 0;
        c->answer = malloc(c->answer_size + 1);
        if (!c->answer)
                return;
        if (c->answer_size > 0)
                memcpy(c->answer, received->payload, c->answer_size);
        c->answer[c->answer_size] = '\0';
}

static bool is_watched(const struct thon_mqtt_client *c, const char *topic)
{
        bool matches = false;

        return mosquitto_topic_matches_sub(c->watched, topic, &matches) == MOSQ_ERR_SUCCESS && matches;
}

static bool says_offline(const struct mosquitto_message *received)
{
        _cleanup_json_ json_t *doc = received->payloadlen > 0
                                             ? document_of(received->payload, (size_t)received->payloadlen)
                                             : NULL;
        const char *state = json_string_value(json_object_get(doc, "state"));

        return state && strcmp(state, "offline") == 0;
}

static void on_message(struct mosquitto *session, void *userdata, const struct mosquitto_message *received,
                       const mosquitto_property *props)
{
        struct thon_mqtt_client *c = userdata;

        (void)session;
        if (strcmp(received->topic, c->reply_topic) == 0)
                take_answer(c, received, props);
        else if (c->watched && !received->retain && is_watched(c, received->topic))
                c->loss |= says_offline(received);
        else if (c->gathered && received->retain && received->payloadlen > 0)
                gather(c, received->topic, received->payload, (size_t)received->payloadlen);
}

static int set_deadline(struct thon_mqtt_client *c, unsigned timeout_ms)
{
        struct itimerspec t = {
                .it_value = {.tv_sec = timeout_ms / 1000, .tv_nsec = (long)(timeout_ms % 1000) * 1000000}};

        if (timeout_ms == 0)
                t.it_value.tv_nsec = 1;
        return timerfd_settime(c->timer, 0, &t, NULL) < 0 ? -errno : 0;
}

/* One turn of the wheel. 0, -ENOTCONN, -ETIMEDOUT, or -errno of poll. */
static int turn(struct thon_mqtt_client *c)
{
        struct pollfd fds[] = {{.fd = mosquitto_socket(c->session), .events = POLLIN},
                               {.fd = c->timer, .events = POLLIN}};

        if (c->lost || fds[0].fd < 0)
                return -ENOTCONN;
        if (mosquitto_want_write(c->session))
                fds[0].events |= POLLOUT;
        if (poll(fds, 2, MISC_MS) < 0)
                return errno == EINTR ? 0 : -errno;

        if (fds[0].revents & POLLOUT)
                (void)mosquitto_loop_write(c->session, 1);
        if (!c->lost && (fds[0].revents & (POLLIN | POLLHUP | POLLERR)))
                (void)mosquitto_loop_read(c->session, 1);
        if (!c->lost)
                (void)mosquitto_loop_misc(c->session);
        /* After the socket, so that an answer which is there is heard. */
        return fds[1].revents & POLLIN ? -ETIMEDOUT : 0;
}

static int wait_for(struct thon_mqtt_client *c, const bool *done)
{
        int r = 0;

        while (!*done && r == 0)
                r = turn(c);
        return *done ? 0 : r;
}

static int subscribe_and_wait(struct thon_mqtt_client *c, const char *filter, int qos)
{
        int rc, r;

        c->subscribed = (struct ack){.mid = -1};
        rc = mosquitto_subscribe_v5(c->session, &c->subscribed.mid, filter, qos, 0, NULL);
        if (rc != MOSQ_ERR_SUCCESS)
                return thon_mqtt_errno(rc);
        r = wait_for(c, &c->subscribed.done);
        if (r == 0 && c->subscribed.rc >= MQTT_RC_UNSPECIFIED)
                r = thon_mqtt_errno(c->subscribed.rc);
        return r;
}

static int listen_for_answers(struct thon_mqtt_client *c)
{
        int r;

        if (c->listening)
                return 0;
        r = subscribe_and_wait(c, c->reply_topic, 1);
        c->listening = r == 0;
        return r;
}

/* Publishes with the serial as correlation; `with_response` asks for an answer. */
static int ask(struct thon_mqtt_client *c, const char *topic, const char *payload, int qos,
               bool with_response)
{
        mosquitto_property *props = NULL;
        int rc;

        c->serial++;
        c->answered = false;
        free(THON_TAKE(c->answer));
        c->published = (struct ack){.mid = -1};

        rc = mosquitto_property_add_binary(&props, MQTT_PROP_CORRELATION_DATA, &c->serial, CORRELATION_LEN);
        if (rc == MOSQ_ERR_SUCCESS && with_response)
                rc = mosquitto_property_add_string(&props, MQTT_PROP_RESPONSE_TOPIC, c->reply_topic);
        if (rc == MOSQ_ERR_SUCCESS)
                rc = mosquitto_publish_v5(c->session, &c->published.mid, topic, (int)strlen(payload),
                                          payload, qos, false, props);
        mosquitto_property_free_all(&props);
        return thon_mqtt_errno(rc);
}

/* 0, or what an acknowledgement of the broker says against it. */
static int refusal_of(const struct ack *published)
{
        if (!published->done || published->rc == 0)
                return 0;
        if (published->rc == MQTT_RC_NO_MATCHING_SUBSCRIBERS)
                return -EHOSTUNREACH;
        return published->rc >= MQTT_RC_UNSPECIFIED ? thon_mqtt_errno(published->rc) : 0;
}

/* ---- opening and closing ---- */

static void __attribute__((format(printf, 2, 3))) say(char **ret_error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        if (vasprintf(ret_error, format, args) < 0)
                *ret_error = NULL;
        va_end(args);
}

static int prepare(struct thon_mqtt_client *c, const struct thon_site_conf *site)
{
        _cleanup_free_ char *id = NULL;
        uint64_t dice;
        int r;

        c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (c->timer < 0)
                return -errno;
        if (getrandom(&dice, sizeof dice, 0) != (ssize_t)sizeof dice)
                return -errno;
        if (asprintf(&id, "thonctl-%016llx", (unsigned long long)dice) < 0) {
                id = NULL;
                return -ENOMEM;
        }
        r = thon_mqtt_root_of(site->id, &c->root);
        if (r == 0 && asprintf(&c->reply_topic, "%sreply/%s", c->root, id) < 0) {
                c->reply_topic = NULL;
                r = -ENOMEM;
        }
        if (r == 0)
                r = thon_mqtt_session(site, id, true, c, &c->session);
        return r;
}

static int connect_and_wait(struct thon_mqtt_client *c, const struct thon_site_conf *site,
                            unsigned timeout_ms, char **ret_error)
{
        int rc, r;

        mosquitto_connect_v5_callback_set(c->session, on_connect);
        mosquitto_disconnect_v5_callback_set(c->session, on_disconnect);
        mosquitto_publish_v5_callback_set(c->session, on_publish);
        mosquitto_subscribe_v5_callback_set(c->session, on_subscribe);
        mosquitto_message_v5_callback_set(c->session, on_message);

        r = set_deadline(c, timeout_ms);
        if (r < 0)
                return r;
        rc = mosquitto_connect_async(c->session, thon_mqtt_address(site->broker_host), site->broker_port,
                                     KEEPALIVE_S);
        if (rc != MOSQ_ERR_SUCCESS) {
                c->lost_rc = rc;
                c->lost_errno = errno;
                r = -ENOTCONN;
        } else {
                r = wait_for(c, &c->greeted);
        }
        if (r == 0)
                return 0;

        if (c->refusal) {
                say(ret_error, "the broker at %s port %d refuses the login of \"%s\": %s", site->broker_host,
                    site->broker_port, site->broker_user ? site->broker_user : "",
                    thon_mqtt_words(c->refusal, 0));
                return thon_mqtt_errno(c->refusal);
        }
        if (r == -ETIMEDOUT) {
                say(ret_error, "the broker at %s port %d does not answer", site->broker_host,
                    site->broker_port);
                return r;
        }
        say(ret_error, "cannot reach the broker at %s port %d: %s", site->broker_host, site->broker_port,
            thon_mqtt_words(c->lost_rc, c->lost_errno));
        return c->lost_rc == MOSQ_ERR_ERRNO && c->lost_errno ? -c->lost_errno : r;
}

THON_DEFINE_CLEANUP(struct thon_mqtt_client *, thon_mqtt_client_close)

int thon_mqtt_client_open(const struct thon_site_conf *site, unsigned timeout_ms,
                          struct thon_mqtt_client **ret, char **ret_error)
{
        _cleanup_(thon_mqtt_client_closep) struct thon_mqtt_client *c = NULL;
        const char *problem = thon_mqtt_problem(site);
        int r;

        *ret_error = NULL;
        if (problem) {
                say(ret_error, "%s", problem);
                return -EINVAL;
        }
        c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        c->timer = -1;
        (void)mosquitto_lib_init(); /* counted; thon_mqtt_client_close() gives it back */
        thon_mqtt_ignore_sigpipe();

        r = prepare(c, site);
        if (r < 0) {
                say(ret_error, "the connection cannot be prepared (credential \"%s\"): %s",
                    site->broker_credential ? site->broker_credential : "none", strerror(-r));
                return r;
        }
        r = connect_and_wait(c, site, timeout_ms, ret_error);
        if (r < 0)
                return r;

        *ret = THON_TAKE(c);
        return 0;
}

struct thon_mqtt_client *thon_mqtt_client_close(struct thon_mqtt_client *c)
{
        if (!c)
                return NULL;
        if (c->session) {
                /* One try: what was worth waiting for was waited for. */
                if (c->greeted && !c->lost)
                        (void)mosquitto_disconnect_v5(c->session, 0, NULL);
                mosquitto_destroy(c->session);
        }
        if (c->timer >= 0)
                (void)close(c->timer);
        free(c->root);
        free(c->reply_topic);
        free(c->watched);
        free(c->answer);
        free(c);
        (void)mosquitto_lib_cleanup();
        return NULL;
}

/* ---- calls ---- */

static int wait_for_answer(struct thon_mqtt_client *c, json_t **ret)
{
        _cleanup_json_ json_t *doc = NULL;
        int r = 0;

        while (r == 0 && !c->answered) {
                r = refusal_of(&c->published);
                if (r == 0)
                        r = turn(c);
        }
        if (!c->answered)
                return r;
        if (!c->answer)
                return -ENOMEM;

        r = thon_json_parse(c->answer, c->answer_size, THON_MQTT_PAYLOAD_MAX, &doc, NULL);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !json_is_object(doc))
                return -EBADMSG;
        *ret = THON_TAKE(doc);
        return 0;
}

int thon_mqtt_client_watch(struct thon_mqtt_client *c, const char *filter, unsigned timeout_ms)
{
        int r;

        free(THON_TAKE(c->watched));
        r = thon_mqtt_resolve(c->root, filter, true, &c->watched);
        if (r == 0)
                r = set_deadline(c, timeout_ms);
        return r < 0 ? r : subscribe_and_wait(c, c->watched, 0);
}

bool thon_mqtt_client_saw_loss(const struct thon_mqtt_client *c)
{
        return c->loss;
}

int thon_mqtt_client_wait(struct thon_mqtt_client *c, unsigned timeout_ms, json_t **ret)
{
        int r = c->asked ? set_deadline(c, timeout_ms) : -ETIMEDOUT;

        return r < 0 ? r : wait_for_answer(c, ret);
}

int thon_mqtt_client_call(struct thon_mqtt_client *c, const char *topic, const json_t *payload,
                          unsigned timeout_ms, json_t **ret)
{
        _cleanup_free_ char *whole = NULL, *text = NULL;
        int r;

        r = thon_mqtt_resolve(c->root, topic, false, &whole);
        if (r < 0)
                return r;
        text = json_dumps(payload, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        if (!text)
                return -ENOMEM;
        if (strlen(text) > THON_MQTT_PAYLOAD_MAX)
                return -EMSGSIZE;

        c->loss = false;
        r = set_deadline(c, timeout_ms);
        if (r == 0)
                r = listen_for_answers(c);
        if (r == 0)
                r = ask(c, whole, text, 1, true);
        c->asked = r == 0;
        return r < 0 ? r : wait_for_answer(c, ret);
}

int thon_mqtt_client_retained(struct thon_mqtt_client *c, const char *filter, unsigned timeout_ms,
                              json_t **ret)
{
        _cleanup_free_ char *whole = NULL;
        _cleanup_json_ json_t *all = NULL;
        int r;

        r = thon_mqtt_resolve(c->root, filter, true, &whole);
        if (r < 0)
                return r;
        all = json_object();
        if (!all)
                return -ENOMEM;
        c->gathered_bytes = 0;
        c->gather_error = 0;

        r = set_deadline(c, timeout_ms);
        if (r == 0)
                r = listen_for_answers(c);
        if (r == 0) {
                c->gathered = all;
                /* QoS 0 both ways: the broker drops QoS 1 messages beyond max_queued_messages (1,000). */
                r = subscribe_and_wait(c, whole, 0);
                if (r == 0)
                        r = ask(c, c->reply_topic, "", 0, false);
                if (r == 0)
                        r = wait_for(c, &c->answered);
                c->gathered = NULL;
                (void)mosquitto_unsubscribe_v5(c->session, NULL, whole, NULL);
        }
        if (r == 0)
                r = c->gather_error;
        if (r < 0)
                return r;
        *ret = THON_TAKE(all);
        return 0;
}

int thon_mqtt_client_publish(struct thon_mqtt_client *c, const char *topic, const char *payload, bool retain,
                             unsigned timeout_ms)
{
        _cleanup_free_ char *whole = NULL;
        size_t size = payload ? strnlen(payload, THON_MQTT_PAYLOAD_MAX + 1) : 0;
        int rc, r;

        if (size > THON_MQTT_PAYLOAD_MAX)
                return -EMSGSIZE;
        if (thon_mqtt_payload_problem(payload, size))
                return -EINVAL;
        r = thon_mqtt_resolve(c->root, topic, false, &whole);
        if (r == 0)
                r = set_deadline(c, timeout_ms);
        if (r < 0)
                return r;

        c->published = (struct ack){.mid = -1};
        rc = mosquitto_publish_v5(c->session, &c->published.mid, whole, (int)size, payload, 1, retain, NULL);
        if (rc != MOSQ_ERR_SUCCESS)
                return thon_mqtt_errno(rc);
        r = wait_for(c, &c->published.done);
        if (r < 0)
                return r;
        r = refusal_of(&c->published);
        return r == -EHOSTUNREACH ? 0 : r; /* nobody need listen */
}

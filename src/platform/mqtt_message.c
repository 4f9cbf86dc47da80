/* What goes over a daemon's connection: subscriptions, messages in, messages out with their
 * acknowledgements, replies.
 *
 * A message is checked before anybody reads it (size, UTF-8, NUL, printable topic), and one that is refused
 * is answered when its sender waits, so that a mistake in a script is seen where it was made. Nothing here
 * ends a connection: these functions may run inside the library's callbacks, where that is not allowed; a
 * broken socket is left to the loop. */
#include "mqtt_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/log.h"

static void subscribe_now(struct thon_mqtt *m, struct thon_mqtt_subscription *s)
{
        int rc = mosquitto_subscribe_v5(m->session, &s->mid, s->filter, s->qos, 0, NULL);

        /* A connection that breaks here is noticed by the loop, and the next one subscribes again. */
        if (rc != MOSQ_ERR_SUCCESS)
                thon_debug("MQTT: subscribing to %s: %s", s->filter, thon_mqtt_words(rc, errno));
}

void thon_mqtt_renew(struct thon_mqtt *m)
{
        for (size_t i = 0; i < m->n_subscriptions; i++)
                subscribe_now(m, &m->subscriptions[i]);
}

static int subscribe(struct thon_mqtt *m, const char *filter, int qos)
{
        _cleanup_free_ char *whole = NULL;
        struct thon_mqtt_subscription *more;
        int r;

        r = thon_mqtt_resolve(m->root, filter, true, &whole);
        if (r < 0)
                return r;
        for (size_t i = 0; i < m->n_subscriptions; i++)
                if (strcmp(m->subscriptions[i].filter, whole) == 0)
                        return 0;
        more = reallocarray(m->subscriptions, m->n_subscriptions + 1, sizeof *more);
        if (!more)
                return -ENOMEM;
        m->subscriptions = more;
        more[m->n_subscriptions] = (struct thon_mqtt_subscription){.filter = THON_TAKE(whole), .qos = qos};
        m->n_subscriptions++;

        if (thon_mqtt_connected(m)) {
                subscribe_now(m, &more[m->n_subscriptions - 1]);
                thon_mqtt_rearm(m);
        }
        return 0;
}

int thon_mqtt_subscribe(struct thon_mqtt *m, const char *filter)
{
        return subscribe(m, filter, 1);
}

int thon_mqtt_subscribe_states(struct thon_mqtt *m, const char *filter)
{
        return subscribe(m, filter, 0);
}

int thon_mqtt_unsubscribe(struct thon_mqtt *m, const char *filter)
{
        _cleanup_free_ char *whole = NULL;
        int r;

        r = thon_mqtt_resolve(m->root, filter, true, &whole);
        if (r < 0)
                return r;
        for (size_t i = 0; i < m->n_subscriptions; i++) {
                if (strcmp(m->subscriptions[i].filter, whole) != 0)
                        continue;
                free(m->subscriptions[i].filter);
                m->subscriptions[i] = m->subscriptions[--m->n_subscriptions];
                if (thon_mqtt_connected(m)) {
                        (void)mosquitto_unsubscribe_v5(m->session, NULL, whole, NULL);
                        thon_mqtt_rearm(m);
                }
                return 0;
        }
        return -ENOENT;
}

void thon_mqtt_subscriptions_clear(struct thon_mqtt *m)
{
        for (size_t i = 0; i < m->n_subscriptions; i++)
                free(m->subscriptions[i].filter);
        free(m->subscriptions);
        m->subscriptions = NULL;
        m->n_subscriptions = 0;
}

int thon_mqtt_send(struct thon_mqtt *m, const char *topic, const char *payload, bool retain,
                   const mosquitto_property *properties, const int64_t *tag)
{
        _cleanup_free_ struct thon_pending_item *item = NULL;
        size_t size = payload ? strnlen(payload, THON_MQTT_PAYLOAD_MAX + 1) : 0, bytes;
        int rc, mid = 0;

        if (size > THON_MQTT_PAYLOAD_MAX)
                return -EMSGSIZE;
        if (thon_mqtt_payload_problem(payload, size))
                return -EINVAL;
        if (!thon_mqtt_connected(m))
                return -ENOTCONN;
        bytes = size + strlen(topic) + sizeof *item;
        if (!thon_pending_room(&m->pending, bytes))
                return -ENOBUFS;
        item = thon_pending_item_new(topic, bytes);
        if (!item)
                return -ENOMEM;
        if (tag) {
                item->tagged = true;
                item->tag = *tag;
        }

        rc = mosquitto_publish_v5(m->session, &mid, topic, (int)size, payload, 1, retain, properties);
        if (rc != MOSQ_ERR_SUCCESS) {
                /* A broken socket shows itself to the loop, which ends the connection; not here, maybe
                 * inside of one of the library's callbacks. */
                thon_mqtt_rearm(m);
                return thon_mqtt_errno(rc);
        }
        thon_pending_add(&m->pending, THON_TAKE(item), mid);
        thon_mqtt_rearm(m);
        return 0;
}

static int publish(struct thon_mqtt *m, const char *topic, const char *payload, bool retain,
                   const int64_t *tag)
{
        _cleanup_free_ char *whole = NULL;
        int r;

        r = thon_mqtt_resolve(m->root, topic, false, &whole);
        return r < 0 ? r : thon_mqtt_send(m, whole, payload, retain, NULL, tag);
}

int thon_mqtt_publish(struct thon_mqtt *m, const char *topic, const char *payload, bool retain)
{
        return publish(m, topic, payload, retain, NULL);
}

int thon_mqtt_publish_tagged(struct thon_mqtt *m, const char *topic, const char *payload, int64_t tag)
{
        return publish(m, topic, payload, false, &tag);
}

int thon_mqtt_publish_json(struct thon_mqtt *m, const char *topic, const json_t *payload, bool retain)
{
        _cleanup_free_ char *text =
                json_dumps(payload, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

        return text ? publish(m, topic, text, retain, NULL) : -ENOMEM;
}

/* `doc` is stolen. */
static void reply(struct thon_mqtt *m, const struct thon_mqtt_message *request, json_t *doc)
{
        _cleanup_json_ json_t *answer = doc;
        _cleanup_free_ char *text = NULL;
        mosquitto_property *props = NULL;
        int r = 0;

        if (!request->response_topic)
                return;
        if (!thon_mqtt_may_answer_on(m->root, request->response_topic)) {
                if (thon_log_ratelimit(&m->log_bad, THON_MQTT_LOG_INTERVAL))
                        thon_warning("A command on %s asks for an answer on a topic that may not have one.",
                                     request->topic);
                return;
        }
        text = answer ? json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
        if (!text)
                return;
        if (request->correlation_size > 0 &&
            mosquitto_property_add_binary(&props, MQTT_PROP_CORRELATION_DATA, request->correlation,
                                          (uint16_t)request->correlation_size) != MOSQ_ERR_SUCCESS)
                r = -ENOMEM;
        if (r == 0)
                r = thon_mqtt_send(m, request->response_topic, text, false, props, NULL);
        mosquitto_property_free_all(&props);
        if (r == -EMSGSIZE)
                thon_mqtt_reply_error(m, request, "too-large", "the answer is over %d bytes",
                                      THON_MQTT_PAYLOAD_MAX);
        else if (r < 0)
                thon_debug("MQTT: the answer to %s was not sent: %s", request->topic, strerror(-r));
}

void thon_mqtt_reply_ok(struct thon_mqtt *m, const struct thon_mqtt_message *request, json_t *extra)
{
        json_t *doc = json_pack("{s:b}", "ok", 1);

        if (doc && extra && json_object_update_missing(doc, extra) < 0) {
                json_decref(doc);
                doc = NULL;
        }
        json_decref(extra);
        reply(m, request, doc);
}

void thon_mqtt_reply_error(struct thon_mqtt *m, const struct thon_mqtt_message *request, const char *error,
                           const char *format, ...)
{
        struct thon_json_error detail;
        char text[sizeof detail.text];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof text, format, args);
        va_end(args);
        thon_json_fail(&detail, NULL, "%s", text); /* may quote the request: made printable */
        reply(m, request, json_pack("{s:b, s:s, s:s}", "ok", 0, "error", error, "detail", detail.text));
}

void thon_mqtt_reply_invalid(struct thon_mqtt *m, const struct thon_mqtt_message *request, int r,
                             const struct thon_json_error *error)
{
        if (r == -ENOMEM)
                thon_mqtt_reply_error(m, request, "no-memory", "out of memory");
        else
                thon_mqtt_reply_error(m, request, "invalid", "%s", error->text);
}

static void on_publish(struct mosquitto *session, void *userdata, int mid, int rc,
                       const mosquitto_property *props)
{
        struct thon_mqtt *m = userdata;
        _cleanup_free_ struct thon_pending_item *item = NULL;
        int error = rc >= MQTT_RC_UNSPECIFIED ? thon_mqtt_errno(rc) : 0;

        (void)session;
        (void)props;
        item = thon_pending_take(&m->pending, mid);
        if (!item)
                return;
        if (error && thon_log_ratelimit(&m->log_denied, THON_MQTT_LOG_INTERVAL))
                thon_warning("The broker refuses what is published on %s: %s.", item->topic,
                             thon_mqtt_words(rc, 0));
        if (item->tagged && m->ops.on_published)
                m->ops.on_published(item->tag, error, m->userdata);
}

static void on_subscribe(struct mosquitto *session, void *userdata, int mid, int n, const int *granted,
                         const mosquitto_property *props)
{
        struct thon_mqtt *m = userdata;

        (void)session;
        (void)props;
        if (n < 1 || granted[0] < MQTT_RC_UNSPECIFIED)
                return;
        for (size_t i = 0; i < m->n_subscriptions; i++)
                if (m->subscriptions[i].mid == mid &&
                    thon_log_ratelimit(&m->log_denied, THON_MQTT_LOG_INTERVAL))
                        thon_warning("The broker refuses the subscription to %s: %s.",
                                     m->subscriptions[i].filter, thon_mqtt_words(granted[0], 0));
}

static void on_message(struct mosquitto *session, void *userdata, const struct mosquitto_message *received,
                       const mosquitto_property *props)
{
        struct thon_mqtt *m = userdata;
        _cleanup_free_ char *payload = NULL, *response_topic = NULL;
        _cleanup_free_ void *correlation = NULL;
        size_t size = received->payloadlen > 0 ? (size_t)received->payloadlen : 0;
        struct thon_mqtt_message message = {.size = size, .retained = received->retain};
        uint16_t correlation_size = 0;
        const char *problem;

        (void)session;
        if (!thon_mqtt_topic_valid(received->topic)) {
                if (thon_log_ratelimit(&m->log_bad, THON_MQTT_LOG_INTERVAL))
                        thon_warning("Refused a message: its topic is too long or not printable.");
                return;
        }

        message.topic = thon_mqtt_below(m->root, received->topic);
        (void)mosquitto_property_read_string(props, MQTT_PROP_RESPONSE_TOPIC, &response_topic, false);
        (void)mosquitto_property_read_binary(props, MQTT_PROP_CORRELATION_DATA, &correlation,
                                             &correlation_size, false);
        message.response_topic = response_topic;
        message.correlation = correlation;
        message.correlation_size = correlation_size;

        problem = thon_mqtt_payload_problem(received->payload, size);
        if (problem) {
                if (thon_log_ratelimit(&m->log_bad, THON_MQTT_LOG_INTERVAL))
                        thon_warning("Refused a message of %zu bytes on %s: %s.", size, message.topic,
                                     problem);
                thon_mqtt_reply_error(m, &message, problem,
                                      "the payload must be UTF-8 without NUL, at most %d bytes",
                                      THON_MQTT_PAYLOAD_MAX);
                return;
        }

        payload = malloc(size + 1);
        if (!payload) {
                thon_mqtt_reply_error(m, &message, "no-memory", "no memory for %zu bytes", size);
                return;
        }
        if (size > 0)
                memcpy(payload, received->payload, size);
        payload[size] = '\0';
        message.payload = payload;
        if (m->ops.on_message)
                m->ops.on_message(&message, m->userdata);
}

void thon_mqtt_hook(struct thon_mqtt *m)
{
        mosquitto_publish_v5_callback_set(m->session, on_publish);
        mosquitto_subscribe_v5_callback_set(m->session, on_subscribe);
        mosquitto_message_v5_callback_set(m->session, on_message);
}

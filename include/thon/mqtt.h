/* MQTT 5 on the loop: one connection, kept up for ever, with the last will of a daemon.
 *
 * Traps of libmosquitto in an external loop and how each is met are told in src/platform/mqtt.c. The broker may be
 * down at start and at any time: nothing here fails a daemon. Publishing while the connection is down is refused with
 * -ENOTCONN, since retained state is published anew on every connect (on_connect) and events have their own outbox. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/clock.h"
#include "thon/conf.h"
#include "thon/json.h"

#define THON_MQTT_PAYLOAD_MAX 65536
#define THON_MQTT_TOPIC_MAX   512

struct thon_mqtt;

struct thon_mqtt_message {
        const char *topic;   /* below the root: "light/duong-lang/set"; whole when outside of it. Borrowed. */
        const char *payload; /* NUL-terminated copy; valid UTF-8, at most THON_MQTT_PAYLOAD_MAX. Borrowed. */
        size_t size;
        bool retained;
        const char *response_topic; /* NULL: nobody waits. Borrowed. */
        const void *correlation;
        size_t correlation_size;
};

struct thon_mqtt_ops {
        /* Connected (again): publish every retained state. Subscriptions were renewed. */
        void (*on_connect)(void *userdata);
        void (*on_disconnect)(void *userdata);
        void (*on_message)(const struct thon_mqtt_message *message, void *userdata);
};

struct thon_mqtt_options {
        const struct thon_site_conf *site; /* broker, credential, site id: root is thon/1/<site>/ */
        const char *client_id;             /* "thon-lightd" */
        const char *status_topic;          /* "status/lightd": retained online/offline with last will; NULL: none */
        const char *node;                  /* host name for the status */
        unsigned keepalive_s;              /* 0: 30 */
};

int thon_mqtt_new(sd_event *event, const struct thon_mqtt_options *options, const struct thon_mqtt_ops *ops,
                  void *userdata, struct thon_mqtt **ret);
/* Publishes the status "offline" and waits for nothing. */
struct thon_mqtt *thon_mqtt_free(struct thon_mqtt *mqtt);

bool thon_mqtt_connected(const struct thon_mqtt *mqtt);
const char *thon_mqtt_root(const struct thon_mqtt *mqtt); /* "thon/1/chi-phuc/" */

/* Remembered, and renewed on every connect. A topic that begins with "/" is absolute (without the slash), else it is
 * below the root. Filters are MQTT's. */
int thon_mqtt_subscribe(struct thon_mqtt *mqtt, const char *filter);
int thon_mqtt_unsubscribe(struct thon_mqtt *mqtt, const char *filter);

/* QoS 1. 0, -ENOTCONN, -EMSGSIZE. Topic as in subscribe. */
int thon_mqtt_publish(struct thon_mqtt *mqtt, const char *topic, const char *payload, bool retain);
int thon_mqtt_publish_json(struct thon_mqtt *mqtt, const char *topic, const json_t *payload, bool retain);

/* The health object of the status topic changed: published now and on every connect. Steals the reference. */
void thon_mqtt_health(struct thon_mqtt *mqtt, json_t *health);

/* Answers a command when somebody waits: {"ok":true,...extra} or {"ok":false,"error":slug,"detail":text}. `extra` may
 * be NULL; its reference is stolen. */
void thon_mqtt_reply_ok(struct thon_mqtt *mqtt, const struct thon_mqtt_message *request, json_t *extra);
void thon_mqtt_reply_error(struct thon_mqtt *mqtt, const struct thon_mqtt_message *request, const char *error,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* For thonctl: one command with its answer, and a look at retained topics, blocking with a deadline. */
struct thon_mqtt_client;
int thon_mqtt_client_open(const struct thon_site_conf *site, unsigned timeout_ms, struct thon_mqtt_client **ret,
                          char **ret_error);
struct thon_mqtt_client *thon_mqtt_client_close(struct thon_mqtt_client *client);
/* The reply document, or -ETIMEDOUT (nobody answered), -ECONNREFUSED, -EBADMSG. */
int thon_mqtt_client_call(struct thon_mqtt_client *client, const char *topic, const json_t *payload,
                          unsigned timeout_ms, json_t **ret);
/* All retained messages below a filter: {"topic": document, ...}; ends with the broker's answer to a probe, not after
 * a fixed time. */
int thon_mqtt_client_retained(struct thon_mqtt_client *client, const char *filter, unsigned timeout_ms,
                              json_t **ret);
int thon_mqtt_client_publish(struct thon_mqtt_client *client, const char *topic, const char *payload, bool retain,
                             unsigned timeout_ms);

/* The inside of a daemon's connection, shared by mqtt.c (the connection), mqtt_message.c (what goes over it)
 * and mqtt_status.c (what we say of ourselves). */
#pragma once

#include "mqtt_pending.h"
#include "mqtt_wire.h"
#include "thon/mqtt.h"
#include "thon/zone.h"

/* Seconds between two lines of log about the same kind of trouble. */
#define THON_MQTT_LOG_INTERVAL 60

enum thon_mqtt_state { THON_MQTT_DOWN, THON_MQTT_CONNECTING, THON_MQTT_UP };

/* What the log says of the present outage. */
enum thon_mqtt_told { THON_TOLD_NOTHING, THON_TOLD_AWAY, THON_TOLD_REFUSED };

struct thon_mqtt_subscription {
        char *filter;
        int qos;
        int mid; /* of the request under way, so that a refusal can name the filter */
};

struct thon_mqtt {
        sd_event *event;
        struct thon_site_conf site; /* broker and id only, owned */
        char *client_id;
        char *root;
        char *status_topic; /* whole; NULL: none */
        char *node;
        unsigned keepalive_s, session_expiry_s;
        const struct thon_clock *clock;
        struct thon_zone *zone; /* of the site; UTC when it is not known */
        struct thon_mqtt_ops ops;
        void *userdata;

        struct mosquitto *session;
        sd_event_source *io;
        sd_event_source *timer; /* next try, limit of connecting, or keepalive: by state */
        enum thon_mqtt_state state;
        bool greeted; /* the CONNACK said yes; settle() does the rest */
        bool lost;    /* the library gave the connection up; settle() does the rest */
        bool held;    /* nothing is written now */
        bool reading; /* the library may be calling us */
        bool refused; /* `reason` is one that waiting will not mend */
        char reason[256];
        unsigned tries;
        uint64_t up_since_us;

        struct thon_mqtt_subscription *subscriptions;
        size_t n_subscriptions;
        struct thon_pending pending;
        json_t *health;
        struct thon_mono began; /* "since" of online */

        enum thon_mqtt_told told;
        unsigned long log_lost[THON_TOLD_REFUSED + 1], log_denied, log_bad;
};

/* mqtt.c: after everything that may have queued output. */
void thon_mqtt_rearm(struct thon_mqtt *m);

/* mqtt_message.c: sets the callbacks of messages on a new session; renews the subscriptions on a new connection. */
void thon_mqtt_hook(struct thon_mqtt *m);
void thon_mqtt_renew(struct thon_mqtt *m);
void thon_mqtt_subscriptions_clear(struct thon_mqtt *m);
/* QoS 1; `topic` is whole; `tag` may be NULL. Errors as thon_mqtt_publish(). */
int thon_mqtt_send(struct thon_mqtt *m, const char *topic, const char *payload, bool retain,
                   const mosquitto_property *properties, const int64_t *tag);

/* mqtt_status.c. Payloads of the last will and of a clean end: the caller's, NULL when there is no memory. */
char *thon_mqtt_status_will(const struct thon_mqtt *m);
char *thon_mqtt_status_offline(const struct thon_mqtt *m);
void thon_mqtt_status_publish(struct thon_mqtt *m);

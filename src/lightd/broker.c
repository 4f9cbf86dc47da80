/* The connection to the broker: what is told at every connect, and where each message goes. The broker may be away at any
 * time; nothing of the light waits for it. */
#include <stdio.h>
#include <string.h>

#include "lightd.h"
#include "thon/homeassistant.h"

/* Several writes of a person come together: one plan is made of them. */
#define GATHER_US UINT64_C(200000)

/* Far relays are told anew: an order that was given while nobody listened is lost, and one that only obeys will never
 * contradict. */
static void on_connect(void *userdata)
{
        struct lightd *d = userdata;

        for (size_t i = 0; i < d->runtime.n; i++)
                thon_circuit_remote_online(&d->runtime.circuits[i].state, true, lightd_now(d));
        thon_outbox_connected(d->outbox);
        d->generation_told = -1;
        lightd_plan_load(d);
        lightd_plan_publish(d);
        lightd_publish_all(d);
        thon_outbox_flush(d->outbox, d->mqtt);
        lightd_look(d);
}

/* Only what was refused for want of room: everything again would fill that room before the rest had its turn. */
static void on_room(void *userdata)
{
        struct lightd *d = userdata;

        if (!d->told_all)
                lightd_publish_all(d);
        lightd_plan_publish(d);
        thon_outbox_flush(d->outbox, d->mqtt);
        lightd_look(d);
}

/* A cabinet takes its own plan; the commune's machine remembers from these whom it ever gave one. */
static void on_plan(struct lightd *d, const char *node, const struct thon_mqtt_message *message)
{
        struct thon_json_error error = {""};

        if (message->size == 0)
                return;
        if (d->conf.plan == THON_PLAN_REGISTRY) {
                if (!thon_slug_valid(node) || json_object_get(d->nodes, node))
                        return;
                (void)json_object_set_new(d->nodes, node, json_true());
                d->generation_told = -1;
                lightd_alarm_within(d, d->replan, GATHER_US);
        } else if (strcmp(node, d->conf.node) == 0 &&
                   lightd_plan_take(d, message->payload, message->size, &error) == 0)
                lightd_look(d);
}

static void on_message(const struct thon_mqtt_message *message, void *userdata)
{
        struct lightd *d = userdata;

        if (strncmp(message->topic, "light/plan/", 11) == 0) {
                on_plan(d, message->topic + 11, message);
        } else if (strcmp(message->topic, THON_OUTBOX_READER) == 0) {
                thon_outbox_reader(d->outbox, d->mqtt, message);
        } else if (strcmp(message->topic, "registry/changed") == 0) {
                lightd_alarm_within(d, d->replan, GATHER_US);
        } else if (lightd_relay_message(d, message)) {
                lightd_look(d);
        } else if (strncmp(message->topic, "light/", 6) == 0) {
                lightd_command(d, message);
        } else if (d->site.ha_discovery && strcmp(message->payload, "online") == 0) {
                /* Home Assistant came back and wants to hear everything again. */
                lightd_publish_all(d);
        }
}

static void on_published(int64_t tag, int error, void *userdata)
{
        (void)error; /* refused for good: kept, it would be refused again at every connect */
        thon_outbox_taken(((struct lightd *)userdata)->outbox, tag);
}

static const struct thon_mqtt_ops mqtt_ops = {
        .on_connect = on_connect,
        .on_message = on_message,
        .on_published = on_published,
        .on_room = on_room,
};

void lightd_status_topic(const struct lightd *d, char buf[static LIGHTD_STATUS_TOPIC])
{
        snprintf(buf, LIGHTD_STATUS_TOPIC, "status/lightd%s%s", d->conf.node[0] ? "-" : "", d->conf.node);
}

int lightd_broker_connect(struct lightd *d)
{
        char status[LIGHTD_STATUS_TOPIC], client[THON_SLUG_MAX + 32];
        struct thon_mqtt_options options = {
                .site = &d->site,
                .client_id = client,
                .status_topic = status,
                .clock = d->clock,
        };
        char topic[128];
        int r;

        /* A cabinet's lightd on the commune's broker is another client with a status of its own. */
        snprintf(client, sizeof(client), "thon-lightd%s%s", d->conf.node[0] ? "-" : "", d->conf.node);
        lightd_status_topic(d, status);
        r = thon_mqtt_new(d->event, &options, &mqtt_ops, d, &d->mqtt);
        if (r < 0)
                return r;
        static const char *const filters[] = {"light/+/set", "light/+/meter", "light/+/lockout",
                                              "registry/changed"};
        for (size_t i = 0; r == 0 && i < sizeof(filters) / sizeof(filters[0]); i++)
                r = thon_mqtt_subscribe(d->mqtt, filters[i]);
        if (r == 0) {
                snprintf(topic, sizeof(topic), "light/plan/%s",
                         d->conf.plan == THON_PLAN_MQTT ? d->conf.node : "+");
                r = thon_mqtt_subscribe(d->mqtt, topic);
        }
        if (r == 0)
                r = thon_mqtt_subscribe_states(d->mqtt, THON_OUTBOX_READER);
        if (r == 0)
                r = thon_ha_subscribe(d->mqtt, &d->site);
        return r;
}

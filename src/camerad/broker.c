/* The connection to the broker: what is told at every connect, and where each message goes. The broker may be away at any
 * time; no check waits for it. */
#include <string.h>

#include "camerad.h"
#include "thon/homeassistant.h"

/* Several writes of a person come together: one reading is made of them. */
#define GATHER_US UINT64_C(200000)

static void on_connect(void *userdata)
{
        struct camerad *d = userdata;

        thon_outbox_connected(d->outbox);
        camerad_devices_load(d, false);
        camerad_heal_subscribe(d);
        camerad_publish_all(d);
        thon_outbox_flush(d->outbox, d->mqtt);
}

static void on_room(void *userdata)
{
        struct camerad *d = userdata;

        if (!d->told_all)
                camerad_publish_all(d);
        thon_outbox_flush(d->outbox, d->mqtt);
}

static void on_published(int64_t tag, int error, void *userdata)
{
        struct camerad *d = userdata;

        (void)error; /* refused for good: kept, it would be refused again at every connect */
        thon_outbox_taken(d->outbox, tag);
}

static void on_message(const struct thon_mqtt_message *message, void *userdata)
{
        struct camerad *d = userdata;

        if (strcmp(message->topic, "registry/changed") == 0)
                camerad_alarm_within(d, d->reload, GATHER_US);
        else if (strcmp(message->topic, THON_OUTBOX_READER) == 0)
                thon_outbox_reader(d->outbox, d->mqtt, message);
        else if (strncmp(message->topic, "camera/", 7) == 0)
                camerad_command(d, message);
        else if (!camerad_heal_message(d, message) && d->site.ha_discovery &&
                 strcmp(message->payload, "online") == 0)
                camerad_publish_all(d); /* Home Assistant came back and wants to hear everything again */
}

static const struct thon_mqtt_ops mqtt_ops = {
        .on_connect = on_connect,
        .on_message = on_message,
        .on_published = on_published,
        .on_room = on_room,
};

int camerad_broker_connect(struct camerad *d)
{
        static const char *const filters[] = {"camera/+/check",       "camera/+/power-cycle",
                                              "camera/+/maintenance", "camera/+/relearn",
                                              "camera/discover",      "registry/changed"};
        struct thon_mqtt_options options = {
                .site = &d->site,
                .client_id = "thon-camerad",
                .status_topic = "status/camerad",
                .clock = d->clock,
        };
        int r;

        r = thon_mqtt_new(d->event, &options, &mqtt_ops, d, &d->mqtt);
        for (size_t i = 0; r == 0 && i < sizeof(filters) / sizeof(filters[0]); i++)
                r = thon_mqtt_subscribe(d->mqtt, filters[i]);
        if (r == 0)
                r = thon_mqtt_subscribe_states(d->mqtt, THON_OUTBOX_READER);
        if (r == 0)
                r = thon_ha_subscribe(d->mqtt, &d->site);
        return r;
}

/* The connection to the broker: what is told at every connect, and where each message goes. The broker may be away
 * at any time; no announcement waits for it. */
#include <string.h>

#include "announced.h"

static void on_connect(void *userdata)
{
        struct announced *d = userdata;

        thon_outbox_connected(d->outbox);
        plant_connected(d->plant);
        announced_publish_all(d);
        thon_outbox_flush(d->outbox, d->mqtt);
}

static void on_room(void *userdata)
{
        struct announced *d = userdata;

        if (!d->told_all)
                announced_publish_all(d);
        thon_outbox_flush(d->outbox, d->mqtt);
}

static void on_published(int64_t tag, int error, void *userdata)
{
        struct announced *d = userdata;

        (void)error; /* refused for good: kept, it would be refused again at every connect */
        thon_outbox_taken(d->outbox, tag);
}

static void on_message(const struct thon_mqtt_message *message, void *userdata)
{
        struct announced *d = userdata;

        if (strcmp(message->topic, THON_OUTBOX_READER) == 0)
                thon_outbox_reader(d->outbox, d->mqtt, message);
        else if (plant_message(d->plant, message))
                announced_publish_soon(d);
        else if (strcmp(message->topic, "announce/cap") == 0)
                announced_alert_command(d, message);
        else if (strncmp(message->topic, "announce/", 9) == 0)
                announced_command(d, message);
}

static const struct thon_mqtt_ops mqtt_ops = {
        .on_connect = on_connect,
        .on_message = on_message,
        .on_published = on_published,
        .on_room = on_room,
};

int announced_broker_connect(struct announced *d)
{
        static const char *const filters[] = {"announce/submit", "announce/cap", "announce/+/edit",
                                              "announce/+/approve", "announce/+/cancel"};
        struct thon_mqtt_options options = {
                .site = &d->site,
                .client_id = "thon-announced",
                .status_topic = "status/announced",
                .clock = d->clock,
        };
        int r;

        r = thon_mqtt_new(d->event, &options, &mqtt_ops, d, &d->mqtt);
        for (size_t i = 0; r == 0 && i < sizeof(filters) / sizeof(filters[0]); i++)
                r = thon_mqtt_subscribe(d->mqtt, filters[i]);
        if (r == 0)
                r = thon_mqtt_subscribe_states(d->mqtt, THON_OUTBOX_READER);
        return r;
}

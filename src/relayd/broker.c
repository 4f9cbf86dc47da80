/* The connection to the broker. Its session outlives us: what others tell while relayd restarts waits at the broker, and
 * what we had not stored yet when we were killed comes again (batch.c holds the acknowledgement back). */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "store_down.h"

/* Longer than any repair of a machine that still has its store. */
#define SESSION_S (3u * 86400)

static void on_connect(void *userdata)
{
        struct relayd *d = userdata;

        relayd_publish_all(d);
        relayd_events_lost(d);
        relayd_events_flush(d);
        relayd_watch_connected(d, true);
        relayd_store_connected(d);
}

static void on_disconnect(void *userdata)
{
        relayd_watch_connected(userdata, false);
}

static void on_room(void *userdata)
{
        struct relayd *d = userdata;

        relayd_events_flush(d);
}

static void on_published(int64_t tag, int error, void *userdata)
{
        (void)error; /* refused for good: kept, it would be refused again at every connect */
        if (tag == RELAYD_STORE_END_TAG)
                relayd_store_end_taken(userdata);
        else
                relayd_events_taken(userdata, tag);
}

static bool begins(const char *topic, const char *prefix)
{
        return strncmp(topic, prefix, strlen(prefix)) == 0;
}

static void on_message(const struct thon_mqtt_message *message, void *userdata)
{
        struct relayd *d = userdata;

        if (strcmp(message->topic, "event/store-down") == 0) {
                /* Ours, and told: routes would keep it in the store. */
        } else if (begins(message->topic, "event/")) {
                /* Their batch ends when nothing more is there to read: a storm is not a commit an event, for then the
                 * broker's queue would run over. */
                relayd_route_message(d, message);
        } else if (begins(message->topic, "status/")) {
                relayd_watch_message(d, message->topic + strlen("status/"), message);
                relayd_store_message(d, message->topic + strlen("status/"), message);
        } else if (begins(message->topic, "inbound/")) {
                relayd_inbound_webhook(d, message->topic + strlen("inbound/"), message);
        } else if (begins(message->topic, "report/")) {
                relayd_report_command(d, message);
        } else if (begins(message->topic, "notify/")) {
                relayd_command(d, message);
        }
}

static const struct thon_mqtt_ops mqtt_ops = {
        .on_connect = on_connect,
        .on_disconnect = on_disconnect,
        .on_message = on_message,
        .on_published = on_published,
        .on_room = on_room,
};

int relayd_broker_connect(struct relayd *d)
{
        static const char *const filters[] = {"notify/submit",  "notify/+/ack",    "notify/+/resolve",
                                              "notify/+/retry", "notify/+/cancel", "report/+/set",
                                              "inbound/+",      "event/#",         "notify/erase"};
        struct thon_mqtt_options options = {
                .site = &d->site,
                .client_id = "thon-relayd",
                .status_topic = "status/relayd",
                .clock = d->clock,
                .session_expiry_s = SESSION_S,
        };
        int r;

        r = thon_mqtt_new(d->event, &options, &mqtt_ops, d, &d->mqtt);
        for (size_t i = 0; r == 0 && i < sizeof(filters) / sizeof(filters[0]); i++)
                r = thon_mqtt_subscribe(d->mqtt, filters[i]);
        if (r == 0)
                r = thon_mqtt_subscribe_states(d->mqtt, "status/+");
        return r;
}

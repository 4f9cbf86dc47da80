/* The connection to the broker. Its session outlives us: what others tell while relayd restarts waits at the broker. */
#include <string.h>
#include <unistd.h>

#include "relayd.h"

/* Longer than any repair of a machine that still has its store. */
#define SESSION_S (3u * 86400)

static void on_connect(void *userdata)
{
        (void)userdata;
}

static void on_message(const struct thon_mqtt_message *message, void *userdata)
{
        (void)message;
        (void)userdata;
}

static const struct thon_mqtt_ops mqtt_ops = {
        .on_connect = on_connect,
        .on_message = on_message,
};

int relayd_broker_connect(struct relayd *d)
{
        static const char *const filters[] = {"notify/submit",  "notify/+/ack",    "notify/+/resolve",
                                              "notify/+/retry", "notify/+/cancel", "report/+/set",
                                              "inbound/+",      "event/#",         "registry/changed"};
        char node[256] = "";
        struct thon_mqtt_options options = {
                .site = &d->site,
                .client_id = "thon-relayd",
                .status_topic = "status/relayd",
                .node = node,
                .clock = d->clock,
                .session_expiry_s = SESSION_S,
        };
        int r;

        if (gethostname(node, sizeof(node) - 1) < 0)
                node[0] = '\0';
        r = thon_mqtt_new(d->event, &options, &mqtt_ops, d, &d->mqtt);
        for (size_t i = 0; r == 0 && i < sizeof(filters) / sizeof(filters[0]); i++)
                r = thon_mqtt_subscribe(d->mqtt, filters[i]);
        return r;
}

/* One relay, near or far. A GPIO line is requested with the level that holds now, so that no request is ever an edge; a
 * far one is told and believed only when it answers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lightd.h"

int lightd_relay_open(struct lightd_circuit *c, bool initial)
{
        const struct thon_relay_conf *conf = &c->state.conf->relay;
        struct lightd_relay *relay = &c->relay;

        snprintf(relay->reply_to, sizeof(relay->reply_to), "thon-%.63s-%.63s", c->daemon->site.id,
                 c->state.conf->id);
        if (conf->kind == THON_RELAY_MQTT)
                return 0;
        /* Handed over by another circuit, it stands as that one had it. */
        if (relay->line)
                return relay->told_on == initial ? 0 : lightd_relay_set(c, initial);
        relay->error = thon_gpio_output_open(c->daemon->gpio, &conf->gpio, c->state.conf->id, initial,
                                             &relay->line);
        if (relay->error == 0)
                relay->told_on = initial;
        return relay->error;
}

static int tell(struct lightd *d, const struct lightd_message *message)
{
        char topic[LIGHTD_TOPIC_MAX + 1];

        if (message->topic[0] == '\0')
                return -EMSGSIZE;
        if (!thon_mqtt_connected(d->mqtt))
                return -ENOTCONN;
        snprintf(topic, sizeof(topic), "/%s", message->topic);
        return thon_mqtt_publish(d->mqtt, topic, message->payload, false);
}

int lightd_relay_set(struct lightd_circuit *c, bool on)
{
        const struct thon_relay_conf *conf = &c->state.conf->relay;
        struct lightd_relay *relay = &c->relay;
        struct lightd_message message;

        switch (conf->kind) {
        case THON_RELAY_GPIO:
                if (!relay->line) {
                        (void)lightd_relay_open(c, on);
                        return relay->error;
                }
                relay->error = thon_gpio_output_set(relay->line, on);
                /* The chip went away: a later try opens the line on the one that comes back. */
                if (relay->error == -ENODEV)
                        relay->line = thon_gpio_output_close(relay->line);
                break;
        case THON_RELAY_MQTT:
                lightd_driver_command(conf, relay->reply_to, on, &message);
                relay->error = tell(c->daemon, &message);
                break;
        }
        if (relay->error == 0)
                relay->told_on = on;
        return relay->error;
}

void lightd_relay_query(struct lightd_circuit *c)
{
        struct lightd_message message;

        if (c->state.conf->relay.kind != THON_RELAY_MQTT)
                return;
        lightd_driver_query(&c->state.conf->relay, c->relay.reply_to, &message);
        /* While the broker is away there is nobody to ask; the state machine asks again. */
        (void)tell(c->daemon, &message);
}

void lightd_relay_subscribe(struct lightd_circuit *c, bool subscribe)
{
        char topic[LIGHTD_TOPIC_MAX + 1] = "/";

        if (c->state.conf->relay.kind != THON_RELAY_MQTT || !c->daemon->mqtt)
                return;
        for (size_t i = 0; lightd_driver_topic(&c->state.conf->relay, c->relay.reply_to, i, topic + 1);
             i++) {
                if (topic[1] == '\0')
                        continue;
                if (subscribe)
                        (void)thon_mqtt_subscribe(c->daemon->mqtt, topic);
                else
                        (void)thon_mqtt_unsubscribe(c->daemon->mqtt, topic);
        }
}

bool lightd_relay_message(struct lightd *d, const struct thon_mqtt_message *message)
{
        struct thon_instant now = lightd_now(d);
        bool understood = false;

        /* Two circuits may be two channels of one device: every one of them reads the report. */
        for (size_t i = 0; i < d->runtime.n; i++) {
                struct lightd_circuit *c = &d->runtime.circuits[i];
                struct lightd_report report;

                if (c->state.conf->relay.kind != THON_RELAY_MQTT ||
                    !lightd_driver_read(&c->state.conf->relay, c->relay.reply_to, message->topic,
                                        message->payload, message->size, &report))
                        continue;
                understood = true;
                if (report.is_online)
                        thon_circuit_remote_online(&c->state, report.online, now);
                else if (!message->retained)
                        thon_circuit_remote(&c->state, report.state, report.kwh, report.watts, now);
        }
        return understood;
}

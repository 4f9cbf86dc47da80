/* MQTT relays of other makers as data: where to send a command, how to ask, and how to read what they report.
 * Topics and payloads of Tasmota, Shelly Gen2+, Zigbee2MQTT and of plain topics; sources in docs/mqtt-relays.md. */
#pragma once

#include "thon/light_control.h"

#define LIGHTD_TOPIC_MAX   256
#define LIGHTD_REPORTS_MAX 6

/* One message to a device: absolute topic and payload. */
struct lightd_message {
        char topic[LIGHTD_TOPIC_MAX];
        char payload[384];
};

/* `reply_to` is the topic prefix at which a device answers us (Shelly's src): "thon-<site>-<circuit>". */
void lightd_driver_command(const struct thon_relay_conf *relay, const char *reply_to, bool on,
                           struct lightd_message *ret);
void lightd_driver_query(const struct thon_relay_conf *relay, const char *reply_to,
                         struct lightd_message *ret);

/* The i-th topic on which the device reports; false when there are no more. */
bool lightd_driver_topic(const struct thon_relay_conf *relay, const char *reply_to, size_t i,
                         char ret[static LIGHTD_TOPIC_MAX]);

struct lightd_report {
        bool is_state; /* the device told its own state (or energy); else see is_online */
        enum thon_tri state;
        double kwh, watts; /* < 0: not in this report */
        bool is_online, online;
};

/* Reads a report that came on one of the topics above. False when it says nothing that we know; hostile input is
 * simply not understood. */
bool lightd_driver_read(const struct thon_relay_conf *relay, const char *reply_to, const char *topic,
                        const char *payload, size_t size, struct lightd_report *ret);

/* Reports of MQTT relays of every make: byte 0 chooses driver and channel, byte 1 the topic, the rest is the payload. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lightd/driver.h"
#include "thon/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct thon_relay_conf relay = {.kind = THON_RELAY_MQTT, .topic = "tu-3/rele"};
        struct lightd_report report = {0};
        char topic[LIGHTD_TOPIC_MAX];

        if (size < 2)
                return 0;
        relay.driver = (enum thon_relay_driver)(data[0] & 3);
        relay.channel = data[0] >> 2;
        if (!lightd_driver_topic(&relay, "thon-x-duong-lang", data[1] % LIGHTD_REPORTS_MAX, topic))
                return 0;
        /* As mqtt.c gives it: a copy that ends with NUL and has none inside. */
        _cleanup_free_ char *payload = malloc(size - 1);
        if (!payload)
                return 0;
        memcpy(payload, data + 2, size - 2);
        payload[size - 2] = '\0';
        size_t length = strlen(payload);
        if (lightd_driver_read(&relay, "thon-x-duong-lang", topic, payload, length, &report) &&
            (report.kwh >= 1e12 || report.watts >= 1e12))
                abort();
        return 0;
}

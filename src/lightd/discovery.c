/* Home Assistant device discovery: one retained document a circuit, off unless thon.conf says so. Our own topics stay as
 * they are; templates read them. Facts of the format: Home Assistant's MQTT documentation. */
#include <stdio.h>
#include <string.h>

#include "lightd.h"
#include "thon/log.h"

static void topic_of(const struct lightd *d, const char *circuit, char *buf, size_t size)
{
        snprintf(buf, size, "/%.64s/device/thon_%.63s_light_%.63s/config", d->site.ha_prefix, d->site.id,
                 circuit);
}

static json_t *component(const char *platform, const char *unique, const char *name, const char *template)
{
        return json_pack("{s:s,s:s,s:s,s:s}", "platform", platform, "unique_id", unique, "name", name,
                         "value_template", template);
}

static json_t *components(const struct lightd *d, const struct lightd_circuit *c)
{
        const char *id = c->state.conf->id, *root = thon_mqtt_root(d->mqtt);
        char unique[3][2 * THON_SLUG_MAX + 32], command[THON_MQTT_TOPIC_MAX], entity[2 * THON_SLUG_MAX + 48];
        json_t *all = json_object(), *one;

        snprintf(command, sizeof(command), "%slight/%s/set", root, id);
        snprintf(unique[0], sizeof(unique[0]), "thon_%s_light_%s", d->site.id, id);
        snprintf(unique[1], sizeof(unique[1]), "thon_%s_light_%s_fault", d->site.id, id);
        snprintf(unique[2], sizeof(unique[2]), "thon_%s_light_%s_kwh", d->site.id, id);
        snprintf(entity, sizeof(entity), "switch.%s", unique[0]);
        for (char *p = entity; *p; p++)
                if (*p == '-')
                        *p = '_';

        one = component("switch", unique[0], c->state.conf->equipment ? "Nguồn" : "Đèn",
                        "{{ 'ON' if value_json.in_effect == 'on' else 'OFF' }}");
        (void)json_object_set_new(one, "command_topic", json_string(command));
        (void)json_object_set_new(one, "default_entity_id", json_string(entity));
        (void)json_object_set_new(all, "light", one);

        one = component("binary_sensor", unique[1], "Sự cố", "{{ 'ON' if value_json.faults else 'OFF' }}");
        (void)json_object_set_new(one, "device_class", json_string("problem"));
        (void)json_object_set_new(one, "entity_category", json_string("diagnostic"));
        (void)json_object_set_new(all, "fault", one);

        if (thon_circuit_kwh(&c->state) >= 0) {
                one = component("sensor", unique[2], "Điện năng", "{{ value_json.kwh }}");
                (void)json_object_set_new(one, "device_class", json_string("energy"));
                (void)json_object_set_new(one, "unit_of_measurement", json_string("kWh"));
                (void)json_object_set_new(one, "state_class", json_string("total_increasing"));
                (void)json_object_set_new(all, "kwh", one);
        }
        return all;
}

void lightd_discovery_publish(struct lightd *d, const struct lightd_circuit *c)
{
        char topic[THON_MQTT_TOPIC_MAX], state[THON_MQTT_TOPIC_MAX], status[THON_MQTT_TOPIC_MAX];
        char identifier[2 * THON_SLUG_MAX + 32], own[LIGHTD_STATUS_TOPIC];
        const char *root = thon_mqtt_root(d->mqtt);
        json_t *doc;
        int r;

        if (!d->site.ha_discovery || !thon_mqtt_connected(d->mqtt))
                return;
        topic_of(d, c->state.conf->id, topic, sizeof(topic));
        snprintf(state, sizeof(state), "%slight/%s/state", root, c->state.conf->id);
        lightd_status_topic(d, own);
        snprintf(status, sizeof(status), "%s%s", root, own);
        snprintf(identifier, sizeof(identifier), "thon_%s_light_%s", d->site.id, c->state.conf->id);
        doc = json_pack("{s:{s:[s],s:s,s:s,s:s,s:s},s:{s:s,s:s},s:[{s:s,s:s,s:s,s:s}],s:s,s:s,s:i,s:o}",
                        "device", "identifiers", identifier, "name",
                        c->state.conf->name ? c->state.conf->name : c->state.conf->id, "manufacturer",
                        "Thôn", "model", c->state.conf->equipment ? "Nguồn thiết bị" : "Tuyến đèn",
                        "sw_version", THON_VERSION, "origin", "name", "Thôn", "sw_version", THON_VERSION,
                        "availability", "topic", status, "value_template", "{{ value_json.state }}",
                        "payload_available", "online", "payload_not_available", "offline", "state_topic",
                        state, "json_attributes_topic", state, "qos", 1, "components", components(d, c));
        if (!doc)
                return;
        r = thon_mqtt_publish_json(d->mqtt, topic, doc, true);
        if (r < 0) {
                thon_debug("%s: discovery not published: %s", topic, strerror(-r));
                d->told_all = false;
        }
        json_decref(doc);
}

void lightd_discovery_remove(struct lightd *d, const char *circuit)
{
        char topic[THON_MQTT_TOPIC_MAX];

        if (!d->site.ha_discovery || !thon_mqtt_connected(d->mqtt))
                return;
        topic_of(d, circuit, topic, sizeof(topic));
        (void)thon_mqtt_publish(d->mqtt, topic, "", true);
}

/* What a circuit is to Home Assistant. */
#include <stdio.h>
#include <string.h>

#include "lightd.h"
#include "thon/homeassistant.h"
#include "thon/log.h"

static json_t *component(const char *platform, const char *unique, const char *name, const char *template)
{
        return json_pack("{s:s,s:s,s:s,s:s}", "platform", platform, "unique_id", unique, "name", name,
                         "value_template", template);
}

static json_t *components(const struct lightd *d, const struct lightd_circuit *c)
{
        const char *id = c->state.conf->id, *root = thon_mqtt_root(d->mqtt);
        char unique[THON_HA_UNIQUE_MAX], fault[THON_HA_UNIQUE_MAX + 8], kwh[THON_HA_UNIQUE_MAX + 8];
        char command[THON_MQTT_TOPIC_MAX], entity[THON_HA_ENTITY_MAX];
        json_t *all = json_object(), *one;

        snprintf(command, sizeof(command), "%slight/%s/set", root, id);
        thon_ha_unique(&d->site, "light", id, unique);
        snprintf(fault, sizeof(fault), "%s_fault", unique);
        snprintf(kwh, sizeof(kwh), "%s_kwh", unique);

        one = component("switch", unique, c->state.conf->equipment ? "Nguồn" : "Đèn",
                        "{{ 'ON' if value_json.in_effect == 'on' else 'OFF' }}");
        (void)json_object_set_new(one, "command_topic", json_string(command));
        (void)json_object_set_new(one, "default_entity_id",
                                  json_string(thon_ha_entity("switch", unique, entity)));
        (void)json_object_set_new(all, "light", one);

        one = component("binary_sensor", fault, "Sự cố", "{{ 'ON' if value_json.faults else 'OFF' }}");
        (void)json_object_set_new(one, "device_class", json_string("problem"));
        (void)json_object_set_new(one, "entity_category", json_string("diagnostic"));
        (void)json_object_set_new(all, "fault", one);

        if (thon_circuit_kwh(&c->state) >= 0) {
                one = component("sensor", kwh, "Điện năng", "{{ value_json.kwh }}");
                (void)json_object_set_new(one, "device_class", json_string("energy"));
                (void)json_object_set_new(one, "unit_of_measurement", json_string("kWh"));
                (void)json_object_set_new(one, "state_class", json_string("total_increasing"));
                (void)json_object_set_new(all, "kwh", one);
        }
        return all;
}

void lightd_discovery_publish(struct lightd *d, const struct lightd_circuit *c)
{
        const struct thon_circuit_conf *conf = c->state.conf;
        char status[LIGHTD_STATUS_TOPIC];
        int r;

        if (!d->site.ha_discovery || !thon_mqtt_connected(d->mqtt))
                return;
        lightd_status_topic(d, status);
        const struct thon_ha_device device = {
                .kind = "light",
                .id = conf->id,
                .name = conf->name ? conf->name : conf->id,
                .model = conf->equipment ? "Nguồn thiết bị" : "Tuyến đèn",
                .status = status,
                .components = components(d, c),
        };
        r = thon_ha_publish(d->mqtt, &d->site, &device);
        if (r < 0) {
                thon_debug("%s: discovery not published: %s", conf->id, strerror(-r));
                d->told_all = false;
        }
}

void lightd_discovery_remove(struct lightd *d, const char *circuit)
{
        int r = thon_ha_remove(d->mqtt, &d->site, "light", circuit);

        if (r < 0)
                thon_warning("%s may stay in Home Assistant: %s", circuit, strerror(-r));
}

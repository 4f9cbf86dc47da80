/* What daemons tell Home Assistant of their devices is alike but for the entities: here is what is alike, so that a trap of the
 * format is mended for all. */
#include "thon/homeassistant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *thon_ha_unique(const struct thon_site_conf *site, const char *kind, const char *id,
                           char buf[static THON_HA_UNIQUE_MAX])
{
        (void)snprintf(buf, THON_HA_UNIQUE_MAX, "thon_%.63s_%.15s_%.63s", site->id, kind, id);
        return buf;
}

const char *thon_ha_entity(const char *platform, const char *unique, char buf[static THON_HA_ENTITY_MAX])
{
        (void)snprintf(buf, THON_HA_ENTITY_MAX, "%s.%s", platform, unique);
        for (char *p = buf; *p; p++)
                if (*p == '-')
                        *p = '_';
        return buf;
}

/* Not below our root, hence the slash. */
static void topic_of(const struct thon_site_conf *site, const char *kind, const char *id,
                     char buf[static THON_MQTT_TOPIC_MAX])
{
        char unique[THON_HA_UNIQUE_MAX];

        (void)snprintf(buf, THON_MQTT_TOPIC_MAX, "/%.64s/device/%s/config", site->ha_prefix,
                       thon_ha_unique(site, kind, id, unique));
}

int thon_ha_publish(struct thon_mqtt *mqtt, const struct thon_site_conf *site,
                    const struct thon_ha_device *device)
{
        char topic[THON_MQTT_TOPIC_MAX], state[THON_MQTT_TOPIC_MAX], status[THON_MQTT_TOPIC_MAX],
                unique[THON_HA_UNIQUE_MAX];
        _cleanup_json_ json_t *components = device->components, *doc = NULL;
        const char *root = thon_mqtt_root(mqtt);

        if (!site->ha_discovery || !thon_mqtt_connected(mqtt))
                return 0;
        topic_of(site, device->kind, device->id, topic);
        (void)snprintf(state, sizeof(state), "%s%s/%s/state", root, device->kind, device->id);
        (void)snprintf(status, sizeof(status), "%s%s", root, device->status);
        doc = json_pack("{s:{s:[s],s:s,s:s,s:s,s:s},s:{s:s,s:s},s:[{s:s,s:s,s:s,s:s}],s:s,s:s,s:i,s:O}",
                        "device", "identifiers", thon_ha_unique(site, device->kind, device->id, unique),
                        "name", device->name, "manufacturer", "Thôn", "model", device->model, "sw_version",
                        THON_VERSION, "origin", "name", "Thôn", "sw_version", THON_VERSION, "availability",
                        "topic", status, "value_template", "{{ value_json.state }}", "payload_available",
                        "online", "payload_not_available", "offline", "state_topic", state,
                        "json_attributes_topic", state, "qos", 1, "components", components);
        return doc ? thon_mqtt_publish_json(mqtt, topic, doc, true) : -ENOMEM;
}

int thon_ha_remove(struct thon_mqtt *mqtt, const struct thon_site_conf *site, const char *kind,
                   const char *id)
{
        char topic[THON_MQTT_TOPIC_MAX];

        if (!site->ha_discovery || !thon_mqtt_connected(mqtt))
                return 0;
        topic_of(site, kind, id, topic);
        return thon_mqtt_publish(mqtt, topic, "", true);
}

int thon_ha_subscribe(struct thon_mqtt *mqtt, const struct thon_site_conf *site)
{
        char topic[THON_MQTT_TOPIC_MAX];

        if (!site->ha_discovery)
                return 0;
        (void)snprintf(topic, sizeof(topic), "/%.64s/status", site->ha_prefix);
        return thon_mqtt_subscribe(mqtt, topic);
}

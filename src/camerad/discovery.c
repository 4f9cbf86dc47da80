/* What a watched device is to Home Assistant. */
#include <stdio.h>
#include <string.h>

#include "camerad.h"
#include "thon/homeassistant.h"
#include "thon/log.h"

/* One entity of the device; its own id is the device's with its key. */
static json_t *add(json_t *all, const char *key, const char *platform, const char *unique, const char *name)
{
        json_t *one = json_pack("{s:s,s:o,s:s}", "platform", platform, "unique_id",
                                json_sprintf("%s_%s", unique, key), "name", name);

        (void)json_object_set_new(all, key, one);
        return one;
}

static void set(json_t *one, const char *member, const char *text)
{
        (void)json_object_set_new(one, member, json_string(text));
}

static void button(const struct camerad *d, json_t *all, const char *id, const char *key, const char *verb,
                   const char *unique, const char *name)
{
        char topic[THON_MQTT_TOPIC_MAX];
        json_t *one = add(all, key, "button", unique, name);

        snprintf(topic, sizeof(topic), "%scamera/%s/%s", thon_mqtt_root(d->mqtt), id, verb);
        set(one, "command_topic", topic);
        set(one, "payload_press", "{\"by\":\"home-assistant\"}");
        set(one, "entity_category", "diagnostic");
}

static json_t *components(const struct camerad *d, const struct camerad_device *c, const char *unique)
{
        char entity[THON_HA_ENTITY_MAX];
        json_t *all = json_object(), *one;

        one = add(all, "up", "binary_sensor", unique, "Hoạt động");
        set(one, "value_template", "{{ 'OFF' if value_json.down else 'ON' }}");
        set(one, "device_class", "connectivity");
        set(one, "default_entity_id", thon_ha_entity("binary_sensor", unique, entity));

        one = add(all, "problem", "binary_sensor", unique, "Sự cố");
        set(one, "value_template", "{{ 'OFF' if value_json.verdict in ['ok', 'unknown'] else 'ON' }}");
        set(one, "device_class", "problem");
        set(one, "entity_category", "diagnostic");

        one = add(all, "verdict", "sensor", unique, "Tình trạng");
        set(one, "value_template", "{{ value_json.sentence }}");
        set(one, "entity_category", "diagnostic");

        one = add(all, "uptime", "sensor", unique, "Tỷ lệ hoạt động 30 ngày");
        set(one, "value_template",
            "{{ None if value_json.uptime_30d is none else (value_json.uptime_30d * 100) | round(2) }}");
        set(one, "unit_of_measurement", "%");
        set(one, "state_class", "measurement");
        set(one, "entity_category", "diagnostic");

        if (c->conf->kind != THON_WATCH_MAINS)
                button(d, all, c->conf->id, "check", "check", unique, "Kiểm tra ngay");
        if (c->conf->power.circuit[0])
                button(d, all, c->conf->id, "power", "power-cycle", unique, "Tắt bật lại nguồn");
        return all;
}

static const char *model_of(enum thon_watch_kind kind)
{
        switch (kind) {
        case THON_WATCH_CAMERA:
                return "Camera";
        case THON_WATCH_SWITCH:
                return "Bộ chuyển mạch";
        case THON_WATCH_ACCESS_POINT:
                return "Điểm phát Wi-Fi";
        case THON_WATCH_HOST:
                return "Thiết bị mạng";
        case THON_WATCH_MAINS:
                break;
        }
        return "Điện lưới";
}

void camerad_discovery_publish(struct camerad *d, const struct camerad_device *c)
{
        char unique[THON_HA_UNIQUE_MAX];
        const char *id = c->conf->id;
        int r;

        if (!d->site.ha_discovery || !thon_mqtt_connected(d->mqtt))
                return;
        const struct thon_ha_device device = {
                .kind = "camera",
                .id = id,
                .name = c->conf->name && *c->conf->name ? c->conf->name : id,
                .model = model_of(c->conf->kind),
                .status = "status/camerad",
                .components = components(d, c, thon_ha_unique(&d->site, "camera", id, unique)),
        };
        r = thon_ha_publish(d->mqtt, &d->site, &device);
        if (r < 0) {
                thon_debug("%s: discovery not published: %s", id, strerror(-r));
                d->told_all = false;
        }
}

void camerad_discovery_remove(struct camerad *d, const char *id)
{
        int r = thon_ha_remove(d->mqtt, &d->site, "camera", id);

        if (r < 0)
                thon_warning("%s may stay in Home Assistant: %s", id, strerror(-r));
}

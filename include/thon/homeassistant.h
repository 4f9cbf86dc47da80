/* Home Assistant device discovery over MQTT: one retained document a device on <prefix>/device/<unique id>/config, off unless
 * thon.conf says so. Our own topics stay as they are; templates read them. Facts of the format: Home Assistant's MQTT
 * documentation. */
#pragma once

#include "thon/conf.h"
#include "thon/json.h"
#include "thon/mqtt.h"
#include "thon/slug.h"

#define THON_HA_UNIQUE_MAX (2 * THON_SLUG_MAX + 32)
#define THON_HA_ENTITY_MAX (THON_HA_UNIQUE_MAX + 32)

/* What all of a device's entities share. Borrowed. */
struct thon_ha_device {
        const char *kind, *id;    /* "light" or "camera", as in the topics of its state; its slug */
        const char *name, *model; /* for people */
        const char *status; /* topic of its daemon, below the root: it is available while that is online */
        json_t *components; /* key -> entity; stolen, NULL is without memory */
};

/* "thon_<site>_<kind>_<id>" */
const char *thon_ha_unique(const struct thon_site_conf *site, const char *kind, const char *id,
                           char buf[static THON_HA_UNIQUE_MAX]);
/* "<platform>.<unique id>", as Home Assistant writes it: without a hyphen. */
const char *thon_ha_entity(const char *platform, const char *unique, char buf[static THON_HA_ENTITY_MAX]);

/* 0 also where discovery is off or the broker away; else as thon_mqtt_publish(). */
int thon_ha_publish(struct thon_mqtt *mqtt, const struct thon_site_conf *site,
                    const struct thon_ha_device *device);
int thon_ha_remove(struct thon_mqtt *mqtt, const struct thon_site_conf *site, const char *kind,
                   const char *id);
/* To its own status, where it says "online" when it wants to hear everything again; nothing where discovery is off. */
int thon_ha_subscribe(struct thon_mqtt *mqtt, const struct thon_site_conf *site);

/* What a daemon says of itself: a retained "online" with its health, and "offline" as its last will or its
 * last word.
 *
 * "since" of online is when the daemon began, not when the connection did: a broker that restarts does not
 * make the daemons younger. It is reckoned back from the present time, so that a clock that was wrong at
 * boot does not leave its mark. */
#include "mqtt_private.h"

#include "thon/cleanup.h"

/* The time `ago_us` before now. */
static json_t *time_before(const struct thon_mqtt *m, uint64_t ago_us)
{
        char text[THON_TIME_TEXT];
        struct thon_wall at;

        if (!m->clock)
                return json_null();
        at = thon_clock_wall(m->clock);
        at.s -= (int64_t)(ago_us / 1000000);
        return json_string(thon_time_text(m->zone, at, text));
}

static char *status_text(const struct thon_mqtt *m, bool online, json_t *since)
{
        _cleanup_json_ json_t *doc = NULL;

        doc = json_pack("{s:s, s:s, s:o, s:s?, s:O?}", "state", online ? "online" : "offline", "version",
                        THON_VERSION, "since", since, "node", m->node, "health", online ? m->health : NULL);
        return doc ? json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
}

char *thon_mqtt_status_will(const struct thon_mqtt *m)
{
        return status_text(m, false, json_null());
}

char *thon_mqtt_status_offline(const struct thon_mqtt *m)
{
        return status_text(m, false, time_before(m, 0));
}

void thon_mqtt_status_publish(struct thon_mqtt *m)
{
        _cleanup_free_ char *text = NULL;
        uint64_t age = 0;

        if (!m->status_topic || m->state != THON_MQTT_UP)
                return;
        if (m->clock)
                age = thon_mono_since(m->began, thon_clock_mono(m->clock));
        text = status_text(m, true, time_before(m, age));
        if (text)
                (void)thon_mqtt_send(m, m->status_topic, text, true, NULL, NULL);
}

void thon_mqtt_health(struct thon_mqtt *m, json_t *health)
{
        if (m->health && health && json_equal(m->health, health)) {
                json_decref(health);
                return;
        }
        json_decref(m->health);
        m->health = health;
        thon_mqtt_status_publish(m);
}

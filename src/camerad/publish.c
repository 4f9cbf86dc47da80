/* What others may know: the retained state of each device, health, and the line of systemctl status. A state is told when it
 * differs from the one before; when it was looked at last, and what the check said in figures, go along but are no reason. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camerad.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define HEALTH_US      UINT64_C(1000000)
#define UPTIME_TURN_US UINT64_C(30000000)
#define UPTIME_IDLE_US UINT64_C(300000000) /* when none is old */
#define UPTIME_OLD_US  UINT64_C(3600000000)
#define UPTIME_NONE_US UINT64_C(600000000)
#define UPTIME_SPAN_S  (INT64_C(30) * 86400)
#define UPTIME_TURNS   60 /* a round of all devices within half an hour */
#define GONE_MAX       4096
#define UPTIME_LEAST   20

json_t *camerad_time_json(const struct camerad *d, struct thon_wall at)
{
        char text[THON_TIME_TEXT];

        if (at.s == THON_WALL_NEVER.s)
                return json_null();
        return json_string(thon_time_text(d->zone, at, text));
}

static json_t *maintenance_json(const struct camerad_device *c)
{
        const struct camerad_maintenance *m = &c->maintenance;

        if (!m->on)
                return json_null();
        return json_pack("{s:o,s:s,s:s}", "until", camerad_time_json(c->daemon, m->until), "reason",
                         m->reason, "by", m->by);
}

static json_t *incident_json(const struct camerad_device *c)
{
        const struct camerad *d = c->daemon;
        const struct thon_incident *incident = d->cause ? thon_cause_of(d->cause, c->index) : NULL;

        return incident && incident->raised ? json_string(incident->id) : json_null();
}

/* Four decimals are nine seconds of a day. */
static json_t *uptime_json(const struct camerad_device *c)
{
        return c->uptime < 0 ? json_null() : json_real(floor(c->uptime * 10000) / 10000);
}

static json_t *state_json(const struct camerad_device *c)
{
        const struct camerad *d = c->daemon;
        const struct thon_device_state *s = &c->state;
        enum thon_camera_verdict v = s->hard;
        bool bad = v != THON_CAMERA_OK && v != THON_CAMERA_UNKNOWN,
             soft = s->now != v && s->now != THON_CAMERA_UNKNOWN;
        bool known = v != THON_CAMERA_UNKNOWN;

        return json_pack(
                "{s:s,s:s,s:o,s:b,s:s?,s:s,s:s,s:s?,s:o,s:o,s:o,s:s,s:s,s:s,s:o,s:b,s:s?,s:b}", "verdict",
                thon_camera_slug(v), "severity", thon_camera_severity_text(thon_camera_severity(v)), "since",
                known ? camerad_time_json(d, s->since) : json_null(), "down", thon_camera_down(v), "soft",
                soft ? thon_camera_slug(s->now) : NULL, "sentence", known ? thon_camera_sentence(v) : "",
                "action", bad ? thon_camera_action(v) : "", "parent",
                c->conf->parent[0] ? c->conf->parent : NULL, "incident", incident_json(c), "picture",
                c->pictures ? camerad_pictures_json(c) : json_null(), "uptime_30d", uptime_json(c), "name",
                c->conf->name && *c->conf->name ? c->conf->name : c->conf->id, "area",
                c->conf->area ? c->conf->area : "", "kind", thon_watch_kind_text(c->conf->kind),
                "maintenance", maintenance_json(c), "flapping", s->flapping, "healing",
                c->heal.under_way != THON_HEAL_NONE ? thon_heal_how_slug(c->heal.under_way) : NULL,
                "login_stopped", camerad_login_stopped(c));
}

static void topic_of(const char *id, char *buf, size_t size)
{
        snprintf(buf, size, "camera/%s/state", id);
}

/* What is compared: the picture's time left out, for a new one comes every few minutes. */
static char *key_of(const json_t *doc)
{
        const json_t *picture = json_object_get(doc, "picture");
        _cleanup_json_ json_t *key = json_copy((json_t *)doc), *still = NULL;

        if (key && json_is_object(picture)) {
                still = json_copy((json_t *)picture);
                (void)json_object_del(still, "at");
                (void)json_object_set(key, "picture", still);
        }
        return key ? json_dumps(key, JSON_COMPACT) : NULL;
}

void camerad_publish(struct camerad_device *c, bool force)
{
        struct camerad *d = c->daemon;
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *key = NULL;
        char topic[THON_SLUG_MAX + 16];

        if (!thon_mqtt_connected(d->mqtt))
                return;
        doc = state_json(c);
        key = doc ? key_of(doc) : NULL;
        if (!key || (!force && c->published && strcmp(key, c->published) == 0))
                return;
        (void)json_object_set_new(doc, "detail", json_string(c->probe.detail));
        (void)json_object_set_new(doc, "checked", camerad_time_json(d, c->checked));
        topic_of(c->conf->id, topic, sizeof(topic));
        free(c->published);
        c->published = NULL; /* not taken: told at the next look or connection */
        if (thon_mqtt_publish_json(d->mqtt, topic, doc, true) == 0)
                c->published = THON_TAKE(key);
        else
                d->told_all = false;
}

void camerad_publish_done(struct camerad_device *c)
{
        free(c->published);
        c->published = NULL;
}

/* Its state lies at the broker, which is away. */
static void remember_gone(struct camerad *d, const char *id)
{
        char **more = d->n_gone < GONE_MAX ? reallocarray(d->gone, d->n_gone + 1, sizeof(*more)) : NULL;

        if (!more)
                return;
        d->gone = more;
        more[d->n_gone] = strdup(id);
        d->n_gone += more[d->n_gone] != NULL;
}

void camerad_unpublish(struct camerad *d, const char *id)
{
        char topic[THON_SLUG_MAX + 16];

        if (!thon_mqtt_connected(d->mqtt)) {
                remember_gone(d, id);
                return;
        }
        topic_of(id, topic, sizeof(topic));
        (void)thon_mqtt_publish(d->mqtt, topic, "", true);
        camerad_discovery_remove(d, id);
}

static void unpublish_gone(struct camerad *d)
{
        for (size_t i = 0; i < d->n_gone; i++) {
                if (!camerad_find(d, d->gone[i]))
                        camerad_unpublish(d, d->gone[i]);
                free(d->gone[i]);
        }
        free(d->gone);
        d->gone = NULL;
        d->n_gone = 0;
}

void camerad_publish_all(struct camerad *d)
{
        d->told_all = true;
        unpublish_gone(d);
        for (size_t i = 0; i < d->n; i++) {
                camerad_publish_done(d->devices[i]);
                camerad_publish(d->devices[i], true);
                camerad_discovery_publish(d, d->devices[i]);
        }
        camerad_publish_health(d);
}

/* ---- uptime ----------------------------------------------------------------------------------------------------------- */

static bool is_old(const struct camerad_device *c, struct thon_mono now)
{
        /* Of one that is new something is known soon. */
        uint64_t old = c->uptime < 0 ? UPTIME_NONE_US : UPTIME_OLD_US;

        return c->uptime_at.us == THON_MONO_NEVER.us || thon_mono_since(c->uptime_at, now) >= old;
}

static int refresh(struct camerad_device *c, struct thon_state_now now)
{
        struct thon_uptime uptime;
        int r = thon_camera_uptime(c->daemon->store, c->conf->id,
                                   (struct thon_wall){now.wall.s - UPTIME_SPAN_S}, now.wall, &uptime);

        if (r != 0)
                return r;
        c->uptime_at = now.mono;
        c->uptime = thon_uptime_share(&uptime);
        camerad_publish(c, false);
        return 0;
}

void camerad_uptime_look(struct camerad *d)
{
        struct thon_state_now now = camerad_now(d);
        size_t most = d->n / UPTIME_TURNS + UPTIME_LEAST, done = 0;
        int r = 0;

        for (size_t i = 0; r == 0 && i < d->n && done < most && camerad_store(d); i++)
                if (is_old(d->devices[i], now.mono)) {
                        r = refresh(d->devices[i], now);
                        done++;
                }
        if (r != 0)
                camerad_store_failed(d, r);
        camerad_alarm_in(d, d->uptime, done > 0 || !d->store ? UPTIME_TURN_US : UPTIME_IDLE_US);
}

/* ---- health ----------------------------------------------------------------------------------------------------------- */

void camerad_publish_health(struct camerad *d)
{
        if (d->tell && !d->stopping)
                camerad_alarm_within(d, d->tell, HEALTH_US);
}

void camerad_health_tell(struct camerad *d)
{
        size_t ok = 0, bad = 0, maintenance = 0, incidents = 0, healing = 0, stopped = 0;
        const char *clock = thon_clock_simulated(d->clock) ? "simulated"
                            : thon_clock_trusted(d->clock) ? "trusted"
                                                           : "untrusted";
        const char *store = d->store_error == 0  ? "ok"
                            : d->store_error > 0 ? thon_store_error_slug(d->store_error)
                                                 : "io";

        for (size_t i = 0; i < d->n; i++) {
                const struct camerad_device *c = d->devices[i];

                if (c->maintenance.on)
                        maintenance++;
                else if (c->state.hard == THON_CAMERA_OK)
                        ok++;
                else if (c->state.hard != THON_CAMERA_UNKNOWN)
                        bad++;
                healing += c->heal.under_way != THON_HEAL_NONE;
                stopped += camerad_login_stopped(c);
        }
        for (size_t i = 0; d->cause && i < thon_cause_count(d->cause); i++)
                incidents += thon_cause_at(d->cause, i)->raised;
        thon_loop_status("%s%zu devices, %zu not well, %zu incidents%s%s",
                         d->conf_refused ? "configuration not usable, the last good one is in force; " : "",
                         d->n, bad, incidents, prober_may_ping(d->prober) ? "" : ", no ping allowed",
                         d->store_error ? ", store away" : "");
        thon_mqtt_health(d->mqtt,
                         json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:s,s:s}", "devices", (json_int_t)d->n,
                                   "ok", (json_int_t)ok, "bad", (json_int_t)bad, "maintenance",
                                   (json_int_t)maintenance, "incidents", (json_int_t)incidents, "healing",
                                   (json_int_t)healing, "logins_stopped", (json_int_t)stopped, "ping",
                                   prober_may_ping(d->prober), "clock", clock, "store", store));
}

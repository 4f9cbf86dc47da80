/* What others may know: the retained state of each announcement and zone, health, and the line of systemctl status.
 * A state is told when it differs from the one before. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define TELL_US UINT64_C(200000)

json_t *announced_time_json(const struct announced *d, struct thon_wall at)
{
        char text[THON_TIME_TEXT];

        if (at.s == THON_WALL_NEVER.s)
                return json_null();
        return json_string(thon_time_text(d->tz, at, text));
}

static json_t *airing_json(const struct announced_airing *airing)
{
        const struct announced *d = airing->item->daemon;
        enum thon_air_reason reason = airing->reason != THON_AIR_NO_REASON ? airing->reason : airing->held;

        return json_pack("{s:s,s:s,s:s?,s:o,s:o,s:o,s:i}", "zone", airing->zone_id, "state",
                         thon_airing_state_text(airing->state), "reason",
                         reason != THON_AIR_NO_REASON ? thon_air_reason_slug(reason) : NULL, "due",
                         announced_time_json(d, airing->due), "began", announced_time_json(d, airing->began),
                         "ended", announced_time_json(d, airing->ended), "seconds",
                         (int)(airing->sounded_us / 1000000));
}

/* The longest of its zones: dialects differ. */
static json_t *seconds_json(const struct announced_item *item, const char **ret_problem)
{
        const struct announced *d = item->daemon;
        uint64_t longest = 0;

        *ret_problem = NULL;
        for (size_t i = 0; i < d->conf.n_zones; i++) {
                const char *problem = NULL;
                uint64_t length = item->zones & UINT64_C(1) << i ? announced_length(item, i, &problem) : 0;

                longest = length > longest ? length : longest;
                *ret_problem = problem ? problem : *ret_problem;
        }
        return longest > 0 ? json_integer((json_int_t)((longest + 500000) / 1000000)) : json_null();
}

static json_t *item_json(const struct announced_item *item)
{
        const struct announced *d = item->daemon;
        const struct thon_announcement *a = &item->a;
        json_t *airings = json_array(), *zones = json_array(), *seconds;
        const char *problem;

        for (size_t i = 0; airings && i < d->n_airings; i++)
                if (d->airings[i]->item == item)
                        (void)json_array_append_new(airings, airing_json(d->airings[i]));
        for (size_t i = 0; zones && i < d->conf.n_zones; i++)
                if (item->zones & UINT64_C(1) << i)
                        (void)json_array_append_new(zones, json_string(d->conf.zones[i].id));
        seconds = seconds_json(item, &problem);
        return json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:s?,s:s?,s:s?,s:o,s:o,s:o}", "id", a->id, "title",
                         a->title ? a->title : "", "class", thon_class_text(a->class), "state",
                         thon_announce_state_text(a->state), "zones", zones, "seconds", seconds, "problem",
                         problem, "by", a->by, "approved_by", a->approved_by, "submitted",
                         announced_time_json(d, a->submitted), "expires", announced_time_json(d, a->expires),
                         "airings", airings);
}

static void item_topic(const struct announced_item *item, char *buf, size_t size)
{
        snprintf(buf, size, "announce/%s/state", item->a.id);
}

/* Told when its text is another one; what was not taken is told at the next look or connection. */
static void publish(struct announced *d, const char *topic, json_t *doc, char **published, bool force)
{
        _cleanup_free_ char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;

        if (!text || !thon_mqtt_connected(d->mqtt) ||
            (!force && *published && strcmp(text, *published) == 0))
                return;
        free(*published);
        *published = NULL;
        if (thon_mqtt_publish(d->mqtt, topic, text, true) == 0)
                *published = THON_TAKE(text);
        else
                d->told_all = false;
}

void announced_publish_item(struct announced_item *item, bool force)
{
        _cleanup_json_ json_t *doc = item_json(item);
        char topic[THON_SLUG_MAX + 20];

        item_topic(item, topic, sizeof(topic));
        publish(item->daemon, topic, doc, &item->published, force);
}

/* Once as what it came to, then no more. */
void announced_unpublish_item(struct announced_item *item)
{
        struct announced *d = item->daemon;
        char topic[THON_SLUG_MAX + 20];

        if (d->stopping)
                return;
        item_topic(item, topic, sizeof(topic));
        (void)thon_mqtt_publish(d->mqtt, topic, "", true);
}

/* ---- zones ---- */

struct next {
        const struct thon_airing *first, *on;
        enum thon_air_reason held;
};

static int look_at(const struct thon_air_view *view, void *userdata)
{
        struct next *next = userdata;

        if (view->on_air && !next->on)
                next->on = view->airing;
        else if (!view->on_air && !next->first) {
                next->first = view->airing;
                next->held = view->held;
        }
        return 0;
}

static json_t *brief(const struct announced *d, const struct thon_airing *airing)
{
        if (!airing)
                return json_null();
        return json_pack("{s:s,s:s,s:o}", "announcement", airing->announcement, "class",
                         thon_class_text(airing->class), "due", announced_time_json(d, airing->due));
}

static json_t *faults_json(const struct announced_zone *zone)
{
        static const char *const names[] = {[PART_SILENT] = "silent",
                                            [PART_STUCK] = "stuck",
                                            [PART_RETURN] = "return-lost",
                                            [PART_PLAYER] = "player",
                                            [PART_AMPLIFIER] = "amplifier"};
        json_t *all = json_array();

        for (size_t i = 0; all && i < PARTS; i++)
                if (zone->faults[i].problem)
                        (void)json_array_append_new(all, json_string(names[i]));
        return all;
}

static bool is_quiet(const struct announced *d, size_t zone, struct thon_wall at)
{
        const struct thon_air_rules *rules = &d->conf.zones[zone].rules;

        for (size_t i = 0; i < rules->n_quiet; i++)
                if (thon_hours_open(&rules->quiet[i], d->tz, at))
                        return true;
        return false;
}

static json_t *zone_json(const struct announced *d, size_t zone)
{
        const struct thon_air_zone_conf *conf = &d->conf.zones[zone];
        struct thon_wall now = announced_now(d).wall;
        struct next next = {0};
        struct plant_view view;
        int64_t day, week;

        (void)thon_air_each(d->air, zone, look_at, &next);
        plant_look(d->plant, zone, &view);
        thon_air_used(d->air, zone, now, &day, &week);
        return json_pack("{s:s,s:b,s:o,s:o,s:s?,s:b,s:{s:I,s:I,s:I,s:I},s:s,s:s,s:o}", "name", conf->name,
                         "sounding", view.sounding, "on_air", brief(d, next.on), "next",
                         brief(d, next.first), "held",
                         next.held != THON_AIR_NO_REASON ? thon_air_reason_slug(next.held) : NULL, "quiet",
                         is_quiet(d, zone, now), "airtime", "day", (json_int_t)day, "day_limit",
                         (json_int_t)conf->rules.day_s, "week", (json_int_t)week, "week_limit",
                         (json_int_t)conf->rules.week_s, "proof", thon_proof_text(view.proof), "amplifier",
                         view.amplifier, "faults", faults_json(&d->zones[zone]));
}

static void publish_zone(struct announced *d, size_t zone, bool force)
{
        _cleanup_json_ json_t *doc = zone_json(d, zone);
        char topic[THON_SLUG_MAX + 16];

        snprintf(topic, sizeof(topic), "zone/%s/state", d->conf.zones[zone].id);
        publish(d, topic, doc, &d->zones[zone].published, force);
}

void announced_zone_gone(struct announced *d, size_t zone)
{
        char topic[THON_SLUG_MAX + 16];

        for (size_t part = 0; part < PARTS; part++)
                announced_zone_fault(d, zone, (enum announced_part)part, NULL);
        free(d->zones[zone].published);
        d->zones[zone].published = NULL;
        snprintf(topic, sizeof(topic), "zone/%s/state", d->conf.zones[zone].id);
        (void)thon_mqtt_publish(d->mqtt, topic, "", true);
}

/* ---- health ---- */

static void tell_health(struct announced *d)
{
        size_t faults = 0, on = 0, waiting = 0;

        for (size_t i = 0; i < d->conf.n_zones; i++)
                for (size_t part = 0; part < PARTS; part++)
                        faults += d->zones[i].faults[part].problem != NULL;
        for (size_t i = 0; i < d->n_airings; i++)
                on += d->airings[i]->state == THON_AIRING_ON_AIR;
        for (size_t i = 0; i < d->n_items; i++)
                waiting += d->items[i]->a.state == THON_ANNOUNCE_SUBMITTED;
        thon_mqtt_health(d->mqtt,
                         json_pack("{s:b,s:s?,s:b,s:b,s:i,s:i,s:i,s:i,s:b}", "store", d->store != NULL,
                                   "store_error",
                                   d->store_error > 0   ? thon_store_error_slug(d->store_error)
                                   : d->store_error < 0 ? "io"
                                                        : NULL,
                                   "clock_trusted", d->clock_trusted, "config", !d->conf_refused, "zones",
                                   (int)d->conf.n_zones, "faults", (int)faults, "on_air", (int)on, "waiting",
                                   (int)waiting, "config_waits", d->conf_waits));
        thon_loop_status("%zu zone%s, %zu on air, %zu waiting for approval, %zu fault%s%s", d->conf.n_zones,
                         d->conf.n_zones == 1 ? "" : "s", on, waiting, faults, faults == 1 ? "" : "s",
                         !d->clock_trusted ? "; the clock is not to be trusted: emergencies only" : "");
}

static void on_tell(void *userdata)
{
        struct announced *d = userdata;

        for (size_t i = 0; i < d->conf.n_zones; i++)
                publish_zone(d, i, false);
        tell_health(d);
}

void announced_publish_soon(struct announced *d)
{
        if (!d->tell && thon_alarm_new(d->clock, "tell", on_tell, d, &d->tell) < 0)
                return;
        if (!d->stopping)
                announced_alarm_within(d, d->tell, TELL_US);
}

void announced_publish_all(struct announced *d)
{
        d->told_all = true;
        for (size_t i = 0; i < d->n_items; i++)
                announced_publish_item(d->items[i], true);
        for (size_t i = 0; i < d->conf.n_zones; i++)
                publish_zone(d, i, true);
        tell_health(d);
}

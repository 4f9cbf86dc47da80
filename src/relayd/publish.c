/* What relayd says of itself and of the notices that are under way: nothing more often than people can read it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pump.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define TICK_US   UINT64_C(100000)
#define NOTICE_MS 1000 /* at most one state of a notice in so long */
#define HEALTH_MS 1000
#define TURN_MAX  100 /* notices in one tick */

struct relayd_publisher {
        sd_event_source *timer;
        json_t *dirty; /* ids, with when they were told last (milliseconds of the loop's clock) */
        json_t *told;  /* the same of ids that are not dirty and may be soon */
        bool health;
        uint64_t health_ms;
};

static uint64_t now_ms(struct relayd *d)
{
        uint64_t now = 0;

        (void)sd_event_now(d->event, CLOCK_MONOTONIC, &now);
        return now / 1000;
}

static void arm(struct relayd *d)
{
        int enabled = 0;

        if (!d->publisher ||
            (sd_event_source_get_enabled(d->publisher->timer, &enabled) >= 0 && enabled != SD_EVENT_OFF))
                return;
        (void)sd_event_source_set_time_relative(d->publisher->timer, TICK_US);
        (void)sd_event_source_set_enabled(d->publisher->timer, SD_EVENT_ONESHOT);
}

void relayd_publish_notice(struct relayd *d, int64_t id)
{
        struct relayd_publisher *p = d->publisher;
        char key[24];
        json_t *last;

        if (!p || id <= 0)
                return;
        snprintf(key, sizeof(key), "%" PRId64, id);
        if (!json_object_get(p->dirty, key)) {
                last = json_object_get(p->told, key);
                (void)json_object_set_new(p->dirty, key, last ? json_incref(last) : json_integer(0));
        }
        arm(d);
}

/* ---- notices ---- */

/* Its last word goes to those who listen, and nothing stays at the broker. */
static int tell_end(struct relayd *d, int64_t id, const char *topic)
{
        _cleanup_json_ json_t *doc = NULL, *state = NULL;
        int r = relayd_batch_enter(d);

        if (r == 0)
                r = thon_notice_finish(d->store, id, relayd_wall(d));
        if (r == 0)
                r = thon_notice_show(d->store, id, false, &doc);
        if (r != 0)
                return r;
        state = json_pack("{s:I,s:O,s:O,s:O}", "id", (json_int_t)id, "class", json_object_get(doc, "class"),
                          "state", json_object_get(doc, "state"), "counts", json_object_get(doc, "counts"));
        r = state ? thon_mqtt_publish_json(d->mqtt, topic, state, false) : -ENOMEM;
        return r < 0 ? r : thon_mqtt_publish(d->mqtt, topic, "", true);
}

/* 1: done, and told so. */
static int tell(struct relayd *d, int64_t id)
{
        _cleanup_json_ json_t *doc = NULL, *state = NULL;
        const json_t *counts;
        char topic[48];
        int r;

        if (!relayd_store(d))
                return -ENODEV;
        snprintf(topic, sizeof(topic), "notify/%" PRId64 "/state", id);
        r = thon_notice_show(d->store, id, false, &doc);
        if (r == THON_STORE_NOT_FOUND)
                return 1; /* the batch that made it was rolled back, or it was pruned */
        if (r != 0)
                return -EIO;
        counts = json_object_get(doc, "counts");
        if (json_integer_value(json_object_get(counts, "pending")) == 0) {
                r = tell_end(d, id, topic);
                return r < 0 ? r : r > 0 ? -EIO : 1;
        }
        state = json_pack("{s:I,s:O,s:O,s:O}", "id", (json_int_t)id, "class", json_object_get(doc, "class"),
                          "state", json_object_get(doc, "state"), "counts", counts);
        return state ? thon_mqtt_publish_json(d->mqtt, topic, state, true) : -ENOMEM;
}

static void tell_dirty(struct relayd *d)
{
        struct relayd_publisher *p = d->publisher;
        uint64_t now = now_ms(d);
        const char *key;
        void *next;
        json_t *last;
        unsigned n = 0;

        json_object_foreach_safe (p->dirty, next, key, last) {
                int64_t id = strtoll(key, NULL, 10), r;

                if (json_integer_value(last) + NOTICE_MS > (json_int_t)now)
                        continue;
                if (n++ == TURN_MAX)
                        break;
                r = tell(d, id);
                if (r < 0) /* the next connection, or the next room, tells all anew */
                        continue;
                if (r == 0)
                        (void)json_object_set_new(p->told, key, json_integer((json_int_t)now));
                else
                        (void)json_object_del(p->told, key);
                (void)json_object_del(p->dirty, key);
        }
        json_object_foreach_safe (p->told, next, key, last)
                if (json_integer_value(last) + NOTICE_MS <= (json_int_t)now)
                        (void)json_object_del(p->told, key);
}

static int on_open(int64_t id, void *userdata)
{
        relayd_publish_notice(userdata, id);
        return 0;
}

void relayd_publish_all(struct relayd *d)
{
        (void)json_object_clear(d->publisher->told);
        if (relayd_store(d))
                (void)thon_notice_open_each(d->store, on_open, d);
        relayd_publish_health(d);
}

/* ---- health ---- */

static const char *gate_text(enum thon_gate_why why)
{
        switch (why) {
        case THON_GATE_RATE:
                return "rate";
        case THON_GATE_QUOTA:
                return "quota";
        case THON_GATE_HOURS:
                return "hours";
        case THON_GATE_PAUSED:
                return "paused";
        case THON_GATE_BREAKER:
                return "failing";
        case THON_GATE_HELD:
                return "token";
        case THON_GATE_BUSY:
                return "busy";
        case THON_GATE_GO:
        case THON_GATE_IDLE:
                break;
        }
        return NULL;
}

/* The civil time at which a monotonic instant will be. */
static struct thon_wall wall_of(const struct relayd *d, struct thon_mono at)
{
        if (at.us == THON_MONO_NEVER.us)
                return THON_WALL_NEVER;
        return (struct thon_wall){relayd_wall(d).s +
                                  (int64_t)(thon_mono_since(relayd_mono(d), at) / 1000000)};
}

/* What holds it now, also when all that waits was put off for it and the gate is asked nothing. */
static const char *why_of(const struct relayd_channel *c, struct thon_wall *ret_until)
{
        struct relayd *d = c->daemon;

        *ret_until = THON_WALL_NEVER;
        if (c->gate.held)
                return "held";
        if (c->gate.paused_until.us > relayd_mono(d).us) {
                *ret_until = wall_of(d, c->gate.paused_until);
                return gate_text(THON_GATE_PAUSED);
        }
        if (c->gate.breaker.open) {
                *ret_until = wall_of(d, c->gate.breaker.retry_at);
                return gate_text(THON_GATE_BREAKER);
        }
        if (c->sends->why != THON_GATE_IDLE && c->sends->why != THON_GATE_GO) {
                *ret_until = c->sends->why == THON_GATE_HOURS || c->sends->why == THON_GATE_QUOTA
                                     ? c->sends->put_off_to
                                     : wall_of(d, c->sends->look_at);
                return gate_text(c->sends->why);
        }
        if (c->sends->put_off_to.s > relayd_wall(d).s) {
                *ret_until = c->sends->put_off_to;
                return gate_text(c->sends->put_off);
        }
        return NULL;
}

static const char *token_text(const struct relayd_channel *c)
{
        if (!c->token)
                return NULL;
        switch (relayd_token_state(c->token)) {
        case RELAYD_TOKEN_GOOD:
                return "good";
        case RELAYD_TOKEN_REFRESHING:
                return "refreshing";
        case RELAYD_TOKEN_WAITING:
                return "waiting";
        case RELAYD_TOKEN_LOST:
                return "lost";
        }
        return NULL;
}

static json_t *channel_json(struct relayd_channel *c, int64_t *ret_queued)
{
        struct relayd *d = c->daemon;
        int64_t queued[THON_CLASSES] = {0}, sum = 0;
        struct thon_wall until;
        const char *why;
        char text[THON_TIME_TEXT];
        json_t *doc;

        if (relayd_store(d))
                (void)thon_queue_count(d->store, c->conf->name, queued);
        for (int i = 0; i < THON_CLASSES; i++)
                sum += queued[i];
        *ret_queued += sum;
        why = why_of(c, &until);
        if (sum == 0 && why && strcmp(why, "held") != 0 && strcmp(why, "failing") != 0)
                why = NULL;
        doc = json_pack("{s:s,s:I,s:I,s:I,s:s?,s:s?,s:s?,s:s?}", "kind",
                        thon_channel_kind_text(c->conf->kind), "queued", (json_int_t)sum, "emergencies",
                        (json_int_t)queued[THON_CLASS_EMERGENCY], "in_flight", (json_int_t)c->in_flight,
                        "why", why, "until",
                        why && until.s != INT64_MAX ? thon_time_text(d->zone, until, text) : NULL, "trouble",
                        c->trouble[0] ? c->trouble : NULL, "token", token_text(c));
        if (doc && c->conf->daily_quota >= 0)
                (void)json_object_set_new(
                        doc, "quota",
                        json_pack("{s:I,s:I,s:I}", "used",
                                  (json_int_t)(c->gate.used.day == relayd_today(d) ? c->gate.used.used : 0),
                                  "total", (json_int_t)c->conf->daily_quota, "reserve",
                                  (json_int_t)c->conf->reserve));
        return doc;
}

/* "3 channels, 120 waiting, oa paused until 08:10" */
static void tell_status(struct relayd *d, int64_t queued)
{
        char shut[120] = "";

        for (size_t i = 0; i < d->n_channels && !shut[0]; i++) {
                const struct relayd_channel *c = d->channels[i];
                struct thon_wall until;
                const char *why = why_of(c, &until);
                char text[THON_TIME_TEXT];

                if (!why || strcmp(why, "busy") == 0 || strcmp(why, "rate") == 0)
                        continue;
                if (until.s == INT64_MAX)
                        snprintf(shut, sizeof(shut), ", %s %s", c->conf->name, why);
                else
                        snprintf(shut, sizeof(shut), ", %s %s until %.5s", c->conf->name, why,
                                 thon_time_text(d->zone, until, text) + 11);
        }
        thon_loop_status("%zu channels, %" PRId64 " waiting%s%s%s", d->n_channels, queued, shut,
                         relayd_offline(d) ? ", offline" : "", d->store_error ? ", store away" : "");
}

static void tell_health(struct relayd *d)
{
        json_t *channels = json_object();
        int64_t queued = 0;

        for (size_t i = 0; channels && i < d->n_channels; i++)
                (void)json_object_set_new(channels, d->channels[i]->conf->name,
                                          channel_json(d->channels[i], &queued));
        tell_status(d, queued);
        thon_mqtt_health(d->mqtt,
                         json_pack("{s:o,s:I,s:s,s:b,s:s}", "channels", channels ? channels : json_object(),
                                   "waiting", (json_int_t)queued, "store",
                                   d->store_error == 0  ? "ok"
                                   : d->store_error > 0 ? thon_store_error_slug(d->store_error)
                                                        : "io",
                                   "offline", relayd_offline(d), "clock",
                                   thon_clock_simulated(d->clock) ? "simulated"
                                   : thon_clock_trusted(d->clock) ? "trusted"
                                                                  : "untrusted"));
}

void relayd_publish_health(struct relayd *d)
{
        if (!d->publisher)
                return;
        d->publisher->health = true;
        arm(d);
}

/* ---- turns ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct relayd *d = userdata;
        struct relayd_publisher *p = d->publisher;

        (void)source;
        (void)usec;
        if (thon_mqtt_connected(d->mqtt))
                tell_dirty(d);
        if (p->health && p->health_ms + HEALTH_MS <= now_ms(d)) {
                p->health = false;
                p->health_ms = now_ms(d);
                tell_health(d);
        }
        if (p->health || (json_object_size(p->dirty) > 0 && thon_mqtt_connected(d->mqtt)))
                arm(d);
        return 0;
}

int relayd_publish_start(struct relayd *d)
{
        struct relayd_publisher *p = d->publisher = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->dirty = json_object();
        p->told = json_object();
        if (!p->dirty || !p->told)
                return -ENOMEM;
        r = sd_event_add_time_relative(d->event, &p->timer, CLOCK_MONOTONIC, TICK_US, TICK_US / 4, on_timer,
                                       d);
        if (r >= 0)
                r = sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
        if (r >= 0)
                (void)sd_event_source_set_description(p->timer, "publish");
        return r < 0 ? r : 0;
}

void relayd_publish_stop(struct relayd *d)
{
        struct relayd_publisher *p = d->publisher;

        if (!p)
                return;
        if (thon_mqtt_connected(d->mqtt))
                tell_dirty(d);
        sd_event_source_disable_unref(p->timer);
        json_decref(p->dirty);
        json_decref(p->told);
        free(p);
        d->publisher = NULL;
}

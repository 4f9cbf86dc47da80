/* When the notices that are under way and relayd's own health are told: nothing more often than people can read it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relayd.h"
#include "thon/cleanup.h"

#define TICK_US   UINT64_C(100000)
#define NOTICE_MS 1000 /* at most one state of a notice in so long */
#define HEALTH_MS 1000
#define TURN_MAX  100 /* notices in one tick */

/* Of a notice that changed, or that was told so lately that its next change must wait. */
struct telling {
        int64_t id;
        uint64_t told_ms; /* by the loop's clock; 0: not lately */
        bool dirty;
};

struct relayd_publisher {
        sd_event_source *timer;
        struct telling *items; /* by id */
        size_t n, size, n_dirty;
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

/* The first that is not before `id`. */
static size_t place(const struct relayd_publisher *p, int64_t id)
{
        size_t low = 0, high = p->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (p->items[middle].id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static struct telling *telling_of(struct relayd_publisher *p, int64_t id)
{
        size_t i = place(p, id);

        if (i < p->n && p->items[i].id == id)
                return &p->items[i];
        if (p->n == p->size) {
                size_t size = p->size ? 2 * p->size : 64;
                struct telling *items = reallocarray(p->items, size, sizeof(*items));

                if (!items)
                        return NULL;
                p->items = items;
                p->size = size;
        }
        memmove(p->items + i + 1, p->items + i, (p->n - i) * sizeof(*p->items));
        p->n++;
        p->items[i] = (struct telling){.id = id};
        return &p->items[i];
}

void relayd_publish_notice(struct relayd *d, int64_t id)
{
        struct telling *item = d->publisher && id > 0 ? telling_of(d->publisher, id) : NULL;

        if (!item) /* no memory: its next change tells of this one too */
                return;
        if (!item->dirty)
                d->publisher->n_dirty++;
        item->dirty = true;
        arm(d);
}

/* ---- notices ---- */

/* What notify/<id>/state says of a notice as the store shows it; -ENOMEM when that could not be made. */
static int publish_state(struct relayd *d, const char *topic, const json_t *doc, bool retain)
{
        _cleanup_json_ json_t *state =
                json_pack("{s:O,s:O,s:O,s:O}", "id", json_object_get(doc, "id"), "class",
                          json_object_get(doc, "class"), "state", json_object_get(doc, "state"), "counts",
                          json_object_get(doc, "counts"));

        return state ? thon_mqtt_publish_json(d->mqtt, topic, state, retain) : -ENOMEM;
}

/* Its last word goes to those who listen, and nothing stays at the broker. */
static int tell_end(struct relayd *d, int64_t id, const char *topic)
{
        _cleanup_json_ json_t *doc = NULL;
        int r = relayd_batch_enter(d);

        if (r == 0)
                r = thon_notice_finish(d->store, id, relayd_wall(d));
        if (r == 0)
                r = thon_notice_show(d->store, id, false, &doc);
        if (r != 0)
                return r;
        r = publish_state(d, topic, doc, false);
        return r < 0 ? r : thon_mqtt_publish(d->mqtt, topic, "", true);
}

/* 1: done, and told so. */
static int tell(struct relayd *d, int64_t id)
{
        _cleanup_json_ json_t *doc = NULL;
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
        if (json_integer_value(json_object_get(json_object_get(doc, "counts"), "pending")) == 0) {
                r = tell_end(d, id, topic);
                return r < 0 ? r : r > 0 ? -EIO : 1;
        }
        return publish_state(d, topic, doc, true);
}

static void clean(struct relayd_publisher *p, struct telling *item, uint64_t told_ms)
{
        if (item->dirty)
                p->n_dirty--;
        item->dirty = false;
        item->told_ms = told_ms;
}

static void tell_dirty(struct relayd *d)
{
        struct relayd_publisher *p = d->publisher;
        uint64_t now = now_ms(d);
        unsigned turn = 0;
        size_t n = 0;

        for (size_t i = 0; p->n_dirty > 0 && i < p->n && turn < TURN_MAX; i++) {
                struct telling *item = &p->items[i];
                int64_t id = item->id;
                int r;

                if (!item->dirty || item->told_ms + NOTICE_MS > now)
                        continue;
                turn++;
                r = tell(d, id);
                if (r >= 0) /* else the next connection, or the next room, tells all anew */
                        clean(p, &p->items[place(p, id)], r == 0 ? now : 0);
        }
        for (size_t i = 0; i < p->n; i++)
                if (p->items[i].dirty || p->items[i].told_ms + NOTICE_MS > now)
                        p->items[n++] = p->items[i];
        p->n = n;
}

static int on_open(int64_t id, void *userdata)
{
        relayd_publish_notice(userdata, id);
        return 0;
}

void relayd_publish_all(struct relayd *d)
{
        for (size_t i = 0; i < d->publisher->n; i++)
                d->publisher->items[i].told_ms = 0;
        if (relayd_store(d))
                (void)thon_notice_open_each(d->store, on_open, d);
        relayd_publish_health(d);
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
                relayd_health_tell(d);
        }
        if (p->health || (p->n_dirty > 0 && thon_mqtt_connected(d->mqtt)))
                arm(d);
        return 0;
}

int relayd_publish_start(struct relayd *d)
{
        struct relayd_publisher *p = d->publisher = calloc(1, sizeof(*p));
        int r;

        if (!p)
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
        free(p->items);
        free(p);
        d->publisher = NULL;
}

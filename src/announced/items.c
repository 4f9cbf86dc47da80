/* The announcements that are not over: waiting for approval, or approved and with airings to come. One is over when
 * it has no occurrence left and each of its airings has ended; it goes from here when the store knows that. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define ITEMS_MAX  1000
#define URGENT_MAX 200 /* beyond, of emergencies: they do not wait for room */

static size_t place_of(const struct announced *d, const char *id, bool *ret_there)
{
        size_t lo = 0, hi = d->n_items;

        *ret_there = false;
        while (lo < hi) {
                size_t mid = lo + (hi - lo) / 2;
                int order = strcmp(d->items[mid]->a.id, id);

                if (order == 0) {
                        *ret_there = true;
                        return mid;
                }
                if (order < 0)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return lo;
}

struct announced_item *announced_find(const struct announced *d, const char *id)
{
        bool there;
        size_t at = place_of(d, id, &there);

        return there ? d->items[at] : NULL;
}

static void resolve(struct announced_item *item)
{
        struct announced *d = item->daemon;
        const char *unknown = NULL;

        item->zones = thon_announced_conf_resolve(&d->conf, item->a.zones, item->a.n_zones, &unknown);
        if (unknown)
                thon_warning("%s is for %s, which is no longer configured", item->a.id, unknown);
}

static void item_free(struct announced_item *item)
{
        if (!item)
                return;
        announced_sounds_drop(item);
        thon_announcement_done(&item->a);
        free(item->published);
        free(item);
}

int announced_item_new(struct announced *d, struct thon_announcement *a, bool stored,
                       struct announced_item **ret)
{
        struct announced_item *item = NULL, **items;
        bool there;
        size_t at = place_of(d, a->id, &there);
        /* One that the store has was accepted. */
        size_t max = stored || a->class == THON_CLASS_EMERGENCY ? ITEMS_MAX + URGENT_MAX : ITEMS_MAX;
        int r = there ? -EEXIST : d->n_items >= max ? -ENOSPC : 0;

        if (r == 0)
                item = calloc(1, sizeof(*item));
        items = item ? reallocarray(d->items, d->n_items + 1, sizeof(struct announced_item *)) : NULL;
        if (!items) {
                free(item);
                thon_announcement_done(a);
                return r < 0 ? r : -ENOMEM;
        }
        memmove(items + at + 1, items + at, (d->n_items - at) * sizeof(*items));
        items[at] = item;
        d->items = items;
        d->n_items++;
        item->daemon = d;
        item->a = *a;
        item->stored = stored;
        *a = (struct thon_announcement){0};
        resolve(item);
        announced_sounds_want(item);
        *ret = item;
        return 0;
}

void announced_item_changed(struct announced_item *item, const char *action, const char *actor)
{
        struct announced_change *change;

        /* So many come only while the store is away: what was last is what the row says. */
        if (item->n_changes == ANNOUNCED_CHANGES_MAX) {
                memmove(item->changes, item->changes + 1,
                        (ANNOUNCED_CHANGES_MAX - 1) * sizeof(*item->changes));
                item->n_changes--;
        }
        change = &item->changes[item->n_changes++];
        change->action = action;
        change->at = announced_now(item->daemon).wall;
        strncpy(change->actor, actor && *actor ? actor : "thon-announced", sizeof(change->actor) - 1);
        change->actor[sizeof(change->actor) - 1] = '\0';
        announced_keep_soon(item->daemon);
}

static void replace(char **text, const char *value)
{
        free(*text);
        *text = value && *value ? strdup(value) : NULL;
}

void announced_item_end(struct announced_item *item, enum thon_announce_state state,
                        enum thon_air_reason reason, const char *by, const char *why)
{
        struct announced *d = item->daemon;

        item->a.state = state;
        item->a.ended = announced_now(d).wall;
        replace(&item->a.ended_by, by);
        replace(&item->a.ended_reason, why);
        for (size_t i = 0; i < d->n_airings; i++)
                if (d->airings[i]->item == item && (d->airings[i]->state == THON_AIRING_WAITING ||
                                                    d->airings[i]->state == THON_AIRING_ON_AIR))
                        thon_air_cancel(d->air, d->airings[i]->serial, reason);
        announced_item_changed(item,
                               state == THON_ANNOUNCE_DONE        ? "announce-done"
                               : state == THON_ANNOUNCE_CANCELLED ? "announce-cancel"
                                                                  : "announce-refuse",
                               by);
        announced_publish_item(item, false);
        announced_look_soon(d);
}

void announced_items_resolve(struct announced *d)
{
        for (size_t i = 0; i < d->n_items; i++) {
                resolve(d->items[i]);
                announced_sounds_want(d->items[i]);
                announced_occur_in_new_zones(d, d->items[i]);
        }
}

void announced_item_withdraw(struct announced_item *item)
{
        struct announced *d = item->daemon;
        bool there;
        size_t at = place_of(d, item->a.id, &there);

        memmove(d->items + at, d->items + at + 1, (d->n_items - at - 1) * sizeof(struct announced_item *));
        d->n_items--;
        announced_unpublish_item(item);
        item_free(item);
}

static bool has_airing(const struct announced *d, const struct announced_item *item)
{
        for (size_t i = 0; i < d->n_airings; i++)
                if (d->airings[i]->item == item)
                        return true;
        return false;
}

void announced_items_reap(struct announced *d)
{
        size_t n = 0;

        for (size_t i = 0; i < d->n_items; i++) {
                struct announced_item *item = d->items[i];
                bool over =
                        item->a.state != THON_ANNOUNCE_SUBMITTED && item->a.state != THON_ANNOUNCE_APPROVED;

                if (over && item->n_changes == 0 && !has_airing(d, item)) {
                        announced_unpublish_item(item);
                        item_free(item);
                } else {
                        d->items[n++] = item;
                }
        }
        d->n_items = n;
}

void announced_items_done(struct announced *d)
{
        for (size_t i = 0; i < d->n_airings; i++) {
                free(d->airings[i]->title);
                free(d->airings[i]->by);
                free(d->airings[i]);
        }
        free(d->airings);
        d->airings = NULL;
        d->n_airings = 0;
        for (size_t i = 0; i < d->n_items; i++)
                item_free(d->items[i]);
        free(d->items);
        d->items = NULL;
        d->n_items = 0;
        for (size_t i = 0; d->zones && i < d->conf.n_zones; i++) {
                free(d->zones[i].published);
                for (size_t part = 0; part < PARTS; part++)
                        free(d->zones[i].faults[part].problem);
        }
        free(d->zones);
        d->zones = NULL;
}

/* The queue's memory: what waits in each zone, in the order in which it would air. A zone has its own row, since no
 * zone waits for another; 4,096 airings are few enough that a row is searched from its beginning. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "air.h"

#define WALL_MAX INT64_C(253402300800) /* the year 10000 */

int thon_air_new(const struct thon_zone *zone, const struct thon_air_rules *rules, size_t n,
                 struct thon_air **ret)
{
        struct thon_air *air;

        if (n > THON_ANNOUNCE_ZONES_MAX)
                return -EINVAL;
        air = calloc(1, sizeof *air);
        if (!air)
                return -ENOMEM;
        air->civil = zone;
        air->n_zones = n;
        air->zones = calloc(n + 1, sizeof *air->zones);
        if (!air->zones) {
                thon_air_free(air);
                return -ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
                struct air_zone *own = &air->zones[i];

                own->rules = rules[i];
                own->days = calloc(AIR_DAYS_MAX, sizeof *own->days);
                if (rules[i].repeats > 0)
                        own->repeats = calloc(AIR_REPEATS_MAX, sizeof *own->repeats);
                if (!own->days || (rules[i].repeats > 0 && !own->repeats)) {
                        thon_air_free(air);
                        return -ENOMEM;
                }
        }
        /* Who hears the one hears the other. */
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                        if (i != j && rules[i].apart >> j & 1)
                                air->zones[j].rules.apart |= UINT64_C(1) << i;
        *ret = air;
        return 0;
}

struct thon_air *thon_air_free(struct thon_air *air)
{
        if (!air)
                return NULL;
        for (size_t i = 0; air->zones && i < air->n_zones; i++) {
                struct air_zone *zone = &air->zones[i];

                for (size_t j = 0; j < zone->n; j++)
                        free(zone->items[j]);
                free(zone->items);
                free(zone->days);
                free(zone->repeats);
        }
        for (size_t i = 0; i < air->n_incoming; i++)
                free(air->incoming[i]);
        free(air->incoming);
        free(air->zones);
        free(air);
        return NULL;
}

struct air_item *air_find(const struct thon_air *air, int64_t serial)
{
        for (size_t i = 0; i < air->n_zones; i++)
                for (size_t j = 0; j < air->zones[i].n; j++)
                        if (air->zones[i].items[j]->a.serial == serial)
                                return air->zones[i].items[j];
        for (size_t i = 0; i < air->n_incoming; i++)
                if (air->incoming[i]->a.serial == serial)
                        return air->incoming[i];
        return NULL;
}

/* The order of a row, which does not change while an airing stands in it. */
static int row_order(const struct air_item *a, const struct air_item *b)
{
        if (a->class != b->class)
                return a->class > b->class ? -1 : 1;
        if (a->a.due.s != b->a.due.s)
                return a->a.due.s < b->a.due.s ? -1 : 1;
        return a->a.serial < b->a.serial ? -1 : a->a.serial > b->a.serial;
}

int air_order(const struct air_item *a, const struct air_item *b)
{
        if (a->class == b->class && a->begun != b->begun)
                return a->begun ? -1 : 1;
        return row_order(a, b);
}

static void insert(struct air_zone *zone, struct air_item *item)
{
        size_t low = 0, high = zone->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (row_order(zone->items[middle], item) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        memmove(zone->items + low + 1, zone->items + low, (zone->n - low) * sizeof *zone->items);
        zone->items[low] = item;
        zone->n++;
}

void air_take_incoming(struct thon_air *air)
{
        for (size_t i = 0; i < air->n_incoming; i++)
                insert(&air->zones[air->incoming[i]->a.zone], air->incoming[i]);
        air->n_incoming = 0;
}

void air_forget(struct thon_air *air, struct air_zone *zone, size_t index)
{
        if (zone->sounding == zone->items[index])
                zone->sounding = NULL;
        memmove(zone->items + index, zone->items + index + 1, (zone->n - index - 1) * sizeof *zone->items);
        zone->n--;
        air->n_items--;
}

static bool valid(const struct thon_air *air, const struct thon_airing *airing)
{
        if (airing->serial <= 0 || airing->zone >= air->n_zones || (unsigned)airing->class >= THON_CLASSES ||
            (unsigned)airing->resume > THON_RESUME_DROP ||
            !memchr(airing->announcement, '\0', sizeof airing->announcement))
                return false;
        if (airing->length_us > AIR_LENGTH_MAX || (airing->ready && airing->length_us == 0))
                return false;
        return airing->due.s >= 0 && airing->due.s < WALL_MAX && airing->latest.s >= airing->due.s &&
               airing->expires.s >= 0;
}

/* Room in its row for all that may come while it looks, so that nothing is refused later. */
static int reserve(struct thon_air *air, struct air_zone *zone)
{
        if (zone->n + air->n_incoming + 1 > zone->room) {
                size_t room = zone->n + air->n_incoming + 16;
                struct air_item **more = reallocarray(zone->items, room, sizeof *more);

                if (!more)
                        return -ENOMEM;
                zone->items = more;
                zone->room = room;
        }
        if (air->looking) {
                struct air_item **more =
                        reallocarray(air->incoming, air->n_incoming + 1, sizeof *air->incoming);

                if (!more)
                        return -ENOMEM;
                air->incoming = more;
        }
        return 0;
}

int thon_air_add(struct thon_air *air, const struct thon_airing *airing)
{
        struct air_zone *zone;
        struct air_item *item;
        int r;

        if (!valid(air, airing))
                return -EINVAL;
        if (air_find(air, airing->serial))
                return -EEXIST;
        if (air->n_items >= THON_AIR_MAX)
                return -ENOSPC;
        zone = &air->zones[airing->zone];
        r = reserve(air, zone);
        if (r < 0)
                return r;
        item = calloc(1, sizeof *item);
        if (!item)
                return -ENOMEM;
        item->a = *airing;
        item->class = airing->class == THON_CLASS_EMERGENCY && !airing->answered_for ? THON_CLASS_PRIORITY
                                                                                     : airing->class;
        item->latest = airing->latest;
        /* A warning that is late is better than none. */
        if (airing->latest.s == THON_WALL_NEVER.s && !air_emergency(item) && zone->rules.late_s > 0)
                item->latest.s = airing->due.s + zone->rules.late_s;
        air->n_items++;
        if (air->looking) {
                air->incoming[air->n_incoming++] = item;
                return 0;
        }
        insert(zone, item);
        air->dirty = true;
        return 0;
}

void thon_air_ready(struct thon_air *air, int64_t serial, uint64_t length_us)
{
        struct air_item *item = air_find(air, serial);

        /* What sounds has its sound. */
        if (!item || item->phase != AIR_WAITING || item->begun)
                return;
        item->silent = length_us == 0 || length_us > AIR_LENGTH_MAX;
        item->a.ready = !item->silent;
        if (item->a.ready)
                item->a.length_us = length_us;
        air->dirty = true;
}

void thon_air_cancel(struct thon_air *air, int64_t serial, enum thon_air_reason reason)
{
        struct air_item *item = air_find(air, serial);

        if (!item || item->phase == AIR_OVER || item->cancel != THON_AIR_NO_REASON)
                return;
        item->cancel = reason == THON_AIR_NO_REASON ? THON_AIR_CANCELLED : reason;
        air->dirty = true;
}

static int view(const struct air_item *item, const struct air_zone *zone,
                int (*visit)(const struct thon_air_view *, void *), void *userdata)
{
        const struct thon_air_view seen = {
                .airing = &item->a,
                .on_air = zone->sounding == item,
                .interrupted = item->begun && zone->sounding != item,
                .held = item->held,
        };

        return visit(&seen, userdata);
}

/* What sounds, then class by class what has begun before what has not. */
static int each_of_zone(const struct air_zone *zone, int (*visit)(const struct thon_air_view *, void *),
                        void *userdata)
{
        int r = zone->sounding ? view(zone->sounding, zone, visit, userdata) : 0;

        for (size_t i = 0; i < zone->n && r == 0;) {
                enum thon_class class = zone->items[i]->class;
                size_t end = i;

                while (end < zone->n && zone->items[end]->class == class)
                        end++;
                for (int begun = 1; begun >= 0; begun--)
                        for (size_t j = i; j < end && r == 0; j++)
                                if (zone->items[j]->phase == AIR_WAITING &&
                                    zone->items[j]->begun == (begun == 1))
                                        r = view(zone->items[j], zone, visit, userdata);
                i = end;
        }
        return r;
}

int thon_air_each(const struct thon_air *air, size_t zone,
                  int (*visit)(const struct thon_air_view *, void *), void *userdata)
{
        int r = 0;

        if (zone != SIZE_MAX)
                return zone < air->n_zones ? each_of_zone(&air->zones[zone], visit, userdata) : 0;
        for (size_t i = 0; i < air->n_zones && r == 0; i++)
                r = each_of_zone(&air->zones[i], visit, userdata);
        return r;
}

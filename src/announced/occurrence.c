/* Occurrences become airings, one in each zone: the next of every announcement lies in the queue before its time,
 * so that a look at the list shows it and its sound is ready. What came while the station was down is told as
 * missed, and not aired late for its own sake. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define AIRINGS_MAX THON_AIR_MAX
#define URGENT_ROOM 512          /* of them, for emergencies alone */
#define ABSENT_S    (31 * 86400) /* what a clock that jumped passes over is not gone through day by day */
#define MISSED_MAX \
        20 /* rows of one announcement after a long absence; what is older is not told one by one */

static struct announced_airing *airing_free(struct announced_airing *airing)
{
        if (airing) {
                free(airing->title);
                free(airing->by);
                free(airing);
        }
        return NULL;
}

static bool is_open(const struct announced_airing *airing)
{
        return airing->state == THON_AIRING_WAITING || airing->state == THON_AIRING_ON_AIR;
}

/* So many wait only while the store is away for long: what airs goes before what was aired. */
static bool forget_oldest(struct announced *d)
{
        for (size_t i = 0; i < d->n_airings; i++) {
                struct announced_airing *airing = d->airings[i];

                if (is_open(airing))
                        continue;
                thon_error("How %s ended in %s is lost: too much waits for the store", airing->announcement,
                           airing->zone_id);
                memmove(d->airings + i, d->airings + i + 1,
                        (d->n_airings - i - 1) * sizeof(struct announced_airing *));
                d->n_airings--;
                airing_free(airing);
                return true;
        }
        return false;
}

/* Of an announcement, or of a row whose announcement is over. */
static struct announced_airing *airing_new(struct announced *d, struct announced_item *item,
                                           const struct thon_airing_row *row, size_t zone,
                                           struct thon_wall due)
{
        struct announced_airing *airing, **all;

        if (d->n_airings >= AIRINGS_MAX && !forget_oldest(d))
                return NULL;
        all = reallocarray(d->airings, d->n_airings + 1, sizeof(struct announced_airing *));
        if (!all)
                return NULL;
        d->airings = all;
        airing = calloc(1, sizeof(*airing));
        if (!airing)
                return NULL;
        *airing = (struct announced_airing){.item = item,
                                            .class = row ? row->class : item->a.class,
                                            .serial = ++d->serial,
                                            .zone = zone,
                                            .due = due,
                                            .began = THON_WALL_NEVER,
                                            .ended = THON_WALL_NEVER,
                                            .state = THON_AIRING_WAITING,
                                            .returned_db = __builtin_nan(""),
                                            .dirty = true};
        snprintf(airing->announcement, sizeof(airing->announcement), "%s",
                 row ? row->announcement : item->a.id);
        snprintf(airing->zone_id, sizeof(airing->zone_id), "%s", row ? row->zone : d->conf.zones[zone].id);
        airing->title = strdup(row ? row->title : item->a.title ? item->a.title : "");
        airing->by = strdup(row                   ? row->by
                            : item->a.approved_by ? item->a.approved_by
                            : item->a.by          ? item->a.by
                                                  : "");
        if (!airing->title || !airing->by)
                return airing_free(airing);
        all[d->n_airings++] = airing;
        return airing;
}

static int64_t late_of(const struct announced *d, const struct announced_item *item, size_t zone)
{
        return item->a.late_s >= 0 ? item->a.late_s : d->conf.zones[zone].rules.late_s;
}

static struct thon_wall latest_of(const struct announced *d, const struct announced_item *item, size_t zone,
                                  struct thon_wall due)
{
        /* A warning that comes late is better than none: until it expires. */
        if (item->a.class == THON_CLASS_EMERGENCY && item->a.late_s < 0)
                return THON_WALL_NEVER;
        return (struct thon_wall){due.s + late_of(d, item, zone)};
}

int announced_airing_queue(struct announced *d, struct announced_airing *airing)
{
        struct announced_item *item = airing->item;
        const char *problem = NULL;
        uint64_t length = announced_length(item, airing->zone, &problem);
        struct thon_airing one = {
                .serial = airing->serial,
                .zone = airing->zone,
                .class = item->a.class,
                .answered_for = item->a.by && item->a.reason,
                .due = airing->due,
                .latest = latest_of(d, item, airing->zone, airing->due),
                .expires = item->a.expires,
                .length_us = length ? length : 1,
                .resume = item->a.resume,
                .ready = length > 0,
        };
        int r;

        memcpy(one.announcement, item->a.id, sizeof(one.announcement));
        r = thon_air_add(d->air, &one);
        if (r == 0 && length == 0 && problem)
                thon_air_ready(d->air, airing->serial, 0);
        return r;
}

void announced_airing_end(struct announced *d, struct announced_airing *airing, enum thon_airing_state state,
                          enum thon_air_reason reason)
{
        announced_audio_end(d, airing);
        airing->state = state;
        airing->reason = reason;
        airing->ended = announced_now(d).wall;
        airing->dirty = true;
        if (state == THON_AIRING_DROPPED && reason != THON_AIR_REPLACED) /* which was somebody's wish */
                announced_told_dropped(d, airing);
        announced_keep_soon(d);
}

static void occur_in(struct announced *d, struct announced_item *item, size_t zone, struct thon_wall due,
                     bool missed)
{
        struct announced_airing *airing = airing_new(d, item, NULL, zone, due);
        int r = airing ? missed ? 0 : announced_airing_queue(d, airing) : -ENOMEM;

        if (r < 0)
                thon_error("%s in %s cannot be queued and is lost: %s", item->a.id, d->conf.zones[zone].id,
                           strerror(-r));
        if (airing && (missed || r < 0))
                announced_airing_end(d, airing, THON_AIRING_DROPPED,
                                     missed ? THON_AIR_MISSED : THON_AIR_FAILED);
}

static void occur(struct announced *d, struct announced_item *item, struct thon_wall due, bool missed)
{
        for (size_t zone = 0; zone < d->conf.n_zones; zone++)
                if (item->zones & UINT64_C(1) << zone)
                        occur_in(d, item, zone, due, missed);
}

static bool airs_at(const struct announced *d, const struct announced_item *item, size_t zone,
                    struct thon_wall due)
{
        for (size_t i = 0; i < d->n_airings; i++)
                if (d->airings[i]->item == item && d->airings[i]->due.s == due.s &&
                    strcmp(d->airings[i]->zone_id, d->conf.zones[zone].id) == 0)
                        return true;
        return false;
}

void announced_occur_in_new_zones(struct announced *d, struct announced_item *item)
{
        struct thon_wall due = item->a.planned, now = announced_now(d).wall;

        if (item->a.state != THON_ANNOUNCE_APPROVED || due.s == THON_WALL_NEVER.s || due.s <= now.s)
                return;
        for (size_t zone = 0; zone < d->conf.n_zones; zone++)
                if (item->zones & UINT64_C(1) << zone && !airs_at(d, item, zone, due))
                        occur_in(d, item, zone, due, false);
}

/* Its airing could not begin any more in any zone. */
static bool is_missed(const struct announced *d, const struct announced_item *item, struct thon_wall due,
                      struct thon_wall now)
{
        for (size_t zone = 0; zone < d->conf.n_zones; zone++)
                if (item->zones & UINT64_C(1) << zone &&
                    !thon_wall_before(latest_of(d, item, zone, due), now))
                        return false;
        return true;
}

static struct thon_wall begin_of(const struct announced_item *item)
{
        const struct thon_announcement *a = &item->a;

        if (a->planned.s != THON_WALL_NEVER.s)
                return a->planned;
        if (a->schedule.kind != THON_AIR_CALENDAR)
                return (struct thon_wall){a->schedule.at.s - 1};
        return a->approved.s != THON_WALL_NEVER.s ? a->approved : a->submitted;
}

/* Whether all zones of it find room in the queue. What finds none waits until others have ended, and is told as
 * missed if that is too long. */
static bool has_room(const struct announced *d, const struct announced_item *item)
{
        size_t max = item->a.class == THON_CLASS_EMERGENCY ? AIRINGS_MAX : AIRINGS_MAX - URGENT_ROOM;
        size_t n = (size_t)__builtin_popcountll(item->zones);

        for (size_t i = 0; i < d->n_airings; i++)
                n += is_open(d->airings[i]);
        return n <= max;
}

static void plan(struct announced *d, struct announced_item *item, struct thon_wall now)
{
        struct thon_wall after = begin_of(item), due;
        unsigned missed = 0;

        if (item->a.schedule.kind == THON_AIR_CALENDAR && after.s < now.s - ABSENT_S)
                after.s = now.s - ABSENT_S;
        /* One occurrence lies ahead; the next is looked for when its time has come. */
        while ((item->a.planned.s == THON_WALL_NEVER.s || item->a.planned.s <= now.s) &&
               thon_air_schedule_next(&item->a.schedule, d->tz, after, &due) && due.s < item->a.expires.s) {
                bool late = is_missed(d, item, due, now);

                if (!late && !has_room(d, item))
                        break;
                item->a.planned = after = due;
                item->planned_dirty = true;
                if (!late || missed++ < MISSED_MAX)
                        occur(d, item, due, late);
        }
        announced_keep_soon(d);
}

static bool has_open(const struct announced *d, const struct announced_item *item)
{
        for (size_t i = 0; i < d->n_airings; i++)
                if (d->airings[i]->item == item && is_open(d->airings[i]))
                        return true;
        return false;
}

static bool has_next(const struct announced *d, const struct announced_item *item, struct thon_wall now)
{
        struct thon_wall due, after = begin_of(item);

        if (item->a.planned.s != THON_WALL_NEVER.s && item->a.planned.s > now.s)
                return true;
        return thon_air_schedule_next(&item->a.schedule, d->tz, after, &due) && due.s < item->a.expires.s;
}

/* 0 when it waits for its time; else it is over now. */
static bool over(const struct announced *d, const struct announced_item *item, struct thon_wall now)
{
        return !has_open(d, item) && (item->zones == 0 || !has_next(d, item, now));
}

static void look_at(struct announced *d, struct announced_item *item, struct thon_air_now now)
{
        if (item->a.state == THON_ANNOUNCE_SUBMITTED && now.trusted && item->a.expires.s <= now.wall.s)
                announced_item_end(item, THON_ANNOUNCE_REFUSED, THON_AIR_EXPIRED, "thon-announced",
                                   "hết hạn mà chưa ai duyệt");
        /* By a clock that nobody has set, every day is the wrong one: what is urgent has no day. */
        if (item->a.state != THON_ANNOUNCE_APPROVED ||
            (!now.trusted && item->a.class != THON_CLASS_EMERGENCY))
                return;
        if (item->a.planned.s == THON_WALL_NEVER.s || item->a.planned.s <= now.wall.s)
                plan(d, item, now.wall);
        if (over(d, item, now.wall))
                announced_item_end(item, THON_ANNOUNCE_DONE, THON_AIR_NO_REASON, NULL, NULL);
}

struct thon_wall announced_plan(struct announced *d)
{
        struct thon_air_now now = announced_now(d);
        struct thon_wall next = THON_WALL_NEVER;

        for (size_t i = 0; i < d->n_items; i++) {
                struct announced_item *item = d->items[i];

                look_at(d, item, now);
                if (item->a.state == THON_ANNOUNCE_APPROVED && item->a.planned.s != THON_WALL_NEVER.s &&
                    item->a.planned.s > now.wall.s && item->a.planned.s < next.s)
                        next = item->a.planned;
                if (item->a.state == THON_ANNOUNCE_SUBMITTED && item->a.expires.s < next.s)
                        next = item->a.expires;
        }
        return next;
}

struct announced_airing *announced_airing_find(const struct announced *d, int64_t serial)
{
        size_t lo = 0, hi = d->n_airings;

        while (lo < hi) {
                size_t mid = lo + (hi - lo) / 2;

                if (d->airings[mid]->serial == serial)
                        return d->airings[mid];
                if (d->airings[mid]->serial < serial)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return NULL;
}

/* What was aired of it before we died stands in its file; what comes is joined to that. */
static void take_audio(struct announced_airing *airing, const struct thon_airing_row *row)
{
        if (!row->audio || !*row->audio || strchr(row->audio, '/') ||
            strlen(row->audio) >= sizeof(airing->audio))
                return;
        memcpy(airing->audio, row->audio, strlen(row->audio) + 1);
        airing->pieces = 1;
}

int announced_airing_resume(struct announced *d, struct announced_item *item,
                            const struct thon_airing_row *row, size_t zone)
{
        struct announced_airing *airing = airing_new(d, item, row, zone, row->due);

        if (!airing)
                return -ENOMEM;
        airing->row = row->serial;
        airing->dirty = false;
        take_audio(airing, row);
        return announced_airing_queue(d, airing);
}

int announced_airing_lost(struct announced *d, struct announced_item *item,
                          const struct thon_airing_row *row, enum thon_air_reason reason)
{
        struct announced_airing *airing = airing_new(d, item, row, SIZE_MAX, row->due);

        if (!airing)
                return -ENOMEM;
        airing->row = row->serial;
        airing->began = row->began;
        take_audio(airing, row);
        airing->sounded_us = row->seconds_ms > 0 ? (uint64_t)row->seconds_ms * 1000 : 0;
        announced_airing_end(d, airing, THON_AIRING_DROPPED, reason);
        return 0;
}

void announced_airings_reap(struct announced *d)
{
        size_t n = 0;

        for (size_t i = 0; i < d->n_airings; i++) {
                struct announced_airing *airing = d->airings[i];

                if (is_open(airing) || airing->dirty)
                        d->airings[n++] = airing;
                else
                        airing_free(airing);
        }
        d->n_airings = n;
}

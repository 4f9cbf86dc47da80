/* What was heard in a zone, by civil day: airtime and repeats. Emergencies do not count. Counted is from the order
 * to start, which is before the first sample, and never more than there is of the sound: a little too much rather
 * than too little. A few days are kept, so that a clock that was wrong for a while does not bring a budget back. */
#include <stdio.h>
#include <string.h>

#include "air.h"

#define STEP_S 3 /* the wall clock against the monotonic one; less is rounding */

static uint64_t distance(int32_t a, int32_t b)
{
        return (uint64_t)(a > b ? (int64_t)a - b : (int64_t)b - a);
}

static void add_day(struct air_zone *zone, int32_t day, uint64_t us)
{
        size_t far = 0;

        for (size_t i = 0; i < zone->n_days; i++) {
                if (zone->days[i].day == day) {
                        zone->days[i].us += us;
                        return;
                }
                if (distance(zone->days[i].day, day) > distance(zone->days[far].day, day))
                        far = i;
        }
        if (zone->n_days < AIR_DAYS_MAX)
                far = zone->n_days++;
        zone->days[far] = (struct air_day){day, us};
}

static void add_sound(const struct thon_air *air, struct air_zone *zone, struct thon_wall from, uint64_t us)
{
        while (us > 0) {
                struct thon_civil civil = thon_zone_civil(air->civil, from);
                struct thon_wall midnight = thon_zone_instant(air->civil, civil.days + 1, 0);
                uint64_t room = midnight.s > from.s ? (uint64_t)(midnight.s - from.s) * SECOND_US : us;
                uint64_t part = us < room ? us : room;

                add_day(zone, civil.days, part);
                us -= part;
                from = midnight;
        }
}

void air_charge(struct thon_air *air, struct air_item *item, struct thon_air_now now)
{
        uint64_t us = thon_mono_since(item->charged_mono, now.mono), rest = air_rest(item);

        if (us > rest - item->charged_us)
                us = rest - item->charged_us;
        if (!air_emergency(item))
                add_sound(air, air_zone_of(air, item), item->charged_wall, us);
        item->charged_us += us;
        item->charged_wall = now.wall;
        item->charged_mono = now.mono;
}

void air_note(struct thon_air *air, struct thon_air_now now)
{
        struct thon_air_now then = air->last;
        int64_t wanted = then.wall.s + (int64_t)(thon_mono_since(then.mono, now.mono) / SECOND_US);
        bool step = air->seen && (now.wall.s > wanted + STEP_S || now.wall.s < wanted - STEP_S);

        for (size_t i = 0; step && i < air->n_zones; i++) {
                struct air_item *item = air->zones[i].sounding;

                if (!item)
                        continue;
                if (item->started)
                        air_charge(air, item, now);
                item->charged_wall = now.wall;
        }
        if (step)
                air->dirty = true;
        air->last = now;
        air->seen = true;
}

uint64_t air_day_us(const struct air_zone *zone, int32_t day)
{
        for (size_t i = 0; i < zone->n_days; i++)
                if (zone->days[i].day == day)
                        return zone->days[i].us;
        return 0;
}

uint64_t air_week_us(const struct air_zone *zone, int32_t day)
{
        int32_t monday = day - thon_date_weekday(day);
        uint64_t us = 0;

        for (size_t i = 0; i < zone->n_days; i++)
                if (zone->days[i].day >= monday && zone->days[i].day < monday + 7)
                        us += zone->days[i].us;
        return us;
}

unsigned air_repeats(const struct air_zone *zone, const char *announcement, int32_t day)
{
        for (size_t i = 0; i < zone->n_repeats; i++)
                if (zone->repeats[i].day == day && strcmp(zone->repeats[i].announcement, announcement) == 0)
                        return zone->repeats[i].n;
        return 0;
}

void air_count_repeat(struct air_zone *zone, const char *announcement, int32_t day)
{
        size_t far = 0;

        if (zone->rules.repeats == 0)
                return;
        for (size_t i = 0; i < zone->n_repeats; i++) {
                struct air_repeat *repeat = &zone->repeats[i];

                if (repeat->day == day && strcmp(repeat->announcement, announcement) == 0) {
                        repeat->n++;
                        return;
                }
                if (distance(repeat->day, day) > distance(zone->repeats[far].day, day))
                        far = i;
        }
        if (zone->n_repeats < AIR_REPEATS_MAX)
                far = zone->n_repeats++;
        zone->repeats[far] = (struct air_repeat){.day = day, .n = 1};
        (void)snprintf(zone->repeats[far].announcement, sizeof zone->repeats[far].announcement, "%s",
                       announcement);
}

void thon_air_was(struct thon_air *air, size_t zone, const char *announcement, enum thon_class class,
                  struct thon_wall began, int64_t seconds)
{
        if (zone >= air->n_zones || class == THON_CLASS_EMERGENCY || seconds < 0 || seconds > 7 * 86400)
                return;
        add_sound(air, &air->zones[zone], began, (uint64_t)seconds * SECOND_US);
        air_count_repeat(&air->zones[zone], announcement, thon_zone_civil(air->civil, began).days);
        air->dirty = true;
}

void thon_air_used(const struct thon_air *air, size_t zone, struct thon_wall at, int64_t *ret_day_s,
                   int64_t *ret_week_s)
{
        const struct air_zone *used = zone < air->n_zones ? &air->zones[zone] : NULL;
        int32_t day = thon_zone_civil(air->civil, at).days,
                today = thon_zone_civil(air->civil, air->last.wall).days;
        uint64_t now_us = 0;

        if (used && used->sounding && used->sounding->started && !air_emergency(used->sounding)) {
                const struct air_item *item = used->sounding;
                uint64_t rest = air_rest(item) - item->charged_us;

                now_us = thon_mono_since(item->charged_mono, air->last.mono);
                now_us = now_us < rest ? now_us : rest;
        }
        *ret_day_s = used ? (int64_t)((air_day_us(used, day) + (day == today ? now_us : 0)) / SECOND_US) : 0;
        *ret_week_s =
                used ? (int64_t)((air_week_us(used, day) +
                                  (day - thon_date_weekday(day) == today - thon_date_weekday(today) ? now_us
                                                                                                    : 0)) /
                                 SECOND_US)
                     : 0;
}

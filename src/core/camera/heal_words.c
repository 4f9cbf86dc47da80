/* What was healed while people slept, in the words in which they read it at breakfast: when, what, and whether somebody must go
 * there. It is cut between devices, never within a name, and says how many are left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/camera_heal.h"

#define TEXT_MAX  400 /* bytes: what relayd lets through of an event */
#define MORE_ROOM 48  /* for "; và 12 thiết bị khác" */
#define EVENING_S (18 * 3600)

static int32_t day_of(const struct thon_zone *zone, struct thon_wall at)
{
        return thon_zone_civil(zone, at).days;
}

/* "02:12", with the day where it is not this one. */
static void clock_text(const struct thon_zone *zone, struct thon_wall at, struct thon_wall now, char *buf,
                       size_t size)
{
        struct thon_civil civil = thon_zone_civil(zone, at);
        int32_t ago = day_of(zone, now) - civil.days;
        struct thon_date date = thon_date_of(civil.days);
        int hour = civil.second / 3600, minute = civil.second / 60 % 60;

        if (ago == 0)
                (void)snprintf(buf, size, "%02d:%02d", hour, minute);
        else if (ago == 1)
                (void)snprintf(buf, size, "%02d:%02d hôm qua", hour, minute);
        else
                (void)snprintf(buf, size, "%02d:%02d ngày %d/%d", hour, minute, date.day, date.month);
}

static const char *when_text(const struct thon_heal_told *told, size_t n, const struct thon_zone *zone,
                             struct thon_wall now)
{
        struct thon_wall first = told[0].began;
        int32_t yesterday = day_of(zone, now) - 1;

        for (size_t i = 1; i < n; i++)
                if (thon_wall_before(told[i].began, first))
                        first = told[i].began;
        if (first.s >= thon_zone_instant(zone, yesterday, EVENING_S).s)
                return "Đêm qua";
        return day_of(zone, first) >= yesterday ? "Từ hôm qua" : "Những ngày qua";
}

/* 0: it does not fit. */
static size_t add_one(char *text, size_t used, const struct thon_heal_told *one, bool first, bool last,
                      const struct thon_zone *zone, struct thon_wall now)
{
        size_t room = TEXT_MAX - used - (last ? 0 : MORE_ROOM);
        char at[64];
        int size;

        clock_text(zone, one->began, now, at, sizeof at);
        size = snprintf(text + used, room + 1, "%s%s %s lúc %s, %s", first ? ": " : "; ", one->name,
                        one->how == THON_HEAL_POWER ? "được tự động ngắt điện và bật lại"
                                                    : "tự khởi động lại",
                        at, one->recovered ? "đã hoạt động" : "vẫn chưa hoạt động, cần người đến kiểm tra");
        if (size < 0 || (size_t)size > room) {
                text[used] = '\0';
                return 0;
        }
        return (size_t)size;
}

char *thon_heal_digest_text(const struct thon_heal_told *told, size_t n, const struct thon_zone *zone,
                            struct thon_wall now)
{
        char *text = n > 0 ? malloc(TEXT_MAX + 1) : NULL;
        size_t used, shown = 0;

        if (!text)
                return NULL;
        used = (size_t)snprintf(text, TEXT_MAX + 1, "%s", when_text(told, n, zone, now));
        for (int recovered = 0; recovered < 2; recovered++)
                for (size_t i = 0; i < n; i++) {
                        size_t more;

                        if (told[i].recovered != (recovered == 1))
                                continue;
                        more = add_one(text, used, &told[i], shown == 0, shown + 1 == n, zone, now);
                        used += more;
                        shown += more > 0;
                }
        if (shown < n)
                (void)snprintf(text + used, TEXT_MAX + 1 - used, "%s %zu thiết bị%s",
                               shown == 0 ? ":" : "; và", n - shown, shown == 0 ? "" : " khác");
        return text;
}

struct thon_wall thon_heal_digest_next(int minute, const struct thon_zone *zone, struct thon_wall last)
{
        int32_t day = day_of(zone, last);
        struct thon_wall at = thon_zone_instant(zone, day, minute * 60);

        /* A time that a zone skips is the instant of the jump: still one a day. */
        return thon_wall_before(last, at) ? at : thon_zone_instant(zone, day + 1, minute * 60);
}

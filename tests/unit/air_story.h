/* A station on paper: zones with rules, a clock that is set by hand, players who report when the story says so. What the queue decides is
 * kept as a line of text: "start 1 until 21:30:00; hold 2 busy". */
#pragma once

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/announce_air.h"

#define STORY_ZONES 4
#define MINUTE      60
#define HOUR        3600
#define DAY         86400

struct story {
        struct thon_zone *civil;
        struct thon_air_rules rules[STORY_ZONES];
        struct thon_air *air;
        struct thon_air_now now;
        int32_t day;
        char said[4096];
};

static struct story story;

static const char *clock_of(struct thon_wall at, char buf[static 24])
{
        struct thon_civil civil = thon_zone_civil(story.civil, at);

        (void)snprintf(buf, 24, "%02d:%02d:%02d", civil.second / HOUR % 24, civil.second / MINUTE % 60,
                       civil.second % MINUTE);
        return buf;
}

static int story_visit(const struct thon_air_action *action, void *userdata)
{
        size_t n = strlen(story.said), room = sizeof story.said - n;
        char *to = story.said + n, clock[24];

        (void)userdata;
        ck_assert_uint_gt(room, 200);
        if (n > 0)
                to += snprintf(to, room, "; ");
        switch (action->what) {
        case THON_AIR_START:
                to += sprintf(to, "start %d", (int)action->serial);
                if (action->from_us > 0)
                        to += sprintf(to, " from %ds", (int)(action->from_us / 1000000));
                if (action->until.s != THON_WALL_NEVER.s)
                        (void)sprintf(to, " until %s", clock_of(action->until, clock));
                return 0;
        case THON_AIR_STOP:
                (void)sprintf(to, "stop %d %s", (int)action->serial, thon_air_reason_slug(action->reason));
                return 0;
        case THON_AIR_END:
                to += sprintf(to, "end %d %s", (int)action->serial, thon_airing_state_text(action->state));
                if (action->reason != THON_AIR_NO_REASON)
                        to += sprintf(to, " %s", thon_air_reason_slug(action->reason));
                if (action->aired_us > 0)
                        (void)sprintf(to, " %ds", (int)(action->aired_us / 1000000));
                return 0;
        case THON_AIR_HOLD:
                (void)sprintf(to, "hold %d %s", (int)action->serial, thon_air_reason_slug(action->reason));
                return 0;
        }
        return -1;
}

/* Monday, 1 March 2027, at 00:00 in UTC+7. */
static void story_begin(void)
{
        memset(&story, 0, sizeof story);
        ck_assert_int_eq(thon_zone_fixed(7 * HOUR, &story.civil), 0);
        story.day = thon_date_days((struct thon_date){2027, 3, 1});
        story.now.wall = thon_zone_instant(story.civil, story.day, 0);
        story.now.mono.us = 1000000;
        story.now.trusted = true;
        for (size_t i = 0; i < STORY_ZONES; i++)
                story.rules[i].late_s = 30 * MINUTE;
}

static void story_end(void)
{
        thon_air_free(story.air);
        thon_zone_free(story.civil);
}

static inline void quiet(size_t zone, const char *hours)
{
        struct thon_air_rules *rules = &story.rules[zone];

        ck_assert_ptr_null(thon_hours_parse(hours, &rules->quiet[rules->n_quiet++]));
}

/* The rules are as they are to be. */
static void open_station(void)
{
        ck_assert_int_eq(thon_air_new(story.civil, story.rules, STORY_ZONES, &story.air), 0);
}

/* "05:30" or "05:30:10" of the story's day. */
static struct thon_wall when(const char *clock)
{
        int minutes, second = 0;
        char text[6];

        memcpy(text, clock, 5);
        text[5] = '\0';
        ck_assert(thon_clock_parse(text, &minutes));
        if (clock[5] == ':')
                second = (clock[6] - '0') * 10 + clock[7] - '0';
        return thon_zone_instant(story.civil, story.day, minutes * 60 + second);
}

static inline void next_day(void)
{
        story.day++;
}

static struct thon_airing airing(int64_t serial, size_t zone, const char *due, int64_t seconds)
{
        struct thon_airing airing = {
                .serial = serial,
                .zone = zone,
                .due = when(due),
                .latest = THON_WALL_NEVER,
                .expires = THON_WALL_NEVER,
                .length_us = (uint64_t)seconds * 1000000,
                .ready = true,
        };

        (void)snprintf(airing.announcement, sizeof airing.announcement, "tin-%d", (int)serial);
        return airing;
}

static void add(struct thon_airing it)
{
        ck_assert_int_eq(thon_air_add(story.air, &it), 0);
}

static inline struct thon_airing emergency(int64_t serial, size_t zone, const char *due, int64_t seconds)
{
        struct thon_airing it = airing(serial, zone, due, seconds);

        it.class = THON_CLASS_EMERGENCY;
        it.answered_for = true;
        return it;
}

/* Time goes on to a clock time of the story's day; it never goes back this way. */
static void go(const char *clock)
{
        struct thon_wall at = when(clock);

        ck_assert_msg(at.s >= story.now.wall.s, "%s is over", clock);
        story.now.mono.us += (uint64_t)(at.s - story.now.wall.s) * 1000000;
        story.now.wall = at;
}

/* Somebody sets the clock: no time goes by. */
static inline void set_clock(const char *clock)
{
        story.now.wall = when(clock);
}

static const char *look(void)
{
        story.said[0] = '\0';
        ck_assert_int_eq(thon_air_look(story.air, story.now, story_visit, NULL), 0);
        return story.said;
}

static const char *look_at(const char *clock)
{
        go(clock);
        return look();
}

/* When it wants to be asked again, from now: "05:30:00", "+2.0s", "never". */
static inline const char *asks(void)
{
        static char text[64];
        struct thon_wall wall;
        struct thon_mono mono;

        thon_air_next(story.air, story.now, &wall, &mono);
        if (mono.us != THON_MONO_NEVER.us &&
            (wall.s == THON_WALL_NEVER.s ||
             (int64_t)((mono.us - story.now.mono.us) / 1000000) < wall.s - story.now.wall.s))
                (void)snprintf(text, sizeof text, "+%.1fs", (double)(mono.us - story.now.mono.us) / 1e6);
        else if (wall.s == THON_WALL_NEVER.s)
                (void)snprintf(text, sizeof text, "never");
        else
                (void)clock_of(wall, text);
        return text;
}

static inline void started(int64_t serial)
{
        thon_air_started(story.air, serial, story.now);
}

static inline void ended(int64_t serial, enum thon_air_ended how, int64_t position_s)
{
        thon_air_ended(story.air, serial, how, (uint64_t)position_s * 1000000, story.now);
}

#define says(expected)           ck_assert_str_eq(look(), expected)
#define says_at(clock, expected) ck_assert_str_eq(look_at(clock), expected)

/* It sounds from its start, at once, to an end as it should be. */
static inline void plays_to(const char *clock, int64_t serial, int64_t length_s)
{
        started(serial);
        go(clock);
        ended(serial, THON_AIR_PLAYED, length_s);
}

static inline int story_main(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        int failed;

        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* What would be on air: stories of a commune station, and every random week against the queue itself, driven second by second. */
#include "light_fixture.h"

#include <errno.h>

#include "thon/announce_rehearse.h"

static uint64_t run_seed;
static struct thon_zone *civil;

#define MINUTE INT64_C(60)
#define HOUR   INT64_C(3600)

/* ---- a station in a few words ---- */

static struct thon_air_rules night_rest(void)
{
        return (struct thon_air_rules){
                .quiet = {{HM(21, 30), HM(5, 30)}}, .n_quiet = 1, .late_s = 30 * MINUTE, .warm_us = 2000000};
}

static struct thon_announcement at_once(const char *id, const char *at)
{
        struct thon_announcement a = {.schedule = {.kind = THON_AIR_ONCE, .at = when(civil, at)},
                                      .expires = THON_WALL_NEVER,
                                      .late_s = -1,
                                      .planned = THON_WALL_NEVER};

        set_id(a.id, id);
        return a;
}

static struct thon_days every_day[] = {{.kind = THON_DAYS_EVERY, .every = 1}};

static struct thon_announcement daily(const char *id, int minute)
{
        struct thon_announcement a = {.schedule = {.kind = THON_AIR_CALENDAR,
                                                   .n_days = 1,
                                                   .days = every_day,
                                                   .from = INT32_MIN,
                                                   .until = INT32_MAX,
                                                   .n_times = 1,
                                                   .times = {(int16_t)minute}},
                                      .expires = THON_WALL_NEVER,
                                      .late_s = -1,
                                      .planned = THON_WALL_NEVER};

        set_id(a.id, id);
        return a;
}

static char name_of_person[] = "Trần Thị Bình", reason_of_person[] = "Xả lũ khẩn cấp";

static struct thon_announcement emergency(const char *id, const char *at)
{
        struct thon_announcement a = at_once(id, at);

        a.class = THON_CLASS_EMERGENCY;
        a.by = name_of_person;
        a.reason = reason_of_person;
        return a;
}

static struct thon_rehearse_item item(const struct thon_announcement *a, int64_t seconds, uint64_t zones)
{
        return (struct thon_rehearse_item){
                .announcement = a, .length_us = (uint64_t)seconds * 1000000, .zones = zones};
}

/* "ban-tin z0 22 17:00 aired 17:00:02 60s" a line; reason and against behind it. */
struct page {
        char text[8192];
};

static int tell_row(const struct thon_rehearse_row *row, void *userdata)
{
        struct page *page = userdata;
        size_t n = strlen(page->text);
        struct thon_civil due = thon_zone_civil(civil, row->due);

        n += (size_t)snprintf(page->text + n, sizeof page->text - n, "%s z%zu %02d %02d:%02d %s",
                              row->announcement->id, row->zone, thon_date_of(due.days).day,
                              due.second / 3600, due.second / 60 % 60, thon_airing_state_text(row->state));
        if (row->began.s != THON_WALL_NEVER.s) {
                struct thon_civil began = thon_zone_civil(civil, row->began);

                n += (size_t)snprintf(page->text + n, sizeof page->text - n, " %02d:%02d:%02d %llds",
                                      began.second / 3600, began.second / 60 % 60, began.second % 60,
                                      (long long)row->seconds);
        }
        if (row->reason != THON_AIR_NO_REASON)
                n += (size_t)snprintf(page->text + n, sizeof page->text - n, " %s",
                                      thon_air_reason_slug(row->reason));
        if (row->against)
                n += (size_t)snprintf(page->text + n, sizeof page->text - n, " (%s)", row->against->id);
        ck_assert_uint_lt(n + 2, sizeof page->text);
        memcpy(page->text + n, "\n", 2);
        return 0;
}

static void assert_page(const struct thon_air_rules *rules, size_t n_zones,
                        const struct thon_rehearse_item *items, size_t n_items, const char *from, int days,
                        const char *want)
{
        struct thon_rehearse_zone zones[8];
        const struct thon_rehearse_station station = {.zone = civil, .n_zones = n_zones, .zones = zones};
        struct page page = {""};

        for (size_t i = 0; i < n_zones; i++)
                zones[i] = (struct thon_rehearse_zone){"z", rules[i]};
        ck_assert_int_eq(thon_rehearse(&station, items, n_items, when(civil, from), days, tell_row, &page),
                         0);
        ck_assert_str_eq(page.text, want);
}

/* ---- stories ---- */

START_TEST(test_0315_on_a_mis_set_schedule_is_silent)
{
        struct thon_air_rules rules = night_rest();
        struct thon_announcement relay = daily("tiep-am", HM(3, 15)), bulletin = daily("ban-tin", HM(17, 0));
        struct thon_rehearse_item items[] = {item(&relay, 1200, 1), item(&bulletin, 600, 1)};

        assert_page(&rules, 1, items, 2, "2026-12-05T00:00", 2,
                    "tiep-am z0 05 03:15 dropped quiet\n"
                    "ban-tin z0 05 17:00 aired 17:00:02 600s\n"
                    "tiep-am z0 06 03:15 dropped quiet\n"
                    "ban-tin z0 06 17:00 aired 17:00:02 600s\n");
}
END_TEST

START_TEST(test_an_emergency_passes_quiet_hours)
{
        struct thon_air_rules rules = night_rest();
        struct thon_announcement flood = emergency("xa-lu", "2026-12-05T03:15"),
                                 nobody = emergency("khong-ten", "2026-12-05T03:20");
        struct thon_rehearse_item items[] = {item(&flood, 60, 1), item(&nobody, 60, 1)};

        nobody.by = NULL;
        nobody.late_s = 60;
        assert_page(&rules, 1, items, 2, "2026-12-05T00:00", 1,
                    "xa-lu z0 05 03:15 aired 03:15:02 60s\n"
                    "khong-ten z0 05 03:20 dropped quiet\n");
}
END_TEST

START_TEST(test_what_waits_for_the_end_of_quiet_hours_says_so)
{
        struct thon_air_rules rules = night_rest();
        struct thon_announcement early = daily("som", HM(5, 10));
        struct thon_rehearse_item items[] = {item(&early, 60, 1)};

        assert_page(&rules, 1, items, 1, "2026-12-05T00:00", 1,
                    "som z0 05 05:10 aired 05:30:02 60s quiet\n");
}
END_TEST

START_TEST(test_two_at_one_time_go_one_after_the_other)
{
        struct thon_air_rules rules[] = {night_rest(), night_rest()};
        struct thon_announcement one = daily("mot", HM(17, 0)), two = daily("hai", HM(17, 0)),
                                 first = daily("uu-tien", HM(17, 0));
        struct thon_rehearse_item items[] = {item(&one, 60, 3), item(&two, 30, 1), item(&first, 10, 1)};

        first.class = THON_CLASS_PRIORITY;
        assert_page(rules, 2, items, 3, "2026-12-05T00:00", 1,
                    "mot z0 05 17:00 aired 17:00:14 60s busy (uu-tien)\n"
                    "hai z0 05 17:00 aired 17:01:16 30s busy (uu-tien)\n"
                    "uu-tien z0 05 17:00 aired 17:00:02 10s\n"
                    "mot z1 05 17:00 aired 17:00:02 60s\n");
}
END_TEST

START_TEST(test_one_that_finds_no_room_until_its_latest_start)
{
        struct thon_air_rules rules = night_rest();
        struct thon_announcement long_one = daily("dai", HM(17, 0)), late = daily("tre", HM(17, 10));
        struct thon_rehearse_item items[] = {item(&long_one, HOUR, 1), item(&late, 60, 1)};

        late.late_s = 600;
        assert_page(&rules, 1, items, 2, "2026-12-05T00:00", 1,
                    "dai z0 05 17:00 aired 17:00:02 3600s\n"
                    "tre z0 05 17:10 dropped busy (dai)\n");
}
END_TEST

START_TEST(test_neighbours_that_hear_each_other_are_apart)
{
        struct thon_air_rules rules[] = {night_rest(), night_rest(), night_rest()};
        struct thon_announcement all = daily("chung", HM(17, 0));
        struct thon_rehearse_item items[] = {item(&all, 60, 7)};

        rules[0].apart = 2; /* the second is heard in the first, so the first in the second */
        assert_page(rules, 3, items, 1, "2026-12-05T00:00", 1,
                    "chung z0 05 17:00 aired 17:00:02 60s\n"
                    "chung z1 05 17:00 aired 17:01:04 60s neighbour (chung)\n"
                    "chung z2 05 17:00 aired 17:00:02 60s\n");
}
END_TEST

START_TEST(test_airtime_of_the_day_that_is_used_up)
{
        struct thon_air_rules rules = night_rest();
        struct thon_announcement one = daily("mot", HM(6, 0)), two = daily("hai", HM(12, 0)),
                                 three = daily("ba", HM(17, 0));
        struct thon_rehearse_item items[] = {item(&one, 20 * MINUTE, 1), item(&two, 20 * MINUTE, 1),
                                             item(&three, 20 * MINUTE, 1)};

        rules.day_s = 45 * MINUTE;
        assert_page(&rules, 1, items, 3, "2026-12-05T00:00", 1,
                    "mot z0 05 06:00 aired 06:00:02 1200s\n"
                    "hai z0 05 12:00 aired 12:00:02 1200s\n"
                    "ba z0 05 17:00 dropped day\n");
}
END_TEST

START_TEST(test_what_was_aired_before_counts)
{
        struct thon_rehearse_zone zones[] = {{"z", night_rest()}};
        struct thon_announcement one = daily("mot", HM(17, 0));
        struct thon_rehearse_item items[] = {item(&one, 20 * MINUTE, 1)};
        struct thon_rehearse_was was[] = {{.zone = 0,
                                           .announcement = "hai",
                                           .began = when(civil, "2026-12-05T06:00"),
                                           .seconds = 30 * MINUTE}};
        struct thon_rehearse_station station = {
                .zone = civil, .n_zones = 1, .zones = zones, .n_was = 1, .was = was};
        struct page page = {""};

        zones[0].rules.day_s = 45 * MINUTE;
        ck_assert_int_eq(
                thon_rehearse(&station, items, 1, when(civil, "2026-12-05T12:00"), 2, tell_row, &page), 0);
        ck_assert_str_eq(page.text, "mot z0 05 17:00 dropped day\n"
                                    "mot z0 06 17:00 aired 17:00:02 1200s\n");
}
END_TEST

START_TEST(test_most_repeats_of_a_day)
{
        struct thon_air_rules rules = night_rest();
        struct thon_announcement often = at_once("nhieu", "2026-12-05T08:00");
        struct thon_rehearse_item items[] = {item(&often, 10, 1)};

        rules.repeats = 2;
        often.late_s = 60;
        often.schedule.kind = THON_AIR_COUNT;
        often.schedule.count = 3;
        often.schedule.every_s = HOUR;
        assert_page(&rules, 1, items, 1, "2026-12-05T00:00", 1,
                    "nhieu z0 05 08:00 aired 08:00:02 10s\n"
                    "nhieu z0 05 09:00 aired 09:00:02 10s\n"
                    "nhieu z0 05 10:00 dropped repeats\n");
}
END_TEST

START_TEST(test_an_emergency_comes_between)
{
        struct thon_air_rules rules = night_rest();
        struct thon_announcement on = daily("tiep", HM(17, 0)),
                                 flood = emergency("xa-lu", "2026-12-05T17:01");
        struct thon_rehearse_item items[] = {item(&on, 120, 1), item(&flood, 60, 1)};

        assert_page(&rules, 1, items, 2, "2026-12-05T00:00", 1,
                    "tiep z0 05 17:00 aired 17:00:02 120s (xa-lu)\n"
                    "xa-lu z0 05 17:01 aired 17:01:02 60s\n");
        on.resume = THON_RESUME_DROP;
        assert_page(&rules, 1, items, 2, "2026-12-05T00:00", 1,
                    "tiep z0 05 17:00 dropped 17:00:02 58s interrupted (xa-lu)\n"
                    "xa-lu z0 05 17:01 aired 17:01:02 60s\n");
}
END_TEST

START_TEST(test_what_has_no_sound_or_is_over)
{
        struct thon_air_rules rules = night_rest();
        struct thon_announcement mute = daily("cam", HM(17, 0)), over = daily("het-han", HM(18, 0));
        struct thon_rehearse_item items[] = {item(&mute, 0, 1), item(&over, 10, 1)};

        over.expires = when(civil, "2026-12-06T18:00");
        assert_page(&rules, 1, items, 2, "2026-12-05T00:00", 3,
                    "cam z0 05 17:00 dropped no-sound\n"
                    "het-han z0 05 18:00 aired 18:00:02 10s\n"
                    "cam z0 06 17:00 dropped no-sound\n"
                    "cam z0 07 17:00 dropped no-sound\n");
}
END_TEST

START_TEST(test_what_ends_after_the_last_day_is_told_whole)
{
        struct thon_air_rules rules = {.late_s = 60, .warm_us = 0};
        struct thon_announcement late = daily("khuya", HM(23, 59));
        struct thon_rehearse_item items[] = {item(&late, 2 * HOUR, 1)};

        assert_page(&rules, 1, items, 1, "2026-12-05T00:00", 1, "khuya z0 05 23:59 aired 23:59:00 7200s\n");
}
END_TEST

static int refuse(const struct thon_rehearse_row *row, void *userdata)
{
        (void)row;
        ++*(int *)userdata;
        return -ECANCELED;
}

START_TEST(test_what_makes_no_sense_is_refused)
{
        struct thon_rehearse_zone zones[] = {{"z", night_rest()}};
        const struct thon_rehearse_station station = {.zone = civil, .n_zones = 1, .zones = zones};
        struct thon_announcement one = daily("mot", HM(17, 0));
        struct thon_rehearse_item items[] = {item(&one, 10, 1)};
        struct thon_wall from = when(civil, "2026-12-05T00:00");
        int told = 0;

        ck_assert_int_eq(thon_rehearse(&station, items, 1, from, 0, refuse, &told), -EINVAL);
        ck_assert_int_eq(thon_rehearse(&station, items, 1, from, 93, refuse, &told), -EINVAL);
        items[0].zones = 2;
        ck_assert_int_eq(thon_rehearse(&station, items, 1, from, 1, refuse, &told), -EINVAL);
        items[0].zones = 1;
        items[0].length_us = 6 * 3600 * UINT64_C(1000000) + 1;
        ck_assert_int_eq(thon_rehearse(&station, items, 1, from, 1, refuse, &told), -EINVAL);
        items[0].length_us = 1000000;
        ck_assert_int_eq(told, 0);
        ck_assert_int_eq(thon_rehearse(&station, items, 1, from, 3, refuse, &told), -ECANCELED);
        ck_assert_int_eq(told, 1);
        ck_assert_int_eq(thon_rehearse(&station, items, 0, from, 92, refuse, &told), 0);
}
END_TEST

/* ---- against the queue, second by second ---- */

#define ROWS_MAX 4000

struct driven {
        struct thon_rehearse_row row;
        int64_t serial;
};
struct playing {
        int64_t serial, sound_at, end_at;
        uint64_t from_us;
        bool sounds, stop;
};
struct drive {
        const struct thon_rehearse_item *items;
        size_t n_items;
        const struct thon_rehearse_zone *zones;
        size_t n_zones;
        struct thon_air *air;
        struct playing playing[8];
        struct driven rows[ROWS_MAX];
        size_t item_of[ROWS_MAX];
        size_t n;
        int64_t now, from;
};

static struct thon_air_now driven_now(const struct drive *d)
{
        return (struct thon_air_now){{d->now}, {(uint64_t)(d->now - d->from) * 1000000 + 1}, true};
}

static int driven_act(const struct thon_air_action *action, void *userdata)
{
        struct drive *d = userdata;
        struct playing *p = &d->playing[action->zone];
        size_t i = (size_t)action->serial - 1;

        switch (action->what) {
        case THON_AIR_START: {
                int64_t length = (int64_t)(d->items[d->item_of[i]].length_us / 1000000);

                ck_assert_int_eq(p->serial, 0);
                *p = (struct playing){.serial = action->serial, .from_us = action->from_us};
                p->sound_at = d->now + (int64_t)(d->zones[action->zone].rules.warm_us / 1000000);
                p->end_at = p->sound_at + length - (int64_t)(action->from_us / 1000000);
                if (p->end_at > action->until.s)
                        p->end_at = action->until.s;
                return 0;
        }
        case THON_AIR_STOP:
                ck_assert_int_eq(p->serial, action->serial);
                p->stop = true;
                return 0;
        case THON_AIR_END:
                d->rows[i].row.state = action->state;
                d->rows[i].row.reason = action->reason;
                d->rows[i].row.seconds = (int64_t)(action->aired_us / 1000000);
                return 0;
        case THON_AIR_HOLD:
                return 0;
        }
        return -EINVAL;
}

static void driven_players(struct drive *d, bool *ret_news)
{
        *ret_news = false;
        for (size_t zone = 0; zone < d->n_zones; zone++) {
                struct playing *p = &d->playing[zone];
                struct playing was;
                uint64_t position;

                if (p->serial == 0)
                        continue;
                if (!p->sounds && !p->stop && p->sound_at <= d->now) {
                        struct thon_rehearse_row *row = &d->rows[p->serial - 1].row;

                        p->sounds = *ret_news = true;
                        if (row->began.s == THON_WALL_NEVER.s)
                                row->began.s = d->now;
                        thon_air_started(d->air, p->serial, driven_now(d));
                }
                if (!p->stop && !(p->sounds && p->end_at <= d->now))
                        continue;
                position = p->from_us + (p->sounds ? (uint64_t)(d->now - p->sound_at) * 1000000 : 0);
                was = *p;
                *p = (struct playing){0};
                *ret_news = true;
                thon_air_ended(d->air, was.serial, was.stop ? THON_AIR_STOPPED : THON_AIR_PLAYED, position,
                               driven_now(d));
        }
}

static void driven_add(struct drive *d, size_t i, struct thon_wall due)
{
        const struct thon_announcement *a = d->items[i].announcement;

        for (size_t zone = 0; zone < d->n_zones; zone++) {
                struct thon_airing airing = {
                        .serial = (int64_t)d->n + 1,
                        .zone = zone,
                        .class = a->class,
                        .answered_for = a->by && a->reason,
                        .due = due,
                        .latest = {due.s + (a->late_s >= 0 ? a->late_s : d->zones[zone].rules.late_s)},
                        .expires = a->expires,
                        .length_us = d->items[i].length_us,
                        .resume = a->resume,
                        .ready = true};

                if (!(d->items[i].zones & UINT64_C(1) << zone))
                        continue;
                if (a->class == THON_CLASS_EMERGENCY && a->late_s < 0)
                        airing.latest = THON_WALL_NEVER;
                memcpy(airing.announcement, a->id, sizeof airing.announcement);
                ck_assert_uint_lt(d->n, ROWS_MAX);
                d->item_of[d->n] = i;
                d->rows[d->n++] = (struct driven){.row = {.announcement = a,
                                                          .zone = zone,
                                                          .due = due,
                                                          .began = THON_WALL_NEVER,
                                                          .state = THON_AIRING_WAITING}};
                ck_assert_int_eq(thon_air_add(d->air, &airing), 0);
        }
}

/* The queue looks every second, whether it asked for it or not. */
static void drive_days(struct drive *d, int days)
{
        struct thon_air_rules rules[8];
        int64_t end = d->from + days * INT64_C(86400);
        struct thon_wall next[16];

        for (size_t i = 0; i < d->n_zones; i++)
                rules[i] = d->zones[i].rules;
        ck_assert_int_eq(thon_air_new(civil, rules, d->n_zones, &d->air), 0);
        for (size_t i = 0; i < d->n_items; i++)
                if (!thon_air_schedule_next(&d->items[i].announcement->schedule, civil,
                                            (struct thon_wall){d->from - 1}, &next[i]))
                        next[i] = THON_WALL_NEVER;
        for (d->now = d->from; d->now < end + 86400; d->now++) {
                bool news = true;

                for (size_t i = 0; i < d->n_items; i++)
                        while (next[i].s <= d->now && next[i].s < end &&
                               next[i].s < d->items[i].announcement->expires.s) {
                                driven_add(d, i, next[i]);
                                if (!thon_air_schedule_next(&d->items[i].announcement->schedule, civil,
                                                            next[i], &next[i]))
                                        next[i] = THON_WALL_NEVER;
                        }
                while (news) {
                        /* An assertion writes to the runner, each time. */
                        if (thon_air_look(d->air, driven_now(d), driven_act, d) != 0)
                                ck_abort_msg("the queue cannot look");
                        driven_players(d, &news);
                }
        }
        d->air = thon_air_free(d->air);
}

struct compare {
        struct drive *driven;
        size_t n;
};

static int compare_row(const struct thon_rehearse_row *row, void *userdata)
{
        struct compare *compare = userdata;
        const struct drive *d = compare->driven;
        const struct thon_rehearse_row *same = NULL;
        bool late;

        for (size_t i = 0; i < d->n && !same; i++)
                if (d->rows[i].row.announcement == row->announcement && d->rows[i].row.zone == row->zone &&
                    d->rows[i].row.due.s == row->due.s)
                        same = &d->rows[i].row;
        ck_assert_msg(same != NULL, "THON_SEED=%llu", (unsigned long long)run_seed);
        /* Of what aired late the rehearsal says why; the queue does not. */
        late = row->state == THON_AIRING_AIRED && row->reason != THON_AIR_NO_REASON;
        ck_assert_msg(
                row->state == same->state && row->began.s == same->began.s &&
                        row->seconds == same->seconds && (late || row->reason == same->reason),
                "%s z%zu due %lld: rehearsed %s %lld %llds %s, driven %s %lld %llds %s (THON_SEED=%llu)",
                row->announcement->id, row->zone, (long long)row->due.s, thon_airing_state_text(row->state),
                (long long)row->began.s, (long long)row->seconds, thon_air_reason_slug(row->reason),
                thon_airing_state_text(same->state), (long long)same->began.s, (long long)same->seconds,
                thon_air_reason_slug(same->reason), (unsigned long long)run_seed);
        ck_assert(!late || row->began.s > row->due.s);
        ck_assert((row->reason != THON_AIR_BUSY && row->reason != THON_AIR_NEIGHBOUR &&
                   row->reason != THON_AIR_INTERRUPTED) ||
                  row->against);
        compare->n++;
        return 0;
}

static void random_rules(struct random *r, size_t n, struct thon_rehearse_zone *zones)
{
        for (size_t i = 0; i < n; i++) {
                struct thon_air_rules *rules = &zones[i].rules;

                *rules = (struct thon_air_rules){.late_s = between(r, 1, 120) * MINUTE,
                                                 .warm_us = (uint64_t)between(r, 0, 5) * 1000000};
                rules->n_quiet = (size_t)between(r, 0, 2);
                rules->quiet[0] = (struct thon_hours){HM(21, 30), HM(5, 30)};
                rules->quiet[1] = (struct thon_hours){HM(12, 0), HM(13, 30)};
                if (between(r, 0, 1))
                        rules->day_s = between(r, 5, 90) * MINUTE;
                if (between(r, 0, 2) == 0)
                        rules->week_s = between(r, 20, 200) * MINUTE;
                if (between(r, 0, 2) == 0)
                        rules->repeats = (unsigned)between(r, 1, 4);
                if (i > 0 && between(r, 0, 1))
                        rules->apart = UINT64_C(1) << between(r, 0, (int)i - 1);
        }
}

static void random_announcement(struct random *r, size_t i, int64_t from, struct thon_announcement *a)
{
        char id[16];

        (void)snprintf(id, sizeof id, "tin-%zu", i);
        *a = daily(id, between(r, 0, 23) * 60 + between(r, 0, 3) * 15);
        a->class = (enum thon_class)between(r, 0, between(r, 0, 3) ? 1 : 2);
        a->resume = (enum thon_announce_resume)between(r, 0, 2);
        if (between(r, 0, 3)) {
                a->by = name_of_person;
                a->reason = reason_of_person;
        }
        if (between(r, 0, 1))
                a->late_s = between(r, 0, 60) * MINUTE;
        for (int n = between(r, 0, 5); n > 0 && a->schedule.times[a->schedule.n_times - 1] < 1200;
             n--, a->schedule.n_times++)
                a->schedule.times[a->schedule.n_times] =
                        (int16_t)(a->schedule.times[a->schedule.n_times - 1] + between(r, 1, 12) * 15);
        if (between(r, 0, 2) == 0) {
                a->schedule.kind = THON_AIR_COUNT;
                a->schedule.at.s = from + between(r, -3600, 2 * 86400);
                a->schedule.count = (unsigned)between(r, 1, 20);
                a->schedule.every_s = between(r, 60, 7200);
        }
        if (between(r, 0, 3) == 0)
                a->expires.s = from + between(r, 3600, 3 * 86400);
}

START_TEST(test_every_week_is_what_the_queue_does_second_by_second)
{
        static struct drive d;
        struct random r = {run_seed + 4711 * (uint64_t)(_i + 1)};
        struct thon_rehearse_zone zones[4] = {{.id = "z"}, {.id = "z"}, {.id = "z"}, {.id = "z"}};
        struct thon_announcement announcements[9];
        struct thon_rehearse_item items[9];
        struct thon_rehearse_station station = {.zone = civil, .zones = zones};
        struct compare compare = {.driven = &d};
        int days = 2;

        memset(&d, 0, sizeof d);
        d.from = when(civil, "2026-12-04T00:00").s + between(&r, 0, 5 * 86400);
        d.n_zones = station.n_zones = (size_t)between(&r, 1, 4);
        d.n_items = (size_t)between(&r, 1, 9);
        random_rules(&r, d.n_zones, zones);
        for (size_t i = 0; i < d.n_items; i++) {
                random_announcement(&r, i, d.from, &announcements[i]);
                items[i] = item(&announcements[i],
                                between(&r, 0, 3) ? between(&r, 5, 900) : between(&r, 5, 5400),
                                (uint64_t)between(&r, 1, (1 << d.n_zones) - 1));
        }
        d.items = items;
        d.zones = zones;
        drive_days(&d, days);
        ck_assert_int_eq(thon_rehearse(&station, items, d.n_items, (struct thon_wall){d.from}, days,
                                       compare_row, &compare),
                         0);
        ck_assert_uint_eq(compare.n, d.n);
}
END_TEST

int main(void)
{
        run_seed = seed_of_run();
        if (thon_zone_fixed(7 * 3600, &civil) < 0)
                return 1;

        Suite *suite = suite_create("announce rehearse");
        TCase *tc = tcase_create("announce rehearse");
        tcase_set_timeout(tc, 120);
        tcase_add_test(tc, test_0315_on_a_mis_set_schedule_is_silent);
        tcase_add_test(tc, test_an_emergency_passes_quiet_hours);
        tcase_add_test(tc, test_what_waits_for_the_end_of_quiet_hours_says_so);
        tcase_add_test(tc, test_two_at_one_time_go_one_after_the_other);
        tcase_add_test(tc, test_one_that_finds_no_room_until_its_latest_start);
        tcase_add_test(tc, test_neighbours_that_hear_each_other_are_apart);
        tcase_add_test(tc, test_airtime_of_the_day_that_is_used_up);
        tcase_add_test(tc, test_what_was_aired_before_counts);
        tcase_add_test(tc, test_most_repeats_of_a_day);
        tcase_add_test(tc, test_an_emergency_comes_between);
        tcase_add_test(tc, test_what_has_no_sound_or_is_over);
        tcase_add_test(tc, test_what_ends_after_the_last_day_is_told_whole);
        tcase_add_test(tc, test_what_makes_no_sense_is_refused);
        tcase_add_loop_test(tc, test_every_week_is_what_the_queue_does_second_by_second, 0, 60);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        civil = thon_zone_free(civil);
        return failed ? 1 : 0;
}

/* When an announcement airs: stories of a commune station, and every schedule against a clock that is watched minute by minute. */
#include "light_fixture.h"

#include "thon/announce_schedule.h"

static uint64_t run_seed;

#define DAILY ((struct thon_days){.kind = THON_DAYS_EVERY, .every = 1})

static struct thon_air_schedule calendar(struct thon_days *days, size_t n_days, int first, int second)
{
        struct thon_air_schedule schedule = {.kind = THON_AIR_CALENDAR,
                                             .days = days,
                                             .n_days = n_days,
                                             .from = INT32_MIN,
                                             .until = INT32_MAX,
                                             .n_times = second < 0 ? 1 : 2,
                                             .times = {(int16_t)first, (int16_t)second}};
        return schedule;
}

/* The next `n` times after `after`, each from the one before it: "02-05 05:30, 02-05 17:00". */
static void assert_times(const struct thon_air_schedule *schedule, const char *zone_name, const char *after,
                         int n, const char *want)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named(zone_name);
        struct thon_wall at = when(zone, after);
        char text[1024] = "";

        for (int i = 0; i < n; i++) {
                size_t length = strlen(text);

                if (!thon_air_schedule_next(schedule, zone, at, &at)) {
                        (void)snprintf(text + length, sizeof text - length, "%snone", i ? ", " : "");
                        break;
                }
                struct thon_civil civil = thon_zone_civil(zone, at);
                struct thon_date date = thon_date_of(civil.days);

                (void)snprintf(text + length, sizeof text - length, "%s%02d-%02d %02d:%02d", i ? ", " : "",
                               date.month, date.day, civil.second / 3600, civil.second / 60 % 60);
        }
        ck_assert_str_eq(text, want);
}

START_TEST(test_dawn_and_dusk_of_every_day)
{
        struct thon_days days = DAILY;
        struct thon_air_schedule schedule = calendar(&days, 1, HM(5, 30), HM(17, 0));

        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2026-11-22T05:29:59", 3,
                     "11-22 05:30, 11-22 17:00, 11-23 05:30");
        /* Strictly after. */
        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2026-11-22T05:30:00", 1, "11-22 17:00");
        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2026-12-31T17:00:00", 1, "01-01 05:30");
}
END_TEST

START_TEST(test_ram_and_mung_1)
{
        struct thon_days days = {.kind = THON_DAYS_LUNAR,
                                 .n = 2,
                                 .lunar = (struct thon_lunar_range[]){{{1, 0, false}, {1, 0, false}},
                                                                      {{15, 0, false}, {15, 0, false}}}};
        struct thon_air_schedule schedule = calendar(&days, 1, HM(6, 0), -1);

        /* Rằm and mùng 1 around Tết 2027 (6 February). */
        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2027-01-10T00:00", 4,
                     "01-22 06:00, 02-06 06:00, 02-20 06:00, 03-08 06:00");
}
END_TEST

START_TEST(test_the_leap_month_has_its_own_days)
{
        /* 2028 has a leap month 5 (UTC+7). */
        struct thon_days plain = {.kind = THON_DAYS_LUNAR,
                                  .n = 1,
                                  .lunar = (struct thon_lunar_range[]){{{5, 5, false}, {5, 5, false}}}};
        struct thon_days leap = {.kind = THON_DAYS_LUNAR,
                                 .n = 1,
                                 .lunar = (struct thon_lunar_range[]){{{5, 5, true}, {5, 5, true}}}};
        struct thon_air_schedule in_plain = calendar(&plain, 1, HM(6, 0), -1);
        struct thon_air_schedule in_leap = calendar(&leap, 1, HM(6, 0), -1);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        struct thon_wall at;
        int32_t days;

        ck_assert(thon_lunar_days((struct thon_lunar){2028, 5, 5, false}, &days));
        ck_assert(thon_air_schedule_next(&in_plain, zone, when(zone, "2028-01-01T00:00"), &at));
        ck_assert_int_eq(thon_zone_civil(zone, at).days, days);
        ck_assert(thon_lunar_days((struct thon_lunar){2028, 5, 5, true}, &days));
        ck_assert(thon_air_schedule_next(&in_leap, zone, when(zone, "2028-01-01T00:00"), &at));
        ck_assert_int_eq(thon_zone_civil(zone, at).days, days);
        /* The next leap month is 2031's third: no leap month 5 within 400 days. */
        ck_assert(!thon_air_schedule_next(&in_leap, zone, at, &at));
}
END_TEST

START_TEST(test_tet_but_not_mung_1)
{
        struct thon_days days = {.kind = THON_DAYS_TET, .tet_from = -2, .tet_to = 2};
        struct thon_days mung_1 = {.kind = THON_DAYS_TET};
        struct thon_air_schedule schedule = calendar(&days, 1, HM(7, 0), -1);

        schedule.except = &mung_1;
        schedule.n_except = 1;
        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2027-01-01T00:00", 5,
                     "02-04 07:00, 02-05 07:00, 02-07 07:00, 02-08 07:00, 01-24 07:00");
}
END_TEST

START_TEST(test_mondays_and_the_last_of_the_month_of_one_quarter)
{
        struct thon_days days[] = {{.kind = THON_DAYS_WEEKDAYS, .weekdays = 1, .nth = 1},
                                   {.kind = THON_DAYS_MONTHDAYS, .monthdays_ahead = 1}};
        struct thon_air_schedule schedule = calendar(days, 2, HM(17, 0), -1);

        schedule.from = day("2027-01-31");
        schedule.until = day("2027-03-01");
        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2026-11-22T00:00", 9,
                     "01-31 17:00, 02-01 17:00, 02-28 17:00, 03-01 17:00, none");
}
END_TEST

START_TEST(test_a_skipped_time_airs_at_the_jump_and_a_doubled_one_once)
{
        struct thon_days days = DAILY;
        struct thon_air_schedule schedule = calendar(&days, 1, HM(2, 30), -1);

        /* Summer time: 28 March 2027 from 02:00 to 03:00, 31 October from 03:00 back to 02:00. */
        assert_times(&schedule, "Europe/Berlin", "2027-03-27T00:00", 3,
                     "03-27 02:30, 03-28 03:00, 03-29 02:30");
        assert_times(&schedule, "Europe/Berlin", "2027-10-30T12:00", 2, "10-31 02:30, 11-01 02:30");
        /* Two times in one jump are one occurrence. */
        schedule = calendar(&days, 1, HM(2, 10), HM(2, 50));
        assert_times(&schedule, "Europe/Berlin", "2027-03-28T00:00", 2, "03-28 03:00, 03-29 02:10");
        /* A day that a zone skipped whole: Samoa, 30 December 2011. */
        schedule = calendar(&days, 1, HM(6, 0), -1);
        assert_times(&schedule, "Pacific/Apia", "2011-12-29T07:00", 2, "12-31 00:00, 12-31 06:00");
}
END_TEST

START_TEST(test_once)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        struct thon_air_schedule schedule = {.kind = THON_AIR_ONCE, .at = when(zone, "2027-02-05T06:00")};
        struct thon_wall at = {-7};

        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2026-11-22T00:00", 2, "02-05 06:00, none");
        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2027-02-05T06:00", 1, "none");
        /* Within 400 days, not a second more. */
        ck_assert(!thon_air_schedule_next(&schedule, zone,
                                          (struct thon_wall){schedule.at.s - 400 * 86400 - 1}, &at));
        ck_assert_int_eq(at.s, -7);
        ck_assert(thon_air_schedule_next(&schedule, zone, (struct thon_wall){schedule.at.s - 400 * 86400},
                                         &at));
        ck_assert_int_eq(at.s, schedule.at.s);
}
END_TEST

START_TEST(test_three_times_ten_minutes_apart)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        struct thon_air_schedule schedule = {
                .kind = THON_AIR_COUNT, .at = when(zone, "2027-02-05T23:55"), .count = 3, .every_s = 600};

        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2027-02-05T00:00", 4,
                     "02-05 23:55, 02-06 00:05, 02-06 00:15, none");
        assert_times(&schedule, "Asia/Ho_Chi_Minh", "2027-02-06T00:05:01", 2, "02-06 00:15, none");
}
END_TEST

START_TEST(test_schedules_without_sense_never_air)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        struct thon_days days = DAILY;
        struct thon_wall now = when(zone, "2026-11-22T00:00"), at;
        struct thon_air_schedule no_days = calendar(NULL, 0, HM(6, 0), -1),
                                 no_times = calendar(&days, 1, 0, -1),
                                 turned = calendar(&days, 1, HM(6, 0), -1);

        no_times.n_times = 0;
        turned.from = day("2027-02-05");
        turned.until = day("2027-02-04");
        ck_assert(!thon_air_schedule_next(&no_days, zone, now, &at));
        ck_assert(!thon_air_schedule_next(&no_times, zone, now, &at));
        ck_assert(!thon_air_schedule_next(&turned, zone, now, &at));
        ck_assert(!thon_air_schedule_next(
                &(struct thon_air_schedule){.kind = THON_AIR_ONCE, .at = THON_WALL_NEVER}, zone, now, &at));
        ck_assert(!thon_air_schedule_next(
                &(struct thon_air_schedule){.kind = THON_AIR_COUNT, .at = now, .every_s = 60}, zone, now,
                &at));
        ck_assert(!thon_air_schedule_next(
                &(struct thon_air_schedule){
                        .kind = THON_AIR_COUNT, .at = {now.s - 1}, .count = 100, .every_s = INT64_MAX},
                zone, now, &at));
        turned.from = INT32_MIN;
        turned.until = INT32_MAX;
        ck_assert(!thon_air_schedule_next(&turned, zone, THON_WALL_NEVER, &at));
        ck_assert(!thon_air_schedule_next(&turned, zone, (struct thon_wall){INT64_MIN}, &at));
}
END_TEST

START_TEST(test_a_copy_stands_alone)
{
        struct thon_days *days = calloc(1, sizeof *days);
        struct thon_air_schedule schedule, copy = {0};

        ck_assert_ptr_nonnull(days);
        *days = (struct thon_days){.kind = THON_DAYS_DATES, .n = 1, .dates = calloc(1, sizeof *days->dates)};
        ck_assert_ptr_nonnull(days->dates);
        days->dates[0] = (struct thon_date_range){{0, 2, 3}, {0, 2, 3}};
        schedule = calendar(days, 1, HM(6, 0), -1);
        ck_assert_int_eq(thon_air_schedule_copy(&schedule, &copy), 0);
        thon_air_schedule_done(&schedule);
        assert_times(&copy, "Asia/Ho_Chi_Minh", "2027-01-01T00:00", 1, "02-03 06:00");
        thon_air_schedule_done(&copy);
        ck_assert_ptr_null(copy.days);
}
END_TEST

/* ---- against a clock that is watched ---- */

static bool of_calendar(const struct thon_air_schedule *s, int32_t day)
{
        struct thon_days_facts facts;
        bool in = false, out = false;

        thon_days_facts(day, true, true, &facts);
        for (size_t i = 0; i < s->n_days; i++)
                in |= thon_days_match(&s->days[i], &facts);
        for (size_t i = 0; i < s->n_except; i++)
                out |= thon_days_match(&s->except[i], &facts);
        return in && !out && day >= s->from && day <= s->until;
}

/* Minutes since the epoch on the zone's clock. */
static int64_t shown(const struct thon_zone *zone, int64_t at)
{
        struct thon_civil civil = thon_zone_civil(zone, (struct thon_wall){at});

        return (int64_t)civil.days * 1440 + civil.second / 60;
}

/* A watcher looks at the wall clock each minute and starts what it has not shown before; what it shows twice is known already. */
static bool watched_next(const struct thon_air_schedule *s, const struct thon_zone *zone,
                         struct thon_wall after, struct thon_wall *ret)
{
        int64_t known = INT64_MIN;
        int32_t looked = INT32_MIN;
        bool is_day = false;

        /* What was shown in the three days before is known. */
        for (int64_t at = after.s - 3 * 86400; at <= after.s + 400 * INT64_C(86400); at += 60) {
                int64_t now = shown(zone, at), from = known == INT64_MIN ? now : known + 1;

                for (int64_t minute = from; minute <= now && at > after.s; minute++) {
                        int32_t day = (int32_t)(minute / 1440);

                        if (day != looked)
                                is_day = of_calendar(s, day);
                        looked = day;
                        for (size_t i = 0; is_day && i < s->n_times; i++)
                                if (s->times[i] == minute % 1440) {
                                        *ret = (struct thon_wall){at};
                                        return true;
                                }
                }
                if (now > known)
                        known = now;
        }
        return false;
}

static struct thon_days random_days(struct random *r)
{
        struct thon_rule rule = random_rule(r, 1);

        return rule.days;
}

START_TEST(test_every_calendar_against_a_clock_watched_minute_by_minute)
{
        static const char *const zones[] = {"Asia/Ho_Chi_Minh", "Europe/Berlin", "America/Havana",
                                            "Australia/Lord_Howe", "Africa/Casablanca"};
        struct random r = {run_seed + 1000 * (uint64_t)_i};
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named(zones[_i % 5]);

        for (int round = 0; round < 6; round++) {
                struct thon_air_schedule s = {
                        .kind = THON_AIR_CALENDAR, .from = INT32_MIN, .until = INT32_MAX};
                struct thon_days days[3], except[2];
                struct thon_wall at = {0}, want = {0};
                int32_t base = between(&r, day("2020-01-01"), day("2035-01-01"));

                s.days = days;
                s.except = except;
                s.n_days = (size_t)between(&r, 1, 3);
                s.n_except = (size_t)between(&r, 0, 2);
                for (size_t i = 0; i < s.n_days; i++)
                        days[i] = random_days(&r);
                for (size_t i = 0; i < s.n_except; i++)
                        except[i] = random_days(&r);
                if (between(&r, 0, 2) == 0)
                        s.from = base + between(&r, -100, 300);
                if (between(&r, 0, 2) == 0)
                        s.until = base + between(&r, 0, 600);
                /* Half of the times at night, where zones jump. */
                s.n_times = (size_t)between(&r, 1, THON_AIR_TIMES_MAX);
                int16_t minute = (int16_t)between(&r, 0, 30);
                for (size_t i = 0; i < s.n_times; i++) {
                        s.times[i] = minute;
                        minute = (int16_t)(minute + between(&r, 1, between(&r, 0, 1) ? 30 : 110));
                }
                at.s = (int64_t)base * 86400 + between(&r, 0, 1439) * 60;
                if (between(&r, 0, 1))
                        at = thon_zone_instant(zone, base, s.times[0] * 60);
                for (int step = 0; step < 12; step++) {
                        struct thon_wall got = {-1};
                        bool is = thon_air_schedule_next(&s, zone, at, &got),
                             should = watched_next(&s, zone, at, &want);

                        ck_assert_msg(is == should && (!is || got.s == want.s),
                                      "%s after %lld: %d %lld, watched %d %lld (THON_SEED=%llu)",
                                      zones[_i % 5], (long long)at.s, is, (long long)got.s, should,
                                      (long long)want.s, (unsigned long long)run_seed);
                        if (!is)
                                break;
                        at = between(&r, 0, 3) ? got : (struct thon_wall){got.s + 60 * between(&r, 1, 3000)};
                }
                for (size_t i = 0; i < s.n_days; i++)
                        thon_days_done(&days[i]);
                for (size_t i = 0; i < s.n_except; i++)
                        thon_days_done(&except[i]);
        }
}
END_TEST

START_TEST(test_every_count_against_a_list)
{
        struct random r = {run_seed + 77 + (uint64_t)_i};
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        struct thon_air_schedule s = {.kind = THON_AIR_COUNT,
                                      .at = {1800000000 + between(&r, 0, 1000000)},
                                      .count = (unsigned)between(&r, 1, 100),
                                      .every_s = between(&r, 60, 1000000)};

        for (int i = 0; i < 200; i++) {
                struct thon_wall after = {s.at.s + between(&r, -40000000, 110000000)}, got = {-1};
                int64_t want = -1;

                if (between(&r, 0, 1))
                        after.s = s.at.s + between(&r, -1, (int)s.count) * s.every_s + between(&r, -1, 1);
                for (int64_t k = (int64_t)s.count - 1; k >= 0; k--)
                        if (s.at.s + k * s.every_s > after.s)
                                want = s.at.s + k * s.every_s;
                if (want > after.s + 400 * INT64_C(86400))
                        want = -1;
                ck_assert_msg(thon_air_schedule_next(&s, zone, after, &got) == (want >= 0) && got.s == want,
                              "after %lld (THON_SEED=%llu)", (long long)after.s,
                              (unsigned long long)run_seed);
        }
}
END_TEST

int main(void)
{
        run_seed = seed_of_run();

        Suite *suite = suite_create("announce schedule");
        TCase *tc = tcase_create("announce schedule");
        tcase_set_timeout(tc, 120);
        tcase_add_test(tc, test_dawn_and_dusk_of_every_day);
        tcase_add_test(tc, test_ram_and_mung_1);
        tcase_add_test(tc, test_the_leap_month_has_its_own_days);
        tcase_add_test(tc, test_tet_but_not_mung_1);
        tcase_add_test(tc, test_mondays_and_the_last_of_the_month_of_one_quarter);
        tcase_add_test(tc, test_a_skipped_time_airs_at_the_jump_and_a_doubled_one_once);
        tcase_add_test(tc, test_once);
        tcase_add_test(tc, test_three_times_ten_minutes_apart);
        tcase_add_test(tc, test_schedules_without_sense_never_air);
        tcase_add_test(tc, test_a_copy_stands_alone);
        tcase_add_loop_test(tc, test_every_calendar_against_a_clock_watched_minute_by_minute, 0, 15);
        tcase_add_loop_test(tc, test_every_count_against_a_list, 0, 20);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* Which days are meant. Stories for each form of days, and the lunar ranges against a walk through the days. */
#include "light_fixture.h"

static uint64_t run_seed;

static bool matches(struct thon_days rule, const char *night)
{
        struct thon_days_facts facts;

        thon_days_facts(day(night), true, true, &facts);
        return thon_days_match(&rule, &facts);
}

static struct thon_days dates(struct thon_date from, struct thon_date to)
{
        static struct thon_date_range range;

        range = (struct thon_date_range){from, to};
        return (struct thon_days){.kind = THON_DAYS_DATES, .n = 1, .dates = &range};
}

static struct thon_days moon(int from_day, int from_month, bool from_leap, int to_day, int to_month,
                             bool to_leap)
{
        static struct thon_lunar_range range;

        range = (struct thon_lunar_range){{(int8_t)from_day, (int8_t)from_month, from_leap},
                                          {(int8_t)to_day, (int8_t)to_month, to_leap}};
        return (struct thon_days){.kind = THON_DAYS_LUNAR, .n = 1, .lunar = &range};
}

/* ---- dates ---- */

START_TEST(test_a_range_of_dates_holds_both_ends)
{
        struct thon_days rule = dates((struct thon_date){2027, 2, 5}, (struct thon_date){2027, 2, 10});

        ck_assert(!matches(rule, "2027-02-04"));
        ck_assert(matches(rule, "2027-02-05"));
        ck_assert(matches(rule, "2027-02-10"));
        ck_assert(!matches(rule, "2027-02-11"));
        ck_assert(!matches(rule, "2028-02-07"));
}
END_TEST

START_TEST(test_a_yearly_range_goes_over_the_new_year)
{
        struct thon_days rule = dates((struct thon_date){0, 12, 24}, (struct thon_date){0, 1, 2});

        ck_assert(!matches(rule, "2026-12-23"));
        ck_assert(matches(rule, "2026-12-24"));
        ck_assert(matches(rule, "2026-12-31"));
        ck_assert(matches(rule, "2027-01-02"));
        ck_assert(!matches(rule, "2027-01-03"));
        ck_assert(matches(rule, "2044-01-01"));
}
END_TEST

START_TEST(test_the_29_february_of_every_year_that_has_one)
{
        struct thon_days rule = dates((struct thon_date){0, 2, 29}, (struct thon_date){0, 2, 29});

        ck_assert(matches(rule, "2028-02-29"));
        ck_assert(!matches(rule, "2027-02-28"));
        ck_assert(!matches(rule, "2027-03-01"));
}
END_TEST

START_TEST(test_a_range_turned_round_or_half_yearly_matches_nothing)
{
        ck_assert(!matches(dates((struct thon_date){2027, 2, 10}, (struct thon_date){2027, 2, 5}),
                           "2027-02-07"));
        ck_assert(
                !matches(dates((struct thon_date){0, 2, 5}, (struct thon_date){2027, 2, 10}), "2027-02-07"));
        ck_assert(
                !matches(dates((struct thon_date){2027, 2, 5}, (struct thon_date){0, 2, 10}), "2027-02-07"));
}
END_TEST

START_TEST(test_any_of_several_ranges)
{
        struct thon_date_range ranges[] = {{{2027, 9, 2}, {2027, 9, 2}}, {{0, 4, 30}, {0, 5, 1}}};
        struct thon_days rule = {.kind = THON_DAYS_DATES, .n = 2, .dates = ranges};

        ck_assert(matches(rule, "2027-09-02"));
        ck_assert(!matches(rule, "2028-09-02"));
        ck_assert(matches(rule, "2028-05-01"));
}
END_TEST

/* ---- weekdays ---- */

START_TEST(test_weekdays)
{
        struct thon_days weekend = {.kind = THON_DAYS_WEEKDAYS, .weekdays = 1 << 5 | 1 << 6};

        ck_assert(!matches(weekend, "2026-11-20"));
        ck_assert(matches(weekend, "2026-11-21"));
        ck_assert(matches(weekend, "2026-11-22"));
        ck_assert(!matches(weekend, "2026-11-23"));
}
END_TEST

START_TEST(test_the_first_and_the_last_monday_of_a_month)
{
        struct thon_days rule = {.kind = THON_DAYS_WEEKDAYS, .weekdays = 1, .nth = 1 << 0 | 1 << 8};

        ck_assert(matches(rule, "2026-11-02"));
        ck_assert(!matches(rule, "2026-11-09"));
        ck_assert(!matches(rule, "2026-11-16"));
        ck_assert(!matches(rule, "2026-11-23"));
        ck_assert(matches(rule, "2026-11-30"));
        ck_assert(!matches(rule, "2026-11-03"));
}
END_TEST

START_TEST(test_the_fifth_is_only_where_there_are_five)
{
        struct thon_days fifth = {.kind = THON_DAYS_WEEKDAYS, .weekdays = 1, .nth = 1 << 4};
        struct thon_days fifth_last = {.kind = THON_DAYS_WEEKDAYS, .weekdays = 1, .nth = 1 << 12};

        ck_assert(matches(fifth, "2026-11-30"));
        ck_assert(matches(fifth_last, "2026-11-02"));
        for (int i = 1; i <= 28; i++) {
                char date[THON_DATE_TEXT];
                thon_date_text((struct thon_date){2027, 2, (int8_t)i}, date);
                ck_assert(!matches(fifth, date));
                ck_assert(!matches(fifth_last, date));
        }
}
END_TEST

START_TEST(test_the_third_last_saturday)
{
        struct thon_days rule = {.kind = THON_DAYS_WEEKDAYS, .weekdays = 1 << 5, .nth = 1 << 10};

        /* Saturdays of November 2026: 7, 14, 21, 28 */
        ck_assert(matches(rule, "2026-11-14"));
        ck_assert(!matches(rule, "2026-11-21"));
        ck_assert(!matches(rule, "2026-11-07"));
}
END_TEST

/* ---- the moon ---- */

START_TEST(test_ram_and_mung_1_of_every_month_the_leap_one_too)
{
        struct thon_lunar_range ranges[] = {{{1, 0, false}, {1, 0, false}},
                                            {{15, 0, false}, {15, 0, false}}};
        struct thon_days rule = {.kind = THON_DAYS_LUNAR, .n = 2, .lunar = ranges};

        ck_assert(matches(rule, "2025-06-25")); /* 1/6 */
        ck_assert(matches(rule, "2025-07-25")); /* 1/6 leap */
        ck_assert(matches(rule, "2025-08-08")); /* 15/6 leap */
        ck_assert(!matches(rule, "2025-08-09"));
}
END_TEST

START_TEST(test_days_of_every_month_may_go_over_its_end)
{
        struct thon_days rule = moon(29, 0, false, 2, 0, false);

        /* 10/2026 has 30 days: 2026-12-07 is the 29th, the 9th is 1/11. */
        ck_assert(!matches(rule, "2026-12-06"));
        ck_assert(matches(rule, "2026-12-07"));
        ck_assert(matches(rule, "2026-12-08"));
        ck_assert(matches(rule, "2026-12-09"));
        ck_assert(matches(rule, "2026-12-10"));
        ck_assert(!matches(rule, "2026-12-11"));
}
END_TEST

START_TEST(test_from_23_thang_chap_to_mung_5_tet)
{
        struct thon_days rule = moon(23, 12, false, 5, 1, false);

        ck_assert(!matches(rule, "2027-01-29"));
        ck_assert(matches(rule, "2027-01-30"));
        ck_assert(matches(rule, "2027-02-05")); /* the eve, on day 29 */
        ck_assert(matches(rule, "2027-02-06"));
        ck_assert(matches(rule, "2027-02-10"));
        ck_assert(!matches(rule, "2027-02-11"));
}
END_TEST

START_TEST(test_the_plain_month_is_not_the_leap_one)
{
        /* 2025 has the sixth month twice: 2025-06-25 and 2025-07-25. */
        ck_assert(matches(moon(6, 6, false, 6, 6, false), "2025-06-30"));
        ck_assert(!matches(moon(6, 6, false, 6, 6, false), "2025-07-30"));
        ck_assert(matches(moon(6, 6, true, 6, 6, true), "2025-07-30"));
        ck_assert(!matches(moon(6, 6, true, 6, 6, true), "2025-06-30"));
}
END_TEST

START_TEST(test_a_range_covers_the_leap_month_that_lies_between)
{
        struct thon_days rule = moon(20, 6, false, 3, 7, false);

        ck_assert(!matches(rule, "2025-07-13"));
        ck_assert(matches(rule, "2025-07-14")); /* 20/6 */
        ck_assert(matches(rule, "2025-08-10")); /* 17/6 leap */
        ck_assert(matches(rule, "2025-08-25")); /* 3/7 */
        ck_assert(!matches(rule, "2025-08-26"));
        /* Up to the leap month's own middle. */
        ck_assert(matches(moon(20, 6, false, 5, 6, true), "2025-07-29"));
        ck_assert(!matches(moon(20, 6, false, 5, 6, true), "2025-07-30"));
}
END_TEST

START_TEST(test_a_leap_month_that_the_year_has_not_matches_nothing)
{
        struct thon_days rule = moon(1, 4, true, 29, 4, true);

        for (int32_t night = day("2026-02-17"); night < day("2027-02-06"); night++) {
                struct thon_days_facts facts;
                thon_days_facts(night, true, true, &facts);
                ck_assert(!thon_days_match(&rule, &facts));
        }
}
END_TEST

START_TEST(test_outside_the_lunar_calendar_no_moon_matches)
{
        ck_assert(!matches(moon(1, 0, false, 30, 0, false), "2200-01-01"));
        ck_assert(!matches(moon(1, 1, false, 30, 12, false), "1899-05-05"));
        ck_assert(!matches((struct thon_days){.kind = THON_DAYS_TET, .tet_from = -400, .tet_to = 400},
                           "2300-01-01"));
}
END_TEST

START_TEST(test_half_monthly_ranges_match_nothing)
{
        ck_assert(!matches(moon(1, 0, false, 30, 12, false), "2026-06-01"));
        ck_assert(!matches(moon(1, 1, false, 30, 0, false), "2026-06-01"));
}
END_TEST

/* A night lies in a range when, walking back, its beginning is met before its end. */
START_TEST(test_lunar_ranges_against_a_walk_through_the_nights)
{
        struct random r = {run_seed + (uint64_t)_i};
        struct thon_lunar from, to, at;
        int32_t begin = between(&r, -20000, 80000);

        /* Two dates of that year which exist; one year of nights around them, in which they come once each. */
        ck_assert(thon_lunar_of(begin + between(&r, 0, 340), &from));
        ck_assert(thon_lunar_of(begin + between(&r, 0, 340), &to));
        struct thon_days rule = moon(from.day, from.month, from.leap, to.day, to.month, to.leap);

        int32_t from_days, to_days;
        ck_assert(thon_lunar_days(from, &from_days));
        ck_assert(thon_lunar_days(to, &to_days));
        bool inside = false, known = false;
        for (int32_t night = begin; night < begin + 341; night++) {
                struct thon_days_facts facts;

                if (night == from_days)
                        inside = known = true;
                thon_days_facts(night, true, false, &facts);
                ck_assert(thon_lunar_of(night, &at));
                if (known)
                        ck_assert_msg(thon_days_match(&rule, &facts) == inside,
                                      "%d/%d%s..%d/%d%s on %d/%d%s/%d (seed %llu, round %d)", from.day,
                                      from.month, from.leap ? "L" : "", to.day, to.month, to.leap ? "L" : "",
                                      at.day, at.month, at.leap ? "L" : "", at.year,
                                      (unsigned long long)run_seed, _i);
                if (night == to_days) {
                        inside = false;
                        known = true;
                }
        }
}
END_TEST

/* ---- Tết ---- */

START_TEST(test_around_tet_across_the_years)
{
        struct thon_days rule = {.kind = THON_DAYS_TET, .tet_from = -3, .tet_to = 5};

        ck_assert(!matches(rule, "2027-02-02"));
        ck_assert(matches(rule, "2027-02-03"));
        ck_assert(matches(rule, "2027-02-06"));
        ck_assert(matches(rule, "2027-02-11"));
        ck_assert(!matches(rule, "2027-02-12"));

        /* A month before an early Tết (2031-01-23) begins in the old year. */
        struct thon_days month = {.kind = THON_DAYS_TET, .tet_from = -30, .tet_to = -25};
        ck_assert(!matches(month, "2030-12-23"));
        ck_assert(matches(month, "2030-12-24"));
        ck_assert(matches(month, "2030-12-29"));
        ck_assert(!matches(month, "2030-12-30"));
}
END_TEST

START_TEST(test_ranges_about_tet_of_any_width)
{
        struct random r = {run_seed + 77 + (uint64_t)_i};
        struct thon_days rule = {.kind = THON_DAYS_TET, .tet_from = (int16_t)between(&r, -900, 900)};
        rule.tet_to = (int16_t)(rule.tet_from + between(&r, -2, 400));

        for (int i = 0; i < 100; i++) {
                int32_t night = between(&r, -24000, 82000);
                struct thon_days_facts facts;
                bool want = false;

                for (int year = 1900; year < 2200; year++) {
                        /* The years far away cannot matter, and are costly to ask. */
                        int32_t tet;
                        if (abs(year - thon_date_of(night).year) < 6 && thon_lunar_tet(year, &tet))
                                want |= night - tet >= rule.tet_from && night - tet <= rule.tet_to;
                }
                thon_days_facts(night, false, true, &facts);
                ck_assert_msg(thon_days_match(&rule, &facts) == want, "night %d, %d..%d (seed %llu)", night,
                              rule.tet_from, rule.tet_to, (unsigned long long)run_seed);
        }
}
END_TEST

/* ---- every ---- */

START_TEST(test_every_second_night_counts_from_1970)
{
        struct thon_days even = {.kind = THON_DAYS_EVERY, .every = 2, .phase = 0};
        struct thon_days odd = {.kind = THON_DAYS_EVERY, .every = 2, .phase = 1};
        struct thon_days third = {.kind = THON_DAYS_EVERY, .every = 3, .phase = 2};

        ck_assert(matches(even, "1970-01-01"));
        ck_assert(!matches(even, "1970-01-02"));
        ck_assert(matches(odd, "1969-12-31"));
        ck_assert(matches(third, "1970-01-03"));
        ck_assert(matches(third, "1969-12-31"));
        ck_assert(!matches(third, "1970-01-02"));
        /* No year's end breaks the alternation. */
        ck_assert(matches(even, "2026-12-31") != matches(even, "2027-01-01"));
        ck_assert(matches(even, "2026-12-31") != matches(odd, "2026-12-31"));
}
END_TEST

/* ---- days of the month ---- */

START_TEST(test_the_1st_the_15th_and_the_last_of_a_month)
{
        struct thon_days days = {
                .kind = THON_DAYS_MONTHDAYS, .monthdays = 1u << 0 | 1u << 14, .monthdays_ahead = 1u << 0};

        ck_assert(matches(days, "2027-02-01"));
        ck_assert(matches(days, "2027-02-15"));
        ck_assert(matches(days, "2027-02-28"));
        ck_assert(!matches(days, "2028-02-28"));
        ck_assert(matches(days, "2028-02-29"));
        ck_assert(matches(days, "2027-04-30"));
        ck_assert(!matches(days, "2027-05-30"));
        ck_assert(matches(days, "2027-05-31"));
        ck_assert(!matches(days, "2027-05-16"));
}
END_TEST

START_TEST(test_the_31st_is_only_where_there_is_one)
{
        struct thon_days last = {.kind = THON_DAYS_MONTHDAYS, .monthdays = UINT32_C(1) << 30};
        struct thon_days ahead = {.kind = THON_DAYS_MONTHDAYS, .monthdays_ahead = UINT32_C(1) << 30};

        ck_assert(matches(last, "2027-05-31"));
        ck_assert(!matches(last, "2027-04-30"));
        ck_assert(!matches(last, "2027-05-01"));
        ck_assert(matches(ahead, "2027-05-01"));
        ck_assert(!matches(ahead, "2027-04-01"));
}
END_TEST

START_TEST(test_a_copy_owns_what_it_has)
{
        struct thon_days days = dates((struct thon_date){2027, 2, 5}, (struct thon_date){2027, 2, 10});
        struct thon_days copy;

        ck_assert_int_eq(thon_days_copy(&days, &copy), 0);
        ck_assert_ptr_ne(copy.dates, days.dates);
        ck_assert(matches(copy, "2027-02-07"));
        thon_days_done(&copy);
        ck_assert_ptr_null(copy.dates);
        ck_assert(matches(days, "2027-02-07"));
        thon_days_done(&copy);
}
END_TEST

START_TEST(test_rules_without_sense_match_nothing)
{
        ck_assert(!matches((struct thon_days){.kind = THON_DAYS_MONTHDAYS}, "2026-11-30"));

        ck_assert(!matches((struct thon_days){.kind = THON_DAYS_EVERY, .every = 0}, "2026-11-21"));
        ck_assert(!matches((struct thon_days){.kind = THON_DAYS_EVERY, .every = -2}, "2026-11-21"));
        ck_assert(!matches((struct thon_days){.kind = THON_DAYS_WEEKDAYS, .weekdays = 0}, "2026-11-21"));
        ck_assert(!matches((struct thon_days){.kind = THON_DAYS_DATES}, "2026-11-21"));
        ck_assert(!matches((struct thon_days){.kind = THON_DAYS_LUNAR}, "2026-11-21"));
        ck_assert(!matches((struct thon_days){.kind = THON_DAYS_TET, .tet_from = 5, .tet_to = -5},
                           "2027-02-06"));
}
END_TEST

int main(void)
{
        run_seed = seed_of_run();

        Suite *suite = suite_create("days");
        TCase *tc = tcase_create("days");
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, test_a_range_of_dates_holds_both_ends);
        tcase_add_test(tc, test_a_yearly_range_goes_over_the_new_year);
        tcase_add_test(tc, test_the_29_february_of_every_year_that_has_one);
        tcase_add_test(tc, test_a_range_turned_round_or_half_yearly_matches_nothing);
        tcase_add_test(tc, test_any_of_several_ranges);
        tcase_add_test(tc, test_weekdays);
        tcase_add_test(tc, test_the_first_and_the_last_monday_of_a_month);
        tcase_add_test(tc, test_the_fifth_is_only_where_there_are_five);
        tcase_add_test(tc, test_the_third_last_saturday);
        tcase_add_test(tc, test_ram_and_mung_1_of_every_month_the_leap_one_too);
        tcase_add_test(tc, test_days_of_every_month_may_go_over_its_end);
        tcase_add_test(tc, test_from_23_thang_chap_to_mung_5_tet);
        tcase_add_test(tc, test_the_plain_month_is_not_the_leap_one);
        tcase_add_test(tc, test_a_range_covers_the_leap_month_that_lies_between);
        tcase_add_test(tc, test_a_leap_month_that_the_year_has_not_matches_nothing);
        tcase_add_test(tc, test_outside_the_lunar_calendar_no_moon_matches);
        tcase_add_test(tc, test_half_monthly_ranges_match_nothing);
        tcase_add_loop_test(tc, test_lunar_ranges_against_a_walk_through_the_nights, 0, 100);
        tcase_add_test(tc, test_around_tet_across_the_years);
        tcase_add_loop_test(tc, test_ranges_about_tet_of_any_width, 0, 40);
        tcase_add_test(tc, test_every_second_night_counts_from_1970);
        tcase_add_test(tc, test_the_1st_the_15th_and_the_last_of_a_month);
        tcase_add_test(tc, test_the_31st_is_only_where_there_is_one);
        tcase_add_test(tc, test_a_copy_owns_what_it_has);
        tcase_add_test(tc, test_rules_without_sense_match_nothing);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

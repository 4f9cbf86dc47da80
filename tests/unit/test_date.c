/* Dates and clock times as text and as numbers. */
#include "thon/time.h"

#include <check.h>
#include <limits.h>

START_TEST(test_the_epoch_is_day_zero_and_a_thursday)
{
        ck_assert_int_eq(thon_date_days((struct thon_date){1970, 1, 1}), 0);
        ck_assert_int_eq(thon_date_weekday(0), 3);
}
END_TEST

START_TEST(test_every_day_of_six_centuries_follows_the_one_before)
{
        struct thon_date want = {1700, 1, 1};
        int32_t day = thon_date_days(want);

        ck_assert_int_eq(day, -98615);
        for (; want.year < 2300; day++) {
                struct thon_date got = thon_date_of(day);

                ck_assert_msg(got.year == want.year && got.month == want.month && got.day == want.day,
                              "day %d is %d-%d-%d", day, got.year, got.month, got.day);
                ck_assert_int_eq(thon_date_days(want), day);
                ck_assert_int_eq(thon_date_weekday(day + 1), (thon_date_weekday(day) + 1) % 7);

                if (want.day++ < thon_date_month_days(want.year, want.month))
                        continue;
                want.day = 1;
                if (want.month++ == 12) {
                        want.month = 1;
                        want.year++;
                }
        }
}
END_TEST

START_TEST(test_leap_years_are_those_of_gregory)
{
        ck_assert_int_eq(thon_date_month_days(2024, 2), 29);
        ck_assert_int_eq(thon_date_month_days(2000, 2), 29);
        ck_assert_int_eq(thon_date_month_days(1900, 2), 28);
        ck_assert_int_eq(thon_date_month_days(2027, 2), 28);
        ck_assert_int_eq(thon_date_month_days(2027, 12), 31);
}
END_TEST

START_TEST(test_weekdays_of_known_dates)
{
        ck_assert_int_eq(thon_date_weekday(thon_date_days((struct thon_date){1945, 9, 2})),
                         6); /* a Sunday */
        ck_assert_int_eq(thon_date_weekday(thon_date_days((struct thon_date){2027, 2, 6})), 5);
        ck_assert_int_eq(thon_date_weekday(thon_date_days((struct thon_date){2026, 11, 23})), 0);
        ck_assert_int_ge(thon_date_weekday(INT32_MIN), 0);
        ck_assert_int_le(thon_date_weekday(INT32_MAX), 6);
}
END_TEST

START_TEST(test_days_beyond_the_type_saturate)
{
        struct thon_date last = thon_date_of(INT32_MAX), first = thon_date_of(INT32_MIN);

        ck_assert(last.year == 32767 && last.month == 12 && last.day == 31);
        ck_assert(first.year == -32768 && first.month == 1 && first.day == 1);
        ck_assert_int_lt(thon_date_days(first), thon_date_days(last));
}
END_TEST

static const char *const not_dates[] = {
        "",           "2027",       "2027-2-05",   "2027-02-5",   "2027-02-055",    "2027/02/05",
        "2027-02-30", "2027-13-01", "2027-00-10",  "2027-01-00",  "2027-02-29",     "+027-02-05",
        "2027-02- 5", "2027-02-0x", " 2027-02-05", "2027-02-05 ", "２０２７-02-05", "-027-02-05",
};

START_TEST(test_what_is_not_a_date_is_refused_and_leaves_the_result_alone)
{
        struct thon_date date = {1, 2, 3};

        ck_assert_msg(!thon_date_parse(not_dates[_i], &date), "\"%s\" was taken", not_dates[_i]);
        ck_assert(date.year == 1 && date.month == 2 && date.day == 3);
}
END_TEST

START_TEST(test_a_date_survives_its_text)
{
        char buf[THON_DATE_TEXT];
        struct thon_date date;

        ck_assert(thon_date_parse("2028-02-29", &date));
        ck_assert_str_eq(thon_date_text(date, buf), "2028-02-29");
        ck_assert_str_eq(thon_date_text((struct thon_date){-32768, -128, -128}, buf), "-32768--128--128");
}
END_TEST

START_TEST(test_clock_times)
{
        static const char *const bad[] = {"",     "7:30",   "24:00", "12:60", "1230", "12-30",
                                          "12:3", "12:300", " 1:30", "-1:30", "1a:30"};
        int minutes = -1;

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                ck_assert_msg(!thon_clock_parse(bad[i], &minutes), "\"%s\" was taken", bad[i]);
        ck_assert_int_eq(minutes, -1);
        ck_assert(thon_clock_parse("00:00", &minutes));
        ck_assert_int_eq(minutes, 0);
        ck_assert(thon_clock_parse("23:59", &minutes));
        ck_assert_int_eq(minutes, 1439);
}
END_TEST

START_TEST(test_monotonic_time_neither_wraps_nor_runs_back)
{
        ck_assert_uint_eq(thon_mono_add((struct thon_mono){10}, UINT64_MAX).us, UINT64_MAX);
        ck_assert_uint_eq(thon_mono_since((struct thon_mono){10}, (struct thon_mono){4}), 0);
        ck_assert_uint_eq(thon_mono_since((struct thon_mono){4}, (struct thon_mono){10}), 6);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("date");
        TCase *tc = tcase_create("date");

        tcase_add_test(tc, test_the_epoch_is_day_zero_and_a_thursday);
        tcase_add_test(tc, test_every_day_of_six_centuries_follows_the_one_before);
        tcase_add_test(tc, test_leap_years_are_those_of_gregory);
        tcase_add_test(tc, test_weekdays_of_known_dates);
        tcase_add_test(tc, test_days_beyond_the_type_saturate);
        tcase_add_loop_test(tc, test_what_is_not_a_date_is_refused_and_leaves_the_result_alone, 0,
                            (int)(sizeof not_dates / sizeof *not_dates));
        tcase_add_test(tc, test_a_date_survives_its_text);
        tcase_add_test(tc, test_clock_times);
        tcase_add_test(tc, test_monotonic_time_neither_wraps_nor_runs_back);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

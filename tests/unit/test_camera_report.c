/* Uptime: every second of a span is one thing, and nothing that nobody saw is taken for up. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "thon/camera_report.h"

static struct thon_wall at(int64_t s)
{
        return (struct thon_wall){s};
}

static struct thon_uptime_walk walk;

static void begin(int64_t from, int64_t to)
{
        thon_uptime_begin(&walk, at(from), at(to));
}

/* "up warned down maintenance unknown failures longest" */
static const char *end(void)
{
        static char text[200];
        struct thon_uptime u = thon_uptime_end(&walk);

        (void)snprintf(text, sizeof text, "%lld %lld %lld %lld %lld %u %lld", (long long)u.up_s,
                       (long long)u.warned_s, (long long)u.down_s, (long long)u.maintenance_s,
                       (long long)u.unknown_s, u.failures, (long long)u.longest_s);
        return text;
}

START_TEST(what_nobody_saw_is_unknown)
{
        begin(0, 1000);
        ck_assert_str_eq(end(), "0 0 0 0 1000 0 0");
        begin(0, 1000);
        thon_uptime_watched(&walk, at(100), true); /* watched, but not checked yet until 200 */
        thon_uptime_verdict(&walk, at(200), THON_CAMERA_OK);
        thon_uptime_watched(&walk, at(700), false);
        ck_assert_str_eq(end(), "500 0 0 0 500 0 0");
        struct thon_uptime none = {.unknown_s = 5};
        ck_assert(thon_uptime_share(&none) < 0);
}
END_TEST

START_TEST(a_failure_is_counted_once_by_what_was_down_of_it)
{
        begin(0, 1000);
        thon_uptime_watched(&walk, at(-50), true);
        thon_uptime_verdict(&walk, at(-50), THON_CAMERA_OK);
        thon_uptime_verdict(&walk, at(100), THON_CAMERA_NO_NETWORK);
        thon_uptime_verdict(&walk, at(150), THON_CAMERA_CABLE); /* the same with another name */
        thon_uptime_verdict(&walk, at(300), THON_CAMERA_OK);
        thon_uptime_verdict(&walk, at(400), THON_CAMERA_BLACK);
        thon_uptime_verdict(&walk, at(450), THON_CAMERA_OK);
        ck_assert_str_eq(end(), "750 0 250 0 0 2 200");
}
END_TEST

START_TEST(a_warning_is_up)
{
        begin(0, 100);
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(0), THON_CAMERA_OK);
        thon_uptime_verdict(&walk, at(40), THON_CAMERA_CLOCK_SKEW);
        ck_assert_str_eq(end(), "100 60 0 0 0 0 0");
        struct thon_uptime u = thon_uptime_end(&walk);
        ck_assert_double_eq(thon_uptime_share(&u), 1.0);
}
END_TEST

START_TEST(a_failure_from_before_the_span_is_no_failure_of_it)
{
        begin(1000, 2000);
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(400), THON_CAMERA_NO_POWER);
        thon_uptime_verdict(&walk, at(1300), THON_CAMERA_OK);
        ck_assert_str_eq(end(), "700 0 300 0 0 0 300");
        begin(1000, 2000); /* on the first second of the span, it is */
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(1000), THON_CAMERA_NO_POWER);
        ck_assert_str_eq(end(), "0 0 1000 0 0 1 1000");
}
END_TEST

START_TEST(a_restart_of_camerad_does_not_make_two_failures_of_one)
{
        begin(0, 1000);
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(0), THON_CAMERA_OK);
        thon_uptime_verdict(&walk, at(100), THON_CAMERA_HUNG);
        thon_uptime_watched(&walk, at(200), false);
        thon_uptime_watched(&walk, at(260), true);
        thon_uptime_verdict(&walk, at(270), THON_CAMERA_UNKNOWN);
        thon_uptime_verdict(&walk, at(280), THON_CAMERA_HUNG);
        thon_uptime_verdict(&walk, at(400), THON_CAMERA_OK);
        ck_assert_str_eq(end(), "700 0 230 0 70 1 230");
}
END_TEST

START_TEST(maintenance_counts_for_nobody)
{
        /* Begun and mended within it: no failure at all. */
        begin(0, 1000);
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(0), THON_CAMERA_OK);
        thon_uptime_maintenance(&walk, at(100), true);
        thon_uptime_verdict(&walk, at(150), THON_CAMERA_NO_POWER);
        thon_uptime_verdict(&walk, at(350), THON_CAMERA_OK);
        thon_uptime_maintenance(&walk, at(400), false);
        ck_assert_str_eq(end(), "700 0 0 300 0 0 0");
        /* Begun within it, and not mended when it was over. */
        begin(0, 1000);
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(0), THON_CAMERA_OK);
        thon_uptime_maintenance(&walk, at(100), true);
        thon_uptime_verdict(&walk, at(150), THON_CAMERA_NO_POWER);
        thon_uptime_maintenance(&walk, at(400), false);
        ck_assert_str_eq(end(), "100 0 600 300 0 1 600");
        /* Somebody comes for it, goes, and comes again. */
        begin(0, 1000);
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(0), THON_CAMERA_NO_POWER);
        thon_uptime_maintenance(&walk, at(100), true);
        thon_uptime_maintenance(&walk, at(200), false);
        thon_uptime_maintenance(&walk, at(300), true);
        thon_uptime_verdict(&walk, at(350), THON_CAMERA_OK);
        thon_uptime_maintenance(&walk, at(400), false);
        ck_assert_str_eq(end(), "600 0 200 200 0 1 200");
}
END_TEST

START_TEST(a_clock_that_goes_back_takes_nothing_back)
{
        begin(0, 1000);
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(0), THON_CAMERA_OK);
        thon_uptime_verdict(&walk, at(500), THON_CAMERA_BLACK);
        thon_uptime_verdict(&walk, at(300), THON_CAMERA_OK); /* counts from 500 on */
        thon_uptime_verdict(&walk, at(200), THON_CAMERA_BLACK);
        thon_uptime_verdict(&walk, at(600), THON_CAMERA_OK);
        ck_assert_str_eq(end(), "900 0 100 0 0 1 100");
}
END_TEST

START_TEST(a_span_that_is_none_is_empty)
{
        begin(1000, 1000);
        thon_uptime_watched(&walk, at(0), true);
        thon_uptime_verdict(&walk, at(0), THON_CAMERA_OK);
        ck_assert_str_eq(end(), "0 0 0 0 0 0 0");
        begin(1000, 0);
        thon_uptime_verdict(&walk, at(5000), THON_CAMERA_BLACK);
        ck_assert_str_eq(end(), "0 0 0 0 0 0 0");
}
END_TEST

START_TEST(sums_are_of_seconds_and_the_longest_is_the_longest)
{
        struct thon_uptime sum = {0};
        const struct thon_uptime a = {90, 5, 10, 1, 2, 3, 7}, b = {10, 0, 90, 1, 2, 1, 90};

        thon_uptime_add(&sum, &a);
        thon_uptime_add(&sum, &b);
        ck_assert_int_eq(sum.up_s, 100);
        ck_assert_int_eq(sum.warned_s, 5);
        ck_assert_int_eq(sum.down_s, 100);
        ck_assert_int_eq(sum.maintenance_s + sum.unknown_s, 6);
        ck_assert_uint_eq(sum.failures, 4);
        ck_assert_int_eq(sum.longest_s, 90);
        ck_assert_double_eq(thon_uptime_share(&sum), 0.5);
}
END_TEST

/* ---- properties ---- */

static uint64_t dice;
static uint64_t roll(uint64_t n)
{
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        return dice % n;
}

static uint64_t seed(void)
{
        const char *given = getenv("THON_SEED");
        uint64_t s = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) ^ (uint64_t)getpid() << 20;

        printf("THON_SEED=%llu\n", (unsigned long long)s);
        (void)fflush(stdout);
        dice = s * 0x9E3779B97F4A7C15u | 1;
        return s;
}

#define SPAN 200

/* The same by hand: one answer for each second. */
struct slow {
        char second[SPAN]; /* u w d m ? */
        unsigned failures;
        int64_t longest;
};

struct event {
        int64_t at;
        int what; /* 0 verdict, 1 watched, 2 maintenance */
        int value;
};

static int by_time(const void *a, const void *b)
{
        const struct event *x = a, *y = b;

        return x->at < y->at ? -1 : x->at > y->at;
}

static struct slow slowly(const struct event *events, size_t n)
{
        struct slow slow = {.failures = 0};
        bool watched = false, maintenance = false, fails = false, counted = false;
        int verdict = THON_CAMERA_UNKNOWN;
        int64_t began = 0, lasted = 0;
        size_t next = 0;

        for (int64_t s = -SPAN; s < SPAN; s++) {
                for (; next < n && events[next].at == s; next++) {
                        const struct event *e = &events[next];

                        if (e->what == 1)
                                watched = e->value;
                        else if (e->what == 2)
                                maintenance = e->value;
                        else {
                                verdict = e->value;
                                bool down = thon_camera_down((enum thon_camera_verdict)verdict);
                                if (down && !fails) {
                                        fails = true;
                                        began = s;
                                        lasted = 0;
                                        counted = false;
                                } else if (!down && verdict != THON_CAMERA_UNKNOWN) {
                                        fails = false;
                                }
                        }
                }
                if (s < 0)
                        continue;
                char *second = &slow.second[s];
                if (!watched)
                        *second = '?';
                else if (maintenance)
                        *second = 'm';
                else if (verdict == THON_CAMERA_UNKNOWN)
                        *second = '?';
                else if (thon_camera_down((enum thon_camera_verdict)verdict)) {
                        *second = 'd';
                        if (!counted && began >= 0)
                                slow.failures++;
                        counted = true;
                        if (++lasted > slow.longest)
                                slow.longest = lasted;
                } else
                        *second = thon_camera_severity((enum thon_camera_verdict)verdict) ? 'w' : 'u';
        }
        return slow;
}

static int64_t count(const struct slow *slow, char what)
{
        int64_t n = 0;

        for (size_t i = 0; i < SPAN; i++)
                n += slow->second[i] == what;
        return n;
}

START_TEST(it_is_what_counting_second_by_second_says)
{
        uint64_t s = seed();

        for (int round = 0; round < 3000; round++) {
                struct event events[24];
                size_t n = roll(24);

                for (size_t i = 0; i < n; i++) {
                        events[i].at = (int64_t)roll(2 * SPAN) - SPAN;
                        events[i].what = (int)roll(4) % 3;
                        events[i].value =
                                events[i].what == 0 ? (int)roll(THON_CAMERA_VERDICTS) : (int)roll(2);
                }
                qsort(events, n, sizeof(*events), by_time);
                begin(0, SPAN);
                for (size_t i = 0; i < n; i++)
                        if (events[i].what == 0)
                                thon_uptime_verdict(&walk, at(events[i].at),
                                                    (enum thon_camera_verdict)events[i].value);
                        else if (events[i].what == 1)
                                thon_uptime_watched(&walk, at(events[i].at), events[i].value);
                        else
                                thon_uptime_maintenance(&walk, at(events[i].at), events[i].value);
                struct thon_uptime u = thon_uptime_end(&walk);
                struct slow slow = slowly(events, n);
                ck_assert_msg(u.up_s == count(&slow, 'u') + count(&slow, 'w') &&
                                      u.warned_s == count(&slow, 'w') && u.down_s == count(&slow, 'd') &&
                                      u.maintenance_s == count(&slow, 'm') &&
                                      u.unknown_s == count(&slow, '?') && u.failures == slow.failures &&
                                      u.longest_s == slow.longest,
                              "seed %llu, round %d: %s instead of %u failures, longest %lld",
                              (unsigned long long)s, round, end(), slow.failures, (long long)slow.longest);
        }
}
END_TEST

START_TEST(whatever_is_fed_the_parts_sum_up_to_the_span)
{
        uint64_t s = seed();

        for (int round = 0; round < 3000; round++) {
                int64_t from = (int64_t)roll(1000), to = from + (int64_t)roll(1000);

                begin(from, to);
                for (uint64_t i = roll(40); i > 0; i--) { /* in no order at all */
                        int64_t t = (int64_t)roll(3000) - 500;
                        switch (roll(3)) {
                        case 0:
                                thon_uptime_verdict(&walk, at(t),
                                                    (enum thon_camera_verdict)roll(THON_CAMERA_VERDICTS));
                                break;
                        case 1:
                                thon_uptime_watched(&walk, at(t), roll(4) > 0);
                                break;
                        default:
                                thon_uptime_maintenance(&walk, at(t), roll(3) == 0);
                                break;
                        }
                }
                struct thon_uptime u = thon_uptime_end(&walk);
                ck_assert_msg(u.up_s >= 0 && u.down_s >= 0 && u.maintenance_s >= 0 && u.unknown_s >= 0 &&
                                      u.up_s + u.down_s + u.maintenance_s + u.unknown_s == to - from &&
                                      u.warned_s <= u.up_s && u.longest_s <= u.down_s &&
                                      (u.failures == 0 || u.down_s > 0) &&
                                      (u.down_s == 0) == (u.longest_s == 0),
                              "seed %llu, round %d: %s", (unsigned long long)s, round, end());
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_report");
        TCase *tc = tcase_create("report");
        SRunner *runner;
        int failed;

        tcase_add_test(tc, what_nobody_saw_is_unknown);
        tcase_add_test(tc, a_failure_is_counted_once_by_what_was_down_of_it);
        tcase_add_test(tc, a_warning_is_up);
        tcase_add_test(tc, a_failure_from_before_the_span_is_no_failure_of_it);
        tcase_add_test(tc, a_restart_of_camerad_does_not_make_two_failures_of_one);
        tcase_add_test(tc, maintenance_counts_for_nobody);
        tcase_add_test(tc, a_clock_that_goes_back_takes_nothing_back);
        tcase_add_test(tc, a_span_that_is_none_is_empty);
        tcase_add_test(tc, sums_are_of_seconds_and_the_longest_is_the_longest);
        tcase_add_test(tc, it_is_what_counting_second_by_second_says);
        tcase_add_test(tc, whatever_is_fed_the_parts_sum_up_to_the_span);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? 0 : 1;
}

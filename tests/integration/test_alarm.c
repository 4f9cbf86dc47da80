/* Alarms: never early, not lost by a step, and not later and later in a fast simulation. */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "thon/cleanup.h"
#include "thon/clock.h"

#define DEADLINE_US 10000000u

static sd_event *event;
static struct thon_clock *clock_;
static struct thon_alarm *alarm_;
static unsigned rings;
static bool refuse;

/* Stands before libsystemd's, which has no way of its own to be refused. */
int sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
        static int (*real)(sd_event_source *, uint64_t);

        if (!real)
                *(void **)&real = dlsym(RTLD_NEXT, "sd_event_source_set_time");
        return refuse ? -ENOMEM : real(source, usec);
}

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void ring(void *userdata)
{
        (void)userdata;
        rings++;
}

static void begin(const char *sim)
{
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(thon_clock_new(event, sim, &clock_), 0);
        ck_assert_int_eq(thon_alarm_new(clock_, "test", ring, NULL, &alarm_), 0);
        rings = 0;
}

static void end(void)
{
        alarm_ = thon_alarm_free(alarm_);
        clock_ = thon_clock_free(clock_);
        event = sd_event_unref(event);
}

static void run_until(unsigned n)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;

        while (rings < n) {
                ck_assert_msg(monotonic_us() < deadline, "rang %u times, not %u", rings, n);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
}

static void run_what_is_pending(void)
{
        while (sd_event_run(event, 0) > 0)
                ;
}

static struct thon_wall wall_in(int64_t s)
{
        return (struct thon_wall){thon_clock_wall(clock_).s + s};
}

static struct thon_mono mono_in(uint64_t us)
{
        return thon_mono_add(thon_clock_mono(clock_), us);
}

START_TEST(a_mono_alarm_rings_after_its_time)
{
        begin(NULL);
        struct thon_mono at = mono_in(30000);
        thon_alarm_set(alarm_, THON_WALL_NEVER, at);
        run_until(1);
        ck_assert_uint_ge(thon_clock_mono(clock_).us, at.us);
        run_what_is_pending();
        ck_assert_uint_eq(rings, 1);
        end();
}
END_TEST

START_TEST(a_wall_alarm_rings_in_its_second)
{
        begin(NULL);
        struct thon_wall at = wall_in(1);
        thon_alarm_set(alarm_, at, THON_MONO_NEVER);
        run_until(1);
        ck_assert_int_ge(thon_clock_wall(clock_).s, at.s);
        end();
}
END_TEST

START_TEST(whichever_comes_first_rings_once)
{
        begin(NULL);
        thon_alarm_set(alarm_, wall_in(3600), mono_in(1000));
        run_until(1);
        thon_alarm_set(alarm_, wall_in(0), mono_in(3600000000));
        run_until(2);
        run_what_is_pending();
        ck_assert_uint_eq(rings, 2);
        end();
}
END_TEST

START_TEST(what_is_over_rings_at_once_but_not_before_the_loop)
{
        begin(NULL);
        thon_alarm_set(alarm_, (struct thon_wall){INT64_MIN}, THON_MONO_NEVER);
        ck_assert_uint_eq(rings, 0);
        run_until(1);
        thon_alarm_set(alarm_, THON_WALL_NEVER, (struct thon_mono){0});
        run_until(2);
        end();
}
END_TEST

START_TEST(never_is_never_and_setting_replaces)
{
        begin(NULL);
        thon_alarm_set(alarm_, THON_WALL_NEVER, mono_in(0));
        thon_alarm_set(alarm_, THON_WALL_NEVER, THON_MONO_NEVER);
        ck_assert_int_eq(sd_event_run(event, 20000), 0);
        ck_assert_uint_eq(rings, 0);
        /* The far end of the range is as good as never, and not the far past. */
        thon_alarm_set(alarm_, (struct thon_wall){INT64_MAX - 1}, THON_MONO_NEVER);
        ck_assert_int_eq(sd_event_run(event, 20000), 0);
        ck_assert_uint_eq(rings, 0);
        end();
}
END_TEST

static void ring_and_set_again(void *userdata)
{
        (void)userdata;
        if (++rings < 3)
                thon_alarm_set(alarm_, THON_WALL_NEVER, mono_in(1000));
}

static void ring_and_free(void *userdata)
{
        (void)userdata;
        rings++;
        alarm_ = thon_alarm_free(alarm_);
}

START_TEST(the_callback_may_set_the_alarm_again_and_free_it)
{
        begin(NULL);
        thon_alarm_free(alarm_);
        ck_assert_int_eq(thon_alarm_new(clock_, "again", ring_and_set_again, NULL, &alarm_), 0);
        thon_alarm_set(alarm_, wall_in(0), THON_MONO_NEVER);
        run_until(3);
        thon_alarm_free(alarm_);
        ck_assert_int_eq(thon_alarm_new(clock_, "free", ring_and_free, NULL, &alarm_), 0);
        thon_alarm_set(alarm_, wall_in(0), mono_in(0));
        run_until(4);
        run_what_is_pending();
        ck_assert_uint_eq(rings, 4);
        ck_assert_ptr_null(alarm_);
        end();
}
END_TEST

/* A night of alarms, a minute apart, each set from the one before as a schedule does. */
struct night {
        struct thon_wall next;
        unsigned left;
        int64_t least_late_s; /* in the second half of the night */
};

static void next_minute(void *userdata)
{
        struct night *night = userdata;
        int64_t late = thon_clock_wall(clock_).s - night->next.s;

        rings++;
        ck_assert_int_ge(late, 0);
        if (night->left <= 360 && late < night->least_late_s)
                night->least_late_s = late;
        if (--night->left == 0)
                return;
        night->next.s += 60;
        thon_alarm_set(alarm_, night->next, THON_MONO_NEVER);
}

START_TEST(a_fast_simulation_rings_every_minute_of_a_night_and_ends_in_time)
{
        struct night night = {.left = 720, .least_late_s = INT64_MAX};
        uint64_t start = monotonic_us();

        begin("2026-11-21T12:00:00+07:00,x36000");
        thon_alarm_free(alarm_);
        ck_assert_int_eq(thon_alarm_new(clock_, "night", next_minute, &night, &alarm_), 0);
        night.next = (struct thon_wall){thon_clock_wall(clock_).s / 60 * 60 + 60};
        int64_t first = night.next.s;
        thon_alarm_set(alarm_, night.next, THON_MONO_NEVER);
        run_until(720);
        ck_assert_int_eq(night.next.s, first + 719 * 60);

        /* Twelve hours at x36000 are 1.2 s. Whatever holds this machine up makes some alarms late; but the next ones
         * must catch up, where lateness that adds up, of 1 ms an alarm, would be 0.36 s (3.6 h) by midnight. */
        ck_assert_uint_ge(monotonic_us() - start, 1198000);
        ck_assert_int_lt(night.least_late_s, 9000);
        end();
}
END_TEST

START_TEST(under_simulation_both_halves_are_scaled)
{
        uint64_t start = monotonic_us();

        begin("2026-11-21T12:00:00+07:00,x3600");
        thon_alarm_set(alarm_, wall_in(86400), mono_in(UINT64_C(180000000)));
        run_until(1);
        ck_assert_uint_ge(monotonic_us() - start, 50000);
        thon_alarm_set(alarm_, wall_in(180), mono_in(UINT64_C(86400000000)));
        run_until(2);
        ck_assert_uint_ge(monotonic_us() - start, 99000);
        end();
}
END_TEST

START_TEST(a_step_forward_over_an_alarm_rings_it)
{
        begin("2026-11-21T12:00:00Z,x1000,step=1d@30s");
        struct thon_wall at = wall_in(3600);
        struct thon_mono start = thon_clock_mono(clock_);
        thon_alarm_set(alarm_, at, THON_MONO_NEVER);
        run_until(1);
        ck_assert_int_ge(thon_clock_wall(clock_).s, at.s + 80000);
        ck_assert_uint_lt(thon_mono_since(start, thon_clock_mono(clock_)), UINT64_C(3600000000));
        end();
}
END_TEST

START_TEST(a_step_back_before_an_alarm_delays_it)
{
        begin("2026-11-21T12:00:00Z,x1000,step=-600@30s");
        struct thon_wall at = wall_in(60);
        struct thon_mono start = thon_clock_mono(clock_);
        thon_alarm_set(alarm_, at, THON_MONO_NEVER);
        run_until(1);
        ck_assert_int_ge(thon_clock_wall(clock_).s, at.s);
        ck_assert_uint_ge(thon_mono_since(start, thon_clock_mono(clock_)), UINT64_C(650000000));
        end();
}
END_TEST

START_TEST(many_alarms_and_any_order_of_their_end)
{
        struct thon_alarm *many[20];

        begin("2026-11-21T12:00:00Z,x1000,step=5@1s");
        for (unsigned i = 0; i < 20; i++) {
                ck_assert_int_eq(thon_alarm_new(clock_, "one", ring, NULL, &many[i]), 0);
                thon_alarm_set(many[i], wall_in(i), THON_MONO_NEVER);
        }
        run_until(20);
        for (unsigned i = 0; i < 20; i += 2)
                thon_alarm_free(many[i]);
        for (unsigned i = 1; i < 20; i += 2)
                thon_alarm_free(many[i]);
        ck_assert_ptr_null(thon_alarm_free(NULL));
        end();
}
END_TEST

START_TEST(an_alarm_that_cannot_be_armed_ends_the_loop_with_its_reason)
{
        const char *clocks[] = {NULL, "2026-11-21T12:00:00Z,x1"};

        for (size_t i = 0; i < 2; i++) {
                begin(clocks[i]);
                refuse = true;
                thon_alarm_set(alarm_, wall_in(3600), mono_in(3600000000));
                ck_assert_int_eq(sd_event_loop(event), -ENOMEM);
                refuse = false;
                ck_assert_uint_eq(rings, 0);
                end();
        }
}
END_TEST

static void set_again(void *userdata)
{
        rings++;
        refuse = true;
        thon_alarm_set(*(struct thon_alarm **)userdata, THON_WALL_NEVER, mono_in(3600000000));
}

START_TEST(also_one_that_its_own_callback_sets)
{
        struct thon_alarm *again = NULL;

        begin(NULL);
        ck_assert_int_eq(thon_alarm_new(clock_, "again", set_again, &again, &again), 0);
        thon_alarm_set(again, THON_WALL_NEVER, mono_in(1000));
        ck_assert_int_eq(sd_event_loop(event), -ENOMEM);
        refuse = false;
        ck_assert_uint_eq(rings, 1);
        thon_alarm_free(again);
        end();
}
END_TEST

START_TEST(a_loop_that_is_over_takes_an_alarm_in_peace)
{
        begin(NULL);
        ck_assert_int_eq(sd_event_exit(event, 7), 0);
        ck_assert_int_eq(sd_event_loop(event), 7);
        thon_alarm_set(alarm_, wall_in(0), mono_in(0));
        ck_assert_uint_eq(rings, 0);
        end();
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("alarm");
        TCase *tc = tcase_create("alarm");

        tcase_set_timeout(tc, 30);
        tcase_add_test(tc, a_mono_alarm_rings_after_its_time);
        tcase_add_test(tc, a_wall_alarm_rings_in_its_second);
        tcase_add_test(tc, whichever_comes_first_rings_once);
        tcase_add_test(tc, what_is_over_rings_at_once_but_not_before_the_loop);
        tcase_add_test(tc, never_is_never_and_setting_replaces);
        tcase_add_test(tc, the_callback_may_set_the_alarm_again_and_free_it);
        tcase_add_test(tc, a_fast_simulation_rings_every_minute_of_a_night_and_ends_in_time);
        tcase_add_test(tc, under_simulation_both_halves_are_scaled);
        tcase_add_test(tc, a_step_forward_over_an_alarm_rings_it);
        tcase_add_test(tc, a_step_back_before_an_alarm_delays_it);
        tcase_add_test(tc, many_alarms_and_any_order_of_their_end);
        tcase_add_test(tc, an_alarm_that_cannot_be_armed_ends_the_loop_with_its_reason);
        tcase_add_test(tc, also_one_that_its_own_callback_sets);
        tcase_add_test(tc, a_loop_that_is_over_takes_an_alarm_in_peace);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

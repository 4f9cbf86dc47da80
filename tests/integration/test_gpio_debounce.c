/* The debounce with the loop's own timer: what is driven onto a simulated contact, and when it is believed. The pure
 * rules are in tests/unit/test_debounce.c. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/gpio.h"

#define MS          UINT64_C(1000)
#define HOLD_US     (150 * MS) /* long: a loaded machine may hold us up between the edges of a bounce */
#define LONG        (200 * MS)
#define SHORT       (3 * MS)
#define DEADLINE_US (5000 * MS)

struct step {
        uint64_t after_us; /* the step before */
        const char *pull;
};

struct run {
        const struct step *next, *end;
        uint64_t last_us; /* of the last step */
        unsigned calls, edges;
        bool level;
        uint64_t held_us; /* from the last step to the last call */
};

static char dir[] = "/tmp/thon-debounce-XXXXXX";
static sd_event *event;
static struct thon_gpio *gpio;

static uint64_t now_us(void)
{
        uint64_t now = 0;
        ck_assert_int_ge(sd_event_now(event, CLOCK_MONOTONIC, &now), 0);
        return now;
}

static void setup(void)
{
        strcpy(dir + sizeof dir - 7, "XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        ck_assert_int_ge(sd_event_new(&event), 0);
        struct thon_gpio_options options = {.consumer = "test", .sim_dir = dir};
        ck_assert_int_eq(thon_gpio_new(event, &options, &gpio), 0);
}

static void teardown(void)
{
        gpio = thon_gpio_free(gpio);
        event = sd_event_unref(event);
        char command[64];
        (void)snprintf(command, sizeof command, "rm -rf %s", dir);
        ck_assert_int_eq(system(command), 0);
}

static void on_input(bool level, unsigned edges, void *userdata)
{
        struct run *run = userdata;
        run->calls++;
        run->edges += edges;
        run->level = level;
        run->held_us = now_us() - run->last_us;
}

static int on_step(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)usec;
        struct run *run = userdata;
        char path[64];
        (void)snprintf(path, sizeof path, "%s/in/contact/pull", dir);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ck_assert_msg(fd >= 0, "%s", strerror(errno));
        ck_assert_int_gt(write(fd, run->next->pull, strlen(run->next->pull)), 0);
        (void)close(fd);
        run->last_us = now_us();
        if (++run->next == run->end)
                return 0;
        ck_assert_int_ge(sd_event_source_set_time(source, run->last_us + run->next->after_us), 0);
        ck_assert_int_ge(sd_event_source_set_enabled(source, SD_EVENT_ONESHOT), 0);
        return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        *(bool *)userdata = true;
        return 0;
}

/* Drives the steps; returns when there were `calls` callbacks and all steps are done, or after `limit_us`. */
static struct run play(const struct step *steps, size_t n, bool rising_only, unsigned calls,
                       uint64_t limit_us)
{
        struct run run = {.next = steps, .end = steps + n};
        struct thon_line_ref line = {.chip = "sim:in", .line = "contact"};
        struct thon_gpio_input_options options = {.debounce_us = (unsigned)HOLD_US,
                                                  .rising_only = rising_only};
        struct thon_gpio_input *in = NULL;
        ck_assert_int_eq(thon_gpio_input_open(gpio, &line, "t", &options, on_input, &run, &in),
                         THON_GPIO_OK);

        bool over = false;
        sd_event_source *driver = NULL, *deadline = NULL;
        ck_assert_int_ge(sd_event_add_time_relative(event, &driver, CLOCK_MONOTONIC, 0, 1, on_step, &run),
                         0);
        ck_assert_int_ge(sd_event_add_time_relative(event, &deadline, CLOCK_MONOTONIC, limit_us, 1,
                                                    on_deadline, &over),
                         0);
        while (!over && (run.calls < calls || run.next != run.end))
                ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
        sd_event_source_disable_unref(driver);
        sd_event_source_disable_unref(deadline);
        bool level;
        ck_assert_int_eq(thon_gpio_input_get(in, &level), 0);
        ck_assert(rising_only || level == run.level);
        in = thon_gpio_input_close(in);
        return run;
}
#define PLAY(steps, ...) play((steps), sizeof(steps) / sizeof *(steps), __VA_ARGS__)

START_TEST(contact_is_believed_when_it_held)
{
        static const struct step steps[] = {{0, "pull-up"}};
        struct run run = PLAY(steps, false, 1, DEADLINE_US);
        ck_assert_uint_eq(run.calls, 1);
        ck_assert(run.level);
        ck_assert_msg(run.held_us >= HOLD_US, "after %llu us", (unsigned long long)run.held_us);
}
END_TEST

START_TEST(bounces_delay_and_are_not_counted)
{
        static const struct step steps[] = {{0, "pull-up"},
                                            {SHORT, "pull-down"},
                                            {SHORT, "pull-up"},
                                            {SHORT, "pull-down"},
                                            {SHORT, "pull-up"}};
        struct run run = PLAY(steps, false, 1, DEADLINE_US);
        ck_assert_uint_eq(run.calls, 1);
        ck_assert_uint_eq(run.edges, 1);
        ck_assert_msg(run.held_us >= HOLD_US, "after %llu us", (unsigned long long)run.held_us);
}
END_TEST

START_TEST(glitch_is_never_told)
{
        static const struct step steps[] = {{0, "pull-up"}, {SHORT, "pull-down"}};
        struct run run = PLAY(steps, false, 1, 3 * HOLD_US);
        ck_assert_uint_eq(run.calls, 0);
}
END_TEST

START_TEST(pulses_of_a_meter)
{
        static const struct step steps[] = {{0, "pull-up"},      {LONG, "pull-down"}, {LONG, "pull-up"},
                                            {LONG, "pull-down"}, {LONG, "pull-up"},   {LONG, "pull-down"},
                                            {LONG, "pull-up"},   {SHORT, "pull-down"}};
        struct run run = PLAY(steps, true, 3, DEADLINE_US);
        ck_assert_uint_eq(run.edges, 3);
        ck_assert_uint_eq(run.calls, 3);
}
END_TEST

START_TEST(meter_stuck_high_is_one_pulse)
{
        static const struct step steps[] = {{0, "pull-up"}};
        struct run run = PLAY(steps, true, 2, 6 * HOLD_US);
        ck_assert_uint_eq(run.edges, 1);
        ck_assert_uint_eq(run.calls, 1);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("gpio_debounce");
        TCase *tc = tcase_create("contact");
        tcase_add_checked_fixture(tc, setup, teardown);
        tcase_set_timeout(tc, 30);
        tcase_add_test(tc, contact_is_believed_when_it_held);
        tcase_add_test(tc, bounces_delay_and_are_not_counted);
        tcase_add_test(tc, glitch_is_never_told);
        tcase_add_test(tc, pulses_of_a_meter);
        tcase_add_test(tc, meter_stuck_high_is_one_pulse);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

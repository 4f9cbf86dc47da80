/* A circuit with its real calendar: lit through the nights by its own instants alone, whatever minute one looks. */
#include "circuit_story.h"

#include "thon/zone.h"

/* Half the night off. */
static struct thon_step steps[] = {
        {{THON_POINT_CLOCK, 18 * 60, -1, -1}, true},
        {{THON_POINT_CLOCK, 23 * 60, -1, -1}, false},
        {{THON_POINT_CLOCK, 4 * 60 + 30, -1, -1}, true},
        {{THON_POINT_SUNRISE, 10, -1, 6 * 60}, false},
};
static struct thon_program programs[] = {{.id = "tiet-kiem", .n_steps = 4, .steps = steps}};
static struct thon_calendar calendars[] = {{.id = "lich", .default_program = 0}};

static struct thon_circuit_conf circuit = {.id = "duong-lang", .min_dwell_s = 60};
static const struct thon_light_plan plan = {
        .site = "xa-mau",
        .place = {20.9, 105.5},
        .n_programs = 1,
        .programs = programs,
        .n_calendars = 1,
        .calendars = calendars,
        .n_circuits = 1,
        .circuits = &circuit,
};

static struct thon_zone *zone;
static struct thon_schedule *schedule;

static void setup(void)
{
        ck_assert_int_eq(thon_zone_fixed(7 * HOUR, &zone), 0);
        ck_assert_int_eq(thon_schedule_new(&plan, zone, &schedule), 0);
        circuit.relay.gpio = a_line("relay");
}

static void teardown(void)
{
        schedule = thon_schedule_free(schedule);
        zone = thon_zone_free(zone);
}

START_TEST(test_thirty_nights_by_the_instants_alone)
{
        struct thon_instant now = {thon_schedule_noon(schedule, 20800), {SECOND}, true};
        struct thon_wall end = thon_schedule_noon(schedule, 20830);
        struct thon_circuit c;
        struct thon_circuit_actions a;
        int64_t serial = 0;
        bool level;

        thon_circuit_init(&c, &circuit, &serial);
        level = thon_circuit_initial(&c, schedule, 0, now);
        thon_circuit_decide(&c, schedule, 0, now, false, &a);
        while (thon_wall_before(now.wall, end)) {
                struct thon_commanded commanded;

                if (a.again_wall.s <= now.wall.s || a.again_mono.us <= now.mono.us) {
                        thon_circuit_decide(&c, schedule, 0, now, false, &a);
                        if (a.set)
                                level = a.on;
                }
                thon_schedule_at(schedule, 0, now.wall, &commanded);
                ck_assert_msg(level == commanded.on, "at %lld", (long long)now.wall.s);
                now.wall.s += 60;
                now.mono.us += 60 * SECOND;
        }
        ck_assert_uint_eq(c.operations, 4 * 30);
}
END_TEST

START_TEST(test_a_restart_at_any_minute_finds_the_right_level_and_does_not_switch)
{
        struct thon_instant now = {thon_schedule_noon(schedule, 20800), {SECOND}, true};

        for (int minute = 0; minute < 24 * 60; minute++, now.wall.s += 60) {
                struct thon_commanded commanded;
                struct thon_circuit_actions a;
                struct thon_circuit c;
                int64_t serial = 0;

                thon_schedule_at(schedule, 0, now.wall, &commanded);
                thon_circuit_init(&c, &circuit, &serial);
                ck_assert(thon_circuit_initial(&c, schedule, 0, now) == commanded.on);
                thon_circuit_decide(&c, schedule, 0, now, false, &a);
                ck_assert(!a.set);
                ck_assert_int_eq(a.again_wall.s, commanded.next.s);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light decide");
        TCase *tc = tcase_create("with its calendar");

        tcase_add_checked_fixture(tc, setup, teardown);
        tcase_add_test(tc, test_thirty_nights_by_the_instants_alone);
        tcase_add_test(tc, test_a_restart_at_any_minute_finds_the_right_level_and_does_not_switch);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}

/* What the programs command. The first part tells stories, one for each sentence of the design; the second holds random
 * programs, calendars, zones and minutes against a naive reading of the same sentences, and the schedule's two views
 * (the state now, the plan of switches) against each other. */
#include "light_fixture.h"

#include <errno.h>

static uint64_t run_seed;

static const struct thon_step dusk_to_dawn[] = {{SUN(SUNSET, 0), true}, {SUN(SUNRISE, 0), false}};

/* ---- stories ---- */

START_TEST(test_from_sunset_to_sunrise)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(false, dusk_to_dawn, 2);

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 2,
                    "21 17:14:09 on, 22 06:11:03 off, 22 17:14:02 on, 23 06:11:41 off");
}
END_TEST

START_TEST(test_part_night_saving)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({SUN(DUSK, 10), true}, {CLOCK(23, 0), false}, {CLOCK(4, 30), true},
                                     {SUN(DAWN, -10), false}));

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1,
                    "21 17:47:43 on, 21 23:00 off, 22 04:30 on, 22 05:37:26 off");
}
END_TEST

START_TEST(test_steps_act_in_order_of_their_time_not_of_the_list)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(5, 0), false}, {CLOCK(23, 0), true}, {CLOCK(18, 0), true},
                                     {CLOCK(22, 0), false}));

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1,
                    "21 18:00 on, 21 22:00 off, 21 23:00 on, 22 05:00 off");
}
END_TEST

START_TEST(test_alternate_circuits_on_alternate_nights)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_at(ha_noi);
        size_t full = add_program(plan, "ca-dem", false, STEPS({CLOCK(18, 0), true}, {CLOCK(5, 0), false}));
        size_t half =
                add_program(plan, "nua-dem", false, STEPS({CLOCK(18, 0), true}, {CLOCK(23, 0), false}));

        for (int16_t phase = 0; phase < 2; phase++) {
                size_t calendar = add_calendar(plan, phase ? "le" : "chan", half);
                add_rule(plan, calendar,
                         (struct thon_rule){.days.kind = THON_DAYS_EVERY,
                                            .days.every = 2,
                                            .days.phase = phase,
                                            .program = full});
                add_circuit(plan, phase ? "duong-1" : "duong-2", calendar);
        }
        /* 2026-11-22 is day 20779 of the count. */
        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-22", 2,
                    "22 18:00 on, 22 23:00 off, 23 18:00 on, 24 05:00 off");
        assert_plan(plan, "Asia/Ho_Chi_Minh", 1, "2026-11-22", 2,
                    "22 18:00 on, 23 05:00 off, 23 18:00 on, 23 23:00 off");
}
END_TEST

START_TEST(test_lights_of_tet_and_of_ram)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_at(ha_noi);
        size_t off = add_program(plan, "tat", false, NULL, 0);
        size_t tet = add_program(plan, "tet", false, STEPS({CLOCK(17, 30), true}, {CLOCK(6, 0), false}));
        size_t ram = add_program(plan, "ram", false, STEPS({CLOCK(18, 0), true}, {CLOCK(21, 0), false}));
        size_t calendar = add_calendar(plan, "dinh", off);

        add_rule(plan, calendar,
                 (struct thon_rule){.days.kind = THON_DAYS_LUNAR,
                                    .days.n = 1,
                                    .program = tet,
                                    .days.lunar =
                                            (struct thon_lunar_range[]){{{23, 12, false}, {5, 1, false}}}});
        add_rule(plan, calendar,
                 (struct thon_rule){.days.kind = THON_DAYS_LUNAR,
                                    .days.n = 2,
                                    .program = ram,
                                    .days.lunar =
                                            (struct thon_lunar_range[]){{{1, 0, false}, {1, 0, false}},
                                                                        {{15, 0, false}, {15, 0, false}}}});
        add_circuit(plan, "cong-dinh", calendar);

        /* Tết of 2027 is on 6 February; 23 tháng Chạp on 30 January; mùng 5 on the 10th, rằm on the 20th. */
        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2027-01-23", 30,
                    "30 17:30 on, 31 06:00 off, 31 17:30 on, 01 06:00 off, 01 17:30 on, 02 06:00 off, "
                    "02 17:30 on, 03 06:00 off, 03 17:30 on, 04 06:00 off, 04 17:30 on, 05 06:00 off, "
                    "05 17:30 on, 06 06:00 off, 06 17:30 on, 07 06:00 off, 07 17:30 on, 08 06:00 off, "
                    "08 17:30 on, 09 06:00 off, 09 17:30 on, 10 06:00 off, 10 17:30 on, 11 06:00 off, "
                    "20 18:00 on, 20 21:00 off");
}
END_TEST

START_TEST(test_the_first_rule_that_matches_wins)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_at(ha_noi);
        size_t late = add_program(plan, "khuya", false, STEPS({CLOCK(18, 0), true}, {CLOCK(2, 0), false}));
        size_t early = add_program(plan, "som", false, STEPS({CLOCK(18, 0), true}, {CLOCK(20, 0), false}));
        size_t off = add_program(plan, "tat", false, NULL, 0);
        size_t calendar = add_calendar(plan, "cho", off);

        add_rule(plan, calendar,
                 (struct thon_rule){
                         .days.kind = THON_DAYS_WEEKDAYS, .days.weekdays = 1 << 5, .program = late});
        add_rule(plan, calendar,
                 (struct thon_rule){
                         .days.kind = THON_DAYS_WEEKDAYS, .days.weekdays = 3 << 5, .program = early});
        add_circuit(plan, "cho-lang", calendar);
        /* Friday to Monday: nothing, the first rule, the second, nothing. */
        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-20", 4,
                    "21 18:00 on, 22 02:00 off, 22 18:00 on, 22 20:00 off");
}
END_TEST

START_TEST(test_at_noon_the_circuit_takes_its_start)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(18, 0), true}));
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *lit =
                plan_of(true, STEPS({CLOCK(23, 0), false}));

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 2,
                    "21 12:00 off, 21 18:00 on, 22 12:00 off, 22 18:00 on");
        assert_plan(lit, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 2,
                    "21 12:00 on, 21 23:00 off, 22 12:00 on, 22 23:00 off");
}
END_TEST

START_TEST(test_a_step_at_noon_itself_has_the_last_word)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(12, 0), true}, {CLOCK(13, 0), false}));

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 12:00 on, 21 13:00 off");
}
END_TEST

START_TEST(test_a_clock_time_before_noon_is_in_the_second_half)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(12, 1), true}, {CLOCK(11, 59), false}));

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 12:01 on, 22 11:59 off");
}
END_TEST

START_TEST(test_the_night_keeps_its_date_after_midnight)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_at(ha_noi);
        size_t off = add_program(plan, "tat", false, NULL, 0);
        size_t on = add_program(plan, "le", false, STEPS({CLOCK(18, 0), true}, {CLOCK(3, 0), false}));
        size_t calendar = add_calendar(plan, "le-tet", off);

        add_rule(plan, calendar,
                 (struct thon_rule){.days.kind = THON_DAYS_DATES,
                                    .days.n = 1,
                                    .program = on,
                                    .days.dates = (struct thon_date_range[]){{{0, 12, 31}, {0, 12, 31}}}});
        add_circuit(plan, "quang-truong", calendar);
        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-12-25", 14, "31 18:00 on, 01 03:00 off");
}
END_TEST

START_TEST(test_of_two_steps_at_one_instant_the_later_in_the_list_wins)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *off_last =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(22, 0), true}, {CLOCK(22, 0), false}));
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *on_last =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(22, 0), false}, {CLOCK(22, 0), true},
                                     {CLOCK(5, 0), false}));

        assert_plan(off_last, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 18:00 on, 21 22:00 off");
        /* not even a blink */
        assert_plan(on_last, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 18:00 on, 22 05:00 off");
}
END_TEST

START_TEST(test_a_step_that_changes_nothing_is_not_listed)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(17, 0), false}, {CLOCK(18, 0), true}, {CLOCK(20, 0), true},
                                     {CLOCK(5, 0), false}, {CLOCK(6, 0), false}));

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 18:00 on, 22 05:00 off");
}
END_TEST

START_TEST(test_clamps_hold_sun_points)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLAMPED(SUNSET, 0, HM(17, 30), HM(18, 15)), true},
                                     {CLAMPED(SUNRISE, 0, HM(5, 30), HM(6, 0)), false}));

        /* winter: sunset 17:14, sunrise 06:11; summer: 18:40 and 05:15; spring: between */
        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 17:30 on, 22 06:00 off");
        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-06-21", 1, "21 18:15 on, 22 05:30 off");
        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-03-21", 1, "21 18:07:49 on, 22 05:59:13 off");
}
END_TEST

START_TEST(test_clamps_do_not_touch_clock_times)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLAMPED(CLOCK, HM(18, 0), HM(19, 0), NO_CLAMP), true},
                                     {CLAMPED(CLOCK, HM(5, 0), NO_CLAMP, HM(4, 0)), false}));

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 18:00 on, 22 05:00 off");
}
END_TEST

START_TEST(test_clamps_hold_on_the_side_of_midnight_where_the_point_is)
{
        /* Sunset + 6 h is 23:14 in November and 00:40 in June. */
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *morning_limit = plan_of(
                false, STEPS({CLOCK(18, 0), true}, {CLAMPED(SUNSET, 360, NO_CLAMP, HM(0, 15)), false}));
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *evening_limit = plan_of(
                false, STEPS({CLOCK(18, 0), true}, {CLAMPED(SUNSET, 360, HM(23, 30), NO_CLAMP), false}));

        assert_plan(morning_limit, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 18:00 on, 21 23:14:09 off");
        assert_plan(morning_limit, "Asia/Ho_Chi_Minh", 0, "2026-06-21", 1, "21 18:00 on, 22 00:15 off");
        assert_plan(evening_limit, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 1, "21 18:00 on, 21 23:30 off");
        assert_plan(evening_limit, "Asia/Ho_Chi_Minh", 0, "2026-06-21", 1, "21 18:00 on, 22 00:40:43 off");
}
END_TEST

START_TEST(test_a_point_outside_its_night_does_not_happen)
{
        /* Sunset - 6 h is 11:15, before the noon at which the night begins; sunrise + 6 h is after the next. */
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({SUN(SUNSET, -360), true}, {SUN(SUNRISE, 360), true}));

        assert_plan(plan, "Asia/Ho_Chi_Minh", 0, "2026-11-21", 3, "");
}
END_TEST

START_TEST(test_a_point_of_a_polar_day_is_left_out)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(
                false, STEPS({SUN(SUNSET, 0), true}, {CLOCK(23, 0), false}, {SUN(SUNRISE, 0), false}));

        plan->place = (struct thon_place){69.65, 18.96}; /* Tromsø */
        assert_plan(plan, "Europe/Berlin", 0, "2026-06-21", 3, "");
        plan->programs[0].steps[0].at.not_after = HM(21, 0); /* a clamp does not make it happen */
        assert_plan(plan, "Europe/Berlin", 0, "2026-06-21", 3, "");
        assert_plan(plan, "Europe/Berlin", 0, "2026-12-21", 3, "");
}
END_TEST

START_TEST(test_a_skipped_clock_time_acts_at_the_jump)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(true, STEPS({CLOCK(2, 30), false}, {CLOCK(2, 59), true}, {CLOCK(3, 0), false}));

        assert_plan(plan, "Europe/Berlin", 0, "2027-03-27", 1, "27 12:00 on, 28 03:00 off");
}
END_TEST

START_TEST(test_a_doubled_clock_time_acts_the_first_time)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(2, 30), true}, {CLOCK(3, 0), false}));
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Europe/Berlin");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        struct thon_commanded commanded;

        thon_schedule_at(schedule, 0, when(zone, "2027-10-31T02:31:00+01:00"), &commanded);
        ck_assert(commanded.on);
        ck_assert_int_eq(commanded.since.s, when(zone, "2027-10-31T02:30:00+02:00").s);
        ck_assert_int_eq(commanded.next.s, when(zone, "2027-10-31T03:00:00+01:00").s);
}
END_TEST

START_TEST(test_the_day_that_samoa_left_out)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({SUN(SUNSET, 0), true}, {CLOCK(23, 0), false}));

        plan->place = (struct thon_place){-13.83, -171.76};
        /* There was no evening of the 30th: its night has the points of the 31st's morning alone. */
        assert_plan(plan, "Pacific/Apia", 0, "2011-12-29", 3,
                    "29 19:57:14 on, 29 23:00 off, 31 19:57:38 on, 31 23:00 off");
}
END_TEST

/* ---- the state now ---- */

START_TEST(test_right_at_once_whenever_it_is_asked)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(5, 0), false}));
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        struct thon_commanded c;

        thon_schedule_at(schedule, 0, when(zone, "2031-05-01T17:59:59"), &c);
        ck_assert(!c.on);
        thon_schedule_at(schedule, 0, when(zone, "2031-05-01T18:00:00"), &c);
        ck_assert(c.on);
        thon_schedule_at(schedule, 0, when(zone, "1999-12-31T23:59:59"), &c);
        ck_assert(c.on);
        ck_assert_int_eq(c.since.s, when(zone, "1999-12-31T18:00:00").s);
        ck_assert_int_eq(c.next.s, when(zone, "2000-01-01T05:00:00").s);
        ck_assert_int_eq(c.cause.step, 0);
        ck_assert_int_eq(c.next_cause.step, 1);
}
END_TEST

START_TEST(test_a_state_older_than_the_look_begins_at_its_edge)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(true, NULL, 0);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        struct thon_commanded c;

        thon_schedule_at(schedule, 0, when(zone, "2026-11-21T20:00:00"), &c);
        ck_assert(c.on);
        ck_assert_int_eq(c.since.s, when(zone, "2026-11-13T12:00:00").s);
        ck_assert_int_eq(c.next.s, THON_WALL_NEVER.s);
        ck_assert_int_eq(c.cause.step, -1);
        ck_assert_int_eq(c.cause.rule, -1);
}
END_TEST

START_TEST(test_the_cause_is_the_decision_that_began_the_state)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(20, 0), true}, {CLOCK(5, 0), false}));
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        struct thon_commanded c;

        thon_schedule_at(schedule, 0, when(zone, "2026-11-21T22:00:00"), &c);
        ck_assert_int_eq(c.cause.step, 0);
        ck_assert_int_eq(c.since.s, when(zone, "2026-11-21T18:00:00").s);
        /* At the next noon "off" is said again, and changes nothing. */
        thon_schedule_at(schedule, 0, when(zone, "2026-11-22T13:00:00"), &c);
        ck_assert_int_eq(c.cause.step, 2);
        ck_assert_int_eq(c.since.s, when(zone, "2026-11-22T05:00:00").s);
}
END_TEST

START_TEST(test_the_ends_of_time_are_answered)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(false, dusk_to_dawn, 2);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        struct thon_commanded c;

        thon_schedule_at(schedule, 0, THON_WALL_NEVER, &c);
        thon_schedule_at(schedule, 0, (struct thon_wall){INT64_MIN}, &c);
        ck_assert_int_le(c.since.s, c.next.s);
}
END_TEST

static int stop_at_second(const struct thon_switch *change, void *userdata)
{
        int *seen = userdata;

        (void)change;
        return ++*seen == 2 ? -ECANCELED : 0;
}

START_TEST(test_a_visitor_may_stop_the_walk)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(false, dusk_to_dawn, 2);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        int seen = 0;

        ck_assert_int_eq(thon_schedule_plan(schedule, 0, 20000, 100, stop_at_second, &seen, NULL),
                         -ECANCELED);
        ck_assert_int_eq(seen, 2);
}
END_TEST

START_TEST(test_the_state_before_the_first_noon)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(18, 0), true}));
        struct told told = {0};
        bool first = false;
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);

        told.zone = zone;
        ck_assert_int_eq(thon_schedule_plan(schedule, 0, 20000, 0, tell, &told, &first), 0);
        ck_assert(first);
        ck_assert_str_eq(told.text, "");
}
END_TEST

START_TEST(test_an_index_that_points_nowhere_is_refused)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(false, dusk_to_dawn, 2);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("UTC");
        struct thon_schedule *schedule = NULL;

        plan->calendars[0].default_program = 1;
        ck_assert_int_eq(thon_schedule_new(plan, zone, &schedule), -EINVAL);
        plan->calendars[0].default_program = 0;
        plan->circuits[0].calendar = 1;
        ck_assert_int_eq(thon_schedule_new(plan, zone, &schedule), -EINVAL);
        plan->circuits[0].calendar = 0;
        add_rule(plan, 0, (struct thon_rule){.days.kind = THON_DAYS_EVERY, .days.every = 1, .program = 7});
        ck_assert_int_eq(thon_schedule_new(plan, zone, &schedule), -EINVAL);
        ck_assert_ptr_null(schedule);
}
END_TEST

START_TEST(test_a_plan_of_nothing)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_at(ha_noi);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("UTC");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);

        ck_assert_ptr_nonnull(schedule);
}
END_TEST

/* ---- causes in words ---- */

START_TEST(test_causes_are_in_the_words_of_the_forms)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({SUN(DUSK, 10), true}, {CLOCK(4, 5), false},
                                     {CLAMPED(SUNRISE, -5, HM(5, 0), HM(6, 15)), true}));
        char buf[THON_CAUSE_TEXT];

        add_rule(plan, 0,
                 (struct thon_rule){.days.kind = THON_DAYS_LUNAR,
                                    .days.n = 3,
                                    .days.lunar =
                                            (struct thon_lunar_range[]){{{15, 0, false}, {15, 0, false}},
                                                                        {{23, 12, false}, {5, 1, false}},
                                                                        {{6, 4, true}, {6, 4, true}}}});
        add_rule(plan, 0,
                 (struct thon_rule){
                         .days.kind = THON_DAYS_WEEKDAYS, .days.weekdays = 0x21, .days.nth = 0x101});
        add_rule(plan, 0,
                 (struct thon_rule){.days.kind = THON_DAYS_DATES,
                                    .days.n = 2,
                                    .days.dates = (struct thon_date_range[]){{{2027, 2, 5}, {2027, 2, 10}},
                                                                             {{0, 12, 24}, {0, 1, 2}}}});
        add_rule(plan, 0,
                 (struct thon_rule){.days.kind = THON_DAYS_TET, .days.tet_from = -3, .days.tet_to = 5});
        add_rule(plan, 0,
                 (struct thon_rule){.days.kind = THON_DAYS_EVERY, .days.every = 2, .days.phase = 1});
        add_rule(plan, 0,
                 (struct thon_rule){.days.kind = THON_DAYS_MONTHDAYS,
                                    .days.monthdays = 0x4001,
                                    .days.monthdays_ahead = 1});

        const struct {
                int rule, step;
                const char *want;
        } cases[] = {
                {-1, 0, "thuong / dusk+10 (ca-nam: default)"},
                {-1, -1, "thuong / start (ca-nam: default)"},
                {0, 1, "thuong / 04:05 (ca-nam: lunar 15,23/12..5/1,6/4L)"},
                {1, 2,
                 "thuong / sunrise-5 not_before 05:00 not_after 06:15 (ca-nam: weekdays mon,sat nth 1,-1)"},
                {2, 1, "thuong / 04:05 (ca-nam: dates 2027-02-05..2027-02-10,12-24..01-02)"},
                {3, 1, "thuong / 04:05 (ca-nam: tet -3..5)"},
                {4, 1, "thuong / 04:05 (ca-nam: every 2 phase 1)"},
                {5, 1, "thuong / 04:05 (ca-nam: monthdays 1,15,-1)"},
                {6, 0, "?"},
                {-1, 3, "?"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct thon_light_cause cause = {0, 0, cases[i].rule, cases[i].step};
                ck_assert_str_eq(thon_light_cause_text(plan, &cause, buf), cases[i].want);
        }
}
END_TEST

START_TEST(test_a_long_cause_is_cut_and_says_so)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(false, dusk_to_dawn, 2);
        struct thon_date_range dates[40];
        char buf[THON_CAUSE_TEXT];

        for (int8_t i = 0; i < 40; i++)
                dates[i].from = dates[i].to = (struct thon_date){2027, 1, (int8_t)(i % 28 + 1)};
        add_rule(plan, 0,
                 (struct thon_rule){.days.kind = THON_DAYS_DATES, .days.n = 40, .days.dates = dates});
        thon_light_cause_text(plan, &(struct thon_light_cause){0, 0, 0, 0}, buf);
        ck_assert_uint_eq(strlen(buf), THON_CAUSE_TEXT - 1);
        ck_assert_str_eq(buf + THON_CAUSE_TEXT - 4, "...");
        ck_assert_int_eq(strncmp(buf, "thuong / sunset (ca-nam: dates 2027-01-01,", 42), 0);
}
END_TEST

/* ---- properties ---- */

static const char *const zones[] = {
        "Asia/Ho_Chi_Minh", "Europe/Berlin",      "America/New_York", "Australia/Lord_Howe",
        "Pacific/Apia",     "Pacific/Kiritimati", "America/Santiago", "UTC"};
static const double longitudes[] = {105.8, 13.4, -74.0, 159.1, -171.8, -157.4, -70.7, 0};

/* The design's sentences, read without cleverness: of the start and of all steps of this night that have happened, the
 * last one holds. */
static bool naive_state(const struct thon_light_plan *plan, const struct thon_zone *zone, size_t circuit,
                        struct thon_wall now)
{
        int32_t night = thon_zone_civil(zone, now).days + 2;
        while (thon_zone_instant(zone, night, 43200).s > now.s)
                night--;

        const struct thon_calendar *calendar = &plan->calendars[plan->circuits[circuit].calendar];
        struct thon_days_facts facts;
        thon_days_facts(night, true, true, &facts);
        size_t program = calendar->default_program;
        for (size_t i = calendar->n_rules; i-- > 0;)
                if (thon_days_match(&calendar->rules[i].days, &facts))
                        program = calendar->rules[i].program;

        const struct thon_program *p = &plan->programs[program];
        int64_t best = thon_zone_instant(zone, night, 43200).s;
        bool on = p->start_on;
        for (size_t i = 0; i < p->n_steps; i++) {
                const struct thon_point *point = &p->steps[i].at;
                static const enum thon_sun_event events[] = {0, THON_SUN_RISE, THON_SUN_SET, THON_SUN_DAWN,
                                                             THON_SUN_DUSK};
                struct thon_wall at;

                if (point->kind == THON_POINT_CLOCK) {
                        at = thon_zone_instant(zone, night + (point->minutes < 720), point->minutes * 60);
                } else {
                        bool morning = point->kind == THON_POINT_SUNRISE || point->kind == THON_POINT_DAWN;
                        if (!thon_sun(zone, plan->place, night + morning, events[point->kind], &at))
                                continue;
                        at.s += point->minutes * 60;
                        bool second_half = thon_zone_civil(zone, at).days > night;
                        int16_t before = point->not_before, after = point->not_after;
                        if (before >= 0 && (before < 720) == second_half &&
                            at.s < thon_zone_instant(zone, night + second_half, before * 60).s)
                                at = thon_zone_instant(zone, night + second_half, before * 60);
                        if (after >= 0 && (after < 720) == second_half &&
                            at.s > thon_zone_instant(zone, night + second_half, after * 60).s)
                                at = thon_zone_instant(zone, night + second_half, after * 60);
                }
                if (at.s >= best && at.s <= now.s && at.s < thon_zone_instant(zone, night + 1, 43200).s) {
                        best = at.s;
                        on = p->steps[i].on;
                }
        }
        return on;
}

START_TEST(test_any_minute_of_any_year_is_as_the_design_reads)
{
        struct random r = {run_seed + (uint64_t)_i};
        size_t where = (size_t)_i % (sizeof zones / sizeof *zones);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named(zones[where]);
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = random_plan(&r);
        plan->place.lon = longitudes[where];
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);

        for (int i = 0; i < 60; i++) {
                struct thon_wall now = {(int64_t)(draw(&r) % UINT64_C(7258118400)) -
                                        631152000}; /* 1950 .. 2180 */
                size_t circuit = (size_t)between(&r, 0, (int)plan->n_circuits - 1);
                struct thon_commanded commanded;

                now.s -= now.s % 60;
                thon_schedule_at(schedule, circuit, now, &commanded);
                ck_assert_msg(commanded.on == naive_state(plan, zone, circuit, now),
                              "%s at %lld, round %d (seed %llu)", zones[where], (long long)now.s, _i,
                              (unsigned long long)run_seed);
        }
}
END_TEST

struct switches {
        size_t n;
        struct thon_switch list[8192];
};

static int collect(const struct thon_switch *change, void *userdata)
{
        struct switches *s = userdata;

        ck_assert_uint_lt(s->n, sizeof s->list / sizeof *s->list);
        s->list[s->n++] = *change;
        return 0;
}

static bool same_cause(struct thon_light_cause a, struct thon_light_cause b)
{
        return a.calendar == b.calendar && a.program == b.program && a.rule == b.rule && a.step == b.step;
}

START_TEST(test_the_state_now_is_what_the_switches_of_the_plan_imply)
{
        enum { NIGHTS = 60 };
        static struct switches plan_switches;
        struct random r = {run_seed + 1000003 * (uint64_t)(_i + 1)};
        size_t where = (size_t)_i % (sizeof zones / sizeof *zones);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named(zones[where]);
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = random_plan(&r);
        plan->place.lon = longitudes[where];
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        int32_t from = between(&r, -7000, 76000);
        size_t circuit = (size_t)between(&r, 0, (int)plan->n_circuits - 1);
        bool first;

        /* Enough nights around, that what lies beyond the look is known too. */
        plan_switches.n = 0;
        ck_assert_int_eq(thon_schedule_plan(schedule, circuit, from - 20, NIGHTS + 40, collect,
                                            &plan_switches, &first),
                         0);
        for (size_t i = 0; i < plan_switches.n; i++) {
                ck_assert(plan_switches.list[i].on == ((i % 2 == 0) != first));
                ck_assert(i == 0 || plan_switches.list[i - 1].at.s < plan_switches.list[i].at.s);
        }

        int64_t begin = thon_schedule_noon(schedule, from).s,
                end = thon_schedule_noon(schedule, from + NIGHTS).s;
        for (int i = 0; i < 300; i++) {
                struct thon_wall now = {begin + (int64_t)(draw(&r) % (uint64_t)(end - begin))};
                if (i % 3 == 0 && plan_switches.n > 40)
                        now = plan_switches.list[plan_switches.n / 2 + (size_t)between(&r, -15, 15)]
                                      .at; /* the edge itself */

                size_t passed = 0;
                while (passed < plan_switches.n && plan_switches.list[passed].at.s <= now.s)
                        passed++;
                const struct thon_switch *last = passed ? &plan_switches.list[passed - 1] : NULL;
                const struct thon_switch *next =
                        passed < plan_switches.n ? &plan_switches.list[passed] : NULL;
                int32_t night = thon_schedule_night(schedule, now);
                int64_t look_from = thon_schedule_noon(schedule, night - THON_SCHEDULE_LOOK).s,
                        look_to = thon_schedule_noon(schedule, night + THON_SCHEDULE_LOOK + 1).s;
                struct thon_commanded c;

                thon_schedule_at(schedule, circuit, now, &c);
                bool want = last ? last->on : first;
                bool since = last && last->at.s >= look_from
                                     ? c.since.s == last->at.s && same_cause(c.cause, last->cause)
                                     : c.since.s == look_from;
                bool to_come = next && next->at.s < look_to
                                       ? c.next.s == next->at.s && same_cause(c.next_cause, next->cause)
                                       : c.next.s == THON_WALL_NEVER.s;
                ck_assert_msg(c.on == want && since && to_come,
                              "%s at %lld: state %s, since %s, next %s; round %d (seed %llu)", zones[where],
                              (long long)now.s, c.on == want ? "right" : "WRONG", since ? "right" : "WRONG",
                              to_come ? "right" : "WRONG", _i, (unsigned long long)run_seed);
        }
}
END_TEST

START_TEST(test_a_plan_too_large_for_the_ring_is_still_right)
{
        struct random r = {run_seed};
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = random_plan(&r);

        plan->place = ha_noi;
        for (int i = 0; i < 1500; i++) {
                struct thon_step steps[THON_STEPS_MAX];
                for (size_t j = 0; j < THON_STEPS_MAX; j++)
                        steps[j] = (struct thon_step){random_point(&r), between(&r, 0, 1) != 0};
                add_circuit(plan, "y",
                            add_calendar(plan, "d", add_program(plan, "q", false, steps, THON_STEPS_MAX)));
        }
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        for (int i = 0; i < 500; i++) {
                struct thon_wall now = {1790000000 + (int64_t)(draw(&r) % 100000000)};
                size_t circuit = (size_t)between(&r, 0, (int)plan->n_circuits - 1);
                struct thon_commanded c;

                thon_schedule_at(schedule, circuit, now, &c);
                ck_assert(c.on == naive_state(plan, zone, circuit, now));
        }
}
END_TEST

START_TEST(test_slugs)
{
        static const char *const good[] = {
                "a",    "duong-lang", "0",
                "a--b", "thon-4",     "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz"};
        static const char *const bad[] = {
                "",    "-a",
                "A",   "a.b",
                "a b", "đường",
                "a_b", "a/b",
                "a\n", "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz0"};

        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
                ck_assert_msg(thon_slug_valid(good[i]), "%s", good[i]);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                ck_assert_msg(!thon_slug_valid(bad[i]), "%s", bad[i]);
}
END_TEST

int main(void)
{
        run_seed = seed_of_run();

        Suite *suite = suite_create("light schedule");
        TCase *tc = tcase_create("stories");
        tcase_add_test(tc, test_from_sunset_to_sunrise);
        tcase_add_test(tc, test_part_night_saving);
        tcase_add_test(tc, test_steps_act_in_order_of_their_time_not_of_the_list);
        tcase_add_test(tc, test_alternate_circuits_on_alternate_nights);
        tcase_add_test(tc, test_lights_of_tet_and_of_ram);
        tcase_add_test(tc, test_the_first_rule_that_matches_wins);
        tcase_add_test(tc, test_at_noon_the_circuit_takes_its_start);
        tcase_add_test(tc, test_a_step_at_noon_itself_has_the_last_word);
        tcase_add_test(tc, test_a_clock_time_before_noon_is_in_the_second_half);
        tcase_add_test(tc, test_the_night_keeps_its_date_after_midnight);
        tcase_add_test(tc, test_of_two_steps_at_one_instant_the_later_in_the_list_wins);
        tcase_add_test(tc, test_a_step_that_changes_nothing_is_not_listed);
        tcase_add_test(tc, test_clamps_hold_sun_points);
        tcase_add_test(tc, test_clamps_do_not_touch_clock_times);
        tcase_add_test(tc, test_clamps_hold_on_the_side_of_midnight_where_the_point_is);
        tcase_add_test(tc, test_a_point_outside_its_night_does_not_happen);
        tcase_add_test(tc, test_a_point_of_a_polar_day_is_left_out);
        tcase_add_test(tc, test_a_skipped_clock_time_acts_at_the_jump);
        tcase_add_test(tc, test_a_doubled_clock_time_acts_the_first_time);
        tcase_add_test(tc, test_the_day_that_samoa_left_out);
        tcase_add_test(tc, test_right_at_once_whenever_it_is_asked);
        tcase_add_test(tc, test_a_state_older_than_the_look_begins_at_its_edge);
        tcase_add_test(tc, test_the_cause_is_the_decision_that_began_the_state);
        tcase_add_test(tc, test_the_ends_of_time_are_answered);
        tcase_add_test(tc, test_a_visitor_may_stop_the_walk);
        tcase_add_test(tc, test_the_state_before_the_first_noon);
        tcase_add_test(tc, test_an_index_that_points_nowhere_is_refused);
        tcase_add_test(tc, test_a_plan_of_nothing);
        tcase_add_test(tc, test_causes_are_in_the_words_of_the_forms);
        tcase_add_test(tc, test_a_long_cause_is_cut_and_says_so);
        tcase_add_test(tc, test_slugs);
        suite_add_tcase(suite, tc);

        TCase *properties = tcase_create("properties");
        tcase_set_timeout(properties, 120);
        tcase_add_loop_test(properties, test_any_minute_of_any_year_is_as_the_design_reads, 0, 160);
        tcase_add_loop_test(properties, test_the_state_now_is_what_the_switches_of_the_plan_imply, 0, 160);
        tcase_add_test(properties, test_a_plan_too_large_for_the_ring_is_still_right);
        suite_add_tcase(suite, properties);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

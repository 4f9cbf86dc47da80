/* A rehearsal says beforehand what a changed plan would change, and calls out what citizens would complain of. */
#include "light_fixture.h"

#include "thon/light_rehearse.h"

#include <errno.h>

THON_DEFINE_CLEANUP(struct thon_rehearsal *, thon_rehearsal_free)

static uint64_t run_seed;

static struct thon_rehearsal *rehearse(const struct thon_light_plan *before,
                                       const struct thon_light_plan *after, const char *from, int nights)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        _cleanup_(thon_schedule_freep) struct thon_schedule *old = before ? schedule_of(before, zone) : NULL;
        _cleanup_(thon_schedule_freep) struct thon_schedule *new = schedule_of(after, zone);
        struct thon_rehearsal *rehearsal = NULL;

        ck_assert_int_eq(thon_light_rehearse(old, before, new, after, day(from), nights, &rehearsal), 0);
        return rehearsal;
}

/* What is said of one night of a new circuit with these steps. */
static unsigned warnings(bool start_on, const struct thon_step *steps, size_t n)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(start_on, steps, n);
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *rehearsal =
                rehearse(NULL, plan, "2026-11-21", 1);

        return rehearsal->circuits[0].nights[0].warnings;
}

START_TEST(test_saving_half_the_night)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *before =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(5, 0), false}));
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *after =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(23, 0), false}, {CLOCK(4, 30), true},
                                     {CLOCK(5, 0), false}));
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *r = rehearse(before, after, "2026-11-21", 10);

        ck_assert_uint_eq(r->n, 1);
        struct thon_rehearse_circuit *c = &r->circuits[0];
        ck_assert(c->existed && c->changed);
        ck_assert_uint_eq(c->n_nights, 10);
        for (int i = 0; i < 10; i++) {
                ck_assert_int_eq(c->nights[i].night, day("2026-11-21") + i);
                ck_assert_int_eq(c->nights[i].before_min, 660);
                ck_assert_int_eq(c->nights[i].after_min, 330);
                /* 8 lamps of 50 W */
                ck_assert_double_eq_tol(c->nights[i].before_kwh, 4.4, 1e-9);
                ck_assert_double_eq_tol(c->nights[i].after_kwh, 2.2, 1e-9);
        }
        ck_assert_int_eq(c->before_min, 6600);
        ck_assert_int_eq(c->after_min, 3300);
        ck_assert_double_eq_tol(c->after_kwh, 22, 1e-9);
        ck_assert_uint_eq(c->warnings, THON_REHEARSE_DARK_BEFORE_MIDNIGHT);
}
END_TEST

START_TEST(test_a_plan_that_says_the_same_in_other_words_changes_nothing)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *before =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(5, 0), false}));
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *after =
                plan_of(false, STEPS({CLOCK(5, 0), false}, {CLOCK(18, 0), false}, {CLOCK(18, 0), true},
                                     {CLOCK(20, 0), true}));
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *r =
                rehearse(before, after, "2026-11-21", 400);

        ck_assert(r->circuits[0].existed && !r->circuits[0].changed);
        ck_assert_int_eq(r->circuits[0].before_min, r->circuits[0].after_min);
}
END_TEST

START_TEST(test_a_minute_later_on_one_night_is_a_change)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *before =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(5, 0), false}));
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *after =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(5, 0), false}));
        size_t other = add_program(after, "khac", false, STEPS({CLOCK(18, 0), true}, {CLOCK(5, 1), false}));

        add_rule(after, 0,
                 (struct thon_rule){.days.kind = THON_DAYS_DATES,
                                    .days.n = 1,
                                    .program = other,
                                    .days.dates =
                                            (struct thon_date_range[]){{{2026, 11, 25}, {2026, 11, 25}}}});
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *r = rehearse(before, after, "2026-11-21", 10);
        ck_assert(r->circuits[0].changed);
        ck_assert_int_eq(r->circuits[0].nights[3].after_min, 660);
        ck_assert_int_eq(r->circuits[0].nights[4].after_min, 661);
        ck_assert_int_eq(r->circuits[0].after_min, r->circuits[0].before_min + 1);
}
END_TEST

START_TEST(test_circuits_are_known_again_by_their_id)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *before = plan_at(ha_noi);
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *after = plan_at(ha_noi);
        size_t short_one =
                add_program(before, "ngan", false, STEPS({CLOCK(18, 0), true}, {CLOCK(20, 0), false}));
        size_t long_one =
                add_program(before, "dai", false, STEPS({CLOCK(18, 0), true}, {CLOCK(22, 0), false}));

        add_circuit(before, "duong-1", add_calendar(before, "c1", short_one));
        add_circuit(before, "duong-2", add_calendar(before, "c2", long_one));
        size_t calendar = add_calendar(
                after, "c",
                add_program(after, "dai", false, STEPS({CLOCK(18, 0), true}, {CLOCK(22, 0), false})));
        add_circuit(after, "duong-2", calendar);
        add_circuit(after, "duong-3", calendar);

        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *r = rehearse(before, after, "2026-11-21", 3);
        ck_assert_uint_eq(r->n, 2);
        ck_assert(r->circuits[0].existed && !r->circuits[0].changed);
        ck_assert_int_eq(r->circuits[0].nights[0].before_min, 240);
        ck_assert(!r->circuits[1].existed && r->circuits[1].changed);
        ck_assert_int_eq(r->circuits[1].nights[0].before_min, -1);
        ck_assert_int_eq(r->circuits[1].nights[0].after_min, 240);
        ck_assert_int_eq(r->circuits[1].before_min, 0);
}
END_TEST

START_TEST(test_lamps_that_were_counted_anew_change_the_energy_alone)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *before =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(4, 0), false}));
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *after =
                plan_of(false, STEPS({CLOCK(18, 0), true}, {CLOCK(4, 0), false}));

        after->circuits[0].watts = 30;
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *r = rehearse(before, after, "2026-11-21", 1);
        ck_assert(!r->circuits[0].changed);
        ck_assert_double_eq_tol(r->circuits[0].before_kwh, 4.0, 1e-9);
        ck_assert_double_eq_tol(r->circuits[0].after_kwh, 2.4, 1e-9);
}
END_TEST

START_TEST(test_a_good_night_is_not_warned_of)
{
        ck_assert_uint_eq(warnings(false, STEPS({SUN(SUNSET, 0), true}, {SUN(SUNRISE, 0), false})), 0);
        ck_assert_uint_eq(warnings(false, STEPS({SUN(DUSK, 10), true}, {CLOCK(0, 0), false})), 0);
}
END_TEST

START_TEST(test_lit_at_noon)
{
        ck_assert_uint_eq(warnings(true, STEPS({CLOCK(5, 0), false})), THON_REHEARSE_LIT_AT_NOON);
        ck_assert_uint_eq(warnings(false, STEPS({CLOCK(12, 0), true}, {CLOCK(5, 0), false})),
                          THON_REHEARSE_LIT_AT_NOON);
        /* Nobody switches it off in the morning. */
        ck_assert_uint_eq(warnings(false, STEPS({CLOCK(17, 30), true})), THON_REHEARSE_LIT_AT_NOON);
        ck_assert_uint_eq(warnings(false, STEPS({CLOCK(17, 30), true}, {CLOCK(11, 59), false})), 0);
}
END_TEST

START_TEST(test_dark_before_midnight)
{
        ck_assert_uint_eq(warnings(false, STEPS({CLOCK(17, 30), true}, {CLOCK(23, 45), false})),
                          THON_REHEARSE_DARK_BEFORE_MIDNIGHT);
        /* civil dusk is at 17:37:43 */
        ck_assert_uint_eq(warnings(false, STEPS({CLOCK(18, 7), true}, {CLOCK(5, 0), false})), 0);
        ck_assert_uint_eq(warnings(false, STEPS({CLOCK(18, 8), true}, {CLOCK(5, 0), false})),
                          THON_REHEARSE_DARK_BEFORE_MIDNIGHT);
        ck_assert_uint_eq(warnings(false, STEPS({CLOCK(17, 30), true}, {CLOCK(20, 0), false},
                                                {CLOCK(20, 1), true}, {CLOCK(5, 0), false})),
                          THON_REHEARSE_DARK_BEFORE_MIDNIGHT);
}
END_TEST

START_TEST(test_dark_all_night)
{
        ck_assert_uint_eq(warnings(false, NULL, 0),
                          THON_REHEARSE_DARK_ALL_NIGHT | THON_REHEARSE_DARK_BEFORE_MIDNIGHT);
        /* lit in the day only */
        ck_assert_uint_eq(warnings(false, STEPS({CLOCK(14, 0), true}, {CLOCK(16, 0), false})),
                          THON_REHEARSE_DARK_ALL_NIGHT | THON_REHEARSE_DARK_BEFORE_MIDNIGHT);
}
END_TEST

START_TEST(test_never_switching_is_said_of_the_circuit)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(true, NULL, 0);
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *r = rehearse(NULL, plan, "2026-11-21", 5);

        ck_assert_uint_eq(r->circuits[0].warnings, THON_REHEARSE_NEVER_SWITCHES | THON_REHEARSE_LIT_AT_NOON);
        ck_assert_uint_eq(r->circuits[0].nights[4].warnings, THON_REHEARSE_LIT_AT_NOON);
        ck_assert_int_eq(r->circuits[0].after_min, 5 * 1440);
}
END_TEST

START_TEST(test_a_night_of_a_changed_clock_has_its_real_minutes)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan =
                plan_of(false, STEPS({CLOCK(20, 0), true}, {CLOCK(6, 0), false}));
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Europe/Berlin");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *spring = NULL, *autumn = NULL;

        plan->place = (struct thon_place){52.5, 13.4};
        ck_assert_int_eq(thon_light_rehearse(NULL, NULL, schedule, plan, day("2027-03-27"), 1, &spring), 0);
        ck_assert_int_eq(thon_light_rehearse(NULL, NULL, schedule, plan, day("2027-10-30"), 1, &autumn), 0);
        ck_assert_int_eq(spring->circuits[0].nights[0].after_min, 540);
        ck_assert_int_eq(autumn->circuits[0].nights[0].after_min, 660);
}
END_TEST

START_TEST(test_no_nights_and_too_many_are_refused)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = plan_of(true, NULL, 0);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("UTC");
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        struct thon_rehearsal *r = NULL;

        ck_assert_int_eq(thon_light_rehearse(NULL, NULL, schedule, plan, 20000, 0, &r), -EINVAL);
        ck_assert_int_eq(thon_light_rehearse(NULL, NULL, schedule, plan, 20000, 401, &r), -EINVAL);
        ck_assert_ptr_null(r);
        ck_assert_ptr_null(thon_rehearsal_free(NULL));
}
END_TEST

/* Minutes of light are those in which the schedule says "on". */
START_TEST(test_the_minutes_are_those_of_the_schedule)
{
        struct random random = {run_seed + (uint64_t)_i};
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = random_plan(&random);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        plan->place = ha_noi;
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *r = NULL;
        int32_t from = between(&random, 0, 70000);

        ck_assert_int_eq(thon_light_rehearse(schedule, plan, schedule, plan, from, 4, &r), 0);
        for (size_t i = 0; i < plan->n_circuits; i++) {
                for (int night = 0; night < 4; night++) {
                        int64_t lit = 0, noon = thon_schedule_noon(schedule, from + night).s;

                        for (int64_t at = noon; at < noon + 86400; at += 10) {
                                struct thon_commanded c;
                                thon_schedule_at(schedule, i, (struct thon_wall){at}, &c);
                                lit += c.on ? 10 : 0;
                        }
                        /* Up to 10 s at each of at most 49 edges. */
                        ck_assert_int_le(llabs(r->circuits[i].nights[night].after_min * 60 - lit),
                                         30 + 49 * 10);
                }
        }
}
END_TEST

int main(void)
{
        run_seed = seed_of_run();

        Suite *suite = suite_create("light rehearse");
        TCase *tc = tcase_create("light rehearse");
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, test_saving_half_the_night);
        tcase_add_test(tc, test_a_plan_that_says_the_same_in_other_words_changes_nothing);
        tcase_add_test(tc, test_a_minute_later_on_one_night_is_a_change);
        tcase_add_test(tc, test_circuits_are_known_again_by_their_id);
        tcase_add_test(tc, test_lamps_that_were_counted_anew_change_the_energy_alone);
        tcase_add_test(tc, test_a_good_night_is_not_warned_of);
        tcase_add_test(tc, test_lit_at_noon);
        tcase_add_test(tc, test_dark_before_midnight);
        tcase_add_test(tc, test_dark_all_night);
        tcase_add_test(tc, test_never_switching_is_said_of_the_circuit);
        tcase_add_test(tc, test_a_night_of_a_changed_clock_has_its_real_minutes);
        tcase_add_test(tc, test_no_nights_and_too_many_are_refused);
        tcase_add_loop_test(tc, test_the_minutes_are_those_of_the_schedule, 0, 20);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

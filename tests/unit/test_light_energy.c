/* Hours, kWh and đồng of a night. The lamps of the tests are 8 of 50 W: 0.4 kWh an hour. */
#include "light_fixture.h"

#include "thon/light_energy.h"

#include <math.h>

static struct thon_zone *zone;
static struct thon_light_plan *plan;
static struct thon_schedule *schedule;

static const struct thon_tariff tariff = {
        .vnd_per_kwh = 2000, .n_bands = 1, .bands = {{HM(22, 0), HM(4, 0), 1200}}};

static void set_up(void)
{
        zone = zone_named("Asia/Ho_Chi_Minh");
        plan = plan_of(false, STEPS({SUN(DUSK, 0), true}, {SUN(DAWN, 0), false}));
        schedule = schedule_of(plan, zone);
}

static void tear_down(void)
{
        schedule = thon_schedule_free(schedule);
        plan = thon_light_plan_free(plan);
        zone = thon_zone_free(zone);
}

static double cost(const struct thon_tariff *t, const char *from, const char *to, double kwh)
{
        return thon_tariff_cost(t, zone, when(zone, from), when(zone, to), kwh);
}

static struct thon_lit_interval lit(const char *from, const char *to)
{
        return (struct thon_lit_interval){when(zone, from), when(zone, to)};
}

static struct thon_energy_night night_of(const struct thon_lit_interval *intervals, size_t n,
                                         double measured)
{
        struct thon_energy_night night;

        thon_energy_of_night(schedule, &plan->circuits[0], day("2026-11-21"), intervals, n, measured,
                             &tariff, &night);
        return night;
}

/* ---- tariff ---- */

START_TEST(test_the_price_outside_and_inside_a_band)
{
        ck_assert_double_eq_tol(cost(&tariff, "2026-11-21T18:00", "2026-11-21T20:00", 3), 6000, 1e-6);
        ck_assert_double_eq_tol(cost(&tariff, "2026-11-21T23:00", "2026-11-22T03:00", 3), 3600, 1e-6);
        ck_assert_double_eq_tol(cost(&tariff, "2026-11-22T00:00", "2026-11-22T00:00:01", 3), 3600, 1e-6);
}
END_TEST

START_TEST(test_energy_is_shared_over_the_bands_by_time)
{
        /* 18:00..22:00 and 04:00..05:00 dear, six hours cheap */
        ck_assert_double_eq_tol(cost(&tariff, "2026-11-21T18:00", "2026-11-22T05:00", 11),
                                5 * 2000 + 6 * 1200, 1e-6);
        /* to the second */
        ck_assert_double_eq_tol(cost(&tariff, "2026-11-21T21:59:50", "2026-11-21T22:00:30", 40),
                                10 * 2000 + 30 * 1200, 1e-6);
}
END_TEST

START_TEST(test_of_overlapping_bands_the_first_holds)
{
        struct thon_tariff t = {.vnd_per_kwh = 1000,
                                .n_bands = 3,
                                .bands = {{HM(18, 0), HM(18, 0), 9},
                                          {HM(17, 0), HM(20, 0), 3000},
                                          {HM(19, 0), HM(22, 0), 2000}}};

        ck_assert_double_eq_tol(cost(&t, "2026-11-21T16:00", "2026-11-21T23:00", 7),
                                1000 + 3 * 3000 + 2 * 2000 + 1000, 1e-6);
}
END_TEST

START_TEST(test_a_band_up_to_midnight)
{
        struct thon_tariff t = {.vnd_per_kwh = 1000, .n_bands = 1, .bands = {{HM(22, 0), HM(24, 0), 500}}};

        ck_assert_double_eq_tol(cost(&t, "2026-11-21T21:00", "2026-11-22T01:00", 4), 1000 + 500 + 500 + 1000,
                                1e-6);
}
END_TEST

START_TEST(test_an_empty_interval_costs_what_its_moment_costs)
{
        ck_assert_double_eq_tol(cost(&tariff, "2026-11-21T23:00", "2026-11-21T23:00", 2), 2400, 1e-6);
        ck_assert_double_eq_tol(cost(&tariff, "2026-11-21T23:00", "2026-11-21T20:00", 2), 2400, 1e-6);
}
END_TEST

START_TEST(test_a_clock_put_back_gives_the_cheap_hour_twice)
{
        struct thon_tariff t = {.vnd_per_kwh = 1000, .n_bands = 1, .bands = {{HM(2, 30), HM(3, 0), 0}}};

        thon_zone_free(zone);
        zone = zone_named("Europe/Berlin");
        /* 01:00 .. 04:00 civil are four hours, of which 02:30..03:00 comes twice */
        ck_assert_double_eq_tol(cost(&t, "2027-10-31T01:00", "2027-10-31T04:00", 4), 3000, 1e-6);
        /* and three hours are two in spring, without 02:30..03:00 */
        ck_assert_double_eq_tol(cost(&t, "2027-03-28T01:00", "2027-03-28T04:00", 2), 2000, 1e-6);
}
END_TEST

START_TEST(test_more_bands_than_there_is_room_for_are_not_read)
{
        struct thon_tariff t = tariff;

        t.n_bands = 1000;
        ck_assert_double_eq_tol(cost(&t, "2026-11-21T18:00", "2026-11-21T20:00", 3), 6000, 1e-6);
}
END_TEST

/* ---- a night ---- */

START_TEST(test_a_night_without_a_meter_is_estimated)
{
        struct thon_lit_interval intervals[] = {lit("2026-11-21T18:00", "2026-11-21T23:00"),
                                                lit("2026-11-22T04:30", "2026-11-22T05:00")};
        struct thon_energy_night night = night_of(intervals, 2, -1);

        ck_assert(!night.measured);
        ck_assert_int_eq(night.night, day("2026-11-21"));
        ck_assert_int_eq(night.lit_s, 19800);
        ck_assert_double_eq_tol(night.kwh, 2.2, 1e-9);
        ck_assert_double_eq_tol(night.vnd, 0.4 * (4 * 2000 + 1 * 1200 + 0.5 * 2000), 1e-6);
}
END_TEST

START_TEST(test_a_meter_is_believed)
{
        struct thon_lit_interval intervals[] = {lit("2026-11-21T20:00", "2026-11-22T00:00")};
        struct thon_energy_night night = night_of(intervals, 1, 1.0);

        ck_assert(night.measured);
        ck_assert_double_eq_tol(night.kwh, 1.0, 1e-9);
        ck_assert_double_eq_tol(night.vnd, 1000 + 600, 1e-6);
}
END_TEST

START_TEST(test_the_saving_is_against_dusk_to_dawn)
{
        struct thon_energy_night night = night_of(NULL, 0, -1);

        /* 17:37:43 to 05:47:26 */
        ck_assert_int_le(llabs(night.dusk_to_dawn_s - 43783), 4);
        ck_assert_double_eq_tol(night.baseline_kwh, 0.4 * 43783 / 3600, 1e-3);
        ck_assert_double_eq_tol(night.baseline_vnd, 0.4 * (2000 * (43783 / 3600.0 - 6) + 1200 * 6), 3);
        ck_assert_double_eq_tol(night.vnd, 0, 1e-9);
        ck_assert_double_eq_tol(night.kwh, 0, 1e-9);
}
END_TEST

START_TEST(test_energy_without_light_is_paid_too)
{
        struct thon_energy_night night = night_of(NULL, 0, 24.0);

        ck_assert_int_eq(night.lit_s, 0);
        ck_assert_double_eq_tol(night.vnd, 18 * 2000 + 6 * 1200, 1e-6);
}
END_TEST

START_TEST(test_light_outside_the_night_belongs_to_other_nights)
{
        struct thon_lit_interval intervals[] = {lit("2026-11-20T18:00", "2026-11-21T13:00"),
                                                lit("2026-11-22T11:00", "2026-11-22T20:00"),
                                                lit("2026-11-22T21:00", "2026-11-22T22:00")};

        ck_assert_int_eq(night_of(intervals, 3, -1).lit_s, 7200);
}
END_TEST

START_TEST(test_overlapping_intervals_count_once)
{
        struct thon_lit_interval intervals[] = {
                lit("2026-11-21T18:00", "2026-11-21T20:00"), lit("2026-11-21T19:00", "2026-11-21T19:30"),
                lit("2026-11-21T19:00", "2026-11-21T21:00"), lit("2026-11-21T23:00", "2026-11-21T22:00")};
        struct thon_energy_night night = night_of(intervals, 4, -1);

        ck_assert_int_eq(night.lit_s, 10800);
        ck_assert_double_eq_tol(night.vnd, 0.4 * 3 * 2000, 1e-6);
}
END_TEST

START_TEST(test_still_lit_counts_to_the_end_of_the_night)
{
        struct thon_lit_interval open = {when(zone, "2026-11-22T10:00"), THON_WALL_NEVER};

        ck_assert_int_eq(night_of(&open, 1, -1).lit_s, 7200);
}
END_TEST

START_TEST(test_without_a_tariff_there_is_no_money)
{
        struct thon_lit_interval interval = lit("2026-11-21T18:00", "2026-11-21T19:00");
        struct thon_energy_night night;

        thon_energy_of_night(schedule, &plan->circuits[0], day("2026-11-21"), &interval, 1, -1, NULL,
                             &night);
        ck_assert_double_eq_tol(night.kwh, 0.4, 1e-9);
        ck_assert_double_eq_tol(night.vnd, 0, 1e-9);
        ck_assert_double_eq_tol(night.baseline_vnd, 0, 1e-9);
}
END_TEST

START_TEST(test_a_meter_that_reads_no_number_is_no_meter)
{
        struct thon_lit_interval interval = lit("2026-11-21T18:00", "2026-11-21T19:00");

        ck_assert(!night_of(&interval, 1, NAN).measured);
        ck_assert(!night_of(&interval, 1, INFINITY).measured);
}
END_TEST

START_TEST(test_a_night_without_dusk_has_no_baseline)
{
        schedule = thon_schedule_free(schedule);
        plan->place = (struct thon_place){80, 105};
        schedule = schedule_of(plan, zone);

        struct thon_energy_night night;
        thon_energy_of_night(schedule, &plan->circuits[0], day("2026-06-21"), NULL, 0, -1, &tariff, &night);
        ck_assert_int_eq(night.dusk_to_dawn_s, 0);
        ck_assert_double_eq_tol(night.baseline_vnd, 0, 1e-9);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light energy");
        TCase *tc = tcase_create("light energy");
        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, test_the_price_outside_and_inside_a_band);
        tcase_add_test(tc, test_energy_is_shared_over_the_bands_by_time);
        tcase_add_test(tc, test_of_overlapping_bands_the_first_holds);
        tcase_add_test(tc, test_a_band_up_to_midnight);
        tcase_add_test(tc, test_an_empty_interval_costs_what_its_moment_costs);
        tcase_add_test(tc, test_a_clock_put_back_gives_the_cheap_hour_twice);
        tcase_add_test(tc, test_more_bands_than_there_is_room_for_are_not_read);
        tcase_add_test(tc, test_a_night_without_a_meter_is_estimated);
        tcase_add_test(tc, test_a_meter_is_believed);
        tcase_add_test(tc, test_the_saving_is_against_dusk_to_dawn);
        tcase_add_test(tc, test_energy_without_light_is_paid_too);
        tcase_add_test(tc, test_light_outside_the_night_belongs_to_other_nights);
        tcase_add_test(tc, test_overlapping_intervals_count_once);
        tcase_add_test(tc, test_still_lit_counts_to_the_end_of_the_night);
        tcase_add_test(tc, test_without_a_tariff_there_is_no_money);
        tcase_add_test(tc, test_a_meter_that_reads_no_number_is_no_meter);
        tcase_add_test(tc, test_a_night_without_dusk_has_no_baseline);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

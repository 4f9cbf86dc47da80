/* Energy: the count, the watts, and what they say about lamps and thieves. 5 lamps of 100 W, 1,000 imp/kWh. */
#include "circuit_story.h"

static void with_meter(struct story *s, int pulses_per_kwh)
{
        a_circuit(s);
        s->conf.meter = a_line("meter");
        s->conf.pulses_per_kwh = pulses_per_kwh;
        s->conf.min_dwell_s = 0;
}

/* Draws a steady power for a time; pulses come when their energy has flowed. */
static void draw(struct story *s, double watts, unsigned seconds)
{
        double per_second = watts / 3.6e6 * s->conf.pulses_per_kwh;

        for (unsigned i = 0; i < seconds; i++) {
                pass(s, 1);
                s->flowed += per_second;
                if (s->flowed >= 1) {
                        pulses(s, (unsigned)s->flowed);
                        s->flowed -= (unsigned)s->flowed;
                }
        }
}

START_TEST(test_a_thousand_pulses_are_a_kwh)
{
        struct story s;

        with_meter(&s, 1000);
        start(&s);
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 0, 1e-12);
        s.commanded.on = true;
        for (int i = 0; i < 1234; i++)
                pulses(&s, 1);
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 1.234, 1e-9);
}
END_TEST

START_TEST(test_a_corrected_reading_is_followed_by_later_pulses)
{
        struct story s;

        with_meter(&s, 1000);
        start(&s);
        pulses(&s, 500);
        thon_circuit_correct(&s.c, 8123.4);
        pulses(&s, 100);
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 8123.5, 1e-9);
        ck_assert_uint_eq(s.c.pulses, 600);
}
END_TEST

START_TEST(test_no_meter_reads_nothing_and_cannot_be_corrected)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        pulses(&s, 5);
        thon_circuit_correct(&s.c, 10);
        ck_assert(thon_circuit_kwh(&s.c) < 0);
        ck_assert_double_eq(s.c.kwh_offset, 0);
}
END_TEST

START_TEST(test_the_pulse_counter_ends_and_does_not_begin_again)
{
        struct story s;

        with_meter(&s, 1000);
        start(&s);
        s.c.pulses = UINT64_MAX - 1;
        pulses(&s, 10);
        ck_assert_uint_eq(s.c.pulses, UINT64_MAX);
}
END_TEST

/* ---- remote counters ---------------------------------------------------------------------------------------------- */

static void with_remote_meter(struct story *s)
{
        a_circuit(s);
        s->conf.relay = (struct thon_relay_conf){
                .kind = THON_RELAY_MQTT,
                .driver = THON_DRIVER_SHELLY2,
                .topic = "tu-dien-3",
                .has_energy = true,
        };
}

START_TEST(test_the_total_never_falls_whatever_the_device_counts)
{
        static const struct {
                double report, total;
        } table[] = {
                {100, 100},       {101.5, 101.5},
                {101.495, 101.5}, /* two messages that overtook each other */
                {101.6, 101.6},   {0.4, 102},
                {0.9, 102.5}, /* began again from zero: what it shows is new */
                {0, 102.5},       {2, 104.5},
        };
        struct story s;

        with_remote_meter(&s);
        start(&s);
        ck_assert(thon_circuit_kwh(&s.c) < 0);
        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                report(&s, THON_UNKNOWN, table[i].report, -1);
                ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), table[i].total, 1e-9);
        }
}
END_TEST

START_TEST(test_a_counter_that_was_never_read_cannot_be_corrected)
{
        struct story s;

        with_remote_meter(&s);
        start(&s);
        thon_circuit_correct(&s.c, 10);
        report(&s, THON_UNKNOWN, 5000, -1);
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 5000, 1e-9);
        thon_circuit_correct(&s.c, 10);
        report(&s, THON_UNKNOWN, 5001, -1);
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 11, 1e-9);
}
END_TEST

START_TEST(test_a_device_that_went_back_to_a_saved_value_counts_on_from_there)
{
        struct story s;

        with_remote_meter(&s);
        start(&s);
        report(&s, THON_UNKNOWN, 100, -1);
        report(&s, THON_UNKNOWN, 99, -1); /* a power cut: the count of the day is lost to it, not to us */
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 100, 1e-9);
        report(&s, THON_UNKNOWN, 99.5, -1);
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 100.5, 1e-9);
}
END_TEST

START_TEST(test_the_total_does_not_fall_over_our_own_restart)
{
        struct story s;
        struct thon_circuit before;

        with_remote_meter(&s);
        start(&s);
        report(&s, THON_UNKNOWN, 100, -1);
        report(&s, THON_UNKNOWN, 1, -1);
        before = s.c;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        s.c.remote_kwh = before.remote_kwh;
        s.c.remote_kwh_base = before.remote_kwh_base;
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 101, 1e-9);
        report(&s, THON_UNKNOWN, 0.05, -1);
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 101.05, 1e-9);
}
END_TEST

START_TEST(test_random_reports_never_lower_the_total)
{
        const char *given = getenv("THON_SEED");
        unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20270205, x = seed;
        struct story s;
        double total = -1;

        printf("seed %u\n", seed);
        with_remote_meter(&s);
        start(&s);
        for (int i = 0; i < 100000; i++) {
                x = x * 1103515245u + 12345u;
                thon_circuit_remote(&s.c, THON_UNKNOWN, (double)(x >> 8) / ((x & 7) ? 1000 : 1e6), -1,
                                    s.now);
                ck_assert_msg(thon_circuit_kwh(&s.c) >= total - 1e-6, "it fell at report %d", i);
                total = thon_circuit_kwh(&s.c);
        }
}
END_TEST

START_TEST(test_a_report_that_is_no_number_is_ignored)
{
        const double bad[] = {-1, 1e300, 1.0 / 0.0, 0.0 / 0.0};
        struct story s;

        with_remote_meter(&s);
        start(&s);
        report(&s, THON_UNKNOWN, 7, -1);
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                report(&s, THON_UNKNOWN, bad[i], bad[i]);
        ck_assert_double_eq_tol(thon_circuit_kwh(&s.c), 7, 1e-9);
}
END_TEST

/* ---- watts -------------------------------------------------------------------------------------------------------- */

START_TEST(test_watts_are_measured_within_a_percent_at_any_resolution)
{
        const int resolutions[] = {100, 400, 1000, 3200};

        for (size_t i = 0; i < sizeof(resolutions) / sizeof(*resolutions); i++) {
                struct story s;

                with_meter(&s, resolutions[i]);
                s.commanded.on = true;
                start(&s);
                draw(&s, 500, HOUR);
                ck_assert_double_eq_tol(s.c.watts, 500, 5);
        }
}
END_TEST

START_TEST(test_pulses_that_stop_pull_the_estimate_down)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        draw(&s, 500, HOUR);
        draw(&s, 500, 120);
        pass(&s, 300);
        ck_assert_double_lt(s.c.watts, 300);
}
END_TEST

START_TEST(test_the_first_watts_that_are_judged_hold_nothing_of_the_warm_up)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        draw(&s, 100, 598);
        ck_assert(!s.c.watts_warm);
        while (!s.c.watts_warm)
                draw(&s, 500, 1);
        ck_assert_double_eq_tol(s.c.watts, 500, 10);
}
END_TEST

START_TEST(test_one_dead_lamp_of_five_is_found_with_its_number)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        draw(&s, 400, HOUR);
        ck_assert(raised(&s, THON_FAULT_LAMPS));
        ck_assert_double_eq(s.c.faults[THON_FAULT_LAMPS].value, 1);
}
END_TEST

START_TEST(test_the_warm_up_of_sodium_lamps_is_no_dead_lamp)
{
        struct story s;

        with_meter(&s, 1000);
        for (int night = 0; night < 3; night++) {
                s.commanded.on = true;
                if (night == 0)
                        start(&s);
                else
                        program(&s, true);
                for (int minute = 0; minute < 8; minute++)
                        draw(&s, 100 + 50 * minute, 60);
                draw(&s, 500, 2 * HOUR);
                program(&s, false);
                pass(&s, 12 * HOUR);
        }
        ck_assert_uint_eq(s.seen[THON_FAULT_LAMPS].raised, 0);
}
END_TEST

START_TEST(test_the_mains_moves_by_five_percent_and_no_lamp_dies)
{
        struct story s;

        with_meter(&s, 1000);
        s.conf.lamps = 40;
        s.commanded.on = true;
        start(&s);
        for (int hour = 0; hour < 8; hour++)
                draw(&s, hour % 2 ? 4200 : 3800, HOUR);
        ck_assert_uint_eq(s.seen[THON_FAULT_LAMPS].raised, 0);
        draw(&s, 3400, HOUR);
        ck_assert_double_eq(s.c.faults[THON_FAULT_LAMPS].value, 6);
}
END_TEST

START_TEST(test_a_repaired_lamp_clears_the_fault_once_it_has_burnt_for_long)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        draw(&s, 300, HOUR);
        ck_assert_double_eq(s.c.faults[THON_FAULT_LAMPS].value, 2);
        program(&s, false);
        pass(&s, 12 * HOUR);
        ck_assert(raised(&s, THON_FAULT_LAMPS)); /* by day nobody can say */
        program(&s, true);
        draw(&s, 500, HOUR);
        ck_assert(!raised(&s, THON_FAULT_LAMPS));
}
END_TEST

START_TEST(test_a_lamp_between_the_thresholds_neither_raises_nor_clears)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        draw(&s, 445, HOUR);
        ck_assert(!raised(&s, THON_FAULT_LAMPS));
        draw(&s, 400, HOUR);
        ck_assert(raised(&s, THON_FAULT_LAMPS));
        draw(&s, 445, HOUR);
        ck_assert(raised(&s, THON_FAULT_LAMPS));
        ck_assert_uint_eq(s.seen[THON_FAULT_LAMPS].raised, 1);
}
END_TEST

START_TEST(test_a_load_that_was_never_registered_is_an_overload)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        draw(&s, 600, HOUR);
        ck_assert(!raised(&s, THON_FAULT_OVERLOAD));
        draw(&s, 700, HOUR / 2);
        ck_assert(raised(&s, THON_FAULT_OVERLOAD));
        ck_assert_double_eq_tol(s.c.faults[THON_FAULT_OVERLOAD].value, 700, 10);
        draw(&s, 500, HOUR / 2);
        ck_assert(!raised(&s, THON_FAULT_OVERLOAD));
}
END_TEST

START_TEST(test_power_that_a_device_reports_is_taken_as_it_is)
{
        struct story s;

        with_remote_meter(&s);
        s.commanded.on = true;
        start(&s);
        for (int i = 0; i < 50; i++) {
                pass(&s, 60);
                report(&s, THON_UNKNOWN, i * 0.005, 300);
        }
        ck_assert_double_eq_tol(s.c.watts, 300, 1e-9);
        ck_assert_double_eq(s.c.faults[THON_FAULT_LAMPS].value, 2);
}
END_TEST

START_TEST(test_watts_from_a_remote_counter_that_reports_no_power)
{
        struct story s;

        with_remote_meter(&s);
        s.commanded.on = true;
        start(&s);
        for (int i = 0; i < 20; i++) {
                pass(&s, 300);
                report(&s, THON_UNKNOWN, 50 + i * 0.5 / 12, -1);
        }
        ck_assert_double_eq_tol(s.c.watts, 500, 5);
}
END_TEST

/* ---- no energy, and energy that should not be ------------------------------------------------------------------- */

START_TEST(test_lit_and_not_one_pulse)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        pass(&s, 119);
        ck_assert(!raised(&s, THON_FAULT_NO_ENERGY));
        pass(&s, 1);
        ck_assert(raised(&s, THON_FAULT_NO_ENERGY));
        pulses(&s, 1);
        ck_assert(!raised(&s, THON_FAULT_NO_ENERGY));
}
END_TEST

START_TEST(test_a_coarse_meter_of_a_small_lamp_is_given_time)
{
        struct story s;

        with_meter(&s, 100);
        s.conf.lamps = 1;
        s.conf.watts = 40;
        s.commanded.on = true;
        start(&s);
        draw(&s, 40, 10 * HOUR);
        ck_assert_uint_eq(s.seen[THON_FAULT_NO_ENERGY].raised, 0);
}
END_TEST

START_TEST(test_energy_that_stops_at_night_is_told_again_the_next_time)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        draw(&s, 500, HOUR);
        pass(&s, 300);
        ck_assert_uint_eq(s.seen[THON_FAULT_NO_ENERGY].raised, 1);
        ck_assert(!raised(&s, THON_FAULT_LAMPS));
}
END_TEST

START_TEST(test_theft_by_day_is_told_with_the_third_pulse)
{
        struct story s;

        with_meter(&s, 1000);
        start(&s);
        pulses(&s, 1);
        pulses(&s, 1);
        ck_assert(!raised(&s, THON_FAULT_ENERGY_OFF));
        pulses(&s, 1);
        ck_assert(raised(&s, THON_FAULT_ENERGY_OFF));
}
END_TEST

START_TEST(test_a_last_pulse_after_switching_off_and_a_stray_one_are_no_theft)
{
        struct story s;

        with_meter(&s, 1000);
        s.commanded.on = true;
        start(&s);
        draw(&s, 500, 60);
        program(&s, false);
        pulses(&s, 3); /* in the meter's own memory */
        for (int i = 0; i < 40; i++) {
                pass(&s, 500);
                pulses(&s, 1); /* 7 W: the cabinet's own electronics */
        }
        ck_assert_uint_eq(s.seen[THON_FAULT_ENERGY_OFF].raised, 0);
}
END_TEST

START_TEST(test_a_fine_meter_does_not_call_a_milliwatt_theft)
{
        struct story s;

        with_meter(&s, 10000);
        start(&s);
        draw(&s, 10, HOUR);
        ck_assert(!raised(&s, THON_FAULT_ENERGY_OFF));
        draw(&s, 30, HOUR);
        ck_assert(raised(&s, THON_FAULT_ENERGY_OFF));
}
END_TEST

START_TEST(test_theft_is_one_event_and_over_when_a_whole_window_was_quiet)
{
        struct story s;

        with_meter(&s, 1000);
        start(&s);
        draw(&s, 2000, 6 * HOUR);
        ck_assert_uint_eq(s.seen[THON_FAULT_ENERGY_OFF].raised, 1);
        ck_assert_uint_eq(s.seen[THON_FAULT_ENERGY_OFF].cleared, 0);
        program(&s, true); /* at night it cannot be told from light */
        draw(&s, 2500, 6 * HOUR);
        ck_assert(raised(&s, THON_FAULT_ENERGY_OFF));
        program(&s, false);
        pass(&s, HOUR);
        ck_assert(!raised(&s, THON_FAULT_ENERGY_OFF));
        ck_assert_uint_eq(s.seen[THON_FAULT_ENERGY_OFF].cleared, 1);
}
END_TEST

START_TEST(test_energy_through_a_welded_contactor_is_not_theft)
{
        struct story s;

        with_meter(&s, 1000);
        s.conf.feedback = a_line("feedback");
        s.commanded.on = true;
        start(&s);
        input(&s, THON_INPUT_FEEDBACK, THON_ON);
        program(&s, false);
        draw(&s, 500, HOUR);
        ck_assert(raised(&s, THON_FAULT_STUCK_ON));
        ck_assert(!raised(&s, THON_FAULT_ENERGY_OFF));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light meter");
        TCase *tc = tcase_create("stories");

        tcase_add_test(tc, test_a_thousand_pulses_are_a_kwh);
        tcase_add_test(tc, test_a_corrected_reading_is_followed_by_later_pulses);
        tcase_add_test(tc, test_no_meter_reads_nothing_and_cannot_be_corrected);
        tcase_add_test(tc, test_the_pulse_counter_ends_and_does_not_begin_again);
        tcase_add_test(tc, test_the_total_never_falls_whatever_the_device_counts);
        tcase_add_test(tc, test_a_counter_that_was_never_read_cannot_be_corrected);
        tcase_add_test(tc, test_a_device_that_went_back_to_a_saved_value_counts_on_from_there);
        tcase_add_test(tc, test_the_total_does_not_fall_over_our_own_restart);
        tcase_add_test(tc, test_random_reports_never_lower_the_total);
        tcase_add_test(tc, test_a_report_that_is_no_number_is_ignored);
        tcase_add_test(tc, test_watts_are_measured_within_a_percent_at_any_resolution);
        tcase_add_test(tc, test_pulses_that_stop_pull_the_estimate_down);
        tcase_add_test(tc, test_the_first_watts_that_are_judged_hold_nothing_of_the_warm_up);
        tcase_add_test(tc, test_one_dead_lamp_of_five_is_found_with_its_number);
        tcase_add_test(tc, test_the_warm_up_of_sodium_lamps_is_no_dead_lamp);
        tcase_add_test(tc, test_the_mains_moves_by_five_percent_and_no_lamp_dies);
        tcase_add_test(tc, test_a_repaired_lamp_clears_the_fault_once_it_has_burnt_for_long);
        tcase_add_test(tc, test_a_lamp_between_the_thresholds_neither_raises_nor_clears);
        tcase_add_test(tc, test_a_load_that_was_never_registered_is_an_overload);
        tcase_add_test(tc, test_power_that_a_device_reports_is_taken_as_it_is);
        tcase_add_test(tc, test_watts_from_a_remote_counter_that_reports_no_power);
        tcase_add_test(tc, test_lit_and_not_one_pulse);
        tcase_add_test(tc, test_a_coarse_meter_of_a_small_lamp_is_given_time);
        tcase_add_test(tc, test_energy_that_stops_at_night_is_told_again_the_next_time);
        tcase_add_test(tc, test_theft_by_day_is_told_with_the_third_pulse);
        tcase_add_test(tc, test_a_last_pulse_after_switching_off_and_a_stray_one_are_no_theft);
        tcase_add_test(tc, test_a_fine_meter_does_not_call_a_milliwatt_theft);
        tcase_add_test(tc, test_theft_is_one_event_and_over_when_a_whole_window_was_quiet);
        tcase_add_test(tc, test_energy_through_a_welded_contactor_is_not_theft);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}

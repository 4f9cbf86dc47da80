/* A relay in a far cabinet, over MQTT: told, believed when it answers, "unknown" when it is silent. */
#include "circuit_story.h"

static void a_far_relay(struct story *s)
{
        a_circuit(s);
        s->conf.min_dwell_s = 0;
        s->conf.relay = (struct thon_relay_conf){
                .kind = THON_RELAY_MQTT,
                .driver = THON_DRIVER_TASMOTA,
                .topic = "tu-dien-3",
                .channel = 1,
                .has_feedback = true,
        };
}

static void answer(struct story *s, bool on)
{
        report(s, on ? THON_ON : THON_OFF, -1, -1);
}

START_TEST(test_its_own_report_is_the_physical_state)
{
        struct story s;

        a_far_relay(&s);
        start(&s);
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
        answer(&s, false);
        ck_assert_int_eq(s.c.physical, THON_OFF);
        program(&s, true);
        answer(&s, true);
        ck_assert_int_eq(s.c.physical, THON_ON);
        pass(&s, 300);
        ck_assert_uint_eq(s.told, 2);
}
END_TEST

START_TEST(test_after_a_restart_it_is_told_once_in_its_turn_and_that_is_no_operation)
{
        struct story s;

        a_far_relay(&s);
        s.commanded.on = true;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        ck_assert(thon_circuit_initial_commanded(&s.c, &s.commanded, s.now));
        s.hold = true;
        look(&s);
        ck_assert(s.last.held);
        ck_assert_uint_eq(s.told, 0);
        s.hold = false;
        look(&s);
        ck_assert_uint_eq(s.told, 1);
        ck_assert(s.level);
        answer(&s, true);
        pass(&s, 300);
        ck_assert_uint_eq(s.told, 1);
        ck_assert_uint_eq(s.c.operations, 0);
}
END_TEST

START_TEST(test_no_answer_is_told_once_more_then_silent_and_unknown_never_off)
{
        struct story s;

        a_far_relay(&s);
        start(&s);
        answer(&s, false);
        program(&s, true);
        ck_assert_uint_eq(s.told, 2);
        pass(&s, 10);
        ck_assert_uint_eq(s.told, 3);
        ck_assert_uint_eq(s.asked, 1);
        ck_assert(!raised(&s, THON_FAULT_SILENT));
        pass(&s, 10);
        ck_assert(raised(&s, THON_FAULT_SILENT));
        ck_assert(!raised(&s, THON_FAULT_STUCK_OFF));
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
        ck_assert(s.c.in_effect);

        /* It is not given up: once a minute it is told, and its answer clears the fault. */
        s.told = 0;
        pass(&s, 600);
        ck_assert_uint_eq(s.told, 10);
        answer(&s, true);
        ck_assert(!raised(&s, THON_FAULT_SILENT));
        ck_assert_int_eq(s.c.physical, THON_ON);
        ck_assert_uint_eq(s.c.operations, 1);
}
END_TEST

START_TEST(test_energy_alone_does_not_prove_the_light)
{
        struct story s;

        a_far_relay(&s);
        s.conf.relay.has_energy = true;
        s.commanded.on = true;
        start(&s);
        for (int i = 0; i < 20; i++) {
                report(&s, THON_UNKNOWN, 5, -1);
                pass(&s, 1);
        }
        ck_assert(raised(&s, THON_FAULT_SILENT));
}
END_TEST

START_TEST(test_a_relay_that_answers_the_contrary_is_stuck_not_silent)
{
        struct story s;

        a_far_relay(&s);
        start(&s);
        answer(&s, false);
        program(&s, true);
        for (int i = 0; i < 12; i++) {
                pass(&s, 2);
                answer(&s, false);
        }
        ck_assert(raised(&s, THON_FAULT_STUCK_OFF));
        ck_assert(!raised(&s, THON_FAULT_SILENT));
}
END_TEST

START_TEST(test_someone_presses_its_button_and_it_is_told_again)
{
        struct story s;

        a_far_relay(&s);
        s.commanded.on = true;
        start(&s);
        answer(&s, true);
        pass(&s, 300);
        answer(&s, false);
        ck_assert_uint_eq(s.told, 2);
        ck_assert(s.level);
        answer(&s, true);
        ck_assert(!raised(&s, THON_FAULT_DARK));
        ck_assert_uint_eq(s.c.operations, 0);
}
END_TEST

START_TEST(test_two_masters_do_not_drive_a_contactor_to_death)
{
        struct story s;

        a_far_relay(&s);
        s.commanded.on = true;
        start(&s);
        answer(&s, true);
        for (int i = 0; i < 300; i++) {
                answer(&s, false);
                pass(&s, 1);
                answer(&s, true);
        }
        ck_assert_uint_le(s.told, 2 + 300 / 10);
}
END_TEST

START_TEST(test_offline_is_unknown_at_once_and_a_fault_when_it_lasts)
{
        struct story s;

        a_far_relay(&s);
        s.commanded.on = true;
        start(&s);
        answer(&s, true);
        online(&s, false);
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
        ck_assert(!raised(&s, THON_FAULT_SILENT));
        pass(&s, 10);
        ck_assert(raised(&s, THON_FAULT_SILENT));
        ck_assert(!raised(&s, THON_FAULT_DARK));

        /* Back, perhaps rebooted into off: told at once; the fault goes with its answer. */
        s.told = 0;
        online(&s, true);
        ck_assert_uint_eq(s.told, 1);
        ck_assert(raised(&s, THON_FAULT_SILENT));
        answer(&s, true);
        ck_assert(!raised(&s, THON_FAULT_SILENT));
}
END_TEST

START_TEST(test_a_short_reconnect_is_no_fault)
{
        struct story s;

        a_far_relay(&s);
        start(&s);
        answer(&s, false);
        for (int i = 0; i < 20; i++) {
                online(&s, false);
                pass(&s, 5);
                online(&s, true);
                answer(&s, false);
                pass(&s, 60);
        }
        ck_assert_uint_eq(s.seen[THON_FAULT_SILENT].raised, 0);
}
END_TEST

START_TEST(test_one_that_is_quiet_for_long_is_asked_and_found_dead)
{
        struct story s;

        a_far_relay(&s);
        start(&s);
        answer(&s, false);
        s.asked = s.told = 0;
        pass(&s, 600);
        ck_assert_uint_eq(s.asked, 1);
        ck_assert_uint_eq(s.told, 0);
        ck_assert_int_eq(s.c.physical, THON_OFF);
        pass(&s, 30);
        ck_assert(raised(&s, THON_FAULT_SILENT));
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
}
END_TEST

START_TEST(test_one_that_answers_when_asked_is_left_alone)
{
        struct story s;

        a_far_relay(&s);
        start(&s);
        answer(&s, false);
        s.told = 0;
        for (int i = 0; i < 144; i++) {
                pass(&s, 600);
                answer(&s, false);
        }
        ck_assert_uint_eq(s.told, 0);
        ck_assert_uint_eq(s.asked, 144);
        ck_assert_uint_eq(s.seen[THON_FAULT_SILENT].raised, 0);
}
END_TEST

START_TEST(test_a_plain_relay_is_not_asked_it_has_no_such_topic)
{
        struct story s;

        a_far_relay(&s);
        s.conf.relay.driver = THON_DRIVER_PLAIN;
        start(&s);
        answer(&s, false);
        pass(&s, 100 * HOUR);
        ck_assert_uint_eq(s.asked, 0);
        ck_assert(!raised(&s, THON_FAULT_SILENT));
}
END_TEST

START_TEST(test_a_relay_without_feedback_is_told_once_and_never_silent)
{
        struct story s;

        a_far_relay(&s);
        s.conf.relay.has_feedback = false;
        start(&s);
        program(&s, true);
        pass(&s, 100 * HOUR);
        ck_assert_uint_eq(s.told, 2);
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
        ck_assert(!raised(&s, THON_FAULT_SILENT));
        online(&s, false);
        pass(&s, 10);
        ck_assert(raised(&s, THON_FAULT_SILENT));
        online(&s, true);
        ck_assert(!raised(&s, THON_FAULT_SILENT));
        ck_assert(s.level);
}
END_TEST

START_TEST(test_reports_for_a_relay_on_gpio_are_ignored)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        report(&s, THON_ON, 3, 100);
        online(&s, false);
        pass(&s, HOUR);
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
        ck_assert(!raised(&s, THON_FAULT_SILENT));
        ck_assert(thon_circuit_kwh(&s.c) < 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light remote");
        TCase *tc = tcase_create("stories");

        tcase_add_test(tc, test_its_own_report_is_the_physical_state);
        tcase_add_test(tc, test_after_a_restart_it_is_told_once_in_its_turn_and_that_is_no_operation);
        tcase_add_test(tc, test_no_answer_is_told_once_more_then_silent_and_unknown_never_off);
        tcase_add_test(tc, test_energy_alone_does_not_prove_the_light);
        tcase_add_test(tc, test_a_relay_that_answers_the_contrary_is_stuck_not_silent);
        tcase_add_test(tc, test_someone_presses_its_button_and_it_is_told_again);
        tcase_add_test(tc, test_two_masters_do_not_drive_a_contactor_to_death);
        tcase_add_test(tc, test_offline_is_unknown_at_once_and_a_fault_when_it_lasts);
        tcase_add_test(tc, test_a_short_reconnect_is_no_fault);
        tcase_add_test(tc, test_one_that_is_quiet_for_long_is_asked_and_found_dead);
        tcase_add_test(tc, test_one_that_answers_when_asked_is_left_alone);
        tcase_add_test(tc, test_a_plain_relay_is_not_asked_it_has_no_such_topic);
        tcase_add_test(tc, test_a_relay_without_feedback_is_told_once_and_never_silent);
        tcase_add_test(tc, test_reports_for_a_relay_on_gpio_are_ignored);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}

/* What feedback, contacts, the clock and a far relay show to be wrong. */
#include "circuit_story.h"

static void with_feedback(struct story *s)
{
        a_circuit(s);
        s->conf.feedback = a_line("feedback");
        s->conf.min_dwell_s = 0;
}

/* A contactor that follows: told, and one second later the contact shows it. */
static void lit(struct story *s)
{
        s->commanded.on = true;
        start(s);
        pass(s, 1);
        input(s, THON_INPUT_FEEDBACK, THON_ON);
        ck_assert_int_eq(s->c.physical, THON_ON);
}

START_TEST(test_without_feedback_the_physical_state_is_unknown_and_nothing_is_stuck)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        program(&s, true);
        pass(&s, HOUR);
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
        ck_assert(!raised(&s, THON_FAULT_STUCK_OFF));
        ck_assert(!raised(&s, THON_FAULT_DARK));
}
END_TEST

START_TEST(test_light_lost_at_night_is_told_within_five_seconds_once_and_cleared_with_the_same_id)
{
        struct story s;
        uint64_t lost;

        with_feedback(&s);
        lit(&s);
        pass(&s, HOUR);
        lost = s.now.mono.us;
        input(&s, THON_INPUT_FEEDBACK, THON_OFF);
        pass(&s, 5);
        ck_assert(raised(&s, THON_FAULT_DARK));
        ck_assert(!raised(&s, THON_FAULT_STUCK_OFF));
        ck_assert_uint_le(s.seen[THON_FAULT_DARK].raised_us - lost, 5 * SECOND);
        pass(&s, HOUR);
        ck_assert_uint_eq(s.seen[THON_FAULT_DARK].raised, 1);

        input(&s, THON_INPUT_FEEDBACK, THON_ON);
        pass(&s, 5);
        ck_assert_uint_eq(s.seen[THON_FAULT_DARK].cleared, 1);
        ck_assert_int_eq(s.seen[THON_FAULT_DARK].raise_event, 42);
        ck_assert_int_eq(s.seen[THON_FAULT_DARK].clear_event, 42);
}
END_TEST

START_TEST(test_a_dip_of_the_mains_is_no_darkness)
{
        struct story s;

        with_feedback(&s);
        lit(&s);
        input(&s, THON_INPUT_FEEDBACK, THON_OFF);
        pass(&s, 1);
        input(&s, THON_INPUT_FEEDBACK, THON_ON);
        pass(&s, HOUR);
        ck_assert_uint_eq(s.seen[THON_FAULT_DARK].raised, 0);
}
END_TEST

START_TEST(test_a_loose_contact_does_not_flood_anyone)
{
        struct story s;

        with_feedback(&s);
        lit(&s);
        for (int i = 0; i < 200; i++) {
                input(&s, THON_INPUT_FEEDBACK, i % 2 == 1 ? THON_ON : THON_OFF);
                pass(&s, 4);
        }
        ck_assert_uint_eq(s.seen[THON_FAULT_DARK].raised, 1);
        ck_assert_uint_eq(s.seen[THON_FAULT_DARK].cleared, 0);
}
END_TEST

START_TEST(test_switching_off_is_no_darkness)
{
        struct story s;

        with_feedback(&s);
        lit(&s);
        program(&s, false);
        pass(&s, 1);
        input(&s, THON_INPUT_FEEDBACK, THON_OFF);
        pass(&s, HOUR);
        for (enum thon_fault f = 0; f < THON_FAULTS; f++)
                ck_assert_msg(s.seen[f].raised == 0, "%s was raised", thon_fault_slug(f));
}
END_TEST

START_TEST(test_a_contactor_that_does_not_pull_is_stuck_off_not_dark)
{
        struct story s;

        with_feedback(&s);
        start(&s);
        input(&s, THON_INPUT_FEEDBACK, THON_OFF);
        program(&s, true);
        pass(&s, 2);
        ck_assert(!raised(&s, THON_FAULT_STUCK_OFF));
        pass(&s, 1);
        ck_assert(raised(&s, THON_FAULT_STUCK_OFF));
        ck_assert(!raised(&s, THON_FAULT_DARK));
}
END_TEST

START_TEST(test_a_welded_contactor_stays_on_the_list_until_it_is_seen_open)
{
        struct story s;

        with_feedback(&s);
        lit(&s);
        program(&s, false);
        pass(&s, 3);
        ck_assert(raised(&s, THON_FAULT_STUCK_ON));
        program(&s, true); /* the next evening: nothing can be told */
        pass(&s, 10 * HOUR);
        ck_assert(raised(&s, THON_FAULT_STUCK_ON));
        program(&s, false);
        input(&s, THON_INPUT_FEEDBACK, THON_OFF);
        pass(&s, 5);
        ck_assert_uint_eq(s.seen[THON_FAULT_STUCK_ON].raised, 1);
        ck_assert_uint_eq(s.seen[THON_FAULT_STUCK_ON].cleared, 1);
}
END_TEST

START_TEST(test_light_under_a_lockout_is_told)
{
        struct story s;

        with_feedback(&s);
        s.conf.lockout = a_line("lockout");
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_LOCKOUT, THON_ON);
        input(&s, THON_INPUT_FEEDBACK, THON_ON);
        pass(&s, 3);
        ck_assert(raised(&s, THON_FAULT_STUCK_ON));
}
END_TEST

START_TEST(test_on_manual_the_lamps_may_differ)
{
        struct story s;

        with_feedback(&s);
        s.conf.manual = a_line("manual");
        lit(&s);
        input(&s, THON_INPUT_MANUAL, THON_ON);
        ck_assert(raised(&s, THON_FAULT_MANUAL));
        input(&s, THON_INPUT_FEEDBACK, THON_OFF);
        pass(&s, HOUR);
        program(&s, false);
        input(&s, THON_INPUT_FEEDBACK, THON_ON);
        pass(&s, HOUR);
        ck_assert(!raised(&s, THON_FAULT_DARK));
        ck_assert(!raised(&s, THON_FAULT_STUCK_ON));
        ck_assert(!raised(&s, THON_FAULT_STUCK_OFF));
        /* Back to automatic and still lit: now it is. */
        input(&s, THON_INPUT_MANUAL, THON_OFF);
        pass(&s, 5);
        ck_assert(raised(&s, THON_FAULT_STUCK_ON));
        ck_assert(!raised(&s, THON_FAULT_MANUAL));
}
END_TEST

START_TEST(test_the_door_is_told_at_once_and_cleared_when_it_stays_shut)
{
        struct story s;

        a_circuit(&s);
        s.conf.door = a_line("door");
        start(&s);
        input(&s, THON_INPUT_DOOR, THON_ON);
        ck_assert(raised(&s, THON_FAULT_DOOR));
        input(&s, THON_INPUT_DOOR, THON_OFF);
        pass(&s, 4);
        ck_assert(raised(&s, THON_FAULT_DOOR));
        pass(&s, 1);
        ck_assert(!raised(&s, THON_FAULT_DOOR));
}
END_TEST

START_TEST(test_a_boot_may_look_for_the_time_for_a_minute)
{
        struct story s;

        a_circuit(&s);
        s.now.trusted = false;
        start(&s);
        pass(&s, 59);
        ck_assert(!raised(&s, THON_FAULT_CLOCK));
        pass(&s, 1);
        ck_assert(raised(&s, THON_FAULT_CLOCK));
        s.now.trusted = true;
        look(&s);
        ck_assert(!raised(&s, THON_FAULT_CLOCK));
}
END_TEST

START_TEST(test_a_fault_kept_over_a_restart_clears_with_its_old_id)
{
        struct story s;

        with_feedback(&s);
        s.commanded.on = true;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        thon_circuit_fault_restore(&s.c, THON_FAULT_DARK, s.now.wall, 7, 0);
        input(&s, THON_INPUT_FEEDBACK, THON_ON);
        pass(&s, 5);
        ck_assert_uint_eq(s.seen[THON_FAULT_DARK].raised, 0);
        ck_assert_int_eq(s.seen[THON_FAULT_DARK].clear_event, 7);
        ck_assert_int_eq(s.serial, 41);
}
END_TEST

START_TEST(test_a_contact_that_is_configured_no_more_leaves_no_fault_behind)
{
        struct story s;
        struct thon_circuit_conf bare;

        with_feedback(&s);
        s.conf.door = a_line("door");
        bare = s.conf;
        bare.feedback = bare.door = (struct thon_line_ref){.active_low = false};
        lit(&s);
        input(&s, THON_INPUT_DOOR, THON_ON);
        input(&s, THON_INPUT_FEEDBACK, THON_OFF);
        pass(&s, 2);
        ck_assert(raised(&s, THON_FAULT_DARK) && raised(&s, THON_FAULT_DOOR));
        thon_circuit_reconfigure(&s.c, &bare);
        look(&s);
        ck_assert(!raised(&s, THON_FAULT_DARK) && !raised(&s, THON_FAULT_DOOR));
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
}
END_TEST

START_TEST(test_a_person_can_lock_out_a_circuit_that_has_no_contact_for_it)
{
        struct story s;

        a_circuit(&s);
        s.commanded.on = true;
        start(&s);
        input(&s, THON_INPUT_LOCKOUT, THON_ON);
        assert_level(&s, false, THON_WHY_LOCKOUT);
        order(&s, true, 0, true);
        assert_level(&s, false, THON_WHY_LOCKOUT);
        input(&s, THON_INPUT_LOCKOUT, THON_OFF);
        assert_level(&s, true, THON_WHY_EMERGENCY);
}
END_TEST

START_TEST(test_every_fault_has_a_slug_and_a_severity)
{
        for (enum thon_fault f = 0; f < THON_FAULTS; f++) {
                ck_assert(thon_slug_valid(thon_fault_slug(f)));
                ck_assert(strcmp(thon_fault_severity(f), "warning") == 0 ||
                          strcmp(thon_fault_severity(f), "critical") == 0);
                for (enum thon_fault g = 0; g < f; g++)
                        ck_assert_str_ne(thon_fault_slug(f), thon_fault_slug(g));
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light faults");
        TCase *tc = tcase_create("stories");

        tcase_add_test(tc, test_without_feedback_the_physical_state_is_unknown_and_nothing_is_stuck);
        tcase_add_test(
                tc, test_light_lost_at_night_is_told_within_five_seconds_once_and_cleared_with_the_same_id);
        tcase_add_test(tc, test_a_dip_of_the_mains_is_no_darkness);
        tcase_add_test(tc, test_a_loose_contact_does_not_flood_anyone);
        tcase_add_test(tc, test_switching_off_is_no_darkness);
        tcase_add_test(tc, test_a_contactor_that_does_not_pull_is_stuck_off_not_dark);
        tcase_add_test(tc, test_a_welded_contactor_stays_on_the_list_until_it_is_seen_open);
        tcase_add_test(tc, test_light_under_a_lockout_is_told);
        tcase_add_test(tc, test_on_manual_the_lamps_may_differ);
        tcase_add_test(tc, test_the_door_is_told_at_once_and_cleared_when_it_stays_shut);
        tcase_add_test(tc, test_a_boot_may_look_for_the_time_for_a_minute);
        tcase_add_test(tc, test_a_fault_kept_over_a_restart_clears_with_its_old_id);
        tcase_add_test(tc, test_a_contact_that_is_configured_no_more_leaves_no_fault_behind);
        tcase_add_test(tc, test_a_person_can_lock_out_a_circuit_that_has_no_contact_for_it);
        tcase_add_test(tc, test_every_fault_has_a_slug_and_a_severity);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}

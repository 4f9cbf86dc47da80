/* Priorities, dwell, overrides, photocell, clock policy and stagger of one circuit. */
#include "circuit_story.h"

static void with_lockout(struct story *s)
{
        s->conf.lockout = a_line("lockout");
}

static void with_photocell(struct story *s, enum thon_photocell_join join)
{
        s->conf.photocell = a_line("photocell");
        s->conf.photocell_join = join;
}

/* ---- the first telling, and the program ------------------------------------------------------------------------ */

START_TEST(test_a_relay_that_was_never_told_is_told_at_once_and_that_is_no_operation)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        ck_assert_uint_eq(s.told, 1);
        assert_level(&s, false, THON_WHY_PROGRAM);
        ck_assert_uint_eq(s.c.operations, 0);
        program(&s, true); /* no dwell after it */
        assert_level(&s, true, THON_WHY_PROGRAM);
        ck_assert_uint_eq(s.c.operations, 1);
}
END_TEST

START_TEST(test_deciding_again_changes_nothing)
{
        struct story s;

        a_circuit(&s);
        s.commanded.on = true;
        start(&s);
        ck_assert(s.last.changed);
        for (int i = 0; i < 10; i++) {
                look(&s);
                ck_assert(!s.last.set);
                ck_assert(!s.last.changed);
        }
        ck_assert_uint_eq(s.c.operations, 0);
}
END_TEST

START_TEST(test_the_next_change_of_the_program_is_asked_for)
{
        struct story s;

        a_circuit(&s);
        s.commanded.next = (struct thon_wall){s.now.wall.s + 90};
        start(&s);
        ck_assert_int_eq(s.last.again_wall.s, s.commanded.next.s);
}
END_TEST

START_TEST(test_a_restart_requests_the_line_at_the_level_that_holds_and_does_not_switch)
{
        struct story s;

        a_circuit(&s);
        s.commanded.on = true;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        ck_assert(thon_circuit_initial_commanded(&s.c, &s.commanded, s.now));
        look(&s);
        ck_assert(!s.last.set);
        ck_assert(s.last.changed);
        ck_assert_uint_eq(s.c.operations, 0);
        ck_assert(thon_circuit_initial_commanded(&s.c, &s.commanded, s.now)); /* opened once more */
}
END_TEST

START_TEST(test_a_relay_that_failed_is_told_again_when_it_is_back)
{
        struct story s;

        a_circuit(&s);
        s.commanded.on = true;
        start(&s);
        thon_circuit_relay_failed(&s.c, true, s.now);
        look(&s);
        ck_assert(raised(&s, THON_FAULT_RELAY));
        thon_circuit_relay_failed(&s.c, false, s.now);
        look(&s);
        ck_assert(!raised(&s, THON_FAULT_RELAY));
        ck_assert_uint_eq(s.told, 2);
        ck_assert(s.level);
        ck_assert_uint_eq(s.c.operations, 0);
}
END_TEST

/* ---- priorities --------------------------------------------------------------------------------------------------- */

START_TEST(test_lockout_beats_emergency_beats_override_beats_program)
{
        struct story s;

        a_circuit(&s);
        with_lockout(&s);
        s.conf.min_dwell_s = 0;
        s.commanded.on = true;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_LOCKOUT, THON_OFF);
        assert_level(&s, true, THON_WHY_PROGRAM);
        order(&s, false, 0, false);
        assert_level(&s, false, THON_WHY_OVERRIDE);
        order(&s, true, 0, true);
        assert_level(&s, true, THON_WHY_EMERGENCY);
        input(&s, THON_INPUT_LOCKOUT, THON_ON);
        assert_level(&s, false, THON_WHY_LOCKOUT);

        input(&s, THON_INPUT_LOCKOUT, THON_OFF);
        assert_level(&s, true, THON_WHY_EMERGENCY);
        automatic(&s, true);
        assert_level(&s, false, THON_WHY_OVERRIDE);
        automatic(&s, false);
        assert_level(&s, true, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_a_lockout_that_cannot_be_read_counts_as_locked)
{
        struct story s;

        a_circuit(&s);
        with_lockout(&s);
        s.commanded.on = true;
        start(&s);
        assert_level(&s, false, THON_WHY_LOCKOUT);
        input(&s, THON_INPUT_LOCKOUT, THON_OFF);
        assert_level(&s, true, THON_WHY_PROGRAM);
        ck_assert(!thon_circuit_locked(&s.c));
        input(&s, THON_INPUT_LOCKOUT, THON_UNKNOWN);
        assert_level(&s, false, THON_WHY_LOCKOUT);
        ck_assert(thon_circuit_locked(&s.c));
}
END_TEST

START_TEST(test_lockout_beats_a_policy_that_says_on)
{
        struct story s;

        a_circuit(&s);
        with_lockout(&s);
        s.conf.untrusted = THON_UNTRUSTED_ON;
        s.now.trusted = false;
        start(&s);
        assert_level(&s, false, THON_WHY_LOCKOUT);
}
END_TEST

/* ---- dwell and hold ----------------------------------------------------------------------------------------------- */

START_TEST(test_a_change_waits_for_the_dwell_and_comes_at_its_end)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        program(&s, true);
        pass(&s, 10);
        program(&s, false);
        assert_level(&s, true, THON_WHY_DWELL);
        pass(&s, 49);
        assert_level(&s, true, THON_WHY_DWELL);
        pass(&s, 1);
        assert_level(&s, false, THON_WHY_PROGRAM);
        ck_assert_uint_eq(s.c.operations, 2);
}
END_TEST

START_TEST(test_a_change_taken_back_within_the_dwell_never_reaches_the_relay)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        program(&s, true);
        program(&s, false);
        program(&s, true);
        pass(&s, 600);
        assert_level(&s, true, THON_WHY_PROGRAM);
        ck_assert_uint_eq(s.c.operations, 1);
}
END_TEST

START_TEST(test_neither_emergency_nor_lockout_waits_for_the_dwell)
{
        struct story s;

        a_circuit(&s);
        with_lockout(&s);
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_LOCKOUT, THON_OFF);
        program(&s, true);
        input(&s, THON_INPUT_LOCKOUT, THON_ON);
        assert_level(&s, false, THON_WHY_LOCKOUT);
        input(&s, THON_INPUT_LOCKOUT, THON_OFF);
        assert_level(&s, false, THON_WHY_DWELL); /* the program does wait */
        order(&s, true, 0, true);
        assert_level(&s, true, THON_WHY_EMERGENCY);
}
END_TEST

START_TEST(test_what_a_person_orders_comes_and_ends_when_they_said)
{
        struct story s;

        a_circuit(&s);
        s.conf.min_dwell_s = 600;
        start(&s);
        program(&s, true);
        pass(&s, 5);
        order(&s, false, 10, false); /* within the dwell of the program's own switching */
        assert_level(&s, false, THON_WHY_OVERRIDE);
        pass(&s, 10);
        assert_level(&s, true, THON_WHY_PROGRAM);
        /* The program itself waits again. */
        program(&s, false);
        pass(&s, 599);
        assert_level(&s, true, THON_WHY_DWELL);
        pass(&s, 1);
        assert_level(&s, false, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_an_order_that_confirms_the_level_ends_on_time_too)
{
        struct story s;

        a_circuit(&s);
        s.conf.min_dwell_s = 600;
        start(&s);
        program(&s, true);
        order(&s, true, 30, false);
        program(&s, false);
        pass(&s, 29);
        assert_level(&s, true, THON_WHY_OVERRIDE);
        pass(&s, 1);
        assert_level(&s, false, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_a_script_gone_wild_does_not_hammer_the_contactor)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        for (int i = 0; i < 1000; i++) {
                order(&s, i % 2 == 0, 0, false);
                s.now.mono.us += 10000;
        }
        ck_assert_uint_le(s.c.operations, 1 + 10 / 2);
}
END_TEST

START_TEST(test_the_stagger_holds_closing_and_never_opening)
{
        struct story s;

        a_circuit(&s);
        s.conf.min_dwell_s = 0;
        s.hold = true;
        s.commanded.on = true;
        start(&s);
        ck_assert(s.last.held);
        ck_assert_uint_eq(s.told, 0);
        s.hold = false;
        look(&s);
        assert_level(&s, true, THON_WHY_PROGRAM);
        s.hold = true;
        program(&s, false);
        ck_assert(!s.last.held);
        assert_level(&s, false, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_fifty_relays_close_one_after_the_other)
{
        struct thon_stagger stagger = {0};
        struct thon_mono now = {5}, when;
        unsigned closed = 0;

        while (closed < 50) {
                if (thon_stagger_may(&stagger, now, THON_STAGGER_GAP_US, &when)) {
                        thon_stagger_closed(&stagger, now);
                        closed++;
                        ck_assert(!thon_stagger_may(&stagger, now, THON_STAGGER_GAP_US, &when));
                }
                ck_assert(when.us > now.us);
                now = when;
        }
        ck_assert_uint_eq(now.us, 5 + 50 * THON_STAGGER_GAP_US);
}
END_TEST

/* ---- overrides ---------------------------------------------------------------------------------------------------- */

START_TEST(test_an_override_ends_at_its_second)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        ck_assert_int_eq(order(&s, true, 7200, false), THON_OVERRIDE_OK);
        ck_assert_int_eq(s.last.again_wall.s, s.now.wall.s + 7200);
        pass(&s, 7199);
        assert_level(&s, true, THON_WHY_OVERRIDE);
        pass(&s, 1);
        assert_level(&s, false, THON_WHY_PROGRAM);
        ck_assert(!s.c.override.active);
}
END_TEST

START_TEST(test_an_end_in_the_past_is_refused_and_the_old_order_stands)
{
        struct story s;
        struct thon_override o = {.active = true, .on = false};

        a_circuit(&s);
        start(&s);
        order(&s, true, 0, false);
        o.until = s.now.wall;
        ck_assert_int_eq(thon_circuit_override(&s.c, &o, false, s.now), THON_OVERRIDE_PAST);
        look(&s);
        assert_level(&s, true, THON_WHY_OVERRIDE);
}
END_TEST

START_TEST(test_a_step_of_the_clock_past_the_end_ends_it_and_a_step_back_does_not_revive_it)
{
        struct story s;

        a_circuit(&s);
        s.conf.min_dwell_s = 0;
        start(&s);
        order(&s, true, 7200, false);
        s.now.wall.s += 7201;
        look(&s);
        assert_level(&s, false, THON_WHY_PROGRAM);
        s.now.wall.s -= 7201;
        look(&s);
        assert_level(&s, false, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_an_override_does_not_end_while_the_clock_is_not_trusted)
{
        struct story s;

        a_circuit(&s);
        start(&s);
        order(&s, true, 60, false);
        s.now.trusted = false;
        pass(&s, HOUR);
        assert_level(&s, true, THON_WHY_OVERRIDE);
        s.now.trusted = true;
        look(&s);
        assert_level(&s, false, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_two_hours_ordered_under_a_wrong_clock_are_two_hours)
{
        const int64_t steps[] = {-400 * 86400, -5, 0, 5, 3 * 86400, 4000 * (int64_t)86400};

        for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
                struct story s;

                a_circuit(&s);
                s.now.trusted = false;
                start(&s);
                ck_assert_int_eq(order(&s, true, 7200, false), THON_OVERRIDE_OK);
                pass(&s, 600);
                s.now.wall.s += steps[i];
                s.now.trusted = true;
                look(&s);
                ck_assert_int_eq(s.c.override.until.s, s.now.wall.s + 6600);
                pass(&s, 6599);
                assert_level(&s, true, THON_WHY_OVERRIDE);
                pass(&s, 1);
                assert_level(&s, false, THON_WHY_PROGRAM);
        }
}
END_TEST

START_TEST(test_a_duration_kept_over_a_restart_does_not_grow)
{
        struct story s;
        struct thon_override kept;

        a_circuit(&s);
        s.now.trusted = false;
        start(&s);
        order(&s, true, 7200, false);
        kept = s.c.override;
        /* After a power cut the clock starts at the last saved hour, a day back. */
        s.now.wall.s -= 86400;
        s.now.mono.us = 5 * SECOND;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        ck_assert_int_eq(thon_circuit_override(&s.c, &kept, false, s.now), THON_OVERRIDE_OK);
        s.now.trusted = true;
        look(&s);
        ck_assert_int_eq(s.c.override.until.s, s.now.wall.s + 7200);
}
END_TEST

START_TEST(test_an_end_of_a_trusted_clock_outlives_a_power_cut_and_comes_on_time)
{
        struct story s;
        struct thon_override kept;
        struct thon_wall until;

        a_circuit(&s);
        start(&s);
        order(&s, true, 7200, false);
        kept = s.c.override;
        until = kept.until;
        ck_assert_int_eq(kept.for_s, 0);

        /* Three hours without power; the clock believes that it was minutes. */
        s.now.mono.us = 5 * SECOND;
        s.now.wall.s += 300;
        s.now.trusted = false;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        ck_assert_int_eq(thon_circuit_override(&s.c, &kept, false, s.now), THON_OVERRIDE_OK);
        look(&s);
        ck_assert(s.c.in_effect);
        s.now.wall.s = until.s + HOUR;
        s.now.trusted = true;
        look(&s);
        ck_assert(!s.c.override.active);
}
END_TEST

START_TEST(test_the_override_resumes_after_the_emergency_when_it_is_not_over)
{
        struct story s;

        a_circuit(&s);
        s.conf.min_dwell_s = 0;
        start(&s);
        order(&s, false, 2 * HOUR, false);
        order(&s, true, HOUR, true);
        assert_level(&s, true, THON_WHY_EMERGENCY);
        pass(&s, HOUR);
        assert_level(&s, false, THON_WHY_OVERRIDE);
        program(&s, true);
        order(&s, true, 2 * HOUR, true);
        pass(&s, 2 * HOUR);
        assert_level(&s, true, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_an_absurd_end_does_not_overflow)
{
        struct story s;
        struct thon_override o = {.active = true, .on = true, .for_s = INT64_MAX};

        a_circuit(&s);
        s.now.trusted = false;
        s.now.wall.s = -5;
        start(&s);
        o.until = (struct thon_wall){INT64_MAX - 1};
        ck_assert_int_eq(thon_circuit_override(&s.c, &o, false, s.now), THON_OVERRIDE_OK);
        look(&s);
        s.now.trusted = true;
        look(&s);
        assert_level(&s, true, THON_WHY_OVERRIDE);
}
END_TEST

/* ---- photocell ---------------------------------------------------------------------------------------------------- */

START_TEST(test_photocell_and_lights_only_when_programmed_and_dark)
{
        struct story s;

        a_circuit(&s);
        with_photocell(&s, THON_PHOTOCELL_AND);
        s.commanded.on = true;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_PHOTOCELL, THON_OFF);
        assert_level(&s, false, THON_WHY_PHOTOCELL);
        input(&s, THON_INPUT_PHOTOCELL, THON_ON);
        pass(&s, 119);
        assert_level(&s, false, THON_WHY_PHOTOCELL);
        pass(&s, 1);
        assert_level(&s, true, THON_WHY_PROGRAM);
        program(&s, false);
        pass(&s, 60);
        assert_level(&s, false, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_photocell_or_lights_a_dark_afternoon)
{
        struct story s;

        a_circuit(&s);
        with_photocell(&s, THON_PHOTOCELL_OR);
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_PHOTOCELL, THON_OFF);
        assert_level(&s, false, THON_WHY_PROGRAM);
        input(&s, THON_INPUT_PHOTOCELL, THON_ON);
        pass(&s, 120);
        assert_level(&s, true, THON_WHY_PHOTOCELL);
        program(&s, true);
        assert_level(&s, true, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_headlights_and_lightning_do_not_switch_a_road)
{
        struct story s;

        a_circuit(&s);
        with_photocell(&s, THON_PHOTOCELL_AND);
        s.commanded.on = true;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_PHOTOCELL, THON_ON);
        for (int i = 0; i < 100; i++) {
                input(&s, THON_INPUT_PHOTOCELL, THON_OFF);
                pass(&s, 119);
                input(&s, THON_INPUT_PHOTOCELL, THON_ON);
                pass(&s, 1);
        }
        assert_level(&s, true, THON_WHY_PROGRAM);
        ck_assert_uint_eq(s.c.operations, 0);
}
END_TEST

START_TEST(test_without_a_reading_the_program_decides)
{
        struct story s;

        a_circuit(&s);
        with_photocell(&s, THON_PHOTOCELL_AND);
        s.commanded.on = true;
        start(&s);
        assert_level(&s, true, THON_WHY_PROGRAM);
}
END_TEST

START_TEST(test_a_cell_that_cannot_be_read_any_more_leaves_the_program_alone)
{
        struct story s;

        a_circuit(&s);
        with_photocell(&s, THON_PHOTOCELL_AND);
        s.conf.min_dwell_s = 0;
        s.commanded.on = true;
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_PHOTOCELL, THON_OFF);
        assert_level(&s, false, THON_WHY_PHOTOCELL);
        input(&s, THON_INPUT_PHOTOCELL, THON_UNKNOWN);
        assert_level(&s, true, THON_WHY_PROGRAM);
        input(&s, THON_INPUT_PHOTOCELL, THON_OFF);
        assert_level(&s, false, THON_WHY_PHOTOCELL);
}
END_TEST

START_TEST(test_a_cell_stuck_at_dark_does_not_light_the_noon)
{
        struct story s;

        a_circuit(&s);
        with_photocell(&s, THON_PHOTOCELL_OR);
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_PHOTOCELL, THON_ON); /* 17:30 */
        pass(&s, 16 * HOUR);                      /* 09:30 */
        assert_level(&s, false, THON_WHY_PROGRAM);
        ck_assert(raised(&s, THON_FAULT_PHOTOCELL));
        /* A moment of light does not make it honest, ... */
        input(&s, THON_INPUT_PHOTOCELL, THON_OFF);
        pass(&s, 5);
        input(&s, THON_INPUT_PHOTOCELL, THON_ON);
        pass(&s, HOUR);
        assert_level(&s, false, THON_WHY_PROGRAM);
        /* ... light that lasts does. */
        input(&s, THON_INPUT_PHOTOCELL, THON_OFF);
        pass(&s, 120);
        ck_assert(!raised(&s, THON_FAULT_PHOTOCELL));
        input(&s, THON_INPUT_PHOTOCELL, THON_ON);
        pass(&s, 120);
        assert_level(&s, true, THON_WHY_PHOTOCELL);
}
END_TEST

START_TEST(test_a_cell_blinded_does_not_keep_a_road_dark_for_ever)
{
        struct story s;

        a_circuit(&s);
        with_photocell(&s, THON_PHOTOCELL_AND);
        thon_circuit_init(&s.c, &s.conf, &s.serial);
        input(&s, THON_INPUT_PHOTOCELL, THON_OFF);
        program(&s, true);
        assert_level(&s, false, THON_WHY_PHOTOCELL);
        pass(&s, 16 * HOUR);
        assert_level(&s, true, THON_WHY_PROGRAM);
}
END_TEST

/* ---- clock policy ------------------------------------------------------------------------------------------------- */

START_TEST(test_each_policy_for_a_clock_that_is_not_trusted)
{
        static const struct {
                enum thon_untrusted policy;
                bool program, dark, want;
        } table[] = {
                {THON_UNTRUSTED_ON, false, false, true},
                {THON_UNTRUSTED_OFF, true, true, false},
                {THON_UNTRUSTED_PLAN, true, false, true},
                {THON_UNTRUSTED_PLAN, false, true, false},
                {THON_UNTRUSTED_PHOTOCELL, false, true, true},
                {THON_UNTRUSTED_PHOTOCELL, true, false, false},
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct story s;

                a_circuit(&s);
                with_photocell(&s, THON_PHOTOCELL_NONE);
                s.conf.untrusted = table[i].policy;
                s.now.trusted = false;
                s.commanded.on = table[i].program;
                thon_circuit_init(&s.c, &s.conf, &s.serial);
                input(&s, THON_INPUT_PHOTOCELL, table[i].dark ? THON_ON : THON_OFF);
                assert_level(&s, table[i].want, THON_WHY_UNTRUSTED);
        }
}
END_TEST

START_TEST(test_the_photocell_policy_without_a_reading_falls_back_to_the_plan)
{
        struct story s;

        a_circuit(&s);
        s.conf.untrusted = THON_UNTRUSTED_PHOTOCELL;
        s.now.trusted = false;
        s.commanded.on = true;
        start(&s);
        assert_level(&s, true, THON_WHY_UNTRUSTED);
}
END_TEST

START_TEST(test_an_order_of_a_person_beats_the_policy)
{
        struct story s;

        a_circuit(&s);
        s.conf.untrusted = THON_UNTRUSTED_ON;
        s.now.trusted = false;
        start(&s);
        order(&s, false, 0, false);
        assert_level(&s, false, THON_WHY_OVERRIDE);
}
END_TEST

/* ---- counters ----------------------------------------------------------------------------------------------------- */

START_TEST(test_hours_of_light_are_counted_whatever_the_wall_clock_does)
{
        struct story s;

        a_circuit(&s);
        s.commanded.on = true;
        start(&s);
        for (int i = 0; i < 100; i++) {
                s.now.wall.s += (i % 2 ? -1 : 1) * 50000000;
                s.now.mono.us += 36500000;
                look(&s);
        }
        ck_assert_uint_eq(s.c.on_seconds, 3650);
        program(&s, false);
        pass(&s, HOUR);
        look(&s);
        ck_assert_uint_eq(s.c.on_seconds, 3650);
}
END_TEST

START_TEST(test_a_reload_keeps_what_the_circuit_does_and_forgets_inputs_that_moved)
{
        struct story s;
        struct thon_circuit_conf changed;

        a_circuit(&s);
        s.conf.feedback = a_line("feedback");
        s.commanded.on = true;
        start(&s);
        input(&s, THON_INPUT_FEEDBACK, THON_ON);
        order(&s, true, HOUR, false);
        changed = s.conf;
        changed.lamps = 6;
        thon_circuit_reconfigure(&s.c, &changed);
        look(&s);
        ck_assert(!s.last.set);
        ck_assert_int_eq(s.c.physical, THON_ON);
        ck_assert(s.c.override.active);

        changed.feedback = a_line("elsewhere");
        s.c.conf = &s.conf;
        thon_circuit_reconfigure(&s.c, &changed);
        look(&s);
        ck_assert(!s.last.set);
        ck_assert_int_eq(s.c.physical, THON_UNKNOWN);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light control");
        TCase *tc = tcase_create("stories");

        tcase_add_test(tc, test_a_relay_that_was_never_told_is_told_at_once_and_that_is_no_operation);
        tcase_add_test(tc, test_deciding_again_changes_nothing);
        tcase_add_test(tc, test_the_next_change_of_the_program_is_asked_for);
        tcase_add_test(tc, test_a_restart_requests_the_line_at_the_level_that_holds_and_does_not_switch);
        tcase_add_test(tc, test_a_relay_that_failed_is_told_again_when_it_is_back);
        tcase_add_test(tc, test_lockout_beats_emergency_beats_override_beats_program);
        tcase_add_test(tc, test_a_lockout_that_cannot_be_read_counts_as_locked);
        tcase_add_test(tc, test_lockout_beats_a_policy_that_says_on);
        tcase_add_test(tc, test_a_change_waits_for_the_dwell_and_comes_at_its_end);
        tcase_add_test(tc, test_a_change_taken_back_within_the_dwell_never_reaches_the_relay);
        tcase_add_test(tc, test_neither_emergency_nor_lockout_waits_for_the_dwell);
        tcase_add_test(tc, test_what_a_person_orders_comes_and_ends_when_they_said);
        tcase_add_test(tc, test_an_order_that_confirms_the_level_ends_on_time_too);
        tcase_add_test(tc, test_a_script_gone_wild_does_not_hammer_the_contactor);
        tcase_add_test(tc, test_the_stagger_holds_closing_and_never_opening);
        tcase_add_test(tc, test_fifty_relays_close_one_after_the_other);
        tcase_add_test(tc, test_an_override_ends_at_its_second);
        tcase_add_test(tc, test_an_end_in_the_past_is_refused_and_the_old_order_stands);
        tcase_add_test(tc, test_a_step_of_the_clock_past_the_end_ends_it_and_a_step_back_does_not_revive_it);
        tcase_add_test(tc, test_an_override_does_not_end_while_the_clock_is_not_trusted);
        tcase_add_test(tc, test_two_hours_ordered_under_a_wrong_clock_are_two_hours);
        tcase_add_test(tc, test_a_duration_kept_over_a_restart_does_not_grow);
        tcase_add_test(tc, test_an_end_of_a_trusted_clock_outlives_a_power_cut_and_comes_on_time);
        tcase_add_test(tc, test_the_override_resumes_after_the_emergency_when_it_is_not_over);
        tcase_add_test(tc, test_an_absurd_end_does_not_overflow);
        tcase_add_test(tc, test_photocell_and_lights_only_when_programmed_and_dark);
        tcase_add_test(tc, test_photocell_or_lights_a_dark_afternoon);
        tcase_add_test(tc, test_headlights_and_lightning_do_not_switch_a_road);
        tcase_add_test(tc, test_without_a_reading_the_program_decides);
        tcase_add_test(tc, test_a_cell_that_cannot_be_read_any_more_leaves_the_program_alone);
        tcase_add_test(tc, test_a_cell_stuck_at_dark_does_not_light_the_noon);
        tcase_add_test(tc, test_a_cell_blinded_does_not_keep_a_road_dark_for_ever);
        tcase_add_test(tc, test_each_policy_for_a_clock_that_is_not_trusted);
        tcase_add_test(tc, test_the_photocell_policy_without_a_reading_falls_back_to_the_plan);
        tcase_add_test(tc, test_an_order_of_a_person_beats_the_policy);
        tcase_add_test(tc, test_hours_of_light_are_counted_whatever_the_wall_clock_does);
        tcase_add_test(tc, test_a_reload_keeps_what_the_circuit_does_and_forgets_inputs_that_moved);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}

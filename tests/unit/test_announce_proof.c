/* Proof of sound: what must be known within five seconds, and what must never be said. Times are seconds of a story that looks when it is
 * asked to. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "thon/announce_proof.h"

static const struct thon_proof_rules rules = {
        .level_db = -45, .hysteresis = 3, .silent_us = 4000000, .stuck_us = 4000000, .settle_us = 2000000};
static struct thon_proof_state state;
static struct thon_mono clock_now, look_at;
static double changed_at; /* when `proof` last changed */

static struct thon_mono at(double s)
{
        return (struct thon_mono){1000000 + (uint64_t)(s * 1e6 + 0.5)};
}

static double seconds(struct thon_mono t)
{
        return (double)(t.us - 1000000) / 1e6;
}

static void note(bool changed)
{
        if (changed)
                changed_at = seconds(clock_now);
}

/* Time goes on; it is looked at whenever it asked for that, and at no other time. */
static void until(double s)
{
        while (look_at.us <= at(s).us) {
                clock_now = look_at;
                note(thon_proof_look(&state, &rules, clock_now, &look_at));
                ck_assert_msg(look_at.us > clock_now.us, "it asks to be looked at for ever");
        }
        clock_now = at(s);
}

static void on_air(double s, bool yes)
{
        until(s);
        note(thon_proof_programme(&state, &rules, yes, clock_now, &look_at));
}

static void played(double s, double db)
{
        until(s);
        note(thon_proof_played(&state, &rules, db, clock_now, &look_at));
}

static void returned(double s, double db)
{
        until(s);
        note(thon_proof_returned(&state, &rules, db, clock_now, &look_at));
}

/* Both levels twice a second, from..to. */
static void both(double from, double to, double play_db, double return_db)
{
        for (double s = from; s < to; s += 0.5) {
                played(s, play_db);
                returned(s + 0.01, return_db);
        }
}

static void idle(double from, double to, double db)
{
        for (double s = from; s < to; s += 0.5)
                returned(s, db);
}

static void set_up(void)
{
        clock_now = at(0);
        look_at = THON_MONO_NEVER;
        changed_at = -1;
        thon_proof_init(&state, true, clock_now);
        ck_assert_int_eq(state.proof, THON_PROOF_NONE);
}

#define is(proof_) ck_assert_str_eq(thon_proof_text(state.proof), thon_proof_text(THON_PROOF_##proof_))

START_TEST(without_a_return_there_is_no_proof_of_anything)
{
        thon_proof_init(&state, false, clock_now);
        on_air(1, true);
        both(1, 60, -20, -120);
        is(NONE);
        on_air(60, false);
        idle(60, 90, 0);
        is(NONE);
        ck_assert_uint_eq(look_at.us, THON_MONO_NEVER.us);
}
END_TEST

START_TEST(a_return_that_never_said_anything_is_as_none)
{
        on_air(1, true);
        for (double s = 1; s < 60; s += 0.5)
                played(s, -20);
        is(NONE);
}
END_TEST

START_TEST(a_bulletin_that_is_heard)
{
        idle(0, 5, -70);
        is(IDLE);
        on_air(5, true);
        both(5, 6, -20, -70); /* the way through the amplifier */
        is(IDLE);
        both(6, 60, -20, -25);
        is(HEARD);
        ck_assert_double_le(changed_at, 6.1);
        on_air(60, false);
        is(IDLE);
        idle(60, 61.5, -30); /* its tail */
        idle(61.5, 90, -70);
        is(IDLE);
        ck_assert_double_eq(changed_at, 60);
}
END_TEST

START_TEST(aired_but_silent_from_its_beginning_is_known_in_five_seconds)
{
        idle(0, 5, -70);
        on_air(5, true);
        both(5, 30, -20, -70);
        is(SILENT);
        ck_assert_double_le(changed_at, 10);
        ck_assert_double_ge(changed_at, 9);
        on_air(30, false);
        is(IDLE);
}
END_TEST

START_TEST(a_wire_that_breaks_in_its_midst_is_known_in_five_seconds)
{
        idle(0, 5, -70);
        on_air(5, true);
        both(5, 20, -20, -25);
        is(HEARD);
        both(20, 40, -20, -70);
        is(SILENT);
        ck_assert_double_le(changed_at, 25);
        both(40, 45, -20, -25);
        is(HEARD);
        ck_assert_double_le(changed_at, 40.1);
}
END_TEST

START_TEST(a_talker_who_breathes_hides_no_broken_wire)
{
        idle(0, 1, -70);
        on_air(1, true);
        for (double s = 1; s < 20; s += 3) {
                both(s, s + 2.5, -20, -70);
                both(s + 2.5, s + 3, -70, -70);
        }
        is(SILENT);
        ck_assert_double_le(changed_at, 6);
}
END_TEST

START_TEST(a_pause_of_the_programme_is_not_the_loudspeaker_s_fault)
{
        idle(0, 1, -70);
        on_air(1, true);
        both(1, 10, -20, -25);
        both(10, 60, -90, -70);
        is(HEARD);
        both(60, 63, -20, -70);
        is(HEARD);
        both(63, 70, -20, -70);
        is(SILENT);
        ck_assert_msg(changed_at >= 64 && changed_at <= 65, "four seconds of sound, and not of pause");
        /* What is known stands until something else is heard. */
        both(70, 90, -90, -70);
        is(SILENT);
}
END_TEST

START_TEST(a_programme_that_begins_with_a_pause)
{
        idle(0, 1, -70);
        on_air(1, true);
        both(1, 30, -120, -70);
        is(IDLE);
        both(30, 40, -20, -70);
        is(SILENT);
        ck_assert_double_le(changed_at, 35);
}
END_TEST

START_TEST(a_player_that_tells_no_level_is_taken_to_sound)
{
        idle(0, 1, -70);
        on_air(1, true);
        idle(1, 20, -70);
        is(SILENT);
        ck_assert_double_le(changed_at, 6);
}
END_TEST

START_TEST(sound_while_idle_is_known_in_five_seconds)
{
        idle(0, 10, -70);
        idle(10, 30, -20);
        is(STUCK);
        ck_assert_double_le(changed_at, 15);
        idle(30, 35, -70);
        is(IDLE);
        ck_assert_double_le(changed_at, 31.1);
}
END_TEST

START_TEST(a_hijacker_who_breathes_is_found)
{
        idle(0, 10, -70);
        for (double s = 10; s < 25; s += 2.5) {
                idle(s, s + 2, -20);
                idle(s + 2, s + 2.5, -70);
        }
        is(STUCK);
        ck_assert_double_le(changed_at, 15);
        ck_assert_msg(changed_at >= 14, "and is not let go between two words");
}
END_TEST

START_TEST(a_knock_is_no_hijacking)
{
        idle(0, 10, -70);
        for (double s = 10; s < 40; s += 3) {
                idle(s, s + 0.5, -10);
                idle(s + 0.5, s + 3, -70);
        }
        is(IDLE);
        ck_assert_double_eq(changed_at, 0);
}
END_TEST

START_TEST(an_amplifier_that_sounds_on_after_the_end_is_stuck_when_it_had_time_to_settle)
{
        idle(0, 1, -70);
        on_air(1, true);
        both(1, 20, -20, -25);
        on_air(20, false);
        idle(20, 25.9, -25);
        is(IDLE);
        idle(25.9, 40, -25);
        is(STUCK);
        ck_assert_double_le(changed_at, 26.5);
        ck_assert_double_ge(changed_at, 26);
}
END_TEST

START_TEST(a_level_that_flutters_about_the_threshold_changes_nothing)
{
        double changed;

        idle(0, 1, -70);
        on_air(1, true);
        both(1, 3, -20, -44);
        is(HEARD);
        changed = changed_at;
        for (double s = 3; s < 60; s += 1) {
                both(s, s + 0.5, -20, -46.5);
                both(s + 0.5, s + 1, -20, -44.5);
        }
        /* And one that sinks a little below it, for good. */
        both(60, 90, -20, -46.5);
        is(HEARD);
        ck_assert_double_eq(changed_at, changed);
}
END_TEST

START_TEST(what_is_below_the_level_was_not_heard)
{
        idle(0, 1, -70);
        on_air(1, true);
        both(1, 20, -20, -46);
        is(SILENT);
}
END_TEST

START_TEST(a_return_that_says_nothing_any_more_is_lost)
{
        idle(0, 5, -70);
        on_air(5, true);
        both(5, 10, -20, -25);
        is(HEARD);
        for (double s = 10; s < 40; s += 0.5)
                played(s, -20);
        is(LOST);
        ck_assert_double_le(changed_at, 19.6);
        ck_assert_double_ge(changed_at, 19.4);
        /* Back: what it did not hear meanwhile is held against nobody. */
        both(40, 43.5, -20, -70);
        is(IDLE);
        both(43.5, 50, -20, -70);
        is(SILENT);
        ck_assert_double_le(changed_at, 45);
        ck_assert_double_ge(changed_at, 44);
}
END_TEST

START_TEST(what_was_known_before_it_was_lost_is_known_no_more)
{
        idle(0, 5, -70);
        on_air(5, true);
        both(5, 10, -20, -25);
        is(HEARD);
        /* The loop was busy: nobody looked until it came back. */
        clock_now = at(40);
        ck_assert(thon_proof_returned(&state, &rules, -70, clock_now, &look_at));
        is(IDLE);
}
END_TEST

START_TEST(lost_while_it_was_stuck)
{
        idle(0, 10, -20);
        is(STUCK);
        until(30);
        is(LOST);
        idle(30, 33, -20);
        is(IDLE);
        idle(33, 36, -20);
        is(STUCK);
}
END_TEST

START_TEST(a_contact_that_is_told_every_four_seconds)
{
        for (double s = 0; s < 20; s += 4)
                returned(s, -120);
        on_air(20, true);
        returned(21, 0);
        is(HEARD);
        for (double s = 24; s < 60; s += 4)
                returned(s, 0);
        is(HEARD);
        /* It falls while the programme goes on. */
        returned(60, -120);
        for (double s = 64; s < 70; s += 4)
                returned(s, -120);
        is(SILENT);
        ck_assert_double_eq_tol(changed_at, 64, 0.01);
        on_air(70, false);
        returned(80, 0);
        for (double s = 83; s < 90; s += 4)
                returned(s, 0);
        is(STUCK);
        ck_assert_double_eq_tol(changed_at, 84, 0.01);
}
END_TEST

START_TEST(news_out_of_order)
{
        idle(0, 5, -70);
        /* Levels of a programme that is not on air are nothing. */
        played(5, -20);
        is(IDLE);
        returned(5.5, -20);
        on_air(5.6, true); /* the sound came back before it was told that it began */
        is(HEARD);
        on_air(6, true);
        on_air(7, false);
        on_air(7.1, false);
        is(IDLE);
        played(7.2, -20);
        idle(7.3, 20, -70);
        is(IDLE);
        /* A clock that stands still, or an event of before. */
        clock_now = at(5);
        note(thon_proof_returned(&state, &rules, -70, clock_now, &look_at));
        is(IDLE);
}
END_TEST

START_TEST(one_broadcast_behind_the_other)
{
        idle(0, 1, -70);
        for (double s = 1; s < 100; s += 10) {
                on_air(s, true);
                both(s, s + 9.5, -20, -25);
                on_air(s + 9.5, false);
                returned(s + 9.9, -60);
        }
        is(IDLE);
        on_air(101, true);
        both(101, 107, -20, -70);
        is(SILENT);
}
END_TEST

/* A random life: looking when asked gives at every moment what looking all the time gives. */
START_TEST(looking_when_asked_misses_nothing)
{
        const char *given = getenv("THON_SEED");
        unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20270301;
        struct thon_proof_state often;
        uint64_t x = seed + (unsigned)_i * 7919u + 1;

        printf("THON_SEED=%u\n", seed);
        thon_proof_init(&often, true, clock_now);
        for (int tick = 1; tick < 20000; tick++) {
                double s = tick * 0.1;
                bool yes;
                double db;

                x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                db = x >> 40 & 1 ? -20 : -70;
                yes = x >> 41 & 1;
                switch (x >> 58) {
                case 0:
                        on_air(s, yes);
                        (void)thon_proof_programme(&often, &rules, yes, clock_now, NULL);
                        break;
                case 1:
                        played(s, db);
                        (void)thon_proof_played(&often, &rules, db, clock_now, NULL);
                        break;
                case 2:
                case 3:
                        returned(s, db);
                        (void)thon_proof_returned(&often, &rules, db, clock_now, NULL);
                        break;
                default:
                        until(s);
                        (void)thon_proof_look(&often, &rules, clock_now, NULL);
                }
                ck_assert_msg(often.proof == state.proof, "at %.1f s: %s, but when asked: %s", s,
                              thon_proof_text(often.proof), thon_proof_text(state.proof));
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("announce_proof");
        TCase *tc = tcase_create("announce_proof");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, set_up, NULL);
        tcase_add_test(tc, without_a_return_there_is_no_proof_of_anything);
        tcase_add_test(tc, a_return_that_never_said_anything_is_as_none);
        tcase_add_test(tc, a_bulletin_that_is_heard);
        tcase_add_test(tc, aired_but_silent_from_its_beginning_is_known_in_five_seconds);
        tcase_add_test(tc, a_wire_that_breaks_in_its_midst_is_known_in_five_seconds);
        tcase_add_test(tc, a_talker_who_breathes_hides_no_broken_wire);
        tcase_add_test(tc, a_pause_of_the_programme_is_not_the_loudspeaker_s_fault);
        tcase_add_test(tc, a_programme_that_begins_with_a_pause);
        tcase_add_test(tc, a_player_that_tells_no_level_is_taken_to_sound);
        tcase_add_test(tc, sound_while_idle_is_known_in_five_seconds);
        tcase_add_test(tc, a_hijacker_who_breathes_is_found);
        tcase_add_test(tc, a_knock_is_no_hijacking);
        tcase_add_test(tc, an_amplifier_that_sounds_on_after_the_end_is_stuck_when_it_had_time_to_settle);
        tcase_add_test(tc, a_level_that_flutters_about_the_threshold_changes_nothing);
        tcase_add_test(tc, what_is_below_the_level_was_not_heard);
        tcase_add_test(tc, a_return_that_says_nothing_any_more_is_lost);
        tcase_add_test(tc, what_was_known_before_it_was_lost_is_known_no_more);
        tcase_add_test(tc, lost_while_it_was_stuck);
        tcase_add_test(tc, a_contact_that_is_told_every_four_seconds);
        tcase_add_test(tc, news_out_of_order);
        tcase_add_test(tc, one_broadcast_behind_the_other);
        tcase_add_loop_test(tc, looking_when_asked_misses_nothing, 0, 20);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

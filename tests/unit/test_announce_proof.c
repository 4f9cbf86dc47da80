/* Proof of sound: what must be known within five seconds, and what must never be said, least of all by a station that is short of breath.
 * Times are seconds of a story that looks when it is asked to. */
#include <check.h>
#include <math.h>
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
                note(thon_proof_look(&state, clock_now, &look_at));
                ck_assert_msg(look_at.us > clock_now.us, "it asks to be looked at for ever");
        }
        clock_now = at(s);
}

static void on_air(double s, bool yes)
{
        until(s);
        note(thon_proof_programme(&state, yes, clock_now, &look_at));
}

static struct thon_proof_span span(double from, double to)
{
        return (struct thon_proof_span){at(from), at(to)};
}

/* Of the time from..to, told at `s`. */
static void played_at(double s, double from, double to, double db)
{
        until(s);
        note(thon_proof_played(&state, &rules, db, span(from, to), &look_at));
}

static void returned_at(double s, double from, double to, double db)
{
        until(s);
        note(thon_proof_returned(&state, &rules, db, span(from, to), &look_at));
}

/* Told as soon as it is known, each half second. */
static void play(double from, double to, double db)
{
        for (double s = from; s < to; s += 0.5)
                played_at(s + 0.5, s, s + 0.5, db);
}

static void idle(double from, double to, double db)
{
        for (double s = from; s < to; s += 0.5)
                returned_at(s + 0.5, s, s + 0.5, db);
}

static void both(double from, double to, double play_db, double return_db)
{
        for (double s = from; s < to; s += 0.5) {
                played_at(s + 0.49, s, s + 0.49, play_db);
                returned_at(s + 0.5, s, s + 0.5, return_db);
        }
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
/* Of the programme as a whole. */
#define was(proof_)                                                                \
        ck_assert_str_eq(thon_proof_text(thon_proof_of_programme(&state, &rules)), \
                         thon_proof_text(THON_PROOF_##proof_))

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
        was(NONE);
}
END_TEST

START_TEST(a_return_that_never_said_anything_proves_nothing)
{
        on_air(1, true);
        play(1, 60, -20);
        is(NONE);
        was(LOST);
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
        ck_assert_double_le(changed_at, 6.5);
        on_air(60, false);
        is(IDLE);
        was(HEARD);
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
        ck_assert_double_le(changed_at, 40.5);
        on_air(45, false);
        was(SILENT);
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

/* Such a player is ended within three seconds. Of what it played until then nothing is known. */
START_TEST(a_player_that_tells_no_level_is_not_called_silent)
{
        idle(0, 1, -70);
        on_air(1, true);
        idle(1, 20, -70);
        is(IDLE);
        was(NONE);
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
        ck_assert_double_eq(changed_at, 0.5);
}
END_TEST

START_TEST(an_amplifier_that_sounds_on_after_the_end_is_stuck_when_it_had_time_to_settle)
{
        idle(0, 1, -70);
        on_air(1, true);
        both(1, 20, -20, -25);
        on_air(20, false);
        idle(20, 25.5, -25);
        is(IDLE);
        idle(25.5, 40, -25);
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
        play(10, 40, -20);
        is(LOST);
        ck_assert_double_eq_tol(changed_at, 20, 0.01);
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
        ck_assert(thon_proof_returned(&state, &rules, -70, span(39.5, 40), &look_at));
        is(IDLE);
}
END_TEST

/* As a contact does when its line can be read again. */
START_TEST(one_moment_ends_what_was_lost)
{
        idle(0, 5, -120);
        until(30);
        is(LOST);
        returned_at(30, 30, 30, -120);
        is(IDLE);
        ck_assert(look_at.us > at(30).us);
        idle(30, 30.5, -120);
        is(IDLE);
        ck_assert_double_eq_tol(changed_at, 30, 0.01);
        until(50);
        is(LOST);
        ck_assert_double_eq_tol(changed_at, 40.5, 0.01);
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

START_TEST(a_contact_is_known_as_soon_as_a_level)
{
        idle(0, 20, -120);
        on_air(20, true);
        both(20, 21, -20, -120);
        both(21, 60, -20, 0);
        is(HEARD);
        both(60, 65, -20, -120);
        is(SILENT);
        ck_assert_double_le(changed_at, 64.5);
        on_air(70, false);
        idle(70, 76.5, 0);
        is(STUCK);
        ck_assert_double_le(changed_at, 76.5);
}
END_TEST

START_TEST(news_out_of_order)
{
        idle(0, 5, -70);
        /* Levels of a programme that is not on air are nothing. */
        play(5, 5.5, -20);
        is(IDLE);
        on_air(6, true);
        on_air(6.5, true);
        both(6, 8, -20, -25);
        is(HEARD);
        on_air(8, false);
        on_air(8.1, false);
        is(IDLE);
        play(8.5, 9, -20);
        idle(9, 20, -70);
        is(IDLE);
        /* Once more what was told, and what was before that. */
        returned_at(20.1, 19, 20, -10);
        returned_at(20.2, 3, 19, -10);
        returned_at(20.3, 22, 21, -10);
        idle(20.5, 30, -70);
        is(IDLE);
        ck_assert_double_eq(changed_at, 8);
}
END_TEST

START_TEST(one_broadcast_behind_the_other)
{
        idle(0, 1, -70);
        for (double s = 1; s < 100; s += 10) {
                on_air(s, true);
                both(s, s + 9.5, -20, -25);
                on_air(s + 9.5, false);
                returned_at(s + 10, s + 9.5, s + 10, -60);
        }
        is(IDLE);
        on_air(101, true);
        both(101, 107, -20, -70);
        is(SILENT);
}
END_TEST

/* ---- a station that is short of breath ---- */

/* The store waits for a card that an upgrade writes to: for six seconds nobody is heard, then all is told at once. `first`: who. */
static void stood_still(double from, double to, double return_db, bool player_first)
{
        for (int turn = 0; turn < 2; turn++)
                for (double s = from; s < to; s += 0.5)
                        if ((turn == 0) == player_first)
                                played_at(to, s, s + 0.5, -20);
                        else
                                returned_at(to, s, s + 0.5, s < from + 0.5 ? -70 : return_db);
}

START_TEST(what_is_told_late_was_heard_in_time)
{
        idle(0, 5, -70);
        on_air(5, true);
        stood_still(5, 11, -25, _i == 0);
        is(HEARD);
        ck_assert_uint_eq(state.was_silent, false);
        both(11, 20, -20, -25);
        on_air(20, false);
        was(HEARD);
}
END_TEST

START_TEST(what_is_told_late_was_silent_all_the_same)
{
        idle(0, 5, -70);
        on_air(5, true);
        stood_still(5, 11, -70, _i == 0);
        is(SILENT);
        both(11, 20, -20, -25);
        is(HEARD);
        on_air(20, false);
        was(SILENT);
}
END_TEST

START_TEST(an_end_that_is_told_late_is_not_silence)
{
        idle(0, 5, -70);
        on_air(5, true);
        both(5, 10, -20, -25);
        for (double s = 10; s < 18; s += 0.5) /* it ended at 10, and only the return is heard of yet */
                returned_at(18, s, s + 0.5, -70);
        is(HEARD);
        on_air(18, false);
        was(HEARD);
}
END_TEST

START_TEST(a_beginning_that_is_told_late_is_no_hijacking)
{
        idle(0, 5, -70);
        on_air(5, true);
        for (double s = 5; s < 15;
             s += 0.5) /* the player was told to go; whether it does is not known yet */
                returned_at(15, s, s + 0.5, -25);
        is(IDLE);
        for (double s = 5; s < 15; s += 0.5)
                played_at(15, s, s + 0.5, -20);
        is(HEARD);
        /* And of the end: what came back before it was known is none either. */
        on_air(22, false);
        for (double s = 15; s < 20; s += 0.5)
                returned_at(22, s, s + 0.5, -25);
        idle(22, 30, -70);
        is(IDLE);
}
END_TEST

START_TEST(a_return_that_was_not_heard_of_is_not_silent)
{
        idle(0, 5, -70);
        on_air(5, true);
        play(5, 14, -20); /* whoever listens does not get the processor */
        is(IDLE);
        play(14, 15, -20);
        idle(14, 15, -25);
        is(HEARD);
        on_air(15, false);
        was(LOST); /* a second of ten is no proof that all of it was heard */
}
END_TEST

START_TEST(a_capture_with_holes_hears_what_there_is)
{
        idle(0, 1, -70);
        on_air(1, true);
        for (double s = 1; s < 31; s += 1) { /* its buffer overruns each second */
                play(s, s + 1, -20);
                returned_at(s + 1, s + 0.4, s + 1, -25);
        }
        is(HEARD);
        on_air(31, false);
        was(HEARD);
        ck_assert(!state.was_silent);
}
END_TEST

START_TEST(holes_hide_no_broken_wire)
{
        idle(0, 1, -70);
        on_air(1, true);
        for (double s = 1; s < 21; s += 1) {
                play(s, s + 1, -20);
                returned_at(s + 1, s + 0.4, s + 1, -70);
        }
        is(SILENT);
        ck_assert_msg(changed_at >= 5 && changed_at <= 9, "four seconds that were seen, %.1f", changed_at);
}
END_TEST

START_TEST(behind_a_long_hole_it_begins_anew)
{
        idle(0, 1, -70);
        on_air(1, true);
        both(1, 4, -20, -70);
        play(4, 6, -20);
        both(6, 9.5, -20, -70);
        is(IDLE);
        both(9.5, 11, -20, -70);
        is(SILENT);
        ck_assert_msg(changed_at >= 10 && changed_at <= 10.5, "%.2f", changed_at);
}
END_TEST

START_TEST(a_player_without_the_processor_is_not_the_loudspeaker_s_fault)
{
        idle(0, 1, -70);
        on_air(1, true);
        for (double s = 1; s < 41; s += 4) { /* three seconds of four the card has nothing to play */
                both(s, s + 1, -20, -25);
                idle(s + 1, s + 4, -70);
        }
        is(HEARD);
        was(HEARD);
        ck_assert(!state.was_silent);
}
END_TEST

START_TEST(a_long_way_to_the_horn)
{
        /* A network speaker that holds back two seconds, and people who speak six seconds and think for two. */
        idle(0, 1, -70);
        on_air(1, true);
        for (double s = 1; s < 41; s += 8) {
                both(s, s + 2, -20, -70);
                both(s + 2, s + 6, -20, -25);
                both(s + 6, s + 8, -70, -25);
        }
        is(HEARD);
        was(HEARD);
        ck_assert(!state.was_silent);
}
END_TEST

START_TEST(clocks_that_drift_and_jitter_lose_nothing)
{
        double card = 1; /* its half second is a two-hundredth longer, and is read 40 ms early or late */

        idle(0, 1, -70);
        on_air(1, true);
        for (int i = 0; i < 200; i++, card += 0.5025) {
                double late = i % 2 ? 0.04 : -0.04, s = card + 0.5 + late;

                played_at(s, s - 0.5, s, -20);
                returned_at(s + 0.01, s - 0.49, s + 0.01, i < 100 ? -25 : -70);
                if (i == 99)
                        was(HEARD);
        }
        is(SILENT);
        ck_assert_double_le(changed_at - (1 + 100 * 0.5025), 5);
        ck_assert_msg(state.compared_us > 99 * state.played_us / 100, "%llu of %llu",
                      (unsigned long long)state.compared_us, (unsigned long long)state.played_us);
}
END_TEST

START_TEST(too_short_to_tell)
{
        idle(0, 1, -70);
        on_air(1, true);
        both(1, 4, -20, -70);
        on_air(4, false);
        was(NONE);
        is(IDLE);
}
END_TEST

START_TEST(one_who_says_the_same_without_end_hides_no_broken_wire)
{
        idle(0, 5, -120);
        on_air(5, true);
        for (double s = 5; s < 12; s += 0.5) {
                for (int i = 0; i < 500; i++)
                        returned_at(s + i / 1000.0, s + (i - 1) / 1000.0, s + i / 1000.0, -120);
                played_at(s + 0.5, s, s + 0.5, -20);
        }
        is(SILENT);
        ck_assert_double_le(changed_at, 10);
        was(SILENT);
}
END_TEST

START_TEST(one_who_never_speaks_does_not_fill_the_memory)
{
        idle(0, 1, -70);
        on_air(1, true);
        idle(1, 1000, -25); /* a player that says nothing for a quarter of an hour, were it let */
        is(IDLE);
        play(1000, 1001, -20);
        idle(1000, 1001, -25);
        is(HEARD);
}
END_TEST

START_TEST(of_two_parts_the_worse_is_told)
{
        static const enum thon_proof order[] = {THON_PROOF_NONE, THON_PROOF_HEARD, THON_PROOF_LOST,
                                                THON_PROOF_SILENT};

        for (unsigned a = 0; a < 4; a++)
                for (unsigned b = 0; b < 4; b++)
                        ck_assert_int_eq(thon_proof_worse(order[a], order[b]), order[a > b ? a : b]);
}
END_TEST

/* Whatever is played, comes back and is left out of both: in which order and how late the two are told changes nothing. */
START_TEST(the_order_of_news_changes_nothing)
{
        const char *given = getenv("THON_SEED");
        unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20270312;
        uint64_t x = seed + (unsigned)_i * 7919u + 1;
        struct thon_proof_state other;
        double db[2][50];
        int next[2] = {0, 0};

        printf("THON_SEED=%u\n", seed);
        thon_proof_init(&other, true, clock_now);
        (void)thon_proof_returned(&other, &rules, -70, span(0, 1), NULL);
        (void)thon_proof_programme(&other, true, at(1), NULL);
        idle(0, 1, -70);
        on_air(1, true);
        for (int i = 0; i < 50; i++) {
                for (int who = 0; who < 2; who++) {
                        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                        /* In runs: mostly as before; NaN is not told. */
                        db[who][i] = i > 0 && x >> 61 ? db[who][i - 1]
                                     : x >> 50 & 1    ? -20
                                     : x >> 51 & 1    ? -70
                                                      : NAN;
                }
                if (!isnan(db[0][i]))
                        played_at(1.5 + i * 0.5, 1 + i * 0.5, 1.5 + i * 0.5, db[0][i]);
                if (!isnan(db[1][i]))
                        returned_at(1.5 + i * 0.5, 1 + i * 0.5, 1.5 + i * 0.5, db[1][i]);
        }
        while (next[0] < 50 || next[1] < 50) {
                int who, i;

                x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                who = next[0] == 50 ? 1 : next[1] == 50 ? 0 : (int)(x >> 60 & 1);
                i = next[who]++;
                if (isnan(db[who][i]))
                        continue;
                (void)(who ? thon_proof_returned : thon_proof_played)(
                        &other, &rules, db[who][i], span(1 + i * 0.5, 1.5 + i * 0.5), NULL);
        }
        ck_assert_int_eq(thon_proof_of_programme(&other, &rules), thon_proof_of_programme(&state, &rules));
        ck_assert_uint_eq(other.compared_us, state.compared_us);
        if (state.proof != THON_PROOF_LOST) /* which is a matter of the clock */
                ck_assert_int_eq(other.proof, state.proof);
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
        idle(0, 0.5, -70);
        (void)thon_proof_returned(&often, &rules, -70, span(0, 0.5), NULL);
        for (int tick = 6; tick < 20000; tick++) {
                double s = tick * 0.1;
                bool yes;
                double db;

                until(s);
                (void)thon_proof_look(&often, clock_now, NULL);
                x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                db = x >> 40 & 1 ? -20 : -70;
                yes = x >> 41 & 1;
                switch (x >> 58) {
                case 0:
                        on_air(s, yes);
                        (void)thon_proof_programme(&often, yes, clock_now, NULL);
                        break;
                case 1:
                        played_at(s, s - 0.5, s, db);
                        (void)thon_proof_played(&often, &rules, db, span(s - 0.5, s), NULL);
                        break;
                case 2:
                case 3:
                        returned_at(s, s - 0.5, s, db);
                        (void)thon_proof_returned(&often, &rules, db, span(s - 0.5, s), NULL);
                        break;
                default:
                        break;
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
        tcase_add_test(tc, a_return_that_never_said_anything_proves_nothing);
        tcase_add_test(tc, a_bulletin_that_is_heard);
        tcase_add_test(tc, aired_but_silent_from_its_beginning_is_known_in_five_seconds);
        tcase_add_test(tc, a_wire_that_breaks_in_its_midst_is_known_in_five_seconds);
        tcase_add_test(tc, a_talker_who_breathes_hides_no_broken_wire);
        tcase_add_test(tc, a_pause_of_the_programme_is_not_the_loudspeaker_s_fault);
        tcase_add_test(tc, a_programme_that_begins_with_a_pause);
        tcase_add_test(tc, a_player_that_tells_no_level_is_not_called_silent);
        tcase_add_test(tc, sound_while_idle_is_known_in_five_seconds);
        tcase_add_test(tc, a_hijacker_who_breathes_is_found);
        tcase_add_test(tc, a_knock_is_no_hijacking);
        tcase_add_test(tc, an_amplifier_that_sounds_on_after_the_end_is_stuck_when_it_had_time_to_settle);
        tcase_add_test(tc, a_level_that_flutters_about_the_threshold_changes_nothing);
        tcase_add_test(tc, what_is_below_the_level_was_not_heard);
        tcase_add_test(tc, a_return_that_says_nothing_any_more_is_lost);
        tcase_add_test(tc, what_was_known_before_it_was_lost_is_known_no_more);
        tcase_add_test(tc, one_moment_ends_what_was_lost);
        tcase_add_test(tc, lost_while_it_was_stuck);
        tcase_add_test(tc, a_contact_is_known_as_soon_as_a_level);
        tcase_add_test(tc, news_out_of_order);
        tcase_add_test(tc, one_broadcast_behind_the_other);
        tcase_add_loop_test(tc, what_is_told_late_was_heard_in_time, 0, 2);
        tcase_add_loop_test(tc, what_is_told_late_was_silent_all_the_same, 0, 2);
        tcase_add_test(tc, an_end_that_is_told_late_is_not_silence);
        tcase_add_test(tc, a_beginning_that_is_told_late_is_no_hijacking);
        tcase_add_test(tc, a_return_that_was_not_heard_of_is_not_silent);
        tcase_add_test(tc, a_capture_with_holes_hears_what_there_is);
        tcase_add_test(tc, holes_hide_no_broken_wire);
        tcase_add_test(tc, behind_a_long_hole_it_begins_anew);
        tcase_add_test(tc, a_player_without_the_processor_is_not_the_loudspeaker_s_fault);
        tcase_add_test(tc, a_long_way_to_the_horn);
        tcase_add_test(tc, clocks_that_drift_and_jitter_lose_nothing);
        tcase_add_test(tc, too_short_to_tell);
        tcase_add_test(tc, one_who_says_the_same_without_end_hides_no_broken_wire);
        tcase_add_test(tc, one_who_never_speaks_does_not_fill_the_memory);
        tcase_add_test(tc, of_two_parts_the_worse_is_told);
        tcase_add_loop_test(tc, the_order_of_news_changes_nothing, 0, 300);
        tcase_add_loop_test(tc, looking_when_asked_misses_nothing, 0, 20);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

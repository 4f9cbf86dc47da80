/* Soft and hard, blips, new names, restarts, steps of the clock; and when a device is looked at. */
#include <check.h>
#include <stdlib.h>

#include "relay_random.h"
#include "thon/camera_state.h"

#define SECOND UINT64_C(1000000)

static const int64_t began = 1790000000;

static struct thon_device_state state;
static struct thon_state_now now;

static void setup(void)
{
        thon_device_state_init(&state);
        now = (struct thon_state_now){{began}, {1000 * SECOND}};
}

static void wait_s(int64_t s)
{
        now.wall.s += s;
        now.mono.us += (uint64_t)s * SECOND;
}

static struct thon_state_change look(enum thon_camera_verdict verdict)
{
        return thon_device_state_look(&state, &thon_state_defaults, verdict, false, now);
}

/* Looks every `step` seconds for `s` seconds; returns all that was told, together. */
static unsigned looks(enum thon_camera_verdict verdict, int64_t s, int64_t step)
{
        unsigned what = 0;

        for (int64_t i = 0; i < s; i += step) {
                what |= look(verdict).what;
                wait_s(step);
        }
        return what;
}

START_TEST(the_first_look_that_finds_it_well_is_enough)
{
        struct thon_state_change change = look(THON_CAMERA_OK);

        ck_assert_uint_eq(change.what, THON_STATE_HARD_GOOD);
        ck_assert_int_eq(change.before, THON_CAMERA_UNKNOWN);
        ck_assert_int_eq(change.lasted_s, 0);
        ck_assert_int_eq(state.hard, THON_CAMERA_OK);
        ck_assert_int_eq(state.since.s, began);
        ck_assert_uint_eq(look(THON_CAMERA_OK).what, 0);
}
END_TEST

START_TEST(a_failure_is_hard_when_it_has_stood_so_long)
{
        looks(THON_CAMERA_OK, 60, 60);
        ck_assert_uint_eq(look(THON_CAMERA_CABLE).what, THON_STATE_SOFT_BAD);
        wait_s(45);
        ck_assert_uint_eq(look(THON_CAMERA_CABLE).what, 0);
        wait_s(44);
        ck_assert_uint_eq(look(THON_CAMERA_CABLE).what, 0);
        ck_assert_int_eq(state.hard, THON_CAMERA_OK);
        wait_s(1);
        struct thon_state_change change = look(THON_CAMERA_CABLE);
        ck_assert_uint_eq(change.what, THON_STATE_HARD_BAD);
        ck_assert_int_eq(change.before, THON_CAMERA_OK);
        ck_assert_int_eq(change.began.s, began + 60);
        ck_assert_int_eq(state.since.s, began + 60);
}
END_TEST

START_TEST(two_looks_do_not_confirm_however_far_apart)
{
        look(THON_CAMERA_OK);
        look(THON_CAMERA_HUNG);
        wait_s(3600);
        ck_assert_uint_eq(look(THON_CAMERA_HUNG).what & THON_STATE_HARD_BAD, 0);
        ck_assert_uint_eq(look(THON_CAMERA_HUNG).what & THON_STATE_HARD_BAD, THON_STATE_HARD_BAD);
}
END_TEST

START_TEST(many_looks_in_a_hurry_do_not_confirm)
{
        look(THON_CAMERA_OK);
        ck_assert_uint_eq(looks(THON_CAMERA_HUNG, 80, 1) & THON_STATE_HARD_BAD, 0);
}
END_TEST

START_TEST(the_second_failure_of_an_hour_must_stand_longer)
{
        look(THON_CAMERA_OK);
        looks(THON_CAMERA_HUNG, 300, 30);
        looks(THON_CAMERA_OK, 300, 30);
        ck_assert_uint_eq(looks(THON_CAMERA_HUNG, 270, 30) & THON_STATE_HARD_BAD, 0);
        ck_assert_uint_eq(look(THON_CAMERA_HUNG).what, THON_STATE_HARD_BAD);
        looks(THON_CAMERA_OK, 7200, 30);
        ck_assert_uint_eq(looks(THON_CAMERA_HUNG, 120, 30) & THON_STATE_HARD_BAD, THON_STATE_HARD_BAD);
}
END_TEST

START_TEST(what_is_over_before_it_is_confirmed_is_a_blip)
{
        struct thon_state_change change;

        look(THON_CAMERA_OK);
        wait_s(60);
        looks(THON_CAMERA_NO_NETWORK, 40, 20);
        change = look(THON_CAMERA_OK);
        ck_assert_uint_eq(change.what, THON_STATE_BLIP);
        ck_assert_int_eq(change.blip, THON_CAMERA_NO_NETWORK);
        ck_assert_int_eq(change.began.s, began + 60);
        ck_assert_int_eq(change.lasted_s, 40);
        ck_assert_int_eq(state.since.s, began);
}
END_TEST

START_TEST(another_name_is_no_new_failure)
{
        struct thon_state_change change;

        look(THON_CAMERA_OK);
        wait_s(10);
        looks(THON_CAMERA_NO_NETWORK, 60, 20);
        ck_assert_uint_eq(looks(THON_CAMERA_CABLE, 60, 20), THON_STATE_HARD_BAD);
        ck_assert_int_eq(state.since.s, began + 10);
        change = look(THON_CAMERA_NO_NETWORK);
        ck_assert_uint_eq(change.what, THON_STATE_RENAMED);
        ck_assert_int_eq(change.before, THON_CAMERA_CABLE);
        ck_assert_int_eq(state.hard, THON_CAMERA_NO_NETWORK);
        ck_assert_int_eq(state.since.s, began + 10);
}
END_TEST

START_TEST(a_lost_packet_makes_no_failure_of_a_warning)
{
        look(THON_CAMERA_OK);
        looks(THON_CAMERA_CLOCK_SKEW, 120, 30);
        ck_assert_int_eq(state.hard, THON_CAMERA_CLOCK_SKEW);
        ck_assert_uint_eq(look(THON_CAMERA_CABLE).what, THON_STATE_SOFT_BAD);
        wait_s(15);
        ck_assert_uint_eq(look(THON_CAMERA_CLOCK_SKEW).what, THON_STATE_BLIP);
        ck_assert_int_eq(state.hard, THON_CAMERA_CLOCK_SKEW);
}
END_TEST

START_TEST(a_warning_that_becomes_a_failure_begins_anew)
{
        int64_t fell;

        look(THON_CAMERA_OK);
        looks(THON_CAMERA_CLOCK_SKEW, 120, 30);
        fell = now.wall.s;
        ck_assert_uint_eq(looks(THON_CAMERA_CABLE, 180, 30) & THON_STATE_RENAMED, 0);
        ck_assert_uint_eq(looks(THON_CAMERA_CABLE, 30, 30) & THON_STATE_RENAMED, THON_STATE_RENAMED);
        ck_assert_int_eq(state.hard, THON_CAMERA_CABLE);
        ck_assert_int_eq(state.since.s, fell);
        fell = now.wall.s;
        ck_assert_uint_eq(look(THON_CAMERA_CLOCK_SKEW).what, 0);
        wait_s(30);
        ck_assert_uint_eq(look(THON_CAMERA_CLOCK_SKEW).what, THON_STATE_RENAMED);
        ck_assert_int_eq(state.since.s, fell);
}
END_TEST

START_TEST(it_is_over_when_it_has_held)
{
        struct thon_state_change change;

        look(THON_CAMERA_OK);
        looks(THON_CAMERA_HUNG, 300, 30);
        ck_assert_uint_eq(look(THON_CAMERA_OK).what, 0);
        wait_s(29);
        ck_assert_uint_eq(look(THON_CAMERA_OK).what, 0);
        wait_s(1);
        change = look(THON_CAMERA_OK);
        ck_assert_uint_eq(change.what, THON_STATE_HARD_GOOD);
        ck_assert_int_eq(change.began.s, began);
        ck_assert_int_eq(change.lasted_s, 300);
        ck_assert_int_eq(state.since.s, began + 300);
}
END_TEST

START_TEST(one_good_look_among_bad_ones_ends_nothing)
{
        look(THON_CAMERA_OK);
        looks(THON_CAMERA_HUNG, 300, 30);
        for (int i = 0; i < 20; i++) {
                ck_assert_uint_eq(look(THON_CAMERA_OK).what, 0);
                wait_s(15);
                ck_assert_uint_eq(look(THON_CAMERA_HUNG).what, 0);
                wait_s(60);
        }
        ck_assert_int_eq(state.since.s, began);
}
END_TEST

START_TEST(what_could_not_be_seen_is_not_news)
{
        look(THON_CAMERA_OK);
        looks(THON_CAMERA_HUNG, 60, 30);
        ck_assert_uint_eq(look(THON_CAMERA_UNKNOWN).what, 0);
        ck_assert_int_eq(state.now, THON_CAMERA_HUNG);
        wait_s(60);
        ck_assert_uint_eq(look(THON_CAMERA_HUNG).what, THON_STATE_HARD_BAD);
}
END_TEST

START_TEST(what_is_confirmed_already_is_hard_at_once)
{
        struct thon_state_change change;

        look(THON_CAMERA_OK);
        wait_s(10);
        change = thon_device_state_look(&state, &thon_state_defaults, THON_CAMERA_BLACK, true, now);
        ck_assert_uint_eq(change.what, THON_STATE_SOFT_BAD | THON_STATE_HARD_BAD);
        ck_assert_int_eq(state.since.s, began + 10);
        change = thon_device_state_look(&state, &thon_state_defaults, THON_CAMERA_OK, true, now);
        ck_assert_uint_eq(change.what, THON_STATE_HARD_GOOD);
}
END_TEST

START_TEST(restored_it_is_told_of_as_before_with_its_beginning)
{
        struct thon_state_change change;

        thon_device_state_restore(&state, THON_CAMERA_CABLE, (struct thon_wall){began - 7200}, false,
                                  (struct thon_wall){0});
        ck_assert_int_eq(state.now, THON_CAMERA_UNKNOWN);
        ck_assert_uint_eq(looks(THON_CAMERA_CABLE, 300, 30), 0);
        ck_assert_int_eq(state.since.s, began - 7200);
        look(THON_CAMERA_OK);
        wait_s(30);
        change = look(THON_CAMERA_OK);
        ck_assert_uint_eq(change.what, THON_STATE_HARD_GOOD);
        ck_assert_int_eq(change.lasted_s, 7200 + 300);
}
END_TEST

START_TEST(restored_flapping_goes_on_until_it_was_quiet_for_us)
{
        struct thon_state_change change;

        thon_device_state_restore(&state, THON_CAMERA_OK, (struct thon_wall){began - 60}, true,
                                  (struct thon_wall){began - 3600});
        change = look(THON_CAMERA_OK);
        ck_assert(state.flapping);
        ck_assert_uint_eq(change.again.us, now.mono.us + 1800 * SECOND);
        now.mono = change.again;
        change = thon_device_state_tick(&state, &thon_state_defaults, now);
        ck_assert_uint_eq(change.what, THON_STATE_FLAP_END);
        ck_assert(!state.flapping);
}
END_TEST

START_TEST(a_step_of_the_clock_moves_labels_and_nothing_else)
{
        struct thon_state_change change;

        now.wall.s = 100; /* 1970: no clock yet */
        look(THON_CAMERA_OK);
        wait_s(60);
        looks(THON_CAMERA_CABLE, 60, 30);
        now.wall.s = began; /* the network has told the time */
        wait_s(30);
        change = look(THON_CAMERA_CABLE);
        ck_assert_uint_eq(change.what, THON_STATE_HARD_BAD);
        ck_assert_int_eq(state.since.s, began - 60);
        now.wall.s -= 86400;
        wait_s(600);
        look(THON_CAMERA_OK);
        wait_s(30);
        change = look(THON_CAMERA_OK);
        ck_assert_uint_eq(change.what, THON_STATE_HARD_GOOD);
        ck_assert_int_eq(change.lasted_s, 60 + 30 + 600);
}
END_TEST

START_TEST(whatever_comes_hard_is_never_unknown_again_and_spans_are_sane)
{
        random_begin();
        for (int round = 0; round < 2000; round++) {
                setup();
                for (int i = 0; i < 100; i++) {
                        enum thon_camera_verdict verdict =
                                random_below(3)
                                        ? THON_CAMERA_OK
                                        : (enum thon_camera_verdict)random_below(THON_CAMERA_VERDICTS);
                        enum thon_camera_verdict before = state.hard;
                        struct thon_state_change change = thon_device_state_look(
                                &state, &thon_state_defaults, verdict, random_below(10) == 0, now);

                        ck_assert_int_eq(change.before, before);
                        ck_assert_int_ge(change.lasted_s, 0);
                        ck_assert(before == THON_CAMERA_UNKNOWN || state.hard != THON_CAMERA_UNKNOWN);
                        ck_assert(!(change.what & THON_STATE_HARD_GOOD) || state.hard == THON_CAMERA_OK);
                        ck_assert((change.what &
                                   (THON_STATE_HARD_BAD | THON_STATE_HARD_GOOD | THON_STATE_RENAMED)) != 0 ||
                                  state.hard == before);
                        ck_assert(state.flapping == (change.again.us != UINT64_MAX));
                        ck_assert_int_le(state.since.s, now.wall.s);
                        wait_s((int64_t)random_below(120));
                }
        }
}
END_TEST

/* ---- when to look ---- */
static const struct thon_check_plan plan = {.interval_s = 60, .retry_s = 15, .phase = 12345678901};

START_TEST(after_a_restart_looks_are_spread_over_the_interval)
{
        unsigned seconds[60] = {0}, most = 0;

        random_begin();
        for (int i = 0; i < 2700; i++) {
                struct thon_check_plan one = {60, 15, random_below(UINT64_MAX)};
                struct thon_mono next = thon_check_next(&one, &state, now);

                ck_assert_uint_ge(next.us, now.mono.us);
                ck_assert_uint_lt(next.us, now.mono.us + 60 * SECOND);
                seconds[(next.us - now.mono.us) / SECOND]++;
        }
        for (int i = 0; i < 60; i++)
                most = seconds[i] > most ? seconds[i] : most;
        ck_assert_uint_lt(most, 90); /* 45 on average */
}
END_TEST

START_TEST(a_well_device_keeps_its_slot)
{
        uint64_t slot;

        look(THON_CAMERA_OK);
        now.mono = thon_check_next(&plan, &state, now);
        slot = now.mono.us % (60 * SECOND);
        for (int i = 0; i < 100; i++) {
                struct thon_mono at = now.mono;

                now.mono.us += 5 * SECOND; /* it took so long */
                look(THON_CAMERA_OK);
                now.mono = thon_check_next(&plan, &state, now);
                ck_assert_uint_eq(now.mono.us, at.us + 60 * SECOND);
                ck_assert_uint_eq(now.mono.us % (60 * SECOND), slot);
        }
}
END_TEST

START_TEST(a_look_out_of_turn_is_not_repeated_at_once)
{
        look(THON_CAMERA_OK);
        for (int i = 0; i < 120; i++) {
                struct thon_mono next;

                wait_s(1);
                look(THON_CAMERA_OK);
                next = thon_check_next(&plan, &state, now);
                ck_assert_uint_ge(next.us, now.mono.us + 30 * SECOND);
                ck_assert_uint_le(next.us, now.mono.us + 90 * SECOND);
        }
}
END_TEST

START_TEST(a_soft_one_is_looked_at_soon_again)
{
        look(THON_CAMERA_OK);
        look(THON_CAMERA_HUNG);
        ck_assert_uint_eq(thon_check_next(&plan, &state, now).us, now.mono.us + 15 * SECOND);
        looks(THON_CAMERA_HUNG, 200, 15);
        look(THON_CAMERA_OK);
        ck_assert_uint_eq(thon_check_next(&plan, &state, now).us, now.mono.us + 15 * SECOND);
        wait_s(1000);
        ck_assert_uint_eq(thon_check_next(&plan, &state, now).us, now.mono.us);
}
END_TEST

START_TEST(who_is_silent_for_an_hour_is_asked_less_often)
{
        struct thon_mono next;

        look(THON_CAMERA_OK);
        looks(THON_CAMERA_NO_NETWORK, 3600, 15);
        next = thon_check_next(&plan, &state, now);
        ck_assert_uint_le(next.us, now.mono.us + 360 * SECOND);
        ck_assert_uint_ge(next.us, now.mono.us + 100 * SECOND);
        ck_assert_uint_le(thon_check_next(&(struct thon_check_plan){600, 15, 7}, &state, now).us,
                          now.mono.us + 1350 * SECOND);
        ck_assert_uint_ge(thon_check_next(&(struct thon_check_plan){3600, 15, 7}, &state, now).us,
                          now.mono.us + 1800 * SECOND);
        /* One that answers, if badly, is not silent. */
        setup();
        look(THON_CAMERA_OK);
        looks(THON_CAMERA_HUNG, 7200, 15);
        ck_assert_uint_le(thon_check_next(&plan, &state, now).us, now.mono.us + 90 * SECOND);
}
END_TEST

START_TEST(after_a_suspend_nobody_is_caught_up_with_in_a_burst)
{
        unsigned at_once = 0;

        look(THON_CAMERA_OK);
        now.mono.us += 86400 * SECOND;
        for (uint64_t i = 0; i < 1000; i++) {
                struct thon_check_plan one = {60, 15, i * UINT64_C(0x9e3779b97f4a7c15)};

                at_once += thon_check_next(&one, &state, now).us < now.mono.us + SECOND;
        }
        ck_assert_uint_lt(at_once, 60);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_state");
        TCase *tc = tcase_create("states");
        tcase_add_checked_fixture(tc, setup, NULL);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, the_first_look_that_finds_it_well_is_enough);
        tcase_add_test(tc, a_failure_is_hard_when_it_has_stood_so_long);
        tcase_add_test(tc, two_looks_do_not_confirm_however_far_apart);
        tcase_add_test(tc, many_looks_in_a_hurry_do_not_confirm);
        tcase_add_test(tc, the_second_failure_of_an_hour_must_stand_longer);
        tcase_add_test(tc, what_is_over_before_it_is_confirmed_is_a_blip);
        tcase_add_test(tc, another_name_is_no_new_failure);
        tcase_add_test(tc, a_lost_packet_makes_no_failure_of_a_warning);
        tcase_add_test(tc, a_warning_that_becomes_a_failure_begins_anew);
        tcase_add_test(tc, it_is_over_when_it_has_held);
        tcase_add_test(tc, one_good_look_among_bad_ones_ends_nothing);
        tcase_add_test(tc, what_could_not_be_seen_is_not_news);
        tcase_add_test(tc, what_is_confirmed_already_is_hard_at_once);
        tcase_add_test(tc, restored_it_is_told_of_as_before_with_its_beginning);
        tcase_add_test(tc, restored_flapping_goes_on_until_it_was_quiet_for_us);
        tcase_add_test(tc, a_step_of_the_clock_moves_labels_and_nothing_else);
        tcase_add_test(tc, whatever_comes_hard_is_never_unknown_again_and_spans_are_sane);
        tcase_add_test(tc, after_a_restart_looks_are_spread_over_the_interval);
        tcase_add_test(tc, a_well_device_keeps_its_slot);
        tcase_add_test(tc, a_look_out_of_turn_is_not_repeated_at_once);
        tcase_add_test(tc, a_soft_one_is_looked_at_soon_again);
        tcase_add_test(tc, who_is_silent_for_an_hour_is_asked_less_often);
        tcase_add_test(tc, after_a_suspend_nobody_is_caught_up_with_in_a_burst);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

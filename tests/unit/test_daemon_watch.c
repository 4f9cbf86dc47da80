/* Who watches the daemons: what is a death, what is a loop, what is nobody's business. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay_random.h"
#include "thon/daemon_watch.h"

#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)

static struct thon_watch *watch;
static struct thon_mono now;
/* What the last look found of one daemon, and how often anything changed so far. */
static enum thon_watch_trouble found;
static unsigned changes;
static struct thon_mono next;

static void begin(void)
{
        watch = thon_watch_new();
        ck_assert_ptr_nonnull(watch);
        now = (struct thon_mono){1000 * MINUTE};
        changes = 0;
        thon_watch_connected(watch, true, now);
}

static void end(void)
{
        watch = thon_watch_free(watch);
}

static void see(const struct thon_watch_finding *finding, void *userdata)
{
        changes += finding->changed;
        if (strcmp(finding->daemon, userdata) == 0)
                found = finding->trouble;
}

static enum thon_watch_trouble look(const char *daemon)
{
        char name[64];

        snprintf(name, sizeof(name), "%s", daemon);
        found = THON_WATCH_NONE;
        next = thon_watch_look(watch, now, see, name);
        return found;
}

static void later(uint64_t us)
{
        now = thon_mono_add(now, us);
}

static void says(const char *daemon, enum thon_watch_word word, uint64_t age_us)
{
        ck_assert_int_eq(thon_watch_heard(watch, daemon, word, age_us, now), 0);
}

/* As the service manager and the broker show it. */
static void dies_and_returns(const char *daemon)
{
        says(daemon, THON_WATCH_DIED, 0);
        later(2 * SECOND);
        says(daemon, THON_WATCH_ONLINE, SECOND / 2);
}

START_TEST(one_that_dies_and_comes_back_is_nobodys_business)
{
        says("camerad", THON_WATCH_ONLINE, 5 * MINUTE);
        dies_and_returns("camerad");
        later(MINUTE);
        dies_and_returns("camerad");
        ck_assert_int_eq(look("camerad"), THON_WATCH_NONE);
        later(120 * MINUTE);
        dies_and_returns("camerad");
        ck_assert_int_eq(look("camerad"), THON_WATCH_NONE);
        ck_assert_uint_eq(changes, 0);
}
END_TEST

START_TEST(the_third_death_is_told_once_and_its_end_when_it_has_lived_for_a_while)
{
        says("camerad", THON_WATCH_ONLINE, 5 * MINUTE);
        for (int i = 0; i < 200; i++) {
                dies_and_returns("camerad");
                ck_assert_int_eq(look("camerad"), i < 2 ? THON_WATCH_NONE : THON_WATCH_DYING);
                later(SECOND);
        }
        ck_assert_uint_eq(changes, 1);
        later(9 * MINUTE);
        ck_assert_int_eq(look("camerad"), THON_WATCH_DYING);
        now = next;
        ck_assert_int_eq(look("camerad"), THON_WATCH_NONE);
        ck_assert_uint_eq(changes, 2);
}
END_TEST

START_TEST(one_that_dies_every_twenty_minutes_is_well_after_twice_as_long)
{
        says("announced", THON_WATCH_ONLINE, 0);
        for (int i = 0; i < 3; i++) {
                later(20 * MINUTE);
                dies_and_returns("announced");
        }
        ck_assert_int_eq(look("announced"), THON_WATCH_DYING);
        later(39 * MINUTE);
        ck_assert_int_eq(look("announced"), THON_WATCH_DYING);
        later(2 * MINUTE);
        ck_assert_int_eq(look("announced"), THON_WATCH_NONE);
}
END_TEST

START_TEST(one_that_does_not_come_back_is_dead_after_three_minutes)
{
        says("lightd", THON_WATCH_ONLINE, 0);
        says("lightd", THON_WATCH_DIED, 0);
        ck_assert_int_eq(look("lightd"), THON_WATCH_NONE);
        ck_assert_uint_eq(next.us, now.us + THON_WATCH_DEAD_US);
        now = next;
        ck_assert_int_eq(look("lightd"), THON_WATCH_DEAD);
        later(MINUTE);
        says("lightd", THON_WATCH_ONLINE, 0);
        ck_assert_int_eq(look("lightd"), THON_WATCH_DEAD);
        now = next;
        ck_assert_int_eq(look("lightd"), THON_WATCH_NONE);
        ck_assert_uint_eq(changes, 2);
}
END_TEST

START_TEST(one_that_a_person_stopped_is_asked_about_after_half_an_hour)
{
        says("camerad", THON_WATCH_ONLINE, 0);
        says("camerad", THON_WATCH_STOPPED, 0);
        later(29 * MINUTE);
        ck_assert_int_eq(look("camerad"), THON_WATCH_NONE);
        later(MINUTE);
        ck_assert_int_eq(look("camerad"), THON_WATCH_AWAY);
        says("camerad", THON_WATCH_ONLINE, 0);
        ck_assert_int_eq(look("camerad"), THON_WATCH_NONE);
}
END_TEST

START_TEST(a_package_that_is_upgraded_ten_times_is_no_loop)
{
        says("relayd", THON_WATCH_ONLINE, 0);
        for (int i = 0; i < 10; i++) {
                says("relayd", THON_WATCH_STOPPED, 0);
                later(SECOND);
                says("relayd", THON_WATCH_ONLINE, SECOND / 2);
                ck_assert_int_eq(look("relayd"), THON_WATCH_NONE);
                later(SECOND);
        }
}
END_TEST

START_TEST(a_broker_that_restarts_kills_nobody)
{
        static const char *const daemons[] = {"lightd", "camerad", "announced", "lightd-tu-3"};

        for (int round = 0; round < 10; round++) {
                for (size_t i = 0; i < 4; i++)
                        says(daemons[i], THON_WATCH_ONLINE, (uint64_t)round * 3 * MINUTE);
                for (size_t i = 0; i < 4; i++)
                        says(daemons[i], THON_WATCH_DIED, 0); /* as the broker ends */
                thon_watch_connected(watch, false, now);
                later(10 * MINUTE);
                ck_assert_int_eq(look("lightd"), THON_WATCH_NONE);
                thon_watch_connected(watch, true, now);
                later(150 * SECOND); /* the others find it in their own time */
                ck_assert_int_eq(look("lightd"), THON_WATCH_NONE);
                for (size_t i = 0; i < 4; i++)
                        says(daemons[i], THON_WATCH_ONLINE, (uint64_t)(round + 1) * 13 * MINUTE);
                ck_assert_int_eq(look("lightd"), THON_WATCH_NONE);
        }
        ck_assert_uint_eq(changes, 0);
}
END_TEST

START_TEST(a_cabinet_whose_line_comes_and_goes_does_not_die)
{
        says("lightd-tu-3", THON_WATCH_ONLINE, 0);
        for (uint64_t i = 1; i <= 20; i++) {
                says("lightd-tu-3", THON_WATCH_DIED, 0);
                later(MINUTE);
                says("lightd-tu-3", THON_WATCH_ONLINE, i * 2 * MINUTE);
                later(MINUTE);
                ck_assert_int_eq(look("lightd-tu-3"), THON_WATCH_NONE);
        }
}
END_TEST

START_TEST(one_that_was_dead_before_the_broker_was_away_is_dead_after_it_too)
{
        says("lightd", THON_WATCH_DIED, 0);
        later(THON_WATCH_DEAD_US);
        ck_assert_int_eq(look("lightd"), THON_WATCH_DEAD);
        thon_watch_connected(watch, false, now);
        later(MINUTE);
        thon_watch_connected(watch, true, now);
        ck_assert_int_eq(look("lightd"), THON_WATCH_DEAD);
        ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(stopping_a_loop_by_hand_ends_it)
{
        says("camerad", THON_WATCH_ONLINE, 0);
        for (int i = 0; i < 3; i++)
                dies_and_returns("camerad");
        ck_assert_int_eq(look("camerad"), THON_WATCH_DYING);
        says("camerad", THON_WATCH_STOPPED, 0);
        ck_assert_int_eq(look("camerad"), THON_WATCH_NONE);
}
END_TEST

START_TEST(what_a_process_knows_of_its_own_deaths_counts)
{
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(thon_watch_died(watch, "relayd", now), 0);
        says("relayd", THON_WATCH_ONLINE, 0);
        ck_assert_int_eq(look("relayd"), THON_WATCH_DYING);
        now = next;
        ck_assert_int_eq(look("relayd"), THON_WATCH_NONE);
}
END_TEST

START_TEST(a_daemon_that_was_removed_is_forgotten)
{
        says("camerad", THON_WATCH_DIED, 0);
        thon_watch_forget(watch, "camerad");
        thon_watch_forget(watch, "never-heard-of");
        later(60 * MINUTE);
        ck_assert_int_eq(look("camerad"), THON_WATCH_NONE);
}
END_TEST

START_TEST(names_are_checked_and_bounded)
{
        char name[16];

        ck_assert_int_eq(thon_watch_heard(watch, "Không", THON_WATCH_ONLINE, 0, now), -EINVAL);
        for (int i = 0; i < THON_WATCH_MAX; i++) {
                snprintf(name, sizeof(name), "d%d", i);
                says(name, THON_WATCH_DIED, 0);
        }
        ck_assert_int_eq(thon_watch_heard(watch, "one-more", THON_WATCH_ONLINE, 0, now), -ENOSPC);
}
END_TEST

/* Whatever is heard: nothing is told twice without an end between, and what lives long enough is well. */
START_TEST(any_story_ends_well_when_all_live)
{
        static const char *const daemons[] = {"lightd", "camerad", "announced"};

        random_begin();
        for (int story = 0; story < 300; story++) {
                for (int i = 0; i < 60; i++) {
                        const char *daemon = daemons[random_below(3)];

                        switch (random_below(6)) {
                        case 0:
                                thon_watch_connected(watch, random_below(2) == 0, now);
                                break;
                        case 1:
                                says(daemon, THON_WATCH_STOPPED, 0);
                                break;
                        case 2:
                        case 3:
                                says(daemon, THON_WATCH_DIED, 0);
                                break;
                        default:
                                says(daemon, THON_WATCH_ONLINE, random_below(600) * SECOND);
                        }
                        later(random_below(400) * SECOND);
                        (void)look(daemon);
                }
                thon_watch_connected(watch, true, now);
                for (size_t i = 0; i < 3; i++)
                        says(daemons[i], THON_WATCH_ONLINE, 0);
                while (look("lightd"), next.us != THON_MONO_NEVER.us) {
                        ck_assert_uint_gt(next.us, now.us);
                        now = next;
                }
                for (size_t i = 0; i < 3; i++)
                        ck_assert_int_eq(look(daemons[i]), THON_WATCH_NONE);
                /* What was told is not told again. */
                changes = 0;
                (void)look("lightd");
                ck_assert_uint_eq(changes, 0);
        }
}
END_TEST

START_TEST(every_word_fits_and_says_what_to_do)
{
        static const char *const daemons[] = {
                "lightd",
                "camerad",
                "announced",
                "relayd",
                "lightd-tu-thon-4-canh-truong-hoc-va-nha-van-hoa-xa-chi-phuc-1",
                "webd"};

        for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++)
                for (int t = THON_WATCH_NONE; t <= THON_WATCH_DYING; t++) {
                        struct thon_watch_finding f = {.daemon = daemons[i],
                                                       .trouble = (enum thon_watch_trouble)t};
                        char *text = thon_watch_text(&f), name[THON_WATCH_NAME];

                        ck_assert_ptr_nonnull(text);
                        ck_assert_uint_le(strlen(text), THON_WATCH_TEXT_MAX);
                        thon_watch_name(daemons[i], name);
                        ck_assert_msg(strncmp(text, name, strlen(name)) == 0, "%s", text);
                        free(text);
                }
        struct thon_watch_finding f = {.daemon = "lightd", .trouble = THON_WATCH_DYING};
        ck_assert_str_eq(thon_watch_severity(&f), "critical");
        char *text = thon_watch_text(&f);
        ck_assert_str_eq(
                text,
                "Chương trình đèn (thon-lightd): liên tục tự tắt rồi chạy lại; trong lúc tắt đèn giữ nguyên "
                "như lúc này, không tự bật tắt. Xem nguyên nhân: journalctl -u thon-lightd -n 50");
        free(text);
        f = (struct thon_watch_finding){.daemon = "camerad", .trouble = THON_WATCH_AWAY};
        ck_assert_str_eq(thon_watch_severity(&f), "info");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("daemon-watch");
        TCase *tc = tcase_create("core");

        tcase_add_checked_fixture(tc, begin, end);
        tcase_add_test(tc, one_that_dies_and_comes_back_is_nobodys_business);
        tcase_add_test(tc, the_third_death_is_told_once_and_its_end_when_it_has_lived_for_a_while);
        tcase_add_test(tc, one_that_dies_every_twenty_minutes_is_well_after_twice_as_long);
        tcase_add_test(tc, one_that_does_not_come_back_is_dead_after_three_minutes);
        tcase_add_test(tc, one_that_a_person_stopped_is_asked_about_after_half_an_hour);
        tcase_add_test(tc, a_package_that_is_upgraded_ten_times_is_no_loop);
        tcase_add_test(tc, a_broker_that_restarts_kills_nobody);
        tcase_add_test(tc, a_cabinet_whose_line_comes_and_goes_does_not_die);
        tcase_add_test(tc, one_that_was_dead_before_the_broker_was_away_is_dead_after_it_too);
        tcase_add_test(tc, stopping_a_loop_by_hand_ends_it);
        tcase_add_test(tc, what_a_process_knows_of_its_own_deaths_counts);
        tcase_add_test(tc, a_daemon_that_was_removed_is_forgotten);
        tcase_add_test(tc, names_are_checked_and_bounded);
        tcase_add_test(tc, any_story_ends_well_when_all_live);
        tcase_add_test(tc, every_word_fits_and_says_what_to_do);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? 0 : 1;
}

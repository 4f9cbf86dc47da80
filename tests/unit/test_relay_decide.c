/* What is repeated, what moves on, what is asked of a person; and ladders. */
#include <check.h>
#include <string.h>

#include "relay_random.h"
#include "thon/relay_decide.h"

static const struct thon_wall now = {1800000000};

static struct thon_message_state message(enum thon_class lane)
{
        return (struct thon_message_state){
                .lane = lane, .attempts = 1, .expires = THON_WALL_NEVER, .more_rungs = true};
}

static struct thon_judgement judged(enum thon_verdict verdict)
{
        return (struct thon_judgement){
                .verdict = verdict, .meaning = "", .until = THON_WALL_NEVER, .quota_left = -1};
}

static struct thon_decision decide(const struct thon_message_state *m, const struct thon_judgement *j)
{
        return thon_relay_decide(m, j, THON_UNKNOWN_ASK, now, 0);
}

START_TEST(an_unknown_is_not_repeated_unless_somebody_decided_so)
{
        struct thon_message_state m = message(THON_CLASS_NORMAL);
        struct thon_judgement j = judged(THON_VERDICT_UNKNOWN);

        ck_assert_int_eq(thon_relay_decide(&m, &j, THON_UNKNOWN_ASK, now, 0).next, THON_NEXT_UNKNOWN);
        ck_assert_int_eq(thon_relay_decide(&m, &j, THON_UNKNOWN_RECEIPT, now, 0).next, THON_NEXT_UNKNOWN);
        ck_assert_int_eq(thon_relay_decide(&m, &j, THON_UNKNOWN_REPEAT, now, 0).next, THON_NEXT_AGAIN);
        m.unknowns = 1;
        ck_assert_int_eq(thon_relay_decide(&m, &j, THON_UNKNOWN_REPEAT, now, 0).next, THON_NEXT_UNKNOWN);
}
END_TEST

START_TEST(a_pause_of_the_channel_is_no_try_of_the_message)
{
        struct thon_message_state m = message(THON_CLASS_NORMAL);
        struct thon_judgement j = judged(THON_VERDICT_WAIT);
        struct thon_decision d;

        j.wait_s = 17;
        d = decide(&m, &j);
        ck_assert_int_eq(d.next, THON_NEXT_AGAIN);
        ck_assert_int_eq(d.due.s, now.s + 17);
        ck_assert_int_eq(d.pause_s, 17);
        ck_assert(!d.counts_as_attempt && d.channel_alive && !d.channel_failed);
        j.wait_s = INT64_MAX;
        ck_assert_int_eq(decide(&m, &j).pause_s, 86400);
}
END_TEST

START_TEST(an_emergency_does_not_wait_where_another_rung_is)
{
        struct thon_message_state m = message(THON_CLASS_EMERGENCY);
        struct thon_judgement j = judged(THON_VERDICT_DEFER);

        j.until.s = now.s + 7 * 3600;
        ck_assert_int_eq(decide(&m, &j).next, THON_NEXT_RUNG);
        m.more_rungs = false;
        ck_assert_int_eq(decide(&m, &j).next, THON_NEXT_AGAIN);
        ck_assert_int_eq(decide(&m, &j).due.s, j.until.s);
        m = message(THON_CLASS_NORMAL);
        ck_assert_int_eq(decide(&m, &j).next, THON_NEXT_AGAIN);
}
END_TEST

START_TEST(a_refusal_of_the_channel_keeps_its_messages)
{
        struct thon_message_state m = message(THON_CLASS_NORMAL);
        struct thon_judgement j = judged(THON_VERDICT_CHANNEL);
        struct thon_decision d = decide(&m, &j);

        ck_assert_int_eq(d.next, THON_NEXT_AGAIN);
        ck_assert(d.hold && !d.counts_as_attempt);
}
END_TEST

START_TEST(a_token_is_refreshed_once_for_a_message)
{
        struct thon_message_state m = message(THON_CLASS_NORMAL);
        struct thon_judgement j = judged(THON_VERDICT_REFRESH);

        ck_assert_int_eq(decide(&m, &j).next, THON_NEXT_REFRESH);
        m.refreshed = true;
        ck_assert_int_eq(decide(&m, &j).next, THON_NEXT_AGAIN);
        ck_assert(decide(&m, &j).hold);
}
END_TEST

START_TEST(nobody_without_zalo_is_asked_twice)
{
        struct thon_message_state m = message(THON_CLASS_NORMAL);
        struct thon_judgement j = judged(THON_VERDICT_PERSON);

        j.remember_s = 30 * 86400;
        ck_assert_int_eq(decide(&m, &j).next, THON_NEXT_RUNG);
        ck_assert(decide(&m, &j).remember);
        ck_assert(decide(&m, &j).channel_alive);
}
END_TEST

START_TEST(a_chat_that_moved_is_followed_at_once)
{
        struct thon_message_state m = message(THON_CLASS_NORMAL);
        struct thon_judgement j = judged(THON_VERDICT_RETRY);

        m.attempts = THON_RETRIES_MAX;
        strcpy(j.new_address, "-100123");
        ck_assert_int_eq(decide(&m, &j).next, THON_NEXT_AGAIN);
        ck_assert_int_eq(decide(&m, &j).due.s, now.s);
}
END_TEST

START_TEST(whatever_is_answered_tries_end_and_nothing_goes_after_its_expiry)
{
        random_begin();
        for (int i = 0; i < 20000; i++) {
                struct thon_message_state m = message((enum thon_class)random_below(THON_CLASSES));
                enum thon_unknown_policy policy = (enum thon_unknown_policy)random_below(3);
                struct thon_wall t = now;
                int tries = 0;

                m.more_rungs = random_below(2);
                m.attempts = 0;
                m.expires = random_below(2) ? (struct thon_wall){now.s + (int64_t)random_below(100000)}
                                            : THON_WALL_NEVER;
                for (;; tries++) {
                        struct thon_judgement j = judged((enum thon_verdict)random_below(THON_VERDICTS));
                        struct thon_decision d;

                        j.wait_s = (int64_t)random_below(4000);
                        m.attempts++;
                        d = thon_relay_decide(&m, &j, policy, t, random_unit());
                        if (d.next == THON_NEXT_REFRESH)
                                m.refreshed = true;
                        else if (d.next != THON_NEXT_AGAIN)
                                break;
                        if (d.next == THON_NEXT_AGAIN)
                                ck_assert_msg(d.due.s < m.expires.s, "it would be sent after it expired");
                        ck_assert_int_ge(d.due.s, t.s);
                        t = d.due.s > t.s ? d.due : t;
                        if (!d.counts_as_attempt)
                                m.attempts--;
                        if (j.verdict == THON_VERDICT_UNKNOWN)
                                m.unknowns++;
                        ck_assert_uint_le(m.attempts, THON_RETRIES_MAX + 1);
                        ck_assert_uint_le(m.unknowns, 1);
                }
                ck_assert_int_lt(tries, 10000);
        }
}
END_TEST

START_TEST(a_ladder_is_read_as_it_was_written)
{
        char ladder[THON_LADDER_MAX] = "";
        struct thon_rung rung;

        ck_assert(thon_ladder_add(ladder, "oa", "9007199254740993123"));
        ck_assert(thon_ladder_add(ladder, "sms", "+84912345678"));
        ck_assert_msg(!thon_ladder_add(ladder, "oa", "9007199254740993123"), "a rung stands once");
        ck_assert_str_eq(ladder, "oa:9007199254740993123 sms:+84912345678");
        ck_assert(thon_ladder_rung(ladder, 1, &rung));
        ck_assert_str_eq(rung.channel, "sms");
        ck_assert_str_eq(rung.address, "+84912345678");
        ck_assert(!thon_ladder_rung(ladder, 2, &rung));
        ck_assert(!thon_ladder_rung("", 0, &rung));
}
END_TEST

START_TEST(a_ladder_takes_no_nonsense)
{
        char ladder[THON_LADDER_MAX] = "", longest[THON_ADDRESS_MAX + 1];
        struct thon_rung rung;
        int n = 0;

        memset(longest, 'x', THON_ADDRESS_MAX);
        longest[THON_ADDRESS_MAX] = '\0';
        ck_assert(!thon_ladder_add(ladder, "oa", ""));
        ck_assert(!thon_ladder_add(ladder, "", "1"));
        ck_assert(!thon_ladder_add(ladder, "OA", "1"));
        ck_assert(!thon_ladder_add(ladder, "oa", "1 sms:2"));
        ck_assert(!thon_ladder_add(ladder, "oa", longest));
        ck_assert_str_eq(ladder, "");
        static const char *const damaged[] = {"oa", ":1", "oa:", " oa:1", "oa:1  sms:2", "oa:\x01"};
        for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
                ck_assert_msg(!thon_ladder_rung(damaged[i], 1, &rung), "%s", damaged[i]);
        longest[THON_ADDRESS_MAX - 1] = '\0';
        for (char name[8] = "c0"; n < 100; n++, name[1] = (char)('0' + n % 10))
                if (!thon_ladder_add(ladder, name, longest))
                        break;
        ck_assert_int_gt(n, 5);
        ck_assert_uint_lt(strlen(ladder), THON_LADDER_MAX);
}
END_TEST

static bool some(const struct thon_rung *rung, void *userdata)
{
        return strcmp(rung->channel, userdata) != 0;
}

START_TEST(a_ladder_ends)
{
        const char *ladder = "nhom:g oa:1 oa:2 sms:+84912345678";

        ck_assert_int_eq(thon_ladder_next(ladder, -1, some, (char *)"zns"), 0);
        ck_assert_int_eq(thon_ladder_next(ladder, 0, some, (char *)"oa"), 3);
        ck_assert_int_eq(thon_ladder_next(ladder, 3, some, (char *)"zns"), -1);
        ck_assert_int_eq(thon_ladder_next(ladder, 1000, some, (char *)"zns"), -1);
        ck_assert_int_eq(thon_ladder_next("", -1, some, (char *)"zns"), -1);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay decisions");
        TCase *tc = tcase_create("decisions");

        tcase_add_test(tc, an_unknown_is_not_repeated_unless_somebody_decided_so);
        tcase_add_test(tc, a_pause_of_the_channel_is_no_try_of_the_message);
        tcase_add_test(tc, an_emergency_does_not_wait_where_another_rung_is);
        tcase_add_test(tc, a_refusal_of_the_channel_keeps_its_messages);
        tcase_add_test(tc, a_token_is_refreshed_once_for_a_message);
        tcase_add_test(tc, nobody_without_zalo_is_asked_twice);
        tcase_add_test(tc, a_chat_that_moved_is_followed_at_once);
        tcase_add_test(tc, whatever_is_answered_tries_end_and_nothing_goes_after_its_expiry);
        tcase_add_test(tc, a_ladder_is_read_as_it_was_written);
        tcase_add_test(tc, a_ladder_takes_no_nonsense);
        tcase_add_test(tc, a_ladder_ends);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* What a try came to, for all whom its message was for: sent, again, the next rung, a visit, unknown, and what a person or a
 * receipt says about it afterwards. */
#include "relay_store_fixture.h"

/* ---- the ladder ---- */

START_TEST(a_refused_rung_is_followed_by_the_next_one)
{
        int64_t id = submit("Họp thôn", "oa:1 zbs:+84912345678 sms:+84912345678");
        try_all("oa", THON_NEXT_RUNG, "không có tài khoản Zalo");
        stands(id, "H-1 zbs pending");
        try_all("zbs", THON_NEXT_RUNG, "mẫu bị từ chối");
        stands(id, "H-1 sms pending");
        try_all("sms", THON_NEXT_DONE, "");
        stands(id, "H-1 sms sent");
        ck_assert_str_eq(of_delivery(id, 0, "attempts"), "3");
        ck_assert_ptr_nonnull(strstr(of_delivery(id, 0, "rungs"),
                                     "\"channel\":\"oa\",\"state\":\"not_sent\",\"attempts\":1"));
        ck_assert_ptr_nonnull(strstr(of_delivery(id, 0, "rungs"), "không có tài khoản Zalo"));
}
END_TEST

START_TEST(at_the_end_of_the_ladder_a_household_is_visited_and_a_person_was_not_reached)
{
        int64_t id = submit("Họp thôn", "oa:1", "@oa:2");
        try_all("oa", THON_NEXT_RUNG, "đã chặn OA");
        stands(id, "H-1 oa visit; p-2 oa not_sent");
        ck_assert_str_eq(of_delivery(id, 0, "detail"), "\"đã chặn OA\"");
}
END_TEST

START_TEST(rungs_that_cannot_be_used_are_passed_over)
{
        int64_t id = submit("Họp thôn", "oa:1 zbs:+84912345678 sms:+84912345678");
        (void)snprintf(broken, sizeof(broken), "zbs");
        try_all("oa", THON_NEXT_RUNG, "không có");
        stands(id, "H-1 sms pending");
}
END_TEST

START_TEST(a_chat_that_was_asked_for_another_household_is_not_asked_again)
{
        /* H-2's first rung is H-1's second, and so on: each of them is one message. */
        int64_t id = submit("Họp thôn", "oa:1 sms:+84912345678", "sms:+84912345678 bot:2", "bot:2 oa:1",
                            "zbs:4 oa:1 sms:+84912345678 bot:2");
        try_all("sms", THON_NEXT_DONE, "");
        stands(id, "H-1 oa pending; H-2 sms sent; H-3 bot pending; H-4 zbs pending");
        try_all("oa", THON_NEXT_RUNG, "không có");
        stands(id, "H-1 sms sent; H-2 sms sent; H-3 bot pending; H-4 zbs pending");
        try_all("bot", THON_NEXT_RUNG, "không có");
        stands(id, "H-1 sms sent; H-2 sms sent; H-3 oa visit; H-4 zbs pending");
        try_all("zbs", THON_NEXT_RUNG, "không có");
        stands(id, "H-1 sms sent; H-2 sms sent; H-3 oa visit; H-4 sms sent");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM message"), 4);
}
END_TEST

START_TEST(one_joins_a_message_that_waits_or_is_unknown)
{
        int64_t id = submit("Họp thôn", "oa:1 sms:+84912345678", "sms:+84912345678", "bot:3 oa:9", "oa:9");
        try_all("oa", THON_NEXT_RUNG, "không có"); /* 1 and 9 */
        stands(id, "H-1 sms pending; H-2 sms pending; H-3 bot pending; H-4 oa visit");
        try_all("sms", THON_NEXT_UNKNOWN, "hết giờ chờ");
        stands(id, "H-1 sms unknown; H-2 sms unknown; H-3 bot pending; H-4 oa visit");
        ck_assert_str_eq(of_delivery(id, 0, "detail"), "\"hết giờ chờ\"");
        try_all("bot", THON_NEXT_RUNG, "không có");
        stands(id, "H-1 sms unknown; H-2 sms unknown; H-3 oa visit; H-4 oa visit");
}
END_TEST

/* A step that never gets anywhere. */
static int step_in_place(const char *ladder, int rung, struct thon_wall *due, enum thon_due *why,
                         void *userdata)
{
        (void)ladder, (void)due, (void)why;
        ++*(unsigned *)userdata;
        return rung;
}

START_TEST(a_ladder_that_leads_nowhere_ends)
{
        int64_t id = submit("Họp thôn", "oa:1 sms:+84912345678");
        unsigned asked = 0;
        struct thon_settle over = settle_of(message_to("oa", "1"), THON_NEXT_RUNG, "không có");
        must_do(thon_message_settle(store, &over, step_in_place, &asked));
        stands(id, "H-1 oa visit");
        ck_assert_uint_eq(asked, 1);
}
END_TEST

/* ---- again ---- */

START_TEST(a_try_is_noted_with_its_code_parts_and_message_id)
{
        int64_t id = submit("Họp thôn", "oa:1");
        claims("oa", "oa:1 Họp thôn");
        struct thon_settle s = settle_of(message_to("oa", "1"), THON_NEXT_AGAIN, "quá nhanh");
        s.has_code = true;
        s.code = -32;
        s.part = 1;
        s.uncount = true;
        s.due = in(60);
        must_do(thon_message_settle(store, &s, step, NULL));
        ck_assert_str_eq(of_delivery(id, 0, "attempts"), "0");
        ck_assert_str_eq(of_delivery(id, 0, "code"), "-32");
        ck_assert_str_eq(of_delivery(id, 0, "due"), "\"2026-11-21T12:01:00Z\"");
        now = in(60);
        claims("oa", "oa:1 Họp thôn");
        s = settle_of(message_to("oa", "1"), THON_NEXT_DONE, "");
        s.message_id = "9223372036854775808";
        s.part = 2;
        must_do(thon_message_settle(store, &s, step, NULL));
        ck_assert_str_eq(of_delivery(id, 0, "attempts"), "1");
        ck_assert_str_eq(of_delivery(id, 0, "code"), "null");
        ck_assert_str_eq(of_delivery(id, 0, "message_id"), "\"9223372036854775808\"");
        ck_assert_str_eq(of_delivery(id, 0, "at"), "\"2026-11-21T12:01:00Z\"");
        ck_assert_int_eq(integer(store, "SELECT part FROM message"), 2);
}
END_TEST

START_TEST(a_group_that_moved_is_written_to_at_its_new_address)
{
        submit("Họp thôn", "telegram:-100");
        claims("telegram", "telegram:-100 Họp thôn");
        struct thon_settle s = settle_of(message_to("telegram", "-100"), THON_NEXT_AGAIN, "");
        s.address = "-100200";
        must_do(thon_message_settle(store, &s, step, NULL));
        claims("telegram", "telegram:-100200 Họp thôn");
}
END_TEST

START_TEST(a_message_ends_once)
{
        int64_t id = submit("Họp thôn", "oa:1 sms:+84912345678");
        try_all("oa", THON_NEXT_DONE, "");
        struct thon_settle late = settle_of(message_to("oa", "1"), THON_NEXT_RUNG, "muộn");
        refused(thon_message_settle(store, &late, step, NULL), THON_STORE_NOT_FOUND, "ended already");
        late.message = 99;
        refused(thon_message_settle(store, &late, step, NULL), THON_STORE_NOT_FOUND, "no message 99");
        stands(id, "H-1 oa sent");
}
END_TEST

START_TEST(what_expired_while_it_was_tried_ends)
{
        int64_t id = submit("Họp thôn", "oa:1 sms:+84912345678");
        try_all("oa", THON_NEXT_EXPIRED, "");
        stands(id, "H-1 oa not_sent");
        ck_assert_str_eq(of_delivery(id, 0, "detail"), "\"" THON_DETAIL_EXPIRED "\"");
}
END_TEST

/* ---- unknown ---- */

static size_t resolve(int64_t id, const char *household, const char *person, enum thon_outcome as)
{
        size_t n = 99;
        must_do(thon_notice_resolve(store, id, household, person, as, "officer", now, step, NULL, &n));
        return n;
}

START_TEST(an_unknown_message_stays_so_until_a_person_says)
{
        int64_t id = submit("Họp thôn", "oa:1 sms:+84912345678", "oa:2 sms:+84912345679", "oa:3");
        try_all("oa", THON_NEXT_UNKNOWN, "hết giờ chờ");
        must_do(thon_notice_finish(store, id, now));
        ck_assert_str_eq(of_notice(id, "state"), "\"done\"");
        claims("oa", "");
        claims("sms", "");
        ck_assert_uint_eq(resolve(id, "H-1", NULL, THON_OUTCOME_SENT), 1);
        ck_assert_uint_eq(resolve(id, "h-2", NULL, THON_OUTCOME_NOT_SENT), 1);
        stands(id, "H-1 oa sent; H-2 sms pending; H-3 oa unknown");
        ck_assert_str_eq(of_notice(id, "state"), "\"open\"");
        ck_assert_uint_eq(resolve(id, NULL, NULL, THON_OUTCOME_NOT_SENT), 1);
        stands(id, "H-1 oa sent; H-2 sms pending; H-3 oa visit");
        ck_assert_str_eq(last_audit(), "officer resolve notice 1 {\"as\":\"not_sent\",\"deliveries\":1}");
}
END_TEST

START_TEST(a_person_may_have_an_unknown_message_sent_again)
{
        int64_t id = submit("Họp thôn", "group:g", "group:g", "@group:h");
        try_all("group", THON_NEXT_UNKNOWN, "hết giờ chờ");
        ck_assert_uint_eq(resolve(id, NULL, "p-3", THON_OUTCOME_SENT), 1);
        ck_assert_uint_eq(resolve(id, NULL, NULL, THON_OUTCOME_PENDING), 2);
        stands(id, "H-1 group pending; H-2 group pending; p-3 group sent");
        claims("group", "group:g Họp thôn");
        ck_assert_int_eq(integer(store, "SELECT unknowns FROM message WHERE address = 'g'"), 1);
}
END_TEST

START_TEST(what_was_withdrawn_or_expired_is_not_sent_again)
{
        struct thon_notice notice = notice_of("Họp thôn");
        size_t n = 99;
        notice.expires = in(60);
        int64_t id = submit_notice(notice, LADDERS("oa:1")), other = submit("Khác", "oa:2");
        try_all("oa", THON_NEXT_UNKNOWN, "hết giờ chờ");
        now = in(60);
        refused(thon_notice_resolve(store, id, NULL, NULL, THON_OUTCOME_PENDING, "officer", now, step, NULL,
                                    &n),
                THON_STORE_INVALID, "expired");
        must_do(thon_notice_withdraw(store, other, THON_NOTICE_WITHDRAWN, "", "officer", now, &n));
        refused(thon_notice_retry(store, id, "officer", now, step, NULL, &n), THON_STORE_INVALID, "expired");
        refused(thon_notice_resolve(store, 99, NULL, NULL, THON_OUTCOME_SENT, "officer", now, step, NULL,
                                    &n),
                THON_STORE_NOT_FOUND, "99");
        stands(id, "H-1 oa unknown");
}
END_TEST

START_TEST(an_inquiry_settles_an_unknown_message_either_way)
{
        int64_t id = submit("Họp thôn", "oa:1 sms:+84912345678", "oa:2 sms:+84912345679");
        try_all("oa", THON_NEXT_UNKNOWN, "hết giờ chờ");
        settle_as(message_to("oa", "1"), THON_NEXT_DONE, "");
        settle_as(message_to("oa", "2"), THON_NEXT_RUNG, "không có trong lịch sử");
        stands(id, "H-1 oa sent; H-2 sms pending");
}
END_TEST

START_TEST(what_is_withdrawn_while_nobody_knows_of_it_is_not_sent_though_an_inquiry_says_no)
{
        int64_t id = submit("Đèn tắt", "oa:1"), known = submit("Đèn sáng", "oa:2");
        size_t n;
        settle_as(message_to("oa", "2"), THON_NEXT_DONE, "");
        try_all("oa", THON_NEXT_UNKNOWN, "hết giờ chờ");
        must_do(thon_notice_finish(store, id, now));
        must_do(thon_notice_finish(store, known, now));
        ck_assert_str_eq(of_notice(id, "state"), "\"done\"");
        must_do(thon_notice_withdraw(store, id, THON_NOTICE_WITHDRAWN, THON_DETAIL_WITHDRAWN, "officer", now,
                                     &n));
        must_do(thon_notice_withdraw(store, known, THON_NOTICE_WITHDRAWN, THON_DETAIL_WITHDRAWN, "officer",
                                     now, &n));
        ck_assert_str_eq(of_notice(id, "state"), "\"withdrawn\"");
        ck_assert_str_eq(of_notice(known, "state"), "\"done\""); /* it has been read */
        stands(id, "H-1 oa unknown");
        settle_as(message_to("oa", "1"), THON_NEXT_AGAIN, "không có trong lịch sử");
        claims("oa", "");
        stands(id, "H-1 oa not_sent");
}
END_TEST

/* ---- retry ---- */

START_TEST(those_who_were_not_reached_are_tried_again_from_the_top)
{
        int64_t id = submit("Họp thôn", "oa:1 sms:+84912345678", "oa:2", "@oa:3 sms:+84912345679", "oa:4");
        size_t n = 99;
        settle_as(message_to("oa", "4"), THON_NEXT_DONE, "");
        try_all("oa", THON_NEXT_RUNG, "máy chủ hỏng");
        try_all("sms", THON_NEXT_RUNG, "không có sóng");
        stands(id, "H-1 sms visit; H-2 oa visit; p-3 sms not_sent; H-4 oa sent");
        must_do(thon_notice_finish(store, id, now));
        must_do(thon_notice_retry(store, id, "officer", now, step, NULL, &n));
        ck_assert_uint_eq(n, 3);
        stands(id, "H-1 oa pending; H-2 oa pending; p-3 oa pending; H-4 oa sent");
        ck_assert_str_eq(of_notice(id, "state"), "\"open\"");
        try_all("oa", THON_NEXT_RUNG, "máy chủ hỏng");
        stands(id, "H-1 sms pending; H-2 oa visit; p-3 sms pending; H-4 oa sent");
        try_all("sms", THON_NEXT_DONE, "");
        stands(id, "H-1 sms sent; H-2 oa visit; p-3 sms sent; H-4 oa sent");
        ck_assert_ptr_nonnull(strstr(last_audit(), "officer retry notice 1 {\"deliveries\":3}"));
}
END_TEST

/* ---- receipts ---- */

static void sent_as(const char *channel, const char *address, const char *message_id)
{
        struct thon_settle s = settle_of(message_to(channel, address), THON_NEXT_DONE, "");
        s.message_id = message_id;
        must_do(thon_message_settle(store, &s, step, NULL));
}

static int64_t receipt(const char *channel, const char *message_id, enum thon_receipt receipt)
{
        int64_t notice = -1;
        must_do(thon_message_receipt(store, channel, message_id, receipt, now, &notice));
        return notice;
}

START_TEST(receipts_only_raise)
{
        int64_t id = submit("Họp thôn", "group:g", "group:g", "oa:3");
        sent_as("group", "g", "a1");
        ck_assert_int_eq(receipt("group", "a1", THON_RECEIPT_SEEN), id);
        stands(id, "H-1 group sent+seen; H-2 group sent+seen; H-3 oa pending");
        (void)receipt("group", "a1", THON_RECEIPT_DELIVERED);
        stands(id, "H-1 group sent+seen; H-2 group sent+seen; H-3 oa pending");
        ck_assert_int_eq(count_of(id, "delivered"), 2);
        ck_assert_int_eq(count_of(id, "seen"), 2);
        ck_assert_int_eq(count_of(id, "acknowledged"), 0);
}
END_TEST

START_TEST(a_receipt_proves_that_an_unknown_message_was_sent)
{
        int64_t id = submit("Họp thôn", "zbs:+84912345678 sms:+84912345678");
        char tracking[32];
        try_all("zbs", THON_NEXT_UNKNOWN, "hết giờ chờ");
        (void)snprintf(tracking, sizeof(tracking), "m%" PRId64, message_to("zbs", "+84912345678"));
        ck_assert_int_eq(receipt("zbs", tracking, THON_RECEIPT_DELIVERED), id);
        stands(id, "H-1 zbs sent+delivered");
        ck_assert_str_eq(of_delivery(id, 0, "detail"), "\"\"");
}
END_TEST

START_TEST(a_receipt_that_comes_before_the_answer_counts)
{
        int64_t id = submit("Họp thôn", "zbs:+84912345678");
        char tracking[32];
        claims("zbs", "zbs:+84912345678 Họp thôn");
        (void)snprintf(tracking, sizeof(tracking), "m%" PRId64, message_to("zbs", "+84912345678"));
        (void)receipt("zbs", tracking, THON_RECEIPT_DELIVERED);
        stands(id, "H-1 zbs pending+delivered");
        settle_as(message_to("zbs", "+84912345678"), THON_NEXT_UNKNOWN, "mất kết nối");
        stands(id, "H-1 zbs sent+delivered");
}
END_TEST

START_TEST(a_message_that_waits_to_be_repeated_is_not_when_its_receipt_comes)
{
        int64_t id = submit("Bão", "oa:1");
        claims("oa", "oa:1 Bão");
        struct thon_settle s = settle_of(message_to("oa", "1"), THON_NEXT_AGAIN, "hết giờ chờ");
        s.repeats = true;
        s.message_id = "a1";
        must_do(thon_message_settle(store, &s, step, NULL));
        (void)receipt("oa", "a1", THON_RECEIPT_DELIVERED);
        claims("oa", "");
        stands(id, "H-1 oa sent+delivered");
}
END_TEST

START_TEST(receipts_of_others_are_told_apart)
{
        int64_t notice;
        submit("Họp thôn", "oa:1");
        sent_as("oa", "1", "a1");
        must_do(thon_store_begin(store));
        static const char *const STRANGE[] = {"a2",  "m2", "m01", "m", "m9223372036854775808",
                                              "m1x", "-1", ""};
        for (size_t i = 0; i < sizeof(STRANGE) / sizeof(STRANGE[0]); i++)
                ck_assert_int_eq(
                        thon_message_receipt(store, "oa", STRANGE[i], THON_RECEIPT_SEEN, now, &notice),
                        THON_STORE_NOT_FOUND);
        ck_assert_int_eq(receipt("oa", "a1", THON_RECEIPT_SEEN), 1);
        must_do(thon_store_commit(store));
        stands(1, "H-1 oa sent+seen");
}
END_TEST

/* ---- any course of events ---- */

/* Whatever comes in whatever order: every delivery is counted once, none is pending without a message that will decide it, and
 * none is called not sent whose message may have been received. */
static void check_invariants(int64_t id, int64_t recipients)
{
        ck_assert_int_eq(count_of(id, "pending") + count_of(id, "sent") + count_of(id, "not_sent") +
                                 count_of(id, "unknown") + count_of(id, "visit"),
                         recipients);
        ck_assert_int_eq(integer(store,
                                 "SELECT count(*) FROM delivery WHERE outcome = 0 AND NOT EXISTS"
                                 " (SELECT 1 FROM message AS m WHERE m.id = delivery.message AND m.state"
                                 " IN (0, 1, 5))"),
                         0);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM message AS m WHERE state = 5 AND NOT EXISTS"
                                        " (SELECT 1 FROM message AS c WHERE c.id = m.carrier AND c.state"
                                        " IN (0, 1))"),
                         0);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM (SELECT 1 FROM message WHERE notification IS"
                                        " NOT NULL GROUP BY notification, channel, address HAVING"
                                        " count(*) > 1)"),
                         0);
}

static int any_merge(const struct thon_merge *merge, void *userdata)
{
        int64_t id;
        (void)userdata;
        return thon_messages_merge(store, merge, "gộp", now, &id);
}

START_TEST(any_course_of_events_leaves_every_delivery_with_one_outcome)
{
        static const char *const CHANNELS[] = {"oa", "bot", "sms"};
        unsigned random = seed();
        int64_t notices[40], n_notices = 0, ids[101];
        for (int round = 0; round < 300; round++) {
                const char *channel = CHANNELS[rand_r(&random) % 3];
                size_t n;
                unsigned taken;
                int dice = rand_r(&random) % 20;
                struct thon_wall next;
                must_do(thon_store_begin(store));
                if (dice < 3 && n_notices < 40) {
                        struct thon_notice notice = notice_of("tin");
                        notice.expires = dice == 0 ? in(5) : THON_WALL_NEVER;
                        notice.supersedes =
                                dice == 1 && n_notices > 0 ? notices[rand_r(&random) % n_notices] : 0;
                        notices[n_notices++] = submit_notice(
                                notice, LADDERS("oa:1 bot:1 sms:1", "sms:1 oa:2", "bot:1 sms:3", "oa:1",
                                                "@sms:1", "bot:2 oa:2 sms:3"));
                } else if (dice < 12) {
                        ids[0] = 0;
                        must_do(thon_queue_claim(store, channel, THON_CLASS_NORMAL, now,
                                                 1 + (unsigned)rand_r(&random) % 5, collect_id, ids,
                                                 &taken));
                        for (int64_t i = 1; i <= ids[0]; i++) {
                                struct thon_settle s =
                                        settle_of(ids[i], (enum thon_next)(rand_r(&random) % 6), "x");
                                s.repeats = rand_r(&random) % 2;
                                if (rand_r(&random) % 8)
                                        must_do(thon_message_settle(store, &s, step, NULL));
                        }
                } else if (dice == 12 && n_notices > 0) {
                        int64_t id = notices[rand_r(&random) % n_notices];
                        static const enum thon_outcome AS[] = {THON_OUTCOME_SENT, THON_OUTCOME_NOT_SENT,
                                                               THON_OUTCOME_PENDING};
                        (void)thon_notice_resolve(store, id, rand_r(&random) % 2 ? "H-1" : NULL, NULL,
                                                  AS[rand_r(&random) % 3], "o", now, step, NULL, &n);
                } else if (dice == 13 && n_notices > 0) {
                        (void)thon_notice_retry(store, notices[rand_r(&random) % n_notices], "o", now, step,
                                                NULL, &n);
                } else if (dice == 14 && n_notices > 0 && rand_r(&random) % 4 == 0) {
                        must_do(thon_notice_withdraw(store, notices[rand_r(&random) % n_notices],
                                                     THON_NOTICE_WITHDRAWN, "x", "o", now, &n));
                } else if (dice == 15) {
                        must_do(thon_queue_mergeable(store, in(1), 2, any_merge, NULL));
                } else if (dice == 16) {
                        char tracking[32];
                        int64_t notice;
                        (void)snprintf(tracking, sizeof(tracking), "m%d", 1 + rand_r(&random) % 100);
                        (void)thon_message_receipt(store, channel, tracking,
                                                   (enum thon_receipt)(1 + rand_r(&random) % 3), now,
                                                   &notice);
                } else if (dice == 17) {
                        must_do(thon_queue_expire(store, now, &n, &next));
                } else {
                        now = in(1);
                }
                must_do(thon_store_commit(store));
                for (int64_t i = 0; i < n_notices; i++)
                        check_invariants(notices[i], 6);
        }
        must_do(thon_store_check(store, NULL, NULL));
}
END_TEST

int main(void)
{
        const TTest *const TESTS[] = {
                a_refused_rung_is_followed_by_the_next_one,
                at_the_end_of_the_ladder_a_household_is_visited_and_a_person_was_not_reached,
                rungs_that_cannot_be_used_are_passed_over,
                a_chat_that_was_asked_for_another_household_is_not_asked_again,
                one_joins_a_message_that_waits_or_is_unknown,
                a_ladder_that_leads_nowhere_ends,
                a_try_is_noted_with_its_code_parts_and_message_id,
                a_group_that_moved_is_written_to_at_its_new_address,
                a_message_ends_once,
                what_expired_while_it_was_tried_ends,
                an_unknown_message_stays_so_until_a_person_says,
                a_person_may_have_an_unknown_message_sent_again,
                what_was_withdrawn_or_expired_is_not_sent_again,
                an_inquiry_settles_an_unknown_message_either_way,
                what_is_withdrawn_while_nobody_knows_of_it_is_not_sent_though_an_inquiry_says_no,
                those_who_were_not_reached_are_tried_again_from_the_top,
                receipts_only_raise,
                a_receipt_proves_that_an_unknown_message_was_sent,
                a_receipt_that_comes_before_the_answer_counts,
                a_message_that_waits_to_be_repeated_is_not_when_its_receipt_comes,
                receipts_of_others_are_told_apart,
                any_course_of_events_leaves_every_delivery_with_one_outcome};
        return run_tests("relay settle", TESTS, sizeof(TESTS) / sizeof(TESTS[0]), relay_make);
}

/* The queue of a channel: what goes out and when, what is put off, what expires, what a crash leaves, what an outage merges,
 * and that none of it walks over the whole table. */
#include "relay_store_fixture.h"

#include "../../src/store/handle.h"

static int64_t submit_in(enum thon_class class, const char *text, const char *ladder)
{
        struct thon_notice notice = notice_of(text);
        notice.class = class;
        return submit_notice(notice, LADDERS(ladder));
}

static int64_t submit_until(int64_t expires_in, const char *text, const char *ladder)
{
        struct thon_notice notice = notice_of(text);
        notice.expires = in(expires_in);
        return submit_notice(notice, LADDERS(ladder));
}

/* ---- claiming ---- */

START_TEST(lanes_of_a_channel_are_claimed_apart_and_in_order)
{
        submit("một", "oa:1", "bot:1");
        submit_in(THON_CLASS_EMERGENCY, "bão", "oa:1");
        submit("hai", "oa:2");
        ck_assert_str_eq(claim_lane("oa", THON_CLASS_EMERGENCY, 10), "oa:1 bão");
        ck_assert_str_eq(claim_lane("oa", THON_CLASS_PRIORITY, 10), "");
        ck_assert_str_eq(claim_lane("oa", THON_CLASS_NORMAL, 1), "oa:1 một");
        ck_assert_str_eq(claim_lane("oa", THON_CLASS_NORMAL, 5), "oa:2 hai");
        ck_assert_str_eq(claim_lane("oa", THON_CLASS_NORMAL, 5), "");
}
END_TEST

static int see_message(const struct thon_message *message, void *userdata)
{
        *(struct thon_message *)userdata = *message;
        ck_assert_str_eq(message->text, "Bão số 5");
        ck_assert_str_eq(message->template_id, "bao");
        ck_assert_str_eq(message->values, "{\"so\":\"5\"}");
        return 0;
}

START_TEST(a_claimed_message_comes_with_what_its_channel_needs)
{
        struct thon_notice notice = notice_of("Bão số 5");
        struct thon_message message = {0};
        unsigned n = 0;
        notice.template_id = "bao";
        notice.values = "{\"so\":\"5\"}";
        notice.expires = in(600);
        int64_t id = submit_notice(notice, LADDERS("group:g sms:+84912345678", "group:g", "group:g"));
        must_do(thon_queue_claim(store, "group", THON_CLASS_NORMAL, now, 5, see_message, &message, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(message.notification, id);
        ck_assert_uint_eq(message.deliveries, 3);
        ck_assert(message.more_rungs);
        ck_assert_uint_eq(message.attempts, 1);
        ck_assert_int_eq(message.expires.s, now.s + 600);
        ck_assert_int_eq(integer(store, "SELECT state FROM message"), THON_MESSAGE_SENDING);
}
END_TEST

static int settle_again(const struct thon_message *message, void *userdata)
{
        unsigned *seen = userdata;
        ++*seen;
        settle_as(message->id, THON_NEXT_AGAIN, "");
        return 0;
}

START_TEST(what_is_queued_again_while_claiming_is_not_met_twice)
{
        unsigned n = 0, seen = 0;
        submit("một", "oa:1", "oa:2", "oa:3");
        must_do(thon_queue_claim(store, "oa", THON_CLASS_NORMAL, now, 100, settle_again, &seen, &n));
        ck_assert_uint_eq(seen, 3);
        ck_assert_uint_eq(n, 3);
}
END_TEST

static int stop(const struct thon_message *message, void *userdata)
{
        (void)message, (void)userdata;
        return -ECANCELED;
}

START_TEST(a_claim_whose_visitor_fails_takes_nothing)
{
        unsigned n = 99;
        submit("một", "oa:1");
        ck_assert_int_eq(thon_queue_claim(store, "oa", THON_CLASS_NORMAL, now, 5, stop, NULL, &n),
                         -ECANCELED);
        ck_assert_uint_eq(n, 99);
        claims("oa", "oa:1 một");
}
END_TEST

/* ---- not yet ---- */

static int64_t due_of(const char *channel)
{
        struct thon_lane_state lanes[THON_CLASSES];
        must_do(thon_queue_look(store, channel, lanes));
        return lanes[THON_CLASS_NORMAL].due.s;
}

START_TEST(a_lane_tells_when_its_first_message_is_due)
{
        int64_t counts[THON_CLASSES];
        ck_assert_int_eq(due_of("oa"), INT64_MAX);
        int64_t first = submit("nay", "oa:1");
        struct thon_settle later = settle_of(message_to("oa", "1"), THON_NEXT_AGAIN, "bận");
        ck_assert_int_eq(due_of("oa"), now.s);
        later.due = in(30);
        later.why = THON_DUE_BACKOFF;
        must_do(thon_message_settle(store, &later, step, NULL));
        ck_assert_int_eq(due_of("oa"), now.s + 30);
        claims("oa", "");
        stands(first, "H-1 oa pending");
        ck_assert_str_eq(of_delivery(first, 0, "detail"), "\"bận\"");
        must_do(thon_queue_count(store, "oa", counts));
        ck_assert_int_eq(counts[THON_CLASS_NORMAL], 1);
        ck_assert_int_eq(counts[THON_CLASS_EMERGENCY], 0);
}
END_TEST

START_TEST(a_lane_is_put_off_and_called_back_but_not_before_its_sender_said)
{
        struct thon_notice early = notice_of("mai");
        size_t n = 0;
        submit("nay", "oa:1");
        early.not_before = in(600);
        int64_t id = submit_notice(early, LADDERS("oa:2"));
        must_do(thon_sql_exec(store, "UPDATE message SET due = due + 600, why = 1 WHERE address = '2'"));
        must_do(thon_queue_defer(store, "oa", THON_CLASS_NORMAL, in(3600), THON_DUE_HOURS, &n));
        ck_assert_uint_eq(n, 2);
        claims("oa", "");
        ck_assert_int_eq(due_of("oa"), now.s + 3600);
        must_do(thon_queue_undefer(store, now));
        claims("oa", "oa:1 nay");
        now = in(599);
        claims("oa", "");
        now = in(1);
        claims("oa", "oa:2 mai");
        stands(id, "H-1 oa pending");
}
END_TEST

START_TEST(an_emergency_does_not_wait_out_the_back_off_of_a_channel_that_is_back)
{
        struct thon_notice storm = notice_of("bão"), plain = notice_of("họp");
        storm.class = THON_CLASS_EMERGENCY;
        submit_notice(storm, LADDERS("oa:1"));
        submit_notice(plain, LADDERS("oa:2"));
        must_do(thon_sql_exec(store, "UPDATE message SET due = due + 900, why = 4"));
        claims("oa", "");
        must_do(thon_queue_hurry(store, "bot", now));
        ck_assert_str_eq(claim_lane("oa", THON_CLASS_EMERGENCY, 10), "");
        must_do(thon_queue_hurry(store, "oa", now));
        ck_assert_str_eq(claim_lane("oa", THON_CLASS_EMERGENCY, 10), "oa:1 bão");
        claims("oa", "");
}
END_TEST

START_TEST(only_what_is_due_sooner_is_put_off)
{
        size_t n = 99;
        submit("nay", "oa:1");
        must_do(thon_queue_defer(store, "oa", THON_CLASS_NORMAL, in(60), THON_DUE_QUOTA, &n));
        must_do(thon_queue_defer(store, "oa", THON_CLASS_NORMAL, in(30), THON_DUE_QUOTA, &n));
        ck_assert_uint_eq(n, 0);
        ck_assert_int_eq(due_of("oa"), now.s + 60);
        must_do(thon_queue_defer(store, "oa", THON_CLASS_PRIORITY, in(90), THON_DUE_QUOTA, &n));
        ck_assert_uint_eq(n, 0);
}
END_TEST

/* ---- expiring ---- */

START_TEST(an_expired_message_never_goes_out)
{
        int64_t id = submit_until(60, "mưa", "oa:1 sms:+84912345678");
        now = in(59);
        struct thon_wall next;
        size_t n;
        must_do(thon_queue_expire(store, now, &n, &next));
        ck_assert_uint_eq(n, 0);
        ck_assert_int_eq(next.s, now.s + 1);
        now = in(1);
        claims("oa", "");
        claims("sms", "");
        stands(id, "H-1 oa not_sent");
        ck_assert_str_eq(of_delivery(id, 0, "detail"), "\"" THON_DETAIL_EXPIRED "\"");
}
END_TEST

START_TEST(expired_messages_end_without_being_claimed)
{
        int64_t id = submit_until(60, "mưa", "oa:1"), other = submit_until(90, "gió", "oa:2");
        struct thon_wall next;
        size_t n;
        now = in(60);
        must_do(thon_queue_expire(store, now, &n, &next));
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(next.s, now.s + 30);
        stands(id, "H-1 oa not_sent");
        stands(other, "H-1 oa pending");
        now = in(60);
        must_do(thon_queue_expire(store, now, &n, &next));
        ck_assert_int_eq(next.s, INT64_MAX);
}
END_TEST

START_TEST(one_that_may_have_been_sent_expires_as_unknown)
{
        int64_t id = submit_until(60, "mưa", "oa:1");
        struct thon_settle repeat;
        struct thon_wall next;
        size_t n;
        claims("oa", "oa:1 mưa");
        repeat = settle_of(message_to("oa", "1"), THON_NEXT_AGAIN, "hết giờ chờ");
        repeat.repeats = true;
        must_do(thon_message_settle(store, &repeat, step, NULL));
        now = in(60);
        must_do(thon_queue_expire(store, now, &n, &next));
        stands(id, "H-1 oa unknown");
}
END_TEST

/* ---- after a crash ---- */

static int see_interrupted(const struct thon_message *message, void *userdata)
{
        (void)note_claim(message, userdata);
        settle_as(message->id, THON_NEXT_UNKNOWN, "bị ngắt khi đang gửi");
        return 0;
}

START_TEST(what_was_under_way_at_a_crash_is_told_and_the_rest_waits)
{
        char text[1000] = "";
        int64_t id = submit("một", "oa:1", "oa:2", "oa:3");
        ck_assert_str_eq(claim_lane("oa", THON_CLASS_NORMAL, 2), "oa:1 một; oa:2 một");
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);
        must_do(thon_queue_interrupted(store, see_interrupted, text));
        ck_assert_str_eq(text, "oa:1 một; oa:2 một");
        stands(id, "H-1 oa unknown; H-2 oa unknown; H-3 oa pending");
        claims("oa", "oa:3 một");
}
END_TEST

/* ---- merging ---- */

static int merge_texts(const struct thon_merge *merge, void *userdata)
{
        char text[200] = "";
        size_t used = 0;
        int64_t *ids = userdata;
        for (size_t i = 0; i < merge->n; i++)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? "+" : "",
                                         merge->messages[i].text);
        return thon_messages_merge(store, merge, text, now, &ids[++ids[0]]);
}

static int64_t merge_all(void)
{
        int64_t ids[10] = {0};
        must_do(thon_queue_mergeable(store, in(1), 2, merge_texts, ids));
        return ids[0];
}

START_TEST(what_waits_for_a_chat_is_merged_into_one)
{
        int64_t first = submit("một", "oa:1", "oa:2"), second = submit("hai", "oa:1"), third;
        struct thon_notice urgent = notice_of("bão");
        urgent.class = THON_CLASS_EMERGENCY;
        third = submit_notice(urgent, LADDERS("oa:1"));
        ck_assert_int_eq(merge_all(), 1);
        claims("oa", "oa:2 một; oa:1 một+hai");
        stands(first, "H-1 oa pending; H-2 oa pending");
        settle_as(message_to("oa", "1"), THON_NEXT_DONE, "");
        stands(first, "H-1 oa sent; H-2 oa pending");
        stands(second, "H-1 oa sent");
        stands(third, "H-1 oa pending");
        ck_assert_str_eq(of_delivery(second, 0, "attempts"), "1");
}
END_TEST

START_TEST(a_digest_that_fails_goes_on_by_each_ones_ladder)
{
        int64_t first = submit("một", "oa:1 sms:+84912345678"), second = submit("hai", "oa:1");
        merge_all();
        claims("oa", "oa:1 một+hai");
        settle_as(message_to("oa", "1"), THON_NEXT_RUNG, "bị chặn");
        stands(first, "H-1 sms pending");
        stands(second, "H-1 oa visit");
        claims("sms", "sms:+84912345678 một");
}
END_TEST

START_TEST(a_digest_of_which_nobody_knows_leaves_all_of_it_unknown)
{
        int64_t first = submit("một", "oa:1"), second = submit("hai", "oa:1");
        size_t n;
        merge_all();
        claims("oa", "oa:1 một+hai");
        settle_as(message_to("oa", "1"), THON_NEXT_UNKNOWN, "hết giờ chờ");
        stands(first, "H-1 oa unknown");
        stands(second, "H-1 oa unknown");
        must_do(thon_notice_resolve(store, first, NULL, NULL, THON_OUTCOME_PENDING, "officer", now, step,
                                    NULL, &n));
        claims("oa", "oa:1 một");
        stands(second, "H-1 oa unknown");
}
END_TEST

START_TEST(a_digest_is_taken_apart_when_one_of_its_notices_is_withdrawn)
{
        int64_t first = submit("một", "oa:1"), second = submit("hai", "oa:1");
        size_t n;
        merge_all();
        must_do(thon_notice_withdraw(store, first, THON_NOTICE_WITHDRAWN, THON_DETAIL_WITHDRAWN, "officer",
                                     now, &n));
        ck_assert_uint_eq(n, 1);
        claims("oa", "oa:1 hai");
        stands(first, "H-1 oa not_sent");
        stands(second, "H-1 oa pending");
}
END_TEST

/* The network may go again with a digest on its way: what it brings back is without the words that were withdrawn. */
START_TEST(a_digest_that_comes_back_leaves_out_what_was_withdrawn_meanwhile)
{
        int64_t first = submit("một", "oa:1"), second = submit("hai", "oa:1"), third = submit("ba", "oa:1");
        struct thon_notice news = notice_of("hai, sửa lại");
        size_t n;
        merge_all();
        claims("oa", "oa:1 một+hai+ba");
        must_do(thon_notice_withdraw(store, first, THON_NOTICE_WITHDRAWN, THON_DETAIL_WITHDRAWN, "officer",
                                     now, &n));
        news.supersedes = second;
        (void)submit_notice(news, LADDERS("oa:2"));
        settle_as(message_to("oa", "1"), THON_NEXT_AGAIN, "không có mạng");
        claims("oa", "oa:1 ba; oa:2 hai, sửa lại");
        stands(first, "H-1 oa not_sent");
        stands(second, "H-1 oa not_sent");
        stands(third, "H-1 oa pending");
}
END_TEST

START_TEST(a_digest_that_comes_back_whole_stays_whole)
{
        int64_t first = submit("một", "oa:1");
        (void)submit("hai", "oa:1");
        merge_all();
        claims("oa", "oa:1 một+hai");
        settle_as(message_to("oa", "1"), THON_NEXT_AGAIN, "không có mạng");
        claims("oa", "oa:1 một+hai");
        stands(first, "H-1 oa pending");
}
END_TEST

START_TEST(a_digest_of_which_nobody_knows_is_not_sent_again_with_what_was_withdrawn)
{
        int64_t first = submit("một", "oa:1"), second = submit("hai", "oa:1");
        size_t n;
        merge_all();
        claims("oa", "oa:1 một+hai");
        settle_as(message_to("oa", "1"), THON_NEXT_UNKNOWN, "hết giờ chờ");
        must_do(thon_notice_finish(store, first, now));
        must_do(thon_notice_withdraw(store, first, THON_NOTICE_WITHDRAWN, THON_DETAIL_WITHDRAWN, "officer",
                                     now, &n));
        settle_as(message_to("oa", "1"), THON_NEXT_AGAIN, "không có trong lịch sử");
        claims("oa", "oa:1 hai");
        stands(first, "H-1 oa not_sent");
        stands(second, "H-1 oa pending");
}
END_TEST

START_TEST(a_digest_expires_with_its_first_notice_and_lets_go_of_the_others)
{
        int64_t first = submit_until(60, "một", "oa:1"), second = submit("hai", "oa:1");
        merge_all();
        now = in(60);
        claims("oa", "oa:1 hai");
        stands(first, "H-1 oa not_sent");
        stands(second, "H-1 oa pending");
}
END_TEST

START_TEST(answers_to_citizens_are_not_merged)
{
        int64_t id;
        submit("một", "bot:1");
        must_do(thon_message_add(store, "bot", "1", THON_CLASS_NORMAL, "Đã nhận phản ánh số 3",
                                 THON_WALL_NEVER, now, &id));
        ck_assert_int_eq(merge_all(), 0);
        claims("bot", "bot:1 một; bot:1 Đã nhận phản ánh số 3");
        settle_as(id, THON_NEXT_DONE, "");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM message WHERE state = 2"), 1);
}
END_TEST

static int note_notice(int64_t notice, void *userdata)
{
        char *text = userdata;
        size_t used = strlen(text);
        (void)snprintf(text + used, 100 - used, "%" PRId64 " ", notice);
        return 0;
}

START_TEST(a_message_tells_whose_words_it_carries)
{
        char text[100] = "";
        submit("một", "oa:1");
        submit("hai", "oa:1");
        submit("ba", "oa:2");
        merge_all();
        must_do(thon_message_notices(store, message_to("oa", "1"), note_notice, text));
        ck_assert_str_eq(text, "1 2 ");
        text[0] = '\0';
        must_do(thon_message_notices(store, message_to("oa", "2"), note_notice, text));
        ck_assert_str_eq(text, "3 ");
}
END_TEST

/* ---- by index ---- */

/* The plan of every statement that the handle's cache holds after a day's work. No table that grows may be walked over, nor
 * sorted whole, by what runs with every message. */
START_TEST(nothing_that_runs_with_every_message_walks_over_a_table)
{
        int64_t id = submit("một", "oa:1 sms:+84912345678", "bot:1 sms:+84912345678", "oa:3", "zbs:5"),
                first;
        struct thon_wall next;
        size_t n;
        bool first_ack;
        try_all("oa", THON_NEXT_RUNG, "bị chặn");
        try_all("bot", THON_NEXT_UNKNOWN, "?");
        try_all("sms", THON_NEXT_DONE, "");
        try_all("zbs", THON_NEXT_AGAIN, "");
        (void)due_of("oa");
        must_do(thon_queue_expire(store, now, &n, &next));
        must_do(thon_queue_defer(store, "zbs", THON_CLASS_NORMAL, in(5), THON_DUE_HOURS, &n));
        (void)thon_message_receipt(store, "sms", "m2", THON_RECEIPT_SEEN, now, &first);
        (void)thon_notice_waiting(store, "oa", "1", 0, &first);
        must_do(thon_notice_acknowledge(store, id, "officer", "sms", "+84912345678", now, &first_ack));
        must_do(thon_notice_withdraw(store, id, THON_NOTICE_WITHDRAWN, "", "officer", now, &n));
        must_do(thon_notice_finish(store, id, now));

        unsigned statements = 0;
        for (size_t i = 0; i < THON_STMT_CACHE; i++) {
                const char *sql = store->cache[i].sql;
                if (!sql || (strncmp(sql, "SELECT", 6) != 0 && strncmp(sql, "UPDATE", 6) != 0 &&
                             strncmp(sql, "WITH", 4) != 0))
                        continue;
                _cleanup_free_ char *explain = NULL;
                sqlite3_stmt *plan = NULL;
                ck_assert_int_gt(asprintf(&explain, "EXPLAIN QUERY PLAN %s", sql), 0);
                ck_assert_int_eq(sqlite3_prepare_v2(store->db, explain, -1, &plan, NULL), SQLITE_OK);
                while (sqlite3_step(plan) == SQLITE_ROW) {
                        const char *line = (const char *)sqlite3_column_text(plan, 3);
                        ck_assert_msg(strncmp(line, "SCAN", 4) != 0 || strstr(line, "SCAN CONSTANT") ||
                                              !(strstr(line, "message") || strstr(line, "delivery") ||
                                                strstr(line, "notification") || strstr(line, " m") ||
                                                strstr(line, " d") || strstr(line, " n")) ||
                                              strstr(line, "(subquery"),
                                      "%s\n  %s", sql, line);
                }
                (void)sqlite3_finalize(plan);
                statements++;
        }
        ck_assert_uint_gt(statements, 20);
}
END_TEST

int main(void)
{
        const TTest *const TESTS[] = {
                lanes_of_a_channel_are_claimed_apart_and_in_order,
                a_claimed_message_comes_with_what_its_channel_needs,
                what_is_queued_again_while_claiming_is_not_met_twice,
                a_claim_whose_visitor_fails_takes_nothing,
                a_lane_tells_when_its_first_message_is_due,
                a_lane_is_put_off_and_called_back_but_not_before_its_sender_said,
                an_emergency_does_not_wait_out_the_back_off_of_a_channel_that_is_back,
                only_what_is_due_sooner_is_put_off,
                an_expired_message_never_goes_out,
                expired_messages_end_without_being_claimed,
                one_that_may_have_been_sent_expires_as_unknown,
                what_was_under_way_at_a_crash_is_told_and_the_rest_waits,
                what_waits_for_a_chat_is_merged_into_one,
                a_digest_that_fails_goes_on_by_each_ones_ladder,
                a_digest_of_which_nobody_knows_leaves_all_of_it_unknown,
                a_digest_is_taken_apart_when_one_of_its_notices_is_withdrawn,
                a_digest_that_comes_back_leaves_out_what_was_withdrawn_meanwhile,
                a_digest_that_comes_back_whole_stays_whole,
                a_digest_of_which_nobody_knows_is_not_sent_again_with_what_was_withdrawn,
                a_digest_expires_with_its_first_notice_and_lets_go_of_the_others,
                answers_to_citizens_are_not_merged,
                a_message_tells_whose_words_it_carries,
                nothing_that_runs_with_every_message_walks_over_a_table};
        return run_tests("relay queue", TESTS, sizeof(TESTS) / sizeof(TESTS[0]), relay_make);
}

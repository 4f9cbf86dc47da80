/* A notice in the store, from its submission to its end: who gets it, once for each chat; the same key twice; what takes its
 * place; what is left of it when it is over. */
#include "relay_store_fixture.h"

START_TEST(a_notice_is_shown_with_a_delivery_for_each_recipient)
{
        int64_t id = submit("Mai tiêm phòng", "oa:1 sms:+84912345678", "oa:2", "");
        stands(id, "H-1 oa pending; H-2 oa pending; H-3 - visit");
        ck_assert_str_eq(of_notice(id, "state"), "\"open\"");
        ck_assert_str_eq(of_notice(id, "class"), "\"normal\"");
        ck_assert_str_eq(of_notice(id, "text"), "\"Mai tiêm phòng\"");
        ck_assert_str_eq(of_notice(id, "to"), "[\"all\"]");
        ck_assert_str_eq(of_notice(id, "submitted_at"), "\"2026-11-21T12:00:00Z\"");
        ck_assert_str_eq(of_delivery(id, 2, "detail"), "\"" THON_DETAIL_UNREACHABLE "\"");
        ck_assert_str_eq(of_delivery(id, 0, "receipt"), "null");
        ck_assert_str_eq(of_delivery(id, 0, "attempts"), "0");
        ck_assert_str_eq(of_delivery(id, 0, "message_id"), "null");
}
END_TEST

START_TEST(the_counts_say_how_many_stand_where)
{
        struct thon_notice notice = notice_of("Họp thôn");
        notice.left_out = 2;
        int64_t id = submit_notice(notice, LADDERS("oa:1", "oa:2", "", "@"));
        settle_as(message_to("oa", "1"), THON_NEXT_DONE, "");
        ck_assert_int_eq(count_of(id, "recipients"), 4);
        ck_assert_int_eq(count_of(id, "pending"), 1);
        ck_assert_int_eq(count_of(id, "sent"), 1);
        ck_assert_int_eq(count_of(id, "visit"), 1);
        ck_assert_int_eq(count_of(id, "not_sent"), 1);
        ck_assert_int_eq(count_of(id, "unknown"), 0);
        ck_assert_int_eq(count_of(id, "left_out"), 2);
}
END_TEST

START_TEST(households_that_share_a_chat_share_its_message)
{
        int64_t id = submit("Họp thôn", "group:g1", "group:g1", "group:g1");
        claims("group", "group:g1 Họp thôn");
        settle_as(message_to("group", "g1"), THON_NEXT_DONE, "");
        stands(id, "H-1 group sent; H-2 group sent; H-3 group sent");
}
END_TEST

START_TEST(two_notices_to_one_chat_are_two_messages)
{
        submit("một", "oa:1");
        submit("hai", "oa:1");
        claims("oa", "oa:1 một; oa:1 hai");
}
END_TEST

/* ---- keys ---- */

START_TEST(the_same_key_with_the_same_words_is_the_first_notice)
{
        struct thon_notice first = notice_of("Họp thôn"), second;
        bool existing = true;
        first.key = "hop-thon";
        first.digest = "d1";
        second = first;
        must_do(try_submit(&first, LADDERS("oa:1"), &existing));
        ck_assert(!existing);
        must_do(try_submit(&second, LADDERS("oa:1"), &existing));
        ck_assert(existing);
        ck_assert_int_eq(second.id, first.id);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM message"), 1);
}
END_TEST

START_TEST(the_same_key_with_other_words_is_refused_and_others_of_the_batch_are_not)
{
        struct thon_notice notice = notice_of("Họp thôn");
        bool existing;
        notice.key = "hop-thon";
        notice.digest = "d1";
        must_do(thon_store_begin(store));
        must_do(try_submit(&notice, LADDERS("oa:1"), &existing));
        notice.digest = "d2";
        refused(try_submit(&notice, LADDERS("oa:1"), &existing), THON_STORE_EXISTS, "other words");
        submit("khác", "oa:2");
        must_do(thon_store_commit(store));
        claims("oa", "oa:1 Họp thôn; oa:2 khác");
}
END_TEST

START_TEST(an_id_is_never_given_twice)
{
        int64_t first = submit("một", "@"), second;
        size_t n;
        must_do(thon_notice_finish(store, first, now));
        must_do(thon_notice_prune(store, in(1), &n));
        ck_assert_uint_eq(n, 1);
        second = submit("hai", "@");
        ck_assert_int_gt(second, first);
}
END_TEST

/* ---- superseding, withdrawing ---- */

static int64_t submit_instead(int64_t older, const char *text, const char *ladder)
{
        struct thon_notice notice = notice_of(text);
        notice.supersedes = older;
        return submit_notice(notice, LADDERS(ladder));
}

START_TEST(what_supersedes_drops_what_waits_and_leaves_what_was_sent)
{
        int64_t old = submit("Mất điện", "oa:1", "oa:2", "sms:+84912345678");
        settle_as(message_to("oa", "1"), THON_NEXT_DONE, "");
        int64_t new = submit_instead(old, "Có điện lại", "oa:1");
        stands(old, "H-1 oa sent; H-2 oa not_sent; H-3 sms not_sent");
        ck_assert_str_eq(of_notice(old, "state"), "\"superseded\"");
        ck_assert_str_eq(of_delivery(old, 1, "detail"), "\"" THON_DETAIL_SUPERSEDED "\"");
        claims("oa", "oa:1 Có điện lại");
        claims("sms", "");
        ck_assert_str_eq(of_notice(new, "supersedes"), "1");
}
END_TEST

START_TEST(what_is_being_sent_when_it_is_superseded_ends_by_itself)
{
        int64_t old = submit("Mất điện", "oa:1 sms:+84912345678", "bot:2 sms:+84912345679", "zbs:3"), new;
        claims("oa", "oa:1 Mất điện");
        claims("bot", "bot:2 Mất điện");
        claims("zbs", "zbs:3 Mất điện");
        new = submit_instead(old, "Có điện lại", "oa:9");
        stands(old, "H-1 oa pending; H-2 bot pending; H-3 zbs pending");
        settle_as(message_to("oa", "1"), THON_NEXT_DONE, "");
        settle_as(message_to("bot", "2"), THON_NEXT_RUNG, "không có tài khoản Zalo");
        settle_as(message_to("zbs", "3"), THON_NEXT_AGAIN, "máy chủ bận");
        stands(old, "H-1 oa sent; H-2 bot not_sent; H-3 zbs not_sent");
        claims("sms", "");
        claims("zbs", "");
        stands(new, "H-1 oa pending");
}
END_TEST

START_TEST(only_a_notice_that_is_there_can_be_superseded)
{
        struct thon_notice notice = notice_of("Có điện lại");
        bool existing;
        notice.supersedes = 7;
        refused(try_submit(&notice, LADDERS("oa:1"), &existing), THON_STORE_NOT_FOUND, "notice 7");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM notification"), 0);
}
END_TEST

START_TEST(a_withdrawn_notice_is_not_sent_any_more)
{
        int64_t id = submit("Nhầm", "oa:1", "oa:2");
        size_t n = 99;
        settle_as(message_to("oa", "1"), THON_NEXT_DONE, "");
        must_do(thon_notice_withdraw(store, id, THON_NOTICE_WITHDRAWN, THON_DETAIL_WITHDRAWN, "officer", now,
                                     &n));
        ck_assert_uint_eq(n, 1);
        stands(id, "H-1 oa sent; H-2 oa not_sent");
        ck_assert_str_eq(of_notice(id, "state"), "\"withdrawn\"");
        claims("oa", "");
        refused(thon_notice_withdraw(store, 99, THON_NOTICE_WITHDRAWN, "", "officer", now, &n),
                THON_STORE_NOT_FOUND, "99");
}
END_TEST

/* ---- the end ---- */

START_TEST(a_notice_is_done_when_nothing_is_pending)
{
        int64_t id = submit("Họp thôn", "oa:1", "oa:2");
        settle_as(message_to("oa", "1"), THON_NEXT_DONE, "");
        must_do(thon_notice_finish(store, id, now));
        ck_assert_str_eq(of_notice(id, "state"), "\"open\"");
        settle_as(message_to("oa", "2"), THON_NEXT_UNKNOWN, "không rõ");
        must_do(thon_notice_finish(store, id, in(60)));
        ck_assert_str_eq(of_notice(id, "state"), "\"done\"");
        ck_assert_str_eq(of_notice(id, "done_at"), "\"2026-11-21T12:01:00Z\"");
}
END_TEST

START_TEST(the_audit_log_has_who_said_what_and_the_result_but_no_address)
{
        int64_t id = submit("Gọi 0912345678", "sms:+84912345678", "oa:123456");
        ck_assert_str_eq(
                last_audit(),
                "officer submit notice 1 {\"class\":\"normal\",\"purpose\":\"notices\",\"source\":\"\","
                "\"recipients\":2,\"left_out\":0}");
        try_all("sms", THON_NEXT_DONE, "");
        try_all("oa", THON_NEXT_RUNG, "bị chặn");
        must_do(thon_notice_finish(store, id, now));
        must_do(thon_notice_finish(store, id, now)); /* once */
        ck_assert_int_eq(audits(), 2);
        ck_assert_ptr_nonnull(strstr(last_audit(), "thon-relayd finish notice 1 {\"recipients\":2,"));
        ck_assert_ptr_nonnull(strstr(last_audit(), "\"visit\":1"));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit WHERE detail LIKE '%91234%' OR"
                                        " detail LIKE '%123456%'"),
                         0);
}
END_TEST

static int note_id(int64_t id, void *userdata)
{
        char *text = userdata;
        size_t used = strlen(text);
        (void)snprintf(text + used, 100 - used, "%" PRId64 " ", id);
        return 0;
}

START_TEST(open_notices_are_told_in_order_and_lists_begin_with_the_newest)
{
        char text[100] = "";
        _cleanup_json_ json_t *list = NULL, *all = NULL;
        submit("một", "oa:1");
        int64_t done = submit("hai", "@");
        submit("ba", "oa:3");
        must_do(thon_notice_finish(store, done, now));
        must_do(thon_notice_open_each(store, note_id, text));
        ck_assert_str_eq(text, "1 3 ");
        must_do(thon_notice_list(store, true, 10, &list));
        ck_assert_uint_eq(json_array_size(list), 2);
        ck_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 0), "text")), "ba");
        must_do(thon_notice_list(store, false, 2, &all));
        ck_assert_uint_eq(json_array_size(all), 2);
}
END_TEST

START_TEST(what_is_over_is_pruned_with_all_that_hangs_on_it)
{
        int64_t old = submit("cũ", "oa:1"), open = submit("mở", "oa:2"), id;
        size_t n = 99;
        try_all("oa", THON_NEXT_AGAIN, "");
        settle_as(message_to("oa", "1"), THON_NEXT_DONE, "");
        must_do(thon_notice_finish(store, old, now));
        must_do(thon_message_add(store, "bot", "5", THON_CLASS_NORMAL, "trả lời", THON_WALL_NEVER, now,
                                 &id));
        try_all("bot", THON_NEXT_DONE, "");
        const struct thon_inbound inbound = {
                .channel = "bot", .update_id = "u1", .kind = "text", .address = "5", .doc = "{}", .at = now};
        must_do(thon_inbound_add(store, &inbound, &id));
        must_do(thon_inbound_done(store, id));
        must_do(thon_notice_prune(store, now, &n));
        ck_assert_uint_eq(n, 0);
        must_do(thon_notice_prune(store, in(1), &n));
        ck_assert_uint_eq(n, 1);
        json_t *gone = NULL;
        refused(thon_notice_show(store, old, true, &gone), THON_STORE_NOT_FOUND, "1");
        stands(open, "H-1 oa pending");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM message"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM delivery"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM inbound"), 0);
        ck_assert_int_gt(audits(), 0);
        must_do(thon_store_check(store, NULL, NULL));
}
END_TEST

int main(void)
{
        const TTest *const TESTS[] = {
                a_notice_is_shown_with_a_delivery_for_each_recipient,
                the_counts_say_how_many_stand_where,
                households_that_share_a_chat_share_its_message,
                two_notices_to_one_chat_are_two_messages,
                the_same_key_with_the_same_words_is_the_first_notice,
                the_same_key_with_other_words_is_refused_and_others_of_the_batch_are_not,
                an_id_is_never_given_twice,
                what_supersedes_drops_what_waits_and_leaves_what_was_sent,
                what_is_being_sent_when_it_is_superseded_ends_by_itself,
                only_a_notice_that_is_there_can_be_superseded,
                a_withdrawn_notice_is_not_sent_any_more,
                a_notice_is_done_when_nothing_is_pending,
                the_audit_log_has_who_said_what_and_the_result_but_no_address,
                open_notices_are_told_in_order_and_lists_begin_with_the_newest,
                what_is_over_is_pruned_with_all_that_hangs_on_it};
        return run_tests("relay notice", TESTS, sizeof(TESTS) / sizeof(TESTS[0]), relay_make);
}

/* Proof of reach: who is known to have been reached, hamlet by hamlet, and who is to be visited, in walking order; and who has
 * acknowledged, so that nobody else is called. */
#include "relay_store_fixture.h"

static void commune(void)
{
        relay_make();
        make_commune();
        add(THON_HOUSEHOLD, "H-1", "area", "chi-phuc", "lane", "Ngõ Đông", "house_no", "10", "head_name",
            "Nguyễn Văn Ân", "phone", "0912345678");
        add(THON_HOUSEHOLD, "H-2", "area", "ngo-dong", "lane", "Ngõ Đông", "house_no", "9");
        add(THON_HOUSEHOLD, "H-3", "area", "hong-ky", "lane", "Ngõ Chùa", "house_no", "2");
        add(THON_HOUSEHOLD, "H-4", "area", "chi-phuc", "lane", "Ngõ Chùa", "house_no", "12A");
        add(THON_HOUSEHOLD, "H-5", "area", "chi-phuc", "lane", "Ngõ Đông", "house_no", "9B");
}

/* As relayd submits: each recipient with the area where it lives. */
static int64_t tell_all(const char *const *ladders, size_t n)
{
        static const char *const CODES[] = {"H-1", "H-2", "H-3", "H-4", "H-5"}, *const AREAS[] = {
                                                                                        "chi-phuc",
                                                                                        "ngo-dong",
                                                                                        "hong-ky",
                                                                                        "chi-phuc",
                                                                                        "chi-phuc"};
        struct thon_recipient recipients[5];
        struct thon_recipient_first firsts[5];
        struct thon_notice notice = notice_of("Sơ tán");
        bool existing;
        for (size_t i = 0; i < n; i++) {
                recipients[i] = (struct thon_recipient){
                        .household = CODES[i], .area = AREAS[i], .ladder = (char *)(uintptr_t)ladders[i]};
                firsts[i] = (struct thon_recipient_first){.recipient = &recipients[i],
                                                          .rung = *ladders[i] ? 0 : -1,
                                                          .ended = THON_OUTCOME_VISIT,
                                                          .detail = THON_DETAIL_UNREACHABLE,
                                                          .due = now};
        }
        must_do(thon_notice_submit(store, &notice, firsts, n, &existing));
        return notice.id;
}

static void sent(const char *address, enum thon_receipt receipt)
{
        struct thon_settle s = settle_of(message_to("oa", address), THON_NEXT_DONE, "");
        int64_t notice;
        s.message_id = address;
        must_do(thon_message_settle(store, &s, step, NULL));
        if (receipt != THON_RECEIPT_NONE)
                must_do(thon_message_receipt(store, "oa", address, receipt, now, &notice));
}

/* "chi-phuc 4: sent 1 visit..."; only what is not nothing. */
static const char *coverage(int64_t id)
{
        static char text[1000];
        static const char *const COLUMNS[] = {"acknowledged", "seen",      "delivered", "sent",
                                              "unknown",      "unreached", "pending"};
        _cleanup_json_ json_t *list = NULL;
        json_t *row;
        size_t i, used = 0;
        must_do(thon_notice_coverage(store, id, &list));
        text[0] = '\0';
        json_array_foreach (list, i, row) {
                const char *area = json_string_value(json_object_get(row, "area"));
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %d:", i ? "; " : "",
                                         area ? area : "total",
                                         (int)json_integer_value(json_object_get(row, "households")));
                for (size_t c = 0; c < sizeof(COLUMNS) / sizeof(COLUMNS[0]); c++) {
                        ck_assert(json_is_integer(json_object_get(row, COLUMNS[c])));
                        int n = (int)json_integer_value(json_object_get(row, COLUMNS[c]));
                        if (n > 0)
                                used += (size_t)snprintf(text + used, sizeof(text) - used, " %s %d",
                                                         COLUMNS[c], n);
                }
                ck_assert_uint_lt(used, sizeof(text));
        }
        return text;
}

START_TEST(reach_is_told_by_hamlet_each_household_once)
{
        int64_t id = tell_all(LADDERS("oa:1", "oa:2", "oa:3", "", "oa:5"));
        sent("1", THON_RECEIPT_SEEN);
        sent("2", THON_RECEIPT_DELIVERED);
        sent("3", THON_RECEIPT_NONE);
        ck_assert_str_eq(coverage(id),
                         "chi-phuc 4: seen 1 delivered 1 unreached 1 pending 1; hong-ky 1: sent 1;"
                         " total 5: seen 1 delivered 1 sent 1 unreached 1 pending 1");
        settle_as(message_to("oa", "5"), THON_NEXT_UNKNOWN, "?");
        ck_assert_str_eq(coverage(id),
                         "chi-phuc 4: seen 1 delivered 1 unknown 1 unreached 1; hong-ky 1: sent 1;"
                         " total 5: seen 1 delivered 1 sent 1 unknown 1 unreached 1");
}
END_TEST

START_TEST(hamlets_are_those_of_today_even_after_a_merger)
{
        int64_t id = tell_all(LADDERS("oa:1", "oa:2", "oa:3"));
        must_do(thon_area_merge(store, "hong-ky", "chi-phuc", &officer));
        ck_assert_str_eq(coverage(id), "chi-phuc 3: pending 3; total 3: pending 3");
}
END_TEST

START_TEST(recipients_of_no_known_area_are_a_row_of_their_own)
{
        int64_t id = submit("Họp", "oa:1", "@oa:2");
        ck_assert_str_eq(coverage(id), " 2: pending 2; total 2: pending 2");
        json_t *none = NULL;
        refused(thon_notice_coverage(store, 99, &none), THON_STORE_NOT_FOUND, "99");
}
END_TEST

/* "H-1 why; ..." */
static const char *visits(int64_t id, bool unknown)
{
        static char text[1000];
        _cleanup_json_ json_t *list = NULL;
        json_t *row;
        size_t i, used = 0;
        must_do(thon_notice_visits(store, id, unknown, &list));
        text[0] = '\0';
        json_array_foreach (list, i, row)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
                                         json_string_value(json_object_get(row, "household")));
        return text;
}

START_TEST(visits_are_in_walking_order)
{
        int64_t id = tell_all(LADDERS("", "", "", "", ""));
        /* Ngõ Đông (area), then Thôn Chí Phúc by lane and number, then Thôn Hồng Kỳ. */
        ck_assert_str_eq(visits(id, false), "H-2 H-4 H-5 H-1 H-3");
}
END_TEST

START_TEST(a_visit_tells_where_whom_and_why)
{
        _cleanup_json_ json_t *list = NULL;
        int64_t id = tell_all(LADDERS("oa:1"));
        try_all("oa", THON_NEXT_RUNG, "đã chặn OA");
        must_do(thon_notice_visits(store, id, false, &list));
        _cleanup_free_ char *text = json_dumps(list, JSON_COMPACT);
        ck_assert_str_eq(text,
                         "[{\"area\":\"chi-phuc\",\"area_name\":\"Thôn Chí Phúc\",\"lane\":\"Ngõ Đông\","
                         "\"house_no\":\"10\",\"household\":\"H-1\",\"head_name\":\"Nguyễn Văn Ân\","
                         "\"phone\":\"+84912345678\",\"why\":\"đã chặn OA\"}]");
}
END_TEST

START_TEST(the_unknown_are_visited_only_when_asked_for)
{
        int64_t id = tell_all(LADDERS("oa:1", "oa:2", ""));
        settle_as(message_to("oa", "1"), THON_NEXT_UNKNOWN, "?");
        sent("2", THON_RECEIPT_NONE);
        ck_assert_str_eq(visits(id, false), "H-3");
        ck_assert_str_eq(visits(id, true), "H-1 H-3");
}
END_TEST

START_TEST(a_household_that_left_the_registry_is_visited_all_the_same)
{
        int64_t id = tell_all(LADDERS("", ""));
        must_do(thon_registry_remove(store, THON_HOUSEHOLD, "H-2", &officer));
        ck_assert_str_eq(visits(id, false), "H-2 H-1");
}
END_TEST

/* ---- acknowledging ---- */

static int64_t call(const char *text, int64_t parent, const char *ladder)
{
        struct thon_notice notice = notice_of(text);
        notice.ack = "{\"within\":600}";
        notice.escalate_at = in(600);
        notice.parent = parent;
        int64_t id = submit_notice(notice, LADDERS(ladder));
        try_all("bot", THON_NEXT_DONE, "");
        return id;
}

static int64_t waiting(const char *address, int64_t id)
{
        int64_t found = -1;
        int r = thon_notice_waiting(store, "bot", address, id, &found);
        ck_assert(r == 0 || r == THON_STORE_NOT_FOUND);
        return r == 0 ? found : 0;
}

static bool acknowledge(int64_t id, const char *address)
{
        bool first = false;
        must_do(thon_notice_acknowledge(store, id, "an", address ? "bot" : NULL, address, now, &first));
        return first;
}

START_TEST(a_reply_finds_the_newest_notice_that_waits_for_it)
{
        int64_t first = call("Đèn 1 tắt", 0, "bot:1"), second = call("Đèn 2 tắt", 0, "bot:1");
        submit("Họp thôn", "bot:1");
        try_all("bot", THON_NEXT_DONE, "");
        ck_assert_int_eq(waiting("1", 0), second);
        ck_assert_int_eq(waiting("1", first), first);
        ck_assert_int_eq(waiting("2", 0), 0);
        ck_assert_int_eq(waiting("2", first), 0);
        ck_assert_int_eq(waiting("1", 99), 0);
        ck_assert(acknowledge(second, "1"));
        ck_assert_int_eq(waiting("1", 0), first);
        stands(second, "H-1 bot sent+acknowledged");
}
END_TEST

START_TEST(whoever_of_the_roster_answers_ends_the_escalation)
{
        int64_t root = call("Đèn tắt", 0, "bot:1"), child = call("Chưa ai nhận: đèn tắt", root, "bot:2");
        ck_assert(acknowledge(child, "2"));
        ck_assert_int_eq(integer(store,
                                 "SELECT count(*) FROM notification WHERE ack_at IS NULL OR escalate_at IS"
                                 " NOT NULL"),
                         0);
        ck_assert_str_eq(of_notice(root, "acknowledged_by"), "\"an\"");
        ck_assert(!acknowledge(root, "1"));
        stands(root, "H-1 bot sent+acknowledged");
        ck_assert_str_eq(last_audit(), "an acknowledge notice 2 {\"channel\":\"bot\"}");
}
END_TEST

START_TEST(every_household_confirms_for_itself)
{
        struct thon_notice notice = notice_of("Sơ tán");
        notice.ack = "{}";
        int64_t id = submit_notice(notice, LADDERS("bot:1", "bot:2", "bot:3"));
        try_all("bot", THON_NEXT_DONE, "");
        ck_assert(acknowledge(waiting("1", 0), "1"));
        ck_assert(!acknowledge(waiting("2", 0), "2"));
        stands(id, "H-1 bot sent+acknowledged; H-2 bot sent+acknowledged; H-3 bot sent");
        ck_assert_int_eq(count_of(id, "acknowledged"), 2);
}
END_TEST

START_TEST(a_reply_proves_that_an_unknown_message_came)
{
        struct thon_notice notice = notice_of("Sơ tán");
        notice.ack = "{}";
        int64_t id = submit_notice(notice, LADDERS("bot:1"));
        try_all("bot", THON_NEXT_UNKNOWN, "?");
        ck_assert(acknowledge(waiting("1", 0), "1"));
        stands(id, "H-1 bot sent+acknowledged");
}
END_TEST

START_TEST(a_notice_is_acknowledged_by_command)
{
        int64_t id = call("Đèn tắt", 0, "bot:1");
        bool first;
        ck_assert(acknowledge(id, NULL));
        stands(id, "H-1 bot sent");
        refused(thon_notice_acknowledge(store, 99, "an", NULL, NULL, now, &first), THON_STORE_NOT_FOUND,
                "99");
}
END_TEST

static int escalate(const struct thon_escalation *escalation, void *userdata)
{
        char *text = userdata;
        size_t used = strlen(text);
        (void)snprintf(text + used, 200 - used, "%" PRId64 ":%u ", escalation->id, escalation->done);
        ck_assert_str_eq(escalation->ack, "{\"within\":600}");
        return thon_escalation_done(store, escalation->id, escalation->done + 1,
                                    escalation->done == 0 ? in(300) : THON_WALL_NEVER);
}

START_TEST(what_nobody_acknowledges_is_escalated_step_by_step)
{
        struct thon_wall next;
        char text[200] = "";
        int64_t first = call("Đèn tắt", 0, "bot:1"), second = call("Cửa mở", 0, "bot:1"), calm;
        must_do(thon_escalation_due(store, now, escalate, text, &next));
        ck_assert_str_eq(text, "");
        ck_assert_int_eq(next.s, now.s + 600);
        calm = call("Đèn khác", 0, "bot:2");
        ck_assert(acknowledge(calm, "2"));
        now = in(600);
        must_do(thon_escalation_due(store, now, escalate, text, &next));
        ck_assert_str_eq(text, "1:0 2:0 ");
        ck_assert_int_eq(next.s, now.s + 300);
        ck_assert(acknowledge(second, "1"));
        must_do(thon_escalation_done(store, second, 2, in(1))); /* too late */
        now = in(300);
        must_do(thon_escalation_due(store, now, escalate, text, &next));
        ck_assert_str_eq(text, "1:0 2:0 1:1 ");
        ck_assert_int_eq(next.s, INT64_MAX);
        ck_assert_str_eq(of_notice(first, "escalated"), "2");
}
END_TEST

int main(void)
{
        const TTest *const TESTS[] = {reach_is_told_by_hamlet_each_household_once,
                                      hamlets_are_those_of_today_even_after_a_merger,
                                      recipients_of_no_known_area_are_a_row_of_their_own,
                                      visits_are_in_walking_order,
                                      a_visit_tells_where_whom_and_why,
                                      the_unknown_are_visited_only_when_asked_for,
                                      a_household_that_left_the_registry_is_visited_all_the_same,
                                      a_reply_finds_the_newest_notice_that_waits_for_it,
                                      whoever_of_the_roster_answers_ends_the_escalation,
                                      every_household_confirms_for_itself,
                                      a_reply_proves_that_an_unknown_message_came,
                                      a_notice_is_acknowledged_by_command,
                                      what_nobody_acknowledges_is_escalated_step_by_step};
        return run_tests("relay coverage", TESTS, sizeof(TESTS) / sizeof(TESTS[0]), commune);
}

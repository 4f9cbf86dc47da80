/* Whom a notice and what followed it has reached, and what routes know over a restart. */
#include "relay_store_fixture.h"

#include "../../src/core/relay/route.h"
#include "../../src/relayd/routes.h"
#include "thon/relay_told_store.h"

/* ---- whom it reached ---- */

struct seen {
        char text[600];
};

static int note(const struct thon_told *told, void *userdata)
{
        struct seen *seen = userdata;
        size_t n = strlen(seen->text);

        snprintf(seen->text + n, sizeof(seen->text) - n, "%lld:%s%s=%s/%d ", (long long)told->notice,
                 told->household ? told->household : "", told->person ? told->person : "",
                 thon_outcome_text(told->outcome), told->rung);
        return 0;
}

static int64_t submit_child(const char *text, int64_t parent)
{
        static const char *const ladders[] = {"oa:1 sms:+84912000001", "@oa:2"};
        struct thon_notice notice = notice_of(text);
        bool existing;

        notice.parent = parent;
        ck_assert_int_eq(try_submit(&notice, ladders, 2, &existing), 0);
        return notice.id;
}

START_TEST(test_a_family_is_the_notice_and_its_children)
{
        struct seen seen = {""};
        int64_t first, child, other, root;
        char want[200];

        relay_make();
        first = submit_child("Đèn tắt", 0);
        other = submit_child("Khác", 0);
        child = submit_child("Chưa ai nhận", first);
        ck_assert_int_eq(thon_notice_told(store, first, note, &seen), 0);
        snprintf(want, sizeof(want),
                 "%lld:H-1=pending/0 %lld:p-2=pending/0 %lld:H-1=pending/0 %lld:p-2=pending/0 ",
                 (long long)first, (long long)first, (long long)child, (long long)child);
        ck_assert_str_eq(seen.text, want);
        ck_assert_int_eq(thon_notice_root(store, child, &root), 0);
        ck_assert_int_eq(root, first);
        ck_assert_int_eq(thon_notice_root(store, other, &root), 0);
        ck_assert_int_eq(root, other);
        ck_assert_int_eq(thon_notice_root(store, 999, &root), THON_STORE_NOT_FOUND);
        store_drop();
}
END_TEST

START_TEST(test_a_number_is_put_into_its_own_notice_only)
{
        struct thon_notice_words words;
        int64_t first, other;

        relay_make();
        first = submit_child("ok {so}", 0);
        other = submit_child("ok {so}", 0);
        ck_assert_int_eq(thon_notice_text_set(store, first, "ok 1"), 0);
        ck_assert_int_eq(thon_notice_text_set(store, 999, "ok 1"), THON_STORE_NOT_FOUND);
        ck_assert_int_eq(thon_notice_words(store, first, &words), 0);
        ck_assert_str_eq(words.text, "ok 1");
        ck_assert_int_eq(words.class, THON_CLASS_NORMAL);
        ck_assert_int_eq(words.submitted_at.s, now.s);
        ck_assert_int_eq(words.expires.s, INT64_MAX);
        thon_notice_words_done(&words);
        ck_assert_int_eq(thon_notice_words(store, other, &words), 0);
        ck_assert_str_eq(words.text, "ok {so}");
        thon_notice_words_done(&words);
        ck_assert_int_eq(thon_notice_words(store, 999, &words), THON_STORE_NOT_FOUND);
        store_drop();
}
END_TEST

/* ---- what routes know ---- */

struct rows {
        struct {
                enum thon_route_record what;
                char *key, *route, *doc;
        } items[64];
        size_t n;
};

static int collect(enum thon_route_record what, const char *key, const void *record, void *userdata)
{
        struct rows *rows = userdata;

        if (!record)
                return 0;
        ck_assert_uint_lt(rows->n, 64);
        rows->items[rows->n].what = what;
        rows->items[rows->n].key = strdup(key);
        rows->items[rows->n].route =
                strdup(what == THON_RECORD_INCIDENT || what == THON_RECORD_ENDING ? "lamps" : "");
        rows->items[rows->n].doc = relayd_record_doc(what, record);
        ck_assert_ptr_nonnull(rows->items[rows->n].doc);
        rows->n++;
        return 0;
}

static void rows_done(struct rows *rows)
{
        for (size_t i = 0; i < rows->n; i++) {
                free(rows->items[i].key);
                free(rows->items[i].route);
                free(rows->items[i].doc);
        }
        rows->n = 0;
}

static char *match[] = {"light-*"}, *to[] = {"role:technician"};
static const struct thon_route_conf lamps = {.name = "lamps",
                                             .match = match,
                                             .n_match = 1,
                                             .to = to,
                                             .n_to = 1,
                                             .class = THON_CLASS_PRIORITY,
                                             .cleared = true};

static void happens(struct thon_router *router, const char *id, bool raised, const char *cause,
                    struct thon_route_now at)
{
        const struct thon_value_pair values[] = {{"tram", "17"}, {"\"{}\\", "đ\n"}};
        struct thon_event_in event = {.id = id,
                                      .kind = "light-dark",
                                      .subject = "duong-lang",
                                      .name = "Đường «làng» \"1\"",
                                      .text = "mất điện",
                                      .area = "thon-4",
                                      .cause_id = cause,
                                      .values = values,
                                      .n_values = 2,
                                      .severity = THON_SEVERITY_WARNING,
                                      .raised = raised,
                                      .at = at.wall};

        ck_assert_int_eq(thon_router_event(router, &event, at), 0);
}

static void look(struct thon_router *router, struct thon_route_now at, int64_t *notice)
{
        struct thon_route_actions actions;

        ck_assert_int_eq(thon_router_look(router, at, &actions), 0);
        for (size_t i = 0; i < actions.n; i++)
                if (actions.items[i].what != THON_ROUTE_END)
                        ck_assert_int_eq(thon_router_submitted(router, &actions.items[i], ++*notice), 0);
        thon_route_actions_done(&actions);
}

static void must_be(const struct rows *rows, enum thon_route_record what, const void *record, size_t *found)
{
        char key[THON_RECORD_KEY];
        char *doc = relayd_record_doc(what, record);

        route_key(what, record, key);
        for (size_t i = 0; i < rows->n; i++)
                if (strcmp(rows->items[i].key, key) == 0) {
                        ck_assert_str_eq(doc, rows->items[i].doc);
                        ++*found;
                }
        free(doc);
}

START_TEST(test_what_routes_know_comes_back_as_it_was)
{
        static const enum thon_route_record order[] = {THON_RECORD_INCIDENT, THON_RECORD_ENDING,
                                                       THON_RECORD_FLAP, THON_RECORD_EVENT};
        struct thon_route_now at = {{NOON}, {1000000}};
        struct thon_router *router, *again;
        struct rows before = {.n = 0}, after = {.n = 0};
        struct thon_zone *zone;
        int64_t notice = 0;
        size_t found = 0;
        char id[32];

        ck_assert_int_eq(thon_zone_fixed(25200, &zone), 0);
        ck_assert_int_eq(thon_router_new(&lamps, 1, NULL, 0, zone, &router), 0);
        for (int i = 0; i < 9; i++) { /* it flaps */
                snprintf(id, sizeof(id), "e%d", i);
                happens(router, id, true, i == 1 ? "tram-1" : NULL, at);
                look(router, at, &notice);
                at.wall.s += 10;
                at.mono.us += 10000000;
                if (i < 8)
                        happens(router, id, false, NULL, at);
                look(router, at, &notice); /* endings wait: nobody carries them out here */
        }
        ck_assert_int_eq(thon_router_keep(router, collect, &before), 0);
        ck_assert_uint_gt(before.n, 12);

        ck_assert_int_eq(thon_router_new(&lamps, 1, NULL, 0, zone, &again), 0);
        for (size_t o = 0; o < 4; o++)
                for (size_t i = 0; i < before.n; i++)
                        if (before.items[i].what == order[o])
                                ck_assert_int_eq(relayd_record_restore(again, order[o],
                                                                       before.items[i].route,
                                                                       before.items[i].doc),
                                                 0);
        ck_assert_int_eq(thon_router_restored(again, at), 0);
        for (size_t i = 0; i < again->n_events; i++)
                must_be(&before, THON_RECORD_EVENT, again->events[i], &found);
        for (size_t i = 0; i < again->n_incidents; i++)
                must_be(&before, THON_RECORD_INCIDENT, again->incidents[i], &found);
        for (size_t i = 0; i < again->n_endings; i++)
                must_be(&before, THON_RECORD_ENDING, again->endings[i], &found);
        for (size_t i = 0; i < again->n_flaps; i++)
                must_be(&before, THON_RECORD_FLAP, again->flaps[i], &found);
        ck_assert_uint_eq(found, before.n);
        ck_assert_int_eq(thon_router_keep(again, collect, &after), 0);
        ck_assert_uint_eq(after.n, 0); /* a restart writes nothing */
        look(again, at, &notice);
        thon_router_free(router);
        thon_router_free(again);
        thon_zone_free(zone);
        rows_done(&before);
        rows_done(&after);
}
END_TEST

START_TEST(test_a_row_that_cannot_be_read_is_refused_and_harms_nobody)
{
        static const char *const bad[] = {"",
                                          "{",
                                          "[]",
                                          "{}",
                                          "null",
                                          "{\"id\":7}",
                                          "{\"id\":\"e\",\"kind\":\"k\"}",
                                          "{\"roots\":[[1,true],[2],\"x\"],\"id\":1}"};
        struct thon_router *router;
        struct thon_zone *zone;

        ck_assert_int_eq(thon_zone_fixed(25200, &zone), 0);
        ck_assert_int_eq(thon_router_new(&lamps, 1, NULL, 0, zone, &router), 0);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                for (int what = THON_RECORD_EVENT; what <= THON_RECORD_FLAP; what++)
                        ck_assert_int_eq(
                                relayd_record_restore(router, (enum thon_route_record)what, "lamps", bad[i]),
                                -EINVAL);
        thon_router_free(router);
        thon_zone_free(zone);
}
END_TEST

/* ---- what comes in ---- */

static int read_event(const char *payload, struct relayd_heard *heard)
{
        struct thon_json_error error = {""};
        struct thon_zone *zone;
        int r;

        ck_assert_int_eq(thon_zone_fixed(25200, &zone), 0);
        r = relayd_event_read("light-dark", payload, strlen(payload), zone, (struct thon_wall){NOON}, heard,
                              &error);
        if (r < 0)
                ck_assert(error.text[0] != '\0');
        thon_zone_free(zone);
        return r;
}

START_TEST(test_an_event_is_cleaned_and_cut)
{
        struct relayd_heard heard;
        char payload[4000], *p = payload;

        p += sprintf(
                p,
                "{\"id\":\"e1\",\"state\":\"raised\",\"severity\":\"info\",\"at\":\"?\",\"subject\":\"a\\nb\","
                "\"values\":{\"n\":3,\"ok\":true,\"x\":null,\"area\":\"thon-4\"},\"text\":\"");
        for (int i = 0; i < 500; i++)
                p += sprintf(p, "e\xcc\x82"); /* ê, not in normal form */
        sprintf(p, "\"}");
        ck_assert_int_eq(read_event(payload, &heard), 0);
        ck_assert_str_eq(heard.subject, "a b");
        ck_assert_str_eq(heard.name, "a b");
        ck_assert_str_eq(heard.area, "thon-4");
        ck_assert_str_eq(heard.cause_id, "");
        ck_assert_int_eq(heard.at.s, NOON);
        ck_assert_uint_eq(heard.n_values, 3);
        ck_assert_uint_le(strlen(heard.text), THON_EVENT_TEXT_MAX);
        ck_assert_uint_gt(strlen(heard.text), 200);
        ck_assert_int_eq(strncmp(heard.text, "ê", strlen("ê")), 0);
        relayd_heard_done(&heard);
}
END_TEST

START_TEST(test_an_event_without_what_identifies_it_is_refused)
{
        static const char *const bad[] = {
                "{\"state\":\"raised\",\"severity\":\"info\"}",
                "{\"id\":\"a b\",\"state\":\"raised\",\"severity\":\"info\"}",
                "{\"id\":\"đ\",\"state\":\"raised\",\"severity\":\"info\"}",
                "{\"id\":\"flapping:light-dark:x\",\"state\":\"raised\",\"severity\":\"info\"}",
                "{\"id\":\"a\",\"state\":\"raised\",\"severity\":\"info\",\"cause_id\":\" \"}",
                "{\"id\":\"a\",\"state\":\"open\",\"severity\":\"info\"}",
                "{\"id\":\"a\",\"state\":\"raised\",\"severity\":\"high\"}",
                "{\"id\":\"a\",\"state\":\"raised\"}",
                "[]",
                "",
        };
        struct relayd_heard heard;

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                ck_assert_int_eq(read_event(bad[i], &heard), -EINVAL);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay_told");
        TCase *c = tcase_create("told");

        tcase_set_timeout(c, 60);
        tcase_add_test(c, test_a_family_is_the_notice_and_its_children);
        tcase_add_test(c, test_a_number_is_put_into_its_own_notice_only);
        tcase_add_test(c, test_what_routes_know_comes_back_as_it_was);
        tcase_add_test(c, test_a_row_that_cannot_be_read_is_refused_and_harms_nobody);
        tcase_add_test(c, test_an_event_is_cleaned_and_cut);
        tcase_add_test(c, test_an_event_without_what_identifies_it_is_refused);
        suite_add_tcase(suite, c);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* Events into notices, story by story: one lamp, and what one cause brings together. */
#include "route_story.h"

static char *everything[] = {"*"};
static char *officer[] = {"role:officer"};

/* ---- matching ------------------------------------------------------------------------------------------------------- */

START_TEST(test_patterns_of_kinds)
{
        ck_assert(thon_kind_match("light-*", "light-dark"));
        ck_assert(thon_kind_match("*", ""));
        ck_assert(thon_kind_match("light-dark", "light-dark"));
        ck_assert(thon_kind_match("*-dark", "light-dark"));
        ck_assert(thon_kind_match("l*t-*k", "light-dark"));
        ck_assert(!thon_kind_match("light", "light-dark"));
        ck_assert(!thon_kind_match("light-dark-*", "light-dark"));
        ck_assert(!thon_kind_match("", "light"));
        ck_assert(!thon_kind_match("camera-*", "light-dark"));
}
END_TEST

START_TEST(test_a_pattern_of_stars_takes_no_exponential_time)
{
        char kind[2001];

        memset(kind, 'a', 2000);
        kind[2000] = '\0';
        ck_assert(!thon_kind_match("*a*a*a*a*a*a*a*a*a*a*b", kind));
}
END_TEST

START_TEST(test_what_is_less_severe_than_the_route_wants_is_not_told)
{
        struct story s;
        struct thon_event_in door;

        story_begin(&s);
        s.routes[0].severity = THON_SEVERITY_CRITICAL;
        begin(&s);
        door = an_event("e1", "light-door", "Tủ 1", "Tủ 1: cửa mở", &s);
        door.severity = THON_SEVERITY_WARNING;
        happens(&s, &door);
        passes(&s, 60);
        ck_assert_uint_eq(s.n, 0);
        story_end(&s);
}
END_TEST

/* ---- one lamp ------------------------------------------------------------------------------------------------------- */

START_TEST(test_a_lamp_goes_dark_and_is_mended)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        ck_assert_uint_eq(s.n, 0);
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 1);
        ck_assert_str_eq(s.notices[1].text, "⚠ Đường làng: đèn đang sáng thì mất điện (từ 20:10).");
        passes(&s, 35 * 60);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_str_eq(s.notices[2].text, "✓ Đã khắc phục: Đường làng: đèn đã sáng lại, sau 35 phút.");
        ck_assert(reached(&s, 2, 0) && reached(&s, 2, 1));
        ck_assert_int_eq(s.notices[2].fate[2], NOBODY);
        passes(&s, 86400);
        ck_assert_uint_eq(s.n, 2);
        story_end(&s);
}
END_TEST

START_TEST(test_the_same_event_told_again_is_nothing_new)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 10);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 1);
        story_end(&s);
}
END_TEST

START_TEST(test_an_outbox_that_repeats_what_is_over_raises_nothing)
{
        struct story s;
        struct thon_event_in late;

        story_begin(&s);
        begin(&s);
        late = an_event("e1", "light-dark", "Đường làng", "Đường làng: mất điện", &s);
        happens(&s, &late);
        passes(&s, 60);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 60);
        ck_assert_uint_eq(s.n, 2);
        happens(&s, &late);
        restart(&s);
        happens(&s, &late);
        passes(&s, 600);
        ck_assert_uint_eq(s.n, 2);
        story_end(&s);
}
END_TEST

/* A loaded machine looks late: what came one by one is looked at together, and told one by one all the same. */
START_TEST(test_what_is_looked_at_together_is_told_in_the_order_in_which_it_came)
{
        static const char *const words[] = {"⚠ Đường cầu: ", "⚠ Đường làng: ", "⚠ Đường mới: "};
        struct story s;

        story_begin(&s);
        begin(&s);
        goes_dark(&s, "e3", "Đường cũ");
        goes_dark(&s, "e9", "Đường cầu");
        goes_dark(&s, "e5", "Đường làng");
        goes_dark(&s, "e7", "Đường mới");
        lights_again(&s, "e3", "Đường cũ"); /* and the first has gone from among them */
        restart(&s);
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 3);
        for (size_t i = 0; i < 3; i++)
                ck_assert_msg(strncmp(s.notices[i + 1].text, words[i], strlen(words[i])) == 0, "%zu: %s",
                              i + 1, s.notices[i + 1].text);
        lights_again(&s, "e9", "Đường cầu");
        lights_again(&s, "e5", "Đường làng");
        lights_again(&s, "e7", "Đường mới");
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 6);
        for (size_t i = 0; i < 3; i++)
                ck_assert_msg(strstr(s.notices[i + 4].text, words[i] + strlen("⚠ ")), "%zu: %s", i + 4,
                              s.notices[i + 4].text);
        story_end(&s);
}
END_TEST

START_TEST(test_what_clears_before_it_was_told_is_never_told)
{
        struct story s;

        story_begin(&s);
        s.routes[0].group_wait_s = 5;
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 4);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 0);
        story_end(&s);
}
END_TEST

START_TEST(test_what_clears_while_nobody_has_the_notice_yet_is_withdrawn)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        s.offline = true;
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 2 * 3600);
        ck_assert_uint_eq(s.n, 1);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 10);
        s.offline = false;
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 1);
        ck_assert_int_eq(s.notices[1].fate[0], DROPPED);
        story_end(&s);
}
END_TEST

START_TEST(test_only_those_who_were_told_learn_of_the_end)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 1);
        s.notices[1].fate[1] = QUEUED; /* a phone that is off */
        s.offline = true;
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 1);
        s.offline = false;
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_int_eq(s.notices[1].fate[1], DROPPED);
        ck_assert(reached(&s, 2, 0));
        ck_assert_int_eq(s.notices[2].fate[1], NOBODY);
        story_end(&s);
}
END_TEST

START_TEST(test_an_end_waits_for_what_is_just_being_sent)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        s.slow[0] = s.slow[1] = true;
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 1);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 20);
        ck_assert_uint_eq(s.n, 1);
        s.notices[1].fate[0] = DROPPED; /* refused after all */
        s.slow[1] = false;
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_int_eq(s.notices[2].fate[0], NOBODY);
        ck_assert(reached(&s, 2, 1));
        story_end(&s);
}
END_TEST

START_TEST(test_a_route_without_ends_tells_none_but_withdraws_what_is_unsent)
{
        struct story s;

        story_begin(&s);
        s.routes[0].cleared = false;
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 10);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 1);
        s.offline = true;
        goes_dark(&s, "e2", "Đường làng");
        passes(&s, 10);
        lights_again(&s, "e2", "Đường làng");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_int_eq(s.notices[2].fate[0], DROPPED);
        story_end(&s);
}
END_TEST

START_TEST(test_a_restart_neither_tells_again_nor_forgets_the_end)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        restart(&s);
        passes(&s, 5);
        ck_assert_uint_eq(s.n, 1);
        restart(&s);
        passes(&s, 600);
        ck_assert_uint_eq(s.n, 1);
        lights_again(&s, "e1", "Đường làng");
        restart(&s);
        passes(&s, 5);
        restart(&s);
        passes(&s, 600);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_int_eq(s.notices[2].what, THON_ROUTE_END);
        story_end(&s);
}
END_TEST

START_TEST(test_two_routes_tell_the_same_event_each_in_its_way)
{
        struct story s;

        story_begin(&s);
        s.routes[1] = s.routes[0];
        snprintf(s.routes[1].name, sizeof(s.routes[1].name), "all");
        s.routes[1].match = everything;
        s.routes[1].to = officer;
        s.n_routes = 2;
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 4);
        for (int p = 0; p < 3; p++)
                ck_assert_int_eq(reached(&s, 3, p) + reached(&s, 4, p), 1);
        story_end(&s);
}
END_TEST

START_TEST(test_a_route_that_is_taken_away_still_tells_the_end_and_nothing_else)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 10);
        goes_dark(&s, "e2", "Ngõ 3"); /* not told yet */
        s.n_routes = 0;
        restart(&s);
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 1);
        lights_again(&s, "e1", "Đường làng");
        lights_again(&s, "e2", "Ngõ 3");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_int_eq(s.notices[2].what, THON_ROUTE_END);
        ck_assert_ptr_null(strstr(s.notices[2].text, "Ngõ 3"));
        story_end(&s);
}
END_TEST

/* ---- one cause ---------------------------------------------------------------------------------------------------- */

static void switch_off(struct story *s, const char *id, const char *cause, const char *name)
{
        struct thon_event_in event = an_event(id, "light-silent", name, "mất kết nối", s);

        event.cause_id = cause;
        happens(s, &event);
}

START_TEST(test_a_hundred_lamps_with_one_cause_are_one_notice)
{
        struct story s;
        char id[32], name[32];

        story_begin(&s);
        begin(&s);
        for (int i = 0; i < 100; i++) {
                snprintf(id, sizeof(id), "e%02d", i);
                snprintf(name, sizeof(name), "Đèn %02d", i);
                switch_off(&s, id, "tram-1", name);
        }
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 1);
        ck_assert_str_eq(
                s.notices[1].text,
                "⚠ 100 nơi: mất kết nối (từ 20:10): Đèn 00, Đèn 01, Đèn 02, Đèn 03, Đèn 04, Đèn 05, "
                "Đèn 06, Đèn 07, Đèn 08, Đèn 09 và 90 nơi khác.");
        for (int i = 0; i < 100; i++) {
                snprintf(id, sizeof(id), "e%02d", i);
                lights_again(&s, id, "");
        }
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_ptr_nonnull(strstr(s.notices[2].text, "và 90 nơi khác, sau 1 giờ (20:10–21:10)."));
        story_end(&s);
}
END_TEST

START_TEST(test_the_cause_is_named_first_even_when_it_is_known_last)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        switch_off(&s, "e1", "tram-1", "Đèn 1");
        switch_off(&s, "e2", "tram-1", "Đèn 2");
        switch_off(&s, "tram-1", NULL, "Trạm 1");
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 1);
        ck_assert_str_eq(s.notices[1].text,
                         "⚠ Trạm 1: mất kết nối (từ 20:10), kéo theo 2 nơi: Đèn 1, Đèn 2.");
        story_end(&s);
}
END_TEST

START_TEST(test_latecomers_and_leavers_are_told_together_and_not_too_often)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        switch_off(&s, "e1", "tram-1", "Đèn 1");
        switch_off(&s, "e2", "tram-1", "Đèn 2");
        passes(&s, 60);
        switch_off(&s, "e3", "tram-1", "Đèn 3");
        passes(&s, 60);
        lights_again(&s, "e1", "Đèn 1");
        passes(&s, 60);
        ck_assert_uint_eq(s.n, 1);
        passes(&s, 150);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_str_eq(s.notices[2].text, "⚠ Cập nhật: 2 nơi: mất kết nối (từ 20:10): Đèn 2, Đèn 3. "
                                            "Mới: Đèn 3. Đã hết: Đèn 1.");
        ck_assert_int_eq(s.notices[2].supersedes, 1);
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 2);
        lights_again(&s, "e2", "Đèn 2");
        lights_again(&s, "e3", "Đèn 3");
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 3);
        ck_assert_str_eq(s.notices[3].text,
                         "✓ Đã khắc phục: Đèn 1, Đèn 2, Đèn 3, sau 1 giờ 5 phút (20:10–21:15).");
        story_end(&s);
}
END_TEST

START_TEST(test_a_cause_that_becomes_known_later_joins_what_was_told_apart)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        switch_off(&s, "e1", NULL, "Đèn 1");
        passes(&s, 10);
        switch_off(&s, "e2", NULL, "Đèn 2");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        switch_off(&s, "e1", "tram-1", "Đèn 1");
        switch_off(&s, "e2", "tram-1", "Đèn 2");
        restart(&s);
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 2);
        lights_again(&s, "e1", "Đèn 1");
        lights_again(&s, "e2", "Đèn 2");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 3);
        ck_assert_ptr_nonnull(strstr(s.notices[3].text, "Đèn 1, Đèn 2"));
        story_end(&s);
}
END_TEST

START_TEST(test_a_chain_of_causes_is_one_incident)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        switch_off(&s, "e1", "tu-1", "Đèn 1");
        switch_off(&s, "tu-1", "tram-1", "Tủ 1");
        switch_off(&s, "e2", "tu-1", "Đèn 2");
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 1);
        story_end(&s);
}
END_TEST

START_TEST(test_causes_in_a_circle_harm_nobody)
{
        struct story s;

        story_begin(&s);
        begin(&s);
        switch_off(&s, "a", "b", "A");
        switch_off(&s, "b", "a", "B");
        passes(&s, 400);
        lights_again(&s, "a", "A");
        lights_again(&s, "b", "B");
        passes(&s, 400);
        size_t told = 0, over = 0;
        for (size_t i = 1; i <= s.n; i++)
                if (s.notices[i].what == THON_ROUTE_END)
                        over++;
                else
                        told++;
        ck_assert_uint_ge(told, 1);
        ck_assert_uint_ge(over, 1);
        story_end(&s);
}
END_TEST

/* ---- limits --------------------------------------------------------------------------------------------------------- */

START_TEST(test_what_is_too_long_is_refused_and_changes_nothing)
{
        struct story s;
        char text[THON_EVENT_TEXT_MAX + 2];
        struct thon_event_in event;

        story_begin(&s);
        begin(&s);
        memset(text, 'a', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        event = an_event("e1", "light-dark", "A", text, &s);
        ck_assert_int_eq(thon_router_event(s.router, &event, s.now), -EINVAL);
        event = an_event(text, "light-dark", "A", "B", &s);
        ck_assert_int_eq(thon_router_event(s.router, &event, s.now), -EINVAL);
        event = an_event("", "light-dark", "A", "B", &s);
        ck_assert_int_eq(thon_router_event(s.router, &event, s.now), -EINVAL);
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 0);
        story_end(&s);
}
END_TEST

START_TEST(test_beyond_the_limit_the_least_severe_gives_way_and_its_readers_are_told)
{
        struct story *s = malloc(sizeof(*s));
        struct thon_event_in event;
        char id[32], name[32];

        story_begin(s);
        begin(s);
        event = an_event("info", "light-lamps", "Ngõ 1", "Ngõ 1: thiếu bóng", s);
        event.severity = THON_SEVERITY_INFO;
        happens(s, &event);
        passes(s, 10);
        ck_assert_uint_eq(s->n, 1);
        ck_assert_str_eq(s->notices[1].text, "ℹ Ngõ 1: thiếu bóng (từ 20:10).");
        for (int i = 0; i < THON_EVENTS_MAX; i++) {
                snprintf(id, sizeof(id), "e%04d", i);
                snprintf(name, sizeof(name), "Đèn %04d", i);
                event = an_event(id, "light-dark", name, "mất điện", s);
                event.cause_id = "tram-1";
                ck_assert_int_eq(thon_router_event(s->router, &event, s->now), 0);
        }
        look(s);
        passes(s, 10);
        ck_assert_uint_eq(s->given_way, 1);
        ck_assert_uint_eq(s->n, 3);
        bool told = false;
        for (size_t i = 2; i <= 3; i++)
                told = told || strstr(s->notices[i].text, "Không theo dõi nữa") != NULL;
        ck_assert(told);
        story_end(s);
        free(s);
}
END_TEST

START_TEST(test_words)
{
        char buf[THON_SPAN_TEXT];
        char *text;
        static const char *const to[] = {"role:technician", "role:loa",    "area:thon-4",
                                         "group:phu-nu",    "person:hung", "all"};

        ck_assert_str_eq(thon_span_text(59, buf), "dưới 1 phút");
        ck_assert_str_eq(thon_span_text(-5, buf), "dưới 1 phút");
        ck_assert_str_eq(thon_span_text(35 * 60, buf), "35 phút");
        ck_assert_str_eq(thon_span_text(7200, buf), "2 giờ");
        ck_assert_str_eq(thon_span_text(7500, buf), "2 giờ 5 phút");
        ck_assert_str_eq(thon_span_text(86400 * 3 + 4 * 3600 + 60, buf), "3 ngày 4 giờ");
        text = thon_audience_text(to, 6);
        ck_assert_str_eq(text, "kỹ thuật viên, vai trò loa, khu vực thon-4, nhóm phu-nu, hung, toàn xã");
        free(text);
        text = thon_number_fill("Ngõ {so}: tối. Trả lời «ok {so}».", 17);
        ck_assert_str_eq(text, "Ngõ {so}: tối. Trả lời «ok 17».");
        free(text);
        text = thon_number_fill("Không có", 17);
        ck_assert_str_eq(text, "Không có");
        free(text);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay_incident");
        TCase *c = tcase_create("stories");

        tcase_set_timeout(c, 60);
        tcase_add_test(c, test_patterns_of_kinds);
        tcase_add_test(c, test_a_pattern_of_stars_takes_no_exponential_time);
        tcase_add_test(c, test_what_is_less_severe_than_the_route_wants_is_not_told);
        tcase_add_test(c, test_a_lamp_goes_dark_and_is_mended);
        tcase_add_test(c, test_the_same_event_told_again_is_nothing_new);
        tcase_add_test(c, test_an_outbox_that_repeats_what_is_over_raises_nothing);
        tcase_add_test(c, test_what_is_looked_at_together_is_told_in_the_order_in_which_it_came);
        tcase_add_test(c, test_what_clears_before_it_was_told_is_never_told);
        tcase_add_test(c, test_what_clears_while_nobody_has_the_notice_yet_is_withdrawn);
        tcase_add_test(c, test_only_those_who_were_told_learn_of_the_end);
        tcase_add_test(c, test_an_end_waits_for_what_is_just_being_sent);
        tcase_add_test(c, test_a_route_without_ends_tells_none_but_withdraws_what_is_unsent);
        tcase_add_test(c, test_a_restart_neither_tells_again_nor_forgets_the_end);
        tcase_add_test(c, test_two_routes_tell_the_same_event_each_in_its_way);
        tcase_add_test(c, test_a_route_that_is_taken_away_still_tells_the_end_and_nothing_else);
        tcase_add_test(c, test_a_hundred_lamps_with_one_cause_are_one_notice);
        tcase_add_test(c, test_the_cause_is_named_first_even_when_it_is_known_last);
        tcase_add_test(c, test_latecomers_and_leavers_are_told_together_and_not_too_often);
        tcase_add_test(c, test_a_cause_that_becomes_known_later_joins_what_was_told_apart);
        tcase_add_test(c, test_a_chain_of_causes_is_one_incident);
        tcase_add_test(c, test_causes_in_a_circle_harm_nobody);
        tcase_add_test(c, test_what_is_too_long_is_refused_and_changes_nothing);
        tcase_add_test(c, test_beyond_the_limit_the_least_severe_gives_way_and_its_readers_are_told);
        tcase_add_test(c, test_words);
        suite_add_tcase(suite, c);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

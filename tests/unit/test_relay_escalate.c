/* Events into notices, story by story: what holds others back, and who is told next while nobody answers. */
#include "route_story.h"

static char *everything[] = {"*"};
static char *officer[] = {"role:officer"};
static char *chair[] = {"role:chair"};
static struct thon_escalate_step steps[] = {{officer, 1, 600}, {chair, 1, 1800}};

static void with_ack(struct story *s)
{
        s->routes[0].ack = true;
        s->routes[0].escalate = steps;
        s->routes[0].n_escalate = 2;
}

/* ---- inhibition ----------------------------------------------------------------------------------------------------- */

static void with_inhibition(struct story *s, char *same)
{
        static char *source[] = {"power-*"}, *target[] = {"light-*"};

        s->inhibits[0] = (struct thon_inhibit_conf){.name = "mat-dien",
                                                    .source = source,
                                                    .n_source = 1,
                                                    .target = target,
                                                    .n_target = 1,
                                                    .same = same};
        s->n_inhibits = 1;
}

static void power(struct story *s, const char *id, const char *area, bool raised)
{
        struct thon_event_in event = an_event(id, "power-cut", "Lưới điện", "mất điện lưới", s);

        event.area = area;
        event.raised = raised;
        happens(s, &event);
}

static void dark_in(struct story *s, const char *id, const char *area, const char *name)
{
        struct thon_event_in event = an_event(id, "light-dark", name, "mất điện", s);

        event.area = area;
        happens(s, &event);
}

START_TEST(test_a_power_cut_holds_back_its_lamps_and_what_still_stands_after_it_is_told)
{
        struct story s;

        story_begin(&s);
        with_inhibition(&s, "area");
        begin(&s);
        dark_in(&s, "e1", "thon-1", "Đèn 1"); /* half a second before its explanation */
        power(&s, "p1", "thon-1", true);
        dark_in(&s, "e2", "thon-1", "Đèn 2");
        dark_in(&s, "e3", "thon-2", "Đèn 3");
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 1);
        ck_assert_ptr_nonnull(strstr(s.notices[1].text, "Đèn 3"));
        restart(&s);
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 1);
        lights_again(&s, "e1", "Đèn 1"); /* never told, never ended */
        power(&s, "p1", "thon-1", false);
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_ptr_nonnull(strstr(s.notices[2].text, "Đèn 2"));
        story_end(&s);
}
END_TEST

START_TEST(test_the_end_of_what_was_told_is_never_held_back)
{
        struct story s;

        story_begin(&s);
        with_inhibition(&s, NULL);
        begin(&s);
        dark_in(&s, "e1", "thon-1", "Đèn 1");
        passes(&s, 10);
        power(&s, "p1", "thon-9", true);
        passes(&s, 10);
        lights_again(&s, "e1", "Đèn 1");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_int_eq(s.notices[2].what, THON_ROUTE_END);
        story_end(&s);
}
END_TEST

START_TEST(test_what_has_no_such_value_is_not_held_back)
{
        struct story s;

        story_begin(&s);
        with_inhibition(&s, "tram");
        begin(&s);
        power(&s, "p1", "thon-1", true);
        dark_in(&s, "e1", "thon-1", "Đèn 1");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 1);
        story_end(&s);
}
END_TEST

START_TEST(test_what_is_source_and_target_does_not_silence_itself)
{
        struct story s;

        story_begin(&s);
        with_inhibition(&s, NULL);
        s.inhibits[0].source = everything;
        begin(&s);
        dark_in(&s, "e1", "thon-1", "Đèn 1");
        dark_in(&s, "e2", "thon-1", "Đèn 2");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 2);
        story_end(&s);
}
END_TEST

/* ---- acknowledging, escalating, reminding --------------------------------------------------------------------------- */

START_TEST(test_it_escalates_until_somebody_takes_it)
{
        struct story s;
        char *headline;

        story_begin(&s);
        with_ack(&s);
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 1);
        ck_assert_str_eq(s.notices[1].text, "⚠ Đường làng: đèn đang sáng thì mất điện (từ 20:10). "
                                            "Trả lời «ok 1» khi đã nhận.");
        passes(&s, 599);
        ck_assert_uint_eq(s.n, 1);
        restart(&s);
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_str_eq(s.notices[2].text,
                         "⚠ Đã 10 phút chưa ai nhận (đã báo: kỹ thuật viên): Đường làng: đèn đang sáng thì "
                         "mất điện (từ 20:10). Trả lời «ok 2» khi đã nhận.");
        ck_assert_int_eq(s.notices[2].parent, 1);
        ck_assert(reached(&s, 2, 2));
        ck_assert_int_eq(thon_router_acknowledge(s.router, 1, s.now, &headline), 0);
        ck_assert_str_eq(headline, "Đường làng: đèn đang sáng thì mất điện (từ 20:10)");
        free(headline);
        look(&s);
        restart(&s);
        passes(&s, 86400);
        ck_assert_uint_eq(s.n, 2);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 3);
        ck_assert(reached(&s, 3, 0) && reached(&s, 3, 1) && reached(&s, 3, 2));
        ck_assert_int_eq(s.notices[3].fate[3], NOBODY);
        story_end(&s);
}
END_TEST

START_TEST(test_an_end_ends_the_escalation)
{
        struct story s;

        story_begin(&s);
        with_ack(&s);
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 300);
        lights_again(&s, "e1", "Đường làng");
        passes(&s, 86400);
        ck_assert_uint_eq(s.n, 2);
        story_end(&s);
}
END_TEST

START_TEST(test_it_is_told_again_while_nobody_takes_it)
{
        struct story s;
        char *headline;

        story_begin(&s);
        s.routes[0].repeat_s = 3600;
        s.routes[0].ack = true;
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 2 * 3600 + 10);
        ck_assert_uint_eq(s.n, 3);
        ck_assert_str_eq(s.notices[3].text, "⚠ Nhắc lại (đã 2 giờ): Đường làng: đèn đang sáng thì mất điện "
                                            "(từ 20:10). Trả lời «ok 3» khi đã nhận.");
        ck_assert_int_eq(thon_router_acknowledge(s.router, 1, s.now, &headline), 0);
        free(headline);
        look(&s);
        passes(&s, 86400);
        ck_assert_uint_eq(s.n, 3);
        story_end(&s);
}
END_TEST

START_TEST(test_a_clock_that_was_stepped_back_stops_neither_escalation_nor_reminder)
{
        struct story s;

        story_begin(&s);
        with_ack(&s);
        begin(&s);
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 10);
        s.now.wall.s -= 86400;
        look(&s);
        passes(&s, 601);
        ck_assert_uint_eq(s.n, 2);
        story_end(&s);
}
END_TEST

START_TEST(test_nobody_knows_a_number_that_is_not_of_an_incident)
{
        struct story s;
        char *headline;

        story_begin(&s);
        begin(&s);
        ck_assert_int_eq(thon_router_acknowledge(s.router, 99, s.now, &headline), 0);
        ck_assert_ptr_null(headline);
        story_end(&s);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay_escalate");
        TCase *c = tcase_create("stories");

        tcase_set_timeout(c, 60);
        tcase_add_test(c, test_a_power_cut_holds_back_its_lamps_and_what_still_stands_after_it_is_told);
        tcase_add_test(c, test_the_end_of_what_was_told_is_never_held_back);
        tcase_add_test(c, test_what_has_no_such_value_is_not_held_back);
        tcase_add_test(c, test_what_is_source_and_target_does_not_silence_itself);
        tcase_add_test(c, test_it_escalates_until_somebody_takes_it);
        tcase_add_test(c, test_an_end_ends_the_escalation);
        tcase_add_test(c, test_it_is_told_again_while_nobody_takes_it);
        tcase_add_test(c, test_a_clock_that_was_stepped_back_stops_neither_escalation_nor_reminder);
        tcase_add_test(c, test_nobody_knows_a_number_that_is_not_of_an_incident);
        suite_add_tcase(suite, c);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

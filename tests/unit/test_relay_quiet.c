/* Events into notices, story by story: nights that are told in the morning, and what comes and goes. */
#include "route_story.h"

static char *officer[] = {"role:officer"};
static char *chair[] = {"role:chair"};
static struct thon_escalate_step steps[] = {{officer, 1, 600}, {chair, 1, 1800}};

static void with_ack(struct story *s)
{
        s->routes[0].ack = true;
        s->routes[0].escalate = steps;
        s->routes[0].n_escalate = 2;
}

/* ---- quiet hours ---------------------------------------------------------------------------------------------------- */

static void with_quiet_nights(struct story *s)
{
        s->routes[0].class = THON_CLASS_NORMAL;
        s->routes[0].quiet = (struct thon_hours){21 * 60 + 30, 5 * 60 + 30};
}

START_TEST(test_a_night_is_told_in_one_digest_in_the_morning)
{
        struct story s;

        story_begin(&s);
        with_quiet_nights(&s);
        begin(&s);
        goes_dark(&s, "e0", "Ngõ 1");
        passes(&s, 10);
        clock_to(&s, "2026-11-21T23:10:00+07:00");
        goes_dark(&s, "e1", "Đường làng");
        clock_to(&s, "2026-11-21T23:40:00+07:00");
        lights_again(&s, "e0", "Ngõ 1");
        lights_again(&s, "e1", "Đường làng");
        clock_to(&s, "2026-11-22T02:00:00+07:00");
        goes_dark(&s, "e2", "Ngõ 3");
        restart(&s);
        clock_to(&s, "2026-11-22T05:29:59+07:00");
        ck_assert_uint_eq(s.n, 1);
        clock_to(&s, "2026-11-22T05:31:00+07:00");
        ck_assert_uint_eq(s.n, 2);
        ck_assert_int_eq(s.notices[2].what, THON_ROUTE_DIGEST);
        ck_assert_str_eq(s.notices[2].text,
                         "⚠ Tổng hợp trong giờ yên tĩnh (21:30–05:30):\n"
                         "Đang còn (1):\n– Ngõ 3: đèn đang sáng thì mất điện (từ 02:00)\n"
                         "Đã xảy ra và đã hết (2):\n"
                         "– Ngõ 1: đèn đang sáng thì mất điện (20:10 ngày 21/11–23:40 ngày 21/11)\n"
                         "– Đường làng: đèn đang sáng thì mất điện (23:10 ngày 21/11–23:40 ngày 21/11)");
        lights_again(&s, "e2", "Ngõ 3");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, 3);
        ck_assert_int_eq(s.notices[3].what, THON_ROUTE_END);
        story_end(&s);
}
END_TEST

START_TEST(test_who_was_told_before_the_night_and_gets_no_digest_learns_of_the_end_by_itself)
{
        struct story s;

        story_begin(&s);
        with_quiet_nights(&s);
        with_ack(&s);
        begin(&s);
        goes_dark(&s, "e0", "Ngõ 1");
        clock_to(&s, "2026-11-21T23:10:00+07:00");
        ck_assert_uint_eq(s.n, 3); /* the officer and the chair were told too */
        lights_again(&s, "e0", "Ngõ 1");
        goes_dark(&s, "e1", "Đường làng");
        clock_to(&s, "2026-11-22T05:31:00+07:00");
        ck_assert_uint_eq(s.n, 5);
        ck_assert_int_eq(s.notices[4].what, THON_ROUTE_DIGEST);
        ck_assert_int_eq(s.notices[5].what, THON_ROUTE_END);
        ck_assert_int_eq(s.notices[5].fate[0], NOBODY);
        ck_assert(reached(&s, 5, 2) && reached(&s, 5, 3));
        story_end(&s);
}
END_TEST

START_TEST(test_one_thing_alone_is_told_in_the_morning_as_ever)
{
        struct story s;

        story_begin(&s);
        with_quiet_nights(&s);
        with_ack(&s);
        begin(&s);
        clock_to(&s, "2026-11-21T23:10:00+07:00");
        goes_dark(&s, "e1", "Đường làng");
        clock_to(&s, "2026-11-22T05:30:00+07:00");
        ck_assert_uint_eq(s.n, 1);
        ck_assert_int_eq(s.notices[1].what, THON_ROUTE_RAISED);
        ck_assert_ptr_nonnull(strstr(s.notices[1].text, "ok 1"));
        story_end(&s);
}
END_TEST

START_TEST(test_a_night_without_events_has_no_digest)
{
        struct story s;

        story_begin(&s);
        with_quiet_nights(&s);
        begin(&s);
        clock_to(&s, "2026-11-23T12:00:00+07:00");
        ck_assert_uint_eq(s.n, 0);
        story_end(&s);
}
END_TEST

START_TEST(test_priority_knows_no_quiet_hours)
{
        struct story s;

        story_begin(&s);
        with_quiet_nights(&s);
        s.routes[0].class = THON_CLASS_PRIORITY;
        begin(&s);
        clock_to(&s, "2026-11-21T23:10:00+07:00");
        goes_dark(&s, "e1", "Đường làng");
        passes(&s, 1);
        ck_assert_uint_eq(s.n, 1);
        story_end(&s);
}
END_TEST

START_TEST(test_an_ack_of_a_digest_is_one_of_all_that_it_told)
{
        struct story s;
        char *headline;

        story_begin(&s);
        with_quiet_nights(&s);
        with_ack(&s);
        begin(&s);
        clock_to(&s, "2026-11-21T23:10:00+07:00");
        goes_dark(&s, "e1", "Đường làng");
        goes_dark(&s, "e2", "Ngõ 3");
        clock_to(&s, "2026-11-22T05:31:00+07:00");
        ck_assert_uint_eq(s.n, 1);
        ck_assert_int_eq(thon_router_acknowledge(s.router, 1, s.now, &headline), 0);
        ck_assert_ptr_nonnull(headline);
        free(headline);
        passes(&s, 3600);
        ck_assert_uint_eq(s.n, 1);
        story_end(&s);
}
END_TEST

/* ---- flapping ------------------------------------------------------------------------------------------------------- */

START_TEST(test_what_comes_and_goes_is_told_once_as_unstable_until_it_keeps_quiet)
{
        struct story s;
        char id[32];

        story_begin(&s);
        begin(&s);
        for (int i = 0; i < 30; i++) {
                snprintf(id, sizeof(id), "e%d", i);
                goes_dark(&s, id, "Đường làng");
                passes(&s, 60);
                lights_again(&s, id, "Đường làng");
                passes(&s, 60);
        }
        /* Six times as ever, then once as unstable. */
        ck_assert_uint_eq(s.n, 13);
        ck_assert_str_eq(s.notices[13].text,
                         "⚠ Đường làng: chập chờn, 7 lần trong một giờ (đèn đang sáng thì mất "
                         "điện) (từ 20:10).");
        restart(&s);
        passes(&s, 1800);
        ck_assert_uint_eq(s.n, 14);
        ck_assert_ptr_nonnull(
                strstr(s.notices[14].text, "✓ Đã ổn định: Đường làng: không còn chập chờn, sau"));
        passes(&s, 86400);
        ck_assert_uint_eq(s.n, 14);
        story_end(&s);
}
END_TEST

START_TEST(test_what_stands_when_it_keeps_quiet_is_told_then)
{
        struct story s;
        char id[32];

        story_begin(&s);
        begin(&s);
        for (int i = 0; i < 7; i++) {
                snprintf(id, sizeof(id), "e%d", i);
                goes_dark(&s, id, "Đường làng");
                passes(&s, 10);
                if (i < 6) {
                        lights_again(&s, id, "Đường làng");
                        passes(&s, 10);
                }
        }
        size_t before = s.n;
        passes(&s, 1900);
        ck_assert_uint_eq(s.n, before + 2);
        for (size_t i = before + 1; i <= s.n; i++)
                if (s.notices[i].what == THON_ROUTE_END)
                        ck_assert_ptr_nonnull(strstr(s.notices[i].text, "nhưng vẫn đang có sự cố"));
                else
                        ck_assert_int_eq(s.notices[i].what, THON_ROUTE_RAISED);
        lights_again(&s, "e6", "Đường làng");
        passes(&s, 10);
        ck_assert_uint_eq(s.n, before + 3);
        story_end(&s);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay_quiet");
        TCase *c = tcase_create("stories");

        tcase_set_timeout(c, 60);
        tcase_add_test(c, test_a_night_is_told_in_one_digest_in_the_morning);
        tcase_add_test(c, test_who_was_told_before_the_night_and_gets_no_digest_learns_of_the_end_by_itself);
        tcase_add_test(c, test_one_thing_alone_is_told_in_the_morning_as_ever);
        tcase_add_test(c, test_a_night_without_events_has_no_digest);
        tcase_add_test(c, test_priority_knows_no_quiet_hours);
        tcase_add_test(c, test_an_ack_of_a_digest_is_one_of_all_that_it_told);
        tcase_add_test(c, test_what_comes_and_goes_is_told_once_as_unstable_until_it_keeps_quiet);
        tcase_add_test(c, test_what_stands_when_it_keeps_quiet_is_told_then);
        suite_add_tcase(suite, c);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

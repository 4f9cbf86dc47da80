/* A citizen's report: from the dark lamp to the answer. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/relay_report.h"

START_TEST(it_goes_forward_and_ends)
{
        struct thon_report_order order = {
                .has_state = true, .state = THON_REPORT_ASSIGNED, .assignee = "ky-thuat-hung"};

        ck_assert_ptr_null(thon_report_problem(THON_REPORT_NEW, &order));
        ck_assert_ptr_null(thon_report_problem(THON_REPORT_ASSIGNED, &order));
        order.state = THON_REPORT_NEW;
        ck_assert_ptr_nonnull(thon_report_problem(THON_REPORT_IN_PROGRESS, &order));
        ck_assert_ptr_nonnull(thon_report_problem(THON_REPORT_NEW, &order));
        order.state = THON_REPORT_DONE;
        ck_assert_ptr_null(thon_report_problem(THON_REPORT_NEW, &order));
        ck_assert_ptr_nonnull(thon_report_problem(THON_REPORT_DONE, &order));
}
END_TEST

START_TEST(who_is_refused_is_told_why)
{
        struct thon_report_order order = {.has_state = true, .state = THON_REPORT_REFUSED};

        ck_assert_ptr_nonnull(thon_report_problem(THON_REPORT_NEW, &order));
        order.reason = "";
        ck_assert_ptr_nonnull(thon_report_problem(THON_REPORT_NEW, &order));
        order.reason = "đường quốc lộ, đã chuyển Khu quản lý đường bộ";
        ck_assert_ptr_null(thon_report_problem(THON_REPORT_NEW, &order));
}
END_TEST

START_TEST(an_answer_alone_is_an_order_and_nothing_is_none)
{
        struct thon_report_order order = {0};

        ck_assert_ptr_nonnull(thon_report_problem(THON_REPORT_NEW, &order));
        order.answer = "Tối nay thợ đến.";
        ck_assert_ptr_null(thon_report_problem(THON_REPORT_NEW, &order));
        ck_assert_ptr_null(thon_report_problem(THON_REPORT_DONE, &order));
}
END_TEST

START_TEST(the_citizen_reads_number_and_date)
{
        struct thon_zone *zone;
        struct thon_report_facts facts = {.id = 12, .sender = "UBND xã Sao Mai"};
        char *text;

        ck_assert_int_eq(thon_zone_fixed(7 * 3600, &zone), 0);
        facts.zone = zone;
        ck_assert(thon_time_parse(zone, "2026-11-26 23:00", &facts.due));
        ck_assert_int_eq(thon_report_say(THON_REPORT_SAID_OPENED, &facts, &text), 0);
        ck_assert_ptr_nonnull(strstr(text, "UBND xã Sao Mai đã nhận phản ánh số 12"));
        ck_assert_ptr_nonnull(strstr(text, "26/11/2026"));
        free(text);
        facts.state = THON_REPORT_REFUSED;
        facts.reason = "ngoài địa bàn";
        ck_assert_int_eq(thon_report_say(THON_REPORT_SAID_STATE, &facts, &text), 0);
        ck_assert_ptr_nonnull(strstr(text, "Lý do: ngoài địa bàn"));
        free(text);
        thon_zone_free(zone);
}
END_TEST

START_TEST(courtesy_is_no_report)
{
        static const char *const greetings[] = {"Xin chào!", "alo", "A lô", "👋", "Chào cán bộ xã ạ", "hi"};
        static const char *const thanks[] = {"Cảm ơn anh nhiều ạ", "vâng", "Dạ em cảm ơn", "đã nhận",
                                             "ok ok"};
        static const char *const words[] = {"Chào, đèn đường ngõ Đông tắt từ tối qua",
                                            "Cháy!",
                                            "cảm ơn, nhưng đèn vẫn tắt",
                                            "ok nhưng chưa xong",
                                            "xã ơi",
                                            "ngập"};

        for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++)
                ck_assert_msg(thon_report_courtesy(greetings[i]) == THON_COURTESY_GREETING, "%s",
                              greetings[i]);
        for (size_t i = 0; i < sizeof(thanks) / sizeof(thanks[0]); i++)
                ck_assert_msg(thon_report_courtesy(thanks[i]) == THON_COURTESY_THANKS, "%s", thanks[i]);
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                ck_assert_msg(thon_report_courtesy(words[i]) == THON_COURTESY_NONE, "%s", words[i]);
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters)
{
        char text[3001] = "", *kept;

        for (size_t i = 0; i < 1000; i++)
                memcpy(text + 3 * i, "ệ", 4);
        ck_assert_uint_eq(thon_report_cut(text, 10), 9);
        ck_assert_uint_eq(thon_report_cut(text, 3000), 3000);
        ck_assert_uint_eq(thon_report_cut("", 0), 0);
        ck_assert_int_eq(thon_report_words(text, 3000, &kept), 0);
        ck_assert_str_eq(kept, text);
        free(kept);
        ck_assert_int_eq(thon_report_words(text, 300, &kept), 0);
        ck_assert_uint_le(strlen(kept), 300);
        ck_assert_uint_ge(strlen(kept), 90);
        ck_assert_str_eq(kept + strlen(kept) - strlen("ệ […]"), "ệ […]");
        free(kept);
        ck_assert_int_eq(thon_report_words("\xff\xfe", 300, &kept), -EINVAL);
}
END_TEST

START_TEST(states_are_spelled_alike_everywhere)
{
        for (int i = 0; i < THON_REPORT_STATES; i++) {
                enum thon_report_state state;
                ck_assert(
                        thon_report_state_parse(thon_report_state_text((enum thon_report_state)i), &state));
                ck_assert_int_eq((int)state, i);
        }
        enum thon_report_state state;
        ck_assert(!thon_report_state_parse("closed", &state));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("reports");
        TCase *tc = tcase_create("reports");

        tcase_add_test(tc, it_goes_forward_and_ends);
        tcase_add_test(tc, who_is_refused_is_told_why);
        tcase_add_test(tc, an_answer_alone_is_an_order_and_nothing_is_none);
        tcase_add_test(tc, the_citizen_reads_number_and_date);
        tcase_add_test(tc, courtesy_is_no_report);
        tcase_add_test(tc, a_long_text_is_cut_between_characters);
        tcase_add_test(tc, states_are_spelled_alike_everywhere);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

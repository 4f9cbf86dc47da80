/* What people answer: an acknowledgement stops an escalation, so a doubt must not be taken for one. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/relay_text.h"

static const struct {
        const char *text;
        int64_t notice;
} taken[] = {
        {"ok", 0},
        {"ok 17", 17},
        {"OK17", 17},
        {"Ok, 17.", 17},
        {"ok #17", 17},
        {"17 ok", 17},
        {"  OK!!!  ", 0},
        {"oke ạ", 0},
        {"Đã nhận", 0},
        {"đã nhận.", 0},
        {"ĐÃ NHẬN 17", 17},
        {"da nhan 17", 17},
        {"\u0110a\u0303 nha\u0323\u0302n 17", 17},
        {"nhận", 0},
        {"rõ", 0},
        {"đã rõ!", 0},
        {"Rõ 17 ạ", 17},
        {"roger", 0},
        {"Vâng ạ", 0},
        {"dạ em đã nhận được thông báo số 17 rồi ạ", 17},
        {"Gia đình đã nhận được tin, cảm ơn", 0},
        {"ok 👍", 0},
        {"👍", 0},
        {"👍🏽", 0},
        {"✔️ 👌", 0},
        {"ok\n17", 17},
        {"ok 0017", 17},
        {"ok 999999999999999", 999999999999999},
};

START_TEST(an_acknowledgement_is_understood)
{
        int64_t notice = -1;

        ck_assert_msg(thon_ack_parse(taken[_i].text, &notice), "%s", taken[_i].text);
        ck_assert_int_eq(notice, taken[_i].notice);
}
END_TEST

static const char *const others[] = {
        "",
        " ",
        "17",
        "...",
        "ok nhưng đèn vẫn tắt",
        "ok?",
        "đã nhận chưa",
        "đã nhận chưa?",
        "chưa nhận",
        "chưa rõ",
        "không ok",
        "ko nhan duoc",
        "rõ ràng",
        "vắng",
        "ok à",
        "ok 👎",
        "👍👎",
        "👍 cháy",
        "cảm ơn",
        "dạ",
        "ok 17 18",
        "ok 17.5",
        "ok 0",
        "ok 1000000000000000",
        "ok 99999999999999999999999999999",
        "đèn tắt",
        "nhận 17 kg lúa giống",
        "okayokay",
        "okx",
        "\xff",
        "ok\xff",
};

START_TEST(a_flood_is_no_acknowledgement)
{
        char text[3 * 60 + 1] = "";
        int64_t notice = -1;

        for (int i = 0; i < 60; i++)
                strcat(text, "ok ");
        ck_assert(!thon_ack_parse(text, &notice));
}
END_TEST

START_TEST(anything_else_is_for_people)
{
        int64_t notice = -1;

        ck_assert_msg(!thon_ack_parse(others[_i], &notice), "%s", others[_i]);
        ck_assert_int_eq(notice, -1);
}
END_TEST

#define N(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
        Suite *suite = suite_create("relay_ack");
        TCase *tc = tcase_create("relay_ack");

        tcase_add_loop_test(tc, an_acknowledgement_is_understood, 0, N(taken));
        tcase_add_test(tc, a_flood_is_no_acknowledgement);
        tcase_add_loop_test(tc, anything_else_is_for_people, 0, N(others));
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

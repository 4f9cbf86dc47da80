/* Normal form, folding and scoring: what lets an officer find "Nguyễn Văn Ân" by typing "nguyen van an". */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#include "thon/cleanup.h"
#include "thon/text.h"

static const struct {
        const char *in, *nfc, *fold;
} texts[] = {
        {"", "", ""},
        {"   ", "", ""},
        {"Nguyễn Văn Ân, ngõ Đông", "Nguyễn Văn Ân, ngõ Đông", "nguyen van an ngo dong"},
        /* decomposed, as macOS writes it: e + circumflex + tilde; the marks in the other order are the same
           letter */
        {"Nguye\u0302\u0303n", "Nguyễn", "nguyen"},
        {"Vie\u0323\u0302t", "Việt", "viet"},
        {"\u0110\u01b0\u1eddng", "Đường", "duong"},
        {"ĐẶNG THỊ ƯỚT", "ĐẶNG THỊ ƯỚT", "dang thi uot"},
        {"đ Đ ð Ð", "đ Đ ð Ð", "d d d d"},
        {"hoà hòa", "hoà hòa", "hoa hoa"},
        {" \tThôn  \r\n Chí\u00a0Phúc\n", "Thôn Chí Phúc", "thon chi phuc"},
        {"số 12A/3-b", "số 12A/3-b", "so 12a 3 b"},
        {"Ea H'leo", "Ea H'leo", "ea h leo"},
        {"\ufeffmã\u200bhộ", "mãhộ", "maho"},
        {"m²  ½", "m² ½", "m2 1 2"},
        {"¡¿—…", "¡¿—…", ""},
};

START_TEST(test_forms)
{
        _cleanup_free_ char *nfc = NULL, *fold = NULL;

        ck_assert_int_eq(thon_text_nfc(texts[_i].in, 200, &nfc), 0);
        ck_assert_str_eq(nfc, texts[_i].nfc);
        ck_assert_int_eq(thon_text_fold(texts[_i].in, 200, &fold), 0);
        ck_assert_str_eq(fold, texts[_i].fold);
}
END_TEST

static const char *const refused[] = {
        "\x01",         "a\x1bz",           "\x7f",    "Nguy\xea\xden", "\xc0\xaf",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe1\xbb"};

START_TEST(test_refused)
{
        char *out = (char *)"untouched";

        ck_assert_int_eq(thon_text_nfc(refused[_i], 200, &out), -EINVAL);
        ck_assert_int_eq(thon_text_fold(refused[_i], 200, &out), -EINVAL);
        ck_assert_str_eq(out, "untouched");
}
END_TEST

START_TEST(test_limit_is_of_the_result)
{
        _cleanup_free_ char *out = NULL;
        char *none = NULL;

        /* 5 bytes decomposed, 3 composed */
        ck_assert_int_eq(thon_text_nfc("e\u0323\u0302", 3, &out), 0);
        ck_assert_str_eq(out, "ệ");
        ck_assert_int_eq(thon_text_nfc("abcd", 3, &none), -EINVAL);
        ck_assert_int_eq(thon_text_nfc("                         a", 3, &none), -EINVAL);
}
END_TEST

static unsigned seed(void)
{
        const char *text = getenv("THON_SEED");
        unsigned s = text ? (unsigned)strtoul(text, NULL, 10) : (unsigned)time(NULL);

        printf("THON_SEED=%u\n", s);
        return s;
}

static uint32_t next(uint32_t *state)
{
        *state = *state * 1664525u + 1013904223u;
        return *state >> 8;
}

/* Whatever the text: normal forms are stable, and folding sees no difference between a text and its normal
 * form. */
START_TEST(test_forms_are_stable)
{
        static const int32_t pool[] = {'a',    'E',   ' ',     0x300,  0x301,  0x302,  0x303, 0x309,
                                       0x31b,  0x323, 0x110,   0x111,  0x1b0,  0x1ea5, 0xa0,  0x200b,
                                       0x2014, 0x3b1, 0x1f600, 0xfb01, 0xac00, '\n'};
        uint32_t state = seed();

        for (int round = 0; round < 20000; round++) {
                _cleanup_free_ char *nfc = NULL, *nfc2 = NULL, *fold = NULL, *fold2 = NULL, *fold3 = NULL;
                char text[128];
                size_t n = 0;

                for (unsigned i = next(&state) % 24; i > 0; i--) {
                        int32_t c = pool[next(&state) % (sizeof pool / sizeof *pool)];

                        n += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)text + n);
                }
                text[n] = '\0';
                ck_assert_int_eq(thon_text_nfc(text, 1000, &nfc), 0);
                ck_assert_int_eq(thon_text_nfc(nfc, 1000, &nfc2), 0);
                ck_assert_str_eq(nfc, nfc2);
                ck_assert_int_eq(thon_text_fold(text, 1000, &fold), 0);
                ck_assert_int_eq(thon_text_fold(nfc, 1000, &fold2), 0);
                ck_assert_str_eq(fold, fold2);
                ck_assert_int_eq(thon_text_fold(fold, 1000, &fold3), 0);
                ck_assert_str_eq(fold, fold3);
        }
}
END_TEST

static const struct {
        const char *query, *better, *worse; /* worse: "" is a text that must not be found at all */
} rankings[] = {
        {"nguyen van an", "nguyen van an ngo dong 12", "nguyen van anh ngo dong 12"},
        {"nguyen van an", "nguyen van an ngo dong 12", "nguyen thi an van chuong"},
        {"van an", "nguyen van an", "an van nguyen"},
        {"van an", "nguyen van an", "nguyen van binh an"},
        {"nguyen", "nguyen van binh", "le thi nguyen"},
        {"an dong", "nguyen van an ngo dong", ""},
        {"ng v a", "nguyen van an", ""},
        {"an an", "an an", ""},
};

START_TEST(test_ranking)
{
        int better = thon_text_score(rankings[_i].query, rankings[_i].better);

        ck_assert_int_gt(better, 0);
        ck_assert_int_gt(better, thon_text_score(rankings[_i].query, rankings[_i].worse));
}
END_TEST

static const struct {
        const char *query, *text;
} strangers[] = {
        {"guyen", "nguyen van an"},
        {"nguyen vu", "nguyen van an"},
        {"an an", "nguyen van an"},
        {"", "nguyen"},
        {"nguyen", ""},
        {"nguyens", "nguyen"},
};

START_TEST(test_strangers)
{
        ck_assert_int_eq(thon_text_score(strangers[_i].query, strangers[_i].text), 0);
}
END_TEST

START_TEST(test_score_has_bounds)
{
        char many[4096];

        for (size_t i = 0; i + 2 < sizeof many; i += 2)
                memcpy(many + i, "a ", 3);
        ck_assert_int_gt(thon_text_score(many, many), 0);
        ck_assert_int_gt(thon_text_score("a", many), 0);
        ck_assert_int_eq(thon_text_score(many, "a"), 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("text");
        TCase *tc = tcase_create("text");
        SRunner *runner;
        int failed;

        tcase_add_loop_test(tc, test_forms, 0, sizeof texts / sizeof *texts);
        tcase_add_loop_test(tc, test_refused, 0, sizeof refused / sizeof *refused);
        tcase_add_test(tc, test_limit_is_of_the_result);
        tcase_add_test(tc, test_forms_are_stable);
        tcase_add_loop_test(tc, test_ranking, 0, sizeof rankings / sizeof *rankings);
        tcase_add_loop_test(tc, test_strangers, 0, sizeof strangers / sizeof *strangers);
        tcase_add_test(tc, test_score_has_bounds);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* A commune's own dictionary: what goes before what, which forms match, and files that nobody should write. */
#include <errno.h>

#include "speech_cases.h"

static struct thon_dictionary *dictionary_of(const char *text)
{
        struct thon_dictionary_problem problem;
        struct thon_dictionary *dictionary = NULL;

        ck_assert_msg(thon_dictionary_parse(text, strlen(text), &dictionary, &problem) == 0, "line %u: %s",
                      problem.line, problem.reason);
        return dictionary;
}

static void expect(const char *file, const char *text, const char *words)
{
        struct thon_dictionary *dictionary = dictionary_of(file);
        const struct thon_speech_options options = {.dictionary = dictionary};
        _cleanup_free_ char *got = NULL;

        ck_assert_int_eq(thon_speech_words(text, &options, &got), 0);
        ck_assert_msg(strcmp(got, words) == 0, "%s\n  read:     %s\n  expected: %s", text, got, words);
        dictionary = thon_dictionary_free(dictionary);
}

static const struct {
        const char *file, *text, *words;
} cases[] = {
        /* before what is built in */
        {"CT = chiến thắng", "thôn CT 3", "thôn chiến thắng ba"},
        {"UBND = ủy ban", "UBND xã", "ủy ban xã"},
        {"BOT = bót", "trạm BOT", "trạm bót"},
        /* the longest wins, the commune's or not */
        {"NVH = nhà văn hóa cũ\nNVH Chí Phúc = nhà văn hóa Chí Phúc mới", "NVH Chí Phúc, NVH khác",
         "nhà văn hóa Chí Phúc mới nhà văn hóa cũ khác"},
        {"TP = thị phần", "TP.HCM", "Thành phố Hồ Chí Minh"},
        {"TP = thị phần", "TP này", "thị phần này"},
        /* capitals match capitals alone; others whatever the case */
        {"CT = chiến thắng", "ct Ct", "xê tê xê tê"},
        {"Coopmart = cốp mát", "COOPMART Coopmart coopmart", "cốp mát cốp mát cốp mát"},
        {"Krông Pa = cờ rông pa", "xã Krông Pa, KRÔNG PA", "xã cờ rông pa cờ rông pa"},
        /* a whole word, but figures may follow capitals */
        {"CT = chiến thắng", "CTX, ACT", "xê tê ích xì a xê tê"},
        {"CT = chiến thắng", "nhà CT3", "nhà chiến thắng ba"},
        {"an = ân", "bán an ban", "bán ân ban"},
        /* what is said is read once, with what is built in */
        {"QL9 = quốc lộ 9", "QL9", "quốc lộ chín"},
        {"CLBTT = CLB thể thao", "CLBTT", "câu lạc bộ thể thao"},
        {"A = A", "tổ A", "tổ A"},
        /* the way it is written */
        {"# comment\n\n  KDT=khu du thuyền  \r\n", "KDT", "khu du thuyền"},
        {"\xef\xbb\xbfKDT = khu du thuyền", "KDT", "khu du thuyền"},
        {"KDT = một\nKDT = hai", "KDT", "hai"},
        {"N\u0323V = nê vê", "Ṇ V ṆV", "Ṇ vê nê vê"},
        {"A-B.C = ghép", "A-B.C và A-B", "ghép và A bê"},
        {"lập lờ = mập mờ", "lập lờ lập lờ, lập  lờ", "mập mờ mập mờ mập mờ"},
};

START_TEST(test_table)
{
        expect(cases[_i].file, cases[_i].text, cases[_i].words);
}
END_TEST

static const struct {
        const char *file;
        unsigned line;
} refused[] = {
        {"UBND", 1},
        {"A = b\nUBND", 2},
        {" = gì", 1},
        {"UBND = ", 1},
        {"UBND = …", 1},
        {"... = chấm", 1},
        {"123 = một hai ba", 1},
        {"a b c d e f g h i = dài", 1},
        {"A = b\n# c\n\nB = \x01", 4},
        {"\xff = b", 1},
        {"A = \xff", 1},
};

START_TEST(test_refused)
{
        struct thon_dictionary_problem problem = {0};
        struct thon_dictionary *dictionary = (struct thon_dictionary *)&problem;

        ck_assert_msg(thon_dictionary_parse(refused[_i].file, strlen(refused[_i].file), &dictionary,
                                            &problem) == -EINVAL,
                      "%s", refused[_i].file);
        ck_assert_uint_eq(problem.line, refused[_i].line);
        ck_assert_ptr_nonnull(problem.reason);
        ck_assert_ptr_eq(dictionary, (struct thon_dictionary *)&problem);
}
END_TEST

START_TEST(test_limits)
{
        struct thon_dictionary_problem problem;
        struct thon_dictionary *dictionary = NULL;
        _cleanup_free_ char *large = malloc(256 * 1024 + 1), *many = malloc(8193 * 20);
        size_t n = 0;

        memset(large, '\n', 256 * 1024 + 1);
        ck_assert_int_eq(thon_dictionary_parse(large, 256 * 1024 + 1, &dictionary, &problem), -E2BIG);
        ck_assert_int_eq(thon_dictionary_parse(large, 256 * 1024, &dictionary, &problem), 0);
        dictionary = thon_dictionary_free(dictionary);
        for (unsigned i = 0; i < 8193; i++)
                n += (size_t)sprintf(many + n, "A%u=b\n", i);
        ck_assert_int_eq(thon_dictionary_parse(many, n, &dictionary, &problem), -E2BIG);
        ck_assert_uint_eq(problem.line, 8193);
        ck_assert_int_eq(thon_dictionary_parse("a\0b", 3, &dictionary, &problem), -EINVAL);
        ck_assert_int_eq(thon_dictionary_parse("", 0, &dictionary, &problem), 0);
        dictionary = thon_dictionary_free(dictionary);
        ck_assert_ptr_null(thon_dictionary_free(NULL));
}
END_TEST

/* Eight thousand forms that begin alike, and a text of nothing but their beginning. */
START_TEST(test_a_hostile_dictionary_costs_no_time)
{
        _cleanup_free_ char *file = malloc(8192 * 31), *text = malloc(THON_SPEECH_MAX + 1), *words = NULL;
        struct thon_dictionary *dictionary;
        struct thon_speech_options options = {0};
        size_t n = 0;

        for (unsigned i = 0; i < 8192; i++)
                n += (size_t)sprintf(file + n, "Z Z Z Z Z Z Z%c%c%c=b\n", 'A' + (int)(i % 20),
                                     'A' + (int)(i / 20 % 20), 'A' + (int)(i / 400));
        dictionary = dictionary_of(file);
        options.dictionary = dictionary;
        for (size_t i = 0; i + 2 <= THON_SPEECH_MAX; i += 2)
                memcpy(text + i, "Z ", 3);
        ck_assert_int_eq(thon_speech_words(text, &options, &words), 0);
        dictionary = thon_dictionary_free(dictionary);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("speech dictionary");
        TCase *tcase = tcase_create("dictionary");

        tcase_set_timeout(tcase, 20);
        tcase_add_loop_test(tcase, test_table, 0, (int)(sizeof(cases) / sizeof(cases[0])));
        tcase_add_loop_test(tcase, test_refused, 0, (int)(sizeof(refused) / sizeof(refused[0])));
        tcase_add_test(tcase, test_limits);
        tcase_add_test(tcase, test_a_hostile_dictionary_costs_no_time);
        suite_add_tcase(suite, tcase);
        return run_suite(suite);
}

/* Templates of notices: read with their mistakes told by line, filled with exactly the values they ask for. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/relay_text.h"

static struct thon_template template;
static char error[200];

static void set_up(void)
{
        error[0] = '\0';
}

static void tear_down(void)
{
        thon_template_done(&template);
}

static int parse(const char *file)
{
        return thon_template_parse(file, strlen(file), &template, error);
}

START_TEST(a_template_has_a_head_and_a_text)
{
        ck_assert_int_eq(parse("zalo_template = 123456\ntitle = Lịch tiêm chủng\n\n"
                               "Kính gửi hộ {ho_ten}, ngày {ngay} {{mang sổ}}.\n{ho_ten} nhớ giờ {gio2}.\n"),
                         0);
        ck_assert_str_eq(template.zalo_template, "123456");
        ck_assert_str_eq(template.title, "Lịch tiêm chủng");
        ck_assert_str_eq(template.text,
                         "Kính gửi hộ {ho_ten}, ngày {ngay} {{mang sổ}}.\n{ho_ten} nhớ giờ {gio2}.");
        ck_assert_uint_eq(template.n_names, 3);
        ck_assert_str_eq(template.names[0], "ho_ten");
        ck_assert_str_eq(template.names[1], "ngay");
        ck_assert_str_eq(template.names[2], "gio2");
}
END_TEST

START_TEST(a_file_without_a_head_is_the_text)
{
        ck_assert_int_eq(parse("Kính gửi bà con,\n\ntối nay mất điện.\n"), 0);
        ck_assert_ptr_null(template.title);
        ck_assert_ptr_null(template.zalo_template);
        ck_assert_str_eq(template.text, "Kính gửi bà con,\n\ntối nay mất điện.");
        ck_assert_uint_eq(template.n_names, 0);
}
END_TEST

START_TEST(a_file_from_windows_is_read)
{
        ck_assert_int_eq(
                parse("\xef\xbb\xbftitle=Ho\u0323p\r\nzalo_template =\r\n \t\r\nMời {ten}\r\nđến họp.\r\n"),
                0);
        ck_assert_str_eq(template.title, "Họp");
        ck_assert_ptr_null(template.zalo_template); /* empty is none */
        ck_assert_str_eq(template.text, "Mời {ten}\nđến họp.");
}
END_TEST

static const struct {
        const char *file, *error;
} mistakes[] = {
        {"", "no text"},
        {"title = Họp\n\n \n", "no text"},
        {"title = Họp\n", "line 2: no text"},
        {"title = Họp\nMời họp\n", "line 2: neither"},
        {"title = a\ntitle = b\n\nx\n", "line 2: title is given twice"},
        {"tilte = Họp\n\nx\n", "line 1: \"tilte\" is not known"},
        {"zalo_template = 12 34\n\nx\n", "line 1: zalo_template must be an id"},
        {"title = \x01\n\nx\n", "line 1: title must be text"},
        {"title = a\n\nMột\nhai {Ten}\n", "line 4: behind \"{\""},
        {"Một\nhai {ten\n", "line 2: behind \"{\""},
        {"Một {}\n", "line 1: behind \"{\""},
        {"Một {_a}\n", "line 1: behind \"{\""},
        {"Một {ab\u200bc}\n", "line 1: behind \"{\""},
        {"{a23456789012345678901234567890123}", "line 1: behind \"{\""},
        {"Một {\n", "line 1: behind \"{\""},
        {"Một {", "line 1: behind \"{\""},
        {"Một\n\n}\n", "line 3: a \"}\""},
        {"Một {ten}}\n", "line 1: a \"}\""},
        {"Nguy\xea\xden\n", "UTF-8"},
};

START_TEST(a_mistake_is_told_with_its_line)
{
        ck_assert_int_eq(parse(mistakes[_i].file), -EINVAL);
        ck_assert_msg(strstr(error, mistakes[_i].error) != NULL, "%s", error);
        ck_assert_ptr_null(template.text);
}
END_TEST

START_TEST(a_file_that_is_no_text_is_refused)
{
        _cleanup_free_ char *large = malloc(70000);

        ck_assert_int_eq(thon_template_parse("a\nb\0c", 5, &template, error), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error, "line 2"));
        ck_assert_ptr_nonnull(large);
        memset(large, 'a', 70000);
        ck_assert_int_eq(thon_template_parse(large, 70000, &template, error), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error, "larger than"));
        ck_assert_int_eq(thon_template_parse(large, THON_NOTICE_TEXT_MAX + 1, &template, error), -EINVAL);
        ck_assert_int_eq(thon_template_parse(large, THON_NOTICE_TEXT_MAX, &template, error), 0);
}
END_TEST

START_TEST(the_longest_name_is_a_name)
{
        ck_assert_int_eq(parse("{a2345678901234567890123456789012}"), 0);
        ck_assert_uint_eq(strlen(template.names[0]), 32);
}
END_TEST

START_TEST(values_take_the_places_of_their_names)
{
        static const struct thon_value_pair values[] = {{"ngay", "25/11"},
                                                        {"ho_ten", " Nguye\u0302\u0303n  Văn \u202eAn\r\n"},
                                                        {"them", "{ngay} }{"}};
        _cleanup_free_ char *text = NULL;

        ck_assert_int_eq(parse("Hộ {ho_ten}: ngày {ngay}, {{{ngay}}}.\n\n{them}"), 0);
        ck_assert_int_eq(thon_template_render(&template, values, 3, &text, error), 0);
        /* a value is never read as a template */
        ck_assert_str_eq(text, "Hộ Nguyễn  Văn An: ngày 25/11, {25/11}.\n\n{ngay} }{");
}
END_TEST

START_TEST(an_empty_value_leaves_no_empty_lines)
{
        static const struct thon_value_pair values[] = {{"ghi_chu", ""}};
        _cleanup_free_ char *text = NULL;

        ck_assert_int_eq(parse("Họp lúc 7 giờ.\n\n{ghi_chu}\n\nTrân trọng."), 0);
        ck_assert_int_eq(thon_template_render(&template, values, 1, &text, error), 0);
        ck_assert_str_eq(text, "Họp lúc 7 giờ.\n\nTrân trọng.");
}
END_TEST

START_TEST(missing_and_surplus_values_are_refused)
{
        static const struct thon_value_pair values[] = {{"ten", "An"}, {"ngay", "1"}, {"gio", "2"}};
        static const struct thon_value_pair twice[] = {{"ten", "An"}, {"ngay", "1"}, {"ten", "Ân"}};
        char *text = (char *)"untouched";

        ck_assert_int_eq(parse("{ten} {ngay}"), 0);
        ck_assert_int_eq(thon_template_render(&template, values, 1, &text, error), -EINVAL);
        ck_assert_str_eq(error, "ngay: no value is given");
        ck_assert_int_eq(thon_template_render(&template, values, 3, &text, error), -EINVAL);
        ck_assert_str_eq(error, "gio: the template has no such name");
        ck_assert_int_eq(thon_template_render(&template, twice, 3, &text, error), -EINVAL);
        ck_assert_str_eq(error, "ten: given twice");
        ck_assert_str_eq(text, "untouched");
}
END_TEST

START_TEST(values_have_their_limits)
{
        char value[1002], file[100] = "";
        struct thon_value_pair values[] = {{"a", value}};
        _cleanup_free_ char *text = NULL;

        memset(value, 'x', 1001);
        value[1001] = '\0';
        ck_assert_int_eq(parse("{a}"), 0);
        ck_assert_int_eq(thon_template_render(&template, values, 1, &text, error), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error, "at most 1000"));
        value[1000] = '\0';
        ck_assert_int_eq(thon_template_render(&template, values, 1, &text, error), 0);
        ck_assert_str_eq(text, value);
        ck_assert_int_eq(
                thon_template_render(&template, &(struct thon_value_pair){"a", "\xff"}, 1, &text, error),
                -EINVAL);

        /* each value fits, all together do not */
        thon_template_done(&template);
        for (int i = 0; i < 17; i++)
                strcat(file, "{a}");
        ck_assert_int_eq(parse(file), 0);
        free(THON_TAKE(text));
        ck_assert_int_eq(thon_template_render(&template, values, 1, &text, error), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error, "longer than 16384"));
        ck_assert_ptr_null(text);
}
END_TEST

#define N(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
        Suite *suite = suite_create("relay_template");
        TCase *tc = tcase_create("relay_template");

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, a_template_has_a_head_and_a_text);
        tcase_add_test(tc, a_file_without_a_head_is_the_text);
        tcase_add_test(tc, a_file_from_windows_is_read);
        tcase_add_loop_test(tc, a_mistake_is_told_with_its_line, 0, N(mistakes));
        tcase_add_test(tc, a_file_that_is_no_text_is_refused);
        tcase_add_test(tc, the_longest_name_is_a_name);
        tcase_add_test(tc, values_take_the_places_of_their_names);
        tcase_add_test(tc, an_empty_value_leaves_no_empty_lines);
        tcase_add_test(tc, missing_and_surplus_values_are_refused);
        tcase_add_test(tc, values_have_their_limits);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

/* JSON at the border: what is let in, and how a refusal reads. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/json.h"

#define MAX 4096

static struct thon_json_error error;

/* Must be refused so, with those words, and the output untouched. */
static void refused(const char *text, size_t size, int expected, const char *words)
{
        json_t *doc = NULL;

        error.text[0] = '\0';
        ck_assert_int_eq(thon_json_parse(text, size, MAX, &doc, &error), expected);
        ck_assert_ptr_null(doc);
        ck_assert_msg(strstr(error.text, words), "\"%s\" without \"%s\"", error.text, words);
}

#define REFUSED(text, words) refused((text), sizeof(text) - 1, -EINVAL, (words))

static void nested(char *text, size_t depth)
{
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
}

START_TEST(a_document_is_read_whatever_its_type)
{
        static const char *const texts[] = {
                "{}", "[1,2]", "true", "null", "12.5", "\"Thôn Chí Phúc\"", " {\"a\" : {\"b\":[]}}\r\n"};

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                _cleanup_json_ json_t *doc = NULL;

                ck_assert_int_eq(thon_json_parse(texts[i], strlen(texts[i]), MAX, &doc, &error), 0);
                ck_assert_ptr_nonnull(doc);
        }
}
END_TEST

START_TEST(sixteen_levels_are_read_and_seventeen_refused)
{
        char text[2 * 100000];
        json_t *doc = NULL;

        nested(text, THON_JSON_DEPTH);
        ck_assert_int_eq(thon_json_parse(text, 2 * THON_JSON_DEPTH, MAX, &doc, &error), 0);
        json_decref(THON_TAKE(doc));
        nested(text, THON_JSON_DEPTH + 1);
        refused(text, 2 * (THON_JSON_DEPTH + 1), -EINVAL, "deeper than 16");

        nested(text, 100000);
        ck_assert_int_eq(thon_json_parse(text, sizeof text, sizeof text, &doc, &error), -EINVAL);
        ck_assert_int_eq(thon_json_parse(text, 100000, sizeof text, &doc, NULL), -EINVAL); /* never closed */
}
END_TEST

START_TEST(brackets_inside_strings_are_no_levels)
{
        static const char text[] = "[\"[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[\\\\\",[\"{{{{{{{{{{{{{{{{{{\"]]";
        _cleanup_json_ json_t *doc = NULL;

        ck_assert_int_eq(thon_json_parse(text, strlen(text), MAX, &doc, &error), 0);
}
END_TEST

START_TEST(what_two_readers_could_read_differently_is_refused)
{
        REFUSED("{\"on\":true,\"on\":false}", "duplicate");
        REFUSED("\"a\\u0000b\"", "\\u0000");
        REFUSED("{\"a\":1} {\"a\":2}", "end of file expected");
        REFUSED("[1,]", "line 1, column");
        REFUSED("[1e999]", "real number overflow");
        REFUSED("[99999999999999999999]", "too big");
        REFUSED("[NaN]", "line 1");
        REFUSED("", "line 1");
        refused("{\"a\":1}\0{}", 10, -EINVAL, "line 1");
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_refused_and_do_not_get_into_the_error)
{
        static const char *const texts[] = {
                "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "\"\xf4\x90\x80\x80\"",
                "[x\xff]"};

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                json_t *text;

                refused(texts[i], strlen(texts[i]), -EINVAL, "line 1");
                text = json_string(error.text); /* refuses what is not UTF-8 */
                ck_assert_ptr_nonnull(text);
                json_decref(text);
        }
}
END_TEST

START_TEST(an_error_is_one_printable_line_cut_at_a_character)
{
        char name[400];
        json_t *text;

        memset(name, 'x', sizeof name);
        /* The 256 bytes end inside this letter of three. */
        memcpy(name + 253, "\xe1\xbb\x99", 3);
        name[sizeof name - 1] = '\0';
        thon_json_fail(&error, NULL, "%s", name);
        ck_assert_uint_eq(strlen(error.text), 253);
        text = json_string(error.text);
        ck_assert_ptr_nonnull(text);
        json_decref(text);

        thon_json_fail(&error, "steps[2].at", "\"%s\" is no time", "1\n2\x1b[31m");
        ck_assert_str_eq(error.text, "steps[2].at: \"1 2 [31m\" is no time");
        thon_json_fail(NULL, "a", "nobody listens");
}
END_TEST

START_TEST(a_document_over_the_limit_is_refused_before_it_is_read)
{
        _cleanup_free_ char *text = calloc(1, MAX + 2);
        json_t *doc = NULL;

        ck_assert_ptr_nonnull(text);
        memset(text, ' ', MAX + 1);
        memcpy(text, "[]", 2);
        ck_assert_int_eq(thon_json_parse(text, MAX, MAX, &doc, &error), 0);
        json_decref(THON_TAKE(doc));
        refused(text, MAX + 1, -E2BIG, "more than the 4096");
}
END_TEST

START_TEST(an_unknown_member_is_named)
{
        static const char *const known[] = {"id", "name", NULL};
        _cleanup_json_ json_t *good = json_pack("{s:s}", "id", "a"),
                              *bad = json_pack("{s:s,s:i}", "id", "a", "nmae", 1), *none = json_object(),
                              *array = json_array();

        ck_assert(thon_json_only(good, "program", known, &error));
        ck_assert(thon_json_only(none, "program", known, &error));
        ck_assert(!thon_json_only(bad, "program", known, &error));
        ck_assert_str_eq(error.text, "program: unknown member \"nmae\"");
        ck_assert(!thon_json_only(bad, NULL, known, NULL));
        ck_assert(!thon_json_only(array, "steps[0]", known, &error));
        ck_assert_str_eq(error.text, "steps[0]: must be an object");
        ck_assert(!thon_json_only(NULL, "", known, &error));
}
END_TEST

/* ---- files ---- */

static char dir[64];

static void make_dir(void)
{
        (void)snprintf(dir, sizeof dir, "/tmp/thon-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
        char path[128];

        (void)snprintf(path, sizeof path, "%s/doc", dir);
        (void)unlink(path);
        /* Fails when anything else was left behind. */
        ck_assert_int_eq(rmdir(dir), 0);
}

static const char *doc_path(void)
{
        static char path[128];

        (void)snprintf(path, sizeof path, "%s/doc", dir);
        return path;
}

static void put(const char *text)
{
        FILE *f = fopen(doc_path(), "we");

        ck_assert_ptr_nonnull(f);
        ck_assert_int_ge(fputs(text, f), 0);
        ck_assert_int_eq(fclose(f), 0);
}

START_TEST(what_was_written_is_read_back)
{
        _cleanup_json_ json_t *doc =
                json_pack("{s:s,s:f,s:[i,i]}", "name", "đường làng", "lat", 19.8067, "list", 1, 2);
        _cleanup_json_ json_t *back = NULL;
        struct stat st;

        ck_assert_int_eq(thon_json_write_file(doc_path(), doc, 0640), 0);
        ck_assert_int_eq(stat(doc_path(), &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0640);
        ck_assert_int_eq(thon_json_read_file(doc_path(), MAX, &back, &error), 0);
        ck_assert(json_equal(doc, back));
        ck_assert_int_eq(thon_json_write_file("/nowhere/doc", doc, 0600), -ENOENT);
}
END_TEST

START_TEST(a_file_from_a_windows_editor_is_read)
{
        _cleanup_json_ json_t *doc = NULL;

        put("\xef\xbb\xbf{\"id\":\"a\"}\r\n");
        ck_assert_int_eq(thon_json_read_file(doc_path(), MAX, &doc, &error), 0);
        ck_assert_str_eq(json_string_value(json_object_get(doc, "id")), "a");
}
END_TEST

START_TEST(a_file_that_is_missing_too_large_or_wrong_is_told_with_its_name_or_place)
{
        char large[MAX + 10];
        json_t *doc = NULL;

        ck_assert_int_eq(thon_json_read_file(doc_path(), MAX, &doc, &error), -ENOENT);
        ck_assert_ptr_nonnull(strstr(error.text, "/doc: No such file"));
        ck_assert_int_eq(thon_json_read_file(dir, MAX, &doc, &error), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));

        memset(large, ' ', sizeof large);
        large[sizeof large - 1] = '\0';
        put(large);
        ck_assert_int_eq(thon_json_read_file(doc_path(), MAX, &doc, &error), -E2BIG);
        put("{\n\"a\": tru\n}");
        ck_assert_int_eq(thon_json_read_file(doc_path(), MAX, &doc, &error), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error.text, "line 2"));
        ck_assert_ptr_null(doc);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("json");
        TCase *text = tcase_create("text"), *files = tcase_create("files");
        SRunner *runner;
        int failed;

        tcase_add_test(text, a_document_is_read_whatever_its_type);
        tcase_add_test(text, sixteen_levels_are_read_and_seventeen_refused);
        tcase_add_test(text, brackets_inside_strings_are_no_levels);
        tcase_add_test(text, what_two_readers_could_read_differently_is_refused);
        tcase_add_test(text, bytes_that_are_no_utf8_are_refused_and_do_not_get_into_the_error);
        tcase_add_test(text, an_error_is_one_printable_line_cut_at_a_character);
        tcase_add_test(text, a_document_over_the_limit_is_refused_before_it_is_read);
        tcase_add_test(text, an_unknown_member_is_named);
        suite_add_tcase(suite, text);
        tcase_add_checked_fixture(files, make_dir, remove_dir);
        tcase_add_test(files, what_was_written_is_read_back);
        tcase_add_test(files, a_file_from_a_windows_editor_is_read);
        tcase_add_test(files, a_file_that_is_missing_too_large_or_wrong_is_told_with_its_name_or_place);
        suite_add_tcase(suite, files);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

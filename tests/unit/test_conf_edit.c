/* One key of a configuration file is changed, and nothing else of it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thon/conf_edit.h"

static const struct {
        const char *story, *before, *section, *key, *value, *after;
} table[] = {
        {"a value takes the place of the old one, its comment stays",
         "# ours\n[site]\nid = old   # the short one\nname = A\n", "site", "id", "new",
         "# ours\n[site]\nid = new   # the short one\nname = A\n"},
        {"below the commented default, where people look for it",
         "[site]\n# Short name.\n#id = commune\n\n# Name.\n#name = Thôn\n", "site", "id", "chi-phuc",
         "[site]\n# Short name.\n#id = commune\nid = chi-phuc\n\n# Name.\n#name = Thôn\n"},
        {"at the end of the section's keys when there is no default to see",
         "[site]\nid = a\n\n[broker]\nport = 1\n", "site", "tz", "Asia/Ho_Chi_Minh",
         "[site]\nid = a\ntz = Asia/Ho_Chi_Minh\n\n[broker]\nport = 1\n"},
        {"right below a section that has nothing", "[site]\n[broker]\n", "site", "id", "a",
         "[site]\nid = a\n[broker]\n"},
        {"a section more, when there is none", "[broker]\nport = 1", "site", "id", "a",
         "[broker]\nport = 1\n\n[site]\nid = a\n"},
        {"into nothing", "", "site", "id", "a", "[site]\nid = a\n"},
        {"the same key of another section is not it", "[broker]\nuser = x\n[site]\nid = a\n", "site", "user",
         "y", "[broker]\nuser = x\n[site]\nid = a\nuser = y\n"},
        {"the rest of a value on further lines goes with it",
         "[zone a]\nareas = x,\n  y,\n  # why\n  z\nquiet = none\n", "zone a", "areas", "w",
         "[zone a]\nareas = w\n  # why\nquiet = none\n"},
        {"lines end as the file's do", "[site]\r\nid = a\r\n", "site", "name", "b",
         "[site]\r\nid = a\r\nname = b\r\n"},
        {"a last line without an end", "[site]\nid = a", "site", "name", "b", "[site]\nid = a\nname = b\n"},
        {"an empty value is filled", "[site]\nid =\nname = b\n", "site", "id", "a",
         "[site]\nid =a\nname = b\n"},
        {"a colon parts as well, and is left", "[site]\nid: a\n", "site", "id", "b", "[site]\nid: b\n"},
        {"a key that begins alike is another", "[site]\nidle = 1\n", "site", "id", "b",
         "[site]\nidle = 1\nid = b\n"},
        {"a commented default inside of another value is no place", "[site]\nname = a\n#id = x\n  b\n",
         "site", "id", "c", "[site]\nname = a\n#id = x\n  b\nid = c\n"},
        {"an indented key is not made the rest of another", "[site]\n#id = x\n  name = b\n", "site", "id",
         "c", "[site]\n#id = x\n  name = b\nid = c\n"},
        {"a byte order mark does not hide the first section", "\xef\xbb\xbf[site]\nid = a\n", "site", "id",
         "b", "\xef\xbb\xbf[site]\nid = b\n"},
};

START_TEST(test_one_key_is_changed_and_nothing_else)
{
        char *after = NULL;

        ck_assert_int_eq(thon_conf_edit_set(table[_i].before, table[_i].section, table[_i].key,
                                            table[_i].value, &after),
                         0);
        ck_assert_msg(strcmp(after, table[_i].after) == 0, "%s: it became\n%s", table[_i].story, after);
        ck_assert(thon_conf_edit_has(after, table[_i].section, table[_i].key));
        free(after);
}
END_TEST

START_TEST(test_setting_it_twice_is_setting_it_once)
{
        char *once = NULL, *twice = NULL;

        ck_assert_int_eq(thon_conf_edit_set(table[_i].before, table[_i].section, table[_i].key,
                                            table[_i].value, &once),
                         0);
        ck_assert_int_eq(thon_conf_edit_set(once, table[_i].section, table[_i].key, table[_i].value, &twice),
                         0);
        ck_assert_str_eq(once, twice);
        free(once);
        free(twice);
}
END_TEST

START_TEST(test_what_stands_there_is_told_from_defaults)
{
        static const char text[] =
                "#id = x\n[site]\n#id = commune\nname =   # none\nlat =\n  21\n[zone a]\n";

        ck_assert(!thon_conf_edit_has(text, "site", "id"));
        ck_assert(!thon_conf_edit_has(text, "site", "name"));
        ck_assert(thon_conf_edit_has(text, "site", "lat"));
        ck_assert(thon_conf_edit_has_section(text, "zone a"));
        ck_assert(!thon_conf_edit_has_section(text, "zone b"));
        ck_assert(!thon_conf_edit_has_section(text, "zone"));
}
END_TEST

/* Files of any lines at all: what was set is there, once is enough, and every other line is as it was. */
START_TEST(test_whatever_the_file_is_the_other_lines_stay)
{
        static const char *const lines[] = {"[site]\n",   "[zone a]\n",  "id = x\n", "  name = more\n",
                                            "# id = x\n", "#id = y\r\n", "\n",       " id : z # c\n",
                                            "name=\n",    "[]\n",        "\t# c\n",  "\xc3\xa0 = 1\n",
                                            "; c\n"};
        const char *given = getenv("THON_SEED");
        unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

        printf("THON_SEED=%u\n", seed);
        for (int round = 0; round < 20000; round++) {
                char text[512] = "";
                char *once = NULL, *twice = NULL;
                const char *left, *right;

                for (unsigned n = (seed = seed * 1664525 + 1013904223) >> 28; n > 0; n--) {
                        seed = seed * 1664525 + 1013904223;
                        strcat(text, lines[(seed >> 24) % (sizeof(lines) / sizeof(lines[0]))]);
                }
                ck_assert_int_eq(thon_conf_edit_set(text, "site", "id", "new", &once), 0);
                ck_assert_int_eq(thon_conf_edit_set(once, "site", "id", "new", &twice), 0);
                ck_assert_str_eq(once, twice);
                ck_assert_msg(thon_conf_edit_has(once, "site", "id"), "%s became %s", text, once);
                /* All before the place is the same, and so is all behind it, but for the rest of the old value. */
                for (left = text, right = once; *left && *left == *right; left++, right++)
                        ;
                ck_assert_msg(thon_conf_edit_has(text, "site", "id") || strlen(once) > strlen(text),
                              "%s became %s", text, once);
                right = strstr(once, "new");
                ck_assert_msg(right && right + 3 >= once + (left - text), "%s became %s", text, once);
                free(once);
                free(twice);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("conf_edit");
        TCase *tc = tcase_create("keys");
        const int n = (int)(sizeof(table) / sizeof(table[0]));

        tcase_add_loop_test(tc, test_one_key_is_changed_and_nothing_else, 0, n);
        tcase_add_loop_test(tc, test_setting_it_twice_is_setting_it_once, 0, n);
        tcase_add_test(tc, test_what_stands_there_is_told_from_defaults);
        tcase_add_test(tc, test_whatever_the_file_is_the_other_lines_stay);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

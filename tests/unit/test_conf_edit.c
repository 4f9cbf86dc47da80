/* One key of a configuration file is changed, and nothing else of it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
        Suite *suite = suite_create("conf_edit");
        TCase *tc = tcase_create("keys");
        const int n = (int)(sizeof(table) / sizeof(table[0]));

        tcase_add_loop_test(tc, test_one_key_is_changed_and_nothing_else, 0, n);
        tcase_add_loop_test(tc, test_setting_it_twice_is_setting_it_once, 0, n);
        tcase_add_test(tc, test_what_stands_there_is_told_from_defaults);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

/* The words of announcements: each is read as it is written, and a copy is one's own. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "thon/announce.h"

START_TEST(every_word_is_read_as_it_is_written)
{
        for (int i = 0; i < THON_ANNOUNCE_STATES; i++) {
                enum thon_announce_state state;

                ck_assert(thon_announce_state_parse(thon_announce_state_text((enum thon_announce_state)i),
                                                    &state));
                ck_assert_int_eq(state, i);
        }
        for (int i = 0; i < THON_AIRING_STATES; i++) {
                enum thon_airing_state state;

                ck_assert(
                        thon_airing_state_parse(thon_airing_state_text((enum thon_airing_state)i), &state));
                ck_assert_int_eq(state, i);
        }
        for (int i = 0; i < THON_AIR_REASONS; i++) {
                enum thon_air_reason reason;

                ck_assert(thon_air_reason_parse(thon_air_reason_slug((enum thon_air_reason)i), &reason));
                ck_assert_int_eq(reason, i);
        }
}
END_TEST

START_TEST(other_words_are_refused_and_change_nothing)
{
        enum thon_air_reason reason = THON_AIR_QUIET;
        enum thon_airing_state state = THON_AIRING_AIRED;

        ck_assert(!thon_air_reason_parse("Quiet", &reason));
        ck_assert(!thon_airing_state_parse("", &state));
        ck_assert_int_eq(reason, THON_AIR_QUIET);
        ck_assert_int_eq(state, THON_AIRING_AIRED);
}
END_TEST

START_TEST(every_reason_is_told_to_people)
{
        ck_assert_str_eq(thon_air_reason_text(THON_AIR_NO_REASON), "");
        for (int i = THON_AIR_NO_REASON + 1; i < THON_AIR_REASONS; i++) {
                const char *text = thon_air_reason_text((enum thon_air_reason)i);

                ck_assert_uint_gt(strlen(text), 5);
                for (int j = 1; j < i; j++)
                        ck_assert_str_ne(text, thon_air_reason_text((enum thon_air_reason)j));
        }
}
END_TEST

START_TEST(a_copy_lives_without_its_original)
{
        struct thon_announcement original = {.id = "tiem-chung", .late_s = -1}, copy = {0};

        original.title = strdup("Tiêm chủng");
        original.text = strdup("Mời bà con đưa trẻ đến trạm y tế.");
        original.by = strdup("minh");
        original.n_zones = 2;
        original.zones = calloc(2, sizeof *original.zones);
        ck_assert(original.title && original.text && original.by && original.zones);
        memcpy(original.zones[1], "thon-4", 7);
        ck_assert_int_eq(thon_announcement_copy(&original, &copy), 0);
        thon_announcement_done(&original);
        ck_assert_ptr_null(original.title);
        ck_assert_uint_eq(original.n_zones, 0);
        ck_assert_str_eq(copy.id, "tiem-chung");
        ck_assert_str_eq(copy.title, "Tiêm chủng");
        ck_assert_str_eq(copy.by, "minh");
        ck_assert_str_eq(copy.zones[1], "thon-4");
        ck_assert_ptr_null(copy.media);
        ck_assert_int_eq(copy.late_s, -1);
        thon_announcement_done(&copy);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("announce_words");
        TCase *tc = tcase_create("announce_words");
        SRunner *runner;
        int failed;

        tcase_add_test(tc, every_word_is_read_as_it_is_written);
        tcase_add_test(tc, other_words_are_refused_and_change_nothing);
        tcase_add_test(tc, every_reason_is_told_to_people);
        tcase_add_test(tc, a_copy_lives_without_its_original);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

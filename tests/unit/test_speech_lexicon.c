/* Every form that is built in: it is found where it stands in a text, what is said for it is said as it stands, and none is told
 * twice. */
#include "../../src/core/announce/speech/lexicon.h"
#include "speech_cases.h"

static const struct {
        const char *name;
        const struct lexicon_entry *entries;
        const size_t *n;
} tables[] = {
        {"state", lexicon_state, &lexicon_state_n},
        {"people", lexicon_people, &lexicon_people_n},
        {"things", lexicon_things, &lexicon_things_n},
        {"foreign", lexicon_foreign, &lexicon_foreign_n},
};
#define TABLES ((int)(sizeof(tables) / sizeof(tables[0])))

START_TEST(test_forms_are_found)
{
        for (size_t i = 0; i < *tables[_i].n; i++) {
                const struct lexicon_entry *entry = tables[_i].entries + i;
                _cleanup_free_ char *words = NULL, *expected = NULL;
                char text[256];

                (void)snprintf(text, sizeof(text), "đi %s nhé", entry->form);
                words = words_of(text, THON_DIALECT_NORTH);
                ck_assert_int_gt(asprintf(&expected, "đi %s nhé", entry->words), 0);
                strip_marks(expected);
                ck_assert_msg(strcmp(words, expected) == 0, "%s\n  read:     %s\n  expected: %s",
                              entry->form, words, expected);
        }
}
END_TEST

START_TEST(test_words_are_read_as_they_stand)
{
        for (size_t i = 0; i < *tables[_i].n; i++) {
                _cleanup_free_ char *expected = strdup(tables[_i].entries[i].words);
                _cleanup_free_ char *words = words_of(expected, THON_DIALECT_NORTH);

                strip_marks(expected);
                ck_assert_str_eq(words, expected);
        }
}
END_TEST

START_TEST(test_no_form_is_told_twice)
{
        for (int t = 0; t < TABLES; t++)
                for (size_t i = 0; i < *tables[_i].n; i++)
                        for (size_t k = 0; k < *tables[t].n; k++)
                                ck_assert_msg((t == _i && k == i) || strcmp(tables[_i].entries[i].form,
                                                                            tables[t].entries[k].form) != 0,
                                              "%s", tables[_i].entries[i].form);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("speech lexicon");
        TCase *tcase = tcase_create("lexicon");

        tcase_set_timeout(tcase, 60);
        tcase_add_loop_test(tcase, test_forms_are_found, 0, TABLES);
        tcase_add_loop_test(tcase, test_words_are_read_as_they_stand, 0, TABLES);
        tcase_add_loop_test(tcase, test_no_form_is_told_twice, 0, TABLES);
        suite_add_tcase(suite, tcase);
        return run_suite(suite);
}

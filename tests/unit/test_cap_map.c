/* How loud: more can never be quieter than less, whatever the words. */
#include "cap_story.h"

/* Ranks in which the words of the standard rise; "Unknown" stands where docs/cap.md puts it. */
static const enum thon_cap_severity severities[] = {THON_CAP_MINOR, THON_CAP_MODERATE, THON_CAP_SEVERE,
                                                    THON_CAP_EXTREME};
static const enum thon_cap_urgency urgencies[] = {THON_CAP_PAST, THON_CAP_FUTURE, THON_CAP_EXPECTED,
                                                  THON_CAP_IMMEDIATE};
static const enum thon_cap_certainty certainties[] = {THON_CAP_UNLIKELY, THON_CAP_POSSIBLE, THON_CAP_LIKELY,
                                                      THON_CAP_OBSERVED};

static struct thon_cap_decision decided(enum thon_cap_severity severity, enum thon_cap_urgency urgency,
                                        enum thon_cap_certainty certainty, unsigned response,
                                        enum thon_cap_status status)
{
        struct thon_cap_info *info;

        story_begin("Lũ");
        story.status = status;
        info = &story_infos[0];
        info->severity = severity;
        info->urgency = urgency;
        info->certainty = certainty;
        info->response = response;
        info->instruction = (char *)"Đi ngay."; /* so that what is past is not refused */
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        return story_decision;
}

static void not_below(const struct thon_cap_decision *more, const struct thon_cap_decision *less)
{
        ck_assert_int_ge(more->class, less->class);
        ck_assert_int_ge(more->level, less->level);
        ck_assert_int_ge(more->lamps, less->lamps);
        ck_assert_int_ge(more->notify, less->notify);
        ck_assert_uint_ge(more->repeats, less->repeats);
}

START_TEST(more_is_never_quieter_in_any_combination)
{
        static const unsigned responses[] = {0,
                                             THON_CAP_EVACUATE,
                                             THON_CAP_SHELTER,
                                             THON_CAP_MONITOR,
                                             THON_CAP_ALL_CLEAR,
                                             THON_CAP_EVACUATE | THON_CAP_ALL_CLEAR};
        static const enum thon_cap_status statuses[] = {THON_CAP_ACTUAL, THON_CAP_EXERCISE};

        for (size_t k = 0; k < 2; k++)
                for (size_t q = 0; q < 6; q++)
                        for (size_t s = 0; s < 4; s++)
                                for (size_t u = 0; u < 4; u++)
                                        for (size_t c = 0; c < 4; c++) {
                                                struct thon_cap_decision it = decided(
                                                                                 severities[s], urgencies[u],
                                                                                 certainties[c],
                                                                                 responses[q], statuses[k]),
                                                                         less;

                                                if (s > 0) {
                                                        less = decided(severities[s - 1], urgencies[u],
                                                                       certainties[c], responses[q],
                                                                       statuses[k]);
                                                        not_below(&it, &less);
                                                }
                                                if (u > 0) {
                                                        less = decided(severities[s], urgencies[u - 1],
                                                                       certainties[c], responses[q],
                                                                       statuses[k]);
                                                        not_below(&it, &less);
                                                }
                                                if (c > 0) {
                                                        less = decided(severities[s], urgencies[u],
                                                                       certainties[c - 1], responses[q],
                                                                       statuses[k]);
                                                        not_below(&it, &less);
                                                }
                                        }
}
END_TEST

START_TEST(a_stated_level_never_makes_it_quieter_and_is_the_level)
{
        struct thon_cap_pair level = {(char *)"VN:QD18", (char *)"1"};

        for (size_t s = 0; s < 4; s++)
                for (size_t u = 0; u < 4; u++) {
                        struct thon_cap_decision before = {0};

                        for (char n = '1'; n <= '5'; n++) {
                                char text[2] = {n, '\0'};
                                struct thon_cap_decision plain = decided(
                                        severities[s], urgencies[u], THON_CAP_LIKELY, 0, THON_CAP_ACTUAL);

                                level.value = text;
                                story_infos[0].parameters = &level;
                                story_infos[0].n_parameters = 1;
                                ck_assert_refused(story_decide(), THON_CAP_TAKEN);
                                ck_assert_int_eq(story_decision.level, n - '0');
                                ck_assert_int_ge(story_decision.class, plain.class);
                                ck_assert_int_ge(story_decision.class, before.class);
                                ck_assert_int_ge(story_decision.lamps, before.lamps);
                                before = story_decision;
                        }
                }
}
END_TEST

START_TEST(unknown_is_never_taken_for_harmless)
{
        struct thon_cap_decision it, least;

        for (size_t s = 0; s < 4; s++) {
                it = decided(severities[s], THON_CAP_URGENCY_UNKNOWN, THON_CAP_LIKELY, 0, THON_CAP_ACTUAL);
                least = decided(severities[s], THON_CAP_FUTURE, THON_CAP_LIKELY, 0, THON_CAP_ACTUAL);
                ck_assert_int_ge(it.class, least.class);
                it = decided(severities[s], THON_CAP_EXPECTED, THON_CAP_CERTAINTY_UNKNOWN, 0,
                             THON_CAP_ACTUAL);
                least = decided(severities[s], THON_CAP_EXPECTED, THON_CAP_POSSIBLE, 0, THON_CAP_ACTUAL);
                ck_assert_int_ge(it.class, least.class);
        }
        it = decided(THON_CAP_SEVERITY_UNKNOWN, THON_CAP_IMMEDIATE, THON_CAP_OBSERVED, 0, THON_CAP_ACTUAL);
        least = decided(THON_CAP_MINOR, THON_CAP_IMMEDIATE, THON_CAP_OBSERVED, 0, THON_CAP_ACTUAL);
        ck_assert_int_gt(it.class, least.class);
        ck_assert_int_eq(it.level, 0);
}
END_TEST

START_TEST(the_table_of_the_handbook)
{
        static const struct {
                enum thon_cap_severity severity;
                enum thon_cap_urgency urgency;
                enum thon_cap_certainty certainty;
                unsigned response;
                int level;
                enum thon_class class;
                bool lamps;
        } rows[] = {
                {THON_CAP_MINOR, THON_CAP_IMMEDIATE, THON_CAP_OBSERVED, 0, 1, THON_CLASS_NORMAL, false},
                {THON_CAP_MODERATE, THON_CAP_EXPECTED, THON_CAP_LIKELY, 0, 2, THON_CLASS_PRIORITY, false},
                {THON_CAP_SEVERE, THON_CAP_EXPECTED, THON_CAP_LIKELY, 0, 3, THON_CLASS_EMERGENCY, false},
                {THON_CAP_SEVERE, THON_CAP_FUTURE, THON_CAP_LIKELY, 0, 3, THON_CLASS_PRIORITY, false},
                {THON_CAP_EXTREME, THON_CAP_FUTURE, THON_CAP_LIKELY, 0, 4, THON_CLASS_PRIORITY, false},
                {THON_CAP_EXTREME, THON_CAP_EXPECTED, THON_CAP_POSSIBLE, 0, 4, THON_CLASS_EMERGENCY, true},
                {THON_CAP_EXTREME, THON_CAP_IMMEDIATE, THON_CAP_LIKELY, 0, 4, THON_CLASS_EMERGENCY, true},
                {THON_CAP_EXTREME, THON_CAP_IMMEDIATE, THON_CAP_OBSERVED, 0, 5, THON_CLASS_EMERGENCY, true},
                {THON_CAP_EXTREME, THON_CAP_IMMEDIATE, THON_CAP_UNLIKELY, 0, 4, THON_CLASS_PRIORITY, false},
                {THON_CAP_MODERATE, THON_CAP_IMMEDIATE, THON_CAP_LIKELY, THON_CAP_EVACUATE, 2,
                 THON_CLASS_EMERGENCY, true},
                {THON_CAP_MODERATE, THON_CAP_IMMEDIATE, THON_CAP_LIKELY, THON_CAP_SHELTER, 2,
                 THON_CLASS_EMERGENCY, false},
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct thon_cap_decision it = decided(rows[i].severity, rows[i].urgency, rows[i].certainty,
                                                      rows[i].response, THON_CAP_ACTUAL);

                ck_assert_msg(it.class == rows[i].class && it.level == rows[i].level &&
                                      it.lamps == rows[i].lamps,
                              "row %zu: class %d, level %d, lamps %d", i, it.class, it.level, it.lamps);
        }
}
END_TEST

START_TEST(the_immediate_is_said_more_often)
{
        struct thon_cap_decision now =
                decided(THON_CAP_SEVERE, THON_CAP_IMMEDIATE, THON_CAP_LIKELY, 0, THON_CAP_ACTUAL);
        struct thon_cap_decision soon =
                decided(THON_CAP_SEVERE, THON_CAP_EXPECTED, THON_CAP_LIKELY, 0, THON_CAP_ACTUAL);

        ck_assert_uint_gt(now.repeats, soon.repeats);
        ck_assert_uint_lt(now.every_s, soon.every_s);
}
END_TEST

START_TEST(every_word_is_found_and_nothing_else)
{
        for (int list = 0; list < THON_CAP_LISTS; list++) {
                unsigned n = 0;

                for (const char *word; (word = thon_cap_word((enum thon_cap_list)list, n)); n++)
                        ck_assert_int_eq(thon_cap_word_find((enum thon_cap_list)list, word), (int)n);
                ck_assert_uint_ge(n, 3);
                ck_assert_int_eq(thon_cap_word_find((enum thon_cap_list)list, ""), -1);
                ck_assert_int_eq(thon_cap_word_find((enum thon_cap_list)list, "Critical"), -1);
        }
        ck_assert_int_eq(thon_cap_word_find(THON_CAP_LIST_SEVERITY, "extreme"), THON_CAP_EXTREME);
        ck_assert_int_eq(1 << thon_cap_word_find(THON_CAP_LIST_RESPONSE, "AllClear"), THON_CAP_ALL_CLEAR);
        ck_assert_int_eq(thon_cap_word_find(THON_CAP_LIST_URGENCY, "Unknown"), THON_CAP_URGENCY_UNKNOWN);
}
END_TEST

START_TEST(every_refusal_has_a_name_and_a_reason_of_its_own)
{
        for (int i = 0; i <= THON_CAP_REFUSED_PAST; i++) {
                ck_assert(thon_slug_valid(thon_cap_refusal_slug((enum thon_cap_refusal)i)));
                ck_assert_uint_gt(strlen(thon_cap_refusal_text((enum thon_cap_refusal)i)), 5);
                for (int k = 0; k < i; k++)
                        ck_assert_str_ne(thon_cap_refusal_slug((enum thon_cap_refusal)i),
                                         thon_cap_refusal_slug((enum thon_cap_refusal)k));
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("cap_map");
        TCase *tc = tcase_create("map");

        tcase_add_test(tc, more_is_never_quieter_in_any_combination);
        tcase_add_test(tc, a_stated_level_never_makes_it_quieter_and_is_the_level);
        tcase_add_test(tc, unknown_is_never_taken_for_harmless);
        tcase_add_test(tc, the_table_of_the_handbook);
        tcase_add_test(tc, the_immediate_is_said_more_often);
        tcase_add_test(tc, every_word_is_found_and_nothing_else);
        tcase_add_test(tc, every_refusal_has_a_name_and_a_reason_of_its_own);
        suite_add_tcase(suite, tc);
        return story_run(suite);
}

/* A table of texts and how they are read; one file of data a concept. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/speech.h"

struct speech_case {
        const char *text, *words; /* of thon_speech_words(), northern */
};

struct speech_text {
        const char *name, *text, *spoken; /* of thon_speech_read(), northern */
};

static inline char *words_of(const char *text, enum thon_dialect dialect)
{
        const struct thon_speech_options options = {.dialect = dialect};
        char *words = NULL;

        ck_assert_msg(thon_speech_words(text, &options, &words) == 0, "not read: %s", text);
        return words;
}

static inline void check_case(const struct speech_case *c)
{
        _cleanup_free_ char *words = words_of(c->text, THON_DIALECT_NORTH), *again = NULL;

        ck_assert_msg(strcmp(words, c->words) == 0, "%s\n  read:     %s\n  expected: %s", c->text, words,
                      c->words);
        again = words_of(words, THON_DIALECT_NORTH);
        ck_assert_msg(strcmp(again, words) == 0, "%s\n  words:       %s\n  words again: %s", c->text, words,
                      again);
}

static inline char *spoken_of(const char *text)
{
        char *spoken = NULL;

        ck_assert_msg(thon_speech_read(text, NULL, &spoken) == 0, "not read: %s", text);
        return spoken;
}

/* The words are what is spoken without its marks. */
static inline void strip_marks(char *text)
{
        char *to = text;

        for (const char *p = text; *p; p++)
                if (!strchr(".,;:?!", *p))
                        *to++ = *p;
        *to = '\0';
}

static inline void check_text(const struct speech_text *t)
{
        _cleanup_free_ char *spoken = spoken_of(t->text), *again = spoken_of(spoken);
        _cleanup_free_ char *words = words_of(t->text, THON_DIALECT_NORTH);

        ck_assert_msg(strcmp(spoken, t->spoken) == 0, "%s\n  read:     %s\n  expected: %s", t->name, spoken,
                      t->spoken);
        ck_assert_msg(strcmp(again, spoken) == 0, "%s\n  spoken: %s\n  again:  %s", t->name, spoken, again);
        strip_marks(spoken);
        ck_assert_str_eq(words, spoken);
}

static inline int run_suite(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        int failed;

        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

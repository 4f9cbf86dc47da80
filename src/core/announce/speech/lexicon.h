/* Dictionaries: forms of one or several tokens and what is said for them. */
#pragma once

#include "reader.h"

/* A form in capitals matches only so; others are written in lower case in the tables and match whatever the case. */
struct lexicon_entry {
        const char *form, *words;
};
extern const struct lexicon_entry lexicon_state[], lexicon_people[], lexicon_things[], lexicon_foreign[];
extern const size_t lexicon_state_n, lexicon_people_n, lexicon_things_n, lexicon_foreign_n;

/* What is built in, sorted. NULL: no memory. */
struct lexicon *speech_lexicon_new(void);
struct lexicon *speech_lexicon_free(struct lexicon *lexicon);

/* The longest form that begins at `at`, in the commune's dictionary or the built-in one, the commune's first at the same
 * length. NULL: none. Borrowed. */
const char *speech_lexicon_find(const struct reader *r, size_t at, size_t *ret_used);

/* A form as it is compared: its tokens, with one space where two words met. -EINVAL, -ENOMEM. */
int speech_lexicon_form(const char *form, char **ret);
const char *speech_dictionary_find(const struct thon_dictionary *dictionary, const char *form,
                                   const char *lower);

/* Vietnamese as it is read aloud: from text as people write it (figures, dates, units, abbreviations) to words
 * only, since no voice in Debian reads those right. Pure. The rules and their sources are told in
 * src/core/announce/speech; docs/speech.md shows them by example, for who edits a dictionary. */
#pragma once

#include <stddef.h>

#include "thon/slug.h"

/* Number words and the voice differ: nghìn / ngàn, linh / lẻ, "bốn" and "tư" stay. */
enum thon_dialect { THON_DIALECT_NORTH, THON_DIALECT_CENTRAL, THON_DIALECT_SOUTH, THON_DIALECTS };
const char *thon_dialect_text(enum thon_dialect dialect); /* "north", "central", "south" */
bool thon_dialect_parse(const char *text, enum thon_dialect *ret);

#define THON_SPEECH_MAX 16384 /* bytes of a text to be read: some twenty minutes */

/* Abbreviations and foreign words: lines "UBND = Ủy ban nhân dân"; "#" begins a comment. What a commune adds goes
 * before what is built in. A form in capitals matches only so; others whatever their case. */
struct thon_dictionary;
struct thon_dictionary_problem {
        unsigned line;
        const char *reason; /* constant, English */
};
/* 0, -EINVAL with the first problem, -E2BIG (over 256 KiB or 8,192 entries), -ENOMEM. */
int thon_dictionary_parse(const char *text, size_t size, struct thon_dictionary **ret,
                          struct thon_dictionary_problem *problem);
struct thon_dictionary *thon_dictionary_free(struct thon_dictionary *dictionary);

struct thon_speech_options {
        enum thon_dialect dialect;
        const struct thon_dictionary *dictionary; /* NULL: what is built in alone */
};
/* The text as it will be spoken: NFC, words, and the marks that make a voice pause (. , ; : ? !), which the officer
 * may edit. No figure and no other sign is left. 0, -EINVAL (not UTF-8, control characters, nothing to say),
 * -E2BIG, -ENOMEM. */
int thon_speech_read(const char *text, const struct thon_speech_options *options, char **ret);
/* The same without the marks: `thonctl announce read`. */
int thon_speech_words(const char *text, const struct thon_speech_options *options, char **ret);

/* What must not be said over a loudspeaker without a second thought (Law 91/2025/QH15): pointed out before approval, never
 * changed here. */
enum thon_private_kind {
        THON_PRIVATE_IDENTITY, /* CCCD or CMND, BHXH and BHYT numbers */
        THON_PRIVATE_PHONE,
        THON_PRIVATE_ACCOUNT, /* bank accounts, cards */
        THON_PRIVATE_HEALTH,  /* an illness near a name */
        THON_PRIVATE_DEBT,    /* debts, arrears, poverty near a name */
        THON_PRIVATE_ADDRESS, /* a house number with a name */
        THON_PRIVATE_KINDS
};
const char *thon_private_slug(enum thon_private_kind kind);
const char *thon_private_text(enum thon_private_kind kind); /* Vietnamese: what it is and what to do */
/* A hotline (1900, 18001, 113 ...) is no private phone. */
struct thon_private {
        enum thon_private_kind kind;
        size_t at, size; /* bytes of the text */
};
/* Up to `max` of them in order of place; the number found, which may be more. */
size_t thon_private_find(const char *text, struct thon_private *ret, size_t max);

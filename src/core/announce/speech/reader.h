/* What the rules share: the tokens, the place, what is said, and what was spoken of just before.
 *
 * A rule looks at the tokens from `at` on; where it fits it says them and returns how many it took, else it says nothing
 * and returns 0. It looks a bounded number of tokens around, so that the whole is linear. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "say.h"
#include "scan.h"
#include "thon/speech.h"

/* What the word before a number makes of it. */
enum {
        ABOUT_DATE = 1 << 0,    /* "sáng 5/9" is a day, not a fraction */
        ABOUT_DAY = 1 << 1,     /* the word "ngày" or its like was said already */
        ABOUT_MONTH = 1 << 2,   /* tháng */
        ABOUT_ORDINAL = 1 << 3, /* thứ: 1 is "nhất", 4 is "tư" */
        ABOUT_ROMAN = 1 << 4,   /* what is counted in Roman numerals */
        ABOUT_ENUM = 1 << 5,    /* what is numbered: "thôn 1,2" is a list */
        ABOUT_HOUR = 1 << 6,    /* when: "lúc 7g" */
        ABOUT_PHONE = 1 << 7,
        ABOUT_ID = 1 << 8,
        ABOUT_PLATE = 1 << 9,
        ABOUT_STREET = 1 << 10,  /* "đường 30/4" is a name */
        ABOUT_SECTION = 1 << 11, /* "mục 1.2" has points */
        ABOUT_RATIO = 1 << 12,   /* tỷ lệ 1:10 */
        ABOUT_LINK = 1 << 13,    /* và, đến: what was before still holds */
        ABOUT_PAIR = 1 << 14,    /* "năm học 2025-2026": two years are one thing */
        ABOUT_SCORE = 1 << 15,   /* tỷ số 2-1 */
        ABOUT_ROAD = 1 << 16,    /* quốc lộ 1 */
        ABOUT_YEAR = 1 << 17,    /* năm */
        ABOUT_SPAN = 1 << 18,    /* từ, các: two figures with a dash are a range */
};

/* What was said last, for the dash, the slash and the plus behind it. */
enum last { LAST_NOTHING, LAST_WORD, LAST_NUMBER, LAST_UNIT, LAST_MONEY, LAST_MARK };

struct lexicon;

struct reader {
        const struct token *tokens;
        size_t n;
        struct speech_out out;
        enum thon_dialect dialect;
        const struct lexicon *built_in;
        const struct thon_dictionary *dictionary; /* may be NULL */
        unsigned about;
        enum last last;
        bool roman;       /* the last number was a Roman one */
        bool counted;     /* a number was said in this phrase: "2 lần/ngày" */
        uint64_t value;   /* of the last number; UINT64_MAX when it is none to compare */
        size_t phone_end; /* tokens before it are near a word of calling */
        size_t id_end;
};

/* The token at `at`; the end's for any place outside, also one before the beginning. */
const struct token *speech_at(const struct reader *r, size_t at);
bool speech_is_sign(const struct reader *r, size_t at, int32_t sign);
/* The sign with no white space before it. */
bool speech_is_close_sign(const struct reader *r, size_t at, int32_t sign);
bool speech_is_word(const struct reader *r, size_t at, const char *lower);
bool speech_is_number(const struct reader *r, size_t at);
/* A number with no white space before it. */
bool speech_is_close_number(const struct reader *r, size_t at);
bool speech_is_close_word(const struct reader *r, size_t at);
/* A word among `list`, which ends with NULL. */
bool speech_is_one_of(const struct reader *r, size_t at, const char *const *list);
/* The value of a number's token; UINT64_MAX for more than fifteen figures. */
uint64_t speech_value(const struct token *token);
void speech_say_value(struct reader *r, uint64_t value);
/* Sets what a rule leaves behind; `value` UINT64_MAX where nothing can be compared with it. */
void speech_said_number(struct reader *r, uint64_t value);

/* What a word (with the one before it) makes of the next number: flags of ABOUT_. */
unsigned speech_about(const char *before, const char *lower);

/* ---- the rules, one file a concept ---- */
size_t speech_read_address(struct reader *r, size_t at); /* web and mail addresses */
size_t speech_read_marker(struct reader *r, size_t at);  /* "1.", "a)", "-" at a line's beginning */
size_t speech_read_lexicon(struct reader *r,
                           size_t at); /* abbreviations and foreign words of the dictionaries */
size_t speech_read_document(struct reader *r, size_t at); /* 15/2025/NĐ-CP */
size_t speech_read_code(struct reader *r, size_t at);     /* plates, roads, cards, dossiers */
size_t speech_read_letters(struct reader *r, size_t at);  /* H5N1, T2 */
size_t speech_read_phone(struct reader *r, size_t at);    /* telephones, identity numbers, accounts */
size_t speech_read_date(struct reader *r, size_t at);
size_t speech_read_hour(struct reader *r, size_t at);
size_t speech_read_fraction(struct reader *r, size_t at); /* fractions, ratios, house numbers */
size_t speech_read_roman(struct reader *r, size_t at);
size_t speech_read_quantity(struct reader *r, size_t at); /* any other number, with its unit */
size_t speech_read_sign(struct reader *r, size_t at);
size_t speech_read_word(struct reader *r, size_t at);

/* Vietnamese text: normal form, folding for search, phones. Pure; utf8proc does the Unicode. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A new string in NFC, outer white space cut and inner runs made one space (line breaks too); invisible characters
 * (zero-width space, byte order mark, direction marks) are dropped. Returns 0, -EINVAL (not UTF-8, a control
 * character, or longer than `max` bytes) or -ENOMEM. */
int thon_text_nfc(const char *text, size_t max, char **ret);

/* For search and sorting: lower case, no marks, đ as d, letters and digits only, words parted by one space.
 * Fold("Nguyễn Văn Ân, ngõ Đông") is "nguyen van an ngo dong". Same errors. */
int thon_text_fold(const char *text, size_t max, char **ret);

/* How well a folded household text answers a folded query: 0 none; more is better. Every word of the query must begin
 * a word of the text, each one of its own; whole words, their order and nearness count for more. Looks at the first
 * 16 words of a query and the first 64 of a text. */
int thon_text_score(const char *folded_query, const char *folded_text);

enum thon_phone_error {
        THON_PHONE_OK,
        THON_PHONE_INVALID, /* no Vietnamese or international number */
};
#define THON_PHONE_TEXT 20
/* "0912 345 678", "84912345678", "+84 (0)912.345.678" and "912345678" (Excel cut the zero) become "+84912345678";
 * other countries only with a plus. Vietnamese numbers are checked against the numbering plan (mobile prefixes 03 05
 * 07 08 09 and ten digits; fixed 02 and eleven). */
int thon_phone_normalise(const char *text, char ret[static THON_PHONE_TEXT]);

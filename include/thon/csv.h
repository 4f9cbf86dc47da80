/* CSV as Excel in Vietnam writes it: UTF-8 with or without BOM, comma, semicolon or tab (seen from the header row),
 * quotes, CRLF, an optional "sep=;" line. Pure: rows of a text in memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define THON_CSV_SIZE_MAX    (16u << 20)
#define THON_CSV_COLUMNS_MAX 64
#define THON_CSV_FIELD_MAX   4096

struct thon_csv;

enum thon_csv_error {
        THON_CSV_OK,
        THON_CSV_END,     /* no more rows */
        THON_CSV_INVALID, /* thon_csv_message() says what, thon_csv_line() where; the next row may be read */
};

/* Borrows the text; never fails but for memory: a file that is no CSV at all (UTF-16, a workbook) is told by the
 * first thon_csv_next(). Returns 0 or -ENOMEM. */
int thon_csv_new(const char *text, size_t size, struct thon_csv **ret);
struct thon_csv *thon_csv_free(struct thon_csv *csv);

/* The next row that has a field which is not blank. Fields are NUL-terminated, unquoted, valid until the next call;
 * bytes are checked to be UTF-8 without NUL, and otherwise as they stand. A malformed row (told: INVALID) ends with
 * its first physical line, so that a stray quote costs one row and not the file. An apostrophe before = + - @ or a
 * digit is a spreadsheet's sign for "text" and is dropped. */
int thon_csv_next(struct thon_csv *csv, const char *const **ret_fields, size_t *ret_n);
unsigned thon_csv_line(const struct thon_csv *csv); /* 1-based line on which the row began */
const char *thon_csv_message(const struct thon_csv *csv);

/* One field for output, quoted when needed, with the separator or CRLF after it. A field that a spreadsheet would run
 * as a formula (= + - @ first, unless a number or a phone) is quoted with a leading apostrophe, which thon_csv_next()
 * takes off: what is written is read back byte for byte (a row of blank fields alone is skipped). Appends to a
 * growing buffer (NULL and 0 at first), whose text is NUL-terminated; the caller frees it. Returns 0 or -ENOMEM. */
int thon_csv_append(char **buffer, size_t *size, const char *field, char separator, bool last);

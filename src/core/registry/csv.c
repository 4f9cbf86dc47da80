/* CSV as spreadsheets write it, not as RFC 4180 wishes it.
 *
 * Nothing in the file says how it was written, so the header row decides: the separator is the one it uses
 * most. What Excel saves under another name than "CSV UTF-8" (UTF-16, a workbook, a Windows code page) is
 * told in words that name the menu entry to choose, because the person who reads them is an officer and not
 * a programmer.
 *
 * Rows are unquoted into one buffer which is reused; a row is bounded by its fields, so a stray quote cannot make the
 * reader run through the file again and again. */
#include "thon/csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"

#define ROW_SIZE_MAX (THON_CSV_COLUMNS_MAX * (THON_CSV_FIELD_MAX + 1))

struct thon_csv {
        const char *text, *end;
        const char *at;       /* the next row */
        unsigned at_line;     /* its line */
        unsigned line;        /* of the row returned last */
        char separator;       /* '\0' until the first row that is not blank */
        bool opened, refused; /* the start of the file was looked at; it is no CSV */
        char *row;            /* ROW_SIZE_MAX bytes */
        const char *fields[THON_CSV_COLUMNS_MAX];
        size_t n_fields;
        char message[160];
};

static int fail(struct thon_csv *csv, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct thon_csv *csv, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vsnprintf(csv->message, sizeof csv->message, format, args);
        va_end(args);
        return THON_CSV_INVALID;
}

int thon_csv_new(const char *text, size_t size, struct thon_csv **ret)
{
        struct thon_csv *csv = calloc(1, sizeof *csv);
        char *row = malloc(ROW_SIZE_MAX);

        if (!csv || !row) {
                free(csv);
                free(row);
                return -ENOMEM;
        }
        csv->row = row;
        csv->text = csv->at = size > 0 ? text : "";
        csv->end = csv->text + size;
        csv->at_line = 1;
        *ret = csv;
        return 0;
}

struct thon_csv *thon_csv_free(struct thon_csv *csv)
{
        if (!csv)
                return NULL;
        free(csv->row);
        free(csv);
        return NULL;
}

unsigned thon_csv_line(const struct thon_csv *csv)
{
        return csv->line;
}

const char *thon_csv_message(const struct thon_csv *csv)
{
        return csv->message;
}

static bool starts_with(const struct thon_csv *csv, const char *bytes, size_t n)
{
        return (size_t)(csv->end - csv->at) >= n && memcmp(csv->at, bytes, n) == 0;
}

static bool is_separator(char c)
{
        return c == ',' || c == ';' || c == '\t';
}

/* Past the end of the line that begins at `p`. */
static const char *next_line(const struct thon_csv *csv, const char *p)
{
        while (p < csv->end && *p != '\n' && *p != '\r')
                p++;
        if (p < csv->end && *p == '\r')
                p++;
        else if (p < csv->end)
                return p + 1;
        return p < csv->end && *p == '\n' ? p + 1 : p;
}

static int open_text(struct thon_csv *csv)
{
        csv->opened = true;
        csv->refused = true;
        csv->line = 1;
        if (csv->end - csv->text > (ptrdiff_t)THON_CSV_SIZE_MAX)
                return fail(csv, "the file is larger than %u MiB", THON_CSV_SIZE_MAX >> 20);
        if (starts_with(csv, "\xff\xfe", 2) || starts_with(csv, "\xfe\xff", 2))
                return fail(csv, "the file is UTF-16 (Excel's \"Unicode Text\"): save it as \"CSV UTF-8\"");
        if (starts_with(csv, "PK\003\004", 4) || starts_with(csv, "\xd0\xcf\x11\xe0", 4))
                return fail(csv, "the file is an Excel workbook: save it as \"CSV UTF-8\"");
        csv->refused = false;
        if (starts_with(csv, "\xef\xbb\xbf", 3))
                csv->at += 3;
        if (starts_with(csv, "sep=", 4) && csv->end - csv->at > 4 && is_separator(csv->at[4])) {
                const char *after = csv->at + 5;

                if (after == csv->end || *after == '\r' || *after == '\n') {
                        csv->separator = csv->at[4];
                        csv->at = next_line(csv, csv->at);
                        csv->at_line++;
                }
        }
        return THON_CSV_OK;
}

/* The separator that stands most often outside quotes in the first row that has anything to say. On a tie
 * the semicolon: a comma may be part of a name, a semicolon hardly. */
static char find_separator(const struct thon_csv *csv)
{
        unsigned commas = 0, semicolons = 0, tabs = 0;
        bool quoted = false, content = false;

        for (const char *p = csv->at; p < csv->end; p++) {
                if (*p == '"')
                        quoted = !quoted;
                if (quoted) {
                        content = true;
                        continue;
                }
                if (*p == '\n' || *p == '\r') {
                        if (content)
                                break;
                        commas = semicolons = tabs = 0;
                        continue;
                }
                commas += *p == ',';
                semicolons += *p == ';';
                tabs += *p == '\t';
                content |= !is_separator(*p) && *p != ' ';
        }
        if (tabs > semicolons && tabs > commas)
                return '\t';
        return commas > semicolons ? ',' : ';';
}

/* A spreadsheet's mark of text before what it would compute or cut; see thon_csv_append(). */
static bool apostrophe_is_mark(const char *field)
{
        size_t n = strspn(field, "'");

        return n > 0 && field[n] != '\0' && strchr("=+-@\t\r\n0123456789", field[n]);
}

/* Copies one field to `out`, at most THON_CSV_FIELD_MAX bytes of it, and moves *p behind it, on a separator,
 * the end of the line or the end of the text. */
static int read_field(struct thon_csv *csv, const char **p, unsigned *line, char *out, size_t *ret_size)
{
        const char *q = *p;
        size_t size = 0;
        bool quoted = q < csv->end && *q == '"';

        if (quoted)
                q++;
        for (;; q++) {
                if (q == csv->end) {
                        if (quoted)
                                return fail(csv, "a quotation mark is opened and not closed");
                        break;
                }
                if (quoted && *q == '"') {
                        if (q + 1 == csv->end || q[1] != '"') {
                                q++;
                                break;
                        }
                        q++;
                } else if (!quoted && (*q == csv->separator || *q == '\n' || *q == '\r')) {
                        break;
                } else if (*q == '\n' || (*q == '\r' && (q + 1 == csv->end || q[1] != '\n'))) {
                        (*line)++;
                }
                if (*q == '\0')
                        return fail(csv, "column %zu has a zero byte: the file is no text",
                                    csv->n_fields + 1);
                if (size == THON_CSV_FIELD_MAX)
                        return fail(csv, "column %zu is longer than %d bytes%s", csv->n_fields + 1,
                                    THON_CSV_FIELD_MAX, quoted ? " (is a quotation mark not closed?)" : "");
                out[size++] = *q;
        }
        if (quoted && q < csv->end && *q != csv->separator && *q != '\n' && *q != '\r')
                return fail(csv, "column %zu goes on after its closing quotation mark", csv->n_fields + 1);
        out[size] = '\0';
        *p = q;
        *ret_size = size;
        return THON_CSV_OK;
}

static bool utf8_valid(const char *text, size_t size)
{
        while (size > 0) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n;

                n = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, &c);
                if (n <= 0)
                        return false;
                text += n;
                size -= (size_t)n;
        }
        return true;
}

static int read_row(struct thon_csv *csv, const char **p, unsigned *line, bool *ret_blank)
{
        char *out = csv->row;
        int r;

        csv->n_fields = 0;
        *ret_blank = true;
        for (;;) {
                size_t size = 0;

                if (csv->n_fields == THON_CSV_COLUMNS_MAX)
                        return fail(csv, "more than %d columns", THON_CSV_COLUMNS_MAX);
                r = read_field(csv, p, line, out, &size);
                if (r != THON_CSV_OK)
                        return r;
                if (!utf8_valid(out, size))
                        return fail(csv, "column %zu is not UTF-8: save the file as \"CSV UTF-8\"",
                                    csv->n_fields + 1);
                *ret_blank = *ret_blank && out[strspn(out, " \t\r\n")] == '\0';
                csv->fields[csv->n_fields++] = apostrophe_is_mark(out) ? out + 1 : out;
                out += size + 1;
                if (*p == csv->end)
                        break;
                if (**p != csv->separator) {
                        (*line)++;
                        *p = next_line(csv, *p);
                        break;
                }
                (*p)++;
        }
        return THON_CSV_OK;
}

int thon_csv_next(struct thon_csv *csv, const char *const **ret_fields, size_t *ret_n)
{
        int r;

        csv->message[0] = '\0';
        if (!csv->opened) {
                r = open_text(csv);
                if (r != THON_CSV_OK)
                        return r;
        }
        if (csv->refused)
                return THON_CSV_END;
        if (csv->separator == '\0')
                csv->separator = find_separator(csv);
        while (csv->at < csv->end) {
                const char *p = csv->at;
                bool blank;

                csv->line = csv->at_line;
                r = read_row(csv, &p, &csv->at_line, &blank);
                if (r != THON_CSV_OK) {
                        csv->at = next_line(csv, csv->at);
                        csv->at_line = csv->line + 1;
                        return r;
                }
                csv->at = p;
                if (blank)
                        continue;
                *ret_fields = csv->fields;
                *ret_n = csv->n_fields;
                return THON_CSV_OK;
        }
        return THON_CSV_END;
}

/* "-12.5", "+84912345678", "-1,5": a spreadsheet takes it as a number, and computes nothing. */
static bool looks_like_number(const char *field)
{
        size_t whole, part = 0;

        field += *field == '+' || *field == '-';
        whole = strspn(field, "0123456789");
        field += whole;
        if (*field == '.' || *field == ',') {
                field++;
                part = strspn(field, "0123456789");
                field += part;
        }
        return whole + part > 0 && *field == '\0';
}

static bool needs_apostrophe(const char *field)
{
        if (apostrophe_is_mark(field))
                return true; /* or the reader would take off one that is the field's own */
        return field[0] != '\0' && strchr("=+-@\t\r\n", field[0]) && !looks_like_number(field);
}

int thon_csv_append(char **buffer, size_t *size, const char *field, char separator, bool last)
{
        bool apostrophe = needs_apostrophe(field);
        bool quote = apostrophe || strpbrk(field, ",;\t\"\r\n") || field[0] == ' ' ||
                     (field[0] && field[strlen(field) - 1] == ' ');
        size_t n = strlen(field), need = *size + 2 * n + 7, room = 256;
        char *out;

        /* Doubling, without keeping the capacity: grow when the size passes a power of two. */
        if (n > SIZE_MAX / 4 || *size > SIZE_MAX / 4)
                return -ENOMEM;
        while (room < need)
                room *= 2;
        out = *buffer;
        if (!out || room > 256) {
                out = realloc(*buffer, room);
                if (!out)
                        return -ENOMEM;
                *buffer = out;
        }
        out += *size;
        if (quote)
                *out++ = '"';
        if (apostrophe)
                *out++ = '\'';
        for (; *field; field++) {
                if (*field == '"')
                        *out++ = '"';
                *out++ = *field;
        }
        if (quote)
                *out++ = '"';
        if (last) {
                *out++ = '\r';
                *out++ = '\n';
        } else {
                *out++ = separator;
        }
        *out = '\0';
        *size = (size_t)(out - *buffer);
        return 0;
}

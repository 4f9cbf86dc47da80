/* One document for machines, tables and sentences for people; never both on standard output. */
#include "ctl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"
#include "thon/csv.h"

#define CELL_MAX 60

static void document(struct ctl *ctl, json_t *doc)
{
        if (ctl->answered || !doc)
                return;
        ctl->answered = true;
        (void)json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
        fputc('\n', stdout);
}

static void document_error(struct ctl *ctl, const char *error, const char *text)
{
        _cleanup_json_ json_t *doc = NULL;

        if (!ctl->json)
                return;
        doc = json_pack("{s:b,s:s,s:s}", "ok", 0, "error", error, "detail", text ? text : "");
        document(ctl, doc);
}

int ctl_usage(struct ctl *ctl, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        fprintf(stderr, "thonctl: %s\nTry 'thonctl%s%s --help'.\n", text ? text : "usage",
                ctl->noun ? " " : "", ctl->noun ? ctl->noun : "");
        document_error(ctl, "usage", text);
        return CTL_USAGE;
}

int ctl_fail(struct ctl *ctl, const char *error, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        fprintf(stderr, "thonctl: %s\n", text ? text : "out of memory");
        document_error(ctl, error, text);
        return CTL_FAILED;
}

int ctl_fail_store(struct ctl *ctl, int r)
{
        if (r < 0)
                return ctl_fail(ctl, "io", "%s: %s", ctl->store_path, strerror(-r));
        return ctl_fail(ctl, thon_store_error_slug(r), "%s", thon_store_message(ctl->store));
}

void ctl_tell_conf(void *userdata, bool is_error, const char *text)
{
        (void)userdata;
        fprintf(stderr, "thonctl: %s%s\n", is_error ? "" : "warning: ", text);
}

void ctl_say(struct ctl *ctl, const char *format, ...)
{
        va_list ap;

        if (ctl->json)
                return;
        va_start(ap, format);
        vprintf(format, ap);
        va_end(ap);
        fputc('\n', stdout);
}

int ctl_done(struct ctl *ctl, json_t *extra, const char *format, ...)
{
        va_list ap;

        if (ctl->json) {
                _cleanup_json_ json_t *doc = json_pack("{s:b}", "ok", 1);
                if (extra)
                        (void)json_object_update(doc, extra);
                document(ctl, doc);
        } else {
                va_start(ap, format);
                vprintf(format, ap);
                va_end(ap);
                fputc('\n', stdout);
        }
        json_decref(extra);
        return CTL_OK;
}

/* Columns that a terminal uses, which are neither bytes nor characters in Vietnamese. */
static size_t width_of(const char *text)
{
        const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
        utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text), n;
        utf8proc_int32_t c;
        size_t width = 0;

        while (left > 0 && (n = utf8proc_iterate(p, left, &c)) > 0) {
                width += (size_t)utf8proc_charwidth(c);
                p += n;
                left -= n;
        }
        return width;
}

/* A table shows money and energy, which nobody reads to the last digit; an object shows a value as it is. */
static char *cell_of(const json_t *value, bool table)
{
        char *text = NULL;

        if (!value || json_is_null(value))
                return strdup("-");
        if (json_is_string(value))
                return strdup(json_string_value(value));
        if (json_is_boolean(value))
                return strdup(json_is_true(value) ? "yes" : "no");
        if (json_is_real(value))
                return asprintf(&text, table ? "%.2f" : "%.12g", json_real_value(value)) < 0 ? NULL : text;
        return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
}

/* A terminal must not act on what a person once typed into a name. */
static void put_clean(const char *text)
{
        for (const char *p = text; *p; p++)
                fputc((unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p, stdout);
}

static void pad(size_t used, size_t width)
{
        for (; used < width; used++)
                fputc(' ', stdout);
}

static void print_table(const json_t *rows, const char *const *columns)
{
        size_t n = 0, widths[32] = {0}, i, c;
        const json_t *row;

        while (n < 32 && columns[n])
                n++;
        for (c = 0; c < n; c++) {
                const char *equals = strchr(columns[c], '=');
                widths[c] = width_of(equals ? equals + 1 : columns[c]);
        }
        for (int printing = 0; printing < 2; printing++) {
                if (printing) {
                        for (c = 0; c < n; c++) {
                                const char *equals = strchr(columns[c], '='),
                                           *head = equals ? equals + 1 : columns[c];
                                fputs(head, stdout);
                                if (c + 1 < n)
                                        pad(width_of(head), widths[c] + 2);
                        }
                        fputc('\n', stdout);
                }
                json_array_foreach (rows, i, row) {
                        for (c = 0; c < n; c++) {
                                _cleanup_free_ char *key = strndup(columns[c], strcspn(columns[c], "="));
                                _cleanup_free_ char *cell =
                                        cell_of(json_object_get(row, key ? key : ""), true);
                                size_t width = width_of(cell ? cell : "");
                                if (!printing) {
                                        if (width > widths[c] && width <= CELL_MAX)
                                                widths[c] = width;
                                        continue;
                                }
                                put_clean(cell ? cell : "");
                                if (c + 1 < n)
                                        pad(width, widths[c] + 2);
                        }
                        if (printing)
                                fputc('\n', stdout);
                }
        }
}

static void print_object(const json_t *object)
{
        const char *key;
        json_t *value;
        size_t widest = 0;

        json_object_foreach ((json_t *)object, key, value)
                if (strlen(key) > widest)
                        widest = strlen(key);
        json_object_foreach ((json_t *)object, key, value) {
                _cleanup_free_ char *cell = cell_of(value, false);
                printf("%s:", key);
                pad(strlen(key), widest + 1);
                put_clean(cell ? cell : "");
                fputc('\n', stdout);
        }
}

int ctl_print(struct ctl *ctl, json_t *doc, const char *const *columns)
{
        if (!doc)
                return ctl_fail(ctl, "memory", "out of memory");
        if (ctl->json)
                document(ctl, doc);
        else if (json_is_array(doc) && columns)
                print_table(doc, columns);
        else if (json_is_object(doc))
                print_object(doc);
        else {
                (void)json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
                fputc('\n', stdout);
        }
        json_decref(doc);
        return CTL_OK;
}

int ctl_csv(struct ctl *ctl, const json_t *rows, const char *const *columns)
{
        _cleanup_free_ char *buffer = NULL;
        size_t size = 0, i;
        const json_t *row;
        int r = 0;

        for (size_t c = 0; columns[c] && r == 0; c++)
                r = thon_csv_append(&buffer, &size, strchr(columns[c], '=') + 1, ';', !columns[c + 1]);
        json_array_foreach (rows, i, row)
                for (size_t c = 0; columns[c] && r == 0; c++) {
                        _cleanup_free_ char *key = strndup(columns[c], strcspn(columns[c], "="));
                        const json_t *value = key ? json_object_get(row, key) : NULL;
                        char digits[24] = "";
                        if (json_is_integer(value))
                                (void)snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
                                               json_integer_value(value));
                        r = thon_csv_append(&buffer, &size,
                                            json_is_string(value) ? json_string_value(value) : digits, ';',
                                            !columns[c + 1]);
                }
        if (r < 0)
                return ctl_fail(ctl, "memory", "out of memory");
        ctl->answered = true;
        /* A spreadsheet takes UTF-8 for what it is only behind this mark. */
        fputs("\xef\xbb\xbf", stdout);
        return fwrite(buffer, 1, size, stdout) == size
                       ? CTL_OK
                       : ctl_fail(ctl, "io", "the list could not be written");
}

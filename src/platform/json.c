/* JSON at the border.
 *
 * jansson checks UTF-8, refuses NUL inside strings and members that come twice. It recurses up to 2048
 * levels and has no setting for it, so the depth is counted over the raw text before the parser sees it: a
 * string-aware scan that needs no memory. Its error texts quote the input and may end inside a character,
 * while ours travel into journals and JSON replies; every text is therefore cut to whole characters and
 * freed of control characters here, once. */
#include "thon/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"
#include "thon/file.h"

/* In place: control characters become spaces, and the text ends before the first byte that is not UTF-8. */
static void make_printable(char *text)
{
        size_t size = strlen(text), at = 0;

        while (at < size) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                      (utf8proc_ssize_t)(size - at), &c);

                if (n <= 0)
                        break;
                if (c < 0x20 || c == 0x7f)
                        text[at] = ' ';
                at += (size_t)n;
        }
        text[at] = '\0';
}

void thon_json_fail(struct thon_json_error *error, const char *where, const char *format, ...)
{
        va_list args;
        int n = 0;

        if (!error)
                return;

        error->text[0] = '\0';
        if (where && *where)
                n = snprintf(error->text, sizeof error->text, "%s: ", where);
        if (n >= 0 && (size_t)n < sizeof error->text) {
                va_start(args, format);
                (void)vsnprintf(error->text + n, sizeof error->text - (size_t)n, format, args);
                va_end(args);
        }
        make_printable(error->text);
}

/* Deepest nesting of arrays and objects. Wrong JSON gives some number: the parser refuses it afterwards. */
static size_t depth_of(const char *text, size_t size)
{
        size_t depth = 0, deepest = 0;
        bool quoted = false;

        for (size_t i = 0; i < size; i++) {
                if (quoted) {
                        if (text[i] == '\\')
                                i++;
                        else if (text[i] == '"')
                                quoted = false;
                        continue;
                }
                switch (text[i]) {
                case '"':
                        quoted = true;
                        break;
                case '[':
                case '{':
                        if (++depth > deepest)
                                deepest = depth;
                        break;
                case ']':
                case '}':
                        if (depth > 0)
                                depth--;
                        break;
                }
        }
        return deepest;
}

int thon_json_parse(const char *text, size_t size, size_t max_size, json_t **ret,
                    struct thon_json_error *error)
{
        json_error_t trouble;
        json_t *doc;

        if (size > max_size) {
                thon_json_fail(error, NULL, "%zu bytes, more than the %zu that are allowed", size, max_size);
                return -E2BIG;
        }
        if (depth_of(text, size) > THON_JSON_DEPTH) {
                thon_json_fail(error, NULL, "nested deeper than %d levels", THON_JSON_DEPTH);
                return -EINVAL;
        }

        doc = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &trouble);
        if (!doc) {
                if (json_error_code(&trouble) == json_error_out_of_memory)
                        return -ENOMEM;
                thon_json_fail(error, NULL, "line %d, column %d: %s", trouble.line, trouble.column,
                               trouble.text);
                return -EINVAL;
        }

        *ret = doc;
        return 0;
}

int thon_json_read_file(const char *path, size_t max_size, json_t **ret, struct thon_json_error *error)
{
        static const char bom[] = "\xef\xbb\xbf";
        _cleanup_free_ char *text = NULL;
        size_t size = 0, skip = 0;
        int r;

        r = thon_file_read(path, max_size, &text, &size);
        if (r == -EFBIG) {
                thon_json_fail(error, path, "more than the %zu bytes that are allowed", max_size);
                return -E2BIG;
        }
        if (r < 0) {
                thon_json_fail(error, path, "%s", r == -EINVAL ? "not a regular file" : strerror(-r));
                return r;
        }

        /* Windows editors begin a file with a byte order mark. */
        if (size >= sizeof bom - 1 && memcmp(text, bom, sizeof bom - 1) == 0)
                skip = sizeof bom - 1;
        return thon_json_parse(text + skip, size - skip, max_size, ret, error);
}

int thon_json_write_file(const char *path, const json_t *doc, unsigned mode)
{
        _cleanup_free_ char *text = NULL;
        size_t size;

        text = json_dumps(doc, JSON_INDENT(1) | JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY);
        if (!text)
                return -ENOMEM;
        /* The NUL has served: a text file ends with a newline. */
        size = strlen(text);
        text[size] = '\n';
        return thon_file_write_atomic(path, text, size + 1, (mode_t)mode);
}

bool thon_json_only(const json_t *object, const char *where, const char *const *members,
                    struct thon_json_error *error)
{
        const char *key;
        json_t *value;

        if (!json_is_object(object)) {
                thon_json_fail(error, where, "must be an object");
                return false;
        }
        json_object_foreach ((json_t *)object, key, value) {
                size_t i = 0;

                while (members[i] && strcmp(members[i], key) != 0)
                        i++;
                if (members[i])
                        continue;
                thon_json_fail(error, where, "unknown member \"%s\"", key);
                return false;
        }
        return true;
}

bool thon_json_line(const json_t *object, const char *member, size_t max, const char **ret,
                    struct thon_json_error *error)
{
        const json_t *value = json_object_get(object, member);
        const char *text = json_string_value(value);

        *ret = NULL;
        if (!value || json_is_null(value))
                return true;
        if (!text || strlen(text) > max) {
                thon_json_fail(error, member, "must be a text of at most %zu bytes", max);
                return false;
        }
        for (const unsigned char *p = (const unsigned char *)text; *p; p++)
                if (*p < 0x20 || *p == 0x7f) {
                        thon_json_fail(error, member, "must not contain control characters");
                        return false;
                }
        *ret = text;
        return true;
}

/* Templates are edited by officers in whatever editor they have, so a mistake is told with its line, and when the file is
 * loaded, not when the storm comes. The same holds for values: a notice with a hole in it never goes out. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/relay_text.h"
#include "thon/text.h"

#define FILE_MAX_BYTES (4u * THON_NOTICE_TEXT_MAX)
#define VALUE_MAX      1000
#define TITLE_MAX      200
#define ZALO_ID_MAX    64
#define NAME_MAX_BYTES 32 /* [a-z][a-z0-9_]{0,31} */
#define NAMES_MAX      64
#define ERROR_SIZE     200

static int fail(char error[static ERROR_SIZE], const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static int fail(char error[static ERROR_SIZE], const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(error, ERROR_SIZE, format, ap);
        va_end(ap);
        return -EINVAL;
}

static bool is_name_byte(char c, bool first)
{
        return (c >= 'a' && c <= 'z') || (!first && ((c >= '0' && c <= '9') || c == '_'));
}

static size_t name_length(const char *text)
{
        size_t n = 0;

        while (is_name_byte(text[n], n == 0))
                n++;
        return n;
}

/* ---- tokens: what stands at *at, which moves behind it ------------------------------------------------- */

enum token { TOKEN_END, TOKEN_TEXT, TOKEN_NAME, TOKEN_STRAY_CLOSE, TOKEN_BAD_NAME };

/* For TEXT and NAME the bytes in *ret, *ret_size. */
static enum token next_token(const char **at, const char **ret, size_t *ret_size)
{
        const char *text = *at;
        size_t n;

        if (*text == '\0')
                return TOKEN_END;
        n = strcspn(text, "{}");
        if (n == 0 && text[1] == text[0]) { /* a doubled brace is one */
                *ret = text;
                *ret_size = 1;
                *at = text + 2;
                return TOKEN_TEXT;
        }
        if (n > 0) {
                *ret = text;
                *ret_size = n;
                *at = text + n;
                return TOKEN_TEXT;
        }
        if (*text == '}')
                return TOKEN_STRAY_CLOSE;
        n = name_length(text + 1);
        if (n == 0 || n > NAME_MAX_BYTES || text[1 + n] != '}')
                return TOKEN_BAD_NAME;
        *ret = text + 1;
        *ret_size = n;
        *at = text + n + 2;
        return TOKEN_NAME;
}

/* ---- parsing ------------------------------------------------------------------------------------------ */

static int add_name(struct thon_template *template, const char *name, size_t size)
{
        char **more;

        for (size_t i = 0; i < template->n_names; i++)
                if (strlen(template->names[i]) == size && memcmp(template->names[i], name, size) == 0)
                        return 0;
        if (template->n_names == NAMES_MAX)
                return -E2BIG;
        more = reallocarray(template->names, template->n_names + 1, sizeof *more);
        if (!more)
                return -ENOMEM;
        template->names = more;
        more[template->n_names] = strndup(name, size);
        if (!more[template->n_names])
                return -ENOMEM;
        template->n_names++;
        return 0;
}

static unsigned count_lines(const char *from, const char *to)
{
        unsigned n = 0;

        for (; from < to; from++)
                n += *from == '\n';
        return n;
}

/* The names of a text that begins on `line` of its file. */
static int collect_names(struct thon_template *template, const char *text, unsigned line,
                         char error[static ERROR_SIZE])
{
        const char *at = text, *piece;
        size_t size;

        for (;;) {
                enum token token = next_token(&at, &piece, &size);
                int r;

                switch (token) {
                case TOKEN_END:
                        return 0;
                case TOKEN_TEXT:
                        break;
                case TOKEN_NAME:
                        r = add_name(template, piece, size);
                        if (r == -E2BIG)
                                return fail(error, "line %u: more than %d names",
                                            line + count_lines(text, piece), NAMES_MAX);
                        if (r < 0)
                                return r;
                        break;
                case TOKEN_STRAY_CLOSE:
                        return fail(error, "line %u: a \"}\" that closes nothing; \"}}\" is a brace",
                                    line + count_lines(text, at));
                case TOKEN_BAD_NAME:
                        return fail(
                                error,
                                "line %u: behind \"{\" a name of a-z, 0-9 and \"_\", at most %d, and \"}\" "
                                "must follow; \"{{\" is a brace",
                                line + count_lines(text, at), NAME_MAX_BYTES);
                }
        }
}

/* The value of a head line "key = value", or NULL when it is none; the key's length in *ret_key. */
static const char *head_value(const char *line, size_t *ret_key)
{
        size_t key = name_length(line);
        const char *p = line + key + strspn(line + key, " \t");

        if (key == 0 || *p != '=')
                return NULL;
        *ret_key = key;
        return p + 1 + strspn(p + 1, " \t");
}

static int set_head(char **field, const char *key, const char *value, size_t max, unsigned line,
                    char error[static ERROR_SIZE])
{
        _cleanup_free_ char *clean = NULL;
        int r;

        if (*field)
                return fail(error, "line %u: %s is given twice", line, key);
        r = thon_text_nfc(value, max, &clean);
        if (r == -EINVAL)
                return fail(error, "line %u: %s must be text of at most %zu bytes", line, key, max);
        if (r < 0)
                return r;
        *field = THON_TAKE(clean);
        return 0;
}

static bool is_zalo_id(const char *text)
{
        size_t n = 0;

        while ((text[n] >= '0' && text[n] <= '9') || (text[n] >= 'a' && text[n] <= 'z') ||
               (text[n] >= 'A' && text[n] <= 'Z') || text[n] == '-' || text[n] == '_')
                n++;
        return text[n] == '\0';
}

static int take_head_line(struct thon_template *template, const char *line, size_t key, const char *value,
                          unsigned number, char error[static ERROR_SIZE])
{
        int r;

        if (key == strlen("title") && memcmp(line, "title", key) == 0)
                return set_head(&template->title, "title", value, TITLE_MAX, number, error);
        if (key == strlen("zalo_template") && memcmp(line, "zalo_template", key) == 0) {
                r = set_head(&template->zalo_template, "zalo_template", value, ZALO_ID_MAX, number, error);
                if (r == 0 && !is_zalo_id(template->zalo_template))
                        return fail(error,
                                    "line %u: zalo_template must be an id: digits, letters, \"-\", \"_\"",
                                    number);
                return r;
        }
        return fail(error, "line %u: \"%.*s\" is not known here, only zalo_template and title", number,
                    key > 40 ? 40 : (int)key, line);
}

/* Takes the head from a text of LF lines, and says where the body begins. */
static int take_head(struct thon_template *template, char *text, char **ret_body, unsigned *ret_line,
                     char error[static ERROR_SIZE])
{
        char *line = text, *end;
        unsigned number = 1;
        size_t key;

        if (!head_value(line, &key)) {
                *ret_body = text;
                *ret_line = 1;
                return 0;
        }
        for (;; line = end + 1, number++) {
                const char *value;
                int r;

                end = line + strcspn(line, "\n");
                if (line[strspn(line, " \t")] == '\n' || *end == '\0') {
                        *ret_body = end;
                        *ret_line = number;
                        if (*end == '\0')
                                return fail(error,
                                            "line %u: no text: an empty line must part it from its head",
                                            number);
                        return 0;
                }
                *end = '\0';
                value = head_value(line, &key);
                if (!value)
                        return fail(error,
                                    "line %u: neither \"key = value\" nor an empty line before the text",
                                    number);
                r = take_head_line(template, line, key, value, number, error);
                if (r < 0)
                        return r;
        }
}

static void drop_empty(char **field)
{
        if (*field && **field == '\0') {
                free(*field);
                *field = NULL;
        }
}

/* A copy with LF line ends, without a byte order mark. */
static int copy_lines(const char *file, size_t size, char **ret, char error[static ERROR_SIZE])
{
        char *text;
        size_t n = 0;

        if (size > FILE_MAX_BYTES)
                return fail(error, "larger than %u bytes", FILE_MAX_BYTES);
        if (memchr(file, '\0', size))
                return fail(error, "line %u: not text", 1 + count_lines(file, memchr(file, '\0', size)));
        if (size >= 3 && memcmp(file, "\xef\xbb\xbf", 3) == 0) {
                file += 3;
                size -= 3;
        }
        text = malloc(size + 1);
        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < size; i++) {
                if (file[i] == '\r' && i + 1 < size && file[i + 1] == '\n')
                        continue;
                text[n++] = file[i] == '\r' ? '\n' : file[i];
        }
        text[n] = '\0';
        *ret = text;
        return 0;
}

int thon_template_parse(const char *file, size_t size, struct thon_template *ret,
                        char error[static ERROR_SIZE])
{
        _cleanup_(thon_template_done) struct thon_template template = {0};
        _cleanup_free_ char *lines = NULL;
        char *body = NULL;
        unsigned line = 0;
        int r;

        r = copy_lines(file, size, &lines, error);
        if (r < 0)
                return r;
        r = take_head(&template, lines, &body, &line, error);
        if (r < 0)
                return r;
        drop_empty(&template.zalo_template);
        drop_empty(&template.title);
        r = collect_names(&template, body, line, error);
        if (r < 0)
                return r;
        r = thon_notice_text(body, THON_NOTICE_TEXT_MAX, &template.text);
        if (r == -EINVAL)
                return fail(error, "the text must be UTF-8 of at most %d bytes", THON_NOTICE_TEXT_MAX);
        if (r < 0)
                return r;
        if (*template.text == '\0')
                return fail(error, "line %u: no text", line);
        *ret = template;
        template = (struct thon_template){0};
        return 0;
}

void thon_template_done(struct thon_template *template)
{
        for (size_t i = 0; i < template->n_names; i++)
                free(template->names[i]);
        free(template->names);
        free(template->zalo_template);
        free(template->title);
        free(template->text);
        *template = (struct thon_template){0};
}

/* ---- rendering ---------------------------------------------------------------------------------------- */

struct buffer {
        char *text;
        size_t size;
};

static bool append(struct buffer *out, const char *text, size_t size)
{
        if (size > THON_NOTICE_TEXT_MAX - out->size)
                return false;
        memcpy(out->text + out->size, text, size);
        out->size += size;
        return true;
}

static const char *find_value(const struct thon_value_pair *values, size_t n, const char *name, size_t size)
{
        for (size_t i = 0; i < n; i++)
                if (strlen(values[i].name) == size && memcmp(values[i].name, name, size) == 0)
                        return values[i].value;
        return NULL;
}

static int check_values(const struct thon_template *template, const struct thon_value_pair *values, size_t n,
                        char error[static ERROR_SIZE])
{
        for (size_t i = 0; i < template->n_names; i++)
                if (!find_value(values, n, template->names[i], strlen(template->names[i])))
                        return fail(error, "%s: no value is given", template->names[i]);
        for (size_t i = 0; i < n; i++) {
                bool known = false;

                for (size_t j = 0; j < template->n_names; j++)
                        known = known || strcmp(values[i].name, template->names[j]) == 0;
                if (!known)
                        return fail(error, "%.64s: the template has no such name", values[i].name);
                for (size_t j = 0; j < i; j++)
                        if (strcmp(values[i].name, values[j].name) == 0)
                                return fail(error, "%s: given twice", values[i].name);
        }
        return 0;
}

static int append_value(struct buffer *out, const char *name, size_t size, const char *value,
                        char error[static ERROR_SIZE])
{
        _cleanup_free_ char *clean = NULL;
        int r = thon_notice_text(value, VALUE_MAX, &clean);

        if (r == -EINVAL)
                return fail(error, "%.*s: must be UTF-8 of at most %d bytes", (int)size, name, VALUE_MAX);
        if (r < 0)
                return r;
        return append(out, clean, strlen(clean)) ? 0 : -E2BIG;
}

int thon_template_render(const struct thon_template *template, const struct thon_value_pair *values,
                         size_t n, char **ret, char error[static ERROR_SIZE])
{
        _cleanup_free_ char *text = NULL;
        struct buffer out = {.size = 0};
        const char *at = template->text, *piece;
        size_t size;
        int r;

        r = check_values(template, values, n, error);
        if (r < 0)
                return r;
        text = malloc(THON_NOTICE_TEXT_MAX + 1);
        if (!text)
                return -ENOMEM;
        out.text = text;
        for (;;) {
                enum token token = next_token(&at, &piece, &size);

                /* A parsed template has no other tokens. */
                if (token != TOKEN_TEXT && token != TOKEN_NAME)
                        break;
                if (token == TOKEN_TEXT)
                        r = append(&out, piece, size) ? 0 : -E2BIG;
                else
                        r = append_value(&out, piece, size, find_value(values, n, piece, size), error);
                if (r == -E2BIG)
                        return fail(error, "with these values the text is longer than %d bytes",
                                    THON_NOTICE_TEXT_MAX);
                if (r < 0)
                        return r;
        }
        text[out.size] = '\0';
        /* Once more as a whole: an empty value may leave an empty line, another end in a blank. */
        r = thon_notice_text(text, THON_NOTICE_TEXT_MAX, ret);
        return r == -EINVAL ? fail(error, "the text is too long") : r;
}

/* Configuration by table, over libinih.
 *
 * inih splits lines well, but as Debian ships it, it cuts section names at 49 bytes in silence, takes a line
 * of 200 bytes or more for two, tells only the first line that it could not read, and knows no line numbers
 * in its handler. So it is fed by a reader of our own, one line a call, in step with its handler: the reader
 * knows the line, the whole section name, whether the line is indented (the continuation of the value
 * above), and whether the handler was called for the line before, as it must be for everything that is no
 * comment. What inih would mangle is refused.
 *
 * A value is set when the next key begins, since only then is it known to be whole. Every mistake is told,
 * not only the first: a technician on a ladder should need one round. */
#include "thon/conf.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "conf_value.h"
#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/log.h"
#include "thon/slug.h"

#define FILE_MAX_BYTES (256u * 1024)
#define TOLD_MAX       50 /* lines about one file: the log is not a mirror for a file of rubbish */

/* A key that was given, to tell its repetition; a section of a group, to fill the defaults once. */
struct seen {
        char *section;
        const struct thon_conf_item *item; /* NULL: the section itself */
        unsigned line;
};

struct parse {
        const char *file;
        const struct thon_conf_item *items;
        size_t n_items;
        const struct thon_conf_group *groups;
        size_t n_groups;
        void *target;
        struct thon_conf_report *report;
        unsigned errors, told;

        const char *pos, *end; /* what the reader has not given yet */
        unsigned line;
        bool indented;  /* the line that inih has now */
        bool expecting; /* the handler should be called for it */

        char *section;                       /* as written between the brackets */
        const struct thon_conf_group *group; /* it belongs to this one, */
        const char *name;                    /* under this name */
        bool ignored;                        /* nobody knows it: told once, not for each key */

        char *key, *value; /* the one that may go on in the next line */
        unsigned key_line;

        struct seen *seen;
        size_t n_seen;
        int fatal; /* -ENOMEM: stop */
};

/* ---- telling ------------------------------------------------------------------------------------------ */

static void tell(struct parse *p, bool is_error, unsigned line, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static void tell(struct parse *p, bool is_error, unsigned line, const char *format, ...)
{
        _cleanup_free_ char *what = NULL, *text = NULL;
        va_list ap;
        int r;

        p->errors += is_error;
        if (!p->report)
                return;
        if (is_error)
                p->report->errors++;
        else
                p->report->warnings++;
        if (!p->report->tell || p->told > TOLD_MAX)
                return;
        if (p->told++ == TOLD_MAX) {
                p->report->tell(p->report->userdata, is_error, "... and more of it");
                return;
        }

        va_start(ap, format);
        r = vasprintf(&what, format, ap);
        va_end(ap);
        if (r < 0) {
                what = NULL;
                return;
        }
        if (line > 0)
                r = asprintf(&text, "%s:%u: %s", p->file, line, what);
        else
                r = asprintf(&text, "%s: %s", p->file, what);
        if (r < 0) {
                text = NULL;
                return;
        }
        p->report->tell(p->report->userdata, is_error, text);
}

/* ---- sections and values ------------------------------------------------------------------------------ */

static const struct thon_conf_group *find_group(const struct parse *p, const char *section)
{
        for (size_t i = 0; i < p->n_groups; i++)
                if (strncmp(section, p->groups[i].section, strlen(p->groups[i].section)) == 0)
                        return &p->groups[i];
        return NULL;
}

static bool is_repeated(const struct parse *p, const struct thon_conf_item *item)
{
        for (size_t i = 0; i < p->n_groups; i++)
                if (strcmp(item->section, p->groups[i].section) == 0)
                        return true;
        return false;
}

static const struct thon_conf_item *find_item(const struct parse *p, const char *section, const char *key)
{
        for (size_t i = 0; i < p->n_items; i++)
                if (strcmp(p->items[i].section, section) == 0 && (!key || strcmp(p->items[i].key, key) == 0))
                        return &p->items[i];
        return NULL;
}

/* The line where it was seen before, 0 when now for the first time. */
static unsigned seen_before(struct parse *p, const char *section, const struct thon_conf_item *item,
                            unsigned line)
{
        for (size_t i = 0; i < p->n_seen; i++)
                if (p->seen[i].item == item && strcmp(p->seen[i].section, section) == 0)
                        return p->seen[i].line;

        struct seen *more = reallocarray(p->seen, p->n_seen + 1, sizeof(*more));
        if (more)
                p->seen = more;
        char *copy = more ? strdup(section) : NULL;
        if (!copy) {
                p->fatal = -ENOMEM;
                return 0;
        }
        p->seen[p->n_seen++] = (struct seen){copy, item, line};
        return 0;
}

static void set_value(struct parse *p, const struct thon_conf_item *item, void *base, const char *value,
                      unsigned line)
{
        _cleanup_free_ char *why = NULL;
        int r = thon_conf_value_set(item, base, value, &why);

        if (r == -ENOMEM)
                p->fatal = r;
        else if (r < 0)
                tell(p, true, line, "%s%s.%s: %s", item->section, p->group && line > 0 ? p->name : "",
                     item->key, why ? why : strerror(-r));
}

static void set_defaults(struct parse *p, const char *section, void *base)
{
        for (size_t i = 0; i < p->n_items; i++)
                if (p->items[i].def &&
                    (section ? strcmp(p->items[i].section, section) == 0 : !is_repeated(p, &p->items[i])))
                        set_value(p, &p->items[i], base, p->items[i].def, 0);
}

/* Sets the value that is now known to be whole. */
static void flush(struct parse *p)
{
        _cleanup_free_ char *key = THON_TAKE(p->key), *value = THON_TAKE(p->value);
        const struct thon_conf_item *item;
        void *base = p->target;
        unsigned before;

        if (!key || *key == '\0' || p->ignored)
                return;
        item = find_item(p, p->group ? p->group->section : p->section, key);
        if (!item) {
                tell(p, false, p->key_line, "%s.%s: unknown key, ignored", p->section, key);
                return;
        }
        before = seen_before(p, p->section, item, p->key_line);
        if (before > 0) {
                tell(p, true, p->key_line, "%s.%s: given before, on line %u", p->section, key, before);
                return;
        }
        /* Asked for anew each time: the daemon may have moved its elements. */
        if (p->group)
                base = p->group->get(p->target, p->name);
        /* Empty: the default, which is there already. */
        if (base && *value)
                set_value(p, item, base, value, p->key_line);
}

static void begin_section(struct parse *p, const char *text, size_t size)
{
        void *element;

        flush(p);
        free(p->section);
        p->group = NULL;
        p->name = NULL;
        p->ignored = true; /* until it proves to be known */
        p->section = strndup(text, size);
        if (!p->section) {
                p->fatal = -ENOMEM;
                return;
        }

        p->group = find_group(p, p->section);
        if (!p->group) {
                p->ignored = !find_item(p, p->section, NULL);
                if (p->ignored)
                        tell(p, false, p->line, "[%s]: unknown section, ignored", p->section);
                return;
        }

        p->name = p->section + strlen(p->group->section);
        if (!thon_slug_valid(p->name)) {
                tell(p, true, p->line, "[%s]: the name must be of a-z, 0-9 and \"-\", at most 63 of them",
                     p->section);
                return;
        }
        element = p->group->get(p->target, p->name);
        if (!element) {
                tell(p, true, p->line, "[%s]: there may be no more of these", p->section);
                return;
        }
        p->ignored = false;
        if (seen_before(p, p->section, NULL, p->line) == 0 && p->fatal == 0)
                set_defaults(p, p->group->section, element);
}

/* ---- lines -------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

/* NULL, or why this is no line of text. */
static const char *bad_text(const char *line, size_t size)
{
        for (size_t i = 0; i < size;) {
                utf8proc_int32_t rune;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)line + i,
                                                      (utf8proc_ssize_t)(size - i), &rune);

                if (n <= 0)
                        return "not UTF-8";
                if ((rune < 0x20 && !is_blank((char)rune)) || rune == 0x7f)
                        return "holds a control character";
                i += (size_t)n;
        }
        return NULL;
}

/* Without an inner comment: "#" or ";" after white space. inih knows ";" only. */
static size_t without_comment(const char *line, size_t size)
{
        for (size_t i = 1; i < size; i++)
                if ((line[i] == '#' || line[i] == ';') && is_blank(line[i - 1]))
                        return i;
        return size;
}

static void check_expectation(struct parse *p)
{
        if (p->expecting)
                tell(p, true, p->line, "neither \"[section]\" nor \"key = value\"");
        p->expecting = false;
}

/* A section ends what was above it, also when nothing in it can be read. */
static void take_section(struct parse *p, const char *text, size_t size)
{
        const char *close = memchr(text, ']', size);

        if (close) {
                begin_section(p, text + 1, (size_t)(close - text) - 1);
                return;
        }
        flush(p);
        p->ignored = true;
        tell(p, true, p->line, "section without \"]\"");
}

/* What inih is to see of a line; "" for nothing. Keeps to itself what inih could not carry. */
static const char *take_line(struct parse *p, const char *line, size_t size, size_t room, size_t *ret_size)
{
        const char *why = bad_text(line, size);
        size_t first = 0;

        *ret_size = 0;
        if (why) {
                tell(p, true, p->line, "%s", why);
                return "";
        }
        size = without_comment(line, size);
        while (size > 0 && is_blank(line[size - 1]))
                size--;
        while (first < size && is_blank(line[first]))
                first++;
        if (first == size || line[first] == '#' || line[first] == ';')
                return "";

        /* An indented line below a key is more of its value, whatever it begins with. */
        p->indented = first > 0 && p->key && *p->key;
        if (line[first] == '[' && !p->indented) {
                take_section(p, line + first, size - first);
                /* Any name will do: it is only to make inih forget the key above. */
                *ret_size = 3;
                return "[s]";
        }
        if (size > room) {
                tell(p, true, p->line, "longer than %zu bytes: go on with it on the next line, indented",
                     room);
                return "";
        }
        p->expecting = true;
        *ret_size = size;
        return line;
}

/* fgets() for inih. */
static char *read_line(char *buf, int num, void *stream)
{
        struct parse *p = stream;
        const char *line = p->pos, *newline;
        size_t size;

        check_expectation(p);
        if (p->pos == p->end || p->fatal < 0 || num < 16)
                return NULL;
        newline = memchr(line, '\n', (size_t)(p->end - line));
        size = (size_t)((newline ? newline : p->end) - line);
        p->pos = newline ? newline + 1 : p->end;
        p->line++;
        if (size > 0 && line[size - 1] == '\r')
                size--;

        line = take_line(p, line, size, (size_t)num - 2, &size);
        memcpy(buf, line, size);
        buf[size] = '\n';
        buf[size + 1] = '\0';
        return buf;
}

static int on_key(void *userdata, const char *section, const char *key, const char *value)
{
        struct parse *p = userdata;
        char *joined;

        (void)section;
        p->expecting = false;
        if (p->indented) {
                if (asprintf(&joined, "%s%s%s", p->value, *p->value ? " " : "", value) < 0) {
                        p->fatal = -ENOMEM;
                        return 1;
                }
                free(p->value);
                p->value = joined;
                return 1;
        }

        flush(p);
        if (!p->section && !p->ignored) {
                tell(p, true, p->line, "%s: stands before any [section]", key);
                return 1;
        }
        if (*key == '\0')
                tell(p, true, p->line, "no key before the \"=\"");
        p->key = strdup(key);
        p->value = strdup(value);
        p->key_line = p->line;
        if (!p->key || !p->value)
                p->fatal = -ENOMEM;
        return 1;
}

/* ---- files -------------------------------------------------------------------------------------------- */

static void parse_done(struct parse *p)
{
        free(p->section);
        free(p->key);
        free(p->value);
        for (size_t i = 0; i < p->n_seen; i++)
                free(p->seen[i].section);
        free(p->seen);
}

int thon_conf_read(const char *dir, const char *file, const struct thon_conf_item *items, size_t n_items,
                   const struct thon_conf_group *groups, size_t n_groups, void *target,
                   struct thon_conf_report *report)
{
        _cleanup_(parse_done) struct parse p = {
                .file = file,
                .items = items,
                .n_items = n_items,
                .groups = groups,
                .n_groups = n_groups,
                .target = target,
                .report = report,
        };
        _cleanup_free_ char *path = NULL, *text = NULL;
        size_t size = 0;
        int r;

        set_defaults(&p, NULL, target);
        if (asprintf(&path, "%s/%s", dir, file) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = thon_file_read(path, FILE_MAX_BYTES, &text, &size);
        if (r < 0 && r != -ENOENT) {
                tell(&p, true, 0, "%s", r == -EFBIG ? "larger than 256 KiB" : strerror(-r));
                return r;
        }

        if (r == 0) {
                bool bom = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;

                p.pos = text + (bom ? 3 : 0);
                p.end = text + size;
                r = ini_parse_stream(read_line, &p, on_key, &p);
                if (r < 0)
                        return -ENOMEM;
                flush(&p);
        }
        if (p.fatal < 0)
                return p.fatal;
        return p.errors > 0 ? -EINVAL : 0;
}

void thon_conf_done(const struct thon_conf_item *items, size_t n_items, void *target)
{
        for (size_t i = 0; i < n_items; i++)
                if (items[i].section[strlen(items[i].section) - 1] != ' ')
                        thon_conf_value_done(&items[i], target);
}

void thon_conf_done_section(const struct thon_conf_item *items, size_t n_items, const char *section,
                            void *element)
{
        for (size_t i = 0; i < n_items; i++)
                if (strcmp(items[i].section, section) == 0)
                        thon_conf_value_done(&items[i], element);
}

bool thon_conf_same_text(const char *a, const char *b)
{
        return strcmp(a ? a : "", b ? b : "") == 0;
}

void thon_conf_tell_log(void *userdata, bool is_error, const char *text)
{
        (void)userdata;
        if (is_error)
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL, "%s", text);
        else
                thon_warning("%s", text);
}

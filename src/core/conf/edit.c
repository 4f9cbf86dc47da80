/* An administrator has written comments into the file, and will look for them after setup has changed a key. So no parser
 * writes it anew: lines are copied as they are, and one is replaced or put in.
 *
 * A value may go on in indented lines below its key; when it is replaced, those go with it. */
#include "thon/conf_edit.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct line {
        const char *text;
        size_t size;  /* with its end */
        size_t width; /* without */
        size_t first; /* of what is no white space; `width` when blank */
};

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

/* False at the end. */
static bool next_line(const char **at, struct line *ret)
{
        const char *end;

        if (**at == '\0')
                return false;
        end = strchr(*at, '\n');
        ret->text = *at;
        ret->size = end ? (size_t)(end - *at) + 1 : strlen(*at);
        ret->width = end ? ret->size - 1 : ret->size;
        if (ret->width > 0 && ret->text[ret->width - 1] == '\r')
                ret->width--;
        ret->first = 0;
        while (ret->first < ret->width && is_blank(ret->text[ret->first]))
                ret->first++;
        *at += ret->size;
        return true;
}

static bool says_something(const struct line *line)
{
        return line->first < line->width && line->text[line->first] != '#' && line->text[line->first] != ';';
}

/* "[section]", when it is one. */
static bool is_section(const struct line *line, const char *section, bool *ret_this)
{
        const char *begin = line->text + line->first + 1,
                   *close = line->first < line->width && line->text[line->first] == '['
                                    ? memchr(begin, ']', line->width - line->first - 1)
                                    : NULL;

        if (!close)
                return false;
        *ret_this = strlen(section) == (size_t)(close - begin) &&
                    memcmp(begin, section, (size_t)(close - begin)) == 0;
        return true;
}

/* The offset of the value behind "key =", from `from` on; 0 when this is another line. */
static size_t value_of(const struct line *line, size_t from, const char *key)
{
        size_t n = strlen(key), i = from;

        if (line->width - from < n || memcmp(line->text + from, key, n) != 0)
                return 0;
        for (i += n; i < line->width && is_blank(line->text[i]); i++)
                ;
        if (i == line->width || (line->text[i] != '=' && line->text[i] != ':'))
                return 0;
        for (i++; i < line->width && is_blank(line->text[i]); i++)
                ;
        return i;
}

/* Where the value ends and the white space before a comment, or the line's end, begins. */
static size_t value_end(const struct line *line, size_t value)
{
        size_t end = line->width;

        for (size_t i = value; i < line->width; i++)
                if ((line->text[i] == '#' || line->text[i] == ';') && is_blank(line->text[i - 1])) {
                        end = i;
                        break;
                }
        while (end > value && is_blank(line->text[end - 1]))
                end--;
        return end;
}

static size_t commented_value(const struct line *line, const char *key)
{
        size_t at = line->first;

        if (at == line->width || line->text[at] != '#')
                return 0;
        for (at++; at < line->width && is_blank(line->text[at]); at++)
                ;
        return value_of(line, at, key);
}

/* ---- where it is, or goes ---- */

struct place {
        const char *line;   /* of the key; NULL: it does not stand there */
        const char *insert; /* in front of this; NULL: there is no such section */
        bool set;           /* with a value */
};

static struct place find(const char *text, const char *section, const char *key)
{
        struct place place = {NULL, NULL, false};
        const char *at = text,
                   *above = NULL; /* above: the last key, whose value indented lines go on with */
        bool inside = false, this, commented = false, ours = false;
        struct line line;

        if (strncmp(at, "\xef\xbb\xbf", 3) == 0)
                at += 3;
        while (next_line(&at, &line)) {
                size_t value;

                if (!says_something(&line)) {
                        if (inside && !place.line && !commented && commented_value(&line, key) > 0) {
                                place.insert = at;
                                commented = true;
                        }
                        continue;
                }
                /* What is put in front of an indented line would take it for the rest of its value. */
                if (inside && commented && line.first > 0 && (!above || place.insert > above))
                        commented = false;
                if (above && line.first > 0) {
                        place.set = place.set || (inside && ours);
                        if (inside && !commented)
                                place.insert = at;
                        continue;
                }
                if (is_section(&line, section, &this)) {
                        inside = this;
                        above = NULL;
                        if (inside && !place.insert)
                                place.insert = at;
                        continue;
                }
                above = line.text;
                if (!inside)
                        continue;
                value = value_of(&line, line.first, key);
                ours = value > 0 && !place.line;
                if (ours) {
                        place.line = line.text;
                        place.set = value_end(&line, value) > value;
                }
                if (!commented)
                        place.insert = at;
        }
        return place;
}

bool thon_conf_edit_has(const char *text, const char *section, const char *key)
{
        return find(text, section, key).set;
}

bool thon_conf_edit_has_section(const char *text, const char *section)
{
        return find(text, section, "").insert != NULL;
}

/* ---- writing ---- */

struct out {
        char *text; /* with room for all that can come */
        size_t size;
};

static void put_n(struct out *out, const char *text, size_t n)
{
        memcpy(out->text + out->size, text, n);
        out->size += n;
        out->text[out->size] = '\0';
}

static void put(struct out *out, const char *text)
{
        put_n(out, text, strlen(text));
}

static void put_key(struct out *out, const char *key, const char *value, const char *end)
{
        put(out, key);
        put(out, " = ");
        put(out, value);
        put(out, end);
}

/* What is inserted must begin a line. */
static void end_line(struct out *out, const char *end)
{
        if (out->size > 0 && out->text[out->size - 1] != '\n')
                put(out, end);
}

/* From the key's line on: that one with the value, the rest of the old value left out, then all else. */
static void replace(struct out *out, const char *at, const char *key, const char *value)
{
        struct line line;
        bool below = true;

        if (!next_line(&at, &line))
                return;
        size_t begin = value_of(&line, line.first, key), end = value_end(&line, begin);
        put_n(out, line.text, begin);
        put(out, value);
        /* A comment that stood behind no value at all has no space before it otherwise. */
        if (end < line.width && !is_blank(line.text[end]))
                put(out, " ");
        put_n(out, line.text + end, line.size - end);
        while (below && next_line(&at, &line)) {
                bool says = says_something(&line);

                below = !says || line.first > 0;
                if (!says || !below)
                        put_n(out, line.text, line.size);
        }
        put(out, at);
}

int thon_conf_edit_set(const char *text, const char *section, const char *key, const char *value, char **ret)
{
        struct place place = find(text, section, key);
        const char *end = strstr(text, "\r\n") ? "\r\n" : "\n",
                   *from = place.line ? place.line : place.insert;
        size_t size = strlen(text), room = size + strlen(section) + strlen(key) + strlen(value) + 32;
        struct out out = {malloc(room), 0};

        if (!out.text)
                return -ENOMEM;
        out.text[0] = '\0';
        put_n(&out, text, from ? (size_t)(from - text) : size);
        if (place.line)
                replace(&out, place.line, key, value);
        else {
                end_line(&out, end);
                if (!from) {
                        if (out.size > 0)
                                put(&out, end);
                        put(&out, "[");
                        put(&out, section);
                        put(&out, "]");
                        put(&out, end);
                }
                put_key(&out, key, value, end);
                if (from)
                        put(&out, from);
        }
        *ret = out.text;
        return 0;
}

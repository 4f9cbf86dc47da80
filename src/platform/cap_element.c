/* Elements of CAP as values. What is said of a value that is refused names the element and its line: who reads it is the one
 * who made the file. */
#include "cap_element.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/zone.h"

#define NAME_MAX_ 255u /* bytes of an identifier or a sender: they are kept */

int cap_fail(struct cap_reader *reader, const xmlNode *node, const char *format, ...)
{
        char what[120];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(what, sizeof what, format, ap);
        va_end(ap);
        (void)snprintf(reader->error, 160, "line %ld: <%.24s> %s", xmlGetLineNo(node),
                       (const char *)node->name, what);
        return -EINVAL;
}

const char *cap_shown(const char *value, char buf[static CAP_SHOWN])
{
        size_t n = strnlen(value, CAP_SHOWN - 1);

        for (size_t i = 0; i < n; i++)
                buf[i] = value[i] >= ' ' && value[i] < 0x7f ? value[i] : '?';
        buf[n] = '\0';
        return buf;
}

bool cap_is(const xmlNode *node, const char *name)
{
        return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 && node->ns &&
               strcmp((const char *)node->ns->href, CAP_SPACE) == 0;
}

const xmlNode *cap_next(const xmlNode *node, const char *name)
{
        while (node && !cap_is(node, name))
                node = node->next;
        return node;
}

size_t cap_count(const xmlNode *parent, const char *name)
{
        size_t n = 0;

        for (const xmlNode *p = parent->children; (p = cap_next(p, name)); p = p->next)
                n++;
        return n;
}

/* NULL: there is none. */
static int only(struct cap_reader *reader, const xmlNode *parent, const char *name, bool required,
                const xmlNode **ret)
{
        const xmlNode *node = cap_next(parent->children, name);
        const xmlNode *again = node ? cap_next(node->next, name) : NULL;

        if (again)
                return cap_fail(reader, again, "is there twice in <%s>", (const char *)parent->name);
        if (!node && required)
                return cap_fail(reader, parent, "has no <%s>", name);
        *ret = node;
        return 0;
}

int cap_text(struct cap_reader *reader, const xmlNode *node, char **ret)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0, used = 0, from;

        for (const xmlNode *p = node->children; p; p = p->next)
                if (p->type == XML_ELEMENT_NODE)
                        return cap_fail(reader, p, "stands in <%s>, which takes text only",
                                        (const char *)node->name);
                else if ((p->type == XML_TEXT_NODE || p->type == XML_CDATA_SECTION_NODE) && p->content)
                        size += strlen((const char *)p->content);
        text = malloc(size + 1);
        if (!text)
                return -ENOMEM;
        for (const xmlNode *p = node->children; p; p = p->next)
                if ((p->type == XML_TEXT_NODE || p->type == XML_CDATA_SECTION_NODE) && p->content) {
                        size_t n = strlen((const char *)p->content);

                        memcpy(text + used, p->content, n);
                        used += n;
                }
        while (used > 0 && strchr(CAP_BLANKS, text[used - 1]))
                used--;
        text[used] = '\0';
        from = strspn(text, CAP_BLANKS);
        memmove(text, text + from, used - from + 1);
        *ret = *text ? THON_TAKE(text) : NULL;
        return 0;
}

int cap_child_text(struct cap_reader *reader, const xmlNode *parent, const char *name, bool required,
                   char **ret)
{
        const xmlNode *node = NULL;
        int r = only(reader, parent, name, required, &node);

        if (r < 0 || !node)
                return r;
        r = cap_text(reader, node, ret);
        return r == 0 && required && !*ret ? cap_fail(reader, node, "is empty") : r;
}

int cap_child_name(struct cap_reader *reader, const xmlNode *parent, const char *name, char **ret)
{
        int r = cap_child_text(reader, parent, name, true, ret);

        if (r < 0)
                return r;
        if (strlen(*ret) > NAME_MAX_)
                return cap_fail(reader, cap_next(parent->children, name), "is longer than %u bytes",
                                NAME_MAX_);
        if (strpbrk(*ret, "\t\r\n"))
                return cap_fail(reader, cap_next(parent->children, name), "is more than one line");
        return 0;
}

static int word_of(struct cap_reader *reader, const xmlNode *node, enum thon_cap_list list, unsigned *ret)
{
        _cleanup_free_ char *text = NULL;
        char buf[CAP_SHOWN];
        int r = cap_text(reader, node, &text), value;

        if (r < 0)
                return r;
        value = text ? thon_cap_word_find(list, text) : -1;
        if (value < 0)
                return cap_fail(reader, node, "has no value \"%s\" in CAP 1.2",
                                cap_shown(text ? text : "", buf));
        *ret = (unsigned)value;
        return 0;
}

int cap_child_word(struct cap_reader *reader, const xmlNode *parent, const char *name,
                   enum thon_cap_list list, unsigned *ret)
{
        const xmlNode *node = NULL;
        int r = only(reader, parent, name, true, &node);

        return r < 0 ? r : word_of(reader, node, list, ret);
}

int cap_child_words(struct cap_reader *reader, const xmlNode *parent, const char *name,
                    enum thon_cap_list list, unsigned *ret)
{
        unsigned bits = 0, value;

        for (const xmlNode *p = parent->children; (p = cap_next(p, name)); p = p->next) {
                int r = word_of(reader, p, list, &value);

                if (r < 0)
                        return r;
                bits |= 1u << value;
        }
        *ret = bits;
        return 0;
}

int cap_child_time(struct cap_reader *reader, const xmlNode *parent, const char *name, bool required,
                   struct thon_wall *ret)
{
        _cleanup_free_ char *text = NULL;
        char buf[CAP_SHOWN];
        int r = cap_child_text(reader, parent, name, required, &text);

        *ret = THON_WALL_NEVER;
        if (r < 0 || !text)
                return r;
        if (!thon_time_parse(NULL, text, ret))
                return cap_fail(reader, cap_next(parent->children, name),
                                "\"%s\" is no date and time with an offset (2026-11-21T17:00:00+07:00)",
                                cap_shown(text, buf));
        return 0;
}

int cap_pairs(struct cap_reader *reader, const xmlNode *parent, const char *name, struct thon_cap_pair **ret,
              size_t *ret_n)
{
        size_t room = cap_count(parent, name);

        if (room == 0)
                return 0;
        *ret = calloc(room, sizeof **ret);
        if (!*ret)
                return -ENOMEM;
        for (const xmlNode *p = parent->children; (p = cap_next(p, name)); p = p->next) {
                struct thon_cap_pair *pair = &(*ret)[(*ret_n)++];
                int r = cap_child_text(reader, p, "valueName", true, &pair->name);

                if (r == 0)
                        r = cap_child_text(reader, p, "value", false, &pair->value);
                if (r == 0 && !pair->value && !(pair->value = strdup("")))
                        r = -ENOMEM;
                if (r < 0)
                        return r;
        }
        return 0;
}

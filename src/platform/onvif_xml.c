/* XML from cameras: read as in xml_tree.c, and found here.
 *
 * Makers agree on names and on the beginnings of namespaces, and on little else: prefixes differ, versions differ, some
 * put elements of one service into the namespace of another. So a namespace is matched by what it belongs to. */
#include "onvif_xml.h"

#include <string.h>
#include <utf8proc.h>

#include "xml_tree.h"

#define DEPTH    64
#define ELEMENTS 20000u

int onvif_xml_parse(const char *text, size_t size, size_t max, xmlDoc **ret)
{
        const struct xml_limits limits = {.bytes = max, .depth = DEPTH, .elements = ELEMENTS};

        return xml_tree_read(text, size, &limits, ret, NULL);
}

/* ---- finding ---- */

static bool begins(const xmlChar *href, const char *with)
{
        return strncmp((const char *)href, with, strlen(with)) == 0;
}

static bool in_space(const xmlNode *node, enum onvif_space space)
{
        const xmlChar *href = node->ns ? node->ns->href : NULL;

        if (space == ONVIF_ANY)
                return true;
        if (!href)
                return false;
        switch (space) {
        case ONVIF_ANY:
                return true;
        case ONVIF_ITSELF:
                return begins(href, "http://www.onvif.org/") || begins(href, "https://www.onvif.org/");
        case ONVIF_SOAP:
                return begins(href, "http://www.w3.org/2003/05/soap-envelope") ||
                       begins(href, "http://schemas.xmlsoap.org/soap/envelope");
        case ONVIF_DISCOVERY:
                return begins(href, "http://schemas.xmlsoap.org/ws/2005/04/discovery") ||
                       begins(href, "http://docs.oasis-open.org/ws-dd/ns/discovery/");
        case ONVIF_ADDRESSING:
                return begins(href, "http://schemas.xmlsoap.org/ws/2004/08/addressing") ||
                       begins(href, "http://www.w3.org/2005/08/addressing");
        }
        return false;
}

bool onvif_xml_is(const xmlNode *node, enum onvif_space space, const char *name)
{
        return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 &&
               in_space(node, space);
}

static xmlNode *first_of(xmlNode *node, enum onvif_space space, const char *name)
{
        while (node && !onvif_xml_is(node, space, name))
                node = node->next;
        return node;
}

xmlNode *onvif_xml_child(const xmlNode *parent, enum onvif_space space, const char *name)
{
        return parent ? first_of(parent->children, space, name) : NULL;
}

xmlNode *onvif_xml_next(const xmlNode *node, enum onvif_space space, const char *name)
{
        return node ? first_of(node->next, space, name) : NULL;
}

xmlNode *onvif_xml_path(const xmlNode *parent, const char *path)
{
        char name[64];
        xmlNode *node = NULL;

        while (*path) {
                size_t n = strcspn(path, "/");

                if (n >= sizeof name)
                        return NULL;
                memcpy(name, path, n);
                name[n] = '\0';
                node = onvif_xml_child(parent, ONVIF_ITSELF, name);
                if (!node)
                        return NULL;
                parent = node;
                path += n + (path[n] == '/');
        }
        return node;
}

xmlNode *onvif_xml_envelope(xmlDoc *doc, const char *part)
{
        xmlNode *root = xmlDocGetRootElement(doc);

        return root && onvif_xml_is(root, ONVIF_SOAP, "Envelope") ? onvif_xml_child(root, ONVIF_SOAP, part)
                                                                  : NULL;
}

/* ---- text ---- */

static bool printable(utf8proc_int32_t c)
{
        switch (utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_CS:
        case UTF8PROC_CATEGORY_CO:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
                return false;
        default:
                return true;
        }
}

static bool blank(utf8proc_int32_t c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One line, grown piece by piece. */
struct line {
        char *text;
        size_t used, room;
        bool gap, spoilt;
};

static void line_add(struct line *line, const char *text, size_t size)
{
        const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;

        while (size > 0) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate(p, (utf8proc_ssize_t)size, &c);
                bool good = n > 0 && printable(c);

                if (n <= 0)
                        n = 1;
                if (!good && !(n == 1 && blank(*p)))
                        line->spoilt = true;
                if (!good || blank(c))
                        line->gap = line->used > 0;
                else {
                        if (line->used + line->gap + (size_t)n >= line->room) {
                                line->spoilt = true;
                                line->room = line->used + 1; /* nothing more, not even what is shorter */
                                return;
                        }
                        if (line->gap)
                                line->text[line->used++] = ' ';
                        line->gap = false;
                        memmove(line->text + line->used, p,
                                (size_t)n); /* it may be cleaned where it stands */
                        line->used += (size_t)n;
                }
                p += n;
                size -= (size_t)n;
        }
}

bool onvif_clean(const char *text, size_t size, char *ret, size_t room)
{
        struct line line = {.text = ret, .room = room};

        line_add(&line, text, size);
        ret[line.used] = '\0';
        return !line.spoilt;
}

bool onvif_xml_text(const xmlNode *node, char *ret, size_t room)
{
        struct line line = {.text = ret, .room = room};

        for (const xmlNode *p = node ? node->children : NULL; p; p = p->next)
                if ((p->type == XML_TEXT_NODE || p->type == XML_CDATA_SECTION_NODE) && p->content)
                        line_add(&line, (const char *)p->content, strlen((const char *)p->content));
        ret[line.used] = '\0';
        return !line.spoilt;
}

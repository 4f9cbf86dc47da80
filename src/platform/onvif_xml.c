/* XML from cameras, and from whoever answers in their place.
 *
 * libxml2 is held on a short rein: no network, no files, no entities but the five that XML has, nothing on standard
 * error. A document type is refused where it begins, before anything in it can be declared: no honest camera sends
 * one, and all that is dangerous in XML begins there. Depth and number of elements are limited while it is read, so
 * that the tree stays in proportion to what is asked for.
 *
 * Makers agree on names and on the beginnings of namespaces, and on little else: prefixes differ, versions differ, some
 * put elements of one service into the namespace of another. So a namespace is matched by what it belongs to. */
#include <errno.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "onvif_xml.h"
#include "thon/cleanup.h"

#define DEPTH    64
#define ELEMENTS 20000u

/* ---- reading ---- */

struct limits {
        unsigned elements;
        bool broken;
};

#if LIBXML_VERSION >= 21200
static void silent(void *userdata, const xmlError *error)
#else
static void silent(void *userdata, xmlError *error)
#endif
{
        (void)userdata;
        (void)error;
}

static void stop(xmlParserCtxt *ctxt)
{
        ((struct limits *)ctxt->_private)->broken = true;
        xmlStopParser(ctxt);
}

static void on_doctype(void *userdata, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
        (void)name;
        (void)external;
        (void)system;
        stop(userdata);
}

static void on_element(void *userdata, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                       int namespaces_n, const xmlChar **namespaces, int attributes_n, int defaulted_n,
                       const xmlChar **attributes)
{
        xmlParserCtxt *ctxt = userdata;
        struct limits *limits = ctxt->_private;

        if (limits->broken)
                return;
        if (ctxt->nodeNr >= DEPTH || ++limits->elements > ELEMENTS) {
                stop(ctxt);
                return;
        }
        xmlSAX2StartElementNs(ctxt, local, prefix, uri, namespaces_n, namespaces, attributes_n, defaulted_n,
                              attributes);
}

int onvif_xml_parse(const char *text, size_t size, size_t max, xmlDoc **ret)
{
        struct limits limits = {0};
        xmlParserCtxt *ctxt;
        xmlDoc *doc;
        int error;

        if (size == 0 || size > max || size > INT_MAX)
                return -EINVAL;
        xmlInitParser(); /* once, and only needed before threads; harmless again */
        ctxt = xmlNewParserCtxt();
        if (!ctxt)
                return -ENOMEM;
        ctxt->_private = &limits;
        ctxt->sax->internalSubset = on_doctype;
        ctxt->sax->startElementNs = on_element;
        ctxt->sax->serror = silent;
        /* What has no context of its own (encodings, say) would go to standard error. */
        xmlSetStructuredErrorFunc(NULL, silent);
        doc = xmlCtxtReadMemory(ctxt, text, (int)size, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOBLANKS |
                                        XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        xmlSetStructuredErrorFunc(NULL, NULL);
        error = ctxt->errNo;
        xmlFreeParserCtxt(ctxt);
        if (!doc)
                return error == XML_ERR_NO_MEMORY ? -ENOMEM : -EINVAL;
        if (limits.broken || !xmlDocGetRootElement(doc)) {
                xmlFreeDoc(doc);
                return -EINVAL;
        }
        *ret = doc;
        return 0;
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

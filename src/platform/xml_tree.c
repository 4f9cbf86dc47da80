/* XML from cameras and from senders of alerts, and from whoever answers in their place.
 *
 * libxml2 is held on a short rein: no network, no files, no entities but the five that XML has, nothing on standard
 * error. A document type is refused where it begins, before anything in it can be declared: no honest sender needs
 * one, and all that is dangerous in XML begins there. Depth and number of elements are limited while it is read, so
 * that the tree stays in proportion to what is asked for. The attributes of one tag are counted before: libxml2 compares
 * each with every other, and half a megabyte of them would keep it busy for minutes. */
#include "xml_tree.h"

#include <errno.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <limits.h>
#include <string.h>

struct reading {
        const struct xml_limits *limits;
        unsigned elements;
        struct xml_problem problem;
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

static void stop(xmlParserCtxt *ctxt, enum xml_fault fault)
{
        struct reading *reading = ctxt->_private;

        reading->problem.fault = fault;
        reading->problem.line = ctxt->input ? ctxt->input->line : 0;
        xmlStopParser(ctxt);
}

static void on_doctype(void *userdata, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
        (void)name;
        (void)external;
        (void)system;
        stop(userdata, XML_FAULT_DOCTYPE);
}

static void on_element(void *userdata, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                       int namespaces_n, const xmlChar **namespaces, int attributes_n, int defaulted_n,
                       const xmlChar **attributes)
{
        xmlParserCtxt *ctxt = userdata;
        struct reading *reading = ctxt->_private;

        if (reading->problem.fault != XML_FAULT_NONE)
                return;
        if (ctxt->nodeNr < 0 || (unsigned)ctxt->nodeNr >= reading->limits->depth) {
                stop(ctxt, XML_FAULT_DEPTH);
                return;
        }
        if (++reading->elements > reading->limits->elements) {
                stop(ctxt, XML_FAULT_ELEMENTS);
                return;
        }
        xmlSAX2StartElementNs(ctxt, local, prefix, uri, namespaces_n, namespaces, attributes_n, defaulted_n,
                              attributes);
}

/* By the bytes, whatever the encoding that writes markup in ASCII's: of UTF-16 the zeros are passed over. False: a tag has more
 * attributes than any should. */
static bool few_attributes(const char *text, size_t size)
{
        bool tag = false;
        char quote = 0;
        unsigned n = 0;

        for (size_t i = 0; i < size; i++) {
                char c = text[i];

                if (c == '\0')
                        continue;
                if (!tag) {
                        tag = c == '<';
                        n = 0;
                        quote = 0;
                } else if (quote)
                        quote = c == quote ? 0 : quote;
                else if (c == '"' || c == '\'')
                        quote = c;
                else if (c == '>' || c == '!' || c == '?') /* comments and the like have none */
                        tag = false;
                else if (c == '=' && ++n > XML_ATTRIBUTES)
                        return false;
        }
        return true;
}

static void take_error(const xmlParserCtxt *ctxt, struct xml_problem *problem)
{
        size_t n = 0;

        problem->fault = XML_FAULT_FORM;
        problem->line = ctxt->lastError.line;
        for (const char *p = ctxt->lastError.message; p && *p && *p != '\n' && n + 1 < sizeof problem->text;
             p++)
                problem->text[n++] = *p >= ' ' && *p < 0x7f ? *p : '?';
        problem->text[n] = '\0';
}

int xml_tree_read(const char *text, size_t size, const struct xml_limits *limits, xmlDoc **ret,
                  struct xml_problem *problem)
{
        struct reading reading = {.limits = limits};
        xmlParserCtxt *ctxt;
        xmlDoc *doc;
        bool memory;

        if (size == 0 || size > limits->bytes || size > INT_MAX)
                reading.problem.fault = XML_FAULT_SIZE;
        else if (!few_attributes(text, size))
                reading.problem.fault = XML_FAULT_ATTRIBUTES;
        if (reading.problem.fault != XML_FAULT_NONE) {
                if (problem)
                        *problem = reading.problem;
                return -EINVAL;
        }
        xmlInitParser(); /* once, and only needed before threads; harmless again */
        ctxt = xmlNewParserCtxt();
        if (!ctxt)
                return -ENOMEM;
        ctxt->_private = &reading;
        ctxt->sax->internalSubset = on_doctype;
        ctxt->sax->startElementNs = on_element;
        ctxt->sax->serror = silent;
        /* What has no context of its own (encodings, say) would go to standard error. */
        xmlSetStructuredErrorFunc(NULL, silent);
        doc = xmlCtxtReadMemory(ctxt, text, (int)size, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOCDATA |
                                        (limits->blanks ? 0 : XML_PARSE_NOBLANKS) | XML_PARSE_NOERROR |
                                        XML_PARSE_NOWARNING);
        xmlSetStructuredErrorFunc(NULL, NULL);
        memory = ctxt->errNo == XML_ERR_NO_MEMORY;
        if (reading.problem.fault == XML_FAULT_NONE && (!doc || !xmlDocGetRootElement(doc)))
                take_error(ctxt, &reading.problem);
        xmlFreeParserCtxt(ctxt);
        if (reading.problem.fault != XML_FAULT_NONE) {
                xmlFreeDoc(doc);
                if (problem)
                        *problem = reading.problem;
                return memory ? -ENOMEM : -EINVAL;
        }
        *ret = doc;
        return 0;
}

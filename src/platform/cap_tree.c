/* The bytes of a CAP document as the tree that its signature covers and that is understood. What a parser could be led astray by
 * (a document type, an encoding of its own, depth without end) is refused before or by it: the bytes are anybody's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cap_private.h"

static void tell_problem(const struct xml_problem *problem, char error[static 160])
{
        const char *what = "";

        switch (problem->fault) {
        case XML_FAULT_NONE:
                break;
        case XML_FAULT_SIZE:
                what = "the document is empty";
                break;
        case XML_FAULT_DOCTYPE:
                what = "a document type is not allowed in CAP";
                break;
        case XML_FAULT_DEPTH:
                what = "elements are nested too deeply";
                break;
        case XML_FAULT_ELEMENTS:
                what = "there are too many elements";
                break;
        case XML_FAULT_ATTRIBUTES:
                what = "a tag has too many attributes";
                break;
        case XML_FAULT_FORM:
                what = *problem->text ? problem->text : "it is no XML";
                break;
        }
        if (problem->line > 0)
                (void)snprintf(error, 160, "line %d: %s", problem->line, what);
        else
                (void)snprintf(error, 160, "%s", what);
}

/* Encodings that write markup in the bytes of ASCII, or of UTF-16: what guards the parser looks at bytes. libxml2
 * knows more, and would load them from files. */
static bool encoding_allowed(const char *xml, size_t size)
{
        static const char *const allowed[] = {"utf-8", "utf8",      "utf-16",     "us-ascii",
                                              "ascii", "iso-8859-", "windows-125"};
        const char *end = memmem(xml, size < 256 ? size : 256, "?>", 2),
                   *at = end ? memmem(xml, (size_t)(end - xml), "encoding", 8) : NULL;

        if (size >= 2 && memcmp(xml, "\x4c\x6f", 2) == 0) /* "<?" of EBCDIC */
                return false;
        if (!at)
                return true;
        at += 8;
        while (at < end && strchr(CAP_BLANKS "=\"'", *at))
                at++;
        for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
                if (strncasecmp(at, allowed[i], strlen(allowed[i])) == 0)
                        return true;
        return false;
}

int cap_tree_read(const char *xml, size_t size, xmlDoc **ret, char error[static 160])
{
        static const struct xml_limits limits = {
                .bytes = THON_CAP_MAX, .depth = 32, .elements = 20000, .blanks = true};
        struct xml_problem problem = {0};
        int r;

        if (size > THON_CAP_MAX) {
                (void)snprintf(error, 160, "the document has more than %d bytes", THON_CAP_MAX);
                return -E2BIG;
        }
        if (!encoding_allowed(xml, size)) {
                (void)snprintf(error, 160, "line 1: the encoding is not read here; UTF-8 is");
                return -EINVAL;
        }
        r = xml_tree_read(xml, size, &limits, ret, &problem);
        if (r == -EINVAL)
                tell_problem(&problem, error);
        return r;
}

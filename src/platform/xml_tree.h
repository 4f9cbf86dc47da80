/* Hostile XML as a tree: what cameras and senders of alerts have in common. */
#pragma once

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

struct xml_limits {
        size_t bytes;
        unsigned depth, elements;
        bool blanks; /* white space between elements is kept: a signature covers it */
};

enum xml_fault {
        XML_FAULT_NONE,
        XML_FAULT_SIZE,    /* empty, or over `bytes` */
        XML_FAULT_DOCTYPE, /* a document type: nothing in it is read */
        XML_FAULT_DEPTH,
        XML_FAULT_ELEMENTS,
        XML_FAULT_ATTRIBUTES, /* over XML_ATTRIBUTES in one tag */
        XML_FAULT_FORM,       /* not well formed; `text` says what the parser says */
};
#define XML_ATTRIBUTES 256u
struct xml_problem {
        enum xml_fault fault;
        int line;      /* 0: not known */
        char text[96]; /* one line of printable ASCII; "" but for FORM */
};

/* No network, no files, no entities but the five of XML, nothing on standard error. 0, -EINVAL (`problem` filled,
 * if there is one) or -ENOMEM. */
int xml_tree_read(const char *text, size_t size, const struct xml_limits *limits, xmlDoc **ret,
                  struct xml_problem *problem);

/* Elements of a CAP document as values. The functions return 0, -ENOMEM, or -EINVAL with a sentence in the reader's error.
 * Values that are allocated are the caller's, whatever is returned. */
#pragma once

#include "cap_private.h"

struct cap_reader {
        char *error; /* 160 bytes */
};

/* Puts "line 7: <event> ..." there; -EINVAL. */
int cap_fail(struct cap_reader *reader, const xmlNode *node, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* A value for an error: printable, short. */
#define CAP_SHOWN 40
const char *cap_shown(const char *value, char buf[static CAP_SHOWN]);

/* An element of CAP 1.2 of that name. */
bool cap_is(const xmlNode *node, const char *name);
/* The first such of the node and its siblings behind it; NULL: none. */
const xmlNode *cap_next(const xmlNode *node, const char *name);
size_t cap_count(const xmlNode *parent, const char *name);

/* The text of an element without its outer blanks, NULL when that is nothing. */
int cap_text(struct cap_reader *reader, const xmlNode *node, char **ret);
/* The same of the one child of that name; what is not required and not there leaves *ret. */
int cap_child_text(struct cap_reader *reader, const xmlNode *parent, const char *name, bool required,
                   char **ret);
/* An identifier or a sender: one line that can be kept. */
int cap_child_name(struct cap_reader *reader, const xmlNode *parent, const char *name, char **ret);
/* A word of that list, by its number; all such children, as bits. */
int cap_child_word(struct cap_reader *reader, const xmlNode *parent, const char *name,
                   enum thon_cap_list list, unsigned *ret);
int cap_child_words(struct cap_reader *reader, const xmlNode *parent, const char *name,
                    enum thon_cap_list list, unsigned *ret);
/* NEVER when it is not there. */
int cap_child_time(struct cap_reader *reader, const xmlNode *parent, const char *name, bool required,
                   struct thon_wall *ret);
/* Children with a <valueName> and a <value>. */
int cap_pairs(struct cap_reader *reader, const xmlNode *parent, const char *name, struct thon_cap_pair **ret,
              size_t *ret_n);

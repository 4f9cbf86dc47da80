/* Whom a notice and what followed it has reached: for its end, and for who took it on. */
#pragma once

#include "thon/relay_store.h"

/* A notice's words, once its number is known and stands in them. NOT_FOUND. */
int thon_notice_text_set(struct thon_store *store, int64_t id, const char *text);
/* The notice from which it descends, by its parents; itself when it has none. NOT_FOUND. */
int thon_notice_root(struct thon_store *store, int64_t id, int64_t *ret_root);

/* Every delivery of a notice and of its children, the oldest notice first. Strings are borrowed and may be NULL as in the
 * store; `visit` must not write. */
struct thon_told {
        int64_t notice;
        enum thon_notice_state state; /* of the notice */
        const char *household, *person, *area, *ladder;
        int rung;
        enum thon_outcome outcome;
};
int thon_notice_told(struct thon_store *store, int64_t id, int (*visit)(const struct thon_told *, void *),
                     void *userdata);
/* What is needed to tell of a notice again. Strings owned: thon_notice_words_done(). NOT_FOUND. */
struct thon_notice_words {
        char *text, *source, *ack; /* ack: NULL none */
        enum thon_class class;
        enum thon_purpose purpose;
        struct thon_wall submitted_at, not_before, expires;
        char *audience; /* JSON array */
        bool acknowledged;
};
int thon_notice_words(struct thon_store *store, int64_t id, struct thon_notice_words *ret);
void thon_notice_words_done(struct thon_notice_words *words);

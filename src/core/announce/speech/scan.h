/* A text as tokens: words, runs of figures, signs and ends of lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_SIGN, TOKEN_BREAK, TOKEN_END };

struct token {
        enum token_kind kind;
        bool space;       /* white space or the line's beginning is before it */
        bool first;       /* of its line */
        bool upper;       /* a word with capitals alone */
        bool capital;     /* a word that begins with one */
        int32_t sign;     /* of a TOKEN_SIGN; 0 of others */
        const char *text; /* NFC, NUL-terminated; of the tokens' arena */
        const char *lower;
        size_t size;    /* bytes of `text` */
        size_t letters; /* code points of it */
};

/* The last one is TOKEN_END and not counted by `n`. */
struct tokens {
        struct token *items;
        size_t n;
        char *arena;
};

/* 0, -EINVAL (not UTF-8, control characters), -ENOMEM. */
int speech_scan(const char *text, struct tokens *ret);
void speech_tokens_done(struct tokens *tokens);

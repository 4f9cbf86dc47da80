/* What the files of the check for personal data share: the words of a text with their places. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct piece {
        size_t at, size;   /* bytes of the text */
        const char *lower; /* NFC, lower case; figures as they are */
        unsigned sentence; /* counts them */
        bool number;       /* figures alone */
        bool capital;      /* begins with a capital */
        bool upper;        /* two letters or more, all of them capitals */
        bool name;         /* of a person, or a part of one */
};

/* `n` pieces and one with lower "" behind them. */
struct pieces {
        struct piece *items;
        size_t n;
        char *arena;
};

/* False: no memory. What is no UTF-8 parts words. */
bool privacy_pieces(const char *text, struct pieces *ret);
void privacy_pieces_done(struct pieces *pieces);
/* Whether the words of `phrase` ("mắc bệnh") stand at `i`; how many, or 0. */
size_t privacy_phrase(const struct pieces *pieces, size_t i, const char *phrase);

/* Marks the names of persons. */
void privacy_mark_names(struct pieces *pieces);

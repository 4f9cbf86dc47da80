/* The words of a text with their places in it, unlike those of the reading: what is pointed out must be found again in the
 * officer's own text, whichever normal form his keyboard writes. */
#include "privacy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static bool is_word(int32_t c)
{
        utf8proc_category_t category = utf8proc_category(c);

        return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
               (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME);
}

static bool is_figure(int32_t c)
{
        return c >= '0' && c <= '9';
}

/* NFC and lower case of one word, at most three bytes for each of its own. */
static size_t lower_of(const char *text, size_t size, char *to)
{
        utf8proc_uint8_t *mapped = NULL;
        utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, &mapped,
                                          UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);

        if (n < 0 || (size_t)n > size * 3) {
                n = (utf8proc_ssize_t)size;
                memcpy(to, text, size);
        } else {
                memcpy(to, mapped, (size_t)n);
        }
        free(mapped);
        to[n] = '\0';
        return (size_t)n + 1;
}

static void describe(const char *text, struct piece *piece)
{
        size_t used = 0, letters = 0, capitals = 0;

        while (used < piece->size) {
                int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + piece->at + used,
                                                      (utf8proc_ssize_t)(piece->size - used), &c);
                if (n <= 0)
                        return;
                if (utf8proc_category(c) == UTF8PROC_CATEGORY_LU) {
                        capitals++;
                        piece->capital = piece->capital || used == 0;
                }
                if (utf8proc_category(c) <= UTF8PROC_CATEGORY_LO)
                        letters++;
                used += (size_t)n;
        }
        piece->upper = letters > 1 && capitals == letters;
}

/* A point inside "0912.345.678" or "TP.HCM" ends no sentence. */
static bool ends_sentence(const char *text, int32_t c)
{
        return c == '!' || c == '?' || c == '\n' || c == ';' ||
               (c == '.' && (text[1] == ' ' || text[1] == '\n' || !text[1]));
}

bool privacy_pieces(const char *text, struct pieces *ret)
{
        size_t size = strlen(text);
        struct pieces pieces = {.items = calloc(size + 1, sizeof(*pieces.items)),
                                .arena = malloc(size * 4 + 1)};
        char *to = pieces.arena;
        unsigned sentence = 0;

        if (!pieces.items || !pieces.arena) {
                privacy_pieces_done(&pieces);
                return false;
        }
        for (size_t i = 0; i < size;) {
                struct piece *piece = pieces.items + pieces.n;
                int32_t c, first;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + i, -1, &first);

                if (n <= 0 || (!is_word(first) && !is_figure(first))) {
                        if (n > 0 && ends_sentence(text + i, first))
                                sentence++;
                        i += n > 0 ? (size_t)n : 1;
                        continue;
                }
                *piece = (struct piece){
                        .at = i, .sentence = sentence, .number = is_figure(first), .lower = to};
                for (c = first; n > 0 && (piece->number ? is_figure(c) : is_word(c));) {
                        i += (size_t)n;
                        n = utf8proc_iterate((const utf8proc_uint8_t *)text + i, -1, &c);
                }
                piece->size = i - piece->at;
                to += lower_of(text + piece->at, piece->size, to);
                if (!piece->number)
                        describe(text, piece);
                pieces.n++;
        }
        pieces.items[pieces.n].lower = "";
        pieces.items[pieces.n].at = size;
        pieces.items[pieces.n].sentence = sentence + 1;
        *ret = pieces;
        return true;
}

void privacy_pieces_done(struct pieces *pieces)
{
        free(pieces->items);
        free(pieces->arena);
        *pieces = (struct pieces){0};
}

size_t privacy_phrase(const struct pieces *pieces, size_t i, const char *phrase)
{
        size_t n = 0;

        for (;;) {
                size_t length = strcspn(phrase, " ");
                const char *word;

                if (i + n >= pieces->n || pieces->items[i + n].sentence != pieces->items[i].sentence)
                        return 0;
                word = pieces->items[i + n].lower;
                if (strlen(word) != length || memcmp(word, phrase, length) != 0)
                        return 0;
                n++;
                if (!phrase[length])
                        return n;
                phrase += length + 1;
        }
}

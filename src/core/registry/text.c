/* Vietnamese text in one form.
 *
 * The same name reaches Thôn composed (Windows), decomposed (macOS, some phones), with marks in either of the two
 * spellings ("hoà", "hòa"), with no-break spaces from Word and zero-width ones from chats. Stored text is NFC with
 * single spaces, so that equal names are equal bytes. Search goes further and drops every mark: nobody types them in
 * a hurry. */
#include "thon/text.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"

/* Decomposed Vietnamese takes up to 6 bytes for what NFC says in 3; nothing that is legible needs more than
 * fourfold. */
#define INPUT_FACTOR 4

#define QUERY_WORDS_MAX 16
#define TEXT_WORDS_MAX  64

enum { SCORE_PREFIX = 4, SCORE_WHOLE = 10, SCORE_ORDER = 3, SCORE_NEAR = 3, SCORE_FIRST = 1 };

enum glyph { GLYPH_FORBIDDEN, GLYPH_SPACE, GLYPH_MARK_OR_SIGN, GLYPH_WORD };

/* utf8proc lists the general categories in Unicode's order: letters, marks, numbers, signs, separators. */
static enum glyph classify(int32_t c)
{
        utf8proc_category_t category = utf8proc_category(c);

        if (category == UTF8PROC_CATEGORY_CC)
                return (c >= '\t' && c <= '\r') || c == 0x85 ? GLYPH_SPACE : GLYPH_FORBIDDEN;
        if (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP)
                return GLYPH_SPACE;
        if ((category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
            (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO))
                return GLYPH_WORD;
        return GLYPH_MARK_OR_SIGN;
}

static int decompose(const char *text, size_t max, utf8proc_option_t options, int32_t **ret, size_t *ret_n)
{
        _cleanup_free_ int32_t *points = NULL;
        size_t limit = max > SIZE_MAX / INPUT_FACTOR ? SIZE_MAX - 1 : max * INPUT_FACTOR;
        size_t size = strnlen(text, limit + 1);
        utf8proc_ssize_t n, again;

        if (size > limit || size > PTRDIFF_MAX / 64)
                return -EINVAL;
        n = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, NULL, 0, options);
        if (n < 0)
                return n == UTF8PROC_ERROR_NOMEM ? -ENOMEM : -EINVAL;
        /* One more than needed: utf8proc_normalize_utf32() may be given an empty run, malloc(0) may be NULL. */
        points = malloc(((size_t)n + 1) * sizeof *points);
        if (!points)
                return -ENOMEM;
        again = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, points, n,
                                   options);
        if (again != n)
                return -EINVAL;
        if (options & UTF8PROC_COMPOSE) {
                n = utf8proc_normalize_utf32(points, n, options);
                if (n < 0)
                        return -EINVAL;
        }
        *ret = THON_TAKE(points);
        *ret_n = (size_t)n;
        return 0;
}

/* Writes the code points with outer space cut and runs of it made one; with `words`, whatever is no letter
 * or digit is space as well. */
static int encode(const int32_t *points, size_t n, bool words, size_t max, char **ret)
{
        _cleanup_free_ char *out = NULL;
        size_t size = 0;
        bool gap = false;

        if (n > SIZE_MAX / 8)
                return -ENOMEM;
        out = malloc(n * 5 + 1); /* four bytes a code point and a space before it */
        if (!out)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                enum glyph glyph = classify(points[i]);

                if (glyph == GLYPH_FORBIDDEN)
                        return -EINVAL;
                if (glyph == GLYPH_SPACE || (words && glyph != GLYPH_WORD)) {
                        gap = size > 0;
                        continue;
                }
                if (gap)
                        out[size++] = ' ';
                gap = false;
                size += (size_t)utf8proc_encode_char(points[i], (utf8proc_uint8_t *)out + size);
        }
        if (size > max)
                return -EINVAL;
        out[size] = '\0';
        *ret = THON_TAKE(out);
        return 0;
}

int thon_text_nfc(const char *text, size_t max, char **ret)
{
        _cleanup_free_ int32_t *points = NULL;
        size_t n;
        int r;

        r = decompose(text, max, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_IGNORE, &points, &n);
        if (r < 0)
                return r;
        return encode(points, n, false, max, ret);
}

int thon_text_fold(const char *text, size_t max, char **ret)
{
        _cleanup_free_ int32_t *points = NULL;
        size_t n;
        int r;

        r = decompose(text, max,
                      UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                              UTF8PROC_IGNORE | UTF8PROC_STRIPMARK,
                      &points, &n);
        if (r < 0)
                return r;
        /* đ is a letter of its own to Unicode, and does not decompose; ð (eth) is what old converters made
         * of it. */
        for (size_t i = 0; i < n; i++)
                if (points[i] == 0x111 || points[i] == 0xf0)
                        points[i] = 'd';
        return encode(points, n, true, max, ret);
}

struct word {
        const char *text;
        size_t size;
};

/* By hand: a search splits every text of the registry, and most words are too short for the C library's setup. */
static size_t split(const char *text, struct word *words, size_t max)
{
        size_t n = 0;

        for (const char *p = text; n < max;) {
                const char *start;

                while (*p == ' ')
                        p++;
                start = p;
                while (*p && *p != ' ')
                        p++;
                if (p == start)
                        break;
                words[n++] = (struct word){start, (size_t)(p - start)};
        }
        return n;
}

static bool begins(const struct word *word, const struct word *with)
{
        return with->size <= word->size && with->text[0] == word->text[0] &&
               memcmp(with->text, word->text, with->size) == 0;
}

/* The best way to lay the query's words on words of the text: best[j] is the score of the words so far with
 * the last one on word j, -1 where that cannot be. Two words of the query never share one of the text with
 * the next before them, so "an an" needs two. */
int thon_text_score(const char *folded_query, const char *folded_text)
{
        struct word query[QUERY_WORDS_MAX], text[TEXT_WORDS_MAX];
        int best[TEXT_WORDS_MAX], next[TEXT_WORDS_MAX], score = 0;
        size_t n_query = split(folded_query, query, QUERY_WORDS_MAX);
        size_t n_text = split(folded_text, text, TEXT_WORDS_MAX);

        for (size_t i = 0; i < n_query; i++) {
                bool any = false;

                for (size_t j = 0; j < n_text; j++) {
                        int before = i == 0 ? (j == 0 ? SCORE_FIRST : 0) : -1;

                        next[j] = -1;
                        if (!begins(&text[j], &query[i]))
                                continue;
                        for (size_t k = 0; i > 0 && k < n_text; k++) {
                                int chained = best[k];

                                if (k == j || chained < 0)
                                        continue;
                                chained += (k < j ? SCORE_ORDER : 0) + (k + 1 == j ? SCORE_NEAR : 0);
                                if (chained > before)
                                        before = chained;
                        }
                        if (before < 0)
                                continue;
                        next[j] = before + (query[i].size == text[j].size ? SCORE_WHOLE : SCORE_PREFIX);
                        any = true;
                }
                if (!any)
                        return 0;
                memcpy(best, next, n_text * sizeof *best);
        }
        for (size_t j = 0; n_query > 0 && j < n_text; j++)
                if (best[j] > score)
                        score = best[j];
        return score;
}

/* Finding a form in the text.
 *
 * A form is one to eight tokens ("UBND", "TP.HCM", "v.v."). At each place the form grows token by token and every
 * length is looked up in the sorted tables, so a text costs the same whatever the dictionary holds. A form is a
 * word of its own: letters may not touch it, and figures only the capitals of a commune's own form ("CT3"). A point
 * that ends a form is the sentence's where nothing follows it on the line. */
#include "lexicon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"

enum { FORM_TOKENS = 8, FORM_SIZE = 96 };

struct lexicon {
        size_t n;
        const struct lexicon_entry *entries[];
};

static int compare(const void *a, const void *b)
{
        const struct lexicon_entry *const *x = a, *const *y = b;

        return strcmp((*x)->form, (*y)->form);
}

struct lexicon *speech_lexicon_new(void)
{
        const struct {
                const struct lexicon_entry *entries;
                size_t n;
        } tables[] = {
                {lexicon_state, lexicon_state_n},
                {lexicon_people, lexicon_people_n},
                {lexicon_things, lexicon_things_n},
                {lexicon_foreign, lexicon_foreign_n},
        };
        size_t n = lexicon_state_n + lexicon_people_n + lexicon_things_n + lexicon_foreign_n;
        struct lexicon *lexicon = malloc(sizeof(*lexicon) + n * sizeof(lexicon->entries[0]));

        if (!lexicon)
                return NULL;
        lexicon->n = 0;
        for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
                for (size_t i = 0; i < tables[t].n; i++)
                        lexicon->entries[lexicon->n++] = tables[t].entries + i;
        qsort(lexicon->entries, n, sizeof(lexicon->entries[0]), compare);
        return lexicon;
}

struct lexicon *speech_lexicon_free(struct lexicon *lexicon)
{
        free(lexicon);
        return NULL;
}

static const char *built_in(const struct lexicon *lexicon, const char *form)
{
        const struct lexicon_entry key = {.form = form}, *p = &key;
        const struct lexicon_entry *const *found =
                bsearch(&p, lexicon->entries, lexicon->n, sizeof(lexicon->entries[0]), compare);

        return found ? (*found)->words : NULL;
}

/* Adds a token to both forms of the text; false when it no longer fits. */
static bool grow(const struct token *token, bool gap, char *form, char *lower, size_t *size)
{
        size_t n = strlen(token->text), m = strlen(token->lower);

        if (*size + gap + (n > m ? n : m) + 1 > FORM_SIZE || n != m)
                return false;
        if (gap)
                form[*size] = lower[*size] = ' ';
        memcpy(form + *size + gap, token->text, n + 1);
        memcpy(lower + *size + gap, token->lower, m + 1);
        *size += gap + n;
        return true;
}

static bool figures_or_letters(const struct token *token)
{
        return token->kind == TOKEN_WORD || token->kind == TOKEN_NUMBER;
}

/* Whether a form of the tokens from `at` to before `end` is a word of its own. */
static bool stands_alone(const struct reader *r, size_t at, size_t end)
{
        const struct token *first = speech_at(r, at), *last = speech_at(r, end - 1),
                           *next = speech_at(r, end);

        if (at > 0 && figures_or_letters(first) && !first->space &&
            figures_or_letters(speech_at(r, at - 1)) && first->kind == TOKEN_NUMBER)
                return false;
        if (last->sign == '.')
                return figures_or_letters(next) || (next->sign && !strchr(".?!", (int)next->sign));
        if (!figures_or_letters(next) || next->space)
                return true;
        return last->kind == TOKEN_WORD && next->kind == TOKEN_NUMBER && last->upper;
}

const char *speech_lexicon_find(const struct reader *r, size_t at, size_t *ret_used)
{
        char form[FORM_SIZE], lower[FORM_SIZE];
        const char *found = NULL;
        size_t size = 0;

        form[0] = lower[0] = '\0';
        for (size_t n = 1; n <= FORM_TOKENS; n++) {
                const struct token *token = speech_at(r, at + n - 1);
                const char *words = NULL;
                bool gap;

                if (token->kind == TOKEN_BREAK || token->kind == TOKEN_END)
                        break;
                gap = n > 1 && token->space && figures_or_letters(token) &&
                      figures_or_letters(speech_at(r, at + n - 2));
                if (!grow(token, gap, form, lower, &size))
                        break;
                if (!stands_alone(r, at, at + n))
                        continue;
                if (r->dictionary)
                        words = speech_dictionary_find(r->dictionary, form, lower);
                if (!words && (token->sign || !speech_is_close_number(r, at + n)))
                        words = built_in(r->built_in, form);
                if (!words && (token->sign || !speech_is_close_number(r, at + n)))
                        words = built_in(r->built_in, lower);
                if (words) {
                        found = words;
                        *ret_used = n;
                }
        }
        return found;
}

int speech_lexicon_form(const char *form, char **ret)
{
        struct tokens tokens;
        _cleanup_free_ char *out = NULL;
        size_t size = 0;
        int r = speech_scan(form, &tokens);

        if (r < 0)
                return r;
        out = malloc(FORM_SIZE);
        if (!out)
                r = -ENOMEM;
        else if (tokens.n == 0 || tokens.n > FORM_TOKENS)
                r = -EINVAL;
        for (size_t i = 0; r == 0 && i < tokens.n; i++) {
                const struct token *token = tokens.items + i;
                bool gap =
                        i > 0 && token->space && figures_or_letters(token) && figures_or_letters(token - 1);

                if (token->kind == TOKEN_BREAK || size + gap + token->size + 1 > FORM_SIZE) {
                        r = -EINVAL;
                        break;
                }
                if (gap)
                        out[size++] = ' ';
                memcpy(out + size, token->text, token->size + 1);
                size += token->size;
        }
        speech_tokens_done(&tokens);
        if (r == 0)
                *ret = THON_TAKE(out);
        return r;
}

/* A commune's own dictionary: lines "FORM = words". What is said for a form is read like any text once, with what is built in
 * ("QL1A = quốc lộ 1A" is right), so that nothing but words can come out of a dictionary. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lexicon.h"
#include "thon/cleanup.h"

enum { DICTIONARY_SIZE = 256 * 1024, DICTIONARY_ENTRIES = 8192, WORDS_SIZE = 400 };

struct entry {
        char *form, *words;
        unsigned line;
};

struct thon_dictionary {
        struct entry *entries; /* by form */
        size_t n, room;
};

struct thon_dictionary *thon_dictionary_free(struct thon_dictionary *dictionary)
{
        if (!dictionary)
                return NULL;
        for (size_t i = 0; i < dictionary->n; i++) {
                free(dictionary->entries[i].form);
                free(dictionary->entries[i].words);
        }
        free(dictionary->entries);
        free(dictionary);
        return NULL;
}
THON_DEFINE_CLEANUP(struct thon_dictionary *, thon_dictionary_free)

static int by_form(const void *a, const void *b)
{
        const struct entry *x = a, *y = b;
        int r = strcmp(x->form, y->form);

        return r != 0 ? r : (x->line > y->line) - (x->line < y->line);
}

static int find_form(const void *key, const void *item)
{
        return strcmp(key, ((const struct entry *)item)->form);
}

static const char *find(const struct thon_dictionary *dictionary, const char *form)
{
        const struct entry *found =
                bsearch(form, dictionary->entries, dictionary->n, sizeof(*dictionary->entries), find_form);

        return found ? found->words : NULL;
}

const char *speech_dictionary_find(const struct thon_dictionary *dictionary, const char *form,
                                   const char *lower)
{
        const char *words;

        if (dictionary->n == 0)
                return NULL;
        words = find(dictionary, form);
        return words ? words : find(dictionary, lower);
}

static char *trim(char *text)
{
        char *end;

        while (*text == ' ' || *text == '\t')
                text++;
        end = text + strlen(text);
        while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
                *--end = '\0';
        return text;
}

/* Lower case for a form that is to match whatever the case: one with a small letter in it. */
static int form_of(const char *text, char **ret)
{
        struct tokens tokens;
        bool capitals = false, small = false;
        _cleanup_free_ char *lower = NULL;
        size_t size = 0;
        int r = speech_lexicon_form(text, ret);

        if (r < 0)
                return r;
        r = speech_scan(*ret, &tokens);
        if (r < 0)
                goto failed;
        lower = malloc(strlen(*ret) * 2 + 1);
        if (!lower) {
                speech_tokens_done(&tokens);
                r = -ENOMEM;
                goto failed;
        }
        for (size_t i = 0; i < tokens.n; i++) {
                const struct token *token = tokens.items + i;
                if (token->kind == TOKEN_WORD) {
                        capitals = capitals || token->upper;
                        small = small || !token->upper;
                }
                if (i > 0 && token->space)
                        lower[size++] = ' ';
                memcpy(lower + size, token->lower, strlen(token->lower) + 1);
                size += strlen(token->lower);
        }
        speech_tokens_done(&tokens);
        if (!capitals && !small) {
                r = -EINVAL;
                goto failed;
        }
        if (small) {
                free(*ret);
                *ret = THON_TAKE(lower);
        }
        return 0;
failed:
        free(*ret);
        *ret = NULL;
        return r;
}

/* 0, -EINVAL with `*reason`, -ENOMEM. */
static int add(struct thon_dictionary *dictionary, char *line, unsigned number, const char **reason)
{
        char *equals = strchr(line, '='), *form, *words;
        struct entry entry = {.line = number};
        size_t n;
        int r;

        *reason = "a line is FORM = words";
        if (!equals)
                return -EINVAL;
        *equals = '\0';
        form = trim(line);
        words = trim(equals + 1);
        if (!*form || !*words)
                return -EINVAL;
        if (strlen(words) > WORDS_SIZE) {
                *reason = "what is said is too long";
                return -EINVAL;
        }
        if (dictionary->n == dictionary->room) {
                size_t room = dictionary->room ? dictionary->room * 2 : 64;
                struct entry *entries = realloc(dictionary->entries, room * sizeof(*entries));
                if (!entries)
                        return -ENOMEM;
                dictionary->entries = entries;
                dictionary->room = room;
        }
        *reason = "the form is no word of up to eight parts";
        r = form_of(form, &entry.form);
        if (r < 0)
                return r;
        *reason = "there is nothing to say";
        r = thon_speech_read(words, NULL, &entry.words);
        if (r < 0) {
                free(entry.form);
                return r;
        }
        n = strlen(entry.words);
        if (strchr(".,;:?!", entry.words[n - 1]))
                entry.words[n - 1] = '\0';
        dictionary->entries[dictionary->n++] = entry;
        return 0;
}

int thon_dictionary_parse(const char *text, size_t size, struct thon_dictionary **ret,
                          struct thon_dictionary_problem *problem)
{
        _cleanup_(thon_dictionary_freep) struct thon_dictionary *dictionary = NULL;
        _cleanup_free_ char *copy = NULL;
        char *rest, *line;
        size_t kept = 0;
        unsigned number = 0;

        *problem = (struct thon_dictionary_problem){.reason = "the file is larger than 256 KiB"};
        if (size > DICTIONARY_SIZE)
                return -E2BIG;
        problem->reason = "a NUL is in it";
        if (memchr(text, '\0', size))
                return -EINVAL;
        copy = strndup(text, size);
        dictionary = calloc(1, sizeof(*dictionary));
        if (!copy || !dictionary)
                return -ENOMEM;
        rest = copy;
        if (strncmp(rest, "\xef\xbb\xbf", 3) == 0)
                rest += 3;
        while ((line = strsep(&rest, "\n"))) {
                int r;

                number++;
                line = trim(line);
                if (!*line || *line == '#')
                        continue;
                problem->line = number;
                problem->reason = "there are more than 8192 entries";
                if (dictionary->n == DICTIONARY_ENTRIES)
                        return -E2BIG;
                r = add(dictionary, line, number, &problem->reason);
                if (r < 0)
                        return r == -ENOMEM ? r : -EINVAL;
        }
        if (dictionary->n > 0)
                qsort(dictionary->entries, dictionary->n, sizeof(*dictionary->entries), by_form);
        /* Of a form that is told twice the last one holds. */
        for (size_t i = 0; i < dictionary->n; i++) {
                if (kept > 0 &&
                    strcmp(dictionary->entries[kept - 1].form, dictionary->entries[i].form) == 0) {
                        kept--;
                        free(dictionary->entries[kept].form);
                        free(dictionary->entries[kept].words);
                }
                dictionary->entries[kept++] = dictionary->entries[i];
        }
        dictionary->n = kept;
        *problem = (struct thon_dictionary_problem){0};
        *ret = THON_TAKE(dictionary);
        return 0;
}

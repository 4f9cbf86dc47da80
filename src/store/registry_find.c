/* Search for a household by whatever the officer remembers of it.
 *
 * Ten thousand folded texts are a megabyte: reading them all, from an index that holds nothing else, is faster than
 * keeping a full-text index right on an SD card. SQLite drops those that lack one of the three longest words; the
 * core then scores the rest. */
#include <errno.h>
#include <string.h>

#include "registry_area.h"
#include "registry_record.h"
#include "thon/text.h"

#define QUERY_MAX  400
#define LIMIT_MAX  1000
#define LONG_WORDS 3

struct hit {
        char *code;
        int score;
};
struct hits {
        struct hit *hits; /* best first; room for `max` */
        size_t n, max;
};

static void hits_done(struct hits *hits)
{
        for (size_t i = 0; i < hits->n; i++)
                free(hits->hits[i].code);
}

/* Keeps the best; of equals the first that came, which is the first in order of the text. */
static int keep(struct hits *hits, const char *code, int score)
{
        size_t at = hits->n;
        char *copy;

        if (hits->n == hits->max && hits->hits[hits->n - 1].score >= score)
                return 0;
        copy = strdup(code);
        if (!copy)
                return -ENOMEM;
        if (hits->n == hits->max)
                free(hits->hits[--at].code);
        else
                hits->n++;
        for (; at > 0 && hits->hits[at - 1].score < score; at--)
                hits->hits[at] = hits->hits[at - 1];
        hits->hits[at] = (struct hit){copy, score};
        return 0;
}

/* The longest words with a space before each, "" for those that are not there: every text contains "". */
static void longest_words(const char *folded, char words[LONG_WORDS][QUERY_MAX + 2])
{
        for (int i = 0; i < LONG_WORDS; i++)
                words[i][0] = '\0';
        for (const char *p = folded; *p;) {
                size_t n = strcspn(p, " ");
                int at = LONG_WORDS;

                while (at > 0 && strlen(words[at - 1]) < n + 1)
                        at--;
                if (at < LONG_WORDS && n > 0) {
                        memmove(words + at + 1, words + at, (size_t)(LONG_WORDS - 1 - at) * sizeof *words);
                        words[at][0] = ' ';
                        memcpy(words[at] + 1, p, n);
                        words[at][n + 1] = '\0';
                }
                p += n + (p[n] ? 1 : 0);
        }
}

static int scan(struct thon_store *store, const char *folded, struct hits *hits)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        char words[LONG_WORDS][QUERY_MAX + 2];
        int r;

        longest_words(folded, words);
        r = thon_sql(
                store,
                "SELECT search, code FROM household INDEXED BY household_by_search WHERE instr(search, ?1) "
                "AND instr(search, ?2) AND instr(search, ?3) ORDER BY search, code",
                &stmt);
        if (r != 0)
                return r;
        for (int i = 0; i < LONG_WORDS; i++)
                thon_bind_text(stmt, i + 1, words[i]);
        for (;;) {
                const char *search, *code;
                bool row;
                int score;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                search = thon_column_text(stmt, 0);
                code = thon_column_text(stmt, 1);
                if (!search || !code)
                        return -ENOMEM;
                score = thon_text_score(folded, search);
                if (score > 0 && keep(hits, code, score) < 0)
                        return -ENOMEM;
        }
}

static int describe(struct thon_store *store, const char *code, json_t *list)
{
        const struct thon_table *table = thon_registry_table(THON_HOUSEHOLD);
        _cleanup_record_ struct thon_record record = {0};
        _cleanup_json_ json_t *object = NULL, *chain = NULL;
        int area = thon_registry_column_named(table, "area");
        bool found;
        int r;

        r = thon_record_load(store, table, code, &record, &found);
        if (r != 0 || !found)
                return r;
        r = thon_record_json(&record, &object);
        if (r == 0)
                r = thon_area_chain(store, record.values[area].text ? record.values[area].text : "", &chain);
        if (r != 0)
                return r;
        if (json_object_set_new(object, "areas", THON_TAKE(chain)) < 0 ||
            json_array_append_new(list, THON_TAKE(object)) < 0)
                return -ENOMEM;
        return 0;
}

int thon_household_find(struct thon_store *store, const char *text, unsigned limit, json_t **ret)
{
        size_t max = limit > LIMIT_MAX ? LIMIT_MAX : limit;
        _cleanup_free_ struct hit *room = calloc(max + 1, sizeof *room);
        _cleanup_(hits_done) struct hits hits = {.hits = room, .max = max};
        _cleanup_json_ json_t *list = json_array();
        _cleanup_free_ char *folded = NULL;
        int r;

        if (!list || !room)
                return -ENOMEM;
        r = thon_text_fold(text, QUERY_MAX, &folded);
        if (r == -EINVAL)
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "the text to find is not UTF-8 or longer than %d bytes", QUERY_MAX);
        if (r == 0 && folded[0] != '\0' && hits.max > 0)
                r = scan(store, folded, &hits);
        for (size_t i = 0; r == 0 && i < hits.n; i++)
                r = describe(store, hits.hits[i].code, list);
        if (r != 0)
                return r;
        *ret = THON_TAKE(list);
        return 0;
}

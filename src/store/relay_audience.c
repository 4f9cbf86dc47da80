/* Who is meant by the words of a notice's `to`, out of the registry.
 *
 * Each word is read into two heaps, persons and households, in which the same one may come many times; sorting then
 * brings the same ones together. So a word costs what it names, and "all" is one walk over each table. Codes of
 * households are taken as the household's own row spells them, so that the core can compare them by bytes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "registry_area.h"
#include "registry_fields.h"
#include "sql.h"
#include "thon/relay_store.h"
#include "thon/text.h"

#define WORD_MAX   400
#define BLOCK_SIZE 16384

/* Strings, all freed at once. */
struct block {
        struct block *next;
        size_t used, size;
        char bytes[];
};

struct audience {
        struct thon_audience shown; /* first: what the caller holds */
        struct block *blocks;
        size_t room_persons, room_households;
};

struct thon_audience *thon_audience_free(struct thon_audience *shown)
{
        struct audience *audience = (struct audience *)shown;
        if (!audience)
                return NULL;
        for (struct block *block = audience->blocks, *next; block; block = next) {
                next = block->next;
                free(block);
        }
        free(audience->shown.persons);
        free(audience->shown.households);
        free(audience);
        return NULL;
}
static inline void audience_freep(struct audience **audience)
{
        if (*audience)
                (void)thon_audience_free(&(*audience)->shown);
}

/* A copy of a column; `ret` NULL for NULL. */
static int keep(struct audience *audience, struct thon_stmt *stmt, int column, const char **ret)
{
        const char *text = thon_column_text(stmt, column);
        *ret = NULL;
        if (!text)
                return 0;
        size_t size = strlen(text) + 1;
        struct block *block = audience->blocks;
        if (!block || block->size - block->used < size) {
                size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
                block = malloc(sizeof(*block) + room);
                if (!block)
                        return -ENOMEM;
                *block = (struct block){.next = audience->blocks, .size = room};
                audience->blocks = block;
        }
        *ret = memcpy(block->bytes + block->used, text, size);
        block->used += size;
        return 0;
}

/* The items with room for one more, which may be elsewhere now; NULL without memory, and the old ones stand. */
static void *grow(void *items, size_t n, size_t *room, size_t size)
{
        if (n < *room)
                return items;
        size_t more = *room ? 2 * *room : 16;
        void *grown = reallocarray(items, more, size);
        if (grown)
                *room = more;
        return grown;
}

#define PERSON_COLUMNS "p.id, h.code, coalesce(p.area, h.area), p.phone, p.channels, p.consent"
#define PERSON_FROM    " FROM person AS p LEFT JOIN household AS h ON h.code = p.household"

static bool consents(const char *consent, const char *purpose)
{
        size_t n = strlen(purpose);
        for (const char *p = consent; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
                if (strncmp(p, purpose, n) == 0 && (p[n] == ',' || p[n] == '\0'))
                        return true;
        return false;
}

/* The person that a statement over PERSON_COLUMNS stands on. */
static int take_person(struct audience *audience, struct thon_stmt *stmt, bool named)
{
        struct thon_audience *shown = &audience->shown;
        struct thon_audience_person *persons =
                grow(shown->persons, shown->n_persons, &audience->room_persons, sizeof(*persons));
        if (!persons)
                return -ENOMEM;
        shown->persons = persons;
        struct thon_audience_person *person = &persons[shown->n_persons];
        const char *consent = thon_column_text(stmt, 5);
        *person = (struct thon_audience_person){.named = named,
                                                .consent_notices = consents(consent, "notices"),
                                                .consent_emergency = consents(consent, "emergency")};
        int r = keep(audience, stmt, 0, &person->id);
        if (r == 0)
                r = keep(audience, stmt, 1, &person->household);
        if (r == 0)
                r = keep(audience, stmt, 2, &person->area);
        if (r == 0)
                r = keep(audience, stmt, 3, &person->phone);
        if (r == 0)
                r = keep(audience, stmt, 4, &person->channels);
        /* Only a damaged file has a person without an id. */
        if (r == 0 && person->id)
                shown->n_persons++;
        return r;
}

/* Every person of a statement; `named` 0 no, 1 yes, -1 those who live in no household. */
static int take_persons(struct thon_store *store, struct audience *audience, const char *sql,
                        const char *text, int named)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        if (text)
                thon_bind_text(stmt, 1, text);
        for (bool row;;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                r = take_person(audience, stmt, named < 0 ? thon_column_null(stmt, 1) : named == 1);
                if (r != 0)
                        return r;
        }
}

static int take_households(struct thon_store *store, struct audience *audience, const char *sql,
                           const char *text, bool named)
{
        struct thon_audience *shown = &audience->shown;
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        if (text)
                thon_bind_text(stmt, 1, text);
        for (bool row;;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                struct thon_audience_household *households =
                        grow(shown->households, shown->n_households, &audience->room_households,
                             sizeof(*households));
                if (!households)
                        return -ENOMEM;
                shown->households = households;
                struct thon_audience_household *household = &households[shown->n_households];
                *household = (struct thon_audience_household){.named = named};
                r = keep(audience, stmt, 0, &household->code);
                if (r == 0)
                        r = keep(audience, stmt, 1, &household->area);
                if (r == 0)
                        r = keep(audience, stmt, 2, &household->phone);
                if (r != 0)
                        return r;
                shown->n_households += household->code != NULL;
        }
}

static int refuse(struct thon_store *store, const char *word, const char *why)
{
        return thon_store_answer(store, THON_STORE_INVALID, "to \"%s\": %s", word, why);
}

/* ---- the words ---- */

static int add_household(struct thon_store *store, struct audience *audience, const char *word,
                         const char *id)
{
        size_t before = audience->shown.n_households;
        int r = take_households(store, audience, "SELECT code, area, phone FROM household WHERE code = ?1",
                                id, true);
        if (r != 0)
                return r;
        if (audience->shown.n_households == before)
                return refuse(store, word, "there is no such household");
        return take_persons(store, audience, "SELECT " PERSON_COLUMNS PERSON_FROM " WHERE p.household = ?1",
                            id, 0);
}

static int add_person(struct thon_store *store, struct audience *audience, const char *word, const char *id)
{
        size_t before = audience->shown.n_persons;
        int r = take_persons(store, audience, "SELECT " PERSON_COLUMNS PERSON_FROM " WHERE p.id = ?1", id,
                             1);
        if (r == 0 && audience->shown.n_persons == before)
                return refuse(store, word, "there is no such person");
        return r;
}

static int add_group(struct thon_store *store, struct audience *audience, const char *word, const char *id)
{
        int64_t one;
        int r = thon_sql_integer(store, "SELECT 1 FROM group_ WHERE id = ?1", id, &one);
        if (r == THON_STORE_NOT_FOUND)
                return refuse(store, word, "there is no such group");
        if (r != 0)
                return r;
        return take_persons(store, audience,
                            "SELECT " PERSON_COLUMNS
                            " FROM group_member AS g JOIN person AS p ON p.id = g.person"
                            " LEFT JOIN household AS h ON h.code = p.household WHERE g.group_id = ?1",
                            id, 1);
}

static int add_role(struct thon_store *store, struct audience *audience, const char *word, const char *role)
{
        const struct thon_table *table = thon_registry_table(THON_PERSON);
        int column = thon_registry_column_named(table, "role");
        _cleanup_free_ char *folded = NULL;
        char slug[64];
        int r = thon_text_fold(role, WORD_MAX, &folded);
        if (r == -EINVAL)
                return refuse(store, word, "is no role");
        if (r < 0)
                return r;
        if (!thon_registry_word(table->columns[column].words, folded, slug, sizeof(slug)))
                (void)snprintf(slug, sizeof(slug), "%s", role);
        return take_persons(store, audience, "SELECT " PERSON_COLUMNS PERSON_FROM " WHERE p.role = ?1", slug,
                            1);
}

/* An area's households with all who live in them, and the people there who live in none. */
static int add_area(struct thon_store *store, struct audience *audience, const char *word, const char *text)
{
        _cleanup_free_ char *id = NULL;
        struct thon_reason reason;
        int r = thon_area_resolve(store, text, &id, &reason);
        if (r == THON_STORE_INVALID)
                return refuse(store, word, reason.text);
        if (r == 0)
                r = take_households(
                        store, audience,
                        "SELECT code, area, phone FROM household WHERE area IN " THON_SQL_AREA_BELOW("?1"),
                        id, true);
        if (r == 0)
                r = take_persons(store, audience,
                                 "SELECT " PERSON_COLUMNS " FROM household AS h JOIN person AS p"
                                 " ON p.household = h.code WHERE h.area IN " THON_SQL_AREA_BELOW("?1"),
                                 id, 0);
        if (r == 0)
                r = take_persons(store, audience,
                                 "SELECT " PERSON_COLUMNS PERSON_FROM
                                 " WHERE p.household IS NULL AND p.area IN " THON_SQL_AREA_BELOW("?1"),
                                 id, 1);
        return r;
}

static int add_all(struct thon_store *store, struct audience *audience)
{
        int r = take_households(store, audience, "SELECT code, area, phone FROM household", NULL, true);
        return r == 0 ? take_persons(store, audience, "SELECT " PERSON_COLUMNS PERSON_FROM, NULL, -1) : r;
}

static int add_word(struct thon_store *store, struct audience *audience, const char *word)
{
        static const struct {
                const char *prefix;
                int (*add)(struct thon_store *, struct audience *, const char *, const char *);
        } WORDS[] = {{"household:", add_household},
                     {"person:", add_person},
                     {"group:", add_group},
                     {"role:", add_role},
                     {"area:", add_area}};
        if (strnlen(word, WORD_MAX + 1) > WORD_MAX)
                return thon_store_answer(store, THON_STORE_INVALID, "to: a word is longer than %d bytes",
                                         WORD_MAX);
        if (strcmp(word, "all") == 0)
                return add_all(store, audience);
        if (strncmp(word, "channel:", 8) == 0 && word[8] != '\0')
                return 0;
        for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
                size_t n = strlen(WORDS[i].prefix);
                if (strncmp(word, WORDS[i].prefix, n) == 0 && word[n] != '\0')
                        return WORDS[i].add(store, audience, word, word + n);
        }
        return refuse(store, word, "is not household:ID, person:ID, group:ID, role:ROLE, area:ID or all");
}

/* ---- the same ones together ---- */

static int compare(const char *a, const char *b)
{
        return strcmp(a ? a : "", b ? b : "");
}

static int by_id(const void *a, const void *b)
{
        const struct thon_audience_person *one = a, *other = b;
        int order = strcmp(one->id, other->id);
        return order ? order : (int)other->named - (int)one->named;
}

static int by_household(const void *a, const void *b)
{
        const struct thon_audience_person *one = a, *other = b;
        int order = compare(one->household, other->household);
        if (order == 0)
                order = (int)other->named - (int)one->named;
        return order ? order : strcmp(one->id, other->id);
}

static int code_order(const void *a, const void *b)
{
        const struct thon_audience_household *one = a, *other = b;
        return strcmp(one->code, other->code);
}

static int by_code(const void *a, const void *b)
{
        const struct thon_audience_household *one = a, *other = b;
        int order = code_order(a, b);
        return order ? order : (int)other->named - (int)one->named;
}

/* The named one of the same ones stands first, and stays. */
static void unite(struct thon_audience *shown)
{
        size_t kept = 0;
        if (shown->n_persons > 1)
                qsort(shown->persons, shown->n_persons, sizeof(*shown->persons), by_id);
        for (size_t i = 0; i < shown->n_persons; i++)
                if (kept == 0 || strcmp(shown->persons[kept - 1].id, shown->persons[i].id) != 0)
                        shown->persons[kept++] = shown->persons[i];
        shown->n_persons = kept;
        if (kept > 1)
                qsort(shown->persons, kept, sizeof(*shown->persons), by_household);

        kept = 0;
        if (shown->n_households > 1)
                qsort(shown->households, shown->n_households, sizeof(*shown->households), by_code);
        for (size_t i = 0; i < shown->n_households; i++)
                if (kept == 0 || strcmp(shown->households[kept - 1].code, shown->households[i].code) != 0)
                        shown->households[kept++] = shown->households[i];
        shown->n_households = kept;
}

/* Of each person whose household is not there yet; persons are sorted by it. */
static int add_households_of_persons(struct thon_store *store, struct audience *audience)
{
        const struct thon_audience *shown = &audience->shown;
        const size_t sorted = shown->n_households;
        for (size_t i = 0; i < shown->n_persons; i++) {
                const struct thon_audience_household key = {.code = shown->persons[i].household};
                if (!key.code || (i > 0 && compare(shown->persons[i - 1].household, key.code) == 0) ||
                    (sorted > 0 &&
                     bsearch(&key, shown->households, sorted, sizeof(*shown->households), code_order)))
                        continue;
                int r = take_households(store, audience,
                                        "SELECT code, area, phone FROM household WHERE code = ?1", key.code,
                                        false);
                if (r != 0)
                        return r;
        }
        return 0;
}

int thon_audience_load(struct thon_store *store, const char *const *to, size_t n, struct thon_audience **ret)
{
        _cleanup_(audience_freep) struct audience *audience = calloc(1, sizeof(*audience));
        if (!audience)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                int r = add_word(store, audience, to[i]);
                if (r != 0)
                        return r;
        }
        unite(&audience->shown);
        int r = add_households_of_persons(store, audience);
        if (r != 0)
                return r;
        unite(&audience->shown);
        *ret = &THON_TAKE(audience)->shown;
        return 0;
}

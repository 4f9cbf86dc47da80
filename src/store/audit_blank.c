/* Rows of the audit log that name a person who asked to be forgotten.
 *
 * The chain is made of the rows' digests. A row whose words are blanked keeps its digest, so that every row behind it and
 * every head that was ever noted still holds; only the row itself can no longer be recomputed. Whoever has the file could
 * blank a row for other reasons: so a later row, which can be recomputed, must say who blanked which, with the digest
 * that each had. What was blanked without that is a broken chain as before. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sql.h"
#include "thon/erasure.h"

#define BLANK    "{\"erased\":true}"
#define ROWS_MAX 200 /* in one row of the log */

void thon_audit_gaps_done(struct thon_audit_gaps *gaps)
{
        free(gaps->rows);
        *gaps = (struct thon_audit_gaps){0};
}

bool thon_audit_is_blank(const struct thon_audit_row *row)
{
        return strcmp(row->detail, BLANK) == 0;
}

int thon_audit_gap_open(struct thon_audit_gaps *gaps, const struct thon_audit_row *row)
{
        struct thon_audit_gap *more = reallocarray(gaps->rows, gaps->n + 1, sizeof(*more));

        if (!more)
                return -ENOMEM;
        gaps->rows = more;
        more[gaps->n].id = row->id;
        (void)snprintf(more[gaps->n].hash, sizeof(more[gaps->n].hash), "%s", row->hash);
        gaps->n++;
        return 0;
}

void thon_audit_gap_close(struct thon_audit_gaps *gaps, const struct thon_audit_row *row)
{
        _cleanup_json_ json_t *detail = NULL;
        const json_t *rows;
        size_t kept = 0;

        if (gaps->n == 0 || strcmp(row->action, "audit.erase") != 0)
                return;
        detail = json_loads(row->detail, 0, NULL);
        rows = json_object_get(detail, "rows");
        for (size_t i = 0; i < gaps->n; i++) {
                char id[24];
                const char *hash;

                (void)snprintf(id, sizeof(id), "%" PRId64, gaps->rows[i].id);
                hash = json_string_value(json_object_get(rows, id));
                if (!hash || strcmp(hash, gaps->rows[i].hash) != 0)
                        gaps->rows[kept++] = gaps->rows[i];
        }
        gaps->n = kept;
}

/* Rows about the subject: of its household, of its people, and of groups that they joined. */
#define ABOUT                                                                                   \
        "detail <> '" BLANK "' AND ((action LIKE 'household.%' AND object = ?1 COLLATE NOCASE)" \
        " OR (action LIKE 'person.%' AND object IN (SELECT value FROM json_each(?2)))"          \
        " OR (action IN ('group.join', 'group.leave', 'user.add', 'user.remove')"               \
        "     AND json_extract(detail, '$.person') IN (SELECT value FROM json_each(?2))))"
/* Rows of earlier versions, whose details have names and numbers. */
#define EVERY                                                                                               \
        "detail <> '" BLANK "' AND action IN ('household.add', 'household.set', 'household.remove',"        \
        " 'person.add', 'person.set', 'person.remove') AND (detail LIKE '%\"name\":%'"                      \
        " OR detail LIKE '%\"head_name\":%' OR detail LIKE '%\"phone\":%' OR detail LIKE '%\"channels\":%'" \
        " OR detail LIKE '%\"notes\":%' OR detail LIKE '%\"lat\":%' OR detail LIKE '%\"house_no\":%'"       \
        " OR detail LIKE '%\"lane\":%') AND detail NOT LIKE '%\"personal\":%'"

static int collect(struct thon_store *store, const char *household, const char *persons, bool every,
                   json_t *rows)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = every ? thon_sql(store, "SELECT id, hash FROM audit WHERE " EVERY " ORDER BY id LIMIT 200",
                                 &stmt)
                      : thon_sql_with(store, &stmt,
                                      "SELECT id, hash FROM audit WHERE " ABOUT " ORDER BY id LIMIT 200",
                                      SQL_TEXT(household), SQL_TEXT(persons));

        while (r == 0 && (r = thon_stmt_step(stmt, &found)) == 0 && found) {
                char id[24];

                (void)snprintf(id, sizeof(id), "%" PRId64, thon_column_int(stmt, 0));
                if (json_object_set_new(rows, id, json_string(thon_column_text_or_empty(stmt, 1))) < 0)
                        return -ENOMEM;
        }
        return r;
}

static int blank_some(struct thon_store *store, const char *household, const char *persons, bool every,
                      const struct thon_actor *actor, const char *object, size_t *ret_n)
{
        _cleanup_json_ json_t *rows = json_object(), *detail = NULL;
        _cleanup_free_ char *ids = NULL, *text = NULL;
        int r;

        if (!rows)
                return -ENOMEM;
        r = collect(store, household, persons, every, rows);
        *ret_n = json_object_size(rows);
        if (r != 0 || *ret_n == 0)
                return r;
        ids = json_dumps(rows, JSON_COMPACT);
        detail = json_pack("{s:O}", "rows", rows);
        text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
        if (!ids || !text)
                return -ENOMEM;
        /* An object that is a person's id goes too; a household's code is an address, which may be given anew. */
        r = thon_sql_do(
                store,
                "UPDATE audit SET detail = '" BLANK "', object = CASE WHEN ?2 = 0 AND action LIKE 'person.%'"
                " THEN '~' ELSE object END WHERE id IN (SELECT CAST(key AS INTEGER) FROM json_each(?1))",
                SQL_TEXT(ids), SQL_INT(every));
        return r != 0 ? r : thon_audit_add(store, actor->at, actor->name, "audit.erase", object, text);
}

int thon_audit_blank(struct thon_store *store, const json_t *subject, bool every,
                     const struct thon_actor *actor, const char *object, size_t *ret_n)
{
        const char *household = json_string_value(json_object_get(subject, "household"));
        const json_t *people = json_object_get(subject, "persons");
        _cleanup_free_ char *persons = people ? json_dumps(people, JSON_COMPACT) : strdup("[]");
        size_t all = 0, n = 0;
        bool own = false;
        int r;

        if (!persons)
                return -ENOMEM;
        r = thon_sql_enter(store, &own);
        do {
                if (r == 0)
                        r = blank_some(store, household, persons, every, actor, object, &n);
                all += n;
        } while (r == 0 && n == ROWS_MAX);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_n = all;
        return r;
}

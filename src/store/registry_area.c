/* The tree of areas.
 *
 * Communes merge and hamlets are renamed, while lists, labels and habits keep the old words for years. So nothing
 * that an area was ever called stops leading to it: the id of a merged area is an alias of the one that took it in,
 * and former names are looked up when no present one fits. A name is taken only when it can mean one area. */
#include "registry_area.h"

#include <errno.h>
#include <string.h>

#include "registry_record.h"
#include "registry_write.h"
#include "thon/json.h"

/* The survivor comes by the first row: an id, or one that was merged away (aliases always lead straight to it). */
static const char by_id[] = "SELECT coalesce(merged_into, id) FROM area WHERE id = ?1";
static const char by_name[] = "SELECT id FROM area WHERE name = ?1 AND merged_into IS NULL LIMIT 2";
static const char by_former_name[] = "SELECT DISTINCT coalesce(a.merged_into, a.id) FROM area AS a WHERE "
                                     "a.id IN (SELECT id FROM area WHERE name = ?1 "
                                     "UNION SELECT area FROM area_history WHERE name = ?1) LIMIT 2";

/* 0, with *ret NULL when there is none; INVALID when there is more than one. */
static int look_up(struct thon_store *store, const char *sql, const char *text, char **ret,
                   struct thon_reason *reason)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *id = NULL;
        const char *found;
        bool row;
        int r;

        *ret = NULL;
        r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, text);
        r = thon_stmt_step(stmt, &row);
        if (r != 0 || !row)
                return r;
        found = thon_column_text(stmt, 0);
        id = found ? strdup(found) : NULL;
        if (!id)
                return -ENOMEM;
        r = thon_stmt_step(stmt, &row);
        if (r != 0)
                return r;
        if (row)
                return thon_reason_set(reason, "more than one area is called \"%s\": give its id", text);
        *ret = THON_TAKE(id);
        return 0;
}

int thon_area_resolve(struct thon_store *store, const char *text, char **ret_id, struct thon_reason *reason)
{
        static const char *const ways[] = {by_id, by_name, by_former_name};

        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
                char *id;
                int r = look_up(store, ways[i], text, &id, reason);

                if (r != 0)
                        return r;
                if (id) {
                        *ret_id = id;
                        return 0;
                }
        }
        return thon_reason_set(reason, "there is no area with the id or name \"%s\"", text);
}

int thon_area_check_id(struct thon_store *store, const char *id, struct thon_reason *reason)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r;

        r = thon_sql_row(store, &stmt,
                         "SELECT merged_into FROM area WHERE id = ?1 AND merged_into IS NOT NULL",
                         SQL_TEXT(id));
        if (r != 0 || !stmt)
                return r;
        return thon_reason_set(reason, "belonged to an area that was merged into %s",
                               thon_column_text(stmt, 0));
}

int thon_area_check_parent(struct thon_store *store, const char *id, const char *parent,
                           struct thon_reason *reason)
{
        _cleanup_free_ char *at = strdup(parent);

        for (int depth = 1; at && depth < THON_AREA_DEPTH_MAX; depth++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                const char *above;
                int r;

                if (strcmp(at, id) == 0)
                        return thon_reason_set(reason, "lies in the area itself");
                r = thon_sql_row(store, &stmt, "SELECT parent FROM area WHERE id = ?1", SQL_TEXT(at));
                if (r != 0)
                        return r;
                above = stmt ? thon_column_text(stmt, 0) : NULL;
                if (!above)
                        return 0;
                free(at);
                at = strdup(above);
        }
        if (!at)
                return -ENOMEM;
        return thon_reason_set(reason, "is deeper than %d levels", THON_AREA_DEPTH_MAX);
}

/* Households are found by the name of their area. */
static int renew_search(struct thon_store *store, const char *id)
{
        const struct thon_table *table = thon_registry_table(THON_HOUSEHOLD);
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_record_ struct thon_record record = {0};
        _cleanup_free_ char *sql = thon_record_select(table, "WHERE t.area = ?1");
        int r;

        if (!sql)
                return -ENOMEM;
        r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, id);
        for (;;) {
                _cleanup_free_ char *search = NULL;
                bool row;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                r = thon_record_read(stmt, table, &record);
                if (r == 0)
                        r = thon_record_search(store, &record, &search);
                if (r == 0)
                        r = thon_sql_do(store, "UPDATE household SET search = ?2 WHERE code = ?1",
                                        SQL_TEXT(record.values[0].text), SQL_TEXT(search));
                if (r != 0)
                        return r;
        }
}

int thon_area_changed(struct thon_store *store, const char *id, const char *old_name, const char *old_parent,
                      struct thon_wall at)
{
        int r;

        r = thon_sql_do(store,
                        "INSERT INTO area_history (area, name, parent, until) VALUES (?1, ?2, ?3, ?4)",
                        SQL_TEXT(id), SQL_TEXT(old_name), SQL_TEXT(old_parent), SQL_INT(at.s));
        return r != 0 ? r : renew_search(store, id);
}

int thon_area_place(struct thon_store *store, const char *id, const char *parent)
{
        return thon_sql_do(store, "UPDATE area SET parent = ?2 WHERE id = ?1", SQL_TEXT(id),
                           SQL_TEXT(parent));
}

int thon_area_write_name(struct thon_store *store, const char *id, FILE *out)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r;

        r = thon_sql_row(store, &stmt, "SELECT name FROM area WHERE id = ?1", SQL_TEXT(id));
        if (r == 0 && stmt)
                fprintf(out, "%s ", thon_column_text(stmt, 0));
        return r;
}

/* Collects one JSON value a row. `make` returns a new reference. */
static int collect(struct thon_store *store, const char *sql, const char *id,
                   json_t *(*make)(struct thon_stmt *), json_t **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_json_ json_t *list = json_array();
        int r;

        r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, id);
        for (;;) {
                bool row;

                r = thon_stmt_step(stmt, &row);
                if (r != 0)
                        return r;
                if (!row)
                        break;
                if (json_array_append_new(list, make(stmt)) < 0)
                        return -ENOMEM;
        }
        *ret = THON_TAKE(list);
        return 0;
}

static json_t *make_link(struct thon_stmt *stmt)
{
        return json_pack("{s:s, s:s}", "id", thon_column_text(stmt, 0), "name", thon_column_text(stmt, 1));
}

static json_t *make_id(struct thon_stmt *stmt)
{
        return json_string(thon_column_text(stmt, 0));
}

static json_t *make_past(struct thon_stmt *stmt)
{
        return json_pack("{s:s, s:s?, s:s}", "name", thon_column_text(stmt, 0), "parent",
                         thon_column_text(stmt, 1), "until", thon_column_text(stmt, 2));
}

int thon_area_chain(struct thon_store *store, const char *id, json_t **ret)
{
        return collect(
                store,
                "WITH RECURSIVE chain(id, name, parent, depth) AS ("
                "SELECT id, name, parent, 1 FROM area WHERE id = ?1 UNION ALL "
                "SELECT a.id, a.name, a.parent, depth + 1 FROM area AS a JOIN chain AS c ON a.id = c.parent "
                "WHERE depth < 64) SELECT id, name FROM chain ORDER BY depth",
                id, make_link, ret);
}

int thon_area_aliases(struct thon_store *store, const char *id, json_t **ret)
{
        return collect(store, "SELECT id FROM area WHERE merged_into = ?1 ORDER BY id", id, make_id, ret);
}

int thon_area_history(struct thon_store *store, const char *id, json_t **ret)
{
        return collect(store,
                       "SELECT h.name, h.parent, strftime('%Y-%m-%dT%H:%M:%SZ', h.until, 'unixepoch') "
                       "FROM area_history AS h WHERE h.area = ?1 ORDER BY h.serial",
                       id, make_past, ret);
}

/* One statement with ?1 the area, ?2 the one that it goes into, ?3 the time. */
static int run(struct thon_store *store, const char *sql, const char *id, const char *into,
               struct thon_wall at)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r;

        r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, id);
        if (strstr(sql, "?2"))
                thon_bind_text(stmt, 2, into);
        if (strstr(sql, "?3"))
                thon_bind_int(stmt, 3, at.s);
        return thon_stmt_run(stmt);
}

static int merge(struct thon_store *store, const char *id, const char *into, struct thon_wall at)
{
        /* The history first, while rows still say what was. */
        static const char remember[] = "INSERT INTO area_history (area, name, parent, until) "
                                       "SELECT id, name, parent, ?3 FROM area WHERE id = ?1 OR parent = ?1";
        static const char *const steps[] = {
                remember,
                "UPDATE household SET area = ?2 WHERE area = ?1",
                "UPDATE person SET area = ?2 WHERE area = ?1",
                "UPDATE group_ SET area = ?2 WHERE area = ?1",
                "UPDATE device SET area = ?2 WHERE area = ?1",
                "UPDATE area SET parent = ?2 WHERE parent = ?1",
                "UPDATE area SET merged_into = ?2 WHERE merged_into = ?1",
                "UPDATE area SET merged_into = ?2, merged_at = ?3, parent = NULL WHERE id = ?1",
        };

        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
                int r = run(store, steps[i], id, into, at);

                if (r != 0)
                        return r;
        }
        return renew_search(store, into);
}

static int check_merge(struct thon_store *store, const char *id, const char *into)
{
        const struct thon_table *table = thon_registry_table(THON_AREA);
        const char *const ids[] = {id, into};
        struct thon_reason reason;
        int r;

        for (size_t i = 0; i < 2; i++) {
                _cleanup_record_ struct thon_record record = {0};
                bool found;

                r = thon_record_load(store, table, ids[i], &record, &found);
                if (r != 0)
                        return r;
                if (!found)
                        return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no area %s", ids[i]);
                r = thon_area_check_id(store, ids[i], &reason);
                if (r == THON_STORE_INVALID)
                        return thon_store_fail(store, THON_STORE_INVALID, "area %s: %s", ids[i],
                                               reason.text);
                if (r != 0)
                        return r;
        }
        r = thon_area_check_parent(store, id, into, &reason);
        if (r == THON_STORE_INVALID)
                return thon_store_fail(store, THON_STORE_INVALID, "area %s cannot go into %s, which %s", id,
                                       into, reason.text);
        return r;
}

int thon_area_merge(struct thon_store *store, const char *id, const char *into,
                    const struct thon_actor *actor)
{
        _cleanup_json_ json_t *detail = NULL;
        bool own = false;
        int r;

        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = check_merge(store, id, into);
        if (r == 0)
                r = merge(store, id, into, actor->at);
        if (r == 0) {
                detail = json_pack("{s:s}", "into", into);
                r = detail ? thon_registry_wrote(store, actor, "area", "merge", id, detail) : -ENOMEM;
        }
        return thon_sql_leave(store, own, r);
}

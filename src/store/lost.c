/* What a restore loses: the store that was replaced, damaged as it may be, against the one that took its place.
 *
 * A damaged file is read as far as it goes, from both ends of each table: one bad page costs the rows on it, not those behind
 * it. What people decided (the registry) is told row by row, so that it can be typed in again; of what happened (notices,
 * reports, announcements) it is told how much. Secrets are named, never shown. */
#include "handle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "thon/json.h"

/* A page that points back at itself must not be read for ever. */
#define ROWS_MAX   1000000
#define LISTED_MAX 1000

static const struct decided {
        const char *table;
        const char *key;
        bool secret; /* that it changed is told, not what it was */
} decided[] = {
        {"area", "id", false},
        {"household", "code", false},
        {"person", "id", false},
        {"group_", "id", false},
        {"group_member", "group_id || '/' || person", false},
        {"device", "id", false},
        {"device_secret", "device", true},
        {"light_program", "id", false},
        {"light_calendar", "id", false},
        {"person_pin", "person", true},
};

static const struct happened {
        const char *table, *key;
} happened[] = {
        {"notification", "id"}, {"report", "id"}, {"announcement", "serial"},
        {"airing", "serial"},   {"audit", "id"},
};

struct comparison {
        struct thon_store *old, *now;
        const struct decided *t;
        size_t added, changed;
        json_t *list; /* of both */
};

/* Bytes of a damaged file need not be text. */
static void put_text(json_t *object, const char *name, const char *text)
{
        json_t *value = text ? json_string(text) : json_null();

        (void)json_object_set_new(object, name, value ? value : json_string("?"));
}

static bool derived(const char *column)
{
        return strcmp(column, "search") == 0 || strcmp(column, "set_at") == 0;
}

/* The columns in which `row` differs from `other` (NULL: all that are set), as they were in `row`. */
static json_t *differences(const struct decided *t, struct thon_stmt *row, struct thon_stmt *other,
                           bool *ret_any)
{
        json_t *was = json_object();

        *ret_any = false;
        for (int i = 1; was && i < sqlite3_column_count(row->stmt); i++) {
                const char *name = sqlite3_column_name(row->stmt, i), *text = thon_column_text(row, i),
                           *there = other ? thon_column_text(other, i) : NULL;

                if (derived(name) || (!text && !there) || (text && there && strcmp(text, there) == 0))
                        continue;
                *ret_any = true;
                if (!t->secret)
                        put_text(was, name, text);
        }
        return was;
}

static int compare(struct comparison *c, struct thon_stmt *row)
{
        _cleanup_stmt_ struct thon_stmt *other = NULL;
        _cleanup_free_ char *sql = NULL;
        _cleanup_json_ json_t *was = NULL;
        const char *key = thon_column_text_or_empty(row, 0);
        bool any = false;
        int r;

        if (asprintf(&sql, "SELECT %s, * FROM %s WHERE %s = ?1", c->t->key, c->t->table, c->t->key) < 0) {
                sql = NULL;
                return -ENOMEM;
        }
        r = thon_sql_row(c->now, &other, sql, SQL_TEXT(key));
        if (r != 0)
                return r;
        was = differences(c->t, row, other, &any);
        if (!was)
                return -ENOMEM;
        if (other && !any)
                return 0;
        if (other)
                c->changed++;
        else
                c->added++;
        if (json_array_size(c->list) < LISTED_MAX) {
                json_t *entry = json_pack("{s:s,s:O}", "change", other ? "changed" : "added", "was", was);

                if (!entry)
                        return -ENOMEM;
                put_text(entry, "id", key);
                return json_array_append_new(c->list, entry) < 0 ? -ENOMEM : 0;
        }
        return 0;
}

/* One end of a table of the old store. *ret_last follows (owned); `error` is why it ended early, 0: it did not. */
static int walk(struct comparison *c, bool backward, char **last, int *ret_error)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *sql = NULL;
        int r;

        if (asprintf(&sql, "SELECT %s AS key_, * FROM %s WHERE ?1 IS NULL OR %s > ?1 ORDER BY 1 %s",
                     c->t->key, c->t->table, c->t->key, backward ? "DESC" : "ASC") < 0) {
                sql = NULL;
                return -ENOMEM;
        }
        r = thon_sql_with(c->old, &stmt, sql, SQL_TEXT(*last));
        for (size_t n = 0; r == 0 && n < ROWS_MAX; n++) {
                bool more = false;

                r = thon_stmt_step(stmt, &more);
                if (r != 0)
                        break;
                if (!more) {
                        *ret_error = 0;
                        return 0;
                }
                r = compare(c, stmt);
                if (r != 0)
                        return r;
                if (!backward) {
                        free(*last);
                        *last = strdup(thon_column_text_or_empty(stmt, 0));
                        if (!*last)
                                return -ENOMEM;
                }
        }
        *ret_error = r != 0 ? r : THON_STORE_CORRUPT;
        return r < 0 ? r : 0;
}

/* Those that are there now and were not in the old store any more; asked only where that could be read as a whole. */
static int removed(const struct comparison *c, json_t *list, size_t *ret_n)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *all = NULL, *one = NULL;
        int r;

        if (asprintf(&all, "SELECT %s FROM %s", c->t->key, c->t->table) < 0)
                all = NULL;
        if (asprintf(&one, "SELECT count(*) FROM %s WHERE %s = ?1", c->t->table, c->t->key) < 0)
                one = NULL;
        if (!all || !one)
                return -ENOMEM;
        r = thon_sql(c->now, all, &stmt);
        for (bool more = true; r == 0;) {
                const char *key;
                int64_t n = 0;

                r = thon_stmt_step(stmt, &more);
                if (r != 0 || !more)
                        break;
                key = thon_column_text_or_empty(stmt, 0);
                r = thon_sql_integer(c->old, one, key, &n);
                if (r != 0 || n > 0)
                        continue;
                ++*ret_n;
                if (json_array_size(list) < LISTED_MAX)
                        (void)json_array_append_new(list,
                                                    json_pack("{s:s,s:s}", "change", "removed", "id", key));
        }
        return r > 0 ? 0 : r; /* the old one gave way after all */
}

static int of_decided(struct comparison *c, json_t *tables)
{
        _cleanup_json_ json_t *list = json_array();
        _cleanup_free_ char *last = NULL;
        size_t gone = 0;
        int error = 0, r;

        if (!list)
                return -ENOMEM;
        c->list = list;
        c->added = c->changed = 0;
        r = walk(c, false, &last, &error);
        if (r == 0 && error != 0) {
                int other_end;

                r = walk(c, true, &last, &other_end);
        } else if (r == 0) {
                r = removed(c, list, &gone);
        }
        if (r != 0)
                return r;
        return json_array_append_new(tables, json_pack("{s:s,s:b,s:I,s:I,s:I,s:O}", "table", c->t->table,
                                                       "whole", error == 0, "added", (json_int_t)c->added,
                                                       "changed", (json_int_t)c->changed, "removed",
                                                       (json_int_t)gone, "records", list)) < 0
                       ? -ENOMEM
                       : 0;
}

/* Rows behind the last one of the restored store; from the end, where the new ones are. */
static int of_happened(struct thon_store *old, struct thon_store *now, const struct happened *t,
                       json_t *tables)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *max = NULL, *behind = NULL;
        int64_t last = 0, n = 0;
        bool more = true;
        int r;

        if (asprintf(&max, "SELECT ifnull(max(%s), 0) FROM %s", t->key, t->table) < 0)
                max = NULL;
        if (asprintf(&behind, "SELECT %s FROM %s WHERE %s > ?1 ORDER BY 1 DESC", t->key, t->table, t->key) <
            0)
                behind = NULL;
        if (!max || !behind)
                return -ENOMEM;
        r = thon_sql_integer(now, max, NULL, &last);
        if (r != 0)
                return r;
        r = thon_sql_with(old, &stmt, behind, SQL_INT(last));
        while (r == 0 && more && n < ROWS_MAX) {
                r = thon_stmt_step(stmt, &more);
                n += r == 0 && more;
        }
        if (r < 0)
                return r;
        return json_array_append_new(tables, json_pack("{s:s,s:b,s:I}", "table", t->table, "whole", r == 0,
                                                       "new", (json_int_t)n)) < 0
                       ? -ENOMEM
                       : 0;
}

static int compare_all(struct comparison *c, json_t *registry, json_t *history)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(decided) / sizeof(decided[0]); i++) {
                c->t = &decided[i];
                r = of_decided(c, registry);
        }
        for (size_t i = 0; r == 0 && i < sizeof(happened) / sizeof(happened[0]); i++)
                r = of_happened(c->old, c->now, &happened[i], history);
        return r;
}

int thon_store_lost(const char *replaced, const char *path, json_t **ret)
{
        struct comparison c = {0};
        _cleanup_json_ json_t *registry = json_array(), *history = json_array();
        json_t *doc;
        bool readable;
        int r = registry && history ? 0 : -ENOMEM;

        if (r == 0)
                r = thon_store_open(path, THON_STORE_READ, &c.now, NULL);
        readable = r == 0 && thon_store_connect(replaced, SQLITE_OPEN_READONLY, false, &c.old) == 0 &&
                   thon_migrate_look(c.old, thon_schema_count) == 0;
        if (readable)
                r = compare_all(&c, registry, history);
        (void)thon_store_close(c.old);
        (void)thon_store_close(c.now);
        if (r != 0)
                return r;
        doc = json_pack("{s:b,s:O,s:O}", "readable", readable, "registry", registry, "history", history);
        if (!doc)
                return -ENOMEM;
        *ret = doc;
        return 0;
}

/* Statements are prepared once for each handle: a daemon runs the same dozen for years, and preparing costs more than
 * running them. The cache is keyed by text, so that callers need no table of names; a loop inside a loop over the same
 * text gets a second statement, which is not kept. */
#include "handle.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static void stmt_clear(struct thon_stmt *stmt)
{
        (void)sqlite3_finalize(stmt->stmt);
        free(stmt->sql);
        *stmt = (struct thon_stmt){0};
}

void thon_stmt_drop_all(struct thon_store *store)
{
        for (size_t i = 0; i < THON_STMT_CACHE; i++)
                stmt_clear(&store->cache[i]);
}

static struct thon_stmt *cached(struct thon_store *store, const char *sql)
{
        for (size_t i = 0; i < THON_STMT_CACHE; i++) {
                struct thon_stmt *stmt = &store->cache[i];
                if (stmt->sql && !stmt->taken && strcmp(stmt->sql, sql) == 0)
                        return stmt;
        }
        return NULL;
}

/* The empty or longest unused slot; NULL when all are taken. */
static struct thon_stmt *slot(struct thon_store *store)
{
        struct thon_stmt *best = NULL;
        for (size_t i = 0; i < THON_STMT_CACHE; i++) {
                struct thon_stmt *stmt = &store->cache[i];
                if (!stmt->taken && (!best || stmt->used < best->used))
                        best = stmt;
        }
        return best;
}

static int prepare(struct thon_store *store, const char *sql, bool keep, struct thon_stmt *stmt)
{
        sqlite3_stmt *prepared = NULL;
        int rc = sqlite3_prepare_v3(store->db, sql, -1, keep ? SQLITE_PREPARE_PERSISTENT : 0, &prepared,
                                    NULL);
        if (rc != SQLITE_OK)
                return thon_sql_failed(store, rc);
        char *copy = strdup(sql);
        if (!copy) {
                (void)sqlite3_finalize(prepared);
                return thon_sql_failed(store, SQLITE_NOMEM);
        }
        stmt_clear(stmt);
        *stmt = (struct thon_stmt){.store = store, .stmt = prepared, .sql = copy, .cached = keep};
        return 0;
}

int thon_sql(struct thon_store *store, const char *sql, struct thon_stmt **ret)
{
        if (store->doomed != 0)
                return store->doomed;

        struct thon_stmt *stmt = cached(store, sql);
        if (!stmt) {
                stmt = slot(store);
                bool keep = stmt;
                if (!keep && !(stmt = calloc(1, sizeof(*stmt))))
                        return thon_sql_failed(store, SQLITE_NOMEM);
                int r = prepare(store, sql, keep, stmt);
                if (r != 0) {
                        if (!keep)
                                free(stmt);
                        return r;
                }
        }
        stmt->taken = true;
        stmt->used = ++store->tick;
        stmt->bind_error = SQLITE_OK;
        *ret = stmt;
        return 0;
}

static void reset(struct thon_stmt *stmt)
{
        (void)sqlite3_reset(stmt->stmt);
        (void)sqlite3_clear_bindings(stmt->stmt);
        stmt->bind_error = SQLITE_OK;
}

struct thon_stmt *thon_stmt_done(struct thon_stmt *stmt)
{
        if (!stmt)
                return NULL;
        if (stmt->cached) {
                reset(stmt);
                stmt->taken = false;
        } else {
                stmt_clear(stmt);
                free(stmt);
        }
        return NULL;
}

static void note(struct thon_stmt *stmt, int rc)
{
        if (stmt->bind_error == SQLITE_OK)
                stmt->bind_error = rc;
}

void thon_bind_text(struct thon_stmt *stmt, int index, const char *text)
{
        note(stmt,
             text ? sqlite3_bind_text64(stmt->stmt, index, text, strlen(text), SQLITE_TRANSIENT, SQLITE_UTF8)
                  : sqlite3_bind_null(stmt->stmt, index));
}

void thon_bind_int(struct thon_stmt *stmt, int index, int64_t value)
{
        note(stmt, sqlite3_bind_int64(stmt->stmt, index, value));
}

void thon_bind_double(struct thon_stmt *stmt, int index, double value)
{
        note(stmt, isnan(value) ? sqlite3_bind_null(stmt->stmt, index)
                                : sqlite3_bind_double(stmt->stmt, index, value));
}

void thon_bind_null(struct thon_stmt *stmt, int index)
{
        note(stmt, sqlite3_bind_null(stmt->stmt, index));
}

int thon_stmt_step(struct thon_stmt *stmt, bool *ret_row)
{
        struct thon_store *store = stmt->store;
        /* A loop that goes on after a failure inside it must not go on writing. */
        if (store->doomed != 0)
                return store->doomed;
        if (stmt->bind_error != SQLITE_OK)
                return thon_sql_failed(store, stmt->bind_error);

        int rc = sqlite3_step(stmt->stmt);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
                /* The message first: resetting would lose it. The reset then ends the statement's own read lock. */
                int r = thon_sql_failed(store, rc);
                (void)sqlite3_reset(stmt->stmt);
                return r;
        }
        /* A statement left at its end would hold nothing, but its parameters could not be bound again. */
        if (rc == SQLITE_DONE)
                (void)sqlite3_reset(stmt->stmt);
        *ret_row = rc == SQLITE_ROW;
        return 0;
}

int thon_stmt_run(struct thon_stmt *stmt)
{
        bool row;
        int r;
        do
                r = thon_stmt_step(stmt, &row);
        while (r == 0 && row);
        reset(stmt);
        return r;
}

const char *thon_column_text(struct thon_stmt *stmt, int column)
{
        return (const char *)sqlite3_column_text(stmt->stmt, column);
}

const char *thon_column_text_or_empty(struct thon_stmt *stmt, int column)
{
        const char *text = thon_column_text(stmt, column);
        return text ? text : "";
}

size_t thon_column_size(struct thon_stmt *stmt, int column)
{
        return (size_t)sqlite3_column_bytes(stmt->stmt, column);
}

int64_t thon_column_int(struct thon_stmt *stmt, int column)
{
        return sqlite3_column_int64(stmt->stmt, column);
}

double thon_column_double(struct thon_stmt *stmt, int column)
{
        return sqlite3_column_double(stmt->stmt, column);
}

bool thon_column_null(struct thon_stmt *stmt, int column)
{
        return sqlite3_column_type(stmt->stmt, column) == SQLITE_NULL;
}

int thon_sql_exec(struct thon_store *store, const char *sql)
{
        if (store->doomed != 0)
                return store->doomed;
        int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
        return rc == SQLITE_OK ? 0 : thon_sql_failed(store, rc);
}

int thon_sql_bound(struct thon_store *store, struct thon_stmt **ret, const char *sql,
                   const struct thon_bind *values, size_t n)
{
        struct thon_stmt *stmt;
        int r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        for (size_t i = 0; i < n; i++) {
                int index = (int)i + 1;
                switch (values[i].kind) {
                case THON_BIND_INTEGER:
                        thon_bind_int(stmt, index, values[i].integer);
                        break;
                case THON_BIND_TEXT:
                        thon_bind_text(stmt, index, values[i].text);
                        break;
                case THON_BIND_NULL:
                        thon_bind_null(stmt, index);
                        break;
                }
        }
        *ret = stmt;
        return 0;
}

int thon_sql_first(struct thon_store *store, struct thon_stmt **ret, const char *sql,
                   const struct thon_bind *values, size_t n)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_bound(store, &stmt, sql, values, n);
        if (r != 0)
                return r;
        bool row = false;
        r = thon_stmt_step(stmt, &row);
        if (r == 0)
                *ret = row ? THON_TAKE(stmt) : NULL;
        return r;
}

int thon_sql_done(struct thon_store *store, const char *sql, const struct thon_bind *values, size_t n)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_bound(store, &stmt, sql, values, n);
        return r == 0 ? thon_stmt_run(stmt) : r;
}

int thon_sql_integer(struct thon_store *store, const char *sql, const char *text, int64_t *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        if (text)
                thon_bind_text(stmt, 1, text);
        bool row;
        r = thon_stmt_step(stmt, &row);
        if (r != 0)
                return r;
        if (!row)
                return THON_STORE_NOT_FOUND;
        *ret = thon_column_int(stmt, 0);
        return 0;
}

int64_t thon_sql_changes(const struct thon_store *store)
{
        return sqlite3_changes64(store->db);
}

int64_t thon_sql_last_id(const struct thon_store *store)
{
        return sqlite3_last_insert_rowid(store->db);
}

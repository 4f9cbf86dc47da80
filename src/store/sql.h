/* Prepared statements for the files of src/store: bind, step, columns, with SQLite's results as enum thon_store_error.
 *
 *         _cleanup_stmt_ struct thon_stmt *stmt = NULL;
 *         int r = thon_sql(store, "SELECT name FROM area WHERE id = ?1", &stmt);
 *         if (r != 0)
 *                 return r;
 *         thon_bind_text(stmt, 1, id);
 *         bool row;
 *         r = thon_stmt_step(stmt, &row);
 *
 * Every call returns 0, a positive thon_store_error with its message set, or -ENOMEM. Any failure inside a transaction
 * rolls it back; until the one who began it commits (and is told of that failure) or rolls back, further statements are
 * refused with the same error, so that no half of it is written by itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/cleanup.h"
#include "thon/store.h"

struct thon_stmt;

/* One SQL statement, from the handle's cache when it was used before. The same text may be in use twice (a loop inside a
 * loop). Values are bound, never pasted into the text. */
int thon_sql(struct thon_store *store, const char *sql, struct thon_stmt **ret);
/* Gives it back; what it returned is no longer valid. */
struct thon_stmt *thon_stmt_done(struct thon_stmt *stmt);
THON_DEFINE_CLEANUP(struct thon_stmt *, thon_stmt_done)
#define _cleanup_stmt_ _cleanup_(thon_stmt_donep)

/* Parameters are numbered from 1; values are copied; what fails here is reported by the next step. */
void thon_bind_text(struct thon_stmt *stmt, int index, const char *text); /* NULL binds NULL */
void thon_bind_int(struct thon_stmt *stmt, int index, int64_t value);
void thon_bind_double(struct thon_stmt *stmt, int index, double value); /* NaN binds NULL */
void thon_bind_null(struct thon_stmt *stmt, int index);

/* The next row, or none. */
int thon_stmt_step(struct thon_stmt *stmt, bool *ret_row);
/* For a statement without rows: to its end, and ready to be bound again (all parameters NULL). */
int thon_stmt_run(struct thon_stmt *stmt);

/* Columns count from 0. Texts are borrowed until the next step, run or done. */
const char *thon_column_text(struct thon_stmt *stmt, int column); /* NULL when NULL */
/* Never NULL: for columns that are NOT NULL, which a damaged file does not keep to. */
const char *thon_column_text_or_empty(struct thon_stmt *stmt, int column);
size_t thon_column_size(struct thon_stmt *stmt, int column); /* bytes of a text, with any NUL in it */
int64_t thon_column_int(struct thon_stmt *stmt, int column);
double thon_column_double(struct thon_stmt *stmt, int column);
bool thon_column_null(struct thon_stmt *stmt, int column);
/* NEVER when NULL. */
static inline struct thon_wall thon_column_time(struct thon_stmt *stmt, int column)
{
        return thon_column_null(stmt, column) ? THON_WALL_NEVER
                                              : (struct thon_wall){thon_column_int(stmt, column)};
}
/* An integer of a column, which in a damaged file may be anything, as a number from 0 to `max`. */
static inline int64_t thon_within(int64_t value, int64_t max)
{
        return value < 0 ? 0 : value > max ? max : value;
}

/* Statements without values or rows that matter, one after the other. */
int thon_sql_exec(struct thon_store *store, const char *sql);
/* Values for ?1, ?2, ... of the three calls below. Texts are copied. */
struct thon_bind {
        enum { THON_BIND_INTEGER, THON_BIND_TEXT, THON_BIND_NULL } kind;
        int64_t integer;
        const char *text;
};
#define SQL_INT(value)  ((struct thon_bind){THON_BIND_INTEGER, (value), NULL})
#define SQL_TEXT(value) ((struct thon_bind){THON_BIND_TEXT, 0, (value)}) /* NULL binds NULL */
#define SQL_TIME(value) thon_bind_of_time(value)                         /* NEVER binds NULL */
#define SQL_ID(value)   thon_bind_of_id(value)                           /* 0 binds NULL */
static inline struct thon_bind thon_bind_of_time(struct thon_wall at)
{
        return (struct thon_bind){at.s == INT64_MAX ? THON_BIND_NULL : THON_BIND_INTEGER, at.s, NULL};
}
static inline struct thon_bind thon_bind_of_id(int64_t id)
{
        return (struct thon_bind){id == 0 ? THON_BIND_NULL : THON_BIND_INTEGER, id, NULL};
}
int thon_sql_bound(struct thon_store *store, struct thon_stmt **ret, const char *sql,
                   const struct thon_bind *values, size_t n);
int thon_sql_first(struct thon_store *store, struct thon_stmt **ret, const char *sql,
                   const struct thon_bind *values, size_t n);
int thon_sql_done(struct thon_store *store, const char *sql, const struct thon_bind *values, size_t n);
#define SQL_VALUES(...)                            \
        ((const struct thon_bind[]){__VA_ARGS__}), \
                sizeof((const struct thon_bind[]){__VA_ARGS__}) / sizeof(struct thon_bind)
/* Ready to be stepped. */
#define thon_sql_with(store, ret, sql, ...) thon_sql_bound(store, ret, sql, SQL_VALUES(__VA_ARGS__))
/* *ret stands on the first row, or is NULL when there is none. */
#define thon_sql_row(store, ret, sql, ...) thon_sql_first(store, ret, sql, SQL_VALUES(__VA_ARGS__))
/* Run to its end. */
#define thon_sql_do(store, sql, ...) thon_sql_done(store, sql, SQL_VALUES(__VA_ARGS__))

/* One integer of one row; NOT_FOUND when there is none, without a message. `text` is ?1, or NULL for none. */
int thon_sql_integer(struct thon_store *store, const char *sql, const char *text, int64_t *ret);
int64_t thon_sql_changes(const struct thon_store *store); /* rows of the last INSERT, UPDATE or DELETE */
int64_t thon_sql_last_id(const struct thon_store *store);

/* Says no with a reason: sets the message, dooms an open transaction, returns `error`. */
int thon_store_fail(struct thon_store *store, enum thon_store_error error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* The same for an answer that is no failure, before anything was written: the transaction goes on. Inside of
 * thon_sql_enter() and thon_sql_leave() it is passed around the latter, which would end the transaction. */
int thon_store_answer(struct thon_store *store, enum thon_store_error error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* For a call that is a transaction of its own, unless its caller has one open:
 *
 *         bool own = false;
 *         int r = thon_sql_enter(store, &own);
 *         if (r == 0)
 *                 r = do_it(store);
 *         return thon_sql_leave(store, own, r);
 *
 * Leaving with 0 commits one's own; with an error (also a negative one) rolls back one's own, or dooms the caller's. */
int thon_sql_enter(struct thon_store *store, bool *ret_own);
int thon_sql_leave(struct thon_store *store, bool own, int result);

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

/* Statements without values or rows that matter, one after the other. */
int thon_sql_exec(struct thon_store *store, const char *sql);
/* The one row of a statement whose ?1 is `text` (NULL binds NULL), or a number: *ret stands on it, NULL when there is
 * none. */
int thon_sql_row(struct thon_store *store, const char *sql, const char *text, struct thon_stmt **ret);
int thon_sql_row_of(struct thon_store *store, const char *sql, int64_t number, struct thon_stmt **ret);
/* A statement without rows whose ?1 is a number. */
int thon_sql_run_of(struct thon_store *store, const char *sql, int64_t number);
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

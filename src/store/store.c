/* The handle: what went wrong, in words that say what to do, and transactions that cannot be half written.
 *
 * A call that fails inside the caller's transaction rolls it back at once (SQLite itself does so for a full disk, so
 * there is one rule for all). The handle is then doomed: whatever follows fails with the same error until the caller
 * ends the transaction. Without that, the calls after an ignored error would each be committed by itself. */
#include "handle.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const char *thon_store_error_slug(int error)
{
        if (error < 0)
                return "system";
        switch ((enum thon_store_error)error) {
        case THON_STORE_OK:
                return "ok";
        case THON_STORE_MISSING:
                return "missing";
        case THON_STORE_BUSY:
                return "busy";
        case THON_STORE_FULL:
                return "full";
        case THON_STORE_READONLY:
                return "read-only";
        case THON_STORE_CORRUPT:
                return "corrupt";
        case THON_STORE_NEWER:
                return "newer";
        case THON_STORE_NOT_FOUND:
                return "not-found";
        case THON_STORE_EXISTS:
                return "exists";
        case THON_STORE_INVALID:
                return "invalid";
        case THON_STORE_REFERENCED:
                return "referenced";
        case THON_STORE_IO:
                return "io";
        }
        return "unknown";
}

const char *thon_store_message(const struct thon_store *store)
{
        return store->message ? store->message : "out of memory";
}

int thon_store_version(const struct thon_store *store)
{
        return store->version;
}

/* An answer to one call, as against trouble that no call would survive. */
static bool is_refusal(int error)
{
        return error == THON_STORE_NOT_FOUND || error == THON_STORE_EXISTS || error == THON_STORE_INVALID ||
               error == THON_STORE_REFERENCED;
}

static void doom(struct thon_store *store, int error)
{
        if (!store->in_transaction || store->doomed != 0)
                return;
        store->doomed = error;
        /* SQLite may have rolled back everything by itself: then there is nothing to go back to. */
        store->spoiled = store->marks > 0 && is_refusal(error) && !sqlite3_get_autocommit(store->db) &&
                         sqlite3_exec(store->db, "ROLLBACK TO mark", NULL, NULL, NULL) == SQLITE_OK;
        if (!store->spoiled && !sqlite3_get_autocommit(store->db))
                (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

__attribute__((format(printf, 2, 0))) static void say(struct thon_store *store, const char *format,
                                                      va_list args)
{
        char *message = NULL;
        if (vasprintf(&message, format, args) < 0)
                message = NULL;
        free(store->message);
        store->message = message;
}

int thon_store_fail(struct thon_store *store, enum thon_store_error error, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        say(store, format, args);
        va_end(args);
        doom(store, (int)error);
        return (int)error;
}

int thon_store_answer(struct thon_store *store, enum thon_store_error error, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        say(store, format, args);
        va_end(args);
        return (int)error;
}

/* SQLite reports every failed write but ENOSPC as a mere I/O error; errno tells a quota and a file size limit apart. */
static bool no_space(int system_errno)
{
        return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

static int classify(int rc, int system_errno)
{
        switch (rc) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
                return THON_STORE_EXISTS;
        case SQLITE_CONSTRAINT_FOREIGNKEY:
                return THON_STORE_REFERENCED;
        case SQLITE_IOERR_CORRUPTFS:
        case SQLITE_IOERR_SHORT_READ:
                return THON_STORE_CORRUPT;
        case SQLITE_IOERR_NOMEM:
                return -ENOMEM;
        }
        switch (rc & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
                return THON_STORE_BUSY;
        case SQLITE_FULL:
                return THON_STORE_FULL;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
                return THON_STORE_READONLY;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return THON_STORE_CORRUPT;
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH:
                return THON_STORE_INVALID;
        case SQLITE_NOMEM:
                return -ENOMEM;
        }
        /* Only these two set it; after others it is left from an earlier failure. */
        if ((rc & 0xff) != SQLITE_IOERR && (rc & 0xff) != SQLITE_CANTOPEN)
                return THON_STORE_IO;
        if (no_space(system_errno))
                return THON_STORE_FULL;
        if (system_errno == EROFS || system_errno == EACCES || system_errno == EPERM)
                return THON_STORE_READONLY;
        if ((rc & 0xff) == SQLITE_CANTOPEN && system_errno == ENOENT)
                return THON_STORE_MISSING;
        return THON_STORE_IO;
}

/* A failed commit leaves no errno with the connection, only with the file that it was writing: the WAL. */
static int system_errno_of(struct thon_store *store)
{
        int error = sqlite3_system_errno(store->db);
        sqlite3_file *wal = NULL;
        if (error == 0 &&
            sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK &&
            wal && wal->pMethods)
                (void)wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &error);
        return error;
}

int thon_sql_failed(struct thon_store *store, int rc)
{
        int error = classify(rc, system_errno_of(store));
        if (error < 0) {
                free(store->message);
                store->message = NULL;
                doom(store, error);
                return error;
        }
        /* Composed before anything else is asked of the connection, which would change errmsg. */
        const char *said = sqlite3_errmsg(store->db);
        switch ((enum thon_store_error)error) {
        case THON_STORE_BUSY:
                return thon_store_fail(store, THON_STORE_BUSY,
                                       "%s is locked: another program has been writing for %d s; try again",
                                       store->path, THON_BUSY_MS / 1000);
        case THON_STORE_FULL:
                return thon_store_fail(
                        store, THON_STORE_FULL,
                        "no space left for %s, nothing was written; make room on its disk (df -h)",
                        store->path);
        case THON_STORE_READONLY:
                return thon_store_fail(
                        store, THON_STORE_READONLY,
                        "%s cannot be written (%s): the disk is read-only (dmesg), or this user may not"
                        " (sudo -u thon thonctl ...)",
                        store->path, said);
        case THON_STORE_CORRUPT:
                return thon_store_fail(store, THON_STORE_CORRUPT,
                                       "%s is damaged (%s): stop the daemons and restore a backup"
                                       " (sudo thonctl store restore --stop)",
                                       store->path, said);
        case THON_STORE_EXISTS:
                return thon_store_fail(store, THON_STORE_EXISTS, "it exists already (%s)", said);
        case THON_STORE_REFERENCED:
                return thon_store_fail(
                        store, THON_STORE_REFERENCED,
                        "something else still refers to it, or it refers to what is not there");
        case THON_STORE_INVALID:
                return thon_store_fail(store, THON_STORE_INVALID, "a value is not allowed (%s)", said);
        case THON_STORE_MISSING:
                return thon_store_fail(store, THON_STORE_MISSING, "%s does not exist: thonctl store init",
                                       store->path);
        case THON_STORE_OK:
        case THON_STORE_NEWER:
        case THON_STORE_NOT_FOUND:
        case THON_STORE_IO:
                break;
        }
        return thon_store_fail(store, THON_STORE_IO, "%s: %s; look at the disk with dmesg", store->path,
                               said);
}

/* What is written to a file that has no name any more is lost with the last program that has it open. Its WAL is left alone
 * then: that of a new store may bear the name. */
static int still_there(struct thon_store *store)
{
        int moved = 0, persist = 1;
        if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || !moved)
                return 0;
        (void)sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
        return thon_store_fail(store, THON_STORE_MISSING, "%s was removed or replaced while it was open",
                               store->path);
}

int thon_store_begin(struct thon_store *store)
{
        if (store->in_transaction)
                return store->doomed != 0
                               ? store->doomed
                               : thon_store_fail(store, THON_STORE_INVALID, "a transaction is open already");
        if (store->read_only)
                return thon_store_fail(store, THON_STORE_READONLY, "%s was opened for reading only",
                                       store->path);
        int r = still_there(store);
        if (r != 0)
                return r;
        int rc = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        if (rc != SQLITE_OK)
                return thon_sql_failed(store, rc);
        store->in_transaction = true;
        return 0;
}

void thon_store_rollback(struct thon_store *store)
{
        if (!store->in_transaction)
                return;
        if (!sqlite3_get_autocommit(store->db))
                (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        store->in_transaction = false;
        store->doomed = 0;
        store->marks = 0;
        store->spoiled = false;
}

int thon_store_commit(struct thon_store *store)
{
        if (!store->in_transaction)
                return thon_store_fail(store, THON_STORE_INVALID, "no transaction is open");
        int r = store->doomed;
        if (r == 0) {
                int rc = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
                if (rc != SQLITE_OK)
                        r = thon_sql_failed(store, rc);
        }
        thon_store_rollback(store);
        return r;
}

int thon_store_mark(struct thon_store *store)
{
        if (store->doomed != 0)
                return store->doomed;
        if (!store->in_transaction)
                return thon_store_fail(store, THON_STORE_INVALID, "no transaction is open");
        int r = thon_sql_exec(store, "SAVEPOINT mark");
        if (r == 0)
                store->marks++;
        return r;
}

int thon_store_unmark(struct thon_store *store, int result)
{
        if (store->marks == 0)
                return result != 0          ? result
                       : store->doomed != 0 ? store->doomed
                                            : thon_store_fail(store, THON_STORE_INVALID, "no mark is set");
        store->marks--;
        if (store->doomed != 0 && !store->spoiled)
                return result != 0 ? result : store->doomed;
        if (result == 0)
                result = store->doomed;
        /* Doomed calls before this one did the rolling back already; twice does no harm. */
        store->doomed = 0;
        store->spoiled = false;
        int r = result != 0 ? thon_sql_exec(store, "ROLLBACK TO mark") : 0;
        if (r == 0)
                r = thon_sql_exec(store, "RELEASE mark");
        return result != 0 ? result : r;
}

int thon_sql_enter(struct thon_store *store, bool *ret_own)
{
        if (store->doomed != 0)
                return store->doomed;
        bool own = !store->in_transaction;
        if (own) {
                int r = thon_store_begin(store);
                if (r != 0)
                        return r;
        }
        *ret_own = own;
        return 0;
}

int thon_sql_leave(struct thon_store *store, bool own, int result)
{
        if (result == 0)
                return own ? thon_store_commit(store) : 0;
        if (own)
                thon_store_rollback(store);
        else
                doom(store, result);
        return result;
}

int thon_store_durable(struct thon_store *store, bool durable)
{
        return thon_sql_exec(store, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

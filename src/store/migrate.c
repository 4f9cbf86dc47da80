/* The version of the file's form. One step, one transaction, user_version with it: a power cut in the midst of an upgrade
 * leaves the step before, whole. Foreign keys are checked at the end of each step rather than during it, because a
 * table that is rebuilt is gone for a moment. */
#include "handle.h"

#include <stdio.h>

static int pragma_integer(struct thon_store *store, const char *sql, int64_t *ret)
{
        int r = thon_sql_integer(store, sql, NULL, ret);
        return r == THON_STORE_NOT_FOUND
                       ? thon_store_fail(store, THON_STORE_CORRUPT, "%s: no answer to %s", store->path, sql)
                       : r;
}

int thon_migrate_look(struct thon_store *store, size_t latest)
{
        int64_t application, version;
        int r = pragma_integer(store, "PRAGMA application_id", &application);
        if (r != 0)
                return r;
        r = pragma_integer(store, "PRAGMA user_version", &version);
        if (r != 0)
                return r;
        if (application != THON_APPLICATION_ID || version < 1)
                return thon_store_fail(
                        store, THON_STORE_CORRUPT,
                        "%s is not a store of Thôn: if a power cut emptied it, restore a backup"
                        " (sudo thonctl store restore --stop)",
                        store->path);
        if ((uint64_t)version > latest)
                return thon_store_fail(
                        store, THON_STORE_NEWER,
                        "%s has version %lld, this program knows %zu: install the newer thon package",
                        store->path, (long long)version, latest);
        store->version = (int)version;
        return 0;
}

static int step(struct thon_store *store, const char *sql, int version)
{
        int r = thon_sql_exec(store, sql);
        if (r != 0)
                return r;

        char pragma[64];
        (void)snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", version);
        r = thon_sql_exec(store, pragma);
        if (r != 0)
                return r;
        if (version == 1) {
                (void)snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d", THON_APPLICATION_ID);
                r = thon_sql_exec(store, pragma);
                if (r != 0)
                        return r;
        }

        _cleanup_stmt_ struct thon_stmt *check = NULL;
        r = thon_sql(store, "PRAGMA foreign_key_check", &check);
        bool dangling = false;
        if (r == 0)
                r = thon_stmt_step(check, &dangling);
        if (r == 0 && dangling)
                return thon_store_fail(store, THON_STORE_CORRUPT,
                                       "%s cannot be brought to version %d: a row of %s refers to nothing",
                                       store->path, version, thon_column_text(check, 0));
        return r;
}

/* Another program may have done it between our look and our lock. */
static int step_once(struct thon_store *store, const char *sql, int version)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r != 0)
                return r;
        int64_t current = 0;
        r = pragma_integer(store, "PRAGMA user_version", &current);
        if (r == 0 && current < version)
                r = step(store, sql, version);
        return thon_sql_leave(store, own, r);
}

int thon_migrate(struct thon_store *store, const char *const *schema, size_t n)
{
        if ((size_t)store->version >= n)
                return 0;
        int r = thon_sql_exec(store, "PRAGMA foreign_keys = OFF");
        for (size_t i = (size_t)store->version; r == 0 && i < n; i++) {
                r = step_once(store, schema[i], (int)i + 1);
                if (r == 0)
                        store->version = (int)i + 1;
        }
        /* The message of the failure is the one to keep; a handle without foreign keys is closed by the caller. */
        int r2 = sqlite3_exec(store->db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
        return r == 0 && r2 != SQLITE_OK ? thon_sql_failed(store, r2) : r;
}

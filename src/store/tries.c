/* A PIN has few digits and a password may be weak: what makes guessing useless is that few guesses are answered. */
#include "tries.h"

#include "handle.h"

struct row {
        int64_t wrong, locked_until;
};

static int read_row(struct thon_store *store, const struct thon_tries *tries, const char *who,
                    struct row *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, tries->read, SQL_TEXT(who));

        if (r != 0)
                return r;
        *ret = (struct row){.locked_until = INT64_MIN};
        if (stmt)
                *ret = (struct row){thon_within(thon_column_int(stmt, 0), INT32_MAX),
                                    thon_column_int(stmt, 1)};
        return 0;
}

static int write_row(struct thon_store *store, const struct thon_tries *tries, const char *who,
                     const struct row *row)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store, tries->write, SQL_TEXT(who), SQL_INT(row->wrong),
                                SQL_INT(row->locked_until));
        return thon_sql_leave(store, own, r);
}

int thon_tries_count(struct thon_store *store, const struct thon_tries *tries, const char *who,
                     struct thon_wall now, bool *ret_locked)
{
        struct row row;
        bool locked;
        int r = read_row(store, tries, who, &row);

        if (r != 0)
                return r;
        locked = now.s < row.locked_until;
        if (locked && row.locked_until - THON_LOCKED_S <= now.s) {
                *ret_locked = true;
                return 0;
        }
        if (!locked)
                row.wrong++;
        row.locked_until = locked || row.wrong >= THON_TRIES ? now.s + THON_LOCKED_S : now.s;
        r = write_row(store, tries, who, &row);
        if ((r == THON_STORE_FULL || r == THON_STORE_READONLY) && !store->in_transaction) {
                locked = locked || store->uncounted >= THON_TRIES;
                store->uncounted += !locked;
                r = 0;
        }
        if (r == 0)
                *ret_locked = locked;
        return r;
}

int thon_tries_forget(struct thon_store *store, const struct thon_tries *tries, const char *who)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store, tries->forget, SQL_TEXT(who));
        r = thon_sql_leave(store, own, r);
        if (store->uncounted == 0)
                return r;
        store->uncounted = 0;
        return r == THON_STORE_FULL || r == THON_STORE_READONLY ? 0 : r;
}

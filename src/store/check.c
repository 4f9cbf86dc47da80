/* `thonctl store check`: every page, every index, every reference. The findings are SQLite's own words: they go to whoever
 * repairs the file. */
#include "handle.h"

#include <stdio.h>

struct findings {
        void (*tell)(void *userdata, const char *finding);
        void *userdata;
        unsigned n;
};

static void found(struct findings *f, const char *text)
{
        f->n++;
        if (f->tell)
                f->tell(f->userdata, text);
}

static int integrity(struct thon_store *store, struct findings *f)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, "PRAGMA integrity_check(100)", &stmt);
        for (bool row = true; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        break;
                const char *text = thon_column_text_or_empty(stmt, 0);
                if (sqlite3_stricmp(text, "ok") != 0)
                        found(f, text);
        }
        return r;
}

static int references(struct thon_store *store, struct findings *f)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, "PRAGMA foreign_key_check", &stmt);
        for (bool row = true; r == 0 && f->n < 200;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        break;
                char text[256];
                (void)snprintf(text, sizeof(text), "a row of %.60s refers to a %.60s that does not exist",
                               thon_column_text_or_empty(stmt, 0), thon_column_text_or_empty(stmt, 2));
                found(f, text);
        }
        return r;
}

int thon_store_check(struct thon_store *store, void (*tell)(void *userdata, const char *finding),
                     void *userdata)
{
        struct findings f = {.tell = tell, .userdata = userdata};
        int r = integrity(store, &f);
        if (r == 0)
                r = references(store, &f);
        /* So damaged that not even the check ends: that is a finding too. */
        if (r == THON_STORE_CORRUPT)
                found(&f, thon_store_message(store));
        if (r != 0)
                return r;
        if (f.n > 0)
                return thon_store_fail(store, THON_STORE_CORRUPT,
                                       "%s is damaged (%u findings): stop the daemons and restore a backup"
                                       " (sudo thonctl store restore --stop)",
                                       store->path, f.n);
        return 0;
}

/* Causes that routes are telling of: a document each, written over whenever something about it changes, so that a restart
 * forgets neither what was told nor that its end still is to be. */
#include <errno.h>
#include <string.h>

#include "relay_walk.h"

int thon_incident_put(struct thon_store *store, const char *id, const char *route, const char *doc,
                      struct thon_wall at)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "INSERT INTO incident (id, route, doc, at) VALUES (?1, ?2, ?3, ?4)"
                                " ON CONFLICT (id) DO UPDATE SET route = ?2, doc = ?3, at = ?4",
                                SQL_TEXT(id), SQL_TEXT(route), SQL_TEXT(doc), SQL_INT(at.s));
        return thon_sql_leave(store, own, r);
}

int thon_incident_remove(struct thon_store *store, const char *id)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store, "DELETE FROM incident WHERE id = ?1", SQL_TEXT(id));
        return thon_sql_leave(store, own, r);
}

int thon_incident_each(struct thon_store *store,
                       int (*visit)(const char *id, const char *route, const char *doc, void *),
                       void *userdata)
{
        _cleanup_free_ char *after = strdup("");
        while (after) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT id, route, doc FROM incident WHERE id > ?1 ORDER BY id LIMIT 1",
                                     SQL_TEXT(after));
                if (r != 0 || !stmt)
                        return r;
                const char *id = thon_column_text_or_empty(stmt, 0);
                if (strcmp(id, after) <= 0)
                        return thon_relay_damaged(store);
                r = visit(id, thon_column_text_or_empty(stmt, 1), thon_column_text_or_empty(stmt, 2),
                          userdata);
                if (r != 0)
                        return r;
                free(after);
                after = strdup(id);
        }
        return -ENOMEM;
}

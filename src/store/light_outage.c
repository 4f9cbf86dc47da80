/* The end of light that nobody saw: the machine lost its power, and its relays with it. Without this row the dark hours
 * would count as lit until the first look after the cut. */
#include "thon/light_store.h"

#include "sql.h"

int thon_light_close_outage(struct thon_store *store, const char *circuit, struct thon_wall alive)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool own = false;
        int r = thon_sql_enter(store, &own);

        /* Beside max(), SQLite takes the other columns from the row that has it: the last of each kind. */
        if (r == 0)
                r = thon_sql(store,
                             "INSERT INTO light_history (at, circuit, what, value, cause, by)"
                             " SELECT max(at, ?2), circuit, what, 'off', 'the machine was off', ''"
                             " FROM (SELECT at, circuit, what, value, max(id) FROM light_history"
                             "       WHERE circuit = ?1 AND what IN ('in_effect', 'physical') GROUP BY what)"
                             " WHERE value = 'on'",
                             &stmt);
        if (r == 0) {
                thon_bind_text(stmt, 1, circuit);
                thon_bind_int(stmt, 2, alive.s);
                r = thon_stmt_run(stmt);
        }
        return thon_sql_leave(store, own, r);
}

/* The end of light that nobody saw: the machine lost its power, and its relays with it. Without this row the dark hours
 * would count as lit until the first look after the cut. */
#include "thon/light_store.h"

#include "sql.h"

int thon_light_close_outage(struct thon_store *store, const char *circuit, struct thon_wall alive)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);

        /* Beside max(), SQLite takes the other columns from the row that has it: the last of each kind. */
        if (r == 0)
                r = thon_sql_do(
                        store,
                        "INSERT INTO light_history (at, circuit, what, value, cause, by)"
                        " SELECT max(at, ?2), circuit, what, 'off', 'the machine was off', ''"
                        " FROM (SELECT at, circuit, what, value, max(id) FROM light_history"
                        "       WHERE circuit = ?1 AND what IN ('in_effect', 'physical') GROUP BY what)"
                        " WHERE value = 'on'",
                        SQL_TEXT(circuit), SQL_INT(alive.s));
        return thon_sql_leave(store, own, r);
}

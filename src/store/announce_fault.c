/* Faults of zones, each from when it began to when it ended, for the month's report. */
#include "sql.h"
#include "thon/announce_store.h"

int thon_zone_fault(struct thon_store *store, const char *zone, const char *fault, const char *detail,
                    struct thon_wall began, struct thon_wall ended)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "INSERT INTO zone_fault (zone, fault, began, ended, detail)"
                                " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (zone, fault, began)"
                                " DO UPDATE SET (ended, detail) = (?4, ?5)",
                                SQL_TEXT(zone), SQL_TEXT(fault), SQL_INT(began.s), SQL_TIME(ended),
                                SQL_TEXT(detail ? detail : ""));
        return thon_sql_leave(store, own, r);
}

int thon_zone_faults(struct thon_store *store, struct thon_wall from, struct thon_wall to,
                     int (*visit)(const struct thon_zone_fault_row *, void *), void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt,
                              "SELECT zone, fault, detail, began, ended FROM zone_fault WHERE began < ?2"
                              " AND (ended IS NULL OR ended >= ?1) ORDER BY began, zone, fault",
                              SQL_INT(from.s), SQL_INT(to.s));

        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                r = visit(&(struct thon_zone_fault_row){.zone = thon_column_text_or_empty(stmt, 0),
                                                        .fault = thon_column_text_or_empty(stmt, 1),
                                                        .detail = thon_column_text_or_empty(stmt, 2),
                                                        .began = {thon_column_int(stmt, 3)},
                                                        .ended = thon_column_time(stmt, 4)},
                          userdata);
        }
        return r;
}

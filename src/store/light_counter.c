/* Counters of a circuit. All circuits go in one transaction: lightd saves them every so often, and a commit costs the
 * card more than the rows do. */
#include "thon/light_store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "sql.h"

static int save(struct thon_store *store, const struct thon_light_counter *rows, size_t n)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store,
                         "INSERT INTO light_counter (circuit, operations, on_seconds, pulses, remote_kwh,"
                         " remote_kwh_base, kwh_offset, saved_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                         " ON CONFLICT (circuit) DO UPDATE SET operations = excluded.operations,"
                         " on_seconds = excluded.on_seconds, pulses = excluded.pulses,"
                         " remote_kwh = excluded.remote_kwh, remote_kwh_base = excluded.remote_kwh_base,"
                         " kwh_offset = excluded.kwh_offset, saved_at = excluded.saved_at",
                         &stmt);
        for (size_t i = 0; r == 0 && i < n; i++) {
                const struct thon_light_counter *row = &rows[i];
                if (row->operations > INT64_MAX || row->on_seconds > INT64_MAX || row->pulses > INT64_MAX ||
                    !isfinite(row->remote_kwh) || !isfinite(row->remote_kwh_base) ||
                    !isfinite(row->kwh_offset))
                        return thon_store_fail(store, THON_STORE_INVALID, "a counter of %s is out of range",
                                               row->circuit);
                thon_bind_text(stmt, 1, row->circuit);
                thon_bind_int(stmt, 2, (int64_t)row->operations);
                thon_bind_int(stmt, 3, (int64_t)row->on_seconds);
                thon_bind_int(stmt, 4, (int64_t)row->pulses);
                thon_bind_double(stmt, 5, row->remote_kwh);
                thon_bind_double(stmt, 6, row->remote_kwh_base);
                thon_bind_double(stmt, 7, row->kwh_offset);
                thon_bind_int(stmt, 8, row->saved_at.s);
                r = thon_stmt_run(stmt);
        }
        return r;
}

int thon_light_counter_save(struct thon_store *store, const struct thon_light_counter *rows, size_t n)
{
        if (n == 0)
                return 0;
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = save(store, rows, n);
        return thon_sql_leave(store, own, r);
}

int thon_light_counter_load(struct thon_store *store, const char *circuit, struct thon_light_counter *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(
                store, &stmt,
                "SELECT operations, on_seconds, pulses, remote_kwh, remote_kwh_base, kwh_offset, saved_at"
                " FROM light_counter WHERE circuit = ?1",
                SQL_TEXT(circuit));
        if (r != 0)
                return r;
        if (!stmt)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "%s has no counters yet", circuit);
        struct thon_light_counter counter = {.operations = (uint64_t)thon_column_int(stmt, 0),
                                             .on_seconds = (uint64_t)thon_column_int(stmt, 1),
                                             .pulses = (uint64_t)thon_column_int(stmt, 2),
                                             .remote_kwh = thon_column_double(stmt, 3),
                                             .remote_kwh_base = thon_column_double(stmt, 4),
                                             .kwh_offset = thon_column_double(stmt, 5),
                                             .saved_at = {thon_column_int(stmt, 6)}};
        /* `circuit` may be the one in *ret. */
        (void)snprintf(counter.circuit, sizeof(counter.circuit), "%s", circuit);
        *ret = counter;
        return 0;
}

/* Energy between two instants, from readings of a meter that were written with other rows. Between two readings the
 * power is taken as even: every switching brings a reading, so that holds closely. A meter that was exchanged or rolled
 * over reads less than before: that step counts nothing rather than something wrong. */
#include "thon/light_store.h"

#include <errno.h>

#include "sql.h"

struct reading {
        int64_t at;
        double kwh;
};

/* The part of [a, b] that lies in [from, to). */
static double share(int64_t a, int64_t b, int64_t from, int64_t to)
{
        if (a == b)
                return a >= from && a < to ? 1.0 : 0.0;
        int64_t low = a > from ? a : from, high = b < to ? b : to;
        return high <= low ? 0.0 : ((double)high - (double)low) / ((double)b - (double)a);
}

int thon_light_metered(struct thon_store *store, const char *circuit, struct thon_wall from,
                       struct thon_wall to, double *ret_kwh)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        /* From the last reading before the span (for a meter that is new in it, from its first one) to the first after
         * it, or to the last there is. */
        int r = thon_sql(
                store,
                "SELECT at, kwh, what = 'meter' AND cause = 'corrected' FROM light_history"
                " WHERE circuit = ?1 AND kwh IS NOT NULL"
                " AND at >= ifnull((SELECT max(at) FROM light_history WHERE circuit = ?1 AND kwh IS NOT NULL"
                "                   AND at <= ?2),"
                "                  (SELECT min(at) FROM light_history WHERE circuit = ?1 AND kwh IS NOT "
                "NULL))"
                " AND at <= ifnull((SELECT min(at) FROM light_history WHERE circuit = ?1"
                "                   AND kwh IS NOT NULL AND at >= ?3), ?3)"
                " ORDER BY at, id",
                &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, circuit);
        thon_bind_int(stmt, 2, from.s);
        thon_bind_int(stmt, 3, to.s);

        struct reading last = {0};
        bool any = false, spans = false;
        double sum = 0;
        for (bool row;;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0)
                        return r;
                if (!row)
                        break;
                struct reading now = {.at = thon_column_int(stmt, 0), .kwh = thon_column_double(stmt, 1)};
                bool corrected = thon_column_int(stmt, 2) != 0;
                if (any) {
                        if (!corrected && now.kwh > last.kwh)
                                sum += (now.kwh - last.kwh) * share(last.at, now.at, from.s, to.s);
                        spans = spans || now.at > from.s;
                }
                last = now;
                any = true;
        }
        *ret_kwh = spans ? sum : -1.0;
        return 0;
}

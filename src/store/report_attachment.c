/* Attachments that are still to be fetched, kept with the update that brought them; and reports whose time is over, with
 * the files that belong to them. */
#include "thon/report_store.h"

#include "sql.h"

static int wait_for(struct thon_store *store, int64_t inbound, int64_t report, const char *url)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, "UPDATE inbound SET report = ?2, url = ?3 WHERE id = ?1", &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, inbound);
        thon_bind_int(stmt, 2, report);
        thon_bind_text(stmt, 3, url);
        return thon_stmt_run(stmt);
}

int thon_report_attachment_wait(struct thon_store *store, int64_t inbound, int64_t report, const char *url)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = wait_for(store, inbound, report, url);
        return thon_sql_leave(store, own, r);
}

int thon_report_attachments_waiting(struct thon_store *store, int64_t after,
                                    int (*visit)(const struct thon_report_attachment *, void *),
                                    void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = thon_sql(
                store,
                "SELECT id, report, channel, url, kind = 'image', at FROM inbound"
                " WHERE done = 0 AND report IS NOT NULL AND url IS NOT NULL AND id > ?1 ORDER BY id",
                &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, after);
        while ((r = thon_stmt_step(stmt, &found)) == 0 && found) {
                struct thon_report_attachment row = {
                        .inbound = thon_column_int(stmt, 0),
                        .report = thon_column_int(stmt, 1),
                        .channel = thon_column_text_or_empty(stmt, 2),
                        .url = thon_column_text_or_empty(stmt, 3),
                        .image = thon_column_int(stmt, 4) != 0,
                        .at = {thon_column_int(stmt, 5)},
                };
                r = visit(&row, userdata);
                if (r != 0)
                        return r;
        }
        return r;
}

/* ---- what is over ---- */

#define PRUNED \
        "(SELECT id FROM report WHERE closed_at IS NOT NULL AND closed_at < ?1 ORDER BY closed_at, id LIMIT 50)"

static int prune(struct thon_store *store, struct thon_wall before, void (*visit)(const char *, void *),
                 void *userdata, size_t *ret_n)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = thon_sql(store, "SELECT file FROM report_entry WHERE file IS NOT NULL AND report IN " PRUNED,
                         &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, before.s);
        while ((r = thon_stmt_step(stmt, &found)) == 0 && found)
                visit(thon_column_text_or_empty(stmt, 0), userdata);
        if (r == 0)
                r = thon_sql_do(store, "DELETE FROM report WHERE id IN " PRUNED, SQL_INT(before.s));
        if (r == 0)
                *ret_n = (size_t)thon_sql_changes(store);
        return r;
}

int thon_report_prune(struct thon_store *store, struct thon_wall before, void (*visit)(const char *, void *),
                      void *userdata, size_t *ret_n)
{
        bool own = false;
        size_t n = 0;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = prune(store, before, visit, userdata, &n);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_n = n;
        return r;
}

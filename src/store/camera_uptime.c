/* Uptime from the history: how a device stood when the span began, then its changes, with the spans in which camerad was
 * watching laid beside them. */
#include <string.h>

#include "sql.h"
#include "thon/camera_store.h"

/* A verdict of a newer version says nothing here. */
static void verdict(struct thon_uptime_walk *walk, struct thon_wall at, const char *slug)
{
        enum thon_camera_verdict v = THON_CAMERA_UNKNOWN;

        (void)thon_camera_parse(slug, &v);
        thon_uptime_verdict(walk, at, v);
}

static void change(struct thon_uptime_walk *walk, struct thon_wall at, const char *what, const char *value)
{
        if (strcmp(what, "verdict") == 0)
                verdict(walk, at, value);
        else
                thon_uptime_maintenance(walk, at, strcmp(value, "begin") == 0);
}

static int before_span(struct thon_store *store, const char *device, struct thon_uptime_walk *walk)
{
        static const char *const whats[] = {"verdict", "maintenance"};

        for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT at, value FROM camera_history WHERE device = ?1 AND what = ?2"
                                     " AND at < ?3 ORDER BY at DESC, id DESC LIMIT 1",
                                     SQL_TEXT(device), SQL_TEXT(whats[i]), SQL_INT(walk->from.s));
                if (r != 0)
                        return r;
                if (stmt)
                        change(walk, (struct thon_wall){thon_column_int(stmt, 0)}, whats[i],
                               thon_column_text_or_empty(stmt, 1));
        }
        return 0;
}

static int within_span(struct thon_store *store, const char *device, struct thon_uptime_walk *walk)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int64_t watches = 0; /* spans overlap where the clock was set back */
        int r = thon_sql_with(store, &stmt,
                              "SELECT at, what, value, id FROM camera_history WHERE device = ?1"
                              " AND what IN ('verdict', 'maintenance') AND at >= ?2 AND at < ?3"
                              " UNION ALL SELECT since, '+', '', 0 FROM camera_watching"
                              " WHERE since < ?3 AND until > ?2"
                              " UNION ALL SELECT until, '-', '', 0 FROM camera_watching"
                              " WHERE since < ?3 AND until > ?2 ORDER BY 1, 4",
                              SQL_TEXT(device), SQL_INT(walk->from.s), SQL_INT(walk->to.s));

        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                struct thon_wall at = {thon_column_int(stmt, 0)};
                const char *what = thon_column_text_or_empty(stmt, 1);
                if (*what == '+' || *what == '-') {
                        watches += *what == '+' ? 1 : -1;
                        thon_uptime_watched(walk, at, watches > 0);
                } else {
                        change(walk, at, what, thon_column_text_or_empty(stmt, 2));
                }
        }
        return r;
}

int thon_camera_uptime(struct thon_store *store, const char *device, struct thon_wall from,
                       struct thon_wall to, struct thon_uptime *ret)
{
        struct thon_uptime_walk walk;
        int r;

        thon_uptime_begin(&walk, from, to);
        r = before_span(store, device, &walk);
        if (r == 0)
                r = within_span(store, device, &walk);
        if (r != 0)
                return r;
        *ret = thon_uptime_end(&walk);
        return 0;
}

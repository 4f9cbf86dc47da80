/* What happened to watched devices. Rows are changes, and what held at an instant is the last row of its kind before it;
 * so pruning keeps the last verdict and the last maintenance of a device from before the cut: a camera that has been
 * fine for four years has one row, and that is not lost. */
#include <errno.h>
#include <string.h>

#include "sql.h"
#include "thon/camera_store.h"

/* Of enum thon_camera_what. */
static const char *const slugs[] = {"verdict", "blip", "flap", "maintenance", "heal", "address"};
#define WHATS (sizeof(slugs) / sizeof(slugs[0]))

const char *thon_camera_what_slug(enum thon_camera_what what)
{
        return slugs[what];
}

static enum thon_camera_what what_of(const char *slug)
{
        size_t i = 0;

        while (i + 1 < WHATS && strcmp(slugs[i], slug) != 0)
                i++;
        return (enum thon_camera_what)i;
}

int thon_camera_did(struct thon_store *store, const struct thon_camera_did *row)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "INSERT INTO camera_history (at, device, what, value, detail, by, seconds,"
                                " incident) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                                SQL_INT(row->at.s), SQL_TEXT(row->device), SQL_TEXT(slugs[row->what]),
                                SQL_TEXT(row->value ? row->value : ""),
                                SQL_TEXT(row->detail ? row->detail : ""), SQL_TEXT(row->by ? row->by : ""),
                                SQL_INT(row->seconds < 0 ? 0 : row->seconds), SQL_ID(row->incident));
        return thon_sql_leave(store, own, r);
}

/* Every kind by name, so that the index (device, what, at) serves a range of time; all devices by jumping from one to the
 * next in it. UNION, not UNION ALL: it ends even where a damaged index runs in a circle. */
#define KINDS   "what IN ('verdict', 'blip', 'flap', 'maintenance', 'heal', 'address')"
#define COLUMNS "h.id, h.at, h.device, h.what, h.value, h.detail, h.by, h.seconds, h.incident"
#define OF_ONE                                        \
        "SELECT " COLUMNS " FROM camera_history AS h" \
        " WHERE h.device = ?1 AND h." KINDS " AND h.at >= ?2 AND h.at < ?3"
#define OF_ALL                                                                                              \
        "WITH RECURSIVE one (device) AS (SELECT min(device) FROM camera_history"                            \
        " UNION SELECT (SELECT min(device) FROM camera_history WHERE device > one.device) FROM one"         \
        " WHERE one.device IS NOT NULL)"                                                                    \
        " SELECT " COLUMNS " FROM one CROSS JOIN camera_history AS h ON h.device = one.device AND h." KINDS \
        " AND h.at >= ?2 AND h.at < ?3"
#define NEWEST " ORDER BY h.at DESC, h.id DESC LIMIT ?4"
#define OLDEST " ORDER BY h.at, h.id LIMIT ?4"

int thon_camera_history(struct thon_store *store, const struct thon_camera_span *span,
                        int (*visit)(const struct thon_camera_did *, void *), void *userdata)
{
        const char *sql = span->device         ? span->oldest_first ? OF_ONE OLDEST : OF_ONE NEWEST
                          : span->oldest_first ? OF_ALL OLDEST
                                               : OF_ALL NEWEST;
        int64_t limit = span->limit == 0 || span->limit > INT64_MAX ? -1 : (int64_t)span->limit;
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt, sql, SQL_TEXT(span->device), SQL_INT(span->from.s),
                              SQL_INT(span->to.s), SQL_INT(limit));

        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                const struct thon_camera_did one = {.id = thon_column_int(stmt, 0),
                                                    .at = {thon_column_int(stmt, 1)},
                                                    .device = thon_column_text_or_empty(stmt, 2),
                                                    .what = what_of(thon_column_text_or_empty(stmt, 3)),
                                                    .value = thon_column_text_or_empty(stmt, 4),
                                                    .detail = thon_column_text_or_empty(stmt, 5),
                                                    .by = thon_column_text_or_empty(stmt, 6),
                                                    .seconds = thon_column_int(stmt, 7),
                                                    .incident = thon_column_int(stmt, 8)};
                r = visit(&one, userdata);
        }
        return r;
}

int thon_camera_watching(struct thon_store *store, struct thon_wall since, struct thon_wall until)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0) /* A clock that was set back does not shorten what was seen. */
                r = thon_sql_do(store,
                                "INSERT INTO camera_watching (since, until) VALUES (?1, max(?1, ?2))"
                                " ON CONFLICT (since) DO UPDATE SET until = max(until, ?2)",
                                SQL_INT(since.s), SQL_INT(until.s));
        return thon_sql_leave(store, own, r);
}

/* What is older goes, but for what still tells how a device of the registry stood then. There is no index by time: rows
 * come in its order, so only those before the first that stays are looked at, and years of history are not. */
static const char *const PRUNE[] = {
        "DELETE FROM camera_history WHERE id IN (SELECT old.id FROM camera_history AS old"
        " WHERE old.id < ifnull((SELECT id FROM camera_history WHERE at >= ?1 ORDER BY id LIMIT 1), 1 << 62)"
        " AND (old.what NOT IN ('verdict', 'maintenance')"
        " OR NOT EXISTS (SELECT 1 FROM device WHERE id = old.device)"
        " OR EXISTS (SELECT 1 FROM camera_history AS later WHERE later.device = old.device"
        " AND later.what = old.what AND later.at < ?1 AND (later.at, later.id) > (old.at, old.id)))"
        " LIMIT 1000)",
        "DELETE FROM camera_incident WHERE serial IN (SELECT serial FROM camera_incident WHERE ended < ?1"
        " LIMIT 1000)",
        "DELETE FROM camera_watching WHERE since IN (SELECT since FROM camera_watching WHERE until < ?1"
        " LIMIT 1000)",
};

int thon_camera_prune(struct thon_store *store, struct thon_wall before)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        for (size_t i = 0; r == 0 && i < sizeof(PRUNE) / sizeof(PRUNE[0]); i++)
                r = thon_sql_do(store, PRUNE[i], SQL_INT(before.s));
        return thon_sql_leave(store, own, r);
}

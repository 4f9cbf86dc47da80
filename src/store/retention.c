/* What there still is of each class. The daemons remove what is theirs; whoever asks here finds out whether they did. */
#include "thon/retention.h"

#include "sql.h"

static const char *const oldest[THON_RETAINED] = {
        [THON_RETAINED_NOTICES] = "SELECT min(done_at) FROM notification WHERE state <> 0",
        [THON_RETAINED_INBOUND] = "SELECT min(at) FROM inbound WHERE done = 1",
        [THON_RETAINED_REPORTS] = "SELECT min(closed_at) FROM report",
        [THON_RETAINED_CHATS] = "SELECT min(max(ifnull(interaction_at, 0), ifnull(bad_until, 0))) FROM chat",
        [THON_RETAINED_PICTURES] =
                "SELECT min(at) FROM camera_picture AS p WHERE EXISTS (SELECT 1 FROM camera_picture"
                " AS n WHERE n.device = p.device AND n.kind = p.kind AND n.at > p.at)",
        [THON_RETAINED_SOUND] = "SELECT min(due) FROM airing WHERE audio <> ''",
        [THON_RETAINED_ANNOUNCEMENTS] =
                "SELECT min(ended) FROM announcement WHERE state NOT IN ('submitted', 'approved')"
                " AND NOT EXISTS (SELECT 1 FROM airing WHERE announcement = announcement.id)",
};

int thon_retention_oldest(struct thon_store *store, enum thon_retained class, struct thon_wall *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = thon_sql(store, oldest[class], &stmt);

        if (r == 0)
                r = thon_stmt_step(stmt, &found);
        if (r == 0)
                *ret = found ? thon_column_time(stmt, 0) : THON_WALL_NEVER;
        return r;
}

int thon_retention_report_file(struct thon_store *store, const char *name, bool *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT 1 FROM report_entry WHERE file = ?1 LIMIT 1",
                             SQL_TEXT(name));

        if (r == 0)
                *ret = stmt != NULL;
        return r;
}

int thon_retention_erased_since(struct thon_store *store, struct thon_wall since, bool *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT 1 FROM erasure WHERE at >= ?1 LIMIT 1", SQL_INT(since.s));

        if (r == 0)
                *ret = stmt != NULL;
        return r;
}

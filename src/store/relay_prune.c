/* What is over is removed after its time, a little at a call: a commune's daily notices to all make a hundred thousand rows a
 * month, and nobody who waits for an emergency's commit should wait for them. */
#include "relay_walk.h"

#define NOTICES "50"
#define ROWS    "500"

static int prune(struct thon_store *store, struct thon_wall before, size_t *ret_n)
{
        /* Of rows without a notice: answers to citizens, digests that carry nothing any more. */
        static const char *const REST[] = {
                "DELETE FROM message WHERE id IN (SELECT id FROM message AS m WHERE m.notification IS NULL"
                " AND m.at < ?1 AND m.state IN (2, 3, 4) AND NOT EXISTS (SELECT 1 FROM message AS c"
                " WHERE c.carrier = m.id) ORDER BY m.at LIMIT " ROWS ")",
                "DELETE FROM inbound WHERE id IN (SELECT id FROM inbound WHERE at < ?1 AND done = 1"
                " ORDER BY id LIMIT " ROWS ")",
                "DELETE FROM chat WHERE ifnull(interaction_at, 0) < ?1 AND ifnull(bad_until, 0) < ?1",
                "DELETE FROM channel_day WHERE day < ?1 / 86400 - 1"};
        int r = thon_sql_do(store,
                            "DELETE FROM notification WHERE id IN (SELECT id FROM notification"
                            " WHERE done_at IS NOT NULL AND done_at < ?1 AND state <> 0 ORDER BY done_at"
                            " LIMIT " NOTICES ")",
                            SQL_INT(before.s));
        if (r == 0)
                *ret_n = (size_t)thon_sql_changes(store);
        for (size_t i = 0; r == 0 && i < sizeof(REST) / sizeof(REST[0]); i++)
                r = thon_sql_do(store, REST[i], SQL_INT(before.s));
        return r;
}

int thon_notice_prune(struct thon_store *store, struct thon_wall before, size_t *ret_n)
{
        bool own = false;
        size_t n = 0;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = prune(store, before, &n);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_n = n;
        return r;
}

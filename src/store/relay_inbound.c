/* What came in, each update once: it is on the disk before the next poll or before the webhook's sender is told, in one
 * commit with what came of it. Only one whose attachment is still to be fetched stays open (report_attachment.c). */
#include <errno.h>

#include "relay_walk.h"

int thon_inbound_add(struct thon_store *store, const struct thon_inbound *in, int64_t *ret_id)
{
        bool own = false, new = false;
        int r = thon_sql_enter(store, &own);
        if (r != 0)
                return r;
        r = thon_sql_do(store,
                        "INSERT INTO inbound (channel, update_id, at, kind, address, sender, doc)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (channel, update_id) DO NOTHING",
                        SQL_TEXT(in->channel), SQL_TEXT(in->update_id), SQL_INT(in->at.s),
                        SQL_TEXT(in->kind), SQL_TEXT(in->address), SQL_TEXT(in->sender ? in->sender : ""),
                        SQL_TEXT(in->doc));
        int64_t id = 0;
        if (r == 0) {
                new = thon_sql_changes(store) > 0;
                id = thon_sql_last_id(store);
        }
        r = thon_sql_leave(store, own, r);
        if (r == 0 && !new)
                return thon_store_answer(store, THON_STORE_EXISTS, "this update was stored before");
        if (r == 0)
                *ret_id = id;
        return r;
}

int thon_inbound_done(struct thon_store *store, int64_t id)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store, "UPDATE inbound SET done = 1 WHERE id = ?1", SQL_INT(id));
        return thon_sql_leave(store, own, r);
}

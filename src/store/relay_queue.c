/* The queue of each channel: what is due, oldest first, a lane at a time.
 *
 * A message is SENDING on the disk before its request goes out, in the transaction of the caller, who sends after the
 * commit. So whatever was under way at a crash is known afterwards as what it is: unknown. */
#include <errno.h>

#include "relay_walk.h"

/* Behind the place where the walk stands, so that what the visitor queues again is not met twice. */
static const char NEXT_DUE[] =
        "SELECT " THON_MESSAGE_COLUMNS ", m.due" THON_MESSAGE_FROM
        "WHERE m.channel = ?1 AND m.class = ?2 AND m.state = 0 AND m.due <= ?3 AND (m.due, m.id) > (?4, ?5)"
        " ORDER BY m.due, m.id LIMIT 1";

struct claim {
        struct thon_store *store;
        const char *channel;
        enum thon_class lane;
        struct thon_wall now;
        bool undated; /* nobody vouches for `now` */
        int (*visit)(const struct thon_message *, void *);
        void *userdata;
        int64_t due, id; /* of the last one */
};

/* One message; *ret_more false when none was due, *ret_taken false when it had expired. */
static int claim_one(struct claim *c, bool *ret_more, bool *ret_taken)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        struct thon_message message;
        int r = thon_sql_row(c->store, &stmt, NEXT_DUE, SQL_TEXT(c->channel), SQL_INT(c->lane),
                             SQL_INT(c->now.s), SQL_INT(c->due), SQL_INT(c->id));
        *ret_more = stmt;
        *ret_taken = false;
        if (r != 0 || !stmt)
                return r;
        int64_t id = thon_column_int(stmt, 0), due = thon_column_int(stmt, THON_MESSAGE_N_COLUMNS);
        if (due < c->due || (due == c->due && id <= c->id))
                return thon_relay_damaged(c->store);
        c->due = due;
        c->id = id;
        if (!c->undated && !thon_wall_before(c->now, thon_column_time(stmt, 11)))
                return thon_message_drop(c->store, id, THON_DETAIL_EXPIRED, c->now);
        r = thon_message_read(c->store, stmt, &message);
        if (r == 0)
                r = thon_sql_do(c->store,
                                "UPDATE message SET state = 1, attempts = attempts + 1, at = ?2"
                                " WHERE id = ?1",
                                SQL_INT(id), SQL_INT(c->now.s));
        if (r != 0)
                return r;
        message.attempts++;
        message.at = c->now;
        *ret_taken = true;
        return c->visit(&message, c->userdata);
}

static int claim_all(struct claim *claim, unsigned limit, unsigned *ret_n)
{
        bool own = false, more = true;
        unsigned n = 0;
        int r = thon_sql_enter(claim->store, &own);
        while (r == 0 && more && n < limit) {
                bool taken;
                r = claim_one(claim, &more, &taken);
                n += taken;
        }
        r = thon_sql_leave(claim->store, own, r);
        if (r == 0)
                *ret_n = n;
        return r;
}

int thon_queue_claim(struct thon_store *store, const char *channel, enum thon_class lane,
                     struct thon_wall now, unsigned limit, int (*visit)(const struct thon_message *, void *),
                     void *userdata, unsigned *ret_n)
{
        struct claim claim = {store, channel, lane, now, false, visit, userdata, INT64_MIN, INT64_MIN};
        return claim_all(&claim, limit, ret_n);
}

int thon_queue_claim_undated(struct thon_store *store, const char *channel, enum thon_class lane,
                             struct thon_wall now, unsigned limit,
                             int (*visit)(const struct thon_message *, void *), void *userdata,
                             unsigned *ret_n)
{
        struct claim claim = {store, channel, lane, now, true, visit, userdata, INT64_MIN, INT64_MIN};
        return claim_all(&claim, limit, ret_n);
}

int thon_queue_look(struct thon_store *store, const char *channel,
                    struct thon_lane_state ret[static THON_CLASSES])
{
        struct thon_lane_state lanes[THON_CLASSES];
        for (int lane = 0; lane < THON_CLASSES; lane++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(
                        store, &stmt,
                        "SELECT due FROM message WHERE channel = ?1 AND class = ?2 AND state = 0"
                        " ORDER BY due LIMIT 1",
                        SQL_TEXT(channel), SQL_INT(lane));
                if (r != 0)
                        return r;
                lanes[lane].due = stmt ? thon_column_time(stmt, 0) : THON_WALL_NEVER;
        }
        for (int lane = 0; lane < THON_CLASSES; lane++)
                ret[lane] = lanes[lane];
        return 0;
}

int thon_queue_count(struct thon_store *store, const char *channel, int64_t ret[static THON_CLASSES])
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int64_t counts[THON_CLASSES] = {0};
        int r = thon_sql_with(store, &stmt,
                              "SELECT class, count(*) FROM message WHERE channel = ?1 AND state = 0"
                              " GROUP BY class",
                              SQL_TEXT(channel));
        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        break;
                counts[thon_within(thon_column_int(stmt, 0), THON_CLASSES - 1)] = thon_column_int(stmt, 1);
        }
        for (int lane = 0; r == 0 && lane < THON_CLASSES; lane++)
                ret[lane] = counts[lane];
        return r;
}

int thon_queue_defer(struct thon_store *store, const char *channel, enum thon_class lane,
                     struct thon_wall to, enum thon_due why, size_t *ret_n)
{
        bool own = false;
        size_t n = 0;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE message SET due = ?3, why = ?4 WHERE channel = ?1 AND class = ?2"
                                " AND state = 0 AND due < ?3",
                                SQL_TEXT(channel), SQL_INT(lane), SQL_INT(to.s), SQL_INT(why));
        if (r == 0)
                n = (size_t)thon_sql_changes(store);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_n = n;
        return r;
}

int thon_queue_undefer(struct thon_store *store, struct thon_wall now)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        /* Hours and the rest put off what its sender had put off before: his word stays. What was due at once by a clock
         * that went back since is due now. */
        if (r == 0)
                r = thon_sql_do(
                        store,
                        "UPDATE message SET due = max(?1, ifnull((SELECT not_before FROM notification"
                        " AS n WHERE n.id = message.notification), ?1)), why = ifnull((SELECT"
                        " not_before FROM notification AS n WHERE n.id = message.notification), ?1)"
                        " > ?1 WHERE state = 0 AND why <> ?2 AND due > ?1",
                        SQL_INT(now.s), SQL_INT(THON_DUE_NOT_BEFORE));
        return thon_sql_leave(store, own, r);
}

int thon_queue_hurry(struct thon_store *store, const char *channel, struct thon_wall now)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE message SET due = ?2, why = ?3 WHERE state = 0 AND channel = ?1"
                                " AND class = ?4 AND due > ?2 AND why = ?5",
                                SQL_TEXT(channel), SQL_INT(now.s), SQL_INT(THON_DUE_NOW),
                                SQL_INT(THON_CLASS_EMERGENCY), SQL_INT(THON_DUE_BACKOFF));
        return thon_sql_leave(store, own, r);
}

int thon_queue_interrupted(struct thon_store *store, int (*visit)(const struct thon_message *, void *),
                           void *userdata)
{
        /* One row a statement: the visitor settles it. */
        for (int64_t after = 0;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                struct thon_message message;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT " THON_MESSAGE_COLUMNS THON_MESSAGE_FROM
                                     "WHERE m.state = 1 AND m.id > ?1 ORDER BY m.id LIMIT 1",
                                     SQL_INT(after));
                if (r != 0 || !stmt)
                        return r;
                r = thon_message_read(store, stmt, &message);
                if (r == 0 && message.id <= after)
                        r = thon_relay_damaged(store);
                if (r == 0)
                        r = visit(&message, userdata);
                if (r != 0)
                        return r;
                after = message.id;
        }
}

/* The queued message that expires first, behind the place of the last one. */
static int next_to_expire(struct thon_store *store, int64_t *expires, int64_t *id, bool *ret_found)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT expires, id FROM message WHERE state = 0 AND expires IS NOT NULL"
                             " AND (expires, id) > (?1, ?2) ORDER BY expires, id LIMIT 1",
                             SQL_INT(*expires), SQL_INT(*id));
        *ret_found = stmt;
        if (r != 0 || !stmt)
                return r;
        int64_t at = thon_column_int(stmt, 0), message = thon_column_int(stmt, 1);
        if (at < *expires || (at == *expires && message <= *id))
                return thon_relay_damaged(store);
        *expires = at;
        *id = message;
        return 0;
}

int thon_queue_expire(struct thon_store *store, struct thon_wall now, size_t *ret_n,
                      struct thon_wall *ret_next)
{
        int64_t expires = INT64_MIN, id = INT64_MIN;
        bool own = false, found = true;
        size_t n = 0;
        int r = thon_sql_enter(store, &own);
        while (r == 0) {
                r = next_to_expire(store, &expires, &id, &found);
                if (r != 0 || !found || expires > now.s)
                        break;
                r = thon_message_drop(store, id, THON_DETAIL_EXPIRED, now);
                n++;
        }
        r = thon_sql_leave(store, own, r);
        if (r != 0)
                return r;
        *ret_n = n;
        ret_next->s = found ? expires : THON_WALL_NEVER.s;
        return 0;
}

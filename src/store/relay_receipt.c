/* Receipts: a provider says that a message was delivered or seen. They come late, twice and out of order, so they only ever
 * raise; and whatever was thought of the message before, one that was received was sent. */
#include "relay_receipt.h"

#include <errno.h>
#include <inttypes.h>

#include "relay_walk.h"

int thon_message_notices(struct thon_store *store, int64_t message, int (*visit)(int64_t notice, void *),
                         void *userdata)
{
        for (int64_t after = 0;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT min(notification) FROM (SELECT notification FROM message"
                                     " WHERE id = ?1 UNION ALL SELECT notification FROM message"
                                     " WHERE carrier = ?1) WHERE notification > ?2",
                                     SQL_INT(message), SQL_INT(after));
                if (r != 0 || !stmt || thon_column_null(stmt, 0))
                        return r;
                int64_t notice = thon_column_int(stmt, 0);
                if (notice <= after)
                        return thon_relay_damaged(store);
                stmt = thon_stmt_done(stmt);
                r = visit(notice, userdata);
                if (r != 0)
                        return r;
                after = notice;
        }
}

int thon_receipt_raise(struct thon_store *store, int64_t message, enum thon_receipt receipt,
                       struct thon_wall at)
{
        /* A message that is under way ends by its own answer; one that waits to be repeated need not be. */
        int r = thon_sql_do(
                store,
                "UPDATE message SET state = 2, at = ?2 WHERE (id = ?1 OR carrier = ?1) AND (state"
                " IN (3, 4) OR (state = 0 AND unknowns > 0))",
                SQL_INT(message), SQL_INT(at.s));
        if (r != 0)
                return r;
        return thon_sql_do(store,
                           "UPDATE delivery SET at = CASE WHEN receipt < ?2 THEN ?3 ELSE at END,"
                           " detail = CASE WHEN outcome > 1 THEN '' ELSE detail END,"
                           " outcome = CASE WHEN outcome > 1 OR (SELECT state FROM message AS m"
                           " WHERE m.id = delivery.message) = 2 THEN 1 ELSE outcome END,"
                           " receipt = max(receipt, ?2) WHERE (message = ?1 OR message IN (SELECT id FROM"
                           " message WHERE carrier = ?1)) AND (receipt < ?2 OR outcome <> 1)",
                           SQL_INT(message), SQL_INT(receipt), SQL_INT(at.s));
}

/* "m17" is message 17; 0 for anything else. */
static int64_t tracked(const char *text)
{
        int64_t id = 0;
        if (*text++ != 'm' || *text == '0')
                return 0;
        for (; *text >= '0' && *text <= '9'; text++)
                if (__builtin_mul_overflow(id, 10, &id) || __builtin_add_overflow(id, *text - '0', &id))
                        return 0;
        return *text ? 0 : id;
}

/* Several channels may be one account of a provider: the one that tells is preferred, not required. */
static int find(struct thon_store *store, const char *channel, const char *message_id, int64_t *ret_id,
                int64_t *ret_notice)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int64_t own = tracked(message_id);
        int r = thon_sql_row(store, &stmt,
                             "SELECT id, notification FROM message WHERE message_id = ?1"
                             " ORDER BY channel = ?2 DESC, id DESC LIMIT 1",
                             SQL_TEXT(message_id), SQL_TEXT(channel));
        if (r == 0 && !stmt && own != 0)
                r = thon_sql_row(store, &stmt, "SELECT id, notification FROM message WHERE id = ?1",
                                 SQL_INT(own));
        if (r != 0)
                return r;
        *ret_id = stmt ? thon_column_int(stmt, 0) : 0;
        *ret_notice = stmt ? thon_column_int(stmt, 1) : 0;
        if (*ret_id == 0 || *ret_notice != 0)
                return 0;
        stmt = thon_stmt_done(stmt);
        r = thon_sql_row(store, &stmt, "SELECT max(notification) FROM message WHERE carrier = ?1",
                         SQL_INT(*ret_id));
        if (r == 0 && stmt)
                *ret_notice = thon_column_int(stmt, 0);
        return r;
}

int thon_message_receipt(struct thon_store *store, const char *channel, const char *message_id,
                         enum thon_receipt receipt, struct thon_wall at, int64_t *ret_notice)
{
        bool own = false;
        int64_t id = 0, notice = 0;
        int r = thon_sql_enter(store, &own);
        if (r != 0)
                return r;
        r = find(store, channel, message_id, &id, &notice);
        if (r == 0 && id != 0)
                r = thon_receipt_raise(store, id, receipt, at);
        r = thon_sql_leave(store, own, r);
        if (r == 0 && id == 0)
                return thon_store_answer(store, THON_STORE_NOT_FOUND,
                                         "a receipt for a message that is none"
                                         " of ours");
        if (r == 0)
                *ret_notice = notice;
        return r;
}

/* Somebody has taken note. A notice, what escalates it and what tells its end are one family: whichever of them is answered,
 * the cause is in somebody's hands, and nobody else is called. Each chat that answers is noted for its own delivery
 * besides, since a list of who has confirmed is what a storm warning is sent for. */
#include <errno.h>
#include <inttypes.h>

#include "relay_audit.h"
#include "relay_receipt.h"
#include "relay_walk.h"

/* UNION ends even where a damaged file has a circle. */
#define FAMILY                                                                                        \
        "WITH RECURSIVE up (id) AS (VALUES (?1) UNION SELECT n.parent FROM notification AS n JOIN up" \
        " ON n.id = up.id WHERE n.parent IS NOT NULL), family (id) AS (SELECT id FROM up UNION"       \
        " SELECT n.id FROM notification AS n JOIN family AS f ON n.parent = f.id) "

static const char WAITING_IN_CHAT[] =
        "SELECT n.id FROM message AS m JOIN notification AS n ON n.id = m.notification"
        " WHERE m.channel = ?1 AND m.address = ?2 AND m.state IN (1, 2, 4) AND n.state IN (0, 1)"
        " AND (n.ack IS NOT NULL OR EXISTS (SELECT 1 FROM notification AS p WHERE p.id = n.parent"
        " AND p.ack IS NOT NULL)) AND (n.ack_at IS NULL OR EXISTS (SELECT 1 FROM delivery AS d"
        " WHERE d.message = m.id AND d.receipt < 3)) ORDER BY m.id DESC LIMIT 1";

static const char WENT_TO_CHAT[] =
        FAMILY "SELECT ?1 FROM message AS m WHERE m.notification IN family AND m.channel = ?2"
               " AND m.address = ?3 AND m.state IN (1, 2, 4) AND EXISTS (SELECT 1 FROM notification AS n"
               " WHERE n.id IN family AND n.ack IS NOT NULL) LIMIT 1";

int thon_notice_waiting(struct thon_store *store, const char *channel, const char *address, int64_t id,
                        int64_t *ret_id)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = id == 0 ? thon_sql_row(store, &stmt, WAITING_IN_CHAT, SQL_TEXT(channel), SQL_TEXT(address))
                        : thon_sql_row(store, &stmt, WENT_TO_CHAT, SQL_INT(id), SQL_TEXT(channel),
                                       SQL_TEXT(address));
        if (r != 0)
                return r;
        if (!stmt)
                return thon_store_answer(store, THON_STORE_NOT_FOUND,
                                         "nothing that went to this chat waits for an acknowledgement");
        *ret_id = thon_column_int(stmt, 0);
        return 0;
}

/* The family's messages to this chat. */
static int acknowledge_chat(struct thon_store *store, int64_t id, const char *channel, const char *address,
                            struct thon_wall at)
{
        for (int64_t after = 0;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt,
                                     FAMILY "SELECT m.id FROM message AS m WHERE m.notification IN family"
                                            " AND m.channel = ?2 AND m.address = ?3 AND m.state IN (1, 2, 4)"
                                            " AND m.id > ?4 ORDER BY m.id LIMIT 1",
                                     SQL_INT(id), SQL_TEXT(channel), SQL_TEXT(address), SQL_INT(after));
                if (r != 0 || !stmt)
                        return r;
                int64_t message = thon_column_int(stmt, 0);
                if (message <= after)
                        return thon_relay_damaged(store);
                r = thon_receipt_raise(store, message, THON_RECEIPT_ACKNOWLEDGED, at);
                if (r != 0)
                        return r;
                after = message;
        }
}

static int acknowledge(struct thon_store *store, int64_t id, const char *by, const char *channel,
                       const char *address, struct thon_wall at, bool *ret_first)
{
        int r = thon_sql_do(store,
                            FAMILY "UPDATE notification SET ack_at = ?2, ack_by = ?3, escalate_at = NULL"
                                   " WHERE id IN family AND ack_at IS NULL",
                            SQL_INT(id), SQL_INT(at.s), SQL_TEXT(by));
        if (r == 0 && channel && address)
                r = acknowledge_chat(store, id, channel, address, at);
        if (r != 0 || !*ret_first)
                return r;
        return thon_relay_audit(store, at, by, "acknowledge", id, json_pack("{s:s?}", "channel", channel));
}

int thon_notice_acknowledge(struct thon_store *store, int64_t id, const char *by, const char *channel,
                            const char *address, struct thon_wall at, bool *ret_first)
{
        bool own = false, first = false, found = false;
        int r = thon_sql_enter(store, &own);
        if (r != 0)
                return r;
        {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                r = thon_sql_row(store, &stmt, "SELECT ack_at IS NULL FROM notification WHERE id = ?1",
                                 SQL_INT(id));
                found = stmt;
                first = stmt && thon_column_int(stmt, 0) != 0;
        }
        if (r == 0 && found)
                r = acknowledge(store, id, by, channel, address, at, &first);
        r = thon_sql_leave(store, own, r);
        if (r == 0 && !found)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        if (r == 0)
                *ret_first = first;
        return r;
}

/* ---- escalating ---- */

int thon_escalation_due(struct thon_store *store, struct thon_wall now,
                        int (*visit)(const struct thon_escalation *, void *), void *userdata,
                        struct thon_wall *ret_next)
{
        /* One row a statement, behind the last: the visitor sets the next step of what it is given. */
        for (int64_t at = INT64_MIN, id = INT64_MIN;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT escalate_at, id, escalated, class, ack, text, source"
                                     " FROM notification WHERE escalate_at IS NOT NULL"
                                     " AND (escalate_at, id) > (?1, ?2) ORDER BY escalate_at, id LIMIT 1",
                                     SQL_INT(at), SQL_INT(id));
                if (r != 0)
                        return r;
                if (!stmt || thon_column_int(stmt, 0) > now.s) {
                        *ret_next = stmt ? thon_column_time(stmt, 0) : THON_WALL_NEVER;
                        return 0;
                }
                const struct thon_escalation escalation = {
                        .id = thon_column_int(stmt, 1),
                        .done = (unsigned)thon_within(thon_column_int(stmt, 2), UINT32_MAX),
                        .class = (enum thon_class)thon_within(thon_column_int(stmt, 3), THON_CLASSES - 1),
                        .ack = thon_column_text(stmt, 4),
                        .text = thon_column_text_or_empty(stmt, 5),
                        .source = thon_column_text_or_empty(stmt, 6)};
                int64_t due = thon_column_int(stmt, 0);
                if (due < at || (due == at && escalation.id <= id))
                        return thon_relay_damaged(store);
                at = due;
                id = escalation.id;
                r = visit(&escalation, userdata);
                if (r != 0)
                        return r;
        }
}

int thon_escalation_redate(struct thon_store *store, struct thon_wall now)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE notification SET escalate_at = ?1 + escalate_at - submitted_at"
                                " WHERE escalate_at IS NOT NULL AND submitted_at > ?1"
                                " AND escalate_at > submitted_at AND ifnull(not_before, 0) <= submitted_at",
                                SQL_INT(now.s));
        return thon_sql_leave(store, own, r);
}

int thon_escalation_done(struct thon_store *store, int64_t id, unsigned done, struct thon_wall next)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        /* Acknowledged meanwhile: it does not begin again. */
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE notification SET escalated = ?2, escalate_at = CASE WHEN ack_at"
                                " IS NULL THEN ?3 END WHERE id = ?1",
                                SQL_INT(id), SQL_INT(done), SQL_TIME(next));
        return thon_sql_leave(store, own, r);
}

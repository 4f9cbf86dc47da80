/* How a message ends, and what that means for those it was for: its own deliveries, and, when it is a carrier (a digest
 * of several messages to one chat), the messages that it carried and theirs.
 *
 * Nothing that may have been sent is ever called not sent: a message of which an earlier try was unknown, and which is
 * then dropped, is unknown. */
#include <errno.h>
#include <string.h>

#include "relay_walk.h"

int thon_message_read(struct thon_store *store, struct thon_stmt *stmt, struct thon_message *ret)
{
        struct thon_message message = {
                .id = thon_column_int(stmt, 0),
                .notification = thon_column_int(stmt, 1),
                .class = (enum thon_class)thon_within(thon_column_int(stmt, 2), THON_CLASSES - 1),
                .channel = thon_column_text_or_empty(stmt, 3),
                .address = thon_column_text_or_empty(stmt, 4),
                .text = thon_column_text_or_empty(stmt, 5),
                .template_id = thon_column_text(stmt, 6),
                .values = thon_column_text(stmt, 7),
                .attempts = (unsigned)thon_within(thon_column_int(stmt, 8), UINT32_MAX),
                .unknowns = (unsigned)thon_within(thon_column_int(stmt, 9), UINT32_MAX),
                .part = (unsigned)thon_within(thon_column_int(stmt, 10), UINT32_MAX),
                .expires = thon_column_time(stmt, 11),
                .at = thon_column_time(stmt, 12),
                .picture = thon_column_text(stmt, 13)};
        _cleanup_stmt_ struct thon_stmt *deliveries = NULL;
        int r = thon_sql_with(store, &deliveries,
                              message.notification != 0
                                      ? "SELECT ladder, rung FROM delivery WHERE message = ?1"
                                      : "SELECT ladder, rung FROM delivery WHERE message IN"
                                        " (SELECT id FROM message WHERE carrier = ?1)",
                              SQL_INT(message.id));
        for (bool row; r == 0;) {
                struct thon_rung rung;
                r = thon_stmt_step(deliveries, &row);
                if (r != 0 || !row)
                        break;
                message.deliveries++;
                message.more_rungs =
                        message.more_rungs ||
                        thon_ladder_rung(
                                thon_column_text_or_empty(deliveries, 0),
                                (unsigned)thon_within(thon_column_int(deliveries, 1), THON_RUNGS_MAX) + 1,
                                &rung);
        }
        if (r == 0)
                *ret = message;
        return r;
}

static enum thon_outcome outcome_of(enum thon_message_phase state)
{
        switch (state) {
        case THON_MESSAGE_SENT:
                return THON_OUTCOME_SENT;
        case THON_MESSAGE_NOT_SENT:
                return THON_OUTCOME_NOT_SENT;
        case THON_MESSAGE_UNKNOWN:
                return THON_OUTCOME_UNKNOWN;
        case THON_MESSAGE_QUEUED:
        case THON_MESSAGE_SENDING:
        case THON_MESSAGE_CARRIED:
                break;
        }
        return THON_OUTCOME_PENDING;
}

int thon_deliveries_end(struct thon_store *store, int64_t message, enum thon_message_phase state,
                        const char *detail, struct thon_wall at)
{
        return thon_sql_do(store,
                           "UPDATE delivery SET outcome = ?2, detail = ?3, at = ?4 WHERE message = ?1"
                           " AND outcome IN (0, 3)",
                           SQL_INT(message), SQL_INT(outcome_of(state)),
                           SQL_TEXT(state == THON_MESSAGE_SENT ? "" : detail), SQL_INT(at.s));
}

int thon_message_end(struct thon_store *store, int64_t message, enum thon_message_phase state,
                     const char *detail, struct thon_wall at)
{
        int r = thon_sql_do(store, "UPDATE message SET state = ?2, detail = ?3, at = ?4 WHERE id = ?1",
                            SQL_INT(message), SQL_INT(state), SQL_TEXT(detail), SQL_INT(at.s));
        return r == 0 ? thon_deliveries_end(store, message, state, detail, at) : r;
}

int thon_message_reopen(struct thon_store *store, int64_t message, struct thon_wall at)
{
        static const char *const STEPS[] = {
                "UPDATE notification SET state = 0, done_at = NULL WHERE state = 1 AND id IN (SELECT"
                " notification FROM message WHERE id = ?1 OR carrier = ?1)",
                "UPDATE message SET state = 5 WHERE carrier = ?1 AND state = 4",
                "UPDATE delivery SET outcome = 0, detail = '', at = ?2 WHERE outcome = 3 AND (message = ?1"
                " OR message IN (SELECT id FROM message WHERE carrier = ?1))"};
        int r = 0;
        for (size_t i = 0; r == 0 && i < sizeof(STEPS) / sizeof(STEPS[0]); i++)
                r = i < 2 ? thon_sql_do(store, STEPS[i], SQL_INT(message))
                          : thon_sql_do(store, STEPS[i], SQL_INT(message), SQL_INT(at.s));
        return r;
}

int thon_carried_next(struct thon_store *store, int64_t carrier, struct thon_carried *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int64_t after = ret->id;
        int r = thon_sql_row(
                store, &stmt,
                "SELECT id, notification FROM message WHERE carrier = ?1 AND id > ?2 AND state = 5"
                " ORDER BY id LIMIT 1",
                SQL_INT(carrier), SQL_INT(after));
        if (r != 0)
                return r;
        *ret = stmt ? (struct thon_carried){thon_column_int(stmt, 0), thon_column_int(stmt, 1)}
                    : (struct thon_carried){0};
        return stmt && ret->id <= after ? thon_relay_damaged(store) : 0;
}

/* Queued again, alone, unless its notice was withdrawn or superseded while the digest was on its way. */
static int release(struct thon_store *store, int64_t message, struct thon_wall at)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT m.expires, n.state FROM message AS m JOIN notification AS n"
                             " ON n.id = m.notification WHERE m.id = ?1",
                             SQL_INT(message));
        if (r != 0 || !stmt)
                return r;
        if (thon_column_int(stmt, 1) >= THON_NOTICE_WITHDRAWN)
                return thon_message_drop(store, message,
                                         thon_column_int(stmt, 1) == THON_NOTICE_SUPERSEDED
                                                 ? THON_DETAIL_SUPERSEDED
                                                 : THON_DETAIL_WITHDRAWN,
                                         at);
        if (!thon_wall_before(at, thon_column_time(stmt, 0)))
                return thon_message_drop(store, message, THON_DETAIL_EXPIRED, at);
        return thon_sql_do(store,
                           "UPDATE message SET state = 0, carrier = NULL, due = ?2, why = 0 WHERE id = ?1",
                           SQL_INT(message), SQL_INT(at.s));
}

int thon_carrier_release(struct thon_store *store, int64_t carrier, struct thon_wall at)
{
        for (struct thon_carried carried = {0};;) {
                int r = thon_carried_next(store, carrier, &carried);
                if (r != 0 || carried.id == 0)
                        return r;
                r = release(store, carried.id, at);
                if (r != 0)
                        return r;
        }
}

int thon_message_drop(struct thon_store *store, int64_t message, const char *detail, struct thon_wall at)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT unknowns, notification FROM message WHERE id = ?1",
                             SQL_INT(message));
        if (r != 0 || !stmt)
                return r;
        bool unknown = thon_column_int(stmt, 0) > 0, carrier = thon_column_null(stmt, 1);
        r = thon_message_end(store, message, unknown ? THON_MESSAGE_UNKNOWN : THON_MESSAGE_NOT_SENT, detail,
                             at);
        if (r != 0 || !carrier)
                return r;
        /* What it carried may have been sent with it. */
        if (!unknown)
                return thon_carrier_release(store, message, at);
        for (struct thon_carried carried = {0};;) {
                r = thon_carried_next(store, message, &carried);
                if (r != 0 || carried.id == 0)
                        return r;
                r = thon_message_end(store, carried.id, THON_MESSAGE_UNKNOWN, detail, at);
                if (r != 0)
                        return r;
        }
}

/* Digests that wait with words of this notice in them are taken apart. */
static int leave_carriers(struct thon_store *store, int64_t notice, struct thon_wall at)
{
        for (int64_t after = 0;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT c.id FROM message AS m JOIN message AS c ON c.id = m.carrier"
                                     " WHERE m.notification = ?1 AND m.state = 5 AND c.state = 0"
                                     " AND c.id > ?2 ORDER BY c.id LIMIT 1",
                                     SQL_INT(notice), SQL_INT(after));
                if (r != 0 || !stmt)
                        return r;
                int64_t carrier = thon_column_int(stmt, 0);
                if (carrier <= after)
                        return thon_relay_damaged(store);
                r = thon_message_drop(store, carrier, "", at);
                if (r != 0)
                        return r;
                after = carrier;
        }
}

int thon_notice_drop(struct thon_store *store, int64_t notice, const char *detail, struct thon_wall at,
                     size_t *ret_n)
{
        int r = leave_carriers(store, notice, at);
        if (r != 0)
                return r;
        /* All that are pending but those whose message is under way, in a digest or by itself. */
        r = thon_sql_do(store,
                        "UPDATE delivery SET outcome = CASE WHEN (SELECT unknowns FROM message AS m"
                        " WHERE m.id = delivery.message) > 0 THEN 3 ELSE 2 END, detail = ?2, at = ?3"
                        " WHERE notification = ?1 AND outcome = 0 AND NOT EXISTS (SELECT 1 FROM message AS m"
                        " WHERE m.id = delivery.message AND m.state IN (1, 5))",
                        SQL_INT(notice), SQL_TEXT(detail), SQL_INT(at.s));
        if (r != 0)
                return r;
        *ret_n = (size_t)thon_sql_changes(store);
        return thon_sql_do(
                store,
                "UPDATE message SET state = CASE WHEN unknowns > 0 THEN 4 ELSE 3 END, detail = ?2,"
                " at = ?3 WHERE notification = ?1 AND state = 0",
                SQL_INT(notice), SQL_TEXT(detail), SQL_INT(at.s));
}

/* Alerts as they came in. One that was taken is in the audit log with the digest of its bytes. Those that were
 * refused are kept as evidence too, but somebody who sends a thousand of them must not fill the card: only the last
 * ones have their bytes, and there is an end. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sql.h"
#include "thon/announce_store.h"
#include "thon/cap.h"
#include "thon/digest.h"

#define REFUSED_WHOLE 50   /* with their bytes */
#define REFUSED_MAX   1000 /* at all */

static const char *or_empty(const char *text)
{
        return text ? text : "";
}

static int audit(struct thon_store *store, const struct thon_cap_row *row, int64_t id, const char *xml,
                 size_t size)
{
        _cleanup_json_ json_t *detail = NULL;
        _cleanup_free_ char *text = NULL;
        char object[40], digest[THON_DIGEST_TEXT];
        int r = thon_digest(xml, size, digest);

        if (r < 0)
                return r;
        detail = json_pack("{s:s, s:s, s:s, s:s, s:s}", "sender", or_empty(row->sender), "identifier",
                           or_empty(row->identifier), "signer", or_empty(row->signer), "announcement",
                           or_empty(row->announcement), "sha256", digest);
        if (!detail)
                return thon_store_fail(store, THON_STORE_INVALID, "a text of the alert is no UTF-8");
        text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
        if (!text)
                return -ENOMEM;
        (void)snprintf(object, sizeof(object), "cap:%" PRId64, id);
        return thon_audit_add(store, row->received, "thon-announced", "announce-cap", object, text);
}

static int make_room(struct thon_store *store)
{
        int r = thon_sql_do(store,
                            "UPDATE cap_alert SET xml = NULL WHERE id = (SELECT id FROM cap_alert"
                            " WHERE taken = 0 ORDER BY id DESC LIMIT 1 OFFSET ?1)",
                            SQL_INT(REFUSED_WHOLE));

        if (r == 0)
                r = thon_sql_do(store,
                                "DELETE FROM cap_alert WHERE id = (SELECT id FROM cap_alert WHERE taken = 0"
                                " ORDER BY id DESC LIMIT 1 OFFSET ?1)",
                                SQL_INT(REFUSED_MAX));
        return r;
}

static int add(struct thon_store *store, const struct thon_cap_row *row, const char *xml, size_t size)
{
        _cleanup_free_ char *copy = NULL;
        int64_t id;
        int r;

        if (size > THON_CAP_MAX)
                return thon_store_fail(store, THON_STORE_INVALID, "an alert has at most %d bytes",
                                       THON_CAP_MAX);
        copy = strndup(xml, size);
        if (!copy)
                return -ENOMEM;
        r = thon_sql_do(store,
                        "INSERT INTO cap_alert (sender, identifier, sent, received, expires, taken, over,"
                        " origin, signer, announcement, reason, xml) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
                        " ?9, ?10, ?11, ?12)",
                        SQL_TEXT(or_empty(row->sender)), SQL_TEXT(or_empty(row->identifier)),
                        SQL_TIME(row->sent), SQL_INT(row->received.s), SQL_TIME(row->expires),
                        SQL_INT(row->taken), SQL_INT(row->over), SQL_TEXT(or_empty(row->origin)),
                        SQL_TEXT(or_empty(row->signer)), SQL_TEXT(or_empty(row->announcement)),
                        SQL_TEXT(or_empty(row->reason)), SQL_TEXT(copy));
        if (r != 0)
                return r;
        id = thon_sql_last_id(store);
        return row->taken ? audit(store, row, id, copy, strlen(copy)) : make_room(store);
}

int thon_cap_add(struct thon_store *store, const struct thon_cap_row *row, const char *xml, size_t size)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = add(store, row, xml, size);
        return thon_sql_leave(store, own, r);
}

int thon_cap_over(struct thon_store *store, const char *sender, const char *identifier,
                  struct thon_wall sent)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE cap_alert SET over = 1 WHERE sender = ?1 AND identifier = ?2"
                                " AND sent IS ?3 AND taken = 1",
                                SQL_TEXT(sender), SQL_TEXT(identifier), SQL_TIME(sent));
        return thon_sql_leave(store, own, r);
}

int thon_caps(struct thon_store *store, size_t limit, int (*visit)(const struct thon_cap_row *, void *),
              void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt,
                              "SELECT id, sender, identifier, origin, signer, announcement, reason, sent,"
                              " received, expires, taken, over FROM cap_alert ORDER BY id DESC LIMIT ?1",
                              SQL_INT(limit == 0 || limit > INT32_MAX ? -1 : (int64_t)limit));

        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                r = visit(&(struct thon_cap_row){.id = thon_column_int(stmt, 0),
                                                 .sender = thon_column_text_or_empty(stmt, 1),
                                                 .identifier = thon_column_text_or_empty(stmt, 2),
                                                 .origin = thon_column_text_or_empty(stmt, 3),
                                                 .signer = thon_column_text_or_empty(stmt, 4),
                                                 .announcement = thon_column_text_or_empty(stmt, 5),
                                                 .reason = thon_column_text_or_empty(stmt, 6),
                                                 .sent = thon_column_time(stmt, 7),
                                                 .received = {thon_column_int(stmt, 8)},
                                                 .expires = thon_column_time(stmt, 9),
                                                 .taken = thon_column_int(stmt, 10) != 0,
                                                 .over = thon_column_int(stmt, 11) != 0},
                          userdata);
        }
        return r;
}

/* A notice as people and programs look at it: what it is, how many were reached, and for each recipient by which rung, with
 * what came before on the ladder. Nothing is cached: the counts are one walk over an index that holds what they need. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "relay_json.h"
#include "relay_walk.h"

#define LIST_MAX 10000

json_t *thon_column_json(struct thon_stmt *stmt, int column)
{
        const char *text = thon_column_text(stmt, column);
        json_t *json = text ? json_string(text) : json_null();
        return json ? json : json_string("\xEF\xBF\xBD");
}

json_t *thon_column_json_integer(struct thon_stmt *stmt, int column)
{
        return thon_column_null(stmt, column) ? json_null() : json_integer(thon_column_int(stmt, column));
}

/* A JSON document in a column; null when there is none or it is damaged. */
static json_t *column_doc(struct thon_stmt *stmt, int column)
{
        const char *text = thon_column_text(stmt, column);
        json_t *doc = NULL;
        if (!text || thon_json_parse(text, strlen(text), SIZE_MAX, &doc, NULL) < 0)
                return json_null();
        return doc;
}

/* ---- counts ---- */

struct counts {
        int64_t outcomes[THON_OUTCOMES], receipts[THON_RECEIPTS], recipients;
};

static int count(struct thon_store *store, int64_t id, struct counts *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt,
                              "SELECT outcome, receipt, count(*) FROM delivery WHERE notification = ?1"
                              " GROUP BY outcome, receipt",
                              SQL_INT(id));
        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        break;
                int64_t n = thon_column_int(stmt, 2);
                ret->outcomes[thon_within(thon_column_int(stmt, 0), THON_OUTCOMES - 1)] += n;
                ret->recipients += n;
                for (int64_t i = thon_within(thon_column_int(stmt, 1), THON_RECEIPTS - 1); i > 0; i--)
                        ret->receipts[i] += n;
        }
        return r;
}

static json_t *counts_json(const struct counts *counts, int64_t left_out)
{
        json_t *object = json_pack("{s:I, s:I}", "recipients", (json_int_t)counts->recipients, "left_out",
                                   (json_int_t)left_out);
        int failed = object ? 0 : -1;
        for (int i = 0; failed == 0 && i < THON_OUTCOMES; i++)
                failed = json_object_set_new(object, thon_outcome_text((enum thon_outcome)i),
                                             json_integer(counts->outcomes[i]));
        for (int i = THON_RECEIPT_DELIVERED; failed == 0 && i < THON_RECEIPTS; i++)
                failed = json_object_set_new(object, thon_receipt_text((enum thon_receipt)i),
                                             json_integer(counts->receipts[i]));
        if (failed == 0)
                return object;
        json_decref(object);
        return NULL;
}

int thon_notice_counts(struct thon_store *store, int64_t id, json_t **ret, bool *ret_done)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        struct counts counts = {0};
        int r = thon_sql_row(store, &stmt, "SELECT left_out FROM notification WHERE id = ?1", SQL_INT(id));
        if (r == 0 && !stmt)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        if (r == 0)
                r = count(store, id, &counts);
        if (r != 0)
                return r;
        json_t *object = counts_json(&counts, thon_column_int(stmt, 0));
        if (!object)
                return -ENOMEM;
        *ret = object;
        *ret_done = counts.outcomes[THON_OUTCOME_PENDING] == 0;
        return 0;
}

/* ---- one notice ---- */

static const char *const states[] = {
        [THON_NOTICE_OPEN] = "open",
        [THON_NOTICE_DONE] = "done",
        [THON_NOTICE_WITHDRAWN] = "withdrawn",
        [THON_NOTICE_SUPERSEDED] = "superseded",
};

#define TIME_NOT_BEFORE   THON_SQL_TIME("not_before")
#define TIME_EXPIRES      THON_SQL_TIME("expires")
#define TIME_ACK_AT       THON_SQL_TIME("ack_at")
#define TIME_ESCALATE_AT  THON_SQL_TIME("escalate_at")
#define TIME_SUBMITTED_AT THON_SQL_TIME("submitted_at")
#define TIME_DONE_AT      THON_SQL_TIME("done_at")
#define NOTICE_COLUMNS                                                                           \
        "id, class, state, purpose, audience, text, template, template_values, " TIME_NOT_BEFORE \
        ", " TIME_EXPIRES ", key, supersedes, parent, source, ack, " TIME_ACK_AT                 \
        ", ack_by, escalated, " TIME_ESCALATE_AT ", by, " TIME_SUBMITTED_AT ", " TIME_DONE_AT    \
        ", left_out, picture"

static int notice_json(struct thon_store *store, struct thon_stmt *stmt, json_t **ret)
{
        struct counts counts = {0};
        int r = count(store, thon_column_int(stmt, 0), &counts);
        if (r != 0)
                return r;
        enum thon_class class = (enum thon_class)thon_within(thon_column_int(stmt, 1), THON_CLASSES - 1);
        json_t *object = json_pack(
                "{s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
                " s:o, s:o, s:o, s:o, s:o, s:o}",
                "id", (json_int_t)thon_column_int(stmt, 0), "class", thon_class_text(class), "state",
                states[thon_within(thon_column_int(stmt, 2), THON_NOTICE_SUPERSEDED)], "purpose",
                thon_column_json(stmt, 3), "to", column_doc(stmt, 4), "text", thon_column_json(stmt, 5),
                "template", thon_column_json(stmt, 6), "values", column_doc(stmt, 7), "not_before",
                thon_column_json(stmt, 8), "expires", thon_column_json(stmt, 9), "key",
                thon_column_json(stmt, 10), "supersedes", thon_column_json_integer(stmt, 11), "parent",
                thon_column_json_integer(stmt, 12), "source", thon_column_json(stmt, 13), "ack",
                column_doc(stmt, 14), "acknowledged_at", thon_column_json(stmt, 15), "acknowledged_by",
                thon_column_json(stmt, 16), "escalated", thon_column_json_integer(stmt, 17), "escalate_at",
                thon_column_json(stmt, 18), "by", thon_column_json(stmt, 19), "submitted_at",
                thon_column_json(stmt, 20), "done_at", thon_column_json(stmt, 21), "counts",
                counts_json(&counts, thon_column_int(stmt, 22)), "picture", thon_column_json(stmt, 23));
        if (!object)
                return -ENOMEM;
        *ret = object;
        return 0;
}

/* ---- its deliveries ---- */

static const char *const phases[] = {
        [THON_MESSAGE_QUEUED] = "queued",   [THON_MESSAGE_SENDING] = "sending",
        [THON_MESSAGE_SENT] = "sent",       [THON_MESSAGE_NOT_SENT] = "not_sent",
        [THON_MESSAGE_UNKNOWN] = "unknown", [THON_MESSAGE_CARRIED] = "carried",
};

/* What became of the rungs before the present one; a rung that was passed over has no message and is not told. */
static int rungs_json(struct thon_store *store, int64_t notice, const char *ladder, int64_t rung,
                      int64_t *attempts, json_t **ret)
{
        _cleanup_json_ json_t *list = json_array();
        struct thon_rung at;
        if (!list)
                return -ENOMEM;
        for (int64_t i = 0; i < rung && thon_ladder_rung(ladder, (unsigned)i, &at); i++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT state, attempts, code, detail, " THON_SQL_TIME(
                                             "at") " FROM message WHERE notification = ?1 AND channel = ?2"
                                                   " AND address = ?3 ORDER BY id DESC LIMIT 1",
                                     SQL_INT(notice), SQL_TEXT(at.channel), SQL_TEXT(at.address));
                if (r != 0)
                        return r;
                if (!stmt)
                        continue;
                *attempts += thon_column_int(stmt, 1);
                if (json_array_append_new(
                            list,
                            json_pack("{s:s, s:s, s:I, s:o, s:o, s:o}", "channel", at.channel, "state",
                                      phases[thon_within(thon_column_int(stmt, 0), THON_MESSAGE_CARRIED)],
                                      "attempts", (json_int_t)thon_column_int(stmt, 1), "code",
                                      thon_column_json_integer(stmt, 2), "detail", thon_column_json(stmt, 3),
                                      "at", thon_column_json(stmt, 4))) < 0)
                        return -ENOMEM;
        }
        *ret = THON_TAKE(list);
        return 0;
}

/* While it waits, the message knows why: hours, quota, what the provider said last. */
static const char DELIVERIES[] =
        "SELECT d.household, d.person, m.channel, d.outcome, CASE WHEN d.detail = '' AND d.outcome = 0"
        " THEN ifnull(m.detail, '') ELSE d.detail END, ifnull(m.attempts, 0) + ifnull(c.attempts, 0),"
        " coalesce(m.message_id, c.message_id), d.receipt, " THON_SQL_TIME("d.at") ", d.area, d.ladder, d.rung, coalesce(m.code, c.code), m.state, " THON_SQL_TIME(
                "CASE WHEN m.state = 0 THEN m.due END") " FROM delivery AS d LEFT JOIN message AS m"
                                                        " ON m.id = d.message LEFT JOIN message AS c"
                                                        " ON c.id = m.carrier WHERE d.notification = ?1"
                                                        " ORDER BY d.id";

static int delivery_json(struct thon_store *store, int64_t notice, struct thon_stmt *stmt, json_t **ret)
{
        enum thon_outcome outcome =
                (enum thon_outcome)thon_within(thon_column_int(stmt, 3), THON_OUTCOMES - 1);
        enum thon_receipt receipt =
                (enum thon_receipt)thon_within(thon_column_int(stmt, 7), THON_RECEIPTS - 1);
        int64_t attempts = thon_column_int(stmt, 5);
        json_t *rungs = NULL;
        int r = rungs_json(store, notice, thon_column_text_or_empty(stmt, 10), thon_column_int(stmt, 11),
                           &attempts, &rungs);
        if (r != 0)
                return r;
        json_t *object =
                json_pack("{s:o, s:o, s:o, s:s, s:o, s:I, s:o, s:s?, s:o, s:o, s:o, s:s?, s:o, s:o}",
                          "household", thon_column_json(stmt, 0), "person", thon_column_json(stmt, 1),
                          "channel", thon_column_json(stmt, 2), "outcome", thon_outcome_text(outcome),
                          "detail", thon_column_json(stmt, 4), "attempts", (json_int_t)attempts,
                          "message_id", thon_column_json(stmt, 6), "receipt", thon_receipt_text(receipt),
                          "at", thon_column_json(stmt, 8), "area", thon_column_json(stmt, 9), "code",
                          thon_column_json_integer(stmt, 12), "message",
                          thon_column_null(stmt, 13)
                                  ? NULL
                                  : phases[thon_within(thon_column_int(stmt, 13), THON_MESSAGE_CARRIED)],
                          "due", thon_column_json(stmt, 14), "rungs", rungs);
        if (!object)
                return -ENOMEM;
        *ret = object;
        return 0;
}

static int deliveries_json(struct thon_store *store, int64_t notice, json_t **ret)
{
        _cleanup_json_ json_t *list = json_array();
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        if (!list)
                return -ENOMEM;
        int r = thon_sql_with(store, &stmt, DELIVERIES, SQL_INT(notice));
        for (bool row; r == 0;) {
                json_t *one = NULL;
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        break;
                r = delivery_json(store, notice, stmt, &one);
                if (r == 0 && json_array_append_new(list, one) < 0)
                        r = -ENOMEM;
        }
        if (r == 0)
                *ret = THON_TAKE(list);
        return r;
}

int thon_notice_show(struct thon_store *store, int64_t id, bool deliveries, json_t **ret)
{
        _cleanup_json_ json_t *object = NULL;
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        json_t *list = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT " NOTICE_COLUMNS " FROM notification WHERE id = ?1",
                             SQL_INT(id));
        if (r == 0 && !stmt)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        if (r == 0)
                r = notice_json(store, stmt, &object);
        if (r == 0 && deliveries)
                r = deliveries_json(store, id, &list);
        if (r == 0 && list && json_object_set_new(object, "deliveries", list) < 0)
                r = -ENOMEM;
        if (r == 0)
                *ret = THON_TAKE(object);
        return r;
}

int thon_notice_list(struct thon_store *store, bool open_only, int64_t limit, json_t **ret)
{
        _cleanup_json_ json_t *list = json_array();
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        if (!list)
                return -ENOMEM;
        int r = thon_sql_with(store, &stmt,
                              open_only ? "SELECT " NOTICE_COLUMNS " FROM notification WHERE state = 0"
                                          " ORDER BY id DESC LIMIT ?1"
                                        : "SELECT " NOTICE_COLUMNS " FROM notification"
                                          " ORDER BY id DESC LIMIT ?1",
                              SQL_INT(thon_within(limit, LIST_MAX)));
        for (bool row; r == 0;) {
                json_t *one = NULL;
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        break;
                r = notice_json(store, stmt, &one);
                if (r == 0 && json_array_append_new(list, one) < 0)
                        r = -ENOMEM;
        }
        if (r == 0)
                *ret = THON_TAKE(list);
        return r;
}

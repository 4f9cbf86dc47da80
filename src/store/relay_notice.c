/* A notice from its submission to its end. What a person is answerable for goes to the audit log, one row a step of the
 * notice and never one a delivery; no address, number or text stands in it, since the log is kept for good. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "relay_audit.h"
#include "relay_walk.h"

/* Under the key: the first one's id, or that its words were others. */
static int look_for_key(struct thon_store *store, const struct thon_notice *notice, int64_t *ret_id)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        *ret_id = 0;
        if (!notice->key)
                return 0;
        int r = thon_sql_row(store, &stmt, "SELECT id, digest FROM notification WHERE key = ?1",
                             SQL_TEXT(notice->key));
        if (r != 0 || !stmt)
                return r;
        if (strcmp(thon_column_text_or_empty(stmt, 1), notice->digest ? notice->digest : "") != 0)
                return thon_store_answer(store, THON_STORE_EXISTS,
                                         "notice %" PRId64 " was submitted under this key with other words",
                                         thon_column_int(stmt, 0));
        *ret_id = thon_column_int(stmt, 0);
        return 0;
}

static int exists(struct thon_store *store, int64_t id)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT 1 FROM notification WHERE id = ?1", SQL_INT(id));
        if (r == 0 && !stmt)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        return r;
}

static int insert(struct thon_store *store, const struct thon_notice *n, int64_t *ret_id)
{
        int r = thon_sql_do(
                store,
                "INSERT INTO notification (class, purpose, audience, text, template, template_values,"
                " not_before, expires, key, digest, supersedes, parent, source, ack, escalate_at, by,"
                " submitted_at, left_out, picture) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
                " ?14, ?15, ?16, ?17, ?18, ?19)",
                SQL_INT(n->class), SQL_TEXT(thon_purpose_text(n->purpose)), SQL_TEXT(n->audience),
                SQL_TEXT(n->text), SQL_TEXT(n->template_id), SQL_TEXT(n->values), SQL_TIME(n->not_before),
                SQL_TIME(n->expires), SQL_TEXT(n->key), SQL_TEXT(n->digest), SQL_ID(n->supersedes),
                SQL_ID(n->parent), SQL_TEXT(n->source ? n->source : ""), SQL_TEXT(n->ack),
                SQL_TIME(n->escalate_at), SQL_TEXT(n->by ? n->by : ""), SQL_INT(n->at.s),
                SQL_INT((int64_t)n->left_out), SQL_TEXT(n->picture));
        if (r == 0)
                *ret_id = thon_sql_last_id(store);
        return r;
}

static int insert_delivery(struct thon_walk *walk, const struct thon_recipient_first *first)
{
        const struct thon_recipient *recipient = first->recipient;
        bool ended = first->rung < 0;
        int r = thon_sql_do(
                walk->store,
                "INSERT INTO delivery (notification, household, person, area, ladder, rung, outcome, detail,"
                " at) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8)",
                SQL_INT(walk->notice), SQL_TEXT(recipient->household), SQL_TEXT(recipient->person),
                SQL_TEXT(recipient->area), SQL_TEXT(recipient->ladder ? recipient->ladder : ""),
                SQL_INT(ended ? first->ended : THON_OUTCOME_PENDING),
                SQL_TEXT(ended && first->detail ? first->detail : ""), SQL_INT(walk->at.s));
        if (r != 0 || ended)
                return r;
        const struct thon_walker walker = {.delivery = thon_sql_last_id(walk->store),
                                           .household = recipient->household,
                                           .ladder = recipient->ladder ? recipient->ladder : "",
                                           .rung = 0};
        return thon_walk_place(walk, &walker, first->rung, first->due, first->why);
}

static int supersede(struct thon_store *store, int64_t id, struct thon_wall at)
{
        size_t n;
        int r = thon_notice_drop(store, id, THON_DETAIL_SUPERSEDED, at, &n);
        if (r != 0)
                return r;
        return thon_sql_do(store,
                           "UPDATE notification SET state = ?3, done_at = coalesce(done_at, ?2),"
                           " escalate_at = NULL WHERE id = ?1 AND state IN (?4, ?5)",
                           SQL_INT(id), SQL_INT(at.s), SQL_INT(THON_NOTICE_SUPERSEDED),
                           SQL_INT(THON_NOTICE_OPEN), SQL_INT(THON_NOTICE_DONE));
}

static int submit(struct thon_store *store, const struct thon_notice *notice,
                  const struct thon_recipient_first *recipients, size_t n, int64_t *ret_id)
{
        int r = insert(store, notice, ret_id);
        if (r != 0)
                return r;
        struct thon_walk walk = {.store = store,
                                 .notice = *ret_id,
                                 .class = notice->class,
                                 .expires = notice->expires,
                                 .at = notice->at};
        for (size_t i = 0; r == 0 && i < n; i++)
                r = insert_delivery(&walk, &recipients[i]);
        if (r == 0 && notice->supersedes != 0)
                r = supersede(store, notice->supersedes, notice->at);
        if (r != 0)
                return r;
        json_t *detail =
                json_pack("{s:s, s:s, s:s, s:I, s:I}", "class", thon_class_text(notice->class), "purpose",
                          thon_purpose_text(notice->purpose), "source", notice->source ? notice->source : "",
                          "recipients", (json_int_t)n, "left_out", (json_int_t)notice->left_out);
        if (detail && notice->supersedes != 0 &&
            json_object_set_new(detail, "supersedes", json_integer(notice->supersedes)) < 0) {
                json_decref(detail);
                detail = NULL;
        }
        return thon_relay_audit(store, notice->at, notice->by, "submit", *ret_id, detail);
}

int thon_notice_submit(struct thon_store *store, struct thon_notice *notice,
                       const struct thon_recipient_first *recipients, size_t n, bool *ret_existing)
{
        bool own = false;
        int64_t id = 0;
        int r = thon_sql_enter(store, &own), answer;
        if (r != 0)
                return r;
        /* Answers, while nothing is written. */
        answer = look_for_key(store, notice, &id);
        bool existing = answer == 0 && id != 0;
        if (answer == 0 && !existing && notice->supersedes != 0)
                answer = exists(store, notice->supersedes);
        if (answer == 0 && !existing)
                r = submit(store, notice, recipients, n, &id);
        r = thon_sql_leave(store, own, r);
        if (r != 0 || answer != 0)
                return r != 0 ? r : answer;
        notice->id = id;
        *ret_existing = existing;
        return 0;
}

static int withdraw(struct thon_store *store, int64_t id, enum thon_notice_state state, const char *detail,
                    const char *by, struct thon_wall at, size_t *ret_n)
{
        int r = thon_notice_drop(store, id, detail, at, ret_n);
        /* One that is done, but of which some delivery is unknown, is withdrawn too: what an inquiry finds to be not sent would
         * else be sent after all. */
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE notification SET done_at = CASE WHEN state = ?4 THEN ?3 ELSE done_at"
                                " END, state = CASE WHEN state = ?4 OR (state = ?5 AND EXISTS (SELECT 1 FROM"
                                " delivery AS d WHERE d.notification = ?1 AND d.outcome = ?6)) THEN ?2"
                                " ELSE state END, escalate_at = NULL WHERE id = ?1",
                                SQL_INT(id), SQL_INT(state), SQL_INT(at.s), SQL_INT(THON_NOTICE_OPEN),
                                SQL_INT(THON_NOTICE_DONE), SQL_INT(THON_OUTCOME_UNKNOWN));
        if (r != 0)
                return r;
        return thon_relay_audit(store, at, by, "withdraw", id,
                                json_pack("{s:I}", "deliveries", (json_int_t)*ret_n));
}

int thon_notice_withdraw(struct thon_store *store, int64_t id, enum thon_notice_state state,
                         const char *detail, const char *by, struct thon_wall at, size_t *ret_n)
{
        bool own = false;
        size_t n = 0;
        int r = thon_sql_enter(store, &own), answer;
        if (r != 0)
                return r;
        answer = exists(store, id);
        if (answer == 0)
                r = withdraw(store, id, state, detail, by, at, &n);
        r = thon_sql_leave(store, own, r);
        if (r != 0 || answer != 0)
                return r != 0 ? r : answer;
        *ret_n = n;
        return 0;
}

static int finish(struct thon_store *store, int64_t id, struct thon_wall at)
{
        _cleanup_json_ json_t *counts = NULL;
        bool done = false;
        int r = thon_notice_counts(store, id, &counts, &done);
        if (r != 0 || !done)
                return r;
        r = thon_sql_do(store,
                        "UPDATE notification SET state = ?3, done_at = ?2 WHERE id = ?1 AND state = ?4",
                        SQL_INT(id), SQL_INT(at.s), SQL_INT(THON_NOTICE_DONE), SQL_INT(THON_NOTICE_OPEN));
        if (r != 0 || thon_sql_changes(store) == 0)
                return r;
        return thon_relay_audit(store, at, NULL, "finish", id, THON_TAKE(counts));
}

int thon_notice_finish(struct thon_store *store, int64_t id, struct thon_wall at)
{
        bool own = false;
        int r = thon_sql_enter(store, &own), answer;
        if (r != 0)
                return r;
        answer = exists(store, id);
        if (answer == 0)
                r = finish(store, id, at);
        r = thon_sql_leave(store, own, r);
        return r != 0 ? r : answer;
}

int thon_notice_open_each(struct thon_store *store, int (*visit)(int64_t id, void *), void *userdata)
{
        for (int64_t after = 0;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(
                        store, &stmt,
                        "SELECT id FROM notification WHERE state = 0 AND id > ?1 ORDER BY id LIMIT 1",
                        SQL_INT(after));
                if (r != 0 || !stmt)
                        return r;
                int64_t id = thon_column_int(stmt, 0);
                if (id <= after)
                        return thon_relay_damaged(store);
                stmt = thon_stmt_done(stmt);
                r = visit(id, userdata);
                if (r != 0)
                        return r;
                after = id;
        }
}

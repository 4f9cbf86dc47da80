/* Whom a notice has reached: its own deliveries, and those of what descends from it. Who is told that something is over is
 * read here and nowhere else, since it must be those, and only those, who had been told of it. */
#include "thon/relay_told_store.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "relay_walk.h"

int thon_notice_text_set(struct thon_store *store, int64_t id, const char *text)
{
        bool own = false, found = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0) {
                r = thon_sql_do(store, "UPDATE notification SET text = ?2 WHERE id = ?1", SQL_INT(id),
                                SQL_TEXT(text));
                found = r == 0 && thon_sql_changes(store) > 0;
        }
        r = thon_sql_leave(store, own, r);
        if (r == 0 && !found)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        return r;
}

int thon_notice_root(struct thon_store *store, int64_t id, int64_t *ret_root)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        /* UNION ends even where a damaged file has a circle. A parent that was pruned is no more. */
        int r = thon_sql_row(store, &stmt,
                             "WITH RECURSIVE up (id) AS (SELECT id FROM notification WHERE id = ?1"
                             " UNION SELECT n.parent FROM notification AS n JOIN up ON n.id = up.id"
                             " WHERE n.parent IN (SELECT id FROM notification)) SELECT min(id) FROM up",
                             SQL_INT(id));
        if (r != 0)
                return r;
        if (!stmt || thon_column_null(stmt, 0))
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        *ret_root = thon_column_int(stmt, 0);
        return 0;
}

int thon_notice_told(struct thon_store *store, int64_t id, int (*visit)(const struct thon_told *, void *),
                     void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt,
                              "SELECT n.id, n.state, d.household, d.person, d.area, d.ladder, d.rung,"
                              " d.outcome FROM notification AS n JOIN delivery AS d ON d.notification = n.id"
                              " WHERE n.id = ?1 OR n.parent = ?1 ORDER BY n.id, d.id",
                              SQL_INT(id));
        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                const struct thon_told told = {
                        .notice = thon_column_int(stmt, 0),
                        .state = (enum thon_notice_state)thon_within(thon_column_int(stmt, 1),
                                                                     THON_NOTICE_SUPERSEDED),
                        .household = thon_column_text(stmt, 2),
                        .person = thon_column_text(stmt, 3),
                        .area = thon_column_text(stmt, 4),
                        .ladder = thon_column_text_or_empty(stmt, 5),
                        .rung = (int)thon_within(thon_column_int(stmt, 6), THON_RUNGS_MAX),
                        .outcome =
                                (enum thon_outcome)thon_within(thon_column_int(stmt, 7), THON_OUTCOMES - 1)};
                r = visit(&told, userdata);
        }
        return r;
}

void thon_notice_words_done(struct thon_notice_words *words)
{
        free(words->text);
        free(words->source);
        free(words->ack);
        free(words->audience);
        *words = (struct thon_notice_words){0};
}

int thon_notice_words(struct thon_store *store, int64_t id, struct thon_notice_words *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT text, source, ack, class, purpose, submitted_at, expires, audience,"
                             " not_before, ack_at IS NOT NULL"
                             " FROM notification WHERE id = ?1",
                             SQL_INT(id));
        if (r != 0)
                return r;
        if (!stmt)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        const char *ack = thon_column_text(stmt, 2);
        struct thon_notice_words words = {
                .text = strdup(thon_column_text_or_empty(stmt, 0)),
                .source = strdup(thon_column_text_or_empty(stmt, 1)),
                .ack = ack ? strdup(ack) : NULL,
                .class = (enum thon_class)thon_within(thon_column_int(stmt, 3), THON_CLASSES - 1),
                .purpose = strcmp(thon_column_text_or_empty(stmt, 4), "emergency") == 0
                                   ? THON_PURPOSE_EMERGENCY
                                   : THON_PURPOSE_NOTICES,
                .submitted_at = {thon_column_int(stmt, 5)},
                .expires = thon_column_time(stmt, 6),
                .not_before = thon_column_time(stmt, 8),
                .acknowledged = thon_column_int(stmt, 9) != 0,
                .audience = strdup(thon_column_text_or_empty(stmt, 7))};
        if (!words.text || !words.source || (ack && !words.ack) || !words.audience) {
                thon_notice_words_done(&words);
                return -ENOMEM;
        }
        *ret = words;
        return 0;
}

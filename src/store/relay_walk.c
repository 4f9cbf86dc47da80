/* A delivery walks its ladder: one notice goes to one chat once, however many households share that chat.
 *
 * So a rung is looked for among the notice's messages first. One that waits is joined; one that was sent, or may have
 * been, has told this delivery too, and its outcome is taken over; one that was not sent says what the same chat would
 * answer again, and the next rung is asked for. Messages of an earlier round (before a retry by a person) are made anew. */
#include "relay_walk.h"

#include <errno.h>
#include <string.h>

int thon_relay_damaged(struct thon_store *store)
{
        return thon_store_fail(
                store, THON_STORE_CORRUPT,
                "the notices are damaged: restore a backup (sudo thonctl store restore --stop)");
}

int thon_walk_begin(struct thon_store *store, int64_t notice, struct thon_wall at, thon_step_fn step,
                    void *userdata, struct thon_walk *ret, bool *ret_found)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT class, state, round, expires FROM notification WHERE id = ?1",
                             SQL_INT(notice));
        if (r != 0)
                return r;
        *ret_found = stmt;
        if (stmt)
                *ret = (struct thon_walk){
                        .store = store,
                        .notice = notice,
                        .class = (enum thon_class)thon_within(thon_column_int(stmt, 0), THON_CLASSES - 1),
                        .state = (enum thon_notice_state)thon_within(thon_column_int(stmt, 1),
                                                                     THON_NOTICE_SUPERSEDED),
                        .round = thon_column_int(stmt, 2),
                        .expires = thon_column_time(stmt, 3),
                        .at = at,
                        .step = step,
                        .userdata = userdata};
        return 0;
}

/* The end of the ladder. The message stays that of the rung which decided. */
static int end(struct thon_walk *walk, const struct thon_walker *walker, int rung, int64_t message,
               enum thon_outcome outcome, const char *detail)
{
        return thon_sql_do(walk->store,
                           "UPDATE delivery SET outcome = ?2, detail = ?3, at = ?4, rung = ?5,"
                           " message = coalesce(?6, message) WHERE id = ?1",
                           SQL_INT(walker->delivery), SQL_INT(outcome), SQL_TEXT(detail),
                           SQL_INT(walk->at.s), SQL_INT(rung < 0 ? 0 : rung), SQL_ID(message));
}

static int attach(struct thon_walk *walk, const struct thon_walker *walker, int rung, int64_t message)
{
        walk->pending = true;
        return thon_sql_do(walk->store,
                           "UPDATE delivery SET outcome = 0, detail = '', at = ?2, rung = ?3, message = ?4"
                           " WHERE id = ?1",
                           SQL_INT(walker->delivery), SQL_INT(walk->at.s), SQL_INT(rung), SQL_INT(message));
}

/* What others of the same chat have of it, this one has too. */
static int share(struct thon_walk *walk, const struct thon_walker *walker, int rung, int64_t message,
                 enum thon_outcome outcome, const char *detail)
{
        return thon_sql_do(walk->store,
                           "UPDATE delivery SET outcome = ?2, detail = ?3, at = ?4, rung = ?5, message = ?6,"
                           " receipt = max(receipt, (SELECT ifnull(max(receipt), 0) FROM delivery"
                           " WHERE message = ?6)) WHERE id = ?1",
                           SQL_INT(walker->delivery), SQL_INT(outcome), SQL_TEXT(detail),
                           SQL_INT(walk->at.s), SQL_INT(rung), SQL_INT(message));
}

static int make(struct thon_walk *walk, const struct thon_rung *rung, struct thon_wall due,
                enum thon_due why, int64_t *ret)
{
        int r = thon_sql_do(walk->store,
                            "INSERT INTO message (notification, channel, address, class, state, due, why,"
                            " expires, round, at) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9)",
                            SQL_INT(walk->notice), SQL_TEXT(rung->channel), SQL_TEXT(rung->address),
                            SQL_INT(walk->class), SQL_INT(due.s), SQL_INT(why), SQL_TIME(walk->expires),
                            SQL_INT(walk->round), SQL_INT(walk->at.s));
        if (r == 0)
                *ret = thon_sql_last_id(walk->store);
        return r;
}

/* It was not sent before somebody said: again. */
static int make_anew(struct thon_walk *walk, int64_t message, struct thon_wall due, enum thon_due why)
{
        return thon_sql_do(walk->store,
                           "UPDATE message SET state = 0, due = ?2, why = ?3, round = ?4, at = ?5,"
                           " attempts = 0, unknowns = 0, part = 0, message_id = NULL, code = NULL,"
                           " detail = '', carrier = NULL WHERE id = ?1",
                           SQL_INT(message), SQL_INT(due.s), SQL_INT(why), SQL_INT(walk->round),
                           SQL_INT(walk->at.s));
}

/* The notice's message to a chat; `stmt` NULL when there is none. */
static int look(struct thon_walk *walk, const struct thon_rung *rung, struct thon_stmt **ret)
{
        return thon_sql_row(walk->store, ret,
                            "SELECT id, state, round, detail FROM message WHERE notification = ?1"
                            " AND channel = ?2 AND address = ?3 ORDER BY id DESC LIMIT 1",
                            SQL_INT(walk->notice), SQL_TEXT(rung->channel), SQL_TEXT(rung->address));
}

static enum thon_outcome nobody(const struct thon_walk *walk)
{
        return walk->doubt ? THON_OUTCOME_UNKNOWN : THON_OUTCOME_NOT_SENT;
}

static int place(struct thon_walk *walk, const struct thon_walker *walker, int rung, struct thon_wall due,
                 enum thon_due why, const char *detail)
{
        _cleanup_free_ char *said = NULL;
        struct thon_rung at;
        int64_t message = 0;
        int last = walker->rung;

        /* Ends: each turn has a higher rung, of which there are THON_RUNGS_MAX. */
        while (rung >= 0 && thon_ladder_rung(walker->ladder, (unsigned)rung, &at)) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = look(walk, &at, &stmt);
                if (r == 0 && !stmt) {
                        r = make(walk, &at, due, why, &message);
                        return r == 0 ? attach(walk, walker, rung, message) : r;
                }
                if (r != 0)
                        return r;
                message = thon_column_int(stmt, 0);
                const char *text = thon_column_text_or_empty(stmt, 3);
                switch ((enum thon_message_phase)thon_within(thon_column_int(stmt, 1),
                                                             THON_MESSAGE_CARRIED)) {
                case THON_MESSAGE_QUEUED:
                case THON_MESSAGE_SENDING:
                case THON_MESSAGE_CARRIED:
                        return attach(walk, walker, rung, message);
                case THON_MESSAGE_SENT:
                        return share(walk, walker, rung, message, THON_OUTCOME_SENT, "");
                case THON_MESSAGE_UNKNOWN:
                        return share(walk, walker, rung, message, THON_OUTCOME_UNKNOWN, text);
                case THON_MESSAGE_NOT_SENT:
                        break;
                }
                if (thon_column_int(stmt, 2) < walk->round) {
                        r = make_anew(walk, message, due, why);
                        return r == 0 ? attach(walk, walker, rung, message) : r;
                }
                free(said);
                said = strdup(text);
                if (!said)
                        return -ENOMEM;
                detail = said;
                last = rung;
                int next = walk->step ? walk->step(walker->ladder, rung, &due, &why, walk->userdata) : -1;
                rung = next > rung ? next : -1;
        }
        return end(walk, walker, last, message, walker->household ? THON_OUTCOME_VISIT : nobody(walk),
                   *detail ? detail : THON_DETAIL_UNREACHABLE);
}

int thon_walk_place(struct thon_walk *walk, const struct thon_walker *walker, int rung, struct thon_wall due,
                    enum thon_due why)
{
        return place(walk, walker, rung, due, why, "");
}

int thon_walk_on(struct thon_walk *walk, const struct thon_walker *walker, const char *detail)
{
        switch (walk->state) {
        case THON_NOTICE_OPEN:
        case THON_NOTICE_DONE:
                break;
        case THON_NOTICE_WITHDRAWN:
                return end(walk, walker, walker->rung, 0, nobody(walk), THON_DETAIL_WITHDRAWN);
        case THON_NOTICE_SUPERSEDED:
                return end(walk, walker, walker->rung, 0, nobody(walk), THON_DETAIL_SUPERSEDED);
        }
        struct thon_wall due = walk->at;
        enum thon_due why = THON_DUE_NOW;
        int next = walk->step ? walk->step(walker->ladder, walker->rung, &due, &why, walk->userdata) : -1;
        return place(walk, walker, next > walker->rung ? next : -1, due, why, detail);
}

int thon_walk_message(struct thon_walk *walk, int64_t message, const char *detail)
{
        /* One row a statement: each step changes the rows that the next one is looked for in. */
        for (int64_t after = 0;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(walk->store, &stmt,
                                     "SELECT id, household IS NOT NULL, ladder, rung FROM delivery"
                                     " WHERE message = ?1 AND id > ?2 AND outcome IN (0, 3)"
                                     " ORDER BY id LIMIT 1",
                                     SQL_INT(message), SQL_INT(after));
                if (r != 0 || !stmt)
                        return r;
                const struct thon_walker walker = {
                        .delivery = thon_column_int(stmt, 0),
                        .household = thon_column_int(stmt, 1) != 0,
                        .ladder = thon_column_text_or_empty(stmt, 2),
                        .rung = (int)thon_within(thon_column_int(stmt, 3), THON_RUNGS_MAX)};
                if (walker.delivery <= after)
                        return thon_relay_damaged(walk->store);
                r = thon_walk_on(walk, &walker, detail);
                if (r != 0)
                        return r;
                after = walker.delivery;
        }
}

int thon_walk_finish(struct thon_walk *walk)
{
        if (!walk->pending || walk->state != THON_NOTICE_DONE)
                return 0;
        walk->state = THON_NOTICE_OPEN;
        return thon_sql_do(walk->store, "UPDATE notification SET state = 0, done_at = NULL WHERE id = ?1",
                           SQL_INT(walk->notice));
}

/* What a try came to: the message gets its state, its deliveries their outcome, and where a rung is over they walk on.
 *
 * The answer may come late. The notice may have been withdrawn meanwhile, or one of those whose words a digest carries: then
 * nothing of it goes on. A receipt may have come before the answer: then what looks unknown was sent. */
#include <errno.h>
#include <inttypes.h>

#include "relay_walk.h"

struct tried {
        int64_t notice; /* 0: a carrier, or an answer to a citizen */
        enum thon_message_phase state;
        bool closed;  /* its notice is withdrawn or superseded */
        bool unknown; /* an earlier try was */
        const char *closed_detail;
};

static int load(struct thon_store *store, int64_t message, struct tried *ret, bool *ret_found)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT m.notification, m.state, m.unknowns, n.state" THON_MESSAGE_FROM
                             "WHERE m.id = ?1",
                             SQL_INT(message));
        *ret_found = stmt;
        if (r != 0 || !stmt)
                return r;
        int64_t notice = thon_column_int(stmt, 3);
        *ret = (struct tried){.notice = thon_column_int(stmt, 0),
                              .state = (enum thon_message_phase)thon_within(thon_column_int(stmt, 1),
                                                                            THON_MESSAGE_CARRIED),
                              .unknown = thon_column_int(stmt, 2) > 0,
                              .closed = notice >= THON_NOTICE_WITHDRAWN,
                              .closed_detail = notice == THON_NOTICE_SUPERSEDED ? THON_DETAIL_SUPERSEDED
                                                                                : THON_DETAIL_WITHDRAWN};
        return 0;
}

static int received(struct thon_store *store, int64_t message, bool *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT 1 FROM delivery WHERE receipt > 0 AND (message = ?1 OR message IN"
                             " (SELECT id FROM message WHERE carrier = ?1)) LIMIT 1",
                             SQL_INT(message));
        if (r == 0)
                *ret = stmt;
        return r;
}

/* What is kept of the try itself, whatever became of it. */
static int note(struct thon_store *store, const struct thon_settle *s, enum thon_message_phase state,
                const char *detail)
{
        return thon_sql_do(
                store,
                "UPDATE message SET state = ?2, due = CASE WHEN ?2 = ?13 THEN ?3 ELSE due END,"
                " why = CASE WHEN ?2 = ?13 THEN ?4 ELSE why END, attempts = max(0, attempts - ?5),"
                " unknowns = unknowns + ?6, part = ?7, message_id = coalesce(?8, message_id),"
                " code = ?9, detail = ?10, address = coalesce(?11, address), at = ?12"
                " WHERE id = ?1",
                SQL_INT(s->message), SQL_INT(state), SQL_INT(s->due.s), SQL_INT(s->why), SQL_INT(s->uncount),
                SQL_INT(s->next == THON_NEXT_AGAIN && s->repeats), SQL_INT(s->part), SQL_TEXT(s->message_id),
                s->has_code ? SQL_INT(s->code) : SQL_TEXT(NULL), SQL_TEXT(detail), SQL_TEXT(s->address),
                SQL_INT(s->at.s), SQL_INT(THON_MESSAGE_QUEUED));
}

/* The message ends, with its deliveries, and with those messages that it carried. */
static int finish(struct thon_store *store, const struct thon_settle *s, const struct tried *tried,
                  enum thon_message_phase state, const char *detail)
{
        int r = note(store, s, state, detail);
        if (r != 0)
                return r;
        if (tried->notice != 0)
                return thon_deliveries_end(store, s->message, state, detail, s->at);
        for (struct thon_carried carried = {0};;) {
                r = thon_carried_next(store, s->message, &carried);
                if (r != 0 || carried.id == 0)
                        return r;
                r = thon_message_end(store, carried.id, state, detail, s->at);
                if (r != 0)
                        return r;
        }
}

static int carries_closed(struct thon_store *store, int64_t message, bool *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT 1 FROM message AS m JOIN notification AS n ON n.id = m.notification"
                             " WHERE m.carrier = ?1 AND m.state IN (?2, ?3) AND n.state >= ?4 LIMIT 1",
                             SQL_INT(message), SQL_INT(THON_MESSAGE_UNKNOWN), SQL_INT(THON_MESSAGE_CARRIED),
                             SQL_INT(THON_NOTICE_WITHDRAWN));
        if (r == 0)
                *ret = stmt;
        return r;
}

/* Queued again. What had been called unknown, and with it the notice, is pending again. A digest with words in it that nobody
 * is to read any more is taken apart instead: the others of it go by themselves. */
static int again(struct thon_store *store, const struct thon_settle *s, const struct tried *tried)
{
        bool apart = false;
        int r = note(store, s, THON_MESSAGE_QUEUED, s->detail);
        if (r == 0 && tried->notice == 0)
                r = carries_closed(store, s->message, &apart);
        if (r == 0 && tried->state == THON_MESSAGE_UNKNOWN)
                r = thon_message_reopen(store, s->message, s->at);
        return r == 0 && apart ? thon_message_drop(store, s->message, "", s->at) : r;
}

static int walk_on(struct thon_store *store, const struct thon_carried *message, const struct thon_settle *s,
                   const struct tried *tried, thon_step_fn step, void *userdata)
{
        struct thon_walk walk;
        bool found;
        int r = thon_walk_begin(store, message->notice, s->at, step, userdata, &walk, &found);
        if (r != 0 || !found)
                return r;
        walk.doubt = tried->unknown;
        r = thon_walk_message(&walk, message->id, s->detail);
        return r == 0 ? thon_walk_finish(&walk) : r;
}

static int rung_over(struct thon_store *store, const struct thon_settle *s, const struct tried *tried,
                     thon_step_fn step, void *userdata)
{
        const struct thon_carried own = {s->message, tried->notice};
        int r = note(store, s, THON_MESSAGE_NOT_SENT, s->detail);
        if (r != 0 || own.notice != 0)
                return r == 0 ? walk_on(store, &own, s, tried, step, userdata) : r;
        for (struct thon_carried carried = {0};;) {
                r = thon_carried_next(store, s->message, &carried);
                if (r != 0 || carried.id == 0)
                        return r;
                r = thon_sql_do(store, "UPDATE message SET state = ?2, detail = ?3, at = ?4 WHERE id = ?1",
                                SQL_INT(carried.id), SQL_INT(THON_MESSAGE_NOT_SENT), SQL_TEXT(s->detail),
                                SQL_INT(s->at.s));
                if (r == 0)
                        r = walk_on(store, &carried, s, tried, step, userdata);
                if (r != 0)
                        return r;
        }
}

static int settle(struct thon_store *store, const struct thon_settle *s, const struct tried *tried,
                  thon_step_fn step, void *userdata)
{
        bool seen = false;
        int r;

        switch (s->next) {
        case THON_NEXT_AGAIN:
        case THON_NEXT_REFRESH:
                if (!tried->closed)
                        return again(store, s, tried);
                return finish(store, s, tried,
                              tried->unknown || s->repeats ? THON_MESSAGE_UNKNOWN : THON_MESSAGE_NOT_SENT,
                              tried->closed_detail);
        case THON_NEXT_DONE:
                return finish(store, s, tried, THON_MESSAGE_SENT, s->detail);
        case THON_NEXT_UNKNOWN:
                r = received(store, s->message, &seen);
                return r == 0 ? finish(store, s, tried, seen ? THON_MESSAGE_SENT : THON_MESSAGE_UNKNOWN,
                                       s->detail)
                              : r;
        case THON_NEXT_EXPIRED:
                r = note(store, s, THON_MESSAGE_NOT_SENT, s->detail);
                return r == 0 ? thon_message_drop(store, s->message,
                                                  *s->detail ? s->detail : THON_DETAIL_EXPIRED, s->at)
                              : r;
        case THON_NEXT_RUNG:
                return rung_over(store, s, tried, step, userdata);
        }
        return thon_store_fail(store, THON_STORE_INVALID, "message %" PRId64 " is settled as nothing known",
                               s->message);
}

int thon_message_settle(struct thon_store *store, const struct thon_settle *s, thon_step_fn step,
                        void *userdata)
{
        struct tried tried;
        bool own = false, found = false, late = false;
        int r = thon_sql_enter(store, &own);
        if (r != 0)
                return r;
        r = load(store, s->message, &tried, &found);
        if (r == 0 && found)
                late = tried.state == THON_MESSAGE_SENT || tried.state == THON_MESSAGE_NOT_SENT ||
                       tried.state == THON_MESSAGE_CARRIED;
        if (r == 0 && found && !late)
                r = settle(store, s, &tried, step, userdata);
        r = thon_sql_leave(store, own, r);
        if (r == 0 && (!found || late))
                return thon_store_answer(store, THON_STORE_NOT_FOUND,
                                         found ? "message %" PRId64 " has ended already"
                                               : "there is no message %" PRId64,
                                         s->message);
        return r;
}

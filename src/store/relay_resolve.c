/* What a person says: what became of what nobody could tell, and that those who were not reached are to be tried again. */
#include <errno.h>
#include <inttypes.h>

#include "relay_audit.h"
#include "relay_walk.h"

static int missing(struct thon_store *store, int64_t id)
{
        return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
}

/* Why nothing of this notice may be sent any more; 0 when it may. */
static int closed(struct thon_store *store, const struct thon_walk *walk)
{
        if (walk->state == THON_NOTICE_WITHDRAWN || walk->state == THON_NOTICE_SUPERSEDED)
                return thon_store_answer(store, THON_STORE_INVALID, "notice %" PRId64 " is %s", walk->notice,
                                         walk->state == THON_NOTICE_WITHDRAWN ? "withdrawn" : "superseded");
        if (!thon_wall_before(walk->at, walk->expires))
                return thon_store_answer(store, THON_STORE_INVALID, "notice %" PRId64 " has expired",
                                         walk->notice);
        return 0;
}

struct resolution {
        struct thon_walk walk;
        const char *household, *person;
        enum thon_outcome as;
        size_t n;
};

/* The message of a delivery that a person settled; it stays unknown while another delivery of it is. */
static int settle_message(struct resolution *res, int64_t message, enum thon_message_phase state)
{
        return thon_sql_do(
                res->walk.store,
                "UPDATE message SET state = ?2, at = ?3 WHERE id = ?1 AND state = 4 AND NOT EXISTS"
                " (SELECT 1 FROM delivery WHERE message = ?1 AND outcome = 3)",
                SQL_INT(message), SQL_INT(state), SQL_INT(res->walk.at.s));
}

static int resolve_one(struct resolution *res, const struct thon_walker *walker, int64_t message)
{
        struct thon_store *store = res->walk.store;
        int r = 0;

        switch (res->as) {
        case THON_OUTCOME_SENT:
                r = thon_sql_do(store, "UPDATE delivery SET outcome = 1, detail = '', at = ?2 WHERE id = ?1",
                                SQL_INT(walker->delivery), SQL_INT(res->walk.at.s));
                return r == 0 ? settle_message(res, message, THON_MESSAGE_SENT) : r;
        case THON_OUTCOME_NOT_SENT:
                r = thon_walk_on(&res->walk, walker, THON_DETAIL_NOT_RECEIVED);
                return r == 0 ? settle_message(res, message, THON_MESSAGE_NOT_SENT) : r;
        case THON_OUTCOME_PENDING:
                /* The first of a shared message queues it again for all; the others are pending then. */
                r = thon_sql_do(store,
                                "UPDATE message SET state = 0, due = ?2, why = 0, carrier = NULL, part = 0,"
                                " unknowns = unknowns + 1, attempts = 0 WHERE id = ?1 AND state = 4",
                                SQL_INT(message), SQL_INT(res->walk.at.s));
                if (r == 0 && thon_sql_changes(store) == 0)
                        return 0;
                return r == 0 ? thon_message_reopen(store, message, res->walk.at) : r;
        case THON_OUTCOME_UNKNOWN:
        case THON_OUTCOME_VISIT:
        case THON_OUTCOMES:
                break;
        }
        return thon_store_fail(store, THON_STORE_INVALID,
                               "an unknown delivery is resolved as sent, not"
                               " sent, or to be sent again");
}

/* Deliveries are listed before the first is touched: what they are found by changes under way. */
struct list {
        int64_t *ids;
        size_t n, room;
};
static void list_done(struct list *list)
{
        free(list->ids);
}

static int list_ids(struct thon_stmt *stmt, struct list *list)
{
        for (bool row;;) {
                int r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                if (list->n == list->room) {
                        size_t room = list->room ? 2 * list->room : 16;
                        int64_t *ids = reallocarray(list->ids, room, sizeof(*ids));
                        if (!ids)
                                return -ENOMEM;
                        list->ids = ids;
                        list->room = room;
                }
                list->ids[list->n++] = thon_column_int(stmt, 0);
        }
}

/* The delivery of that number as a walker; `ret_stmt` holds its ladder. */
static int load(struct thon_store *store, int64_t id, struct thon_walker *ret, struct thon_stmt **ret_stmt)
{
        int r = thon_sql_row(store, ret_stmt,
                             "SELECT household IS NOT NULL, ladder, rung, message, outcome FROM delivery"
                             " WHERE id = ?1",
                             SQL_INT(id));
        if (r == 0 && *ret_stmt)
                *ret = (struct thon_walker){
                        .delivery = id,
                        .household = thon_column_int(*ret_stmt, 0) != 0,
                        .ladder = thon_column_text_or_empty(*ret_stmt, 1),
                        .rung = (int)thon_within(thon_column_int(*ret_stmt, 2), THON_RUNGS_MAX)};
        return r;
}

static int resolve(struct resolution *res)
{
        struct thon_store *store = res->walk.store;
        _cleanup_(list_done) struct list list = {0};
        _cleanup_stmt_ struct thon_stmt *unknown = NULL;
        int r = thon_sql_with(store, &unknown,
                              "SELECT id FROM delivery WHERE notification = ?1 AND outcome = 3"
                              " AND (?2 IS NULL OR household = ?2) AND (?3 IS NULL OR person = ?3)",
                              SQL_INT(res->walk.notice), SQL_TEXT(res->household), SQL_TEXT(res->person));
        if (r == 0)
                r = list_ids(unknown, &list);
        for (size_t i = 0; r == 0 && i < list.n; i++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                struct thon_walker walker;
                r = load(store, list.ids[i], &walker, &stmt);
                if (r == 0 && stmt)
                        r = resolve_one(res, &walker, thon_column_int(stmt, 3));
        }
        res->n = list.n;
        return r;
}

int thon_notice_resolve(struct thon_store *store, int64_t id, const char *household, const char *person,
                        enum thon_outcome as, const char *by, struct thon_wall at, thon_step_fn step,
                        void *userdata, size_t *ret_n)
{
        struct resolution res = {.household = household, .person = person, .as = as};
        bool own = false, found = false;
        int r = thon_sql_enter(store, &own), answer = 0;
        if (r != 0)
                return r;
        r = thon_walk_begin(store, id, at, step, userdata, &res.walk, &found);
        if (r == 0)
                answer = !found ? missing(store, id)
                                : (as == THON_OUTCOME_PENDING ? closed(store, &res.walk) : 0);
        if (r == 0 && answer == 0)
                r = resolve(&res);
        if (r == 0 && answer == 0)
                r = thon_walk_finish(&res.walk);
        if (r == 0 && answer == 0)
                r = thon_relay_audit(store, at, by, "resolve", id,
                                     json_pack("{s:s, s:I}", "as", thon_outcome_text(as), "deliveries",
                                               (json_int_t)res.n));
        r = thon_sql_leave(store, own, r);
        if (r != 0 || answer != 0)
                return r != 0 ? r : answer;
        *ret_n = res.n;
        return 0;
}

/* From the top of its ladder. */
static int retry_one(struct thon_walk *walk, const struct thon_walker *walker)
{
        struct thon_wall due = walk->at;
        enum thon_due why = THON_DUE_NOW;
        int first = walk->step ? walk->step(walker->ladder, -1, &due, &why, walk->userdata) : -1;
        return thon_walk_place(walk, walker, first, due, why);
}

static int retry(struct thon_walk *walk, size_t *ret_n)
{
        _cleanup_(list_done) struct list list = {0};
        _cleanup_stmt_ struct thon_stmt *unreached = NULL;
        int r = thon_sql_do(walk->store, "UPDATE notification SET round = round + 1 WHERE id = ?1",
                            SQL_INT(walk->notice));
        if (r == 0)
                r = thon_sql_with(walk->store, &unreached,
                                  "SELECT id FROM delivery WHERE notification = ?1 AND outcome IN (2, 4)",
                                  SQL_INT(walk->notice));
        if (r == 0)
                r = list_ids(unreached, &list);
        walk->round++;
        for (size_t i = 0; r == 0 && i < list.n; i++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                struct thon_walker walker;
                r = load(walk->store, list.ids[i], &walker, &stmt);
                if (r == 0 && stmt)
                        r = retry_one(walk, &walker);
        }
        *ret_n = list.n;
        return r;
}

int thon_notice_retry(struct thon_store *store, int64_t id, const char *by, struct thon_wall at,
                      thon_step_fn step, void *userdata, size_t *ret_n)
{
        struct thon_walk walk;
        bool own = false, found = false;
        size_t n = 0;
        int r = thon_sql_enter(store, &own), answer = 0;
        if (r != 0)
                return r;
        r = thon_walk_begin(store, id, at, step, userdata, &walk, &found);
        if (r == 0)
                answer = found ? closed(store, &walk) : missing(store, id);
        if (r == 0 && answer == 0)
                r = retry(&walk, &n);
        if (r == 0 && answer == 0)
                r = thon_walk_finish(&walk);
        if (r == 0 && answer == 0)
                r = thon_relay_audit(store, at, by, "retry", id,
                                     json_pack("{s:I}", "deliveries", (json_int_t)n));
        r = thon_sql_leave(store, own, r);
        if (r != 0 || answer != 0)
                return r != 0 ? r : answer;
        *ret_n = n;
        return 0;
}

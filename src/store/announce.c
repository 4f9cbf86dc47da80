/* Announcements: one row each, and with every change of it a row in the audit log, in the same transaction. The log
 * is for good, so it holds no text; it holds the digest of the form, by which a text that is shown later is proved
 * to be the one that was approved. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "announce_doc.h"
#include "sql.h"
#include "thon/announce_store.h"
#include "thon/digest.h"

#define WORD_MAX    1024 /* of titles, names, reasons */
#define READING_MAX (4 * THON_ANNOUNCE_TEXT_MAX)
#define CAP_MAX     4096

static bool within(const char *text, size_t max)
{
        return !text || strnlen(text, max + 1) <= max;
}

static bool is_utf8(const char *text)
{
        _cleanup_json_ json_t *json = text ? json_string(text) : NULL;

        return !text || json;
}

static int check(struct thon_store *store, const struct thon_announcement *a)
{
        const char *wrong = NULL;

        if (!thon_slug_valid(a->id))
                wrong = "its id is no slug";
        else if (a->n_zones > THON_ANNOUNCE_ZONES_MAX)
                wrong = "it names too many zones";
        else if (!within(a->text, THON_ANNOUNCE_TEXT_MAX) || !within(a->reading, READING_MAX))
                wrong = "its text is too long";
        else if (!within(a->title, WORD_MAX) || !within(a->by, WORD_MAX) || !within(a->reason, WORD_MAX) ||
                 !within(a->approved_by, WORD_MAX) || !within(a->ended_by, WORD_MAX) ||
                 !within(a->ended_reason, WORD_MAX) || !within(a->media, WORD_MAX) ||
                 !within(a->source, WORD_MAX) || !within(a->cap, CAP_MAX))
                wrong = "its title, a name or a reason is too long";
        else if (!is_utf8(a->text) || !is_utf8(a->reading) || !is_utf8(a->title) || !is_utf8(a->by) ||
                 !is_utf8(a->reason) || !is_utf8(a->approved_by) || !is_utf8(a->ended_by) ||
                 !is_utf8(a->ended_reason) || !is_utf8(a->media) || !is_utf8(a->source) || !is_utf8(a->cap))
                wrong = "a text of it is no UTF-8";
        for (size_t i = 0; !wrong && i < a->n_zones; i++)
                if (!thon_slug_valid(a->zones[i]))
                        wrong = "a zone of it is no slug";
        return wrong ? thon_store_fail(store, THON_STORE_INVALID, "the announcement cannot be stored: %s",
                                       wrong)
                     : 0;
}

/* What stood there before, for the audit row. */
struct before {
        char *state, *form; /* NULL: no such row */
};

static void before_done(struct before *before)
{
        free(before->state);
        free(before->form);
}

static int read_before(struct thon_store *store, const char *id, struct before *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT state, form FROM announcement WHERE id = ?1",
                             SQL_TEXT(id));

        if (r != 0 || !stmt)
                return r;
        ret->state = strdup(thon_column_text_or_empty(stmt, 0));
        ret->form = strdup(thon_column_text_or_empty(stmt, 1));
        return ret->state && ret->form ? 0 : -ENOMEM;
}

/* Names of members that are not as they were. What was there cannot be read after damage: then all have changed. */
static json_t *changed(const char *was, const json_t *now)
{
        _cleanup_json_ json_t *before = json_loads(was, 0, NULL);
        json_t *list = json_array();
        const char *member;
        const json_t *value;

        json_object_foreach ((json_t *)now, member, value)
                if (!json_equal(json_object_get(before, member), value))
                        (void)json_array_append_new(list, json_string(member));
        json_object_foreach (before, member, value)
                if (!json_object_get(now, member))
                        (void)json_array_append_new(list, json_string(member));
        return list;
}

static int audit(struct thon_store *store, const struct thon_announcement *a, const struct before *before,
                 const json_t *doc, const char *form, const char *action, const char *actor,
                 struct thon_wall at)
{
        _cleanup_json_ json_t *detail = NULL;
        _cleanup_free_ char *text = NULL;
        char digest[THON_DIGEST_TEXT];
        int r = thon_digest(form, strlen(form), digest);

        if (r < 0)
                return r;
        detail = json_pack("{s:s, s:s, s:O, s:s, s:s*, s:s*}", "state", thon_announce_state_text(a->state),
                           "class", thon_class_text(a->class), "zones", json_object_get(doc, "zones"),
                           "form", digest, "by", a->by, "approved_by", a->approved_by);
        if (detail && before->form && strcmp(before->form, form) != 0)
                (void)json_object_set_new(detail, "changed", changed(before->form, doc));
        if (detail && before->state && strcmp(before->state, thon_announce_state_text(a->state)) != 0)
                (void)json_object_set_new(detail, "was", json_string(before->state));
        if (detail && a->ended_reason)
                (void)json_object_set_new(detail, "reason", json_string(a->ended_reason));
        else if (detail && a->reason)
                (void)json_object_set_new(detail, "reason", json_string(a->reason));
        text = detail ? json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
        if (!text)
                return -ENOMEM;
        return thon_audit_add(store, at, actor, action, a->id, text);
}

static int write_row(struct thon_store *store, const struct thon_announcement *a, const char *form,
                     bool is_new)
{
        static const char add[] =
                "INSERT INTO announcement (id, state, title, form, by, approved_by, ended_by, ended_reason,"
                " submitted, approved, ended, planned)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        static const char put[] =
                "UPDATE announcement SET (state, title, form, by, approved_by, ended_by, ended_reason,"
                " submitted, approved, ended, planned) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
                " WHERE id = ?1";

        return thon_sql_do(store, is_new ? add : put, SQL_TEXT(a->id),
                           SQL_TEXT(thon_announce_state_text(a->state)), SQL_TEXT(a->title ? a->title : ""),
                           SQL_TEXT(form), SQL_TEXT(a->by), SQL_TEXT(a->approved_by), SQL_TEXT(a->ended_by),
                           SQL_TEXT(a->ended_reason), SQL_INT(a->submitted.s), SQL_TIME(a->approved),
                           SQL_TIME(a->ended), SQL_TIME(a->planned));
}

static int put(struct thon_store *store, const struct thon_announcement *a, bool is_new, const char *action,
               const char *actor, struct thon_wall at, bool *ret_there)
{
        _cleanup_(before_done) struct before before = {NULL, NULL};
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *form = NULL;
        struct thon_json_error error = {""};
        int r = check(store, a);

        if (r == 0)
                r = read_before(store, a->id, &before);
        if (r != 0)
                return r;
        *ret_there = before.form != NULL;
        if (*ret_there == is_new)
                return 0;
        r = thon_announce_doc_write(a, &doc, &error);
        if (r == -EINVAL)
                return thon_store_fail(store, THON_STORE_INVALID, "the announcement cannot be stored: %s",
                                       error.text);
        if (r < 0)
                return r;
        form = thon_announce_doc_text(doc);
        if (!form)
                return -ENOMEM;
        r = write_row(store, a, form, is_new);
        return r == 0 ? audit(store, a, &before, doc, form, action, actor, at) : r;
}

int thon_announcement_add(struct thon_store *store, const struct thon_announcement *announcement,
                          const char *actor, struct thon_wall at)
{
        bool own = false, there = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = put(store, announcement, true, "announce-submit", actor, at, &there);
        r = thon_sql_leave(store, own, r);
        return r == 0 && there ? thon_store_answer(store, THON_STORE_EXISTS,
                                                   "there is an announcement %s already", announcement->id)
                               : r;
}

int thon_announcement_put(struct thon_store *store, const struct thon_announcement *announcement,
                          const char *action, const char *actor, struct thon_wall at)
{
        bool own = false, there = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = put(store, announcement, false, action, actor, at, &there);
        r = thon_sql_leave(store, own, r);
        return r == 0 && !there ? thon_store_answer(store, THON_STORE_NOT_FOUND,
                                                    "there is no announcement %s", announcement->id)
                                : r;
}

int thon_announcement_planned(struct thon_store *store, const char *id, struct thon_wall planned)
{
        bool own = false;
        int64_t n = 0;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store, "UPDATE announcement SET planned = ?2 WHERE id = ?1", SQL_TEXT(id),
                                SQL_TIME(planned));
        if (r == 0)
                n = thon_sql_changes(store);
        r = thon_sql_leave(store, own, r);
        return r == 0 && n == 0
                       ? thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no announcement %s", id)
                       : r;
}

/* ---- reading ---- */

#define COLUMNS                                                                                          \
        "SELECT serial, id, state, form, by, approved_by, ended_by, ended_reason, submitted, approved, " \
        "ended, planned FROM announcement"

static int take_text(struct thon_stmt *stmt, int column, char **ret)
{
        const char *text = thon_column_text(stmt, column);

        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

/* 0, -EINVAL (damaged), -ENOMEM; into a zeroed struct, also on failure. */
static int read_row(struct thon_stmt *stmt, struct thon_announcement *ret)
{
        const char *id = thon_column_text_or_empty(stmt, 1);
        enum thon_announce_state state;
        int r = thon_announce_state_parse(thon_column_text_or_empty(stmt, 2), &state)
                        ? thon_announce_doc_read(thon_column_text_or_empty(stmt, 3), id, state, ret)
                        : -EINVAL;

        if (r < 0)
                return r;
        ret->submitted.s = thon_column_int(stmt, 8);
        ret->approved = thon_column_time(stmt, 9);
        ret->ended = thon_column_time(stmt, 10);
        ret->planned = thon_column_time(stmt, 11);
        r = take_text(stmt, 4, &ret->by);
        if (r == 0)
                r = take_text(stmt, 5, &ret->approved_by);
        if (r == 0)
                r = take_text(stmt, 6, &ret->ended_by);
        return r == 0 ? take_text(stmt, 7, &ret->ended_reason) : r;
}

static int damaged(struct thon_store *store, const char *id)
{
        return thon_store_answer(store, THON_STORE_CORRUPT,
                                 "the announcement %s is damaged: restore a backup (thonctl store restore "
                                 "FILE)",
                                 id);
}

int thon_announcement_get(struct thon_store *store, const char *id, struct thon_announcement *ret)
{
        _cleanup_(thon_announcement_done) struct thon_announcement got = {.n_zones = 0};
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, COLUMNS " WHERE id = ?1", SQL_TEXT(id));

        if (r != 0)
                return r;
        if (!stmt)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no announcement %s", id);
        r = read_row(stmt, &got);
        if (r == -EINVAL)
                return damaged(store, id);
        if (r < 0)
                return r;
        *ret = got;
        got = (struct thon_announcement){.n_zones = 0};
        return 0;
}

/* One row a statement, as `visit` may change what it is given. One that is damaged must not hide the others: it is
 * said at the end. */
int thon_announcements(struct thon_store *store, bool open, size_t limit,
                       int (*visit)(const struct thon_announcement *, void *), void *userdata)
{
        const char *sql = open ? COLUMNS " WHERE serial < ?1 AND state IN ('submitted', 'approved')"
                                         " ORDER BY serial DESC LIMIT 1"
                               : COLUMNS " WHERE serial < ?1 ORDER BY serial DESC LIMIT 1";
        _cleanup_free_ char *bad = NULL;
        int64_t after = INT64_MAX;

        for (size_t n = 0; limit == 0 || n < limit; n++) {
                _cleanup_(thon_announcement_done) struct thon_announcement one = {.n_zones = 0};
                struct thon_stmt *stmt = NULL;
                int64_t serial;
                int r = thon_sql_row(store, &stmt, sql, SQL_INT(after));

                if (r != 0)
                        return r;
                if (!stmt)
                        break;
                serial = thon_column_int(stmt, 0);
                r = serial < after ? read_row(stmt, &one) : -EBADMSG;
                if (r == -EINVAL && !bad)
                        bad = strdup(thon_column_text_or_empty(stmt, 1));
                stmt = thon_stmt_done(stmt);
                if (r == -EBADMSG) /* in a damaged file the next row may be one that was seen: without end */
                        return damaged(store, "list");
                if (r < 0 && r != -EINVAL)
                        return r;
                after = serial;
                r = r == 0 ? visit(&one, userdata) : 0;
                if (r != 0)
                        return r;
        }
        return bad ? damaged(store, bad) : 0;
}

int thon_announcement_id(struct thon_store *store, struct thon_date day, thon_slug ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        char prefix[40];
        int n = snprintf(prefix, sizeof(prefix), "a-%04d%02d%02d-", day.year < 0 ? 0 : day.year, day.month,
                         day.day);
        int64_t last;
        int r = thon_sql_row(store, &stmt,
                             "SELECT ifnull(max(CAST(substr(id, ?2) AS INTEGER)), 0) FROM announcement"
                             " WHERE id >= ?1 AND id < ?1 || ':' AND substr(id, ?2) NOT GLOB '*[^0-9]*'",
                             SQL_TEXT(prefix), SQL_INT(n + 1));

        if (r != 0)
                return r;
        last = stmt ? thon_within(thon_column_int(stmt, 0), INT32_MAX) : 0;
        (void)snprintf(ret, sizeof(thon_slug), "%s%" PRId64, prefix, last + 1);
        return 0;
}

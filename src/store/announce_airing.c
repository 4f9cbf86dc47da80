/* Airings: one row each from when it is due to when it ended. One that went on air, and an emergency in any case,
 * gets a row in the audit log as it ends, so that what is said to have been aired, with the digest of its sound,
 * cannot be changed later. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sql.h"
#include "thon/announce_store.h"

static const char *or_empty(const char *text)
{
        return text ? text : "";
}

static int64_t not_negative(int64_t value)
{
        return value < 0 ? 0 : value;
}

static void bind_time(struct thon_stmt *stmt, int index, struct thon_wall at)
{
        if (at.s == INT64_MAX)
                thon_bind_null(stmt, index);
        else
                thon_bind_int(stmt, index, at.s);
}

static void bind_level(struct thon_stmt *stmt, int index, double db)
{
        thon_bind_double(stmt, index, isfinite(db) ? db : (double)NAN);
}

static int write_row(struct thon_store *store, const struct thon_airing_row *row, const char *sql)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, sql, &stmt);

        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, row->announcement);
        thon_bind_text(stmt, 2, row->zone);
        thon_bind_text(stmt, 3, thon_class_text(row->class));
        thon_bind_int(stmt, 4, row->due.s);
        bind_time(stmt, 5, row->began);
        bind_time(stmt, 6, row->ended);
        thon_bind_text(stmt, 7, thon_airing_state_text(row->state));
        thon_bind_text(stmt, 8, thon_air_reason_slug(row->reason));
        thon_bind_int(stmt, 9, not_negative(row->seconds_ms));
        thon_bind_int(stmt, 10, not_negative(row->position_ms));
        bind_level(stmt, 11, row->level_db);
        bind_level(stmt, 12, row->returned_db);
        thon_bind_text(stmt, 13, or_empty(row->proof));
        thon_bind_text(stmt, 14, or_empty(row->audio));
        thon_bind_int(stmt, 15, not_negative(row->audio_size));
        thon_bind_text(stmt, 16, or_empty(row->audio_sha256));
        thon_bind_text(stmt, 17, or_empty(row->by));
        if (row->serial > 0)
                thon_bind_int(stmt, 18, row->serial);
        return thon_stmt_run(stmt);
}

static int audit(struct thon_store *store, const struct thon_airing_row *row)
{
        _cleanup_json_ json_t *detail = json_pack(
                "{s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:s, s:s, s:s}", "announcement", row->announcement,
                "zone", row->zone, "class", thon_class_text(row->class), "due", (json_int_t)row->due.s,
                "state", thon_airing_state_text(row->state), "reason", thon_air_reason_slug(row->reason),
                "ms", (json_int_t)not_negative(row->seconds_ms), "audio", or_empty(row->audio), "sha256",
                or_empty(row->audio_sha256), "by", or_empty(row->by));
        _cleanup_free_ char *text = NULL;
        char object[40];

        if (!detail)
                return thon_store_fail(store, THON_STORE_INVALID, "a text of the airing is no UTF-8");
        if (row->began.s != INT64_MAX)
                (void)json_object_set_new(detail, "began", json_integer(row->began.s));
        text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
        if (!text)
                return -ENOMEM;
        (void)snprintf(object, sizeof(object), "airing:%" PRId64, row->serial);
        return thon_audit_add(store, row->ended, "thon-announced", "announce-aired", object, text);
}

/* A file below the directory of what was aired, and no way out of it. */
static bool is_below(const char *name)
{
        return strlen(name) <= 255 && *name != '/' && !strstr(name, "..");
}

static int check(struct thon_store *store, const struct thon_airing_row *row)
{
        bool bad = !row->announcement || !thon_slug_valid(row->announcement) || !row->zone ||
                   !thon_slug_valid(row->zone) || !is_below(or_empty(row->audio)) ||
                   strlen(or_empty(row->by)) > 1024 || strlen(or_empty(row->proof)) > 63;

        return bad ? thon_store_fail(store, THON_STORE_INVALID,
                                     "the airing cannot be stored: it needs an announcement, a zone, and a "
                                     "plain file name")
                   : 0;
}

static bool is_audited(const struct thon_airing_row *row)
{
        return row->ended.s != INT64_MAX &&
               (row->began.s != INT64_MAX || row->class == THON_CLASS_EMERGENCY);
}

static int add(struct thon_store *store, const struct thon_airing_row *row, int64_t *ret_serial)
{
        struct thon_airing_row one = *row;
        int r = check(store, row);

        one.serial = 0;
        if (r == 0)
                r = write_row(store, &one,
                              "INSERT INTO airing (announcement, zone, class, due, began, ended, state,"
                              " reason, seconds_ms, position_ms, level_db, returned_db, proof, audio,"
                              " audio_size, audio_sha256, by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                              " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)");
        if (r != 0)
                return r;
        one.serial = *ret_serial = thon_sql_last_id(store);
        return is_audited(&one) ? audit(store, &one) : 0;
}

int thon_airing_add(struct thon_store *store, const struct thon_airing_row *row, int64_t *ret_serial)
{
        bool own = false;
        int64_t serial = 0;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = add(store, row, &serial);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_serial = serial;
        return r;
}

static int put(struct thon_store *store, const struct thon_airing_row *row, bool *ret_there)
{
        bool was_open = false;
        int r = check(store, row);

        if (r != 0)
                return r;
        {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;

                r = thon_sql_row(store, &stmt, "SELECT ended FROM airing WHERE serial = ?1",
                                 SQL_INT(row->serial));
                if (r != 0)
                        return r;
                *ret_there = stmt != NULL;
                was_open = stmt && thon_column_null(stmt, 0);
        }
        if (!*ret_there || row->serial <= 0)
                return 0;
        r = write_row(store, row,
                      "UPDATE airing SET (announcement, zone, class, due, began, ended, state, reason,"
                      " seconds_ms, position_ms, level_db, returned_db, proof, audio, audio_size,"
                      " audio_sha256, by) = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
                      " ?15, ?16, ?17) WHERE serial = ?18");
        return r == 0 && was_open && is_audited(row) ? audit(store, row) : r;
}

int thon_airing_put(struct thon_store *store, const struct thon_airing_row *row)
{
        bool own = false, there = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = put(store, row, &there);
        r = thon_sql_leave(store, own, r);
        return r == 0 && !there ? thon_store_answer(store, THON_STORE_NOT_FOUND,
                                                    "there is no airing %" PRId64, row->serial)
                                : r;
}

/* ---- reading ---- */

#define COLUMNS                                                                                            \
        "SELECT a.serial, a.announcement, a.zone, ifnull(n.title, ''), a.class, a.due, a.began, a.ended, " \
        "a.state, a.reason, a.seconds_ms, a.position_ms, a.level_db, a.returned_db, a.proof, a.audio, "    \
        "a.audio_size, a.audio_sha256, a.by FROM airing AS a LEFT JOIN announcement AS n ON n.id = a.announcement"
#define NEXT(which, order, than)                                                                    \
        COLUMNS " WHERE " which " AND a.due >= ?1 AND a.due < ?2 AND (a.due, a.serial) " than       \
                " (?3, ?4) AND (?5 IS NULL OR a.zone = ?5) AND (?6 IS NULL OR a.announcement = ?6)" \
                " ORDER BY a.due " order ", a.serial " order " LIMIT 1"
#define OLDEST_FIRST(which) NEXT(which, "ASC", ">")
#define NEWEST_FIRST(which) NEXT(which, "DESC", "<")

static const char *statement(const struct thon_airing_span *span)
{
        if (span->open)
                return span->oldest_first ? OLDEST_FIRST("a.ended IS NULL")
                                          : NEWEST_FIRST("a.ended IS NULL");
        if (span->announcement)
                return span->oldest_first ? OLDEST_FIRST("a.announcement = ?6")
                                          : NEWEST_FIRST("a.announcement = ?6");
        return span->oldest_first ? OLDEST_FIRST("TRUE") : NEWEST_FIRST("TRUE");
}

static double column_level(struct thon_stmt *stmt, int column)
{
        return thon_column_null(stmt, column) ? (double)NAN : thon_column_double(stmt, column);
}

/* A word that is damaged is read as one that makes nothing sound again. */
static void read_row(struct thon_stmt *stmt, struct thon_airing_row *ret)
{
        *ret = (struct thon_airing_row){
                .serial = thon_column_int(stmt, 0),
                .announcement = thon_column_text_or_empty(stmt, 1),
                .zone = thon_column_text_or_empty(stmt, 2),
                .title = thon_column_text_or_empty(stmt, 3),
                .class = THON_CLASS_NORMAL,
                .due = {thon_column_int(stmt, 5)},
                .began = thon_column_time(stmt, 6),
                .ended = thon_column_time(stmt, 7),
                .state = THON_AIRING_DROPPED,
                .reason = THON_AIR_NO_REASON,
                .seconds_ms = thon_within(thon_column_int(stmt, 10), INT64_MAX),
                .position_ms = thon_within(thon_column_int(stmt, 11), INT64_MAX),
                .level_db = column_level(stmt, 12),
                .returned_db = column_level(stmt, 13),
                .proof = thon_column_text_or_empty(stmt, 14),
                .audio = thon_column_text_or_empty(stmt, 15),
                .audio_size = thon_within(thon_column_int(stmt, 16), INT64_MAX),
                .audio_sha256 = thon_column_text_or_empty(stmt, 17),
                .by = thon_column_text_or_empty(stmt, 18),
        };
        (void)thon_class_parse(thon_column_text_or_empty(stmt, 4), &ret->class);
        (void)thon_airing_state_parse(thon_column_text_or_empty(stmt, 8), &ret->state);
        (void)thon_air_reason_parse(thon_column_text_or_empty(stmt, 9), &ret->reason);
}

/* One row a statement: `visit` may write, also to what it is given. */
int thon_airings(struct thon_store *store, const struct thon_airing_span *span,
                 int (*visit)(const struct thon_airing_row *, void *), void *userdata)
{
        int64_t due = span->oldest_first ? INT64_MIN : INT64_MAX, serial = due;

        for (size_t n = 0; span->limit == 0 || n < span->limit; n++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                struct thon_airing_row row;
                bool later;
                int r = thon_sql_row(store, &stmt, statement(span), SQL_INT(span->from.s),
                                     SQL_INT(span->to.s != 0 ? span->to.s : INT64_MAX), SQL_INT(due),
                                     SQL_INT(serial), SQL_TEXT(span->zone), SQL_TEXT(span->announcement));

                if (r != 0 || !stmt)
                        return r;
                read_row(stmt, &row);
                later = row.due.s > due || (row.due.s == due && row.serial > serial);
                /* In a damaged file the next row may be one that was seen: that would never end. */
                if (later != span->oldest_first || (row.due.s == due && row.serial == serial))
                        return thon_store_answer(
                                store, THON_STORE_CORRUPT,
                                "the airings are damaged: restore a backup (sudo thonctl store restore --stop)");
                due = row.due.s;
                serial = row.serial;
                r = visit(&row, userdata);
                if (r != 0)
                        return r;
        }
        return 0;
}

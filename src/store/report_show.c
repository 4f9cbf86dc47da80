/* Reports as documents: the list of the office in the morning, and one report with all that was said. */
#include <errno.h>
#include <string.h>

#include "sql.h"
#include "thon/report_store.h"

#define TIME(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"
#define ROW                                                                                                \
        "r.id, r.state, r.area, r.name, r.person, r.household, r.assignee, r.reason, r.lat, r.lon, " TIME( \
                "r.due") ", " TIME("r.opened_at") ", " TIME("r.closed_at") ", r.closed_at IS NULL AND r.due < ?1"

static json_t *text_json(struct thon_stmt *stmt, int column)
{
        const char *text = thon_column_text(stmt, column);
        json_t *value = text ? json_string(text) : json_null();
        return value ? value
                     : json_string("\xEF\xBF\xBD"); /* no UTF-8: one such row must not hide the others */
}

static json_t *real_json(struct thon_stmt *stmt, int column)
{
        json_t *value = thon_column_null(stmt, column) ? NULL : json_real(thon_column_double(stmt, column));
        return value ? value : json_null();
}

static json_t *report_json(struct thon_stmt *stmt)
{
        int64_t state = thon_column_int(stmt, 1);
        const char *word = state >= 0 && state < THON_REPORT_STATES
                                   ? thon_report_state_text((enum thon_report_state)state)
                                   : "damaged";

        return json_pack("{s:I,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "id",
                         (json_int_t)thon_column_int(stmt, 0), "state", word, "area", text_json(stmt, 2),
                         "name", text_json(stmt, 3), "person", text_json(stmt, 4), "household",
                         text_json(stmt, 5), "assignee", text_json(stmt, 6), "reason", text_json(stmt, 7),
                         "lat", real_json(stmt, 8), "lon", real_json(stmt, 9), "due", text_json(stmt, 10),
                         "opened_at", text_json(stmt, 11), "closed_at", text_json(stmt, 12), "overdue",
                         thon_column_int(stmt, 13) != 0);
}

int thon_report_list(struct thon_store *store, bool open_only, struct thon_wall now, int64_t limit,
                     json_t **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_json_ json_t *rows = json_array();
        bool found = false;
        int r = thon_sql(
                store,
                "SELECT " ROW ", (SELECT e.text FROM report_entry e WHERE e.report = r.id AND e.by = ''"
                " AND e.text <> '' ORDER BY e.id LIMIT 1) FROM report r WHERE NOT ?2 OR r.closed_at IS NULL"
                " ORDER BY r.closed_at IS NOT NULL, CASE WHEN r.closed_at IS NULL THEN r.due END, r.id DESC"
                " LIMIT ?3",
                &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, now.s);
        thon_bind_int(stmt, 2, open_only);
        thon_bind_int(stmt, 3, limit);
        while ((r = thon_stmt_step(stmt, &found)) == 0 && found) {
                json_t *row = report_json(stmt);
                if (!row || json_object_set_new(row, "text", text_json(stmt, 14)) < 0 ||
                    json_array_append_new(rows, row) < 0)
                        return -ENOMEM;
        }
        if (r == 0)
                *ret = THON_TAKE(rows);
        return r;
}

static int entries(struct thon_store *store, int64_t id, json_t **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_json_ json_t *rows = json_array();
        bool found = false;
        int r = thon_sql(
                store,
                "SELECT " TIME("at") ", by, kind, text, file, type, size FROM report_entry WHERE report = ?1"
                                     " ORDER BY id",
                &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, id);
        while ((r = thon_stmt_step(stmt, &found)) == 0 && found) {
                json_t *size =
                        thon_column_null(stmt, 6) ? json_null() : json_integer(thon_column_int(stmt, 6));
                json_t *row =
                        json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "at", text_json(stmt, 0), "by",
                                  text_json(stmt, 1), "kind", text_json(stmt, 2), "text", text_json(stmt, 3),
                                  "file", text_json(stmt, 4), "type", text_json(stmt, 5), "size", size);
                if (!row || json_array_append_new(rows, row) < 0)
                        return -ENOMEM;
        }
        if (r == 0)
                *ret = THON_TAKE(rows);
        return r;
}

int thon_report_show(struct thon_store *store, int64_t id, struct thon_wall now, json_t **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_json_ json_t *doc = NULL, *list = NULL;
        bool found = false;
        int r = thon_sql(store, "SELECT " ROW " FROM report r WHERE r.id = ?2", &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, now.s);
        thon_bind_int(stmt, 2, id);
        r = thon_stmt_step(stmt, &found);
        if (r == 0 && !found)
                return THON_STORE_NOT_FOUND;
        if (r == 0)
                doc = report_json(stmt);
        if (r == 0)
                r = entries(store, id, &list);
        if (r != 0)
                return r;
        if (!doc || json_object_set(doc, "entries", list) < 0)
                return -ENOMEM;
        *ret = THON_TAKE(doc);
        return 0;
}

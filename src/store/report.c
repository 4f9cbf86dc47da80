/* Reports: one row a report, one a message of it. What a citizen wrote is never changed, only added to. */
#include "thon/report_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sql.h"

#define COLUMNS                                                                                                    \
        "id, state, channel, address, name, person, household, area, assignee, reason, lat, lon, due, opened_at, " \
        "updated_at"

static void copy(char *to, size_t size, const char *text)
{
        (void)snprintf(to, size, "%s", text ? text : "");
}

static void bind_text_or_null(struct thon_stmt *stmt, int index, const char *text)
{
        thon_bind_text(stmt, index, *text ? text : NULL);
}

static void read_report(struct thon_stmt *stmt, struct thon_report *ret)
{
        int64_t state = thon_column_int(stmt, 1);

        *ret = (struct thon_report){
                .id = thon_column_int(stmt, 0),
                /* A damaged number is shown as something that a person must look at. */
                .state = state >= 0 && state < THON_REPORT_STATES ? (enum thon_report_state)state
                                                                  : THON_REPORT_NEW,
                .has_place = !thon_column_null(stmt, 10) && !thon_column_null(stmt, 11),
                .lat = thon_column_double(stmt, 10),
                .lon = thon_column_double(stmt, 11),
                .due = {thon_column_int(stmt, 12)},
                .opened_at = {thon_column_int(stmt, 13)},
                .updated_at = {thon_column_int(stmt, 14)},
        };
        copy(ret->channel, sizeof(ret->channel), thon_column_text(stmt, 2));
        copy(ret->address, sizeof(ret->address), thon_column_text(stmt, 3));
        copy(ret->name, sizeof(ret->name), thon_column_text(stmt, 4));
        copy(ret->person, sizeof(ret->person), thon_column_text(stmt, 5));
        copy(ret->household, sizeof(ret->household), thon_column_text(stmt, 6));
        copy(ret->area, sizeof(ret->area), thon_column_text(stmt, 7));
        copy(ret->assignee, sizeof(ret->assignee), thon_column_text(stmt, 8));
        copy(ret->reason, sizeof(ret->reason), thon_column_text(stmt, 9));
}

static int open_report(struct thon_store *store, struct thon_report *report)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(
                store,
                "INSERT INTO report (channel, address, name, person, household, area, lat, lon, state, due,"
                " opened_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
                &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, report->channel);
        thon_bind_text(stmt, 2, report->address);
        thon_bind_text(stmt, 3, report->name);
        bind_text_or_null(stmt, 4, report->person);
        bind_text_or_null(stmt, 5, report->household);
        bind_text_or_null(stmt, 6, report->area);
        if (report->has_place) {
                thon_bind_double(stmt, 7, report->lat);
                thon_bind_double(stmt, 8, report->lon);
        }
        thon_bind_int(stmt, 9, report->state);
        thon_bind_int(stmt, 10, report->due.s);
        thon_bind_int(stmt, 11, report->opened_at.s);
        r = thon_stmt_run(stmt);
        if (r == 0)
                report->id = thon_sql_last_id(store);
        return r;
}

int thon_report_open(struct thon_store *store, struct thon_report *report)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = open_report(store, report);
        return thon_sql_leave(store, own, r);
}

int thon_report_get(struct thon_store *store, int64_t id, struct thon_report *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = thon_sql(store, "SELECT " COLUMNS " FROM report WHERE id = ?1", &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, id);
        r = thon_stmt_step(stmt, &found);
        if (r == 0 && found)
                read_report(stmt, ret);
        return r == 0 && !found ? THON_STORE_NOT_FOUND : r;
}

int thon_report_of_chat(struct thon_store *store, const char *channel, const char *address,
                        struct thon_report *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = thon_sql(store,
                         "SELECT " COLUMNS
                         " FROM report WHERE channel = ?1 AND address = ?2 AND closed_at IS NULL"
                         " ORDER BY id DESC LIMIT 1",
                         &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, channel);
        thon_bind_text(stmt, 2, address);
        r = thon_stmt_step(stmt, &found);
        if (r == 0 && found)
                read_report(stmt, ret);
        return r == 0 && !found ? THON_STORE_NOT_FOUND : r;
}

static int update_report(struct thon_store *store, const struct thon_report *report, const char *by)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(
                store,
                "UPDATE report SET state = ?2, assignee = ?3, reason = ?4, lat = ?5, lon = ?6, area = ?7,"
                " updated_at = ?8, closed_at = CASE WHEN ?9 THEN ifnull(closed_at, ?8) END WHERE id = ?1",
                &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, report->id);
        thon_bind_int(stmt, 2, report->state);
        bind_text_or_null(stmt, 3, report->assignee);
        bind_text_or_null(stmt, 4, report->reason);
        if (report->has_place) {
                thon_bind_double(stmt, 5, report->lat);
                thon_bind_double(stmt, 6, report->lon);
        }
        bind_text_or_null(stmt, 7, report->area);
        thon_bind_int(stmt, 8, report->updated_at.s);
        thon_bind_int(stmt, 9, thon_report_closed(report->state));
        r = thon_stmt_run(stmt);
        if (r != 0)
                return r;
        if (thon_sql_changes(store) == 0)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no report %" PRId64,
                                       report->id);
        if (*by) {
                _cleanup_json_ json_t *detail =
                        json_pack("{s:s,s:s,s:b}", "state", thon_report_state_text(report->state),
                                  "assignee", report->assignee, "reason", *report->reason != '\0');
                _cleanup_free_ char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
                char object[40];
                (void)snprintf(object, sizeof(object), "report:%" PRId64, report->id);
                r = thon_audit_add(store, report->updated_at, by, "report.set", object, text);
        }
        return r;
}

int thon_report_update(struct thon_store *store, const struct thon_report *report, const char *by)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = update_report(store, report, by);
        return thon_sql_leave(store, own, r);
}

static int add_entry(struct thon_store *store, int64_t report, const struct thon_report_entry *entry)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store,
                         "INSERT INTO report_entry (report, at, by, kind, text, file, size, type)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                         &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, report);
        thon_bind_int(stmt, 2, entry->at.s);
        thon_bind_text(stmt, 3, entry->by ? entry->by : "");
        thon_bind_text(stmt, 4, entry->kind);
        thon_bind_text(stmt, 5, entry->text ? entry->text : "");
        thon_bind_text(stmt, 6, entry->file);
        if (entry->file)
                thon_bind_int(stmt, 7, entry->size);
        thon_bind_text(stmt, 8, entry->type);
        return thon_stmt_run(stmt);
}

int thon_report_entry_add(struct thon_store *store, int64_t report, const struct thon_report_entry *entry)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = add_entry(store, report, entry);
        return thon_sql_leave(store, own, r);
}

int thon_report_entries_since(struct thon_store *store, const char *channel, const char *address,
                              struct thon_wall since, int64_t *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = thon_sql(
                store,
                "SELECT (SELECT count(*) FROM report r JOIN report_entry e ON e.report = r.id WHERE"
                " r.channel = ?1 AND r.address = ?2 AND r.updated_at >= ?3 AND e.by = '' AND e.at >= ?3)"
                " + (SELECT count(*) FROM inbound WHERE done = 0 AND channel = ?1 AND address = ?2)",
                &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, channel);
        thon_bind_text(stmt, 2, address);
        thon_bind_int(stmt, 3, since.s);
        r = thon_stmt_step(stmt, &found);
        if (r == 0)
                *ret = found ? thon_column_int(stmt, 0) : 0;
        return r;
}

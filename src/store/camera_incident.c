/* Incidents: written when they are told, when their members change and when they end. Of the members only the difference is
 * written: an outage of a whole commune changes with every camera that comes back. */
#include <errno.h>
#include <string.h>

#include "sql.h"
#include "thon/camera_store.h"

static char *members_text(const struct thon_incident_row *row)
{
        _cleanup_json_ json_t *list = json_array();

        for (size_t i = 0; i < row->n_members; i++)
                if (json_array_append_new(list, json_string(row->members[i])) < 0)
                        return NULL;
        return list ? json_dumps(list, JSON_COMPACT) : NULL;
}

static int put_members(struct thon_store *store, const struct thon_incident_row *row)
{
        _cleanup_free_ char *members = members_text(row);
        int64_t serial;
        int r;

        if (!members)
                return -ENOMEM;
        r = thon_camera_incident_serial(store, row->id, &serial);
        if (r == 0)
                r = thon_sql_do(store,
                                "DELETE FROM camera_incident_member WHERE incident = ?1"
                                " AND device NOT IN (SELECT value FROM json_each(?2))",
                                SQL_INT(serial), SQL_TEXT(members));
        if (r == 0)
                r = thon_sql_do(store,
                                "INSERT INTO camera_incident_member (incident, device)"
                                " SELECT ?1, value FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING",
                                SQL_INT(serial), SQL_TEXT(members));
        return r;
}

static int put(struct thon_store *store, const struct thon_incident_row *row)
{
        int r = thon_sql_do(
                store,
                "INSERT INTO camera_incident (id, cause, verdict, root, name, area, group_, cause_id, text,"
                " end_text, began, ended, most) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
                " ?13) ON CONFLICT (id) DO UPDATE SET (cause, verdict, root, name, area, group_, cause_id,"
                " text, end_text, began, ended, most) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                SQL_TEXT(row->id), SQL_TEXT(row->cause), SQL_TEXT(row->verdict ? row->verdict : ""),
                SQL_TEXT(row->root ? row->root : ""), SQL_TEXT(row->name ? row->name : ""),
                SQL_TEXT(row->area ? row->area : ""), SQL_INT(row->group),
                SQL_TEXT(row->cause_id ? row->cause_id : ""), SQL_TEXT(row->text ? row->text : ""),
                SQL_TEXT(row->end_text ? row->end_text : ""), SQL_INT(row->began.s), SQL_TIME(row->ended),
                SQL_INT((int64_t)row->most));
        return r == 0 ? put_members(store, row) : r;
}

int thon_camera_incident_put(struct thon_store *store, const struct thon_incident_row *row)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = put(store, row);
        return thon_sql_leave(store, own, r);
}

int thon_camera_incident_serial(struct thon_store *store, const char *id, int64_t *ret)
{
        int r = thon_sql_integer(store, "SELECT serial FROM camera_incident WHERE id = ?1", id, ret);

        return r == THON_STORE_NOT_FOUND
                       ? thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no incident %s", id)
                       : r;
}

struct members {
        const char **ids;
        size_t n, room;
};

static void members_clear(struct members *members)
{
        for (size_t i = 0; i < members->n; i++)
                free((char *)members->ids[i]);
        members->n = 0;
}

static void members_done(struct members *members)
{
        members_clear(members);
        free(members->ids);
}

static int read_members(struct thon_store *store, int64_t serial, struct members *members)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(
                store, &stmt,
                "SELECT device FROM camera_incident_member WHERE incident = ?1 ORDER BY device",
                SQL_INT(serial));

        members_clear(members);
        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                if (members->n == members->room) {
                        size_t room = members->room ? 2 * members->room : 16;
                        const char **ids = reallocarray(members->ids, room, sizeof(*ids));

                        if (!ids)
                                return -ENOMEM;
                        members->ids = ids;
                        members->room = room;
                }
                members->ids[members->n] = strdup(thon_column_text_or_empty(stmt, 0));
                if (!members->ids[members->n])
                        return -ENOMEM;
                members->n++;
        }
        return r;
}

#define COLUMNS                                                                                          \
        "serial, id, cause, verdict, root, name, area, group_, cause_id, text, end_text, began, ended, " \
        "most"

int thon_camera_incidents(struct thon_store *store, bool standing_only, struct thon_wall from,
                          struct thon_wall to, int (*visit)(const struct thon_incident_row *, void *),
                          void *userdata)
{
        _cleanup_(members_done) struct members members = {0};
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt,
                              standing_only ? "SELECT " COLUMNS " FROM camera_incident WHERE ended IS NULL"
                                              " AND began < ?2 ORDER BY began, serial"
                                            : "SELECT " COLUMNS " FROM camera_incident WHERE began < ?2"
                                              " AND (ended IS NULL OR ended >= ?1) ORDER BY began, serial",
                              SQL_INT(from.s), SQL_INT(to.s));

        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                int64_t most = thon_column_int(stmt, 13);
                struct thon_incident_row one = {.serial = thon_column_int(stmt, 0),
                                                .id = thon_column_text_or_empty(stmt, 1),
                                                .cause = thon_column_text_or_empty(stmt, 2),
                                                .verdict = thon_column_text_or_empty(stmt, 3),
                                                .root = thon_column_text_or_empty(stmt, 4),
                                                .name = thon_column_text_or_empty(stmt, 5),
                                                .area = thon_column_text_or_empty(stmt, 6),
                                                .group = thon_column_int(stmt, 7),
                                                .cause_id = thon_column_text_or_empty(stmt, 8),
                                                .text = thon_column_text_or_empty(stmt, 9),
                                                .end_text = thon_column_text_or_empty(stmt, 10),
                                                .began = {thon_column_int(stmt, 11)},
                                                .ended = thon_column_time(stmt, 12),
                                                .most = most < 0 ? 0 : (size_t)most};
                r = read_members(store, one.serial, &members);
                if (r != 0)
                        return r;
                one.members = members.ids;
                one.n_members = members.n;
                r = visit(&one, userdata);
        }
        return r;
}

/* What must outlive a restart of camerad, one row a device: written when it changes and before an act that must not be
 * repeated (a restart of a camera), so that a crash in between leaves one attempt on record and not two in the field. */
#include <errno.h>
#include <string.h>

#include "sql.h"
#include "thon/camera_store.h"

/* "[1795262400,1795266000]" */
static char *tries_text(const struct thon_heal_state *heal)
{
        _cleanup_json_ json_t *list = json_array();

        for (unsigned i = 0; i < heal->n_tries && i < THON_HEAL_TRIES; i++)
                if (json_array_append_new(list, json_integer(heal->tries[i].s)) < 0)
                        return NULL;
        return list ? json_dumps(list, JSON_COMPACT) : NULL;
}

/* A damaged list is no list: what is lost with it is a cool-down, and its attempts are counted beside it. */
static void tries_parse(const char *text, struct thon_heal_state *heal)
{
        _cleanup_json_ json_t *list = NULL;
        const json_t *at;
        size_t i;

        if (thon_json_parse(text, strlen(text), SIZE_MAX, &list, NULL) < 0)
                return;
        json_array_foreach (list, i, at)
                if (json_is_integer(at) && heal->n_tries < THON_HEAL_TRIES)
                        heal->tries[heal->n_tries++].s = json_integer_value(at);
}

static const char *or_empty(const char *text)
{
        return text ? text : "";
}

static int put(struct thon_store *store, const struct thon_camera_row *row)
{
        _cleanup_free_ char *tries = tries_text(&row->heal);
        bool maintenance = row->maintenance_until.s != 0;

        if (!tries)
                return -ENOMEM;
        return thon_sql_do(
                store,
                "INSERT INTO camera_state (device, verdict, since, flapping_since, maintenance,"
                " maintenance_until, maintenance_by, maintenance_reason, heal_tries, heal_attempts,"
                " heal_failure, heal_under_way, heal_began, auth_refused, auth_tag, mac, endpoint, address,"
                " baselines, profile, snapshot_url) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21) ON CONFLICT (device) DO UPDATE SET"
                " (verdict, since, flapping_since, maintenance, maintenance_until, maintenance_by,"
                " maintenance_reason, heal_tries, heal_attempts, heal_failure, heal_under_way, heal_began,"
                " auth_refused, auth_tag, mac, endpoint, address, baselines, profile, snapshot_url) ="
                " (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
                " ?21)",
                SQL_TEXT(row->device), SQL_TEXT(thon_camera_slug(row->verdict)), SQL_INT(row->since.s),
                SQL_TIME(row->flapping ? row->flapping_since : THON_WALL_NEVER), SQL_INT(maintenance),
                SQL_TIME(maintenance ? row->maintenance_until : THON_WALL_NEVER),
                SQL_TEXT(or_empty(row->maintenance_by)), SQL_TEXT(or_empty(row->maintenance_reason)),
                SQL_TEXT(tries), SQL_INT(row->heal.attempts), SQL_INT(row->heal.failure.s),
                SQL_INT(row->heal.under_way), SQL_INT(row->heal.began.s), SQL_INT(row->auth_refused),
                SQL_TEXT(or_empty(row->auth_tag)), SQL_TEXT(or_empty(row->mac)),
                SQL_TEXT(or_empty(row->endpoint)), SQL_TEXT(or_empty(row->address)),
                SQL_TEXT(or_empty(row->baselines)), SQL_TEXT(or_empty(row->profile)),
                SQL_TEXT(or_empty(row->snapshot_url)));
}

int thon_camera_row_put(struct thon_store *store, const struct thon_camera_row *row)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = put(store, row);
        return thon_sql_leave(store, own, r);
}

static void read_row(struct thon_stmt *stmt, struct thon_camera_row *ret)
{
        *ret = (struct thon_camera_row){
                .device = thon_column_text_or_empty(stmt, 0),
                .verdict = THON_CAMERA_UNKNOWN,
                .since = {thon_column_int(stmt, 2)},
                .flapping = !thon_column_null(stmt, 3),
                .flapping_since = thon_column_time(stmt, 3),
                .maintenance_by = thon_column_text_or_empty(stmt, 6),
                .maintenance_reason = thon_column_text_or_empty(stmt, 7),
                .heal = {.attempts = (unsigned)thon_within(thon_column_int(stmt, 9), UINT16_MAX),
                         .failure = {thon_column_int(stmt, 10)},
                         .under_way =
                                 (enum thon_heal_how)thon_within(thon_column_int(stmt, 11), THON_HEAL_POWER),
                         .began = {thon_column_int(stmt, 12)}},
                .auth_refused = (unsigned)thon_within(thon_column_int(stmt, 13), UINT16_MAX),
                .auth_tag = thon_column_text_or_empty(stmt, 14),
                .mac = thon_column_text_or_empty(stmt, 15),
                .endpoint = thon_column_text_or_empty(stmt, 16),
                .address = thon_column_text_or_empty(stmt, 17),
                .baselines = thon_column_text_or_empty(stmt, 18),
                .profile = thon_column_text_or_empty(stmt, 19),
                .snapshot_url = thon_column_text_or_empty(stmt, 20)};
        if (thon_column_int(stmt, 4) != 0)
                ret->maintenance_until = thon_column_time(stmt, 5);
        if (!ret->flapping)
                ret->flapping_since = (struct thon_wall){0};
        tries_parse(thon_column_text_or_empty(stmt, 8), &ret->heal);
        /* A verdict of a newer version stays UNKNOWN: the first look says what it is. */
        (void)thon_camera_parse(thon_column_text_or_empty(stmt, 1), &ret->verdict);
}

int thon_camera_rows(struct thon_store *store, int (*visit)(const struct thon_camera_row *, void *),
                     void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store,
                         "SELECT device, verdict, since, flapping_since, maintenance, maintenance_until,"
                         " maintenance_by, maintenance_reason, heal_tries, heal_attempts, heal_failure,"
                         " heal_under_way, heal_began, auth_refused, auth_tag, mac, endpoint, address,"
                         " baselines, profile, snapshot_url FROM camera_state ORDER BY device",
                         &stmt);
        for (bool row; r == 0;) {
                struct thon_camera_row one;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                read_row(stmt, &one);
                r = visit(&one, userdata);
        }
        return r;
}

int thon_camera_row_remove(struct thon_store *store, const char *device)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store, "DELETE FROM camera_state WHERE device = ?1", SQL_TEXT(device));
        return thon_sql_leave(store, own, r);
}

int thon_camera_learned_put(struct thon_store *store, int64_t group, const char *doc)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = doc ? thon_sql_do(store,
                                      "INSERT INTO camera_learned (group_, doc) VALUES (?1, ?2)"
                                      " ON CONFLICT (group_) DO UPDATE SET doc = ?2",
                                      SQL_INT(group), SQL_TEXT(doc))
                        : thon_sql_do(store, "DELETE FROM camera_learned WHERE group_ = ?1", SQL_INT(group));
        return thon_sql_leave(store, own, r);
}

int thon_camera_learned(struct thon_store *store,
                        int (*visit)(int64_t group, const char *doc, void *userdata), void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, "SELECT group_, doc FROM camera_learned ORDER BY group_", &stmt);
        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                r = visit(thon_column_int(stmt, 0), thon_column_text_or_empty(stmt, 1), userdata);
        }
        return r;
}

/* What was lit, when and why. Rows are changes; what held at an instant is the last row before it, so pruning keeps the
 * last row of every circuit and kind from before the cut. */
#include "thon/light_store.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "sql.h"
#include "thon/light_energy.h"

static int insert(struct thon_store *store, const struct thon_light_history *rows, size_t n)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store,
                         "INSERT INTO light_history (at, circuit, what, value, cause, by, kwh)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                         &stmt);
        for (size_t i = 0; r == 0 && i < n; i++) {
                const struct thon_light_history *row = &rows[i];
                thon_bind_int(stmt, 1, row->at.s);
                thon_bind_text(stmt, 2, row->circuit);
                thon_bind_text(stmt, 3, row->what);
                thon_bind_text(stmt, 4, row->value);
                thon_bind_text(stmt, 5, row->cause ? row->cause : "");
                thon_bind_text(stmt, 6, row->by ? row->by : "");
                if (isfinite(row->kwh) && row->kwh >= 0)
                        thon_bind_double(stmt, 7, row->kwh);
                r = thon_stmt_run(stmt);
        }
        return r;
}

int thon_light_history_add(struct thon_store *store, const struct thon_light_history *rows, size_t n)
{
        if (n == 0)
                return 0;
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = insert(store, rows, n);
        return thon_sql_leave(store, own, r);
}

/* Every kind by name, so that the index (circuit, what, at) serves a range of time. */
#define EVERY_KIND "what IN ('in_effect', 'physical', 'override', 'fault', 'meter', 'lockout')"
#define COLUMNS                                                                                             \
        "id, at, strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') AS rfc3339, circuit, what, value, cause, " \
        "by, kwh"

static const char LIST_ONE[] =
        "SELECT * FROM (SELECT " COLUMNS " FROM light_history WHERE circuit = ?1 AND " EVERY_KIND
        " AND at >= ?2 AND at < ?3 ORDER BY at DESC, id DESC LIMIT ?4) ORDER BY at, id";
/* From circuit to circuit by the index. UNION, not UNION ALL: it ends even where a damaged index runs in a circle. */
static const char LIST_ALL[] =
        "WITH RECURSIVE one (id) AS (SELECT min(circuit) FROM light_history"
        " UNION SELECT (SELECT min(circuit) FROM light_history WHERE circuit > one.id) FROM one"
        " WHERE one.id IS NOT NULL)"
        " SELECT * FROM (SELECT h.id, h.at, strftime('%Y-%m-%dT%H:%M:%SZ', h.at, 'unixepoch') AS rfc3339,"
        " h.circuit, h.what, h.value, h.cause, h.by, h.kwh FROM one CROSS JOIN light_history AS h ON "
        "h.circuit = one.id"
        " AND h." EVERY_KIND
        " AND h.at >= ?2 AND h.at < ?3 ORDER BY h.at DESC, h.id DESC LIMIT ?4) ORDER BY at, id";

/* What is no UTF-8 came from outside; one such row must not hide the others. */
static json_t *text_json(struct thon_stmt *stmt, int column)
{
        json_t *text = json_string(thon_column_text_or_empty(stmt, column));
        return text ? text : json_string("\xEF\xBF\xBD");
}

static json_t *row_json(struct thon_stmt *stmt)
{
        double kwh = thon_column_null(stmt, 8) ? NAN : thon_column_double(stmt, 8);
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "at", text_json(stmt, 2), "circuit",
                         text_json(stmt, 3), "what", text_json(stmt, 4), "value", text_json(stmt, 5),
                         "cause", text_json(stmt, 6), "by", text_json(stmt, 7), "kwh",
                         isfinite(kwh) ? json_real(kwh) : json_null());
}

int thon_light_history_list(struct thon_store *store, const char *circuit, struct thon_wall from,
                            struct thon_wall to, int64_t limit, json_t **ret)
{
        _cleanup_json_ json_t *list = json_array();
        if (!list)
                return -ENOMEM;
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, circuit ? LIST_ONE : LIST_ALL, &stmt);
        if (r != 0)
                return r;
        if (circuit)
                thon_bind_text(stmt, 1, circuit);
        thon_bind_int(stmt, 2, from.s);
        thon_bind_int(stmt, 3, to.s);
        thon_bind_int(stmt, 4, limit);
        for (bool row;;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0)
                        return r;
                if (!row)
                        break;
                json_t *one = row_json(stmt);
                if (json_array_append_new(list, one) < 0)
                        return -ENOMEM;
        }
        *ret = THON_TAKE(list);
        return 0;
}

int thon_light_history_prune(struct thon_store *store, struct thon_wall before)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(
                        store,
                        "DELETE FROM light_history AS old WHERE at < ?1 AND EXISTS (SELECT 1 FROM"
                        " light_history AS later WHERE later.circuit = old.circuit AND later.what = old.what"
                        " AND later.at < ?1 AND (later.at, later.id) > (old.at, old.id))",
                        SQL_INT(before.s));
        return thon_sql_leave(store, own, r);
}

static enum thon_tri tri_of(const char *value)
{
        if (strcmp(value, "on") == 0)
                return THON_ON;
        return strcmp(value, "off") == 0 ? THON_OFF : THON_UNKNOWN;
}

/* What one kind of row says at an instant; "unknown" before the first. */
static int state_at(struct thon_store *store, const char *circuit, const char *what, struct thon_wall at,
                    enum thon_tri *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT value FROM light_history WHERE circuit = ?1 AND what = ?2 AND at <= ?3"
                             " ORDER BY at DESC, id DESC LIMIT 1",
                             SQL_TEXT(circuit), SQL_TEXT(what), SQL_INT(at.s));
        if (r == 0)
                *ret = stmt ? tri_of(thon_column_text_or_empty(stmt, 0)) : THON_UNKNOWN;
        return r;
}

struct intervals {
        struct thon_lit_interval *list;
        size_t n, room;
};

static int append(struct intervals *is, struct thon_wall from, struct thon_wall to)
{
        if (to.s <= from.s)
                return 0;
        if (is->n > 0 && is->list[is->n - 1].to.s == from.s) {
                is->list[is->n - 1].to = to;
                return 0;
        }
        if (is->n == is->room) {
                size_t room = is->room ? 2 * is->room : 8;
                struct thon_lit_interval *list = reallocarray(is->list, room, sizeof(*list));
                if (!list)
                        return -ENOMEM;
                is->list = list;
                is->room = room;
        }
        is->list[is->n++] = (struct thon_lit_interval){.from = from, .to = to};
        return 0;
}

/* What shows the lamps themselves beats what the relay was told. */
static bool lit(enum thon_tri in_effect, enum thon_tri physical)
{
        return (physical == THON_UNKNOWN ? in_effect : physical) == THON_ON;
}

static int collect(struct thon_store *store, const char *circuit, struct thon_wall from, struct thon_wall to,
                   struct intervals *is)
{
        enum thon_tri in_effect, physical;
        int r = state_at(store, circuit, "in_effect", from, &in_effect);
        if (r == 0)
                r = state_at(store, circuit, "physical", from, &physical);
        if (r != 0)
                return r;

        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        r = thon_sql_with(store, &stmt,
                          "SELECT at, what = 'physical', value FROM light_history WHERE circuit = ?1"
                          " AND what IN ('in_effect', 'physical') AND at > ?2 AND at < ?3 ORDER BY at, id",
                          SQL_TEXT(circuit), SQL_INT(from.s), SQL_INT(to.s));
        if (r != 0)
                return r;

        struct thon_wall since = from;
        for (bool row;;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0)
                        return r;
                struct thon_wall at = {row ? thon_column_int(stmt, 0) : to.s};
                if (lit(in_effect, physical)) {
                        r = append(is, since, at);
                        if (r < 0)
                                return r;
                }
                if (!row)
                        return 0;
                *(thon_column_int(stmt, 1) ? &physical : &in_effect) =
                        tri_of(thon_column_text_or_empty(stmt, 2));
                since = at;
        }
}

int thon_light_lit(struct thon_store *store, const char *circuit, struct thon_wall from, struct thon_wall to,
                   struct thon_lit_interval **ret, size_t *ret_n)
{
        struct intervals is = {0};
        int r = thon_wall_before(from, to) ? collect(store, circuit, from, to, &is) : 0;
        if (r != 0) {
                free(is.list);
                return r;
        }
        *ret = is.list;
        *ret_n = is.n;
        return 0;
}

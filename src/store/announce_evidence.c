/* The evidence pack: what was aired in a span, who answers for it, and the part of the audit log by which both can
 * be proved by somebody who trusts nothing but a head of the log that was noted before. Forms, sound and alerts are
 * bound to the log by their digests. docs/store.md says how an inspector checks it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "relay_json.h"
#include "sql.h"
#include "thon/announce_store.h"

#define AUDIT_MAX 200000 /* rows: more do not belong into one document */

/* Announcements of the span: submitted in it, or aired. */
#define ANNOUNCEMENTS                                                                                      \
        "(SELECT id FROM announcement WHERE submitted >= ?1 AND submitted < ?2 UNION SELECT announcement " \
        "FROM airing WHERE due >= ?1 AND due < ?2)"

enum column_kind { TEXT, INTEGER, REAL, FLAG, FORM };
struct column {
        const char *member;
        enum column_kind kind;
};

static json_t *column_value(struct thon_stmt *stmt, int i, enum column_kind kind)
{
        switch (kind) {
        case TEXT:
                return thon_column_json(stmt, i);
        case INTEGER:
                return thon_column_json_integer(stmt, i);
        case REAL:
                return thon_column_null(stmt, i) ? json_null() : json_real(thon_column_double(stmt, i));
        case FLAG:
                return json_boolean(thon_column_int(stmt, i) != 0);
        case FORM: {
                json_t *form = json_loads(thon_column_text_or_empty(stmt, i), 0, NULL);

                return form ? form : json_null();
        }
        }
        return NULL;
}

/* The rows of `sql` (?1 and ?2: the span) as objects. */
static int rows(struct thon_store *store, const char *sql, struct thon_wall from, struct thon_wall to,
                const struct column *columns, int n, json_t **ret)
{
        _cleanup_json_ json_t *list = json_array();
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt, sql, SQL_INT(from.s), SQL_INT(to.s));

        for (bool row; r == 0;) {
                json_t *one;

                r = thon_stmt_step(stmt, &row);
                if (r != 0)
                        return r;
                if (!row)
                        break;
                one = json_object();
                for (int i = 0; i < n; i++)
                        if (json_object_set_new(one, columns[i].member,
                                                column_value(stmt, i, columns[i].kind)) < 0)
                                r = -ENOMEM;
                if (json_array_append_new(list, one) < 0)
                        r = -ENOMEM;
        }
        if (r == 0)
                *ret = THON_TAKE(list);
        return r;
}
#define ROWS(store, sql, from, to, columns, ret) \
        rows(store, sql, from, to, columns, (int)(sizeof(columns) / sizeof((columns)[0])), ret)

static int announcements(struct thon_store *store, struct thon_wall from, struct thon_wall to, json_t **ret)
{
        static const struct column columns[] = {
                {"id", TEXT},       {"state", TEXT},        {"by", TEXT},        {"approved_by", TEXT},
                {"ended_by", TEXT}, {"ended_reason", TEXT}, {"submitted", TEXT}, {"approved", TEXT},
                {"ended", TEXT},    {"form", FORM},
        };

        return ROWS(
                store,
                "SELECT id, state, by, approved_by, ended_by, ended_reason, " THON_SQL_TIME("submitted") ", " THON_SQL_TIME(
                        "approved") ", " THON_SQL_TIME("ended") ", form"
                                                                " FROM announcement WHERE id IN " ANNOUNCEMENTS
                                                                " ORDER BY serial",
                from, to, columns, ret);
}

static int airings(struct thon_store *store, struct thon_wall from, struct thon_wall to, json_t **ret)
{
        static const struct column columns[] = {
                {"serial", INTEGER}, {"announcement", TEXT}, {"zone", TEXT},     {"class", TEXT},
                {"due", TEXT},       {"began", TEXT},        {"ended", TEXT},    {"state", TEXT},
                {"reason", TEXT},    {"ms", INTEGER},        {"level_db", REAL}, {"returned_db", REAL},
                {"proof", TEXT},     {"audio", TEXT},        {"size", INTEGER},  {"sha256", TEXT},
                {"by", TEXT},
        };

        return ROWS(
                store,
                "SELECT serial, announcement, zone, class, " THON_SQL_TIME("due") ", " THON_SQL_TIME(
                        "began") ", " THON_SQL_TIME("ended") ", state, reason, seconds_ms, level_db,"
                                                             " returned_db, proof, audio, audio_size, audio_sha256, by FROM airing"
                                                             " WHERE due >= ?1 AND due < ?2 ORDER BY due, serial",
                from, to, columns, ret);
}

static int faults(struct thon_store *store, struct thon_wall from, struct thon_wall to, json_t **ret)
{
        static const struct column columns[] = {
                {"zone", TEXT}, {"fault", TEXT}, {"began", TEXT}, {"ended", TEXT}, {"detail", TEXT}};

        return ROWS(store,
                    "SELECT zone, fault, " THON_SQL_TIME("began") ", " THON_SQL_TIME(
                            "ended") ", detail"
                                     " FROM zone_fault WHERE began < ?2 AND (ended IS NULL OR ended >= ?1)"
                                     " ORDER BY began, zone, fault",
                    from, to, columns, ret);
}

static int alerts(struct thon_store *store, struct thon_wall from, struct thon_wall to, json_t **ret)
{
        static const struct column columns[] = {
                {"id", INTEGER},    {"sender", TEXT},  {"identifier", TEXT},   {"sent", TEXT},
                {"received", TEXT}, {"expires", TEXT}, {"taken", FLAG},        {"over", FLAG},
                {"origin", TEXT},   {"signer", TEXT},  {"announcement", TEXT}, {"reason", TEXT},
                {"xml", TEXT},
        };

        return ROWS(
                store,
                "SELECT id, sender, identifier, " THON_SQL_TIME("sent") ", " THON_SQL_TIME("received") ", " THON_SQL_TIME(
                        "expires") ", taken, over, origin, signer,"
                                   " announcement, reason, xml FROM cap_alert WHERE received >= ?1 AND received < ?2"
                                   " ORDER BY id",
                from, to, columns, ret);
}

/* The row before the first that concerns what is in the span; INT64_MAX when none does. */
static int first_row(struct thon_store *store, struct thon_wall from, struct thon_wall to, int64_t *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(
                store, &stmt,
                "SELECT min(id) FROM audit WHERE action GLOB 'announce-*' AND (object IN"
                " " ANNOUNCEMENTS " OR object IN (SELECT 'airing:' || serial FROM airing"
                " WHERE due >= ?1 AND due < ?2) OR object IN (SELECT 'cap:' || id FROM cap_alert"
                " WHERE received >= ?1 AND received < ?2))",
                SQL_INT(from.s), SQL_INT(to.s));

        if (r == 0)
                *ret = !stmt || thon_column_null(stmt, 0) ? INT64_MAX : thon_column_int(stmt, 0) - 1;
        return r;
}

static int audit(struct thon_store *store, struct thon_wall from, struct thon_wall to, json_t **ret)
{
        static const struct column columns[] = {
                {"id", INTEGER},  {"at", INTEGER},  {"actor", TEXT},  {"action", TEXT},
                {"object", TEXT}, {"detail", TEXT}, {"before", TEXT}, {"hash", TEXT},
        };
        static const char sql[] = "SELECT id, at, actor, action, object, detail, before, hash FROM audit"
                                  " WHERE id >= ?1 AND id < ?2 ORDER BY id";
        _cleanup_json_ json_t *list = NULL;
        const char *head;
        int64_t first, last;
        int r = first_row(store, from, to, &first);

        if (r == 0)
                r = thon_sql_integer(store, "SELECT ifnull(max(id), 0) FROM audit", NULL, &last);
        if (r != 0)
                return r;
        first = first < last ? first : last; /* nothing concerns the span: the head alone */
        if (last - first >= AUDIT_MAX)
                return thon_store_answer(store, THON_STORE_INVALID,
                                         "%" PRId64
                                         " rows of the audit log would belong to it: take a later "
                                         "beginning, or give a backup of the whole store",
                                         last - first);
        r = ROWS(store, sql, (struct thon_wall){first}, (struct thon_wall){INT64_MAX}, columns, &list);
        if (r != 0)
                return r;
        head = json_string_value(json_object_get(json_array_get(list, json_array_size(list) - 1), "hash"));
        *ret = json_pack("{s:O, s:s}", "rows", list, "head", head ? head : "");
        return *ret ? 0 : -ENOMEM;
}

static int collect(struct thon_store *store, struct thon_wall from, struct thon_wall to, json_t *pack)
{
        static const struct {
                const char *member;
                int (*get)(struct thon_store *, struct thon_wall, struct thon_wall, json_t **);
        } parts[] = {{"announcements", announcements},
                     {"airings", airings},
                     {"faults", faults},
                     {"alerts", alerts},
                     {"audit", audit}};
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
                json_t *part;

                r = parts[i].get(store, from, to, &part);
                if (r == 0 && json_object_set_new(pack, parts[i].member, part) < 0)
                        r = -ENOMEM;
        }
        return r;
}

static json_t *time_json(struct thon_wall at)
{
        struct thon_zone *utc;
        char text[THON_TIME_TEXT];
        json_t *json = NULL;

        if (thon_zone_fixed(0, &utc) < 0)
                return NULL;
        json = json_string(thon_time_text(utc, at, text));
        thon_zone_free(utc);
        return json;
}

/* In one transaction: rows that are added meanwhile would else be in a part of it only. */
int thon_announce_evidence(struct thon_store *store, struct thon_wall from, struct thon_wall to,
                           json_t **ret)
{
        _cleanup_json_ json_t *pack = json_pack("{s:s, s:o, s:o, s:n}", "kind", "thon-announce-evidence-1",
                                                "from", time_json(from), "to", time_json(to), "site");
        int r = pack ? thon_sql_exec(store, "SAVEPOINT evidence") : -ENOMEM;

        if (r != 0)
                return r;
        r = collect(store, from, to, pack);
        (void)thon_sql_exec(store, "RELEASE evidence");
        if (r == 0)
                *ret = THON_TAKE(pack);
        return r;
}

/* What watched devices hang on. Whether a parent is there can only be said when all rows of an import are written, and
 * one write can break what another row says: a circuit that becomes a camera no longer feeds anything. So all references
 * are looked at after every write; a commune has a few thousand. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device_config.h"
#include "thon/cleanup.h"
#include "thon/slug.h"

/* Only those that are wrong. "mains" tells of areas and has no address, so nothing hangs on it by network. A street light as
 * a power circuit would go on by day with every restart of a camera, and the camera be dark by day without one. */
static const char WRONG[] =
        "WITH watched AS (SELECT * FROM device WHERE " THON_SQL_WATCHED "),"
        " refers (id, member, target) AS ("
        "SELECT id, 'parent', json_extract(config, '$.parent') FROM watched"
        " UNION ALL SELECT id, 'power.circuit', json_extract(config, '$.power.circuit') FROM watched"
        " UNION ALL SELECT id, 'circuit', json_extract(config, '$.circuit') FROM watched WHERE kind = 'mains')"
        " SELECT refers.id, member, target, t.kind FROM refers LEFT JOIN device AS t ON t.id = target"
        " WHERE target IS NOT NULL AND NOT ifnull(CASE member"
        " WHEN 'parent' THEN t.kind IN ('camera', 'switch', 'access-point', 'host')"
        " WHEN 'circuit' THEN t.kind = 'circuit' AND json_type(t.config, '$.mains') = 'object'"
        " ELSE t.kind = 'circuit' AND json_extract(t.config, '$.load') = 'equipment' END, 0)";

struct teller {
        bool (*is_new)(void *userdata, const char *id);
        void (*tell)(void *userdata, const char *id, const char *reason);
        void *userdata;
};

/* Why a device of that kind does not do for that member. */
static const char *unfit(const char *member, const char *kind)
{
        bool circuit = strcmp(kind, "circuit") == 0;

        if (strcmp(member, "parent") == 0)
                return ", on which no other device hangs";
        if (!circuit)
                return " and no circuit";
        return strcmp(member, "circuit") == 0 ? " without a \"mains\" contact"
                                              : " that feeds lamps: give it \"load\":\"equipment\"";
}

static void tell_wrong(const struct teller *teller, const char *id, const char *member, const char *target,
                       const char *kind)
{
        char reason[400];

        if (teller->is_new(teller->userdata, id)) {
                if (kind)
                        (void)snprintf(reason, sizeof reason, "%s: \"%s\" is a %s%s", member, target, kind,
                                       unfit(member, kind));
                else
                        (void)snprintf(reason, sizeof reason, "%s: there is no device \"%s\"", member,
                                       target);
                teller->tell(teller->userdata, id, reason);
        } else if (kind && teller->is_new(teller->userdata, target)) {
                (void)snprintf(reason, sizeof reason,
                               "%s of device \"%s\" is this one, which may not be a %s%s", member, id, kind,
                               unfit(member, kind));
                teller->tell(teller->userdata, target, reason);
        }
}

static int check_targets(struct thon_store *store, const struct teller *teller)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, WRONG, &stmt);

        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                tell_wrong(teller, thon_column_text_or_empty(stmt, 0), thon_column_text_or_empty(stmt, 1),
                           thon_column_text_or_empty(stmt, 2), thon_column_text(stmt, 3));
        }
        return r;
}

struct edge {
        thon_slug id, parent;
};

static int load_edges(struct thon_store *store, struct edge **edges, size_t *n)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store,
                         "SELECT id, json_extract(config, '$.parent') AS parent FROM device"
                         " WHERE " THON_SQL_WATCHED " AND parent IS NOT NULL ORDER BY id",
                         &stmt);

        for (size_t room = 0; r == 0;) {
                bool row;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                if (*n == room) {
                        struct edge *more = reallocarray(*edges, room = 2 * room + 64, sizeof(*more));

                        if (!more)
                                return -ENOMEM;
                        *edges = more;
                }
                struct edge *edge = &(*edges)[(*n)++];
                (void)snprintf(edge->id, sizeof edge->id, "%s", thon_column_text_or_empty(stmt, 0));
                (void)snprintf(edge->parent, sizeof edge->parent, "%s", thon_column_text_or_empty(stmt, 1));
        }
        return r;
}

static int by_id(const void *a, const void *b)
{
        return strcmp(((const struct edge *)a)->id, ((const struct edge *)b)->id);
}

static const struct edge *edge_of(const struct edge *edges, size_t n, const char *id)
{
        struct edge key;

        (void)snprintf(key.id, sizeof key.id, "%s", id);
        return n > 0 ? bsearch(&key, edges, n, sizeof(*edges), by_id) : NULL;
}

/* A circle holds at least one device that is new, and each of those is walked from. */
static int check_circles(struct thon_store *store, const struct teller *teller)
{
        _cleanup_free_ struct edge *edges = NULL;
        size_t n = 0;
        int r = load_edges(store, &edges, &n);

        for (size_t i = 0; r == 0 && i < n; i++) {
                const struct edge *up = &edges[i];

                if (!teller->is_new(teller->userdata, up->id))
                        continue;
                for (size_t steps = 0; up && steps < n; steps++) {
                        if (strcmp(up->parent, edges[i].id) == 0) {
                                teller->tell(teller->userdata, edges[i].id,
                                             "parent: by its parents it hangs on itself");
                                break;
                        }
                        up = edge_of(edges, n, up->parent);
                }
        }
        return r;
}

int thon_device_check_references(struct thon_store *store, bool (*is_new)(void *userdata, const char *id),
                                 void (*tell)(void *userdata, const char *id, const char *reason),
                                 void *userdata)
{
        const struct teller teller = {is_new, tell, userdata};
        int r = check_targets(store, &teller);

        return r == 0 ? check_circles(store, &teller) : r;
}

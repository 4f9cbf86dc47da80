/* The households that somebody has to go to, in the order in which one walks: hamlet by hamlet, lane by lane, by the number of
 * the house. Names sort as Vietnamese readers expect (folded: Đông among the D), numbers as numbers (9 before 10). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "relay_json.h"
#include "relay_walk.h"
#include "thon/text.h"

#define FOLD_MAX 1000

struct visit {
        char *area, *lane, *house; /* folded */
        int64_t number;
        json_t *json;
};
struct visits {
        struct visit *items;
        size_t n, room;
};
static void visits_done(struct visits *visits)
{
        for (size_t i = 0; i < visits->n; i++) {
                free(visits->items[i].area);
                free(visits->items[i].lane);
                free(visits->items[i].house);
                json_decref(visits->items[i].json);
        }
        free(visits->items);
}

/* "" for what is no text. */
static int fold(struct thon_stmt *stmt, int column, char **ret)
{
        int r = thon_text_fold(thon_column_text_or_empty(stmt, column), FOLD_MAX, ret);
        if (r == -EINVAL)
                r = (*ret = strdup("")) ? 0 : -ENOMEM;
        return r;
}

static const char VISITS[] =
        "SELECT d.area, a.name, h.lane, h.house_no, ifnull(h.code, d.household), h.head_name, h.phone,"
        " d.detail, CAST(h.house_no AS INTEGER) FROM delivery AS d LEFT JOIN household AS h"
        " ON h.code = d.household LEFT JOIN area AS a ON a.id = d.area WHERE d.notification = ?1"
        " AND d.household IS NOT NULL AND d.receipt = 0 AND (d.outcome = 4 OR (?2 AND d.outcome = 3))";

static int take(struct visits *visits, struct thon_stmt *stmt)
{
        if (visits->n == visits->room) {
                size_t room = visits->room ? 2 * visits->room : 64;
                struct visit *items = reallocarray(visits->items, room, sizeof(*items));
                if (!items)
                        return -ENOMEM;
                visits->items = items;
                visits->room = room;
        }
        struct visit *visit = &visits->items[visits->n++];
        *visit = (struct visit){.number = thon_column_int(stmt, 8)};
        int r = fold(stmt, 1, &visit->area);
        if (r == 0)
                r = fold(stmt, 2, &visit->lane);
        if (r == 0)
                r = fold(stmt, 3, &visit->house);
        if (r != 0)
                return r;
        visit->json =
                json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "area", thon_column_json(stmt, 0),
                          "area_name", thon_column_json(stmt, 1), "lane", thon_column_json(stmt, 2),
                          "house_no", thon_column_json(stmt, 3), "household", thon_column_json(stmt, 4),
                          "head_name", thon_column_json(stmt, 5), "phone", thon_column_json(stmt, 6), "why",
                          thon_column_json(stmt, 7));
        return visit->json ? 0 : -ENOMEM;
}

static const char *code_of(const struct visit *visit)
{
        const char *code = json_string_value(json_object_get(visit->json, "household"));
        return code ? code : "";
}

static int by_way(const void *a, const void *b)
{
        const struct visit *one = a, *other = b;
        int order = strcmp(one->area, other->area);
        if (order == 0)
                order = strcmp(one->lane, other->lane);
        if (order == 0)
                order = (one->number > other->number) - (one->number < other->number);
        if (order == 0)
                order = strcmp(one->house, other->house);
        return order ? order : strcmp(code_of(one), code_of(other));
}

static int collect(struct thon_store *store, int64_t id, bool unknown, struct visits *visits)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt, VISITS, SQL_INT(id), SQL_INT(unknown));
        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        break;
                r = take(visits, stmt);
        }
        return r;
}

int thon_notice_visits(struct thon_store *store, int64_t id, bool unknown, json_t **ret)
{
        _cleanup_(visits_done) struct visits visits = {0};
        _cleanup_json_ json_t *list = json_array();
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        if (!list)
                return -ENOMEM;
        int r = thon_sql_row(store, &stmt, "SELECT 1 FROM notification WHERE id = ?1", SQL_INT(id));
        if (r == 0 && !stmt)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        if (r == 0)
                r = collect(store, id, unknown, &visits);
        if (r != 0)
                return r;
        if (visits.n > 1)
                qsort(visits.items, visits.n, sizeof(*visits.items), by_way);
        for (size_t i = 0; i < visits.n; i++)
                if (json_array_append(list, visits.items[i].json) < 0)
                        return -ENOMEM;
        *ret = THON_TAKE(list);
        return 0;
}

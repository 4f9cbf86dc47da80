/* Proof of reach: for each hamlet how many are known to have been reached and how well, and who is left to be visited on
 * foot. Areas are those where people lived when they were told; hamlets are found upwards from there, as the tree is now. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "registry_area.h"
#include "relay_json.h"
#include "relay_walk.h"
#include "thon/text.h"

#define FOLD_MAX 1000

/* ---- hamlets ---- */

struct hamlet {
        char *id, *name, *order; /* order: folded name */
};
static void hamlet_done(struct hamlet *hamlet)
{
        free(hamlet->id);
        free(hamlet->name);
        free(hamlet->order);
}

static int set_text(char **to, const char *text)
{
        char *copy = strdup(text);
        if (!copy)
                return -ENOMEM;
        free(*to);
        *to = copy;
        return 0;
}

/* What is no text in any order comes last. */
static int fold(const char *text, char **ret)
{
        int r = thon_text_fold(text, FOLD_MAX, ret);
        return r == -EINVAL ? set_text(ret, "\x7f") : r;
}

static bool is_hamlet(const char *kind)
{
        static const char *const KINDS[] = {"hamlet", "quarter"};
        for (size_t i = 0; kind && i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
                if (strcmp(kind, KINDS[i]) == 0)
                        return true;
        return false;
}

/* The area itself when no hamlet is above it; an area that is not known any more by its id. */
static int find_hamlet(struct thon_store *store, const char *area, struct hamlet *ret)
{
        _cleanup_(hamlet_done) struct hamlet hamlet = {0};
        _cleanup_free_ char *at = strdup(area);
        int r = at ? set_text(&hamlet.id, area) : -ENOMEM;
        if (r == 0)
                r = set_text(&hamlet.name, area);
        /* Twice the depth: a merged area leads to another one first. */
        for (int depth = 0; r == 0 && at && depth < 2 * THON_AREA_DEPTH_MAX; depth++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                r = thon_sql_row(store, &stmt,
                                 "SELECT name, kind, coalesce(merged_into, parent), merged_into IS NULL"
                                 " FROM area WHERE id = ?1",
                                 SQL_TEXT(at));
                if (r != 0 || !stmt)
                        break;
                bool found = is_hamlet(thon_column_text(stmt, 1)) && thon_column_int(stmt, 3) != 0;
                if (found || depth == 0) {
                        r = set_text(&hamlet.id, at);
                        if (r == 0)
                                r = set_text(&hamlet.name, thon_column_text_or_empty(stmt, 0));
                }
                const char *above = found ? NULL : thon_column_text(stmt, 2);
                free(at);
                at = above ? strdup(above) : NULL;
                if (above && !at)
                        r = -ENOMEM;
        }
        if (r == 0)
                r = fold(hamlet.name, &hamlet.order);
        if (r != 0)
                return r;
        *ret = hamlet;
        hamlet = (struct hamlet){0};
        return 0;
}

/* ---- coverage ---- */

enum column { PENDING, UNREACHED, UNKNOWN, SENT, DELIVERED, SEEN, ACKNOWLEDGED, COLUMNS };
static const char *const column_texts[COLUMNS] = {
        [PENDING] = "pending",           [UNREACHED] = "unreached",
        [UNKNOWN] = "unknown",           [SENT] = "sent",
        [DELIVERED] = "delivered",       [SEEN] = "seen",
        [ACKNOWLEDGED] = "acknowledged",
};

/* The best that is known. */
static enum column column_of(enum thon_outcome outcome, enum thon_receipt receipt)
{
        switch (receipt) {
        case THON_RECEIPT_ACKNOWLEDGED:
                return ACKNOWLEDGED;
        case THON_RECEIPT_SEEN:
                return SEEN;
        case THON_RECEIPT_DELIVERED:
                return DELIVERED;
        case THON_RECEIPT_NONE:
        case THON_RECEIPTS:
                break;
        }
        switch (outcome) {
        case THON_OUTCOME_SENT:
                return SENT;
        case THON_OUTCOME_UNKNOWN:
                return UNKNOWN;
        case THON_OUTCOME_NOT_SENT:
        case THON_OUTCOME_VISIT:
                return UNREACHED;
        case THON_OUTCOME_PENDING:
        case THON_OUTCOMES:
                break;
        }
        return PENDING;
}

struct coverage {
        struct hamlet hamlet;
        int64_t columns[COLUMNS];
};
struct table {
        struct coverage *rows;
        size_t n;
        int64_t total[COLUMNS];
};
static void table_done(struct table *table)
{
        for (size_t i = 0; i < table->n; i++)
                hamlet_done(&table->rows[i].hamlet);
        free(table->rows);
}

/* The row of a hamlet; takes it. */
static int row_of(struct table *table, struct hamlet *hamlet, size_t *ret)
{
        for (size_t i = 0; i < table->n; i++)
                if (strcmp(table->rows[i].hamlet.id, hamlet->id) == 0) {
                        *ret = i;
                        return 0;
                }
        struct coverage *rows = reallocarray(table->rows, table->n + 1, sizeof(*rows));
        if (!rows)
                return -ENOMEM;
        table->rows = rows;
        rows[table->n] = (struct coverage){.hamlet = *hamlet};
        *hamlet = (struct hamlet){0};
        *ret = table->n++;
        return 0;
}

static int fill(struct thon_store *store, int64_t id, struct table *table)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *last = NULL;
        size_t at = 0;
        int r = thon_sql_with(store, &stmt,
                              "SELECT ifnull(area, ''), outcome, receipt, count(*) FROM delivery"
                              " WHERE notification = ?1 GROUP BY 1, 2, 3 ORDER BY 1",
                              SQL_INT(id));
        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                const char *area = thon_column_text_or_empty(stmt, 0);
                if (!last || strcmp(area, last) != 0) {
                        _cleanup_(hamlet_done) struct hamlet hamlet = {0};
                        r = find_hamlet(store, area, &hamlet);
                        if (r == 0)
                                r = row_of(table, &hamlet, &at);
                        if (r == 0)
                                r = set_text(&last, area);
                        if (r != 0)
                                return r;
                }
                enum column column = column_of(
                        (enum thon_outcome)thon_within(thon_column_int(stmt, 1), THON_OUTCOMES - 1),
                        (enum thon_receipt)thon_within(thon_column_int(stmt, 2), THON_RECEIPTS - 1));
                table->rows[at].columns[column] += thon_column_int(stmt, 3);
                table->total[column] += thon_column_int(stmt, 3);
        }
        return r;
}

static json_t *row_json(const struct hamlet *hamlet, const int64_t columns[static COLUMNS])
{
        int64_t all = 0;
        json_t *object = json_pack("{s:s?, s:s?}", "area", hamlet ? hamlet->id : NULL, "name",
                                   hamlet ? hamlet->name : NULL);
        int failed = object ? 0 : -1;
        for (int i = COLUMNS - 1; failed == 0 && i >= 0; i--) {
                failed = json_object_set_new(object, column_texts[i], json_integer(columns[i]));
                all += columns[i];
        }
        if (failed == 0 && json_object_set_new(object, "households", json_integer(all)) == 0)
                return object;
        json_decref(object);
        return NULL;
}

static int by_name(const void *a, const void *b)
{
        const struct coverage *one = a, *other = b;
        int order = strcmp(one->hamlet.order, other->hamlet.order);
        return order ? order : strcmp(one->hamlet.id, other->hamlet.id);
}

static int check_notice(struct thon_store *store, int64_t id)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT 1 FROM notification WHERE id = ?1", SQL_INT(id));
        if (r == 0 && !stmt)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no notice %" PRId64, id);
        return r;
}

int thon_notice_coverage(struct thon_store *store, int64_t id, json_t **ret)
{
        _cleanup_(table_done) struct table table = {0};
        _cleanup_json_ json_t *list = json_array();
        if (!list)
                return -ENOMEM;
        int r = check_notice(store, id);
        if (r == 0)
                r = fill(store, id, &table);
        if (r != 0)
                return r;
        if (table.n > 1)
                qsort(table.rows, table.n, sizeof(*table.rows), by_name);
        for (size_t i = 0; i < table.n; i++)
                if (json_array_append_new(list, row_json(&table.rows[i].hamlet, table.rows[i].columns)) < 0)
                        return -ENOMEM;
        if (json_array_append_new(list, row_json(NULL, table.total)) < 0)
                return -ENOMEM;
        *ret = THON_TAKE(list);
        return 0;
}

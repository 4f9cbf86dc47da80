/* The monthly report as one document: what the page for the commune's meeting, the CSV and the console are made of. Computed
 * from the history when it is asked for; nothing is added up beforehand that could be wrong. */
#include <errno.h>
#include <string.h>

#include "camera_report.h"
#include "sql.h"
#include "thon/camera_store.h"
#include "thon/zone.h"

#define KINDS 4 /* those that are reported, in the order of enum thon_watch_kind */

struct sum {
        struct thon_uptime all, of_kind[KINDS];
        size_t n, n_of_kind[KINDS];
};

struct device {
        char *id, *name, *area, *kind;
        enum thon_watch_kind watch;
        struct thon_uptime uptime;
};

struct area {
        char *id, *name, *parent; /* parent NULL: a root */
        struct sum sum;
};

struct report {
        struct thon_store *store;
        const struct thon_zone *zone;
        struct thon_wall from, to;
        struct device *devices;
        struct area *areas;
        size_t n_devices, n_areas;
        struct sum total;
};

static void report_done(struct report *report)
{
        for (size_t i = 0; i < report->n_devices; i++) {
                free(report->devices[i].id);
                free(report->devices[i].name);
                free(report->devices[i].area);
                free(report->devices[i].kind);
        }
        for (size_t i = 0; i < report->n_areas; i++) {
                free(report->areas[i].id);
                free(report->areas[i].name);
                free(report->areas[i].parent);
        }
        free(report->devices);
        free(report->areas);
}

/* Room for one more, zeroed; NULL without memory. */
static void *grown(void *list, size_t n, size_t size)
{
        char *more;

        if ((n & (n - 1)) != 0) /* it is grown at powers of two */
                return list;
        more = reallocarray(list, n ? 2 * n : 1, size);
        if (more)
                memset(more + n * size, 0, (n ? n : 1) * size);
        return more;
}

static int read_devices(struct report *report, const char *area)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(report->store, &stmt,
                              "SELECT id, name, area, kind FROM device WHERE kind IN ('camera', 'switch',"
                              " 'access-point', 'host') AND" THON_SQL_IN_AREA " ORDER BY id",
                              SQL_TEXT(area));

        for (bool row; r == 0;) {
                struct device *list, *one;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                list = grown(report->devices, report->n_devices, sizeof(*list));
                if (!list)
                        return -ENOMEM;
                report->devices = list;
                one = &list[report->n_devices++];
                one->id = strdup(thon_column_text_or_empty(stmt, 0));
                one->name = strdup(thon_column_text_or_empty(stmt, 1));
                one->area = strdup(thon_column_text_or_empty(stmt, 2));
                one->kind = strdup(thon_column_text_or_empty(stmt, 3));
                if (!one->id || !one->name || !one->area || !one->kind)
                        return -ENOMEM;
                (void)thon_watch_kind_parse(one->kind, &one->watch);
        }
        return r;
}

static int read_areas(struct report *report)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(report->store,
                         "SELECT id, name, parent FROM area WHERE merged_into IS NULL ORDER BY id", &stmt);

        for (bool row; r == 0;) {
                const char *parent;
                struct area *list, *one;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                list = grown(report->areas, report->n_areas, sizeof(*list));
                if (!list)
                        return -ENOMEM;
                report->areas = list;
                one = &list[report->n_areas++];
                parent = thon_column_text(stmt, 2);
                one->id = strdup(thon_column_text_or_empty(stmt, 0));
                one->name = strdup(thon_column_text_or_empty(stmt, 1));
                one->parent = parent ? strdup(parent) : NULL;
                if (!one->id || !one->name || (parent && !one->parent))
                        return -ENOMEM;
        }
        return r;
}

static int area_by_id(const void *key, const void *area)
{
        return strcmp(key, ((const struct area *)area)->id);
}

static struct area *area_of(const struct report *report, const char *id)
{
        return id && report->n_areas > 0
                       ? bsearch(id, report->areas, report->n_areas, sizeof(*report->areas), area_by_id)
                       : NULL;
}

static void sum_add(struct sum *sum, const struct device *device)
{
        size_t kind = (size_t)device->watch < KINDS ? (size_t)device->watch : 0;

        thon_uptime_add(&sum->all, &device->uptime);
        thon_uptime_add(&sum->of_kind[kind], &device->uptime);
        sum->n++;
        sum->n_of_kind[kind]++;
}

static int compute(struct report *report)
{
        for (size_t i = 0; i < report->n_devices; i++) {
                struct device *device = &report->devices[i];
                struct area *area = area_of(report, device->area);
                int r = thon_camera_uptime(report->store, device->id, report->from, report->to,
                                           &device->uptime);

                if (r != 0)
                        return r;
                sum_add(&report->total, device);
                for (size_t depth = 0; area && depth < THON_AREA_DEPTH_MAX; depth++) {
                        sum_add(&area->sum, device);
                        area = area_of(report, area->parent);
                }
        }
        return 0;
}

/* ---- as JSON ---- */

static json_t *share_json(const struct thon_uptime *uptime)
{
        double share = thon_uptime_share(uptime);

        return share < 0 ? json_null() : json_real(share);
}

static json_t *times_json(const struct thon_uptime *uptime)
{
        return json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "uptime", share_json(uptime), "up",
                         (json_int_t)uptime->up_s, "warned", (json_int_t)uptime->warned_s, "down",
                         (json_int_t)uptime->down_s, "maintenance", (json_int_t)uptime->maintenance_s,
                         "unknown", (json_int_t)uptime->unknown_s, "failures", (json_int_t)uptime->failures,
                         "longest", (json_int_t)uptime->longest_s);
}

static json_t *sum_json(const struct sum *sum)
{
        json_t *doc = times_json(&sum->all), *kinds = json_object();

        for (int i = 0; i < KINDS; i++)
                if (sum->n_of_kind[i] > 0)
                        (void)json_object_set_new(kinds, thon_watch_kind_text((enum thon_watch_kind)i),
                                                  json_pack("{s:I,s:o}", "devices",
                                                            (json_int_t)sum->n_of_kind[i], "uptime",
                                                            share_json(&sum->of_kind[i])));
        if (json_object_set_new(doc, "kinds", kinds) < 0 ||
            json_object_set_new(doc, "devices", json_integer((json_int_t)sum->n)) < 0) {
                json_decref(doc);
                return NULL;
        }
        return doc;
}

/* "front" members first; both are taken over. NULL when either is. */
static json_t *joined(json_t *front, json_t *rest)
{
        if (!front || !rest || json_object_update(front, rest) < 0) {
                json_decref(front);
                front = NULL;
        }
        json_decref(rest);
        return front;
}

/* What is no UTF-8 came from outside; one such row must not hide the others. */
static json_t *text_json(const char *text)
{
        json_t *json = json_string(text);

        return json ? json : json_string("\xEF\xBF\xBD");
}

/* Worst first; of which nothing is known, last. */
static int compare_shares(const struct thon_uptime *a, const struct thon_uptime *b)
{
        double x = thon_uptime_share(a), y = thon_uptime_share(b);

        if ((x < 0) != (y < 0))
                return x < 0 ? 1 : -1;
        return x < y ? -1 : x > y;
}

static int device_worse(const void *a, const void *b)
{
        const struct device *x = a, *y = b;
        int r = compare_shares(&x->uptime, &y->uptime);

        return r != 0 ? r : strcmp(x->id, y->id);
}

static int area_worse(const void *a, const void *b)
{
        const struct area *x = a, *y = b;
        int r = compare_shares(&x->sum.all, &y->sum.all);

        return r != 0 ? r : strcmp(x->id, y->id);
}

static int devices_json(struct report *report, json_t *list)
{
        if (report->n_devices > 0)
                qsort(report->devices, report->n_devices, sizeof(*report->devices), device_worse);
        for (size_t i = 0; i < report->n_devices; i++) {
                const struct device *device = &report->devices[i];

                if (json_array_append_new(
                            list, joined(json_pack("{s:o,s:o,s:o,s:o}", "id", text_json(device->id), "name",
                                                   text_json(device->name), "area", text_json(device->area),
                                                   "kind", text_json(device->kind)),
                                         times_json(&device->uptime))) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int areas_json(struct report *report, json_t *list)
{
        if (report->n_areas > 0)
                qsort(report->areas, report->n_areas, sizeof(*report->areas), area_worse);
        for (size_t i = 0; i < report->n_areas; i++) {
                const struct area *area = &report->areas[i];

                if (area->sum.n == 0)
                        continue;
                if (json_array_append_new(
                            list, joined(json_pack("{s:o,s:o,s:o}", "id", text_json(area->id), "name",
                                                   text_json(area->name), "parent",
                                                   area->parent ? text_json(area->parent) : json_null()),
                                         sum_json(&area->sum))) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int make(struct report *report, const char *area, json_t *doc)
{
        int r = read_devices(report, area);

        if (r == 0)
                r = read_areas(report);
        if (r == 0)
                r = compute(report);
        if (r != 0)
                return r;
        if (json_object_set_new(doc, "from", report_time_json(report->zone, report->from)) < 0 ||
            json_object_set_new(doc, "to", report_time_json(report->zone, report->to)) < 0 ||
            json_object_set_new(doc, "total", sum_json(&report->total)) < 0)
                return -ENOMEM;

        const struct report_span span = {report->store, report->zone, report->from, report->to};
        static const char *const names[] = {"devices", "areas", "incidents", "healed", "never"};
        json_t *lists[5];
        for (size_t i = 0; i < 5; i++) {
                lists[i] = json_array();
                if (json_object_set_new(doc, names[i], lists[i]) < 0)
                        return -ENOMEM;
        }
        r = devices_json(report, lists[0]);
        if (r == 0)
                r = areas_json(report, lists[1]);
        if (r == 0)
                r = report_incidents_json(&span, area, lists[2]);
        if (r == 0)
                r = report_healed_json(&span, area, lists[3]);
        return r == 0 ? report_never_json(&span, area, lists[4]) : r;
}

int thon_camera_report(struct thon_store *store, const char *area, struct thon_wall from,
                       struct thon_wall to, const struct thon_zone *zone, json_t **ret)
{
        _cleanup_(report_done) struct report report = {.store = store, .zone = zone, .from = from, .to = to};
        _cleanup_json_ json_t *doc = json_object();
        int r = doc ? make(&report, area, doc) : -ENOMEM;

        if (r == 0)
                *ret = THON_TAKE(doc);
        return r;
}

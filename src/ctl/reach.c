/* thonctl notify show, list, coverage, visits: what became of a notice, household by household. From the store; no
 * daemon, so that a commune can answer for last year's storm warning with relayd stopped. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "thon/cleanup.h"
#include "thon/relay_store.h"

static int open_for_reading(struct ctl *ctl)
{
        int r = ctl_zone(ctl);

        return r == CTL_OK ? ctl_open_store(ctl, THON_STORE_READ) : r;
}

static int number(struct ctl *ctl, const char *what, int argc, char **argv, int64_t *ret)
{
        long id;

        if (argc != 1 || !ctl_int(argv[0], 1, INT32_MAX, &id))
                return ctl_usage(ctl, "notify %s takes the number of a notice", what);
        *ret = id;
        return CTL_OK;
}

static int fail(struct ctl *ctl, int64_t id, int r)
{
        if (r == THON_STORE_NOT_FOUND)
                return ctl_fail(ctl, "not-found",
                                "there is no notice %" PRId64 ". See: thonctl notify list --all", id);
        return ctl_fail_store(ctl, r);
}

static int list(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"id",      "submitted_at", "class", "state", "pending", "sent",
                                              "unknown", "not_sent",     "visit", "text",  NULL};
        const char *limit = NULL;
        bool all = false;
        const struct ctl_option options[] = {{"limit", &limit, NULL}, {"all", NULL, &all}};
        json_t *rows, *row;
        long n = 100;
        size_t i;
        int r;

        r = ctl_options(ctl, argc, argv, options, 2, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "notify list takes options only");
        if (limit && !ctl_int(limit, 1, 1000000, &n))
                return ctl_usage(ctl, "--limit takes 1 to 1000000");
        r = open_for_reading(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_notice_list(ctl->store, !all, n, &rows);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_civil(ctl, rows);
        /* A table has one line a notice: counts as columns, and the text's beginning. */
        if (!ctl->json) {
                json_array_foreach (rows, i, row) {
                        const char *text = json_string_value(json_object_get(row, "text"));
                        size_t size = text ? strcspn(text, "\n") : 0;
                        (void)json_object_update_missing(row, json_object_get(row, "counts"));
                        if (text)
                                (void)json_object_set_new(row, "text", json_stringn(text, size));
                }
        }
        return ctl_print(ctl, rows, columns);
}

static int show(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"household", "person", "outcome", "receipt", "channel",
                                              "attempts",  "at",     "detail",  NULL};
        _cleanup_json_ json_t *doc = NULL;
        json_t *deliveries;
        int64_t id = 0;
        int r;

        r = number(ctl, "show", argc, argv, &id);
        if (r == CTL_OK)
                r = open_for_reading(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_notice_show(ctl->store, id, true, &doc);
        if (r != 0)
                return fail(ctl, id, r);
        ctl_civil(ctl, doc);
        if (ctl->json)
                return ctl_print(ctl, THON_TAKE(doc), NULL);
        deliveries = json_incref(json_object_get(doc, "deliveries"));
        (void)json_object_del(doc, "deliveries");
        (void)ctl_print(ctl, THON_TAKE(doc), NULL);
        putchar('\n');
        return ctl_print(ctl, deliveries, columns);
}

static int coverage(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"name=Khu vực",
                                              "households=Hộ",
                                              "acknowledged=Đã xác nhận",
                                              "seen=Đã xem",
                                              "delivered=Đã nhận",
                                              "sent=Đã gửi",
                                              "pending=Đang chờ",
                                              "unknown=Chưa rõ",
                                              "unreached=Chưa tới",
                                              NULL};
        bool csv = false;
        const struct ctl_option options[] = {{"csv", NULL, &csv}};
        _cleanup_json_ json_t *rows = NULL;
        json_t *row;
        size_t i;
        int64_t id = 0;
        int r;

        r = ctl_options(ctl, argc, argv, options, 1, &argc);
        if (r == CTL_OK)
                r = number(ctl, "coverage", argc, argv, &id);
        if (r == CTL_OK)
                r = open_for_reading(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_notice_coverage(ctl->store, id, &rows);
        if (r != 0)
                return fail(ctl, id, r);
        if (ctl->json && !csv)
                return ctl_print(ctl, THON_TAKE(rows), columns);
        json_array_foreach (rows, i, row)
                if (json_is_null(json_object_get(row, "area")) && i + 1 == json_array_size(rows))
                        (void)json_object_set_new(row, "name", json_string("Tổng cộng"));
        return csv ? ctl_csv(ctl, rows, columns) : ctl_print(ctl, THON_TAKE(rows), columns);
}

/* A sheet of paper for who walks: a heading an area, a box a household. */
static void print_walk(const json_t *rows)
{
        const char *area = NULL;
        const json_t *row;
        size_t i;

        json_array_foreach (rows, i, row) {
                const char *name = json_string_value(json_object_get(row, "area_name"));
                const char *head = json_string_value(json_object_get(row, "head_name"));
                const char *lane = json_string_value(json_object_get(row, "lane"));
                const char *house = json_string_value(json_object_get(row, "house_no"));
                const char *phone = json_string_value(json_object_get(row, "phone"));
                const char *why = json_string_value(json_object_get(row, "why"));

                name = name ? name : "Chưa rõ khu vực";
                if (!area || strcmp(area, name) != 0)
                        printf("%s%s\n", i > 0 ? "\n" : "", name);
                area = name;
                printf("  [ ] %s  %s%s%s%s%s%s%s%s  (%s)\n",
                       json_string_value(json_object_get(row, "household")), head ? head : "",
                       house || lane ? ", " : "", house ? "số " : "", house ? house : "",
                       house && lane ? " " : "", lane ? lane : "", phone ? ", ĐT " : "", phone ? phone : "",
                       why ? why : "");
        }
}

static int visits(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {
                "area_name=Khu vực", "lane=Ngõ",         "house_no=Số nhà", "household=Mã hộ",
                "head_name=Chủ hộ",  "phone=Điện thoại", "why=Lý do",       NULL};
        bool csv = false, unknown = false;
        const struct ctl_option options[] = {{"csv", NULL, &csv}, {"unknown", NULL, &unknown}};
        _cleanup_json_ json_t *rows = NULL;
        int64_t id = 0;
        int r;

        r = ctl_options(ctl, argc, argv, options, 2, &argc);
        if (r == CTL_OK)
                r = number(ctl, "visits", argc, argv, &id);
        if (r == CTL_OK)
                r = open_for_reading(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_notice_visits(ctl->store, id, unknown, &rows);
        if (r != 0)
                return fail(ctl, id, r);
        if (csv)
                return ctl_csv(ctl, rows, columns);
        if (ctl->json)
                return ctl_print(ctl, THON_TAKE(rows), columns);
        printf("Thông báo %" PRId64 ": %zu hộ cần đến tận nhà\n\n", id, json_array_size(rows));
        print_walk(rows);
        return CTL_OK;
}

const struct ctl_command ctl_reach_commands[] = {
        {"notify list", "[--all] [--limit N]", list},
        {"notify show", "ID", show},
        {"notify coverage", "ID [--csv]", coverage},
        {"notify visits", "ID [--unknown] [--csv]", visits},
        {NULL, NULL, NULL},
};

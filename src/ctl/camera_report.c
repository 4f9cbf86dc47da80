/* thonctl camera report: a month on a page that the commune prints for its meeting, in Vietnamese; with --csv the devices
 * for a spreadsheet, with --json everything. From the store; no daemon, so that last month can be looked at any time. */
#include <string.h>

#include "camera.h"
#include "thon/cleanup.h"

#define DEVICES_MAX 200 /* lines of a page; the CSV has all */

/* ---- words ---- */

static const char *text_of(const json_t *doc, const char *member)
{
        const char *text = json_string_value(json_object_get(doc, member));

        return text ? text : "";
}

static int64_t number_of(const json_t *doc, const char *member)
{
        return json_integer_value(json_object_get(doc, member));
}

/* The name of a device in the report; its id when it is no more. */
static const char *name_in(const json_t *doc, const char *id)
{
        const json_t *device;
        size_t i;

        json_array_foreach (json_object_get(doc, "devices"), i, device)
                if (strcmp(text_of(device, "id"), id) == 0)
                        return text_of(device, "name");
        return id;
}

/* The same of an area, of which the report has those that hold a device. */
static const char *area_in(const json_t *doc, const char *id)
{
        const json_t *area;
        size_t i;

        json_array_foreach (json_object_get(doc, "areas"), i, area)
                if (strcmp(text_of(area, "id"), id) == 0)
                        return text_of(area, "name");
        return id;
}

/* ---- the page ---- */

/* A line of a table: texts, for they are what a page has. */
static void put_row(json_t *rows, const char *const (*cells)[2], size_t n)
{
        json_t *row = json_object();

        for (size_t i = 0; i < n; i++)
                (void)json_object_set_new(row, cells[i][0], json_string(cells[i][1]));
        (void)json_array_append_new(rows, row);
}

static void heading(const char *text)
{
        printf("\n%s\n\n", text);
}

static void print_head(const struct ctl *ctl, const struct ctl_month *month, const char *area)
{
        char text[THON_TIME_TEXT], to[24];

        printf("BÁO CÁO CAMERA THÁNG %d NĂM %d\n", month->month, month->year);
        if (ctl->site.name && *ctl->site.name)
                printf("%s\n", ctl->site.name);
        if (area)
                printf("Khu vực: %s\n", area);
        if (month->running)
                printf("Tháng chưa hết: tính đến %s\n",
                       ctl_clock_text(thon_time_text(ctl->zone, month->to, text), to));
}

static void print_total(const json_t *doc)
{
        const json_t *total = json_object_get(doc, "total"), *kind;
        char share[24], span[40];
        const char *slug;

        heading("1. TÌNH HÌNH CHUNG");
        if (number_of(total, "devices") == 0) {
                printf("  Chưa có thiết bị nào được theo dõi.\n");
                return;
        }
        json_object_foreach (json_object_get(total, "kinds"), slug, kind)
                printf("  %s: %lld; hoạt động: %s%s.\n", ctl_kind_text(slug),
                       (long long)number_of(kind, "devices"),
                       ctl_share_text(json_object_get(kind, "uptime"), share),
                       json_is_number(json_object_get(kind, "uptime")) ? " thời gian" : "");
        printf("  Số lần mất: %lld", (long long)number_of(total, "failures"));
        if (number_of(total, "longest") > 0)
                printf("; lần lâu nhất %s", ctl_span_text(number_of(total, "longest"), span));
        printf(".\n  Thời gian bảo trì và thời gian chưa được theo dõi không tính vào tỷ lệ.\n");
}

static const char *count_text(int64_t n, char buf[static 24])
{
        (void)snprintf(buf, 24, "%lld", (long long)n);
        return buf;
}

static int print_areas(struct ctl *ctl, const json_t *doc)
{
        static const char *const columns[] = {"name=Khu vực",
                                              "cameras=Camera",
                                              "uptime=Hoạt động",
                                              "others=Wi-Fi",
                                              "others_uptime=Hoạt động",
                                              "failures=Số lần mất",
                                              NULL};
        json_t *rows = json_array();
        const json_t *area;
        size_t i;

        json_array_foreach (json_object_get(doc, "areas"), i, area) {
                const json_t *kinds = json_object_get(area, "kinds"),
                             *cameras = json_object_get(kinds, "camera"),
                             *wifi = json_object_get(kinds, "access-point");
                char n[24], share[24], m[24], other[24], failures[24];
                const char *const cells[][2] = {
                        {"name", text_of(area, "name")},
                        {"cameras", cameras ? count_text(number_of(cameras, "devices"), n) : "-"},
                        {"uptime",
                         cameras ? ctl_share_text(json_object_get(cameras, "uptime"), share) : "-"},
                        {"others", wifi ? count_text(number_of(wifi, "devices"), m) : "-"},
                        {"others_uptime",
                         wifi ? ctl_share_text(json_object_get(wifi, "uptime"), other) : "-"},
                        {"failures", count_text(number_of(area, "failures"), failures)},
                };

                put_row(rows, cells, sizeof(cells) / sizeof(cells[0]));
        }
        if (json_array_size(rows) == 0) {
                json_decref(rows);
                return CTL_OK;
        }
        heading("2. THEO KHU VỰC (kém nhất trước; thôn gồm cả ngõ, xã gồm cả thôn)");
        return ctl_print(ctl, rows, columns);
}

/* Those that were not up all the time. */
static int print_devices(struct ctl *ctl, const json_t *doc)
{
        static const char *const columns[] = {
                "name=Thiết bị", "id=Mã",           "area=Khu vực",     "kind=Loại", "uptime=Hoạt động",
                "down=Mất tổng", "failures=Số lần", "longest=Lâu nhất", NULL};
        json_t *rows = json_array();
        const json_t *device;
        size_t i, well = 0, more = 0;

        json_array_foreach (json_object_get(doc, "devices"), i, device) {
                char share[24], down[40], failures[24], longest[40];
                const char *const cells[][2] = {
                        {"name", text_of(device, "name")},
                        {"id", text_of(device, "id")},
                        {"area", area_in(doc, text_of(device, "area"))},
                        {"kind", ctl_kind_text(text_of(device, "kind"))},
                        {"uptime", ctl_share_text(json_object_get(device, "uptime"), share)},
                        {"down", ctl_span_text(number_of(device, "down"), down)},
                        {"failures", count_text(number_of(device, "failures"), failures)},
                        {"longest", ctl_span_text(number_of(device, "longest"), longest)},
                };

                if (number_of(device, "down") == 0)
                        well += json_is_number(json_object_get(device, "uptime"));
                else if (json_array_size(rows) >= DEVICES_MAX)
                        more++;
                else
                        put_row(rows, cells, sizeof(cells) / sizeof(cells[0]));
        }
        heading("3. TỪNG THIẾT BỊ (kém nhất trước)");
        if (json_array_size(rows) > 0)
                (void)ctl_print(ctl, rows, columns);
        else
                json_decref(rows);
        if (more > 0)
                printf("và %zu thiết bị khác cũng có lúc mất; danh sách đủ: thonctl camera report --csv\n",
                       more);
        printf("%zu thiết bị hoạt động suốt thời gian được theo dõi.\n", well);
        return CTL_OK;
}

static int print_incidents(struct ctl *ctl, const json_t *doc)
{
        static const char *const columns[] = {
                "began=Bắt đầu",   "lasted=Kéo dài", "name=Ở đâu", "what=Sự cố",
                "cause=Nguồn gốc", "most=Mất theo",  NULL};
        const json_t *list = json_object_get(doc, "incidents"), *incident;
        json_t *rows;
        size_t i;

        heading("4. SỰ CỐ");
        if (json_array_size(list) == 0) {
                printf("Không có sự cố nào.\n");
                return CTL_OK;
        }
        rows = json_array();
        json_array_foreach (list, i, incident) {
                char began[24], lasted[40], most[24];
                const char *const cells[][2] = {
                        {"began", ctl_clock_text(text_of(incident, "began"), began)},
                        {"lasted", json_is_null(json_object_get(incident, "ended"))
                                           ? "chưa khắc phục"
                                           : ctl_span_text(number_of(incident, "minutes") * 60, lasted)},
                        {"name", text_of(incident, "name")},
                        {"what", ctl_verdict_text(text_of(incident, "verdict"))},
                        {"cause", ctl_cause_text(text_of(incident, "cause"))},
                        {"most", number_of(incident, "most") > 0
                                         ? count_text(number_of(incident, "most"), most)
                                         : "-"},
                };

                put_row(rows, cells, sizeof(cells) / sizeof(cells[0]));
        }
        return ctl_print(ctl, rows, columns);
}

static int print_healed(struct ctl *ctl, const json_t *doc)
{
        static const char *const columns[] = {"at=Lúc",    "name=Thiết bị",  "how=Cách làm",
                                              "by=Ai làm", "result=Kết quả", NULL};
        const json_t *list = json_object_get(doc, "healed"), *one;
        json_t *rows;
        size_t i;

        heading("5. KHỞI ĐỘNG LẠI TỪ XA");
        if (json_array_size(list) == 0) {
                printf("Không có lần nào.\n");
                return CTL_OK;
        }
        rows = json_array();
        json_array_foreach (list, i, one) {
                char at[24];
                const char *const cells[][2] = {
                        {"at", ctl_clock_text(text_of(one, "at"), at)},
                        {"name", name_in(doc, text_of(one, "device"))},
                        {"how", strcmp(text_of(one, "how"), "power-cycle") == 0 ? "ngắt rồi đóng lại nguồn"
                                                                                : "ra lệnh khởi động lại"},
                        {"by",
                         strcmp(text_of(one, "by"), "thon-camerad") == 0 ? "tự động" : text_of(one, "by")},
                        {"result", ctl_result_text(text_of(one, "result"))},
                };

                put_row(rows, cells, sizeof(cells) / sizeof(cells[0]));
        }
        return ctl_print(ctl, rows, columns);
}

static void print_never(const json_t *doc)
{
        const json_t *list = json_object_get(doc, "never"), *id;
        size_t i;

        heading("6. CHƯA TỪNG HOẠT ĐỘNG TỪ KHI KHAI BÁO");
        if (json_array_size(list) == 0)
                printf("Không có thiết bị nào.\n");
        json_array_foreach (list, i, id)
                printf("  %s (%s)\n", name_in(doc, json_string_value(id)), json_string_value(id));
}

static int print_page(struct ctl *ctl, const struct ctl_month *month, const char *area, const json_t *doc)
{
        int r;

        print_head(ctl, month, area);
        print_total(doc);
        r = print_areas(ctl, doc);
        if (r == CTL_OK)
                r = print_devices(ctl, doc);
        if (r == CTL_OK)
                r = print_incidents(ctl, doc);
        if (r == CTL_OK)
                r = print_healed(ctl, doc);
        print_never(doc);
        return r;
}

static int print_csv(struct ctl *ctl, const json_t *doc)
{
        static const char *const columns[] = {"id=Mã",
                                              "name=Tên",
                                              "area=Khu vực",
                                              "kind_text=Loại",
                                              "share=Hoạt động",
                                              "up=Hoạt động (giây)",
                                              "down=Mất (giây)",
                                              "maintenance=Bảo trì (giây)",
                                              "unknown=Không rõ (giây)",
                                              "failures=Số lần mất",
                                              "longest=Lần lâu nhất (giây)",
                                              NULL};
        json_t *devices = json_object_get(doc, "devices"), *device;
        size_t i;

        json_array_foreach (devices, i, device) {
                char share[24];

                (void)json_object_set_new(device, "kind_text",
                                          json_string(ctl_kind_text(text_of(device, "kind"))));
                (void)json_object_set_new(
                        device, "share",
                        json_string(ctl_share_text(json_object_get(device, "uptime"), share)));
        }
        return ctl_csv(ctl, devices, columns);
}

static int report(struct ctl *ctl, int argc, char **argv)
{
        const char *text = NULL, *area = NULL;
        bool csv = false;
        const struct ctl_option options[] = {
                {"month", &text, NULL}, {"area", &area, NULL}, {"csv", NULL, &csv}};
        _cleanup_json_ json_t *doc = NULL, *place = NULL;
        struct ctl_month month = {0};
        int r = ctl_options(ctl, argc, argv, options, 3, &argc);

        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "camera report takes options only");
        r = ctl_camera_open(ctl);
        if (r == CTL_OK)
                r = ctl_month(ctl, text, &month);
        if (r != CTL_OK)
                return r;
        if (area) {
                r = ctl_camera_area(ctl, area, &place);
                if (r != CTL_OK)
                        return r;
                area = text_of(place, "id");
        }
        r = thon_camera_report(ctl->store, area, month.from, month.to, ctl->zone, &doc);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        if (csv)
                return print_csv(ctl, doc);
        if (ctl->json)
                return ctl_print(ctl, THON_TAKE(doc), NULL);
        return print_page(ctl, &month, place ? text_of(place, "name") : NULL, doc);
}

const struct ctl_command ctl_camera_report_commands[] = {
        {"camera report", "[--month YYYY-MM] [--area A] [--csv]", report},
        {NULL, NULL, NULL},
};

/* thonctl announce report: a month of the loudspeakers on a page for the People's Committee, in Vietnamese; with
 * --csv for a spreadsheet, with --json everything. From the store, so that last month can be looked at any time. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "camera.h"
#include "thon/announce_report.h"
#include "thon/announce_store.h"
#include "thon/announced_conf.h"
#include "thon/cleanup.h"

#define EMERGENCIES_MAX 200      /* lines of a page; --json has all */
#define SILENT          "silent" /* the proof of an airing that nobody heard: thon/announce_proof.h */

static const char *const class_names[THON_CLASSES] = {[THON_CLASS_NORMAL] = "Thông thường",
                                                      [THON_CLASS_PRIORITY] = "Ưu tiên",
                                                      [THON_CLASS_EMERGENCY] = "Khẩn cấp"};

struct reporting {
        struct ctl *ctl;
        struct ctl_month month;
        struct thon_announced_conf conf; /* for the names of zones */
        struct thon_announce_report *report;
        json_t *emergencies;
};

/* ---- from the store ---- */

static int take_emergency(struct reporting *x, const struct thon_airing_row *row)
{
        struct thon_announcement a = {.n_zones = 0};
        int r = thon_announcement_get(x->ctl->store, row->announcement, &a);
        json_t *doc;

        /* What was pruned is no more; the airing still says who answered for it. */
        if (r != 0 && r != THON_STORE_NOT_FOUND)
                return r;
        doc = json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:s, s:s, s:s, s:s, s:b}", "announcement",
                        row->announcement, "title", row->title, "zone", row->zone, "at",
                        ctl_announce_time(x->ctl, row->due), "began", ctl_announce_time(x->ctl, row->began),
                        "seconds", (json_int_t)((row->seconds_ms + 500) / 1000), "state",
                        thon_airing_state_text(row->state), "dropped", thon_air_reason_slug(row->reason),
                        "by", row->by, "reason", a.reason ? a.reason : "", "exercise", a.exercise);
        thon_announcement_done(&a);
        return json_array_append_new(x->emergencies, doc) < 0 ? -ENOMEM : 0;
}

static int take_airing(const struct thon_airing_row *row, void *userdata)
{
        struct reporting *x = userdata;
        const struct thon_announce_report_airing airing = {.announcement = row->announcement,
                                                           .zone = row->zone,
                                                           .class = row->class,
                                                           .due = row->due,
                                                           .began = row->began,
                                                           .state = row->state,
                                                           .reason = row->reason,
                                                           .ms = row->seconds_ms,
                                                           .silent = strcmp(row->proof, SILENT) == 0};
        int r = thon_announce_report_airing(x->report, &airing);

        return r == 0 && row->class == THON_CLASS_EMERGENCY ? take_emergency(x, row) : r;
}

static int take_fault(const struct thon_zone_fault_row *row, void *userdata)
{
        struct reporting *x = userdata;

        return thon_announce_report_fault(x->report, row->zone, row->fault, row->began, row->ended);
}

static int gather(struct reporting *x)
{
        const struct thon_airing_span span = {
                .from = x->month.from, .to = x->month.to, .oldest_first = true};
        int r = thon_announce_report_new(x->month.from, x->month.to, &x->report);

        if (r == 0)
                r = thon_airings(x->ctl->store, &span, take_airing, x);
        if (r == 0)
                r = thon_zone_faults(x->ctl->store, x->month.from, x->month.to, take_fault, x);
        return r == 0 ? CTL_OK : ctl_fail_store(x->ctl, r);
}

/* ---- the document ---- */

static const char *zone_name(const struct reporting *x, const char *id)
{
        size_t zone = thon_announced_conf_zone(&x->conf, id);

        return zone != SIZE_MAX && x->conf.zones[zone].name ? x->conf.zones[zone].name : id;
}

static json_t *count_json(const struct thon_announce_count *c)
{
        json_t *reasons = json_object();

        for (int i = THON_AIR_NO_REASON + 1; i < THON_AIR_REASONS; i++)
                if (c->reasons[i] > 0)
                        (void)json_object_set_new(reasons, thon_air_reason_slug((enum thon_air_reason)i),
                                                  json_integer(c->reasons[i]));
        return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "airings",
                         (json_int_t)c->airings, "aired", (json_int_t)c->aired, "seconds",
                         (json_int_t)((c->ms + 500) / 1000), "late", (json_int_t)c->late, "silent",
                         (json_int_t)c->silent, "partly", (json_int_t)c->partly, "dropped",
                         (json_int_t)c->dropped, "cancelled", (json_int_t)c->cancelled, "open",
                         (json_int_t)c->open, "reasons", reasons);
}

static json_t *classes_json(const struct thon_announce_count *classes)
{
        json_t *doc = json_object();

        for (int i = 0; i < THON_CLASSES; i++)
                (void)json_object_set_new(doc, thon_class_text((enum thon_class)i), count_json(&classes[i]));
        return doc;
}

static json_t *faults_json(const struct thon_announce_report_zone *zone)
{
        json_t *list = json_array();

        for (size_t i = 0; i < zone->n_faults; i++)
                (void)json_array_append_new(list,
                                            json_pack("{s:s, s:I, s:I, s:b}", "fault", zone->faults[i].fault,
                                                      "number", (json_int_t)zone->faults[i].number,
                                                      "seconds", (json_int_t)zone->faults[i].seconds,
                                                      "stands", zone->faults[i].stands));
        return list;
}

static json_t *report_json(struct reporting *x)
{
        size_t n;
        const struct thon_announce_report_zone *zones = thon_announce_report_zones(x->report, &n);
        struct thon_announce_count total[THON_CLASSES] = {{.airings = 0}};
        json_t *list = json_array();
        char month[16];

        for (size_t i = 0; i < n; i++) {
                for (int j = 0; j < THON_CLASSES; j++)
                        thon_announce_count_add(&total[j], &zones[i].classes[j]);
                (void)json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "zone", zones[i].id,
                                                            "name", zone_name(x, zones[i].id), "classes",
                                                            classes_json(zones[i].classes), "faults",
                                                            faults_json(&zones[i])));
        }
        (void)snprintf(month, sizeof(month), "%04d-%02d", x->month.year % 10000, x->month.month);
        return json_pack("{s:s, s:o, s:o, s:b, s:I, s:o, s:o, s:O}", "month", month, "from",
                         ctl_announce_time(x->ctl, x->month.from), "to",
                         ctl_announce_time(x->ctl, x->month.to), "running", x->month.running,
                         "announcements", (json_int_t)thon_announce_report_announcements(x->report), "total",
                         classes_json(total), "zones", list, "emergencies", x->emergencies);
}

/* ---- the page ---- */

static const char *number(int64_t n, char buf[static 24])
{
        (void)snprintf(buf, 24, "%" PRId64, n);
        return buf;
}

/* Minutes with a decimal comma: seconds are not for a meeting. */
static const char *minutes(int64_t ms, char buf[static 24])
{
        int64_t tenths = (ms + 3000) / 6000;

        (void)snprintf(buf, 24, "%" PRId64 ",%d", tenths / 10, (int)(tenths % 10));
        return buf;
}

static json_t *count_row(const char *zone, const char *class, const struct thon_announce_count *c)
{
        char airings[24], aired[24], time[24], late[24], dropped[24], cancelled[24], silent[24];

        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "zone", zone, "class", class,
                         "airings", number(c->airings, airings), "aired", number(c->aired, aired), "minutes",
                         minutes(c->ms, time), "late", number(c->late, late), "dropped",
                         number(c->dropped, dropped), "cancelled", number(c->cancelled, cancelled), "silent",
                         number(c->silent, silent));
}

static void print_counts(struct reporting *x)
{
        static const char *const columns[] = {"zone=Cụm loa",
                                              "class=Loại tin",
                                              "airings=Lượt",
                                              "aired=Đã phát",
                                              "minutes=Phút",
                                              "late=Phát muộn",
                                              "dropped=Bỏ",
                                              "cancelled=Hủy",
                                              "silent=Không nghe thấy",
                                              NULL};
        size_t n;
        const struct thon_announce_report_zone *zones = thon_announce_report_zones(x->report, &n);
        json_t *rows = json_array();

        for (size_t i = 0; i < n; i++)
                for (int j = 0; j < THON_CLASSES; j++)
                        if (zones[i].classes[j].airings > 0)
                                (void)json_array_append_new(rows,
                                                            count_row(zone_name(x, zones[i].id),
                                                                      class_names[j], &zones[i].classes[j]));
        printf("\n1. ĐÃ PHÁT\n\n");
        if (json_array_size(rows) > 0)
                (void)ctl_print(x->ctl, json_incref(rows), columns);
        else
                printf("Không có lượt phát nào.\n");
        json_decref(rows);
        printf("%zu tin khác nhau.\n", thon_announce_report_announcements(x->report));
}

static void print_reasons(struct reporting *x)
{
        size_t n;
        const struct thon_announce_report_zone *zones = thon_announce_report_zones(x->report, &n);
        struct thon_announce_count sum = {.airings = 0};

        for (size_t i = 0; i < n; i++)
                for (int j = 0; j < THON_CLASSES; j++)
                        thon_announce_count_add(&sum, &zones[i].classes[j]);
        printf("\n2. VÌ SAO KHÔNG PHÁT TRỌN\n\n");
        if (sum.dropped + sum.cancelled == 0)
                printf("%s\n", sum.airings > 0 ? "Mọi tin đều được phát trọn." : "Không có lượt phát nào.");
        for (int i = 0; i < THON_AIR_REASONS; i++)
                if (sum.reasons[i] > 0)
                        printf("  %u lượt: %s\n", sum.reasons[i],
                               i == THON_AIR_NO_REASON ? "không rõ"
                                                       : thon_air_reason_text((enum thon_air_reason)i));
        if (sum.partly > 0)
                printf("  Trong đó %u lượt đã phát được một phần.\n", sum.partly);
        if (sum.open > 0)
                printf("  %u lượt chưa kết thúc.\n", sum.open);
}

static void print_emergencies(const struct reporting *x)
{
        const json_t *one;
        size_t i;

        printf("\n3. TIN KHẨN CẤP\n\n");
        if (json_array_size(x->emergencies) == 0)
                printf("Không có.\n");
        json_array_foreach (x->emergencies, i, one) {
                const char *began = json_string_value(json_object_get(one, "began")),
                           *reason = json_string_value(json_object_get(one, "reason")),
                           *by = json_string_value(json_object_get(one, "by"));
                char at[24], span[40];

                if (i == EMERGENCIES_MAX) {
                        printf("  và %zu lượt khác; đủ cả: thonctl --json announce report\n",
                               json_array_size(x->emergencies) - i);
                        break;
                }
                printf("  %s  %s: %s [%s], ",
                       ctl_clock_text(began ? began : json_string_value(json_object_get(one, "at")), at),
                       zone_name(x, json_string_value(json_object_get(one, "zone"))),
                       json_string_value(json_object_get(one, "title")),
                       json_string_value(json_object_get(one, "announcement")));
                if (json_integer_value(json_object_get(one, "seconds")) > 0)
                        printf("%s",
                               ctl_span_text(json_integer_value(json_object_get(one, "seconds")), span));
                else
                        printf("không phát");
                printf("%s%s%s%s%s\n", json_is_true(json_object_get(one, "exercise")) ? " (diễn tập)" : "",
                       by && *by ? "; người chịu trách nhiệm: " : "", by ? by : "",
                       reason && *reason ? "; lý do: " : "", reason ? reason : "");
        }
}

static const char *fault_text(const char *fault)
{
        static const char *const words[][2] = {{"silent", "đang phát mà không nghe thấy tiếng"},
                                               {"stuck", "không phát mà có tiếng ở loa"},
                                               {"return-lost", "mất tín hiệu giám sát âm thanh"},
                                               {"return", "mất tín hiệu giám sát âm thanh"},
                                               {"player", "trình phát gặp lỗi"},
                                               {"amplifier", "tăng âm không đáp ứng"}};

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(words[i][0], fault) == 0)
                        return words[i][1];
        return fault;
}

static void print_faults(struct reporting *x)
{
        size_t n, told = 0;
        const struct thon_announce_report_zone *zones = thon_announce_report_zones(x->report, &n);

        printf("\n4. SỰ CỐ CỦA LOA\n\n");
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < zones[i].n_faults; j++, told++) {
                        const struct thon_announce_fault_count *f = &zones[i].faults[j];
                        char span[40];

                        printf("  %s: %s, %u lần, tổng %s%s\n", zone_name(x, zones[i].id),
                               fault_text(f->fault), f->number, ctl_span_text(f->seconds, span),
                               f->stands ? ", chưa khắc phục" : "");
                }
        if (told == 0)
                printf("Không có sự cố nào.\n");
}

static int print_page(struct reporting *x)
{
        char text[THON_TIME_TEXT], to[24];

        printf("BÁO CÁO PHÁT THANH THÁNG %d NĂM %d\n", x->month.month, x->month.year);
        if (x->ctl->site.name && *x->ctl->site.name)
                printf("%s\n", x->ctl->site.name);
        if (x->month.running)
                printf("Tháng chưa hết: tính đến %s\n",
                       ctl_clock_text(thon_time_text(x->ctl->zone, x->month.to, text), to));
        print_counts(x);
        print_reasons(x);
        print_emergencies(x);
        print_faults(x);
        return CTL_OK;
}

/* One line a zone and class, so that a spreadsheet can add them up as it likes. */
static int print_csv(struct reporting *x)
{
        static const char *const columns[] = {"zone=Mã cụm loa",
                                              "name=Cụm loa",
                                              "class=Loại tin",
                                              "airings=Lượt",
                                              "aired=Đã phát",
                                              "seconds=Thời lượng (giây)",
                                              "late=Phát muộn",
                                              "dropped=Bỏ",
                                              "cancelled=Hủy",
                                              "partly=Phát một phần",
                                              "silent=Không nghe thấy",
                                              "open=Chưa kết thúc",
                                              NULL};
        size_t n;
        const struct thon_announce_report_zone *zones = thon_announce_report_zones(x->report, &n);
        _cleanup_json_ json_t *rows = json_array();

        for (size_t i = 0; i < n; i++)
                for (int j = 0; j < THON_CLASSES; j++) {
                        json_t *row = count_json(&zones[i].classes[j]);

                        (void)json_object_set_new(row, "zone", json_string(zones[i].id));
                        (void)json_object_set_new(row, "name", json_string(zone_name(x, zones[i].id)));
                        (void)json_object_set_new(row, "class", json_string(class_names[j]));
                        (void)json_array_append_new(rows, row);
                }
        return ctl_csv(x->ctl, rows, columns);
}

static int report(struct ctl *ctl, int argc, char **argv)
{
        const char *text = NULL;
        bool csv = false;
        const struct ctl_option options[] = {{"month", &text, NULL}, {"csv", NULL, &csv}};
        struct reporting x = {.ctl = ctl};
        int r = ctl_options(ctl, argc, argv, options, 2, &argc);

        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "announce report takes options only");
        if ((r = ctl_announce_open(ctl)) != CTL_OK || (r = ctl_month(ctl, text, &x.month)) != CTL_OK)
                return r;
        /* Only for names: a report is had also where nothing is configured any more. */
        (void)thon_announced_conf_read(ctl->config_dir, &x.conf, NULL);
        x.emergencies = json_array();
        r = x.emergencies ? gather(&x) : ctl_fail(ctl, "memory", "out of memory");
        if (r == CTL_OK)
                r = csv ? print_csv(&x) : ctl->json ? ctl_print(ctl, report_json(&x), NULL) : print_page(&x);
        json_decref(x.emergencies);
        thon_announce_report_free(x.report);
        thon_announced_conf_done(&x.conf);
        return r;
}

const struct ctl_command ctl_announce_report_commands[] = {
        {"announce report", "[--month YYYY-MM] [--csv]", report},
        {NULL, NULL, NULL},
};

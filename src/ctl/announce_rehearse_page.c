/* The next days of air as an officer reads them: zone by zone and day by day, each line with its reason in words;
 * then what the file that is tried would change. And the same as rows for programs. */
#include <stdio.h>
#include <string.h>

#include "announce.h"
#include "announce_rehearse.h"

#define LABEL_MAX 60 /* bytes of a text that has no title */

static const char *const weekdays[] = {"Thứ hai", "Thứ ba",  "Thứ tư",  "Thứ năm",
                                       "Thứ sáu", "Thứ bảy", "Chủ nhật"};

/* "1 giờ 05 phút", "12 phút 30 giây", "40 giây" */
static const char *span_text(int64_t s, char buf[static 40])
{
        if (s >= 3600)
                (void)snprintf(buf, 40, "%lld giờ %02lld phút", (long long)(s / 3600),
                               (long long)(s % 3600 / 60));
        else if (s >= 60 && s % 60 > 0)
                (void)snprintf(buf, 40, "%lld phút %02lld giây", (long long)(s / 60), (long long)(s % 60));
        else if (s >= 60)
                (void)snprintf(buf, 40, "%lld phút", (long long)(s / 60));
        else
                (void)snprintf(buf, 40, "%lld giây", (long long)s);
        return buf;
}

static const char *clock_text(const struct ctl_rehearsal *r, struct thon_wall at, char buf[static 8])
{
        struct thon_civil civil = thon_zone_civil(r->ctl->zone, at);

        (void)snprintf(buf, 8, "%02d:%02d", (int)(civil.second / 3600 % 24), (int)(civil.second / 60 % 60));
        return buf;
}

static int32_t day_of(const struct ctl_rehearsal *r, struct thon_wall at)
{
        return thon_zone_civil(r->ctl->zone, at).days;
}

static void date_text(int32_t day, char buf[static 40])
{
        struct thon_date date = thon_date_of(day);

        (void)snprintf(buf, 40, "%s %02d/%02d/%04d", weekdays[thon_date_weekday(day)], date.day, date.month,
                       date.year);
}

/* Title, or the beginning of what is said, or what is played. */
static const char *label(const struct thon_announcement *a, char buf[static LABEL_MAX + 8])
{
        size_t n;

        if (a->title)
                return a->title;
        if (!a->text)
                return a->media ? a->media : a->source ? a->source : a->id;
        n = strcspn(a->text, "\n");
        if (n > LABEL_MAX)
                for (n = LABEL_MAX; n > 0 && ((unsigned char)a->text[n] & 0xc0) == 0x80;)
                        n--;
        (void)snprintf(buf, LABEL_MAX + 8, "%.*s%s", (int)n, a->text, a->text[n] ? "…" : "");
        return buf;
}

static bool is_shown(const struct ctl_rehearsal *r, const struct thon_rehearse_row *row)
{
        return (r->shown & UINT64_C(1) << row->zone) != 0;
}

static bool is_late(const struct thon_rehearse_row *row)
{
        return row->began.s != THON_WALL_NEVER.s && row->reason != THON_AIR_NO_REASON &&
               row->state == THON_AIRING_AIRED;
}

static void put_against(const struct thon_rehearse_row *row)
{
        if (row->against)
                printf(" (%s)", row->against->id);
}

static void put_row(const struct ctl_rehearsal *r, const struct thon_rehearse_row *row)
{
        const struct ctl_rehearsed *item = ctl_rehearsed_of(row->announcement);
        char due[8], began[8], span[40], title[LABEL_MAX + 8];

        printf("    %s  ", clock_text(r, row->due, due));
        if (row->state == THON_AIRING_AIRED)
                printf("%s%s", item->estimated ? "~" : "", span_text(row->seconds, span));
        else if (row->seconds > 0)
                printf("NGỪNG SAU %s", span_text(row->seconds, span));
        else
                printf("KHÔNG PHÁT");
        printf("  %s [%s]%s%s", label(row->announcement, title), row->announcement->id,
               item->of_file ? " (trong tệp)" : "",
               !item->of_file && row->announcement->state == THON_ANNOUNCE_SUBMITTED ? " (chờ duyệt)" : "");
        if (row->state != THON_AIRING_AIRED) {
                printf(": %s", thon_air_reason_text(row->reason));
                put_against(row);
        } else if (is_late(row)) {
                printf(": phát lúc %s vì %s", clock_text(r, row->began, began),
                       thon_air_reason_text(row->reason));
                put_against(row);
        } else if (row->against) {
                printf(": bị ngắt giữa chừng");
                put_against(row);
        }
        putchar('\n');
}

/* Airtime that counts against the budget: what is no emergency, on the day on which it sounds. */
static int64_t airtime(const struct ctl_rehearsal *r, size_t zone, int32_t day)
{
        int64_t s = 0;

        for (size_t i = 0; i < r->n_was; i++)
                if (r->was[i].zone == zone && r->was[i].class != THON_CLASS_EMERGENCY &&
                    day_of(r, r->was[i].began) == day)
                        s += r->was[i].seconds;
        for (size_t i = 0; i < r->n_after; i++) {
                const struct thon_rehearse_row *row = &r->after[i];

                if (row->zone == zone && row->began.s != THON_WALL_NEVER.s &&
                    row->announcement->class != THON_CLASS_EMERGENCY && day_of(r, row->began) == day)
                        s += row->seconds;
        }
        return s;
}

static void put_day(const struct ctl_rehearsal *r, size_t zone, int32_t day)
{
        int64_t budget = r->zones[zone].rules.day_s;
        char date[40], span[40], all[40];

        date_text(day, date);
        printf("  %s: %s", date, span_text(airtime(r, zone, day), span));
        if (budget > 0)
                printf(" trong hạn mức %s", span_text(budget, all));
        putchar('\n');
}

static void put_zone(const struct ctl_rehearsal *r, size_t zone)
{
        const struct thon_air_zone_conf *conf = &r->conf.zones[zone];
        int32_t day = INT32_MIN;

        printf("\nCỤM LOA %s", conf->name ? conf->name : conf->id);
        if (conf->name && strcmp(conf->name, conf->id) != 0)
                printf(" [%s]", conf->id);
        putchar('\n');
        for (size_t i = 0; i < r->n_after; i++) {
                if (r->after[i].zone != zone)
                        continue;
                if (day != day_of(r, r->after[i].due)) {
                        day = day_of(r, r->after[i].due);
                        put_day(r, zone, day);
                }
                put_row(r, &r->after[i]);
        }
        if (day == INT32_MIN)
                printf("  Không có tin nào.\n");
}

/* What a row was without the file. */
static void put_change(const struct ctl_rehearsal *r, const struct thon_rehearse_row *row,
                       const struct thon_rehearse_row *before)
{
        char date[40], due[8], was[8], span[40];

        date_text(day_of(r, row->due), date);
        printf("  %s %s, %s, [%s]: trước ", date, clock_text(r, row->due, due), r->zones[row->zone].id,
               row->announcement->id);
        if (before->state == THON_AIRING_AIRED)
                printf("phát lúc %s, %s", clock_text(r, before->began, was),
                       span_text(before->seconds, span));
        else
                printf("không phát");
        if (row->state == THON_AIRING_AIRED)
                printf("; nay phát lúc %s, %s", clock_text(r, row->began, was),
                       span_text(row->seconds, span));
        else
                printf("; nay không phát trọn: %s", thon_air_reason_text(row->reason));
        put_against(row);
        putchar('\n');
}

static bool differs(const struct thon_rehearse_row *row, const struct thon_rehearse_row *before)
{
        return row->state != before->state || row->began.s != before->began.s ||
               row->seconds != before->seconds || row->reason != before->reason;
}

static void put_file(const struct ctl_rehearsal *r)
{
        size_t airings = 0, wrong = 0, changed = 0;

        for (size_t i = 0; i < r->n_after; i++)
                if (ctl_rehearsed_of(r->after[i].announcement)->of_file) {
                        airings++;
                        wrong += ctl_rehearse_surprise(r, &r->after[i]);
                }
        printf("\nTỆP %s: %zu lượt phát, %zu lượt không như yêu cầu.\n", r->file, airings, wrong);
        for (size_t i = 0; i < r->n_items; i++)
                if (r->items[i].replaced)
                        printf("  [%s] trong tệp được tính thay cho tin đang có cùng mã.\n",
                               r->items[i].a.id);
        printf("\nTHAY ĐỔI VỚI CÁC TIN KHÁC\n");
        for (size_t i = 0; i < r->n_after; i++) {
                const struct thon_rehearse_row *row = &r->after[i], *before = ctl_rehearse_before(r, row);

                if (before && differs(row, before)) {
                        put_change(r, row, before);
                        changed++;
                }
        }
        if (changed == 0)
                printf("  Không có.\n");
}

void ctl_rehearse_page(const struct ctl_rehearsal *r)
{
        size_t airings = 0, not_aired = 0, late = 0;
        bool estimated = false;
        char date[40], clock[8];

        date_text(day_of(r, r->from), date);
        printf("THỬ TRƯỚC LỊCH PHÁT THANH: %d ngày từ %s %s\n", r->days, clock_text(r, r->from, clock),
               date);
        for (size_t zone = 0; zone < r->conf.n_zones; zone++)
                if (r->shown & UINT64_C(1) << zone)
                        put_zone(r, zone);
        for (size_t i = 0; i < r->n_after; i++) {
                if (!is_shown(r, &r->after[i]))
                        continue;
                airings++;
                not_aired += r->after[i].state != THON_AIRING_AIRED;
                late += is_late(&r->after[i]);
                estimated |= ctl_rehearsed_of(r->after[i].announcement)->estimated;
        }
        printf("\nTỔNG CỘNG: %zu lượt phát; %zu lượt không phát trọn; %zu lượt phát muộn.\n", airings,
               not_aired, late);
        if (estimated)
                printf("Dấu ~: độ dài ước tính (3,3 tiếng mỗi giây khi đọc; tệp ghi âm theo dung lượng).\n");
        if (r->file)
                put_file(r);
}

/* ---- for programs ---- */

static json_t *row_json(const struct ctl_rehearsal *r, const struct thon_rehearse_row *row)
{
        const struct ctl_rehearsed *item = ctl_rehearsed_of(row->announcement);
        json_t *doc = json_pack(
                "{s:s, s:s, s:o, s:o, s:I, s:s, s:s, s:s?, s:b, s:b}", "zone", r->zones[row->zone].id,
                "announcement", row->announcement->id, "at", ctl_announce_time(r->ctl, row->due), "began",
                ctl_announce_time(r->ctl, row->began), "seconds", (json_int_t)row->seconds, "state",
                thon_airing_state_text(row->state), "reason", thon_air_reason_slug(row->reason), "against",
                row->against ? row->against->id : NULL, "estimated", item->estimated, "approved",
                row->announcement->state == THON_ANNOUNCE_APPROVED);

        if (r->file) {
                const struct thon_rehearse_row *before = ctl_rehearse_before(r, row);

                (void)json_object_set_new(doc, "new", json_boolean(item->of_file));
                (void)json_object_set_new(doc, "surprise", json_boolean(ctl_rehearse_surprise(r, row)));
                if (before && differs(row, before))
                        (void)json_object_set_new(doc, "before",
                                                  json_pack("{s:o, s:I, s:s, s:s}", "began",
                                                            ctl_announce_time(r->ctl, before->began),
                                                            "seconds", (json_int_t)before->seconds, "state",
                                                            thon_airing_state_text(before->state), "reason",
                                                            thon_air_reason_slug(before->reason)));
        }
        return doc;
}

json_t *ctl_rehearse_json(const struct ctl_rehearsal *r)
{
        json_t *rows = json_array();

        for (size_t i = 0; i < r->n_after; i++)
                if (is_shown(r, &r->after[i]))
                        (void)json_array_append_new(rows, row_json(r, &r->after[i]));
        return rows;
}

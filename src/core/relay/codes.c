/* From a code to a judgement. The meaning is data; here are only the rules that hold for all tables: what `until`
 * becomes in civil time, and what an HTTP status alone says (DESIGN.md section 6): 429, and 503 with Retry-After, were
 * not accepted; any other 5xx cannot be known. */
#include "codes.h"

#include <stdlib.h>

#include "thon/zone.h"

#define SPREAD_S  (20 * 60) /* a night's backlog does not come back in one second */
#define PAUSE_MAX CODES_DAY /* of a Retry-After: longer ones are a mistake, or somebody's malice */

static const struct code_list *list_of(enum thon_code_table table)
{
        switch (table) {
        case THON_CODES_ZALO_OA:
                return &codes_zalo_oa;
        case THON_CODES_ZALO_ZNS:
                return &codes_zalo_zns;
        case THON_CODES_ZALO_BOT:
                return &codes_zalo_bot;
        case THON_CODES_TELEGRAM:
                return &codes_telegram;
        case THON_CODES_FACEBOOK:
                return &codes_facebook;
        case THON_CODES_HTTP:
        case THON_CODE_TABLES:
                break;
        }
        return &codes_http;
}

const struct thon_code *thon_codes(enum thon_code_table table, size_t *ret_n)
{
        const struct code_list *list = list_of(table);

        *ret_n = list->n;
        return list->codes;
}

static int by_code(const void *key, const void *member)
{
        int64_t a = *(const int64_t *)key, b = ((const struct thon_code *)member)->code;

        return (a > b) - (a < b);
}

const struct thon_code *thon_code_find(enum thon_code_table table, int64_t code)
{
        const struct code_list *list = list_of(table);

        return bsearch(&code, list->codes, list->n, sizeof *list->codes, by_code);
}

static void judgement_init(struct thon_judgement *ret, enum thon_verdict verdict, const char *meaning,
                           int64_t code)
{
        *ret = (struct thon_judgement){
                .verdict = verdict,
                .meaning = meaning,
                .has_code = true,
                .code = code,
                .until = THON_WALL_NEVER,
                .quota_left = -1,
        };
}

static int64_t spread(double jitter)
{
        return jitter > 0 && jitter < 1 ? (int64_t)(jitter * SPREAD_S) : 0;
}

/* A provider's night ends by its own clock: told of it shortly after ours has ended, we look again in minutes. */
static struct thon_wall morning(const struct thon_zone *zone, struct thon_wall now, double jitter)
{
        enum { OPENS = 6 * 3600 + 5 * 60, SURELY_OPEN = 7 * 3600, AGAIN = 10 * 60 };
        struct thon_civil civil = thon_zone_civil(zone, now);

        if (civil.second >= OPENS && civil.second < SURELY_OPEN)
                return (struct thon_wall){now.s + AGAIN + spread(jitter)};
        if (civil.second >= OPENS)
                civil.days++;
        return (struct thon_wall){thon_zone_instant(zone, civil.days, OPENS).s + spread(jitter)};
}

static struct thon_wall tomorrow(const struct thon_zone *zone, struct thon_wall now, double jitter)
{
        enum { SKEW = 5 * 60 }; /* the provider's day may begin a little after ours */
        struct thon_civil civil = thon_zone_civil(zone, now);

        return (struct thon_wall){thon_zone_instant(zone, civil.days + 1, SKEW).s + spread(jitter)};
}

/* One second more, for the same reason. */
static int64_t to_next_minute(struct thon_wall now)
{
        int64_t into = now.s % 60;

        return 61 - (into < 0 ? into + 60 : into);
}

void thon_code_judge(enum thon_code_table table, int64_t code, const struct thon_zone *zone,
                     struct thon_wall now, double jitter, struct thon_judgement *ret)
{
        const struct thon_code *entry = thon_code_find(table, code);

        if (!entry) {
                judgement_init(ret, THON_VERDICT_RETRY,
                               "Mã lỗi chưa biết; tự thử lại vài lần, xem lời của nhà cung cấp kèm theo",
                               code);
                return;
        }

        judgement_init(ret, entry->verdict, entry->meaning, code);
        switch (entry->until) {
        case THON_UNTIL_NONE:
                if (entry->verdict == THON_VERDICT_WAIT)
                        ret->wait_s = entry->seconds;
                else if (entry->verdict == THON_VERDICT_DEFER)
                        ret->until.s = now.s + entry->seconds;
                else if (entry->verdict == THON_VERDICT_PERSON)
                        ret->remember_s = entry->seconds;
                break;
        case THON_UNTIL_MINUTE:
                ret->wait_s = to_next_minute(now);
                break;
        case THON_UNTIL_MORNING:
                ret->until = morning(zone, now, jitter);
                break;
        case THON_UNTIL_TOMORROW:
                ret->until = tomorrow(zone, now, jitter);
                break;
        }
}

void thon_http_judge(unsigned status, int64_t retry_after_s, struct thon_judgement *ret)
{
        const struct thon_code *entry = thon_code_find(THON_CODES_HTTP, status);
        bool wait = status == 429 || (status == 503 && retry_after_s >= 0);

        if (wait) {
                judgement_init(
                        ret, THON_VERDICT_WAIT,
                        "Máy chủ bảo đợi (gửi quá nhanh hoặc đang quá tải); kênh tự nghỉ theo lời máy chủ",
                        status);
                if (retry_after_s < 0)
                        ret->wait_s = entry->seconds;
                else
                        ret->wait_s = retry_after_s < 1           ? 1
                                      : retry_after_s > PAUSE_MAX ? PAUSE_MAX
                                                                  : retry_after_s;
        } else if (entry) {
                judgement_init(ret, entry->verdict, entry->meaning, status);
        } else if (status >= 200 && status < 300) {
                judgement_init(ret, THON_VERDICT_SENT, "Máy chủ đã nhận tin", status);
        } else if (status >= 300 && status < 400) {
                judgement_init(ret, THON_VERDICT_CHANNEL,
                               "Máy chủ chỉ sang địa chỉ khác; sửa api_url thành địa chỉ đúng", status);
        } else if (status >= 400 && status < 500) {
                judgement_init(ret, THON_VERDICT_MESSAGE, "Máy chủ từ chối tin này; xem lời kèm theo",
                               status);
        } else {
                judgement_init(ret, THON_VERDICT_UNKNOWN,
                               "Máy chủ bị lỗi hoặc trả lời lạ; không rõ tin đã được nhận hay chưa", status);
        }
}

/* What may be answered, and what is said when it may not. The words are for somebody who stands before a cabinet and
 * has never seen a slug: each says what is wrong and what would do. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "setup.h"
#include "thon/cleanup.h"
#include "thon/sun.h"
#include "thon/text.h"
#include "thon/tz.h"
#include "thon/user.h"

const char *setup_refuse(struct setup *s, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(s->error, sizeof(s->error), format, ap);
        va_end(ap);
        return s->error;
}

void setup_warn(struct setup *s, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        if (text)
                (void)json_array_append_new(s->warnings, json_string(text));
}

const char *setup_take_id(struct setup *s, const char *text, char ret[static sizeof(thon_slug)])
{
        if (!thon_slug_valid(text))
                return setup_refuse(
                        s, "Mã chỉ gồm chữ thường không dấu a-z, chữ số và dấu gạch nối, bắt đầu bằng "
                           "chữ hoặc số, dài nhất 63 ký tự. Ví dụ: chi-phuc");
        memmove(ret, text, strlen(text) + 1);
        return NULL;
}

const char *setup_take_name(struct setup *s, const char *text, char ret[static SETUP_NAME_MAX + 1])
{
        _cleanup_free_ char *nfc = NULL;

        if (thon_text_nfc(text, SETUP_NAME_MAX, &nfc) < 0)
                return setup_refuse(
                        s, "Tên dài nhất %d byte (khoảng 100 chữ tiếng Việt), không có ký tự điều khiển.",
                        SETUP_NAME_MAX);
        if (!*nfc)
                return setup_refuse(s, "Tên không được để trống.");
        /* Behind a space they would begin a comment in a file. */
        if (strpbrk(nfc, "#;\"") || *nfc == '[')
                return setup_refuse(s, "Tên không chứa các ký tự # ; \" [");
        memcpy(ret, nfc, strlen(nfc) + 1);
        return NULL;
}

/* Digits and one point (or comma) at most. */
static bool take_number(const char *text, double *ret)
{
        char buf[32];
        const char *digits = text + (*text == '-' || *text == '+');
        size_t n = strspn(digits, "0123456789.,");
        char *comma, *end;

        if (n == 0 || digits[n] != '\0' || strlen(text) >= sizeof(buf))
                return false;
        memcpy(buf, text, strlen(text) + 1);
        comma = strchr(buf, ',');
        if (comma)
                *comma = '.';
        if (strchr(buf, ',') || strchr(buf, '.') != strrchr(buf, '.') || !strpbrk(buf, "0123456789"))
                return false;
        /* The process never calls setlocale(), so that the point is a point. */
        *ret = strtod(buf, &end);
        return *end == '\0' && isfinite(*ret);
}

const char *setup_take_degrees(struct setup *s, const char *text, bool lat)
{
        double value;

        if (!take_number(text, &value))
                return setup_refuse(s, "\"%.60s\" không phải là số độ. Viết độ thập phân, ví dụ %s", text,
                                    lat ? "19.8067" : "105.7766");
        if (lat && fabs(value) > 90)
                return setup_refuse(
                        s, "Vĩ độ nằm từ -90 đến 90; %.60s có lẽ là kinh độ (hai số bị đổi chỗ?).", text);
        if (!lat && fabs(value) > 180)
                return setup_refuse(s, "Kinh độ nằm từ -180 đến 180.");
        *(lat ? &s->lat : &s->lon) = value;
        return NULL;
}

const char *setup_take_place(struct setup *s, const char *text)
{
        char buf[96], *second;
        const char *refused;
        double lat = s->lat, lon = s->lon;
        size_t n = strlen(text);

        if (n >= sizeof(buf))
                return setup_refuse(s, "Tọa độ là hai số, ví dụ: 19.8067, 105.7766");
        memcpy(buf, text, n + 1);
        second = strpbrk(buf, " \t;");
        if (!second)
                second = strchr(buf, ',');
        if (!second)
                return setup_refuse(s, "Cần hai số: vĩ độ rồi kinh độ, ví dụ: 19.8067, 105.7766");
        *second++ = '\0';
        second += strspn(second, " \t,;");
        n = strlen(buf);
        if (n > 0 && buf[n - 1] == ',')
                buf[n - 1] = '\0';
        refused = setup_take_degrees(s, buf, true);
        if (!refused)
                refused = setup_take_degrees(s, second, false);
        if (!refused && s->lat == 0 && s->lon == 0)
                refused = setup_refuse(s, "0, 0 nằm giữa đại dương; đó là tọa độ khi bản đồ không biết.");
        if (refused) {
                s->lat = lat;
                s->lon = lon;
                return refused;
        }
        s->placed = true;
        return NULL;
}

const char *setup_take_tz(struct setup *s, const char *text)
{
        struct thon_zone *zone = NULL;

        if (strlen(text) >= sizeof(s->tz) || thon_tz_load(text, &zone) < 0)
                return setup_refuse(s, "Không có múi giờ \"%.60s\". Ở Việt Nam: Asia/Ho_Chi_Minh", text);
        thon_zone_free(s->zone);
        s->zone = zone;
        memmove(s->tz, text, strlen(text) + 1);
        return NULL;
}

const char *setup_take_sink(struct setup *s, const char *text)
{
        struct thon_sink sink;

        if (strlen(text) >= sizeof(s->sink) || thon_sink_parse(text, &sink))
                return setup_refuse(
                        s,
                        "\"%.60s\" không phải là đầu ra âm thanh. Viết alsa:default (cổng âm thanh của "
                        "máy), alsa:hw:1,0, rtp:ĐỊA-CHỈ:CỔNG hoặc snapcast:/đường/dẫn",
                        text);
        /* In one spelling, so that it can be compared. */
        setup_sink_text(&sink, s->sink);
        return NULL;
}

void setup_sink_text(const struct thon_sink *sink, char ret[static SETUP_SINK_MAX])
{
        static const char *const kinds[] = {
                [THON_SINK_ALSA] = "alsa",
                [THON_SINK_RTP] = "rtp",
                [THON_SINK_SNAPCAST] = "snapcast",
                [THON_SINK_FILE] = "file",
        };
        char port[16] = "";

        if (sink->kind == THON_SINK_RTP)
                (void)snprintf(port, sizeof(port), ":%u", (unsigned)sink->port % 65536);
        (void)snprintf(ret, SETUP_SINK_MAX, "%s:%s%s%s", kinds[sink->kind], sink->address, port,
                       sink->kind == THON_SINK_RTP && sink->opus ? "/opus" : "");
}

const char *setup_take_count(struct setup *s, const char *text, int *ret)
{
        long value;

        if (!ctl_int(text, 0, 10000, &value))
                return setup_refuse(s, "Số bóng là số nguyên từ 0 đến 10000 (0: chưa biết).");
        *ret = (int)value;
        return NULL;
}

const char *setup_take_watts(struct setup *s, const char *text, double *ret)
{
        double value;

        if (!take_number(text, &value) || value < 0 || value > 5000)
                return setup_refuse(s, "Công suất một bóng là số oát từ 0 đến 5000 (0: chưa biết).");
        *ret = value;
        return NULL;
}

const char *setup_take_night(struct setup *s, const char *text)
{
        if (strcmp(text, "1") == 0 || strcmp(text, "whole") == 0)
                s->night = SETUP_NIGHT_WHOLE;
        else if (strcmp(text, "2") == 0 || strcmp(text, "saving") == 0)
                s->night = SETUP_NIGHT_SAVING;
        else
                return setup_refuse(s, "Chọn 1 (sáng cả đêm) hoặc 2 (tiết kiệm).");
        s->night_given = true;
        return NULL;
}

const char *setup_take_password(struct setup *s)
{
        const char *why = thon_password_refused(s->password.text, s->user, s->user_name);

        if (!why)
                return NULL;
        /* The reason is one of few, and its words are English. */
        if (strstr(why, "at least"))
                return setup_refuse(
                        s, "Mật khẩu ngắn quá: ít nhất %d ký tự. Một câu ngắn vừa dễ nhớ vừa khó đoán.",
                        THON_PASSWORD_MIN);
        if (strstr(why, "at most"))
                return setup_refuse(s, "Mật khẩu dài quá: nhiều nhất %d ký tự.", THON_PASSWORD_MAX);
        if (strstr(why, "own name"))
                return setup_refuse(s, "Mật khẩu không được trùng với tên.");
        if (strstr(why, "run"))
                return setup_refuse(
                        s,
                        "Mật khẩu dễ đoán quá: không dùng dãy liên tiếp, và cần ít nhất bốn ký tự khác nhau.");
        return setup_refuse(s, "Mật khẩu là chữ UTF-8, không có ký tự điều khiển.");
}

void setup_slug_of(const char *name, char ret[static sizeof(thon_slug)])
{
        _cleanup_free_ char *folded = NULL;
        size_t n = 0;

        ret[0] = '\0';
        if (thon_text_fold(name, 1024, &folded) < 0)
                return;
        for (const char *p = folded; *p && n < THON_SLUG_MAX; p++)
                if ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'))
                        ret[n++] = *p;
                else if (*p == ' ' && n > 0)
                        ret[n++] = '-';
        while (n > 0 && ret[n - 1] == '-')
                n--;
        ret[n] = '\0';
}

static bool clock_of(const struct setup *s, int32_t days, enum thon_sun_event event, char ret[static 6])
{
        struct thon_wall at;
        struct thon_civil civil;

        if (!thon_sun(s->zone, (struct thon_place){s->lat, s->lon}, days, event, &at))
                return false;
        civil = thon_zone_civil(s->zone, (struct thon_wall){at.s + 30});
        (void)snprintf(ret, 6, "%02u:%02u", (unsigned)civil.second / 3600 % 24,
                       (unsigned)civil.second / 60 % 60);
        return true;
}

bool setup_sun(const struct setup *s, char ret_rise[static 6], char ret_set[static 6])
{
        int32_t today = thon_zone_civil(s->zone, s->ctl->now).days;

        return clock_of(s, today, THON_SUN_RISE, ret_rise) && clock_of(s, today, THON_SUN_SET, ret_set);
}

void setup_degrees(double degrees, char ret[static 24])
{
        size_t n = (size_t)snprintf(ret, 24, "%.6f", degrees);

        while (n > 0 && ret[n - 1] == '0')
                ret[--n] = '\0';
        if (n > 0 && ret[n - 1] == '.')
                ret[n - 1] = '\0';
}

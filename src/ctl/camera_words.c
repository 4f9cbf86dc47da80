/* What a page for the commune's meeting says of cameras, in Vietnamese: shares and spans as people write them there, and words
 * for what programs call by slugs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "camera.h"

/* "98,52 %", cut and not rounded: what was down for a minute was not up all the time. */
const char *ctl_share_text(const json_t *value, char buf[static 24])
{
        int64_t parts;

        if (!json_is_number(value))
                return "chưa rõ";
        parts = (int64_t)floor(json_number_value(value) * 10000 + 1e-9);
        if (parts >= 10000)
                return "100 %";
        (void)snprintf(buf, 24, "%d,%02d %%", (int)(parts / 100), (int)(parts % 100));
        return buf;
}

/* "3 ngày 4 giờ", "2 giờ 05 phút", "40 giây". */
const char *ctl_span_text(int64_t s, char buf[static 40])
{
        if (s >= 86400)
                (void)snprintf(buf, 40, "%lld ngày %lld giờ", (long long)(s / 86400),
                               (long long)(s % 86400 / 3600));
        else if (s >= 3600)
                (void)snprintf(buf, 40, "%lld giờ %02lld phút", (long long)(s / 3600),
                               (long long)(s % 3600 / 60));
        else if (s >= 60)
                (void)snprintf(buf, 40, "%lld phút", (long long)(s / 60));
        else
                (void)snprintf(buf, 40, "%lld giây", (long long)s);
        return buf;
}

/* "2026-11-21T20:00:00+07:00" as "20:00 21/11/2026". */
const char *ctl_clock_text(const char *at, char buf[static 24])
{
        if (strlen(at) < 16)
                return "";
        (void)snprintf(buf, 24, "%.5s %.2s/%.2s/%.4s", at + 11, at + 8, at + 5, at);
        return buf;
}

const char *ctl_kind_text(const char *kind)
{
        static const char *const words[][2] = {{"camera", "Camera"},
                                               {"switch", "Bộ chuyển mạch"},
                                               {"access-point", "Điểm Wi-Fi"},
                                               {"host", "Máy khác"}};

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(words[i][0], kind) == 0)
                        return words[i][1];
        return kind;
}

const char *ctl_cause_text(const char *cause)
{
        static const char *const words[][2] = {
                {"self", "mạng của máy chủ"},
                {"mains", "điện lưới"},
                {"parent", "thiết bị mạng phía trên"},
                {"children", "đường dây sau thiết bị mạng"},
                {"learned", "nhóm hay mất cùng lúc"},
                {"network", "cùng một mạng con"},
                {"area", "cùng một khu vực"},
                {"device", "riêng thiết bị"},
                {"flapping", "chập chờn"},
        };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(words[i][0], cause) == 0)
                        return words[i][1];
        return cause;
}

const char *ctl_verdict_text(const char *slug)
{
        enum thon_camera_verdict verdict;

        return thon_camera_parse(slug, &verdict) && verdict != THON_CAMERA_UNKNOWN
                       ? thon_camera_sentence(verdict)
                       : "";
}

const char *ctl_result_text(const char *result)
{
        if (strcmp(result, "recovered") == 0)
                return "đã hoạt động lại";
        return strcmp(result, "failed") == 0 ? "không khắc phục được" : "chưa rõ kết quả";
}

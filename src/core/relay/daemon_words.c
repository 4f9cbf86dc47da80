/* What people are told of a daemon that is down: which one, what goes on without it, and what to do now. */
#include "thon/daemon_watch.h"

#include <stdio.h>
#include <string.h>

static const struct known {
        const char *daemon, *name;
        const char *without; /* what its absence means */
        bool vital;          /* lights or loudspeakers hang on it */
} known[] = {
        {"lightd", "Chương trình đèn", "đèn giữ nguyên như lúc này, không tự bật tắt", true},
        {"announced", "Chương trình truyền thanh", "loa không phát được, kể cả tin khẩn cấp", true},
        {"camerad", "Chương trình giám sát camera", "camera hỏng không ai được báo", false},
        {"relayd", "Chương trình gửi tin", "tin nhắn gửi đi chậm hoặc không gửi được", false},
};

static const char cabinet[] = "lightd-";

static const struct known *of(const char *daemon)
{
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (strcmp(known[i].daemon, daemon) == 0)
                        return &known[i];
        return NULL;
}

static bool is_cabinet(const char *daemon)
{
        return strncmp(daemon, cabinet, sizeof(cabinet) - 1) == 0;
}

const char *thon_watch_name(const char *daemon, char buf[static THON_WATCH_NAME])
{
        const struct known *k = of(daemon);

        if (k)
                snprintf(buf, THON_WATCH_NAME, "%s (thon-%s)", k->name, daemon);
        else if (is_cabinet(daemon))
                snprintf(buf, THON_WATCH_NAME, "Tủ đèn %.63s", daemon + sizeof(cabinet) - 1);
        else
                snprintf(buf, THON_WATCH_NAME, "Chương trình thon-%.63s", daemon);
        return buf;
}

const char *thon_watch_severity(const struct thon_watch_finding *finding)
{
        const struct known *k = of(finding->daemon);
        bool vital = (k && k->vital) || is_cabinet(finding->daemon);

        if (finding->trouble == THON_WATCH_AWAY)
                return vital ? "warning" : "info";
        return vital ? "critical" : "warning";
}

static const char *without(const char *daemon)
{
        const struct known *k = of(daemon);

        if (k)
                return k->without;
        return is_cabinet(daemon) ? "tủ tự chạy theo lịch đã có, nhưng không báo về và không nhận lệnh"
                                  : "việc của chương trình này không ai làm";
}

static int compose(const struct thon_watch_finding *f, char **ret)
{
        char name[THON_WATCH_NAME];

        thon_watch_name(f->daemon, name);
        switch (f->trouble) {
        case THON_WATCH_NONE:
                break;
        case THON_WATCH_AWAY:
                return asprintf(
                        ret,
                        "%s: đã có người tắt và chưa bật lại; trong lúc này %s. Bật lại: systemctl start "
                        "thon-%s",
                        name, without(f->daemon), f->daemon);
        case THON_WATCH_DEAD:
                if (is_cabinet(f->daemon))
                        return asprintf(ret,
                                        "%s: mất liên lạc; %s. Kiểm tra nguồn điện và đường mạng của tủ",
                                        name, without(f->daemon));
                return asprintf(ret,
                                "%s: đã ngừng và không tự chạy lại được; %s. Xem nguyên nhân: journalctl -u "
                                "thon-%s -n 50",
                                name, without(f->daemon), f->daemon);
        case THON_WATCH_DYING:
                if (is_cabinet(f->daemon))
                        return asprintf(
                                ret,
                                "%s: chương trình đèn trong tủ liên tục tự tắt rồi chạy lại. Xem nguyên "
                                "nhân tại tủ: journalctl -u thon-lightd -n 50",
                                name);
                return asprintf(ret,
                                "%s: liên tục tự tắt rồi chạy lại; trong lúc tắt %s. Xem nguyên nhân: "
                                "journalctl -u thon-%s -n 50",
                                name, without(f->daemon), f->daemon);
        }
        return asprintf(ret, f->online ? "%s: đã chạy ổn định" : "%s: đã được tắt", name);
}

char *thon_watch_text(const struct thon_watch_finding *finding)
{
        char *text = NULL;

        return compose(finding, &text) < 0 ? NULL : text;
}

/* camerad.conf as tables. What a camera is stands in the registry; here is how all of them are watched. */
#include "thon/camera_conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define YEARS_10 (3660.0 * 86400)
#define MIB      (1024.0 * 1024)

static const char *parse_minute(const char *value, void *field)
{
        int minutes = -1;

        if (strcmp(value, "never") != 0 && !thon_clock_parse(value, &minutes))
                return "must be a time of day, HH:MM, or never";
        *(int *)field = minutes;
        return NULL;
}

static const char *check_probe(const char *value, void *field)
{
        const char *colon = strchr(value, ':');
        char host[INET_ADDRSTRLEN];
        struct in_addr address;
        int port = 0;

        (void)field;
        if (colon && (size_t)(colon - value) < sizeof(host) && strlen(colon + 1) <= 5 &&
            strspn(colon + 1, "0123456789") == strlen(colon + 1)) {
                memcpy(host, value, (size_t)(colon - value));
                host[colon - value] = '\0';
                for (const char *p = colon + 1; *p; p++)
                        port = port * 10 + (*p - '0');
                if (inet_pton(AF_INET, host, &address) == 1 && port >= 1 && port <= 65535)
                        return NULL;
        }
        return "must be a numeric address and a port, as in 192.168.1.20:3702";
}

#define CONF(member) offsetof(struct thon_camera_conf, member)

static const struct thon_conf_item items[] = {
        {"camera", "interval", THON_CONF_DURATION, CONF(interval_s), 5, 86400, "60s", NULL},
        {"camera", "retry", THON_CONF_DURATION, CONF(retry_s), 2, 3600, "15s", NULL},
        {"camera", "play", THON_CONF_DURATION, CONF(play_s), 0, 86400, "10min", NULL},
        {"camera", "picture", THON_CONF_DURATION, CONF(picture_s), 0, 86400, "5min", NULL},
        {"camera", "recorder", THON_CONF_DURATION, CONF(recorder_s), 60, 86400, "1h", NULL},
        {"camera", "recorder_behind", THON_CONF_DURATION, CONF(recorder_behind_s), 600, 30.0 * 86400, "6h",
         NULL},
        {"camera", "connect_ms", THON_CONF_INT, CONF(connect_ms), 100, 30000, "3000", NULL},
        {"camera", "answer_ms", THON_CONF_INT, CONF(answer_ms), 100, 30000, "4000", NULL},
        {"camera", "rtp_ms", THON_CONF_INT, CONF(rtp_ms), 100, 30000, "3000", NULL},
        {"camera", "ping", THON_CONF_BOOL, CONF(ping), 0, 0, "yes", NULL},
        {"camera", "in_flight", THON_CONF_INT, CONF(in_flight), 4, 4096, "256", NULL},
        {"camera", "skew", THON_CONF_DURATION, CONF(skew_s), 5, 86400, "60s", NULL},
        {"camera", "user", THON_CONF_STRING, CONF(user), 1, 255, NULL, NULL},
        {"camera", "credential", THON_CONF_STRING, CONF(credential), 1, 4000, NULL, NULL},
        {"camera", "history", THON_CONF_DURATION, CONF(history_s), 86400, YEARS_10, "1100d", NULL},
        {"camera", "pictures_keep", THON_CONF_DURATION, CONF(pictures_keep_s), 86400, YEARS_10, "30d", NULL},
        {"camera", "pictures_max", THON_CONF_SIZE, CONF(pictures_max), MIB, 65536 * MIB, "256MiB", NULL},
        {"alert", "confirm", THON_CONF_DURATION, CONF(state.confirm_s), 0, 3600, "90s", NULL},
        {"alert", "confirm_checks", THON_CONF_INT, CONF(state.confirm_checks), 1, 20, "3", NULL},
        {"alert", "recover", THON_CONF_DURATION, CONF(state.recover_s), 0, 3600, "30s", NULL},
        {"alert", "flap_changes", THON_CONF_INT, CONF(state.flap_changes), 3, THON_STATE_CHANGES - 1, "6",
         NULL},
        {"alert", "flap_window", THON_CONF_DURATION, CONF(state.flap_window_s), 300, 86400, "1h", NULL},
        {"alert", "flap_quiet", THON_CONF_DURATION, CONF(state.flap_quiet_s), 60, 86400, "30min", NULL},
        {"alert", "hold", THON_CONF_DURATION, CONF(cause.hold_s), 0, 3600, "45s", NULL},
        {"alert", "together", THON_CONF_DURATION, CONF(cause.together_s), 1, 600, "15s", NULL},
        {"alert", "together_min", THON_CONF_INT, CONF(cause.together_min), 2, 1000, "3", NULL},
        {"alert", "settle", THON_CONF_DURATION, CONF(cause.settle_s), 0, 3600, "3min", NULL},
        {"heal", "enabled", THON_CONF_BOOL, CONF(heal.enabled), 0, 0, "yes", NULL},
        {"heal", "after", THON_CONF_DURATION, CONF(heal.after_s), 30, 86400, "5min", NULL},
        {"heal", "attempts", THON_CONF_INT, CONF(heal.attempts), 1, THON_HEAL_TRIES, "2", NULL},
        {"heal", "cooldown", THON_CONF_DURATION, CONF(heal.cooldown_s), 60, 7.0 * 86400, "1h", NULL},
        {"heal", "at_once", THON_CONF_INT, CONF(heal.at_once), 1, 100, "2", NULL},
        {"heal", "per_day", THON_CONF_INT, CONF(heal.per_day), 1, THON_HEAL_TRIES, "4", NULL},
        {"heal", "wait", THON_CONF_DURATION, CONF(heal.wait_s), 10, 3600, "3min", NULL},
        {"heal", "digest", THON_CONF_CUSTOM, CONF(digest_min), 0, 0, "07:00", parse_minute},
        {"discover", "follow", THON_CONF_BOOL, CONF(discover), 0, 0, "yes", NULL},
        {"discover", "probe", THON_CONF_STRING, CONF(discover_probe), 1, 64, NULL, check_probe},
};
#define N_ITEMS (sizeof(items) / sizeof(items[0]))

static int refuse(struct thon_conf_report *report, const char *text)
{
        if (report) {
                report->errors++;
                if (report->tell)
                        report->tell(report->userdata, true, text);
        }
        return -EINVAL;
}

int thon_camera_conf_read(const char *config_dir, struct thon_camera_conf *ret,
                          struct thon_conf_report *report)
{
        int r = thon_conf_read(config_dir, "camerad.conf", items, N_ITEMS, NULL, 0, ret, report);

        if (r < 0)
                return r;
        if (ret->retry_s > ret->interval_s)
                r = refuse(report, "camerad.conf: camera.retry: must not be longer than camera.interval");
        if (ret->state.flap_quiet_s > ret->state.flap_window_s)
                r = refuse(report,
                           "camerad.conf: alert.flap_quiet: must not be longer than alert.flap_window");
        if (ret->credential && !ret->user)
                r = refuse(report, "camerad.conf: camera.credential: is the password of camera.user, which "
                                   "is not set");
        return r;
}

void thon_camera_conf_done(struct thon_camera_conf *conf)
{
        thon_conf_done(items, N_ITEMS, conf);
}

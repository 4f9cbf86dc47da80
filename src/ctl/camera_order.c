/* thonctl camera check, power-cycle, maintenance, relearn: orders to camerad, which answers when it is done, or when it is
 * known that it will not be. */
#include <string.h>

#include "camera.h"
#include "thon/cleanup.h"

#define DAEMON "thon-camerad"
/* The whole ladder with all its deadlines, and the answer of lightd for its circuit. */
#define CHECK_MS 60000
#define POWER_MS 40000
#define QUICK_MS 5000

/* `payload` is taken over. */
static int order(struct ctl *ctl, const char *id, const char *verb, json_t *payload, unsigned timeout_ms,
                 json_t **ret)
{
        char topic[THON_SLUG_MAX + 32];

        (void)json_object_set_new(payload, "by", json_string(ctl->by));
        (void)snprintf(topic, sizeof(topic), "camera/%s/%s", id, verb);
        return ctl_call_within(ctl, topic, payload, DAEMON, timeout_ms, ret);
}

static const char *text_of(const json_t *doc, const char *member)
{
        const char *text = json_string_value(json_object_get(doc, member));

        return text ? text : "";
}

/* What the check found; what holds, when that is another, follows with its confirmation. */
static int check(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_json_ json_t *reply = NULL;
        const char *id, *found, *detail, *action;
        int r = ctl_camera_id(ctl, argc, argv, "check", &id);

        if (r == CTL_OK)
                r = order(ctl, id, "check", json_object(), CHECK_MS, &reply);
        if (r != CTL_OK)
                return r;
        found = text_of(reply, "found");
        found = *found ? found : text_of(reply, "verdict");
        detail = text_of(reply, "detail");
        action = text_of(reply, "action");
        if (!ctl->json && *action)
                return ctl_done(ctl, NULL, "%s: %s: %s. %s%s%s%s", id, found, text_of(reply, "sentence"),
                                action, *detail ? " (" : "", detail, *detail ? ")" : "");
        return ctl_done(ctl, json_incref(reply), "%s: %s%s%s%s", id, found, *detail ? " (" : "", detail,
                        *detail ? ")" : "");
}

static int power_cycle(struct ctl *ctl, int argc, char **argv)
{
        const char *reason = NULL, *id;
        const struct ctl_option options[] = {{"reason", &reason, NULL}};
        _cleanup_json_ json_t *reply = NULL;
        json_t *payload;
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r == CTL_OK)
                r = ctl_camera_id(ctl, argc, argv, "power-cycle", &id);
        if (r != CTL_OK)
                return r;
        payload = json_object();
        if (reason)
                (void)json_object_set_new(payload, "reason", json_string(reason));
        r = order(ctl, id, "power-cycle", payload, POWER_MS, &reply);
        return r != CTL_OK
                       ? r
                       : ctl_done(ctl, json_incref(reply), "%s: switched off; it comes back by itself", id);
}

static int add_end(struct ctl *ctl, json_t *payload, const char *length, const char *until)
{
        int64_t seconds;
        struct thon_wall at;
        int r;

        if (length) {
                if (thon_duration_parse(length, &seconds) < 0 || seconds < 1)
                        return ctl_usage(ctl, "--for takes a duration such as 90min, 2h or 3d");
                (void)json_object_set_new(payload, "for", json_integer(seconds));
        }
        if (until) {
                r = ctl_zone(ctl);
                if (r != CTL_OK)
                        return r;
                if (!thon_time_parse(ctl->zone, until, &at))
                        return ctl_usage(ctl, "--until takes a time such as \"2026-11-21 23:00\"");
                (void)json_object_set_new(payload, "until", ctl_time_json(ctl, at));
        }
        return CTL_OK;
}

static int maintenance(struct ctl *ctl, int argc, char **argv)
{
        const char *length = NULL, *until = NULL, *reason = NULL, *id, *end;
        bool over = false;
        const struct ctl_option options[] = {{"for", &length, NULL},
                                             {"until", &until, NULL},
                                             {"reason", &reason, NULL},
                                             {"end", NULL, &over}};
        _cleanup_json_ json_t *payload = NULL, *reply = NULL;
        int r = ctl_options(ctl, argc, argv, options, 4, &argc);

        if (r == CTL_OK)
                r = ctl_camera_id(ctl, argc, argv, "maintenance", &id);
        if (r != CTL_OK)
                return r;
        if ((length != NULL) + (until != NULL) + over > 1)
                return ctl_usage(ctl, "give one of --for, --until and --end");
        payload = json_pack("{s:b}", "on", !over);
        r = add_end(ctl, payload, length, until);
        if (r != CTL_OK)
                return r;
        if (reason)
                (void)json_object_set_new(payload, "reason", json_string(reason));
        r = order(ctl, id, "maintenance", THON_TAKE(payload), QUICK_MS, &reply);
        if (r != CTL_OK)
                return r;
        end = text_of(reply, "until");
        if (over)
                return ctl_done(ctl, json_incref(reply), "%s: maintenance is over", id);
        return ctl_done(ctl, json_incref(reply),
                        "%s: in maintenance %s%s: it is checked, and nobody is told", id,
                        *end ? "until " : "", *end ? end : "until it is ended (--end)");
}

static int relearn(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_json_ json_t *reply = NULL;
        const char *id;
        int r = ctl_camera_id(ctl, argc, argv, "relearn", &id);

        if (r == CTL_OK)
                r = order(ctl, id, "relearn", json_object(), QUICK_MS, &reply);
        return r != CTL_OK ? r
                           : ctl_done(ctl, json_incref(reply),
                                      "%s: what it shows now is how it is meant to look", id);
}

const struct ctl_command ctl_camera_order_commands[] = {
        {"camera check", "C", check},
        {"camera power-cycle", "C [--reason TEXT]", power_cycle},
        {"camera maintenance", "C [--for D|--until T|--end] [--reason TEXT]", maintenance},
        {"camera relearn", "C", relearn},
        {NULL, NULL, NULL},
};

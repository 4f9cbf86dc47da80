/* thonctl light list, show, on, off, auto, lock, unlock, meter: the lights as they are, by the daemon's own retained
 * states, and orders to it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "thon/cleanup.h"
#include "thon/light.h"

#define TIMEOUT_MS 5000

static int states(struct ctl *ctl, const char *circuit, json_t **ret)
{
        char filter[THON_SLUG_MAX + 32];
        int r = ctl_connect(ctl);

        if (r != CTL_OK)
                return r;
        snprintf(filter, sizeof(filter), "light/%s/state", circuit ? circuit : "+");
        r = thon_mqtt_client_retained(ctl->client, filter, TIMEOUT_MS, ret);
        return r < 0 ? ctl_fail(ctl, "broker", "the states could not be read: %s", strerror(-r)) : CTL_OK;
}

/* "light/duong-lang/state" -> the document with its circuit in front. */
static json_t *row_of(const char *topic, const json_t *state)
{
        const char *id = strchr(topic, '/');
        json_t *row = json_object();

        id = id ? id + 1 : topic;
        (void)json_object_set_new(row, "circuit", json_stringn(id, strcspn(id, "/")));
        (void)json_object_update(row, (json_t *)state);
        return row;
}

static int by_circuit(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"circuit", "commanded", "in_effect", "physical", "since",
                                              "cause",   "kwh",       "faults",    NULL};
        _cleanup_json_ json_t *all = NULL;
        _cleanup_free_ const char **topics = NULL;
        const char *topic;
        json_t *state, *rows;
        size_t n = 0;
        int r;

        (void)argv;
        if (argc > 0)
                return ctl_usage(ctl, "light list takes no arguments");
        r = states(ctl, NULL, &all);
        if (r != CTL_OK)
                return r;
        topics = calloc(json_object_size(all) + 1, sizeof(*topics));
        if (!topics)
                return ctl_fail(ctl, "memory", "out of memory");
        json_object_foreach (all, topic, state)
                topics[n++] = topic;
        qsort(topics, n, sizeof(*topics), by_circuit);
        rows = json_array();
        for (size_t i = 0; i < n; i++)
                if (json_is_object(json_object_get(all, topics[i])))
                        (void)json_array_append_new(rows,
                                                    row_of(topics[i], json_object_get(all, topics[i])));
        if (n == 0)
                fprintf(stderr, "thonctl: no circuit has told its state. Is there one (thonctl device list "
                                "--kind circuit), "
                                "and does thon-lightd run (systemctl status thon-lightd)?\n");
        return ctl_print(ctl, rows, columns);
}

static int show(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_json_ json_t *all = NULL;
        const char *topic;
        json_t *state;
        int r;

        if (argc != 1 || !thon_slug_valid(argv[0]))
                return ctl_usage(ctl, "light show takes one circuit");
        r = states(ctl, argv[0], &all);
        if (r != CTL_OK)
                return r;
        json_object_foreach (all, topic, state)
                if (json_is_object(state))
                        return ctl_print(ctl, row_of(topic, state), NULL);
        return ctl_fail(ctl, "not-found", "circuit %s has told no state. See: thonctl light list", argv[0]);
}

static int order(struct ctl *ctl, int argc, char **argv, const char *verb, json_t *payload)
{
        const char *length = NULL, *until = NULL, *reason = NULL;
        const struct ctl_option options[] = {
                {"for", &length, NULL}, {"until", &until, NULL}, {"reason", &reason, NULL}};
        _cleanup_json_ json_t *owned = payload, *reply = NULL;
        char topic[THON_SLUG_MAX + 16], text[THON_TIME_TEXT];
        const char *end;
        struct thon_wall at;
        int64_t seconds;
        int r;

        r = ctl_options(ctl, argc, argv, options, 3, &argc);
        if (r != CTL_OK)
                return r;
        if (argc != 1 || !thon_slug_valid(argv[0]))
                return ctl_usage(ctl, "light %s takes one circuit, or all", verb);
        if (length && until)
                return ctl_usage(ctl, "give either --for or --until");
        if (length) {
                if (thon_duration_parse(length, &seconds) < 0 || seconds < 1)
                        return ctl_usage(ctl, "--for takes a duration such as 90min, 2h or 3d");
                (void)json_object_set_new(owned, "for", json_integer(seconds));
        }
        if (until) {
                r = ctl_zone(ctl);
                if (r != CTL_OK)
                        return r;
                if (!thon_time_parse(ctl->zone, until, &at))
                        return ctl_usage(ctl, "--until takes a time such as \"2026-11-21 23:00\"");
                (void)json_object_set_new(owned, "until", json_string(thon_time_text(ctl->zone, at, text)));
        }
        if (reason)
                (void)json_object_set_new(owned, "reason", json_string(reason));
        (void)json_object_set_new(owned, "by", json_string(ctl->by));
        snprintf(topic, sizeof(topic), "light/%s/set", argv[0]);
        r = ctl_call_again(ctl, topic, THON_TAKE(owned), "thon-lightd", &reply);
        if (r != CTL_OK)
                return r;
        if (json_object_get(reply, "warning"))
                fprintf(stderr, "thonctl: %s\n", json_string_value(json_object_get(reply, "warning")));
        end = json_string_value(json_object_get(reply, "until"));
        return ctl_done(ctl, json_incref(reply), "%s: %s%s%s", argv[0], verb, end ? " until " : "",
                        end ? end : "");
}

static int on(struct ctl *ctl, int argc, char **argv)
{
        return order(ctl, argc, argv, "on", json_pack("{s:b}", "on", 1));
}

static int off(struct ctl *ctl, int argc, char **argv)
{
        return order(ctl, argc, argv, "off", json_pack("{s:b}", "on", 0));
}

static int automatic(struct ctl *ctl, int argc, char **argv)
{
        return order(ctl, argc, argv, "auto", json_pack("{s:b}", "auto", 1));
}

static int lockout(struct ctl *ctl, int argc, char **argv, bool locked)
{
        const char *reason = NULL;
        const struct ctl_option options[] = {{"reason", &reason, NULL}};
        _cleanup_json_ json_t *reply = NULL;
        char topic[THON_SLUG_MAX + 32];
        int r;

        r = ctl_options(ctl, argc, argv, options, 1, &argc);
        if (r != CTL_OK)
                return r;
        if (argc != 1 || !thon_slug_valid(argv[0]) || strcmp(argv[0], "all") == 0)
                return ctl_usage(ctl, "light %s takes one circuit", locked ? "lock" : "unlock");
        snprintf(topic, sizeof(topic), "light/%s/lockout", argv[0]);
        r = ctl_call(ctl, topic,
                     json_pack("{s:b,s:s,s:s}", "on", locked, "by", ctl->by, "reason", reason ? reason : ""),
                     "thon-lightd", &reply);
        if (r != CTL_OK)
                return r;
        bool still = json_is_true(json_object_get(reply, "locked"));
        return ctl_done(ctl, json_incref(reply), "%s: %s", argv[0],
                        still && !locked ? "still locked out by the contact in the cabinet"
                        : still          ? "locked out: nothing lights it"
                                         : "lock-out lifted");
}

static int lock(struct ctl *ctl, int argc, char **argv)
{
        return lockout(ctl, argc, argv, true);
}

static int unlock(struct ctl *ctl, int argc, char **argv)
{
        return lockout(ctl, argc, argv, false);
}

static int meter(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_json_ json_t *reply = NULL;
        char topic[THON_SLUG_MAX + 32], *end;
        double kwh;
        int r;

        if (argc != 2 || !thon_slug_valid(argv[0]))
                return ctl_usage(ctl, "light meter takes a circuit and the kWh that its meter shows");
        /* strtod() alone would take an empty word for 0, and "0x10" or "inf" for readings. */
        kwh = strtod(argv[1], &end);
        if (*argv[1] == '\0' || argv[1][strspn(argv[1], "0123456789.")] != '\0' || *end != '\0' ||
            !isfinite(kwh))
                return ctl_usage(ctl, "\"%s\" is no reading in kWh", argv[1]);
        snprintf(topic, sizeof(topic), "light/%s/meter", argv[0]);
        r = ctl_call(ctl, topic, json_pack("{s:f,s:s}", "kwh", kwh, "by", ctl->by), "thon-lightd", &reply);
        if (r != CTL_OK)
                return r;
        return ctl_done(ctl, json_incref(reply), "%s: the meter stands at %.3f kWh", argv[0], kwh);
}

const struct ctl_command ctl_light_commands[] = {
        {"light list", "", list},
        {"light show", "C", show},
        {"light on", "C|all [--for D|--until T] [--reason TEXT]", on},
        {"light off", "C|all [--for D|--until T] [--reason TEXT]", off},
        {"light auto", "C|all [--reason TEXT]", automatic},
        {"light lock", "C [--reason TEXT]", lock},
        {"light unlock", "C [--reason TEXT]", unlock},
        {"light meter", "C KWH", meter},
        {NULL, NULL, NULL},
};

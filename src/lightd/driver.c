/* A driver is data, not code: templates and paths in one table, read by one small interpreter. A new make of relay is a
 * new row. In templates %t is the device's topic, %n its channel and %r the topic prefix at which we take answers. */
#include "driver.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "thon/json.h"

enum form {
        FORM_NONE,
        FORM_STATE,  /* the payload itself: on, off, true, false, 1, 0 in any case */
        FORM_JSON,   /* members by path */
        FORM_ONLINE, /* the payload itself, or {"state":...}: online, true */
        FORM_KWH,    /* the payload is a number */
        FORM_WATTS,
};

struct report {
        enum form form;
        const char *topic;
        const char *state[2]; /* paths, first that exists; '.' parts members */
        const char *kwh;
        double kwh_scale;
        const char *watts;
        bool lone; /* the topic names no channel: only of a device that has one */
};

struct driver {
        const char *command_topic, *on, *off;
        const char *query_topic, *query;
        struct report reports[LIGHTD_REPORTS_MAX];
};

static const struct driver drivers[] = {
        [THON_DRIVER_TASMOTA] =
                {
                        .command_topic = "cmnd/%t/POWER%n",
                        .on = "ON",
                        .off = "OFF",
                        .query_topic = "cmnd/%t/POWER%n",
                        .query = "",
                        .reports =
                                {
                                        {.form = FORM_STATE, .topic = "stat/%t/POWER%n"},
                                        {.form = FORM_STATE, .topic = "stat/%t/POWER", .lone = true},
                                        {.form = FORM_JSON,
                                         .topic = "stat/%t/RESULT",
                                         .state = {"POWER%n", "POWER"}},
                                        {.form = FORM_JSON,
                                         .topic = "tele/%t/STATE",
                                         .state = {"POWER%n", "POWER"}},
                                        {.form = FORM_JSON,
                                         .topic = "tele/%t/SENSOR",
                                         .kwh = "ENERGY.Total",
                                         .kwh_scale = 1,
                                         .watts = "ENERGY.Power"},
                                        {.form = FORM_ONLINE, .topic = "tele/%t/LWT"},
                                },
                },
        [THON_DRIVER_SHELLY2] =
                {
                        .command_topic = "%t/rpc",
                        .on = "{\"id\":1,\"src\":\"%r\",\"method\":\"Switch.Set\",\"params\":{\"id\":%n,\"on\":true}}",
                        .off = "{\"id\":1,\"src\":\"%r\",\"method\":\"Switch.Set\",\"params\":{\"id\":%n,"
                               "\"on\":false}}",
                        .query_topic = "%t/rpc",
                        .query =
                                "{\"id\":2,\"src\":\"%r\",\"method\":\"Switch.GetStatus\",\"params\":{\"id\":%n}}",
                        .reports =
                                {
                                        {.form = FORM_JSON,
                                         .topic = "%r/rpc",
                                         .state = {"result.output"},
                                         .kwh = "result.aenergy.total",
                                         .kwh_scale = 1e-3,
                                         .watts = "result.apower"},
                                        {.form = FORM_JSON,
                                         .topic = "%t/status/switch:%n",
                                         .state = {"output"},
                                         .kwh = "aenergy.total",
                                         .kwh_scale = 1e-3,
                                         .watts = "apower"},
                                        {.form = FORM_JSON,
                                         .topic = "%t/events/rpc",
                                         .state = {"params.switch:%n.output"},
                                         .kwh = "params.switch:%n.aenergy.total",
                                         .kwh_scale = 1e-3,
                                         .watts = "params.switch:%n.apower"},
                                        {.form = FORM_ONLINE, .topic = "%t/online"},
                                },
                },
        [THON_DRIVER_ZIGBEE2MQTT] =
                {
                        .command_topic = "%t/set",
                        .on = "{\"state\":\"ON\"}",
                        .off = "{\"state\":\"OFF\"}",
                        .query_topic = "%t/get",
                        .query = "{\"state\":\"\"}",
                        .reports =
                                {
                                        {.form = FORM_JSON,
                                         .topic = "%t",
                                         .state = {"state"},
                                         .kwh = "energy",
                                         .kwh_scale = 1,
                                         .watts = "power"},
                                        {.form = FORM_ONLINE, .topic = "%t/availability"},
                                },
                },
        [THON_DRIVER_PLAIN] =
                {
                        .command_topic = "%t/set",
                        .on = "ON",
                        .off = "OFF",
                        .query_topic = "%t/get",
                        .query = "",
                        .reports =
                                {
                                        {.form = FORM_STATE, .topic = "%t/state"},
                                        {.form = FORM_KWH, .topic = "%t/energy"},
                                        {.form = FORM_WATTS, .topic = "%t/power"},
                                        {.form = FORM_ONLINE, .topic = "%t/online"},
                                },
                },
};

/* Every buffer is larger than its template with the longest topic, channel and reply prefix that the forms allow; a text
 * that would not fit is left empty and so matches nothing. */
static void expand(const char *template, const struct thon_relay_conf *relay, const char *reply_to,
                   char *out, size_t size)
{
        size_t n = 0;

        for (const char *p = template; *p; p++) {
                char number[12];
                const char *text = NULL;

                if (*p == '%' && p[1] == 't')
                        text = relay->topic;
                else if (*p == '%' && p[1] == 'r')
                        text = reply_to;
                else if (*p == '%' && p[1] == 'n') {
                        snprintf(number, sizeof(number), "%d", relay->channel);
                        text = number;
                }
                size_t len = text ? strlen(text) : 1;
                if (n + len >= size) {
                        out[0] = '\0';
                        return;
                }
                memcpy(out + n, text ? text : p, len);
                n += len;
                p += text ? 1 : 0;
        }
        out[n] = '\0';
}

static void message(const char *topic, const char *payload, const struct thon_relay_conf *relay,
                    const char *reply_to, struct lightd_message *ret)
{
        expand(topic, relay, reply_to, ret->topic, sizeof(ret->topic));
        expand(payload, relay, reply_to, ret->payload, sizeof(ret->payload));
}

void lightd_driver_command(const struct thon_relay_conf *relay, const char *reply_to, bool on,
                           struct lightd_message *ret)
{
        const struct driver *d = &drivers[relay->driver];

        message(d->command_topic, on ? d->on : d->off, relay, reply_to, ret);
}

void lightd_driver_query(const struct thon_relay_conf *relay, const char *reply_to,
                         struct lightd_message *ret)
{
        const struct driver *d = &drivers[relay->driver];

        message(d->query_topic, d->query, relay, reply_to, ret);
}

bool lightd_driver_topic(const struct thon_relay_conf *relay, const char *reply_to, size_t i,
                         char ret[static LIGHTD_TOPIC_MAX])
{
        const struct driver *d = &drivers[relay->driver];

        if (i >= LIGHTD_REPORTS_MAX || d->reports[i].form == FORM_NONE)
                return false;
        expand(d->reports[i].topic, relay, reply_to, ret, LIGHTD_TOPIC_MAX);
        return true;
}

static enum thon_tri tri_of_text(const char *text)
{
        static const char *const on[] = {"on", "true", "1"}, *const off[] = {"off", "false", "0"};

        for (size_t i = 0; i < 3; i++) {
                if (strcasecmp(text, on[i]) == 0)
                        return THON_ON;
                if (strcasecmp(text, off[i]) == 0)
                        return THON_OFF;
        }
        return THON_UNKNOWN;
}

static enum thon_tri tri_of_json(const json_t *value)
{
        if (json_is_boolean(value))
                return json_is_true(value) ? THON_ON : THON_OFF;
        return json_is_string(value) ? tri_of_text(json_string_value(value)) : THON_UNKNOWN;
}

/* A path may be as long as "params.switch:NN.aenergy.total". */
static const json_t *walk(const json_t *doc, const char *template, const struct thon_relay_conf *relay)
{
        char path[96], *save = path, *part;

        if (!template)
                return NULL;
        expand(template, relay, "", path, sizeof(path));
        while (doc && (part = strsep(&save, ".")))
                doc = json_object_get(doc, part);
        return doc;
}

/* A number, or the element of a multi-channel meter's array. Never negative: < 0 means "none". */
static double number_of(const json_t *value, const struct thon_relay_conf *relay)
{
        if (json_is_array(value)) {
                size_t first = relay->driver == THON_DRIVER_TASMOTA ? 1 : 0;
                value = json_array_get(value, (size_t)relay->channel - first);
        }
        if (!json_is_number(value))
                return -1;
        double number = json_number_value(value);
        return isfinite(number) && number >= 0 && number < 1e12 ? number : -1;
}

static void read_json(const struct report *report, const struct thon_relay_conf *relay, const json_t *doc,
                      struct lightd_report *ret)
{
        for (size_t i = 0; i < 2 && ret->state == THON_UNKNOWN; i++) {
                /* Tasmota names a lone relay POWER; on a device of several that would be another one's. */
                if (i == 1 && relay->channel > 1)
                        break;
                ret->state = tri_of_json(walk(doc, report->state[i], relay));
        }
        double kwh = number_of(walk(doc, report->kwh, relay), relay);
        ret->kwh = kwh < 0 ? -1 : kwh * report->kwh_scale;
        ret->watts = number_of(walk(doc, report->watts, relay), relay);
        ret->is_state = ret->state != THON_UNKNOWN || ret->kwh >= 0 || ret->watts >= 0;
}

static bool read_online(const char *payload, const json_t *doc, struct lightd_report *ret)
{
        const char *text = json_is_object(doc) ? json_string_value(json_object_get(doc, "state")) : payload;

        if (!text)
                return false;
        ret->is_online = true;
        if (strcasecmp(text, "online") == 0 || strcasecmp(text, "true") == 0)
                ret->online = true;
        else if (strcasecmp(text, "offline") == 0 || strcasecmp(text, "false") == 0)
                ret->online = false;
        else
                ret->is_online = false;
        return ret->is_online;
}

static bool read_report(const struct report *report, const struct thon_relay_conf *relay,
                        const char *payload, size_t size, struct lightd_report *ret)
{
        _cleanup_json_ json_t *doc = NULL;

        /* A plain meter sends a bare number, which is no document in the sense of thon_json_parse(). */
        if (report->form == FORM_KWH || report->form == FORM_WATTS)
                doc = size <= 64 ? json_loadb(payload, size, JSON_DECODE_ANY, NULL) : NULL;
        else if (size > 0 && payload[0] == '{')
                (void)thon_json_parse(payload, size, 16384, &doc, NULL);

        switch (report->form) {
        case FORM_STATE:
                ret->state = tri_of_text(payload);
                ret->is_state = ret->state != THON_UNKNOWN;
                return ret->is_state;
        case FORM_JSON:
                if (doc)
                        read_json(report, relay, doc, ret);
                return ret->is_state;
        case FORM_ONLINE:
                return read_online(payload, doc, ret);
        case FORM_KWH:
                ret->kwh = number_of(doc, relay);
                ret->is_state = ret->kwh >= 0;
                return ret->is_state;
        case FORM_WATTS:
                ret->watts = number_of(doc, relay);
                ret->is_state = ret->watts >= 0;
                return ret->is_state;
        case FORM_NONE:
                break;
        }
        return false;
}

bool lightd_driver_read(const struct thon_relay_conf *relay, const char *reply_to, const char *topic,
                        const char *payload, size_t size, struct lightd_report *ret)
{
        const struct driver *d = &drivers[relay->driver];

        for (size_t i = 0; i < LIGHTD_REPORTS_MAX && d->reports[i].form != FORM_NONE; i++) {
                struct lightd_report report = {.state = THON_UNKNOWN, .kwh = -1, .watts = -1};
                char expected[LIGHTD_TOPIC_MAX];

                if (d->reports[i].lone && relay->channel > 1)
                        continue;
                expand(d->reports[i].topic, relay, reply_to, expected, sizeof(expected));
                if (strcmp(expected, topic) != 0 ||
                    !read_report(&d->reports[i], relay, payload, size, &report))
                        continue;
                *ret = report;
                return true;
        }
        return false;
}

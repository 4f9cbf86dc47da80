/* Commands over MQTT. A command is checked whole before anything changes; what it changed is on disk before it is
 * acknowledged, or the answer says that it is not. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lightd.h"
#include "thon/light_form.h"
#include "thon/log.h"

#define FOR_MAX (366 * 86400)

struct order {
        bool automatic;
        struct thon_override override;
};

/* A text of a person into a fixed field. */
static bool take_text(const json_t *doc, const char *member, char *dst, size_t size,
                      struct thon_json_error *error)
{
        const char *text;

        if (!thon_json_line(doc, member, size - 1, &text, error))
                return false;
        snprintf(dst, size, "%s", text ? text : "");
        return true;
}

static bool take_end(const struct lightd *d, const json_t *doc, struct thon_instant now,
                     struct thon_override *o, struct thon_json_error *error)
{
        const json_t *length = json_object_get(doc, "for"), *until = json_object_get(doc, "until");
        double seconds = (double)d->conf.override_default_s;

        if (length && until) {
                thon_json_fail(error, "for", "give either for or until");
                return false;
        }
        if (until) {
                if (!json_is_string(until) ||
                    !thon_time_parse(d->runtime.zone, json_string_value(until), &o->until)) {
                        thon_json_fail(error, "until", "must be a time such as 2026-11-21T23:00:00+07:00");
                        return false;
                }
                if (now.trusted && (o->until.s <= now.wall.s || o->until.s > now.wall.s + FOR_MAX)) {
                        thon_json_fail(error, "until", "must lie after now and within a year");
                        return false;
                }
                return true;
        }
        if (length) {
                seconds = json_is_number(length) ? json_number_value(length) : -1;
                if (!(seconds >= 1 && seconds <= FOR_MAX)) {
                        thon_json_fail(error, "for", "must be seconds, 1 to %d", FOR_MAX);
                        return false;
                }
        }
        o->for_s = (int64_t)seconds;
        o->until = THON_WALL_NEVER;
        if (o->for_s > 0)
                o->until.s = now.wall.s + o->for_s;
        return true;
}

static int read_order(const struct lightd *d, const struct thon_mqtt_message *m, struct thon_instant now,
                      struct order *ret, struct thon_json_error *error)
{
        static const char *const members[] = {"on", "auto", "for", "until", "reason", "by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        struct order order = {.override = {.active = true, .since = now.wall}};
        const json_t *on, *automatic;
        int r;

        if (strcasecmp(m->payload, "ON") == 0 || strcasecmp(m->payload, "OFF") == 0)
                doc = json_pack("{s:b}", "on", strcasecmp(m->payload, "ON") == 0);
        else if (strcasecmp(m->payload, "AUTO") == 0)
                doc = json_pack("{s:b}", "auto", 1);
        else {
                r = thon_json_parse(m->payload, m->size, 4096, &doc, error);
                if (r < 0)
                        return r;
        }
        if (!doc)
                return -ENOMEM;
        if (!json_is_object(doc)) {
                thon_json_fail(error, "", "must be an object, ON, OFF or AUTO");
                return -EINVAL;
        }
        if (!thon_json_only(doc, "", members, error))
                return -EINVAL;
        on = json_object_get(doc, "on");
        automatic = json_object_get(doc, "auto");
        if (!on == !automatic || (on && !json_is_boolean(on)) || (automatic && !json_is_true(automatic))) {
                thon_json_fail(error, on ? "on" : "auto",
                               "give either \"on\": true or false, or \"auto\": true");
                return -EINVAL;
        }
        order.automatic = automatic != NULL;
        order.override.on = json_is_true(on);
        if (order.automatic && (json_object_get(doc, "for") || json_object_get(doc, "until"))) {
                thon_json_fail(error, "auto", "takes no for and no until");
                return -EINVAL;
        }
        if (!take_text(doc, "reason", order.override.reason, sizeof(order.override.reason), error) ||
            !take_text(doc, "by", order.override.by, sizeof(order.override.by), error) ||
            !take_end(d, doc, now, &order.override, error))
                return -EINVAL;
        order.override.active = !order.automatic;
        *ret = order;
        return 0;
}

/* `all` on is the emergency: it goes over the overrides, which resume after it. `all` off ends it too: it is the later
 * word of the same people, and lamps that stay lit after it would burn into the day. */
static void apply(struct lightd_circuit *c, const struct order *order, bool all, struct thon_instant now)
{
        const struct thon_override *o = &order->override;
        struct thon_override emergency = *o;
        char value[64];

        emergency.active = o->active && o->on;
        if (all)
                (void)thon_circuit_override(&c->state, &emergency, true, now);
        if (!all || order->automatic || !o->on)
                (void)thon_circuit_override(&c->state, o, false, now);
        snprintf(value, sizeof(value), "%s%s",
                 order->automatic ? "auto"
                 : o->on          ? "on"
                                  : "off",
                 all ? " (all)" : "");
        lightd_keep_history(c, "override", value, o->reason, o->by);
        thon_log_full(LOG_NOTICE, THON_MSG_OVERRIDE,
                      (const char *const[]){"THON_CIRCUIT=", c->state.conf->id, "THON_BY=", o->by, NULL},
                      "%s: %s ordered%s%s%s%s", c->state.conf->id, value, o->by[0] ? " by " : "", o->by,
                      o->reason[0] ? ": " : "", o->reason);
}

/* Comes after the look: a card that is full or slow must not keep a road dark. The answer says whether the order would
 * outlive a restart. */
static void answer(struct lightd *d, const struct thon_mqtt_message *m, json_t *extra)
{
        int r;

        lightd_keep_flush(d);
        lightd_publish_health(d);
        r = lightd_snapshot_save(d);
        (void)json_object_set_new(extra, "durable", json_boolean(r == 0));
        if (r < 0) {
                thon_log_full(LOG_ERR, THON_MSG_STORE_TROUBLE, NULL,
                              "An order was carried out, but not kept on disk (%s): a restart forgets it",
                              strerror(-r));
                (void)json_object_set_new(
                        extra, "warning",
                        json_sprintf("done, but not kept on disk (%s): a restart of lightd forgets it",
                                     strerror(-r)));
        }
        thon_mqtt_reply_ok(d->mqtt, m, extra);
}

/* What stands above the order of one circuit; NULL when nothing does. */
static const char *held_by(const struct lightd_circuit *c, const struct order *order)
{
        if (order->automatic || c->state.in_effect == order->override.on)
                return NULL;
        switch (c->state.why) {
        case THON_WHY_LOCKOUT:
                return "noted, but the circuit is locked out: it stays off until the lock-out ends";
        case THON_WHY_EMERGENCY:
                return "noted, but an emergency is on: the circuit stays lit until that ends; off or auto for all "
                       "ends it";
        case THON_WHY_PROGRAM:
        case THON_WHY_PHOTOCELL:
        case THON_WHY_OVERRIDE:
        case THON_WHY_UNTRUSTED:
        case THON_WHY_DWELL:
                break;
        }
        return NULL;
}

static void set(struct lightd *d, const struct thon_mqtt_message *m, struct lightd_circuit *one)
{
        struct thon_instant now = lightd_now(d);
        struct thon_json_error error;
        struct order order;
        size_t n = 0;
        int r;

        r = read_order(d, m, now, &order, &error);
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        for (size_t i = 0; i < d->runtime.n; i++) {
                struct lightd_circuit *c = &d->runtime.circuits[i];

                /* All lamps, that is: who puts out the village's lights does not mean its cameras. */
                if (one ? c != one : c->state.conf->equipment)
                        continue;
                apply(c, &order, !one, now);
                n++;
        }
        lightd_look(d);

        json_t *extra = json_object();
        if (one)
                (void)json_object_set_new(extra, "circuit", json_string(one->state.conf->id));
        (void)json_object_set_new(extra, "circuits", json_integer((json_int_t)n));
        if (!order.automatic && order.override.until.s != INT64_MAX) {
                char text[THON_TIME_TEXT];
                (void)json_object_set_new(
                        extra, "until",
                        json_string(thon_time_text(d->runtime.zone, order.override.until, text)));
        }
        const char *held = one ? held_by(one, &order) : NULL;
        if (held)
                (void)json_object_set_new(extra, "warning", json_string(held));
        answer(d, m, extra);
}

/* {"kwh":1234.5,"by"}: what the meter shows to a person who stands before it. */
static void correct(struct lightd *d, const struct thon_mqtt_message *m, struct lightd_circuit *c)
{
        static const char *const members[] = {"kwh", "by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        char by[64], value[64];
        double kwh = -1;

        if (thon_json_parse(m->payload, m->size, 4096, &doc, &error) < 0 ||
            !thon_json_only(doc, "", members, &error) || !take_text(doc, "by", by, sizeof(by), &error)) {
                thon_mqtt_reply_error(d->mqtt, m, "invalid", "%s", error.text);
                return;
        }
        if (json_is_number(json_object_get(doc, "kwh")))
                kwh = json_number_value(json_object_get(doc, "kwh"));
        if (!(kwh >= 0 && kwh < 1e9)) {
                thon_mqtt_reply_error(d->mqtt, m, "invalid", "kwh: must be a number, 0 to 1e9");
                return;
        }
        if (thon_circuit_kwh(&c->state) < 0) {
                thon_mqtt_reply_error(d->mqtt, m, "no-meter", "%s has no meter", c->state.conf->id);
                return;
        }
        snprintf(value, sizeof(value), "%.3f -> %.3f", thon_circuit_kwh(&c->state), kwh);
        thon_circuit_correct(&c->state, kwh);
        lightd_keep_history(c, "meter", value, "corrected", by);
        lightd_keep_flush(d);
        lightd_keep_counters(d);
        lightd_publish_circuit(c, true);
        if (d->store_error != 0) {
                thon_mqtt_reply_error(
                        d->mqtt, m, "not-kept",
                        "the reading is set, but the store is away: after a restart it is the old one");
                return;
        }
        thon_mqtt_reply_ok(d->mqtt, m, json_pack("{s:s,s:f}", "circuit", c->state.conf->id, "kwh", kwh));
}

/* {"on":true,"reason","by"}: somebody works on the line; nothing lights it until "on": false. */
static void lock_out(struct lightd *d, const struct thon_mqtt_message *m, struct lightd_circuit *c)
{
        static const char *const members[] = {"on", "reason", "by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        char by[64], reason[160];

        if (thon_json_parse(m->payload, m->size, 4096, &doc, &error) < 0 ||
            !thon_json_only(doc, "", members, &error) || !take_text(doc, "by", by, sizeof(by), &error) ||
            !take_text(doc, "reason", reason, sizeof(reason), &error)) {
                thon_mqtt_reply_error(d->mqtt, m, "invalid", "%s", error.text);
                return;
        }
        if (!json_is_boolean(json_object_get(doc, "on"))) {
                thon_mqtt_reply_error(d->mqtt, m, "invalid", "on: must be true or false");
                return;
        }
        c->locked_by_person = json_is_true(json_object_get(doc, "on"));
        lightd_lockout_apply(c);
        lightd_keep_history(c, "lockout", c->locked_by_person ? "on" : "off", reason, by);
        thon_log_full(LOG_NOTICE, THON_MSG_OVERRIDE,
                      (const char *const[]){"THON_CIRCUIT=", c->state.conf->id, "THON_BY=", by, NULL},
                      "%s: lock-out %s%s%s", c->state.conf->id, c->locked_by_person ? "set" : "lifted",
                      by[0] ? " by " : "", by);
        lightd_look(d);
        answer(d, m,
               json_pack("{s:s,s:b}", "circuit", c->state.conf->id, "locked",
                         thon_circuit_locked(&c->state)));
}

void lightd_command(struct lightd *d, const struct thon_mqtt_message *m)
{
        char id[THON_SLUG_MAX + 1], verb[16];
        struct lightd_circuit *c;
        int end = 0;

        if (sscanf(m->topic, "light/%63[a-z0-9-]/%15[a-z]%n", id, verb, &end) != 2 || m->topic[end] != '\0')
                return;
        /* A retained command would switch again at every connect: ghost switching. */
        if (m->retained) {
                thon_warning("%s: a retained command was ignored; publish commands without the retain flag",
                             m->topic);
                return;
        }
        if (!d->runtime.plan) {
                thon_mqtt_reply_error(d->mqtt, m, "no-plan",
                                      "lightd has no plan yet: see journalctl -u thon-lightd");
                return;
        }
        c = lightd_find(d, id);
        if (!c && strcmp(id, "all") != 0) {
                /* Another machine has it, and answers; of what nobody has, the commune's machine speaks. */
                if (d->conf.plan == THON_PLAN_MQTT || json_object_get(d->elsewhere, id))
                        return;
                thon_mqtt_reply_error(d->mqtt, m, "unknown-circuit", "there is no circuit %s here", id);
                return;
        }
        if (strcmp(verb, "set") == 0)
                set(d, m, c);
        else if (!c)
                thon_mqtt_reply_error(d->mqtt, m, "invalid", "%s takes one circuit, not all", verb);
        else if (strcmp(verb, "meter") == 0)
                correct(d, m, c);
        else if (strcmp(verb, "lockout") == 0)
                lock_out(d, m, c);
        else
                thon_mqtt_reply_error(d->mqtt, m, "unknown-command", "light/%s/%s is no command", id, verb);
}

/* Circuits and the mains, by what lightd and others say of them. Ordering is easy; believing is not: a circuit counts as off when
 * its contact says so, or, where it has none, when the relay was told to be. What we switch off ourselves for some seconds
 * is no power failure of the device, and is not told as one. */
#include "heal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/log.h"

#define US UINT64_C(1000000)
/* Until lightd says that it is off: it answers within the second, a plug by radio later. */
#define OFF_WAIT_US (30 * US)
#define ON_WAIT_US  (30 * US) /* beyond the seconds that it is off for */
#define DOC_MAX     65536
#define REASON_MAX  150 /* lightd takes 159 bytes */

/* ---- ordering ---- */

/* Cut between characters: lightd takes no half ones. */
static void cut(char *text, size_t max)
{
        size_t n = strlen(text);

        if (n <= max)
                return;
        for (n = max; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
                ;
        text[n] = '\0';
}

int heal_power_off(struct camerad_heal *heal)
{
        struct camerad_device *c = heal->c;
        struct camerad *d = c->daemon;
        _cleanup_free_ char *reason = NULL;
        _cleanup_json_ json_t *order = NULL;
        char topic[THON_SLUG_MAX + 16];

        if (asprintf(&reason, "khởi động lại %s", c->conf->name) < 0)
                return -ENOMEM;
        cut(reason, REASON_MAX);
        (void)snprintf(topic, sizeof topic, "light/%s/set", c->conf->power.circuit);
        order = json_pack("{s:b,s:i,s:s,s:s}", "on", 0, "for", c->conf->power.off_s, "reason", reason, "by",
                          "thon-camerad");
        if (!order)
                return -ENOMEM;
        heal_alarm_in(heal, OFF_WAIT_US);
        return thon_mqtt_publish_json(d->mqtt, topic, order, false);
}

/* ---- what is heard of a circuit ---- */

enum power { POWER_UNKNOWN, POWER_OFF, POWER_ON };

static enum power power_of(const json_t *doc, const char *member)
{
        const char *text = json_string_value(json_object_get(doc, member));

        return !text                  ? POWER_UNKNOWN
               : !strcmp(text, "on")  ? POWER_ON
               : !strcmp(text, "off") ? POWER_OFF
                                      : POWER_UNKNOWN;
}

static void circuit_heard(struct camerad_device *c, enum power power)
{
        struct camerad_heal *heal = c->healing && c->healing->how == THON_HEAL_POWER ? c->healing : NULL;
        bool off = power == POWER_OFF;

        if (!heal || heal->phase == HEAL_BACK) {
                if (heal)
                        heal->off_last = off;
                if (off != c->circuit_off) {
                        c->circuit_off = off;
                        camerad_judge(c, false);
                }
                return;
        }
        heal->off_last = off;
        if (heal->phase == HEAL_ORDERED && off) {
                heal->phase = HEAL_OFF;
                heal_alarm_in(heal, (uint64_t)c->conf->power.off_s * US + ON_WAIT_US);
                heal_answer(heal);
        } else if (heal->phase == HEAL_OFF && power == POWER_ON) {
                heal_back(heal);
        }
}

/* A dead device on the circuit of one that we restart: it is our doing too. */
static bool switched_by_us(const struct camerad *d, const char *circuit)
{
        for (size_t i = 0; i < d->n; i++) {
                const struct camerad_heal *heal = d->devices[i]->healing;

                if (heal && heal->how == THON_HEAL_POWER && heal->phase != HEAL_BACK &&
                    strcmp(heal->c->conf->power.circuit, circuit) == 0)
                        return true;
        }
        return false;
}

static void light_heard(struct camerad *d, const char *circuit, const char *payload, size_t size)
{
        _cleanup_json_ json_t *doc = NULL;
        enum power power, mains;
        bool ours = switched_by_us(d, circuit);

        /* Nothing retained any more, or nonsense: then nothing is known. */
        if (thon_json_parse(payload, size, DOC_MAX, &doc, NULL) < 0)
                doc = NULL;
        power = power_of(doc, "physical");
        if (power == POWER_UNKNOWN)
                power = power_of(doc, "in_effect");
        mains = power_of(doc, "mains");
        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];

                if (strcmp(c->conf->power.circuit, circuit) == 0 && (!ours || c->healing))
                        circuit_heard(c, power);
                if (c->conf->kind == THON_WATCH_MAINS && strcmp(c->conf->mains.circuit, circuit) == 0)
                        camerad_mains(c, mains == POWER_ON, mains != POWER_UNKNOWN);
        }
}

/* ---- the mains by any other topic ---- */

/* "ups.input.state" of an object; numbers and truth values as they are written. NULL: not there. */
static char *member_text(const json_t *doc, const char *path)
{
        while (doc && path && *path) {
                size_t n = strcspn(path, ".");
                char name[64];

                if (n >= sizeof name)
                        return NULL;
                memcpy(name, path, n);
                name[n] = '\0';
                doc = json_object_get(doc, name);
                path += n + (path[n] == '.');
        }
        if (!doc || json_is_object(doc) || json_is_array(doc) || json_is_null(doc))
                return NULL;
        return json_is_string(doc) ? strdup(json_string_value(doc)) : json_dumps(doc, JSON_ENCODE_ANY);
}

static void mains_heard(struct camerad_device *c, const char *payload, size_t size)
{
        const struct thon_watch_mains *mains = &c->conf->mains;
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *text = NULL;
        bool on, off;

        if (mains->member) {
                if (thon_json_parse(payload, size, DOC_MAX, &doc, NULL) == 0)
                        text = member_text(doc, mains->member);
        } else {
                text = strdup(payload);
        }
        on = text && strcmp(text, mains->on ? mains->on : "ON") == 0;
        off = text && strcmp(text, mains->off ? mains->off : "OFF") == 0;
        camerad_mains(c, on, on || off);
}

/* Topics below our own root come without it. */
static bool is_topic(const struct camerad *d, const char *wanted, const char *topic)
{
        const char *root = thon_mqtt_root(d->mqtt);
        size_t n = strlen(root);

        wanted += *wanted == '/';
        return strcmp(wanted, topic) == 0 ||
               (strncmp(wanted, root, n) == 0 && strcmp(wanted + n, topic) == 0);
}

static void lightd_heard(struct camerad_healer *healer, const char *payload, size_t size)
{
        _cleanup_json_ json_t *doc = NULL;
        const char *state = NULL;

        if (thon_json_parse(payload, size, DOC_MAX, &doc, NULL) == 0)
                state = json_string_value(json_object_get(doc, "state"));
        healer->lightd = state && strcmp(state, "online") == 0;
}

bool camerad_heal_message(struct camerad *d, const struct thon_mqtt_message *m)
{
        char circuit[THON_SLUG_MAX + 1];
        int rest = 0;
        bool ours = false;

        if (!d->healer)
                return false;
        if (strcmp(m->topic, "status/lightd") == 0) {
                lightd_heard(d->healer, m->payload, m->size);
                ours = true;
        } else if (sscanf(m->topic, "light/%63[a-z0-9-]/state%n", circuit, &rest) == 1 && rest > 0 &&
                   m->topic[rest] == '\0') {
                light_heard(d, circuit, m->payload, m->size);
                ours = true;
        }
        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];

                if (c->conf->kind == THON_WATCH_MAINS && c->conf->mains.topic &&
                    is_topic(d, c->conf->mains.topic, m->topic)) {
                        mains_heard(c, m->payload, m->size);
                        ours = true;
                }
        }
        return ours;
}

/* ---- subscriptions ---- */

void heal_filters_done(struct camerad_healer *healer)
{
        for (size_t i = 0; i < healer->n_filters; i++)
                free(healer->filters[i]);
        free(healer->filters);
        healer->filters = NULL;
        healer->n_filters = 0;
}

static bool listed(const struct camerad_healer *healer, const char *filter)
{
        for (size_t i = 0; i < healer->n_filters; i++)
                if (strcmp(healer->filters[i], filter) == 0)
                        return true;
        return false;
}

static int list(struct camerad_healer *healer, const char *before, const char *name, const char *after)
{
        _cleanup_free_ char *filter = NULL;
        char **filters;

        if (!name || !*name)
                return 0;
        if (asprintf(&filter, "%s%s%s", before, name, after) < 0) {
                filter = NULL;
                return -ENOMEM;
        }
        if (listed(healer, filter))
                return 0;
        filters = reallocarray(healer->filters, healer->n_filters + 1, sizeof(char *));
        if (!filters)
                return -ENOMEM;
        healer->filters = filters;
        filters[healer->n_filters++] = THON_TAKE(filter);
        return 0;
}

/* All of them anew, so that the broker tells once more what it keeps: a device that came with the last look at the registry
 * learns how its circuit is, though we have listened to that one before. */
void camerad_heal_subscribe(struct camerad *d)
{
        struct camerad_healer *healer = d->healer;
        int r;

        if (!healer || !d->mqtt)
                return;
        for (size_t i = 0; i < healer->n_filters; i++)
                (void)thon_mqtt_unsubscribe(d->mqtt, healer->filters[i]);
        heal_filters_done(healer);
        r = list(healer, "", "status/lightd", "");
        for (size_t i = 0; r == 0 && i < d->n; i++) {
                const struct thon_watch_device *conf = d->devices[i]->conf;

                r = list(healer, "light/", conf->power.circuit, "/state");
                if (r == 0 && conf->kind == THON_WATCH_MAINS) {
                        r = list(healer, "light/", conf->mains.circuit, "/state");
                        if (r == 0 && conf->mains.topic)
                                r = list(healer, conf->mains.topic[0] == '/' ? "" : "/", conf->mains.topic,
                                         "");
                }
        }
        for (size_t i = 0; r == 0 && i < healer->n_filters; i++)
                r = thon_mqtt_subscribe(d->mqtt, healer->filters[i]);
        heal_digest_plan(healer); /* what was loaded may be a new configuration */
        if (r < 0)
                thon_error("Power circuits and mains inputs cannot be listened to: %s", strerror(-r));
}

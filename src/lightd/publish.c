/* What others may know: retained state of each circuit, health, and the line of systemctl status. A state is sent when
 * it differs from the one before; energy alone at most once a minute, since every pulse moves it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define ENERGY_GAP_US UINT64_C(60000000)

const char *lightd_tri_text(enum thon_tri tri)
{
        switch (tri) {
        case THON_ON:
                return "on";
        case THON_OFF:
                return "off";
        case THON_UNKNOWN:
                break;
        }
        return "unknown";
}

const char *lightd_why_text(const struct lightd_circuit *c, char buf[static THON_CAUSE_TEXT])
{
        const struct thon_override *o = NULL;

        switch (c->state.why) {
        case THON_WHY_PROGRAM:
                return thon_light_cause_text(c->daemon->runtime.plan, &c->state.commanded.cause, buf);
        case THON_WHY_PHOTOCELL:
                return "photocell";
        case THON_WHY_OVERRIDE:
                o = &c->state.override;
                break;
        case THON_WHY_EMERGENCY:
                o = &c->state.emergency;
                break;
        case THON_WHY_LOCKOUT:
                return "lock-out";
        case THON_WHY_UNTRUSTED:
                return "clock not trusted";
        case THON_WHY_DWELL:
                return "minimum dwell";
        }
        if (!o)
                return "";
        /* Cut in the midst of a character it would be no text: neither JSON nor the store would take it. */
        _Static_assert(sizeof(o->reason) + sizeof("emergency: ") <= THON_CAUSE_TEXT,
                       "a reason is never cut");
        snprintf(buf, THON_CAUSE_TEXT, "%s%s%s", o == &c->state.emergency ? "emergency" : "override",
                 o->reason[0] ? ": " : "", o->reason);
        return buf;
}

static json_t *time_json(const struct lightd *d, struct thon_wall at)
{
        char text[THON_TIME_TEXT];

        if (at.s == INT64_MAX)
                return json_null();
        return json_string(thon_time_text(d->runtime.zone, at, text));
}

static json_t *override_json(const struct lightd *d, const struct thon_override *o)
{
        if (!o->active)
                return json_null();
        return json_pack("{s:b,s:o,s:o,s:s,s:s}", "on", o->on, "since", time_json(d, o->since), "until",
                         time_json(d, o->until), "reason", o->reason, "by", o->by);
}

static json_t *faults_json(const struct lightd_circuit *c)
{
        json_t *faults = json_array();

        for (int i = 0; i < THON_FAULTS; i++) {
                const struct thon_fault_state *f = &c->state.faults[i];
                if (f->raised)
                        (void)json_array_append_new(
                                faults,
                                json_pack("{s:s,s:o,s:f}", "fault", thon_fault_slug((enum thon_fault)i),
                                          "since", time_json(c->daemon, f->since), "value", f->value));
        }
        return faults;
}

/* Three decimals are a watt-hour: more would change with the rounding of a sum. */
static json_t *rounded(double value)
{
        return value < 0 ? json_null() : json_real(floor(value * 1000 + 0.5) / 1000);
}

static json_t *state_json(struct lightd_circuit *c, bool energy)
{
        const struct thon_circuit *s = &c->state;
        char cause[THON_CAUSE_TEXT];
        json_t *doc, *next = json_null();

        if (s->commanded.next.s != INT64_MAX)
                next = json_pack("{s:o,s:b}", "at", time_json(c->daemon, s->commanded.next), "on",
                                 !s->commanded.on);
        doc = json_pack("{s:s,s:s,s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:o}", "commanded",
                        s->commanded.on ? "on" : "off", "in_effect",
                        s->decided ? (s->in_effect ? "on" : "off") : "unknown", "physical",
                        lightd_tri_text(s->physical), "since", time_json(c->daemon, s->in_effect_since),
                        "cause", lightd_why_text(c, cause), "why", thon_light_why_slug(s->why), "override",
                        override_json(c->daemon, &s->override), "emergency",
                        override_json(c->daemon, &s->emergency), "faults", faults_json(c), "next", next);
        if (!doc)
                return NULL;
        (void)json_object_set_new(doc, "name", json_string(s->conf->name ? s->conf->name : s->conf->id));
        (void)json_object_set_new(doc, "area", json_string(s->conf->area));
        (void)json_object_set_new(doc, "locked", json_boolean(thon_circuit_locked(s)));
        if (thon_line_ref_set(&s->conf->mains))
                (void)json_object_set_new(doc, "mains", json_string(lightd_tri_text(s->mains)));
        (void)json_object_set_new(doc, "operations", json_integer((json_int_t)s->operations));
        if (energy) {
                (void)json_object_set_new(doc, "kwh", rounded(thon_circuit_kwh(s)));
                (void)json_object_set_new(doc, "watts", rounded(s->watts));
        }
        return doc;
}

static void topic_of(const char *circuit, char *buf, size_t size)
{
        snprintf(buf, size, "light/%s/state", circuit);
}

void lightd_publish_circuit(struct lightd_circuit *c, bool force)
{
        struct lightd *d = c->daemon;
        struct thon_mono now = lightd_now(d).mono;
        char topic[THON_SLUG_MAX + 16], *text;
        json_t *doc;
        bool energy = lightd_energy_due(c).us <= now.us;

        /* Most looks change one circuit of a thousand: the others are not even written out. */
        if (!thon_mqtt_connected(d->mqtt) || (!force && !energy && c->published && !c->actions.changed))
                return;
        doc = state_json(c, false);
        text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
        json_decref(doc);
        if (!force && !energy && text && c->published && strcmp(text, c->published) == 0) {
                free(text);
                return;
        }
        topic_of(c->state.conf->id, topic, sizeof(topic));
        doc = state_json(c, true);
        free(c->published);
        c->published = NULL; /* not taken: told at the next look or connect */
        if (doc && thon_mqtt_publish_json(d->mqtt, topic, doc, true) == 0) {
                c->published = THON_TAKE(text);
                c->energy_published = now;
                c->kwh_published = thon_circuit_kwh(&c->state);
        }
        free(text);
        json_decref(doc);
}

struct thon_mono lightd_energy_due(const struct lightd_circuit *c)
{
        if (!c->published || !thon_mqtt_connected(c->daemon->mqtt) ||
            thon_circuit_kwh(&c->state) <= c->kwh_published)
                return THON_MONO_NEVER;
        return thon_mono_add(c->energy_published, ENERGY_GAP_US);
}

void lightd_unpublish(struct lightd *d, const char *circuit)
{
        char topic[THON_SLUG_MAX + 16];

        topic_of(circuit, topic, sizeof(topic));
        if (thon_mqtt_connected(d->mqtt))
                (void)thon_mqtt_publish(d->mqtt, topic, "", true);
        lightd_discovery_remove(d, circuit);
}

void lightd_publish_all(struct lightd *d)
{
        d->told_all = true;
        for (size_t i = 0; i < d->runtime.n; i++) {
                struct lightd_circuit *c = &d->runtime.circuits[i];

                /* One that is refused now is still to be told. */
                free(c->published);
                c->published = NULL;
                lightd_publish_circuit(c, true);
                lightd_discovery_publish(d, c);
        }
}

void lightd_publish_health(struct lightd *d)
{
        size_t on = 0, faults = 0, failed = 0;
        const struct lightd_circuit *next = NULL;
        const char *clock = thon_clock_simulated(d->clock) ? "simulated"
                            : d->trusted                   ? "trusted"
                                                           : "untrusted";
        char line[THON_SLUG_MAX + 64] = "";

        for (size_t i = 0; i < d->runtime.n; i++) {
                const struct lightd_circuit *c = &d->runtime.circuits[i];
                on += c->state.decided && c->state.in_effect;
                failed += c->relay.error != 0;
                for (int f = 0; f < THON_FAULTS; f++)
                        faults += c->state.faults[f].raised;
                if (c->state.commanded.next.s != INT64_MAX &&
                    (!next || c->state.commanded.next.s < next->state.commanded.next.s))
                        next = c;
        }
        if (next) {
                char text[THON_TIME_TEXT];
                thon_time_text(d->runtime.zone, next->state.commanded.next, text);
                snprintf(line, sizeof(line), ", next %.5s %s %s", text + 11, next->state.conf->id,
                         next->state.commanded.on ? "off" : "on");
        }
        thon_loop_status("%s%zu circuits, %zu on%s%s%s%s%s",
                         d->conf_refused ? "configuration not usable, the last good one is in force; " : "",
                         d->runtime.n, on, line, faults ? ", faults raised" : "",
                         strcmp(d->plan_from, "disk") == 0   ? ", plan from disk"
                         : strcmp(d->plan_from, "none") == 0 ? ", no plan"
                                                             : "",
                         d->trusted ? "" : ", clock not trusted", d->store_error ? ", store away" : "");
        thon_mqtt_health(d->mqtt,
                         json_pack("{s:I,s:I,s:I,s:I,s:s,s:s,s:s}", "circuits", (json_int_t)d->runtime.n,
                                   "on", (json_int_t)on, "faults", (json_int_t)faults, "relays_failed",
                                   (json_int_t)failed, "plan", d->plan_from, "clock", clock, "store",
                                   d->store_error == 0  ? "ok"
                                   : d->store_error > 0 ? thon_store_error_slug(d->store_error)
                                                        : "io"));
}

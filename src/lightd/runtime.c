/* A new plan under living relays. A line that both plans use is handed over open, so that a changed calendar, a renamed
 * circuit or a reload never makes an edge; what the new plan no longer knows is switched off and let go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/tz.h"

static bool same_line(const struct thon_line_ref *a, const struct thon_line_ref *b)
{
        return strcmp(a->chip, b->chip) == 0 && strcmp(a->line, b->line) == 0 &&
               a->active_low == b->active_low;
}

static void close_inputs(struct lightd_circuit *c)
{
        for (size_t i = 0; i < LIGHTD_INPUTS; i++)
                c->inputs[i] = thon_gpio_input_close(c->inputs[i]);
        c->meter = thon_gpio_input_close(c->meter);
}

static void on_level(struct lightd_circuit *c, enum thon_input input, bool level)
{
        if (input == THON_INPUT_LOCKOUT) {
                c->contact_lockout = level;
                level = level || c->locked_by_person;
        }
        thon_circuit_input(&c->state, input, level, lightd_now(c->daemon));
        /* Not at once: contacts that changed with this one are read first, or they would be judged by their old level. */
        lightd_look_soon(c->daemon);
}

/* One callback an input: the kind of input is what a callback's pointer alone cannot carry. */
#define INPUT_FN(name, input)                                        \
        static void name(bool level, unsigned edges, void *userdata) \
        {                                                            \
                (void)edges;                                         \
                on_level(userdata, input, level);                    \
        }
INPUT_FN(on_feedback, THON_INPUT_FEEDBACK)
INPUT_FN(on_door, THON_INPUT_DOOR)
INPUT_FN(on_manual, THON_INPUT_MANUAL)
INPUT_FN(on_lockout, THON_INPUT_LOCKOUT)
INPUT_FN(on_photocell, THON_INPUT_PHOTOCELL)

static void on_pulses(bool level, unsigned edges, void *userdata)
{
        struct lightd_circuit *c = userdata;

        (void)level;
        thon_circuit_pulses(&c->state, edges, lightd_now(c->daemon));
        lightd_look_soon(c->daemon);
}

static void on_lost(int error, void *userdata)
{
        struct lightd_circuit *c = userdata;

        thon_log_full(LOG_ERR, THON_MSG_RELAY_FAILED,
                      (const char *const[]){"THON_CIRCUIT=", c->state.conf->id, NULL},
                      "%s: an input line went away: %s. Trying again every minute.", c->state.conf->id,
                      strerror(-error));
        c->input_lost = true;
        lightd_retry_later(c->daemon);
}

static const struct input {
        const char *what;
        size_t line; /* offset in struct thon_circuit_conf */
        unsigned debounce_us;
        thon_gpio_input_fn fn;
} inputs[LIGHTD_INPUTS] = {
        [THON_INPUT_FEEDBACK] = {"feedback", offsetof(struct thon_circuit_conf, feedback), 20000,
                                 on_feedback},
        [THON_INPUT_DOOR] = {"door", offsetof(struct thon_circuit_conf, door), 100000, on_door},
        [THON_INPUT_MANUAL] = {"manual", offsetof(struct thon_circuit_conf, manual), 50000, on_manual},
        [THON_INPUT_LOCKOUT] = {"lockout", offsetof(struct thon_circuit_conf, lockout), 20000, on_lockout},
        [THON_INPUT_PHOTOCELL] = {"photocell", offsetof(struct thon_circuit_conf, photocell), 500000,
                                  on_photocell},
};

/* An S0 pulse is at least 30 ms long. */
#define PULSE_DEBOUNCE_US 10000

static int open_input(struct lightd_circuit *c, const struct thon_line_ref *line, const char *what,
                      const struct thon_gpio_input_options *options, thon_gpio_input_fn fn,
                      struct thon_gpio_input **ret)
{
        int r;

        if (!thon_line_ref_set(line) || *ret)
                return 0;
        r = thon_gpio_input_open(c->daemon->gpio, line, c->state.conf->id, options, fn, c, ret);
        if (r != 0 && !c->input_told) {
                c->input_told = true;
                thon_log_full(LOG_WARNING, THON_MSG_RELAY_FAILED,
                              (const char *const[]){"THON_CIRCUIT=", c->state.conf->id,
                                                    "THON_LINE=", line->line, NULL},
                              "%s: %s input %s %s cannot be had: %s", c->state.conf->id, what, line->chip,
                              line->line, r > 0 ? thon_gpio_error_text(r) : strerror(-r));
        }
        return r;
}

/* Returns false when a line is missing. Contacts pull to ground against a pull-up when they are active-low. */
static bool open_inputs(struct lightd_circuit *c)
{
        const struct thon_circuit_conf *conf = c->state.conf;
        /* Debounce runs in real time, and a simulated line does not bounce. */
        bool all = true, simulated = thon_clock_simulated(c->daemon->clock);

        if (c->input_lost)
                close_inputs(c);
        c->input_lost = false;
        for (size_t i = 0; i < LIGHTD_INPUTS; i++) {
                const struct thon_line_ref *line = (const void *)((const char *)conf + inputs[i].line);
                struct thon_gpio_input_options options = {
                        .bias = line->active_low ? THON_BIAS_UP : THON_BIAS_DOWN,
                        .debounce_us = simulated ? 0 : inputs[i].debounce_us,
                        .lost = on_lost,
                };
                bool level, fresh = !c->inputs[i];

                if (open_input(c, line, inputs[i].what, &options, inputs[i].fn, &c->inputs[i]) != 0)
                        all = false;
                if (fresh && c->inputs[i] && thon_gpio_input_get(c->inputs[i], &level) == 0) {
                        if (i == THON_INPUT_LOCKOUT)
                                c->contact_lockout = level;
                        thon_circuit_input(&c->state, (enum thon_input)i, level, lightd_now(c->daemon));
                }
        }
        struct thon_gpio_input_options pulse = {
                .bias = conf->meter.active_low ? THON_BIAS_UP : THON_BIAS_DOWN,
                .debounce_us = simulated ? 0 : PULSE_DEBOUNCE_US,
                .rising_only = true,
                .lost = on_lost,
        };
        if (open_input(c, &conf->meter, "meter", &pulse, on_pulses, &c->meter) != 0)
                all = false;
        if (c->locked_by_person)
                thon_circuit_input(&c->state, THON_INPUT_LOCKOUT, true, lightd_now(c->daemon));
        if (all)
                c->input_told = false;
        return all;
}

static void relay_opened(struct lightd_circuit *c, int r)
{
        thon_circuit_relay_failed(&c->state, r != 0, lightd_now(c->daemon));
        if (r == 0)
                return;
        const struct thon_line_ref *line = &c->state.conf->relay.gpio;
        thon_log_full(
                LOG_ERR, THON_MSG_RELAY_FAILED,
                (const char *const[]){"THON_CIRCUIT=", c->state.conf->id, "THON_LINE=", line->line, NULL},
                "%s: relay line %s %s cannot be had: %s. Trying again every minute.", c->state.conf->id,
                line->chip, line->line, r > 0 ? thon_gpio_error_text(r) : strerror(-r));
}

bool lightd_runtime_reopen(struct lightd *d)
{
        bool missing = false;

        for (size_t i = 0; i < d->runtime.n; i++) {
                struct lightd_circuit *c = &d->runtime.circuits[i];

                if (c->state.conf->relay.kind == THON_RELAY_GPIO && !c->relay.line) {
                        bool on = thon_circuit_initial(&c->state, d->runtime.schedule, c->index,
                                                       lightd_now(d));
                        if (lightd_relay_open(c, on) == 0)
                                thon_circuit_relay_failed(&c->state, false, lightd_now(d));
                        else
                                missing = true;
                }
                if (!open_inputs(c))
                        missing = true;
        }
        return missing;
}

static struct lightd_circuit *heir_of(struct lightd_runtime *old, const struct thon_circuit_conf *conf)
{
        for (size_t i = 0; i < old->n; i++)
                if (strcmp(old->circuits[i].state.conf->id, conf->id) == 0)
                        return &old->circuits[i];
        return NULL;
}

static void inherit(struct lightd_circuit *c, struct lightd_circuit *from)
{
        const struct thon_circuit_conf *conf = c->state.conf;

        c->state = from->state;
        thon_circuit_reconfigure(&c->state, conf);
        c->locked_by_person = from->locked_by_person;
        c->saved = from->saved;
        c->counted = from->counted;
        c->published = THON_TAKE(from->published);
        c->told_on = from->told_on;
        c->told_physical = from->told_physical;
        c->told = from->told;
}

/* Lines pass by what they are, not by the name of the circuit. */
static void take_line(struct lightd_circuit *c, struct lightd_runtime *old)
{
        if (c->state.conf->relay.kind != THON_RELAY_GPIO)
                return;
        for (size_t i = 0; i < old->n; i++) {
                struct lightd_circuit *from = &old->circuits[i];
                if (from->relay.line &&
                    same_line(&from->state.conf->relay.gpio, &c->state.conf->relay.gpio)) {
                        c->relay = from->relay;
                        from->relay.line = NULL;
                        return;
                }
        }
}

static void release(struct lightd_runtime *rt)
{
        for (size_t i = 0; i < rt->n; i++) {
                close_inputs(&rt->circuits[i]);
                rt->circuits[i].relay.line = thon_gpio_output_close(rt->circuits[i].relay.line);
                free(rt->circuits[i].published);
        }
        free(rt->circuits);
        rt->schedule = thon_schedule_free(rt->schedule);
        rt->zone = thon_zone_free(rt->zone);
        rt->plan = thon_light_plan_free(rt->plan);
        *rt = (struct lightd_runtime){0};
}

static int build(struct lightd *d, struct thon_light_plan *plan, struct lightd_runtime *ret)
{
        struct lightd_runtime rt = {.plan = plan};
        int r;

        r = thon_tz_load(plan->zone, &rt.zone);
        if (r == 0)
                r = thon_schedule_new(plan, rt.zone, &rt.schedule);
        if (r == 0 && !(rt.circuits = calloc(plan->n_circuits + 1, sizeof(*rt.circuits))))
                r = -ENOMEM;
        if (r != 0) {
                release(&rt);
                return r < 0 ? r : -EINVAL;
        }
        for (size_t i = 0; i < plan->n_circuits; i++) {
                const struct thon_circuit_conf *conf = &plan->circuits[i];
                struct lightd_circuit *c = &rt.circuits[rt.n];

                if (strcmp(conf->node, d->conf.node) != 0)
                        continue;
                c->daemon = d;
                c->index = i;
                thon_circuit_init(&c->state, conf, &d->event_serial);
                rt.n++;
        }
        *ret = rt;
        return 0;
}

int lightd_runtime_swap(struct lightd *d, struct thon_light_plan *plan)
{
        struct lightd_runtime old = d->runtime, new;
        struct thon_instant now = lightd_now(d);
        int r;

        r = build(d, plan, &new);
        if (r < 0)
                return r;

        for (size_t i = 0; i < new.n; i++) {
                struct lightd_circuit *c = &new.circuits[i], *from = heir_of(&old, c->state.conf);
                if (from)
                        inherit(c, from);
                take_line(c, &old);
        }
        for (size_t i = 0; i < old.n; i++) {
                struct lightd_circuit *c = &old.circuits[i];

                close_inputs(c);
                lightd_relay_subscribe(c, false);
                if (c->relay.line) {
                        (void)thon_gpio_output_set(c->relay.line, false);
                        c->relay.line = thon_gpio_output_close(c->relay.line);
                }
        }
        d->runtime = new;
        for (size_t i = 0; i < old.n; i++)
                if (!lightd_find(d, old.circuits[i].state.conf->id))
                        lightd_unpublish(d, old.circuits[i].state.conf->id);

        bool missing = false;
        for (size_t i = 0; i < new.n; i++) {
                struct lightd_circuit *c = &d->runtime.circuits[i];

                if (!heir_of(&old, c->state.conf)) {
                        lightd_snapshot_restore(d, c);
                        lightd_keep_load_counter(c);
                }
                /* Contacts first: a lock-out or a photocell may decide the level of the request. */
                if (!open_inputs(c))
                        missing = true;
                r = lightd_relay_open(c, thon_circuit_initial(&c->state, new.schedule, c->index, now));
                if (c->state.conf->relay.kind == THON_RELAY_GPIO)
                        relay_opened(c, r);
                if (r != 0)
                        missing = true;
                lightd_relay_subscribe(c, true);
        }
        if (missing)
                lightd_retry_later(d);
        else
                thon_gpio_release_unused(d->gpio);
        release(&old);
        return 0;
}

void lightd_runtime_done(struct lightd *d)
{
        release(&d->runtime);
}

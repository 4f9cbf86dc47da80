/* A new plan under living relays. A line that both plans use is handed over open, so that a changed calendar, a renamed
 * circuit or a reload never makes an edge; what the new plan no longer knows is switched off and let go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/tz.h"

static void relay_opened(struct lightd_circuit *c, int r)
{
        thon_circuit_relay_failed(&c->state, r != 0, lightd_now(c->daemon));
        if (r == 0)
                return;
        const struct thon_line_ref *line = &c->state.conf->relay.gpio;
        bool busy = r == THON_GPIO_BUSY;
        thon_log_full(
                LOG_ERR, THON_MSG_RELAY_FAILED,
                (const char *const[]){"THON_CIRCUIT=", c->state.conf->id, "THON_LINE=", line->line, NULL},
                "%s: relay line %s %s cannot be had: %s%s%s. Trying again every minute.", c->state.conf->id,
                line->chip, line->line, thon_gpio_error_text(r), busy ? ": " : "",
                busy ? thon_gpio_holder(c->daemon->gpio) : "");
}

bool lightd_runtime_reopen(struct lightd *d)
{
        bool outputs = true, contacts = true;

        for (size_t i = 0; i < d->runtime.n; i++) {
                struct lightd_circuit *c = &d->runtime.circuits[i];

                if (c->state.conf->relay.kind == THON_RELAY_GPIO && !c->relay.line) {
                        bool on = thon_circuit_initial(&c->state, d->runtime.schedule, c->index,
                                                       lightd_now(d));
                        if (lightd_relay_open(c, on) == 0)
                                thon_circuit_relay_failed(&c->state, false, lightd_now(d));
                        else
                                outputs = false;
                }
                contacts = lightd_inputs_open(c) && contacts;
        }
        if (outputs)
                thon_gpio_release_unused(d->gpio);
        return !outputs || !contacts;
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
        c->chatter = from->chatter;
        c->chatter_since = from->chatter_since;
}

/* Lines pass by what they are, not by the name of the circuit. */
static void take_line(struct lightd_circuit *c, struct lightd_runtime *old)
{
        if (c->state.conf->relay.kind != THON_RELAY_GPIO)
                return;
        for (size_t i = 0; i < old->n; i++) {
                struct lightd_circuit *from = &old->circuits[i];
                if (from->relay.line &&
                    thon_line_ref_equal(&from->state.conf->relay.gpio, &c->state.conf->relay.gpio)) {
                        c->relay = from->relay;
                        from->relay.line = NULL;
                        return;
                }
        }
}

static void release(struct lightd_runtime *rt)
{
        for (size_t i = 0; i < rt->n; i++) {
                lightd_inputs_close(&rt->circuits[i]);
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
                c->contact_lockout = THON_UNKNOWN;
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

                lightd_inputs_close(c);
                lightd_relay_subscribe(c, false);
                if (c->relay.line) {
                        (void)thon_gpio_output_set(c->relay.line, false);
                        c->relay.line = thon_gpio_output_close(c->relay.line);
                }
        }
        d->runtime = new;
        for (size_t i = 0; i < old.n; i++)
                if (!lightd_find(d, old.circuits[i].state.conf->id)) {
                        lightd_event_leave(&old.circuits[i]);
                        lightd_unpublish(d, old.circuits[i].state.conf->id);
                }

        bool outputs = true, contacts = true;
        for (size_t i = 0; i < new.n; i++) {
                struct lightd_circuit *c = &d->runtime.circuits[i];

                if (!heir_of(&old, c->state.conf)) {
                        lightd_snapshot_restore(d, c);
                        lightd_keep_load_counter(c);
                }
                /* Contacts first: a lock-out or a photocell may decide the level of the request. */
                contacts = lightd_inputs_open(c) && contacts;
                r = lightd_relay_open(c, thon_circuit_initial(&c->state, new.schedule, c->index, now));
                if (c->state.conf->relay.kind == THON_RELAY_GPIO)
                        relay_opened(c, r);
                outputs = outputs && r == 0;
                lightd_relay_subscribe(c, true);
        }
        if (outputs)
                thon_gpio_release_unused(d->gpio);
        if (!outputs || !contacts)
                lightd_retry_later(d);
        release(&old);
        return 0;
}

void lightd_runtime_done(struct lightd *d)
{
        release(&d->runtime);
}

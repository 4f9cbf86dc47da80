/* lightd: looks at the circuits whenever something may have changed, and at no other time.
 *
 * One look decides for every circuit, serves the relays, and only then tells: the broker, the history and the log may be
 * slow, a relay must not be. The look arms one alarm for the next instant that any circuit named. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lightd.h"
#include "thon/log.h"

#define LIGHTD_RETRY_US UINT64_C(60000000)
#define CHATTER_US      UINT64_C(3600000000)
#define CHATTER_ROWS    120

struct thon_instant lightd_now(const struct lightd *d)
{
        return (struct thon_instant){thon_clock_wall(d->clock), thon_clock_mono(d->clock), d->trusted};
}

struct lightd_circuit *lightd_find(struct lightd *d, const char *id)
{
        for (size_t i = 0; i < d->runtime.n; i++)
                if (strcmp(d->runtime.circuits[i].state.conf->id, id) == 0)
                        return &d->runtime.circuits[i];
        return NULL;
}

void lightd_alarm_in(struct lightd *d, struct thon_alarm *alarm, uint64_t us)
{
        thon_alarm_set(alarm, THON_WALL_NEVER, thon_mono_add(thon_clock_mono(d->clock), us));
}

void lightd_alarm_within(struct lightd *d, struct thon_alarm *alarm, uint64_t us)
{
        if (!thon_alarm_pending(alarm))
                lightd_alarm_in(d, alarm, us);
}

void lightd_retry_later(struct lightd *d)
{
        if (d->retry)
                lightd_alarm_within(d, d->retry, LIGHTD_RETRY_US);
}

void lightd_look_soon(struct lightd *d)
{
        thon_alarm_set(d->look, THON_WALL_NEVER, thon_clock_mono(d->clock));
}

/* Relays first. Returns the state machine's wish about when to be asked again. */
static void serve(struct lightd_circuit *c, struct thon_instant now, struct thon_wall *wall,
                  struct thon_mono *mono)
{
        struct lightd *d = c->daemon;
        struct thon_circuit_actions *a = &c->actions;
        struct thon_mono turn;
        bool hold = !thon_stagger_may(&d->stagger, now.mono, (uint64_t)d->conf.stagger_ms * 1000, &turn);

        thon_circuit_decide(&c->state, d->runtime.schedule, c->index, now, hold, a);
        if (a->set) {
                int r = lightd_relay_set(c, a->on);
                if (a->on)
                        thon_stagger_closed(&d->stagger, now.mono);
                /* An MQTT relay that is not reached is the state machine's to find silent. */
                if (c->state.conf->relay.kind == THON_RELAY_GPIO) {
                        /* What follows from it, the fault above all, is decided at the next turn. */
                        if (c->state.relay_failed != (r != 0))
                                *mono = now.mono;
                        thon_circuit_relay_failed(&c->state, r != 0, now);
                        if (r != 0)
                                lightd_retry_later(d);
                }
        }
        if (a->query)
                lightd_relay_query(c);
        if (a->held && turn.us < a->again_mono.us)
                a->again_mono = turn;
        if (a->again_mono.us < mono->us)
                *mono = a->again_mono;
        if (a->again_wall.s < wall->s)
                *wall = a->again_wall;
}

/* A worn contact may chatter for months, ten times a second, and must not fill the card. What is left out is left out
 * for an hour at most: then the history has again what is so. */
static bool may_keep_physical(struct lightd_circuit *c)
{
        struct thon_mono now = lightd_now(c->daemon).mono;

        if (thon_mono_since(c->chatter_since, now) >= CHATTER_US) {
                c->chatter_since = now;
                c->chatter = 0;
        }
        if (c->chatter > CHATTER_ROWS)
                return false;
        if (c->chatter++ < CHATTER_ROWS)
                return true;
        thon_log_full(
                LOG_WARNING, THON_MSG_NONE, (const char *const[]){"THON_CIRCUIT=", c->state.conf->id, NULL},
                "%s: its feedback changed %d times within an hour; the next changes are not kept in the history",
                c->state.conf->id, CHATTER_ROWS);
        return false;
}

/* What a look brought, in sum. */
struct brought {
        bool fault, switched, held;
};

static void tell(struct lightd_circuit *c, struct brought *sum)
{
        const struct thon_circuit *s = &c->state;
        char cause[THON_CAUSE_TEXT];

        if (s->decided && (!c->told || c->told_on != s->in_effect)) {
                const char *why = lightd_why_text(c, cause),
                           *by = s->why == THON_WHY_OVERRIDE    ? s->override.by
                                 : s->why == THON_WHY_EMERGENCY ? s->emergency.by
                                                                : "";
                lightd_keep_history(c, "in_effect", s->in_effect ? "on" : "off", why, by);
                thon_log_full(LOG_INFO, THON_MSG_SWITCHED,
                              (const char *const[]){"THON_CIRCUIT=", s->conf->id, "THON_STATE=",
                                                    s->in_effect ? "on" : "off", "THON_CAUSE=", why, NULL},
                              "%s: %s (%s)", s->conf->id, s->in_effect ? "on" : "off", why);
                c->told = true;
                c->told_on = s->in_effect;
                sum->switched = true;
        }
        if (s->physical != c->told_physical && may_keep_physical(c)) {
                lightd_keep_history(c, "physical", lightd_tri_text(s->physical), "", "");
                c->told_physical = s->physical;
        }
        for (size_t i = 0; i < c->actions.n_faults; i++) {
                const struct thon_fault_change *f = &c->actions.faults[i];
                char value[64];
                snprintf(value, sizeof(value), "%s %s", f->raised ? "raised" : "cleared",
                         thon_fault_slug(f->fault));
                lightd_keep_history(c, "fault", value, "", "");
                lightd_event_fault(c, f);
                sum->fault = true;
        }
        sum->held |= c->actions.held;
        lightd_publish_circuit(c, false);
}

void lightd_look(struct lightd *d)
{
        struct thon_wall wall = THON_WALL_NEVER;
        struct thon_mono mono = THON_MONO_NEVER;
        struct brought sum = {false};
        struct thon_instant now;
        int r;

        d->trusted = thon_clock_trusted(d->clock);
        now = lightd_now(d);
        /* An emergency's circuits take their turn in the stagger before the others. */
        for (int emergency = 1; emergency >= 0; emergency--)
                for (size_t i = 0; i < d->runtime.n; i++)
                        if (d->runtime.circuits[i].state.emergency.active == (emergency == 1))
                                serve(&d->runtime.circuits[i], now, &wall, &mono);
        for (size_t i = 0; i < d->runtime.n; i++) {
                struct thon_mono due = lightd_energy_due(&d->runtime.circuits[i]);
                if (due.us > now.mono.us && due.us < mono.us)
                        mono = due;
        }
        thon_alarm_set(d->look, wall, mono);

        for (size_t i = 0; i < d->runtime.n; i++)
                tell(&d->runtime.circuits[i], &sum);
        /* While relays wait for their turn to close, the next row is near. */
        if (sum.fault || (sum.switched && !sum.held))
                lightd_keep_flush(d);
        else
                lightd_keep_flush_soon(d);
        if (sum.fault && (r = lightd_snapshot_save(d)) < 0)
                thon_warning("Raised faults could not be kept on disk: %s", strerror(-r));
        lightd_publish_health(d);
}

/* thonctl light rehearse: what a change would do, night by night, before it is made. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "lightplan.h"
#include "thon/cleanup.h"
#include "thon/light_conf.h"
#include "thon/light_rehearse.h"

THON_DEFINE_CLEANUP(struct thon_rehearsal *, thon_rehearsal_free)

static void replace(json_t *list, const json_t *doc)
{
        const char *id = json_string_value(json_object_get(doc, "id"));
        size_t i;
        json_t *old;

        json_array_foreach (list, i, old) {
                const char *known = json_string_value(json_object_get(old, "id"));
                if (known && id && strcmp(known, id) == 0) {
                        (void)json_array_set(list, i, (json_t *)doc);
                        return;
                }
        }
        (void)json_array_append(list, (json_t *)doc);
}

static bool is_program(const json_t *doc)
{
        return json_object_get(doc, "steps") != NULL;
}

/* One form, or {"programs":[...],"calendars":[...]}: what would be set together is rehearsed together. */
static int with_change(struct ctl *ctl, const json_t *before, const json_t *change, json_t **ret)
{
        static const char *const kinds[] = {"programs", "calendars", NULL};
        _cleanup_json_ json_t *after = json_deep_copy(before);
        struct thon_json_error error = {""};
        bool several = false;
        json_t *doc;
        size_t i;

        if (!after)
                return ctl_fail(ctl, "memory", "out of memory");
        for (size_t k = 0; kinds[k]; k++) {
                const json_t *list = json_object_get(change, kinds[k]);

                several = several || list;
                if (list && !json_is_array(list))
                        return ctl_fail(ctl, "invalid", "%s: must be a list of forms", kinds[k]);
                json_array_foreach (list, i, doc)
                        replace(json_object_get(after, kinds[k]), doc);
        }
        if (several && !thon_json_only(change, "", kinds, &error))
                return ctl_fail(ctl, "invalid", "%s", error.text);
        if (!several)
                replace(json_object_get(after, is_program(change) ? "programs" : "calendars"), change);
        *ret = THON_TAKE(after);
        return CTL_OK;
}

static json_t *warnings_json(unsigned warnings)
{
        static const struct {
                unsigned bit;
                const char *slug;
        } all[] = {
                {THON_REHEARSE_LIT_AT_NOON, "lit-at-noon"},
                {THON_REHEARSE_DARK_BEFORE_MIDNIGHT, "dark-before-midnight"},
                {THON_REHEARSE_NEVER_SWITCHES, "never-switches"},
                {THON_REHEARSE_DARK_ALL_NIGHT, "dark-all-night"},
        };
        json_t *list = json_array();

        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                if (warnings & all[i].bit)
                        (void)json_array_append_new(list, json_string(all[i].slug));
        return list;
}

/* The lit intervals that a schedule makes of one night, for its price. */
struct lit {
        struct thon_lit_interval at[THON_STEPS_MAX + 2];
        size_t n;
        bool on;
        struct thon_wall since;
};

static int lit_switch(const struct thon_switch *change, void *userdata)
{
        struct lit *lit = userdata;

        if (lit->on && lit->n < THON_STEPS_MAX + 2)
                lit->at[lit->n++] = (struct thon_lit_interval){lit->since, change->at};
        lit->on = change->on;
        lit->since = change->at;
        return 0;
}

static int pass(const struct thon_switch *change, void *userdata)
{
        (void)change;
        (void)userdata;
        return 0;
}

static double price(struct thon_schedule *schedule, const struct thon_light_plan *p, size_t circuit,
                    int32_t night, const struct thon_tariff *tariff)
{
        struct lit lit = {.since = thon_schedule_noon(schedule, night)};
        struct thon_wall end = thon_schedule_noon(schedule, night + 1);
        struct thon_energy_night energy;
        bool first = false;

        /* The walk tells the state before its first noon only at its end, so it is walked for that alone first. */
        (void)thon_schedule_plan(schedule, circuit, night, 1, pass, NULL, &first);
        lit.on = first;
        (void)thon_schedule_plan(schedule, circuit, night, 1, lit_switch, &lit, NULL);
        (void)lit_switch(&(struct thon_switch){.at = end}, &lit);
        thon_energy_of_night(schedule, &p->circuits[circuit], night, lit.at, lit.n, -1, tariff, &energy);
        return energy.vnd;
}

struct rehearsing {
        struct ctl *ctl;
        struct thon_light_plan *before, *after;
        struct thon_schedule *before_s, *after_s;
        struct thon_light_conf conf;
};

static json_t *circuit_json(const struct rehearsing *x, const struct thon_rehearse_circuit *c,
                            double *difference)
{
        json_t *nights = json_array();
        double before_vnd = 0, after_vnd = 0;
        size_t old = SIZE_MAX;

        for (size_t i = 0; i < x->before->n_circuits; i++)
                if (strcmp(x->before->circuits[i].id, x->after->circuits[c->circuit].id) == 0)
                        old = i;
        for (size_t i = 0; i < c->n_nights; i++) {
                const struct thon_rehearse_night *n = &c->nights[i];
                char text[THON_DATE_TEXT];
                double was =
                        old == SIZE_MAX ? 0 : price(x->before_s, x->before, old, n->night, &x->conf.tariff);
                double will = price(x->after_s, x->after, c->circuit, n->night, &x->conf.tariff);

                before_vnd += was;
                after_vnd += will;
                (void)json_array_append_new(
                        nights, json_pack("{s:s,s:i,s:i,s:f,s:f,s:o,s:o}", "night",
                                          thon_date_text(thon_date_of(n->night), text), "before_min",
                                          n->before_min, "after_min", n->after_min, "before_kwh",
                                          n->before_kwh, "after_kwh", n->after_kwh, "vnd",
                                          x->conf.has_tariff ? json_real(will - was) : json_null(),
                                          "warnings", warnings_json(n->warnings)));
        }
        *difference += after_vnd - before_vnd;
        return json_pack("{s:s,s:b,s:I,s:I,s:f,s:f,s:f,s:o,s:o,s:o}", "circuit",
                         x->after->circuits[c->circuit].id, "changed", c->changed, "before_min",
                         (json_int_t)c->before_min, "after_min", (json_int_t)c->after_min, "before_kwh",
                         c->before_kwh, "after_kwh", c->after_kwh, "kwh", c->after_kwh - c->before_kwh,
                         "vnd", x->conf.has_tariff ? json_real(after_vnd - before_vnd) : json_null(),
                         "warnings", warnings_json(c->warnings), "nights", nights);
}

static int rehearse_with(struct rehearsing *x, const json_t *change, const char *from, const char *days)
{
        static const char *const columns[] = {"circuit",    "changed",   "before_min", "after_min",
                                              "before_kwh", "after_kwh", "kwh",        "vnd",
                                              "warnings",   NULL};
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *rehearsal = NULL;
        _cleanup_json_ json_t *before = NULL, *after = NULL;
        double difference = 0;
        json_t *rows;
        int32_t first;
        long n;
        int r;

        if ((r = ctl_light_compile(x->ctl, &before)) != CTL_OK ||
            (r = with_change(x->ctl, before, change, &after)) != CTL_OK ||
            (r = ctl_light_bind(x->ctl, before, &x->before, &x->before_s)) != CTL_OK ||
            (r = ctl_light_bind(x->ctl, after, &x->after, &x->after_s)) != CTL_OK ||
            (r = ctl_light_range(x->ctl, x->after_s, from, days, 14, &first, &n)) != CTL_OK)
                return r;
        if (thon_light_rehearse(x->before_s, x->before, x->after_s, x->after, first, (int)n, &rehearsal) < 0)
                return ctl_fail(x->ctl, "memory", "out of memory");
        rows = json_array();
        for (size_t i = 0; i < rehearsal->n; i++)
                (void)json_array_append_new(rows, circuit_json(x, &rehearsal->circuits[i], &difference));
        r = ctl_print(x->ctl, rows, columns);
        if (x->conf.has_tariff)
                ctl_say(x->ctl, "%ld nights: %+.0f VND", n, difference);
        return r;
}

static int rehearse(struct ctl *ctl, int argc, char **argv)
{
        const char *from = NULL, *days = NULL;
        const struct ctl_option options[] = {{"from", &from, NULL}, {"days", &days, NULL}};
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *change = NULL;
        struct rehearsing x = {.ctl = ctl};
        struct thon_json_error error;
        size_t size;
        int r;

        r = ctl_options(ctl, argc, argv, options, 2, &argc);
        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(
                        ctl, "light rehearse takes one FILE: a program, a calendar, or {\"programs\":[...],"
                             "\"calendars\":[...]}");
        if ((r = ctl_read(ctl, argv[0], CTL_FORM_MAX, &text, &size)) != CTL_OK ||
            (r = ctl_light_conf(ctl, &x.conf)) != CTL_OK)
                return r;
        if (thon_json_parse(text, size, CTL_FORM_MAX, &change, &error) < 0)
                r = ctl_fail(ctl, "invalid", "%s: %s", argv[0], error.text);
        else if (!json_is_object(change))
                r = ctl_fail(ctl, "invalid", "%s: must be an object", argv[0]);
        else
                r = rehearse_with(&x, change, from, days);
        thon_schedule_free(x.before_s);
        thon_schedule_free(x.after_s);
        thon_light_plan_free(x.before);
        thon_light_plan_free(x.after);
        thon_light_conf_done(&x.conf);
        return r;
}

const struct ctl_command ctl_rehearse_commands[] = {
        {"light rehearse", "FILE [--from D] [--days N]", rehearse},
        {NULL, NULL, NULL},
};

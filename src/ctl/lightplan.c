/* thonctl light plan, rehearse, program, calendar: what people decided and what it will do. By the code that will act,
 * and without any daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "lightplan.h"
#include "thon/cleanup.h"
#include "thon/light_conf.h"
#include "thon/light_form.h"
#include "thon/light_rehearse.h"

#define FORM_MAX 262144

THON_DEFINE_CLEANUP(struct thon_light_plan *, thon_light_plan_free)
THON_DEFINE_CLEANUP(struct thon_schedule *, thon_schedule_free)
THON_DEFINE_CLEANUP(struct thon_rehearsal *, thon_rehearsal_free)

static void tell_left_out(void *userdata, const char *circuit, const char *problem)
{
        (void)userdata;
        fprintf(stderr, "thonctl: circuit %s is left out: %s\n", circuit, problem);
}

/* The whole commune's plan as a document: every cabinet's circuits too. */
static int compile(struct ctl *ctl, json_t **ret)
{
        struct thon_place place = {ctl->site.lat, ctl->site.lon};
        int r = ctl_open_store(ctl, THON_STORE_READ);

        if (r != CTL_OK)
                return r;
        r = thon_light_plan_compile(ctl->store, ctl->site.id, place, ctl->site.tz, NULL, ret, tell_left_out,
                                    NULL);
        return r != 0 ? ctl_fail_store(ctl, r) : CTL_OK;
}

static int bind(struct ctl *ctl, const json_t *doc, struct thon_light_plan **ret_plan,
                struct thon_schedule **ret)
{
        struct thon_json_error error = {""};
        int r = ctl_zone(ctl);

        if (r != CTL_OK)
                return r;
        r = thon_light_plan_from_json(doc, ret_plan, &error);
        if (r == 0)
                r = thon_schedule_new(*ret_plan, ctl->zone, ret);
        return r != 0 ? ctl_fail(ctl, "invalid", "%s", error.text[0] ? error.text : strerror(-r)) : CTL_OK;
}

int ctl_light_plan_open(struct ctl *ctl, struct thon_light_plan **ret_plan, struct thon_schedule **ret)
{
        _cleanup_json_ json_t *doc = NULL;
        int r = compile(ctl, &doc);

        return r != CTL_OK ? r : bind(ctl, doc, ret_plan, ret);
}

int ctl_light_circuit(struct ctl *ctl, const struct thon_light_plan *plan, const char *id, size_t *ret)
{
        for (size_t i = 0; i < plan->n_circuits; i++)
                if (strcmp(plan->circuits[i].id, id) == 0) {
                        *ret = i;
                        return CTL_OK;
                }
        return ctl_fail(ctl, "not-found", "there is no circuit %s. See: thonctl light list", id);
}

int ctl_light_range(struct ctl *ctl, const struct thon_schedule *schedule, const char *from,
                    const char *days, long days_default, int32_t *ret_from, long *ret_days)
{
        struct thon_date date;

        *ret_from = thon_schedule_night(schedule, ctl->now);
        *ret_days = days_default;
        if (from) {
                if (!thon_date_parse(from, &date))
                        return ctl_usage(ctl, "--from takes YYYY-MM-DD, not \"%s\"", from);
                *ret_from = thon_date_days(date);
        }
        if (days && !ctl_int(days, 1, 400, ret_days))
                return ctl_usage(ctl, "--days takes 1 to 400, not \"%s\"", days);
        return CTL_OK;
}

struct switches {
        struct thon_switch *at;
        size_t n, room;
};

static int collect(const struct thon_switch *change, void *userdata)
{
        struct switches *s = userdata;

        if (s->n == s->room) {
                size_t room = s->room ? s->room * 2 : 64;
                struct thon_switch *at = reallocarray(s->at, room, sizeof(*at));
                if (!at)
                        return -ENOMEM;
                s->at = at;
                s->room = room;
        }
        s->at[s->n++] = *change;
        return 0;
}

static int by_time(const void *a, const void *b)
{
        const struct thon_switch *x = a, *y = b;

        if (x->at.s != y->at.s)
                return x->at.s < y->at.s ? -1 : 1;
        return x->circuit < y->circuit ? -1 : x->circuit > y->circuit;
}

static int plan(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"at", "circuit", "on", "cause", NULL};
        const char *from = NULL, *days = NULL, *circuit = NULL;
        const struct ctl_option options[] = {
                {"from", &from, NULL}, {"days", &days, NULL}, {"circuit", &circuit, NULL}};
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *p = NULL;
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = NULL;
        char text[THON_TIME_TEXT], cause[THON_CAUSE_TEXT];
        struct switches all = {0};
        size_t only = SIZE_MAX;
        int32_t first;
        json_t *rows;
        long n;
        int r;

        r = ctl_options(ctl, argc, argv, options, 3, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "light plan takes options only, not \"%s\"", argv[0]);
        if ((r = ctl_light_plan_open(ctl, &p, &schedule)) != CTL_OK ||
            (r = ctl_light_range(ctl, schedule, from, days, 1, &first, &n)) != CTL_OK ||
            (circuit && (r = ctl_light_circuit(ctl, p, circuit, &only)) != CTL_OK))
                return r;
        for (size_t i = 0; i < p->n_circuits; i++)
                if ((only == SIZE_MAX || only == i) &&
                    thon_schedule_plan(schedule, i, first, (int)n, collect, &all, NULL) < 0) {
                        free(all.at);
                        return ctl_fail(ctl, "memory", "out of memory");
                }
        if (all.n > 0)
                qsort(all.at, all.n, sizeof(*all.at), by_time);
        rows = json_array();
        for (size_t i = 0; i < all.n; i++)
                (void)json_array_append_new(
                        rows,
                        json_pack("{s:s,s:s,s:b,s:s}", "circuit", p->circuits[all.at[i].circuit].id, "at",
                                  thon_time_text(ctl->zone, all.at[i].at, text), "on", all.at[i].on, "cause",
                                  thon_light_cause_text(p, &all.at[i].cause, cause)));
        free(all.at);
        return ctl_print(ctl, rows, columns);
}

/* ---- rehearse -------------------------------------------------------------------------------------------------- */

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
        json_t *after = json_deep_copy(before), *doc;
        json_t *programs = json_object_get(after, "programs"),
               *calendars = json_object_get(after, "calendars");
        size_t i;

        if (!after)
                return ctl_fail(ctl, "memory", "out of memory");
        if (json_object_get(change, "programs") || json_object_get(change, "calendars")) {
                json_array_foreach (json_object_get(change, "programs"), i, doc)
                        replace(programs, doc);
                json_array_foreach (json_object_get(change, "calendars"), i, doc)
                        replace(calendars, doc);
        } else
                replace(is_program(change) ? programs : calendars, change);
        *ret = after;
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

static void tell_conf(void *userdata, bool is_error, const char *text)
{
        (void)userdata;
        fprintf(stderr, "thonctl: %s%s\n", is_error ? "" : "warning: ", text);
}

int ctl_light_conf(struct ctl *ctl, struct thon_light_conf *ret)
{
        struct thon_conf_report report = {.tell = tell_conf};

        return thon_light_conf_read(ctl->config_dir, ret, &report) < 0
                       ? ctl_fail(ctl, "config", "%s/lightd.conf cannot be used", ctl->config_dir)
                       : CTL_OK;
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

        if ((r = compile(x->ctl, &before)) != CTL_OK ||
            (r = with_change(x->ctl, before, change, &after)) != CTL_OK ||
            (r = bind(x->ctl, before, &x->before, &x->before_s)) != CTL_OK ||
            (r = bind(x->ctl, after, &x->after, &x->after_s)) != CTL_OK ||
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
        if ((r = ctl_read(ctl, argv[0], FORM_MAX, &text, &size)) != CTL_OK ||
            (r = ctl_light_conf(ctl, &x.conf)) != CTL_OK)
                return r;
        if (thon_json_parse(text, size, FORM_MAX, &change, &error) < 0)
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

/* ---- programs and calendars ------------------------------------------------------------------------------------ */

static const char *const doc_names[] = {[THON_DOC_PROGRAM] = "program", [THON_DOC_CALENDAR] = "calendar"};

static int doc_list(struct ctl *ctl, enum thon_light_doc kind, int argc)
{
        static const char *const columns[] = {"id", "name", NULL};
        json_t *rows;
        int r;

        if (argc > 0)
                return ctl_usage(ctl, "light %s list takes no arguments", doc_names[kind]);
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_light_doc_list(ctl->store, kind, &rows);
        return r != 0 ? ctl_fail_store(ctl, r) : ctl_print(ctl, rows, columns);
}

static int doc_show(struct ctl *ctl, enum thon_light_doc kind, int argc, char **argv)
{
        json_t *doc;
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "light %s show takes one ID", doc_names[kind]);
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_light_doc_get(ctl->store, kind, argv[0], &doc);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl->json = true; /* a form is JSON for people too: it is edited and set again */
        return ctl_print(ctl, doc, NULL);
}

static int doc_set(struct ctl *ctl, enum thon_light_doc kind, int argc, char **argv)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *doc = NULL;
        struct thon_actor actor = ctl_actor(ctl);
        struct thon_json_error error;
        const char *id;
        size_t size;
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "light %s set takes one FILE", doc_names[kind]);
        r = ctl_read(ctl, argv[0], FORM_MAX, &text, &size);
        if (r != CTL_OK)
                return r;
        if (thon_json_parse(text, size, FORM_MAX, &doc, &error) < 0)
                return ctl_fail(ctl, "invalid", "%s: %s", argv[0], error.text);
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = thon_light_doc_set(ctl->store, kind, doc, &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, doc_names[kind]);
        id = json_string_value(json_object_get(doc, "id"));
        return ctl_done(ctl, json_pack("{s:s}", "id", id), "%s %s is set", doc_names[kind], id);
}

static int doc_remove(struct ctl *ctl, enum thon_light_doc kind, int argc, char **argv)
{
        struct thon_actor actor = ctl_actor(ctl);
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "light %s remove takes one ID", doc_names[kind]);
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = thon_light_doc_remove(ctl->store, kind, argv[0], &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, doc_names[kind]);
        return ctl_done(ctl, json_pack("{s:s}", "id", argv[0]), "%s %s is removed", doc_names[kind],
                        argv[0]);
}

#define DOC(name, KIND)                                                  \
        static int name##_list(struct ctl *ctl, int argc, char **argv)   \
        {                                                                \
                (void)argv;                                              \
                return doc_list(ctl, KIND, argc);                        \
        }                                                                \
        static int name##_show(struct ctl *ctl, int argc, char **argv)   \
        {                                                                \
                return doc_show(ctl, KIND, argc, argv);                  \
        }                                                                \
        static int name##_set(struct ctl *ctl, int argc, char **argv)    \
        {                                                                \
                return doc_set(ctl, KIND, argc, argv);                   \
        }                                                                \
        static int name##_remove(struct ctl *ctl, int argc, char **argv) \
        {                                                                \
                return doc_remove(ctl, KIND, argc, argv);                \
        }
DOC(program, THON_DOC_PROGRAM)
DOC(calendar, THON_DOC_CALENDAR)

const struct ctl_command ctl_lightplan_commands[] = {
        {"light plan", "[--from D] [--days N] [--circuit C]", plan},
        {"light rehearse", "FILE [--from D] [--days N]", rehearse},
        {"light program list", "", program_list},
        {"light program show", "ID", program_show},
        {"light program set", "FILE", program_set},
        {"light program remove", "ID", program_remove},
        {"light calendar list", "", calendar_list},
        {"light calendar show", "ID", calendar_show},
        {"light calendar set", "FILE", calendar_set},
        {"light calendar remove", "ID", calendar_remove},
        {NULL, NULL, NULL},
};

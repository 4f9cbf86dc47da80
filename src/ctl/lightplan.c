/* thonctl light plan: what was decided, as it will be carried out. By the code that will act, and without any daemon; and
 * what rehearsal and history need of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "lightplan.h"
#include "thon/cleanup.h"
#include "thon/light_conf.h"
#include "thon/light_form.h"

THON_DEFINE_CLEANUP(struct thon_light_plan *, thon_light_plan_free)
THON_DEFINE_CLEANUP(struct thon_schedule *, thon_schedule_free)

static void tell_left_out(void *userdata, const char *circuit, const char *problem)
{
        (void)userdata;
        fprintf(stderr, "thonctl: circuit %s is left out: %s\n", circuit, problem);
}

int ctl_light_compile(struct ctl *ctl, json_t **ret)
{
        struct thon_place place = {ctl->site.lat, ctl->site.lon};
        int r = ctl_open_store(ctl, THON_STORE_READ);

        if (r != CTL_OK)
                return r;
        r = thon_light_plan_compile(ctl->store, ctl->site.id, place, ctl->site.tz, NULL, ret, tell_left_out,
                                    NULL);
        return r != 0 ? ctl_fail_store(ctl, r) : CTL_OK;
}

int ctl_light_bind(struct ctl *ctl, const json_t *doc, struct thon_light_plan **ret_plan,
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
        int r = ctl_light_compile(ctl, &doc);

        return r != CTL_OK ? r : ctl_light_bind(ctl, doc, ret_plan, ret);
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

int ctl_light_conf(struct ctl *ctl, struct thon_light_conf *ret)
{
        struct thon_conf_report report = {.tell = ctl_tell_conf};

        return thon_light_conf_read(ctl->config_dir, ret, &report) < 0
                       ? ctl_fail(ctl, "config", "%s/lightd.conf cannot be used", ctl->config_dir)
                       : CTL_OK;
}

const struct ctl_command ctl_lightplan_commands[] = {
        {"light plan", "[--from D] [--days N] [--circuit C]", plan},
        {NULL, NULL, NULL},
};

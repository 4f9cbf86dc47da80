/* thonctl light history, light energy: what was lit, when and why, and what it cost. From the store; no daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "lightplan.h"
#include "thon/cleanup.h"
#include "thon/light_energy.h"
#include "thon/light_store.h"

THON_DEFINE_CLEANUP(struct thon_light_plan *, thon_light_plan_free)
THON_DEFINE_CLEANUP(struct thon_schedule *, thon_schedule_free)

static int history(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"at", "circuit", "what", "value", "cause", "by", NULL};
        const char *from = NULL, *to = NULL, *limit = NULL, *circuit = NULL;
        const struct ctl_option options[] = {{"from", &from, NULL},
                                             {"to", &to, NULL},
                                             {"limit", &limit, NULL},
                                             {"circuit", &circuit, NULL}};
        struct thon_wall begin, end = ctl->now;
        json_t *rows;
        long n = 1000;
        int r;

        r = ctl_options(ctl, argc, argv, options, 4, &argc);
        if (r != CTL_OK || (r = ctl_zone(ctl)) != CTL_OK)
                return r;
        if (argc == 1 && !circuit)
                circuit = argv[0];
        else if (argc > 0)
                return ctl_usage(ctl, "light history takes at most one circuit");
        end.s++;
        if (to && !thon_time_parse(ctl->zone, to, &end))
                return ctl_usage(ctl, "--to takes a time such as \"2026-11-21 06:00\"");
        begin.s = end.s - 7 * 86400;
        if (from && !thon_time_parse(ctl->zone, from, &begin))
                return ctl_usage(ctl, "--from takes a time such as \"2026-11-20 17:00\"");
        if (limit && !ctl_int(limit, 1, 1000000, &n))
                return ctl_usage(ctl, "--limit takes 1 to 1000000");
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_light_history_list(ctl->store, circuit, begin, end, n, &rows);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_civil(ctl, rows);
        return ctl_print(ctl, rows, columns);
}

struct sum {
        int64_t lit_s;
        double kwh, baseline_kwh, vnd, baseline_vnd;
        bool measured;
        json_t *nights;
};

static int add_night(struct ctl *ctl, struct thon_schedule *schedule,
                     const struct thon_circuit_conf *circuit, int32_t night,
                     const struct thon_tariff *tariff, struct sum *sum)
{
        struct thon_wall from = thon_schedule_noon(schedule, night),
                         to = thon_schedule_noon(schedule, night + 1);
        _cleanup_free_ struct thon_lit_interval *lit = NULL;
        struct thon_energy_night e;
        char text[THON_DATE_TEXT];
        double metered = -1;
        size_t n = 0;
        int r;

        if (to.s > ctl->now.s)
                to = ctl->now;
        if (from.s >= to.s)
                return 0;
        r = thon_light_lit(ctl->store, circuit->id, from, to, &lit, &n);
        if (r == 0)
                r = thon_light_metered(ctl->store, circuit->id, from, to, &metered);
        if (r != 0)
                return r;
        thon_energy_of_night(schedule, circuit, night, lit, n, metered, tariff, &e);
        sum->lit_s += e.lit_s;
        sum->kwh += e.kwh;
        sum->vnd += e.vnd;
        sum->baseline_kwh += e.baseline_kwh;
        sum->baseline_vnd += e.baseline_vnd;
        sum->measured = sum->measured && e.measured;
        (void)json_array_append_new(sum->nights,
                                    json_pack("{s:s,s:I,s:f,s:b,s:f}", "night",
                                              thon_date_text(thon_date_of(night), text), "lit_s",
                                              (json_int_t)e.lit_s, "kwh", e.kwh, "measured", e.measured,
                                              "baseline_kwh", e.baseline_kwh));
        return 0;
}

static int energy_of(struct ctl *ctl, const struct thon_light_conf *conf, const char *from, const char *days,
                     const char *circuit)
{
        static const char *const columns[] = {"circuit",   "lit_h", "kwh",       "measured", "baseline_kwh",
                                              "saved_kwh", "vnd",   "saved_vnd", NULL};
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = NULL;
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = NULL;
        size_t only = SIZE_MAX;
        json_t *rows;
        int32_t first;
        long n;
        int r;

        if ((r = ctl_light_plan_open(ctl, &plan, &schedule)) != CTL_OK ||
            (r = ctl_light_range(ctl, schedule, from, days, 30, &first, &n)) != CTL_OK ||
            (circuit && (r = ctl_light_circuit(ctl, plan, circuit, &only)) != CTL_OK))
                return r;
        if (!from)
                first -= (int32_t)n - 1;
        rows = json_array();
        for (size_t i = 0; i < plan->n_circuits; i++) {
                struct sum sum = {.measured = true, .nights = json_array()};

                for (int32_t night = first; r == 0 && night < first + n && (only == SIZE_MAX || only == i);
                     night++)
                        r = add_night(ctl, schedule, &plan->circuits[i], night, &conf->tariff, &sum);
                if (r != 0 || (only != SIZE_MAX && only != i)) {
                        json_decref(sum.nights);
                        continue;
                }
                bool money = conf->has_tariff;
                (void)json_array_append_new(
                        rows,
                        json_pack("{s:s,s:f,s:f,s:b,s:f,s:f,s:o,s:o,s:o}", "circuit", plan->circuits[i].id,
                                  "lit_h", (double)sum.lit_s / 3600, "kwh", sum.kwh, "measured",
                                  sum.measured && json_array_size(sum.nights) > 0, "baseline_kwh",
                                  sum.baseline_kwh, "saved_kwh", sum.baseline_kwh - sum.kwh, "vnd",
                                  money ? json_real(sum.vnd) : json_null(), "saved_vnd",
                                  money ? json_real(sum.baseline_vnd - sum.vnd) : json_null(), "nights",
                                  sum.nights));
        }
        if (r != 0) {
                json_decref(rows);
                return ctl_fail_store(ctl, r);
        }
        return ctl_print(ctl, rows, columns);
}

static int energy(struct ctl *ctl, int argc, char **argv)
{
        const char *from = NULL, *days = NULL, *circuit = NULL;
        const struct ctl_option options[] = {
                {"from", &from, NULL}, {"days", &days, NULL}, {"circuit", &circuit, NULL}};
        struct thon_light_conf conf = {0};
        int r;

        r = ctl_options(ctl, argc, argv, options, 3, &argc);
        if (r != CTL_OK)
                return r;
        if (argc == 1 && !circuit)
                circuit = argv[0];
        else if (argc > 0)
                return ctl_usage(ctl, "light energy takes at most one circuit");
        r = ctl_light_conf(ctl, &conf);
        if (r != CTL_OK)
                return r;
        r = energy_of(ctl, &conf, from, days, circuit);
        thon_light_conf_done(&conf);
        return r;
}

const struct ctl_command ctl_lightlog_commands[] = {
        {"light history", "[[--circuit] C] [--from T] [--to T] [--limit N]", history},
        {"light energy", "[[--circuit] C] [--from D] [--days N]", energy},
        {NULL, NULL, NULL},
};

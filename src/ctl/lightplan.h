/* The compiled plan for commands that look at it. */
#pragma once

#include "ctl.h"
#include "thon/light_conf.h"
#include "thon/light_schedule.h"

/* The whole commune's plan as a document: every cabinet's circuits too. What must be left out is told. */
int ctl_light_compile(struct ctl *ctl, json_t **ret);
/* A document as a plan with its schedule, which borrows the plan; the caller frees both, also after a failure. */
int ctl_light_bind(struct ctl *ctl, const json_t *doc, struct thon_light_plan **ret_plan,
                   struct thon_schedule **ret);
/* Both of them: the plan as it is. */
int ctl_light_plan_open(struct ctl *ctl, struct thon_light_plan **ret_plan, struct thon_schedule **ret);
/* The index of a circuit in the plan. */
int ctl_light_circuit(struct ctl *ctl, const struct thon_light_plan *plan, const char *id, size_t *ret);
/* --from (default: the night of now) and --days. */
int ctl_light_range(struct ctl *ctl, const struct thon_schedule *schedule, const char *from,
                    const char *days, long days_default, int32_t *ret_from, long *ret_days);
/* lightd.conf, for the tariff. */
int ctl_light_conf(struct ctl *ctl, struct thon_light_conf *ret);

/* The compiled plan for commands that look at it. */
#pragma once

#include "ctl.h"
#include "thon/light_conf.h"
#include "thon/light_schedule.h"

int ctl_light_plan_open(struct ctl *ctl, struct thon_light_plan **ret_plan, struct thon_schedule **ret);
int ctl_light_circuit(struct ctl *ctl, const struct thon_light_plan *plan, const char *id, size_t *ret);
/* --from (default: the night of now) and --days. */
int ctl_light_range(struct ctl *ctl, const struct thon_schedule *schedule, const char *from,
                    const char *days, long days_default, int32_t *ret_from, long *ret_days);
int ctl_light_conf(struct ctl *ctl, struct thon_light_conf *ret);

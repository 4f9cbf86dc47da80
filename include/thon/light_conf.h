/* lightd.conf, which lightd runs by and thonctl reads for the tariff. */
#pragma once

#include "thon/conf.h"
#include "thon/light.h"
#include "thon/light_energy.h"

enum thon_plan_source {
        THON_PLAN_REGISTRY, /* compiled from the store on this machine */
        THON_PLAN_MQTT,     /* a cabinet's own Pi: light/plan/<node>, compiled by the commune's lightd */
};

struct thon_light_conf {
        thon_slug node; /* "" for the commune's own machine */
        enum thon_plan_source plan;
        char *gpio_sim_dir;         /* "" or NULL: simulated chips are refused */
        int64_t override_default_s; /* end of an override that names none; 0: until "auto" */
        int stagger_ms;
        int64_t history_s; /* how long history is kept */
        int64_t save_s;    /* how often counters go to disk while they change */
        bool has_tariff;
        struct thon_tariff tariff;
};

int thon_light_conf_read(const char *config_dir, struct thon_light_conf *ret,
                         struct thon_conf_report *report);
void thon_light_conf_done(struct thon_light_conf *conf);

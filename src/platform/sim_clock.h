/* The arithmetic of the simulated clock, apart from the real one that drives it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct thon_sim {
        int64_t start_us;     /* microseconds since 1970 at which the simulation begins */
        uint64_t speed_ppm;   /* simulated microseconds in a real second */
        int64_t trusted_s;    /* trusted from so many simulated seconds on: 0 at once, INT64_MAX never */
        int64_t step_s;       /* 0: no step */
        int64_t step_after_s; /* simulated seconds after the start at which the wall clock is stepped */
};

/* "TIME[,xSPEED][,untrusted[=DURATION]][,step=SECONDS@DURATION]"; 0 or -EINVAL. */
int thon_sim_parse(const char *text, struct thon_sim *ret);

/* Simulated microseconds that pass in `real_us`, and the real ones after which so many have passed: never a
 * moment too early, at most one microsecond too late. Both saturate. */
uint64_t thon_sim_scale(const struct thon_sim *sim, uint64_t real_us);
uint64_t thon_sim_unscale(const struct thon_sim *sim, uint64_t sim_us);

/* Energy and money of lighting from its history: hours lit, kWh measured or estimated, VND by tariff, and the saving
 * against a lamp that burns from dusk to dawn. */
#pragma once

#include "thon/light_schedule.h"

#define THON_TARIFF_BANDS_MAX 8

struct thon_tariff {
        double vnd_per_kwh; /* outside the bands */
        size_t n_bands;     /* e.g. low hours 22:00..04:00 */
        struct thon_tariff_band {
                int16_t from_min, to_min; /* minutes of the day; may cross midnight */
                double vnd_per_kwh;
        } bands[THON_TARIFF_BANDS_MAX];
};

/* Money for `kwh` used evenly over [from, to). Where bands overlap the first holds; one that ends where it begins is
 * empty. With `to` not after `from`, all of it at the price of `from`. Takes time in proportion to the interval: for
 * nights and months, not for "never". */
double thon_tariff_cost(const struct thon_tariff *tariff, const struct thon_zone *zone,
                        struct thon_wall from, struct thon_wall to, double kwh);

struct thon_lit_interval {
        struct thon_wall from, to;
};

struct thon_energy_night {
        int32_t night;
        int64_t lit_s;
        int64_t dusk_to_dawn_s;
        double kwh;          /* measured when `measured`, else lamps × watts × hours */
        double baseline_kwh; /* lamps × watts × dusk to dawn */
        double vnd, baseline_vnd;
        bool measured;
};

/* The sums of one night (noon to noon) from its lit intervals, which come in order of time; what lies outside the
 * night is cut off, what overlaps counts once. `measured_kwh` < 0 when there is no meter. `tariff` may be NULL: then
 * the money is 0. Energy without light is paid over the whole night. In a night without dusk or dawn (far north in
 * summer) the baseline is 0. */
void thon_energy_of_night(struct thon_schedule *schedule, const struct thon_circuit_conf *circuit,
                          int32_t night, const struct thon_lit_interval *lit, size_t n, double measured_kwh,
                          const struct thon_tariff *tariff, struct thon_energy_night *ret);

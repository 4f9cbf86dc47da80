/* Money follows the civil clock, energy the seconds: an interval is cut where the price may change. Besides the ends of
 * the bands that is every quarter of an hour, because zones change their offset on no other instant; so a night with a
 * changed clock needs no case of its own. */
#include "thon/light_energy.h"

#include <math.h>

#define DAY_S     86400
#define QUARTER_S 900

static size_t bands_of(const struct thon_tariff *tariff)
{
        size_t room = sizeof tariff->bands / sizeof *tariff->bands;

        return tariff->n_bands < room ? tariff->n_bands : room;
}

static double price_at(const struct thon_tariff *tariff, int32_t second)
{
        int minute = second / 60;

        for (size_t i = 0; i < bands_of(tariff); i++) {
                const struct thon_tariff_band *band = &tariff->bands[i];
                bool inside = band->from_min <= band->to_min
                                      ? minute >= band->from_min && minute < band->to_min
                                      : minute >= band->from_min || minute < band->to_min;

                if (inside)
                        return band->vnd_per_kwh;
        }
        return tariff->vnd_per_kwh;
}

/* Seconds until an end of a band comes, after `second` of the day. */
static int32_t until_band(const struct thon_tariff *tariff, int32_t second)
{
        int32_t least = DAY_S;

        for (size_t i = 0; i < bands_of(tariff); i++) {
                const int16_t ends[] = {tariff->bands[i].from_min, tariff->bands[i].to_min};

                for (size_t j = 0; j < 2; j++) {
                        int32_t wait = (ends[j] * 60 - second) % DAY_S;

                        if (wait <= 0)
                                wait += DAY_S;
                        if (wait < least)
                                least = wait;
                }
        }
        return least;
}

double thon_tariff_cost(const struct thon_tariff *tariff, const struct thon_zone *zone,
                        struct thon_wall from, struct thon_wall to, double kwh)
{
        if (!thon_wall_before(from, to))
                return kwh * price_at(tariff, thon_zone_civil(zone, from).second);

        double sum = 0;
        for (int64_t at = from.s; at < to.s;) {
                int32_t second = thon_zone_civil(zone, (struct thon_wall){at}).second;
                int64_t past = at % QUARTER_S, step = QUARTER_S - (past < 0 ? past + QUARTER_S : past);
                int32_t band = until_band(tariff, second);

                if (band < step)
                        step = band;
                if (to.s - at < step)
                        step = to.s - at;
                sum += (double)step * price_at(tariff, second);
                at += step;
        }
        return kwh * sum / (double)(to.s - from.s);
}

static double nominal_kwh(const struct thon_circuit_conf *circuit, int64_t seconds)
{
        return circuit->lamps * circuit->watts / 1000 * (double)seconds / 3600;
}

/* The part of an interval that lies in the night and after what was counted. */
static bool next_part(const struct thon_lit_interval *lit, int64_t end, int64_t *counted,
                      struct thon_lit_interval *ret)
{
        int64_t from = lit->from.s > *counted ? lit->from.s : *counted,
                to = lit->to.s < end ? lit->to.s : end;

        if (to <= from)
                return false;
        *counted = to;
        *ret = (struct thon_lit_interval){{from}, {to}};
        return true;
}

void thon_energy_of_night(struct thon_schedule *schedule, const struct thon_circuit_conf *circuit,
                          int32_t night, const struct thon_lit_interval *lit, size_t n, double measured_kwh,
                          const struct thon_tariff *tariff, struct thon_energy_night *ret)
{
        const struct thon_zone *zone = thon_schedule_zone(schedule);
        struct thon_wall noon = thon_schedule_noon(schedule, night),
                         end = thon_schedule_noon(schedule, night + 1), dusk, dawn;
        struct thon_energy_night sums = {.night = night,
                                         .measured = measured_kwh >= 0 && isfinite(measured_kwh)};
        struct thon_lit_interval part;
        int64_t counted = noon.s;

        for (size_t i = 0; i < n; i++)
                if (next_part(&lit[i], end.s, &counted, &part))
                        sums.lit_s += part.to.s - part.from.s;
        sums.kwh = sums.measured ? measured_kwh : nominal_kwh(circuit, sums.lit_s);

        bool dark = thon_schedule_sun(schedule, night, THON_SUN_DUSK, &dusk) &&
                    thon_schedule_sun(schedule, night, THON_SUN_DAWN, &dawn) && thon_wall_before(dusk, dawn);
        if (dark) {
                sums.dusk_to_dawn_s = dawn.s - dusk.s;
                sums.baseline_kwh = nominal_kwh(circuit, sums.dusk_to_dawn_s);
        }

        if (tariff) {
                counted = noon.s;
                for (size_t i = 0; i < n; i++)
                        if (next_part(&lit[i], end.s, &counted, &part))
                                sums.vnd += thon_tariff_cost(tariff, zone, part.from, part.to,
                                                             sums.kwh * (double)(part.to.s - part.from.s) /
                                                                     (double)sums.lit_s);
                if (sums.lit_s == 0)
                        sums.vnd = thon_tariff_cost(tariff, zone, noon, end, sums.kwh);
                if (dark)
                        sums.baseline_vnd = thon_tariff_cost(tariff, zone, dusk, dawn, sums.baseline_kwh);
        }
        *ret = sums;
}

/* Energy: the count that never falls, and what the flow of energy says about the lamps.
 *
 * Pulses and a remote counter's increments meet in energy(). Watts are measured from the first pulse of a
 * window to its last, not by counting within fixed bounds: the error of a whole pulse, which at 100 imp/kWh
 * would be many lamps, falls away. A window is closed when it lasted THON_METER_WINDOW_US and held
 * THON_METER_QUANTA steps of the meter, or after THON_METER_LONGEST_US; pulses that stop within it pull the
 * estimate down, since the next one is overdue. Discharge lamps need minutes to reach their power, so that
 * what was measured before THON_WARMUP_US is shown but not judged. */
#include "control.h"

#include <math.h>

#define KWH_US 3.6e12 /* watt microseconds in a kWh, by which kWh / us becomes W */

/* Two messages that overtook each other, or a rounding, are not a restart of the counter. */
#define REMOTE_JITTER_KWH 0.01
#define REMOTE_MAX_KWH    1e9

static bool pulse_metered(const struct thon_circuit *c)
{
        return thon_line_ref_set(&c->conf->meter) && c->conf->pulses_per_kwh > 0;
}

static bool remote_metered(const struct thon_circuit *c)
{
        return !pulse_metered(c) && c->conf->relay.kind == THON_RELAY_MQTT && c->conf->relay.has_energy;
}

bool circuit_metered(const struct thon_circuit *c)
{
        return pulse_metered(c) || remote_metered(c);
}

/* The smallest step the meter shows, in kWh. */
static double quantum(const struct thon_circuit *c)
{
        if (pulse_metered(c))
                return 1.0 / c->conf->pulses_per_kwh;
        switch (c->conf->relay.driver) {
        case THON_DRIVER_TASMOTA:
        case THON_DRIVER_SHELLY2:
                return 0.001;
        case THON_DRIVER_ZIGBEE2MQTT:
        case THON_DRIVER_PLAIN:
                return 0.01;
        }
        return 0.01;
}

uint64_t circuit_energy_limit_us(const struct thon_circuit *c)
{
        /* Remote devices report every five minutes by default. */
        uint64_t least = pulse_metered(c) ? UINT64_C(120000000) : UINT64_C(900000000);
        double watts = circuit_registered_watts(c), us;

        if (watts <= 0)
                return THON_WATTS_WINDOW_US;
        us = THON_METER_QUANTA * quantum(c) * KWH_US / watts;
        if (us >= (double)THON_METER_LONGEST_US)
                return THON_METER_LONGEST_US;
        return us > (double)least ? (uint64_t)us : least;
}

double thon_circuit_kwh(const struct thon_circuit *c)
{
        if (pulse_metered(c))
                return (double)c->pulses / c->conf->pulses_per_kwh + c->kwh_offset;
        if (remote_metered(c) && (c->remote_metered || c->remote_kwh > 0 || c->remote_kwh_base > 0))
                return c->remote_kwh_base + c->remote_kwh + c->kwh_offset;
        return -1;
}

void thon_circuit_correct(struct thon_circuit *c, double kwh)
{
        if (!isfinite(kwh) || kwh < 0 || thon_circuit_kwh(c) < 0)
                return;
        if (pulse_metered(c))
                c->kwh_offset = kwh - (double)c->pulses / c->conf->pulses_per_kwh;
        else
                c->kwh_offset = kwh - c->remote_kwh_base - c->remote_kwh;
}

/* Off, and nothing but theft or a fault can draw power. */
static bool truly_off(const struct thon_circuit *c, struct thon_mono now)
{
        return c->decided && !c->in_effect && !c->relay_failed && c->physical != THON_ON &&
               c->manual != THON_ON &&
               (!c->ever_switched || thon_mono_since(c->switched, now) >= THON_OFF_SETTLE_US);
}

static double off_threshold(const struct thon_circuit *c)
{
        double pulses = THON_OFF_PULSES * quantum(c);

        return (pulses > THON_OFF_KWH ? pulses : THON_OFF_KWH) - 1e-9;
}

static void off_window_open(struct thon_circuit *c, struct thon_mono now)
{
        c->off_watched = true;
        c->off_began = now;
        c->off_kwh = 0;
}

static void energy(struct thon_circuit *c, double kwh, struct thon_mono now)
{
        c->energy_since = now;
        c->energy_seen = true;

        if (c->lit) {
                if (!c->window_marked) {
                        c->window_marked = true;
                        c->window_began = now;
                        c->window_kwh = 0;
                } else {
                        c->window_kwh += kwh;
                }
                c->window_last = now;
        } else if (truly_off(c, now)) {
                /* A window that nothing depends on begins with its first energy. */
                if (!c->off_watched ||
                    (!c->off_over &&
                     (c->off_kwh <= 0 || thon_mono_since(c->off_began, now) >= THON_OFF_WINDOW_US)))
                        off_window_open(c, now);
                c->off_kwh += kwh;
                if (c->off_kwh >= off_threshold(c))
                        c->off_over = true;
        }
}

void thon_circuit_pulses(struct thon_circuit *c, unsigned count, struct thon_instant now)
{
        if (!pulse_metered(c) || count == 0)
                return;
        if (__builtin_add_overflow(c->pulses, count, &c->pulses))
                c->pulses = UINT64_MAX;
        energy(c, count * quantum(c), now.mono);
}

/* The device's own total fell: its counter began again from zero (what it shows since is new energy), or it
 * went back to an older saved value (what it lost was counted already). */
static double restarted_by(double last, double report)
{
        return report < last / 10 ? report : 0;
}

void circuit_meter_report(struct thon_circuit *c, double kwh, double watts, struct thon_mono now)
{
        if (!remote_metered(c))
                return;

        if (isfinite(watts) && watts >= 0) {
                c->remote_has_watts = true;
                if (c->lit) {
                        c->watts = watts;
                        c->watts_warm = c->warm;
                        if (watts >= 1) {
                                c->energy_since = now;
                                c->energy_seen = true;
                        }
                }
        }

        if (!isfinite(kwh) || kwh < 0 || kwh > REMOTE_MAX_KWH)
                return;
        if (!c->remote_metered) {
                /* The first report of this run: what flowed meanwhile counts, but no one knows when. */
                if (kwh < c->remote_kwh - REMOTE_JITTER_KWH)
                        c->remote_kwh_base += c->remote_kwh - kwh + restarted_by(c->remote_kwh, kwh);
                else if (kwh < c->remote_kwh)
                        kwh = c->remote_kwh;
                c->remote_metered = true;
        } else if (kwh < c->remote_kwh) {
                double more = restarted_by(c->remote_kwh, kwh);

                if (c->remote_kwh - kwh <= REMOTE_JITTER_KWH)
                        return;
                c->remote_kwh_base += c->remote_kwh - kwh + more;
                if (more > 0)
                        energy(c, more, now);
        } else if (kwh > c->remote_kwh) {
                energy(c, kwh - c->remote_kwh, now);
        }
        c->remote_kwh = kwh;
}

static void window_open(struct thon_circuit *c, struct thon_mono now, bool keep_mark)
{
        c->window_opened = now;
        c->window_kwh = 0;
        c->window_marked = keep_mark && c->window_marked;
        c->window_began = c->window_last;
}

static double window_watts(const struct thon_circuit *c, struct thon_mono now)
{
        struct thon_mono from = c->window_marked ? c->window_began : c->window_opened;
        double at_most = (c->window_kwh + quantum(c)) * KWH_US / (double)(thon_mono_since(from, now) + 1);
        uint64_t us = thon_mono_since(c->window_began, c->window_last);
        double measured;

        if (!c->window_marked || us == 0)
                return at_most;
        measured = c->window_kwh * KWH_US / (double)us;
        return measured < at_most ? measured : at_most;
}

static void watch_lit(struct thon_circuit *c, struct thon_mono now, struct thon_circuit_actions *ret)
{
        struct thon_mono warm_at = thon_mono_add(c->lit_since, THON_WARMUP_US);
        uint64_t open_us;

        if (!c->warm) {
                if (now.us >= warm_at.us) {
                        c->warm = true;
                        window_open(c, now, false);
                } else {
                        circuit_again(ret, warm_at);
                }
        }

        open_us = thon_mono_since(c->window_opened, now);
        if (open_us >= THON_METER_LONGEST_US ||
            (open_us >= THON_METER_WINDOW_US && c->window_kwh >= THON_METER_QUANTA * quantum(c) - 1e-9)) {
                if (!c->remote_has_watts) {
                        c->watts = window_watts(c, now);
                        c->watts_warm = c->warm;
                }
                window_open(c, now, true);
                open_us = 0;
        }
        circuit_again(ret, thon_mono_add(c->window_opened, open_us < THON_METER_WINDOW_US
                                                                   ? THON_METER_WINDOW_US
                                                                   : THON_METER_LONGEST_US));
}

static void watch_off(struct thon_circuit *c, struct thon_mono now, struct thon_circuit_actions *ret)
{
        if (!truly_off(c, now)) {
                c->off_watched = false;
                if (c->off_over && c->decided && !c->in_effect && c->ever_switched &&
                    thon_mono_since(c->switched, now) < THON_OFF_SETTLE_US)
                        circuit_again(ret, thon_mono_add(c->switched, THON_OFF_SETTLE_US));
                return;
        }
        if (!c->off_watched)
                off_window_open(c, now);
        if (!c->off_over)
                return;
        if (thon_mono_since(c->off_began, now) >= THON_OFF_WINDOW_US) {
                c->off_over = c->off_kwh >= off_threshold(c);
                off_window_open(c, now);
        }
        if (c->off_over)
                circuit_again(ret, thon_mono_add(c->off_began, THON_OFF_WINDOW_US));
}

void circuit_meter_step(struct thon_circuit *c, struct thon_mono now, struct thon_circuit_actions *ret)
{
        bool lit = c->decided && c->in_effect && c->physical != THON_OFF && c->manual != THON_ON &&
                   !c->relay_failed;
        bool watched = lit && !c->remote_silent && c->remote_online;

        if (!circuit_metered(c))
                return;

        if (lit && !c->lit) {
                c->lit_since = now;
                c->warm = false;
                window_open(c, now, false);
        }
        if (!lit) {
                c->watts = -1;
                c->watts_warm = c->warm = false;
        }
        c->lit = lit;

        if (watched && !c->energy_watched) {
                c->energy_since = now;
                c->energy_seen = false;
        }
        c->energy_watched = watched;

        if (lit)
                watch_lit(c, now, ret);
        watch_off(c, now, ret);
}

/* Between the files of one circuit only: each concept advances its own part of struct thon_circuit at a
 * decision. The order in which thon_circuit_decide_commanded() calls them matters and is told there. */
#pragma once

#include "thon/light_control.h"

/* Overrides: ends those whose time has come, and asks to be called when the next one ends. */
void circuit_override_step(struct thon_circuit *c, struct thon_instant now,
                           struct thon_circuit_actions *ret);

/* Photocell: hysteresis in time, and distrust of a cell that never changes. */
void circuit_photocell_step(struct thon_circuit *c, struct thon_mono now, struct thon_circuit_actions *ret);
void circuit_photocell_input(struct thon_circuit *c, enum thon_tri raw, struct thon_mono now);
bool circuit_photocell_join(const struct thon_circuit *c, bool program);

/* MQTT relay: telling, asking, retrying. Fills ret->set and ret->query; `hold` as in decide. */
void circuit_remote_step(struct thon_circuit *c, struct thon_mono now, bool hold,
                         struct thon_circuit_actions *ret);

/* Meter: windows of watts while lit, of energy while off. */
void circuit_meter_report(struct thon_circuit *c, double kwh, double watts, struct thon_mono now);
void circuit_meter_step(struct thon_circuit *c, struct thon_mono now, struct thon_circuit_actions *ret);
bool circuit_metered(const struct thon_circuit *c);
/* Longest time without energy that a lit, metered circuit can have, from its registered watts and the
 * meter's step. */
uint64_t circuit_energy_limit_us(const struct thon_circuit *c);
static inline double circuit_registered_watts(const struct thon_circuit *c)
{
        return c->conf->lamps > 0 && c->conf->watts > 0 ? c->conf->lamps * c->conf->watts : 0;
}

void circuit_faults_step(struct thon_circuit *c, struct thon_instant now, struct thon_circuit_actions *ret);

/* What feedback shows, from whichever source the configuration names; keeps the time of a change. */
void circuit_physical_update(struct thon_circuit *c, struct thon_mono now);

static inline void circuit_again(struct thon_circuit_actions *ret, struct thon_mono at)
{
        if (at.us < ret->again_mono.us)
                ret->again_mono = at;
}
static inline void circuit_again_wall(struct thon_circuit_actions *ret, struct thon_wall at)
{
        if (thon_wall_before(at, ret->again_wall))
                ret->again_wall = at;
}

/* The photocell: hysteresis in time, and what its word is worth.
 *
 * A new level counts when it has held for photocell_delay_s: headlights, lightning and a passing cloud do
 * not switch a road. The first reading after a start counts at once, since there is nothing to protect.
 *
 * A cell that is covered, blinded by its own lamp or cut off says the same for ever. No night or day lasts
 * longer than THON_PHOTOCELL_STALE_US, so that a level held for longer is no reading: the cell is unknown
 * until it changes, a fault tells it, and the program decides alone. Joined by "or", a cell stuck at dark
 * can therefore light a road into the morning once, not at noon and not every day; joined by "and", a cell
 * stuck at light cannot keep a road dark beyond the first evening. */
#include "control.h"

static uint64_t delay_us(const struct thon_circuit *c)
{
        double s = c->conf->photocell_delay_s;

        return s > 0 ? (uint64_t)(s * 1e6) : 0;
}

static void settle(struct thon_circuit *c, struct thon_mono now)
{
        bool raw = c->photocell_raw == THON_ON;
        bool known = c->dark_known, dark = c->dark;
        uint64_t held_us = thon_mono_since(c->photocell_since, now);

        if (c->photocell_raw == THON_UNKNOWN)
                return;
        if (!c->dark_known && !c->photocell_stuck) {
                c->dark_known = true;
                c->dark = raw;
        } else if (raw != c->dark && held_us >= delay_us(c)) {
                c->dark_known = true;
                c->dark = raw;
                c->photocell_stuck = false;
        }
        if (raw == c->dark && held_us >= THON_PHOTOCELL_STALE_US) {
                c->dark_known = false;
                c->photocell_stuck = true;
        }
        if (known != c->dark_known || dark != c->dark)
                c->dirty = true;
}

void circuit_photocell_input(struct thon_circuit *c, enum thon_tri raw, struct thon_mono now)
{
        if (raw == c->photocell_raw)
                return;
        if (raw == THON_UNKNOWN) {
                c->dirty |= c->dark_known || c->photocell_stuck;
                c->dark_known = c->photocell_stuck = false;
                c->photocell_raw = raw;
                return;
        }
        settle(c, now); /* what held long enough until now counts, even if nobody looked in time */
        c->photocell_raw = raw;
        c->photocell_since = now;
        settle(c, now);
}

void circuit_photocell_step(struct thon_circuit *c, struct thon_mono now, struct thon_circuit_actions *ret)
{
        settle(c, now);
        if (c->photocell_raw == THON_UNKNOWN)
                return;
        if (c->dark != (c->photocell_raw == THON_ON))
                circuit_again(ret, thon_mono_add(c->photocell_since, delay_us(c)));
        else if (!c->photocell_stuck)
                circuit_again(ret, thon_mono_add(c->photocell_since, THON_PHOTOCELL_STALE_US));
}

bool circuit_photocell_join(const struct thon_circuit *c, bool program)
{
        if (!c->dark_known)
                return program;

        switch (c->conf->photocell_join) {
        case THON_PHOTOCELL_NONE:
                return program;
        case THON_PHOTOCELL_AND:
                return program && c->dark;
        case THON_PHOTOCELL_OR:
                return program || c->dark;
        }
        return program;
}

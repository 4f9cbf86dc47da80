/* Sunrise, sunset and civil twilight for a civil date of a place.
 *
 * Formulas: Meeus, "Astronomical Algorithms" (2nd ed.), chapters 12, 15, 22 and 25 with VSOP87, iterated at the
 * event. The sun's centre, as seen from the ground if there were no air, is at -0°50' for rise and set and at -6° for
 * civil twilight. Within 5 s of a full ephemeris for latitudes up to 60° and years 1950..2100 (tests/unit/test_sun.c
 * holds it against a table). */
#pragma once

#include "thon/zone.h"

enum thon_sun_event { THON_SUN_DAWN, THON_SUN_RISE, THON_SUN_SET, THON_SUN_DUSK, THON_SUN_EVENTS };

struct thon_place {
        double lat; /* degrees north, -90..90 */
        double lon; /* degrees east, -180..180 */
};

/* The event that belongs to the civil date `days` of the zone: rise and dawn are the ones of the morning before that
 * date's solar noon, set and dusk those of the evening after it. Returns false when it does not happen that day
 * (polar day or night); `*ret` is then untouched. */
bool thon_sun(const struct thon_zone *zone, struct thon_place place, int32_t days, enum thon_sun_event event,
              struct thon_wall *ret);

/* Where sun and moon stand: the few quantities that sunrise and the lunar calendar need, to less than one second of arc
 * of the sun and within 17 s of time of a new moon, for 1900..2200.
 *
 * Jean Meeus, "Astronomical Algorithms", 2nd ed.: chapters 10 (Delta T's use), 12 (sidereal time), 22 (nutation), 25 and
 * its appendix III (the sun by VSOP87, as printed), 49 (new moons). Delta T after Espenak and Meeus (2006).
 *
 * Time is in days from J2000.0 (2000-01-01 12:00); `ut` is universal time as POSIX counts it, `tt` terrestrial time. */
#pragma once

#include <stdint.h>

#define THON_PI      3.14159265358979323846
#define THON_RADIANS (THON_PI / 180.0)

static inline double thon_ut_of_wall(double seconds)
{
        return (seconds - 946728000.0) / 86400.0;
}
static inline double thon_wall_of_ut(double ut)
{
        return ut * 86400.0 + 946728000.0;
}

/* TT - UT in seconds. */
double thon_delta_t(double ut);

/* Apparent geocentric longitude of the sun, radians in [0, 2*pi). */
double thon_sun_longitude(double tt);

struct thon_sun_place {
        double ra, dec;  /* apparent, radians */
        double distance; /* astronomical units */
};
struct thon_sun_place thon_sun_place_at(double tt);

/* Apparent sidereal time at Greenwich, radians. */
double thon_sidereal(double ut);

/* The instant (tt) of new moon number `k`; 0 is that of 2000-01-06. */
double thon_new_moon(int k);

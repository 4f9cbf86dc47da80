/* Events are sought where they belong: first the solar noon of the civil date, then the crossing between it and the
 * midnight before or after. The day is thus the place's own, whatever UTC date the instant has.
 *
 * The altitude is that seen by an observer on the ground (the sun's parallax lowers it by 9"), as a full ephemeris gives
 * it; between noon and midnight it only falls, so the crossing is bracketed and cannot be missed or found twice. */
#include "thon/sun.h"

#include "ephemeris.h"

#include <math.h>

#define HALF_DAY_S    43200.0
#define PARALLAX      (8.794 / 3600.0 * THON_RADIANS)
#define HORIZON_RISE  (-50.0 / 60.0 * THON_RADIANS) /* 34' of refraction, 16' of the sun's radius */
#define HORIZON_CIVIL (-6.0 * THON_RADIANS)

struct look {
        double hour_angle; /* radians in (-pi, pi], west positive */
        double altitude;   /* radians */
};

static struct look look(struct thon_place place, double wall)
{
        double ut = thon_ut_of_wall(wall);
        struct thon_sun_place sun = thon_sun_place_at(ut + thon_delta_t(ut) / 86400.0);
        double hour_angle = remainder(thon_sidereal(ut) + place.lon * THON_RADIANS - sun.ra, 2 * THON_PI);
        double lat = place.lat * THON_RADIANS;
        double sine = sin(lat) * sin(sun.dec) + cos(lat) * cos(sun.dec) * cos(hour_angle);
        double altitude = asin(fmin(1, fmax(-1, sine)));

        return (struct look){hour_angle, altitude - PARALLAX / sun.distance * cos(altitude)};
}

/* The culmination nearest to civil noon. */
static double solar_noon(struct thon_place place, double noon)
{
        for (int i = 0; i < 3; i++)
                noon -= look(place, noon).hour_angle / THON_PI * HALF_DAY_S;
        return noon;
}

/* The instant between `high` and `low` at which the sun passes `horizon`; it is above at the first, below at the
 * second. False position with the Illinois weight, which keeps the bracket and converges in a handful of looks. */
static double crossing(struct thon_place place, double horizon, double high, double above, double low,
                       double below)
{
        int kept = 0;

        for (int i = 0; i < 60 && fabs(low - high) > 0.01; i++) {
                double at = (high * below - low * above) / (below - above);
                double altitude = look(place, at).altitude - horizon;

                if (fabs(altitude) < 1e-9)
                        return at;
                if (altitude > 0) {
                        high = at;
                        above = altitude;
                        below = kept > 0 ? below / 2 : below;
                        kept = 1;
                } else {
                        low = at;
                        below = altitude;
                        above = kept < 0 ? above / 2 : above;
                        kept = -1;
                }
        }
        return (high + low) / 2;
}

bool thon_sun(const struct thon_zone *zone, struct thon_place place, int32_t days, enum thon_sun_event event,
              struct thon_wall *ret)
{
        bool morning = event == THON_SUN_DAWN || event == THON_SUN_RISE;
        double horizon = event == THON_SUN_RISE || event == THON_SUN_SET ? HORIZON_RISE : HORIZON_CIVIL;
        struct thon_wall civil_noon = thon_zone_instant(zone, days, 12 * 3600);

        /* A date that the zone left out when it crossed the date line has no sun. */
        if (thon_zone_civil(zone, civil_noon).days != days)
                return false;

        double noon = solar_noon(place, (double)civil_noon.s),
               midnight = noon + (morning ? -HALF_DAY_S : HALF_DAY_S);
        double above = look(place, noon).altitude - horizon,
               below = look(place, midnight).altitude - horizon;

        if (!(above > 0 && below < 0))
                return false;
        ret->s = llround(crossing(place, horizon, noon, above, midnight, below));
        return true;
}

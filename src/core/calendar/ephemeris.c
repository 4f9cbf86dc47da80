/* Two needs set where the series are cut. With the low-accuracy sun of chapter 25 (36") dusk at 60° in June would be wrong
 * by half a minute, because the sun then sinks only 1.4" in a second. And the autumn equinox of 1938 came 33 s before
 * midnight in Hà Nội, which decides the leap month of that year: that is 1.35" of longitude. The sun below is within 0.6"
 * of a full ephemeris (0.15" as a rule) for 1900..2200. */
#include "ephemeris.h"

#include <math.h>
#include <stddef.h>

#define ARCSEC (THON_RADIANS / 3600.0)

double thon_delta_t(double ut)
{
        double y = 2000.0 + ut / 365.2425, t;

        if (y < 1900) {
                t = (y - 1820) / 100;
                return -20 + 32 * t * t;
        }
        if (y < 1920) {
                t = y - 1900;
                return -2.79 + t * (1.494119 + t * (-0.0598939 + t * (0.0061966 - t * 0.000197)));
        }
        if (y < 1941) {
                t = y - 1920;
                return 21.20 + t * (0.84493 + t * (-0.076100 + t * 0.0020936));
        }
        if (y < 1961) {
                t = y - 1950;
                return 29.07 + t * (0.407 + t * (-1.0 / 233 + t / 2547));
        }
        if (y < 1986) {
                t = y - 1975;
                return 45.45 + t * (1.067 + t * (-1.0 / 260 - t / 718));
        }
        if (y < 2005) {
                t = y - 2000;
                return 63.86 + t * (0.3345 + t * (-0.060374 +
                                                  t * (0.0017275 + t * (0.000651814 + t * 0.00002373599))));
        }
        t = (y - 1820) / 100;
        if (y < 2050)
                return 62.92 + (y - 2000) * (0.32217 + (y - 2000) * 0.005589);
        return -20 + 32 * t * t - (y < 2150 ? 0.5628 * (2150 - y) : 0);
}

/* a cos(b + c t), a in 1e-8 radians (or astronomical units), t in Julian millennia. */
struct term {
        double a, b, c;
};

static const struct term L0[] = {
        {175347046, 0, 0},
        {3341656, 4.6692568, 6283.0758500},
        {34894, 4.62610, 12566.15170},
        {3497, 2.7441, 5753.3849},
        {3418, 2.8289, 3.5231},
        {3136, 3.6277, 77713.7715},
        {2676, 4.4181, 7860.4194},
        {2343, 6.1352, 3930.2097},
        {1324, 0.7425, 11506.7698},
        {1273, 2.0371, 529.6910},
        {1199, 1.1096, 1577.3435},
        {990, 5.233, 5884.927},
        {902, 2.045, 26.298},
        {857, 3.508, 398.149},
        {780, 1.179, 5223.694},
        {753, 2.533, 5507.553},
        {505, 4.583, 18849.228},
        {492, 4.205, 775.523},
        {357, 2.920, 0.067},
        {317, 5.849, 11790.629},
        {284, 1.899, 796.298},
        {271, 0.315, 10977.079},
        {243, 0.345, 5486.778},
        {206, 4.806, 2544.314},
        {205, 1.869, 5573.143},
        {202, 2.458, 6069.777},
        {156, 0.833, 213.299},
        {132, 3.411, 2942.463},
        {126, 1.083, 20.775},
        {115, 0.645, 0.980},
        {103, 0.636, 4694.003},
        {102, 0.976, 15720.839},
        {102, 4.267, 7.114},
        {99, 6.21, 2146.17},
        {98, 0.68, 155.42},
        {86, 5.98, 161000.69},
        {85, 1.30, 6275.96},
        {85, 3.67, 71430.70},
        {80, 1.81, 17260.15},
        {79, 3.04, 12036.46},
        {75, 1.76, 5088.63},
        {74, 3.50, 3154.69},
        {74, 4.68, 801.82},
        {70, 0.83, 9437.76},
        {62, 3.98, 8827.39},
        {61, 1.82, 7084.90},
        {57, 2.78, 6286.60},
        {56, 4.39, 14143.50},
        {56, 3.47, 6279.55},
        {52, 0.19, 12139.55},
        {52, 1.33, 1748.02},
        {51, 0.28, 5856.48},
        {49, 0.49, 1194.45},
        {41, 5.37, 8429.24},
        {41, 2.40, 19651.05},
        {39, 6.17, 10447.39},
        {37, 6.04, 10213.29},
        {37, 2.57, 1059.38},
        {36, 1.71, 2352.87},
        {36, 1.78, 6812.77},
        {33, 0.59, 17789.85},
        {30, 0.44, 83996.85},
        {30, 2.74, 1349.87},
        {25, 3.16, 4690.48},
};
static const struct term L1[] = {
        {628331966747.0, 0, 0},     {206059, 2.678235, 6283.075850},
        {4303, 2.6351, 12566.1517}, {425, 1.590, 3.523},
        {119, 5.796, 26.298},       {109, 2.966, 1577.344},
        {93, 2.59, 18849.23},       {72, 1.14, 529.69},
        {68, 1.87, 398.15},         {67, 4.41, 5507.55},
        {59, 2.89, 5223.69},        {56, 2.17, 155.42},
        {45, 0.40, 796.30},         {36, 0.47, 775.52},
        {29, 2.65, 7.11},           {21, 5.34, 0.98},
        {19, 1.85, 5486.78},        {19, 4.97, 213.30},
        {17, 2.99, 6275.96},        {16, 0.03, 2544.31},
        {16, 1.43, 2146.17},        {15, 1.21, 10977.08},
};
static const struct term L2[] = {
        {52919, 0, 0},    {8720, 1.0721, 6283.0758}, {309, 0.867, 12566.152},
        {27, 0.05, 3.52}, {16, 5.19, 26.30},         {16, 3.68, 155.42},
};
static const struct term L3[] = {{289, 5.844, 6283.076}, {35, 0, 0}, {17, 5.49, 12566.15}};

static const struct term R0[] = {
        {100013989, 0, 0},
        {1670700, 3.0984635, 6283.0758500},
        {13956, 3.05525, 12566.15170},
        {3084, 5.1985, 77713.7715},
};
static const struct term R1[] = {{103019, 1.107490, 6283.075850}};

#define SUM(series, t) sum(series, sizeof(series) / sizeof *(series), t)

static double sum(const struct term *series, size_t n, double t)
{
        double total = 0;

        for (size_t i = 0; i < n; i++)
                total += series[i].a * cos(series[i].b + series[i].c * t);
        return total * 1e-8;
}

static double distance(double tt)
{
        double t = tt / 365250.0;

        return SUM(R0, t) + SUM(R1, t) * t;
}

struct nutation {
        double longitude, obliquity;
};

static struct nutation nutation(double tt)
{
        double t = tt / 36525.0;
        double node = (125.04452 - 1934.136261 * t) * THON_RADIANS,
               sun = (280.4665 + 36000.7698 * t) * THON_RADIANS,
               moon = (218.3165 + 481267.8813 * t) * THON_RADIANS,
               m = (357.5277 + 35999.0503 * t) * THON_RADIANS,
               mm = (134.9630 + 477198.8674 * t) * THON_RADIANS;

        return (struct nutation){
                (-(17.1996 + 0.0174 * t) * sin(node) - 1.3187 * sin(2 * sun) - 0.2274 * sin(2 * moon) +
                 0.2062 * sin(2 * node) + 0.1426 * sin(m) + 0.0712 * sin(mm) - 0.0517 * sin(2 * sun + m) -
                 0.0386 * sin(2 * moon - node) - 0.0301 * sin(2 * moon + mm) + 0.0217 * sin(2 * sun - m)) *
                        ARCSEC,
                (9.2025 * cos(node) + 0.5736 * cos(2 * sun) + 0.0977 * cos(2 * moon) -
                 0.0895 * cos(2 * node)) *
                        ARCSEC,
        };
}

static double obliquity(double tt)
{
        double t = tt / 36525.0;

        return (84381.448 - t * (46.8150 + t * (0.00059 - t * 0.001813))) * ARCSEC;
}

static double circle(double angle)
{
        angle = fmod(angle, 2 * THON_PI);
        return angle < 0 ? angle + 2 * THON_PI : angle;
}

double thon_sun_longitude(double tt)
{
        double t = tt / 365250.0;
        double earth = SUM(L0, t) + t * (SUM(L1, t) + t * (SUM(L2, t) + t * SUM(L3, t)));

        /* Seen from the earth; into the FK5 frame; light's delay; nutation; and the equinox moves 0.3" a century less than
         * VSOP87 has it (precession of the IAU, 2000). */
        return circle(earth + THON_PI - 0.09033 * ARCSEC - 20.4898 * ARCSEC / distance(tt) +
                      nutation(tt).longitude - 2.9965 * t * ARCSEC);
}

struct thon_sun_place thon_sun_place_at(double tt)
{
        double lambda = thon_sun_longitude(tt), epsilon = obliquity(tt) + nutation(tt).obliquity;

        return (struct thon_sun_place){
                .ra = atan2(cos(epsilon) * sin(lambda), cos(lambda)),
                .dec = asin(sin(epsilon) * sin(lambda)),
                .distance = distance(tt),
        };
}

double thon_sidereal(double ut)
{
        double t = ut / 36525.0, tt = ut + thon_delta_t(ut) / 86400.0;
        double mean = 280.46061837 + 360.98564736629 * ut + t * t * (0.000387933 - t / 38710000.0);

        return circle(mean * THON_RADIANS + nutation(tt).longitude * cos(obliquity(tt)));
}

/* ---- the moon ---------------------------------------------------------------------------------------------------- */

/* Multiples of the anomalies of sun (m) and moon (mm) and of the latitude argument (f); `e` powers of the eccentricity. */
static const struct {
        double days;
        int8_t e, m, mm, f;
} moon_terms[] = {
        {-0.40720, 0, 0, 1, 0}, {0.17241, 1, 1, 0, 0},    {0.01608, 0, 0, 2, 0},  {0.01039, 0, 0, 0, 2},
        {0.00739, 1, -1, 1, 0}, {-0.00514, 1, 1, 1, 0},   {0.00208, 2, 2, 0, 0},  {-0.00111, 0, 0, 1, -2},
        {-0.00057, 0, 0, 1, 2}, {0.00056, 1, 1, 2, 0},    {-0.00042, 0, 0, 3, 0}, {0.00042, 1, 1, 0, 2},
        {0.00038, 1, 1, 0, -2}, {-0.00024, 1, -1, 2, 0},  {-0.00007, 0, 2, 1, 0}, {0.00004, 0, 0, 2, -2},
        {0.00004, 0, 3, 0, 0},  {0.00003, 0, 1, 1, -2},   {0.00003, 0, 0, 2, 2},  {-0.00003, 0, 1, 1, 2},
        {0.00003, 0, -1, 1, 2}, {-0.00002, 0, -1, 1, -2}, {-0.00002, 0, 1, 3, 0}, {0.00002, 0, 0, 4, 0},
};

/* The planets: days, degrees, degrees per new moon. */
static const struct {
        double days, angle, per_k;
} planet_terms[] = {
        {0.000325, 299.77, 0.107408},  {0.000165, 251.88, 0.016321}, {0.000164, 251.83, 26.651886},
        {0.000126, 349.42, 36.412478}, {0.000110, 84.66, 18.206239}, {0.000062, 141.74, 53.303771},
        {0.000060, 207.14, 2.453732},  {0.000056, 154.84, 7.306860}, {0.000047, 34.52, 27.261239},
        {0.000042, 207.19, 0.121824},  {0.000040, 291.34, 1.844379}, {0.000037, 161.72, 24.198154},
        {0.000035, 239.56, 25.513099}, {0.000023, 331.55, 3.592518},
};

double thon_new_moon(int k)
{
        double t = k / 1236.85;
        double tt =
                5.09766 + 29.530588861 * k + t * t * (0.00015437 + t * (-0.000000150 + t * 0.00000000073));
        double e = 1 - t * (0.002516 + t * 0.0000074);
        double m = 2.5534 + 29.10535670 * k - t * t * (0.0000014 + t * 0.00000011);
        double mm = 201.5643 + 385.81693528 * k + t * t * (0.0107582 + t * (0.00001238 - t * 0.000000058));
        double f = 160.7108 + 390.67050284 * k - t * t * (0.0016118 + t * (0.00000227 - t * 0.000000011));
        double node = 124.7746 - 1.56375588 * k + t * t * (0.0020672 + t * 0.00000215);

        for (size_t i = 0; i < sizeof moon_terms / sizeof *moon_terms; i++) {
                double factor = moon_terms[i].e == 0 ? 1 : moon_terms[i].e == 1 ? e : e * e;

                tt += moon_terms[i].days * factor *
                      sin((moon_terms[i].m * m + moon_terms[i].mm * mm + moon_terms[i].f * f) *
                          THON_RADIANS);
        }
        tt -= 0.00017 * sin(node * THON_RADIANS);
        for (size_t i = 0; i < sizeof planet_terms / sizeof *planet_terms; i++) {
                /* Only the first of these angles has a quadratic part worth its name. */
                double angle =
                        planet_terms[i].angle + planet_terms[i].per_k * k - (i == 0 ? 0.009173 * t * t : 0);

                tt += planet_terms[i].days * sin(angle * THON_RADIANS);
        }
        return tt;
}

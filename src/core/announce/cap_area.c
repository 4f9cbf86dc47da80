/* Whether an alert means this commune, and which of its zones.
 *
 * A zone of loudspeakers is a circle: where it stands and how far it is heard. It is meant when that circle meets a
 * polygon or a circle of the alert; a geocode means the whole commune. Distances around a zone are those of a plane
 * that touches the globe there: over the few kilometres that loudspeakers reach its error is far below that of any
 * warning's border.
 *
 * A polygon's longitudes are followed from point to point the short way round, so that one which crosses the 180th
 * meridian is whole; one that winds around a pole is no polygon and matches nothing.
 *
 * An alert whose areas have only words cannot be compared, and is taken: better that people hear "khu vực ..." and
 * judge than that a dam's release goes unsaid for want of a polygon. */
#include <math.h>
#include <string.h>

#include "cap_parts.h"

#define EARTH_KM  6371.0088 /* mean radius, IUGG */
#define DEGREE_KM (EARTH_KM * M_PI / 180.0)
#define ZONES_MAX 64

struct heard {
        struct thon_geo at;
        double reach_km;
};

static double radians(double degrees)
{
        return degrees * M_PI / 180.0;
}

static double distance_km(struct thon_geo a, struct thon_geo b)
{
        double lat = sin(radians(b.lat - a.lat) / 2), lon = sin(radians(b.lon - a.lon) / 2);
        double h = lat * lat + cos(radians(a.lat)) * cos(radians(b.lat)) * lon * lon;

        return 2 * EARTH_KM * asin(sqrt(fmin(1.0, h)));
}

/* From one longitude to the next the short way; exactly once around is meant as it is written (a box of the whole world). */
static double turn(double degrees)
{
        if (degrees > 180.0 && degrees < 360.0)
                return degrees - 360.0;
        if (degrees < -180.0 && degrees > -360.0)
                return degrees + 360.0;
        return degrees;
}

static double to_segment(double ax, double ay, double bx, double by)
{
        double dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
        double t = length > 0 ? -(ax * dx + ay * dy) / length : 0;

        t = fmax(0, fmin(1, t));
        return hypot(ax + t * dx, ay + t * dy);
}

/* The listener stands at the origin; `shift` is a whole turn or none. */
static bool polygon_at(const struct heard *heard, const struct thon_cap_polygon *polygon, double shift)
{
        double east = DEGREE_KM * cos(radians(heard->at.lat));
        double lon = turn(polygon->points[0].lon - heard->at.lon) + shift;
        double ax = lon * east, ay = (polygon->points[0].lat - heard->at.lat) * DEGREE_KM;
        bool inside = false;

        for (size_t i = 1; i < polygon->n; i++) {
                double bx, by = (polygon->points[i].lat - heard->at.lat) * DEGREE_KM;

                lon += turn(polygon->points[i].lon - polygon->points[i - 1].lon);
                bx = lon * east;
                if (to_segment(ax, ay, bx, by) <= heard->reach_km)
                        return true;
                if ((ay > 0) != (by > 0) && ax + (bx - ax) * (-ay / (by - ay)) > 0)
                        inside = !inside;
                ax = bx;
                ay = by;
        }
        return inside;
}

static bool winds(const struct thon_cap_polygon *polygon)
{
        double around = 0;

        for (size_t i = 1; i < polygon->n; i++)
                around += turn(polygon->points[i].lon - polygon->points[i - 1].lon);
        return fabs(around) > 180.0;
}

static bool in_polygon(const struct heard *heard, const struct thon_cap_polygon *polygon)
{
        if (polygon->n < 4 || winds(polygon))
                return false;
        return polygon_at(heard, polygon, 0) || polygon_at(heard, polygon, 360) ||
               polygon_at(heard, polygon, -360);
}

static bool in_area(const struct heard *heard, const struct thon_cap_area *area)
{
        for (size_t i = 0; i < area->n_circles; i++)
                if (distance_km(heard->at, area->circles[i].centre) <=
                    area->circles[i].radius_km + heard->reach_km)
                        return true;
        for (size_t i = 0; i < area->n_polygons; i++)
                if (in_polygon(heard, &area->polygons[i]))
                        return true;
        return false;
}

static bool is_ours(const struct thon_cap_pair *geocode, const char *ours)
{
        size_t n = strlen(geocode->name);

        return strcmp(ours, geocode->value) == 0 ||
               (strncmp(ours, geocode->name, n) == 0 && ours[n] == ':' &&
                strcmp(ours + n + 1, geocode->value) == 0);
}

static bool coded(const struct thon_cap_area *area, const struct thon_cap_commune *commune)
{
        for (size_t i = 0; i < area->n_geocodes; i++)
                for (size_t k = 0; k < commune->n_geocodes; k++)
                        if (is_ours(&area->geocodes[i], commune->geocodes[k]))
                                return true;
        return false;
}

static uint64_t all_zones(const struct thon_cap_commune *commune)
{
        return commune->n_zones >= ZONES_MAX ? UINT64_MAX : (UINT64_C(1) << commune->n_zones) - 1;
}

struct cap_place cap_place(const struct thon_cap_info *info, const struct thon_cap_commune *commune)
{
        size_t n = commune->n_zones < ZONES_MAX ? commune->n_zones : ZONES_MAX;
        struct heard whole = {commune->place, commune->reach_km};
        struct cap_place ret = {0};
        bool shaped = false;

        for (size_t i = 0; i < info->n_areas; i++) {
                const struct thon_cap_area *area = &info->areas[i];

                shaped = shaped || area->n_polygons + area->n_circles + area->n_geocodes > 0;
                if (coded(area, commune)) {
                        ret.us = true;
                        ret.zones = all_zones(commune);
                        return ret;
                }
                for (size_t z = 0; z < n; z++) {
                        const struct thon_cap_zone *zone = &commune->zones[z];
                        struct heard heard = {zone->place, zone->reach_km};

                        if (!(ret.zones & UINT64_C(1) << z) && in_area(zone->placed ? &heard : &whole, area))
                                ret.zones |= UINT64_C(1) << z;
                }
                /* A commune without a zone of its own still has lamps and households. */
                if (ret.zones || (n == 0 && in_area(&whole, area)))
                        ret.us = true;
        }
        if (!shaped)
                ret = (struct cap_place){.us = true, .by_words = true, .zones = all_zones(commune)};
        return ret;
}

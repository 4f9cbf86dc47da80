/* Which zones an alert means. */
#include <math.h>

#include "cap_story.h"
#include "relay_random.h"

enum { RIVER = 1, HILLS = 2, REST = 4, EVERYWHERE = 7 };

static struct thon_cap_polygon polygon;
static struct thon_cap_circle circle;

/* The alert's area is this polygon alone. */
static uint64_t zones_of(struct thon_geo *points, size_t n)
{
        story_begin("Lũ");
        polygon = (struct thon_cap_polygon){n, points};
        story_areas[0] =
                (struct thon_cap_area){.description = (char *)"x", .n_polygons = 1, .polygons = &polygon};
        if (story_decide() == THON_CAP_TAKEN)
                return story_decision.zones;
        ck_assert_refused(story_decision.refusal, THON_CAP_REFUSED_AREA);
        return 0;
}

static uint64_t box(double south, double west, double north, double east)
{
        struct thon_geo points[] = {
                {south, west}, {south, east}, {north, east}, {north, west}, {south, west}};

        return zones_of(points, 5);
}

static uint64_t round_area(double lat, double lon, double km)
{
        story_begin("Lũ");
        circle = (struct thon_cap_circle){{lat, lon}, km};
        story_areas[0] =
                (struct thon_cap_area){.description = (char *)"x", .n_circles = 1, .circles = &circle};
        if (story_decide() == THON_CAP_TAKEN)
                return story_decision.zones;
        ck_assert_refused(story_decision.refusal, THON_CAP_REFUSED_AREA);
        return 0;
}

START_TEST(a_polygon_means_the_zones_that_are_heard_in_it)
{
        ck_assert_uint_eq(box(19, 105, 21, 106), EVERYWHERE);
        ck_assert_uint_eq(box(19.89, 105.63, 19.91, 105.65), RIVER | REST);
        /* A strip 700 m east of the river's loudspeakers, which reach 1 km; and one of 1.2 km. */
        ck_assert_uint_eq(box(19.89, 105.6467, 19.91, 105.66) & RIVER, RIVER);
        ck_assert_uint_eq(box(19.89, 105.6515, 19.91, 105.66) & RIVER, 0);
        ck_assert_uint_eq(box(10, 100, 11, 101), 0);
}
END_TEST

START_TEST(an_area_smaller_than_a_zone_within_it_counts)
{
        ck_assert_uint_eq(box(19.9720, 105.6401, 19.9721, 105.6402), HILLS | REST);
}
END_TEST

START_TEST(a_bay_of_a_polygon_is_outside)
{
        /* A horseshoe, open to the south, around the hills. */
        struct thon_geo points[] = {{19.90, 105.50}, {20.10, 105.50}, {20.10, 105.80},
                                    {19.90, 105.80}, {19.90, 105.75}, {20.05, 105.75},
                                    {20.05, 105.55}, {19.90, 105.55}, {19.90, 105.50}};

        ck_assert_uint_eq(zones_of(points, 9) & (HILLS | RIVER), 0);
}
END_TEST

START_TEST(a_circle_means_what_is_heard_in_it)
{
        ck_assert_uint_eq(round_area(19.90, 105.64, 2), RIVER | REST);
        ck_assert_uint_eq(round_area(19.90, 105.64, 0), RIVER | REST);
        ck_assert_uint_eq(round_area(19.93, 105.64, 30), EVERYWHERE);
        ck_assert_uint_eq(round_area(21.03, 105.85, 30), 0);
        ck_assert_uint_eq(round_area(0, 0, 20040), EVERYWHERE);
}
END_TEST

START_TEST(a_code_means_the_whole_commune)
{
        story_begin("Lũ");
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.zones, EVERYWHERE);
        story_codes[0] = (struct thon_cap_pair){(char *)"GSO", (char *)"38"}; /* the value alone */
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        story_codes[0] = (struct thon_cap_pair){(char *)"VN", (char *)"1601"};
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_AREA);
        story_codes[0] = (struct thon_cap_pair){(char *)"SAME", (char *)"16012"};
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_AREA);
}
END_TEST

START_TEST(areas_add_up)
{
        struct thon_geo points[] = {
                {19.96, 105.63}, {19.96, 105.65}, {19.98, 105.65}, {19.98, 105.63}, {19.96, 105.63}};

        story_begin("Lũ");
        polygon = (struct thon_cap_polygon){5, points};
        circle = (struct thon_cap_circle){{19.90, 105.64}, 0.1};
        story_areas[0] =
                (struct thon_cap_area){.description = (char *)"x", .n_polygons = 1, .polygons = &polygon};
        story_areas[1] =
                (struct thon_cap_area){.description = (char *)"y", .n_circles = 1, .circles = &circle};
        story_infos[0].n_areas = 2;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.zones, EVERYWHERE);
}
END_TEST

START_TEST(words_alone_are_taken_and_said)
{
        story_begin("Xả lũ");
        story_areas[0] = (struct thon_cap_area){.description = (char *)"Hai bờ sông Chu"};
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.zones, EVERYWHERE);
        ck_assert(strstr(story_decision.text, "Khu vực: Hai bờ sông Chu."));
        /* But not where another of its areas can be compared, and is elsewhere. */
        circle = (struct thon_cap_circle){{10, 106}, 5};
        story_areas[1] =
                (struct thon_cap_area){.description = (char *)"y", .n_circles = 1, .circles = &circle};
        story_infos[0].n_areas = 2;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_AREA);
}
END_TEST

START_TEST(a_commune_without_zones_is_its_own_circle)
{
        ck_assert_uint_eq(round_area(19.93, 105.64, 1), REST);
        story_commune.n_zones = 0;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.zones, 0);
        circle.centre.lat = 25;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_AREA);
}
END_TEST

START_TEST(sixty_four_zones_are_sixty_four_bits)
{
        static struct thon_cap_zone many[64];

        story_begin("Lũ");
        for (size_t i = 0; i < 64; i++)
                many[i] = (struct thon_cap_zone){"z", false, {0, 0}, 0};
        story_commune.zones = many;
        story_commune.n_zones = 64;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.zones, UINT64_MAX);
}
END_TEST

START_TEST(across_the_180th_meridian)
{
        struct thon_geo points[] = {{-20, 175}, {-20, -175}, {-15, -175}, {-15, 175}, {-20, 175}};
        static const struct {
                double lat, lon;
                bool in;
        } cases[] = {{-17, 179, true},  {-17, -179, true}, {-17, 176, true},
                     {-17, -176, true}, {-17, 180, true},  {-17, -180, true},
                     {-17, 170, false}, {-17, 0, false},   {-17, -170, false}};

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                story_begin("Sóng thần");
                polygon = (struct thon_cap_polygon){5, points};
                story_areas[0] = (struct thon_cap_area){
                        .description = (char *)"x", .n_polygons = 1, .polygons = &polygon};
                story_zones[0].place = (struct thon_geo){cases[i].lat, cases[i].lon};
                story_commune.n_zones = 1;
                ck_assert_msg((story_decide() == THON_CAP_TAKEN) == cases[i].in, "%f", cases[i].lon);
        }
}
END_TEST

START_TEST(a_box_of_the_whole_world_means_us)
{
        ck_assert_uint_eq(box(-90, -180, 90, 180), EVERYWHERE);
}
END_TEST

START_TEST(what_winds_around_a_pole_is_no_polygon)
{
        struct thon_geo points[] = {{60, 0}, {60, 120}, {60, -120}, {60, 0}};

        ck_assert_uint_eq(zones_of(points, 4), 0);
}
END_TEST

/* The plain way, for points without reach: crossings of a ray, in degrees. */
static bool crossed(const struct thon_geo *p, size_t n, struct thon_geo at)
{
        bool in = false;

        for (size_t i = 1; i < n; i++)
                if ((p[i].lat > at.lat) != (p[i - 1].lat > at.lat) &&
                    at.lon < p[i - 1].lon + (p[i].lon - p[i - 1].lon) * (at.lat - p[i - 1].lat) /
                                                    (p[i].lat - p[i - 1].lat))
                        in = !in;
        return in;
}

START_TEST(random_polygons_as_a_ray_counts_them)
{
        random_begin();
        for (int round = 0; round < 2000; round++) {
                struct thon_geo points[13], at = {19.5 + random_unit(), 105 + random_unit()};
                size_t n = 4 + random_below(9);

                for (size_t i = 0; i + 1 < n; i++)
                        points[i] = (struct thon_geo){19 + 2 * random_unit(), 104.5 + 2 * random_unit()};
                points[n - 1] = points[0];
                story_begin("Lũ");
                polygon = (struct thon_cap_polygon){n, points};
                story_areas[0] = (struct thon_cap_area){
                        .description = (char *)"x", .n_polygons = 1, .polygons = &polygon};
                story_zones[0] = (struct thon_cap_zone){"point", true, at, 0};
                story_commune.n_zones = 1;
                ck_assert_int_eq(story_decide() == THON_CAP_TAKEN, crossed(points, n, at));
        }
}
END_TEST

START_TEST(ten_thousand_points_are_no_more_work_than_they_are_long)
{
        static struct thon_geo points[10001];

        for (size_t i = 0; i <= 10000; i++) {
                double turn = 2 * M_PI * (double)(i % 10000) / 10000;
                points[i] = (struct thon_geo){19.9 + 0.05 * sin(turn), 105.64 + 0.05 * cos(turn)};
        }
        ck_assert_uint_eq(zones_of(points, 10001), RIVER | REST);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("cap_area");
        TCase *tc = tcase_create("area");

        tcase_add_test(tc, a_polygon_means_the_zones_that_are_heard_in_it);
        tcase_add_test(tc, an_area_smaller_than_a_zone_within_it_counts);
        tcase_add_test(tc, a_bay_of_a_polygon_is_outside);
        tcase_add_test(tc, a_circle_means_what_is_heard_in_it);
        tcase_add_test(tc, a_code_means_the_whole_commune);
        tcase_add_test(tc, areas_add_up);
        tcase_add_test(tc, words_alone_are_taken_and_said);
        tcase_add_test(tc, a_commune_without_zones_is_its_own_circle);
        tcase_add_test(tc, sixty_four_zones_are_sixty_four_bits);
        tcase_add_test(tc, across_the_180th_meridian);
        tcase_add_test(tc, a_box_of_the_whole_world_means_us);
        tcase_add_test(tc, what_winds_around_a_pole_is_no_polygon);
        tcase_add_test(tc, random_polygons_as_a_ray_counts_them);
        tcase_add_test(tc, ten_thousand_points_are_no_more_work_than_they_are_long);
        suite_add_tcase(suite, tc);
        return story_run(suite);
}

/* Sunrise, sunset and twilight against a full ephemeris.
 *
 * The table was computed with PyEphem 4.1.4 (VSOP87 as in XEphem's libastro): an observer without air (pressure 0) and
 * without elevation, the centre of the sun at -0:50 and at -6; from civil noon in the zone to the culmination nearest to
 * it, then previous_rising and next_setting; none when further than half a day from it. Rounded to seconds. */
#include "light_fixture.h"

#include <math.h>

#define NONE NULL

static const struct {
        const char *zone;
        double lat, lon;
        const char *date;
        const char *want[THON_SUN_EVENTS];
} table[] = {
        {"Asia/Ho_Chi_Minh",
         21.0285,
         105.8542,
         "1950-01-01",
         {"1949-12-31T23:09:27Z", "1949-12-31T23:33:36Z", "1950-01-01T10:26:19Z", "1950-01-01T10:50:27Z"}},
        {"Asia/Ho_Chi_Minh",
         21.0285,
         105.8542,
         "1975-04-30",
         {"1975-04-29T22:04:17Z", "1975-04-29T22:27:25Z", "1975-04-30T11:20:38Z", "1975-04-30T11:43:49Z"}},
        {"Asia/Ho_Chi_Minh",
         21.0285,
         105.8542,
         "2026-03-20",
         {"2026-03-19T22:38:53Z", "2026-03-19T23:01:01Z", "2026-03-20T11:07:30Z", "2026-03-20T11:29:39Z"}},
        {"Asia/Ho_Chi_Minh",
         21.0285,
         105.8542,
         "2026-06-21",
         {"2026-06-20T21:51:10Z", "2026-06-20T22:15:58Z", "2026-06-21T11:40:43Z", "2026-06-21T12:05:31Z"}},
        {"Asia/Ho_Chi_Minh",
         21.0285,
         105.8542,
         "2026-11-21",
         {"2026-11-20T22:46:51Z", "2026-11-20T23:10:25Z", "2026-11-21T10:14:09Z", "2026-11-21T10:37:43Z"}},
        {"Asia/Ho_Chi_Minh",
         21.0285,
         105.8542,
         "2026-12-31",
         {"2026-12-30T23:09:01Z", "2026-12-30T23:33:09Z", "2026-12-31T10:25:43Z", "2026-12-31T10:49:52Z"}},
        {"Asia/Ho_Chi_Minh",
         21.0285,
         105.8542,
         "2027-01-01",
         {"2026-12-31T23:09:22Z", "2026-12-31T23:33:30Z", "2027-01-01T10:26:20Z", "2027-01-01T10:50:28Z"}},
        {"Asia/Ho_Chi_Minh",
         21.0285,
         105.8542,
         "2099-12-22",
         {"2099-12-21T23:05:06Z", "2099-12-21T23:29:19Z", "2099-12-22T10:20:41Z", "2099-12-22T10:44:54Z"}},
        {"Asia/Ho_Chi_Minh",
         8.6,
         104.72,
         "2026-01-15",
         {"2026-01-14T22:57:46Z", "2026-01-14T23:20:09Z", "2026-01-15T11:00:44Z", "2026-01-15T11:23:07Z"}},
        {"Asia/Ho_Chi_Minh",
         8.6,
         104.72,
         "2026-07-15",
         {"2026-07-14T22:27:08Z", "2026-07-14T22:49:45Z", "2026-07-15T11:24:24Z", "2026-07-15T11:47:00Z"}},
        {"Asia/Ho_Chi_Minh",
         23.36,
         105.31,
         "2028-02-29",
         {"2028-02-28T22:58:36Z", "2028-02-28T23:21:16Z", "2028-02-29T11:01:29Z", "2028-02-29T11:24:10Z"}},
        {"Asia/Ho_Chi_Minh",
         23.36,
         105.31,
         "2026-10-10",
         {"2026-10-09T22:31:00Z", "2026-10-09T22:53:37Z", "2026-10-10T10:37:44Z", "2026-10-10T11:00:21Z"}},
        {"Pacific/Kiritimati",
         1.87,
         -157.43,
         "1994-12-29",
         {"1994-12-29T16:08:53Z", "1994-12-29T16:31:23Z", "1994-12-30T04:32:27Z", "1994-12-30T04:54:57Z"}},
        {"Pacific/Kiritimati",
         1.87,
         -157.43,
         "1995-01-02",
         {"1995-01-01T16:10:20Z", "1995-01-01T16:32:48Z", "1995-01-02T04:33:55Z", "1995-01-02T04:56:22Z"}},
        {"Pacific/Kiritimati",
         1.87,
         -157.43,
         "2026-06-21",
         {"2026-06-20T16:01:55Z", "2026-06-20T16:24:29Z", "2026-06-21T04:38:20Z", "2026-06-21T05:00:55Z"}},
        {"Pacific/Kiritimati",
         1.87,
         -157.43,
         "2026-12-31",
         {"2026-12-30T16:09:24Z", "2026-12-30T16:31:53Z", "2026-12-31T04:32:58Z", "2026-12-31T04:55:26Z"}},
        {"Pacific/Kiritimati",
         1.87,
         -157.43,
         "2027-01-01",
         {"2026-12-31T16:09:53Z", "2026-12-31T16:32:21Z", "2027-01-01T04:33:27Z", "2027-01-01T04:55:55Z"}},
        {"Pacific/Apia",
         -13.83,
         -171.76,
         "2011-12-28",
         {"2011-12-28T16:36:58Z", "2011-12-28T17:00:28Z", "2011-12-29T05:56:49Z", "2011-12-29T06:20:18Z"}},
        {"Pacific/Apia",
         -13.83,
         -171.76,
         "2011-12-29",
         {"2011-12-29T16:37:32Z", "2011-12-29T17:01:01Z", "2011-12-30T05:57:14Z", "2011-12-30T06:20:42Z"}},
        {"Pacific/Apia", -13.83, -171.76, "2011-12-30", {NONE, NONE, NONE, NONE}},
        {"Pacific/Apia",
         -13.83,
         -171.76,
         "2011-12-31",
         {"2011-12-30T16:38:06Z", "2011-12-30T17:01:35Z", "2011-12-31T05:57:38Z", "2011-12-31T06:21:05Z"}},
        {"Pacific/Apia",
         -13.83,
         -171.76,
         "2026-07-01",
         {"2026-06-30T17:28:04Z", "2026-06-30T17:51:12Z", "2026-07-01T05:10:30Z", "2026-07-01T05:33:37Z"}},
        {"Pacific/Auckland",
         -36.85,
         174.76,
         "2026-04-05",
         {"2026-04-04T18:11:30Z", "2026-04-04T18:37:26Z", "2026-04-05T06:09:32Z", "2026-04-05T06:35:26Z"}},
        {"Pacific/Auckland",
         -36.85,
         174.76,
         "2026-09-27",
         {"2026-09-26T17:37:47Z", "2026-09-26T18:03:40Z", "2026-09-27T06:21:09Z", "2026-09-27T06:47:05Z"}},
        {"Pacific/Auckland",
         -36.85,
         174.76,
         "2026-12-21",
         {"2026-12-20T16:27:14Z", "2026-12-20T16:58:01Z", "2026-12-21T07:39:34Z", "2026-12-21T08:10:21Z"}},
        {"Pacific/Honolulu",
         21.31,
         -157.86,
         "2026-06-21",
         {"2026-06-21T15:25:32Z", "2026-06-21T15:50:24Z", "2026-06-22T05:16:18Z", "2026-06-22T05:41:10Z"}},
        {"Pacific/Honolulu",
         21.31,
         -157.86,
         "2026-12-31",
         {"2026-12-31T16:44:38Z", "2026-12-31T17:08:49Z", "2027-01-01T04:00:29Z", "2027-01-01T04:24:40Z"}},
        {"Europe/Berlin",
         52.52,
         13.4,
         "2027-03-27",
         {"2027-03-27T04:19:03Z", "2027-03-27T04:53:22Z", "2027-03-27T17:31:23Z", "2027-03-27T18:05:50Z"}},
        {"Europe/Berlin",
         52.52,
         13.4,
         "2027-03-28",
         {"2027-03-28T04:16:38Z", "2027-03-28T04:51:01Z", "2027-03-28T17:33:08Z", "2027-03-28T18:07:39Z"}},
        {"Europe/Berlin",
         52.52,
         13.4,
         "2027-10-30",
         {"2027-10-30T05:22:34Z", "2027-10-30T05:58:24Z", "2027-10-30T15:40:58Z", "2027-10-30T16:16:45Z"}},
        {"Europe/Berlin",
         52.52,
         13.4,
         "2027-10-31",
         {"2027-10-31T05:24:18Z", "2027-10-31T06:00:14Z", "2027-10-31T15:39:03Z", "2027-10-31T16:14:57Z"}},
        {"America/New_York",
         40.71,
         -74.01,
         "2026-03-08",
         {"2026-03-08T10:51:36Z", "2026-03-08T11:18:54Z", "2026-03-08T22:55:12Z", "2026-03-08T23:22:31Z"}},
        {"America/New_York",
         40.71,
         -74.01,
         "2026-11-01",
         {"2026-11-01T10:58:02Z", "2026-11-01T11:26:28Z", "2026-11-01T21:52:15Z", "2026-11-01T22:20:40Z"}},
        {"America/New_York",
         40.71,
         -74.01,
         "2026-12-21",
         {"2026-12-21T11:45:35Z", "2026-12-21T12:16:35Z", "2026-12-21T21:31:49Z", "2026-12-21T22:02:49Z"}},
        {"Australia/Lord_Howe",
         -31.55,
         159.08,
         "2026-04-05",
         {"2026-04-04T19:12:52Z", "2026-04-04T19:37:13Z", "2026-04-05T07:15:15Z", "2026-04-05T07:39:35Z"}},
        {"Australia/Lord_Howe",
         -31.55,
         159.08,
         "2026-10-04",
         {"2026-10-03T18:33:58Z", "2026-10-03T18:58:23Z", "2026-10-04T07:27:10Z", "2026-10-04T07:51:38Z"}},
        {"Asia/Kathmandu",
         27.72,
         85.32,
         "2026-08-08",
         {"2026-08-07T23:20:28Z", "2026-08-07T23:45:23Z", "2026-08-08T13:03:05Z", "2026-08-08T13:27:56Z"}},
        {"Asia/Urumqi",
         43.83,
         87.62,
         "2026-06-21",
         {"2026-06-20T21:51:05Z", "2026-06-20T22:27:17Z", "2026-06-21T13:55:17Z", "2026-06-21T14:31:29Z"}},
        {"Asia/Urumqi",
         43.83,
         87.62,
         "2026-12-21",
         {"2026-12-21T01:07:14Z", "2026-12-21T01:40:14Z", "2026-12-21T10:34:41Z", "2026-12-21T11:07:42Z"}},
        {"UTC",
         51.48,
         0.0,
         "2000-01-01",
         {"2000-01-01T07:25:40Z", "2000-01-01T08:05:38Z", "2000-01-01T16:01:07Z", "2000-01-01T16:41:05Z"}},
        {"UTC",
         51.48,
         0.0,
         "2026-06-21",
         {"2026-06-21T02:55:02Z", "2026-06-21T03:42:44Z", "2026-06-21T20:20:53Z", "2026-06-21T21:08:36Z"}},
        {"Europe/Helsinki",
         60.0,
         24.94,
         "1950-06-21",
         {"1950-06-20T23:08:49Z", "1950-06-21T00:55:37Z", "1950-06-21T19:47:56Z", "1950-06-21T21:34:51Z"}},
        {"Europe/Helsinki",
         60.0,
         24.94,
         "2000-12-21",
         {"2000-12-21T06:24:33Z", "2000-12-21T07:22:23Z", "2000-12-21T13:14:32Z", "2000-12-21T14:12:22Z"}},
        {"Europe/Helsinki",
         60.0,
         24.94,
         "2026-03-20",
         {"2026-03-20T03:40:49Z", "2026-03-20T04:22:19Z", "2026-03-20T16:34:28Z", "2026-03-20T17:16:09Z"}},
        {"Europe/Helsinki",
         60.0,
         24.94,
         "2026-06-21",
         {"2026-06-20T23:09:24Z", "2026-06-21T00:56:00Z", "2026-06-21T19:48:05Z", "2026-06-21T21:34:40Z"}},
        {"Europe/Helsinki",
         60.0,
         24.94,
         "2026-07-20",
         {"2026-07-20T00:21:14Z", "2026-07-20T01:33:44Z", "2026-07-20T19:18:02Z", "2026-07-20T20:29:22Z"}},
        {"Europe/Helsinki",
         60.0,
         24.94,
         "2026-12-21",
         {"2026-12-21T06:24:20Z", "2026-12-21T07:22:10Z", "2026-12-21T13:14:22Z", "2026-12-21T14:12:11Z"}},
        {"Europe/Helsinki",
         60.0,
         24.94,
         "2100-06-21",
         {"2100-06-20T23:09:59Z", "2100-06-21T00:56:19Z", "2100-06-21T19:48:08Z", "2100-06-21T21:34:26Z"}},
        {"America/Anchorage",
         60.0,
         -149.9,
         "2026-06-10",
         {"2026-06-10T11:01:17Z", "2026-06-10T12:38:22Z", "2026-06-11T07:20:38Z", "2026-06-11T08:59:08Z"}},
        {"America/Anchorage",
         60.0,
         -149.9,
         "2026-06-21",
         {"2026-06-21T10:48:51Z", "2026-06-21T12:35:28Z", "2026-06-22T07:27:31Z", "2026-06-22T09:14:01Z"}},
        {"America/Anchorage",
         60.0,
         -149.9,
         "2026-12-21",
         {"2026-12-21T18:03:57Z", "2026-12-21T19:01:47Z", "2026-12-22T00:53:58Z", "2026-12-22T01:51:47Z"}},
        {"Atlantic/South_Georgia",
         -60.0,
         -36.5,
         "2026-06-21",
         {"2026-06-21T10:33:58Z", "2026-06-21T11:31:47Z", "2026-06-21T17:23:54Z", "2026-06-21T18:21:43Z"}},
        {"Atlantic/South_Georgia",
         -60.0,
         -36.5,
         "2026-12-21",
         {"2026-12-21T03:11:26Z", "2026-12-21T04:57:59Z", "2026-12-21T23:50:16Z", "2026-12-22T01:36:53Z"}},
        {"Europe/Berlin", 69.65, 18.96, "2026-06-21", {NONE, NONE, NONE, NONE}},
        {"Europe/Berlin",
         69.65,
         18.96,
         "2026-12-21",
         {"2026-12-21T08:31:15Z", NONE, NONE, "2026-12-21T12:53:08Z"}},
        {"Europe/Berlin",
         69.65,
         18.96,
         "2026-03-20",
         {"2026-03-20T03:43:48Z", "2026-03-20T04:43:55Z", "2026-03-20T17:01:30Z", "2026-03-20T18:02:04Z"}},
        {"Europe/Berlin",
         69.65,
         18.96,
         "2026-05-15",
         {NONE, "2026-05-14T23:43:15Z", "2026-05-15T21:48:17Z", NONE}},
        {"Europe/Berlin",
         69.65,
         18.96,
         "2026-07-28",
         {NONE, "2026-07-27T23:43:14Z", "2026-07-28T21:47:45Z", NONE}},
        {"Europe/Berlin", 78.22, 15.63, "2026-01-15", {NONE, NONE, NONE, NONE}},
        {"Europe/Berlin",
         78.22,
         15.63,
         "2026-03-01",
         {"2026-03-01T05:37:44Z", "2026-03-01T07:27:03Z", "2026-03-01T14:55:17Z", "2026-03-01T16:45:14Z"}},
        {"Europe/Berlin", 78.22, 15.63, "2026-04-25", {NONE, NONE, NONE, NONE}},
        {"Europe/Berlin",
         78.22,
         15.63,
         "2026-10-20",
         {"2026-10-20T06:05:45Z", "2026-10-20T08:17:30Z", "2026-10-20T13:04:40Z", "2026-10-20T15:15:58Z"}},
        {"UTC", 90.0, 0.0, "2026-06-21", {NONE, NONE, NONE, NONE}},
        {"UTC", 90.0, 0.0, "2026-12-21", {NONE, NONE, NONE, NONE}},
        {"UTC", -90.0, 0.0, "2026-12-21", {NONE, NONE, NONE, NONE}},
};

static const char *const names[] = {"dawn", "rise", "set", "dusk"};

START_TEST(test_the_sun_is_where_the_ephemeris_has_it)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named(table[_i].zone);
        struct thon_place place = {table[_i].lat, table[_i].lon};

        for (int event = 0; event < THON_SUN_EVENTS; event++) {
                struct thon_wall got = {0};
                const char *want = table[_i].want[event];
                bool happens = thon_sun(zone, place, day(table[_i].date), (enum thon_sun_event)event, &got);

                ck_assert_msg(happens == (want != NULL), "%s %s %s: %s", table[_i].zone, table[_i].date,
                              names[event], happens ? "should not happen" : "should happen");
                if (!want)
                        continue;
                int64_t off = got.s - when(NULL, want).s;
                ck_assert_msg(llabs(off) <= (fabs(place.lat) <= 60 ? 2 : 20), "%s %s %s: %+lld s",
                              table[_i].zone, table[_i].date, names[event], (long long)off);
        }
}
END_TEST

START_TEST(test_what_does_not_happen_leaves_the_result_alone)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Europe/Berlin");
        struct thon_wall wall = {42};

        ck_assert(
                !thon_sun(zone, (struct thon_place){69.65, 18.96}, day("2026-06-21"), THON_SUN_SET, &wall));
        ck_assert_int_eq(wall.s, 42);
}
END_TEST

static const struct {
        const char *zone;
        double lat, lon;
} places[] = {
        {"Asia/Ho_Chi_Minh", 21.0285, 105.8542}, {"Pacific/Kiritimati", 1.87, -157.43},
        {"Pacific/Apia", -13.83, -171.76},       {"Pacific/Honolulu", 21.31, -157.86},
        {"Europe/Berlin", 52.52, 13.40},         {"America/New_York", 40.71, -74.01},
        {"Pacific/Auckland", -36.85, 174.76},    {"Asia/Urumqi", 43.83, 87.62},
        {"Pacific/Pago_Pago", -14.28, -170.7},   {"Asia/Kamchatka", 53.02, 158.65},
        {"America/Adak", 51.88, -176.65},        {"UTC", 51.48, 0},
};

/* The usual error of such code is a day too many or too few near the boundary of UTC. */
START_TEST(test_every_date_has_its_own_morning_and_evening)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named(places[_i].zone);
        struct thon_place place = {places[_i].lat, places[_i].lon};
        struct thon_wall before = {0};

        for (int32_t date = day("2011-06-01"); date < day("2013-06-01"); date++) {
                struct thon_wall at[THON_SUN_EVENTS];

                /* Left out at the date line. */
                if (thon_zone_civil(zone, thon_zone_instant(zone, date, 43200)).days != date)
                        continue;
                for (int event = 0; event < THON_SUN_EVENTS; event++) {
                        ck_assert(thon_sun(zone, place, date, (enum thon_sun_event)event, &at[event]));
                        ck_assert_msg(thon_zone_civil(zone, at[event]).days == date,
                                      "%s %s on another date than %d", places[_i].zone, names[event], date);
                        ck_assert(event == 0 || thon_wall_before(at[event - 1], at[event]));
                }
                if (before.s)
                        ck_assert_msg(llabs(at[THON_SUN_SET].s - before.s - 86400) < 240, "%s day %d",
                                      places[_i].zone, date);
                before = at[THON_SUN_SET];
        }
}
END_TEST

START_TEST(test_a_zone_far_from_its_place_still_has_one_evening_a_day)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        struct thon_wall before, at;

        for (int lon = -180; lon <= 180; lon += 15) {
                struct thon_place place = {21, lon};

                /* Where the noons of sun and clock are half a day apart, none is nearest. */
                if (lon >= -90 && lon <= -60)
                        continue;
                ck_assert(thon_sun(zone, place, 20000, THON_SUN_SET, &before));
                for (int32_t date = 20001; date < 20366; date++, before = at) {
                        ck_assert(thon_sun(zone, place, date, THON_SUN_SET, &at));
                        ck_assert_msg(llabs(at.s - before.s - 86400) < 120, "longitude %d, day %d", lon,
                                      date);
                }
        }
}
END_TEST

START_TEST(test_no_place_and_no_date_harms)
{
        static const double odd[] = {0, 90, -90, 180, -180, 1e9, -1e300, INFINITY, NAN};
        static const int32_t dates[] = {0, -700000, 2900000, INT32_MAX, INT32_MIN};
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        struct thon_wall wall;

        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
                for (size_t j = 0; j < sizeof odd / sizeof *odd; j++)
                        for (size_t k = 0; k < sizeof dates / sizeof *dates; k++)
                                for (int event = 0; event < THON_SUN_EVENTS; event++)
                                        (void)thon_sun(zone, (struct thon_place){odd[i], odd[j]}, dates[k],
                                                       (enum thon_sun_event)event, &wall);
        ck_assert(!thon_sun(zone, (struct thon_place){NAN, 105}, 20000, THON_SUN_SET, &wall));
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

int main(void)
{
        Suite *suite = suite_create("sun");
        TCase *tc = tcase_create("sun");

        tcase_set_timeout(tc, 60);
        tcase_add_loop_test(tc, test_the_sun_is_where_the_ephemeris_has_it, 0, COUNT(table));
        tcase_add_test(tc, test_what_does_not_happen_leaves_the_result_alone);
        tcase_add_loop_test(tc, test_every_date_has_its_own_morning_and_evening, 0, COUNT(places));
        tcase_add_test(tc, test_a_zone_far_from_its_place_still_has_one_evening_a_day);
        tcase_add_test(tc, test_no_place_and_no_date_harms);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

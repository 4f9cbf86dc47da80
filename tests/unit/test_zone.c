/* Civil time. The C library is the independent witness for offsets; what it cannot say (skipped and doubled
 * times) is held against the definition. The zones are those of the tz database on the machine. */
#include "thon/cleanup.h"
#include "thon/zone.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t seed;

static uint64_t next_random(void)
{
        /* splitmix64 */
        uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

static size_t read_zone(const char *name, uint8_t *buf, size_t size)
{
        char path[128];
        (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
        FILE *file = fopen(path, "rbe");
        ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
        size_t n = fread(buf, 1, size, file);
        (void)fclose(file);
        return n;
}

static struct thon_zone *zone_named(const char *name)
{
        uint8_t buf[65536];
        struct thon_zone *zone = NULL;
        size_t n = read_zone(name, buf, sizeof buf);

        ck_assert_int_eq(thon_zone_parse(buf, n, &zone), THON_ZONE_OK);
        return zone;
}

static struct thon_wall at(const struct thon_zone *zone, const char *text)
{
        struct thon_wall wall;

        ck_assert_msg(thon_time_parse(zone, text, &wall), "%s", text);
        return wall;
}

static void assert_instant(const struct thon_zone *zone, const char *civil, const char *want)
{
        char buf[THON_TIME_TEXT];

        ck_assert_str_eq(thon_time_text(zone, at(zone, civil), buf), want);
        ck_assert_int_eq(at(NULL, want).s, at(zone, civil).s);
}

static const char *const zones[] = {
        "Asia/Ho_Chi_Minh",  "UTC",
        "America/New_York",  "Europe/Dublin",
        "Europe/London",     "Australia/Lord_Howe",
        "Asia/Kathmandu",    "Pacific/Kiritimati",
        "Pacific/Apia",      "America/Santiago",
        "Africa/Casablanca", "America/Nuuk",
        "Asia/Gaza",         "Antarctica/Troll",
        "Asia/Tehran",       "Pacific/Auckland",
        "Pacific/Chatham",   "America/Sao_Paulo",
        "Europe/Chisinau",   "Asia/Pyongyang",
        "Africa/Monrovia",   "America/St_Johns",
        "Europe/Paris",      "Asia/Singapore",
        "Pacific/Kwajalein", "America/Havana",
        "Africa/Cairo",      "Asia/Hong_Kong",
        "America/Asuncion",  "Europe/Lisbon",
};

START_TEST(test_offsets_agree_with_the_c_library)
{
        struct thon_zone *zone = zone_named(zones[_i]);

        ck_assert_int_eq(setenv("TZ", zones[_i], 1), 0);
        tzset();
        for (int i = 0; i < 20000; i++) {
                /* 1850 .. 2400 */
                time_t t = (time_t)(-3786912000 + (int64_t)(next_random() % UINT64_C(17356000000)));
                struct tm tm;

                ck_assert_ptr_nonnull(localtime_r(&t, &tm));
                ck_assert_msg(thon_zone_offset(zone, (struct thon_wall){t}) == tm.tm_gmtoff,
                              "%s at %lld: %d, C library %ld (seed %llu)", zones[_i], (long long)t,
                              thon_zone_offset(zone, (struct thon_wall){t}), tm.tm_gmtoff,
                              (unsigned long long)seed);

                struct thon_civil civil = thon_zone_civil(zone, (struct thon_wall){t});
                struct thon_date date = thon_date_of(civil.days);
                ck_assert(date.year == tm.tm_year + 1900 && date.month == tm.tm_mon + 1 &&
                          date.day == tm.tm_mday);
                ck_assert_int_eq(civil.second, tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
        }
        thon_zone_free(zone);
}
END_TEST

/* An instant has the civil time that was asked for and none before it has; or no instant has it, and this is
 * the first one with a later civil time. */
START_TEST(test_the_instant_of_a_civil_time_is_the_first_that_reaches_it)
{
        struct thon_zone *zone = zone_named(zones[_i]);

        for (int i = 0; i < 4000; i++) {
                int32_t days = (int32_t)(next_random() % 80000) - 25000,
                        second = (int32_t)(next_random() % 86400);
                int64_t wanted = days * INT64_C(86400) + second;
                struct thon_wall t = thon_zone_instant(zone, days, second);

                ck_assert_int_ge(t.s + thon_zone_offset(zone, t), wanted);
                for (int64_t back = 1; back < 200000; back = back < 7200 ? back + 311 : back * 2) {
                        struct thon_wall before = {t.s - back};
                        ck_assert_msg(before.s + thon_zone_offset(zone, before) < wanted,
                                      "%s day %d second %d is reached %lld s earlier (seed %llu)", zones[_i],
                                      days, second, (long long)back, (unsigned long long)seed);
                }
                if (t.s + thon_zone_offset(zone, t) > wanted)
                        ck_assert_int_ne(thon_zone_offset(zone, t),
                                         thon_zone_offset(zone, (struct thon_wall){t.s - 1}));
        }
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_vietnam_keeps_one_time)
{
        struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");

        assert_instant(zone, "2026-11-21T17:31", "2026-11-21T17:31:00+07:00");
        assert_instant(zone, "2199-07-01 05:00:09", "2199-07-01T05:00:09+07:00");
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_a_skipped_time_is_the_jump_and_a_doubled_one_the_first)
{
        struct thon_zone *zone = zone_named("Europe/Berlin");

        assert_instant(zone, "2027-03-28T02:00:00", "2027-03-28T03:00:00+02:00");
        assert_instant(zone, "2027-03-28T02:30:00", "2027-03-28T03:00:00+02:00");
        assert_instant(zone, "2027-03-28T02:59:59", "2027-03-28T03:00:00+02:00");
        assert_instant(zone, "2027-03-28T03:00:01", "2027-03-28T03:00:01+02:00");
        assert_instant(zone, "2027-10-31T02:30:00", "2027-10-31T02:30:00+02:00");
        assert_instant(zone, "2027-10-31T03:00:00", "2027-10-31T03:00:00+01:00");
        /* Beyond the table: only the footer's rule knows. */
        assert_instant(zone, "2090-03-26T02:30:00", "2090-03-26T03:00:00+02:00");
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_samoa_had_no_30_december_2011)
{
        struct thon_zone *zone = zone_named("Pacific/Apia");

        assert_instant(zone, "2011-12-29T23:59:59", "2011-12-29T23:59:59-10:00");
        assert_instant(zone, "2011-12-30T12:00:00", "2011-12-31T00:00:00+14:00");
        assert_instant(zone, "2011-12-31T00:00:00", "2011-12-31T00:00:00+14:00");
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_midnight_at_the_end_of_a_day_is_the_next_days_first)
{
        struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");

        ck_assert_int_eq(thon_zone_instant(zone, 20000, 86400).s, thon_zone_instant(zone, 20001, 0).s);
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_fixed_zones)
{
        struct thon_zone *zone = NULL;
        char buf[THON_TIME_TEXT];

        ck_assert_int_eq(thon_zone_fixed(-34200, &zone), 0);
        ck_assert_str_eq(thon_time_text(zone, (struct thon_wall){0}, buf), "1969-12-31T14:30:00-09:30");
        zone = thon_zone_free(zone);
        ck_assert_int_eq(thon_zone_fixed(26 * 3600 + 1, &zone), THON_ZONE_INVALID);
        ck_assert_ptr_null(zone);
        ck_assert_ptr_null(thon_zone_free(NULL));
}
END_TEST

START_TEST(test_the_ends_of_time_are_defined)
{
        struct thon_zone *zone = zone_named("America/New_York");
        char buf[THON_TIME_TEXT];

        ck_assert_int_eq(thon_zone_offset(zone, THON_WALL_NEVER), -18000);
        (void)thon_zone_civil(zone, (struct thon_wall){INT64_MIN});
        ck_assert_uint_lt(strlen(thon_time_text(zone, THON_WALL_NEVER, buf)), THON_TIME_TEXT);
        ck_assert_uint_lt(strlen(thon_time_text(zone, (struct thon_wall){INT64_MIN}, buf)), THON_TIME_TEXT);
        (void)thon_zone_instant(zone, INT32_MAX, 86400);
        (void)thon_zone_instant(zone, INT32_MIN, 0);
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_local_mean_time_still_means_its_instant)
{
        struct thon_zone *zone = zone_named("Asia/Ho_Chi_Minh");
        struct thon_wall t = {-2400000000}; /* 1893: +07:06:30 or so */
        char buf[THON_TIME_TEXT];

        ck_assert_int_ne(thon_zone_offset(zone, t) % 60, 0);
        ck_assert_int_eq(at(NULL, thon_time_text(zone, t, buf)).s, t.s);
        thon_zone_free(zone);
}
END_TEST

static const struct {
        const char *text;
        int64_t want;
} times[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:01z", 1},
        {"1970-01-01 00:00:00+00:00", 0},
        {"1970-01-01T07:00:00+07:00", 0},
        {"1969-12-31T19:00:00-05:00", 0},
        {"1970-01-01T00:00:00.999999999Z", 0},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"0000-01-01T00:00:00Z", -62167219200},
};

START_TEST(test_times_as_rfc_3339_writes_them)
{
        struct thon_wall wall;

        ck_assert(thon_time_parse(NULL, times[_i].text, &wall));
        ck_assert_int_eq(wall.s, times[_i].want);
}
END_TEST

static const char *const not_times[] = {
        "",
        "now",
        "2026-11-21",
        "2026-11-21T",
        "2026-11-21T17",
        "2026-11-21T17:31+07:00",
        "2026-11-21T17:31Z",
        "2026-11-21T17:31:00",
        "2026-11-21T24:00:00Z",
        "2026-11-21T17:60:00Z",
        "2026-11-21T17:31:61Z",
        "2026-11-21T17:31:5Z",
        "2026-11-21T17:31:00.Z",
        "2026-11-21T17:31:00.5",
        "2026-11-21T17:31:00+0700",
        "2026-11-21T17:31:00+07",
        "2026-11-21T17:31:00+24:00",
        "2026-11-21T17:31:00+07:00x",
        "2026-11-21T17:31:00Zx",
        "2026-02-29T17:31:00Z",
        "2026-11-21_17:31:00Z",
        " 2026-11-21T17:31:00Z",
        "20261121T173100Z",
};

START_TEST(test_anything_else_is_no_time)
{
        struct thon_wall wall = {42};

        ck_assert_msg(!thon_time_parse(NULL, not_times[_i], &wall), "\"%s\" was taken", not_times[_i]);
        ck_assert_int_eq(wall.s, 42);
}
END_TEST

/* ---- hostile files ---- */

START_TEST(test_a_file_cut_short_anywhere_is_refused)
{
        uint8_t whole[65536];
        size_t n = read_zone("Europe/Berlin", whole, sizeof whole);

        for (size_t length = 0; length < n; length++) {
                /* Its own allocation, so that a sanitizer sees the first byte read past it. */
                _cleanup_free_ uint8_t *cut = malloc(length ? length : 1);
                struct thon_zone *zone = NULL;

                memcpy(cut, whole, length);
                ck_assert_msg(thon_zone_parse(cut, length, &zone) == THON_ZONE_INVALID, "cut at %zu",
                              length);
                ck_assert_ptr_null(zone);
        }
}
END_TEST

START_TEST(test_a_file_with_wrong_bytes_never_harms)
{
        uint8_t whole[65536];
        size_t n = read_zone("America/Santiago", whole, sizeof whole);

        for (int round = 0; round < 5000; round++) {
                _cleanup_free_ uint8_t *bad = malloc(n);
                struct thon_zone *zone = NULL;

                memcpy(bad, whole, n);
                for (int i = 0; i < 4; i++)
                        bad[next_random() % n] = (uint8_t)next_random();
                int r = thon_zone_parse(bad, n, &zone);
                ck_assert(r == THON_ZONE_OK || r == THON_ZONE_INVALID);
                if (r == THON_ZONE_OK) {
                        struct thon_civil civil =
                                thon_zone_civil(zone, (struct thon_wall){(int64_t)next_random()});
                        ck_assert(civil.second >= 0 && civil.second < 86400);
                        (void)thon_zone_instant(zone, (int32_t)next_random(), 3600);
                }
                thon_zone_free(zone);
        }
}
END_TEST

START_TEST(test_a_file_over_64_kib_is_refused)
{
        static uint8_t big[65537];
        struct thon_zone *zone = NULL;

        (void)read_zone("Europe/Berlin", big, sizeof big);
        ck_assert_int_eq(thon_zone_parse(big, sizeof big, &zone), THON_ZONE_INVALID);
}
END_TEST

/* A TZif file of version 3 with one type, no transition and this footer. */
static int parse_footer(const char *footer, struct thon_zone **ret)
{
        static const uint8_t head[44] = {'T', 'Z', 'i', 'f', '3', [39] = 1, [43] = 4};
        static const uint8_t types[6 + 4] = {0, 0, 0, 0, 0, 0, 'U', 'T', 'C', 0};
        uint8_t file[256];
        size_t n = 0;

        for (int block = 0; block < 2; block++) {
                memcpy(file + n, head, sizeof head);
                memcpy(file + n + sizeof head, types, sizeof types);
                n += sizeof head + sizeof types;
        }
        n += (size_t)snprintf((char *)file + n, sizeof file - n, "\n%s\n", footer);
        return thon_zone_parse(file, n, ret);
}

static const struct {
        const char *footer, *utc, *want;
} footers[] = {
        {"<+07>-7", "2026-06-01T00:00:00Z", "2026-06-01T07:00:00+07:00"},
        {"", "2026-06-01T00:00:00Z", "2026-06-01T00:00:00+00:00"},
        {"NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-01-01T00:00:00Z", "2026-01-01T13:00:00+13:00"},
        {"NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-07-01T00:00:00Z", "2026-07-01T12:00:00+12:00"},
        /* Dublin's winter time is the "daylight saving" one, and goes back */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-31T12:00:00Z", "2026-12-31T12:00:00+00:00"},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T12:00:00Z", "2026-07-01T13:00:00+01:00"},
        /* all year long */
        {"EST5EDT,0/0,J365/25", "2026-01-01T04:59:59Z", "2026-01-01T00:59:59-04:00"},
        {"EST5EDT,0/0,J365/25", "2028-12-31T23:30:00Z", "2028-12-31T19:30:00-04:00"},
        /* a change before its own day */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", "2026-03-28T22:59:59-02:00"},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", "2026-03-29T00:00:00-01:00"},
        /* Jn does not count 29 February, n does */
        {"AAA0BBB,J60/0,J300/0", "2028-02-29T23:59:59Z", "2028-02-29T23:59:59+00:00"},
        {"AAA0BBB,J60/0,J300/0", "2028-03-01T00:00:00Z", "2028-03-01T01:00:00+01:00"},
        {"AAA0BBB,59/0,300/0", "2028-02-29T00:00:00Z", "2028-02-29T01:00:00+01:00"},
};

START_TEST(test_the_rule_of_the_footer)
{
        struct thon_zone *zone = NULL;
        char buf[THON_TIME_TEXT];

        ck_assert_int_eq(parse_footer(footers[_i].footer, &zone), THON_ZONE_OK);
        ck_assert_str_eq(thon_time_text(zone, at(NULL, footers[_i].utc), buf), footers[_i].want);
        thon_zone_free(zone);
}
END_TEST

static const char *const not_footers[] = {
        "UTC",
        "AB0",
        "<+0>-7",
        "<+07-7",
        "UTC25",
        "UTC0x",
        "UTC0:60",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,J0,J100",
        "EST5EDT,J366,J100",
        "EST5EDT,366,100",
        "EST5EDT,M3.2.0/168,M11.1.0",
        "EST5EDT,M3.2.0,M11.1.0,",
        "EST99999999999999999999EDT",
};

START_TEST(test_a_footer_that_is_no_rule_makes_the_file_invalid)
{
        struct thon_zone *zone = NULL;

        ck_assert_msg(parse_footer(not_footers[_i], &zone) == THON_ZONE_INVALID, "%s", not_footers[_i]);
        ck_assert_ptr_null(zone);
}
END_TEST

/* A file of version 1: one change of offset at 1000 s, and a leap second counted from 500 s on. */
START_TEST(test_version_1_and_leap_seconds)
{
        static const uint8_t file[] = {
                'T', 'Z', 'i',  'f',  0, [31] = 1, [35] = 1, [39] = 2, [43] = 4, /* counts */
                0,   0,   0x03, 0xe8, 1,                                         /* change */
                0,   0,   0,    0,    0, 0,                                      /* UTC */
                0,   0,   0x0e, 0x10, 0, 0,                                      /* +1 h */
                'U', 'T', 'C',  0,    0, 0,        0x01,     0xf4,     0,        0, 0, 1};
        struct thon_zone *zone = NULL;

        ck_assert_int_eq(thon_zone_parse(file, sizeof file, &zone), THON_ZONE_OK);
        ck_assert_int_eq(thon_zone_offset(zone, (struct thon_wall){998}), 0);
        ck_assert_int_eq(thon_zone_offset(zone, (struct thon_wall){999}), 3600);
        thon_zone_free(zone);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

int main(void)
{
        const char *given = getenv("THON_SEED");
        seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
        printf("THON_SEED=%llu\n", (unsigned long long)seed);

        Suite *suite = suite_create("zone");
        TCase *tc = tcase_create("zone");
        tcase_set_timeout(tc, 60);
        tcase_add_loop_test(tc, test_offsets_agree_with_the_c_library, 0, COUNT(zones));
        tcase_add_loop_test(tc, test_the_instant_of_a_civil_time_is_the_first_that_reaches_it, 0,
                            COUNT(zones));
        tcase_add_test(tc, test_vietnam_keeps_one_time);
        tcase_add_test(tc, test_a_skipped_time_is_the_jump_and_a_doubled_one_the_first);
        tcase_add_test(tc, test_samoa_had_no_30_december_2011);
        tcase_add_test(tc, test_midnight_at_the_end_of_a_day_is_the_next_days_first);
        tcase_add_test(tc, test_fixed_zones);
        tcase_add_test(tc, test_the_ends_of_time_are_defined);
        tcase_add_test(tc, test_local_mean_time_still_means_its_instant);
        tcase_add_loop_test(tc, test_times_as_rfc_3339_writes_them, 0, COUNT(times));
        tcase_add_loop_test(tc, test_anything_else_is_no_time, 0, COUNT(not_times));
        tcase_add_test(tc, test_version_1_and_leap_seconds);
        tcase_add_test(tc, test_a_file_cut_short_anywhere_is_refused);
        tcase_add_test(tc, test_a_file_with_wrong_bytes_never_harms);
        tcase_add_test(tc, test_a_file_over_64_kib_is_refused);
        tcase_add_loop_test(tc, test_the_rule_of_the_footer, 0, COUNT(footers));
        tcase_add_loop_test(tc, test_a_footer_that_is_no_rule_makes_the_file_invalid, 0, COUNT(not_footers));
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

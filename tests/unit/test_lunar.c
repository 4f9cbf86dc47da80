/* The Vietnamese lunar calendar against an independent computation, and against what everybody in Vietnam knows.
 *
 * The table was computed with PyEphem 4.1.4: new moons (next_new_moon), the sun's apparent longitude (g_ra, g_dec turned
 * to the ecliptic of date) at the midnights of UTC+7, and the rules as include/thon/lunar.h has them. A word is a lunar
 * year: bit i is set when its month i (in order of time, the leap one included) has 30 days; bits 13..16 the number of
 * the leap month, 0 none; bits 17..22 the days from 1 January to mùng 1 Tết. From 1968 on, when the official calendar
 * took Hanoi's time, it agrees with the printed tables of Hồ Ngọc Đức up to 2053. */
#include "thon/lunar.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

static const uint32_t years[] = {
        0x3d16d2, 0x620752, 0x4c06a5, 0x36b64b, 0x5c064b,
        0x440c9b, 0x30955a, 0x56056a, 0x400b69, 0x2a5752, /* 1900 */
        0x500b52, 0x3adb25, 0x600b25, 0x480a4b, 0x32b4ab,
        0x5802ad, 0x42056d, 0x2c6b69, 0x520da9, 0x3efd92, /* 1910 */
        0x640e92, 0x4c0d25, 0x36da4d, 0x5c0a56, 0x4602b6,
        0x2e95b5, 0x5606d4, 0x400ea9, 0x2c5e92, 0x500e92, /* 1920 */
        0x3acd26, 0x5e052b, 0x480a57, 0x32b4d6, 0x58035a,
        0x4206d5, 0x2e76c9, 0x520749, 0x3d1693, 0x620a95, /* 1930 */
        0x4c052b, 0x34ca5b, 0x5a0aad, 0x46056a, 0x309b65,
        0x560ba4, 0x400b49, 0x2a5a95, 0x500a95, 0x38f52d, /* 1940 */
        0x5e0556, 0x480ab5, 0x34b5aa, 0x5805d2, 0x420da5,
        0x2e7d4a, 0x540e4a, 0x3d0c96, 0x600a97, 0x4c0556, /* 1950 */
        0x36cab5, 0x5a0ad9, 0x4606d2, 0x308ea5, 0x560725,
        0x3e064b, 0x286c97, 0x4e049b, 0x38e55b, 0x5c056b, /* 1960 */
        0x480b69, 0x34b752, 0x5a0b52, 0x420b25, 0x2c9a4b,
        0x520a4d, 0x3d14ab, 0x6002ad, 0x4a05ad, 0x36cb6a, /* 1970 */
        0x5c0da9, 0x460d92, 0x309d25, 0x560d25, 0x400a55,
        0x2854ad, 0x4e04b6, 0x38e5b5, 0x5e06d5, 0x480ec9, /* 1980 */
        0x34be92, 0x5a0e92, 0x440d26, 0x2c6a56, 0x500a57,
        0x3d1556, 0x62056a, 0x4a0b55, 0x36b6c9, 0x5c0749, /* 1990 */
        0x460693, 0x2e952b, 0x54052b, 0x3e0a5b, 0x2a555a,
        0x4e056a, 0x38eb65, 0x5e0ba5, 0x4a0d49, 0x32ba95, /* 2000 */
        0x580a95, 0x42052d, 0x2c8aad, 0x500ab5, 0x3d35aa,
        0x6205d2, 0x4c0da5, 0x36dd4a, 0x5c0e4a, 0x460c96, /* 2010 */
        0x30992e, 0x540556, 0x3e0ab5, 0x2a55b2, 0x5006d2,
        0x38cea5, 0x5e0725, 0x48064b, 0x32ac97, 0x5604ab, /* 2020 */
        0x40055b, 0x2c6ada, 0x520b6a, 0x3d7752, 0x620b92,
        0x4c0b25, 0x36da4b, 0x5a0a4d, 0x4404ad, 0x2ea95b, /* 2030 */
        0x5405ad, 0x3e0baa, 0x2a5b52, 0x500d92, 0x3afd25,
        0x5e0d25, 0x480a55, 0x32b4ad, 0x5804b6, 0x4006b5, /* 2040 */
        0x2c6daa, 0x520eca, 0x3f0e92, 0x600e93, 0x4c0d26,
        0x36ca56, 0x5a0a5b, 0x44055a, 0x2e8ad5, 0x540b55, /* 2050 */
        0x40074a, 0x286e93, 0x4e0a93, 0x38f52b, 0x5e052b,
        0x460a9b, 0x32b55a, 0x58056a, 0x420b65, 0x2c974a, /* 2060 */
        0x520d4a, 0x3d1a95, 0x620c95, 0x4a092d, 0x34caad,
        0x5a0ab5, 0x4605aa, 0x2e8da5, 0x540ea5, 0x400d4a, /* 2070 */
        0x2a7d15, 0x4e0c96, 0x38f956, 0x5e0556, 0x480ab5,
        0x32b6b4, 0x5806d4, 0x420ea5, 0x2e8e8a, 0x50068b, /* 2080 */
        0x3b1497, 0x6004ab, 0x4a095b, 0x34cada, 0x5a0b6a,
        0x460754, 0x309725, 0x540b45, 0x3e0a8b, 0x28552b, /* 2090 */
        0x4e04ad, 0x38e96b, 0x5e05b5, 0x4a0daa, 0x36bb54,
        0x5a0da2, 0x440d45, 0x2e9a8d, 0x540a95, 0x3d34ad, /* 2100 */
        0x6204d6, 0x4c0ab5, 0x38cdaa, 0x5c0eca, 0x480ea2,
        0x329d46, 0x580d4a, 0x400a96, 0x2a7536, 0x50055a, /* 2110 */
        0x3aead5, 0x5e0b65, 0x4a0752, 0x34aea5, 0x5a0aa5,
        0x42054b, 0x2c8a97, 0x520aab, 0x3f755a, 0x62056a, /* 2120 */
        0x4c0b69, 0x38db52, 0x5e0d52, 0x460b15, 0x30ba4b,
        0x56094d, 0x400aad, 0x2a556a, 0x5005b2, 0x3aeda9, /* 2130 */
        0x600ea9, 0x4a0d92, 0x34bd15, 0x5a0d26, 0x440956,
        0x2c92ad, 0x520ad6, 0x3e06d4, 0x282da9, 0x4c0ea9, /* 2140 */
        0x38ce92, 0x5c068b, 0x460527, 0x2ea957, 0x54095b,
        0x400ada, 0x2c76d4, 0x500754, 0x3af749, 0x600b49, /* 2150 */
        0x4a0a93, 0x32d52b, 0x58052d, 0x42096d, 0x2e936a,
        0x520daa, 0x3f5ba4, 0x640da4, 0x4e0d49, 0x36da95, /* 2160 */
        0x5c0a96, 0x46052e, 0x30aaad, 0x540ab5, 0x4005aa,
        0x2a7da5, 0x520ea4, 0x3afd4a, 0x600d4a, 0x4a0a96, /* 2170 */
        0x34d536, 0x58055a, 0x420ad5, 0x2e96ca, 0x540752,
        0x3c0ea5, 0x28564a, 0x4c064b, 0x36ca97, 0x5a0aab, /* 2180 */
        0x46055a, 0x30ab55, 0x560ba9, 0x400b52, 0x2a7b25,
        0x500b25, 0x3afa4b, 0x5e0a4d, 0x4802ad, 0x32d56b, /* 2190 */
};

static int32_t day(int year, int month, int date)
{
        return thon_date_days((struct thon_date){(int16_t)year, (int8_t)month, (int8_t)date});
}

static struct thon_lunar lunar(int date, int month, bool leap, int year)
{
        return (struct thon_lunar){(int16_t)year, (int8_t)month, (int8_t)date, leap};
}

static bool same(struct thon_lunar a, struct thon_lunar b)
{
        return a.year == b.year && a.month == b.month && a.day == b.day && a.leap == b.leap;
}

START_TEST(test_every_day_of_three_centuries_and_back)
{
        int32_t next = day(1900, 1, 31);

        ck_assert_int_eq(next, THON_LUNAR_MIN_DAYS);
        for (int year = 1900; year < 2200; year++) {
                uint32_t word = years[year - 1900];
                int leap = word >> 13 & 15, n = leap ? 13 : 12;

                ck_assert_int_eq(next, day(year, 1, 1) + (int)(word >> 17));
                for (int i = 0; i < n; i++) {
                        struct thon_lunar want = {(int16_t)year, (int8_t)(leap && i >= leap ? i : i + 1), 1,
                                                  leap && i == leap};
                        int length = word >> i & 1 ? 30 : 29;

                        for (; want.day <= length; want.day++, next++) {
                                struct thon_lunar got;
                                int32_t back = 0;

                                if (next > THON_LUNAR_MAX_DAYS) {
                                        ck_assert(!thon_lunar_of(next, &got));
                                        ck_assert(!thon_lunar_days(want, &back));
                                        continue;
                                }
                                ck_assert(thon_lunar_of(next, &got));
                                ck_assert_msg(same(got, want), "day %d: %d/%d%s/%d, not %d/%d%s/%d", next,
                                              got.day, got.month, got.leap ? "L" : "", got.year, want.day,
                                              want.month, want.leap ? "L" : "", want.year);
                                /* The way back at the ends of each month; in between it is an addition. */
                                if (want.day != 1 && want.day != 15 && want.day != length)
                                        continue;
                                ck_assert(thon_lunar_days(want, &back));
                                ck_assert_int_eq(back, next);
                        }
                        ck_assert(!thon_lunar_days(want, &(int32_t){0}));
                }
        }
}
END_TEST

START_TEST(test_tet_as_people_remember_it)
{
        static const struct thon_date tet[] = {
                {1968, 1, 29}, {1975, 2, 11}, {1985, 1, 21}, {1986, 2, 9},  {2000, 2, 5},  {2007, 2, 17},
                {2020, 1, 25}, {2021, 2, 12}, {2022, 2, 1},  {2023, 1, 22}, {2024, 2, 10}, {2025, 1, 29},
                {2026, 2, 17}, {2027, 2, 6},  {2028, 1, 26}, {2029, 2, 13}, {2030, 2, 2},  {2031, 1, 23},
        };

        for (size_t i = 0; i < sizeof tet / sizeof *tet; i++) {
                int32_t got = 0;
                ck_assert(thon_lunar_tet(tet[i].year, &got));
                ck_assert_int_eq(got, thon_date_days(tet[i]));
        }
}
END_TEST

/* Years in which Beijing, an hour ahead, keeps another new year or another leap month. */
START_TEST(test_where_the_chinese_calendar_differs)
{
        static const struct {
                int year;
                struct thon_date tet, beijing;
        } differ[] = {
                {1968, {1968, 1, 29}, {1968, 1, 30}}, {1969, {1969, 2, 16}, {1969, 2, 17}},
                {1985, {1985, 1, 21}, {1985, 2, 20}}, {2007, {2007, 2, 17}, {2007, 2, 18}},
                {2030, {2030, 2, 2}, {2030, 2, 3}},   {2053, {2053, 2, 18}, {2053, 2, 19}},
                {2148, {2148, 1, 21}, {2148, 2, 20}},
        };
        int32_t days;

        for (size_t i = 0; i < sizeof differ / sizeof *differ; i++) {
                ck_assert(thon_lunar_tet(differ[i].year, &days));
                ck_assert_int_eq(days, thon_date_days(differ[i].tet));
                ck_assert_int_ne(days, thon_date_days(differ[i].beijing));
        }
        /* Beijing's leap months of these years were 10 of 1984 and 6 of 1987. */
        ck_assert(!thon_lunar_days(lunar(1, 10, true, 1984), &days));
        ck_assert(thon_lunar_days(lunar(1, 2, true, 1985), &days));
        ck_assert_int_eq(days, day(1985, 3, 21));
        ck_assert(!thon_lunar_days(lunar(1, 6, true, 1987), &days));
        ck_assert(thon_lunar_days(lunar(1, 7, true, 1987), &days));
}
END_TEST

START_TEST(test_days_of_the_year)
{
        static const struct {
                struct thon_date date;
                struct thon_lunar lunar;
        } known[] = {
                {{2026, 11, 21}, {2026, 10, 13, false}},
                {{2025, 10, 6}, {2025, 8, 15, false}}, /* Trung thu */
                {{2025, 7, 25}, {2025, 6, 1, true}},
                {{2024, 4, 18}, {2024, 3, 10, false}},  /* Giỗ Tổ */
                {{2027, 1, 30}, {2026, 12, 23, false}}, /* ông Táo */
                {{2027, 2, 5}, {2026, 12, 29, false}},  /* giao thừa: no day 30 that year */
                {{2023, 3, 22}, {2023, 2, 1, true}},
                {{2033, 12, 22}, {2033, 11, 1, true}},
        };

        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
                struct thon_lunar got;
                ck_assert(thon_lunar_of(thon_date_days(known[i].date), &got));
                ck_assert_msg(same(got, known[i].lunar), "%d-%d-%d is %d/%d%s/%d", known[i].date.year,
                              known[i].date.month, known[i].date.day, got.day, got.month,
                              got.leap ? "L" : "", got.year);
        }
}
END_TEST

START_TEST(test_dates_that_do_not_exist)
{
        int32_t days = 42;

        ck_assert(!thon_lunar_days(lunar(30, 12, false, 2026), &days)); /* that month has 29 days */
        ck_assert(!thon_lunar_days(lunar(1, 4, true, 2026), &days));    /* no leap month that year */
        ck_assert(!thon_lunar_days(lunar(1, 5, true, 2025), &days));    /* the leap month is the sixth */
        ck_assert(!thon_lunar_days(lunar(0, 1, false, 2026), &days));
        ck_assert(!thon_lunar_days(lunar(-1, 1, false, 2026), &days));
        ck_assert(!thon_lunar_days(lunar(31, 1, false, 2026), &days));
        ck_assert(!thon_lunar_days(lunar(1, 0, false, 2026), &days));
        ck_assert(!thon_lunar_days(lunar(1, 13, false, 2026), &days));
        ck_assert(!thon_lunar_days(lunar(1, 1, false, 1899), &days));
        ck_assert(!thon_lunar_days(lunar(1, 1, false, 2200), &days));
        ck_assert(!thon_lunar_days(lunar(1, 1, false, INT16_MAX), &days));
        ck_assert(!thon_lunar_tet(1899, &days));
        ck_assert(!thon_lunar_tet(2200, &days));
        ck_assert(!thon_lunar_tet(INT32_MAX, &days));
        ck_assert_int_eq(days, 42);
}
END_TEST

START_TEST(test_the_ends_of_the_range)
{
        struct thon_lunar got = {0};

        ck_assert(!thon_lunar_of(THON_LUNAR_MIN_DAYS - 1, &got));
        ck_assert(!thon_lunar_of(THON_LUNAR_MAX_DAYS + 1, &got));
        ck_assert(!thon_lunar_of(INT32_MIN, &got));
        ck_assert(!thon_lunar_of(INT32_MAX, &got));
        ck_assert_int_eq(got.year, 0);
        ck_assert(thon_lunar_of(THON_LUNAR_MIN_DAYS, &got));
        ck_assert(same(got, lunar(1, 1, false, 1900)));
        ck_assert_int_eq(THON_LUNAR_MAX_DAYS, day(2199, 12, 31));
        ck_assert(thon_lunar_of(THON_LUNAR_MAX_DAYS, &got));
        ck_assert_int_eq(got.year, 2199);
}
END_TEST

START_TEST(test_names_of_years)
{
        static const struct {
                int year;
                const char *name;
        } known[] = {
                {1900, "Canh Tý"},   {1945, "Ất Dậu"},   {1968, "Mậu Thân"},  {1984, "Giáp Tý"},
                {2000, "Canh Thìn"}, {2023, "Quý Mão"},  {2024, "Giáp Thìn"}, {2025, "Ất Tỵ"},
                {2026, "Bính Ngọ"},  {2027, "Đinh Mùi"}, {2029, "Kỷ Dậu"},    {2030, "Canh Tuất"},
                {2031, "Tân Hợi"},   {2032, "Nhâm Tý"},  {2033, "Quý Sửu"},   {2034, "Giáp Dần"},
                {0, "Canh Thân"},    {-1, "Kỷ Mùi"},
        };
        char buf[THON_CAN_CHI_TEXT];

        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
                ck_assert_str_eq(thon_lunar_can_chi(known[i].year, buf), known[i].name);
        /* Sixty names, none cut off. */
        for (int year = 1984; year < 2044; year++) {
                char again[THON_CAN_CHI_TEXT];
                ck_assert_uint_lt(strlen(thon_lunar_can_chi(year, buf)) + 1, THON_CAN_CHI_TEXT);
                ck_assert_str_eq(thon_lunar_can_chi(year + 60, again), buf);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("lunar");
        TCase *tc = tcase_create("lunar");

        tcase_set_timeout(tc, 120);
        tcase_add_test(tc, test_every_day_of_three_centuries_and_back);
        tcase_add_test(tc, test_tet_as_people_remember_it);
        tcase_add_test(tc, test_where_the_chinese_calendar_differs);
        tcase_add_test(tc, test_days_of_the_year);
        tcase_add_test(tc, test_dates_that_do_not_exist);
        tcase_add_test(tc, test_the_ends_of_the_range);
        tcase_add_test(tc, test_names_of_years);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

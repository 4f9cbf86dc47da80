/* Everything follows from the months of one solar year, from the month that holds the winter solstice to the next such
 * month: twelve of them, or thirteen, of which the first without a major solar term is the leap one. That list is
 * computed afresh for every question (some twenty microseconds), so that there is no state to be stale.
 *
 * Days begin at midnight of UTC+7, Hà Nội's meridian, for all years: the calendar is thus one continuous rule, though
 * before 1968 almanacs were printed with Beijing's. */
#include "thon/lunar.h"

#include "ephemeris.h"

#include <math.h>
#include <stdio.h>

#define MERIDIAN_S (7 * 3600)
#define MONTHS_MAX 14
#define LUNATION   29.530588861
#define FIRST_YEAR 1900
#define LAST_YEAR  2199

/* The one new moon of the range that the series (good to 17 s) puts on the wrong side of midnight: that of 1967-07-08 came
 * 3.5 s after it by the full lunar theory ELP 2000-82B, and 2 s before it by the series. */
#define NEW_MOON_OF_1967_07_08 (-402)

/* The day on which a new moon falls. */
static int32_t new_moon_day(int k)
{
        if (k == NEW_MOON_OF_1967_07_08)
                return -908;

        double tt = thon_new_moon(k), ut = tt - thon_delta_t(tt) / 86400.0;

        return (int32_t)floor((thon_wall_of_ut(ut) + MERIDIAN_S) / 86400.0);
}

/* Which twelfth of its way the sun is in when the day begins; 0 from the vernal equinox, 9 from the winter solstice. */
static int sector(int32_t day)
{
        double ut = thon_ut_of_wall(day * 86400.0 - MERIDIAN_S);

        return (int)floor(thon_sun_longitude(ut + thon_delta_t(ut) / 86400.0) / (THON_PI / 6));
}

/* Number of the new moon that begins the eleventh month of the lunar year `year`: the last one that is not after the
 * winter solstice's day. */
static int eleventh_month(int year)
{
        int32_t end_of_year = thon_date_days((struct thon_date){(int16_t)year, 12, 31});
        int k = (int)floor((thon_ut_of_wall(end_of_year * 86400.0) - 5.0) / LUNATION) + 1;

        while (new_moon_day(k) > end_of_year)
                k--;
        /* The month holds the solstice when the sun has not passed it as the month begins. */
        return sector(new_moon_day(k)) >= 9 ? k - 1 : k;
}

/* The months from the eleventh of `year - 1` to the one before the eleventh of `year`. */
struct months {
        int n;
        int32_t start[MONTHS_MAX + 1]; /* and where the next list begins */
        int leap;                      /* index of the leap month, or -1 */
};

static struct months months_before(int year)
{
        struct months m = {.leap = -1};
        int first = eleventh_month(year - 1);

        m.n = eleventh_month(year) - first;
        for (int i = 0; i <= m.n; i++)
                m.start[i] = new_moon_day(first + i);
        if (m.n == 13) {
                int now = sector(m.start[0]);

                for (int i = 0; i < m.n && m.leap < 0; i++) {
                        int next = sector(m.start[i + 1]);

                        if (next == now)
                                m.leap = i;
                        now = next;
                }
        }
        return m;
}

/* Month 11 is index 0, 12 is 1, 1 is 2 ...; the leap month bears the number of the one before it. */
static int month_number(const struct months *m, int index)
{
        int plain = index - (m->leap >= 0 && index >= m->leap);

        return (plain + 10) % 12 + 1;
}

bool thon_lunar_of(int32_t days, struct thon_lunar *ret)
{
        if (days < THON_LUNAR_MIN_DAYS || days > THON_LUNAR_MAX_DAYS)
                return false;

        int year = thon_date_of(days).year;
        struct months m = months_before(year);
        if (days >= m.start[m.n])
                m = months_before(++year);

        int i = 0;
        while (days >= m.start[i + 1])
                i++;
        int month = month_number(&m, i);
        ret->month = (int8_t)month;
        ret->leap = i == m.leap;
        ret->day = (int8_t)(days - m.start[i] + 1);
        ret->year = (int16_t)(month >= 11 ? year - 1 : year);
        return true;
}

bool thon_lunar_days(struct thon_lunar lunar, int32_t *ret_days)
{
        if (lunar.year < FIRST_YEAR || lunar.year > LAST_YEAR || lunar.month < 1 || lunar.month > 12 ||
            lunar.day < 1)
                return false;

        /* The last two months of a lunar year open the list of the next. */
        struct months m = months_before(lunar.month >= 11 ? lunar.year + 1 : lunar.year);
        for (int i = 0; i < m.n; i++) {
                if (month_number(&m, i) != lunar.month || (i == m.leap) != lunar.leap)
                        continue;

                int32_t days = m.start[i] + lunar.day - 1;
                if (days >= m.start[i + 1] || days < THON_LUNAR_MIN_DAYS || days > THON_LUNAR_MAX_DAYS)
                        return false;
                *ret_days = days;
                return true;
        }
        return false;
}

bool thon_lunar_tet(int year, int32_t *ret_days)
{
        if (year < FIRST_YEAR || year > LAST_YEAR)
                return false;
        return thon_lunar_days((struct thon_lunar){(int16_t)year, 1, 1, false}, ret_days);
}

const char *thon_lunar_can_chi(int year, char buf[static THON_CAN_CHI_TEXT])
{
        static const char *const can[] = {"Canh", "Tân",  "Nhâm", "Quý", "Giáp",
                                          "Ất",   "Bính", "Đinh", "Mậu", "Kỷ"};
        static const char *const chi[] = {"Thân", "Dậu", "Tuất", "Hợi", "Tý",  "Sửu",
                                          "Dần",  "Mão", "Thìn", "Tỵ",  "Ngọ", "Mùi"};

        (void)snprintf(buf, THON_CAN_CHI_TEXT, "%s %s", can[(year % 10 + 10) % 10],
                       chi[(year % 12 + 12) % 12]);
        return buf;
}

/* Dates as day numbers, and the two written forms that every other form is made of.
 *
 * A date is counted from the first of March of the year 0, so that the leap day is the last of its year and
 * the months before it follow one linear pattern (153 days in every five); eras of 400 years make the
 * arithmetic exact for negative years as well. Nothing here loops or keeps a table of years. */
#include "thon/time.h"

#include <stdio.h>
#include <string.h>

#define DAYS_PER_ERA  146097             /* 400 years */
#define EPOCH_FROM_0  719468             /* 0000-03-01 .. 1970-01-01 */
#define DATE_MIN_DAYS INT32_C(-12687794) /* -32768-01-01: the ends of what thon_date.year holds */
#define DATE_MAX_DAYS INT32_C(11248737)  /* 32767-12-31 */

static bool leap_year(int year)
{
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t thon_date_days(struct thon_date date)
{
        int year = date.year - (date.month <= 2);
        int era = (year >= 0 ? year : year - 399) / 400;
        int of_era = year - era * 400;
        int month = date.month + (date.month > 2 ? -3 : 9); /* from March */
        int of_year = (153 * month + 2) / 5 + date.day - 1;

        return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_FROM_0;
}

struct thon_date thon_date_of(int32_t days)
{
        if (days < DATE_MIN_DAYS)
                days = DATE_MIN_DAYS;
        if (days > DATE_MAX_DAYS)
                days = DATE_MAX_DAYS;

        int32_t z = days + EPOCH_FROM_0;
        int era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
        int of_era = z - era * DAYS_PER_ERA;
        int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
        int of_year = of_era - (365 * year + year / 4 - year / 100);
        int month = (5 * of_year + 2) / 153; /* from March */
        int day = of_year - (153 * month + 2) / 5 + 1;

        month += month < 10 ? 3 : -9;
        return (struct thon_date){
                .year = (int16_t)(year + era * 400 + (month <= 2)),
                .month = (int8_t)month,
                .day = (int8_t)day,
        };
}

int thon_date_month_days(int year, int month)
{
        static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

        return days[month - 1] + (month == 2 && leap_year(year));
}

bool thon_date_valid(struct thon_date date)
{
        return date.month >= 1 && date.month <= 12 && date.day >= 1 &&
               date.day <= thon_date_month_days(date.year, date.month);
}

int thon_date_weekday(int32_t days)
{
        /* 1970-01-01 was a Thursday. */
        int64_t from_monday = ((int64_t)days + 3) % 7;

        return (int)(from_monday < 0 ? from_monday + 7 : from_monday);
}

/* The value of exactly `n` digits, or -1. Stops at the terminator, so that short text is never read past. */
static int digits(const char *text, int n)
{
        int value = 0;

        for (int i = 0; i < n; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return -1;
                value = value * 10 + (text[i] - '0');
        }
        return value;
}

bool thon_date_parse(const char *text, struct thon_date *ret)
{
        if (strnlen(text, 11) != 10 || text[4] != '-' || text[7] != '-')
                return false;

        int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
        if (year < 0 || month < 0 || day < 0)
                return false;

        struct thon_date date = {(int16_t)year, (int8_t)month, (int8_t)day};
        if (!thon_date_valid(date))
                return false;
        *ret = date;
        return true;
}

const char *thon_date_text(struct thon_date date, char buf[static THON_DATE_TEXT])
{
        (void)snprintf(buf, THON_DATE_TEXT, "%04d-%02d-%02d", date.year, date.month, date.day);
        return buf;
}

bool thon_clock_parse(const char *text, int *ret_minutes)
{
        if (strnlen(text, 6) != 5 || text[2] != ':')
                return false;

        int hour = digits(text, 2), minute = digits(text + 3, 2);
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
                return false;
        *ret_minutes = hour * 60 + minute;
        return true;
}

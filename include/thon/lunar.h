/* The Vietnamese lunar calendar, computed at UTC+7 (105°E) for civil years 1900..2199.
 *
 * Rules after Hồ Ngọc Đức: a month begins on the day of the new moon; the winter solstice lies in month 11; in a year
 * of 13 months the first month without a major solar term is the leap one. New moons and solar longitude after Meeus,
 * chapters 25 and 49. It differs from the Chinese calendar (UTC+8), in 2030 among other years. */
#pragma once

#include "thon/time.h"

struct thon_lunar {
        int16_t year; /* the lunar year, named by the Gregorian year in which it begins */
        int8_t month; /* 1..12 */
        int8_t day;   /* 1..30 */
        bool leap;    /* true in the leap month that follows the plain one of the same number */
};

/* First and last day that can be converted (1900-01-31 .. 2199-12-31). */
#define THON_LUNAR_MIN_DAYS (-25537)
#define THON_LUNAR_MAX_DAYS 84005

/* Returns false outside the range. */
bool thon_lunar_of(int32_t days, struct thon_lunar *ret);

/* Returns false when that lunar date does not exist (no such leap month, no day 30) or lies outside the range. */
bool thon_lunar_days(struct thon_lunar lunar, int32_t *ret_days);

/* Day of mùng 1 Tết of the lunar year; false outside the range. */
bool thon_lunar_tet(int year, int32_t *ret_days);

/* "Ất Tỵ" for 2025. Borrowed, constant. */
#define THON_CAN_CHI_TEXT 16
const char *thon_lunar_can_chi(int year, char buf[static THON_CAN_CHI_TEXT]);

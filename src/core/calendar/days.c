/* The kinds of days. They are data that a person wrote or a file brought, so one without sense (no period, no weekday,
 * mixed ends) matches nothing rather than everything. */
#include "thon/days.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void thon_days_done(struct thon_days *days)
{
        free(days->dates);
        free(days->lunar);
        *days = (struct thon_days){0};
}

int thon_days_copy(const struct thon_days *from, struct thon_days *ret)
{
        struct thon_days copy = *from;

        copy.dates = NULL;
        copy.lunar = NULL;
        if (from->dates && from->n > 0) {
                copy.dates = calloc(from->n, sizeof(*copy.dates));
                if (copy.dates)
                        memcpy(copy.dates, from->dates, from->n * sizeof(*copy.dates));
        }
        if (from->lunar && from->n > 0) {
                copy.lunar = calloc(from->n, sizeof(*copy.lunar));
                if (copy.lunar)
                        memcpy(copy.lunar, from->lunar, from->n * sizeof(*copy.lunar));
        }
        if (from->n > 0 && (!copy.dates != !from->dates || !copy.lunar != !from->lunar)) {
                thon_days_done(&copy);
                *ret = copy;
                return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

void thon_days_facts(int32_t days, bool lunar, bool tet, struct thon_days_facts *ret)
{
        *ret = (struct thon_days_facts){.days = days, .date = thon_date_of(days)};
        if (lunar)
                ret->has_lunar = thon_lunar_of(days, &ret->lunar);
        for (int i = 0; tet && i < 3; i++)
                ret->has_tet[i] = thon_lunar_tet(ret->date.year + i - 1, &ret->tet[i]);
}

/* Whether `key` lies between the ends in order of time; a range whose end comes first goes over the turn of the year (or
 * of the month). */
static bool in_turn(int key, int from, int to)
{
        return from <= to ? key >= from && key <= to : key >= from || key <= to;
}

static int day_of_year_key(struct thon_date date)
{
        return date.month * 32 + date.day;
}

static bool dates_match(const struct thon_date_range *range, const struct thon_days_facts *day)
{
        if (range->from.year == 0 && range->to.year == 0)
                return in_turn(day_of_year_key(day->date), day_of_year_key(range->from),
                               day_of_year_key(range->to));
        if (range->from.year == 0 || range->to.year == 0)
                return false;
        return day->days >= thon_date_days(range->from) && day->days <= thon_date_days(range->to);
}

static bool weekday_matches(const struct thon_days *days, const struct thon_days_facts *day)
{
        if (!(days->weekdays & 1u << thon_date_weekday(day->days)))
                return false;
        if (days->nth == 0)
                return true;

        int from_first = (day->date.day - 1) / 7;
        int from_last = (thon_date_month_days(day->date.year, day->date.month) - day->date.day) / 7;
        return (days->nth & (1u << from_first | 1u << (8 + from_last))) != 0;
}

/* The leap month comes right after the plain one of its number. */
static int lunar_key(int month, bool leap, int day)
{
        return (month * 2 + leap) * 32 + day;
}

static bool lunar_matches(const struct thon_lunar_range *range, const struct thon_days_facts *day)
{
        if (!day->has_lunar)
                return false;
        if (range->from.month == 0 && range->to.month == 0)
                return in_turn(day->lunar.day, range->from.day, range->to.day);
        if (range->from.month == 0 || range->to.month == 0)
                return false;
        return in_turn(lunar_key(day->lunar.month, day->lunar.leap, day->lunar.day),
                       lunar_key(range->from.month, range->from.leap, range->from.day),
                       lunar_key(range->to.month, range->to.leap, range->to.day));
}

static bool tet_of(const struct thon_days_facts *day, int year, int32_t *ret)
{
        int i = year - day->date.year + 1;

        if (i < 0 || i > 2)
                return thon_lunar_tet(year, ret);
        if (day->has_tet[i])
                *ret = day->tet[i];
        return day->has_tet[i];
}

static bool tet_matches(const struct thon_days *days, const struct thon_days_facts *day)
{
        /* Some year's Tết lies between these days. */
        int32_t first = day->days - days->tet_to, last = day->days - days->tet_from, tet;

        for (int year = thon_date_of(first).year; year <= thon_date_of(last).year; year++)
                if (tet_of(day, year, &tet) && tet >= first && tet <= last)
                        return true;
        return false;
}

static bool every_matches(const struct thon_days *days, const struct thon_days_facts *day)
{
        return days->every > 0 && ((int64_t)day->days - days->phase) % days->every == 0;
}

static bool monthday_matches(const struct thon_days *days, const struct thon_days_facts *day)
{
        int ahead = thon_date_month_days(day->date.year, day->date.month) - day->date.day;

        return (days->monthdays & UINT32_C(1) << (day->date.day - 1)) != 0 ||
               (days->monthdays_ahead & UINT32_C(1) << ahead) != 0;
}

bool thon_days_match(const struct thon_days *days, const struct thon_days_facts *day)
{
        switch (days->kind) {
        case THON_DAYS_DATES:
                for (size_t i = 0; i < days->n; i++)
                        if (dates_match(&days->dates[i], day))
                                return true;
                return false;
        case THON_DAYS_WEEKDAYS:
                return weekday_matches(days, day);
        case THON_DAYS_LUNAR:
                for (size_t i = 0; i < days->n; i++)
                        if (lunar_matches(&days->lunar[i], day))
                                return true;
                return false;
        case THON_DAYS_TET:
                return tet_matches(days, day);
        case THON_DAYS_EVERY:
                return every_matches(days, day);
        case THON_DAYS_MONTHDAYS:
                return monthday_matches(days, day);
        }
        return false;
}

/* The five kinds of days. A rule is data that a person wrote or a file brought, so a rule without sense (no period, no
 * weekday, mixed ends) matches nothing rather than everything. */
#include "rules.h"

void thon_night_facts(int32_t days, bool lunar, bool tet, struct thon_night_facts *ret)
{
        *ret = (struct thon_night_facts){.days = days, .date = thon_date_of(days)};
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

static bool dates_match(const struct thon_date_range *range, const struct thon_night_facts *night)
{
        if (range->from.year == 0 && range->to.year == 0)
                return in_turn(day_of_year_key(night->date), day_of_year_key(range->from),
                               day_of_year_key(range->to));
        if (range->from.year == 0 || range->to.year == 0)
                return false;
        return night->days >= thon_date_days(range->from) && night->days <= thon_date_days(range->to);
}

static bool weekday_matches(const struct thon_rule *rule, const struct thon_night_facts *night)
{
        if (!(rule->weekdays & 1u << thon_date_weekday(night->days)))
                return false;
        if (rule->nth == 0)
                return true;

        int from_first = (night->date.day - 1) / 7;
        int from_last = (thon_date_month_days(night->date.year, night->date.month) - night->date.day) / 7;
        return (rule->nth & (1u << from_first | 1u << (8 + from_last))) != 0;
}

/* The leap month comes right after the plain one of its number. */
static int lunar_key(int month, bool leap, int day)
{
        return (month * 2 + leap) * 32 + day;
}

static bool lunar_matches(const struct thon_lunar_range *range, const struct thon_night_facts *night)
{
        if (!night->has_lunar)
                return false;
        if (range->from.month == 0 && range->to.month == 0)
                return in_turn(night->lunar.day, range->from.day, range->to.day);
        if (range->from.month == 0 || range->to.month == 0)
                return false;
        return in_turn(lunar_key(night->lunar.month, night->lunar.leap, night->lunar.day),
                       lunar_key(range->from.month, range->from.leap, range->from.day),
                       lunar_key(range->to.month, range->to.leap, range->to.day));
}

static bool tet_of(const struct thon_night_facts *night, int year, int32_t *ret)
{
        int i = year - night->date.year + 1;

        if (i < 0 || i > 2)
                return thon_lunar_tet(year, ret);
        if (night->has_tet[i])
                *ret = night->tet[i];
        return night->has_tet[i];
}

static bool tet_matches(const struct thon_rule *rule, const struct thon_night_facts *night)
{
        /* Some year's Tết lies between these days. */
        int32_t first = night->days - rule->tet_to, last = night->days - rule->tet_from, tet;

        for (int year = thon_date_of(first).year; year <= thon_date_of(last).year; year++)
                if (tet_of(night, year, &tet) && tet >= first && tet <= last)
                        return true;
        return false;
}

static bool every_matches(const struct thon_rule *rule, const struct thon_night_facts *night)
{
        return rule->every > 0 && ((int64_t)night->days - rule->phase) % rule->every == 0;
}

bool thon_rule_matches(const struct thon_rule *rule, const struct thon_night_facts *night)
{
        switch (rule->kind) {
        case THON_DAYS_DATES:
                for (size_t i = 0; i < rule->n; i++)
                        if (dates_match(&rule->dates[i], night))
                                return true;
                return false;
        case THON_DAYS_WEEKDAYS:
                return weekday_matches(rule, night);
        case THON_DAYS_LUNAR:
                for (size_t i = 0; i < rule->n; i++)
                        if (lunar_matches(&rule->lunar[i], night))
                                return true;
                return false;
        case THON_DAYS_TET:
                return tet_matches(rule, night);
        case THON_DAYS_EVERY:
                return every_matches(rule, night);
        }
        return false;
}

/* The POSIX rule of a zone. Its changes are computed for the year in question and its neighbours (a change
 * may be written up to a week outside its own year), and the last one that lies before the instant holds: so
 * southern summers and daylight saving time that never ends need no case of their own. */
#include "zone_rule.h"

#define DAY_S INT64_C(86400)

struct cursor {
        const char *at, *end;
};

static bool take(struct cursor *c, char wanted)
{
        if (c->at == c->end || *c->at != wanted)
                return false;
        c->at++;
        return true;
}

static bool is_digit(char ch)
{
        return ch >= '0' && ch <= '9';
}

static bool is_alpha(char ch)
{
        return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
}

static bool take_number(struct cursor *c, int min, int max, int *ret)
{
        int value = 0;
        const char *start = c->at;

        for (; c->at < c->end && is_digit(*c->at); c->at++) {
                value = value * 10 + (*c->at - '0');
                if (value > max)
                        return false;
        }
        if (c->at == start || value < min)
                return false;
        *ret = value;
        return true;
}

/* A designation is only recognised: nothing in Thôn shows it. */
static bool take_name(struct cursor *c)
{
        bool quoted = take(c, '<');
        const char *start = c->at;

        while (c->at < c->end &&
               (is_alpha(*c->at) || (quoted && (is_digit(*c->at) || *c->at == '+' || *c->at == '-'))))
                c->at++;
        if (c->at - start < 3)
                return false;
        return !quoted || take(c, '>');
}

/* [+-]h[h[h]][:mm[:ss]] in seconds. */
static bool take_time(struct cursor *c, int max_hours, int32_t *ret)
{
        bool negative = take(c, '-');
        int h, m = 0, s = 0;

        if (!negative)
                (void)take(c, '+');
        if (!take_number(c, 0, max_hours, &h))
                return false;
        if (take(c, ':')) {
                if (!take_number(c, 0, 59, &m))
                        return false;
                if (take(c, ':') && !take_number(c, 0, 59, &s))
                        return false;
        }
        int32_t value = h * 3600 + m * 60 + s;
        *ret = negative ? -value : value;
        return true;
}

static bool take_change(struct cursor *c, struct thon_rule_change *ret)
{
        int month = 0, week = 0, day;

        if (take(c, 'J')) {
                ret->kind = THON_RULE_JULIAN;
                if (!take_number(c, 1, 365, &day))
                        return false;
        } else if (take(c, 'M')) {
                ret->kind = THON_RULE_MONTH;
                if (!take_number(c, 1, 12, &month) || !take(c, '.') || !take_number(c, 1, 5, &week) ||
                    !take(c, '.') || !take_number(c, 0, 6, &day))
                        return false;
        } else {
                ret->kind = THON_RULE_ORDINAL;
                if (!take_number(c, 0, 365, &day))
                        return false;
        }
        ret->month = (int16_t)month;
        ret->week = (int16_t)week;
        ret->day = (int16_t)day;
        ret->second = 2 * 3600;
        return !take(c, '/') || take_time(c, 167, &ret->second);
}

bool thon_zone_rule_parse(const char *text, size_t size, struct thon_zone_rule *ret)
{
        struct cursor c = {text, text + size};
        struct thon_zone_rule rule = {0};

        /* POSIX counts west of Greenwich. */
        if (!take_name(&c) || !take_time(&c, 24, &rule.std))
                return false;
        rule.std = -rule.std;
        if (c.at < c.end) {
                if (!take_name(&c))
                        return false;
                rule.has_dst = true;
                rule.dst = rule.std + 3600;
                if (c.at < c.end && *c.at != ',') {
                        if (!take_time(&c, 24, &rule.dst))
                                return false;
                        rule.dst = -rule.dst;
                }
                if (!take(&c, ',') || !take_change(&c, &rule.begin) || !take(&c, ',') ||
                    !take_change(&c, &rule.end))
                        return false;
        }
        if (c.at != c.end)
                return false;
        *ret = rule;
        return true;
}

static bool leap(int year)
{
        return thon_date_month_days(year, 2) == 29;
}

static int32_t change_day(const struct thon_rule_change *change, int year)
{
        int32_t new_year = thon_date_days((struct thon_date){(int16_t)year, 1, 1});

        switch (change->kind) {
        case THON_RULE_JULIAN:
                return new_year + change->day - 1 + (change->day >= 60 && leap(year));
        case THON_RULE_ORDINAL:
                return new_year + change->day;
        case THON_RULE_MONTH: {
                int32_t first = thon_date_days((struct thon_date){(int16_t)year, (int8_t)change->month, 1});
                int sunday_based = (thon_date_weekday(first) + 1) % 7;
                int ahead = (change->day - sunday_based + 7) % 7 + (change->week - 1) * 7;

                while (ahead >= thon_date_month_days(year, change->month))
                        ahead -= 7;
                return first + ahead;
        }
        }
        return new_year;
}

int32_t thon_zone_rule_at(const struct thon_zone_rule *rule, int64_t at, int64_t *ret_until)
{
        /* Beyond these years a date does not fit its type; no civil question is asked of them. */
        static const int64_t year_min = INT64_C(-30000), year_max = INT64_C(30000);

        *ret_until = INT64_MAX;
        if (!rule->has_dst || at < (year_min - 1970) * 366 * DAY_S || at > (year_max - 1970) * 365 * DAY_S)
                return rule->std;

        int64_t local = at + rule->std;
        int64_t day = local / DAY_S - (local % DAY_S < 0);
        int year = thon_date_of((int32_t)day).year;
        int64_t best = INT64_MIN;
        bool dst = false;

        for (int y = year - 2; y <= year + 2; y++) {
                int64_t begin = change_day(&rule->begin, y) * DAY_S + rule->begin.second - rule->std;
                int64_t end = change_day(&rule->end, y) * DAY_S + rule->end.second - rule->dst;
                struct {
                        int64_t at;
                        bool dst;
                } changes[] = {{begin, true}, {end, false}};

                for (size_t i = 0; i < 2; i++) {
                        if (changes[i].at > at) {
                                if (changes[i].at < *ret_until)
                                        *ret_until = changes[i].at;
                        } else if (changes[i].at >= best) {
                                best = changes[i].at;
                                dst = changes[i].dst;
                        }
                }
        }
        return dst ? rule->dst : rule->std;
}

/* The form of DAYS: which days (or nights) are meant, for lighting and announcements alike. Exactly one
 * way of saying it in each; several of them say the rest. */
#include "form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TET_MAX   200 /* days before or after mùng 1 */
#define EVERY_MAX 366
#define YEAR_MIN  1900 /* as far as the lunar calendar goes */
#define YEAR_MAX  2199

/* Two digits, or -1. */
static int two_digits(const char *text)
{
        if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
                return -1;
        return (text[0] - '0') * 10 + (text[1] - '0');
}

/* "2027-02-05", or "12-24" with the year 0. */
static bool parse_date(const char *text, struct thon_date *ret)
{
        int month, day;

        if (strlen(text) != 5) /* the year 0 means every year, so it cannot be given */
                return thon_date_parse(text, ret) && ret->year >= YEAR_MIN && ret->year <= YEAR_MAX;
        month = two_digits(text);
        day = text[2] == '-' ? two_digits(text + 3) : -1;
        /* In a leap year, so that 29 February is a day of the year too. */
        if (month < 1 || month > 12 || day < 1 || day > thon_date_month_days(2000, month))
                return false;
        *ret = (struct thon_date){0, (int8_t)month, (int8_t)day};
        return true;
}

/* Cuts "A..B" in two; without dots both are the whole. False when a part is longer than any of its kind. */
static bool cut_range(const char *text, char from[static 16], char to[static 16])
{
        const char *dots = strstr(text, "..");
        size_t length = dots ? (size_t)(dots - text) : strlen(text);
        const char *rest = dots ? dots + 2 : text;

        if (length > 15 || strlen(rest) > 15)
                return false;
        memcpy(from, text, length);
        from[length] = '\0';
        memcpy(to, rest, strlen(rest) + 1);
        return true;
}

static int read_dates(struct form *form, const char *text, struct thon_date_range *ret)
{
        char from[16], to[16];

        if (!cut_range(text, from, to) || !parse_date(from, &ret->from) || !parse_date(to, &ret->to))
                return form_fail(form,
                                 "must be \"YYYY-MM-DD\", \"MM-DD\" for every year, or two of a kind with "
                                 "\"..\" between");
        if ((ret->from.year == 0) != (ret->to.year == 0))
                return form_fail(form, "has a year at one end only");
        if (ret->from.year != 0 && thon_date_days(ret->from) > thon_date_days(ret->to))
                return form_fail(form, "ends before it begins");
        return 0;
}

/* "15", "23/12", "6/4L". */
static bool parse_lunar(const char *text, int8_t *ret_day, int8_t *ret_month, bool *ret_leap)
{
        int number[2] = {0, 0};
        size_t part = 0, digits = 0;

        for (; *text; text++) {
                if (*text >= '0' && *text <= '9' && digits < 2) {
                        number[part] = number[part] * 10 + (*text - '0');
                        digits++;
                } else if (*text == '/' && part == 0 && digits > 0) {
                        part = 1;
                        digits = 0;
                } else {
                        break;
                }
        }
        *ret_leap = part == 1 && digits > 0 && strcmp(text, "L") == 0;
        if ((*text && !*ret_leap) || digits == 0)
                return false;
        if (number[0] < 1 || number[0] > 30 || (part == 1 && (number[1] < 1 || number[1] > 12)))
                return false;
        *ret_day = (int8_t)number[0];
        *ret_month = (int8_t)number[1];
        return true;
}

static int read_lunar(struct form *form, const char *text, struct thon_lunar_range *ret)
{
        char from[16], to[16];

        if (!cut_range(text, from, to) ||
            !parse_lunar(from, &ret->from.day, &ret->from.month, &ret->from.leap) ||
            !parse_lunar(to, &ret->to.day, &ret->to.month, &ret->to.leap))
                return form_fail(
                        form, "must be a lunar day such as \"15\", \"23/12\", \"6/4L\" (leap month), or two "
                              "with \"..\" between");
        if ((ret->from.month == 0) != (ret->to.month == 0))
                return form_fail(form, "has a month at one end only");
        if (ret->from.month == 0 && ret->from.day > ret->to.day)
                return form_fail(form, "ends before it begins");
        return 0;
}

static int read_ranges(struct form *form, const json_t *doc, const char *key, struct thon_days *ret)
{
        const json_t *list, *item;
        size_t i;
        int r;

        r = form_array(form, doc, key, true, THON_DAYS_MAX, &list);
        if (r < 0)
                return r;
        if (json_array_size(list) == 0)
                return form_fail_at(form, key, "must not be empty");
        if (ret->kind == THON_DAYS_DATES)
                ret->dates = calloc(json_array_size(list), sizeof(*ret->dates));
        else
                ret->lunar = calloc(json_array_size(list), sizeof(*ret->lunar));
        if (!ret->dates && !ret->lunar)
                return -ENOMEM;
        ret->n = json_array_size(list);

        json_array_foreach (list, i, item) {
                size_t back = form_enter_index(form, key, i);

                if (!json_is_string(item))
                        return form_fail(form, "must be a string");
                r = ret->kind == THON_DAYS_DATES ? read_dates(form, json_string_value(item), &ret->dates[i])
                                                 : read_lunar(form, json_string_value(item), &ret->lunar[i]);
                if (r < 0)
                        return r;
                form_leave(form, back);
        }
        return 0;
}

static const char *const weekday_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static int read_weekdays(struct form *form, const json_t *doc, struct thon_days *ret)
{
        const json_t *list, *item;
        size_t i;
        int r;

        r = form_array(form, doc, "weekdays", true, 7, &list);
        if (r < 0)
                return r;
        if (json_array_size(list) == 0)
                return form_fail_at(form, "weekdays", "must not be empty");
        json_array_foreach (list, i, item) {
                size_t day = 0, back = form_enter_index(form, "weekdays", i);

                while (day < 7 &&
                       !(json_is_string(item) && strcmp(json_string_value(item), weekday_names[day]) == 0))
                        day++;
                if (day == 7)
                        return form_fail(form, "must be mon, tue, wed, thu, fri, sat or sun");
                if (ret->weekdays & 1u << day)
                        return form_fail(form, "\"%s\" comes twice", weekday_names[day]);
                ret->weekdays |= (uint8_t)(1u << day);
                form_leave(form, back);
        }

        r = form_array(form, doc, "nth", false, 10, &list);
        if (r < 0)
                return r;
        if (list && json_array_size(list) == 0)
                return form_fail_at(form, "nth", "must not be empty");
        json_array_foreach (list, i, item) {
                size_t back = form_enter_index(form, "nth", i);
                json_int_t nth = json_integer_value(item);
                unsigned bit;

                if (!json_is_integer(item) || nth == 0 || nth < -5 || nth > 5)
                        return form_fail(
                                form,
                                "must be 1 to 5 for the first to the fifth of a month, or -1 to -5 from its end");
                bit = nth > 0 ? (unsigned)nth - 1 : 7 + (unsigned)-nth;
                if (ret->nth & 1u << bit)
                        return form_fail(form, "%d comes twice", (int)nth);
                ret->nth |= (uint16_t)(1u << bit);
                form_leave(form, back);
        }
        return 0;
}

static int read_tet(struct form *form, const json_t *doc, struct thon_days *ret)
{
        const json_t *list;
        int16_t *ends[] = {&ret->tet_from, &ret->tet_to};
        int r;

        r = form_array(form, doc, "tet", true, 2, &list);
        if (r < 0)
                return r;
        if (json_array_size(list) != 2)
                return form_fail_at(form, "tet",
                                    "must be two numbers of days from mùng 1 Tết, such as [-3,5]");
        for (size_t i = 0; i < 2; i++) {
                const json_t *item = json_array_get(list, i);
                size_t back = form_enter_index(form, "tet", i);

                if (!json_is_integer(item) || json_integer_value(item) < -TET_MAX ||
                    json_integer_value(item) > TET_MAX)
                        return form_fail(form, "must be a whole number from %d to %d", -TET_MAX, TET_MAX);
                *ends[i] = (int16_t)json_integer_value(item);
                form_leave(form, back);
        }
        return ret->tet_from > ret->tet_to ? form_fail_at(form, "tet", "ends before it begins") : 0;
}

static int read_every(struct form *form, const json_t *doc, struct thon_days *ret)
{
        int every, phase, r;

        r = form_integer(form, doc, "every", 1, EVERY_MAX, 0, &every);
        if (r < 0)
                return r;
        r = form_integer(form, doc, "phase", 0, every - 1, 0, &phase);
        if (r < 0)
                return r;
        ret->every = (int16_t)every;
        ret->phase = (int16_t)phase;
        return 0;
}

static int read_monthdays(struct form *form, const json_t *doc, struct thon_days *ret)
{
        const json_t *list, *item;
        size_t i;
        int r;

        r = form_array(form, doc, "monthdays", true, 62, &list);
        if (r < 0)
                return r;
        if (json_array_size(list) == 0)
                return form_fail_at(form, "monthdays", "must not be empty");
        json_array_foreach (list, i, item) {
                size_t back = form_enter_index(form, "monthdays", i);
                json_int_t day = json_integer_value(item);
                uint32_t *mask, bit;

                if (!json_is_integer(item) || day == 0 || day < -31 || day > 31)
                        return form_fail(
                                form, "must be 1 to 31, or -1 for the last day of the month to -31 from it");
                mask = day > 0 ? &ret->monthdays : &ret->monthdays_ahead;
                bit = UINT32_C(1) << (day > 0 ? day - 1 : -1 - day);
                if (*mask & bit)
                        return form_fail(form, "%d comes twice", (int)day);
                *mask |= bit;
                form_leave(form, back);
        }
        return 0;
}

int form_days(struct form *form, const json_t *doc, struct thon_days *ret)
{
        static const char *const any[] = {"dates", "weekdays", "nth",       "lunar", "tet",
                                          "every", "phase",    "monthdays", NULL};
        static const struct {
                const char *key;
                enum thon_days_kind kind;
                const char *members[3];
        } kinds[] = {
                {"dates", THON_DAYS_DATES, {"dates", NULL}},
                {"weekdays", THON_DAYS_WEEKDAYS, {"weekdays", "nth", NULL}},
                {"lunar", THON_DAYS_LUNAR, {"lunar", NULL}},
                {"tet", THON_DAYS_TET, {"tet", NULL}},
                {"every", THON_DAYS_EVERY, {"every", "phase", NULL}},
                {"monthdays", THON_DAYS_MONTHDAYS, {"monthdays", NULL}},
        };
        size_t found = sizeof(kinds) / sizeof(*kinds);
        int r;

        r = form_object(form, doc, any);
        if (r < 0)
                return r;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
                if (!json_object_get(doc, kinds[i].key))
                        continue;
                if (found < sizeof(kinds) / sizeof(*kinds))
                        return form_fail(form, "has both \"%s\" and \"%s\"; only one may be there",
                                         kinds[found].key, kinds[i].key);
                found = i;
        }
        if (found == sizeof(kinds) / sizeof(*kinds))
                return form_fail(
                        form,
                        "must have one of \"dates\", \"weekdays\", \"monthdays\", \"lunar\", \"tet\", \"every\"");
        r = form_object(form, doc, kinds[found].members);
        if (r < 0)
                return r;

        ret->kind = kinds[found].kind;
        switch (ret->kind) {
        case THON_DAYS_DATES:
        case THON_DAYS_LUNAR:
                return read_ranges(form, doc, kinds[found].key, ret);
        case THON_DAYS_WEEKDAYS:
                return read_weekdays(form, doc, ret);
        case THON_DAYS_TET:
                return read_tet(form, doc, ret);
        case THON_DAYS_EVERY:
                return read_every(form, doc, ret);
        case THON_DAYS_MONTHDAYS:
                return read_monthdays(form, doc, ret);
        }
        return -EINVAL;
}

/* ---- writing ---- */

#define END_TEXT 24 /* of a range: "2027-02-05", "12-24", "6/4L" */

static const char *write_date(struct thon_date date, char buf[static END_TEXT])
{
        if (date.year == 0)
                (void)snprintf(buf, END_TEXT, "%02d-%02d", date.month, date.day);
        else
                (void)thon_date_text(date, buf);
        return buf;
}

static const char *write_lunar(int day, int month, bool leap, char buf[static END_TEXT])
{
        if (month == 0)
                (void)snprintf(buf, END_TEXT, "%d", day);
        else
                (void)snprintf(buf, END_TEXT, "%d/%d%s", day, month, leap ? "L" : "");
        return buf;
}

static json_t *write_ranges(const struct thon_days *days)
{
        json_t *list = json_array();

        for (size_t i = 0; list && i < days->n; i++) {
                char from[END_TEXT], to[END_TEXT];
                json_t *item;

                if (days->kind == THON_DAYS_DATES) {
                        write_date(days->dates[i].from, from);
                        write_date(days->dates[i].to, to);
                } else {
                        const struct thon_lunar_range *range = &days->lunar[i];

                        write_lunar(range->from.day, range->from.month, range->from.leap, from);
                        write_lunar(range->to.day, range->to.month, range->to.leap, to);
                }
                item = strcmp(from, to) == 0 ? json_string(from) : json_sprintf("%s..%s", from, to);
                if (json_array_append_new(list, item) < 0) {
                        json_decref(list);
                        list = NULL;
                }
        }
        return list;
}

/* `mask`: bit 0 is `first`, and each further one a step on. */
static int append_bits(json_t *list, uint32_t mask, int first, int step)
{
        for (int i = 0; list && i < 31; i++)
                if (mask & UINT32_C(1) << i &&
                    json_array_append_new(list, json_integer(first + i * step)) < 0)
                        return -ENOMEM;
        return list ? 0 : -ENOMEM;
}

static json_t *write_two_masks(uint32_t ahead, uint32_t behind)
{
        _cleanup_json_ json_t *list = json_array();

        if (append_bits(list, ahead, 1, 1) < 0 || append_bits(list, behind, -1, -1) < 0)
                return NULL;
        return json_incref(list);
}

static json_t *write_weekdays(const struct thon_days *days)
{
        _cleanup_json_ json_t *list = json_array();

        for (size_t i = 0; list && i < 7; i++)
                if (days->weekdays & 1u << i &&
                    json_array_append_new(list, json_string(weekday_names[i])) < 0)
                        return NULL;
        if (!list)
                return NULL;
        return days->nth == 0 ? json_pack("{s:O}", "weekdays", list)
                              : json_pack("{s:O, s:o}", "weekdays", list, "nth",
                                          write_two_masks(days->nth & 0x1fu, days->nth >> 8 & 0x1fu));
}

json_t *form_days_write(const struct thon_days *days)
{
        switch (days->kind) {
        case THON_DAYS_DATES:
                return json_pack("{s:o}", "dates", write_ranges(days));
        case THON_DAYS_WEEKDAYS:
                return write_weekdays(days);
        case THON_DAYS_LUNAR:
                return json_pack("{s:o}", "lunar", write_ranges(days));
        case THON_DAYS_TET:
                return json_pack("{s:[i,i]}", "tet", days->tet_from, days->tet_to);
        case THON_DAYS_EVERY:
                return json_pack("{s:i, s:i}", "every", days->every, "phase", days->phase);
        case THON_DAYS_MONTHDAYS:
                return json_pack("{s:o}", "monthdays",
                                 write_two_masks(days->monthdays, days->monthdays_ahead));
        }
        return NULL;
}

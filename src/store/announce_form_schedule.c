/* "at" and "repeat": when an announcement airs. Three ways of saying it, and never two of them at once, since
 * nobody could tell which one was meant at 03:15. */
#include "form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_DEFAULT 60 /* s: again as soon as it may; what is on air still is waited for */

int form_time(struct form *form, const json_t *doc, const char *key, const struct thon_zone *zone,
              struct thon_wall *ret)
{
        const json_t *value = json_object_get(doc, key);

        *ret = THON_WALL_NEVER;
        if (!value)
                return 0;
        if (!json_is_string(value) || !thon_time_parse(zone, json_string_value(value), ret))
                return form_fail_at(form, key, "must be a time such as \"2026-11-21T17:30:00+07:00\"");
        return 0;
}

int form_time_write(json_t *doc, const char *key, struct thon_wall at, const struct thon_zone *zone)
{
        char buf[THON_TIME_TEXT];

        if (at.s == THON_WALL_NEVER.s)
                return 0;
        return json_object_set_new(doc, key, json_string(thon_time_text(zone, at, buf))) < 0 ? -ENOMEM : 0;
}

/* DAYS, or a list of them. */
static int read_days(struct form *form, const json_t *repeat, const char *key, struct thon_days **ret,
                     size_t *ret_n)
{
        const json_t *value = json_object_get(repeat, key);
        size_t n = json_is_array(value) ? json_array_size(value) : 1;
        int r;

        if (!value)
                return 0;
        if (n == 0)
                return form_fail_at(form, key, "must not be empty");
        if (n > THON_ANNOUNCE_DAYS_MAX)
                return form_fail_at(form, key, "has more than %d entries", THON_ANNOUNCE_DAYS_MAX);
        *ret = calloc(n, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        *ret_n = n;
        for (size_t i = 0; i < n; i++) {
                size_t back = json_is_array(value) ? form_enter_index(form, key, i) : form_enter(form, key);

                r = form_days(form, json_is_array(value) ? json_array_get(value, i) : value, &(*ret)[i]);
                if (r < 0)
                        return r;
                form_leave(form, back);
        }
        return 0;
}

static int read_date(struct form *form, const json_t *repeat, const char *key, int32_t open, int32_t *ret)
{
        const json_t *value = json_object_get(repeat, key);
        struct thon_date date;

        *ret = open;
        if (!value)
                return 0;
        if (!json_is_string(value) || !thon_date_parse(json_string_value(value), &date))
                return form_fail_at(form, key, "must be a date such as \"2027-02-05\"");
        *ret = thon_date_days(date);
        return 0;
}

static int by_minute(const void *a, const void *b)
{
        return *(const int16_t *)a - *(const int16_t *)b;
}

static int read_times(struct form *form, const json_t *repeat, struct thon_air_schedule *ret)
{
        int r;
        const json_t *value = form_member(form, repeat, "at", true, &r);
        size_t n = json_is_array(value) ? json_array_size(value) : 1;

        if (r < 0)
                return r;
        if (n < 1 || n > THON_AIR_TIMES_MAX)
                return form_fail_at(form, "at", "must be 1 to %d times", THON_AIR_TIMES_MAX);
        for (size_t i = 0; i < n; i++) {
                const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
                int minutes;

                if (!json_is_string(item) || !thon_clock_parse(json_string_value(item), &minutes)) {
                        size_t back = json_is_array(value) ? form_enter_index(form, "at", i)
                                                           : form_enter(form, "at");

                        r = form_fail(form, "must be a time of the day such as \"05:30\"");
                        form_leave(form, back);
                        return r;
                }
                ret->times[i] = (int16_t)minutes;
        }
        qsort(ret->times, n, sizeof(*ret->times), by_minute);
        for (size_t i = 1; i < n; i++)
                if (ret->times[i] == ret->times[i - 1])
                        return form_fail_at(form, "at", "%02d:%02d comes twice", ret->times[i] / 60,
                                            ret->times[i] % 60);
        ret->n_times = n;
        return 0;
}

static int read_calendar(struct form *form, const json_t *repeat, struct thon_air_schedule *ret)
{
        static const char *const members[] = {"days", "at", "from", "until", "except", NULL};
        int r = form_object(form, repeat, members);

        ret->kind = THON_AIR_CALENDAR;
        if (r == 0)
                r = read_times(form, repeat, ret);
        if (r == 0)
                r = read_days(form, repeat, "days", &ret->days, &ret->n_days);
        if (r == 0)
                r = read_days(form, repeat, "except", &ret->except, &ret->n_except);
        if (r == 0)
                r = read_date(form, repeat, "from", INT32_MIN, &ret->from);
        if (r == 0)
                r = read_date(form, repeat, "until", INT32_MAX, &ret->until);
        if (r < 0)
                return r;
        if (ret->from > ret->until)
                return form_fail_at(form, "until", "comes before \"from\"");
        if (ret->n_days == 0) {
                ret->days = calloc(1, sizeof(*ret->days));
                if (!ret->days)
                        return -ENOMEM;
                ret->n_days = 1;
                ret->days[0] = (struct thon_days){.kind = THON_DAYS_EVERY, .every = 1};
        }
        return 0;
}

static int read_count(struct form *form, const json_t *repeat, struct thon_air_schedule *ret)
{
        static const char *const members[] = {"count", "every", NULL};
        int count, every, r = form_object(form, repeat, members);

        if (r == 0)
                r = form_integer(form, repeat, "count", 1, THON_ANNOUNCE_COUNT_MAX, 0, &count);
        if (r == 0)
                r = form_integer(form, repeat, "every", 60, THON_ANNOUNCE_EVERY_MAX, EVERY_DEFAULT, &every);
        if (r < 0)
                return r;
        ret->count = (unsigned)count;
        ret->every_s = every;
        return 0;
}

static int read_repeat(struct form *form, const json_t *repeat, struct thon_air_schedule *ret)
{
        if (json_is_integer(repeat)) {
                if (json_integer_value(repeat) < 1 || json_integer_value(repeat) > THON_ANNOUNCE_COUNT_MAX)
                        return form_fail(form, "must be 1 to %d times", THON_ANNOUNCE_COUNT_MAX);
                ret->count = (unsigned)json_integer_value(repeat);
                ret->every_s = EVERY_DEFAULT;
        } else if (!json_is_object(repeat)) {
                return form_fail(form, "must be a number, {\"count\",\"every\"} or {\"days\",\"at\",...}");
        } else if (json_object_get(repeat, "count") || json_object_get(repeat, "every")) {
                int r = read_count(form, repeat, ret);
                if (r < 0)
                        return r;
        } else {
                return read_calendar(form, repeat, ret);
        }
        ret->kind = ret->count == 1 ? THON_AIR_ONCE : THON_AIR_COUNT;
        if (ret->kind == THON_AIR_ONCE)
                ret->count = 0, ret->every_s = 0;
        return 0;
}

int form_air_schedule(struct form *form, const json_t *doc, const struct thon_zone *zone,
                      struct thon_wall now, struct thon_air_schedule *ret)
{
        const json_t *repeat = json_object_get(doc, "repeat");
        int r = form_time(form, doc, "at", zone, &ret->at);

        ret->kind = THON_AIR_ONCE;
        ret->from = INT32_MIN;
        ret->until = INT32_MAX;
        if (r == 0 && repeat) {
                size_t back = form_enter(form, "repeat");

                r = read_repeat(form, repeat, ret);
                form_leave(form, back);
        }
        if (r < 0)
                return r;
        if (ret->kind == THON_AIR_CALENDAR) {
                if (json_object_get(doc, "at"))
                        return form_fail_at(form, "at",
                                            "does not go with a calendar, which has times of its own");
                ret->at = (struct thon_wall){0};
        } else if (ret->at.s == THON_WALL_NEVER.s) {
                if (now.s == THON_WALL_NEVER.s)
                        return form_fail(form, "member \"at\" is missing");
                ret->at = now;
        }
        return 0;
}

/* ---- writing ---- */

static json_t *write_days(const struct thon_days *days, size_t n)
{
        json_t *list = json_array();

        for (size_t i = 0; list && i < n; i++)
                if (json_array_append_new(list, form_days_write(&days[i])) < 0) {
                        json_decref(list);
                        list = NULL;
                }
        return list;
}

static json_t *write_times(const struct thon_air_schedule *schedule)
{
        json_t *list = json_array();

        for (size_t i = 0; list && i < schedule->n_times; i++)
                if (json_array_append_new(list, json_sprintf("%02d:%02d", schedule->times[i] / 60,
                                                             schedule->times[i] % 60)) < 0) {
                        json_decref(list);
                        list = NULL;
                }
        return list;
}

static int write_date(json_t *doc, const char *key, int32_t days)
{
        char buf[THON_DATE_TEXT];

        if (days == INT32_MIN || days == INT32_MAX)
                return 0;
        return json_object_set_new(doc, key, json_string(thon_date_text(thon_date_of(days), buf))) < 0
                       ? -ENOMEM
                       : 0;
}

static int write_calendar(json_t *doc, const struct thon_air_schedule *schedule)
{
        _cleanup_json_ json_t *repeat =
                json_pack("{s:o, s:o}", "days", write_days(schedule->days, schedule->n_days), "at",
                          write_times(schedule));

        if (!repeat ||
            (schedule->n_except > 0 &&
             json_object_set_new(repeat, "except", write_days(schedule->except, schedule->n_except)) < 0) ||
            write_date(repeat, "from", schedule->from) < 0 ||
            write_date(repeat, "until", schedule->until) < 0 || json_object_set(doc, "repeat", repeat) < 0)
                return -ENOMEM;
        return 0;
}

int form_air_schedule_write(json_t *doc, const struct thon_air_schedule *schedule,
                            const struct thon_zone *zone)
{
        switch (schedule->kind) {
        case THON_AIR_ONCE:
                return form_time_write(doc, "at", schedule->at, zone);
        case THON_AIR_COUNT:
                if (json_object_set_new(doc, "repeat",
                                        json_pack("{s:I, s:I}", "count", (json_int_t)schedule->count,
                                                  "every", (json_int_t)schedule->every_s)) < 0)
                        return -ENOMEM;
                return form_time_write(doc, "at", schedule->at, zone);
        case THON_AIR_CALENDAR:
                return write_calendar(doc, schedule);
        }
        return -EINVAL;
}

/* Forms in the store are written by this program and read by it and its successors; they are read as warily as what comes from outside,
 * since a damaged card must not make an announcement of its own. */
#include "announce_doc.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "thon/cleanup.h"

/* ---- writing ---- */

static int put(json_t *doc, const char *member, json_t *value)
{
        return json_object_set_new(doc, member, value) < 0 ? -ENOMEM : 0;
}

static int put_text(json_t *doc, const char *member, const char *text)
{
        json_t *value = text ? json_string(text) : NULL;

        if (!text)
                return 0;
        return value ? put(doc, member, value) : -EINVAL;
}

static int put_integer(json_t *doc, const char *member, int64_t value)
{
        return put(doc, member, json_integer(value));
}

static json_t *days_json(const struct thon_days *days)
{
        json_t *list = json_array();

        for (size_t i = 0; days->kind == THON_DAYS_DATES && i < days->n; i++)
                (void)json_array_append_new(list, json_pack("[iiiiii]", days->dates[i].from.year,
                                                            days->dates[i].from.month,
                                                            days->dates[i].from.day, days->dates[i].to.year,
                                                            days->dates[i].to.month, days->dates[i].to.day));
        for (size_t i = 0; days->kind == THON_DAYS_LUNAR && i < days->n; i++)
                (void)json_array_append_new(
                        list, json_pack("[iibiib]", days->lunar[i].from.day, days->lunar[i].from.month,
                                        days->lunar[i].from.leap, days->lunar[i].to.day,
                                        days->lunar[i].to.month, days->lunar[i].to.leap));
        if (json_array_size(list) != days->n) {
                json_decref(list);
                return NULL;
        }
        return json_pack("{s:i, s:o, s:[ii], s:[ii], s:[ii], s:[II]}", "kind", days->kind, "list", list,
                         "weekdays", days->weekdays, days->nth, "tet", days->tet_from, days->tet_to, "every",
                         days->every, days->phase, "monthdays", (json_int_t)days->monthdays,
                         (json_int_t)days->monthdays_ahead);
}

static json_t *all_days_json(const struct thon_days *days, size_t n)
{
        json_t *list = json_array();

        for (size_t i = 0; i < n; i++)
                (void)json_array_append_new(list, days_json(&days[i]));
        if (json_array_size(list) != n) {
                json_decref(list);
                return NULL;
        }
        return list;
}

static int put_schedule(json_t *doc, const struct thon_air_schedule *schedule)
{
        json_t *one = json_object(), *times;
        int r = put_integer(one, "kind", schedule->kind);

        if (r == 0 && schedule->kind != THON_AIR_CALENDAR)
                r = put_integer(one, "at", schedule->at.s);
        if (r == 0 && schedule->kind == THON_AIR_COUNT)
                r = put_integer(one, "count", schedule->count);
        if (r == 0 && schedule->kind == THON_AIR_COUNT)
                r = put_integer(one, "every", schedule->every_s);
        if (r == 0 && schedule->kind == THON_AIR_CALENDAR) {
                times = json_array();
                for (size_t i = 0; i < schedule->n_times && i < THON_AIR_TIMES_MAX; i++)
                        (void)json_array_append_new(times, json_integer(schedule->times[i]));
                r = put(one, "times", times);
                if (r == 0)
                        r = put(one, "days", all_days_json(schedule->days, schedule->n_days));
                if (r == 0)
                        r = put(one, "except", all_days_json(schedule->except, schedule->n_except));
                if (r == 0)
                        r = put(one, "span", json_pack("[ii]", schedule->from, schedule->until));
        }
        if (r < 0) {
                json_decref(one);
                return r;
        }
        return put(doc, "schedule", one);
}

int thon_announce_doc_write(const struct thon_announcement *a, json_t **ret)
{
        _cleanup_json_ json_t *doc = json_object();
        json_t *zones = json_array();
        const struct {
                const char *member, *text;
        } texts[] = {
                {"title", a->title},
                {"text", a->text},
                {"reading", a->reading},
                {"media", a->media},
                {"source", a->source},
                {"cap", a->cap},
                {"reason", a->reason},
                {"class", thon_class_text(a->class)},
                {"resume", thon_announce_resume_text(a->resume)},
        };
        const struct {
                const char *member;
                bool value;
        } flags[] = {
                {"chime", a->chime},
                {"exercise", a->exercise},
                {"lamps", a->lamps},
                {"notify", a->notify},
        };
        int r;

        for (size_t i = 0; i < a->n_zones; i++)
                (void)json_array_append_new(zones, json_string(a->zones[i]));
        r = json_array_size(zones) == a->n_zones ? put(doc, "zones", zones) : -EINVAL;
        if (r == -EINVAL)
                json_decref(zones);
        for (size_t i = 0; r == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
                r = put_text(doc, texts[i].member, texts[i].text);
        for (size_t i = 0; r == 0 && i < sizeof(flags) / sizeof(flags[0]); i++)
                r = put(doc, flags[i].member, json_boolean(flags[i].value));
        if (r == 0 && a->source)
                r = put_integer(doc, "source_s", a->source_s);
        if (r == 0 && a->expires.s != INT64_MAX)
                r = put_integer(doc, "expires", a->expires.s);
        if (r == 0)
                r = put_integer(doc, "late_s", a->late_s);
        if (r == 0)
                r = put_schedule(doc, &a->schedule);
        if (r == 0)
                *ret = THON_TAKE(doc);
        return r;
}

char *thon_announce_doc_text(const json_t *doc)
{
        return json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS);
}

/* ---- reading ---- */

static int get_text(const json_t *doc, const char *member, char **ret)
{
        const json_t *value = json_object_get(doc, member);

        if (!value)
                return 0;
        if (!json_is_string(value))
                return -EINVAL;
        *ret = strdup(json_string_value(value));
        return *ret ? 0 : -ENOMEM;
}

static bool get_integer(const json_t *value, int64_t min, int64_t max, int64_t *ret)
{
        if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max)
                return false;
        *ret = json_integer_value(value);
        return true;
}

/* `n` integers within ±bound. */
static bool get_row(const json_t *row, size_t n, int64_t bound, int64_t *ret)
{
        if (json_array_size(row) != n)
                return false;
        for (size_t i = 0; i < n; i++) {
                const json_t *value = json_array_get(row, i);

                if (json_is_boolean(value))
                        ret[i] = json_is_true(value);
                else if (!get_integer(value, -bound, bound, &ret[i]))
                        return false;
        }
        return true;
}

static int read_ranges(const json_t *list, struct thon_days *ret)
{
        size_t n = json_array_size(list);
        int64_t v[6];

        if (n == 0)
                return -EINVAL;
        if (ret->kind == THON_DAYS_DATES)
                ret->dates = calloc(n, sizeof(*ret->dates));
        else
                ret->lunar = calloc(n, sizeof(*ret->lunar));
        if (!ret->dates && !ret->lunar)
                return -ENOMEM;
        ret->n = n;
        for (size_t i = 0; i < n; i++) {
                if (!get_row(json_array_get(list, i), 6, INT16_MAX, v))
                        return -EINVAL;
                for (size_t k = 0; k < 6; k++)
                        if ((ret->kind == THON_DAYS_LUNAR || k % 3 != 0) && (v[k] < 0 || v[k] > 31))
                                return -EINVAL;
                if (ret->kind == THON_DAYS_DATES) {
                        ret->dates[i] =
                                (struct thon_date_range){{(int16_t)v[0], (int8_t)v[1], (int8_t)v[2]},
                                                         {(int16_t)v[3], (int8_t)v[4], (int8_t)v[5]}};
                } else {
                        ret->lunar[i] = (struct thon_lunar_range){{(int8_t)v[0], (int8_t)v[1], v[2] != 0},
                                                                  {(int8_t)v[3], (int8_t)v[4], v[5] != 0}};
                }
        }
        return 0;
}

static int read_days(const json_t *doc, struct thon_days *ret)
{
        int64_t kind, weekdays[2], tet[2], every[2], monthdays[2];

        if (!get_integer(json_object_get(doc, "kind"), 0, THON_DAYS_MONTHDAYS, &kind) ||
            !get_row(json_object_get(doc, "weekdays"), 2, UINT16_MAX, weekdays) ||
            !get_row(json_object_get(doc, "tet"), 2, INT16_MAX, tet) ||
            !get_row(json_object_get(doc, "every"), 2, INT16_MAX, every) ||
            !get_row(json_object_get(doc, "monthdays"), 2, UINT32_MAX, monthdays) || monthdays[0] < 0 ||
            monthdays[1] < 0 || weekdays[0] < 0 || weekdays[0] > 127 || weekdays[1] < 0 ||
            (kind == THON_DAYS_EVERY && every[0] < 1))
                return -EINVAL;
        ret->kind = (enum thon_days_kind)kind;
        ret->weekdays = (uint8_t)weekdays[0];
        ret->nth = (uint16_t)weekdays[1];
        ret->tet_from = (int16_t)tet[0];
        ret->tet_to = (int16_t)tet[1];
        ret->every = (int16_t)every[0];
        ret->phase = (int16_t)every[1];
        ret->monthdays = (uint32_t)monthdays[0];
        ret->monthdays_ahead = (uint32_t)monthdays[1];
        return kind == THON_DAYS_DATES || kind == THON_DAYS_LUNAR
                       ? read_ranges(json_object_get(doc, "list"), ret)
                       : 0;
}

static int read_all_days(const json_t *list, struct thon_days **ret, size_t *ret_n)
{
        size_t n = json_array_size(list);
        int r = 0;

        if (!json_is_array(list))
                return -EINVAL;
        if (n == 0)
                return 0;
        *ret = calloc(n, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        *ret_n = n;
        for (size_t i = 0; r == 0 && i < n; i++)
                r = read_days(json_array_get(list, i), &(*ret)[i]);
        return r;
}

static int read_calendar(const json_t *doc, struct thon_air_schedule *ret)
{
        const json_t *times = json_object_get(doc, "times");
        int64_t span[2], minute;
        int r;

        if (!get_row(json_object_get(doc, "span"), 2, 1 + (int64_t)INT32_MAX, span) || span[0] > INT32_MAX ||
            span[1] > INT32_MAX || json_array_size(times) > THON_AIR_TIMES_MAX)
                return -EINVAL;
        ret->from = (int32_t)span[0];
        ret->until = (int32_t)span[1];
        for (size_t i = 0; i < json_array_size(times); i++) {
                if (!get_integer(json_array_get(times, i), 0, 24 * 60 - 1, &minute))
                        return -EINVAL;
                ret->times[ret->n_times++] = (int16_t)minute;
        }
        r = read_all_days(json_object_get(doc, "days"), &ret->days, &ret->n_days);
        return r == 0 ? read_all_days(json_object_get(doc, "except"), &ret->except, &ret->n_except) : r;
}

static int read_schedule(const json_t *doc, struct thon_air_schedule *ret)
{
        int64_t kind, count = 0;

        if (!get_integer(json_object_get(doc, "kind"), 0, THON_AIR_CALENDAR, &kind))
                return -EINVAL;
        ret->kind = (enum thon_air_kind)kind;
        if (ret->kind == THON_AIR_CALENDAR)
                return read_calendar(doc, ret);
        if (!get_integer(json_object_get(doc, "at"), INT64_MIN, INT64_MAX, &ret->at.s))
                return -EINVAL;
        if (ret->kind == THON_AIR_COUNT &&
            (!get_integer(json_object_get(doc, "count"), 1, UINT_MAX, &count) ||
             !get_integer(json_object_get(doc, "every"), 1, INT64_MAX, &ret->every_s)))
                return -EINVAL;
        ret->count = (unsigned)count;
        return 0;
}

static int read_zones(const json_t *list, struct thon_announcement *ret)
{
        size_t n = json_array_size(list);

        if (n > THON_ANNOUNCE_ZONES_MAX)
                return -EINVAL;
        if (n == 0)
                return 0;
        ret->zones = calloc(n, sizeof(*ret->zones));
        if (!ret->zones)
                return -ENOMEM;
        for (; ret->n_zones < n; ret->n_zones++) {
                const char *zone = json_string_value(json_array_get(list, ret->n_zones));

                if (!zone || !thon_slug_valid(zone))
                        return -EINVAL;
                memcpy(ret->zones[ret->n_zones], zone, strlen(zone) + 1);
        }
        return 0;
}

static int read_form(const json_t *doc, struct thon_announcement *ret)
{
        const json_t *expires = json_object_get(doc, "expires"), *source = json_object_get(doc, "source_s");
        const char *class = json_string_value(json_object_get(doc, "class")),
                   *resume = json_string_value(json_object_get(doc, "resume"));
        const struct {
                const char *member;
                char **text;
        } texts[] = {
                {"title", &ret->title},   {"text", &ret->text},     {"reading", &ret->reading},
                {"media", &ret->media},   {"source", &ret->source}, {"cap", &ret->cap},
                {"reason", &ret->reason},
        };
        int r = 0;

        if (!class || !thon_class_parse(class, &ret->class) || !resume ||
            !thon_announce_resume_parse(resume, &ret->resume) ||
            !get_integer(json_object_get(doc, "late_s"), -1, INT64_MAX, &ret->late_s))
                return -EINVAL;
        ret->expires = THON_WALL_NEVER;
        if (expires && !get_integer(expires, INT64_MIN, INT64_MAX, &ret->expires.s))
                return -EINVAL;
        if (source && !get_integer(source, 0, INT64_MAX, &ret->source_s))
                return -EINVAL;
        ret->chime = json_is_true(json_object_get(doc, "chime"));
        ret->exercise = json_is_true(json_object_get(doc, "exercise"));
        ret->lamps = json_is_true(json_object_get(doc, "lamps"));
        ret->notify = json_is_true(json_object_get(doc, "notify"));
        for (size_t i = 0; r == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
                r = get_text(doc, texts[i].member, texts[i].text);
        if (r == 0)
                r = read_zones(json_object_get(doc, "zones"), ret);
        return r == 0 ? read_schedule(json_object_get(doc, "schedule"), &ret->schedule) : r;
}

int thon_announce_doc_read(const char *text, struct thon_announcement *ret)
{
        _cleanup_json_ json_t *doc = NULL;
        int r = thon_json_parse(text, strlen(text), SIZE_MAX, &doc, NULL);

        return r == 0 ? read_form(doc, ret) : r == -ENOMEM ? r : -EINVAL;
}

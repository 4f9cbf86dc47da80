/* What a person may write into a field.
 *
 * The rule is to take every way of writing that can mean one thing only, and to refuse the rest with a reason that
 * says how to write it: a value that was guessed wrong is found out when a message does not arrive. Numbers are read
 * and written without the C library's locale, and coordinates are kept in whole units of 1e-7 degrees, so that a
 * value read back from an export is the same bit for bit. */
#include "registry_value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/csv.h"
#include "thon/json.h"
#include "thon/slug.h"
#include "thon/text.h"
#include "thon/time.h"

#define DEGREE_UNIT     10000000 /* 1e-7 degrees: 1 cm */
#define DEGREE_DECIMALS 7
#define CONFIG_SIZE_MAX 4000 /* one CSV field */
#define LIST_SIZE_MAX   65536
#define LIST_MAX        1000
#define CHANNELS_MAX    8
#define CHANNEL_ID_MAX  128

#define SLUG_RULE "a-z, 0-9 and hyphens, a letter or digit first, at most 63 characters"

void thon_value_done(struct thon_value *value)
{
        free(value->text);
        *value = (struct thon_value){0};
}

bool thon_value_equal(const struct thon_value *a, const struct thon_value *b)
{
        if (a->kind != b->kind)
                return false;
        switch (a->kind) {
        case THON_VALUE_NONE:
                return true;
        case THON_VALUE_TEXT:
                return strcmp(a->text, b->text) == 0;
        case THON_VALUE_INTEGER:
                return a->integer == b->integer;
        case THON_VALUE_REAL:
                return llround(a->real * DEGREE_UNIT) == llround(b->real * DEGREE_UNIT);
        }
        return false;
}

void thon_value_take(struct thon_value *value, char *text)
{
        thon_value_done(value);
        value->kind = THON_VALUE_TEXT;
        value->text = text;
}

static int take_copy(struct thon_value *value, const char *text)
{
        char *copy = strdup(text);

        if (!copy)
                return -ENOMEM;
        thon_value_take(value, copy);
        return 0;
}

int thon_reason_set(struct thon_reason *reason, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vsnprintf(reason->text, sizeof reason->text, format, args);
        va_end(args);
        return THON_STORE_INVALID;
}

static int parse_slug(const char *text, struct thon_value *ret, struct thon_reason *reason)
{
        if (!thon_slug_valid(text))
                return thon_reason_set(reason, "is not an id (%s)", SLUG_RULE);
        return take_copy(ret, text);
}

static int parse_code(const char *text, struct thon_value *ret, struct thon_reason *reason)
{
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
        size_t n = strlen(text);

        if (n > THON_SLUG_MAX || strspn(text, allowed) != n || strchr("._-", text[0]))
                return thon_reason_set(
                        reason, "is not a code (letters without marks, digits, . _ and -, a letter or "
                                "digit first, at most 63 characters)");
        return take_copy(ret, text);
}

static int parse_word(const struct thon_column *column, const char *text, struct thon_value *ret,
                      struct thon_reason *reason)
{
        _cleanup_free_ char *folded = NULL;
        thon_slug slug;
        int r;

        r = thon_text_fold(text, LIST_SIZE_MAX, &folded);
        if (r < 0)
                return r;
        if (thon_registry_word(column->words, folded, slug, sizeof slug))
                return take_copy(ret, slug);
        if (thon_slug_valid(text))
                return take_copy(ret, text);
        /* "Bí thư đoàn" is as good a role as any: bi-thu-doan. */
        for (char *p = folded; *p; p++)
                if (*p == ' ')
                        *p = '-';
        return parse_slug(folded, ret, reason);
}

static int parse_phone(const char *text, struct thon_value *ret, struct thon_reason *reason)
{
        char phone[THON_PHONE_TEXT];

        if (thon_phone_normalise(text, phone) != THON_PHONE_OK)
                return thon_reason_set(
                        reason, "is no telephone number (Vietnamese: mobile 03 05 07 08 09 with 10 digits, "
                                "fixed 02 with 11; others with + and the country)");
        return take_copy(ret, phone);
}

static int parse_integer(const struct thon_column *column, const char *text, struct thon_value *ret,
                         struct thon_reason *reason)
{
        int64_t value = 0;
        size_t n = strspn(text, "0123456789");

        /* "+5" and "-0" are no way to count people. */
        if (n == 0 || text[n] != '\0')
                return thon_reason_set(reason, "is not a whole number");
        for (; *text && value <= column->max; text++)
                value = value * 10 + (*text - '0');
        if (value < column->min || value > column->max)
                return thon_reason_set(reason, "is not from %d to %d", column->min, column->max);
        *ret = (struct thon_value){.kind = THON_VALUE_INTEGER, .integer = value};
        return 0;
}

static int parse_degrees(const struct thon_column *column, const char *text, struct thon_value *ret,
                         struct thon_reason *reason)
{
        const char *p = text;
        bool negative = *p == '-', any = false;
        int64_t units = 0;
        int decimals = 0;

        p += *p == '-' || *p == '+';
        for (; *p >= '0' && *p <= '9'; p++) {
                any = true;
                if (units < 1000)
                        units = units * 10 + (*p - '0');
        }
        units *= DEGREE_UNIT;
        if (*p == '.' || *p == ',') {
                int64_t unit = DEGREE_UNIT;

                for (p++; *p >= '0' && *p <= '9'; p++) {
                        any = true;
                        decimals++;
                        unit /= 10;
                        if (decimals <= DEGREE_DECIMALS)
                                units += (*p - '0') * unit;
                        else if (decimals == DEGREE_DECIMALS + 1 && *p >= '5')
                                units++;
                }
        }
        if (!any || *p != '\0')
                return thon_reason_set(reason, "is not a number of degrees such as 19.9931 or 19,9931");
        if (negative)
                units = -units;
        if (units < (int64_t)column->min * DEGREE_UNIT || units > (int64_t)column->max * DEGREE_UNIT)
                return thon_reason_set(reason, "is not from %d to %d degrees", column->min, column->max);
        *ret = (struct thon_value){.kind = THON_VALUE_REAL, .real = (double)units / DEGREE_UNIT};
        return 0;
}

static int parse_boolean(const char *text, struct thon_value *ret, struct thon_reason *reason)
{
        _cleanup_free_ char *folded = NULL;
        int r;

        r = thon_text_fold(text, LIST_SIZE_MAX, &folded);
        if (r < 0)
                return r;
        if (thon_registry_listed("1|true|yes|y|x|v|co|dung|roi", folded) || strcmp(text, "✓") == 0 ||
            strcmp(text, "✔") == 0)
                *ret = (struct thon_value){.kind = THON_VALUE_INTEGER, .integer = 1};
        else if (thon_registry_listed("0|false|no|n|khong|ko|k|sai|chua", folded))
                *ret = (struct thon_value){.kind = THON_VALUE_INTEGER, .integer = 0};
        else
                return thon_reason_set(reason,
                                       "is neither yes nor no (có, không, yes, no, true, false, 1, 0, x)");
        return 0;
}

/* Excel in Vietnam shows 1 March 2026 as "01/03/2026", and saves what it shows. */
static int parse_date(const char *text, struct thon_value *ret, struct thon_reason *reason)
{
        struct thon_date date = {0};
        char iso[THON_DATE_TEXT];
        int part[3] = {0}, n = 0;

        if (!thon_date_parse(text, &date)) {
                for (const char *p = text; *p && n < 3; p++) {
                        if (*p == '/')
                                n++;
                        else if (*p < '0' || *p > '9' || part[n] > 999)
                                n = 3;
                        else
                                part[n] = part[n] * 10 + (*p - '0');
                }
                if (n == 2 && part[2] >= 1900)
                        date = (struct thon_date){(int16_t)part[2], (int8_t)(part[1] < 100 ? part[1] : 0),
                                                  (int8_t)(part[0] < 100 ? part[0] : 0)};
        }
        if (date.year < 1900 || !thon_date_valid(date))
                return thon_reason_set(reason, "is not a date such as 2026-03-01 or 1/3/2026");
        return take_copy(ret, thon_date_text(date, iso));
}

/* The next piece of a list, in place; NULL at the end. */
static char *next_item(char **rest, const char *separators)
{
        char *item = *rest + strspn(*rest, separators);
        size_t n = strcspn(item, separators);

        if (n == 0)
                return NULL;
        *rest = item + n + (item[n] ? 1 : 0);
        item[n] = '\0';
        return item;
}

static int parse_channels(char *text, struct thon_value *ret, struct thon_reason *reason)
{
        _cleanup_free_ char *out = calloc(1, strlen(text) + 2);
        const char *seen[CHANNELS_MAX];
        char *item, *end = out;
        size_t n = 0;

        if (!out)
                return -ENOMEM;
        while ((item = next_item(&text, "; ,"))) {
                char *colon = strchr(item, ':');

                if (!colon || colon[1] == '\0' || strlen(colon + 1) > CHANNEL_ID_MAX)
                        return thon_reason_set(reason, "is not a list of channels such as oa:ID;bot:ID");
                for (const char *p = colon + 1; *p; p++)
                        if (*p < '!' || *p > '~' || *p == '"')
                                return thon_reason_set(
                                        reason,
                                        "has an id of a channel with other than letters, digits and signs");
                *colon = '\0';
                if (!thon_slug_valid(item))
                        return thon_reason_set(reason, "has a channel whose name is no id (%s)", SLUG_RULE);
                for (size_t i = 0; i < n; i++)
                        if (strcmp(seen[i], item) == 0)
                                return thon_reason_set(reason, "names the channel %s twice", item);
                if (n == CHANNELS_MAX)
                        return thon_reason_set(reason, "has more than %d channels", CHANNELS_MAX);
                seen[n++] = item;
                /* Never longer than what was read. */
                end = stpcpy(stpcpy(stpcpy(stpcpy(end, n > 1 ? ";" : ""), item), ":"), colon + 1);
        }
        if (n == 0)
                return thon_reason_set(reason, "is not a list of channels such as oa:ID;bot:ID");
        thon_value_take(ret, THON_TAKE(out));
        return 0;
}

static int parse_consent(const struct thon_column *column, char *text, struct thon_value *ret,
                         struct thon_reason *reason)
{
        bool notices = false, emergency = false;
        char *item;

        while ((item = next_item(&text, ",;"))) {
                _cleanup_free_ char *folded = NULL;
                thon_slug slug;
                int r;

                r = thon_text_fold(item, LIST_SIZE_MAX, &folded);
                if (r < 0)
                        return r;
                if (folded[0] == '\0')
                        continue;
                if (!thon_registry_word(column->words, folded, slug, sizeof slug))
                        (void)snprintf(slug, sizeof slug, "%.60s", folded);
                if (strcmp(slug, "notices") == 0)
                        notices = true;
                else if (strcmp(slug, "emergency") == 0)
                        emergency = true;
                else
                        return thon_reason_set(
                                reason, "is not a list of notices (thông báo) and emergency (khẩn cấp)");
        }
        if (!notices && !emergency)
                return thon_reason_set(reason,
                                       "is not a list of notices (thông báo) and emergency (khẩn cấp)");
        return take_copy(ret, notices && emergency ? "notices,emergency"
                              : notices            ? "notices"
                                                   : "emergency");
}

static int by_text(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Ids in order, each once, parted by one space. */
static int parse_ids(char *text, struct thon_value *ret, struct thon_reason *reason)
{
        _cleanup_free_ char *out = calloc(1, strlen(text) + 2);
        _cleanup_free_ const char **ids = calloc(LIST_MAX, sizeof *ids);
        char *item, *end = out;
        size_t n = 0;

        if (!out || !ids)
                return -ENOMEM;
        while ((item = next_item(&text, " ,;"))) {
                if (!thon_slug_valid(item))
                        return thon_reason_set(reason, "has an item that is no id (%s)", SLUG_RULE);
                if (n == LIST_MAX)
                        return thon_reason_set(reason, "has more than %d ids", LIST_MAX);
                ids[n++] = item;
        }
        if (n == 0)
                return thon_reason_set(reason, "is not a list of ids");
        qsort(ids, n, sizeof *ids, by_text);
        for (size_t i = 0; i < n; i++)
                if (i == 0 || strcmp(ids[i - 1], ids[i]) != 0)
                        end = stpcpy(stpcpy(end, i > 0 ? " " : ""), ids[i]);
        thon_value_take(ret, THON_TAKE(out));
        return 0;
}

static int parse_config(const char *text, struct thon_value *ret, struct thon_reason *reason)
{
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *compact = NULL;
        struct thon_json_error error;
        int r;

        r = thon_json_parse(text, strlen(text), LIST_SIZE_MAX, &doc, &error);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return thon_reason_set(reason, "is not JSON: %s", error.text);
        if (!json_is_object(doc))
                return thon_reason_set(reason, "is not a JSON object");
        compact = json_dumps(doc, JSON_COMPACT);
        if (!compact)
                return -ENOMEM;
        if (strlen(compact) > CONFIG_SIZE_MAX)
                return thon_reason_set(reason, "is longer than %d bytes", CONFIG_SIZE_MAX);
        thon_value_take(ret, THON_TAKE(compact));
        return 0;
}

static size_t limit_of(const struct thon_column *column)
{
        switch (column->type) {
        case THON_FIELD_TEXT:
                return (size_t)column->max;
        case THON_FIELD_MEMBERS:
        case THON_FIELD_CONFIG:
                return LIST_SIZE_MAX;
        case THON_FIELD_CHANNELS:
        case THON_FIELD_GROUPS:
                return THON_CSV_FIELD_MAX;
        case THON_FIELD_AREA:
        case THON_FIELD_SLUG:
        case THON_FIELD_CODE:
        case THON_FIELD_WORD:
        case THON_FIELD_PHONE:
        case THON_FIELD_INTEGER:
        case THON_FIELD_DEGREES:
        case THON_FIELD_BOOLEAN:
        case THON_FIELD_DATE:
        case THON_FIELD_CONSENT:
        case THON_FIELD_HOUSEHOLD:
                break;
        }
        return 200;
}

int thon_value_parse(const struct thon_column *column, const char *text, struct thon_value *ret,
                     struct thon_reason *reason)
{
        _cleanup_free_ char *plain = NULL;
        int r;

        r = thon_text_nfc(text, limit_of(column), &plain);
        if (r == -EINVAL)
                return thon_reason_set(reason,
                                       "is not UTF-8, has a control character, or is longer than %zu bytes",
                                       limit_of(column));
        if (r < 0)
                return r;
        if (plain[0] == '\0') {
                if (column->required)
                        return thon_reason_set(reason, "is required");
                *ret = (struct thon_value){.kind = THON_VALUE_NONE};
                return 0;
        }
        switch (column->type) {
        case THON_FIELD_SLUG:
                return parse_slug(plain, ret, reason);
        case THON_FIELD_CODE:
        case THON_FIELD_HOUSEHOLD:
                return parse_code(plain, ret, reason);
        case THON_FIELD_TEXT:
        case THON_FIELD_AREA:
                *ret = (struct thon_value){.kind = THON_VALUE_TEXT, .text = THON_TAKE(plain)};
                return 0;
        case THON_FIELD_WORD:
                return parse_word(column, plain, ret, reason);
        case THON_FIELD_PHONE:
                return parse_phone(plain, ret, reason);
        case THON_FIELD_INTEGER:
                return parse_integer(column, plain, ret, reason);
        case THON_FIELD_DEGREES:
                return parse_degrees(column, plain, ret, reason);
        case THON_FIELD_BOOLEAN:
                return parse_boolean(plain, ret, reason);
        case THON_FIELD_DATE:
                return parse_date(plain, ret, reason);
        case THON_FIELD_CHANNELS:
                return parse_channels(plain, ret, reason);
        case THON_FIELD_CONSENT:
                return parse_consent(column, plain, ret, reason);
        case THON_FIELD_GROUPS:
        case THON_FIELD_MEMBERS:
                return parse_ids(plain, ret, reason);
        case THON_FIELD_CONFIG:
                return parse_config(text, ret, reason);
        }
        return -EINVAL;
}

static char *degrees_text(double degrees, char point)
{
        int64_t units = llround(degrees * DEGREE_UNIT), whole = llabs(units) / DEGREE_UNIT;
        char *text, *last;

        if (asprintf(&text, "%s%" PRId64 "%c%07" PRId64, units < 0 ? "-" : "", whole, point,
                     (int64_t)llabs(units) % DEGREE_UNIT) < 0)
                return NULL;
        for (last = text + strlen(text) - 1; *last == '0' && last[-1] != point; last--)
                *last = '\0';
        return text;
}

int thon_value_csv(const struct thon_column *column, const struct thon_value *value, char point, char **ret)
{
        char *text = NULL;

        switch (value->kind) {
        case THON_VALUE_NONE:
                text = strdup("");
                break;
        case THON_VALUE_TEXT:
                text = strdup(value->text);
                break;
        case THON_VALUE_INTEGER:
                if (column->type == THON_FIELD_BOOLEAN)
                        text = strdup(value->integer ? "yes" : "no");
                else if (asprintf(&text, "%" PRId64, value->integer) < 0)
                        text = NULL;
                break;
        case THON_VALUE_REAL:
                text = degrees_text(value->real, point);
                break;
        }
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

/* "oa:1;bot:2" as {"oa":"1","bot":"2"}, "a b" as ["a","b"]. */
static json_t *list_json(const char *text, bool channels)
{
        _cleanup_json_ json_t *list = channels ? json_object() : json_array();
        _cleanup_free_ char *copy = strdup(text ? text : "");
        char *rest = copy, *item;

        if (!list || !copy)
                return NULL;
        while ((item = next_item(&rest, "; ,"))) {
                char *id = channels ? strchr(item, ':') : NULL;
                int r;

                if (id)
                        *id++ = '\0';
                r = channels ? json_object_set_new(list, item, json_string(id ? id : ""))
                             : json_array_append_new(list, json_string(item));
                if (r < 0)
                        return NULL;
        }
        return THON_TAKE(list);
}

json_t *thon_value_json(const struct thon_column *column, const struct thon_value *value)
{
        switch (column->type) {
        case THON_FIELD_CHANNELS:
                return list_json(value->text, true);
        case THON_FIELD_CONSENT:
        case THON_FIELD_GROUPS:
        case THON_FIELD_MEMBERS:
                return list_json(value->text, false);
        case THON_FIELD_CONFIG:
                return value->text ? json_loads(value->text, 0, NULL) : json_object();
        case THON_FIELD_BOOLEAN:
                return value->kind == THON_VALUE_NONE ? json_null() : json_boolean(value->integer != 0);
        case THON_FIELD_SLUG:
        case THON_FIELD_CODE:
        case THON_FIELD_TEXT:
        case THON_FIELD_WORD:
        case THON_FIELD_PHONE:
        case THON_FIELD_INTEGER:
        case THON_FIELD_DEGREES:
        case THON_FIELD_DATE:
        case THON_FIELD_AREA:
        case THON_FIELD_HOUSEHOLD:
                break;
        }
        switch (value->kind) {
        case THON_VALUE_NONE:
                return json_null();
        case THON_VALUE_TEXT:
                return json_string(value->text);
        case THON_VALUE_INTEGER:
                return json_integer(value->integer);
        case THON_VALUE_REAL:
                return json_real(value->real);
        }
        return NULL;
}

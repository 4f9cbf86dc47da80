/* The types of configuration values.
 *
 * Numbers are read by hand rather than by strtol, strtod and their kin: those take white space, hexadecimal,
 * "nan" and a locale's comma, and a configuration that means something else on another machine is worse than
 * one refused. */
#include "conf_value.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "thon/cleanup.h"
#include "thon/slug.h"

static int refuse(char **ret_why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(char **ret_why, const char *format, ...)
{
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(ret_why, format, ap);
        va_end(ap);
        if (r < 0) {
                *ret_why = NULL;
                return -ENOMEM;
        }
        return -EINVAL;
}

static bool parse_int64(const char *text, int64_t *ret)
{
        bool negative = *text == '-';
        int64_t n = 0;

        text += negative || *text == '+';
        if (*text == '\0')
                return false;
        for (; *text >= '0' && *text <= '9'; text++)
                if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, *text - '0', &n))
                        return false;
        /* Gathered below zero, where the range is larger by one. */
        if (*text != '\0' || (!negative && n == INT64_MIN))
                return false;
        *ret = negative ? n : -n;
        return true;
}

/* Digits with at most one point among them; no exponent, no "inf", no comma. */
static bool parse_real(const char *text, double *ret)
{
        const char *digits = text + (*text == '-' || *text == '+');
        size_t n = strspn(digits, "0123456789.");
        char *end;

        if (n == 0 || n > 30 || digits[n] != '\0' || strchr(digits, '.') != strrchr(digits, '.') ||
            strcmp(digits, ".") == 0)
                return false;
        /* The process never calls setlocale(), so that the point is a point. */
        double value = strtod(text, &end);
        if (*end != '\0' || !isfinite(value))
                return false;
        *ret = value;
        return true;
}

static bool parse_bool(const char *text, bool *ret)
{
        static const char *const names[2][4] = {{"no", "false", "off", "0"}, {"yes", "true", "on", "1"}};

        for (int value = 0; value < 2; value++)
                for (size_t i = 0; i < 4; i++)
                        if (strcasecmp(text, names[value][i]) == 0) {
                                *ret = value;
                                return true;
                        }
        return false;
}

struct unit {
        const char *name; /* NULL ends the list */
        int64_t factor;
};

/* A whole number and a unit. -EINVAL: no number, or another unit; -ERANGE: more than there is. */
static int parse_amount(const char *text, const struct unit *units, int64_t *ret)
{
        size_t digits = strspn(text, "0123456789");
        const char *unit = text + digits;
        char number[20];
        int64_t n;

        if (digits == 0)
                return -EINVAL;
        if (digits >= sizeof(number))
                return -ERANGE;
        memcpy(number, text, digits);
        number[digits] = '\0';
        while (*unit == ' ')
                unit++;
        for (; units->name; units++)
                if (strcmp(unit, units->name) == 0) {
                        if (!parse_int64(number, &n) || __builtin_mul_overflow(n, units->factor, &n))
                                return -ERANGE;
                        *ret = n;
                        return 0;
                }
        return -EINVAL;
}

int thon_duration_parse(const char *text, int64_t *ret_seconds)
{
        static const struct unit units[] = {{"", 1},     {"s", 1},     {"min", 60},
                                            {"h", 3600}, {"d", 86400}, {NULL, 0}};

        return parse_amount(text, units, ret_seconds);
}

static int parse_size(const char *text, int64_t *ret_bytes)
{
        static const struct unit units[] = {
                {"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};

        return parse_amount(text, units, ret_bytes);
}

static bool in_range(const struct thon_conf_item *item, double value)
{
        return (item->min == 0 && item->max == 0) || (value >= item->min && value <= item->max);
}

static int refuse_range(const struct thon_conf_item *item, const char *what, char **ret_why)
{
        return refuse(ret_why, "must be %s from %.10g to %.10g", what, item->min, item->max);
}

static int set_string(const struct thon_conf_item *item, char **field, const char *value, char **ret_why)
{
        const char *why = item->parse ? item->parse(value, NULL) : NULL;
        char *copy;

        if (why)
                return refuse(ret_why, "%s", why);
        if (!in_range(item, (double)strlen(value)))
                return refuse(ret_why, "must have from %.0f to %.0f bytes", item->min, item->max);
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*field);
        *field = copy;
        return 0;
}

int thon_conf_value_set(const struct thon_conf_item *item, void *base, const char *value, char **ret_why)
{
        void *field = (char *)base + item->offset;
        const char *why;
        int64_t n;
        double real;
        bool yes;

        switch (item->type) {
        case THON_CONF_STRING:
                return set_string(item, field, value, ret_why);
        case THON_CONF_PATH:
                if (*value != '/' || strlen(value) >= PATH_MAX)
                        return refuse(ret_why, "must be an absolute path");
                return set_string(item, field, value, ret_why);
        case THON_CONF_SLUG:
                if (!thon_slug_valid(value))
                        return refuse(
                                ret_why,
                                "must be of a-z, 0-9 and \"-\", not begin with \"-\", and have at most 63 of them");
                (void)snprintf(field, sizeof(thon_slug), "%s", value);
                return 0;
        case THON_CONF_INT:
                if (!parse_int64(value, &n) || n < INT_MIN || n > INT_MAX)
                        return refuse(ret_why, "must be a whole number");
                if (!in_range(item, (double)n))
                        return refuse_range(item, "a whole number", ret_why);
                *(int *)field = (int)n;
                return 0;
        case THON_CONF_PORT:
                if (!parse_int64(value, &n) || n < 1 || n > 65535)
                        return refuse(ret_why, "must be a port from 1 to 65535");
                *(int *)field = (int)n;
                return 0;
        case THON_CONF_REAL:
                if (!parse_real(value, &real))
                        return refuse(ret_why, "must be a number, with a point before its decimals");
                if (!in_range(item, real))
                        return refuse_range(item, "a number", ret_why);
                *(double *)field = real;
                return 0;
        case THON_CONF_BOOL:
                if (!parse_bool(value, &yes))
                        return refuse(ret_why, "must be yes or no");
                *(bool *)field = yes;
                return 0;
        case THON_CONF_DURATION:
                if (thon_duration_parse(value, &n) < 0)
                        return refuse(ret_why, "must be a duration such as 90s, 15min, 2h or 3d");
                if (!in_range(item, (double)n))
                        return refuse_range(item, "a duration in seconds", ret_why);
                *(int64_t *)field = n;
                return 0;
        case THON_CONF_SIZE:
                if (parse_size(value, &n) < 0)
                        return refuse(ret_why, "must be a size such as 500KiB, 10MiB or 1GiB");
                if (!in_range(item, (double)n))
                        return refuse_range(item, "a size in bytes", ret_why);
                *(int64_t *)field = n;
                return 0;
        case THON_CONF_CUSTOM:
                why = item->parse(value, field);
                return why ? refuse(ret_why, "%s", why) : 0;
        }
        return refuse(ret_why, "of an unknown type");
}

void thon_conf_value_done(const struct thon_conf_item *item, void *base)
{
        char **field = (char **)((char *)base + item->offset);

        switch (item->type) {
        case THON_CONF_STRING:
        case THON_CONF_PATH:
                free(*field);
                *field = NULL;
                break;
        case THON_CONF_SLUG:
        case THON_CONF_INT:
        case THON_CONF_REAL:
        case THON_CONF_BOOL:
        case THON_CONF_SIZE:
        case THON_CONF_DURATION:
        case THON_CONF_PORT:
        case THON_CONF_CUSTOM:
                break;
        }
}

/* Providers write numbers as strings and strings as numbers, and leave out what they promised. Ids have nineteen digits:
 * they are never a double here, and an integer becomes exactly the text that it was. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

bool wire_int(const json_t *value, int64_t *ret)
{
        const char *text = json_string_value(value);
        uint64_t n = 0, limit = INT64_MAX;
        bool negative;

        if (json_is_integer(value)) {
                *ret = json_integer_value(value);
                return true;
        }
        if (!text)
                return false;
        negative = *text == '-';
        text += negative;
        if (!*text)
                return false;
        for (; *text; text++) {
                unsigned digit = (unsigned)(*text - '0');

                if (digit > 9 || n > (limit - digit) / 10)
                        return false;
                n = n * 10 + digit;
        }
        *ret = negative ? -(int64_t)n : (int64_t)n;
        return true;
}

/* [-]digits[.digits]: the C library's reader would follow the locale. */
static bool decimal(const char *text, double *ret)
{
        double n = 0, scale = 1;
        bool negative = *text == '-', digits = false, point = false;

        text += negative;
        for (; *text; text++) {
                if (*text == '.' && !point) {
                        point = true;
                        continue;
                }
                if (*text < '0' || *text > '9')
                        return false;
                digits = true;
                n = n * 10 + (*text - '0');
                if (point)
                        scale *= 10;
        }
        n /= scale;
        if (!digits || !isfinite(n))
                return false;
        *ret = negative ? -n : n;
        return true;
}

bool wire_number(const json_t *value, double *ret)
{
        if (json_is_string(value))
                return strlen(json_string_value(value)) <= 40 && decimal(json_string_value(value), ret);
        if (!json_is_number(value))
                return false;
        *ret = json_number_value(value);
        return isfinite(*ret);
}

bool wire_id(const json_t *value, char *buf, size_t size)
{
        const char *text = json_string_value(value);
        int n;

        buf[0] = '\0';
        if (json_is_integer(value)) {
                n = snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
                if (n > 0 && (size_t)n < size)
                        return true;
                buf[0] = '\0';
                return false;
        }
        if (!wire_secret(text) || strlen(text) >= size) /* the same alphabet: printable, no spaces */
                return false;
        memcpy(buf, text, strlen(text) + 1);
        return true;
}

char *wire_address(const json_t *value)
{
        char buf[THON_ADDRESS_MAX];

        return wire_id(value, buf, sizeof buf) ? strdup(buf) : NULL;
}

char *wire_string(const json_t *value, size_t max)
{
        const char *text = json_string_value(value);

        return text && *text && strlen(text) <= max ? strdup(text) : NULL;
}

struct thon_wall wire_instant(const json_t *value)
{
        /* 10^11 s is the year 5138, and 10^11 ms is 1973, before any of these services. */
        const int64_t millis = INT64_C(100000000000);
        int64_t n;

        if (!wire_int(value, &n) || n <= 0 || n >= millis * 1000)
                return THON_WALL_NEVER;
        return (struct thon_wall){n >= millis ? n / 1000 : n};
}

const json_t *wire_at(const json_t *doc, const char *const *path)
{
        for (; *path; path++)
                doc = json_object_get(doc, *path);
        return doc;
}

struct relayd_update *wire_updates_add(struct wire_updates *updates)
{
        struct relayd_update *items = reallocarray(updates->items, updates->n + 1, sizeof *items);

        if (!items)
                return NULL;
        updates->items = items;
        items[updates->n] = (struct relayd_update){.kind = RELAYD_OTHER, .at = THON_WALL_NEVER};
        return &items[updates->n++];
}

void wire_updates_done(struct wire_updates *updates)
{
        for (size_t i = 0; i < updates->n; i++)
                relayd_update_done(&updates->items[i]);
        free(updates->items);
        *updates = (struct wire_updates){0};
}

void wire_updates_take(struct wire_updates *updates, struct relayd_update **ret, size_t *ret_n)
{
        *ret = THON_TAKE(updates->items);
        *ret_n = updates->n;
        updates->n = 0;
}

void wire_place(struct relayd_update *update, const json_t *lat, const json_t *lon)
{
        double a, b;

        if (!wire_number(lat, &a) || !wire_number(lon, &b) || fabs(a) > 90 || fabs(b) > 180)
                return;
        update->has_place = true;
        update->lat = a;
        update->lon = b;
}

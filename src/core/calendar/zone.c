/* A zone is a list of spans, each with one offset: the table of the TZif file, then the rule of its footer
 * for ever.
 *
 * Both directions are answered from one question, "which offset holds at t, and until when". From civil time
 * to instant the spans around it are walked in order and the first that reaches that civil time answers: a
 * time that was skipped is reached at the jump itself, one that comes twice is reached the first time. */
#include "thon/zone.h"

#include "zone_rule.h"

#include "thon/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TZIF_MAX      (64 * 1024)
#define TZIF_HEADER   44
#define DAY_S         INT64_C(86400)
#define OFFSET_LIMIT  (26 * 3600)
#define INSTANT_LIMIT (INT64_C(2147000000) * DAY_S) /* so that a day number always fits 32 bits */

struct thon_zone {
        size_t n;         /* transitions */
        int64_t *at;      /* ascending */
        int32_t *offsets; /* from that transition */
        int32_t first;    /* before the first transition */
        bool has_rule;    /* from the last transition on */
        struct thon_zone_rule rule;
};

THON_DEFINE_CLEANUP(struct thon_zone *, thon_zone_free)

struct thon_zone *thon_zone_free(struct thon_zone *zone)
{
        if (!zone)
                return NULL;
        free(zone->at);
        free(zone->offsets);
        free(zone);
        return NULL;
}

int thon_zone_fixed(int32_t offset_s, struct thon_zone **ret)
{
        if (offset_s < -OFFSET_LIMIT || offset_s > OFFSET_LIMIT)
                return THON_ZONE_INVALID;

        struct thon_zone *zone = calloc(1, sizeof *zone);
        if (!zone)
                return -ENOMEM;
        zone->first = offset_s;
        *ret = zone;
        return 0;
}

/* ---- TZif --------------------------------------------------------------------------------------------- */

static uint32_t be32(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int32_t be32s(const uint8_t *p)
{
        return (int32_t)be32(p);
}

static int64_t be_time(const uint8_t *p, size_t width)
{
        return width == 4 ? be32s(p) : (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

struct header {
        uint8_t version; /* 0 for version 1, else its ASCII digit */
        size_t isut, isstd, leap, time, type, chars;
};

/* Reads a header at `pos`; `*ret_end` is where its block of data ends, with times of `width` bytes. */
static bool read_header(const uint8_t *data, size_t size, size_t pos, size_t width, struct header *ret,
                        size_t *ret_end)
{
        if (pos > size || size - pos < TZIF_HEADER || memcmp(data + pos, "TZif", 4) != 0)
                return false;

        const uint8_t *p = data + pos;
        struct header h = {.version = p[4],
                           .isut = be32(p + 20),
                           .isstd = be32(p + 24),
                           .leap = be32(p + 28),
                           .time = be32(p + 32),
                           .type = be32(p + 36),
                           .chars = be32(p + 40)};

        /* Each count is below the size of the file before any product is formed. */
        if (h.isut > size || h.isstd > size || h.leap > size || h.time > size || h.type > size ||
            h.chars > size)
                return false;
        if (h.type == 0 || h.type > 256 || h.chars == 0 || (h.isut && h.isut != h.type) ||
            (h.isstd && h.isstd != h.type))
                return false;

        size_t length =
                h.time * (width + 1) + h.type * 6 + h.chars + h.leap * (width + 4) + h.isstd + h.isut;
        if (length > size - pos - TZIF_HEADER)
                return false;
        *ret = h;
        *ret_end = pos + TZIF_HEADER + length;
        return true;
}

/* POSIX time does not count leap seconds; the "right" files do. The correction in force at `at` is taken
 * out. */
static int64_t without_leaps(int64_t at, const uint8_t *leaps, size_t n, size_t width)
{
        int32_t correction = 0;

        for (size_t i = 0; i < n && be_time(leaps + i * (width + 4), width) <= at; i++)
                correction = be32s(leaps + i * (width + 4) + width);
        return at < INT64_MIN / 2 ? at : at - correction;
}

static int read_block(struct thon_zone *zone, const uint8_t *p, const struct header *h, size_t width)
{
        const uint8_t *times = p, *indices = times + h->time * width, *types = indices + h->time,
                      *leaps = types + h->type * 6 + h->chars;

        for (size_t i = 0; i < h->type; i++) {
                const uint8_t *type = types + i * 6;
                int32_t offset = be32s(type);

                if (offset < -OFFSET_LIMIT || offset > OFFSET_LIMIT || type[4] > 1 || type[5] >= h->chars)
                        return THON_ZONE_INVALID;
        }
        zone->first = be32s(types);
        if (h->time == 0)
                return 0;

        zone->at = calloc(h->time, sizeof *zone->at);
        zone->offsets = calloc(h->time, sizeof *zone->offsets);
        if (!zone->at || !zone->offsets)
                return -ENOMEM;
        zone->n = h->time;
        for (size_t i = 0; i < h->time; i++) {
                if (indices[i] >= h->type)
                        return THON_ZONE_INVALID;
                zone->at[i] = without_leaps(be_time(times + i * width, width), leaps, h->leap, width);
                zone->offsets[i] = be32s(types + indices[i] * 6);
                if (i > 0 && zone->at[i] <= zone->at[i - 1])
                        return THON_ZONE_INVALID;
        }
        return 0;
}

static bool read_footer(struct thon_zone *zone, const uint8_t *p, size_t size)
{
        if (size < 2 || p[0] != '\n')
                return false;

        const uint8_t *end = memchr(p + 1, '\n', size - 1);
        if (!end)
                return false;
        if (end == p + 1)
                return true; /* an empty footer: the last offset stays */
        zone->has_rule = true;
        return thon_zone_rule_parse((const char *)p + 1, (size_t)(end - p - 1), &zone->rule);
}

int thon_zone_parse(const void *tzif, size_t size, struct thon_zone **ret)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = NULL;
        const uint8_t *data = tzif;
        struct header h;
        size_t pos = 0, end = 0, width = 4;

        if (size > TZIF_MAX || !read_header(data, size, 0, 4, &h, &end))
                return THON_ZONE_INVALID;
        if (h.version != 0) {
                /* From version 2 on, a second block with times of 64 bits follows; the first is for old
                 * readers. */
                if (h.version < '2')
                        return THON_ZONE_INVALID;
                pos = end;
                width = 8;
                if (!read_header(data, size, pos, width, &h, &end))
                        return THON_ZONE_INVALID;
        }

        zone = calloc(1, sizeof *zone);
        if (!zone)
                return -ENOMEM;

        int r = read_block(zone, data + pos + TZIF_HEADER, &h, width);
        if (r != 0)
                return r;
        if (width == 8 && !read_footer(zone, data + end, size - end))
                return THON_ZONE_INVALID;
        *ret = THON_TAKE(zone);
        return 0;
}

/* ---- conversions -------------------------------------------------------------------------------------- */

/* The offset at `at`, and the instant until which it holds. */
static int32_t span_at(const struct thon_zone *zone, int64_t at, int64_t *ret_until)
{
        if (zone->n == 0 || at >= zone->at[zone->n - 1]) {
                if (zone->has_rule)
                        return thon_zone_rule_at(&zone->rule, at, ret_until);
                *ret_until = INT64_MAX;
                return zone->n ? zone->offsets[zone->n - 1] : zone->first;
        }

        size_t low = 0, high = zone->n - 1; /* the first transition after `at` lies in [low, high] */
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (zone->at[middle] <= at)
                        low = middle + 1;
                else
                        high = middle;
        }
        *ret_until = zone->at[low];
        return low ? zone->offsets[low - 1] : zone->first;
}

static int64_t limited(int64_t at)
{
        return at < -INSTANT_LIMIT ? -INSTANT_LIMIT : at > INSTANT_LIMIT ? INSTANT_LIMIT : at;
}

int32_t thon_zone_offset(const struct thon_zone *zone, struct thon_wall at)
{
        int64_t until;

        return span_at(zone, limited(at.s), &until);
}

static struct thon_civil civil_at(int64_t at, int32_t offset)
{
        int64_t local = limited(at) + offset;
        int64_t days = local / DAY_S - (local % DAY_S < 0);

        return (struct thon_civil){(int32_t)days, (int32_t)(local - days * DAY_S)};
}

struct thon_civil thon_zone_civil(const struct thon_zone *zone, struct thon_wall at)
{
        return civil_at(at.s, thon_zone_offset(zone, at));
}

struct thon_wall thon_zone_instant(const struct thon_zone *zone, int32_t days, int32_t second)
{
        int64_t local = limited(days * DAY_S + second);

        /* No offset is beyond the limit, so this civil time has not yet come at `from`. */
        for (int64_t from = local - OFFSET_LIMIT, until;; from = until) {
                int64_t at = local - span_at(zone, from, &until);

                if (at < until)
                        return (struct thon_wall){at > from ? at : from};
        }
}

/* ---- text --------------------------------------------------------------------------------------------- */

static char *put2(char *p, int value)
{
        *p++ = (char)('0' + value / 10 % 10);
        *p++ = (char)('0' + value % 10);
        return p;
}

const char *thon_time_text(const struct thon_zone *zone, struct thon_wall at,
                           char buf[static THON_TIME_TEXT])
{
        /* RFC 3339 knows no seconds of an offset: of a local mean time the minutes are shown, and the civil
         * time that belongs to them, so that the text still means this instant. */
        int32_t minutes = thon_zone_offset(zone, at) / 60, distance = minutes < 0 ? -minutes : minutes;
        struct thon_civil civil = civil_at(at.s, minutes * 60);
        char date[THON_DATE_TEXT];
        size_t n = strlen(thon_date_text(thon_date_of(civil.days), date));

        memcpy(buf, date, n);
        char *p = buf + n;
        *p++ = 'T';
        p = put2(p, civil.second / 3600);
        *p++ = ':';
        p = put2(p, civil.second / 60 % 60);
        *p++ = ':';
        p = put2(p, civil.second % 60);
        *p++ = minutes < 0 ? '-' : '+';
        p = put2(p, distance / 60);
        *p++ = ':';
        p = put2(p, distance % 60);
        *p = '\0';
        return buf;
}

static bool clock_at(const char *p, int *ret_minutes)
{
        char clock[6] = {0};

        memcpy(clock, p, strnlen(p, 5));
        return thon_clock_parse(clock, ret_minutes);
}

static bool second_at(const char *p, int max, int *ret)
{
        if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
                return false;
        *ret = (p[0] - '0') * 10 + (p[1] - '0');
        return *ret <= max;
}

bool thon_time_parse(const struct thon_zone *zone, const char *text, struct thon_wall *ret)
{
        struct thon_date date;
        char day[11] = {0};
        int minutes, second = 0;
        bool with_second = false;

        memcpy(day, text, strnlen(text, 10));
        if (!thon_date_parse(day, &date))
                return false;

        const char *p = text + 10;
        if (*p != 'T' && *p != 't' && *p != ' ')
                return false;
        if (!clock_at(++p, &minutes))
                return false;
        p += 5;
        if (*p == ':') {
                /* 60 is a leap second: POSIX time gives it the number of the second that follows. */
                if (!second_at(++p, 60, &second))
                        return false;
                p += 2;
                with_second = true;
        }

        int32_t days = thon_date_days(date);
        if (*p == '\0') {
                if (!zone)
                        return false;
                *ret = thon_zone_instant(zone, days, minutes * 60 + second);
                return true;
        }
        if (!with_second)
                return false;
        if (*p == '.') {
                if (*++p < '0' || *p > '9')
                        return false;
                while (*p >= '0' && *p <= '9')
                        p++;
        }

        int64_t at = days * DAY_S + minutes * 60 + second;
        if ((*p == 'Z' || *p == 'z') && p[1] == '\0') {
                ret->s = at;
                return true;
        }
        int offset;
        if ((*p != '+' && *p != '-') || !clock_at(p + 1, &offset) || p[6] != '\0')
                return false;
        ret->s = *p == '+' ? at - offset * 60 : at + offset * 60;
        return true;
}

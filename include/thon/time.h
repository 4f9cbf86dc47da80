/* Time as an argument: the types in which every decision of Thôn receives its "now".
 *
 * Wall time (civil schedules) and monotonic time (intervals) are different structs, so that the compiler refuses to
 * mix them. Neither is read here: src/platform/clock.c is the only reader of a clock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX). */
struct thon_wall {
        int64_t s;
};

/* Microseconds of CLOCK_BOOTTIME (it counts suspend); comparable only within one boot. */
struct thon_mono {
        uint64_t us;
};

#define THON_WALL_NEVER ((struct thon_wall){INT64_MAX})
#define THON_MONO_NEVER ((struct thon_mono){UINT64_MAX})

/* A date of the proleptic Gregorian calendar. */
struct thon_date {
        int16_t year;
        int8_t month; /* 1..12 */
        int8_t day;   /* 1..31 */
};

/* Days since 1970-01-01 (negative before); the inverse of thon_date_of(). */
int32_t thon_date_days(struct thon_date date);
/* Days beyond what the year of the struct can hold give its first or last date. */
struct thon_date thon_date_of(int32_t days);
bool thon_date_valid(struct thon_date date);

/* 28..31; `month` 1..12. */
int thon_date_month_days(int year, int month);

/* 0 Monday .. 6 Sunday. */
int thon_date_weekday(int32_t days);

/* "2027-02-05", exactly ten characters. Returns false when it is anything else or no date. */
bool thon_date_parse(const char *text, struct thon_date *ret);

/* Room for a date as text, with its NUL, for any value of the struct. */
#define THON_DATE_TEXT 24
const char *thon_date_text(struct thon_date date, char buf[static THON_DATE_TEXT]);

/* "HH:MM", 00:00..23:59, as minutes since midnight. Returns false when it is anything else. */
bool thon_clock_parse(const char *text, int *ret_minutes);

static inline bool thon_wall_before(struct thon_wall a, struct thon_wall b)
{
        return a.s < b.s;
}

static inline struct thon_mono thon_mono_add(struct thon_mono t, uint64_t us)
{
        return (struct thon_mono){t.us > UINT64_MAX - us ? UINT64_MAX : t.us + us};
}

/* Zero when `then` lies after `now`. */
static inline uint64_t thon_mono_since(struct thon_mono then, struct thon_mono now)
{
        return now.us > then.us ? now.us - then.us : 0;
}

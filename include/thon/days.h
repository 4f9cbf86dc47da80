/* Days that people name: dates, weekdays, days of the month, lunar days, days around Tết, every n-th. Shared by
 * lighting calendars (a day is the night that begins at its noon) and announcements (a civil day). JSON form: DAYS
 * of docs/light-forms.md. Pure. */
#pragma once

#include <stddef.h>

#include "thon/lunar.h"
#include "thon/time.h"

#define THON_DAYS_MAX 64 /* alternatives in one of dates or lunar */

/* One alternative of "dates": a range of dates, or of month and day every year (year 0). */
struct thon_date_range {
        struct thon_date from, to;
};

/* One alternative of "lunar". Month 0: every month. A single day has from == to. */
struct thon_lunar_range {
        struct {
                int8_t day, month;
                bool leap;
        } from, to;
};

enum thon_days_kind {
        THON_DAYS_DATES,
        THON_DAYS_WEEKDAYS,
        THON_DAYS_LUNAR,
        THON_DAYS_TET,
        THON_DAYS_EVERY,
        THON_DAYS_MONTHDAYS
};

struct thon_days {
        enum thon_days_kind kind;
        size_t n;                       /* of dates or lunar */
        struct thon_date_range *dates;  /* owned */
        struct thon_lunar_range *lunar; /* owned */
        uint8_t weekdays;               /* bit 0 Monday .. bit 6 Sunday */
        uint16_t nth;                   /* bit 0..4: first..fifth; bit 8..12: last..fifth last; 0: all */
        int16_t tet_from, tet_to;       /* days from mùng 1 */
        int16_t every, phase;           /* days since 1970-01-01, modulo */
        uint32_t monthdays, monthdays_ahead; /* bit 0: the 1st .. bit 30; bit 0: the last .. bit 30 */
};

/* Frees what it owns and zeroes it; copes with a half-built one. */
void thon_days_done(struct thon_days *days);
/* 0 or -ENOMEM; `*ret` is overwritten, and zeroed on failure. */
int thon_days_copy(const struct thon_days *from, struct thon_days *ret);

/* What the kinds ask about a day, computed once for all that ask. */
struct thon_days_facts {
        int32_t days;
        struct thon_date date;
        bool has_lunar; /* false outside the lunar calendar's range: lunar days then never match */
        struct thon_lunar lunar;
        /* mùng 1 Tết of the year before, this one and the next */
        bool has_tet[3];
        int32_t tet[3];
};

/* `lunar` and `tet` say which of the costly facts will be asked for. */
void thon_days_facts(int32_t days, bool lunar, bool tet, struct thon_days_facts *ret);

bool thon_days_match(const struct thon_days *days, const struct thon_days_facts *day);

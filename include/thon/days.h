/* Days that people name: dates, weekdays, lunar days, days around Tết, every n-th. Shared by lighting calendars (a day is the night that
 * begins at its noon) and announcements (a civil day). JSON form: DAYS of docs/light-forms.md. Pure. */
#pragma once

#include <stddef.h>

#include "thon/time.h"

/* One alternative of a "dates" rule: a range of dates, or of month and day every year (year 0). */
struct thon_date_range {
        struct thon_date from, to;
};

/* One alternative of a "lunar" rule. Month 0: every month. A single day has from == to. */
struct thon_lunar_range {
        struct {
                int8_t day, month;
                bool leap;
        } from, to;
};

enum thon_days_kind { THON_DAYS_DATES, THON_DAYS_WEEKDAYS, THON_DAYS_LUNAR, THON_DAYS_TET, THON_DAYS_EVERY };

struct thon_days {
        enum thon_days_kind kind;
        size_t n;                       /* of dates or lunar */
        struct thon_date_range *dates;  /* owned */
        struct thon_lunar_range *lunar; /* owned */
        uint8_t weekdays;               /* bit 0 Monday .. bit 6 Sunday */
        uint16_t nth;                   /* bit 0..4: first..fifth; bit 8..12: last..fifth last; 0: all */
        int16_t tet_from, tet_to;       /* days from mùng 1 */
        int16_t every, phase;           /* days since 1970-01-01, modulo */
};

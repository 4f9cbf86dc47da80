/* Grandfather, father, son: one copy of each of the last days, weeks and months that have any.
 *
 * Periods that have copies are counted, not days of the calendar. A Pi without a battery for its clock may make a copy in
 * 1970 and the next one in 2027, and one that was in a cupboard over the summer has nothing of July: by age alone the
 * first morning after that would cost every copy there is. Age is asked only by a clock that is trusted, so that what a
 * person had erased does not live on in a copy for ever. */
#include <errno.h>
#include <stdlib.h>

#include "thon/backup_keep.h"
#include "thon/cleanup.h"

#define DAY      86400
#define VIETNAM  (7 * 3600)
#define THURSDAY 3 /* 1970-01-01, when weeks begin on Monday */

enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH };

/* One number a period, growing with time. */
static int64_t period_of(struct thon_wall at, enum period period)
{
        /* Within what a date can hold, also for a name of any age. */
        int64_t s = at.s + VIETNAM, days = s / DAY - (s % DAY < 0);
        struct thon_date date;

        switch (period) {
        case PERIOD_DAY:
                return days;
        case PERIOD_WEEK:
                days += THURSDAY;
                return days / 7 - (days % 7 < 0);
        case PERIOD_MONTH:
                break;
        }
        date = thon_date_of((int32_t)days);
        return (int64_t)date.year * 12 + date.month;
}

struct copy {
        struct thon_wall at;
        size_t index;
};

static int newest_first(const void *a, const void *b)
{
        const struct copy *x = a, *y = b;

        if (x->at.s != y->at.s)
                return x->at.s < y->at.s ? 1 : -1;
        return x->index < y->index ? 1 : -1;
}

/* Keeps the last copy of each of the `count` latest periods. */
static void keep_periods(const struct copy *copies, size_t n, enum period period, unsigned count, bool *go)
{
        unsigned kept = 0;

        for (size_t i = 0; i < n && kept < count; i++) {
                if (i > 0 && period_of(copies[i].at, period) == period_of(copies[i - 1].at, period))
                        continue;
                go[copies[i].index] = false;
                kept++;
        }
}

int64_t thon_keep_longest(const struct thon_keep *keep)
{
        /* A period that has begun counts, hence one more of each. */
        int64_t days = (int64_t)keep->days + 1, weeks = ((int64_t)keep->weeks + 1) * 7,
                months = ((int64_t)keep->months + 1) * 31;
        int64_t longest = days > weeks ? days : weeks;

        return (longest > months ? longest : months) * DAY;
}

int thon_backup_keep(const struct thon_wall *at, size_t n, size_t newest, const struct thon_keep *keep,
                     struct thon_wall now, bool *ret_go)
{
        _cleanup_free_ struct copy *copies = calloc(n ? n : 1, sizeof(*copies));

        if (!copies)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                copies[i] = (struct copy){at[i], i};
                ret_go[i] = true;
        }
        qsort(copies, n, sizeof(*copies), newest_first);
        keep_periods(copies, n, PERIOD_DAY, keep->days, ret_go);
        keep_periods(copies, n, PERIOD_WEEK, keep->weeks, ret_go);
        keep_periods(copies, n, PERIOD_MONTH, keep->months, ret_go);
        if (now.s != THON_WALL_NEVER.s)
                for (size_t i = 0; i < n; i++)
                        if (at[i].s < now.s - thon_keep_longest(keep))
                                ret_go[i] = true;
        if (newest < n)
                ret_go[newest] = false;
        return 0;
}

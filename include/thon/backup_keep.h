/* Which copies of the store are kept, by their age. Pure.
 *
 * A copy's name tells when it was made, in UTC: thon-20270310T193000Z.db. Nothing else in the directory is a copy, and
 * nothing else is ever removed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "thon/time.h"

struct thon_keep {
        unsigned days, weeks,
                months; /* copies to keep: one of each of so many days, weeks, months that have any */
};

/* Of a name with its NUL, for any second of the years 0 to 9999. */
#define THON_BACKUP_NAME 25
/* "thon-YYYYMMDDTHHMMSSZ.db"; times outside of those years are taken as the first or last second of them. */
const char *thon_backup_name(struct thon_wall at, char buf[static THON_BACKUP_NAME]);
/* False for every other name, also of a day that does not exist. */
bool thon_backup_name_parse(const char *name, struct thon_wall *ret);

/* How long a copy may be kept, in seconds: until then a person's data are in copies after they were erased. */
int64_t thon_keep_longest(const struct thon_keep *keep);

/* Which of the `n` copies go: ret_go[i] for at[i], in any order, several of one second too. `newest` is the index of the
 * copy that was made last, whatever its name says: it stays. Days, weeks (from Monday) and months are those of UTC + 7; the
 * last copy of each stays.
 *
 * Periods are counted, not time: a clock that was wrong for a night, or a station that was off for a year, costs no
 * copy. Only with `now` (NEVER while the clock is not trusted) does a copy also go for being older than
 * thon_keep_longest(). One that is dated in the future never does: of that a person decides. 0 or -ENOMEM. */
int thon_backup_keep(const struct thon_wall *at, size_t n, size_t newest, const struct thon_keep *keep,
                     struct thon_wall now, bool *ret_go);

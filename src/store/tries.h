/* Wrong tries in a row, of a PIN or a password: counted on the disk before a try is answered, so that a restart gives no
 * more of them. */
#pragma once

#include "sql.h"

#define THON_TRIES    5         /* so many wrong ones lock */
#define THON_LOCKED_S (15 * 60) /* and so does each further one after that */

/* A table with who (?1), wrong (?2) and locked_until (?3). */
struct thon_tries {
        const char *read, *write, *forget;
};

/* One more try, as if it were wrong. A lock that ends later than locks last is of a clock that went back: it begins
 * anew. On a disk that takes nothing it must still be possible to be right: then this handle counts, for all
 * together. */
int thon_tries_count(struct thon_store *store, const struct thon_tries *tries, const char *who,
                     struct thon_wall now, bool *ret_locked);
/* After a right one. */
int thon_tries_forget(struct thon_store *store, const struct thon_tries *tries, const char *who);

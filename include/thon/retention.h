/* How long personal data have been kept, by class: what docs/privacy.md promises is looked at, not believed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "thon/store.h"
#include "thon/time.h"

enum thon_retained {
        THON_RETAINED_NOTICES, /* since they were done */
        THON_RETAINED_INBOUND,
        THON_RETAINED_REPORTS, /* since they were closed */
        THON_RETAINED_CHATS,   /* since the last word */
        THON_RETAINED_PICTURES,
        THON_RETAINED_SOUND,
        THON_RETAINED_ANNOUNCEMENTS,
        THON_RETAINED,
};
/* The oldest there is that is not kept in any case (the last pictures of a camera); NEVER: none. */
int thon_retention_oldest(struct thon_store *store, enum thon_retained class, struct thon_wall *ret);

/* Whether a file below reports/ belongs to a report. */
int thon_retention_report_file(struct thon_store *store, const char *name, bool *ret);
/* Whether anything was erased since that instant. */
int thon_retention_erased_since(struct thon_store *store, struct thon_wall since, bool *ret);

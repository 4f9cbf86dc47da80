/* Who belongs to which group, inside the caller's transaction. `ids` are parted by single spaces; `type` says whether
 * they are the groups of a person or the members of a group. */
#pragma once

#include "registry_value.h"
#include "sql.h"

/* INVALID, naming the first that does not exist. */
int thon_group_check_ids(struct thon_store *store, enum thon_field_type type, const char *ids,
                         struct thon_reason *reason);
/* Replaces all of them; NULL leaves none. */
int thon_group_write_ids(struct thon_store *store, enum thon_field_type type, const char *key,
                         const char *ids);

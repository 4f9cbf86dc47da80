/* A row of the audit log about a notice. */
#pragma once

#include "sql.h"
#include "thon/json.h"

/* Takes `detail`, an object; NULL (no memory) gives -ENOMEM. `by` NULL or "": relayd itself. */
int thon_relay_audit(struct thon_store *store, struct thon_wall at, const char *by, const char *action,
                     int64_t notice, json_t *detail);

/* The configuration of a device, checked by its kind. Inside the caller's transaction; reasons as in
 * registry_record.h. */
#pragma once

#include "registry_value.h"
#include "sql.h"

/* `area` may be NULL. */
int thon_device_config_check(struct thon_store *store, const char *id, const char *kind, const char *area,
                             const char *name, const char *config, struct thon_reason *reason);

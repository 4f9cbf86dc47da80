/* The configuration of a device, checked by its kind. Inside the caller's transaction; reasons as in
 * registry_record.h. */
#pragma once

#include "registry_value.h"
#include "sql.h"

/* `area` may be NULL. */
int thon_device_config_check(struct thon_store *store, const char *id, const char *kind, const char *area,
                             const char *name, const char *config, struct thon_reason *reason);

/* No two circuits of a node may claim one line or one relay. Told are the circuits of which `is_new` says so and that
 * claim what another has; 0 also when there were some. To be called when all rows are written. */
int thon_device_check_lines(struct thon_store *store, bool (*is_new)(void *userdata, const char *id),
                            void (*tell)(void *userdata, const char *id, const char *reason),
                            void *userdata);

/* The configuration of a device, checked by its kind. Inside the caller's transaction; reasons as in
 * registry_record.h. */
#pragma once

#include "registry_value.h"
#include "sql.h"

/* SQL: a device that camerad watches. */
#define THON_SQL_WATCHED "kind IN ('camera', 'switch', 'access-point', 'host', 'mains')"

/* `area` may be NULL. */
int thon_device_config_check(struct thon_store *store, const char *id, const char *kind, const char *area,
                             const char *name, const char *config, struct thon_reason *reason);

/* No two circuits of a node may claim one line or one relay. Told are the circuits of which `is_new` says so and that
 * claim what another has; 0 also when there were some. To be called when all rows are written. */
int thon_device_check_lines(struct thon_store *store, bool (*is_new)(void *userdata, const char *id),
                            void (*tell)(void *userdata, const char *id, const char *reason),
                            void *userdata);

/* What a watched device hangs on (parent, power circuit, mains circuit) must be there and be of a fitting kind, and parents
 * must make no circle. Told are the devices of which `is_new` says so: those that refer wrongly, and those that another
 * refers to as what they are no longer. 0 also when there were some. To be called when all rows are written. */
int thon_device_check_references(struct thon_store *store, bool (*is_new)(void *userdata, const char *id),
                                 void (*tell)(void *userdata, const char *id, const char *reason),
                                 void *userdata);

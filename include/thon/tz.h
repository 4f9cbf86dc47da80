/* Time zones by name, from the system's tz database. */
#pragma once

#include <stdbool.h>

#include "thon/zone.h"

/* "Asia/Ho_Chi_Minh", from $TZDIR or /usr/share/zoneinfo. Returns 0, -EINVAL (no such name can be, or the file is no
 * zone), -ENOENT, or -errno. */
int thon_tz_load(const char *name, struct thon_zone **ret);

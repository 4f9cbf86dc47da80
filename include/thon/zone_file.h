/* A zone by its name from the system's tz database. */
#pragma once

#include "thon/zone.h"

/* "Asia/Ho_Chi_Minh". -EINVAL for a name that is none (no "..", not absolute), -ENOENT when the system has no such zone,
 * -EBADMSG when its file is damaged. */
int thon_zone_load(const char *name, struct thon_zone **ret);

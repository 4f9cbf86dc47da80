/* Time zones by name. The core knows zones as bytes; this is where the bytes come from. */
#include "thon/tz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/file.h"

#define ZONE_MAX_BYTES (64u * 1024)

/* No name leads out of the database. */
static bool is_zone_name(const char *name)
{
        size_t size = strlen(name);

        return size > 0 && size < 64 && *name != '/' && name[size - 1] != '/' && !strstr(name, "..") &&
               strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") == size;
}

int thon_tz_load(const char *name, struct thon_zone **ret)
{
        _cleanup_free_ char *path = NULL, *content = NULL;
        const char *dir = getenv("TZDIR");
        size_t size;
        int r;

        if (!is_zone_name(name))
                return -EINVAL;
        if (asprintf(&path, "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = thon_file_read(path, ZONE_MAX_BYTES, &content, &size);
        if (r < 0)
                return r;
        r = thon_zone_parse(content, size, ret);
        return r > 0 ? -EINVAL : r;
}

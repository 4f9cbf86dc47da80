/* Reads zoneinfo itself, since tzset() would make the zone a property of the process, and a plan of another commune has
 * another zone. */
#include "thon/zone_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/file.h"

#define ZONEINFO  "/usr/share/zoneinfo/"
#define TZIF_MAX  65536

static bool name_valid(const char *name)
{
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
        size_t n = strlen(name);

        return n > 0 && n < 64 && strspn(name, allowed) == n && name[0] != '/' && name[0] != '-';
}

int thon_zone_load(const char *name, struct thon_zone **ret)
{
        _cleanup_free_ char *bytes = NULL;
        char path[sizeof(ZONEINFO) + 64];
        size_t size;
        int r;

        if (!name_valid(name))
                return -EINVAL;
        snprintf(path, sizeof(path), ZONEINFO "%s", name);
        r = thon_file_read(path, TZIF_MAX, &bytes, &size);
        if (r == -EISDIR || r == -ENOTDIR)
                return -ENOENT;
        if (r < 0)
                return r;
        r = thon_zone_parse(bytes, size, ret);
        return r > 0 ? -EBADMSG : r;
}

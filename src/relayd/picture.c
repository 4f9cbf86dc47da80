/* Pictures that go with a notice. Their names come in events, which anybody with the right to publish one may send: nothing
 * but a JPEG of the camera watchdog's album is ever read for one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relayd.h"
#include "thon/cleanup.h"
#include "thon/file.h"

/* "pictures/<device>/<name>.jpg": letters, digits, "-" and ":", and no way up. */
static bool plain_name(const char *name)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-+_";
        const char *p = name;

        if (strncmp(p, "pictures/", 9) != 0 || strlen(p) > 200)
                return false;
        p += 9;
        for (int part = 0; part < 2; part++) {
                size_t n = strspn(p, letters);

                if (n == 0)
                        return false;
                p += n;
                if (part == 0 && *p++ != '/')
                        return false;
        }
        return strcmp(p, ".jpg") == 0;
}

int relayd_picture_read(const struct relayd *d, const char *name, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *path = NULL, *data = NULL;
        size_t size;
        int r;

        if (!plain_name(name))
                return -EINVAL;
        if (asprintf(&path, "%s/%s", d->state_dir, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = thon_file_read(path, RELAYD_PICTURE_MAX, &data, &size);
        if (r < 0)
                return r;
        if (size < 4 || memcmp(data, "\xff\xd8\xff", 3) != 0)
                return -EINVAL;
        *ret = THON_TAKE(data);
        *ret_size = size;
        return 0;
}

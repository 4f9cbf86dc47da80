/* The kernel's neighbour table, read as text. It has who is on our segment and was spoken with lately; a camera behind a
 * router is not in it, and one behind a bridge may be there with the bridge's MAC.
 *
 * Read by /proc/self, since the unit's ProcSubset=pid leaves nothing else of /proc. IPv6 has no such file, and cameras
 * that have it alone are not found again by their MAC. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "discover.h"
#include "thon/cleanup.h"

#define NEIGHBOURS 8192u
#define COMPLETE   0x02u /* ATF_COM: it has answered */

static inline void closep(FILE **file)
{
        if (*file)
                (void)fclose(*file);
}

static bool is_mac(const char *text)
{
        if (strlen(text) != 17 || strcmp(text, "00:00:00:00:00:00") == 0)
                return false;
        for (int i = 0; i < 17; i++)
                if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
                        return false;
        return true;
}

/* "192.168.1.64  0x1  0x2  44:19:b6:01:02:03  *  eth0" */
static bool read_line(const char *line, struct neighbour *ret)
{
        char address[46], mac[18];
        unsigned flags;
        struct in_addr numeric;

        if (sscanf(line, "%45s 0x%*x 0x%x %17s", address, &flags, mac) != 3 || !(flags & COMPLETE) ||
            !is_mac(mac) || inet_pton(AF_INET, address, &numeric) != 1)
                return false;
        memcpy(ret->address, address, sizeof address);
        for (size_t i = 0; i < sizeof mac; i++)
                ret->mac[i] = (char)tolower((unsigned char)mac[i]);
        return true;
}

static int by_address(const void *a, const void *b)
{
        return strcmp(((const struct neighbour *)a)->address, ((const struct neighbour *)b)->address);
}

int neighbours_read(const char *path, struct neighbour **ret, size_t *ret_n)
{
        _cleanup_(closep) FILE *file = fopen(path ? path : "/proc/self/net/arp", "re");
        _cleanup_free_ struct neighbour *all = NULL;
        size_t n = 0, room = 0;
        char line[256];

        if (!file)
                return -errno;
        while (n < NEIGHBOURS && fgets(line, sizeof line, file)) {
                struct neighbour one;

                if (!read_line(line, &one))
                        continue;
                if (n == room) {
                        size_t more = room ? room * 2 : 64;
                        struct neighbour *p = reallocarray(all, more, sizeof *p);

                        if (!p)
                                return -ENOMEM;
                        all = p;
                        room = more;
                }
                all[n++] = one;
        }
        if (ferror(file))
                return -EIO;
        if (n > 0)
                qsort(all, n, sizeof *all, by_address);
        *ret = THON_TAKE(all);
        *ret_n = n;
        return 0;
}

const struct neighbour *neighbour_at(const struct neighbour *all, size_t n, const char *address)
{
        struct neighbour key;

        if (n == 0 || strlen(address) >= sizeof key.address)
                return NULL;
        (void)snprintf(key.address, sizeof key.address, "%s", address);
        return bsearch(&key, all, n, sizeof *all, by_address);
}

bool neighbour_mac(const char *path, const char *address, char ret[static 18])
{
        _cleanup_free_ struct neighbour *all = NULL;
        const struct neighbour *one;
        size_t n = 0;

        if (neighbours_read(path, &all, &n) < 0)
                return false;
        one = neighbour_at(all, n, address);
        if (one)
                memcpy(ret, one->mac, sizeof one->mac);
        return one != NULL;
}

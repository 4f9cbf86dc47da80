/* What the player may still do when it has opened all that it needs: count, write where it writes already, and nothing else. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sandbox {
        bool live;             /* streams: the network, names and certificates */
        const char *directory; /* in which one file is given its name, or NULL */
        unsigned cpu_s;        /* 0: without limit */
        uint64_t file_max;     /* bytes of a file; 0: without limit */
};
/* Before there is a second thread. Where the kernel lacks a part of it, that is said on standard error and the rest
 * holds. 0, or -errno when it cannot be kept from gaining privileges. */
int sandbox_enter(const struct sandbox *sandbox);

/* The beginning of a child: a process of its own group with a clean environment, which dies with us. */
#pragma once

#include <sys/types.h>

#include "child.h"

#define CHILD_NOT_RUN 127 /* its status when it could not become the program */

/* The caller's to close, and the process's end to reap. The pipes' ends block. */
struct child_spawned {
        pid_t pid;
        int pidfd, in, out, err;
};
/* When it returns 0 the program runs. `registry`: "GST_REGISTRY=..."; -errno: why it could not be run. */
int child_spawn(const struct child_options *options, const char *registry, struct child_spawned *ret);

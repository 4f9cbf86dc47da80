/* Whom to tell of an event when there is no store to ask. */
#pragma once

#include "bare.h"

struct relayd_ladders {
        char *items[RELAYD_BARE_MAX];
        size_t n, left_out; /* of more people than that, or for want of memory */
};

/* Those whom routes that match `kind` have in `to`, each ladder once, into a zeroed struct. What finds nobody is logged: nobody
 * else would hear of it. */
void relayd_bare_people(struct relayd *d, const char *kind, struct relayd_ladders *ret);
void relayd_ladders_drop(struct relayd_ladders *ladders, size_t i);
void relayd_ladders_done(struct relayd_ladders *ladders);

/* Lines of standard input. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "thon/player.h"

struct lines {
        size_t begin, end;
        char buffer[THON_PLAYER_LINE_MAX + 1];
};

/* Reads what is there, waiting for it when nothing is. 0; -EPIPE at its end; -E2BIG: a line that is too long; -errno. */
int lines_fill(struct lines *lines);
/* The next whole line, without its end, until the next lines_fill(); NULL: none is there yet. */
const char *lines_next(struct lines *lines, size_t *ret_size);
/* True when standard input has ended: announced is gone. Does not wait; what comes otherwise is passed over. */
bool lines_ended(void);

/* After setup: the daemons take it up. */
#pragma once

#include "setup.h"

/* `files`: configuration changed; `restart`: in what is read at the start only. CTL_OK, or told: all is written then,
 * and only not taken up yet. */
int setup_tell(struct setup *s, bool files, bool restart);

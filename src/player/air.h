/* {"mode":"air"}: the sound, and what is said of it. */
#pragma once

#include "lines.h"
#include "order.h"

/* Plays; the exit status of the program, which then ends without more ado: nothing is freed, threads may still run. */
int player_air(const struct player_order *order, struct lines *lines);

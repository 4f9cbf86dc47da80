/* {"mode":"listen"}: the level at a return input. */
#pragma once

#include "order.h"

/* The exit status of the program. */
int player_listen(const struct player_order *order);

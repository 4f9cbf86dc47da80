/* {"mode":"prepare"}: any recording becomes prepared sound. */
#pragma once

#include "order.h"

/* The exit status of the program. */
int player_prepare(const struct player_order *order);

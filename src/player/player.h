/* One order, carried out. */
#pragma once

/* Reads the order from standard input and does it; the exit status of the program. */
int player_run(void);

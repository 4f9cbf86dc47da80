/* What nobody may read over a shoulder or in a list of processes: taken from the terminal without an echo, or one
 * line of a file. */
#pragma once

#include "ctl.h"

#define CTL_SECRET_MAX 255
struct ctl_secret {
        char text[CTL_SECRET_MAX + 2]; /* and one more, by which too long a one is seen */
        size_t size;
        bool ended; /* there was no line at all, not even an empty one */
};
/* Wipes it. */
void ctl_secret_done(struct ctl_secret *secret);

/* Into a zeroed struct. From the terminal after `prompt`, and once more with `confirm`; without a terminal one line
 * of standard input. `what` names it in errors ("password"). CTL_OK or told; "cancelled" when somebody gave up. An
 * empty one is CTL_OK with size 0. */
int ctl_secret_ask(struct ctl *ctl, const char *what, const char *prompt, bool confirm,
                   struct ctl_secret *ret);
/* The first line of a file; "-" as above. */
int ctl_secret_file(struct ctl *ctl, const char *what, const char *path, const char *prompt,
                    struct ctl_secret *ret);

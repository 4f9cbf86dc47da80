/* Output lines that outlive the daemon: their file descriptors, kept here and with the service manager. Private. */
#pragma once

#include <stdbool.h>

struct thon_gpio_hold; /* one a process: it takes what the service manager passed */
struct thon_gpio_held; /* one line; owned by the hold */

int thon_gpio_hold_new(struct thon_gpio_hold **ret);
/* Closes what it holds; what the service manager has stays there, for the next run. */
struct thon_gpio_hold *thon_gpio_hold_free(struct thon_gpio_hold *hold);

/* Names are [a-z0-9-]. NULL when no line of that name is held, or it is in use. */
struct thon_gpio_held *thon_gpio_hold_find(struct thon_gpio_hold *hold, const char *name);
/* Takes over `fd`, also when it fails; gives the service manager a copy. */
int thon_gpio_hold_add(struct thon_gpio_hold *hold, const char *name, int fd, struct thon_gpio_held **ret);
int thon_gpio_held_fd(const struct thon_gpio_held *held);
/* Marks it as in use or not. */
void thon_gpio_held_use(struct thon_gpio_held *held, bool used);
/* Gives the line up: for one that is dead, and for all that are not in use. */
void thon_gpio_hold_drop(struct thon_gpio_hold *hold, struct thon_gpio_held *held);
void thon_gpio_hold_drop_unused(struct thon_gpio_hold *hold);

/* What gpio.c and gpio_input.c share. Private. */
#pragma once

#include "gpio_backend.h"

struct thon_gpio_contact;

struct thon_gpio {
        sd_event *event;
        struct thon_gpio_hold *hold;
        struct thon_gpio_contact *contacts; /* inputs that can be shared; gpio_input.c */
        char *consumer;
        char *sim_dir;
        bool sim_only;
        char *holder; /* of the line that the last open found busy */
};

/* Finds the back-end, the chip and the line, and requests it; consumer and active_low of the request are filled in.
 * Returns enum thon_gpio_error or -errno. */
int thon_gpio_open_line(struct thon_gpio *gpio, const struct thon_line_ref *ref, const char *name,
                        struct thon_gpio_request *request, struct thon_gpio_line **ret);

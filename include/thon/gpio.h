/* GPIO lines behind one small interface.
 *
 * Back-ends: the kernel's character device through libgpiod 1.6 (gpio_v1.c) or 2.x (gpio_v2.c), chosen at build; and a
 * simulation (gpio_sim.c) for chips named "sim:NAME", whose lines are files that a test or the demo reads and drives.
 * Levels are logical: active-low is applied below this interface. A chip is found by label or device-tree compatible,
 * never by number; a line by name, or by a decimal offset. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/light.h"
#include "thon/time.h"

struct thon_gpio;

struct thon_gpio_options {
        const char *consumer; /* shown by gpioinfo: "thon-lightd duong-lang" gets the circuit appended */
        const char *sim_dir;  /* directory of simulated chips; NULL: none may be used */
        bool sim_only;        /* under a simulated clock: real chips are refused with -EPERM */
};

enum thon_gpio_error {
        THON_GPIO_OK,
        THON_GPIO_NO_CHIP,   /* no chip has that label or compatible */
        THON_GPIO_AMBIGUOUS, /* several chips have it */
        THON_GPIO_NO_LINE,
        THON_GPIO_BUSY,      /* another program holds the line; *ret_holder names it */
};
const char *thon_gpio_error_text(int error);

int thon_gpio_new(sd_event *event, const struct thon_gpio_options *options, struct thon_gpio **ret);
struct thon_gpio *thon_gpio_free(struct thon_gpio *gpio); /* after its lines */

struct thon_gpio_output;
/* The initial level is part of the request: the line never passes through another one. */
int thon_gpio_output_open(struct thon_gpio *gpio, const struct thon_line_ref *line, const char *name, bool initial,
                          struct thon_gpio_output **ret);
int thon_gpio_output_set(struct thon_gpio_output *output, bool active);
/* Reads the line back. */
int thon_gpio_output_get(struct thon_gpio_output *output, bool *ret_active);
struct thon_gpio_output *thon_gpio_output_close(struct thon_gpio_output *output);

enum thon_gpio_bias { THON_BIAS_AS_IS, THON_BIAS_UP, THON_BIAS_DOWN };
struct thon_gpio_input;
struct thon_gpio_input_options {
        enum thon_gpio_bias bias;
        unsigned debounce_us; /* a level counts when it held that long; by the kernel (v2) or from a timer (v1, sim) */
        bool rising_only;     /* pulses: the callback gets a count of rising edges, none is lost in a burst */
};
/* `level` after debounce; `edges` rising edges since the last call (>= 1 with rising_only). */
typedef void (*thon_gpio_input_fn)(bool level, unsigned edges, void *userdata);
int thon_gpio_input_open(struct thon_gpio *gpio, const struct thon_line_ref *line, const char *name,
                         const struct thon_gpio_input_options *options, thon_gpio_input_fn fn, void *userdata,
                         struct thon_gpio_input **ret);
int thon_gpio_input_get(struct thon_gpio_input *input, bool *ret_active);
struct thon_gpio_input *thon_gpio_input_close(struct thon_gpio_input *input);

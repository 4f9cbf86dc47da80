/* GPIO lines behind one small interface.
 *
 * Back-ends: the kernel's character device, with libgpiod 1.6 (gpio_v1.c) or 2.x (gpio_v2.c) as the build finds it;
 * and a simulation (gpio_sim.c) for chips named "sim:NAME", whose lines are files that a test or the demo reads and
 * drives. Levels are logical: active-low is applied below this interface.
 *
 * A chip is found by its label ("pinctrl-bcm2711") or by a device-tree compatible of it ("raspberrypi,rp1-gpio"),
 * never by number: numbers change with the kernel. A line is found by its name; a reference of digits only is an
 * offset.
 *
 * A closed output of a real chip stays as it is, requested and with its level: opening it again goes on with it.
 * Under a service manager that keeps descriptors (FileDescriptorStoreMax= in the unit) this holds from one run of the
 * daemon to the next, also after a crash: nothing blinks. When the line is given up in the end
 * (thon_gpio_release_unused(), the service stopped, no service manager), its level is the driver's affair: Raspberry
 * Pi kernels keep it, others make the pin an input again (docs/gpio.md). Nothing here ever drives a line on closing.
 *
 * The simulation. `sim_dir`/CHIP/LINE/ is one line; CHIP and LINE are [A-Za-z0-9_.-]{1,63}. Opening a line makes the
 * directories; removing the line's directory is unplugging the chip. All levels in the files are raw, as on the pin:
 *   consumer  who holds the line now (written here; an advisory lock on it is what makes a second open BUSY)
 *   value     output: "0\n" or "1\n", written in place by one write, so that inotify sees each
 *   log       output, only when $THON_GPIO_SIM_LOG is set: a line "MONOTONIC_US 0|1" for every write of `value`
 *   drives    output, made by others: "CHIP/LINE" of an input that follows it, as a contactor's contact does
 *   pull      input: "pull-up" or "pull-down", as in the kernel's gpio-sim; missing: the inactive level. Watched; two
 *             changes before the program looks are seen as the last one (for pulses there is the next file)
 *   pulses    input: a decimal, or several lines of them: so many clean pulses (rising edges of the logical level).
 *             It is counted when its writer closes it, also when it was there before the line was opened, and then
 *             removed: when the file is gone, it was counted
 * Debounce runs on the real monotonic clock even when the daemon's clock is simulated. */
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
        THON_GPIO_NO_CHIP, /* no chip has that label or compatible; "sim:" without a sim_dir or with a bad name */
        THON_GPIO_AMBIGUOUS, /* several chips have it, or several lines of the chip have that name */
        THON_GPIO_NO_LINE,
        THON_GPIO_BUSY,      /* another program holds the line; thon_gpio_holder() names it */
        THON_GPIO_BY_NUMBER, /* the reference is gpiochipN, /dev/gpiochipN or a number */
};
/* For an enum thon_gpio_error or a negative errno; static. */
const char *thon_gpio_error_text(int error);

/* The options are copied. One a process: it takes the lines over that the run before held. */
int thon_gpio_new(sd_event *event, const struct thon_gpio_options *options, struct thon_gpio **ret);
struct thon_gpio *thon_gpio_free(struct thon_gpio *gpio); /* after its lines */

/* Who held the line when an open last returned THON_GPIO_BUSY: the consumer's name, or "?" when the holder gave none.
 * Borrowed until the next open. */
const char *thon_gpio_holder(const struct thon_gpio *gpio);

struct thon_gpio_output;
/* The initial level is part of the request: the line never passes through another one. `name` (the circuit) is
 * appended to the consumer. Returns enum thon_gpio_error or a negative errno (-EPERM: a real chip under sim_only;
 * -EACCES: some chip cannot be opened and no other one matches). */
int thon_gpio_output_open(struct thon_gpio *gpio, const struct thon_line_ref *line, const char *name,
                          bool initial, struct thon_gpio_output **ret);
/* -ENODEV when the chip went away: close it, and open it again when it is back. */
int thon_gpio_output_set(struct thon_gpio_output *output, bool active);
/* Reads the line back. */
int thon_gpio_output_get(struct thon_gpio_output *output, bool *ret_active);
struct thon_gpio_output *thon_gpio_output_close(struct thon_gpio_output *output);
/* Gives up the lines that a former run or a former plan left and no output has now, so that others may request them.
 * Call it when all outputs of a plan are open. */
void thon_gpio_release_unused(struct thon_gpio *gpio);

enum thon_gpio_bias { THON_BIAS_AS_IS, THON_BIAS_UP, THON_BIAS_DOWN };
struct thon_gpio_input;

/* The chip is gone (-ENODEV) or its events cannot be read any more. Called once, from the loop; the input is dead
 * then, calls nothing any more and costs nothing; close it, here or later, and open it again when you see fit.
 * Kernels that wake nobody at an unplugging (6.1) let it be known by thon_gpio_input_get() only. */
typedef void (*thon_gpio_lost_fn)(int error, void *userdata);

struct thon_gpio_input_options {
        enum thon_gpio_bias bias;
        unsigned debounce_us; /* a level counts when it held so long, by the kernel (v2) or by a timer */
        bool rising_only; /* pulses: the callback gets a count of rising edges, none is lost in a burst */
        thon_gpio_lost_fn lost; /* may be NULL: thon_gpio_input_get() fails all the same */
};
/* `level` after debounce; `edges` rising edges since the last call (>= 1 with rising_only). Without rising_only it is
 * called when the level changed or a pulse came and went unseen. Closing the input from here is allowed. */
typedef void (*thon_gpio_input_fn)(bool level, unsigned edges, void *userdata);
/* The level at this moment is taken as settled and not reported: ask thon_gpio_input_get(). Several inputs may be
 * open on one line, spelled alike and with the same active_low, bias and debounce: each hears all. Errors as for
 * outputs. */
int thon_gpio_input_open(struct thon_gpio *gpio, const struct thon_line_ref *line, const char *name,
                         const struct thon_gpio_input_options *options, thon_gpio_input_fn fn,
                         void *userdata, struct thon_gpio_input **ret);
/* The debounced level. */
int thon_gpio_input_get(struct thon_gpio_input *input, bool *ret_active);

/* What the kernel or the chip's driver refused at the open, so that the input does without it: worth one line at
 * info. */
enum {
        THON_GPIO_NO_BIAS = 1 << 0,     /* wire a resistor */
        THON_GPIO_NO_DEBOUNCE = 1 << 1, /* ours is used instead, nothing is to be done */
};
unsigned thon_gpio_input_refused(const struct thon_gpio_input *input);
struct thon_gpio_input *thon_gpio_input_close(struct thon_gpio_input *input);

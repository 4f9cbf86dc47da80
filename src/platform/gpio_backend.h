/* What gpio.c asks of a back-end: one requested line, and how to find the chip it is on. Private to
 * src/platform.
 *
 * There is a table of functions because the simulated and the real chips live side by side in one process;
 * v1 and v2 of libgpiod never do: they are two definitions of the same names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/gpio.h"

#define THON_GPIO_CONSUMER_MAX 31 /* characters; GPIO_MAX_NAME_SIZE of the kernel less its NUL */

/* A back-end that cannot debounce leaves `debounced` unset. */
struct thon_gpio_request {
        const char *consumer;
        bool active_low;
        bool output;
        bool initial; /* logical */
        enum thon_gpio_bias bias;
        unsigned debounce_us;
};

/* What happened on an input. `lost` edges were dropped by the kernel just before this one; `pulses` is for a
 * back-end that knows of whole pulses: it makes no edge of its own, `level` and `at_us` are those of the
 * line. */
struct thon_gpio_edge {
        uint64_t at_us; /* CLOCK_MONOTONIC */
        bool level;     /* logical, after the edge */
        unsigned lost;
        unsigned pulses;
};
#define THON_GPIO_BATCH 16

struct thon_gpio_line;

struct thon_gpio_ops {
        int (*set)(struct thon_gpio_line *line, bool active);
        int (*get)(struct thon_gpio_line *line, bool *ret_active);
        /* Up to THON_GPIO_BATCH edges without blocking; 0 when there are no more; -errno: the line is lost. */
        int (*read)(struct thon_gpio_line *line, struct thon_gpio_edge edges[static THON_GPIO_BATCH]);
        struct thon_gpio_line *(*close)(struct thon_gpio_line *line);
};

/* First member of what a back-end allocates. */
struct thon_gpio_line {
        const struct thon_gpio_ops *ops;
        int fd;           /* inputs: readable when there are edges; the back-end's, not to be closed */
        bool debounced;   /* the kernel debounces */
        unsigned refused; /* THON_GPIO_NO_* */
};

/* Of the chip at a path; results are owned by the caller. */
typedef int (*thon_gpio_label_fn)(const char *chip, char **ret_label);
int thon_gpio_kernel_label(const char *chip, char **ret_label);
/* The offset of a line by name or decimal offset. Returns enum thon_gpio_error or -errno. */
int thon_gpio_kernel_offset(const char *chip, const char *line, unsigned *ret_offset);
/* The consumer of a line, or NULL when there is none or it cannot be known. */
char *thon_gpio_kernel_holder(const char *chip, unsigned offset);
/* Every line of a chip, in order; `consumer` may be NULL. What `each` returns other than 0 ends it and is returned. */
int thon_gpio_kernel_lines(const char *chip,
                           int (*each)(void *userdata, unsigned offset, const char *name, bool used,
                                       const char *consumer),
                           void *userdata);
/* -errno; -EBUSY: somebody holds the line. */
int thon_gpio_kernel_input(const char *chip, unsigned offset, const struct thon_gpio_request *request,
                           struct thon_gpio_line **ret);
/* gpio_output.c, for both versions. */
struct thon_gpio_hold;
int thon_gpio_output_request(const char *chip, unsigned offset, const struct thon_gpio_request *request,
                             struct thon_gpio_hold *hold, struct thon_gpio_line **ret);
/* Gives the line up when it is held and no output has it. */
void thon_gpio_output_forget(const char *chip, unsigned offset, struct thon_gpio_hold *hold);

/* `chip` is the NAME of "sim:NAME". Returns enum thon_gpio_error or -errno; with THON_GPIO_BUSY *ret_holder is the
 * consumer, owned by the caller, or NULL when unknown. */
int thon_gpio_sim_open(const char *sim_dir, const char *chip, const char *line,
                       const struct thon_gpio_request *request, struct thon_gpio_line **ret,
                       char **ret_holder);

/* The path below `dev_dir` of the one chip with that label or compatible. `bus_dir` is the directory with an
 * entry for each chip of the machine, under its kernel name. Returns enum thon_gpio_error or -errno. */
#define THON_GPIO_BUS_DIR "/sys/bus/gpio/devices"
#define THON_GPIO_DEV_DIR "/dev"
int thon_gpio_chip_find(const char *bus_dir, const char *dev_dir, const char *wanted,
                        thon_gpio_label_fn label, char **ret_path);

/* Whether `line` is a decimal offset; *ret_offset is UINT_MAX when it is too large to be one. */
bool thon_gpio_line_offset(const char *line, unsigned *ret_offset);
/* Whether a request that failed with that errno may succeed without bias or debounce. */
bool thon_gpio_config_refused(int error);

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

/* debounce_us is the kernel's part; a back-end that cannot do it sets the flag and goes on without. */
struct thon_gpio_request {
        const char *line; /* name or decimal offset */
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
        /* Up to THON_GPIO_BATCH edges without blocking; 0 when there are no more; -errno: the line is lost.
         */
        int (*read)(struct thon_gpio_line *line, struct thon_gpio_edge edges[static THON_GPIO_BATCH]);
        struct thon_gpio_line *(*close)(struct thon_gpio_line *line);
};

/* First member of what a back-end allocates. */
struct thon_gpio_line {
        const struct thon_gpio_ops *ops;
        int fd;           /* inputs: readable when there are edges; owned by the back-end */
        bool debounced;   /* the kernel debounces */
        unsigned refused; /* THON_GPIO_NO_* */
};

/* `chip` is a path. Returns enum thon_gpio_error or -errno; with THON_GPIO_BUSY *ret_holder is the consumer,
 * owned by the caller, or NULL when unknown. */
int thon_gpio_kernel_open(const char *chip, const struct thon_gpio_request *request,
                          struct thon_gpio_line **ret, char **ret_holder);
/* `chip` is the NAME of "sim:NAME". */
int thon_gpio_sim_open(const char *sim_dir, const char *chip, const struct thon_gpio_request *request,
                       struct thon_gpio_line **ret, char **ret_holder);

/* The label of the chip at a path, owned by the caller. */
typedef int (*thon_gpio_label_fn)(const char *path, char **ret_label);
int thon_gpio_kernel_label(const char *path, char **ret_label);

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

/* Outputs of real chips, in the kernel's own terms.
 *
 * libgpiod 1.6 does not give out the descriptor of a requested output, and neither version takes one over; both are
 * needed to hold a line over a restart (gpio_hold.c). What is left of an output is three ioctls, the same on every kernel
 * from 5.10, and so this one file serves both versions of the library. */
#include "gpio_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "gpio_hold.h"
#include "thon/cleanup.h"

#define HELD_NAME_MAX 40 /* three numbers of 32 bits */

struct output_line {
        struct thon_gpio_line base;
        struct thon_gpio_held *held;
};

static int output_set(struct thon_gpio_line *base, bool active)
{
        struct gpio_v2_line_values values = {.bits = active, .mask = 1};
        return ioctl(base->fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0 ? -errno : 0;
}

static int output_get(struct thon_gpio_line *base, bool *ret_active)
{
        struct gpio_v2_line_values values = {.mask = 1};
        if (ioctl(base->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0)
                return -errno;
        *ret_active = (values.bits & 1) != 0;
        return 0;
}

/* The line stays requested, with its level: until it is opened again or thon_gpio_release_unused(). */
static struct thon_gpio_line *output_close(struct thon_gpio_line *base)
{
        if (!base)
                return NULL;
        struct output_line *output = (struct output_line *)base;
        if (output->held)
                thon_gpio_held_use(output->held, false);
        free(output);
        return NULL;
}

static const struct thon_gpio_ops output_ops = {.set = output_set, .get = output_get, .close = output_close};

THON_DEFINE_CLEANUP(struct thon_gpio_line *, output_close)

/* Direction and level in one: the kernel sets the level before it makes the pin an output. */
static void fill_config(struct gpio_v2_line_config *config, const struct thon_gpio_request *request)
{
        config->flags = GPIO_V2_LINE_FLAG_OUTPUT | (request->active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0);
        config->num_attrs = 1;
        config->attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
        config->attrs[0].attr.values = request->initial;
        config->attrs[0].mask = 1;
}

static int request_line(int chip_fd, unsigned offset, const struct thon_gpio_request *request)
{
        struct gpio_v2_line_request line = {.offsets = {offset}, .num_lines = 1};
        (void)snprintf(line.consumer, sizeof line.consumer, "%s", request->consumer);
        fill_config(&line.config, request);
        if (ioctl(chip_fd, GPIO_V2_GET_LINE_IOCTL, &line) < 0)
                return -errno;
        return line.fd;
}

/* The plan may have changed since: active-low and the level are set anew, in one step. */
static int take_held(struct thon_gpio_hold *hold, const char *name, const struct thon_gpio_request *request,
                     struct thon_gpio_held **ret)
{
        struct thon_gpio_held *held = thon_gpio_hold_find(hold, name);
        if (!held)
                return -ENOENT;
        struct gpio_v2_line_config config = {0};
        fill_config(&config, request);
        if (ioctl(thon_gpio_held_fd(held), GPIO_V2_LINE_SET_CONFIG_IOCTL, &config) < 0) {
                int error = -errno; /* the chip was unplugged, and may be back as another one */
                thon_gpio_hold_drop(hold, held);
                return error;
        }
        *ret = held;
        return 0;
}

/* Within one boot the device's number and the offset are the line; a name does not live longer than that. */
static void name_of(const struct stat *chip, unsigned offset, char name[static HELD_NAME_MAX])
{
        (void)snprintf(name, HELD_NAME_MAX, "%u-%u-%u", major(chip->st_rdev), minor(chip->st_rdev), offset);
}

int thon_gpio_output_request(const char *chip_path, unsigned offset, const struct thon_gpio_request *request,
                             struct thon_gpio_hold *hold, struct thon_gpio_line **ret)
{
        struct output_line *output = calloc(1, sizeof *output);
        if (!output)
                return -ENOMEM;
        _cleanup_(output_closep) struct thon_gpio_line *line = &output->base;
        line->ops = &output_ops;

        _cleanup_close_ int chip_fd = open(chip_path, O_RDWR | O_CLOEXEC);
        struct stat st;
        if (chip_fd < 0 || fstat(chip_fd, &st) < 0)
                return -errno;
        char name[HELD_NAME_MAX];
        name_of(&st, offset, name);

        int r = take_held(hold, name, request, &output->held);
        if (r < 0) {
                int fd = request_line(chip_fd, offset, request);
                if (fd < 0)
                        return fd;
                r = thon_gpio_hold_add(hold, name, fd, &output->held);
                if (r < 0)
                        return r;
        }
        thon_gpio_held_use(output->held, true);
        line->fd = thon_gpio_held_fd(output->held);
        *ret = THON_TAKE(line);
        return 0;
}

void thon_gpio_output_forget(const char *chip_path, unsigned offset, struct thon_gpio_hold *hold)
{
        struct stat st;
        if (stat(chip_path, &st) < 0)
                return;
        char name[HELD_NAME_MAX];
        name_of(&st, offset, name);
        struct thon_gpio_held *held = thon_gpio_hold_find(hold, name);
        if (held)
                thon_gpio_hold_drop(hold, held);
}

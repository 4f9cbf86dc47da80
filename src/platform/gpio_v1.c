/* Real chips through libgpiod 1.6 (Debian 12).
 *
 * This API knows no debounce and says nothing when the kernel's queue of 16 edges ran over (the newest are dropped);
 * gpio_input.c does the one and heals the other. Each line has its own handle of its chip: closing a chip releases
 * all lines that were found through it, and a chip that was unplugged and came back is another one. */
#include "gpio_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <string.h>

#include "thon/cleanup.h"

struct v1_line {
        struct thon_gpio_line base;
        struct gpiod_chip *chip;
        struct gpiod_line *line; /* belongs to the chip */
};

THON_DEFINE_CLEANUP(struct gpiod_chip *, gpiod_chip_close)

static int v1_get(struct thon_gpio_line *base, bool *ret_active)
{
        struct v1_line *v1 = (struct v1_line *)base;
        int value = gpiod_line_get_value(v1->line);
        if (value < 0)
                return -errno;
        *ret_active = value > 0;
        return 0;
}

static int v1_read(struct thon_gpio_line *base, struct thon_gpio_edge edges[static THON_GPIO_BATCH])
{
        struct v1_line *v1 = (struct v1_line *)base;
        struct gpiod_line_event events[THON_GPIO_BATCH];
        int n = gpiod_line_event_read_multiple(v1->line, events, THON_GPIO_BATCH);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        for (int i = 0; i < n; i++)
                edges[i] = (struct thon_gpio_edge){
                        .at_us = (uint64_t)events[i].ts.tv_sec * 1000000 +
                                 (uint64_t)events[i].ts.tv_nsec / 1000,
                        .level = events[i].event_type == GPIOD_LINE_EVENT_RISING_EDGE,
                };
        return n;
}

static struct thon_gpio_line *v1_close(struct thon_gpio_line *base)
{
        if (!base)
                return NULL;
        struct v1_line *v1 = (struct v1_line *)base;
        if (v1->chip)
                gpiod_chip_close(v1->chip); /* releases the line */
        free(v1);
        return NULL;
}

static const struct thon_gpio_ops v1_ops = {.get = v1_get, .read = v1_read, .close = v1_close};

THON_DEFINE_CLEANUP(struct thon_gpio_line *, v1_close)

static int request_input(struct gpiod_line *line, const struct thon_gpio_request *request, bool biased)
{
        int flags = request->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
        if (biased)
                flags |= request->bias == THON_BIAS_UP ? GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP
                                                       : GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
        return gpiod_line_request_both_edges_events_flags(line, request->consumer, flags) < 0 ? -errno : 0;
}

static int open_input(struct v1_line *v1, const struct thon_gpio_request *request)
{
        bool biased = request->bias != THON_BIAS_AS_IS;
        int r = request_input(v1->line, request, biased);
        if (biased && thon_gpio_config_refused(r)) {
                v1->base.refused |= THON_GPIO_NO_BIAS;
                r = request_input(v1->line, request, false);
        }
        if (r < 0)
                return r;

        v1->base.fd = gpiod_line_event_get_fd(v1->line);
        int flags = fcntl(v1->base.fd, F_GETFL);
        if (flags < 0 || fcntl(v1->base.fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        return 0;
}

int thon_gpio_kernel_input(const char *chip, unsigned offset, const struct thon_gpio_request *request,
                           struct thon_gpio_line **ret)
{
        struct v1_line *v1 = calloc(1, sizeof *v1);
        if (!v1)
                return -ENOMEM;
        _cleanup_(v1_closep) struct thon_gpio_line *line = &v1->base;
        line->ops = &v1_ops;

        v1->chip = gpiod_chip_open(chip);
        if (!v1->chip)
                return -errno;
        v1->line = gpiod_chip_get_line(v1->chip, offset);
        if (!v1->line)
                return -errno;
        int r = open_input(v1, request);
        if (r < 0)
                return r;
        *ret = THON_TAKE(line);
        return 0;
}

static int find_by_name(struct gpiod_chip *chip, const char *wanted, unsigned n, unsigned *ret_offset)
{
        unsigned found = n;
        for (unsigned i = 0; i < n; i++) {
                struct gpiod_line *line = gpiod_chip_get_line(chip, i);
                if (!line)
                        return -errno;
                const char *name = gpiod_line_name(line);
                if (!name || strcmp(name, wanted) != 0)
                        continue;
                if (found < n)
                        return THON_GPIO_AMBIGUOUS;
                found = i;
        }
        if (found == n)
                return THON_GPIO_NO_LINE;
        *ret_offset = found;
        return 0;
}

int thon_gpio_kernel_offset(const char *path, const char *wanted, unsigned *ret_offset)
{
        _cleanup_(gpiod_chip_closep) struct gpiod_chip *chip = gpiod_chip_open(path);
        if (!chip)
                return -errno;
        unsigned n = gpiod_chip_num_lines(chip);
        unsigned offset;
        if (!thon_gpio_line_offset(wanted, &offset))
                return find_by_name(chip, wanted, n, ret_offset);
        if (offset >= n)
                return THON_GPIO_NO_LINE;
        *ret_offset = offset;
        return 0;
}

char *thon_gpio_kernel_holder(const char *path, unsigned offset)
{
        _cleanup_(gpiod_chip_closep) struct gpiod_chip *chip = gpiod_chip_open(path);
        struct gpiod_line *line = chip ? gpiod_chip_get_line(chip, offset) : NULL;
        const char *consumer = line ? gpiod_line_consumer(line) : NULL;
        return consumer ? strdup(consumer) : NULL;
}

int thon_gpio_kernel_label(const char *path, char **ret_label)
{
        _cleanup_(gpiod_chip_closep) struct gpiod_chip *chip = gpiod_chip_open(path);
        if (!chip)
                return -errno;
        char *label = strdup(gpiod_chip_label(chip));
        if (!label)
                return -ENOMEM;
        *ret_label = label;
        return 0;
}

int thon_gpio_kernel_lines(const char *path,
                           int (*each)(void *userdata, unsigned offset, const char *name, bool used,
                                       const char *consumer),
                           void *userdata)
{
        _cleanup_(gpiod_chip_closep) struct gpiod_chip *chip = gpiod_chip_open(path);
        if (!chip)
                return -errno;
        unsigned n = gpiod_chip_num_lines(chip);
        for (unsigned i = 0; i < n; i++) {
                struct gpiod_line *line = gpiod_chip_get_line(chip, i);
                if (!line)
                        return -errno;
                int r = each(userdata, i, gpiod_line_name(line), gpiod_line_is_used(line),
                             gpiod_line_consumer(line));
                if (r != 0)
                        return r;
        }
        return 0;
}

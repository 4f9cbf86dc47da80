/* Real chips through libgpiod 2 (Debian 13).
 *
 * The kernel debounces here, and numbers its edges: what its queue had to drop (the oldest) is known by count. A chip or
 * driver that refuses a pull or a debounce is asked again without; the debounce goes first, since ours replaces it. */
#include "gpio_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <string.h>

#include "thon/cleanup.h"

#define QUEUE_EDGES 256 /* asked of the kernel: six seconds of the fastest meter while the loop is held up */

struct v2_line {
        struct thon_gpio_line base;
        struct gpiod_line_request *request;
        struct gpiod_edge_event_buffer *buffer; /* inputs */
        unsigned offset;
        uint32_t seqno; /* of the last edge; the first is 1 */
};

THON_DEFINE_CLEANUP(struct gpiod_chip *, gpiod_chip_close)
THON_DEFINE_CLEANUP(struct gpiod_chip_info *, gpiod_chip_info_free)
THON_DEFINE_CLEANUP(struct gpiod_line_info *, gpiod_line_info_free)
THON_DEFINE_CLEANUP(struct gpiod_line_settings *, gpiod_line_settings_free)
THON_DEFINE_CLEANUP(struct gpiod_line_config *, gpiod_line_config_free)
THON_DEFINE_CLEANUP(struct gpiod_request_config *, gpiod_request_config_free)

static int v2_get(struct thon_gpio_line *base, bool *ret_active)
{
        struct v2_line *v2 = (struct v2_line *)base;
        enum gpiod_line_value value = gpiod_line_request_get_value(v2->request, v2->offset);
        if (value == GPIOD_LINE_VALUE_ERROR)
                return -errno;
        *ret_active = value == GPIOD_LINE_VALUE_ACTIVE;
        return 0;
}

static int v2_read(struct thon_gpio_line *base, struct thon_gpio_edge edges[static THON_GPIO_BATCH])
{
        struct v2_line *v2 = (struct v2_line *)base;
        int n = gpiod_line_request_read_edge_events(v2->request, v2->buffer, THON_GPIO_BATCH);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        for (int i = 0; i < n; i++) {
                struct gpiod_edge_event *event =
                        gpiod_edge_event_buffer_get_event(v2->buffer, (unsigned long)i);
                if (!event)
                        return -errno;
                uint32_t seqno = (uint32_t)gpiod_edge_event_get_line_seqno(event);
                edges[i] = (struct thon_gpio_edge){
                        .at_us = gpiod_edge_event_get_timestamp_ns(event) / 1000,
                        .level = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE,
                        .lost = seqno - v2->seqno - 1,
                };
                v2->seqno = seqno;
        }
        return n;
}

static struct thon_gpio_line *v2_close(struct thon_gpio_line *base)
{
        if (!base)
                return NULL;
        struct v2_line *v2 = (struct v2_line *)base;
        if (v2->request)
                gpiod_line_request_release(v2->request);
        gpiod_edge_event_buffer_free(v2->buffer);
        free(v2);
        return NULL;
}

static const struct thon_gpio_ops v2_ops = {.get = v2_get, .read = v2_read, .close = v2_close};

THON_DEFINE_CLEANUP(struct thon_gpio_line *, v2_close)

static int settings_of(const struct thon_gpio_request *request, unsigned without,
                       struct gpiod_line_settings **ret)
{
        _cleanup_(gpiod_line_settings_freep) struct gpiod_line_settings *settings =
                gpiod_line_settings_new();
        if (!settings || gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) < 0 ||
            gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH) < 0)
                return -errno;
        gpiod_line_settings_set_active_low(settings, request->active_low);
        enum gpiod_line_bias bias =
                request->bias == THON_BIAS_UP ? GPIOD_LINE_BIAS_PULL_UP : GPIOD_LINE_BIAS_PULL_DOWN;
        if (request->bias != THON_BIAS_AS_IS && !(without & THON_GPIO_NO_BIAS) &&
            gpiod_line_settings_set_bias(settings, bias) < 0)
                return -errno;
        if (!(without & THON_GPIO_NO_DEBOUNCE))
                gpiod_line_settings_set_debounce_period_us(settings, request->debounce_us);
        *ret = THON_TAKE(settings);
        return 0;
}

static int request_line(struct v2_line *v2, struct gpiod_chip *chip, const struct thon_gpio_request *request,
                        unsigned without)
{
        _cleanup_(gpiod_line_settings_freep) struct gpiod_line_settings *settings = NULL;
        int r = settings_of(request, without, &settings);
        if (r < 0)
                return r;
        _cleanup_(gpiod_line_config_freep) struct gpiod_line_config *config = gpiod_line_config_new();
        if (!config || gpiod_line_config_add_line_settings(config, &v2->offset, 1, settings) < 0)
                return -errno;
        _cleanup_(gpiod_request_config_freep) struct gpiod_request_config *terms =
                gpiod_request_config_new();
        if (!terms)
                return -errno;
        gpiod_request_config_set_consumer(terms, request->consumer);
        gpiod_request_config_set_event_buffer_size(terms, QUEUE_EDGES);
        v2->request = gpiod_chip_request_lines(chip, terms, config);
        return v2->request ? 0 : -errno;
}

static int open_input(struct v2_line *v2, struct gpiod_chip *chip, const struct thon_gpio_request *request)
{
        unsigned wanted = (request->bias != THON_BIAS_AS_IS ? THON_GPIO_NO_BIAS : 0) |
                          (request->debounce_us > 0 ? THON_GPIO_NO_DEBOUNCE : 0);
        static const unsigned without[] = {0, THON_GPIO_NO_DEBOUNCE, THON_GPIO_NO_BIAS,
                                           THON_GPIO_NO_DEBOUNCE | THON_GPIO_NO_BIAS};
        int r = 0;
        for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
                if ((without[i] & ~wanted) != 0)
                        continue;
                r = request_line(v2, chip, request, without[i]);
                if (r < 0 && thon_gpio_config_refused(r))
                        continue;
                v2->base.refused = without[i];
                break;
        }
        if (r < 0)
                return r;
        v2->base.debounced = request->debounce_us > 0 && !(v2->base.refused & THON_GPIO_NO_DEBOUNCE);

        v2->buffer = gpiod_edge_event_buffer_new(THON_GPIO_BATCH);
        if (!v2->buffer)
                return -errno;
        v2->base.fd = gpiod_line_request_get_fd(v2->request);
        int flags = fcntl(v2->base.fd, F_GETFL);
        if (flags < 0 || fcntl(v2->base.fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        return 0;
}

int thon_gpio_kernel_input(const char *path, unsigned offset, const struct thon_gpio_request *request,
                           struct thon_gpio_line **ret)
{
        struct v2_line *v2 = calloc(1, sizeof *v2);
        if (!v2)
                return -ENOMEM;
        _cleanup_(v2_closep) struct thon_gpio_line *line = &v2->base;
        line->ops = &v2_ops;
        v2->offset = offset;

        _cleanup_(gpiod_chip_closep) struct gpiod_chip *chip = gpiod_chip_open(path);
        if (!chip)
                return -errno;
        int r = open_input(v2, chip, request);
        if (r < 0)
                return r;
        *ret = THON_TAKE(line);
        return 0;
}

static int num_lines(struct gpiod_chip *chip, unsigned *ret)
{
        _cleanup_(gpiod_chip_info_freep) struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
        if (!info)
                return -errno;
        *ret = (unsigned)gpiod_chip_info_get_num_lines(info);
        return 0;
}

/* Not gpiod_chip_get_line_offset_from_name(): it gives the first of several lines with one name. */
static int find_by_name(struct gpiod_chip *chip, const char *wanted, unsigned n, unsigned *ret_offset)
{
        unsigned found = n;
        for (unsigned i = 0; i < n; i++) {
                _cleanup_(gpiod_line_info_freep) struct gpiod_line_info *info =
                        gpiod_chip_get_line_info(chip, i);
                if (!info)
                        return -errno;
                const char *name = gpiod_line_info_get_name(info);
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
        unsigned n = 0;
        int r = num_lines(chip, &n);
        if (r < 0)
                return r;
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
        if (!chip)
                return NULL;
        _cleanup_(gpiod_line_info_freep) struct gpiod_line_info *info =
                gpiod_chip_get_line_info(chip, offset);
        const char *consumer = info ? gpiod_line_info_get_consumer(info) : NULL;
        return consumer ? strdup(consumer) : NULL;
}

int thon_gpio_kernel_label(const char *path, char **ret_label)
{
        _cleanup_(gpiod_chip_closep) struct gpiod_chip *chip = gpiod_chip_open(path);
        if (!chip)
                return -errno;
        _cleanup_(gpiod_chip_info_freep) struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
        if (!info)
                return -errno;
        char *label = strdup(gpiod_chip_info_get_label(info));
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
        unsigned n = 0;
        int r = num_lines(chip, &n);
        for (unsigned i = 0; r == 0 && i < n; i++) {
                _cleanup_(gpiod_line_info_freep) struct gpiod_line_info *info =
                        gpiod_chip_get_line_info(chip, i);
                if (!info)
                        return -errno;
                r = each(userdata, i, gpiod_line_info_get_name(info), gpiod_line_info_is_used(info),
                         gpiod_line_info_get_consumer(info));
        }
        return r;
}

/* The public face of GPIO: which back-end, and outputs, which have nothing more to them. Inputs are in gpio_input.c. */
#include "thon/gpio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gpio_backend.h"
#include "gpio_hold.h"
#include "gpio_impl.h"
#include "thon/cleanup.h"

#define SIM_PREFIX "sim:"

struct thon_gpio_output {
        struct thon_gpio_line *line;
};

THON_DEFINE_CLEANUP(struct thon_gpio *, thon_gpio_free)
THON_DEFINE_CLEANUP(struct thon_gpio_output *, thon_gpio_output_close)

const char *thon_gpio_error_text(int error)
{
        if (error < 0)
                return strerror(-error);
        switch ((enum thon_gpio_error)error) {
        case THON_GPIO_OK:
                return "no error";
        case THON_GPIO_NO_CHIP:
                return "no GPIO chip has that label or device-tree compatible";
        case THON_GPIO_AMBIGUOUS:
                return "several GPIO chips have that label or compatible, or several lines that name";
        case THON_GPIO_NO_LINE:
                return "the GPIO chip has no such line";
        case THON_GPIO_BUSY:
                return "another program holds the GPIO line";
        case THON_GPIO_BY_NUMBER:
                return "GPIO chips are named by label or device-tree compatible, never by number: see gpiodetect";
        }
        return "unknown GPIO error";
}

int thon_gpio_new(sd_event *event, const struct thon_gpio_options *options, struct thon_gpio **ret)
{
        _cleanup_(thon_gpio_freep) struct thon_gpio *gpio = calloc(1, sizeof *gpio);
        _cleanup_free_ char *consumer = strdup(options->consumer);
        _cleanup_free_ char *sim_dir = options->sim_dir ? strdup(options->sim_dir) : NULL;
        if (!gpio || !consumer || (options->sim_dir && !sim_dir))
                return -ENOMEM;
        gpio->event = sd_event_ref(event);
        gpio->sim_only = options->sim_only;
        gpio->consumer = THON_TAKE(consumer);
        gpio->sim_dir = THON_TAKE(sim_dir);
        int r = thon_gpio_hold_new(&gpio->hold);
        if (r < 0)
                return r;
        *ret = THON_TAKE(gpio);
        return 0;
}

struct thon_gpio *thon_gpio_free(struct thon_gpio *gpio)
{
        if (!gpio)
                return NULL;
        thon_gpio_hold_free(gpio->hold);
        free(gpio->holder);
        free(gpio->sim_dir);
        free(gpio->consumer);
        sd_event_unref(gpio->event);
        free(gpio);
        return NULL;
}

const char *thon_gpio_holder(const struct thon_gpio *gpio)
{
        return gpio->holder ? gpio->holder : "?";
}

void thon_gpio_release_unused(struct thon_gpio *gpio)
{
        thon_gpio_hold_drop_unused(gpio->hold);
}

int thon_gpio_open_line(struct thon_gpio *gpio, const struct thon_line_ref *ref, const char *name,
                        struct thon_gpio_request *request, struct thon_gpio_line **ret)
{
        char consumer[THON_GPIO_CONSUMER_MAX + 1]; /* cut: it is for people who read gpioinfo */
        (void)snprintf(consumer, sizeof consumer, "%s %s", gpio->consumer, name);
        request->consumer = consumer;
        request->active_low = ref->active_low;

        free(gpio->holder);
        gpio->holder = NULL;
        if (strncmp(ref->chip, SIM_PREFIX, strlen(SIM_PREFIX)) == 0) {
                if (!gpio->sim_dir)
                        return THON_GPIO_NO_CHIP;
                return thon_gpio_sim_open(gpio->sim_dir, ref->chip + strlen(SIM_PREFIX), ref->line, request,
                                          ret, &gpio->holder);
        }
        if (gpio->sim_only)
                return -EPERM;

        _cleanup_free_ char *path = NULL;
        int r = thon_gpio_chip_find(THON_GPIO_BUS_DIR, THON_GPIO_DEV_DIR, ref->chip, thon_gpio_kernel_label,
                                    &path);
        if (r != THON_GPIO_OK)
                return r;
        unsigned offset;
        r = thon_gpio_kernel_offset(path, ref->line, &offset);
        if (r != THON_GPIO_OK)
                return r;
        if (request->output) {
                r = thon_gpio_output_request(path, offset, request, gpio->hold, ret);
        } else {
                thon_gpio_output_forget(path, offset, gpio->hold); /* it was one in the plan before */
                r = thon_gpio_kernel_input(path, offset, request, ret);
        }
        if (r != -EBUSY)
                return r;
        /* The holder may have let go meanwhile: then its name is unknown, but the line was busy all the same. */
        gpio->holder = thon_gpio_kernel_holder(path, offset);
        return THON_GPIO_BUSY;
}

int thon_gpio_output_open(struct thon_gpio *gpio, const struct thon_line_ref *line, const char *name,
                          bool initial, struct thon_gpio_output **ret)
{
        _cleanup_(thon_gpio_output_closep) struct thon_gpio_output *output = calloc(1, sizeof *output);
        if (!output)
                return -ENOMEM;
        struct thon_gpio_request request = {.output = true, .initial = initial};
        int r = thon_gpio_open_line(gpio, line, name, &request, &output->line);
        if (r != 0)
                return r;
        *ret = THON_TAKE(output);
        return THON_GPIO_OK;
}

int thon_gpio_output_set(struct thon_gpio_output *output, bool active)
{
        return output->line->ops->set(output->line, active);
}

int thon_gpio_output_get(struct thon_gpio_output *output, bool *ret_active)
{
        return output->line->ops->get(output->line, ret_active);
}

struct thon_gpio_output *thon_gpio_output_close(struct thon_gpio_output *output)
{
        if (!output)
                return NULL;
        if (output->line)
                output->line->ops->close(output->line);
        free(output);
        return NULL;
}

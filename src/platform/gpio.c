/* The public face of GPIO: which back-end, and what inputs have in common.
 *
 * An input is looked at in one way only, input_update(): take every edge there is, ask the line for its
 * level (a kernel whose queue ran over, or a v1 kernel that says nothing about it, heals here), settle the
 * debounce, report. Edges and the timer merely cause a look. */
#include "thon/gpio.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "gpio_backend.h"
#include "gpio_hold.h"
#include "thon/cleanup.h"
#include "thon/debounce.h"
#include "thon/log.h"

#define SIM_PREFIX "sim:"
#define BATCHES_PER_LOOK \
        64 /* then the loop's other sources have their turn; a floating input may never end */
#define TIMER_ACCURACY_US \
        1000 /* of the debounce timer; the default of 250 ms would be longer than the debounce */

struct thon_gpio {
        sd_event *event;
        struct thon_gpio_hold *hold;
        char *consumer;
        char *sim_dir;
        bool sim_only;
        char *holder; /* of the line that the last open found busy */
};

struct thon_gpio_output {
        struct thon_gpio_line *line;
};

struct thon_gpio_input {
        struct thon_gpio_line *line;
        sd_event_source *io;
        sd_event_source *timer;
        struct thon_debounce debounce;
        bool rising_only;
        bool opening;
        bool reported;  /* the level that the caller knows */
        unsigned edges; /* rising, not reported yet */
        int error;      /* why the line is lost, or 0 */
        thon_gpio_input_fn fn;
        thon_gpio_lost_fn lost;
        void *userdata;
};

THON_DEFINE_CLEANUP(struct thon_gpio *, thon_gpio_free)
THON_DEFINE_CLEANUP(struct thon_gpio_input *, thon_gpio_input_close)
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
                return "GPIO chips are named by label or device-tree compatible, never by number: see "
                       "gpiodetect";
        }
        return "unknown GPIO error";
}

int thon_gpio_new(sd_event *event, const struct thon_gpio_options *options, struct thon_gpio **ret)
{
        _cleanup_(thon_gpio_freep) struct thon_gpio *gpio = calloc(1, sizeof *gpio);
        if (!gpio)
                return -ENOMEM;
        gpio->event = sd_event_ref(event);
        gpio->sim_only = options->sim_only;
        gpio->consumer = strdup(options->consumer);
        if (!gpio->consumer)
                return -ENOMEM;
        if (options->sim_dir) {
                gpio->sim_dir = strdup(options->sim_dir);
                if (!gpio->sim_dir)
                        return -ENOMEM;
        }
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

static int open_line(struct thon_gpio *gpio, const struct thon_line_ref *ref, const char *name,
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
        int r = open_line(gpio, line, name, &request, &output->line);
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

static void count_edges(struct thon_gpio_input *input, unsigned n)
{
        input->edges = n > UINT_MAX - input->edges ? UINT_MAX : input->edges + n;
}

static void take_level(struct thon_gpio_input *input, bool level, uint64_t at_us)
{
        if (thon_debounce_edge(&input->debounce, level, at_us) == THON_DEBOUNCE_ROSE)
                count_edges(input, 1);
}

static void take_edge(struct thon_gpio_input *input, const struct thon_gpio_edge *edge)
{
        if (edge->pulses > 0) {
                count_edges(input, edge->pulses);
                return;
        }
        /* An edge between the request and the first reading of the level would be in both, and not count. */
        if (input->opening)
                input->debounce = thon_debounce_start(input->debounce.hold_us, !edge->level, edge->at_us);
        input->opening = false;

        if (edge->lost > 0) {
                thon_debug("GPIO: %u edges lost in the kernel's queue", edge->lost);
                /* Where each edge counts they alternate, and so did those lost. Raw ones were bounces, or a level that
                 * held and is seen by its end. */
                if (input->debounce.hold_us == 0)
                        count_edges(input, thon_debounce_lost(input->debounce.raw, edge->lost));
        }
        take_level(input, edge->level, edge->at_us);
}

/* 1: the queue is empty; 0: there is more, but others have their turn first. */
static int drain(struct thon_gpio_input *input)
{
        struct thon_gpio_edge edges[THON_GPIO_BATCH];
        for (int i = 0; i < BATCHES_PER_LOOK; i++) {
                int n = input->line->ops->read(input->line, edges);
                if (n <= 0)
                        return n < 0 ? n : 1;
                for (int k = 0; k < n; k++)
                        take_edge(input, &edges[k]);
        }
        return 0;
}

static int settle(struct thon_gpio_input *input)
{
        if (input->line->debounced)
                return 0;
        /* The time of this iteration lies before any edge that is still unread, as the debounce has to
         * assume. */
        uint64_t now_us;
        int r = sd_event_now(sd_event_source_get_event(input->timer), CLOCK_MONOTONIC, &now_us);
        if (r < 0)
                return r;
        bool level;
        r = input->line->ops->get(input->line, &level);
        if (r < 0)
                return r;
        if (level != input->debounce.raw)
                take_level(input, level, now_us);
        if (thon_debounce_settle(&input->debounce, now_us) == THON_DEBOUNCE_ROSE)
                count_edges(input, 1);

        uint64_t due_us = thon_debounce_due(&input->debounce);
        if (due_us == UINT64_MAX)
                return sd_event_source_set_enabled(input->timer, SD_EVENT_OFF);
        r = sd_event_source_set_time(input->timer, due_us);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(input->timer, SD_EVENT_ONESHOT);
}

static void lose(struct thon_gpio_input *input, int error)
{
        input->error = error;
        input->timer = sd_event_source_disable_unref(input->timer);
        input->io = sd_event_source_disable_unref(input->io);
        if (input->lost)
                input->lost(error, input->userdata);
}

/* The callback comes last in every path: it may close the input. */
static void input_update(struct thon_gpio_input *input, bool hung_up)
{
        int r = drain(input);
        if (r > 0 && hung_up)
                r = -ENODEV;
        else if (r > 0)
                r = settle(input);
        if (r < 0) {
                lose(input, r);
                return;
        }

        bool level = input->debounce.level;
        unsigned edges = input->edges;
        if (edges == 0 && (input->rising_only || level == input->reported))
                return;
        input->edges = 0;
        input->reported = level;
        input->fn(level, edges, input->userdata);
}

static int on_edges(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        (void)source;
        (void)fd;
        input_update(userdata, (revents & (EPOLLERR | EPOLLHUP)) != 0);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        input_update(userdata, false);
        return 0;
}

static int watch(struct thon_gpio_input *input, sd_event *event, const char *name, unsigned debounce_us)
{
        int r = sd_event_add_io(event, &input->io, input->line->fd, EPOLLIN, on_edges, input);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(input->io, name);
        r = sd_event_add_time(event, &input->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US, on_timer, input);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(input->timer, name);

        bool level;
        r = input->line->ops->get(input->line, &level);
        if (r < 0)
                return r;
        input->debounce = thon_debounce_start(input->line->debounced ? 0 : debounce_us, level, 0);
        input->opening = true;
        r = drain(input);
        if (r < 0)
                return r;
        bool unreported = !input->opening || input->edges > 0;
        input->opening = false;
        input->reported = input->debounce.level;
        /* The timer is due since 0: it reports what was read here, from the loop. */
        return unreported ? 0 : sd_event_source_set_enabled(input->timer, SD_EVENT_OFF);
}

int thon_gpio_input_open(struct thon_gpio *gpio, const struct thon_line_ref *line, const char *name,
                         const struct thon_gpio_input_options *options, thon_gpio_input_fn fn,
                         void *userdata, struct thon_gpio_input **ret)
{
        _cleanup_(thon_gpio_input_closep) struct thon_gpio_input *input = calloc(1, sizeof *input);
        if (!input)
                return -ENOMEM;
        input->rising_only = options->rising_only;
        input->lost = options->lost;
        input->fn = fn;
        input->userdata = userdata;

        struct thon_gpio_request request = {.bias = options->bias, .debounce_us = options->debounce_us};
        int r = open_line(gpio, line, name, &request, &input->line);
        if (r != 0)
                return r;
        r = watch(input, gpio->event, name, options->debounce_us);
        if (r < 0)
                return r;
        *ret = THON_TAKE(input);
        return THON_GPIO_OK;
}

int thon_gpio_input_get(struct thon_gpio_input *input, bool *ret_active)
{
        if (input->error < 0)
                return input->error;
        bool raw;
        int r = input->line->ops->get(input->line, &raw);
        if (r < 0)
                return r;
        *ret_active = input->debounce.level;
        return 0;
}

unsigned thon_gpio_input_refused(const struct thon_gpio_input *input)
{
        return input->line->refused;
}

struct thon_gpio_input *thon_gpio_input_close(struct thon_gpio_input *input)
{
        if (!input)
                return NULL;
        /* The sources first: a number that the line gives back may be another source's soon. */
        sd_event_source_disable_unref(input->timer);
        sd_event_source_disable_unref(input->io);
        if (input->line)
                input->line->ops->close(input->line);
        free(input);
        return NULL;
}

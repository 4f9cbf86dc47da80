/* Inputs: one contact on a line, and whoever listens to it. The door, the photocell and the manual switch of a cabinet
 * concern all its circuits, while the kernel gives a line to one request only; so the contact is what is requested and
 * debounced, and inputs share it.
 *
 * A contact is looked at in one way only, update(): take every edge there is, ask the line for its level (a kernel whose
 * queue ran over, or a v1 kernel that says nothing about it, heals here), settle the debounce, report. Edges and the
 * timer merely cause a look. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "gpio_impl.h"
#include "thon/cleanup.h"
#include "thon/debounce.h"
#include "thon/gpio.h"
#include "thon/log.h"

/* Then the loop's other sources have their turn: a floating input may never end. */
#define BATCHES_PER_LOOK 64
/* Of the debounce timer; the default of 250 ms would be longer than the debounce. */
#define TIMER_ACCURACY_US 1000

struct thon_gpio_input {
        struct thon_gpio_contact *contact;
        struct thon_gpio_input *next;
        bool rising_only;
        bool reported;  /* the level that the caller knows */
        bool told_lost; /* needs no telling any more */
        unsigned edges; /* rising, not reported yet */
        thon_gpio_input_fn fn;
        thon_gpio_lost_fn lost;
        void *userdata;
};

struct thon_gpio_contact {
        struct thon_gpio_contact **list; /* where it can be found, NULL once it is lost */
        struct thon_gpio_contact *next;
        struct thon_gpio_input *inputs;
        struct thon_line_ref ref;
        enum thon_gpio_bias bias;
        unsigned debounce_us;
        struct thon_gpio_line *line;
        sd_event_source *io;
        sd_event_source *timer;
        struct thon_debounce debounce;
        bool opening;
        bool reporting; /* a callback may close inputs: the contact stays until all were called */
        int error;      /* why the line is lost, or 0 */
};

static void unlist(struct thon_gpio_contact *contact)
{
        if (!contact->list)
                return;
        struct thon_gpio_contact **p = contact->list;
        while (*p != contact)
                p = &(*p)->next;
        *p = contact->next;
        contact->list = NULL;
}

static struct thon_gpio_contact *contact_free(struct thon_gpio_contact *contact)
{
        if (!contact)
                return NULL;
        unlist(contact);
        /* The sources first: a number that the line gives back may be another source's soon. */
        sd_event_source_disable_unref(contact->timer);
        sd_event_source_disable_unref(contact->io);
        if (contact->line)
                contact->line->ops->close(contact->line);
        free(contact);
        return NULL;
}

THON_DEFINE_CLEANUP(struct thon_gpio_contact *, contact_free)

static void count_edges(struct thon_gpio_contact *contact, unsigned n)
{
        for (struct thon_gpio_input *input = contact->inputs; input; input = input->next)
                input->edges = n > UINT_MAX - input->edges ? UINT_MAX : input->edges + n;
}

static void take_level(struct thon_gpio_contact *contact, bool level, uint64_t at_us)
{
        if (thon_debounce_edge(&contact->debounce, level, at_us) == THON_DEBOUNCE_ROSE)
                count_edges(contact, 1);
}

static void take_edge(struct thon_gpio_contact *contact, const struct thon_gpio_edge *edge)
{
        if (edge->pulses > 0) {
                count_edges(contact, edge->pulses);
                return;
        }
        /* An edge between the request and the first reading of the level would be in both, and not count. */
        if (contact->opening)
                contact->debounce =
                        thon_debounce_start(contact->debounce.hold_us, !edge->level, edge->at_us);
        contact->opening = false;

        if (edge->lost > 0) {
                thon_debug("GPIO %s %s: %u edges lost in the kernel's queue", contact->ref.chip,
                           contact->ref.line, edge->lost);
                /* Where each edge counts they alternate, and so did those lost. Raw ones were bounces, or a level
                 * that held and is seen by its end. */
                if (contact->debounce.hold_us == 0)
                        count_edges(contact, thon_debounce_lost(contact->debounce.raw, edge->lost));
        }
        take_level(contact, edge->level, edge->at_us);
}

/* 1: the queue is empty; 0: there is more, but others have their turn first. */
static int drain(struct thon_gpio_contact *contact)
{
        struct thon_gpio_edge edges[THON_GPIO_BATCH];
        for (int i = 0; i < BATCHES_PER_LOOK; i++) {
                int n = contact->line->ops->read(contact->line, edges);
                if (n <= 0)
                        return n < 0 ? n : 1;
                for (int k = 0; k < n; k++)
                        take_edge(contact, &edges[k]);
        }
        return 0;
}

static int settle(struct thon_gpio_contact *contact)
{
        if (contact->line->debounced)
                return 0;
        /* The time of this iteration lies before any edge that is still unread, as the debounce has to assume. */
        uint64_t now_us;
        int r = sd_event_now(sd_event_source_get_event(contact->timer), CLOCK_MONOTONIC, &now_us);
        if (r < 0)
                return r;
        bool level;
        r = contact->line->ops->get(contact->line, &level);
        if (r < 0)
                return r;
        if (level != contact->debounce.raw)
                take_level(contact, level, now_us);
        if (thon_debounce_settle(&contact->debounce, now_us) == THON_DEBOUNCE_ROSE)
                count_edges(contact, 1);

        uint64_t due_us = thon_debounce_due(&contact->debounce);
        if (due_us == UINT64_MAX)
                return sd_event_source_set_enabled(contact->timer, SD_EVENT_OFF);
        r = sd_event_source_set_time(contact->timer, due_us);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(contact->timer, SD_EVENT_ONESHOT);
}

/* Each call may close any input and open others, so that the list is read from its beginning after each. */
static bool report_one(struct thon_gpio_contact *contact)
{
        bool level = contact->debounce.level;
        for (struct thon_gpio_input *input = contact->inputs; input; input = input->next) {
                if (contact->error < 0) {
                        if (input->told_lost)
                                continue;
                        input->told_lost = true;
                        if (!input->lost)
                                continue;
                        input->lost(contact->error, input->userdata);
                        return true;
                }
                unsigned edges = input->edges;
                if (edges == 0 && (input->rising_only || level == input->reported))
                        continue;
                input->edges = 0;
                input->reported = level;
                input->fn(level, edges, input->userdata);
                return true;
        }
        return false;
}

static void report(struct thon_gpio_contact *contact)
{
        contact->reporting = true;
        while (report_one(contact))
                ;
        contact->reporting = false;
        if (!contact->inputs)
                contact_free(contact);
}

static void update(struct thon_gpio_contact *contact, bool hung_up)
{
        int r = drain(contact);
        if (r > 0 && hung_up)
                r = -ENODEV;
        else if (r > 0)
                r = settle(contact);
        if (r < 0) {
                contact->error = r;
                unlist(contact);
                contact->timer = sd_event_source_disable_unref(contact->timer);
                contact->io = sd_event_source_disable_unref(contact->io);
        }
        report(contact);
}

static int on_edges(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        (void)source;
        (void)fd;
        update(userdata, (revents & (EPOLLERR | EPOLLHUP)) != 0);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        update(userdata, false);
        return 0;
}

static int watch(struct thon_gpio_contact *contact, sd_event *event, const char *name)
{
        int r = sd_event_add_io(event, &contact->io, contact->line->fd, EPOLLIN, on_edges, contact);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(contact->io, name);
        r = sd_event_add_time(event, &contact->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US, on_timer,
                              contact);
        if (r < 0)
                return r;
        /* What has happened goes before deadlines that judge by it: a loop that was held up must not find a contact late
         * whose edge is waiting in the queue. */
        (void)sd_event_source_set_priority(contact->io, SD_EVENT_PRIORITY_IMPORTANT);
        (void)sd_event_source_set_priority(contact->timer, SD_EVENT_PRIORITY_IMPORTANT);
        (void)sd_event_source_set_description(contact->timer, name);

        bool level;
        r = contact->line->ops->get(contact->line, &level);
        if (r < 0)
                return r;
        uint64_t hold_us = contact->line->debounced ? 0 : contact->debounce_us;
        contact->debounce = thon_debounce_start(hold_us, level, 0);
        contact->opening = true;
        r = drain(contact);
        if (r < 0)
                return r;
        bool unreported = !contact->opening || contact->inputs->edges > 0;
        contact->opening = false;
        /* The timer is due since 0: it reports what was read here, from the loop. */
        return unreported ? 0 : sd_event_source_set_enabled(contact->timer, SD_EVENT_OFF);
}

static struct thon_gpio_contact *find(struct thon_gpio *gpio, const struct thon_line_ref *line,
                                      const struct thon_gpio_input_options *options)
{
        for (struct thon_gpio_contact *contact = gpio->contacts; contact; contact = contact->next)
                if (thon_line_ref_equal(&contact->ref, line) && contact->bias == options->bias &&
                    contact->debounce_us == options->debounce_us)
                        return contact;
        return NULL;
}

static int open_contact(struct thon_gpio *gpio, const struct thon_line_ref *line, const char *name,
                        const struct thon_gpio_input_options *options, struct thon_gpio_input *input)
{
        _cleanup_(contact_freep) struct thon_gpio_contact *contact = calloc(1, sizeof *contact);
        if (!contact)
                return -ENOMEM;
        contact->ref = *line;
        contact->bias = options->bias;
        contact->debounce_us = options->debounce_us;
        contact->inputs = input;

        struct thon_gpio_request request = {.bias = options->bias, .debounce_us = options->debounce_us};
        int r = thon_gpio_open_line(gpio, line, name, &request, &contact->line);
        if (r != 0)
                return r;
        r = watch(contact, gpio->event, name);
        if (r < 0)
                return r;
        contact->list = &gpio->contacts;
        contact->next = gpio->contacts;
        gpio->contacts = contact;
        input->contact = THON_TAKE(contact);
        return THON_GPIO_OK;
}

int thon_gpio_input_open(struct thon_gpio *gpio, const struct thon_line_ref *line, const char *name,
                         const struct thon_gpio_input_options *options, thon_gpio_input_fn fn,
                         void *userdata, struct thon_gpio_input **ret)
{
        _cleanup_free_ struct thon_gpio_input *input = calloc(1, sizeof *input);
        if (!input)
                return -ENOMEM;
        input->rising_only = options->rising_only;
        input->lost = options->lost;
        input->fn = fn;
        input->userdata = userdata;

        input->contact = find(gpio, line, options);
        if (input->contact) {
                input->next = input->contact->inputs;
                input->contact->inputs = input;
        } else {
                int r = open_contact(gpio, line, name, options, input);
                if (r != 0)
                        return r;
        }
        input->reported = input->contact->debounce.level;
        *ret = THON_TAKE(input);
        return THON_GPIO_OK;
}

int thon_gpio_input_get(struct thon_gpio_input *input, bool *ret_active)
{
        const struct thon_gpio_contact *contact = input->contact;
        if (contact->error < 0)
                return contact->error;
        bool raw;
        int r = contact->line->ops->get(contact->line, &raw);
        if (r < 0)
                return r;
        *ret_active = contact->debounce.level;
        return 0;
}

unsigned thon_gpio_input_refused(const struct thon_gpio_input *input)
{
        return input->contact->line->refused;
}

struct thon_gpio_input *thon_gpio_input_close(struct thon_gpio_input *input)
{
        if (!input)
                return NULL;
        struct thon_gpio_contact *contact = input->contact;
        struct thon_gpio_input **p = &contact->inputs;
        while (*p != input)
                p = &(*p)->next;
        *p = input->next;
        free(input);
        if (!contact->inputs && !contact->reporting)
                contact_free(contact);
        return NULL;
}

/* The store, and one commit for what one turn of the loop brought.
 *
 * A commit that a power cut cannot take back costs one wait for the card, and a card does not do many of them in a second.
 * So everything that comes together shares one: the transaction is opened by the first who writes, and committed when the
 * loop has nothing else to do, or after 20 ms when it always has. Whatever may only be said or sent once the disk has it
 * waits in `then`. When the commit fails, all of them are told so, and nothing of it was written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pump.h"
#include "store_down.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define LATEST_US UINT64_C(20000)
#define RETRY_US  UINT64_C(5000000)

struct then {
        void (*fn)(struct relayd *d, int result, void *userdata);
        void *userdata;
};

struct relayd_batch {
        bool open;
        struct then *then;
        size_t n, size;
        sd_event_source *idle, *latest, *retry;
        bool told; /* of the present trouble */
};

double relayd_jitter(void)
{
        uint32_t dice;

        if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != (ssize_t)sizeof(dice))
                return 0.5;
        return (double)dice / 4294967296.0;
}

/* What a person has to mend, or another program has to end; all else is an answer to one call. */
static bool is_trouble(int error)
{
        switch (error) {
        case THON_STORE_NOT_FOUND:
        case THON_STORE_EXISTS:
        case THON_STORE_INVALID:
        case THON_STORE_REFERENCED:
        case 0:
                return false;
        }
        return true;
}

static void failed(struct relayd *d, int error, const char *message)
{
        const char *slug;

        d->store_error = error;
        slug = relayd_store_slug(d);
        if (!d->batch->told)
                thon_log_full(
                        LOG_ERR, THON_MSG_STORE_TROUBLE, (const char *const[]){"THON_ERROR=", slug, NULL},
                        "Store trouble (%s): %s. Nothing is accepted and nothing else is sent until it is back.",
                        slug, message);
        d->batch->told = true;
        /* A full disk or a lock may end at any time; a file that is gone or damaged is opened anew. */
        if (error != THON_STORE_FULL && error != THON_STORE_BUSY && error != -ENOMEM) {
                d->store = thon_store_close(d->store);
                /* A commit that failed may be on the disk all the same. */
                relayd_keep_again(d);
        }
        (void)sd_event_source_set_time_relative(d->batch->retry, RETRY_US);
        (void)sd_event_source_set_enabled(d->batch->retry, SD_EVENT_ONESHOT);
        relayd_store_seen(d, "relayd", slug);
        relayd_publish_health(d);
}

static void well(struct relayd *d)
{
        if (d->store_error == 0)
                return;
        d->store_error = 0;
        d->batch->told = false;
        (void)sd_event_source_set_enabled(d->batch->retry, SD_EVENT_OFF);
        thon_log_full(LOG_NOTICE, THON_MSG_STORE_BACK, NULL, "Store is back: %s", d->site.store_path);
        relayd_store_seen(d, "relayd", NULL);
        relayd_pump_soon(d);
        relayd_publish_health(d);
}

const char *relayd_store_slug(const struct relayd *d)
{
        return d->store_error == 0  ? NULL
               : d->store_error > 0 ? thon_store_error_slug(d->store_error)
                                    : "io";
}

struct thon_store *relayd_store(struct relayd *d)
{
        _cleanup_free_ char *message = NULL;
        int r;

        /* Each try at a locked or lost one may hold the loop up: the retry timer alone tries again. */
        if (d->store || d->store_error != 0)
                return d->store;
        r = thon_store_open(d->site.store_path, THON_STORE_WRITE, &d->store, &message);
        if (r == 0 && (r = thon_store_durable(d->store, true)) != 0) {
                free(message);
                message = strdup(thon_store_message(d->store));
                d->store = thon_store_close(d->store);
        }
        if (r != 0) {
                failed(d, r, r < 0 ? strerror(-r) : message ? message : d->site.store_path);
                return NULL;
        }
        relayd_events_lost(d); /* it may be another file, with serials of its own */
        return d->store;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct relayd *d = userdata;
        int error = d->store_error, r;

        (void)source;
        (void)usec;
        if (!d->store) {
                d->store_error = 0;
                if (!relayd_store(d)) /* armed again */
                        return 0;
                d->store_error = error;
        }
        /* An empty transaction takes the lock and proves that there is a file; a full disk is seen by the next write. */
        r = d->batch->open ? 0 : thon_store_begin(d->store);
        if (r != 0) {
                failed(d, r, thon_store_message(d->store));
                return 0;
        }
        if (!d->batch->open)
                thon_store_rollback(d->store);
        well(d);
        return 0;
}

int relayd_batch_enter(struct relayd *d)
{
        struct relayd_batch *b = d->batch;
        int r;

        if (b->open)
                return 0;
        if (!relayd_store(d))
                return -ENODEV;
        r = thon_store_begin(d->store);
        if (r != 0) {
                failed(d, r, r < 0 ? strerror(-r) : thon_store_message(d->store));
                return r;
        }
        b->open = true;
        /* What brought us here is not acknowledged before it is kept. */
        if (d->mqtt)
                thon_mqtt_hold(d->mqtt, true);
        (void)sd_event_source_set_enabled(b->idle, SD_EVENT_ONESHOT);
        (void)sd_event_source_set_time_relative(b->latest, LATEST_US);
        (void)sd_event_source_set_enabled(b->latest, SD_EVENT_ONESHOT);
        return 0;
}

int relayd_batch_then(struct relayd *d, void (*fn)(struct relayd *, int, void *), void *userdata)
{
        struct relayd_batch *b = d->batch;

        if (b->n == b->size) {
                size_t size = b->size ? 2 * b->size : 64;
                struct then *then = reallocarray(b->then, size, sizeof(*then));

                if (!then)
                        return -ENOMEM;
                b->then = then;
                b->size = size;
        }
        b->then[b->n++] = (struct then){fn, userdata};
        return 0;
}

void relayd_batch_flush(struct relayd *d)
{
        struct relayd_batch *b = d->batch;
        struct then *then = b->then;
        size_t n = b->n;
        int r = 0;

        if (!b->open && n == 0)
                return;
        (void)sd_event_source_set_enabled(b->idle, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(b->latest, SD_EVENT_OFF);
        if (b->open) {
                b->open = false;
                r = d->store ? thon_store_commit(d->store) : -ENODEV;
                if (is_trouble(r) && r != -ENODEV)
                        failed(d, r, r < 0 ? strerror(-r) : thon_store_message(d->store));
                else if (r == 0)
                        well(d);
        }
        if (d->mqtt)
                thon_mqtt_hold(d->mqtt, false);
        /* Whoever is called may begin the next batch. */
        b->then = NULL;
        b->n = b->size = 0;
        for (size_t i = 0; i < n; i++)
                then[i].fn(d, r, then[i].userdata);
        free(then);
}

int relayd_batch_mark(struct relayd *d)
{
        int r = relayd_batch_enter(d);

        return r != 0 ? r : thon_store_mark(d->store);
}

int relayd_batch_unmark(struct relayd *d, int result)
{
        return d->store ? thon_store_unmark(d->store, result) : result != 0 ? result : -ENODEV;
}

static int on_flush(sd_event_source *source, void *userdata)
{
        (void)source;
        relayd_batch_flush(userdata);
        return 0;
}

static int on_latest(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        relayd_batch_flush(userdata);
        return 0;
}

int relayd_batch_start(struct relayd *d)
{
        struct relayd_batch *b = d->batch = calloc(1, sizeof(*b));
        int r;

        if (!b)
                return -ENOMEM;
        r = sd_event_add_defer(d->event, &b->idle, on_flush, d);
        if (r >= 0)
                r = sd_event_source_set_priority(b->idle, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = sd_event_source_set_enabled(b->idle, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(d->event, &b->latest, CLOCK_MONOTONIC, LATEST_US, 1000,
                                               on_latest, d);
        if (r >= 0)
                r = sd_event_source_set_priority(b->latest, SD_EVENT_PRIORITY_IMPORTANT);
        if (r >= 0)
                r = sd_event_source_set_enabled(b->latest, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(d->event, &b->retry, CLOCK_MONOTONIC, RETRY_US, 0, on_retry,
                                               d);
        if (r >= 0)
                r = sd_event_source_set_enabled(b->retry, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(b->idle, "batch-idle");
        (void)sd_event_source_set_description(b->latest, "batch-latest");
        (void)sd_event_source_set_description(b->retry, "store-retry");
        return 0;
}

void relayd_batch_stop(struct relayd *d)
{
        struct relayd_batch *b = d->batch;

        if (!b)
                return;
        relayd_batch_flush(d);
        sd_event_source_disable_unref(b->idle);
        sd_event_source_disable_unref(b->latest);
        sd_event_source_disable_unref(b->retry);
        free(b->then);
        free(b);
        d->batch = NULL;
        d->store = thon_store_close(d->store);
}

/* Between the wire and the disk.
 *
 * A bot of Zalo gives each update once, a webhook was answered by webd, an SMS leaves the modem: while the store is full or
 * away, what has come already must wait here, in order. */
#include "inbound.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "thon/cleanup.h"
#include "thon/log.h"

#define HELD_MAX 2000 /* updates; a poll holds itself back, so that these are webhooks of a long outage */
#define RETRY_US UINT64_C(2000000)

struct item {
        TAILQ_ENTRY(item) entry;
        struct relayd *daemon;
        char *channel, *cursor;
        struct relayd_update *updates;
        size_t n, fresh;
        relayd_intake_fn fn;
        void *userdata;
        bool written; /* in the open batch */
};

struct relayd_intake {
        TAILQ_HEAD(item_list, item) items;
        size_t held; /* updates */
        struct thon_alarm *retry;
        bool told;
};

void relayd_updates_free(struct relayd_update *updates, size_t n)
{
        for (size_t i = 0; i < n; i++)
                relayd_update_done(&updates[i]);
        free(updates);
}

static struct item *item_free(struct item *item)
{
        if (!item)
                return NULL;
        relayd_updates_free(item->updates, item->n);
        free(item->channel);
        free(item->cursor);
        free(item);
        return NULL;
}

static void drop(struct relayd_intake *in, struct item *item)
{
        TAILQ_REMOVE(&in->items, item, entry);
        in->held -= item->n;
        (void)item_free(item);
}

static void hold_on(struct relayd *d, const struct item *item)
{
        struct relayd_intake *in = d->intake;

        if (!in->told)
                thon_warning("%s: what came in waits: the store takes nothing", item->channel);
        in->told = true;
        thon_alarm_set(in->retry, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), RETRY_US));
}

static void on_commit(struct relayd *d, int result, void *userdata)
{
        struct item *item = userdata;
        relayd_intake_fn fn = item->fn;
        void *whose = item->userdata;
        size_t fresh = item->fresh;

        item->written = false;
        if (result != 0) {
                hold_on(d, item);
                return;
        }
        if (d->intake->told)
                thon_info("%s: what came in is stored", item->channel);
        d->intake->told = false;
        drop(d->intake, item);
        if (fn)
                fn(whose, true, fresh);
}

/* What was written of it before a failure is known by its ids when it comes again. */
static int write_item(struct relayd *d, struct item *item)
{
        struct relayd_channel *channel = relayd_channel_find(d, item->channel);
        int r = relayd_batch_enter(d);

        item->fresh = 0;
        if (!channel)
                thon_warning("%s: %zu updates of a channel that is gone are dropped", item->channel,
                             item->n);
        for (size_t i = 0; r == 0 && channel && i < item->n; i++) {
                bool fresh = false;

                r = relayd_update_take(d, channel, &item->updates[i], &fresh);
                item->fresh += fresh;
        }
        if (r == 0 && item->cursor)
                r = thon_poll_cursor_set(d->store, item->channel, item->cursor);
        if (r == 0)
                r = relayd_batch_then(d, on_commit, item);
        item->written = r == 0;
        return r;
}

/* In order: what came later does not overtake what waits. */
static void write_all(struct relayd *d)
{
        struct item *item;

        TAILQ_FOREACH (item, &d->intake->items, entry)
                if (!item->written && write_item(d, item) != 0) {
                        hold_on(d, item);
                        return;
                }
}

static void on_retry(void *userdata)
{
        write_all(userdata);
}

static struct item *item_new(const char *channel, const char *cursor)
{
        struct item *item = calloc(1, sizeof(*item));

        if (!item)
                return NULL;
        item->channel = strdup(channel);
        item->cursor = cursor ? strdup(cursor) : NULL;
        return item->channel && (item->cursor || !cursor) ? item : item_free(item);
}

int relayd_intake_add(struct relayd *d, const char *channel, struct relayd_update *updates, size_t n,
                      const char *cursor, relayd_intake_fn fn, void *userdata)
{
        struct relayd_intake *in = d->intake;
        bool room = in->held == 0 || in->held + n <= HELD_MAX;
        struct item *item = room ? item_new(channel, cursor) : NULL;

        if (!item) {
                relayd_updates_free(updates, n);
                return room ? -ENOMEM : -ENOBUFS;
        }
        item->daemon = d;
        item->updates = updates;
        item->n = n;
        item->fn = fn;
        item->userdata = userdata;
        in->held += n;
        TAILQ_INSERT_TAIL(&in->items, item, entry);
        if (!thon_alarm_pending(in->retry))
                write_all(d);
        return 0;
}

void relayd_intake_forget(struct relayd *d, const void *userdata)
{
        struct item *item;

        TAILQ_FOREACH (item, &d->intake->items, entry)
                if (item->userdata == userdata)
                        item->fn = NULL;
}

int relayd_intake_start(struct relayd *d)
{
        struct relayd_intake *in = calloc(1, sizeof(*in));

        if (!in)
                return -ENOMEM;
        TAILQ_INIT(&in->items);
        d->intake = in;
        return thon_alarm_new(d->clock, "intake", on_retry, d, &in->retry);
}

void relayd_intake_stop(struct relayd *d)
{
        struct relayd_intake *in = d->intake;
        struct item *item;

        if (!in)
                return;
        relayd_batch_flush(d);
        write_all(d);
        relayd_batch_flush(d);
        if (in->held > 0)
                thon_error("%zu updates that came in are lost: the store takes nothing", in->held);
        while ((item = TAILQ_FIRST(&in->items))) {
                if (item->fn)
                        item->fn(item->userdata, false, 0);
                drop(in, item);
        }
        thon_alarm_free(in->retry);
        free(in);
        d->intake = NULL;
}

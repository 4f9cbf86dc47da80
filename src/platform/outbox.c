/* Events between a daemon, its store and the broker. The store comes first: what was published and not yet confirmed is told
 * again after a crash, with the same id, and what was not published yet is not lost. The memory is for the minutes in which
 * the store is away; it is bounded, and the oldest give way.
 *
 * The broker's word that it has an event is only worth something where it keeps it for the reader. One that was killed before it ever
 * wrote down the reader's session knows of none; whoever is back sooner than the reader would tell the void. */
#include "thon/outbox.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thon/cleanup.h"
#include "thon/log.h"

#define WAITING_MAX   256
#define WAIT_SLACK_US UINT64_C(250000)

struct waiting {
        char *topic, *payload;
};

struct thon_outbox {
        enum thon_event_owner owner;
        struct thon_outbox_ops ops;
        void *userdata;
        struct waiting waiting[WAITING_MAX];
        size_t n;
        int64_t sent;      /* serial of the last one sent over this connection; 0 none */
        bool reader_known; /* over some connection */
        bool reader_here;  /* over this one */
        bool held;         /* until it is, or until `wait` is over */
        sd_event_source *wait;
};

static int on_waited(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct thon_outbox *outbox = userdata;

        (void)source;
        (void)usec;
        outbox->held = false;
        outbox->ops.flush(outbox->userdata);
        return 0;
}

int thon_outbox_new(sd_event *event, enum thon_event_owner owner, const struct thon_outbox_ops *ops,
                    void *userdata, struct thon_outbox **ret)
{
        struct thon_outbox *outbox = calloc(1, sizeof(*outbox));
        int r;

        if (!outbox)
                return -ENOMEM;
        r = sd_event_add_time_relative(event, &outbox->wait, CLOCK_MONOTONIC, 0, WAIT_SLACK_US, on_waited,
                                       outbox);
        if (r >= 0)
                r = sd_event_source_set_enabled(outbox->wait, SD_EVENT_OFF);
        if (r < 0) {
                sd_event_source_disable_unref(outbox->wait);
                free(outbox);
                return r;
        }
        (void)sd_event_source_set_description(outbox->wait, "outbox-wait");
        outbox->owner = owner;
        outbox->ops = *ops;
        outbox->userdata = userdata;
        *ret = outbox;
        return 0;
}

static void drop_first(struct thon_outbox *outbox, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(outbox->waiting[i].topic);
                free(outbox->waiting[i].payload);
        }
        outbox->n -= n;
        memmove(outbox->waiting, outbox->waiting + n, outbox->n * sizeof(*outbox->waiting));
}

static int invalid_is_done(int r, const struct waiting *waiting)
{
        if (r != THON_STORE_INVALID)
                return r;
        thon_error("An event is no message that a broker takes, and is dropped: %.100s", waiting->topic);
        return 0;
}

/* Gives what waits in memory to the store, when it is there again. */
static void settle(struct thon_outbox *outbox)
{
        size_t done = 0;

        while (done < outbox->n) {
                struct thon_store *store = outbox->ops.store(outbox->userdata);
                int64_t serial;
                int r;

                if (!store)
                        break;
                r = thon_event_push(store, outbox->owner, outbox->waiting[done].topic,
                                    outbox->waiting[done].payload, &serial);
                r = invalid_is_done(r, &outbox->waiting[done]);
                /* Too many wait for the broker already: no reason to close the store to everything else. */
                if (r == THON_STORE_FULL)
                        break;
                if (r != 0) {
                        outbox->ops.store_failed(r, outbox->userdata);
                        break;
                }
                done++;
        }
        drop_first(outbox, done);
}

struct thon_outbox *thon_outbox_free(struct thon_outbox *outbox)
{
        if (!outbox)
                return NULL;
        settle(outbox);
        drop_first(outbox, outbox->n);
        sd_event_source_disable_unref(outbox->wait);
        free(outbox);
        return NULL;
}

struct sending {
        struct thon_mqtt *mqtt;
        struct thon_store *store;
        enum thon_event_owner owner;
        int64_t *sent;
        int (*drop)(int64_t serial, void *userdata);
        void *userdata;
};

/* In the order in which they happened, each once a connection: an end that went before its beginning would stand for ever at
 * whoever counts. */
static int send_row(const struct thon_event_row *row, void *userdata)
{
        struct sending *s = userdata;
        int r = thon_mqtt_publish_tagged(s->mqtt, row->topic, row->payload, row->serial);

        if (r == -EINVAL || r == -EMSGSIZE) {
                thon_error("Event %" PRId64 " is no message that a broker takes, and is dropped",
                           row->serial);
                return s->drop ? s->drop(row->serial, s->userdata)
                               : thon_event_done(s->store, s->owner, row->serial);
        }
        if (r == 0)
                *s->sent = row->serial;
        return r;
}

int thon_outbox_send(struct thon_mqtt *mqtt, struct thon_store *store, enum thon_event_owner owner,
                     int64_t *sent, int (*drop)(int64_t serial, void *userdata), void *userdata)
{
        struct sending s = {mqtt, store, owner, sent, drop, userdata};

        return thon_event_each(store, owner, *sent, send_row, &s);
}

void thon_outbox_flush(struct thon_outbox *outbox, struct thon_mqtt *mqtt)
{
        struct thon_store *store;
        int r;

        settle(outbox);
        if (!mqtt || !thon_mqtt_connected(mqtt) || outbox->held)
                return;
        store = outbox->ops.store(outbox->userdata);
        if (store) {
                /* A negative return is the connection's: what is left goes when it is back. */
                r = thon_outbox_send(mqtt, store, outbox->owner, &outbox->sent, NULL, NULL);
                if (r > 0)
                        outbox->ops.store_failed(r, outbox->userdata);
        }
        /* Without the store, or when it takes no more, an event is told at once and once; what is in the store is older. */
        while (outbox->n > 0) {
                r = thon_mqtt_publish(mqtt, outbox->waiting[0].topic, outbox->waiting[0].payload, false);
                if (r == -ENOTCONN || r == -ENOBUFS || r == -ENOMEM)
                        return;
                drop_first(outbox, 1);
        }
}

int thon_outbox_keep(struct thon_outbox *outbox, struct thon_store *store)
{
        int64_t serial;
        int r = 0;

        for (size_t i = 0; r == 0 && i < outbox->n; i++) {
                const struct waiting *waiting = &outbox->waiting[i];

                r = thon_store_mark(store);
                if (r == 0)
                        r = invalid_is_done(
                                thon_store_unmark(store,
                                                  thon_event_push(store, outbox->owner, waiting->topic,
                                                                  waiting->payload, &serial)),
                                waiting);
        }
        return r;
}

void thon_outbox_kept(struct thon_outbox *outbox)
{
        drop_first(outbox, outbox->n);
}

void thon_outbox_hold(struct thon_outbox *outbox, const char *topic, const char *payload)
{
        struct waiting waiting = {strdup(topic), strdup(payload)};

        if (!waiting.topic || !waiting.payload) {
                free(waiting.topic);
                free(waiting.payload);
                thon_error("An event is lost for lack of memory: %s", topic);
                return;
        }
        if (outbox->n == WAITING_MAX)
                settle(outbox);
        if (outbox->n == WAITING_MAX) {
                thon_warning("Too many events wait while store and broker are away; the oldest is lost: %s",
                             outbox->waiting[0].topic);
                drop_first(outbox, 1);
        }
        outbox->waiting[outbox->n++] = waiting;
}

void thon_outbox_add(struct thon_outbox *outbox, struct thon_mqtt *mqtt, const char *topic,
                     const char *payload)
{
        thon_outbox_hold(outbox, topic, payload);
        thon_outbox_flush(outbox, mqtt);
}

void thon_outbox_connected(struct thon_outbox *outbox)
{
        unsigned wait_s = outbox->ops.reader_wait_s ? outbox->ops.reader_wait_s : THON_OUTBOX_READER_WAIT_S;

        outbox->sent = 0;
        outbox->reader_here = false;
        /* What could not be let go again is not held. */
        outbox->held = outbox->reader_known &&
                       sd_event_source_set_time_relative(outbox->wait, wait_s * UINT64_C(1000000)) >= 0 &&
                       sd_event_source_set_enabled(outbox->wait, SD_EVENT_ONESHOT) >= 0;
}

void thon_outbox_reader(struct thon_outbox *outbox, struct thon_mqtt *mqtt,
                        const struct thon_mqtt_message *status)
{
        if (status->size == 0 || outbox->reader_here) /* an empty one takes the retained one away */
                return;
        outbox->reader_known = outbox->reader_here = true;
        outbox->held = false;
        (void)sd_event_source_set_enabled(outbox->wait, SD_EVENT_OFF);
        thon_outbox_flush(outbox, mqtt);
}

void thon_outbox_store_changed(struct thon_outbox *outbox)
{
        outbox->sent = 0;
}

void thon_outbox_taken(struct thon_outbox *outbox, int64_t serial)
{
        struct thon_store *store = outbox->ops.store(outbox->userdata);
        int r = store ? thon_event_done(store, outbox->owner, serial) : 0;

        if (r != 0 && r != THON_STORE_NOT_FOUND)
                outbox->ops.store_failed(r, outbox->userdata);
}

size_t thon_outbox_waiting(const struct thon_outbox *outbox)
{
        return outbox->n;
}

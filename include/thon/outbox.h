/* Events on their way: into the store first, out of it when the broker has taken them. While the store is away the last ones
 * wait in memory, and go straight to the broker when that is there. Each is told at least once, in order. */
#pragma once

#include "thon/event_store.h"
#include "thon/mqtt.h"

/* The retained status of thon-relayd, who reads the events: to be subscribed with thon_mqtt_subscribe_states(). */
#define THON_OUTBOX_READER "status/relayd"
/* Longer than a daemon waits at most before it tries the broker again. By the clock of the machine, as that is. */
#define THON_OUTBOX_READER_WAIT_S 120

struct thon_outbox;
struct thon_outbox_ops {
        struct thon_store *(*store)(void *userdata); /* the open one, or NULL while it is away */
        void (*store_failed)(int error, void *userdata);
        void (*flush)(void *userdata); /* to call thon_outbox_flush(): the wait for the reader is over */
        unsigned reader_wait_s;        /* 0: THON_OUTBOX_READER_WAIT_S */
};
/* 0, -ENOMEM, -errno. Freed before the loop ends. */
int thon_outbox_new(sd_event *event, enum thon_event_owner owner, const struct thon_outbox_ops *ops,
                    void *userdata, struct thon_outbox **ret);
/* Gives to the store what it takes. */
struct thon_outbox *thon_outbox_free(struct thon_outbox *outbox);
/* Copied. `mqtt` may be NULL or away. */
void thon_outbox_add(struct thon_outbox *outbox, struct thon_mqtt *mqtt, const char *topic,
                     const char *payload);
/* Copied, and held in memory until thon_outbox_flush(), or until the daemon has written it together with what it tells of: in an
 * open transaction thon_outbox_keep() takes all that waits to the store, and thon_outbox_kept() forgets it when that is committed.
 * Of an event and what it is about a kill then leaves both or neither. A failure of keep() is the store's, and ends the
 * transaction; FULL where too many wait for the broker. */
void thon_outbox_hold(struct thon_outbox *outbox, const char *topic, const char *payload);
int thon_outbox_keep(struct thon_outbox *outbox, struct thon_store *store);
void thon_outbox_kept(struct thon_outbox *outbox);
/* All that was not yet sent over this connection; also when the store came back. */
void thon_outbox_flush(struct thon_outbox *outbox, struct thon_mqtt *mqtt);
/* A new connection: what the old one did not confirm goes again. */
void thon_outbox_connected(struct thon_outbox *outbox);
/* What came on THON_OUTBOX_READER. A broker that was killed may be back without the reader's session, and takes for delivered what
 * nobody gets: once the reader was heard of, what goes over a later connection waits until it is heard of there too, or
 * reader_wait_s long. */
void thon_outbox_reader(struct thon_outbox *outbox, struct thon_mqtt *mqtt,
                        const struct thon_mqtt_message *status);
/* The store is another file, with serials of its own. */
void thon_outbox_store_changed(struct thon_outbox *outbox);
void thon_outbox_taken(struct thon_outbox *outbox, int64_t serial); /* of on_published */
size_t thon_outbox_waiting(const struct thon_outbox *outbox);       /* in memory */

/* The sending half alone, for who writes the store in batches of its own: those behind *sent go out, *sent follows. 0; negative:
 * the connection's, what is left goes when it is back; positive: the store's. `drop` removes a row that no broker takes. */
int thon_outbox_send(struct thon_mqtt *mqtt, struct thon_store *store, enum thon_event_owner owner,
                     int64_t *sent, int (*drop)(int64_t serial, void *userdata), void *userdata);

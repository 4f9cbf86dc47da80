/* Events that the broker has not taken, in the store: written before they are published, removed when the broker has taken
 * them. Each daemon that tells events has an outbox of its own, because each table has one writer. */
#pragma once

#include "thon/store.h"

enum thon_event_owner { THON_EVENT_LIGHT, THON_EVENT_RELAY, THON_EVENT_CAMERA, THON_EVENT_ANNOUNCE };

struct thon_event_row {
        int64_t serial;
        const char *topic, *payload;
};
/* INVALID when longer than MQTT allows (64 KiB), FULL also when 50,000 wait already. Serials count up and are never
 * given twice. */
int thon_event_push(struct thon_store *store, enum thon_event_owner owner, const char *topic,
                    const char *payload, int64_t *ret_serial);
/* Those behind serial `after` (0: all), oldest first; `visit` may call thon_event_done() for its row; what it returns
 * other than 0 ends the walk. */
int thon_event_each(struct thon_store *store, enum thon_event_owner owner, int64_t after,
                    int (*visit)(const struct thon_event_row *, void *), void *userdata);
int thon_event_done(struct thon_store *store, enum thon_event_owner owner, int64_t serial);

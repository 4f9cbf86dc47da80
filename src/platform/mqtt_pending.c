/* A list in the order of sending: acknowledgements come in that order too, so that the search ends at its
 * head. */
#include "mqtt_pending.h"

#include <stdlib.h>
#include <string.h>

#include "thon/mqtt.h"

void thon_pending_init(struct thon_pending *pending)
{
        *pending = (struct thon_pending){.refused = false};
        TAILQ_INIT(&pending->items);
}

void thon_pending_clear(struct thon_pending *pending)
{
        struct thon_pending_item *item;

        while ((item = TAILQ_FIRST(&pending->items))) {
                TAILQ_REMOVE(&pending->items, item, entry);
                free(item);
        }
        thon_pending_init(pending);
}

bool thon_pending_room(struct thon_pending *pending, size_t bytes)
{
        if (pending->n < THON_MQTT_PENDING_MAX && bytes <= THON_MQTT_PENDING_BYTES_MAX - pending->bytes)
                return true;
        pending->refused = true;
        return false;
}

bool thon_pending_again(struct thon_pending *pending)
{
        if (!pending->refused || pending->n > THON_MQTT_PENDING_MAX / 2 ||
            pending->bytes > THON_MQTT_PENDING_BYTES_MAX / 2)
                return false;
        pending->refused = false;
        return true;
}

struct thon_pending_item *thon_pending_item_new(const char *topic, size_t bytes)
{
        size_t size = strlen(topic) + 1;
        struct thon_pending_item *item = calloc(1, sizeof *item + size);

        if (!item)
                return NULL;
        memcpy(item->topic, topic, size);
        item->bytes = bytes;
        return item;
}

void thon_pending_add(struct thon_pending *pending, struct thon_pending_item *item, int mid)
{
        item->mid = mid;
        TAILQ_INSERT_TAIL(&pending->items, item, entry);
        pending->n++;
        pending->bytes += item->bytes;
}

struct thon_pending_item *thon_pending_take(struct thon_pending *pending, int mid)
{
        struct thon_pending_item *item = NULL;

        TAILQ_FOREACH (item, &pending->items, entry) {
                if (item->mid != mid)
                        continue;
                TAILQ_REMOVE(&pending->items, item, entry);
                pending->n--;
                pending->bytes -= item->bytes;
                return item;
        }
        return NULL;
}

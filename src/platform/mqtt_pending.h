/* What was handed to the library and not yet acknowledged by the broker: bounded in number and bytes.
 * libmosquitto's own queue has no bound, and a broker that stands still would fill the memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct thon_pending_item {
        TAILQ_ENTRY(thon_pending_item) entry;
        int mid;
        bool tagged;
        int64_t tag;
        size_t bytes;
        char topic[];
};

struct thon_pending {
        TAILQ_HEAD(thon_pending_list, thon_pending_item) items;
        size_t n, bytes;
        bool refused; /* a message found no room, and nobody was told yet that there is room again */
};

void thon_pending_init(struct thon_pending *pending);
void thon_pending_clear(struct thon_pending *pending);

/* False, and remembered in `refused`, when a message of that size has no room. */
bool thon_pending_room(struct thon_pending *pending, size_t bytes);
/* True once after a refusal, when half of the room is free again. */
bool thon_pending_again(struct thon_pending *pending);

/* A place for a message, taken before it is sent, so that nothing can fail afterwards. */
struct thon_pending_item *thon_pending_item_new(const char *topic, size_t bytes);
void thon_pending_add(struct thon_pending *pending, struct thon_pending_item *item, int mid);
/* Removes the message with that id and returns it; the caller frees it. NULL: none has it. */
struct thon_pending_item *thon_pending_take(struct thon_pending *pending, int mid);

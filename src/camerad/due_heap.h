/* Devices by when they are due, the earliest on top: a binary heap in which each device knows its place (camerad_device.heap), so
 * that it can be taken out of the middle. Several may stand side by side; a device is in one of them at most. */
#pragma once

#include "camerad.h"

struct due_heap {
        struct camerad_device **items;
        size_t n, room;
};
/* By `due`, which must not change while it is in. -ENOMEM: it is not in. */
int due_heap_push(struct due_heap *heap, struct camerad_device *c);
struct camerad_device *due_heap_top(const struct due_heap *heap); /* NULL: none */
bool due_heap_has(const struct due_heap *heap, const struct camerad_device *c);
void due_heap_remove(struct due_heap *heap, struct camerad_device *c); /* in it or not */
void due_heap_done(struct due_heap *heap);

/* Thousands of devices, each with a time of its own: one timer of the kernel for the earliest instead of one for each. */
#include "due_heap.h"

#include <errno.h>
#include <stdlib.h>

static void put(struct due_heap *heap, size_t place, struct camerad_device *c)
{
        heap->items[place] = c;
        c->heap = place;
}

static void rise(struct due_heap *heap, size_t place, struct camerad_device *c)
{
        while (place > 0) {
                size_t above = (place - 1) / 2;

                if (heap->items[above]->due.us <= c->due.us)
                        break;
                put(heap, place, heap->items[above]);
                place = above;
        }
        put(heap, place, c);
}

static void sink(struct due_heap *heap, size_t place, struct camerad_device *c)
{
        for (;;) {
                size_t below = 2 * place + 1;

                if (below >= heap->n)
                        break;
                if (below + 1 < heap->n && heap->items[below + 1]->due.us < heap->items[below]->due.us)
                        below++;
                if (c->due.us <= heap->items[below]->due.us)
                        break;
                put(heap, place, heap->items[below]);
                place = below;
        }
        put(heap, place, c);
}

int due_heap_push(struct due_heap *heap, struct camerad_device *c)
{
        if (heap->n == heap->room) {
                size_t room = heap->room ? heap->room * 2 : 64;
                struct camerad_device **items =
                        reallocarray(heap->items, room, sizeof(struct camerad_device *));

                if (!items)
                        return -ENOMEM;
                heap->items = items;
                heap->room = room;
        }
        rise(heap, heap->n++, c);
        return 0;
}

struct camerad_device *due_heap_top(const struct due_heap *heap)
{
        return heap->n > 0 ? heap->items[0] : NULL;
}

bool due_heap_has(const struct due_heap *heap, const struct camerad_device *c)
{
        return c->heap < heap->n && heap->items[c->heap] == c;
}

void due_heap_remove(struct due_heap *heap, struct camerad_device *c)
{
        size_t place = c->heap;

        if (!due_heap_has(heap, c))
                return;
        struct camerad_device *last = heap->items[--heap->n];
        if (last == c)
                return;
        /* The last one takes the place, and goes where it belongs from there. */
        if (place > 0 && last->due.us < heap->items[(place - 1) / 2]->due.us)
                rise(heap, place, last);
        else
                sink(heap, place, last);
}

void due_heap_done(struct due_heap *heap)
{
        free(heap->items);
        *heap = (struct due_heap){0};
}

/* What people write to a bot, until it asks. One long poll at a time: a new one ends the one before, which is also how
 * a poll whose program was killed goes away. */
#include "fakes.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_NUMBER 700000001

struct update {
        int64_t number;
        json_t *doc;
};

struct queue {
        struct update *items;
        size_t n, room;
        json_t *given; /* the last ones, for duplicates; NULL */
        int64_t last, given_number;
        struct request *poll;
};

struct updates {
        struct queue queues[PROVIDERS];
};

struct updates *updates_new(void)
{
        return calloc(1, sizeof(struct updates));
}

struct updates *updates_free(struct updates *updates)
{
        size_t i, k;

        if (!updates)
                return NULL;
        for (i = 0; i < PROVIDERS; i++) {
                for (k = 0; k < updates->queues[i].n; k++)
                        json_decref(updates->queues[i].items[k].doc);
                free(updates->queues[i].items);
                json_decref(updates->queues[i].given);
        }
        free(updates);
        return NULL;
}

size_t updates_waiting(const struct updates *updates, enum provider_id bot)
{
        return updates->queues[bot].n;
}

int64_t updates_push(struct fakes *fakes, enum provider_id bot, json_t *update)
{
        struct queue *queue = &fakes->updates->queues[bot];

        if (queue->n == queue->room) {
                size_t room = queue->room ? 2 * queue->room : 64;
                struct update *grown = reallocarray(queue->items, room, sizeof(*grown));

                if (!grown) {
                        json_decref(update);
                        return -1;
                }
                queue->items = grown;
                queue->room = room;
        }
        queue->last = queue->last ? queue->last + 1 : FIRST_NUMBER;
        queue->items[queue->n++] = (struct update){queue->last, update};
        if (queue->poll && request_alive(queue->poll))
                request_wake(queue->poll);
        return queue->last;
}

static void forget_first(struct queue *queue, size_t n)
{
        size_t i;

        if (n == 0)
                return;
        for (i = 0; i < n; i++)
                json_decref(queue->items[i].doc);
        queue->n -= n;
        memmove(queue->items, queue->items + n, queue->n * sizeof(*queue->items));
}

void updates_done(struct fakes *fakes, enum provider_id bot, int64_t number)
{
        struct queue *queue = &fakes->updates->queues[bot];

        if (queue->n > 0 && queue->items[0].number == number)
                forget_first(queue, 1);
}

void updates_forget(struct request *request)
{
        struct queue *queue;

        if (request->provider == PROVIDER_NONE)
                return;
        queue = &request->fakes->updates->queues[request->provider];
        if (queue->poll == request)
                queue->poll = NULL;
}

/* The poll before this one gets nothing any more. */
static void take_over(struct queue *queue, struct request *request)
{
        struct request *before = queue->poll;

        queue->poll = NULL;
        if (before && before != request) {
                before->timed_out = true;
                request_wake(before);
        }
}

static json_t *gather(struct queue *queue, struct request *request, size_t limit)
{
        bool again = request->fault.act == FAULT_DUPLICATE && queue->given;
        json_t *list = again ? json_copy(queue->given) : json_array();
        size_t i;

        for (i = 0; i < queue->n && json_array_size(list) < limit; i++) {
                (void)json_array_append(list, queue->items[i].doc);
                queue->given_number = queue->items[i].number;
        }
        return list;
}

json_t *updates_take(struct request *request, enum provider_id bot, int64_t offset, size_t limit,
                     uint64_t timeout_ms)
{
        struct queue *queue = &request->fakes->updates->queues[bot];
        json_t *list;
        size_t n = 0;

        /* Woken by a newer poll: what has come meanwhile is that one's. */
        if (request->timed_out)
                return json_array();
        take_over(queue, request);
        while (n < queue->n && queue->items[n].number < offset)
                n++;
        forget_first(queue, n);
        list = gather(queue, request, limit);
        if (json_array_size(list) > 0) {
                json_decref(queue->given);
                queue->given = json_incref(list);
                /* Only Zalo's bot forgets what it has handed out; Telegram waits for a higher offset. */
                if (bot == ZALO_BOT)
                        request->update = queue->given_number;
                return list;
        }
        if (timeout_ms == 0)
                return list;
        json_decref(list);
        if (request_sleep(request, timeout_ms) < 0)
                return json_array();
        request->answer.sleeps = true;
        queue->poll = request;
        return NULL;
}

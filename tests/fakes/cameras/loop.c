/* One epoll and one heap of timers. Not sd-event: it asks the kernel again before every single event, and here a check of a
 * camera is a dozen of them while the client beside us is being measured. */
#include "farm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define BATCH 256

static uint64_t mono_us(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int loop_init(struct loop *loop)
{
        *loop = (struct loop){.now_us = mono_us()};
        loop->epoll = epoll_create1(EPOLL_CLOEXEC);
        return loop->epoll < 0 ? -errno : 0;
}

void loop_done(struct loop *loop)
{
        if (loop->epoll > 0)
                (void)close(loop->epoll);
        loop->epoll = -1;
        free(loop->heap);
        loop->heap = NULL;
        loop->n_heap = 0;
}

int loop_watch(struct loop *loop, struct watch *watch, uint32_t events)
{
        struct epoll_event event = {.events = events, .data.ptr = watch};

        return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

void loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
        struct epoll_event event = {.events = events, .data.ptr = watch};

        (void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
        watch->fn = NULL;
}

/* ---- timers: places count from 1, so that a zeroed timer is one that is not set ---- */

static void put(struct loop *loop, size_t place, struct timer *timer)
{
        loop->heap[place - 1] = timer;
        timer->place = place;
}

static void sift(struct loop *loop, struct timer *timer, size_t place)
{
        size_t child;

        while (place > 1 && loop->heap[place / 2 - 1]->at_us > timer->at_us) {
                put(loop, place, loop->heap[place / 2 - 1]);
                place /= 2;
        }
        while ((child = place * 2) <= loop->n_heap) {
                if (child < loop->n_heap && loop->heap[child]->at_us < loop->heap[child - 1]->at_us)
                        child++;
                if (loop->heap[child - 1]->at_us >= timer->at_us)
                        break;
                put(loop, place, loop->heap[child - 1]);
                place = child;
        }
        put(loop, place, timer);
}

int timer_set(struct loop *loop, struct timer *timer, uint64_t in_us)
{
        timer->at_us = mono_us() + in_us;
        if (timer->place == 0) {
                if (loop->n_heap == loop->room_heap) {
                        size_t room = loop->room_heap ? loop->room_heap * 2 : 64;
                        struct timer **heap = reallocarray(loop->heap, room, sizeof(*heap));

                        if (!heap)
                                return -ENOMEM;
                        loop->heap = heap;
                        loop->room_heap = room;
                }
                loop->n_heap++;
                put(loop, loop->n_heap, timer);
        }
        sift(loop, timer, timer->place);
        return 0;
}

void timer_stop(struct loop *loop, struct timer *timer)
{
        size_t place = timer->place;
        struct timer *last;

        if (place == 0)
                return;
        last = loop->heap[--loop->n_heap];
        timer->place = 0;
        if (last != timer)
                sift(loop, last, place);
}

static int next_ms(struct loop *loop)
{
        uint64_t now = mono_us(), left;

        if (loop->n_heap == 0)
                return -1;
        if (loop->heap[0]->at_us <= now)
                return 0;
        left = (loop->heap[0]->at_us - now + 999) / 1000;
        return left > 60000 ? 60000 : (int)left;
}

int loop_run(struct loop *loop, void (*turn)(void *userdata), void *userdata)
{
        struct epoll_event events[BATCH];

        while (!loop->over) {
                int n = epoll_wait(loop->epoll, events, BATCH, next_ms(loop)), i;

                if (n < 0 && errno != EINTR)
                        return -errno;
                loop->now_us = mono_us();
                for (i = 0; i < n; i++) {
                        struct watch *watch = events[i].data.ptr;

                        if (watch->fn)
                                watch->fn(watch, events[i].events);
                }
                while (loop->n_heap > 0 && loop->heap[0]->at_us <= loop->now_us) {
                        struct timer *timer = loop->heap[0];

                        timer_stop(loop, timer);
                        timer->fn(timer);
                }
                turn(userdata);
        }
        return 0;
}

/* Who fell together. Each device fell somewhere between its last good look and its first silent one; intervals on a line
 * that overlap in pairs have a point in common, so a cluster is the devices of one point. The point that most of them
 * share is taken first, then the next of the rest: a greedy choice from the left would let one early stranger with a long
 * span tear a switch in two. */
#include <stdlib.h>

#include "cause.h"

struct edge {
        uint64_t at;
        size_t device;
        int step; /* 1 begins, -1 ends */
};

struct edge *together_room(size_t n)
{
        return calloc(2 * n, sizeof(struct edge));
}

static uint64_t half(const struct thon_cause *f)
{
        return f->rules.together_s > 0 ? (uint64_t)f->rules.together_s * SECOND / 2 : 0;
}

static uint64_t begin_of(const struct thon_cause *f, const struct watched *d)
{
        return d->from.us > half(f) ? d->from.us - half(f) : 0;
}

static uint64_t end_of(const struct thon_cause *f, const struct watched *d)
{
        return d->to.us > UINT64_MAX - half(f) ? UINT64_MAX : d->to.us + half(f);
}

bool together_at(const struct thon_cause *f, const struct watched *d, struct thon_mono point)
{
        return point.us != UINT64_MAX && begin_of(f, d) <= point.us && point.us <= end_of(f, d);
}

/* At one instant beginnings come first: spans that touch overlap. */
static int by_time(const void *a, const void *b)
{
        const struct edge *x = a, *y = b;

        if (x->at != y->at)
                return x->at < y->at ? -1 : 1;
        if (x->step != y->step)
                return y->step - x->step;
        return (x->device > y->device) - (x->device < y->device);
}

void together_find(struct thon_cause *f)
{
        struct edge *edges = f->edges;
        size_t n = 0;

        f->n_clusters = 0;
        for (size_t i = 0; i < f->n; i++) {
                struct watched *d = &f->devices[i];

                d->cluster = NONE;
                if (!watched_silent(d) || !watched_counts(d))
                        continue;
                edges[n++] = (struct edge){.at = begin_of(f, d), .device = i, .step = 1};
                edges[n++] = (struct edge){.at = end_of(f, d), .device = i, .step = -1};
        }
        qsort(edges, n, sizeof(*edges), by_time);
        while (f->n_clusters < CLUSTERS_MAX) {
                struct thon_mono point = {0};
                long count = 0, best = 0;
                size_t kept = 0;

                for (size_t i = 0; i < n; i++) {
                        count += edges[i].step;
                        /* The latest of equal points: a span that reaches far back says the least at its begin. */
                        if (edges[i].step > 0 && count >= best) {
                                best = count;
                                point.us = edges[i].at;
                        }
                }
                if (best < 2)
                        break;
                for (size_t i = 0; i < n; i++) {
                        struct watched *d = &f->devices[edges[i].device];

                        if (d->cluster == NONE && together_at(f, d, point))
                                d->cluster = f->n_clusters;
                        if (d->cluster == NONE)
                                edges[kept++] = edges[i];
                }
                n = kept;
                f->points[f->n_clusters++] = point;
        }
}

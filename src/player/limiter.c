/* Three steps make the gain of a sample: the least gain that any of the next 5 ms needs (a sliding minimum, kept as a queue of
 * rising values); let go exponentially; and its mean over the last 5 ms. A peak's own need is in all of the window that is
 * averaged when the peak comes, so the mean cannot be above it, and the gain has no corner that would be heard. */
#include "limiter.h"

#include <math.h>
#include <string.h>

#define RELEASE 0.0002 /* a sample: time constant of about 100 ms */

static void look_at(struct limiter *l, int64_t at)
{
        double loud = fabs(l->samples[at] * l->gain);
        double need = loud > l->ceiling ? l->ceiling / loud : 1;

        while (l->count > 0 && l->needs[(l->first + l->count - 1) % LIMITER_AHEAD].gain >= need)
                l->count--;
        l->needs[(l->first + l->count) % LIMITER_AHEAD] = (struct limiter_need){at, need};
        l->count++;
}

/* The gain of the sample at `at`, which may lie before the first. */
static double step(struct limiter *l)
{
        double need, *oldest = &l->window[(size_t)((l->at + LIMITER_AHEAD) % LIMITER_AHEAD)];

        if (l->count > 0 && l->needs[l->first].at < l->at) {
                l->first = (l->first + 1) % LIMITER_AHEAD;
                l->count--;
        }
        for (; l->seen < l->n && l->seen < l->at + LIMITER_AHEAD; l->seen++)
                look_at(l, l->seen);
        need = l->count > 0 ? l->needs[l->first].gain : 1;
        l->held += (1 - l->held) * RELEASE;
        if (need < l->held)
                l->held = need;
        l->sum += l->held - *oldest;
        *oldest = l->held;
        l->at++;
        return l->sum / LIMITER_AHEAD;
}

void limiter_begin(struct limiter *l, const float *samples, size_t n, double gain, double ceiling)
{
        memset(l, 0, sizeof *l);
        l->samples = samples;
        l->n = (int64_t)n;
        l->gain = gain;
        l->ceiling = ceiling;
        l->held = 1;
        l->sum = LIMITER_AHEAD;
        for (size_t i = 0; i < LIMITER_AHEAD; i++)
                l->window[i] = 1;
        /* What the first samples need is seen in time too. */
        for (l->at = 1 - LIMITER_AHEAD; l->at < 0;)
                (void)step(l);
}

double limiter_next(struct limiter *l)
{
        double sample = l->samples[l->at] * l->gain, limited = sample * step(l);

        return fmax(-l->ceiling, fmin(l->ceiling, limited));
}

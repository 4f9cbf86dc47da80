/* A limiter that sees 5 ms ahead: what would be louder than the ceiling is turned down before it comes, and up
 * again slowly after. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LIMITER_AHEAD 240 /* samples */

struct limiter {
        const float *samples;
        int64_t n, at;
        double gain, ceiling;
        double held;                  /* the gain that is let go slowly */
        double window[LIMITER_AHEAD]; /* of what was held, for its mean */
        double sum;
        int64_t seen; /* samples that were looked at */
        size_t first, count;
        struct limiter_need {
                int64_t at;
                double gain;
        } needs[LIMITER_AHEAD]; /* rising gains: the first is the least of those ahead */
};
/* Borrows the samples. `gain` and `ceiling` are factors. */
void limiter_begin(struct limiter *limiter, const float *samples, size_t n, double gain, double ceiling);
/* The next sample, at most `ceiling` either way. */
double limiter_next(struct limiter *limiter);

/* Real time for a sink that has none of its own: a sample is due when its time has come since the first. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PACE_BEHIND_US 100000

struct pace {
        uint64_t begun_us; /* monotonic; 0: not yet */
        uint64_t samples;
};

uint64_t pace_now_us(void);
/* Waits until the samples that were counted so far have been heard but for `ahead_us`, and counts n more. Who comes
 * late by more than PACE_BEHIND_US is not hurried: what is after it comes later too. */
void pace_wait(struct pace *pace, size_t n, uint64_t ahead_us);

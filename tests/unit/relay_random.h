/* Random numbers of the property tests: a printed seed, and the same sequence again for THON_SEED=that. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uint64_t random_state;

static inline void random_begin(void)
{
        const char *given = getenv("THON_SEED");

        random_state = given ? strtoull(given, NULL, 10) : (uint64_t)getpid() * 2654435761u + 1;
        printf("THON_SEED=%llu\n", (unsigned long long)random_state);
}

/* 0 .. n-1 (splitmix64) */
static inline uint64_t random_below(uint64_t n)
{
        uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return n ? (z ^ (z >> 31)) % n : 0;
}

static inline double random_unit(void)
{
        return (double)random_below(UINT64_C(1) << 53) / (double)(UINT64_C(1) << 53);
}

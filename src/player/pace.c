/* clock_nanosleep() with absolute times does not add up its delays: the beat is as exact as the clock, over an hour as over a
 * second. */
#include "pace.h"

#include <errno.h>
#include <time.h>

#include "inputs.h"

uint64_t pace_now_us(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void pace_wait(struct pace *pace, size_t n, uint64_t ahead_us)
{
        uint64_t now = pace_now_us(), due;
        struct timespec at;

        if (pace->begun_us == 0)
                pace->begun_us = now;
        due = pace->begun_us + player_us(pace->samples);
        if (now > due + PACE_BEHIND_US)
                pace->begun_us += now - due;
        pace->samples += n;
        if (due <= now + ahead_us)
                return;
        due -= ahead_us;
        at = (struct timespec){.tv_sec = (time_t)(due / 1000000), .tv_nsec = (long)(due % 1000000 * 1000)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
                ;
}

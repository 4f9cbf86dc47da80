/* Waiting longer after each failure, and not everybody at the same moment. */
#include "thon/relay_limits.h"

int64_t thon_backoff(unsigned attempt, int64_t base_s, int64_t cap_s, double jitter)
{
        int64_t wait = base_s < 1 ? 1 : base_s;

        if (cap_s < 1)
                cap_s = 1;
        for (unsigned i = 1; i < attempt && wait < cap_s; i++)
                wait = wait > cap_s / 2 ? cap_s : wait * 2;
        if (wait > cap_s)
                wait = cap_s;
        if (!(jitter >= 0 && jitter < 1)) /* a NaN too */
                jitter = 0;
        wait -= (int64_t)((double)wait * jitter / 2);
        return wait < 1 ? 1 : wait;
}

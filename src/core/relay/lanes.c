/* Which class goes next. Strict precedence would let an endless emergency starve a vaccination day for ever, so others
 * keep a small share; what they lose is a thirty-second of an emergency's speed. */
#include "thon/relay_limits.h"

/* Slots that others may be passed over before one is theirs. */
#define PASSED_MAX 31

static const uint32_t share[THON_CLASSES] = {
        [THON_CLASS_NORMAL] = 1,
        [THON_CLASS_PRIORITY] = 4,
        [THON_CLASS_EMERGENCY] = 0,
};

/* Among normal and priority: the one with the most credit, which pays for both. -1: neither waits. */
static int next_of_others(struct thon_lanes *lanes, const bool waiting[static THON_CLASSES])
{
        int best = -1;
        uint32_t paid = 0;

        for (int i = 0; i < THON_CLASS_EMERGENCY; i++) {
                if (!waiting[i]) {
                        lanes->credit[i] = 0;
                        continue;
                }
                lanes->credit[i] += share[i];
                paid += share[i];
        }
        for (int i = THON_CLASS_EMERGENCY - 1; i >= 0; i--)
                if (waiting[i] && (best < 0 || lanes->credit[i] > lanes->credit[best]))
                        best = i;
        if (best >= 0)
                lanes->credit[best] = lanes->credit[best] > paid ? lanes->credit[best] - paid : 0;
        return best;
}

int thon_lanes_next(struct thon_lanes *lanes, const bool waiting[static THON_CLASSES])
{
        bool others = waiting[THON_CLASS_NORMAL] || waiting[THON_CLASS_PRIORITY];
        uint32_t *passed = &lanes->credit[THON_CLASS_EMERGENCY];

        if (!waiting[THON_CLASS_EMERGENCY]) {
                *passed = 0;
                return next_of_others(lanes, waiting);
        }
        if (!others) {
                *passed = 0;
                return THON_CLASS_EMERGENCY;
        }
        if (*passed < PASSED_MAX) {
                ++*passed;
                return THON_CLASS_EMERGENCY;
        }
        *passed = 0;
        return next_of_others(lanes, waiting);
}

/* Stagger: discharge lamps draw many times their current when they are lit, and fifty circuits at one
 * instant trip the commune's breaker. So relays close one after the other; opening costs nothing and is
 * never held. */
#include "thon/light_control.h"

bool thon_stagger_may(const struct thon_stagger *s, struct thon_mono now, uint64_t gap_us,
                      struct thon_mono *ret_when)
{
        struct thon_mono when;

        if (!s->any)
                return true;
        when = thon_mono_add(s->last_on, gap_us);
        if (now.us >= when.us)
                return true;
        *ret_when = when;
        return false;
}

void thon_stagger_closed(struct thon_stagger *s, struct thon_mono now)
{
        s->last_on = now;
        s->any = true;
}

/* The level between two edges is judged when it ends, not by a timer: so a pulse that was over before the
 * program got to run is counted like any other, and a timer is needed only for the level that is still
 * there. */
#include "thon/debounce.h"

struct thon_debounce thon_debounce_start(uint64_t hold_us, bool level, uint64_t now_us)
{
        return (struct thon_debounce){.hold_us = hold_us, .since_us = now_us, .raw = level, .level = level};
}

enum thon_debounce_change thon_debounce_settle(struct thon_debounce *debounce, uint64_t now_us)
{
        if (debounce->raw == debounce->level)
                return THON_DEBOUNCE_SAME;
        if (now_us < debounce->since_us || now_us - debounce->since_us < debounce->hold_us)
                return THON_DEBOUNCE_SAME;

        debounce->level = debounce->raw;
        return debounce->level ? THON_DEBOUNCE_ROSE : THON_DEBOUNCE_FELL;
}

enum thon_debounce_change thon_debounce_edge(struct thon_debounce *debounce, bool level, uint64_t at_us)
{
        if (at_us < debounce->since_us)
                at_us = debounce->since_us;

        enum thon_debounce_change change = thon_debounce_settle(debounce, at_us);
        debounce->raw = level;
        debounce->since_us = at_us;
        /* Without a hold time the level before was settled by its own edge, so this cannot hide a change. */
        return debounce->hold_us == 0 ? thon_debounce_settle(debounce, at_us) : change;
}

uint64_t thon_debounce_due(const struct thon_debounce *debounce)
{
        if (debounce->raw == debounce->level)
                return UINT64_MAX;
        return debounce->since_us > UINT64_MAX - debounce->hold_us ? UINT64_MAX
                                                                   : debounce->since_us + debounce->hold_us;
}

unsigned thon_debounce_lost(bool level, unsigned lost)
{
        return lost / 2 + (level ? 0 : lost % 2);
}

/* Zalo OA may write to a person for 48 hours after they last did something, and against a package's quota for seven
 * days; after that it is refused. Known beforehand, so that it is not found out by failing. */
#include "thon/relay_limits.h"

#define FREE_S (48 * 3600)
#define PAID_S (7 * 86400)

enum thon_window thon_interaction_window(struct thon_wall last, struct thon_wall now)
{
        int64_t age;

        if (last.s == THON_WALL_NEVER.s)
                return THON_WINDOW_UNKNOWN;
        /* Theirs may be a little ahead of ours. */
        age = last.s > now.s ? 0 : now.s - last.s;
        if (age <= FREE_S)
                return THON_WINDOW_FREE;
        return age <= PAID_S ? THON_WINDOW_PAID : THON_WINDOW_SHUT;
}

/* Where the circuit meets its programs. Apart from control.c so that what a circuit does with a command can
 * be tested without a calendar. */
#include "thon/light_control.h"

void thon_circuit_decide(struct thon_circuit *c, struct thon_schedule *schedule, size_t index,
                         struct thon_instant now, bool hold, struct thon_circuit_actions *ret)
{
        struct thon_commanded commanded;

        thon_schedule_at(schedule, index, now.wall, &commanded);
        thon_circuit_decide_commanded(c, &commanded, now, hold, ret);
}

bool thon_circuit_initial(struct thon_circuit *c, struct thon_schedule *schedule, size_t index,
                          struct thon_instant now)
{
        struct thon_commanded commanded;

        thon_schedule_at(schedule, index, now.wall, &commanded);
        return thon_circuit_initial_commanded(c, &commanded, now);
}

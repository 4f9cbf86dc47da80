/* Regular looks have slots: the phase of a device within its interval, on the monotonic clock. So the load stays spread
 * for ever, whatever was looked at in between, and devices that were all late together (we were suspended, or stopped) go
 * back to their slots instead of being caught up with in one burst. */
#include "thon/camera_state.h"

#define SECOND       UINT64_C(1000000)
#define BACK_OFF_S   3600 /* silent for so long: nobody waits for the next look */
#define BACK_OFF_MAX 900

static int64_t interval_of(const struct thon_check_plan *plan, const struct thon_device_state *state,
                           struct thon_state_now now)
{
        int64_t interval = plan->interval_s > 0 ? plan->interval_s : 1, stood, slow;

        if (!thon_camera_silent(state->hard))
                return interval;
        if (state->since_mono.us != THON_MONO_NEVER.us)
                stood = (int64_t)(thon_mono_since(state->since_mono, now.mono) / SECOND);
        else
                stood = now.wall.s > state->since.s ? now.wall.s - state->since.s : 0;
        if (stood < BACK_OFF_S || interval >= BACK_OFF_MAX)
                return interval;
        slow = interval * 4;
        return slow > BACK_OFF_MAX ? BACK_OFF_MAX : slow;
}

/* The first slot that is not before `from`. */
static struct thon_mono slot(struct thon_mono from, int64_t interval_s, uint64_t phase)
{
        uint64_t interval = (uint64_t)interval_s * SECOND, wait;

        wait = (phase % interval + interval - from.us % interval) % interval;
        return thon_mono_add(from, wait);
}

struct thon_mono thon_check_next(const struct thon_check_plan *plan, const struct thon_device_state *state,
                                 struct thon_state_now now)
{
        int64_t interval = interval_of(plan, state, now);
        struct thon_mono from;

        if (state->last_look.us == THON_MONO_NEVER.us)
                return slot(now.mono, plan->interval_s > 0 ? plan->interval_s : 1, plan->phase);
        if (state->soft_since.us != THON_MONO_NEVER.us) {
                from = thon_mono_add(state->last_look,
                                     (uint64_t)(plan->retry_s > 0 ? plan->retry_s : 1) * SECOND);
                return from.us > now.mono.us ? from : now.mono;
        }
        /* A look out of turn moves no slot, but a slot that would follow it closely is left out. */
        from = thon_mono_add(state->last_look, (uint64_t)interval * SECOND / 2);
        return slot(from.us > now.mono.us ? from : now.mono, interval, plan->phase);
}

/* A channel that fails is left alone, tried by one message at a time, and comes back slowly: what waited there for two
 * hours must not fall upon it in its first second. */
#include "thon/relay_limits.h"

#define BASE_S 5
#define CAP_S  (15 * 60)

void thon_breaker_init(struct thon_breaker *breaker, unsigned parallel)
{
        *breaker = (struct thon_breaker){.retry_at = THON_MONO_NEVER, .ramp = parallel < 1 ? 1 : parallel};
}

unsigned thon_breaker_room(const struct thon_breaker *breaker, struct thon_mono now, unsigned in_flight,
                           unsigned parallel, struct thon_mono *ret_at)
{
        unsigned most = breaker->ramp < parallel ? breaker->ramp : parallel;

        if (breaker->open) {
                /* What was under way when it opened may still prove it alive. */
                if (breaker->probing || in_flight > 0)
                        return 0;
                if (now.us < breaker->retry_at.us) {
                        *ret_at = breaker->retry_at;
                        return 0;
                }
                return 1;
        }
        return most > in_flight ? most - in_flight : 0;
}

void thon_breaker_started(struct thon_breaker *breaker, unsigned n)
{
        if (breaker->open && n > 0)
                breaker->probing = true;
}

void thon_breaker_succeeded(struct thon_breaker *breaker, unsigned parallel)
{
        unsigned ramp = breaker->ramp;

        if (breaker->open)
                ramp = 1;
        else if (ramp < parallel)
                ramp = ramp > parallel / 2 ? parallel : ramp * 2;
        *breaker = (struct thon_breaker){.retry_at = THON_MONO_NEVER, .ramp = ramp};
}

bool thon_breaker_failed(struct thon_breaker *breaker, struct thon_mono now, double jitter)
{
        bool opened = false;

        if (breaker->failures < UINT32_MAX)
                breaker->failures++;
        /* Late answers of what was under way tell nothing new about a channel that is given up already. */
        if (breaker->open && !breaker->probing)
                return false;
        if (!breaker->open && breaker->failures < THON_BREAKER_THRESHOLD)
                return false;
        opened = !breaker->open;
        breaker->open = true;
        breaker->probing = false;
        if (breaker->opened < 32)
                breaker->opened++;
        breaker->retry_at =
                thon_mono_add(now, (uint64_t)thon_backoff(breaker->opened, BASE_S, CAP_S, jitter) * 1000000);
        return opened;
}

void thon_breaker_inconclusive(struct thon_breaker *breaker)
{
        breaker->probing = false;
}

/* A rate kept exactly (generic cell rate algorithm): one instant of state, no counters to reset, and a long pause saves
 * up nothing that could come out as a burst. */
#include <stdlib.h>
#include <string.h>

#include "thon/relay_limits.h"

/* What may go at once, so that a loop which wakes each millisecond still reaches a high rate. */
static uint64_t burst_of(const struct thon_rate *rate)
{
        uint64_t burst = (uint64_t)rate->count * 10000 / rate->per_us;
        return burst < 1 ? 1 : burst;
}

unsigned thon_pacer_take(struct thon_pacer *pacer, const struct thon_rate *rate, struct thon_mono now,
                         unsigned want, struct thon_mono *ret_at)
{
        uint64_t step, slack, start;
        unsigned n = 0;

        if (want == 0 || rate->count == 0 || rate->per_us == 0)
                return want;
        step = rate->per_us / rate->count;
        if (step == 0)
                step = 1;
        slack = (burst_of(rate) - 1) * step;
        start = pacer->next.us > now.us ? pacer->next.us : now.us;
        while (n < want && start <= now.us + slack) {
                start += step;
                n++;
        }
        if (n > 0)
                pacer->next.us = start;
        else
                ret_at->us = start - slack;
        return n;
}

const char *thon_rate_parse(const char *text, struct thon_rate *ret)
{
        static const char *const wrong = "must be a rate such as 10/s, 20/min, 500/h, or unlimited";
        static const struct {
                const char *unit;
                uint64_t us;
        } units[] = {{"s", 1000000}, {"min", 60000000}, {"h", UINT64_C(3600000000)}};
        uint32_t count = 0;
        size_t digits = strspn(text, "0123456789");

        if (strcmp(text, "unlimited") == 0) {
                *ret = (struct thon_rate){0, 1000000};
                return NULL;
        }
        if (digits == 0 || digits > 5 || text[digits] != '/')
                return wrong;
        for (size_t i = 0; i < digits; i++)
                count = count * 10 + (uint32_t)(text[i] - '0');
        if (count == 0)
                return "must be at least one in a time; enabled = no shuts a channel";
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (strcmp(text + digits + 1, units[i].unit) == 0) {
                        *ret = (struct thon_rate){count, units[i].us};
                        return NULL;
                }
        return wrong;
}

/* The simulated clock's arithmetic.
 *
 * Simulated time is always computed from the whole time elapsed since the start, and an alarm's real time
 * from the whole simulated distance. Nothing is added up from tick to tick, so that a night at x3600 ends as
 * exactly as it began. The speed is an integer ratio for the same reason. */
#include "sim_clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/conf.h"
#include "thon/zone.h"

#define PPM       1000000u
#define SPEED_MAX 100000u
#define FAR_S     (100LL * 365 * 86400)

/* "60", "0.5": a positive decimal with at most six digits behind the point. */
static bool parse_speed(const char *text, uint64_t *ret_ppm)
{
        uint64_t ppm = 0, unit = PPM;

        if (*text < '0' || *text > '9')
                return false;
        for (; *text >= '0' && *text <= '9'; text++) {
                ppm = ppm * 10 + (uint64_t)(*text - '0');
                if (ppm > SPEED_MAX)
                        return false;
        }
        ppm *= PPM;
        if (*text == '.')
                for (text++; *text >= '0' && *text <= '9' && unit > 1; text++) {
                        unit /= 10;
                        ppm += (uint64_t)(*text - '0') * unit;
                }
        if (*text != '\0' || ppm == 0 || ppm > (uint64_t)SPEED_MAX * PPM)
                return false;
        *ret_ppm = ppm;
        return true;
}

/* A span within a simulation: bounded, so that no sum of a time and a span overflows. */
static bool parse_span(const char *text, int64_t *ret_s)
{
        return thon_duration_parse(text, ret_s) >= 0 && *ret_s <= FAR_S;
}

/* "+3600@10min", "-2h@90": how far, and when. */
static bool parse_step(char *text, int64_t *ret_step_s, int64_t *ret_after_s)
{
        char *at = strchr(text, '@');
        bool back = *text == '-';
        int64_t step, after;

        if (!at)
                return false;
        *at = '\0';
        if (*text == '+' || *text == '-')
                text++;
        if (!parse_span(text, &step) || step == 0 || !parse_span(at + 1, &after))
                return false;
        *ret_step_s = back ? -step : step;
        *ret_after_s = after;
        return true;
}

static bool parse_part(char *part, struct thon_sim *sim)
{
        if (*part == 'x')
                return parse_speed(part + 1, &sim->speed_ppm);
        if (strcmp(part, "untrusted") == 0) {
                sim->trusted_s = INT64_MAX;
                return true;
        }
        if (strncmp(part, "untrusted=", 10) == 0)
                return parse_span(part + 10, &sim->trusted_s);
        if (strncmp(part, "step=", 5) == 0)
                return parse_step(part + 5, &sim->step_s, &sim->step_after_s);
        return false;
}

int thon_sim_parse(const char *text, struct thon_sim *ret)
{
        _cleanup_free_ char *copy = strdup(text);
        struct thon_sim sim = {.speed_ppm = PPM};
        struct thon_wall start;
        char *rest = copy;

        if (!copy)
                return -ENOMEM;
        if (!thon_time_parse(NULL, strsep(&rest, ","), &start) ||
            __builtin_mul_overflow(start.s, (int64_t)PPM, &sim.start_us))
                return -EINVAL;
        while (rest)
                if (!parse_part(strsep(&rest, ","), &sim))
                        return -EINVAL;
        *ret = sim;
        return 0;
}

uint64_t thon_sim_scale(const struct thon_sim *sim, uint64_t real_us)
{
        uint64_t whole, part = real_us % PPM * sim->speed_ppm / PPM;

        /* Split at the second, so that no step needs more than 64 bits: the rest is below 10^6 x 10^11. */
        if (__builtin_mul_overflow(real_us / PPM, sim->speed_ppm, &whole) ||
            __builtin_add_overflow(whole, part, &whole))
                return UINT64_MAX;
        return whole;
}

uint64_t thon_sim_unscale(const struct thon_sim *sim, uint64_t sim_us)
{
        uint64_t seconds = sim_us / sim->speed_ppm, rest = sim_us % sim->speed_ppm, real;

        if (__builtin_mul_overflow(seconds, (uint64_t)PPM, &real))
                return UINT64_MAX;
        /* rest < 10^11, so that rest x 10^6 stays below 2^57. Rounded up: an alarm is never early. */
        rest = (rest * PPM + sim->speed_ppm - 1) / sim->speed_ppm;
        return __builtin_add_overflow(real, rest, &real) ? UINT64_MAX : real;
}

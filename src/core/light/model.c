/* What the words of lighting own, and what a slug is. */
#include "thon/light.h"

#include <stdlib.h>
#include <string.h>

/* By hand: the character classes of the C library follow the locale. */
static bool slug_char(char c, bool first)
{
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (!first && c == '-');
}

bool thon_slug_valid(const char *text)
{
        size_t n = 0;

        for (; text[n]; n++)
                if (n == THON_SLUG_MAX || !slug_char(text[n], n == 0))
                        return false;
        return n > 0;
}

void thon_program_done(struct thon_program *program)
{
        free(program->name);
        free(program->steps);
        memset(program, 0, sizeof(*program));
}

void thon_calendar_done(struct thon_calendar *calendar)
{
        for (size_t i = 0; i < calendar->n_rules; i++) {
                free(calendar->rules[i].dates);
                free(calendar->rules[i].lunar);
        }
        free(calendar->rules);
        free(calendar->name);
        memset(calendar, 0, sizeof(*calendar));
}

void thon_circuit_conf_done(struct thon_circuit_conf *circuit)
{
        free(circuit->name);
        memset(circuit, 0, sizeof(*circuit));
}

struct thon_light_plan *thon_light_plan_free(struct thon_light_plan *plan)
{
        if (!plan)
                return NULL;
        for (size_t i = 0; i < plan->n_programs; i++)
                thon_program_done(&plan->programs[i]);
        for (size_t i = 0; i < plan->n_calendars; i++)
                thon_calendar_done(&plan->calendars[i]);
        for (size_t i = 0; i < plan->n_circuits; i++)
                thon_circuit_conf_done(&plan->circuits[i]);
        free(plan->programs);
        free(plan->calendars);
        free(plan->circuits);
        free(plan);
        return NULL;
}

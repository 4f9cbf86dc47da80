/* Ownership of the words of lighting. Everything here copes with half-built objects, because the
 * reader of the forms gives up in the middle of one. */
#include "thon/light.h"

#include <stdlib.h>
#include <string.h>

void thon_program_done(struct thon_program *program)
{
        free(program->name);
        free(program->steps);
        *program = (struct thon_program){0};
}

void thon_calendar_done(struct thon_calendar *calendar)
{
        for (size_t i = 0; calendar->rules && i < calendar->n_rules; i++)
                thon_days_done(&calendar->rules[i].days);
        free(calendar->name);
        free(calendar->rules);
        *calendar = (struct thon_calendar){0};
}

void thon_circuit_conf_done(struct thon_circuit_conf *circuit)
{
        free(circuit->name);
        *circuit = (struct thon_circuit_conf){0};
}

struct thon_light_plan *thon_light_plan_free(struct thon_light_plan *plan)
{
        if (!plan)
                return NULL;
        for (size_t i = 0; plan->programs && i < plan->n_programs; i++)
                thon_program_done(&plan->programs[i]);
        for (size_t i = 0; plan->calendars && i < plan->n_calendars; i++)
                thon_calendar_done(&plan->calendars[i]);
        for (size_t i = 0; plan->circuits && i < plan->n_circuits; i++)
                thon_circuit_conf_done(&plan->circuits[i]);
        free(plan->programs);
        free(plan->calendars);
        free(plan->circuits);
        free(plan);
        return NULL;
}

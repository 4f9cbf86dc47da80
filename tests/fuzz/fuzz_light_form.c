/* The forms of lighting from hostile bytes: each document is tried as every form. What is accepted must survive being
 * looked at whole, and a plan that is accepted must be accepted again after writing it out. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/light_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_plan(const json_t *doc, struct thon_json_error *error)
{
        struct thon_light_plan *plan = NULL;
        json_t *again;
        char *text;

        if (thon_light_plan_from_json(doc, &plan, error) < 0) {
                if (!*error->text)
                        abort();
                return;
        }
        for (size_t i = 0; i < plan->n_circuits; i++)
                if (plan->circuits[i].calendar >= plan->n_calendars ||
                    !thon_slug_valid(plan->circuits[i].id))
                        abort();
        for (size_t i = 0; i < plan->n_calendars; i++) {
                const struct thon_calendar *calendar = &plan->calendars[i];

                if (calendar->default_program >= plan->n_programs)
                        abort();
                for (size_t j = 0; j < calendar->n_rules; j++)
                        if (calendar->rules[j].program >= plan->n_programs)
                                abort();
        }
        plan = thon_light_plan_free(plan);

        text = json_dumps(doc, JSON_COMPACT);
        if (!text || thon_json_parse(text, strlen(text), SIZE_MAX, &again, NULL) < 0)
                abort();
        if (thon_light_plan_from_json(again, &plan, NULL) < 0)
                abort();
        thon_light_plan_free(plan);
        json_decref(again);
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct thon_program programs[] = {{.id = "dem"}};
        static const struct thon_calendar calendars[] = {{.id = "lich"}};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        struct thon_program program;
        struct thon_calendar calendar;
        struct thon_circuit_conf circuit;

        if (thon_json_parse((const char *)data, size, 65536, &doc, &error) < 0)
                return 0;
        if (thon_program_from_json(doc, &program, &error) == 0)
                thon_program_done(&program);
        if (thon_calendar_from_json(doc, programs, 1, &calendar, &error) == 0)
                thon_calendar_done(&calendar);
        if (thon_circuit_from_json("duong-lang", "Đường làng", "", doc, calendars, 1, &circuit, &error) == 0)
                thon_circuit_conf_done(&circuit);
        as_plan(doc, &error);
        return 0;
}

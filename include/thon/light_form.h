/* The JSON forms of lighting: program, calendar, circuit configuration, and the compiled plan. Unknown members, wrong
 * types and values out of range are errors that name the place. */
#pragma once

#include "thon/json.h"
#include "thon/light.h"
#include "thon/store.h"

/* 0, -EINVAL (error filled) or -ENOMEM. `*ret` is zeroed on failure. */
int thon_program_from_json(const json_t *doc, struct thon_program *ret, struct thon_json_error *error);
/* Programs are named by id in the form and by index in the struct: `programs` resolves them. */
int thon_calendar_from_json(const json_t *doc, const struct thon_program *programs, size_t n_programs,
                            struct thon_calendar *ret, struct thon_json_error *error);
/* `calendars` NULL: the calendar's id is only checked as a slug (device add before the calendar exists is refused by the
 * store, not here). */
int thon_circuit_from_json(const char *id, const char *name, const char *area, const json_t *config,
                           const struct thon_calendar *calendars, size_t n_calendars,
                           struct thon_circuit_conf *ret, struct thon_json_error *error);

/* {"v":1,"site","place":{"lat","lon"},"tz","programs":[...],"calendars":[...],"circuits":[{"id","name","area","config"}]}
 * — the plan file and the payload of light/plan/<node>. Cross-checked: every id resolves, ids are unique, no line is
 * used twice. */
int thon_light_plan_from_json(const json_t *doc, struct thon_light_plan **ret, struct thon_json_error *error);

/* The same document, compiled from the registry in one read transaction. `node` "" for this machine's circuits, NULL for
 * all. A circuit that cannot be compiled is left out and told; the others stand. */
int thon_light_plan_compile(struct thon_store *store, const char *site, struct thon_place place, const char *zone,
                            const char *node, json_t **ret,
                            void (*tell)(void *userdata, const char *circuit, const char *problem), void *userdata);

/* The JSON forms of lighting: program, calendar, circuit configuration, and the compiled plan. Unknown members, wrong
 * types and values out of range are errors that name the place. */
#pragma once

#include "thon/json.h"
#include "thon/light.h"
#include "thon/store.h"

/* 0, -EINVAL (error filled) or -ENOMEM. `*ret` is zeroed on failure. */
int thon_program_from_json(const json_t *doc, struct thon_program *ret, struct thon_json_error *error);
/* Programs are named by id in the form and by index in the struct: `programs` resolves them. NULL: their ids are only
 * checked as slugs, and the indices mean nothing. */
int thon_calendar_from_json(const json_t *doc, const struct thon_program *programs, size_t n_programs,
                            struct thon_calendar *ret, struct thon_json_error *error);
/* `calendars` NULL: the calendar's id is only checked as a slug (device add before the calendar exists is refused by
 * the store, not here). A chip given by its number is refused. `name` and `area` may be NULL or "". */
int thon_circuit_from_json(const char *id, const char *name, const char *area, const json_t *config,
                           const struct thon_calendar *calendars, size_t n_calendars,
                           struct thon_circuit_conf *ret, struct thon_json_error *error);

/* {"v":1,"site","place":{"lat","lon"},"tz","programs":[...],"calendars":[...],"circuits":[{"id","name","area","config"}]}
 * — the plan file and the payload of light/plan/<node>. Cross-checked: every id resolves, ids are unique, no relay,
 * feedback or meter is used twice. Contacts of the cabinet (door, manual, lockout, photocell) may be shared between
 * its circuits, in the same role and with the same active_low: the daemon opens such a line once. 0, -EINVAL (error
 * filled) or -ENOMEM; `*ret` is untouched on failure. */
int thon_light_plan_from_json(const json_t *doc, struct thon_light_plan **ret,
                              struct thon_json_error *error);

/* The same document, compiled from a state of the registry between two writes. `node` "" for this machine's circuits,
 * NULL for all; with a node only the programs and calendars that its circuits need. A circuit that cannot be compiled
 * is left out and told (`tell` may be NULL); the others stand. 0, a positive thon_store_error or -errno. */
int thon_light_plan_compile(struct thon_store *store, const char *site, struct thon_place place,
                            const char *zone, const char *node, json_t **ret,
                            void (*tell)(void *userdata, const char *circuit, const char *problem),
                            void *userdata);

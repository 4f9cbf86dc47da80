/* The registry: what people decide. Areas, households, people, groups, devices, lighting programs and calendars.
 *
 * Records are passed as sets of named text fields, checked per column by src/store/registry_fields.c: the same table
 * serves the command line's --FIELD options, CSV columns (Vietnamese or English names), JSON output and the SQL;
 * docs/registry.md lists them. Each write is one IMMEDIATE transaction with an audit row, and leaves the store as it
 * was when it fails. A write that would change nothing writes nothing. After one, the program publishes
 * registry/changed.
 *
 * Returned JSON has real numbers (lat, lon): dump it with JSON_REAL_PRECISION(12). */
#pragma once

#include "thon/json.h"
#include "thon/store.h"

enum thon_noun { THON_AREA, THON_HOUSEHOLD, THON_PERSON, THON_GROUP, THON_DEVICE, THON_NOUNS };

/* "area". Borrowed, constant. */
const char *thon_noun_text(enum thon_noun noun);

/* One value given by a person; `value` "" clears an optional field. */
struct thon_field {
        const char
                *name; /* column, English or Vietnamese, folded without diacritics: "head_name", "chủ hộ" */
        const char *value;
};

/* Who writes, for the audit log; `at` from the caller's clock. */
struct thon_actor {
        const char *name;
        struct thon_wall at;
};

int thon_registry_add(struct thon_store *store, enum thon_noun noun, const char *id,
                      const struct thon_field *fields, size_t n, const struct thon_actor *actor);
int thon_registry_set(struct thon_store *store, enum thon_noun noun, const char *id,
                      const struct thon_field *fields, size_t n, const struct thon_actor *actor);
int thon_registry_remove(struct thon_store *store, enum thon_noun noun, const char *id,
                         const struct thon_actor *actor);

/* Every field by its English name, with typed values (null: not known). Besides, "areas": [{"id","name"}] from the
 * record's own area up to the root; of an area "aliases" (ids of areas merged into it) and "history":
 * [{"name","parent","until"}]. An area is shown by id, alias, name or former name. */
int thon_registry_show(struct thon_store *store, enum thon_noun noun, const char *id, json_t **ret);
/* An array, in order of id. `area` (may be NULL) restricts to it and all below; `kind` to devices of a kind. */
int thon_registry_list(struct thon_store *store, enum thon_noun noun, const char *area, const char *kind,
                       json_t **ret);
int thon_registry_export(struct thon_store *store, enum thon_noun noun, char **ret_csv, size_t *ret_size);

struct thon_import_problem {
        unsigned line;
        const char *column; /* as it stands in the file; "" for the whole line */
        const char *reason; /* English */
};
struct thon_import_report {
        unsigned rows, added, changed, unchanged, problems;
        void (*tell)(void *userdata, const struct thon_import_problem *problem);
        void (*progress)(void *userdata, unsigned rows); /* may be NULL */
        void *userdata;
};
/* All or nothing: with any problem nothing is written and THON_STORE_INVALID returned, all problems told (at most
 * 1,000). Rows whose key exists are updated; columns that the file lacks stay as they are. `dry_run` writes
 * nothing. */
int thon_registry_import(struct thon_store *store, enum thon_noun noun, const char *csv, size_t size,
                         bool dry_run, const struct thon_actor *actor, struct thon_import_report *report);

/* Households, best first, at most `limit`: [{"code","head_name","area","lane","house_no",...}]. */
int thon_household_find(struct thon_store *store, const char *text, unsigned limit, json_t **ret);

/* The area, all that is in it and all below it go to `into`; its id stays known as an alias, history keeps it. */
int thon_area_merge(struct thon_store *store, const char *id, const char *into,
                    const struct thon_actor *actor);

int thon_group_member(struct thon_store *store, const char *group, const char *person, bool add,
                      const struct thon_actor *actor);

/* Lighting programs and calendars, as JSON documents that were checked by thon/light_form.h. */
enum thon_light_doc { THON_DOC_PROGRAM, THON_DOC_CALENDAR };
int thon_light_doc_set(struct thon_store *store, enum thon_light_doc kind, const json_t *doc,
                       const struct thon_actor *actor);
int thon_light_doc_get(struct thon_store *store, enum thon_light_doc kind, const char *id, json_t **ret);
int thon_light_doc_list(struct thon_store *store, enum thon_light_doc kind, json_t **ret);
/* REFERENCED when a calendar or a circuit still names it. */
int thon_light_doc_remove(struct thon_store *store, enum thon_light_doc kind, const char *id,
                          const struct thon_actor *actor);

/* Bumped by every write above, so that a daemon without the broker sees a change at its next look. */
int thon_registry_generation(struct thon_store *store, int64_t *ret);

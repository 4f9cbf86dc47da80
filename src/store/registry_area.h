/* The tree of areas, inside the caller's transaction. Reasons as in registry_record.h. */
#pragma once

#include <stdio.h>

#include "registry_value.h"
#include "sql.h"

#define THON_AREA_DEPTH_MAX 16

/* SQL of all areas at and below ?1, to put after "IN". */
#define THON_SQL_AREA_BELOW(parameter)                                \
        "(WITH RECURSIVE below(id) AS (VALUES (" parameter ") UNION " \
        "SELECT area.id FROM area JOIN below ON area.parent = below.id) SELECT id FROM below)"

/* By id, by the id of an area that was merged into it, by its name, or by a name that it had. INVALID when there is none,
 * or more than one of that name. */
int thon_area_resolve(struct thon_store *store, const char *text, char **ret_id, struct thon_reason *reason);

/* INVALID when the id is that of an area which was merged away. */
int thon_area_check_id(struct thon_store *store, const char *id, struct thon_reason *reason);

/* INVALID when the parent lies at or below the area, or the chain is deeper than THON_AREA_DEPTH_MAX. */
int thon_area_check_parent(struct thon_store *store, const char *id, const char *parent,
                           struct thon_reason *reason);

/* Puts an area that was just added into its place: it has no history yet. */
int thon_area_place(struct thon_store *store, const char *id, const char *parent);

/* After a change of name or parent: keeps what was, and renews what is found by the name. */
int thon_area_changed(struct thon_store *store, const char *id, const char *old_name, const char *old_parent,
                      struct thon_wall at);

/* The name and a space; nothing for an unknown area. */
int thon_area_write_name(struct thon_store *store, const char *id, FILE *out);

/* [{"id","name"}] from the area itself to the root. */
int thon_area_chain(struct thon_store *store, const char *id, json_t **ret);
/* Ids that lead here, and [{"name","parent","until"}], oldest first. */
int thon_area_aliases(struct thon_store *store, const char *id, json_t **ret);
int thon_area_history(struct thon_store *store, const char *id, json_t **ret);

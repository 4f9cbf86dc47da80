/* One row of a registry table with all its fields, and a change to it. Everything here runs inside the caller's
 * transaction.
 *
 * What a person got wrong comes back as THON_STORE_INVALID (or NOT_FOUND, EXISTS) with a reason and a column, and leaves
 * the transaction alive, so that an import can go on to the next row; what the store says goes through unchanged. */
#pragma once

#include <stdint.h>

#include "registry_value.h"
#include "sql.h"

struct thon_record {
        const struct thon_table *table;
        struct thon_value values[THON_COLUMNS_MAX];
};
void thon_record_done(struct thon_record *record);
#define _cleanup_record_ _cleanup_(thon_record_done)

/* "SELECT every field FROM table AS t", then `rest`. NULL when there is no memory. */
char *thon_record_select(const struct thon_table *table, const char *rest);
/* The row that such a statement stands on; what the record held is released. */
int thon_record_read(struct thon_stmt *stmt, const struct thon_table *table, struct thon_record *ret);
int thon_record_load(struct thon_store *store, const struct thon_table *table, const char *key,
                     struct thon_record *ret, bool *ret_found);
/* Inserts or updates; not what other tables hold. */
int thon_record_write(struct thon_store *store, const struct thon_record *record, bool exists);
int thon_record_json(const struct thon_record *record, json_t **ret);

/* New values of some fields; after thon_change_apply() the old ones of those that changed. */
struct thon_change {
        struct thon_record record;
        uint32_t given; /* bit = column */
};
void thon_change_done(struct thon_change *change);
#define _cleanup_change_ _cleanup_(thon_change_done)

/* Parses a value and resolves what it refers to. */
int thon_change_give(struct thon_store *store, struct thon_change *change, int column, const char *text,
                     struct thon_reason *reason);

enum thon_apply_mode { THON_APPLY_ADD, THON_APPLY_SET, THON_APPLY_EITHER };
enum thon_apply_outcome { THON_APPLY_UNCHANGED, THON_APPLY_CHANGED, THON_APPLY_ADDED };

/* The change's key column must be given. `ret_column` is the column that the reason is about, or -1. With `loose` an
 * area's place in the tree and the lines of a circuit are not checked: the caller does it when all rows are written. An
 * INVALID without a reason is the store's own, with its message. */
int thon_change_apply(struct thon_store *store, struct thon_change *change, enum thon_apply_mode mode,
                      bool loose, struct thon_wall at, enum thon_apply_outcome *ret,
                      struct thon_record *ret_record, struct thon_reason *reason, int *ret_column);

/* Computes the folded text by which a household or a person is found. */
int thon_record_search(struct thon_store *store, const struct thon_record *record, char **ret);

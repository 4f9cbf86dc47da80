/* One value of a field, from what a person typed to what the store keeps. No store is asked here. */
#pragma once

#include <stdint.h>

#include "registry_fields.h"

enum thon_value_kind { THON_VALUE_NONE, THON_VALUE_TEXT, THON_VALUE_INTEGER, THON_VALUE_REAL };

struct thon_value {
        enum thon_value_kind kind;
        char *text; /* owned */
        int64_t integer;
        double real;
};

void thon_value_done(struct thon_value *value);
bool thon_value_equal(const struct thon_value *a, const struct thon_value *b);
/* Takes the text over. */
void thon_value_take(struct thon_value *value, char *text);

/* Why not, in English, without the name of the field. */
#define THON_REASON 400
struct thon_reason {
        char text[THON_REASON];
};
/* Fills the reason and returns THON_STORE_INVALID. */
int thon_reason_set(struct thon_reason *reason, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* 0, THON_STORE_INVALID with a reason, -ENOMEM. Blank text is no value; references come back as they were written. */
int thon_value_parse(const struct thon_column *column, const char *text, struct thon_value *ret,
                     struct thon_reason *reason);

/* As a CSV field; decimal comma or point. Returns 0 or -ENOMEM; the caller frees. */
int thon_value_csv(const struct thon_column *column, const struct thon_value *value, char point, char **ret);

/* As a JSON member: null, string, number, boolean, array or object. NULL when there is no memory. */
json_t *thon_value_json(const struct thon_column *column, const struct thon_value *value);

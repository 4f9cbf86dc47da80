/* Units of measure and money behind a number. */
#pragma once

#include "reader.h"

struct unit {
        const char *name;
        bool money;
        bool duration; /* "mm/24h": what a slash may put under it */
        size_t used;   /* tokens */
};

/* The unit whose sign begins at `at`, right behind a number or behind one space; `close` for those that are written without
 * one ("500k", "30p"). False when there is none. */
bool speech_unit(const struct reader *r, size_t at, struct unit *ret);
/* A unit that nothing else is written like, and so may stand without a number: "đơn vị tính: kg". */
bool speech_unit_alone(const struct reader *r, size_t at, struct unit *ret);

/* Debounce of one contact from the time stamps of its edges. Pure: the caller brings the time.
 *
 * A level counts once it has held for `hold_us` without an edge; it is then counted whenever it is looked at, also
 * long afterwards: a batch of old edges read late gives the same result as the same edges read one by one. Times are
 * microseconds of any one clock that does not run backwards; an edge stamped before the last one is taken as
 * simultaneous with it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct thon_debounce {
        uint64_t hold_us;  /* 0: every change counts at once */
        uint64_t since_us; /* the last edge */
        bool raw;          /* the level after the last edge */
        bool level;        /* the last level that counted */
};

/* What one step confirmed. Never more than one change: what lies between two edges is one level. */
enum thon_debounce_change { THON_DEBOUNCE_SAME, THON_DEBOUNCE_ROSE, THON_DEBOUNCE_FELL };

/* `level` is taken as confirmed. */
struct thon_debounce thon_debounce_start(uint64_t hold_us, bool level, uint64_t now_us);

/* An edge led to `level` at `at_us`. What is returned concerns the level before it (with hold_us 0: this one). An
 * edge to the level that is already there means that the opposite one was missed: the level has not held since. */
enum thon_debounce_change thon_debounce_edge(struct thon_debounce *debounce, bool level, uint64_t at_us);

/* No edge came until `now_us`. */
enum thon_debounce_change thon_debounce_settle(struct thon_debounce *debounce, uint64_t now_us);

/* When to settle: the time at which the raw level begins to count, or UINT64_MAX when nothing is waiting. */
uint64_t thon_debounce_due(const struct thon_debounce *debounce);

/* How many of `lost` edges were rising that followed each other after `level` and were dropped by a full queue. */
unsigned thon_debounce_lost(bool level, unsigned lost);

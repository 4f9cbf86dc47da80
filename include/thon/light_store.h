/* What happens to the lights, in the store. lightd is the only writer of these tables; thonctl reads them. */
#pragma once

#include "thon/event_store.h" /* lightd's events are those of THON_EVENT_LIGHT */
#include "thon/json.h"
#include "thon/light_control.h"
#include "thon/store.h"

/* One row of history. `what`: "in_effect", "physical", "override", "fault", "meter" or "lockout". A daemon that
 * starts writes what it finds in effect, so that no interval runs on over a power cut. A row of "meter" with the
 * cause "corrected" is the first reading after a correction by a person: no energy is counted up to it. */
struct thon_light_history {
        struct thon_wall at;
        const char *circuit;
        const char *what;
        const char *value; /* "on", "off", "unknown", "raised dark", ... */
        const char *cause; /* why, in the words of the forms */
        const char *by;    /* a person or "" */
        double kwh;        /* meter at that moment, < 0 none */
};
int thon_light_history_add(struct thon_store *store, const struct thon_light_history *rows, size_t n);
/* The latest `limit` rows of [from, to), in order of time: [{"at","circuit","what","value","cause","by","kwh"}]; `at`
 * is RFC 3339 in UTC ("2027-02-05T10:31:00Z": the store knows no zone), kwh null without a meter. `circuit` NULL: of
 * all. */
int thon_light_history_list(struct thon_store *store, const char *circuit, struct thon_wall from,
                            struct thon_wall to, int64_t limit, json_t **ret);
/* Removes rows before that instant but the last of each circuit and kind, which still says what held then. */
int thon_light_history_prune(struct thon_store *store, struct thon_wall before);
/* Lit intervals by "in_effect" (or by "physical" where it is known), clipped to [from, to), in order and apart from
 * each other. What is lit last stays so: give no `to` after now. Caller frees *ret (NULL when there is none). */
struct thon_lit_interval;
int thon_light_lit(struct thon_store *store, const char *circuit, struct thon_wall from, struct thon_wall to,
                   struct thon_lit_interval **ret, size_t *ret_n);
/* After a power cut: what history has as lit ended at `alive`, the last sign of life, or when it was lit if that was
 * later. Writes at most one row of "in_effect" and one of "physical". */
int thon_light_close_outage(struct thon_store *store, const char *circuit, struct thon_wall alive);
/* kWh in [from, to) from the meter column; < 0 when unknown (no reading in or before the span, or none after it). */
int thon_light_metered(struct thon_store *store, const char *circuit, struct thon_wall from,
                       struct thon_wall to, double *ret_kwh);

/* Counters that outlive a restart, all circuits in one transaction. */
struct thon_light_counter {
        thon_slug circuit;
        uint64_t operations, on_seconds, pulses;
        double remote_kwh, remote_kwh_base, kwh_offset;
        struct thon_wall saved_at;
};
int thon_light_counter_save(struct thon_store *store, const struct thon_light_counter *rows, size_t n);
/* NOT_FOUND when it was never saved. */
int thon_light_counter_load(struct thon_store *store, const char *circuit, struct thon_light_counter *ret);

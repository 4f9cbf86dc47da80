/* What happens to the lights, in the store. lightd is the only writer of these tables; thonctl reads them. */
#pragma once

#include "thon/json.h"
#include "thon/light_control.h"
#include "thon/store.h"

/* One row of history. `what`: "in_effect", "physical", "commanded", "override", "fault", "manual", "clock", "meter". */
struct thon_light_history {
        struct thon_wall at;
        const char *circuit;
        const char *what;
        const char *value;  /* "on", "off", "unknown", "raised dark", ... */
        const char *cause;  /* why, in the words of the forms */
        const char *by;     /* a person or "" */
        double kwh;         /* meter at that moment, < 0 none */
};
int thon_light_history_add(struct thon_store *store, const struct thon_light_history *rows, size_t n);
int thon_light_history_list(struct thon_store *store, const char *circuit, struct thon_wall from,
                            struct thon_wall to, int64_t limit, json_t **ret);
int thon_light_history_prune(struct thon_store *store, struct thon_wall before);
/* Lit intervals by "in_effect" (or by "physical" where it is known), clipped to [from, to). Caller frees *ret. */
struct thon_lit_interval;
int thon_light_lit(struct thon_store *store, const char *circuit, struct thon_wall from, struct thon_wall to,
                   struct thon_lit_interval **ret, size_t *ret_n);
/* kWh between two instants from the meter column; < 0 when unknown. */
int thon_light_metered(struct thon_store *store, const char *circuit, struct thon_wall from, struct thon_wall to,
                       double *ret_kwh);

/* Counters that outlive a restart, all circuits in one transaction. */
struct thon_light_counter {
        thon_slug circuit;
        uint64_t operations, on_seconds, pulses;
        double remote_kwh, remote_kwh_base, kwh_offset;
};
int thon_light_counter_save(struct thon_store *store, const struct thon_light_counter *rows, size_t n);
int thon_light_counter_load(struct thon_store *store, const char *circuit, struct thon_light_counter *ret);

/* Events not yet on the broker: written before they are published, removed when the broker has taken them. */
struct thon_event_row {
        int64_t serial;
        const char *topic, *payload;
};
int thon_event_push(struct thon_store *store, const char *topic, const char *payload, int64_t *ret_serial);
int thon_event_each(struct thon_store *store, int (*visit)(const struct thon_event_row *, void *), void *userdata);
int thon_event_done(struct thon_store *store, int64_t serial);

/* The parts of the plant among themselves. Times are CLOCK_MONOTONIC in microseconds and real, also under a
 * simulated clock: sound takes its time. */
#pragma once

#include <math.h>

#include "child.h"
#include "plant.h"
#include "thon/cleanup.h"
#include "thon/player.h"

#define PLANT_MS    UINT64_C(1000)
#define PLANT_S     UINT64_C(1000000)
#define PLANT_NEVER UINT64_MAX

struct plant_zone;

/* ---- amplifiers (plant_amplifier.c): one may feed several zones ---- */

struct plant_amplifier;
/* Joins the one that is there already, or makes it, off. NULL and 0 for a zone without. */
int amplifier_join(struct plant *plant, const struct thon_amplifier *conf, struct plant_amplifier **ret);
struct plant_amplifier *amplifier_leave(struct plant_amplifier *amplifier); /* off with the last one */
/* Counted: it stays on while anybody needs it, and holds on for `hold_us` after. */
void amplifier_need(struct plant_amplifier *amplifier);
void amplifier_done(struct plant_amplifier *amplifier, uint64_t hold_us);
/* When it will have been on for so long; NEVER: it is not known to be on. */
uint64_t amplifier_warm_at(const struct plant_amplifier *amplifier, uint64_t warm_up_us);
const char *amplifier_state(const struct plant_amplifier *amplifier); /* "on", "off", "unknown" */
const char *amplifier_problem(const struct plant_amplifier *amplifier);
/* The name of its circuit; NULL: a line of our own. */
const char *amplifier_circuit(const struct plant_amplifier *amplifier);
void amplifier_heard(struct plant_amplifier *amplifier, const char *payload, size_t size);
void amplifier_connected(struct plant_amplifier *amplifier);

/* ---- returns (plant_return.c) ---- */

struct plant_return;
int return_new(struct plant_zone *zone, struct plant_return **ret); /* NULL and 0: the zone has none */
struct plant_return *return_free(struct plant_return *back);
bool return_same(const struct plant_return *back, const struct thon_air_zone_conf *conf);
const char *return_topic(const struct plant_return *back); /* NULL: it is none of MQTT */
void return_heard(struct plant_return *back, const char *payload, size_t size);
void return_on_air(struct plant_return *back); /* the zone is on air from now on: what comes back counts */

/* ---- airings (plant_airing.c) ---- */

struct plant_airing;
int airing_start(struct plant_zone *zone, const struct plant_programme *programme);
void airing_stop(struct plant_airing *airing);
/* Ends it as BROKE; `zone_gone`: at once, and it forgets its zone. */
void airing_break(struct plant_airing *airing, const char *why, bool zone_gone);
bool airing_sounds(const struct plant_airing *airing);
bool airing_may_sound(const struct plant_airing *airing); /* it was told to go, and is not over */
bool airing_warms(const struct plant_airing *airing);     /* it waits for the amplifier */
double airing_level(const struct plant_airing *airing);
int64_t airing_serial(const struct plant_airing *airing);
struct plant_airing *airing_next(const struct plant_airing *airing);
/* What they wait for may have come: amplifiers, each other. */
void airings_look(struct plant *plant);
void airings_free(struct plant *plant);

/* ---- orders (plant_order.c) ---- */

/* The first line for a player of this programme in that zone; NULL: no memory. */
json_t *airing_order(const struct plant_zone *zone, const struct plant_programme *programme);

/* ---- players (plant_player.c) ---- */

/* With its first line. */
int player_start(struct plant *plant, const char *name, const json_t *order, const struct child_ops *ops,
                 void *userdata, struct child **ret);
/* One that reads all that GStreamer has, once, in the background. */
struct warming;
int warming_start(struct plant *plant, struct warming **ret);
struct warming *warming_free(struct warming *warming);

/* ---- the plant and its zones (plant.c) ---- */

enum plant_part { PART_AMPLIFIER, PART_PLAYER, PART_RETURN, PLANT_PARTS };

struct plant_zone {
        struct plant *plant;
        size_t index;
        const struct thon_air_zone_conf *conf; /* of the plant's configuration */
        thon_slug id;                          /* of its own: outlives the configuration */
        struct thon_sink sink;
        struct plant_airing *airing;
        struct plant_amplifier *amplifier;
        struct plant_return *back;
        struct thon_proof_state proof;
        struct thon_proof_rules rules;
        double returned_db; /* loudest of this airing */
        sd_event_source *proof_timer;
        char *problems[PLANT_PARTS];
};

struct plant {
        sd_event *event;
        struct thon_clock *clock;
        struct thon_mqtt *mqtt;
        struct thon_gpio *gpio;
        char *state_dir, *player;
        struct plant_ops ops;
        void *userdata;
        struct children *children;
        struct warming *warming;
        const struct thon_announced_conf *conf;
        struct plant_zone **zones;
        size_t n_zones;
        struct plant_airing *airings;
        struct plant_amplifier *amplifiers;
        sd_event_source *look;
        char **filters; /* what we listen to at the broker */
        size_t n_filters;
};

uint64_t plant_now(const struct plant *plant);
/* Sets a one-shot timer, which is made when it is not there; NEVER: off. */
int plant_timer(struct plant *plant, sd_event_source **timer, uint64_t at, sd_event_time_handler_t fn,
                void *userdata);
/* NULL: well again. Told when it changes. */
void plant_fault(struct plant_zone *zone, enum plant_part part, const char *problem);
/* What airings or faults depend on has changed: all is looked at in the next turn of the loop, not here, where
 * whoever calls is in the midst of its work. */
void plant_changed(struct plant *plant);
/* For proof of sound: since sound may come of it; levels with when they were measured, monotonic. */
void plant_on_air(struct plant_zone *zone, bool on_air);
void plant_played(struct plant_zone *zone, double db, uint64_t from_us, uint64_t to_us);
void plant_returned(struct plant_zone *zone, double db, uint64_t from_us, uint64_t to_us);

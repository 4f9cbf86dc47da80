/* The shell of lightd: what it holds, and the calls between its files. Decisions are in src/core/light; here they are
 * carried out, told and kept. */
#pragma once

#include "driver.h"
#include "thon/clock.h"
#include "thon/gpio.h"
#include "thon/light_conf.h"
#include "thon/light_control.h"
#include "thon/light_store.h"
#include "thon/loop.h"
#include "thon/mqtt.h"
#include "thon/outbox.h"
#include "thon/store.h"

struct lightd;

/* One relay: a GPIO line that we hold, or a device that we talk to. */
struct lightd_relay {
        struct thon_gpio_output *line; /* NULL: MQTT, or the line could not be had */
        bool told_on;                  /* last level given; of a line that is open */
        int error;                     /* of the last try, as thon_gpio_error or negative errno; 0 fine */
        char reply_to[2 * THON_SLUG_MAX + 16];
};

struct lightd_circuit {
        struct lightd *daemon;
        struct thon_circuit state;
        size_t index; /* in the plan */
        struct lightd_relay relay;
        struct thon_gpio_input *inputs[THON_INPUTS];
        struct thon_gpio_input *meter;
        bool locked_by_person;         /* or */
        enum thon_tri contact_lockout; /* of the contact: either locks; unknown when there is none */
        char *published;               /* the last state document, energy left out */
        struct thon_mono energy_published;
        double kwh_published;
        struct thon_light_counter saved;
        bool counted;    /* what the store had counted before is in */
        bool input_told; /* a missing input was logged */
        bool input_lost; /* its chip went away: all are opened anew */
        /* What this look brought, to be told after every relay was served. */
        struct thon_circuit_actions actions;
        /* What history has last: rows are written for differences only. */
        bool told, told_on;
        enum thon_tri told_physical;
        unsigned chatter; /* rows of `physical` since then */
        struct thon_mono chatter_since;
};

/* Everything that a plan brings; replaced as a whole. */
struct lightd_runtime {
        struct thon_light_plan *plan;
        struct thon_zone *zone;
        struct thon_schedule *schedule;
        size_t n;
        struct lightd_circuit *circuits;
};

struct lightd {
        sd_event *event;
        struct thon_clock *clock;
        char *config_dir, *state_dir;
        struct thon_site_conf site;
        struct thon_light_conf conf;

        struct thon_gpio *gpio;
        struct thon_mqtt *mqtt;
        struct lightd_runtime runtime;
        int64_t generation_lit; /* the last one that had circuits, over restarts */
        bool registry_lost;     /* the store is younger than that one */
        bool conf_refused;      /* that of config_dir: the last good one is in force */
        const char *plan_from;  /* "registry", "disk", "mqtt" or "none" */
        json_t *plan;           /* the document that runs */
        bool plan_unkept;       /* and the disk did not take it */
        bool snapshot_unkept;
        int64_t generation;      /* of the registry that the plan was compiled from; -1 unknown */
        int64_t generation_told; /* the one that the cabinets have; -1: tell them again */

        struct thon_alarm *look;   /* the next decision */
        struct thon_alarm *keep;   /* counters to disk, history pruned */
        struct thon_alarm *retry;  /* while the store or a line is missing */
        struct thon_alarm *replan; /* registry changes, gathered */
        struct thon_alarm *flush;  /* history, gathered */
        struct thon_stagger stagger;
        int64_t event_serial;
        bool trusted;  /* the clock, at the last look */
        bool told_all; /* over this connection, every circuit's discovery */
        struct thon_wall pruned;

        /* keeping.c */
        struct thon_store *store;
        int store_error; /* enum thon_store_error of the outage, 0 none */
        struct thon_mono store_failed;
        struct lightd_row *rows;
        size_t n_rows;

        struct thon_outbox *outbox; /* events.c */

        bool new_boot;     /* the machine was off since the snapshot, and with it every lamp */
        json_t *restored;  /* snapshot of circuits that the plan lacks */
        json_t *nodes;     /* cabinets that have a plan of ours at the broker, as keys */
        json_t *elsewhere; /* circuits that cabinets run, as keys */
};

struct thon_instant lightd_now(const struct lightd *d);
struct lightd_circuit *lightd_find(struct lightd *d, const char *id);
/* Decide for every circuit, serve the relays, then tell. The one place where anything is switched. */
void lightd_look(struct lightd *d);
/* The same at the next turn of the loop: for events that may come in bursts. */
void lightd_look_soon(struct lightd *d);
/* What is missing (the store, a line) is tried again so long after. */
#define LIGHTD_RETRY_US UINT64_C(60000000)
void lightd_retry_later(struct lightd *d);
void lightd_alarm_in(struct lightd *d, struct thon_alarm *alarm, uint64_t us);
/* The same, but one that is set already is not put off: what asks for it again and again must not prevent it. */
void lightd_alarm_within(struct lightd *d, struct thon_alarm *alarm, uint64_t us);

/* broker.c: `d->mqtt` made anew, with every subscription but those of the relays. */
int lightd_broker_connect(struct lightd *d);
/* "status/lightd", of a cabinet "status/lightd-NODE"; below the root. */
#define LIGHTD_STATUS_TOPIC (THON_SLUG_MAX + 16)
void lightd_status_topic(const struct lightd *d, char buf[static LIGHTD_STATUS_TOPIC]);

/* relay.c */
int lightd_relay_open(struct lightd_circuit *c, bool initial);
/* 0, or a GPIO error or -ENOTCONN: the caller tells the state machine. */
int lightd_relay_set(struct lightd_circuit *c, bool on);
void lightd_relay_query(struct lightd_circuit *c);
void lightd_relay_subscribe(struct lightd_circuit *c, bool subscribe);
/* True when the message was a report of some circuit's relay. */
bool lightd_relay_message(struct lightd *d, const struct thon_mqtt_message *message);

/* inputs.c */
/* Opens what is configured and not open yet, and takes the levels in. False when a line is missing. */
bool lightd_inputs_open(struct lightd_circuit *c);
void lightd_inputs_close(struct lightd_circuit *c);
/* After `locked_by_person` changed. */
void lightd_lockout_apply(struct lightd_circuit *c);

/* runtime.c: replaces the plan under living relays. Takes `plan` in every case. */
int lightd_runtime_swap(struct lightd *d, struct thon_light_plan *plan);
void lightd_runtime_done(struct lightd *d);
/* Lines that could not be had are tried again. True when some are still missing. */
bool lightd_runtime_reopen(struct lightd *d);

/* plan.c */
/* From the registry, else from disk; keeps the running one when nothing better is to be had. */
void lightd_plan_load(struct lightd *d);
/* From light/plan/<node>. 0 or -EINVAL with the reason. */
int lightd_plan_take(struct lightd *d, const char *payload, size_t size, struct thon_json_error *error);
/* For cabinets with a Pi of their own. */
void lightd_plan_publish(struct lightd *d);

/* snapshot.c: overrides, lock-outs and raised faults on disk, written before a command is acknowledged. */
int lightd_snapshot_save(struct lightd *d);
void lightd_snapshot_load(struct lightd *d);
void lightd_snapshot_restore(struct lightd *d, struct lightd_circuit *c);

/* commands.c */
void lightd_command(struct lightd *d, const struct thon_mqtt_message *message);

/* publish.c */
/* "on", "off", "unknown". */
const char *lightd_tri_text(enum thon_tri tri);
void lightd_publish_circuit(struct lightd_circuit *c, bool force);
/* When the energy that was held back for the gap is to be told, though no pulse may come any more; NEVER when none is. */
struct thon_mono lightd_energy_due(const struct lightd_circuit *c);
void lightd_publish_all(struct lightd *d);
void lightd_publish_health(struct lightd *d);
void lightd_unpublish(struct lightd *d, const char *circuit);
/* Why the relay is as it is, in the words of the forms, or with the reason that a person gave. */
const char *lightd_why_text(const struct lightd_circuit *c, char buf[static THON_CAUSE_TEXT]);

/* discovery.c: Home Assistant. */
void lightd_discovery_publish(struct lightd *d, const struct lightd_circuit *c);
void lightd_discovery_remove(struct lightd *d, const char *circuit);

/* events.c */
void lightd_event_fault(struct lightd_circuit *c, const struct thon_fault_change *change);
/* The circuit is no longer in the plan: what was raised of it is cleared, since nothing else ever would. */
void lightd_event_leave(struct lightd_circuit *c);
int lightd_events_start(struct lightd *d);

/* keeping.c: the store, as seen by a daemon that can do without. */
void lightd_keep_history(struct lightd_circuit *c, const char *what, const char *value, const char *cause,
                         const char *by);
void lightd_keep_flush(struct lightd *d);
/* Within seconds, with what comes meanwhile. */
void lightd_keep_flush_soon(struct lightd *d);
void lightd_keep_counters(struct lightd *d);
void lightd_keep_load_counter(struct lightd_circuit *c);
void lightd_keep_prune(struct lightd *d);
/* The open store, or NULL while it is away. */
struct thon_store *lightd_keep_store(struct lightd *d);
void lightd_keep_failed(struct lightd *d, int error);
void lightd_keep_done(struct lightd *d);

/* start.c */
extern const struct thon_daemon_ops lightd_ops;

/* One circuit: from what the programs command to what the relay must do, and from what the inputs show to what is
 * wrong. Pure: events go in with their time, actions come out; the shell (src/lightd) carries them out.
 *
 * Three states as in TALQ. Commanded: what program and calendar say. In effect: what the relay is told, after
 * lock-out, emergency, override, clock policy and photocell, in that order of priority. Physical: what a feedback
 * contact or the relay's own report shows, "unknown" when nothing shows it.
 *
 * Level-triggered: thon_circuit_decide() may be called at any time and any number of times; it returns the relay level
 * that holds now and the instant at which it must be asked again. */
#pragma once

#include "thon/light_schedule.h"

enum thon_tri { THON_OFF, THON_ON, THON_UNKNOWN };

enum thon_light_why {
        THON_WHY_PROGRAM,
        THON_WHY_PHOTOCELL,
        THON_WHY_OVERRIDE,
        THON_WHY_EMERGENCY,
        THON_WHY_LOCKOUT,   /* safety: someone works on the line; always off */
        THON_WHY_UNTRUSTED, /* the clock is not trusted and the fallback policy decides */
        THON_WHY_DWELL,     /* a change is held back by the relay's minimum dwell */
};

/* What a person ordered. `until` is wall time; an override without end has THON_WALL_NEVER. While the clock is not
 * trusted an override does not end. */
struct thon_override {
        bool active;
        bool on;
        struct thon_wall since, until;
        char reason[160];
        char by[64];
};

enum thon_fault {
        THON_FAULT_STUCK_ON,      /* physical on while the relay is told off, longer than the settle time */
        THON_FAULT_STUCK_OFF,     /* told on, physical off at the relay itself (contactor does not pull) */
        THON_FAULT_DARK,          /* was lit, told on, feedback lost: the thief's trick, a breaker, a cut cable */
        THON_FAULT_ENERGY_OFF,    /* energy flows while off: theft of power */
        THON_FAULT_LAMPS,         /* watts against registered lamps: some are dead */
        THON_FAULT_OVERLOAD,      /* more than 130 % of the registered watts */
        THON_FAULT_NO_ENERGY,     /* told on, metered, and not one pulse */
        THON_FAULT_DOOR,          /* cabinet door open */
        THON_FAULT_MANUAL,        /* the cabinet's switch is on manual */
        THON_FAULT_SILENT,        /* an MQTT relay does not answer, or says offline */
        THON_FAULT_CLOCK,         /* running on the fallback policy */
        THON_FAULT_RELAY,         /* the line could not be requested or set */
        THON_FAULTS
};

/* Slug as in topics and events ("stuck-on"), severity ("warning" or "critical"). Borrowed, constant. */
const char *thon_fault_slug(enum thon_fault fault);
const char *thon_fault_severity(enum thon_fault fault);

/* Limits of the machine, in one place. */
#define THON_FEEDBACK_SETTLE_US  UINT64_C(3000000)  /* relay told -> contact must follow; dark is told within 5 s */
#define THON_REMOTE_SETTLE_US    UINT64_C(10000000) /* the same for an MQTT relay; then one retry, then silent */
#define THON_WATTS_WINDOW_US     UINT64_C(1800000000)

struct thon_fault_state {
        bool raised;
        struct thon_wall since;
        int64_t event; /* serial of the raise, so that the clear bears the same id; 0 none */
        double value;  /* dead lamps, watts, seconds: as the fault has it */
};

/* The state of a circuit. Plain data, zero-initialised by thon_circuit_init(); the shell reads it, only these calls
 * write it. */
struct thon_circuit {
        const struct thon_circuit_conf *conf; /* borrowed */
        struct thon_commanded commanded;
        struct thon_override override;  /* of this circuit */
        struct thon_override emergency; /* "all on": beats the override, which resumes after it when not yet over */
        bool in_effect;
        bool decided; /* in_effect has a meaning */
        enum thon_light_why why;
        struct thon_wall in_effect_since;
        struct thon_mono switched; /* the relay's last operation; min_dwell counts from it */
        bool ever_switched;
        uint64_t operations;
        uint64_t on_seconds; /* of light, by in_effect, since the counter began */
        struct thon_wall on_counted;

        enum thon_tri physical, door, manual, lockout, photocell_raw;
        bool dark; /* photocell after hysteresis */
        bool dark_known;
        struct thon_mono photocell_since, physical_since;
        bool was_lit; /* physical on was seen since the relay was last told on */

        bool remote_online, remote_asked;
        struct thon_mono remote_since, remote_told;
        int remote_tries;

        uint64_t pulses;           /* of the S0 meter, kept across restarts; corrected by thon_circuit_correct() */
        double remote_kwh;         /* last report of an MQTT meter */
        double remote_kwh_base;    /* so that kwh never falls when the device's counter restarts */
        double kwh_offset;         /* correction by a person */
        struct thon_mono window_began; /* of the running watts estimate */
        uint64_t window_pulses;
        double window_kwh;
        double watts; /* last estimate, < 0 unknown */

        bool relay_failed;
        struct thon_fault_state faults[THON_FAULTS];
        int64_t *event_serial; /* borrowed: source of event ids, counts up */
};

void thon_circuit_init(struct thon_circuit *c, const struct thon_circuit_conf *conf, int64_t *event_serial);

struct thon_instant {
        struct thon_wall wall;
        struct thon_mono mono;
        bool trusted; /* the wall clock */
};

enum thon_input { THON_INPUT_FEEDBACK, THON_INPUT_DOOR, THON_INPUT_MANUAL, THON_INPUT_LOCKOUT, THON_INPUT_PHOTOCELL };

/* Inputs: logical levels after debounce; photocell true = dark, door true = open, manual true = on manual. */
void thon_circuit_input(struct thon_circuit *c, enum thon_input input, bool active, struct thon_instant now);
void thon_circuit_pulses(struct thon_circuit *c, unsigned count, struct thon_instant now);
/* A report of an MQTT relay: state (or unknown), energy in kWh (< 0: none in this report), power in W (< 0: none). */
void thon_circuit_remote(struct thon_circuit *c, enum thon_tri state, double kwh, double watts,
                         struct thon_instant now);
void thon_circuit_remote_online(struct thon_circuit *c, bool online, struct thon_instant now);
/* The shell could not request or set the line (true), or could again (false). */
void thon_circuit_relay_failed(struct thon_circuit *c, bool failed, struct thon_instant now);

enum thon_override_error { THON_OVERRIDE_OK, THON_OVERRIDE_PAST /* `until` is not after now */ };
/* `override->active` false ends it. An emergency has a slot of its own, which only a call with `emergency` touches. */
int thon_circuit_override(struct thon_circuit *c, const struct thon_override *override, bool emergency,
                          struct thon_instant now);

double thon_circuit_kwh(const struct thon_circuit *c); /* < 0: no meter */
/* The meter reads `kwh` now: later readings follow from it. */
void thon_circuit_correct(struct thon_circuit *c, double kwh);

struct thon_fault_change {
        enum thon_fault fault;
        struct thon_fault_state state; /* as raised, or as it was when it cleared */
        bool raised;
};

struct thon_circuit_actions {
        bool set;    /* tell the relay `on` now (also true when an MQTT relay must be told again) */
        bool on;
        bool query;  /* ask an MQTT relay for its state */
        bool changed; /* anything that the retained state shows */
        size_t n_faults;
        struct thon_fault_change faults[THON_FAULTS];
        struct thon_wall again_wall; /* ask again at this civil instant, */
        struct thon_mono again_mono; /* or at this one, whichever comes first; NEVER when not */
};

/* `hold` true: the relay may not change for now (its turn in the stagger has not come); nothing is set, and the caller
 * asks again. A relay that was never told is told at once, dwell or not. */
void thon_circuit_decide(struct thon_circuit *c, struct thon_schedule *schedule, size_t index,
                         struct thon_instant now, bool hold, struct thon_circuit_actions *ret);

/* The level at which a line must be requested when the daemon starts, before any input is known: the same rules, so
 * that a restart never blinks a lamp. Does not count as an operation. */
bool thon_circuit_initial(struct thon_circuit *c, struct thon_schedule *schedule, size_t index,
                          struct thon_instant now);

/* Stagger: at most one relay closes per `gap`; opening is never held. Priority: emergency first, then list order. */
struct thon_stagger {
        struct thon_mono last_on;
        bool any;
};
#define THON_STAGGER_GAP_US UINT64_C(300000)
/* True when a relay may close now; `*ret_when` is when to ask again otherwise. */
bool thon_stagger_may(const struct thon_stagger *s, struct thon_mono now, uint64_t gap_us, struct thon_mono *ret_when);
void thon_stagger_closed(struct thon_stagger *s, struct thon_mono now);

/* One circuit: from what the programs command to what the relay must do, and from what the inputs show to what is
 * wrong. Pure: events go in with their time, actions come out; the shell (src/lightd) carries them out.
 *
 * Three states as in TALQ. Commanded: what program and calendar say. In effect: what the relay is told, after
 * lock-out, emergency, override, clock policy and photocell, in that order of priority. Physical: what a feedback
 * contact or the relay's own report shows, "unknown" when nothing shows it.
 *
 * Level-triggered: thon_circuit_decide() may be called at any time and any number of times; it returns the relay
 * level that holds now and the instant at which it must be asked again. */
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

/* "program", "photocell", "override", "emergency", "lockout", "untrusted-clock", "dwell". Borrowed, constant. */
const char *thon_light_why_slug(enum thon_light_why why);

/* What a person ordered. `until` is wall time; an override without end has THON_WALL_NEVER. While the clock is not
 * trusted an override does not end.
 *
 * `for_s` is set by the caller when the order was a duration (`until` is then now + for_s). Ordered under a trusted
 * clock it becomes 0 at once: `until` says all. Ordered under a clock that is not trusted it stays, and the first
 * decision under a trusted clock turns what is left of it into a true `until`; a step of years in either direction
 * neither ends nor prolongs it. Keep it with the rest over a restart. */
struct thon_override {
        bool active;
        bool on;
        struct thon_wall since, until;
        int64_t for_s;
        struct thon_mono ends; /* of this boot, while for_s is not 0; set by thon_circuit_override() */
        char reason[160];
        char by[64];
};

enum thon_fault {
        THON_FAULT_STUCK_ON,  /* physical on while the relay is told off, longer than the settle time */
        THON_FAULT_STUCK_OFF, /* told on, physical off at the relay itself (contactor does not pull) */
        THON_FAULT_DARK, /* was lit, told on, feedback lost: the thief's trick, a breaker, a cut cable */
        THON_FAULT_ENERGY_OFF, /* energy flows while off: theft of power */
        THON_FAULT_LAMPS,      /* watts against registered lamps: some are dead; value: how many */
        THON_FAULT_OVERLOAD,   /* more than 130 % of the registered watts; value: watts */
        THON_FAULT_NO_ENERGY,  /* told on, metered, and not one pulse; value: seconds without */
        THON_FAULT_DOOR,       /* cabinet door open */
        THON_FAULT_MANUAL,     /* the cabinet's switch is on manual */
        THON_FAULT_SILENT,     /* an MQTT relay does not answer, or says offline */
        THON_FAULT_CLOCK,      /* running on the fallback policy */
        THON_FAULT_RELAY,      /* the line could not be requested or set */
        THON_FAULT_PHOTOCELL,  /* the cell has not changed for longer than a night or a day can last */
        THON_FAULTS
};

/* Slug as in topics and events ("stuck-on"), severity ("warning" or "critical"). Borrowed, constant. */
const char *thon_fault_slug(enum thon_fault fault);
const char *thon_fault_severity(enum thon_fault fault);

/* Limits of the machine, in one place. */
#define THON_FEEDBACK_SETTLE_US UINT64_C(3000000) /* relay told -> contact must follow */
#define THON_DARK_US            UINT64_C(2000000) /* light lost for so long is told: within 5 s with all delays */
#define THON_CLEAR_US           UINT64_C(5000000) /* what feedback disproves must stay disproved so long */
#define THON_REMOTE_SETTLE_US   UINT64_C(10000000) /* an MQTT relay must answer; then one retry, then silent */
#define THON_REMOTE_POKE_US     UINT64_C(60000000)  /* a silent or contrary one is told again so often */
#define THON_REMOTE_STALE_US    UINT64_C(600000000) /* one that said nothing for so long is asked */
#define THON_CLOCK_GRACE_US     UINT64_C(60000000) /* a boot may take so long to find the time without a fault */
#define THON_PHOTOCELL_STALE_US UINT64_C(57600000000) /* 16 h: no night or day of Vietnam is as long */
#define THON_WARMUP_US          UINT64_C(600000000)   /* of discharge lamps; watts are not judged before */
#define THON_METER_WINDOW_US    UINT64_C(300000000)   /* one estimate of watts takes at least so long, */
#define THON_METER_LONGEST_US   UINT64_C(14400000000) /* at most so long when pulses are rare, */
#define THON_METER_QUANTA       10                    /* and so many pulses in between */
#define THON_WATTS_WINDOW_US    UINT64_C(1800000000)  /* dead lamps must show for so long */
#define THON_OFF_WINDOW_US      UINT64_C(600000000)   /* energy while off: so many pulses, */
#define THON_OFF_PULSES         3                     /* and so much energy, */
#define THON_OFF_KWH            0.003                 /* within one window (18 W on average) */
#define THON_OFF_SETTLE_US      UINT64_C(10000000) /* pulses just after the opening belong to the lit time */
#define THON_OVERLOAD_US        UINT64_C(60000000)
#define THON_ORDER_DWELL_US     UINT64_C(2000000) /* orders of people, and their ends, wait no longer */

/* `pending` and `pending_since` are the hysteresis: what contradicts `raised` began then. */
struct thon_fault_state {
        bool raised;
        struct thon_wall since;
        int64_t event; /* serial of the raise, so that the clear bears the same id; 0 none */
        double value;  /* dead lamps, watts, seconds: as the fault has it */
        bool pending;
        struct thon_mono pending_since;
};

/* The state of a circuit. Plain data, zero-initialised by thon_circuit_init(); the shell reads it, only these calls
 * write it. Exception: right after thon_circuit_init() the shell writes the counters that it kept over a restart
 * (operations, on_seconds, pulses, remote_kwh, remote_kwh_base, kwh_offset). */
struct thon_circuit {
        const struct thon_circuit_conf *conf; /* borrowed */
        struct thon_commanded commanded;
        struct thon_override override;  /* of this circuit */
        struct thon_override emergency; /* "all on": beats the override, which resumes when not yet over */
        bool in_effect;
        bool decided; /* in_effect has a meaning */
        enum thon_light_why why;
        struct thon_wall in_effect_since;
        struct thon_mono switched; /* the relay's last operation; min_dwell counts from it */
        bool ever_switched;
        bool by_order; /* the level in effect is the wish of a person, not of a program or a photocell */
        bool retell;   /* the relay failed and is back: tell it again */
        bool dirty;    /* an event changed what the retained state shows */
        uint64_t operations;
        /* Of light, by in_effect, since the counter began; monotonic, so that no step falsifies it. */
        uint64_t on_seconds;
        struct thon_mono on_counted;

        enum thon_tri physical, door, manual, lockout, photocell_raw, mains;
        enum thon_tri contact; /* the feedback input; `physical` follows it, or else remote_state */
        bool dark;             /* photocell after hysteresis */
        bool dark_known;       /* false: no reading yet, or the cell is stuck */
        bool photocell_stuck;  /* said the same for too long; believed again after a change that lasts */
        struct thon_mono photocell_since, physical_since;
        bool was_lit; /* physical on was seen since the relay was last told on */

        enum thon_tri remote_state; /* last report of an MQTT relay */
        bool remote_online, remote_answered, remote_silent;
        struct thon_mono remote_told, remote_due;
        int remote_tries;

        uint64_t pulses;   /* of the S0 meter, kept across restarts; corrected by thon_circuit_correct() */
        double remote_kwh; /* last report of an MQTT meter */
        double remote_kwh_base; /* so that kwh never falls when the device's counter restarts */
        double kwh_offset;      /* correction by a person */
        bool remote_metered;    /* a report of energy was seen since the start */
        bool remote_has_watts;  /* ... and of power: it is better than an estimate */

        bool lit, warm; /* light is due and nothing denies it; and for longer than the warm-up */
        struct thon_mono lit_since;
        struct thon_mono window_opened; /* of the running watts estimate */
        bool window_marked;             /* the window has its first pulse, from which it measures */
        struct thon_mono window_began, window_last;
        double window_kwh;
        double watts; /* last estimate, < 0 unknown */
        bool watts_warm;
        bool energy_watched, energy_seen; /* since the light was told on */
        struct thon_mono energy_since;    /* last energy, or since when it is waited for */
        bool off_watched;                 /* off for long enough that no energy should flow */
        bool off_over;                    /* more energy than THON_OFF_KWH in the last window while off */
        struct thon_mono off_began;
        double off_kwh;

        bool relay_failed;
        struct thon_fault_state faults[THON_FAULTS];
        /* Borrowed: source of event ids, counts up at each raise. The shell loads and keeps it, so that no id comes
         * twice over restarts (e.g. start it at the wall clock's second times 1000 when nothing is known). */
        int64_t *event_serial;
};

/* At a start: init, the kept counters, thon_circuit_override() for what was kept, thon_circuit_fault_restore(), the
 * inputs that can be read, thon_circuit_initial() for the level with which a line is requested; then decide. */
void thon_circuit_init(struct thon_circuit *c, const struct thon_circuit_conf *conf, int64_t *event_serial);
/* A new configuration of the same circuit after a reload: what it is doing, its overrides, counters and faults stay;
 * an input whose line changed is unknown again, a relay that changed is told again. */
void thon_circuit_reconfigure(struct thon_circuit *c, const struct thon_circuit_conf *conf);
/* A fault that was raised before a restart: its clear, or its staying, then bears the same id. */
void thon_circuit_fault_restore(struct thon_circuit *c, enum thon_fault fault, struct thon_wall since,
                                int64_t event, double value);

struct thon_instant {
        struct thon_wall wall;
        struct thon_mono mono;
        bool trusted; /* the wall clock */
};

enum thon_input {
        THON_INPUT_FEEDBACK,
        THON_INPUT_DOOR,
        THON_INPUT_MANUAL,
        THON_INPUT_LOCKOUT,
        THON_INPUT_PHOTOCELL,
        THON_INPUT_MAINS,
        THON_INPUTS
};

/* Inputs: logical levels after debounce; photocell on = dark, door on = open, manual on = on manual, mains on = there; unknown when the
 * line cannot be read any more. Events: after any of the calls below the shell calls thon_circuit_decide().
 *
 * A lock-out that is configured and not known counts as locked, since a person may hang on the line: the shell reads
 * the inputs before it asks for thon_circuit_initial(). */
void thon_circuit_input(struct thon_circuit *c, enum thon_input input, enum thon_tri level,
                        struct thon_instant now);
/* Nothing may light the circuit now. */
bool thon_circuit_locked(const struct thon_circuit *c);
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
/* The meter reads `kwh` now: later readings follow from it. Nothing happens while thon_circuit_kwh() is unknown. */
void thon_circuit_correct(struct thon_circuit *c, double kwh);

struct thon_fault_change {
        enum thon_fault fault;
        struct thon_fault_state state; /* as raised, or as it was when it cleared */
        bool raised;
};

struct thon_circuit_actions {
        bool set; /* tell the relay `on` now (also true when an MQTT relay must be told again) */
        bool on;
        bool query;   /* ask an MQTT relay for its state */
        bool held;    /* the relay should have closed, but for `hold` */
        bool changed; /* anything that the retained state shows, but for kwh and watts */
        size_t n_faults;
        struct thon_fault_change faults[THON_FAULTS];
        struct thon_wall again_wall; /* ask again at this civil instant, */
        struct thon_mono again_mono; /* or at this one, whichever comes first; NEVER when not */
};

/* `hold` true: the relay may not close for now (its turn in the stagger has not come); when it should, `held` is told
 * and the caller asks again in its turn. Opening is never held. A relay that was never told is told at once, dwell or
 * not; that is no operation. */
void thon_circuit_decide(struct thon_circuit *c, struct thon_schedule *schedule, size_t index,
                         struct thon_instant now, bool hold, struct thon_circuit_actions *ret);
/* The same, with what the programs command already known: thon_circuit_decide() is thon_schedule_at() and this. */
void thon_circuit_decide_commanded(struct thon_circuit *c, const struct thon_commanded *commanded,
                                   struct thon_instant now, bool hold, struct thon_circuit_actions *ret);

/* The level at which a line must be requested when the daemon starts: the same rules, so that a restart never blinks
 * a lamp. Give the inputs that can be read first. Does not count as an operation. A line that is opened again later
 * gets the level in effect; an MQTT relay is told by the next decision. */
bool thon_circuit_initial(struct thon_circuit *c, struct thon_schedule *schedule, size_t index,
                          struct thon_instant now);
bool thon_circuit_initial_commanded(struct thon_circuit *c, const struct thon_commanded *commanded,
                                    struct thon_instant now);

/* Stagger: at most one relay closes per `gap`; opening is never held. Priority: emergency first, then list order. */
struct thon_stagger {
        struct thon_mono last_on;
        bool any;
};
#define THON_STAGGER_GAP_US UINT64_C(300000)
/* True when a relay may close now; `*ret_when` is when to ask again otherwise. */
bool thon_stagger_may(const struct thon_stagger *s, struct thon_mono now, uint64_t gap_us,
                      struct thon_mono *ret_when);
void thon_stagger_closed(struct thon_stagger *s, struct thon_mono now);

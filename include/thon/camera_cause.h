/* One cause, one message: which of many failures is the one to be told. Pure: verdicts of devices go in with their time,
 * actions come out; the shell (src/camerad/incidents.c) carries them out.
 *
 * An *incident* is one cause with all that it takes down: its *root*. It is told once when it begins, and once when it ends,
 * with the names of those that are still down. Suppress alerts, never checks; suppress creation, never resolution.
 *
 * The root is, in this order: our own network (everything that is checked by address is silent at once); the mains of an
 * area (its input says so, or more than half of an area's devices under at least two parents fell together); the highest
 * silent parent that is declared; a parent that answers while all (at least 3) that hang on it fell together; a *learned*
 * group (devices that fell together before, thon/camera_learn.h) or else a subnet or an area of which at least
 * `together_min` and more than half fell together; else the device itself.
 *
 * Fell together: the spans in which they can have failed, from the last good look to the first bad one, overlap within
 * `together_s`. A failure of a child is held back for one retry of its parent (`hold_s`), so that the cause is known before
 * the child is told of.
 *
 * Level-triggered: thon_cause_device() only notes what is so; thon_cause_look() decides, may be called at any time and any
 * number of times, and says when it must be called again. */
#pragma once

#include "thon/camera_state.h"
#include "thon/slug.h"

enum thon_watch_kind {
        THON_WATCH_CAMERA,
        THON_WATCH_SWITCH,
        THON_WATCH_ACCESS_POINT,
        THON_WATCH_HOST,
        THON_WATCH_MAINS
};
const char *thon_watch_kind_text(
        enum thon_watch_kind kind); /* "camera", "switch", "access-point", "host", "mains" */
bool thon_watch_kind_parse(const char *text, enum thon_watch_kind *ret);

/* The /24 of a numeric IPv4 address (192.168.4.7 is 0xc0a80400), the /64 of an IPv6 one (its upper half); 0: neither. */
uint64_t thon_watch_network(const char *address);

struct thon_cause_rules {
        int64_t hold_s;        /* default 45 */
        int64_t together_s;    /* default 15 */
        unsigned together_min; /* default 3 */
        int64_t settle_s; /* default 180: what a cause took down gets so long to come back before its end is told */
};
extern const struct thon_cause_rules thon_cause_defaults;

#define THON_NO_DEVICE SIZE_MAX

/* A device as the cause finder needs it. Strings are borrowed until thon_cause_free(). */
struct thon_cause_device {
        const char *id, *name, *area; /* area may be "" */
        enum thon_watch_kind kind;
        size_t parent;    /* index; THON_NO_DEVICE none. A cycle is cut where it is found */
        uint64_t network; /* its subnet: thon_watch_network() of its address; 0 none */
        /* Of MAINS: the areas that it feeds are its own area and those below; their ids. Whose parent it is, it feeds too. */
        const char *const *areas;
        size_t n_areas;
};

enum thon_cause_kind {
        THON_CAUSE_SELF,     /* our own network */
        THON_CAUSE_MAINS,    /* `device` is the input, or none: concluded from the mass of them */
        THON_CAUSE_PARENT,   /* `device` is silent */
        THON_CAUSE_CHILDREN, /* `device` answers, all that hangs on it is silent */
        THON_CAUSE_LEARNED,  /* `group` is the id of a learned group */
        THON_CAUSE_NETWORK,  /* of one subnet */
        THON_CAUSE_AREA,
        THON_CAUSE_DEVICE,   /* itself */
        THON_CAUSE_FLAPPING, /* itself, comes and goes */
};
const char *thon_cause_slug(enum thon_cause_kind kind); /* "self", "mains", "parent", ... */

#define THON_INCIDENT_ID 96
struct thon_incident {
        /* "camera-<root>-<seconds>", seconds of the wall clock when it was raised (the same failure may be told twice,
         * before and after a wider one, and those are two events); also the id of its event. */
        char id[THON_INCIDENT_ID];
        enum thon_cause_kind kind;
        enum thon_camera_verdict verdict; /* of the root; of a mass one what most of them show */
        size_t device;                    /* of the root; THON_NO_DEVICE none */
        int64_t group;                    /* LEARNED: its id; NETWORK: its number (cast); else 0 */
        const char *area; /* of the root, or common to all; "" none. Borrowed from a device */
        struct thon_wall began;
        size_t *members; /* devices it holds down, the root not among them; in order of index */
        size_t n_members;
        size_t most; /* so many were down at once, root not counted */
        char cause_id
                [THON_INCIDENT_ID]; /* incident from which it was split (still down after that ended); "" none */
        bool raised;                /* told */
};

enum thon_cause_what {
        THON_CAUSE_RAISE, /* tell it. All of these come before all of the others in a list */
        THON_CAUSE_CLEAR, /* it is over; `members` are those that are still down, each with an incident of its own,
                              * raised before this with this one as its cause_id */
        THON_CAUSE_CHANGED, /* its members changed; nobody is told, but it is published and kept */
        THON_CAUSE_DROPPED, /* one that was restored as not raised ended before it was told: nobody is told */
        THON_CAUSE_RECHECK, /* check this device now: its siblings or children fell */
};
struct thon_cause_action {
        enum thon_cause_what what;
        const struct thon_incident *incident; /* but RECHECK; lives until the next call */
        size_t device;                        /* RECHECK */
        /* CLEAR, DROPPED: id of the incident that tells of it from now on (a wider one, flapping, a failure after a
         * warning); nobody needs to hear of the end. NULL none. */
        const char *absorbed_by;
};
struct thon_cause_actions {
        struct thon_cause_action *items;
        size_t n;
        struct thon_mono next; /* look again then; NEVER: when something changes */
};

struct thon_cause;
/* `learned` (thon/camera_learn.h) may be NULL; borrowed, it is taught by this. -EINVAL: a parent out of range. */
struct thon_learn;
int thon_cause_new(const struct thon_cause_rules *rules, const struct thon_cause_device *devices, size_t n,
                   struct thon_learn *learned, struct thon_cause **ret);
struct thon_cause *thon_cause_free(struct thon_cause *cause);

/* After each look at a device. MAINS: verdict NO_POWER while the mains is away, else OK; of the others as judged. */
void thon_cause_device(struct thon_cause *cause, size_t device, const struct thon_device_state *state,
                       struct thon_state_now now);
/* A device in maintenance makes no incidents, is no member, and ends what it is the root of. */
void thon_cause_maintenance(struct thon_cause *cause, size_t device, bool on);
int thon_cause_look(struct thon_cause *cause, struct thon_state_now now, struct thon_cause_actions *ret);
void thon_cause_actions_done(struct thon_cause_actions *actions);

/* Over a restart, or a change of the registry: raised incidents as they were kept, before the first look; copied. Those
 * whose root is up again and whose members are end as ever; nothing ends while what it holds was not looked at yet. A
 * device that is no more is THON_NO_DEVICE, as root or among the members: it is passed over, and without its root an
 * incident ends. -EINVAL: no id. -EEXIST: stands already. */
int thon_cause_restore(struct thon_cause *cause, const struct thon_incident *incident);
/* NULL when the device is in none. */
const struct thon_incident *thon_cause_of(const struct thon_cause *cause, size_t device);
size_t thon_cause_count(const struct thon_cause *cause);
const struct thon_incident *thon_cause_at(const struct thon_cause *cause, size_t i);
/* True while a raised or nearly raised incident holds it down together with others: nothing is healed then. */
bool thon_cause_common(const struct thon_cause *cause, size_t device);

/* ---- words (src/core/camera/incident_words.c) ---- */
/* What an officer reads, at most 400 bytes, cut between names: "Tủ mạng thôn 4: mất kết nối từ 20:10, 16 camera mất theo
 * (Cổng chùa, Ngã ba, ... và 11 nơi khác). Kiểm tra nguồn và dây mạng của tủ." Owned by the caller; NULL: no memory. */
/* `began_clock`, `ended_clock`, `lasted`: NULL where whoever passes it on says so itself, as the relay does. */
char *thon_incident_text(const struct thon_cause *cause, const struct thon_incident *incident,
                         const char *began_clock);
/* "Tủ mạng thôn 4: đã có lại lúc 20:25, sau 15 phút; còn 2 nơi chưa có: A, B". */
char *thon_incident_end_text(const struct thon_cause *cause, const struct thon_incident *incident,
                             const char *ended_clock, const char *lasted);
/* What the root is called: a device's name, "Mạng 192.168.4.0/24" (from `network`), an area's id, "Máy chủ Thôn". Owned. */
char *thon_incident_name(const struct thon_cause *cause, const struct thon_incident *incident);

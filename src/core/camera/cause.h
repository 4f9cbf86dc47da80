/* The cause finder, between its files:
 *
 *   cause.c           what is known of each device; the look, and what others ask
 *   cause_plant.c     the plant as declared: parents, areas, subnets
 *   cause_together.c  which devices fell at the same time
 *   cause_root.c      which cause explains whom: the order of the header, from the widest to the device itself
 *   cause_mass.c      causes that nobody declared: seen by how many fell together
 *   cause_incident.c  how an incident begins, holds devices, and ends
 *   cause_actions.c   what is to be told, in its order
 *   cause_recheck.c   who is to be looked at now
 *
 * There is no list of "pending" incidents: until it is told, a cause is found anew at every look from what is so, and
 * nothing has to be undone when it turns out to be another. Only what was told is state. */
#pragma once

#include <stdint.h>

#include "thon/camera_cause.h"
#include "thon/camera_learn.h"

#define NONE   SIZE_MAX
#define SECOND UINT64_C(1000000)
#define PATIENCE \
        4 /* so many times hold_s is waited for a parent that stays unclear, then the child is told alone */
#define LATE_S       300 /* a device may have fallen so long before its parent for this to be the same cause */
#define FLAP_HIDES_S 900 /* so long a flapping parent excuses a silent child while it answers itself */

struct incident {
        struct thon_incident pub;
        struct thon_mono point; /* of a mass: when its devices fell; NEVER: not known (restored) */
        struct thon_mono over;  /* its root is well since then; NEVER */
        size_t area, network;   /* of a mass: that one; NONE */
        size_t held,
                unseen; /* devices that it holds, without its root; those not looked at since it was over */
        bool waning;    /* some of it are back already */
        bool root_lost; /* restored, and its device is no more */
        struct thon_mono rechecked;
        bool raise, changed, ended;   /* to be told */
        struct incident *absorbed_by; /* in this look */
};

struct watched {
        struct thon_cause_device conf;
        size_t parent, area, network; /* NONE */
        size_t first_child, n_children;

        /* what is so */
        enum thon_camera_verdict hard, now;
        bool known; /* looked at in this process */
        bool flapping, maintenance;
        bool fallen; /* silent, from the first silent look until that is over hard */
        struct thon_wall since, flapping_since, fell; /* `fell`: of the first silent look */
        struct thon_mono looked, answered;            /* NEVER */
        struct thon_mono from,
                to;               /* it fell between its last good look (0: none) and the first silent one */
        struct thon_mono hard_at; /* silent hard since, as seen by us; NEVER */
        struct thon_mono flap_at; /* likewise flapping */
        struct thon_mono calm_at; /* and no longer flapping; NEVER: it never did */
        bool taught;              /* this fall was */

        struct incident *in; /* that it is the root or a member of: ask held_by() */
        int64_t last_id;     /* seconds in the id of the last incident that it was the root of */
        struct thon_mono rechecked;
        bool fresh; /* fell since the last look */
        bool stirs; /* answered since the last look, after a silence */

        /* of one look */
        size_t top;            /* highest silent parent; itself */
        size_t flapper;        /* nearest parent that flaps; NONE */
        bool excused;          /* silent below a device in maintenance */
        bool waits;            /* explained by a cause that is not ripe yet */
        bool suspect;          /* and not alone: nothing is healed then */
        size_t cluster;        /* fell together with the others of it; NONE */
        struct incident *left; /* it was released from this one, still failing, in this look */
};

/* A set of devices with something in common: an area, a subnet. */
struct set {
        size_t first, n; /* in `sorted` */
};

struct keyed {
        size_t cluster, key, device;
};

struct thon_cause {
        struct thon_cause_rules rules;
        struct thon_learn *learned;
        struct watched *devices;
        size_t n;
        size_t *order;                /* parents before their children */
        size_t *children;             /* by parent */
        size_t *by_area, *by_network; /* devices, sorted */
        struct set *areas, *networks;
        size_t n_areas, n_networks;
        struct thon_mono *area_rechecked, *network_rechecked, *children_rechecked;

        struct incident **standing, **graves; /* graves: ended, to be forgotten at the next look */
        size_t n_standing, n_graves, room_standing, room_graves;
        int64_t last_id; /* of incidents without a device */

        bool dirty, waiting;
        struct thon_mono next;
        int failed; /* of this look */
        struct thon_state_now now;

        struct keyed *keyed; /* scratch of one look */
        size_t *picked;
        struct edge *edges;
        struct thon_mono *points; /* of clusters */
        size_t n_clusters;
};

/* ---- cause_plant.c ---- */
int plant_lay_out(struct thon_cause *f);
size_t plant_area(const struct thon_cause *f, const char *area); /* NONE: no device is in it */

/* ---- what holds of a device ---- */
static inline bool watched_counts(const struct watched *d)
{
        return d->conf.kind != THON_WATCH_MAINS && !d->maintenance;
}
static inline bool watched_silent(const struct watched *d)
{
        return d->fallen && d->conf.kind != THON_WATCH_MAINS;
}
static inline bool watched_hard_silent(const struct watched *d)
{
        return watched_silent(d) && d->hard_at.us != UINT64_MAX;
}
static inline bool watched_bad(const struct watched *d)
{
        return d->hard != THON_CAMERA_OK && d->hard != THON_CAMERA_UNKNOWN;
}
/* The one that holds it, unless that ended in this look. */
static inline struct incident *held_by(const struct watched *d)
{
        return d->in && !d->in->ended ? d->in : NULL;
}
static inline void wake(struct thon_cause *f, struct thon_mono at)
{
        if (at.us < f->next.us)
                f->next = at;
}
/* `after_s` after `since` is over; if not, the look is to be repeated then. */
static inline bool passed(struct thon_cause *f, struct thon_mono since, int64_t after_s)
{
        struct thon_mono at = thon_mono_add(since, (uint64_t)(after_s > 0 ? after_s : 0) * SECOND);

        if (f->now.mono.us >= at.us)
                return true;
        wake(f, at);
        return false;
}

/* ---- cause_together.c ---- */
#define CLUSTERS_MAX 32 /* real causes at one time are few; the rest is told as single ones */
struct edge *together_room(size_t n);
/* Sets `cluster` of all silent devices, and `points`. */
void together_find(struct thon_cause *f);
/* The device can have fallen at that moment. */
bool together_at(const struct thon_cause *f, const struct watched *d, struct thon_mono point);

/* ---- cause_incident.c ---- */
/* Members that are well again leave; incidents that are over end, and release what still fails (`left`). */
void incidents_settle(struct thon_cause *f);
struct about {
        enum thon_cause_kind kind;
        size_t device, area, network; /* NONE */
        int64_t group;
        struct thon_mono point; /* NEVER */
};
/* Begins one that is to be told; NULL: no memory (`failed`). */
struct incident *incident_begin(struct thon_cause *f, const struct about *about, const size_t *picked,
                                size_t n);
/* It holds this device from now on; what held it before and holds nobody else any more, or had it as its root, is absorbed. */
void incident_take(struct thon_cause *f, struct incident *x, size_t device);
void incident_absorb(struct incident *old, struct incident *by);
bool incident_may_take(const struct thon_cause *f, const struct watched *d, const struct about *about);
struct incident *incident_add(struct thon_cause *f);
void incident_free(struct incident *x);

/* ---- cause_root.c, cause_mass.c ---- */
void roots_find(struct thon_cause *f);
/* Told now when it is ripe; else its devices wait for it. True: told. */
bool roots_propose(struct thon_cause *f, const struct about *about, const size_t *picked, size_t n);
/* Not held by a wider cause, and silent. */
bool roots_eligible(const struct thon_cause *f, const struct watched *d, const struct about *about);
void mass_self(struct thon_cause *f);
void mass_join(struct thon_cause *f);
void mass_mains(struct thon_cause *f);
void mass_children(struct thon_cause *f);
void mass_learned(struct thon_cause *f);
void mass_networks_and_areas(struct thon_cause *f);
void mass_teach(struct thon_cause *f);

/* ---- cause_actions.c ---- */
int actions_make(struct thon_cause *f, struct thon_cause_actions *ret);

/* ---- cause_recheck.c ---- */
/* Fills at most `room` devices; returns how many. */
size_t recheck_list(struct thon_cause *f, size_t *ret, size_t room);

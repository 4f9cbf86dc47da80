/* Causes that nobody declared. They are concluded from how many of a set fell at the same time, and only devices that no
 * declared parent explains count, except for the mains, whose sign is that several parents fell at once. */
#include "cause.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"

#define MAINS_LATE_S  120 /* the input may tell of the cut so long after the first device fell */
#define LEARNED_SHARE 60  /* percent of a learned group */

/* ---- later ones of what was told already ---- */
static bool in_group(const struct thon_cause *f, int64_t group, const char *id)
{
        _cleanup_free_ const char **ids = NULL;
        size_t n = f->learned ? thon_learn_members(f->learned, group, NULL, 0) : 0;

        ids = calloc(n ? n : 1, sizeof(*ids));
        if (!ids || !n)
                return false;
        (void)thon_learn_members(f->learned, group, ids, n);
        for (size_t i = 0; i < n; i++)
                if (strcmp(ids[i], id) == 0)
                        return true;
        return false;
}

static bool joins(const struct thon_cause *f, const struct incident *x, size_t device)
{
        const struct watched *d = &f->devices[device];

        switch (x->pub.kind) {
        case THON_CAUSE_SELF:
                return true;
        case THON_CAUSE_MAINS:
                return x->area != NONE && d->area == x->area && together_at(f, d, x->point);
        case THON_CAUSE_CHILDREN:
                return d->parent == x->pub.device;
        case THON_CAUSE_LEARNED:
                return d->top == device && together_at(f, d, x->point) &&
                       in_group(f, x->pub.group, d->conf.id);
        case THON_CAUSE_NETWORK:
                return d->top == device && d->network == x->network && together_at(f, d, x->point);
        case THON_CAUSE_AREA:
                return d->top == device && d->area == x->area && together_at(f, d, x->point);
        case THON_CAUSE_PARENT:
        case THON_CAUSE_DEVICE:
        case THON_CAUSE_FLAPPING:
                return false;
        }
        return false;
}

void mass_join(struct thon_cause *f)
{
        for (size_t i = 0; i < f->n_standing; i++) {
                struct incident *x = f->standing[i];
                struct about about = {.kind = x->pub.kind};

                if (x->ended || x->over.us != UINT64_MAX || x->pub.kind == THON_CAUSE_PARENT ||
                    x->pub.kind >= THON_CAUSE_DEVICE ||
                    (x->pub.kind == THON_CAUSE_MAINS && x->pub.device != THON_NO_DEVICE))
                        continue;
                for (size_t d = 0; d < f->n; d++)
                        if (!held_by(&f->devices[d]) && !f->devices[d].left &&
                            roots_eligible(f, &f->devices[d], &about) && joins(f, x, d))
                                incident_take(f, x, d);
        }
}

/* ---- our own network ---- */
static bool stands(const struct thon_cause *f, enum thon_cause_kind kind)
{
        for (size_t i = 0; i < f->n_standing; i++)
                if (!f->standing[i]->ended && f->standing[i]->pub.kind == kind)
                        return true;
        return false;
}

/* It lies in an area without mains: that says enough. */
static bool without_mains(const struct watched *d)
{
        const struct incident *x = held_by(d);

        return x && x->pub.kind == THON_CAUSE_MAINS && x->pub.device != THON_NO_DEVICE;
}

/* All that we know of is silent; how many are known, 0 when one answers or too little is known. */
static size_t all_silent(const struct thon_cause *f)
{
        size_t all = 0, known = 0;

        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];

                if (!watched_counts(d) || without_mains(d))
                        continue;
                all++;
                if (!d->known)
                        continue;
                if (!thon_camera_silent(d->now))
                        return 0;
                known++;
        }
        return known * 2 > all ? known : 0;
}

void mass_self(struct thon_cause *f)
{
        struct about about = {.kind = THON_CAUSE_SELF, .device = NONE, .area = NONE, .network = NONE};
        size_t counts[CLUSTERS_MAX] = {0}, best = 0, n = 0, known;
        bool tops = false;

        known = stands(f, THON_CAUSE_SELF) ? 0 : all_silent(f);
        if (!known || !f->n_clusters)
                return;
        for (size_t i = 0; i < f->n; i++)
                if (f->devices[i].cluster != NONE && ++counts[f->devices[i].cluster] > counts[best])
                        best = f->devices[i].cluster;
        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];

                if (d->cluster != best || d->left || without_mains(d) || !roots_eligible(f, d, &about))
                        continue;
                f->picked[n++] = i;
                tops |= d->top != f->devices[f->picked[0]].top;
        }
        /* One declared parent above all of them is the better answer. */
        if (n < f->rules.together_min || n * 2 <= known || !tops)
                return;
        about.point = f->points[best];
        roots_propose(f, &about, f->picked, n);
}

/* ---- the mains ---- */
/* It fell with the cut, or after it. */
static void cut_off(struct thon_cause *f, struct incident *x, const struct about *about, size_t device)
{
        const struct watched *d = &f->devices[device], *m = &f->devices[about->device];

        if (held_by(d) != x && roots_eligible(f, d, about) &&
            thon_mono_add(d->to, MAINS_LATE_S * SECOND).us >= m->to.us)
                incident_take(f, x, device);
}

static void mains_input(struct thon_cause *f, size_t mains)
{
        struct watched *m = &f->devices[mains];
        struct about about = {.kind = THON_CAUSE_MAINS,
                              .device = mains,
                              .area = NONE,
                              .network = NONE,
                              .point = THON_MONO_NEVER};
        struct incident *x = held_by(m);

        if (!x && m->known && m->now == THON_CAMERA_NO_POWER)
                x = incident_begin(f, &about, NULL, 0);
        if (!x || x->over.us != UINT64_MAX || !m->known)
                return;
        for (size_t a = 0; a < m->conf.n_areas; a++) {
                size_t area = plant_area(f, m->conf.areas[a]);
                const struct set *set = area == NONE ? NULL : &f->areas[area];

                for (size_t k = 0; set && k < set->n; k++)
                        cut_off(f, x, &about, f->by_area[set->first + k]);
        }
        for (size_t k = 0; k < m->n_children; k++)
                cut_off(f, x, &about, f->children[m->first_child + k]);
}

/* ---- sets of which most fell together ---- */
static int by_cluster(const void *a, const void *b)
{
        const struct keyed *x = a, *y = b;

        if (x->cluster != y->cluster)
                return x->cluster < y->cluster ? -1 : 1;
        if (x->key != y->key)
                return x->key < y->key ? -1 : 1;
        return (x->device > y->device) - (x->device < y->device);
}

static size_t key_of(const struct thon_cause *f, enum thon_cause_kind kind, size_t device)
{
        const struct watched *d = &f->devices[device];

        if (kind == THON_CAUSE_MAINS)
                return d->area;
        if (kind == THON_CAUSE_CHILDREN)
                return d->parent;
        if (d->top != device)
                return NONE;
        return kind == THON_CAUSE_NETWORK ? d->network : kind == THON_CAUSE_AREA ? d->area : 0;
}

/* How many could have fallen then: what was dead before says nothing for or against. */
static size_t counted(const struct thon_cause *f, const size_t *list, size_t n, size_t cluster)
{
        size_t count = 0;

        for (size_t i = 0; i < n; i++) {
                const struct watched *d = &f->devices[list[i]];

                count += watched_counts(d) && (!watched_silent(d) || d->cluster == cluster);
        }
        return count;
}

/* The parent that a device fell under: the silent one, or the answering one; NONE: it hangs on nothing that was declared. */
static size_t branch_of(const struct thon_cause *f, size_t device)
{
        const struct watched *top = &f->devices[f->devices[device].top];

        if (f->devices[device].top != device || top->n_children)
                return f->devices[device].top;
        return top->parent;
}

static bool several_branches(const struct thon_cause *f, const struct keyed *run, size_t n)
{
        size_t first = NONE;

        for (size_t i = 0; i < n; i++) {
                size_t branch = branch_of(f, run[i].device);

                if (branch == NONE)
                        continue;
                if (first != NONE && branch != first)
                        return true;
                first = branch;
        }
        return false;
}

static bool most_fell(const struct thon_cause *f, enum thon_cause_kind kind, const struct keyed *run,
                      size_t n)
{
        const struct set *set;
        const struct watched *parent;
        const size_t *list;

        if (kind == THON_CAUSE_CHILDREN) {
                parent = &f->devices[run->key];
                return parent->known && watched_counts(parent) && !watched_silent(parent) &&
                       n == counted(f, f->children + parent->first_child, parent->n_children, run->cluster);
        }
        set = kind == THON_CAUSE_NETWORK ? &f->networks[run->key] : &f->areas[run->key];
        list = (kind == THON_CAUSE_NETWORK ? f->by_network : f->by_area) + set->first;
        if (n * 2 <= counted(f, list, set->n, run->cluster))
                return false;
        return kind != THON_CAUSE_MAINS || several_branches(f, run, n);
}

static size_t collect(struct thon_cause *f, enum thon_cause_kind kind)
{
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];
                size_t key = key_of(f, kind, i);
                struct about about = {.kind = kind, .device = kind == THON_CAUSE_CHILDREN ? key : NONE};

                if (d->cluster == NONE || key == NONE || d->left || !roots_eligible(f, d, &about))
                        continue;
                f->keyed[n++] = (struct keyed){.cluster = d->cluster, .key = key, .device = i};
        }
        qsort(f->keyed, n, sizeof(*f->keyed), by_cluster);
        return n;
}

static size_t run_length(const struct keyed *run, size_t n)
{
        size_t k = 1;

        while (k < n && run[k].cluster == run->cluster && run[k].key == run->key)
                k++;
        return k;
}

static void find_masses(struct thon_cause *f, enum thon_cause_kind kind)
{
        size_t n = collect(f, kind);

        for (size_t i = 0, k; i < n; i += k) {
                const struct keyed *run = f->keyed + i;
                struct about about = {.kind = kind,
                                      .device = kind == THON_CAUSE_CHILDREN ? run->key : NONE,
                                      .area = kind == THON_CAUSE_AREA || kind == THON_CAUSE_MAINS ? run->key
                                                                                                  : NONE,
                                      .network = kind == THON_CAUSE_NETWORK ? run->key : NONE,
                                      .point = f->points[run->cluster]};

                k = run_length(run, n - i);
                if (k < f->rules.together_min || !most_fell(f, kind, run, k))
                        continue;
                if (kind == THON_CAUSE_NETWORK)
                        about.group = (int64_t)f->devices[run->device].conf.network;
                for (size_t j = 0; j < k; j++)
                        f->picked[j] = run[j].device;
                roots_propose(f, &about, f->picked, k);
        }
}

void mass_mains(struct thon_cause *f)
{
        for (size_t i = 0; i < f->n; i++)
                if (f->devices[i].conf.kind == THON_WATCH_MAINS && !f->devices[i].maintenance)
                        mains_input(f, i);
        find_masses(f, THON_CAUSE_MAINS);
}

void mass_children(struct thon_cause *f)
{
        find_masses(f, THON_CAUSE_CHILDREN);
}

void mass_networks_and_areas(struct thon_cause *f)
{
        find_masses(f, THON_CAUSE_NETWORK);
        find_masses(f, THON_CAUSE_AREA);
}

/* ---- what was learned ---- */
static int by_id(const void *a, const void *b, void *arg)
{
        const struct watched *devices = arg;
        const struct keyed *x = a, *y = b;

        return strcmp(devices[x->device].conf.id, devices[y->device].conf.id);
}

/* Takes the members of `group` out of the run (in order of id) into `picked`; returns how many. */
static size_t pick_group(struct thon_cause *f, int64_t group, const char **ids, struct keyed *run, size_t *n)
{
        size_t members = thon_learn_members(f->learned, group, ids, f->n), picked = 0, kept = 0, k = 0;

        if (members > f->n)
                members = f->n;
        for (size_t i = 0; i < *n; i++) {
                const char *id = f->devices[run[i].device].conf.id;

                while (k < members && strcmp(ids[k], id) < 0)
                        k++;
                if (k < members && strcmp(ids[k], id) == 0)
                        f->picked[picked++] = run[i].device;
                else
                        run[kept++] = run[i];
        }
        *n = kept;
        return picked;
}

void mass_learned(struct thon_cause *f)
{
        _cleanup_free_ const char **ids = NULL;
        size_t n = f->learned ? collect(f, THON_CAUSE_LEARNED) : 0;

        if (!n)
                return;
        ids = calloc(f->n, sizeof(*ids));
        if (!ids) {
                f->failed = -ENOMEM;
                return;
        }
        for (size_t i = 0, k; i < n; i += k) {
                struct keyed *run = f->keyed + i;
                struct about about = {.kind = THON_CAUSE_LEARNED,
                                      .device = NONE,
                                      .area = NONE,
                                      .network = NONE,
                                      .point = f->points[run->cluster]};
                size_t left;

                left = k = run_length(run, n - i);
                qsort_r(run, k, sizeof(*run), by_id, f->devices);
                while (left > 1) {
                        size_t picked;

                        for (size_t j = 0; j < left; j++)
                                ids[j] = f->devices[run[j].device].conf.id;
                        about.group = thon_learn_match(f->learned, ids, left, LEARNED_SHARE);
                        picked = about.group ? pick_group(f, about.group, ids, run, &left) : 0;
                        if (!picked)
                                break;
                        if (picked > 1)
                                roots_propose(f, &about, f->picked, picked);
                }
        }
}

/* Nobody declared why it fell: it may teach. */
static bool unexplained(const struct watched *d, size_t device)
{
        const struct incident *x = held_by(d);

        return watched_counts(d) && watched_silent(d) && d->top == device && !d->excused && !d->taught &&
               !d->left && d->from.us && thon_slug_valid(d->conf.id) &&
               (!x || (x->pub.kind >= THON_CAUSE_LEARNED && x->pub.kind <= THON_CAUSE_DEVICE));
}

static void teach(struct thon_cause *f, const char **ids, size_t cluster)
{
        bool due = false;
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];

                if (d->cluster != cluster || !unexplained(d, i))
                        continue;
                due |= !held_by(d) && !d->waits && watched_hard_silent(d) &&
                       passed(f, d->hard_at, f->rules.hold_s);
                ids[n] = d->conf.id;
                f->picked[n++] = i;
        }
        if (!due || n < f->rules.together_min)
                return;
        if (thon_learn_teach(f->learned, ids, n, f->now.wall) < 0) {
                f->failed = -ENOMEM;
                return;
        }
        for (size_t i = 0; i < n; i++)
                f->devices[f->picked[i]].taught = true;
}

/* Once for each fall, when the first of it is ripe to be told: by then the others are silent too, since they were looked at at
 * once. Before it is told, so that the second fall of a group is one message already. */
void mass_teach(struct thon_cause *f)
{
        _cleanup_free_ const char **ids = NULL;

        if (!f->learned || !f->n_clusters)
                return;
        ids = calloc(f->n, sizeof(*ids));
        if (!ids) {
                f->failed = -ENOMEM;
                return;
        }
        for (size_t c = 0; c < f->n_clusters; c++)
                teach(f, ids, c);
}

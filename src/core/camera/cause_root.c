/* Which cause explains whom. Causes are tried from the widest to the device itself; whom one explains, the next ones do not
 * see. A cause that is not ripe yet (its first device is hard for less than `hold_s`, its root still soft) keeps its
 * devices waiting, but not for ever: a parent that never makes up its mind does not silence a dead camera. */
#include "cause.h"

#include <stdlib.h>

static bool wide(const struct incident *x)
{
        return x->pub.kind != THON_CAUSE_DEVICE && x->pub.kind != THON_CAUSE_FLAPPING;
}

static bool roots_in(const struct incident *x, size_t device)
{
        return x->pub.device == device;
}

bool roots_eligible(const struct thon_cause *f, const struct watched *d, const struct about *about)
{
        return watched_counts(d) && d->known && watched_silent(d) && !d->excused && !d->waits &&
               incident_may_take(f, d, about);
}

static void wait_for(struct thon_cause *f, size_t device, bool others)
{
        struct watched *d = &f->devices[device];

        d->waits = !d->left;
        d->suspect = others;
        f->waiting = true;
}

bool roots_propose(struct thon_cause *f, const struct about *about, const size_t *picked, size_t n)
{
        const struct watched *root = about->kind == THON_CAUSE_PARENT ? &f->devices[about->device] : NULL;
        struct thon_mono first = root ? root->hard_at : THON_MONO_NEVER;
        size_t hard = 0, want = n < f->rules.together_min ? n : f->rules.together_min;
        bool at_once = root && root->left, enough, ripe;

        for (size_t i = 0; i < n; i++) {
                const struct watched *d = &f->devices[picked[i]];

                hard += watched_hard_silent(d);
                at_once |= d->left != NULL;
                if (d->hard_at.us < first.us)
                        first = d->hard_at;
        }
        enough = root ? watched_hard_silent(root) : hard >= want;
        if (first.us != UINT64_MAX) {
                ripe = at_once || passed(f, first, f->rules.hold_s);
                if (ripe && enough)
                        return incident_begin(f, about, picked, n) != NULL;
                if (ripe && passed(f, first, PATIENCE * f->rules.hold_s))
                        return false;
        }
        for (size_t i = 0; i < n; i++)
                wait_for(f, picked[i], n + (root != NULL) > 1);
        if (root)
                wait_for(f, about->device, n > 0);
        return false;
}

/* ---- declared parents ---- */
/* It comes and goes, or did a moment ago: what hangs on it needs longer to be seen to be calm. */
static bool takes_along(struct thon_cause *f, const struct watched *parent)
{
        return !parent->maintenance && (parent->flapping || (parent->calm_at.us != UINT64_MAX &&
                                                             !passed(f, parent->calm_at, FLAP_HIDES_S)));
}
static void climb(struct thon_cause *f)
{
        for (size_t k = 0; k < f->n; k++) {
                size_t i = f->order[k];
                struct watched *d = &f->devices[i],
                               *parent = d->parent != NONE ? &f->devices[d->parent] : NULL;

                d->top = i;
                d->excused = d->waits = d->suspect = false;
                d->flapper = NONE;
                if (!parent)
                        continue;
                d->flapper = takes_along(f, parent) ? d->parent : parent->flapper;
                if (!watched_silent(d) || !watched_silent(parent))
                        continue;
                if (parent->maintenance || parent->excused)
                        d->excused = true;
                else
                        d->top = parent->top;
        }
}

static bool near(const struct watched *d, const struct watched *top)
{
        return thon_mono_add(d->to, LATE_S * SECOND).us >= top->from.us;
}

/* A switch that was told of alone, or that answered while all below it was silent, and is the dead parent now. */
static bool becomes_parent(const struct thon_cause *f, struct incident *x, size_t top)
{
        return roots_in(x, top) &&
               (x->pub.kind == THON_CAUSE_DEVICE || x->pub.kind == THON_CAUSE_CHILDREN) &&
               watched_hard_silent(&f->devices[top]);
}

static int by_key(const void *a, const void *b)
{
        const struct keyed *x = a, *y = b;

        if (x->key != y->key)
                return x->key < y->key ? -1 : 1;
        return (x->device > y->device) - (x->device < y->device);
}

/* Of a failure that was told long before its parent fell, the parent is not the cause. */
static bool open_matter(const struct watched *d, const struct watched *top)
{
        const struct incident *own = held_by(d);

        return !own || (own->pub.kind == THON_CAUSE_DEVICE && !thon_camera_down(own->pub.verdict)) ||
               near(d, top);
}

/* What is below a silent parent that an incident holds belongs to that incident. */
static void join_parents(struct thon_cause *f)
{
        for (size_t k = 0; k < f->n; k++) {
                size_t i = f->order[k];
                struct watched *d = &f->devices[i], *top = &f->devices[d->top];
                struct incident *above = held_by(top), *own = held_by(d);
                struct about about = {.kind = THON_CAUSE_PARENT, .device = NONE};

                if (d->top == i)
                        continue;
                /* The highest one is not told yet: what is told of the next one holds meanwhile. */
                if (!above)
                        above = held_by(&f->devices[d->parent]);
                if (!above)
                        continue;
                if (becomes_parent(f, above, d->top)) {
                        above->pub.kind = THON_CAUSE_PARENT;
                        above->pub.verdict = top->hard;
                        above->changed = true;
                }
                if (!wide(above) || own == above)
                        continue;
                about.kind = above->pub.kind;
                if (above->pub.device != THON_NO_DEVICE)
                        about.device = above->pub.device;
                if (roots_eligible(f, d, &about) && open_matter(d, top))
                        incident_take(f, above, i);
        }
}

static void find_parents(struct thon_cause *f)
{
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i], *top = &f->devices[d->top];
                const struct incident *above = held_by(top);
                struct about about = {.kind = THON_CAUSE_PARENT, .device = d->top};

                if (d->top != i && !(above && wide(above)) && !top->flapping && !top->waits &&
                    roots_eligible(f, d, &about) && open_matter(d, top))
                        f->keyed[n++] = (struct keyed){.key = d->top, .device = i};
        }
        qsort(f->keyed, n, sizeof(*f->keyed), by_key);
        for (size_t i = 0, k; i < n; i = k) {
                struct about about = {.kind = THON_CAUSE_PARENT,
                                      .device = f->keyed[i].key,
                                      .area = NONE,
                                      .network = NONE,
                                      .point = THON_MONO_NEVER};

                for (k = i; k < n && f->keyed[k].key == f->keyed[i].key; k++)
                        f->picked[k - i] = f->keyed[k].device;
                roots_propose(f, &about, f->picked, k - i);
        }
        /* Those whose own incident ended in a wider one just now. */
        join_parents(f);
}

/* ---- the device itself ---- */
/* Its parent comes and goes, and takes it along. What stays away while the parent answers is its own affair. */
static bool hidden_by_flapping(struct thon_cause *f, const struct watched *d)
{
        if (d->flapper == NONE)
                return false;
        return d->flapping || (watched_silent(d) && f->devices[d->flapper].flapping &&
                               (watched_silent(&f->devices[d->flapper]) || !passed(f, d->to, FLAP_HIDES_S)));
}

static void begin_own(struct thon_cause *f, size_t device, enum thon_cause_kind kind)
{
        struct about about = {
                .kind = kind, .device = device, .area = NONE, .network = NONE, .point = THON_MONO_NEVER};

        (void)incident_begin(f, &about, NULL, 0);
}

static void find_flapping(struct thon_cause *f, size_t device)
{
        struct watched *d = &f->devices[device];
        const struct incident *own = held_by(d);

        if (own && (own->pub.kind == THON_CAUSE_FLAPPING || !roots_in(own, device) ||
                    own->pub.kind == THON_CAUSE_CHILDREN))
                return;
        if (d->parent != NONE && !d->left && !passed(f, d->flap_at, f->rules.hold_s))
                return;
        begin_own(f, device, THON_CAUSE_FLAPPING);
}

/* What it hangs on has not been looked at since it fell. */
static bool parent_unclear(const struct thon_cause *f, const struct watched *d)
{
        const struct watched *parent = d->parent != NONE ? &f->devices[d->parent] : NULL;

        return parent && watched_counts(parent) && (!parent->known || parent->looked.us < d->to.us);
}

static void find_own(struct thon_cause *f, size_t device)
{
        struct watched *d = &f->devices[device];
        struct incident *own = held_by(d), *flapper;

        if (!watched_counts(d) || !d->known || d->excused || (d->waits && !d->left))
                return;
        if (hidden_by_flapping(f, d)) {
                flapper = held_by(&f->devices[d->flapper]);
                if (own && own->pub.kind == THON_CAUSE_FLAPPING && flapper &&
                    flapper->pub.kind == THON_CAUSE_FLAPPING)
                        incident_absorb(own, flapper);
                d->suspect = true;
                return;
        }
        if (d->flapping) {
                find_flapping(f, device);
                return;
        }
        if (!watched_bad(d) || (own && (own->pub.kind != THON_CAUSE_DEVICE ||
                                        thon_camera_down(own->pub.verdict) || !thon_camera_down(d->hard))))
                return;
        if (watched_hard_silent(d) && !d->left &&
            (!passed(f, d->hard_at, f->rules.hold_s) ||
             (parent_unclear(f, d) && !passed(f, d->hard_at, PATIENCE * f->rules.hold_s)))) {
                f->waiting = true;
                return;
        }
        begin_own(f, device, THON_CAUSE_DEVICE);
}

void roots_find(struct thon_cause *f)
{
        climb(f);
        together_find(f);
        mass_join(f);
        join_parents(f);
        mass_self(f);
        mass_mains(f);
        mass_children(f);
        find_parents(f);
        mass_teach(f);
        mass_learned(f);
        mass_networks_and_areas(f);
        for (size_t k = 0; k < f->n; k++)
                find_own(f, f->order[k]);
}

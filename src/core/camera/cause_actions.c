/* What a look brought, in the order in which it must be told: first what begins (so that whoever reads knows the cause
 * before the effect ends), then what ends, then what only changed, then who is to be looked at. Made at the end from marks on
 * the incidents, which are wiped only when the whole list stands: without memory nothing is lost, the next look tells. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cause.h"
#include "thon/cleanup.h"

#define RECHECKS_MAX 256

/* Its end names this device among those that still fail: it has another incident now. */
static bool named_at_end(const struct watched *d, size_t device)
{
        return d->left && held_by(d) &&
               !(d->left->pub.device == device &&
                 (d->left->pub.kind == THON_CAUSE_DEVICE || d->left->pub.kind == THON_CAUSE_FLAPPING));
}

/* New lists of members for all that stand or end, in one walk over the devices, so in order of index. */
static int lay_out_members(struct thon_cause *f)
{
        _cleanup_free_ size_t *was = calloc(f->n_standing ? f->n_standing : 1, sizeof(*was));
        _cleanup_free_ size_t **lists = calloc(f->n_standing ? f->n_standing : 1, sizeof(*lists));
        int r = 0;

        if (!was || !lists)
                return -ENOMEM;
        for (size_t i = 0; i < f->n_standing; i++)
                f->standing[i]->held = 0;
        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];
                struct incident *x = held_by(d);

                if (x && x->pub.device != i)
                        x->held++;
                if (named_at_end(d, i))
                        d->left->held++;
        }
        for (size_t i = 0; i < f->n_standing && r == 0; i++) {
                lists[i] = calloc(f->standing[i]->held ? f->standing[i]->held : 1, sizeof(**lists));
                if (!lists[i])
                        r = -ENOMEM;
        }
        for (size_t i = 0; r < 0 && i < f->n_standing; i++)
                free(lists[i]);
        if (r < 0)
                return r;
        for (size_t i = 0; i < f->n_standing; i++) {
                struct incident *x = f->standing[i];
                size_t *old = x->pub.members;

                was[i] = x->pub.n_members;
                x->pub.members = lists[i];
                x->pub.n_members = 0;
                lists[i] = old;
        }
        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];
                struct incident *x = held_by(d);

                if (x && x->pub.device != i)
                        x->pub.members[x->pub.n_members++] = i;
                if (named_at_end(d, i))
                        d->left->pub.members[d->left->pub.n_members++] = i;
        }
        for (size_t i = 0; i < f->n_standing; i++) {
                struct incident *x = f->standing[i];

                if (x->pub.n_members != was[i] ||
                    (was[i] && memcmp(x->pub.members, lists[i], was[i] * sizeof(*lists[i])) != 0))
                        x->changed = true;
                if (!x->ended && x->pub.n_members > x->pub.most)
                        x->pub.most = x->pub.n_members;
                free(lists[i]);
        }
        return 0;
}

/* One that ended because its device fails in another way now (it flapped, it was a warning) is told on by that one. */
static void find_successors(struct thon_cause *f)
{
        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];
                struct incident *x = held_by(d);

                if (d->left && x && d->left->pub.kind == THON_CAUSE_FLAPPING && !d->left->absorbed_by) {
                        incident_absorb(d->left, x);
                        if (x->raise)
                                x->pub.cause_id[0] = '\0';
                }
        }
}

/* What absorbed it may have been absorbed itself in the same look. */
static const char *told_on_by(const struct incident *x)
{
        if (!x->ended)
                return NULL;
        while (x->absorbed_by && x->absorbed_by->ended)
                x = x->absorbed_by;
        return x->absorbed_by ? x->absorbed_by->pub.id : NULL;
}

static void add(struct thon_cause_actions *actions, enum thon_cause_what what, const struct incident *x)
{
        actions->items[actions->n++] = (struct thon_cause_action){
                .what = what,
                .incident = &x->pub,
                .device = THON_NO_DEVICE,
                .absorbed_by = told_on_by(x),
        };
}

static void list_actions(struct thon_cause *f, struct thon_cause_actions *actions)
{
        for (size_t i = 0; i < f->n_standing; i++) {
                struct incident *x = f->standing[i];

                if (x->raise && !x->ended) {
                        x->pub.raised = true;
                        add(actions, THON_CAUSE_RAISE, x);
                }
        }
        for (size_t i = 0; i < f->n_standing; i++)
                if (f->standing[i]->ended && !f->standing[i]->raise)
                        add(actions, f->standing[i]->pub.raised ? THON_CAUSE_CLEAR : THON_CAUSE_DROPPED,
                            f->standing[i]);
        for (size_t i = 0; i < f->n_standing; i++)
                if (f->standing[i]->changed && !f->standing[i]->raise && !f->standing[i]->ended)
                        add(actions, THON_CAUSE_CHANGED, f->standing[i]);
}

static void wipe_marks(struct thon_cause *f)
{
        size_t kept = 0;

        for (size_t i = 0; i < f->n; i++)
                f->devices[i].in = held_by(&f->devices[i]);
        for (size_t i = 0; i < f->n; i++)
                f->devices[i].left = NULL;
        for (size_t i = 0; i < f->n_standing; i++) {
                struct incident *x = f->standing[i];

                if (x->ended)
                        f->graves[f->n_graves++] = x;
                else
                        f->standing[kept++] = x;
                x->raise = x->changed = false;
        }
        f->n_standing = kept;
}

static void bury(struct thon_cause *f)
{
        for (size_t i = 0; i < f->n_graves; i++)
                incident_free(f->graves[i]);
        f->n_graves = 0;
}

int actions_make(struct thon_cause *f, struct thon_cause_actions *ret)
{
        struct thon_cause_actions actions = {.next = THON_MONO_NEVER};
        size_t rechecks[RECHECKS_MAX], n;
        int r;

        find_successors(f);
        r = lay_out_members(f);
        if (r < 0)
                return r;
        actions.items = calloc(f->n_standing + RECHECKS_MAX, sizeof(*actions.items));
        if (!actions.items)
                return -ENOMEM;
        bury(f);
        list_actions(f, &actions);
        wipe_marks(f);
        n = recheck_list(f, rechecks, RECHECKS_MAX);
        for (size_t i = 0; i < n; i++)
                actions.items[actions.n++] =
                        (struct thon_cause_action){.what = THON_CAUSE_RECHECK, .device = rechecks[i]};
        *ret = actions;
        return 0;
}

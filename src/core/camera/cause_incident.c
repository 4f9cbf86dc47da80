/* How incidents end. What a cause took down gets `settle_s` to come back once the cause is gone; then the end is told, and
 * each device that is still down gets an incident of its own, which was raised before (`left` makes that immediate).
 * Nothing ends on ignorance: while what it holds was not looked at since the restart, an incident stands. */
#include "cause.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void incident_free(struct incident *x)
{
        free(x->pub.members);
        free(x);
}

/* Both lists get room for it, so that its end cannot fail. */
static bool make_room(struct incident ***list, size_t n, size_t *room)
{
        struct incident **grown;
        size_t want = *room ? *room * 2 : 16;

        if (n < *room)
                return true;
        grown = reallocarray(*list, want, sizeof(*grown));
        if (!grown)
                return false;
        *list = grown;
        *room = want;
        return true;
}

struct incident *incident_add(struct thon_cause *f)
{
        struct incident *x;

        if (!make_room(&f->standing, f->n_standing, &f->room_standing) ||
            !make_room(&f->graves, f->n_standing + f->n_graves, &f->room_graves))
                return NULL;
        x = calloc(1, sizeof(*x));
        if (!x)
                return NULL;
        x->point = x->over = THON_MONO_NEVER;
        x->area = x->network = NONE;
        x->pub.device = THON_NO_DEVICE;
        x->pub.area = "";
        f->standing[f->n_standing++] = x;
        return x;
}

/* ---- beginning ---- */
static struct thon_wall began_of(const struct watched *d, enum thon_cause_kind kind)
{
        if (kind == THON_CAUSE_FLAPPING)
                return d->flapping_since;
        return watched_silent(d) || d->conf.kind == THON_WATCH_MAINS ? d->fell : d->since;
}

static enum thon_camera_verdict shown(const struct watched *d)
{
        return watched_bad(d) ? d->hard : d->now;
}

/* What most of them show; of equals the first in the order of verdicts. */
static enum thon_camera_verdict verdict_of(const struct thon_cause *f, const struct about *about,
                                           const size_t *picked, size_t n)
{
        size_t counts[THON_CAMERA_VERDICTS] = {0};
        enum thon_camera_verdict best = THON_CAMERA_NO_NETWORK;

        if (about->kind == THON_CAUSE_MAINS)
                return THON_CAMERA_NO_POWER;
        if (about->kind == THON_CAUSE_CHILDREN)
                return THON_CAMERA_CHILDREN;
        if (about->device != NONE)
                return shown(&f->devices[about->device]);
        for (size_t i = 0; i < n; i++)
                counts[shown(&f->devices[picked[i]])]++;
        for (size_t v = THON_CAMERA_NO_POWER; v < THON_CAMERA_VERDICTS; v++)
                if (counts[v] > counts[best])
                        best = (enum thon_camera_verdict)v;
        return best;
}

static const char *area_of(const struct thon_cause *f, const struct about *about, const size_t *picked,
                           size_t n)
{
        if (about->device != NONE)
                return f->devices[about->device].conf.area;
        if (about->area != NONE)
                return f->devices[f->by_area[f->areas[about->area].first]].conf.area;
        for (size_t i = 1; i < n; i++)
                if (f->devices[picked[i]].area != f->devices[picked[0]].area)
                        return "";
        return n ? f->devices[picked[0]].conf.area : "";
}

static void name_it(struct thon_cause *f, struct incident *x)
{
        int64_t *last = x->pub.device != THON_NO_DEVICE ? &f->devices[x->pub.device].last_id : &f->last_id;
        int64_t seconds = f->now.wall.s;
        char root[THON_INCIDENT_ID - 32];

        if (x->pub.device != THON_NO_DEVICE)
                (void)snprintf(root, sizeof(root), "%s", f->devices[x->pub.device].conf.id);
        else if (x->pub.kind == THON_CAUSE_NETWORK)
                (void)snprintf(root, sizeof(root), "network-%" PRIx64, (uint64_t)x->pub.group);
        else if (x->pub.kind == THON_CAUSE_LEARNED)
                (void)snprintf(root, sizeof(root), "group-%" PRId64, x->pub.group);
        else if (x->area != NONE)
                (void)snprintf(root, sizeof(root), "%s-%.*s", thon_cause_slug(x->pub.kind), 54, x->pub.area);
        else
                (void)snprintf(root, sizeof(root), "%s", thon_cause_slug(x->pub.kind));
        if (*last != INT64_MIN && seconds <= *last)
                seconds = *last + 1;
        *last = seconds;
        (void)snprintf(x->pub.id, sizeof(x->pub.id), "camera-%s-%" PRId64, root, seconds);
}

struct incident *incident_begin(struct thon_cause *f, const struct about *about, const size_t *picked,
                                size_t n)
{
        struct incident *x = incident_add(f);

        if (!x) {
                f->failed = -ENOMEM;
                return NULL;
        }
        x->pub.kind = about->kind;
        x->pub.device = about->device == NONE ? THON_NO_DEVICE : about->device;
        x->pub.group = about->group;
        x->pub.verdict = verdict_of(f, about, picked, n);
        x->pub.area = area_of(f, about, picked, n);
        x->pub.began = about->device != NONE && about->kind != THON_CAUSE_CHILDREN
                               ? began_of(&f->devices[about->device], about->kind)
                               : THON_WALL_NEVER;
        x->point = about->point;
        x->area = about->area;
        x->network = about->network;
        x->raise = true;
        for (size_t i = 0; i < n; i++) {
                const struct watched *d = &f->devices[picked[i]];

                if (began_of(d, about->kind).s < x->pub.began.s)
                        x->pub.began = began_of(d, about->kind);
                if (d->left && !*x->pub.cause_id)
                        memcpy(x->pub.cause_id, d->left->pub.id, sizeof(x->pub.cause_id));
        }
        if (about->device != NONE && f->devices[about->device].left)
                memcpy(x->pub.cause_id, f->devices[about->device].left->pub.id, sizeof(x->pub.cause_id));
        name_it(f, x);
        if (about->device != NONE)
                incident_take(f, x, about->device);
        for (size_t i = 0; i < n; i++)
                incident_take(f, x, picked[i]);
        return x;
}

/* ---- holding ---- */
void incident_absorb(struct incident *old, struct incident *by)
{
        old->ended = true;
        old->absorbed_by = by;
}

void incident_take(struct thon_cause *f, struct incident *x, size_t device)
{
        struct watched *d = &f->devices[device];
        struct incident *old = held_by(d);

        if (old == x)
                return;
        d->in = x;
        d->waits = false;
        if (device != x->pub.device)
                x->held++;
        if (!old)
                return;
        if (old->pub.device == device)
                incident_absorb(old, x);
        else if (old->held && --old->held == 0 && old->pub.device == THON_NO_DEVICE)
                incident_absorb(old, x);
}

/* A wider cause takes from a narrower one. What stood long before, and was told, is another matter. */
bool incident_may_take(const struct thon_cause *f, const struct watched *d, const struct about *about)
{
        const struct incident *old = held_by(d);

        if (!old)
                return true;
        /* Its end is near: it names who does not come back, and they get causes of their own then. */
        if (old->over.us != UINT64_MAX)
                return about->kind == THON_CAUSE_MAINS && about->device != NONE;
        /* Coming back in no order, the rest of a hamlet may look like another mass. */
        if (old->waning && about->device == NONE && old->pub.kind < THON_CAUSE_DEVICE)
                return false;
        if (old->pub.kind == about->kind)
                return (about->kind == THON_CAUSE_MAINS && old->pub.device == THON_NO_DEVICE &&
                        about->device != NONE) ||
                       (about->kind == THON_CAUSE_PARENT && old->pub.device != about->device &&
                        old->pub.device != THON_NO_DEVICE &&
                        f->devices[old->pub.device].top == about->device);
        if (about->kind == THON_CAUSE_CHILDREN && old->pub.kind == THON_CAUSE_PARENT)
                return old->pub.device != THON_NO_DEVICE &&
                       f->devices[old->pub.device].parent == about->device;
        if (about->kind == THON_CAUSE_DEVICE || about->kind == THON_CAUSE_FLAPPING)
                return false;
        return old->pub.kind > about->kind;
}

/* ---- ending ---- */
static bool answers_anywhere(const struct thon_cause *f)
{
        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];

                if (watched_counts(d) && d->known && !thon_camera_silent(d->now))
                        return true;
        }
        return false;
}

static bool root_over(const struct thon_cause *f, const struct incident *x)
{
        const struct watched *root = x->pub.device != THON_NO_DEVICE ? &f->devices[x->pub.device] : NULL;
        bool half_back = x->held * 2 <= x->pub.most && x->held < x->pub.most;

        if (root && (root->maintenance || !root->known))
                return root->maintenance;
        switch (x->pub.kind) {
        case THON_CAUSE_SELF:
                return answers_anywhere(f);
        case THON_CAUSE_MAINS:
                return root ? root->now != THON_CAMERA_NO_POWER && !root->flapping : half_back;
        case THON_CAUSE_PARENT:
                return !root || !watched_silent(root);
        case THON_CAUSE_CHILDREN:
                return !root || half_back;
        case THON_CAUSE_LEARNED:
        case THON_CAUSE_NETWORK:
        case THON_CAUSE_AREA:
                return half_back;
        case THON_CAUSE_DEVICE:
                return !root || !watched_bad(root);
        case THON_CAUSE_FLAPPING:
                return !root || !root->flapping;
        }
        return false;
}

static bool is_over(struct thon_cause *f, struct incident *x)
{
        const struct watched *root = x->pub.device != THON_NO_DEVICE ? &f->devices[x->pub.device] : NULL;
        bool root_well = !root || root->conf.kind == THON_WATCH_MAINS || !watched_bad(root);

        if (x->root_lost || (root && root->maintenance))
                return true;
        if (!root && !x->held)
                return true;
        if (!root_over(f, x)) {
                x->over = THON_MONO_NEVER;
                return false;
        }
        if (x->over.us == UINT64_MAX)
                x->over = f->now.mono;
        if (x->pub.kind == THON_CAUSE_DEVICE || x->pub.kind == THON_CAUSE_FLAPPING ||
            (!x->held && root_well))
                return true;
        return passed(f, x->over, f->rules.settle_s) &&
               (!x->unseen || passed(f, x->over, PATIENCE * f->rules.settle_s));
}

static bool is_root(const struct incident *x, const struct watched *d, const struct thon_cause *f)
{
        return x->pub.device != THON_NO_DEVICE && d == &f->devices[x->pub.device];
}

/* A failure that became a mere warning is over as a failure; the warning is told anew. (The other way round the warning
 * stands until the failure is told, and is absorbed by it.) */
static bool eased(const struct incident *x, const struct watched *d)
{
        return x->pub.kind == THON_CAUSE_DEVICE && thon_camera_down(x->pub.verdict) && watched_bad(d) &&
               !thon_camera_down(d->hard);
}

static void count_held(struct thon_cause *f)
{
        for (size_t i = 0; i < f->n_standing; i++)
                f->standing[i]->held = f->standing[i]->unseen = 0;
        for (size_t i = 0; i < f->n; i++) {
                struct watched *d = &f->devices[i];
                struct incident *x = held_by(d);

                d->in = x;
                if (!x || is_root(x, d, f))
                        continue;
                if (d->maintenance ||
                    (d->known && !thon_camera_down(d->hard) && !thon_camera_silent(d->now))) {
                        d->in = NULL;
                        continue;
                }
                x->held++;
                x->unseen += !d->known || (x->over.us != UINT64_MAX && d->looked.us < x->over.us);
        }
}

static void rename_root(const struct thon_cause *f, struct incident *x)
{
        const struct watched *root;

        if (x->pub.device == THON_NO_DEVICE ||
            (x->pub.kind != THON_CAUSE_DEVICE && x->pub.kind != THON_CAUSE_PARENT))
                return;
        root = &f->devices[x->pub.device];
        if (!root->known || !watched_bad(root) || root->hard == x->pub.verdict ||
            thon_camera_down(root->hard) != thon_camera_down(x->pub.verdict) ||
            (x->pub.kind == THON_CAUSE_PARENT && !thon_camera_silent(root->hard)))
                return;
        x->pub.verdict = root->hard;
        x->changed = true;
}

void incidents_settle(struct thon_cause *f)
{
        bool any = false;

        for (size_t i = 0; i < f->n; i++)
                f->devices[i].left = NULL;
        count_held(f);
        for (size_t i = 0; i < f->n_standing; i++) {
                struct incident *x = f->standing[i];

                if (x->ended)
                        continue;
                if (x->held > x->pub.most)
                        x->pub.most = x->held;
                x->waning = x->held < x->pub.most;
                if (is_over(f, x) ||
                    (x->pub.device != THON_NO_DEVICE && eased(x, &f->devices[x->pub.device])))
                        any = x->ended = true;
                else
                        rename_root(f, x);
        }
        for (size_t i = 0; any && i < f->n; i++) {
                struct watched *d = &f->devices[i];

                if (!d->in || !d->in->ended)
                        continue;
                if (!d->maintenance && watched_bad(d) && d->conf.kind != THON_WATCH_MAINS)
                        d->left = d->in;
                d->in = NULL;
        }
}

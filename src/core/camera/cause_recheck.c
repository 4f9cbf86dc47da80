/* Who is to be looked at when one falls, so that the cause is known before anybody is told: its parent first, then its
 * siblings and what hangs on it. And who, when one comes back: what fell with it, or the end of a long cut would be told
 * with the names of those that are merely not asked often any more. In batches, each set at most once in a while: 2,700 cameras that fall at once must not
 * be asked 2,700 times each. */
#include "cause.h"

#define BATCH      32
#define PAUSE_S    20
#define STIR_BATCH 64 /* of an incident, when the first come back */
#define STIR_S     5
#define BATCH_LOOK 256 /* so many of a set are looked through for a batch */

struct list {
        size_t *devices, n, room;
};

static bool lately(struct thon_mono at, struct thon_mono now)
{
        return at.us && thon_mono_since(at, now) < PAUSE_S * SECOND;
}

/* A device that fell, or was looked at since the fall, needs no look. */
static bool add(struct thon_cause *f, struct list *list, size_t device, struct thon_mono fall)
{
        struct watched *d = &f->devices[device];

        if (list->n == list->room || !watched_counts(d) || watched_silent(d) ||
            (d->known && d->looked.us > fall.us) || lately(d->rechecked, f->now.mono))
                return false;
        d->rechecked = f->now.mono;
        list->devices[list->n++] = device;
        return true;
}

/* Begins beside the one that fell: who was numbered next to it hangs near it. */
static void add_set(struct thon_cause *f, struct list *list, const size_t *set, size_t n, size_t fallen,
                    struct thon_mono *rechecked)
{
        size_t added = 0, start = 0;

        if (lately(*rechecked, f->now.mono))
                return;
        for (size_t low = 0, high = n; low < high;) {
                size_t mid = low + (high - low) / 2;

                if (set[mid] < fallen)
                        low = start = mid + 1;
                else
                        high = mid;
        }
        for (size_t i = 0; i < n && i < BATCH_LOOK && added < BATCH; i++)
                added += add(f, list, set[(start + i) % n], f->devices[fallen].to);
        if (added)
                *rechecked = f->now.mono;
}

/* One that an incident holds answers again: so may the others, and its root. */
static void add_held(struct thon_cause *f, struct list *list, struct incident *x)
{
        size_t added = 0;

        if (x->rechecked.us && thon_mono_since(x->rechecked, f->now.mono) < STIR_S * SECOND)
                return;
        x->rechecked = f->now.mono;
        for (size_t i = 0; i <= x->pub.n_members && added < STIR_BATCH && list->n < list->room; i++) {
                size_t device = i ? x->pub.members[i - 1] : x->pub.device;
                struct watched *d = device < f->n ? &f->devices[device] : NULL;

                if (!d || d->conf.kind == THON_WATCH_MAINS || !thon_camera_silent(d->now) ||
                    lately(d->rechecked, f->now.mono))
                        continue;
                d->rechecked = f->now.mono;
                list->devices[list->n++] = device;
                added++;
        }
}

size_t recheck_list(struct thon_cause *f, size_t *ret, size_t room)
{
        struct list list = {.devices = ret, .room = room};

        for (size_t i = 0; i < f->n; i++) {
                const struct watched *d = &f->devices[i];

                if (d->fresh && d->parent != NONE && watched_counts(d))
                        (void)add(f, &list, d->parent, d->to);
        }
        for (size_t i = 0; i < f->n; i++) {
                struct watched *d = &f->devices[i];

                if (d->stirs && held_by(d))
                        add_held(f, &list, held_by(d));
                d->stirs = false;
                if (!d->fresh)
                        continue;
                d->fresh = false;
                if (!watched_counts(d))
                        continue;
                if (d->n_children)
                        add_set(f, &list, f->children + d->first_child, d->n_children, i,
                                &f->children_rechecked[i]);
                if (d->parent != NONE) {
                        const struct watched *parent = &f->devices[d->parent];

                        add_set(f, &list, f->children + parent->first_child, parent->n_children, i,
                                &f->children_rechecked[d->parent]);
                } else if (d->network != NONE) {
                        add_set(f, &list, f->by_network + f->networks[d->network].first,
                                f->networks[d->network].n, i, &f->network_rechecked[d->network]);
                } else if (d->area != NONE) {
                        add_set(f, &list, f->by_area + f->areas[d->area].first, f->areas[d->area].n, i,
                                &f->area_rechecked[d->area]);
                }
        }
        return list.n;
}

/* What is so goes in here, device by device, and nothing is decided by it: thon_cause_look() decides from the whole. So the
 * order in which looks at the devices come back does not matter, and what was missed is found at the next look. */
#include "cause.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"

const struct thon_cause_rules thon_cause_defaults = {
        .hold_s = 45,
        .together_s = 15,
        .together_min = 3,
        .settle_s = 180,
};

static const char *const watch_kinds[] = {
        [THON_WATCH_CAMERA] = "camera",
        [THON_WATCH_SWITCH] = "switch",
        [THON_WATCH_ACCESS_POINT] = "access-point",
        [THON_WATCH_HOST] = "host",
        [THON_WATCH_MAINS] = "mains",
};

const char *thon_watch_kind_text(enum thon_watch_kind kind)
{
        return watch_kinds[kind];
}

bool thon_watch_kind_parse(const char *text, enum thon_watch_kind *ret)
{
        for (size_t i = 0; i < sizeof(watch_kinds) / sizeof(*watch_kinds); i++) {
                if (strcmp(text, watch_kinds[i]) != 0)
                        continue;
                *ret = (enum thon_watch_kind)i;
                return true;
        }
        return false;
}

static const char *const cause_kinds[] = {
        [THON_CAUSE_SELF] = "self",         [THON_CAUSE_MAINS] = "mains",
        [THON_CAUSE_PARENT] = "parent",     [THON_CAUSE_CHILDREN] = "children",
        [THON_CAUSE_LEARNED] = "learned",   [THON_CAUSE_NETWORK] = "network",
        [THON_CAUSE_AREA] = "area",         [THON_CAUSE_DEVICE] = "device",
        [THON_CAUSE_FLAPPING] = "flapping",
};

const char *thon_cause_slug(enum thon_cause_kind kind)
{
        return cause_kinds[kind];
}

static void watched_init(struct watched *d, const struct thon_cause_device *conf)
{
        *d = (struct watched){
                .conf = *conf,
                .parent = conf->parent == THON_NO_DEVICE ? NONE : conf->parent,
                .area = NONE,
                .network = NONE,
                .looked = THON_MONO_NEVER,
                .answered = THON_MONO_NEVER,
                .hard_at = THON_MONO_NEVER,
                .flap_at = THON_MONO_NEVER,
                .calm_at = THON_MONO_NEVER,
                .last_id = INT64_MIN,
                .cluster = NONE,
                .flapper = NONE,
        };
        if (!d->conf.area)
                d->conf.area = "";
}

int thon_cause_new(const struct thon_cause_rules *rules, const struct thon_cause_device *devices, size_t n,
                   struct thon_learn *learned, struct thon_cause **ret)
{
        struct thon_cause *f;
        size_t room = n ? n : 1;
        int r;

        for (size_t i = 0; i < n; i++)
                if (devices[i].parent != THON_NO_DEVICE && devices[i].parent >= n)
                        return -EINVAL;
        f = calloc(1, sizeof(*f));
        if (!f)
                return -ENOMEM;
        f->rules = *rules;
        f->learned = learned;
        f->n = n;
        f->dirty = true;
        f->last_id = INT64_MIN;
        f->devices = calloc(room, sizeof(*f->devices));
        f->keyed = calloc(room, sizeof(*f->keyed));
        f->picked = calloc(room, sizeof(*f->picked));
        f->edges = together_room(room);
        f->points = calloc(CLUSTERS_MAX, sizeof(*f->points));
        if (!f->devices || !f->keyed || !f->picked || !f->edges || !f->points) {
                thon_cause_free(f);
                return -ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
                watched_init(&f->devices[i], &devices[i]);
                f->devices[i].top = i;
        }
        r = plant_lay_out(f);
        if (r < 0) {
                thon_cause_free(f);
                return r;
        }
        *ret = f;
        return 0;
}

struct thon_cause *thon_cause_free(struct thon_cause *f)
{
        if (!f)
                return NULL;
        for (size_t i = 0; i < f->n_standing; i++)
                incident_free(f->standing[i]);
        for (size_t i = 0; i < f->n_graves; i++)
                incident_free(f->graves[i]);
        free(f->standing);
        free(f->graves);
        free(f->devices);
        free(f->order);
        free(f->children);
        free(f->by_area);
        free(f->by_network);
        free(f->areas);
        free(f->networks);
        free(f->area_rechecked);
        free(f->network_rechecked);
        free(f->children_rechecked);
        free(f->keyed);
        free(f->picked);
        free(f->edges);
        free(f->points);
        free(f);
        return NULL;
}

/* The beginning and the end of a silence. It ends when the device is well *hard*: one good look among many bad ones is no
 * second fall. */
static void note_silence(struct watched *d, const struct thon_device_state *state, struct thon_state_now now)
{
        bool silent = thon_camera_silent(state->hard) || thon_camera_silent(state->now);
        bool before_us = !d->known && thon_camera_silent(state->hard);

        if (silent && !d->fallen) {
                d->from.us = d->answered.us == UINT64_MAX ? 0 : d->answered.us;
                d->to = state->last_look;
                d->fell = before_us ? state->since : now.wall;
                d->taught = false;
                d->fresh = true;
        }
        d->stirs |= d->fallen && thon_camera_silent(d->now) && !thon_camera_silent(state->now);
        d->fallen = silent;
        if (!thon_camera_silent(state->now))
                d->answered = state->last_look;
        if (!thon_camera_silent(state->hard))
                d->hard_at = THON_MONO_NEVER;
        else if (d->hard_at.us == UINT64_MAX)
                d->hard_at = now.mono;
}

void thon_cause_device(struct thon_cause *f, size_t device, const struct thon_device_state *state,
                       struct thon_state_now now)
{
        struct watched *d, before;

        if (device >= f->n || state->last_look.us == UINT64_MAX)
                return;
        d = &f->devices[device];
        before = *d;
        note_silence(d, state, now);
        d->looked = state->last_look;
        d->known = true;
        d->hard = state->hard;
        d->now = state->now;
        d->since = state->since;
        if (!state->flapping)
                d->flap_at = THON_MONO_NEVER;
        else if (!d->flapping)
                d->flap_at = now.mono;
        if (d->flapping && !state->flapping)
                d->calm_at = now.mono;
        d->flapping = state->flapping;
        d->flapping_since = state->flapping_since;
        /* A look at a parent matters also when it says nothing new: its children may wait for it. */
        if (before.hard != d->hard || thon_camera_silent(before.now) != thon_camera_silent(d->now) ||
            before.known != d->known || before.flapping != d->flapping || before.since.s != d->since.s ||
            (f->waiting && d->n_children))
                f->dirty = true;
}

void thon_cause_maintenance(struct thon_cause *f, size_t device, bool on)
{
        if (device >= f->n || f->devices[device].maintenance == on)
                return;
        f->devices[device].maintenance = on;
        f->dirty = true;
}

int thon_cause_look(struct thon_cause *f, struct thon_state_now now, struct thon_cause_actions *ret)
{
        struct thon_cause_actions actions = {.next = THON_MONO_NEVER};
        int r;

        if (!f->dirty && now.mono.us < f->next.us) {
                actions.next = f->next;
                *ret = actions;
                return 0;
        }
        f->now = now;
        f->next = THON_MONO_NEVER;
        f->failed = 0;
        f->waiting = false;
        incidents_settle(f);
        roots_find(f);
        r = f->failed < 0 ? f->failed : actions_make(f, &actions);
        if (r < 0) {
                f->dirty = true;
                return r;
        }
        f->dirty = false;
        actions.next = f->next;
        *ret = actions;
        return 0;
}

void thon_cause_actions_done(struct thon_cause_actions *actions)
{
        free(actions->items);
        *actions = (struct thon_cause_actions){.next = THON_MONO_NEVER};
}

/* ---- over a restart ---- */
static bool text_fits(const char *text, size_t size)
{
        return memchr(text, '\0', size) != NULL;
}

int thon_cause_restore(struct thon_cause *f, const struct thon_incident *kept)
{
        size_t *members;
        struct incident *x;
        bool rooted = kept->kind == THON_CAUSE_PARENT || kept->kind == THON_CAUSE_CHILDREN ||
                      kept->kind == THON_CAUSE_DEVICE || kept->kind == THON_CAUSE_FLAPPING;

        if (!*kept->id || !text_fits(kept->id, sizeof(kept->id)) ||
            !text_fits(kept->cause_id, sizeof(kept->cause_id)))
                return -EINVAL;
        for (size_t i = 0; i < f->n_standing; i++)
                if (strcmp(f->standing[i]->pub.id, kept->id) == 0)
                        return -EEXIST;
        members = calloc(kept->n_members + 1, sizeof(*members));
        if (!members)
                return -ENOMEM;
        x = incident_add(f);
        if (!x) {
                free(members);
                return -ENOMEM;
        }
        x->pub = *kept;
        x->pub.members = members;
        x->pub.n_members = 0;
        x->area = kept->area && *kept->area ? plant_area(f, kept->area) : NONE;
        x->pub.area = x->area == NONE ? "" : f->devices[f->by_area[f->areas[x->area].first]].conf.area;
        if (kept->device >= f->n)
                x->pub.device = THON_NO_DEVICE;
        x->root_lost = rooted && x->pub.device == THON_NO_DEVICE;
        if (x->pub.device != THON_NO_DEVICE)
                f->devices[x->pub.device].in = x;
        for (size_t i = 0; i < kept->n_members; i++) {
                size_t device = kept->members[i];

                if (device >= f->n || f->devices[device].in)
                        continue;
                f->devices[device].in = x;
                x->network = f->devices[device].network;
                members[x->pub.n_members++] = device;
        }
        f->dirty = true;
        return 0;
}

/* ---- what others ask ---- */
const struct thon_incident *thon_cause_of(const struct thon_cause *f, size_t device)
{
        const struct incident *x = device < f->n ? held_by(&f->devices[device]) : NULL;

        return x ? &x->pub : NULL;
}

size_t thon_cause_count(const struct thon_cause *f)
{
        return f->n_standing;
}

const struct thon_incident *thon_cause_at(const struct thon_cause *f, size_t i)
{
        return i < f->n_standing ? &f->standing[i]->pub : NULL;
}

bool thon_cause_common(const struct thon_cause *f, size_t device)
{
        const struct watched *d;
        const struct incident *x;

        if (device >= f->n)
                return false;
        d = &f->devices[device];
        x = held_by(d);
        return d->suspect || (x && x->pub.kind != THON_CAUSE_DEVICE && x->pub.kind != THON_CAUSE_FLAPPING) ||
               (d->parent != NONE && watched_silent(&f->devices[d->parent]));
}

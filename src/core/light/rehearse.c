/* Both plans are walked by the schedule that will act, circuit by circuit; each night is then a slice of the switches, and
 * everything said about it (minutes, warnings) is light within a window of that slice. */
#include "thon/light_rehearse.h"

#include "thon/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NIGHTS_MAX 400

THON_DEFINE_CLEANUP(struct thon_rehearsal *, thon_rehearsal_free)

struct thon_rehearsal *thon_rehearsal_free(struct thon_rehearsal *rehearsal)
{
        if (!rehearsal)
                return NULL;
        for (size_t i = 0; rehearsal->circuits && i < rehearsal->n; i++)
                free(rehearsal->circuits[i].nights);
        free(rehearsal->circuits);
        free(rehearsal);
        return NULL;
}

static struct thon_rehearsal *rehearsal_of(size_t n)
{
        struct thon_rehearsal *rehearsal = calloc(1, sizeof *rehearsal);

        if (!rehearsal)
                return NULL;
        rehearsal->n = n;
        rehearsal->circuits = calloc(n + 1, sizeof *rehearsal->circuits);
        return rehearsal->circuits ? rehearsal : thon_rehearsal_free(rehearsal);
}

/* The switches of one circuit; the memory is used again for the next one. */
struct track {
        bool first; /* the state before them */
        size_t n, room;
        struct edge {
                int64_t at;
                bool on;
        } * edges;
};

static void track_done(struct track *track)
{
        free(track->edges);
}

static int add_edge(const struct thon_switch *change, void *userdata)
{
        struct track *track = userdata;

        if (track->n == track->room) {
                size_t room = track->room ? track->room * 2 : 1024;
                struct edge *edges = reallocarray(track->edges, room, sizeof *edges);

                if (!edges)
                        return -ENOMEM;
                track->edges = edges;
                track->room = room;
        }
        track->edges[track->n++] = (struct edge){change->at.s, change->on};
        return 0;
}

static int record(struct thon_schedule *schedule, size_t circuit, int32_t from, int nights,
                  struct track *track)
{
        track->n = 0;
        return thon_schedule_plan(schedule, circuit, from, nights, add_edge, track, &track->first);
}

static bool same_track(const struct track *a, const struct track *b)
{
        if (a->n != b->n || a->first != b->first)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (a->edges[i].at != b->edges[i].at)
                        return false;
        return true;
}

/* A stretch of a track: the state at `from` and the edges up to `to`. */
struct slice {
        int64_t from, to;
        bool on;
        const struct edge *edges;
        size_t n;
};

/* Cuts the next night off a track; `*at` counts the edges taken so far. */
static struct slice cut(const struct track *track, size_t *at, int64_t from, int64_t to)
{
        struct slice slice = {.from = from, .to = to, .on = *at ? track->edges[*at - 1].on : track->first};

        slice.edges = track->edges + *at;
        while (*at + slice.n < track->n && slice.edges[slice.n].at < to)
                slice.n++;
        *at += slice.n;
        return slice;
}

/* Seconds of light within [from, to) of the slice. */
static int64_t light(const struct slice *slice, int64_t from, int64_t to)
{
        int64_t sum = 0, since = slice->from;
        bool on = slice->on;

        for (size_t i = 0; i <= slice->n; i++) {
                int64_t until = i < slice->n ? slice->edges[i].at : slice->to;
                int64_t a = since > from ? since : from, b = until < to ? until : to;

                if (on && b > a)
                        sum += b - a;
                since = until;
                on = i < slice->n ? slice->edges[i].on : on;
        }
        return sum;
}

static unsigned warnings_of(struct thon_schedule *schedule, int32_t night, const struct slice *slice)
{
        unsigned warnings = 0;
        struct thon_wall dusk, dawn;
        bool has_dusk = thon_schedule_sun(schedule, night, THON_SUN_DUSK, &dusk),
             has_dawn = thon_schedule_sun(schedule, night, THON_SUN_DAWN, &dawn);

        if (light(slice, slice->from, slice->from + 1) || light(slice, slice->to - 1, slice->to))
                warnings |= THON_REHEARSE_LIT_AT_NOON;
        if (has_dusk) {
                int64_t begin = dusk.s + THON_REHEARSE_DUSK_S,
                        midnight = thon_zone_instant(thon_schedule_zone(schedule), night + 1, 0).s;

                if (begin < midnight && light(slice, begin, midnight) < midnight - begin)
                        warnings |= THON_REHEARSE_DARK_BEFORE_MIDNIGHT;
        }
        if (light(slice, has_dusk ? dusk.s : slice->from, has_dawn ? dawn.s : slice->to) == 0)
                warnings |= THON_REHEARSE_DARK_ALL_NIGHT;
        return warnings;
}

static int minutes(int64_t seconds)
{
        return (int)((seconds + 30) / 60);
}

static double kwh(const struct thon_circuit_conf *circuit, int64_t seconds)
{
        return circuit->lamps * circuit->watts / 1000 * (double)seconds / 3600;
}

static const struct thon_circuit_conf *find(const struct thon_light_plan *plan, const char *id)
{
        for (size_t i = 0; plan && i < plan->n_circuits; i++)
                if (strcmp(plan->circuits[i].id, id) == 0)
                        return &plan->circuits[i];
        return NULL;
}

static int compare(const struct track *before, const struct thon_circuit_conf *old,
                   const struct track *after, const struct thon_circuit_conf *new,
                   struct thon_schedule *schedule, int32_t from, int nights,
                   struct thon_rehearse_circuit *ret)
{
        size_t before_at = 0, after_at = 0;
        int64_t before_s = 0, after_s = 0;

        ret->nights = calloc((size_t)nights, sizeof *ret->nights);
        if (!ret->nights)
                return -ENOMEM;
        ret->n_nights = (size_t)nights;
        ret->existed = old != NULL;
        ret->changed = !old || !same_track(before, after);
        for (int i = 0; i < nights; i++) {
                struct thon_rehearse_night *night = &ret->nights[i];
                int64_t noon = thon_schedule_noon(schedule, from + i).s,
                        end = thon_schedule_noon(schedule, from + i + 1).s;
                struct slice slice = cut(after, &after_at, noon, end);
                int64_t lit = light(&slice, noon, end);

                *night = (struct thon_rehearse_night){.night = from + i,
                                                      .before_min = -1,
                                                      .after_min = minutes(lit),
                                                      .after_kwh = kwh(new, lit),
                                                      .warnings = warnings_of(schedule, from + i, &slice)};
                after_s += lit;
                ret->warnings |= night->warnings;
                if (!old)
                        continue;

                slice = cut(before, &before_at, noon, end);
                lit = light(&slice, noon, end);
                night->before_min = minutes(lit);
                night->before_kwh = kwh(old, lit);
                before_s += lit;
        }
        if (after->n == 0)
                ret->warnings |= THON_REHEARSE_NEVER_SWITCHES;
        /* Of the sums, not sums of what was rounded. */
        ret->after_min = (after_s + 30) / 60;
        ret->after_kwh = kwh(new, after_s);
        ret->before_min = (before_s + 30) / 60;
        ret->before_kwh = old ? kwh(old, before_s) : 0;
        return 0;
}

int thon_light_rehearse(struct thon_schedule *before, const struct thon_light_plan *before_plan,
                        struct thon_schedule *after, const struct thon_light_plan *after_plan, int32_t from,
                        int nights, struct thon_rehearsal **ret)
{
        _cleanup_(thon_rehearsal_freep) struct thon_rehearsal *rehearsal = NULL;
        _cleanup_(track_done) struct track old_track = {0}, new_track = {0};

        if (nights < 1 || nights > NIGHTS_MAX)
                return -EINVAL;
        rehearsal = rehearsal_of(after_plan->n_circuits);
        if (!rehearsal)
                return -ENOMEM;

        for (size_t i = 0; i < after_plan->n_circuits; i++) {
                const struct thon_circuit_conf *new = &after_plan->circuits[i];
                const struct thon_circuit_conf *old = before ? find(before_plan, new->id) : NULL;
                struct thon_rehearse_circuit *circuit = &rehearsal->circuits[i];

                circuit->circuit = i;
                int r = record(after, i, from, nights, &new_track);
                if (r >= 0 && old)
                        r = record(before, (size_t)(old - before_plan->circuits), from, nights, &old_track);
                if (r >= 0)
                        r = compare(&old_track, old, &new_track, new, after, from, nights, circuit);
                if (r < 0)
                        return r;
        }
        *ret = THON_TAKE(rehearsal);
        return 0;
}

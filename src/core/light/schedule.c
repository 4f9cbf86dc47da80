/* At noon a circuit takes its program's start, so a night owes nothing to the one before: the state at any instant needs
 * that one night alone, and a plan is nights laid end to end. That is what makes the schedule level-triggered.
 *
 * A night's sun and moon, the rule that each calendar follows in it and the moments of each program are computed once,
 * when first asked for, and kept in two rings of nights: a year of a thousand circuits on a few programs then costs
 * little more than the visits. The second ring is shorter for a plan of very many programs, which costs time but no
 * truth. All memory is taken at the start, so that asking cannot fail. */
#include "thon/light_schedule.h"

#include "thon/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOON_S        (12 * 3600)
#define NOON_MIN      (12 * 60)
#define NIGHTS        512        /* a year, and the look around now */
#define RING_MIN      32         /* 2 × THON_SCHEDULE_LOOK and the night itself always fit */
#define RING_BYTES    (16 << 20) /* of the words, see below */
#define RULE_UNKNOWN  INT16_MIN
#define INSTANT_LIMIT INT64_C(100000000000000) /* three million years */

/* From `at` on the program says `on`; `step` -1 is its start. */
struct moment {
        int64_t at;
        int16_t step;
        bool on;
};

/* What is the same for all programs. */
struct night {
        bool filled;
        int32_t days;
        struct thon_wall noon, end; /* [noon, the next noon) */
        bool sun_known[THON_SUN_EVENTS], sun_happens[THON_SUN_EVENTS];
        struct thon_wall sun[THON_SUN_EVENTS];
        struct thon_days_facts facts;
};

struct thon_schedule {
        const struct thon_light_plan *plan;
        const struct thon_zone *zone;
        bool asks_lunar, asks_tet;

        struct night *nights; /* [NIGHTS], by day number */

        /* The words of the plan for a night, by day number too. */
        size_t ring, moments_per_night;
        int64_t *held;          /* [ring]: the night that lies here, INT64_MIN none */
        int16_t *rules;         /* [ring][calendars]: the rule that matches, -1 default, or RULE_UNKNOWN */
        uint8_t *n_moments;     /* [ring][programs]: 0 not yet computed (the start is always there) */
        struct moment *moments; /* [ring][moments_per_night] */
        size_t *first_moment;   /* [programs]: where a program's begin */
};

THON_DEFINE_CLEANUP(struct thon_schedule *, thon_schedule_free)

struct thon_schedule *thon_schedule_free(struct thon_schedule *schedule)
{
        if (!schedule)
                return NULL;
        free(schedule->nights);
        free(schedule->held);
        free(schedule->rules);
        free(schedule->n_moments);
        free(schedule->moments);
        free(schedule->first_moment);
        free(schedule);
        return NULL;
}

/* Indices that point nowhere are refused once, here, so that nothing below checks them again. */
static bool plan_holds(const struct thon_light_plan *plan)
{
        for (size_t i = 0; i < plan->n_programs; i++)
                if (plan->programs[i].n_steps > THON_STEPS_MAX)
                        return false;
        for (size_t i = 0; i < plan->n_calendars; i++) {
                const struct thon_calendar *calendar = &plan->calendars[i];

                if (calendar->default_program >= plan->n_programs || calendar->n_rules > THON_RULES_MAX)
                        return false;
                for (size_t j = 0; j < calendar->n_rules; j++)
                        if (calendar->rules[j].program >= plan->n_programs)
                                return false;
        }
        for (size_t i = 0; i < plan->n_circuits; i++)
                if (plan->circuits[i].calendar >= plan->n_calendars)
                        return false;
        return true;
}

int thon_schedule_new(const struct thon_light_plan *plan, const struct thon_zone *zone,
                      struct thon_schedule **ret)
{
        _cleanup_(thon_schedule_freep) struct thon_schedule *s = NULL;

        if (!plan_holds(plan))
                return -EINVAL;
        s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->plan = plan;
        s->zone = zone;
        for (size_t i = 0; i < plan->n_calendars; i++) {
                for (size_t j = 0; j < plan->calendars[i].n_rules; j++) {
                        s->asks_lunar |= plan->calendars[i].rules[j].days.kind == THON_DAYS_LUNAR;
                        s->asks_tet |= plan->calendars[i].rules[j].days.kind == THON_DAYS_TET;
                }
        }

        s->first_moment = calloc(plan->n_programs + 1, sizeof *s->first_moment);
        if (!s->first_moment)
                return -ENOMEM;
        for (size_t i = 0; i < plan->n_programs; i++) {
                s->first_moment[i] = s->moments_per_night;
                s->moments_per_night += plan->programs[i].n_steps + 1;
        }

        size_t per_night = sizeof *s->held + plan->n_calendars * sizeof *s->rules + plan->n_programs +
                           s->moments_per_night * sizeof *s->moments;
        s->ring = RING_BYTES / per_night;
        s->ring = s->ring > NIGHTS ? NIGHTS : s->ring < RING_MIN ? RING_MIN : s->ring;
        /* One more than needed, so that an empty plan asks for no block of no bytes. */
        s->nights = calloc(NIGHTS, sizeof *s->nights);
        s->held = calloc(s->ring, sizeof *s->held);
        s->rules = calloc(s->ring, (plan->n_calendars + 1) * sizeof *s->rules);
        s->n_moments = calloc(s->ring, plan->n_programs + 1);
        s->moments = calloc(s->ring, (s->moments_per_night + 1) * sizeof *s->moments);
        if (!s->nights || !s->held || !s->rules || !s->n_moments || !s->moments)
                return -ENOMEM;
        for (size_t i = 0; i < s->ring; i++)
                s->held[i] = INT64_MIN;
        *ret = THON_TAKE(s);
        return 0;
}

const struct thon_zone *thon_schedule_zone(const struct thon_schedule *schedule)
{
        return schedule->zone;
}

struct thon_wall thon_schedule_noon(const struct thon_schedule *schedule, int32_t days)
{
        return thon_zone_instant(schedule->zone, days, NOON_S);
}

int32_t thon_schedule_night(const struct thon_schedule *schedule, struct thon_wall at)
{
        /* "Never" and its like lie in no night that can be counted: the last one answers for them. */
        if (at.s > INSTANT_LIMIT || at.s < -INSTANT_LIMIT)
                at.s = at.s > 0 ? INSTANT_LIMIT : -INSTANT_LIMIT;

        struct thon_civil civil = thon_zone_civil(schedule->zone, at);
        int32_t days = civil.second < NOON_S ? civil.days - 1 : civil.days;

        /* A clock that was put back may show a civil time of the other side of a noon. */
        while (thon_wall_before(at, thon_schedule_noon(schedule, days)))
                days--;
        while (!thon_wall_before(at, thon_schedule_noon(schedule, days + 1)))
                days++;
        return days;
}

/* ---- one night --------------------------------------------------------------------------------------------------- */

static size_t slot_of(int32_t days, size_t ring)
{
        int64_t slot = days % (int64_t)ring;

        return (size_t)(slot < 0 ? slot + (int64_t)ring : slot);
}

static struct night *night_of(struct thon_schedule *s, int32_t days)
{
        struct night *night = &s->nights[slot_of(days, NIGHTS)];

        if (!night->filled || night->days != days) {
                *night = (struct night){
                        .filled = true,
                        .days = days,
                        .noon = thon_schedule_noon(s, days),
                        .end = thon_schedule_noon(s, days + 1),
                };
                thon_days_facts(days, s->asks_lunar, s->asks_tet, &night->facts);
        }
        return night;
}

/* The slot of the ring that holds a night, emptied when it held another. */
static size_t words_of(struct thon_schedule *s, int32_t days)
{
        size_t slot = slot_of(days, s->ring);

        if (s->held[slot] != days) {
                s->held[slot] = days;
                for (size_t i = 0; i < s->plan->n_calendars; i++)
                        s->rules[slot * s->plan->n_calendars + i] = RULE_UNKNOWN;
                memset(s->n_moments + slot * s->plan->n_programs, 0, s->plan->n_programs);
        }
        return slot;
}

static int rule_of(struct thon_schedule *s, const struct night *night, size_t slot, size_t calendar)
{
        int16_t *known = &s->rules[slot * s->plan->n_calendars + calendar];

        if (*known == RULE_UNKNOWN) {
                const struct thon_calendar *c = &s->plan->calendars[calendar];

                *known = -1;
                for (size_t i = 0; i < c->n_rules && *known < 0; i++)
                        if (thon_days_match(&c->rules[i].days, &night->facts))
                                *known = (int16_t)i;
        }
        return *known;
}

/* A clock time of the night that begins on `days`: before noon it is in the second half. */
static int64_t clock_instant(const struct thon_schedule *s, int32_t days, int minutes)
{
        return thon_zone_instant(s->zone, minutes < NOON_MIN ? days + 1 : days, minutes * 60).s;
}

static bool sun_of(struct thon_schedule *s, struct night *night, enum thon_sun_event event,
                   struct thon_wall *ret)
{
        if (!night->sun_known[event]) {
                /* The morning of a night belongs to the date after its noon. */
                bool morning = event == THON_SUN_DAWN || event == THON_SUN_RISE;

                night->sun_happens[event] =
                        thon_sun(s->zone, s->plan->place, morning ? night->days + 1 : night->days, event,
                                 &night->sun[event]);
                night->sun_known[event] = true;
        }
        if (night->sun_happens[event])
                *ret = night->sun[event];
        return night->sun_happens[event];
}

bool thon_schedule_sun(struct thon_schedule *schedule, int32_t night, enum thon_sun_event event,
                       struct thon_wall *ret)
{
        return sun_of(schedule, night_of(schedule, night), event, ret);
}

/* Clamps hold on the point's side of midnight: an evening's "not_after" never reaches into the morning. */
static int64_t clamped(const struct thon_schedule *s, int32_t days, const struct thon_point *point,
                       int64_t at)
{
        bool after_midnight = thon_zone_civil(s->zone, (struct thon_wall){at}).days > days;

        if (point->not_before >= 0 && (point->not_before < NOON_MIN) == after_midnight) {
                int64_t limit = clock_instant(s, days, point->not_before);
                at = at < limit ? limit : at;
        }
        if (point->not_after >= 0 && (point->not_after < NOON_MIN) == after_midnight) {
                int64_t limit = clock_instant(s, days, point->not_after);
                at = at > limit ? limit : at;
        }
        return at;
}

static bool point_instant(struct thon_schedule *s, struct night *night, const struct thon_point *point,
                          int64_t *ret)
{
        enum thon_sun_event event = THON_SUN_SET;
        struct thon_wall at;

        switch (point->kind) {
        case THON_POINT_CLOCK:
                *ret = clock_instant(s, night->days, point->minutes);
                return true;
        case THON_POINT_SUNRISE:
                event = THON_SUN_RISE;
                break;
        case THON_POINT_SUNSET:
                event = THON_SUN_SET;
                break;
        case THON_POINT_DAWN:
                event = THON_SUN_DAWN;
                break;
        case THON_POINT_DUSK:
                event = THON_SUN_DUSK;
                break;
        }
        if (!sun_of(s, night, event, &at))
                return false;
        *ret = clamped(s, night->days, point, at.s + point->minutes * 60);
        return true;
}

/* The moments of a program in a night, ascending, one for each instant: what a later step of the list says of the same
 * instant stands in place of an earlier one's word, the start's too. */
static const struct moment *moments_of(struct thon_schedule *s, struct night *night, size_t slot,
                                       size_t program, size_t *ret_n)
{
        const struct thon_program *p = &s->plan->programs[program];
        uint8_t *known = &s->n_moments[slot * s->plan->n_programs + program];
        struct moment *moments = &s->moments[slot * s->moments_per_night + s->first_moment[program]];

        if (*known == 0) {
                size_t n = 0;

                moments[n++] = (struct moment){night->noon.s, -1, p->start_on};
                for (size_t i = 0; i < p->n_steps; i++) {
                        struct moment step = {.step = (int16_t)i, .on = p->steps[i].on};

                        /* What falls outside its night does not happen. */
                        if (!point_instant(s, night, &p->steps[i].at, &step.at) || step.at < night->noon.s ||
                            step.at >= night->end.s)
                                continue;

                        size_t place = n;
                        while (moments[place - 1].at > step.at)
                                place--;
                        if (moments[place - 1].at == step.at) {
                                moments[place - 1] = step;
                                continue;
                        }
                        for (size_t j = n++; j > place; j--)
                                moments[j] = moments[j - 1];
                        moments[place] = step;
                }
                *known = (uint8_t)n;
        }
        *ret_n = *known;
        return moments;
}

/* ---- one circuit ------------------------------------------------------------------------------------------------- */

/* A circuit in a night: what its calendar makes of it. */
struct view {
        size_t calendar, program;
        int rule;
        size_t n;
        const struct moment *moments;
};

static struct view view_of(struct thon_schedule *s, size_t circuit, int32_t days)
{
        struct night *night = night_of(s, days);
        size_t slot = words_of(s, days);
        struct view v = {.calendar = s->plan->circuits[circuit].calendar};
        const struct thon_calendar *calendar = &s->plan->calendars[v.calendar];

        v.rule = rule_of(s, night, slot, v.calendar);
        v.program = v.rule < 0 ? calendar->default_program : calendar->rules[v.rule].program;
        v.moments = moments_of(s, night, slot, v.program, &v.n);
        return v;
}

static struct thon_light_cause cause_of(const struct view *v, size_t moment)
{
        return (struct thon_light_cause){v->calendar, v->program, v->rule, v->moments[moment].step};
}

static bool last_state(const struct view *v)
{
        return v->moments[v->n - 1].on;
}

/* Back from moment `i` of night `days` to the change that began its state. */
static void find_since(struct thon_schedule *s, size_t circuit, int32_t days, struct view v, size_t i,
                       struct thon_commanded *ret)
{
        bool on = v.moments[i].on;

        for (int32_t back = 0;; back++) {
                for (; i > 0; i--) {
                        if (v.moments[i - 1].on == on)
                                continue;
                        ret->since.s = v.moments[i].at;
                        ret->cause = cause_of(&v, i);
                        return;
                }

                struct view before = view_of(s, circuit, days - back - 1);
                ret->since.s = v.moments[0].at;
                if (last_state(&before) != on) {
                        ret->cause = cause_of(&v, 0);
                        return;
                }
                if (back == THON_SCHEDULE_LOOK)
                        return; /* unchanged for so long: the word in force tonight is the cause */
                v = before;
                i = v.n - 1;
        }
}

void thon_schedule_at(struct thon_schedule *schedule, size_t circuit, struct thon_wall now,
                      struct thon_commanded *ret)
{
        int32_t days = thon_schedule_night(schedule, now);
        struct view v = view_of(schedule, circuit, days);
        size_t i = v.n - 1;

        while (i > 0 && v.moments[i].at > now.s)
                i--;
        *ret = (struct thon_commanded){
                .on = v.moments[i].on, .cause = cause_of(&v, i), .next = THON_WALL_NEVER};
        find_since(schedule, circuit, days, v, i, ret);

        for (int32_t ahead = 0; ahead <= THON_SCHEDULE_LOOK; ahead++) {
                if (ahead > 0) {
                        v = view_of(schedule, circuit, days + ahead);
                        i = 0;
                }
                for (; i < v.n; i++) {
                        if (v.moments[i].on == ret->on)
                                continue;
                        ret->next.s = v.moments[i].at;
                        ret->next_cause = cause_of(&v, i);
                        return;
                }
        }
}

int thon_schedule_plan(struct thon_schedule *schedule, size_t circuit, int32_t from, int nights,
                       int (*visit)(const struct thon_switch *change, void *userdata), void *userdata,
                       bool *ret_first)
{
        struct view before = view_of(schedule, circuit, from - 1);
        bool first = last_state(&before), on = first;

        for (int32_t days = from; days - from < nights; days++) {
                struct view v = view_of(schedule, circuit, days);

                for (size_t i = 0; i < v.n; i++) {
                        if (v.moments[i].on == on)
                                continue;
                        on = v.moments[i].on;

                        struct thon_switch change = {circuit, {v.moments[i].at}, on, cause_of(&v, i)};
                        int r = visit(&change, userdata);
                        if (r < 0)
                                return r;
                }
        }
        if (ret_first)
                *ret_first = first;
        return 0;
}

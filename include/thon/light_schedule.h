/* What the programs command, as a function of now.
 *
 * Level-triggered: nothing here remembers an edge. thon_schedule_at() may be asked for any instant in any order and
 * agrees with the switch points of thon_schedule_plan() (tests/unit/test_light_schedule.c proves it by property). */
#pragma once

#include "thon/light.h"

/* A plan bound to its zone, with what was computed for some hundred nights kept. Borrows plan and zone; neither may
 * change while it lives. Not for use by two threads at once. */
struct thon_schedule;

/* 0, -ENOMEM, or -EINVAL when an index of the plan (calendar, program) points nowhere. */
int thon_schedule_new(const struct thon_light_plan *plan, const struct thon_zone *zone,
                      struct thon_schedule **ret);
struct thon_schedule *thon_schedule_free(struct thon_schedule *schedule);

/* Which decision of a person caused a state: rule -1 is the calendar's default, step -1 the program's start. */
struct thon_light_cause {
        size_t calendar, program;
        int rule;
        int step;
};

struct thon_commanded {
        bool on;
        /* Of the change at `since`; of the last word said when that is too far back. */
        struct thon_light_cause cause;
        struct thon_wall since; /* when this state began; no further back than THON_SCHEDULE_LOOK nights */
        struct thon_wall next;  /* when it will next change; NEVER when not within those nights */
        struct thon_light_cause next_cause;
};
#define THON_SCHEDULE_LOOK 8

void thon_schedule_at(struct thon_schedule *schedule, size_t circuit, struct thon_wall now,
                      struct thon_commanded *ret);

struct thon_switch {
        size_t circuit;
        struct thon_wall at;
        bool on;
        struct thon_light_cause cause;
};

/* Every change of the commanded state of one circuit in [noon of `from`, noon of `from + nights`), in order of time,
 * given to `visit`; a negative return of it stops the walk and is returned. A step that changes nothing is not given.
 * `ret_first` (may be NULL) is the state just before the first noon. */
int thon_schedule_plan(struct thon_schedule *schedule, size_t circuit, int32_t from, int nights,
                       int (*visit)(const struct thon_switch *change, void *userdata), void *userdata,
                       bool *ret_first);

/* The night (days of its noon's date) in which an instant lies. */
int32_t thon_schedule_night(const struct thon_schedule *schedule, struct thon_wall at);
struct thon_wall thon_schedule_noon(const struct thon_schedule *schedule, int32_t days);

/* Sunset and dusk of the evening, dawn and sunrise of the morning of a night; false when it does not happen. */
bool thon_schedule_sun(struct thon_schedule *schedule, int32_t night, enum thon_sun_event event,
                       struct thon_wall *ret);

/* Borrowed, as it was given. */
const struct thon_zone *thon_schedule_zone(const struct thon_schedule *schedule);

/* "tiet-kiem / dusk+10 (duong-lang: lunar 1,15)": program, step, calendar and rule in the words of the forms, for
 * people. Never fails: what is too long ends in "...", a cause that does not fit the plan is "?". */
#define THON_CAUSE_TEXT 192
const char *thon_light_cause_text(const struct thon_light_plan *plan, const struct thon_light_cause *cause,
                                  char buf[static THON_CAUSE_TEXT]);

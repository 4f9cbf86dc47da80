/* A small commune that is watched, for the stories of the cause finder: its devices fall and come back in the world, looks
 * find that, and what would be told is written down in one line a message. Time runs second by second; no clock is read. */
#pragma once

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/camera_cause.h"
#include "thon/camera_learn.h"

#define STORY_DEVICES 128
#define STORY_TOLD    1024
#define STORY_SECOND  UINT64_C(1000000)
#define STORY_BEGAN   INT64_C(1790000000)

struct story_told {
        enum thon_cause_what what;
        enum thon_cause_kind kind;
        char id[THON_INCIDENT_ID], cause_id[THON_INCIDENT_ID], absorbed_by[THON_INCIDENT_ID];
        size_t device, n_members, most, members[STORY_DEVICES];
        int64_t at, began;
};

struct story {
        struct thon_state_rules state_rules;
        struct thon_cause_rules rules;
        struct thon_cause_device devices[STORY_DEVICES];
        char ids[STORY_DEVICES][32];
        struct thon_device_state states[STORY_DEVICES];
        enum thon_camera_verdict world[STORY_DEVICES]; /* what a look would find */
        struct thon_mono due[STORY_DEVICES];
        bool unseen[STORY_DEVICES]; /* never looked at */
        size_t n;
        int64_t interval_s, retry_s;
        struct thon_learn *learn;
        struct thon_cause *cause;
        struct thon_state_now now;
        struct thon_mono next;
        struct story_told told[STORY_TOLD];
        size_t n_told, n_rechecks;
};

static inline size_t story_device(struct story *s, enum thon_watch_kind kind, const char *id,
                                  const char *area, size_t parent, uint64_t network)
{
        size_t i = s->n++;

        ck_assert_uint_lt(i, STORY_DEVICES);
        snprintf(s->ids[i], sizeof(s->ids[i]), "%.31s", id);
        s->devices[i] = (struct thon_cause_device){.id = s->ids[i],
                                                   .name = s->ids[i],
                                                   .area = area,
                                                   .kind = kind,
                                                   .parent = parent,
                                                   .network = network};
        thon_device_state_init(&s->states[i]);
        s->world[i] = THON_CAMERA_OK;
        return i;
}

static inline void story_cameras(struct story *s, const char *prefix, size_t n, const char *area,
                                 size_t parent, uint64_t network)
{
        char id[64];

        for (size_t i = 0; i < n; i++) {
                snprintf(id, sizeof(id), "%.20s-%zu", prefix, i + 1);
                story_device(s, THON_WATCH_CAMERA, id, area, parent, network);
        }
}

static inline void story_init(struct story *s)
{
        memset(s, 0, sizeof(*s));
        s->state_rules = thon_state_defaults;
        s->rules = thon_cause_defaults;
        s->interval_s = 60;
        s->retry_s = 15;
        s->now = (struct thon_state_now){{STORY_BEGAN}, {UINT64_C(5000) * STORY_SECOND}};
}

static inline void story_begin(struct story *s)
{
        ck_assert_int_eq(thon_cause_new(&s->rules, s->devices, s->n, s->learn, &s->cause), 0);
        for (size_t i = 0; i < s->n; i++)
                s->due[i] = (struct thon_mono){s->now.mono.us +
                                               (i * 7919 % (size_t)s->interval_s) * STORY_SECOND};
        s->next = s->now.mono;
}

static inline void story_end(struct story *s)
{
        s->cause = thon_cause_free(s->cause);
        s->learn = thon_learn_free(s->learn);
}

static inline void story_write(struct story *s, const struct thon_cause_action *action)
{
        struct story_told *t = &s->told[s->n_told++];
        const struct thon_incident *x = action->incident;

        ck_assert_uint_le(s->n_told, STORY_TOLD);
        *t = (struct story_told){.what = action->what,
                                 .kind = x->kind,
                                 .device = x->device,
                                 .n_members = x->n_members,
                                 .most = x->most,
                                 .at = s->now.wall.s,
                                 .began = x->began.s};
        memcpy(t->id, x->id, sizeof(t->id));
        memcpy(t->cause_id, x->cause_id, sizeof(t->cause_id));
        if (action->absorbed_by)
                snprintf(t->absorbed_by, sizeof(t->absorbed_by), "%s", action->absorbed_by);
        memcpy(t->members, x->members, x->n_members * sizeof(*x->members));
}

static inline void story_look_at_device(struct story *s, size_t i)
{
        struct thon_check_plan plan = {
                .interval_s = s->interval_s, .retry_s = s->retry_s, .phase = i * 7919999};
        bool mains = s->devices[i].kind == THON_WATCH_MAINS;

        if (s->unseen[i])
                return;
        thon_device_state_look(&s->states[i], &s->state_rules, s->world[i], mains, s->now);
        thon_cause_device(s->cause, i, &s->states[i], s->now);
        s->due[i] = thon_check_next(&plan, &s->states[i], s->now);
        s->next = s->now.mono;
}

static inline void story_look(struct story *s)
{
        struct thon_cause_actions actions;
        size_t again[STORY_DEVICES * 2], n = 0;

        if (thon_cause_look(s->cause, s->now, &actions) < 0)
                ck_abort_msg("no memory");
        s->next = actions.next;
        for (size_t i = 0; i < actions.n; i++) {
                if (actions.items[i].what == THON_CAUSE_RECHECK)
                        again[n++] = actions.items[i].device;
                else if (actions.items[i].what != THON_CAUSE_CHANGED)
                        story_write(s, &actions.items[i]);
        }
        thon_cause_actions_done(&actions);
        s->n_rechecks += n;
        for (size_t i = 0; i < n; i++)
                s->due[again[i]] = s->now.mono;
}

static inline void story_second(struct story *s)
{
        for (size_t i = 0; i < s->n; i++) {
                if (s->due[i].us <= s->now.mono.us)
                        story_look_at_device(s, i);
                else if (s->states[i].flapping) {
                        thon_device_state_tick(&s->states[i], &s->state_rules, s->now);
                        if (!s->states[i].flapping)
                                story_look_at_device(s, i);
                }
        }
        if (s->next.us <= s->now.mono.us)
                story_look(s);
        s->now.wall.s++;
        s->now.mono.us += STORY_SECOND;
}

static inline void passes(struct story *s, int64_t seconds)
{
        for (int64_t i = 0; i < seconds; i++)
                story_second(s);
}

static inline void turns(struct story *s, size_t first, size_t n, enum thon_camera_verdict verdict)
{
        for (size_t i = first; i < first + n; i++)
                s->world[i] = verdict;
}

/* What the mains says comes at once. */
static inline void mains_says(struct story *s, size_t mains, bool on)
{
        s->world[mains] = on ? THON_CAMERA_OK : THON_CAMERA_NO_POWER;
        s->due[mains] = s->now.mono;
}

static inline size_t count_told(const struct story *s, enum thon_cause_what what)
{
        size_t n = 0;

        for (size_t i = 0; i < s->n_told; i++)
                n += s->told[i].what == what;
        return n;
}

static inline const char *story_print(const struct story *s)
{
        static char text[STORY_TOLD * 256];
        static const char *const whats[] = {"RAISE", "CLEAR", "CHANGED", "DROPPED", "RECHECK"};
        size_t n = 0;

        text[0] = '\0';
        for (size_t i = 0; i < s->n_told && n + 256 < sizeof(text); i++) {
                const struct story_told *t = &s->told[i];

                n += (size_t)snprintf(text + n, 256, "\n%5" PRId64 " %s %s %s (%zu)%s%s%s%s",
                                      t->at - STORY_BEGAN, whats[t->what], thon_cause_slug(t->kind), t->id,
                                      t->n_members, *t->cause_id ? " of " : "", t->cause_id,
                                      *t->absorbed_by ? " by " : "", t->absorbed_by);
        }
        return text;
}

/* The i-th message. */
static inline const struct story_told *told(const struct story *s, size_t i)
{
        ck_assert_msg(i < s->n_told, "message %zu of %zu:%s", i, s->n_told, story_print(s));
        return &s->told[i];
}

#define told_so_far(s, want)                                                                         \
        ck_assert_msg((s)->n_told == (size_t)(want), "%zu messages, not %d:%s", (s)->n_told, (want), \
                      story_print(s))
#define told_is(s, i, w, k)                                                                           \
        ck_assert_msg(told(s, i)->what == (w) && told(s, i)->kind == (k), "message %d is another:%s", \
                      (int)(i), story_print(s))

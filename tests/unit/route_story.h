/* A router and its shell, for stories: a network that may be away, recipients who get their notices or do not, and a disk
 * from which everything begins anew. */
#pragma once

#include "thon/relay_route.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE  4 /* two technicians, an officer, the chair */
#define NOTICES 4096

enum fate { NOBODY, QUEUED, SENDING, SENT, DROPPED };

struct notice {
        enum thon_route_what what;
        char *text;
        int64_t parent, supersedes;
        bool ack;
        enum fate fate[PEOPLE];
        bool read[PEOPLE]; /* by the checks of a test */
        struct thon_wall at;
};

struct kept {
        enum thon_route_record what;
        char *key;
        void *record;
        struct kept *next;
};

struct story {
        struct thon_route_conf routes[4];
        size_t n_routes;
        struct thon_inhibit_conf inhibits[2];
        size_t n_inhibits;
        struct thon_zone *zone;
        struct thon_router *router;
        struct thon_route_now now;
        struct thon_wall next_wall;
        struct thon_mono next_mono;
        bool offline;
        bool slow[PEOPLE];                  /* what goes to them is under way, and stays so */
        struct notice notices[NOTICES + 1]; /* by number, from 1 */
        size_t n;
        struct kept *disk;
        size_t given_way;
};

/* ---- a disk ------------------------------------------------------------------------------------------------------ */

static inline char *copy_of(const char *text)
{
        return text ? strdup(text) : NULL;
}

static inline void *copy_record(enum thon_route_record what, const void *record)
{
        switch (what) {
        case THON_RECORD_EVENT: {
                const struct thon_route_event *from = record;
                struct thon_route_event *event = malloc(sizeof(*event));

                *event = *from;
                event->id = copy_of(from->id);
                event->kind = copy_of(from->kind);
                event->subject = copy_of(from->subject);
                event->name = copy_of(from->name);
                event->area = copy_of(from->area);
                event->text = copy_of(from->text);
                event->end_text = copy_of(from->end_text);
                event->cause_id = copy_of(from->cause_id);
                event->values = calloc(from->n_values + 1, sizeof(*event->values));
                for (size_t i = 0; i < from->n_values; i++) {
                        event->values[i].name = copy_of(from->values[i].name);
                        event->values[i].value = copy_of(from->values[i].value);
                }
                event->in = calloc(from->n_in + 1, sizeof(*event->in));
                for (size_t i = 0; i < from->n_in; i++)
                        event->in[i] = (struct thon_route_member){.incident = from->in[i].incident,
                                                                  .told = from->in[i].told,
                                                                  .over = from->in[i].over};
                event->source = event->target = 0;
                return event;
        }
        case THON_RECORD_INCIDENT: {
                const struct thon_route_incident *from = record;
                struct thon_route_incident *incident = malloc(sizeof(*incident));

                *incident = *from;
                incident->cause = copy_of(from->cause);
                incident->conf = NULL;
                incident->members = NULL;
                incident->n_members = 0;
                return incident;
        }
        case THON_RECORD_ENDING: {
                const struct thon_route_ending *from = record;
                struct thon_route_ending *ending = malloc(sizeof(*ending));

                *ending = *from;
                ending->text = copy_of(from->text);
                return ending;
        }
        case THON_RECORD_FLAP: {
                const struct thon_route_flap *from = record;
                struct thon_route_flap *flap = malloc(sizeof(*flap));

                *flap = *from;
                flap->kind = copy_of(from->kind);
                flap->subject = copy_of(from->subject);
                return flap;
        }
        }
        return NULL;
}

static inline void record_done(enum thon_route_record what, void *record)
{
        switch (what) {
        case THON_RECORD_EVENT:
                thon_route_event_done(record);
                break;
        case THON_RECORD_INCIDENT:
                thon_route_incident_done(record);
                break;
        case THON_RECORD_ENDING:
                thon_route_ending_done(record);
                break;
        case THON_RECORD_FLAP:
                thon_route_flap_done(record);
                break;
        }
}

static inline void kept_free(struct kept *kept)
{
        record_done(kept->what, kept->record);
        free(kept->record);
        free(kept->key);
        free(kept);
}

static inline int keep(enum thon_route_record what, const char *key, const void *record, void *userdata)
{
        struct story *s = userdata;

        for (struct kept **p = &s->disk; *p; p = &(*p)->next)
                if (strcmp((*p)->key, key) == 0) {
                        struct kept *old = *p;

                        *p = old->next;
                        kept_free(old);
                        break;
                }
        if (record) {
                struct kept *kept = malloc(sizeof(*kept));

                *kept = (struct kept){what, strdup(key), copy_record(what, record), s->disk};
                s->disk = kept;
        }
        return 0;
}

/* ---- the world ----------------------------------------------------------------------------------------------------- */

/* Whom a word of `to` means. */
static inline unsigned people(const char *const *to, size_t n)
{
        unsigned who = 0;

        for (size_t i = 0; i < n; i++)
                who |= strcmp(to[i], "role:technician") == 0 ? 3
                       : strcmp(to[i], "role:officer") == 0  ? 4
                       : strcmp(to[i], "role:chair") == 0    ? 8
                                                             : 0;
        return who;
}

static inline void begin(struct story *s)
{
        ck_assert_int_eq(
                thon_router_new(s->routes, s->n_routes, s->inhibits, s->n_inhibits, s->zone, &s->router), 0);
}

static inline void story_begin(struct story *s)
{
        static char *match[] = {"light-*"}, *to[] = {"role:technician"};

        memset(s, 0, sizeof(*s));
        s->routes[0] = (struct thon_route_conf){
                .name = "lamps",
                .match = match,
                .n_match = 1,
                .to = to,
                .n_to = 1,
                .class = THON_CLASS_PRIORITY,
                .group_wait_s = 1,
                .group_interval_s = 300,
                .expires_s = 86400,
                .cleared = true,
        };
        s->n_routes = 1;
        ck_assert_int_eq(thon_zone_fixed(7 * 3600, &s->zone), 0);
        ck_assert(thon_time_parse(NULL, "2026-11-21T20:10:00+07:00", &s->now.wall));
        s->now.mono.us = UINT64_C(1000000000);
        s->next_wall = THON_WALL_NEVER;
        s->next_mono = THON_MONO_NEVER;
}

static inline void story_end(struct story *s)
{
        thon_router_free(s->router);
        thon_zone_free(s->zone);
        for (size_t i = 1; i <= s->n; i++)
                free(s->notices[i].text);
        while (s->disk) {
                struct kept *next = s->disk->next;

                kept_free(s->disk);
                s->disk = next;
        }
        s->router = NULL;
}

static inline void deliver(struct story *s)
{
        for (size_t i = 1; i <= s->n; i++)
                for (int p = 0; p < PEOPLE; p++)
                        if (s->notices[i].fate[p] == QUEUED && !s->offline)
                                s->notices[i].fate[p] = s->slow[p] ? SENDING : SENT;
                        else if (s->notices[i].fate[p] == SENDING && !s->slow[p])
                                s->notices[i].fate[p] = SENT;
}

static inline void drop(struct story *s, int64_t id)
{
        for (int p = 0; p < PEOPLE; p++)
                if (s->notices[id].fate[p] == QUEUED)
                        s->notices[id].fate[p] = DROPPED;
}

static inline int64_t submit(struct story *s, const struct thon_route_action *action, const char *text,
                             unsigned who, int64_t parent)
{
        ck_assert_uint_lt(s->n, NOTICES);
        int64_t id = (int64_t)++s->n;
        struct notice *notice = &s->notices[id];

        *notice = (struct notice){.what = action->what,
                                  .text = thon_number_fill(text, id),
                                  .parent = parent,
                                  .supersedes = action->supersedes,
                                  .ack = action->ack,
                                  .at = s->now.wall};
        for (int p = 0; p < PEOPLE; p++)
                notice->fate[p] = who >> p & 1 ? QUEUED : NOBODY;
        if (action->supersedes)
                drop(s, action->supersedes);
        return id;
}

static inline void carry_out_end(struct story *s, const struct thon_route_action *action)
{
        const struct thon_route_ending *ending = thon_router_ending(s->router, action->endings[0]);
        size_t told = 0, under_way = 0;
        unsigned who = 0;

        ck_assert_ptr_nonnull(ending);
        for (size_t i = 0; i < ending->n_roots; i++)
                for (size_t id = 1; id <= s->n; id++) {
                        int64_t root = ending->roots[i].notice;
                        struct notice *notice = &s->notices[id];

                        if ((int64_t)id != root && notice->parent != root)
                                continue;
                        if (!ending->roots[i].shared)
                                drop(s, (int64_t)id);
                        for (int p = 0; p < PEOPLE; p++) {
                                if (notice->fate[p] == SENDING)
                                        under_way++;
                                else if (notice->fate[p] == SENT || notice->fate[p] == QUEUED)
                                        told++;
                                else
                                        continue;
                                who |= 1u << p;
                        }
                }
        if (ending->digest)
                for (int p = 0; p < PEOPLE; p++)
                        if (s->notices[ending->digest].fate[p] != NOBODY)
                                who &= ~(1u << p);
        switch (thon_ending_decide(ending, told, under_way, s->now.wall)) {
        case THON_ENDING_WAIT:
                thon_router_ending_waits(s->router, ending->id, s->now);
                return;
        case THON_ENDING_TELL:
                if (who)
                        (void)submit(s, action, ending->text, who, 0);
                break;
        case THON_ENDING_NOTHING:
                break;
        }
        thon_router_ended(s->router, ending->id);
}

/* The daemon's turn: look, carry out, keep; then the network has its own. */
static inline void look(struct story *s)
{
        struct thon_route_actions actions;

        ck_assert_int_eq(thon_router_look(s->router, s->now, &actions), 0);
        for (size_t i = 0; i < actions.n; i++) {
                const struct thon_route_action *action = &actions.items[i];

                if (action->what == THON_ROUTE_END) {
                        carry_out_end(s, action);
                } else {
                        int64_t id = submit(s, action, action->text, people(action->to, action->n_to),
                                            action->parent);
                        ck_assert_int_eq(thon_router_submitted(s->router, action, id), 0);
                }
        }
        s->next_wall = actions.next_wall;
        s->next_mono = actions.next_mono;
        s->given_way += actions.given_way;
        ck_assert_msg(s->next_wall.s > s->now.wall.s, "asks again without time passing");
        ck_assert_msg(s->next_mono.us > s->now.mono.us, "asks again without time passing");
        thon_route_actions_done(&actions);
        ck_assert_int_eq(thon_router_keep(s->router, keep, s), 0);
        deliver(s);
}

/* Time passes as the daemon lets it: it looks at its own instants only. */
static inline void passes(struct story *s, int64_t seconds)
{
        uint64_t until = s->now.mono.us + (uint64_t)seconds * 1000000;

        deliver(s);
        while (s->now.mono.us < until) {
                uint64_t to = until;

                if (s->next_mono.us < to)
                        to = s->next_mono.us;
                if (s->next_wall.s != INT64_MAX) {
                        int64_t ahead = s->next_wall.s - s->now.wall.s;
                        uint64_t mono = s->now.mono.us + (uint64_t)(ahead > 0 ? ahead : 0) * 1000000;

                        if (mono < to)
                                to = mono;
                }
                s->now.wall.s += (int64_t)((to - s->now.mono.us) / 1000000);
                s->now.mono.us = to;
                if (to < until || s->next_mono.us <= to || s->next_wall.s <= s->now.wall.s)
                        look(s);
        }
}

static inline void restart(struct story *s)
{
        static const enum thon_route_record order[] = {THON_RECORD_INCIDENT, THON_RECORD_ENDING,
                                                       THON_RECORD_FLAP, THON_RECORD_EVENT};

        thon_router_free(s->router);
        begin(s);
        for (size_t i = 0; i < 4; i++)
                for (struct kept *kept = s->disk; kept; kept = kept->next)
                        if (kept->what == order[i]) {
                                void *copy = copy_record(kept->what, kept->record);

                                ck_assert_int_eq(thon_router_restore(s->router, kept->what, copy), 0);
                                free(copy);
                        }
        ck_assert_int_eq(thon_router_restored(s->router, s->now), 0);
        look(s);
}

static inline void clock_to(struct story *s, const char *time)
{
        struct thon_wall to;

        ck_assert(thon_time_parse(NULL, time, &to));
        ck_assert_int_ge(to.s, s->now.wall.s);
        passes(s, to.s - s->now.wall.s);
}

/* ---- events -------------------------------------------------------------------------------------------------------- */

static inline struct thon_event_in an_event(const char *id, const char *kind, const char *name,
                                            const char *text, const struct story *s)
{
        return (struct thon_event_in){.id = id,
                                      .kind = kind,
                                      .subject = name,
                                      .name = name,
                                      .text = text,
                                      .severity = THON_SEVERITY_CRITICAL,
                                      .raised = true,
                                      .at = s->now.wall};
}

static inline void happens(struct story *s, const struct thon_event_in *event)
{
        ck_assert_int_eq(thon_router_event(s->router, event, s->now), 0);
        look(s);
}

static inline void goes_dark(struct story *s, const char *id, const char *name)
{
        char text[200];
        struct thon_event_in event = an_event(id, "light-dark", name, text, s);

        snprintf(text, sizeof(text), "%s: đèn đang sáng thì mất điện", name);
        happens(s, &event);
}

static inline void lights_again(struct story *s, const char *id, const char *name)
{
        char text[200];
        struct thon_event_in event = an_event(id, "light-dark", name, text, s);

        snprintf(text, sizeof(text), "%s: đèn đã sáng lại", name);
        event.raised = false;
        happens(s, &event);
}

static inline bool reached(const struct story *s, int64_t id, int person)
{
        return s->notices[id].fate[person] == SENT;
}

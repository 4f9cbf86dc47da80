/* Between the files that decide what is told: one look at all incidents. */
#pragma once

#include "route.h"

struct look {
        struct thon_router *router;
        struct thon_route_now now;
        struct thon_route_actions *actions;
};

/* The members of an incident by what there is to say of them. */
struct sorted {
        struct route_list stands; /* told, and standing */
        struct route_list fresh;  /* not told, standing, and not held back */
        struct route_list over;   /* told, and cleared, which is not told */
        struct route_list ended;  /* told, and cleared, told or not */
        struct route_list gone;   /* came and went in quiet hours */
        struct route_list all;    /* stands and fresh */
};

/* ---- route_tell.c ---- */
void route_sorted_done(struct sorted *s);
int route_sort(const struct thon_router *router, const struct thon_route_incident *incident,
               struct sorted *ret);
int route_list_add(struct route_list *list, struct thon_route_event *event);
void route_list_order(struct route_list *list);
void route_look_at(struct look *look, struct thon_wall at);
int route_id_add(int64_t **ids, size_t *n, int64_t id);
void route_action_done(struct thon_route_action *action);
/* Takes what the action owns, in every case. */
int route_act(struct look *look, struct thon_route_action action);
struct thon_route_action route_action_of(const struct look *look, enum thon_route_what what,
                                         const struct thon_route_conf *conf);
void route_now_told(struct thon_route_incident *incident, const struct route_list *list);
void route_now_over(struct thon_route_incident *incident, const struct route_list *list);
void route_all_leave(struct thon_router *router, struct thon_route_incident *incident,
                     const struct route_list *list);
int route_end(struct look *look, struct thon_route_incident *incident, const struct sorted *s,
              int64_t *ret_id);
/* *ret_over: the incident is no more. */
int route_tell(struct look *look, struct thon_route_incident *incident, bool *ret_over);
int route_remind(struct look *look, struct thon_route_incident *incident);

/* ---- route_digest.c ---- */
/* NEVER: not quiet now; else until when. */
struct thon_wall route_quiet_until(const struct look *look, const struct thon_route_conf *conf);
/* Outside of its quiet hours: what waited for their end. */
int route_digest(struct look *look, const struct thon_route_conf *conf);

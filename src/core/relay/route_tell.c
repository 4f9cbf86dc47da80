/* What one incident has to tell: that it is there, what is new of it, that it is over, that nobody has answered.
 *
 * An incident that was never told is told when its route has waited for what one cause brings together; one that was told
 * has updates, at most every group_interval, and an end, which waits for nothing but the group. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route_look.h"
#include "thon/cleanup.h"

void route_sorted_done(struct sorted *s)
{
        free(s->stands.items);
        free(s->fresh.items);
        free(s->over.items);
        free(s->ended.items);
        free(s->gone.items);
        free(s->all.items);
}

int route_list_add(struct route_list *list, struct thon_route_event *event)
{
        struct thon_route_event **items = ROUTE_ROOM(list->items, list->n);

        if (!items)
                return -ENOMEM;
        list->items = items;
        items[list->n++] = event;
        return 0;
}

static int earlier(const void *a, const void *b)
{
        const struct thon_route_event *const *x = a, *const *y = b;

        if ((*x)->raised_at.s != (*y)->raised_at.s)
                return (*x)->raised_at.s < (*y)->raised_at.s ? -1 : 1;
        return strcmp((*x)->id, (*y)->id);
}

void route_list_order(struct route_list *list)
{
        if (list->n > 1)
                qsort(list->items, list->n, sizeof(struct thon_route_event *), earlier);
}

/* Each list in the order in which it happened, whatever the order in which a restart read it. */
int route_sort(const struct thon_router *router, const struct thon_route_incident *incident,
               struct sorted *ret)
{
        struct sorted s = {0};
        int r = 0;

        for (size_t i = 0; r == 0 && i < incident->n_members; i++) {
                struct thon_route_event *event = incident->members[i];
                const struct thon_route_member *member = route_member(event, incident);
                bool told = member->told;

                if (!route_stands(event) && told) {
                        r = route_list_add(&s.ended, event);
                        if (r == 0 && !member->over)
                                r = route_list_add(&s.over, event);
                } else if (!route_stands(event))
                        r = route_list_add(&s.gone, event);
                else if (told)
                        r = route_list_add(&s.stands, event);
                else if (incident->conf && route_audible(router, event))
                        r = route_list_add(&s.fresh, event);
                else
                        continue;
                if (r == 0 && route_stands(event))
                        r = route_list_add(&s.all, event);
        }
        if (r < 0) {
                route_sorted_done(&s);
                return r;
        }
        route_list_order(&s.stands);
        route_list_order(&s.fresh);
        route_list_order(&s.over);
        route_list_order(&s.ended);
        route_list_order(&s.gone);
        route_list_order(&s.all);
        *ret = s;
        return 0;
}

void route_look_at(struct look *look, struct thon_wall at)
{
        if (thon_wall_before(at, look->actions->next_wall))
                look->actions->next_wall = at;
}

/* ---- actions ------------------------------------------------------------------------------------------------------ */

void route_action_done(struct thon_route_action *action)
{
        free(action->text);
        free(action->picture);
        free(action->incidents);
        free(action->endings);
}

void thon_route_actions_done(struct thon_route_actions *actions)
{
        for (size_t i = 0; i < actions->n; i++)
                route_action_done(&actions->items[i]);
        free(actions->items);
        *actions = (struct thon_route_actions){.next_wall = THON_WALL_NEVER, .next_mono = THON_MONO_NEVER};
}

int route_id_add(int64_t **ids, size_t *n, int64_t id)
{
        int64_t *room = ROUTE_ROOM(*ids, *n);

        if (!room)
                return -ENOMEM;
        *ids = room;
        room[(*n)++] = id;
        return 0;
}

/* Takes what the action owns, in every case. */
int route_act(struct look *look, struct thon_route_action action)
{
        struct thon_route_action *items = ROUTE_ROOM(look->actions->items, look->actions->n);

        if (items)
                look->actions->items = items;
        if (!items || (!action.text && action.what != THON_ROUTE_END)) {
                route_action_done(&action);
                return -ENOMEM;
        }
        items[look->actions->n++] = action;
        return 0;
}

/* The first notice that is the incident's own; 0 none. */
static int64_t parent_of(const struct thon_route_incident *incident)
{
        for (size_t i = 0; i < incident->n_roots; i++)
                if (!incident->roots[i].shared)
                        return incident->roots[i].notice;
        return 0;
}

struct thon_route_action route_action_of(const struct look *look, enum thon_route_what what,
                                         const struct thon_route_conf *conf)
{
        struct thon_route_action action = {
                .what = what,
                .route = conf,
                .class = conf->class,
                .to = (const char *const *)conf->to,
                .n_to = conf->n_to,
                .ack = conf->ack,
                .expires = THON_WALL_NEVER,
        };

        if (conf->expires_s > 0)
                action.expires.s = look->now.wall.s + conf->expires_s;
        return action;
}

/* That of the cause, or of whoever has one first. */
static const char *picture_of(const struct thon_route_incident *incident)
{
        const char *found = NULL;

        for (size_t i = 0; i < incident->n_members; i++) {
                const struct thon_route_event *event = incident->members[i];

                for (size_t v = 0; v < event->n_values; v++)
                        if (strcmp(event->values[v].name, "picture") == 0 && *event->values[v].value &&
                            (!found || strcmp(event->id, incident->cause) == 0))
                                found = event->values[v].value;
        }
        return found;
}

static int tell_of(struct look *look, struct thon_route_incident *incident, enum thon_route_what what,
                   char *text, const struct thon_escalate_step *step)
{
        struct thon_route_action action = route_action_of(look, what, incident->conf);

        const char *picture = what == THON_ROUTE_RAISED ? picture_of(incident) : NULL;

        action.text = text;
        action.picture = picture ? strdup(picture) : NULL; /* it may be missed more easily than the words */
        action.ack = step || (action.ack && !incident->acked);
        action.parent = parent_of(incident);
        if (step) {
                action.to = (const char *const *)step->to;
                action.n_to = step->n_to;
        } else {
                action.supersedes = incident->last;
                incident->last_told = look->now.wall;
                if (!route_was_told(incident))
                        incident->first_told = look->now.wall;
        }
        incident->dirty = true;
        if (route_id_add(&action.incidents, &action.n_incidents, incident->id) < 0) {
                route_action_done(&action);
                return -ENOMEM;
        }
        return route_act(look, action);
}

/* ---- one incident ------------------------------------------------------------------------------------------------- */

void route_now_told(struct thon_route_incident *incident, const struct route_list *list)
{
        for (size_t i = 0; i < list->n; i++) {
                route_member(list->items[i], incident)->told = true;
                list->items[i]->dirty = true;
        }
}

void route_now_over(struct thon_route_incident *incident, const struct route_list *list)
{
        for (size_t i = 0; i < list->n; i++) {
                route_member(list->items[i], incident)->over = true;
                list->items[i]->dirty = true;
        }
}

void route_all_leave(struct thon_router *router, struct thon_route_incident *incident,
                     const struct route_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                route_leave(router, list->items[i], incident); /* with the last one the incident goes */
}

/* The incident's end becomes an ending of its own. What remains, held back and never told, begins anew. *ret_id (may be
 * NULL): of the ending. */
int route_end(struct look *look, struct thon_route_incident *incident, const struct sorted *s,
              int64_t *ret_id)
{
        struct thon_route_ending *ending = calloc(1, sizeof(*ending));
        int r;

        if (!ending)
                return -ENOMEM;
        memcpy(ending->route, incident->route, sizeof(ending->route));
        memcpy(ending->roots, incident->roots, sizeof(ending->roots));
        ending->n_roots = incident->n_roots;
        ending->class = incident->class;
        ending->tell = !incident->conf || incident->conf->cleared;
        ending->since = look->now.wall;
        ending->text = route_end_text(look->router, &s->ended, look->now.wall);
        if (!ending->text) {
                free(ending);
                return -ENOMEM;
        }
        r = route_ending_new(look->router, ending);
        if (r < 0)
                return r;
        if (ret_id)
                *ret_id = ending->id;
        incident->n_roots = 0;
        incident->last = 0;
        incident->first_told = incident->last_told = THON_WALL_NEVER;
        incident->steps = 0;
        incident->acked = incident->quiet = false;
        incident->news = THON_MONO_NEVER;
        incident->dirty = true;
        route_all_leave(look->router, incident, &s->ended);
        return 0;
}

/* True when the incident is no more. */
int route_tell(struct look *look, struct thon_route_incident *incident, bool *ret_over)
{
        const struct thon_route_conf *conf = incident->conf;
        struct thon_wall now = look->now.wall;
        _cleanup_(route_sorted_done) struct sorted s = {0};
        bool ack = conf && conf->ack && !incident->acked;
        int r = route_sort(look->router, incident, &s);

        *ret_over = false;
        if (r < 0)
                return r;
        if (!route_was_told(incident)) {
                incident->news = THON_MONO_NEVER;
                if (s.fresh.n == 0) {
                        *ret_over = s.gone.n > 0 && s.gone.n == incident->n_members;
                        route_all_leave(look->router, incident, &s.gone);
                        return 0;
                }
                route_now_told(incident, &s.fresh);
                r = tell_of(look, incident, THON_ROUTE_RAISED,
                            route_raised_text(look->router, incident->cause, &s.fresh, ack, now), NULL);
        } else if (s.all.n == 0) {
                if (s.ended.n == 0) {
                        /* Whatever was told of it is over since long: what is left has not been told. */
                        incident->news = THON_MONO_NEVER;
                        return 0;
                }
                *ret_over = s.ended.n == incident->n_members;
                return route_end(look, incident, &s, NULL);
        } else if (!conf || (s.fresh.n == 0 && s.over.n == 0)) {
                incident->news = THON_MONO_NEVER;
        } else if (incident->last_told.s + conf->group_interval_s > now.s) {
                int64_t wait_s = incident->last_told.s + conf->group_interval_s - now.s;

                /* No longer than the interval, wherever the clock was stepped to. */
                if (wait_s > conf->group_interval_s)
                        wait_s = conf->group_interval_s;
                incident->news = thon_mono_add(look->now.mono, (uint64_t)wait_s * 1000000);
        } else {
                incident->news = THON_MONO_NEVER;
                route_now_told(incident, &s.fresh);
                r = tell_of(look, incident, THON_ROUTE_UPDATE,
                            route_update_text(look->router, incident->cause, &s.all, &s.fresh, &s.over, ack,
                                              now),
                            NULL);
                route_now_over(incident, &s.over);
        }
        return r;
}

/* ---- reminders and escalation --------------------------------------------------------------------------------------- */

int route_remind(struct look *look, struct thon_route_incident *incident)
{
        const struct thon_route_conf *conf = incident->conf;
        struct thon_wall now = look->now.wall, at;
        _cleanup_(route_sorted_done) struct sorted s = {0};
        int r;

        if (!conf || !route_was_told(incident) || incident->acked)
                return 0;
        /* Told after now: the clock was stepped back, and what is to wait would wait for ever. */
        if (thon_wall_before(now, incident->last_told) || thon_wall_before(now, incident->first_told)) {
                if (thon_wall_before(now, incident->first_told))
                        incident->first_told = now;
                incident->last_told = now;
                incident->dirty = true;
        }
        bool escalate = incident->steps<conf->n_escalate, repeat = conf->repeat_s> 0;
        if (!escalate && !repeat)
                return 0;
        r = route_sort(look->router, incident, &s);
        if (r < 0 || s.stands.n == 0)
                return r;
        while (r == 0 && incident->steps < conf->n_escalate) {
                const struct thon_escalate_step *step = &conf->escalate[incident->steps];
                _cleanup_free_ char *headline = NULL;

                at = (struct thon_wall){incident->first_told.s + step->after_s};
                if (thon_wall_before(now, at)) {
                        route_look_at(look, at);
                        break;
                }
                headline = route_headline(look->router, incident->cause, &s.stands, now);
                if (!headline)
                        return -ENOMEM;
                incident->steps++;
                r = tell_of(look, incident, THON_ROUTE_ESCALATE,
                            thon_escalation_text(headline, (const char *const *)conf->to, conf->n_to,
                                                 now.s - incident->first_told.s),
                            step);
        }
        if (r < 0 || !repeat)
                return r;
        at = (struct thon_wall){incident->last_told.s + conf->repeat_s};
        if (thon_wall_before(now, at)) {
                route_look_at(look, at);
                return 0;
        }
        route_look_at(look, (struct thon_wall){now.s + conf->repeat_s});
        return tell_of(look, incident, THON_ROUTE_REPEAT,
                       route_repeat_text(look->router, incident->cause, &s.stands, conf->ack, now), NULL);
}

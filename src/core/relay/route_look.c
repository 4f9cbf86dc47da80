/* What is to be told now, and when to look again.
 *
 * An incident that was never told is told when its route has waited for what one cause brings together; one that was told
 * has updates, at most every group_interval, and an end, which waits for nothing but the group. In quiet hours nothing is
 * told; all of a route that waited is told in one digest after them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "thon/cleanup.h"

#define ENDING_AGAIN_US UINT64_C(2000000)

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

static void sorted_done(struct sorted *s)
{
        free(s->stands.items);
        free(s->fresh.items);
        free(s->over.items);
        free(s->ended.items);
        free(s->gone.items);
        free(s->all.items);
}

static int list_add(struct route_list *list, struct thon_route_event *event)
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

static void list_order(struct route_list *list)
{
        if (list->n > 1)
                qsort(list->items, list->n, sizeof(struct thon_route_event *), earlier);
}

/* Each list in the order in which it happened, whatever the order in which a restart read it. */
static int sort(const struct thon_router *router, const struct thon_route_incident *incident,
                struct sorted *ret)
{
        struct sorted s = {0};
        int r = 0;

        for (size_t i = 0; r == 0 && i < incident->n_members; i++) {
                struct thon_route_event *event = incident->members[i];
                const struct thon_route_member *member = route_member(event, incident);
                bool told = member->told;

                if (!route_stands(event) && told) {
                        r = list_add(&s.ended, event);
                        if (r == 0 && !member->over)
                                r = list_add(&s.over, event);
                } else if (!route_stands(event))
                        r = list_add(&s.gone, event);
                else if (told)
                        r = list_add(&s.stands, event);
                else if (incident->conf && route_audible(router, event))
                        r = list_add(&s.fresh, event);
                else
                        continue;
                if (r == 0 && route_stands(event))
                        r = list_add(&s.all, event);
        }
        if (r < 0) {
                sorted_done(&s);
                return r;
        }
        list_order(&s.stands);
        list_order(&s.fresh);
        list_order(&s.over);
        list_order(&s.ended);
        list_order(&s.gone);
        list_order(&s.all);
        *ret = s;
        return 0;
}

static void look_at(struct look *look, struct thon_wall at)
{
        if (thon_wall_before(at, look->actions->next_wall))
                look->actions->next_wall = at;
}

/* ---- actions ------------------------------------------------------------------------------------------------------ */

static void action_done(struct thon_route_action *action)
{
        free(action->text);
        free(action->incidents);
        free(action->endings);
}

void thon_route_actions_done(struct thon_route_actions *actions)
{
        for (size_t i = 0; i < actions->n; i++)
                action_done(&actions->items[i]);
        free(actions->items);
        *actions = (struct thon_route_actions){.next_wall = THON_WALL_NEVER, .next_mono = THON_MONO_NEVER};
}

static int id_add(int64_t **ids, size_t *n, int64_t id)
{
        int64_t *room = ROUTE_ROOM(*ids, *n);

        if (!room)
                return -ENOMEM;
        *ids = room;
        room[(*n)++] = id;
        return 0;
}

/* Takes what the action owns, in every case. */
static int act(struct look *look, struct thon_route_action action)
{
        struct thon_route_action *items = ROUTE_ROOM(look->actions->items, look->actions->n);

        if (items)
                look->actions->items = items;
        if (!items || (!action.text && action.what != THON_ROUTE_END)) {
                action_done(&action);
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

static struct thon_route_action action_of(const struct look *look, enum thon_route_what what,
                                          const struct thon_route_conf *conf)
{
        return (struct thon_route_action){
                .what = what,
                .route = conf,
                .class = conf->class,
                .to = (const char *const *)conf->to,
                .n_to = conf->n_to,
                .ack = conf->ack,
                .expires = conf->expires_s > 0 ? (struct thon_wall){look->now.wall.s + conf->expires_s}
                                               : THON_WALL_NEVER,
        };
}

static int tell_of(struct look *look, struct thon_route_incident *incident, enum thon_route_what what,
                   char *text, const struct thon_escalate_step *step)
{
        struct thon_route_action action = action_of(look, what, incident->conf);

        action.text = text;
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
        if (id_add(&action.incidents, &action.n_incidents, incident->id) < 0) {
                action_done(&action);
                return -ENOMEM;
        }
        return act(look, action);
}

/* ---- one incident ------------------------------------------------------------------------------------------------- */

static void now_told(struct thon_route_incident *incident, const struct route_list *list)
{
        for (size_t i = 0; i < list->n; i++) {
                route_member(list->items[i], incident)->told = true;
                list->items[i]->dirty = true;
        }
}

static void now_over(struct thon_route_incident *incident, const struct route_list *list)
{
        for (size_t i = 0; i < list->n; i++) {
                route_member(list->items[i], incident)->over = true;
                list->items[i]->dirty = true;
        }
}

static void all_leave(struct thon_router *router, struct thon_route_incident *incident,
                      const struct route_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                route_leave(router, list->items[i], incident); /* with the last one the incident goes */
}

/* The incident's end becomes an ending of its own. What remains, held back and never told, begins anew. *ret_id (may be
 * NULL): of the ending. */
static int end(struct look *look, struct thon_route_incident *incident, const struct sorted *s,
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
        all_leave(look->router, incident, &s->ended);
        return 0;
}

/* True when the incident is no more. */
static int tell(struct look *look, struct thon_route_incident *incident, bool *ret_over)
{
        const struct thon_route_conf *conf = incident->conf;
        struct thon_wall now = look->now.wall;
        _cleanup_(sorted_done) struct sorted s = {0};
        bool ack = conf && conf->ack && !incident->acked;
        int r = sort(look->router, incident, &s);

        *ret_over = false;
        if (r < 0)
                return r;
        if (!route_was_told(incident)) {
                incident->news = THON_MONO_NEVER;
                if (s.fresh.n == 0) {
                        *ret_over = s.gone.n > 0 && s.gone.n == incident->n_members;
                        all_leave(look->router, incident, &s.gone);
                        return 0;
                }
                now_told(incident, &s.fresh);
                r = tell_of(look, incident, THON_ROUTE_RAISED,
                            route_raised_text(look->router, incident->cause, &s.fresh, ack, now), NULL);
        } else if (s.all.n == 0) {
                if (s.ended.n == 0) {
                        /* Whatever was told of it is over since long: what is left has not been told. */
                        incident->news = THON_MONO_NEVER;
                        return 0;
                }
                *ret_over = s.ended.n == incident->n_members;
                return end(look, incident, &s, NULL);
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
                now_told(incident, &s.fresh);
                r = tell_of(look, incident, THON_ROUTE_UPDATE,
                            route_update_text(look->router, incident->cause, &s.all, &s.fresh, &s.over, ack,
                                              now),
                            NULL);
                now_over(incident, &s.over);
        }
        return r;
}

/* ---- reminders and escalation --------------------------------------------------------------------------------------- */

static int remind(struct look *look, struct thon_route_incident *incident)
{
        const struct thon_route_conf *conf = incident->conf;
        struct thon_wall now = look->now.wall, at;
        _cleanup_(sorted_done) struct sorted s = {0};
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
        r = sort(look->router, incident, &s);
        if (r < 0 || s.stands.n == 0)
                return r;
        while (r == 0 && incident->steps < conf->n_escalate) {
                const struct thon_escalate_step *step = &conf->escalate[incident->steps];
                _cleanup_free_ char *headline = NULL;

                at = (struct thon_wall){incident->first_told.s + step->after_s};
                if (thon_wall_before(now, at)) {
                        look_at(look, at);
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
                look_at(look, at);
                return 0;
        }
        look_at(look, (struct thon_wall){now.s + conf->repeat_s});
        return tell_of(look, incident, THON_ROUTE_REPEAT,
                       route_repeat_text(look->router, incident->cause, &s.stands, conf->ack, now), NULL);
}

/* ---- quiet hours -------------------------------------------------------------------------------------------------- */

/* NEVER: not quiet now; else until when. */
static struct thon_wall quiet_until(const struct look *look, const struct thon_route_conf *conf)
{
        struct thon_hours loud;

        if (!conf || conf->class != THON_CLASS_NORMAL || conf->quiet.from_min == conf->quiet.to_min)
                return THON_WALL_NEVER;
        loud = (struct thon_hours){.from_min = conf->quiet.to_min, .to_min = conf->quiet.from_min};
        if (thon_hours_open(&loud, look->router->zone, look->now.wall))
                return THON_WALL_NEVER;
        return thon_hours_next(&loud, look->router->zone, look->now.wall);
}

static int lists_add(struct route_list *into, const struct route_list *from)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < from->n; i++)
                r = list_add(into, from->items[i]);
        return r;
}

struct digest {
        struct route_list stands, over;
};

static void digest_done(struct digest *digest)
{
        free(digest->stands.items);
        free(digest->over.items);
}

static int digest_gather(struct look *look, const struct thon_route_incident *incident,
                         struct digest *digest)
{
        _cleanup_(sorted_done) struct sorted s = {0};
        int r = sort(look->router, incident, &s);

        if (r == 0)
                r = lists_add(&digest->stands, &s.fresh);
        if (r == 0)
                r = lists_add(&digest->over, s.all.n == 0 ? &s.ended : &s.over);
        if (r == 0)
                r = lists_add(&digest->over, &s.gone);
        list_order(&digest->stands);
        list_order(&digest->over);
        return r;
}

/* The digest tells of it: what came and went leaves, what is new has been told. */
static int digest_apply(struct look *look, struct thon_route_incident *incident,
                        struct thon_route_action *action)
{
        _cleanup_(sorted_done) struct sorted s = {0};
        bool remains;
        int r = sort(look->router, incident, &s);

        if (r < 0)
                return r;
        incident->quiet = false;
        incident->news = THON_MONO_NEVER;
        incident->dirty = true;
        remains = s.ended.n < incident->n_members;
        if (route_was_told(incident) && s.all.n == 0 && s.ended.n > 0) {
                int64_t id;

                r = end(look, incident, &s, &id);
                if (r == 0)
                        r = id_add(&action->endings, &action->n_endings, id);
        } else {
                if (s.fresh.n > 0 || s.over.n > 0) {
                        incident->last_told = look->now.wall;
                        if (!route_was_told(incident))
                                incident->first_told = look->now.wall;
                        r = id_add(&action->incidents, &action->n_incidents, incident->id);
                }
                now_told(incident, &s.fresh);
                now_over(incident, &s.over);
        }
        if (r == 0 && remains)
                all_leave(look->router, incident, &s.gone);
        return r;
}

static int digest_route(struct look *look, const struct thon_route_conf *conf)
{
        struct thon_router *router = look->router;
        _cleanup_(digest_done) struct digest digest = {0};
        struct thon_route_action action = action_of(look, THON_ROUTE_DIGEST, conf);
        struct thon_route_incident *only = NULL;
        size_t waiting = 0;
        int r = 0;

        for (size_t i = 0; r == 0 && i < router->n_incidents; i++)
                if (router->incidents[i]->conf == conf && router->incidents[i]->quiet) {
                        only = router->incidents[i];
                        waiting++;
                        r = digest_gather(look, only, &digest);
                }
        if (r < 0 || waiting == 0)
                return r;
        if (digest.stands.n + digest.over.n == 0) {
                for (size_t i = router->n_incidents; i-- > 0;)
                        if (router->incidents[i]->conf == conf)
                                router->incidents[i]->quiet = false;
                return 0;
        }
        if (waiting == 1) {
                bool gone = false;

                for (size_t i = 0; i < digest.over.n; i++)
                        gone = gone || !route_member(digest.over.items[i], only)->told;
                if (!gone) {
                        bool over;

                        /* One thing only: it is told as ever, with a number to answer to. */
                        only->quiet = false;
                        only->dirty = true;
                        return tell(look, only, &over);
                }
        }
        action.ack = conf->ack && digest.stands.n > 0;
        action.text =
                route_digest_text(router, conf, &digest.stands, &digest.over, action.ack, look->now.wall);
        for (size_t i = router->n_incidents; r == 0 && i-- > 0;)
                if (router->incidents[i]->conf == conf && router->incidents[i]->quiet)
                        r = digest_apply(look, router->incidents[i], &action);
        if (r < 0) {
                action_done(&action);
                return r;
        }
        return act(look, action);
}

/* ---- endings ------------------------------------------------------------------------------------------------------ */

enum thon_ending_next thon_ending_decide(const struct thon_route_ending *ending, size_t told,
                                         size_t under_way, struct thon_wall now)
{
        int64_t waited = now.s - ending->since.s;

        if (under_way > 0 && waited >= 0 && waited < THON_ENDING_PATIENCE_S)
                return THON_ENDING_WAIT;
        return ending->tell && told + under_way > 0 ? THON_ENDING_TELL : THON_ENDING_NOTHING;
}

void thon_router_ending_waits(struct thon_router *router, int64_t id, struct thon_route_now now)
{
        for (size_t i = 0; i < router->n_endings; i++)
                if (router->endings[i]->id == id)
                        router->endings[i]->again = thon_mono_add(now.mono, ENDING_AGAIN_US);
}

static int look_endings(struct look *look)
{
        for (size_t i = 0; i < look->router->n_endings; i++) {
                struct thon_route_ending *ending = look->router->endings[i];
                struct thon_route_action action = {.what = THON_ROUTE_END,
                                                   .route = route_conf_find(look->router, ending->route),
                                                   .class = ending->class,
                                                   .expires = THON_WALL_NEVER};
                int r;

                if (ending->again.us <= look->now.mono.us) {
                        /* Whoever carries it out says whether it is over. */
                        ending->again = thon_mono_add(look->now.mono, ENDING_AGAIN_US);
                        r = id_add(&action.endings, &action.n_endings, ending->id);
                        if (r == 0)
                                r = act(look, action);
                        if (r < 0)
                                return r;
                }
                if (ending->again.us < look->actions->next_mono.us)
                        look->actions->next_mono = ending->again;
        }
        return 0;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------- */

static int look_incident(struct look *look, struct thon_route_incident *incident)
{
        struct thon_wall quiet = quiet_until(look, incident->conf);
        bool over = false;
        int r = 0;

        if (quiet.s != INT64_MAX) {
                look_at(look, quiet);
                if (incident->news.us > look->now.mono.us || incident->quiet)
                        return 0;
                incident->quiet = incident->dirty = true;
                return 0;
        }
        if (incident->quiet)
                return 0; /* the digest's */
        if (incident->news.us <= look->now.mono.us)
                r = tell(look, incident, &over);
        return r == 0 && !over ? remind(look, incident) : r;
}

int thon_router_look(struct thon_router *router, struct thon_route_now now, struct thon_route_actions *ret)
{
        struct thon_route_actions actions = {.next_wall = THON_WALL_NEVER, .next_mono = THON_MONO_NEVER};
        struct look look = {.router = router, .now = now, .actions = &actions};
        int r = route_flap_look(router, now, &actions.next_wall);

        for (size_t i = 0; r == 0 && i < router->n_routes; i++)
                if (quiet_until(&look, &router->routes[i]).s == INT64_MAX)
                        r = digest_route(&look, &router->routes[i]);
        for (size_t i = router->n_incidents; r == 0 && i-- > 0;)
                r = look_incident(&look, router->incidents[i]);
        if (r == 0)
                r = look_endings(&look);
        if (r < 0) {
                thon_route_actions_done(&actions);
                return r;
        }
        for (size_t i = 0; i < router->n_incidents; i++) {
                const struct thon_route_incident *incident = router->incidents[i];

                if (incident->news.us > now.mono.us && incident->news.us < actions.next_mono.us)
                        actions.next_mono = incident->news;
        }
        actions.known = router->n_events;
        actions.given_way = router->given_way;
        router->given_way = 0;
        *ret = actions;
        return 0;
}

static void add_root(struct thon_route_incident *incident, int64_t notice, bool shared)
{
        if (incident->n_roots == THON_INCIDENT_ROOTS) {
                size_t i = 0;

                while (i < incident->n_roots && !incident->roots[i].shared)
                        i++;
                if (i == incident->n_roots)
                        return; /* all of one route: whoever is told now was told by the others */
                memmove(incident->roots + i, incident->roots + i + 1,
                        (incident->n_roots - i - 1) * sizeof(incident->roots[0]));
                incident->n_roots--;
        }
        incident->roots[incident->n_roots++] = (struct thon_route_root){.notice = notice, .shared = shared};
}

int thon_router_submitted(struct thon_router *router, const struct thon_route_action *action, int64_t id)
{
        if (id == 0)
                return 0;
        for (size_t i = 0; i < action->n_incidents; i++) {
                struct thon_route_incident *incident = route_incident_by_id(router, action->incidents[i]);

                if (!incident)
                        continue;
                if (action->what == THON_ROUTE_DIGEST || action->parent == 0)
                        add_root(incident, id, action->what == THON_ROUTE_DIGEST);
                if (action->what == THON_ROUTE_DIGEST)
                        incident->last = 0;
                else if (action->what != THON_ROUTE_ESCALATE)
                        incident->last = id;
                incident->dirty = true;
        }
        for (size_t i = 0; i < router->n_endings; i++)
                for (size_t j = 0; j < action->n_endings; j++)
                        if (router->endings[i]->id == action->endings[j]) {
                                router->endings[i]->digest = id;
                                router->endings[i]->dirty = true;
                        }
        return 0;
}

int thon_router_acknowledge(struct thon_router *router, int64_t root, struct thon_route_now now,
                            char **ret_headline)
{
        char *headline = NULL;

        for (size_t i = 0; i < router->n_incidents; i++) {
                struct thon_route_incident *incident = router->incidents[i];
                _cleanup_(sorted_done) struct sorted s = {0};
                int r;

                for (size_t j = 0; j < incident->n_roots; j++) {
                        if (incident->roots[j].notice != root)
                                continue;
                        incident->acked = incident->dirty = true;
                        r = headline ? 0 : sort(router, incident, &s);
                        if (r < 0) {
                                free(headline);
                                return r;
                        }
                        if (s.all.n > 0)
                                headline = route_headline(router, incident->cause, &s.all, now.wall);
                        break;
                }
        }
        *ret_headline = headline;
        return 0;
}

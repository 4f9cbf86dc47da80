/* One look at everything: what is to be told now, and when to look again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route_look.h"
#include "thon/cleanup.h"

#define ENDING_AGAIN_US UINT64_C(2000000)

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
                        r = route_id_add(&action.endings, &action.n_endings, ending->id);
                        if (r == 0)
                                r = route_act(look, action);
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
        struct thon_wall quiet = route_quiet_until(look, incident->conf);
        bool over = false;
        int r = 0;

        if (quiet.s != INT64_MAX) {
                route_look_at(look, quiet);
                if (incident->news.us > look->now.mono.us || incident->quiet)
                        return 0;
                incident->quiet = incident->dirty = true;
                return 0;
        }
        if (incident->quiet)
                return 0; /* the digest's */
        if (incident->news.us <= look->now.mono.us)
                r = route_tell(look, incident, &over);
        return r == 0 && !over ? route_remind(look, incident) : r;
}

int thon_router_look(struct thon_router *router, struct thon_route_now now, struct thon_route_actions *ret)
{
        struct thon_route_actions actions = {.next_wall = THON_WALL_NEVER, .next_mono = THON_MONO_NEVER};
        struct look look = {.router = router, .now = now, .actions = &actions};
        int r = route_flap_look(router, now, &actions.next_wall);

        for (size_t i = 0; r == 0 && i < router->n_routes; i++)
                if (route_quiet_until(&look, &router->routes[i]).s == INT64_MAX)
                        r = route_digest(&look, &router->routes[i]);
        /* In the order in which they came, and so are they numbered and sent. One that is over leaves its place to the next. */
        for (size_t i = 0; r == 0 && i < router->n_incidents;) {
                int64_t id = router->incidents[i]->id;

                r = look_incident(&look, router->incidents[i]);
                if (i < router->n_incidents && router->incidents[i]->id == id)
                        i++;
        }
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
                _cleanup_(route_sorted_done) struct sorted s = {0};
                int r;

                for (size_t j = 0; j < incident->n_roots; j++) {
                        if (incident->roots[j].notice != root)
                                continue;
                        incident->acked = incident->dirty = true;
                        r = headline ? 0 : route_sort(router, incident, &s);
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

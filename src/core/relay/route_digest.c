/* Quiet hours: an incident whose time to be told comes in them waits, and so does what comes and goes meanwhile. After them
 * all of a route that waited is told in one digest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route_look.h"
#include "thon/cleanup.h"

/* ---- quiet hours -------------------------------------------------------------------------------------------------- */

/* NEVER: not quiet now; else until when. */
struct thon_wall route_quiet_until(const struct look *look, const struct thon_route_conf *conf)
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
                r = route_list_add(into, from->items[i]);
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
        _cleanup_(route_sorted_done) struct sorted s = {0};
        int r = route_sort(look->router, incident, &s);

        if (r == 0)
                r = lists_add(&digest->stands, &s.fresh);
        if (r == 0)
                r = lists_add(&digest->over, s.all.n == 0 ? &s.ended : &s.over);
        if (r == 0)
                r = lists_add(&digest->over, &s.gone);
        route_list_order(&digest->stands);
        route_list_order(&digest->over);
        return r;
}

/* The digest tells of it: what came and went leaves, what is new has been told. */
static int digest_apply(struct look *look, struct thon_route_incident *incident,
                        struct thon_route_action *action)
{
        _cleanup_(route_sorted_done) struct sorted s = {0};
        bool remains;
        int r = route_sort(look->router, incident, &s);

        if (r < 0)
                return r;
        incident->quiet = false;
        incident->news = THON_MONO_NEVER;
        incident->dirty = true;
        remains = s.ended.n < incident->n_members;
        if (route_was_told(incident) && s.all.n == 0 && s.ended.n > 0) {
                int64_t id;

                r = route_end(look, incident, &s, &id);
                if (r == 0)
                        r = route_id_add(&action->endings, &action->n_endings, id);
        } else {
                if (s.fresh.n > 0 || s.over.n > 0) {
                        incident->last_told = look->now.wall;
                        if (!route_was_told(incident))
                                incident->first_told = look->now.wall;
                        r = route_id_add(&action->incidents, &action->n_incidents, incident->id);
                }
                route_now_told(incident, &s.fresh);
                route_now_over(incident, &s.over);
        }
        if (r == 0 && remains)
                route_all_leave(look->router, incident, &s.gone);
        return r;
}

int route_digest(struct look *look, const struct thon_route_conf *conf)
{
        struct thon_router *router = look->router;
        _cleanup_(digest_done) struct digest digest = {0};
        struct thon_route_action action = route_action_of(look, THON_ROUTE_DIGEST, conf);
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
                        return route_tell(look, only, &over);
                }
        }
        action.ack = conf->ack && digest.stands.n > 0;
        action.text =
                route_digest_text(router, conf, &digest.stands, &digest.over, action.ack, look->now.wall);
        for (size_t i = router->n_incidents; r == 0 && i-- > 0;)
                if (router->incidents[i]->conf == conf && router->incidents[i]->quiet)
                        r = digest_apply(look, router->incidents[i], &action);
        if (r < 0) {
                route_action_done(&action);
                return r;
        }
        return route_act(look, action);
}

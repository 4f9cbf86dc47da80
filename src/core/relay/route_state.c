/* What the router knows: events by id, incidents, endings. An event and an incident know each other; nobody but the
 * calls here changes both sides, so that none points to what is gone. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "thon/cleanup.h"

int thon_router_new(const struct thon_route_conf *routes, size_t n_routes,
                    const struct thon_inhibit_conf *inhibits, size_t n_inhibits,
                    const struct thon_zone *zone, struct thon_router **ret)
{
        struct thon_router *router;

        if (n_inhibits > THON_INHIBITS_MAX)
                return -E2BIG;
        router = calloc(1, sizeof(*router));
        if (!router)
                return -ENOMEM;
        router->routes = routes;
        router->n_routes = n_routes;
        router->inhibits = inhibits;
        router->n_inhibits = n_inhibits;
        router->zone = zone;
        *ret = router;
        return 0;
}

void route_values_free(struct thon_event_value *values, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(values[i].name);
                free(values[i].value);
        }
        free(values);
}

void thon_route_event_done(struct thon_route_event *event)
{
        route_values_free(event->values, event->n_values);
        free(event->id);
        free(event->kind);
        free(event->subject);
        free(event->name);
        free(event->area);
        free(event->text);
        free(event->end_text);
        free(event->cause_id);
        free(event->in);
        *event = (struct thon_route_event){0};
}

void thon_route_incident_done(struct thon_route_incident *incident)
{
        free(incident->cause);
        free(incident->members);
        *incident = (struct thon_route_incident){0};
}

void thon_route_ending_done(struct thon_route_ending *ending)
{
        free(ending->text);
        *ending = (struct thon_route_ending){0};
}

void thon_route_flap_done(struct thon_route_flap *flap)
{
        free(flap->kind);
        free(flap->subject);
        *flap = (struct thon_route_flap){0};
}

struct thon_router *thon_router_free(struct thon_router *router)
{
        if (!router)
                return NULL;
        for (size_t i = 0; i < router->n_events; i++) {
                thon_route_event_done(router->events[i]);
                free(router->events[i]);
        }
        for (size_t i = 0; i < router->n_incidents; i++) {
                thon_route_incident_done(router->incidents[i]);
                free(router->incidents[i]);
        }
        for (size_t i = 0; i < router->n_endings; i++) {
                thon_route_ending_done(router->endings[i]);
                free(router->endings[i]);
        }
        for (size_t i = 0; i < router->n_flaps; i++) {
                thon_route_flap_done(router->flaps[i]);
                free(router->flaps[i]);
        }
        for (size_t i = 0; i < router->n_gone; i++)
                free(router->gone[i]);
        free(router->events);
        free(router->incidents);
        free(router->endings);
        free(router->flaps);
        free(router->gone);
        free(router);
        return NULL;
}

/* The index of the first event whose id is not before `id`. */
static size_t place(const struct thon_router *router, const char *id)
{
        size_t low = 0, high = router->n_events;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (strcmp(router->events[middle]->id, id) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

struct thon_route_event *route_event_find(const struct thon_router *router, const char *id)
{
        size_t i = place(router, id);

        return i < router->n_events && strcmp(router->events[i]->id, id) == 0 ? router->events[i] : NULL;
}

int route_event_add(struct thon_router *router, struct thon_route_event *event)
{
        struct thon_route_event **events = ROUTE_ROOM(router->events, router->n_events);
        size_t i;

        if (!events) {
                thon_route_event_done(event);
                free(event);
                return -ENOMEM;
        }
        router->events = events;
        i = place(router, event->id);
        memmove(events + i + 1, events + i, (router->n_events - i) * sizeof(struct thon_route_event *));
        events[i] = event;
        router->n_events++;
        route_inhibit_mark(router, event);
        return 0;
}

void route_event_remove(struct thon_router *router, struct thon_route_event *event)
{
        size_t i = place(router, event->id);
        char key[THON_RECORD_KEY];

        route_key(THON_RECORD_EVENT, event, key);
        /* Without memory the row stays behind; restored, it is a tombstone or an event that its "cleared" ends. */
        (void)route_gone(router, key);
        while (event->n_in > 0)
                route_leave(router, event, event->in[event->n_in - 1].at);
        memmove(router->events + i, router->events + i + 1,
                (router->n_events - i - 1) * sizeof(struct thon_route_event *));
        router->n_events--;
        thon_route_event_done(event);
        free(event);
}

struct thon_route_incident *route_incident_find(const struct thon_router *router, const char *route,
                                                const char *cause)
{
        for (size_t i = 0; i < router->n_incidents; i++)
                if (strcmp(router->incidents[i]->cause, cause) == 0 &&
                    strcmp(router->incidents[i]->route, route) == 0)
                        return router->incidents[i];
        return NULL;
}

struct thon_route_incident *route_incident_by_id(const struct thon_router *router, int64_t id)
{
        for (size_t i = 0; i < router->n_incidents; i++)
                if (router->incidents[i]->id == id)
                        return router->incidents[i];
        return NULL;
}

const struct thon_route_conf *route_conf_find(const struct thon_router *router, const char *name)
{
        for (size_t i = 0; i < router->n_routes; i++)
                if (strcmp(router->routes[i].name, name) == 0)
                        return &router->routes[i];
        return NULL;
}

int route_incident_add(struct thon_router *router, struct thon_route_incident *incident)
{
        struct thon_route_incident **incidents = ROUTE_ROOM(router->incidents, router->n_incidents);

        if (!incidents) {
                thon_route_incident_done(incident);
                free(incident);
                return -ENOMEM;
        }
        size_t i = router->n_incidents++;

        router->incidents = incidents;
        for (; i > 0 && incidents[i - 1]->id > incident->id; i--)
                incidents[i] = incidents[i - 1];
        incidents[i] = incident;
        if (incident->id > router->serial)
                router->serial = incident->id;
        return 0;
}

int route_incident_new(struct thon_router *router, const struct thon_route_conf *conf, const char *cause,
                       struct thon_route_incident **ret)
{
        struct thon_route_incident *incident = calloc(1, sizeof(*incident));
        int r;

        if (!incident)
                return -ENOMEM;
        incident->id = router->serial + 1;
        snprintf(incident->route, sizeof(incident->route), "%s", conf->name);
        incident->cause = strdup(cause);
        if (!incident->cause) {
                free(incident);
                return -ENOMEM;
        }
        incident->class = conf->class;
        incident->first_told = incident->last_told = THON_WALL_NEVER;
        incident->news = THON_MONO_NEVER;
        incident->conf = conf;
        incident->dirty = true;
        r = route_incident_add(router, incident);
        if (r == 0)
                *ret = incident;
        return r;
}

void route_incident_remove(struct thon_router *router, struct thon_route_incident *incident)
{
        char key[THON_RECORD_KEY];

        route_key(THON_RECORD_INCIDENT, incident, key);
        (void)route_gone(router, key);
        while (incident->n_members > 0) {
                struct thon_route_event *event = incident->members[--incident->n_members];
                struct thon_route_member *member = route_member(event, incident);

                *member = event->in[--event->n_in];
                event->dirty = true;
        }
        for (size_t i = 0; i < router->n_incidents; i++)
                if (router->incidents[i] == incident) {
                        router->n_incidents--;
                        memmove(router->incidents + i, router->incidents + i + 1,
                                (router->n_incidents - i) * sizeof(struct thon_route_incident *));
                        break;
                }
        thon_route_incident_done(incident);
        free(incident);
}

int route_ending_add(struct thon_router *router, struct thon_route_ending *ending)
{
        struct thon_route_ending **endings = ROUTE_ROOM(router->endings, router->n_endings);

        if (!endings) {
                thon_route_ending_done(ending);
                free(ending);
                return -ENOMEM;
        }
        size_t i = router->n_endings++;

        router->endings = endings;
        for (; i > 0 && endings[i - 1]->id > ending->id; i--)
                endings[i] = endings[i - 1];
        endings[i] = ending;
        if (ending->id > router->serial)
                router->serial = ending->id;
        return 0;
}

int route_ending_new(struct thon_router *router, struct thon_route_ending *ending)
{
        ending->id = router->serial + 1;
        ending->dirty = true;
        return route_ending_add(router, ending);
}

const struct thon_route_ending *thon_router_ending(const struct thon_router *router, int64_t id)
{
        for (size_t i = 0; i < router->n_endings; i++)
                if (router->endings[i]->id == id)
                        return router->endings[i];
        return NULL;
}

void thon_router_ended(struct thon_router *router, int64_t id)
{
        for (size_t i = 0; i < router->n_endings; i++)
                if (router->endings[i]->id == id) {
                        struct thon_route_ending *ending = router->endings[i];
                        char key[THON_RECORD_KEY];

                        route_key(THON_RECORD_ENDING, ending, key);
                        (void)route_gone(router, key);
                        router->n_endings--;
                        memmove(router->endings + i, router->endings + i + 1,
                                (router->n_endings - i) * sizeof(struct thon_route_ending *));
                        thon_route_ending_done(ending);
                        free(ending);
                        return;
                }
}

struct thon_route_member *route_member(const struct thon_route_event *event,
                                       const struct thon_route_incident *incident)
{
        for (size_t i = 0; i < event->n_in; i++)
                if (event->in[i].at == incident)
                        return &event->in[i];
        return NULL;
}

int route_attach(struct thon_route_event *event, struct thon_route_incident *incident)
{
        struct thon_route_event **members = ROUTE_ROOM(incident->members, incident->n_members);

        if (!members)
                return -ENOMEM;
        incident->members = members;
        members[incident->n_members++] = event;
        return 0;
}

int route_join(struct thon_route_event *event, struct thon_route_incident *incident, bool told, bool over)
{
        struct thon_route_member *in = route_member(event, incident);
        int r;

        if (in) {
                in->told = in->told || told;
                in->over = in->over && over;
                event->dirty = true;
                return 0;
        }
        in = ROUTE_ROOM(event->in, event->n_in);
        if (!in)
                return -ENOMEM;
        event->in = in;
        r = route_attach(event, incident);
        if (r < 0)
                return r;
        in[event->n_in++] = (struct thon_route_member){
                .incident = incident->id, .told = told, .over = over, .at = incident};
        event->dirty = true;
        return 0;
}

void route_leave(struct thon_router *router, struct thon_route_event *event,
                 struct thon_route_incident *incident)
{
        struct thon_route_member *member = route_member(event, incident);

        for (size_t i = 0; i < incident->n_members; i++)
                if (incident->members[i] == event) {
                        incident->members[i] = incident->members[--incident->n_members];
                        break;
                }
        if (member) {
                *member = event->in[--event->n_in];
                event->dirty = true;
        }
        if (incident->n_members == 0)
                route_incident_remove(router, incident);
}

void route_news(struct thon_route_incident *incident, struct thon_route_now now)
{
        int64_t wait_s = incident->conf ? incident->conf->group_wait_s : 0;
        struct thon_mono at = thon_mono_add(now.mono, wait_s > 0 ? (uint64_t)wait_s * 1000000 : 0);

        if (at.us < incident->news.us)
                incident->news = at;
}

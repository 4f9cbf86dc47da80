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

static int incident_add(struct thon_router *router, struct thon_route_incident *incident)
{
        struct thon_route_incident **incidents = ROUTE_ROOM(router->incidents, router->n_incidents);

        if (!incidents) {
                thon_route_incident_done(incident);
                free(incident);
                return -ENOMEM;
        }
        router->incidents = incidents;
        incidents[router->n_incidents++] = incident;
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
        r = incident_add(router, incident);
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
                        router->incidents[i] = router->incidents[--router->n_incidents];
                        break;
                }
        thon_route_incident_done(incident);
        free(incident);
}

static int ending_add(struct thon_router *router, struct thon_route_ending *ending)
{
        struct thon_route_ending **endings = ROUTE_ROOM(router->endings, router->n_endings);

        if (!endings) {
                thon_route_ending_done(ending);
                free(ending);
                return -ENOMEM;
        }
        router->endings = endings;
        endings[router->n_endings++] = ending;
        if (ending->id > router->serial)
                router->serial = ending->id;
        return 0;
}

int route_ending_new(struct thon_router *router, struct thon_route_ending *ending)
{
        ending->id = router->serial + 1;
        ending->dirty = true;
        return ending_add(router, ending);
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
                        router->endings[i] = router->endings[--router->n_endings];
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

static int attach(struct thon_route_event *event, struct thon_route_incident *incident)
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
        r = attach(event, incident);
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

/* ---- keeping ------------------------------------------------------------------------------------------------------ */

void route_key(enum thon_route_record what, const void *record, char buf[static THON_RECORD_KEY])
{
        switch (what) {
        case THON_RECORD_EVENT:
                snprintf(buf, THON_RECORD_KEY, "event:%s", ((const struct thon_route_event *)record)->id);
                break;
        case THON_RECORD_INCIDENT:
                snprintf(buf, THON_RECORD_KEY, "incident:%" PRId64,
                         ((const struct thon_route_incident *)record)->id);
                break;
        case THON_RECORD_ENDING:
                snprintf(buf, THON_RECORD_KEY, "ending:%" PRId64,
                         ((const struct thon_route_ending *)record)->id);
                break;
        case THON_RECORD_FLAP:
                snprintf(buf, THON_RECORD_KEY, "flap:%s:%s", ((const struct thon_route_flap *)record)->kind,
                         ((const struct thon_route_flap *)record)->subject);
                break;
        }
}

int route_gone(struct thon_router *router, const char *key)
{
        char **gone = ROUTE_ROOM(router->gone, router->n_gone), *copy = strdup(key);

        if (gone)
                router->gone = gone;
        if (!gone || !copy) {
                free(copy);
                return -ENOMEM;
        }
        gone[router->n_gone++] = copy;
        return 0;
}

typedef int (*keep_fn)(enum thon_route_record what, const char *key, const void *record, void *userdata);

static int keep_one(enum thon_route_record what, const void *record, bool *dirty, keep_fn visit,
                    void *userdata)
{
        char key[THON_RECORD_KEY];
        int r;

        if (!*dirty)
                return 0;
        route_key(what, record, key);
        r = visit(what, key, record, userdata);
        if (r == 0)
                *dirty = false;
        return r;
}

/* What is gone comes first: its key may be in use again. */
int thon_router_keep(struct thon_router *router, keep_fn visit, void *userdata)
{
        int r = 0;

        while (r == 0 && router->n_gone > 0) {
                char *key = router->gone[router->n_gone - 1];

                r = visit(THON_RECORD_EVENT, key, NULL, userdata);
                if (r != 0)
                        return r;
                free(key);
                router->n_gone--;
        }
        for (size_t i = 0; r == 0 && i < router->n_incidents; i++)
                r = keep_one(THON_RECORD_INCIDENT, router->incidents[i], &router->incidents[i]->dirty, visit,
                             userdata);
        for (size_t i = 0; r == 0 && i < router->n_endings; i++)
                r = keep_one(THON_RECORD_ENDING, router->endings[i], &router->endings[i]->dirty, visit,
                             userdata);
        for (size_t i = 0; r == 0 && i < router->n_flaps; i++)
                r = keep_one(THON_RECORD_FLAP, router->flaps[i], &router->flaps[i]->dirty, visit, userdata);
        for (size_t i = 0; r == 0 && i < router->n_events; i++)
                r = keep_one(THON_RECORD_EVENT, router->events[i], &router->events[i]->dirty, visit,
                             userdata);
        return r;
}

static int restore_event(struct thon_router *router, struct thon_route_event *event)
{
        size_t n = 0;

        if (!event->id || !event->kind || !event->subject || !event->name || !event->area || !event->text ||
            !event->end_text || !event->cause_id || route_event_find(router, event->id)) {
                thon_route_event_done(event);
                free(event);
                return -EINVAL;
        }
        for (size_t i = 0; i < event->n_in; i++) {
                struct thon_route_incident *incident = route_incident_by_id(router, event->in[i].incident);

                if (incident && attach(event, incident) == 0) {
                        event->in[n] = event->in[i];
                        event->in[n++].at = incident;
                }
        }
        event->n_in = n;
        /* ROUTE_ROOM() grows at powers of two: what was restored must have grown by the same steps. */
        for (size_t room = 1; n > 0; room *= 2)
                if (room >= n) {
                        struct thon_route_member *in = reallocarray(event->in, room, sizeof(*in));

                        if (!in) {
                                event->n_in = 0;
                                break;
                        }
                        event->in = in;
                        break;
                }
        return route_event_add(router, event);
}

int thon_router_restore(struct thon_router *router, enum thon_route_record what, void *record)
{
        static const size_t sizes[] = {
                [THON_RECORD_EVENT] = sizeof(struct thon_route_event),
                [THON_RECORD_INCIDENT] = sizeof(struct thon_route_incident),
                [THON_RECORD_ENDING] = sizeof(struct thon_route_ending),
                [THON_RECORD_FLAP] = sizeof(struct thon_route_flap),
        };
        void *copy = malloc(sizes[what]);
        struct thon_route_incident *incident;
        struct thon_route_ending *ending;
        struct thon_route_flap *flap, **flaps;

        if (!copy) {
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
                return -ENOMEM;
        }
        memcpy(copy, record, sizes[what]);
        memset(record, 0, sizes[what]);
        switch (what) {
        case THON_RECORD_EVENT:
                return restore_event(router, copy);
        case THON_RECORD_INCIDENT:
                incident = copy;
                incident->conf = route_conf_find(router, incident->route);
                incident->news = THON_MONO_NEVER;
                incident->members = NULL;
                incident->n_members = 0;
                if (incident->cause && incident->n_roots <= THON_INCIDENT_ROOTS &&
                    !route_incident_by_id(router, incident->id))
                        return incident_add(router, incident);
                thon_route_incident_done(incident);
                free(incident);
                return -EINVAL;
        case THON_RECORD_ENDING:
                ending = copy;
                ending->again = (struct thon_mono){0};
                if (ending->text && ending->n_roots <= THON_INCIDENT_ROOTS)
                        return ending_add(router, ending);
                thon_route_ending_done(ending);
                free(ending);
                return -EINVAL;
        case THON_RECORD_FLAP:
                flap = copy;
                flaps = ROUTE_ROOM(router->flaps, router->n_flaps);
                if (flaps)
                        router->flaps = flaps;
                if (flaps && flap->kind && flap->subject && flap->n_raised <= THON_FLAP_RAISES + 1) {
                        flaps[router->n_flaps++] = flap;
                        return 0;
                }
                thon_route_flap_done(flap);
                free(flap);
                return flaps ? -EINVAL : -ENOMEM;
        }
        return -EINVAL;
}

int thon_router_restored(struct thon_router *router, struct thon_route_now now)
{
        for (size_t i = router->n_incidents; i-- > 0;) {
                struct thon_route_incident *incident = router->incidents[i];

                incident->news = now.mono;
                if (incident->conf && incident->n_members > 0)
                        continue;
                incident->quiet = false;
                /* Who had been told still learns of the end. Others never will of what no route tells any more. */
                for (size_t j = incident->n_members; j-- > 0;) {
                        struct thon_route_event *event = incident->members[j];
                        bool last = incident->n_members == 1;

                        if (route_member(event, incident)->told)
                                continue;
                        route_leave(router, event, incident);
                        if (last)
                                break;
                }
        }
        for (size_t i = router->n_incidents; i-- > 0;)
                if (router->incidents[i]->n_members == 0)
                        route_incident_remove(router, router->incidents[i]);
        return 0;
}

/* What outlives a restart: each record that changed, and what was read back. What is only convenient (who is in what, which
 * rules hold back what) is not kept but made again. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "thon/cleanup.h"

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

                if (incident && route_attach(event, incident) == 0) {
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
                        return route_incident_add(router, incident);
                thon_route_incident_done(incident);
                free(incident);
                return -EINVAL;
        case THON_RECORD_ENDING:
                ending = copy;
                ending->again = (struct thon_mono){0};
                if (ending->text && ending->n_roots <= THON_INCIDENT_ROOTS)
                        return route_ending_add(router, ending);
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

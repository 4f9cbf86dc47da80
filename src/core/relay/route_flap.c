/* What comes and goes all the time is told once, as unstable, and is else held back until it has kept quiet. The state
 * of being unstable is an event of our own: so it is routed, grouped, kept and ended like every other. Each coming has an
 * event id of its own, so what counts is kind and subject. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "thon/cleanup.h"

#define FLAPS_MAX 4096

static struct thon_route_flap *find(const struct thon_router *router, const struct thon_route_event *event)
{
        for (size_t i = 0; i < router->n_flaps; i++)
                if (strcmp(router->flaps[i]->subject, event->subject) == 0 &&
                    strcmp(router->flaps[i]->kind, event->kind) == 0)
                        return router->flaps[i];
        return NULL;
}

bool route_flapping(const struct thon_router *router, const struct thon_route_event *event)
{
        const struct thon_route_flap *flap = event->flapping ? NULL : find(router, event);

        return flap && flap->unstable;
}

void route_flap_remove(struct thon_router *router, struct thon_route_flap *flap)
{
        char key[THON_RECORD_KEY];

        route_key(THON_RECORD_FLAP, flap, key);
        (void)route_gone(router, key);
        for (size_t i = 0; i < router->n_flaps; i++)
                if (router->flaps[i] == flap) {
                        router->flaps[i] = router->flaps[--router->n_flaps];
                        break;
                }
        thon_route_flap_done(flap);
        free(flap);
}

static int make(struct thon_router *router, const struct thon_route_event *event,
                struct thon_route_flap **ret)
{
        struct thon_route_flap **flaps, *flap;

        if (router->n_flaps >= FLAPS_MAX) {
                struct thon_route_flap *oldest = NULL;

                for (size_t i = 0; i < router->n_flaps; i++)
                        if (!router->flaps[i]->unstable &&
                            (!oldest || thon_wall_before(router->flaps[i]->changed, oldest->changed)))
                                oldest = router->flaps[i];
                if (!oldest)
                        return 0; /* every one of them is unstable: this one is told each time */
                route_flap_remove(router, oldest);
        }
        flap = calloc(1, sizeof(*flap));
        if (!flap)
                return -ENOMEM;
        flap->kind = strdup(event->kind);
        flap->subject = strdup(event->subject);
        flaps = flap->kind && flap->subject ? ROUTE_ROOM(router->flaps, router->n_flaps) : NULL;
        if (!flaps) {
                thon_route_flap_done(flap);
                free(flap);
                return -ENOMEM;
        }
        router->flaps = flaps;
        flaps[router->n_flaps++] = *ret = flap;
        return 0;
}

static char *flap_id(const struct thon_route_flap *flap)
{
        struct words words = {0};

        words_add(&words, "flapping:%s:%s", flap->kind, flap->subject);
        return words_take(&words);
}

static int announce(struct thon_router *router, struct thon_route_flap *flap,
                    const struct thon_route_event *event, struct thon_route_now now)
{
        struct thon_route_event *unstable = calloc(1, sizeof(*unstable));
        struct words text = {0}, end = {0};
        int n;

        if (!unstable)
                return -ENOMEM;
        words_add(&text, "%s: chập chờn, %zu lần trong một giờ", event->name, flap->n_raised);
        n = (int)strlen(event->name);
        if (strncmp(event->text, event->name, (size_t)n) == 0 && event->text[n] == ':')
                words_add(&text, " (%s)", event->text + n + 1 + (event->text[n + 1] == ' '));
        words_add(&end, "%s: không còn chập chờn", event->name);
        unstable->id = flap_id(flap);
        unstable->kind = strdup(event->kind);
        unstable->subject = strdup(event->subject);
        unstable->name = strdup(event->name);
        unstable->area = strdup(event->area);
        unstable->text = words_take(&text);
        unstable->end_text = words_take(&end);
        unstable->cause_id = strdup("");
        unstable->severity = event->severity;
        unstable->raised_at = flap->raised[0];
        unstable->cleared_at = THON_WALL_NEVER;
        unstable->seen_at = now.wall;
        unstable->flapping = unstable->dirty = true;
        if (!unstable->id || !unstable->kind || !unstable->subject || !unstable->name || !unstable->area ||
            !unstable->text || !unstable->end_text || !unstable->cause_id) {
                thon_route_event_done(unstable);
                free(unstable);
                return -ENOMEM;
        }
        struct thon_route_event *before = route_event_find(router, unstable->id);
        if (before && before->n_in > 0) {
                /* The last time's, whose end is not told yet: it goes on. */
                thon_route_event_done(unstable);
                free(unstable);
                before->cleared_at = THON_WALL_NEVER;
                before->seen_at = now.wall;
                before->dirty = true;
                return route_raise(router, before, now);
        }
        if (before)
                route_event_remove(router, before);
        int r = route_event_add(router, unstable);
        return r == 0 ? route_raise(router, unstable, now) : r;
}

int route_flap_raised(struct thon_router *router, const struct thon_route_event *event,
                      struct thon_route_now now)
{
        struct thon_route_flap *flap;
        size_t keep = 0;

        if (event->flapping)
                return 0;
        flap = find(router, event);
        if (!flap) {
                int r = make(router, event, &flap);

                if (r < 0 || !flap)
                        return r;
        }
        /* Those of the last hour; what lies after now was before a step of the clock. */
        for (size_t i = 0; i < flap->n_raised; i++)
                if (flap->raised[i].s > now.wall.s - THON_FLAP_WINDOW_S && flap->raised[i].s <= now.wall.s)
                        flap->raised[keep++] = flap->raised[i];
        if (keep > THON_FLAP_RAISES) {
                memmove(flap->raised, flap->raised + 1, THON_FLAP_RAISES * sizeof(flap->raised[0]));
                keep = THON_FLAP_RAISES;
        }
        flap->raised[keep] = now.wall;
        flap->n_raised = keep + 1;
        flap->changed = now.wall;
        flap->dirty = true;
        if (flap->unstable || flap->n_raised <= THON_FLAP_RAISES)
                return 0;
        flap->unstable = true;
        return announce(router, flap, event, now);
}

void route_flap_cleared(struct thon_router *router, const struct thon_route_event *event,
                        struct thon_route_now now)
{
        struct thon_route_flap *flap = event->flapping ? NULL : find(router, event);

        if (flap) {
                flap->changed = now.wall;
                flap->dirty = true;
        }
}

static int end(struct thon_router *router, struct thon_route_flap *flap, struct thon_route_now now)
{
        _cleanup_free_ char *id = flap_id(flap);
        struct thon_route_event *unstable = id ? route_event_find(router, id) : NULL;
        struct thon_route_event *standing = NULL;
        int r = 0;

        if (!id)
                return -ENOMEM;
        for (size_t i = 0; i < router->n_events; i++) {
                struct thon_route_event *event = router->events[i];

                if (event->flapping || !route_stands(event) || strcmp(event->subject, flap->subject) != 0 ||
                    strcmp(event->kind, flap->kind) != 0)
                        continue;
                standing = event;
                for (size_t j = 0; j < event->n_in; j++)
                        if (!event->in[j].told)
                                route_news(event->in[j].at, now);
        }
        if (unstable && route_stands(unstable)) {
                struct words words = {0};

                words_add(&words, "%s: không còn chập chờn%s", unstable->name,
                          standing ? ", nhưng vẫn đang có sự cố" : "");
                _cleanup_free_ char *text = words_take(&words);
                r = text ? route_clear(router, unstable, text, now.wall, now) : -ENOMEM;
        }
        route_flap_remove(router, flap);
        return r;
}

int route_flap_look(struct thon_router *router, struct thon_route_now now, struct thon_wall *next)
{
        for (size_t i = router->n_flaps; i-- > 0;) {
                struct thon_route_flap *flap = router->flaps[i];
                int64_t quiet_s = flap->unstable ? THON_FLAP_QUIET_S : THON_FLAP_WINDOW_S;
                int r;

                if (thon_wall_before(now.wall, flap->changed)) {
                        flap->changed = now.wall; /* the clock was stepped back */
                        flap->dirty = true;
                }
                if (now.wall.s - flap->changed.s >= quiet_s) {
                        if (flap->unstable) {
                                r = end(router, flap, now);
                                if (r < 0)
                                        return r;
                        } else {
                                route_flap_remove(router, flap);
                        }
                } else if (flap->unstable && flap->changed.s + quiet_s < next->s) {
                        next->s = flap->changed.s + quiet_s;
                }
        }
        return 0;
}

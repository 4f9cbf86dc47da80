/* While a source stands, what it explains is held back. Held back is a question asked at the moment of telling, not a
 * state: nothing must be undone when the source ends, and a restart cannot forget it. What was told before its source
 * came stays told, and so does its end. */
#include <string.h>

#include "route.h"

static bool any_match(char *const *patterns, size_t n, const char *kind)
{
        for (size_t i = 0; i < n; i++)
                if (thon_kind_match(patterns[i], kind))
                        return true;
        return false;
}

void route_inhibit_mark(const struct thon_router *router, struct thon_route_event *event)
{
        event->source = event->target = 0;
        for (size_t i = 0; i < router->n_inhibits; i++) {
                const struct thon_inhibit_conf *conf = &router->inhibits[i];

                if (any_match(conf->source, conf->n_source, event->kind))
                        event->source |= UINT64_C(1) << i;
                if (any_match(conf->target, conf->n_target, event->kind))
                        event->target |= UINT64_C(1) << i;
        }
}

/* NULL: it has none, and is then the same as nobody's. */
static const char *value_of(const struct thon_route_event *event, const char *name)
{
        const char *value = NULL;

        if (strcmp(name, "area") == 0)
                value = event->area;
        else if (strcmp(name, "subject") == 0)
                value = event->subject;
        else if (strcmp(name, "cause_id") == 0)
                value = *event->cause_id ? event->cause_id : event->id;
        else
                for (size_t i = 0; i < event->n_values; i++)
                        if (strcmp(event->values[i].name, name) == 0)
                                value = event->values[i].value;
        return value && *value ? value : NULL;
}

static bool explains(const struct thon_inhibit_conf *conf, const struct thon_route_event *source,
                     const struct thon_route_event *target)
{
        const char *a, *b;

        if (!conf->same)
                return true;
        a = value_of(source, conf->same);
        b = value_of(target, conf->same);
        return a && b && strcmp(a, b) == 0;
}

/* An event that is source and target of one rule is not held back by it: two such would hold back each other, and
 * nobody would hear of either. */
static uint64_t held_by(const struct thon_route_event *source, const struct thon_route_event *target)
{
        return source->source & target->target & ~target->source;
}

bool route_inhibited(const struct thon_router *router, const struct thon_route_event *event)
{
        if ((event->target & ~event->source) == 0)
                return false;
        for (size_t i = 0; i < router->n_events; i++) {
                const struct thon_route_event *source = router->events[i];
                uint64_t rules = held_by(source, event);

                if (rules == 0 || source == event || !route_stands(source))
                        continue;
                for (size_t j = 0; j < router->n_inhibits; j++)
                        if (rules >> j & 1 && explains(&router->inhibits[j], source, event))
                                return true;
        }
        return false;
}

void route_inhibit_release(struct thon_router *router, const struct thon_route_event *source,
                           struct thon_route_now now)
{
        if (source->source == 0)
                return;
        for (size_t i = 0; i < router->n_events; i++) {
                struct thon_route_event *event = router->events[i];

                if (held_by(source, event) == 0 || !route_stands(event))
                        continue;
                for (size_t j = 0; j < event->n_in; j++)
                        if (!event->in[j].told)
                                route_news(event->in[j].at, now);
        }
}

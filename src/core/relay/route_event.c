/* What is so: an event is raised, is heard of again, is explained by another, is cleared. Nothing is decided here; an
 * incident that has news is only marked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "thon/cleanup.h"

/* Who raises and clears at least once may do so again after both: for so long, and for so many, the ids are known. */
#define TOMBSTONE_S    86400
#define TOMBSTONES_MAX 1024
#define HOPS_MAX       16

/* What explains it, as far as is known; itself when nothing does. A circle ends somewhere on it. */
static const char *root_of(const struct thon_router *router, const struct thon_route_event *event)
{
        const char *cause = event->id;

        for (int hops = 0; event && *event->cause_id && hops < HOPS_MAX; hops++) {
                cause = event->cause_id;
                event = route_event_find(router, cause);
        }
        return cause;
}

static bool route_wants(const struct thon_route_conf *conf, const struct thon_route_event *event)
{
        if (event->severity < conf->severity)
                return false;
        for (size_t i = 0; i < conf->n_match; i++)
                if (thon_kind_match(conf->match[i], event->kind))
                        return true;
        return false;
}

/* Two incidents turn out to have one cause. Each keeps what it told: who learned of either learns of the end. */
static int merge(struct thon_router *router, struct thon_route_incident *into,
                 struct thon_route_incident *from, struct thon_route_now now)
{
        if (into->n_roots + from->n_roots > THON_INCIDENT_ROOTS)
                return 0; /* told apart for ever: better than one end too few */
        if (route_was_told(from)) {
                into->acked = route_was_told(into) ? into->acked && from->acked : from->acked;
                if (!route_was_told(into) || thon_wall_before(from->first_told, into->first_told))
                        into->first_told = from->first_told;
                if (into->last_told.s == INT64_MAX || thon_wall_before(into->last_told, from->last_told)) {
                        into->last_told = from->last_told;
                        into->last = from->last;
                }
                if (from->steps > into->steps)
                        into->steps = from->steps;
        }
        memcpy(into->roots + into->n_roots, from->roots, from->n_roots * sizeof(from->roots[0]));
        into->n_roots += from->n_roots;
        into->quiet = into->quiet || from->quiet;
        into->dirty = true;
        if (from->news.us < into->news.us)
                into->news = from->news;
        route_news(into, now);
        for (size_t i = 0; i < from->n_members; i++) {
                const struct thon_route_member *member = route_member(from->members[i], from);
                int r = route_join(from->members[i], into, member->told, member->over);

                if (r < 0)
                        return r;
        }
        route_incident_remove(router, from);
        return 0;
}

/* Incidents of that cause, in every route, belong to another one. */
static int rename_cause(struct thon_router *router, const char *cause, const char *root,
                        struct thon_route_now now)
{
        int r = 0;

        if (strcmp(cause, root) == 0)
                return 0;
        for (size_t i = router->n_incidents; r == 0 && i-- > 0;) {
                struct thon_route_incident *from = router->incidents[i], *into;

                if (strcmp(from->cause, cause) != 0)
                        continue;
                into = route_incident_find(router, from->route, root);
                if (into) {
                        r = merge(router, into, from, now);
                } else {
                        char *copy = strdup(root);

                        if (!copy)
                                return -ENOMEM;
                        free(from->cause);
                        from->cause = copy;
                        from->dirty = true;
                }
        }
        return r;
}

static int join_routes(struct thon_router *router, struct thon_route_event *event, const char *root,
                       struct thon_route_now now)
{
        for (size_t i = 0; i < router->n_routes; i++) {
                const struct thon_route_conf *conf = &router->routes[i];
                struct thon_route_incident *incident;
                bool is_in = false;
                int r;

                for (size_t j = 0; j < event->n_in; j++)
                        is_in = is_in || strcmp(event->in[j].at->route, conf->name) == 0;
                if (is_in || !route_wants(conf, event))
                        continue;
                incident = route_incident_find(router, conf->name, root);
                if (!incident) {
                        r = route_incident_new(router, conf, root, &incident);
                        if (r < 0)
                                return r;
                }
                r = route_join(event, incident, false, false);
                if (r < 0)
                        return r;
                route_news(incident, now);
        }
        return 0;
}

/* Its cause became known, or another one: where it was told, all goes along; where not, only it. */
static int regroup(struct thon_router *router, struct thon_route_event *event, const char *root,
                   struct thon_route_now now)
{
        for (size_t i = event->n_in; i-- > 0;) {
                struct thon_route_incident *from = event->in[i].at, *into;
                int r = 0;

                if (strcmp(from->cause, root) == 0)
                        continue;
                if (event->in[i].told || from->n_members == 1) {
                        into = route_incident_find(router, from->route, root);
                        if (into) {
                                r = merge(router, into, from, now);
                        } else {
                                char *copy = strdup(root);

                                if (!copy)
                                        return -ENOMEM;
                                free(from->cause);
                                from->cause = copy;
                                from->dirty = true;
                        }
                } else if (from->conf) {
                        route_leave(router, event, from);
                        into = route_incident_find(router, from->conf->name, root);
                        if (!into)
                                r = route_incident_new(router, from->conf, root, &into);
                        if (r == 0)
                                r = route_join(event, into, false, false);
                        if (r == 0)
                                route_news(into, now);
                }
                if (r < 0)
                        return r;
                if (i > event->n_in)
                        i = event->n_in;
        }
        return 0;
}

int route_raise(struct thon_router *router, struct thon_route_event *event, struct thon_route_now now)
{
        _cleanup_free_ char *root = strdup(root_of(router, event));
        int r;

        if (!root)
                return -ENOMEM;
        r = regroup(router, event, root, now);
        if (r == 0)
                r = join_routes(router, event, root, now);
        if (r == 0)
                r = rename_cause(router, event->id, root, now);
        return r;
}

int route_clear(struct thon_router *router, struct thon_route_event *event, const char *text,
                struct thon_wall at, struct thon_route_now now)
{
        char *copy = strdup(text);
        bool audible = route_audible(router, event);

        if (!copy)
                return -ENOMEM;
        free(event->end_text);
        event->end_text = copy;
        event->cleared_at = thon_wall_before(at, event->raised_at) ? event->raised_at : at;
        event->seen_at = now.wall;
        event->dirty = true;
        for (size_t i = event->n_in; i-- > 0;) {
                struct thon_route_incident *incident = event->in[i].at;

                if (event->in[i].told)
                        route_news(incident, now);
                else if (!incident->quiet || !audible)
                        route_leave(router, event, incident);
        }
        route_inhibit_release(router, event, now);
        route_flap_cleared(router, event, now);
        return 0;
}

/* ---- room --------------------------------------------------------------------------------------------------------- */

static bool told_anywhere(const struct thon_route_event *event)
{
        for (size_t i = 0; i < event->n_in; i++)
                if (event->in[i].told)
                        return true;
        return false;
}

static bool over_everywhere(const struct thon_route_event *event)
{
        for (size_t i = 0; i < event->n_in; i++)
                if (event->in[i].told && !event->in[i].over)
                        return false;
        return true;
}

/* The less it weighs, the sooner it goes: what is over, what nobody was told of, what is less severe, what is older. */
static int weight(const struct thon_route_event *event)
{
        if (event->n_in == 0 && !route_stands(event))
                return 0;
        if (!route_stands(event) && !told_anywhere(event))
                return 1;
        if (!route_stands(event))
                return over_everywhere(event) ? 2 : 100; /* its end is being told */
        return 10 * ((int)event->severity + 1) + told_anywhere(event);
}

static int make_room(struct thon_router *router, struct thon_route_now now)
{
        struct thon_route_event *least = NULL;
        bool told;

        for (size_t i = 0; i < router->n_events; i++) {
                struct thon_route_event *event = router->events[i];

                if (!least || weight(event) < weight(least) ||
                    (weight(event) == weight(least) && thon_wall_before(event->seen_at, least->seen_at)))
                        least = event;
        }
        if (!least || weight(least) >= 100)
                return 0;
        told = told_anywhere(least);
        if (route_stands(least)) {
                router->given_way++;
                if (told) {
                        /* It keeps its place until its end is told: only so long there are more than the limit. */
                        least->given_way = true;
                        return route_clear(router, least, least->text, now.wall, now);
                }
                route_inhibit_release(router, least, now);
        }
        route_event_remove(router, least);
        return 0;
}

static int prune_tombstones(struct thon_router *router, struct thon_route_now now)
{
        struct thon_route_event *oldest = NULL;
        size_t n = 0;

        for (size_t i = router->n_events; i-- > 0;) {
                struct thon_route_event *event = router->events[i];

                if (event->n_in > 0 || route_stands(event))
                        continue;
                if (now.wall.s - event->seen_at.s >= TOMBSTONE_S || now.wall.s < event->seen_at.s) {
                        route_event_remove(router, event);
                        continue;
                }
                n++;
                if (!oldest || thon_wall_before(event->seen_at, oldest->seen_at))
                        oldest = event;
        }
        if (n > TOMBSTONES_MAX)
                route_event_remove(router, oldest);
        return 0;
}

/* ---- what came in ------------------------------------------------------------------------------------------------- */

static bool fits(const char *text, size_t max)
{
        return !text || strnlen(text, max + 1) <= max;
}

static bool within_limits(const struct thon_event_in *in)
{
        if (!*in->id || !*in->kind || !fits(in->id, THON_EVENT_ID_MAX) ||
            !fits(in->cause_id, THON_EVENT_ID_MAX) || !fits(in->kind, THON_EVENT_NAME_MAX) ||
            !fits(in->subject, THON_EVENT_NAME_MAX) || !fits(in->name, THON_EVENT_NAME_MAX) ||
            !fits(in->area, THON_EVENT_NAME_MAX) || !fits(in->text, THON_EVENT_TEXT_MAX) ||
            in->n_values > THON_EVENT_VALUES_MAX)
                return false;
        for (size_t i = 0; i < in->n_values; i++)
                if (!fits(in->values[i].name, THON_EVENT_NAME_MAX) ||
                    !fits(in->values[i].value, THON_EVENT_NAME_MAX))
                        return false;
        return true;
}

static bool set(char **field, const char *value)
{
        char *copy;

        if (*field && strcmp(*field, value) == 0)
                return true;
        copy = strdup(value);
        if (!copy)
                return false;
        free(*field);
        *field = copy;
        return true;
}

static int copy_values(const struct thon_event_in *in, struct thon_event_value **ret)
{
        struct thon_event_value *values = calloc(in->n_values + 1, sizeof(*values));

        if (!values)
                return -ENOMEM;
        for (size_t i = 0; i < in->n_values; i++) {
                values[i].name = strdup(in->values[i].name);
                values[i].value = strdup(in->values[i].value);
                if (!values[i].name || !values[i].value) {
                        route_values_free(values, i + 1);
                        return -ENOMEM;
                }
        }
        *ret = values;
        return 0;
}

static int fill(struct thon_route_event *event, const struct thon_event_in *in)
{
        struct thon_event_value *values;
        int r = copy_values(in, &values);

        if (r < 0)
                return r;
        route_values_free(event->values, event->n_values);
        event->values = values;
        event->n_values = in->n_values;
        if (!set(&event->id, in->id) || !set(&event->kind, in->kind) || !set(&event->subject, in->subject) ||
            !set(&event->name, *in->name ? in->name : in->subject) ||
            !set(&event->area, in->area ? in->area : "") ||
            !set(&event->text, *in->text ? in->text : in->kind) ||
            !set(&event->cause_id, in->cause_id && strcmp(in->cause_id, in->id) != 0 ? in->cause_id : "") ||
            !set(&event->end_text, ""))
                return -ENOMEM;
        event->severity = in->severity;
        event->dirty = true;
        return 0;
}

/* What an outbox repeats is not worth a write. */
static bool same(const struct thon_route_event *event, const struct thon_event_in *in)
{
        if (strcmp(event->kind, in->kind) != 0 || strcmp(event->subject, in->subject) != 0 ||
            strcmp(event->name, *in->name ? in->name : in->subject) != 0 ||
            strcmp(event->area, in->area ? in->area : "") != 0 ||
            strcmp(event->text, *in->text ? in->text : in->kind) != 0 ||
            strcmp(event->cause_id, in->cause_id && strcmp(in->cause_id, in->id) != 0 ? in->cause_id : "") !=
                    0 ||
            event->severity != in->severity || event->n_values != in->n_values)
                return false;
        for (size_t i = 0; i < in->n_values; i++)
                if (strcmp(event->values[i].name, in->values[i].name) != 0 ||
                    strcmp(event->values[i].value, in->values[i].value) != 0)
                        return false;
        return true;
}

static bool of_interest(const struct thon_router *router, const struct thon_event_in *in)
{
        struct thon_route_event probe = {.kind = (char *)in->kind, .severity = in->severity};

        for (size_t i = 0; i < router->n_routes; i++)
                if (route_wants(&router->routes[i], &probe))
                        return true;
        route_inhibit_mark(router, &probe);
        return probe.source != 0;
}

static int raised(struct thon_router *router, struct thon_route_event *event, const struct thon_event_in *in,
                  struct thon_route_now now)
{
        bool anew = false;
        int r;

        if (event && !route_stands(event)) {
                if (in->at.s <= event->cleared_at.s)
                        return 0; /* told again by an outbox: it is over */
                /* Its end is being told: the same id begins once more when that is done, or goes on. */
                anew = true;
        }
        if (event && !anew && same(event, in))
                return 0;
        if (event) {
                r = fill(event, in);
                if (r < 0)
                        return r;
                event->seen_at = now.wall;
                if (anew) {
                        event->cleared_at = THON_WALL_NEVER;
                        event->given_way = false;
                        /* Where its end is told already, it is new. */
                        for (size_t i = 0; i < event->n_in; i++)
                                if (event->in[i].over)
                                        event->in[i].told = event->in[i].over = false;
                        if (event->n_in == 0)
                                event->raised_at = in->at;
                        r = route_flap_raised(router, event, now);
                }
                route_inhibit_mark(router, event);
                return r < 0 ? r : route_raise(router, event, now);
        }
        if (!of_interest(router, in))
                return 0;
        if (router->n_events >= THON_EVENTS_MAX) {
                r = make_room(router, now);
                if (r < 0)
                        return r;
        }
        event = calloc(1, sizeof(*event));
        if (!event)
                return -ENOMEM;
        event->raised_at = in->at;
        event->cleared_at = THON_WALL_NEVER;
        event->seen_at = now.wall;
        r = fill(event, in);
        if (r < 0) {
                thon_route_event_done(event);
                free(event);
                return r;
        }
        r = route_event_add(router, event);
        if (r == 0)
                r = route_flap_raised(router, event, now);
        return r == 0 ? route_raise(router, event, now) : r;
}

int thon_router_event(struct thon_router *router, const struct thon_event_in *in, struct thon_route_now now)
{
        struct thon_route_event *event;
        int r;

        if (!within_limits(in))
                return -EINVAL;
        event = route_event_find(router, in->id);
        if (in->raised) {
                r = raised(router, event, in, now);
        } else {
                r = 0;
                if (event && route_stands(event) && !event->flapping)
                        r = route_clear(router, event, in->text, in->at, now);
        }
        return r < 0 ? r : prune_tombstones(router, now);
}

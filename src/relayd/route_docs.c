/* What the router keeps, as rows of the table `incident`: one JSON object a record. Written by us only; a row that cannot
 * be read is passed over, so that one damaged row does not silence all others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"
#include "thon/cleanup.h"

static json_t *time_json(struct thon_wall at)
{
        return at.s == INT64_MAX ? json_null() : json_integer((json_int_t)at.s);
}

static struct thon_wall time_of(const json_t *doc, const char *key)
{
        const json_t *value = json_object_get(doc, key);

        if (!json_is_integer(value))
                return THON_WALL_NEVER;
        return (struct thon_wall){json_integer_value(value)};
}

static json_t *roots_json(const struct thon_route_root *roots, size_t n)
{
        json_t *list = json_array();

        for (size_t i = 0; i < n; i++)
                (void)json_array_append_new(
                        list, json_pack("[I,b]", (json_int_t)roots[i].notice, roots[i].shared));
        return list;
}

static size_t roots_of(const json_t *doc, struct thon_route_root roots[static THON_INCIDENT_ROOTS])
{
        const json_t *list = json_object_get(doc, "roots"), *root;
        size_t i, n = 0;

        json_array_foreach (list, i, root)
                if (n < THON_INCIDENT_ROOTS && json_is_integer(json_array_get(root, 0)))
                        roots[n++] = (struct thon_route_root){json_integer_value(json_array_get(root, 0)),
                                                              json_is_true(json_array_get(root, 1))};
        return n;
}

static json_t *event_json(const struct thon_route_event *e)
{
        json_t *values = json_object(), *in = json_array();

        for (size_t i = 0; i < e->n_values; i++)
                (void)json_object_set_new(values, e->values[i].name, json_string(e->values[i].value));
        for (size_t i = 0; i < e->n_in; i++)
                (void)json_array_append_new(in, json_pack("[I,b,b]", (json_int_t)e->in[i].incident,
                                                          e->in[i].told, e->in[i].over));
        return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:b,s:b,s:o}", "id", e->id,
                         "kind", e->kind, "subject", e->subject, "name", e->name, "area", e->area, "text",
                         e->text, "end", e->end_text, "cause", e->cause_id, "severity",
                         thon_severity_text(e->severity), "raised", time_json(e->raised_at), "cleared",
                         time_json(e->cleared_at), "seen", time_json(e->seen_at), "values", values,
                         "flapping", e->flapping, "given_way", e->given_way, "in", in);
}

static json_t *incident_json(const struct thon_route_incident *n)
{
        return json_pack("{s:I,s:s,s:s,s:o,s:I,s:o,s:o,s:I,s:b,s:b}", "id", (json_int_t)n->id, "cause",
                         n->cause, "class", thon_class_text(n->class), "roots",
                         roots_json(n->roots, n->n_roots), "last", (json_int_t)n->last, "first_told",
                         time_json(n->first_told), "last_told", time_json(n->last_told), "steps",
                         (json_int_t)n->steps, "acked", n->acked, "quiet", n->quiet);
}

static json_t *ending_json(const struct thon_route_ending *e)
{
        return json_pack("{s:I,s:s,s:o,s:s,s:b,s:I,s:o}", "id", (json_int_t)e->id, "class",
                         thon_class_text(e->class), "roots", roots_json(e->roots, e->n_roots), "text",
                         e->text, "tell", e->tell, "digest", (json_int_t)e->digest, "since",
                         time_json(e->since));
}

static json_t *flap_json(const struct thon_route_flap *f)
{
        json_t *raised = json_array();

        for (size_t i = 0; i < f->n_raised; i++)
                (void)json_array_append_new(raised, json_integer((json_int_t)f->raised[i].s));
        return json_pack("{s:s,s:s,s:o,s:o,s:b}", "kind", f->kind, "subject", f->subject, "raised", raised,
                         "changed", time_json(f->changed), "unstable", f->unstable);
}

char *relayd_record_doc(enum thon_route_record what, const void *record)
{
        _cleanup_json_ json_t *doc = NULL;

        switch (what) {
        case THON_RECORD_EVENT:
                doc = event_json(record);
                break;
        case THON_RECORD_INCIDENT:
                doc = incident_json(record);
                break;
        case THON_RECORD_ENDING:
                doc = ending_json(record);
                break;
        case THON_RECORD_FLAP:
                doc = flap_json(record);
                break;
        }
        return doc ? json_dumps(doc, JSON_COMPACT) : NULL;
}

/* ---- and back ------------------------------------------------------------------------------------------------------- */

/* NULL: no memory, or no such text; both are found by whoever needs it. */
static char *text_of(const json_t *doc, const char *key)
{
        const char *text = json_string_value(json_object_get(doc, key));

        return text ? strdup(text) : NULL;
}

static int64_t integer_of(const json_t *doc, const char *key)
{
        return json_integer_value(json_object_get(doc, key));
}

static bool true_of(const json_t *doc, const char *key)
{
        return json_is_true(json_object_get(doc, key));
}

static int restore_event(struct thon_router *router, const json_t *doc)
{
        struct thon_route_event e = {
                .id = text_of(doc, "id"),
                .kind = text_of(doc, "kind"),
                .subject = text_of(doc, "subject"),
                .name = text_of(doc, "name"),
                .area = text_of(doc, "area"),
                .text = text_of(doc, "text"),
                .end_text = text_of(doc, "end"),
                .cause_id = text_of(doc, "cause"),
                .raised_at = time_of(doc, "raised"),
                .cleared_at = time_of(doc, "cleared"),
                .seen_at = time_of(doc, "seen"),
                .flapping = true_of(doc, "flapping"),
                .given_way = true_of(doc, "given_way"),
        };
        json_t *values = json_object_get(doc, "values"), *value;
        const json_t *in = json_object_get(doc, "in"), *member;
        const char *name, *severity = json_string_value(json_object_get(doc, "severity"));
        size_t i;

        e.values = calloc(json_object_size(values) + 1, sizeof(*e.values));
        e.in = calloc(json_array_size(in) + 1, sizeof(*e.in));
        if (!e.values || !e.in) {
                thon_route_event_done(&e);
                return -ENOMEM;
        }
        if (!severity || !thon_severity_parse(severity, &e.severity))
                e.severity = THON_SEVERITY_CRITICAL;
        json_object_foreach (values, name, value) {
                if (!json_is_string(value))
                        continue;
                e.values[e.n_values].name = strdup(name);
                e.values[e.n_values++].value = strdup(json_string_value(value));
                if (!e.values[e.n_values - 1].name || !e.values[e.n_values - 1].value) {
                        thon_route_event_done(&e);
                        return -ENOMEM;
                }
        }
        json_array_foreach (in, i, member)
                if (json_is_integer(json_array_get(member, 0)))
                        e.in[e.n_in++] = (struct thon_route_member){
                                .incident = json_integer_value(json_array_get(member, 0)),
                                .told = json_is_true(json_array_get(member, 1)),
                                .over = json_is_true(json_array_get(member, 2))};
        return thon_router_restore(router, THON_RECORD_EVENT, &e);
}

static enum thon_class class_of(const json_t *doc)
{
        const char *text = json_string_value(json_object_get(doc, "class"));
        enum thon_class class = THON_CLASS_NORMAL;

        return text && thon_class_parse(text, &class) ? class : THON_CLASS_NORMAL;
}

static int restore_incident(struct thon_router *router, const char *route, const json_t *doc)
{
        struct thon_route_incident n = {
                .id = integer_of(doc, "id"),
                .cause = text_of(doc, "cause"),
                .class = class_of(doc),
                .last = integer_of(doc, "last"),
                .first_told = time_of(doc, "first_told"),
                .last_told = time_of(doc, "last_told"),
                .steps = (unsigned)integer_of(doc, "steps"),
                .acked = true_of(doc, "acked"),
                .quiet = true_of(doc, "quiet"),
        };

        n.n_roots = roots_of(doc, n.roots);
        strncpy(n.route, route, sizeof(n.route) - 1);
        return thon_router_restore(router, THON_RECORD_INCIDENT, &n);
}

static int restore_ending(struct thon_router *router, const char *route, const json_t *doc)
{
        struct thon_route_ending e = {
                .id = integer_of(doc, "id"),
                .class = class_of(doc),
                .text = text_of(doc, "text"),
                .tell = true_of(doc, "tell"),
                .digest = integer_of(doc, "digest"),
                .since = time_of(doc, "since"),
        };

        e.n_roots = roots_of(doc, e.roots);
        strncpy(e.route, route, sizeof(e.route) - 1);
        return thon_router_restore(router, THON_RECORD_ENDING, &e);
}

static int restore_flap(struct thon_router *router, const json_t *doc)
{
        struct thon_route_flap f = {
                .kind = text_of(doc, "kind"),
                .subject = text_of(doc, "subject"),
                .changed = time_of(doc, "changed"),
                .unstable = true_of(doc, "unstable"),
        };
        const json_t *raised = json_object_get(doc, "raised"), *at;
        size_t i;

        json_array_foreach (raised, i, at)
                if (f.n_raised <= THON_FLAP_RAISES)
                        f.raised[f.n_raised++] = (struct thon_wall){json_integer_value(at)};
        return thon_router_restore(router, THON_RECORD_FLAP, &f);
}

int relayd_record_restore(struct thon_router *router, enum thon_route_record what, const char *route,
                          const char *text)
{
        _cleanup_json_ json_t *doc = NULL;
        int r = thon_json_parse(text, strlen(text), 1u << 20, &doc, NULL);

        if (r < 0 || !json_is_object(doc))
                return r == -ENOMEM ? r : -EINVAL;
        switch (what) {
        case THON_RECORD_EVENT:
                return restore_event(router, doc);
        case THON_RECORD_INCIDENT:
                return restore_incident(router, route, doc);
        case THON_RECORD_ENDING:
                return restore_ending(router, route, doc);
        case THON_RECORD_FLAP:
                return restore_flap(router, doc);
        }
        return -EINVAL;
}

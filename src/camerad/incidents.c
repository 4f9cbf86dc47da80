/* The actions of the finder of causes, carried out: an event for the relay, a row for the history, a line in the journal, a
 * check of whom it wants to know more about. What was told is remembered in told.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/log.h"
#include "told.h"

#define PICTURED_MAX 16

/* Of a device its id; of all else what stands in the incident's id between "camera-" and its time. */
static char *root_of(const struct camerad *d, const struct thon_incident *incident)
{
        const char *begin = incident->id, *end = strrchr(incident->id, '-');

        if (incident->device != THON_NO_DEVICE && incident->device < d->n)
                return strdup(d->devices[incident->device]->conf->id);
        if (strncmp(begin, "camera-", 7) == 0)
                begin += 7;
        return end && end > begin ? strndup(begin, (size_t)(end - begin)) : strdup(begin);
}

static void take_members(struct camerad *d, struct told *t, const struct thon_incident *incident)
{
        told_let_go(t);
        t->members = calloc(incident->n_members + 1, sizeof(*t->members));
        for (size_t i = 0; t->members && i < incident->n_members; i++) {
                char *id = incident->members[i] < d->n ? strdup(d->devices[incident->members[i]]->conf->id)
                                                       : NULL;

                if (id)
                        t->members[t->n_members++] = id;
        }
        t->most = incident->most;
        t->dirty = true;
}

static const char *kind_of(const struct told *t, char buf[static THON_SLUG_MAX + 1])
{
        switch (t->cause) {
        case THON_CAUSE_MAINS:
                return "power-cut";
        case THON_CAUSE_SELF:
        case THON_CAUSE_CHILDREN:
        case THON_CAUSE_LEARNED:
        case THON_CAUSE_NETWORK:
        case THON_CAUSE_AREA:
                return "camera-network";
        case THON_CAUSE_FLAPPING:
                return "camera-flapping";
        case THON_CAUSE_PARENT:
        case THON_CAUSE_DEVICE:
                break;
        }
        snprintf(buf, THON_SLUG_MAX + 1, "camera-%s", thon_camera_slug(t->verdict));
        return buf;
}

static const char *severity_of(const struct told *t)
{
        switch (t->cause) {
        case THON_CAUSE_FLAPPING:
                return "warning";
        case THON_CAUSE_MAINS:
        case THON_CAUSE_SELF:
        case THON_CAUSE_CHILDREN:
        case THON_CAUSE_LEARNED:
        case THON_CAUSE_NETWORK:
        case THON_CAUSE_AREA:
                return "critical";
        case THON_CAUSE_PARENT:
        case THON_CAUSE_DEVICE:
                break;
        }
        return thon_camera_severity_text(thon_camera_severity(t->verdict));
}

/* ---- telling it ------------------------------------------------------------------------------------------------------ */

static void add_text(json_t *values, const char *name, const char *text)
{
        if (text)
                (void)json_object_set_new(values, name, json_string(text));
}

/* The cameras that it is about: its root, or what that holds down. */
static size_t cameras_of(struct camerad *d, const struct told *t, struct camerad_device **ret, size_t room)
{
        struct camerad_device *c = camerad_find(d, t->root);
        size_t n = 0;

        if (c && c->conf->kind == THON_WATCH_CAMERA)
                ret[n++] = c;
        for (size_t i = 0; i < t->n_members && n < room; i++)
                if ((c = camerad_find(d, t->members[i])) && c->conf->kind == THON_WATCH_CAMERA)
                        ret[n++] = c;
        return n;
}

/* A camera whose picture is bad shows it beside the last good one; of all others it is told what they showed. */
static void add_pictures(struct camerad *d, const struct told *t, json_t *values)
{
        struct camerad_device *cameras[PICTURED_MAX];
        size_t n = cameras_of(d, t, cameras, PICTURED_MAX);
        _cleanup_free_ char *sheet = n > 0 ? camerad_pictures_sheet(cameras, n) : NULL;
        _cleanup_json_ json_t *pictures = n == 1 ? camerad_pictures_json(cameras[0]) : NULL;

        add_text(values, "picture", sheet); /* the one that the relay takes along */
        add_text(values, "picture_good", json_string_value(json_object_get(pictures, "good")));
        if (n == 1 && cameras[0]->picture == t->verdict)
                add_text(values, "picture_bad", json_string_value(json_object_get(pictures, "bad")));
}

static void tell(struct camerad *d, const struct told *t, bool raised, const char *text,
                 const char *cause_id)
{
        char kind[THON_SLUG_MAX + 1], since[THON_TIME_TEXT], cameras[24];
        json_t *values;

        thon_time_text(d->zone, t->began, since);
        snprintf(cameras, sizeof(cameras), "%zu", t->most);
        values = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "name", t->name, "area", t->area, "verdict",
                           thon_camera_slug(t->verdict), "cause", thon_cause_slug(t->cause), "since", since,
                           "cameras", cameras);
        if (values && raised)
                add_pictures(d, t, values);
        camerad_event(d, kind_of(t, kind), t->id, raised ? t->began : t->ended, raised, severity_of(t),
                      t->root, text, values, cause_id);
        thon_log_full(raised ? LOG_WARNING : LOG_NOTICE,
                      raised ? THON_MSG_INCIDENT_RAISED : THON_MSG_INCIDENT_OVER,
                      (const char *const[]){"THON_CAMERA=", t->root, "THON_INCIDENT=", t->id,
                                            "THON_VERDICT=", thon_camera_slug(t->verdict), NULL},
                      "Incident %s %s: %s", t->id, raised ? "raised" : "cleared", text);
}

static void publish_members(struct camerad *d, const struct told *t)
{
        struct camerad_device *c = camerad_find(d, t->root);

        if (c)
                camerad_publish(c, false);
        for (size_t i = 0; i < t->n_members; i++)
                if ((c = camerad_find(d, t->members[i])))
                        camerad_publish(c, false);
}

static void begin_incident(struct camerad *d, const struct thon_incident *incident)
{
        struct told *t = told_find(d, incident->id);

        if (!t)
                t = told_add(d, incident->id);
        if (!t) {
                thon_error("Incident %s could not be told for lack of memory", incident->id);
                return;
        }
        free(t->root);
        free(t->name);
        free(t->area);
        free(t->text);
        t->cause = incident->kind;
        t->verdict = incident->verdict;
        t->absorbed = false;
        t->group = incident->group;
        t->began = incident->began;
        snprintf(t->cause_id, sizeof(t->cause_id), "%s", incident->cause_id);
        t->root = root_of(d, incident);
        t->name = thon_incident_name(d->cause, incident);
        t->area = told_text(incident->area);
        t->text = thon_incident_text(d->cause, incident, NULL); /* the event has its time */
        take_members(d, t, incident);
        if (!t->root || !t->name || !t->area || !t->text) {
                thon_error("Incident %s could not be told for lack of memory", incident->id);
                told_remove(d->told, (size_t)(t - d->told->items));
                return;
        }
        tell(d, t, true, t->text, t->cause_id);
        publish_members(d, t);
}

static void end_absorbed(struct camerad *d, const struct told *wider);

static void end(struct camerad *d, struct told *t, const char *text)
{
        t->ended = camerad_now(d).wall;
        free(t->end_text);
        t->end_text = told_text(text);
        t->dirty = true;
        tell(d, t, false, text, t->cause_id);
        end_absorbed(d, t);
}

static void end_absorbed(struct camerad *d, const struct told *wider)
{
        for (size_t i = 0; i < d->told->n; i++) {
                struct told *t = &d->told->items[i];
                _cleanup_free_ char *text = NULL;

                if (!t->absorbed || t->ended.s != THON_WALL_NEVER.s || strcmp(t->cause_id, wider->id) != 0)
                        continue;
                if (asprintf(&text, "%s: đã hết cùng với %s", t->name, wider->name) < 0)
                        text = NULL;
                end(d, t, text ? text : t->name);
        }
}

/* A wider cause was found for what people had been told of by itself: the relay learns that it belongs there. It is not told
 * as over, for it is as dark as before. */
static void absorb(struct camerad *d, struct told *t, const char *by)
{
        snprintf(t->cause_id, sizeof(t->cause_id), "%s", by);
        t->absorbed = t->dirty = true;
        tell(d, t, true, t->text, by);
}

/* The wider one was never told of: those that it had taken over are on their own again, and the finder tells what is so. */
static void release(struct camerad *d, const struct thon_cause_action *action)
{
        for (size_t i = 0; i < d->told->n; i++) {
                struct told *t = &d->told->items[i];

                if (!t->absorbed || t->ended.s != THON_WALL_NEVER.s ||
                    strcmp(t->cause_id, action->incident->id) != 0)
                        continue;
                if (action->absorbed_by)
                        absorb(d, t, action->absorbed_by);
                else
                        end(d, t, t->name);
        }
}

static void clear(struct camerad *d, const struct thon_cause_action *action)
{
        const struct thon_incident *incident = action->incident;
        struct told *t = told_find(d, incident->id);
        _cleanup_free_ char *text = NULL;

        if (!t)
                return;
        if (action->absorbed_by) {
                absorb(d, t, action->absorbed_by);
        } else {
                text = thon_incident_end_text(d->cause, incident, NULL, NULL);
                end(d, t, text ? text : t->name);
        }
        publish_members(d, t);
}

static void changed(struct camerad *d, const struct thon_incident *incident)
{
        struct told *t = told_find(d, incident->id);

        if (!t)
                return;
        publish_members(d, t); /* those that it let go */
        take_members(d, t, incident);
        publish_members(d, t);
}

static void act(struct camerad *d, const struct thon_cause_action *action)
{
        switch (action->what) {
        case THON_CAUSE_RAISE:
                begin_incident(d, action->incident);
                break;
        case THON_CAUSE_CLEAR:
                clear(d, action);
                break;
        case THON_CAUSE_CHANGED:
                changed(d, action->incident);
                break;
        case THON_CAUSE_DROPPED:
                release(d, action);
                break;
        case THON_CAUSE_RECHECK:
                if (action->device < d->n && d->devices[action->device]->conf->kind != THON_WATCH_MAINS)
                        camerad_sweep_plan(d->devices[action->device], true);
                break;
        }
        if (action->what != THON_CAUSE_RECHECK && action->what != THON_CAUSE_DROPPED) {
                camerad_keep_soon(d);
                camerad_publish_health(d);
        }
}

void camerad_incidents_look(struct camerad *d)
{
        struct thon_cause_actions actions = {0};
        int r;

        if (!d->cause || d->stopping)
                return;
        r = thon_cause_look(d->cause, camerad_now(d), &actions);
        if (r < 0) {
                thon_error("Causes could not be looked for: %s", strerror(-r));
                camerad_alarm_in(d, d->look, 5000000);
                return;
        }
        d->looking = true;
        for (size_t i = 0; i < actions.n; i++)
                act(d, &actions.items[i]);
        d->looking = false;
        /* What people know of must not be raised anew, under another id, by who comes after us: an event goes out when the
         * incident is written with it. Without a store it goes out all the same. */
        if (thon_outbox_waiting(d->outbox) > 0) {
                camerad_keep_now(d);
                thon_outbox_flush(d->outbox, d->mqtt);
        }
        thon_alarm_set(d->look, THON_WALL_NEVER, actions.next);
        thon_cause_actions_done(&actions);
}

void camerad_look_soon(struct camerad *d)
{
        if (!d->stopping)
                thon_alarm_set(d->look, THON_WALL_NEVER, thon_clock_mono(d->clock));
}

/* ---- over a restart and a new registry ------------------------------------------------------------------------------- */

static const char *area_of_a_device(const struct camerad *d, const char *area)
{
        for (size_t i = 0; i < d->n; i++)
                if (d->devices[i]->conf->area && strcmp(d->devices[i]->conf->area, area) == 0)
                        return d->devices[i]->conf->area;
        return "";
}

/* Has a root of its own among the devices, as against a group, a subnet or an area. */
static bool has_device(enum thon_cause_kind kind)
{
        switch (kind) {
        case THON_CAUSE_PARENT:
        case THON_CAUSE_CHILDREN:
        case THON_CAUSE_DEVICE:
        case THON_CAUSE_FLAPPING:
                return true;
        case THON_CAUSE_SELF:
        case THON_CAUSE_MAINS: /* or none: concluded from the mass of them */
        case THON_CAUSE_LEARNED:
        case THON_CAUSE_NETWORK:
        case THON_CAUSE_AREA:
                break;
        }
        return false;
}

/* 0, or 1 when nothing is left that it could be about. */
static int restore(struct camerad *d, struct told *t)
{
        const struct camerad_device *root = camerad_find(d, t->root);
        struct thon_incident incident = {
                .kind = t->cause,
                .verdict = t->verdict,
                .device = root && (has_device(t->cause) || root->conf->kind == THON_WATCH_MAINS)
                                  ? root->index
                                  : THON_NO_DEVICE,
                .group = t->group,
                .area = area_of_a_device(d, t->area),
                .began = t->began,
                .most = t->most,
                .raised = true,
        };
        _cleanup_free_ size_t *members = calloc(t->n_members + 1, sizeof(*members));
        size_t n = 0;

        if (!members)
                return -ENOMEM;
        for (size_t i = 0; i < t->n_members; i++) {
                const struct camerad_device *c = camerad_find(d, t->members[i]);

                if (c)
                        members[n++] = c->index;
        }
        if (incident.device == THON_NO_DEVICE && (has_device(t->cause) || n == 0))
                return 1;
        /* In order of index, as ids are: the list was written so. */
        incident.members = members;
        incident.n_members = n;
        memcpy(incident.id, t->id, sizeof(incident.id));
        memcpy(incident.cause_id, t->cause_id, sizeof(incident.cause_id));
        return thon_cause_restore(d->cause, &incident);
}

/* Its /24 as an IPv4 address, or the first half of an IPv6 one, which is always greater. */
static uint64_t network_of(const char *host)
{
        struct in_addr four;
        struct in6_addr six;
        uint64_t network = 0;

        if (host && inet_pton(AF_INET, host, &four) == 1)
                return ntohl(four.s_addr) & 0xffffff00U;
        if (host && inet_pton(AF_INET6, host, &six) == 1)
                for (size_t i = 0; i < 8; i++)
                        network = network << 8 | six.s6_addr[i];
        return network;
}

static int make_finder(struct camerad *d)
{
        _cleanup_free_ struct thon_cause_device *devices = calloc(d->n + 1, sizeof(*devices));
        int r;

        if (!devices)
                return -ENOMEM;
        for (size_t i = 0; i < d->n; i++) {
                const struct camerad_device *c = d->devices[i];
                const struct camerad_device *parent =
                        c->conf->parent[0] ? camerad_find(d, c->conf->parent) : NULL;

                devices[i] = (struct thon_cause_device){
                        .id = c->conf->id,
                        .name = c->conf->name && *c->conf->name ? c->conf->name : c->conf->id,
                        .area = c->conf->area ? c->conf->area : "",
                        .kind = c->conf->kind,
                        .parent = parent ? parent->index : THON_NO_DEVICE,
                        .network = network_of(c->conf->host),
                        .areas = (const char *const *)c->areas,
                        .n_areas = c->n_areas,
                };
        }
        r = thon_cause_new(&d->conf.cause, devices, d->n, d->learn, &d->cause);
        return r;
}

int camerad_incidents_rebuild(struct camerad *d)
{
        int r = told_load(d);

        d->cause = thon_cause_free(d->cause);
        if (r == 0)
                r = make_finder(d);
        if (r < 0)
                return r;
        for (size_t i = 0; i < d->n; i++)
                thon_cause_maintenance(d->cause, i, d->devices[i]->maintenance.on);
        for (size_t i = 0; r >= 0 && i < d->told->n; i++) {
                struct told *t = &d->told->items[i];
                _cleanup_free_ char *text = NULL;

                if (t->ended.s != THON_WALL_NEVER.s || t->absorbed)
                        continue;
                r = restore(d, t);
                if (r > 0 && asprintf(&text, "%s: không còn trong danh sách theo dõi", t->name) > 0)
                        end(d, t, text);
        }
        for (size_t i = 0; i < d->n; i++)
                thon_cause_device(d->cause, i, &d->devices[i]->state, camerad_now(d));
        camerad_look_soon(d);
        camerad_keep_soon(d);
        return r < 0 ? r : 0;
}

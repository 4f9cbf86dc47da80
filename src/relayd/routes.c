/* Events into notices: what comes from the broker goes to the router, what it decides is done, and what it knows is kept,
 * all in one batch.
 *
 * Until the batch is committed an event is kept here, since the broker may take it for received: it is told so when the
 * batch ends, however it ends. When the batch fails, the router is built anew from what is on disk, and the events are
 * given to it once more. */
#include "routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/log.h"
#include "thon/relay_told_store.h"

#define WAITING_MAX 8192
#define RETRY_US    UINT64_C(5000000)

struct waiting {
        struct relayd_heard heard;
        uintptr_t given; /* the turn whose batch has it; 0: not yet given to the router */
};

struct relayd_routes {
        struct thon_router *router; /* NULL: to be restored */
        struct thon_alarm *alarm;
        struct waiting *waiting;
        size_t n, room;
        uintptr_t turns;
        size_t lost;               /* events, for lack of room here */
        unsigned long last_told;   /* of an event that cannot be read */
        unsigned long last_failed; /* of a turn that could not be kept */
};

static struct thon_route_now now_of(const struct relayd *d)
{
        return (struct thon_route_now){relayd_wall(d), relayd_mono(d)};
}

/* ---- from the disk, and to it --------------------------------------------------------------------------------------- */

struct restoring {
        struct thon_router *router;
        bool incidents; /* first these, which others refer to */
};

static int restore_row(const char *id, const char *route, const char *doc, void *userdata)
{
        static const struct {
                const char *prefix;
                enum thon_route_record what;
        } kinds[] = {{"incident:", THON_RECORD_INCIDENT},
                     {"ending:", THON_RECORD_ENDING},
                     {"event:", THON_RECORD_EVENT},
                     {"flap:", THON_RECORD_FLAP}};
        const struct restoring *restoring = userdata;

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                int r;

                if (strncmp(id, kinds[i].prefix, strlen(kinds[i].prefix)) != 0 ||
                    (kinds[i].what == THON_RECORD_INCIDENT) != restoring->incidents)
                        continue;
                r = relayd_record_restore(restoring->router, kinds[i].what, route, doc);
                if (r == -EINVAL)
                        thon_warning("What routes knew of %s cannot be read, and is passed over", id);
                return r == -EINVAL ? 0 : r;
        }
        return 0;
}

static int restore(struct relayd *d)
{
        struct restoring restoring = {.incidents = true};
        int r;

        if (!relayd_store(d))
                return -ENODEV;
        r = thon_router_new(d->conf.routes, d->conf.n_routes, d->conf.inhibits, d->conf.n_inhibits, d->zone,
                            &restoring.router);
        if (r < 0)
                return r;
        r = thon_incident_each(d->store, restore_row, &restoring);
        restoring.incidents = false;
        if (r == 0)
                r = thon_incident_each(d->store, restore_row, &restoring);
        if (r == 0)
                r = thon_router_restored(restoring.router, now_of(d));
        if (r != 0) {
                thon_router_free(restoring.router);
                return r;
        }
        d->routes->router = restoring.router;
        return 0;
}

static const char *route_of(enum thon_route_record what, const void *record)
{
        switch (what) {
        case THON_RECORD_INCIDENT:
                return ((const struct thon_route_incident *)record)->route;
        case THON_RECORD_ENDING:
                return ((const struct thon_route_ending *)record)->route;
        case THON_RECORD_EVENT:
        case THON_RECORD_FLAP:
                break;
        }
        return "";
}

static int keep(enum thon_route_record what, const char *key, const void *record, void *userdata)
{
        struct relayd *d = userdata;
        _cleanup_free_ char *doc = NULL;

        if (!record)
                return thon_incident_remove(d->store, key);
        doc = relayd_record_doc(what, record);
        return doc ? thon_incident_put(d->store, key, route_of(what, record), doc, relayd_wall(d)) : -ENOMEM;
}

/* ---- one turn ------------------------------------------------------------------------------------------------------- */

static void look_in(struct relayd *d, uint64_t us)
{
        thon_alarm_set(d->routes->alarm, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), us));
}

/* Back to what the disk has; what it has not is given to the router once more. */
static void start_over(struct relayd *d)
{
        struct relayd_routes *routes = d->routes;

        routes->router = thon_router_free(routes->router);
        for (size_t i = 0; i < routes->n; i++)
                routes->waiting[i].given = 0;
        look_in(d, RETRY_US);
}

static void committed(struct relayd *d, int result, void *userdata)
{
        struct relayd_routes *routes = d->routes;
        size_t n = 0;

        if (!routes)
                return;
        if (result != 0) {
                start_over(d);
                return;
        }
        for (size_t i = 0; i < routes->n; i++)
                if (routes->waiting[i].given == (uintptr_t)userdata)
                        relayd_heard_done(&routes->waiting[i].heard);
                else
                        routes->waiting[n++] = routes->waiting[i];
        routes->n = n;
}

static void tell_room(struct relayd *d, const struct thon_route_actions *actions)
{
        if (actions->given_way > 0)
                relayd_event(
                        d, "overflow", "su-kien", true, "warning",
                        "Có quá nhiều sự kiện cùng lúc: những sự kiện ít nghiêm trọng nhất không được theo "
                        "dõi nữa");
        else if (actions->known < THON_EVENTS_MAX / 10 * 9)
                relayd_event(d, "overflow", "su-kien", false, "warning",
                             "Số sự kiện đã trở lại bình thường");
}

static int act_and_keep(struct relayd *d, struct thon_route_now now)
{
        struct relayd_routes *routes = d->routes;
        struct thon_route_actions actions;
        int r = thon_router_look(routes->router, now, &actions);

        if (r < 0)
                return r;
        for (size_t i = 0; r == 0 && i < actions.n; i++)
                r = relayd_route_act(d, routes->router, &actions.items[i], now);
        if (r == 0)
                r = thon_router_keep(routes->router, keep, d);
        if (r == 0) {
                thon_alarm_set(routes->alarm, actions.next_wall, actions.next_mono);
                tell_room(d, &actions);
        }
        thon_route_actions_done(&actions);
        return r;
}

static int turn(struct relayd *d)
{
        struct relayd_routes *routes = d->routes;
        struct thon_route_now now = now_of(d);
        uintptr_t turn = ++routes->turns;
        int r = 0;

        for (size_t i = 0; r == 0 && i < routes->n; i++) {
                struct thon_event_in in = relayd_heard_in(&routes->waiting[i].heard);

                if (routes->waiting[i].given)
                        continue;
                routes->waiting[i].given = turn;
                r = thon_router_event(routes->router, &in, now);
                if (r == -EINVAL) {
                        thon_warning("Event %s is beyond the limits, and is passed over", in.id);
                        r = 0;
                }
        }
        if (r == 0)
                r = act_and_keep(d, now);
        return r != 0 ? r : relayd_batch_then(d, committed, (void *)turn);
}

void relayd_routes_look(struct relayd *d)
{
        int r;

        if (!d->routes || d->stopping)
                return;
        r = d->routes->router ? 0 : restore(d);
        if (r == 0)
                r = relayd_batch_mark(d);
        if (r == 0)
                r = relayd_batch_unmark(d, turn(d));
        if (r != 0) {
                /* While the store is away it says so itself. */
                if (d->store && thon_log_ratelimit(&d->routes->last_failed, 60))
                        thon_warning("Events wait, and are tried again: %s",
                                     r < 0 ? strerror(-r) : thon_store_message(d->store));
                start_over(d);
        }
}

static void on_alarm(void *userdata)
{
        relayd_routes_look(userdata);
}

/* ---- what comes in ---------------------------------------------------------------------------------------------------- */

static int enqueue(struct relayd *d, struct relayd_heard *heard)
{
        struct relayd_routes *routes = d->routes;

        if (routes->n == WAITING_MAX) {
                /* The store has been away for long. What is told later than others is told by the next raise. */
                relayd_heard_done(&routes->waiting[0].heard);
                memmove(routes->waiting, routes->waiting + 1, (routes->n - 1) * sizeof(*routes->waiting));
                routes->n--;
                if (routes->lost++ == 0)
                        thon_error("More than %d events wait for the store: the oldest are lost",
                                   WAITING_MAX);
        }
        if (routes->n == routes->room) {
                size_t room = routes->room ? 2 * routes->room : 16;
                struct waiting *waiting = reallocarray(routes->waiting, room, sizeof(*waiting));

                if (!waiting)
                        return -ENOMEM;
                routes->waiting = waiting;
                routes->room = room;
        }
        routes->waiting[routes->n++] = (struct waiting){.heard = *heard};
        *heard = (struct relayd_heard){0};
        return 0;
}

void relayd_route_message(struct relayd *d, const struct thon_mqtt_message *message)
{
        struct relayd_heard heard;
        struct thon_json_error error = {""};
        int r;

        /* An event that was retained, against the rules, is not what happens now. */
        if (!d->routes || message->retained || strncmp(message->topic, "event/", 6) != 0)
                return;
        r = relayd_event_read(message->topic + 6, message->payload, message->size, d->zone, relayd_wall(d),
                              &heard, &error);
        if (r == 0) {
                r = enqueue(d, &heard);
                relayd_heard_done(&heard);
        }
        if (r < 0) {
                if (thon_log_ratelimit(&d->routes->last_told, 60))
                        thon_warning("An event on %.100s is passed over: %s", message->topic,
                                     r == -EINVAL ? error.text : strerror(-r));
                return;
        }
        relayd_routes_look(d);
}

int relayd_routes_taken(struct relayd *d, int64_t root, char **ret_headline)
{
        int r;

        *ret_headline = NULL;
        if (!d->routes || !d->routes->router)
                return 0;
        r = thon_router_acknowledge(d->routes->router, root, now_of(d), ret_headline);
        if (r == 0)
                relayd_routes_look(d);
        else
                start_over(d);
        return r;
}

/* ---- start and stop ----------------------------------------------------------------------------------------------- */

int relayd_routes_start(struct relayd *d)
{
        int r = relayd_acks_start(d);

        if (r < 0)
                return r;
        if (d->routes) {
                /* After a reload: the router may look at nothing of the old configuration any more. */
                relayd_batch_flush(d);
                start_over(d);
        } else {
                d->routes = calloc(1, sizeof(*d->routes));
                if (!d->routes)
                        return -ENOMEM;
                r = thon_alarm_new(d->clock, "routes", on_alarm, d, &d->routes->alarm);
                if (r < 0)
                        return r;
        }
        relayd_routes_look(d);
        return 0;
}

void relayd_routes_stop(struct relayd *d)
{
        struct relayd_routes *routes = d->routes;

        relayd_acks_stop(d);
        if (!routes)
                return;
        d->routes = NULL;
        thon_alarm_free(routes->alarm);
        thon_router_free(routes->router);
        for (size_t i = 0; i < routes->n; i++)
                relayd_heard_done(&routes->waiting[i].heard);
        free(routes->waiting);
        free(routes);
}

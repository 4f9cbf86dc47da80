/* relayd's own events: a channel that is shut, the Internet that is gone. They go out as everybody's do, through an
 * outbox in the store and the broker, and come back to be routed like all others; so a notice about them makes no new ones.
 *
 * Whoever raises one again and again, or clears what does not stand, need not know: each is told once. What stands
 * outlives a restart with its id. What only this process can see (all but reports, which a person closes) and has not seen
 * again some time after a restart is over. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relayd.h"
#include "thon/cleanup.h"
#include "thon/daemon_watch.h"
#include "thon/event.h"
#include "thon/log.h"
#include "thon/outbox.h"

#define WAITING_MAX 1024
#define OWN_MAX     4096
#define KEY_MAX     200
#define RETRY_US    UINT64_C(5000000)
#define CONFIRM_US  UINT64_C(600000000)
#define KEY_PREFIX  "own:"

struct own {
        char *kind, *subject, *id, *severity;
        int64_t since;
        bool confirmed; /* seen by this process */
};

/* One that the store has not, or not for sure. */
struct waiting {
        char *topic, *payload;
        char *key, *doc;  /* of its row; doc NULL: the row goes */
        uintptr_t pushed; /* the push that put it into a batch; 0 none */
        bool routed;      /* here, for want of a broker */
};

struct relayd_announce {
        struct own *own;
        size_t n_own;
        struct waiting *waiting;
        size_t n_waiting;
        uintptr_t pushes;
        int64_t sent; /* serial of the last one sent over this connection */
        struct thon_alarm *retry, *confirm;
        bool loaded;
};

static void own_done(struct own *own)
{
        free(own->kind);
        free(own->subject);
        free(own->id);
        free(own->severity);
}

static void waiting_done(struct waiting *waiting)
{
        free(waiting->topic);
        free(waiting->payload);
        free(waiting->key);
        free(waiting->doc);
}

static void retry_in(struct relayd *d, uint64_t us)
{
        thon_alarm_set(d->announce->retry, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), us));
}

/* ---- the outbox ---- */

static void committed(struct relayd *d, int result, void *userdata)
{
        struct relayd_announce *a = d->announce;
        size_t n = 0;

        if (!a)
                return;
        for (size_t i = 0; i < a->n_waiting; i++) {
                bool mine = a->waiting[i].pushed == (uintptr_t)userdata;

                if (mine && result == 0) {
                        waiting_done(&a->waiting[i]);
                        continue;
                }
                if (mine)
                        a->waiting[i].pushed = 0;
                a->waiting[n++] = a->waiting[i];
        }
        a->n_waiting = n;
        if (result == 0)
                relayd_events_flush(d);
        else
                retry_in(d, RETRY_US);
}

static int push(struct relayd *d, const struct waiting *w)
{
        int64_t serial;
        int r = relayd_batch_mark(d);

        if (r != 0)
                return r;
        r = w->doc ? thon_incident_put(d->store, w->key, "", w->doc, relayd_wall(d))
                   : thon_incident_remove(d->store, w->key);
        if (r == 0)
                r = thon_event_push(d->store, THON_EVENT_RELAY, w->topic, w->payload, &serial);
        return relayd_batch_unmark(d, r);
}

/* In order: what a failure has put back goes before what came after it. */
static void settle(struct relayd *d)
{
        struct relayd_announce *a = d->announce;
        uintptr_t token = ++a->pushes;
        bool some = false;
        int r = 0;

        for (size_t i = 0; r == 0 && i < a->n_waiting; i++) {
                if (a->waiting[i].pushed != 0)
                        continue;
                r = push(d, &a->waiting[i]);
                if (r == 0) {
                        a->waiting[i].pushed = token;
                        some = true;
                }
        }
        if (r != 0)
                retry_in(d, RETRY_US);
        if (!some || relayd_batch_then(d, committed, (void *)token) == 0)
                return;
        /* No memory for the call: they go once more, which readers know by their ids. */
        for (size_t i = 0; i < a->n_waiting; i++)
                if (a->waiting[i].pushed == token)
                        a->waiting[i].pushed = 0;
        retry_in(d, RETRY_US);
}

/* Written in the batch, like all else here. */
static int drop(int64_t serial, void *userdata)
{
        struct relayd *d = userdata;
        int r = relayd_batch_enter(d);

        return r != 0 ? r : thon_event_done(d->store, THON_EVENT_RELAY, serial);
}

void relayd_events_flush(struct relayd *d)
{
        struct relayd_announce *a = d->announce;

        /* Any failure is the connection's, or the store's, which says so itself: what is left goes when it is back. */
        if (a && d->mqtt && thon_mqtt_connected(d->mqtt) && relayd_store(d))
                (void)thon_outbox_send(d->mqtt, d->store, THON_EVENT_RELAY, &a->sent, drop, d);
}

void relayd_events_lost(struct relayd *d)
{
        if (d->announce)
                d->announce->sent = 0;
}

void relayd_events_taken(struct relayd *d, int64_t serial)
{
        /* Not removed, it is published once more at the next connection: readers know it by its id. */
        if (relayd_batch_enter(d) == 0)
                (void)thon_event_done(d->store, THON_EVENT_RELAY, serial);
}

/* ---- raised and cleared ---- */

static struct own *find(struct relayd_announce *a, const char *kind, const char *subject)
{
        for (size_t i = 0; i < a->n_own; i++)
                if (strcmp(a->own[i].subject, subject) == 0 && strcmp(a->own[i].kind, kind) == 0)
                        return &a->own[i];
        return NULL;
}

/* As people call it. */
static void name_of(const char *kind, const char *subject, char buf[static KEY_MAX])
{
        if (strcmp(kind, "channel") == 0)
                snprintf(buf, KEY_MAX, "Kênh %.100s", subject);
        else if (strcmp(kind, "report") == 0)
                snprintf(buf, KEY_MAX, "Phản ánh số %.100s", subject);
        else if (strcmp(kind, "route") == 0)
                snprintf(buf, KEY_MAX, "Tuyến báo %.100s", subject);
        else if (strcmp(kind, "offline") == 0)
                snprintf(buf, KEY_MAX, "Internet");
        else if (strcmp(kind, "daemon-down") == 0)
                thon_watch_name(subject, buf);
        else if (strcmp(kind, "broker-down") == 0)
                snprintf(buf, KEY_MAX, "Máy chủ tin nhắn (mosquitto)");
        else
                snprintf(buf, KEY_MAX, "%.100s", subject);
}

/* What is about others has no "relay-" in front. */
static const char *prefix_of(const char *kind)
{
        static const char *const others[] = {"daemon-down", "broker-down"};

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (strcmp(kind, others[i]) == 0)
                        return "";
        return "relay-";
}

static int tell(struct relayd *d, const struct own *own, bool raised, const char *text)
{
        struct relayd_announce *a = d->announce;
        struct waiting w = {0}, *more;
        const struct thon_event event = {.id = own->id,
                                         .at = relayd_wall(d),
                                         .raised = raised,
                                         .severity = own->severity,
                                         .subject = own->subject,
                                         .text = text};
        _cleanup_json_ json_t *row = NULL;
        char since[THON_TIME_TEXT], name[KEY_MAX];

        name_of(own->kind, own->subject, name);
        thon_time_text(d->zone, (struct thon_wall){own->since}, since);
        row = json_pack("{s:s,s:s,s:s,s:s,s:I}", "id", own->id, "kind", own->kind, "subject", own->subject,
                        "severity", own->severity, "since", (json_int_t)own->since);
        w.payload =
                thon_event_payload(&event, d->zone, json_pack("{s:s,s:s}", "name", name, "since", since));
        if (raised && row)
                w.doc = json_dumps(row, JSON_COMPACT);
        if (asprintf(&w.topic, "event/%s%s", prefix_of(own->kind), own->kind) < 0)
                w.topic = NULL;
        if (asprintf(&w.key, KEY_PREFIX "%s:%s", own->kind, own->subject) < 0)
                w.key = NULL;
        more = w.payload && w.topic && w.key && (w.doc || !raised)
                       ? reallocarray(a->waiting, a->n_waiting + 1, sizeof(*more))
                       : NULL;
        if (more)
                a->waiting = more;
        if (!more || a->n_waiting >= WAITING_MAX) {
                waiting_done(&w);
                return more ? -ENOBUFS : -ENOMEM;
        }
        more[a->n_waiting++] = w;
        settle(d);
        return 0;
}

static int raise_own(struct relayd *d, const char *kind, const char *subject, const char *severity,
                     const char *text)
{
        struct relayd_announce *a = d->announce;
        struct own own = {.since = relayd_wall(d).s, .confirmed = true}, *more;
        int r;

        if (a->n_own >= OWN_MAX)
                return -ENOBUFS;
        more = reallocarray(a->own, a->n_own + 1, sizeof(*more));
        if (!more)
                return -ENOMEM;
        a->own = more;
        own.kind = strdup(kind);
        own.subject = strdup(subject);
        own.severity = strdup(severity);
        if (asprintf(&own.id, "%s%s-%s-%" PRId64, prefix_of(kind), kind, subject, own.since) < 0)
                own.id = NULL;
        r = own.kind && own.subject && own.severity && own.id ? tell(d, &own, true, text) : -ENOMEM;
        if (r < 0) {
                own_done(&own);
                return r;
        }
        a->own[a->n_own++] = own;
        return 0;
}

/* Without a broker nothing comes back to be routed, and that it is away would be told when it is there again. The routes know an
 * event that comes a second time by its id. They may have events of their own to raise: nothing of ours is held meanwhile. */
static void route_now(struct relayd *d)
{
        struct relayd_announce *a = d->announce;

        if (!d->mqtt || thon_mqtt_connected(d->mqtt))
                return;
        for (size_t i = 0; i < a->n_waiting; i++) {
                struct waiting *w = &a->waiting[i];
                const struct thon_mqtt_message message = {
                        .topic = w->topic, .payload = w->payload, .size = strlen(w->payload)};

                if (w->routed)
                        continue;
                w->routed = true;
                relayd_route_message(d, &message);
        }
}

void relayd_event(struct relayd *d, const char *kind, const char *subject, bool raised, const char *severity,
                  const char *text)
{
        struct relayd_announce *a = d->announce;
        struct own *own = a ? find(a, kind, subject) : NULL;
        int r = 0;

        if (!a)
                return;
        if (own && raised) {
                own->confirmed = true;
        } else if (raised) {
                r = strlen(kind) + strlen(subject) < KEY_MAX / 2
                            ? raise_own(d, kind, subject, severity, text)
                            : -ENAMETOOLONG;
        } else if (own) {
                r = tell(d, own, false, text);
                if (r == 0) {
                        own_done(own);
                        *own = a->own[--a->n_own];
                }
        }
        route_now(d);
        if (r < 0)
                thon_warning("Event relay-%s of %s cannot be told: %s", kind, subject, strerror(-r));
}

/* ---- over a restart ---- */

static int load_row(const char *id, const char *route, const char *doc, void *userdata)
{
        struct relayd *d = userdata;
        struct relayd_announce *a = d->announce;
        _cleanup_json_ json_t *row = NULL;
        const char *kind, *subject, *event, *severity;
        json_int_t since;
        struct own own, *more;

        (void)route;
        if (strncmp(id, KEY_PREFIX, strlen(KEY_PREFIX)) != 0)
                return 0;
        if (thon_json_parse(doc, strlen(doc), 65536, &row, NULL) < 0 ||
            json_unpack(row, "{s:s,s:s,s:s,s:s,s:I}", "id", &event, "kind", &kind, "subject", &subject,
                        "severity", &severity, "since", &since) < 0) {
                thon_warning("A standing event in the store cannot be read and is passed over: %s", id);
                return 0;
        }
        if (find(a, kind, subject) || a->n_own >= OWN_MAX)
                return 0;
        more = reallocarray(a->own, a->n_own + 1, sizeof(*more));
        if (!more)
                return -ENOMEM;
        a->own = more;
        own = (struct own){strdup(kind), strdup(subject), strdup(event), strdup(severity), since, false};
        if (!own.kind || !own.subject || !own.id || !own.severity) {
                own_done(&own);
                return -ENOMEM;
        }
        a->own[a->n_own++] = own;
        return 0;
}

static void load(struct relayd *d)
{
        if (d->announce->loaded || !relayd_store(d))
                return;
        d->announce->loaded = thon_incident_each(d->store, load_row, d) == 0;
}

static void on_retry(void *userdata)
{
        struct relayd *d = userdata;

        load(d);
        settle(d);
        if (!d->announce->loaded)
                retry_in(d, RETRY_US);
}

static void on_confirm(void *userdata)
{
        struct relayd *d = userdata;
        struct relayd_announce *a = d->announce;

        for (size_t i = a->n_own; i-- > 0;)
                if (!a->own[i].confirmed && strcmp(a->own[i].kind, "report") != 0)
                        relayd_event(d, a->own[i].kind, a->own[i].subject, false, a->own[i].severity,
                                     "không còn thấy từ khi khởi động lại");
}

int relayd_announce_start(struct relayd *d)
{
        struct relayd_announce *a = d->announce = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        r = thon_alarm_new(d->clock, "announce-retry", on_retry, d, &a->retry);
        if (r == 0)
                r = thon_alarm_new(d->clock, "announce-confirm", on_confirm, d, &a->confirm);
        if (r < 0)
                return r;
        thon_alarm_set(a->confirm, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), CONFIRM_US));
        load(d);
        if (!a->loaded)
                retry_in(d, RETRY_US);
        return 0;
}

void relayd_announce_stop(struct relayd *d)
{
        struct relayd_announce *a = d->announce;

        if (!a)
                return;
        d->announce = NULL;
        thon_alarm_free(a->retry);
        thon_alarm_free(a->confirm);
        for (size_t i = 0; i < a->n_own; i++)
                own_done(&a->own[i]);
        for (size_t i = 0; i < a->n_waiting; i++)
                waiting_done(&a->waiting[i]);
        free(a->own);
        free(a->waiting);
        free(a);
}

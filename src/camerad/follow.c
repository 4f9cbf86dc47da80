/* Cameras that moved, and discovery for people.
 *
 * A router that lost its table gives every camera another address, and by evening the whole hamlet is "silent". What
 * does not change is who a camera is: its ONVIF endpoint and its MAC. Both are learned while it is well, from one
 * reading of the neighbour table and one discovery a day; when it is silent, both are looked for elsewhere.
 *
 * To be followed means to be sent a login, so it must be one and the same camera: its MAC, where both are known, must be
 * the one that it had; it must be found at one other address, not at several (a Wi-Fi bridge lends its MAC to all that
 * is behind it, and cheap cameras share an endpoint); and nobody else in the registry lives there. A camera that
 * answers is never followed. What the registry says stays as it is, and is right again as soon as the camera is there:
 * we look every ten minutes.
 *
 * Devices come and go with the registry while a discovery or a look is under way: nothing here holds one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camerad.h"
#include "follow.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define SECOND_US   UINT64_C(1000000)
#define FIRST_US    (60 * SECOND_US)
#define TICK_US     (600 * SECOND_US) /* also the least between two discoveries of our own */
#define DAY_US      (86400 * SECOND_US)
#define OWN_WAIT_US (4 * SECOND_US)
#define WAITING     8u

struct camerad_finder {
        struct camerad *daemon;
        struct thon_alarm *tick, *soon; /* the round of every ten minutes; somebody is silent */
        struct thon_mono searched;      /* the last discovery of our own; NEVER: none */
        struct discover *running;
        struct thon_mqtt_message *waiting[WAITING]; /* people who asked */
        size_t n_waiting;

        /* One at a time of each: is it home again, is it where the neighbour table has its MAC. */
        struct camerad_peek *home, *elsewhere;
};

/* ---- addresses ---- */

/* Under a simulated clock nothing but this machine is touched. */
static bool may_touch(const struct camerad *d, const char *address)
{
        return !thon_clock_simulated(d->clock) || strncmp(address, "127.", 4) == 0;
}

static bool may_probe(const struct camerad *d)
{
        return !thon_clock_simulated(d->clock) ||
               (d->conf.discover_probe && may_touch(d, d->conf.discover_probe));
}

static bool is_silent(const struct camerad_device *c)
{
        return c->conf->kind == THON_WATCH_CAMERA && thon_camera_silent(c->state.hard);
}

static bool is_well(const struct camerad_device *c)
{
        return c->checked.s != THON_WALL_NEVER.s && c->reach == THON_CAMERA_OK &&
               c->state.hard == THON_CAMERA_OK;
}

/* ---- learning who a camera is ---- */

static void learn(struct camerad_device *c, char *to, size_t room, const char *what, const char *text)
{
        if (!text[0] || strcmp(to, text) == 0 || strlen(text) >= room)
                return;
        (void)snprintf(to, room, "%s", text);
        thon_log_id(LOG_INFO, THON_MSG_NONE, "THON_CAMERA", c->conf->id, "%s: known by its %s %s",
                    c->conf->id, what, text);
        camerad_keep_row(c, false);
}

static void learn_macs(struct camerad *d, const struct neighbour *all, size_t n)
{
        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];
                const struct neighbour *one;

                if (c->conf->kind != THON_WATCH_CAMERA || !is_well(c))
                        continue;
                one = neighbour_at(all, n, camerad_address_of(c));
                if (one)
                        learn(c, c->mac, sizeof c->mac, "MAC", one->mac);
        }
}

/* Cheap cameras share an endpoint: then it says nothing about who one is. */
static bool endpoint_is_shared(const struct discover_found *found, size_t n, size_t which)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(found[i].match.endpoint, found[which].match.endpoint) == 0 &&
                    !camerad_same_address(found[i].address, found[which].address))
                        return true;
        return false;
}

static void learn_endpoints(struct camerad *d, const struct discover_found *found, size_t n)
{
        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];

                if (c->conf->kind != THON_WATCH_CAMERA || thon_camera_silent(c->state.now))
                        continue;
                for (size_t j = 0; j < n; j++)
                        if (camerad_lives_at(c, found[j].address) && !endpoint_is_shared(found, n, j))
                                learn(c, c->endpoint, sizeof c->endpoint, "endpoint",
                                      found[j].match.endpoint);
        }
}

/* ---- following ---- */

/* Where a silent camera may be now: none, one, or several, which is as good as none. */
struct candidate {
        const char *address, *by;
        bool several;
};

static void consider(struct candidate *candidate, const char *address, const char *by)
{
        if (candidate->address && !camerad_same_address(candidate->address, address))
                candidate->several = true;
        else if (!candidate->address)
                *candidate = (struct candidate){.address = address, .by = by};
}

/* Another device of the registry has the same MAC at another address: a bridge. */
static bool mac_is_lent(const struct camerad_device *c)
{
        const struct camerad *d = c->daemon;

        for (size_t i = 0; i < d->n; i++)
                if (d->devices[i] != c && strcmp(d->devices[i]->mac, c->mac) == 0 &&
                    d->devices[i]->conf->host && strcmp(d->devices[i]->conf->host, c->conf->host) != 0)
                        return true;
        return false;
}

/* Channels of one recorder share its address, and move together. */
static bool is_taken(const struct camerad_device *c, const char *address)
{
        const struct camerad *d = c->daemon;

        for (size_t i = 0; i < d->n; i++)
                if (d->devices[i] != c && camerad_lives_at(d->devices[i], address) &&
                    d->devices[i]->conf->host && strcmp(d->devices[i]->conf->host, c->conf->host) != 0)
                        return true;
        return false;
}

static void look_among_found(const struct camerad_device *c, bool by_mac, const struct discover_found *found,
                             size_t n, struct candidate *candidate)
{
        for (size_t i = 0; i < n; i++) {
                bool mac = c->mac[0] && found[i].mac[0];
                bool same_mac = mac && strcmp(c->mac, found[i].mac) == 0;

                if (camerad_lives_at(c, found[i].address))
                        continue;
                if (c->endpoint[0] && strcmp(c->endpoint, found[i].match.endpoint) == 0 &&
                    (!mac || same_mac))
                        consider(candidate, found[i].address, "endpoint");
                else if (by_mac && same_mac)
                        consider(candidate, found[i].address, "MAC");
        }
}

static void look_among_neighbours(const struct camerad_device *c, const struct neighbour *all, size_t n,
                                  struct candidate *candidate)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(c->mac, all[i].mac) == 0 && !camerad_lives_at(c, all[i].address))
                        consider(candidate, all[i].address, "MAC");
}

/* Its id names the address, so that whoever comes after us can end what we raised. */
static char *moved_id(const char *camera, const char *to)
{
        char *id = NULL;

        return asprintf(&id, "camera-address-%s-%s", camera, to) < 0 ? NULL : id;
}

void camerad_follow_over(struct camerad *d, const char *camera, const char *name, const char *address)
{
        _cleanup_free_ char *text = NULL, *id = NULL;

        if (!address[0])
                return;
        id = moved_id(camera, address);
        if (asprintf(&text, "%s: không còn được theo dõi ở địa chỉ tạm %s.", name && *name ? name : camera,
                     address) < 0)
                text = NULL;
        if (id && text)
                camerad_event(d, "camera-address", id, camerad_now(d).wall, false, "info", camera, text,
                              json_pack("{s:s,s:s,s:s}", "camera", camera, "name",
                                        name && *name ? name : camera, "to", address),
                              NULL);
}

static void tell_moved(struct camerad_device *c, const char *from, const char *to)
{
        struct camerad *d = c->daemon;
        _cleanup_free_ char *text = NULL, *id = moved_id(c->conf->id, to);
        json_t *values = json_pack("{s:s,s:s,s:s,s:s}", "camera", c->conf->id, "name", c->conf->name, "from",
                                   from, "to", to);

        if (!id ||
            asprintf(
                    &text,
                    "%s: đã đổi địa chỉ từ %s sang %s. Cố định địa chỉ của camera trong bộ định tuyến, hoặc sửa địa "
                    "chỉ trong danh sách thiết bị.",
                    c->conf->name, from, to) < 0) {
                text = NULL;
                json_decref(values);
                return;
        }
        camerad_event(d, "camera-address", id, camerad_now(d).wall, true, "info", c->conf->id, text, values,
                      NULL);
}

static void move(struct camerad_device *c, const char *to, const char *by)
{
        _cleanup_free_ char *from = strdup(camerad_address_of(c)), *detail = NULL;
        const char *now_at = to[0] ? to : c->conf->host;

        if (!from || asprintf(&detail, "from %s, by %s", from, by) < 0)
                return; /* without memory: at the next look */
        thon_log_id(LOG_NOTICE, THON_MSG_NONE, "THON_CAMERA", c->conf->id,
                    "%s: followed from %s to %s, by its %s", c->conf->id, from, now_at, by);
        camerad_follow_over(c->daemon, c->conf->id, c->conf->name, c->address);
        (void)snprintf(c->address, sizeof c->address, "%s", to);
        camerad_keep_did(c, THON_CAMERA_DID_ADDRESS, now_at, detail, "", 0, 0);
        camerad_keep_row(c, false);
        if (to[0])
                tell_moved(c, from, to);
        camerad_sweep_plan(c, true);
}

static void move_to(struct camerad_device *c, const struct candidate *candidate)
{
        if (candidate->address && !candidate->several && !is_taken(c, candidate->address) &&
            may_touch(c->daemon, candidate->address))
                move(c, camerad_same_address(candidate->address, c->conf->host) ? "" : candidate->address,
                     candidate->by);
}

static bool is_sought(const struct camerad_device *c)
{
        return is_silent(c) && !c->maintenance.on;
}

/* Who has answered the discovery is there. */
static void follow_found(struct camerad *d, const struct discover_found *found, size_t n)
{
        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];
                struct candidate candidate = {0};

                if (!is_sought(c))
                        continue;
                look_among_found(c, c->mac[0] && !mac_is_lent(c), found, n, &candidate);
                move_to(c, &candidate);
        }
}

static void follow_neighbours(struct camerad_finder *f, const char *after);

static void on_elsewhere(struct camerad_device *c, const char *id, const char *address, bool answers,
                         void *userdata)
{
        struct camerad_finder *f = userdata;
        struct candidate candidate = {.address = address, .by = "MAC"};
        char mac[18];

        f->elsewhere = NULL;
        if (answers && c && is_sought(c) && neighbour_mac(NULL, address, mac) && strcmp(mac, c->mac) == 0)
                move_to(c, &candidate);
        follow_neighbours(f, id);
}

/* A camera that is silent to discovery is found by its MAC alone. The neighbour table remembers for days where it once was:
 * whether somebody answers there is looked at first, of one camera after another in order of id. */
static void follow_neighbours(struct camerad_finder *f, const char *after)
{
        const struct camerad *d = f->daemon;
        _cleanup_free_ struct neighbour *all = NULL;
        size_t n = 0;

        if (f->elsewhere || neighbours_read(NULL, &all, &n) < 0)
                return;
        for (size_t i = 0; i < d->n; i++) {
                const struct camerad_device *c = d->devices[i];
                struct candidate candidate = {0};

                if (strcmp(c->conf->id, after) <= 0 || !is_sought(c) || !c->mac[0] || mac_is_lent(c))
                        continue;
                look_among_neighbours(c, all, n, &candidate);
                if (!candidate.address || candidate.several || is_taken(c, candidate.address) ||
                    !may_touch(d, candidate.address))
                        continue;
                if (camerad_peek_start(c, candidate.address, on_elsewhere, f, &f->elsewhere) < 0)
                        f->elsewhere = NULL; /* in ten minutes, then */
                return;
        }
}

/* ---- answering people ---- */

static void answer_waiting(struct camerad_finder *f, const struct discover_found *found, size_t n, int error)
{
        struct camerad *d = f->daemon;

        for (size_t i = 0; i < f->n_waiting; i++) {
                if (error < 0)
                        thon_mqtt_reply_error(d->mqtt, f->waiting[i], "failed", "no probe could be sent: %s",
                                              strerror(-error));
                else
                        thon_mqtt_reply_ok(d->mqtt, f->waiting[i], camerad_found_json(d, found, n));
                (void)thon_mqtt_unkeep(f->waiting[i]);
        }
        f->n_waiting = 0;
}

/* ---- discovering ---- */

static void on_found(const struct discover_found *found, size_t n, int error, void *userdata)
{
        struct camerad_finder *f = userdata;

        f->running = NULL;
        if (error < 0)
                thon_debug("Discovery: no probe could be sent: %s", strerror(-error));
        answer_waiting(f, found, n, error); /* as it was, before anything is followed */
        learn_endpoints(f->daemon, found, n);
        if (f->daemon->conf.discover) {
                follow_found(f->daemon, found, n);
                follow_neighbours(f, "");
        }
}

static int discover_begin(struct camerad_finder *f, uint64_t wait_us)
{
        struct camerad *d = f->daemon;

        return discover_start(d->event, d->conf.discover_probe, wait_us, on_found, f, &f->running);
}

static bool may_search(const struct camerad_finder *f)
{
        return f->searched.us == THON_MONO_NEVER.us ||
               thon_mono_since(f->searched, thon_clock_mono(f->daemon->clock)) >= TICK_US;
}

static void search(struct camerad_finder *f)
{
        int r;

        if (f->running || !f->daemon->conf.discover || !may_search(f) || !may_probe(f->daemon))
                return;
        f->searched = thon_clock_mono(f->daemon->clock);
        r = discover_begin(f, OWN_WAIT_US);
        if (r < 0)
                thon_debug("Discovery could not begin, ignoring: %s", strerror(-r));
}

/* Only who is known by something can be found elsewhere. */
static bool anybody_lost(const struct camerad *d)
{
        for (size_t i = 0; i < d->n; i++) {
                const struct camerad_device *c = d->devices[i];

                if (is_silent(c) && !c->maintenance.on && (c->mac[0] || c->endpoint[0]))
                        return true;
        }
        return false;
}

static void on_soon(void *userdata)
{
        struct camerad_finder *f = userdata;

        if (anybody_lost(f->daemon))
                search(f);
}

void camerad_follow_silent(struct camerad_device *c)
{
        struct camerad *d = c->daemon;
        struct camerad_finder *f = d->finder;

        if (!f || !d->conf.discover || c->conf->kind != THON_WATCH_CAMERA || thon_alarm_pending(f->soon))
                return;
        /* A little later: those that fell with it are looked for together. */
        camerad_alarm_in(d, f->soon,
                         may_search(f) ? SECOND_US
                                       : TICK_US - thon_mono_since(f->searched, thon_clock_mono(d->clock)));
}

void camerad_discover(struct camerad *d, const struct thon_mqtt_message *message)
{
        static const char *const members[] = {"wait", "by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        struct camerad_finder *f = d->finder;
        struct thon_json_error error = {""};
        const json_t *wait;
        int r = thon_mqtt_command(message, members, &doc, &error);

        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, message, r, &error);
                return;
        }
        wait = json_object_get(doc, "wait");
        if (wait &&
            (!json_is_integer(wait) || json_integer_value(wait) < 1 || json_integer_value(wait) > 10)) {
                thon_mqtt_reply_error(d->mqtt, message, "invalid", "wait: must be a whole number, 1 to 10");
                return;
        }
        if (!may_probe(d)) {
                thon_mqtt_reply_error(d->mqtt, message, "simulated",
                                      "under a simulated clock nothing but this machine is asked");
                return;
        }
        if (f->n_waiting == WAITING) {
                thon_mqtt_reply_error(d->mqtt, message, "busy", "others are waiting for a discovery");
                return;
        }
        r = f->running ? 0 : discover_begin(f, (wait ? (uint64_t)json_integer_value(wait) : 4) * SECOND_US);
        if (r < 0) {
                thon_mqtt_reply_error(d->mqtt, message, "failed", "%s", strerror(-r));
                return;
        }
        f->waiting[f->n_waiting] = thon_mqtt_keep(message);
        if (f->waiting[f->n_waiting])
                f->n_waiting++;
}

/* ---- home again ---- */

static void look_home(struct camerad_finder *f, const char *after);

/* Somebody answers at the configured address. It is the camera when it has its MAC; where that cannot be seen, it is believed
 * to be when the camera is silent where we followed it to. */
static void take_home(struct camerad_device *c)
{
        char mac[18];
        bool seen = c->mac[0] && neighbour_mac(NULL, c->conf->host, mac);

        if (seen ? strcmp(mac, c->mac) == 0 : thon_camera_silent(c->state.hard))
                move(c, "", seen ? "MAC" : "answer");
}

static void on_home(struct camerad_device *c, const char *id, const char *address, bool answers,
                    void *userdata)
{
        struct camerad_finder *f = userdata;

        f->home = NULL;
        if (answers && c && c->address[0] && c->conf->host && camerad_same_address(c->conf->host, address))
                take_home(c);
        look_home(f, id);
}

/* The next one that is followed, in order of id; one after another, so that it costs nothing. */
static void look_home(struct camerad_finder *f, const char *after)
{
        const struct camerad *d = f->daemon;

        for (size_t i = 0; i < d->n && !f->home; i++) {
                const struct camerad_device *c = d->devices[i];

                if (!c->address[0] || !c->conf->host || strcmp(c->conf->id, after) <= 0)
                        continue;
                if (camerad_peek_start(c, c->conf->host, on_home, f, &f->home) < 0)
                        f->home = NULL; /* in ten minutes, then */
                return;
        }
}

/* ---- every ten minutes ---- */

/* The list was mended: it says now where we had followed it to. */
static void forget_detours(struct camerad *d)
{
        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];

                if (c->address[0] && c->conf->host && camerad_same_address(c->address, c->conf->host)) {
                        camerad_follow_over(d, c->conf->id, c->conf->name, c->address);
                        c->address[0] = '\0';
                        camerad_keep_row(c, false);
                }
        }
}

static void on_tick(void *userdata)
{
        struct camerad_finder *f = userdata;
        struct camerad *d = f->daemon;
        _cleanup_free_ struct neighbour *neighbours = NULL;
        size_t n = 0;

        forget_detours(d);
        if (neighbours_read(NULL, &neighbours, &n) == 0)
                learn_macs(d, neighbours, n);
        if (f->searched.us == THON_MONO_NEVER.us || anybody_lost(d) ||
            thon_mono_since(f->searched, thon_clock_mono(d->clock)) >= DAY_US)
                search(f);
        if (!f->home)
                look_home(f, "");
        camerad_alarm_in(d, f->tick, TICK_US);
}

int camerad_follow_start(struct camerad *d)
{
        struct camerad_finder *f = calloc(1, sizeof *f);
        int r;

        if (!f)
                return -ENOMEM;
        *f = (struct camerad_finder){.daemon = d, .searched = THON_MONO_NEVER};
        d->finder = f;
        r = thon_alarm_new(d->clock, "follow", on_tick, f, &f->tick);
        if (r == 0)
                r = thon_alarm_new(d->clock, "follow-soon", on_soon, f, &f->soon);
        if (r < 0) {
                camerad_follow_stop(d);
                return r;
        }
        camerad_alarm_in(d, f->tick, FIRST_US);
        return 0;
}

void camerad_follow_halt(struct camerad *d)
{
        struct camerad_finder *f = d->finder;

        if (!f)
                return;
        f->home = camerad_peek_cancel(f->home);
        f->elsewhere = camerad_peek_cancel(f->elsewhere);
}

void camerad_follow_stop(struct camerad *d)
{
        struct camerad_finder *f = d->finder;

        if (!f)
                return;
        camerad_follow_halt(d);
        d->finder = NULL;
        (void)discover_cancel(f->running);
        for (size_t i = 0; i < f->n_waiting; i++)
                (void)thon_mqtt_unkeep(f->waiting[i]);
        thon_alarm_free(f->tick);
        thon_alarm_free(f->soon);
        free(f);
}

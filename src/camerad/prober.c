/* The rungs in the order in which they cost least and tell most. Most cameras are well most of the time, so RTSP comes first: its
 * answer says all. Only a camera that does not even take a connection is pinged, to tell a dead wire from a dead service. A
 * switch has no RTSP: it is pinged, and the ports that are named for it are opened one after the other, so that one check
 * never holds more than one socket, and the first that stays shut ends it.
 *
 * Each step has a deadline of its own; the check as a whole has one too, so that a device that keeps just within each of them
 * cannot keep its place for ever. */
#include "prober.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ping.h"
#include "rtsp_client.h"
#include "thon/cleanup.h"

#define PINGS           4
#define PINGS_WHY       3 /* to tell why there was no connection */
#define PING_GAP_US     200000
#define PING_TIMEOUT_US 1000000
/* The answers of the longest ladder: OPTIONS, DESCRIBE and SETUP twice each for the login, PLAY. */
#define LADDER_ANSWERS 7
/* Where nothing is named, this is tried; refused is alive too. */
static const int common_ports[] = {80, 443};
#define N_COMMON_PORTS (sizeof common_ports / sizeof *common_ports)
/* So many ports that say nothing, of a host that has said nothing, and we give up. */
#define SILENT_PORTS 2

struct prober {
        sd_event *event;
        struct prober_limits limits;
        struct ping *ping;
        struct prober_check *first;
        unsigned busy;
};

enum stage { STAGE_RTSP, STAGE_WHY, STAGE_PING, STAGE_PORTS };

struct prober_check {
        struct prober *prober;
        struct prober_check *next, **link;
        enum thon_watch_kind kind;
        enum thon_rung up_to;
        struct sockaddr_storage address;
        socklen_t address_size;
        char *url, *user, *password;
        bool tls, auth_stopped;
        int ports[THON_WATCH_PORTS];
        size_t n_ports, port; /* of them; the one that is tried */
        bool ports_asked;     /* they are the device's own, not the common ones */
        unsigned silent_ports;

        enum stage stage;
        struct rtsp_check *rtsp;
        struct ping_run *ping;
        sd_event_source *deadline; /* of all; also how a check ends from the loop that ended at its start */
        uint64_t began_us;
        struct thon_probe probe;
        prober_fn fn;
        void *userdata;
};

THON_DEFINE_CLEANUP(struct prober *, prober_free)
THON_DEFINE_CLEANUP(struct prober_check *, prober_cancel)

static void try_port(struct prober_check *check);

static uint64_t now_us(const struct prober *prober)
{
        uint64_t now = 0;

        (void)sd_event_now(prober->event, CLOCK_MONOTONIC, &now);
        return now;
}

/* ---- the end ---- */

/* The last act on a check: its function may end everything. */
static void finish(struct prober_check *check)
{
        struct thon_probe probe = check->probe;
        prober_fn fn = check->fn;
        void *userdata = check->userdata;
        uint64_t now = now_us(check->prober);

        probe.total_us = now > check->began_us ? now - check->began_us : 0;
        prober_cancel(check);
        fn(&probe, userdata);
}

/* Our own trouble at a step: the device is not judged by it. From the loop, since whoever began may be on the stack. */
static void finish_soon(struct prober_check *check, int error, const char *what)
{
        check->probe.failure = THON_PROBE_LOCAL;
        check->probe.error = -error;
        (void)snprintf(check->probe.detail, sizeof check->probe.detail, "%s: %s", what, strerror(-error));
        (void)sd_event_source_set_time(check->deadline, 0);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct prober_check *check = userdata;

        (void)source;
        (void)usec;
        /* What RTSP found stands, though the pings after it take too long. */
        if (check->probe.failure != THON_PROBE_LOCAL && check->stage != STAGE_WHY) {
                check->probe.failure = THON_PROBE_TIMEOUT;
                /* Only what is alive can keep us that long. */
                if (check->stage == STAGE_RTSP)
                        check->probe.reached = THON_RUNG_TCP;
                if (check->stage == STAGE_PORTS && check->ports_asked)
                        check->probe.port_failed = check->ports[check->port];
                (void)snprintf(check->probe.detail, sizeof check->probe.detail, "took too long as a whole");
        }
        finish(check);
        return 0;
}

/* ---- ping ---- */

static bool can_ping(const struct prober_check *check)
{
        return !check->prober->limits.no_ping && ping_allowed(check->prober->ping, check->address.ss_family);
}

static void on_pings(int sent, int answered, uint64_t rtt_us, int error, void *userdata)
{
        struct prober_check *check = userdata;
        struct thon_probe *probe = &check->probe;

        check->ping = NULL;
        probe->pings = sent;
        probe->pongs = answered;
        if (answered > 0 && probe->reached < THON_RUNG_PING)
                probe->reached = THON_RUNG_PING;
        if (check->stage == STAGE_WHY) {
                finish(check);
                return;
        }
        if (probe->connect_us == 0)
                probe->connect_us = rtt_us;
        if (answered == 0)
                (void)snprintf(probe->detail, sizeof probe->detail, "%d echo requests, no answer%s%s", sent,
                               error ? ": " : "", error ? strerror(error) : "");
        /* A host may answer no ping and yet live: what answers, if anything, is asked then. */
        if (check->n_ports == 0 && answered == 0) {
                memcpy(check->ports, common_ports, sizeof common_ports);
                check->n_ports = N_COMMON_PORTS;
        }
        if (check->n_ports == 0) {
                finish(check);
                return;
        }
        check->stage = STAGE_PORTS;
        try_port(check);
}

static void start_ping(struct prober_check *check, enum stage stage, unsigned count)
{
        int r = ping_start(check->prober->ping, &check->address, count, PING_GAP_US, PING_TIMEOUT_US,
                           on_pings, check, &check->ping);

        check->stage = stage;
        if (r < 0)
                finish_soon(check, r, "ping");
}

/* ---- ports of a host ---- */

static void set_port(struct prober_check *check, int port)
{
        if (check->address.ss_family == AF_INET)
                ((struct sockaddr_in *)&check->address)->sin_port = htons((uint16_t)port);
        else
                ((struct sockaddr_in6 *)&check->address)->sin6_port = htons((uint16_t)port);
}

/* All that was to be opened was, or there is no use in going on. */
static void ports_done(struct prober_check *check, enum thon_probe_failure failure)
{
        check->probe.failure = failure;
        if (failure == THON_PROBE_FINE)
                check->probe.error = 0;
        finish(check);
}

static void port_shut(struct prober_check *check, const struct thon_probe *tcp)
{
        struct thon_probe *probe = &check->probe;

        if (!check->ports_asked && probe->pings > 0)
                return; /* that it answers no ping says more */
        probe->error = tcp->error;
        (void)snprintf(probe->detail, sizeof probe->detail, "port %d: %s", check->ports[check->port],
                       tcp->error ? strerror(tcp->error) : "no connection");
        if (check->ports_asked)
                probe->port_failed = check->ports[check->port];
}

/* One that is refused lives as much as one that is open. Whether it is `alive` decides how long we go on: of a living one the
 * first shut port is the answer, of one that says nothing another port may still tell that it lives. */
static void on_port(const struct thon_probe *tcp, void *userdata)
{
        struct prober_check *check = userdata;
        struct thon_probe *probe = &check->probe;
        bool open = tcp->failure == THON_PROBE_FINE, refused = tcp->failure == THON_PROBE_REFUSED;

        check->rtsp = NULL;
        if (tcp->failure == THON_PROBE_LOCAL) {
                probe->error = tcp->error;
                memcpy(probe->detail, tcp->detail, sizeof probe->detail);
                ports_done(check, THON_PROBE_LOCAL);
                return;
        }
        if (open || refused) {
                probe->connect_us = tcp->connect_us;
                if (probe->reached < THON_RUNG_PING)
                        probe->reached = THON_RUNG_PING;
        }
        if (!open && probe->port_failed == 0)
                port_shut(check, tcp);
        if ((open || refused) && !check->ports_asked) {
                probe->reached = THON_RUNG_TCP;
                probe->detail[0] = '\0';
                ports_done(check, THON_PROBE_FINE);
        } else if (probe->reached >= THON_RUNG_PING && probe->port_failed != 0) {
                ports_done(check, refused ? THON_PROBE_REFUSED : THON_PROBE_TIMEOUT);
        } else if (!open && (++check->silent_ports == SILENT_PORTS || check->port + 1 == check->n_ports)) {
                ports_done(check, tcp->failure);
        } else if (++check->port == check->n_ports) {
                probe->reached = THON_RUNG_TCP;
                probe->detail[0] = '\0';
                ports_done(check, THON_PROBE_FINE);
        } else {
                try_port(check);
        }
}

static void try_port(struct prober_check *check)
{
        struct rtsp_want want = {
                .url = "*",
                .up_to = THON_RUNG_TCP,
                .connect_us = check->prober->limits.connect_us,
                .answer_us = check->prober->limits.answer_us,
                .rtp_us = check->prober->limits.rtp_us,
        };
        int r;

        set_port(check, check->ports[check->port]);
        want.address = check->address;
        want.address_size = check->address_size;
        r = rtsp_check_start(check->prober->event, &want, on_port, check, &check->rtsp);
        if (r < 0)
                finish_soon(check, r, "connecting");
}

/* ---- RTSP ---- */

static void on_rtsp(const struct thon_probe *rtsp, void *userdata)
{
        struct prober_check *check = userdata;

        check->rtsp = NULL;
        check->probe = *rtsp;
        check->probe.auth_stopped = check->auth_stopped;
        check->probe.pings = check->probe.pongs = 0;
        /* No connection: is anything there? And when the whole ladder was asked for, the way there is part of it. */
        if (can_ping(check) && rtsp->reached < THON_RUNG_TCP &&
            (rtsp->failure == THON_PROBE_TIMEOUT || rtsp->failure == THON_PROBE_UNREACHABLE))
                start_ping(check, STAGE_WHY, check->up_to == THON_RUNG_RTP ? PINGS : PINGS_WHY);
        else if (can_ping(check) && rtsp->failure == THON_PROBE_FINE && check->up_to == THON_RUNG_RTP)
                start_ping(check, STAGE_WHY, PINGS);
        else
                finish(check);
}

static void start_rtsp(struct prober_check *check)
{
        const struct prober_limits *limits = &check->prober->limits;
        struct rtsp_want want = {
                .address = check->address,
                .address_size = check->address_size,
                .url = check->url,
                .user = check->auth_stopped ? NULL : check->user,
                .password = check->auth_stopped ? NULL : check->password,
                .tls = check->tls,
                .up_to = check->up_to,
                .connect_us = limits->connect_us,
                .answer_us = limits->answer_us,
                .rtp_us = limits->rtp_us,
        };
        int r = rtsp_check_start(check->prober->event, &want, on_rtsp, check, &check->rtsp);

        check->stage = STAGE_RTSP;
        if (r < 0)
                finish_soon(check, r, "connecting");
}

/* ---- beginning ---- */

/* Numeric only: nothing here looks a name up. */
static int set_address(struct prober_check *check, const char *text, int port)
{
        const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                       .ai_socktype = SOCK_STREAM};
        struct addrinfo *found = NULL;

        if (!text || getaddrinfo(text, NULL, &hints, &found) != 0)
                return -EINVAL;
        if (found->ai_family != AF_INET && found->ai_family != AF_INET6) {
                freeaddrinfo(found);
                return -EINVAL;
        }
        memcpy(&check->address, found->ai_addr, found->ai_addrlen);
        check->address_size = found->ai_addrlen;
        freeaddrinfo(found);
        set_port(check, port);
        return 0;
}

/* As configured; where the camera was found elsewhere, with that address in place of the old. */
static char *wire_url(const struct thon_watch_device *device, const char *address)
{
        const char *path = strstr(device->url, "://");
        bool v6 = strchr(address, ':');
        char *url = NULL;

        path = path ? path + 3 : device->url;
        path += strcspn(path, "/?");
        return asprintf(&url, "%s://%s%.*s%s:%d%s", device->tls ? "rtsps" : "rtsp", v6 ? "[" : "",
                        (int)strcspn(address, "%"), address, v6 ? "]" : "", device->port, path) < 0
                       ? NULL
                       : url;
}

static int copy(const char *text, char **ret)
{
        if (!text)
                return 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int take_camera(struct prober_check *check, const struct prober_want *want)
{
        const struct thon_watch_device *device = want->device;
        int r;

        if (!device->url)
                return -EINVAL;
        check->tls = device->tls;
        check->auth_stopped = want->auth_stopped;
        check->up_to = want->up_to == THON_RUNG_RTP ? THON_RUNG_RTP : THON_RUNG_DESCRIBE;
        check->url = want->address && device->host && strcmp(want->address, device->host) != 0
                             ? wire_url(device, want->address)
                             : strdup(device->url);
        if (!check->url)
                return -ENOMEM;
        r = copy(want->user, &check->user);
        return r < 0 ? r : copy(want->password, &check->password);
}

static void take_host(struct prober_check *check, const struct thon_watch_device *device)
{
        check->n_ports = device->n_ports < THON_WATCH_PORTS ? device->n_ports : THON_WATCH_PORTS;
        memcpy(check->ports, device->ports, check->n_ports * sizeof *check->ports);
        check->ports_asked = check->probe.ports_asked = check->n_ports > 0;
}

static void start_host(struct prober_check *check)
{
        if (can_ping(check)) {
                start_ping(check, STAGE_PING, PINGS);
                return;
        }
        if (check->n_ports == 0) {
                memcpy(check->ports, common_ports, sizeof common_ports);
                check->n_ports = N_COMMON_PORTS;
        }
        check->stage = STAGE_PORTS;
        try_port(check);
}

static uint64_t most_us(const struct prober_check *check)
{
        const struct prober_limits *limits = &check->prober->limits;
        uint64_t pings = PINGS * PING_GAP_US + PING_TIMEOUT_US;

        if (check->kind == THON_WATCH_CAMERA)
                return limits->connect_us + LADDER_ANSWERS * limits->answer_us + limits->rtp_us + pings;
        /* Open ports open at once; of the shut ones two are waited for. */
        return (SILENT_PORTS + 1) * limits->connect_us + pings;
}

int prober_start(struct prober *prober, const struct prober_want *want, prober_fn fn, void *userdata,
                 struct prober_check **ret)
{
        _cleanup_(prober_cancelp) struct prober_check *check = NULL;
        const struct thon_watch_device *device = want->device;
        int r;

        if (prober->busy >= prober->limits.in_flight)
                return -EBUSY;
        if (device->kind == THON_WATCH_MAINS)
                return -EINVAL;
        check = calloc(1, sizeof *check);
        if (!check)
                return -ENOMEM;
        check->prober = prober;
        check->kind = device->kind;
        check->fn = fn;
        check->userdata = userdata;
        check->began_us = now_us(prober);
        r = set_address(check, want->address ? want->address : device->host, device->port);
        if (r < 0)
                return r;
        if (device->kind == THON_WATCH_CAMERA)
                r = take_camera(check, want);
        else
                take_host(check, device);
        if (r < 0)
                return r;
        r = sd_event_add_time(prober->event, &check->deadline, CLOCK_MONOTONIC,
                              check->began_us + most_us(check), 1000, on_deadline, check);
        if (r < 0)
                return r;

        check->next = prober->first;
        check->link = &prober->first;
        if (check->next)
                check->next->link = &check->next;
        prober->first = check;
        prober->busy++;
        if (device->kind == THON_WATCH_CAMERA)
                start_rtsp(check);
        else
                start_host(check);
        *ret = THON_TAKE(check);
        return 0;
}

struct prober_check *prober_cancel(struct prober_check *check)
{
        if (!check)
                return NULL;
        check->rtsp = rtsp_check_cancel(check->rtsp);
        check->ping = ping_cancel(check->ping);
        sd_event_source_disable_unref(check->deadline);
        if (check->link) {
                *check->link = check->next;
                if (check->next)
                        check->next->link = check->link;
                check->prober->busy--;
        }
        free(check->url);
        free(check->user);
        if (check->password)
                explicit_bzero(check->password, strlen(check->password));
        free(check->password);
        free(check);
        return NULL;
}

int prober_new(sd_event *event, const struct prober_limits *limits, struct prober **ret)
{
        _cleanup_(prober_freep) struct prober *prober = calloc(1, sizeof *prober);
        int r;

        if (!prober)
                return -ENOMEM;
        prober->event = sd_event_ref(event);
        prober->limits = *limits;
        r = ping_new(event, &prober->ping);
        if (r < 0)
                return r;
        *ret = THON_TAKE(prober);
        return 0;
}

struct prober *prober_free(struct prober *prober)
{
        if (!prober)
                return NULL;
        while (prober->first)
                prober_cancel(prober->first);
        ping_free(prober->ping);
        sd_event_unref(prober->event);
        free(prober);
        return NULL;
}

bool prober_may_ping(const struct prober *prober)
{
        return prober->limits.no_ping || ping_allowed(prober->ping, AF_INET);
}

unsigned prober_busy(const struct prober *prober)
{
        return prober->busy;
}

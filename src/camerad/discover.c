/* One probe, and whatever comes of it until the time is up.
 *
 * The kernel's choice of an interface for multicast is one of several; cameras often hang on the other one. So a probe
 * goes out by every address of every interface that is up and has multicast, with that address as its source, since a
 * camera answers to where it came from. UDP is lost, Wi-Fi loses multicast first: it goes out three times, with the same
 * id, so that who has heard it already stays silent.
 *
 * Anybody on the segment can answer, as often as he likes. What is read is bounded in size, what is looked at and what
 * is kept in number, and each turn of the loop takes a few only. */
#include "discover.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "thon/cleanup.h"

#define GROUP      "239.255.255.250"
#define PORT       3702
#define SENDS      3u
#define INTERFACES 32u
#define PACKET_MAX 8192u
#define READ_MAX   4096u /* packets in one discovery */
#define BATCH      32u   /* packets in one turn of the loop */
#define MATCHES    16u   /* in one packet */
#define WAIT_MAX   (60u * 1000000u)
#define SLACK_US   1000u

struct discover {
        discover_fn fn;
        void *userdata;
        struct sockaddr_in to; /* unicast; port 0: multicast */
        int fd;
        char uuid[40], *probe;
        uint64_t wait_us, began_us;
        unsigned sends, sent;
        int error; /* of the last send that failed */
        sd_event_source *io, *timer;
        unsigned read;
        struct discover_found *found;
        size_t n, room;
};

THON_DEFINE_CLEANUP(struct discover *, discover_cancel)

/* ---- out ---- */

static void send_to(struct discover *d, const struct sockaddr_in *to)
{
        if (sendto(d->fd, d->probe, strlen(d->probe), MSG_NOSIGNAL, (const struct sockaddr *)to,
                   sizeof *to) < 0)
                d->error = -errno;
        else
                d->sent++;
}

static void send_by(struct discover *d, const struct ifaddrs *one)
{
        const struct sockaddr_in to = {
                .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = inet_addr(GROUP)};
        const struct sockaddr_in *from = (const struct sockaddr_in *)(const void *)one->ifa_addr;
        const struct ip_mreqn by = {.imr_address = from->sin_addr,
                                    .imr_ifindex = (int)if_nametoindex(one->ifa_name)};

        if (setsockopt(d->fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof by) < 0)
                d->error = -errno;
        else
                send_to(d, &to);
}

static bool has_multicast(const struct ifaddrs *one)
{
        return one->ifa_addr && one->ifa_addr->sa_family == AF_INET && (one->ifa_flags & IFF_UP) &&
               (one->ifa_flags & IFF_MULTICAST) && !(one->ifa_flags & IFF_LOOPBACK);
}

static void send_everywhere(struct discover *d)
{
        struct ifaddrs *all;
        unsigned n = 0;

        if (getifaddrs(&all) < 0) {
                d->error = -errno;
                return;
        }
        for (const struct ifaddrs *one = all; one && n < INTERFACES; one = one->ifa_next)
                if (has_multicast(one)) {
                        send_by(d, one);
                        n++;
                }
        freeifaddrs(all);
        if (n == 0)
                d->error = -ENETDOWN;
}

/* ---- in ---- */

static bool is_known(const struct discover *d, const struct thon_onvif_match *match, const char *address)
{
        for (size_t i = 0; i < d->n; i++)
                if (strcmp(d->found[i].match.endpoint, match->endpoint) == 0 &&
                    strcmp(d->found[i].address, address) == 0)
                        return true;
        return false;
}

static void keep(struct discover *d, const struct thon_onvif_match *match, const char *address)
{
        if (d->n == DISCOVER_MAX || is_known(d, match, address))
                return;
        if (d->n == d->room) {
                size_t room = d->room ? d->room * 2 : 16;
                struct discover_found *p = reallocarray(d->found, room, sizeof *p);

                if (!p)
                        return; /* what was found so far is told */
                d->found = p;
                d->room = room;
        }
        d->found[d->n] = (struct discover_found){.match = *match};
        (void)snprintf(d->found[d->n].address, sizeof d->found[d->n].address, "%s", address);
        d->n++;
}

static void take(struct discover *d, const char *packet, size_t size, const struct sockaddr_in *from)
{
        struct thon_onvif_match matches[MATCHES];
        char address[INET_ADDRSTRLEN];
        int n;

        if (from->sin_family != AF_INET || !inet_ntop(AF_INET, &from->sin_addr, address, sizeof address))
                return;
        n = thon_onvif_matches(packet, size, d->uuid, matches, MATCHES);
        for (int i = 0; i < n; i++)
                keep(d, &matches[i], address);
}

static int on_packet(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct discover *d = userdata;
        char packet[PACKET_MAX + 1];

        (void)revents;
        for (unsigned i = 0; i < BATCH; i++) {
                struct sockaddr_in from = {0};
                socklen_t size = sizeof from;
                ssize_t n =
                        recvfrom(fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &size);

                /* An error is one that ICMP brought for an earlier probe: reading took it away. */
                if (n < 0)
                        return 0;
                if (++d->read > READ_MAX) {
                        (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
                        return 0;
                }
                if (n > 0 && (size_t)n <= PACKET_MAX)
                        take(d, packet, (size_t)n, &from);
        }
        return 0;
}

/* ---- in its time ---- */

/* Whoever has answered has been asked for by ARP, and so is in the table now. */
static void add_macs(struct discover *d)
{
        _cleanup_free_ struct neighbour *all = NULL;
        size_t n = 0;

        if (neighbours_read(NULL, &all, &n) < 0)
                return;
        for (size_t i = 0; i < d->n; i++) {
                const struct neighbour *one = neighbour_at(all, n, d->found[i].address);

                if (one)
                        memcpy(d->found[i].mac, one->mac, sizeof one->mac);
        }
}

static void tell(struct discover *d)
{
        add_macs(d);
        d->fn(d->found, d->n, d->sent == 0 ? d->error : 0, d->userdata);
        (void)discover_cancel(d);
}

/* Sent at once, after an eighth and after three eighths of the time, so that an answer to the last, which may be held back
 * for half a second, comes in it. */
static uint64_t after(const struct discover *d)
{
        switch (d->sends) {
        case 1:
                return d->wait_us / 8;
        case 2:
                return d->wait_us / 8 * 3;
        default:
                return d->wait_us;
        }
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct discover *d = userdata;

        (void)usec;
        if (d->sends == SENDS) {
                tell(d);
                return 0;
        }
        if (d->to.sin_port)
                send_to(d, &d->to);
        else
                send_everywhere(d);
        d->sends++;
        if (sd_event_source_set_time(source, d->began_us + after(d)) < 0 ||
            sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
                tell(d);
        return 0;
}

/* ---- beginning and end ---- */

static int parse_to(const char *to, struct sockaddr_in *ret)
{
        char address[INET_ADDRSTRLEN];
        const char *colon = strchr(to, ':');
        unsigned port = 0;

        if (!colon || (size_t)(colon - to) >= sizeof address || !colon[1])
                return -EINVAL;
        for (const char *p = colon + 1; *p; p++) {
                if (*p < '0' || *p > '9')
                        return -EINVAL;
                port = port * 10 + (unsigned)(*p - '0');
                if (port > UINT16_MAX)
                        return -EINVAL;
        }
        memcpy(address, to, (size_t)(colon - to));
        address[colon - to] = '\0';
        *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        return port > 0 && inet_pton(AF_INET, address, &ret->sin_addr) == 1 ? 0 : -EINVAL;
}

static int make_probe(struct discover *d)
{
        sd_id128_t id;
        int r = sd_id128_randomize(&id);

        if (r < 0)
                return r;
        (void)sd_id128_to_uuid_string(id, d->uuid);
        d->probe = thon_onvif_probe(d->uuid);
        return d->probe ? 0 : -ENOMEM;
}

static int open_socket(struct discover *d)
{
        const unsigned char hops = 1;

        d->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (d->fd < 0)
                return -errno;
        return setsockopt(d->fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops) < 0 ? -errno : 0;
}

int discover_start(sd_event *event, const char *to, uint64_t wait_us, discover_fn fn, void *userdata,
                   struct discover **ret)
{
        _cleanup_(discover_cancelp) struct discover *d = calloc(1, sizeof *d);
        int r;

        if (!d)
                return -ENOMEM;
        *d = (struct discover){.fn = fn,
                               .userdata = userdata,
                               .fd = -1,
                               .wait_us = wait_us > WAIT_MAX ? WAIT_MAX : wait_us};
        r = to ? parse_to(to, &d->to) : 0;
        if (r == 0)
                r = make_probe(d);
        if (r == 0)
                r = open_socket(d);
        if (r == 0)
                r = sd_event_now(event, CLOCK_MONOTONIC, &d->began_us);
        if (r >= 0)
                r = sd_event_add_io(event, &d->io, d->fd, EPOLLIN, on_packet, d);
        if (r >= 0)
                r = sd_event_add_time(event, &d->timer, CLOCK_MONOTONIC, d->began_us, SLACK_US, on_time, d);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(d->io, "discover");
        (void)sd_event_source_set_description(d->timer, "discover-timer");
        *ret = THON_TAKE(d);
        return 0;
}

struct discover *discover_cancel(struct discover *d)
{
        if (!d)
                return NULL;
        /* The source goes before its socket. */
        sd_event_source_disable_unref(d->io);
        sd_event_source_disable_unref(d->timer);
        if (d->fd >= 0)
                (void)close(d->fd);
        free(d->probe);
        free(d->found);
        free(d);
        return NULL;
}

/* Echo requests over two sockets for all devices.
 *
 * The kernel writes the identifier of its own choice and hands us only answers that bear it. Which run an answer belongs to is
 * in the sequence number (the run's place and the request's number in it); a place is used again, so each request also
 * carries the serial of its run, which a late answer to an earlier one does not have.
 *
 * What routers and our own kernel say about requests ("host unreachable") comes by the error queue with the head of the
 * request. Such an error also stands on the socket and would be returned by the next sendto(), which may be for another
 * device: so the queue is emptied before each sending. */
#include "ping.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "thon/cleanup.h"

#define RUN_PACKETS 8   /* sequence numbers of one run: 8 * PING_RUNS is within 16 bits */
#define PER_TURN    256 /* answers that are read before others get their turn */
#define DATA_SIZE   40  /* with the header 48 bytes: what ping sends, nearly */

_Static_assert(RUN_PACKETS *PING_RUNS <= 65536, "a sequence number has 16 bits");

struct packet {
        uint8_t type, code;
        uint16_t checksum, id, sequence;
        uint64_t serial;
        uint8_t data[DATA_SIZE - 8];
};
_Static_assert(sizeof(struct packet) == 8 + DATA_SIZE, "no holes");

struct family {
        struct ping *ping;
        int number; /* AF_INET, AF_INET6 */
        int fd;     /* -1: none */
        sd_event_source *io;
};

struct ping {
        sd_event *event;
        struct family v4, v6;
        struct ping_run **runs; /* by place; NULL free */
        size_t n_places, next_place;
        uint64_t serial;
};

struct ping_run {
        struct ping *ping;
        struct family *family;
        size_t place;
        uint64_t serial;
        struct sockaddr_storage to;
        sd_event_source *timer;
        uint64_t gap_us, timeout_us, sent_us[RUN_PACKETS], rtt_us;
        unsigned count, tried; /* to be sent; tried to send */
        unsigned done_mask;    /* answered or refused */
        int sent, answered, error;
        ping_fn fn;
        void *userdata;
};

THON_DEFINE_CLEANUP(struct ping *, ping_free)
THON_DEFINE_CLEANUP(struct ping_run *, ping_cancel)

static uint64_t now_us(const struct ping *ping)
{
        uint64_t now = 0;

        (void)sd_event_now(ping->event, CLOCK_MONOTONIC, &now);
        return now;
}

static void run_over(struct ping_run *run)
{
        /* From the loop, when nothing of ours is on the stack: the function may free us all. */
        (void)sd_event_source_set_time(run->timer, 0);
}

static struct ping_run *find(struct ping *ping, const struct packet *packet, unsigned *ret_index)
{
        uint16_t sequence = ntohs(packet->sequence);
        size_t place = sequence / RUN_PACKETS;
        struct ping_run *run = place < ping->n_places ? ping->runs[place] : NULL;

        *ret_index = sequence % RUN_PACKETS;
        return run && *ret_index < run->tried && !(run->done_mask & (1U << *ret_index)) ? run : NULL;
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
        if (a->ss_family != b->ss_family)
                return false;
        if (a->ss_family == AF_INET)
                return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
                       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
        return a->ss_family == AF_INET6 &&
               !memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                       &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr));
}

static void packet_done(struct ping_run *run, unsigned index)
{
        run->done_mask |= 1U << index;
        if (run->tried == run->count && run->done_mask == (1U << run->count) - 1)
                run_over(run);
}

static void take_answer(struct family *family, const struct packet *packet, size_t size,
                        const struct sockaddr_storage *from)
{
        struct ping_run *run;
        unsigned index;
        uint64_t now = now_us(family->ping), rtt;

        if (size < offsetof(struct packet, data) ||
            packet->type != (family->number == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY))
                return;
        run = find(family->ping, packet, &index);
        if (!run || run->serial != packet->serial || !same_address(&run->to, from))
                return;
        rtt = now > run->sent_us[index] ? now - run->sent_us[index] : 1;
        if (run->answered == 0 || rtt < run->rtt_us)
                run->rtt_us = rtt;
        run->answered++;
        packet_done(run, index);
}

/* Routers quote the request's head at least, so that the sequence number is there; the serial may be cut off. */
static void take_error(struct family *family, const struct packet *packet, size_t size,
                       const struct sockaddr_storage *to, int error)
{
        struct ping_run *run;
        unsigned index;

        if (size < offsetof(struct packet, serial))
                return;
        run = find(family->ping, packet, &index);
        if (!run || !same_address(&run->to, to) ||
            (size >= offsetof(struct packet, data) && run->serial != packet->serial))
                return;
        run->error = error;
        packet_done(run, index);
}

static const struct sock_extended_err *extended_error(struct msghdr *message)
{
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
                if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
                        return (const struct sock_extended_err *)CMSG_DATA(c);
        return NULL;
}

static void drain_errors(struct family *family)
{
        for (int i = 0; i < PER_TURN; i++) {
                struct packet packet;
                struct sockaddr_storage to = {0};
                _Alignas(struct cmsghdr) uint8_t control[512];
                struct iovec part = {&packet, sizeof packet};
                struct msghdr message = {.msg_name = &to,
                                         .msg_namelen = sizeof to,
                                         .msg_iov = &part,
                                         .msg_iovlen = 1,
                                         .msg_control = control,
                                         .msg_controllen = sizeof control};
                ssize_t size = recvmsg(family->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
                const struct sock_extended_err *error;

                if (size < 0)
                        return;
                error = extended_error(&message);
                if (error && error->ee_errno != 0)
                        take_error(family, &packet, (size_t)size, &to, (int)error->ee_errno);
        }
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct family *family = userdata;

        (void)source;
        if (revents & EPOLLERR)
                drain_errors(family);
        for (int i = 0; i < PER_TURN; i++) {
                struct packet packet;
                struct sockaddr_storage from = {0};
                socklen_t from_size = sizeof from;
                ssize_t size = recvfrom(fd, &packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from,
                                        &from_size);

                if (size < 0 && errno != EAGAIN && errno != EINTR) {
                        drain_errors(family); /* what the error stood for */
                        continue;
                }
                if (size < 0)
                        break;
                take_answer(family, &packet, (size_t)size, &from);
        }
        return 0;
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
        return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static void send_one(struct ping_run *run)
{
        struct family *family = run->family;
        unsigned index = run->tried++;
        struct packet packet = {
                .type = family->number == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST,
                .sequence = htons((uint16_t)(run->place * RUN_PACKETS + index)),
                .serial = run->serial,
        };

        drain_errors(family);
        run->sent_us[index] = now_us(run->ping);
        if (sendto(family->fd, &packet, sizeof packet, MSG_DONTWAIT | MSG_NOSIGNAL,
                   (const struct sockaddr *)&run->to, address_size(&run->to)) >= 0) {
                run->sent++;
                return;
        }
        /* No way there is an answer too, and known at once; no room in a queue of ours is none. */
        run->error = errno;
        if (errno == EHOSTUNREACH || errno == ENETUNREACH || errno == ENETDOWN)
                run->sent++;
        packet_done(run, index);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct ping_run *run = userdata;
        bool over = run->tried == run->count; /* the time-out after the last, or run_over() */
        int r;

        (void)usec;
        if (!over) {
                /* The timer first: when this packet ends the run, it sets it anew. */
                r = sd_event_source_set_time_relative(source, run->tried + 1 < run->count ? run->gap_us
                                                                                          : run->timeout_us);
                if (r >= 0)
                        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
                send_one(run);
                if (r >= 0)
                        return 0;
                run->error = -r;
        }

        ping_fn fn = run->fn;
        void *theirs = run->userdata;
        int sent = run->sent, answered = run->answered, error = run->error;
        uint64_t rtt = run->answered > 0 ? run->rtt_us : 0;

        ping_cancel(run);
        fn(sent, answered, rtt, error, theirs);
        return 0;
}

static int open_family(struct ping *ping, struct family *family, int number)
{
        _cleanup_close_ int fd = -1;
        const int on = 1;
        int r;

        *family = (struct family){.ping = ping, .number = number, .fd = -1};
        fd = socket(number, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    number == AF_INET ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
        if (fd < 0)
                /* Not ours to have, or not in this kernel: remembered, and told by ping_allowed(). */
                return errno == EACCES || errno == EPERM || errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT
                               ? 0
                               : -errno;
        if (setsockopt(fd, number == AF_INET ? IPPROTO_IP : (int)IPPROTO_IPV6,
                       number == AF_INET ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on) < 0)
                return -errno;
        r = sd_event_add_io(ping->event, &family->io, fd, EPOLLIN, on_io, family);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(family->io, number == AF_INET ? "ping" : "ping6");
        /* Before the timers that send more: the kernel keeps a few hundred answers, and no sender waits for us. */
        r = sd_event_source_set_priority(family->io, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0)
                return r;
        family->fd = fd;
        fd = -1;
        return 0;
}

int ping_new(sd_event *event, struct ping **ret)
{
        _cleanup_(ping_freep) struct ping *ping = calloc(1, sizeof *ping);
        int r;

        if (!ping)
                return -ENOMEM;
        ping->event = sd_event_ref(event);
        ping->v4.fd = ping->v6.fd = -1;
        /* Nobody who cannot see our packets answers for a device. */
        if (getrandom(&ping->serial, sizeof ping->serial, GRND_NONBLOCK) < 0)
                ping->serial = now_us(ping);
        r = open_family(ping, &ping->v4, AF_INET);
        if (r >= 0)
                r = open_family(ping, &ping->v6, AF_INET6);
        if (r < 0)
                return r;
        *ret = THON_TAKE(ping);
        return 0;
}

static void family_done(struct family *family)
{
        family->io = sd_event_source_disable_unref(family->io);
        if (family->fd >= 0)
                (void)close(family->fd);
        family->fd = -1;
}

struct ping *ping_free(struct ping *ping)
{
        if (!ping)
                return NULL;
        for (size_t i = 0; i < ping->n_places; i++)
                ping_cancel(ping->runs[i]);
        free(ping->runs);
        family_done(&ping->v4);
        family_done(&ping->v6);
        sd_event_unref(ping->event);
        free(ping);
        return NULL;
}

bool ping_allowed(const struct ping *ping, int family)
{
        return (family == AF_INET6 ? ping->v6.fd : family == AF_INET ? ping->v4.fd : -1) >= 0;
}

/* The next free place, so that one is used again as late as can be. */
static int take_place(struct ping *ping, struct ping_run *run)
{
        for (size_t i = 0; i < ping->n_places; i++) {
                size_t place = (ping->next_place + i) % ping->n_places;

                if (!ping->runs[place]) {
                        ping->runs[place] = run;
                        run->place = place;
                        ping->next_place = place + 1;
                        return 0;
                }
        }
        if (ping->n_places == PING_RUNS)
                return -EBUSY;

        size_t n = ping->n_places ? ping->n_places * 2 : 64;
        struct ping_run **runs = reallocarray(ping->runs, n, sizeof *runs);

        if (!runs)
                return -ENOMEM;
        memset(runs + ping->n_places, 0, (n - ping->n_places) * sizeof *runs);
        run->place = ping->n_places;
        runs[run->place] = run;
        ping->next_place = run->place + 1;
        ping->runs = runs;
        ping->n_places = n;
        return 0;
}

int ping_start(struct ping *ping, const struct sockaddr_storage *to, unsigned count, uint64_t gap_us,
               uint64_t timeout_us, ping_fn fn, void *userdata, struct ping_run **ret)
{
        _cleanup_(ping_cancelp) struct ping_run *run = NULL;
        int r;

        if (count < 1 || count > RUN_PACKETS)
                return -EINVAL;
        if (to->ss_family != AF_INET && to->ss_family != AF_INET6)
                return -EAFNOSUPPORT;
        if (!ping_allowed(ping, to->ss_family))
                return -EACCES;
        run = calloc(1, sizeof *run);
        if (!run)
                return -ENOMEM;
        run->ping = ping;
        run->family = to->ss_family == AF_INET ? &ping->v4 : &ping->v6;
        run->place = SIZE_MAX;
        run->serial = ping->serial++;
        run->to = *to;
        run->count = count;
        run->gap_us = gap_us;
        run->timeout_us = timeout_us;
        run->fn = fn;
        run->userdata = userdata;
        r = take_place(ping, run);
        if (r < 0)
                return r;
        /* 1 ms: sd-event takes 0 for "250 ms" */
        r = sd_event_add_time(ping->event, &run->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, run);
        if (r < 0)
                return r;
        *ret = THON_TAKE(run);
        return 0;
}

struct ping_run *ping_cancel(struct ping_run *run)
{
        if (!run)
                return NULL;
        if (run->place < run->ping->n_places)
                run->ping->runs[run->place] = NULL;
        sd_event_source_disable_unref(run->timer);
        free(run);
        return NULL;
}

/* How a host is reached, and how it is not. Refused is easy: no socket listens. Silent is not: on the loopback nothing gets
 * lost. A listening socket whose queue is full drops every SYN, though, as Linux answers a flood: so we listen anew with a
 * queue of none and fill that with a connection of our own. Ping is answered all the same, by the kernel. Where that
 * matters, the farm runs in a network namespace of its own (--blackhole), and a route swallows whatever comes for the
 * address: TCP, ping and all. */
#include "farm.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
#define AT_ONCE 64

static struct farm *farm_of(struct listener *listener)
{
        return listener->host ? listener->host->farm : container(listener, struct farm, control);
}

static void on_connection(struct watch *watch, uint32_t events)
{
        struct listener *listener = container(watch, struct listener, watch);
        struct farm *farm = farm_of(listener);
        int i;

        (void)events;
        for (i = 0; i < AT_ONCE && watch->fn; i++) {
                struct sockaddr_in from;
                socklen_t size = sizeof(from);
                int fd = accept4(watch->fd, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

                if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
                        farm->error = -errno; /* loud: a test must not take it for a camera's silence */
                        farm->loop.over = true;
                }
                if (fd < 0)
                        return;
                if (listener->plug_port && from.sin_port == htons(listener->plug_port)) {
                        listener->plug_port = 0;
                        (void)close(fd);
                        continue;
                }
                conn_accept(farm, listener->host, listener->service, fd);
        }
}

static struct sockaddr_in address_of(const struct listener *listener)
{
        return (struct sockaddr_in){
                .sin_family = AF_INET,
                .sin_port = htons(listener->port),
                .sin_addr =
                        listener->host ? listener->host->address : (struct in_addr){htonl(INADDR_LOOPBACK)},
        };
}

/* Fills listener->port when it was 0. */
int listener_open(struct listener *listener)
{
        struct sockaddr_in at = address_of(listener);
        socklen_t size = sizeof(at);
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct farm *farm = farm_of(listener);
        int one = 1, r;

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
            bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0 ||
            getsockname(fd, (struct sockaddr *)&at, &size) < 0)
                return -errno;
        listener->port = ntohs(at.sin_port);
        listener->plug = -1;
        listener->watch = (struct watch){.fd = fd, .fn = on_connection};
        r = loop_watch(&farm->loop, &listener->watch, EPOLLIN);
        if (r < 0) {
                listener->watch.fd = -1;
                return r;
        }
        fd = -1;
        return 0;
}

void listener_close(struct listener *listener)
{
        struct farm *farm = farm_of(listener);

        if (listener->watch.fd < 0)
                return;
        loop_unwatch(&farm->loop, &listener->watch);
        (void)close(listener->watch.fd);
        listener->watch.fd = -1;
        if (listener->plug >= 0)
                (void)close(listener->plug);
        listener->plug = -1;
}

static void plug(struct listener *listener)
{
        struct sockaddr_in at = address_of(listener);
        socklen_t size = sizeof(at);

        listener->plug = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (listener->plug < 0)
                return;
        /* What waits in the queue already fills it as well: those are connected and hear nothing. */
        loop_change(&listener->host->farm->loop, &listener->watch, 0);
        (void)listen(listener->watch.fd, 0);
        (void)connect(listener->plug, (struct sockaddr *)&at, sizeof(at));
        if (getsockname(listener->plug, (struct sockaddr *)&at, &size) == 0)
                listener->plug_port = ntohs(at.sin_port);
}

void listener_silence(struct listener *listener, bool silent)
{
        if (listener->watch.fd < 0 || silent == (listener->plug >= 0))
                return;
        if (silent) {
                plug(listener);
                return;
        }
        (void)close(listener->plug);
        listener->plug = -1;
        (void)listen(listener->watch.fd, BACKLOG);
        loop_change(&listener->host->farm->loop, &listener->watch, EPOLLIN);
}

/* ---- a namespace of our own ---- */

struct request {
        struct nlmsghdr head;
        struct rtmsg route;
        struct rtattr destination;
        struct in_addr address;
};

int route_blackhole(struct in_addr address, bool on)
{
        struct request request = {
                .head = {.nlmsg_len = sizeof(request),
                         .nlmsg_type = on ? RTM_NEWROUTE : RTM_DELROUTE,
                         .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK |
                                                   (on ? NLM_F_CREATE | NLM_F_REPLACE : 0))},
                .route = {.rtm_family = AF_INET,
                          .rtm_dst_len = 32,
                          .rtm_table = RT_TABLE_LOCAL,
                          .rtm_protocol = RTPROT_STATIC,
                          .rtm_scope = on ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE,
                          .rtm_type = on ? RTN_BLACKHOLE : RTN_UNSPEC},
                .destination = {.rta_len = sizeof(struct rtattr) + sizeof(address), .rta_type = RTA_DST},
                .address = address,
        };
        struct {
                struct nlmsghdr head;
                struct nlmsgerr error;
        } answer;
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

        if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
                return -errno;
        if (recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer) ||
            answer.head.nlmsg_type != NLMSG_ERROR)
                return -EBADMSG;
        return answer.error.error;
}

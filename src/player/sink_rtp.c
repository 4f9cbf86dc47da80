/* RTP to one receiver or a group (RFC 3550). L16 at 44.1 kHz has a payload type of its own (RFC 3551: 11, mono) and needs no
 * signalling, which is why every IP speaker knows it: 10 ms a packet fit any network. Opus (RFC 7587) has the usual 96.
 *
 * A packet that is not taken by the network is lost like any other; but a network that takes none for SINK_PATIENCE_MS is no
 * sink. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coder.h"
#include "gst.h"
#include "pace.h"
#include "sink.h"
#include "thon/cleanup.h"

#define MULTICAST_HOPS 8 /* a commune's own network, not the province's */
#define DSCP_EF        (46 << 2)

static const char l16[] =
        "audioresample ! audio/x-raw,rate=44100 ! audioconvert ! audio/x-raw,format=S16BE ! "
        "rtpL16pay pt=11 min-ptime=10000000 max-ptime=10000000";
static const char opus[] = "opusenc bitrate=48000 frame-size=20 ! rtpopuspay pt=96";

struct rtp_sink {
        struct sink sink;
        int fd;
        struct pace pace;
        struct coder *coder;
        uint64_t refused_us; /* since when nothing is taken; 0: it is. Of the coder's thread */
};

/* What says that the network is not there now, as against an address that is wrong. ECONNREFUSED is an answer of a host without
 * a listener, to an earlier packet. */
static bool may_pass(int error)
{
        switch (error) {
        case EAGAIN:
        case ENOBUFS:
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EPERM: /* a firewall that is being loaded */
                return true;
        }
        return false;
}

static int send_packet(void *userdata, const uint8_t *data, size_t size)
{
        struct rtp_sink *s = userdata;
        uint64_t now;

        if (send(s->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == ECONNREFUSED) {
                s->refused_us = 0;
                return 0;
        }
        if (!may_pass(errno))
                return -errno;
        now = pace_now_us();
        if (s->refused_us == 0)
                s->refused_us = now;
        return now - s->refused_us > (uint64_t)SINK_PATIENCE_MS * 1000 ? -errno : 0;
}

static int rtp_start(struct sink *sink, struct thon_json_error *error)
{
        return coder_start(((struct rtp_sink *)sink)->coder, error);
}

static int rtp_write(struct sink *sink, const int16_t *samples, size_t n, struct thon_json_error *error)
{
        struct rtp_sink *s = (struct rtp_sink *)sink;

        pace_wait(&s->pace, n, 0);
        return coder_push(s->coder, samples, n, error);
}

static int rtp_drain(struct sink *sink, struct thon_json_error *error)
{
        struct rtp_sink *s = (struct rtp_sink *)sink;

        pace_wait(&s->pace, 0, 0);
        return coder_finish(s->coder, error);
}

static void rtp_free(struct sink *sink)
{
        struct rtp_sink *s = (struct rtp_sink *)sink;

        coder_free(s->coder);
        if (s->fd >= 0)
                (void)close(s->fd);
        free(s);
}

static int connect_v4(struct in_addr address, int port)
{
        struct sockaddr_in to = {
                .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = address};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), hops = MULTICAST_HOPS, dscp = DSCP_EF, r;

        if (fd < 0)
                return -errno;
        (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops);
        (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &dscp, sizeof dscp);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
                return fd;
        r = -errno;
        (void)close(fd);
        return r;
}

static int connect_v6(const struct in6_addr *address, int port)
{
        struct sockaddr_in6 to = {
                .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = *address};
        int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), hops = MULTICAST_HOPS, dscp = DSCP_EF, r;

        if (fd < 0)
                return -errno;
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &dscp, sizeof dscp);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
                return fd;
        r = -errno;
        (void)close(fd);
        return r;
}

static int connect_to(const char *address, int port)
{
        struct in_addr v4;
        struct in6_addr v6;

        if (inet_pton(AF_INET, address, &v4) == 1)
                return connect_v4(v4, port);
        if (inet_pton(AF_INET6, address, &v6) == 1)
                return connect_v6(&v6, port);
        return -EINVAL;
}

int sink_rtp_open(const struct thon_sink *conf, struct sink **ret, struct thon_json_error *error)
{
        static const struct sink_ops ops = {rtp_start, rtp_write, rtp_drain, rtp_free};
        struct rtp_sink *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        s->sink.ops = &ops;
        s->fd = connect_to(conf->address, conf->port);
        r = s->fd < 0 ? s->fd : 0;
        if (r < 0)
                thon_json_fail(error, conf->address, "%s", strerror(-r));
        else
                r = coder_new(conf->opus ? opus : l16, SINK_PATIENCE_MS, send_packet, s, &s->coder, error);
        if (r < 0) {
                rtp_free(&s->sink);
                return r;
        }
        *ret = &s->sink;
        return 0;
}

/* WS-Discovery. One socket hears the multicast group, the loopback's first address and every camera's own: a probe to a camera
 * is answered by it, any other by all that can be reached. Every answer comes from the camera's own address. */
#include "farm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP "239.255.255.250"

/* MessageID of a Probe; false for anything else. */
static bool read_probe(const char *data, size_t size, char *ret, size_t room)
{
        xmlDoc *doc = xmlReadMemory(data, (int)size, NULL, NULL,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        xmlNode *part, *node;
        bool probe = false;

        ret[0] = '\0';
        part = doc && xmlDocGetRootElement(doc) ? xmlDocGetRootElement(doc)->children : NULL;
        for (; part; part = part->next)
                for (node = part->children; node; node = node->next) {
                        if (strcmp((const char *)node->name, "MessageID") == 0) {
                                xmlChar *text = xmlNodeGetContent(node);

                                (void)snprintf(ret, room, "%s", text ? (const char *)text : "");
                                xmlFree(text);
                        }
                        probe = probe || strcmp((const char *)node->name, "Probe") == 0;
                }
        if (doc)
                xmlFreeDoc(doc);
        return probe && ret[0] && !strpbrk(ret, "<&\"");
}

static void write_match(const struct host *host, const char *relates_to, struct bytes *out)
{
        const struct settings *s = &host->settings;
        char address[INET_ADDRSTRLEN] = "";

        (void)inet_ntop(AF_INET, &host->address, address, sizeof(address));
        bytes_printf(
                out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\""
                " xmlns:w=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
                " xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\""
                " xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\"><e:Header>"
                "<w:MessageID>urn:uuid:%08llx-0000-4000-8000-%012x</w:MessageID><w:RelatesTo>%s</w:RelatesTo>"
                "<w:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</w:To>"
                "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</w:Action></e:Header>"
                "<e:Body><d:ProbeMatches><d:ProbeMatch><w:EndpointReference><w:Address>%s</w:Address>"
                "</w:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>"
                "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/%s"
                " onvif://www.onvif.org/hardware/",
                (unsigned long long)host->farm->serial++ & 0xffffffff, ntohl(host->address.s_addr),
                relates_to, s->endpoint, s->name);
        for (const char *c = s->model; *c; c++)
                bytes_printf(out, *c == ' ' ? "%%20" : "%c", *c);
        bytes_printf(
                out,
                "</d:Scopes><d:XAddrs>http://%s:%u/onvif/device_service</d:XAddrs>"
                "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>",
                address, host_port(host, SERVICE_HTTP));
}

static void answer(struct host *host, const char *relates_to, const struct sockaddr_in *to)
{
        struct bytes out = {0};
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
        } control;
        const struct in_pktinfo from = {.ipi_spec_dst = host->address};
        struct iovec data;
        struct msghdr message = {.msg_name = (void *)(uintptr_t)to,
                                 .msg_namelen = sizeof(*to),
                                 .msg_iov = &data,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};

        if (!host->camera || host->silent || !host->settings.discoverable)
                return;
        host_count(host, N_PROBES);
        write_match(host, relates_to, &out);
        memset(&control, 0, sizeof(control));
        control.head = (struct cmsghdr){
                .cmsg_len = CMSG_LEN(sizeof(from)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
        memcpy(CMSG_DATA(&control.head), &from, sizeof(from));
        data = (struct iovec){out.data, out.n};
        if (!out.failed) /* lost answers are what UDP is like */
                (void)sendmsg(host->farm->discovery.fd, &message, MSG_DONTWAIT);
        bytes_done(&out);
}

static struct in_addr asked(struct msghdr *message)
{
        struct cmsghdr *c;
        struct in_pktinfo info = {0};

        for (c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
                if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
                        memcpy(&info, CMSG_DATA(c), sizeof(info));
        return info.ipi_addr;
}

static void on_probe(struct watch *watch, uint32_t events)
{
        struct farm *farm = container(watch, struct farm, discovery);
        char data[8192], relates_to[128];
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
        } control;
        struct sockaddr_in from;
        struct iovec room = {data, sizeof(data)};
        struct msghdr message = {.msg_name = &from,
                                 .msg_namelen = sizeof(from),
                                 .msg_iov = &room,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        ssize_t n = recvmsg(watch->fd, &message, MSG_DONTWAIT);
        struct host *host;
        size_t i;

        (void)events;
        if (n <= 0 || !read_probe(data, (size_t)n, relates_to, sizeof(relates_to)))
                return;
        host = hosts_at(farm, asked(&message));
        if (host) {
                answer(host, relates_to, &from);
                return;
        }
        for (i = 0; i < farm->n_hosts; i++)
                answer(farm->hosts[i], relates_to, &from);
}

int discovery_open(struct farm *farm)
{
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(farm->discovery_port)};
        struct ip_mreqn group = {.imr_multiaddr.s_addr = inet_addr(GROUP)};
        _cleanup_close_ int fd = -1;
        int one = 1, r;

        if (farm->discovery_port == 0)
                return 0;
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
            setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) < 0 ||
            bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
                return -errno;
        /* On the loopback in any case, and where the kernel would send it: neither has to have multicast. */
        group.imr_address.s_addr = htonl(INADDR_LOOPBACK);
        (void)setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group));
        group.imr_address.s_addr = htonl(INADDR_ANY);
        (void)setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group));
        farm->discovery = (struct watch){.fd = fd, .fn = on_probe};
        r = loop_watch(&farm->loop, &farm->discovery, EPOLLIN);
        if (r < 0) {
                farm->discovery.fd = -1;
                return r;
        }
        fd = -1;
        return 0;
}

void discovery_close(struct farm *farm)
{
        if (farm->discovery.fd < 0)
                return;
        loop_unwatch(&farm->loop, &farm->discovery);
        (void)close(farm->discovery.fd);
        farm->discovery.fd = -1;
}

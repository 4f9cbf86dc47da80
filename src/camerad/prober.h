/* One check of one device, up the rungs that it has: for a camera RTSP first, and ping only to tell apart why that failed; for
 * a switch, an access point or a host ping, and its ports. Runs many at once; a hung one waits alone. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/camera_form.h"

struct prober;
struct prober_check;

struct prober_limits {
        uint64_t connect_us, answer_us, rtp_us;
        unsigned in_flight; /* sockets at once; beyond, prober_start() says -EBUSY */
        bool no_ping;       /* where networks drop ICMP: its silence would say nothing */
};
int prober_new(sd_event *event, const struct prober_limits *limits, struct prober **ret);
struct prober *prober_free(struct prober *prober); /* cancels all checks */
/* False: pings are wanted, and the kernel gives us no ICMP socket (net.ipv4.ping_group_range); said once by whoever asks. */
bool prober_may_ping(const struct prober *prober);
unsigned prober_busy(const struct prober *prober);

struct prober_want {
        const struct thon_watch_device *device;
        const char *address;         /* numeric, where it was found last; NULL: as configured */
        const char *user, *password; /* NULL: none */
        bool auth_stopped;           /* a login was refused twice: look without one */
        enum thon_rung up_to;        /* DESCRIBE or RTP for a camera; PING, TCP else */
};
typedef void (*prober_fn)(const struct thon_probe *probe, void *userdata);
/* 0; -EBUSY; -EINVAL (no address); -ENOMEM. The function is called once, from the loop. */
int prober_start(struct prober *prober, const struct prober_want *want, prober_fn fn, void *userdata,
                 struct prober_check **ret);
struct prober_check *prober_cancel(struct prober_check *check);

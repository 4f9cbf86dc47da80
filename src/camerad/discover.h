/* Finding cameras: WS-Discovery on every interface that has multicast, with the MAC of each that answered. Never used to tell
 * whether a camera lives. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/http.h"
#include "thon/onvif.h"

#define DISCOVER_MAX 512
struct discover_found {
        struct thon_onvif_match match;
        char address[46]; /* it answered from there */
        char mac[18];     /* of the neighbour table; "" not on our segment */
};
struct discover;
/* Called once, `wait_us` after the probe was sent (sent three times, as UDP is lost), with all that answered in the order in
 * which they did, each endpoint at each address once: cheap cameras share an endpoint, and who goes by it must see that. A
 * device that names no endpoint is there once an address. The discovery is over and freed when the function returns, and not to
 * be cancelled by it. `error`: -errno when no probe could be sent at all. */
typedef void (*discover_fn)(const struct discover_found *found, size_t n, int error, void *userdata);
/* `to` NULL: multicast; else "ADDRESS:PORT", a unicast probe (tests, and other segments). 0; -EINVAL: no such address; -ENOMEM;
 * -errno of the socket. */
int discover_start(sd_event *event, const char *to, uint64_t wait_us, discover_fn fn, void *userdata,
                   struct discover **ret);
struct discover *discover_cancel(struct discover *discover);

/* neighbour.c: the MACs of those on our segment that we had to do with lately; IPv4. */
struct neighbour {
        char address[46], mac[18]; /* lower case */
};
/* All of them, at most 8,192, in order of their addresses as text. Owned. `path` NULL: /proc/self/net/arp. 0, -errno. */
int neighbours_read(const char *path, struct neighbour **ret, size_t *ret_n);
/* One of these; NULL. */
const struct neighbour *neighbour_at(const struct neighbour *all, size_t n, const char *address);
/* The MAC of one; false when it has none there. */
bool neighbour_mac(const char *path, const char *address, char ret[static 18]);

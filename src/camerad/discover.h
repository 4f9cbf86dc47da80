/* Finding cameras: WS-Discovery on every interface that has multicast, then ONVIF without a login for what answered. Never used
 * to tell whether a camera lives. */
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
/* Called once, `wait_us` after the probe was sent (sent three times, as UDP is lost), with all that answered, each endpoint
 * once. `error`: -errno when no probe could be sent at all. */
typedef void (*discover_fn)(const struct discover_found *found, size_t n, int error, void *userdata);
/* `to` NULL: multicast; else "ADDRESS:PORT", a unicast probe (tests, and other segments). */
int discover_start(sd_event *event, const char *to, uint64_t wait_us, discover_fn fn, void *userdata,
                   struct discover **ret);
struct discover *discover_cancel(struct discover *discover);
/* The MAC of a neighbour (/proc/net/arp); false when it has none there. `path` NULL: that file. */
bool neighbour_mac(const char *path, const char *address, char ret[static 18]);

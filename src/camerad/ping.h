/* ICMP echo over the kernel's unprivileged sockets (SOCK_DGRAM, IPPROTO_ICMP and ICMPv6): no capability, and the kernel hands us
 * our own answers only. One socket a family for all. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

struct ping;
struct ping_run;

/* 0 also where the kernel allows none: see ping_allowed(). */
int ping_new(sd_event *event, struct ping **ret);
struct ping *ping_free(struct ping *ping);
bool ping_allowed(const struct ping *ping, int family);

/* `count` (1 to 8) requests `gap_us` apart; ends when each is answered or was refused on its way, or `timeout_us` after the
 * last. Called once, from the loop, never from within ping_start(); the run is over and freed then. `sent`: those that the
 * kernel took, also where it knew at once that there is no way. `rtt_us`: the best; 0 with none. `error`: errno of the last
 * that failed (EHOSTUNREACH as a router says it, ENETUNREACH as our kernel does), 0 none. */
typedef void (*ping_fn)(int sent, int answered, uint64_t rtt_us, int error, void *userdata);
/* 0; -EACCES (not allowed here), -EAFNOSUPPORT, -EINVAL (count), -EBUSY (over PING_RUNS at once), -ENOMEM. */
#define PING_RUNS 4096
int ping_start(struct ping *ping, const struct sockaddr_storage *to, unsigned count, uint64_t gap_us,
               uint64_t timeout_us, ping_fn fn, void *userdata, struct ping_run **ret);
struct ping_run *ping_cancel(struct ping_run *run);

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

/* `count` (1 to 8) requests `gap_us` apart; ends when all are answered or `timeout_us` after the last. Called once, from the
 * loop. `rtt_us`: the best; 0 with none. */
typedef void (*ping_fn)(int sent, int answered, uint64_t rtt_us, int error, void *userdata);
int ping_start(struct ping *ping, const struct sockaddr_storage *to, unsigned count, uint64_t gap_us,
               uint64_t timeout_us, ping_fn fn, void *userdata, struct ping_run **ret);
struct ping_run *ping_cancel(struct ping_run *run);

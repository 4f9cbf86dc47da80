/* Ping over the kernel's unprivileged sockets, against loopback addresses and, where this machine lets us have a network of our
 * own, against addresses that nobody has. Where the kernel gives no such socket and cannot be asked to, that path is what
 * is tested, and the test says so. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../../src/camerad/ping.h"
#include "thon/cleanup.h"

#define DEADLINE_US 20000000u
#define RANGE       "/proc/sys/net/ipv4/ping_group_range"

static sd_event *event;
static struct ping *ping;
static bool own_network;

struct result {
        int calls, sent, answered, error;
        uint64_t rtt_us;
};

static void on_pings(int sent, int answered, uint64_t rtt_us, int error, void *userdata)
{
        struct result *result = userdata;

        result->calls++;
        result->sent = sent;
        result->answered = answered;
        result->rtt_us = rtt_us;
        result->error = error;
}

/* A network of our own: loopback up, every group may ping. */
static bool make_network(void)
{
        static const char everyone[] = "0 2147483647";
        struct ifreq lo = {.ifr_name = "lo"};
        _cleanup_close_ int range = -1, fd = -1;

        if (unshare(CLONE_NEWNET) < 0)
                return false;
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &lo) < 0)
                return false;
        lo.ifr_flags |= IFF_UP;
        if (ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
                return false;
        range = open(RANGE, O_WRONLY | O_CLOEXEC);
        return range >= 0 && write(range, everyone, sizeof everyone - 1) > 0;
}

static void setup(void)
{
        own_network = make_network();
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(ping_new(event, &ping), 0);
}

static void teardown(void)
{
        ping = ping_free(ping);
        event = sd_event_unref(event);
}

/* False: no socket here; then starting says so, and nothing else happens. */
static bool allowed(int family)
{
        struct sockaddr_storage to = {.ss_family = (sa_family_t)family};
        struct ping_run *run = NULL;
        struct result result = {0};

        if (ping_allowed(ping, family))
                return true;
        printf("the kernel gives no ICMP socket here: only that is tested\n");
        ck_assert_int_eq(ping_start(ping, &to, 1, 0, 0, on_pings, &result, &run), -EACCES);
        ck_assert_ptr_null(run);
        return false;
}

static struct sockaddr_storage address(const char *text)
{
        struct sockaddr_storage to = {0};

        if (strchr(text, ':')) {
                to.ss_family = AF_INET6;
                ck_assert_int_eq(inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&to)->sin6_addr), 1);
        } else {
                to.ss_family = AF_INET;
                ck_assert_int_eq(inet_pton(AF_INET, text, &((struct sockaddr_in *)&to)->sin_addr), 1);
        }
        return to;
}

static uint64_t monotonic_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void wait_for(const struct result *results, size_t n)
{
        uint64_t began = monotonic_us();

        for (size_t i = 0; i < n; i++)
                while (results[i].calls == 0) {
                        ck_assert_msg(monotonic_us() - began < DEADLINE_US, "run %zu never ended", i);
                        ck_assert_int_ge(sd_event_run(event, 100000), 0);
                }
}

static struct ping_run *start(const char *to, unsigned count, struct result *result)
{
        struct sockaddr_storage where = address(to);
        struct ping_run *run = NULL;

        *result = (struct result){0};
        ck_assert_int_eq(ping_start(ping, &where, count, 1000, 200000, on_pings, result, &run), 0);
        ck_assert_int_eq(result->calls, 0); /* never from within */
        return run;
}

START_TEST(test_a_device_that_is_there_answers_each_request_and_ends_the_wait)
{
        struct result result;
        uint64_t began = monotonic_us();

        if (!allowed(AF_INET))
                return;
        start("127.9.8.7", 4, &result);
        wait_for(&result, 1);
        ck_assert_int_eq(result.sent, 4);
        ck_assert_int_eq(result.answered, 4);
        ck_assert_int_eq(result.error, 0);
        ck_assert_uint_gt(result.rtt_us, 0);
        ck_assert_uint_lt(monotonic_us() - began, 10000000);
}
END_TEST

START_TEST(test_ipv6_is_a_socket_of_its_own)
{
        struct result result;

        if (!allowed(AF_INET6))
                return;
        start("::1", 2, &result);
        wait_for(&result, 1);
        if (result.error == EADDRNOTAVAIL || result.error == ENETUNREACH) {
                printf("no IPv6 on loopback here\n");
                ck_assert_int_eq(result.answered, 0);
                return;
        }
        ck_assert_int_eq(result.answered, 2);
}
END_TEST

START_TEST(test_three_hundred_at_once_get_each_their_own_answers)
{
        enum { N = 300 };
        static struct result results[N];

        if (!allowed(AF_INET))
                return;
        for (unsigned i = 0; i < N; i++) {
                char to[32];

                (void)snprintf(to, sizeof to, "127.7.%u.%u", i / 250, i % 250 + 1);
                start(to, 1 + i % 3, &results[i]);
        }
        wait_for(results, N);
        for (int i = 0; i < N; i++) {
                ck_assert_int_eq(results[i].calls, 1);
                ck_assert_int_eq(results[i].sent, 1 + i % 3);
                ck_assert_int_eq(results[i].answered, results[i].sent);
        }
}
END_TEST

START_TEST(test_no_way_there_is_known_at_once)
{
        struct result result;

        if (!own_network || !allowed(AF_INET))
                return;
        start("10.8.0.1", 3, &result); /* no route in a network that has loopback only */
        wait_for(&result, 1);
        ck_assert_int_eq(result.error, ENETUNREACH);
        ck_assert_int_eq(result.sent, 3);
        ck_assert_int_eq(result.answered, 0);
        ck_assert_uint_eq(result.rtt_us, 0);
}
END_TEST

/* ---- a network of which we are the other end ---- */

/* 10.9.0.0/16 is behind a tunnel whose packets we read. -1: this machine has none. */
static int make_tunnel(void)
{
        struct ifreq tun = {.ifr_name = "far", .ifr_flags = IFF_TUN | IFF_NO_PI};
        struct sockaddr_in *in = (struct sockaddr_in *)&tun.ifr_addr;
        _cleanup_close_ int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0 || control < 0 || ioctl(fd, TUNSETIFF, &tun) < 0) {
                printf("no tunnel on this machine\n");
                thon_closep(&fd);
                return -1;
        }
        *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("10.9.0.1")};
        ck_assert_int_eq(ioctl(control, SIOCSIFADDR, &tun), 0);
        in->sin_addr.s_addr = inet_addr("255.255.0.0");
        ck_assert_int_eq(ioctl(control, SIOCSIFNETMASK, &tun), 0);
        tun.ifr_flags = IFF_UP | IFF_RUNNING;
        ck_assert_int_eq(ioctl(control, SIOCSIFFLAGS, &tun), 0);
        return fd;
}

struct packet {
        struct iphdr ip;
        struct icmphdr icmp;
        uint8_t data[64];
} __attribute__((packed));

static uint16_t checksum(const void *data, size_t size)
{
        const uint8_t *bytes = data;
        uint32_t sum = 0;

        for (size_t i = 0; i < size; i++)
                sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return htons((uint16_t)~sum);
}

/* The next echo request that came through; other packets (the kernel's own) are passed over. */
static struct packet receive(int fd)
{
        uint64_t began = monotonic_us();
        struct packet packet;

        for (;;) {
                ssize_t size = read(fd, &packet, sizeof packet);

                if (size >= (ssize_t)(sizeof packet.ip + sizeof packet.icmp) && packet.ip.version == 4 &&
                    packet.ip.protocol == IPPROTO_ICMP && packet.icmp.type == ICMP_ECHO)
                        return packet;
                ck_assert_msg(monotonic_us() - began < DEADLINE_US, "no echo request came");
                if (size < 0)
                        ck_assert_int_ge(sd_event_run(event, 10000), 0);
        }
}

static void answer(int fd, struct packet packet, uint32_t from, size_t size)
{
        uint32_t us = packet.ip.saddr;

        packet.ip.saddr = from;
        packet.ip.daddr = us;
        packet.ip.tot_len = htons((uint16_t)size);
        packet.ip.check = 0;
        packet.ip.check = checksum(&packet.ip, sizeof packet.ip);
        packet.icmp.checksum = 0;
        packet.icmp.checksum = checksum(&packet.icmp, size - sizeof packet.ip);
        ck_assert_int_eq(write(fd, &packet, size), (ssize_t)size);
}

START_TEST(test_a_router_says_that_a_host_is_unreachable)
{
        _cleanup_close_ int far = own_network ? make_tunnel() : -1;
        struct result dead, alive;
        struct packet request, unreachable;

        if (far < 0 || !allowed(AF_INET))
                return;
        struct sockaddr_storage to = address("10.9.0.77");
        struct ping_run *run;

        dead = (struct result){0};
        ck_assert_int_eq(ping_start(ping, &to, 1, 0, DEADLINE_US, on_pings, &dead, &run), 0);
        request = receive(far);
        /* As RFC 792 has it: the header of the request and its first eight bytes, no more. */
        unreachable = request;
        unreachable.icmp = (struct icmphdr){.type = ICMP_DEST_UNREACH, .code = ICMP_HOST_UNREACH};
        memcpy(unreachable.data, &request, sizeof request.ip + 8);
        answer(far, unreachable, inet_addr("10.9.0.254"),
               sizeof request.ip + sizeof request.icmp + sizeof request.ip + 8);
        /* It stands on the socket that another device is pinged with. */
        start("127.0.0.5", 1, &alive);
        wait_for(&alive, 1);
        ck_assert_int_eq(alive.answered, 1);
        ck_assert_int_eq(alive.error, 0);
        wait_for(&dead, 1);
        ck_assert_int_eq(dead.sent, 1);
        ck_assert_int_eq(dead.answered, 0);
        ck_assert_int_eq(dead.error, EHOSTUNREACH);
}
END_TEST

START_TEST(test_only_the_device_itself_answers_and_only_to_this_run)
{
        _cleanup_close_ int far = own_network ? make_tunnel() : -1;
        struct result result = {0};
        struct packet request, reply;

        if (far < 0 || !allowed(AF_INET))
                return;
        struct sockaddr_storage to = address("10.9.0.77");
        struct ping_run *run;

        ck_assert_int_eq(ping_start(ping, &to, 1, 0, DEADLINE_US, on_pings, &result, &run), 0);
        request = receive(far);
        size_t size = ntohs(request.ip.tot_len);
        reply = request;
        reply.icmp.type = ICMP_ECHOREPLY;
        answer(far, reply, inet_addr("10.9.0.78"), size); /* another device */
        reply.data[3] ^= 1;
        answer(far, reply, inet_addr("10.9.0.77"), size); /* an answer to an earlier run of this place */
        answer(far, reply, inet_addr("10.9.0.77"), sizeof reply.ip + sizeof reply.icmp); /* cut off */
        for (int i = 0; i < 10; i++)
                ck_assert_int_ge(sd_event_run(event, 1000), 0);
        ck_assert_int_eq(result.calls, 0);
        reply.data[3] ^= 1;
        answer(far, reply, inet_addr("10.9.0.77"), size);
        answer(far, reply, inet_addr("10.9.0.77"), size); /* twice on its way */
        wait_for(&result, 1);
        ck_assert_int_eq(result.answered, 1);
        ck_assert_int_eq(result.sent, 1);
}
END_TEST

START_TEST(test_a_cancelled_run_is_never_told_and_its_late_answers_are_nobodys)
{
        struct result gone, next;

        if (!allowed(AF_INET))
                return;
        for (int i = 0; i < 200; i++) {
                struct ping_run *run = start("127.1.2.3", 8, &gone);

                ck_assert_int_ge(sd_event_run(event, 0), 0);
                ck_assert_ptr_null(ping_cancel(run));
                start("127.1.2.4", 2, &next);
                wait_for(&next, 1);
                ck_assert_int_eq(next.answered, 2);
                ck_assert_int_eq(gone.calls, 0);
        }
}
END_TEST

START_TEST(test_what_cannot_be_asked_is_refused)
{
        struct sockaddr_storage to = {.ss_family = AF_UNIX};
        struct ping_run *run = NULL;
        struct result result;

        ck_assert_int_eq(ping_start(ping, &to, 1, 0, 0, on_pings, &result, &run), -EAFNOSUPPORT);
        to = address("127.0.0.1");
        ck_assert_int_eq(ping_start(ping, &to, 0, 0, 0, on_pings, &result, &run), -EINVAL);
        ck_assert_int_eq(ping_start(ping, &to, 9, 0, 0, on_pings, &result, &run), -EINVAL);
        ck_assert_ptr_null(run);
        ck_assert_ptr_null(ping_cancel(NULL));
        ck_assert_ptr_null(ping_free(NULL));
}
END_TEST

START_TEST(test_where_the_kernel_allows_none_that_is_known_and_nothing_else_fails)
{
        _cleanup_close_ int range = -1;
        struct sockaddr_storage to = address("127.0.0.1");
        struct ping *refused = NULL;
        struct ping_run *run = NULL;
        struct result result;

        if (!own_network)
                return;
        range = open(RANGE, O_WRONLY | O_CLOEXEC);
        ck_assert_int_eq(write(range, "1 0", 3), 3); /* nobody: the kernel's own default */
        ck_assert_int_eq(ping_new(event, &refused), 0);
        ck_assert(!ping_allowed(refused, AF_INET));
        ck_assert(!ping_allowed(refused, AF_INET6));
        ck_assert_int_eq(ping_start(refused, &to, 1, 0, 0, on_pings, &result, &run), -EACCES);
        ping_free(refused);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("ping");
        TCase *tcase = tcase_create("ping");

        tcase_set_timeout(tcase, 60);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, test_a_device_that_is_there_answers_each_request_and_ends_the_wait);
        tcase_add_test(tcase, test_ipv6_is_a_socket_of_its_own);
        tcase_add_test(tcase, test_three_hundred_at_once_get_each_their_own_answers);
        tcase_add_test(tcase, test_no_way_there_is_known_at_once);
        tcase_add_test(tcase, test_a_router_says_that_a_host_is_unreachable);
        tcase_add_test(tcase, test_only_the_device_itself_answers_and_only_to_this_run);
        tcase_add_test(tcase, test_a_cancelled_run_is_never_told_and_its_late_answers_are_nobodys);
        tcase_add_test(tcase, test_what_cannot_be_asked_is_refused);
        tcase_add_test(tcase, test_where_the_kernel_allows_none_that_is_known_and_nothing_else_fails);
        suite_add_tcase(suite, tcase);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

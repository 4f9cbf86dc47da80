/* One check of one device, with real sockets: cameras, hosts with ports and without, in a network of our own where this machine
 * lets us have one (there everybody may ping), else on the loopback as it is, without ping. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../src/camerad/prober.h"
#include "thon/cleanup.h"

#define SECOND      UINT64_C(1000000)
#define DEADLINE_US (60 * SECOND)

static sd_event *event;
static struct prober *prober;
static bool own_network;
static char heard[512]; /* the head of the last request */

/* ---- servers ---- */

struct server {
        int fd, filler;
        uint16_t port;
        sd_event_source *io;
};

static struct sockaddr_in address(const char *text, uint16_t port)
{
        return (struct sockaddr_in){
                .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(text)};
}

static int on_request(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        static const char not_found[] = "RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n";
        ssize_t n = recv(fd, heard, sizeof heard - 1, MSG_DONTWAIT);

        (void)revents;
        (void)userdata;
        if (n > 0) {
                heard[n] = '\0';
                (void)send(fd, not_found, sizeof not_found - 1, MSG_NOSIGNAL);
        }
        sd_event_source_disable_unref(source);
        (void)close(fd);
        return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        sd_event_source *io;

        (void)source;
        (void)revents;
        (void)userdata;
        if (client >= 0)
                ck_assert_int_ge(sd_event_add_io(event, &io, client, EPOLLIN, on_request, NULL), 0);
        return 0;
}

/* One that answers 404 to everything; silent: one whose queue of connections is full, so that the kernel drops each SYN. */
static struct server serve(const char *host, bool silent)
{
        struct server server = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                                .filler = -1};
        struct sockaddr_in here = address(host, 0);
        socklen_t size = sizeof here;

        ck_assert_int_eq(bind(server.fd, (struct sockaddr *)&here, size), 0);
        ck_assert_int_eq(listen(server.fd, silent ? 0 : 16), 0);
        ck_assert_int_eq(getsockname(server.fd, (struct sockaddr *)&here, &size), 0);
        server.port = ntohs(here.sin_port);
        if (silent) {
                server.filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                ck_assert_int_eq(connect(server.filler, (struct sockaddr *)&here, size), 0);
        } else {
                ck_assert_int_ge(sd_event_add_io(event, &server.io, server.fd, EPOLLIN, on_connection, NULL),
                                 0);
        }
        return server;
}

static void server_end(struct server *server)
{
        sd_event_source_disable_unref(server->io);
        (void)close(server->fd);
        if (server->filler >= 0)
                (void)close(server->filler);
}

/* ---- fixture ---- */

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
        range = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);
        return range >= 0 && write(range, everyone, sizeof everyone - 1) > 0;
}

static const struct prober_limits limits = {
        .connect_us = 800000, .answer_us = 2 * SECOND, .rtp_us = SECOND, .in_flight = 2};

static void setup(void)
{
        own_network = make_network();
        heard[0] = '\0';
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(prober_new(event, &limits, &prober), 0);
        if (!prober_may_ping(prober))
                printf("the kernel gives no ICMP socket here: checks do without ping\n");
}

static void teardown(void)
{
        prober = prober_free(prober);
        event = sd_event_unref(event);
}

struct result {
        unsigned calls;
        struct thon_probe probe;
};

static void on_probe(const struct thon_probe *probe, void *userdata)
{
        struct result *result = userdata;

        result->calls++;
        result->probe = *probe;
}

static uint64_t monotonic_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec / 1000;
}

static struct thon_probe check(const struct prober_want *want)
{
        struct result result = {0};
        struct prober_check *under_way = NULL;
        uint64_t began = monotonic_us();

        ck_assert_int_eq(prober_start(prober, want, on_probe, &result, &under_way), 0);
        ck_assert_uint_eq(result.calls, 0); /* never from within */
        ck_assert_uint_eq(prober_busy(prober), 1);
        while (result.calls == 0) {
                ck_assert_msg(monotonic_us() - began < DEADLINE_US, "it never ended");
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
        ck_assert_uint_eq(prober_busy(prober), 0);
        ck_assert_uint_eq(result.calls, 1);
        return result.probe;
}

static struct thon_probe check_host(char *host, size_t n, const int *ports)
{
        char id[] = "tu-1";
        struct thon_watch_device device = {.id = id, .kind = THON_WATCH_SWITCH, .host = host, .n_ports = n};
        struct prober_want want = {.device = &device, .up_to = n ? THON_RUNG_TCP : THON_RUNG_PING};

        for (size_t i = 0; i < n; i++)
                device.ports[i] = ports[i];
        return check(&want);
}

static const char *cause(const struct thon_probe *probe)
{
        struct thon_probe_around around = {0};

        return thon_camera_slug(thon_probe_judge(probe, &around));
}

/* ---- hosts ---- */

START_TEST(test_a_host_without_ports_is_alive_when_it_answers_anything)
{
        char host[] = "127.5.5.5";
        struct thon_probe probe = check_host(host, 0, NULL);

        ck_assert_str_eq(cause(&probe), "ok");
        ck_assert_str_eq(probe.detail, "");
        if (prober_may_ping(prober)) {
                ck_assert_int_eq(probe.pings, 4);
                ck_assert_int_eq(probe.pongs, 4);
        } else {
                ck_assert_int_eq(probe.reached, THON_RUNG_TCP); /* port 80 refused: somebody is there */
        }
}
END_TEST

START_TEST(test_all_ports_of_a_host_must_open)
{
        char host[] = "127.5.5.6";
        struct server one = serve(host, false), two = serve(host, false);
        int ports[] = {one.port, two.port};
        struct thon_probe probe = check_host(host, 2, ports);

        ck_assert_str_eq(cause(&probe), "ok");
        ck_assert_int_eq(probe.reached, THON_RUNG_TCP);
        ck_assert(probe.ports_asked);
        ck_assert_int_eq(probe.port_failed, 0);

        server_end(&two); /* nobody listens there any more */
        probe = check_host(host, 2, ports);
        ck_assert_str_eq(cause(&probe), "port-closed");
        ck_assert_int_eq(probe.port_failed, ports[1]);
        ck_assert_int_eq(probe.error, ECONNREFUSED);
        ck_assert_ptr_nonnull(strstr(probe.detail, "refused"));
        server_end(&one);
}
END_TEST

START_TEST(test_a_port_that_says_nothing_on_a_host_that_lives_is_closed)
{
        char host[] = "127.5.5.7";
        struct server open = serve(host, false), quiet = serve(host, true);
        int first[] = {quiet.port, open.port}, last[] = {open.port, quiet.port};
        struct thon_probe probe = check_host(host, 2, first);

        ck_assert_str_eq(cause(&probe), "port-closed");
        ck_assert_int_eq(probe.port_failed, quiet.port);
        probe = check_host(host, 2, last);
        ck_assert_str_eq(cause(&probe), "port-closed");
        ck_assert_int_eq(probe.port_failed, quiet.port);
        server_end(&open);
        server_end(&quiet);
}
END_TEST

START_TEST(test_a_host_that_says_nothing_at_all_ends_soon)
{
        char host[] = "127.5.5.8";
        struct server quiet[4];
        int ports[4];
        struct thon_probe probe;

        for (int i = 0; i < 4; i++) {
                quiet[i] = serve(host, true);
                ports[i] = quiet[i].port;
        }
        probe = check_host(host, 4, ports);
        /* The loopback answers pings for everybody. */
        ck_assert_str_eq(cause(&probe), prober_may_ping(prober) ? "port-closed" : "no-network");
        ck_assert_int_eq(probe.failure, THON_PROBE_TIMEOUT);
        ck_assert_int_eq(probe.port_failed, ports[0]);
        ck_assert_uint_lt(probe.total_us, 20 * SECOND);
        for (int i = 0; i < 4; i++)
                server_end(&quiet[i]);
}
END_TEST

START_TEST(test_no_way_to_a_host_is_no_network)
{
        char host[] = "10.8.0.1";
        struct thon_probe probe;

        if (!own_network)
                return;
        probe = check_host(host, 0, NULL);
        ck_assert_str_eq(cause(&probe), "no-network");
        ck_assert_int_eq(probe.pings, 4);
        ck_assert_int_eq(probe.pongs, 0);
        ck_assert_int_eq(probe.reached, THON_RUNG_NONE);
        ck_assert_ptr_nonnull(strstr(probe.detail, "echo"));
}
END_TEST

/* ---- cameras ---- */

static struct thon_watch_device camera(char *host, uint16_t port, char *url)
{
        static char id[] = "c1";

        return (struct thon_watch_device){
                .id = id, .kind = THON_WATCH_CAMERA, .host = host, .port = port, .url = url};
}

START_TEST(test_a_silent_camera_is_pinged_to_tell_a_dead_wire_from_a_dead_service)
{
        char host[] = "127.5.6.1", url[64];
        struct server quiet = serve(host, true);
        struct thon_watch_device device;
        struct thon_probe probe;

        (void)snprintf(url, sizeof url, "rtsp://%s:%u/live", host, quiet.port);
        device = camera(host, quiet.port, url);
        probe = check(&(struct prober_want){.device = &device, .up_to = THON_RUNG_DESCRIBE});
        ck_assert_int_eq(probe.failure, THON_PROBE_TIMEOUT);
        ck_assert_int_eq(probe.pings, prober_may_ping(prober) ? 3 : 0);
        ck_assert_int_eq(probe.pongs, probe.pings);
        ck_assert_str_eq(cause(&probe), prober_may_ping(prober) ? "port-closed" : "no-network");
        server_end(&quiet);
}
END_TEST

START_TEST(test_a_camera_that_refuses_is_alive_and_not_pinged)
{
        char host[] = "127.5.6.2", url[] = "rtsp://127.5.6.2:9/live";
        struct thon_watch_device device = camera(host, 9, url);
        struct thon_probe probe =
                check(&(struct prober_want){.device = &device, .up_to = THON_RUNG_DESCRIBE});

        ck_assert_int_eq(probe.failure, THON_PROBE_REFUSED);
        ck_assert_int_eq(probe.pings, 0);
        ck_assert_str_eq(cause(&probe), "port-closed");
}
END_TEST

START_TEST(test_a_camera_that_moved_is_asked_under_its_new_address)
{
        char host[] = "127.5.6.3", url[80];
        struct server there = serve("127.5.6.99", false);
        struct thon_watch_device device;
        char wanted[64];

        (void)snprintf(url, sizeof url, "rtsp://%s:%u/Streaming/Channels/102?x=1", host, there.port);
        (void)snprintf(wanted, sizeof wanted, "rtsp://127.5.6.99:%u/Streaming/Channels/102?x=1", there.port);
        device = camera(host, there.port, url);
        (void)check(&(struct prober_want){
                .device = &device, .address = "127.5.6.99", .up_to = THON_RUNG_DESCRIBE});
        ck_assert_msg(strstr(heard, wanted), "it heard %s", heard);
        server_end(&there);
}
END_TEST

/* ---- limits ---- */

START_TEST(test_beyond_the_limit_it_is_busy_and_what_is_cancelled_is_never_told)
{
        char host[] = "127.5.7.1", url[64];
        struct server quiet = serve(host, true);
        struct thon_watch_device device;
        struct result results[3] = {0};
        struct prober_check *under_way[3] = {NULL};
        struct prober_want want = {.device = &device, .up_to = THON_RUNG_DESCRIBE};

        (void)snprintf(url, sizeof url, "rtsp://%s:%u/live", host, quiet.port);
        device = camera(host, quiet.port, url);
        for (int i = 0; i < 2; i++)
                ck_assert_int_eq(prober_start(prober, &want, on_probe, &results[i], &under_way[i]), 0);
        ck_assert_int_eq(prober_start(prober, &want, on_probe, &results[2], &under_way[2]), -EBUSY);
        ck_assert_ptr_null(under_way[2]);
        ck_assert_ptr_null(prober_cancel(under_way[0]));
        ck_assert_uint_eq(prober_busy(prober), 1);
        ck_assert_int_eq(prober_start(prober, &want, on_probe, &results[2], &under_way[2]), 0);
        while (results[1].calls + results[2].calls < 2)
                ck_assert_int_ge(sd_event_run(event, SECOND), 0);
        ck_assert_uint_eq(results[0].calls, 0);
        ck_assert_ptr_null(prober_cancel(NULL));
        server_end(&quiet);
}
END_TEST

START_TEST(test_what_has_no_numeric_address_is_refused_at_once)
{
        char name[] = "camera.example", url[] = "rtsp://camera.example/live";
        struct thon_watch_device device = camera(name, 554, url);
        struct prober_want want = {.device = &device, .up_to = THON_RUNG_DESCRIBE};
        struct prober_check *under_way = NULL;
        struct result result = {0};

        ck_assert_int_eq(prober_start(prober, &want, on_probe, &result, &under_way), -EINVAL);
        device.host = NULL;
        ck_assert_int_eq(prober_start(prober, &want, on_probe, &result, &under_way), -EINVAL);
        device.kind = THON_WATCH_MAINS;
        ck_assert_int_eq(prober_start(prober, &want, on_probe, &result, &under_way), -EINVAL);
        ck_assert_uint_eq(prober_busy(prober), 0);
        ck_assert_ptr_null(under_way);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("prober");
        TCase *tcase = tcase_create("prober");

        tcase_set_timeout(tcase, 120);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, test_a_host_without_ports_is_alive_when_it_answers_anything);
        tcase_add_test(tcase, test_all_ports_of_a_host_must_open);
        tcase_add_test(tcase, test_a_port_that_says_nothing_on_a_host_that_lives_is_closed);
        tcase_add_test(tcase, test_a_host_that_says_nothing_at_all_ends_soon);
        tcase_add_test(tcase, test_no_way_to_a_host_is_no_network);
        tcase_add_test(tcase, test_a_silent_camera_is_pinged_to_tell_a_dead_wire_from_a_dead_service);
        tcase_add_test(tcase, test_a_camera_that_refuses_is_alive_and_not_pinged);
        tcase_add_test(tcase, test_a_camera_that_moved_is_asked_under_its_new_address);
        tcase_add_test(tcase, test_beyond_the_limit_it_is_busy_and_what_is_cancelled_is_never_told);
        tcase_add_test(tcase, test_what_has_no_numeric_address_is_refused_at_once);
        suite_add_tcase(suite, tcase);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

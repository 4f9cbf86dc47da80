/* Who is checked when, with real sockets: a server on the same loop is all the cameras, each on an address of its own, and those
 * that are told to hang accept and say nothing. What is checked is order and number, not speed. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../src/camerad/camerad.h"
#include "../../src/camerad/due_heap.h"
#include "../unit/relay_random.h"
#include "thon/cleanup.h"

#define SECOND      UINT64_C(1000000)
#define DEADLINE_US (120 * SECOND)
#define MOST        2700

static struct camerad d;
static int listener = -1;
static uint16_t port;

/* ---- what the devices do, and what was seen of them ---- */

struct device {
        struct camerad_device c;
        struct thon_watch_device conf;
        char host[16], url[64];
        bool hung;
        unsigned connections, open, open_most, setups;
        unsigned checked;
};
static struct device devices[MOST];
static struct camerad_device *list[MOST];
static unsigned ended_good, ended_hung; /* checks */

static unsigned index_of(uint32_t address) /* 127.60.x.y, network order */
{
        return ntohl(address) & 0xffff;
}

struct connection {
        struct connection *next, **link;
        struct device *device;
        int fd;
        sd_event_source *io;
        char text[2048];
        size_t used;
};

static struct connection *connections;

static void connection_end(struct connection *connection)
{
        *connection->link = connection->next;
        if (connection->next)
                connection->next->link = connection->link;
        connection->device->open--;
        sd_event_source_disable_unref(connection->io);
        (void)close(connection->fd);
        free(connection);
}

static void answer(struct connection *connection, int fd)
{
        static const char sdp[] =
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
                "a=rtpmap:96 H264/90000\r\na=control:track1\r\n";
        const char *cseq = strcasestr(connection->text, "CSeq:");
        char reply[1024];
        long number = cseq ? strtol(cseq + 5, NULL, 10) : 0;
        int n;

        if (strncmp(connection->text, "OPTIONS", 7) == 0)
                n = snprintf(
                        reply, sizeof reply,
                        "RTSP/1.0 200 OK\r\nCSeq: %ld\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n",
                        number);
        else if (strncmp(connection->text, "DESCRIBE", 8) == 0)
                n = snprintf(
                        reply, sizeof reply,
                        "RTSP/1.0 200 OK\r\nCSeq: %ld\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                        number, sizeof sdp - 1, sdp);
        else
                n = snprintf(reply, sizeof reply, "RTSP/1.0 404 Not Found\r\nCSeq: %ld\r\n\r\n", number);
        connection->device->setups += strncmp(connection->text, "SETUP", 5) == 0;
        ck_assert_int_eq(send(fd, reply, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT), n);
}

static int on_request(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct connection *connection = userdata;
        ssize_t n = recv(fd, connection->text + connection->used,
                         sizeof connection->text - 1 - connection->used, MSG_DONTWAIT);
        char *end;

        (void)source;
        (void)revents;
        if (n <= 0) {
                if (n == 0 || errno != EAGAIN)
                        connection_end(connection);
                return 0;
        }
        connection->used += (size_t)n;
        connection->text[connection->used] = '\0';
        while (!connection->device->hung && (end = strstr(connection->text, "\r\n\r\n"))) {
                answer(connection, fd);
                connection->used -= (size_t)(end + 4 - connection->text);
                memmove(connection->text, end + 4, connection->used + 1);
        }
        return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        (void)source;
        (void)revents;
        (void)userdata;
        for (;;) {
                struct sockaddr_in here;
                socklen_t size = sizeof here;
                int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
                struct connection *connection;

                if (client < 0)
                        return 0;
                connection = calloc(1, sizeof *connection);
                ck_assert_ptr_nonnull(connection);
                connection->fd = client;
                connection->next = connections;
                connection->link = &connections;
                if (connections)
                        connections->link = &connection->next;
                connections = connection;
                ck_assert_int_eq(getsockname(client, (struct sockaddr *)&here, &size), 0);
                connection->device = &devices[index_of(here.sin_addr.s_addr)];
                connection->device->connections++;
                if (++connection->device->open > connection->device->open_most)
                        connection->device->open_most = connection->device->open;
                ck_assert_int_ge(
                        sd_event_add_io(d.event, &connection->io, client, EPOLLIN, on_request, connection),
                        0);
        }
}

/* ---- the rest of the daemon, as far as checks need it ---- */

void camerad_login(const struct camerad_device *c, const char **ret_user, const char **ret_password,
                   bool *ret_stopped)
{
        (void)c;
        *ret_user = *ret_password = NULL;
        *ret_stopped = false;
}

void camerad_checked(struct camerad_device *c, const struct thon_probe *probe)
{
        struct device *device = &devices[c->index];
        struct thon_probe_around around = {0};

        ck_assert_ptr_null(c->check);
        c->reach = thon_probe_judge(probe, &around);
        c->state.last_look = thon_clock_mono(d.clock);
        device->checked++;
        if (device->hung)
                ended_hung++;
        else
                ended_good++;
}

/* ---- fixture ---- */

static void setup(void)
{
        const int on = 1;
        struct sockaddr_in any = {.sin_family = AF_INET};
        socklen_t size = sizeof any;

        memset(&d, 0, sizeof d);
        memset(devices, 0, sizeof devices);
        ended_good = ended_hung = 0;
        ck_assert_int_ge(sd_event_new(&d.event), 0);
        ck_assert_int_eq(thon_clock_new(d.event, NULL, &d.clock), 0);
        listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ck_assert_int_ge(listener, 0);
        ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
        ck_assert_int_eq(bind(listener, (struct sockaddr *)&any, size), 0);
        ck_assert_int_eq(listen(listener, 4096), 0);
        ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&any, &size), 0);
        port = ntohs(any.sin_port);
        ck_assert_int_ge(sd_event_add_io(d.event, NULL, listener, EPOLLIN, on_connection, NULL), 0);
}

static void begin(size_t n, int in_flight, uint64_t answer_us)
{
        const struct prober_limits limits = {.connect_us = 60 * SECOND,
                                             .answer_us = answer_us,
                                             .rtp_us = SECOND,
                                             .in_flight = (unsigned)in_flight};

        d.conf.interval_s = 60;
        d.conf.retry_s = 15;
        d.conf.play_s = 600;
        d.conf.in_flight = in_flight;
        d.devices = list;
        d.n = n;
        for (size_t i = 0; i < n; i++) {
                struct device *device = &devices[i];

                (void)snprintf(device->host, sizeof device->host, "127.60.%zu.%zu", i >> 8, i & 255);
                (void)snprintf(device->url, sizeof device->url, "rtsp://%s:%u/live", device->host, port);
                device->conf = (struct thon_watch_device){.id = device->host,
                                                          .kind = THON_WATCH_CAMERA,
                                                          .host = device->host,
                                                          .port = port,
                                                          .url = device->url};
                device->c = (struct camerad_device){.daemon = &d,
                                                    .conf = &device->conf,
                                                    .index = i,
                                                    .due = THON_MONO_NEVER,
                                                    .last_play = thon_clock_mono(d.clock)};
                device->c.state.last_look = device->c.state.last_good = device->c.state.soft_since =
                        THON_MONO_NEVER;
                list[i] = &device->c;
        }
        ck_assert_int_eq(prober_new(d.event, &limits, &d.prober), 0);
        ck_assert_int_eq(camerad_sweep_start(&d), 0);
}

static void teardown(void)
{
        camerad_sweep_stop(&d);
        d.prober = prober_free(d.prober);
        while (connections)
                connection_end(connections);
        d.clock = thon_clock_free(d.clock);
        d.event = sd_event_unref(d.event);
        (void)close(listener);
}

static uint64_t monotonic_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec / 1000;
}

static void run_until(const unsigned *count, unsigned enough)
{
        uint64_t began = monotonic_us();

        while (*count < enough) {
                ck_assert_msg(monotonic_us() - began < DEADLINE_US, "%u of %u", *count, enough);
                ck_assert_int_ge(sd_event_run(d.event, 100000), 0);
        }
}

static void all_soon(void)
{
        for (size_t i = 0; i < d.n; i++)
                camerad_sweep_plan(list[i], true);
}

static unsigned busy(bool hung)
{
        unsigned n = 0;

        for (size_t i = 0; i < d.n; i++)
                n += list[i]->check && devices[i].hung == hung;
        return n;
}

/* Every `step`-th hangs from now on, and did so when it was looked at last. */
static unsigned hang(size_t step)
{
        unsigned n = 0;

        for (size_t i = 0; i < d.n; i += step, n++) {
                devices[i].hung = true;
                list[i]->probe = (struct thon_probe){
                        .reached = THON_RUNG_TCP, .failure = THON_PROBE_TIMEOUT, .total_us = 4 * SECOND};
        }
        return n;
}

/* ---- hung ones ---- */

static void sweep_with_hung(size_t n, int in_flight, size_t step)
{
        unsigned hung, good, most = (unsigned)in_flight;

        begin(n, in_flight, DEADLINE_US);
        all_soon();
        run_until(&ended_good, (unsigned)n);
        for (size_t i = 0; i < n; i++) {
                ck_assert_int_eq(list[i]->probe.failure, THON_PROBE_FINE);
                ck_assert_str_eq(list[i]->probe.codec, "H264");
                ck_assert_uint_eq(devices[i].checked, 1);
        }

        hung = hang(step);
        good = (unsigned)n - hung;
        ended_good = 0;
        all_soon();
        run_until(&ended_good, good);
        /* All others are through, and not one of the hung has given up its place. */
        ck_assert_uint_eq(ended_hung, 0);
        ck_assert_uint_eq(busy(true), hung < most - most / 4 ? hung : most - most / 4);
        for (size_t i = 0; i < n; i++)
                ck_assert_uint_eq(devices[i].checked, devices[i].hung ? 1 : 2);
}

START_TEST(test_sixteen_hung_of_117_keep_nobody_waiting)
{
        sweep_with_hung(117, 16, 8); /* 15 of them, and 12 places for what hangs */
        teardown();
        setup();
        sweep_with_hung(117, 256, 7); /* 17: room for all */
}
END_TEST

START_TEST(test_three_hundred_hung_of_2700_keep_nobody_waiting)
{
        sweep_with_hung(2700, 128, 9);
}
END_TEST

START_TEST(test_devices_that_were_never_seen_keep_nobody_waiting_who_was)
{
        begin(220, 16, DEADLINE_US);
        for (size_t i = 20; i < d.n; i++) /* an import of addresses at which nobody is */
                devices[i].hung = true;
        for (size_t i = 0; i < 20; i++)
                camerad_sweep_plan(list[i], true);
        run_until(&ended_good, 20);
        for (size_t i = 20; i < d.n; i++)
                camerad_sweep_plan(list[i], true);
        /* They come with the next turns of the loop; a place too many would be taken in the same one. */
        while (busy(true) == 0)
                ck_assert_int_ge(sd_event_run(d.event, SECOND), 0);
        ck_assert_uint_eq(busy(true), 12);
        for (size_t i = 0; i < 20; i++)
                camerad_sweep_plan(list[i], true);
        run_until(&ended_good, 40);
        ck_assert_uint_eq(ended_hung, 0);
}
END_TEST

START_TEST(test_the_hung_take_turns_and_each_is_looked_at)
{
        begin(40, 8, SECOND / 10);
        ck_assert_uint_eq(hang(1), 40);
        all_soon();
        run_until(&ended_hung, 40);
        for (size_t i = 0; i < d.n; i++) {
                ck_assert_uint_eq(devices[i].checked, 1);
                ck_assert_int_eq(list[i]->probe.failure, THON_PROBE_TIMEOUT);
                ck_assert_int_eq(list[i]->reach, THON_CAMERA_HUNG);
        }
}
END_TEST

/* ---- one check, one place ---- */

START_TEST(test_a_device_that_is_being_checked_is_not_checked_beside_that)
{
        begin(1, 8, DEADLINE_US);
        devices[0].hung = true;
        camerad_sweep_plan(list[0], true);
        while (devices[0].connections == 0)
                ck_assert_int_ge(sd_event_run(d.event, SECOND), 0);
        for (int i = 0; i < 5; i++) {
                camerad_sweep_plan(list[0], true);
                ck_assert_int_ge(sd_event_run(d.event, 1000), 0);
        }
        ck_assert_uint_eq(devices[0].connections, 1);
        ck_assert_uint_eq(prober_busy(d.prober), 1);

        camerad_sweep_forget(list[0]);
        ck_assert_uint_eq(prober_busy(d.prober), 0);
        ck_assert_ptr_null(list[0]->check);
        devices[0].hung = false;
        camerad_sweep_plan(list[0], true);
        run_until(&ended_good, 1);
        ck_assert_uint_eq(devices[0].checked, 1); /* the one that was given up is never told */
}
END_TEST

START_TEST(test_the_whole_ladder_is_asked_for_once_and_again_while_only_it_can_tell)
{
        begin(1, 8, DEADLINE_US);
        camerad_sweep_plan(list[0], true);
        run_until(&ended_good, 1);
        ck_assert_uint_eq(devices[0].setups, 0);

        list[0]->play_next = true; /* a person asks */
        camerad_sweep_plan(list[0], true);
        run_until(&ended_good, 2);
        ck_assert_uint_eq(devices[0].setups, 1);
        ck_assert(!list[0]->play_next);
        ck_assert_int_eq(list[0]->reach, THON_CAMERA_NO_STREAM);

        /* At DESCRIBE it is well: only SETUP tells whether that is over. */
        camerad_sweep_plan(list[0], true);
        run_until(&ended_good, 3);
        ck_assert_uint_eq(devices[0].setups, 2);
        list[0]->reach = THON_CAMERA_OK;
        camerad_sweep_plan(list[0], true);
        run_until(&ended_good, 4);
        ck_assert_uint_eq(devices[0].setups, 2);
}
END_TEST

START_TEST(test_after_a_start_streams_are_not_opened_all_at_once)
{
        unsigned setups = 0;

        begin(600, 64, DEADLINE_US);
        for (size_t i = 0; i < d.n; i++)
                list[i]->last_play = THON_MONO_NEVER;
        all_soon();
        run_until(&ended_good, 600);
        for (size_t i = 0; i < d.n; i++)
                setups += devices[i].setups;
        /* One a second, by and by, and the machine may be slow; not all of them. */
        ck_assert_uint_lt(setups, 200);
}
END_TEST

START_TEST(test_whoever_asks_while_a_check_is_under_way_gets_one_after_it)
{
        begin(1, 8, SECOND / 5);
        devices[0].hung = true;
        camerad_sweep_plan(list[0], true);
        while (devices[0].connections == 0)
                ck_assert_int_ge(sd_event_run(d.event, SECOND), 0);
        list[0]->play_next = true;
        camerad_sweep_plan(list[0], true);
        run_until(&ended_hung, 1);
        devices[0].hung = false;
        run_until(&ended_good, 1); /* at once, and not with the next interval */
        ck_assert_uint_eq(devices[0].setups, 1);
}
END_TEST

START_TEST(test_regular_checks_are_spread_over_the_interval)
{
        unsigned in_second[61] = {0};
        struct thon_mono now;

        begin(1200, 64, SECOND);
        now = thon_clock_mono(d.clock);
        for (size_t i = 0; i < d.n; i++) {
                uint64_t wait;

                camerad_sweep_plan(list[i], false);
                wait = thon_mono_since(now, list[i]->due);
                ck_assert_uint_le(wait, 61 * SECOND);
                in_second[wait / SECOND < 60 ? wait / SECOND : 60]++;
        }
        /* 20 on average; by chance alone 50 is beyond all odds. */
        for (int s = 0; s < 60; s++)
                ck_assert_msg(in_second[s] > 2 && in_second[s] < 50, "%u in second %d", in_second[s], s);
}
END_TEST

START_TEST(test_what_cannot_be_begun_is_tried_again_and_never_in_a_loop)
{
        begin(3, 8, SECOND);
        devices[1].conf.host = NULL; /* no address: refused each time */
        for (int i = 0; i < 3; i++)
                camerad_sweep_plan(list[i], true);
        run_until(&ended_good, 2);
        ck_assert_uint_eq(devices[1].checked, 0);
        ck_assert_uint_gt(thon_mono_since(thon_clock_mono(d.clock), list[1]->due), 10 * SECOND);
}
END_TEST

/* ---- the heap ---- */

START_TEST(test_the_earliest_is_on_top_whatever_comes_and_goes)
{
        struct due_heap heap = {0}, other = {0};

        random_begin();
        (void)fflush(stdout);
        begin(300, 8, SECOND);
        ck_assert_int_eq(due_heap_push(&other, list[299]), 0);
        for (int step = 0; step < 20000; step++) {
                struct camerad_device *c = list[random_below(299)], *top;

                if (due_heap_has(&heap, c)) {
                        due_heap_remove(&heap, c);
                        ck_assert(!due_heap_has(&heap, c));
                } else {
                        c->due.us = random_below(1000);
                        ck_assert_int_eq(due_heap_push(&heap, c), 0);
                        ck_assert(due_heap_has(&heap, c));
                        ck_assert(!due_heap_has(&other, c));
                }
                top = due_heap_top(&heap);
                for (size_t i = 0; i < heap.n; i++) {
                        ck_assert_uint_eq(heap.items[i]->heap, i);
                        ck_assert_uint_ge(heap.items[i]->due.us, top->due.us);
                }
                ck_assert_ptr_eq(due_heap_top(&other), list[299]);
        }
        due_heap_done(&heap);
        due_heap_done(&other);
        ck_assert_ptr_null(due_heap_top(&heap));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("sweep");
        TCase *tcase = tcase_create("sweep");

        tcase_set_timeout(tcase, 240);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, test_sixteen_hung_of_117_keep_nobody_waiting);
        tcase_add_test(tcase, test_three_hundred_hung_of_2700_keep_nobody_waiting);
        tcase_add_test(tcase, test_devices_that_were_never_seen_keep_nobody_waiting_who_was);
        tcase_add_test(tcase, test_the_hung_take_turns_and_each_is_looked_at);
        tcase_add_test(tcase, test_a_device_that_is_being_checked_is_not_checked_beside_that);
        tcase_add_test(tcase, test_the_whole_ladder_is_asked_for_once_and_again_while_only_it_can_tell);
        tcase_add_test(tcase, test_after_a_start_streams_are_not_opened_all_at_once);
        tcase_add_test(tcase, test_whoever_asks_while_a_check_is_under_way_gets_one_after_it);
        tcase_add_test(tcase, test_regular_checks_are_spread_over_the_interval);
        tcase_add_test(tcase, test_what_cannot_be_begun_is_tried_again_and_never_in_a_loop);
        tcase_add_test(tcase, test_the_earliest_is_on_top_whatever_comes_and_goes);
        suite_add_tcase(suite, tcase);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* Discovery with real sockets: a camera that answers twice, one that answers nonsense, one that answers for hundreds, and two
 * hamlets on two interfaces in a network of our own. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../src/camerad/discover.h"
#include "thon/cleanup.h"

#define DEADLINE_US 20000000u
#define WAIT_US     600000u

extern char **environ;

/* ---- a camera that hears probes ---- */

struct camera {
        int fd;
        uint16_t port;
        pthread_t thread;
        atomic_uint heard;
        void (*answer)(struct camera *camera, const struct sockaddr_in *to, const char *id);
};

static void say(const struct camera *camera, const struct sockaddr_in *to, const char *text, size_t size)
{
        (void)sendto(camera->fd, text, size, 0, (const struct sockaddr *)to, sizeof *to);
}

static size_t write_matches(char *text, size_t room, const char *id, unsigned first, unsigned n)
{
        size_t used = (size_t)snprintf(
                text, room,
                "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
                "xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
                "xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header><a:RelatesTo>%s</a:RelatesTo>"
                "</s:Header><s:Body><d:ProbeMatches>",
                id);

        for (unsigned i = first; i < first + n; i++)
                used += (size_t)snprintf(
                        text + used, room - used,
                        "<d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:%u</a:Address>"
                        "</a:EndpointReference><d:Scopes>onvif://www.onvif.org/name/camera%%20%u"
                        "</d:Scopes><d:XAddrs>http://10.77.0.%u/onvif</d:XAddrs></d:ProbeMatch>",
                        i, i, i % 250);
        return used + (size_t)snprintf(text + used, room - used, "</d:ProbeMatches></s:Body></s:Envelope>");
}

static void answer_one(struct camera *camera, const struct sockaddr_in *to, const char *id)
{
        char text[2048];

        say(camera, to, text, write_matches(text, sizeof text, id, 7, 1));
}

static void answer_nonsense(struct camera *camera, const struct sockaddr_in *to, const char *id)
{
        static char large[9000];
        size_t n;

        say(camera, to, "", 0);
        say(camera, to, "\xff\0<", 3);
        n = write_matches(large, sizeof large, "uuid:of-another-question", 1, 1);
        say(camera, to, large, n);
        n = write_matches(large, sizeof large, id, 2, 1);
        say(camera, to, large, n - 5); /* cut */
        memset(large, ' ', sizeof large);
        n = write_matches(large, sizeof large, id, 3, 1);
        large[n] = ' ';
        say(camera, to, large, 8193); /* over the limit */
        say(camera, to, large, 8192); /* within */
}

static void answer_for_hundreds(struct camera *camera, const struct sockaddr_in *to, const char *id)
{
        static char text[8192];

        for (unsigned i = 0; i < 40; i++)
                say(camera, to, text, write_matches(text, sizeof text, id, i * 16, 16));
}

static void *hear(void *userdata)
{
        struct camera *camera = userdata;
        char text[4096], id[64];

        for (;;) {
                struct sockaddr_in from;
                socklen_t size = sizeof from;
                ssize_t n = recvfrom(camera->fd, text, sizeof text - 1, 0, (struct sockaddr *)&from, &size);
                const char *p;

                if (n < 0)
                        return NULL;
                text[n] = '\0';
                if (n == 0) /* end() */
                        return NULL;
                p = strstr(text, "MessageID>");
                if (!p || sscanf(p, "MessageID>%63[^<]", id) != 1)
                        continue;
                atomic_fetch_add(&camera->heard, 1);
                camera->answer(camera, &from, id);
        }
}

static void camera_begin(struct camera *camera,
                         void (*answer)(struct camera *, const struct sockaddr_in *, const char *))
{
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof at;

        *camera = (struct camera){.answer = answer, .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        ck_assert_int_ge(camera->fd, 0);
        ck_assert_int_eq(bind(camera->fd, (struct sockaddr *)&at, sizeof at), 0);
        ck_assert_int_eq(getsockname(camera->fd, (struct sockaddr *)&at, &size), 0);
        camera->port = ntohs(at.sin_port);
        ck_assert_int_eq(pthread_create(&camera->thread, NULL, hear, camera), 0);
}

static void camera_end(struct camera *camera)
{
        struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_port = htons(camera->port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

        say(camera, &at, "", 0);
        (void)pthread_join(camera->thread, NULL);
        (void)close(camera->fd);
}

/* ---- our side ---- */

static sd_event *event;
static unsigned told_n;
static size_t found_n;
static struct discover_found found[DISCOVER_MAX];
static int error;

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void keep(const struct discover_found *all, size_t n, int failed, void *userdata)
{
        (void)userdata;
        told_n++;
        found_n = n;
        error = failed;
        ck_assert_uint_le(n, DISCOVER_MAX);
        if (n > 0)
                memcpy(found, all, n * sizeof *all);
}

static void discover(const char *to, uint64_t wait_us)
{
        struct discover *d;
        uint64_t began = monotonic_us(), deadline = began + DEADLINE_US;

        told_n = 0;
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(discover_start(event, to, wait_us, keep, NULL, &d), 0);
        ck_assert_uint_eq(told_n, 0);
        while (told_n == 0) {
                ck_assert_uint_lt(monotonic_us(), deadline);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
        ck_assert_uint_ge(monotonic_us() - began + 2000, wait_us);
        event = sd_event_unref(event);
}

static const char *to_of(const struct camera *camera)
{
        static char text[32];

        (void)snprintf(text, sizeof text, "127.0.0.1:%u", camera->port);
        return text;
}

START_TEST(three_probes_are_one_question_and_one_answer_is_kept)
{
        struct camera camera;

        camera_begin(&camera, answer_one);
        discover(to_of(&camera), WAIT_US);
        camera_end(&camera);
        ck_assert_int_eq(error, 0);
        ck_assert_uint_eq(atomic_load(&camera.heard), 3);
        ck_assert_uint_eq(found_n, 1);
        ck_assert_str_eq(found[0].match.endpoint, "urn:uuid:7");
        ck_assert_str_eq(found[0].match.name, "camera 7");
        ck_assert_str_eq(found[0].match.xaddr, "http://10.77.0.7/onvif");
        ck_assert_str_eq(found[0].address, "127.0.0.1"); /* of the packet, not of what it says */
        ck_assert_str_eq(found[0].mac, "");
}
END_TEST

START_TEST(nonsense_is_passed_over)
{
        struct camera camera;

        camera_begin(&camera, answer_nonsense);
        discover(to_of(&camera), WAIT_US);
        camera_end(&camera);
        ck_assert_int_eq(error, 0);
        ck_assert_uint_eq(found_n, 1);
        ck_assert_str_eq(found[0].match.endpoint, "urn:uuid:3");
}
END_TEST

START_TEST(who_answers_for_hundreds_is_bounded)
{
        struct camera camera;

        camera_begin(&camera, answer_for_hundreds);
        discover(to_of(&camera), 2 * WAIT_US);
        camera_end(&camera);
        ck_assert_uint_eq(found_n, DISCOVER_MAX);
}
END_TEST

START_TEST(silence_is_an_answer_too)
{
        discover("127.0.0.1:9", WAIT_US);
        ck_assert_int_eq(error, 0);
        ck_assert_uint_eq(found_n, 0);
}
END_TEST

START_TEST(an_address_that_is_none_is_refused)
{
        static const char *const bad[] = {"",
                                          "127.0.0.1",
                                          "127.0.0.1:",
                                          "127.0.0.1:0",
                                          "127.0.0.1:65536",
                                          "127.0.0.1:80x",
                                          "camera.local:80",
                                          "1.2.3.4.5.6.7.8.9.10:80",
                                          ":80"};
        struct discover *d;

        ck_assert_int_ge(sd_event_new(&event), 0);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                ck_assert_msg(discover_start(event, bad[i], WAIT_US, keep, NULL, &d) == -EINVAL, "%s",
                              bad[i]);
        event = sd_event_unref(event);
}
END_TEST

START_TEST(a_discovery_can_be_cancelled)
{
        struct camera camera;
        struct discover *d;

        camera_begin(&camera, answer_one);
        ck_assert_int_ge(sd_event_new(&event), 0);
        told_n = 0;
        ck_assert_int_eq(discover_start(event, to_of(&camera), WAIT_US, keep, NULL, &d), 0);
        while (atomic_load(&camera.heard) == 0)
                ck_assert_int_ge(sd_event_run(event, 10000), 0);
        ck_assert_ptr_null(discover_cancel(d));
        ck_assert_ptr_null(discover_cancel(NULL));
        ck_assert_int_eq(sd_event_run(event, 0), 0);
        ck_assert_uint_eq(told_n, 0);
        event = sd_event_unref(event);
        camera_end(&camera);
}
END_TEST

/* ---- multicast, in a network of our own ---- */

static bool map_ids(unsigned uid, unsigned gid)
{
        const struct {
                const char *path;
                unsigned id;
        } maps[] = {{"/proc/self/setgroups", 0}, {"/proc/self/uid_map", uid}, {"/proc/self/gid_map", gid}};

        for (size_t i = 0; i < 3; i++) {
                _cleanup_close_ int fd = open(maps[i].path, O_WRONLY | O_CLOEXEC);
                char text[32];
                int n = i == 0 ? snprintf(text, sizeof text, "deny")
                               : snprintf(text, sizeof text, "0 %u 1", maps[i].id);

                if (fd < 0 || write(fd, text, (size_t)n) != n)
                        return false;
        }
        return true;
}

static bool own_network(void)
{
        unsigned uid = getuid(), gid = getgid();

        if (unshare(CLONE_NEWNET) == 0)
                return true;
        return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && map_ids(uid, gid);
}

/* "ip link set ..." in words. */
static bool ip(const char *words)
{
        char text[160], *argv[24] = {(char *)(uintptr_t) "ip"}, *rest = text;
        int n = 1, status;
        pid_t pid;

        (void)snprintf(text, sizeof text, "%s", words);
        while (n < 23 && (argv[n] = strsep(&rest, " ")))
                n++;
        if (posix_spawnp(&pid, "ip", NULL, NULL, argv, environ) != 0)
                return false;
        return waitpid(pid, &status, 0) == pid && status == 0;
}

/* The other end of both cables: a camera in each hamlet. */
static void hamlets(int ready, int go)
{
        static const char *const addresses[] = {"10.77.0.7", "10.78.0.8"};
        char byte;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (unshare(CLONE_NEWNET) < 0)
                _exit(1);
        (void)!write(ready, "n", 1);
        if (read(go, &byte, 1) != 1 || !ip("addr add 10.77.0.7/24 dev far0") || !ip("link set far0 up") ||
            !ip("addr add 10.78.0.8/24 dev far1") || !ip("link set far1 up"))
                _exit(1);
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in at = {
                .sin_family = AF_INET, .sin_port = htons(3702), .sin_addr.s_addr = htonl(INADDR_ANY)};
        if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
                _exit(1);
        for (unsigned i = 0; i < 2; i++) {
                struct ip_mreqn join = {.imr_multiaddr.s_addr = inet_addr("239.255.255.250"),
                                        .imr_address.s_addr = inet_addr(addresses[i])};
                if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) < 0)
                        _exit(1);
        }
        (void)!write(ready, "a", 1);
        for (;;) {
                char text[4096], id[64];
                struct sockaddr_in from;
                socklen_t size = sizeof from;
                ssize_t n = recvfrom(fd, text, sizeof text - 1, 0, (struct sockaddr *)&from, &size);
                const char *p;

                if (n <= 0)
                        continue;
                text[n] = '\0';
                p = strstr(text, "MessageID>");
                if (!p || sscanf(p, "MessageID>%63[^<]", id) != 1)
                        continue;
                n = (ssize_t)write_matches(text, sizeof text, id,
                                           (ntohl(from.sin_addr.s_addr) >> 16 & 0xff) == 77 ? 7 : 8, 1);
                (void)sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&from, sizeof from);
        }
}

START_TEST(a_probe_goes_out_by_every_interface)
{
        int ready[2], go[2];
        char words[100], byte;
        pid_t pid;

        if (!own_network()) {
                printf("not tried: this machine does not let us have a network of our own\n");
                return;
        }
        /* Nobody to hear it: that is told, and is no silence. */
        discover(NULL, WAIT_US);
        ck_assert_int_eq(error, -ENETDOWN);

        ck_assert_int_eq(pipe2(ready, O_CLOEXEC) | pipe2(go, O_CLOEXEC), 0);
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                hamlets(ready[1], go[0]);
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        for (unsigned i = 0; i < 2; i++) {
                (void)snprintf(words, sizeof words, "link add near%u type veth peer name far%u netns %d", i,
                               i, pid);
                if (!ip(words)) {
                        printf("not tried: no virtual cables here\n");
                        (void)kill(pid, SIGKILL);
                        return;
                }
        }
        ck_assert(ip("addr add 10.77.0.1/24 dev near0") && ip("addr add 10.78.0.1/24 dev near1"));
        ck_assert(ip("link set near0 up") && ip("link set near1 up"));
        (void)!write(go[1], "g", 1);
        (void)close(ready[1]);
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);

        discover(NULL, 2 * WAIT_US);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        ck_assert_int_eq(error, 0);
        ck_assert_uint_eq(found_n, 2);
        for (unsigned i = 0; i < 2; i++) {
                bool first = strcmp(found[i].match.endpoint, "urn:uuid:7") == 0;
                char mac[18];

                ck_assert_str_eq(found[i].address, first ? "10.77.0.7" : "10.78.0.8");
                ck_assert_uint_eq(strlen(found[i].mac), 17);
                ck_assert(neighbour_mac(NULL, found[i].address, mac));
                ck_assert_str_eq(mac, found[i].mac);
        }
        ck_assert_str_ne(found[0].mac, found[1].mac);
}
END_TEST

/* ---- the neighbour table ---- */

START_TEST(the_neighbour_table_is_read_with_care)
{
        char path[] = "/tmp/thon-arp-XXXXXX", mac[18] = "untouched";
        static const char table[] =
                "IP address       HW type     Flags       HW address            Mask     Device\n"
                "192.168.4.21     0x1         0x2         44:19:B6:01:02:03     *        eth0\n"
                "192.168.4.22     0x1         0x0         00:00:00:00:00:00     *        eth0\n"
                "192.168.4.23     0x1         0x0         44:19:b6:01:02:04     *        eth0\n"
                "192.168.4.24     0x1         0x6         44:19:b6:01:02:05     *        eth0\n"
                "192.168.4.25     0x1         0x2         00:00:00:00:00:00     *        eth0\n"
                "192.168.4.26     0x1         0x2         not:a:mac:at:all!     *        eth0\n"
                "fe80::1          0x1         0x2         44:19:b6:01:02:06     *        eth0\n"
                "192.168.4.27\n\n"
                "192.168.4.2      0x1         0x2         44:19:b6:01:02:07     *        wlan0";
        _cleanup_free_ struct neighbour *all = NULL;
        size_t n = 0;
        int fd = mkstemp(path);

        ck_assert_int_eq(write(fd, table, sizeof table - 1), (ssize_t)sizeof table - 1);
        (void)close(fd);
        ck_assert(!neighbour_mac(path, "192.168.4.22", mac));
        ck_assert(!neighbour_mac(path, "192.168.4.23", mac));
        ck_assert(!neighbour_mac(path, "192.168.4.28", mac));
        ck_assert_str_eq(mac, "untouched");
        ck_assert(neighbour_mac(path, "192.168.4.21", mac));
        ck_assert_str_eq(mac, "44:19:b6:01:02:03");
        ck_assert(neighbour_mac(path, "192.168.4.2", mac));
        ck_assert_str_eq(mac, "44:19:b6:01:02:07");
        ck_assert_int_eq(neighbours_read(path, &all, &n), 0);
        ck_assert_uint_eq(n, 3);
        (void)unlink(path);
        ck_assert_int_eq(neighbours_read(path, &all, &n), -ENOENT);
        ck_assert(!neighbour_mac(path, "192.168.4.21", mac));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("discover");
        TCase *t = tcase_create("discover");
        SRunner *runner = srunner_create(suite);

        tcase_set_timeout(t, 60);
        tcase_add_test(t, three_probes_are_one_question_and_one_answer_is_kept);
        tcase_add_test(t, nonsense_is_passed_over);
        tcase_add_test(t, who_answers_for_hundreds_is_bounded);
        tcase_add_test(t, silence_is_an_answer_too);
        tcase_add_test(t, an_address_that_is_none_is_refused);
        tcase_add_test(t, a_discovery_can_be_cancelled);
        tcase_add_test(t, a_probe_goes_out_by_every_interface);
        tcase_add_test(t, the_neighbour_table_is_read_with_care);
        suite_add_tcase(suite, t);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

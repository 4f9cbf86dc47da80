/* Sweeps of cameras by the watchdog's own prober: OPTIONS, DESCRIBE, and DESCRIBE again with Digest, on one connection each, as
 * thon-camerad does a check.
 *
 * usage: bench_sweep FIRST-ADDRESS PORT CAMERAS SWEEPS HUNG USER
 * The password is in $THON_BENCH_PASSWORD. Cameras have addresses one after the other; the first HUNG of them accept and say
 * nothing. Prints one JSON object: what it took, all sweeps together and the median of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/resource.h>

#include "../../src/camerad/prober.h"
#include "bench.h"

struct camera {
        struct thon_watch_device device;
        struct sweep *sweep;
        char address[INET_ADDRSTRLEN], url[64];
        double started, ended;
        bool hung, good;
};

struct sweep {
        sd_event *event;
        struct prober *prober;
        struct camera *cameras;
        size_t n, next, done, good;
        const char *user, *password;
};

static void go_on(struct sweep *s);

static void on_checked(const struct thon_probe *probe, void *userdata)
{
        struct camera *c = userdata;
        struct sweep *s = c->sweep;

        c->ended = bench_now();
        c->good = probe->failure == THON_PROBE_FINE && probe->reached >= THON_RUNG_DESCRIBE &&
                  probe->auth_sent;
        if (c->good == c->hung)
                bench_die("%s: %s, status %d: %s", c->address, thon_rung_text(probe->reached), probe->status,
                          probe->detail);
        s->done++;
        go_on(s);
}

static void go_on(struct sweep *s)
{
        while (s->next < s->n) {
                struct camera *c = &s->cameras[s->next];
                struct prober_want want = {.device = &c->device,
                                           .user = s->user,
                                           .password = s->password,
                                           .up_to = THON_RUNG_DESCRIBE};
                struct prober_check *check;
                int r = prober_start(s->prober, &want, on_checked, c, &check);

                if (r == -EBUSY)
                        return;
                if (r < 0)
                        bench_die("%s: %s", c->address, strerror(-r));
                c->started = bench_now();
                s->next++;
        }
        if (s->done == s->n)
                (void)sd_event_exit(s->event, 0);
}

static uint32_t number(const char *text, uint32_t most)
{
        char *end;
        unsigned long n = strtoul(text, &end, 10);

        if (end == text || *end || n > most)
                bench_die("%s is no number up to %u", text, most);
        return (uint32_t)n;
}

int main(int argc, char **argv)
{
        struct prober_limits limits = {
                .connect_us = 3000000, .answer_us = 4000000, .rtp_us = 3000000, .in_flight = 256};
        const char *password = getenv("THON_BENCH_PASSWORD");
        struct sweep s = {.password = password};
        struct rusage usage;
        struct in_addr first;
        double *walls, *cpus;
        double worst_hung = 0, worst_healthy = 0;
        uint32_t sweeps, hung, port;

        if (argc != 7 || !password || inet_pton(AF_INET, argv[1], &first) != 1)
                bench_die("usage: bench_sweep FIRST-ADDRESS PORT CAMERAS SWEEPS HUNG USER");
        port = number(argv[2], 65535);
        s.n = number(argv[3], 60000);
        sweeps = number(argv[4], 1000);
        hung = number(argv[5], (uint32_t)s.n);
        s.user = argv[6];
        s.cameras = calloc(s.n, sizeof(*s.cameras));
        walls = calloc(sweeps, sizeof(*walls));
        cpus = calloc(sweeps, sizeof(*cpus));
        if (!s.cameras || !walls || !cpus || sd_event_default(&s.event) < 0 ||
            prober_new(s.event, &limits, &s.prober) < 0)
                bench_die("out of memory");
        for (size_t i = 0; i < s.n; i++) {
                struct camera *c = &s.cameras[i];
                struct in_addr address = {htonl(ntohl(first.s_addr) + (uint32_t)i)};

                c->sweep = &s;
                c->hung = i < hung;
                (void)inet_ntop(AF_INET, &address, c->address, sizeof(c->address));
                (void)snprintf(c->url, sizeof(c->url), "rtsp://%s:%u/live", c->address, port);
                c->device = (struct thon_watch_device){.id = c->address,
                                                       .name = c->address,
                                                       .area = c->address,
                                                       .kind = THON_WATCH_CAMERA,
                                                       .host = c->address,
                                                       .port = (int)port,
                                                       .url = c->url,
                                                       .user = argv[6]};
        }
        for (uint32_t i = 0; i < sweeps; i++) {
                double wall = bench_now(), cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);

                s.next = s.done = 0;
                go_on(&s);
                if (sd_event_loop(s.event) < 0)
                        bench_die("the loop failed");
                walls[i] = bench_now() - wall;
                cpus[i] = bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
                for (size_t c = 0; c < s.n; c++) {
                        double took = s.cameras[c].ended - wall;

                        if (s.cameras[c].hung && took > worst_hung)
                                worst_hung = took;
                        if (!s.cameras[c].hung && took > worst_healthy)
                                worst_healthy = took;
                }
                s.event = sd_event_unref(s.event);
                s.prober = prober_free(s.prober);
                if (i + 1 < sweeps &&
                    (sd_event_default(&s.event) < 0 || prober_new(s.event, &limits, &s.prober) < 0))
                        bench_die("out of memory");
        }
        if (getrusage(RUSAGE_SELF, &usage) < 0)
                bench_die("getrusage failed");
        printf("{\"checks\":%zu,\"wall_s\":%.6f,\"cpu_s\":%.6f,\"rss_mb\":%.3f,\"hung_s\":%.6f,\"healthy_s\":%.6f}\n",
               s.n, bench_quantile(walls, sweeps, 0.5), bench_quantile(cpus, sweeps, 0.5),
               (double)usage.ru_maxrss / 1000, worst_hung, worst_healthy);
        free(s.cameras);
        free(walls);
        free(cpus);
        return 0;
}

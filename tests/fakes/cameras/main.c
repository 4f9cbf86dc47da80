/* fake-cameras: options, the scene, and the loop. */
#include "farm.h"

#include <errno.h>
#include <getopt.h>
#include <libxml/parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SCENE_MAX (8u << 20)

struct options {
        const char *scene, *clock;
        unsigned long control_port, width, height;
        bool blackhole;
};

static int usage(FILE *out, int code)
{
        fputs("usage: fake-cameras [--scene FILE] [--control-port N] [--picture WxH] [--sim-clock TIME[,xSPEED]]\n"
              "                    [--blackhole]\n"
              "IP cameras on addresses of their own: RTSP, HTTP snapshots, ONVIF, WS-Discovery; they misbehave when told to\n"
              "by /control on 127.0.0.1, of which the port is printed when they are ready (0, the default, chooses one).\n"
              "--blackhole silences them by routes, ping and all: in a network namespace of their own.\n",
              out);
        return code;
}

static bool take_number(const char *text, unsigned long max, char end, unsigned long *ret,
                        const char **ret_rest)
{
        char *rest = NULL;
        unsigned long value;

        errno = 0;
        value = *text >= '0' && *text <= '9' ? strtoul(text, &rest, 10) : max + 1;
        if (errno || value > max || *rest != end)
                return false;
        *ret = value;
        *ret_rest = rest;
        return true;
}

/* 0 to go on, else exit status + 1. */
static int take_options(int argc, char **argv, struct options *options)
{
        static const struct option known[] = {{"scene", required_argument, NULL, 's'},
                                              {"control-port", required_argument, NULL, 'c'},
                                              {"picture", required_argument, NULL, 'p'},
                                              {"sim-clock", required_argument, NULL, 't'},
                                              {"blackhole", no_argument, NULL, 'b'},
                                              {"help", no_argument, NULL, 'h'},
                                              {NULL, 0, NULL, 0}};
        const char *rest;
        int c;

        while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
                bool ok = true;

                switch (c) {
                case 's':
                        options->scene = optarg;
                        break;
                case 'c':
                        ok = take_number(optarg, 65535, '\0', &options->control_port, &rest);
                        break;
                case 'p':
                        ok = take_number(optarg, 3840, 'x', &options->width, &rest) &&
                             take_number(rest + 1, 2160, '\0', &options->height, &rest);
                        break;
                case 't':
                        options->clock = optarg;
                        break;
                case 'b':
                        options->blackhole = true;
                        break;
                case 'h':
                        return usage(stdout, 1);
                default:
                        ok = false;
                }
                if (!ok)
                        return usage(stderr, 3);
        }
        return optind == argc ? 0 : usage(stderr, 3);
}

static void on_signal(struct watch *watch, uint32_t events)
{
        struct farm *farm = container(watch, struct farm, signals);

        (void)events;
        farm->loop.over = true;
}

static int catch_signals(struct farm *farm)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        farm->signals =
                (struct watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .fn = on_signal};
        if (farm->signals.fd < 0)
                return -errno;
        return loop_watch(&farm->loop, &farm->signals, EPOLLIN);
}

/* Two sockets a camera, and the connections. */
static void raise_files(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
                limit.rlim_cur = limit.rlim_max;
                (void)setrlimit(RLIMIT_NOFILE, &limit);
        }
}

static int start(struct farm *farm, const struct options *options)
{
        int r = loop_init(&farm->loop);

        if (r >= 0)
                r = catch_signals(farm);
        if (r >= 0)
                r = sd_event_new(&farm->event);
        if (r >= 0)
                r = thon_clock_new(farm->event, options->clock, &farm->clock);
        if (r >= 0)
                r = digests_init(&farm->digests);
        if (r >= 0)
                r = video_new(&farm->video);
        if (r >= 0)
                r = album_new((unsigned)options->width, (unsigned)options->height, &farm->album);
        if (r < 0)
                return r;
        farm->index = json_object();
        farm->blackhole = options->blackhole;
        if (farm->blackhole) { /* what cannot be silenced must not begin */
                const struct in_addr nobody = {htonl(0xc0000201)};

                r = route_blackhole(nobody, true);
                if (r >= 0)
                        r = route_blackhole(nobody, false);
                if (r < 0)
                        return r;
        }
        farm->control = (struct listener){.watch.fd = -1,
                                          .service = SERVICE_CONTROL,
                                          .port = (uint16_t)options->control_port,
                                          .plug = -1};
        return farm->index ? listener_open(&farm->control) : -ENOMEM;
}

static int populate(struct farm *farm, const char *path)
{
        struct thon_json_error error = {""};
        _cleanup_json_ json_t *scene = NULL;
        int r = thon_json_read_file(path, SCENE_MAX, &scene, &error);

        if (r < 0 || !hosts_add(farm, scene, &error)) {
                fprintf(stderr, "fake-cameras: %s\n", error.text);
                return -EINVAL;
        }
        return 0;
}

static void stop(struct farm *farm)
{
        discovery_close(farm);
        while (!TAILQ_EMPTY(&farm->others))
                conn_end(TAILQ_FIRST(&farm->others), false);
        hosts_free(farm);
        listener_close(&farm->control);
        conns_bury(farm);
        album_free(farm->album);
        video_free(farm->video);
        digests_done(&farm->digests);
        thon_clock_free(farm->clock);
        sd_event_unref(farm->event);
        if (farm->signals.fd >= 0)
                (void)close(farm->signals.fd);
        loop_done(&farm->loop);
        xmlCleanupParser();
}

static void bury(void *userdata)
{
        conns_bury(userdata);
}

int main(int argc, char **argv)
{
        struct options options = {.width = 704, .height = 576};
        struct farm farm = {.loop.epoll = -1,
                            .rtsp_port = 8554,
                            .http_port = 8080,
                            .discovery.fd = -1,
                            .signals.fd = -1,
                            .control.watch.fd = -1};
        int r = take_options(argc, argv, &options);

        if (r > 0)
                return r - 1;
        TAILQ_INIT(&farm.graves);
        TAILQ_INIT(&farm.others);
        TAILQ_INIT(&farm.waiters);
        raise_files();
        r = start(&farm, &options);
        if (r >= 0 && options.scene)
                r = populate(&farm, options.scene);
        if (r >= 0)
                r = discovery_open(&farm);
        if (r >= 0) {
                printf("%u\n", farm.control.port);
                (void)fflush(stdout);
                r = loop_run(&farm.loop, bury, &farm);
                if (r >= 0)
                        r = farm.error;
        }
        if (r < 0)
                fprintf(stderr, "fake-cameras: %s\n", strerror(-r));
        stop(&farm);
        return r < 0;
}

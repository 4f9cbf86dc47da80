/* fake-providers: options, what all providers share, and the loop. */
#include "fakes.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "thon/conf.h"

#define UTC7_MS 25200000LL
#define DAY_MS  86400000LL

struct options {
        uint16_t port, control_port;
        bool own_control, quiet, show;
        const char *record, *clock;
};

uint64_t fakes_mono_us(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int64_t fakes_now_ms(const struct fakes *fakes)
{
        return thon_clock_wall(fakes->clock).s * 1000 + fakes->clock_offset_ms;
}

int fakes_minute_of_day(const struct fakes *fakes, int32_t *ret_day)
{
        int64_t local = fakes_now_ms(fakes) + UTC7_MS;

        *ret_day = (int32_t)(local / DAY_MS);
        return (int)(local % DAY_MS / 60000);
}

void fakes_stop(struct fakes *fakes)
{
        unsigned i;

        for (i = 0; i < PROVIDERS; i++)
                if (providers[i]->stop && fakes->state[i]) {
                        providers[i]->stop(fakes);
                        fakes->state[i] = NULL;
                }
        fakes->limits = limits_free(fakes->limits);
        fakes->updates = updates_free(fakes->updates);
        fakes->people = people_free(fakes->people);
        fakes->apps = apps_free(fakes->apps);
        fakes->faults = faults_free(fakes->faults);
}

int fakes_start(struct fakes *fakes)
{
        unsigned i;
        int r;

        fakes->faults = faults_new();
        fakes->apps = apps_new();
        fakes->people = people_new();
        fakes->updates = updates_new();
        fakes->limits = limits_new();
        if (!fakes->faults || !fakes->apps || !fakes->people || !fakes->updates || !fakes->limits)
                return -ENOMEM;
        for (i = 0; i < PROVIDERS; i++)
                if (providers[i]->start) {
                        r = providers[i]->start(fakes);
                        if (r < 0)
                                return r;
                }
        record_clear(fakes->record);
        return 0;
}

static int usage(FILE *out, int code)
{
        fputs("usage: fake-providers [--port N] [--control-port N] [--record FILE] [--sim-clock TIME[,xSPEED]]\n"
              "                      [--show] [--quiet]\n"
              "Answers as Zalo, Telegram, ntfy, Facebook and a webhook's receiver on 127.0.0.1, and misbehaves when told\n"
              "to by /control. Prints its port when it is ready (then that of the control API when it has its own); 0,\n"
              "the default, chooses one. --show prints every message that it accepts.\n",
              out);
        return code;
}

static bool take_port(const char *text, uint16_t *ret)
{
        char *end = NULL;
        unsigned long value;

        errno = 0;
        value = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 65536;
        if (errno || !end || *end || value > 65535)
                return false;
        *ret = (uint16_t)value;
        return true;
}

/* 0 to go on, else exit status + 1. */
static int take_options(int argc, char **argv, struct options *options)
{
        static const struct option known[] = {
                {"port", required_argument, NULL, 'p'},   {"control-port", required_argument, NULL, 'c'},
                {"record", required_argument, NULL, 'r'}, {"sim-clock", required_argument, NULL, 't'},
                {"show", no_argument, NULL, 's'},         {"quiet", no_argument, NULL, 'q'},
                {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
        int c;

        while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
                bool ok = true;

                switch (c) {
                case 'p':
                        ok = take_port(optarg, &options->port);
                        break;
                case 'c':
                        ok = take_port(optarg, &options->control_port);
                        options->own_control = true;
                        break;
                case 'r':
                        options->record = optarg;
                        break;
                case 't':
                        options->clock = optarg;
                        break;
                case 's':
                        options->show = true;
                        break;
                case 'q':
                        options->quiet = true;
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

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        (void)info;
        (void)userdata;
        return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int catch_signals(sd_event *event)
{
        sigset_t set;
        int r;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        r = sd_event_add_signal(event, NULL, SIGTERM, on_signal, NULL);
        return r < 0 ? r : sd_event_add_signal(event, NULL, SIGINT, on_signal, NULL);
}

/* Provider's answers that never come hold their connections. */
static void raise_files(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
                limit.rlim_cur = limit.rlim_max;
                (void)setrlimit(RLIMIT_NOFILE, &limit);
        }
}

static int serve(struct fakes *fakes, const struct options *options)
{
        uint16_t port = options->port, control_port = options->control_port;
        int r;

        r = catch_signals(fakes->event);
        if (r >= 0)
                r = thon_clock_new(fakes->event, options->clock, &fakes->clock);
        if (r < 0)
                return r;
        r = record_new(fakes, options->record, options->show, &fakes->record);
        if (r >= 0)
                r = fakes_start(fakes);
        if (r >= 0)
                r = server_new(fakes, &port, &fakes->door);
        if (r >= 0 && options->own_control)
                r = server_new(fakes, &control_port, &fakes->control);
        if (r < 0)
                return r;
        fakes->port = port;
        if (!options->quiet) {
                printf("%u\n", port);
                if (options->own_control)
                        printf("%u\n", control_port);
                (void)fflush(stdout);
        }
        return sd_event_loop(fakes->event);
}

int main(int argc, char **argv)
{
        struct options options = {0};
        struct fakes fakes = {0};
        int r = take_options(argc, argv, &options);

        if (r > 0)
                return r - 1;
        raise_files();
        r = sd_event_new(&fakes.event);
        if (r >= 0)
                r = serve(&fakes, &options);
        if (r < 0)
                fprintf(stderr, "fake-providers: %s\n", strerror(-r));
        server_free(fakes.control);
        server_free(fakes.door);
        fakes_stop(&fakes);
        record_free(fakes.record);
        thon_clock_free(fakes.clock);
        sd_event_unref(fakes.event);
        return r < 0;
}

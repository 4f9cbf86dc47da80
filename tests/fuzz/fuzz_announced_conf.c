/* announced.conf of any bytes: what is taken keeps its promises to the queue and the plant, and what is refused says why. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "thon/announced_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/thon-fuzz-announced-XXXXXX", path[64];

static void clean_up(void)
{
        (void)unlink(path);
        (void)rmdir(dir);
}

/* A directory whose announced.conf is a file in memory. */
static int memory(void)
{
        static int fd = -1;
        char target[32];

        if (fd >= 0)
                return fd;
        fd = memfd_create("announced.conf", MFD_CLOEXEC);
        if (fd < 0 || !mkdtemp(dir))
                abort();
        (void)snprintf(path, sizeof path, "%s/announced.conf", dir);
        (void)snprintf(target, sizeof target, "/proc/self/fd/%d", fd);
        if (symlink(target, path) < 0)
                abort();
        (void)atexit(clean_up);
        return fd;
}

/* It goes into the log: one line of text. */
static void hear(void *userdata, bool is_error, const char *text)
{
        (void)userdata;
        (void)is_error;
        if (*text == '\0' || strpbrk(text, "\n\r\x1b"))
                abort();
}

static void check_zone(const struct thon_announced_conf *conf, size_t index, const struct thon_zone *civil)
{
        const struct thon_air_zone_conf *zone = &conf->zones[index];
        double db = thon_gain_at(&zone->gain, civil, (struct thon_wall){1795000000});

        if (!thon_slug_valid(zone->id) || !zone->name || *zone->sink.address == '\0' ||
            (zone->sink.kind == THON_SINK_RTP) != (zone->sink.port > 0))
                abort();
        if (zone->rules.n_quiet > THON_QUIET_MAX || zone->rules.day_s < 0 || zone->rules.week_s < 0 ||
            zone->rules.late_s < 60 || zone->rules.warm_us > 30000000 || zone->rules.apart >> index & 1)
                abort();
        for (size_t i = 0; i < conf->n_zones; i++)
                if ((zone->rules.apart >> i & 1) != (conf->zones[i].rules.apart >> index & 1))
                        abort();
        if (!(db >= -60 && db <= 12) || !isfinite(zone->return_level) || zone->delay_ms < 0 ||
            zone->delay_ms > 5000)
                abort();
        if (zone->amplifier.kind == THON_AMPLIFIER_GPIO && !thon_line_ref_set(&zone->amplifier.line))
                abort();
        if (zone->placed && !(zone->place.lat >= -90 && zone->place.lat <= 90 && zone->reach_km > 0))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const int fd = memory();
        const thon_slug all[] = {"all"};
        struct thon_announced_conf conf = {0};
        struct thon_conf_report report = {.tell = hear};
        struct thon_air *air = NULL;
        struct thon_zone *civil;
        const char *unknown;
        int r;

        if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size ||
            thon_zone_fixed(25200, &civil) != 0)
                return 0;
        r = thon_announced_conf_read(dir, &conf, &report);
        if (r > 0 || (r == -EINVAL) != (report.errors > 0) || (r < 0 && conf.zones))
                abort();
        if (r == 0) {
                struct thon_air_rules rules[THON_ANNOUNCE_ZONES_MAX];

                for (size_t i = 0; i < conf.n_zones; i++) {
                        check_zone(&conf, i, civil);
                        rules[i] = conf.zones[i].rules;
                }
                if (thon_announced_conf_resolve(&conf, all, 1, &unknown) !=
                            (conf.n_zones == 64 ? UINT64_MAX : (UINT64_C(1) << conf.n_zones) - 1) ||
                    unknown)
                        abort();
                if (thon_air_new(civil, rules, conf.n_zones, &air) < 0)
                        abort();
        }
        thon_air_free(air);
        thon_announced_conf_done(&conf);
        thon_zone_free(civil);
        return 0;
}

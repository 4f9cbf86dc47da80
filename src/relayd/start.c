/* Start, reload and stop. A new configuration is read whole and found sound before anything of the old one is given up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relayd.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/tz.h"

/* Into a zeroed struct, which is so again after a failure. */
static int read_conf(const char *config_dir, struct thon_site_conf *site)
{
        struct thon_conf_report report = {.tell = thon_conf_tell_log};
        const char *problem = NULL;
        int r;

        r = thon_site_conf_read(config_dir, site, &report);
        if (r == 0)
                problem = thon_mqtt_problem(site);
        if (r == 0 && !problem)
                return 0;
        if (problem)
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL, "thon.conf: %s", problem);
        thon_site_conf_done(site);
        return r < 0 ? r : -EINVAL;
}

static int relayd_check(const struct thon_options *options)
{
        struct thon_site_conf site = {0};
        int r = read_conf(options->config_dir, &site);

        if (r == 0)
                thon_site_conf_done(&site);
        return r;
}

static void relayd_stop(struct thon_daemon *daemon)
{
        struct relayd *d = (struct relayd *)daemon;

        if (!d)
                return;
        relayd_batch_stop(d);
        d->mqtt = thon_mqtt_free(d->mqtt);
        thon_zone_free(d->zone);
        thon_site_conf_done(&d->site);
        free(d->config_dir);
        free(d->state_dir);
        free(d);
}

static int build(struct relayd *d, const struct thon_options *options)
{
        int r;

        d->config_dir = strdup(options->config_dir);
        d->state_dir = strdup(options->state_dir);
        if (!d->config_dir || !d->state_dir)
                return -ENOMEM;
        r = read_conf(options->config_dir, &d->site);
        if (r == 0)
                r = thon_tz_load(d->site.tz, &d->zone);
        if (r == 0)
                r = relayd_batch_start(d);
        if (r == 0)
                r = relayd_broker_connect(d);
        if (r < 0)
                return r;
        (void)relayd_store(d);
        relayd_publish_health(d);
        return 0;
}

static int relayd_start(sd_event *event, struct thon_clock *clock, const struct thon_options *options,
                        struct thon_daemon **ret)
{
        struct relayd *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->event = event;
        d->clock = clock;
        r = build(d, options);
        if (r < 0) {
                thon_error("relayd cannot start: %s", strerror(-r));
                relayd_stop((struct thon_daemon *)d);
                return r;
        }
        *ret = (struct thon_daemon *)d;
        return 0;
}

const struct thon_daemon_ops relayd_ops = {
        .name = "relayd",
        .description = "brings notices to people over Zalo and other channels",
        .check = relayd_check,
        .start = relayd_start,
        .stop = relayd_stop,
};

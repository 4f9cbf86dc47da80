/* Start, reload and stop. A new configuration is read whole and found sound before anything of the old one is given up;
 * queues, tokens and gates of the channels that stay are kept. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pump.h"
#include "store_down.h"
#include "thon/cleanup.h"
#include "thon/good_conf.h"
#include "thon/log.h"
#include "thon/tz.h"

static int __attribute__((format(printf, 1, 2))) problem(const char *format, ...)
{
        char text[300];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL, "%s", text);
        return -EINVAL;
}

/* People are told of what does not happen: with a clock of one's own, only what is on this machine is sent to. */
static int check_simulated(const struct thon_relayd_conf *conf)
{
        for (size_t i = 0; i < conf->n_channels; i++) {
                const struct thon_channel_conf *c = &conf->channels[i];
                const char *const urls[] = {c->api_url, c->oauth_url, c->template_url};

                if (!c->enabled)
                        continue;
                if (c->kind == THON_KIND_SMS)
                        return problem("relayd.conf: channel %s: a simulated clock sends no SMS", c->name);
                for (size_t u = 0; u < sizeof(urls) / sizeof(urls[0]); u++)
                        if (urls[u] && *urls[u] && !thon_http_local(urls[u]))
                                return problem(
                                        "relayd.conf: channel %s: a simulated clock goes with addresses of this "
                                        "machine only, not %s",
                                        c->name, urls[u]);
        }
        return 0;
}

/* Into zeroed structs, which are so again after a failure. Both files are read: every mistake is told at once. */
static int read_conf(const char *config_dir, bool simulated, struct thon_site_conf *site,
                     struct thon_relayd_conf *conf)
{
        struct thon_conf_report report = {.tell = thon_conf_tell_log};
        const char *wrong;
        int r, r2;

        r = thon_site_conf_read(config_dir, site, &report);
        r2 = thon_relayd_conf_read(config_dir, conf, &report);
        if (r == 0 && (wrong = thon_mqtt_problem(site)))
                r = problem("thon.conf: %s", wrong);
        if (r == 0)
                r = r2;
        if (r == 0 && simulated)
                r = check_simulated(conf);
        if (r == 0 && (!conf->sender || !*conf->sender) && site->name) {
                free(conf->sender);
                conf->sender = strdup(site->name);
                r = conf->sender ? 0 : -ENOMEM;
        }
        if (r == 0)
                return 0;
        thon_site_conf_done(site);
        thon_relayd_conf_done(conf);
        return r < 0 ? r : -EINVAL;
}

/* The last one that was sound, in the place of one that is not: who edited it with a mistake learns that from the journal, and
 * whoever is to be warned meanwhile is warned. */
static int read_good_conf(const char *state_dir, bool simulated, struct thon_site_conf *site,
                          struct thon_relayd_conf *conf)
{
        _cleanup_free_ char *dir = NULL;
        int r = thon_good_conf_find(state_dir, "relayd", &dir);

        return r < 0 ? r : read_conf(dir, simulated, site, conf);
}

static void keep_good_conf(const char *config_dir, const char *state_dir)
{
        int r = thon_good_conf_keep(config_dir, state_dir, "relayd");

        if (r < 0)
                thon_warning("The configuration could not be kept for a start with a damaged one: %s",
                             strerror(-r));
}

static int read_or_good_conf(const char *config_dir, const char *state_dir, bool simulated,
                             struct thon_site_conf *site, struct thon_relayd_conf *conf)
{
        int r = read_conf(config_dir, simulated, site, conf);

        if (r == 0) {
                keep_good_conf(config_dir, state_dir);
                return 0;
        }
        if (read_good_conf(state_dir, simulated, site, conf) != 0)
                return r;
        (void)problem("the configuration in %s is not usable; starting with the last one that was",
                      config_dir);
        return 0;
}

static int relayd_check(const struct thon_options *options)
{
        struct thon_site_conf site = {0};
        struct thon_relayd_conf conf = {0};
        int r = read_conf(options->config_dir, options->sim_clock != NULL, &site, &conf);

        if (r < 0 && !options->check_config &&
            read_good_conf(options->state_dir, options->sim_clock != NULL, &site, &conf) == 0)
                r = 0;
        if (r == 0) {
                thon_site_conf_done(&site);
                thon_relayd_conf_done(&conf);
        }
        return r;
}

static bool relayd_finish(struct thon_daemon *daemon)
{
        return relayd_pump_finish((struct relayd *)daemon);
}

static void relayd_stop(struct thon_daemon *daemon)
{
        struct relayd *d = (struct relayd *)daemon;

        if (!d)
                return;
        d->stopping = true;
        relayd_inbound_stop(d);
        relayd_watch_stop(d);
        relayd_routes_stop(d);
        relayd_backups_stop(d);
        for (size_t i = 0; i < d->n_channels; i++)
                relayd_sends_give_up(d->channels[i]);
        if (d->batch)
                relayd_batch_flush(d);
        relayd_publish_stop(d);
        relayd_announce_stop(d);
        relayd_keep_stop(d);
        if (d->batch)
                relayd_batch_flush(d); /* its answers want the broker */
        d->mqtt = thon_mqtt_free(d->mqtt);
        relayd_channels_stop(d);
        relayd_store_down_stop(d);
        relayd_offline_stop(d);
        d->http = thon_http_free(d->http);
        relayd_pump_stop(d);
        relayd_batch_stop(d);
        thon_zone_free(d->zone);
        thon_site_conf_done(&d->site);
        thon_relayd_conf_done(&d->conf);
        free(d->config_dir);
        free(d->state_dir);
        free(d);
}

/* Rows that were put off were so by a clock, or by limits, that are others now. */
static void look_again(struct relayd *d)
{
        if (relayd_batch_enter(d) == 0)
                (void)thon_queue_undefer(d->store, relayd_wall(d));
        relayd_move_orphans(d);
        relayd_pump_soon(d);
        relayd_pump_expires(d, relayd_wall(d));
}

static void on_step(void *userdata)
{
        struct relayd *d = userdata;

        for (size_t i = 0; i < d->n_channels; i++)
                relayd_sends_undate(d->channels[i]);
        look_again(d);
        if (relayd_batch_enter(d) == 0)
                (void)thon_escalation_redate(d->store, relayd_wall(d));
        relayd_routes_look(d);
        relayd_escalations_look(d);
}

static int build(struct relayd *d, const struct thon_options *options)
{
        int r;

        d->config_dir = strdup(options->config_dir);
        d->state_dir = strdup(options->state_dir);
        if (!d->config_dir || !d->state_dir)
                return -ENOMEM;
        r = read_or_good_conf(options->config_dir, options->state_dir, thon_clock_simulated(d->clock),
                              &d->site, &d->conf);
        if (r == 0)
                r = thon_tz_load(d->site.tz, &d->zone);
        if (r == 0)
                r = relayd_batch_start(d);
        if (r == 0)
                r = relayd_pump_start(d);
        if (r == 0)
                r = thon_http_new(d->event, &d->http);
        if (r == 0)
                r = relayd_offline_start(d);
        if (r == 0)
                r = relayd_broker_connect(d);
        if (r == 0)
                r = relayd_publish_start(d);
        if (r == 0)
                r = relayd_announce_start(d);
        if (r == 0)
                r = relayd_backups_start(d);
        if (r == 0)
                r = relayd_channels_start(d);
        if (r == 0)
                r = relayd_store_down_start(d);
        if (r == 0)
                r = relayd_keep_start(d);
        if (r == 0)
                r = relayd_routes_start(d);
        if (r == 0)
                r = relayd_watch_start(d);
        if (r == 0)
                r = relayd_inbound_start(d);
        if (r == 0)
                r = thon_clock_watch(d->clock, on_step, d);
        if (r < 0)
                return r;
        relayd_escalations_look(d);
        /* The clock may have lost hours with the power: what was due at once then is so now. */
        if (!thon_clock_trusted(d->clock) && relayd_batch_enter(d) == 0)
                (void)thon_queue_undefer(d->store, relayd_wall(d));
        relayd_move_orphans(d);
        relayd_publish_health(d);
        relayd_pump_soon(d);
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

/* Everything that hangs on thon.conf has its own life: a restart takes two seconds and loses nothing. */
static int relayd_reload(struct thon_daemon *daemon)
{
        struct relayd *d = (struct relayd *)daemon;
        struct thon_site_conf site = {0}, old_site = d->site;
        struct thon_relayd_conf conf = {0}, old_conf = d->conf;
        int r = read_conf(d->config_dir, thon_clock_simulated(d->clock), &site, &conf);

        if (r < 0)
                return r;
        if (!thon_site_conf_same(&site, &old_site)) {
                thon_site_conf_done(&site);
                thon_relayd_conf_done(&conf);
                return problem(
                        "thon.conf: id, tz, the broker and the store's path change only with a restart");
        }
        d->site = site;
        d->conf = conf;
        r = relayd_channels_swap(d);
        if (r < 0) {
                d->site = old_site;
                d->conf = old_conf;
                thon_site_conf_done(&site);
                thon_relayd_conf_done(&conf);
                return r;
        }
        thon_site_conf_done(&old_site);
        thon_relayd_conf_done(&old_conf);
        keep_good_conf(d->config_dir, d->state_dir);
        /* The new ones are in force: what cannot follow them is said, and is no refusal. */
        r = relayd_routes_start(d);
        if (r < 0)
                thon_error("Routes stand still until the next reload: %s", strerror(-r));
        r = relayd_inbound_reload(d);
        if (r < 0)
                thon_error("What comes in is not asked for until the next reload: %s", strerror(-r));
        look_again(d);
        relayd_publish_health(d);
        return 0;
}

const struct thon_daemon_ops relayd_ops = {
        .name = "relayd",
        .description = "brings notices to people over Zalo and other channels",
        .check = relayd_check,
        .start = relayd_start,
        .reload = relayd_reload,
        .finish = relayd_finish,
        .stop = relayd_stop,
};

/* Start, reload and stop. A new configuration is read whole and found sound before anything of the old one is given up;
 * the plan, the lines and the connection stay as they are wherever nothing changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/daemon_conf.h"
#include "thon/good_conf.h"
#include "thon/log.h"

static int read_own(const char *config_dir, void *conf, struct thon_conf_report *report)
{
        return thon_light_conf_read(config_dir, conf, report);
}

static void own_done(void *conf)
{
        thon_light_conf_done(conf);
}

static const struct thon_daemon_conf CONF = {"lightd", read_own, own_done};

static int lightd_check(const struct thon_options *options)
{
        struct thon_light_conf conf = {0};

        return thon_daemon_conf_check(&CONF, options, &conf);
}

static void lightd_stop(struct thon_daemon *daemon)
{
        struct lightd *d = (struct lightd *)daemon;
        int r;

        if (!d)
                return;
        if (d->runtime.plan && (r = lightd_snapshot_save(d)) < 0)
                thon_warning("Overrides could not be kept on disk: %s", strerror(-r));
        d->look = thon_alarm_free(d->look);
        d->keep = thon_alarm_free(d->keep);
        d->retry = thon_alarm_free(d->retry);
        d->replan = thon_alarm_free(d->replan);
        d->flush = thon_alarm_free(d->flush);
        d->outbox = thon_outbox_free(d->outbox);
        lightd_keep_done(d);
        d->mqtt = thon_mqtt_free(d->mqtt);
        lightd_runtime_done(d);
        d->gpio = thon_gpio_free(d->gpio);
        json_decref(d->restored);
        json_decref(d->nodes);
        json_decref(d->elsewhere);
        json_decref(d->plan);
        thon_site_conf_done(&d->site);
        thon_light_conf_done(&d->conf);
        free(d->config_dir);
        free(d->state_dir);
        free(d);
}

static void on_look(void *userdata)
{
        lightd_look(userdata);
}

static void on_keep(void *userdata)
{
        struct lightd *d = userdata;

        lightd_keep_counters(d);
        lightd_keep_prune(d);
        if (d->snapshot_unkept && lightd_snapshot_save(d) == 0)
                thon_log(LOG_NOTICE, "The orders that the disk did not take are kept now");
        /* A registry that changed while the broker was away is seen here. */
        lightd_plan_load(d);
        lightd_look(d);
        lightd_alarm_in(d, d->keep, (uint64_t)d->conf.save_s * 1000000);
}

static void on_retry(void *userdata)
{
        struct lightd *d = userdata;

        if (lightd_runtime_reopen(d))
                lightd_retry_later(d);
        if (lightd_keep_store(d)) {
                lightd_plan_load(d);
                thon_outbox_flush(d->outbox, d->mqtt);
        }
        lightd_look(d);
}

static void on_replan(void *userdata)
{
        lightd_plan_load(userdata);
        lightd_plan_publish(userdata);
        lightd_look(userdata);
}

static void on_flush(void *userdata)
{
        lightd_keep_flush(userdata);
        lightd_publish_health(userdata);
}

static int make_alarms(struct lightd *d)
{
        const struct {
                const char *name;
                thon_alarm_fn fn;
                struct thon_alarm **alarm;
        } alarms[] = {
                {"look", on_look, &d->look},    {"keep", on_keep, &d->keep},
                {"retry", on_retry, &d->retry}, {"replan", on_replan, &d->replan},
                {"flush", on_flush, &d->flush},
        };
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(alarms) / sizeof(alarms[0]); i++)
                r = thon_alarm_new(d->clock, alarms[i].name, alarms[i].fn, d, alarms[i].alarm);
        return r;
}

static void keep_conf(const struct lightd *d)
{
        int r = thon_good_conf_keep(d->config_dir, d->state_dir, "lightd");

        if (r < 0)
                thon_warning("The configuration could not be kept for a start with a damaged one: %s",
                             strerror(-r));
}

static int build(struct lightd *d, const struct thon_options *options)
{
        struct thon_gpio_options gpio = {.consumer = "thon-lightd"};
        int r;

        d->config_dir = strdup(options->config_dir);
        d->state_dir = strdup(options->state_dir);
        d->nodes = json_object();
        d->elsewhere = json_object();
        if (!d->config_dir || !d->state_dir || !d->nodes || !d->elsewhere)
                return -ENOMEM;
        r = thon_daemon_conf_read(&CONF, options->config_dir, false, &d->site,
                                  &d->conf); /* lightd_check() has told */
        if (r == 0) {
                keep_conf(d);
        } else {
                d->conf_refused = true;
                r = thon_daemon_conf_read_good(&CONF, d->state_dir, d->config_dir, false, &d->site,
                                               &d->conf);
        }
        if (r < 0)
                return r;
        r = make_alarms(d);
        if (r == 0)
                r = lightd_events_start(d);
        if (r < 0)
                return r;
        gpio.sim_dir = d->conf.gpio_sim_dir && *d->conf.gpio_sim_dir ? d->conf.gpio_sim_dir : NULL;
        gpio.sim_only = thon_clock_simulated(d->clock);
        r = thon_gpio_new(d->event, &gpio, &d->gpio);
        if (r < 0)
                return r;
        r = lightd_broker_connect(d);
        if (r < 0)
                return r;
        d->trusted = thon_clock_trusted(d->clock);
        lightd_snapshot_load(d);
        /* A cabinet's plan does not come from it; its meters, its history and its events are kept in it all the same. */
        (void)lightd_keep_store(d);
        lightd_plan_load(d);
        /* Notes the boot: the next start in it is a restart of the daemon alone. */
        if (d->runtime.plan && (r = lightd_snapshot_save(d)) < 0)
                thon_warning("The state could not be kept on disk: %s", strerror(-r));
        r = thon_clock_watch(d->clock, on_look, d);
        if (r < 0)
                return r;
        lightd_alarm_in(d, d->keep, (uint64_t)d->conf.save_s * 1000000);
        lightd_look(d);
        return 0;
}

static int lightd_start(sd_event *event, struct thon_clock *clock, const struct thon_options *options,
                        struct thon_daemon **ret)
{
        struct lightd *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->event = event;
        d->clock = clock;
        d->plan_from = "none";
        d->generation = d->generation_told = -1;
        r = build(d, options);
        if (r < 0) {
                thon_error("lightd cannot start: %s", strerror(-r));
                lightd_stop((struct thon_daemon *)d);
                return r;
        }
        *ret = (struct thon_daemon *)d;
        return 0;
}

static bool same_broker(const struct thon_site_conf *a, const struct thon_site_conf *b)
{
        return thon_conf_same_text(a->id, b->id) && thon_conf_same_text(a->broker_host, b->broker_host) &&
               a->broker_port == b->broker_port && thon_conf_same_text(a->broker_user, b->broker_user) &&
               thon_conf_same_text(a->broker_credential, b->broker_credential) &&
               a->ha_discovery == b->ha_discovery && thon_conf_same_text(a->ha_prefix, b->ha_prefix);
}

/* The connection is kept when its settings did not change: a reload should not show as an outage. */
static int lightd_reload(struct thon_daemon *daemon)
{
        struct lightd *d = (struct lightd *)daemon;
        struct thon_site_conf site = {0}, old_site = d->site;
        struct thon_light_conf conf = {0}, old_conf = d->conf;
        int r;

        r = thon_daemon_conf_read(&CONF, d->config_dir, true, &site, &conf);
        if (r < 0)
                return r;
        if (!thon_conf_same_text(conf.gpio_sim_dir, old_conf.gpio_sim_dir) ||
            !thon_conf_same_text(site.store_path, old_site.store_path) ||
            strcmp(conf.node, old_conf.node) != 0) {
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                              "store.path, light.node and light.gpio_sim_dir change only with a restart");
                thon_site_conf_done(&site);
                thon_light_conf_done(&conf);
                return -EINVAL;
        }
        if (old_site.ha_discovery &&
            (!site.ha_discovery || !thon_conf_same_text(site.ha_prefix, old_site.ha_prefix)))
                for (size_t i = 0; i < d->runtime.n; i++)
                        lightd_discovery_remove(d, d->runtime.circuits[i].state.conf->id);
        d->site = site;
        d->conf = conf;
        /* The source of the plan is a subscription. */
        if (!same_broker(&site, &old_site) || conf.plan != old_conf.plan) {
                struct thon_mqtt *old = d->mqtt;
                d->mqtt = NULL;
                r = lightd_broker_connect(d);
                if (r < 0) {
                        (void)thon_mqtt_free(d->mqtt);
                        d->mqtt = old;
                        d->site = old_site;
                        d->conf = old_conf;
                        thon_site_conf_done(&site);
                        thon_light_conf_done(&conf);
                        return r;
                }
                (void)thon_mqtt_free(old);
                for (size_t i = 0; i < d->runtime.n; i++)
                        lightd_relay_subscribe(&d->runtime.circuits[i], true);
        }
        thon_site_conf_done(&old_site);
        thon_light_conf_done(&old_conf);
        d->conf_refused = false;
        keep_conf(d);
        d->generation = -1;
        lightd_plan_load(d);
        lightd_look(d);
        return 0;
}

const struct thon_daemon_ops lightd_ops = {
        .name = "lightd",
        .description = "switches the street lighting of a commune by its programs",
        .check = lightd_check,
        .start = lightd_start,
        .reload = lightd_reload,
        .stop = lightd_stop,
};

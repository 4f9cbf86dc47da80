/* Start, reload and stop. A new configuration is read whole and found sound before anything of the old one is given up; states,
 * incidents and the connection live on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camerad.h"
#include "thon/cleanup.h"
#include "thon/daemon_conf.h"
#include "thon/good_conf.h"
#include "thon/log.h"
#include "thon/tz.h"

static int read_own(const char *config_dir, void *conf, struct thon_conf_report *report)
{
        return thon_camera_conf_read(config_dir, conf, report);
}

static void own_done(void *conf)
{
        thon_camera_conf_done(conf);
}

static const struct thon_daemon_conf CONF = {"camerad", read_own, own_done};

static int camerad_check(const struct thon_options *options)
{
        struct thon_camera_conf conf = {0};

        return thon_daemon_conf_check(&CONF, options, &conf);
}

/* ---- alarms ---------------------------------------------------------------------------------------------------------- */

void camerad_alarm_in(struct camerad *d, struct thon_alarm *alarm, uint64_t us)
{
        thon_alarm_set(alarm, THON_WALL_NEVER, thon_mono_add(thon_clock_mono(d->clock), us));
}

void camerad_alarm_within(struct camerad *d, struct thon_alarm *alarm, uint64_t us)
{
        if (!thon_alarm_pending(alarm))
                camerad_alarm_in(d, alarm, us);
}

static void on_look(void *userdata)
{
        camerad_incidents_look(userdata);
}

static void on_tick(void *userdata)
{
        camerad_judge_tick(userdata);
}

static void on_reload(void *userdata)
{
        camerad_devices_load(userdata, false);
}

static void on_tell(void *userdata)
{
        camerad_health_tell(userdata);
}

static void on_uptime(void *userdata)
{
        camerad_uptime_look(userdata);
}

static int make_alarms(struct camerad *d)
{
        const struct {
                const char *name;
                thon_alarm_fn fn;
                struct thon_alarm **alarm;
        } alarms[] = {
                {"look", on_look, &d->look},         {"tick", on_tick, &d->tick},
                {"registry", on_reload, &d->reload}, {"tell", on_tell, &d->tell},
                {"uptime", on_uptime, &d->uptime},
        };
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(alarms) / sizeof(alarms[0]); i++)
                r = thon_alarm_new(d->clock, alarms[i].name, alarms[i].fn, d, alarms[i].alarm);
        return r;
}

/* What was planned in wall time is due at another one now, and how far a camera's clock is off is to be measured anew. */
static void on_step(void *userdata)
{
        struct camerad *d = userdata;

        for (size_t i = 0; i < d->n; i++)
                d->devices[i]->skew_known = false;
        d->clock_trusted = thon_clock_trusted(d->clock);
        camerad_judge_tick(d);
        camerad_look_soon(d);
}

/* ---- start and stop -------------------------------------------------------------------------------------------------- */

static void camerad_stop(struct thon_daemon *daemon)
{
        struct camerad *d = (struct camerad *)daemon;

        if (!d)
                return;
        d->stopping = true;
        camerad_keep_last(d);
        camerad_follow_stop(d);
        camerad_heal_stop(d);
        camerad_pictures_stop(d);
        camerad_sweep_stop(d);
        d->outbox = thon_outbox_free(d->outbox);
        camerad_keep_stop(d);
        camerad_devices_done(d); /* who waits for a check is answered */
        d->mqtt = thon_mqtt_free(d->mqtt);
        d->prober = prober_free(d->prober);
        d->http = thon_http_free(d->http);
        camerad_incidents_done(d);
        d->learn = thon_learn_free(d->learn);
        d->look = thon_alarm_free(d->look);
        d->tick = thon_alarm_free(d->tick);
        d->reload = thon_alarm_free(d->reload);
        d->tell = thon_alarm_free(d->tell);
        d->uptime = thon_alarm_free(d->uptime);
        for (size_t i = 0; i < d->n_gone; i++)
                free(d->gone[i]);
        free(d->gone);
        thon_zone_free(d->zone);
        thon_secret_free(d->password);
        thon_site_conf_done(&d->site);
        thon_camera_conf_done(&d->conf);
        free(d->config_dir);
        free(d->state_dir);
        free(d);
}

static void keep_conf(const struct camerad *d)
{
        int r = thon_good_conf_keep(d->config_dir, d->state_dir, "camerad");

        if (r < 0)
                thon_warning("The configuration could not be kept for a start with a damaged one: %s",
                             strerror(-r));
}

/* Cameras that have a password of their own do without. */
static void read_password(struct camerad *d)
{
        _cleanup_free_ char *loaded = NULL;
        int r = -ENOENT;

        thon_secret_free(d->password);
        d->password = NULL;
        if (!d->conf.credential || !*d->conf.credential)
                return;
        /* The service manager calls the files of a directory by its own name for that in front. */
        if (d->conf.credential[0] != '/' && asprintf(&loaded, "camera_%s", d->conf.credential) > 0)
                r = thon_secret_read(loaded, &d->password);
        if (r == -ENOENT)
                r = thon_secret_read(d->conf.credential, &d->password);
        if (r < 0)
                thon_log_full(
                        LOG_WARNING, THON_MSG_CONFIG_INVALID, NULL,
                        "camerad.conf: the credential %s cannot be read (%s): cameras without a password "
                        "of their own are asked without one",
                        d->conf.credential, strerror(-r));
}

static int make_prober(struct camerad *d)
{
        const struct prober_limits limits = {
                .connect_us = (uint64_t)d->conf.connect_ms * 1000,
                .answer_us = (uint64_t)d->conf.answer_ms * 1000,
                .rtp_us = (uint64_t)d->conf.rtp_ms * 1000,
                .in_flight = (unsigned)d->conf.in_flight,
                .no_ping = !d->conf.ping,
        };

        return prober_new(d->event, &limits, &d->prober);
}

static struct thon_store *store_of(void *userdata)
{
        return camerad_store(userdata);
}

static void on_store_failed(int error, void *userdata)
{
        camerad_store_failed(userdata, error);
}

static void flush_events(void *userdata)
{
        struct camerad *d = userdata;

        thon_outbox_flush(d->outbox, d->mqtt);
}

static int make_parts(struct camerad *d)
{
        static const struct thon_outbox_ops ops = {
                .store = store_of, .store_failed = on_store_failed, .flush = flush_events};
        int r = thon_learn_new(&d->learn);

        if (r == 0)
                r = camerad_keep_start(d);
        if (r == 0)
                r = thon_outbox_new(d->event, THON_EVENT_CAMERA, &ops, d, &d->outbox);
        if (r == 0)
                r = thon_http_new(d->event, &d->http);
        if (r == 0)
                r = make_prober(d);
        if (r == 0)
                r = camerad_broker_connect(d);
        if (r == 0)
                r = camerad_sweep_start(d);
        if (r == 0)
                r = camerad_pictures_start(d);
        if (r == 0)
                r = camerad_heal_start(d);
        if (r == 0)
                r = camerad_follow_start(d);
        return r;
}

static int build(struct camerad *d, const struct thon_options *options)
{
        int r;

        d->config_dir = strdup(options->config_dir);
        d->state_dir = strdup(options->state_dir);
        if (!d->config_dir || !d->state_dir)
                return -ENOMEM;
        r = thon_daemon_conf_read(&CONF, options->config_dir, false, &d->site,
                                  &d->conf); /* camerad_check() has told */
        d->conf_refused = r < 0;
        if (r == 0)
                keep_conf(d);
        else
                r = thon_daemon_conf_read_good(&CONF, d->state_dir, d->config_dir, false, &d->site,
                                               &d->conf);
        if (r == 0)
                r = thon_tz_load(d->site.tz, &d->zone);
        if (r == 0)
                r = make_alarms(d);
        if (r < 0)
                return r;
        read_password(d);
        r = make_parts(d);
        if (r == 0)
                r = thon_clock_watch(d->clock, on_step, d);
        if (r < 0)
                return r;
        if (!prober_may_ping(d->prober))
                thon_warning(
                        "The kernel allows no ping (net.ipv4.ping_group_range): devices without a port are "
                        "watched less well, and a silent camera is told apart less well");
        camerad_devices_load(d, true);
        camerad_alarm_in(d, d->uptime, 1000000);
        camerad_publish_health(d);
        return 0;
}

static int camerad_start(sd_event *event, struct thon_clock *clock, const struct thon_options *options,
                         struct thon_daemon **ret)
{
        struct camerad *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->event = event;
        d->clock = clock;
        d->clock_trusted = thon_clock_trusted(clock);
        d->generation = -1;
        d->tick_wall = THON_WALL_NEVER;
        d->tick_mono = THON_MONO_NEVER;
        r = build(d, options);
        if (r < 0) {
                thon_error("camerad cannot start: %s", strerror(-r));
                camerad_stop((struct thon_daemon *)d);
                return r;
        }
        *ret = (struct thon_daemon *)d;
        return 0;
}

/* ---- reload ---------------------------------------------------------------------------------------------------------- */

static bool same_limits(const struct thon_camera_conf *a, const struct thon_camera_conf *b)
{
        return a->connect_ms == b->connect_ms && a->answer_ms == b->answer_ms && a->rtp_ms == b->rtp_ms &&
               a->in_flight == b->in_flight && a->ping == b->ping;
}

/* With a prober of other limits: what is under way with the old one begins anew. */
static void renew_prober(struct camerad *d)
{
        struct prober *old = d->prober;
        int r = make_prober(d);

        if (r < 0) {
                thon_error("The new limits of checks come into force with a restart: %s", strerror(-r));
                d->prober = old;
                return;
        }
        for (size_t i = 0; i < d->n; i++)
                camerad_sweep_forget(d->devices[i]);
        camerad_follow_halt(d);
        (void)prober_free(old);
}

/* What is announced anew wants a subscription. */
static bool announces_otherwise(const struct thon_site_conf *site, const struct thon_site_conf *old)
{
        return site->ha_discovery &&
               (!old->ha_discovery || !thon_conf_same_text(site->ha_prefix, old->ha_prefix));
}

static int camerad_reload(struct thon_daemon *daemon)
{
        struct camerad *d = (struct camerad *)daemon;
        struct thon_site_conf site = {0}, old_site = d->site;
        struct thon_camera_conf conf = {0}, old_conf = d->conf;
        int r = thon_daemon_conf_read(&CONF, d->config_dir, true, &site, &conf);

        if (r < 0)
                return r;
        if (!thon_site_conf_same(&site, &old_site) || announces_otherwise(&site, &old_site)) {
                thon_log_full(
                        LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                        "thon.conf: id, tz, the broker, the store's path and the beginning of discovery "
                        "come into force with a restart only");
                thon_site_conf_done(&site);
                thon_camera_conf_done(&conf);
                return -EINVAL;
        }
        for (size_t i = 0; !site.ha_discovery && i < d->n; i++)
                camerad_discovery_remove(d, d->devices[i]->conf->id);
        d->site = site;
        d->conf = conf;
        d->conf_refused = false;
        keep_conf(d);
        read_password(d);
        if (!same_limits(&conf, &old_conf))
                renew_prober(d);
        /* Rules of states are read at each look; those of causes are the finder's. */
        r = d->cause ? camerad_incidents_rebuild(d) : 0;
        if (r < 0)
                thon_error("Causes cannot be found until the registry is read again: %s", strerror(-r));
        camerad_devices_load(d, true);
        for (size_t i = 0; i < d->n; i++) {
                camerad_sweep_plan(d->devices[i], false);
                camerad_pictures_plan(d->devices[i]);
        }
        camerad_publish_all(d);
        thon_site_conf_done(&old_site);
        thon_camera_conf_done(&old_conf);
        return 0;
}

const struct thon_daemon_ops camerad_ops = {
        .name = "camerad",
        .description =
                "watches cameras, switches and Wi-Fi points, and tells the one cause of what is wrong",
        .check = camerad_check,
        .start = camerad_start,
        .reload = camerad_reload,
        .stop = camerad_stop,
};

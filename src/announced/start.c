/* Start, reload and stop. A new configuration is read whole and found sound before anything of the old one is given
 * up; while something is on air it waits, since zones are what it changes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/daemon_conf.h"
#include "thon/file.h"
#include "thon/good_conf.h"
#include "thon/log.h"
#include "thon/tz.h"

#define PLAYER         "/usr/lib/thon/thon-player"
#define DICTIONARY     "speech.dict"
#define DICTIONARY_MAX (256 * 1024)

static int read_own(const char *config_dir, void *conf, struct thon_conf_report *report)
{
        return thon_announced_conf_read(config_dir, conf, report);
}

static void own_done(void *conf)
{
        thon_announced_conf_done(conf);
}

static const struct thon_daemon_conf CONF = {"announced", read_own, own_done};

static int announced_check(const struct thon_options *options)
{
        struct thon_announced_conf conf = {0};

        return thon_daemon_conf_check(&CONF, options, &conf);
}

/* ---- alarms ---------------------------------------------------------------------------------------------------------- */

void announced_alarm_in(struct announced *d, struct thon_alarm *alarm, uint64_t us)
{
        thon_alarm_set(alarm, THON_WALL_NEVER, thon_mono_add(thon_clock_mono(d->clock), us));
}

void announced_alarm_within(struct announced *d, struct thon_alarm *alarm, uint64_t us)
{
        if (!thon_alarm_pending(alarm))
                announced_alarm_in(d, alarm, us);
}

static void on_look(void *userdata)
{
        announced_look(userdata);
}

/* What was planned in wall time is due at another one now; with a clock that is trusted at last, everything begins. */
static void on_step(void *userdata)
{
        struct announced *d = userdata;

        d->clock_trusted = thon_clock_trusted(d->clock);
        announced_look(d);
        announced_publish_all(d);
}

/* ---- start and stop -------------------------------------------------------------------------------------------------- */

static void announced_stop(struct thon_daemon *daemon)
{
        struct announced *d = (struct announced *)daemon;

        if (!d)
                return;
        d->stopping = true;
        announced_alerts_stop(d);
        d->plant = plant_free(d->plant); /* amplifiers go off over the connection that is still there */
        if (d->gather)
                (void)announced_keep(d, true); /* events with what they tell of */
        d->outbox = thon_outbox_free(d->outbox);
        announced_keep_stop(d);
        d->voice = voice_free(d->voice); /* first: a job less must not let the next one begin */
        announced_items_done(d);
        d->air = thon_air_free(d->air);
        d->mqtt = thon_mqtt_free(d->mqtt);
        d->http = thon_http_free(d->http);
        d->gpio = thon_gpio_free(d->gpio);
        d->look = thon_alarm_free(d->look);
        d->tell = thon_alarm_free(d->tell);
        d->dictionary = thon_dictionary_free(d->dictionary);
        thon_zone_free(d->tz);
        thon_site_conf_done(&d->site);
        thon_announced_conf_done(&d->conf);
        thon_announced_conf_done(&d->next_conf);
        free(d->config_dir);
        free(d->state_dir);
        free(d);
}

static void keep_conf(const struct announced *d)
{
        int r = thon_good_conf_keep(d->config_dir, d->state_dir, "announced");

        if (r < 0)
                thon_warning("The configuration could not be kept for a start with a damaged one: %s",
                             strerror(-r));
}

/* A commune's own abbreviations. A damaged file costs them, not the station. */
static void read_dictionary(struct announced *d)
{
        _cleanup_free_ char *path = NULL, *text = NULL;
        struct thon_dictionary_problem problem = {0};
        struct thon_dictionary *dictionary = NULL;
        size_t size = 0;
        int r;

        if (asprintf(&path, "%s/%s", d->config_dir, DICTIONARY) < 0)
                return;
        r = thon_file_read(path, DICTIONARY_MAX, &text, &size);
        if (r == -ENOENT) {
                d->dictionary = thon_dictionary_free(d->dictionary);
                return;
        }
        if (r == 0)
                r = thon_dictionary_parse(text, size, &dictionary, &problem);
        if (r < 0) {
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                              "%s:%u: %s; abbreviations are read as before", path, problem.line,
                              problem.reason ? problem.reason : strerror(-r));
                return;
        }
        thon_dictionary_free(d->dictionary);
        d->dictionary = dictionary;
}

/* Where sound lies. A disk that is read-only has them already, or airs without keeping what it aired. */
static void make_directories(const struct announced *d)
{
        static const char *const names[] = {"announce", "announce/media", "announce/aired",
                                            "announce/cache"};

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", d->state_dir, names[i]) < 0)
                        return;
                if (mkdir(path, 0750) < 0 && errno != EEXIST)
                        thon_warning("%s cannot be made: %s", path, strerror(errno));
        }
}

static struct thon_store *store_of(void *userdata)
{
        return announced_store(userdata);
}

static void on_store_failed(int error, void *userdata)
{
        announced_store_failed(userdata, error);
}

static void flush_events(void *userdata)
{
        struct announced *d = userdata;

        thon_outbox_flush(d->outbox, d->mqtt);
}

static int make_plant(struct announced *d)
{
        const struct plant_options options = {.event = d->event,
                                              .clock = d->clock,
                                              .mqtt = d->mqtt,
                                              .gpio = d->gpio,
                                              .state_dir = d->state_dir,
                                              .player = d->player};
        const struct voice_options voice = {
                .event = d->event, .state_dir = d->state_dir, .player = d->player};
        int r = plant_new(&options, &announced_plant_ops, d, &d->plant);

        if (r == 0)
                r = voice_new(&voice, &d->voice);
        return r;
}

/* Zones as they are configured now: their states, the queue and the plant. */
static int take_zones(struct announced *d)
{
        struct announced_zone *zones = calloc(d->conf.n_zones ? d->conf.n_zones : 1, sizeof(*zones));
        int r;

        if (!zones)
                return -ENOMEM;
        free(d->zones);
        d->zones = zones;
        r = announced_air_rebuild(d);
        if (r == 0) {
                voice_conf(d->voice, &d->conf);
                plant_conf(d->plant, &d->conf);
        }
        return r;
}

static int make_parts(struct announced *d)
{
        static const struct thon_outbox_ops ops = {
                .store = store_of, .store_failed = on_store_failed, .flush = flush_events};
        /* Also where no line is configured: lines that were kept for us are let go, and a reload may bring some. */
        const struct thon_gpio_options gpio = {
                .consumer = "thon-announced",
                .sim_dir = d->conf.gpio_sim_dir && *d->conf.gpio_sim_dir ? d->conf.gpio_sim_dir : NULL,
                .sim_only = thon_clock_simulated(d->clock)};
        int r = announced_keep_start(d);

        if (r == 0)
                r = thon_outbox_new(d->event, THON_EVENT_ANNOUNCE, &ops, d, &d->outbox);
        if (r == 0)
                r = thon_http_new(d->event, &d->http);
        if (r == 0)
                r = thon_gpio_new(d->event, &gpio, &d->gpio);
        if (r == 0)
                r = announced_broker_connect(d);
        if (r == 0)
                r = make_plant(d);
        if (r == 0)
                r = take_zones(d);
        return r;
}

static int build(struct announced *d, const struct thon_options *options)
{
        int r;

        d->config_dir = strdup(options->config_dir);
        d->state_dir = strdup(options->state_dir);
        d->player = getenv("THON_PLAYER");
        if (!d->player || !*d->player)
                d->player = PLAYER;
        if (!d->config_dir || !d->state_dir)
                return -ENOMEM;
        r = thon_daemon_conf_read(&CONF, options->config_dir, false, &d->site,
                                  &d->conf); /* announced_check() has told */
        d->conf_refused = r < 0;
        if (r == 0)
                keep_conf(d);
        else
                r = thon_daemon_conf_read_good(&CONF, d->state_dir, d->config_dir, false, &d->site,
                                               &d->conf);
        if (r == 0)
                r = thon_tz_load(d->site.tz, &d->tz);
        if (r == 0)
                r = thon_alarm_new(d->clock, "look", on_look, d, &d->look);
        if (r < 0)
                return r;
        read_dictionary(d);
        make_directories(d);
        announced_audio_sweep(d);
        r = make_parts(d);
        if (r == 0)
                r = thon_clock_watch(d->clock, on_step, d);
        if (r == 0)
                r = announced_alerts_start(d);
        if (r < 0)
                return r;
        announced_load(d);
        announced_look(d);
        announced_publish_soon(d);
        return 0;
}

static int announced_start(sd_event *event, struct thon_clock *clock, const struct thon_options *options,
                           struct thon_daemon **ret)
{
        struct announced *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->event = event;
        d->clock = clock;
        d->clock_trusted = thon_clock_trusted(clock);
        r = build(d, options);
        if (r < 0) {
                thon_error("announced cannot start: %s", strerror(-r));
                announced_stop((struct thon_daemon *)d);
                return r;
        }
        *ret = (struct thon_daemon *)d;
        return 0;
}

/* ---- reload ---------------------------------------------------------------------------------------------------------- */

static int is_on_air(const struct thon_air_view *view, void *userdata)
{
        (void)userdata;
        return view->on_air;
}

/* Also what is ordered to begin, and what is interrupted and goes on later. */
static bool on_air(const struct announced *d)
{
        for (size_t i = 0; i < d->n_airings; i++)
                if (d->airings[i]->state == THON_AIRING_ON_AIR)
                        return true;
        return thon_air_each(d->air, SIZE_MAX, is_on_air, NULL) != 0;
}

void announced_conf_take(struct announced *d)
{
        struct thon_announced_conf old = d->conf;
        int r;

        if (!d->conf_waits || on_air(d))
                return;
        d->conf_waits = false;
        for (size_t i = 0; i < old.n_zones; i++)
                announced_zone_gone(d, i);
        d->conf = d->next_conf;
        d->next_conf = (struct thon_announced_conf){0};
        r = take_zones(d);
        if (r < 0)
                thon_error("The new zones cannot be taken up (%s): restart announced", strerror(-r));
        thon_announced_conf_done(&old);
        announced_items_resolve(d);
        announced_alerts_conf(d);
        announced_publish_all(d);
        announced_look_soon(d);
}

static int announced_reload(struct thon_daemon *daemon)
{
        struct announced *d = (struct announced *)daemon;
        struct thon_site_conf site = {0};
        struct thon_announced_conf conf = {0};
        int r = thon_daemon_conf_read(&CONF, d->config_dir, true, &site, &conf);

        if (r < 0)
                return r;
        if (!thon_site_conf_same(&site, &d->site)) {
                thon_log_full(
                        LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                        "thon.conf: id, tz, the broker and the store's path come into force with a restart only");
                thon_site_conf_done(&site);
                thon_announced_conf_done(&conf);
                return -EINVAL;
        }
        thon_site_conf_done(&d->site);
        d->site = site;
        thon_announced_conf_done(&d->next_conf);
        d->next_conf = conf;
        d->conf_waits = true;
        d->conf_refused = false;
        keep_conf(d);
        read_dictionary(d);
        if (on_air(d))
                thon_info("The new configuration comes into force when nothing is on air");
        announced_conf_take(d);
        return 0;
}

const struct thon_daemon_ops announced_ops = {
        .name = "announced",
        .description = "airs announcements over the loudspeakers, by rule, and knows that they were heard",
        .check = announced_check,
        .start = announced_start,
        .reload = announced_reload,
        .stop = announced_stop,
};

/* lightd: looks at the circuits whenever something may have changed, and at no other time.
 *
 * One look decides for every circuit, serves the relays, and only then tells: the broker, the history and the log may be
 * slow, a relay must not be. The look arms one alarm for the next instant that any circuit named. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/tz.h"

#define RETRY_US  UINT64_C(60000000)
#define GATHER_US UINT64_C(200000)

struct thon_instant lightd_now(const struct lightd *d)
{
        return (struct thon_instant){thon_clock_wall(d->clock), thon_clock_mono(d->clock), d->trusted};
}

struct lightd_circuit *lightd_find(struct lightd *d, const char *id)
{
        for (size_t i = 0; i < d->runtime.n; i++)
                if (strcmp(d->runtime.circuits[i].state.conf->id, id) == 0)
                        return &d->runtime.circuits[i];
        return NULL;
}

static void alarm_at_mono(struct lightd *d, struct thon_alarm *alarm, uint64_t us)
{
        int r = thon_alarm_set(alarm, THON_WALL_NEVER, thon_mono_add(thon_clock_mono(d->clock), us));

        if (r < 0)
                thon_error("A timer could not be set: %s", strerror(-r));
}

void lightd_retry_later(struct lightd *d)
{
        if (d->retry)
                alarm_at_mono(d, d->retry, RETRY_US);
}

void lightd_look_soon(struct lightd *d)
{
        (void)thon_alarm_set(d->look, THON_WALL_NEVER, thon_clock_mono(d->clock));
}

/* Relays first. Returns the state machine's wish about when to be asked again. */
static void serve(struct lightd_circuit *c, struct thon_instant now, struct thon_wall *wall,
                  struct thon_mono *mono)
{
        struct lightd *d = c->daemon;
        struct thon_circuit_actions *a = &c->actions;
        struct thon_mono turn;
        bool hold = !thon_stagger_may(&d->stagger, now.mono, (uint64_t)d->conf.stagger_ms * 1000, &turn);

        thon_circuit_decide(&c->state, d->runtime.schedule, c->index, now, hold, a);
        if (a->set) {
                int r = lightd_relay_set(c, a->on);
                if (a->on)
                        thon_stagger_closed(&d->stagger, now.mono);
                /* An MQTT relay that is not reached is the state machine's to find silent. */
                if (c->state.conf->relay.kind == THON_RELAY_GPIO)
                        thon_circuit_relay_failed(&c->state, r != 0, now);
                if (r != 0 && c->state.conf->relay.kind == THON_RELAY_GPIO)
                        lightd_retry_later(d);
        }
        if (a->query)
                lightd_relay_query(c);
        if (a->held && turn.us < a->again_mono.us)
                a->again_mono = turn;
        if (a->again_mono.us < mono->us)
                *mono = a->again_mono;
        if (a->again_wall.s < wall->s)
                *wall = a->again_wall;
}

static const char *tri_text(enum thon_tri tri)
{
        return tri == THON_ON ? "on" : tri == THON_OFF ? "off" : "unknown";
}

static void tell(struct lightd_circuit *c, bool *snapshot)
{
        const struct thon_circuit *s = &c->state;
        char cause[THON_CAUSE_TEXT];

        if (s->decided && (!c->told || c->told_on != s->in_effect)) {
                const char *why = lightd_why_text(c, cause),
                           *by = s->why == THON_WHY_OVERRIDE    ? s->override.by
                                 : s->why == THON_WHY_EMERGENCY ? s->emergency.by
                                                                : "";
                lightd_keep_history(c, "in_effect", s->in_effect ? "on" : "off", why, by);
                thon_log_full(LOG_INFO, THON_MSG_SWITCHED,
                              (const char *const[]){"THON_CIRCUIT=", s->conf->id, "THON_STATE=",
                                                    s->in_effect ? "on" : "off", "THON_CAUSE=", why, NULL},
                              "%s: %s (%s)", s->conf->id, s->in_effect ? "on" : "off", why);
                c->told = true;
                c->told_on = s->in_effect;
        }
        if (s->physical != c->told_physical) {
                lightd_keep_history(c, "physical", tri_text(s->physical), "", "");
                c->told_physical = s->physical;
        }
        for (size_t i = 0; i < c->actions.n_faults; i++) {
                const struct thon_fault_change *f = &c->actions.faults[i];
                char value[64];
                snprintf(value, sizeof(value), "%s %s", f->raised ? "raised" : "cleared",
                         thon_fault_slug(f->fault));
                lightd_keep_history(c, "fault", value, "", "");
                lightd_event_fault(c, f);
                *snapshot = true;
        }
        lightd_publish_circuit(c, false);
}

void lightd_look(struct lightd *d)
{
        struct thon_wall wall = THON_WALL_NEVER;
        struct thon_mono mono = THON_MONO_NEVER;
        bool snapshot = false, trusted = thon_clock_trusted(d->clock);
        struct thon_instant now;

        if (!d->trusted_known || trusted != d->trusted) {
                if (d->trusted_known || !trusted)
                        thon_log_full(
                                trusted ? LOG_NOTICE : LOG_WARNING,
                                trusted ? THON_MSG_CLOCK_TRUSTED : THON_MSG_CLOCK_UNTRUSTED, NULL,
                                trusted ? "The clock is trusted: lights go by their programs"
                                        : "The clock is not trusted: lights go by their fallback policy");
                d->trusted = trusted;
                d->trusted_known = true;
        }
        now = lightd_now(d);
        /* An emergency's circuits take their turn in the stagger before the others. */
        for (int emergency = 1; emergency >= 0; emergency--)
                for (size_t i = 0; i < d->runtime.n; i++)
                        if (d->runtime.circuits[i].state.emergency.active == (emergency == 1))
                                serve(&d->runtime.circuits[i], now, &wall, &mono);
        int r = thon_alarm_set(d->look, wall, mono);
        if (r < 0)
                thon_error("The next look could not be armed: %s", strerror(-r));

        for (size_t i = 0; i < d->runtime.n; i++)
                tell(&d->runtime.circuits[i], &snapshot);
        if (snapshot && (r = lightd_snapshot_save(d)) < 0)
                thon_warning("Raised faults could not be kept on disk: %s", strerror(-r));
        lightd_keep_flush(d);
        lightd_publish_health(d);
}

static void on_look(void *userdata)
{
        lightd_look(userdata);
}

static void on_step(void *userdata)
{
        struct lightd *d = userdata;

        thon_log_full(LOG_NOTICE, THON_MSG_CLOCK_STEPPED, NULL,
                      "The clock was stepped or set; looking at every circuit");
        lightd_look(d);
}

static void on_keep(void *userdata)
{
        struct lightd *d = userdata;

        lightd_keep_counters(d);
        lightd_keep_prune(d);
        /* A registry that changed while the broker was away is seen here. */
        lightd_plan_load(d);
        lightd_look(d);
        alarm_at_mono(d, d->keep, (uint64_t)d->conf.save_s * 1000000);
}

static void on_retry(void *userdata)
{
        struct lightd *d = userdata;

        if (lightd_runtime_reopen(d))
                lightd_retry_later(d);
        if (lightd_keep_store(d)) {
                lightd_plan_load(d);
                if (thon_mqtt_connected(d->mqtt))
                        lightd_events_flush(d);
        }
        lightd_look(d);
}

static void on_replan(void *userdata)
{
        lightd_plan_load(userdata);
        lightd_look(userdata);
}

/* ---- the broker ------------------------------------------------------------------------------------------------ */

static void on_connect(void *userdata)
{
        struct lightd *d = userdata;

        lightd_plan_load(d);
        lightd_plan_publish(d);
        lightd_publish_all(d);
        lightd_events_flush(d);
        lightd_look(d);
}

static void on_message(const struct thon_mqtt_message *message, void *userdata)
{
        struct lightd *d = userdata;
        char plan_topic[THON_SLUG_MAX + 16];

        snprintf(plan_topic, sizeof(plan_topic), "light/plan/%s", d->conf.node);
        if (d->conf.plan == THON_PLAN_MQTT && strcmp(message->topic, plan_topic) == 0) {
                struct thon_json_error error = {""};
                if (message->size > 0 && lightd_plan_take(d, message->payload, message->size, &error) == 0)
                        lightd_look(d);
        } else if (strcmp(message->topic, "registry/changed") == 0) {
                alarm_at_mono(d, d->replan, GATHER_US);
        } else if (lightd_relay_message(d, message)) {
                lightd_look(d);
        } else if (strncmp(message->topic, "light/", 6) == 0) {
                lightd_command(d, message);
        } else if (d->site.ha_discovery && strcmp(message->payload, "online") == 0) {
                /* Home Assistant came back and wants to hear everything again. */
                lightd_publish_all(d);
        }
}

static void on_published(int64_t tag, int error, void *userdata)
{
        (void)error; /* refused for good: kept, it would be refused again at every connect */
        lightd_events_taken(userdata, tag);
}

static const struct thon_mqtt_ops mqtt_ops = {
        .on_connect = on_connect,
        .on_message = on_message,
        .on_published = on_published,
        .on_room = on_connect,
};

static int connect_broker(struct lightd *d)
{
        char node[256] = "", status[128];
        struct thon_mqtt_options options = {
                .site = &d->site,
                .client_id = "thon-lightd",
                .status_topic = "status/lightd",
                .node = node,
                .clock = d->clock,
        };
        char client[THON_SLUG_MAX + 32], topic[THON_SLUG_MAX + 32];
        int r;

        if (gethostname(node, sizeof(node) - 1) < 0)
                node[0] = '\0';
        /* A cabinet's lightd on the commune's broker is another client with a status of its own. */
        if (d->conf.node[0]) {
                snprintf(client, sizeof(client), "thon-lightd-%s", d->conf.node);
                snprintf(topic, sizeof(topic), "status/lightd-%s", d->conf.node);
                options.client_id = client;
                options.status_topic = topic;
        }
        r = thon_mqtt_new(d->event, &options, &mqtt_ops, d, &d->mqtt);
        if (r < 0)
                return r;
        static const char *const filters[] = {"light/+/set", "light/+/meter", "light/+/lockout",
                                              "registry/changed"};
        for (size_t i = 0; r == 0 && i < sizeof(filters) / sizeof(filters[0]); i++)
                r = thon_mqtt_subscribe(d->mqtt, filters[i]);
        if (r == 0 && d->conf.plan == THON_PLAN_MQTT) {
                snprintf(topic, sizeof(topic), "light/plan/%s", d->conf.node);
                r = thon_mqtt_subscribe(d->mqtt, topic);
        }
        if (r == 0 && d->site.ha_discovery) {
                snprintf(status, sizeof(status), "/%.64s/status", d->site.ha_prefix);
                r = thon_mqtt_subscribe(d->mqtt, status);
        }
        return r;
}

/* ---- configuration, start and stop ----------------------------------------------------------------------------- */

static void tell_conf(void *userdata, bool is_error, const char *text)
{
        (void)userdata;
        thon_log_full(is_error ? LOG_ERR : LOG_WARNING, is_error ? THON_MSG_CONFIG_INVALID : THON_MSG_NONE,
                      NULL, "%s", text);
}

static int read_conf(const char *config_dir, struct thon_site_conf *site, struct thon_light_conf *conf)
{
        struct thon_conf_report report = {.tell = tell_conf};
        struct thon_zone *zone = NULL;
        const char *problem;
        int r, r2;

        r = thon_site_conf_read(config_dir, site, &report);
        r2 = thon_light_conf_read(config_dir, conf, &report);
        if (r == 0 && r2 == 0) {
                r = thon_tz_load(site->tz, &zone);
                if (r < 0)
                        thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                                      "thon.conf: site.tz: no zone \"%s\": %s", site->tz, strerror(-r));
                zone = thon_zone_free(zone);
                if (r == 0 && (problem = thon_mqtt_problem(site))) {
                        thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL, "thon.conf: %s", problem);
                        r = -EINVAL;
                }
                if (r == 0)
                        return 0;
        }
        if (r == 0 || r2 == 0) {
                if (r2 == 0)
                        thon_light_conf_done(conf);
                thon_site_conf_done(site);
        }
        return r < 0 ? r : r2;
}

static int lightd_check(const struct thon_options *options)
{
        struct thon_site_conf site = {0};
        struct thon_light_conf conf = {0};
        int r = read_conf(options->config_dir, &site, &conf);

        if (r == 0) {
                thon_site_conf_done(&site);
                thon_light_conf_done(&conf);
        }
        return r;
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
        lightd_events_done(d);
        lightd_keep_done(d);
        d->mqtt = thon_mqtt_free(d->mqtt);
        lightd_runtime_done(d);
        d->gpio = thon_gpio_free(d->gpio);
        json_decref(d->restored);
        thon_site_conf_done(&d->site);
        thon_light_conf_done(&d->conf);
        free(d->config_dir);
        free(d->state_dir);
        free(d);
}

static int make_alarms(struct lightd *d)
{
        const struct {
                const char *name;
                thon_alarm_fn fn;
                struct thon_alarm **alarm;
        } alarms[] = {
                {"look", on_look, &d->look},
                {"keep", on_keep, &d->keep},
                {"retry", on_retry, &d->retry},
                {"replan", on_replan, &d->replan},
        };
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(alarms) / sizeof(alarms[0]); i++)
                r = thon_alarm_new(d->clock, alarms[i].name, alarms[i].fn, d, alarms[i].alarm);
        return r;
}

static int build(struct lightd *d, const struct thon_options *options)
{
        struct thon_gpio_options gpio = {.consumer = "thon-lightd"};
        int r;

        d->config_dir = strdup(options->config_dir);
        d->state_dir = strdup(options->state_dir);
        if (!d->config_dir || !d->state_dir)
                return -ENOMEM;
        r = read_conf(options->config_dir, &d->site, &d->conf);
        if (r < 0)
                return r;
        r = make_alarms(d);
        if (r < 0)
                return r;
        gpio.sim_dir = d->conf.gpio_sim_dir && *d->conf.gpio_sim_dir ? d->conf.gpio_sim_dir : NULL;
        gpio.sim_only = thon_clock_simulated(d->clock);
        r = thon_gpio_new(d->event, &gpio, &d->gpio);
        if (r < 0)
                return r;
        r = connect_broker(d);
        if (r < 0)
                return r;
        d->trusted = thon_clock_trusted(d->clock);
        lightd_snapshot_load(d);
        lightd_plan_load(d);
        /* Notes the boot: the next start in it is a restart of the daemon alone. */
        if (d->runtime.plan && (r = lightd_snapshot_save(d)) < 0)
                thon_warning("The state could not be kept on disk: %s", strerror(-r));
        r = thon_clock_watch(d->clock, on_step, d);
        if (r < 0)
                return r;
        alarm_at_mono(d, d->keep, (uint64_t)d->conf.save_s * 1000000);
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
        d->generation = -1;
        r = build(d, options);
        if (r < 0) {
                thon_error("lightd cannot start: %s", strerror(-r));
                lightd_stop((struct thon_daemon *)d);
                return r;
        }
        *ret = (struct thon_daemon *)d;
        return 0;
}

static bool same_text(const char *a, const char *b)
{
        return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_broker(const struct thon_site_conf *a, const struct thon_site_conf *b)
{
        return same_text(a->id, b->id) && same_text(a->broker_host, b->broker_host) &&
               a->broker_port == b->broker_port && same_text(a->broker_user, b->broker_user) &&
               same_text(a->broker_credential, b->broker_credential) && a->ha_discovery == b->ha_discovery &&
               same_text(a->ha_prefix, b->ha_prefix);
}

/* The connection is kept when its settings did not change: a reload should not show as an outage. */
static int lightd_reload(struct thon_daemon *daemon)
{
        struct lightd *d = (struct lightd *)daemon;
        struct thon_site_conf site = {0}, old_site = d->site;
        struct thon_light_conf conf = {0}, old_conf = d->conf;
        int r;

        r = read_conf(d->config_dir, &site, &conf);
        if (r < 0)
                return r;
        if (!same_text(conf.gpio_sim_dir, old_conf.gpio_sim_dir) ||
            !same_text(site.store_path, old_site.store_path) || strcmp(conf.node, old_conf.node) != 0) {
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                              "store.path, light.node and light.gpio_sim_dir change only with a restart");
                thon_site_conf_done(&site);
                thon_light_conf_done(&conf);
                return -EINVAL;
        }
        d->site = site;
        d->conf = conf;
        if (!same_broker(&site, &old_site)) {
                struct thon_mqtt *old = d->mqtt;
                d->mqtt = NULL;
                r = connect_broker(d);
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

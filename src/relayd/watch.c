/* The other daemons of the site, and the broker itself: relayd tells people, so it is the one who looks.
 *
 * What it hears are their retained states; what that means is decided in src/core/relay/daemon_watch.c. One thing is added
 * here: a broker that lost its power brings back states of before the cut, and says of a daemon that never came up again that it
 * is online. Such a state is older than this boot. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relayd.h"
#include "thon/cleanup.h"
#include "thon/daemon_watch.h"
#include "thon/log.h"

/* A broker that is upgraded or restarted is back within seconds. */
#define BROKER_US UINT64_C(300000000)
/* Times of a status are cut to seconds, and a boot's is reckoned from two clocks. */
#define BOOT_SLACK_S 5

struct relayd_watch {
        struct thon_watch *watch;
        struct thon_alarm *look, *broker;
        char node[65]; /* this machine, as it stands in a status */
};

/* ---- what is told ---- */

static void tell(struct relayd *d, const struct thon_watch_finding *finding)
{
        _cleanup_free_ char *text = thon_watch_text(finding);
        bool down = finding->trouble != THON_WATCH_NONE;
        const char *trouble = thon_watch_trouble_text(finding->trouble);

        thon_log_full(down ? LOG_ERR : LOG_NOTICE, down ? THON_MSG_DAEMON_DOWN : THON_MSG_DAEMON_UP,
                      (const char *const[]){"THON_DAEMON=", finding->daemon, NULL},
                      down ? "thon-%s is down (%s)" : "thon-%s is well again (%s)", finding->daemon,
                      trouble);
        if (text)
                relayd_event(d, "daemon-down", finding->daemon, down, thon_watch_severity(finding), text);
}

static void visit(const struct thon_watch_finding *finding, void *userdata)
{
        struct relayd *d = userdata;

        if (finding->changed)
                tell(d, finding);
}

static void look(struct relayd *d)
{
        struct thon_mono next = thon_watch_look(d->watch->watch, relayd_mono(d), visit, d);

        thon_alarm_set(d->watch->look, THON_WALL_NEVER, next);
        relayd_publish_health(d);
}

static void on_look(void *userdata)
{
        look(userdata);
}

static void add_trouble(const struct thon_watch_finding *finding, void *userdata)
{
        if (finding->trouble != THON_WATCH_NONE)
                (void)json_object_set_new(userdata, finding->daemon,
                                          json_string(thon_watch_trouble_text(finding->trouble)));
}

json_t *relayd_watch_health(const struct relayd *d)
{
        json_t *doc = json_object();

        if (d->watch && doc)
                thon_watch_each(d->watch->watch, add_trouble, doc);
        return doc;
}

/* ---- what is heard ---- */

/* Of this machine, and from before it was started. A simulated time has no boot. */
static bool of_an_earlier_boot(const struct relayd *d, const json_t *doc, struct thon_wall since)
{
        const char *node = json_string_value(json_object_get(doc, "node"));
        int64_t booted = relayd_wall(d).s - (int64_t)(relayd_mono(d).us / 1000000);

        return !thon_clock_simulated(d->clock) && node && strcmp(node, d->watch->node) == 0 &&
               since.s < booted - BOOT_SLACK_S;
}

static int read_word(const struct relayd *d, const struct thon_mqtt_message *message,
                     enum thon_watch_word *ret_word, uint64_t *ret_age_us)
{
        _cleanup_json_ json_t *doc = NULL;
        const char *state, *since_text;
        struct thon_wall since = {0};
        int r = thon_json_parse(message->payload, message->size, THON_MQTT_PAYLOAD_MAX, &doc, NULL);

        if (r < 0)
                return r;
        state = json_string_value(json_object_get(doc, "state"));
        since_text = json_string_value(json_object_get(doc, "since"));
        if (!state || (since_text && !thon_time_parse(d->zone, since_text, &since)))
                return -EINVAL;
        *ret_age_us = 0;
        if (strcmp(state, "offline") == 0) {
                *ret_word = since_text ? THON_WATCH_STOPPED : THON_WATCH_DIED;
                return 0;
        }
        if (strcmp(state, "online") != 0)
                return -EINVAL;
        *ret_word = THON_WATCH_ONLINE;
        if (since_text && message->retained && of_an_earlier_boot(d, doc, since))
                *ret_word = THON_WATCH_DIED;
        else if (since_text && since.s < relayd_wall(d).s)
                *ret_age_us = (uint64_t)(relayd_wall(d).s - since.s) * 1000000;
        return 0;
}

void relayd_watch_message(struct relayd *d, const char *daemon, const struct thon_mqtt_message *message)
{
        enum thon_watch_word word;
        uint64_t age_us;

        if (!d->watch || strcmp(daemon, "relayd") == 0)
                return;
        if (message->size == 0) {
                /* Taken from the broker by hand: it is not of this site any more. */
                thon_watch_forget(d->watch->watch, daemon);
                relayd_event(d, "daemon-down", daemon, false, "info", "chương trình này không còn ở đây");
        } else if (read_word(d, message, &word, &age_us) == 0) {
                int r = thon_watch_heard(d->watch->watch, daemon, word, age_us, relayd_mono(d));

                if (r < 0)
                        thon_debug("status/%s is not watched: %s", daemon, strerror(-r));
        }
        look(d);
}

/* ---- the broker ---- */

static void on_broker_away(void *userdata)
{
        relayd_event(
                userdata, "broker-down", "mosquitto", true, "critical",
                "Máy chủ tin nhắn (mosquitto): đã ngừng hơn 5 phút; đèn và loa vẫn chạy theo lịch, nhưng không "
                "nhận lệnh và không báo được sự cố. Việc cần làm: systemctl restart mosquitto, rồi journalctl -u "
                "mosquitto -n 50");
}

void relayd_watch_connected(struct relayd *d, bool connected)
{
        if (!d->watch)
                return;
        thon_watch_connected(d->watch->watch, connected, relayd_mono(d));
        thon_alarm_set(d->watch->broker, THON_WALL_NEVER,
                       connected ? THON_MONO_NEVER : thon_mono_add(relayd_mono(d), BROKER_US));
        if (connected)
                relayd_event(d, "broker-down", "mosquitto", false, "critical",
                             "Máy chủ tin nhắn (mosquitto): đã chạy lại");
        look(d);
}

/* ---- start and stop ---- */

static void own_lives(struct relayd *d)
{
        struct thon_mono deaths[THON_WATCH_DEATHS];
        struct thon_mono now = relayd_mono(d);
        size_t n = relayd_lives_begin(now, deaths, THON_WATCH_DEATHS);

        for (size_t i = 0; i < n; i++)
                (void)thon_watch_died(d->watch->watch, "relayd", deaths[i]);
        if (n > 0)
                (void)thon_watch_heard(d->watch->watch, "relayd", THON_WATCH_ONLINE, 0, now);
}

int relayd_watch_start(struct relayd *d)
{
        struct relayd_watch *w = d->watch = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        if (gethostname(w->node, sizeof(w->node) - 1) < 0)
                w->node[0] = '\0';
        w->watch = thon_watch_new();
        if (!w->watch)
                return -ENOMEM;
        r = thon_alarm_new(d->clock, "watch", on_look, d, &w->look);
        if (r == 0)
                r = thon_alarm_new(d->clock, "watch-broker", on_broker_away, d, &w->broker);
        if (r < 0)
                return r;
        own_lives(d);
        relayd_watch_connected(d, thon_mqtt_connected(d->mqtt));
        return 0;
}

void relayd_watch_stop(struct relayd *d)
{
        if (!d->watch)
                return;
        relayd_lives_end();
        thon_alarm_free(d->watch->look);
        thon_alarm_free(d->watch->broker);
        thon_watch_free(d->watch->watch);
        free(d->watch);
        d->watch = NULL;
}

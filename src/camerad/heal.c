/* Restarting a device: whether it may be is thon_heal_decide()'s; here it is done, once.
 *
 * That it is done stands on disk before anything goes out. Whatever happens then (we are killed, the power fails, the camera
 * hangs up in the midst of its answer), nothing is sent a second time: the next look after a restart finds that a
 * restart of the device is under way, and waits for what comes of it. Without a store nothing is restarted at all.
 *
 * A circuit is proven by what lightd says of it: off, and on again. What lightd switches off it switches on by itself, since
 * the order ends by itself; a camera never stays dark because of us. */
#include "heal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/log.h"

#define US      UINT64_C(1000000)
#define ITSELF  "thon-camerad"
#define LATE_US (5 * US) /* after the deadline by the wall clock, which a look must find to be over */

/* ---- what is known around a device ---- */

static bool works(const struct camerad_device *c)
{
        return !thon_camera_down(c->state.now);
}

static bool uplink(const struct camerad_device *c)
{
        const struct camerad *d = c->daemon;

        for (size_t i = 0; i < d->n; i++)
                if (strcmp(d->devices[i]->conf->parent, c->conf->id) == 0)
                        return true;
        return false;
}

/* Others on its circuit that work, or on which others hang: they would go down with it. */
static bool shared(const struct camerad_device *c)
{
        const struct camerad *d = c->daemon;

        for (size_t i = 0; i < d->n && c->conf->power.circuit[0]; i++) {
                const struct camerad_device *other = d->devices[i];

                if (other != c && strcmp(other->conf->power.circuit, c->conf->power.circuit) == 0 &&
                    (works(other) || uplink(other)))
                        return true;
        }
        return false;
}

static unsigned under_way(const struct camerad *d)
{
        unsigned n = 0;

        for (size_t i = 0; i < d->n; i++)
                n += d->devices[i]->heal.under_way != THON_HEAL_NONE;
        return n;
}

static struct thon_heal_about means_of(const struct camerad_device *c)
{
        const struct thon_watch_device *conf = c->conf;
        const char *user, *password;
        bool stopped = false;

        if (conf->kind == THON_WATCH_CAMERA)
                camerad_login(c, &user, &password, &stopped);
        return (struct thon_heal_about){
                .state = &c->state,
                /* Only where it is known to speak it: to try is no order. */
                .onvif = conf->kind == THON_WATCH_CAMERA && conf->power.reboot && !stopped &&
                         (conf->onvif_url || c->profile[0] || c->endpoint[0]),
                .circuit = conf->power.circuit[0] != '\0',
                .answers = c->reach != THON_CAMERA_UNKNOWN && !thon_camera_silent(c->reach),
                .maintenance = c->maintenance.on,
        };
}

/* What takes a walk over all devices, or over the incidents. */
static void look_around(const struct camerad_device *c, struct thon_heal_about *about)
{
        const struct camerad *d = c->daemon;

        about->uplink = uplink(c);
        about->shared = shared(c);
        about->common = !d->cause || thon_cause_common(d->cause, c->index);
        about->under_way = under_way(d);
}

/* ---- the end ---- */

static struct camerad_heal *heal_free(struct camerad_heal *heal)
{
        if (!heal)
                return NULL;
        onvif_call_cancel(heal->call);
        thon_alarm_free(heal->deadline);
        thon_mqtt_unkeep(heal->order);
        free(heal);
        return NULL;
}

static void keep_end(struct camerad_device *c, enum thon_heal_how how, struct thon_wall began,
                     const char *detail, const char *by)
{
        struct camerad *d = c->daemon;
        int64_t now = camerad_now(d).wall.s;

        camerad_keep_did(c, THON_CAMERA_DID_HEAL, thon_heal_how_slug(how), detail, by,
                         now > began.s ? now - began.s : 0, 0);
        camerad_keep_row(c, true);
        camerad_publish(c, false);
        camerad_publish_health(d);
}

static void tell_end(const struct camerad_device *c, enum thon_heal_how how, const char *failed)
{
        const char *const fields[] = {"THON_CAMERA=", c->conf->id, "THON_HOW=", thon_heal_how_slug(how),
                                      NULL};

        if (failed)
                thon_log_full(LOG_WARNING, THON_MSG_HEAL_FAILED, fields, "%s: %s did not help: %s",
                              c->conf->id, thon_heal_how_slug(how), failed);
        else
                thon_log_full(LOG_NOTICE, THON_MSG_NONE, fields, "%s is back after %s", c->conf->id,
                              thon_heal_how_slug(how));
}

/* What of its circuit was not laid to its power while we switched it. */
static void end(struct camerad_device *c)
{
        bool off = c->healing && c->healing->how == THON_HEAL_POWER ? c->healing->off_last : c->circuit_off;

        c->healing = heal_free(c->healing);
        if (off != c->circuit_off) {
                c->circuit_off = off;
                camerad_judge(c, false);
        }
}

void heal_broken(struct camerad_heal *heal, const char *slug, const char *why)
{
        struct camerad_device *c = heal->c;
        char detail[192];

        if (heal->order)
                thon_mqtt_reply_error(c->daemon->mqtt, heal->order, slug, "%s", why);
        (void)snprintf(detail, sizeof detail, "failed: %s", why);
        thon_heal_abandoned(&c->heal);
        tell_end(c, heal->how, why);
        keep_end(c, heal->how, heal->began, detail, heal->by);
        end(c);
}

/* Well, by a look that was taken after it was told to restart, or has its power again. */
static bool well(const struct camerad_device *c)
{
        return c->state.now != THON_CAMERA_UNKNOWN && works(c) &&
               c->state.last_look.us != THON_MONO_NEVER.us &&
               (!c->healing || c->state.last_look.us > c->healing->back.us);
}

/* A wall clock that is set forward while we wait makes no wait of ours shorter. */
static bool passed(const struct camerad_device *c, struct thon_mono since, int64_t seconds)
{
        return since.us == THON_MONO_NEVER.us ||
               thon_mono_since(since, thon_clock_mono(c->daemon->clock)) >= (uint64_t)seconds * US;
}

static void look_under_way(struct camerad_device *c)
{
        struct camerad *d = c->daemon;
        bool good = well(c);
        enum thon_heal_how how = c->heal.under_way;
        struct thon_wall began = c->healing ? c->healing->began : c->heal.began;
        char by[sizeof c->healing->by];

        (void)snprintf(by, sizeof by, "%s", c->healing ? c->healing->by : ITSELF);
        if (c->healing &&
            (c->healing->phase != HEAL_BACK || (!good && !passed(c, c->healing->back, d->conf.heal.wait_s))))
                return;
        switch (thon_heal_look(&c->heal, &d->conf.heal, good, camerad_now(d).wall)) {
        case THON_HEAL_WAITS:
                return;
        case THON_HEAL_RECOVERED:
                tell_end(c, how, NULL);
                keep_end(c, how, began, "recovered", by);
                break;
        case THON_HEAL_FAILED:
                tell_end(c, how, "it did not come back");
                keep_end(c, how, began, "failed: it did not come back", by);
                break;
        }
        end(c);
}

/* ---- what is under way ---- */

static void on_deadline(void *userdata)
{
        struct camerad_heal *heal = userdata;
        struct camerad_device *c = heal->c;

        switch (heal->phase) {
        case HEAL_ORDERED:
                heal_broken(heal, "circuit-silent", "its circuit was not seen to go off");
                break;
        case HEAL_OFF:
                heal_broken(heal, "circuit-off", "its circuit was not seen to come on again");
                break;
        case HEAL_BACK:
                look_under_way(c);
                if (c->healing) /* the clock was set back: once more then */
                        heal_alarm_in(c->healing, LATE_US);
                break;
        }
}

void heal_alarm_in(struct camerad_heal *heal, uint64_t us)
{
        camerad_alarm_in(heal->c->daemon, heal->deadline, us);
}

void heal_answer(struct camerad_heal *heal)
{
        struct camerad_device *c = heal->c;

        if (!heal->order)
                return;
        thon_mqtt_reply_ok(c->daemon->mqtt, heal->order,
                           json_pack("{s:s,s:s,s:s,s:i}", "camera", c->conf->id, "how",
                                     thon_heal_how_slug(heal->how), "circuit", c->conf->power.circuit,
                                     "off_s", c->conf->power.off_s));
        heal->order = thon_mqtt_unkeep(heal->order);
}

void heal_back(struct camerad_heal *heal)
{
        struct camerad_device *c = heal->c;
        struct thon_state_now now = camerad_now(c->daemon);

        heal->phase = HEAL_BACK;
        heal->back = now.mono;
        thon_heal_powered(&c->heal, now.wall);
        camerad_keep_row(c, false);
        heal_alarm_in(heal, (uint64_t)c->daemon->conf.heal.wait_s * US + LATE_US);
}

static void on_rebooted(const struct onvif_told *told, void *userdata)
{
        struct camerad_heal *heal = userdata;
        struct camerad_device *c = heal->c;

        heal->call = NULL;
        if (told->error == THON_ONVIF_NOT_AUTHORISED)
                camerad_login_told(c, true);
        /* An answer that did not come may have been cut off by the reboot itself: what comes of it is seen. */
        if (told->error == THON_ONVIF_OK || told->http != THON_HTTP_ANSWERED)
                heal_back(heal);
        else
                heal_broken(heal, "refused", told->detail ? told->detail : "it refuses to reboot");
}

static int reboot(struct camerad_heal *heal)
{
        struct camerad_device *c = heal->c;
        struct camerad *d = c->daemon;
        struct onvif_want want = {
                .device = c->conf,
                .address = c->address[0] ? c->address : NULL,
                .now = camerad_now(d).wall,
        };
        bool stopped;

        camerad_login(c, &want.user, &want.password, &stopped);
        return onvif_call_start(d->http, THON_ONVIF_REBOOT, NULL, &want, on_rebooted, heal, &heal->call);
}

/* ---- the beginning ---- */

/* NULL: it may go out; else what is missing, which is no fault of the device and no attempt. */
static const char *missing(const struct camerad_device *c, enum thon_heal_how how, const char **ret_slug)
{
        struct camerad *d = c->daemon;

        *ret_slug = "store";
        if (!camerad_store(d))
                return "the store is away, and what is not written down is not done";
        if (how != THON_HEAL_POWER)
                return NULL;
        *ret_slug = "circuit-silent";
        if (!thon_mqtt_connected(d->mqtt) || !d->healer->lightd)
                return "thon-lightd is not there to switch its circuit";
        *ret_slug = "circuit-off";
        return c->circuit_off ? "its circuit is off already" : NULL;
}

static int begin(struct camerad_device *c, enum thon_heal_how how, const char *by,
                 const struct thon_mqtt_message *order)
{
        struct camerad *d = c->daemon;
        struct thon_heal_state before = c->heal;
        struct camerad_heal *heal = calloc(1, sizeof(struct camerad_heal));
        int r;

        if (!heal)
                return -ENOMEM;
        heal->c = c;
        heal->how = how;
        heal->began = camerad_now(d).wall;
        heal->back = THON_MONO_NEVER;
        (void)snprintf(heal->by, sizeof heal->by, "%s", by);
        r = thon_alarm_new(d->clock, "heal", on_deadline, heal, &heal->deadline);
        if (r < 0) {
                heal_free(heal);
                return r;
        }
        thon_heal_began(&c->heal, how, c->state.since, heal->began);
        camerad_keep_row(c, true);
        if (c->row_dirty) { /* told by the store's keeper */
                c->heal = before;
                heal_free(heal);
                return -EIO;
        }
        heal->order = order ? thon_mqtt_keep(order) : NULL;
        c->healing = heal;
        c->healed = camerad_now(d).mono;
        camerad_keep_did(c, THON_CAMERA_DID_HEAL, thon_heal_how_slug(how), "began", by, 0, 0);
        camerad_keep_flush(
                d); /* who looks for the reason of a dark camera finds it, whatever happens to us */
        thon_log_full(LOG_NOTICE, THON_MSG_HEAL_BEGUN,
                      (const char *const[]){"THON_CAMERA=", c->conf->id,
                                            "THON_HOW=", thon_heal_how_slug(how), "THON_BY=", by, NULL},
                      "%s (%s): %s begins, by %s", c->conf->id, thon_camera_slug(c->state.hard),
                      thon_heal_how_slug(how), by);
        r = how == THON_HEAL_POWER ? heal_power_off(heal) : reboot(heal);
        if (r < 0) {
                heal_broken(heal, "failed", strerror(-r));
                return 0;
        }
        camerad_publish(c, false);
        camerad_publish_health(d);
        return 0;
}

void camerad_heal_look(struct camerad_device *c)
{
        struct camerad *d = c->daemon;
        struct thon_wall now = camerad_now(d).wall;
        struct thon_heal_decision decision;
        struct thon_heal_about about;
        const char *slug;
        int r;

        if (!d->healer || d->stopping || c->conf->kind == THON_WATCH_MAINS)
                return;
        if (c->heal.under_way != THON_HEAL_NONE) {
                look_under_way(c);
                return;
        }
        (void)thon_heal_look(&c->heal, &d->conf.heal, false, now); /* bears a clock that was set back */
        if (!passed(c, c->healed, d->conf.heal.cooldown_s))
                return;
        /* Most looks end here; only what may be restarted else is worth a walk over all. */
        about = means_of(c);
        if (thon_heal_decide(&c->heal, &d->conf.heal, &about, now).why != THON_HEAL_MAY)
                return;
        look_around(c, &about);
        decision = thon_heal_decide(&c->heal, &d->conf.heal, &about, now);
        if (decision.why != THON_HEAL_MAY || missing(c, decision.how, &slug))
                return;
        r = begin(c, decision.how, ITSELF, NULL);
        if (r < 0)
                thon_error("%s cannot be restarted: %s", c->conf->id, strerror(-r));
}

/* ---- orders ---- */

static void refuse(struct camerad_device *c, const struct thon_mqtt_message *m, const char *slug,
                   const char *text, const char *by)
{
        char detail[64];

        (void)snprintf(detail, sizeof detail, "refused: %s", slug);
        camerad_keep_did(c, THON_CAMERA_DID_HEAL, thon_heal_how_slug(THON_HEAL_POWER), detail, by, 0, 0);
        thon_mqtt_reply_error(c->daemon->mqtt, m, slug, "%s", text);
}

void camerad_heal_order(struct camerad_device *c, const struct thon_mqtt_message *m)
{
        static const char *const members[] = {"by", "reason", NULL};
        struct camerad *d = c->daemon;
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        struct thon_heal_decision decision;
        struct thon_heal_about about;
        const char *by = NULL, *reason = NULL, *slug, *text;
        int r = thon_mqtt_command(m, members, &doc, &error);

        if (r == 0 && (!thon_json_line(doc, "by", sizeof c->healing->by - 1, &by, &error) ||
                       !thon_json_line(doc, "reason", 159, &reason, &error)))
                r = -EINVAL;
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        by = by && *by ? by : "mqtt";
        if (!d->healer || c->conf->kind == THON_WATCH_MAINS) {
                thon_mqtt_reply_error(d->mqtt, m, "no-means", "%s", thon_heal_why_text(THON_HEAL_NO_MEANS));
                return;
        }
        about = means_of(c);
        look_around(c, &about);
        about.by_person = about.power_only = true;
        decision = thon_heal_decide(&c->heal, &d->conf.heal, &about, camerad_now(d).wall);
        if (decision.why == THON_HEAL_MAY && !passed(c, c->healed, d->conf.heal.cooldown_s))
                decision.why = THON_HEAL_COOLDOWN;
        if (decision.why != THON_HEAL_MAY) {
                refuse(c, m, thon_heal_why_slug(decision.why), thon_heal_why_text(decision.why), by);
                return;
        }
        text = missing(c, decision.how, &slug);
        if (text) {
                refuse(c, m, slug, text, by);
                return;
        }
        if (reason && *reason)
                thon_info("%s is to be power-cycled: %s", c->conf->id, reason);
        r = begin(c, decision.how, by, m);
        if (r < 0)
                thon_mqtt_reply_error(d->mqtt, m, "failed", "%s", strerror(-r));
}

/* ---- start and stop ---- */

void camerad_heal_forget(struct camerad_device *c)
{
        struct camerad_heal *heal = THON_TAKE(c->healing);

        if (heal && heal->order)
                thon_mqtt_reply_error(
                        c->daemon->mqtt, heal->order, "ended",
                        "%s changed, or thon-camerad ends; its circuit comes on again by itself",
                        c->conf->id);
        heal_free(heal);
}

int camerad_heal_start(struct camerad *d)
{
        struct camerad_healer *healer = d->healer = calloc(1, sizeof(struct camerad_healer));

        if (!healer)
                return -ENOMEM;
        healer->d = d;
        return heal_digest_start(healer);
}

void camerad_heal_stop(struct camerad *d)
{
        struct camerad_healer *healer = d->healer;

        if (!healer)
                return;
        for (size_t i = 0; i < d->n; i++)
                camerad_heal_forget(d->devices[i]);
        heal_filters_done(healer);
        thon_alarm_free(healer->digest);
        free(healer);
        d->healer = NULL;
}

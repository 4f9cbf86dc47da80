/* Commands over MQTT. A command is checked whole before anything changes; a check is answered when it has ended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camerad.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define WAITING_MAX    16 /* who waits for the check of one device */
#define FOR_MAX        (366 * 86400)
#define LOGIN_AGAIN_US UINT64_C(300000000)

struct camerad_asked {
        struct camerad_asked *next;
        struct thon_mqtt_message *request;
        bool later; /* a check was under way when it was asked: not that one */
};

/* {"by"} or nothing at all, for those that take no more. */
static int take_by(const struct thon_mqtt_message *m, char by[static 64], struct thon_json_error *error)
{
        static const char *const members[] = {"by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        const char *text = NULL;
        int r = thon_mqtt_command(m, members, &doc, error);

        if (r == 0 && !thon_json_line(doc, "by", 63, &text, error))
                r = -EINVAL;
        if (r == 0)
                snprintf(by, 64, "%s", text ? text : "");
        return r;
}

/* ---- check ----------------------------------------------------------------------------------------------------------- */

static json_t *finding(const struct camerad_device *c)
{
        const struct thon_probe *p = &c->probe;
        enum thon_camera_verdict now = c->reach;

        if (now == THON_CAMERA_OK && c->picture != THON_CAMERA_OK && c->picture != THON_CAMERA_UNKNOWN)
                now = c->picture;
        else if (now == THON_CAMERA_OK && c->recorded == THON_CAMERA_RECORDER_DISK)
                now = c->recorded;
        return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:f}", "camera", c->conf->id, "found",
                         thon_camera_slug(now), "verdict", thon_camera_slug(c->state.hard), "severity",
                         thon_camera_severity_text(thon_camera_severity(now)), "sentence",
                         now == THON_CAMERA_UNKNOWN ? "" : thon_camera_sentence(now), "action",
                         now == THON_CAMERA_OK || now == THON_CAMERA_UNKNOWN ? "" : thon_camera_action(now),
                         "reached", thon_rung_text(p->reached), "detail", p->detail, "login_basic",
                         p->auth_basic, "login_stopped", camerad_login_stopped(c), "seconds",
                         (double)(p->total_us / 1000) / 1000);
}

void camerad_command_checked(struct camerad_device *c)
{
        struct camerad_asked **at = &c->asked;
        bool again = false;

        while (*at) {
                struct camerad_asked *one = *at;

                if (one->later) {
                        one->later = false;
                        again = true;
                        at = &one->next;
                        continue;
                }
                *at = one->next;
                thon_mqtt_reply_ok(c->daemon->mqtt, one->request, finding(c));
                thon_mqtt_unkeep(one->request);
                free(one);
        }
        if (again)
                camerad_sweep_plan(c, true);
}

void camerad_command_gone(struct camerad_device *c)
{
        while (c->asked) {
                struct camerad_asked *one = c->asked;

                c->asked = one->next;
                if (c->daemon->mqtt)
                        thon_mqtt_reply_error(c->daemon->mqtt, one->request, "unknown-camera",
                                              "%s is no longer watched", c->conf->id);
                thon_mqtt_unkeep(one->request);
                free(one);
        }
}

/* False: too many wait already. */
static bool wait_for(struct camerad_device *c, const struct thon_mqtt_message *m)
{
        struct camerad_asked **end = &c->asked, *one;
        size_t n = 0;

        if (!m->response_topic)
                return true;
        for (; *end; end = &(*end)->next)
                if (++n >= WAITING_MAX)
                        return false;
        one = calloc(1, sizeof(*one));
        if (!one)
                return false;
        one->request = thon_mqtt_keep(m);
        if (!one->request) {
                free(one);
                return false;
        }
        one->later = c->check != NULL;
        *end = one;
        return true;
}

/* Somebody may have put the password right at the camera: it is tried once more, and once only. Who has it checked by a
 * program every minute must not lock the account by that. */
static void try_login_again(struct camerad_device *c)
{
        struct thon_mono now = thon_clock_mono(c->daemon->clock);
        bool picture = camerad_web_login_stopped(c->picture_refused),
             recorder = camerad_web_login_stopped(c->recorder_refused);

        if ((!camerad_login_stopped(c) && !picture && !recorder) ||
            (c->auth_asked.us != THON_MONO_NEVER.us && thon_mono_since(c->auth_asked, now) < LOGIN_AGAIN_US))
                return;
        c->auth_asked = now;
        /* One more refusal stops it again. */
        if (picture)
                c->picture_refused = 1;
        if (recorder)
                c->recorder_refused = 1;
        if (camerad_login_stopped(c)) {
                c->auth_refused = 1;
                camerad_keep_row(c, false);
        }
}

static void check(struct camerad_device *c, const struct thon_mqtt_message *m)
{
        struct camerad *d = c->daemon;
        struct thon_json_error error = {""};
        char by[64];
        int r = take_by(m, by, &error);

        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        if (c->conf->kind == THON_WATCH_MAINS) {
                /* It tells by itself; there is nothing to go and see. */
                thon_mqtt_reply_ok(d->mqtt, m, finding(c));
                return;
        }
        if (!wait_for(c, m)) {
                thon_mqtt_reply_error(d->mqtt, m, "busy", "%s is being checked for others already",
                                      c->conf->id);
                return;
        }
        try_login_again(c);
        c->play_next = c->conf->kind == THON_WATCH_CAMERA;
        camerad_sweep_plan(c, true);
        camerad_pictures_now(c);
}

/* ---- maintenance ----------------------------------------------------------------------------------------------------- */

static bool take_end(const struct camerad *d, const json_t *doc, struct thon_wall *ret,
                     struct thon_json_error *error)
{
        const json_t *length = json_object_get(doc, "for"), *until = json_object_get(doc, "until");
        struct thon_wall now = camerad_now(d).wall, end = THON_WALL_NEVER;
        double seconds = json_is_number(length) ? json_number_value(length) : -1;

        if (length && until) {
                thon_json_fail(error, "for", "give either for or until");
                return false;
        }
        if (length && !(seconds >= 1 && seconds <= FOR_MAX)) {
                thon_json_fail(error, "for", "must be seconds, 1 to %d", FOR_MAX);
                return false;
        }
        if (length)
                end.s = now.s + (int64_t)seconds;
        if (until && (!json_is_string(until) || !thon_time_parse(d->zone, json_string_value(until), &end))) {
                thon_json_fail(error, "until", "must be a time such as 2026-11-21T23:00:00+07:00");
                return false;
        }
        if (until && (end.s <= now.s || end.s > now.s + FOR_MAX)) {
                thon_json_fail(error, "until", "must lie after now and within a year");
                return false;
        }
        *ret = end;
        return true;
}

static int take_maintenance(const struct camerad *d, const struct thon_mqtt_message *m,
                            struct camerad_maintenance *ret, struct thon_json_error *error)
{
        static const char *const members[] = {"on", "for", "until", "reason", "by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        const char *by = NULL, *reason = NULL;
        int r = thon_mqtt_command(m, members, &doc, error);

        if (r < 0)
                return r;
        if (!json_is_boolean(json_object_get(doc, "on"))) {
                thon_json_fail(error, "on", "must be true or false");
                return -EINVAL;
        }
        *ret = (struct camerad_maintenance){.on = json_is_true(json_object_get(doc, "on"))};
        if (!ret->on && (json_object_get(doc, "for") || json_object_get(doc, "until"))) {
                thon_json_fail(error, "on", "the end of maintenance takes no for and no until");
                return -EINVAL;
        }
        if (!thon_json_line(doc, "by", sizeof(ret->by) - 1, &by, error) ||
            !thon_json_line(doc, "reason", sizeof(ret->reason) - 1, &reason, error) ||
            !take_end(d, doc, &ret->until, error))
                return -EINVAL;
        snprintf(ret->by, sizeof(ret->by), "%s", by ? by : "");
        snprintf(ret->reason, sizeof(ret->reason), "%s", reason ? reason : "");
        return 0;
}

static void maintain(struct camerad_device *c, const struct thon_mqtt_message *m)
{
        struct camerad *d = c->daemon;
        struct thon_json_error error = {""};
        struct camerad_maintenance wanted;
        json_t *answer;
        int r = take_maintenance(d, m, &wanted, &error);

        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        camerad_maintenance(c, &wanted);
        thon_log_full(LOG_NOTICE, THON_MSG_NONE,
                      (const char *const[]){"THON_CAMERA=", c->conf->id, "THON_BY=", wanted.by, NULL},
                      "%s: maintenance %s%s%s", c->conf->id, wanted.on ? "begins" : "ends",
                      wanted.by[0] ? ", says " : "", wanted.by);
        /* Who works on the camera relies on it over a power cut too. */
        camerad_keep_now(d);
        answer = json_pack("{s:s,s:b,s:o,s:b}", "camera", c->conf->id, "maintenance", wanted.on, "until",
                           wanted.on ? camerad_time_json(d, wanted.until) : json_null(), "durable",
                           !c->row_dirty);
        if (answer && c->row_dirty)
                (void)json_object_set_new(
                        answer, "warning",
                        json_string("done, but the store is away: a restart of camerad forgets it"));
        thon_mqtt_reply_ok(d->mqtt, m, answer);
}

/* ---- relearn --------------------------------------------------------------------------------------------------------- */

static void relearn(struct camerad_device *c, const struct thon_mqtt_message *m)
{
        struct camerad *d = c->daemon;
        struct thon_json_error error = {""};
        char by[64];
        int r = take_by(m, by, &error);

        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        r = camerad_pictures_relearn(c);
        if (r < 0) {
                thon_mqtt_reply_error(d->mqtt, m, "no-pictures", "no pictures are taken of %s", c->conf->id);
                return;
        }
        thon_log_full(LOG_NOTICE, THON_MSG_NONE,
                      (const char *const[]){"THON_CAMERA=", c->conf->id, "THON_BY=", by, NULL},
                      "%s: what it shows is learned anew%s%s", c->conf->id, by[0] ? ", by " : "", by);
        camerad_keep_row(c, false);
        camerad_pictures_now(c);
        thon_mqtt_reply_ok(d->mqtt, m, json_pack("{s:s}", "camera", c->conf->id));
}

/* ---- all ------------------------------------------------------------------------------------------------------------- */

void camerad_command(struct camerad *d, const struct thon_mqtt_message *m)
{
        char id[THON_SLUG_MAX + 1], verb[16];
        struct camerad_device *c;
        int end = 0;

        /* A retained command would be carried out again at every connect. */
        if (m->retained) {
                thon_warning("%s: a retained command was ignored; publish commands without the retain flag",
                             m->topic);
                return;
        }
        if (strcmp(m->topic, "camera/discover") == 0) {
                camerad_discover(d, m);
                return;
        }
        if (sscanf(m->topic, "camera/%63[a-z0-9-]/%15[a-z-]%n", id, verb, &end) != 2 ||
            m->topic[end] != '\0')
                return;
        c = camerad_find(d, id);
        if (!c && !d->cause)
                thon_mqtt_reply_error(d->mqtt, m, "no-registry",
                                      "the registry was not read yet: see journalctl -u thon-camerad");
        else if (!c)
                thon_mqtt_reply_error(d->mqtt, m, "unknown-camera", "no device %s is watched here", id);
        else if (strcmp(verb, "check") == 0)
                check(c, m);
        else if (strcmp(verb, "power-cycle") == 0)
                camerad_heal_order(c, m);
        else if (strcmp(verb, "maintenance") == 0)
                maintain(c, m);
        else if (strcmp(verb, "relearn") == 0)
                relearn(c, m);
        else
                thon_mqtt_reply_error(d->mqtt, m, "unknown-command", "camera/%s/%s is no command", id, verb);
}

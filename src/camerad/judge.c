/* What was found becomes a state, and the state is told to whoever goes by it: the finder of causes, the history, who heals,
 * who looks for cameras that moved, and the broker. Decisions are the core's; here is what is known around a device when they
 * are made. */
#include <stdio.h>
#include <string.h>

#include "camerad.h"
#include "thon/log.h"

/* A parent's word counts while it is so fresh: two of the usual intervals, and what a check may take. */
#define PARENT_GRACE_S 30

static bool is_confirmed_kind(enum thon_camera_verdict verdict)
{
        switch (verdict) {
        case THON_CAMERA_FROZEN:
        case THON_CAMERA_BLACK:
        case THON_CAMERA_COVERED:
        case THON_CAMERA_SPRAYED:
        case THON_CAMERA_DEFOCUSED:
        case THON_CAMERA_MOVED:
        case THON_CAMERA_RECORDER_DISK:
                return true; /* three pictures, or hours without a recording, stand behind it */
        case THON_CAMERA_UNKNOWN:
        case THON_CAMERA_OK:
        case THON_CAMERA_NO_POWER:
        case THON_CAMERA_NO_NETWORK:
        case THON_CAMERA_CABLE:
        case THON_CAMERA_PORT_CLOSED:
        case THON_CAMERA_HUNG:
        case THON_CAMERA_BAD_ANSWER:
        case THON_CAMERA_PASSWORD:
        case THON_CAMERA_CLOCK_SKEW:
        case THON_CAMERA_SESSION_LIMIT:
        case THON_CAMERA_NO_STREAM:
        case THON_CAMERA_NO_VIDEO:
        case THON_CAMERA_NO_RTP:
        case THON_CAMERA_CHILDREN:
        case THON_CAMERA_VERDICTS:
                break;
        }
        return false;
}

/* Who cannot be reached shows no picture; whose clock is wrong may show a black one, which is worse. */
static enum thon_camera_verdict composed(const struct camerad_device *c)
{
        bool picture = is_confirmed_kind(c->picture), recorder = is_confirmed_kind(c->recorded);

        if (c->reach != THON_CAMERA_OK && c->reach != THON_CAMERA_CLOCK_SKEW)
                return c->reach;
        return picture                              ? c->picture
               : c->reach == THON_CAMERA_CLOCK_SKEW ? c->reach
               : recorder                           ? c->recorded
                                                    : c->reach;
}

/* ---- what is known around it ---------------------------------------------------------------------------------------- */

static bool mains_away(const struct camerad_device *c)
{
        const struct camerad *d = c->daemon;

        if (!c->conf->area || !*c->conf->area)
                return false;
        for (size_t i = 0; i < d->n_mains; i++) {
                const struct camerad_device *m = d->mains[i];

                for (size_t a = 0; m->reach == THON_CAMERA_NO_POWER && a < m->n_areas; a++)
                        if (strcmp(m->areas[a], c->conf->area) == 0)
                                return true;
        }
        return false;
}

static struct thon_probe_around around_of(const struct camerad_device *c, struct thon_mono now)
{
        const struct camerad *d = c->daemon;
        const struct camerad_device *parent =
                c->conf->parent[0] ? camerad_find(c->daemon, c->conf->parent) : NULL;
        struct thon_probe_around around = {
                .power_off = c->circuit_off || mains_away(c),
                .skew_limit_s = d->conf.skew_s,
        };

        if (parent && parent->reach != THON_CAMERA_UNKNOWN &&
            parent->state.last_look.us != THON_MONO_NEVER.us) {
                int64_t interval =
                        parent->conf->interval_s > 0 ? parent->conf->interval_s : d->conf.interval_s;
                uint64_t fresh = (uint64_t)(2 * interval + PARENT_GRACE_S) * 1000000;

                around.parent_known = thon_mono_since(parent->state.last_look, now) <= fresh;
                around.parent_answers = !thon_camera_silent(parent->reach);
        }
        return around;
}

/* ---- what follows from a look ---------------------------------------------------------------------------------------- */

static void tick_by(struct camerad *d, struct thon_wall wall, struct thon_mono mono)
{
        if (wall.s < d->tick_wall.s)
                d->tick_wall = wall;
        if (mono.us < d->tick_mono.us)
                d->tick_mono = mono;
        thon_alarm_set(d->tick, d->tick_wall, d->tick_mono);
}

static void log_state(const struct camerad_device *c, const struct thon_state_change *change)
{
        const struct thon_device_state *s = &c->state;
        bool good = (change->what & THON_STATE_HARD_GOOD) != 0;

        thon_log_full(LOG_INFO, THON_MSG_NONE,
                      (const char *const[]){"THON_CAMERA=", c->conf->id,
                                            "THON_VERDICT=", thon_camera_slug(s->hard), NULL},
                      "%s: %s%s%s%s", c->conf->id, thon_camera_slug(s->hard),
                      c->maintenance.on ? " (maintenance)" : "", !good && c->probe.detail[0] ? ": " : "",
                      good ? "" : c->probe.detail);
}

static void keep_change(struct camerad_device *c, const struct thon_state_change *change)
{
        const struct thon_device_state *s = &c->state;
        struct thon_wall now = camerad_now(c->daemon).wall;
        /* The history knows from when on it was so, which is earlier than when it was believed. */
        struct thon_wall at = s->since.s > 0 && s->since.s <= now.s ? s->since : now;

        if (change->what & THON_STATE_BLIP)
                camerad_keep_did_at(c, change->began, THON_CAMERA_DID_BLIP, thon_camera_slug(change->blip),
                                    "", "", change->lasted_s, 0);
        if (change->what & THON_STATE_RENAMED)
                at = now;
        if (change->what & (THON_STATE_HARD_BAD | THON_STATE_HARD_GOOD | THON_STATE_RENAMED)) {
                camerad_keep_did_at(c, at, THON_CAMERA_DID_VERDICT, thon_camera_slug(s->hard),
                                    is_confirmed_kind(s->hard) ? "" : c->probe.detail, "", change->lasted_s,
                                    0);
                log_state(c, change);
        }
        if (change->what & THON_STATE_FLAP_BEGIN)
                camerad_keep_did(c, THON_CAMERA_DID_FLAP, "begin", "", "", 0, 0);
        if (change->what & THON_STATE_FLAP_END)
                camerad_keep_did(c, THON_CAMERA_DID_FLAP, "end", "", "", 0, 0);
        if (change->what & ~(unsigned)(THON_STATE_SOFT_BAD | THON_STATE_BLIP))
                camerad_keep_row(c, false);
}

/* True: there is something new to tell. */
static bool took(struct camerad_device *c, const struct thon_state_change *change, bool was_known)
{
        struct camerad *d = c->daemon;
        struct thon_state_now now = camerad_now(d);

        keep_change(c, change);
        /* The first word about a device: from here on its uptime is known. */
        if (!was_known && c->state.hard == THON_CAMERA_OK && change->what == 0) {
                camerad_keep_did_at(c, now.wall, THON_CAMERA_DID_VERDICT, thon_camera_slug(THON_CAMERA_OK),
                                    "", "", 0, 0);
                camerad_keep_row(c, false);
        }
        if (change->again.us != THON_MONO_NEVER.us)
                tick_by(d, THON_WALL_NEVER, change->again);
        if (d->cause)
                thon_cause_device(d->cause, c->index, &c->state, now);
        return change->what != 0;
}

static bool look(struct camerad_device *c, bool confirmed)
{
        struct camerad *d = c->daemon;
        enum thon_camera_verdict verdict = composed(c), soft = c->state.now;
        bool known = c->state.hard != THON_CAMERA_UNKNOWN, news;
        struct thon_state_change change;

        /* What pictures and recorders say was confirmed before it was said; no look of the network was. */
        confirmed = is_confirmed_kind(verdict) || c->conf->kind == THON_WATCH_MAINS ||
                    (confirmed && verdict == THON_CAMERA_OK && is_confirmed_kind(c->state.hard));
        change = thon_device_state_look(&c->state, &d->conf.state, verdict, confirmed, camerad_now(d));
        news = took(c, &change, known) || soft != c->state.now ||
               known != (c->state.hard != THON_CAMERA_UNKNOWN);
        if (news || c->state.hard != THON_CAMERA_OK)
                camerad_look_soon(d);
        camerad_heal_look(c);
        camerad_recorder_look(c);
        if (thon_camera_silent(c->state.hard) && c->conf->kind == THON_WATCH_CAMERA)
                camerad_follow_silent(c);
        if (news)
                camerad_publish_health(d);
        return news;
}

void camerad_judge(struct camerad_device *c, bool confirmed)
{
        (void)look(c, confirmed);
        camerad_publish(c, false);
}

void camerad_checked(struct camerad_device *c, const struct thon_probe *probe)
{
        struct camerad *d = c->daemon;
        struct thon_state_now now = camerad_now(d);
        struct thon_probe_around around = around_of(c, now.mono);
        enum thon_camera_verdict before = c->reach;

        c->probe = *probe;
        c->checked = now.wall;
        if (!d->clock_trusted) {
                c->probe.skew_known = false; /* whose clock is it that is wrong? */
        } else if (probe->skew_known) {
                c->skew_known = true;
                c->skew_s = probe->skew_s;
        } else if (c->skew_known) {
                c->probe.skew_known = true;
                c->probe.skew_s = c->skew_s;
        }
        /* One that hung up after it had asked for a login has refused none. */
        if (probe->auth_sent && probe->reached >= THON_RUNG_DESCRIBE)
                camerad_login_told(c, false);
        else if (probe->auth_sent && probe->failure == THON_PROBE_STATUS && probe->status == 401)
                camerad_login_told(c, true);
        c->reach = thon_probe_judge(&c->probe, &around);
        /* Most checks of a commune find what the one before found: then nothing is written out. */
        if (look(c, false) || c->reach != before || !c->published)
                camerad_publish(c, false);
        camerad_command_checked(c);
}

/* Whoever reads it has it from the input itself. That the power is back within the time for which causes are held, nobody is
 * told of. */
void camerad_mains(struct camerad_device *c, bool on, bool known)
{
        enum thon_camera_verdict before = c->reach;

        c->reach = !known ? THON_CAMERA_UNKNOWN : on ? THON_CAMERA_OK : THON_CAMERA_NO_POWER;
        if (c->reach == before)
                return;
        c->checked = camerad_now(c->daemon).wall;
        snprintf(c->probe.detail, sizeof(c->probe.detail), "the input says %s",
                 !known ? "nothing"
                 : on   ? "on"
                        : "off");
        camerad_judge(c, true);
}

/* ---- maintenance ----------------------------------------------------------------------------------------------------- */

void camerad_maintenance(struct camerad_device *c, const struct camerad_maintenance *wanted)
{
        struct camerad *d = c->daemon;
        bool begins = wanted->on;
        struct thon_wall at = camerad_now(d).wall;

        /* It may have been over while nobody watched. */
        if (!begins && c->maintenance.on && c->maintenance.until.s < at.s)
                at = c->maintenance.until;
        if (begins || c->maintenance.on)
                camerad_keep_did_at(c, at, THON_CAMERA_DID_MAINTENANCE, begins ? "begin" : "end",
                                    wanted->reason, wanted->by, 0, 0);
        c->maintenance = *wanted;
        if (begins && wanted->until.s != THON_WALL_NEVER.s)
                tick_by(d, wanted->until, THON_MONO_NEVER);
        if (d->cause) {
                thon_cause_maintenance(d->cause, c->index, begins);
                thon_cause_device(d->cause, c->index, &c->state, camerad_now(d));
        }
        camerad_keep_row(c, false);
        camerad_look_soon(d);
        camerad_publish(c, false);
        camerad_publish_health(d);
}

/* ---- what time alone changes ----------------------------------------------------------------------------------------- */

void camerad_judge_tick(struct camerad *d)
{
        d->tick_wall = THON_WALL_NEVER;
        d->tick_mono = THON_MONO_NEVER;
        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];
                struct thon_state_now now = camerad_now(d);
                struct thon_state_change change;

                if (c->maintenance.on && c->maintenance.until.s <= now.wall.s) {
                        struct camerad_maintenance over = {.by = "", .reason = "its time is over"};
                        camerad_maintenance(c, &over);
                } else if (c->maintenance.on) {
                        tick_by(d, c->maintenance.until, THON_MONO_NEVER);
                }
                change = thon_device_state_tick(&c->state, &d->conf.state, now);
                if (took(c, &change, true)) {
                        camerad_look_soon(d);
                        camerad_publish(c, false);
                }
        }
        thon_alarm_set(d->tick, d->tick_wall, d->tick_mono);
}

/* From rung to rung: what each answer means for the check.
 *
 * A login is sent once. Only a server that said itself that merely the nonce was old, or that had taken this very login a
 * moment ago, gets it again with the new nonce: cameras lock accounts after a few wrong ones. A connection that is closed
 * after its 401, as some cameras do, is opened once more. And whatever happens after SETUP, the session is ended: cameras have
 * one to a few of them, and those that are left behind lock out the recorder. */
#include "rtsp_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *rtsp_step_text(enum rtsp_step step)
{
        static const char *const texts[] = {
                [RTSP_CONNECT] = "connection", [RTSP_SECURE] = "TLS",        [RTSP_OPTIONS] = "OPTIONS",
                [RTSP_DESCRIBE] = "DESCRIBE",  [RTSP_SETUP] = "SETUP",       [RTSP_PLAY] = "PLAY",
                [RTSP_LISTEN] = "RTP",         [RTSP_TEARDOWN] = "TEARDOWN", [RTSP_DONE] = "end",
        };
        return texts[step];
}

static void reach(struct rtsp_check *c, enum thon_rung rung)
{
        if (c->probe.reached < rung)
                c->probe.reached = rung;
}

void rtsp_verdict(struct rtsp_check *c, enum thon_probe_failure failure, const char *format, ...)
{
        uint64_t now = c->began;
        va_list args;

        if (c->step == RTSP_TEARDOWN) { /* it stands already */
                c->step = RTSP_DONE;
                return;
        }
        c->probe.failure = failure;
        va_start(args, format);
        (void)vsnprintf(c->probe.detail, sizeof c->probe.detail, format, args);
        va_end(args);
        (void)sd_event_now(c->event, CLOCK_MONOTONIC, &now);
        c->probe.total_us = now - c->began;
        c->probe.rtp_packets = c->watch.packets;
        c->probe.keyframe = c->watch.keyframe;
        if (!c->set_up || rtsp_ask(c, RTSP_TEARDOWN) < 0)
                c->step = RTSP_DONE;
}

/* One request, or the end when it cannot be sent. */
static void ask(struct rtsp_check *c, enum rtsp_step step)
{
        int r;

        c->step = step;
        r = rtsp_ask(c, step);
        if (r == -ENOMEM || r == -ENOBUFS || r == -EINVAL || r == -EIO || r == -ENOSYS)
                rtsp_verdict(c, THON_PROBE_LOCAL, "%s could not be asked: %s", rtsp_step_text(step),
                             strerror(-r));
        else if (r < 0)
                rtsp_hung_up(c, r);
}

void rtsp_connected(struct rtsp_check *c)
{
        ask(c, c->resume);
}

static void refused(struct rtsp_check *c, const struct thon_rtsp_answer *a)
{
        char reason[64];

        thon_rtsp_printable(a->reason, reason, sizeof reason);
        c->probe.server_limit = a->status == 453 || (a->status == 503 && c->step >= RTSP_SETUP);
        rtsp_verdict(c, THON_PROBE_STATUS, "%s: %d%s%s", rtsp_step_text(c->step), a->status,
                     *reason ? " " : "", reason);
}

/* Whether what is offered after a login was sent is merely a new nonce for it. */
static bool renews(const struct rtsp_check *c, const struct thon_challenge *offered)
{
        return offered->scheme >= THON_CHALLENGE_MD5 && (offered->stale || c->accepted) &&
               strcmp(offered->nonce, c->challenge.nonce) != 0 &&
               c->renewals < (c->accepted ? RTSP_RENEWALS : 1);
}

static void adopt(struct rtsp_check *c, const struct thon_challenge *offered)
{
        c->renewals += c->has_login;
        c->challenge = *offered;
        c->has_challenge = true;
        c->count = 0;
        c->probe.auth_basic = offered->scheme == THON_CHALLENGE_BASIC;
}

/* The login, or why there is none. */
static void unauthorized(struct rtsp_check *c, const struct thon_rtsp_answer *a)
{
        struct thon_challenge offered;
        const char *why = NULL;

        c->probe.auth_asked = true;
        if (!thon_challenge_choose(a->challenges, a->n_challenges, &offered))
                why = "and no login that we know is offered";
        else if (!c->user)
                why = "a login is wanted";
        else if (c->has_login && !renews(c, &offered))
                why = "the login is refused";
        if (why) {
                rtsp_verdict(c, THON_PROBE_STATUS, "%s: 401, %s", rtsp_step_text(c->step), why);
                return;
        }
        adopt(c, &offered);
        if (c->step == RTSP_OPTIONS) {
                reach(c, THON_RUNG_OPTIONS);
                if (c->up_to <= THON_RUNG_OPTIONS) {
                        rtsp_verdict(c, THON_PROBE_FINE, "OPTIONS: 401");
                        return;
                }
                c->step = RTSP_DESCRIBE;
        }
        if (a->closes && !c->set_up && !c->reconnected)
                rtsp_reconnect(c);
        else
                ask(c, c->step);
}

/* The end, unless the session stands yet because its nonce was old. */
static void teardown(struct rtsp_check *c, const struct thon_rtsp_answer *a)
{
        struct thon_challenge offered;

        if (a->status == 401 && c->has_login &&
            thon_challenge_choose(a->challenges, a->n_challenges, &offered) && renews(c, &offered)) {
                adopt(c, &offered);
                if (rtsp_ask(c, RTSP_TEARDOWN) == 0)
                        return;
        }
        c->step = RTSP_DONE;
}

/* A server that knows no OPTIONS may know DESCRIBE: it speaks RTSP, which is all that is asked here. */
static void options(struct rtsp_check *c, const struct thon_rtsp_answer *a)
{
        if (a->status == 453) {
                refused(c, a);
                return;
        }
        reach(c, THON_RUNG_OPTIONS);
        if (c->up_to <= THON_RUNG_OPTIONS)
                rtsp_verdict(c, THON_PROBE_FINE, "OPTIONS: %d", a->status);
        else
                ask(c, RTSP_DESCRIBE);
}

static void describe(struct rtsp_check *c, const struct thon_rtsp_answer *a)
{
        char base[THON_RTSP_URL_MAX], track[THON_RTSP_URL_MAX], aggregate[THON_RTSP_URL_MAX];
        struct thon_sdp sdp;

        if (thon_sdp_read(a->body.at, a->body.size, &sdp) < 0) {
                rtsp_verdict(c, THON_PROBE_MALFORMED, "DESCRIBE: %s",
                             a->body.size ? "what came is no session description"
                                          : "no session description came");
                return;
        }
        reach(c, THON_RUNG_DESCRIBE);
        if (!sdp.video) {
                rtsp_verdict(c, THON_PROBE_NO_VIDEO, "DESCRIBE: no video in the session description");
                return;
        }
        c->probe.video = true;
        c->codec = sdp.codec;
        memcpy(c->probe.codec, sdp.codec_name, sizeof c->probe.codec);
        if (c->up_to <= THON_RUNG_DESCRIBE) {
                rtsp_verdict(c, THON_PROBE_FINE, "%s", sdp.codec_name);
                return;
        }
        if (thon_rtsp_base(a, c->url, base) < 0 || thon_rtsp_resolve(base, sdp.control, track) < 0 ||
            thon_rtsp_resolve(base, sdp.session_control, aggregate) < 0) {
                rtsp_verdict(c, THON_PROBE_MALFORMED, "DESCRIBE: the track's address cannot be used");
                return;
        }
        /* Without a control of its own, the only track has the address of the whole. */
        c->track = strdup(sdp.control.size > 0 ? track : aggregate);
        c->aggregate = strdup(aggregate);
        if (!c->track || !c->aggregate)
                rtsp_verdict(c, THON_PROBE_LOCAL, "no memory");
        else
                ask(c, RTSP_SETUP);
}

static void setup(struct rtsp_check *c, const struct thon_rtsp_answer *a)
{
        c->set_up = true;
        if (a->session.at) {
                memcpy(c->session, a->session.at, a->session.size);
                c->session[a->session.size] = '\0';
        }
        (void)thon_rtsp_interleaved(a->transport, &c->channel);
        reach(c, THON_RUNG_SETUP);
        if (c->up_to <= THON_RUNG_SETUP)
                rtsp_verdict(c, THON_PROBE_FINE, "%s", c->probe.codec);
        else
                ask(c, RTSP_PLAY);
}

/* After every packet while we listen, and once when PLAY is answered. */
static void listened(struct rtsp_check *c)
{
        if (!thon_rtp_advancing(&c->watch))
                return;
        reach(c, THON_RUNG_RTP);
        if (c->watch.keyframe || c->codec == THON_VIDEO_OTHER)
                rtsp_verdict(c, THON_PROBE_FINE, "%s", c->probe.codec);
        else if (!c->lingers) {
                c->lingers = true;
                rtsp_wait(c, RTSP_KEYFRAME_US);
        }
}

static void play(struct rtsp_check *c)
{
        reach(c, THON_RUNG_PLAY);
        if (c->up_to <= THON_RUNG_PLAY) {
                rtsp_verdict(c, THON_PROBE_FINE, "%s", c->probe.codec);
                return;
        }
        c->step = RTSP_LISTEN;
        rtsp_wait(c, c->rtp_us);
        listened(c);
}

void rtsp_answered(struct rtsp_check *c, const struct thon_rtsp_answer *a)
{
        if (a->status < 200 || thon_rtsp_cseq_match(&c->cseq, a) == THON_RTSP_STALE)
                return;
        c->answered = true;
        if (c->step == RTSP_TEARDOWN) {
                teardown(c, a);
                return;
        }
        if (c->step == RTSP_LISTEN)
                return;
        c->probe.status = a->status;
        if (a->status == 401) {
                unauthorized(c, a);
                return;
        }
        if (c->step == RTSP_OPTIONS) {
                options(c, a);
                return;
        }
        if (a->status >= 300) {
                refused(c, a);
                return;
        }
        c->accepted = c->accepted || c->has_login;
        if (c->step == RTSP_DESCRIBE)
                describe(c, a);
        else if (c->step == RTSP_SETUP)
                setup(c, a);
        else if (c->step == RTSP_PLAY)
                play(c);
}

void rtsp_framed(struct rtsp_check *c, const struct thon_rtsp_frame *frame)
{
        if (!c->set_up || frame->channel != c->channel || c->step == RTSP_TEARDOWN)
                return;
        thon_rtp_watch(&c->watch, c->codec, frame->head, frame->head_size);
        if (c->step == RTSP_LISTEN)
                listened(c);
}

static enum thon_probe_failure lost(int error)
{
        switch (-error) {
        case EPROTO:
                return THON_PROBE_MALFORMED;
        case ETIMEDOUT:
                return THON_PROBE_TIMEOUT;
        case EHOSTUNREACH:
        case ENETUNREACH:
                return THON_PROBE_UNREACHABLE;
        default:
                return THON_PROBE_RESET;
        }
}

void rtsp_hung_up(struct rtsp_check *c, int error)
{
        if (c->step == RTSP_TEARDOWN) {
                c->step = RTSP_DONE;
                return;
        }
        if (!c->reconnected && c->answered && c->step == RTSP_DESCRIBE) {
                rtsp_reconnect(c);
                return;
        }
        c->set_up = false; /* nothing can be said to it any more, and its session ends with the connection */
        c->probe.error = -error;
        if (c->lingers)
                rtsp_verdict(c, THON_PROBE_FINE, "%s, no keyframe yet", c->probe.codec);
        else
                rtsp_verdict(c, lost(error), "%s: the connection was %s %s", rtsp_step_text(c->step),
                             error == 0             ? "closed"
                             : error == -ECONNRESET ? "reset"
                                                    : "lost",
                             c->step == RTSP_LISTEN ? "while we listened" : "before an answer");
}

void rtsp_timed_out(struct rtsp_check *c)
{
        const char *step = rtsp_step_text(c->step),
                   *what = c->filled > 0 ? "an answer that does not end" : "nothing in time";

        if (c->step == RTSP_TEARDOWN)
                c->step = RTSP_DONE;
        else if (c->step < RTSP_PLAY)
                rtsp_verdict(c, THON_PROBE_TIMEOUT, "%s: %s", step, what);
        else if (thon_rtp_advancing(&c->watch)) { /* an answer to PLAY that never came is no loss */
                reach(c, THON_RUNG_RTP);
                rtsp_verdict(c, THON_PROBE_FINE, "%s%s", c->probe.codec,
                             c->watch.keyframe ? "" : ", no keyframe yet");
        } else if (c->watch.packets > 0)
                rtsp_verdict(c, THON_PROBE_STALLED, "%s: %u packets, and their counters stand still", step,
                             c->watch.packets);
        else
                rtsp_verdict(c, THON_PROBE_TIMEOUT, "%s: %s%s", step, what,
                             c->watch.damaged > 0 ? ", but frames that are no RTP" : "");
}

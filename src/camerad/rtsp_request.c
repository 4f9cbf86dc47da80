/* Requests: one at a time, each in one piece. Cameras that lose the second of two requests in one packet are common, so
 * nothing is sent before the last answer is there. Everything that goes into a line was looked at where it came in: addresses
 * (thon_rtsp_url_fine), the session (by the reader), the login (digest_authorization). */
#include "rtsp_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"

static const char *target(const struct rtsp_check *c, enum rtsp_step step)
{
        switch (step) {
        case RTSP_SETUP:
                return c->track;
        case RTSP_PLAY:
        case RTSP_TEARDOWN:
                return c->aggregate;
        case RTSP_CONNECT:
        case RTSP_SECURE:
        case RTSP_OPTIONS:
        case RTSP_DESCRIBE:
        case RTSP_LISTEN:
        case RTSP_DONE:
                break;
        }
        return c->url;
}

static const char *extra(enum rtsp_step step)
{
        switch (step) {
        case RTSP_DESCRIBE:
                return "Accept: application/sdp\r\n";
        case RTSP_SETUP:
                return "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        case RTSP_PLAY:
                return "Range: npt=0.000-\r\n";
        case RTSP_CONNECT:
        case RTSP_SECURE:
        case RTSP_OPTIONS:
        case RTSP_LISTEN:
        case RTSP_TEARDOWN:
        case RTSP_DONE:
                break;
        }
        return "";
}

/* The login's line; its length, 0 without one, or -errno. */
static int authorization(struct rtsp_check *c, const char *method, const char *uri, char *ret, size_t room)
{
        static const char name[] = "Authorization: ";
        size_t n = sizeof name - 1;
        int r;

        if (!c->has_challenge || !c->user)
                return 0;
        if (digest_wants_cnonce(&c->challenge) && c->cnonce[0] == '\0') {
                r = digest_cnonce(c->cnonce);
                if (r < 0)
                        return r;
        }
        if (room < n + 3)
                return -ENOBUFS;
        memcpy(ret, name, n);
        r = digest_authorization(&(struct digest_want){.challenge = &c->challenge,
                                                       .user = c->user,
                                                       .password = c->password,
                                                       .method = method,
                                                       .uri = uri,
                                                       .cnonce = c->cnonce,
                                                       .count = ++c->count},
                                 ret + n, room - n - 2);
        if (r < 0)
                return r;
        n += strlen(ret + n);
        memcpy(ret + n, "\r\n", 3);
        return (int)(n + 2);
}

static int compose(struct rtsp_check *c, enum rtsp_step step, char *ret, size_t room)
{
        const char *method = rtsp_step_text(step), *uri = target(c, step);
        bool session = c->set_up && c->session[0] && (step == RTSP_PLAY || step == RTSP_TEARDOWN);
        int n = snprintf(ret, room, "%s %s RTSP/1.0\r\nCSeq: %u\r\n", method, uri,
                         thon_rtsp_cseq_next(&c->cseq)),
            login, rest;

        if (n < 0 || (size_t)n >= room)
                return -ENOBUFS;
        login = authorization(c, method, uri, ret + n, room - (size_t)n);
        if (login < 0)
                return login;
        c->has_login = login > 0;
        c->probe.auth_sent = c->probe.auth_sent || c->has_login;
        n += login;
        rest = snprintf(ret + n, room - (size_t)n, "%s%s%s%sUser-Agent: Thon/" THON_VERSION "\r\n\r\n",
                        session ? "Session: " : "", session ? c->session : "", session ? "\r\n" : "",
                        extra(step));
        if (rest < 0 || (size_t)rest >= room - (size_t)n)
                return -ENOBUFS;
        return n + rest;
}

int rtsp_flush(struct rtsp_check *c)
{
        while (c->out_sent < c->out_size) {
                ssize_t n = rtsp_transport_write(&c->link, c->out + c->out_sent, c->out_size - c->out_sent);

                if (n == -EAGAIN)
                        return 0;
                if (n < 0)
                        return (int)n;
                c->out_sent += (size_t)n;
        }
        if (c->out)
                explicit_bzero(c->out, c->out_size);
        free(THON_TAKE(c->out));
        c->out_size = c->out_sent = 0;
        return 0;
}

/* Nearly always the socket takes it whole, and nothing is kept. */
static int send_now(struct rtsp_check *c, const char *text, size_t size)
{
        ssize_t n = rtsp_transport_write(&c->link, text, size);

        if (n == (ssize_t)size)
                return 0;
        if (n < 0 && n != -EAGAIN)
                return (int)n;
        if (n < 0)
                n = 0;
        c->out_size = size - (size_t)n;
        c->out = malloc(c->out_size);
        if (!c->out) {
                c->out_size = 0;
                return -ENOMEM;
        }
        memcpy(c->out, text + n, c->out_size);
        return 0;
}

int rtsp_ask(struct rtsp_check *c, enum rtsp_step step)
{
        char text[RTSP_REQUEST_MAX];
        int n, r;

        if (c->out)
                return -EBUSY; /* it does not read: what we asked before is still here */
        n = compose(c, step, text, sizeof text);
        r = n < 0 ? n : send_now(c, text, (size_t)n);
        if (c->has_login)
                explicit_bzero(text, n < 0 ? sizeof text : (size_t)n);
        if (r < 0)
                return r;
        c->step = step;
        c->early = c->filled;
        if (step == RTSP_TEARDOWN)
                c->end += RTSP_TEARDOWN_US;
        rtsp_wait(c, step == RTSP_TEARDOWN && c->answer_us > RTSP_TEARDOWN_US ? RTSP_TEARDOWN_US
                                                                              : c->answer_us);
        return 0;
}

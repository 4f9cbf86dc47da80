/* RTSP as a small camera speaks it: one stream, over TCP, with few sessions, which live on when nobody ends them. */
#include "farm.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define VIDEO "trackID=1"
#define AUDIO "trackID=2"

static const char *reason(unsigned status)
{
        switch (status) {
        case 200:
                return "OK";
        case 400:
                return "Bad Request";
        case 401:
                return "Unauthorized";
        case 404:
                return "Not Found";
        case 453:
                return "Not Enough Bandwidth";
        case 454:
                return "Session Not Found";
        case 455:
                return "Method Not Valid in This State";
        case 461:
                return "Unsupported Transport";
        case 503:
                return "Service Unavailable";
        default:
                return "Not Implemented";
        }
}

/* The head but for its empty line. */
static void head(struct conn *conn, const struct message *message, unsigned status)
{
        const char *cseq = message_header(message, "CSeq");

        bytes_printf(&conn->out, "RTSP/1.0 %u %s\r\nCSeq: %.20s\r\n", status, reason(status),
                     cseq ? cseq : "0");
        if (host_does(conn->host, conn->service, MODE_HUGE_LENGTH))
                bytes_text(&conn->out, "Content-Length: 99999999999\r\n");
}

/* An answer that is a status and nothing more. */
static void state(struct conn *conn, const struct message *message, unsigned status)
{
        head(conn, message, status);
        bytes_text(&conn->out, "\r\n");
        conn_answer(conn);
}

static bool let_in(struct conn *conn, const struct message *message)
{
        enum login_result result = login_check(conn, message);

        if (result == LOGIN_GOOD)
                return true;
        head(conn, message, 401);
        login_challenge(conn, result == LOGIN_STALE, &conn->out);
        if (host_does(conn->host, conn->service, MODE_CLOSE_401)) {
                bytes_text(&conn->out, "Connection: close\r\n");
                conn->closing = true;
        }
        bytes_text(&conn->out, "\r\n");
        conn_answer(conn);
        return false;
}

/* What stands in a URL behind the host; NULL when it is none of ours. */
static const char *path_of(const char *url)
{
        if (strncasecmp(url, "rtsp://", 7) != 0)
                return NULL;
        url = strchr(url + 7, '/');
        return url ? url : "/";
}

/* What stands behind the stream's own path, without the slash: "" the stream itself. NULL: another path. */
static const char *track_of(const struct conn *conn, const char *url)
{
        const struct settings *s = &conn->host->settings;
        const char *path = path_of(url);
        size_t n = strlen(s->path);

        if (!path || strncmp(path, s->path, n) != 0)
                return NULL;
        path += n;
        if (*path == '/')
                path++;
        else if (*path != '\0')
                return NULL;
        return path;
}

static void options(struct conn *conn, const struct message *message)
{
        host_count(conn->host, N_OPTIONS);
        if (conn->host->settings.login_options && !let_in(conn, message))
                return;
        head(conn, message, 200);
        bytes_text(&conn->out, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n\r\n");
        conn_answer(conn);
}

static void describe(struct conn *conn, const struct message *message)
{
        static const char sound[] = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:" AUDIO "\r\n";
        const struct settings *s = &conn->host->settings;
        bool video = !host_does(conn->host, conn->service, MODE_NO_VIDEO);
        const char *track = track_of(conn, message->url);
        char sdp[1024];
        int n;

        host_count(conn->host, N_DESCRIBE);
        if (!let_in(conn, message))
                return;
        if (!track || *track || host_does(conn->host, conn->service, MODE_404)) {
                state(conn, message, 404);
                return;
        }
        n = snprintf(
                sdp, sizeof(sdp),
                "v=0\r\no=- %u 1 IN IP4 0.0.0.0\r\ns=%s\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n%s",
                conn->host->boots + 1, s->model, s->audio || !video ? sound : "");
        if (video)
                n += snprintf(
                        sdp + n, sizeof(sdp) - (size_t)n,
                        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
                        "a=fmtp:96 packetization-mode=1;profile-level-id=42C01E;sprop-parameter-sets=%s\r\n"
                        "a=control:" VIDEO "\r\n",
                        video_parameters(conn->farm->video));
        head(conn, message, 200);
        bytes_printf(&conn->out,
                     "Content-Base: %s/\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n",
                     message->url, n);
        bytes_add(&conn->out, sdp, (size_t)n);
        conn_answer(conn);
}

/* ---- sessions ---- */

void session_free(struct session *session)
{
        struct host *host = session->host;

        timer_stop(&host->farm->loop, &session->timer);
        if (session->conn)
                session->conn->session = NULL;
        TAILQ_REMOVE(&host->sessions, session, entries);
        host->n_sessions--;
        host->farm->n_sessions--;
        free(session);
        if (!TAILQ_EMPTY(&host->farm->waiters))
                control_look(host->farm);
}

static void run_out(struct timer *timer)
{
        session_free(container(timer, struct session, timer));
}

void session_lost(struct session *session)
{
        struct host *host = session->host;

        session->conn->session = NULL;
        session->conn = NULL;
        session->playing = false;
        session->timer.fn = run_out;
        timer_stop(&host->farm->loop, &session->timer);
        host_count(host, N_LOST);
        if (timer_set(&host->farm->loop, &session->timer, (uint64_t)host->settings.session_s * 1000000) < 0)
                session_free(session);
}

static struct session *session_new(struct conn *conn)
{
        struct session *session = calloc(1, sizeof(*session));
        struct host *host = conn->host;

        if (!session)
                return NULL;
        session->host = host;
        session->conn = conn;
        session->source = (uint32_t)dice(&conn->farm->dice);
        session->sequence = (uint16_t)dice(&conn->farm->dice);
        session->stamp = (uint32_t)dice(&conn->farm->dice);
        (void)snprintf(session->id, sizeof(session->id), "%016llX",
                       (unsigned long long)dice(&conn->farm->dice));
        TAILQ_INSERT_TAIL(&host->sessions, session, entries);
        conn->farm->n_sessions++;
        if (++host->n_sessions > host->most_sessions)
                host->most_sessions = host->n_sessions;
        conn->session = session;
        return session;
}

static struct session *session_named(const struct conn *conn, const struct message *message)
{
        const char *id = message_header(message, "Session");
        struct session *session;
        size_t n = id ? strcspn(id, "; \t") : 0;

        TAILQ_FOREACH (session, &conn->host->sessions, entries)
                if (n == strlen(session->id) && strncmp(session->id, id, n) == 0)
                        return session;
        return NULL;
}

/* "RTP/AVP/TCP;unicast;interleaved=0-1": false for anything but that. */
static bool read_transport(const struct message *message, unsigned *ret_channel)
{
        const char *transport = message_header(message, "Transport"), *at;

        if (!transport || strncasecmp(transport, "RTP/AVP/TCP", 11) != 0)
                return false;
        at = strcasestr(transport, "interleaved=");
        *ret_channel = 0;
        return !at || (sscanf(at + 12, "%3u", ret_channel) == 1 && *ret_channel < 255);
}

static void setup(struct conn *conn, const struct message *message)
{
        struct host *host = conn->host;
        const char *track = track_of(conn, message->url);
        struct session *session;
        unsigned channel;

        host_count(host, N_SETUP);
        if (!let_in(conn, message))
                return;
        if (!track || (strcmp(track, VIDEO) != 0 && strcmp(track, AUDIO) != 0)) {
                state(conn, message, 404);
                return;
        }
        if (!read_transport(message, &channel)) {
                state(conn, message, 461);
                return;
        }
        session = session_named(conn, message);
        if (!session && (host_does(host, conn->service, MODE_503) ||
                         (host->settings.sessions > 0 && host->n_sessions >= host->settings.sessions))) {
                host_count(host, N_NO_SESSION);
                state(conn, message, host_does(host, conn->service, MODE_503) ? 503 : 453);
                return;
        }
        if (!session && !conn->session)
                session = session_new(conn);
        if (!session) {
                state(conn, message, 455);
                return;
        }
        if (strcmp(track, VIDEO) == 0)
                session->channel = (uint8_t)channel;
        head(conn, message, 200);
        bytes_printf(
                &conn->out,
                "Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u;ssrc=%08X\r\nSession: %s;timeout=%lld\r\n\r\n",
                channel, channel + 1, session->source, session->id, (long long)host->settings.session_s);
        conn_answer(conn);
}

static void play(struct conn *conn, const struct message *message)
{
        struct session *session = session_named(conn, message);
        int one = 1;

        host_count(conn->host, N_PLAY);
        if (!let_in(conn, message))
                return;
        if (!session || session->conn != conn) {
                state(conn, message, 454);
                return;
        }
        head(conn, message, 200);
        bytes_printf(&conn->out,
                     "Session: %s\r\nRange: npt=0.000-\r\nRTP-Info: url=%s/" VIDEO
                     ";seq=%u;rtptime=%u\r\n\r\n",
                     session->id, message->url, session->sequence, session->stamp);
        (void)setsockopt(conn->watch.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        conn_answer(conn);
        if (!conn->dead && !session->playing)
                session_stream(session);
}

static void teardown(struct conn *conn, const struct message *message)
{
        struct session *session = session_named(conn, message);

        if (!let_in(conn, message))
                return;
        if (!session) {
                state(conn, message, 454);
                return;
        }
        session_free(session);
        host_count(conn->host, N_TEARDOWN);
        state(conn, message, 200);
}

static void get_parameter(struct conn *conn, const struct message *message)
{
        if (let_in(conn, message))
                state(conn, message, session_named(conn, message) ? 200 : 454);
}

void rtsp_serve(struct conn *conn, const struct message *message)
{
        static const struct {
                const char *method;
                void (*fn)(struct conn *conn, const struct message *message);
        } methods[] = {{"OPTIONS", options}, {"DESCRIBE", describe}, {"SETUP", setup},
                       {"PLAY", play},       {"TEARDOWN", teardown}, {"GET_PARAMETER", get_parameter}};
        size_t i;

        if (strncmp(message->version, "RTSP/1.", 7) != 0) {
                host_count(conn->host, N_BAD);
                state(conn, message, 400);
                return;
        }
        for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
                if (strcmp(message->method, methods[i].method) == 0) {
                        methods[i].fn(conn, message);
                        return;
                }
        state(conn, message, 501);
}

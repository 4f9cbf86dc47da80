/* A camera on the loop of the test itself: it answers by a script, keeps what it was asked in order, and misbehaves where the
 * story wants it. Real sockets; nothing in it waits. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "../../src/camerad/digest.h"

#define CAMERA_SDP                                                                  \
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Media\r\nt=0 0\r\na=control:*\r\n"      \
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n" \
        "m=audio 0 RTP/AVP 8\r\na=control:trackID=2\r\n"
#define CAMERA_SILENT "silent"
#define CAMERA_CLOSE  "close"
#define CAMERA_RESET  "reset"

enum camera_picture {
        CAMERA_MOVING,
        CAMERA_NO_KEYFRAME,
        CAMERA_LATE, /* 60 packets that stand still, all at once, before any that move */
        CAMERA_NOTHING,
        CAMERA_STANDING,     /* the same packet again and again */
        CAMERA_NO_RTP,       /* frames, but of something else */
        CAMERA_BEFORE_PLAY,  /* its first packets overtake the answer to PLAY */
        CAMERA_MOVING_SILENT /* moving pictures, and no answer to PLAY */
};
enum camera_flow { CAMERA_WHOLE, CAMERA_DRIP, CAMERA_FLOOD };

#define CAMERA_VISITS 8
struct camera_visit {
        struct camera *camera;
        int fd;
        SSL *ssl;
        bool secured;
        sd_event_source *io;
        char in[16384];
        size_t filled;
        const char *drip;
        size_t dripped;
};
struct camera {
        sd_event *event;
        sd_event_source *io, *drip_timer;
        int fd;
        uint16_t port;
        SSL_CTX *tls;
        struct camera_visit visits[CAMERA_VISITS];
        size_t n_visits, open;

        /* the script; an answer NULL: as a good camera; '$' in it becomes the CSeq, '!' at its end hangs up */
        const char *greeting; /* said before it is asked */
        const char *options, *describe, *setup, *play, *teardown;
        const char *content_base, *transport;
        const char *sdp;             /* NULL: CAMERA_SDP */
        const char *user, *password; /* NULL: no login is wanted */
        struct thon_challenge login; /* nonce, realm ... */
        const char *offer;           /* what WWW-Authenticate says; NULL: from `login` */
        bool login_for_options, close_after_401, close_header, cseq_always_1, nonce_once;
        unsigned stale; /* so many logins are answered with stale=true and a new nonce */
        enum camera_picture picture;
        enum camera_flow flow;

        /* what happened */
        char asked[512]; /* "OPTIONS DESCRIBE ..." */
        char setup_uri[512], play_uri[512], teardown_uri[512], session[64];
        unsigned logins, refused, nonces;
        bool ended; /* the peer has hung up */
};

static inline void camera_leave(struct camera_visit *v)
{
        if (v->fd < 0)
                return;
        v->io = sd_event_source_disable_unref(v->io);
        SSL_free(v->ssl);
        v->ssl = NULL;
        (void)close(v->fd);
        v->fd = -1;
        v->camera->open--;
}

static inline void camera_say(struct camera_visit *v, const void *data, size_t size)
{
        if (v->fd < 0)
                return;
        if (v->ssl)
                (void)SSL_write(v->ssl, data, (int)size);
        else
                (void)send(v->fd, data, size, MSG_NOSIGNAL);
}

static inline void camera_frame(struct camera_visit *v, uint8_t channel, const uint8_t *data, size_t size)
{
        uint8_t frame[4 + 2048] = {'$', channel, (uint8_t)(size >> 8), (uint8_t)size};

        ck_assert_uint_le(size, 2048);
        memcpy(frame + 4, data, size);
        camera_say(v, frame, size + 4);
}

static inline void camera_packet(struct camera_visit *v, uint8_t channel, uint16_t sequence,
                                 uint32_t timestamp, uint8_t nal)
{
        uint8_t p[1200] = {0x80,
                           96,
                           (uint8_t)(sequence >> 8),
                           (uint8_t)sequence,
                           (uint8_t)(timestamp >> 24),
                           (uint8_t)(timestamp >> 16),
                           (uint8_t)(timestamp >> 8),
                           (uint8_t)timestamp,
                           1,
                           2,
                           3,
                           4,
                           nal};

        camera_frame(v, channel, p, sizeof p);
}

static inline void camera_picture(struct camera_visit *v, uint8_t channel)
{
        enum camera_picture picture = v->camera->picture;
        uint8_t rtcp[28] = {0x80, 200};

        switch (picture) {
        case CAMERA_LATE:
                for (unsigned i = 0; i < 60; i++)
                        camera_packet(v, channel, 65534, 4294967000u, 0x41);
                __attribute__((fallthrough));
        case CAMERA_MOVING:
        case CAMERA_NO_KEYFRAME:
        case CAMERA_BEFORE_PLAY:
        case CAMERA_MOVING_SILENT:
                camera_frame(v, (uint8_t)(channel + 1), rtcp, sizeof rtcp);
                for (unsigned i = 0; i < 5; i++)
                        camera_packet(v, channel, (uint16_t)(65534 + i), 4294967000u + i / 2 * 3600,
                                      i == 0 && picture != CAMERA_NO_KEYFRAME ? 0x65 : 0x41);
                break;
        case CAMERA_NOTHING:
                break;
        case CAMERA_STANDING:
                for (unsigned i = 0; i < 5; i++)
                        camera_packet(v, channel, 7, 3600, 0x65);
                break;
        case CAMERA_NO_RTP:
                for (unsigned i = 0; i < 5; i++)
                        camera_frame(v, channel, (const uint8_t *)"no packet of RTP", 16);
                break;
        }
}

/* The value of a parameter or header; false when it is not there. */
static inline bool camera_value(const char *text, const char *key, char *ret, size_t room)
{
        const char *p = strstr(text, key);
        size_t n;

        if (!p)
                return false;
        p += strlen(key);
        n = strcspn(p, "\",\r\n");
        ck_assert_uint_lt(n, room);
        memcpy(ret, p, n);
        ret[n] = '\0';
        return true;
}

/* Whether the login is the right one, for this request and with our nonce. */
static inline bool camera_admits(struct camera *c, const char *request, const char *method, const char *uri)
{
        char given[256], cnonce[64] = "", count[16] = "0", right[2048], want[256], basic[1024],
                         said_uri[512];
        struct digest_want w = {.challenge = &c->login,
                                .user = c->user,
                                .password = c->password,
                                .method = method,
                                .uri = uri,
                                .cnonce = cnonce};

        if (c->login.scheme == THON_CHALLENGE_BASIC) {
                ck_assert_int_eq(digest_authorization(&w, right, sizeof right), 0);
                return camera_value(request, "Authorization: ", basic, sizeof basic) &&
                       strcmp(basic, right) == 0;
        }
        if (!camera_value(request, "response=\"", given, sizeof given) ||
            !camera_value(request, ", uri=\"", said_uri, sizeof said_uri) || strcmp(said_uri, uri) != 0 ||
            !strstr(request, c->login.nonce))
                return false;
        (void)camera_value(request, "cnonce=\"", cnonce, sizeof cnonce);
        (void)camera_value(request, "nc=", count, sizeof count);
        w.count = (unsigned)strtoul(count, NULL, 16);
        ck_assert_int_eq(digest_authorization(&w, right, sizeof right), 0);
        ck_assert(camera_value(right, "response=\"", want, sizeof want));
        return strcmp(given, want) == 0;
}

static inline void camera_send(struct camera_visit *v, const char *answer, const char *cseq)
{
        static char text[100000];
        size_t n = 0;

        if (strcmp(answer, CAMERA_SILENT) == 0)
                return;
        if (strcmp(answer, CAMERA_CLOSE) == 0) {
                camera_leave(v);
                return;
        }
        if (strcmp(answer, CAMERA_RESET) == 0) {
                struct linger hard = {1, 0};
                (void)setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
                camera_leave(v);
                return;
        }
        for (const char *p = answer; *p; p++)
                if (*p == '$') {
                        memcpy(text + n, cseq, strlen(cseq));
                        n += strlen(cseq);
                } else
                        text[n++] = *p;
        ck_assert_uint_lt(n, sizeof text);
        text[n] = '\0';
        if (n > 0 && text[n - 1] == '!') {
                camera_say(v, text, n - 1);
                camera_leave(v);
                return;
        }
        if (v->camera->flow == CAMERA_DRIP) {
                v->drip = text;
                v->dripped = 0;
                (void)sd_event_source_set_enabled(v->camera->drip_timer, SD_EVENT_ON);
        } else
                camera_say(v, text, n);
}

static inline void camera_new_nonce(struct camera *c)
{
        (void)snprintf(c->login.nonce, sizeof c->login.nonce, "nonce-%u", ++c->nonces);
}

static inline void camera_unauthorized(struct camera_visit *v, const char *cseq, bool stale)
{
        struct camera *c = v->camera;
        char offer[1024], answer[2048];

        if (c->offer)
                (void)snprintf(offer, sizeof offer, "%s", c->offer);
        else if (c->login.scheme == THON_CHALLENGE_BASIC)
                (void)snprintf(offer, sizeof offer, "Basic realm=\"%s\"", c->login.realm);
        else
                (void)snprintf(offer, sizeof offer,
                               "Digest realm=\"IP Camera \\\"1\\\"\", nonce=\"%s\"%s%s%s", c->login.nonce,
                               c->login.qop_auth ? ", qop=\"auth\"" : "",
                               c->login.scheme == THON_CHALLENGE_SHA256 ? ", algorithm=SHA-256" : "",
                               stale ? ", stale=true" : "");
        (void)snprintf(answer, sizeof answer,
                       "RTSP/1.0 401 Unauthorized\r\nCSeq: %s\r\n%sWWW-Authenticate: %s\r\n\r\n", cseq,
                       c->close_header ? "Connection: close\r\n" : "", offer);
        camera_send(v, answer, cseq);
        if (c->close_after_401)
                camera_leave(v);
}

static inline void camera_good(struct camera_visit *v, const char *method, const char *cseq)
{
        static char answer[100000];
        struct camera *c = v->camera;

        if (strcmp(method, "DESCRIBE") == 0) {
                const char *sdp = c->sdp ? c->sdp : CAMERA_SDP;
                (void)snprintf(answer, sizeof answer,
                               "RTSP/1.0 200 OK\r\nCSeq: %s\r\n%s%s%sContent-Type: application/sdp\r\n"
                               "Content-Length: %zu\r\n\r\n%s",
                               cseq, c->content_base ? "Content-Base: " : "",
                               c->content_base ? c->content_base : "", c->content_base ? "\r\n" : "",
                               strlen(sdp), sdp);
        } else if (strcmp(method, "SETUP") == 0)
                (void)snprintf(
                        answer, sizeof answer,
                        "RTSP/1.0 200 OK\r\nCSeq: %s\r\nSession: 4711;timeout=60\r\nTransport: %s\r\n\r\n",
                        cseq, c->transport ? c->transport : "RTP/AVP/TCP;unicast;interleaved=0-1");
        else
                (void)snprintf(answer, sizeof answer, "RTSP/1.0 200 OK\r\nCSeq: %s\r\n\r\n", cseq);
        camera_send(v, answer, cseq);
}

static inline void camera_asked(struct camera_visit *v, const char *request)
{
        struct camera *c = v->camera;
        char method[32], uri[512], cseq[16];
        const char *script = NULL;
        bool play;

        ck_assert_int_eq(sscanf(request, "%31s %511s RTSP/1.0", method, uri), 2);
        ck_assert(camera_value(request, "CSeq: ", cseq, sizeof cseq));
        if (c->cseq_always_1)
                (void)snprintf(cseq, sizeof cseq, "1");
        if (c->asked[0])
                strcat(c->asked, " ");
        ck_assert_uint_lt(strlen(c->asked) + 40, sizeof c->asked);
        strcat(c->asked, method);
        play = strcmp(method, "PLAY") == 0;
        if (strcmp(method, "SETUP") == 0)
                strcpy(c->setup_uri, uri);
        else if (play)
                strcpy(c->play_uri, uri);
        else if (strcmp(method, "TEARDOWN") == 0) {
                strcpy(c->teardown_uri, uri);
                (void)camera_value(request, "Session: ", c->session, sizeof c->session);
        }

        if (c->user && (c->login_for_options || strcmp(method, "OPTIONS") != 0)) {
                bool given = strstr(request, "Authorization: "), right = given;

                c->logins += given;
                if (given && c->stale > 0) {
                        c->stale--;
                        camera_new_nonce(c);
                        camera_unauthorized(v, cseq, true);
                        return;
                }
                right = given && camera_admits(c, request, method, uri);
                if (right && c->nonce_once)
                        camera_new_nonce(c);
                if (!right) {
                        c->refused += given;
                        camera_unauthorized(v, cseq, false);
                        return;
                }
        }
        script = strcmp(method, "OPTIONS") == 0    ? c->options
                 : strcmp(method, "DESCRIBE") == 0 ? c->describe
                 : strcmp(method, "SETUP") == 0    ? c->setup
                 : play                            ? c->play
                                                   : c->teardown;
        if (play && c->picture == CAMERA_BEFORE_PLAY)
                camera_picture(v, 0);
        if (!(play && c->picture == CAMERA_MOVING_SILENT)) {
                if (script)
                        camera_send(v, script, cseq);
                else
                        camera_good(v, method, cseq);
        }
        if (play && v->fd >= 0 && c->picture != CAMERA_BEFORE_PLAY && !script)
                camera_picture(v, c->transport && strstr(c->transport, "=2-3") ? 2 : 0);
}

static inline int camera_heard(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct camera_visit *v = userdata;
        char *end;
        ssize_t n;

        (void)source;
        (void)fd;
        (void)revents;
        if (v->ssl && !v->secured) {
                v->secured = SSL_accept(v->ssl) == 1;
                return 0;
        }
        if (v->camera->flow == CAMERA_FLOOD && strstr(v->camera->asked, "SETUP") && revents & EPOLLOUT)
                camera_packet(v, 0, 9, 9, 0x41);
        n = v->ssl ? SSL_read(v->ssl, v->in + v->filled, (int)(sizeof v->in - v->filled - 1))
                   : recv(v->fd, v->in + v->filled, sizeof v->in - v->filled - 1, MSG_DONTWAIT);
        if (n <= 0) {
                if (v->ssl ? SSL_get_error(v->ssl, (int)n) == SSL_ERROR_WANT_READ : n < 0 && errno == EAGAIN)
                        return 0;
                v->camera->ended = true;
                camera_leave(v);
                return 0;
        }
        v->filled += (size_t)n;
        v->in[v->filled] = '\0';
        while (v->fd >= 0 && (end = strstr(v->in, "\r\n\r\n"))) {
                char request[sizeof v->in];
                size_t size = (size_t)(end + 4 - v->in);

                memcpy(request, v->in, size);
                request[size] = '\0';
                memmove(v->in, v->in + size, v->filled - size + 1);
                v->filled -= size;
                camera_asked(v, request);
        }
        return 0;
}

static inline int camera_visited(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct camera *c = userdata;
        struct camera_visit *v = &c->visits[c->n_visits];

        (void)source;
        (void)revents;
        ck_assert_uint_lt(c->n_visits, CAMERA_VISITS);
        v->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (v->fd < 0)
                return 0;
        c->n_visits++;
        c->open++;
        v->camera = c;
        if (c->tls) {
                v->ssl = SSL_new(c->tls);
                ck_assert_int_eq(SSL_set_fd(v->ssl, v->fd), 1);
        }
        ck_assert_int_ge(sd_event_add_io(c->event, &v->io, v->fd,
                                         EPOLLIN | (c->flow == CAMERA_FLOOD ? (uint32_t)EPOLLOUT : 0),
                                         camera_heard, v),
                         0);
        if (c->greeting)
                camera_send(v, c->greeting, "0");
        return 0;
}

/* A byte every 20 ms of each visit that has something to say. */
static inline int camera_drips(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct camera *c = userdata;

        for (size_t i = 0; i < c->n_visits; i++) {
                struct camera_visit *v = &c->visits[i];
                if (v->fd >= 0 && v->drip && v->drip[v->dripped])
                        camera_say(v, v->drip + v->dripped++, 1);
        }
        (void)sd_event_source_set_time(source, usec + 20000);
        return 0;
}

static inline void camera_certificate(struct camera *c)
{
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509 *cert = X509_new();

        ck_assert_ptr_nonnull(key);
        (void)X509_gmtime_adj(X509_getm_notBefore(cert), -100000);
        (void)X509_gmtime_adj(X509_getm_notAfter(cert), -1000); /* over, as they are on cameras */
        ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
        ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
        c->tls = SSL_CTX_new(TLS_server_method());
        ck_assert_int_eq(SSL_CTX_use_certificate(c->tls, cert), 1);
        ck_assert_int_eq(SSL_CTX_use_PrivateKey(c->tls, key), 1);
        X509_free(cert);
        EVP_PKEY_free(key);
}

static inline void camera_begin(struct camera *c, sd_event *event)
{
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof to;
        uint64_t now;

        *c = (struct camera){.event = event, .fd = -1};
        c->login.scheme = THON_CHALLENGE_MD5;
        strcpy(c->login.realm, "IP Camera \"1\"");
        camera_new_nonce(c);
        c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ck_assert_int_eq(bind(c->fd, (struct sockaddr *)&to, sizeof to), 0);
        ck_assert_int_eq(listen(c->fd, 16), 0);
        ck_assert_int_eq(getsockname(c->fd, (struct sockaddr *)&to, &size), 0);
        c->port = ntohs(to.sin_port);
        ck_assert_int_ge(sd_event_add_io(event, &c->io, c->fd, EPOLLIN, camera_visited, c), 0);
        ck_assert_int_ge(sd_event_now(event, CLOCK_MONOTONIC, &now), 0);
        ck_assert_int_ge(
                sd_event_add_time(event, &c->drip_timer, CLOCK_MONOTONIC, now, 1000, camera_drips, c), 0);
        (void)sd_event_source_set_enabled(c->drip_timer, SD_EVENT_OFF);
}

static inline void camera_end(struct camera *c)
{
        for (size_t i = 0; i < c->n_visits; i++)
                camera_leave(&c->visits[i]);
        c->io = sd_event_source_disable_unref(c->io);
        c->drip_timer = sd_event_source_disable_unref(c->drip_timer);
        if (c->fd >= 0)
                (void)close(c->fd);
        SSL_CTX_free(c->tls);
}

/* TCP and TLS to a camera. The certificate is not verified: cameras sign their own, and what is to be learned here is whether
 * the camera works; a password goes over it as Digest. For the same reason old protocol versions and weak ciphers are taken:
 * a camera with firmware of 2014 is watched too.
 *
 * TCP_NODELAY is not set: a request goes out in one piece when the last one was answered, so there is nothing for it to wait
 * behind, and the system call is one of a few that a check has. */
#include "rtsp_transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

int rtsp_transport_connect(struct rtsp_transport *t, const struct sockaddr_storage *to, socklen_t size)
{
        *t = RTSP_TRANSPORT_NONE;
        t->fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (t->fd < 0)
                return -errno;
        if (connect(t->fd, (const struct sockaddr *)to, size) < 0 && errno != EINPROGRESS &&
            errno != EINTR) {
                int r = -errno;
                rtsp_transport_close(t);
                return r;
        }
        return 0;
}

int rtsp_transport_connected(struct rtsp_transport *t)
{
        int error = 0;
        socklen_t size = sizeof error;

        if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                return -errno;
        return -error;
}

/* One for the process: building it costs more than a check. */
static SSL_CTX *context(void)
{
        static SSL_CTX *ctx;

        if (!ctx && (ctx = SSL_CTX_new(TLS_client_method()))) {
                SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
                (void)SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
                (void)SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0");
                (void)SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
                (void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                                    SSL_MODE_RELEASE_BUFFERS);
                (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        }
        return ctx;
}

/* Why a call of OpenSSL did not succeed. 0: the end of the stream. */
static int reason(struct rtsp_transport *t, int result)
{
        int saved = errno;

        switch (SSL_get_error(t->ssl, result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
                return -EAGAIN;
        case SSL_ERROR_ZERO_RETURN:
                return 0;
        case SSL_ERROR_SYSCALL:
                ERR_clear_error();
                return saved ? -saved : -ECONNRESET;
        default:
                ERR_clear_error();
                return -EPROTO;
        }
}

int rtsp_transport_secure(struct rtsp_transport *t)
{
        int result;

        if (!t->ssl) {
                SSL_CTX *ctx = context();

                t->ssl = ctx ? SSL_new(ctx) : NULL;
                if (!t->ssl || SSL_set_fd(t->ssl, t->fd) != 1) {
                        ERR_clear_error();
                        return -ENOMEM;
                }
        }
        errno = 0;
        result = SSL_connect(t->ssl);
        if (result == 1)
                return 0;
        result = reason(t, result);
        return result == 0 ? -ECONNRESET : result;
}

ssize_t rtsp_transport_read(struct rtsp_transport *t, void *buf, size_t room)
{
        ssize_t n;

        if (t->ssl) {
                int got;

                errno = 0;
                got = SSL_read(t->ssl, buf, room > INT32_MAX ? INT32_MAX : (int)room);
                return got > 0 ? got : reason(t, got);
        }
        do
                n = recv(t->fd, buf, room, 0);
        while (n < 0 && errno == EINTR);
        if (n >= 0)
                return n;
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

ssize_t rtsp_transport_write(struct rtsp_transport *t, const void *buf, size_t size)
{
        ssize_t n;

        if (t->ssl) {
                int got;

                errno = 0;
                got = SSL_write(t->ssl, buf, size > INT32_MAX ? INT32_MAX : (int)size);
                if (got > 0)
                        return got;
                got = reason(t, got);
                return got == 0 ? -EPIPE : got;
        }
        do
                n = send(t->fd, buf, size, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n >= 0)
                return n;
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

void rtsp_transport_close(struct rtsp_transport *t)
{
        if (t->ssl) {
                if (SSL_is_init_finished(t->ssl))
                        (void)SSL_shutdown(t->ssl);
                SSL_free(t->ssl);
                ERR_clear_error();
        }
        if (t->fd >= 0)
                (void)close(t->fd);
        *t = RTSP_TRANSPORT_NONE;
}

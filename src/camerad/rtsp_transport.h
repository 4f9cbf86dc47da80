/* The connection under an RTSP client: TCP, or TLS over it, never blocking. The process ignores SIGPIPE (thon/loop.h does). */
#pragma once

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct rtsp_transport {
        int fd;
        SSL *ssl; /* NULL: plain */
};
#define RTSP_TRANSPORT_NONE ((struct rtsp_transport){.fd = -1})

/* Begins to connect. 0 (connected or under way: writable then), or -errno. */
int rtsp_transport_connect(struct rtsp_transport *t, const struct sockaddr_storage *to, socklen_t size);
/* What became of the connection, once it is writable: 0 or -errno. */
int rtsp_transport_connected(struct rtsp_transport *t);
/* 0 when TLS is up, -EAGAIN, -EPROTO, -ECONNRESET, -ENOMEM. To be called again at the next event. */
int rtsp_transport_secure(struct rtsp_transport *t);
/* Bytes (0 only at the end of the stream), -EAGAIN, or another -errno. */
ssize_t rtsp_transport_read(struct rtsp_transport *t, void *buf, size_t room);
ssize_t rtsp_transport_write(struct rtsp_transport *t, const void *buf, size_t size);
/* Orderly as far as it goes without waiting. */
void rtsp_transport_close(struct rtsp_transport *t);

/* A small HTTP server of sockets that misbehaves as the path of a request says, and counts what it read. It runs in
 * threads of its own, so that what is tested cannot help it along. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOSTILE_MAX (64u * 1024)

struct hostile_request {
        char text[HOSTILE_MAX]; /* head and body */
        size_t size, head;
        char method[16], path[256];
        const char *body;
        size_t body_size;
};

/* Answers one whole request; false closes the connection. */
typedef bool (*hostile_fn)(int fd, const struct hostile_request *request, void *userdata);

struct hostile {
        int fd;
        uint16_t port;
        hostile_fn fn;
        void *userdata;
        pthread_t thread;
        atomic_uint connections; /* accepted */
        atomic_uint requests;    /* read as a whole */
};

struct hostile_connection {
        struct hostile *server;
        int fd;
};

static inline void hostile_say(int fd, const char *text, size_t size)
{
        while (size > 0) {
                ssize_t n = send(fd, text, size, MSG_NOSIGNAL);
                if (n <= 0)
                        return;
                text += n;
                size -= (size_t)n;
        }
}

static inline void hostile_tell(int fd, const char *text)
{
        hostile_say(fd, text, strlen(text));
}

/* A whole answer that keeps the connection. */
static inline void hostile_answer(int fd, unsigned status, const char *more_headers, const char *body)
{
        char head[1024];
        int n = snprintf(head, sizeof head, "HTTP/1.1 %u Any\r\nContent-Length: %zu\r\n%s\r\n", status,
                         strlen(body), more_headers);
        hostile_say(fd, head, (size_t)n);
        hostile_tell(fd, body);
}

/* What is not read when it is closed becomes a reset, and so does everything with this. */
static inline void hostile_reset(int fd)
{
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Until the peer has gone. */
static inline void hostile_wait_for_end(int fd)
{
        char buf[4096];
        while (recv(fd, buf, sizeof buf, 0) > 0)
                ;
}

static inline size_t hostile_body_size(const char *head)
{
        const char *p = strcasestr(head, "\r\nContent-Length:");
        return p ? strtoul(p + 17, NULL, 10) : 0;
}

/* Head first; "/half-read" is answered by a reset in the midst of its body. */
static inline bool hostile_read(int fd, struct hostile_request *request, size_t *rest)
{
        for (;;) {
                char *end;
                request->text[*rest] = '\0';
                if ((end = strstr(request->text, "\r\n\r\n"))) {
                        request->head = (size_t)(end + 4 - request->text);
                        request->body_size = hostile_body_size(request->text);
                        request->body = request->text + request->head;
                        if (sscanf(request->text, "%15s %255s", request->method, request->path) != 2 ||
                            request->head + request->body_size >= HOSTILE_MAX)
                                return false;
                        if (strcmp(request->path, "/half-read") == 0 && *rest > request->head) {
                                hostile_reset(fd);
                                return false;
                        }
                        if (*rest >= request->head + request->body_size) {
                                request->size = *rest;
                                return true;
                        }
                }
                if (request->text[0] == 0x16) /* a TLS hello */
                        return false;
                ssize_t n = recv(fd, request->text + *rest, HOSTILE_MAX - 1 - *rest, 0);
                if (n <= 0)
                        return false;
                *rest += (size_t)n;
        }
}

static inline void *hostile_serve(void *userdata)
{
        struct hostile_connection *c = userdata;
        struct hostile_request *request = calloc(1, sizeof *request);
        size_t rest = 0;

        while (request && hostile_read(c->fd, request, &rest)) {
                atomic_fetch_add(&c->server->requests, 1);
                if (!c->server->fn(c->fd, request, c->server->userdata))
                        break;
                rest -= request->head + request->body_size;
                memmove(request->text, request->text + request->head + request->body_size, rest);
        }
        free(request);
        (void)close(c->fd);
        free(c);
        return NULL;
}

static inline void *hostile_accept(void *userdata)
{
        struct hostile *server = userdata;
        int fd;

        while ((fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
                struct hostile_connection *c = malloc(sizeof *c);
                pthread_t thread;
                *c = (struct hostile_connection){.server = server, .fd = fd};
                atomic_fetch_add(&server->connections, 1);
                if (pthread_create(&thread, NULL, hostile_serve, c) == 0)
                        pthread_detach(thread);
        }
        return NULL;
}

/* A socket of 127.0.0.1 on a free port. */
static inline int hostile_socket(uint16_t *port)
{
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof at;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
        *port = ntohs(at.sin_port);
        return fd;
}

static inline void hostile_begin(struct hostile *server, hostile_fn fn, void *userdata)
{
        *server = (struct hostile){.fn = fn, .userdata = userdata};
        server->fd = hostile_socket(&server->port);
        ck_assert_int_eq(listen(server->fd, 1024), 0);
        ck_assert_int_eq(pthread_create(&server->thread, NULL, hostile_accept, server), 0);
}

static inline void hostile_end(struct hostile *server)
{
        (void)shutdown(server->fd, SHUT_RDWR);
        (void)pthread_join(server->thread, NULL);
        (void)close(server->fd);
}

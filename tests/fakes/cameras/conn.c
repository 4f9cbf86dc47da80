/* A connection: its bytes in and out, and all misbehaviour below the protocols, which are left to speak as if nothing were
 * wrong. */
#include "farm.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 2048
#define FLOOD     65536

static bool does(const struct conn *conn, enum mode mode)
{
        return conn->host && host_does(conn->host, conn->service, mode);
}

static void listen_to(struct conn *conn)
{
        uint32_t events = conn->writing ? EPOLLOUT : 0;

        if (conn->frozen || conn->dead)
                events = 0;
        else if (!conn->held && conn->flow == FLOW_PLAIN)
                events |= EPOLLIN;
        loop_change(&conn->farm->loop, &conn->watch, events);
}

void conn_end(struct conn *conn, bool reset)
{
        struct linger linger = {.l_onoff = 1};

        if (conn->dead)
                return;
        conn->dead = true;
        loop_unwatch(&conn->farm->loop, &conn->watch);
        timer_stop(&conn->farm->loop, &conn->timer);
        if (reset)
                (void)setsockopt(conn->watch.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        (void)close(conn->watch.fd);
        if (conn->waiter)
                waiter_free(conn->waiter);
        if (conn->session)
                session_lost(conn->session);
        if (conn->host) {
                TAILQ_REMOVE(&conn->host->conns, conn, entries);
                conn->host->open--;
                conn->farm->open--;
        } else {
                TAILQ_REMOVE(&conn->farm->others, conn, entries);
        }
        TAILQ_INSERT_TAIL(&conn->farm->graves, conn, entries);
        if (!TAILQ_EMPTY(&conn->farm->waiters))
                control_look(conn->farm);
}

void conns_bury(struct farm *farm)
{
        while (!TAILQ_EMPTY(&farm->graves)) {
                struct conn *conn = TAILQ_FIRST(&farm->graves);

                TAILQ_REMOVE(&farm->graves, conn, entries);
                bytes_done(&conn->in);
                bytes_done(&conn->out);
                free(conn);
        }
}

/* ---- out ---- */

/* Its writing side first: what was not read yet would turn the end into a reset that eats the answer. */
static void end_well(struct conn *conn)
{
        char rest[512];

        (void)shutdown(conn->watch.fd, SHUT_WR);
        while (recv(conn->watch.fd, rest, sizeof(rest), 0) > 0)
                ;
        conn_end(conn, false);
}

static void refill(struct conn *conn)
{
        size_t n = conn->out.n;

        if (conn->flow == FLOW_ENDLESS)
                while (conn->out.n - n < FLOOD / 4)
                        bytes_printf(&conn->out, "X-Camera-%llu: %064llu\r\n",
                                     (unsigned long long)conn->farm->serial++, 0ULL);
        else if (conn->flow == FLOW_FLOOD)
                while (conn->out.n - n < FLOOD / 4)
                        bytes_text(&conn->out,
                                   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
}

void conn_flush(struct conn *conn)
{
        while (!conn->dead && !conn->frozen && conn->out.n > 0) {
                size_t n = conn->flow == FLOW_DRIP ? 1 : conn->out.n;
                ssize_t sent = send(conn->watch.fd, conn->out.data, n, MSG_NOSIGNAL);

                if (sent < 0 && errno != EAGAIN) {
                        conn_end(conn, false);
                        return;
                }
                if (sent > 0)
                        bytes_cut(&conn->out, (size_t)sent);
                if (conn->out.failed)
                        conn->out.n = 0;
                if (conn->flow == FLOW_DRIP) {
                        if (conn->out.n > 0)
                                (void)timer_set(&conn->farm->loop, &conn->timer,
                                                (uint64_t)conn->host->settings.drip_ms * 1000);
                        else
                                conn->flow = FLOW_PLAIN;
                        break;
                }
                if (sent < 0 || (conn->flow != FLOW_PLAIN && conn->out.n < FLOOD)) {
                        if (sent >= 0)
                                refill(conn);
                        if (!conn->writing) {
                                conn->writing = true;
                                listen_to(conn);
                        }
                        return;
                }
        }
        if (conn->dead || conn->frozen)
                return;
        if (conn->writing && conn->out.n == 0) {
                conn->writing = false;
                listen_to(conn);
        }
        if (conn->closing && conn->out.n == 0)
                end_well(conn);
}

/* Half of the time bytes that are nothing, else what would have been said, with a few bytes changed, put in or lost. */
static void spoil(struct conn *conn)
{
        uint64_t *seed = &conn->host->dice;
        struct bytes *out = &conn->out;
        uint64_t n, i;

        if (dice(seed) % 2 == 0) {
                out->n = 0;
                for (n = dice(seed) % 2048 + 1; n > 0; n--) {
                        char byte = (char)dice(seed);

                        bytes_add(out, &byte, 1);
                }
        } else {
                for (n = dice(seed) % 8 + 1; n > 0 && out->n > 1; n--) {
                        size_t at = dice(seed) % out->n;

                        i = dice(seed) % 3;
                        if (i == 0)
                                out->data[at] = (char)dice(seed);
                        else if (i == 1)
                                out->n = at + 1;
                        else
                                bytes_add(out, out->data + at / 2, at - at / 2);
                }
        }
        conn->closing = conn->closing || dice(seed) % 4 == 0;
}

static void understand(struct conn *conn);

static void on_timer(struct timer *timer)
{
        struct conn *conn = container(timer, struct conn, timer);

        conn->held = false;
        conn_flush(conn);
        if (conn->dead)
                return;
        listen_to(conn);
        understand(conn);
}

void conn_answer(struct conn *conn)
{
        if (does(conn, MODE_GARBAGE))
                spoil(conn);
        if (does(conn, MODE_DRIP)) {
                conn->flow = FLOW_DRIP;
                listen_to(conn);
        } else if (does(conn, MODE_ENDLESS)) {
                char *line = memmem(conn->out.data, conn->out.n, "\r\n", 2);

                conn->out.n = line ? (size_t)(line - conn->out.data) + 2 : 0;
                conn->flow = FLOW_ENDLESS;
                refill(conn);
        } else if (does(conn, MODE_SLOW) && conn->host->settings.delay_ms > 0) {
                conn->held = true;
                listen_to(conn);
                if (timer_set(&conn->farm->loop, &conn->timer,
                              (uint64_t)conn->host->settings.delay_ms * 1000) < 0)
                        conn_end(conn, true);
                return;
        }
        conn_flush(conn);
}

/* ---- in ---- */

static void serve(struct conn *conn, const struct message *message)
{
        switch (conn->service) {
        case SERVICE_RTSP:
                host_count(conn->host, N_REQUESTS);
                rtsp_serve(conn, message);
                break;
        case SERVICE_HTTP:
                host_count(conn->host, N_REQUESTS);
                http_serve(conn, message);
                break;
        case SERVICE_CONTROL:
                control_serve(conn, message);
                break;
        case SERVICE_PLAIN:
                break;
        }
}

/* Bytes of an interleaved frame of the client's (RTCP); 0: none, or not whole yet. */
static size_t interleaved(const struct conn *conn)
{
        const unsigned char *d = (const unsigned char *)conn->in.data;
        size_t n;

        if (conn->in.n < 4 || d[0] != '$')
                return 0;
        n = 4 + (size_t)d[2] * 256 + d[3];
        return n <= conn->in.n ? n : 0;
}

static void understand(struct conn *conn)
{
        while (!conn->dead && !conn->held && !conn->closing && conn->flow == FLOW_PLAIN && conn->in.n > 0) {
                struct message message;
                ssize_t n;

                if (conn->service == SERVICE_PLAIN || does(conn, MODE_HUNG)) {
                        conn->in.n = 0;
                        return;
                }
                if (conn->service == SERVICE_RTSP && conn->in.data[0] == '$') {
                        n = (ssize_t)interleaved(conn);
                        if (n == 0)
                                return;
                } else {
                        n = message_read(&message, conn->in.data, conn->in.n);
                        if (n == 0)
                                return;
                        if (n < 0) {
                                if (conn->host)
                                        host_count(conn->host, N_BAD);
                                conn_end(conn, false);
                                return;
                        }
                        if (does(conn, MODE_RESET)) {
                                conn_end(conn, true);
                                return;
                        }
                        serve(conn, &message);
                }
                bytes_cut(&conn->in, (size_t)n);
        }
}

static void on_event(struct watch *watch, uint32_t events)
{
        struct conn *conn = container(watch, struct conn, watch);

        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                ssize_t n;

                if (!bytes_room(&conn->in, READ_SIZE)) {
                        conn_end(conn, true);
                        return;
                }
                n = recv(watch->fd, conn->in.data + conn->in.n, conn->in.room - conn->in.n - 1, 0);
                conn->in.n += n > 0 ? (size_t)n : 0;
                if (n == 0 || (n < 0 && errno != EAGAIN)) {
                        conn_end(conn, false);
                        return;
                }
                if (n > 0)
                        understand(conn);
        }
        if (!conn->dead && (events & EPOLLOUT)) {
                conn_flush(conn);
                understand(conn);
        }
}

void conn_accept(struct farm *farm, struct host *host, enum service service, int fd)
{
        struct conn *conn;

        if (host) {
                host_count(host, N_CONNECTIONS);
                if (host_does(host, service, MODE_HANG_UP)) {
                        (void)close(fd);
                        return;
                }
        }
        conn = calloc(1, sizeof(*conn));
        if (!conn) {
                (void)close(fd);
                return;
        }
        *conn = (struct conn){.farm = farm, .host = host, .service = service};
        conn->watch = (struct watch){.fd = fd, .fn = on_event};
        conn->timer.fn = on_timer;
        if (loop_watch(&farm->loop, &conn->watch, EPOLLIN) < 0) {
                (void)close(fd);
                free(conn);
                return;
        }
        if (!host) {
                TAILQ_INSERT_TAIL(&farm->others, conn, entries);
                return;
        }
        TAILQ_INSERT_TAIL(&host->conns, conn, entries);
        farm->open++;
        if (++host->open > host->most_open)
                host->most_open = host->open;
}

void conn_freeze(struct conn *conn, bool frozen)
{
        if (conn->frozen == frozen)
                return;
        conn->frozen = frozen;
        listen_to(conn);
        if (!frozen)
                conn_flush(conn);
}

/* The life of one RTSP check: its connection, its bytes, its deadlines.
 *
 * A commune has thousands of cameras, so a check is one allocation, two event sources and as few system calls as the
 * protocol allows: one read an answer (a short read means that there is no more), one event mask for all of it, and the timer,
 * once armed, is left alone when a later wait ends later than it: it looks at the clock when it fires. Events are
 * edge-triggered: sd-event handles one source a turn, and the kernel would tell it again of all that wait at each of them
 * (measured with 256 checks at once: 4,400 checks a CPU-second, 11,000 with edges).
 *
 * Only on_event() and on_timer() end a check, last thing; the ladder says RTSP_DONE. So nothing below them is ever left with a
 * check that is gone. A peer that floods us gets a few buffers a turn of the loop, and 32 MiB in all. */
#include "rtsp_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "thon/cleanup.h"

#define EVENTS         (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)
#define READS_A_TURN   4
#define ACCURACY_US    250000u /* of deadlines: late by this at most, so that many share one wake-up */
#define CREDENTIAL_MAX 255

static uint64_t now(const struct rtsp_check *c)
{
        uint64_t us = 0;

        (void)sd_event_now(c->event, CLOCK_MONOTONIC, &us);
        return us;
}

static struct rtsp_check *check_free(struct rtsp_check *c)
{
        if (!c)
                return NULL;
        /* Sources first: a file descriptor that is closed before may be another's when its source goes. */
        c->io = sd_event_source_disable_unref(c->io);
        c->timer = sd_event_source_disable_unref(c->timer);
        rtsp_transport_close(&c->link);
        if (c->out)
                explicit_bzero(c->out, c->out_size);
        free(c->out);
        if (c->in != c->first)
                free(c->in);
        free(c->track);
        free(c->aggregate);
        explicit_bzero(c->text, c->text_size);
        free(c);
        return NULL;
}
THON_DEFINE_CLEANUP(struct rtsp_check *, check_free)

static int finish(struct rtsp_check *c)
{
        const struct thon_probe probe = c->probe;
        rtsp_check_fn fn = c->fn;
        void *userdata = c->userdata;

        (void)check_free(c);
        fn(&probe, userdata);
        return 0;
}

void rtsp_wait(struct rtsp_check *c, uint64_t us)
{
        uint64_t t = now(c);

        c->deadline = us < UINT64_MAX - t ? t + us : UINT64_MAX;
        if (c->deadline > c->end)
                c->deadline = c->end;
        if (c->armed <= c->deadline)
                return;
        c->armed = c->deadline;
        (void)sd_event_source_set_time(c->timer, c->armed);
}

/* ---- connecting ---- */
static bool ours(int error)
{
        return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS ||
               error == EADDRNOTAVAIL || error == EAGAIN;
}

static void not_connected(struct rtsp_check *c, int error)
{
        c->probe.error = error;
        rtsp_verdict(c,
                     ours(error)             ? THON_PROBE_LOCAL
                     : error == ECONNREFUSED ? THON_PROBE_REFUSED
                     : error == ECONNRESET   ? THON_PROBE_RESET
                     : error == ETIMEDOUT    ? THON_PROBE_TIMEOUT
                                             : THON_PROBE_UNREACHABLE,
                     "connection: %s", strerror(error));
}

static int on_event(sd_event_source *source, int fd, uint32_t revents, void *userdata);

static int begin_connection(struct rtsp_check *c)
{
        int r = rtsp_transport_connect(&c->link, &c->address, c->address_size);

        if (r < 0)
                return r;
        r = sd_event_add_io(c->event, &c->io, c->link.fd, EVENTS, on_event, c);
        if (r < 0)
                return r;
        c->step = RTSP_CONNECT;
        return 0;
}

void rtsp_reconnect(struct rtsp_check *c)
{
        int r;

        c->resume = c->step;
        c->reconnected = true;
        c->answered = false;
        c->io = sd_event_source_disable_unref(c->io);
        rtsp_transport_close(&c->link);
        if (c->out)
                explicit_bzero(c->out, c->out_size);
        free(THON_TAKE(c->out));
        c->out_size = c->out_sent = 0;
        c->reader = (struct thon_rtsp_reader){0};
        c->cseq.unanswered = 0;
        c->filled = c->early = 0;
        r = begin_connection(c);
        if (r < 0)
                not_connected(c, -r);
        else
                rtsp_wait(c, c->connect_us);
}

static void secure(struct rtsp_check *c)
{
        int r = rtsp_transport_secure(&c->link);

        c->step = RTSP_SECURE;
        if (r == -EAGAIN)
                return;
        if (r == 0)
                rtsp_connected(c);
        else if (r == -ENOMEM)
                rtsp_verdict(c, THON_PROBE_LOCAL, "no memory for TLS");
        else if (r == -EPROTO)
                rtsp_verdict(c, THON_PROBE_MALFORMED, "TLS: no understanding with the server");
        else
                rtsp_hung_up(c, r);
}

static void connected(struct rtsp_check *c, uint32_t revents)
{
        int r = revents & (EPOLLERR | EPOLLHUP) ? rtsp_transport_connected(&c->link) : 0;

        if (r < 0) {
                not_connected(c, -r);
                return;
        }
        if (c->probe.reached < THON_RUNG_TCP) {
                c->probe.reached = THON_RUNG_TCP;
                c->probe.connect_us = now(c) - c->began;
        }
        if (c->up_to <= THON_RUNG_TCP) {
                rtsp_verdict(c, THON_PROBE_FINE, "connected");
                return;
        }
        if (c->tls) {
                rtsp_wait(c, c->answer_us);
                secure(c);
        } else
                rtsp_connected(c);
}

/* ---- reading ---- */
static void unreadable(struct rtsp_check *c, int error, const char *from, size_t size)
{
        char said[24];

        thon_rtsp_printable((struct thon_rtsp_text){from, size}, said, sizeof said);
        if (error == THON_RTSP_NOT_RTSP)
                rtsp_verdict(c, THON_PROBE_MALFORMED, "%s: no RTSP, it says \"%s\"", rtsp_step_text(c->step),
                             said);
        else
                rtsp_verdict(c, THON_PROBE_MALFORMED, "%s: an answer that is %s", rtsp_step_text(c->step),
                             error == THON_RTSP_TOO_LONG ? "over our limits" : "damaged");
}

static bool grow(struct rtsp_check *c)
{
        size_t room = c->room * 4 < RTSP_INPUT_MAX ? c->room * 4 : RTSP_INPUT_MAX;
        char *larger = c->room < room ? malloc(room) : NULL;

        if (!larger)
                return false;
        memcpy(larger, c->in, c->filled);
        if (c->in != c->first)
                free(c->in);
        c->in = larger;
        c->room = room;
        return true;
}

/* After the verdict on what cannot be read: the answer to TEARDOWN is looked for in what follows. */
static void forget_input(struct rtsp_check *c)
{
        c->filled = c->early = 0;
        c->reader = (struct thon_rtsp_reader){.spoke = true, .lost = true};
}

/* What is there, cut into messages. */
static void take(struct rtsp_check *c)
{
        struct thon_rtsp_item item = {.kind = THON_RTSP_FRAME};
        size_t at = 0, used;

        while (item.kind != THON_RTSP_MORE) {
                int e = thon_rtsp_read(&c->reader, c->in + at, c->filled - at, &used, &item);

                if (e) {
                        unreadable(c, e, c->in + at, c->filled - at);
                        forget_input(c);
                        return;
                }
                /* An answer that was there before we asked is none to that question. */
                if (item.kind == THON_RTSP_ANSWER && at >= c->early)
                        rtsp_answered(c, &item.answer);
                else if (item.kind == THON_RTSP_FRAME)
                        rtsp_framed(c, &item.frame);
                if (c->step == RTSP_DONE || c->step == RTSP_CONNECT)
                        return;
                at += used;
        }
        c->filled -= at;
        c->early = c->early > at ? c->early - at : 0;
        if (at > 0 && c->filled > 0)
                memmove(c->in, c->in + at, c->filled);
        if (c->filled == c->room && !grow(c))
                rtsp_verdict(c, THON_PROBE_LOCAL, "no memory for an answer");
}

/* Until there is no more, or the turn is over. `ended`: the peer has hung up, so that a short read is not the last. */
static void receive(struct rtsp_check *c, bool ended)
{
        for (unsigned i = 0; i < READS_A_TURN; i++) {
                size_t room = c->room - c->filled;
                ssize_t n = rtsp_transport_read(&c->link, c->in + c->filled, room);

                if (n == -EAGAIN)
                        return;
                if (n <= 0) {
                        rtsp_hung_up(c, (int)n);
                        return;
                }
                c->filled += (size_t)n;
                c->bytes += (size_t)n;
                if (c->bytes > RTSP_BYTES_MAX) {
                        rtsp_verdict(c, THON_PROBE_MALFORMED, "%s: a flood of over %u MiB",
                                     rtsp_step_text(c->step), RTSP_BYTES_MAX >> 20);
                        c->bytes = 0; /* as much again until TEARDOWN is answered */
                        forget_input(c);
                        break;
                }
                take(c);
                if (c->step == RTSP_DONE || c->step == RTSP_CONNECT)
                        return;
                if ((size_t)n < room && !c->tls && !ended)
                        return;
        }
        (void)sd_event_source_set_io_events(c->io, EVENTS); /* tells us again of what is there already */
}

static int on_event(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct rtsp_check *c = userdata;
        bool ended = revents & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
        int r;

        (void)source;
        (void)fd;
        if (c->step == RTSP_CONNECT)
                connected(c, revents);
        else if (c->step == RTSP_SECURE)
                secure(c);
        else if (c->out && (r = rtsp_flush(c)) < 0)
                rtsp_hung_up(c, r);
        if (c->step > RTSP_SECURE && c->step < RTSP_DONE && (revents & EPOLLIN || ended || c->tls))
                receive(c, ended);
        return c->step == RTSP_DONE ? finish(c) : 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct rtsp_check *c = userdata;

        (void)usec;
        if (c->connect_error)
                not_connected(c, c->connect_error);
        else if (now(c) >= c->deadline)
                rtsp_timed_out(c);
        if (c->step == RTSP_DONE)
                return finish(c);
        c->armed = c->deadline;
        (void)sd_event_source_set_time(source, c->armed);
        (void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        return 0;
}

/* ---- beginning and cancelling ---- */
static uint64_t plus(uint64_t a, uint64_t b)
{
        return a < UINT64_MAX - b ? a + b : UINT64_MAX;
}

/* One after the other in `text`; returns where the next one goes. */
static char *keep(char *to, const char *text, size_t size)
{
        if (size > 0)
                memcpy(to, text, size);
        to[size] = '\0';
        return to + size + 1;
}

int rtsp_check_start(sd_event *event, const struct rtsp_want *want, rtsp_check_fn fn, void *userdata,
                     struct rtsp_check **ret)
{
        _cleanup_(check_freep) struct rtsp_check *c = NULL;
        size_t url = want->url ? strlen(want->url) : 0, user = want->user ? strlen(want->user) : 0,
               password = want->password ? strlen(want->password) : 0, text = url + user + password + 3;
        char *p;
        int r;

        if (want->address_size > sizeof want->address || user > CREDENTIAL_MAX ||
            password > CREDENTIAL_MAX ||
            (want->up_to > THON_RUNG_TCP && !thon_rtsp_url_fine((struct thon_rtsp_text){want->url, url})))
                return -EINVAL;
        c = malloc(sizeof *c + text);
        if (!c)
                return -ENOMEM;
        memset(c, 0, offsetof(struct rtsp_check, first));
        c->text_size = text;
        c->event = event;
        c->fn = fn;
        c->userdata = userdata;
        c->link = RTSP_TRANSPORT_NONE;
        c->address = want->address;
        c->address_size = want->address_size;
        c->tls = want->tls;
        c->up_to = want->up_to;
        c->connect_us = want->connect_us;
        c->answer_us = want->answer_us;
        c->rtp_us = want->rtp_us;
        c->resume = RTSP_OPTIONS;
        c->in = c->first;
        c->room = sizeof c->first;
        c->url = c->text;
        p = keep(c->text, want->url, url);
        if (want->user && want->password) {
                c->user = p;
                c->password = p = keep(p, want->user, user);
                (void)keep(p, want->password, password);
        }

        c->began = now(c);
        c->end = plus(c->began, plus(plus(c->connect_us, c->answer_us),
                                     plus(plus(c->answer_us, c->answer_us), c->rtp_us)));
        r = begin_connection(c);
        if (r < 0 && (ours(-r) || c->link.fd >= 0))
                return r;
        c->connect_error = -r;
        c->deadline = c->armed = r < 0 ? c->began : plus(c->began, c->connect_us);
        r = sd_event_add_time(event, &c->timer, CLOCK_MONOTONIC, c->armed,
                              c->connect_error ? 1 : ACCURACY_US, on_timer, c);
        if (r < 0)
                return r;
        *ret = THON_TAKE(c);
        return 0;
}

struct rtsp_check *rtsp_check_cancel(struct rtsp_check *c)
{
        if (!c)
                return NULL;
        if (c->set_up && c->step != RTSP_TEARDOWN)
                (void)rtsp_ask(c, RTSP_TEARDOWN);
        if (c->set_up) {
                /* What came and was not read would make the end a reset, which may overtake our TEARDOWN. */
                for (unsigned i = 0; i < 16 && rtsp_transport_read(&c->link, c->in, c->room) > 0; i++)
                        ;
                if (c->link.fd >= 0)
                        (void)shutdown(c->link.fd, SHUT_WR);
        }
        return check_free(c);
}

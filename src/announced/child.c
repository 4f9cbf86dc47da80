/* A child from its first word to its end; how it is begun is child_spawn.c.
 *
 * Its end is heard by a pidfd and not by SIGCHLD: no signal mask to agree on, and no process number that
 * could have been given to another meanwhile. While the child is a zombie its number is its own: that is the moment
 * to kill what it has left in its group, which would else hold our pipes open or the sound card. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child_spawn.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/player.h"

#define WRITE_MAX (1024 * 1024)
#define READ_SIZE 16384         /* a turn */
#define DRAIN_MAX (1024 * 1024) /* after its end */
#define LOG_LINE  300
#define LOG_LINES 20 /* a minute and child */
#define REAP_MS   1000

struct pipe_lines { /* of one pipe, as far as they are not whole */
        int fd;
        sd_event_source *io;
        char *text;
        size_t size;
};

struct child {
        struct children *children;
        struct child *prev, *next;
        char *name;
        pid_t pid;
        int pidfd, in;
        sd_event_source *exit_io, *in_io, *kill_timer;
        struct pipe_lines out, err;
        char *queue; /* what waits for the pipe */
        size_t queued;
        bool close_input; /* when the queue is empty */
        bool forgotten;
        size_t line_max;
        unsigned logged;
        uint64_t logged_since;
        struct child_ops ops;
        void *userdata;
};

struct children {
        sd_event *event;
        struct child *first;
        char *registry; /* "GST_REGISTRY=..." */
};

/* ---- freeing ---- */

static void lines_done(struct pipe_lines *lines)
{
        lines->io = sd_event_source_disable_unref(lines->io);
        thon_closep(&lines->fd);
        lines->fd = -1;
        free(lines->text);
        lines->text = NULL;
        lines->size = 0;
}

static void input_done(struct child *c)
{
        c->in_io = sd_event_source_disable_unref(c->in_io);
        thon_closep(&c->in);
        c->in = -1;
        free(c->queue);
        c->queue = NULL;
        c->queued = 0;
}

static struct child *child_free(struct child *c)
{
        if (!c)
                return NULL;
        if (c->next)
                c->next->prev = c->prev;
        if (c->prev)
                c->prev->next = c->next;
        else if (c->children->first == c)
                c->children->first = c->next;
        input_done(c);
        lines_done(&c->out);
        lines_done(&c->err);
        sd_event_source_disable_unref(c->exit_io);
        sd_event_source_disable_unref(c->kill_timer);
        thon_closep(&c->pidfd);
        free(c->name);
        free(c);
        return NULL;
}
THON_DEFINE_CLEANUP(struct child *, child_free)

static void kill_group(const struct child *c, int signal)
{
        if (kill(-c->pid, signal) < 0 && errno != ESRCH)
                thon_warning("%s: cannot be signalled: %s", c->name, strerror(errno));
}

/* False: it lives still. Else it is no more, and `si` says how it ended. */
static bool reap(struct child *c, siginfo_t *ret_si)
{
        siginfo_t si = {.si_pid = 0};

        if (waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOHANG | WNOWAIT) == 0 && si.si_pid == 0)
                return false;
        kill_group(c, SIGKILL);
        si.si_pid = 0;
        if (waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOHANG) < 0)
                si = (siginfo_t){.si_code = CLD_EXITED, .si_status = CHILD_NOT_RUN};
        *ret_si = si;
        return true;
}

struct children *children_free(struct children *children)
{
        struct timespec t;
        int64_t deadline;
        siginfo_t si;

        if (!children)
                return NULL;
        for (struct child *c = children->first; c; c = c->next)
                kill_group(c, SIGKILL);
        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        deadline = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + REAP_MS;
        while (children->first) {
                struct child *c = children->first;
                struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
                int64_t left;

                (void)clock_gettime(CLOCK_MONOTONIC, &t);
                left = deadline - ((int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000);
                (void)poll(&p, 1, left > 0 ? (int)left : 0);
                (void)reap(c, &si);
                child_free(c);
        }
        sd_event_unref(children->event);
        free(children->registry);
        free(children);
        return NULL;
}

int children_new(sd_event *event, const char *state_dir, struct children **ret)
{
        struct children *children = calloc(1, sizeof *children);
        struct sigaction old;

        if (!children)
                return -ENOMEM;
        if (asprintf(&children->registry, "GST_REGISTRY=%s/announce/gst-registry.bin", state_dir) < 0) {
                free(children);
                return -ENOMEM;
        }
        if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
                (void)signal(SIGPIPE, SIG_IGN);
        children->event = sd_event_ref(event);
        *ret = children;
        return 0;
}

/* ---- what it says ---- */

static void log_line(struct child *c, char *text, size_t size)
{
        uint64_t now = 0;

        (void)sd_event_now(c->children->event, CLOCK_MONOTONIC, &now);
        if (now - c->logged_since > UINT64_C(60000000)) {
                c->logged_since = now;
                c->logged = 0;
        }
        if (size == 0 || c->logged > LOG_LINES)
                return;
        if (c->logged++ == LOG_LINES) {
                thon_info("%s: says more than is told here", c->name);
                return;
        }
        for (size_t i = 0; i < size; i++)
                if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
                        text[i] = '?';
        thon_info("%s: %.*s", c->name, (int)(size < LOG_LINE ? size : LOG_LINE), text);
}

static void out_line(struct child *c, char *text, size_t size)
{
        if (c->forgotten)
                return;
        if (text && memchr(text, '\0', size))
                text = NULL;
        if (!text)
                lines_done(&c->out); /* before: nothing more is read, whatever the owner does */
        if (c->ops.line)
                c->ops.line(text, text ? size : 0, c->userdata);
}

/* Whole lines go to their owner; true while more may come. The child may be forgotten by that, and is still there. */
static bool take_lines(struct child *c, struct pipe_lines *lines, size_t max, const char *data, size_t size)
{
        bool is_out = lines == &c->out;

        while (size > 0) {
                const char *end = memchr(data, '\n', size);
                size_t part = end ? (size_t)(end - data) : size;
                size_t room = max - lines->size;
                size_t keep = part < room ? part : room;

                if (!lines->text) {
                        lines->text = malloc(max + 1);
                        if (!lines->text)
                                return false;
                }
                memcpy(lines->text + lines->size, data, keep);
                lines->size += keep;
                if (part > room && is_out) {
                        out_line(c, NULL, 0);
                        return false;
                }
                if (end) {
                        size_t whole = lines->size;

                        lines->text[whole] = '\0';
                        lines->size = 0;
                        if (is_out) {
                                /* The owner may end the reading: the line is its own until then. */
                                _cleanup_free_ char *text = THON_TAKE(lines->text);

                                out_line(c, text, whole);
                        } else {
                                log_line(c, lines->text, whole);
                        }
                        if (lines->fd < 0)
                                return false;
                        part++;
                }
                data += part;
                size -= part;
        }
        return true;
}

/* 1: something was read; 0: nothing now; -1: that was all. */
static int read_some(struct child *c, struct pipe_lines *lines)
{
        size_t max = lines == &c->out ? c->line_max : LOG_LINE;
        char buf[READ_SIZE];
        ssize_t n;

        if (lines->fd < 0)
                return -1;
        n = read(lines->fd, buf, sizeof buf);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0) {
                lines_done(lines);
                return -1;
        }
        return take_lines(c, lines, max, buf, (size_t)n) ? 1 : -1;
}

static int on_out(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        struct child *c = userdata;

        (void)source;
        (void)events;
        (void)read_some(c, fd == c->out.fd ? &c->out : &c->err);
        return 0;
}

static const char *how_ended(const siginfo_t *si, char *buf, size_t size)
{
        if (si->si_code == CLD_EXITED && si->si_status == 0)
                (void)snprintf(buf, size, "ended");
        else if (si->si_code == CLD_EXITED)
                (void)snprintf(buf, size, "ended with status %d", si->si_status);
        else
                (void)snprintf(buf, size, "was ended by signal %s", sigabbrev_np(si->si_status));
        return buf;
}

static void drain(struct child *c, struct pipe_lines *lines)
{
        for (size_t n = 0; n < DRAIN_MAX / READ_SIZE && read_some(c, lines) > 0; n++)
                ;
}

static int on_exit_of(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        _cleanup_(child_freep) struct child *c = userdata;
        siginfo_t si;
        char buf[64];

        (void)source;
        (void)fd;
        (void)events;
        if (!reap(c, &si)) {
                c = NULL;
                return 0;
        }
        drain(c, &c->out);
        drain(c, &c->err);
        if (!c->forgotten && c->ops.ended) {
                void (*ended)(bool, const char *, void *) = c->ops.ended;

                c->forgotten = true;
                ended(si.si_code == CLD_EXITED && si.si_status == 0, how_ended(&si, buf, sizeof buf),
                      c->userdata);
        }
        return 0;
}

/* ---- what it is told ---- */

static void write_queue(struct child *c)
{
        while (c->queued > 0) {
                ssize_t n = write(c->in, c->queue, c->queued);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno == EAGAIN)
                        break;
                if (n < 0) { /* it reads no more: its end will be told */
                        input_done(c);
                        return;
                }
                c->queued -= (size_t)n;
                memmove(c->queue, c->queue + n, c->queued);
        }
        if (c->queued == 0 && c->close_input)
                input_done(c);
        else
                (void)sd_event_source_set_enabled(c->in_io, c->queued > 0 ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_in(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        (void)source;
        (void)fd;
        (void)events;
        write_queue(userdata);
        return 0;
}

int child_write(struct child *c, const char *data, size_t size)
{
        char *queue;

        if (c->close_input)
                return -EPIPE;
        if (c->in < 0 || size == 0)
                return 0;
        if (size > WRITE_MAX - c->queued)
                return -ENOBUFS;
        queue = realloc(c->queue, c->queued + size);
        if (!queue)
                return -ENOMEM;
        c->queue = queue;
        memcpy(queue + c->queued, data, size);
        c->queued += size;
        write_queue(c);
        return 0;
}

int child_write_line(struct child *c, const json_t *doc)
{
        _cleanup_free_ char *text = json_dumps(doc, JSON_COMPACT);
        size_t size;

        if (!text)
                return -ENOMEM;
        size = strlen(text);
        if (size + 1 > THON_PLAYER_LINE_MAX)
                return -E2BIG;
        text[size] = '\n'; /* in place of the NUL */
        return child_write(c, text, size + 1);
}

void child_close_input(struct child *c)
{
        c->close_input = true;
        if (c->in >= 0 && c->queued == 0)
                input_done(c);
}

/* ---- its end ---- */

static int on_kill(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        kill_group(userdata, SIGKILL);
        return 0;
}

void child_end(struct child *c, uint64_t grace_us)
{
        int r;

        c->kill_timer = sd_event_source_disable_unref(c->kill_timer);
        if (grace_us > 0) {
                r = sd_event_add_time_relative(c->children->event, &c->kill_timer, CLOCK_MONOTONIC, grace_us,
                                               1000, on_kill, c);
                if (r >= 0) {
                        kill_group(c, SIGTERM);
                        return;
                }
        }
        kill_group(c, SIGKILL);
}

struct child *child_forget(struct child *c)
{
        if (!c)
                return NULL;
        if (c->forgotten) /* from its own ended() */
                return NULL;
        c->forgotten = true;
        input_done(c);
        lines_done(&c->out);
        kill_group(c, SIGKILL);
        return NULL;
}

/* ---- its beginning ---- */

static int not_blocking(int fd)
{
        int flags = fcntl(fd, F_GETFL);

        return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

static int listen_to(struct child *c)
{
        sd_event *e = c->children->event;
        int r = not_blocking(c->in);

        if (r == 0)
                r = not_blocking(c->out.fd);
        if (r == 0)
                r = not_blocking(c->err.fd);
        if (r < 0)
                return r;
        r = sd_event_add_io(e, &c->exit_io, c->pidfd, EPOLLIN, on_exit_of, c);
        if (r >= 0) /* after what it said: that it is gone is the last news */
                r = sd_event_source_set_priority(c->exit_io, SD_EVENT_PRIORITY_NORMAL + 1);
        if (r >= 0)
                r = sd_event_add_io(e, &c->out.io, c->out.fd, EPOLLIN, on_out, c);
        if (r >= 0)
                r = sd_event_add_io(e, &c->err.io, c->err.fd, EPOLLIN, on_out, c);
        if (r >= 0)
                r = sd_event_add_io(e, &c->in_io, c->in, EPOLLOUT, on_in, c);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->in_io, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

static int child_init(struct child *c, struct children *children, const struct child_options *options,
                      const struct child_ops *ops, void *userdata)
{
        c->children = children;
        c->pidfd = c->in = c->out.fd = c->err.fd = -1;
        c->line_max = options->line_max;
        c->ops = *ops;
        c->userdata = userdata;
        c->name = strdup(options->name);
        return c->name ? 0 : -ENOMEM;
}

int child_start(struct children *children, const struct child_options *options, const struct child_ops *ops,
                void *userdata, struct child **ret)
{
        _cleanup_(child_freep) struct child *c = NULL;
        struct child_spawned spawned;
        int r;

        if (access(options->argv[0], X_OK) < 0)
                return -errno;
        c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        r = child_init(c, children, options, ops, userdata);
        if (r == 0)
                r = child_spawn(options, children->registry, &spawned);
        if (r < 0)
                return r;
        c->pid = spawned.pid;
        c->pidfd = spawned.pidfd;
        c->in = spawned.in;
        c->out.fd = spawned.out;
        c->err.fd = spawned.err;
        r = listen_to(c);
        if (r < 0) {
                kill_group(c, SIGKILL);
                (void)waitpid(c->pid, NULL, 0);
                return r;
        }
        c->next = children->first;
        if (c->next)
                c->next->prev = c;
        children->first = c;
        *ret = THON_TAKE(c);
        return 0;
}

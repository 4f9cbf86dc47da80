/* Snapcast reads a pipe: 48 kHz, 16 bit, two channels, as fast as it comes. Without a reader opening it would wait
 * for ever, and a reader that hangs would stop us with it; so the pipe never blocks, and nobody at its other end is
 * an error. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pace.h"
#include "sink.h"
#include "thon/cleanup.h"

#define PIECE   480 /* samples, of 4 bytes: less than PIPE_BUF, so that a frame is never torn */
#define POLL_MS 10

struct pipe_sink {
        struct sink sink;
        int fd;
        struct pace pace;
};

/* All or nothing, as POSIX promises for PIPE_BUF. */
static int write_piece(int fd, const int16_t *frames, size_t size)
{
        for (;;) {
                struct pollfd room = {.fd = fd, .events = POLLOUT};
                int r;

                if (write(fd, frames, size) >= 0)
                        return 0;
                if (errno == EINTR)
                        continue;
                if (errno != EAGAIN)
                        return -errno;
                r = poll(&room, 1, SINK_PATIENCE_MS);
                if (r == 0)
                        return -ETIMEDOUT;
                if (r < 0 && errno != EINTR)
                        return -errno;
        }
}

static int pipe_failed(int r, struct thon_json_error *error)
{
        thon_json_fail(error, NULL, "the pipe: %s",
                       r == -ETIMEDOUT ? "its reader takes nothing"
                       : r == -EPIPE   ? "its reader is gone"
                                       : strerror(-r));
        return r;
}

static int pipe_write(struct sink *sink, const int16_t *samples, size_t n, struct thon_json_error *error)
{
        struct pipe_sink *s = (struct pipe_sink *)sink;

        pace_wait(&s->pace, n, 0);
        while (n > 0) {
                int16_t frames[2 * PIECE];
                size_t now = n < PIECE ? n : PIECE;
                int r;

                for (size_t i = 0; i < now; i++)
                        frames[2 * i] = frames[2 * i + 1] = samples[i];
                r = write_piece(s->fd, frames, now * 2 * sizeof *frames);
                if (r < 0)
                        return pipe_failed(r, error);
                samples += now;
                n -= now;
        }
        return 0;
}

static int pipe_drain(struct sink *sink, struct thon_json_error *error)
{
        struct pipe_sink *s = (struct pipe_sink *)sink;

        pace_wait(&s->pace, 0, 0);
        for (int waited = 0; waited < SINK_PATIENCE_MS; waited += POLL_MS) {
                struct pollfd reader = {.fd = s->fd};
                int unread = 0;

                if (ioctl(s->fd, FIONREAD, &unread) < 0)
                        return pipe_failed(-errno, error);
                if (unread == 0)
                        return 0;
                if (poll(&reader, 1, POLL_MS) > 0) /* the other end was closed */
                        return pipe_failed(-EPIPE, error);
        }
        return pipe_failed(-ETIMEDOUT, error);
}

static void pipe_free(struct sink *sink)
{
        struct pipe_sink *s = (struct pipe_sink *)sink;

        (void)close(s->fd);
        free(s);
}

int sink_pipe_open(const char *path, struct sink **ret, struct thon_json_error *error)
{
        static const struct sink_ops ops = {.write = pipe_write, .drain = pipe_drain, .free = pipe_free};
        _cleanup_close_ int fd = -1;
        struct pipe_sink *s;
        struct stat status;

        fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (fd < 0) {
                int r = -errno;

                thon_json_fail(error, path, "%s", r == -ENXIO ? "nobody reads this pipe" : strerror(-r));
                return r;
        }
        if (fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode)) {
                thon_json_fail(error, path, "not a pipe");
                return -EINVAL;
        }
        s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->sink.ops = &ops;
        s->fd = fd;
        fd = -1;
        *ret = &s->sink;
        return 0;
}

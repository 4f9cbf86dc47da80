/* A file that behaves as a sound card: it takes an hour to take an hour. For rehearsals, tests, and stations whose sound is
 * fetched by something else. The header of a WAV is written anew with each block, so that a player that is killed leaves a file
 * that plays; Ogg is readable up to its last page anyhow. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive.h"
#include "pace.h"
#include "sink.h"
#include "thon/cleanup.h"
#include "wav.h"

#define NAMES_TRIED 100

struct file_sink {
        struct sink sink;
        int fd;
        struct pace pace;
        struct archive *opus; /* or NULL: WAV */
};

static int write_at(int fd, const void *data, size_t size, off_t at)
{
        const char *p = data;

        while (size > 0) {
                ssize_t n = pwrite(fd, p, size, at);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                p += n;
                at += n;
                size -= (size_t)n;
        }
        return 0;
}

static int file_start(struct sink *sink, struct thon_json_error *error)
{
        struct file_sink *s = (struct file_sink *)sink;

        return s->opus ? archive_start(s->opus, error) : 0;
}

static int file_write(struct sink *sink, const int16_t *samples, size_t n, struct thon_json_error *error)
{
        struct file_sink *s = (struct file_sink *)sink;
        off_t end = PLAYER_WAV_HEADER + (off_t)(s->pace.samples * sizeof *samples);
        uint8_t header[PLAYER_WAV_HEADER];
        int r;

        pace_wait(&s->pace, n, 0);
        if (s->opus)
                return archive_push(s->opus, samples, n, error);
        r = write_at(s->fd, samples, n * sizeof *samples, end);
        if (r == 0) {
                player_wav_header(s->pace.samples, header);
                r = write_at(s->fd, header, sizeof header, 0);
        }
        if (r < 0)
                thon_json_fail(error, NULL, "writing the file: %s", strerror(-r));
        return r;
}

static int file_drain(struct sink *sink, struct thon_json_error *error)
{
        struct file_sink *s = (struct file_sink *)sink;

        pace_wait(&s->pace, 0, 0);
        return s->opus ? archive_finish(s->opus, error) : 0;
}

static void file_free(struct sink *sink)
{
        struct file_sink *s = (struct file_sink *)sink;

        archive_free(s->opus);
        if (s->fd >= 0)
                (void)close(s->fd);
        free(s);
}

/* A file of this moment in a directory. */
static int create_named(const char *directory)
{
        for (int i = 0; i < NAMES_TRIED; i++) {
                _cleanup_free_ char *path = NULL;
                char day[32];
                struct timespec now;
                struct tm utc;
                int fd;

                (void)clock_gettime(CLOCK_REALTIME, &now);
                if (!gmtime_r(&now.tv_sec, &utc) || strftime(day, sizeof day, "%Y%m%dT%H%M%S", &utc) == 0)
                        return -EOVERFLOW;
                if (asprintf(&path, "%s/%s.%06ldZ.wav", directory, day, now.tv_nsec / 1000) < 0)
                        return -ENOMEM;
                fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
                if (fd >= 0 || errno != EEXIST)
                        return fd >= 0 ? fd : -errno;
        }
        return -EEXIST;
}

static int create_file(const char *path)
{
        struct stat status;
        int fd;

        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
                return create_named(path);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || ftruncate(fd, 0) < 0) {
                (void)close(fd);
                return -EINVAL;
        }
        return fd;
}

int sink_file_open(const char *path, struct sink **ret, struct thon_json_error *error)
{
        static const struct sink_ops ops = {file_start, file_write, file_drain, file_free};
        size_t length = strlen(path);
        struct file_sink *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        s->sink.ops = &ops;
        s->fd = create_file(path);
        r = s->fd < 0 ? s->fd : 0;
        if (r < 0)
                thon_json_fail(error, path, "%s", r == -EINVAL ? "not a file" : strerror(-r));
        else if (length > 5 && strcmp(path + length - 5, ".opus") == 0)
                r = archive_new(s->fd, &s->opus, error);
        else
                r = file_write(&s->sink, NULL, 0, error); /* a header at once: no sound is a file too */
        if (r < 0) {
                file_free(&s->sink);
                return r;
        }
        s->pace = (struct pace){0};
        *ret = &s->sink;
        return 0;
}

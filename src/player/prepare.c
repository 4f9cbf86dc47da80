/* A recording is decoded once, in a sandbox, into a file without a name; what is aired later was decoded, measured and found
 * good long before. The result gets its name when it is whole, so that there never is half a file, whenever we are killed. */
#include "prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decode.h"
#include "inputs.h"
#include "lines.h"
#include "loudness.h"
#include "sandbox.h"
#include "tell.h"
#include "thon/cleanup.h"
#include "wav.h"

#define CPU_S(max_s) ((unsigned)(60 + (max_s)))

struct prepare {
        const struct player_order *order;
        char *directory; /* of the result */
        int file, spool, out;
        uint64_t samples, most;
};

static int failed(enum player_trouble trouble, int r, const struct thon_json_error *error)
{
        player_tell_error(r == -ENOMEM ? PLAYER_MEMORY : trouble,
                          error && error->text[0] ? error->text : strerror(-r));
        return 1;
}

/* announced is gone: nobody waits for this. */
static int still_wanted(void)
{
        return lines_ended() ? -EPIPE : 0;
}

static int nameless(const char *directory)
{
        int fd = open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, 0640);

        return fd < 0 ? -errno : fd;
}

static int open_all(struct prepare *p, struct thon_json_error *error)
{
        struct stat status;
        char *slash;

        p->file = open(p->order->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (p->file < 0 || fstat(p->file, &status) < 0)
                return failed(PLAYER_INPUT, -errno, NULL);
        if (!S_ISREG(status.st_mode))
                return failed(PLAYER_INPUT, -EINVAL, NULL);
        if (status.st_size == 0) {
                player_tell_error(PLAYER_FORMAT, "an empty file");
                return 1;
        }
        p->directory = strdup(p->order->out);
        if (!p->directory)
                return failed(PLAYER_MEMORY, -ENOMEM, NULL);
        slash = strrchr(p->directory, '/');
        slash[slash == p->directory ? 1 : 0] = '\0';
        p->spool = nameless(p->directory);
        p->out = nameless(p->directory);
        if (p->spool < 0 || p->out < 0) {
                thon_json_fail(error, p->directory, "%s", strerror(-(p->spool < 0 ? p->spool : p->out)));
                return failed(PLAYER_SINK, -EIO, error);
        }
        return 0;
}

static int take(void *userdata, const float *samples, size_t n)
{
        struct prepare *p = userdata;
        const char *at = (const char *)samples;
        size_t size = n * sizeof *samples;

        if (still_wanted() < 0)
                return -EPIPE;
        if (n > p->most - p->samples)
                return 1; /* it is too long */
        p->samples += n;
        while (size > 0) {
                ssize_t done = write(p->spool, at, size);

                if (done < 0 && errno == EINTR)
                        continue;
                if (done < 0)
                        return -errno;
                at += done;
                size -= (size_t)done;
        }
        return 0;
}

static int decode_all(struct prepare *p, struct decode *decode, struct thon_json_error *error)
{
        int r = decode_run(decode, take, p, error);

        if (r < 0)
                return failed(PLAYER_SINK, r, error);
        switch ((enum decode_outcome)r) {
        case DECODE_FORMAT:
                return failed(PLAYER_FORMAT, -EBADMSG, error);
        case DECODE_STOPPED:
                thon_json_fail(error, NULL, "longer than %llu s", (unsigned long long)p->order->max_s);
                return failed(PLAYER_TOO_LONG, -EFBIG, error);
        case DECODE_ENDED:
                break;
        }
        if (p->samples > 0)
                return 0;
        thon_json_fail(error, NULL, "no sound in it");
        return failed(PLAYER_FORMAT, -EBADMSG, error);
}

/* A name for what has none; /proc is how a descriptor is linked without privilege. */
static int give_name(const struct prepare *p)
{
        char self[64];

        (void)snprintf(self, sizeof self, "/proc/self/fd/%d", p->out);
        for (int i = 0; i < 2; i++) {
                if (linkat(AT_FDCWD, self, AT_FDCWD, p->order->out, AT_SYMLINK_FOLLOW) == 0)
                        return 0;
                if (errno != EEXIST || unlink(p->order->out) < 0)
                        return -errno;
        }
        return -EEXIST;
}

static int write_result(struct prepare *p, const float *samples, struct thon_json_error *error)
{
        struct loudness got;
        double lufs;
        int r;

        r = loudness_measure(samples, p->samples, still_wanted, &lufs);
        if (r < 0)
                return failed(PLAYER_MEMORY, r, error);
        if (!(lufs >= LOUDNESS_SILENCE)) {
                thon_json_fail(error, NULL, "silence, or next to it");
                return failed(PLAYER_FORMAT, -EBADMSG, error);
        }
        r = loudness_write(samples, p->samples, lufs, p->order->loudness, p->out, still_wanted, &got);
        if (r == 0)
                r = give_name(p);
        if (r < 0) {
                thon_json_fail(error, p->order->out, "%s", strerror(-r));
                return failed(PLAYER_SINK, r, error);
        }
        player_tell_prepared(player_us(p->samples), got.lufs, got.peak_db);
        return 0;
}

static int finish(struct prepare *p, struct thon_json_error *error)
{
        size_t size = (size_t)p->samples * sizeof(float);
        float *samples = mmap(NULL, size, PROT_READ, MAP_SHARED, p->spool, 0);
        int status;

        if (samples == MAP_FAILED)
                return failed(PLAYER_MEMORY, -errno, error);
        status = write_result(p, samples, error);
        (void)munmap(samples, size);
        return status;
}

int player_prepare(const struct player_order *order)
{
        struct prepare p = {
                .order = order, .file = -1, .spool = -1, .out = -1, .most = order->max_s * PLAYER_RATE};
        struct thon_json_error error = {0};
        struct decode *decode;
        int r, status = open_all(&p, &error);

        if (status == 0) {
                r = decode_open(p.file, &decode, &error);
                if (r < 0)
                        return failed(PLAYER_ORDER, r, &error);
                r = sandbox_enter(&(struct sandbox){.directory = p.directory,
                                                    .cpu_s = CPU_S(order->max_s),
                                                    .file_max = (p.most + PLAYER_RATE) * sizeof(float)});
                if (r < 0)
                        return failed(PLAYER_ORDER, r, &error);
                status = decode_all(&p, decode, &error);
        }
        if (status == 0)
                status = finish(&p, &error);
        free(p.directory);
        return status;
}

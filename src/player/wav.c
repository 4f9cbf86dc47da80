/* Prepared sound is read directly: nothing is decoded when it is aired, so there is nothing in it that could go wrong at 05:30.
 * What a header claims is held against the size of the file. */
#include "wav.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "tones.h"

#define CHUNKS_MAX 64

static uint32_t le32(const uint8_t *p)
{
        return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t le16(const uint8_t *p)
{
        return (uint16_t)(p[0] | p[1] << 8);
}

static void put32(uint8_t *p, uint32_t v)
{
        for (int i = 0; i < 4; i++)
                p[i] = (uint8_t)(v >> 8 * i);
}

static void put16(uint8_t *p, uint16_t v)
{
        p[0] = (uint8_t)v;
        p[1] = (uint8_t)(v >> 8);
}

/* 0, or -errno; -ENODATA at the end of the file. */
static int read_at(int fd, void *buffer, size_t size, off_t at)
{
        uint8_t *p = buffer;

        while (size > 0) {
                ssize_t n = pread(fd, p, size, at);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -ENODATA;
                p += n;
                at += n;
                size -= (size_t)n;
        }
        return 0;
}

static bool is_ours(const uint8_t *format)
{
        return le16(format) == 1 && le16(format + 2) == 1 && le32(format + 4) == PLAYER_RATE &&
               le16(format + 14) == 16;
}

static int find_samples(int fd, off_t size, struct player_wav *ret)
{
        uint8_t head[12], chunk[8], format[16];
        bool formatted = false;
        off_t at = sizeof head;
        int r;

        r = read_at(fd, head, sizeof head, 0);
        if (r < 0)
                return r;
        if (memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0)
                return -EBADMSG;
        for (int i = 0; i < CHUNKS_MAX; i++) {
                uint32_t length;

                r = read_at(fd, chunk, sizeof chunk, at);
                if (r < 0)
                        return r;
                length = le32(chunk + 4);
                at += (off_t)sizeof chunk;
                if (memcmp(chunk, "data", 4) == 0) {
                        if (!formatted)
                                return -EBADMSG;
                        ret->begins = at;
                        ret->samples = (uint64_t)(length < size - at ? length : size - at) / 2;
                        return 0;
                }
                if (memcmp(chunk, "fmt ", 4) == 0) {
                        if (length < sizeof format)
                                return -EBADMSG;
                        r = read_at(fd, format, sizeof format, at);
                        if (r < 0)
                                return r;
                        if (!is_ours(format))
                                return -EBADMSG;
                        formatted = true;
                }
                at += (off_t)length + (length & 1);
        }
        return -EBADMSG;
}

int player_wav_open(const char *path, struct player_wav *ret)
{
        _cleanup_close_ int fd = -1;
        struct player_wav wav;
        struct stat status;
        int r;

        /* Not to wait for the writer of a pipe. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISREG(status.st_mode))
                return -EBADMSG;
        r = find_samples(fd, status.st_size, &wav);
        if (r < 0)
                return r == -ENODATA ? -EBADMSG : r;
        /* All of it into memory by and by: a card that is busy with something else is to be heard by nobody. */
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
        wav.fd = fd;
        fd = -1;
        *ret = wav;
        return 0;
}

int player_wav_read(const struct player_wav *wav, uint64_t at, int16_t *ret, size_t n)
{
        int r = read_at(wav->fd, ret, n * sizeof *ret, wav->begins + (off_t)(at * sizeof *ret));

        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                ret[i] = (int16_t)le16((const uint8_t *)&ret[i]);
        return 0;
}

void player_wav_close(struct player_wav *wav)
{
        if (wav->fd >= 0)
                (void)close(wav->fd);
        wav->fd = -1;
}

void player_wav_header(uint64_t samples, uint8_t ret[static PLAYER_WAV_HEADER])
{
        uint32_t bytes = samples > (UINT32_MAX - 64) / 2 ? UINT32_MAX - 64 : (uint32_t)samples * 2;

        memcpy(ret, "RIFF", 4);
        put32(ret + 4, bytes + PLAYER_WAV_HEADER - 8);
        memcpy(ret + 8, "WAVEfmt ", 8);
        put32(ret + 16, 16);
        put16(ret + 20, 1); /* PCM */
        put16(ret + 22, 1);
        put32(ret + 24, PLAYER_RATE);
        put32(ret + 28, PLAYER_RATE * 2);
        put16(ret + 32, 2);
        put16(ret + 34, 16);
        memcpy(ret + 36, "data", 4);
        put32(ret + 40, bytes);
}

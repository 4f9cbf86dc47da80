/* The file is ours, opened before the sandbox; GStreamer only makes pages of the sound. Half a second a page: so
 * much is lost at most when the power goes. */
#include "archive.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "coder.h"
#include "thon/cleanup.h"

#define BEHIND_MS 30000 /* an SD card may think for seconds */

struct archive {
        int fd;
        struct coder *coder;
};

static int write_page(void *userdata, const uint8_t *data, size_t size)
{
        const struct archive *a = userdata;

        while (size > 0) {
                ssize_t n = write(a->fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

int archive_new(int fd, struct archive **ret, struct thon_json_error *error)
{
        struct archive *a = calloc(1, sizeof *a);
        int r;

        if (!a)
                return -ENOMEM;
        a->fd = fd;
        r = coder_new(
                "opusenc bitrate=24000 frame-size=20 ! oggmux max-delay=500000000 max-page-delay=500000000",
                BEHIND_MS, write_page, a, &a->coder, error);
        if (r < 0) {
                archive_free(a);
                return r;
        }
        *ret = a;
        return 0;
}

int archive_start(struct archive *a, struct thon_json_error *error)
{
        return coder_start(a->coder, error);
}

int archive_push(struct archive *a, const int16_t *samples, size_t n, struct thon_json_error *error)
{
        return coder_push(a->coder, samples, n, error);
}

int archive_finish(struct archive *a, struct thon_json_error *error)
{
        return coder_finish(a->coder, error);
}

struct archive *archive_free(struct archive *a)
{
        if (!a)
                return NULL;
        coder_free(a->coder);
        free(a);
        return NULL;
}

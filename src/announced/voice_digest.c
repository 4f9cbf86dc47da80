/* A recording is known by its content: the same file under another name is the same sound, and another file under
 * the same name is not. An hour of WAV takes seconds to read from a card, so that it is read a piece at a time, and
 * others have their turns between. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "voice_private.h"

#define PIECE 131072

struct digest {
        int fd;
        EVP_MD_CTX *context;
        sd_event_source *turn;
        digest_fn fn;
        void *userdata;
};

static void hexadecimal(const unsigned char *bytes, size_t n, char *ret)
{
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < n; i++) {
                ret[2 * i] = digits[bytes[i] >> 4];
                ret[2 * i + 1] = digits[bytes[i] & 15];
        }
        ret[2 * n] = '\0';
}

static int finish(EVP_MD_CTX *context, char ret[static VOICE_KEY])
{
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned size = 0;

        if (EVP_DigestFinal_ex(context, bytes, &size) != 1 || 2 * size + 1 != VOICE_KEY)
                return -EIO;
        hexadecimal(bytes, size, ret);
        return 0;
}

static int on_turn(sd_event_source *source, void *userdata)
{
        struct digest *d = userdata;
        char buf[PIECE], key[VOICE_KEY] = "";
        ssize_t n = read(d->fd, buf, sizeof buf);
        int r = 0;

        (void)source;
        if (n < 0 && errno == EINTR)
                return 0;
        if (n > 0 && EVP_DigestUpdate(d->context, buf, (size_t)n) == 1)
                return 0;
        r = n < 0 ? -errno : n > 0 ? -EIO : finish(d->context, key);
        (void)sd_event_source_set_enabled(d->turn, SD_EVENT_OFF);
        d->fn(r, key, d->userdata);
        return 0;
}

static int digest_begin(struct digest *d, sd_event *event, const char *path)
{
        struct stat st;
        int r;

        d->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (d->fd < 0 || fstat(d->fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        d->context = EVP_MD_CTX_new();
        if (!d->context)
                return -ENOMEM;
        if (EVP_DigestInit_ex(d->context, EVP_sha256(), NULL) != 1)
                return -EIO;
        r = sd_event_add_defer(event, &d->turn, on_turn, d);
        if (r >= 0) /* again with each turn, but after all that waits */
                r = sd_event_source_set_enabled(d->turn, SD_EVENT_ON);
        return r < 0 ? r : sd_event_source_set_priority(d->turn, SD_EVENT_PRIORITY_IDLE);
}

int digest_new(sd_event *event, const char *path, digest_fn fn, void *userdata, struct digest **ret)
{
        struct digest *d = calloc(1, sizeof *d);
        int r;

        if (!d)
                return -ENOMEM;
        d->fn = fn;
        d->userdata = userdata;
        r = digest_begin(d, event, path);
        if (r < 0)
                digest_free(d);
        else
                *ret = d;
        return r < 0 ? r : 0;
}

struct digest *digest_free(struct digest *d)
{
        if (!d)
                return NULL;
        sd_event_source_disable_unref(d->turn);
        EVP_MD_CTX_free(d->context);
        thon_closep(&d->fd);
        free(d);
        return NULL;
}

int digest_texts(const char *const *texts, size_t n, char ret[static VOICE_KEY])
{
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        int r = -EIO;

        if (!context)
                return -ENOMEM;
        if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1) {
                r = 0;
                for (size_t i = 0; i < n && r == 0; i++)
                        if (EVP_DigestUpdate(context, texts[i], strlen(texts[i]) + 1) != 1)
                                r = -EIO;
                if (r == 0)
                        r = finish(context, ret);
        }
        EVP_MD_CTX_free(context);
        return r;
}

/* Files are digested as they are read, so that an hour of sound takes no more memory than a second of it. */
#include "thon/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "thon/cleanup.h"

#define DIGEST_BYTES 32

static void hexadecimal(const unsigned char md[static DIGEST_BYTES], char ret[static THON_DIGEST_TEXT])
{
        for (size_t i = 0; i < DIGEST_BYTES; i++)
                (void)snprintf(ret + 2 * i, 3, "%02x", md[i]);
}

int thon_digest(const void *data, size_t size, char ret[static THON_DIGEST_TEXT])
{
        unsigned char md[EVP_MAX_MD_SIZE];
        unsigned n = 0;

        if (EVP_Digest(data, size, md, &n, EVP_sha256(), NULL) != 1 || n != DIGEST_BYTES)
                return -EIO;
        hexadecimal(md, ret);
        return 0;
}

static int digest_fd(int fd, EVP_MD_CTX *ctx, char ret[static THON_DIGEST_TEXT], int64_t *ret_size)
{
        unsigned char buffer[16384], md[EVP_MAX_MD_SIZE];
        unsigned n = 0;
        int64_t all = 0;

        if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
                return -EIO;
        for (;;) {
                ssize_t got = read(fd, buffer, sizeof(buffer));

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -errno;
                if (got == 0)
                        break;
                if (EVP_DigestUpdate(ctx, buffer, (size_t)got) != 1)
                        return -EIO;
                all += got;
        }
        if (EVP_DigestFinal_ex(ctx, md, &n) != 1 || n != DIGEST_BYTES)
                return -EIO;
        hexadecimal(md, ret);
        if (ret_size)
                *ret_size = all;
        return 0;
}

int thon_digest_file(const char *path, char ret[static THON_DIGEST_TEXT], int64_t *ret_size)
{
        /* A pipe in its place must not hold anybody up. */
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        EVP_MD_CTX *ctx;
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        ctx = EVP_MD_CTX_new();
        if (!ctx)
                return -ENOMEM;
        r = digest_fd(fd, ctx, ret, ret_size);
        EVP_MD_CTX_free(ctx);
        return r;
}

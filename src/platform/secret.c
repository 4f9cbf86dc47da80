/* Secrets: read when needed, from where the service manager puts them, and wiped afterwards.
 *
 * The buffers that a secret passes through are wiped too, so that it is in memory once and in no core dump
 * later. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "thon/cleanup.h"
#include "thon/conf.h"

#define SECRET_MAX (64u * 1024)

/* The path of a credential; a name is one file, not a way out of the directory. */
static int secret_path(const char *name, char **ret)
{
        const char *dir;
        int n;

        if (*name == '/') {
                *ret = strdup(name);
                return *ret ? 0 : -ENOMEM;
        }
        if (*name == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return -EINVAL;
        dir = getenv("CREDENTIALS_DIRECTORY");
        if (!dir || !*dir)
                return -ENOENT;
        n = asprintf(ret, "%s/%s", dir, name);
        if (n < 0)
                *ret = NULL;
        return n < 0 ? -ENOMEM : 0;
}

/* Fills at most `room` bytes; the number of them, or -errno. */
static ssize_t read_some(const char *path, char *buf, size_t room)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;
        size_t size = 0;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        while (size < room) {
                ssize_t n = read(fd, buf + size, room - size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t)n;
        }
        return (ssize_t)size;
}

/* Cuts the newline that an editor left; what is empty or no text cannot be the secret. */
static int take_secret(const char *buf, size_t size, char **ret)
{
        char *secret;

        if (size > SECRET_MAX)
                return -EFBIG;
        if (size > 0 && buf[size - 1] == '\n')
                size--;
        if (size > 0 && buf[size - 1] == '\r')
                size--;
        if (size == 0)
                return -ENODATA;
        if (memchr(buf, '\0', size))
                return -EBADMSG;
        secret = malloc(size + 1);
        if (!secret)
                return -ENOMEM;
        memcpy(secret, buf, size);
        secret[size] = '\0';
        *ret = secret;
        return 0;
}

int thon_secret_read(const char *name, char **ret)
{
        _cleanup_free_ char *path = NULL, *buf = NULL;
        ssize_t size;
        int r;

        r = secret_path(name, &path);
        if (r < 0)
                return r;
        buf = malloc(SECRET_MAX + 1);
        if (!buf)
                return -ENOMEM;
        size = read_some(path, buf, SECRET_MAX + 1);
        r = size < 0 ? (int)size : take_secret(buf, (size_t)size, ret);
        explicit_bzero(buf, SECRET_MAX + 1);
        return r;
}

void thon_secret_free(char *secret)
{
        if (!secret)
                return;
        explicit_bzero(secret, strlen(secret));
        free(secret);
}

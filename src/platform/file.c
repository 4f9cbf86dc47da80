/* Whole small files.
 *
 * A cabinet loses its power without warning, often while something is being written. A reader must then find
 * either the old file or the new one: the content is on the disk before the name points to it (fsync before
 * rename), and the name is on the disk before the caller goes on (fsync of the directory). */
#include "thon/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "thon/cleanup.h"

int thon_file_read(const char *path, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = -1;
        _cleanup_free_ char *buf = NULL;
        size_t size = 0, room = 0;
        struct stat st;

        if (max > SIZE_MAX / 2)
                return -EINVAL;
        /* O_NONBLOCK: a FIFO in the place of the file must not hold the daemon up. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;

        /* The size that stat gives is a hint only: files of sysfs lie about theirs, others may grow
         * meanwhile. */
        for (;;) {
                if (size == room) {
                        size_t more = room == 0 && st.st_size > 0 ? (size_t)st.st_size + 1 : room + 4096;
                        if (more > max + 1)
                                more = max + 1;
                        char *p = realloc(buf, more + 1);
                        if (!p)
                                return -ENOMEM;
                        buf = p;
                        room = more;
                }

                ssize_t n = read(fd, buf + size, room - size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t)n;
                if (size > max)
                        return -EFBIG;
        }

        buf[size] = '\0';
        *ret = THON_TAKE(buf);
        if (ret_size)
                *ret_size = size;
        return 0;
}

static int write_all(int fd, const void *data, size_t size)
{
        for (const char *p = data; size > 0;) {
                ssize_t n = write(fd, p, size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                p += n;
                size -= (size_t)n;
        }
        return 0;
}

static int write_whole(int fd, const void *data, size_t size, mode_t mode)
{
        int r = write_all(fd, data, size);
        if (r < 0)
                return r;
        if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
                return -errno;
        return 0;
}

int thon_file_write_atomic(const char *path, const void *data, size_t size, mode_t mode)
{
        _cleanup_free_ char *dir = NULL, *temp = NULL;
        _cleanup_close_ int dir_fd = -1, fd = -1;
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        int r;

        if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return -EINVAL;

        /* The slash stays, so that a file in "/" works as well. */
        dir = slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
        if (!dir || asprintf(&temp, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0) {
                temp = NULL;
                return -ENOMEM;
        }

        dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir_fd < 0)
                return -errno;
        fd = mkostemp(temp, O_CLOEXEC);
        if (fd < 0)
                return -errno;

        r = write_whole(fd, data, size, mode);
        if (r == 0 && rename(temp, path) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlink(temp);
                return r;
        }

        if (fsync(dir_fd) < 0)
                return -errno;
        return 0;
}

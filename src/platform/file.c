/* Whole small files.
 *
 * A cabinet loses its power without warning, often while something is being written. A reader must then find
 * either the old file or the new one: the content is on the disk before the name points to it (fsync before
 * rename), and the name is on the disk before the caller goes on (fsync of the directory). */
#include "thon/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

struct thon_file_draft {
        char *path, *temp; /* temp: NULL when it is published */
        int dir_fd;
};

struct thon_file_draft *thon_file_draft_free(struct thon_file_draft *draft)
{
        if (!draft)
                return NULL;
        if (draft->temp)
                (void)unlink(draft->temp);
        free(draft->temp);
        free(draft->path);
        thon_closep(&draft->dir_fd);
        free(draft);
        return NULL;
}
THON_DEFINE_CLEANUP(struct thon_file_draft *, thon_file_draft_free)

static int write_whole(int fd, const void *data, size_t size, mode_t mode)
{
        int r = write_all(fd, data, size);
        if (r < 0)
                return r;
        if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
                return -errno;
        return 0;
}

/* Of the file that is there. A new one is not given away: who may not give it to the owner may not replace it. */
static int take_over(int fd, const char *path, mode_t *ret_mode)
{
        struct stat st, mine;

        if (stat(path, &st) < 0) {
                *ret_mode = 0644;
                return errno == ENOENT ? 0 : -errno;
        }
        if (fstat(fd, &mine) < 0)
                return -errno;
        *ret_mode = st.st_mode & 0777;
        if (st.st_uid == mine.st_uid && st.st_gid == mine.st_gid)
                return 0;
        return fchown(fd, st.st_uid, st.st_gid) < 0 ? -errno : 0;
}

/* `path` as it is written, or where it leads when that is asked for. */
static int resolve(const char *path, bool follow, char **ret)
{
        char *resolved = follow ? realpath(path, NULL) : NULL;

        if (!resolved && follow && errno != ENOENT)
                return -errno;
        if (!resolved)
                resolved = strdup(path);
        if (!resolved)
                return -ENOMEM;
        *ret = resolved;
        return 0;
}

int thon_file_draft(const char *path, const void *data, size_t size, mode_t mode,
                    struct thon_file_draft **ret)
{
        _cleanup_(thon_file_draft_freep) struct thon_file_draft *draft = calloc(1, sizeof(*draft));
        _cleanup_free_ char *dir = NULL, *temp = NULL;
        _cleanup_close_ int fd = -1;
        const char *slash, *name;
        int r;

        if (!draft)
                return -ENOMEM;
        draft->dir_fd = -1;
        r = resolve(path, mode == THON_FILE_AS_IT_IS, &draft->path);
        if (r < 0)
                return r;
        slash = strrchr(draft->path, '/');
        name = slash ? slash + 1 : draft->path;
        if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return -EINVAL;

        /* The slash stays, so that a file in "/" works as well. */
        dir = slash ? strndup(draft->path, (size_t)(name - draft->path)) : strdup(".");
        if (!dir || asprintf(&temp, "%.*s.%s.XXXXXX", (int)(name - draft->path), draft->path, name) < 0) {
                temp = NULL;
                return -ENOMEM;
        }
        draft->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (draft->dir_fd < 0)
                return -errno;
        fd = mkostemp(temp, O_CLOEXEC);
        if (fd < 0)
                return -errno;
        draft->temp = THON_TAKE(temp);

        if (mode == THON_FILE_AS_IT_IS)
                r = take_over(fd, draft->path, &mode);
        if (r == 0)
                r = write_whole(fd, data, size, mode);
        if (r < 0)
                return r;
        *ret = THON_TAKE(draft);
        return 0;
}

int thon_file_draft_publish(struct thon_file_draft *draft)
{
        if (rename(draft->temp, draft->path) < 0)
                return -errno;
        free(THON_TAKE(draft->temp));
        return fsync(draft->dir_fd) < 0 ? -errno : 0;
}

int thon_file_write_atomic(const char *path, const void *data, size_t size, mode_t mode)
{
        _cleanup_(thon_file_draft_freep) struct thon_file_draft *draft = NULL;
        int r = thon_file_draft(path, data, size, mode, &draft);

        return r < 0 ? r : thon_file_draft_publish(draft);
}

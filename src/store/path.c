/* The file system around the store: a path that may be hostile, a directory that may be shared, a disk that may be full.
 *
 * The last part of a path must not be a symbolic link; directories before it may (an administrator may have moved
 * /var/lib to a better disk). What root makes here belongs to the directory's owner, so that `sudo thonctl` leaves
 * nothing behind that the daemons cannot open. */
#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* For what fails before there is a handle: a message of its own. */
int thon_store_refuse(char **ret_message, enum thon_store_error error, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        if (vasprintf(ret_message, format, args) < 0)
                *ret_message = NULL;
        va_end(args);
        return (int)error;
}

int thon_store_refuse_errno(char **ret_message, int error, const char *path)
{
        switch (error) {
        case ENOMEM:
        case EMFILE:
        case ENFILE:
                return -error;
        case ENOENT:
        case ENOTDIR:
                return thon_store_refuse(ret_message, THON_STORE_MISSING,
                                         "%s does not exist: thonctl store init", path);
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
                return thon_store_refuse(ret_message, THON_STORE_FULL,
                                         "no space left for %s; make room on its disk (df -h)", path);
        case EROFS:
        case EACCES:
        case EPERM:
                return thon_store_refuse(
                        ret_message, THON_STORE_READONLY,
                        "%s: %s; use the user thon (sudo -u thon thonctl ...), or see why the disk is"
                        " read-only (dmesg)",
                        path, strerror(error));
        case EINVAL:
        case ELOOP:
        case ENAMETOOLONG:
                return thon_store_refuse(ret_message, THON_STORE_INVALID, "%s: %s", path, strerror(error));
        }
        return thon_store_refuse(ret_message, THON_STORE_IO, "%s: %s", path, strerror(error));
}

int thon_store_fail_errno(struct thon_store *store, int error, const char *path)
{
        _cleanup_free_ char *message = NULL;
        int r = thon_store_refuse_errno(&message, error, path);
        return r < 0 ? r : thon_store_fail(store, (enum thon_store_error)r, "%s", message ? message : path);
}

static size_t dir_length(const char *path)
{
        const char *slash = strrchr(path, '/');
        return slash == path ? 1 : (size_t)(slash - path);
}

/* Directory resolved, last part as it is; both exist for every absolute path but "/". Makes the directory (0750) when
 * `create`. */
int thon_store_resolve(const char *path, bool create, char **ret)
{
        const char *slash = strrchr(path, '/');
        const char *base = slash ? slash + 1 : path;
        if (*base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
                return -EINVAL;
        _cleanup_free_ char *dir = slash ? strndup(path, dir_length(path)) : strdup(".");
        if (!dir)
                return -ENOMEM;
        if (create && mkdir(dir, 0750) < 0 && errno != EEXIST)
                return -errno;
        _cleanup_free_ char *real = realpath(dir, NULL);
        if (!real)
                return -errno;
        return asprintf(ret, "%s/%s", strcmp(real, "/") == 0 ? "" : real, base) < 0 ? -ENOMEM : 0;
}

/* Households are private: others get nothing. In a directory where everyone may make files, one that belongs to someone
 * else is a trap. */
int thon_store_inspect(const char *path, enum thon_store_mode mode, char **ret_message)
{
        struct stat st, dir;
        if (lstat(path, &st) < 0)
                return thon_store_refuse_errno(ret_message, errno, path);
        if (!S_ISREG(st.st_mode))
                return thon_store_refuse(ret_message, THON_STORE_INVALID,
                                         "%s is %s, not a file: give its real path", path,
                                         S_ISLNK(st.st_mode) ? "a symbolic link" : "something else");
        if (st.st_size == 0)
                return thon_store_refuse(
                        ret_message, THON_STORE_CORRUPT,
                        "%s is empty: restore a backup (thonctl store restore FILE), or remove it and run"
                        " thonctl store init",
                        path);
        if (mode == THON_STORE_READ)
                return 0;

        _cleanup_free_ char *name = strndup(path, dir_length(path));
        if (!name)
                return -ENOMEM;
        if (stat(name, &dir) < 0)
                return thon_store_refuse_errno(ret_message, errno, name);
        if ((dir.st_mode & S_IWOTH) && st.st_uid != geteuid())
                return thon_store_refuse(ret_message, THON_STORE_INVALID,
                                         "%s belongs to another user in a directory that everyone may write",
                                         path);
        bool ours = st.st_uid == geteuid() || geteuid() == 0;
        if (ours && (st.st_mode & 07137) != 0 && chmod(path, 0640) < 0)
                return thon_store_refuse_errno(ret_message, errno, path);
        return 0;
}

int thon_store_temporary(const char *path, const char *suffix, char **ret_name)
{
        _cleanup_free_ char *name = NULL;
        if (asprintf(&name, "%s.%s-XXXXXX", path, suffix) < 0)
                return -ENOMEM;
        _cleanup_close_ int fd = mkostemp(name, O_CLOEXEC);
        if (fd < 0)
                return -errno;

        int r = fchmod(fd, 0640) < 0 ? -errno : 0;
        if (r == 0 && geteuid() == 0) {
                struct stat dir;
                _cleanup_free_ char *parent = strndup(path, dir_length(path));
                if (!parent)
                        r = -ENOMEM;
                else if (stat(parent, &dir) < 0 || fchown(fd, dir.st_uid, dir.st_gid) < 0)
                        r = -errno;
        }
        if (r < 0) {
                (void)unlink(name);
                return r;
        }
        *ret_name = THON_TAKE(name);
        return 0;
}

void thon_store_unlink(const char *path)
{
        static const char *const SUFFIXES[] = {"", "-wal", "-shm", "-journal"};
        for (size_t i = 0; i < sizeof(SUFFIXES) / sizeof(SUFFIXES[0]); i++) {
                _cleanup_free_ char *name = NULL;
                if (asprintf(&name, "%s%s", path, SUFFIXES[i]) >= 0)
                        (void)unlink(name);
                else
                        name = NULL;
        }
}

int thon_store_sync_dir(const char *path)
{
        _cleanup_free_ char *dir = strndup(path, dir_length(path));
        if (!dir)
                return -ENOMEM;
        _cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int thon_store_lock(const char *path, bool exclusive, bool optional, int *ret_fd)
{
        _cleanup_free_ char *name = NULL;
        if (asprintf(&name, "%s-lock", path) < 0)
                return -ENOMEM;
        _cleanup_close_ int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (fd < 0) {
                if (!optional || (errno != EROFS && errno != EACCES && errno != ENOSPC && errno != EDQUOT))
                        return -errno;
                *ret_fd = -1;
                return 0;
        }
        struct stat dir, st;
        _cleanup_free_ char *parent = strndup(path, dir_length(path));
        if (!parent)
                return -ENOMEM;
        /* Made by root, used by thon. */
        if (geteuid() == 0 && fstat(fd, &st) == 0 && stat(parent, &dir) == 0 && st.st_uid != dir.st_uid &&
            fchown(fd, dir.st_uid, dir.st_gid) < 0)
                return -errno;

        struct flock lock = {.l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
        for (int waited = 0; fcntl(fd, F_OFD_SETLK, &lock) < 0; waited += 20) {
                if (errno != EAGAIN && errno != EACCES && errno != EINTR)
                        return -errno;
                if (waited >= THON_BUSY_MS)
                        return THON_STORE_BUSY;
                (void)poll(NULL, 0, 20);
        }
        *ret_fd = fd;
        fd = -1;
        return 0;
}

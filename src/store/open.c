/* Opening: a path that may be hostile, a file that may be damaged, a disk that may be full or read-only.
 *
 * A new store is made under another name and linked into place when it is whole, so that no program ever finds half a
 * schema and two that create at once agree on one. The last part of the path must not be a symbolic link; directories
 * before it may (an administrator may have moved /var/lib to a better disk).
 *
 * SQLite's settings aim at an SD card and 40 MB for all daemons: WAL with synchronous=NORMAL syncs at checkpoints only
 * (a power cut may lose the last commits, never the consistency); 1000 pages let several rewrites of a page reach the
 * card once; no mmap, because a card that fails must give an error and not SIGBUS. */
#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static const char SETTINGS[] = "PRAGMA foreign_keys = ON;"
                               "PRAGMA synchronous = NORMAL;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA cache_size = -512;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA secure_delete = FAST;"
                               "PRAGMA journal_size_limit = 4194304;"
                               "PRAGMA wal_autocheckpoint = 1000;";

static struct thon_store *handle_free(struct thon_store *store)
{
        if (!store)
                return NULL;
        thon_stmt_drop_all(store);
        (void)sqlite3_close_v2(store->db);
        /* The lock goes last: until here SQLite may still have been folding the WAL in. */
        if (store->lock_fd >= 0)
                (void)close(store->lock_fd);
        free(store->message);
        free(store->path);
        free(store);
        return NULL;
}
THON_DEFINE_CLEANUP(struct thon_store *, handle_free)

/* "file:" URI with the characters that mean something there written as %XX. */
static char *immutable_uri(const char *path)
{
        static const char HEAD[] = "file:", TAIL[] = "?immutable=1", HEX[] = "0123456789ABCDEF";
        char *uri = malloc(sizeof(HEAD) + 3 * strlen(path) + sizeof(TAIL));
        if (!uri)
                return NULL;
        char *p = mempcpy(uri, HEAD, sizeof(HEAD) - 1);
        for (; *path; path++) {
                unsigned char c = (unsigned char)*path;
                if (c == '%' || c == '?' || c == '#') {
                        *p++ = '%';
                        *p++ = HEX[c >> 4];
                        *p++ = HEX[c & 15];
                } else {
                        *p++ = *path;
                }
        }
        memcpy(p, TAIL, sizeof(TAIL));
        return uri;
}

int thon_store_connect(const char *path, int flags, bool immutable, struct thon_store **ret)
{
        _cleanup_(handle_freep) struct thon_store *store = calloc(1, sizeof(*store));
        if (!store)
                return -ENOMEM;
        store->lock_fd = -1;
        store->path = strdup(path);
        _cleanup_free_ char *uri = immutable ? immutable_uri(path) : NULL;
        if (!store->path || (immutable && !uri))
                return -ENOMEM;

        int rc = sqlite3_open_v2(uri ? uri : path, &store->db,
                                 flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
                                         (uri ? SQLITE_OPEN_URI : 0),
                                 NULL);
        if (!store->db)
                return -ENOMEM;
        if (rc == SQLITE_OK)
                rc = sqlite3_busy_timeout(store->db, THON_BUSY_MS);
        /* A damaged or planted schema must not be able to call functions or switch the guards off. */
        static const struct {
                int option, value;
        } GUARDS[] = {
                {SQLITE_DBCONFIG_DEFENSIVE, 1},
                {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                {SQLITE_DBCONFIG_DQS_DDL, 0},
                {SQLITE_DBCONFIG_DQS_DML, 0},
        };
        for (size_t i = 0; rc == SQLITE_OK && i < sizeof(GUARDS) / sizeof(GUARDS[0]); i++)
                rc = sqlite3_db_config(store->db, GUARDS[i].option, GUARDS[i].value, NULL);
        (void)sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, 16 << 20);
        if (rc == SQLITE_OK)
                rc = sqlite3_exec(store->db, SETTINGS, NULL, NULL, NULL);
        int r = rc == SQLITE_OK ? 0 : thon_sql_failed(store, rc);
        /* The handle is returned with an error too, for its message. */
        *ret = THON_TAKE(store);
        return r;
}

/* For what fails before there is a handle: a message of its own. */
static int refuse(char **ret_message, enum thon_store_error error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static int refuse(char **ret_message, enum thon_store_error error, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        if (vasprintf(ret_message, format, args) < 0)
                *ret_message = NULL;
        va_end(args);
        return (int)error;
}

static int refuse_errno(char **ret_message, int error, const char *path)
{
        switch (error) {
        case ENOMEM:
        case EMFILE:
        case ENFILE:
                return -error;
        case ENOENT:
        case ENOTDIR:
                return refuse(ret_message, THON_STORE_MISSING, "%s does not exist: thonctl store init",
                              path);
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
                return refuse(ret_message, THON_STORE_FULL,
                              "no space left for %s; make room on its disk (df -h)", path);
        case EROFS:
        case EACCES:
        case EPERM:
                return refuse(ret_message, THON_STORE_READONLY,
                              "%s: %s; use the user thon (sudo -u thon thonctl ...), or see why the disk is"
                              " read-only (dmesg)",
                              path, strerror(error));
        case EINVAL:
        case ELOOP:
        case ENAMETOOLONG:
                return refuse(ret_message, THON_STORE_INVALID, "%s: %s", path, strerror(error));
        }
        return refuse(ret_message, THON_STORE_IO, "%s: %s", path, strerror(error));
}

static size_t dir_length(const char *path)
{
        const char *slash = strrchr(path, '/');
        return slash == path ? 1 : (size_t)(slash - path);
}

/* Directory resolved, last part as it is; both exist for every absolute path but "/". Makes the directory (0750) when
 * `create`. */
static int resolve(const char *path, bool create, char **ret)
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
static int inspect(const char *path, enum thon_store_mode mode, char **ret_message)
{
        struct stat st, dir;
        if (lstat(path, &st) < 0)
                return refuse_errno(ret_message, errno, path);
        if (!S_ISREG(st.st_mode))
                return refuse(ret_message, THON_STORE_INVALID, "%s is %s, not a file: give its real path",
                              path, S_ISLNK(st.st_mode) ? "a symbolic link" : "something else");
        if (st.st_size == 0)
                return refuse(
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
                return refuse_errno(ret_message, errno, name);
        if ((dir.st_mode & S_IWOTH) && st.st_uid != geteuid())
                return refuse(ret_message, THON_STORE_INVALID,
                              "%s belongs to another user in a directory that everyone may write", path);
        bool ours = st.st_uid == geteuid() || geteuid() == 0;
        if (ours && (st.st_mode & 07137) != 0 && chmod(path, 0640) < 0)
                return refuse_errno(ret_message, errno, path);
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

/* Takes the message of a handle that failed. */
static int failed(struct thon_store *store, int r, char **ret_message)
{
        if (r > 0 && store)
                *ret_message = THON_TAKE(store->message);
        return r;
}

/* A whole store under another name, then its link into place. */
static int create(const char *path, char **ret_message)
{
        _cleanup_free_ char *name = NULL;
        int r = thon_store_temporary(path, "new", &name);
        if (r < 0)
                return refuse_errno(ret_message, -r, path);

        _cleanup_(handle_freep) struct thon_store *store = NULL;
        r = thon_store_connect(name, SQLITE_OPEN_READWRITE, false, &store);
        if (r == 0)
                r = thon_sql_exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        if (r == 0)
                r = thon_migrate(store, thon_schema, thon_schema_count);
        r = failed(store, r, ret_message);
        store = handle_free(store);

        if (r == 0 && link(name, path) < 0 && errno != EEXIST)
                r = refuse_errno(ret_message, errno, path);
        if (r == 0) {
                r = thon_store_sync_dir(path);
                if (r < 0)
                        r = refuse_errno(ret_message, -r, path);
        }
        thon_store_unlink(name);
        return r;
}

static bool beside(const char *path, const char *suffix)
{
        _cleanup_free_ char *name = NULL;
        struct stat st;
        return asprintf(&name, "%s%s", path, suffix) >= 0 && stat(name, &st) == 0 && st.st_size > 0;
}

/* A store on a disk that nobody can write, without the -shm that WAL needs: what is in the file can still be read, if
 * nothing waits in -wal. A directory that only we may not write is another matter: there a daemon may be writing. */
static int connect_immutable(const char *path, struct thon_store **store, char **ret_message)
{
        struct statvfs vfs;
        if (statvfs(path, &vfs) < 0 || !(vfs.f_flag & ST_RDONLY))
                return refuse(ret_message, THON_STORE_READONLY,
                              "%s: its directory cannot be written by this user: sudo -u thon thonctl ...",
                              path);
        if (beside(path, "-wal"))
                return refuse(ret_message, THON_STORE_READONLY,
                              "%s is on a read-only disk and %s-wal holds changes that are not folded in: "
                              "remount it"
                              " writable, or copy both to a writable directory and use --store",
                              path, path);
        *store = handle_free(*store);
        return thon_store_connect(path, SQLITE_OPEN_READONLY, true, store);
}

static int connect_existing(const char *path, enum thon_store_mode mode, struct thon_store **store,
                            char **ret_message)
{
        int r = thon_store_connect(path, SQLITE_OPEN_READWRITE, false, store);
        if (r == 0)
                r = thon_migrate_look(*store, thon_schema_count);
        if (mode == THON_STORE_READ &&
            (r == THON_STORE_READONLY || r == THON_STORE_MISSING || r == THON_STORE_IO)) {
                /* The file is there: it is the -wal or -shm beside it that could not be made. */
                r = connect_immutable(path, store, ret_message);
                if (r != 0 && *ret_message)
                        return r;
                if (r == 0)
                        r = thon_migrate_look(*store, thon_schema_count);
        }
        return failed(*store, r, ret_message);
}

static int prepare(struct thon_store *store, enum thon_store_mode mode)
{
        if (mode == THON_STORE_READ) {
                if ((size_t)store->version < thon_schema_count)
                        return thon_store_fail(
                                store, THON_STORE_INVALID,
                                "%s has version %d of an older Thôn: a daemon, or thonctl store init,"
                                " brings it to version %zu",
                                store->path, store->version, thon_schema_count);
                store->read_only = true;
                return thon_sql_exec(store, "PRAGMA query_only = ON");
        }
        if (sqlite3_db_readonly(store->db, "main") == 1)
                return thon_store_fail(
                        store, THON_STORE_READONLY,
                        "%s cannot be written: the disk is read-only, or the user is not thon", store->path);
        /* A copy made by hand or by a backup has another journal. */
        int r = thon_sql_exec(store, "PRAGMA journal_mode = WAL");
        return r != 0 ? r : thon_migrate(store, thon_schema, thon_schema_count);
}

/* From the path as given to an open handle; *ret is left alone on failure. */
static int open_store(const char *path, enum thon_store_mode mode, struct thon_store **ret,
                      char **ret_message)
{
        _cleanup_free_ char *real = NULL;
        int r = resolve(path, mode == THON_STORE_CREATE, &real);
        if (r < 0)
                return refuse_errno(ret_message, -r, path);

        /* Before anything is opened: a restore may be replacing the file just now. */
        _cleanup_close_ int lock = -1;
        struct stat st;
        if (mode != THON_STORE_CREATE && lstat(real, &st) < 0)
                return refuse_errno(ret_message, errno, path);
        r = thon_store_lock(real, false, mode == THON_STORE_READ, &lock);
        if (r == THON_STORE_BUSY)
                return refuse(ret_message, THON_STORE_BUSY, "%s is being restored; try again", path);
        if (r < 0)
                return refuse_errno(ret_message, -r, path);

        if (mode == THON_STORE_CREATE && lstat(real, &st) < 0 && errno == ENOENT) {
                r = create(real, ret_message);
                if (r != 0)
                        return r;
        }
        r = inspect(real, mode, ret_message);
        if (r != 0)
                return r;

        _cleanup_(handle_freep) struct thon_store *store = NULL;
        r = connect_existing(real, mode, &store, ret_message);
        if (r != 0)
                return r;
        r = prepare(store, mode);
        if (r != 0)
                return failed(store, r, ret_message);
        store->lock_fd = lock;
        lock = -1;
        *ret = THON_TAKE(store);
        return 0;
}

int thon_store_open(const char *path, enum thon_store_mode mode, struct thon_store **ret, char **ret_message)
{
        char *message = NULL;
        int r = open_store(path, mode, ret, &message);
        if (r > 0 && ret_message)
                *ret_message = THON_TAKE(message);
        free(message);
        return r;
}

struct thon_store *thon_store_close(struct thon_store *store)
{
        if (store)
                thon_store_rollback(store);
        return handle_free(store);
}

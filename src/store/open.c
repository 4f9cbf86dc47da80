/* Opening: a file that may be damaged, locked, newer than this program, or on a disk that is full or read-only.
 *
 * A new store is made under another name and linked into place when it is whole, so that no program ever finds half a
 * schema and two that create at once agree on one.
 *
 * SQLite's settings aim at an SD card and 40 MB for all daemons: WAL with synchronous=NORMAL syncs at checkpoints only
 * (a power cut may lose the last commits, never the consistency); 1000 pages let several rewrites of a page reach the
 * card once; no mmap, because a card that fails must give an error and not SIGBUS. */
#include "handle.h"

#include <errno.h>
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
        _cleanup_free_ char *own_path = strdup(path);
        _cleanup_free_ char *uri = immutable ? immutable_uri(path) : NULL;
        _cleanup_(handle_freep) struct thon_store *store = calloc(1, sizeof(*store));
        if (store)
                store->lock_fd = -1;
        if (!store || !own_path || (immutable && !uri))
                return -ENOMEM;
        store->path = THON_TAKE(own_path);

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
                return thon_store_refuse_errno(ret_message, -r, path);

        _cleanup_(handle_freep) struct thon_store *store = NULL;
        r = thon_store_connect(name, SQLITE_OPEN_READWRITE, false, &store);
        if (r == 0)
                r = thon_sql_exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        if (r == 0)
                r = thon_migrate(store, thon_schema, thon_schema_count);
        r = failed(store, r, ret_message);
        store = handle_free(store);

        if (r == 0 && link(name, path) < 0 && errno != EEXIST)
                r = thon_store_refuse_errno(ret_message, errno, path);
        if (r == 0) {
                r = thon_store_sync_dir(path);
                if (r < 0)
                        r = thon_store_refuse_errno(ret_message, -r, path);
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

/* The WAL of a store that was removed would be read into a new one. It is looked for before the store is: one that another
 * program makes and fills just now must not be taken for left over. */
static int create_missing(const char *path, char **ret_message)
{
        bool left = beside(path, "-wal");
        struct stat st;
        if (lstat(path, &st) == 0)
                return 0;
        if (errno != ENOENT)
                return thon_store_refuse_errno(ret_message, errno, path);
        if (left)
                return thon_store_refuse(
                        ret_message, THON_STORE_INVALID,
                        "%s is gone but its %s-wal is there: put both back, or move it away", path, path);
        return create(path, ret_message);
}

/* A store on a disk that nobody can write, without the -shm that WAL needs: what is in the file can still be read, if
 * nothing waits in -wal. A directory that only we may not write is another matter: there a daemon may be writing. */
static int connect_immutable(const char *path, struct thon_store **store, char **ret_message)
{
        struct statvfs vfs;
        if (statvfs(path, &vfs) < 0 || !(vfs.f_flag & ST_RDONLY))
                return thon_store_refuse(
                        ret_message, THON_STORE_READONLY,
                        "%s: its directory cannot be written by this user: sudo -u thon thonctl ...", path);
        if (beside(path, "-wal"))
                return thon_store_refuse(
                        ret_message, THON_STORE_READONLY,
                        "%s is on a read-only disk and %s-wal holds changes that are not folded in: remount it"
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
                        "%s cannot be written: the disk is read-only (dmesg), or this user may not"
                        " (sudo -u thon thonctl ...)",
                        store->path);
        /* A copy made by hand or by a backup has another journal. */
        int r = thon_sql_exec(store, "PRAGMA journal_mode = WAL");
        return r != 0 ? r : thon_migrate(store, thon_schema, thon_schema_count);
}

int thon_store_open_backup(const char *path, struct thon_store **ret, char **ret_message)
{
        struct stat st;
        if (lstat(path, &st) < 0 && errno == ENOENT)
                return thon_store_refuse(ret_message, THON_STORE_MISSING, "there is no file %s", path);
        _cleanup_free_ char *real = NULL;
        int r = thon_store_resolve(path, false, &real);
        if (r < 0)
                return thon_store_refuse_errno(ret_message, -r, path);
        r = thon_store_inspect(real, THON_STORE_READ, ret_message);
        if (r != 0)
                return r;
        _cleanup_(handle_freep) struct thon_store *store = NULL;
        r = connect_existing(real, THON_STORE_READ, &store, ret_message);
        if (r == 0)
                *ret = THON_TAKE(store);
        return r;
}

/* From the path as given to an open handle; *ret is left alone on failure. */
static int open_store(const char *path, enum thon_store_mode mode, struct thon_store **ret,
                      char **ret_message)
{
        _cleanup_free_ char *real = NULL;
        int r = thon_store_resolve(path, mode == THON_STORE_CREATE, &real);
        if (r < 0)
                return thon_store_refuse_errno(ret_message, -r, path);

        /* Before anything is opened: a restore may be replacing the file just now. */
        _cleanup_close_ int lock = -1;
        struct stat st;
        if (mode != THON_STORE_CREATE && lstat(real, &st) < 0)
                return thon_store_refuse_errno(ret_message, errno, path);
        r = thon_store_lock(real, false, mode == THON_STORE_READ, &lock);
        if (r == THON_STORE_BUSY)
                return thon_store_refuse(ret_message, THON_STORE_BUSY, "%s is being restored; try again",
                                         path);
        if (r < 0)
                return thon_store_refuse_errno(ret_message, -r, path);

        if (mode == THON_STORE_CREATE) {
                r = create_missing(real, ret_message);
                if (r != 0)
                        return r;
        }
        r = thon_store_inspect(real, mode, ret_message);
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

/* A copy of the store as one file, made while others write: SQLite's own backup in a single step reads one snapshot of the
 * WAL, and no writer waits for it. The copy is checked before it takes the place of an older one, so that a store whose
 * damage went unnoticed does not push out the last good copy. It is not in WAL mode: it can be read from a write-protected
 * stick. */
#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int copy_pages(struct thon_store *store, struct thon_store *copy)
{
        sqlite3_backup *backup = sqlite3_backup_init(copy->db, "main", store->db, "main");
        if (!backup)
                return thon_sql_failed(copy, sqlite3_extended_errcode(copy->db));
        int rc = sqlite3_backup_step(backup, -1);
        int rc2 = sqlite3_backup_finish(backup);
        if (rc == SQLITE_DONE)
                rc = rc2;
        return rc == SQLITE_OK ? 0 : thon_sql_failed(copy, rc);
}

/* Nothing of the copy is worth keeping before it is whole: no journal, no sync. */
static int fill(struct thon_store *store, struct thon_store *copy)
{
        int r = thon_sql_exec(copy, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
        if (r == 0)
                r = copy_pages(store, copy);
        if (r == 0)
                r = thon_sql_exec(copy, "PRAGMA journal_mode = DELETE");
        return r != 0 ? r : thon_store_check(copy, NULL, NULL);
}

/* In terms of what the caller knows: the temporary name says nothing to him. */
static int tell(struct thon_store *store, const struct thon_store *copy, int r, const char *target)
{
        if (r <= 0)
                return r;
        if (r == THON_STORE_CORRUPT)
                return thon_store_fail(store, THON_STORE_CORRUPT,
                                       "%s is damaged: no copy was made (thonctl store check says more)",
                                       store->path);
        if (r == THON_STORE_FULL)
                return thon_store_fail(store, THON_STORE_FULL,
                                       "no space left for %s; make room on its disk (df -h)", target);
        return thon_store_fail(store, (enum thon_store_error)r, "%s", thon_store_message(copy));
}

static int sync_file(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int thon_store_copy(struct thon_store *store, const char *target, const char *suffix, char **ret_name)
{
        char *name = NULL;
        int r = thon_store_temporary(target, suffix, &name);
        if (r < 0)
                return thon_store_fail_errno(store, -r, target);

        struct thon_store *copy = NULL;
        r = thon_store_connect(name, SQLITE_OPEN_READWRITE, false, &copy);
        if (r == 0)
                r = fill(store, copy);
        r = tell(store, copy, r, target);
        (void)thon_store_close(copy);
        if (r == 0) {
                r = sync_file(name);
                if (r < 0)
                        r = thon_store_fail_errno(store, -r, target);
        }
        if (r == 0) {
                *ret_name = name;
                return 0;
        }
        thon_store_unlink(name);
        free(name);
        return r;
}

static bool same_file(const char *a, const char *b)
{
        struct stat sa, sb;
        return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* What the copy may take the place of: nothing, or a copy of before. The rename that puts it there would as well replace
 * /dev/null, or a configuration that was named by mistake. */
static bool replaceable(const char *path)
{
        /* Of SQLite's file: the first bytes, and application_id at 68. */
        static const char magic[] = "SQLite format 3";
        unsigned char head[72];
        struct stat st;

        if (lstat(path, &st) < 0)
                return errno == ENOENT;
        if (!S_ISREG(st.st_mode))
                return false;
        if (st.st_size == 0)
                return true; /* of mktemp(1) */
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
        if (fd < 0 || read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
                return false;
        uint32_t id =
                (uint32_t)head[68] << 24 | (uint32_t)head[69] << 16 | (uint32_t)head[70] << 8 | head[71];
        return memcmp(head, magic, sizeof(magic)) == 0 && id == THON_APPLICATION_ID;
}

int thon_store_backup(struct thon_store *store, const char *target)
{
        if (store->in_transaction)
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "a backup cannot be made inside a transaction");
        if (same_file(store->path, target))
                return thon_store_fail(store, THON_STORE_INVALID, "%s is the store itself", target);
        _cleanup_free_ char *real = NULL;
        int r = thon_store_resolve(target, false, &real);
        if (r < 0)
                return thon_store_fail_errno(store, -r, target);

        if (!replaceable(real))
                return thon_store_fail(
                        store, THON_STORE_INVALID,
                        "%s is something else than an earlier copy of a store, and stays as it is", target);

        _cleanup_free_ char *name = NULL;
        r = thon_store_copy(store, real, "new", &name);
        if (r != 0)
                return r;
        if (rename(name, real) < 0) {
                r = thon_store_fail_errno(store, errno, target);
                thon_store_unlink(name);
                return r;
        }
        r = thon_store_sync_dir(real);
        return r < 0 ? thon_store_fail_errno(store, -r, target) : 0;
}

int thon_store_verify_copy(const char *path, struct thon_audit_result *ret, char **ret_message)
{
        struct thon_store *copy = NULL;
        char *message = NULL;
        int r = thon_store_open_backup(path, &copy, &message);
        if (r == 0) {
                r = thon_store_check(copy, NULL, NULL);
                if (r == 0)
                        r = thon_audit_verify(copy, NULL, ret);
                if (r > 0)
                        message = THON_TAKE(copy->message);
        }
        (void)thon_store_close(copy);
        if (r > 0 && ret_message)
                *ret_message = THON_TAKE(message);
        free(message);
        return r;
}

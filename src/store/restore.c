/* A backup in the place of the store. The new file is complete, checked, migrated and on the disk before the old one is
 * touched; then one rename swaps them. Every open handle of Thôn holds PATH-lock, so nobody goes on writing into the file
 * that was moved away; SQLite's own lock is tried too, for whoever has it open with other tools.
 *
 * The WAL is what makes it delicate: frames left from the old file would be read into the new one. A sound old file is
 * folded in by the exclusive close; of a damaged one the WAL is moved aside with it. */
#include "handle.h"
#include "thon/erasure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "thon/json.h"

/* Room between the numbers that were given before and those of the next life. */
#define NUMBERS_APART 1000

static const char KEPT[] = THON_RESTORE_KEPT;

static int in_use(const char *path, char **ret_message)
{
        return thon_store_refuse(ret_message, THON_STORE_BUSY,
                                 "%s is in use: stop the daemons (systemctl stop thon.target)", path);
}

/* Folds the WAL into the old file and gives WAL up, which only the one user of a file can. One that SQLite cannot read is
 * left as it is. */
static int quiesce(const char *path, char **ret_message)
{
        struct thon_store *old = NULL;
        int r = thon_store_connect(path, SQLITE_OPEN_READWRITE, false, &old);
        if (r == 0)
                r = thon_sql_exec(old, "PRAGMA journal_mode = DELETE");
        if (r == THON_STORE_CORRUPT || r == THON_STORE_IO)
                r = 0;
        if (r == THON_STORE_BUSY)
                r = in_use(path, ret_message);
        else if (r > 0)
                *ret_message = THON_TAKE(old->message);
        (void)thon_store_close(old);
        return r;
}

/* Moves PATH-wal to PATH.before-restore-wal, or removes what an earlier restore left there. */
static int move_wal(const char *path)
{
        _cleanup_free_ char *wal = NULL, *shm = NULL, *kept = NULL;
        if (asprintf(&wal, "%s-wal", path) < 0)
                wal = NULL;
        if (asprintf(&shm, "%s-shm", path) < 0)
                shm = NULL;
        if (asprintf(&kept, "%s%s-wal", path, KEPT) < 0)
                kept = NULL;
        if (!wal || !shm || !kept)
                return -ENOMEM;
        if (unlink(kept) < 0 && errno != ENOENT)
                return -errno;
        if (rename(wal, kept) < 0 && errno != ENOENT)
                return -errno;
        return unlink(shm) < 0 && errno != ENOENT ? -errno : 0;
}

/* The old file keeps a second name; the rename then takes its first one in one step. */
static int swap(const char *path, bool exists, const char *name)
{
        int r = move_wal(path);
        if (r < 0)
                return r;
        if (exists) {
                _cleanup_free_ char *kept = NULL;
                if (asprintf(&kept, "%s%s", path, KEPT) < 0)
                        return -ENOMEM;
                if (unlink(kept) < 0 && errno != ENOENT)
                        return -errno;
                if (link(path, kept) < 0)
                        return -errno;
        }
        if (rename(name, path) < 0)
                return -errno;
        return thon_store_sync_dir(path);
}

static int note(struct thon_store *store, const struct thon_restore *restore, int64_t unknown)
{
        const char *name = strrchr(restore->backup, '/');
        _cleanup_json_ json_t *detail = json_pack("{s:I}", "unknown", (json_int_t)unknown);
        _cleanup_free_ char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;

        return text ? thon_audit_add(store, restore->now, restore->by, "store.restore",
                                     name ? name + 1 : restore->backup, text)
                    : -ENOMEM;
}

/* Till when messages may have been sent. A machine without a battery for its clock may be restored in 1970: it was no
 * earlier than what the copy has last, nor than the last write to the store that is replaced. */
static int sent_until(struct thon_store *store, const struct thon_restore *restore, int64_t *ret)
{
        static const char *const suffixes[] = {"", "-wal"};
        int64_t until = restore->now.s, last = 0;
        int r = thon_sql_integer(store, "SELECT ifnull(max(at), 0) FROM audit", NULL, &last);

        if (last > until)
                until = last;
        for (size_t i = 0; r == 0 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
                _cleanup_free_ char *name = NULL;
                struct stat st;

                if (asprintf(&name, "%s%s", restore->path, suffixes[i]) < 0) {
                        name = NULL;
                        return -ENOMEM;
                }
                if (stat(name, &st) == 0 && st.st_mtim.tv_sec > until)
                        until = st.st_mtim.tv_sec;
        }
        if (r == 0)
                *ret = until;
        return r;
}

/* What the copy cannot know is not taken for what it says. */
static int settle(struct thon_store *store, const struct thon_restore *restore, int64_t *ret_unknown)
{
        bool own = false;
        int64_t until = 0;
        int r = thon_sql_enter(store, &own);

        if (r == 0)
                r = sent_until(store, restore, &until);
        if (r == 0)
                r = thon_sql_do(
                        store,
                        "UPDATE message SET state = 1, at = max(at, due) WHERE state = 0 AND due <= ?1",
                        SQL_INT(until));
        if (r == 0)
                *ret_unknown = thon_sql_changes(store);
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name IN"
                                " ('notification', 'message', 'report')",
                                SQL_INT(NUMBERS_APART));
        if (r == 0)
                r = note(store, restore, *ret_unknown);
        return thon_sql_leave(store, own, r);
}

/* The backup as a store of this version beside PATH: checked page by page, migrated, its WAL folded in. */
static int stage(const char *path, const struct thon_restore *restore, char **ret_name, int64_t *ret_unknown,
                 char **ret_message)
{
        struct thon_store *from = NULL, *to = NULL;
        char *name = NULL;
        int r = thon_store_open_backup(restore->backup, &from, ret_message);
        if (r != 0)
                return r;
        r = thon_store_copy(from, path, "restore", &name);
        if (r > 0)
                *ret_message = THON_TAKE(from->message);
        (void)thon_store_close(from);
        if (r != 0)
                return r;

        r = thon_store_connect(name, SQLITE_OPEN_READWRITE, false, &to);
        if (r == 0)
                r = thon_migrate_look(to, thon_schema_count);
        if (r == 0)
                r = thon_sql_exec(to, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        if (r == 0)
                r = thon_migrate(to, thon_schema, thon_schema_count);
        /* The copy may have people who asked since to be forgotten. */
        if (r == 0) {
                struct thon_actor actor = {restore->by, restore->now};
                size_t again;

                r = thon_store_erase_again(to, path, restore->backup, &actor, &again);
        }
        if (r == 0)
                r = settle(to, restore, ret_unknown);
        if (r > 0)
                *ret_message = THON_TAKE(to->message);
        (void)thon_store_close(to);
        if (r == 0) {
                *ret_name = name;
                return 0;
        }
        thon_store_unlink(name);
        free(name);
        return r;
}

/* The list that came with the copy is this machine's from now on: after the swap, since that of a copy that was not restored
 * names others. The store itself has all of it, so that what cannot be written now is written by the next night's `thonctl
 * retention`. */
static void keep_list(const char *path)
{
        struct thon_store *store = NULL;

        if (thon_store_connect(path, SQLITE_OPEN_READWRITE, false, &store) == 0)
                (void)thon_erasure_keep(store, path);
        (void)thon_store_close(store);
}

static int restore(const struct thon_restore *restore, int64_t *ret_unknown, char **ret_message)
{
        const char *path = restore->path;
        _cleanup_free_ char *real = NULL, *name = NULL;
        int r = thon_store_resolve(path, true, &real);
        if (r < 0)
                return thon_store_refuse_errno(ret_message, -r, path);
        r = stage(real, restore, &name, ret_unknown, ret_message);
        if (r != 0)
                return r;

        _cleanup_close_ int lock = -1;
        r = thon_store_lock(real, true, false, &lock);
        if (r == THON_STORE_BUSY)
                r = in_use(path, ret_message);
        struct stat st;
        bool exists = lstat(real, &st) == 0;
        if (r == 0 && exists && !S_ISREG(st.st_mode))
                r = thon_store_refuse(ret_message, THON_STORE_INVALID,
                                      "%s is not a file: give its real path", path);
        if (r == 0 && exists)
                r = quiesce(real, ret_message);
        if (r == 0)
                r = swap(real, exists, name);
        if (r == 0)
                keep_list(real);
        else
                thon_store_unlink(name);
        return r < 0 ? thon_store_refuse_errno(ret_message, -r, path) : r;
}

int thon_store_restore(const struct thon_restore *order, size_t *ret_unknown, char **ret_message)
{
        char *message = NULL;
        int64_t unknown = 0;
        int r = restore(order, &unknown, &message);
        if (r == 0 && ret_unknown)
                *ret_unknown = (size_t)unknown;
        if (r > 0 && ret_message)
                *ret_message = THON_TAKE(message);
        free(message);
        return r;
}

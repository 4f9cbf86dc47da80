/* thonctl store backup, store backups: a copy by hand, and the copy of every night.
 *
 * The night's work is a command and no daemon: it runs once, as the user of the daemons, and what it leaves is files whose
 * names say all. It may be killed anywhere: what it was making bears a name that is no copy's, and is cleared away by the next. */
#include "backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "thon/backup_dir.h"
#include "thon/cleanup.h"

struct night {
        struct ctl *ctl;
        char *dir;
        int fd; /* of it, locked: one night at a time */
        struct thon_backup_list list;
        struct thon_backup_last last;
        bool has_last, unchanged;
        struct thon_audit_result audit;
        json_t *removed;
};

static void night_done(struct night *n)
{
        free(n->dir);
        if (n->fd >= 0)
                (void)close(n->fd);
        thon_backup_list_done(&n->list);
        json_decref(n->removed);
}

static int fail_errno(const struct night *n, int error)
{
        return ctl_fail(n->ctl, error == ENOSPC || error == EDQUOT ? "full" : "io", "%s: %s", n->dir,
                        strerror(error));
}

static int enter(struct night *n)
{
        n->dir = thon_backup_dir(n->ctl->store_path);
        n->removed = json_array();
        if (!n->dir || !n->removed)
                return ctl_fail(n->ctl, "memory", "out of memory");
        if (mkdir(n->dir, 0750) < 0 && errno != EEXIST)
                return fail_errno(n, errno);
        n->fd = open(n->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (n->fd < 0)
                return fail_errno(n, errno);
        if (geteuid() == 0) {
                struct stat above;

                if (fstatat(n->fd, "..", &above, 0) < 0 || fchown(n->fd, above.st_uid, above.st_gid) < 0)
                        return fail_errno(n, errno);
        }
        if (fchmod(n->fd, 0750) < 0 && errno != EPERM)
                return fail_errno(n, errno);
        if (flock(n->fd, LOCK_EX | LOCK_NB) < 0)
                return ctl_fail(n->ctl, "busy", "another backup is being made in %s", n->dir);
        return CTL_OK;
}

/* "thon-20270310T193000Z.db.new-XXXXXX" and what SQLite keeps beside it: of a night that was killed. */
static bool is_leftover(const char *name)
{
        char copy[THON_BACKUP_NAME];
        struct thon_wall at;

        if (strlen(name) < THON_BACKUP_NAME || strncmp(name + THON_BACKUP_NAME - 1, ".new-", 5) != 0)
                return false;
        (void)snprintf(copy, sizeof(copy), "%.*s", THON_BACKUP_NAME - 1, name);
        return thon_backup_name_parse(copy, &at);
}

static void clear_leftovers(const struct night *n)
{
        DIR *dir = opendir(n->dir);
        const struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                if (is_leftover(entry->d_name))
                        (void)unlinkat(n->fd, entry->d_name, 0);
        if (dir)
                (void)closedir(dir);
}

/* The store's files as they are now. Every change of a row changes the one or the other. */
static int look(const struct night *n, char *ret, size_t size, int64_t *ret_bytes)
{
        static const char *const suffixes[] = {"", "-wal"};
        size_t used = 0;

        *ret_bytes = 0;
        ret[0] = '\0';
        for (size_t i = 0; i < 2; i++) {
                _cleanup_free_ char *path = NULL;
                struct stat st;

                if (asprintf(&path, "%s%s", n->ctl->store_path, suffixes[i]) < 0) {
                        path = NULL;
                        return ctl_fail(n->ctl, "memory", "out of memory");
                }
                if (stat(path, &st) < 0) {
                        if (i == 0)
                                return ctl_fail(n->ctl, errno == ENOENT ? "missing" : "io", "%s: %s", path,
                                                strerror(errno));
                        continue;
                }
                used += (size_t)snprintf(ret + used, size - used, "%s%llu:%lld:%lld.%09ld", i ? " " : "",
                                         (unsigned long long)st.st_ino, (long long)st.st_size,
                                         (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
                *ret_bytes += st.st_size;
        }
        return CTL_OK;
}

static int verify(struct night *n, const char *name, char **ret_why)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, "%s/%s", n->dir, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = thon_store_verify_copy(path, &n->audit, ret_why);
        return r;
}

/* The copy of last.json is there, is sound, and the store has not changed since it was made. */
static bool still_current(struct night *n, const char *seen)
{
        _cleanup_free_ char *why = NULL;
        bool there = false;

        if (!n->has_last || strcmp(n->last.seen, seen) != 0)
                return false;
        for (size_t i = 0; i < n->list.n; i++)
                there = there || strcmp(n->list.copies[i].name, n->last.name) == 0;
        return there && verify(n, n->last.name, &why) == 0;
}

/* A store can be made smaller and a card larger; a card that is full takes nothing any more, the lights' history neither. */
static int free_room(const struct night *n, double *ret)
{
        struct statvfs disk;

        if (fstatvfs(n->fd, &disk) < 0)
                return fail_errno(n, errno);
        *ret = (double)disk.f_bavail * (double)disk.f_frsize;
        return CTL_OK;
}

static int make(struct night *n, const char *name)
{
        _cleanup_free_ char *path = NULL, *why = NULL;
        int r;

        if (asprintf(&path, "%s/%s", n->dir, name) < 0) {
                path = NULL;
                return ctl_fail(n->ctl, "memory", "out of memory");
        }
        r = ctl_open_store(n->ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_store_backup(n->ctl->store, path);
        if (r != 0)
                return ctl_fail_store(n->ctl, r);
        /* As it will be read one day: from its file, by a program that knows nothing of the store. */
        r = verify(n, name, &why);
        if (r == 0)
                return CTL_OK;
        (void)unlinkat(n->fd, name, 0);
        return ctl_fail(n->ctl, r < 0 ? "io" : thon_store_error_slug(r), "the copy was not kept: %s",
                        why ? why : strerror(r < 0 ? -r : EIO));
}

/* By the names that are there; `newest` stays whatever its name says. */
static int prune(struct night *n, const char *newest)
{
        const struct thon_site_conf *site = &n->ctl->site;
        struct thon_keep keep = {site->backup_days, site->backup_weeks, site->backup_months};
        _cleanup_free_ struct thon_wall *at = NULL;
        _cleanup_free_ bool *go = NULL;
        size_t index = 0;
        int r;

        thon_backup_list_done(&n->list);
        r = thon_backup_list(n->dir, &n->list);
        if (r < 0)
                return fail_errno(n, -r);
        at = calloc(n->list.n + 1, sizeof(*at));
        go = calloc(n->list.n + 1, sizeof(*go));
        if (!at || !go)
                return ctl_fail(n->ctl, "memory", "out of memory");
        for (size_t i = 0; i < n->list.n; i++) {
                at[i] = n->list.copies[i].at;
                if (strcmp(n->list.copies[i].name, newest) == 0)
                        index = i;
        }
        r = thon_backup_keep(at, n->list.n, index, &keep,
                             n->ctl->clock_trusted ? n->ctl->now : THON_WALL_NEVER, go);
        if (r < 0)
                return ctl_fail(n->ctl, "memory", "out of memory");
        for (size_t i = 0; i < n->list.n; i++) {
                if (!go[i])
                        continue;
                if (unlinkat(n->fd, n->list.copies[i].name, 0) < 0 && errno != ENOENT)
                        return fail_errno(n, errno);
                (void)json_array_append_new(n->removed, json_string(n->list.copies[i].name));
        }
        return fsync(n->fd) < 0 ? fail_errno(n, errno) : CTL_OK;
}

/* Where there is none for one more, what is too old by now goes first: else a disk that was full once would stay so. */
static int make_room(struct night *n, int64_t bytes)
{
        double least = (double)bytes + (double)n->ctl->site.backup_min_free, room;
        int r = free_room(n, &room);

        if (r == CTL_OK && room < least && n->list.n > 0) {
                r = prune(n, n->list.copies[0].name);
                if (r == CTL_OK)
                        r = free_room(n, &room);
        }
        if (r != CTL_OK || room >= least)
                return r;
        return ctl_fail(
                n->ctl, "full",
                "no copy was made: it takes %.1f MiB and must leave %.1f MiB, and %.1f MiB are free at "
                "%s. Make room (df -h), or keep fewer copies ([backup] of thon.conf)",
                (double)bytes / 1048576, (double)n->ctl->site.backup_min_free / 1048576, room / 1048576,
                n->dir);
}

static int run_night(struct night *n)
{
        struct thon_backup_last last = {.at = n->ctl->now};
        int64_t bytes = 0;
        int r = enter(n);

        if (r == CTL_OK)
                r = look(n, last.seen, sizeof(last.seen), &bytes);
        if (r != CTL_OK)
                return r;
        clear_leftovers(n);
        r = thon_backup_list(n->dir, &n->list);
        if (r < 0)
                return fail_errno(n, -r);
        n->has_last = thon_backup_last_read(n->dir, &n->last) == 0;
        n->unchanged = still_current(n, last.seen);
        if (n->unchanged) {
                (void)snprintf(last.name, sizeof(last.name), "%s", n->last.name);
        } else {
                (void)thon_backup_name(n->ctl->now, last.name);
                r = make_room(n, bytes);
                if (r == CTL_OK)
                        r = make(n, last.name);
        }
        if (r == CTL_OK)
                r = prune(n, last.name);
        if (r != CTL_OK)
                return r;
        r = thon_backup_last_write(n->dir, &last);
        if (r < 0)
                return fail_errno(n, -r);
        return ctl_done(
                n->ctl,
                json_pack("{s:s,s:b,s:I,s:I,s:s,s:I,s:O}", "file", last.name, "unchanged", n->unchanged,
                          "bytes", (json_int_t)bytes, "audit_rows", (json_int_t)n->audit.rows, "audit_head",
                          n->audit.head, "kept", (json_int_t)(n->list.n - json_array_size(n->removed)),
                          "removed", n->removed),
                "%s %s/%s, verified; %zu copies are kept, %zu were removed; audit log: %lld rows, head %s",
                n->unchanged ? "nothing has changed since" : "the store is copied to", n->dir, last.name,
                n->list.n - json_array_size(n->removed), json_array_size(n->removed),
                (long long)n->audit.rows, n->audit.head);
}

static int nightly(struct ctl *ctl)
{
        struct night n = {.ctl = ctl, .fd = -1};
        int r = run_night(&n);

        night_done(&n);
        return r;
}

static int backup(struct ctl *ctl, int argc, char **argv)
{
        bool by_night = false;
        const struct ctl_option options[] = {{"nightly", NULL, &by_night}};
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r != CTL_OK)
                return r;
        if (argc != (by_night ? 0 : 1))
                return ctl_usage(ctl, "store backup takes one FILE, or --nightly");
        if (by_night)
                return nightly(ctl);
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_store_backup(ctl->store, argv[0]);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        return ctl_done(ctl, json_pack("{s:s}", "file", argv[0]), "%s is copied to %s", ctl->store_path,
                        argv[0]);
}

static int backups(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"file", "at", "bytes", NULL};
        _cleanup_(thon_backup_list_done) struct thon_backup_list list = {0};
        _cleanup_free_ char *dir = thon_backup_dir(ctl->store_path);
        _cleanup_json_ json_t *rows = json_array();
        int r;

        (void)argv;
        if (argc > 0)
                return ctl_usage(ctl, "store backups takes no arguments");
        r = ctl_zone(ctl);
        if (r != CTL_OK)
                return r;
        if (!dir || !rows)
                return ctl_fail(ctl, "memory", "out of memory");
        r = thon_backup_list(dir, &list);
        if (r < 0)
                return ctl_fail(ctl, "io", "%s: %s", dir, strerror(-r));
        for (size_t i = 0; i < list.n; i++) {
                _cleanup_free_ char *path = NULL;
                char at[THON_TIME_TEXT];

                if (asprintf(&path, "%s/%s", dir, list.copies[i].name) < 0)
                        path = NULL;
                if (!path ||
                    json_array_append_new(rows, json_pack("{s:s,s:s,s:I}", "file", path, "at",
                                                          thon_time_text(ctl->zone, list.copies[i].at, at),
                                                          "bytes", (json_int_t)list.copies[i].size)) < 0)
                        return ctl_fail(ctl, "memory", "out of memory");
        }
        return ctl_print(ctl, THON_TAKE(rows), columns);
}

int ctl_backup_age(struct ctl *ctl, json_t **ret, bool *ret_fine)
{
        struct thon_backup_age age;
        char at[THON_TIME_TEXT];
        int64_t old;
        int r = ctl_zone(ctl);

        if (r != CTL_OK)
                return r;
        r = thon_backup_age(ctl->store_path, ctl->now, &age);
        if (r == -ENOENT) {
                *ret = json_null();
                *ret_fine = true; /* no store: that is told by itself */
                return CTL_OK;
        }
        if (r < 0)
                return ctl_fail(ctl, "io", "the backups of %s: %s", ctl->store_path, strerror(-r));
        old = ctl->now.s > age.since.s ? ctl->now.s - age.since.s : 0;
        *ret_fine = !ctl->clock_trusted || old <= ctl->site.backup_warn_after_s;
        *ret = json_pack("{s:b,s:o,s:I}", "ok", *ret_fine, "last",
                         age.any ? json_string(thon_time_text(ctl->zone, age.since, at)) : json_null(),
                         "age", (json_int_t)old);
        if (age.any)
                ctl_say(ctl, "backup: last good one %s, %lld h ago%s", at, (long long)old / 3600,
                        *ret_fine ? "" : ": too long ago. See: systemctl status thon-backup");
        else
                ctl_say(ctl, "backup: none yet%s",
                        *ret_fine ? "" : " in all this time. See: systemctl status thon-backup");
        return *ret ? CTL_OK : ctl_fail(ctl, "memory", "out of memory");
}

const struct ctl_command ctl_backup_commands[] = {
        {"store backup", "FILE | --nightly", backup},
        {"store backups", "", backups},
        {NULL, NULL, NULL},
};

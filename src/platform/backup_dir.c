/* What stands in backups/. The names tell when a copy was made; last.json tells when the store was last known to be in one,
 * which is later when nothing has changed since. Whoever asks for the age of a backup asks here, so that thonctl and the
 * relay do not tell two stories. */
#include "thon/backup_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/json.h"

#define LAST_MAX 4096

static void closedirp(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

char *thon_backup_dir(const char *store_path)
{
        const char *slash = strrchr(store_path, '/');
        char *dir;

        return asprintf(&dir, "%.*sbackups", slash ? (int)(slash + 1 - store_path) : 0, store_path) < 0
                       ? NULL
                       : dir;
}

int thon_backup_give(const char *path)
{
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *above = NULL;
        struct stat st;

        if (geteuid() != 0)
                return 0;
        above = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
        if (!above)
                return -ENOMEM;
        if (stat(above, &st) < 0 || lchown(path, st.st_uid, st.st_gid) < 0)
                return -errno;
        return 0;
}

static int newest_first(const void *a, const void *b)
{
        /* Names of one form: their order is that of time. */
        return strcmp(((const struct thon_backup_copy *)b)->name,
                      ((const struct thon_backup_copy *)a)->name);
}

static int add(struct thon_backup_list *list, int dir, const char *name)
{
        struct thon_backup_copy copy = {0}, *more;
        struct stat st;

        if (!thon_backup_name_parse(name, &copy.at) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(st.st_mode))
                return 0;
        memcpy(copy.name, name, sizeof(copy.name)); /* all names of copies have one length */
        copy.size = st.st_size;
        more = reallocarray(list->copies, list->n + 1, sizeof(*more));
        if (!more)
                return -ENOMEM;
        list->copies = more;
        list->copies[list->n++] = copy;
        return 0;
}

int thon_backup_list(const char *path, struct thon_backup_list *ret)
{
        _cleanup_(closedirp) DIR *dir = opendir(path);
        _cleanup_(thon_backup_list_done) struct thon_backup_list list = {0};
        int r = 0;

        if (!dir && errno != ENOENT)
                return -errno;
        while (dir && r == 0) {
                const struct dirent *entry;

                errno = 0;
                entry = readdir(dir);
                if (!entry && errno != 0)
                        return -errno;
                if (!entry)
                        break;
                r = add(&list, dirfd(dir), entry->d_name);
        }
        if (r < 0)
                return r;
        if (list.n > 0)
                qsort(list.copies, list.n, sizeof(*list.copies), newest_first);
        *ret = list;
        list = (struct thon_backup_list){0};
        return 0;
}

void thon_backup_list_done(struct thon_backup_list *list)
{
        free(list->copies);
        *list = (struct thon_backup_list){0};
}

static char *last_path(const char *dir)
{
        char *path;

        return asprintf(&path, "%s/last.json", dir) < 0 ? NULL : path;
}

int thon_backup_last_read(const char *dir, struct thon_backup_last *ret)
{
        _cleanup_free_ char *path = last_path(dir);
        _cleanup_json_ json_t *doc = NULL;
        struct thon_backup_last last = {0};
        struct thon_wall made;
        const json_t *at;
        const char *name, *seen;
        int r;

        if (!path)
                return -ENOMEM;
        r = thon_json_read_file(path, LAST_MAX, &doc, NULL);
        if (r < 0)
                return r;
        at = json_object_get(doc, "at");
        name = json_string_value(json_object_get(doc, "file"));
        seen = json_string_value(json_object_get(doc, "seen"));
        if (!json_is_integer(at) || !name || !thon_backup_name_parse(name, &made) || !seen ||
            strlen(seen) >= sizeof(last.seen))
                return -EINVAL;
        last.at.s = json_integer_value(at);
        (void)snprintf(last.name, sizeof(last.name), "%s", name);
        (void)snprintf(last.seen, sizeof(last.seen), "%s", seen);
        *ret = last;
        return 0;
}

int thon_backup_last_write(const char *dir, const struct thon_backup_last *last)
{
        _cleanup_free_ char *path = last_path(dir);
        _cleanup_json_ json_t *doc = json_pack("{s:I,s:s,s:s}", "at", (json_int_t)last->at.s, "file",
                                               last->name, "seen", last->seen);

        int r = path && doc ? thon_json_write_file(path, doc, 0640) : -ENOMEM;

        return r < 0 ? r : thon_backup_give(path);
}

/* PATH-lock is made with the store and never written again. */
static int store_born(const char *store_path, struct thon_wall *ret)
{
        _cleanup_free_ char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s-lock", store_path) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (stat(path, &st) < 0)
                return -errno;
        ret->s = st.st_mtim.tv_sec;
        return 0;
}

int thon_backup_age(const char *store_path, struct thon_wall now, struct thon_backup_age *ret)
{
        _cleanup_(thon_backup_list_done) struct thon_backup_list list = {0};
        _cleanup_free_ char *dir = thon_backup_dir(store_path);
        struct thon_backup_last last;
        struct thon_wall born = {0};
        int r;

        if (!dir)
                return -ENOMEM;
        r = thon_backup_list(dir, &list);
        if (r < 0)
                return r;
        /* A note of a copy that is there no more is a note of nothing. */
        if (thon_backup_last_read(dir, &last) == 0 && last.at.s <= now.s)
                for (size_t i = 0; i < list.n; i++)
                        if (strcmp(list.copies[i].name, last.name) == 0) {
                                *ret = (struct thon_backup_age){true, last.at};
                                return 0;
                        }
        for (size_t i = 0; i < list.n; i++)
                if (list.copies[i].at.s <= now.s) {
                        *ret = (struct thon_backup_age){true, list.copies[i].at};
                        return 0;
                }
        r = store_born(store_path, &born);
        if (r == 0)
                *ret = (struct thon_backup_age){false, born};
        return r;
}

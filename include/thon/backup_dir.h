/* The directory of the nightly copies: backups/ beside the store. What is in it is read by thonctl and by relayd; it is
 * written by `thonctl store backup --nightly` alone. docs/backup.md explains. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/backup_keep.h"
#include "thon/time.h"

struct thon_backup_copy {
        char name[THON_BACKUP_NAME];
        struct thon_wall at; /* of its name */
        int64_t size;
};
struct thon_backup_list {
        struct thon_backup_copy *copies; /* newest first, by their names */
        size_t n;
};

/* STATE_DIR/backups of the store's path; the caller frees it. NULL: no memory. */
char *thon_backup_dir(const char *store_path);
/* What root made there is given to the owner of the directory that it lies in, so that the daemons can read and replace it;
 * done by anybody else it does nothing. 0 or -errno. */
int thon_backup_give(const char *path);
/* Regular files of the right names. 0 (a directory that is missing has none) or -errno. */
int thon_backup_list(const char *dir, struct thon_backup_list *ret);
void thon_backup_list_done(struct thon_backup_list *list);

/* What the last night found: backups/last.json. Its `at` is when the store was last known to be in a good copy, also when
 * nothing had changed since that was made. */
struct thon_backup_last {
        struct thon_wall at;
        char name[THON_BACKUP_NAME]; /* of the copy */
        char seen[128];              /* how the store's files looked then: the same text, the same store */
};
/* 0; -ENOENT: there was none; -EINVAL: it cannot be read as one; -errno. */
int thon_backup_last_read(const char *dir, struct thon_backup_last *ret);
int thon_backup_last_write(const char *dir, const struct thon_backup_last *last);

/* How old the newest good copy is: by last.json, or where that cannot be read by the newest name that is not in the
 * future; without any copy, how old the store is. 0; -ENOENT: there is no store either. */
struct thon_backup_age {
        bool any;
        struct thon_wall since; /* that copy, or the store */
};
int thon_backup_age(const char *store_path, struct thon_wall now, struct thon_backup_age *ret);

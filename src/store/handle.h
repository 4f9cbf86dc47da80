/* Inside of the store's handle: for open.c, store.c, sql.c, migrate.c, backup.c, check.c and tries.c only. */
#pragma once

#include <sqlite3.h>

#include "sql.h"

#define THON_BUSY_MS 2000

/* A slot of the cache, or a statement of its own while its slot is in use by an outer loop. */
struct thon_stmt {
        struct thon_store *store;
        sqlite3_stmt *stmt;
        char *sql;
        uint64_t used; /* tick of the last use; the least one gives way */
        bool taken, cached;
        int bind_error;
};

/* Enough for what a daemon runs all the time: relayd about fifty, a registry import a dozen. */
#define THON_STMT_CACHE 64

struct thon_store {
        sqlite3 *db;
        char *path;
        int lock_fd; /* PATH-lock, held shared while open; -1 when there is none (read-only disk) */
        bool read_only;
        bool in_transaction;
        int doomed;         /* the failure that ended the caller's transaction; he has not rolled back yet */
        unsigned marks;     /* open ones; each is a savepoint */
        unsigned uncounted; /* tries of PINs or passwords that the disk did not take */
        bool spoiled;       /* `doomed` undid to the last mark only */
        int version;
        char *message; /* NULL: could not be composed */
        uint64_t tick;
        struct thon_stmt cache[THON_STMT_CACHE];
};

/* Maps what SQLite said, composes the message, dooms an open transaction. `rc` is an extended result code. */
int thon_sql_failed(struct thon_store *store, int rc);
void thon_stmt_drop_all(struct thon_store *store);

/* A connection with all its settings and no look at what is in the file; returned with a failure too, for its
 * message. SQLite flags as given; `immutable` for a disk that nobody can write. */
int thon_store_connect(const char *path, int flags, bool immutable, struct thon_store **ret);

/* The n-th text leads from version n - 1 to n; made from schema/NNNN_*.sql. */
extern const char *const thon_schema[];
extern const size_t thon_schema_count;

/* Brings the file from its version to `n`, each step in a transaction of its own. */
int thon_migrate(struct thon_store *store, const char *const *schema, size_t n);
/* application_id: "Thô" in UTF-8. */
#define THON_APPLICATION_ID 0x5468C3B4
/* Reads application_id and version into the handle; CORRUPT when it is not a store, NEWER when above `latest`. */
int thon_migrate_look(struct thon_store *store, size_t latest);

/* A file that may have an older version and may lie on a read-only disk; takes no lock of ours. */
int thon_store_open_backup(const char *path, struct thon_store **ret, char **ret_message);
/* A whole, checked copy of one file without a WAL, on the disk, under a temporary name beside `target`. */
int thon_store_copy(struct thon_store *store, const char *target, const char *suffix, char **ret_name);

/* ---- path.c ---- */

/* For what fails before there is a handle, or beside it: composes the message (never fails), returns `error`. */
int thon_store_refuse(char **ret_message, enum thon_store_error error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* The same from an errno; what is not about this path (no memory, no descriptors) stays -errno. */
int thon_store_refuse_errno(char **ret_message, int error, const char *path);
/* As the message of a handle. */
int thon_store_fail_errno(struct thon_store *store, int error, const char *path);

/* Absolute, directories resolved, the last part as it is. With `create` the directory is made (0750). 0 or -errno. */
int thon_store_resolve(const char *path, bool create, char **ret);
/* What opening would trip over; sets the mode to 0640 where it lets others in, unless for reading. */
int thon_store_inspect(const char *path, enum thon_store_mode mode, char **ret_message);

/* PATH-lock: shared by every open handle, exclusive for a restore. Waits at most THON_BUSY_MS (then THON_STORE_BUSY,
 * without a message); -1 in *ret_fd and 0 when `optional` and it cannot be made. */
int thon_store_lock(const char *path, bool exclusive, bool optional, int *ret_fd);
/* fsync of the directory that holds `path`. 0 or -errno. */
int thon_store_sync_dir(const char *path);
/* A new empty file PATH.SUFFIX-XXXXXX of mode 0640, of the directory's owner when root makes it. 0 or -errno. */
int thon_store_temporary(const char *path, const char *suffix, char **ret_name);
/* Removes a database file and what SQLite keeps beside it. */
void thon_store_unlink(const char *path);

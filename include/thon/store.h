/* The SQLite store: one connection a process. Only src/store includes <sqlite3.h>; everyone else uses typed calls.
 *
 * Every transaction that may write is IMMEDIATE and short; the busy time-out is 2 s. What each call does on a full or
 * read-only disk, a corrupt file or a locked database: docs/store.md. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "thon/time.h"

struct thon_store;
struct thon_audit_result;

enum thon_store_error {
        THON_STORE_OK,
        THON_STORE_MISSING,  /* no such file: `thonctl store init` */
        THON_STORE_BUSY,     /* locked longer than the time-out */
        THON_STORE_FULL,     /* disk or quota full; nothing was written */
        THON_STORE_READONLY, /* disk or file is read-only */
        THON_STORE_CORRUPT,  /* not a database, or damaged */
        THON_STORE_NEWER,    /* made by a newer Thôn */
        THON_STORE_NOT_FOUND,
        THON_STORE_EXISTS,
        THON_STORE_INVALID,    /* a value is not allowed; thon_store_message() says which and why */
        THON_STORE_REFERENCED, /* something else still needs it; the message names it */
        THON_STORE_IO,
};
/* "busy", "full" ... as in MQTT replies and --json errors. */
const char *thon_store_error_slug(int error);

enum thon_store_mode {
        THON_STORE_READ,   /* no migration; -wal and -shm may be written */
        THON_STORE_WRITE,  /* migrates */
        THON_STORE_CREATE, /* makes a new one when missing */
};

/* Returns 0, a positive thon_store_error or -errno. On a positive return *ret_message (may be NULL; owned by the
 * caller) says in English what is wrong and what to do. */
int thon_store_open(const char *path, enum thon_store_mode mode, struct thon_store **ret,
                    char **ret_message);
struct thon_store *thon_store_close(struct thon_store *store);
/* Of the last call that did not return 0. Borrowed until the next call. */
const char *thon_store_message(const struct thon_store *store);
int thon_store_version(const struct thon_store *store);

/* One IMMEDIATE transaction around several calls; nests are refused. An open one is rolled back by any failure, a
 * NOT_FOUND too; from then on every call returns that error, until commit (which returns it as well) or rollback. */
int thon_store_begin(struct thon_store *store);
int thon_store_commit(struct thon_store *store);
void thon_store_rollback(struct thon_store *store);

/* A mark in an open transaction, for calls that may be refused while the rest of it must stand. Between mark and unmark a
 * refusal (NOT_FOUND, EXISTS, INVALID, REFERENCED) undoes to the mark, and every call returns it until the unmark; any
 * other failure ends the whole transaction as ever. Marks nest. */
int thon_store_mark(struct thon_store *store);
/* Ends the last mark: keeps what was done since with `result` 0, else undoes it. Returns `result`, or else what failed
 * since the mark. */
int thon_store_unmark(struct thon_store *store, int result);

/* True: a commit is on the disk before it returns (for what others were told is accepted). False, as after opening: a
 * power cut may take the last commits with it, but never leaves a half one. Not inside a transaction. */
int thon_store_durable(struct thon_store *store, bool durable);

/* integrity_check and foreign_key_check: each finding is told; returns 0 or THON_STORE_CORRUPT. */
int thon_store_check(struct thon_store *store, void (*tell)(void *userdata, const char *finding),
                     void *userdata);
/* Online copy while others write; the target appears whole or not at all (temporary, fsync, rename), mode 0640. */
int thon_store_backup(struct thon_store *store, const char *target);
/* Whether a copy could be restored: opens it as it is, without a trace beside it; checks every page, reference and row of
 * the audit log. 0 and what thon_audit_verify() says of it, or an error with its message. */
int thon_store_verify_copy(const char *path, struct thon_audit_result *ret, char **ret_message);
/* Checks the file (integrity, version), keeps the replaced database beside it as PATH.before-restore, and puts the
 * copy in place under an exclusive lock. Fails with BUSY when a daemon holds the store.
 *
 * Between the copy and `now` the messages that it has as waiting may have been sent: they are restored as under way, of which
 * nobody knows (*ret_unknown, may be NULL), so that thon-relayd settles each by its channel's policy and repeats none in silence.
 * Numbers of notices and reports go on 1000 later, so that an answer to one that is lost meets no new one. The audit log gets a
 * row, by `by`. */
struct thon_restore {
        const char *path, *backup, *by;
        struct thon_wall now;
};
#define THON_RESTORE_KEPT ".before-restore" /* behind the path */
int thon_store_restore(const struct thon_restore *restore, size_t *ret_unknown, char **ret_message);
/* What `replaced`, damaged or not, had and the store at `path` has not; see docs/store.md for the document. 0, -ENOMEM, or why the
 * store itself cannot be read. */
int thon_store_lost(const char *replaced, const char *path, json_t **ret);

/* The audit log: each row holds the SHA-256 of the row before and its own (docs/store.md). Rows are written in the
 * caller's transaction (or one of their own): who did what to which object, with a JSON object as detail (NULL:
 * {}). */
int thon_audit_add(struct thon_store *store, struct thon_wall at, const char *actor, const char *action,
                   const char *object, const char *detail_json);
struct thon_audit_row {
        int64_t id;
        struct thon_wall at;
        const char *actor, *action, *object, *detail, *hash;
};
/* The digest that belongs to a row behind the one whose digest is `before`, 64 hexadecimal digits; `hash` of the
 * row is not looked at. 0, -ENOMEM, -EIO. */
int thon_audit_digest(const struct thon_audit_row *row, const char *before, char ret[static 65]);
/* In order of id; what `visit` returns other than 0 ends the walk and is returned. */
int thon_audit_each(struct thon_store *store, int64_t after_id,
                    int (*visit)(const struct thon_audit_row *, void *), void *userdata);
/* 0 and the count and last hash of a sound chain; THON_STORE_CORRUPT and the first broken row, *ret filled up to
 * there (first_broken 0: the file itself is damaged). A chain that was cut at its end is sound in itself: it is seen
 * when `expect_head` (may be NULL), a head noted earlier, is no longer in it (`thonctl audit verify --head HASH`). */
struct thon_audit_result {
        int64_t rows, first_broken;
        char head[65]; /* 64 zeros when there is no row */
};
int thon_audit_verify(struct thon_store *store, const char *expect_head, struct thon_audit_result *ret);

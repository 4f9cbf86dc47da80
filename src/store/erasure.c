/* The registry's part of an erasure, and that it stays erased: bytes that SQLite has let go of are written over, and
 * a copy of the store from before is rid of the same people when it is restored.
 *
 * For the latter there is a list of digests in the store and one beside the copies, also beside those on a stick: a machine
 * that is new has no other. It says nothing about a person to who does not have the copy anyway; with the copy it finds the
 * row again. */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "registry_write.h"
#include "sql.h"
#include "thon/backup_dir.h"
#include "thon/digest.h"
#include "thon/erasure.h"

#define LIST_MAX (4 * 1024 * 1024)

/* Codes are the same in upper and lower case. */
static int digest_of(const char *kind, const char *id, char ret[static THON_DIGEST_TEXT])
{
        _cleanup_free_ char *text = NULL;
        int n = asprintf(&text, "%s:%s", kind, id);

        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        for (char *c = text; *c; c++)
                *c = (char)toupper((unsigned char)*c);
        return thon_digest(text, (size_t)n, ret);
}

/* Digests of all that a subject is, as a JSON array. */
static int digests_of(const json_t *subject, json_t **ret)
{
        _cleanup_json_ json_t *list = json_array();
        const char *household = json_string_value(json_object_get(subject, "household"));
        char digest[THON_DIGEST_TEXT];
        const json_t *one;
        size_t i;
        int r = list ? 0 : -ENOMEM;

        if (r == 0 && household)
                r = digest_of("household", household, digest);
        if (r == 0 && household && json_array_append_new(list, json_string(digest)) < 0)
                r = -ENOMEM;
        json_array_foreach (json_object_get(subject, "persons"), i, one) {
                if (r == 0)
                        r = digest_of("person", json_string_value(one), digest);
                if (r == 0 && json_array_append_new(list, json_string(digest)) < 0)
                        r = -ENOMEM;
        }
        if (r == 0)
                *ret = THON_TAKE(list);
        return r;
}

/* ---- the registry ---- */

static int count(struct thon_store *store, json_t *counts, const char *name)
{
        return json_object_set_new(counts, name, json_integer(thon_sql_changes(store))) < 0 ? -ENOMEM : 0;
}

static int record(struct thon_store *store, const json_t *subject, struct thon_wall at)
{
        _cleanup_json_ json_t *digests = NULL;
        _cleanup_free_ char *text = NULL;
        int r = digests_of(subject, &digests);

        if (r != 0)
                return r;
        text = json_dumps(digests, JSON_COMPACT);
        if (!text)
                return -ENOMEM;
        return thon_sql_do(store,
                           "INSERT OR IGNORE INTO erasure (digest, at) SELECT value, ?2 FROM json_each(?1)",
                           SQL_TEXT(text), SQL_INT(at.s));
}

int thon_erasure_allowed(struct thon_store *store, const json_t *subject)
{
        _cleanup_free_ char *persons = json_dumps(json_object_get(subject, "persons"), JSON_COMPACT);
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = persons ? thon_sql_row(
                                  store, &stmt,
                                  "SELECT id, person FROM user WHERE person IN (SELECT value FROM json_each(?1))",
                                  SQL_TEXT(persons))
                        : -ENOMEM;

        if (r != 0 || !stmt)
                return r;
        return thon_store_fail(
                store, THON_STORE_REFERENCED,
                "user %s still refers to person %s: thonctl user remove %s, or set another person",
                thon_column_text_or_empty(stmt, 0), thon_column_text_or_empty(stmt, 1),
                thon_column_text_or_empty(stmt, 0));
}

static int erase(struct thon_store *store, const json_t *subject, const struct thon_actor *actor,
                 json_t *counts)
{
        const char *household = json_string_value(json_object_get(subject, "household"));
        _cleanup_free_ char *persons = json_dumps(json_object_get(subject, "persons"), JSON_COMPACT);
        const char *object = household ? household : "~";
        size_t blanked = 0;
        int r = persons ? 0 : -ENOMEM;

        /* Rows of PINs and memberships go with the person. Those of wrong PINs are announced's, which only counts in them. */
        if (r == 0)
                r = thon_sql_do(store,
                                "DELETE FROM pin_try WHERE person IN (SELECT value FROM json_each(?1))",
                                SQL_TEXT(persons));
        /* In a copy from before they may still be users; else this was refused. */
        if (r == 0)
                r = thon_sql_do(store, "DELETE FROM user WHERE person IN (SELECT value FROM json_each(?1))",
                                SQL_TEXT(persons));
        if (r == 0)
                r = thon_sql_do(store, "DELETE FROM person WHERE id IN (SELECT value FROM json_each(?1))",
                                SQL_TEXT(persons));
        if (r == 0)
                r = count(store, counts, "people");
        if (r == 0 && household)
                r = thon_sql_do(store, "DELETE FROM household WHERE code = ?1", SQL_TEXT(household));
        if (r == 0 && household)
                r = count(store, counts, "households");
        if (r == 0)
                r = thon_audit_blank(store, subject, false, actor, object, &blanked);
        if (r == 0 && json_object_set_new(counts, "audit", json_integer((json_int_t)blanked)) < 0)
                r = -ENOMEM;
        return r != 0 ? r
                      : thon_registry_wrote(store, actor, household ? "household" : "person", "erase",
                                            object, counts);
}

int thon_registry_erase(struct thon_store *store, const json_t *subject, const struct thon_actor *actor,
                        json_t **ret)
{
        _cleanup_json_ json_t *counts = json_object();
        bool own = false;
        int r = counts ? thon_sql_enter(store, &own) : -ENOMEM;

        if (r < 0)
                return r;
        if (r == 0)
                r = erase(store, subject, actor, counts);
        if (r == 0)
                r = record(store, subject, actor->at);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret = THON_TAKE(counts);
        return r;
}

/* ---- bytes ---- */

/* Pages on the free list keep what was in them. A table that takes them all, and is dropped by a connection that writes
 * zeros over what it lets go, leaves none with words in it. */
int thon_store_scrub(struct thon_store *store)
{
        int64_t pages = 0, size = 0, busy = 1;
        int r = thon_sql_integer(store, "PRAGMA freelist_count", NULL, &pages);

        if (r == 0)
                r = thon_sql_integer(store, "PRAGMA page_size", NULL, &size);
        if (r == 0)
                r = thon_sql_exec(store, "PRAGMA secure_delete = ON");
        if (r == 0)
                r = thon_store_begin(store);
        if (r != 0)
                return r;
        r = thon_sql_exec(store, "CREATE TABLE scrub (x BLOB)");
        if (r == 0)
                r = thon_sql_do(
                        store,
                        "INSERT INTO scrub WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
                        " WHERE i < ?1 / 32) SELECT zeroblob(32 * ?2) FROM n",
                        SQL_INT(pages), SQL_INT(size));
        if (r == 0)
                r = thon_sql_exec(store, "DROP TABLE scrub");
        if (r == 0)
                r = thon_store_commit(store);
        else
                thon_store_rollback(store);
        (void)thon_sql_exec(store, "PRAGMA secure_delete = FAST");
        for (int tries = 0; r == 0 && busy != 0; tries++) {
                r = thon_sql_integer(store, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, &busy);
                if (r == 0 && busy != 0 && tries == 20)
                        return thon_store_answer(store, THON_STORE_BUSY,
                                                 "somebody reads for long: the journal is emptied later");
                if (r == 0 && busy != 0)
                        (void)poll(NULL, 0, 100);
        }
        return r;
}

/* ---- the list beside the copies ---- */

#define LIST_NAME "erased.json"

/* Beside the copies of the store at PATH. */
static char *list_path(const char *path)
{
        _cleanup_free_ char *dir = thon_backup_dir(path);
        char *name;

        return dir && asprintf(&name, "%s/" LIST_NAME, dir) >= 0 ? name : NULL;
}

/* Beside one copy, wherever that lies. */
static char *list_beside(const char *copy)
{
        const char *slash = strrchr(copy, '/');
        char *name;

        return asprintf(&name, "%.*s" LIST_NAME, slash ? (int)(slash + 1 - copy) : 0, copy) < 0 ? NULL
                                                                                                : name;
}

/* That there is none is an empty one. One that cannot be read is not: whom it names would come back. */
static int list_read(struct thon_store *store, const char *name, json_t **ret)
{
        _cleanup_json_ json_t *doc = NULL;
        int r = name ? thon_json_read_file(name, LIST_MAX, &doc, NULL) : -ENOMEM;

        if (r == -ENOENT) {
                doc = json_object();
                r = doc ? 0 : -ENOMEM;
        }
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !json_is_object(doc))
                return thon_store_answer(store, THON_STORE_INVALID,
                                         "%s cannot be read: whom to erase again is not known. Move it away"
                                         " to go on all the same (docs/privacy.md)",
                                         name);
        *ret = THON_TAKE(doc);
        return 0;
}

/* {"DIGEST":[AT...]} */
static int list_add(json_t *list, const char *digest, int64_t at)
{
        json_t *times = json_object_get(list, digest);
        const json_t *one;
        size_t i;

        if (!json_is_array(times)) {
                times = json_array();
                if (json_object_set_new(list, digest, times) < 0)
                        return -ENOMEM;
        }
        json_array_foreach (times, i, one)
                if (json_integer_value(one) == at)
                        return 0;
        return json_array_append_new(times, json_integer(at)) < 0 ? -ENOMEM : 0;
}

static int list_table(struct thon_store *store, json_t *list)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = thon_sql(store, "SELECT digest, at FROM erasure", &stmt);

        while (r == 0 && (r = thon_stmt_step(stmt, &found)) == 0 && found)
                r = list_add(list, thon_column_text_or_empty(stmt, 0), thon_column_int(stmt, 1));
        return r;
}

static int make_dir(const char *path)
{
        _cleanup_free_ char *dir = thon_backup_dir(path);

        if (!dir)
                return -ENOMEM;
        if (mkdir(dir, 0750) < 0)
                return errno == EEXIST ? 0 : -errno;
        return thon_backup_give(dir);
}

static int list_write(const char *path, const char *name, const json_t *list)
{
        int r = make_dir(path);

        if (r == 0)
                r = thon_json_write_file(name, list, 0640);
        return r == 0 ? thon_backup_give(name) : r;
}

int thon_erasure_note(struct thon_store *store, const char *path, const json_t *subject, struct thon_wall at)
{
        _cleanup_json_ json_t *list = NULL, *digests = NULL;
        _cleanup_free_ char *name = list_path(path);
        const json_t *one;
        size_t i;
        int r = list_read(store, name, &list);

        if (r == 0)
                r = list_table(store, list);
        if (r == 0)
                r = digests_of(subject, &digests);
        json_array_foreach (digests, i, one)
                if (r == 0)
                        r = list_add(list, json_string_value(one), at.s);
        return r == 0 ? list_write(path, name, list) : r;
}

int thon_erasure_keep(struct thon_store *store, const char *path)
{
        _cleanup_json_ json_t *list = NULL, *before = NULL;
        _cleanup_free_ char *name = list_path(path);
        int r = list_read(store, name, &list);

        if (r == 0) {
                before = json_deep_copy(list);
                r = before ? list_table(store, list) : -ENOMEM;
        }
        return r == 0 && !json_equal(before, list) ? list_write(path, name, list) : r;
}

/* ---- again ---- */

/* The instants of the list that the store's own table does not have. */
static int missing(struct thon_store *store, const json_t *list, const char *digest, json_t *ret)
{
        const json_t *one;
        size_t i;

        json_array_foreach (json_object_get(list, digest), i, one) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt, "SELECT 1 FROM erasure WHERE digest = ?1 AND at = ?2",
                                     SQL_TEXT(digest), SQL_INT(json_integer_value(one)));

                if (r != 0)
                        return r;
                if (!stmt && json_array_append_new(ret, json_incref((json_t *)one)) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int find(struct thon_store *store, const json_t *list, const char *kind, const char *sql,
                json_t *found)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool row = false;
        int r = thon_sql(store, sql, &stmt);

        while (r == 0 && (r = thon_stmt_step(stmt, &row)) == 0 && row) {
                _cleanup_json_ json_t *times = json_array();
                char digest[THON_DIGEST_TEXT];
                const char *id = thon_column_text_or_empty(stmt, 0);

                r = times ? digest_of(kind, id, digest) : -ENOMEM;
                if (r == 0)
                        r = missing(store, list, digest, times);
                if (r == 0 && json_array_size(times) > 0 &&
                    json_array_append_new(found, json_pack("{s:s,s:s}", "kind", kind, "id", id)) < 0)
                        r = -ENOMEM;
        }
        return r;
}

/* It gets no instant of its own: the code may be another family's in a copy that was made between the two. */
static int again(struct thon_store *store, const json_t *one, const struct thon_actor *actor)
{
        _cleanup_json_ json_t *subject = NULL, *counts = json_object(), *more = NULL;
        const char *id = json_string_value(json_object_get(one, "id"));
        bool household = strcmp(json_string_value(json_object_get(one, "kind")), "household") == 0;
        int r = counts ? thon_subject_read(store, household ? id : NULL, household ? NULL : id, &subject)
                       : -ENOMEM;

        if (r == THON_STORE_NOT_FOUND)
                return 0; /* with its household */
        if (r == 0)
                r = thon_relay_erase(store, subject, true, actor->at, NULL, NULL, &more);
        return r == 0 ? erase(store, subject, actor, counts) : r;
}

/* All of one list, in the open transaction. From then on the store knows all of it by itself. */
static int again_by(struct thon_store *store, const char *name, const struct thon_actor *actor, size_t *n)
{
        _cleanup_json_ json_t *list = NULL, *found = json_array();
        const json_t *one, *at;
        const char *digest;
        size_t i;
        int r = found ? list_read(store, name, &list) : -ENOMEM;

        if (r == 0)
                r = find(store, list, "household", "SELECT code FROM household", found);
        if (r == 0)
                r = find(store, list, "person", "SELECT id FROM person", found);
        if (r != 0)
                return r;
        json_array_foreach (found, i, one)
                if (r == 0)
                        r = again(store, one, actor);
        json_object_foreach (list, digest, one)
                json_array_foreach (one, i, at)
                        if (r == 0 && strlen(digest) == THON_DIGEST_TEXT - 1 && json_is_integer(at))
                                r = thon_sql_do(store,
                                                "INSERT OR IGNORE INTO erasure (digest, at) VALUES (?1, ?2)",
                                                SQL_TEXT(digest), SQL_INT(json_integer_value(at)));
        *n += json_array_size(found);
        return r;
}

int thon_store_erase_again(struct thon_store *store, const char *path, const char *copy,
                           const struct thon_actor *actor, size_t *ret_n)
{
        _cleanup_free_ char *own = list_path(path), *beside = copy ? list_beside(copy) : NULL;
        bool transaction = false;
        size_t n = 0;
        int r = own && (beside || !copy) ? thon_sql_enter(store, &transaction) : -ENOMEM;

        if (r != 0)
                return r;
        r = again_by(store, own, actor, &n);
        if (r == 0 && beside)
                r = again_by(store, beside, actor, &n);
        r = thon_sql_leave(store, transaction, r);
        if (r == 0 && n > 0)
                r = thon_store_scrub(store);
        if (r == 0)
                *ret_n = n;
        return r;
}

/* The audit log as a chain: whoever changes, removes or slips in a row must recompute every row after it, and then the
 * head no longer is the one that was printed, signed or sent away before.
 *
 * What is digested must have one reading only: each field is a netstring (its length in bytes, a colon, the bytes, a
 * comma), so that no text can pass for a border between two. docs/store.md has it for an inspector, who needs nothing of
 * this program. */
#include "sql.h"
#include "thon/erasure.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define HASH_TEXT 65
static const char FORM[] = "thon-audit-1";
static const char NOTHING_BEFORE[] = "0000000000000000000000000000000000000000000000000000000000000000";

static bool feed(EVP_MD_CTX *ctx, const char *text)
{
        char length[24];
        int n = snprintf(length, sizeof(length), "%zu:", strlen(text));
        return EVP_DigestUpdate(ctx, length, (size_t)n) == 1 &&
               EVP_DigestUpdate(ctx, text, strlen(text)) == 1 && EVP_DigestUpdate(ctx, ",", 1) == 1;
}

static bool feed_integer(EVP_MD_CTX *ctx, int64_t value)
{
        char text[24];
        (void)snprintf(text, sizeof(text), "%" PRId64, value);
        return feed(ctx, text);
}

int thon_audit_digest(const struct thon_audit_row *row, const char *before, char ret[static HASH_TEXT])
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        if (!ctx)
                return -ENOMEM;
        unsigned char md[EVP_MAX_MD_SIZE];
        unsigned int n = 0;
        bool ok = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 && feed(ctx, FORM) &&
                  feed_integer(ctx, row->id) && feed_integer(ctx, row->at.s) && feed(ctx, row->actor) &&
                  feed(ctx, row->action) && feed(ctx, row->object) && feed(ctx, row->detail) &&
                  feed(ctx, before) && EVP_DigestFinal_ex(ctx, md, &n) == 1;
        EVP_MD_CTX_free(ctx);
        if (!ok || n != 32)
                return -EIO;
        for (unsigned int i = 0; i < n; i++)
                (void)snprintf(ret + 2 * i, 3, "%02x", md[i]);
        return 0;
}

static int add(struct thon_store *store, struct thon_audit_row *row)
{
        char before[HASH_TEXT], hash[HASH_TEXT];
        (void)snprintf(before, sizeof(before), "%s", NOTHING_BEFORE);
        {
                _cleanup_stmt_ struct thon_stmt *last = NULL;
                int r = thon_sql(store, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", &last);
                if (r != 0)
                        return r;
                bool found;
                r = thon_stmt_step(last, &found);
                if (r != 0)
                        return r;
                row->id = 1;
                if (found) {
                        row->id = thon_column_int(last, 0) + 1;
                        (void)snprintf(before, sizeof(before), "%s", thon_column_text_or_empty(last, 1));
                }
        }
        int r = thon_audit_digest(row, before, hash);
        if (r < 0)
                return r;

        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        r = thon_sql(store,
                     "INSERT INTO audit (id, at, actor, action, object, detail, before, hash)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, row->id);
        thon_bind_int(stmt, 2, row->at.s);
        thon_bind_text(stmt, 3, row->actor);
        thon_bind_text(stmt, 4, row->action);
        thon_bind_text(stmt, 5, row->object);
        thon_bind_text(stmt, 6, row->detail);
        thon_bind_text(stmt, 7, before);
        thon_bind_text(stmt, 8, hash);
        return thon_stmt_run(stmt);
}

int thon_audit_add(struct thon_store *store, struct thon_wall at, const char *actor, const char *action,
                   const char *object, const char *detail_json)
{
        struct thon_audit_row row = {.at = at,
                                     .actor = actor,
                                     .action = action,
                                     .object = object,
                                     .detail = detail_json ? detail_json : "{}"};
        if (!actor || !action || !object)
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "the audit log needs an actor, an action, an object");
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = add(store, &row);
        return thon_sql_leave(store, own, r);
}

/* What only the verification wants to know. */
struct stored {
        const char *before;
        bool cut; /* a text goes on behind a NUL, where nobody sees it */
};

static int each(struct thon_store *store, int64_t after_id,
                int (*visit)(const struct thon_audit_row *, const struct stored *, void *), void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store,
                         "SELECT id, at, actor, action, object, detail, before, hash FROM audit"
                         " WHERE id > ?1 ORDER BY id",
                         &stmt);
        if (r != 0)
                return r;
        thon_bind_int(stmt, 1, after_id);
        for (bool found;;) {
                r = thon_stmt_step(stmt, &found);
                if (r != 0 || !found)
                        return r;
                struct thon_audit_row row = {.id = thon_column_int(stmt, 0),
                                             .at = {thon_column_int(stmt, 1)},
                                             .actor = thon_column_text_or_empty(stmt, 2),
                                             .action = thon_column_text_or_empty(stmt, 3),
                                             .object = thon_column_text_or_empty(stmt, 4),
                                             .detail = thon_column_text_or_empty(stmt, 5),
                                             .hash = thon_column_text_or_empty(stmt, 7)};
                struct stored stored = {.before = thon_column_text_or_empty(stmt, 6)};
                for (int column = 2; column <= 7; column++)
                        stored.cut = stored.cut || strlen(thon_column_text_or_empty(stmt, column)) !=
                                                           thon_column_size(stmt, column);
                r = visit(&row, &stored, userdata);
                if (r != 0)
                        return r;
        }
}

struct visitor {
        int (*visit)(const struct thon_audit_row *, void *);
        void *userdata;
};

static int pass_on(const struct thon_audit_row *row, const struct stored *stored, void *userdata)
{
        (void)stored;
        const struct visitor *v = userdata;
        return v->visit(row, v->userdata);
}

int thon_audit_each(struct thon_store *store, int64_t after_id,
                    int (*visit)(const struct thon_audit_row *, void *), void *userdata)
{
        struct visitor v = {.visit = visit, .userdata = userdata};
        return each(store, after_id, pass_on, &v);
}

struct verification {
        struct thon_store *store;
        struct thon_audit_result result;
        const char *expect_head;
        bool head_seen;
        struct thon_audit_gaps gaps;
};

static int broken(struct verification *v, int64_t row, const char *why)
{
        v->result.first_broken = row;
        return thon_store_fail(
                v->store, THON_STORE_CORRUPT,
                "audit row %" PRId64
                " %s: the log was changed from outside; keep the file and compare it with a backup",
                row, why);
}

static int verify_row(const struct thon_audit_row *row, const struct stored *stored, void *userdata)
{
        struct verification *v = userdata;
        int64_t expected = v->result.rows + 1;
        if (row->id != expected)
                return broken(v, row->id < expected ? row->id : expected,
                              row->id < expected ? "has a number that none can have" : "is missing");
        if (strcmp(stored->before, v->result.head) != 0)
                return broken(v, row->id, "does not hold the digest of the row before it");
        char hash[HASH_TEXT];
        int r = thon_audit_digest(row, stored->before, hash);
        if (r < 0)
                return r;
        if (stored->cut)
                return broken(v, row->id, "does not match its own digest");
        if (strcmp(hash, row->hash) == 0) {
                thon_audit_gap_close(&v->gaps, row);
        } else {
                if (!thon_audit_is_blank(row))
                        return broken(v, row->id, "does not match its own digest");
                r = thon_audit_gap_open(&v->gaps, row);
                if (r < 0)
                        return r;
                (void)snprintf(hash, sizeof(hash), "%s", row->hash);
        }
        v->result.rows = row->id;
        (void)snprintf(v->result.head, sizeof(v->result.head), "%s", hash);
        if (v->expect_head && strcasecmp(v->expect_head, hash) == 0)
                v->head_seen = true;
        return 0;
}

int thon_audit_verify(struct thon_store *store, const char *expect_head, struct thon_audit_result *ret)
{
        struct verification v = {.store = store, .expect_head = expect_head};
        (void)snprintf(v.result.head, sizeof(v.result.head), "%s", NOTHING_BEFORE);
        if (expect_head && strcmp(expect_head, NOTHING_BEFORE) == 0)
                v.head_seen = true;
        int r = each(store, INT64_MIN, verify_row, &v);
        if (r == 0 && v.gaps.n > 0)
                r = broken(&v, v.gaps.rows[0].id, "was blanked, and no row says by whom");
        thon_audit_gaps_done(&v.gaps);
        if (r == 0 && expect_head && !v.head_seen)
                r = broken(&v, v.result.rows + 1,
                           "is missing (the head that was noted before is not in the log)");
        /* A damaged file is CORRUPT too, without a row to name. */
        if (r == 0 || r == THON_STORE_CORRUPT)
                *ret = v.result;
        return r;
}

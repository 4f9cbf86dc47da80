/* Which pictures are kept. The file goes first and its row after it: a power cut in between leaves a row without a file,
 * which the next pruning meets, and never a file that nobody knows of. */
#include <errno.h>
#include <string.h>

#include "sql.h"
#include "thon/camera_store.h"

#define BATCH 64

int thon_camera_picture_add(struct thon_store *store, const struct thon_camera_picture_row *row)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "INSERT INTO camera_picture (at, device, kind, verdict, file, size)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (file) DO UPDATE SET"
                                " (at, device, kind, verdict, size) = (?1, ?2, ?3, ?4, ?6)",
                                SQL_INT(row->at.s), SQL_TEXT(row->device), SQL_INT(row->kind),
                                SQL_TEXT(thon_camera_slug(row->verdict)), SQL_TEXT(row->file),
                                SQL_INT(row->size));
        return thon_sql_leave(store, own, r);
}

static enum thon_camera_picture_kind kind_of(int64_t number)
{
        return number == THON_PICTURE_GOOD || number == THON_PICTURE_SHEET
                       ? (enum thon_camera_picture_kind)number
                       : THON_PICTURE_BAD;
}

static void read_row(struct thon_stmt *stmt, struct thon_camera_picture_row *ret)
{
        *ret = (struct thon_camera_picture_row){.id = thon_column_int(stmt, 0),
                                                .at = {thon_column_int(stmt, 1)},
                                                .device = thon_column_text_or_empty(stmt, 2),
                                                .kind = kind_of(thon_column_int(stmt, 3)),
                                                .verdict = THON_CAMERA_UNKNOWN,
                                                .file = thon_column_text_or_empty(stmt, 5),
                                                .size = thon_column_int(stmt, 6)};
        (void)thon_camera_parse(thon_column_text_or_empty(stmt, 4), &ret->verdict);
}

#define COLUMNS "SELECT id, at, device, kind, verdict, file, size FROM camera_picture"
#define NEWEST  " ORDER BY at DESC, id DESC"

int thon_camera_pictures(struct thon_store *store, const char *device,
                         int (*visit)(const struct thon_camera_picture_row *, void *), void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt,
                              device ? COLUMNS " WHERE device = ?1" NEWEST
                                     : COLUMNS " WHERE ?1 IS NULL" NEWEST,
                              SQL_TEXT(device));
        for (bool row; r == 0;) {
                struct thon_camera_picture_row one;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                read_row(stmt, &one);
                r = visit(&one, userdata);
        }
        return r;
}

struct batch {
        struct thon_camera_picture_row rows[BATCH]; /* texts owned */
        size_t n;
};

static void batch_done(struct batch *batch)
{
        for (size_t i = 0; i < batch->n; i++) {
                free((char *)batch->rows[i].device);
                free((char *)batch->rows[i].file);
        }
        batch->n = 0;
}

/* Oldest first. Of a device that is no more nothing is kept for its sake. */
static int read_batch(struct thon_store *store, struct batch *batch)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt,
                              COLUMNS " AS old WHERE EXISTS (SELECT 1 FROM camera_picture AS later"
                                      " WHERE later.device = old.device AND later.kind = old.kind"
                                      " AND (later.at, later.id) > (old.at, old.id))"
                                      " OR NOT EXISTS (SELECT 1 FROM device WHERE id = old.device)"
                                      " ORDER BY at, id LIMIT ?1",
                              SQL_INT(BATCH));

        for (bool row; r == 0;) {
                struct thon_camera_picture_row *one = &batch->rows[batch->n];

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                if (batch->n == BATCH)
                        return 0;
                read_row(stmt, one);
                one->device = strdup(one->device);
                one->file = strdup(one->file);
                batch->n++;
                if (!one->device || !one->file)
                        return -ENOMEM;
        }
        return r;
}

/* Each row is a transaction of its own, unless the caller has one open: what was removed is not told again. */
static int prune_batch(struct thon_store *store, struct thon_wall before, int64_t max_bytes, int64_t *bytes,
                       int (*visit)(const struct thon_camera_picture_row *, void *), void *userdata,
                       bool *ret_more)
{
        _cleanup_(batch_done) struct batch batch = {.n = 0};
        int r = read_batch(store, &batch);

        *ret_more = false;
        for (size_t i = 0; r == 0 && i < batch.n; i++) {
                const struct thon_camera_picture_row *row = &batch.rows[i];
                bool own = false;

                if (!thon_wall_before(row->at, before) && *bytes <= max_bytes)
                        return 0;
                r = visit(row, userdata);
                if (r != 0)
                        return r;
                r = thon_sql_enter(store, &own);
                if (r == 0)
                        r = thon_sql_do(store, "DELETE FROM camera_picture WHERE id = ?1", SQL_INT(row->id));
                r = thon_sql_leave(store, own, r);
                *bytes -= row->size;
                *ret_more = true;
        }
        return r;
}

int thon_camera_pictures_prune(struct thon_store *store, struct thon_wall before, int64_t max_bytes,
                               int (*visit)(const struct thon_camera_picture_row *, void *), void *userdata)
{
        int64_t bytes;
        bool more = true;
        int r = thon_sql_integer(store, "SELECT coalesce(sum(size), 0) FROM camera_picture", NULL, &bytes);

        while (r == 0 && more)
                r = prune_batch(store, before, max_bytes, &bytes, visit, userdata, &more);
        return r;
}

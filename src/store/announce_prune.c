/* What is over goes after its time, a little at a call. Of sound the file goes first and its name after it: a power
 * cut in between leaves a name without a file, which the next pruning meets, and never a file that nobody knows of.
 * The digest of the sound stays. */
#include <errno.h>
#include <string.h>

#include "sql.h"
#include "thon/announce_store.h"

#define ROWS 200

struct sound {
        struct {
                int64_t serial;
                char *file;
        } rows[ROWS];
        size_t n;
};

static void sound_done(struct sound *sound)
{
        for (size_t i = 0; i < sound->n; i++)
                free(sound->rows[i].file);
}

/* Oldest first: those from before `before`, and those that are over `max` bytes together. */
static int read_sound(struct thon_store *store, struct thon_wall before, int64_t max, struct sound *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int64_t all;
        int r = thon_sql_integer(store, "SELECT coalesce(sum(audio_size), 0) FROM airing WHERE audio <> ''",
                                 NULL, &all);

        if (r == 0)
                r = thon_sql_with(store, &stmt,
                                  "SELECT serial, due, audio_size, audio FROM airing WHERE audio <> ''"
                                  " AND ended IS NOT NULL ORDER BY due LIMIT ?1",
                                  SQL_INT(ROWS));
        for (bool row; r == 0 && ret->n < ROWS;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row || (thon_column_int(stmt, 1) >= before.s && all <= max))
                        return r;
                all -= thon_column_int(stmt, 2);
                ret->rows[ret->n].serial = thon_column_int(stmt, 0);
                ret->rows[ret->n].file = strdup(thon_column_text_or_empty(stmt, 3));
                if (!ret->rows[ret->n++].file)
                        return -ENOMEM;
        }
        return r;
}

static int forget_sound(struct thon_store *store, const struct sound *sound, size_t n)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < n; i++)
                r = thon_sql_do(store, "UPDATE airing SET audio = '', audio_size = 0 WHERE serial = ?1",
                                SQL_INT(sound->rows[i].serial));
        return r;
}

static int prune_sound(struct thon_store *store, struct thon_wall before, int64_t max,
                       int (*visit)(const char *, void *), void *userdata, size_t *ret_n)
{
        _cleanup_(sound_done) struct sound sound = {.n = 0};
        bool own = false;
        size_t n = 0;
        int visited = 0, r = read_sound(store, before, max, &sound);

        if (r != 0 || sound.n == 0)
                return r;
        while (visited == 0 && n < sound.n)
                if ((visited = visit(sound.rows[n].file, userdata)) == 0)
                        n++;
        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = forget_sound(store, &sound, n);
        r = thon_sql_leave(store, own, r);
        *ret_n += n;
        return r != 0 ? r : visited;
}

static int prune_rows(struct thon_store *store, struct thon_wall before, size_t *n)
{
        static const char *const what[] = {
                "DELETE FROM airing WHERE serial IN (SELECT serial FROM airing WHERE due < ?1 AND ended < ?1"
                " AND audio = '' ORDER BY due LIMIT ?2)",
                "DELETE FROM zone_fault WHERE (zone, fault, began) IN (SELECT zone, fault, began"
                " FROM zone_fault WHERE ended < ?1 LIMIT ?2)",
                "DELETE FROM cap_alert WHERE id IN (SELECT id FROM cap_alert WHERE received < ?1"
                " AND ifnull(expires, 0) < ?1 ORDER BY id LIMIT ?2)",
                "DELETE FROM announcement WHERE serial IN (SELECT serial FROM announcement AS a"
                " WHERE ended < ?1 AND state NOT IN ('submitted', 'approved') AND NOT EXISTS"
                " (SELECT 1 FROM airing WHERE announcement = a.id) ORDER BY serial LIMIT ?2)",
        };
        int r = 0;

        for (size_t i = 0; r == 0 && *n < ROWS && i < sizeof(what) / sizeof(what[0]); i++) {
                r = thon_sql_do(store, what[i], SQL_INT(before.s), SQL_INT((int64_t)(ROWS - *n)));
                if (r == 0)
                        *n += (size_t)thon_sql_changes(store);
        }
        return r;
}

int thon_announce_prune(struct thon_store *store, struct thon_wall before, struct thon_wall audio_before,
                        int64_t audio_max, int (*visit)(const char *audio, void *), void *userdata,
                        size_t *ret_n)
{
        bool own = false;
        size_t n = 0;
        int r = prune_sound(store, thon_wall_before(audio_before, before) ? before : audio_before, audio_max,
                            visit, userdata, &n);

        if (r == 0 && n < ROWS) {
                r = thon_sql_enter(store, &own);
                if (r == 0)
                        r = prune_rows(store, before, &n);
                r = thon_sql_leave(store, own, r);
        }
        if (r == 0)
                *ret_n = n;
        return r;
}

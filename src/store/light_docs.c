/* Lighting programs and calendars: documents that people write and lightd acts on.
 *
 * They are kept as they were written, after the same check that the daemon makes. A program that a calendar names,
 * and a calendar that a circuit has, cannot be taken away: the next compilation would leave a road dark. The audit
 * log keeps what was and what is, because "who let the lights burn less" is asked months later. */
#include <errno.h>
#include <string.h>

#include "registry_write.h"
#include "sql.h"
#include "thon/light_form.h"

#define DOC_SIZE_MAX 16384

struct kind {
        const char *noun, *get, *list, *set, *remove, *referrer;
};

static const struct kind kinds[] = {
        [THON_DOC_PROGRAM] =
                {
                        "program",
                        "SELECT doc FROM light_program WHERE id = ?1",
                        "SELECT doc FROM light_program ORDER BY id",
                        "INSERT INTO light_program (id, name, doc) VALUES (?1, ?2, ?3) "
                        "ON CONFLICT (id) DO UPDATE SET name = ?2, doc = ?3",
                        "DELETE FROM light_program WHERE id = ?1",
                        "SELECT 'calendar', id FROM light_calendar AS c WHERE json_extract(doc, "
                        "'$.default') = ?1 "
                        "OR EXISTS (SELECT 1 FROM json_each(c.doc, '$.rules') "
                        "WHERE json_extract(value, '$.program') = ?1) ORDER BY id LIMIT 1",
                },
        [THON_DOC_CALENDAR] =
                {
                        "calendar",
                        "SELECT doc FROM light_calendar WHERE id = ?1",
                        "SELECT doc FROM light_calendar ORDER BY id",
                        "INSERT INTO light_calendar (id, name, doc) VALUES (?1, ?2, ?3) "
                        "ON CONFLICT (id) DO UPDATE SET name = ?2, doc = ?3",
                        "DELETE FROM light_calendar WHERE id = ?1",
                        "SELECT 'circuit', id FROM device WHERE kind = 'circuit' "
                        "AND json_extract(config, '$.calendar') = ?1 ORDER BY id LIMIT 1",
                },
};

static int parse_doc(struct thon_store *store, const struct kind *kind, const char *text, json_t **ret)
{
        struct thon_json_error error;
        int r;

        r = text ? thon_json_parse(text, strlen(text), SIZE_MAX, ret, &error) : -ENOMEM;
        if (r == -EINVAL)
                return thon_store_fail(store, THON_STORE_CORRUPT, "a %s in the store is not JSON: %s",
                                       kind->noun, error.text);
        return r;
}

/* *ret NULL when there is none. */
static int load(struct thon_store *store, const struct kind *kind, const char *id, json_t **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r;

        *ret = NULL;
        r = thon_sql_row(store, &stmt, kind->get, SQL_TEXT(id));
        if (r != 0 || !stmt)
                return r;
        return parse_doc(store, kind, thon_column_text(stmt, 0), ret);
}

int thon_light_doc_get(struct thon_store *store, enum thon_light_doc kind, const char *id, json_t **ret)
{
        json_t *doc;
        int r;

        r = load(store, &kinds[kind], id, &doc);
        if (r != 0)
                return r;
        if (!doc)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no %s %s", kinds[kind].noun,
                                       id);
        *ret = doc;
        return 0;
}

int thon_light_doc_list(struct thon_store *store, enum thon_light_doc kind, json_t **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_json_ json_t *list = json_array();
        int r;

        if (!list)
                return -ENOMEM;
        r = thon_sql(store, kinds[kind].list, &stmt);
        if (r != 0)
                return r;
        for (;;) {
                json_t *doc = NULL;
                bool row;

                r = thon_stmt_step(stmt, &row);
                if (r != 0)
                        return r;
                if (!row)
                        break;
                r = parse_doc(store, &kinds[kind], thon_column_text(stmt, 0), &doc);
                if (r != 0)
                        return r;
                if (json_array_append_new(list, doc) < 0)
                        return -ENOMEM;
        }
        *ret = THON_TAKE(list);
        return 0;
}

struct programs {
        struct thon_program *list;
        size_t n;
};

static void programs_done(struct programs *programs)
{
        for (size_t i = 0; i < programs->n; i++)
                thon_program_done(&programs->list[i]);
        free(programs->list);
}

static int load_programs(struct thon_store *store, struct programs *programs)
{
        _cleanup_json_ json_t *docs = NULL;
        struct thon_json_error error;
        const json_t *doc;
        size_t i;
        int r;

        r = thon_light_doc_list(store, THON_DOC_PROGRAM, &docs);
        if (r != 0)
                return r;
        programs->list = calloc(json_array_size(docs) + 1, sizeof *programs->list);
        if (!programs->list)
                return -ENOMEM;
        json_array_foreach (docs, i, doc) {
                r = thon_program_from_json(doc, &programs->list[programs->n], &error);
                if (r == -ENOMEM)
                        return r;
                /* One that a newer form refuses is no program that a calendar could name. */
                programs->n += r == 0;
        }
        return 0;
}

/* The document's own id and name, checked. */
static int check_doc(struct thon_store *store, enum thon_light_doc kind, const json_t *doc, thon_slug ret_id,
                     char **ret_name)
{
        _cleanup_(programs_done) struct programs programs = {0};
        struct thon_program program = {0};
        struct thon_calendar calendar = {0};
        struct thon_json_error error;
        int r = -EINVAL;

        switch (kind) {
        case THON_DOC_PROGRAM:
                r = thon_program_from_json(doc, &program, &error);
                break;
        case THON_DOC_CALENDAR:
                r = load_programs(store, &programs);
                if (r == 0)
                        r = thon_calendar_from_json(doc, programs.list, programs.n, &calendar, &error);
                break;
        }
        if (r == -EINVAL)
                return thon_store_fail(store, THON_STORE_INVALID, "%s: %s", kinds[kind].noun, error.text);
        if (r == 0) {
                memcpy(ret_id, kind == THON_DOC_PROGRAM ? program.id : calendar.id, sizeof(thon_slug));
                *ret_name = THON_TAKE(*(kind == THON_DOC_PROGRAM ? &program.name : &calendar.name));
        }
        thon_program_done(&program);
        thon_calendar_done(&calendar);
        return r;
}

static int write_doc(struct thon_store *store, const struct kind *kind, const char *id, const char *name,
                     const char *text)
{
        return thon_sql_do(store, kind->set, SQL_TEXT(id), SQL_TEXT(name), SQL_TEXT(text));
}

static int set_doc(struct thon_store *store, enum thon_light_doc kind, const json_t *doc,
                   const struct thon_actor *actor)
{
        _cleanup_json_ json_t *before = NULL, *detail = NULL;
        _cleanup_free_ char *name = NULL, *text = NULL;
        thon_slug id;
        int r;

        r = check_doc(store, kind, doc, id, &name);
        if (r != 0)
                return r;
        text = json_dumps(doc, JSON_COMPACT);
        if (!text)
                return -ENOMEM;
        if (strlen(text) > DOC_SIZE_MAX)
                return thon_store_fail(store, THON_STORE_INVALID, "%s %s: longer than %d bytes",
                                       kinds[kind].noun, id, DOC_SIZE_MAX);
        r = load(store, &kinds[kind], id, &before);
        if (r != 0 || (before && json_equal(before, doc)))
                return r;
        r = write_doc(store, &kinds[kind], id, name ? name : id, text);
        if (r != 0)
                return r;
        detail = json_pack("{s:O?, s:O}", "before", before, "after", (json_t *)doc);
        return detail ? thon_registry_wrote(store, actor, kinds[kind].noun, "set", id, detail) : -ENOMEM;
}

int thon_light_doc_set(struct thon_store *store, enum thon_light_doc kind, const json_t *doc,
                       const struct thon_actor *actor)
{
        bool own = false;
        int r;

        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = set_doc(store, kind, doc, actor);
        return thon_sql_leave(store, own, r);
}

static int check_unreferenced(struct thon_store *store, const struct kind *kind, const char *id)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r;

        r = thon_sql_row(store, &stmt, kind->referrer, SQL_TEXT(id));
        if (r != 0 || !stmt)
                return r;
        return thon_store_fail(store, THON_STORE_REFERENCED, "%s %s still has %s %s",
                               thon_column_text(stmt, 0), thon_column_text(stmt, 1), kind->noun, id);
}

static int remove_doc(struct thon_store *store, const struct kind *kind, const char *id,
                      const struct thon_actor *actor)
{
        _cleanup_json_ json_t *before = NULL, *detail = NULL;
        int r;

        r = load(store, kind, id, &before);
        if (r != 0)
                return r;
        if (!before)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no %s %s", kind->noun, id);
        r = check_unreferenced(store, kind, id);
        if (r == 0)
                r = thon_sql_do(store, kind->remove, SQL_TEXT(id));
        if (r != 0)
                return r;
        detail = json_pack("{s:O}", "before", before);
        return detail ? thon_registry_wrote(store, actor, kind->noun, "remove", id, detail) : -ENOMEM;
}

int thon_light_doc_remove(struct thon_store *store, enum thon_light_doc kind, const char *id,
                          const struct thon_actor *actor)
{
        bool own = false;
        int r;

        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = remove_doc(store, &kinds[kind], id, actor);
        return thon_sql_leave(store, own, r);
}

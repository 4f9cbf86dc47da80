/* The registry's calls: each is one IMMEDIATE transaction that ends with a count of the generation and a row of the audit
 * log, or leaves nothing behind. */
#include "thon/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device_config.h"
#include "registry_area.h"
#include "registry_record.h"
#include "registry_write.h"

int thon_registry_wrote(struct thon_store *store, const struct thon_actor *actor, const char *noun,
                        const char *verb, const char *object, const json_t *detail)
{
        _cleanup_free_ char *action = NULL, *text = NULL;
        int r;

        if (asprintf(&action, "%s.%s", noun, verb) < 0) {
                action = NULL;
                return -ENOMEM;
        }
        text = json_dumps(detail, JSON_COMPACT);
        if (!text)
                return -ENOMEM;
        r = thon_sql_exec(store, "UPDATE registry_state SET generation = generation + 1");
        return r != 0 ? r : thon_audit_add(store, actor->at, actor->name, action, object, text);
}

int thon_registry_generation(struct thon_store *store, int64_t *ret)
{
        return thon_sql_integer(store, "SELECT generation FROM registry_state", NULL, ret);
}

/* {"field": new} of what was added, {"field": [old, new]} of what was changed; of personal fields their names alone, in
 * "personal": the log is for good, and nobody may have to be forgotten by it. Not their digests either: whoever has the digest
 * of a phone number finds the number in an hour. */
static int audit_detail(const struct thon_record *record, const struct thon_change *change, bool added,
                        json_t **ret)
{
        _cleanup_json_ json_t *detail = json_object(), *personal = json_array();

        for (size_t i = 1; i < record->table->n; i++) {
                const struct thon_column *column = &record->table->columns[i];
                json_t *value;

                if (!(change->given & (1u << i)))
                        continue;
                if (column->personal) {
                        if (json_array_append_new(personal, json_string(column->name)) < 0)
                                return -ENOMEM;
                        continue;
                }
                value = thon_value_json(column, &record->values[i]);
                if (!added)
                        value = json_pack("[o, o]", thon_value_json(column, &change->record.values[i]),
                                          value);
                if (json_object_set_new(detail, column->name, value) < 0)
                        return -ENOMEM;
        }
        if (json_array_size(personal) > 0 && json_object_set(detail, "personal", personal) < 0)
                return -ENOMEM;
        *ret = THON_TAKE(detail);
        return 0;
}

/* Of what was removed: what is not personal. */
static int removed_detail(const struct thon_record *record, json_t **ret)
{
        _cleanup_json_ json_t *detail = NULL;
        int r = thon_record_json(record, &detail);

        if (r != 0)
                return r;
        for (size_t i = 0; i < record->table->n; i++)
                if (record->table->columns[i].personal)
                        (void)json_object_del(detail, record->table->columns[i].name);
        *ret = THON_TAKE(detail);
        return 0;
}

static int fail_column(struct thon_store *store, int error, const struct thon_table *table, const char *id,
                       int column, const struct thon_reason *reason)
{
        if (column < 0)
                return thon_store_fail(store, (enum thon_store_error)error, "%s %s: %s",
                                       thon_noun_text(table->noun), id, reason->text);
        return thon_store_fail(store, (enum thon_store_error)error, "%s %s: %s %s",
                               thon_noun_text(table->noun), id, table->columns[column].name, reason->text);
}

static int give_all(struct thon_store *store, struct thon_change *change, const char *id,
                    const struct thon_field *fields, size_t n)
{
        const struct thon_table *table = change->record.table;
        struct thon_reason reason;
        int r;

        r = thon_change_give(store, change, 0, id, &reason);
        if (r == THON_STORE_INVALID)
                return fail_column(store, r, table, id, 0, &reason);
        for (size_t i = 0; r == 0 && i < n; i++) {
                int column = thon_registry_column(table, fields[i].name);

                if (column < 0)
                        return thon_store_fail(store, THON_STORE_INVALID, "a %s has no field \"%s\"",
                                               thon_noun_text(table->noun), fields[i].name);
                if (column == 0)
                        return thon_store_fail(store, THON_STORE_INVALID, "the %s of a %s does not change",
                                               table->columns[0].name, thon_noun_text(table->noun));
                if (change->given & (1u << column))
                        return thon_store_fail(store, THON_STORE_INVALID, "%s is given twice",
                                               table->columns[column].name);
                r = thon_change_give(store, change, column, fields[i].value, &reason);
                if (r == THON_STORE_INVALID)
                        return fail_column(store, r, table, id, column, &reason);
        }
        return r;
}

static int write_one(struct thon_store *store, enum thon_noun noun, const char *id,
                     const struct thon_field *fields, size_t n, enum thon_apply_mode mode,
                     const struct thon_actor *actor)
{
        const struct thon_table *table = thon_registry_table(noun);
        _cleanup_change_ struct thon_change change = {.record.table = table};
        _cleanup_record_ struct thon_record record = {0};
        _cleanup_json_ json_t *detail = NULL;
        enum thon_apply_outcome outcome;
        struct thon_reason reason;
        int column, r;

        r = give_all(store, &change, id, fields, n);
        if (r != 0)
                return r;
        r = thon_change_apply(store, &change, mode, false, actor->at, &outcome, &record, &reason, &column);
        if (r > 0 && reason.text[0] != '\0')
                return fail_column(store, r, table, id, r == THON_STORE_INVALID ? column : -1, &reason);
        if (r != 0 || outcome == THON_APPLY_UNCHANGED)
                return r;
        r = audit_detail(&record, &change, outcome == THON_APPLY_ADDED, &detail);
        if (r < 0)
                return r;
        return thon_registry_wrote(store, actor, thon_noun_text(noun),
                                   outcome == THON_APPLY_ADDED ? "add" : "set", record.values[0].text,
                                   detail);
}

int thon_registry_add(struct thon_store *store, enum thon_noun noun, const char *id,
                      const struct thon_field *fields, size_t n, const struct thon_actor *actor)
{
        bool own = false;
        int r;

        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = write_one(store, noun, id, fields, n, THON_APPLY_ADD, actor);
        return thon_sql_leave(store, own, r);
}

int thon_registry_set(struct thon_store *store, enum thon_noun noun, const char *id,
                      const struct thon_field *fields, size_t n, const struct thon_actor *actor)
{
        bool own = false;
        int r;

        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = write_one(store, noun, id, fields, n, THON_APPLY_SET, actor);
        return thon_sql_leave(store, own, r);
}

/* What keeps a record from going, by noun: "SELECT what, which ... WHERE it refers to ?1". */
static const char *const referrers[THON_NOUNS] = {
        [THON_AREA] = "SELECT 'area', id FROM area WHERE parent = ?1 UNION ALL "
                      "SELECT 'household', code FROM household WHERE area = ?1 UNION ALL "
                      "SELECT 'person', id FROM person WHERE area = ?1 UNION ALL "
                      "SELECT 'group', id FROM group_ WHERE area = ?1 UNION ALL "
                      "SELECT 'device', id FROM device WHERE area = ?1 LIMIT 1",
        [THON_HOUSEHOLD] = "SELECT 'person', id FROM person WHERE household = ?1 LIMIT 1",
        [THON_PERSON] = "SELECT 'user', id FROM user WHERE person = ?1 LIMIT 1",
        [THON_DEVICE] =
                "SELECT kind, id FROM device WHERE id <> ?1 AND " THON_SQL_WATCHED
                " AND ?1 IN (json_extract(config, '$.parent'), json_extract(config, '$.power.circuit'),"
                " json_extract(config, '$.circuit')) LIMIT 1",
};

static int check_unreferenced(struct thon_store *store, enum thon_noun noun, const char *id)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r;

        if (!referrers[noun])
                return 0;
        r = thon_sql_row(store, &stmt, referrers[noun], SQL_TEXT(id));
        if (r != 0 || !stmt)
                return r;
        return thon_store_fail(store, THON_STORE_REFERENCED, "%s %s still %s %s %s",
                               thon_column_text(stmt, 0), thon_column_text(stmt, 1),
                               noun == THON_DEVICE || noun == THON_PERSON ? "refers to" : "belongs to",
                               thon_noun_text(noun), id);
}

static int delete_row(struct thon_store *store, const struct thon_table *table, const char *id)
{
        _cleanup_free_ char *sql = NULL;

        if (asprintf(&sql, "DELETE FROM %s WHERE %s = ?1%s", table->sql, table->columns[0].name,
                     table->noun == THON_AREA ? " OR merged_into = ?1" : "") < 0) {
                sql = NULL;
                return -ENOMEM;
        }
        return thon_sql_do(store, sql, SQL_TEXT(id));
}

static int remove_one(struct thon_store *store, enum thon_noun noun, const char *id,
                      const struct thon_actor *actor)
{
        const struct thon_table *table = thon_registry_table(noun);
        _cleanup_record_ struct thon_record record = {0};
        _cleanup_json_ json_t *detail = NULL;
        struct thon_reason reason;
        bool found;
        int r;

        r = thon_record_load(store, table, id, &record, &found);
        if (r != 0)
                return r;
        if (!found)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no %s %s",
                                       thon_noun_text(noun), id);
        if (noun == THON_AREA) {
                r = thon_area_check_id(store, id, &reason);
                if (r == THON_STORE_INVALID)
                        return fail_column(store, r, table, id, -1, &reason);
                if (r != 0)
                        return r;
        }
        r = check_unreferenced(store, noun, id);
        if (r == 0)
                r = delete_row(store, table, id);
        if (r == 0)
                r = removed_detail(&record, &detail);
        return r != 0 ? r
                      : thon_registry_wrote(store, actor, thon_noun_text(noun), "remove",
                                            record.values[0].text, detail);
}

int thon_registry_remove(struct thon_store *store, enum thon_noun noun, const char *id,
                         const struct thon_actor *actor)
{
        bool own = false;
        int r;

        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = remove_one(store, noun, id, actor);
        return thon_sql_leave(store, own, r);
}

/* Adds a member that one call makes. */
static int add_member(struct thon_store *store, json_t *object, const char *name, const char *id,
                      int (*make)(struct thon_store *, const char *, json_t **))
{
        json_t *value;
        int r = make(store, id, &value);

        if (r != 0)
                return r;
        return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

static int show_more(struct thon_store *store, const struct thon_record *record, json_t *object)
{
        const struct thon_table *table = record->table;
        int area = table->noun == THON_AREA ? 0 : thon_registry_column_named(table, "area");
        const char *id = area >= 0 ? record->values[area].text : NULL;
        int r;

        r = add_member(store, object, "areas", id ? id : "", thon_area_chain);
        if (r == 0 && table->noun == THON_AREA)
                r = add_member(store, object, "aliases", id, thon_area_aliases);
        if (r == 0 && table->noun == THON_AREA)
                r = add_member(store, object, "history", id, thon_area_history);
        return r;
}

int thon_registry_show(struct thon_store *store, enum thon_noun noun, const char *id, json_t **ret)
{
        const struct thon_table *table = thon_registry_table(noun);
        _cleanup_record_ struct thon_record record = {0};
        _cleanup_json_ json_t *object = NULL;
        _cleanup_free_ char *survivor = NULL;
        struct thon_reason reason;
        bool found;
        int r;

        if (noun == THON_AREA) {
                r = thon_area_resolve(store, id, &survivor, &reason);
                if (r == THON_STORE_INVALID)
                        return thon_store_fail(store, THON_STORE_NOT_FOUND, "%s", reason.text);
                if (r != 0)
                        return r;
                id = survivor;
        }
        r = thon_record_load(store, table, id, &record, &found);
        if (r != 0)
                return r;
        if (!found)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no %s %s",
                                       thon_noun_text(noun), id);
        r = thon_record_json(&record, &object);
        if (r == 0)
                r = show_more(store, &record, object);
        if (r != 0)
                return r;
        *ret = THON_TAKE(object);
        return 0;
}

/* What a list is narrowed to: rows in the area ?1 or below it, and of the kind ?2; both always bound. */
static char *list_sql(const struct thon_table *table, bool area, bool kind)
{
        _cleanup_free_ char *rest = NULL;
        const char *below = "";

        if (area && table->noun == THON_AREA)
                below = " AND t.id IN " THON_SQL_AREA_BELOW("?1");
        else if (area && table->noun == THON_PERSON)
                below = " AND (t.area IN " THON_SQL_AREA_BELOW(
                        "?1") " OR t.household IN (SELECT code FROM household "
                              "WHERE area IN " THON_SQL_AREA_BELOW("?1") "))";
        else if (area)
                below = " AND t.area IN " THON_SQL_AREA_BELOW("?1");
        if (asprintf(&rest, "WHERE %s%s%s ORDER BY t.%s", table->hidden ? table->hidden : "1", below,
                     kind ? " AND t.kind = ?2" : "", table->columns[0].name) < 0) {
                rest = NULL;
                return NULL;
        }
        return thon_record_select(table, rest);
}

static int list_rows(struct thon_store *store, const struct thon_table *table, const char *area,
                     const char *kind, json_t *list)
{
        _cleanup_record_ struct thon_record record = {0};
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *sql = list_sql(table, area, kind);
        int r;

        if (!sql)
                return -ENOMEM;
        r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        if (area)
                thon_bind_text(stmt, 1, area);
        if (kind)
                thon_bind_text(stmt, 2, kind);
        for (;;) {
                json_t *object;
                bool row;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                r = thon_record_read(stmt, table, &record);
                if (r == 0)
                        r = thon_record_json(&record, &object);
                if (r == 0 && json_array_append_new(list, object) < 0)
                        r = -ENOMEM;
                if (r != 0)
                        return r;
        }
}

int thon_registry_list(struct thon_store *store, enum thon_noun noun, const char *area, const char *kind,
                       json_t **ret)
{
        const struct thon_table *table = thon_registry_table(noun);
        _cleanup_json_ json_t *list = json_array();
        _cleanup_free_ char *id = NULL;
        struct thon_reason reason;
        int r;

        if (!list)
                return -ENOMEM;
        if (area) {
                r = thon_area_resolve(store, area, &id, &reason);
                if (r == THON_STORE_INVALID)
                        return thon_store_fail(store, THON_STORE_NOT_FOUND, "%s", reason.text);
                if (r != 0)
                        return r;
        }
        if (kind && thon_registry_column_named(table, "kind") < 0)
                return thon_store_fail(store, THON_STORE_INVALID, "a %s has no kind", thon_noun_text(noun));
        r = list_rows(store, table, id, kind, list);
        if (r != 0)
                return r;
        *ret = THON_TAKE(list);
        return 0;
}

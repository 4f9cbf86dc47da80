/* Rows of the registry, read and written by the table of fields: the SQL is composed from it, values go in as
 * parameters. */
#include "registry_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "registry_area.h"
#include "thon/text.h"

#define SEARCH_MAX 4096

void thon_record_done(struct thon_record *record)
{
        for (size_t i = 0; i < THON_COLUMNS_MAX; i++)
                thon_value_done(&record->values[i]);
}

static const char *expression(enum thon_field_type type)
{
        if (type == THON_FIELD_GROUPS)
                return "(SELECT group_concat(group_id, ' ') FROM (SELECT group_id FROM group_member "
                       "WHERE person = t.id ORDER BY group_id))";
        return "(SELECT group_concat(person, ' ') FROM (SELECT person FROM group_member WHERE group_id = "
               "t.id "
               "ORDER BY person))";
}

char *thon_record_select(const struct thon_table *table, const char *rest)
{
        char *sql = NULL;
        size_t size;
        FILE *out = open_memstream(&sql, &size);

        if (!out)
                return NULL;
        fputs("SELECT ", out);
        for (size_t i = 0; i < table->n; i++) {
                const struct thon_column *column = &table->columns[i];

                if (thon_column_stored(column))
                        fprintf(out, "%st.%s", i ? ", " : "", column->name);
                else
                        fprintf(out, ", %s", expression(column->type));
        }
        fprintf(out, " FROM %s AS t %s", table->sql, rest);
        if (fclose(out) != 0) {
                free(sql);
                return NULL;
        }
        return sql;
}

int thon_record_read(struct thon_stmt *stmt, const struct thon_table *table, struct thon_record *ret)
{
        thon_record_done(ret);
        ret->table = table;
        for (size_t i = 0; i < table->n; i++) {
                struct thon_value *value = &ret->values[i];
                int column = (int)i;

                if (thon_column_null(stmt, column))
                        continue;
                switch (table->columns[i].type) {
                case THON_FIELD_INTEGER:
                case THON_FIELD_BOOLEAN:
                        value->kind = THON_VALUE_INTEGER;
                        value->integer = thon_column_int(stmt, column);
                        break;
                case THON_FIELD_DEGREES:
                        value->kind = THON_VALUE_REAL;
                        value->real = thon_column_double(stmt, column);
                        break;
                case THON_FIELD_SLUG:
                case THON_FIELD_CODE:
                case THON_FIELD_TEXT:
                case THON_FIELD_WORD:
                case THON_FIELD_PHONE:
                case THON_FIELD_DATE:
                case THON_FIELD_CHANNELS:
                case THON_FIELD_CONSENT:
                case THON_FIELD_CONFIG:
                case THON_FIELD_AREA:
                case THON_FIELD_HOUSEHOLD:
                case THON_FIELD_GROUPS:
                case THON_FIELD_MEMBERS: {
                        const char *text = thon_column_text(stmt, column);
                        char *copy = text ? strdup(text) : NULL;

                        if (!copy)
                                return -ENOMEM;
                        thon_value_take(value, copy);
                        break;
                }
                }
        }
        return 0;
}

int thon_record_load(struct thon_store *store, const struct thon_table *table, const char *key,
                     struct thon_record *ret, bool *ret_found)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *sql = NULL;
        char where[64];
        int r;

        (void)snprintf(where, sizeof where, "WHERE t.%s = ?1", table->columns[0].name);
        sql = thon_record_select(table, where);
        if (!sql)
                return -ENOMEM;
        r = thon_sql_row(store, &stmt, sql, SQL_TEXT(key));
        if (r != 0)
                return r;
        if (stmt) {
                r = thon_record_read(stmt, table, ret);
                if (r < 0)
                        return r;
        }
        *ret_found = stmt;
        return 0;
}

int thon_record_json(const struct thon_record *record, json_t **ret)
{
        _cleanup_json_ json_t *object = json_object();

        for (size_t i = 0; i < record->table->n; i++) {
                const struct thon_column *column = &record->table->columns[i];

                if (json_object_set_new(object, column->name, thon_value_json(column, &record->values[i])) <
                    0)
                        return -ENOMEM;
        }
        *ret = THON_TAKE(object);
        return 0;
}

static void bind(struct thon_stmt *stmt, int index, const struct thon_value *value)
{
        switch (value->kind) {
        case THON_VALUE_NONE:
                thon_bind_null(stmt, index);
                break;
        case THON_VALUE_TEXT:
                thon_bind_text(stmt, index, value->text);
                break;
        case THON_VALUE_INTEGER:
                thon_bind_int(stmt, index, value->integer);
                break;
        case THON_VALUE_REAL:
                thon_bind_double(stmt, index, value->real);
                break;
        }
}

static char *insert_sql(const struct thon_table *table)
{
        char *sql = NULL;
        size_t size;
        FILE *out = open_memstream(&sql, &size);

        if (!out)
                return NULL;
        fprintf(out, "INSERT INTO %s (", table->sql);
        for (size_t i = 0; i < table->n; i++)
                if (thon_column_stored(&table->columns[i]))
                        fprintf(out, "%s%s", i ? ", " : "", table->columns[i].name);
        fputs(table->search ? ", search) VALUES (" : ") VALUES (", out);
        for (size_t i = 0; i < table->n; i++)
                if (thon_column_stored(&table->columns[i]))
                        fprintf(out, "%s?%zu", i ? ", " : "", i + 1);
        if (table->search)
                fprintf(out, ", ?%zu", table->n + 1);
        fputs(")", out);
        if (fclose(out) != 0) {
                free(sql);
                return NULL;
        }
        return sql;
}

static char *update_sql(const struct thon_table *table)
{
        char *sql = NULL;
        size_t size;
        FILE *out = open_memstream(&sql, &size);

        if (!out)
                return NULL;
        fprintf(out, "UPDATE %s SET ", table->sql);
        for (size_t i = 1; i < table->n; i++)
                if (thon_column_stored(&table->columns[i]))
                        fprintf(out, "%s%s = ?%zu", i > 1 ? ", " : "", table->columns[i].name, i + 1);
        if (table->search)
                fprintf(out, ", search = ?%zu", table->n + 1);
        fprintf(out, " WHERE %s = ?1", table->columns[0].name);
        if (fclose(out) != 0) {
                free(sql);
                return NULL;
        }
        return sql;
}

int thon_record_write(struct thon_store *store, const struct thon_record *record, bool exists)
{
        const struct thon_table *table = record->table;
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *sql = exists ? update_sql(table) : insert_sql(table), *search = NULL;
        int r;

        if (!sql)
                return -ENOMEM;
        if (table->search) {
                r = thon_record_search(store, record, &search);
                if (r != 0)
                        return r;
        }
        r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        for (size_t i = 0; i < table->n; i++)
                if (thon_column_stored(&table->columns[i]))
                        bind(stmt, (int)i + 1, &record->values[i]);
        if (table->search)
                thon_bind_text(stmt, (int)table->n + 1, search);
        return thon_stmt_run(stmt);
}

/* " nguyen van an ngo dong 12 chi phuc cp 001 0912345678": a space before every word, so that "what begins a word" is one
 * search for a substring. */
int thon_record_search(struct thon_store *store, const struct thon_record *record, char **ret)
{
        static const char *const parts[] = {"head_name", "name", "lane", "house_no",
                                            "area",      "code", "phone"};
        _cleanup_free_ char *joined = NULL, *folded = NULL, *search = NULL;
        size_t size;
        FILE *out = open_memstream(&joined, &size);
        int r = 0;

        if (!out)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < sizeof parts / sizeof *parts; i++) {
                int column = thon_registry_column_named(record->table, parts[i]);
                const char *text = column < 0 ? NULL : record->values[column].text;

                if (!text)
                        continue;
                if (strcmp(parts[i], "area") == 0)
                        r = thon_area_write_name(store, text, out);
                else if (strncmp(text, "+84", 3) == 0)
                        fprintf(out, "0%s ", text + 3);
                else
                        fprintf(out, "%s ", text);
        }
        if (fclose(out) != 0)
                return -ENOMEM;
        if (r == 0)
                r = thon_text_fold(joined, SEARCH_MAX, &folded);
        if (r == 0 && asprintf(&search, " %s", folded) < 0) {
                search = NULL;
                r = -ENOMEM;
        }
        if (r != 0)
                return r;
        *ret = THON_TAKE(search);
        return 0;
}

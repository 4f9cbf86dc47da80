/* The registry as CSV for Excel in Vietnam: UTF-8 with its mark, semicolons, and therefore decimal commas (with this
 * separator Excel takes "19.99" for a thousand and more). Read back, it changes nothing. */
#include <errno.h>
#include <string.h>

#include "registry_record.h"
#include "thon/csv.h"

#define SEPARATOR     ';'
#define DECIMAL_POINT ','

/* Members come with the people, who are imported after the groups. */
static bool exported(const struct thon_column *column)
{
        return column->type != THON_FIELD_MEMBERS;
}

static size_t last_column(const struct thon_table *table)
{
        size_t last = 0;

        for (size_t i = 0; i < table->n; i++)
                if (exported(&table->columns[i]))
                        last = i;
        return last;
}

static int append_header(const struct thon_table *table, char **csv, size_t *size)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < table->n; i++)
                if (exported(&table->columns[i]))
                        r = thon_csv_append(csv, size, table->columns[i].name, SEPARATOR,
                                            i == last_column(table));
        return r;
}

static int append_row(const struct thon_record *record, char **csv, size_t *size)
{
        const struct thon_table *table = record->table;

        for (size_t i = 0; i < table->n; i++) {
                _cleanup_free_ char *text = NULL;
                int r;

                if (!exported(&table->columns[i]))
                        continue;
                r = thon_value_csv(&table->columns[i], &record->values[i], DECIMAL_POINT, &text);
                if (r == 0)
                        r = thon_csv_append(csv, size, text, SEPARATOR, i == last_column(table));
                if (r < 0)
                        return r;
        }
        return 0;
}

static int append_rows(struct thon_store *store, const struct thon_table *table, char **csv, size_t *size)
{
        _cleanup_record_ struct thon_record record = {0};
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *rest = NULL, *sql = NULL;
        int r;

        if (asprintf(&rest, "WHERE %s ORDER BY t.%s", table->hidden ? table->hidden : "1",
                     table->columns[0].name) < 0) {
                rest = NULL;
                return -ENOMEM;
        }
        sql = thon_record_select(table, rest);
        if (!sql)
                return -ENOMEM;
        r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        for (;;) {
                bool row;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                r = thon_record_read(stmt, table, &record);
                if (r == 0)
                        r = append_row(&record, csv, size);
                if (r < 0)
                        return r;
        }
}

int thon_registry_export(struct thon_store *store, enum thon_noun noun, char **ret_csv, size_t *ret_size)
{
        static const char mark[] = "\xef\xbb\xbf";
        const struct thon_table *table = thon_registry_table(noun);
        _cleanup_free_ char *csv = NULL, *marked = NULL;
        size_t size = 0;
        int r;

        r = append_header(table, &csv, &size);
        if (r == 0)
                r = append_rows(store, table, &csv, &size);
        if (r != 0)
                return r;
        marked = malloc(size + sizeof mark);
        if (!marked)
                return -ENOMEM;
        memcpy(marked, mark, sizeof mark - 1);
        memcpy(marked + sizeof mark - 1, csv, size + 1);
        *ret_csv = THON_TAKE(marked);
        *ret_size = size + sizeof mark - 1;
        return 0;
}

/* A change to a row.
 *
 * It is laid over the whole row as it is, and the row is then checked and written as one: rules between fields (both
 * coordinates or none, a date with every consent, a configuration that fits the kind) hold whichever of them was
 * given, and a row that comes out as it was is not written at all. */
#include <errno.h>
#include <string.h>

#include "device_config.h"
#include "registry_area.h"
#include "registry_group.h"
#include "registry_record.h"

void thon_change_done(struct thon_change *change)
{
        thon_record_done(&change->record);
}

/* A household as its key is written in the store. */
static int resolve_household(struct thon_store *store, struct thon_value *value, struct thon_reason *reason)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        const char *text;
        char *code;
        int r;

        r = thon_sql_row(store, &stmt, "SELECT code FROM household WHERE code = ?1", SQL_TEXT(value->text));
        if (r != 0)
                return r;
        if (!stmt)
                return thon_reason_set(reason, "there is no household %s", value->text);
        text = thon_column_text(stmt, 0);
        code = text ? strdup(text) : NULL;
        if (!code)
                return -ENOMEM;
        thon_value_take(value, code);
        return 0;
}

int thon_change_give(struct thon_store *store, struct thon_change *change, int column, const char *text,
                     struct thon_reason *reason)
{
        const struct thon_column *field = &change->record.table->columns[column];
        struct thon_value *value = &change->record.values[column];
        int r;

        thon_value_done(value);
        r = thon_value_parse(field, text, value, reason);
        if (r != 0)
                return r;
        if (value->kind != THON_VALUE_NONE) {
                if (field->type == THON_FIELD_AREA) {
                        char *id;

                        r = thon_area_resolve(store, value->text, &id, reason);
                        if (r != 0)
                                return r;
                        thon_value_take(value, id);
                } else if (field->type == THON_FIELD_HOUSEHOLD) {
                        r = resolve_household(store, value, reason);
                } else if (!thon_column_stored(field)) {
                        r = thon_group_check_ids(store, field->type, value->text, reason);
                }
                if (r != 0)
                        return r;
        }
        change->given |= 1u << column;
        return 0;
}

/* Lays a new value over a row, taking it over; the change keeps what stood there first. */
static void put(struct thon_record *record, struct thon_change *change, int column, struct thon_value value)
{
        struct thon_value *now = &record->values[column], *first = &change->record.values[column];

        if (change->given & (1u << column)) {
                thon_value_done(now);
        } else {
                thon_value_done(first);
                *first = *now;
                change->given |= 1u << column;
        }
        *now = value;
        if (thon_value_equal(now, first))
                change->given &= ~(1u << column);
}

static void lay(struct thon_record *record, struct thon_change *change)
{
        uint32_t given = change->given;

        change->given = 0;
        for (int i = 0; given >> i; i++) {
                struct thon_value value = change->record.values[i];

                if (!(given & (1u << i)))
                        continue;
                change->record.values[i] = (struct thon_value){0};
                put(record, change, i, value);
        }
}

static int put_text(struct thon_record *record, struct thon_change *change, int column, const char *text)
{
        struct thon_value value = {.kind = THON_VALUE_TEXT, .text = strdup(text)};

        if (!value.text)
                return -ENOMEM;
        put(record, change, column, value);
        return 0;
}

static int fill(struct thon_record *record, struct thon_change *change, struct thon_reason *reason,
                int *ret_column)
{
        const struct thon_table *table = record->table;

        for (int i = 0; i < (int)table->n; i++) {
                const struct thon_column *column = &table->columns[i];

                if (record->values[i].kind != THON_VALUE_NONE)
                        continue;
                if (column->fallback) {
                        bool key = strcmp(column->fallback, "@") == 0;
                        int r = put_text(record, change, i, key ? record->values[0].text : column->fallback);

                        if (r < 0)
                                return r;
                } else if (column->required) {
                        *ret_column = i;
                        return thon_reason_set(reason, "is required");
                }
        }
        return 0;
}

/* Vietnam has one zone since 1975, and a consent is dated where it is given. */
static const char *today(struct thon_wall at, char buf[static THON_DATE_TEXT])
{
        int64_t s = at.s + 7 * 3600;
        int64_t days = s / 86400 - (s % 86400 < 0);

        return thon_date_text(thon_date_of((int32_t)days), buf);
}

/* Consent has a date: the one given with it, or today's; without consent there is none. */
static int check_consent(struct thon_record *record, struct thon_change *change, bool dated,
                         struct thon_wall at)
{
        int consent = thon_registry_column_of(record->table, THON_FIELD_CONSENT);
        int date = thon_registry_column_of(record->table, THON_FIELD_DATE);
        char buf[THON_DATE_TEXT];

        if (consent < 0 || date < 0)
                return 0;
        if (record->values[consent].kind == THON_VALUE_NONE) {
                put(record, change, date, (struct thon_value){0});
                return 0;
        }
        if (record->values[date].kind != THON_VALUE_NONE && (dated || !(change->given & (1u << consent))))
                return 0;
        return put_text(record, change, date, today(at, buf));
}

static int check_place(const struct thon_record *record, struct thon_reason *reason, int *ret_column)
{
        int lat = thon_registry_column_named(record->table, "lat");
        int lon = thon_registry_column_named(record->table, "lon");

        if (lat < 0 || lon < 0 ||
            (record->values[lat].kind == THON_VALUE_NONE) == (record->values[lon].kind == THON_VALUE_NONE))
                return 0;
        *ret_column = record->values[lat].kind == THON_VALUE_NONE ? lat : lon;
        return thon_reason_set(reason, "is missing: a place has lat and lon, or neither");
}

static bool changed(const struct thon_change *change, const char *name)
{
        int column = thon_registry_column_named(change->record.table, name);

        return column >= 0 && (change->given & (1u << column));
}

/* With `loose` only what the schema itself would refuse. */
static int check_parent(struct thon_store *store, const struct thon_record *record, bool loose,
                        struct thon_reason *reason, int *ret_column)
{
        int column = thon_registry_column_named(record->table, "parent");
        const char *id = record->values[0].text, *parent = record->values[column].text;

        if (!parent)
                return 0;
        *ret_column = column;
        if (loose)
                return strcmp(parent, id) == 0 ? thon_reason_set(reason, "lies in the area itself") : 0;
        return thon_area_check_parent(store, id, parent, reason);
}

/* A change of its kind, its name or its area concerns the configuration as well. */
static int check_device(struct thon_store *store, const struct thon_record *record,
                        const struct thon_change *change, struct thon_reason *reason, int *ret_column)
{
        const struct thon_table *table = record->table;
        const struct thon_value *values = record->values;
        int config = thon_registry_column_named(table, "config"),
            kind = thon_registry_column_named(table, "kind");
        int area = thon_registry_column_named(table, "area"),
            name = thon_registry_column_named(table, "name");

        if (change->given == 0)
                return 0;
        *ret_column = config;
        return thon_device_config_check(store, values[0].text, values[kind].text, values[area].text,
                                        values[name].text, values[config].text, reason);
}

static int check(struct thon_store *store, struct thon_record *record, struct thon_change *change,
                 bool loose, bool dated, struct thon_wall at, struct thon_reason *reason, int *ret_column)
{
        int r;

        r = check_consent(record, change, dated, at);
        if (r == 0)
                r = check_place(record, reason, ret_column);
        if (r != 0)
                return r;
        switch (record->table->noun) {
        case THON_AREA:
                return changed(change, "parent") ? check_parent(store, record, loose, reason, ret_column)
                                                 : 0;
        case THON_DEVICE:
                return check_device(store, record, change, reason, ret_column);
        case THON_HOUSEHOLD:
        case THON_PERSON:
        case THON_GROUP:
        case THON_NOUNS:
                break;
        }
        return 0;
}

static int write_rest(struct thon_store *store, const struct thon_record *record,
                      const struct thon_change *change, bool found, struct thon_wall at)
{
        const struct thon_table *table = record->table;
        const char *key = record->values[0].text;
        int r;

        for (size_t i = 0; i < table->n; i++) {
                if (thon_column_stored(&table->columns[i]) || !(change->given & (1u << i)))
                        continue;
                r = thon_group_write_ids(store, table->columns[i].type, key, record->values[i].text);
                if (r != 0)
                        return r;
        }
        if (table->noun == THON_AREA && found && (changed(change, "name") || changed(change, "parent"))) {
                int name = thon_registry_column_named(table, "name");
                int parent = thon_registry_column_named(table, "parent");
                const struct thon_record *old_name = changed(change, "name") ? &change->record : record;
                const struct thon_record *old_parent = changed(change, "parent") ? &change->record : record;

                return thon_area_changed(store, key, old_name->values[name].text,
                                         old_parent->values[parent].text, at);
        }
        return 0;
}

/* Of one device that was just written. */
struct lines {
        const char *id;
        struct thon_reason *reason;
};

static bool is_written(void *userdata, const char *id)
{
        const struct lines *lines = userdata;

        return strcmp(lines->id, id) == 0;
}

static void take_reason(void *userdata, const char *id, const char *reason)
{
        const struct lines *lines = userdata;

        (void)id;
        (void)thon_reason_set(lines->reason, "is wrong: %s", reason);
}

static int check_lines(struct thon_store *store, const struct thon_record *record,
                       struct thon_reason *reason, int *ret_column)
{
        struct lines lines = {record->values[0].text, reason};
        int r;

        *ret_column = thon_registry_column_of(record->table, THON_FIELD_CONFIG);
        r = thon_device_check_lines(store, is_written, take_reason, &lines);
        if (r == 0 && reason->text[0] == '\0')
                r = thon_device_check_references(store, is_written, take_reason, &lines);
        return r == 0 && reason->text[0] ? THON_STORE_INVALID : r;
}

int thon_change_apply(struct thon_store *store, struct thon_change *change, enum thon_apply_mode mode,
                      bool loose, struct thon_wall at, enum thon_apply_outcome *ret,
                      struct thon_record *ret_record, struct thon_reason *reason, int *ret_column)
{
        const struct thon_table *table = change->record.table;
        int date = thon_registry_column_of(table, THON_FIELD_DATE);
        struct thon_record *record = ret_record;
        bool found = false, dated = false;
        int r;

        *ret_column = 0;
        reason->text[0] = '\0';
        r = thon_record_load(store, table, change->record.values[0].text, record, &found);
        if (r != 0)
                return r;
        if (table->noun == THON_AREA) {
                r = thon_area_check_id(store, change->record.values[0].text, reason);
                if (r != 0)
                        return r;
        }
        if (found && mode == THON_APPLY_ADD) {
                (void)thon_reason_set(reason, "exists already");
                return THON_STORE_EXISTS;
        }
        if (!found && mode == THON_APPLY_SET) {
                (void)thon_reason_set(reason, "there is none of that %s", table->columns[0].name);
                return THON_STORE_NOT_FOUND;
        }

        if (found)
                change->given &= ~1u; /* the key stays as it was first written */
        /* A blank date is no date to replace the one that is known. */
        if (date >= 0 && (change->given & (1u << date))) {
                dated = change->record.values[date].kind != THON_VALUE_NONE;
                if (!dated)
                        change->given &= ~(1u << date);
        }
        record->table = table;
        lay(record, change);
        *ret_column = -1;
        if (!found) {
                r = fill(record, change, reason, ret_column);
                if (r != 0)
                        return r;
        }
        r = check(store, record, change, loose, dated, at, reason, ret_column);
        if (r != 0)
                return r;
        if (found && change->given == 0) {
                *ret = THON_APPLY_UNCHANGED;
                return 0;
        }
        r = thon_record_write(store, record, found);
        if (r == 0)
                r = write_rest(store, record, change, found, at);
        if (r == 0 && table->noun == THON_DEVICE && !loose)
                r = check_lines(store, record, reason, ret_column);
        if (r != 0)
                return r;
        *ret = found ? THON_APPLY_CHANGED : THON_APPLY_ADDED;
        return 0;
}

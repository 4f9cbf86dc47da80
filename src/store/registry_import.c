/* CSV into the registry, all or nothing.
 *
 * Rows are written as they are read, into one transaction that is rolled back when anything was wrong: a later row may
 * then refer to an earlier one, and a rehearsal is the import itself without its last step. Reading goes on after a
 * problem, so that the officer mends the file once and not line by line.
 *
 * Areas come in any order, children before parents too. They are all written first, then put in their places, and
 * only then checked for circles. In the same way circuits may exchange their lines. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "device_config.h"
#include "registry_area.h"
#include "registry_record.h"
#include "registry_write.h"
#include "thon/csv.h"
#include "thon/text.h"

#define PROBLEMS_MAX   1000
#define ROWS_MAX       100000
#define PROGRESS_EVERY 500

/* A row of areas whose place in the tree is still to be set. */
struct place {
        unsigned line;
        char *id, *parent;
        enum thon_apply_outcome outcome;
};

struct import {
        struct thon_store *store;
        const struct thon_table *table;
        struct thon_csv *csv;
        const struct thon_actor *actor;
        struct thon_import_report *report;
        json_t *seen; /* key in lower case -> line */
        int late;     /* column that waits until all rows are written, -1 none */
        size_t n_headers;
        char *headers[THON_CSV_COLUMNS_MAX];
        int columns[THON_CSV_COLUMNS_MAX]; /* of the table, by column of the file; -1: ignored */
        struct place *places;
        size_t n_places;
};

static void import_done(struct import *import)
{
        for (size_t i = 0; i < import->n_headers; i++)
                free(import->headers[i]);
        for (size_t i = 0; i < import->n_places; i++) {
                free(import->places[i].id);
                free(import->places[i].parent);
        }
        free(import->places);
        json_decref(import->seen);
        thon_csv_free(import->csv);
}

static bool full(const struct import *import)
{
        return import->report->problems >= PROBLEMS_MAX;
}

static void problem(struct import *import, unsigned line, const char *column, const char *reason)
{
        struct thon_import_problem told = {line, column, reason};

        if (full(import))
                return;
        import->report->problems++;
        if (import->report->tell)
                import->report->tell(import->report->userdata, &told);
}

/* The name of a column as the file has it, or ours where it has none. */
static const char *header_of(const struct import *import, int column)
{
        if (column < 0)
                return "";
        for (size_t i = 0; i < import->n_headers; i++)
                if (import->columns[i] == column)
                        return import->headers[i];
        return import->table->columns[column].name;
}

static bool blank(const char *text)
{
        return text[strspn(text, " \t\r\n")] == '\0';
}

static int known_columns(const struct thon_table *table, char **ret)
{
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return -ENOMEM;
        fputs("there is no such column; known are", out);
        for (size_t i = 0; i < table->n; i++)
                fprintf(out, "%s %s", i ? "," : "", table->columns[i].name);
        if (fclose(out) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

static int take_header(struct import *import, size_t at, const char *text, unsigned line)
{
        int column = thon_registry_column(import->table, text), r;

        /* Kept as shown in messages; what is not even text is shown as nothing. */
        r = thon_text_nfc(text, THON_CSV_FIELD_MAX, &import->headers[at]);
        if (r == -EINVAL)
                import->headers[at] = strdup("");
        if (r == -ENOMEM || !import->headers[at])
                return -ENOMEM;
        import->n_headers = at + 1;
        import->columns[at] = -1;
        if (column < 0 && !blank(text)) {
                _cleanup_free_ char *reason = NULL;

                r = known_columns(import->table, &reason);
                if (r < 0)
                        return r;
                problem(import, line, import->headers[at], reason);
                return 0;
        }
        for (size_t i = 0; column >= 0 && i < at; i++)
                if (import->columns[i] == column) {
                        problem(import, line, import->headers[at], "the column is there twice");
                        return 0;
                }
        import->columns[at] = column;
        return 0;
}

/* 0, or THON_STORE_INVALID when no row can be read without what is wrong here. */
static int read_header(struct import *import)
{
        const char *const *fields;
        bool key = false;
        unsigned line;
        size_t n;
        int r;

        r = thon_csv_next(import->csv, &fields, &n);
        line = thon_csv_line(import->csv);
        if (r == THON_CSV_END) {
                problem(import, 1, "", "the file is empty: a row with the names of the columns comes first");
                return THON_STORE_INVALID;
        }
        if (r == THON_CSV_INVALID) {
                problem(import, line, "", thon_csv_message(import->csv));
                return THON_STORE_INVALID;
        }
        for (size_t i = 0; i < n; i++) {
                r = take_header(import, i, fields[i], line);
                if (r < 0)
                        return r;
                key |= import->columns[i] == 0;
        }
        if (!key) {
                problem(import, line, import->table->columns[0].name,
                        "the column is missing: the first row names the columns");
                return THON_STORE_INVALID;
        }
        return 0;
}

/* Tells a key that stood on an earlier line. */
static int check_seen(struct import *import, const char *key, unsigned line)
{
        _cleanup_free_ char *lower = strdup(key);
        json_t *before;

        if (!lower)
                return -ENOMEM;
        for (char *p = lower; *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        *p = (char)(*p - 'A' + 'a');
        before = json_object_get(import->seen, lower);
        if (before) {
                char reason[160];

                (void)snprintf(reason, sizeof reason, "%s is on line %lld already", key,
                               json_integer_value(before));
                problem(import, line, header_of(import, 0), reason);
                return THON_STORE_INVALID;
        }
        return json_object_set_new(import->seen, lower, json_integer(line)) < 0 ? -ENOMEM : 0;
}

static int remember_place(struct import *import, unsigned line, const char *id, const char *parent,
                          enum thon_apply_outcome outcome)
{
        struct place *places, place = {line, strdup(id), strdup(parent), outcome};

        places = reallocarray(import->places, import->n_places + 1, sizeof *places);
        if (!places || !place.id || !place.parent) {
                if (places)
                        import->places = places;
                free(place.id);
                free(place.parent);
                return -ENOMEM;
        }
        places[import->n_places++] = place;
        import->places = places;
        return 0;
}

static void count(struct thon_import_report *report, enum thon_apply_outcome outcome)
{
        switch (outcome) {
        case THON_APPLY_ADDED:
                report->added++;
                break;
        case THON_APPLY_CHANGED:
                report->changed++;
                break;
        case THON_APPLY_UNCHANGED:
                report->unchanged++;
                break;
        }
}

/* Applies a change whose values are all sound; what is wrong with the row as a whole is told. */
static int apply(struct import *import, struct thon_change *change, bool loose, unsigned line,
                 enum thon_apply_outcome *ret)
{
        _cleanup_record_ struct thon_record record = {0};
        struct thon_reason reason;
        int column, r;

        r = thon_change_apply(import->store, change, THON_APPLY_EITHER, loose, import->actor->at, ret,
                              &record, &reason, &column);
        if (r == THON_STORE_INVALID && reason.text[0] == '\0')
                return -EIO; /* a constraint of the schema that the fields do not know of */
        if (r == THON_STORE_INVALID)
                problem(import, line, header_of(import, column), reason.text);
        return r;
}

static int give_fields(struct import *import, struct thon_change *change, const char *const *fields,
                       size_t n, unsigned line, const char **ret_late)
{
        struct thon_reason reason;
        bool sound = true;

        for (size_t i = 0; i < n; i++) {
                int column = i < import->n_headers ? import->columns[i] : -1, r;

                if (column < 0) {
                        /* Of a column without a name, or beyond the last; one with a wrong name was told. */
                        if (!blank(fields[i]) && (i >= import->n_headers || blank(import->headers[i]))) {
                                problem(import, line, "", "a field stands under no column name");
                                sound = false;
                        }
                        continue;
                }
                if (column == import->late) {
                        *ret_late = fields[i];
                        continue;
                }
                r = thon_change_give(import->store, change, column, fields[i], &reason);
                if (r == THON_STORE_INVALID) {
                        problem(import, line, import->headers[i], reason.text);
                        sound = false;
                } else if (r != 0) {
                        return r;
                }
        }
        return sound ? 0 : THON_STORE_INVALID;
}

/* THON_STORE_INVALID has been told. */
static int take_row(struct import *import, const char *const *fields, size_t n, unsigned line)
{
        _cleanup_change_ struct thon_change change = {.record.table = import->table};
        _cleanup_free_ char *key = NULL; /* of its own: applying a change gives its values away */
        enum thon_apply_outcome outcome;
        const char *late = NULL;
        int r;

        if (n < import->n_headers) {
                char reason[120];

                (void)snprintf(reason, sizeof reason, "the line has %zu fields, the first row has %zu", n,
                               import->n_headers);
                problem(import, line, "", reason);
                return THON_STORE_INVALID;
        }
        r = give_fields(import, &change, fields, n, line, &late);
        if (r != 0 && r != THON_STORE_INVALID)
                return r;
        if (change.given & 1u) {
                int seen;

                key = strdup(change.record.values[0].text);
                seen = key ? check_seen(import, key, line) : -ENOMEM;
                if (seen != 0)
                        return seen;
        }
        if (r != 0)
                return r;
        r = apply(import, &change, true, line, &outcome);
        if (r != 0)
                return r;
        if (late)
                return remember_place(import, line, key, late, outcome);
        count(import->report, outcome);
        return 0;
}

static int read_rows(struct import *import)
{
        struct thon_import_report *report = import->report;

        while (!full(import)) {
                const char *const *fields;
                size_t n;
                int r = thon_csv_next(import->csv, &fields, &n);
                unsigned line = thon_csv_line(import->csv);

                if (r == THON_CSV_END)
                        return 0;
                if (r == THON_CSV_INVALID) {
                        problem(import, line, "", thon_csv_message(import->csv));
                        continue;
                }
                if (++report->rows > ROWS_MAX) {
                        problem(import, line, "", "a file has at most 100000 rows");
                        return 0;
                }
                r = take_row(import, fields, n, line);
                if (r != 0 && r != THON_STORE_INVALID)
                        return r;
                if (report->progress && report->rows % PROGRESS_EVERY == 0)
                        report->progress(report->userdata, report->rows);
        }
        return 0;
}

static int put_in_place(struct import *import, struct place *place)
{
        _cleanup_change_ struct thon_change change = {.record.table = import->table};
        enum thon_apply_outcome outcome;
        struct thon_reason reason;
        const char *parent;
        int r;

        r = thon_change_give(import->store, &change, 0, place->id, &reason);
        if (r == 0)
                r = thon_change_give(import->store, &change, import->late, place->parent, &reason);
        parent = change.record.values[import->late].text;
        if (r == 0 && parent && strcmp(parent, place->id) == 0)
                r = thon_reason_set(&reason, "lies in the area itself");
        if (r == THON_STORE_INVALID)
                problem(import, place->line, header_of(import, import->late), reason.text);
        if (r != 0)
                return r;
        if (place->outcome == THON_APPLY_ADDED)
                return thon_area_place(import->store, place->id, parent);
        r = apply(import, &change, true, place->line, &outcome);
        if (r == 0 && place->outcome == THON_APPLY_UNCHANGED)
                place->outcome = outcome;
        return r;
}

static int check_place(struct import *import, const struct place *place)
{
        _cleanup_free_ char *parent = NULL;
        struct thon_reason reason;
        int r;

        if (blank(place->parent))
                return 0;
        r = thon_area_resolve(import->store, place->parent, &parent, &reason);
        if (r == 0)
                r = thon_area_check_parent(import->store, place->id, parent, &reason);
        if (r == THON_STORE_INVALID)
                problem(import, place->line, header_of(import, import->late), reason.text);
        return r;
}

static int settle_places(struct import *import)
{
        int r;

        for (size_t i = 0; i < import->n_places; i++) {
                r = put_in_place(import, &import->places[i]);
                if (r != 0 && r != THON_STORE_INVALID)
                        return r;
        }
        if (import->report->problems > 0)
                return 0;
        for (size_t i = 0; i < import->n_places; i++) {
                r = check_place(import, &import->places[i]);
                if (r != 0 && r != THON_STORE_INVALID)
                        return r;
                count(import->report, import->places[i].outcome);
        }
        return 0;
}

static bool is_in_file(void *userdata, const char *id)
{
        const struct import *import = userdata;

        return json_object_get(import->seen, id) != NULL;
}

static void tell_line(void *userdata, const char *id, const char *reason)
{
        struct import *import = userdata;
        int column = thon_registry_column_of(import->table, THON_FIELD_CONFIG);

        problem(import, (unsigned)json_integer_value(json_object_get(import->seen, id)),
                header_of(import, column), reason);
}

/* Which file it was; its rows would be too much for the log. */
static int write_audit(struct import *import, const char *text, size_t size)
{
        const struct thon_import_report *report = import->report;
        const char *noun = thon_noun_text(import->table->noun);
        unsigned char digest[EVP_MAX_MD_SIZE];
        _cleanup_json_ json_t *detail = NULL;
        char hex[2 * EVP_MAX_MD_SIZE + 1];
        unsigned n;

        if (report->added + report->changed == 0)
                return 0;
        if (EVP_Digest(text, size, digest, &n, EVP_sha256(), NULL) != 1)
                return -ENOMEM;
        for (unsigned i = 0; i < n; i++)
                (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
        detail = json_pack("{s:i, s:i, s:i, s:s}", "rows", (int)report->rows, "added", (int)report->added,
                           "changed", (int)report->changed, "sha256", hex);
        return detail ? thon_registry_wrote(import->store, import->actor, noun, "import", noun, detail)
                      : -ENOMEM;
}

static int run(struct import *import, const char *text, size_t size, bool dry_run)
{
        int r;

        r = read_header(import);
        if (r == 0)
                r = read_rows(import);
        if (r == 0)
                r = settle_places(import);
        if (r == 0 && import->report->problems == 0 && import->table->noun == THON_DEVICE)
                r = thon_device_check_lines(import->store, is_in_file, tell_line, import);
        if (r == 0 && import->report->problems == 0 && import->table->noun == THON_DEVICE)
                r = thon_device_check_references(import->store, is_in_file, tell_line, import);
        if (r == 0 && import->report->problems == 0 && !dry_run)
                r = write_audit(import, text, size);
        if (r != 0 && r != THON_STORE_INVALID)
                return r;
        if (import->report->problems > 0)
                return thon_store_fail(import->store, THON_STORE_INVALID,
                                       "%u problem%s in the file: nothing was imported",
                                       import->report->problems, import->report->problems == 1 ? "" : "s");
        return 0;
}

int thon_registry_import(struct thon_store *store, enum thon_noun noun, const char *csv, size_t size,
                         bool dry_run, const struct thon_actor *actor, struct thon_import_report *report)
{
        struct import import = {.store = store,
                                .table = thon_registry_table(noun),
                                .actor = actor,
                                .report = report,
                                .seen = json_object(),
                                .late = thon_registry_column_named(thon_registry_table(noun), "parent")};
        int r;

        report->rows = report->added = report->changed = report->unchanged = report->problems = 0;
        r = import.seen ? thon_csv_new(csv, size, &import.csv) : -ENOMEM;
        if (r == 0)
                r = thon_store_begin(store);
        if (r == 0) {
                r = run(&import, csv, size, dry_run);
                if (r == 0 && !dry_run)
                        r = thon_store_commit(store);
                else
                        thon_store_rollback(store);
        }
        import_done(&import);
        return r;
}

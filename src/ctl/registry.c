/* thonctl area|household|person|group|device: one set of verbs for every noun, since the registry describes its fields
 * in one table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "subject.h"
#include "thon/cleanup.h"
#include "thon/csv.h"

#define FIELDS_MAX 64
#define CONFIG_MAX 65536

/* "add ID --name X --area Y": fields are whatever follows the dashes; the registry knows them. "@FILE" reads a value. */
static int take_fields(struct ctl *ctl, int argc, char **argv, struct thon_field *fields, size_t *ret_n,
                       char **ret_file)
{
        size_t n = 0;

        for (int i = 0; i < argc; i++) {
                char *equals;

                if (strncmp(argv[i], "--", 2) != 0 || argv[i][2] == '\0')
                        return ctl_usage(ctl, "\"%s\" is no field: fields are given as --NAME VALUE",
                                         argv[i]);
                if (n == FIELDS_MAX)
                        return ctl_usage(ctl, "too many fields");
                equals = strchr(argv[i], '=');
                if (!equals && i + 1 >= argc)
                        return ctl_usage(ctl, "%s needs a value", argv[i]);
                fields[n].name = argv[i] + 2;
                if (equals) {
                        *equals = '\0';
                        fields[n].value = equals + 1;
                } else
                        fields[n].value = argv[++i];
                if (strcmp(fields[n].name, "config") == 0 && fields[n].value[0] == '@') {
                        size_t size;
                        int r;
                        if (*ret_file)
                                return ctl_usage(ctl, "--config is given twice");
                        r = ctl_read(ctl, fields[n].value + 1, CONFIG_MAX, ret_file, &size);
                        if (r != CTL_OK)
                                return r;
                        fields[n].value = *ret_file;
                }
                n++;
        }
        *ret_n = n;
        return CTL_OK;
}

typedef int (*write_fn)(struct thon_store *, enum thon_noun, const char *, const struct thon_field *, size_t,
                        const struct thon_actor *);

static int write_record(struct ctl *ctl, enum thon_noun noun, int argc, char **argv, write_fn fn,
                        const char *done)
{
        _cleanup_free_ char *file = NULL;
        struct thon_field fields[FIELDS_MAX];
        struct thon_actor actor = ctl_actor(ctl);
        size_t n = 0;
        int r;

        if (argc < 1 || argv[0][0] == '-')
                return ctl_usage(ctl, "%s %s takes an ID and --FIELD VALUE ...", thon_noun_text(noun), done);
        r = take_fields(ctl, argc - 1, argv + 1, fields, &n, &file);
        if (r != CTL_OK)
                return r;
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = fn(ctl->store, noun, argv[0], fields, n, &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, thon_noun_text(noun));
        return ctl_done(ctl, json_pack("{s:s}", "id", argv[0]), "%s %s: done", thon_noun_text(noun),
                        argv[0]);
}

static int list(struct ctl *ctl, enum thon_noun noun, int argc, char **argv)
{
        static const char *const columns[THON_NOUNS][8] = {
                [THON_AREA] = {"id", "name", "kind", "parent", NULL},
                [THON_HOUSEHOLD] = {"code", "head_name", "area", "lane", "house_no", "phone", NULL},
                [THON_PERSON] = {"id", "name", "role", "phone", "household", "area", NULL},
                [THON_GROUP] = {"id", "name", "kind", "area", NULL},
                [THON_DEVICE] = {"id", "kind", "name", "area", NULL},
        };
        const char *area = NULL, *kind = NULL;
        const struct ctl_option options[] = {{"area", &area, NULL}, {"kind", &kind, NULL}};
        json_t *rows;
        int r;

        r = ctl_options(ctl, argc, argv, options, 2, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "%s list takes options only", thon_noun_text(noun));
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_registry_list(ctl->store, noun, area, kind, &rows);
        return r != 0 ? ctl_fail_store(ctl, r) : ctl_print(ctl, rows, columns[noun]);
}

static int show(struct ctl *ctl, enum thon_noun noun, int argc, char **argv)
{
        json_t *doc;
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "%s show takes one ID", thon_noun_text(noun));
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_registry_show(ctl->store, noun, argv[0], &doc);
        return r != 0 ? ctl_fail_store(ctl, r) : ctl_print(ctl, doc, NULL);
}

static int remove_record(struct ctl *ctl, enum thon_noun noun, int argc, char **argv)
{
        struct thon_actor actor = ctl_actor(ctl);
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "%s remove takes one ID", thon_noun_text(noun));
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = thon_registry_remove(ctl->store, noun, argv[0], &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, thon_noun_text(noun));
        return ctl_done(ctl, json_pack("{s:s}", "id", argv[0]), "%s %s: removed", thon_noun_text(noun),
                        argv[0]);
}

struct problems {
        struct ctl *ctl;
        json_t *list;
};

static void tell_problem(void *userdata, const struct thon_import_problem *problem)
{
        struct problems *p = userdata;

        fprintf(stderr, "line %u%s%s: %s\n", problem->line, *problem->column ? ", column " : "",
                problem->column, problem->reason);
        (void)json_array_append_new(p->list, json_pack("{s:i,s:s,s:s}", "line", (int)problem->line, "column",
                                                       problem->column, "reason", problem->reason));
}

static void tell_progress(void *userdata, unsigned rows)
{
        (void)userdata;
        fprintf(stderr, "\r%u rows", rows);
}

static int import(struct ctl *ctl, enum thon_noun noun, int argc, char **argv)
{
        _cleanup_json_ json_t *list_of = json_array();
        _cleanup_free_ char *text = NULL;
        bool dry = false;
        const struct ctl_option options[] = {{"dry-run", NULL, &dry}};
        struct problems problems = {ctl, list_of};
        struct thon_import_report report = {.tell = tell_problem, .userdata = &problems};
        struct thon_actor actor = ctl_actor(ctl);
        size_t size;
        int r;

        r = ctl_options(ctl, argc, argv, options, 1, &argc);
        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl, "%s import takes one FILE (CSV; - for standard input)",
                                 thon_noun_text(noun));
        r = ctl_read(ctl, argv[0], THON_CSV_SIZE_MAX, &text, &size);
        if (r != CTL_OK)
                return r;
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        if (isatty(STDERR_FILENO))
                report.progress = tell_progress;
        r = thon_registry_import(ctl->store, noun, text, size, dry, &actor, &report);
        if (report.progress && report.rows > 0)
                fputc('\n', stderr);
        if (r == THON_STORE_INVALID && report.problems > 0) {
                fprintf(stderr,
                        "thonctl: %u problems; nothing was imported. Mend the lines above and import again.\n",
                        report.problems);
                if (ctl->json)
                        (void)ctl_print(ctl,
                                        json_pack("{s:b,s:s,s:s,s:i,s:O}", "ok", 0, "error", "invalid",
                                                  "detail", "nothing was imported", "rows", (int)report.rows,
                                                  "problems", list_of),
                                        NULL);
                return CTL_FAILED;
        }
        if (r != 0)
                return ctl_fail_store(ctl, r);
        if (!dry)
                ctl_touched(ctl, thon_noun_text(noun));
        return ctl_done(ctl,
                        json_pack("{s:b,s:i,s:i,s:i,s:i}", "dry_run", dry, "rows", (int)report.rows, "added",
                                  (int)report.added, "changed", (int)report.changed, "unchanged",
                                  (int)report.unchanged),
                        "%u rows: %u %s, %u changed, %u unchanged%s", report.rows, report.added,
                        dry ? "would be added" : "added", report.changed, report.unchanged,
                        dry ? " (dry run: nothing was written)" : "");
}

static int export(struct ctl *ctl, enum thon_noun noun, int argc, char **argv)
{
        _cleanup_free_ char *csv = NULL;
        size_t size;
        int r;

        if (argc > 0 && (noun == THON_HOUSEHOLD || noun == THON_PERSON))
                return ctl_subject_export(ctl, noun, argc, argv);
        if (argc > 0)
                return ctl_usage(ctl, "%s export writes CSV to standard output and takes no arguments",
                                 thon_noun_text(noun));
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        if (ctl->json) {
                json_t *rows;
                r = thon_registry_list(ctl->store, noun, NULL, NULL, &rows);
                return r != 0 ? ctl_fail_store(ctl, r) : ctl_print(ctl, rows, NULL);
        }
        r = thon_registry_export(ctl->store, noun, &csv, &size);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        return fwrite(csv, 1, size, stdout) == size
                       ? CTL_OK
                       : ctl_fail(ctl, "io", "standard output: %s", strerror(errno));
}

static int find(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"code",     "head_name", "area", "lane",
                                              "house_no", "phone",     NULL};
        const char *limit = NULL;
        const struct ctl_option options[] = {{"limit", &limit, NULL}};
        char text[512] = "";
        long n = 20;
        json_t *rows;
        int r;

        r = ctl_options(ctl, argc, argv, options, 1, &argc);
        if (r != CTL_OK)
                return r;
        if (argc < 1 || (limit && !ctl_int(limit, 1, 1000, &n)))
                return ctl_usage(ctl, "household find takes TEXT and --limit 1 to 1000");
        for (int i = 0; i < argc; i++) {
                size_t used = strlen(text);
                if (used + strlen(argv[i]) + 2 > sizeof(text))
                        return ctl_usage(ctl, "the text is too long");
                snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "", argv[i]);
        }
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_household_find(ctl->store, text, (unsigned)n, &rows);
        return r != 0 ? ctl_fail_store(ctl, r) : ctl_print(ctl, rows, columns);
}

static int merge(struct ctl *ctl, int argc, char **argv)
{
        const char *into = NULL;
        const struct ctl_option options[] = {{"into", &into, NULL}};
        struct thon_actor actor = ctl_actor(ctl);
        int r;

        r = ctl_options(ctl, argc, argv, options, 1, &argc);
        if (r != CTL_OK)
                return r;
        if (argc != 1 || !into)
                return ctl_usage(ctl, "area merge takes ID --into ID");
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = thon_area_merge(ctl->store, argv[0], into, &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, "area");
        return ctl_done(ctl, json_pack("{s:s,s:s}", "id", argv[0], "into", into),
                        "area %s is now part of %s", argv[0], into);
}

static int member(struct ctl *ctl, int argc, char **argv, bool add)
{
        struct thon_actor actor = ctl_actor(ctl);
        int r;

        if (argc != 2)
                return ctl_usage(ctl, "group %s takes GROUP PERSON", add ? "join" : "leave");
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = thon_group_member(ctl->store, argv[0], argv[1], add, &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, "group");
        return ctl_done(ctl, json_pack("{s:s,s:s}", "group", argv[0], "person", argv[1]), "%s %s %s",
                        argv[1], add ? "is in" : "is no longer in", argv[0]);
}

static int join(struct ctl *ctl, int argc, char **argv)
{
        return member(ctl, argc, argv, true);
}

static int leave(struct ctl *ctl, int argc, char **argv)
{
        return member(ctl, argc, argv, false);
}

/* The dispatch table wants one function a verb and noun. */
#define VERBS(noun, NOUN)                                                             \
        static int noun##_list(struct ctl *ctl, int argc, char **argv)                \
        {                                                                             \
                return list(ctl, NOUN, argc, argv);                                   \
        }                                                                             \
        static int noun##_show(struct ctl *ctl, int argc, char **argv)                \
        {                                                                             \
                return show(ctl, NOUN, argc, argv);                                   \
        }                                                                             \
        static int noun##_add(struct ctl *ctl, int argc, char **argv)                 \
        {                                                                             \
                return write_record(ctl, NOUN, argc, argv, thon_registry_add, "add"); \
        }                                                                             \
        static int noun##_set(struct ctl *ctl, int argc, char **argv)                 \
        {                                                                             \
                return write_record(ctl, NOUN, argc, argv, thon_registry_set, "set"); \
        }                                                                             \
        static int noun##_remove(struct ctl *ctl, int argc, char **argv)              \
        {                                                                             \
                return remove_record(ctl, NOUN, argc, argv);                          \
        }                                                                             \
        static int noun##_import(struct ctl *ctl, int argc, char **argv)              \
        {                                                                             \
                return import(ctl, NOUN, argc, argv);                                 \
        }                                                                             \
        static int noun##_export(struct ctl *ctl, int argc, char **argv)              \
        {                                                                             \
                return export(ctl, NOUN, argc, argv);                                 \
        }
VERBS(area, THON_AREA)
VERBS(household, THON_HOUSEHOLD)
VERBS(person, THON_PERSON)
VERBS(group, THON_GROUP)
VERBS(device, THON_DEVICE)

/* clang-format off */
#define ROWS(noun, narrowed, exported)                           \
        {#noun " list", narrowed, noun##_list},                  \
        {#noun " show", "ID", noun##_show},                      \
        {#noun " add", "ID --FIELD VALUE ...", noun##_add},      \
        {#noun " set", "ID --FIELD VALUE ...", noun##_set},      \
        {#noun " remove", "ID", noun##_remove},                  \
        {#noun " import", "FILE [--dry-run]", noun##_import},    \
        {#noun " export", exported, noun##_export}
/* clang-format on */

const struct ctl_command ctl_registry_commands[] = {
        ROWS(area, "[--area ID] [--kind KIND]", ""),
        {"area merge", "ID --into ID", merge},
        ROWS(household, "[--area ID]", "[ID [FILE] [--text]]"),
        {"household find", "TEXT [--limit N]", find},
        ROWS(person, "[--area ID]", "[ID [FILE] [--text]]"),
        ROWS(group, "[--area ID] [--kind KIND]", ""),
        {"group join", "GROUP PERSON", join},
        {"group leave", "GROUP PERSON", leave},
        ROWS(device, "[--area ID] [--kind KIND]", ""),
        {NULL, NULL, NULL},
};

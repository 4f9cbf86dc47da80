/* The watched devices of a commune, as the registry has them at one moment. One that cannot be read (a slip of an older
 * version, a damaged file) is told and left out: the others are watched all the same. */
#include <errno.h>
#include <string.h>

#include "device_config.h"
#include "registry_area.h"
#include "sql.h"
#include "thon/camera_form.h"

void thon_watch_devices_free(struct thon_watch_device *devices, size_t n)
{
        for (size_t i = 0; i < n; i++)
                thon_watch_device_done(&devices[i]);
        free(devices);
}

struct list {
        struct thon_watch_device *items;
        size_t n, room;
};

static int append(struct list *list, const struct thon_watch_device *device)
{
        if (list->n == list->room) {
                size_t room = list->room ? 2 * list->room : 64;
                struct thon_watch_device *items = reallocarray(list->items, room, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                list->items = items;
                list->room = room;
        }
        list->items[list->n++] = *device;
        return 0;
}

/* -EINVAL, with the error, is of this one alone. */
static int read_row(struct thon_stmt *stmt, struct thon_watch_device *ret, struct thon_json_error *error)
{
        const char *config = thon_column_text_or_empty(stmt, 4);
        _cleanup_json_ json_t *doc = NULL;
        enum thon_watch_kind kind;
        int r;

        if (!thon_watch_kind_parse(thon_column_text_or_empty(stmt, 1), &kind)) {
                thon_json_fail(error, "kind", "is none that is watched");
                return -EINVAL;
        }
        r = thon_json_parse(config, strlen(config), SIZE_MAX, &doc, error);
        if (r == 0)
                r = thon_watch_device_from_json(thon_column_text_or_empty(stmt, 0), kind,
                                                thon_column_text(stmt, 2), thon_column_text(stmt, 3), doc,
                                                ret, error);
        return r;
}

static int load(struct thon_store *store, struct list *list,
                void (*tell)(void *userdata, const char *id, const char *problem), void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store,
                         "SELECT id, kind, name, area, config FROM device WHERE " THON_SQL_WATCHED
                         " ORDER BY id",
                         &stmt);

        for (bool row; r == 0;) {
                struct thon_watch_device device;
                struct thon_json_error error;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                r = read_row(stmt, &device, &error);
                if (r == -EINVAL || r == -E2BIG) {
                        if (tell)
                                tell(userdata, thon_column_text_or_empty(stmt, 0), error.text);
                        r = 0;
                        continue;
                }
                if (r == 0 && (r = append(list, &device)) < 0)
                        thon_watch_device_done(&device);
        }
        return r;
}

int thon_watch_devices_load(struct thon_store *store, struct thon_watch_device **ret, size_t *ret_n,
                            void (*tell)(void *userdata, const char *id, const char *problem),
                            void *userdata)
{
        struct list list = {0};
        int r = load(store, &list, tell, userdata);

        if (r != 0) {
                thon_watch_devices_free(list.items, list.n);
                return r;
        }
        *ret = list.items;
        *ret_n = list.n;
        return 0;
}

static void free_texts(char **texts, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(texts[i]);
        free(texts);
}

static int collect(struct thon_stmt *stmt, char ***texts, size_t *n)
{
        for (size_t room = 0;;) {
                bool row;
                int r = thon_stmt_step(stmt, &row);

                if (r != 0 || !row)
                        return r;
                if (*n + 1 >= room) { /* one more for the NULL at the end */
                        char **more = reallocarray(*texts, room = 2 * room + 8, sizeof(*more));

                        if (!more)
                                return -ENOMEM;
                        *texts = more;
                }
                (*texts)[*n] = strdup(thon_column_text_or_empty(stmt, 0));
                if (!(*texts)[*n])
                        return -ENOMEM;
                (*texts)[++*n] = NULL;
        }
}

int thon_area_below(struct thon_store *store, const char *area, char ***ret, size_t *ret_n)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        char **texts = NULL;
        size_t n = 0;
        int r = thon_sql_with(store, &stmt, "SELECT id FROM " THON_SQL_AREA_BELOW("?1") " ORDER BY id",
                              SQL_TEXT(area));

        if (r == 0)
                r = collect(stmt, &texts, &n);
        if (r != 0) {
                free_texts(texts, n);
                return r;
        }
        *ret = texts;
        *ret_n = n;
        return 0;
}

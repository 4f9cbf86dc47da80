/* What a device's configuration may say.
 *
 * A kind that a daemon of Thôn acts on is checked member by member, so that a slip of the technician is refused while
 * he stands at the keyboard and not found at dusk. Any other kind is somebody else's: an object within the limits of
 * JSON. */
#include "device_config.h"

#include <errno.h>
#include <string.h>

#include "form.h"
#include "thon/camera_form.h"
#include "thon/json.h"
#include "thon/light.h"
#include "thon/light_form.h"

static int check_circuit(struct thon_store *store, const char *id, const char *area, const char *name,
                         const json_t *config, struct thon_reason *reason)
{
        const char *calendar = json_string_value(json_object_get(config, "calendar"));
        struct thon_circuit_conf circuit;
        struct thon_json_error error;
        int64_t one;
        int r;

        r = thon_circuit_from_json(id, name, area, config, NULL, 0, &circuit, &error);
        if (r == -EINVAL)
                return thon_reason_set(reason, "is wrong: %s", error.text);
        if (r < 0)
                return r;
        thon_circuit_conf_done(&circuit);
        r = thon_sql_integer(store, "SELECT 1 FROM light_calendar WHERE id = ?1", calendar, &one);
        if (r == THON_STORE_NOT_FOUND)
                return thon_reason_set(reason, "is wrong: calendar: there is no calendar \"%s\"", calendar);
        return r;
}

static int check_watched(const char *id, enum thon_watch_kind kind, const char *area, const char *name,
                         const json_t *config, struct thon_reason *reason)
{
        struct thon_watch_device device;
        struct thon_json_error error;
        int r = thon_watch_device_from_json(id, kind, name, area, config, &device, &error);

        if (r == -EINVAL)
                return thon_reason_set(reason, "is wrong: %s", error.text);
        if (r == 0)
                thon_watch_device_done(&device);
        return r;
}

int thon_device_config_check(struct thon_store *store, const char *id, const char *kind, const char *area,
                             const char *name, const char *config, struct thon_reason *reason)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error;
        enum thon_watch_kind watched;
        int r;

        r = thon_json_parse(config, strlen(config), SIZE_MAX, &doc, &error);
        if (r < 0)
                return r == -ENOMEM ? r : thon_reason_set(reason, "is not JSON: %s", error.text);
        if (strcmp(kind, "circuit") == 0)
                return check_circuit(store, id, area, name, doc, reason);
        if (thon_watch_kind_parse(kind, &watched))
                return check_watched(id, watched, area, name, doc, reason);
        return 0;
}

/* Takes in what a stored circuit claims. What cannot be read claims nothing: the compiler of plans tells it. */
static int claim(struct form_uses **uses, const char *id, const char *config, struct thon_json_error *error)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_circuit_conf circuit;
        struct form form = {.error = error};
        int r;

        r = thon_json_parse(config, strlen(config), SIZE_MAX, &doc, NULL);
        if (r == 0)
                r = thon_circuit_from_json(id, NULL, NULL, doc, NULL, 0, &circuit, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = form_uses_add(&form, uses, &circuit);
        thon_circuit_conf_done(&circuit);
        return r;
}

static void uses_freep(struct form_uses **uses)
{
        form_uses_free(*uses);
}

/* The others first, so that the blame falls on what is new; by node, for each has lines of its own. */
int thon_device_check_lines(struct thon_store *store, bool (*is_new)(void *userdata, const char *id),
                            void (*tell)(void *userdata, const char *id, const char *reason), void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_(uses_freep) struct form_uses *uses = NULL;
        _cleanup_free_ char *node = NULL;
        int r;

        r = thon_sql(
                store,
                "SELECT id, config, pass, coalesce(json_extract(config, '$.node'), '') AS node FROM device, "
                "(SELECT 0 AS pass UNION ALL SELECT 1) WHERE kind = 'circuit' ORDER BY node, pass, id",
                &stmt);
        if (r != 0)
                return r;
        for (;;) {
                struct thon_json_error error;
                const char *id, *at;
                bool row, new;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                id = thon_column_text(stmt, 0);
                at = thon_column_text(stmt, 3);
                if (!id || !at)
                        return -ENOMEM;
                if (!node || strcmp(node, at) != 0) {
                        free(node);
                        node = strdup(at);
                        if (!node)
                                return -ENOMEM;
                        uses = form_uses_free(uses);
                }
                new = is_new(userdata, id);
                if (new != (thon_column_int(stmt, 2) == 1))
                        continue;
                r = claim(&uses, id, thon_column_text(stmt, 1), &error);
                if (r == -ENOMEM)
                        return r;
                if (r < 0 && new)
                        tell(userdata, id, error.text);
        }
}

/* Passwords of devices. They lie in the store as they are, since a camera must be told them; so they are in a table of
 * their own that no list, export, audit row or event ever reads from. */
#include <errno.h>
#include <string.h>
#include <utf8proc.h>

#include "registry_write.h"
#include "sql.h"
#include "thon/camera_form.h"
#include "thon/conf.h"

#define PASSWORD_MAX 255

static bool printable(const char *text)
{
        size_t length = strnlen(text, PASSWORD_MAX + 1);

        if (length == 0 || length > PASSWORD_MAX)
                return false;
        for (size_t i = 0; i < length;) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + i,
                                                      (utf8proc_ssize_t)(length - i), &c);

                if (n <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
                        return false;
                i += (size_t)n;
        }
        return true;
}

static int write_secret(struct thon_store *store, const char *id, const char *password,
                        const struct thon_actor *actor)
{
        _cleanup_json_ json_t *detail = json_pack("{s:b}", "set", password != NULL);
        int64_t generation, there;
        int r;

        if (!detail)
                return -ENOMEM;
        r = thon_sql_integer(store, "SELECT count(*) FROM device WHERE id = ?1", id, &there);
        if (r == 0 && there == 0)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no device %s", id);
        if (r == 0)
                r = thon_registry_generation(store, &generation);
        if (r != 0)
                return r;
        /* What this write makes of the generation: it never comes twice. */
        r = password ? thon_sql_do(store,
                                   "INSERT INTO device_secret (device, password, serial, set_at)"
                                   " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (device) DO UPDATE SET"
                                   " password = ?2, serial = ?3, set_at = ?4",
                                   SQL_TEXT(id), SQL_TEXT(password), SQL_INT(generation + 1),
                                   SQL_INT(actor->at.s))
                     : thon_sql_do(store, "DELETE FROM device_secret WHERE device = ?1", SQL_TEXT(id));
        if (r != 0 || thon_sql_changes(store) == 0)
                return r;
        return thon_registry_wrote(store, actor, "device", "secret", id, detail);
}

int thon_device_secret_set(struct thon_store *store, const char *id, const char *password,
                           const struct thon_actor *actor)
{
        bool own = false;
        int r;

        if (password && !printable(password))
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "a password is 1 to %d bytes of printable text", PASSWORD_MAX);
        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = write_secret(store, id, password, actor);
        return thon_sql_leave(store, own, r);
}

int thon_device_secret_get(struct thon_store *store, const char *id, char **ret, int64_t *ret_serial)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT password, serial FROM device_secret WHERE device = ?1",
                             SQL_TEXT(id));
        char *copy = NULL;

        if (r != 0)
                return r;
        if (stmt && !(copy = strdup(thon_column_text_or_empty(stmt, 0))))
                return -ENOMEM;
        *ret = copy;
        *ret_serial = stmt ? thon_column_int(stmt, 1) : 0;
        return 0;
}

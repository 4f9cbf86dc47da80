/* Users of the console. Every change of what a session rests on (password, role, disabled) gives the row another serial, so
 * that the console ends what was begun before: a dismissed officer's browser must not stay logged in. */
#include "thon/user.h"

#include <errno.h>
#include <string.h>

#include "password.h"
#include "registry_write.h"
#include "sql.h"
#include "thon/text.h"
#include "user_private.h"

#define NAME_MAX_BYTES 200

static const char *const roles[THON_ROLES] = {
        [THON_ROLE_ADMIN] = "admin",
        [THON_ROLE_OFFICER] = "officer",
        [THON_ROLE_HAMLET_HEAD] = "hamlet-head",
        [THON_ROLE_TECHNICIAN] = "technician",
        [THON_ROLE_VIEWER] = "viewer",
};

const char *thon_role_text(enum thon_role role)
{
        return roles[role];
}

bool thon_role_parse(const char *text, enum thon_role *ret)
{
        for (int i = 0; i < THON_ROLES; i++)
                if (strcmp(text, roles[i]) == 0) {
                        *ret = (enum thon_role)i;
                        return true;
                }
        return false;
}

/* ---- a row ---- */

struct row {
        bool there;
        char *name, *person; /* NULL: none */
        char *called;        /* own name or the person's */
        enum thon_role role;
        bool disabled;
};

static void row_done(struct row *row)
{
        free(row->name);
        free(row->person);
        free(row->called);
}
#define _cleanup_row_ _cleanup_(row_done)

static int copy_of(const char *text, char **ret)
{
        char *copy = text ? strdup(text) : NULL;

        if (text && !copy)
                return -ENOMEM;
        free(*ret);
        *ret = copy;
        return 0;
}

int thon_user_damaged(struct thon_store *store, const char *id)
{
        return thon_store_fail(store, THON_STORE_CORRUPT,
                               "the user %s is damaged: remove it and add it anew", id);
}

/* Into a zeroed row, which stays not `there` when there is none. */
static int load(struct thon_store *store, const char *id, struct row *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(
                store, &stmt,
                "SELECT u.name, u.person, coalesce(u.name, p.name), u.role, u.disabled FROM user AS u"
                " LEFT JOIN person AS p ON p.id = u.person WHERE u.id = ?1",
                SQL_TEXT(id));

        if (r != 0 || !stmt)
                return r;
        ret->there = true;
        r = copy_of(thon_column_text(stmt, 0), &ret->name);
        if (r == 0)
                r = copy_of(thon_column_text(stmt, 1), &ret->person);
        if (r == 0)
                r = copy_of(thon_column_text(stmt, 2), &ret->called);
        ret->disabled = thon_column_int(stmt, 4) != 0;
        if (r == 0 && !thon_role_parse(thon_column_text_or_empty(stmt, 3), &ret->role))
                return thon_user_damaged(store, id);
        return r;
}

static int load_there(struct thon_store *store, const char *id, struct row *ret)
{
        int r = load(store, id, ret);

        return r == 0 && !ret->there
                       ? thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no user %s", id)
                       : r;
}

/* What this write makes of the generation: it never comes twice. */
static int next_serial(struct thon_store *store, int64_t *ret)
{
        int64_t generation;
        int r = thon_registry_generation(store, &generation);

        if (r == 0)
                *ret = generation + 1;
        return r;
}

/* Whoever locks the last administrator out has locked all out of the users. */
static int check_not_last(struct thon_store *store, const char *id, const struct row *row)
{
        int64_t others;
        int r;

        if (row->role != THON_ROLE_ADMIN || row->disabled)
                return 0;
        r = thon_sql_integer(store,
                             "SELECT count(*) FROM user WHERE role = 'admin' AND disabled = 0 AND id <> ?1",
                             id, &others);
        if (r != 0 || others > 0)
                return r;
        return thon_store_fail(store, THON_STORE_INVALID,
                               "%s is the last administrator: give another user the role admin first", id);
}

/* ---- fields ---- */

/* `text` as it is kept; "" is NULL. */
static int take_name(struct thon_store *store, const char *text, char **ret)
{
        _cleanup_free_ char *nfc = NULL;
        int r = thon_text_nfc(text, NAME_MAX_BYTES, &nfc);

        if (r == -EINVAL)
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "a user's name is text of at most %d bytes", NAME_MAX_BYTES);
        return r < 0 ? r : copy_of(*nfc ? nfc : NULL, ret);
}

static int take_person(struct thon_store *store, const char *text, char **ret)
{
        int64_t there;
        int r;

        if (!*text)
                return copy_of(NULL, ret);
        r = thon_sql_integer(store, "SELECT count(*) FROM person WHERE id = ?1", text, &there);
        if (r != 0)
                return r;
        if (there == 0)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no person %s", text);
        return copy_of(text, ret);
}

static int take_role(struct thon_store *store, const char *text, enum thon_role *ret)
{
        if (thon_role_parse(text, ret))
                return 0;
        return thon_store_fail(store, THON_STORE_INVALID,
                               "\"%s\" is no role: admin, officer, hamlet-head, technician or viewer", text);
}

/* The fields over what the row has. */
static int take(struct thon_store *store, const struct thon_user_fields *fields, const char *id,
                struct row *row)
{
        int r = 0;

        if (fields->name)
                r = take_name(store, fields->name, &row->name);
        if (r == 0 && fields->person)
                r = take_person(store, fields->person, &row->person);
        if (r == 0 && fields->role)
                r = take_role(store, fields->role, &row->role);
        if (r == 0 && !row->name && !row->person)
                return thon_store_fail(store, THON_STORE_INVALID, "user %s needs a name or a person", id);
        return r;
}

static int check_password(struct thon_store *store, const char *id, const char *name, const char *password)
{
        const char *refused = thon_password_refused(password, id, name);

        return refused ? thon_store_fail(store, THON_STORE_INVALID, "%s", refused) : 0;
}

static int hash_of(const char *password, char **ret)
{
        char *nfc = NULL;
        int r = thon_password_nfc(password, &nfc);

        if (r == 0)
                r = thon_password_hash(nfc, ret);
        if (nfc)
                explicit_bzero(nfc, strlen(nfc));
        free(nfc);
        return r;
}

/* ---- writes ---- */

/* The log is for good: of a name it says only that there was one. */
static int audit(struct thon_store *store, const struct thon_actor *actor, const char *verb, const char *id,
                 const struct row *row)
{
        _cleanup_json_ json_t *detail =
                json_pack("{s:s?,s:s}", "person", row->person, "role", thon_role_text(row->role));

        if (!detail || (row->name && json_object_set_new(detail, "personal", json_pack("[s]", "name")) < 0))
                return -ENOMEM;
        return thon_registry_wrote(store, actor, "user", verb, id, detail);
}

static int add(struct thon_store *store, const char *id, const struct thon_user_fields *fields,
               const char *hashed, const struct thon_actor *actor)
{
        _cleanup_row_ struct row row = {.role = THON_ROLE_VIEWER};
        int64_t serial;
        int r = load(store, id, &row);

        if (r == 0 && row.there)
                return thon_store_fail(store, THON_STORE_EXISTS, "there is a user %s already", id);
        if (r == 0)
                r = take(store, fields, id, &row);
        if (r == 0)
                r = next_serial(store, &serial);
        if (r == 0)
                r = thon_sql_do(
                        store,
                        "INSERT INTO user (id, name, person, role, hash, serial, disabled, created_at,"
                        " changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?7)",
                        SQL_TEXT(id), SQL_TEXT(row.name), SQL_TEXT(row.person),
                        SQL_TEXT(thon_role_text(row.role)), SQL_TEXT(hashed), SQL_INT(serial),
                        SQL_INT(actor->at.s));
        if (r != 0)
                return r;
        return audit(store, actor, "add", id, &row);
}

int thon_user_add(struct thon_store *store, const char *id, const struct thon_user_fields *fields,
                  const char *password, const struct thon_actor *actor)
{
        _cleanup_free_ char *hashed = NULL;
        bool own = false;
        int r;

        if (!thon_slug_valid(id))
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "\"%s\" is no id: up to 63 of a-z, 0-9 and \"-\"", id);
        r = check_password(store, id, fields->name, password);
        if (r == 0)
                r = hash_of(password, &hashed);
        if (r != 0)
                return r;
        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = add(store, id, fields, hashed, actor);
        return thon_sql_leave(store, own, r);
}

static int note(json_t *detail, const char *name, const char *before, const char *after)
{
        if (before == after || (before && after && strcmp(before, after) == 0))
                return 0;
        return json_object_set_new(detail, name, json_pack("[s?,s?]", before, after)) < 0 ? -ENOMEM : 0;
}

static int set(struct thon_store *store, const char *id, const struct thon_user_fields *fields,
               const struct thon_actor *actor)
{
        _cleanup_row_ struct row before = {0}, after = {0};
        _cleanup_json_ json_t *detail = json_object();
        int64_t serial;
        int r = load_there(store, id, &before);

        if (r == 0)
                r = load(store, id, &after);
        if (r == 0)
                r = take(store, fields, id, &after);
        if (r == 0 && after.role != before.role)
                r = check_not_last(store, id, &before);
        if (r == 0 && strcmp(before.name ? before.name : "", after.name ? after.name : "") != 0 &&
            json_object_set_new(detail, "personal", json_pack("[s]", "name")) < 0)
                r = -ENOMEM;
        if (r == 0)
                r = note(detail, "person", before.person, after.person);
        if (r == 0)
                r = note(detail, "role", thon_role_text(before.role), thon_role_text(after.role));
        if (r != 0 || json_object_size(detail) == 0)
                return r;
        r = next_serial(store, &serial);
        /* A name alone ends no session. */
        if (r == 0)
                r = thon_sql_do(
                        store,
                        "UPDATE user SET serial = CASE WHEN role <> ?4 OR person IS NOT ?3 THEN ?5 ELSE"
                        " serial END, name = ?2, person = ?3, role = ?4, changed_at = ?6 WHERE id = ?1",
                        SQL_TEXT(id), SQL_TEXT(after.name), SQL_TEXT(after.person),
                        SQL_TEXT(thon_role_text(after.role)), SQL_INT(serial), SQL_INT(actor->at.s));
        return r != 0 ? r : thon_registry_wrote(store, actor, "user", "set", id, detail);
}

int thon_user_set(struct thon_store *store, const char *id, const struct thon_user_fields *fields,
                  const struct thon_actor *actor)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = set(store, id, fields, actor);
        return thon_sql_leave(store, own, r);
}

static int write_password(struct thon_store *store, const char *id, const char *password, const char *hashed,
                          const struct thon_actor *actor)
{
        _cleanup_row_ struct row row = {0};
        _cleanup_json_ json_t *detail = json_pack("{s:b}", "set", 1);
        int64_t serial;
        int r = load_there(store, id, &row);

        if (r == 0)
                r = check_password(store, id, row.called, password);
        if (r == 0)
                r = next_serial(store, &serial);
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE user SET hash = ?2, serial = ?3, changed_at = ?4 WHERE id = ?1",
                                SQL_TEXT(id), SQL_TEXT(hashed), SQL_INT(serial), SQL_INT(actor->at.s));
        if (r == 0)
                r = thon_sql_do(store, thon_user_tries.forget, SQL_TEXT(id));
        if (r != 0)
                return r;
        return detail ? thon_registry_wrote(store, actor, "user", "password", id, detail) : -ENOMEM;
}

int thon_user_password(struct thon_store *store, const char *id, const char *password,
                       const struct thon_actor *actor)
{
        _cleanup_free_ char *hashed = NULL;
        bool own = false;
        int r = check_password(store, id, NULL, password);

        if (r == 0)
                r = hash_of(password, &hashed);
        if (r != 0)
                return r;
        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = write_password(store, id, password, hashed, actor);
        return thon_sql_leave(store, own, r);
}

int thon_user_password_same(struct thon_store *store, const char *id, const char *password, bool *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_free_ char *hashed = NULL;
        char *nfc = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT hash FROM user WHERE id = ?1", SQL_TEXT(id));

        if (r != 0)
                return r;
        if (!stmt)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no user %s", id);
        r = copy_of(thon_column_text_or_empty(stmt, 0), &hashed);
        if (r == 0 && !thon_password_hash_sound(hashed))
                return thon_user_damaged(store, id);
        if (r == 0)
                r = thon_password_nfc(password, &nfc);
        if (r == 0)
                r = thon_password_weigh(nfc, hashed, ret);
        if (nfc)
                explicit_bzero(nfc, strlen(nfc));
        free(nfc);
        return r;
}

static int disable(struct thon_store *store, const char *id, bool disabled, const struct thon_actor *actor)
{
        _cleanup_row_ struct row row = {0};
        _cleanup_json_ json_t *detail = json_object();
        int64_t serial;
        int r = load_there(store, id, &row);

        if (r != 0 || row.disabled == disabled)
                return r;
        if (disabled)
                r = check_not_last(store, id, &row);
        if (r == 0)
                r = next_serial(store, &serial);
        if (r == 0)
                r = thon_sql_do(store,
                                "UPDATE user SET disabled = ?2, serial = ?3, changed_at = ?4 WHERE id = ?1",
                                SQL_TEXT(id), SQL_INT(disabled), SQL_INT(serial), SQL_INT(actor->at.s));
        return r != 0 ? r
                      : thon_registry_wrote(store, actor, "user", disabled ? "disable" : "enable", id,
                                            detail);
}

int thon_user_disable(struct thon_store *store, const char *id, bool disabled,
                      const struct thon_actor *actor)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = disable(store, id, disabled, actor);
        return thon_sql_leave(store, own, r);
}

static int remove_one(struct thon_store *store, const char *id, const struct thon_actor *actor)
{
        _cleanup_row_ struct row row = {0};
        int r = load_there(store, id, &row);

        if (r == 0)
                r = check_not_last(store, id, &row);
        if (r == 0)
                r = thon_sql_do(store, "DELETE FROM user WHERE id = ?1", SQL_TEXT(id));
        if (r == 0)
                r = thon_sql_do(store, thon_user_tries.forget, SQL_TEXT(id));
        if (r != 0)
                return r;
        return audit(store, actor, "remove", id, &row);
}

int thon_user_remove(struct thon_store *store, const char *id, const struct thon_actor *actor)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = remove_one(store, id, actor);
        return thon_sql_leave(store, own, r);
}

/* ---- reading ---- */

#define SHOWN                                                                  \
        "SELECT u.id, coalesce(u.name, p.name), u.person, u.role, u.disabled," \
        " strftime('%Y-%m-%dT%H:%M:%SZ', u.created_at, 'unixepoch'),"          \
        " strftime('%Y-%m-%dT%H:%M:%SZ', u.changed_at, 'unixepoch')"           \
        " FROM user AS u LEFT JOIN person AS p ON p.id = u.person "

static json_t *shown(struct thon_stmt *stmt)
{
        return json_pack("{s:s, s:s?, s:s?, s:s, s:b, s:s?, s:s?}", "id", thon_column_text_or_empty(stmt, 0),
                         "name", thon_column_text(stmt, 1), "person", thon_column_text(stmt, 2), "role",
                         thon_column_text_or_empty(stmt, 3), "disabled", thon_column_int(stmt, 4) != 0,
                         "created_at", thon_column_text(stmt, 5), "changed_at", thon_column_text(stmt, 6));
}

int thon_user_show(struct thon_store *store, const char *id, json_t **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        json_t *doc;
        int r = thon_sql_row(store, &stmt, SHOWN "WHERE u.id = ?1", SQL_TEXT(id));

        if (r != 0)
                return r;
        if (!stmt)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no user %s", id);
        doc = shown(stmt);
        if (!doc)
                return -ENOMEM;
        *ret = doc;
        return 0;
}

int thon_user_list(struct thon_store *store, json_t **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_json_ json_t *list = json_array();
        int r = thon_sql(store, SHOWN "ORDER BY u.id", &stmt);

        while (r == 0) {
                bool row;

                r = thon_stmt_step(stmt, &row);
                if (r != 0)
                        break;
                if (!row) {
                        *ret = THON_TAKE(list);
                        break;
                }
                if (json_array_append_new(list, shown(stmt)) < 0)
                        r = -ENOMEM;
        }
        return r;
}

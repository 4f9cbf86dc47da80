/* Logging in to the console: of a name that nobody has it takes as long, and counts as much, as of one that somebody has, so that
 * nobody learns who may log in. */
#include <errno.h>
#include <string.h>

#include "password.h"
#include "sql.h"
#include "thon/user.h"
#include "user_private.h"

/* Stands for all names that nobody has; no id begins so. */
#define NOBODY "-"

const struct thon_tries thon_user_tries = {
        "SELECT wrong, locked_until FROM user_try WHERE user = ?1",
        "INSERT INTO user_try (user, wrong, locked_until) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (user) DO UPDATE SET wrong = ?2, locked_until = ?3",
        "DELETE FROM user_try WHERE user = ?1",
};

static int read_user(struct thon_store *store, const char *id, struct thon_user *ret, char **ret_hash,
                     bool *ret_there)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        struct thon_user user = {.role = THON_ROLE_VIEWER};
        const char *person, *hashed;
        int r = thon_sql_row(store, &stmt,
                             "SELECT role, serial, person, hash FROM user WHERE id = ?1 AND disabled = 0",
                             SQL_TEXT(id));

        *ret_there = false;
        if (r != 0 || !stmt)
                return r;
        person = thon_column_text(stmt, 2);
        hashed = thon_column_text_or_empty(stmt, 3);
        user.serial = thon_column_int(stmt, 1);
        if (!thon_role_parse(thon_column_text_or_empty(stmt, 0), &user.role) || !thon_slug_valid(id) ||
            (person && !thon_slug_valid(person)) || !thon_password_hash_sound(hashed))
                return thon_user_damaged(store, id);
        memcpy(user.id, id, strlen(id) + 1);
        if (person)
                memcpy(user.person, person, strlen(person) + 1);
        if (ret_hash && !(*ret_hash = strdup(hashed)))
                return -ENOMEM;
        *ret = user;
        *ret_there = true;
        return 0;
}

int thon_user_get(struct thon_store *store, const char *id, struct thon_user *ret)
{
        bool there;
        int r = read_user(store, id, ret, NULL, &there);

        return r == 0 && !there ? thon_store_fail(store, THON_STORE_NOT_FOUND,
                                                  "there is no user %s who may log in", id)
                                : r;
}

/* The same statements run for a name that nobody has, with another row: what differs is what they find. */
int thon_user_check(struct thon_store *store, const char *id, const char *password, struct thon_wall now,
                    enum thon_login *ret, struct thon_user *ret_user)
{
        _cleanup_free_ char *hashed = NULL;
        char *nfc = NULL;
        struct thon_user user;
        bool there, locked = false, right = false;
        int formed, r = read_user(store, id, &user, &hashed, &there);

        if (r == 0)
                r = thon_tries_count(store, &thon_user_tries, there ? id : NOBODY, now, &locked);
        if (r != 0)
                return r;
        formed = thon_password_nfc(password, &nfc);
        r = thon_password_weigh(formed == 0 ? nfc : "-", formed == 0 && !locked ? hashed : NULL, &right);
        if (nfc)
                explicit_bzero(nfc, strlen(nfc));
        free(nfc);
        if (r == 0 && right)
                r = thon_tries_forget(store, &thon_user_tries, id);
        if (r != 0)
                return r;
        *ret = right ? THON_LOGIN_RIGHT : there && locked ? THON_LOGIN_LOCKED : THON_LOGIN_WRONG;
        if (right)
                *ret_user = user;
        return 0;
}

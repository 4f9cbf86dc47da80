/* PINs of those who may air an emergency. A PIN has few digits, so three things stand before it: a hash that is
 * costly, a count of wrong tries that is on the disk before a try is answered (so a restart gives no more of them),
 * and answers that take the same time for who has a PIN and who has none. */
#include <errno.h>
#include <string.h>

#include "password.h"
#include "registry_write.h"
#include "sql.h"
#include "thon/announce_store.h"
#include "tries.h"

#define PIN_MIN 4
#define PIN_MAX 12

static bool well_formed(const char *pin)
{
        size_t n = strnlen(pin, PIN_MAX + 1);

        if (n < PIN_MIN || n > PIN_MAX)
                return false;
        for (size_t i = 0; i < n; i++)
                if (pin[i] < '0' || pin[i] > '9')
                        return false;
        return true;
}

/* 0000, 1234, 9876: what is tried first. */
static bool guessed_first(const char *pin)
{
        int step = pin[1] - pin[0];

        if (step < -1 || step > 1)
                return false;
        for (size_t i = 1; pin[i]; i++)
                if (pin[i] - pin[i - 1] != step)
                        return false;
        return true;
}

/* ---- setting ---- */

static int write_pin(struct thon_store *store, const char *person, const char *hashed,
                     const struct thon_actor *actor)
{
        _cleanup_json_ json_t *detail = json_pack("{s:b}", "set", hashed != NULL);
        int64_t there;
        int r;

        if (!detail)
                return -ENOMEM;
        r = thon_sql_integer(store, "SELECT count(*) FROM person WHERE id = ?1", person, &there);
        if (r == 0 && there == 0)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no person %s", person);
        if (r == 0)
                r = hashed ? thon_sql_do(store,
                                         "INSERT INTO person_pin (person, hash, set_at) VALUES (?1, ?2, ?3)"
                                         " ON CONFLICT (person) DO UPDATE SET hash = ?2, set_at = ?3",
                                         SQL_TEXT(person), SQL_TEXT(hashed), SQL_INT(actor->at.s))
                           : thon_sql_do(store, "DELETE FROM person_pin WHERE person = ?1",
                                         SQL_TEXT(person));
        if (r != 0 || thon_sql_changes(store) == 0)
                return r;
        return thon_registry_wrote(store, actor, "person", "pin", person, detail);
}

int thon_pin_set(struct thon_store *store, const char *person, const char *pin,
                 const struct thon_actor *actor)
{
        _cleanup_free_ char *hashed = NULL;
        bool own = false;
        int r = 0;

        if (pin && (!well_formed(pin) || guessed_first(pin)))
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "a PIN is %d to %d digits, not all alike and not a run", PIN_MIN,
                                       PIN_MAX);
        if (pin)
                r = thon_password_hash(pin, &hashed);
        if (r < 0)
                return r;
        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = write_pin(store, person, hashed, actor);
        return thon_sql_leave(store, own, r);
}

/* ---- checking ---- */

struct holder {
        char *name, *hash; /* NULL: not known, none */
};

static void holder_done(struct holder *holder)
{
        free(holder->name);
        free(holder->hash);
}

static int read_holder(struct thon_store *store, const char *person, struct holder *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt,
                             "SELECT p.name, h.hash FROM person AS p LEFT JOIN person_pin AS h"
                             " ON h.person = p.id WHERE p.id = ?1",
                             SQL_TEXT(person));
        const char *hashed;

        if (r != 0 || !stmt)
                return r;
        ret->name = strdup(thon_column_text_or_empty(stmt, 0));
        if (!ret->name)
                return -ENOMEM;
        hashed = thon_column_text(stmt, 1);
        if (hashed && !thon_password_hash_sound(hashed))
                return thon_store_fail(store, THON_STORE_CORRUPT,
                                       "the PIN of %s is damaged: set it anew (thonctl person pin)", person);
        ret->hash = hashed ? strdup(hashed) : NULL;
        return hashed && !ret->hash ? -ENOMEM : 0;
}

static const struct thon_tries tries = {
        "SELECT wrong, locked_until FROM pin_try WHERE person = ?1",
        "INSERT INTO pin_try (person, wrong, locked_until) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (person) DO UPDATE SET wrong = ?2, locked_until = ?3",
        "DELETE FROM pin_try WHERE person = ?1",
};

int thon_pin_check(struct thon_store *store, const char *person, const char *pin, struct thon_wall now,
                   enum thon_pin *ret, char **ret_name)
{
        _cleanup_(holder_done) struct holder holder = {NULL, NULL};
        bool locked = false, right = false, formed = pin && well_formed(pin);
        int r = read_holder(store, person, &holder);

        if (r == 0 && holder.hash)
                r = thon_tries_count(store, &tries, person, now, &locked);
        if (r == 0)
                r = thon_password_weigh(formed ? pin : "0", formed && !locked ? holder.hash : NULL, &right);
        if (r == 0 && right)
                r = thon_tries_forget(store, &tries, person);
        if (r != 0)
                return r;
        *ret = !holder.hash ? THON_PIN_NONE
               : locked     ? THON_PIN_LOCKED
               : right      ? THON_PIN_RIGHT
                            : THON_PIN_WRONG;
        if (ret_name)
                *ret_name = THON_TAKE(holder.name);
        return 0;
}

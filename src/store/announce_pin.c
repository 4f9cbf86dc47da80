/* PINs of those who may air an emergency. A PIN has few digits, so three things stand before it: a hash that is
 * costly, a count of wrong tries that is on the disk before a try is answered (so a restart gives no more of them),
 * and answers that take the same time for who has a PIN and who has none. */
#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "handle.h"
#include "registry_write.h"
#include "thon/announce_store.h"

#define PIN_MIN  4
#define PIN_MAX  12
#define TRIES    5
#define LOCKED_S (15 * 60)
/* For somebody without a PIN: the same work, for nothing. */
#define NOBODYS "$y$j9T$uEPgNaF1kNVRcLBYWZQEa1$"

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

/* Into a buffer that is wiped by the caller's cleanup. */
static void crypt_free(struct crypt_data *data)
{
        if (!data)
                return;
        explicit_bzero(data, sizeof(*data));
        free(data);
}
THON_DEFINE_CLEANUP(struct crypt_data *, crypt_free)

/* Borrowed from *ret_data, as `setting` makes it of the PIN. */
static int hash(const char *pin, const char *setting, struct crypt_data **ret_data, const char **ret)
{
        struct crypt_data *data = calloc(1, sizeof(*data));

        if (!data)
                return -ENOMEM;
        *ret = crypt_r(pin, setting, data);
        if (!*ret || **ret == '*') {
                crypt_free(data);
                return -EIO;
        }
        *ret_data = data;
        return 0;
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
        _cleanup_(crypt_freep) struct crypt_data *data = NULL;
        char setting[CRYPT_GENSALT_OUTPUT_SIZE];
        const char *hashed = NULL;
        bool own = false;
        int r = 0;

        if (pin && (!well_formed(pin) || guessed_first(pin)))
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "a PIN is %d to %d digits, not all alike and not a run", PIN_MIN,
                                       PIN_MAX);
        if (pin && !crypt_gensalt_rn("$y$", 0, NULL, 0, setting, (int)sizeof(setting)))
                return -errno;
        if (pin)
                r = hash(pin, setting, &data, &hashed);
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
        /* A shorter kind of hash that somebody planted would be weighed in no time. */
        if (hashed && strncmp(hashed, "$y$", 3) != 0)
                return thon_store_fail(store, THON_STORE_CORRUPT,
                                       "the PIN of %s is damaged: set it anew (thonctl person pin)", person);
        ret->hash = hashed ? strdup(hashed) : NULL;
        return hashed && !ret->hash ? -ENOMEM : 0;
}

struct tries {
        int64_t wrong, locked_until;
};

static int read_tries(struct thon_store *store, const char *person, struct tries *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT wrong, locked_until FROM pin_try WHERE person = ?1",
                             SQL_TEXT(person));

        if (r != 0)
                return r;
        *ret = (struct tries){.locked_until = INT64_MIN};
        if (stmt)
                *ret = (struct tries){thon_within(thon_column_int(stmt, 0), INT32_MAX),
                                      thon_column_int(stmt, 1)};
        return 0;
}

static int write_tries(struct thon_store *store, const char *person, const struct tries *tries)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store,
                                "INSERT INTO pin_try (person, wrong, locked_until) VALUES (?1, ?2, ?3)"
                                " ON CONFLICT (person) DO UPDATE SET wrong = ?2, locked_until = ?3",
                                SQL_TEXT(person), SQL_INT(tries->wrong), SQL_INT(tries->locked_until));
        return thon_sql_leave(store, own, r);
}

/* One more try, as if it were wrong. A lock that ends later than locks last is of a clock that went back: it begins
 * anew. On a disk that takes nothing a warning must still be possible: then this handle counts, for all persons
 * together. */
static int count_try(struct thon_store *store, const char *person, struct thon_wall now, bool *ret_locked)
{
        struct tries tries;
        bool locked;
        int r = read_tries(store, person, &tries);

        if (r != 0)
                return r;
        locked = now.s < tries.locked_until;
        if (locked && tries.locked_until - LOCKED_S <= now.s) {
                *ret_locked = true;
                return 0;
        }
        if (!locked)
                tries.wrong++;
        tries.locked_until = locked || tries.wrong >= TRIES ? now.s + LOCKED_S : now.s;
        r = write_tries(store, person, &tries);
        if ((r == THON_STORE_FULL || r == THON_STORE_READONLY) && !store->in_transaction) {
                locked = locked || store->uncounted >= TRIES;
                store->uncounted += !locked;
                r = 0;
        }
        if (r == 0)
                *ret_locked = locked;
        return r;
}

static int forget_tries(struct thon_store *store, const char *person)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store, "DELETE FROM pin_try WHERE person = ?1", SQL_TEXT(person));
        r = thon_sql_leave(store, own, r);
        if (store->uncounted == 0)
                return r;
        store->uncounted = 0;
        return r == THON_STORE_FULL || r == THON_STORE_READONLY ? 0 : r;
}

static int weigh(const char *pin, const char *hashed, bool *ret_right)
{
        _cleanup_(crypt_freep) struct crypt_data *data = NULL;
        bool formed = pin && well_formed(pin);
        const char *got, *setting = hashed ? hashed : NOBODYS;
        size_t n;
        int r = hash(formed ? pin : "0", setting, &data, &got);

        if (r < 0)
                return r;
        n = strlen(setting);
        *ret_right = formed && hashed && strlen(got) == n && CRYPTO_memcmp(got, setting, n) == 0;
        return 0;
}

int thon_pin_check(struct thon_store *store, const char *person, const char *pin, struct thon_wall now,
                   enum thon_pin *ret, char **ret_name)
{
        _cleanup_(holder_done) struct holder holder = {NULL, NULL};
        bool locked = false, right = false;
        int r = read_holder(store, person, &holder);

        if (r == 0 && holder.hash)
                r = count_try(store, person, now, &locked);
        if (r == 0)
                r = weigh(pin, locked ? NULL : holder.hash, &right);
        if (r == 0 && right)
                r = forget_tries(store, person);
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

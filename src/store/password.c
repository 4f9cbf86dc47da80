/* Hashes of PINs and passwords, by libcrypt's yescrypt: costly in time and memory, so that who steals the store still has
 * a guess to pay for, one by one. */
#include "password.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "thon/cleanup.h"

#define KIND "$y$"
/* For nobody's: the same work, for nothing. */
#define NOBODYS "$y$j9T$uEPgNaF1kNVRcLBYWZQEa1$"

static void crypt_free(struct crypt_data *data)
{
        if (!data)
                return;
        explicit_bzero(data, sizeof(*data));
        free(data);
}
THON_DEFINE_CLEANUP(struct crypt_data *, crypt_free)

/* Borrowed from *ret_data, as `setting` makes it of the text. */
static int hash(const char *text, const char *setting, struct crypt_data **ret_data, const char **ret)
{
        struct crypt_data *data = calloc(1, sizeof(*data));

        if (!data)
                return -ENOMEM;
        *ret = crypt_r(text, setting, data);
        if (!*ret || **ret == '*') {
                crypt_free(data);
                return -EIO;
        }
        *ret_data = data;
        return 0;
}

int thon_password_hash(const char *text, char **ret)
{
        _cleanup_(crypt_freep) struct crypt_data *data = NULL;
        char setting[CRYPT_GENSALT_OUTPUT_SIZE];
        const char *hashed = NULL;
        char *copy;
        int r;

        if (!crypt_gensalt_rn(KIND, 0, NULL, 0, setting, (int)sizeof(setting)))
                return -errno;
        r = hash(text, setting, &data, &hashed);
        if (r < 0)
                return r;
        copy = strdup(hashed);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}

bool thon_password_hash_sound(const char *hashed)
{
        return strncmp(hashed, KIND, sizeof(KIND) - 1) == 0;
}

int thon_password_weigh(const char *text, const char *hashed, bool *ret_right)
{
        _cleanup_(crypt_freep) struct crypt_data *data = NULL;
        const char *got, *setting = hashed ? hashed : NOBODYS;
        size_t n;
        int r = hash(text, setting, &data, &got);

        if (r < 0)
                return r;
        n = strlen(setting);
        *ret_right = hashed && strlen(got) == n && CRYPTO_memcmp(got, setting, n) == 0;
        return 0;
}

/* What a password must not be. Length is what makes it strong, so that little else is asked: no kinds of characters, but
 * nothing that is tried first either.
 *
 * One word typed on two keyboards may be two strings of bytes: passwords are hashed and compared in NFC. */
#include "user_password.h"

#include <errno.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"
#include "thon/text.h"
#include "thon/user.h"

#define BYTES_MAX     1024 /* before it is NFC */
#define DIFFERENT_MIN 4

static void wipe(char **text)
{
        if (!*text)
                return;
        explicit_bzero(*text, strlen(*text));
        free(*text);
}

int thon_password_nfc(const char *password, char **ret)
{
        return thon_text_nfc(password, BYTES_MAX, ret);
}

/* "1234567890", "abcdefghij", "9999999999", and what has hardly more in it. */
static bool simple(const utf8proc_int32_t *c, size_t n)
{
        utf8proc_int32_t seen[DIFFERENT_MIN];
        size_t different = 0;
        bool run = true;

        for (size_t i = 0; i < n; i++) {
                size_t k = 0;

                while (k < different && seen[k] != c[i])
                        k++;
                if (k == different && different < DIFFERENT_MIN)
                        seen[different++] = c[i];
                /* "...890" goes on with 0. */
                if (i > 0 && c[i] - c[i - 1] != 1 && !(c[i - 1] == '9' && c[i] == '0'))
                        run = false;
        }
        return different < DIFFERENT_MIN || run;
}

static int same_folded(const char *a, const char *b, bool *ret)
{
        _cleanup_(wipe) char *fa = NULL;
        _cleanup_free_ char *fb = NULL;
        int r;

        *ret = false;
        if (!b)
                return 0;
        r = thon_text_fold(a, BYTES_MAX, &fa);
        if (r == 0)
                r = thon_text_fold(b, BYTES_MAX, &fb);
        if (r == 0)
                *ret = *fa != '\0' && strcmp(fa, fb) == 0;
        return r == -EINVAL ? 0 : r;
}

const char *thon_password_refused(const char *password, const char *id, const char *name)
{
        _cleanup_(wipe) char *nfc = NULL;
        utf8proc_int32_t chars[THON_PASSWORD_MAX + 1];
        utf8proc_ssize_t n;
        bool is_id, is_name;
        int r = strnlen(password, BYTES_MAX + 1) > BYTES_MAX ? -E2BIG : thon_password_nfc(password, &nfc);
        const char *refused = NULL;

        if (r == -EINVAL)
                return "a password is UTF-8 text without control characters";
        if (r == -ENOMEM)
                return "a password needs memory, and there is none";
        n = r < 0 ? THON_PASSWORD_MAX + 1
                  : utf8proc_decompose((const utf8proc_uint8_t *)nfc, 0, chars, THON_PASSWORD_MAX + 1,
                                       UTF8PROC_NULLTERM);
        if (n < 0)
                return "a password is UTF-8 text without control characters";
        if (n > THON_PASSWORD_MAX)
                refused = "a password has at most 128 characters";
        else if (n < THON_PASSWORD_MIN)
                refused = "a password has at least 10 characters";
        else if (simple(chars, (size_t)n))
                refused = "a password is not a run, and has at least four different characters";
        else if (same_folded(nfc, id, &is_id) < 0 || same_folded(nfc, name, &is_name) < 0)
                refused = "a password needs memory, and there is none";
        else if (is_id || is_name)
                refused = "a password is not the user's own name";
        explicit_bzero(chars, sizeof(chars));
        return refused;
}

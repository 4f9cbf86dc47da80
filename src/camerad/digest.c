/* Answers to login challenges.
 *
 * One check hashes three times, and a sweep has thousands of checks: OpenSSL 3 looks an algorithm up by name at each use of
 * EVP_md5(), which costs more than hashing 100 bytes. So the two algorithms are fetched once and stay for the life of the
 * process. User, realm, nonce and opaque are hashed as they are meant and sent with their quotes escaped, so that none of
 * them can end its string. Whatever a password went through is wiped. */
#include "digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define HEX (2 * 32 + 1)

struct out {
        char *p;
        size_t room, n;
        bool full;
};

static void put(struct out *o, const char *text, size_t size)
{
        if (o->full || o->room - o->n <= size) {
                o->full = true;
                return;
        }
        memcpy(o->p + o->n, text, size);
        o->n += size;
        o->p[o->n] = '\0';
}

static void put_text(struct out *o, const char *text)
{
        put(o, text, strlen(text));
}

static void put_quoted(struct out *o, const char *key, const char *text)
{
        put_text(o, key);
        put(o, "=\"", 2);
        for (size_t n; *text; text += n) {
                n = strcspn(text, "\"\\");
                put(o, text, n);
                if (text[n]) {
                        const char escaped[2] = {'\\', text[n++]};
                        put(o, escaped, 2);
                }
        }
        put(o, "\"", 1);
}

static bool fits_a_line(const char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text < ' ' || *text == 0x7f)
                        return false;
        return true;
}

static const EVP_MD *algorithm(enum thon_challenge_scheme scheme)
{
        static EVP_MD *md5, *sha256;

        if (scheme == THON_CHALLENGE_SHA256)
                return sha256 ? sha256 : (sha256 = EVP_MD_fetch(NULL, "SHA256", NULL));
        return md5 ? md5 : (md5 = EVP_MD_fetch(NULL, "MD5", NULL));
}

static void hexadecimal(const unsigned char *raw, size_t size, char *ret)
{
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < size; i++) {
                *ret++ = digits[raw[i] >> 4];
                *ret++ = digits[raw[i] & 15];
        }
        *ret = '\0';
}

/* The hash of texts joined by colons, in lower-case hexadecimal. */
static bool hash(EVP_MD_CTX *ctx, const EVP_MD *md, char ret[static HEX], size_t n, ...)
{
        unsigned char raw[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        bool ok = EVP_DigestInit_ex(ctx, md, NULL) == 1;
        va_list texts;

        va_start(texts, n);
        for (size_t i = 0; ok && i < n; i++) {
                const char *text = va_arg(texts, const char *);
                ok = (i == 0 || EVP_DigestUpdate(ctx, ":", 1) == 1) &&
                     EVP_DigestUpdate(ctx, text, strlen(text)) == 1;
        }
        va_end(texts);
        ok = ok && EVP_DigestFinal_ex(ctx, raw, &size) == 1 && size < HEX / 2 + 1;
        hexadecimal(raw, ok ? size : 0, ret);
        return ok;
}

/* `response` of RFC 7616, 3.4. */
static bool respond(const struct digest_want *w, const char *count, char ret[static HEX])
{
        const struct thon_challenge *ch = w->challenge;
        const EVP_MD *md = algorithm(ch->scheme);
        EVP_MD_CTX *ctx = md ? EVP_MD_CTX_new() : NULL;
        char a1[HEX], a2[HEX];
        bool ok = ctx && hash(ctx, md, a1, 3, w->user, ch->realm, w->password) &&
                  (!ch->session || hash(ctx, md, a1, 3, a1, ch->nonce, w->cnonce)) &&
                  hash(ctx, md, a2, 2, w->method, w->uri) &&
                  (ch->qop_auth ? hash(ctx, md, ret, 6, a1, ch->nonce, count, w->cnonce, "auth", a2)
                                : hash(ctx, md, ret, 3, a1, ch->nonce, a2));

        explicit_bzero(a1, sizeof a1);
        EVP_MD_CTX_free(ctx);
        return ok;
}

static int digest(const struct digest_want *w, struct out *o)
{
        const struct thon_challenge *ch = w->challenge;
        char response[HEX], count[9];

        (void)snprintf(count, sizeof count, "%08x", w->count);
        if (!respond(w, count, response))
                return -EIO;
        put_quoted(o, "Digest username", w->user);
        put_quoted(o, ", realm", ch->realm);
        put_quoted(o, ", nonce", ch->nonce);
        put_quoted(o, ", uri", w->uri);
        put_quoted(o, ", response", response);
        /* Said even when it is the default only if the server may need it: RFC 2069 servers know no such word. */
        if (ch->scheme == THON_CHALLENGE_SHA256)
                put_text(o, ch->session ? ", algorithm=SHA-256-sess" : ", algorithm=SHA-256");
        else if (ch->session)
                put_text(o, ", algorithm=MD5-sess");
        else if (ch->qop_auth)
                put_text(o, ", algorithm=MD5");
        if (digest_wants_cnonce(ch))
                put_quoted(o, ", cnonce", w->cnonce);
        if (ch->qop_auth) {
                put_text(o, ", qop=auth, nc=");
                put_text(o, count);
        }
        if (ch->has_opaque)
                put_quoted(o, ", opaque", ch->opaque);
        return 0;
}

static int basic(const struct digest_want *w, struct out *o)
{
        char pair[1024];
        int n = snprintf(pair, sizeof pair, "%s:%s", w->user, w->password), r = 0;

        if (strchr(w->user, ':'))
                r = -EINVAL;
        else if (n < 0 || (size_t)n >= sizeof pair)
                r = -ENOBUFS;
        else {
                put_text(o, "Basic ");
                if (o->full || o->room - o->n <= 4 * (((size_t)n + 2) / 3))
                        o->full = true;
                else
                        o->n += (size_t)EVP_EncodeBlock((unsigned char *)o->p + o->n, (unsigned char *)pair,
                                                        n);
        }
        explicit_bzero(pair, sizeof pair);
        return r;
}

int digest_authorization(const struct digest_want *w, char *ret, size_t room)
{
        struct out o = {.p = ret, .room = room};
        int r = -EINVAL;

        if (!fits_a_line(w->user) || !fits_a_line(w->uri) || strpbrk(w->uri, "\"\\") ||
            (digest_wants_cnonce(w->challenge) && !w->cnonce))
                return r;
        switch (w->challenge->scheme) {
        case THON_CHALLENGE_NONE:
                break;
        case THON_CHALLENGE_BASIC:
                r = basic(w, &o);
                break;
        case THON_CHALLENGE_MD5:
        case THON_CHALLENGE_SHA256:
                r = digest(w, &o);
                break;
        }
        if (r == 0 && o.full)
                r = -ENOBUFS;
        if (r < 0)
                explicit_bzero(ret, room);
        return r;
}

bool digest_wants_cnonce(const struct thon_challenge *ch)
{
        return ch->scheme >= THON_CHALLENGE_MD5 && (ch->qop_auth || ch->session);
}

int digest_cnonce(char ret[static DIGEST_CNONCE])
{
        unsigned char raw[(DIGEST_CNONCE - 1) / 2];
        ssize_t n;

        do
                n = getrandom(raw, sizeof raw, 0);
        while (n < 0 && errno == EINTR);
        if (n != sizeof raw)
                return n < 0 ? -errno : -EIO;
        hexadecimal(raw, sizeof raw, ret);
        return 0;
}

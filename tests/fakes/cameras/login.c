/* Logins as cameras ask for them: Digest (RFC 2069 and 2617, MD5 or SHA-256) and Basic. The nonce names the camera, its boot
 * and its time, so that nothing has to be kept to know whether it is one of ours. */
#include "farm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NONCE_US 300000000

int digests_init(struct digests *digests)
{
        digests->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
        digests->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
        digests->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        digests->context = EVP_MD_CTX_new();
        return digests->md5 && digests->sha1 && digests->sha256 && digests->context ? 0 : -ENOMEM;
}

void digests_done(struct digests *digests)
{
        EVP_MD_free(digests->md5);
        EVP_MD_free(digests->sha1);
        EVP_MD_free(digests->sha256);
        EVP_MD_CTX_free(digests->context);
        *digests = (struct digests){0};
}

/* The hash of texts with colons between, in hex; NULL texts are passed over. */
static void hash(const struct digests *digests, bool sha256, const char *const *texts, size_t n, char *ret)
{
        unsigned char raw[EVP_MAX_MD_SIZE];
        unsigned size = 0, i;
        bool any = false;
        size_t t;

        (void)EVP_DigestInit_ex2(digests->context, sha256 ? digests->sha256 : digests->md5, NULL);
        for (t = 0; t < n; t++) {
                if (!texts[t])
                        continue;
                if (any)
                        (void)EVP_DigestUpdate(digests->context, ":", 1);
                (void)EVP_DigestUpdate(digests->context, texts[t], strlen(texts[t]));
                any = true;
        }
        (void)EVP_DigestFinal_ex(digests->context, raw, &size);
        for (i = 0; i < size; i++) {
                ret[i * 2] = "0123456789abcdef"[raw[i] >> 4];
                ret[i * 2 + 1] = "0123456789abcdef"[raw[i] & 15];
        }
        ret[size * 2] = '\0';
}

static const char *ha1(struct host *host, bool sha256)
{
        char *ret = sha256 ? host->ha1_sha256 : host->ha1_md5;
        const struct settings *s = &host->settings;

        if (ret[0] == '\0')
                hash(&host->farm->digests, sha256, (const char *[]){s->user, s->realm, s->password}, 3, ret);
        return ret;
}

/* ---- what came ---- */

struct digest {
        const char *username, *realm, *nonce, *uri, *response, *algorithm, *qop, *nc, *cnonce;
};

static void take(struct digest *digest, const char *name, const char *value)
{
        const struct {
                const char *name;
                const char **to;
        } known[] = {{"username", &digest->username},
                     {"realm", &digest->realm},
                     {"nonce", &digest->nonce},
                     {"uri", &digest->uri},
                     {"qop", &digest->qop},
                     {"nc", &digest->nc},
                     {"response", &digest->response},
                     {"cnonce", &digest->cnonce},
                     {"algorithm", &digest->algorithm}};
        size_t i;

        for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (strcasecmp(name, known[i].name) == 0)
                        *known[i].to = value;
}

/* `text` is cut up. Backslashes in quoted values stand as they are: no camera of ours has any. */
static void parse(struct digest *digest, char *text)
{
        *digest = (struct digest){0};
        for (;;) {
                char *name, *value, *end;

                text += strspn(text, " \t,");
                name = text;
                text = strchr(name, '=');
                if (!text)
                        return;
                *text++ = '\0';
                value = text;
                if (*value == '"')
                        end = strchr(++value, '"');
                else
                        end = value + strcspn(value, " \t,");
                if (!end)
                        return;
                text = *end ? end + 1 : end;
                *end = '\0';
                take(digest, name, value);
        }
}

static bool answers(struct host *host, const struct digest *digest, const struct message *message)
{
        bool sha256 = digest->algorithm && strcasecmp(digest->algorithm, "SHA-256") == 0;
        enum login login = (enum login)host->settings.login;
        char ha2[65], want[65];

        if (!digest->username || !digest->nonce || !digest->uri || !digest->response ||
            (sha256 ? login != LOGIN_SHA256 && login != LOGIN_BOTH : login == LOGIN_SHA256) ||
            strcmp(digest->username, host->settings.user) != 0 || strcmp(digest->uri, message->url) != 0 ||
            (digest->qop && (strcmp(digest->qop, "auth") != 0 || !digest->nc || !digest->cnonce)))
                return false;
        hash(&host->farm->digests, sha256, (const char *[]){message->method, digest->uri}, 2, ha2);
        hash(&host->farm->digests, sha256,
             (const char *[]){ha1(host, sha256), digest->nonce, digest->qop ? digest->nc : NULL,
                              digest->qop ? digest->cnonce : NULL, digest->qop, ha2},
             6, want);
        return strcmp(want, digest->response) == 0;
}

static bool is_fresh(struct conn *conn, const char *nonce)
{
        struct host *host = conn->host;
        unsigned address, boots;
        unsigned long long at;

        if (host_does(host, conn->service, MODE_WRONG_NONCE))
                return strcmp(nonce, conn->nonce) == 0 && conn->nonce_uses++ == 0;
        if (strcmp(nonce, conn->nonce) == 0)
                return true;
        return strlen(nonce) == 32 && sscanf(nonce, "%8x%8x%16llx", &address, &boots, &at) == 3 &&
               address == ntohl(host->address.s_addr) && boots == host->boots &&
               (int64_t)(conn->farm->loop.now_us - at) < NONCE_US;
}

static bool is_basic(const struct host *host, const char *text)
{
        unsigned char plain[256];
        char want[160];
        size_t n = strlen(text);
        int size;

        if (n % 4 != 0 || n == 0 || n > sizeof(plain))
                return false;
        size = EVP_DecodeBlock(plain, (const unsigned char *)text, (int)n);
        while (size > 0 && n > 0 && text[n - 1] == '=') {
                size--;
                n--;
        }
        (void)snprintf(want, sizeof(want), "%s:%s", host->settings.user, host->settings.password);
        return size == (int)strlen(want) && memcmp(plain, want, (size_t)size) == 0;
}

static enum login_result judge(struct conn *conn, const struct message *message)
{
        const char *header = message_header(message, "Authorization");
        struct host *host = conn->host;
        enum login login = (enum login)host->settings.login;
        _cleanup_free_ char *text = NULL;
        struct digest digest;

        if (login == LOGIN_NONE)
                return LOGIN_GOOD;
        if (!header)
                return LOGIN_MISSING;
        if (strncasecmp(header, "Basic ", 6) == 0) {
                host_count(host, N_BASIC);
                return (login == LOGIN_BASIC || login == LOGIN_ANY) && is_basic(host, header + 6)
                               ? LOGIN_GOOD
                               : LOGIN_WRONG;
        }
        if (strncasecmp(header, "Digest ", 7) != 0 || login == LOGIN_BASIC || !(text = strdup(header + 7)))
                return LOGIN_WRONG;
        parse(&digest, text);
        if (!answers(host, &digest, message))
                return LOGIN_WRONG;
        return is_fresh(conn, digest.nonce) ? LOGIN_GOOD : LOGIN_STALE;
}

enum login_result login_check(struct conn *conn, const struct message *message)
{
        enum login_result result = judge(conn, message);
        struct host *host = conn->host;

        if (result != LOGIN_MISSING && host->settings.login != LOGIN_NONE &&
            (host->locked || host_does(host, conn->service, MODE_401) ||
             host_does(host, conn->service, MODE_CLOSE_401)))
                result = LOGIN_WRONG;
        switch (result) {
        case LOGIN_GOOD:
                if (host->settings.login != LOGIN_NONE)
                        host_count(host, N_LOGINS);
                host->wrong_in_a_row = 0;
                break;
        case LOGIN_STALE:
                host_count(host, N_STALE);
                break;
        case LOGIN_WRONG:
                host_count(host, N_WRONG_LOGINS);
                if (++host->wrong_in_a_row == (unsigned)host->settings.lock_after)
                        host->locked = true;
                break;
        case LOGIN_MISSING:
                break;
        }
        return result;
}

void login_challenge(struct conn *conn, bool stale, struct bytes *out)
{
        const struct settings *s = &conn->host->settings;
        const char *qop = s->qop || conn->service == SERVICE_HTTP ? ", qop=\"auth\"" : "",
                   *again = stale ? ", stale=\"TRUE\"" : "";
        enum login login = (enum login)s->login;

        /* Never the same twice, even within a microsecond. */
        (void)snprintf(conn->nonce, sizeof(conn->nonce), "%08x%08x%016llx",
                       ntohl(conn->host->address.s_addr), conn->host->boots,
                       (unsigned long long)(conn->farm->loop.now_us + conn->farm->serial++ % 1000));
        conn->nonce_uses = 0;
        if (login == LOGIN_SHA256 || login == LOGIN_BOTH)
                bytes_printf(
                        out,
                        "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=SHA-256%s%s\r\n",
                        s->realm, conn->nonce, qop, again);
        if (login == LOGIN_MD5 || login == LOGIN_BOTH || login == LOGIN_ANY)
                bytes_printf(out, "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\"%s%s%s\r\n", s->realm,
                             conn->nonce, login == LOGIN_BOTH ? ", algorithm=MD5" : "", qop, again);
        if (login == LOGIN_BASIC || login == LOGIN_ANY)
                bytes_printf(out, "WWW-Authenticate: Basic realm=\"%s\"\r\n", s->realm);
}

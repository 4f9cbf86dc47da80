/* Login challenges: which of those offered is the one to answer.
 *
 * The grammar is ambiguous at commas ("Digest realm="a", nonce="b", Basic realm="c"" is two challenges), so a word that no
 * "=" follows begins the next one. One that is damaged is passed over alone: the others may be fine. */
#include "rtsp_head.h"

#include <string.h>

struct cursor {
        const char *p, *end;
};

static void blanks(struct cursor *c, bool commas)
{
        while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || (commas && *c->p == ',')))
                c->p++;
}

static bool ends_word(char c)
{
        return (unsigned char)c <= ' ' || c == ',' || c == '=' || c == '"' || c == ';' || c == 0x7f;
}

static struct thon_rtsp_text word(struct cursor *c)
{
        struct thon_rtsp_text w = {c->p, 0};

        while (c->p < c->end && !ends_word(*c->p))
                c->p++;
        w.size = (size_t)(c->p - w.at);
        return w;
}

/* A value, quoted or not, without its quotes and escapes. False: over the limit, a control character, or no end. */
static bool value(struct cursor *c, char ret[static THON_CHALLENGE_TEXT])
{
        bool quoted = c->p < c->end && *c->p == '"', fine = true;
        size_t n = 0;

        if (quoted)
                c->p++;
        for (;; c->p++) {
                if (c->p == c->end || (!quoted && (*c->p == ',' || *c->p == ' ' || *c->p == '\t'))) {
                        fine = fine && !quoted;
                        break;
                }
                if (quoted && *c->p == '"') {
                        c->p++;
                        break;
                }
                if (quoted && *c->p == '\\' && c->p + 1 < c->end)
                        c->p++;
                if ((unsigned char)*c->p < ' ' || *c->p == 0x7f || n == THON_CHALLENGE_TEXT - 1)
                        fine = false;
                else
                        ret[n++] = *c->p;
        }
        ret[n] = '\0';
        return fine;
}

static struct thon_rtsp_text of(const char *text)
{
        return (struct thon_rtsp_text){text, strlen(text)};
}

static bool offers_auth(const char *list)
{
        struct cursor c = {list, list + strlen(list)};

        while (blanks(&c, true), c.p < c.end) {
                struct thon_rtsp_text w = word(&c);
                if (thon_rtsp_is(w, "AUTH"))
                        return true;
                if (w.size == 0)
                        c.p++;
        }
        return false;
}

/* One parameter taken over; false when the challenge cannot be used because of it. */
static bool parameter(struct thon_rtsp_text name, const char *text, struct thon_challenge *ch,
                      bool *has_nonce)
{
        if (thon_rtsp_is(name, "REALM"))
                memcpy(ch->realm, text, strlen(text) + 1);
        else if (thon_rtsp_is(name, "NONCE")) {
                memcpy(ch->nonce, text, strlen(text) + 1);
                *has_nonce = true;
        } else if (thon_rtsp_is(name, "OPAQUE")) {
                memcpy(ch->opaque, text, strlen(text) + 1);
                ch->has_opaque = true;
        } else if (thon_rtsp_is(name, "STALE"))
                ch->stale = thon_rtsp_is(of(text), "TRUE");
        else if (thon_rtsp_is(name, "QOP")) {
                ch->qop_auth = offers_auth(text);
                return ch->qop_auth;
        } else if (thon_rtsp_is(name, "ALGORITHM")) {
                bool md5_sess = thon_rtsp_is(of(text), "MD5-SESS"),
                     sha_sess = thon_rtsp_is(of(text), "SHA-256-SESS");

                ch->session = md5_sess || sha_sess;
                if (sha_sess || thon_rtsp_is(of(text), "SHA-256"))
                        ch->scheme = THON_CHALLENGE_SHA256;
                else
                        return md5_sess || thon_rtsp_is(of(text), "MD5");
        }
        return true;
}

/* The parameters of one scheme, up to the next scheme or the end. */
static bool challenge(struct cursor *c, struct thon_rtsp_text name, struct thon_challenge *ch)
{
        bool usable = true, has_nonce = false;

        *ch = (struct thon_challenge){.scheme = thon_rtsp_is(name, "DIGEST")  ? THON_CHALLENGE_MD5
                                                : thon_rtsp_is(name, "BASIC") ? THON_CHALLENGE_BASIC
                                                                              : THON_CHALLENGE_NONE};
        for (;;) {
                struct cursor before;
                struct thon_rtsp_text key;
                char text[THON_CHALLENGE_TEXT];

                blanks(c, true);
                before = *c;
                key = word(c);
                if (key.size == 0) {
                        if (c->p == c->end)
                                break;
                        c->p++; /* a stray character */
                        usable = false;
                        continue;
                }
                blanks(c, false);
                if (c->p == c->end || *c->p != '=') {
                        *c = before; /* the next scheme */
                        break;
                }
                c->p++;
                blanks(c, false);
                if (!value(c, text))
                        usable = false;
                else if (ch->scheme >= THON_CHALLENGE_MD5 && !parameter(key, text, ch, &has_nonce))
                        usable = false;
        }
        return usable && ch->scheme != THON_CHALLENGE_NONE &&
               (ch->scheme == THON_CHALLENGE_BASIC || has_nonce);
}

bool thon_challenge_choose(const struct thon_rtsp_text *headers, size_t n, struct thon_challenge *ret)
{
        struct thon_challenge best = {.scheme = THON_CHALLENGE_NONE}, one;

        for (size_t i = 0; i < n; i++) {
                struct cursor c = {headers[i].at, headers[i].at + headers[i].size};

                while (blanks(&c, true), c.p < c.end) {
                        struct thon_rtsp_text name = word(&c);

                        if (name.size == 0)
                                c.p++;
                        else if (challenge(&c, name, &one) && one.scheme > best.scheme)
                                best = one;
                }
        }
        if (best.scheme == THON_CHALLENGE_NONE)
                return false;
        *ret = best;
        return true;
}

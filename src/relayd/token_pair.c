/* Pairs of tokens.
 *
 * The provider says `expires_in` in text or as a number, and refuses with status 200; an answer without an access token
 * is a failure whatever else it says. Nothing of such an answer may reach the file, and of its words only the error's
 * name goes into the journal: the rest may repeat what we sent. */
#include "token_pair.h"

#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "channels/wire.h" /* how providers write numbers */
#include "thon/cleanup.h"
#include "thon/conf.h"

#define TOKEN_MAX      4096
#define ANSWER_MAX     (256u * 1024)
#define LIFETIME_MIN_S 10
#define LIFETIME_MAX_S (INT64_C(400) * 86400)

void relayd_pair_done(struct relayd_pair *pair)
{
        thon_secret_free(pair->access);
        thon_secret_free(pair->refresh);
        *pair = (struct relayd_pair){.expires = THON_WALL_NEVER};
}

bool relayd_token_fits(const char *text)
{
        size_t n = 0;

        for (; text[n]; n++)
                if (n == TOKEN_MAX || text[n] <= ' ' || text[n] > '~')
                        return false;
        return n > 0;
}

/* 0 also when it is not there or no token, -ENOMEM. */
static int take_token(const json_t *value, char **ret)
{
        const char *text = json_string_value(value);

        if (!text || !relayd_token_fits(text))
                return 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static bool number(const json_t *value, int64_t *ret)
{
        double real = json_real_value(value); /* 0 for anything else */

        if (!json_is_real(value))
                return wire_int(value, ret);
        if (!isfinite(real) || fabs(real) > 1e15)
                return false;
        *ret = (int64_t)real;
        return true;
}

/* ---- the answer ---- */

void relayd_token_answer_done(struct relayd_token_answer *answer)
{
        thon_secret_free(answer->access);
        thon_secret_free(answer->refresh);
        *answer = (struct relayd_token_answer){.code = 0};
}

static int64_t lifetime(const json_t *value)
{
        int64_t s;

        return number(value, &s) && s >= LIFETIME_MIN_S && s <= LIFETIME_MAX_S ? s : RELAYD_LIFETIME_S;
}

/* Words with a space or short ones are no tokens; anything longer in one piece could be. */
static void take_words(const json_t *doc, char *buf, size_t size)
{
        static const char *const MEMBERS[] = {"error_name", "error_description", "message"};
        const char *text = NULL;
        size_t piece = 0, n = 0;

        for (size_t i = 0; i < 3 && !text; i++)
                text = json_string_value(json_object_get(doc, MEMBERS[i]));
        for (; text && text[n] && n + 1 < size; n++) {
                piece = text[n] == ' ' ? 0 : piece + 1;
                if (text[n] < ' ' || text[n] > '~' || piece > 32) {
                        n = 0;
                        break;
                }
                buf[n] = text[n];
        }
        buf[n] = '\0';
}

int relayd_token_answer_read(const char *body, size_t size, struct relayd_token_answer *ret)
{
        _cleanup_json_ json_t *doc = NULL;
        int r;

        *ret = (struct relayd_token_answer){.code = 0};
        r = thon_json_parse(body, size, ANSWER_MAX, &doc, NULL);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !json_is_object(doc))
                return RELAYD_READ_UNCLEAR;
        if (take_token(json_object_get(doc, "access_token"), &ret->access) < 0 ||
            take_token(json_object_get(doc, "refresh_token"), &ret->refresh) < 0) {
                relayd_token_answer_done(ret);
                return -ENOMEM;
        }
        if (ret->access) {
                ret->lifetime_s = lifetime(json_object_get(doc, "expires_in"));
                return RELAYD_READ_PAIR;
        }
        if (!number(json_object_get(doc, "error"), &ret->code) || ret->code == 0)
                return RELAYD_READ_UNCLEAR;
        take_words(doc, ret->words, sizeof ret->words);
        return RELAYD_READ_REFUSED;
}

/* ---- the file ---- */

static struct thon_wall instant(const json_t *value, struct thon_wall otherwise)
{
        if (json_is_integer(value) && json_integer_value(value) > 0)
                return (struct thon_wall){json_integer_value(value)};
        return otherwise;
}

static int pair_read(const json_t *doc, struct relayd_pair *ret)
{
        int r = take_token(json_object_get(doc, "access_token"), &ret->access);

        if (r == 0)
                r = take_token(json_object_get(doc, "refresh_token"), &ret->refresh);
        ret->expires = instant(json_object_get(doc, "expires_at"), THON_WALL_NEVER);
        ret->refreshed = instant(json_object_get(doc, "refreshed_at"), (struct thon_wall){0});
        return r;
}

void relayd_token_file_done(struct relayd_token_file *file)
{
        relayd_pair_done(&file->now);
        relayd_pair_done(&file->previous);
}

int relayd_token_file_read(const char *text, size_t size, struct relayd_token_file *ret)
{
        _cleanup_(relayd_token_file_done) struct relayd_token_file file = {.tries = 0};
        _cleanup_json_ json_t *doc = NULL;
        const char *seed;
        int64_t tries = 0;
        int r;

        r = thon_json_parse(text, size, RELAYD_TOKEN_FILE_MAX, &doc, NULL);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !json_is_object(doc))
                return -EBADMSG;
        r = pair_read(doc, &file.now);
        if (r == 0)
                r = pair_read(json_object_get(doc, "previous"), &file.previous);
        if (r < 0)
                return r;
        seed = json_string_value(json_object_get(doc, "seed"));
        if (!file.now.refresh || (seed && strlen(seed) >= sizeof file.seed))
                return -EBADMSG;
        if (seed)
                memcpy(file.seed, seed, strlen(seed) + 1);
        if (number(json_object_get(doc, "tries"), &tries) && tries > 0)
                file.tries = tries < RELAYD_TOKEN_TRIES ? (int)tries : RELAYD_TOKEN_TRIES;
        *ret = file;
        file = (struct relayd_token_file){.tries = 0};
        return 0;
}

static json_t *pair_json(const struct relayd_pair *pair)
{
        json_t *expires = pair->expires.s == THON_WALL_NEVER.s ? json_null() : json_integer(pair->expires.s);
        json_t *refreshed = pair->refreshed.s > 0 ? json_integer(pair->refreshed.s) : json_null();

        return json_pack("{s:s?, s:s?, s:o, s:o}", "access_token", pair->access, "refresh_token",
                         pair->refresh, "expires_at", expires, "refreshed_at", refreshed);
}

char *relayd_token_file_text(const struct relayd_token_file *file)
{
        _cleanup_json_ json_t *doc = pair_json(&file->now);

        if (!doc || json_object_set_new(doc, "seed", json_string(file->seed)) < 0 ||
            json_object_set_new(doc, "tries", json_integer(file->tries)) < 0 ||
            (file->previous.refresh && json_object_set_new(doc, "previous", pair_json(&file->previous)) < 0))
                return NULL;
        return json_dumps(doc, JSON_INDENT(1));
}

int relayd_token_seed(const char *access, const char *refresh, char ret[static RELAYD_SEED])
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char md[EVP_MAX_MD_SIZE];
        unsigned n = 0;
        bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                  EVP_DigestUpdate(ctx, access ? access : "", access ? strlen(access) : 0) == 1 &&
                  EVP_DigestUpdate(ctx, "\n", 1) == 1 &&
                  EVP_DigestUpdate(ctx, refresh, strlen(refresh)) == 1 &&
                  EVP_DigestFinal_ex(ctx, md, &n) == 1;

        EVP_MD_CTX_free(ctx);
        if (!ok || n * 2 + 1 != RELAYD_SEED)
                return -ENOMEM;
        for (unsigned i = 0; i < n; i++)
                (void)snprintf(ret + 2 * i, 3, "%02x", md[i]);
        return 0;
}

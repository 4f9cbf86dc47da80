/* Zalo apps: who may call (access tokens), the chain of single-use refresh tokens, and the signatures of webhooks.
 *
 * Only the newest access token is good: what a real one does with the one before is not documented, and a relay that
 * gets along here gets along with the milder rule too. */
#include "fakes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define APPS_MAX       16
#define TOKEN_LIFETIME 90000

struct apps {
        struct app items[APPS_MAX];
        size_t n;
};

static void hex(const unsigned char *digest, size_t size, char *ret)
{
        static const char digits[] = "0123456789abcdef";
        size_t i;

        for (i = 0; i < size; i++) {
                ret[2 * i] = digits[digest[i] >> 4];
                ret[2 * i + 1] = digits[digest[i] & 15];
        }
        ret[2 * size] = '\0';
}

void hmac_hex(const char *key, const void *data, size_t size, char ret[static 65])
{
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned n = 0;

        *ret = '\0';
        if (HMAC(EVP_sha256(), key, (int)strlen(key), data, size, digest, &n))
                hex(digest, n, ret);
}

/* Plain SHA-256, not HMAC: app id, raw body, time stamp, the webhook's secret. */
void app_sign(const struct app *app, const char *body, const char *timestamp, char ret[static 80])
{
        _cleanup_free_ char *all = NULL;
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned n = 0;
        int size = asprintf(&all, "%s%s%s%s", app->app_id, body, timestamp, app->oa_secret_key);

        *ret = '\0';
        if (size < 0) {
                all = NULL;
                return;
        }
        if (EVP_Digest(all, (size_t)size, digest, &n, EVP_sha256(), NULL) == 1) {
                memcpy(ret, "mac=", 4);
                hex(digest, n, ret + 4);
        }
}

static void replace(char **field, const char *text)
{
        char *copy = text ? strdup(text) : NULL;

        free(*field);
        *field = copy;
}

static struct app *add(struct apps *apps, const char *app_id)
{
        struct app *app;

        if (apps->n == APPS_MAX)
                return NULL;
        app = &apps->items[apps->n++];
        *app = (struct app){.used = json_object(), .expires_ms = INT64_MAX, .expires_in = TOKEN_LIFETIME};
        replace(&app->app_id, app_id);
        replace(&app->secret_key, "app-secret");
        replace(&app->oa_secret_key, "webhook-secret");
        replace(&app->oa_id, "9000000000000000001");
        return app;
}

struct apps *apps_new(void)
{
        struct apps *apps = calloc(1, sizeof(*apps));
        struct app *app = apps ? add(apps, "1000") : NULL;

        if (app) {
                replace(&app->access_token, "at-0");
                replace(&app->refresh_token, "rt-0");
        }
        return apps;
}

struct apps *apps_free(struct apps *apps)
{
        size_t i;

        if (!apps)
                return NULL;
        for (i = 0; i < apps->n; i++) {
                struct app *app = &apps->items[i];

                free(app->app_id);
                free(app->secret_key);
                free(app->oa_secret_key);
                free(app->oa_id);
                free(app->access_token);
                free(app->refresh_token);
                json_decref(app->used);
        }
        free(apps);
        return NULL;
}

struct app *apps_find(struct apps *apps, const char *app_id)
{
        size_t i;

        if (!app_id)
                return apps->n > 0 ? &apps->items[0] : NULL;
        for (i = 0; i < apps->n; i++)
                if (strcmp(apps->items[i].app_id, app_id) == 0)
                        return &apps->items[i];
        return NULL;
}

static bool proven(const struct request *request, const struct app *app)
{
        const char *proof = request_header(request, "appsecret_proof");
        char want[65];

        if (!app->proof)
                return true;
        hmac_hex(app->secret_key, app->access_token, strlen(app->access_token), want);
        return proof && strcmp(proof, want) == 0;
}

/* The header is called access_token, and nothing stands before the token: "Authorization: Bearer" is not read. */
struct app *apps_authorize(struct request *request, struct answer *answer, int64_t code, int64_t proof_code)
{
        struct apps *apps = request->fakes->apps;
        const char *token = request_header(request, "access_token");
        const struct provider *provider = providers[request->provider];
        size_t i;

        for (i = 0; token && i < apps->n; i++) {
                struct app *app = &apps->items[i];

                if (!app->access_token || strcmp(app->access_token, token) != 0)
                        continue;
                if (fakes_now_ms(request->fakes) >= app->expires_ms) {
                        provider->refuse(request, answer, app->code ? app->code : code,
                                         "Access token has expired");
                        return NULL;
                }
                if (!proven(request, app)) {
                        provider->refuse(request, answer, proof_code, "appsecret_proof is invalid");
                        return NULL;
                }
                return app;
        }
        provider->refuse(request, answer, code, "Access token is invalid");
        return NULL;
}

void app_rotate(struct app *app, int64_t now_ms)
{
        char token[96];

        if (app->refresh_token)
                (void)json_object_set_new(app->used, app->refresh_token, json_true());
        app->refresh++;
        snprintf(token, sizeof(token), "at-%u-%s", app->refresh, app->app_id);
        replace(&app->access_token, token);
        snprintf(token, sizeof(token), "rt-%u-%s", app->refresh, app->app_id);
        replace(&app->refresh_token, token);
        app->expires_ms = now_ms + app->expires_in * 1000;
}

/* ---- POST /control/apps ---- */

static void set_text(char **field, const json_t *settings, const char *name)
{
        const json_t *value = json_object_get(settings, name);

        if (value)
                replace(field, json_string_value(value)); /* null: none */
}

bool apps_set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error)
{
        static const char *const members[] = {"app_id",
                                              "secret_key",
                                              "oa_secret_key",
                                              "oa_id",
                                              "access_token",
                                              "refresh_token",
                                              "expires_in",
                                              "expire",
                                              "code",
                                              "proof",
                                              NULL};
        const char *id = json_string_value(json_object_get(settings, "app_id"));
        const json_t *value;
        struct app *app;

        if (!thon_json_only(settings, "", members, error))
                return false;
        app = apps_find(fakes->apps, id);
        if (!app)
                app = add(fakes->apps, id);
        if (!app) {
                thon_json_fail(error, "app_id", "at most %d apps", APPS_MAX);
                return false;
        }
        set_text(&app->secret_key, settings, "secret_key");
        set_text(&app->oa_secret_key, settings, "oa_secret_key");
        set_text(&app->oa_id, settings, "oa_id");
        set_text(&app->access_token, settings, "access_token");
        set_text(&app->refresh_token, settings, "refresh_token");
        if (!app->secret_key || !app->oa_secret_key || !app->oa_id) {
                thon_json_fail(error, "", "secret_key, oa_secret_key and oa_id are texts");
                return false;
        }
        if ((value = json_object_get(settings, "access_token")))
                app->expires_ms = INT64_MAX;
        if ((value = json_object_get(settings, "expires_in")))
                app->expires_in = json_integer_value(value);
        if ((value = json_object_get(settings, "code")))
                app->code = json_integer_value(value);
        if ((value = json_object_get(settings, "proof")))
                app->proof = json_is_true(value);
        if (json_is_true(json_object_get(settings, "expire")))
                app->expires_ms = fakes_now_ms(fakes);
        return true;
}

json_t *apps_get(const struct apps *apps)
{
        json_t *list = json_array();
        size_t i;

        for (i = 0; i < apps->n; i++) {
                const struct app *app = &apps->items[i];

                (void)json_array_append_new(
                        list, json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:i, s:i}", "app_id", app->app_id,
                                        "secret_key", app->secret_key, "oa_secret_key", app->oa_secret_key,
                                        "oa_id", app->oa_id, "access_token", app->access_token,
                                        "refresh_token", app->refresh_token, "refreshes", (int)app->refresh,
                                        "used_refresh_tokens", (int)json_object_size(app->used)));
        }
        return list;
}

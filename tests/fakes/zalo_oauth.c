/* Zalo's OAuth v4: one access token for 25 hours, refresh tokens that work once. Failures are HTTP 200 with an error
 * body and no tokens; expires_in is text. */
#include "fakes.h"

#include <string.h>

static const char *route(struct fakes *fakes, const char *path, bool prefixed)
{
        (void)fakes;
        (void)prefixed;
        return strcmp(path, "/v4/oa/access_token") == 0 ? "access_token" : NULL;
}

static void refuse(struct request *request, struct answer *answer, int64_t code, const char *message)
{
        (void)request;
        answer_json(answer, 200,
                    json_pack("{s:I, s:s, s:s, s:s}", "error", (json_int_t)code, "error_name", message,
                              "error_reason", message, "ref_doc", "https://developers.zalo.me/docs"),
                    code, message);
}

static void judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *type = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
        const char *secret = request_header(request, "secret_key");
        const char *grant = request_text(request, "grant_type");
        const char *token = request_text(request, "refresh_token");
        const char *app_id = request_text(request, "app_id");
        struct app *app = app_id ? apps_find(fakes->apps, app_id) : NULL;
        char expires[24];

        if (!request_is_post(request) || !type ||
            strncmp(type, "application/x-www-form-urlencoded", 33) != 0) {
                refuse(request, answer, -14001, "Invalid request");
                return;
        }
        if (!app) {
                refuse(request, answer, -14002, "Invalid app id");
                return;
        }
        if (!secret || strcmp(secret, app->secret_key) != 0) {
                refuse(request, answer, -14004, "Invalid secret key");
                return;
        }
        if (!grant || strcmp(grant, "refresh_token") != 0) {
                refuse(request, answer, -14010, "Invalid grant type");
                return;
        }
        if (!token || !app->refresh_token || strcmp(token, app->refresh_token) != 0) {
                refuse(request, answer, -14014,
                       token && json_object_get(app->used, token) ? "Refresh token has been used"
                                                                  : "Invalid refresh token");
                return;
        }
        app_rotate(app, fakes_now_ms(fakes));
        snprintf(expires, sizeof(expires), "%lld", (long long)app->expires_in);
        answer_json(answer, 200,
                    json_pack("{s:s, s:s, s:s, s:s}", "access_token", app->access_token, "refresh_token",
                              app->refresh_token, "expires_in", expires, "refresh_token_expires_in",
                              "7776000"),
                    0, "refreshed");
}

const struct provider zalo_oauth = {
        .name = "zalo-oauth",
        .label = "Zalo OAuth",
        .quota_code = -14012,
        .token_code = -14014,
        .rate_code = -14012,
        .route = route,
        .judge = judge,
        .refuse = refuse,
};

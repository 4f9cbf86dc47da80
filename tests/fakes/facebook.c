/* Facebook's Graph: POST /vN.N/PAGE/feed with a message and the page's token. Errors have a code of their own and mostly
 * HTTP 400. */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 63206

/* The state is {"page","token"}. "/v23.0/1234/feed", or the same without a version. */

static const char *page_of(const char *path, char ret[static 40])
{
        const char *end;
        size_t n;

        if (path[0] == '/' && path[1] == 'v' && path[2] >= '1' && path[2] <= '9') {
                path = strchr(path + 1, '/');
                if (!path)
                        return NULL;
        }
        n = strspn(path + 1, "0123456789");
        end = path + 1 + n;
        if (*path != '/' || n == 0 || n >= 40 || strcmp(end, "/feed") != 0)
                return NULL;
        memcpy(ret, path + 1, n);
        ret[n] = '\0';
        return ret;
}

static const char *route(struct fakes *fakes, const char *path, bool prefixed)
{
        char page[40];

        (void)fakes;
        (void)prefixed;
        return page_of(path, page) ? "feed" : NULL;
}

static void refuse(struct request *request, struct answer *answer, int64_t code, const char *message)
{
        unsigned status = code == 190 ? 401 : code == 1 || code == 2 ? 500 : code == 200 ? 403 : 400;

        (void)request;
        answer_json(answer, status,
                    json_pack("{s:{s:s, s:s, s:I, s:s}}", "error", "message", message, "type",
                              "OAuthException", "code", (json_int_t)code, "fbtrace_id", "Atest"),
                    code, message);
}

static bool authorized(const struct request *request)
{
        const char *want = json_string_value(json_object_get(request->fakes->state[FACEBOOK], "token"));
        const char *header = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
        const char *token = request_text(request, "access_token");

        if (!token)
                token = request_query(request, "access_token");
        if (!token && header && (strncmp(header, "Bearer ", 7) == 0 || strncmp(header, "OAuth ", 6) == 0))
                token = strchr(header, ' ') + 1;
        return token && strcmp(token, want) == 0;
}

static void judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *want = json_string_value(json_object_get(fakes->state[FACEBOOK], "page"));
        const char *text = request_text(request, "message");
        char page[40] = "", id[80];

        if (!request_is_post(request)) {
                refuse(request, answer, 100, "Unsupported get request");
                return;
        }
        if (!authorized(request)) {
                refuse(request, answer, 190, "Invalid OAuth access token - Cannot parse access token");
                return;
        }
        if (!page_of(request->path, page) || strcmp(page, want) != 0) {
                refuse(request, answer, 200,
                       "The user hasn't authorized the application to perform this action");
                return;
        }
        if (!text || !*text || count_characters(text) > TEXT_MAX) {
                refuse(request, answer, 100, "Invalid parameter: message");
                return;
        }
        snprintf(id, sizeof(id), "%s_%llu", page, (unsigned long long)(122000000000000000u + ++fakes->ids));
        record_accept(request, page, text, id, NULL);
        answer_json(answer, 200, json_pack("{s:s}", "id", id), 0, "accepted");
}

static bool set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error)
{
        static const char *const members[] = {"page", "token", NULL};

        return thon_json_only(settings, "", members, error) &&
               json_object_update(fakes->state[FACEBOOK], (json_t *)settings) == 0;
}

static json_t *get(struct fakes *fakes)
{
        return json_copy(fakes->state[FACEBOOK]);
}

static int start(struct fakes *fakes)
{
        fakes->state[FACEBOOK] =
                json_pack("{s:s, s:s}", "page", "100064000000001", "token", "fb-page-token");
        return fakes->state[FACEBOOK] ? 0 : -ENOMEM;
}

static void stop(struct fakes *fakes)
{
        json_decref(fakes->state[FACEBOOK]);
}

const struct provider facebook = {
        .name = "facebook",
        .label = "Facebook",
        .quota_code = 32,
        .token_code = 190,
        .rate_code = 4,
        .route = route,
        .judge = judge,
        .refuse = refuse,
        .set = set,
        .get = get,
        .start = start,
        .stop = stop,
};

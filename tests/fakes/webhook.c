/* A receiver of the generic webhook: it believes nothing that is not signed. */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The state is {"key"}. */

static const char *route(struct fakes *fakes, const char *path, bool prefixed)
{
        (void)fakes;
        return prefixed || strncmp(path, "/hook/", 6) == 0 ? "hook" : NULL;
}

static void refuse(struct request *request, struct answer *answer, int64_t code, const char *message)
{
        (void)request;
        answer_json(answer, code >= 400 && code < 600 ? (unsigned)code : 400,
                    json_pack("{s:s}", "error", message), code, message);
}

/* X-Thon-Signature: sha256=HEX, the HMAC of the raw body, in which the time stands. */
static bool signature_ok(const struct request *request)
{
        const char *key = json_string_value(json_object_get(request->fakes->state[WEBHOOK], "key"));
        const char *signature = request_header(request, "X-Thon-Signature");
        char want[65];

        if (!signature || strncmp(signature, "sha256=", 7) != 0)
                return false;
        hmac_hex(key, request->body ? request->body : "", request->size, want);
        return strcmp(signature + 7, want) == 0;
}

static void judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *text = request_text(request, "text"), *to = request_text(request, "to");
        char id[32];

        if (!request_is_post(request)) {
                refuse(request, answer, 405, "POST only");
                return;
        }
        if (!signature_ok(request)) {
                refuse(request, answer, 401, "bad signature");
                return;
        }
        if (!json_is_object(request->doc) || !text) {
                refuse(request, answer, 422, "no text");
                return;
        }
        snprintf(id, sizeof(id), "wh%010llx", (unsigned long long)++fakes->ids);
        record_accept(request, to ? to : request->path, text, id, json_pack("{s:O}", "body", request->doc));
        answer_json(answer, 200, json_pack("{s:s}", "id", id), 0, "accepted");
}

static bool set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error)
{
        static const char *const members[] = {"key", NULL};

        return thon_json_only(settings, "", members, error) &&
               json_object_update(fakes->state[WEBHOOK], (json_t *)settings) == 0;
}

static json_t *get(struct fakes *fakes)
{
        return json_copy(fakes->state[WEBHOOK]);
}

static int start(struct fakes *fakes)
{
        fakes->state[WEBHOOK] = json_pack("{s:s}", "key", "hook-key");
        return fakes->state[WEBHOOK] ? 0 : -ENOMEM;
}

static void stop(struct fakes *fakes)
{
        json_decref(fakes->state[WEBHOOK]);
}

const struct provider webhook = {
        .name = "webhook",
        .label = "Webhook",
        .quota_code = 429,
        .token_code = 401,
        .rate_code = 429,
        .route = route,
        .judge = judge,
        .refuse = refuse,
        .set = set,
        .get = get,
        .start = start,
        .stop = stop,
};

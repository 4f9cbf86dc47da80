/* The Zalo Bot platform: like Telegram, but one update at a time, no offset, and an "ok" that has to be read, because
 * the status of HTTP is 200 all the same (`http_errors` makes it the error's). */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 2000

/* The state is {"token","http_errors"}. */

static const char *const methods[] = {"getMe",          "sendMessage", "getUpdates",    "sendPhoto",
                                      "sendChatAction", "setWebhook",  "deleteWebhook", "getWebhookInfo"};

static const char *token_of(const struct fakes *fakes)
{
        return json_string_value(json_object_get(fakes->state[ZALO_BOT], "token"));
}

/* The endpoint is the method; a bare /bot path is ours when the token is. */
static const char *route(struct fakes *fakes, const char *path, bool prefixed)
{
        const char *token = token_of(fakes), *method = strrchr(path, '/');
        size_t i;

        if (strncmp(path, "/bot", 4) != 0 || !method || method == path)
                return NULL;
        if (!prefixed && (strncmp(path + 4, token, strlen(token)) != 0 || path[4 + strlen(token)] != '/'))
                return NULL;
        for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
                if (strcmp(methods[i], method + 1) == 0)
                        return methods[i];
        return "unknown";
}

static void refuse(struct request *request, struct answer *answer, int64_t code, const char *message)
{
        bool plain = json_is_true(json_object_get(request->fakes->state[ZALO_BOT], "http_errors"));

        answer_json(answer, plain && code >= 400 && code < 600 ? (unsigned)code : 200,
                    json_pack("{s:b, s:I, s:s}", "ok", 0, "error_code", (json_int_t)code, "description",
                              message),
                    code, message);
}

static void success(struct answer *answer, json_t *result, const char *verdict)
{
        answer_json(answer, 200, json_pack("{s:b, s:o}", "ok", 1, "result", result), 0, verdict);
}

static bool authorized(const struct request *request)
{
        const char *token = token_of(request->fakes), *path = request->path + 4;

        return strncmp(path, token, strlen(token)) == 0 && path[strlen(token)] == '/';
}

static void send_message(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *chat = request_text(request, "chat_id"), *text = request_text(request, "text");
        struct person person;
        char id[40];

        if (!chat || !*chat) {
                refuse(request, answer, 400, "Bad Request: chat_id is empty");
                return;
        }
        if (!text || !*text) {
                refuse(request, answer, 400, "Bad Request: text is empty");
                return;
        }
        if (count_characters(text) > TEXT_MAX) {
                refuse(request, answer, 400, "Bad Request: text is too long");
                return;
        }
        people_find(fakes, ZALO_BOT, chat, &person);
        if (person.error || !person.exists) {
                refuse(request, answer, person.error ? person.error : 400, "Bad Request: chat not found");
                return;
        }
        snprintf(id, sizeof(id), "zb%016llx", (unsigned long long)++fakes->ids);
        record_accept(request, chat, text, id, NULL);
        success(answer, json_pack("{s:s, s:I}", "message_id", id, "date", (json_int_t)fakes_now_ms(fakes)),
                "accepted");
}

/* {"timeout":"30"}: text, and one update, not a list. */
static void get_updates(struct request *request, struct answer *answer)
{
        const json_t *timeout = json_object_get(request->doc, "timeout");
        long long seconds = json_is_string(timeout)    ? atoll(json_string_value(timeout))
                            : json_is_integer(timeout) ? json_integer_value(timeout)
                                                       : 30;
        _cleanup_json_ json_t *list = NULL;

        if (seconds < 0 || seconds > 60) {
                refuse(request, answer, 400, "Bad Request: timeout is invalid");
                return;
        }
        list = updates_take(request, ZALO_BOT, 0, 1, (uint64_t)seconds * 1000);
        if (!list)
                return;
        if (json_array_size(list) > 0)
                success(answer, json_incref(json_array_get(list, 0)), "update");
        else
                refuse(request, answer, 408, "Request timeout");
}

static void judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *endpoint = request->endpoint;

        if (!authorized(request))
                refuse(request, answer, 401, "Unauthorized");
        else if (strcmp(endpoint, "unknown") == 0)
                refuse(request, answer, 404, "Not Found");
        else if (!request_is_post(request) || (request->size > 0 && !json_is_object(request->doc)))
                refuse(request, answer, 400, "Bad Request: the body must be a JSON object");
        else if (strcmp(endpoint, "sendMessage") == 0)
                send_message(fakes, request, answer);
        else if (strcmp(endpoint, "getUpdates") == 0)
                get_updates(request, answer);
        else if (strcmp(endpoint, "getMe") == 0)
                success(answer,
                        json_pack("{s:s, s:s, s:s, s:b}", "id", "1001", "account_name", "bot.xamau",
                                  "account_type", "BASIC", "can_join_groups", 0),
                        "bot");
        else
                success(answer, json_true(), "done");
}

static json_t *push(struct fakes *fakes, const json_t *doc, struct thon_json_error *error)
{
        struct inbound in;
        json_t *message, *update;
        char id[40], url[128];
        int64_t number;

        if (!inbound_read(doc, &in, error))
                return NULL;
        snprintf(id, sizeof(id), "zb%016llx", (unsigned long long)++fakes->ids);
        message = json_pack("{s:s, s:I, s:{s:s, s:s}, s:{s:s, s:s, s:b}}", "message_id", id, "date",
                            (json_int_t)fakes_now_ms(fakes), "chat", "id", in.group ? in.group : in.from,
                            "chat_type", in.group ? "GROUP" : "PRIVATE", "from", "id", in.from,
                            "display_name", in.name, "is_bot", 0);
        if (in.text)
                (void)json_object_set_new(message, in.image ? "caption" : "text", json_string(in.text));
        if (in.image) {
                snprintf(url, sizeof(url), "http://127.0.0.1:%u/media/%lld/%s.jpg", fakes->port,
                         (long long)in.size, id);
                (void)json_object_set_new(message, "photo_url", json_string(*in.image ? in.image : url));
        }
        update = json_pack("{s:s, s:o}", "event_name",
                           in.image     ? "message.image.received"
                           : in.located ? "message.unsupported.received"
                                        : "message.text.received",
                           "message", message);
        (void)people_interact(fakes, ZALO_BOT, in.group ? in.group : in.from);
        number = updates_push(fakes, ZALO_BOT, update);
        return json_pack("{s:I, s:s}", "update", (json_int_t)number, "message_id", id);
}

static bool set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error)
{
        static const char *const members[] = {"token", "http_errors", NULL};
        const json_t *token = json_object_get(settings, "token");

        if (!thon_json_only(settings, "", members, error))
                return false;
        if (token && json_string_length(token) == 0) {
                thon_json_fail(error, "token", "must be text");
                return false;
        }
        return json_object_update(fakes->state[ZALO_BOT], (json_t *)settings) == 0;
}

static json_t *get(struct fakes *fakes)
{
        json_t *doc = json_copy(fakes->state[ZALO_BOT]);

        (void)json_object_set_new(doc, "updates",
                                  json_integer((json_int_t)updates_waiting(fakes->updates, ZALO_BOT)));
        return doc;
}

static int start(struct fakes *fakes)
{
        fakes->state[ZALO_BOT] = json_pack("{s:s, s:b}", "token", "1001:zalo-bot", "http_errors", 0);
        return fakes->state[ZALO_BOT] ? 0 : -ENOMEM;
}

static void stop(struct fakes *fakes)
{
        json_decref(fakes->state[ZALO_BOT]);
}

const struct provider zalo_bot = {
        .name = "zalo-bot",
        .label = "Zalo Bot",
        .quota_code = 429,
        .token_code = 401,
        .rate_code = 429,
        .route = route,
        .judge = judge,
        .refuse = refuse,
        .set = set,
        .get = get,
        .push = push,
        .start = start,
        .stop = stop,
};

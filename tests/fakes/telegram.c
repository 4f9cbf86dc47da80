/* Telegram's Bot API: numbers for chats, an offset that confirms what was read, Retry-After in the body too, and groups
 * whose id changes when they become supergroups. */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPTION_MAX 1024
#define TEXT_MAX    4096 /* UTF-16 units */
#define TIMEOUT_MAX 60

/* The state is {"token","files":{FILE_ID:SIZE}}. */

static const char *const methods[] = {"getMe",          "sendMessage",    "getUpdates",
                                      "getFile",        "setWebhook",     "deleteWebhook",
                                      "getWebhookInfo", "sendChatAction", "sendPhoto"};

/* The endpoint is the method; a bare /bot path that is nobody else's is ours. */
static const char *route(struct fakes *fakes, const char *path, bool prefixed)
{
        const char *method = strrchr(path, '/');
        size_t i;

        (void)fakes;
        (void)prefixed;
        if (strncmp(path, "/file/bot", 9) == 0)
                return "file";
        if (strncmp(path, "/bot", 4) != 0 || !method || method == path)
                return NULL;
        for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
                if (strcmp(methods[i], method + 1) == 0)
                        return methods[i];
        return "unknown";
}

static void refuse(struct request *request, struct answer *answer, int64_t code, const char *message)
{
        json_t *doc = json_pack("{s:b, s:I, s:s}", "ok", 0, "error_code", (json_int_t)code, "description",
                                message);

        if (code == 429) {
                int64_t wait = request->fault.retry_after > 0 ? request->fault.retry_after : 1;

                (void)json_object_set_new(doc, "parameters",
                                          json_pack("{s:I}", "retry_after", (json_int_t)wait));
        }
        answer_json(answer, code >= 400 && code < 600 ? (unsigned)code : 400, doc, code, message);
}

static void success(struct answer *answer, json_t *result, const char *verdict)
{
        answer_json(answer, 200, json_pack("{s:b, s:o}", "ok", 1, "result", result), 0, verdict);
}

static const char *behind_token(const struct request *request, const char *path)
{
        const char *token = json_string_value(json_object_get(request->fakes->state[TELEGRAM], "token"));
        size_t n = strlen(token);

        return strncmp(path, token, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* A number, or a number as text; names of channels ("@x") are nobody here. */
static bool chat_of(const json_t *value, char ret[static 32])
{
        char *end = NULL;

        if (json_is_integer(value)) {
                snprintf(ret, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
                return true;
        }
        if (!json_is_string(value) || json_string_length(value) == 0 || json_string_length(value) > 20)
                return false;
        errno = 0;
        (void)strtoll(json_string_value(value), &end, 10);
        snprintf(ret, 32, "%s", json_string_value(value));
        return !errno && *end == '\0';
}

static void migrated(struct answer *answer, const char *to)
{
        answer_json(answer, 400,
                    json_pack("{s:b, s:i, s:s, s:{s:I}}", "ok", 0, "error_code", 400, "description",
                              "Bad Request: group chat was upgraded to a supergroup chat", "parameters",
                              "migrate_to_chat_id", (json_int_t)atoll(to)),
                    400, "migrated");
}

static bool good_text(struct request *request, struct answer *answer)
{
        const char *text = request_text(request, "text");

        if (!text || !*text)
                refuse(request, answer, 400, "Bad Request: message text is empty");
        else if (count_utf16(text) > TEXT_MAX)
                refuse(request, answer, 400, "Bad Request: message is too long");
        else
                return true;
        return false;
}

/* Three sizes, smallest first, as Telegram lists them; the last is the picture. */
static json_t *photo(struct fakes *fakes, const char *id, json_int_t size)
{
        json_t *files = json_object_get(fakes->state[TELEGRAM], "files");
        char small[48];

        snprintf(small, sizeof(small), "s%s", id);
        (void)json_object_set_new(files, small, json_integer(size < 1200 ? size : 1200));
        (void)json_object_set_new(files, id, json_integer(size));
        return json_pack("[{s:s, s:s, s:I, s:i, s:i}, {s:s, s:s, s:I, s:i, s:i}]", "file_id", small,
                         "file_unique_id", small, "file_size", (json_int_t)(size < 1200 ? size : 1200),
                         "width", 90, "height", 67, "file_id", id, "file_unique_id", id, "file_size", size,
                         "width", 1280, "height", 960);
}

static void send_message(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *text = request_text(request, "text");
        json_t *picture = NULL, *result;
        struct person person;
        char chat[32], id[32];
        uint64_t number;

        if (!chat_of(json_object_get(request->doc, "chat_id"), chat)) {
                refuse(request, answer, 400, "Bad Request: chat not found");
                return;
        }
        if (strcmp(request->endpoint, "sendPhoto") == 0) {
                picture = json_object_get(request->doc, "photo");
                text = request_text(request, "caption");
                if (!text)
                        text = "";
                if (!json_is_object(picture) || count_utf16(text) > CAPTION_MAX) {
                        refuse(request, answer, 400,
                               picture ? "Bad Request: message caption is too long"
                                       : "Bad Request: there is no photo in the request");
                        return;
                }
        } else if (!good_text(request, answer)) {
                return;
        }
        people_find(fakes, TELEGRAM, chat, &person);
        if (*person.migrated_to) {
                migrated(answer, person.migrated_to);
                return;
        }
        if (person.error || !person.exists) {
                refuse(request, answer, person.error ? person.error : 400,
                       person.error == 403 ? "Forbidden: bot was blocked by the user"
                       : person.error      ? "Bad Request: refused"
                                           : "Bad Request: chat not found");
                return;
        }
        number = ++fakes->ids;
        snprintf(id, sizeof(id), "%llu", (unsigned long long)number);
        record_accept(request, chat, text, id, picture ? json_pack("{s:O}", "picture", picture) : NULL);
        result = json_pack("{s:I, s:I, s:{s:I, s:s}, s:s}", "message_id", (json_int_t)number, "date",
                           (json_int_t)(fakes_now_ms(fakes) / 1000), "chat", "id", (json_int_t)atoll(chat),
                           "type", *chat == '-' ? "supergroup" : "private", picture ? "caption" : "text",
                           text);
        if (picture) {
                snprintf(id, sizeof(id), "tgfile%llu", (unsigned long long)number);
                (void)json_object_set_new(
                        result, "photo",
                        photo(fakes, id, json_integer_value(json_object_get(picture, "size"))));
        }
        success(answer, result, "accepted");
}

static void get_updates(struct request *request, struct answer *answer)
{
        json_int_t offset = json_integer_value(json_object_get(request->doc, "offset"));
        json_int_t timeout = json_integer_value(json_object_get(request->doc, "timeout"));
        const json_t *wanted = json_object_get(request->doc, "limit");
        json_int_t limit = wanted ? json_integer_value(wanted) : 100;
        json_t *list;

        if (offset < 0 || timeout < 0 || limit < 1 || limit > 100) {
                refuse(request, answer, 400, "Bad Request: wrong offset, timeout or limit");
                return;
        }
        if (timeout > TIMEOUT_MAX)
                timeout = TIMEOUT_MAX;
        list = updates_take(request, TELEGRAM, offset, (size_t)limit, (uint64_t)timeout * 1000);
        if (list)
                success(answer, list, "updates");
}

static void get_file(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *id = request_text(request, "file_id");
        const json_t *files = json_object_get(fakes->state[TELEGRAM], "files");
        const json_t *size = id ? json_object_get(files, id) : NULL;
        char path[96];

        if (!size) {
                refuse(request, answer, 400, "Bad Request: invalid file_id");
                return;
        }
        snprintf(path, sizeof(path), "photos/%.60s.jpg", id);
        success(answer,
                json_pack("{s:s, s:s, s:O, s:s}", "file_id", id, "file_unique_id", id, "file_size", size,
                          "file_path", path),
                "file");
}

static void file(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *path = behind_token(request, request->path + strlen("/file/bot"));
        const char *name = path ? strrchr(path, '/') : NULL;
        const json_t *files = json_object_get(fakes->state[TELEGRAM], "files");
        char id[80] = "";

        if (name)
                snprintf(id, sizeof(id), "%.*s", (int)strcspn(name + 1, "."), name + 1);
        media_judge(answer, json_integer_value(json_object_get(files, id)), name ? name + 1 : "");
}

static void judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *endpoint = request->endpoint;

        if (strcmp(endpoint, "file") == 0)
                file(fakes, request, answer);
        else if (!behind_token(request, request->path + 4))
                refuse(request, answer, 401, "Unauthorized");
        else if (strcmp(endpoint, "unknown") == 0)
                refuse(request, answer, 404, "Not Found");
        else if (request->size > 0 && !json_is_object(request->doc))
                refuse(request, answer, 400, "Bad Request: can't parse the body");
        else if (strcmp(endpoint, "sendMessage") == 0 || strcmp(endpoint, "sendPhoto") == 0)
                send_message(fakes, request, answer);
        else if (strcmp(endpoint, "getUpdates") == 0)
                get_updates(request, answer);
        else if (strcmp(endpoint, "getFile") == 0)
                get_file(fakes, request, answer);
        else if (strcmp(endpoint, "getMe") == 0)
                success(answer,
                        json_pack("{s:i, s:b, s:s, s:s}", "id", 2002, "is_bot", 1, "first_name", "Xã Mẫu",
                                  "username", "xamau_bot"),
                        "bot");
        else
                success(answer, json_true(), "done");
}

static json_t *push(struct fakes *fakes, const json_t *doc, struct thon_json_error *error)
{
        struct inbound in;
        json_t *message, *update;
        char id[40];
        uint64_t number;
        int64_t update_id;

        if (!inbound_read(doc, &in, error))
                return NULL;
        number = ++fakes->ids;
        message = json_pack("{s:I, s:I, s:{s:I, s:s}, s:{s:I, s:b, s:s}}", "message_id", (json_int_t)number,
                            "date", (json_int_t)(fakes_now_ms(fakes) / 1000), "chat", "id",
                            (json_int_t)atoll(in.group ? in.group : in.from), "type",
                            in.group ? "supergroup" : "private", "from", "id", (json_int_t)atoll(in.from),
                            "is_bot", 0, "first_name", in.name);
        if (in.text)
                (void)json_object_set_new(message, in.image ? "caption" : "text", json_string(in.text));
        if (in.image) {
                snprintf(id, sizeof(id), "tgfile%llu", (unsigned long long)number);
                (void)json_object_set_new(message, "photo", photo(fakes, id, in.size));
        }
        if (in.located)
                (void)json_object_set_new(message, "location",
                                          json_pack("{s:f, s:f}", "latitude", in.lat, "longitude", in.lon));
        (void)people_interact(fakes, TELEGRAM, in.group ? in.group : in.from);
        update = json_pack("{s:o}", "message", message);
        if (!update)
                return NULL;
        json_incref(update);
        update_id = updates_push(fakes, TELEGRAM, update);
        (void)json_object_set_new(update, "update_id", json_integer(update_id));
        json_decref(update);
        return json_pack("{s:I, s:I}", "update", (json_int_t)update_id, "message_id", (json_int_t)number);
}

static bool set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error)
{
        static const char *const members[] = {"token", NULL};

        if (!thon_json_only(settings, "", members, error))
                return false;
        if (json_string_length(json_object_get(settings, "token")) == 0) {
                thon_json_fail(error, "token", "must be text");
                return false;
        }
        return json_object_update(fakes->state[TELEGRAM], (json_t *)settings) == 0;
}

static json_t *get(struct fakes *fakes)
{
        return json_pack("{s:O, s:I}", "token", json_object_get(fakes->state[TELEGRAM], "token"), "updates",
                         (json_int_t)updates_waiting(fakes->updates, TELEGRAM));
}

static int start(struct fakes *fakes)
{
        fakes->state[TELEGRAM] = json_pack("{s:s, s:{}}", "token", "2002:telegram-bot", "files");
        return fakes->state[TELEGRAM] ? 0 : -ENOMEM;
}

static void stop(struct fakes *fakes)
{
        json_decref(fakes->state[TELEGRAM]);
}

const struct provider telegram = {
        .name = "telegram",
        .label = "Telegram",
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

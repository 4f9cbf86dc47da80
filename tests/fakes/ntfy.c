/* ntfy: JSON to the root or text to a topic. Topics that begin with "private-" want the token; a wrong one is refused
 * everywhere. */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 4096 /* bytes; more becomes an attachment */

static bool topic_ok(const char *topic)
{
        size_t n = strspn(topic, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

        return n > 0 && n <= 64 && topic[n] == '\0';
}

static const char *route(struct fakes *fakes, const char *path, bool prefixed)
{
        (void)fakes;
        (void)prefixed;
        return *path == '/' && (path[1] == '\0' || topic_ok(path + 1)) ? "publish" : NULL;
}

/* ntfy's codes begin with the status: 40101 is a 401. */
static void refuse(struct request *request, struct answer *answer, int64_t code, const char *message)
{
        int64_t status = code >= 10000 ? code / 100 : code;

        (void)request;
        answer_json(answer, status >= 400 && status < 600 ? (unsigned)status : 400,
                    json_pack("{s:I, s:I, s:s, s:s}", "code", (json_int_t)code, "http", (json_int_t)status,
                              "error", message, "link", "https://ntfy.sh/docs/publish/"),
                    code, message);
}

static bool authorized(struct request *request, struct answer *answer, const char *topic)
{
        const char *header = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
        const char *token = json_string_value(json_object_get(request->fakes->state[NTFY], "token"));
        bool good = header && strncmp(header, "Bearer ", 7) == 0 && strcmp(header + 7, token) == 0;
        const char *basic = json_string_value(json_object_get(request->fakes->state[NTFY], "basic"));

        if (header && basic && strncmp(header, "Basic ", 6) == 0 && strcmp(header + 6, basic) == 0)
                good = true;
        if (header && !good)
                refuse(request, answer, 40101, "unauthorized");
        else if (!header && strncmp(topic, "private-", 8) == 0)
                refuse(request, answer, 40301, "forbidden");
        else
                return true;
        return false;
}

/* What is wrong with a JSON message; NULL nothing. */
static const char *problem(const json_t *doc, int64_t *ret_code)
{
        const json_t *priority = json_object_get(doc, "priority"), *tags = json_object_get(doc, "tags");
        const json_t *title = json_object_get(doc, "title"), *message = json_object_get(doc, "message");

        *ret_code = 40007;
        if (priority && (!json_is_integer(priority) || json_integer_value(priority) < 1 ||
                         json_integer_value(priority) > 5))
                return "invalid priority parameter";
        *ret_code = 40024;
        if ((tags && !json_is_array(tags)) || (title && !json_is_string(title)) ||
            (message && !json_is_string(message)))
                return "invalid request: request body must be valid JSON";
        return NULL;
}

static void judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        bool json = strcmp(request->path, "/") == 0;
        const char *topic = json ? request_text(request, "topic") : request->path + 1;
        const char *text = json ? request_text(request, "message") : request->body;
        const char *title = json ? request_text(request, "title") : request_header(request, "Title");
        const char *wrong;
        int64_t code;
        char id[32];
        json_t *event;

        if (!request_is_post(request) && strcmp(request->method, "PUT") != 0) {
                refuse(request, answer, 40401, "page not found");
                return;
        }
        wrong = json ? json_is_object(request->doc) ? problem(request->doc, &code)
                                                    : "invalid request: request body must be valid JSON"
                     : NULL;
        if (wrong) {
                refuse(request, answer, json_is_object(request->doc) ? code : 40024, wrong);
                return;
        }
        if (!topic || !topic_ok(topic)) {
                refuse(request, answer, 40009, "invalid request: topic invalid");
                return;
        }
        if (!authorized(request, answer, topic))
                return;
        if (!text || !*text)
                text = "triggered";
        snprintf(id, sizeof(id), "nt%010llx", (unsigned long long)++fakes->ids);
        event = json_pack("{s:s, s:I, s:s, s:s}", "id", id, "time", (json_int_t)(fakes_now_ms(fakes) / 1000),
                          "event", "message", "topic", topic);
        if (strlen(text) > MESSAGE_MAX)
                (void)json_object_set_new(event, "attachment", json_pack("{s:s}", "name", "attachment.txt"));
        else
                (void)json_object_set_new(event, "message", json_string(text));
        record_accept(request, topic, text, id,
                      json_pack("{s:s?, s:O?, s:b}", "title", title, "priority",
                                json_object_get(request->doc, "priority"), "attachment",
                                strlen(text) > MESSAGE_MAX));
        answer_json(answer, 200, event, 0, "accepted");
}

static bool set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error)
{
        static const char *const members[] = {"token", "basic", NULL};

        return thon_json_only(settings, "", members, error) &&
               json_object_update(fakes->state[NTFY], (json_t *)settings) == 0;
}

static json_t *get(struct fakes *fakes)
{
        return json_copy(fakes->state[NTFY]);
}

static int start(struct fakes *fakes)
{
        /* thon:secret */
        fakes->state[NTFY] = json_pack("{s:s, s:s}", "token", "tk_test", "basic", "dGhvbjpzZWNyZXQ=");
        return fakes->state[NTFY] ? 0 : -ENOMEM;
}

static void stop(struct fakes *fakes)
{
        json_decref(fakes->state[NTFY]);
}

const struct provider ntfy = {
        .name = "ntfy",
        .label = "ntfy",
        .quota_code = 42908,
        .token_code = 40101,
        .rate_code = 42901,
        .route = route,
        .judge = judge,
        .refuse = refuse,
        .set = set,
        .get = get,
        .start = start,
        .stop = stop,
};

/* Zalo's OA interface on openapi.zalo.me: consultation messages, templates by user id, groups, what remains of quotas,
 * and the history of a chat. Every error is HTTP 200. Where the documents show an id as a bare number it is one here,
 * beyond what a double can hold. */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX       2000
#define FREE_WINDOW_MS (48LL * 3600 * 1000)
#define WINDOW_MS      (7LL * 24 * 3600 * 1000)
#define NO_LIMIT       9999
#define PICTURE_MAX    (1024 * 1024)

struct oa {
        json_t *uploads;     /* pictures by their id */
        int64_t reply_total; /* free messages within 48 h; 0: no limit */
        int64_t sub_quota;   /* paid ones that are left */
};

static const struct {
        const char *path, *endpoint;
} endpoints[] = {
        {"/v3.0/oa/message/cs", "cs"},
        {"/v3.0/oa/message/template", "template"},
        {"/v3.0/oa/group/message", "group"},
        {"/v3.0/oa/quota/message", "quota"},
        {"/v2.0/oa/conversation", "conversation"},
        {"/v2.0/oa/getoa", "getoa"},
        {"/v2.0/oa/upload/image", "upload"},
        {"/v2.0/oa/message", "old"},
        {"/v3.0/oa/message/transaction", "old"},
        {"/v3.0/oa/message/promotion", "old"},
};

static const char *route(struct fakes *fakes, const char *path, bool prefixed)
{
        size_t i;

        (void)fakes;
        (void)prefixed;
        for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
                if (strcmp(endpoints[i].path, path) == 0)
                        return endpoints[i].endpoint;
        return strncmp(path, "/media/", 7) == 0 ? "media" : NULL;
}

static void refuse(struct request *request, struct answer *answer, int64_t code, const char *message)
{
        (void)request;
        answer_json(answer, 200, json_pack("{s:I, s:s}", "error", (json_int_t)code, "message", message),
                    code, message);
}

static void success(struct answer *answer, json_t *data, const char *verdict)
{
        answer_json(answer, 200,
                    json_pack("{s:i, s:s, s:o}", "error", 0, "message", "Success", "data", data), 0,
                    verdict);
}

static void new_message_id(struct fakes *fakes, char buf[static 40])
{
        snprintf(buf, 40, "oa%016llx", (unsigned long long)++fakes->ids);
}

static json_t *quota_json(const char *type, int64_t remain, int64_t total, const struct app *app)
{
        char left[24], all[24];

        snprintf(left, sizeof(left), "%lld", (long long)remain);
        snprintf(all, sizeof(all), "%lld", (long long)total);
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "quota_type", type, "remain", left, "total", all,
                         "expired_date", "", "owner_type", "OA", "owner_id", app->oa_id);
}

/* Says it into the chat, where `conversation` finds it again. */
static void say(struct fakes *fakes, const char *address, int src, const char *text, const char *message_id)
{
        (void)people_say(fakes, ZALO_OA, address,
                         json_pack("{s:i, s:I, s:s, s:s, s:s}", "src", src, "time",
                                   (json_int_t)fakes_now_ms(fakes), "type", "text", "message", text,
                                   "message_id", message_id));
}

/* The text of a message; NULL with the answer written. */
static const char *message_text(struct request *request, struct answer *answer)
{
        const char *text =
                json_string_value(json_object_get(json_object_get(request->doc, "message"), "text"));

        if (!text || !*text) {
                refuse(request, answer, -201, "message.text is invalid");
                return NULL;
        }
        if (count_characters(text) > TEXT_MAX) {
                refuse(request, answer, -210, "message.text is over the limit of 2000 characters");
                return NULL;
        }
        return text;
}

/* May this person be written to at all? */
static bool reachable(struct request *request, struct answer *answer, const char *user,
                      struct person *person)
{
        people_find(request->fakes, ZALO_OA, user, person);
        if (person->error)
                refuse(request, answer, person->error, "refused for this user");
        else if (!person->exists)
                refuse(request, answer, -213, "User has not followed the OA");
        else
                return true;
        return false;
}

/* ---- consultation ---- */

/* What the message shows besides its words: {"picture":{...}}, or NULL; false with the answer written. */
static bool attached(struct request *request, struct answer *answer, const struct oa *oa, json_t **ret)
{
        const json_t *attachment = json_object_get(json_object_get(request->doc, "message"), "attachment");
        const json_t *element =
                json_array_get(json_object_get(json_object_get(attachment, "payload"), "elements"), 0);
        const char *id = json_string_value(json_object_get(element, "attachment_id"));
        json_t *file = id ? json_object_get(oa->uploads, id) : NULL;

        *ret = NULL;
        if (!attachment)
                return true;
        if (!file) {
                refuse(request, answer, -100, "attachment is invalid or expired");
                return false;
        }
        *ret = json_pack("{s:O}", "picture", file);
        return true;
}

static void cs(struct fakes *fakes, struct request *request, struct answer *answer, const struct app *app)
{
        struct oa *oa = fakes->state[ZALO_OA];
        const char *user =
                json_string_value(json_object_get(json_object_get(request->doc, "recipient"), "user_id"));
        const char *text;
        struct person person;
        _cleanup_json_ json_t *more = NULL;
        json_t *quota;
        char id[40];
        int64_t idle;

        if (!user || !*user) {
                refuse(request, answer, -201, "recipient.user_id is invalid");
                return;
        }
        text = message_text(request, answer);
        if (!text || !reachable(request, answer, user, &person) || !attached(request, answer, oa, &more))
                return;
        idle = fakes_now_ms(fakes) - person.last_ms;
        if (!person.interacted || idle > WINDOW_MS) {
                refuse(request, answer, person.interacted ? -230 : -232,
                       person.interacted ? "User has not interacted with the OA in the past 7 days"
                                         : "User has no interaction with the OA");
                return;
        }
        if (idle <= FREE_WINDOW_MS) {
                if (oa->reply_total > 0 && person.replies >= oa->reply_total) {
                        refuse(request, answer, -218, "Out of quota for this receiver");
                        return;
                }
                (void)people_count_reply(fakes, ZALO_OA, user);
                quota = oa->reply_total > 0 ? quota_json("reply", oa->reply_total - person.replies - 1,
                                                         oa->reply_total, app)
                                            : quota_json("reply", NO_LIMIT, NO_LIMIT, app);
        } else {
                if (oa->sub_quota <= 0) {
                        refuse(request, answer, -211, "Out of quota");
                        return;
                }
                oa->sub_quota--;
                quota = quota_json("sub_quota", oa->sub_quota, oa->sub_quota, app);
        }
        new_message_id(fakes, id);
        say(fakes, user, 0, text, id);
        record_accept(request, user, text, id, THON_TAKE(more));
        success(answer, json_pack("{s:s, s:s, s:o}", "message_id", id, "user_id", user, "quota", quota),
                "accepted");
}

/* ---- template by user id ---- */

static void template(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const json_t *templates = fakes->state[ZALO_ZNS],
                     *data = json_object_get(request->doc, "template_data");
        const char *user = request_text(request, "user_id"), *id = request_text(request, "template_id");
        _cleanup_free_ char *text = NULL;
        const char *message;
        struct person person;
        char message_id[40];

        if (!user || !*user) {
                refuse(request, answer, -201, "user_id is invalid");
                return;
        }
        if (json_object_get(request->doc, "tracking_id")) {
                refuse(request, answer, -201, "tracking_id is invalid");
                return;
        }
        templates = json_object_get(templates, "templates");
        if (templates_check(templates, id, data, &message) != 0) {
                refuse(request, answer, -201, message);
                return;
        }
        if (!templates_by_uid(templates, id)) {
                refuse(request, answer, -249, "Template is not allowed to be sent by UID");
                return;
        }
        if (!reachable(request, answer, user, &person))
                return;
        new_message_id(fakes, message_id);
        text = templates_text(data);
        say(fakes, user, 0, text ? text : "", message_id);
        record_accept(request, user, text ? text : "", message_id,
                      json_pack("{s:s, s:O}", "template_id", id, "template_data", data));
        success(answer, json_pack("{s:s, s:s}", "message_id", message_id, "user_id", user), "accepted");
}

/* ---- groups ---- */

static void group(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *id =
                json_string_value(json_object_get(json_object_get(request->doc, "recipient"), "group_id"));
        const char *text;
        struct person person;
        char message_id[40];

        if (!id || !*id) {
                refuse(request, answer, -201, "recipient.group_id is invalid");
                return;
        }
        text = message_text(request, answer);
        if (!text)
                return;
        people_find(fakes, ZALO_OA, id, &person);
        if (person.error) {
                refuse(request, answer, person.error, "refused for this group");
                return;
        }
        if (!person.exists || *id != 'g') {
                refuse(request, answer, -403, "OA is not in this group");
                return;
        }
        new_message_id(fakes, message_id);
        say(fakes, id, 0, text, message_id);
        record_accept(request, id, text, message_id, NULL);
        success(answer, json_pack("{s:s, s:s}", "message_id", message_id, "group_id", id), "accepted");
}

/* ---- quotas and history ---- */

static void user_quota(struct fakes *fakes, struct request *request, struct answer *answer, const char *user)
{
        const struct oa *oa = fakes->state[ZALO_OA];
        int64_t total = oa->reply_total > 0 ? oa->reply_total : NO_LIMIT, left = total;
        struct person person;
        char last[24];

        if (!reachable(request, answer, user, &person))
                return;
        if (oa->reply_total > 0)
                left = person.replies < total ? total - person.replies : 0;
        if (!person.interacted || fakes_now_ms(fakes) - person.last_ms > FREE_WINDOW_MS)
                left = total = 0;
        snprintf(last, sizeof(last), "%lld", (long long)person.last_ms);
        success(answer,
                json_pack("{s:o, s:{s:I, s:I}, s:{s:i, s:i, s:i, s:i}}", "last_interaction",
                          person.interacted ? json_string(last) : json_null(), "cs_reply", "remain",
                          (json_int_t)left, "total", (json_int_t)total, "promotion", "daily_remain", 0,
                          "daily_total", 1, "monthly_remain", 4, "monthly_total", 6),
                "quota of a user");
}

static void quota(struct fakes *fakes, struct request *request, struct answer *answer, const struct app *app)
{
        const struct oa *oa = fakes->state[ZALO_OA];
        const char *user = request_text(request, "user_id"), *owner = request_text(request, "quota_owner");
        const char *product = request_text(request, "product_type");

        if (user)
                user_quota(fakes, request, answer, user);
        else if (owner && strcmp(owner, "OA") == 0 && product)
                success(answer,
                        json_pack("[{s:s, s:s, s:s, s:s, s:I, s:I}]", "asset_id", app->oa_id, "product_type",
                                  product, "quota_type", "sub_quota", "valid_through", "31/12/2099", "total",
                                  (json_int_t)oa->sub_quota, "remain", (json_int_t)oa->sub_quota),
                        "quota of the OA");
        else
                refuse(request, answer, -201, "user_id is invalid");
}

/* As the number that the documents show. */
static json_t *bare(const char *id)
{
        char *end;
        long long value;

        errno = 0;
        value = strtoll(id, &end, 10);
        return errno || *end || end == id ? json_string(id) : json_integer(value);
}

static void conversation(struct request *request, struct answer *answer, const struct app *app)
{
        _cleanup_json_ json_t *data = request_query_json(request, "data");
        const json_t *id = json_object_get(data, "user_id");
        json_int_t offset = json_integer_value(json_object_get(data, "offset"));
        json_int_t count = json_integer_value(json_object_get(data, "count"));
        json_t *list;
        struct person person;
        char user[32] = "";
        json_int_t i, n;

        if (json_is_string(id))
                snprintf(user, sizeof(user), "%s", json_string_value(id));
        else if (json_is_integer(id))
                snprintf(user, sizeof(user), "%" JSON_INTEGER_FORMAT, json_integer_value(id));
        if (!*user || offset < 0 || count < 1 || count > 10) {
                refuse(request, answer, -201, *user ? "count is invalid" : "user_id is invalid");
                return;
        }
        if (!reachable(request, answer, user, &person))
                return;
        list = json_array();
        n = (json_int_t)json_array_size(person.chat);
        for (i = n - 1 - offset; i >= 0 && i > n - 1 - offset - count; i--) {
                json_t *line = json_deep_copy(json_array_get(person.chat, (size_t)i));
                bool ours = json_integer_value(json_object_get(line, "src")) == 0;

                (void)json_object_set_new(line, "from_id", bare(ours ? app->oa_id : user));
                (void)json_object_set_new(line, "to_id", bare(ours ? user : app->oa_id));
                (void)json_array_append_new(list, line);
        }
        success(answer, list, "history");
}

static void getoa(struct answer *answer, const struct app *app)
{
        success(answer,
                json_pack("{s:o, s:s, s:b, s:i, s:s, s:s}", "oaid", bare(app->oa_id), "name", "UBND xã Mẫu",
                          "is_verified", 1, "num_follower", 10000, "package_name", "Nâng cao",
                          "package_valid_through_date", "31/12/2099"),
                "OA");
}

static void upload(struct fakes *fakes, struct request *request, struct answer *answer)
{
        struct oa *oa = fakes->state[ZALO_OA];
        json_t *file = json_object_get(request->doc, "file");
        char id[40];

        if (!json_is_true(json_object_get(file, "jpeg")) ||
            json_integer_value(json_object_get(file, "size")) > PICTURE_MAX) {
                refuse(request, answer, -201, "file is invalid");
                return;
        }
        new_message_id(fakes, id);
        (void)json_object_set(oa->uploads, id, file);
        success(answer, json_pack("{s:s}", "attachment_id", id), "uploaded");
}

static void media(struct request *request, struct answer *answer)
{
        const char *size = request->path + strlen("/media/"), *name = strchr(size, '/');
        long long bytes = strtoll(size, NULL, 10);

        media_judge(answer, bytes, name ? name + 1 : "");
}

static void judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const char *endpoint = request->endpoint;
        bool reads = strcmp(endpoint, "conversation") == 0 || strcmp(endpoint, "getoa") == 0;
        const struct app *app;

        if (strcmp(endpoint, "media") == 0) {
                media(request, answer);
                return;
        }
        app = apps_authorize(request, answer, zalo_oa.token_code, -242);
        if (!app)
                return;
        if (!reads && (!request_is_post(request) || !json_is_object(request->doc))) {
                refuse(request, answer, -201, "body is invalid");
                return;
        }
        if (strcmp(endpoint, "cs") == 0)
                cs(fakes, request, answer, app);
        else if (strcmp(endpoint, "template") == 0)
                template(fakes, request, answer);
        else if (strcmp(endpoint, "group") == 0)
                group(fakes, request, answer);
        else if (strcmp(endpoint, "quota") == 0)
                quota(fakes, request, answer, app);
        else if (strcmp(endpoint, "conversation") == 0)
                conversation(request, answer, app);
        else if (strcmp(endpoint, "getoa") == 0)
                getoa(answer, app);
        else if (strcmp(endpoint, "upload") == 0)
                upload(fakes, request, answer);
        else
                refuse(request, answer, -240, "This API is no longer supported");
}

/* ---- webhooks: what webd would be posted ---- */

static json_t *signed_event(struct fakes *fakes, const struct app *app, json_t *event)
{
        _cleanup_free_ char *body = NULL;
        char timestamp[24], signature[80];
        json_t *doc;

        snprintf(timestamp, sizeof(timestamp), "%lld", (long long)fakes_now_ms(fakes));
        (void)json_object_set_new(event, "app_id", json_string(app->app_id));
        (void)json_object_set_new(event, "timestamp", json_string(timestamp));
        body = json_dumps(event, 0);
        json_decref(event);
        if (!body)
                return NULL;
        app_sign(app, body, timestamp, signature);
        doc = json_pack("{s:{s:s, s:s}, s:s}", "headers", "X-ZEvent-Signature", signature, "Content-Type",
                        "application/json", "body", body);
        return doc;
}

static json_t *written(struct fakes *fakes, const struct app *app, const struct inbound *in)
{
        const char *word = in->located ? "location" : in->image ? "image" : "text";
        char name[64], id[40], url[128];
        json_t *event, *message;

        new_message_id(fakes, id);
        snprintf(name, sizeof(name), in->group ? "user_send_group_%s" : "user_send_%s", word);
        snprintf(url, sizeof(url), "http://127.0.0.1:%u/media/%lld/%s.jpg", fakes->port, (long long)in->size,
                 id);
        message = json_pack("{s:s, s:s}", "msg_id", id, "text", in->text ? in->text : "");
        if (in->located) {
                char lat[32], lon[32];

                snprintf(lat, sizeof(lat), "%.7f", in->lat);
                snprintf(lon, sizeof(lon), "%.7f", in->lon);
                (void)json_object_set_new(message, "attachments",
                                          json_pack("[{s:s, s:{s:{s:s, s:s}}}]", "type", "location",
                                                    "payload", "coordinates", "latitude", lat, "longitude",
                                                    lon));
        } else if (in->image) {
                const char *where = *in->image ? in->image : url;

                (void)json_object_set_new(message, "attachments",
                                          json_pack("[{s:s, s:{s:s, s:s}}]", "type", "image", "payload",
                                                    "url", where, "thumbnail", where));
        }
        event = json_pack("{s:s, s:{s:s}, s:{s:s}, s:s, s:o}", "event_name", name, "sender", "id", in->from,
                          "recipient", "id", in->group ? in->group : app->oa_id, "user_id_by_app", in->from,
                          "message", message);
        if (!in->group) {
                (void)people_interact(fakes, ZALO_OA, in->from);
                say(fakes, in->from, 1, in->text ? in->text : "", id);
        }
        return event;
}

static json_t *push(struct fakes *fakes, const json_t *doc, struct thon_json_error *error)
{
        const char *app_id = json_string_value(json_object_get(doc, "app_id"));
        const struct app *app = apps_find(fakes->apps, app_id);
        struct inbound in;
        json_t *event;

        if (!inbound_read(doc, &in, error))
                return NULL;
        if (!app) {
                thon_json_fail(error, "app_id", "is none");
                return NULL;
        }
        if (!in.event)
                return signed_event(fakes, app, written(fakes, app, &in));
        event = json_pack("{s:s, s:s, s:{s:s}, s:s, s:s}", "oa_id", app->oa_id, "event_name", in.event,
                          "follower", "id", in.from, "user_id_by_app", in.from, "source", "oa_profile");
        if (strcmp(in.event, "unfollow") != 0)
                (void)people_interact(fakes, ZALO_OA, in.from);
        return signed_event(fakes, app, event);
}

/* {"message_id","to","what":"delivered"|"seen"}. */
static json_t *receipt(struct fakes *fakes, const json_t *doc, struct thon_json_error *error)
{
        const struct app *app = apps_find(fakes->apps, json_string_value(json_object_get(doc, "app_id")));
        const char *id = json_string_value(json_object_get(doc, "message_id"));
        const char *to = json_string_value(json_object_get(doc, "to"));
        const char *what = json_string_value(json_object_get(doc, "what"));
        bool seen = what && strcmp(what, "seen") == 0;
        json_t *message;

        if (!app || !id || !to || !what || (!seen && strcmp(what, "delivered") != 0)) {
                thon_json_fail(error, "", "wants message_id, to, and what: delivered or seen");
                return NULL;
        }
        message = seen ? json_pack("{s:[s]}", "msg_ids", id) : json_pack("{s:s}", "msg_id", id);
        return signed_event(fakes, app,
                            json_pack("{s:s, s:{s:s}, s:{s:s}, s:o}", "event_name",
                                      seen ? "user_seen_message" : "user_received_message", "sender", "id",
                                      app->oa_id, "recipient", "id", to, "message", message));
}

/* ---- settings ---- */

static bool set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error)
{
        static const char *const members[] = {"reply_total", "sub_quota", NULL};
        struct oa *oa = fakes->state[ZALO_OA];
        const json_t *value;

        if (!thon_json_only(settings, "", members, error))
                return false;
        if ((value = json_object_get(settings, "reply_total")))
                oa->reply_total = json_integer_value(value);
        if ((value = json_object_get(settings, "sub_quota")))
                oa->sub_quota = json_integer_value(value);
        return true;
}

static json_t *get(struct fakes *fakes)
{
        const struct oa *oa = fakes->state[ZALO_OA];

        return json_pack("{s:I, s:I}", "reply_total", (json_int_t)oa->reply_total, "sub_quota",
                         (json_int_t)oa->sub_quota);
}

static int start(struct fakes *fakes)
{
        struct oa *oa = calloc(1, sizeof(*oa));

        if (!oa)
                return -ENOMEM;
        oa->sub_quota = 1000000000;
        oa->uploads = json_object();
        if (!oa->uploads) {
                free(oa);
                return -ENOMEM;
        }
        fakes->state[ZALO_OA] = oa;
        return 0;
}

static void stop(struct fakes *fakes)
{
        struct oa *oa = fakes->state[ZALO_OA];

        if (oa)
                json_decref(oa->uploads);
        free(oa);
}

const struct provider zalo_oa = {
        .name = "zalo-oa",
        .label = "Zalo OA",
        .quota_code = -211,
        .token_code = -216,
        .rate_code = -32,
        .route = route,
        .judge = judge,
        .refuse = refuse,
        .set = set,
        .get = get,
        .push = push,
        .receipt = receipt,
        .start = start,
        .stop = stop,
};

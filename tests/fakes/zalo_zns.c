/* Zalo's templates by phone number on business.openapi.zalo.me: barred at night, counted by the day, and no reader of
 * tracking ids: the same one twice is two messages. */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRACKING_MAX 48
#define NIGHT_BEGINS (22 * 60)
#define NIGHT_ENDS   (6 * 60)

/* The state is {"templates","daily_quota","remaining","night_bar"}, and the day that the count is of. */

static const struct {
        const char *path, *endpoint;
} endpoints[] = {
        {"/message/template", "template"},
        {"/message/status", "status"},
        {"/message/quota", "quota"},
        {"/template/info/v2", "info"},
};

static const char *route(struct fakes *fakes, const char *path, bool prefixed)
{
        size_t i;

        (void)fakes;
        (void)prefixed;
        for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
                if (strcmp(endpoints[i].path, path) == 0)
                        return endpoints[i].endpoint;
        return NULL;
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

static json_int_t number(const json_t *state, const char *name)
{
        return json_integer_value(json_object_get(state, name));
}

/* A new day at UTC+7 begins with the whole quota. */
static void turn_day(struct fakes *fakes)
{
        json_t *state = fakes->state[ZALO_ZNS];
        int32_t day;

        (void)fakes_minute_of_day(fakes, &day);
        if (number(state, "day") == day)
                return;
        (void)json_object_set_new(state, "day", json_integer(day));
        (void)json_object_set(state, "remaining", json_object_get(state, "daily_quota"));
}

static bool at_night(const struct fakes *fakes)
{
        int32_t day;
        int minute = fakes_minute_of_day(fakes, &day);

        return minute >= NIGHT_BEGINS || minute < NIGHT_ENDS;
}

/* What is wrong with the request itself; 0 nothing. */
static int64_t fault_of(struct request *request, const char **ret_message)
{
        const json_t *state = request->fakes->state[ZALO_ZNS];
        const char *phone = request_text(request, "phone"), *tracking = request_text(request, "tracking_id");
        const char *mode = request_text(request, "mode");

        *ret_message = "Phone is invalid";
        if (!phone || strncmp(phone, "84", 2) != 0 || strlen(phone) != 11 ||
            strspn(phone, "0123456789") != 11)
                return -108;
        *ret_message = "tracking_id is invalid";
        if (!tracking || !*tracking || count_characters(tracking) > TRACKING_MAX)
                return -132;
        *ret_message = "Test messages go to admins only";
        if (mode && strcmp(mode, "development") == 0)
                return -127;
        return templates_check(json_object_get(state, "templates"), request_text(request, "template_id"),
                               json_object_get(request->doc, "template_data"), ret_message);
}

static void template(struct fakes *fakes, struct request *request, struct answer *answer)
{
        json_t *state = fakes->state[ZALO_ZNS];
        const char *message, *phone;
        _cleanup_free_ char *text = NULL;
        char id[40], sent[24], daily[24], left[24];
        int64_t code = fault_of(request, &message);
        struct person person;

        if (code != 0) {
                refuse(request, answer, code, message);
                return;
        }
        phone = request_text(request, "phone");
        if (json_is_true(json_object_get(state, "night_bar")) && at_night(fakes)) {
                refuse(request, answer, -133, "Sending is not allowed from 22:00 to 06:00");
                return;
        }
        people_find(fakes, ZALO_ZNS, phone, &person);
        if (person.error || !person.exists) {
                refuse(request, answer, person.error ? person.error : -118, "Zalo account does not exist");
                return;
        }
        turn_day(fakes);
        if (number(state, "remaining") <= 0) {
                refuse(request, answer, -144, "Daily quota is used up");
                return;
        }
        (void)json_object_set_new(state, "remaining", json_integer(number(state, "remaining") - 1));
        snprintf(id, sizeof(id), "zns%016llx", (unsigned long long)++fakes->ids);
        snprintf(sent, sizeof(sent), "%lld", (long long)fakes_now_ms(fakes));
        snprintf(daily, sizeof(daily), "%lld", (long long)number(state, "daily_quota"));
        snprintf(left, sizeof(left), "%lld", (long long)number(state, "remaining"));
        text = templates_text(json_object_get(request->doc, "template_data"));
        record_accept(request, phone, text ? text : "", id,
                      json_pack("{s:s, s:O, s:s}", "template_id", request_text(request, "template_id"),
                                "template_data", json_object_get(request->doc, "template_data"),
                                "tracking_id", request_text(request, "tracking_id")));
        (void)json_object_set_new(json_object_get(state, "sent"), id, json_string(sent));
        success(answer,
                json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "msg_id", id, "sent_time", sent, "sending_mode",
                          "1", "quota", "dailyQuota", daily, "remainingQuota", left),
                "accepted");
}

static void status(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const json_t *state = fakes->state[ZALO_ZNS];
        const char *id = request_query(request, "message_id");
        const char *sent =
                id ? json_string_value(json_object_get(json_object_get(state, "sent"), id)) : NULL;

        if (!sent) {
                refuse(request, answer, -107, "Message id is invalid");
                return;
        }
        success(answer,
                json_pack("{s:s, s:i, s:s}", "delivery_time", sent, "status", 1, "message", "Delivered"),
                "status");
}

static void quota(struct fakes *fakes, struct answer *answer)
{
        const json_t *state = fakes->state[ZALO_ZNS];

        turn_day(fakes);
        success(answer,
                json_pack("{s:I, s:I, s:n, s:n}", "dailyQuota", number(state, "daily_quota"),
                          "remainingQuota", number(state, "remaining"), "dailyQuotaPromotion",
                          "remainingQuotaPromotion"),
                "quota");
}

static void info(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const json_t *templates = json_object_get(fakes->state[ZALO_ZNS], "templates");
        const char *id = request_query(request, "template_id"), *name;
        const json_t *template = id ? json_object_get(templates, id) : NULL;
        json_t *list, *max;

        if (!template) {
                refuse(request, answer, -109, "Template is invalid");
                return;
        }
        list = json_array();
        json_object_foreach (json_object_get(template, "params"), name, max) {
                (void)json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:O, s:i}", "name", name,
                                                            "require", 1, "type", "STRING", "maxLength", max,
                                                            "minLength", 1));
        }
        success(answer,
                json_pack("{s:s, s:s, s:s, s:o, s:s, s:s}", "templateId", id, "templateName", "Thông báo",
                          "status",
                          json_is_true(json_object_get(template, "enabled")) ? "ENABLE" : "DISABLE",
                          "listParams", list, "price_sdt", "120", "price_uid", "100"),
                "template");
}

static void judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        bool sends = strcmp(request->endpoint, "template") == 0;

        if (!apps_authorize(request, answer, zalo_zns.token_code, -1241))
                return;
        if (sends != request_is_post(request)) {
                refuse(request, answer, -106, "Method is not supported");
                return;
        }
        if (sends && !json_is_object(request->doc)) {
                refuse(request, answer, -121, "Body is invalid");
                return;
        }
        if (sends)
                template(fakes, request, answer);
        else if (strcmp(request->endpoint, "status") == 0)
                status(fakes, request, answer);
        else if (strcmp(request->endpoint, "quota") == 0)
                quota(fakes, answer);
        else
                info(fakes, request, answer);
}

/* {"message_id","tracking_id","to"}: it was delivered. The same webhook as the OA's, signed alike. */
static json_t *receipt(struct fakes *fakes, const json_t *doc, struct thon_json_error *error)
{
        const struct app *app = apps_find(fakes->apps, NULL);
        const char *id = json_string_value(json_object_get(doc, "message_id"));
        const char *tracking = json_string_value(json_object_get(doc, "tracking_id"));
        const char *to = json_string_value(json_object_get(doc, "to"));
        _cleanup_json_ json_t *event = NULL;
        _cleanup_free_ char *body = NULL;
        char now[24], signature[80];

        if (!id || !tracking || !to) {
                thon_json_fail(error, "", "wants message_id, tracking_id, to");
                return NULL;
        }
        snprintf(now, sizeof(now), "%lld", (long long)fakes_now_ms(fakes));
        event = json_pack("{s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s, s:s, s:s}, s:s}", "app_id", app->app_id,
                          "event_name", "user_received_message", "sender", "id", app->oa_id, "recipient",
                          "id", to, "message", "msg_id", id, "tracking_id", tracking, "delivery_time", now,
                          "timestamp", now);
        body = event ? json_dumps(event, 0) : NULL;
        if (!body)
                return NULL;
        app_sign(app, body, now, signature);
        return json_pack("{s:{s:s, s:s}, s:s}", "headers", "X-ZEvent-Signature", signature, "Content-Type",
                         "application/json", "body", body);
}

static bool set(struct fakes *fakes, const json_t *settings, struct thon_json_error *error)
{
        static const char *const members[] = {"templates", "daily_quota", "remaining", "night_bar", NULL};
        static const char *const plain[] = {"daily_quota", "remaining", "night_bar"};
        json_t *state = fakes->state[ZALO_ZNS], *templates = json_object_get(settings, "templates");
        size_t i;

        if (!thon_json_only(settings, "", members, error) ||
            (templates && !templates_set(json_object_get(state, "templates"), templates, error)))
                return false;
        turn_day(fakes);
        for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
                json_t *value = json_object_get(settings, plain[i]);

                if (value)
                        (void)json_object_set(state, plain[i], value);
        }
        return true;
}

static json_t *get(struct fakes *fakes)
{
        json_t *doc;

        turn_day(fakes);
        doc = json_deep_copy(fakes->state[ZALO_ZNS]);
        (void)json_object_del(doc, "sent");
        return doc;
}

static int start(struct fakes *fakes)
{
        fakes->state[ZALO_ZNS] =
                json_pack("{s:o, s:{}, s:i, s:i, s:i, s:b}", "templates", templates_new(), "sent",
                          "daily_quota", 500000, "remaining", 500000, "day", -1, "night_bar", 1);
        return fakes->state[ZALO_ZNS] ? 0 : -ENOMEM;
}

static void stop(struct fakes *fakes)
{
        json_decref(fakes->state[ZALO_ZNS]);
}

const struct provider zalo_zns = {
        .name = "zalo-zns",
        .label = "Zalo ZNS",
        .quota_code = -144,
        .token_code = -124,
        .rate_code = -32,
        .route = route,
        .judge = judge,
        .refuse = refuse,
        .set = set,
        .get = get,
        .receipt = receipt,
        .start = start,
        .stop = stop,
};

/* The rules of Zalo's OpenAPI: the token stands in a header of its own name, errors come with HTTP 200, and the quota
 * that an answer tells is not always the channel's. */
#include <errno.h>
#include <string.h>

#include "zalo.h"

int zalo_headers(struct relayd_request *request, const struct thon_channel_conf *conf,
                 const struct relayd_secrets *secrets)
{
        char proof[WIRE_HMAC];
        int r;

        if (!secrets || !wire_secret(secrets->access_token))
                return -ENOKEY;
        r = wire_header(request, "access_token", secrets->access_token);
        if (r < 0 || !conf->appsecret_proof)
                return r;

        if (!wire_secret(secrets->secret_key))
                return -ENOKEY;
        r = wire_hmac(secrets->secret_key, secrets->access_token, strlen(secrets->access_token), proof);
        return r < 0 ? r : wire_header(request, "appsecret_proof", proof);
}

int zalo_post(struct relayd_request *request, const struct thon_channel_conf *conf,
              const struct relayd_kind *kind, const struct relayd_secrets *secrets, const char *path,
              json_t *body)
{
        int r = wire_json(request, body);

        if (r == 0)
                r = wire_url(request, conf, kind, "%s", path);
        return r < 0 ? r : zalo_headers(request, conf, secrets);
}

const char *zalo_text_unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        (void)conf;
        return wire_text_unfit(out, THON_UNIT_CHARACTER, ZALO_TEXT_MAX);
}

int zalo_text_message(const struct thon_channel_conf *conf, const struct relayd_kind *kind,
                      const struct relayd_secrets *secrets, const char *path, const char *member,
                      const struct relayd_outgoing *out, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        _cleanup_free_ char *text = NULL;
        json_t *doc;
        int r;

        if (zalo_text_unfit(conf, out))
                return -EINVAL;
        text = wire_text(out, THON_UNIT_CHARACTER, ZALO_TEXT_MAX);
        if (!text)
                return -ENOMEM;
        doc = json_pack("{s{ss}s{ss}}", "recipient", member, out->address, "message", "text", text);
        if (doc && out->attachment &&
            json_object_set_new(json_object_get(doc, "message"), "attachment",
                                json_pack("{sss{sss[{ssss}]}}", "type", "template", "payload",
                                          "template_type", "media", "elements", "media_type", "image",
                                          "attachment_id", out->attachment)) < 0)
                json_decref(THON_TAKE(doc));
        r = zalo_post(&request, conf, kind, secrets, path, doc);
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

bool zalo_judge(const struct thon_http_answer *answer, enum thon_code_table table,
                enum thon_code_table second, const struct thon_zone *zone, struct thon_wall now,
                double jitter, json_t **ret_doc, const json_t **ret_data, struct thon_judgement *ret)
{
        int64_t code;

        *ret_data = NULL;
        if (wire_settled(answer, ret_doc, ret))
                return false;
        if (!wire_int(json_object_get(*ret_doc, "error"), &code) || (code == 0 && answer->status >= 400)) {
                wire_unclear(answer, *ret_doc, ret);
                return false;
        }
        if (code != 0) {
                wire_refused(answer, *ret_doc, thon_code_find(table, code) ? table : second, code, zone, now,
                             jitter, ret);
                return false;
        }
        *ret_data = json_object_get(*ret_doc, "data");
        return true;
}

/* "reply" counts the free answers to one person within 48 hours; taken for the channel's own, it would stop the channel
 * after eight messages. */
static int64_t quota_left(const json_t *quota)
{
        const char *type = json_string_value(json_object_get(quota, "quota_type"));
        int64_t left;

        if (type && strcmp(type, "reply") == 0)
                return -1;
        if (!wire_int(json_object_get(quota, "remainingQuota"), &left) &&
            !wire_int(json_object_get(quota, "remain"), &left))
                return -1;
        return left >= 0 ? left : -1;
}

void zalo_judge_message(const struct thon_http_answer *answer, enum thon_code_table table,
                        enum thon_code_table second, const struct thon_zone *zone, struct thon_wall now,
                        double jitter, struct thon_judgement *ret)
{
        _cleanup_json_ json_t *doc = NULL;
        const json_t *data, *id;

        if (!zalo_judge(answer, table, second, zone, now, jitter, &doc, &data, ret))
                return;
        id = json_object_get(data, "message_id");
        wire_sent(answer, id ? id : json_object_get(data, "msg_id"), ret);
        ret->quota_left = quota_left(json_object_get(data, "quota"));
}

void zalo_judge_text(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                     const struct thon_zone *zone, struct thon_wall now, double jitter,
                     struct thon_judgement *ret)
{
        (void)conf;
        zalo_judge_message(answer, THON_CODES_ZALO_OA, THON_CODES_ZALO_OA, zone, now, jitter, ret);
}

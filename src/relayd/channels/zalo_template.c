/* Approved templates, by phone (business.openapi.zalo.me, formerly ZNS) or by user id (openapi.zalo.me). Two hosts, two
 * forms and two tables of codes behind one name; which one it is, `by` in the configuration says.
 *
 * A template of the notice goes as it is, with its values. Free text rides in one parameter of the channel's own
 * template, when it has one. The tracking id lets a receipt find the message even if the answer that held Zalo's id was
 * lost; that Zalo would de-duplicate by it is nowhere promised. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "zalo.h"

#define TEMPLATE_URL  "https://business.openapi.zalo.me/message/template"
#define PARAMETER     "noi_dung"
#define PARAMETER_MAX 300

static size_t parameter_max(const struct thon_channel_conf *conf)
{
        return conf->text_parameter_max > 0 ? (size_t)conf->text_parameter_max : PARAMETER_MAX;
}

/* A template of the notice's own, and not the channel's for free text. */
static bool own_template(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        if (!out->template_id || !*out->template_id)
                return false;
        return json_is_object(out->values) || !conf->template ||
               strcmp(out->template_id, conf->template) != 0;
}

static const char *unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        if (conf->by_phone && (out->address[0] != '+' || strspn(out->address + 1, "0123456789") < 8))
                return "Kênh mẫu tin cần số điện thoại dạng +84...";
        if (own_template(conf, out))
                return out->part > 0 ? "Mẫu tin chỉ gửi một phần" : NULL;
        if (!conf->template || !*conf->template)
                return "Kênh này chỉ gửi mẫu tin đã duyệt, mà thông báo không có mẫu và kênh không đặt template";
        return wire_text_unfit(out, THON_UNIT_CHARACTER, parameter_max(conf));
}

/* *ret_id is borrowed; *ret owned. */
static int template_data(const struct thon_channel_conf *conf, const struct relayd_outgoing *out,
                         const char **ret_id, json_t **ret)
{
        _cleanup_free_ char *text = NULL;
        const char *parameter = conf->text_parameter ? conf->text_parameter : PARAMETER;

        if (own_template(conf, out)) {
                *ret_id = out->template_id;
                *ret = json_is_object(out->values) ? json_deep_copy(out->values) : json_object();
        } else {
                text = wire_text(out, THON_UNIT_CHARACTER, parameter_max(conf));
                if (!text)
                        return -ENOMEM;
                *ret_id = conf->template;
                *ret = json_pack("{ss}", parameter, text);
        }
        return *ret ? 0 : -ENOMEM;
}

static int by_phone(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                    const struct relayd_outgoing *out, const char *id, const json_t *data,
                    struct relayd_request *request)
{
        char tracking[24 + 12];
        int r;

        snprintf(tracking, sizeof tracking, "m%" PRId64, out->message);
        r = wire_json(request, json_pack("{sssssOss}", "phone", out->address + 1, "template_id", id,
                                         "template_data", data, "tracking_id", tracking));
        if (r < 0)
                return r;
        request->url = strdup(conf->template_url ? conf->template_url : TEMPLATE_URL);
        if (!request->url)
                return -ENOMEM;
        return zalo_headers(request, conf, secrets);
}

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        _cleanup_json_ json_t *data = NULL;
        const char *id = NULL;
        int r;

        if (unfit(conf, out))
                return -EINVAL;
        r = template_data(conf, out, &id, &data);
        if (r < 0)
                return r;
        if (conf->by_phone)
                r = by_phone(conf, secrets, out, id, data, &request);
        else
                r = zalo_post(&request, conf, &relayd_zalo_template, secrets, "/v3.0/oa/message/template",
                              json_pack("{sssssO}", "user_id", out->address, "template_id", id,
                                        "template_data", data));
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

/* By user id it is the OpenAPI that answers, but about templates: what its table does not know, the other may. */
static void judge(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                  const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret)
{
        zalo_judge_message(answer, conf->by_phone ? THON_CODES_ZALO_ZNS : THON_CODES_ZALO_OA,
                           conf->by_phone ? THON_CODES_ZALO_OA : THON_CODES_ZALO_ZNS, zone, now, jitter,
                           ret);
}

const struct relayd_kind relayd_zalo_template = {
        .kind = THON_KIND_ZALO_TEMPLATE,
        .unit = THON_UNIT_CHARACTER,
        .text_max = PARAMETER_MAX,
        .by_phone = true, /* unless the configuration says by = uid */
        .tokens = true,
        .codes = THON_CODES_ZALO_ZNS,
        .api_url = ZALO_API,
        .rate = "10/s",
        .unfit = unfit,
        .prepare = prepare,
        .judge = judge,
        .read_webhook = zalo_read_webhook,
};

/* Posts on a Facebook page: one post tells everybody, so its recipient is the page. The token stands in the body, where
 * no server writes it into a log of paths. */
#include <errno.h>
#include <string.h>

#include "wire.h"

#define TEXT_MAX 5000 /* Facebook takes 63,206; nobody reads as many */

static const char *page_of(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        return conf->page && *conf->page ? conf->page : out->address;
}

static const char *unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        const char *page = page_of(conf, out);

        if (!page || !*page || page[strspn(page, "0123456789")])
                return "Mã trang Facebook phải là một dãy số; đặt page trong cấu hình kênh";
        return wire_text_unfit(out, THON_UNIT_CHARACTER, TEXT_MAX);
}

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        _cleanup_free_ char *text = NULL;
        int r;

        if (unfit(conf, out))
                return -EINVAL;
        if (!secrets || !wire_secret(secrets->token))
                return -ENOKEY;
        text = wire_text(out, THON_UNIT_CHARACTER, TEXT_MAX);
        if (!text)
                return -ENOMEM;
        r = wire_json(&request, json_pack("{ssss}", "message", text, "access_token", secrets->token));
        if (r == 0)
                r = wire_url(&request, conf, &relayd_facebook_page, "/%s/feed", page_of(conf, out));
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

static void judge(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                  const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret)
{
        enum { PERMISSIONS = 200, PERMISSIONS_END = 299 };
        _cleanup_json_ json_t *doc = NULL;
        const json_t *error;
        int64_t code;

        (void)conf;
        if (wire_settled(answer, &doc, ret))
                return;
        error = json_object_get(doc, "error");
        if (!error && answer->status < 300 && json_object_get(doc, "id")) {
                wire_sent(answer, json_object_get(doc, "id"), ret);
                return;
        }
        if (!wire_int(json_object_get(error, "code"), &code)) {
                wire_unclear(answer, doc, ret);
                return;
        }
        if (code > PERMISSIONS && code <= PERMISSIONS_END) {
                wire_refused(answer, doc, THON_CODES_FACEBOOK, PERMISSIONS, zone, now, jitter, ret);
                ret->code = code;
                return;
        }
        wire_refused(answer, doc, THON_CODES_FACEBOOK, code, zone, now, jitter, ret);
}

const struct relayd_kind relayd_facebook_page = {
        .kind = THON_KIND_FACEBOOK_PAGE,
        .unit = THON_UNIT_CHARACTER,
        .text_max = TEXT_MAX,
        .codes = THON_CODES_FACEBOOK,
        .api_url = "https://graph.facebook.com/v21.0",
        .rate = "1/s",
        .unfit = unfit,
        .prepare = prepare,
        .judge = judge,
};

/* Group messages (GMF): no window, free of charge, one message for a whole hamlet. There is no history to ask, so an
 * unknown one stays unknown until a receipt or a person settles it. */
#include <errno.h>

#include "zalo.h"

static const char *unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        (void)conf;
        return wire_text_unfit(out, THON_UNIT_CHARACTER, ZALO_TEXT_MAX);
}

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        _cleanup_free_ char *text = NULL;
        int r;

        if (unfit(conf, out))
                return -EINVAL;
        text = wire_text(out, THON_UNIT_CHARACTER, ZALO_TEXT_MAX);
        if (!text)
                return -ENOMEM;
        r = zalo_post(
                &request, conf, &relayd_zalo_group, secrets, "/v3.0/oa/group/message",
                json_pack("{s{ss}s{ss}}", "recipient", "group_id", out->address, "message", "text", text));
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

static void judge(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                  const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret)
{
        (void)conf;
        zalo_judge_message(answer, THON_CODES_ZALO_OA, THON_CODES_ZALO_OA, zone, now, jitter, ret);
}

const struct relayd_kind relayd_zalo_group = {
        .kind = THON_KIND_ZALO_GROUP,
        .unit = THON_UNIT_CHARACTER,
        .text_max = ZALO_TEXT_MAX,
        .tokens = true,
        .codes = THON_CODES_ZALO_OA,
        .api_url = ZALO_API,
        .rate = "10/s",
        .unfit = unfit,
        .prepare = prepare,
        .judge = judge,
        .read_webhook = zalo_read_webhook,
};

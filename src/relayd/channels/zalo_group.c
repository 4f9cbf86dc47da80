/* Group messages (GMF): no window, free of charge, one message for a whole hamlet. There is no history to ask, so an
 * unknown one stays unknown until a receipt or a person settles it. */
#include "zalo.h"

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        return zalo_text_message(conf, &relayd_zalo_group, secrets, "/v3.0/oa/group/message", "group_id",
                                 out, ret);
}

const struct relayd_kind relayd_zalo_group = {
        .kind = THON_KIND_ZALO_GROUP,
        .unit = THON_UNIT_CHARACTER,
        .text_max = ZALO_TEXT_MAX,
        .tokens = true,
        .codes = THON_CODES_ZALO_OA,
        .api_url = ZALO_API,
        .rate = "10/s",
        .unfit = zalo_text_unfit,
        .prepare = prepare,
        .judge = zalo_judge_text,
        .read_webhook = zalo_read_webhook,
};

/* Our own outgoing webhook, for what no other kind knows: a province's gateway, a loudspeaker of another make. One POST
 * of JSON to api_url as it is; 2xx is taken for accepted.
 *
 * The receiver trusts the bytes and not the connection: the signature covers the whole body, and with it the time, so
 * that an old message cannot be played again. `id` stays the same when a message is repeated knowingly. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

#define SIGNATURE "sha256="

static const char *unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        (void)conf;
        return wire_text_unfit(out, THON_UNIT_BYTE, THON_NOTICE_TEXT_MAX);
}

static int sign(struct relayd_request *request, const struct relayd_secrets *secrets)
{
        char value[sizeof SIGNATURE - 1 + WIRE_HMAC] = SIGNATURE;
        int r;

        if (!secrets || !secrets->token)
                return 0; /* a receiver on this machine may do without */
        if (!wire_secret(secrets->token))
                return -ENOKEY;
        r = wire_hmac(secrets->token, request->body, request->size, value + sizeof SIGNATURE - 1);
        return r < 0 ? r : wire_header(request, "X-Thon-Signature", value);
}

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        struct thon_zone *utc = NULL;
        char id[48], at[THON_TIME_TEXT];
        int r;

        if (unfit(conf, out) || !conf->api_url)
                return -EINVAL;
        r = thon_zone_fixed(0, &utc);
        if (r < 0)
                return r;
        thon_time_text(utc, out->at, at);
        thon_zone_free(utc);
        if (out->part == 0)
                snprintf(id, sizeof id, "m%" PRId64, out->message);
        else
                snprintf(id, sizeof id, "m%" PRId64 "-%u", out->message, out->part);

        r = wire_json(&request,
                      json_pack("{ssssssss?ssss}", "id", id, "class", thon_class_text(out->class), "to",
                                out->address, "title", out->title, "text", out->text, "at", at));
        if (r < 0)
                return r;
        request.url = strdup(conf->api_url); /* a path's last slash may matter */
        if (!request.url)
                return -ENOMEM;
        if (!wire_secret(request.url))
                return -EINVAL;
        r = sign(&request, secrets);
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

static void judge(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                  const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret)
{
        _cleanup_json_ json_t *doc = NULL;

        (void)conf;
        (void)zone;
        (void)now;
        (void)jitter;
        if (!wire_settled(answer, &doc, ret) && answer->status >= 400)
                wire_unclear(answer, doc, ret);
        else if (answer->result == THON_HTTP_ANSWERED && answer->status >= 200 && answer->status < 300)
                wire_sent(answer, json_object_get(doc, "id"), ret); /* whatever it says, it took it */
}

const struct relayd_kind relayd_webhook = {
        .kind = THON_KIND_WEBHOOK,
        .unit = THON_UNIT_BYTE,
        .text_max = THON_NOTICE_TEXT_MAX,
        .codes = THON_CODES_HTTP,
        .rate = "50/s",
        .unfit = unfit,
        .prepare = prepare,
        .judge = judge,
};

/* Consultation messages of an Official Account: free within 48 hours of a person's last interaction, paid within seven
 * days, refused after. The answer to a message tells nothing of that clock, so there is a call that does; and a message
 * of which we do not know whether it went out is looked for in the conversation. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "thon/text.h"
#include "zalo.h"

#define HISTORY        10    /* the most that one call gives */
#define ATTACH_MS      10000 /* a warning does not wait longer for its picture */
#define ATTACHMENT_MAX 512

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        return zalo_text_message(conf, &relayd_zalo_oa, secrets, "/v3.0/oa/message/cs", "user_id", out, ret);
}

/* It is kept there for seven days, and named by its id in the message. */
static int attach(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                  const void *jpeg, size_t size, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {.total_ms = ATTACH_MS};
        int r = wire_url(&request, conf, &relayd_zalo_oa, "/v2.0/oa/upload/image");

        if (r == 0)
                r = zalo_headers(&request, conf, secrets);
        if (r == 0)
                r = wire_form(&request, json_object(), "file", jpeg, size);
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

static int read_attach(const struct thon_http_answer *answer, char **ret_attachment)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_judgement judgement;
        const json_t *data;

        if (!zalo_judge(answer, THON_CODES_ZALO_OA, THON_CODES_ZALO_OA, NULL, (struct thon_wall){0}, 0, &doc,
                        &data, &judgement))
                return -EBADMSG;
        *ret_attachment = wire_string(json_object_get(data, "attachment_id"), ATTACHMENT_MAX);
        return *ret_attachment ? 0 : -EBADMSG;
}

static int ask_window(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                      const char *address, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        int r = zalo_post(&request, conf, &relayd_zalo_oa, secrets, "/v3.0/oa/quota/message",
                          json_pack("{ss}", "user_id", address));

        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

static int read_window(const struct thon_http_answer *answer, const struct thon_zone *zone,
                       struct thon_wall now, double jitter, struct thon_wall *ret_last,
                       struct thon_judgement *ret)
{
        _cleanup_json_ json_t *doc = NULL;
        const json_t *data;

        if (zalo_judge(answer, THON_CODES_ZALO_OA, THON_CODES_ZALO_OA, zone, now, jitter, &doc, &data,
                       ret)) {
                if (json_is_object(data)) {
                        *ret_last = wire_instant(json_object_get(data, "last_interaction"));
                        return 0;
                }
                wire_unclear(answer, doc, ret);
        }
        wire_only_asked(ret);
        return -EBADMSG;
}

static int inquire(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {.method = "GET"};
        _cleanup_json_ json_t *data = NULL;
        _cleanup_free_ char *text = NULL, *query = NULL;
        int r;

        data = json_pack("{sssisi}", "user_id", out->address, "offset", 0, "count", HISTORY);
        text = data ? json_dumps(data, JSON_COMPACT) : NULL;
        query = text ? wire_escape(text) : NULL;
        if (!query)
                return -ENOMEM;
        r = wire_url(&request, conf, &relayd_zalo_oa, "/v2.0/oa/conversation?data=%s", query);
        if (r == 0)
                r = zalo_headers(&request, conf, secrets);
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

/* The history may come back with other white space or another normal form. */
static bool same_text(const char *a, const char *b)
{
        enum { MAX = 4 * THON_NOTICE_TEXT_MAX };
        _cleanup_free_ char *x = NULL, *y = NULL;

        if (thon_text_nfc(a, MAX, &x) < 0 || thon_text_nfc(b, MAX, &y) < 0)
                return strcmp(a, b) == 0;
        return strcmp(x, y) == 0;
}

static int read_inquiry(const struct thon_http_answer *answer, const struct relayd_outgoing *out,
                        struct thon_wall at, char message_id[static THON_MESSAGE_ID])
{
        enum { BEFORE = 2 * 60, AFTER = 10 * 60 }; /* clocks that differ; a provider's own queue */
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *sent = NULL;
        struct thon_judgement judgement;
        const json_t *data, *item;
        bool reaches_back = false;
        size_t i;

        if (!zalo_judge(answer, THON_CODES_ZALO_OA, THON_CODES_ZALO_OA, NULL, at, 0, &doc, &data,
                        &judgement) ||
            !json_is_array(data))
                return -EAGAIN;
        sent = wire_text(out, THON_UNIT_CHARACTER, ZALO_TEXT_MAX);
        if (!sent)
                return -EAGAIN;

        json_array_foreach (data, i, item) {
                struct thon_wall when = wire_instant(json_object_get(item, "time"));
                const char *text = json_string_value(json_object_get(item, "message"));
                int64_t src;

                if (when.s == INT64_MAX || !wire_int(json_object_get(item, "src"), &src))
                        return -EAGAIN; /* not the history that we know */
                if (when.s < at.s - BEFORE) {
                        reaches_back = true;
                        continue;
                }
                if (src != 0 || !text || !same_text(text, sent))
                        continue;
                if (when.s > at.s + AFTER) /* another notice with the same words, or ours, late */
                        return -EAGAIN;
                (void)wire_id(json_object_get(item, "message_id"), message_id, THON_MESSAGE_ID);
                return 1;
        }
        /* A full page of news since then may have pushed ours out of sight. */
        return reaches_back || json_array_size(data) < HISTORY ? 0 : -EAGAIN;
}

const struct relayd_kind relayd_zalo_oa = {
        .kind = THON_KIND_ZALO_OA,
        .unit = THON_UNIT_CHARACTER,
        .text_max = ZALO_TEXT_MAX,
        .tokens = true,
        .codes = THON_CODES_ZALO_OA,
        .api_url = ZALO_API,
        .rate = "10/s",
        .unfit = zalo_text_unfit,
        .prepare = prepare,
        .picture_text_max = ZALO_TEXT_MAX,
        .attach = attach,
        .read_attach = read_attach,
        .judge = zalo_judge_text,
        .ask_window = ask_window,
        .read_window = read_window,
        .inquire = inquire,
        .read_inquiry = read_inquiry,
        .read_webhook = zalo_read_webhook,
};

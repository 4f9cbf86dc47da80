/* ntfy: a topic's name is all it takes to read it, so topics are secrets of a kind. Published as JSON, for a header
 * cannot hold Vietnamese. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

#define TEXT_MAX 4096 /* longer ones arrive as an attachment */

static const char *unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        (void)conf;
        return wire_text_unfit(out, THON_UNIT_BYTE, TEXT_MAX);
}

static int basic(struct relayd_request *request, const char *user, const char *password)
{
        _cleanup_free_ char *plain = NULL, *value = NULL;
        size_t n;
        int r;

        if (asprintf(&plain, "%s:%s", user, password) < 0) {
                plain = NULL;
                return -ENOMEM;
        }
        n = strlen(plain);
        value = n < INT32_MAX / 2 ? malloc(sizeof "Basic " + (n + 2) / 3 * 4) : NULL;
        if (!value)
                return -ENOMEM;
        memcpy(value, "Basic ", 6);
        (void)EVP_EncodeBlock((unsigned char *)value + 6, (const unsigned char *)plain, (int)n);
        r = wire_header(request, "Authorization", value);
        explicit_bzero(plain, n);
        explicit_bzero(value, strlen(value));
        return r;
}

/* A topic may be open to all, so no secret at all is fine; half of one is not. */
static int authorize(struct relayd_request *request, const struct relayd_secrets *secrets)
{
        _cleanup_free_ char *value = NULL;
        int r;

        if (!secrets || (!secrets->token && !secrets->user && !secrets->password))
                return 0;
        if (!secrets->token)
                return secrets->user && secrets->password ? basic(request, secrets->user, secrets->password)
                                                          : -ENOKEY;
        if (!wire_secret(secrets->token))
                return -ENOKEY;
        if (asprintf(&value, "Bearer %s", secrets->token) < 0) {
                value = NULL;
                return -ENOMEM;
        }
        r = wire_header(request, "Authorization", value);
        explicit_bzero(value, strlen(value));
        return r;
}

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        static const struct {
                int priority;
                const char *tag;
        } looks[THON_CLASSES] = {
                [THON_CLASS_NORMAL] = {3, NULL},
                [THON_CLASS_PRIORITY] = {4, "warning"},
                [THON_CLASS_EMERGENCY] = {5, "rotating_light"},
        };
        _cleanup_request_ struct relayd_request request = {0};
        json_t *body;
        int r;

        if (unfit(conf, out))
                return -EINVAL;
        body = json_pack("{ssss*sssi}", "topic", out->address, "title", out->title, "message", out->text,
                         "priority", looks[out->class].priority);
        if (body && looks[out->class].tag &&
            json_object_set_new(body, "tags", json_pack("[s]", looks[out->class].tag)) < 0) {
                json_decref(body);
                return -ENOMEM;
        }
        r = wire_json(&request, body);
        if (r == 0)
                r = wire_url(&request, conf, &relayd_ntfy, "/");
        if (r == 0)
                r = authorize(&request, secrets);
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

/* {"code":42901,"http":429,"error":"limit reached..."}: its own codes say no more than the status. */
static void judge(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                  const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret)
{
        _cleanup_json_ json_t *doc = NULL;

        (void)conf;
        (void)zone;
        (void)now;
        (void)jitter;
        if (wire_settled(answer, &doc, ret))
                return;
        if (answer->status < 300 && json_is_string(json_object_get(doc, "id")))
                wire_sent(answer, json_object_get(doc, "id"), ret);
        else
                wire_unclear(answer, doc, ret);
}

const struct relayd_kind relayd_ntfy = {
        .kind = THON_KIND_NTFY,
        .unit = THON_UNIT_BYTE,
        .text_max = TEXT_MAX,
        .codes = THON_CODES_HTTP,
        .rate = "10/s",
        .unfit = unfit,
        .prepare = prepare,
        .judge = judge,
};

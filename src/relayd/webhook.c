/* Webhooks of Zalo's Official Account, as webd hands them on: believed only when they are signed, since webd's address is
 * known to the world. One that is sent again, by Zalo or by somebody who overheard it, is known by its id. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "inbound.h"
#include "thon/cleanup.h"
#include "thon/log.h"

static const char *header(const json_t *headers, const char *name)
{
        const char *key;
        json_t *value;

        json_object_foreach ((json_t *)headers, key, value)
                if (strcasecmp(key, name) == 0)
                        return json_string_value(value);
        return NULL;
}

/* NULL, or why a webhook is not believed. */
static const char *doubt(const struct relayd_channel *channel, const json_t *headers, const json_t *body)
{
        const char *signature = header(headers, "X-ZEvent-Signature");

        if (!json_is_string(body))
                return "it is not {\"headers\":{...},\"body\":\"...\"}";
        if (!channel->secrets || !channel->secrets->oa_secret_key)
                return "the credential has no oa_secret_key to check signatures with";
        if (!signature)
                return "it bears no X-ZEvent-Signature";
        if (!relayd_zalo_signature_ok(channel->secrets, json_string_value(body), json_string_length(body),
                                      NULL, signature))
                return "its signature is wrong";
        return NULL;
}

/* The whole world may try: one line a minute. */
static void not_taken(struct relayd *d, const char *name, const char *why)
{
        if (thon_log_ratelimit(&d->webhook_told, 60))
                thon_warning("inbound/%s: a webhook is not taken: %s", name, why);
}

void relayd_inbound_webhook(struct relayd *d, const char *name, const struct thon_mqtt_message *message)
{
        struct relayd_channel *channel = relayd_channel_find(d, name);
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {{0}};
        struct relayd_update *updates = NULL;
        const json_t *body;
        const char *problem;
        size_t n = 0;
        int r;

        /* It would come again with every connection. */
        if (message->retained) {
                not_taken(d, name, "it is retained");
                return;
        }
        if (!channel || !channel->kind->read_webhook) {
                not_taken(d, name, "there is no such channel, or it has no webhooks");
                return;
        }
        r = thon_json_parse(message->payload, message->size, THON_MQTT_PAYLOAD_MAX, &doc, &error);
        body = json_object_get(doc, "body");
        problem = r < 0 ? error.text : doubt(channel, json_object_get(doc, "headers"), body);
        if (problem) {
                not_taken(d, name, problem);
                return;
        }
        r = channel->kind->read_webhook(json_string_value(body), json_string_length(body), &updates, &n,
                                        &error);
        if (r < 0) {
                not_taken(d, name, error.text);
                return;
        }
        r = relayd_intake_add(d, channel->conf->name, updates, n, NULL, NULL, NULL);
        if (r < 0)
                thon_error("inbound/%s: a webhook is lost: too many wait for the store", name);
}

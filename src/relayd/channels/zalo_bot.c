/* Zalo Bot Platform: shaped like Telegram's, with one difference that matters. getUpdates gives one update and has no
 * offset, so that nothing acknowledges it: it must be stored before the next poll, and may come twice; the id of its
 * message tells. "408" is its way of saying that nobody wrote. */
#include <errno.h>
#include <string.h>

#include "wire.h"

#define TEXT_MAX  2000
#define POLL_S    "30" /* a string, as the documents have it */
#define WORDS_MAX (64 * 1024)

static const char *unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        (void)conf;
        return wire_text_unfit(out, THON_UNIT_CHARACTER, TEXT_MAX);
}

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        return unfit(conf, out) ? -EINVAL : wire_bot_message(conf, &relayd_zalo_bot, secrets, out, ret);
}

/* True for {"ok":true,...}; else `ret` is filled, and *ret_code is the provider's, if it has given one. */
static bool succeeded(const struct thon_http_answer *answer, struct thon_wall now, json_t **ret_doc,
                      int64_t *ret_code, struct thon_judgement *ret)
{
        const json_t *ok;
        bool coded;

        *ret_code = 0;
        if (wire_settled(answer, ret_doc, ret))
                return false;
        ok = json_object_get(*ret_doc, "ok");
        coded = wire_int(json_object_get(*ret_doc, "error_code"), ret_code);
        if (json_is_true(ok) && answer->status < 300)
                return true;
        if (json_is_false(ok) && coded) {
                wire_refused(answer, *ret_doc, THON_CODES_ZALO_BOT, *ret_code, NULL, now, 0, ret);
                if (*ret_code == 400 && wire_names_chat(*ret_doc))
                        wire_no_such_chat(ret);
        } else
                wire_unclear(answer, *ret_doc, ret);
        return false;
}

static void judge(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                  const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret)
{
        _cleanup_json_ json_t *doc = NULL;
        int64_t code;

        (void)conf;
        (void)zone; /* no code of the bot's waits for a time of day */
        (void)jitter;
        if (succeeded(answer, now, &doc, &code, ret))
                wire_sent(answer, WIRE_AT(doc, "result", "message_id"), ret);
}

/* ---- inbound ---- */

static int poll(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                const char *cursor, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {.total_ms = 45 * 1000};
        int r = wire_bot_url(&request, conf, &relayd_zalo_bot, secrets, "getUpdates");

        (void)cursor; /* there is none */
        if (r == 0)
                r = wire_json(&request, json_pack("{ss}", "timeout", POLL_S));
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

static void read_message(const char *event, const json_t *message, struct relayd_update *update)
{
        const char *chat_type = json_string_value(WIRE_AT(message, "chat", "chat_type"));
        const json_t *text = json_object_get(message, "text");
        const json_t *photo = json_object_get(message, "photo_url");

        update->at = wire_instant(json_object_get(message, "date"));
        update->address = wire_address(WIRE_AT(message, "chat", "id"));
        update->sender = wire_address(WIRE_AT(message, "from", "id"));
        update->name = wire_string(WIRE_AT(message, "from", "display_name"), WIRE_NAME_MAX);
        update->group = chat_type && strcmp(chat_type, "PRIVATE") != 0;
        if (!update->address || !event)
                return;
        update->interaction = !update->group;
        update->text = wire_string(text ? text : json_object_get(message, "caption"), WORDS_MAX);
        if (strcmp(event, "message.text.received") == 0 && update->text)
                update->kind = RELAYD_TEXT;
        else if (strcmp(event, "message.image.received") == 0) {
                update->url = wire_string(photo ? photo : json_object_get(message, "photo"), WIRE_URL_MAX);
                update->kind = update->url ? RELAYD_IMAGE : update->text ? RELAYD_TEXT : RELAYD_OTHER;
        } else if (strcmp(event, "message.voice.received") == 0) {
                update->url = wire_string(json_object_get(message, "voice_url"), WIRE_URL_MAX);
                update->kind = update->url ? RELAYD_FILE : RELAYD_OTHER;
        }
}

/* Passed over when it has no id: it could not be told from another. */
static int read_update(const json_t *doc, struct wire_updates *updates)
{
        const json_t *message = json_object_get(doc, "message");
        struct relayd_update *update;
        char id[THON_MESSAGE_ID];

        if (!wire_id(json_object_get(message, "message_id"), id, sizeof id))
                return 0;
        update = wire_updates_add(updates);
        if (!update)
                return -ENOMEM;
        update->update_id = strdup(id);
        if (!update->update_id)
                return -ENOMEM;
        read_message(json_string_value(json_object_get(doc, "event_name")), message, update);
        return 0;
}

static int read_poll(const struct thon_http_answer *answer, struct relayd_update **ret, size_t *ret_n,
                     char **ret_cursor, struct thon_judgement *ret_judgement)
{
        _cleanup_updates_ struct wire_updates updates = {0};
        _cleanup_json_ json_t *doc = NULL;
        const json_t *result, *item;
        int64_t code;
        size_t i;
        int r = 0;

        if (!succeeded(answer, (struct thon_wall){0}, &doc, &code, ret_judgement)) {
                /* An update without its wrapping, as some of its bodies are. */
                bool bare = answer->status == 200 && json_is_object(json_object_get(doc, "message")) &&
                            !json_object_get(doc, "ok");

                if (code != 408 && !bare) {
                        wire_only_asked(ret_judgement);
                        return -EBADMSG;
                }
        }
        result = json_object_get(doc, "result");
        if (!result)
                result = doc;
        if (code != 408 && json_is_array(result)) /* one is promised; a list does no harm */
                json_array_foreach (result, i, item) {
                        r = read_update(item, &updates);
                        if (r < 0)
                                return r;
                }
        else if (code != 408)
                r = read_update(result, &updates);
        if (r < 0)
                return r;
        thon_http_judge(200, -1, ret_judgement);
        wire_updates_take(&updates, ret, ret_n);
        *ret_cursor = NULL;
        return 0;
}

const struct relayd_kind relayd_zalo_bot = {
        .kind = THON_KIND_ZALO_BOT,
        .unit = THON_UNIT_CHARACTER,
        .text_max = TEXT_MAX,
        .codes = THON_CODES_ZALO_BOT,
        .api_url = "https://bot-api.zaloplatforms.com",
        .rate = "5/s",
        .unfit = unfit,
        .prepare = prepare,
        .judge = judge,
        .poll = poll,
        .read_poll = read_poll,
};

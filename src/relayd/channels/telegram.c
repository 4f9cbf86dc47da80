/* Telegram's Bot API: one JSON call a message, and a long poll whose offset is the acknowledgement: an update is given
 * again until a higher offset is asked for, so what was stored before the next poll is never lost.
 *
 * "400" is said of everything; the description tells whether it is the chat that is wrong. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

#define TEXT_MAX    4096
#define CAPTION_MAX 1024
#define POLL_S      50
/* A picture takes its time on a weak uplink (128 kbit/s), and what is cut off has an unknown fate. */
#define PHOTO_MS       30000
#define PHOTO_BYTES_MS 16
#define WORDS_MAX      (64 * 1024) /* of a text or caption */

static const char *unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        (void)conf;
        return wire_text_unfit(out, THON_UNIT_UTF16, TEXT_MAX);
}

static int prepare(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                   const struct relayd_outgoing *out, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        _cleanup_free_ char *caption = NULL;
        int r;

        if (unfit(conf, out))
                return -EINVAL;
        if (!out->picture)
                return wire_bot_message(conf, &relayd_telegram, secrets, out, ret);
        caption = wire_text(out, THON_UNIT_UTF16, CAPTION_MAX);
        if (!caption)
                return -ENOMEM;
        r = wire_bot_url(&request, conf, &relayd_telegram, secrets, "sendPhoto");
        if (r == 0)
                r = wire_form(&request, json_pack("{ssss}", "chat_id", out->address, "caption", caption),
                              "photo", out->picture, out->picture_size);
        if (r < 0)
                return r;
        request.total_ms = PHOTO_MS + (unsigned)(out->picture_size / PHOTO_BYTES_MS);
        wire_hand_over(&request, ret);
        return 0;
}

/* Both forms of patience: the header, and the body, which is Telegram's own word. */
static void pause_as_told(const json_t *doc, struct thon_judgement *ret)
{
        struct thon_judgement told;
        int64_t s;

        if (!wire_int(WIRE_AT(doc, "parameters", "retry_after"), &s) || s < 0)
                return;
        thon_http_judge(429, s, &told); /* bounds it */
        ret->wait_s = told.wait_s;
}

static void refused(const struct thon_http_answer *answer, const json_t *doc, int64_t code,
                    struct thon_wall now, struct thon_judgement *ret)
{
        wire_refused(answer, doc, THON_CODES_TELEGRAM, code, NULL, now, 0, ret);
        if (ret->verdict == THON_VERDICT_WAIT) {
                pause_as_told(doc, ret);
                return;
        }
        if (code != 400)
                return;
        if (wire_id(WIRE_AT(doc, "parameters", "migrate_to_chat_id"), ret->new_address,
                    sizeof ret->new_address)) {
                ret->verdict = THON_VERDICT_RETRY;
                ret->meaning = "Nhóm Telegram đã đổi mã; tự gửi lại theo mã mới";
        } else if (wire_names_chat(doc))
                wire_no_such_chat(ret);
}

/* True for {"ok":true,...}; else `ret` is filled. */
static bool succeeded(const struct thon_http_answer *answer, struct thon_wall now, json_t **ret_doc,
                      struct thon_judgement *ret)
{
        const json_t *ok;
        int64_t code;

        if (wire_settled(answer, ret_doc, ret)) {
                if (answer->status == 429 && *ret_doc)
                        pause_as_told(*ret_doc, ret);
                return false;
        }
        ok = json_object_get(*ret_doc, "ok");
        if (json_is_true(ok) && answer->status < 300)
                return true;
        if (json_is_false(ok) && wire_int(json_object_get(*ret_doc, "error_code"), &code))
                refused(answer, *ret_doc, code, now, ret);
        else
                wire_unclear(answer, *ret_doc, ret);
        return false;
}

static void judge(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                  const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret)
{
        _cleanup_json_ json_t *doc = NULL;

        (void)conf;
        (void)zone; /* no code of Telegram's waits for a time of day */
        (void)jitter;
        if (succeeded(answer, now, &doc, ret))
                wire_sent(answer, WIRE_AT(doc, "result", "message_id"), ret);
}

/* ---- inbound ---- */

static int poll(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                const char *cursor, struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {.total_ms = (POLL_S + 20) * 1000};
        json_t *body =
                json_pack("{sis[ss]}", "timeout", POLL_S, "allowed_updates", "message", "my_chat_member");
        _cleanup_json_ json_t *offset = cursor ? json_string(cursor) : NULL;
        int64_t n;
        int r;

        if (body && cursor && wire_int(offset, &n) &&
            json_object_set_new(body, "offset", json_integer(n)) < 0) {
                json_decref(body);
                return -ENOMEM;
        }
        r = wire_json(&request, body);
        if (r == 0)
                r = wire_bot_url(&request, conf, &relayd_telegram, secrets, "getUpdates");
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

/* The same picture comes in several sizes. */
static const json_t *largest(const json_t *sizes)
{
        const json_t *best = NULL, *size;
        int64_t most = -1;
        size_t i;

        json_array_foreach (sizes, i, size) {
                int64_t width = 0, height = 0;

                if (!json_is_string(json_object_get(size, "file_id")))
                        continue;
                (void)wire_int(json_object_get(size, "width"), &width);
                (void)wire_int(json_object_get(size, "height"), &height);
                if (width < 0 || height < 0 || width > INT32_MAX || height > INT32_MAX)
                        width = height = 0;
                if (width * height >= most) {
                        most = width * height;
                        best = size;
                }
        }
        return best;
}

static void read_person(const json_t *from, struct relayd_update *update)
{
        const char *first = json_string_value(json_object_get(from, "first_name"));
        const char *last = json_string_value(json_object_get(from, "last_name"));
        char name[WIRE_NAME_MAX + 1];
        int n;

        update->sender = wire_address(json_object_get(from, "id"));
        n = snprintf(name, sizeof name, "%s%s%s", first ? first : "", first && last ? " " : "",
                     last ? last : "");
        if (n > 0 && (size_t)n < sizeof name)
                update->name = strdup(name);
}

static void read_chat(const json_t *chat, struct relayd_update *update)
{
        const char *type = json_string_value(json_object_get(chat, "type"));

        update->address = wire_address(json_object_get(chat, "id"));
        update->group = !type || strcmp(type, "private") != 0;
}

static void read_message(const json_t *message, struct relayd_update *update)
{
        static const char *const files[] = {"document", "video",      "voice",
                                            "audio",    "video_note", "animation"};
        const json_t *photo = largest(json_object_get(message, "photo"));
        const json_t *location = json_object_get(message, "location");
        const json_t *text = json_object_get(message, "text");

        read_chat(json_object_get(message, "chat"), update);
        read_person(json_object_get(message, "from"), update);
        update->at = wire_instant(json_object_get(message, "date"));
        if (!update->address)
                return;
        update->interaction = !update->group;
        update->text = wire_string(text ? text : json_object_get(message, "caption"), WORDS_MAX);
        if (photo) {
                update->kind = RELAYD_IMAGE;
                update->url = wire_string(json_object_get(photo, "file_id"), WIRE_URL_MAX);
        } else if (location) {
                wire_place(update, json_object_get(location, "latitude"),
                           json_object_get(location, "longitude"));
                update->kind = update->has_place ? RELAYD_LOCATION : RELAYD_OTHER;
        } else if (text && update->text) {
                /* Who presses "Start" has said nothing yet. */
                bool start = !update->group && strncmp(update->text, "/start", 6) == 0 &&
                             (update->text[6] == '\0' || update->text[6] == ' ');

                update->kind = start ? RELAYD_FOLLOW : RELAYD_TEXT;
        } else
                for (size_t i = 0; i < sizeof files / sizeof *files && !update->url; i++) {
                        update->url = wire_string(WIRE_AT(message, files[i], "file_id"), WIRE_URL_MAX);
                        if (update->url)
                                update->kind = RELAYD_FILE;
                }
        if (update->kind == RELAYD_IMAGE && !update->url)
                update->kind = RELAYD_OTHER;
}

static void read_membership(const json_t *change, struct relayd_update *update)
{
        const char *status = json_string_value(WIRE_AT(change, "new_chat_member", "status"));

        read_chat(json_object_get(change, "chat"), update);
        read_person(json_object_get(change, "from"), update);
        update->at = wire_instant(json_object_get(change, "date"));
        if (!update->address || !status)
                return;
        update->kind = strcmp(status, "kicked") == 0 || strcmp(status, "left") == 0 ? RELAYD_UNFOLLOW
                                                                                    : RELAYD_FOLLOW;
}

static int read_poll(const struct thon_http_answer *answer, struct relayd_update **ret, size_t *ret_n,
                     char **ret_cursor, struct thon_judgement *ret_judgement)
{
        _cleanup_updates_ struct wire_updates updates = {0};
        _cleanup_json_ json_t *doc = NULL;
        const json_t *result, *item;
        int64_t id, next = -1;
        char *cursor = NULL;
        size_t i;

        if (!succeeded(answer, (struct thon_wall){0}, &doc, ret_judgement)) {
                wire_only_asked(ret_judgement);
                return -EBADMSG;
        }
        result = json_object_get(doc, "result");
        json_array_foreach (result, i, item) {
                struct relayd_update *update;

                if (!wire_int(json_object_get(item, "update_id"), &id) || id < 0 || id == INT64_MAX)
                        continue;
                update = wire_updates_add(&updates);
                if (!update || asprintf(&update->update_id, "%" PRId64, id) < 0) {
                        if (update)
                                update->update_id = NULL;
                        return -ENOMEM;
                }
                if (json_object_get(item, "message"))
                        read_message(json_object_get(item, "message"), update);
                else if (json_object_get(item, "my_chat_member"))
                        read_membership(json_object_get(item, "my_chat_member"), update);
                if (id >= next)
                        next = id + 1;
        }
        /* Updates without a number could never be passed: that is no Telegram. */
        if (!json_is_array(result) || (json_array_size(result) > 0 && updates.n == 0)) {
                wire_unclear(answer, doc, ret_judgement);
                wire_only_asked(ret_judgement);
                return -EBADMSG;
        }
        if (next >= 0 && asprintf(&cursor, "%" PRId64, next) < 0)
                return -ENOMEM;
        wire_sent(answer, NULL, ret_judgement);
        wire_updates_take(&updates, ret, ret_n);
        *ret_cursor = cursor;
        return 0;
}

static int file(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets, const char *name,
                struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        int r = wire_json(&request, json_pack("{s:s}", "file_id", name));

        if (r == 0)
                r = wire_bot_url(&request, conf, &relayd_telegram, secrets, "getFile");
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}

/* A path below the bot's own files, and no way out of them. */
static bool plain_path(const char *path)
{
        return path && *path && strlen(path) < WIRE_URL_MAX && !strstr(path, "..") &&
               path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.-")] ==
                       '\0';
}

static int read_file(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                     const struct thon_http_answer *answer, char **ret_url)
{
        _cleanup_request_ struct relayd_request where = {0};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_judgement judgement = {.meaning = ""};
        const char *path;
        int r;

        if (!succeeded(answer, (struct thon_wall){0}, &doc, &judgement))
                return -EBADMSG;
        path = json_string_value(WIRE_AT(doc, "result", "file_path"));
        if (!plain_path(path))
                return -EBADMSG;
        if (!secrets || !wire_secret(secrets->token))
                return -ENOKEY;
        r = wire_url(&where, conf, &relayd_telegram, "/file/bot%s/%s", secrets->token, path);
        if (r == 0)
                *ret_url = THON_TAKE(where.url);
        return r;
}

const struct relayd_kind relayd_telegram = {
        .kind = THON_KIND_TELEGRAM,
        .unit = THON_UNIT_UTF16,
        .text_max = TEXT_MAX,
        .codes = THON_CODES_TELEGRAM,
        .api_url = "https://api.telegram.org",
        .rate = "25/s",
        .unfit = unfit,
        .prepare = prepare,
        .picture_text_max = CAPTION_MAX,
        .judge = judge,
        .poll = poll,
        .read_poll = read_poll,
        .file = file,
        .read_file = read_file,
};

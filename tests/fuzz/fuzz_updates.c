/* What comes in from people and from whoever pretends to be a provider: polls of bots and bodies of webhooks. Every
 * update has an id, one that says something has an address to answer to, and reading the same bytes twice gives the
 * same ids, or duplicates could not be told.
 *
 * The first byte chooses Telegram, Zalo Bot or a webhook; the rest is the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/relayd/channel.h"
#include "thon/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
        struct relayd_update *updates;
        size_t n;
        char *cursor;
};

static void check_text(const char *text)
{
        _cleanup_json_ json_t *words = text ? json_string(text) : NULL;

        if (text && (!words || !*text))
                abort();
}

static void check(const struct relayd_update *update)
{
        if (!update->update_id || !*update->update_id)
                abort();
        check_text(update->text);
        check_text(update->url);
        check_text(update->name);
        if (update->address && (!*update->address || strlen(update->address) >= THON_ADDRESS_MAX))
                abort();
        switch (update->kind) {
        case RELAYD_TEXT:
                if (!update->text || !update->address)
                        abort();
                break;
        case RELAYD_IMAGE:
        case RELAYD_FILE:
                if (!update->url || !update->address)
                        abort();
                break;
        case RELAYD_LOCATION:
                if (!update->has_place || !update->address || !(update->lat >= -90 && update->lat <= 90) ||
                    !(update->lon >= -180 && update->lon <= 180))
                        abort();
                break;
        case RELAYD_RECEIPT:
                if (!update->message_id || update->receipt == THON_RECEIPT_NONE)
                        abort();
                break;
        case RELAYD_FOLLOW:
        case RELAYD_UNFOLLOW:
                if (!update->address)
                        abort();
                break;
        case RELAYD_OTHER:
                break;
        }
}

static int read_all(unsigned what, const char *body, size_t size, struct reading *ret)
{
        struct thon_http_answer answer = {
                .result = THON_HTTP_ANSWERED,
                .status = what & 0x80 ? 408 : 200,
                .body = body,
                .size = size,
                .retry_after_s = -1,
                .date_s = -1,
        };
        struct thon_json_error error = {""};
        struct thon_judgement j;
        int r;

        switch (what % 3) {
        case 0:
                return relayd_telegram.read_poll(&answer, &ret->updates, &ret->n, &ret->cursor, &j);
        case 1:
                return relayd_zalo_bot.read_poll(&answer, &ret->updates, &ret->n, &ret->cursor, &j);
        default:
                r = relayd_zalo_oa.read_webhook(body, size, &ret->updates, &ret->n, &error);
                if (r < 0)
                        check_text(error.text);
                return r;
        }
}

static void done(struct reading *reading)
{
        for (size_t i = 0; i < reading->n; i++)
                relayd_update_done(&reading->updates[i]);
        free(reading->updates);
        free(reading->cursor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct relayd_secrets keys = {
                .app_id = (char *)"11", .oa_id = (char *)"OA", .oa_secret_key = (char *)"k"};
        struct reading first = {0}, second = {0};
        _cleanup_free_ char *body = NULL;
        int r;

        if (size < 1)
                return 0;
        body = malloc(size);
        if (!body)
                abort();
        memcpy(body, data + 1, size - 1);
        body[size - 1] = '\0';

        r = read_all(data[0], body, size - 1, &first);
        if (r < 0 && (first.updates || first.n || first.cursor))
                abort();
        for (size_t i = 0; i < first.n; i++)
                check(&first.updates[i]);
        if (read_all(data[0], body, size - 1, &second) != r || second.n != first.n)
                abort();
        for (size_t i = 0; i < first.n; i++)
                if (strcmp(first.updates[i].update_id, second.updates[i].update_id) != 0)
                        abort();
        if (relayd_zalo_signature_ok(&keys, body, size - 1, NULL,
                                     "mac=00000000000000000000000000000000000000000000000000000000deadbeef"))
                abort();
        done(&first);
        done(&second);
        return 0;
}

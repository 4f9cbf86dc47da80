/* Answers of providers, real and forged: whatever comes, there is one verdict with a meaning, its texts are printable
 * and end, and no 200 that is not a success is ever taken for sent.
 *
 * The first byte chooses the kind, the second the status and what is read (message, window, history); the rest is the
 * body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/relayd/channel.h"
#include "thon/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned statuses[] = {200, 200, 202, 302, 400, 401, 403, 404, 413, 429, 500, 503, 0, 999};

static void check(const struct thon_judgement *j)
{
        _cleanup_json_ json_t *words = NULL;
        size_t n = strnlen(j->detail, sizeof j->detail);

        if (n == sizeof j->detail || strnlen(j->message_id, sizeof j->message_id) == sizeof j->message_id ||
            strnlen(j->new_address, sizeof j->new_address) == sizeof j->new_address)
                abort();
        words = json_string(j->detail);
        if (!words || !j->meaning || !*j->meaning)
                abort();
        for (size_t i = 0; i < n; i++)
                if ((unsigned char)j->detail[i] < 0x20 || j->detail[i] == 0x7f)
                        abort();
        for (const char *p = j->message_id; *p; p++)
                if (*p <= ' ' || *p > '~')
                        abort();
        if (j->new_address[0] && j->verdict != THON_VERDICT_RETRY)
                abort();
        if (j->verdict == THON_VERDICT_WAIT && j->wait_s < 1 && j->until.s == INT64_MAX)
                abort();
        if (j->verdict == THON_VERDICT_DEFER && j->until.s == INT64_MAX)
                abort();
        if (j->wait_s < 0 || j->wait_s > 86400 || j->remember_s < 0 || j->quota_left < -1)
                abort();
}

/* The members without which no provider says yes. */
static bool could_be_a_success(const char *body)
{
        return strstr(body, "error") || strstr(body, "ok") || strstr(body, "id") || strchr(body, '\\');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct relayd_kind *kind;
        struct thon_channel_conf conf = {0};
        struct relayd_outgoing out = {.message = 1, .address = "1", .text = "Lũ về", .at = {1800000000}};
        struct thon_http_answer answer = {.result = THON_HTTP_ANSWERED, .date_s = -1};
        struct thon_zone *zone = NULL;
        _cleanup_free_ char *body = NULL;
        struct thon_judgement j;
        struct thon_wall now = {1800000000}, last = {-7};
        char id[THON_MESSAGE_ID] = "";

        if (size < 2)
                return 0;
        kind = relayd_kind_of((enum thon_channel_kind)(data[0] % THON_CHANNEL_KINDS));
        if (!kind->judge)
                return 0;
        body = malloc(size - 1);
        if (!body || thon_zone_fixed(7 * 3600, &zone) < 0)
                abort();
        memcpy(body, data + 2, size - 2);
        body[size - 2] = '\0';
        conf.by_phone = data[0] & 0x80;
        answer.status = statuses[data[1] % (sizeof statuses / sizeof *statuses)];
        answer.retry_after_s = data[0] & 0x40 ? 17 : -1;
        answer.body = body;
        answer.size = size - 2;

        memset(&j, 0xa5, sizeof j);
        kind->judge(&conf, &answer, zone, now, 0.5, &j);
        check(&j);
        if (j.verdict == THON_VERDICT_SENT &&
            (answer.status < 200 || answer.status >= 300 ||
             (kind->kind != THON_KIND_WEBHOOK && !could_be_a_success(body))))
                abort();
        if (answer.status >= 500 && j.verdict != THON_VERDICT_UNKNOWN && j.verdict != THON_VERDICT_WAIT)
                abort();

        if (kind->read_window) {
                memset(&j, 0xa5, sizeof j);
                if (kind->read_window(&answer, zone, now, 0.5, &last, &j) < 0) {
                        check(&j);
                        if (j.verdict == THON_VERDICT_SENT || j.verdict == THON_VERDICT_UNKNOWN ||
                            last.s != -7)
                                abort();
                } else if (last.s <= 0)
                        abort();
        }
        if (kind->read_inquiry && kind->read_inquiry(&answer, &out, now, id) == 1 && answer.status >= 300)
                abort();
        thon_zone_free(zone);
        return 0;
}

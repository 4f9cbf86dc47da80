/* What is made of what comes back to each kind of channel, from friends and from anybody else. */
#include <errno.h>
#include <stdio.h>

#include "channel_fixture.h"

static struct thon_http_answer answered(unsigned status, const char *body)
{
        return (struct thon_http_answer){
                .result = THON_HTTP_ANSWERED,
                .status = status,
                .body = body,
                .size = strlen(body),
                .retry_after_s = -1,
                .date_s = -1,
        };
}

static struct thon_judgement judged(const struct relayd_kind *kind, const struct thon_http_answer *answer)
{
        struct thon_channel_conf conf = {.by_phone = kind->by_phone};
        struct thon_judgement j;

        memset(&j, 0xa5, sizeof j);
        kind->judge(&conf, answer, vietnam, now, 0.5, &j);
        ck_assert_ptr_nonnull(j.meaning);
        ck_assert_uint_lt(strnlen(j.detail, sizeof j.detail), sizeof j.detail);
        ck_assert_uint_lt(strnlen(j.message_id, sizeof j.message_id), sizeof j.message_id);
        ck_assert_uint_lt(strnlen(j.new_address, sizeof j.new_address), sizeof j.new_address);
        return j;
}

static const struct {
        const struct relayd_kind *kind;
        unsigned status;
        const char *body;
        enum thon_verdict verdict;
        int64_t code;
        const char *message_id;
} answers[] = {
        /* Zalo OA: what counts is in the body */
        {&relayd_zalo_oa, 200,
         "{\"error\":0,\"message\":\"Success\",\"data\":{\"message_id\":\"abc123\",\"user_id\":\"1\"}}",
         THON_VERDICT_SENT, 200, "abc123"},
        {&relayd_zalo_oa, 200, "{\"error\":\"0\",\"data\":{\"message_id\":9223372036854775807}}",
         THON_VERDICT_SENT, 200, "9223372036854775807"},
        {&relayd_zalo_oa, 200, "{\"error\":0}", THON_VERDICT_SENT, 200, ""},
        {&relayd_zalo_oa, 200, "{\"error\":0,\"data\":{\"message_id\":{\"a\":1}}}", THON_VERDICT_SENT, 200,
         ""},
        {&relayd_zalo_oa, 200, "{\"error\":-216,\"message\":\"Access token is invalid\"}",
         THON_VERDICT_REFRESH, -216, ""},
        {&relayd_zalo_oa, 200, "{\"error\":\"-220\"}", THON_VERDICT_REFRESH, -220, ""},
        {&relayd_zalo_oa, 200, "{\"error\":-230,\"message\":\"no interaction\"}", THON_VERDICT_PERSON, -230,
         ""},
        {&relayd_zalo_oa, 200, "{\"error\":-55555,\"message\":\"new\"}", THON_VERDICT_RETRY, -55555, ""},
        {&relayd_zalo_oa, 400, "{\"error\":-201,\"message\":\"user_id is invalid\"}", THON_VERDICT_MESSAGE,
         -201, ""},
        {&relayd_zalo_oa, 401, "{\"error\":-216}", THON_VERDICT_REFRESH, -216, ""},
        {&relayd_zalo_oa, 403, "{\"error\":0}", THON_VERDICT_CHANNEL, 403, ""},
        {&relayd_zalo_oa, 404, "{}", THON_VERDICT_MESSAGE, 404, ""},
        {&relayd_zalo_oa, 429, "{\"error\":-32}", THON_VERDICT_WAIT, 429, ""},
        {&relayd_zalo_oa, 500, "{\"error\":-200}", THON_VERDICT_UNKNOWN, 500, ""},
        {&relayd_zalo_oa, 302, "", THON_VERDICT_CHANNEL, 302, ""},
        {&relayd_zalo_group, 200, "{\"error\":-237,\"message\":\"expired\"}", THON_VERDICT_PERSON, -237, ""},
        {&relayd_zalo_group, 200, "{\"error\":0,\"data\":{\"message_id\":\"g1\",\"group_id\":\"G\"}}",
         THON_VERDICT_SENT, 200, "g1"},
        /* by phone, the other table */
        {&relayd_zalo_template, 200,
         "{\"error\":0,\"data\":{\"msg_id\":\"z1\",\"sent_time\":\"1\",\"quota\":{\"remainingQuota\":\"499\"}}}",
         THON_VERDICT_SENT, 200, "z1"},
        {&relayd_zalo_template, 200, "{\"error\":-118,\"message\":\"Zalo account not existed\"}",
         THON_VERDICT_PERSON, -118, ""},
        {&relayd_zalo_template, 200, "{\"error\":-100}", THON_VERDICT_RETRY, -100, ""},
        /* bots */
        {&relayd_zalo_bot, 200, "{\"ok\":true,\"result\":{\"message_id\":\"b1\",\"date\":1}}",
         THON_VERDICT_SENT, 200, "b1"},
        {&relayd_zalo_bot, 200, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}",
         THON_VERDICT_CHANNEL, 401, ""},
        {&relayd_zalo_bot, 200,
         "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: chat not found\"}",
         THON_VERDICT_PERSON, 400, ""},
        {&relayd_zalo_bot, 200, "{\"ok\":false}", THON_VERDICT_UNKNOWN, 200, ""},
        {&relayd_zalo_bot, 200, "{\"ok\":false,\"error_code\":500,\"description\":\"Internal\"}",
         THON_VERDICT_UNKNOWN, 500, ""},
        {&relayd_zalo_bot, 200, "{\"ok\":false,\"error_code\":429,\"description\":\"Slow\"}",
         THON_VERDICT_WAIT, 429, ""},
        {&relayd_zalo_bot, 200, "{\"ok\":false,\"error_code\":-77}", THON_VERDICT_RETRY, -77, ""},
        {&relayd_telegram, 200, "{\"ok\":true,\"result\":{\"message_id\":7}}", THON_VERDICT_SENT, 200, "7"},
        {&relayd_telegram, 200, "{\"ok\":1,\"result\":{\"message_id\":7}}", THON_VERDICT_UNKNOWN, 200, ""},
        {&relayd_telegram, 403,
         "{\"ok\":false,\"error_code\":403,\"description\":\"Forbidden: bot was blocked by the user\"}",
         THON_VERDICT_PERSON, 403, ""},
        {&relayd_telegram, 400,
         "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: chat not found\"}",
         THON_VERDICT_PERSON, 400, ""},
        {&relayd_telegram, 400,
         "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: message is too long\"}",
         THON_VERDICT_MESSAGE, 400, ""},
        {&relayd_telegram, 401, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}",
         THON_VERDICT_CHANNEL, 401, ""},
        {&relayd_telegram, 502, "<html>Bad Gateway</html>", THON_VERDICT_UNKNOWN, 502, ""},
        /* the rest */
        {&relayd_ntfy, 200, "{\"id\":\"n1\",\"time\":1,\"event\":\"message\",\"topic\":\"t\"}",
         THON_VERDICT_SENT, 200, "n1"},
        {&relayd_ntfy, 200, "{\"topic\":\"t\"}", THON_VERDICT_UNKNOWN, 200, ""},
        {&relayd_ntfy, 403, "{\"code\":40301,\"http\":403,\"error\":\"forbidden\"}", THON_VERDICT_CHANNEL,
         403, ""},
        {&relayd_ntfy, 413, "{\"code\":41301,\"http\":413,\"error\":\"too large\"}", THON_VERDICT_MESSAGE,
         413, ""},
        {&relayd_facebook_page, 200, "{\"id\":\"102030_9007199254740993\"}", THON_VERDICT_SENT, 200,
         "102030_9007199254740993"},
        {&relayd_facebook_page, 400,
         "{\"error\":{\"message\":\"expired\",\"type\":\"OAuthException\",\"code\":190,\"error_subcode\":463}}",
         THON_VERDICT_CHANNEL, 190, ""},
        {&relayd_facebook_page, 403, "{\"error\":{\"message\":\"perms\",\"code\":210}}",
         THON_VERDICT_CHANNEL, 210, ""},
        {&relayd_facebook_page, 400, "{\"error\":{\"code\":506}}", THON_VERDICT_MESSAGE, 506, ""},
        {&relayd_facebook_page, 400, "{\"error\":{\"code\":32}}", THON_VERDICT_WAIT, 32, ""},
        {&relayd_facebook_page, 200, "{\"id\":\"1_2\",\"error\":{\"code\":1}}", THON_VERDICT_RETRY, 1, ""},
        {&relayd_webhook, 200, "", THON_VERDICT_SENT, 200, ""},
        {&relayd_webhook, 202, "{\"id\":\"w1\"}", THON_VERDICT_SENT, 202, "w1"},
        {&relayd_webhook, 200, "<html>fine</html>", THON_VERDICT_SENT, 200, ""},
        {&relayd_webhook, 401, "{\"message\":\"no\"}", THON_VERDICT_CHANNEL, 401, ""},
        {&relayd_webhook, 422, "no", THON_VERDICT_MESSAGE, 422, ""},
        {&relayd_webhook, 500, "", THON_VERDICT_UNKNOWN, 500, ""},
};

START_TEST(test_answer)
{
        struct thon_http_answer answer = answered(answers[_i].status, answers[_i].body);
        struct thon_judgement j = judged(answers[_i].kind, &answer);

        ck_assert_msg(j.verdict == answers[_i].verdict, "%u %s: verdict %d", answers[_i].status,
                      answers[_i].body, (int)j.verdict);
        ck_assert(j.has_code);
        ck_assert_int_eq(j.code, answers[_i].code);
        ck_assert_str_eq(j.message_id, answers[_i].message_id);
}
END_TEST

static const struct relayd_kind *const http_kinds[] = {
        &relayd_zalo_oa,  &relayd_zalo_template, &relayd_zalo_group,    &relayd_zalo_bot,
        &relayd_telegram, &relayd_ntfy,          &relayd_facebook_page, &relayd_webhook,
};
#define N_KINDS (sizeof http_kinds / sizeof *http_kinds)

START_TEST(test_no_answer_at_all)
{
        struct thon_http_answer offline = {.result = THON_HTTP_NOT_SENT,
                                           .offline = true,
                                           .error = "no route"},
                                refused = {.result = THON_HTTP_NOT_SENT, .error = "TLS handshake failed"},
                                lost = {.result = THON_HTTP_UNKNOWN, .error = "timed out"},
                                flood = {.result = THON_HTTP_TOO_LARGE, .status = 200, .retry_after_s = -1},
                                busy = {.result = THON_HTTP_TOO_LARGE, .status = 429, .retry_after_s = 9};

        for (size_t i = 0; i < N_KINDS; i++) {
                struct thon_judgement j = judged(http_kinds[i], &offline);

                ck_assert_int_eq(j.verdict, THON_VERDICT_RETRY);
                ck_assert_ptr_nonnull(strstr(j.meaning, "Không có mạng"));
                ck_assert_str_eq(j.detail, "no route");
                ck_assert(!j.has_code);
                ck_assert_int_eq(judged(http_kinds[i], &refused).verdict, THON_VERDICT_RETRY);
                ck_assert_int_eq(judged(http_kinds[i], &lost).verdict, THON_VERDICT_UNKNOWN);
                ck_assert_int_eq(judged(http_kinds[i], &flood).verdict, THON_VERDICT_UNKNOWN);
                ck_assert_int_eq(judged(http_kinds[i], &busy).verdict, THON_VERDICT_WAIT);
                ck_assert_int_eq(judged(http_kinds[i], &busy).wait_s, 9);
        }
}
END_TEST

START_TEST(test_429_and_503_pause_and_other_5xx_are_unknown_whoever_says_it)
{
        static const char *const bodies[] = {
                "", "{}", "{\"error\":-200}", "{\"ok\":true}", "<html>", "{\"id\":\"1\"}"};

        for (size_t i = 0; i < N_KINDS; i++)
                for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++) {
                        struct thon_http_answer a429 = answered(429, bodies[b]),
                                                a503 = answered(503, bodies[b]),
                                                a500 = answered(500, bodies[b]);

                        ck_assert_int_eq(judged(http_kinds[i], &a503).verdict, THON_VERDICT_UNKNOWN);
                        ck_assert_int_eq(judged(http_kinds[i], &a500).verdict, THON_VERDICT_UNKNOWN);
                        ck_assert_int_eq(judged(http_kinds[i], &a429).verdict, THON_VERDICT_WAIT);
                        a429.retry_after_s = a503.retry_after_s = 17;
                        ck_assert_int_eq(judged(http_kinds[i], &a429).wait_s, 17);
                        ck_assert_int_eq(judged(http_kinds[i], &a503).verdict, THON_VERDICT_WAIT);
                        ck_assert_int_eq(judged(http_kinds[i], &a503).wait_s, 17);
                }
}
END_TEST

/* What a captive portal, a broken proxy or an enemy may say with 200: nobody is told that it was sent. */
START_TEST(test_a_200_that_is_not_understood_is_unknown)
{
        static const char *const bodies[] = {
                "",
                " ",
                "null",
                "[]",
                "0",
                "\"ok\"",
                "{",
                "{}",
                "{\"error\":null}",
                "{\"error\":{}}",
                "{\"error\":[]}",
                "{\"error\":true}",
                "{\"error\":\"\"}",
                "{\"error\":\"-\"}",
                "{\"error\":\"0x0\"}",
                "{\"error\":0.0001}",
                "{\"error\":99999999999999999999999999}",
                "{\"error\":\"-99999999999999999999\"}",
                "{\"error\":0,\"error\":-216}",
                "{\"ok\":\"true\"}",
                "{\"ok\":null,\"result\":{\"message_id\":1}}",
                "{\"ok\":false,\"error_code\":{}}",
                "{\"ok\":false,\"error_code\":1e99}",
                "<!DOCTYPE html><html><body>Đăng nhập Wi-Fi</body></html>",
                "HTTP/1.1 200 OK",
                "\xff\xfe\x00",
                "{\"a\":\"\xc3\x28\"}",
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                ("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
                 "{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}},\"error\":0,\"ok\":true,\"id\":\"1\"}"),
        };

        for (size_t k = 0; k < N_KINDS; k++)
                for (size_t i = 0; http_kinds[k] != &relayd_webhook && i < sizeof bodies / sizeof *bodies;
                     i++) {
                        struct thon_http_answer answer = answered(200, bodies[i]);
                        struct thon_judgement j = judged(http_kinds[k], &answer);

                        ck_assert_msg(j.verdict == THON_VERDICT_UNKNOWN, "kind %zu, %s: verdict %d", k,
                                      bodies[i], (int)j.verdict);
                        ck_assert_str_eq(j.message_id, "");
                }
}
END_TEST

START_TEST(test_a_token_that_is_quoted_back_is_not_told)
{
        static const char path[] =
                "<pre>Cannot POST /bot987654:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/sendMessage</pre>";
        struct thon_http_answer answer = answered(404, path);
        struct thon_judgement j = judged(&relayd_telegram, &answer);
        char body[400];

        ck_assert_ptr_null(strstr(j.detail, "AAbbCC"));
        ck_assert_ptr_nonnull(strstr(j.detail, "Cannot POST ***"));

        snprintf(body, sizeof body, "{\"error\":{\"message\":\"Bad token %s given\",\"code\":190}}",
                 "EAABsbCS1iHgBAKZAZBcFZAyZC8vZB2mZAxyz");
        answer = answered(400, body);
        j = judged(&relayd_facebook_page, &answer);
        ck_assert_str_eq(j.detail, "Bad token *** given");
}
END_TEST

START_TEST(test_what_a_stranger_says_is_made_printable_and_short)
{
        static const char words[] = "{\"error\":-201,\"message\":\"a\\u0000b\"}",
                          controls[] =
                                  "{\"error\":-201,\"message\":\"\\u001b[31mLỗi\\n\\tở\\u2028đây \\r\\n\"}";
        char longer[1200] = "{\"error\":-201,\"message\":\"";
        struct thon_http_answer answer = answered(200, controls);
        struct thon_judgement j = judged(&relayd_zalo_oa, &answer);

        ck_assert_str_eq(j.detail, "[31mLỗi ở đây");

        answer = answered(200, words); /* no NUL in JSON: not understood at all */
        ck_assert_int_eq(judged(&relayd_zalo_oa, &answer).verdict, THON_VERDICT_UNKNOWN);

        for (size_t i = 0; i < 150; i++)
                strcat(longer, "ệ ");
        strcat(longer, "\"}");
        answer = answered(200, longer);
        j = judged(&relayd_zalo_oa, &answer);
        ck_assert_uint_gt(strlen(j.detail), 150);
        ck_assert_uint_ne(thon_text_count(j.detail, THON_UNIT_CHARACTER),
                          SIZE_MAX); /* cut between letters */
}
END_TEST

START_TEST(test_quota_is_the_channels_or_nobodys)
{
        static const struct {
                const char *quota;
                int64_t left;
        } quotas[] = {
                {"{\"quota_type\":\"reply\",\"remain\":\"7\",\"total\":\"8\"}", -1}, /* to this person */
                {"{\"quota_type\":\"sub_quota\",\"remain\":\"1990\"}", 1990},
                {"{\"quota_type\":\"sub_quota\",\"remain\":1990}", 1990},
                {"{\"remain\":0}", 0},
                {"{\"remain\":null}", -1},
                {"{\"remain\":\"\"}", -1},
                {"{\"remain\":-5}", -1},
                {"{\"remain\":\"99999999999999999999\"}", -1},
                {"{\"dailyQuota\":\"500\",\"remainingQuota\":\"499\"}", 499},
                {"null", -1},
                {"[]", -1},
        };

        for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
                char body[200];
                struct thon_http_answer answer;
                struct thon_judgement j;

                snprintf(body, sizeof body, "{\"error\":0,\"data\":{\"message_id\":\"1\",\"quota\":%s}}",
                         quotas[i].quota);
                answer = answered(200, body);
                j = judged(&relayd_zalo_oa, &answer);
                ck_assert_int_eq(j.verdict, THON_VERDICT_SENT);
                ck_assert_int_eq(j.quota_left, quotas[i].left);
        }
}
END_TEST

START_TEST(test_a_template_by_uid_knows_both_tables)
{
        struct thon_channel_conf conf = {0};
        struct thon_http_answer uid = answered(200, "{\"error\":-249}"),
                                missing = answered(200, "{\"error\":-1122}");
        struct thon_judgement j;

        relayd_zalo_template.judge(&conf, &uid, vietnam, now, 0, &j);
        ck_assert_int_eq(j.verdict, THON_VERDICT_MESSAGE);
        relayd_zalo_template.judge(&conf, &missing, vietnam, now, 0, &j);
        ck_assert_int_eq(j.verdict, THON_VERDICT_MESSAGE);
        ck_assert_int_eq(j.code, -1122);
}
END_TEST

START_TEST(test_telegram_tells_how_long_and_where_a_group_went)
{
        struct thon_http_answer slow = answered(
                429,
                "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after 15\","
                "\"parameters\":{\"retry_after\":15}}");
        struct thon_http_answer moved = answered(
                400,
                "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: group chat was upgraded to a "
                "supergroup chat\",\"parameters\":{\"migrate_to_chat_id\":-1001234567890123}}");
        struct thon_http_answer odd =
                answered(400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: x\","
                              "\"parameters\":{\"migrate_to_chat_id\":\"a b\",\"retry_after\":-1}}");
        struct thon_http_answer forever = answered(
                429,
                "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":9223372036854775807}}");
        struct thon_judgement j = judged(&relayd_telegram, &slow);

        ck_assert_int_eq(j.verdict, THON_VERDICT_WAIT);
        ck_assert_int_eq(j.wait_s, 15);
        slow.retry_after_s = 3; /* Telegram's own word counts */
        ck_assert_int_eq(judged(&relayd_telegram, &slow).wait_s, 15);
        ck_assert_int_eq(judged(&relayd_telegram, &forever).wait_s, 86400);

        j = judged(&relayd_telegram, &moved);
        ck_assert_int_eq(j.verdict, THON_VERDICT_RETRY);
        ck_assert_str_eq(j.new_address, "-1001234567890123");

        j = judged(&relayd_telegram, &odd);
        ck_assert_int_eq(j.verdict, THON_VERDICT_MESSAGE);
        ck_assert_str_eq(j.new_address, "");
}
END_TEST

START_TEST(test_a_longer_retry_after_beats_the_table)
{
        struct thon_http_answer answer = answered(200, "{\"error\":-32}");

        ck_assert_int_eq(judged(&relayd_zalo_oa, &answer).wait_s, 61);
        answer.retry_after_s = 300;
        ck_assert_int_eq(judged(&relayd_zalo_oa, &answer).wait_s, 300);
}
END_TEST

/* ---- the window of Zalo OA ---- */

static int window(const char *body, struct thon_wall *ret_last, struct thon_judgement *ret)
{
        struct thon_http_answer answer = answered(200, body);

        ret_last->s = -7;
        return relayd_zalo_oa.read_window(&answer, vietnam, now, 0, ret_last, ret);
}

START_TEST(test_last_interaction)
{
        struct thon_judgement j;
        struct thon_wall last;
        struct thon_http_answer lost = {.result = THON_HTTP_UNKNOWN};

        ck_assert_int_eq(
                window("{\"error\":0,\"data\":{\"last_interaction\":\"1751100041636\"}}", &last, &j), 0);
        ck_assert_int_eq(last.s, 1751100041);
        ck_assert_int_eq(window("{\"error\":0,\"data\":{\"last_interaction\":1751100041636}}", &last, &j),
                         0);
        ck_assert_int_eq(last.s, 1751100041);
        ck_assert_int_eq(window("{\"error\":0,\"data\":{\"last_interaction\":null}}", &last, &j), 0);
        ck_assert_int_eq(last.s, INT64_MAX);
        ck_assert_int_eq(window("{\"error\":0,\"data\":{}}", &last, &j), 0);
        ck_assert_int_eq(last.s, INT64_MAX);

        ck_assert_int_eq(window("{\"error\":-213}", &last, &j), -EBADMSG);
        ck_assert_int_eq(j.verdict, THON_VERDICT_PERSON);
        ck_assert_int_eq(last.s, -7);
        /* a question that was not answered leaves the message unsent, and known to be so */
        ck_assert_int_eq(window("{\"error\":0}", &last, &j), -EBADMSG);
        ck_assert_int_eq(j.verdict, THON_VERDICT_RETRY);
        ck_assert_int_eq(window("<html>", &last, &j), -EBADMSG);
        ck_assert_int_eq(j.verdict, THON_VERDICT_RETRY);
        ck_assert_int_eq(relayd_zalo_oa.read_window(&lost, vietnam, now, 0, &last, &j), -EBADMSG);
        ck_assert_int_eq(j.verdict, THON_VERDICT_RETRY);
}
END_TEST

/* ---- settling an unknown ---- */

/* A page of history: words of the person, and at its end perhaps one line, `after` seconds after our message. */
static char *history(size_t others, int src, int64_t after, const char *text)
{
        json_t *data = json_array();
        char *body, time[32];
        json_t *doc;

        for (size_t i = 0; i < others; i++) {
                snprintf(time, sizeof time, "%lld", (long long)(now.s + 30) * 1000);
                json_array_append_new(data, json_pack("{sissssss}", "src", 1, "time", time, "message",
                                                      "Lũ về", "message_id", "theirs"));
        }
        if (text)
                json_array_append_new(data, json_pack("{sisIssss}", "src", src, "time",
                                                      (json_int_t)(now.s + after) * 1000, "message", text,
                                                      "message_id", "found"));
        doc = json_pack("{siso}", "error", 0, "data", data);
        body = json_dumps(doc, 0);
        json_decref(doc);
        return body;
}

static int inquired(char *body, char message_id[static THON_MESSAGE_ID])
{
        struct relayd_outgoing out = notice("1");
        struct thon_http_answer answer = answered(200, body);
        int r;

        message_id[0] = '\0';
        r = relayd_zalo_oa.read_inquiry(&answer, &out, now, message_id);
        free(body);
        return r;
}

START_TEST(test_history_settles_an_unknown)
{
        char id[THON_MESSAGE_ID];

        ck_assert_int_eq(inquired(history(3, 0, 5, "Lũ về"), id), 1);
        ck_assert_str_eq(id, "found");
        /* as the provider may keep it: NFD, other white space */
        ck_assert_int_eq(inquired(history(0, 0, 5, "Lu\u0303  ve\u0302\u0300\n"), id), 1);
        ck_assert_int_eq(inquired(history(0, 0, 500, "Lũ về"), id), 1);
        /* yesterday's, another text, the person's own words: not ours */
        ck_assert_int_eq(inquired(history(0, 0, -86400, "Lũ về"), id), 0);
        /* the same words much later: another notice, or ours, for which it could not tell before */
        ck_assert_int_eq(inquired(history(0, 0, 3600, "Lũ về"), id), -EAGAIN);
        ck_assert_int_eq(inquired(history(0, 0, 5, "Lũ rút"), id), 0);
        ck_assert_int_eq(inquired(history(3, 1, 5, "Lũ về"), id), 0);
        ck_assert_int_eq(inquired(history(0, 0, 0, NULL), id), 0);
        /* a full page of news: ours may be behind it */
        ck_assert_int_eq(inquired(history(10, 0, 0, NULL), id), -EAGAIN);
        ck_assert_int_eq(inquired(history(9, 0, -3600, "x"), id), 0);
}
END_TEST

START_TEST(test_a_history_that_is_not_understood_settles_nothing)
{
        static const char *const bodies[] = {
                "",
                "{}",
                "{\"error\":-216}",
                "{\"error\":0}",
                "{\"error\":0,\"data\":{}}",
                "{\"error\":0,\"data\":[1]}",
                "{\"error\":0,\"data\":[{\"src\":0,\"message\":\"Lũ về\"}]}",
                "{\"error\":0,\"data\":[{\"time\":1,\"message\":\"Lũ về\"}]}",
        };
        struct thon_http_answer lost = {.result = THON_HTTP_UNKNOWN};
        struct relayd_outgoing out = notice("1");
        char id[THON_MESSAGE_ID];

        for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
                ck_assert_int_eq(inquired(strdup(bodies[i]), id), -EAGAIN);
        ck_assert_int_eq(relayd_zalo_oa.read_inquiry(&lost, &out, now, id), -EAGAIN);
}
END_TEST

START_TEST(test_every_kind_is_found_and_whole)
{
        for (int i = 0; i < THON_CHANNEL_KINDS; i++) {
                const struct relayd_kind *kind = relayd_kind_of((enum thon_channel_kind)i);
                struct thon_rate rate;

                ck_assert_int_eq((int)kind->kind, i);
                ck_assert_ptr_null(thon_rate_parse(kind->rate, &rate));
                ck_assert_uint_ge(kind->text_max, 20);
                ck_assert_ptr_nonnull(kind->unfit);
                ck_assert_int_eq(kind->prepare == NULL, i == THON_KIND_SMS);
                ck_assert_int_eq(kind->judge == NULL, i == THON_KIND_SMS);
                ck_assert_int_eq(kind->poll == NULL, kind->read_poll == NULL);
                ck_assert_int_eq(kind->inquire == NULL, kind->read_inquiry == NULL);
                ck_assert_int_eq(kind->ask_window == NULL, kind->read_window == NULL);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("channel_answers");
        TCase *in = tcase_create("in");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(in, setup, teardown);
        tcase_add_loop_test(in, test_answer, 0, (int)(sizeof answers / sizeof *answers));
        tcase_add_test(in, test_no_answer_at_all);
        tcase_add_test(in, test_429_and_503_pause_and_other_5xx_are_unknown_whoever_says_it);
        tcase_add_test(in, test_a_200_that_is_not_understood_is_unknown);
        tcase_add_test(in, test_a_token_that_is_quoted_back_is_not_told);
        tcase_add_test(in, test_what_a_stranger_says_is_made_printable_and_short);
        tcase_add_test(in, test_quota_is_the_channels_or_nobodys);
        tcase_add_test(in, test_a_template_by_uid_knows_both_tables);
        tcase_add_test(in, test_telegram_tells_how_long_and_where_a_group_went);
        tcase_add_test(in, test_a_longer_retry_after_beats_the_table);
        tcase_add_test(in, test_last_interaction);
        tcase_add_test(in, test_history_settles_an_unknown);
        tcase_add_test(in, test_a_history_that_is_not_understood_settles_nothing);
        tcase_add_test(in, test_every_kind_is_found_and_whole);
        suite_add_tcase(suite, in);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

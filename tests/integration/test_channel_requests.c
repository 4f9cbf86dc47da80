/* What goes out by each kind of channel, byte by byte. */
#include <errno.h>
#include <stdio.h>

#include "channel_fixture.h"

static struct relayd_secrets secrets = {
        .app_id = (char *)"11",
        .oa_id = (char *)"OA",
        .secret_key = (char *)"app-secret-1",
        .oa_secret_key = (char *)"oa-secret",
        .access_token = (char *)"AT-abc.123",
        .token = (char *)"987654:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr",
};

static struct relayd_request prepared(const struct relayd_kind *kind, const struct thon_channel_conf *conf,
                                      const struct relayd_outgoing *out)
{
        struct relayd_request request = {0};

        ck_assert_ptr_null(kind->unfit(conf, out));
        ck_assert_int_eq(kind->prepare(conf, &secrets, out, &request), 0);
        return request;
}

/* Headers in their order, one a line. */
static void expect(struct relayd_request *request, const char *method, const char *url, const char *headers,
                   const char *body)
{
        char all[2000] = "";

        for (size_t i = 0; request->headers[i]; i++) {
                ck_assert_uint_lt(i, 7);
                ck_assert_uint_lt(strlen(all) + strlen(request->headers[i]) + 2, sizeof all);
                strcat(strcat(all, request->headers[i]), "\n");
        }
        ck_assert_str_eq(request->method, method);
        ck_assert_str_eq(request->url, url);
        ck_assert_str_eq(all, headers);
        if (body) {
                ck_assert_str_eq(request->body, body);
                ck_assert_uint_eq(request->size, strlen(body));
        } else
                ck_assert_ptr_null(request->body);
        relayd_request_done(request);
        ck_assert_ptr_null(request->url);
}

START_TEST(test_zalo_oa_sends_a_consultation_message)
{
        struct thon_channel_conf conf = {.kind = THON_KIND_ZALO_OA};
        struct relayd_outgoing out = notice("9123456789012345678");
        struct relayd_request request = prepared(&relayd_zalo_oa, &conf, &out);

        expect(&request, "POST", "https://openapi.zalo.me/v3.0/oa/message/cs",
               "Content-Type: application/json\naccess_token: AT-abc.123\n",
               "{\"recipient\":{\"user_id\":\"9123456789012345678\"},\"message\":{\"text\":\"Lũ về\"}}");
}
END_TEST

START_TEST(test_the_proof_of_the_secret_goes_along_where_it_is_wanted)
{
        struct thon_channel_conf conf = {.appsecret_proof = true,
                                         .api_url = (char *)"http://127.0.0.1:8080/"};
        struct relayd_outgoing out = notice("1");
        struct relayd_request request = prepared(&relayd_zalo_group, &conf, &out);

        /* printf %s AT-abc.123 | openssl dgst -sha256 -hmac app-secret-1 */
        expect(&request, "POST", "http://127.0.0.1:8080/v3.0/oa/group/message",
               "Content-Type: application/json\naccess_token: AT-abc.123\n"
               "appsecret_proof: 568b550f4805eeac78931539c9d58795e7b02d80e09c16ef7b85de5afbae5e4e\n",
               "{\"recipient\":{\"group_id\":\"1\"},\"message\":{\"text\":\"Lũ về\"}}");
}
END_TEST

START_TEST(test_a_template_by_phone_carries_free_text_in_its_parameter)
{
        struct thon_channel_conf conf = {.by_phone = true, .template = (char *)"123456"};
        struct relayd_outgoing out = notice("+84912345678");
        struct relayd_request request;

        out.template_id = "123456"; /* the channel's own */
        request = prepared(&relayd_zalo_template, &conf, &out);
        expect(&request, "POST", "https://business.openapi.zalo.me/message/template",
               "Content-Type: application/json\naccess_token: AT-abc.123\n",
               "{\"phone\":\"84912345678\",\"template_id\":\"123456\",\"template_data\":{\"noi_dung\":\"Lũ về\"},"
               "\"tracking_id\":\"m42\"}");
}
END_TEST

START_TEST(test_a_template_of_the_notice_goes_with_its_values)
{
        struct thon_channel_conf conf = {.template = (char *)"1", .text_parameter = (char *)"tin"};
        struct relayd_outgoing out = notice("77");
        json_t *values = json_pack("{ssss}", "ho_ten", "Nguyễn Văn A", "ngay", "05/02/2027");
        struct relayd_request request;

        out.template_id = "654321";
        out.values = values;
        request = prepared(&relayd_zalo_template, &conf, &out);
        expect(&request, "POST", "https://openapi.zalo.me/v3.0/oa/message/template",
               "Content-Type: application/json\naccess_token: AT-abc.123\n",
               "{\"user_id\":\"77\",\"template_id\":\"654321\",\"template_data\":{\"ho_ten\":\"Nguyễn Văn A\","
               "\"ngay\":\"05/02/2027\"}}");
        json_decref(values);
}
END_TEST

START_TEST(test_what_a_template_channel_cannot_carry)
{
        struct thon_channel_conf none = {.by_phone = true}, phone = {.by_phone = true,
                                                                     .template = (char *)"1",
                                                                     .text_parameter_max = 4};
        struct relayd_outgoing out = notice("+84912345678");
        struct relayd_request request = {0};

        ck_assert_ptr_nonnull(relayd_zalo_template.unfit(&none, &out)); /* no template */
        ck_assert_int_eq(relayd_zalo_template.prepare(&none, &secrets, &out, &request), -EINVAL);
        ck_assert_ptr_nonnull(relayd_zalo_template.unfit(&phone, &out)); /* five characters */
        out.text = "Lũ v";
        ck_assert_ptr_null(relayd_zalo_template.unfit(&phone, &out));
        out.address = "9123456789012345678";
        ck_assert_ptr_nonnull(relayd_zalo_template.unfit(&phone, &out)); /* no phone */
        ck_assert_ptr_null(request.url);
}
END_TEST

START_TEST(test_bots_have_their_token_in_the_path)
{
        struct thon_channel_conf conf = {0};
        struct relayd_outgoing out = notice("-1001234567890");
        struct relayd_request request = prepared(&relayd_telegram, &conf, &out);

        expect(&request, "POST",
               "https://api.telegram.org/bot987654:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/sendMessage",
               "Content-Type: application/json\n", "{\"chat_id\":\"-1001234567890\",\"text\":\"Lũ về\"}");

        out.address = "c1";
        request = prepared(&relayd_zalo_bot, &conf, &out);
        expect(&request, "POST",
               "https://bot-api.zaloplatforms.com/bot987654:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/sendMessage",
               "Content-Type: application/json\n", "{\"chat_id\":\"c1\",\"text\":\"Lũ về\"}");
}
END_TEST

START_TEST(test_ntfy_publishes_json_with_the_class_as_priority)
{
        struct thon_channel_conf conf = {.api_url = (char *)"https://ntfy.example.vn"};
        struct relayd_outgoing out = notice("xa-canhbao");
        struct relayd_secrets token = {.token = (char *)"tk_abc"},
                              user = {.user = (char *)"xa", .password = (char *)"mật khẩu"}, open = {0},
                              half = {.user = (char *)"xa"};
        struct relayd_request request = {0};

        out.title = "Khẩn";
        ck_assert_int_eq(relayd_ntfy.prepare(&conf, &token, &out, &request), 0);
        expect(&request, "POST", "https://ntfy.example.vn/",
               "Content-Type: application/json\nAuthorization: Bearer tk_abc\n",
               "{\"topic\":\"xa-canhbao\",\"title\":\"Khẩn\",\"message\":\"Lũ về\",\"priority\":5,"
               "\"tags\":[\"rotating_light\"]}");

        /* printf 'xa:mật khẩu' | base64 */
        out.class = THON_CLASS_NORMAL;
        out.title = NULL;
        ck_assert_int_eq(relayd_ntfy.prepare(&conf, &user, &out, &request), 0);
        expect(&request, "POST", "https://ntfy.example.vn/",
               "Content-Type: application/json\nAuthorization: Basic eGE6beG6rXQga2jhuql1\n",
               "{\"topic\":\"xa-canhbao\",\"message\":\"Lũ về\",\"priority\":3}");

        ck_assert_int_eq(relayd_ntfy.prepare(&conf, &open, &out, &request), 0);
        relayd_request_done(&request);
        ck_assert_int_eq(relayd_ntfy.prepare(&conf, NULL, &out, &request), 0);
        relayd_request_done(&request);
        ck_assert_int_eq(relayd_ntfy.prepare(&conf, &half, &out, &request), -ENOKEY);
}
END_TEST

START_TEST(test_facebook_posts_on_the_page)
{
        struct thon_channel_conf conf = {.page = (char *)"102030"};
        struct relayd_outgoing out = notice("page");
        struct relayd_request request = prepared(&relayd_facebook_page, &conf, &out);

        expect(&request, "POST", "https://graph.facebook.com/v21.0/102030/feed",
               "Content-Type: application/json\n",
               "{\"message\":\"Lũ về\",\"access_token\":\"987654:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr\"}");
        conf.page = NULL;
        ck_assert_ptr_nonnull(relayd_facebook_page.unfit(&conf, &out)); /* "page" is no page */
}
END_TEST

START_TEST(test_webhook_signs_the_whole_body_and_the_time_in_it)
{
        struct thon_channel_conf conf = {.api_url = (char *)"http://127.0.0.1:9000/hook/"};
        struct relayd_secrets key = {.token = (char *)"shared-key"};
        struct relayd_outgoing out = notice("gateway");
        struct relayd_request request = {0};

        out.title = "Khẩn";
        ck_assert_int_eq(relayd_webhook.prepare(&conf, &key, &out, &request), 0);
        /* printf %s BODY | openssl dgst -sha256 -hmac shared-key */
        expect(&request, "POST", "http://127.0.0.1:9000/hook/",
               "Content-Type: application/json\nX-Thon-Signature: "
               "sha256=09a342614e474a7ed107129cc9f6b3878444995e80764040975489274698a681\n",
               "{\"id\":\"m42\",\"class\":\"emergency\",\"to\":\"gateway\",\"title\":\"Khẩn\",\"text\":\"Lũ về\","
               "\"at\":\"2027-02-05T05:00:00+00:00\"}");

        out.part = 1;
        out.title = NULL;
        ck_assert_int_eq(relayd_webhook.prepare(&conf, NULL, &out, &request), 0);
        expect(&request, "POST", "http://127.0.0.1:9000/hook/", "Content-Type: application/json\n",
               "{\"id\":\"m42-1\",\"class\":\"emergency\",\"to\":\"gateway\",\"title\":null,\"text\":\"Lũ về\","
               "\"at\":\"2027-02-05T05:00:00+00:00\"}");
}
END_TEST

START_TEST(test_a_title_goes_in_front_of_the_first_part_if_there_is_room)
{
        struct thon_channel_conf conf = {0};
        struct relayd_outgoing out = notice("1");
        struct relayd_request request;
        char text[2001];

        out.title = "Khẩn";
        request = prepared(&relayd_zalo_oa, &conf, &out);
        ck_assert_ptr_nonnull(strstr(request.body, "\"Khẩn\\nLũ về\""));
        relayd_request_done(&request);

        out.part = 1;
        request = prepared(&relayd_zalo_oa, &conf, &out);
        ck_assert_ptr_nonnull(strstr(request.body, "\"text\":\"Lũ về\""));
        relayd_request_done(&request);

        out.part = 0;
        memset(text, 'a', sizeof text - 1);
        text[2000] = '\0';
        out.text = text;
        request = prepared(&relayd_zalo_oa, &conf, &out);
        ck_assert_ptr_null(strstr(request.body, "Khẩn"));
        relayd_request_done(&request);
}
END_TEST

START_TEST(test_texts_are_measured_as_the_channel_measures)
{
        struct thon_channel_conf conf = {0};
        struct relayd_outgoing out = notice("+84912345678");
        char text[6001];

        memset(text, 'a', sizeof text - 1);
        out.text = text;
        text[6000] = '\0';
        ck_assert_ptr_nonnull(relayd_zalo_oa.unfit(&conf, &out));
        text[4096] = '\0';
        ck_assert_ptr_nonnull(relayd_zalo_bot.unfit(&conf, &out));
        ck_assert_ptr_null(relayd_telegram.unfit(&conf, &out));
        ck_assert_ptr_null(relayd_ntfy.unfit(&conf, &out));
        text[2000] = '\0';
        ck_assert_ptr_null(relayd_zalo_oa.unfit(&conf, &out));
        text[160] = '\0';
        ck_assert_ptr_null(relayd_sms.unfit(&conf, &out));
        text[160] = 'a';
        text[161] = '\0';
        ck_assert_ptr_nonnull(relayd_sms.unfit(&conf, &out));
        out.text = "";
        ck_assert_ptr_nonnull(relayd_zalo_oa.unfit(&conf, &out));
        out.text = "\xff";
        ck_assert_ptr_nonnull(relayd_zalo_oa.unfit(&conf, &out));
        out.text = "a";
        out.address = "0912345678";
        ck_assert_ptr_nonnull(relayd_sms.unfit(&conf, &out));
}
END_TEST

START_TEST(test_a_secret_that_is_missing_or_breaks_its_line_sends_nothing)
{
        static const char *const bad[] = {NULL, "", "a b", "tok\nX-Evil: 1", "tok\r", "tịch"};
        struct thon_channel_conf conf = {.page = (char *)"1", .template = (char *)"1"};
        struct relayd_outgoing out = notice("1");
        const struct relayd_kind *kinds[] = {&relayd_zalo_oa,  &relayd_zalo_group, &relayd_zalo_template,
                                             &relayd_zalo_bot, &relayd_telegram,   &relayd_facebook_page};

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
                        struct relayd_secrets odd = {.access_token = (char *)bad[i],
                                                     .token = (char *)bad[i]};
                        struct relayd_request request = {0};

                        ck_assert_int_eq(kinds[k]->prepare(&conf, &odd, &out, &request), -ENOKEY);
                        ck_assert_ptr_null(request.url);
                        ck_assert_int_eq(kinds[k]->prepare(&conf, NULL, &out, &request), -ENOKEY);
                }
        for (size_t k = 3; k < 5; k++) {
                struct relayd_secrets odd = {.token = (char *)"1:a/../../evil"};
                struct relayd_request request = {0};

                ck_assert_int_eq(kinds[k]->prepare(&conf, &odd, &out, &request), -ENOKEY);
        }
}
END_TEST

START_TEST(test_a_photo_has_the_time_that_a_weak_uplink_takes_for_it)
{
        enum { LARGEST = 1024 * 1024, WEAK = 16000 /* bytes a second */ };
        struct thon_channel_conf conf = {0};
        struct relayd_outgoing out = notice("-1001234567890");
        struct relayd_request request;
        char *jpeg = calloc(1, LARGEST);

        ck_assert_ptr_nonnull(jpeg);
        out.picture = jpeg;
        out.picture_size = LARGEST;
        request = prepared(&relayd_telegram, &conf, &out);
        ck_assert_str_eq(strrchr(request.url, '/'), "/sendPhoto");
        ck_assert_uint_gt(request.total_ms, request.size / WEAK * 1000);
        relayd_request_done(&request);
        free(jpeg);
}
END_TEST

START_TEST(test_polls_and_questions)
{
        struct thon_channel_conf conf = {.api_url = (char *)"http://127.0.0.1:1"};
        struct relayd_outgoing out = notice("9123456789012345678");
        struct relayd_request request = {0};

        ck_assert_int_eq(relayd_telegram.poll(&conf, &secrets, NULL, &request), 0);
        ck_assert_uint_gt(request.total_ms, 50000);
        expect(&request, "POST",
               "http://127.0.0.1:1/bot987654:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/getUpdates",
               "Content-Type: application/json\n",
               "{\"timeout\":50,\"allowed_updates\":[\"message\",\"my_chat_member\"]}");
        ck_assert_int_eq(relayd_telegram.poll(&conf, &secrets, "9007199254740993", &request), 0);
        expect(&request, "POST",
               "http://127.0.0.1:1/bot987654:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/getUpdates",
               "Content-Type: application/json\n",
               "{\"timeout\":50,\"allowed_updates\":[\"message\",\"my_chat_member\"],\"offset\":9007199254740993}");
        ck_assert_int_eq(relayd_zalo_bot.poll(&conf, &secrets, NULL, &request), 0);
        ck_assert_uint_gt(request.total_ms, 30000);
        expect(&request, "POST",
               "http://127.0.0.1:1/bot987654:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/getUpdates",
               "Content-Type: application/json\n", "{\"timeout\":\"30\"}");

        ck_assert_int_eq(relayd_zalo_oa.ask_window(&conf, &secrets, "9123456789012345678", &request), 0);
        expect(&request, "POST", "http://127.0.0.1:1/v3.0/oa/quota/message",
               "Content-Type: application/json\naccess_token: AT-abc.123\n",
               "{\"user_id\":\"9123456789012345678\"}");
        ck_assert_int_eq(relayd_zalo_oa.inquire(&conf, &secrets, &out, &request), 0);
        expect(&request, "GET",
               "http://127.0.0.1:1/v2.0/oa/conversation?data=%7B%22user_id%22%3A%229123456789012345678%22%2C"
               "%22offset%22%3A0%2C%22count%22%3A10%7D",
               "access_token: AT-abc.123\n", NULL);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("channel_requests");
        TCase *out = tcase_create("out");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(out, setup, teardown);
        tcase_add_test(out, test_zalo_oa_sends_a_consultation_message);
        tcase_add_test(out, test_the_proof_of_the_secret_goes_along_where_it_is_wanted);
        tcase_add_test(out, test_a_template_by_phone_carries_free_text_in_its_parameter);
        tcase_add_test(out, test_a_template_of_the_notice_goes_with_its_values);
        tcase_add_test(out, test_what_a_template_channel_cannot_carry);
        tcase_add_test(out, test_bots_have_their_token_in_the_path);
        tcase_add_test(out, test_ntfy_publishes_json_with_the_class_as_priority);
        tcase_add_test(out, test_facebook_posts_on_the_page);
        tcase_add_test(out, test_webhook_signs_the_whole_body_and_the_time_in_it);
        tcase_add_test(out, test_a_title_goes_in_front_of_the_first_part_if_there_is_room);
        tcase_add_test(out, test_texts_are_measured_as_the_channel_measures);
        tcase_add_test(out, test_a_secret_that_is_missing_or_breaks_its_line_sends_nothing);
        tcase_add_test(out, test_a_photo_has_the_time_that_a_weak_uplink_takes_for_it);
        tcase_add_test(out, test_polls_and_questions);
        suite_add_tcase(suite, out);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* What people write to the office: polls of bots and events of Zalo's webhook, as providers send them and as nobody
 * should. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/relayd/channel.h"

static struct relayd_update *updates;
static size_t n_updates;
static char *cursor;
static struct thon_judgement judgement;

static void forget(void)
{
        for (size_t i = 0; i < n_updates; i++)
                relayd_update_done(&updates[i]);
        free(updates);
        free(cursor);
        updates = NULL;
        cursor = NULL;
        n_updates = 0;
}

static int polled(const struct relayd_kind *kind, unsigned status, const char *body)
{
        struct thon_http_answer answer = {
                .result = THON_HTTP_ANSWERED,
                .status = status,
                .body = body,
                .size = strlen(body),
                .retry_after_s = -1,
                .date_s = -1,
        };

        forget();
        return kind->read_poll(&answer, &updates, &n_updates, &cursor, &judgement);
}

static int event(const char *body)
{
        struct thon_json_error error = {""};
        int r;

        forget();
        r = relayd_zalo_oa.read_webhook(body, strlen(body), &updates, &n_updates, &error);
        ck_assert_int_eq(r < 0, error.text[0] != '\0');
        return r;
}

/* ---- Telegram ---- */

#define CHAT "\"chat\":{\"id\":1234567890123,\"type\":\"private\"}"
#define FROM                                                                                                  \
        "\"from\":{\"id\":1234567890123,\"is_bot\":false,\"first_name\":\"Lan\",\"last_name\":\"Nguyễn\"}," \
        "\"date\":1751100041"

START_TEST(test_telegram_text)
{
        ck_assert_int_eq(
                polled(&relayd_telegram, 200,
                       "{\"ok\":true,\"result\":[{\"update_id\":9007199254740993,\"message\":{\"message_id\":5," CHAT
                       "," FROM ",\"text\":\"Đèn ngõ 3\\nkhông sáng 🙏\"}}]}"),
                0);
        ck_assert_uint_eq(n_updates, 1);
        ck_assert_int_eq(updates[0].kind, RELAYD_TEXT);
        ck_assert_str_eq(updates[0].update_id, "9007199254740993");
        ck_assert_str_eq(updates[0].address, "1234567890123");
        ck_assert_str_eq(updates[0].sender, "1234567890123");
        ck_assert_str_eq(updates[0].name, "Lan Nguyễn");
        ck_assert_str_eq(updates[0].text, "Đèn ngõ 3\nkhông sáng 🙏");
        ck_assert_int_eq(updates[0].at.s, 1751100041);
        ck_assert(!updates[0].group);
        ck_assert(updates[0].interaction);
        ck_assert_str_eq(cursor, "9007199254740994");
        ck_assert_int_eq(judgement.verdict, THON_VERDICT_SENT);
}
END_TEST

START_TEST(test_telegram_picture_is_the_largest_of_its_sizes)
{
        ck_assert_int_eq(
                polled(&relayd_telegram, 200,
                       "{\"ok\":true,\"result\":[{\"update_id\":7,\"message\":{" CHAT "," FROM
                       ",\"caption\":\"Đây\","
                       "\"photo\":[{\"file_id\":\"small\",\"width\":90,\"height\":60},"
                       "{\"file_id\":\"large\",\"width\":1280,\"height\":960},"
                       "{\"file_id\":\"middle\",\"width\":320,\"height\":240},{\"width\":9999,\"height\":9999}]}},"
                       "{\"update_id\":8,\"message\":{" CHAT "," FROM
                       ",\"document\":{\"file_id\":\"doc\",\"file_name\":\"don.pdf\"}}},"
                       "{\"update_id\":9,\"message\":{" CHAT "," FROM ",\"voice\":{\"file_id\":\"v\"}}}]}"),
                0);
        ck_assert_uint_eq(n_updates, 3);
        ck_assert_int_eq(updates[0].kind, RELAYD_IMAGE);
        ck_assert_str_eq(updates[0].url, "large");
        ck_assert_str_eq(updates[0].text, "Đây");
        ck_assert_int_eq(updates[1].kind, RELAYD_FILE);
        ck_assert_str_eq(updates[1].url, "doc");
        ck_assert_int_eq(updates[2].kind, RELAYD_FILE);
        ck_assert_str_eq(cursor, "10");
}
END_TEST

START_TEST(test_telegram_place)
{
        ck_assert_int_eq(polled(&relayd_telegram, 200,
                                "{\"ok\":true,\"result\":["
                                "{\"update_id\":1,\"message\":{" CHAT "," FROM
                                ",\"location\":{\"latitude\":19.8067,\"longitude\":105.7852}}},"
                                "{\"update_id\":2,\"message\":{" CHAT "," FROM
                                ",\"location\":{\"latitude\":190,\"longitude\":105}}}]}"),
                         0);
        ck_assert_int_eq(updates[0].kind, RELAYD_LOCATION);
        ck_assert(updates[0].has_place);
        ck_assert_double_eq_tol(updates[0].lat, 19.8067, 1e-9);
        ck_assert_double_eq_tol(updates[0].lon, 105.7852, 1e-9);
        ck_assert_int_eq(updates[1].kind, RELAYD_OTHER);
        ck_assert(!updates[1].has_place);
}
END_TEST

START_TEST(test_telegram_people_come_and_go)
{
        ck_assert_int_eq(
                polled(&relayd_telegram, 200,
                       "{\"ok\":true,\"result\":["
                       "{\"update_id\":1,\"message\":{" CHAT "," FROM ",\"text\":\"/start hamlet-4\"}},"
                       "{\"update_id\":2,\"my_chat_member\":{" CHAT "," FROM
                       ",\"new_chat_member\":{\"status\":\"kicked\"}}},"
                       "{\"update_id\":3,\"my_chat_member\":{" CHAT "," FROM
                       ",\"new_chat_member\":{\"status\":\"member\"}}},"
                       "{\"update_id\":4,\"message\":{" CHAT "," FROM ",\"text\":\"/started late\"}}]}"),
                0);
        ck_assert_int_eq(updates[0].kind, RELAYD_FOLLOW);
        ck_assert_int_eq(updates[1].kind, RELAYD_UNFOLLOW);
        ck_assert_str_eq(updates[1].address, "1234567890123");
        ck_assert_int_eq(updates[2].kind, RELAYD_FOLLOW);
        ck_assert_int_eq(updates[3].kind, RELAYD_TEXT);
}
END_TEST

START_TEST(test_telegram_groups_are_told_apart)
{
        ck_assert_int_eq(
                polled(&relayd_telegram, 200,
                       "{\"ok\":true,\"result\":["
                       "{\"update_id\":1,\"message\":{\"chat\":{\"id\":-1001234567890,\"type\":\"supergroup\"}," FROM
                       ",\"text\":\"ok 17\"}},"
                       "{\"update_id\":2,\"message\":{\"chat\":{\"id\":5}," FROM ",\"text\":\"?\"}}]}"),
                0);
        ck_assert(updates[0].group);
        ck_assert(!updates[0].interaction);
        ck_assert_str_eq(updates[0].address, "-1001234567890");
        ck_assert_str_eq(updates[0].sender, "1234567890123");
        ck_assert(updates[1].group); /* who does not say that it is private, is not */
}
END_TEST

/* What is not understood is passed all the same: it would come again for ever. */
START_TEST(test_telegram_oddities_do_not_stop_the_cursor)
{
        ck_assert_int_eq(
                polled(&relayd_telegram, 200,
                       "{\"ok\":true,\"result\":[{\"update_id\":1},{\"update_id\":2,\"message\":17},"
                       "{\"update_id\":3,\"message\":{\"chat\":{\"id\":{}},\"text\":\"x\"}},"
                       "{\"update_id\":4,\"message\":{" CHAT ",\"text\":5,\"photo\":{},\"from\":[]}},"
                       "{\"update_id\":6,\"message\":{" CHAT ",\"photo\":[7,{\"file_id\":\"\"}]}},"
                       "{\"update_id\":5,\"message\":{" CHAT ",\"sticker\":{\"file_id\":\"s\"}}},"
                       "{\"message\":{}},null,{\"update_id\":-3},{\"update_id\":9223372036854775807}]}"),
                0);
        ck_assert_uint_eq(n_updates, 6);
        for (size_t i = 0; i < n_updates; i++)
                ck_assert_int_eq(updates[i].kind, RELAYD_OTHER);
        ck_assert_str_eq(cursor, "7");
}
END_TEST

START_TEST(test_telegram_nothing_new)
{
        ck_assert_int_eq(polled(&relayd_telegram, 200, "{\"ok\":true,\"result\":[]}"), 0);
        ck_assert_uint_eq(n_updates, 0);
        ck_assert_ptr_null(cursor);
}
END_TEST

#define BOT_MESSAGE                                                                                          \
        "\"message\":{\"message_id\":\"m\",\"date\":1751100041636,\"text\":\"đã nhận\","                 \
        "\"chat\":{\"id\":\"c1\",\"chat_type\":\"PRIVATE\"},\"from\":{\"id\":\"u1\",\"display_name\":\"A\"," \
        "\"is_bot\":false}}"

START_TEST(test_a_poll_that_fails_says_why_and_is_never_unknown)
{
        static const struct {
                const struct relayd_kind *kind;
                unsigned status;
                const char *body;
                enum thon_verdict verdict;
        } bad[] = {
                {&relayd_telegram, 409, "{\"ok\":false,\"error_code\":409,\"description\":\"Conflict\"}",
                 THON_VERDICT_CHANNEL},
                {&relayd_telegram, 401, "{\"ok\":false,\"error_code\":401}", THON_VERDICT_CHANNEL},
                {&relayd_telegram, 429,
                 "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":5}}", THON_VERDICT_WAIT},
                {&relayd_telegram, 502, "Bad Gateway", THON_VERDICT_RETRY},
                {&relayd_telegram, 200, "<html>", THON_VERDICT_RETRY},
                {&relayd_telegram, 200, "{\"ok\":true}", THON_VERDICT_RETRY},
                {&relayd_telegram, 200, "{\"ok\":true,\"result\":{}}", THON_VERDICT_RETRY},
                {&relayd_telegram, 200, "{\"ok\":true,\"result\":[1,2]}", THON_VERDICT_RETRY},
                {&relayd_zalo_bot, 200, "{\"ok\":false,\"error_code\":401}", THON_VERDICT_CHANNEL},
                {&relayd_zalo_bot, 200, "<html>", THON_VERDICT_RETRY},
                {&relayd_zalo_bot, 500, "{\"ok\":true}", THON_VERDICT_RETRY},
                {&relayd_zalo_bot, 500, "{\"event_name\":\"message.text.received\"," BOT_MESSAGE "}",
                 THON_VERDICT_RETRY},
                {&relayd_zalo_bot, 200, "{\"ok\":false}", THON_VERDICT_RETRY},
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                ck_assert_int_eq(polled(bad[i].kind, bad[i].status, bad[i].body), -EBADMSG);
                ck_assert_msg(judgement.verdict == bad[i].verdict, "%s: verdict %d", bad[i].body,
                              (int)judgement.verdict);
                ck_assert_ptr_nonnull(judgement.meaning);
                ck_assert_ptr_null(updates);
                ck_assert_ptr_null(cursor);
        }
}
END_TEST

/* ---- Zalo Bot ---- */

START_TEST(test_zalo_bot_gives_one_update_wrapped_or_not)
{
        static const char *const bodies[] = {
                "{\"ok\":true,\"result\":{\"event_name\":\"message.text.received\"," BOT_MESSAGE "}}",
                "{\"ok\":true,\"result\":[{\"event_name\":\"message.text.received\"," BOT_MESSAGE "}]}",
                "{\"event_name\":\"message.text.received\"," BOT_MESSAGE "}",
        };

        for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
                ck_assert_int_eq(polled(&relayd_zalo_bot, 200, bodies[i]), 0);
                ck_assert_uint_eq(n_updates, 1);
                ck_assert_int_eq(updates[0].kind, RELAYD_TEXT);
                ck_assert_str_eq(updates[0].update_id, "m");
                ck_assert_str_eq(updates[0].address, "c1");
                ck_assert_str_eq(updates[0].sender, "u1");
                ck_assert_str_eq(updates[0].name, "A");
                ck_assert_str_eq(updates[0].text, "đã nhận");
                ck_assert_int_eq(updates[0].at.s, 1751100041);
                ck_assert(!updates[0].group);
                ck_assert_ptr_null(cursor);
        }
}
END_TEST

START_TEST(test_zalo_bot_says_408_when_nobody_wrote)
{
        ck_assert_int_eq(polled(&relayd_zalo_bot, 200,
                                "{\"ok\":false,\"error_code\":408,\"description\":\"Request timeout\"}"),
                         0);
        ck_assert_uint_eq(n_updates, 0);
        ck_assert_int_eq(polled(&relayd_zalo_bot, 408, "{\"ok\":false,\"error_code\":408}"), 0);
        ck_assert_uint_eq(n_updates, 0);
        ck_assert_int_eq(polled(&relayd_zalo_bot, 200, "{\"ok\":true,\"result\":null}"), 0);
        ck_assert_uint_eq(n_updates, 0);
}
END_TEST

START_TEST(test_zalo_bot_pictures_voices_and_what_it_hides)
{
        static const struct {
                const char *event, *members;
                enum relayd_update_kind kind;
                const char *url;
        } cases[] = {
                {"message.image.received", "\"photo_url\":\"https://x/1.jpg\",\"caption\":\"ổ gà\"",
                 RELAYD_IMAGE, "https://x/1.jpg"},
                {"message.image.received", "\"photo\":\"https://x/2.jpg\"", RELAYD_IMAGE, "https://x/2.jpg"},
                {"message.image.received", "\"caption\":\"mất ảnh\"", RELAYD_TEXT, NULL},
                {"message.voice.received", "\"voice_url\":\"https://x/3.aac\"", RELAYD_FILE,
                 "https://x/3.aac"},
                {"message.sticker.received", "\"sticker\":\"s\",\"url\":\"https://x/s\"", RELAYD_OTHER,
                 NULL},
                {"message.unsupported.received", "\"text\":\"?\"", RELAYD_OTHER, NULL},
                {"message.new.received", "\"text\":\"?\"", RELAYD_OTHER, NULL},
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char body[600];

                snprintf(
                        body, sizeof body,
                        "{\"ok\":true,\"result\":{\"event_name\":\"%s\",\"message\":{\"message_id\":\"%zu\","
                        "\"chat\":{\"id\":\"g\",\"chat_type\":\"GROUP\"},\"from\":{\"id\":\"u\"},%s}}}",
                        cases[i].event, i, cases[i].members);
                ck_assert_int_eq(polled(&relayd_zalo_bot, 200, body), 0);
                ck_assert_uint_eq(n_updates, 1);
                ck_assert_int_eq(updates[0].kind, cases[i].kind);
                ck_assert_pstr_eq(updates[0].url, cases[i].url);
                ck_assert(updates[0].group);
        }
}
END_TEST

/* ---- Zalo's webhook ---- */

START_TEST(test_zalo_text)
{
        ck_assert_int_eq(
                event("{\"app_id\":\"11\",\"event_name\":\"user_send_text\",\"sender\":{\"id\":\"U\"},"
                      "\"recipient\":{\"id\":\"OA\"},\"user_id_by_app\":\"X\","
                      "\"message\":{\"msg_id\":\"m1\",\"text\":\"Chào\"},\"timestamp\":\"1751100041636\"}"),
                0);
        ck_assert_uint_eq(n_updates, 1);
        ck_assert_int_eq(updates[0].kind, RELAYD_TEXT);
        ck_assert_str_eq(updates[0].update_id, "user_send_text:m1");
        ck_assert_str_eq(updates[0].address, "U");
        ck_assert_str_eq(updates[0].text, "Chào");
        ck_assert_int_eq(updates[0].at.s, 1751100041);
        ck_assert(updates[0].interaction);
        ck_assert(!updates[0].group);
}
END_TEST

START_TEST(test_zalo_ids_beyond_2_to_the_53_survive)
{
        ck_assert_int_eq(
                event("{\"event_name\":\"user_send_text\",\"sender\":{\"id\":9007199254740993},"
                      "\"message\":{\"msg_id\":9223372036854775807,\"text\":\"a\"},\"timestamp\":1}"),
                0);
        ck_assert_str_eq(updates[0].address, "9007199254740993");
        ck_assert_str_eq(updates[0].update_id, "user_send_text:9223372036854775807");
}
END_TEST

START_TEST(test_zalo_place_in_each_of_its_forms)
{
        static const char *const places[] = {
                ("\"attachments\":[{\"type\":\"location\",\"payload\":{\"coordinates\":{\"latitude\":\"10.79\","
                 "\"longitude\":\"106.78\"}}}]"),
                "\"attachments\":[{\"payload\":{\"lat\":10.79,\"long\":106.78}}]",
                "\"location\":{\"lat\":\"10.79\",\"lon\":\"106.78\"}",
        };

        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                char body[600];

                snprintf(body, sizeof body,
                         "{\"event_name\":\"user_send_location\",\"sender\":{\"id\":\"U\"},\"message\":{"
                         "\"msg_id\":\"m2\",\"text\":\"đầu làng\",%s},\"timestamp\":\"1751100041636\"}",
                         places[i]);
                ck_assert_int_eq(event(body), 0);
                ck_assert_int_eq(updates[0].kind, RELAYD_LOCATION);
                ck_assert_double_eq_tol(updates[0].lat, 10.79, 1e-9);
                ck_assert_double_eq_tol(updates[0].lon, 106.78, 1e-9);
                ck_assert_str_eq(updates[0].text, "đầu làng");
        }
        ck_assert_int_eq(
                event("{\"event_name\":\"user_send_location\",\"sender\":{\"id\":\"U\"},\"message\":{"
                      "\"msg_id\":\"m2\",\"location\":{\"lat\":\"1e5\",\"lon\":\"nan\"}}}"),
                0);
        ck_assert_int_eq(updates[0].kind, RELAYD_OTHER);
}
END_TEST

START_TEST(test_zalo_pictures_come_one_update_each)
{
        ck_assert_int_eq(
                event("{\"event_name\":\"user_send_image\",\"sender\":{\"id\":\"U\"},\"message\":{"
                      "\"msg_id\":\"m3\",\"text\":\"ổ gà\",\"attachments\":["
                      "{\"type\":\"image\",\"payload\":{\"url\":\"https://x/1.jpg\",\"thumbnail\":\"t\"}},"
                      "{\"type\":\"image\",\"payload\":{\"url\":\"https://x/2.jpg\"}}]},\"timestamp\":\"1\"}"),
                0);
        ck_assert_uint_eq(n_updates, 2);
        ck_assert_int_eq(updates[0].kind, RELAYD_IMAGE);
        ck_assert_str_eq(updates[0].url, "https://x/1.jpg");
        ck_assert_str_eq(updates[0].text, "ổ gà");
        ck_assert_str_eq(updates[0].update_id, "user_send_image:m3");
        ck_assert_str_eq(updates[1].url, "https://x/2.jpg");
        ck_assert_ptr_null(updates[1].text);
        ck_assert_str_eq(updates[1].update_id, "user_send_image:m3:1");

        ck_assert_int_eq(event("{\"event_name\":\"user_send_file\",\"sender\":{\"id\":\"U\"},\"message\":{"
                               "\"msg_id\":\"m4\",\"attachments\":[{\"type\":\"file\",\"payload\":{"
                               "\"url\":\"https://x/don.pdf\",\"name\":\"đơn.pdf\"}}]}}"),
                         0);
        ck_assert_int_eq(updates[0].kind, RELAYD_FILE);
        ck_assert_str_eq(updates[0].text, "đơn.pdf");
}
END_TEST

START_TEST(test_zalo_groups_are_told_apart)
{
        ck_assert_int_eq(event("{\"event_name\":\"user_send_group_text\",\"sender\":{\"id\":\"U\"},"
                               "\"recipient\":{\"id\":\"OA\",\"group_id\":\"G\"},"
                               "\"message\":{\"msg_id\":\"m5\",\"text\":\"rõ\"}}"),
                         0);
        ck_assert_int_eq(updates[0].kind, RELAYD_TEXT);
        ck_assert(updates[0].group);
        ck_assert(!updates[0].interaction);
        ck_assert_str_eq(updates[0].address, "G");
        ck_assert_str_eq(updates[0].sender, "U");
        ck_assert_int_eq(
                event("{\"event_name\":\"user_send_group_text\",\"sender\":{\"id\":\"U\"},"
                      "\"recipient\":{\"id\":\"G\"},\"message\":{\"msg_id\":\"m5\",\"text\":\"rõ\"}}"),
                0);
        ck_assert_str_eq(updates[0].address, "G");
}
END_TEST

START_TEST(test_zalo_receipts)
{
        /* by phone: our tracking id finds the message even if the answer to it was lost */
        ck_assert_int_eq(event("{\"event_name\":\"user_received_message\",\"sender\":{\"id\":\"OA\"},"
                               "\"recipient\":{\"id\":\"84912345678\"},\"message\":{\"msg_id\":\"m3\","
                               "\"tracking_id\":\"m42\",\"delivery_time\":\"1602960467432\"},"
                               "\"timestamp\":\"1602960499999\"}"),
                         0);
        ck_assert_uint_eq(n_updates, 1);
        ck_assert_int_eq(updates[0].kind, RELAYD_RECEIPT);
        ck_assert_int_eq(updates[0].receipt, THON_RECEIPT_DELIVERED);
        ck_assert_str_eq(updates[0].message_id, "m42");
        ck_assert_int_eq(updates[0].at.s, 1602960467);
        ck_assert(!updates[0].interaction);

        /* somebody else's tracking id is not ours */
        ck_assert_int_eq(event("{\"event_name\":\"user_received_message\",\"message\":{\"msg_id\":\"z\","
                               "\"tracking_id\":\"hs-42-ketqua\"},\"timestamp\":\"1602960467477\"}"),
                         0);
        ck_assert_str_eq(updates[0].message_id, "z");
        ck_assert_int_eq(updates[0].at.s, 1602960467);

        ck_assert_int_eq(
                event("{\"event_name\":\"user_seen_message\",\"sender\":{\"id\":\"OA\"},"
                      "\"recipient\":{\"id\":\"U\"},\"message\":{\"msg_ids\":[\"a\",{},9007199254740993]},"
                      "\"timestamp\":\"1602960467477\"}"),
                0);
        ck_assert_uint_eq(n_updates, 2);
        ck_assert_int_eq(updates[0].receipt, THON_RECEIPT_SEEN);
        ck_assert_str_eq(updates[0].message_id, "a");
        ck_assert_str_eq(updates[1].message_id, "9007199254740993");
        ck_assert_str_ne(updates[0].update_id, updates[1].update_id);

        ck_assert_int_eq(event("{\"event_name\":\"user_seen_message\",\"message\":{\"msg_id\":\"b\"}}"), 0);
        ck_assert_str_eq(updates[0].message_id, "b");
}
END_TEST

START_TEST(test_zalo_people_come_and_go)
{
        ck_assert_int_eq(
                event("{\"app_id\":\"11\",\"oa_id\":\"OA\",\"event_name\":\"follow\",\"follower\":{\"id\":\"U\"},"
                      "\"user_id_by_app\":\"X\",\"source\":\"oa_profile\",\"timestamp\":\"1543979782740\"}"),
                0);
        ck_assert_int_eq(updates[0].kind, RELAYD_FOLLOW);
        ck_assert_str_eq(updates[0].address, "U");
        ck_assert_str_eq(updates[0].update_id, "follow:U:1543979782740");
        ck_assert(updates[0].interaction);

        ck_assert_int_eq(
                event("{\"event_name\":\"unfollow\",\"follower\":{\"id\":\"U\"},\"timestamp\":1543979782741}"),
                0);
        ck_assert_int_eq(updates[0].kind, RELAYD_UNFOLLOW);
        ck_assert(!updates[0].interaction);

        ck_assert_int_eq(
                event("{\"event_name\":\"user_click_button\",\"sender\":{\"id\":\"U\"},\"timestamp\":\"1\"}"),
                0);
        ck_assert_int_eq(updates[0].kind, RELAYD_OTHER);
        ck_assert(updates[0].interaction);

        /* our own words come by too, and open nothing */
        ck_assert_int_eq(
                event("{\"event_name\":\"oa_send_text\",\"sender\":{\"id\":\"OA\"},\"recipient\":{\"id\":\"U\"},"
                      "\"message\":{\"msg_id\":\"o1\",\"text\":\"x\"}}"),
                0);
        ck_assert_int_eq(updates[0].kind, RELAYD_OTHER);
        ck_assert(!updates[0].interaction);
        ck_assert_int_eq(event("{\"event_name\":\"anonymous_send_text\",\"sender\":{\"id\":\"A\"},"
                               "\"message\":{\"msg_id\":\"o1\",\"text\":\"x\"}}"),
                         0);
        ck_assert_int_eq(updates[0].kind, RELAYD_OTHER);
        ck_assert(!updates[0].interaction);
}
END_TEST

START_TEST(test_zalo_oddities_open_nothing)
{
        static const char *const odd[] = {
                "{\"event_name\":\"user_send_text\",\"message\":{\"msg_id\":\"1\",\"text\":\"x\"}}",
                "{\"event_name\":\"user_send_text\",\"sender\":{\"id\":\"a b\"},\"message\":{\"msg_id\":\"1\",\"text\":\"x\"}}",
                "{\"event_name\":\"user_send_text\",\"sender\":{\"id\":\"U\"},\"message\":{\"msg_id\":\"1\",\"text\":7}}",
                "{\"event_name\":\"user_send_text\",\"sender\":{\"id\":\"U\"},\"message\":\"x\",\"timestamp\":1}",
                ("{\"event_name\":\"user_send_image\",\"sender\":{\"id\":\"U\"},\"message\":{\"msg_id\":\"1\","
                 "\"attachments\":{}}}"),
                "{\"event_name\":\"user_send_\",\"sender\":{\"id\":\"U\"},\"message\":{\"msg_id\":\"1\",\"text\":\"x\"}}",
                "{\"event_name\":\"follow\",\"follower\":7.5,\"timestamp\":1}",
                "{\"event_name\":\"change_oa_daily_quota\",\"timestamp\":\"1\"}",
                "{\"event_name\":\"never_heard\",\"timestamp\":\"99999999999999999999\",\"message\":{\"msg_id\":\"1\"}}",
        };

        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
                ck_assert_int_eq(event(odd[i]), 0);
                for (size_t u = 0; u < n_updates; u++) {
                        ck_assert_int_eq(updates[u].kind, RELAYD_OTHER);
                        ck_assert_ptr_nonnull(updates[u].update_id);
                }
        }
}
END_TEST

START_TEST(test_zalo_events_that_cannot_be_told_apart_are_refused)
{
        static const char *const bad[] = {
                "",
                "[]",
                "{}",
                "null",
                "{\"event_name\":\"\"}",
                "{\"event_name\":\"user_send_text\"}",
                "{\"event_name\":[],\"timestamp\":1}",
                "{\"event_name\":\"a b\",\"timestamp\":1}",
                "{\"event_name\":\"follow\",\"follower\":{\"id\":\"U\"}}",
                "{\"event_name\":\"follow\",\"event_name\":\"x\",\"timestamp\":1}",
        };
        char deep[400] = "";

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                ck_assert_int_eq(event(bad[i]), -EINVAL);
                ck_assert_ptr_null(updates);
        }
        memset(deep, '[', sizeof deep - 1);
        ck_assert_int_eq(event(deep), -EINVAL);
}
END_TEST

/* ---- the signature ---- */

#define BODY                                                                                                            \
        "{\"app_id\":\"11\",\"event_name\":\"user_send_text\",\"sender\":{\"id\":\"U\"},\"recipient\":{\"id\":\"OA\"}," \
        "\"user_id_by_app\":\"X\",\"message\":{\"msg_id\":\"m1\",\"text\":\"Chào\"},\"timestamp\":\"1751100041636\"}"
/* printf %s "11${BODY}1751100041636oa-secret" | sha256sum; the second with "OA" for "11" */
#define BY_APP "5de25a6dd7587c65878601e7849988e36077b3c8602288387b55d6e35cf9daf0"
#define BY_OA  "b1449d1adadd75ce329c85d9e1c0e52a1be457cfaecf39e582c9f9ca7e977ff8"

static struct relayd_secrets keys = {
        .app_id = (char *)"11",
        .oa_id = (char *)"OA",
        .oa_secret_key = (char *)"oa-secret",
        .secret_key = (char *)"another",
};

static bool genuine(const char *timestamp, const char *signature)
{
        return relayd_zalo_signature_ok(&keys, BODY, strlen(BODY), timestamp, signature);
}

START_TEST(test_signature_by_app_or_account)
{
        ck_assert(genuine("1751100041636", "mac=" BY_APP));
        ck_assert(genuine("1751100041636", "mac=" BY_OA));
        ck_assert(genuine(NULL, "mac=" BY_APP)); /* the time stands in the body */
        ck_assert(genuine(NULL, BY_APP));
        ck_assert(genuine(NULL, "mac=5DE25A6DD7587C65878601E7849988E36077B3C8602288387B55D6E35CF9DAF0"));
}
END_TEST

START_TEST(test_signature_that_is_not)
{
        struct relayd_secrets none = {.app_id = (char *)"11"}, other = keys;

        ck_assert(!genuine(NULL, NULL));
        ck_assert(!genuine(NULL, ""));
        ck_assert(!genuine(NULL, "mac="));
        ck_assert(!genuine(NULL, "mac=5de2"));
        ck_assert(!genuine(NULL, "mac=" BY_APP "0"));
        ck_assert(!genuine(NULL, "mac=" BY_APP " "));
        ck_assert(!genuine(NULL, "sha256=" BY_APP));
        ck_assert(!genuine(NULL, "mac=0de25a6dd7587c65878601e7849988e36077b3c8602288387b55d6e35cf9daf0"));
        ck_assert(!genuine(NULL, "mac=zde25a6dd7587c65878601e7849988e36077b3c8602288387b55d6e35cf9daf0"));
        ck_assert(!genuine("1751100041637", "mac=" BY_APP));
        ck_assert(!relayd_zalo_signature_ok(&keys, BODY " ", strlen(BODY) + 1, "1751100041636",
                                            "mac=" BY_APP));
        ck_assert(!relayd_zalo_signature_ok(&keys, "", 0, NULL, "mac=" BY_APP));
        ck_assert(!relayd_zalo_signature_ok(&none, BODY, strlen(BODY), NULL, "mac=" BY_APP));
        other.oa_secret_key = (char *)"oa-secreT";
        ck_assert(!relayd_zalo_signature_ok(&other, BODY, strlen(BODY), NULL, "mac=" BY_APP));
        other = keys;
        other.app_id = (char *)"12";
        ck_assert(!relayd_zalo_signature_ok(&other, BODY, strlen(BODY), NULL, "mac=" BY_APP));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay_updates");
        TCase *polls = tcase_create("polls"), *webhook = tcase_create("webhook");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(polls, NULL, forget);
        tcase_add_test(polls, test_telegram_text);
        tcase_add_test(polls, test_telegram_picture_is_the_largest_of_its_sizes);
        tcase_add_test(polls, test_telegram_place);
        tcase_add_test(polls, test_telegram_people_come_and_go);
        tcase_add_test(polls, test_telegram_groups_are_told_apart);
        tcase_add_test(polls, test_telegram_oddities_do_not_stop_the_cursor);
        tcase_add_test(polls, test_telegram_nothing_new);
        tcase_add_test(polls, test_a_poll_that_fails_says_why_and_is_never_unknown);
        tcase_add_test(polls, test_zalo_bot_gives_one_update_wrapped_or_not);
        tcase_add_test(polls, test_zalo_bot_says_408_when_nobody_wrote);
        tcase_add_test(polls, test_zalo_bot_pictures_voices_and_what_it_hides);
        suite_add_tcase(suite, polls);

        tcase_add_checked_fixture(webhook, NULL, forget);
        tcase_add_test(webhook, test_zalo_text);
        tcase_add_test(webhook, test_zalo_ids_beyond_2_to_the_53_survive);
        tcase_add_test(webhook, test_zalo_place_in_each_of_its_forms);
        tcase_add_test(webhook, test_zalo_pictures_come_one_update_each);
        tcase_add_test(webhook, test_zalo_groups_are_told_apart);
        tcase_add_test(webhook, test_zalo_receipts);
        tcase_add_test(webhook, test_zalo_people_come_and_go);
        tcase_add_test(webhook, test_zalo_oddities_open_nothing);
        tcase_add_test(webhook, test_zalo_events_that_cannot_be_told_apart_are_refused);
        tcase_add_test(webhook, test_signature_by_app_or_account);
        tcase_add_test(webhook, test_signature_that_is_not);
        suite_add_tcase(suite, webhook);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* What becomes of a notice's words: one form, nothing invisible, emoji whole; how channels count them; SMS. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thon/cleanup.h"
#include "thon/relay_text.h"

static const struct {
        const char *in, *out;
} cleaned[] = {
        {"", ""},
        {" \r\n\t \n", ""},
        {"Kính gửi bà con", "Kính gửi bà con"},
        /* decomposed, marks in either order */
        {"Nguye\u0302\u0303n Vie\u0323\u0302t", "Nguyễn Việt"},
        {"dòng 1\r\ndòng 2\rdòng 3\n", "dòng 1\ndòng 2\ndòng 3"},
        {"một\u2028hai\u2029ba\xc2\x85"
         "bốn\vnăm\fsáu",
         "một\nhai\nba\nbốn\nnăm\nsáu"},
        {"a  \n\n\n\n  b\n \n\t\nc  ", "a\n\n  b\n\nc"},
        {"TP.\u00a0Thanh\u3000Hóa\tvà", "TP. Thanh Hóa và"},
        /* what turns text around or hides it */
        {"số tiền \u202e000.5\u202c đ", "số tiền 000.5 đ"},
        {"m\u200bã\ufeff h\u00adộ\u2060 \u200f12\u2066", "mã hộ 12"},
        {"x\u200dy\u200cz", "xyz"},
        {"\x01"
         "a\x1b[31mb\x7f",
         "a[31mb"},
        {"a\ufe0fb\u034fc\u115fd\U000e0041e\ufffff", "abcdef"},
        /* emoji stay whole: a family, a skin, a heart in colour, a keycap, Scotland, Vietnam */
        {"👨‍👩‍👧‍👦 đi tiêm", "👨‍👩‍👧‍👦 đi tiêm"},
        {"👩🏽‍🌾❤️1️⃣", "👩🏽‍🌾❤️1️⃣"},
        {"🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 🇻🇳",
         "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 🇻🇳"},
        {"👩\u200d a\u200d👩", "👩 a👩"},
};

START_TEST(a_notice_has_one_form)
{
        _cleanup_free_ char *once = NULL, *twice = NULL;

        ck_assert_int_eq(thon_notice_text(cleaned[_i].in, 200, &once), 0);
        ck_assert_str_eq(once, cleaned[_i].out);
        ck_assert_int_eq(thon_notice_text(once, 200, &twice), 0);
        ck_assert_str_eq(twice, once);
}
END_TEST

static const char *const refused[] = {"\xff", "Nguy\xea\xden", "\xc0\xaf", "\xed\xa0\x80", "\xe1\xbb"};

START_TEST(what_is_not_utf8_is_refused)
{
        char *out = (char *)"untouched";

        ck_assert_int_eq(thon_notice_text(refused[_i], 200, &out), -EINVAL);
        ck_assert_int_eq(thon_citizen_text(refused[_i], 200, &out), -EINVAL);
        ck_assert_int_eq(thon_sms_plain(refused[_i], &out), -EINVAL);
        ck_assert_str_eq(out, "untouched");
        ck_assert_uint_eq(thon_text_count(refused[_i], THON_UNIT_CHARACTER), SIZE_MAX);
        ck_assert_uint_eq(thon_sms_parts(refused[_i]), UINT_MAX);
}
END_TEST

START_TEST(the_limit_is_of_the_clean_text)
{
        _cleanup_free_ char *fits = NULL;
        char *out = (char *)"untouched";

        /* "Việt" is 6 bytes, decomposed 9, with rubbish more */
        ck_assert_int_eq(thon_notice_text("Vie\u0323\u0302t\u200b\n\n", 6, &fits), 0);
        ck_assert_str_eq(fits, "Việt");
        ck_assert_int_eq(thon_notice_text("Vie\u0323\u0302t", 5, &out), -EINVAL);
        ck_assert_int_eq(thon_notice_text("\n\n\n\n\n\n\n\n\n", 2, &out), -EINVAL);
        ck_assert_int_eq(thon_citizen_text("[@12345]", 8, &out), -EINVAL);
        ck_assert_str_eq(out, "untouched");
}
END_TEST

static const struct {
        const char *in, *out;
} citizens[] = {
        {"Đèn ngõ 3 không sáng", "Đèn ngõ 3 không sáng"},
        {"[@123456] ơi", "[ @ 123456] ơi"},
        {"[[@@all]", "[[ @ @ all]"},
        {"@everyone xem này @Tất cả", "@ everyone xem này @ Tất cả"},
        {"viết cho an.nguyen@example.vn nhé", "viết cho an.nguyen@example.vn nhé"},
        {"[bấm vào](http://x.vn)", "[bấm vào] (http://x.vn)"},
        {"<a href=\"tg://user?id=1\">bạn</a> <!-- <@!5>",
         "< a href=\"tg://user?id=1\">bạn< /a> < !-- < @ !5>"},
        {"3 < 5, a @ b, cuối @", "3 < 5, a @ b, cuối @"},
        /* a zero-width space does not part them first */
        {"[\u200b@123]", "[ @ 123]"},
};

START_TEST(citizens_cannot_mention_nor_link)
{
        _cleanup_free_ char *once = NULL, *twice = NULL;

        ck_assert_int_eq(thon_citizen_text(citizens[_i].in, 200, &once), 0);
        ck_assert_str_eq(once, citizens[_i].out);
        ck_assert_int_eq(thon_citizen_text(once, 200, &twice), 0);
        ck_assert_str_eq(twice, once);
}
END_TEST

static const struct {
        const char *text;
        size_t character, utf16, byte, sms;
        unsigned parts;
} counts[] = {
        {"", 0, 0, 0, 0, 0},     {"a", 1, 1, 1, 1, 1},
        {"Việt", 4, 4, 6, 8, 1}, {"Vie\u0323\u0302t", 4, 4, 6, 8, 1},
        {"🇻🇳", 2, 4, 8, 8, 1},   {"12345678", 8, 8, 8, 7, 1},
        {"[€]", 3, 3, 5, 6, 1},  {"à é", 3, 3, 5, 3, 1},
};

START_TEST(each_channel_counts_its_own_way)
{
        const char *text = counts[_i].text;

        ck_assert_uint_eq(thon_text_count(text, THON_UNIT_CHARACTER), counts[_i].character);
        ck_assert_uint_eq(thon_text_count(text, THON_UNIT_UTF16), counts[_i].utf16);
        ck_assert_uint_eq(thon_text_count(text, THON_UNIT_BYTE), counts[_i].byte);
        ck_assert_uint_eq(thon_text_count(text, THON_UNIT_SMS), counts[_i].sms);
        ck_assert_uint_eq(thon_sms_parts(text), counts[_i].parts);
}
END_TEST

/* `n` times `a`, then `b`. */
static void repeat(char *out, const char *a, size_t n, const char *b)
{
        *out = '\0';
        for (size_t i = 0; i < n; i++)
                out = stpcpy(out, a);
        strcpy(out, b);
}

static const struct {
        const char *a;
        size_t n;
        const char *b;
        unsigned parts;
} sms[] = {
        {"a", 160, "", 1},
        {"a", 161, "", 2},
        {"a", 306, "", 2},
        {"a", 307, "", 3},
        {"a", 152, "]aaaaaaaaaa", 2},
        /* an escape pair is not torn: the second part begins with it, and 153 do not fit behind */
        {"]", 153, "", 3},
        {"]", 80, "", 1},
        {"ư", 70, "", 1},
        {"ư", 71, "", 2},
        {"ư", 134, "", 2},
        {"ư", 135, "", 3},
        /* nor is a surrogate pair */
        {"😀", 35, "", 1},
        {"😀", 67, "", 3},
        {"a", 160, "ư", 3},
};

START_TEST(sms_are_counted_as_they_are_paid)
{
        char text[700];

        repeat(text, sms[_i].a, sms[_i].n, sms[_i].b);
        ck_assert_uint_eq(thon_sms_parts(text), sms[_i].parts);
}
END_TEST

static const struct {
        const char *in, *out;
} plain[] = {
        {"Điện lực ĐÔNG SƠN: cắt điện từ 7h30 đến 11h", "Dien luc DONG SON: cat dien tu 7h30 den 11h"},
        {"Ngu\u031bye\u0302\u0303n", "Nguyen"},
        {"“Nước rút” – 25.000₫…", "\"Nuoc rut\" - 25.000d..."},
        {"m² ½ №5 37°C", "m2 1/2 No5 37oC"},
        {"🚨 Bão số 5 ⚠️ khẩn\n👉 sơ tán", "Bao so 5 khan\nso tan"},
        {"hết 👍\nrồi 🎉", "het\nroi"},
        {"{a} [b] €5 ~ ^", "{a} [b] €5 ~ ^"},
        {"中文", "??"},
};

START_TEST(plain_text_is_gsm_all_over)
{
        _cleanup_free_ char *out = NULL;

        ck_assert_int_eq(thon_sms_plain(plain[_i].in, &out), 0);
        ck_assert_str_eq(out, plain[_i].out);
        /* all GSM: 7/8 of an octet each, 2 septets at most */
        ck_assert_uint_le(thon_text_count(out, THON_UNIT_SMS), (strlen(out) * 2 * 7 + 7) / 8);
}
END_TEST

static unsigned seed(void)
{
        const char *given = getenv("THON_SEED");
        unsigned value = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

        printf("THON_SEED=%u\n", value);
        return value;
}

/* Any mixture of what is hard comes to rest after one cleaning, and a citizen's text holds no code any more. */
START_TEST(any_mixture_comes_to_rest)
{
        static const char *const pieces[] = {
                " ",      "\n",     "\r\n",   "\t",     "a",      "Ư",      "đ", "\u0302", "\u0323",
                "\u031b", "\u200d", "\u200b", "\ufe0f", "👩",      "🏽",   "🌾", "🏴",   "\U000e0067",
                "🇻",      "1",      "[",      "@",      "]",      "(",      "<", "/",      "\u202e",
                "\u00a0", "\u2028", "\u0958", "\u1100", "\u1161", "\u11a8",
        };
        unsigned state = seed();

        for (int round = 0; round < 20000; round++) {
                _cleanup_free_ char *once = NULL, *twice = NULL, *citizen = NULL, *again = NULL;
                char text[200], *p = text;
                int n = rand_r(&state) % 30;

                *p = '\0';
                for (int i = 0; i < n; i++)
                        p = stpcpy(p, pieces[(size_t)rand_r(&state) % (sizeof pieces / sizeof *pieces)]);
                ck_assert_int_eq(thon_notice_text(text, 1000, &once), 0);
                ck_assert_int_eq(thon_notice_text(once, 1000, &twice), 0);
                ck_assert_str_eq(once, twice);
                ck_assert_ptr_null(strstr(once, "\n\n\n"));
                ck_assert_ptr_null(strstr(once, " \n"));
                ck_assert_ptr_null(strchr(once, '\r'));
                ck_assert_int_eq(thon_citizen_text(text, 1000, &citizen), 0);
                ck_assert_int_eq(thon_citizen_text(citizen, 1000, &again), 0);
                ck_assert_str_eq(citizen, again);
                ck_assert_ptr_null(strstr(citizen, "[@"));
                ck_assert_ptr_null(strstr(citizen, "]("));
                ck_assert_ptr_null(strstr(citizen, "<a"));
                ck_assert_ptr_null(strstr(citizen, "</"));
        }
}
END_TEST

#define N(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
        Suite *suite = suite_create("relay_text");
        TCase *tc = tcase_create("relay_text");

        tcase_set_timeout(tc, 60);
        tcase_add_loop_test(tc, a_notice_has_one_form, 0, N(cleaned));
        tcase_add_loop_test(tc, what_is_not_utf8_is_refused, 0, N(refused));
        tcase_add_test(tc, the_limit_is_of_the_clean_text);
        tcase_add_loop_test(tc, citizens_cannot_mention_nor_link, 0, N(citizens));
        tcase_add_loop_test(tc, each_channel_counts_its_own_way, 0, N(counts));
        tcase_add_loop_test(tc, sms_are_counted_as_they_are_paid, 0, N(sms));
        tcase_add_loop_test(tc, plain_text_is_gsm_all_over, 0, N(plain));
        tcase_add_test(tc, any_mixture_comes_to_rest);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

/* Long notices in parts: cut where a reader would pause, numbered, each within its channel's limit, nothing lost. */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thon/cleanup.h"
#include "thon/relay_text.h"

static struct thon_text_parts parts;

static void tear_down(void)
{
        thon_text_parts_done(&parts);
}

static const struct {
        const char *text;
        size_t max;
        const char *parts; /* "one|two|three" */
} cuts[] = {
        {"", 20, ""},
        {"Mất điện đến 11 giờ.", 20, "Mất điện đến 11 giờ."},
        {"  vừa khít  ", 20, "vừa khít"},
        {"                          ", 20, ""},
        {"vừa nếu không kể                ", 20, "vừa nếu không kể"},
        /* paragraphs before sentences, sentences and lines before words */
        {"Mở đầu. Còn nữa.\n\nĐoạn hai. Và hết.", 30, "(1/2) Mở đầu. Còn nữa.|(2/2) Đoạn hai. Và hết."},
        {"Họp lúc 7 giờ. Mời bà con đến.", 24, "(1/2) Họp lúc 7 giờ.|(2/2) Mời bà con đến."},
        {"Họp lúc 7 giờ! Mời bà con đến.", 24, "(1/2) Họp lúc 7 giờ!|(2/2) Mời bà con đến."},
        {"Họp lúc 7 giờ… Mời bà con đến.", 24, "(1/2) Họp lúc 7 giờ…|(2/2) Mời bà con đến."},
        {"Anh nói: “Đi đi.” Rồi về nhà.", 27, "(1/2) Anh nói: “Đi đi.”|(2/2) Rồi về nhà."},
        {"- lúa: thôn 1\n- ngô: thôn 2", 26, "(1/2) - lúa: thôn 1|(2/2) - ngô: thôn 2"},
        {"mot hai ba bon nam sau bay", 20, "(1/2) mot hai ba bon|(2/2) nam sau bay"},
        /* a title alone would waste a message */
        {"Báo\n\nmot hai ba bon nam sau bay tam chin muoi", 40,
         "(1/2) Báo\n\nmot hai ba bon nam sau bay|(2/2) tam chin muoi"},
        /* a full stop that ends nothing */
        {"Mời ông đến tại TP. Thanh Hóa nhé", 31, "(1/2) Mời ông đến tại|(2/2) TP. Thanh Hóa nhé"},
        {"Gặp PGS.TS. Lê Văn An ở trạm xá", 27, "(1/2) Gặp PGS.TS. Lê Văn An|(2/2) ở trạm xá"},
        {"gồm lúa, ngô, v.v. và các loại rau", 30, "(1/2) gồm lúa, ngô, v.v. và|(2/2) các loại rau"},
        {"1. Lúa mùa\n2. Ngô đông và rau", 24, "(1/2) 1. Lúa mùa|(2/2) 2. Ngô đông và rau"},
        /* what belongs together stays so */
        {"Mức đóng góp là 1.500 đ một hộ", 27, "(1/2) Mức đóng góp là|(2/2) 1.500 đ một hộ"},
        {"Căn cứ theo QĐ số 12/QĐ-UBND.", 28, "(1/2) Căn cứ theo|(2/2) QĐ số 12/QĐ-UBND."},
        {"Xin bà con gọi số 0912 345 678", 29, "(1/2) Xin bà con|(2/2) gọi số 0912 345 678"},
        {"kính mời ông Nguyễn Văn An họp", 28, "(1/2) kính mời ông|(2/2) Nguyễn Văn An họp"},
        /* unless nothing else is left */
        {"NGUYỄN VĂN AN TRẦN THỊ BÌNH", 20, "(1/2) NGUYỄN VĂN AN|(2/2) TRẦN THỊ BÌNH"},
        /* words longer than a part; clusters stay whole while they fit */
        {"abcdefghijklmnopqrstuvwxyz", 20, "(1/2) abcdefghijklmn|(2/2) opqrstuvwxyz"},
        {"👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 20,
         "(1/2) 👨‍👩‍👧‍👦👨‍👩‍👧‍👦|(2/2) 👨‍👩‍👧‍👦"},
        {"🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳", 21, "(1/2) 🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳🇻🇳|(2/2) 🇻🇳🇻🇳🇻🇳🇻🇳"},
};

START_TEST(a_notice_is_cut_where_a_reader_pauses)
{
        char got[2000] = "", *p = got;

        ck_assert_int_eq(thon_text_split(cuts[_i].text, THON_UNIT_CHARACTER, cuts[_i].max, &parts), 0);
        for (size_t i = 0; i < parts.n; i++)
                p += snprintf(p, sizeof got - (size_t)(p - got), "%s%s", i ? "|" : "", parts.text[i]);
        ck_assert_str_eq(got, cuts[_i].parts);
}
END_TEST

START_TEST(decomposed_text_is_measured_as_it_will_be_sent)
{
        /* 14 characters, decomposed 20 */
        ck_assert_int_eq(thon_text_split("Đie\u0323\u0302n đe\u0302\u0301n giơ\u0300 na\u0300y",
                                         THON_UNIT_CHARACTER, 20, &parts),
                         0);
        ck_assert_uint_eq(parts.n, 1);
        ck_assert_str_eq(parts.text[0], "Điện đến giờ này");
}
END_TEST

START_TEST(an_sms_grows_by_its_alphabet)
{
        /* 145 plain characters are one SMS; one Vietnamese letter among them makes three */
        char text[200];

        memset(text, 'a', 145);
        text[145] = '\0';
        for (size_t i = 9; i < 145; i += 10)
                text[i] = ' ';
        ck_assert_int_eq(thon_text_split(text, THON_UNIT_SMS, 140, &parts), 0);
        ck_assert_uint_eq(parts.n, 1);
        thon_text_parts_done(&parts);

        memcpy(text, "ữ", strlen("ữ"));
        ck_assert_int_eq(thon_text_split(text, THON_UNIT_SMS, 140, &parts), 0);
        ck_assert_uint_eq(parts.n, 2); /* only the part that holds it is UCS-2 */
        for (size_t i = 0; i < parts.n; i++)
                ck_assert_uint_eq(thon_sms_parts(parts.text[i]), 1);
}
END_TEST

START_TEST(too_long_or_too_little_room_is_refused)
{
        _cleanup_free_ char *text = malloc(1000);

        ck_assert_ptr_nonnull(text);
        memset(text, 'a', 999);
        text[9 * 13 + 11 * 12] = '\0'; /* "(9/20) " leaves 13 of 20, "(10/20) " 12 */
        ck_assert_int_eq(thon_text_split(text, THON_UNIT_BYTE, 20, &parts), 0);
        ck_assert_uint_eq(parts.n, 20);
        ck_assert_str_eq(parts.text[8], "(9/20) aaaaaaaaaaaaa");
        ck_assert_str_eq(parts.text[19], "(20/20) aaaaaaaaaaaa");
        thon_text_parts_done(&parts);

        text[9 * 13 + 11 * 12] = 'a';
        text[9 * 13 + 11 * 12 + 1] = '\0';
        ck_assert_int_eq(thon_text_split(text, THON_UNIT_BYTE, 20, &parts), -E2BIG);
        ck_assert_int_eq(thon_text_split("abc", THON_UNIT_BYTE, 19, &parts), -EINVAL);
        ck_assert_int_eq(thon_text_split("abc\xff", THON_UNIT_BYTE, 20, &parts), -EINVAL);
        ck_assert_uint_eq(parts.n, 0);
}
END_TEST

/* ---- whatever the text ---------------------------------------------------------------------------------- */

static unsigned seed(void)
{
        const char *given = getenv("THON_SEED");
        unsigned value = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

        printf("THON_SEED=%u\n", value);
        return value;
}

/* Appends all but white space. */
static char *pack(char *out, const char *text)
{
        for (; *text; text++)
                if (*text != ' ' && *text != '\n')
                        *out++ = *text;
        *out = '\0';
        return out;
}

START_TEST(any_text_is_whole_numbered_and_fits)
{
        static const char *const pieces[] = {
                "a",
                "Ư",
                "ớ",
                "đ",
                " ",
                " ",
                " ",
                "\n",
                "\n\n",
                ".",
                ". ",
                "! ",
                "…",
                "TP. ",
                "1.500 đ ",
                "”",
                "(",
                "số 12",
                "Thanh Hóa ",
                "QĐ số 12/QĐ-UBND. ",
                "👨‍👩‍👧‍👦",
                "🇻🇳",
                "👍🏽",
                "x\u0316\u0317\u0318",
                "€",
                "]",
                "trường ",
                "nghiêng ",
                "abcdefghijklmnopqrstuvwxyz",
        };
        unsigned state = seed();
        unsigned many = 0;

        for (int round = 0; round < 20000; round++) {
                _cleanup_free_ char *clean = NULL;
                char text[4000], whole[4000], joined[4000], *p = text;
                enum thon_text_unit unit = (enum thon_text_unit)(rand_r(&state) % 4);
                size_t max = 20 + (size_t)rand_r(&state) % 120;
                int n = rand_r(&state) % 80, r;

                *p = '\0';
                for (int i = 0; i < n; i++)
                        p = stpcpy(p, pieces[(size_t)rand_r(&state) % (sizeof pieces / sizeof *pieces)]);
                ck_assert_int_eq(thon_notice_text(text, sizeof text, &clean), 0);
                r = thon_text_split(clean, unit, max, &parts);
                if (r == -E2BIG) {
                        /* never what would fill twenty parts to a fifth only */
                        ck_assert_uint_gt(thon_text_count(clean, unit), 20 * (max - 8) / 5);
                        continue;
                }
                ck_assert_int_eq(r, 0);
                ck_assert_uint_ge(parts.n, 1);
                ck_assert_uint_le(parts.n, THON_TEXT_PARTS_MAX);
                ck_assert_int_eq(parts.n == 1, thon_text_count(clean, unit) <= max);
                many += parts.n > 9;
                p = joined;
                for (size_t i = 0; i < parts.n; i++) {
                        const char *content = parts.text[i];
                        char number[48];

                        ck_assert_uint_le(thon_text_count(content, unit), max);
                        if (parts.n > 1) {
                                snprintf(number, sizeof number, "(%zu/%zu) ", i + 1, parts.n);
                                ck_assert_int_eq(strncmp(content, number, strlen(number)), 0);
                                content += strlen(number);
                                ck_assert_int_ne(*content, '\0');
                                ck_assert_int_ne(*content, ' ');
                                ck_assert_int_ne(content[strlen(content) - 1], ' ');
                        }
                        p = pack(p, content);
                }
                (void)pack(whole, clean);
                ck_assert_str_eq(joined, whole);
                thon_text_parts_done(&parts);
        }
        ck_assert_uint_gt(many, 100); /* the case of two digits was among them */
}
END_TEST

#define N(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
        Suite *suite = suite_create("relay_split");
        TCase *tc = tcase_create("relay_split");

        tcase_set_timeout(tc, 60);
        tcase_add_checked_fixture(tc, NULL, tear_down);
        tcase_add_loop_test(tc, a_notice_is_cut_where_a_reader_pauses, 0, N(cuts));
        tcase_add_test(tc, decomposed_text_is_measured_as_it_will_be_sent);
        tcase_add_test(tc, an_sms_grows_by_its_alphabet);
        tcase_add_test(tc, too_long_or_too_little_room_is_refused);
        tcase_add_test(tc, any_text_is_whole_numbered_and_fits);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

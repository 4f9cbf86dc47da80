/* What of a text should not be said over a loudspeaker, and what only looks like it. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/speech.h"

static const struct {
        const char *text, *found; /* "kind [what is pointed out] ..." */
} cases[] = {
        {"Liên hệ ông Nguyễn Văn An, số 0912 345 678 hoặc 1900 1234", "phone [0912 345 678]"},
        {"Gọi 0912345678", "phone [0912345678]"},
        {"Gọi 0912.345.678 hoặc 0987-654-321", "phone [0912.345.678] phone [0987-654-321]"},
        {"ĐT: +84 912 345 678", "phone [+84 912 345 678]"},
        {"ĐT: +84912345678", "phone [+84912345678]"},
        {"84912345678", "phone [84912345678]"},
        {"Trạm y tế: 0237.3712.345", "phone [0237.3712.345]"},
        {"(0237) 3712345", "phone [(0237) 3712345]"},
        {"024 3825 1234", "phone [024 3825 1234]"},
        {"Hotline 1900 1234, 18001091", ""},
        {"gọi 113, 114, 115", ""},
        {"tổng đài 19006769", ""},
        {"đường dây nóng 0912345678", ""},
        {"gọi 1022", ""},
        {"CCCD số 038091234567", "identity [038091234567]"},
        {"căn cước công dân: 038 091 234 567", "identity [038 091 234 567]"},
        {"số định danh 001199012345", "identity [001199012345]"},
        {"038091234567", "identity [038091234567]"},
        {"CMND 171234567", "identity [171234567]"},
        {"chứng minh nhân dân số 171 234 567", "identity [171 234 567]"},
        {"mã BHXH 3812345678", "identity [3812345678]"},
        {"thẻ BHYT DN4010123456789", "identity [DN4010123456789]"},
        {"thẻ BHYT GD 4 79 7939123456", "identity [GD 4 79 7939123456]"},
        {"hộ chiếu số C1234567", "identity [C1234567]"},
        {"số tài khoản 1234567890 Agribank", "account [1234567890]"},
        {"STK: 5012 2050 12345", "account [5012 2050 12345]"},
        {"chuyển khoản vào 1234567890123 Vietcombank", "account [1234567890123]"},
        {"TK 0123456789", "account [0123456789]"},
        {"thẻ 4111 1111 1111 1111", "account [4111 1111 1111 1111]"},
        {"thẻ 4111 1111 1111 1112", ""},
        {"STK 123456789, liên hệ 0912 345 678", "account [123456789] phone [0912 345 678]"},
        {"Bà Lê Thị Hoa mắc bệnh lao phổi", "health [mắc bệnh] health [lao phổi]"},
        {"ông Nam bị ung thư", "health [ung thư]"},
        {"cháu Nguyễn Thị B dương tính với sốt xuất huyết", "health [dương tính] health [sốt xuất huyết]"},
        {"anh Trần Văn Tùng nghiện ma túy", "health [nghiện] health [ma túy]"},
        {"bệnh nhân Phạm Văn C nhiễm HIV", "health [bệnh nhân] health [HIV]"},
        {"Nguyễn Văn A là F0", "health [F0]"},
        {"chị Hoa đang mang thai", "health [mang thai]"},
        {"ông Lò Văn Pánh bị tâm thần", "health [tâm thần]"},
        {"NGUYỄN VĂN AN bị tai biến", "health [tai biến]"},
        {"Hộ ông Trần Văn Bình còn nợ 500.000 đồng", "debt [nợ]"},
        {"bà Mai chưa nộp quỹ", "debt [chưa nộp]"},
        {"gia đình anh Hùng thuộc hộ nghèo", "debt [hộ nghèo]"},
        {"danh sách cận nghèo: Bùi Thị Lan", "debt [cận nghèo]"},
        {"ông Đỗ Mạnh chậm đóng tiền điện", "debt [chậm đóng]"},
        {"cưỡng chế thu hồi nợ đối với bà Vũ Thị Tám", "debt [cưỡng chế] debt [nợ]"},
        {"ông Nam ở số nhà 12 ngõ 5", "address [số nhà 12]"},
        {"nhà số 15 của bà Hoa", "address [nhà số 15]"},
        {"chị Nguyễn Thị Lan, số 25 đường Trần Phú", "address [số 25]"},
        {"ông Nam, số 12A ngõ 3", "address [số 12]"},
        {"Nghị định 15/2025/NĐ-CP ngày 30/12/2025", ""},
        {"Quyết định số 1234567/QĐ-UBND", ""},
        {"số tiền 8.500.000 đồng", ""},
        {"1.234.567.890 đồng", ""},
        {"0912345678 đồng", ""},
        {"2025-2030", ""},
        {"từ 25/9/2026 đến 30/9/2026", ""},
        {"19h30 ngày 05/9/2026", ""},
        {"mưa 100-200 mm", ""},
        {"18.007.969 người", ""},
        {"mã số thuế 2801234567", ""},
        {"mã hồ sơ 000.00.12.H56-260905-0001", ""},
        {"mã khách hàng 0312345678", ""},
        {"Đường Nguyễn Trãi bị ngập", ""},
        {"trường THCS Nguyễn Du phòng chống sốt xuất huyết", ""},
        {"xã Hoàng Long còn 12 hộ nghèo", ""},
        {"phòng chống dịch sốt xuất huyết", ""},
        {"tỷ lệ hộ nghèo còn 1,25%", ""},
        {"các hộ còn nợ quỹ đề nghị nộp", ""},
        {"Bà con chưa nộp quỹ đề nghị nộp trước 30/9", ""},
        {"tiêm vắc xin phòng ung thư cổ tử cung", ""},
        {"Bà Rịa có 5 ca dương tính", ""},
        {"số 15 đường Lê Lợi", ""},
        {"trụ sở UBND xã, số 12 đường Trần Phú", ""},
        {"xe 36A-123.45", ""},
        {"Tổng số 1200 hộ", ""},
        {"Đảng ủy, HĐND, UBND xã Chí Phúc", ""},
        {"Ông Nguyễn Văn An, Chủ tịch UBND xã, phát biểu. Xã có 12 hộ nghèo", ""},
        {"mời ông An đến nhận quà", ""},
        {"điểm thi 9,75; tổng 28,5", ""},
        {"thửa đất số 123456789", ""},
        {"km 12+500", ""},
        {"quân khu 4, thứ 2", ""},
        {"1234567890", ""},
        {"000123456789", "identity [000123456789]"},
        {"không có gì", ""},
        {"", ""},
        {"Covid", ""},
        {"Nguyê\u0303n Văn An mắc bệnh lao", "health [mắc bệnh]"},
        {"gia đình anh Hùng, số 7 ngõ 12, thuộc hộ nghèo", "address [số 7] debt [hộ nghèo]"},
        {"Từ Thanh Hóa ra Hà Nội có 5 hộ nghèo", ""},
        {"Đoàn Thanh niên thăm hộ nghèo", ""},
        {"Thành phố Hồ Chí Minh còn hộ nghèo", ""},
        {"Thái Bình, Nông Cống ghi nhận 5 ca dương tính", ""},
        {"chợ Bà Chiểu có ca sốt xuất huyết", ""},
        {"quỹ khuyến học Nguyễn Du, nộp 50.000đ", ""},
        {"em Giàng A Páo khuyết tật nặng", "health [khuyết tật]"},
        {"thẻ BHYT của bà: HT2 38 38 3800 1234", "identity [HT2 38 38 3800 1234]"},
        {"0912345678/0987654321", "phone [0912345678] phone [0987654321]"},
        {"SĐT bà Hà: 03 7777 8888", "phone [03 7777 8888]"},
};

START_TEST(test_table)
{
        const char *text = cases[_i].text;
        struct thon_private found[16];
        char got[1024] = "";
        size_t n = thon_private_find(text, found, 16), size = 0;

        for (size_t i = 0; i < n; i++) {
                ck_assert_uint_le(found[i].at + found[i].size, strlen(text));
                size += (size_t)snprintf(got + size, sizeof(got) - size, "%s%s [%.*s]", i > 0 ? " " : "",
                                         thon_private_slug(found[i].kind), (int)found[i].size,
                                         text + found[i].at);
        }
        ck_assert_msg(strcmp(got, cases[_i].found) == 0, "%s\n  found:    %s\n  expected: %s", text, got,
                      cases[_i].found);
}
END_TEST

START_TEST(test_more_than_there_is_room_for)
{
        static const char text[] = "0912345678, 0912345679, 0912345670";
        struct thon_private found[2] = {0};

        ck_assert_uint_eq(thon_private_find(text, NULL, 0), 3);
        ck_assert_uint_eq(thon_private_find(text, found, 1), 3);
        ck_assert_uint_eq(found[0].at, 0);
        ck_assert_uint_eq(found[1].size, 0);
}
END_TEST

START_TEST(test_every_kind_has_a_name_and_a_word)
{
        for (int i = 0; i < THON_PRIVATE_KINDS; i++) {
                ck_assert(thon_slug_valid(thon_private_slug((enum thon_private_kind)i)));
                ck_assert_uint_gt(strlen(thon_private_text((enum thon_private_kind)i)), 20);
        }
}
END_TEST

/* What no keyboard writes is passed by, and what follows is found all the same. */
START_TEST(test_bytes_that_are_no_text)
{
        struct thon_private found[4];

        ck_assert_uint_eq(thon_private_find("\xff\xfe 0912345678 \xc3", found, 4), 1);
        ck_assert_uint_eq(found[0].at, 3);
        ck_assert_uint_eq(thon_private_find("", found, 4), 0);
        ck_assert_uint_eq(thon_private_find("\xf0\x9f", found, 4), 0);
}
END_TEST

static const char *const hostile[] = {"1 ",    "1",     "AB 1 ", "CCCD ",    "ông Nam nợ ",
                                      "số 1 ", "0912 ", "A",     "\xcc\x81", "Lê "};

START_TEST(test_time_is_linear)
{
        size_t n = strlen(hostile[_i]), size = THON_SPEECH_MAX / n * n;
        _cleanup_free_ char *text = malloc(size + 1);
        struct thon_private found[4];

        for (size_t i = 0; i < size; i++)
                text[i] = hostile[_i][i % n];
        text[size] = '\0';
        (void)thon_private_find(text, found, 4);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("privacy");
        TCase *tcase = tcase_create("privacy");
        SRunner *runner;
        int failed;

        tcase_set_timeout(tcase, 10);
        tcase_add_loop_test(tcase, test_table, 0, (int)(sizeof(cases) / sizeof(cases[0])));
        tcase_add_test(tcase, test_more_than_there_is_room_for);
        tcase_add_test(tcase, test_every_kind_has_a_name_and_a_word);
        tcase_add_test(tcase, test_bytes_that_are_no_text);
        tcase_add_loop_test(tcase, test_time_is_linear, 0, (int)(sizeof(hostile) / sizeof(hostile[0])));
        suite_add_tcase(suite, tcase);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

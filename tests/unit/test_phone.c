/* Telephone numbers as they stand in the lists of a commune. */
#include <check.h>
#include <string.h>

#include "thon/text.h"

static const struct {
        const char *in, *want;
} good[] = {
        {"0912345678", "+84912345678"},
        {"0912 345 678", "+84912345678"},
        {"0912.345.678", "+84912345678"},
        {"(091) 234-5678", "+84912345678"},
        {"912345678", "+84912345678"}, /* Excel cut the zero */
        {"84912345678", "+84912345678"},
        {"+84912345678", "+84912345678"},
        {"+84 (0)912.345.678", "+84912345678"},
        {"0084 912 345 678", "+84912345678"},
        {"0912\u00a0345\u00a0678", "+84912345678"},
        {"0345678901", "+84345678901"},
        {"0567890123", "+84567890123"},
        {"0708090102", "+84708090102"},
        /* 084 is a mobile prefix, 84 the country: the length tells them apart */
        {"842345678", "+84842345678"},
        {"0842345678", "+84842345678"},
        {"84842345678", "+84842345678"},
        {"02373 123 456", "+842373123456"},
        {"024 3825 1234", "+842438251234"},
        {"2438251234", "+842438251234"},
        {"842438251234", "+842438251234"},
        {"+1 650 253 0000", "+16502530000"},
        {"00 49 30 901820", "+4930901820"},
        {"+856 20 55 512 345", "+8562055512345"},
};

START_TEST(test_good)
{
        char out[THON_PHONE_TEXT], again[THON_PHONE_TEXT];

        ck_assert_int_eq(thon_phone_normalise(good[_i].in, out), THON_PHONE_OK);
        ck_assert_str_eq(out, good[_i].want);
        ck_assert_int_eq(thon_phone_normalise(out, again), THON_PHONE_OK);
        ck_assert_str_eq(out, again);
}
END_TEST

static const char *const bad[] = {
        "",
        " ",
        "+",
        "+84",
        "0",
        "00",
        "113",
        "1900 1234",
        "091234567",   /* a digit short */
        "09123456789", /* a digit too many */
        "01234567890", /* the eleven-digit mobiles ended in 2018 */
        "0612345678",  /* 06 is nobody's */
        "0237312345",  /* fixed, a digit short */
        "+84 1234567890",
        "+840",
        "12345678",
        "16502530000", /* abroad only with a plus */
        "+123456",
        "+1234567890123456",
        "00000000000",
        "9.12346E+08", /* Excel showed it so, and saved what it showed */
        "0912345678 / 0987654321",
        "0912345678x",
        "09+12345678",
        "++84912345678",
        "không có",
        "99999999999999999999999999999999999999999999",
};

START_TEST(test_bad)
{
        char out[THON_PHONE_TEXT] = "untouched";

        ck_assert_int_eq(thon_phone_normalise(bad[_i], out), THON_PHONE_INVALID);
        ck_assert_str_eq(out, "untouched");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("phone");
        TCase *tc = tcase_create("phone");
        SRunner *runner;
        int failed;

        tcase_add_loop_test(tc, test_good, 0, sizeof good / sizeof *good);
        tcase_add_loop_test(tc, test_bad, 0, sizeof bad / sizeof *bad);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* CSV as spreadsheets write it. The tables show a file and its rows as "field|field/field|field". */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thon/cleanup.h"
#include "thon/csv.h"

static void csv_freep(struct thon_csv **csv)
{
        thon_csv_free(*csv);
}
#define _cleanup_csv_ _cleanup_(csv_freep)

/* Everything that the reader says of a file, one line a row: "2: a|b", or "3! message". */
static void read_all(const char *text, size_t size, char *out, size_t room)
{
        _cleanup_csv_ struct thon_csv *csv = NULL;
        size_t at = 0;
        int r;

        ck_assert_int_eq(thon_csv_new(text, size, &csv), 0);
        out[0] = '\0';
        for (;;) {
                const char *const *fields;
                size_t n;

                r = thon_csv_next(csv, &fields, &n);
                if (r == THON_CSV_END)
                        break;
                if (r == THON_CSV_INVALID) {
                        at += (size_t)snprintf(out + at, room - at, "%u! %s\n", thon_csv_line(csv),
                                               thon_csv_message(csv));
                        ck_assert_uint_lt(at, room);
                        continue;
                }
                ck_assert_int_eq(r, THON_CSV_OK);
                at += (size_t)snprintf(out + at, room - at, "%u: ", thon_csv_line(csv));
                for (size_t i = 0; i < n; i++)
                        at += (size_t)snprintf(out + at, room - at, "%s%s", i ? "|" : "", fields[i]);
                at += (size_t)snprintf(out + at, room - at, "\n");
                ck_assert_uint_lt(at, room);
        }
}

static const struct {
        const char *in, *want;
} files[] = {
        {"", ""},
        {"\n\r\n  \n", ""},
        {"a,b\n1,2\n", "1: a|b\n2: 1|2\n"},
        {"a;b\n1,5;2\n", "1: a|b\n2: 1,5|2\n"},
        {"a\tb\n1,5\t2;3", "1: a|b\n2: 1,5|2;3\n"},
        {"\xef\xbb\xbfmã hộ;thôn\r\nH1;Chí Phúc\r\n", "1: mã hộ|thôn\n2: H1|Chí Phúc\n"},
        {"a,b\r1,2\r", "1: a|b\n2: 1|2\n"},
        {"sep=;\r\na,x;b\r\n", "2: a,x|b\n"},
        {"\xef\xbb\xbfsep=,\na,b;c\n", "2: a|b;c\n"},
        {"sep=;", ""},
        {"sep=;x\n", "1: sep=|x\n"},
        {"\n\na;b\n\n;;\n1;2", "3: a|b\n6: 1|2\n"},
        {"\"a;a\";b;\"c,,,\"\n", "1: a;a|b|c,,,\n"},
        {"a;b\n\"x\ny\";\"\"\"q\"\"\"\n1;2\n", "1: a|b\n2: x\ny|\"q\"\n4: 1|2\n"},
        {"a;b\r\n\"x\r\ny\";2\r\n3;4\r\n", "1: a|b\n2: x\r\ny|2\n4: 3|4\n"},
        {"a;b\nso \"12\";2\n", "1: a|b\n2: so \"12\"|2\n"},
        {"a;b\n;\"\"\n1;\n", "1: a|b\n3: 1|\n"},
        {"a;b\n'+84912;'=1\n'-x;''quoted''\n'0912;''0912\n",
         "1: a|b\n2: +84912|=1\n3: -x|''quoted''\n4: 0912|'0912\n"},
        /* what is wrong is told, and the next line is read */
        {"a;b\n\"x\"y;1\n2;3\n", "1: a|b\n2! column 1 goes on after its closing quotation mark\n3: 2|3\n"},
        {"a;b\n1;\"x\n2;3\n", "1: a|b\n2! a quotation mark is opened and not closed\n3: 2|3\n"},
        {"a;b\nNguy\xea\xden;1\n2;3\n",
         "1: a|b\n2! column 1 is not UTF-8: save the file as \"CSV UTF-8\"\n3: 2|3\n"},
        {"PK\003\004xxxx\nyyy", "1! the file is an Excel workbook: save it as \"CSV UTF-8\"\n"},
        {"\xd0\xcf\x11\xe0xxxx\nyyy", "1! the file is an Excel workbook: save it as \"CSV UTF-8\"\n"},
        {"\xff\xfem", "1! the file is UTF-16 (Excel's \"Unicode Text\"): save it as \"CSV UTF-8\"\n"},
        {"\xfe\xffm", "1! the file is UTF-16 (Excel's \"Unicode Text\"): save it as \"CSV UTF-8\"\n"},
};

START_TEST(test_files)
{
        char got[1000];

        read_all(files[_i].in, strlen(files[_i].in), got, sizeof got);
        ck_assert_str_eq(got, files[_i].want);
}
END_TEST

START_TEST(test_zero_byte)
{
        char got[200];

        read_all("a;b\n1\0;2\n3;4\n", 13, got, sizeof got);
        ck_assert_str_eq(got, "1: a|b\n2! column 1 has a zero byte: the file is no text\n3: 3|4\n");
}
END_TEST

START_TEST(test_limits)
{
        _cleanup_free_ char *text = malloc(THON_CSV_SIZE_MAX + 1u);
        char got[600];
        size_t n;

        ck_assert_ptr_nonnull(text);
        n = (size_t)sprintf(text, "a;b\n");
        memset(text + n, 'x', THON_CSV_FIELD_MAX + 1);
        memcpy(text + n + THON_CSV_FIELD_MAX + 1, ";1\n2;3\n", 8);
        read_all(text, strlen(text), got, sizeof got);
        ck_assert_str_eq(got, "1: a|b\n2! column 1 is longer than 4096 bytes\n3: 2|3\n");

        memset(text, ';', THON_CSV_COLUMNS_MAX);
        memcpy(text + THON_CSV_COLUMNS_MAX, "\na;b\n", 6);
        read_all(text, strlen(text), got, sizeof got);
        ck_assert_str_eq(got, "1! more than 64 columns\n2: a|b\n");

        memset(text, 'x', THON_CSV_SIZE_MAX + 1u);
        read_all(text, THON_CSV_SIZE_MAX + 1u, got, sizeof got);
        ck_assert_str_eq(got, "1! the file is larger than 16 MiB\n");
}
END_TEST

static const struct {
        const char *field, *want;
} written[] = {
        {"", ""},
        {"Nguyễn Văn Ân", "Nguyễn Văn Ân"},
        {"a;b", "\"a;b\""},
        {"19,8", "\"19,8\""}, /* quoted for either separator */
        {"say \"a\"", "\"say \"\"a\"\"\""},
        {"=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"-2+3", "\"'-2+3\""},
        {"+84912345678", "+84912345678"},
        {"-12.5", "-12.5"},
        {"-", "\"'-\""},
        {"\t=1", "\"'\t=1\""},
        {"'=1", "\"''=1\""},
        {"'quoted'", "'quoted'"},
        {" x", "\" x\""},
};

START_TEST(test_written)
{
        _cleanup_free_ char *buffer = NULL;
        char want[100];
        size_t size = 0;

        ck_assert_int_eq(thon_csv_append(&buffer, &size, written[_i].field, ';', false), 0);
        ck_assert_int_eq(thon_csv_append(&buffer, &size, "x", ';', true), 0);
        (void)snprintf(want, sizeof want, "%s;x\r\n", written[_i].want);
        ck_assert_str_eq(buffer, want);
        ck_assert_uint_eq(size, strlen(want));
}
END_TEST

static unsigned seed(void)
{
        const char *text = getenv("THON_SEED");
        unsigned s = text ? (unsigned)strtoul(text, NULL, 10) : (unsigned)time(NULL);

        printf("THON_SEED=%u\n", s);
        return s;
}

static uint32_t next(uint32_t *state)
{
        *state = *state * 1664525u + 1013904223u;
        return *state >> 8;
}

/* Any table of texts is read back as it was written, whatever the separator. */
START_TEST(test_round_trip)
{
        static const char *const pieces[] = {"a",  "ễ", "=", "+", "-", "@",  "'",  "\"",   ";",    ",",
                                             "\t", " ", "0", "9", ".", "\n", "\r", "\r\n", "sep=", "Đ"};
        uint32_t state = seed();

        for (int round = 0; round < 3000; round++) {
                _cleanup_csv_ struct thon_csv *csv = NULL;
                _cleanup_free_ char *buffer = NULL;
                char cells[6][5][40];
                char separator = ";,\t"[next(&state) % 3];
                size_t columns = 2 + next(&state) % 4, rows = 1 + next(&state) % 6, size = 0;

                for (size_t y = 0; y < rows; y++)
                        for (size_t x = 0; x < columns; x++) {
                                char *cell = cells[y][x];

                                /* a header and a first column in plain words, as every table has them */
                                (void)strcpy(cell, y == 0 || x == 0 ? "k" : "");
                                for (unsigned i = y && x ? next(&state) % 8 : 0; i > 0; i--)
                                        (void)strcat(
                                                cell,
                                                pieces[next(&state) % (sizeof pieces / sizeof *pieces)]);
                                ck_assert_int_eq(
                                        thon_csv_append(&buffer, &size, cell, separator, x + 1 == columns),
                                        0);
                        }
                ck_assert_int_eq(thon_csv_new(buffer, size, &csv), 0);
                for (size_t y = 0; y < rows; y++) {
                        const char *const *fields;
                        size_t n;

                        ck_assert_int_eq(thon_csv_next(csv, &fields, &n), THON_CSV_OK);
                        ck_assert_uint_eq(n, columns);
                        for (size_t x = 0; x < columns; x++)
                                ck_assert_str_eq(fields[x], cells[y][x]);
                }
                const char *const *fields;
                size_t n;
                ck_assert_int_eq(thon_csv_next(csv, &fields, &n), THON_CSV_END);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("csv");
        TCase *tc = tcase_create("csv");
        SRunner *runner;
        int failed;

        tcase_add_loop_test(tc, test_files, 0, sizeof files / sizeof *files);
        tcase_add_test(tc, test_zero_byte);
        tcase_add_test(tc, test_limits);
        tcase_add_loop_test(tc, test_written, 0, sizeof written / sizeof *written);
        tcase_add_test(tc, test_round_trip);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

/* Several pictures in one: each in its place, in colour, and nothing of a hostile one. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "thon/jpeg.h"

struct made {
        unsigned char *data;
        unsigned long size;
};

/* One colour, with a little pattern so that it is no tiny file. */
static struct made make(int w, int h, unsigned char r, unsigned char g, unsigned char b)
{
        unsigned char *rgb = malloc((size_t)w * (size_t)h * 3);
        struct made made = {0};
        tjhandle tj = tjInitCompress();

        for (int i = 0; i < w * h; i++) {
                unsigned char noise = (unsigned char)(i * 7919 % 9);

                rgb[3 * i] = (unsigned char)(r + noise);
                rgb[3 * i + 1] = (unsigned char)(g + noise);
                rgb[3 * i + 2] = (unsigned char)(b + noise);
        }
        ck_assert_int_eq(tjCompress2(tj, rgb, w, 0, h, TJPF_RGB, &made.data, &made.size, TJSAMP_420, 85, 0),
                         0);
        tjDestroy(tj);
        free(rgb);
        return made;
}

/* What stands at a place, as 0 red, 1 green, 2 blue, 3 white. */
static int colour_at(const void *data, size_t size, int x, int y, int *ret_w, int *ret_h)
{
        tjhandle tj = tjInitDecompress();
        int samples, colours, found;
        unsigned char *rgb, *p;

        ck_assert_int_eq(tjDecompressHeader3(tj, data, size, ret_w, ret_h, &samples, &colours), 0);
        rgb = malloc((size_t)*ret_w * (size_t)*ret_h * 3);
        ck_assert_int_eq(tjDecompress2(tj, data, size, rgb, *ret_w, 0, *ret_h, TJPF_RGB, 0), 0);
        tjDestroy(tj);
        p = rgb + 3 * (y * *ret_w + x);
        found = p[0] > 150 && p[1] > 150 ? 3 : p[0] > p[1] && p[0] > p[2] ? 0 : p[1] > p[2] ? 1 : 2;
        free(rgb);
        return found;
}

START_TEST(what_it_should_show_stands_left_of_what_it_shows)
{
        struct made red = make(1920, 1080, 200, 20, 20), blue = make(704, 576, 20, 20, 200);
        struct thon_jpeg_part parts[] = {{red.data, red.size}, {blue.data, blue.size}};
        void *sheet;
        size_t size;
        int w, h;

        ck_assert_int_eq(thon_jpeg_sheet(parts, 2, &sheet, &size), 0);
        ck_assert_int_eq(colour_at(sheet, size, 100, 100, &w, &h), 0);
        ck_assert_int_eq(colour_at(sheet, size, w - 100, 100, &w, &h), 2);
        ck_assert_int_eq(colour_at(sheet, size, 100, h - 2, &w, &h), 3);
        ck_assert_int_le(w, 2 * 640 + 6);
        ck_assert_uint_lt(size, 1024 * 1024);
        free(sheet);
        tjFree(red.data);
        tjFree(blue.data);
}
END_TEST

START_TEST(four_stand_in_two_rows)
{
        struct made a = make(640, 360, 200, 20, 20), b = make(640, 360, 20, 200, 20);
        struct thon_jpeg_part parts[] = {
                {a.data, a.size}, {a.data, a.size}, {a.data, a.size}, {b.data, b.size}};
        void *sheet;
        size_t size;
        int w, h;

        ck_assert_int_eq(thon_jpeg_sheet(parts, 4, &sheet, &size), 0);
        ck_assert_int_eq(colour_at(sheet, size, 1000, 500, &w, &h), 1);
        ck_assert_int_eq(colour_at(sheet, size, 100, 500, &w, &h), 0);
        ck_assert_int_eq(w, 2 * 640 + 6);
        ck_assert_int_eq(h, 2 * 360 + 6);
        free(sheet);
        tjFree(a.data);
        tjFree(b.data);
}
END_TEST

START_TEST(the_widest_picture_that_is_read_still_fits)
{
        struct made wide = make(8192, 128, 20, 200, 20);
        struct thon_jpeg_part part = {wide.data, wide.size};
        void *sheet;
        size_t size;
        int w, h;

        ck_assert_int_eq(thon_jpeg_sheet(&part, 1, &sheet, &size), 0);
        ck_assert_int_eq(colour_at(sheet, size, 5, 5, &w, &h), 1);
        ck_assert_int_eq(w, 1024);
        free(sheet);
        tjFree(wide.data);
}
END_TEST

START_TEST(a_damaged_one_makes_no_sheet)
{
        struct made red = make(640, 360, 200, 20, 20);
        struct thon_jpeg_part parts[] = {{red.data, red.size}, {red.data, red.size / 2}};
        void *sheet = &parts;
        size_t size;

        ck_assert_int_eq(thon_jpeg_sheet(parts, 2, &sheet, &size), THON_JPEG_DAMAGED);
        ck_assert_ptr_eq(sheet, &parts);
        ck_assert_int_eq(thon_jpeg_sheet(parts, 0, &sheet, &size), THON_JPEG_TOO_LARGE);
        tjFree(red.data);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("jpeg sheet");
        TCase *tc = tcase_create("sheet");
        SRunner *runner;
        int failed;

        tcase_add_test(tc, what_it_should_show_stands_left_of_what_it_shows);
        tcase_add_test(tc, four_stand_in_two_rows);
        tcase_add_test(tc, the_widest_picture_that_is_read_still_fits);
        tcase_add_test(tc, a_damaged_one_makes_no_sheet);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}

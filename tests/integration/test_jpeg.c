/* JPEGs as cameras send them, and as they had better not. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "thon/cleanup.h"
#include "thon/jpeg.h"

static struct thon_jpeg *jpeg;
static struct thon_picture picture;

static void make_decoder(void)
{
        ck_assert_int_eq(thon_jpeg_new(&jpeg), 0);
}
static void free_decoder(void)
{
        jpeg = thon_jpeg_free(jpeg);
}

/* Of one colour with a grain that is the same in all channels, so that its chroma is known. Freed by the caller. */
static uint8_t *made(int w, int h, int samples, int flags, const uint8_t rgb[3], size_t *ret_size)
{
        size_t pixels = (size_t)w * (size_t)h;
        _cleanup_free_ uint8_t *plane = malloc(pixels * 3);
        unsigned char *bytes = NULL;
        unsigned long size = 0;
        tjhandle tj = tjInitCompress();

        ck_assert(plane && tj);
        for (size_t i = 0; i < pixels; i++)
                for (size_t c = 0; c < 3; c++)
                        plane[3 * i + c] = (uint8_t)(rgb[c] + (i * 7919 >> 4) % 9 - 4);
        ck_assert_int_eq(tjCompress2(tj, plane, w, 0, h, TJPF_RGB, &bytes, &size, samples, 90, flags), 0);
        (void)tjDestroy(tj);
        uint8_t *copy = malloc(size);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, size);
        tjFree(bytes);
        *ret_size = size;
        return copy;
}

static const uint8_t red[3] = {190, 60, 40}, grey[3] = {90, 90, 90};

static int read_bytes(const uint8_t *bytes, size_t size)
{
        return thon_jpeg_read(jpeg, bytes, size, &picture, NULL, NULL);
}

/* ---- what is taken ---- */
START_TEST(every_size_and_sampling_gives_the_same_colours)
{
        static const int sizes[][2] = {{160, 120}, {352, 288},   {641, 479},
                                       {704, 576}, {1920, 1080}, {2560, 1440}};
        static const int samplings[] = {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440, TJSAMP_411};

        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
                for (size_t k = 0; k < sizeof(samplings) / sizeof(samplings[0]); k++) {
                        size_t size;
                        unsigned w, h;
                        _cleanup_free_ uint8_t *bytes =
                                made(sizes[i][0], sizes[i][1], samplings[k], 0, red, &size);
                        ck_assert_int_eq(thon_jpeg_read(jpeg, bytes, size, &picture, &w, &h), 0);
                        ck_assert_uint_eq(w, (unsigned)sizes[i][0]);
                        ck_assert_uint_eq(h, (unsigned)sizes[i][1]);
                        /* BT.601: Y 97, Cb 96, Cr 195 */
                        const char *where = "at this size and sampling";
                        ck_assert_msg(abs(picture.y[THON_PICTURE_W * 27 + 48] - 97) <= 4, "luma %d %s",
                                      picture.y[THON_PICTURE_W * 27 + 48], where);
                        ck_assert_msg(abs(picture.cb - 96) <= 2 && abs(picture.cr - 195) <= 2,
                                      "chroma %d %d of %dx%d, sampling %zu", picture.cb, picture.cr,
                                      sizes[i][0], sizes[i][1], k);
                        ck_assert_double_eq_tol(picture.colour, 99, 4);
                }
}
END_TEST

START_TEST(a_grey_one_has_no_colour)
{
        size_t size;
        _cleanup_free_ uint8_t *bytes = made(352, 288, TJSAMP_GRAY, 0, grey, &size);

        ck_assert_int_eq(read_bytes(bytes, size), 0);
        ck_assert_double_eq(picture.colour, 0);
        ck_assert_uint_eq(picture.cb, 128);
}
END_TEST

START_TEST(a_progressive_one_is_the_same_picture)
{
        struct thon_picture plain;
        size_t size, other_size;
        _cleanup_free_ uint8_t *bytes = made(704, 576, TJSAMP_420, 0, red, &size);
        _cleanup_free_ uint8_t *other = made(704, 576, TJSAMP_420, TJFLAG_PROGRESSIVE, red, &other_size);

        ck_assert_int_eq(read_bytes(bytes, size), 0);
        plain = picture;
        ck_assert_int_eq(read_bytes(other, other_size), 0);
        ck_assert_mem_eq(plain.y, picture.y, sizeof(plain.y));
        ck_assert_mem_eq(plain.print.blocks, picture.print.blocks, sizeof(plain.print.blocks));
        ck_assert_uint_ne(plain.print.digest, picture.print.digest);
}
END_TEST

START_TEST(a_few_bytes_behind_the_end_do_no_harm)
{
        size_t size;
        _cleanup_free_ uint8_t *bytes = made(352, 288, TJSAMP_420, 0, red, &size);
        _cleanup_free_ uint8_t *longer = calloc(1, size + 200);

        ck_assert_ptr_nonnull(longer);
        memcpy(longer, bytes, size);
        ck_assert_int_eq(read_bytes(longer, size + 60), 0);
        ck_assert_int_eq(read_bytes(longer, size + 200), THON_JPEG_NOT_ONE);
}
END_TEST

START_TEST(the_digest_is_of_every_byte)
{
        size_t size;
        _cleanup_free_ uint8_t *bytes = made(160, 120, TJSAMP_420, 0, red, &size);
        _cleanup_free_ uint8_t *longer = calloc(1, size + 7);
        uint32_t digest;

        ck_assert_ptr_nonnull(longer);
        ck_assert_int_eq(read_bytes(bytes, size), 0);
        digest = picture.print.digest;
        ck_assert_int_eq(read_bytes(bytes, size), 0);
        ck_assert_uint_eq(picture.print.digest, digest);
        for (size_t tail = 1; tail <= 7; tail++) { /* a byte at each place of the last word */
                memcpy(longer, bytes, size);
                longer[size + tail - 1] = 1;
                ck_assert_int_eq(read_bytes(longer, size + tail), 0);
                ck_assert_uint_ne(picture.print.digest, digest);
                longer[size + tail - 1] = 0;
        }
}
END_TEST

/* ---- what is not ---- */
START_TEST(what_is_no_picture_is_refused)
{
        char page[4096] = "<!DOCTYPE html><title>Login</title>";
        uint8_t nothing[4096] = {0xff, 0xd8};
        size_t size;
        _cleanup_free_ uint8_t *bytes = made(352, 288, TJSAMP_420, 0, red, &size);

        picture.cb = 77;
        ck_assert_int_eq(read_bytes((const uint8_t *)"", 0), THON_JPEG_NOT_ONE);
        ck_assert_int_eq(read_bytes((const uint8_t *)page, sizeof(page)), THON_JPEG_NOT_ONE);
        ck_assert_int_eq(read_bytes(nothing, sizeof(nothing)), THON_JPEG_NOT_ONE);
        nothing[sizeof(nothing) - 2] = 0xff;
        nothing[sizeof(nothing) - 1] = 0xd9;
        ck_assert_int_eq(read_bytes(nothing, sizeof(nothing)), THON_JPEG_DAMAGED);
        ck_assert_int_eq(read_bytes(bytes, THON_JPEG_MIN_BYTES - 1), THON_JPEG_NOT_ONE);
        ck_assert_int_eq(read_bytes(bytes, THON_JPEG_MAX_BYTES + 1), THON_JPEG_TOO_LARGE);
        ck_assert_int_eq(read_bytes(bytes, size - 3), THON_JPEG_NOT_ONE);
        ck_assert_uint_eq(picture.cb, 77); /* untouched */
}
END_TEST

START_TEST(half_a_picture_is_damaged_though_it_has_an_end)
{
        size_t size;
        _cleanup_free_ uint8_t *bytes = made(704, 576, TJSAMP_420, 0, red, &size);

        size /= 2;
        bytes[size - 2] = 0xff;
        bytes[size - 1] = 0xd9;
        ck_assert_int_eq(read_bytes(bytes, size), THON_JPEG_DAMAGED);
        /* And the decoder is as good as new. */
        _cleanup_free_ uint8_t *good = made(704, 576, TJSAMP_420, 0, red, &size);
        ck_assert_int_eq(read_bytes(good, size), 0);
}
END_TEST

START_TEST(a_picture_in_four_inks_is_refused)
{
        uint8_t plane[160 * 120 * 4];
        unsigned char *bytes = NULL;
        unsigned long size = 0;
        tjhandle tj = tjInitCompress();

        for (size_t i = 0; i < sizeof(plane); i++)
                plane[i] = (uint8_t)(i * 7919 >> 3);
        ck_assert_int_eq(tjCompress2(tj, plane, 160, 0, 120, TJPF_CMYK, &bytes, &size, TJSAMP_444, 90, 0),
                         0);
        ck_assert_int_eq(read_bytes(bytes, size), THON_JPEG_DAMAGED);
        tjFree(bytes);
        (void)tjDestroy(tj);
}
END_TEST

/* Where its frame header is. */
static size_t frame_of(const uint8_t *bytes, size_t size)
{
        for (size_t i = 2; i + 9 < size; i += 2u + ((size_t)bytes[i + 2] << 8 | bytes[i + 3]))
                if (bytes[i + 1] == 0xc0 || bytes[i + 1] == 0xc2)
                        return i;
        ck_abort_msg("no frame");
        return 0;
}

static int with_side(const uint8_t *bytes, size_t size, unsigned w, unsigned h)
{
        _cleanup_free_ uint8_t *copy = malloc(size);
        size_t at = frame_of(bytes, size);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, size);
        copy[at + 5] = (uint8_t)(h >> 8);
        copy[at + 6] = (uint8_t)h;
        copy[at + 7] = (uint8_t)(w >> 8);
        copy[at + 8] = (uint8_t)w;
        return read_bytes(copy, size);
}

START_TEST(a_few_bytes_that_claim_a_huge_picture_are_refused_before_anything_is_made_for_it)
{
        size_t size, progressive_size;
        _cleanup_free_ uint8_t *plain = made(352, 288, TJSAMP_420, 0, red, &size);
        _cleanup_free_ uint8_t *progressive =
                made(352, 288, TJSAMP_420, TJFLAG_PROGRESSIVE, red, &progressive_size);

        ck_assert_int_eq(with_side(plain, size, 65535, 65535), THON_JPEG_TOO_LARGE);
        ck_assert_int_eq(with_side(plain, size, 8193, 16), THON_JPEG_TOO_LARGE);
        ck_assert_int_eq(with_side(plain, size, 8000, 8000), THON_JPEG_TOO_LARGE);
        ck_assert_int_eq(with_side(plain, size, 0, 288), THON_JPEG_DAMAGED);
        ck_assert_int_eq(with_side(plain, size, 352, 0), THON_JPEG_DAMAGED);
        ck_assert_int_eq(with_side(plain, size, 8, 8), THON_JPEG_DAMAGED);
        /* All of it is held while scans are gathered, so less is allowed. */
        ck_assert_int_eq(with_side(progressive, progressive_size, 3000, 2000), THON_JPEG_TOO_LARGE);
}
END_TEST

START_TEST(a_thousand_scans_are_refused)
{
        size_t size;
        _cleanup_free_ uint8_t *bytes = made(160, 120, TJSAMP_420, TJFLAG_PROGRESSIVE, red, &size);
        size_t last = 0;

        for (size_t i = 0; i + 1 < size; i++)
                if (bytes[i] == 0xff && bytes[i + 1] == 0xda)
                        last = i;
        ck_assert_uint_gt(last, 0);
        size_t scan = size - 2 - last, whole = last + 1000 * scan + 2;
        _cleanup_free_ uint8_t *bomb = malloc(whole);
        ck_assert_ptr_nonnull(bomb);
        memcpy(bomb, bytes, last);
        for (size_t i = 0; i < 1000; i++)
                memcpy(bomb + last + i * scan, bytes + last, scan);
        bomb[whole - 2] = 0xff;
        bomb[whole - 1] = 0xd9;
        ck_assert_int_eq(read_bytes(bomb, whole), THON_JPEG_DAMAGED);
}
END_TEST

START_TEST(spoilt_bytes_are_a_picture_or_an_error_and_nothing_else)
{
        const char *wanted = getenv("THON_SEED");
        unsigned seed = 4, taken = 0;
        size_t size;
        _cleanup_free_ uint8_t *bytes = made(352, 288, TJSAMP_420, _i ? TJFLAG_PROGRESSIVE : 0, red, &size);
        _cleanup_free_ uint8_t *spoilt = malloc(size);

        if (wanted)
                ck_assert_int_eq(sscanf(wanted, "%u", &seed), 1);
        uint32_t state = seed;
        ck_assert_ptr_nonnull(spoilt);
        for (int i = 0; i < 400; i++) {
                memcpy(spoilt, bytes, size);
                for (int k = 0; k <= i % 4; k++) {
                        state = state * 1664525u + 1013904223u;
                        size_t at = (state >> 4) % (i % 2 ? 700 : size);
                        state = state * 1664525u + 1013904223u;
                        spoilt[at] = (uint8_t)(state >> 24);
                }
                int r = read_bytes(spoilt, size);
                ck_assert_msg(r >= 0 && r <= THON_JPEG_DAMAGED, "seed %u, round %d: %d", seed, i, r);
                taken += r == 0;
        }
        ck_assert_msg(taken < 400, "seed %u: all were taken", seed);
}
END_TEST

START_TEST(every_error_has_words)
{
        for (int e = 0; e <= THON_JPEG_DAMAGED; e++)
                ck_assert_uint_gt(strlen(thon_jpeg_error_text((enum thon_jpeg_error)e)), 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("jpeg");
        TCase *taken = tcase_create("taken"), *refused = tcase_create("refused");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(taken, make_decoder, free_decoder);
        tcase_add_test(taken, every_size_and_sampling_gives_the_same_colours);
        tcase_add_test(taken, a_grey_one_has_no_colour);
        tcase_add_test(taken, a_progressive_one_is_the_same_picture);
        tcase_add_test(taken, a_few_bytes_behind_the_end_do_no_harm);
        tcase_add_test(taken, the_digest_is_of_every_byte);
        tcase_set_timeout(taken, 60);
        suite_add_tcase(suite, taken);
        tcase_add_checked_fixture(refused, make_decoder, free_decoder);
        tcase_add_test(refused, what_is_no_picture_is_refused);
        tcase_add_test(refused, half_a_picture_is_damaged_though_it_has_an_end);
        tcase_add_test(refused, a_picture_in_four_inks_is_refused);
        tcase_add_test(refused,
                       a_few_bytes_that_claim_a_huge_picture_are_refused_before_anything_is_made_for_it);
        tcase_add_test(refused, a_thousand_scans_are_refused);
        tcase_add_loop_test(refused, spoilt_bytes_are_a_picture_or_an_error_and_nothing_else, 0, 2);
        tcase_add_test(refused, every_error_has_words);
        tcase_set_timeout(refused, 60);
        suite_add_tcase(suite, refused);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

/* Picture health by synthetic planes: what the measures are, and how verdicts come, stand and go. How well they do on scenes
 * is another test (tests/integration/test_picture_verdicts.c). */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/camera_picture.h"

enum { W = 176, H = 144, CW = W / 2, CH = H / 2, MINUTE = 60, USUAL = 300 };

/* ---- a camera and what it looks at ---- */
static struct thon_picture_watch watch;
static uint8_t luma[H][W], cb[CH][CW], cr[CH][CW];
static uint32_t noise_state;
static int64_t now_s;
static bool ptz, grey;

static uint32_t mix(uint32_t x)
{
        x = (x ^ (x >> 16)) * 0x7feb352du;
        x = (x ^ (x >> 15)) * 0x846ca68bu;
        return x ^ (x >> 16);
}

static int noise(int most)
{
        noise_state = mix(noise_state + 0x9e3779b9u);
        return (int)(noise_state % (unsigned)(2 * most + 1)) - most;
}

static uint8_t clamp(int v)
{
        return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* A wall of bricks, each of its own shade, three in four grained; seen from `shift` pixels aside. */
static void draw_scene(int shift)
{
        for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++) {
                        int u = x + shift;
                        uint32_t brick = mix((uint32_t)(u / 14 * 131 + y / 10) + 7);
                        uint32_t grain = mix((uint32_t)(u * 977 + y) + 99);
                        luma[y][x] = clamp(60 + (int)(brick % 120) +
                                           (brick / 256 % 4 ? (int)(grain % 31) - 15 : 0));
                }
        for (int y = 0; y < CH; y++)
                for (int x = 0; x < CW; x++) {
                        uint32_t brick = mix((uint32_t)((x + shift / 2) / 7 * 131 + y / 5) + 17);
                        cb[y][x] = (uint8_t)(118 + brick % 20);
                        cr[y][x] = (uint8_t)(116 + brick / 32 % 24);
                }
}

static void add_noise(int most)
{
        for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                        luma[y][x] = clamp(luma[y][x] + noise(most));
}

static void blur(int radius)
{
        static uint8_t from[H][W];

        memcpy(from, luma, sizeof(from));
        for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++) {
                        int sum = 0, n = 0;
                        for (int j = -radius; j <= radius; j++)
                                for (int i = -radius; i <= radius; i++)
                                        if (y + j >= 0 && y + j < H && x + i >= 0 && x + i < W) {
                                                sum += from[y + j][x + i];
                                                n++;
                                        }
                        luma[y][x] = (uint8_t)(sum / n);
                }
}

static void fill(int left, int top, int right, int bottom, int value, int across)
{
        for (int y = top; y < bottom; y++)
                for (int x = left; x < right; x++)
                        luma[y][x] = clamp(value + across * (x - left) / (right - left));
}

static struct thon_picture reduced(void)
{
        struct thon_picture picture;
        uint32_t digest = 0;

        for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                        digest = mix(digest + luma[y][x]);
        ck_assert_int_eq(thon_picture_reduce(luma[0], W, H, W, grey ? NULL : cb[0], grey ? NULL : cr[0], CW,
                                             CH, CW, digest, &picture),
                         0);
        return picture;
}

static struct thon_picture_judgement look_after(int64_t seconds)
{
        struct thon_picture picture = reduced();

        now_s += seconds;
        return thon_picture_look(&watch, &picture, ptz, (struct thon_mono){(uint64_t)now_s * 1000000});
}

static struct thon_picture_judgement good_look(void)
{
        draw_scene(0);
        add_noise(3);
        return look_after(USUAL);
}

static void begin(void)
{
        thon_picture_watch_init(&watch);
        noise_state = 1;
        now_s = 1000;
        ptz = grey = false;
        for (int i = 0; i < 2 * THON_BASELINE_ENOUGH; i++)
                ck_assert_int_eq(good_look().standing, THON_CAMERA_OK);
}

/* The same fault in `n` pictures, a minute apart; what stands then. */
static enum thon_camera_verdict see(void (*fault)(void), int n)
{
        struct thon_picture_judgement j = {.standing = THON_CAMERA_OK};

        for (int i = 0; i < n; i++) {
                draw_scene(0);
                fault();
                add_noise(3);
                j = look_after(MINUTE);
        }
        return j.standing;
}

static void black(void)
{
        memset(luma, 8, sizeof(luma));
        memset(cb, 128, sizeof(cb));
        memset(cr, 128, sizeof(cr));
}
static void black_with_overlay(void)
{
        black();
        for (int x = 6; x < 120; x += 3)
                fill(x, 4, x + 2, 9, 235, 0);
}
static void cover_most(void)
{
        fill(0, 50, W, H, 90, 60);
}
static void cover_all(void)
{
        fill(0, 0, W, H, 60, 60);
}
static void spray(void)
{
        fill(4, 4, W, H, 130, 3);
}
static void defocus(void)
{
        blur(4);
}
static void turn(void)
{
        draw_scene(61);
}
static void nothing(void)
{
}

/* ---- measures ---- */
START_TEST(planes_of_any_size_become_the_same_small_picture)
{
        static const size_t sizes[][2] = {{16, 9},  {44, 36},   {95, 53}, {96, 54},
                                          {97, 55}, {240, 135}, {500, 17}};

        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                size_t w = sizes[i][0], h = sizes[i][1], stride = w + 5;
                uint8_t *plane = malloc(stride * h);
                struct thon_picture picture;
                ck_assert_ptr_nonnull(plane);
                memset(plane, 200, stride * h); /* what lies beyond the width would show */
                for (size_t y = 0; y < h; y++)
                        for (size_t x = 0; x < w; x++)
                                plane[y * stride + x] = (uint8_t)(100 * x / w);
                ck_assert_int_eq(thon_picture_reduce(plane, w, h, stride, NULL, NULL, 0, 0, 0, 7, &picture),
                                 0);
                for (size_t x = 0; x < THON_PICTURE_W; x++) {
                        int want = (int)(100 * x / THON_PICTURE_W);
                        int top = picture.y[x];
                        int bottom = picture.y[(THON_PICTURE_H - 1) * THON_PICTURE_W + x];
                        ck_assert_msg(abs(top - want) <= 8 && abs(bottom - want) <= 8,
                                      "%zux%zu at %zu: %d, %d", w, h, x, top, bottom);
                }
                ck_assert_uint_eq(picture.cb, 128);
                ck_assert_double_eq(picture.colour, 0);
                ck_assert_uint_eq(picture.print.digest, 7);
                free(plane);
        }
}
END_TEST

START_TEST(planes_that_are_none_are_refused)
{
        struct thon_picture picture;

        ck_assert_int_eq(thon_picture_reduce(luma[0], 15, 9, 15, NULL, NULL, 0, 0, 0, 0, &picture), -EINVAL);
        ck_assert_int_eq(thon_picture_reduce(luma[0], 16, 8, 16, NULL, NULL, 0, 0, 0, 0, &picture), -EINVAL);
        ck_assert_int_eq(thon_picture_reduce(luma[0], 40, 40, 39, NULL, NULL, 0, 0, 0, 0, &picture),
                         -EINVAL);
        ck_assert_int_eq(thon_picture_reduce(luma[0], 40000, 40, 40000, NULL, NULL, 0, 0, 0, 0, &picture),
                         -EINVAL);
        ck_assert_int_eq(thon_picture_reduce(luma[0], W, H, W, cb[0], cr[0], 0, 0, 0, 0, &picture), -EINVAL);
}
END_TEST

START_TEST(features_say_what_is_in_the_picture)
{
        struct thon_picture_features sharp, soft, flat;
        struct thon_picture picture;

        grey = false;
        draw_scene(0);
        picture = reduced();
        thon_picture_features(&picture, &sharp);
        ck_assert(!sharp.infrared);
        ck_assert_double_gt(sharp.structure, .6);
        ck_assert_double_lt(sharp.one_colour, .4);
        ck_assert_double_eq(sharp.dark, 0);

        blur(3);
        picture = reduced();
        thon_picture_features(&picture, &soft);
        ck_assert_double_lt(soft.sharpness, sharp.sharpness / 2);
        ck_assert_double_eq_tol(soft.mean, sharp.mean, 2);

        grey = true;
        memset(luma, 20, sizeof(luma));
        picture = reduced();
        thon_picture_features(&picture, &flat);
        ck_assert(flat.infrared);
        ck_assert_double_eq(flat.dark, 1);
        ck_assert_double_eq(flat.structure, 0);
        ck_assert_double_eq(flat.one_colour, 1);
        ck_assert_double_eq(flat.sharpness, 0);
}
END_TEST

/* ---- one fault after another ---- */
static const struct {
        const char *name;
        void (*make)(void);
        enum thon_camera_verdict verdict;
} faults[] = {
        {"black", black, THON_CAMERA_BLACK},
        {"black with its overlay", black_with_overlay, THON_CAMERA_BLACK},
        {"most is covered", cover_most, THON_CAMERA_COVERED},
        {"all is covered", cover_all, THON_CAMERA_COVERED},
        {"sprayed", spray, THON_CAMERA_SPRAYED},
        {"defocused", defocus, THON_CAMERA_DEFOCUSED},
        {"turned", turn, THON_CAMERA_MOVED},
};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

START_TEST(three_pictures_confirm_and_two_good_ones_end_it)
{
        begin();
        ck_assert_int_eq(see(faults[_i].make, 2), THON_CAMERA_OK);
        ck_assert_msg(see(faults[_i].make, 1) == faults[_i].verdict, "%s: stands as %s", faults[_i].name,
                      watch.standing == THON_CAMERA_OK ? "ok" : "something else");
        ck_assert_int_eq(see(faults[_i].make, 30), faults[_i].verdict);
        ck_assert_int_eq(good_look().standing, faults[_i].verdict);
        ck_assert_int_eq(good_look().standing, THON_CAMERA_OK);
        ck_assert(good_look().good);
}
END_TEST

START_TEST(a_suspect_is_looked_at_sooner_until_it_is_clear)
{
        struct thon_picture_judgement j;

        begin();
        ck_assert(!good_look().sooner);
        black();
        j = look_after(USUAL);
        ck_assert(j.sooner && !j.good && j.this_one == THON_CAMERA_BLACK && j.standing == THON_CAMERA_OK);
        (void)look_after(MINUTE);
        j = look_after(MINUTE);
        ck_assert(!j.sooner && j.standing == THON_CAMERA_BLACK);
        j = good_look();
        ck_assert(j.sooner && !j.good && j.standing == THON_CAMERA_BLACK);
        j = good_look();
        ck_assert(!j.sooner && j.good && j.standing == THON_CAMERA_OK);
}
END_TEST

START_TEST(pictures_of_one_moment_count_once)
{
        begin();
        black();
        for (int i = 0; i < 20; i++)
                ck_assert_int_eq(look_after(i == 0 ? USUAL : 5).standing,
                                 i < 12 ? THON_CAMERA_OK : watch.standing);
        ck_assert_int_le(watch.votes[THON_CAMERA_BLACK], 2);
        ck_assert_int_eq(watch.standing, THON_CAMERA_OK);
}
END_TEST

START_TEST(a_fault_that_comes_and_goes_between_pictures_is_not_told)
{
        begin();
        for (int i = 0; i < 20; i++) {
                ck_assert_int_eq(see(cover_all, 1), THON_CAMERA_OK);
                ck_assert_int_eq(good_look().standing, THON_CAMERA_OK);
        }
}
END_TEST

START_TEST(one_fault_may_turn_into_another)
{
        begin();
        ck_assert_int_eq(see(cover_most, 3), THON_CAMERA_COVERED);
        ck_assert_int_eq(see(black, 2), THON_CAMERA_COVERED);
        ck_assert_int_eq(see(black, 1), THON_CAMERA_BLACK);
}
END_TEST

START_TEST(a_camera_on_its_round_has_not_moved)
{
        begin();
        ptz = true;
        ck_assert_int_eq(see(turn, 5), THON_CAMERA_OK);
        ck_assert_int_eq(see(cover_all, 3), THON_CAMERA_COVERED);
}
END_TEST

START_TEST(a_camera_is_not_judged_against_a_past_that_it_does_not_have)
{
        thon_picture_watch_init(&watch);
        noise_state = 1;
        now_s = 1000;
        ptz = grey = false;
        ck_assert_int_eq(see(nothing, 3), THON_CAMERA_OK);
        ck_assert_int_eq(see(turn, 3), THON_CAMERA_OK);
        ck_assert_int_eq(see(defocus, 3), THON_CAMERA_OK);
        ck_assert_int_eq(see(black, 3), THON_CAMERA_BLACK); /* that needs none */
}
END_TEST

/* ---- frozen ---- */
START_TEST(a_picture_that_is_the_same_to_the_last_bit_is_frozen)
{
        begin();
        good_look();
        ck_assert_int_eq(look_after(USUAL).this_one, THON_CAMERA_FROZEN);
        ck_assert_int_eq(look_after(MINUTE).standing, THON_CAMERA_OK);
        ck_assert_int_eq(look_after(MINUTE).standing, THON_CAMERA_FROZEN);
        ck_assert_int_eq(good_look().standing, THON_CAMERA_FROZEN);
        ck_assert_int_eq(good_look().standing, THON_CAMERA_OK);
}
END_TEST

START_TEST(the_clock_of_the_overlay_may_go_on_in_a_frozen_picture)
{
        struct thon_picture_judgement j;

        begin();
        good_look();
        for (int i = 0; i < 4; i++) {
                fill(10, 3, 90, 12, 40 * i, 100); /* a line of digits */
                j = look_after(MINUTE);
        }
        ck_assert_int_eq(j.standing, THON_CAMERA_FROZEN);
}
END_TEST

START_TEST(a_still_scene_is_not_frozen_its_noise_lives)
{
        begin();
        for (int i = 0; i < 50; i++) {
                draw_scene(0);
                add_noise(1);
                ck_assert_int_eq(look_after(MINUTE).this_one, THON_CAMERA_OK);
        }
}
END_TEST

START_TEST(what_moves_over_more_than_a_clock_is_alive)
{
        begin();
        good_look();
        for (int i = 0; i < 4; i++) {
                fill(20 + 10 * i, 60, 40 + 10 * i, 110, 120,
                     0); /* somebody walks through a denoised night */
                ck_assert_int_eq(look_after(MINUTE).this_one, THON_CAMERA_OK);
        }
}
END_TEST

/* ---- day and infrared ---- */
START_TEST(around_the_switch_to_infrared_it_is_quiet)
{
        begin();
        grey = true;
        draw_scene(0);
        add_noise(3);
        ck_assert_int_eq(look_after(USUAL).standing, THON_CAMERA_OK);
        ck_assert_int_eq(watch.mode, THON_PICTURE_INFRARED);
        /* The picture stands still while the filter turns and the lens hunts: three times the same. */
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(look_after(MINUTE).this_one, THON_CAMERA_UNKNOWN);
        ck_assert_int_eq(watch.standing, THON_CAMERA_OK);
        /* That is no excuse for longer than five minutes. */
        for (int i = 0; i < 4; i++)
                (void)look_after(2 * MINUTE);
        ck_assert_int_eq(watch.standing, THON_CAMERA_FROZEN);
}
END_TEST

START_TEST(night_is_measured_against_nights)
{
        begin();
        grey = true;
        for (int night = 0; night < 2 * THON_BASELINE_ENOUGH; night++) {
                draw_scene(500); /* the infrared lamp makes another picture of it */
                add_noise(3);
                ck_assert_int_eq(look_after(USUAL).standing, THON_CAMERA_OK);
        }
        ck_assert_uint_ge(watch.baselines[THON_PICTURE_INFRARED].pictures, THON_BASELINE_ENOUGH);
        grey = false;
        ck_assert_int_eq(good_look().standing, THON_CAMERA_OK);
        ck_assert_int_eq(good_look().this_one, THON_CAMERA_OK);
        ck_assert_int_eq(see(turn, 3), THON_CAMERA_MOVED);
}
END_TEST

/* ---- learning ---- */
START_TEST(nothing_is_learned_of_a_fault_nor_while_one_is_suspect)
{
        struct thon_baseline before[THON_PICTURE_MODES];

        begin();
        memcpy(before, watch.baselines, sizeof(before));
        (void)see(faults[_i].make, 40);
        (void)good_look(); /* the first good one does not end it yet */
        ck_assert_mem_eq(before, watch.baselines, sizeof(before));
        (void)good_look();
        (void)good_look();
        ck_assert_mem_ne(before, watch.baselines, sizeof(before));
}
END_TEST

START_TEST(what_changes_slowly_is_learned)
{
        begin();
        for (int day = 0; day < 40; day++)
                for (int i = 0; i < 40; i++) { /* a wall rises, brick by brick, flat and grey */
                        draw_scene(0);
                        fill(0, H - 3 * day, W / 2, H, 130, 40);
                        add_noise(3);
                        struct thon_picture_judgement j = look_after(USUAL);
                        ck_assert_msg(j.standing == THON_CAMERA_OK, "on day %d", day);
                }
}
END_TEST

/* Half the contrast, everywhere. */
static void fog(void)
{
        for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                        luma[y][x] = (uint8_t)(75 + luma[y][x] * 2 / 5);
}

static void fog_and_cover(void)
{
        fog();
        cover_most();
}

START_TEST(fog_is_no_fault_and_no_lesson_but_what_lasts_is_learned)
{
        struct thon_baseline before[THON_PICTURE_MODES];

        begin();
        memcpy(before, watch.baselines, sizeof(before));
        ck_assert_int_eq(see(fog, 150), THON_CAMERA_OK); /* two hours and a half */
        ck_assert_mem_eq(before, watch.baselines, sizeof(before));
        ck_assert_int_eq(see(cover_most, 3), THON_CAMERA_OK); /* who could tell */
        ck_assert_int_eq(see(cover_all, 3), THON_CAMERA_COVERED);
        (void)good_look();
        ck_assert_int_eq(good_look().standing, THON_CAMERA_OK);

        ck_assert_int_eq(see(fog, 400), THON_CAMERA_OK); /* a lens that is dull for good */
        ck_assert_mem_ne(before, watch.baselines, sizeof(before));
        ck_assert_int_eq(see(fog_and_cover, 3), THON_CAMERA_COVERED);
}
END_TEST

START_TEST(a_person_may_say_that_it_is_meant_to_look_so)
{
        begin();
        ck_assert_int_eq(see(turn, 3), THON_CAMERA_MOVED);
        thon_picture_relearn(&watch);
        ck_assert(watch.dirty);
        ck_assert_int_eq(see(turn, 2 * THON_BASELINE_ENOUGH), THON_CAMERA_OK);
        ck_assert_int_eq(see(nothing, 3), THON_CAMERA_MOVED);
}
END_TEST

START_TEST(baselines_are_worth_writing_about_once_a_day)
{
        unsigned dirty = 0;

        begin();
        for (int i = 0; i < 4 * 288; i++) {
                watch.dirty = false;
                (void)good_look();
                dirty += watch.dirty;
        }
        ck_assert_uint_ge(dirty, 4);
        ck_assert_uint_le(dirty, 5);
}
END_TEST

START_TEST(a_standing_verdict_outlives_a_restart)
{
        begin();
        thon_picture_restore(&watch, THON_CAMERA_COVERED);
        ck_assert_int_eq(good_look().standing, THON_CAMERA_COVERED);
        ck_assert_int_eq(good_look().standing, THON_CAMERA_OK);
        thon_picture_restore(&watch, THON_CAMERA_NO_POWER);
        ck_assert_int_eq(watch.standing, THON_CAMERA_OK);
}
END_TEST

/* ---- as text ---- */
START_TEST(baselines_are_read_back_as_they_were_written)
{
        struct thon_picture_watch read;
        char text[THON_BASELINES_TEXT], again[THON_BASELINES_TEXT];

        begin();
        thon_baselines_text(&watch, text);
        ck_assert_uint_lt(strlen(text), sizeof(text));
        thon_picture_watch_init(&read);
        ck_assert(thon_baselines_parse(&read, text));
        thon_baselines_text(&read, again);
        ck_assert_str_eq(text, again);

        watch = read;
        ck_assert_int_eq(see(nothing, 3), THON_CAMERA_OK);
        ck_assert_int_eq(see(turn, 3), THON_CAMERA_MOVED);
}
END_TEST

START_TEST(damaged_text_changes_nothing)
{
        struct thon_picture_watch read, untouched;
        char text[THON_BASELINES_TEXT], damaged[THON_BASELINES_TEXT + 1];

        begin();
        thon_baselines_text(&watch, text);
        thon_picture_watch_init(&read);
        untouched = read;
        size_t length = strlen(text);
        for (size_t cut = 0; cut < length; cut++) {
                memcpy(damaged, text, cut);
                damaged[cut] = '\0';
                ck_assert_msg(!thon_baselines_parse(&read, damaged), "cut at %zu", cut);
        }
        for (size_t at = 0; at < length; at++) {
                memcpy(damaged, text, length + 1);
                damaged[at] = 'x';
                ck_assert_msg(!thon_baselines_parse(&read, damaged), "spoilt at %zu", at);
        }
        memcpy(damaged, text, length);
        memcpy(damaged + length, "0", 2);
        ck_assert(!thon_baselines_parse(&read, damaged));
        ck_assert(!thon_baselines_parse(&read, "1 99999999999999999999 0 0 0 0 "));
        ck_assert(!thon_baselines_parse(&read, "2 0 0 0 0 0 "));
        ck_assert_mem_eq(&read, &untouched, sizeof(read));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera picture");
        TCase *measures = tcase_create("measures"), *verdicts = tcase_create("verdicts");
        TCase *learning = tcase_create("learning"), *text = tcase_create("text");
        SRunner *runner;
        int failed;

        tcase_add_test(measures, planes_of_any_size_become_the_same_small_picture);
        tcase_add_test(measures, planes_that_are_none_are_refused);
        tcase_add_test(measures, features_say_what_is_in_the_picture);
        suite_add_tcase(suite, measures);
        tcase_add_loop_test(verdicts, three_pictures_confirm_and_two_good_ones_end_it, 0, FAULTS);
        tcase_add_test(verdicts, a_suspect_is_looked_at_sooner_until_it_is_clear);
        tcase_add_test(verdicts, pictures_of_one_moment_count_once);
        tcase_add_test(verdicts, a_fault_that_comes_and_goes_between_pictures_is_not_told);
        tcase_add_test(verdicts, one_fault_may_turn_into_another);
        tcase_add_test(verdicts, a_camera_on_its_round_has_not_moved);
        tcase_add_test(verdicts, a_camera_is_not_judged_against_a_past_that_it_does_not_have);
        tcase_add_test(verdicts, a_picture_that_is_the_same_to_the_last_bit_is_frozen);
        tcase_add_test(verdicts, the_clock_of_the_overlay_may_go_on_in_a_frozen_picture);
        tcase_add_test(verdicts, a_still_scene_is_not_frozen_its_noise_lives);
        tcase_add_test(verdicts, what_moves_over_more_than_a_clock_is_alive);
        tcase_add_test(verdicts, around_the_switch_to_infrared_it_is_quiet);
        tcase_add_test(verdicts, night_is_measured_against_nights);
        suite_add_tcase(suite, verdicts);
        tcase_add_loop_test(learning, nothing_is_learned_of_a_fault_nor_while_one_is_suspect, 0, FAULTS);
        tcase_add_test(learning, what_changes_slowly_is_learned);
        tcase_add_test(learning, fog_is_no_fault_and_no_lesson_but_what_lasts_is_learned);
        tcase_add_test(learning, a_person_may_say_that_it_is_meant_to_look_so);
        tcase_add_test(learning, baselines_are_worth_writing_about_once_a_day);
        tcase_add_test(learning, a_standing_verdict_outlives_a_restart);
        tcase_set_timeout(learning, 60);
        suite_add_tcase(suite, learning);
        tcase_add_test(text, baselines_are_read_back_as_they_were_written);
        tcase_add_test(text, damaged_text_changes_nothing);
        suite_add_tcase(suite, text);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

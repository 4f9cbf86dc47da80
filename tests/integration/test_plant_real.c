/* The plant and the voice with the true thon-player, into files: what a fake cannot show is how fast it is, and that there is sound. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Of the build that this test is of: beside the directory it is in. */
static const char *real_player(void)
{
        static char path[PATH_MAX + 32];
        char self[PATH_MAX] = "";

        if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
                return "";
        (void)snprintf(path, sizeof path, "%s/../thon-player", dirname(self));
        return path;
}
#define PLANT_PLAYER real_player()
#include "../../src/announced/voice.h"
#include "plant_fixture.h"

#define RATE    48000
#define MINUTES 2

/* A prepared sound: a tone of 440 Hz. */
static void tone_file(char ret[static 160], unsigned seconds)
{
        static int16_t samples[RATE * MINUTES * 60];
        uint32_t size = seconds * RATE * 2;
        uint32_t head[11] = {0x46464952, 36 + size, 0x45564157, 0x20746d66, 16,  0x00010001,
                             RATE,       RATE * 2,  0x00100002, 0x61746164, size};
        FILE *f;

        ck_assert_uint_le(seconds, MINUTES * 60);
        for (uint32_t i = 0; i < seconds * RATE; i++)
                samples[i] = (int16_t)(8000 * sin(i * 2 * 3.14159265358979 * 440 / RATE));
        (void)snprintf(ret, 160, "%s/tone-%u.wav", dir, seconds);
        f = fopen(ret, "we");
        ck_assert_ptr_nonnull(f);
        ck_assert_uint_eq(fwrite(head, 1, sizeof head, f), sizeof head);
        ck_assert_uint_eq(fwrite(samples, 1, size, f), size);
        ck_assert_int_eq(fclose(f), 0);
}

/* Seconds of sound in the file that a zone played to; *ret_db its level. The last one, when there are several. */
static double played(size_t zone, double *ret_db)
{
        static char data[RATE * 2 * 60];
        char path[160];
        double sum = 0;
        size_t size, n;
        FILE *f;

        sink_of(zone, path);
        f = fopen(path, "re");
        ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
        size = fread(data, 1, sizeof data, f);
        (void)fclose(f);
        ck_assert_uint_gt(size, 44);
        ck_assert_int_eq(memcmp(data, "RIFF", 4), 0);
        n = (size - 44) / 2;
        for (size_t i = 0; i < n; i++) {
                int16_t s;

                memcpy(&s, data + 44 + 2 * i, 2);
                sum += (double)s * s / 32768 / 32768;
        }
        *ret_db = 10 * log10(sum / (double)n + 1e-12);
        return (double)n / RATE;
}

static pid_t only_child(void)
{
        char path[64], text[256] = "";
        int first = 0, more = 0;
        FILE *f;

        (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
        f = fopen(path, "re");
        ck_assert_ptr_nonnull(f);
        ck_assert_ptr_nonnull(fgets(text, sizeof text, f));
        (void)fclose(f);
        ck_assert_int_eq(sscanf(text, "%d %d", &first, &more), 1);
        return first;
}

START_TEST(a_bulletin_is_heard_in_the_file)
{
        char tone[160];
        double db;

        tone_file(tone, 2);
        plant_open(NULL);
        air(0, 1, tone);
        UNTIL(event, NULL, 8000, n_ended == 1);
        ck_assert_msg(ended[0].how == PLANT_PLAYED, "%s", ended[0].why);
        ck_assert_double_eq_tol((double)ended[0].position_us / 1e6, 2, 0.01);
        /* a sine of 8000: -12.2 dBFS its peak, -15.3 its mean power */
        ck_assert_double_eq_tol(ended[0].level_db, -15.3, 0.3);
        ck_assert_double_eq_tol(played(0, &db), 2, 0.05);
        ck_assert_double_eq_tol(db, -15.3, 0.3);
}
END_TEST

START_TEST(a_stop_is_a_fade_and_its_place_is_known)
{
        char tone[160];
        double db, seconds;

        tone_file(tone, 60);
        plant_open(NULL);
        ck_assert_int_eq(air_from(0, 1, tone, 20000000, false), 0);
        UNTIL(event, NULL, 5000, n_started == 1);
        uint64_t at = mono_ms() + 700;
        UNTIL(event, NULL, 5000, mono_ms() >= at);
        plant_stop(plant, 1);
        UNTIL(event, NULL, 2000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_STOPPED);
        seconds = played(0, &db);
        ck_assert_double_eq_tol((double)(ended[0].position_us - 20000000) / 1e6, seconds, 0.15);
}
END_TEST

START_TEST(an_emergency_is_on_air_soon_after_the_stop_of_what_was)
{
        char tone[160];

        tone_file(tone, 60);
        plant_open(NULL);
        for (int i = 0; i < 5; i++) {
                size_t s = n_started, e = n_ended;
                uint64_t at;

                air(0, 2 * i + 1, tone);
                UNTIL(event, NULL, 5000, n_started == s + 1);
                at = mono_ms();
                plant_stop(plant, 2 * i + 1);
                UNTIL(event, NULL, 2000, n_ended == e + 1);
                ck_assert_int_eq(air_from(0, 2 * i + 2, tone, 0, true), 0);
                UNTIL(event, NULL, 2000, n_started == s + 2);
                /* 300 ms on an idle machine; tests share theirs */
                ck_assert_uint_le(mono_ms() - at, 800);
                plant_stop(plant, 2 * i + 2);
                UNTIL(event, NULL, 2000, n_ended == e + 2);
        }
}
END_TEST

START_TEST(a_player_that_is_killed_is_replaced)
{
        char tone[160];
        uint64_t at;

        tone_file(tone, 60);
        plant_open(NULL);
        UNTIL(event, NULL, 60000, no_children()); /* the one that warms */
        air(0, 1, tone);
        UNTIL(event, NULL, 5000, n_started == 1);
        at = mono_ms();
        ck_assert_int_eq(kill(only_child(), SIGKILL), 0);
        UNTIL(event, NULL, 3000, n_ended == 1);
        ck_assert_uint_le(mono_ms() - at, 1000);
        ck_assert_int_eq(ended[0].how, PLANT_BROKE);
        ck_assert_ptr_nonnull(strstr(ended[0].why, "KILL"));
        ck_assert_int_eq(air_from(0, 2, tone, ended[0].position_us, false), 0);
        UNTIL(event, NULL, 5000, n_started == 2);
        ck_assert_str_eq(PLAYER(0), "");
}
END_TEST

START_TEST(a_player_that_stands_still_is_told_within_three_seconds)
{
        char tone[160];
        uint64_t at;

        tone_file(tone, 60);
        plant_open(NULL);
        UNTIL(event, NULL, 60000, no_children());
        air(0, 1, tone);
        UNTIL(event, NULL, 5000, n_started == 1);
        at = mono_ms();
        ck_assert_int_eq(kill(only_child(), SIGSTOP), 0);
        UNTIL(event, NULL, 4000, n_ended == 1);
        ck_assert_uint_le(mono_ms() - at, 3200);
        ck_assert_int_eq(ended[0].how, PLANT_BROKE);
        ck_assert(no_children());
}
END_TEST

START_TEST(a_file_that_is_not_there_breaks)
{
        plant_open(NULL);
        air(0, 1, "/nothing/here.wav");
        UNTIL(event, NULL, 5000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_BROKE);
        ck_assert_msg(strstr(ended[0].why, "input"), "%s", ended[0].why);
}
END_TEST

START_TEST(eight_zones_do_not_wait_for_each_other)
{
        static struct thon_air_zone_conf many[8];
        char tone[160];
        uint64_t at;

        tone_file(tone, 60);
        for (size_t i = 0; i < 8; i++) {
                many[i] = zones[0];
                (void)snprintf(many[i].id, sizeof many[i].id, "xom-%zu", i);
                sink_of(i, many[i].sink.address);
        }
        conf.zones = many;
        conf.n_zones = 8;
        plant_open(NULL);
        at = mono_ms();
        for (size_t i = 0; i < 8; i++)
                ck_assert_int_eq(air_from(i, (int64_t)i + 1, tone, 0, true), 0);
        UNTIL(event, NULL, 5000, n_started == 8);
        ck_assert_uint_le(mono_ms() - at, 2000);
        /* they sound together: the first and the last begin within what nobody hears as an echo, on a machine that is shared */
        ck_assert_uint_le(started_ms[7] - started_ms[0], 100);
}
END_TEST

/* ---- the voice ---- */

static bool said;
static double lufs;
static uint64_t length_us;
static char sound_path[300], problem_[400];

static void on_said(const struct voice_sound *sound, const char *problem, void *userdata)
{
        (void)userdata;
        said = true;
        (void)snprintf(problem_, sizeof problem_, "%s", problem ? problem : "");
        if (sound) {
                lufs = sound->lufs;
                length_us = sound->length_us;
                (void)snprintf(sound_path, sizeof sound_path, "%s", sound->path);
        }
}

START_TEST(a_text_is_spoken_and_aired)
{
        struct voice *voice = NULL;
        struct voice_job *job = NULL;
        double db;

        conf.voice = (char *)"espeak-ng -v %d -s 150 -b 1 -w %o --stdin";
        conf.voices[THON_DIALECT_NORTH] = (char *)"vi";
        conf.loudness = -16;
        conf.cache_max = 1 << 28;
        conf.media_max_s = 600;
        plant_open(NULL);
        ck_assert_int_eq(
                voice_new(&(struct voice_options){.event = event, .state_dir = dir, .player = player},
                          &voice),
                0);
        voice_conf(voice, &conf);
        ck_assert_int_eq(voice_say(voice, "Mời bà con ra nhà văn hóa họp lúc bảy giờ tối nay.",
                                   THON_DIALECT_NORTH, true, on_said, NULL, &job),
                         0);
        UNTIL(event, NULL, 10000, said);
        ck_assert_str_eq(problem_, "");
        ck_assert_double_eq_tol(lufs, -16, 1);
        ck_assert_uint_gt(length_us, 1500000);
        ck_assert_uint_lt(length_us, 15000000);
        air(0, 1, sound_path);
        UNTIL(event, NULL, 20000, n_ended == 1);
        ck_assert_msg(ended[0].how == PLANT_PLAYED, "%s", ended[0].why);
        ck_assert_double_eq_tol(played(0, &db), (double)length_us / 1e6, 0.1);
        ck_assert_double_gt(db, -30);
        voice = voice_free(voice);
}
END_TEST

int main(void)
{
        Suite *s = suite_create("plant with the true player");
        TCase *t = tcase_create("sound");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 90);
        suite_add_tcase(s, t);
        tcase_add_test(t, a_bulletin_is_heard_in_the_file);
        tcase_add_test(t, a_stop_is_a_fade_and_its_place_is_known);
        tcase_add_test(t, an_emergency_is_on_air_soon_after_the_stop_of_what_was);
        tcase_add_test(t, a_player_that_is_killed_is_replaced);
        tcase_add_test(t, a_player_that_stands_still_is_told_within_three_seconds);
        tcase_add_test(t, a_file_that_is_not_there_breaks);
        tcase_add_test(t, eight_zones_do_not_wait_for_each_other);
        tcase_add_test(t, a_text_is_spoken_and_aired);

        SRunner *runner = srunner_create(s);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed != 0;
}

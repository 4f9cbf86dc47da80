/* Texts and recordings on their way to sound. The voice is a script that the test writes, the player the fake one, which counts what it
 * is asked to prepare. */
#include "../../src/announced/voice.h"

#include <math.h>

#include "broker.h"
#include "thon/log.h"

#define ANSWERS 16

struct answer {
        bool came, sound;
        char path[300], problem[400];
        uint64_t length_us;
        double lufs;
        unsigned order;
};

static char dir[64], player[512];
static sd_event *event;
static struct voice *voice;
static struct thon_announced_conf conf;
static struct answer answers[ANSWERS];
static unsigned n_answers;

static void on_sound(const struct voice_sound *sound, const char *problem, void *userdata)
{
        struct answer *a = userdata;

        ck_assert(!a->came);
        ck_assert(!sound != !problem);
        a->came = true;
        a->order = ++n_answers;
        if (sound) {
                a->sound = true;
                a->length_us = sound->length_us;
                a->lufs = sound->lufs;
                (void)snprintf(a->path, sizeof a->path, "%s", sound->path);
                ck_assert_int_eq(access(sound->path, R_OK), 0);
        } else {
                (void)snprintf(a->problem, sizeof a->problem, "%s", problem);
        }
}

static void on_log(int level, enum thon_msg msg, const char *line, void *userdata)
{
        (void)level;
        (void)msg;
        (void)line;
        (void)userdata;
}

/* A voice in a script: $1 is the dialect's voice, $2 the file to write; the text is on standard input. */
static void voice_script(const char *body)
{
        char path[128];

        write_text(dir, "voice", "#!/bin/sh\necho \"$1\" >>%s/spoken\n%s\n", dir, body);
        (void)snprintf(path, sizeof path, "%s/voice", dir);
        ck_assert_int_eq(chmod(path, 0700), 0);
}

static void voice_open(void)
{
        ck_assert_int_eq(
                voice_new(&(struct voice_options){.event = event, .state_dir = dir, .player = player},
                          &voice),
                0);
        voice_conf(voice, &conf);
}

static void voice_again(void)
{
        voice = voice_free(voice);
        voice_open();
}

static void setup(void)
{
        static char command[160];

        (void)snprintf(dir, sizeof dir, "/tmp/thon-voice-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        ck_assert_ptr_nonnull(realpath("tests/integration/fake_player.py", player));
        ck_assert_int_eq(sd_event_new(&event), 0);
        thon_log_set_sink(on_log, NULL);
        (void)snprintf(command, sizeof command, "%s/voice %%d %%o", dir);
        conf = (struct thon_announced_conf){
                .voice = command,
                .voices = {(char *)"vi", (char *)"vi-vn-x-central", (char *)"vi-vn-x-south"},
                .loudness = -16,
                .cache_max = 512 << 20,
                .media_max_s = 2700};
        voice_script("cat >\"$2\"");
        voice_open();
}

static bool no_children(void)
{
        siginfo_t si;

        return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

static void teardown(void)
{
        voice = voice_free(voice);
        ck_assert(no_children());
        event = sd_event_unref(event);
        (void)nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static struct voice_job *ask(size_t i, const char *text, enum thon_dialect dialect, bool urgent)
{
        struct voice_job *job = NULL;

        answers[i] = (struct answer){.came = false};
        ck_assert_int_eq(voice_say(voice, text, dialect, urgent, on_sound, &answers[i], &job), 0);
        return job;
}

static struct answer *say(size_t i, const char *text)
{
        (void)ask(i, text, THON_DIALECT_NORTH, false);
        ck_assert(!answers[i].came); /* never before the next turn */
        UNTIL(event, NULL, 15000, answers[i].came);
        return &answers[i];
}

static struct answer *play(size_t i, const char *media)
{
        struct voice_job *job = NULL;

        answers[i] = (struct answer){.came = false};
        ck_assert_int_eq(voice_media(voice, media, false, on_sound, &answers[i], &job), 0);
        UNTIL(event, NULL, 15000, answers[i].came);
        return &answers[i];
}

static void recording(const char *name, const char *content)
{
        char path[128];

        (void)snprintf(path, sizeof path, "%s/announce/media", dir);
        write_text(path, name, "%s", content);
}

static unsigned lines(const char *name)
{
        char path[128];
        unsigned n = 0;
        FILE *f;
        int c;

        (void)snprintf(path, sizeof path, "%s/%s", dir, name);
        f = fopen(path, "re");
        if (!f)
                return 0;
        while ((c = fgetc(f)) != EOF)
                n += c == '\n';
        (void)fclose(f);
        return n;
}
#define SPOKEN()   lines("spoken")
#define PREPARED() lines("announce/prepared")

/* ---- texts ---- */

START_TEST(a_text_becomes_sound)
{
        struct answer *a = say(0, "xin chào bà con");

        ck_assert(a->sound);
        /* the text with its line's end, 100 ms a byte */
        ck_assert_uint_eq(a->length_us, (strlen("xin chào bà con") + 1) * 100000);
        ck_assert_double_eq_tol(a->lufs, -15.9, 0.001);
        ck_assert_uint_eq(SPOKEN(), 1);
}
END_TEST

START_TEST(it_is_made_once)
{
        char path[300];

        (void)snprintf(path, sizeof path, "%s", say(0, "một")->path);
        ck_assert_str_eq(say(1, "một")->path, path);
        voice_again(); /* also over a restart */
        ck_assert_str_eq(say(2, "một")->path, path);
        ck_assert_uint_eq(SPOKEN(), 1);
        ck_assert_uint_eq(PREPARED(), 1);
}
END_TEST

START_TEST(many_who_ask_at_once_share_it)
{
        for (size_t i = 0; i < 10; i++)
                (void)ask(i, "một", THON_DIALECT_NORTH, i == 7);
        for (size_t i = 0; i < 10; i++)
                UNTIL(event, NULL, 10000, answers[i].came);
        ck_assert(answers[9].sound);
        ck_assert_uint_eq(SPOKEN(), 1);
}
END_TEST

START_TEST(another_dialect_command_or_loudness_is_another_sound)
{
        char first[300], other[200];

        (void)snprintf(first, sizeof first, "%s", say(0, "một")->path);
        (void)ask(1, "một", THON_DIALECT_SOUTH, false);
        UNTIL(event, NULL, 10000, answers[1].came);
        ck_assert_str_ne(answers[1].path, first);
        conf.loudness = -14;
        voice_conf(voice, &conf);
        ck_assert_str_ne(say(2, "một")->path, first);
        conf.loudness = -16;
        (void)snprintf(other, sizeof other, "%s/voice %%d %%o x", dir);
        conf.voice = other;
        voice_conf(voice, &conf);
        ck_assert_str_ne(say(3, "một")->path, first);
        ck_assert_uint_eq(SPOKEN(), 4);
}
END_TEST

START_TEST(no_shell_reads_the_command)
{
        static char command[300];
        struct stat st;
        char path[128];

        (void)snprintf(command, sizeof command, "%s/voice %%d;touch %%o $HOME `id` %%%% >%s/x", dir, dir);
        conf.voice = command;
        voice_script("for a in \"$@\"; do echo \"$a\"; done >$0.args; cat >\"$2\" || :");
        voice_conf(voice, &conf);
        (void)say(0, "một");
        (void)snprintf(path, sizeof path, "%s/x", dir);
        ck_assert_int_lt(stat(path, &st), 0);
        /* "vi;touch", the file, "$HOME", "`id`", "%", ">..." */
        ck_assert_uint_eq(lines("voice.args"), 6);
}
END_TEST

START_TEST(a_long_text_is_written_though_the_voice_is_slow_to_read)
{
        static char text[200001];

        memset(text, 'a', sizeof text - 1);
        voice_script("sleep 1; cat >/dev/null; echo >\"$2\"");
        struct answer *a = say(0, text);
        ck_assert_msg(a->sound, "%s", a->problem);
}
END_TEST

START_TEST(a_voice_that_reads_nothing_is_no_harm)
{
        static char text[200001];

        memset(text, 'a', sizeof text - 1);
        voice_script("exec 0<&-; echo sound >\"$2\"");
        ck_assert(say(0, text)->sound);
}
END_TEST

START_TEST(a_voice_that_is_not_there_says_what_to_install)
{
        conf.voice = (char *)"espeak-ng-that-is-not-there -w %o";
        voice_conf(voice, &conf);
        struct answer *a = say(0, "một");
        ck_assert(!a->sound);
        ck_assert_ptr_nonnull(strstr(a->problem, "apt install espeak-ng"));
}
END_TEST

static const struct {
        const char *script, *problem;
        bool urgent;
} bad[] = {
        {"exit 3", "status 3", false},
        {"cat >/dev/null", "wrote no sound", false},
        {"mkdir \"$2\"", "wrote no sound", false},
        {"ln -s /etc/passwd \"$2\"", "wrote no sound", false},
        {"kill -SEGV $$", "SEGV", false},
        {"sleep 600", "longer than 10 s", true},
        /* its children go with it */
        {"sleep 600 & wait", "longer than 10 s", true},
        {"echo bad >\"$2\"", "no sound in it", false},
        {"echo liar >\"$2\"", "no sound of it that could be played", false},
        {"yes; echo >\"$2\"", "longer than 10 s", true},
};

START_TEST(a_voice_that_fails_is_told)
{
        voice_script(bad[_i].script);
        (void)ask(0, "một", THON_DIALECT_NORTH, bad[_i].urgent);
        UNTIL(event, NULL, 14000, answers[0].came);
        ck_assert(!answers[0].sound);
        ck_assert_msg(strstr(answers[0].problem, bad[_i].problem), "problem: %s", answers[0].problem);
        UNTIL(event, NULL, 2000, no_children());
        /* and forgotten: the next time it is tried again */
        voice_script("cat >\"$2\"");
        ck_assert(say(1, "một")->sound);
}
END_TEST

START_TEST(an_emergency_does_not_wait_for_its_turn)
{
        voice_script("case $(cat) in *chậm*) sleep 2;; esac; echo >\"$2\"");
        (void)ask(0, "chậm 1", THON_DIALECT_NORTH, false);
        (void)ask(1, "chậm 2", THON_DIALECT_NORTH, false);
        (void)ask(2, "chậm 3", THON_DIALECT_NORTH, false);
        (void)ask(3, "nhanh", THON_DIALECT_NORTH, false);
        (void)ask(4, "lũ về", THON_DIALECT_NORTH, true);
        for (size_t i = 0; i < 5; i++)
                UNTIL(event, NULL, 15000, answers[i].came);
        ck_assert_uint_eq(answers[4].order, 1);
        ck_assert_uint_gt(answers[3].order, 2); /* two at a time, in order */
}
END_TEST

START_TEST(cancelled_ones_are_not_made)
{
        voice_script("sleep 600");
        struct voice_job *job = ask(0, "một", THON_DIALECT_NORTH, false);
        UNTIL(event, NULL, 5000, SPOKEN() == 1);
        voice_cancel(job);
        voice_cancel(NULL);
        UNTIL(event, NULL, 2000, no_children());
        ck_assert(!answers[0].came);
        voice_cancel(ask(1, "hai", THON_DIALECT_NORTH, false)); /* before its first turn */
        voice_script("cat >\"$2\"");
        ck_assert(say(2, "ba")->sound);
        ck_assert(!answers[1].came);
}
END_TEST

START_TEST(one_of_many_is_cancelled)
{
        struct voice_job *job;

        voice_script("sleep 1; cat >\"$2\"");
        job = ask(0, "một", THON_DIALECT_NORTH, false);
        (void)ask(1, "một", THON_DIALECT_NORTH, false);
        UNTIL(event, NULL, 5000, SPOKEN() == 1);
        voice_cancel(job);
        UNTIL(event, NULL, 5000, answers[1].came);
        ck_assert(answers[1].sound && !answers[0].came);
}
END_TEST

START_TEST(at_our_end_nothing_is_called_and_nothing_lives)
{
        voice_script("sleep 600");
        (void)ask(0, "một", THON_DIALECT_NORTH, false);
        UNTIL(event, NULL, 5000, SPOKEN() == 1);
        voice = voice_free(voice);
        ck_assert(no_children());
        ck_assert(!answers[0].came);
        voice_open();
}
END_TEST

/* ---- recordings ---- */

START_TEST(a_recording_is_known_by_its_content)
{
        char path[300];

        recording("a.mp3", "abc");
        recording("b.mp3", "abc");
        struct answer *a = play(0, "a.mp3");
        ck_assert_uint_eq(a->length_us, 300000);
        (void)snprintf(path, sizeof path, "%s", a->path);
        ck_assert_str_eq(play(1, "a.mp3")->path, path);
        ck_assert_str_eq(play(2, "b.mp3")->path, path);
        ck_assert_uint_eq(PREPARED(), 1);
        recording("a.mp3", "abcd");
        ck_assert_uint_eq(play(3, "a.mp3")->length_us, 400000);
        ck_assert_uint_eq(PREPARED(), 2);
}
END_TEST

START_TEST(a_recording_that_cannot_be_used_is_told)
{
        struct voice_job *job;

        recording("bad.mp3", "bad ");
        ck_assert_ptr_nonnull(strstr(play(0, "bad.mp3")->problem, "no sound in it"));
        recording("long.mp3", "long ");
        ck_assert_ptr_nonnull(strstr(play(1, "long.mp3")->problem, "media_max"));
        ck_assert_int_eq(voice_media(voice, "../../x", false, on_sound, &answers[2], &job), -EINVAL);
        ck_assert_int_eq(voice_media(voice, "nothing.mp3", false, on_sound, &answers[2], &job), -ENOENT);
}
END_TEST

START_TEST(a_recording_that_changes_meanwhile_is_not_taken_for_what_it_was)
{
        struct voice_job *job = NULL;

        recording("a.mp3", "abc");
        ck_assert_int_eq(voice_media(voice, "a.mp3", false, on_sound, &answers[0], &job), 0);
        UNTIL(event, NULL, 5000, !no_children()); /* the player begins with it */
        recording("a.mp3", "abcdefgh");
        UNTIL(event, NULL, 5000, answers[0].came);
        ck_assert(!answers[0].sound);
        ck_assert_uint_eq(play(1, "a.mp3")->length_us, 800000);
}
END_TEST

START_TEST(what_has_become_too_long_is_refused)
{
        recording("a.mp3", "0123456789012345678901234567890"); /* 3.1 s */
        ck_assert(play(0, "a.mp3")->sound);
        conf.media_max_s = 3;
        voice_conf(voice, &conf);
        ck_assert(!play(1, "a.mp3")->sound);
}
END_TEST

/* ---- the cache ---- */

static void damage(const char *path, int how)
{
        FILE *f;

        switch (how) {
        case 0:
                ck_assert_int_eq(truncate(path, 1000), 0);
                return;
        case 1:
                ck_assert_int_eq(truncate(path, 0), 0);
                return;
        case 2:
                ck_assert_int_eq(unlink(path), 0);
                return;
        case 3:
                f = fopen(path, "r+e");
                ck_assert_ptr_nonnull(f);
                ck_assert_uint_eq(fwrite("garbage, that is", 1, 16, f), 16);
                (void)fclose(f);
                return;
        }
        ck_abort();
}

START_TEST(damaged_sound_is_made_anew)
{
        for (int restart = 0; restart < 2; restart++) {
                for (int how = 0; how < 4; how++) {
                        unsigned before;

                        damage(say(0, "một")->path, how);
                        before = SPOKEN();
                        if (restart)
                                voice_again();
                        ck_assert(say(1, "một")->sound);
                        ck_assert_uint_eq(SPOKEN(), before + 1);
                }
        }
}
END_TEST

START_TEST(what_is_held_and_what_was_used_last_stays)
{
        char first[300], second[300], third[300];
        struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

        /* each is 20 letters and a line's end: 2.1 s, 201,644 bytes */
        (void)snprintf(first, sizeof first, "%s", say(0, "aaaaaaaaaaaaaaaaaaaa")->path);
        (void)snprintf(second, sizeof second, "%s", say(1, "bbbbbbbbbbbbbbbbbbbb")->path);
        (void)snprintf(third, sizeof third, "%s", say(2, "cccccccccccccccccccc")->path);
        ck_assert_int_eq(voice_hold(voice, first), 0);
        ck_assert_int_eq(voice_hold(voice, "/nothing"), -ENOENT);
        ck_assert(say(3, "bbbbbbbbbbbbbbbbbbbb")->sound); /* used again */
        conf.cache_max = 500000;
        voice_conf(voice, &conf); /* room for two */
        ck_assert_int_eq(access(first, R_OK), 0);
        ck_assert_int_eq(access(second, R_OK), 0);
        ck_assert_int_lt(access(third, R_OK), 0);
        /* The order is on disk: after a restart the oldest goes. */
        ck_assert_int_eq(utimensat(AT_FDCWD, second, old, 0), 0);
        voice_again();
        ck_assert(say(4, "dddddddddddddddddddd")->sound);
        ck_assert_int_lt(access(second, R_OK), 0);
        ck_assert_int_eq(access(first, R_OK), 0);
        voice_unhold(voice, first); /* held by the run before: no harm */
}
END_TEST

START_TEST(what_a_crash_left_is_removed)
{
        static const char key[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        char path[200], name[100];

        (void)snprintf(path, sizeof path, "%s/announce/cache", dir);
        (void)snprintf(name, sizeof name, "%s.part.wav", key);
        write_text(path, name, "half");
        write_text(path, "README", "somebody's");
        voice_again();
        (void)snprintf(path, sizeof path, "%s/announce/cache/%s.part.wav", dir, key);
        ck_assert_int_lt(access(path, F_OK), 0);
        (void)snprintf(path, sizeof path, "%s/announce/cache/README", dir);
        ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

int main(void)
{
        Suite *s = suite_create("voice");
        TCase *texts = tcase_create("texts"), *media = tcase_create("recordings"),
              *cache = tcase_create("cache");
        TCase *all[] = {texts, media, cache};

        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                tcase_add_checked_fixture(all[i], setup, teardown);
                tcase_set_timeout(all[i], 40);
                suite_add_tcase(s, all[i]);
        }
        tcase_add_test(texts, a_text_becomes_sound);
        tcase_add_test(texts, it_is_made_once);
        tcase_add_test(texts, many_who_ask_at_once_share_it);
        tcase_add_test(texts, another_dialect_command_or_loudness_is_another_sound);
        tcase_add_test(texts, no_shell_reads_the_command);
        tcase_add_test(texts, a_long_text_is_written_though_the_voice_is_slow_to_read);
        tcase_add_test(texts, a_voice_that_reads_nothing_is_no_harm);
        tcase_add_test(texts, a_voice_that_is_not_there_says_what_to_install);
        tcase_add_loop_test(texts, a_voice_that_fails_is_told, 0, sizeof bad / sizeof *bad);
        tcase_add_test(texts, an_emergency_does_not_wait_for_its_turn);
        tcase_add_test(texts, cancelled_ones_are_not_made);
        tcase_add_test(texts, one_of_many_is_cancelled);
        tcase_add_test(texts, at_our_end_nothing_is_called_and_nothing_lives);
        tcase_add_test(media, a_recording_is_known_by_its_content);
        tcase_add_test(media, a_recording_that_cannot_be_used_is_told);
        tcase_add_test(media, a_recording_that_changes_meanwhile_is_not_taken_for_what_it_was);
        tcase_add_test(media, what_has_become_too_long_is_refused);
        tcase_add_test(cache, damaged_sound_is_made_anew);
        tcase_add_test(cache, what_is_held_and_what_was_used_last_stays);
        tcase_add_test(cache, what_a_crash_left_is_removed);

        SRunner *runner = srunner_create(s);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed != 0;
}

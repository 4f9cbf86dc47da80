/* Weeks in the life of cameras, with everything that can go wrong with a picture and much that only looks so: precision and
 * recall of each verdict, and false alarms per camera-week, on generated scenes with ground truth. A picture every five
 * minutes, or after one while something is suspect, as camerad takes them; each goes through a real JPEG and our decoder.
 *
 * An *episode* is one fault of one camera from its beginning to its end. It is found when the right verdict was confirmed while
 * it lasted. An *alarm* is a verdict that becomes confirmed; it is right when that is what is wrong with the camera then.
 *
 * THON_PICTURE_WEEKS: how many camera-weeks (few by default, so that `make test` stays short; 60 for a figure to be quoted).
 * THON_PICTURE_SIZE=704x576: of the pictures. THON_SEED: which cameras and which fates. THON_PICTURE_TELL=1: every mistake,
 * with what was measured. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fakes/cameras/fate.h"
#include "thon/jpeg.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SLOW 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SLOW 1
#endif
#ifdef SLOW
enum { WEEKS = 1 };
#else
enum { WEEKS = 4 };
#endif
enum { WORKERS = 2, DAY = FATE_DAY, WEEK = 7 * DAY, LEARN = DAY, CLASSES = FATE_CLASSES };

struct tally {
        unsigned episodes[CLASSES], found[CLASSES];
        unsigned alarms[CLASSES], right[CLASSES], false_alarms, pictures;
        double fine_s; /* time in which nothing was wrong */
};

struct camera {
        struct scene *scene;
        struct thon_jpeg *decoder;
        struct thon_picture_watch watch;
        struct thon_picture picture;
        struct fate fate;
        enum thon_camera_verdict told;
        int64_t second;
};

static void tell(const struct camera *c, const char *mistake)
{
        const struct thon_baseline *b = &c->watch.baselines[c->watch.mode];
        const struct fate_episode *e = &c->fate.now;
        struct thon_picture_features f;
        struct thon_baseline_match m;
        struct scene_at at;

        if (!getenv("THON_PICTURE_TELL"))
                return;
        thon_picture_features(&c->picture, &f);
        thon_baseline_match(b, &f, &m);
        scene_usual(c->scene, c->second, &at);
        printf("camera %u%s, %02d:%02d: %s; %s (%.2f, variant %u) from %02d:%02d\n", c->fate.seed,
               c->fate.ptz ? " (ptz)" : "", (int)(c->second % DAY / 3600), (int)(c->second / 60 % 60),
               mistake, scene_fault_text(e->fault), e->strength, e->variant, (int)(e->from % DAY / 3600),
               (int)(e->from / 60 % 60));
        printf("   %s of %u: lost %.2f faded %.2f flat %.2f gained %.2f total %.2f alike %.2f layout %.2f "
               "sharp %.2f (%.2f %.2f) grain %.2f (%.2f) light %.2f one %.2f mean %.0f apart %.1f hazy %d "
               "rain %.1f fog %.1f lorry %d lights %d\n",
               thon_picture_mode_slug(c->watch.mode), b->pictures, m.lost, m.faded, m.flat, m.gained,
               m.total, m.alike, m.layout, m.sharp, b->sharpness, b->sharpness_dev, f.grain, b->grain,
               m.light, f.one_colour, f.mean, c->picture.colour_apart, c->watch.hazy, at.rain, at.fog,
               at.lorry, at.headlights);
}

static void take_picture(struct camera *c)
{
        unsigned char *jpeg;
        size_t size;

        ck_assert_int_eq(fate_jpeg(&c->fate, c->scene, c->second, &jpeg, &size), 0);
        ck_assert_int_eq(thon_jpeg_read(c->decoder, jpeg, size, &c->picture, NULL, NULL), 0);
        free(jpeg);
}

static void count_alarm(struct camera *c, struct tally *t, enum scene_fault truth,
                        enum thon_camera_verdict standing)
{
        enum scene_fault told = fate_fault(standing);

        if (told == SCENE_FINE || standing == c->told)
                return;
        t->alarms[told]++;
        t->right[told] += told == truth;
        t->false_alarms += truth == SCENE_FINE;
        if (told != truth)
                tell(c, scene_fault_text(told));
}

static void end_episode(struct camera *c, struct tally *t)
{
        const struct fate_episode *e = &c->fate.now;

        t->episodes[e->fault]++;
        t->found[e->fault] += e->found;
        if (!e->found)
                tell(c, "missed");
        fate_next(&c->fate, c->second);
}

static void live_a_week(unsigned seed, unsigned w, unsigned h, struct tally *t)
{
        struct camera c = {.told = THON_CAMERA_OK};
        int64_t begin = fate_begin(&c.fate, seed, LEARN);

        ck_assert_int_eq(scene_new(seed, w, h, &c.scene), 0);
        ck_assert_int_eq(thon_jpeg_new(&c.decoder), 0);
        thon_picture_watch_init(&c.watch);
        for (c.second = begin; c.second < begin + LEARN + WEEK;) {
                if (c.second >= c.fate.now.till)
                        end_episode(&c, t);
                enum scene_fault truth = c.second >= c.fate.now.from ? c.fate.now.fault : SCENE_FINE;
                take_picture(&c);
                struct thon_picture_judgement j = thon_picture_look(
                        &c.watch, &c.picture, c.fate.ptz, (struct thon_mono){(uint64_t)c.second * 1000000});
                count_alarm(&c, t, truth, j.standing);
                c.told = j.standing;
                if (truth != SCENE_FINE && j.standing == fate_verdict(truth))
                        c.fate.now.found = true;
                int64_t step = j.sooner ? 60 : 300;
                t->pictures++;
                if (truth == SCENE_FINE && c.second >= begin + LEARN)
                        t->fine_s += (double)step;
                c.second += step;
        }
        (void)thon_jpeg_free(c.decoder);
        (void)scene_free(c.scene);
}

static unsigned from_environment(const char *name, unsigned otherwise)
{
        const char *text = getenv(name);
        unsigned value;

        return text && sscanf(text, "%u", &value) == 1 ? value : otherwise;
}

static void add(struct tally *to, const struct tally *t)
{
        for (int f = 0; f < CLASSES; f++) {
                to->episodes[f] += t->episodes[f];
                to->found[f] += t->found[f];
                to->alarms[f] += t->alarms[f];
                to->right[f] += t->right[f];
        }
        to->false_alarms += t->false_alarms;
        to->pictures += t->pictures;
        to->fine_s += t->fine_s;
}

/* Two processes, since the machines that this runs on have at least so many cores. */
static void live_all(unsigned weeks, unsigned seed, unsigned w, unsigned h, struct tally *ret)
{
        struct tally *shared = mmap(NULL, WORKERS * sizeof(*shared), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pid_t workers[WORKERS];

        ck_assert(shared != MAP_FAILED);
        (void)fflush(stdout);
        for (unsigned k = 0; k < WORKERS; k++) {
                workers[k] = fork();
                ck_assert_int_ge(workers[k], 0);
                if (workers[k] > 0)
                        continue;
                for (unsigned i = k; i < weeks; i += WORKERS)
                        live_a_week(seed + i, w, h, &shared[k]);
                (void)fflush(stdout);
                _exit(0);
        }
        for (unsigned k = 0; k < WORKERS; k++) {
                int status;
                ck_assert_int_eq(waitpid(workers[k], &status, 0), workers[k]);
                ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a worker failed: %d", status);
                add(ret, &shared[k]);
        }
        (void)munmap(shared, WORKERS * sizeof(*shared));
}

static double share(unsigned part, unsigned whole)
{
        return whole > 0 ? (double)part / whole : 1;
}

/* Of so few one may be missed, or told wrongly, by bad luck; of many, one in twenty. */
static unsigned allowed(unsigned n)
{
        return 1 + n / 20;
}

START_TEST(verdicts_are_right_over_weeks)
{
        unsigned weeks = from_environment("THON_PICTURE_WEEKS", WEEKS);
        unsigned seed = from_environment("THON_SEED", 3), w = 352, h = 288;
        const char *size = getenv("THON_PICTURE_SIZE");
        struct tally t = {0};

        if (size)
                ck_assert_int_eq(sscanf(size, "%ux%u", &w, &h), 2);
        live_all(weeks, seed, w, h, &t);
        double fine_weeks = t.fine_s / WEEK;
        printf("%u camera-weeks of %ux%u from seed %u, %u pictures\n", weeks, w, h, seed, t.pictures);
        printf("%-10s %8s %8s %9s %6s\n", "", "episodes", "alarms", "precision", "recall");
        for (int f = 1; f < CLASSES; f++)
                printf("%-10s %8u %8u %9.3f %6.3f\n", scene_fault_text((enum scene_fault)f), t.episodes[f],
                       t.alarms[f], share(t.right[f], t.alarms[f]), share(t.found[f], t.episodes[f]));
        printf("false alarms: %u in %.1f camera-weeks with nothing wrong, %.3f a camera-week\n",
               t.false_alarms, fine_weeks, t.false_alarms / fine_weeks);
        for (int f = 1; f < CLASSES; f++) {
                const char *name = scene_fault_text((enum scene_fault)f);
                ck_assert_msg(t.episodes[f] >= weeks, "%s: %u episodes say nothing", name, t.episodes[f]);
                ck_assert_msg(t.episodes[f] - t.found[f] <= allowed(t.episodes[f]), "seed %u: %s is missed",
                              seed, name);
                ck_assert_msg(t.alarms[f] - t.right[f] <= allowed(t.alarms[f]),
                              "seed %u: %s is told wrongly", seed, name);
        }
        ck_assert_msg(t.false_alarms <= 1 + .05 * fine_weeks, "seed %u: %u false alarms", seed,
                      t.false_alarms);
}
END_TEST

/* A camera that takes nearly all noise away and compresses hard comes as near to a frozen one as a live one can. */
START_TEST(a_still_night_is_not_frozen_however_it_is_compressed)
{
        static const unsigned sizes[][2] = {{352, 288}, {704, 576}};
        struct thon_picture_watch watch;
        struct thon_picture picture;
        struct thon_jpeg *decoder;
        struct scene *scene;

        ck_assert_int_eq(thon_jpeg_new(&decoder), 0);
        ck_assert_int_eq(scene_new((unsigned)_i + 1, sizes[_i % 2][0], sizes[_i % 2][1], &scene), 0);
        thon_picture_watch_init(&watch);
        for (int64_t i = 0; i < 20; i++) {
                struct scene_at at = {.second = FATE_BEGIN_DAY * (int64_t)DAY + 23 * 3600 + i * 60,
                                      .infrared = true,
                                      .overlay_clock = true,
                                      .noise = .5};
                unsigned char *jpeg;
                size_t size;
                ck_assert_int_eq(scene_jpeg(scene, &at, 30, &jpeg, &size), 0);
                ck_assert_int_eq(thon_jpeg_read(decoder, jpeg, size, &picture, NULL, NULL), 0);
                free(jpeg);
                struct thon_mono now = {(uint64_t)(at.second * 1000000)};
                ck_assert_int_eq(thon_picture_look(&watch, &picture, false, now).this_one, THON_CAMERA_OK);
        }
        (void)scene_free(scene);
        (void)thon_jpeg_free(decoder);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("picture verdicts");
        TCase *weeks = tcase_create("weeks");
        SRunner *runner;
        int failed;

        tcase_set_timeout(weeks, 0); /* as many as were asked for */
        tcase_add_loop_test(weeks, a_still_night_is_not_frozen_however_it_is_compressed, 0, 4);
        tcase_add_test(weeks, verdicts_are_right_over_weeks);
        suite_add_tcase(suite, weeks);
        runner = srunner_create(suite);
        srunner_set_fork_status(runner, CK_NOFORK); /* it forks by itself, and its workers must not report */
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}

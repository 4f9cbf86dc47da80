/* Pictures of failing cameras, for whoever looks at them, and what our verdicts make of them.
 *
 *   bench_pictures set WEEKS TRUTH   JPEGs one behind another on standard output, one every five minutes of some cameras' weeks;
 *                                    to the file TRUTH what is true of them and what we told, by number of picture
 *   bench_pictures cost              figures: processor time of one picture, decoded and judged */
#include "bench.h"

#include "../fakes/cameras/fate.h"
#include "thon/jpeg.h"

enum { STEP = 300, LEARN = 2 * FATE_DAY, SEED = 501 };

static void live(unsigned seed, unsigned *number, FILE *truth_file)
{
        struct thon_jpeg *decoder;
        struct thon_picture_watch watch;
        struct thon_picture picture;
        struct scene *scene;
        struct fate fate;
        enum scene_fault before = SCENE_FINE;
        enum thon_camera_verdict told = THON_CAMERA_OK;
        int64_t begin = fate_begin(&fate, seed, LEARN);

        if (scene_new(seed, 352, 288, &scene) < 0 || thon_jpeg_new(&decoder) < 0)
                bench_die("no memory");
        thon_picture_watch_init(&watch);
        for (int64_t second = begin; second < begin + LEARN + 7 * FATE_DAY; second += STEP, (*number)++) {
                unsigned char *jpeg;
                size_t size;
                if (second >= fate.now.till)
                        fate_next(&fate, second);
                enum scene_fault truth = second >= fate.now.from ? fate.now.fault : SCENE_FINE;
                if (fate_jpeg(&fate, scene, second, &jpeg, &size) < 0 ||
                    thon_jpeg_read(decoder, jpeg, size, &picture, NULL, NULL) != 0)
                        bench_die("a picture could not be made");
                if (fwrite(jpeg, 1, size, stdout) != size)
                        bench_die("nobody takes the pictures");
                free(jpeg);
                struct thon_picture_judgement j = thon_picture_look(
                        &watch, &picture, fate.ptz, (struct thon_mono){(uint64_t)second * 1000000});
                if (truth != before)
                        (void)fprintf(truth_file, "{\"at\":%u,\"is\":\"%s\"}\n", *number,
                                      scene_fault_text(truth));
                if (j.standing != told)
                        (void)fprintf(truth_file, "{\"at\":%u,\"told\":\"%s\"}\n", *number,
                                      scene_fault_text(fate_fault(j.standing)));
                before = truth;
                told = j.standing;
        }
        /* The next camera begins well. */
        (void)fprintf(truth_file, "{\"at\":%u,\"is\":\"ok\"}\n{\"at\":%u,\"told\":\"ok\"}\n", *number,
                      *number);
        (void)thon_jpeg_free(decoder);
        (void)scene_free(scene);
}

static void cost(unsigned w, unsigned h, const char *name)
{
        enum { PICTURES = 12, ROUNDS = 10 };
        unsigned char *jpegs[PICTURES];
        size_t sizes[PICTURES];
        double took[ROUNDS];
        struct thon_picture_watch watch;
        struct thon_picture picture;
        struct thon_jpeg *decoder;
        struct scene *scene;
        uint64_t now = 1;

        if (scene_new(SEED, w, h, &scene) < 0 || thon_jpeg_new(&decoder) < 0)
                bench_die("no memory");
        thon_picture_watch_init(&watch);
        for (unsigned i = 0; i < PICTURES; i++) {
                struct scene_at at;
                scene_usual(scene, FATE_BEGIN_DAY * (int64_t)FATE_DAY + i * 7200, &at);
                if (scene_jpeg(scene, &at, 75, &jpegs[i], &sizes[i]) < 0)
                        bench_die("a picture could not be made");
        }
        for (unsigned round = 0; round < ROUNDS; round++) {
                double from = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
                for (unsigned i = 0; i < PICTURES; i++, now += 300) {
                        if (thon_jpeg_read(decoder, jpegs[i], sizes[i], &picture, NULL, NULL) != 0)
                                bench_die("a picture does not decode");
                        (void)thon_picture_look(&watch, &picture, false, (struct thon_mono){now * 1000000});
                }
                took[round] = (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - from) / PICTURES * 1000;
        }
        bench_figure(name, bench_quantile(took, ROUNDS, .5), "ms");
        for (unsigned i = 0; i < PICTURES; i++)
                free(jpegs[i]);
        (void)thon_jpeg_free(decoder);
        (void)scene_free(scene);
}

int main(int argc, char **argv)
{
        if (argc == 2 && strcmp(argv[1], "cost") == 0) {
                cost(704, 576, "camera.picture.cpu_704x576");
                cost(1920, 1080, "camera.picture.cpu_1080p");
                return 0;
        }
        unsigned weeks, number = 0;
        if (argc != 4 || strcmp(argv[1], "set") != 0 || sscanf(argv[2], "%u", &weeks) != 1)
                bench_die("usage: bench_pictures set WEEKS TRUTH | bench_pictures cost");
        FILE *truth = fopen(argv[3], "we");
        if (!truth)
                bench_die("%s cannot be written", argv[3]);
        for (unsigned i = 0; i < weeks; i++)
                live(SEED + i, &number, truth);
        (void)fprintf(truth, "{\"pictures\":%u}\n", number);
        if (fclose(truth) != 0 || fflush(stdout) != 0)
                bench_die("not all was written");
        return 0;
}

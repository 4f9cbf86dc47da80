/* What a limiter takes from the peaks is missing from the loudness, and peaks between the samples are only known when the result is there. So the result itself is
 * measured, as it will be heard, and written again until it is right: once for most recordings, two or three times where the limiter has work,
 * more when a bang was all that R128's gate had let through. */
#include "loudness.h"

#include <ebur128.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "limiter.h"
#include "thon/cleanup.h"
#include "tones.h"
#include "wav.h"

#define BLOCK      4800
#define PASSES_MAX 6
#define PRECISE_LU 0.3
#define GATED          \
        (PLAYER_RATE / \
         2) /* samples; what is shorter than R128's block of 0.4 s is measured with silence behind it */
#define MAKE_UP_DB  6.0 /* for what the limiter takes */
#define MARGIN_DB   0.4 /* by which two meters of true peaks differ, for noise */
#define CEILING_MIN (-6.0)

static double factor(double db)
{
        return pow(10, db / 20);
}

static void end_meter(ebur128_state **meter)
{
        if (*meter)
                ebur128_destroy(meter);
}
#define _cleanup_meter_ _cleanup_(end_meter)

static ebur128_state *new_meter(void)
{
        return ebur128_init(1, PLAYER_RATE, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
}

static int read_meter(ebur128_state *meter, size_t n, struct loudness *ret)
{
        static const float silence[GATED];
        struct loudness is;
        double peak;

        if (n < GATED && ebur128_add_frames_float(meter, silence, GATED - n) != EBUR128_SUCCESS)
                return -ENOMEM;
        if (ebur128_loudness_global(meter, &is.lufs) != EBUR128_SUCCESS ||
            ebur128_true_peak(meter, 0, &peak) != EBUR128_SUCCESS)
                return -ENOMEM;
        is.peak_db = 20 * log10(peak);
        *ret = is;
        return 0;
}

int loudness_measure(const float *samples, size_t n, loudness_moment moment, struct loudness *ret)
{
        _cleanup_meter_ ebur128_state *meter = new_meter();

        if (!meter)
                return -ENOMEM;
        for (size_t at = 0; at < n; at += BLOCK) {
                int r = moment();

                if (r < 0)
                        return r;
                if (ebur128_add_frames_float(meter, samples + at, n - at < BLOCK ? n - at : BLOCK) !=
                    EBUR128_SUCCESS)
                        return -ENOMEM;
        }
        return read_meter(meter, n, ret);
}

static int write_all(int fd, const void *data, size_t size, off_t at)
{
        const char *p = data;

        while (size > 0) {
                ssize_t done = pwrite(fd, p, size, at);

                if (done < 0 && errno == EINTR)
                        continue;
                if (done < 0)
                        return -errno;
                p += done;
                at += done;
                size -= (size_t)done;
        }
        return 0;
}

static int write_once(const float *samples, size_t n, double gain_db, double ceiling_db, int fd,
                      loudness_moment moment, struct loudness *ret)
{
        _cleanup_meter_ ebur128_state *meter = new_meter();
        uint8_t header[PLAYER_WAV_HEADER];
        struct limiter limiter;
        int16_t block[BLOCK];
        int r;

        if (!meter)
                return -ENOMEM;
        limiter_begin(&limiter, samples, n, factor(gain_db), factor(ceiling_db));
        for (size_t at = 0; at < n; at += BLOCK) {
                size_t now = n - at < BLOCK ? n - at : BLOCK;

                r = moment();
                if (r < 0)
                        return r;
                for (size_t i = 0; i < now; i++)
                        block[i] = (int16_t)lrint(limiter_next(&limiter) * INT16_MAX);
                if (ebur128_add_frames_short(meter, block, now) != EBUR128_SUCCESS)
                        return -ENOMEM;
                r = write_all(fd, block, now * sizeof *block,
                              (off_t)(PLAYER_WAV_HEADER + at * sizeof *block));
                if (r < 0)
                        return r;
        }
        player_wav_header(n, header);
        r = write_all(fd, header, sizeof header, 0);
        return r < 0 ? r : read_meter(meter, n, ret);
}

int loudness_write(const float *samples, size_t n, const struct loudness *is, double wanted, int fd,
                   loudness_moment moment, struct loudness *ret)
{
        double gain = wanted - is->lufs, most = wanted - LOUDNESS_SILENCE + MAKE_UP_DB;
        double ceiling = LOUDNESS_PEAK_DB - MARGIN_DB;
        struct loudness got;

        for (int pass = 1;; pass++) {
                double before = gain;
                int r = write_once(samples, n, gain, ceiling, fd, moment, &got);

                if (r < 0)
                        return r;
                if (pass == PASSES_MAX)
                        break;
                if (got.peak_db > LOUDNESS_PEAK_DB - MARGIN_DB + 0.05) {
                        ceiling = fmax(CEILING_MIN, ceiling - (got.peak_db - LOUDNESS_PEAK_DB) - MARGIN_DB);
                        continue;
                }
                if (fabs(got.lufs - wanted) <= PRECISE_LU)
                        break;
                gain = fmin(most, gain + wanted - got.lufs);
                if (fabs(gain - before) < 0.05)
                        break;
        }
        *ret = got;
        return 0;
}

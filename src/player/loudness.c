/* What a limiter takes from the peaks is missing from the loudness, and peaks between the samples are only known
 * when the result is there. So the result itself is measured, as it will be heard, and written again until it is
 * right: once for most recordings, two or three times where the limiter has work, more when a bang was all that
 * R128's gate had let through. */
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
#define PRECISE_LU 0.4
#define GATED          \
        (PLAYER_RATE / \
         2) /* samples; what is shorter than R128's block of 0.4 s is measured with silence behind it */
#define MAKE_UP_DB  6.0 /* for what the limiter takes */
#define METERS_DB   0.3 /* by which two meters of true peaks differ */
#define CEILING_DB  (-1.5)
#define SLOPE_MIN   0.3
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

/* True peaks cost ten times what the loudness does: they are measured of the result alone. */
static ebur128_state *new_meter(bool peaks)
{
        return ebur128_init(1, PLAYER_RATE, EBUR128_MODE_I | (peaks ? EBUR128_MODE_TRUE_PEAK : 0));
}

static int read_meter(ebur128_state *meter, size_t n, double *ret_lufs)
{
        static const float silence[GATED];

        if (n < GATED && ebur128_add_frames_float(meter, silence, GATED - n) != EBUR128_SUCCESS)
                return -ENOMEM;
        return ebur128_loudness_global(meter, ret_lufs) == EBUR128_SUCCESS ? 0 : -ENOMEM;
}

int loudness_measure(const float *samples, size_t n, loudness_moment moment, double *ret_lufs)
{
        _cleanup_meter_ ebur128_state *meter = new_meter(false);

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
        return read_meter(meter, n, ret_lufs);
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
        _cleanup_meter_ ebur128_state *meter = new_meter(true);
        uint8_t header[PLAYER_WAV_HEADER];
        struct limiter limiter;
        struct loudness got;
        int16_t block[BLOCK];
        double peak;
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
        if (r < 0)
                return r;
        r = read_meter(meter, n, &got.lufs);
        if (r < 0)
                return r;
        if (ebur128_true_peak(meter, 0, &peak) != EBUR128_SUCCESS)
                return -ENOMEM;
        got.peak_db = 20 * log10(peak);
        *ret = got;
        return 0;
}

/* The limiter takes a part of what the gain gives: by how much the last step told. */
static double next_gain(double gain, double before, double lufs, double lufs_before, double wanted)
{
        double slope = gain != before ? (lufs - lufs_before) / (gain - before) : 1;

        return gain + (wanted - lufs) / fmax(SLOPE_MIN, fmin(1, slope));
}

int loudness_write(const float *samples, size_t n, double lufs, double wanted, int fd,
                   loudness_moment moment, struct loudness *ret)
{
        double gain = wanted - lufs, most = wanted - LOUDNESS_SILENCE + MAKE_UP_DB, before = 0,
               ceiling = CEILING_DB;
        struct loudness got;

        for (int pass = 1;; pass++) {
                double tried = gain;
                int r = write_once(samples, n, gain, ceiling, fd, moment, &got);

                if (r < 0)
                        return r;
                if (pass == PASSES_MAX)
                        break;
                if (got.peak_db > LOUDNESS_PEAK_DB - METERS_DB)
                        ceiling = fmax(CEILING_MIN, ceiling - (got.peak_db - LOUDNESS_PEAK_DB + METERS_DB));
                else if (fabs(got.lufs - wanted) <= PRECISE_LU)
                        break;
                if (fabs(got.lufs - wanted) > PRECISE_LU)
                        gain = fmin(most, next_gain(gain, before, got.lufs, lufs, wanted));
                /* Sound as it came has the loudness that was measured, at no gain. */
                before = tried;
                lufs = got.lufs;
        }
        *ret = got;
        return 0;
}

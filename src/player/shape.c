/* Sound without gain and filter passes bit for bit: what was prepared is what is aired. The high-pass is a
 * Butterworth filter of fourth order (two biquads by the formulas of R. Bristow-Johnson's cookbook): 24 dB an
 * octave keep from a horn's driver what it cannot radiate. It runs on over the borders of inputs. */
#include "shape.h"

#include <math.h>

#include "tones.h"

/* Of the fourth order: 1 / (2 cos(pi/8)), 1 / (2 cos(3 pi/8)). */
static const double butterworth[] = {0.54119610014620, 1.30656296487638};

static struct player_biquad highpass(double hz, double q)
{
        double turn = 2 * M_PI * hz / PLAYER_RATE, c = cos(turn), alpha = sin(turn) / (2 * q),
               a0 = 1 + alpha;

        return (struct player_biquad){.b0 = (1 + c) / 2 / a0,
                                      .b1 = -(1 + c) / a0,
                                      .b2 = (1 + c) / 2 / a0,
                                      .a1 = -2 * c / a0,
                                      .a2 = (1 - alpha) / a0};
}

static double filtered(struct player_biquad *f, double x)
{
        double y = f->b0 * x + f->z1;

        f->z1 = f->b1 * x - f->a1 * y + f->z2;
        f->z2 = f->b2 * x - f->a2 * y;
        return y;
}

static int16_t to_sample(double x)
{
        if (x >= INT16_MAX)
                return INT16_MAX;
        if (x <= INT16_MIN)
                return INT16_MIN;
        return (int16_t)lrint(x);
}

struct player_shape player_shape_of(double gain_db, int highpass_hz)
{
        struct player_shape ret = {.straight = gain_db == 0 && highpass_hz == 0,
                                   .gain = pow(10, gain_db / 20)};

        if (highpass_hz > 0)
                for (; ret.n_filters < 2; ret.n_filters++)
                        ret.filters[ret.n_filters] = highpass(highpass_hz, butterworth[ret.n_filters]);
        return ret;
}

void player_shape(struct player_shape *shape, int16_t *samples, size_t n)
{
        if (shape->straight)
                return;
        for (size_t i = 0; i < n; i++) {
                double x = samples[i] * shape->gain;

                for (size_t k = 0; k < shape->n_filters; k++)
                        x = filtered(&shape->filters[k], x);
                samples[i] = to_sample(x);
        }
}

void player_fade(int16_t *samples, size_t n, uint64_t at, uint64_t from, uint64_t to, bool out)
{
        for (size_t i = 0; i < n; i++) {
                uint64_t here = at + i;
                double along;

                if (here < from || here >= to)
                        continue;
                along = (double)(here - from) / (double)(to - from);
                samples[i] = to_sample(samples[i] * (0.5 + (out ? 0.5 : -0.5) * cos(M_PI * along)));
        }
}

size_t player_meter_end(struct player_meter *meter, double *ret_db)
{
        size_t n = meter->samples;
        double db;

        if (n == 0)
                return 0;
        db = 10 * log10(meter->squares / (double)n / (32768.0 * 32768.0));
        *ret_db = db > PLAYER_SILENCE_DB ? db : PLAYER_SILENCE_DB;
        *meter = (struct player_meter){0};
        return n;
}

size_t player_meter_take(struct player_meter *meter, const int16_t *samples, size_t n, bool *ret_full,
                         double *ret_db)
{
        size_t i = 0;

        for (; i < n && meter->samples < PLAYER_METER; i++, meter->samples++)
                meter->squares += (double)samples[i] * samples[i];
        *ret_full = meter->samples == PLAYER_METER;
        if (*ret_full)
                (void)player_meter_end(meter, ret_db);
        return i;
}

/* What a camera usually sees, and how a picture differs from it.
 *
 * A baseline is by blocks, since what goes wrong is by place: a hand leaves the rest of the picture as it was, fog takes a
 * little everywhere and most from what is far, a turned camera has edges where there were none. Edges are measured for the
 * light that there is (picture.c), so that dusk and clouds take nothing.
 *
 * It follows slowly, so that a season, a new house and a tree that grows are learned within days, and a spider in an hour is
 * not. The first pictures count fully. Nothing is learned while anything is suspect (picture_judge.c). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/camera_picture.h"

enum {
        BLOCKS = THON_PICTURE_BLOCKS,
        FIRST = THON_PICTURE_BLOCKS_W, /* the rows above and below bear the overlay */
        LAST = BLOCKS - THON_PICTURE_BLOCKS_W,
        INNER = LAST - FIRST,
        COLUMNS = THON_PICTURE_BLOCKS_W,
        ROWS = INNER / COLUMNS,
};
static const double textured = 1.0; /* of a block's edges: less is sky, a wall, or noise */

static int by_value(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

struct part {
        size_t left, right, bottom; /* columns and rows of the inner blocks; from the top */
};

static double correlation(const double *a, const double *b, struct part part)
{
        double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
        double n = (double)((part.right - part.left) * part.bottom);

        for (size_t row = 0; row < part.bottom; row++)
                for (size_t i = row * COLUMNS + part.left; i < row * COLUMNS + part.right; i++) {
                        mean_a += a[i] / n;
                        mean_b += b[i] / n;
                }
        for (size_t row = 0; row < part.bottom; row++)
                for (size_t i = row * COLUMNS + part.left; i < row * COLUMNS + part.right; i++) {
                        ab += (a[i] - mean_a) * (b[i] - mean_b);
                        aa += (a[i] - mean_a) * (a[i] - mean_a);
                        bb += (b[i] - mean_b) * (b[i] - mean_b);
                }
        return aa > 1e-9 && bb > 1e-9 ? ab / sqrt(aa * bb) : 0;
}

/* All streets have a sky above and a road below; what tells one from another is what is left without that. */
static void take_means(double *values, bool columns)
{
        for (size_t row = 0; row < ROWS; row++) {
                double mean = 0;
                for (size_t i = 0; i < COLUMNS; i++)
                        mean += values[row * COLUMNS + i] / COLUMNS;
                for (size_t i = 0; i < COLUMNS; i++)
                        values[row * COLUMNS + i] -= mean;
        }
        for (size_t i = 0; columns && i < COLUMNS; i++) {
                double mean = 0;
                for (size_t row = 0; row < ROWS; row++)
                        mean += values[row * COLUMNS + i] / ROWS;
                for (size_t row = 0; row < ROWS; row++)
                        values[row * COLUMNS + i] -= mean;
        }
}

/* A lorry stands below, in one half; a camera that was turned sees neither half as before, nor what is above. */
static double best_part(const double *a, const double *b)
{
        double left = correlation(a, b, (struct part){0, COLUMNS / 2, ROWS});
        double right = correlation(a, b, (struct part){COLUMNS / 2, COLUMNS, ROWS});
        double top = correlation(a, b, (struct part){0, COLUMNS, 3});

        return fmax(top, fmax(left, right));
}

static void match_places(const struct thon_baseline *baseline, const struct thon_picture_features *f,
                         struct thon_baseline_match *m)
{
        double was[INNER], is[INNER], luma_was[INNER], luma_is[INNER];

        for (size_t i = 0; i < INNER; i++) {
                /* By their logarithm, or one lamp post would outweigh a street. */
                was[i] = log1p(baseline->blocks[FIRST + i] / 256.0);
                is[i] = log1p((double)f->block_edges[FIRST + i]);
                luma_was[i] = baseline->luma[FIRST + i] / 256.0;
                luma_is[i] = f->block_luma[FIRST + i];
        }
        take_means(was, true);
        take_means(is, true);
        take_means(luma_was, false);
        take_means(luma_is, false);
        m->alike = best_part(was, is);
        m->layout = best_part(luma_was, luma_is);
}

void thon_baseline_match(const struct thon_baseline *baseline, const struct thon_picture_features *features,
                         struct thon_baseline_match *ret)
{
        struct thon_baseline_match m = {.total = 1, .alike = 1, .layout = 1, .sharp = 1, .light = 1};
        double ratios[INNER], sum_was = 0, sum_is = 0, flat = 0;
        size_t n = 0, lost = 0, faded = 0, gained = 0;

        for (size_t b = FIRST; b < LAST; b++) {
                double was = baseline->blocks[b] / 256.0, is = (double)features->block_edges[b];
                sum_was += was;
                sum_is += is;
                flat += (is < textured) - (was < textured);
                gained += is > 2.5 * was + 2 * textured;
                if (was >= textured)
                        ratios[n++] = is / was;
        }
        if (baseline->pictures < THON_BASELINE_ENOUGH || n < INNER / 8) {
                *ret = m;
                return;
        }
        m.known = true;
        m.total = sum_is / sum_was;
        m.gained = (double)gained / INNER;
        m.flat = flat / INNER;
        qsort(ratios, n, sizeof(*ratios), by_value);
        /* The best tenth shows what the light and the air leave of edges that nothing stands before. */
        double scale = fmin(1, fmax(.3, ratios[n * 9 / 10]));
        for (size_t i = 0; i < n; i++) {
                lost += ratios[i] < .3 * scale;
                faded += ratios[i] >= .25 * scale && ratios[i] < .65 * scale;
        }
        m.lost = (double)lost / (double)n;
        m.faded = (double)faded / (double)n;
        if (baseline->sharpness > 0)
                m.sharp = features->sharpness / baseline->sharpness;
        if (baseline->mean > 0)
                m.light = features->mean / baseline->mean;
        match_places(baseline, features, &m);
        *ret = m;
}

static void follow(double *mean, double *deviation, double value, double weight)
{
        *deviation += weight * (fabs(value - *mean) - *deviation);
        *mean += weight * (value - *mean);
}

static uint16_t follow_block(uint16_t mean, double value, double weight)
{
        double next = mean + weight * (value * 256 - mean);
        return next < 0 ? 0 : next > UINT16_MAX ? UINT16_MAX : (uint16_t)lround(next);
}

void thon_baseline_learn(struct thon_baseline *baseline, const struct thon_picture_features *features)
{
        unsigned n =
                baseline->pictures < THON_BASELINE_FOLLOW ? baseline->pictures : THON_BASELINE_FOLLOW - 1;
        double weight = 1.0 / (n + 1);

        follow(&baseline->sharpness, &baseline->sharpness_dev, features->sharpness, weight);
        if (n == 0)
                baseline->sharpness_dev = 0;
        baseline->grain += weight * (features->grain - baseline->grain);
        baseline->mean += weight * (features->mean - baseline->mean);
        for (size_t b = 0; b < BLOCKS; b++) {
                baseline->blocks[b] =
                        follow_block(baseline->blocks[b], (double)features->block_edges[b], weight);
                baseline->luma[b] = follow_block(baseline->luma[b], features->block_luma[b], weight);
        }
        if (baseline->pictures < THON_BASELINE_FOLLOW)
                baseline->pictures++;
}

/* ---- as text: a line of three baselines, numbers in thousandths, blocks as hexadecimal bytes ---- */
static long thousandths(double value)
{
        return value < -1e6 || !(value <= 1e6) ? 0 : lround(value * 1000);
}

void thon_baselines_text(const struct thon_picture_watch *watch, char buf[static THON_BASELINES_TEXT])
{
        static const char digits[] = "0123456789abcdef";
        size_t at = (size_t)snprintf(buf, THON_BASELINES_TEXT, "1");

        for (int mode = 0; mode < THON_PICTURE_MODES; mode++) {
                const struct thon_baseline *b = &watch->baselines[mode];
                at += (size_t)snprintf(buf + at, THON_BASELINES_TEXT - at, " %u %ld %ld %ld %ld ",
                                       b->pictures, thousandths(b->sharpness), thousandths(b->sharpness_dev),
                                       thousandths(b->grain), thousandths(b->mean));
                for (int part = 0; part < 2; part++)
                        for (size_t i = 0; i < BLOCKS; i++) {
                                /* Edges in quarters: what is beyond 64 is as good as 64. */
                                unsigned v = part ? b->luma[i] / 256 : b->blocks[i] / 64;
                                v = v > 255 ? 255 : v;
                                buf[at++] = digits[v / 16];
                                buf[at++] = digits[v % 16];
                        }
        }
        buf[at] = '\0';
}

static bool take_number(const char **text, long min, long max, long *ret)
{
        const char *p = *text;
        bool minus = *p == '-';
        long value = 0;

        p += minus;
        if (*p < '0' || *p > '9')
                return false;
        for (; *p >= '0' && *p <= '9'; p++) {
                if (value > 100000000)
                        return false;
                value = value * 10 + (*p - '0');
        }
        if (minus)
                value = -value;
        if (value < min || value > max || *p != ' ')
                return false;
        *text = p + 1;
        *ret = value;
        return true;
}

static bool take_blocks(const char **text, uint16_t blocks[BLOCKS], unsigned unit)
{
        for (size_t i = 0; i < BLOCKS; i++) {
                unsigned v = 0;
                for (int k = 0; k < 2; k++) {
                        char c = **text;
                        if (c >= '0' && c <= '9')
                                v = v * 16 + (unsigned)(c - '0');
                        else if (c >= 'a' && c <= 'f')
                                v = v * 16 + (unsigned)(c - 'a') + 10;
                        else
                                return false;
                        (*text)++;
                }
                blocks[i] = (uint16_t)(v * unit);
        }
        return true;
}

bool thon_baselines_parse(struct thon_picture_watch *watch, const char *text)
{
        struct thon_baseline read[THON_PICTURE_MODES] = {0};
        long version, numbers[5];

        if (!take_number(&text, 1, 1, &version))
                return false;
        for (int mode = 0; mode < THON_PICTURE_MODES; mode++) {
                struct thon_baseline *b = &read[mode];
                for (int i = 0; i < 5; i++)
                        if (!take_number(&text, 0, i == 0 ? THON_BASELINE_FOLLOW : 100000000, &numbers[i]))
                                return false;
                b->pictures = (unsigned)numbers[0];
                b->sharpness = (double)numbers[1] / 1000;
                b->sharpness_dev = (double)numbers[2] / 1000;
                b->grain = (double)numbers[3] / 1000;
                b->mean = (double)numbers[4] / 1000;
                if (!take_blocks(&text, b->blocks, 64) || !take_blocks(&text, b->luma, 256))
                        return false;
                if (*text != (mode + 1 < THON_PICTURE_MODES ? ' ' : '\0'))
                        return false;
                text += *text != '\0';
        }
        memcpy(watch->baselines, read, sizeof(read));
        return true;
}

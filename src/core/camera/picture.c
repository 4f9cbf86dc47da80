/* From decoded planes to numbers.
 *
 * Two sizes are looked at. Layout, edges and shade are measured on 96x54 pixels, where noise, rain and leaves in the wind are
 * averaged away and cameras of all resolutions are alike. Focus cannot be seen at that size (a lens that blurs by a hundredth
 * of the width blurs by less than a pixel there), nor can it be told whether two pictures are equal to the last bit; both
 * are measured on the planes as they came. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "thon/camera_picture.h"

enum {
        W = THON_PICTURE_W,
        H = THON_PICTURE_H,
        BW = THON_PICTURE_BLOCKS_W,
        BH = THON_PICTURE_BLOCKS_H,
        BLOCKS = THON_PICTURE_BLOCKS,
        CELL = W / BW,
        SIDE_MAX = 32768,
        DARK = 16 + 22, /* 10 % of the range of video, 16 to 235, as blackdetect has it */
        INFRARED = 3,
};

struct plane {
        const uint8_t *at;
        size_t w, h, stride;
};

/* ---- planes ---- */
/* Sum of the pixels between `from` and `to`, which are in 1/256 of a pixel, by area. */
static uint64_t row_area(const uint8_t *row, size_t from, size_t to)
{
        size_t first = from / 256, last = (to - 1) / 256;

        if (first == last)
                return (uint64_t)row[first] * (to - from);
        uint64_t sum = (uint64_t)row[first] * (256 - from % 256);
        for (size_t i = first + 1; i < last; i++)
                sum += (uint64_t)row[i] * 256;
        return sum + (uint64_t)row[last] * (to - last * 256);
}

static void reduce_luma(const struct plane *p, uint8_t *ret)
{
        for (size_t y = 0; y < H; y++) {
                size_t top = y * p->h * 256 / H, bottom = (y + 1) * p->h * 256 / H;
                for (size_t x = 0; x < W; x++) {
                        size_t left = x * p->w * 256 / W, right = (x + 1) * p->w * 256 / W;
                        uint64_t sum = 0;
                        for (size_t j = top / 256; j <= (bottom - 1) / 256; j++) {
                                size_t from = j * 256 < top ? top : j * 256;
                                size_t to = (j + 1) * 256 > bottom ? bottom : (j + 1) * 256;
                                sum += row_area(p->at + j * p->stride, left, right) * (to - from);
                        }
                        uint64_t area = (uint64_t)(right - left) * (bottom - top);
                        ret[y * W + x] = (uint8_t)((sum + area / 2) / area);
                }
        }
}

/* Both in one pass over the plane: what is equal, and what is fine. FNV-1a for the first: nobody gains by a collision. */
static void measure_blocks(const struct plane *p, uint32_t prints[BLOCKS], uint16_t fine[BLOCKS])
{
        for (size_t by = 0; by < BH; by++) {
                size_t top = by * p->h / BH, bottom = (by + 1) * p->h / BH;
                for (size_t bx = 0; bx < BW; bx++) {
                        size_t left = bx * p->w / BW, right = (bx + 1) * p->w / BW;
                        uint32_t print = 2166136261u;
                        uint64_t sum = 0, n = 0;
                        for (size_t j = top; j < bottom; j++) {
                                const uint8_t *row = p->at + j * p->stride;
                                for (size_t i = left; i < right; i++) {
                                        print = (print ^ row[i]) * 16777619u;
                                        if (j == 0 || i == 0 || j + 1 == p->h || i + 1 == p->w)
                                                continue;
                                        int bend = 4 * row[i] - row[i - 1] - row[i + 1] -
                                                   row[(ptrdiff_t)i - (ptrdiff_t)p->stride] -
                                                   row[i + p->stride];
                                        sum += (uint64_t)abs(bend);
                                        n++;
                                }
                        }
                        prints[by * BW + bx] = print;
                        fine[by * BW + bx] = (uint16_t)(n ? sum * 16 / n : 0);
                }
        }
}

static void measure_chroma(const struct plane *cb, const struct plane *cr, struct thon_picture *ret)
{
        uint64_t sum_b = 0, sum_r = 0, n = (uint64_t)cb->w * cb->h;
        uint64_t grey = 0, apart = 0;

        for (size_t j = 0; j < cb->h; j++)
                for (size_t i = 0; i < cb->w; i++) {
                        int b = cb->at[j * cb->stride + i], r = cr->at[j * cr->stride + i];
                        sum_b += (uint64_t)b;
                        sum_r += (uint64_t)r;
                        grey += (uint64_t)(abs(b - 128) + abs(r - 128));
                }
        int mean_b = (int)((sum_b + n / 2) / n), mean_r = (int)((sum_r + n / 2) / n);
        for (size_t j = 0; j < cb->h; j++)
                for (size_t i = 0; i < cb->w; i++)
                        apart += (uint64_t)(abs(cb->at[j * cb->stride + i] - mean_b) +
                                            abs(cr->at[j * cr->stride + i] - mean_r));
        ret->cb = (uint8_t)mean_b;
        ret->cr = (uint8_t)mean_r;
        ret->colour = (double)grey / (double)n;
        ret->colour_apart = (double)apart / (double)n;
}

int thon_picture_reduce(const uint8_t *y, size_t y_w, size_t y_h, size_t y_stride, const uint8_t *cb,
                        const uint8_t *cr, size_t c_w, size_t c_h, size_t c_stride, uint32_t digest,
                        struct thon_picture *ret)
{
        struct plane luma = {y, y_w, y_h, y_stride};
        struct plane blue = {cb, c_w, c_h, c_stride}, red = {cr, c_w, c_h, c_stride};
        struct thon_picture picture = {.cb = 128, .cr = 128};

        if (y_w < BW || y_h < BH || y_w > SIDE_MAX || y_h > SIDE_MAX || y_stride < y_w)
                return -EINVAL;
        if (cb && cr) {
                if (c_w < 1 || c_h < 1 || c_w > SIDE_MAX || c_h > SIDE_MAX || c_stride < c_w)
                        return -EINVAL;
                measure_chroma(&blue, &red, &picture);
        }
        reduce_luma(&luma, picture.y);
        measure_blocks(&luma, picture.print.blocks, picture.fine);
        picture.print.digest = digest;
        *ret = picture;
        return 0;
}

/* ---- features ---- */
static void measure_histogram(const struct thon_picture *picture, struct thon_picture_features *f)
{
        unsigned count[256] = {0}, dark = 0, n = W * (H - 2 * CELL);
        uint64_t sum = 0, best = 0;

        for (size_t i = 0; i < W * H; i++) {
                uint8_t v = picture->y[i];
                sum += v;
                if (i >= W * CELL && i < W * (H - CELL)) {
                        count[v]++;
                        dark += v < DARK;
                }
        }
        f->mean = (double)sum / (W * H);
        f->dark = (double)dark / n;
        /* Two shades are one colour that differ by a tenth of the light that there is: in the dark all are close. */
        int shade = (int)fmin(9, fmax(2, f->mean / 10));
        for (int v = 0; v < 256; v++) {
                uint64_t near = 0;
                for (int u = v - shade < 0 ? 0 : v - shade; u <= v + shade && u < 256; u++)
                        near += count[u];
                if (near > best)
                        best = near;
        }
        f->one_colour = (double)best / n;
}

static int by_value(const void *a, const void *b)
{
        float x = *(const float *)a, y = *(const float *)b;
        return (x > y) - (x < y);
}

/* The value that so large a share of `n` (at most BLOCKS) does not exceed. */
static float quantile(const float *values, size_t n, double share)
{
        float sorted[BLOCKS];

        memcpy(sorted, values, n * sizeof(*values));
        qsort(sorted, n, sizeof(*sorted), by_value);
        return sorted[(size_t)(share * (double)(n - 1))];
}

static void measure_edges(const struct thon_picture *picture, struct thon_picture_features *f)
{
        enum { FIRST = BW, INNER = BLOCKS - 2 * BW };
        float raw[BLOCKS], fine[BLOCKS];
        double sum = 0, sum_fine = 0, structured = 0;

        for (size_t by = 0; by < BH; by++)
                for (size_t bx = 0; bx < BW; bx++) {
                        unsigned edge = 0, luma = 0;
                        for (size_t j = by * CELL; j < (by + 1) * CELL; j++)
                                for (size_t i = bx * CELL; i < (bx + 1) * CELL; i++) {
                                        const uint8_t *p = picture->y + j * W + i;
                                        luma += *p;
                                        if (i + 1 < W)
                                                edge += (unsigned)abs(p[1] - p[0]);
                                        if (j + 1 < H)
                                                edge += (unsigned)abs(p[W] - p[0]);
                                }
                        raw[by * BW + bx] = (float)edge / (CELL * CELL);
                        fine[by * BW + bx] = picture->fine[by * BW + bx] / 16.f;
                        f->block_luma[by * BW + bx] = (uint8_t)(luma / (CELL * CELL));
                }
        /* What the flattest blocks have is noise. */
        float noise = quantile(raw + FIRST, INNER, .05), noise_fine = quantile(fine + FIRST, INNER, .05);
        double light = 64 / (f->mean + 12);
        for (size_t b = 0; b < BLOCKS; b++) {
                float net = fmaxf(0, raw[b] - noise);
                f->block_edges[b] = (float)(net * light);
                if (b < FIRST || b >= FIRST + INNER)
                        continue;
                sum += net;
                sum_fine += fmaxf(0, fine[b] - 1.3f * noise_fine);
                structured += net > 1 + noise / 2;
        }
        f->edges = sum * light / INNER;
        f->sharpness = sum > INNER * .2 ? sum_fine / sum : 0;
        f->structure = structured / INNER;
        f->grain = noise_fine;
}

void thon_picture_features(const struct thon_picture *picture, struct thon_picture_features *ret)
{
        struct thon_picture_features f = {0};

        measure_histogram(picture, &f);
        measure_edges(picture, &f);
        f.infrared = picture->colour < INFRARED;
        *ret = f;
}

/* What comes between the world and the picture, or is written over it: paint, hands, blur, and the overlay. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene_private.h"

/* ---- the overlay: 5x7 letters, white with a black edge, as cameras write them ---- */
static const char letters[] = "0123456789:- CAMTHON";
static const uint8_t shapes[sizeof(letters) - 1][7] = {
        {14, 17, 19, 21, 25, 17, 14}, {4, 12, 4, 4, 4, 4, 14},      {14, 17, 1, 2, 4, 8, 31},
        {31, 2, 4, 2, 1, 17, 14},     {2, 6, 10, 18, 31, 2, 2},     {31, 16, 30, 1, 1, 17, 14},
        {6, 8, 16, 30, 17, 17, 14},   {31, 1, 2, 4, 8, 8, 8},       {14, 17, 17, 14, 17, 17, 14},
        {14, 17, 17, 15, 1, 2, 12},   {0, 4, 0, 0, 0, 4, 0},        {0, 0, 0, 14, 0, 0, 0},
        {0, 0, 0, 0, 0, 0, 0},        {14, 17, 16, 16, 16, 17, 14}, {14, 17, 17, 31, 17, 17, 17},
        {17, 27, 21, 21, 17, 17, 17}, {31, 4, 4, 4, 4, 4, 4},       {17, 17, 17, 31, 17, 17, 17},
        {14, 17, 17, 17, 17, 17, 14}, {17, 25, 21, 19, 17, 17, 17},
};

static void fill(const struct scene_frame *frame, int x, int y, int w, int h, uint8_t grey)
{
        for (int j = y; j < y + h; j++)
                for (int i = x; i < x + w; i++)
                        if (i >= 0 && j >= 0 && i < (int)frame->w && j < (int)frame->h)
                                memset(frame->rgb + 3 * ((size_t)j * frame->w + (size_t)i), grey, 3);
}

static void write_text(const struct scene_frame *frame, const char *text, int x, int y)
{
        int dot = (int)fmax(1, frame->unit + .3);

        for (int pass = 0; pass < 2; pass++)
                for (int k = 0; text[k]; k++) {
                        const char *at = strchr(letters, text[k]);
                        for (int row = 0; at && row < 7; row++)
                                for (int col = 0; col < 5; col++) {
                                        if (!(shapes[at - letters][row] >> (4 - col) & 1))
                                                continue;
                                        int px = x + (k * 6 + col) * dot, py = y + row * dot;
                                        if (pass == 0)
                                                fill(frame, px - 1, py - 1, dot + 2, dot + 2, 16);
                                        else
                                                fill(frame, px, py, dot, dot, 235);
                                }
                }
}

/* Of a day since 1970 (Hinnant's algorithm for the civil calendar). */
static void civil(int64_t days, int *year, int *month, int *day)
{
        int64_t z = days + 719468, era = z / 146097, doe = z % 146097;
        int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
        int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

        *day = (int)(doy - (153 * mp + 2) / 5 + 1);
        *month = (int)(mp < 10 ? mp + 3 : mp - 9);
        *year = (int)(yoe + era * 400 + (*month <= 2));
}

void scene_overlay(const struct scene_frame *frame, uint64_t seed, const struct scene_at *at, int64_t clock)
{
        int margin = (int)(6 * frame->unit), dot = (int)fmax(1, frame->unit + .3);

        if (at->overlay_clock) {
                int year, month, day, second = (int)(clock % 86400);
                char text[64];
                civil(clock / 86400, &year, &month, &day);
                (void)snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d", year, month, day,
                               second / 3600, second / 60 % 60, second % 60);
                write_text(frame, text, margin, margin);
        }
        if (at->overlay_name) {
                char text[32];
                (void)snprintf(text, sizeof(text), "CAM THON %02d", (int)(seed % 100));
                write_text(frame, text, (int)frame->w - margin - 11 * 6 * dot,
                           (int)frame->h - margin - 7 * dot);
        }
}

/* ---- blur: three boxes come near enough to a Gaussian ---- */
static void box_line(const uint8_t *from, uint8_t *to, size_t n, size_t step, size_t radius)
{
        uint32_t sum = 0, width = (uint32_t)(2 * radius + 1);

        for (size_t i = 0; i < 2 * radius + 1; i++)
                sum += from[(i < radius ? 0 : i - radius) * step];
        for (size_t i = 0; i < n; i++) {
                to[i * step] = (uint8_t)((sum + width / 2) / width);
                size_t add = i + radius + 1, drop = i < radius ? 0 : i - radius;
                sum += from[(add < n ? add : n - 1) * step];
                sum -= from[drop * step];
        }
}

void scene_blur(const struct scene_frame *frame, double sigma)
{
        size_t most = frame->w < frame->h ? frame->w : frame->h;
        size_t radius = (size_t)fmax(sigma, 0); /* three of radius r have a sigma of about r + 1/2 */
        uint8_t *spare = malloc((size_t)frame->w * frame->h * 3);

        if (radius < 1)
                radius = 1;
        if (radius > most / 4)
                radius = most / 4;
        if (!spare)
                return;
        for (int pass = 0; pass < 3; pass++) {
                for (size_t y = 0; y < frame->h; y++)
                        for (size_t c = 0; c < 3; c++)
                                box_line(frame->rgb + y * frame->w * 3 + c, spare + y * frame->w * 3 + c,
                                         frame->w, 3, radius);
                for (size_t x = 0; x < (size_t)frame->w * 3; x++)
                        box_line(spare + x, frame->rgb + x, frame->h, (size_t)frame->w * 3, radius);
        }
        free(spare);
}

/* ---- what is put before the lens: near it, so without an edge or a grain that is sharp ---- */
struct thing {
        double r, g, b;
};

void scene_cover(const struct scene_frame *frame, const struct scene_at *at, uint64_t seed, double light)
{
        static const struct thing things[] = {
                {150, 96, 74},   /* a hand */
                {66, 104, 44},   /* a leaf */
                {196, 200, 206}, /* a white bag */
                {90, 110, 170},  /* a blue one */
                {96, 84, 70},    /* cardboard */
        };
        struct scene_dice dice = {scene_mix(seed, at->variant)};
        struct thing thing = things[scene_pick(&dice, 5)];
        int side = scene_pick(&dice, 4);
        double lean = scene_between(&dice, -.25, .25), wave = scene_between(&dice, .01, .05);
        double soft = scene_between(&dice, .03, .09), reach = at->strength >= .97 ? 2 : at->strength;

        if (at->infrared) /* it is lit by the camera's own lamp, and close */
                thing = (struct thing){190, 190, 190};
        for (unsigned y = 0; y < frame->h; y++)
                for (unsigned x = 0; x < frame->w; x++) {
                        double u = (double)x / frame->w, v = (double)y / frame->h;
                        double along = side % 2 ? u : v, across = side % 2 ? v - .5 : u - .5;
                        if (side >= 2)
                                along = 1 - along;
                        double edge = along + lean * across +
                                      wave * scene_noise(seed + 3, across * 9, at->variant);
                        double k = (reach - edge) / soft + .5;
                        if (k <= 0)
                                continue;
                        if (k > 1)
                                k = 1;
                        double shape = 16 * scene_noise(seed + 1, u * 3 + at->variant, v * 3) +
                                       7 * scene_noise(seed + 2, u * 8, v * 8 + at->variant);
                        double fall = light * (.62 + .5 * edge);
                        uint8_t *p = frame->rgb + 3 * ((size_t)y * frame->w + x);
                        p[0] = scene_byte(p[0] * (1 - k) + k * fall * (thing.r + shape));
                        p[1] = scene_byte(p[1] * (1 - k) + k * fall * (thing.g + shape));
                        p[2] = scene_byte(p[2] * (1 - k) + k * fall * (thing.b + shape));
                }
}

void scene_spray(const struct scene_frame *frame, const struct scene_at *at, uint64_t seed, double light)
{
        static const struct thing paints[] = {{170, 30, 36}, {210, 206, 200}, {40, 66, 150},
                                              {34, 110, 60}, {196, 170, 40},  {110, 110, 112}};
        struct scene_dice dice = {scene_mix(seed, at->variant + 77u)};
        struct thing paint = paints[scene_pick(&dice, 6)];
        double cx = scene_between(&dice, .3, .7), cy = scene_between(&dice, .3, .7);

        if (at->infrared) {
                double grey = scene_between(&dice, 90, 180);
                paint = (struct thing){grey, grey, grey};
        }
        /* The share that is to be painted decides how far out from (cx, cy) it reaches: sort of a quantile, found by counting. */
        enum { BINS = 256 };
        unsigned count[BINS] = {0}, most = 0, need;
        for (int pass = 0, limit = 0; pass < 2; pass++) {
                if (pass == 1) {
                        need = (unsigned)(at->strength * frame->w * frame->h);
                        while (limit < BINS - 1 && most < need)
                                most += count[limit++];
                }
                for (unsigned y = 0; y < frame->h; y++)
                        for (unsigned x = 0; x < frame->w; x++) {
                                double u = (double)x / frame->w, v = (double)y / frame->h;
                                double far = hypot(u - cx, v - cy) +
                                             .12 * scene_noise(seed + 5, u * 7 + at->variant, v * 7) + .15;
                                int bin = (int)(far * BINS / 1.4);
                                bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
                                if (pass == 0) {
                                        count[bin]++;
                                        continue;
                                }
                                if (bin >= limit)
                                        continue;
                                double mottle =
                                        light * 4 * scene_noise(seed + 6, u * 5, v * 5 + at->variant);
                                uint8_t *p = frame->rgb + 3 * ((size_t)y * frame->w + x);
                                p[0] = scene_byte(light * paint.r + mottle);
                                p[1] = scene_byte(light * paint.g + mottle);
                                p[2] = scene_byte(light * paint.b + mottle);
                        }
        }
}

/* The still part of a scene: drawn once by seed, larger than what the camera sees of it, so that the camera can be turned.
 * What matters is not beauty but that there is as much to lose as in a real picture: ground with grain in perspective, edges
 * of windows and roofs, leaves, things near and far, and a distance for every pixel, for fog and infrared light. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scene_private.h"

struct brush {
        struct scene_world *world;
        struct scene_dice dice;
};
struct colour {
        double r, g, b;
};

double scene_noise(uint64_t seed, double x, double y)
{
        double fx = floor(x), fy = floor(y);
        uint64_t ix = (uint64_t)(int64_t)fx, iy = (uint64_t)(int64_t)fy;
        double u = x - fx, v = y - fy;

        u = u * u * (3 - 2 * u);
        v = v * v * (3 - 2 * v);
        double a = scene_unit(scene_mix(seed + ix, iy)), b = scene_unit(scene_mix(seed + ix + 1, iy));
        double c = scene_unit(scene_mix(seed + ix, iy + 1)),
               d = scene_unit(scene_mix(seed + ix + 1, iy + 1));
        return 2 * ((a + (b - a) * u) * (1 - v) + (c + (d - c) * u) * v) - 1;
}

static void dot(struct scene_world *world, int x, int y, struct colour c, int depth)
{
        if (x < 0 || y < 0 || x >= (int)world->w || y >= (int)world->h)
                return;
        size_t at = (size_t)y * world->w + (size_t)x;
        world->rgb[3 * at] = scene_byte(c.r);
        world->rgb[3 * at + 1] = scene_byte(c.g);
        world->rgb[3 * at + 2] = scene_byte(c.b);
        if (depth >= 0)
                world->depth[at] = (uint8_t)depth;
}

static void box(struct brush *b, double x, double y, double w, double h, struct colour c, int depth,
                double grain)
{
        uint64_t seed = scene_next(&b->dice);

        for (int j = (int)y; j < (int)(y + h); j++)
                for (int i = (int)x; i < (int)(x + w); i++) {
                        double n = grain > 0 ? grain * (scene_noise(seed, i * .35 / b->world->unit,
                                                                    j * .35 / b->world->unit) +
                                                        .7 * scene_noise(seed + 7, i * .06 / b->world->unit,
                                                                         j * .06 / b->world->unit))
                                             : 0;
                        dot(b->world, i, j, (struct colour){c.r + n, c.g + n, c.b + n}, depth);
                }
}

static void disc(struct brush *b, double x, double y, double r, struct colour c, int depth)
{
        for (int j = (int)(y - r); j <= (int)(y + r); j++)
                for (int i = (int)(x - r); i <= (int)(x + r); i++)
                        if ((i - x) * (i - x) + (j - y) * (j - y) <= r * r)
                                dot(b->world, i, j, c, depth);
}

static void line(struct brush *b, double x0, double y0, double x1, double y1, double thick, struct colour c,
                 int depth)
{
        int n = (int)(fmax(fabs(x1 - x0), fabs(y1 - y0)) * 1.5) + 1;

        for (int k = 0; k <= n; k++)
                disc(b, x0 + (x1 - x0) * k / n, y0 + (y1 - y0) * k / n, thick / 2, c, depth);
}

/* What stands at (x, y) throws its shadow to the left in the afternoon's map and to the right in the morning's. */
static void shadow(struct brush *b, double x, double y, double w, double height)
{
        struct scene_world *world = b->world;

        for (int half = 0; half < 2; half++) {
                double lean = (half ? -1 : 1) * height * 0.9;
                int rows = (int)fmax(height * 0.22, 2);
                for (int j = 0; j < rows; j++) {
                        int row = (int)y + j;
                        if (row < (int)world->horizon || row >= (int)world->h)
                                continue;
                        double from = x + fmin(lean, 0) * (rows - j) / rows;
                        double to = x + w + fmax(lean, 0) * (rows - j) / rows;
                        for (int i = (int)fmax(from, 0); i < (int)to && i < (int)world->w; i++)
                                world->shade[half][(size_t)row * world->w + (size_t)i] = 110;
                }
        }
}

/* Distance of the ground at a row, in half metres. */
static int ground_depth(const struct scene_world *world, double row)
{
        double below = fmax(row - world->horizon, 0.5);
        double half_metres = 2 * 4.5 * (world->h - world->horizon) / below;
        return half_metres > 250 ? 250 : (int)half_metres;
}

static void sky_and_ground(struct brush *b)
{
        static const struct colour soils[SCENE_KINDS] = {
                {128, 120, 108}, {142, 134, 120}, {96, 118, 62}, {120, 116, 112}, {150, 128, 104}};
        struct scene_world *world = b->world;
        uint64_t seed = scene_next(&b->dice);
        struct colour soil = soils[world->kind];
        double middle = world->road_x, u0 = world->road_w / 2;

        for (unsigned j = 0; j < world->h; j++) {
                double below = j - world->horizon;
                for (unsigned i = 0; i < world->w; i++) {
                        if (below < 0) {
                                double n = 10 *
                                           scene_noise(seed, i * .012 / world->unit, j * .03 / world->unit);
                                double k = 24 * -below / world->horizon;
                                dot(world, (int)i, (int)j,
                                    (struct colour){214 - k + n, 220 - k * .6 + n, 228 + n * .5}, 255);
                                continue;
                        }
                        /* On the plane: u across and v away. */
                        double scale = (world->h - world->horizon) / (below + 1);
                        double u = ((double)i - middle) / (world->w * .5) * scale, v = 6 * scale;
                        double fade = fmin(1, 5 / scale);
                        double n = fade * (11 * scene_noise(seed + 1, u * 46, v * 9) +
                                           12 * scene_noise(seed + 2, u * 15, v * 3) +
                                           14 * scene_noise(seed + 3, u * 4, v)) +
                                   5 * scene_noise(seed + 4, i * .4 / world->unit, j * .4 / world->unit);
                        struct colour c = soil;
                        double half = u0 / (world->w * .5);
                        bool crossing = world->kind == SCENE_JUNCTION && v > 11 && v < 17;
                        if ((world->kind != SCENE_FIELD && fabs(u) < half) || crossing) {
                                c = (struct colour){92, 92, 96};
                                n *= .55;
                                if (!crossing && fabs(u) < half * .05 && fmod(v, 5) < 2.6)
                                        c = (struct colour){205, 202, 190};
                                if (!crossing && fabs(fabs(u) - half * .92) < half * .03)
                                        c = (struct colour){190, 188, 180};
                                if (world->kind == SCENE_JUNCTION && v > 9 && v < 10.6 &&
                                    fmod(u + 40, .16) < .08)
                                        c = (struct colour){215, 212, 205};
                        } else if (world->kind == SCENE_FIELD && fmod(u + 40 + .02 * n, .3) < .1) {
                                c = (struct colour){70, 92, 40}; /* furrows */
                        } else if (world->kind == SCENE_YARD &&
                                   (fmod(u + 40, .24) < .02 || fmod(v, 1.6) < .16)) {
                                c = (struct colour){108, 86, 66}; /* tiles */
                        }
                        dot(world, (int)i, (int)j, (struct colour){c.r + n, c.g + n, c.b + n * .8},
                            ground_depth(world, j));
                }
        }
}

static void house(struct brush *b, double x, double foot, double w, double h, int depth)
{
        static const struct colour walls[] = {{206, 190, 142}, {188, 196, 204}, {214, 206, 196},
                                              {170, 196, 168}, {206, 164, 140}, {150, 150, 152}};
        struct scene_dice *d = &b->dice;
        struct colour wall = walls[scene_pick(d, 6)];
        int floors = 1 + scene_pick(d, 3), bays = 2 + scene_pick(d, 4);

        shadow(b, x, foot, w, h);
        box(b, x, foot - h, w, h, wall, depth, 7);
        for (int f = 0; f < floors; f++)
                for (int i = 0; i < bays; i++) {
                        double bw = w / bays, bh = h / floors;
                        double wx = x + i * bw + bw * .22, wy = foot - h + f * bh + bh * .25;
                        double dark = scene_between(d, 38, 80);
                        box(b, wx, wy, bw * .56, bh * (f == floors - 1 ? .75 : .5),
                            (struct colour){dark, dark, dark + 8}, depth, 5);
                        line(b, wx + bw * .28, wy, wx + bw * .28, wy + bh * .5, b->world->unit,
                             (struct colour){200, 200, 196}, depth);
                }
        struct colour roof = scene_pick(d, 2) ? (struct colour){150, 70, 52} : (struct colour){90, 104, 120};
        for (double k = 0; k < h * .12; k += b->world->unit)
                line(b, x - w * .04, foot - h - k, x + w * 1.04, foot - h - k, b->world->unit,
                     (struct colour){roof.r + 14 * fmod(k, 3), roof.g, roof.b}, depth);
        if (scene_pick(d, 2)) { /* a sign with letters, so to say */
                double sw = w * .7, sh = h * .1, sx = x + w * .15, sy = foot - h * .36;
                box(b, sx, sy, sw, sh,
                    (struct colour){scene_between(d, 20, 220), 60, scene_between(d, 30, 200)}, depth, 0);
                for (int k = 0; k < 9; k++)
                        box(b, sx + sw * (k + .6) / 11, sy + sh * .25, sw / 22, sh * .5,
                            (struct colour){240, 236, 210}, depth, 0);
        }
}

static void tree(struct brush *b, double x, double foot, double h, int depth)
{
        struct scene_dice *d = &b->dice;

        shadow(b, x - h * .2, foot, h * .4, h * .8);
        line(b, x, foot, x + scene_between(d, -.06, .06) * h, foot - h * .6, h * .07,
             (struct colour){88, 70, 54}, depth);
        int leaves = 160 + scene_pick(d, 120);
        for (int i = 0; i < leaves; i++) {
                double a = scene_between(d, 0, 6.283), r = sqrt(scene_unit(scene_next(d))) * h * .36;
                double g = scene_between(d, 60, 150);
                disc(b, x + cos(a) * r, foot - h * .72 + sin(a) * r * .8,
                     h * scene_between(d, .012, .035) + .5 * b->world->unit,
                     (struct colour){g * .55, g, g * .4}, depth);
        }
}

static void pole(struct brush *b, double x, double foot, double h, int depth)
{
        double unit = b->world->unit, sag = scene_between(&b->dice, 2, 8) * unit;

        shadow(b, x, foot, unit * 2, h);
        line(b, x, foot, x, foot - h, unit * 3, (struct colour){126, 124, 120}, depth);
        for (int k = 0; k < 3; k++) /* wires */
                for (int i = 0; i < (int)b->world->w; i++) {
                        double t = fmod(fabs(i - x), 150 * unit) / (150 * unit);
                        dot(b->world, i, (int)(foot - h + k * 4 * unit + sag * 4 * t * (1 - t)),
                            (struct colour){58, 58, 60}, depth);
                }
}

static void railing(struct brush *b, double foot, double h, int depth)
{
        double unit = b->world->unit;

        for (double x = 0; x < b->world->w; x += 7 * unit)
                line(b, x, foot, x, foot - h, unit * 1.6, (struct colour){66, 80, 92}, depth);
        for (int k = 0; k < 2; k++)
                line(b, 0, foot - h * (.2 + .7 * k), b->world->w, foot - h * (.2 + .7 * k), unit * 1.6,
                     (struct colour){66, 80, 92}, depth);
}

static void things(struct brush *b)
{
        struct scene_world *world = b->world;
        struct scene_dice *d = &b->dice;
        double unit = world->unit, low = world->horizon, tall = world->h - low;

        /* A far line of trees, then houses, each row nearer and over the last. */
        for (double x = 0; x < world->w; x += scene_between(d, 5, 12) * unit)
                tree(b, x, low + 4 * unit, scene_between(d, 14, 26) * unit, 160);
        int houses = world->kind == SCENE_FIELD ? 2 : 6 + scene_pick(d, 4);
        for (int i = 0; i < houses; i++) {
                double k = scene_between(d, .08, .2), foot = low + tall * k;
                double x = world->w * (i + scene_between(d, 0, .5)) / houses;
                if (fabs(x + 30 * unit - world->road_x) < 46 * unit && world->kind != SCENE_JUNCTION)
                        continue;
                house(b, x, foot, scene_between(d, 44, 84) * unit, scene_between(d, 50, 100) * unit,
                      ground_depth(world, foot));
        }
        int trees = world->kind == SCENE_FIELD ? 7 : 4;
        for (int i = 0; i < trees; i++) {
                double foot = low + tall * scene_between(d, .12, .4);
                tree(b, world->w * (i + scene_between(d, 0, .9)) / trees, foot,
                     scene_between(d, 60, 120) * unit, ground_depth(world, foot));
        }
        for (int i = 0; i < 3; i++) {
                double foot = low + tall * scene_between(d, .15, .5);
                pole(b, world->w * (i + scene_between(d, .2, .8)) / 3, foot,
                     scene_between(d, 110, 160) * unit, ground_depth(world, foot));
        }
        if (world->kind == SCENE_GATE) {
                double foot = low + tall * .42, h = 74 * unit;
                railing(b, foot, 44 * unit, ground_depth(world, foot));
                for (int k = -1; k <= 1; k += 2)
                        box(b, world->road_x + k * 58 * unit - 9 * unit, foot - h, 18 * unit, h,
                            (struct colour){176, 150, 110}, ground_depth(world, foot), 12);
                box(b, world->road_x - 67 * unit, foot - h - 16 * unit, 134 * unit, 17 * unit,
                    (struct colour){170, 40, 36}, ground_depth(world, foot), 4);
                for (int k = 0; k < 14; k++)
                        box(b, world->road_x + (k * 8 - 56) * unit, foot - h - 12 * unit, 4 * unit, 9 * unit,
                            (struct colour){236, 214, 90}, ground_depth(world, foot), 0);
        }
}

int scene_world_new(unsigned seed, unsigned w, unsigned h, struct scene_world *ret)
{
        struct scene_world world = {.w = 2 * w, .h = h + h / 2, .unit = w / 352.0};
        size_t pixels = (size_t)world.w * world.h;
        struct brush brush = {.world = &world, .dice = {scene_mix(seed, 0x5ce9e)}};
        struct scene_dice *d = &brush.dice;

        world.rgb = malloc(pixels * 3);
        world.depth = malloc(pixels);
        world.shade[0] = malloc(pixels);
        world.shade[1] = malloc(pixels);
        if (!world.rgb || !world.depth || !world.shade[0] || !world.shade[1]) {
                scene_world_done(&world);
                return -ENOMEM;
        }
        memset(world.shade[0], 255, pixels);
        memset(world.shade[1], 255, pixels);
        world.kind = (enum scene_kind)scene_pick(d, SCENE_KINDS);
        world.horizon = world.h * scene_between(d, .28, .4);
        world.road_x = world.w * scene_between(d, .42, .58);
        world.road_w = world.w * scene_between(d, .35, .5);
        world.lit = scene_pick(d, 5) == 0;
        world.infrared_at = scene_between(d, -.07, .02);
        sky_and_ground(&brush);
        things(&brush);
        *ret = world;
        return 0;
}

void scene_world_done(struct scene_world *world)
{
        free(world->rgb);
        free(world->depth);
        free(world->shade[0]);
        free(world->shade[1]);
        *world = (struct scene_world){0};
}

/* From a still world and a moment to a picture: where the camera looks, the light, the air between, what moves, what the
 * weather and the sensor add, and what is wrong. Everything that changes follows from the seed and the second by mixing, not
 * from a state, so that any moment can be asked for in any order and a frozen camera is simply one asked for the past. */
#include "scene.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "scene_private.h"

enum { NOISE = 1 << 16 };
struct scene {
        uint64_t seed;
        unsigned w, h;
        struct scene_world world;
        int8_t *noise;             /* sigma 32 */
        uint16_t *fall_x, *fall_y; /* infrared lamp and lens: 256 in the middle */
        uint8_t *rgb;              /* for scene_jpeg() */
        tjhandle jpeg;
};

const char *scene_fault_text(enum scene_fault fault)
{
        static const char *const texts[SCENE_FAULTS] = {"ok",      "black",     "frozen", "covered",
                                                        "sprayed", "defocused", "moved"};
        return texts[fault];
}

struct scene *scene_free(struct scene *scene)
{
        if (!scene)
                return NULL;
        scene_world_done(&scene->world);
        free(scene->noise);
        free(scene->fall_x);
        free(scene->fall_y);
        free(scene->rgb);
        if (scene->jpeg)
                (void)tjDestroy(scene->jpeg);
        free(scene);
        return NULL;
}

int scene_new(unsigned seed, unsigned w, unsigned h, struct scene **ret)
{
        if (w < 160 || h < 120 || w > 3840 || h > 2160 || w % 2 || h % 2)
                return -EINVAL;
        struct scene *scene = calloc(1, sizeof(*scene));
        if (!scene)
                return -ENOMEM;
        scene->seed = scene_mix(seed, 0xca3e7a);
        scene->w = w;
        scene->h = h;
        scene->noise = malloc(NOISE);
        scene->fall_x = malloc(w * sizeof(uint16_t));
        scene->fall_y = malloc(h * sizeof(uint16_t));
        scene->rgb = malloc((size_t)w * h * 3);
        scene->jpeg = tjInitCompress();
        int r = scene->noise && scene->fall_x && scene->fall_y && scene->rgb && scene->jpeg
                        ? scene_world_new(seed, w, h, &scene->world)
                        : -ENOMEM;
        if (r < 0) {
                (void)scene_free(scene);
                return r;
        }
        struct scene_dice dice = {scene->seed};
        for (int i = 0; i < NOISE; i++) { /* twelve uniform numbers are normal enough */
                double sum = 0;
                for (int k = 0; k < 3; k++) {
                        uint64_t x = scene_next(&dice);
                        for (int part = 0; part < 4; part++)
                                sum += (double)(x >> (16 * part) & 0xffff) / 65535 - .5;
                }
                double value = sum * 32;
                scene->noise[i] = (int8_t)(value > 127 ? 127 : value < -127 ? -127 : value);
        }
        for (unsigned x = 0; x < w; x++) {
                double u = ((double)x / w - .5) * 2;
                scene->fall_x[x] = (uint16_t)(256 * (1 - .45 * u * u));
        }
        for (unsigned y = 0; y < h; y++) {
                double v = ((double)y / h - .55) * 2;
                scene->fall_y[y] = (uint16_t)(256 * (1 - .4 * v * v));
        }
        *ret = scene;
        return 0;
}

enum scene_kind scene_kind(const struct scene *scene)
{
        return scene->world.kind;
}

/* ---- the light of a moment ---- */
static double sun(int64_t second) /* sine of its height, on a day with twelve hours of light */
{
        return sin(((double)(second % 86400) / 3600 - 6) * M_PI / 12);
}

struct light {
        double gain;    /* of what the sun lights */
        double r, g, b; /* its colour */
        double shade;   /* how deep shadows are, 0..1 */
        int half;       /* morning 0, afternoon 1 */
        double lamp;    /* of a street lamp, in colour */
        double noise;
};

static struct light light_at(const struct scene *scene, const struct scene_at *at, int64_t second)
{
        double height = sun(second), hour = (double)(second % 86400) / 3600;
        struct light light = {.half = hour >= 12};

        /* The camera's own exposure takes most of the difference away, until there is too little light for that. */
        double day = 1 / (1 + exp(-(height + .02) * 38));
        double drift = .05 * scene_noise(scene->seed + 11, (double)second / 1800, 0);
        light.gain = day * (1 - .18 * at->cloud + drift) * (.85 + .15 * fmin(1, fmax(0, height) * 3));
        double warm = fmax(0, .35 - fabs(height)) * .5;
        light.r = 1 + warm * .5;
        light.g = 1;
        light.b = 1 - warm * .6 + .06 * at->cloud;
        light.shade =
                day * (1 - at->cloud) * .8 * fmin(1, fabs(hour - 12) / 3) * fmin(1, fmax(0, height) * 4);
        light.lamp = (1 - day) * (scene->world.lit ? .62 : .12);
        light.noise = at->noise > 0 ? at->noise : at->infrared ? 4.5 : 1.6 + 5 * (1 - day);
        return light;
}

/* ---- where it looks ---- */
struct view {
        double x, y; /* of the picture's middle, in the world */
        double turn; /* radians */
};

static struct view view_of(const struct scene *scene, const struct scene_at *at, int64_t second)
{
        double w = scene->w, h = scene->h;
        struct view view = {w, h * .76, 0};

        if (at->ptz) {
                static const double across[4] = {0, -.34, .3, .12}, down[4] = {0, -.06, .1, .2};
                int preset = (int)(second / 900 % 4);
                view.x += across[preset] * w;
                view.y += down[preset] * h;
        }
        if (at->fault == SCENE_MOVED) {
                struct scene_dice dice = {scene_mix(scene->seed, at->variant + 1234u)};
                double side = scene_pick(&dice, 2) ? 1 : -1, k = at->strength;
                switch (scene_pick(&dice, 3)) {
                case 0: /* turned aside */
                        view.x += side * k * .36 * w;
                        break;
                case 1: /* sunk on its joint */
                        view.y += k * .2 * h;
                        view.x += side * k * .25 * w;
                        break;
                case 2: /* hangs askew */
                        view.turn = side * k * .45;
                        view.x += side * k * .12 * w;
                        break;
                }
        }
        return view;
}

/* ---- world to picture ---- */
struct tables {
        uint8_t tone[3][256];
        uint16_t air[256];   /* how much of a thing is seen through the air, 256 all */
        uint16_t reach[256]; /* of the infrared lamp or a street lamp */
        int fog;             /* its grey */
};

static void make_tables(const struct scene_at *at, const struct light *light, struct tables *t)
{
        double colour[3] = {light->r, light->g, light->b};

        for (int i = 0; i < 256; i++) {
                for (int c = 0; c < 3; c++) {
                        double v = i * light->gain * colour[c] * (1 - .12 * at->rain) +
                                   14 * at->rain * light->gain;
                        t->tone[c][i] = (uint8_t)(v > 255 ? 255 : v < 0 ? 0 : v);
                }
                double metres = i == 255 ? 400 : i / 2.0;
                double sight = at->fog > 0 ? 400 - 340 * at->fog : 3000;
                sight /= 1 + 6 * at->rain;
                t->air[i] = (uint16_t)(256 * exp(-3.9 * metres / sight));
                t->reach[i] = (uint16_t)(256 / (1 + pow(metres / 22, 2)));
        }
        t->fog = at->infrared ? 120 : (int)(205 * light->gain + 20);
}

static inline uint8_t clamp(int v)
{
        return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)v;
}

static void draw_world(const struct scene *scene, const struct scene_at *at, const struct light *light,
                       struct view view, uint8_t *rgb)
{
        const struct scene_world *world = &scene->world;
        struct tables t;
        int shade = (int)(light->shade * 256), lamp = (int)(light->lamp * 256);
        int32_t co = (int32_t)(cos(view.turn) * 65536), si = (int32_t)(sin(view.turn) * 65536);
        int max_x = (int)world->w - 1, max_y = (int)world->h - 1;

        make_tables(at, light, &t);
        for (unsigned y = 0; y < scene->h; y++) {
                int dy = (int)y - (int)scene->h / 2;
                for (unsigned x = 0; x < scene->w; x++) {
                        int dx = (int)x - (int)scene->w / 2;
                        int wx = (int)view.x, wy = (int)view.y;
                        if (si == 0) {
                                wx += dx;
                                wy += dy;
                        } else {
                                wx += (int)(((int64_t)dx * co - (int64_t)dy * si) >> 16);
                                wy += (int)(((int64_t)dx * si + (int64_t)dy * co) >> 16);
                        }
                        wx = wx < 0 ? 0 : wx > max_x ? max_x : wx;
                        wy = wy < 0 ? 0 : wy > max_y ? max_y : wy;
                        size_t from = (size_t)wy * world->w + (size_t)wx;
                        const uint8_t *in = world->rgb + 3 * from;
                        uint8_t *out = rgb + 3 * ((size_t)y * scene->w + x), depth = world->depth[from];
                        int air = t.air[depth];
                        if (at->infrared) {
                                int grey =
                                        (in[0] * 90 + in[1] * 120 + in[2] * 46) >> 8; /* leaves are bright */
                                int fall = (int)((scene->fall_x[x] * scene->fall_y[y]) >> 8);
                                grey = depth == 255
                                               ? 6
                                               : (grey * t.reach[depth] >> 8) * fall * 5 / (256 * 4) + 5;
                                grey += (t.fog - grey) * (256 - air) * t.reach[200] / (256 * 40);
                                grey = t.fog + ((grey - t.fog) * (256 - (256 - air) / 2) >> 8);
                                out[0] = out[1] = out[2] = clamp(grey);
                                continue;
                        }
                        int sh = 256 - (shade * (255 - world->shade[light->half][from]) >> 8);
                        for (int c = 0; c < 3; c++) {
                                int v = t.tone[c][in[c] * sh >> 8];
                                if (lamp) {
                                        static const int warm[3] = {256, 196, 110};
                                        int reach = depth == 255 ? 8 : t.reach[depth] + 40;
                                        v += (in[c] * lamp >> 8) * reach * warm[c] >> 16;
                                }
                                v = t.fog + ((v - t.fog) * air >> 8);
                                out[c] = clamp(v);
                        }
                }
        }
}

/* ---- what moves ---- */
struct paint {
        uint8_t *rgb;
        unsigned w, h;
        bool grey;
        double light;
};

static void block(const struct paint *p, double x, double y, double w, double h, double r, double g,
                  double b)
{
        int x0 = (int)fmax(x, 0), y0 = (int)fmax(y, 0);
        int x1 = (int)fmin(x + w, p->w), y1 = (int)fmin(y + h, p->h);
        uint8_t c[3] = {clamp((int)(r * p->light)), clamp((int)(g * p->light)), clamp((int)(b * p->light))};

        if (p->grey)
                c[0] = c[1] = c[2] = clamp((int)((r + g + b) / 3 * p->light));
        for (int j = y0; j < y1; j++)
                for (int i = x0; i < x1; i++)
                        memcpy(p->rgb + 3 * ((size_t)j * p->w + (size_t)i), c, 3);
}

static void vehicle(const struct paint *p, struct scene_dice *d, double x, double foot, double w)
{
        double h = w * scene_between(d, .4, .6), r = scene_between(d, 30, 220),
               g = scene_between(d, 30, 220);
        double b = scene_between(d, 30, 220);

        block(p, x, foot - h, w, h * .85, r, g, b);
        block(p, x + w * .12, foot - h * .95, w * .76, h * .4, 40, 46, 54);
        block(p, x + w * .48, foot - h, w * .04, h * .5, r, g, b);
        block(p, x + w * .1, foot - h * .2, w * .18, h * .2, 22, 22, 24);
        block(p, x + w * .72, foot - h * .2, w * .18, h * .2, 22, 22, 24);
        block(p, x + w * .9, foot - h * .5, w * .08, h * .12, 230, 220, 180);
}

static void person(const struct paint *p, struct scene_dice *d, double x, double foot, double h)
{
        double r = scene_between(d, 20, 220), g = scene_between(d, 20, 220), b = scene_between(d, 20, 220);

        block(p, x, foot - h, h * .16, h * .16, 170, 130, 106);
        block(p, x - h * .07, foot - h * .84, h * .3, h * .42, r, g, b);
        block(p, x - h * .04, foot - h * .42, h * .1, h * .42, 40, 42, 60);
        block(p, x + h * .11, foot - h * .42, h * .1, h * .42, 40, 42, 60);
}

static void draw_moving(const struct scene *scene, const struct scene_at *at, const struct paint *p,
                        struct view view, int64_t second)
{
        double unit = scene->w / 352.0;
        struct scene_dice d = {scene_mix(scene->seed + 21, (uint64_t)second)};

        /* Parked: each place is taken or free for a few hours. */
        for (unsigned i = 0; i < 3; i++) {
                uint64_t hours = 2 + scene_mix(scene->seed, i) % 5;
                struct scene_dice parked = {
                        scene_mix(scene->seed + i + 31, (uint64_t)second / (hours * 3600))};
                if (scene_pick(&parked, 2) == 0)
                        continue;
                double foot = p->h * scene_between(&parked, .55, .8);
                vehicle(p, &parked, p->w * (.08 + .3 * i) + p->w - view.x, foot + p->h * .76 - view.y,
                        (30 + 40 * (foot / p->h - .5)) * unit * 1.4);
        }
        for (unsigned i = 0; i < at->busy; i++) {
                double foot = p->h * scene_between(&d, .45, .98), near = foot / p->h;
                double x = p->w * scene_between(&d, -.05, 1);
                if (scene_pick(&d, 2))
                        vehicle(p, &d, x, foot, (14 + 80 * (near - .4)) * unit);
                else
                        person(p, &d, x, foot, (12 + 60 * (near - .4)) * unit);
        }
        if (at->lorry) {
                struct scene_dice lorry = {scene_mix(scene->seed + 41, (uint64_t)second / 7200)};
                double w = p->w * scene_between(&lorry, .35, .55), h = p->h * scene_between(&lorry, .4, .6);
                double x = scene_pick(&lorry, 2) ? p->w - w : 0, y = p->h * .95 - h;
                double r = scene_between(&lorry, 40, 200), g = scene_between(&lorry, 40, 200);
                block(p, x, y, w, h, r, g, 120);
                for (int k = 0; k < 7; k++) /* ribs, and what is written on it */
                        block(p, x + w * k / 7, y, unit * 2, h * .8, r * .7, g * .7, 84);
                for (int k = 0; k < 6; k++)
                        block(p, x + w * (.12 + .13 * k), y + h * .3, w * .07, h * .2, 236, 232, 220);
                block(p, x, y + h * .82, w, h * .05, 40, 40, 40);
                for (int k = 0; k < 3; k++)
                        block(p, x + w * (.08 + .36 * k), y + h * .84, w * .14, h * .16, 20, 20, 22);
        }
}

/* ---- light that is scattered into the lens ---- */
static void glow(const struct paint *p, double cx, double cy, double radius, double strength, double core)
{
        int x0 = (int)fmax(cx - radius, 0), x1 = (int)fmin(cx + radius, p->w - 1);
        int y0 = (int)fmax(cy - radius, 0), y1 = (int)fmin(cy + radius, p->h - 1);

        for (int j = y0; j <= y1; j++)
                for (int i = x0; i <= x1; i++) {
                        double far = hypot(i - cx, j - cy) / radius;
                        if (far >= 1)
                                continue;
                        double add = strength * (1 - far) * (1 - far) + (far < core ? 255 : 0);
                        uint8_t *out = p->rgb + 3 * ((size_t)j * p->w + (size_t)i);
                        for (int c = 0; c < 3; c++)
                                out[c] = clamp(out[c] + (int)add);
                }
}

static void streak(const struct paint *p, double x, double y, double dx, double dy, int add)
{
        int n = (int)fmax(fabs(dx), fabs(dy)) + 1;

        for (int k = 0; k < n; k++) {
                int i = (int)(x + dx * k / n), j = (int)(y + dy * k / n);
                if (i < 0 || j < 0 || i >= (int)p->w || j >= (int)p->h)
                        continue;
                uint8_t *out = p->rgb + 3 * ((size_t)j * p->w + (size_t)i);
                for (int c = 0; c < 3; c++)
                        out[c] = clamp(out[c] + add);
        }
}

static void draw_air(const struct scene *scene, const struct scene_at *at, const struct paint *p,
                     int64_t second)
{
        double unit = scene->w / 352.0;
        struct scene_dice d = {scene_mix(scene->seed + 51, (uint64_t)second)};

        if (at->headlights) {
                int cars = 1 + scene_pick(&d, 2);
                for (int i = 0; i < cars; i++) {
                        double x = p->w * scene_between(&d, .2, .8), y = p->h * scene_between(&d, .35, .75);
                        double size = (8 + 50 * (y / p->h - .3)) * unit, strong = scene_between(&d, 90, 240);
                        for (int k = -1; k <= 1; k += 2)
                                glow(p, x + k * size * .35, y, size * 3, strong, .07);
                }
        }
        int drops = (int)(at->rain * 260);
        for (int i = 0; i < drops; i++) {
                double near = scene_between(&d, .4, 1.6);
                streak(p, p->w * scene_unit(scene_next(&d)), p->h * scene_unit(scene_next(&d)),
                       2 * unit * near, 13 * unit * near,
                       (int)((at->infrared ? 70 : 34) * (.4 + .6 * p->light)));
        }
        if (at->insects) {
                int n = 1 + scene_pick(&d, 5);
                for (int i = 0; i < n; i++)
                        glow(p, p->w * scene_unit(scene_next(&d)), p->h * scene_unit(scene_next(&d)),
                             scene_between(&d, 5, 34) * unit, scene_between(&d, 90, 260), 0);
        }
        if (at->web) { /* the same all night */
                struct scene_dice web = {scene->seed + 61};
                double cx = p->w * scene_between(&web, .1, .9), cy = p->h * scene_between(&web, 0, .4);
                for (int i = 0; i < 9; i++) {
                        double a = scene_between(&web, 0, 6.283), far = scene_between(&web, .3, .7) * p->w;
                        streak(p, cx, cy, cos(a) * far, sin(a) * far, 60);
                        streak(p, cx + 1, cy, cos(a) * far, sin(a) * far, 40);
                }
        }
}

static void add_noise(const struct scene *scene, double sigma, bool grey, uint8_t *rgb, int64_t second)
{
        int scale = (int)(sigma * 8);
        struct scene_dice d = {scene_mix(scene->seed + 71, (uint64_t)second)};

        for (unsigned y = 0; y < scene->h; y++) {
                unsigned at = (unsigned)(scene_next(&d) % NOISE), other = (unsigned)(scene_next(&d) % NOISE);
                uint8_t *out = rgb + 3 * (size_t)y * scene->w;
                for (unsigned x = 0; x < scene->w; x++, out += 3) {
                        int n = scene->noise[(at + x) % NOISE] * scale / 256;
                        int m = grey ? 0 : scene->noise[(other + x) % NOISE] * scale / 512;
                        out[0] = clamp(out[0] + n + m);
                        out[1] = clamp(out[1] + n);
                        out[2] = clamp(out[2] + n - m);
                }
        }
}

void scene_render(struct scene *scene, const struct scene_at *at, uint8_t *rgb)
{
        int64_t second = at->fault == SCENE_FROZEN ? at->frozen_second : at->second;
        struct light light = light_at(scene, at, second);
        double bright = at->infrared ? .62 : fmax(light.gain, light.lamp * .7);
        struct scene_frame frame = {scene->w, scene->h, rgb, scene->w / 352.0};
        struct paint paint = {rgb, scene->w, scene->h, at->infrared, bright};

        if (at->fault == SCENE_BLACK) {
                memset(rgb, 4, (size_t)scene->w * scene->h * 3);
        } else {
                struct view view = view_of(scene, at, second);
                draw_world(scene, at, &light, view, rgb);
                draw_moving(scene, at, &paint, view, second);
                draw_air(scene, at, &paint, second);
        }
        if (at->fault == SCENE_DEFOCUSED)
                scene_blur(&frame, at->strength / 100 * scene->w);
        if (at->fault == SCENE_COVERED)
                scene_cover(&frame, at, scene->seed, at->infrared ? 1 : fmax(bright, .25));
        if (at->fault == SCENE_SPRAYED)
                scene_spray(&frame, at, scene->seed, at->infrared ? 1 : fmax(bright, .25));
        add_noise(scene, light.noise, at->infrared, rgb, second);
        scene_overlay(&frame, scene->seed, at,
                      at->fault == SCENE_FROZEN && at->frozen_clock ? at->frozen_second : at->second);
}

/* ---- a camera's life ---- */
void scene_usual(const struct scene *scene, int64_t second, struct scene_at *ret)
{
        double height = sun(second);
        int64_t day = second / 86400;
        struct scene_dice today = {scene_mix(scene->seed + 81, (uint64_t)day)};
        struct scene_dice d = {scene_mix(scene->seed + 91, (uint64_t)second)};
        double hour = (double)(second % 86400) / 3600;
        struct scene_at at = {.second = second, .overlay_clock = true, .overlay_name = true};

        at.infrared = !scene->world.lit && height < scene->world.infrared_at;
        at.cloud = .5 + .7 * scene_noise(scene->seed + 83, (double)second / 5400, 0);
        at.cloud = at.cloud < 0 ? 0 : at.cloud > 1 ? 1 : at.cloud;
        if (scene_pick(&today, 3) == 0) { /* it rains, for an hour or five, now more now less */
                double from = scene_between(&today, 0, 22), till = from + scene_between(&today, 1, 5);
                double strong = scene_between(&today, .2, 1);
                if (hour >= from && hour < till)
                        at.rain =
                                strong * (.6 + .4 * scene_noise(scene->seed + 84, (double)second / 900, 0));
        }
        if (scene_pick(&today, 4) == 0) { /* fog before and after sunrise */
                double strong = scene_between(&today, .2, 1), middle = scene_between(&today, 5, 7.5);
                double k = 1 - fabs(hour - middle) / 2;
                if (k > 0)
                        at.fog = strong * fmin(1, k * 1.6) * (at.rain > 0 ? .3 : 1); /* rain washes it out */
        }
        at.web = at.infrared && scene->seed % 4 == 0;
        at.insects = at.infrared && scene_pick(&d, 3) == 0;
        at.headlights = height < .05 && scene_pick(&d, hour > 22 || hour < 5 ? 14 : 4) == 0;
        at.busy = (unsigned)scene_pick(&d, hour > 22 || hour < 5 ? 2 : 7);
        uint64_t stop = scene_mix(scene->seed + 85, (uint64_t)second / 7200);
        at.lorry = stop % 40 == 0 && second % 7200 < (int64_t)(600 + stop / 64 % 3000);
        *ret = at;
}

void scene_with_fault(const struct scene *scene, int64_t second, enum scene_fault fault, double strength,
                      unsigned variant, int64_t since, struct scene_at *ret)
{
        scene_usual(scene, fault == SCENE_FROZEN ? since : second, ret);
        ret->second = second;
        ret->fault = fault;
        ret->strength = strength;
        ret->variant = variant;
        ret->frozen_second = since;
        ret->frozen_clock = fault == SCENE_FROZEN && variant % 2;
}

int scene_jpeg(struct scene *scene, const struct scene_at *at, int quality, unsigned char **ret,
               size_t *ret_size)
{
        unsigned char *made = NULL;
        unsigned long size = 0;

        scene_render(scene, at, scene->rgb);
        int bad = tjCompress2(scene->jpeg, scene->rgb, (int)scene->w, 0, (int)scene->h, TJPF_RGB, &made,
                              &size, TJSAMP_420, quality, TJFLAG_FASTDCT);
        /* It comes from the library's own allocator. */
        unsigned char *copy = bad ? NULL : malloc(size);
        if (copy)
                memcpy(copy, made, size);
        tjFree(made);
        if (!copy)
                return bad ? -EIO : -ENOMEM;
        *ret = copy;
        *ret_size = size;
        return 0;
}

/* Between the files of the scene generator. */
#pragma once

#include "scene.h"

/* The still world, wider and higher than what the camera sees of it. */
struct scene_world {
        unsigned w, h;
        uint8_t *rgb;
        uint8_t *depth;        /* half metres; 255 the sky */
        uint8_t *shade[2];     /* shadows of the morning and of the afternoon: 255 none */
        double horizon;        /* a row */
        double unit;           /* pixels of a world for a picture 352 wide: 1 */
        double road_x, road_w; /* where the road leaves the picture below, and how broad it is there */
        bool lit;              /* a street lamp: colour at night */
        double infrared_at;    /* height of the sun (sine) at which it switches */
        enum scene_kind kind;
};
int scene_world_new(unsigned seed, unsigned w, unsigned h, struct scene_world *ret);
void scene_world_done(struct scene_world *world);

/* A number from numbers, well mixed. */
static inline uint64_t scene_mix(uint64_t a, uint64_t b)
{
        uint64_t x = a * 0x9e3779b97f4a7c15ull + b + 0x632be59bd9b4e019ull;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
        return x ^ (x >> 31);
}
static inline double scene_unit(uint64_t mixed) /* [0, 1) */
{
        return (double)(mixed >> 11) * 0x1p-53;
}
static inline uint8_t scene_byte(double value)
{
        return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}
struct scene_dice {
        uint64_t state;
};
static inline uint64_t scene_next(struct scene_dice *dice)
{
        dice->state = scene_mix(dice->state, 1);
        return dice->state;
}
static inline double scene_between(struct scene_dice *dice, double from, double to)
{
        return from + (to - from) * scene_unit(scene_next(dice));
}
static inline int scene_pick(struct scene_dice *dice, int n) /* 0 .. n-1 */
{
        return (int)(scene_next(dice) % (uint64_t)n);
}
/* Smooth noise over the plane, -1..1, one hill a unit. */
double scene_noise(uint64_t seed, double x, double y);

/* What is put over a rendered picture. */
struct scene_frame {
        unsigned w, h;
        uint8_t *rgb;
        double unit;
};
void scene_overlay(const struct scene_frame *frame, uint64_t seed, const struct scene_at *at, int64_t clock);
void scene_blur(const struct scene_frame *frame, double sigma);
void scene_cover(const struct scene_frame *frame, const struct scene_at *at, uint64_t seed, double light);
void scene_spray(const struct scene_frame *frame, const struct scene_at *at, uint64_t seed, double light);

/* What is done to the sound on its way: high-pass and gain, fades, and the measure of its level. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYER_SILENCE_DB (-120.0)

struct player_biquad {
        double b0, b1, b2, a1, a2, z1, z2;
};
struct player_shape {
        bool straight; /* samples pass as they are */
        double gain;
        size_t n_filters;
        struct player_biquad filters[2];
};
/* `highpass_hz` 0: none. */
struct player_shape player_shape_of(double gain_db, int highpass_hz);
void player_shape(struct player_shape *shape, int16_t *samples, size_t n);

/* A raised cosine over [from, to): samples at `at`.. go from full to nothing, or from nothing to full. Outside it they stay. */
void player_fade(int16_t *samples, size_t n, uint64_t at, uint64_t from, uint64_t to, bool out);

#define PLAYER_METER 24000 /* samples, half a second */
struct player_meter {
        double squares;
        uint32_t samples;
};
/* Takes as many of the n as end the half second: how many they were. `ret_db` is set when it is full, which is told. */
size_t player_meter_take(struct player_meter *meter, const int16_t *samples, size_t n, bool *ret_full,
                         double *ret_db);
/* What it has before it is full, and begins anew: how many samples, of which `ret_db` is told unless there are none. */
size_t player_meter_end(struct player_meter *meter, double *ret_db);

/* Tones that need no file: the chimes around a bulletin and the alarm before an emergency. 48 kHz, mono; the same samples each
 * time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYER_RATE 48000

enum player_tone { PLAYER_CHIME_IN, PLAYER_CHIME_OUT, PLAYER_ALARM };

bool player_tone_named(const char *name, enum player_tone *ret);
/* In samples. */
uint64_t player_tone_length(enum player_tone tone);
/* The n samples from `at` on; what lies beyond the end is silence. */
void player_tone_fill(enum player_tone tone, uint64_t at, int16_t *ret, size_t n);

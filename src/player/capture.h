/* What a sound card hears: 48 kHz, 16 bit, one channel. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/json.h"

#define CAPTURE_BLOCK       960
#define CAPTURE_PATIENCE_MS 1500

struct capture;
/* All errors are -errno, error filled. */
int capture_open(const char *pcm, struct capture **ret, struct thon_json_error *error);
/* Waits for samples, CAPTURE_PATIENCE_MS at most, and returns how many of n. */
int capture_read(struct capture *capture, int16_t *ret, size_t n, struct thon_json_error *error);
/* Of what was read last: whether something was left out before it, since who reads came late. */
bool capture_overran(const struct capture *capture);
/* How much has been captured since and waits to be read, in microseconds. */
uint64_t capture_waits_us(const struct capture *capture);
struct capture *capture_free(struct capture *capture);

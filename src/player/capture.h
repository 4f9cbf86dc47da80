/* What a sound card hears: 48 kHz, 16 bit, one channel. */
#pragma once

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
struct capture *capture_free(struct capture *capture);

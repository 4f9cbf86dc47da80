/* Any recording as samples: float, 48 kHz, one channel. */
#pragma once

#include <stddef.h>

#include "thon/json.h"

#define DECODE_STALL_MS 10000

enum decode_outcome { DECODE_ENDED, DECODE_FORMAT, DECODE_STOPPED };

struct decode;
/* A block; >0 ends the decoding with DECODE_STOPPED, <0 with that. NULL and 0: a moment passed. */
typedef int (*decode_take)(void *userdata, const float *samples, size_t n);

/* Loads what it needs; begins no thread. `fd` is borrowed. 0 or -errno, error filled. */
int decode_open(int fd, struct decode **ret, struct thon_json_error *error);
/* enum decode_outcome (DECODE_FORMAT: nothing that can be heard is in it, error filled), or -errno of `take`. */
int decode_run(struct decode *decode, decode_take take, void *userdata, struct thon_json_error *error);
struct decode *decode_free(struct decode *decode);

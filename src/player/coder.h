/* Samples in, what GStreamer makes of them out: packets of RTP, pages of Ogg. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "thon/json.h"

#define CODER_BEHIND_MS 1500 /* a coder that has so much before it is stuck */

struct coder;
/* One packet or page, on a thread of GStreamer. <0 ends it: the next coder_push() returns that. */
typedef int (*coder_write)(void *userdata, const uint8_t *data, size_t size);

/* `elements` as gst-launch(1) has them; they take 48 kHz, 16 bit, mono. Loads their plugins, so before the sandbox; begins no thread. All
 * errors are -errno, error filled. */
int coder_new(const char *elements, coder_write write, void *userdata, struct coder **ret,
              struct thon_json_error *error);
int coder_start(struct coder *coder, struct thon_json_error *error);
/* Does not wait. */
int coder_push(struct coder *coder, const int16_t *samples, size_t n, struct thon_json_error *error);
/* Returns when all was written. */
int coder_finish(struct coder *coder, struct thon_json_error *error);
struct coder *coder_free(struct coder *coder);

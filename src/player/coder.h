/* Samples in, what GStreamer makes of them out: packets of RTP, pages of Ogg. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "thon/json.h"

#define CODER_FINISH_MS 3000

struct coder;
/* One packet or page, on a thread of GStreamer. <0 ends it: the next coder_push() returns that. */
typedef int (*coder_write)(void *userdata, const uint8_t *data, size_t size);

/* `elements` as gst-launch(1) has them; they take 48 kHz, 16 bit, mono. Loads their plugins, so before the sandbox; begins no
 * thread. With more than `behind_ms` of sound before it, it is stuck. All errors are -errno, error filled. */
int coder_new(const char *elements, unsigned behind_ms, coder_write write, void *userdata,
              struct coder **ret, struct thon_json_error *error);
int coder_start(struct coder *coder, struct thon_json_error *error);
/* Does not wait. */
int coder_push(struct coder *coder, const int16_t *samples, size_t n, struct thon_json_error *error);
/* Returns when all was written, within CODER_FINISH_MS. */
int coder_finish(struct coder *coder, struct thon_json_error *error);
struct coder *coder_free(struct coder *coder);

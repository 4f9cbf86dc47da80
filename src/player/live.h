/* An input that comes as it pleases: a stream, RTP, a sound card, or a file that is not prepared. Behind it is a buffer that
 * takes the unevenness out of its coming. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/json.h"

#define LIVE_OVER 1

struct live;

/* `silent`: samples without sound until it is told; 0: never. Opens what must be opened before the sandbox. 0 or -errno. */
int live_open(const char *address, uint64_t silent, struct live **ret, struct thon_json_error *error);
int live_start(struct live *live, struct thon_json_error *error);
/* Always n samples, and never waits: what has not come is silence. 0; LIVE_OVER: a recording has ended, nothing was
 * given; <0: the connection is lost, and all that came before has been given. */
int live_read(struct live *live, int16_t *ret, size_t n, bool *ret_silent, struct thon_json_error *error);
struct live *live_free(struct live *live);

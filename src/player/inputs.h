/* The programme: all inputs of an order, one behind the other, sample by sample. */
#pragma once

#include "order.h"
#include "tell.h"

struct player_programme;

/* Opens all of it, and goes to order->from_us. `trouble` says what an error is; error filled. 0 or -errno. */
int player_programme_open(const struct player_order *order, struct player_programme **ret,
                          enum player_trouble *trouble, struct thon_json_error *error);
/* What is live begins to come. After the sandbox: from here on others' bytes are decoded. */
int player_programme_start(struct player_programme *programme, struct thon_json_error *error);
struct player_programme *player_programme_free(struct player_programme *programme);

/* In samples; of what is live, as long as it may last. */
uint64_t player_programme_length(const struct player_programme *programme);
uint64_t player_programme_position(const struct player_programme *programme);
/* The next n samples at most: how many, at least 1; 0 at the end. <0: -errno, error filled. *ret_silent: what is live just was
 * silent for its silent_us. */
int player_programme_read(struct player_programme *programme, int16_t *ret, size_t n, bool *ret_silent,
                          struct thon_json_error *error);

/* Between microseconds, in which the station reckons, and samples; exact there and back. */
static inline uint64_t player_samples(uint64_t us)
{
        return (us * 6 + 62) / 125;
}
static inline uint64_t player_us(uint64_t samples)
{
        return (samples * 125 + 3) / 6;
}

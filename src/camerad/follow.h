/* Where a camera is, as the list says and as discovery found; shared by follow.c, found.c and peek.c. */
#pragma once

#include "camerad.h"

/* Numeric addresses, however they are written. */
bool camerad_same_address(const char *a, const char *b);
/* Where it is looked for now: where it was followed to, else as configured; NULL: it has no address. */
const char *camerad_address_of(const struct camerad_device *c);
bool camerad_lives_at(const struct camerad_device *c, const char *address);

/* The answer to camera/discover: {"found":[...]}, and "left_out" with the number of those that a message does not hold. NULL: no
 * memory. */
json_t *camerad_found_json(const struct camerad *d, const struct discover_found *found, size_t n);

/* Called once, from the loop: whether something answers at `address` on the port of device `id`, and the device, NULL when it is
 * gone. The peek is over and freed when the function returns. */
struct camerad_peek;
typedef void (*camerad_peek_fn)(struct camerad_device *c, const char *id, const char *address, bool answers,
                                void *userdata);
/* Errors of prober_start(). */
int camerad_peek_start(const struct camerad_device *c, const char *address, camerad_peek_fn fn,
                       void *userdata, struct camerad_peek **ret);
struct camerad_peek *camerad_peek_cancel(struct camerad_peek *peek);

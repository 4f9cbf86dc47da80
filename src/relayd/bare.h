/* A few words to a few people without the store: what cannot wait until it is mended, above all that it must be.
 *
 * Nothing of it is on disk: no queue, no quota, no receipt, no proof. So it is for a handful of people and one text at a time, and
 * what is under way when the daemon ends may be said again by its next life. */
#pragma once

#include "relayd.h"

struct relayd_bare;

/* Somebody has it, as the provider says, or as far as anybody can tell: not called again for that one. */
typedef void (*relayd_bare_fn)(const struct thon_rung *rung, void *userdata);

/* 0, -ENOMEM, -errno. */
int relayd_bare_new(struct relayd *d, relayd_bare_fn fn, void *userdata, struct relayd_bare **ret);
/* After the channels are stopped, and before d->http is freed. */
struct relayd_bare *relayd_bare_free(struct relayd_bare *bare);

#define RELAYD_BARE_MAX 64
/* From the next turn of the loop on, each of at most RELAYD_BARE_MAX ladders is gone down until some rung takes the text, one call
 * after the other, and again while any has not: after 5 s, doubling to 5 min. Takes the place of what was being said. Copies both.
 * -E2BIG, -ENOMEM: nothing has changed. */
int relayd_bare_say(struct relayd_bare *bare, const char *text, const char *const *ladders, size_t n);

/* The two ways behind cap_intake.h. */
#pragma once

#include "cap_intake.h"

struct cap_inbox;
int cap_inbox_new(const struct cap_intake_options *options, const struct cap_intake_ops *ops, void *userdata,
                  struct cap_inbox **ret);
struct cap_inbox *cap_inbox_free(struct cap_inbox *inbox);

struct cap_poll;
int cap_poll_new(const struct cap_intake_options *options, const char *url, uint64_t seed,
                 const struct cap_intake_ops *ops, void *userdata, struct cap_poll **ret);
struct cap_poll *cap_poll_free(struct cap_poll *poll);

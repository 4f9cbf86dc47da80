/* One value of the configuration: from text into a field of a struct. */
#pragma once

#include "thon/conf.h"

/* -EINVAL with the reason in `ret_why` (owned by the caller), or -ENOMEM. */
int thon_conf_value_set(const struct thon_conf_item *item, void *base, const char *value, char **ret_why);

/* Frees what the field owns, and forgets it. */
void thon_conf_value_done(const struct thon_conf_item *item, void *base);

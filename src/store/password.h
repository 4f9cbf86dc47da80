/* What a person types to be believed: kept as a yescrypt hash only, and weighed in a time that tells nothing. */
#pragma once

#include <stdbool.h>

/* Owned by the caller. -errno. */
int thon_password_hash(const char *text, char **ret);
/* Takes the same time with `hashed` NULL, when nothing is right. -errno. */
int thon_password_weigh(const char *text, const char *hashed, bool *ret_right);
/* Whether it is a hash of ours: a shorter kind that somebody planted would be weighed in no time. */
bool thon_password_hash_sound(const char *hashed);

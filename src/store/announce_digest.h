/* SHA-256 as 64 lower-case digits: of forms, alerts, sound. */
#pragma once

#include <stddef.h>

#define THON_DIGEST_TEXT 65

/* 0, or -EIO when the library refuses. */
int thon_digest(const void *data, size_t size, char ret[static THON_DIGEST_TEXT]);

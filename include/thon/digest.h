/* SHA-256 as 64 lower-case hexadecimal digits: of what is too long, or too private, for the audit log. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define THON_DIGEST_TEXT 65

/* 0, or -EIO when the library refuses. */
int thon_digest(const void *data, size_t size, char ret[static THON_DIGEST_TEXT]);
/* Of a regular file, however large. *ret_size (may be NULL) is what was digested. 0, -EINVAL (no regular file), -errno. */
int thon_digest_file(const char *path, char ret[static THON_DIGEST_TEXT], int64_t *ret_size);

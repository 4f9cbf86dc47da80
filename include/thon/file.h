/* Whole small files: read within a limit, and replaced so that a power cut leaves the old one or the new one. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Reads a regular file of at most `max` bytes into a new buffer, which the caller frees; a NUL follows the content
 * and is not counted in `ret_size` (which may be NULL). -EFBIG when it is larger, -EINVAL when it is no regular file,
 * or -errno. */
int thon_file_read(const char *path, size_t max, char **ret, size_t *ret_size);

/* Replaces `path` as a whole: a temporary in the same directory, fsync, rename, fsync of the directory. The mode is
 * exact, whatever the umask. On a negative return no temporary stays, and the old file stands; only when the last
 * fsync failed is it the new one, which a power cut may take back. */
int thon_file_write_atomic(const char *path, const void *data, size_t size, mode_t mode);

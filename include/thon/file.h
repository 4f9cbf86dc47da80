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

/* The same in two steps, so that several files and a store change together as nearly as they can: what may fail for want
 * of room happens before anything is changed. Links are followed; with THON_FILE_AS_IT_IS the mode is that of the old
 * file (0644 without one), and so is its owner. */
#define THON_FILE_AS_IT_IS ((mode_t)-1)
struct thon_file_draft;
int thon_file_draft(const char *path, const void *data, size_t size, mode_t mode,
                    struct thon_file_draft **ret);
/* Puts it in place; as above when it fails. */
int thon_file_draft_publish(struct thon_file_draft *draft);
/* Removes what was not published. */
struct thon_file_draft *thon_file_draft_free(struct thon_file_draft *draft);

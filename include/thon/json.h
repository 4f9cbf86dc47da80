/* JSON at the border: parse within limits, read members by name and type, refuse what is unknown. Documents go no
 * further than the module that reads them; the core never sees one. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define THON_JSON_DEPTH 16

/* Text of an error for people: where ("steps[2].at") and what. Always printable UTF-8 on one line, whatever the input
 * was, so that it may go into a log or a reply. */
#define THON_JSON_ERROR 256
struct thon_json_error {
        char text[THON_JSON_ERROR];
};
void thon_json_fail(struct thon_json_error *error, const char *where, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* UTF-8 checked, NUL inside strings refused, duplicate members refused, depth at most THON_JSON_DEPTH, one document,
 * which may be of any type: the caller says which it takes. 0, -EINVAL or -E2BIG (error filled; `error` may be NULL),
 * -ENOMEM. */
int thon_json_parse(const char *text, size_t size, size_t max_size, json_t **ret,
                    struct thon_json_error *error);

/* Reads a JSON file of at most `max_size` bytes; a byte order mark is passed over. Errors as above, and -errno of the
 * file system, with `error` filled and the path in front; -EINVAL for anything but a regular file. */
int thon_json_read_file(const char *path, size_t max_size, json_t **ret, struct thon_json_error *error);

/* Writes atomically: temporary in the same directory, fsync, rename, fsync of the directory. Mode as given, whatever
 * the umask. 0 or -errno; on failure the old file stands (but for a failure of the last fsync, where either may). */
int thon_json_write_file(const char *path, const json_t *doc, unsigned mode);

/* False, with an error naming the first member that is not in the NULL-terminated list, or saying that it is no
 * object. */
bool thon_json_only(const json_t *object, const char *where, const char *const *members,
                    struct thon_json_error *error);

/* One line of text of at most `max` bytes, borrowed; NULL when it is not there or null. False: it is something else. */
bool thon_json_line(const json_t *object, const char *member, size_t max, const char **ret,
                    struct thon_json_error *error);

static inline void thon_json_decrefp(json_t **p)
{
        json_decref(*p);
}
#define _cleanup_json_ __attribute__((cleanup(thon_json_decrefp)))

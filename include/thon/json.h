/* JSON at the border: parse within limits, read members by name and type, refuse what is unknown. Documents go no
 * further than the module that reads them; the core never sees one. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define THON_JSON_DEPTH 16

/* Text of an error for people: where ("steps[2].at") and what. */
#define THON_JSON_ERROR 256
struct thon_json_error {
        char text[THON_JSON_ERROR];
};
void thon_json_fail(struct thon_json_error *error, const char *where, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* UTF-8 checked, NUL inside strings refused, duplicate members refused, depth at most THON_JSON_DEPTH, one document.
 * 0, -EINVAL (error filled; `error` may be NULL), -E2BIG, -ENOMEM. */
int thon_json_parse(const char *text, size_t size, size_t max_size, json_t **ret, struct thon_json_error *error);

/* Reads a JSON file of at most `max_size`. */
int thon_json_read_file(const char *path, size_t max_size, json_t **ret, struct thon_json_error *error);

/* Writes atomically: temporary in the same directory, fsync, rename, fsync of the directory. Mode as given. */
int thon_json_write_file(const char *path, const json_t *doc, unsigned mode);

/* False, with an error naming the first member that is not in the NULL-terminated list. */
bool thon_json_only(const json_t *object, const char *where, const char *const *members,
                    struct thon_json_error *error);

static inline void thon_json_decrefp(json_t **p)
{
        json_decref(*p);
}
#define _cleanup_json_ __attribute__((cleanup(thon_json_decrefp)))

/* Ogg Opus into a file as it is aired: what was said can be heard again. About 24 kbit/s, 11 MB an hour. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "thon/json.h"

struct archive;

/* `fd` is borrowed. Before the sandbox; GStreamer is there. All errors are -errno, error filled. */
int archive_new(int fd, struct archive **ret, struct thon_json_error *error);
int archive_start(struct archive *archive, struct thon_json_error *error);
int archive_push(struct archive *archive, const int16_t *samples, size_t n, struct thon_json_error *error);
int archive_finish(struct archive *archive, struct thon_json_error *error);
struct archive *archive_free(struct archive *archive);

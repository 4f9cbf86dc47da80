/* The album: pictures as files below STATE_DIR/pictures, one directory a device, with a row each in the store. */
#pragma once

#include "camerad.h"

/* Writes a JPEG and enrols it. *ret_path (owned): "pictures/<device>/2026-11-22T031500-bad.jpg", relative to the state directory.
 * -errno when the disk did not take it; a store that is away is no failure, the row is then missing and the file is removed
 * with its device's next pruning. */
int album_keep(struct camerad *d, const char *device, enum thon_camera_picture_kind kind,
               enum thon_camera_verdict verdict, const void *data, size_t size, char **ret_path);
/* One of ours, by its path; as thon_file_read(). */
int album_read(const struct camerad *d, const char *path, char **ret, size_t *ret_size);
/* What is too old or too much, by the configuration. */
void album_prune(struct camerad *d);
/* The newest of each kind, by the store: NULL where there is none. */
struct album_newest {
        char *good, *bad;         /* owned */
        struct thon_wall good_at; /* long ago without one */
        int64_t good_size;
};
int album_newest(struct camerad *d, const char *device, struct album_newest *ret);

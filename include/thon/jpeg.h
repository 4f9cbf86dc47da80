/* A JPEG from a camera, which is to be taken for hostile: real, whole, of bearable size, decoded at a small scale. */
#pragma once

#include "thon/camera_picture.h"

#define THON_JPEG_MIN_BYTES 1024
#define THON_JPEG_MAX_BYTES (4u * 1024 * 1024)
#define THON_JPEG_MAX_SIDE  8192
/* Of the whole picture; less when it comes in several scans (progressive), since all of it is held in memory then. */
#define THON_JPEG_MAX_PIXELS       (24u * 1024 * 1024)
#define THON_JPEG_MAX_PIXELS_SCANS (4u * 1024 * 1024)

enum thon_jpeg_error {
        THON_JPEG_OK,
        THON_JPEG_NOT_ONE,   /* no FF D8 ... FF D9, an HTML page, too short */
        THON_JPEG_TOO_LARGE, /* bytes or pixels */
        THON_JPEG_DAMAGED, /* does not decode without a warning, has too many scans, or is CMYK or the like */
};
const char *thon_jpeg_error_text(enum thon_jpeg_error error); /* English */

struct thon_jpeg; /* a decoder with its buffers, used again and again */
int thon_jpeg_new(struct thon_jpeg **ret);
struct thon_jpeg *thon_jpeg_free(struct thon_jpeg *jpeg);
/* 0, a positive thon_jpeg_error or -ENOMEM. `ret_w`, `ret_h` (may be NULL): of the whole picture. */
int thon_jpeg_read(struct thon_jpeg *jpeg, const void *data, size_t size, struct thon_picture *ret,
                   unsigned *ret_w, unsigned *ret_h);

/* One picture of up to four beside and below each other, each scaled by eighths to a width that suits a phone, in colour: what a
 * camera should show and what it shows, or what is no longer seen. Each must have passed thon_jpeg_read(). Owned. 0, a positive
 * thon_jpeg_error, or -ENOMEM. */
#define THON_JPEG_SHEET 4
struct thon_jpeg_part {
        const void *data;
        size_t size;
};
int thon_jpeg_sheet(const struct thon_jpeg_part *parts, size_t n, void **ret, size_t *ret_size);

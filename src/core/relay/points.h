/* UTF-8 as code points and back, for the texts of notices. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -EINVAL: not UTF-8, or more than `max` bytes; -ENOMEM. The array is never NULL on success, and has room for one more. */
int thon_points_decode(const char *text, size_t max, int32_t **ret, size_t *ret_n);
/* Bytes written to `out`, which has room for 4 a point and the NUL. */
size_t thon_points_encode(const int32_t *points, size_t n, char *out);
/* A new string of points[0..n); NULL: out of memory. */
char *thon_points_text(const int32_t *points, size_t n);
/* Puts an owned array into NFC: it may be replaced by another. 0, -EINVAL, -ENOMEM. */
int thon_points_nfc(int32_t **points, size_t *n);

/* Blanks, line breaks and everything else that shows nothing but a gap. */
bool thon_point_is_space(int32_t c);
/* A sign that may be part of an emoji sequence. */
bool thon_point_is_pictograph(int32_t c);

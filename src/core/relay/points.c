/* Cleaning, counting and cutting all look at the characters before and after, which UTF-8 makes awkward and an array of
 * code points makes plain. NFC goes through UTF-8 once more, because utf8proc orders marks only there; most texts have
 * nothing that could change and are spared it. */
#include "points.h"

#include <errno.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"

/* Below it every code point is NFC wherever it stands: no marks, no decomposition that is not composed again. */
#define FIRST_MARK 0x300

int thon_points_decode(const char *text, size_t max, int32_t **ret, size_t *ret_n)
{
        _cleanup_free_ int32_t *points = NULL;
        size_t limit = max > PTRDIFF_MAX / 64 ? PTRDIFF_MAX / 64 : max;
        size_t size = strnlen(text, limit + 1), n = 0;

        if (size > limit)
                return -EINVAL;
        points = malloc((size + 1) * sizeof *points);
        if (!points)
                return -ENOMEM;
        for (size_t at = 0; at < size;) {
                utf8proc_ssize_t took = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                         (utf8proc_ssize_t)(size - at), &points[n]);

                if (took <= 0)
                        return -EINVAL;
                at += (size_t)took;
                n++;
        }
        *ret = THON_TAKE(points);
        *ret_n = n;
        return 0;
}

size_t thon_points_encode(const int32_t *points, size_t n, char *out)
{
        size_t size = 0;

        for (size_t i = 0; i < n; i++)
                size += (size_t)utf8proc_encode_char(points[i], (utf8proc_uint8_t *)out + size);
        out[size] = '\0';
        return size;
}

char *thon_points_text(const int32_t *points, size_t n)
{
        char *text = n < SIZE_MAX / 8 ? malloc(n * 4 + 1) : NULL;

        if (text)
                (void)thon_points_encode(points, n, text);
        return text;
}

int thon_points_nfc(int32_t **points, size_t *n)
{
        static const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
        _cleanup_free_ char *text = NULL;
        _cleanup_free_ int32_t *composed = NULL;
        utf8proc_ssize_t size, count;
        size_t i = 0;

        while (i < *n && (*points)[i] < FIRST_MARK)
                i++;
        if (i == *n)
                return 0;
        text = thon_points_text(*points, *n);
        if (!text)
                return -ENOMEM;
        size = (utf8proc_ssize_t)strlen(text);
        count = utf8proc_decompose((const utf8proc_uint8_t *)text, size, NULL, 0, options);
        if (count < 0)
                return count == UTF8PROC_ERROR_NOMEM ? -ENOMEM : -EINVAL;
        composed = malloc(((size_t)count + 1) * sizeof *composed);
        if (!composed)
                return -ENOMEM;
        if (utf8proc_decompose((const utf8proc_uint8_t *)text, size, composed, count, options) != count)
                return -EINVAL;
        count = utf8proc_normalize_utf32(composed, count, options);
        if (count < 0)
                return -EINVAL;
        free(*points);
        *points = THON_TAKE(composed);
        *n = (size_t)count;
        return 0;
}

bool thon_point_is_space(int32_t c)
{
        utf8proc_category_t category;

        if (c < 0x80)
                return c == ' ' || (c >= '\t' && c <= '\r');
        category = utf8proc_category(c);
        return c == 0x85 || (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP);
}

bool thon_point_is_pictograph(int32_t c)
{
        return utf8proc_get_property(c)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* What a camera calls a JPEG may be a login page, half a picture, or an attack. Its markers are walked here first, before the
 * library allocates anything: a few bytes can claim 64 megapixels in a thousand scans.
 *
 * The scale follows from the width: the smallest at which the picture is still at least 160 wide, so 1/8 for 1080p and 1/4 for
 * a sub-stream of 704x576. At 1/8 a sub-stream would be too small to see focus in; decoding a large picture at full size
 * would take ten times as long and show no more. */
#include "thon/jpeg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "thon/cleanup.h"

enum { WIDTH_ENOUGH = 160, HEIGHT_ENOUGH = 90, TRAILING = 64, SCANS_MAX = 64 };

struct thon_jpeg {
        tjhandle tj;
        unsigned char *planes;
        size_t room;
};

const char *thon_jpeg_error_text(enum thon_jpeg_error error)
{
        switch (error) {
        case THON_JPEG_OK:
                return "a picture";
        case THON_JPEG_NOT_ONE:
                return "not a JPEG";
        case THON_JPEG_TOO_LARGE:
                return "a JPEG that is too large";
        case THON_JPEG_DAMAGED:
                return "a damaged JPEG";
        }
        return "not a JPEG";
}

struct thon_jpeg *thon_jpeg_free(struct thon_jpeg *jpeg)
{
        if (!jpeg)
                return NULL;
        if (jpeg->tj)
                (void)tjDestroy(jpeg->tj);
        free(jpeg->planes);
        free(jpeg);
        return NULL;
}

int thon_jpeg_new(struct thon_jpeg **ret)
{
        struct thon_jpeg *jpeg = calloc(1, sizeof(*jpeg));

        if (!jpeg)
                return -ENOMEM;
        jpeg->tj = tjInitDecompress();
        if (!jpeg->tj) {
                thon_jpeg_free(jpeg);
                return -ENOMEM;
        }
        *ret = jpeg;
        return 0;
}

/* ---- the markers, up to the first scan ---- */
struct outline {
        unsigned w, h, components;
        bool scans; /* more than one */
};

static unsigned two(const uint8_t *p)
{
        return (unsigned)p[0] << 8 | p[1];
}

static bool frame_marker(uint8_t marker)
{
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* In what is coded, FF stands before a zero or a marker only. The library's own limit comes after each scan has cost a pass over
 * the whole picture; a real progressive one has ten. */
static unsigned count_scans(const uint8_t *data, size_t size)
{
        static const uint8_t start[] = {0xff, 0xda};
        const uint8_t *at = data, *end = data + size;
        unsigned n = 0;

        while (n <= SCANS_MAX && (at = memmem(at, (size_t)(end - at), start, sizeof(start)))) {
                n++;
                at += sizeof(start);
        }
        return n;
}

static enum thon_jpeg_error walk(const uint8_t *data, size_t size, struct outline *ret)
{
        struct outline o = {0};
        size_t at = 2;

        if (size < THON_JPEG_MIN_BYTES || data[0] != 0xff || data[1] != 0xd8)
                return THON_JPEG_NOT_ONE;
        /* Some cameras fill up with zeros behind the end. */
        const uint8_t *end = NULL;
        for (size_t i = size - TRAILING; i + 1 < size; i++)
                if (data[i] == 0xff && data[i + 1] == 0xd9)
                        end = data + i;
        if (!end)
                return THON_JPEG_NOT_ONE;
        for (;;) {
                while (at < size && data[at] == 0xff)
                        at++;
                if (at + 3 > size || data[at - 1] != 0xff)
                        return THON_JPEG_DAMAGED;
                uint8_t marker = data[at++];
                unsigned length = two(data + at);
                if (marker == 0 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd9) || length < 2 ||
                    length > size - at)
                        return THON_JPEG_DAMAGED;
                if (frame_marker(marker)) {
                        if (length < 8 || o.components > 0)
                                return THON_JPEG_DAMAGED;
                        o.h = two(data + at + 3);
                        o.w = two(data + at + 5);
                        o.components = data[at + 7];
                        o.scans = marker == 0xc2 || marker == 0xc6 || marker == 0xca || marker == 0xce;
                }
                if (marker == 0xda) {
                        if (length < 3 || (o.components != 1 && o.components != 3))
                                return THON_JPEG_DAMAGED;
                        o.scans |= data[at + 2] != o.components;
                        if (count_scans(data + at - 2, size - at + 2) > SCANS_MAX)
                                return THON_JPEG_DAMAGED;
                        break;
                }
                at += length;
        }
        if (o.w == 0 || o.h == 0)
                return THON_JPEG_DAMAGED;
        if (o.w > THON_JPEG_MAX_SIDE || o.h > THON_JPEG_MAX_SIDE ||
            (size_t)o.w * o.h > (o.scans ? THON_JPEG_MAX_PIXELS_SCANS : THON_JPEG_MAX_PIXELS))
                return THON_JPEG_TOO_LARGE;
        *ret = o;
        return THON_JPEG_OK;
}

static tjscalingfactor scale_for(unsigned w, unsigned h)
{
        for (int part = 8; part > 1; part /= 2) {
                tjscalingfactor scale = {1, part};
                if (TJSCALED((int)w, scale) >= WIDTH_ENOUGH && TJSCALED((int)h, scale) >= HEIGHT_ENOUGH)
                        return scale;
        }
        return (tjscalingfactor){1, 1};
}

/* FNV-1a over words of eight bytes: these are compared with one another, never shown to anybody who could choose them. */
static uint32_t digest_of(const uint8_t *data, size_t size)
{
        uint64_t hash = 14695981039346656037u;

        for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
                uint64_t word = 0;
                memcpy(&word, data + i, size - i < sizeof(word) ? size - i : sizeof(word));
                hash = (hash ^ word) * 1099511628211u;
                hash ^= hash >> 32;
        }
        return (uint32_t)hash;
}

int thon_jpeg_read(struct thon_jpeg *jpeg, const void *data, size_t size, struct thon_picture *ret,
                   unsigned *ret_w, unsigned *ret_h)
{
        struct outline outline;
        int w, h, samples, colours;
        const uint8_t *bytes = data;

        if (size > THON_JPEG_MAX_BYTES)
                return THON_JPEG_TOO_LARGE;
        enum thon_jpeg_error bad = walk(bytes, size, &outline);
        if (bad != THON_JPEG_OK)
                return (int)bad;
        if (tjDecompressHeader3(jpeg->tj, bytes, size, &w, &h, &samples, &colours) < 0 || samples < 0 ||
            (unsigned)w != outline.w || (unsigned)h != outline.h ||
            (colours != TJCS_YCbCr && colours != TJCS_GRAY))
                return THON_JPEG_DAMAGED;

        tjscalingfactor scale = scale_for(outline.w, outline.h);
        int small_w = TJSCALED(w, scale), small_h = TJSCALED(h, scale), c_w = 0, c_h = 0;
        if (small_w < THON_PICTURE_BLOCKS_W || small_h < THON_PICTURE_BLOCKS_H)
                return THON_JPEG_DAMAGED;
        int y_w = tjPlaneWidth(0, small_w, samples), y_h = tjPlaneHeight(0, small_h, samples);
        if (samples != TJSAMP_GRAY) {
                c_w = tjPlaneWidth(1, small_w, samples);
                c_h = tjPlaneHeight(1, small_h, samples);
        }
        if (y_w < small_w || y_h < small_h || c_w < 0 || c_h < 0)
                return THON_JPEG_DAMAGED;
        size_t luma = (size_t)y_w * (size_t)y_h, chroma = (size_t)c_w * (size_t)c_h;
        if (luma + 2 * chroma > jpeg->room) {
                unsigned char *more = realloc(jpeg->planes, luma + 2 * chroma);
                if (!more)
                        return -ENOMEM;
                jpeg->planes = more;
                jpeg->room = luma + 2 * chroma;
        }
        unsigned char *planes[3] = {jpeg->planes, jpeg->planes + luma, jpeg->planes + luma + chroma};
        int strides[3] = {y_w, c_w, c_w};
        /* Not with TJFLAG_FASTDCT: libjpeg-turbo 2.1 then makes chroma of the wrong scale, many times too strong. */
        if (tjDecompressToYUVPlanes(jpeg->tj, bytes, size, planes, small_w, strides, small_h,
                                    TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING) < 0)
                return THON_JPEG_DAMAGED;
        if (thon_picture_reduce(planes[0], (size_t)small_w, (size_t)small_h, (size_t)y_w,
                                chroma ? planes[1] : NULL, chroma ? planes[2] : NULL, (size_t)c_w,
                                (size_t)c_h, (size_t)c_w, digest_of(bytes, size), ret) < 0)
                return THON_JPEG_DAMAGED;
        if (ret_w)
                *ret_w = outline.w;
        if (ret_h)
                *ret_h = outline.h;
        return 0;
}

/* Several pictures in one: who looks at a phone in the rain sees at once what is wrong, which pictures in messages of their own
 * do not show; and a message takes one picture. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "thon/cleanup.h"
#include "thon/jpeg.h"

enum { COLUMNS = 2, WIDTH = 640, GAP = 6, QUALITY = 80, BYTES = 3 };

struct cell {
        struct thon_jpeg_part part;
        int w, h, x, y; /* scaled, and where it stands */
};

static void tj_destroyp(tjhandle *tj)
{
        if (*tj)
                (void)tjDestroy(*tj);
}
static void tj_freep(unsigned char **data)
{
        tjFree(*data);
}

static int measure(tjhandle tj, const struct thon_jpeg_part *part, struct cell *ret)
{
        int w, h, samples, colours;
        tjscalingfactor scale = {1, 8};

        if (tjDecompressHeader3(tj, part->data, part->size, &w, &h, &samples, &colours) < 0 || w < 1 ||
            h < 1 || w > THON_JPEG_MAX_SIDE || h > THON_JPEG_MAX_SIDE)
                return THON_JPEG_DAMAGED;
        for (int eighths = 8; eighths > 1; eighths--)
                if (TJSCALED(w, ((tjscalingfactor){eighths, 8})) <= WIDTH) {
                        scale.num = eighths;
                        break;
                }
        /* The widest that is read at all is still 1,024 at an eighth. */
        *ret = (struct cell){.part = *part, .w = TJSCALED(w, scale), .h = TJSCALED(h, scale)};
        return ret->w <= 2 * WIDTH && ret->h <= 2 * WIDTH ? 0 : THON_JPEG_TOO_LARGE;
}

/* Row by row, each as high as its highest. */
static void arrange(struct cell *cells, size_t n, int *ret_w, int *ret_h)
{
        int x = 0, y = 0, high = 0, w = 0;

        for (size_t i = 0; i < n; i++) {
                if (i > 0 && i % COLUMNS == 0) {
                        y += high + GAP;
                        x = high = 0;
                }
                cells[i].x = x;
                cells[i].y = y;
                x += cells[i].w + GAP;
                if (x - GAP > w)
                        w = x - GAP;
                if (cells[i].h > high)
                        high = cells[i].h;
        }
        *ret_w = w;
        *ret_h = y + high;
}

static int draw(tjhandle tj, const struct cell *cell, unsigned char *canvas, int pitch)
{
        return tjDecompress2(tj, cell->part.data, cell->part.size,
                             canvas + (size_t)cell->y * (size_t)pitch + (size_t)cell->x * BYTES, cell->w,
                             pitch, cell->h, TJPF_RGB, TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING) < 0
                       ? THON_JPEG_DAMAGED
                       : 0;
}

int thon_jpeg_sheet(const struct thon_jpeg_part *parts, size_t n, void **ret, size_t *ret_size)
{
        _cleanup_(tj_destroyp) tjhandle in = tjInitDecompress();
        _cleanup_(tj_destroyp) tjhandle out = tjInitCompress();
        _cleanup_(tj_freep) unsigned char *jpeg = NULL;
        _cleanup_free_ unsigned char *canvas = NULL;
        struct cell cells[THON_JPEG_SHEET];
        unsigned long size = 0;
        int r = 0, w, h, pitch;
        void *copy;

        if (n < 1 || n > THON_JPEG_SHEET)
                return THON_JPEG_TOO_LARGE;
        if (!in || !out)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < n; i++)
                r = measure(in, &parts[i], &cells[i]);
        if (r != 0)
                return r;
        arrange(cells, n, &w, &h);
        pitch = w * BYTES;
        canvas = malloc((size_t)pitch * (size_t)h);
        if (!canvas)
                return -ENOMEM;
        memset(canvas, 0xff, (size_t)pitch * (size_t)h);
        for (size_t i = 0; r == 0 && i < n; i++)
                r = draw(in, &cells[i], canvas, pitch);
        if (r != 0)
                return r;
        if (tjCompress2(out, canvas, w, pitch, h, TJPF_RGB, &jpeg, &size, TJSAMP_420, QUALITY, 0) < 0)
                return -ENOMEM;
        copy = malloc(size);
        if (!copy)
                return -ENOMEM;
        memcpy(copy, jpeg, size);
        *ret = copy;
        *ret_size = size;
        return 0;
}

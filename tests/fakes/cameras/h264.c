/* A real H.264 video of a few bytes a frame, so that thousands can be played at once and any decoder takes it: a second of
 * one brightness, then of the next. Baseline; an IDR picture whose first macroblock is given as samples (I_PCM) and whose
 * others are predicted from it, then pictures that skip every macroblock. (ITU-T H.264, 7.3 and 9.1.) */
#include "farm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIDE     20 /* macroblocks: 320 x 240 */
#define HIGH     15
#define GOP      25
#define GREYS    4
#define NAL_ROOM 2048

struct video {
        uint8_t sets[2][64];
        uint8_t key[GREYS][NAL_ROOM], skip[GOP][16];
        struct video_frame frames[GREYS * GOP];
        char parameters[256];
};

struct bits {
        uint8_t raw[NAL_ROOM];
        size_t n;
};

static void put(struct bits *bits, unsigned count, uint32_t value)
{
        while (count-- > 0) {
                if (value >> count & 1)
                        bits->raw[bits->n / 8] |= (uint8_t)(0x80 >> bits->n % 8);
                bits->n++;
        }
}

/* Exp-Golomb, unsigned; se(0) is ue(0). */
static void ue(struct bits *bits, uint32_t value)
{
        unsigned size = 0;

        while ((value + 1) >> (size + 1))
                size++;
        put(bits, size, 0);
        put(bits, size + 1, value + 1);
}

/* Ends the unit and guards what would look like a start code; the size. */
static size_t seal(struct bits *bits, uint8_t head, uint8_t *to)
{
        size_t n = 0, i, size;
        unsigned zeros = 0;

        put(bits, 1, 1);
        size = (bits->n + 7) / 8;
        to[n++] = head;
        for (i = 0; i < size; i++) {
                if (zeros == 2 && bits->raw[i] <= 3) {
                        to[n++] = 3;
                        zeros = 0;
                }
                to[n++] = bits->raw[i];
                zeros = bits->raw[i] == 0 ? zeros + 1 : 0;
        }
        return n;
}

static size_t sequence_set(uint8_t *to)
{
        struct bits b = {0};

        put(&b, 8, 66);
        put(&b, 8, 0xc0);
        put(&b, 8, 30);
        ue(&b, 0);
        ue(&b, 0); /* frame numbers of 4 bits */
        ue(&b, 2); /* output in order of decoding */
        ue(&b, 1);
        put(&b, 1, 0);
        ue(&b, WIDE - 1);
        ue(&b, HIGH - 1);
        put(&b, 1, 1); /* frames only */
        put(&b, 1, 1);
        put(&b, 2, 0); /* no cropping, no VUI */
        return seal(&b, 0x67, to);
}

static size_t picture_set(uint8_t *to)
{
        struct bits b = {0};

        ue(&b, 0);
        ue(&b, 0);
        put(&b, 2, 0); /* CAVLC */
        ue(&b, 0);
        ue(&b, 0);
        ue(&b, 0);
        put(&b, 3, 0); /* no weights */
        ue(&b, 0);
        ue(&b, 0);
        ue(&b, 0);
        put(&b, 3, 0);
        return seal(&b, 0x68, to);
}

static size_t key_picture(unsigned number, uint8_t grey, uint8_t *to)
{
        struct bits b = {0};
        unsigned i;

        ue(&b, 0);
        ue(&b, 7);
        ue(&b, 0);
        put(&b, 4, 0);
        ue(&b, number % 2); /* two IDR pictures in a row must differ */
        put(&b, 2, 0);
        ue(&b, 0);
        ue(&b, 25); /* I_PCM */
        b.n = (b.n + 7) / 8 * 8;
        for (i = 0; i < 256; i++)
                put(&b, 8, grey);
        for (i = 0; i < 128; i++)
                put(&b, 8, 128);
        for (i = 1; i < WIDE * HIGH; i++) {
                ue(&b, 3); /* Intra 16x16, DC, nothing coded */
                ue(&b, 0);
                ue(&b, 0);
                /* No coefficients; the code depends on how many the neighbours have, and I_PCM counts as full. */
                if (i == 1 || i == WIDE)
                        put(&b, 6, 3);
                else
                        put(&b, 1, 1);
        }
        return seal(&b, 0x65, to);
}

static size_t skip_picture(unsigned number, uint8_t *to)
{
        struct bits b = {0};

        ue(&b, 0);
        ue(&b, 5);
        ue(&b, 0);
        put(&b, 4, number % 16);
        put(&b, 3, 0);
        ue(&b, 0);
        ue(&b, WIDE * HIGH);
        return seal(&b, 0x41, to);
}

int video_new(struct video **ret)
{
        struct video *video = calloc(1, sizeof(*video));
        size_t sizes[2];
        unsigned i;
        int n;

        if (!video)
                return -ENOMEM;
        sizes[0] = sequence_set(video->sets[0]);
        sizes[1] = picture_set(video->sets[1]);
        n = EVP_EncodeBlock((unsigned char *)video->parameters, video->sets[0], (int)sizes[0]);
        video->parameters[n++] = ',';
        (void)EVP_EncodeBlock((unsigned char *)video->parameters + n, video->sets[1], (int)sizes[1]);
        for (i = 0; i < GREYS * GOP; i++) {
                struct video_frame *f = &video->frames[i];
                unsigned second = i / GOP, in_gop = i % GOP;

                if (in_gop == 0) {
                        *f = (struct video_frame){
                                .nals = {video->sets[0], video->sets[1], video->key[second]},
                                .sizes = {sizes[0], sizes[1],
                                          key_picture(second, (uint8_t)(60 + second * 40),
                                                      video->key[second])},
                                .n = 3};
                } else {
                        *f = (struct video_frame){.nals = {video->skip[in_gop]},
                                                  .sizes = {skip_picture(in_gop, video->skip[in_gop])},
                                                  .n = 1};
                }
        }
        *ret = video;
        return 0;
}

struct video *video_free(struct video *video)
{
        free(video);
        return NULL;
}

const struct video_frame *video_frame(const struct video *video, unsigned number)
{
        return &video->frames[number % (GREYS * GOP)];
}

const char *video_parameters(const struct video *video)
{
        return video->parameters;
}

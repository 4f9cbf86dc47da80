/* The pictures that cameras give, from the generator (scene.h), and those that are none. Many cameras look at the same few
 * scenes, and a picture is made once in ten seconds of each: thousands of cameras cost what eight do. */
#include "farm.h"
#include "scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCENES  64
#define USUAL   8 /* scenes of cameras that name none */
#define KEPT    256
#define STEP_S  10
#define QUALITY 80
#define UTC7_S  25200

struct key {
        int64_t scene, second, since, strength, variant;
        int picture;
};
struct kept {
        struct key key;
        unsigned char *data;
        size_t size;
};
struct album {
        unsigned w, h;
        struct {
                int64_t seed;
                struct scene *scene;
        } scenes[SCENES];
        size_t n_scenes;
        struct kept kept[KEPT];
        size_t next;
        struct bytes scans, giant;
};

/* ---- those that are none ---- */

static void segment(struct bytes *out, uint8_t marker, const uint8_t *data, size_t n)
{
        const uint8_t head[4] = {0xff, marker, (uint8_t)((n + 2) >> 8), (uint8_t)(n + 2)};

        bytes_add(out, head, sizeof(head));
        bytes_add(out, data, n);
}

/* SOI, a table of ones, and a frame of one component. */
static void begin(struct bytes *out, uint8_t frame, unsigned w, unsigned h)
{
        const uint8_t sof[9] = {8, (uint8_t)(h >> 8), (uint8_t)h, (uint8_t)(w >> 8), (uint8_t)w, 1, 1, 0x11,
                                0};
        uint8_t table[65];

        memset(table, 1, sizeof(table));
        table[0] = 0;
        bytes_add(out, "\xff\xd8", 2);
        segment(out, 0xdb, table, sizeof(table));
        segment(out, frame, sof, sizeof(sof));
}

/* Every coefficient by itself, and every bit of it by itself: all as the standard allows, and nothing in any of them. A scan
 * is four runs of "nothing more in 16,384 blocks", eight bytes, and makes a decoder walk over 65,536 blocks. */
static void make_scans(struct bytes *out)
{
        static const uint8_t dc[18] = {0x00, 1}, ac[18] = {0x10, 1, [17] = 0xe0};
        static const uint8_t first[6] = {1, 1, 0, 0, 0, 0}, zeros[8192];
        uint8_t coefficient, bit;

        begin(out, 0xc2, 2048, 2048);
        segment(out, 0xc4, dc, sizeof(dc));
        segment(out, 0xc4, ac, sizeof(ac));
        segment(out, 0xda, first, sizeof(first));
        bytes_add(out, zeros, sizeof(zeros));
        for (coefficient = 1; coefficient < 64; coefficient++)
                for (bit = 14; bit-- > 0;) {
                        const uint8_t scan[6] = {
                                1,           1,           0,
                                coefficient, coefficient, (uint8_t)(bit == 13 ? 13 : (bit + 1) << 4 | bit)};

                        segment(out, 0xda, scan, sizeof(scan));
                        bytes_add(out, zeros, 8);
                }
        bytes_add(out, "\xff\xd9", 2);
}

static void make_giant(struct bytes *out)
{
        static const uint8_t huffman[18] = {0x00, 1}, scan[6] = {1, 1, 0, 0, 63, 0};
        static const uint8_t nothing[2048];

        begin(out, 0xc0, 65000, 65000);
        segment(out, 0xc4, huffman, sizeof(huffman));
        segment(out, 0xda, scan, sizeof(scan));
        bytes_add(out, nothing, sizeof(nothing));
        bytes_add(out, "\xff\xd9", 2);
}

/* ---- those that are ---- */

static int scene_of(struct album *album, int64_t seed, struct scene **ret)
{
        size_t i;
        int r;

        for (i = 0; i < album->n_scenes; i++)
                if (album->scenes[i].seed == seed) {
                        *ret = album->scenes[i].scene;
                        return 0;
                }
        i = album->n_scenes < SCENES ? album->n_scenes : (size_t)seed % SCENES;
        r = scene_new((unsigned)seed, album->w, album->h, ret);
        if (r < 0)
                return r;
        if (i < album->n_scenes)
                scene_free(album->scenes[i].scene);
        else
                album->n_scenes++;
        album->scenes[i].seed = seed;
        album->scenes[i].scene = *ret;
        return 0;
}

/* What is wrong, and how much when nobody said how much. */
static enum scene_fault fault_of(enum picture picture, double *ret_strength)
{
        switch (picture) {
        case PICTURE_FROZEN:
        case PICTURE_STUCK:
                return SCENE_FROZEN;
        case PICTURE_BLACK:
                return SCENE_BLACK;
        case PICTURE_COVERED:
                *ret_strength = 0.95;
                return SCENE_COVERED;
        case PICTURE_SPRAYED:
                *ret_strength = 0.9;
                return SCENE_SPRAYED;
        case PICTURE_BLURRED:
                *ret_strength = 1.5;
                return SCENE_DEFOCUSED;
        case PICTURE_MOVED:
                *ret_strength = 1;
                return SCENE_MOVED;
        case PICTURE_OK:
        case PICTURE_INFRARED:
        case PICTURE_PAGE:
        case PICTURE_EMPTY:
        case PICTURE_TRUNCATED:
        case PICTURE_SCANS:
        case PICTURE_GIANT:
        case PICTURE_FLOOD:
        case PICTURE_404:
        case PICTURES:
                break;
        }
        return SCENE_FINE;
}

static int take(struct album *album, const struct key *key, struct kept *ret)
{
        struct scene *scene;
        struct scene_at at;
        double strength = 0;
        enum scene_fault fault = fault_of((enum picture)key->picture, &strength);
        int r = scene_of(album, key->scene, &scene);

        if (r < 0)
                return r;
        if (key->strength > 0)
                strength = (double)key->strength / 100;
        if (fault == SCENE_FINE)
                scene_usual(scene, key->second, &at);
        else
                scene_with_fault(scene, key->second, fault, strength, (unsigned)key->variant, key->since,
                                 &at);
        if (key->picture == PICTURE_STUCK)
                at.frozen_clock = true;
        if (key->picture == PICTURE_INFRARED)
                at.infrared = true;
        r = scene_jpeg(scene, &at, QUALITY, &ret->data, &ret->size);
        if (r == 0)
                ret->key = *key;
        return r;
}

/* Civil seconds of what is seen; `hour` set holds the time of day. */
static int64_t seen_at(const struct settings *s, int64_t clock)
{
        int64_t local = clock + UTC7_S;

        if (s->hour >= 0)
                local = local - local % 86400 + s->hour * 3600 + local % 3600;
        return local - local % STEP_S;
}

static int look(struct album *album, const struct host *host, const void **ret, size_t *ret_size)
{
        const struct settings *s = &host->settings;
        struct key key;
        struct kept *kept;
        size_t i;
        int r;

        memset(&key, 0, sizeof(key)); /* compared whole */
        key.scene = s->scene ? s->scene : (int64_t)(ntohl(host->address.s_addr) % USUAL + 1);
        key.second = seen_at(s, host_clock(host));
        key.strength = s->strength;
        key.variant = s->variant;
        /* One that is cut off, or flows on for ever, begins as a good one. */
        key.picture = s->picture >= PICTURE_PAGE ? PICTURE_OK : s->picture;
        if (key.picture != PICTURE_OK && key.picture != PICTURE_INFRARED)
                key.since = seen_at(s, host->picture_since);
        for (i = 0; i < KEPT; i++)
                if (album->kept[i].data && memcmp(&album->kept[i].key, &key, sizeof(key)) == 0) {
                        *ret = album->kept[i].data;
                        *ret_size = album->kept[i].size;
                        return 0;
                }
        kept = &album->kept[album->next++ % KEPT];
        free(kept->data);
        *kept = (struct kept){0};
        r = take(album, &key, kept);
        if (r < 0)
                return r;
        *ret = kept->data;
        *ret_size = kept->size;
        return 0;
}

int album_picture(struct album *album, const struct host *host, const void **ret, size_t *ret_size)
{
        static const char page[] =
                "<!DOCTYPE html><html><head><title>404</title></head><body><h1>404 Not Found</h1>"
                "<p>The page that you asked for is not here.</p></body></html>\n";
        int r = 0;

        switch ((enum picture)host->settings.picture) {
        case PICTURE_PAGE:
        case PICTURE_404:
                *ret = page;
                *ret_size = sizeof(page) - 1;
                break;
        case PICTURE_EMPTY:
                *ret = page;
                *ret_size = 0;
                break;
        case PICTURE_SCANS:
                if (album->scans.n == 0)
                        make_scans(&album->scans);
                *ret = album->scans.data;
                *ret_size = album->scans.n;
                r = album->scans.failed ? -ENOMEM : 0;
                break;
        case PICTURE_GIANT:
                if (album->giant.n == 0)
                        make_giant(&album->giant);
                *ret = album->giant.data;
                *ret_size = album->giant.n;
                r = album->giant.failed ? -ENOMEM : 0;
                break;
        case PICTURE_OK:
        case PICTURE_FROZEN:
        case PICTURE_STUCK:
        case PICTURE_BLACK:
        case PICTURE_COVERED:
        case PICTURE_SPRAYED:
        case PICTURE_BLURRED:
        case PICTURE_MOVED:
        case PICTURE_INFRARED:
        case PICTURE_TRUNCATED:
        case PICTURE_FLOOD:
        case PICTURES:
                r = look(album, host, ret, ret_size);
                if (r == 0 && host->settings.picture == PICTURE_TRUNCATED)
                        *ret_size /= 2;
                break;
        }
        return r;
}

int album_new(unsigned w, unsigned h, struct album **ret)
{
        struct album *album = calloc(1, sizeof(*album));

        if (!album)
                return -ENOMEM;
        album->w = w;
        album->h = h;
        *ret = album;
        return 0;
}

struct album *album_free(struct album *album)
{
        size_t i;

        if (!album)
                return NULL;
        for (i = 0; i < album->n_scenes; i++)
                scene_free(album->scenes[i].scene);
        for (i = 0; i < KEPT; i++)
                free(album->kept[i].data);
        bytes_done(&album->scans);
        bytes_done(&album->giant);
        free(album);
        return NULL;
}

/* Whether a picture shows anything. Pure: a small grey picture with colour means in, features and a verdict out.
 *
 * Each camera is measured against its own past: one baseline for day (colour) and one for infrared (no colour), learned from
 * its good pictures and following slowly. A verdict is *confirmed* when three pictures at least 60 s apart agree. For five
 * minutes around a change between day and infrared neither frozen nor defocused nor moved is judged. */
#pragma once

#include "thon/camera.h"

/* As decoded at 1/8 scale (thon/jpeg.h), then brought to this size by thon_picture_reduce(). */
#define THON_PICTURE_W 96
#define THON_PICTURE_H 54
struct thon_picture {
        uint8_t y[THON_PICTURE_W * THON_PICTURE_H];
        uint8_t cb, cr;  /* mean of the whole */
        uint8_t colour;  /* mean distance of the pixels' chroma from grey: infrared is near 0 */
        uint32_t digest; /* of the compressed bytes: two that are equal are one and the same picture */
};
/* From planes of any size (at least 16x9), by area means; `cb` and `cr` NULL for a grey JPEG. -EINVAL: too small. */
int thon_picture_reduce(const uint8_t *y, size_t y_w, size_t y_h, size_t y_stride, const uint8_t *cb,
                        const uint8_t *cr, size_t c_w, size_t c_h, size_t c_stride, uint32_t digest,
                        struct thon_picture *ret);

struct thon_picture_features {
        double mean, deviation; /* of luma */
        double dark;            /* share of pixels below 10 % of the range */
        double entropy;         /* bits of the luma histogram, 0..8 */
        double sharpness;       /* variance of the Laplacian over that of the luma */
        double edges;           /* share of pixels with an edge */
        double one_colour;      /* share of pixels of the commonest shade, in a neighbourhood of values */
        uint64_t dhash;
        bool infrared;
};
struct thon_picture_features thon_picture_features(const struct thon_picture *picture);

/* One of a camera's two baselines. Plain data; kept as text by thon_baselines_text(). */
struct thon_baseline {
        unsigned pictures; /* it was learned from; judged against from THON_BASELINE_ENOUGH on */
        double entropy, sharpness, edges, mean;       /* means that follow slowly */
        double entropy_dev, sharpness_dev, edges_dev; /* mean deviations */
        uint8_t blocks[16 * 9];                       /* edge strength by block: where it looks */
};
#define THON_BASELINE_ENOUGH 12

enum { THON_PICTURE_DAY, THON_PICTURE_INFRARED, THON_PICTURE_MODES };

struct thon_picture_watch {
        struct thon_baseline baselines[THON_PICTURE_MODES];
        bool any;                    /* there was a picture */
        bool infrared;               /* the last one was */
        struct thon_mono mode_since; /* of the last change between day and infrared */
        struct thon_picture
                last; /* to tell a frozen one: all but the overlay's clock is the same, noise and all */
        struct thon_mono last_at;
        enum thon_camera_verdict suspect; /* OK: none */
        unsigned suspect_pictures;
        struct thon_mono suspect_at;       /* of the last picture that counted */
        enum thon_camera_verdict standing; /* confirmed; OK */
        unsigned good_pictures;            /* since, in a row: two end it */
        bool dirty;                        /* baselines changed since they were kept */
};
void thon_picture_watch_init(struct thon_picture_watch *watch);

struct thon_picture_judgement {
        enum thon_camera_verdict this_one; /* OK, FROZEN, BLACK, COVERED, SPRAYED, DEFOCUSED, MOVED */
        enum thon_camera_verdict standing; /* confirmed */
        bool sooner;                       /* take the next one after 60 s instead of the usual interval */
        bool good;                         /* worth keeping as the last good picture */
};
/* `ptz`: "moved" is not judged. */
struct thon_picture_judgement thon_picture_look(struct thon_picture_watch *watch,
                                                const struct thon_picture *picture, bool ptz,
                                                struct thon_mono now);
/* A person says that it is meant to look as it does now (after maintenance): both baselines begin anew. */
void thon_picture_relearn(struct thon_picture_watch *watch);

/* Baselines as one line of text for the store, at most THON_BASELINES_TEXT bytes; parse: false and unchanged when damaged. */
#define THON_BASELINES_TEXT 2048
void thon_baselines_text(const struct thon_picture_watch *watch, char buf[static THON_BASELINES_TEXT]);
bool thon_baselines_parse(struct thon_picture_watch *watch, const char *text);

/* Whether a picture shows anything. Pure: a small grey picture with colour means in, features and a verdict out.
 *
 * Each camera is measured against its own past: a baseline for the day and one for infrared (no colour), learned from its
 * good pictures and following slowly. A verdict is *confirmed* when three pictures at least 60 s apart agree. For five
 * minutes after a change between them neither frozen nor defocused nor moved is judged. */
#pragma once

#include "thon/camera.h"

/* As decoded at a small scale (thon/jpeg.h), then brought to this size by thon_picture_reduce(). */
#define THON_PICTURE_W 96
#define THON_PICTURE_H 54
/* What is compared place by place is compared by blocks of it. */
#define THON_PICTURE_BLOCKS_W 16
#define THON_PICTURE_BLOCKS_H 9
#define THON_PICTURE_BLOCKS   (THON_PICTURE_BLOCKS_W * THON_PICTURE_BLOCKS_H)

/* To tell a frozen picture from a still scene: all of its bytes, and the decoded ones of each block. */
struct thon_picture_print {
        uint32_t digest; /* of the compressed bytes: two that are equal are one and the same picture */
        uint32_t blocks[THON_PICTURE_BLOCKS];
};
struct thon_picture {
        uint8_t y[THON_PICTURE_W * THON_PICTURE_H];
        uint16_t fine[THON_PICTURE_BLOCKS]; /* mean of |Laplacian| * 16 before it was made small */
        uint8_t cb, cr;                     /* mean of the whole */
        double colour;       /* mean distance of the pixels' chroma from grey: infrared is near 0 */
        double colour_apart; /* mean distance of the pixels' chroma from their mean: paint is near 0 */
        struct thon_picture_print print;
};
/* From planes of any size (at least 16x9, at most 32768 a side), by area means; `cb` and `cr` NULL for a grey JPEG.
 * -EINVAL: a bad size. */
int thon_picture_reduce(const uint8_t *y, size_t y_w, size_t y_h, size_t y_stride, const uint8_t *cb,
                        const uint8_t *cr, size_t c_w, size_t c_h, size_t c_stride, uint32_t digest,
                        struct thon_picture *ret);

/* The rows of blocks above and below, where the overlay is written, count for none of these but `mean`. */
struct thon_picture_features {
        double mean;      /* of luma */
        double dark;      /* share of pixels below 10 % of the range */
        double sharpness; /* fine detail for each edge, noise taken off: falls when the lens is out of focus */
        double grain;     /* of the sensor: |Laplacian| of the flattest blocks */
        double edges;     /* mean edge strength, for the light that there is */
        double one_colour; /* share of pixels of the commonest shade, in a neighbourhood of values */
        double structure;  /* share of blocks in which there is more than noise */
        bool infrared;
        float block_edges[THON_PICTURE_BLOCKS]; /* for the light that there is; 1/64 of the mean's luma */
        uint8_t block_luma[THON_PICTURE_BLOCKS];
};
void thon_picture_features(const struct thon_picture *picture, struct thon_picture_features *ret);

/* One of a camera's baselines. Plain data; kept as text by thon_baselines_text(). All are means that follow slowly, over
 * about THON_BASELINE_FOLLOW pictures. */
struct thon_baseline {
        unsigned pictures; /* it was learned from; judged against from THON_BASELINE_ENOUGH on */
        double sharpness, sharpness_dev; /* dev: mean deviation */
        double grain, mean;
        uint16_t blocks[THON_PICTURE_BLOCKS]; /* edge strength by block, * 256: where it looks */
        uint16_t luma[THON_PICTURE_BLOCKS];   /* * 256 */
};
#define THON_BASELINE_ENOUGH 12
#define THON_BASELINE_FOLLOW 256

/* A picture against a baseline. */
struct thon_baseline_match {
        bool known;    /* there is enough of a baseline, and it has structure to compare */
        double lost;   /* share of the blocks with edges that have none of them left */
        double faded;  /* share of those that have some of them left */
        double gained; /* share of blocks that have far more edges than ever */
        double total;  /* all edges; 1 as ever */
        double flat;   /* share of blocks without any edges, less that which is so as ever */
        double alike;  /* correlation of edges by block, -1..1, of the part that agrees best */
        double layout; /* correlation of luma by block, likewise */
        double sharp;  /* sharpness; 1 as ever */
        double light;  /* mean; 1 as ever */
};
void thon_baseline_match(const struct thon_baseline *baseline, const struct thon_picture_features *features,
                         struct thon_baseline_match *ret);
void thon_baseline_learn(struct thon_baseline *baseline, const struct thon_picture_features *features);

/* A camera that has colour at night has a baseline for that too: noise and lamps make it another picture than by day. */
enum thon_picture_mode {
        THON_PICTURE_DAY,
        THON_PICTURE_NIGHT, /* colour, and dark */
        THON_PICTURE_INFRARED,
        THON_PICTURE_MODES
};
const char *thon_picture_mode_slug(enum thon_picture_mode mode); /* "day", "night", "infrared" */

enum { THON_PICTURE_AGREE = 3 }; /* so many make a verdict */

struct thon_picture_watch {
        struct thon_baseline baselines[THON_PICTURE_MODES];
        bool any; /* there was a picture */
        enum thon_picture_mode mode;
        bool quiet;                   /* the mode changed at `mode_since` */
        bool morning;                 /* infrared ended lately */
        struct thon_mono infrared_at; /* the last picture of it; NEVER */
        struct thon_mono mode_since;
        bool hazy; /* fog came up at `hazy_since` */
        struct thon_mono hazy_since;
        bool haze_lasts;                /* longer than any fog */
        struct thon_picture_print last; /* of the last one, or of the first one of a frozen row */
        /* For each verdict how many pictures spoke for it, less those that spoke against; at most THON_PICTURE_AGREE. */
        uint8_t votes[THON_CAMERA_VERDICTS];
        struct thon_mono voted_at;         /* NEVER */
        enum thon_camera_verdict standing; /* confirmed; OK */
        unsigned good_pictures;            /* since, in a row: two end it */
        unsigned learned;                  /* pictures, since */
        bool dirty; /* baselines are worth keeping: when there is one, and about once a day */
};
void thon_picture_watch_init(struct thon_picture_watch *watch);
/* What stood before a restart stands until pictures say otherwise; verdicts that are not of pictures do nothing. */
void thon_picture_restore(struct thon_picture_watch *watch, enum thon_camera_verdict standing);

struct thon_picture_judgement {
        /* OK, FROZEN, BLACK, COVERED, SPRAYED, DEFOCUSED or MOVED; UNKNOWN: it cannot be told just now (day turns to night,
         * fog), which speaks neither for nor against anything. */
        enum thon_camera_verdict this_one;
        enum thon_camera_verdict standing; /* confirmed */
        bool sooner;                       /* take the next one after 60 s instead of the usual interval */
        bool good;                         /* worth keeping as the last good picture */
};
/* `ptz`: "moved" is not judged, and what differs between presets is not held against it. */
struct thon_picture_judgement thon_picture_look(struct thon_picture_watch *watch,
                                                const struct thon_picture *picture, bool ptz,
                                                struct thon_mono now);
/* A person says that it is meant to look as it does now (after maintenance): all baselines begin anew. */
void thon_picture_relearn(struct thon_picture_watch *watch);

/* Baselines as one line of text for the store, less than THON_BASELINES_TEXT bytes; parse: false and unchanged when damaged. */
#define THON_BASELINES_TEXT 2304
void thon_baselines_text(const struct thon_picture_watch *watch, char buf[static THON_BASELINES_TEXT]);
bool thon_baselines_parse(struct thon_picture_watch *watch, const char *text);

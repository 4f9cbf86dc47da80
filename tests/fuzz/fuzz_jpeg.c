/* What a camera calls a picture: bounded in time and memory, and what is made of it lies in its ranges. The same bytes as the text
 * of baselines: what is read is written alike. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/jpeg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool share(double value)
{
        return value >= 0 && value <= 1;
}

static void look(const struct thon_picture *picture)
{
        struct thon_picture_watch watch;
        struct thon_picture_features f;
        struct thon_picture_judgement j;
        char text[THON_BASELINES_TEXT];

        thon_picture_features(picture, &f);
        if (!share(f.dark) || !share(f.one_colour) || !share(f.structure) || !isfinite(f.sharpness) ||
            f.sharpness < 0)
                abort();
        thon_picture_watch_init(&watch);
        for (uint64_t i = 1; i <= 2 * THON_BASELINE_ENOUGH; i++) {
                j = thon_picture_look(&watch, picture, i % 2, (struct thon_mono){i * 300000000});
                /* The same picture again and again is frozen if it is not worse; it has not moved. */
                if (j.standing == THON_CAMERA_MOVED || j.standing == THON_CAMERA_DEFOCUSED)
                        abort();
        }
        thon_baselines_text(&watch, text);
        if (!thon_baselines_parse(&watch, text))
                abort();
}

static void baselines(const uint8_t *data, size_t size)
{
        struct thon_picture_watch watch;
        char text[THON_BASELINES_TEXT + 1], again[THON_BASELINES_TEXT], third[THON_BASELINES_TEXT];

        if (size > THON_BASELINES_TEXT)
                return;
        memcpy(text, data, size);
        text[size] = '\0';
        thon_picture_watch_init(&watch);
        if (!thon_baselines_parse(&watch, text))
                return;
        thon_baselines_text(&watch, again);
        if (!thon_baselines_parse(&watch, again))
                abort();
        thon_baselines_text(&watch, third);
        if (strcmp(again, third) != 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct thon_jpeg *jpeg;
        struct thon_picture picture;

        baselines(data, size);
        if (thon_jpeg_new(&jpeg) < 0)
                abort();
        int r = thon_jpeg_read(jpeg, data, size, &picture, NULL, NULL);
        if (r < 0 || r > THON_JPEG_DAMAGED)
                abort();
        if (r == 0)
                look(&picture);
        (void)thon_jpeg_free(jpeg);
        return 0;
}

/* Pictures of cameras that do not exist, with what is true of each: a street, a gate, a field by day, dusk and infrared,
 * with weather, traffic and insects, and with whatever can be wrong with a camera. The same seed and the same moment give the
 * same picture, byte for byte, on one machine. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scene_kind { SCENE_STREET, SCENE_GATE, SCENE_FIELD, SCENE_JUNCTION, SCENE_YARD, SCENE_KINDS };

enum scene_fault {
        SCENE_FINE,
        SCENE_BLACK,     /* the sensor gives nothing; the overlay is still drawn */
        SCENE_FROZEN,    /* the moment `frozen_second` for ever, noise and all */
        SCENE_COVERED,   /* strength: the share that is covered, 0..1 */
        SCENE_SPRAYED,   /* strength: the share that is painted */
        SCENE_DEFOCUSED, /* strength: sigma in percent of the width */
        SCENE_MOVED,     /* strength: how far, 1 is about a third of the width */
        SCENE_FAULTS
};
const char *scene_fault_text(enum scene_fault fault);

struct scene_at {
        int64_t second; /* local civil time since 1970-01-01 00:00; the light follows from it */
        bool infrared;  /* no colour, its own lamp */
        bool ptz;       /* it goes its round: another preset every 15 minutes */

        bool overlay_clock, overlay_name;
        double noise; /* of the sensor, grey levels; 0: as the light asks for */
        double cloud; /* 0..1 */
        double rain;  /* 0..1 */
        double fog;   /* 0..1: sight of some 400 m down to 60 m */
        bool web;     /* a spider's, before the infrared lamp */
        bool insects; /* some near the lens, lit by the infrared lamp */
        bool headlights;
        bool lorry;    /* stands before the camera, up to a third of the picture */
        unsigned busy; /* so many people and vehicles on their way */

        enum scene_fault fault;
        double strength;
        unsigned
                variant; /* which hand, which paint, which way it was turned; keep it for as long as the fault lasts */
        int64_t frozen_second;
        bool frozen_clock; /* FROZEN: the overlay's clock stands too */
};

struct scene;
/* `w`, `h`: 160x120 to 3840x2160, even. 0, -EINVAL or -ENOMEM. */
int scene_new(unsigned seed, unsigned w, unsigned h, struct scene **ret);
struct scene *scene_free(struct scene *scene);
enum scene_kind scene_kind(const struct scene *scene);

/* What this camera would see at that moment of its life when nothing is wrong with it: day, dusk and night (infrared, or
 * under a street lamp in colour, as the seed has it), clouds, spells of rain, morning fog, insects, traffic. */
void scene_usual(const struct scene *scene, int64_t second, struct scene_at *ret);
/* The same with something wrong: a frozen one since `since`, the rest as it is at `second`. */
void scene_with_fault(const struct scene *scene, int64_t second, enum scene_fault fault, double strength,
                      unsigned variant, int64_t since, struct scene_at *ret);

void scene_render(struct scene *scene, const struct scene_at *at, uint8_t *rgb /* w * h * 3 */);
/* `*ret` is freed with free(). 0, -ENOMEM or -EIO. */
int scene_jpeg(struct scene *scene, const struct scene_at *at, int quality, unsigned char **ret,
               size_t *ret_size);

/* What happens to a camera, and when: one fault after another, hours apart, all kinds equally often, by seed. For those who
 * measure verdicts: it includes the generator itself, since such programs are linked without it. */
#pragma once

#include <stdlib.h>

#include "scene.c"
#include "scene_over.c"
#include "scene_world.c"
#include "thon/camera_picture.h"

enum { FATE_DAY = 86400, FATE_BEGIN_DAY = 20440, FATE_CLASSES = SCENE_FAULTS };

struct fate_episode {
        int64_t from, till;
        enum scene_fault fault;
        double strength;
        unsigned variant;
        bool found; /* for the caller */
};
struct fate {
        unsigned seed;
        struct scene_dice dice;
        unsigned next; /* fault in turn */
        bool ptz;      /* every sixth camera is on its round, and never moved */
        struct fate_episode now;
};

static inline enum thon_camera_verdict fate_verdict(enum scene_fault fault)
{
        static const enum thon_camera_verdict verdicts[FATE_CLASSES] = {
                [SCENE_FINE] = THON_CAMERA_OK,         [SCENE_BLACK] = THON_CAMERA_BLACK,
                [SCENE_FROZEN] = THON_CAMERA_FROZEN,   [SCENE_COVERED] = THON_CAMERA_COVERED,
                [SCENE_SPRAYED] = THON_CAMERA_SPRAYED, [SCENE_DEFOCUSED] = THON_CAMERA_DEFOCUSED,
                [SCENE_MOVED] = THON_CAMERA_MOVED,
        };
        return verdicts[fault];
}

static inline enum scene_fault fate_fault(enum thon_camera_verdict verdict)
{
        for (int f = 0; f < FATE_CLASSES; f++)
                if (fate_verdict((enum scene_fault)f) == verdict)
                        return (enum scene_fault)f;
        return SCENE_FINE;
}

static inline void fate_next(struct fate *fate, int64_t after)
{
        struct scene_dice *d = &fate->dice;
        struct fate_episode e = {.from = after + (int64_t)scene_between(d, 3 * 3600, 14 * 3600)};

        e.till = e.from + (int64_t)scene_between(d, 3600, 4 * 3600);
        do
                e.fault = (enum scene_fault)(1 + fate->next++ % (FATE_CLASSES - 1));
        while (fate->ptz && e.fault == SCENE_MOVED);
        e.variant = (unsigned)scene_pick(d, 1000);
        switch (e.fault) {
        case SCENE_COVERED:
                e.strength = scene_between(d, .6, 1);
                break;
        case SCENE_SPRAYED:
                e.strength = scene_between(d, .82, 1);
                break;
        case SCENE_DEFOCUSED:
                e.strength = scene_between(d, .7, 2);
                break;
        case SCENE_MOVED:
                e.strength = scene_between(d, .5, 1);
                break;
        case SCENE_FINE:
        case SCENE_BLACK:
        case SCENE_FROZEN:
        case SCENE_FAULTS:
                break;
        }
        fate->now = e;
}

/* The first fault comes after `learn_s`. Returns the second at which this camera's life begins. */
static inline int64_t fate_begin(struct fate *fate, unsigned seed, int64_t learn_s)
{
        int64_t begin = FATE_BEGIN_DAY * (int64_t)FATE_DAY + seed % FATE_DAY;

        *fate = (struct fate){
                .seed = seed, .dice = {scene_mix(seed, 0xfa7e)}, .ptz = seed % 6 == 5, .next = seed};
        fate_next(fate, begin + learn_s);
        return begin;
}

/* Its picture of that moment; 0 or what scene_jpeg() says. */
static inline int fate_jpeg(const struct fate *fate, struct scene *scene, int64_t second,
                            unsigned char **ret, size_t *ret_size)
{
        const struct fate_episode *e = &fate->now;
        struct scene_at at;

        scene_with_fault(scene, second, second >= e->from ? e->fault : SCENE_FINE, e->strength, e->variant,
                         e->from, &at);
        at.ptz = fate->ptz;
        return scene_jpeg(scene, &at, 75, ret, ret_size);
}

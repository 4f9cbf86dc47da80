/* What a changed plan would change: night by night, in minutes of light, kWh and money; computed by the same schedule
 * that will act. */
#pragma once

#include "thon/light_schedule.h"

enum thon_rehearse_warning {
        THON_REHEARSE_LIT_AT_NOON =
                1 << 0, /* at the noon that begins the night, or up to the one that ends it */
        THON_REHEARSE_DARK_BEFORE_MIDNIGHT =
                1 << 1, /* off at any time from THON_REHEARSE_DUSK_S after dusk to midnight */
        THON_REHEARSE_NEVER_SWITCHES =
                1 << 2, /* in no night of the range; said of the circuit, not of a night */
        THON_REHEARSE_DARK_ALL_NIGHT = 1 << 3, /* not one second of light from dusk to dawn */
};

/* A lamp may come on so long after civil dusk without being called dark: "dusk+10" is a choice, not a mistake. */
#define THON_REHEARSE_DUSK_S (30 * 60)

struct thon_rehearse_night {
        int32_t night;
        int before_min, after_min; /* minutes of light; before_min is -1 for a circuit that is new */
        double before_kwh, after_kwh;
        unsigned warnings; /* of the new plan */
};

struct thon_rehearse_circuit {
        size_t circuit;    /* in the new plan */
        bool existed;      /* in the old plan, by id */
        bool changed;      /* any switch point differs; true when it did not exist */
        unsigned warnings; /* all of the nights together */
        double before_kwh, after_kwh;
        int64_t before_min, after_min;
        size_t n_nights;
        struct thon_rehearse_night *nights;
};

struct thon_rehearsal {
        size_t n;
        struct thon_rehearse_circuit *circuits;
};

/* `before` and its plan may be NULL: every circuit is new. Circuits that the new plan drops are not listed. Returns
 * 0, -EINVAL when nights are not within 1..400, or -ENOMEM. */
int thon_light_rehearse(struct thon_schedule *before, const struct thon_light_plan *before_plan,
                        struct thon_schedule *after, const struct thon_light_plan *after_plan, int32_t from,
                        int nights, struct thon_rehearsal **ret);
struct thon_rehearsal *thon_rehearsal_free(struct thon_rehearsal *rehearsal);

/* The ways in for CAP alerts but MQTT, which is the daemon's and ends in the same function: a directory into which
 * files are put, and web addresses that are asked. What an alert means is not known here. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/cap.h"
#include "thon/clock.h"
#include "thon/http.h"

struct cap_intake;

enum cap_taken {
        CAP_TAKEN,   /* read and decided, whatever was decided: it has been seen to */
        CAP_REFUSED, /* it is no alert, or not one that is listened to: `why` tells whoever sent it */
        CAP_AGAIN,   /* it cannot be kept at the moment (the store): it is brought again */
};
#define CAP_WHY    512 /* bytes of Vietnamese with the NUL */
#define CAP_ORIGIN 128 /* bytes of an origin with the NUL */

struct cap_intake_ops {
        /* One document, of at most THON_CAP_MAX bytes, NUL-terminated, not looked at yet. `origin`: "inbox:NAME" or
         * "poll:HOST", one printable line. `why` is "" and may be filled when it is CAP_REFUSED. From the loop. */
        enum cap_taken (*alert)(const char *xml, size_t size, const char *origin, char why[static CAP_WHY],
                                void *userdata);
        /* A way in fails ("inbox", or "poll:HOST"), said in English with what to do, or is well again (NULL). Told
         * when it changes. */
        void (*trouble)(const char *origin, const char *problem, void *userdata);
};
struct cap_intake_options {
        sd_event *event;
        struct thon_clock *clock;
        struct thon_http *http;   /* may be NULL where there are no polls */
        const char *inbox;        /* NULL: none. Made when it is not there, with done/ and refused/ in it */
        const char *const *polls; /* URLs of alerts or of feeds */
        size_t n_polls;
        int64_t poll_s; /* >= 1; each wait is up to a tenth shorter or longer */
        uint64_t seed;  /* of that jitter, so that the communes of a province do not ask in step */
};
/* Options are copied. An inbox that cannot be used is told as trouble and tried again: 0, -EINVAL (a poll's URL),
 * -ENOMEM. Neither function is called before this returned, and neither may free the intake. To change the
 * configuration, free it and make a new one: what lies in the inbox stays, and what a feed brings again is known to
 * the store. */
int cap_intake_new(const struct cap_intake_options *options, const struct cap_intake_ops *ops,
                   void *userdata, struct cap_intake **ret);
struct cap_intake *cap_intake_free(struct cap_intake *intake);

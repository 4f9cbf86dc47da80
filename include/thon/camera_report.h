/* How much of a span a device was up: from what the history says, for the monthly meeting. Pure.
 *
 * Every second of the span is one of: up, down (thon_camera_down()), warned (up, with a warning), maintenance, unknown (camerad
 * did not run, or the device was not checked yet). Uptime is up / (up + down): maintenance and unknown count for nobody.
 *
 * A failure ends only with a verdict that is up: a restart of camerad, or a person at work on it, does not make two of one.
 * It counts when it began within the span and some of it was down, and lasts as long as it was down. */
#pragma once

#include "thon/camera.h"

struct thon_uptime {
        int64_t up_s, warned_s, down_s, maintenance_s, unknown_s; /* warned is part of up */
        unsigned failures;                                        /* that began within the span */
        int64_t longest_s;                                        /* of one of them, within the span */
};
/* Share of up, 0..1; negative when nothing is known. */
double thon_uptime_share(const struct thon_uptime *uptime);
void thon_uptime_add(struct thon_uptime *sum, const struct thon_uptime *one);

/* Fed in order of time. One that comes earlier than the one before counts from that one on. */
struct thon_uptime_walk {
        struct thon_uptime sum;
        struct thon_wall from, to, at;
        enum thon_camera_verdict verdict;
        bool watched, maintenance;
        struct thon_wall failed; /* beginning of the present failure; NEVER */
        int64_t failed_s;        /* of it so far, within the span */
};
void thon_uptime_begin(struct thon_uptime_walk *walk, struct thon_wall from, struct thon_wall to);
void thon_uptime_verdict(struct thon_uptime_walk *walk, struct thon_wall at,
                         enum thon_camera_verdict verdict);
void thon_uptime_watched(struct thon_uptime_walk *walk, struct thon_wall at,
                         bool watched); /* camerad runs */
void thon_uptime_maintenance(struct thon_uptime_walk *walk, struct thon_wall at, bool on);
struct thon_uptime thon_uptime_end(struct thon_uptime_walk *walk);

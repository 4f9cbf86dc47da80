/* Uptime as a walk over what happened. Nothing is taken for up that nobody saw: time without a watch, and time before the
 * first check, is unknown, and a commune that pays for cameras by their uptime pays for neither. */
#include "thon/camera_report.h"

double thon_uptime_share(const struct thon_uptime *uptime)
{
        int64_t known = uptime->up_s + uptime->down_s;

        return known > 0 ? (double)uptime->up_s / (double)known : -1;
}

void thon_uptime_add(struct thon_uptime *sum, const struct thon_uptime *one)
{
        sum->up_s += one->up_s;
        sum->warned_s += one->warned_s;
        sum->down_s += one->down_s;
        sum->maintenance_s += one->maintenance_s;
        sum->unknown_s += one->unknown_s;
        sum->failures += one->failures;
        if (one->longest_s > sum->longest_s)
                sum->longest_s = one->longest_s;
}

void thon_uptime_begin(struct thon_uptime_walk *walk, struct thon_wall from, struct thon_wall to)
{
        *walk = (struct thon_uptime_walk){.from = from,
                                          .to = thon_wall_before(to, from) ? from : to,
                                          .at = from,
                                          .verdict = THON_CAMERA_UNKNOWN,
                                          .failed = THON_WALL_NEVER};
}

static void count_down(struct thon_uptime_walk *walk, int64_t seconds)
{
        walk->sum.down_s += seconds;
        /* Before the span it counts for the span before. */
        if (walk->failed_s == 0 && walk->failed.s >= walk->from.s)
                walk->sum.failures++;
        walk->failed_s += seconds;
        if (walk->failed_s > walk->sum.longest_s)
                walk->sum.longest_s = walk->failed_s;
}

/* What held since the event before, held until now. */
static void go_to(struct thon_uptime_walk *walk, struct thon_wall at)
{
        int64_t seconds;

        if (at.s > walk->to.s)
                at = walk->to;
        if (at.s <= walk->at.s)
                return;
        seconds = at.s - walk->at.s;
        walk->at = at;
        if (!walk->watched)
                walk->sum.unknown_s += seconds;
        else if (walk->maintenance)
                walk->sum.maintenance_s += seconds;
        else if (walk->verdict == THON_CAMERA_UNKNOWN)
                walk->sum.unknown_s += seconds;
        else if (thon_camera_down(walk->verdict))
                count_down(walk, seconds);
        else {
                walk->sum.up_s += seconds;
                if (thon_camera_severity(walk->verdict) != THON_CAMERA_FINE)
                        walk->sum.warned_s += seconds;
        }
}

void thon_uptime_verdict(struct thon_uptime_walk *walk, struct thon_wall at,
                         enum thon_camera_verdict verdict)
{
        bool fails = walk->failed.s != INT64_MAX;

        go_to(walk, at);
        walk->verdict = verdict;
        if (verdict == THON_CAMERA_UNKNOWN)
                return;
        if (!thon_camera_down(verdict)) {
                walk->failed = THON_WALL_NEVER;
                walk->failed_s = 0;
        } else if (!fails) {
                /* As it stood before the span it is older than that; else the clock may have gone back since. */
                walk->failed = walk->at.s > walk->from.s && at.s < walk->at.s ? walk->at : at;
        }
}

void thon_uptime_watched(struct thon_uptime_walk *walk, struct thon_wall at, bool watched)
{
        go_to(walk, at);
        walk->watched = watched;
}

void thon_uptime_maintenance(struct thon_uptime_walk *walk, struct thon_wall at, bool on)
{
        go_to(walk, at);
        walk->maintenance = on;
}

struct thon_uptime thon_uptime_end(struct thon_uptime_walk *walk)
{
        go_to(walk, walk->to);
        return walk->sum;
}

/* The only reader of a clock. Real, or simulated with a start and a speed for the demo and for tests. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/time.h"

struct thon_clock;

/* `sim` NULL: the real clock. Else "TIME[,xSPEED][,untrusted[=FOR]][,step=BY@AFTER]" as given to --sim-clock, TIME an
 * RFC 3339 time with offset and SPEED 0 < s <= 100000 (default 1; x60 is a minute a second). For tests of what a
 * daemon does then, the clock can be untrusted (for ever, or for so long from the start), and its wall time can be
 * stepped once (step=-2h@90s: back by two hours after 90 s). Durations are simulated time. Returns -EINVAL when it
 * cannot be read. */
int thon_clock_new(sd_event *event, const char *sim, struct thon_clock **ret);
struct thon_clock *thon_clock_free(struct thon_clock *clock);

struct thon_wall thon_clock_wall(const struct thon_clock *clock);
/* Under simulation this runs at the simulated speed, so that intervals and civil time keep step. */
struct thon_mono thon_clock_mono(const struct thon_clock *clock);
bool thon_clock_simulated(const struct thon_clock *clock);

/* True when the kernel says that the clock is synchronised (adjtimex), or systemd-timesyncd's mark does, or when a
 * battery-backed RTC set it (see clock_trust.c), or under simulation. Read afresh until it is true; then it stays so
 * while the time is plausible at all. */
bool thon_clock_trusted(const struct thon_clock *clock);

/* Called when the wall clock was stepped or began to be trusted: everything planned in wall time is to be looked at
 * again. Several may watch; they are called in their order, until the clock is freed. */
typedef void (*thon_clock_step_fn)(void *userdata);
int thon_clock_watch(struct thon_clock *clock, thon_clock_step_fn fn, void *userdata);

/* A one-shot alarm at whichever comes first; NEVER disables that half. Setting it again replaces it; a time that is
 * over calls at the next turn of the loop. It follows steps of the wall clock by itself, is never early, and may be
 * late by a hundredth of its distance, within 1 ms to 250 ms. Its callback may set or free it. Freed before its
 * clock.
 *
 * Setting cannot fail for want of anything: all that it takes was got by thon_alarm_new(). Should the loop refuse it all
 * the same, the loop ends with that -errno, since nobody could wait for what would never come. */
struct thon_alarm;
typedef void (*thon_alarm_fn)(void *userdata);
int thon_alarm_new(struct thon_clock *clock, const char *name, thon_alarm_fn fn, void *userdata,
                   struct thon_alarm **ret);
void thon_alarm_set(struct thon_alarm *alarm, struct thon_wall wall, struct thon_mono mono);
/* It is set and has not called yet. */
bool thon_alarm_pending(const struct thon_alarm *alarm);
struct thon_alarm *thon_alarm_free(struct thon_alarm *alarm);

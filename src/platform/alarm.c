/* Alarms: "wake me at 17:42, or in 90 s, whichever comes first".
 *
 * The wall half is an absolute timer of CLOCK_REALTIME, which the kernel itself moves when the clock is
 * stepped; the mono half one of CLOCK_BOOTTIME, which counts on in suspend. Under simulation both become one
 * absolute time of CLOCK_BOOTTIME. It is computed from the start of the simulation at each arming, so that
 * lateness does not add up.
 *
 * A daemon whose alarm is not armed looks well and misses its hour, so arming has no result that a caller could pass over:
 * sd-event takes memory and file descriptors when a source is made, and a refusal after that ends the loop, for systemd to
 * start the daemon anew.
 *
 * The kernel may join wake-ups: an alarm far away may be up to 250 ms late, a near one a hundredth of its
 * distance. */
#include <errno.h>
#include <time.h>

#include "clock_impl.h"
#include "thon/cleanup.h"

#define US_PER_S     1000000
#define SLACK_MIN_US 1000u
#define SLACK_MAX_US 250000u

THON_DEFINE_CLEANUP(struct thon_alarm *, thon_alarm_free)

/* Never 0, which sd-event takes for "250 ms". A simulated moment is short, so that it takes none. */
static uint64_t slack_us(const struct thon_alarm *alarm, uint64_t now_us, uint64_t at_us)
{
        uint64_t slack = at_us > now_us ? (at_us - now_us) / 100 : 0;

        if (alarm->clock->simulated)
                return 1;
        return slack < SLACK_MIN_US ? SLACK_MIN_US : slack > SLACK_MAX_US ? SLACK_MAX_US : slack;
}

static int try_arm(const struct thon_alarm *alarm, sd_event_source *source, clockid_t id, uint64_t at_us)
{
        uint64_t now_us;
        int r;

        if (at_us == UINT64_MAX)
                return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        r = sd_event_now(alarm->clock->event, id, &now_us);
        if (r < 0)
                return r;
        r = sd_event_source_set_time_accuracy(source, slack_us(alarm, now_us, at_us));
        if (r < 0)
                return r;
        r = sd_event_source_set_time(source, at_us);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void arm(const struct thon_alarm *alarm, sd_event_source *source, clockid_t id, uint64_t at_us)
{
        int r = try_arm(alarm, source, id, at_us);

        /* A loop that is over wakes nobody, and what stops meanwhile may well set its alarms. */
        if (r < 0 && r != -ESTALE)
                (void)sd_event_exit(alarm->clock->event, r);
}

/* UINT64_MAX: never. What lies before 1970 is simply over. */
static uint64_t wall_us(struct thon_wall wall)
{
        if (wall.s >= INT64_MAX / US_PER_S)
                return UINT64_MAX;
        return wall.s < 0 ? 0 : (uint64_t)wall.s * US_PER_S;
}

/* The CLOCK_BOOTTIME at which the simulation gets to the nearer of the two. */
static uint64_t sim_boottime_us(const struct thon_alarm *alarm)
{
        const struct thon_clock *clock = alarm->clock;
        uint64_t distance = UINT64_MAX;
        int64_t us;

        if (alarm->wall.s < INT64_MAX / US_PER_S) {
                if (alarm->wall.s <= INT64_MIN / US_PER_S ||
                    __builtin_sub_overflow(alarm->wall.s * US_PER_S, clock->sim.start_us + clock->stepped_us,
                                           &us) ||
                    us < 0)
                        us = 0;
                distance = (uint64_t)us;
        }
        if (alarm->mono.us != UINT64_MAX) {
                uint64_t to_mono = thon_mono_since((struct thon_mono){clock->boot_start_us}, alarm->mono);
                if (to_mono < distance)
                        distance = to_mono;
        }
        if (distance == UINT64_MAX)
                return UINT64_MAX;
        return thon_mono_add((struct thon_mono){clock->boot_start_us},
                             thon_sim_unscale(&clock->sim, distance))
                .us;
}

void thon_alarm_arm(struct thon_alarm *alarm)
{
        if (alarm->clock->simulated) {
                arm(alarm, alarm->mono_source, CLOCK_BOOTTIME, sim_boottime_us(alarm));
                return;
        }
        arm(alarm, alarm->wall_source, CLOCK_REALTIME, wall_us(alarm->wall));
        arm(alarm, alarm->mono_source, CLOCK_BOOTTIME, alarm->mono.us);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct thon_alarm *alarm = userdata;
        const struct thon_clock *clock = alarm->clock;

        (void)source;
        (void)usec;
        /* The wall clock may have been stepped back between the expiry and now. */
        if (thon_wall_before(thon_clock_wall(clock), alarm->wall) &&
            thon_clock_mono(clock).us < alarm->mono.us) {
                thon_alarm_arm(alarm);
                return 0;
        }

        /* The other half is over too. Last of all the callback, which may set the alarm again, or free it. */
        alarm->wall = THON_WALL_NEVER;
        alarm->mono = THON_MONO_NEVER;
        thon_alarm_arm(alarm);
        alarm->fn(alarm->userdata);
        return 0;
}

static int add_source(struct thon_alarm *alarm, clockid_t id, const char *name, sd_event_source **ret)
{
        int r = sd_event_add_time(alarm->clock->event, ret, id, UINT64_MAX, 0, on_time, alarm);

        if (r < 0)
                return r;
        r = sd_event_source_set_description(*ret, name);
        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int thon_alarm_new(struct thon_clock *clock, const char *name, thon_alarm_fn fn, void *userdata,
                   struct thon_alarm **ret)
{
        _cleanup_(thon_alarm_freep) struct thon_alarm *alarm = calloc(1, sizeof(*alarm));
        int r;

        if (!alarm)
                return -ENOMEM;
        alarm->clock = clock;
        alarm->fn = fn;
        alarm->userdata = userdata;
        alarm->wall = THON_WALL_NEVER;
        alarm->mono = THON_MONO_NEVER;

        r = add_source(alarm, CLOCK_BOOTTIME, name, &alarm->mono_source);
        if (r >= 0 && !clock->simulated)
                r = add_source(alarm, CLOCK_REALTIME, name, &alarm->wall_source);
        if (r < 0)
                return r;

        alarm->next = clock->alarms;
        alarm->link = &clock->alarms;
        if (alarm->next)
                alarm->next->link = &alarm->next;
        clock->alarms = alarm;

        *ret = THON_TAKE(alarm);
        return 0;
}

void thon_alarm_set(struct thon_alarm *alarm, struct thon_wall wall, struct thon_mono mono)
{
        alarm->wall = wall;
        alarm->mono = mono;
        thon_alarm_arm(alarm);
}

bool thon_alarm_pending(const struct thon_alarm *alarm)
{
        return alarm->wall.s != INT64_MAX || alarm->mono.us != UINT64_MAX;
}

struct thon_alarm *thon_alarm_free(struct thon_alarm *alarm)
{
        if (!alarm)
                return NULL;

        if (alarm->link) {
                *alarm->link = alarm->next;
                if (alarm->next)
                        alarm->next->link = alarm->link;
        }
        sd_event_source_disable_unref(alarm->wall_source);
        sd_event_source_disable_unref(alarm->mono_source);
        free(alarm);
        return NULL;
}

/* The clock: the one module that asks what time it is.
 *
 * Nothing here polls. A step of the wall clock cancels a realtime timerfd (TFD_TIMER_CANCEL_ON_SET); without
 * that, a Pi that boots in 1970 and is then put right by NTP would sleep for decades on its relative timers.
 * Synchronisation may also come without a step, when the clock happened to be right: systemd-timesyncd then
 * touches a file, which inotify tells. The kernel has no event for it (chrony, ntpd), so while nobody
 * vouches for the clock, and only then, a timer looks once a minute.
 *
 * Trust, once given, is kept until the process ends: a lost network makes a clock drift by seconds a day,
 * not wrong, and lights must not fall back to their emergency policy because the provider has trouble. Only
 * a clock that becomes implausible loses it. */
#include "thon/clock.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>

#include "clock_impl.h"
#include "clock_trust.h"
#include "thon/cleanup.h"

#define US_PER_S  1000000
#define LOOK_US   (60ULL * US_PER_S)
#define SLACK_US  (10ULL * US_PER_S)
#define SYNC_MASK (IN_CREATE | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_TO)

THON_DEFINE_CLEANUP(struct thon_clock *, thon_clock_free)

static uint64_t boottime_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_BOOTTIME, &ts);
        return (uint64_t)ts.tv_sec * US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

/* Simulated microseconds since the start. */
static uint64_t sim_elapsed_us(const struct thon_clock *clock)
{
        return thon_sim_scale(&clock->sim, boottime_us() - clock->boot_start_us);
}

struct thon_wall thon_clock_wall(const struct thon_clock *clock)
{
        struct timespec ts;

        if (clock->simulated) {
                uint64_t elapsed = sim_elapsed_us(clock);
                int64_t us;

                if (elapsed > INT64_MAX ||
                    __builtin_add_overflow(clock->sim.start_us + clock->stepped_us, (int64_t)elapsed, &us))
                        us = INT64_MAX;
                /* Rounded down before 1970 too. */
                return (struct thon_wall){us / US_PER_S - (us % US_PER_S < 0)};
        }

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (struct thon_wall){ts.tv_sec};
}

struct thon_mono thon_clock_mono(const struct thon_clock *clock)
{
        struct thon_mono start = {clock->boot_start_us};

        return clock->simulated ? thon_mono_add(start, sim_elapsed_us(clock))
                                : (struct thon_mono){boottime_us()};
}

bool thon_clock_simulated(const struct thon_clock *clock)
{
        return clock->simulated;
}

bool thon_clock_trusted(const struct thon_clock *clock)
{
        struct thon_clock_evidence evidence;

        if (clock->simulated)
                return clock->sim.trusted_s != INT64_MAX &&
                       sim_elapsed_us(clock) / US_PER_S >= (uint64_t)clock->sim.trusted_s;
        if (clock->was_trusted)
                return thon_clock_wall(clock).s >= thon_clock_not_before();
        thon_clock_evidence_read(clock->root, &evidence);
        return thon_clock_evidence_trusted(&evidence);
}

static void tell_watchers(struct thon_clock *clock)
{
        for (struct thon_clock_watcher *w = clock->watchers; w; w = w->next)
                w->fn(w->userdata);
}

static void stop_looking(struct thon_clock *clock)
{
        clock->sync_source = sd_event_source_disable_unref(clock->sync_source);
        clock->above_source = sd_event_source_disable_unref(clock->above_source);
        clock->look_source = sd_event_source_disable_unref(clock->look_source);
}

/* True when somebody vouches for the clock now, for the first time. */
static bool find_trust(struct thon_clock *clock)
{
        if (clock->was_trusted || !thon_clock_trusted(clock))
                return false;
        clock->was_trusted = true;
        stop_looking(clock);
        return true;
}

/* ---- steps ------------------------------------------------------------------------------------------- */

static int arm_step_watch(int fd)
{
        /* As far away as the kernel takes it: only the cancellation is of interest. */
        const struct itimerspec never = {.it_value.tv_sec = sizeof(time_t) == 8 ? (time_t)INT64_MAX
                                                                                : (time_t)INT32_MAX};

        return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ? -errno
                                                                                                  : 0;
}

static int on_step(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        struct thon_clock *clock = userdata;
        uint64_t expirations;
        int r;

        (void)source;
        (void)events;
        if (read(fd, &expirations, sizeof(expirations)) < 0 && errno == EAGAIN)
                return 0;
        /* Armed again before anybody looks at the time: a step while they look is then not lost. */
        r = arm_step_watch(fd);
        (void)find_trust(clock);
        tell_watchers(clock);
        return r;
}

static int watch_steps(struct thon_clock *clock)
{
        int r;

        clock->step_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (clock->step_fd < 0)
                return -errno;
        r = arm_step_watch(clock->step_fd);
        if (r < 0)
                return r;
        r = sd_event_add_io(clock->event, &clock->step_source, clock->step_fd, EPOLLIN, on_step, clock);
        if (r < 0)
                return r;
        /* Before anything that plans by the old time. */
        (void)sd_event_source_set_priority(clock->step_source, SD_EVENT_PRIORITY_IMPORTANT);
        return sd_event_source_set_description(clock->step_source, "clock-step");
}

/* ---- trust ------------------------------------------------------------------------------------------- */

static void look(struct thon_clock *clock)
{
        if (find_trust(clock))
                tell_watchers(clock);
}

static int on_sync_file(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
        struct thon_clock *clock = userdata;

        /* The directory is gone with its service, and the watch with it; it is watched for above. */
        if (event->mask & IN_IGNORED)
                clock->sync_source = sd_event_source_disable_unref(source);
        look(clock);
        return 0;
}

/* A directory that is not there (no systemd; timesyncd not started yet) or a limit of watches that is reached
 * is no failure: then the look once a minute must do. */
static void watch_dir(struct thon_clock *clock, const char *dir, uint32_t mask,
                      sd_event_inotify_handler_t handler, sd_event_source **source)
{
        _cleanup_free_ char *path = NULL;

        if (*source)
                return;
        if (asprintf(&path, "%s%s", clock->root, dir) < 0) {
                path = NULL;
                return;
        }
        if (sd_event_add_inotify(clock->event, source, path, mask | IN_ONLYDIR, handler, clock) >= 0)
                (void)sd_event_source_set_description(*source, "clock-sync");
}

static void watch_sync_file(struct thon_clock *clock)
{
        watch_dir(clock, THON_TIMESYNC_DIR, SYNC_MASK, on_sync_file, &clock->sync_source);
}

static int on_above(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
        struct thon_clock *clock = userdata;

        (void)source;
        (void)event;
        watch_sync_file(clock);
        /* The mark may have been made before the watch was. */
        look(clock);
        return 0;
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct thon_clock *clock = userdata;

        (void)source;
        (void)usec;
        look(clock);
        if (!clock->look_source)
                return 0;
        int r = sd_event_source_set_time_relative(clock->look_source, LOOK_US);
        return r < 0 ? r : sd_event_source_set_enabled(clock->look_source, SD_EVENT_ONESHOT);
}

static int watch_trust(struct thon_clock *clock)
{
        int r;

        if (clock->was_trusted)
                return 0;

        r = sd_event_add_time_relative(clock->event, &clock->look_source, CLOCK_BOOTTIME, LOOK_US, SLACK_US,
                                       on_look, clock);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(clock->look_source, "clock-trust");

        watch_dir(clock, THON_TIMESYNC_ABOVE, IN_CREATE | IN_MOVED_TO, on_above, &clock->above_source);
        watch_sync_file(clock);
        /* What happened since the clock was made is seen by nobody else. */
        look(clock);
        return 0;
}

/* ---- the simulated clock's own events ---------------------------------------------------------------- */

static void on_sim_trust(void *userdata)
{
        tell_watchers(userdata);
}

static void on_sim_step(void *userdata)
{
        struct thon_clock *clock = userdata;

        clock->stepped_us += clock->sim.step_s * US_PER_S;
        for (struct thon_alarm *a = clock->alarms; a; a = a->next)
                thon_alarm_arm(a);
        tell_watchers(clock);
}

static int sim_event(struct thon_clock *clock, const char *name, int64_t after_s, thon_alarm_fn fn,
                     struct thon_alarm **ret)
{
        struct thon_mono at = {clock->boot_start_us};
        int r;

        r = thon_alarm_new(clock, name, fn, clock, ret);
        if (r == 0)
                thon_alarm_set(*ret, THON_WALL_NEVER, thon_mono_add(at, (uint64_t)after_s * US_PER_S));
        return r;
}

static int plan_sim_events(struct thon_clock *clock)
{
        int r;

        if (clock->sim.trusted_s != 0 && clock->sim.trusted_s != INT64_MAX) {
                r = sim_event(clock, "sim-trust", clock->sim.trusted_s, on_sim_trust, &clock->sim_trust);
                if (r < 0)
                        return r;
        }
        if (clock->sim.step_s != 0) {
                r = sim_event(clock, "sim-step", clock->sim.step_after_s, on_sim_step, &clock->sim_step);
                if (r < 0)
                        return r;
                /* As the real step: before anything that plans by the old time. */
                return sd_event_source_set_priority(clock->sim_step->mono_source,
                                                    SD_EVENT_PRIORITY_IMPORTANT);
        }
        return 0;
}

/* ---- life --------------------------------------------------------------------------------------------- */

int thon_clock_watch(struct thon_clock *clock, thon_clock_step_fn fn, void *userdata)
{
        struct thon_clock_watcher **end = &clock->watchers;
        struct thon_clock_watcher *watcher;
        int r;

        if (!clock->simulated && !clock->step_source) {
                r = watch_steps(clock);
                if (r >= 0)
                        r = watch_trust(clock);
                if (r < 0) {
                        clock->step_source = sd_event_source_disable_unref(clock->step_source);
                        thon_closep(&clock->step_fd);
                        clock->step_fd = -1;
                        return r;
                }
        }

        watcher = calloc(1, sizeof(*watcher));
        if (!watcher)
                return -ENOMEM;
        watcher->fn = fn;
        watcher->userdata = userdata;
        while (*end)
                end = &(*end)->next;
        *end = watcher;
        return 0;
}

static struct thon_clock *allocate(sd_event *event)
{
        struct thon_clock *clock = calloc(1, sizeof(*clock));

        if (clock) {
                clock->step_fd = -1;
                clock->root = "";
                clock->event = sd_event_ref(event);
        }
        return clock;
}

int thon_clock_new_real(sd_event *event, const char *root, struct thon_clock **ret)
{
        struct thon_clock *clock = allocate(event);

        if (!clock)
                return -ENOMEM;
        clock->root = root;
        clock->was_trusted = thon_clock_trusted(clock);
        *ret = clock;
        return 0;
}

static int new_simulated(sd_event *event, const char *sim, struct thon_clock **ret)
{
        _cleanup_(thon_clock_freep) struct thon_clock *clock = allocate(event);
        int r;

        if (!clock)
                return -ENOMEM;
        r = thon_sim_parse(sim, &clock->sim);
        if (r < 0)
                return r;
        clock->simulated = true;
        clock->boot_start_us = boottime_us();
        r = plan_sim_events(clock);
        if (r < 0)
                return r;
        *ret = THON_TAKE(clock);
        return 0;
}

int thon_clock_new(sd_event *event, const char *sim, struct thon_clock **ret)
{
        return sim ? new_simulated(event, sim, ret) : thon_clock_new_real(event, "", ret);
}

struct thon_clock *thon_clock_free(struct thon_clock *clock)
{
        if (!clock)
                return NULL;

        (void)thon_alarm_free(clock->sim_trust);
        (void)thon_alarm_free(clock->sim_step);
        stop_looking(clock);
        sd_event_source_disable_unref(clock->step_source);
        thon_closep(&clock->step_fd);
        for (struct thon_clock_watcher *w = clock->watchers, *next; w; w = next) {
                next = w->next;
                free(w);
        }
        sd_event_unref(clock->event);
        free(clock);
        return NULL;
}
